"""Lessons in the window: opened, read, gone through by keys, left again."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, QStandardPaths, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz import presets
from ganviz.catalog.optimizers import DECAYS
from ganviz.frame import Frame
from ganviz.lesson import Lesson, find, parsed, shelf
from ganviz.schema import get
from ganviz.settings import PARAMETERS
from ganviz.window.belongings import lessons_folder as folder
from ganviz.window.desk import PAUSE_MS, completed
from ganviz.window.lessons import Lessons, varied
from ganviz.window.main import MainWindow
from ganviz.window.mainwindow import LEAST
from ganviz.window.prose import Pill

Host = Any  # conftest.FakeHost

TEXT = """
[lesson]
title = "A first lesson"
text = "One line."
order = -2
lecture = ["L1: something"]
preset = "ring"
speed = 60
knobs = ["train.k", "optim.lr_d"]
views = ["distribution", "losses"]
formula = 'V = \\frac{1}{2}'

[[section]]
kind = "see"
text = '''Dots, and $D^*$ above *them*.'''

[[section]]
kind = "try"
text = '''[Five D-steps](train.k=5; optim.lr_d=0.004), and [again](again).'''

[[script]]
at = 0
caption = "What will happen?"
pause = true

[[script]]
at = 500
change = {"train.k" = 2}
caption = "Now k = 2, and $p_g$ moves."
"""
SHEET = """
[lesson]
title = "A worksheet"
order = -1
controls = false
views = ["distribution"]
"""


@pytest.fixture
def lesson() -> Lesson:
    return parsed("first-lesson", TEXT, "first-lesson")


@pytest.fixture
def own(_settings_apart: None) -> Any:
    """Two lessons in the user's own folder, which come first on the shelf."""
    QStandardPaths.setTestModeEnabled(True)
    folder().mkdir(parents=True, exist_ok=True)
    made = [folder() / "first-lesson.toml", folder() / "worksheet.toml"]
    for path, text in zip(made, (TEXT, SHEET), strict=True):
        path.write_text(text, "utf-8")
    yield made
    for path in made:
        path.unlink()


def opened(qtbot: QtBot, window: MainWindow, lesson: Lesson) -> Lessons:
    lessons = window._lessons()
    lessons.open(lesson)
    qtbot.waitUntil(lambda: lessons.reader.page.isVisible())
    return lessons


def press(window: MainWindow, key: Qt.Key, modifier: Any = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window.stage, key, modifier)


def test_a_lesson_opens_with_its_settings_speed_knobs_views_and_text(
    qtbot: QtBot, window: MainWindow, host: Host, lesson: Lesson
) -> None:
    before = window.scene.look
    lessons = opened(qtbot, window, lesson)
    assert host.asked("open") == [lesson.settings]
    assert host.script == lesson.played
    assert host.asked("play") == [None]
    assert host.speed == 60
    assert tuple(window.knobs.knobs) == lesson.knobs
    assert window.scene.look.seen == {"distribution", "losses"}
    assert window.windowTitle() == "A first lesson – ganviz"
    assert window.transport.preset.currentIndex() == -1
    assert window.transport.preset.placeholderText() == "A first lesson"
    assert not lessons.dock.isHidden()
    told = [block.heading or block.words for block in lessons.reader.page.blocks]
    assert told[:3] == ["A first lesson", "L1: something", "One line."]
    assert told[-2:] == ["What you see", "Try this"]
    window.menus.actions["free"].trigger()
    assert lessons.dock.isHidden()
    assert window.scene.look.seen == before.seen
    assert host.asked("end_script") == [None]
    assert len(host.asked("open")) == 1, "the game goes on"


ASKS = """

[[question]]
ask = "Who wins?"
answers = ["G", "D"]
right = 1
"""


def test_a_lesson_that_asks_stands_still_until_it_is_answered(
    qtbot: QtBot, window: MainWindow, host: Host
) -> None:
    host.playing = True  # as the game before it did
    asking = parsed("asks", TEXT + ASKS + ASKS.replace("wins", "loses"), "asks")
    lessons = opened(qtbot, window, asking)
    assert not host.playing
    window.activateWindow()
    qtbot.waitUntil(lambda: lessons.reader.question is not None)
    press(window, Qt.Key.Key_1)
    assert not host.playing, "another question waits"
    press(window, Qt.Key.Key_2)
    assert host.playing
    host.pause()
    lessons.open(asking)  # from the beginning, once more: nothing is asked twice
    assert host.playing


@pytest.mark.parametrize("way", ["space", "button"])
def test_a_question_may_be_passed_over(
    qtbot: QtBot, window: MainWindow, host: Host, way: str
) -> None:
    lessons = opened(qtbot, window, parsed("asks", TEXT + ASKS, "asks"))
    assert not host.playing
    if way == "space":
        press(window, Qt.Key.Key_Space)
    else:
        lessons.reader.skip()
    assert host.playing


def test_a_run_that_was_begun_is_not_begun_by_an_answer(
    qtbot: QtBot, window: MainWindow, host: Host, frame: Frame
) -> None:
    lessons = opened(qtbot, window, parsed("asks", TEXT + ASKS, "asks"))
    lessons.show_frame(frame, False)  # paused at step 5
    press(window, Qt.Key.Key_1)
    assert lessons.reader.question is None
    assert not host.playing


def test_who_leaves_a_question_unanswered_begins_nothing(
    qtbot: QtBot, window: MainWindow, host: Host
) -> None:
    opened(qtbot, window, parsed("asks", TEXT + ASKS, "asks"))
    assert not host.playing
    window.menus.actions["free"].trigger()
    assert window.run.lesson is None
    assert not host.playing, "as when a run file is opened, which stands where it stood"


def test_a_lesson_halts_once_where_it_ends(
    qtbot: QtBot, window: MainWindow, host: Host, lesson: Lesson, frame: Frame
) -> None:
    told: list[str] = []
    lessons = opened(qtbot, window, replace(lesson, steps=frame.step))
    lessons.told.connect(told.append)
    assert [(each.at, each.pause) for each in host.script] == [(0, True), (5, True), (500, False)]
    lessons.show_frame(frame, True)
    assert told == []
    lessons.show_frame(frame, False)
    lessons.show_frame(frame, False)
    assert told == ["Step 5: the lesson ends here. Space goes on"]


@pytest.mark.parametrize("name", list(shelf(None).lessons))
def test_every_lesson_ends_with_a_halt_of_its_own_or_this_one(name: str) -> None:
    lesson = find(name)
    halts = [each.at for each in lesson.played if each.pause]
    assert halts[-1] >= lesson.steps or not lesson.steps
    assert [each for each in lesson.played if each in lesson.script] == list(lesson.script)
    assert sorted(lesson.played, key=lambda each: each.at) == list(lesson.played)
    assert len(lesson.played) <= len(lesson.script) + 1


def test_its_buttons_go_the_panel_s_way(
    qtbot: QtBot, window: MainWindow, host: Host, lesson: Lesson
) -> None:
    lessons = opened(qtbot, window, lesson)
    five, again = lessons.reader.findChildren(Pill)
    assert not five.on
    five.setFocus()
    QTest.keyClick(five, Qt.Key.Key_Space)
    assert host.asked("change") == [{"train.k": 5, "optim.lr_d": 0.004}]
    host.adopted.emit(lesson.settings.with_({"train.k": 5, "optim.lr_d": 0.004}))
    assert five.on
    assert window.panel.rows["train.k"].field.value == 5
    again.click()
    assert host.asked("open") == [lesson.settings] * 2
    assert host.script == lesson.played


def test_a_button_means_the_lesson_with_its_values_and_what_was_set_by_hand(
    qtbot: QtBot, window: MainWindow, host: Host
) -> None:
    text = TEXT.replace("and [again]", "or [plain steps](optim.kind_d=sgd), and [again]")
    lesson = parsed("first", text, "first")
    lessons = opened(qtbot, window, lesson)
    five, plain, _ = lessons.reader.findChildren(Pill)
    five.click()
    by_hand = {"train.batch": 32}
    host.adopted.emit(lesson.settings.with_({**host.asked("change")[0], **by_hand}))
    qtbot.wait(PAUSE_MS + 10)
    plain.click()
    started = {path: get(lesson.settings, path) for path in ("train.k", "optim.lr_d")}
    assert host.asked("change")[1] == {"optim.kind_d": "sgd", **started}


@pytest.mark.parametrize("each", shelf(None).lessons.values(), ids=lambda each: each.name)
def test_the_buttons_of_a_lesson_can_be_pressed_in_the_order_of_its_text(each: Lesson) -> None:
    settings = each.settings
    for button in (button for section in each.sections for button in section.buttons):
        if button.again:
            each.settings.with_(completed(each.settings, button.values))
        else:
            settings = settings.with_(completed(settings, varied(each, button.values, settings)))
            alone = each.settings.with_(completed(each.settings, button.values))
            for path in PARAMETERS:
                assert settings.acting(path) == alone.acting(path), (button.text, path)


def test_a_button_that_begins_the_lesson_anew_leaves_nothing_of_what_was_before(
    qtbot: QtBot, window: MainWindow, host: Host
) -> None:
    text = TEXT.replace("(again)", "(again; train.k=3; loss.kind=hinge)")
    lesson = parsed("first", text, "first")
    lessons = opened(qtbot, window, lesson)
    five, anew = lessons.reader.findChildren(Pill)
    five.click()
    host.adopted.emit(lesson.settings.with_({**host.asked("change")[0], "train.batch": 32}))
    anew.click()
    wanted = lesson.settings.with_({"train.k": 3, "loss.kind": "hinge"})
    assert host.asked("open") == [lesson.settings, wanted]
    assert host.script == lesson.played
    assert window.desk.settings == wanted
    assert anew.on
    assert not five.on
    assert (anew.toolTip(), five.toolTip()) == ("Begins the lesson again", "")
    assert window.run.lesson == lesson
    window.menus.actions["again"].trigger()
    assert host.asked("open")[2] == lesson.settings


@pytest.mark.parametrize("each", shelf(None).lessons.values(), ids=lambda each: each.name)
def test_where_the_learning_rate_ends_at_zero_a_button_begins_anew(each: Lesson) -> None:
    """Else nothing at all would come of it, pressed where the lesson halts."""
    optim = each.settings.optim
    if DECAYS[optim.decay].factor(each.steps / optim.decay_steps) < 0.01:
        buttons = [button for section in each.sections for button in section.buttons]
        assert all(button.again for button in buttons)


def test_the_controls_are_hidden_for_a_worksheet_and_back_after_it(
    qtbot: QtBot, window: MainWindow, host: Host, lesson: Lesson
) -> None:
    window.resize(1600, 900)
    assert not window.dock.isHidden()
    sheet = parsed("worksheet", SHEET, "worksheet")
    lessons = opened(qtbot, window, sheet)
    assert window.dock.isHidden()
    lessons.open(lesson)
    assert not window.dock.isHidden()
    lessons.open(sheet)
    assert window.dock.isHidden()
    window.run.open(presets.find("ring"))
    assert not window.dock.isHidden()
    assert lessons.dock.isHidden()
    assert window.transport.preset.currentText().endswith(presets.find("ring").title)


def test_page_keys_go_through_pages_and_lessons(
    qtbot: QtBot, window: MainWindow, host: Host, own: list[Path]
) -> None:
    lessons = window._lessons()
    window.menus.actions["reader"].trigger()
    assert lessons.lesson is not None
    assert lessons.lesson.name == "first-lesson"
    qtbot.waitUntil(lambda: lessons.reader.page.isVisible())
    pages = len(lessons.reader._stops)
    for _ in range(pages):
        assert lessons.lesson.name == "first-lesson"
        press(window, Qt.Key.Key_PageDown)
    assert lessons.lesson.name == "worksheet"
    press(window, Qt.Key.Key_PageUp)
    assert lessons.lesson.name == "first-lesson"
    press(window, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert lessons.lesson.name == "worksheet"
    press(window, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
    press(window, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
    assert window.footer.said == "This is the first lesson"


def test_a_long_lesson_is_turned_page_by_page(
    qtbot: QtBot, window: MainWindow, lesson: Lesson
) -> None:
    section = "\n".join(f'[[section]]\nkind = "why"\ntext = "{"word " * 120}"' for _ in range(6))
    lessons = opened(qtbot, window, parsed("long", TEXT + section, "long"))
    reader = lessons.reader
    seen = [reader.area.verticalScrollBar().value()]
    while reader.turn(1):
        seen.append(reader.area.verticalScrollBar().value())
    bar = reader.area.verticalScrollBar()
    assert len(seen) > 2
    assert seen == sorted(set(seen))
    assert seen[-1] == bar.maximum()
    room = reader.area.viewport().height()
    assert all(b - a < room for a, b in pairwise(seen)), "nothing is skipped"
    assert reader.where.text().endswith(f"page {len(seen)}/{len(seen)}")
    while reader.turn(-1):
        pass
    assert bar.value() == 0


def test_f6_leads_into_the_text_and_back(
    qtbot: QtBot, window: MainWindow, host: Host, lesson: Lesson
) -> None:
    lessons = opened(qtbot, window, lesson)
    window.stage.setFocus()
    window.menus.actions["into"].trigger()
    five, _ = lessons.reader.findChildren(Pill)
    assert window.focusWidget() is five
    window.menus.actions["into"].trigger()
    assert window.focusWidget() is window.stage


def test_captions_come_at_their_steps_and_nothing_moves(
    qtbot: QtBot, window: MainWindow, lesson: Lesson
) -> None:
    caption = opened(qtbot, window, lesson).caption
    QApplication.processEvents()
    assert caption.isVisible()
    tall = caption.height()
    caption.show_step(0, False)
    assert caption.words == "What will happen?"
    assert caption.go_on.isVisible()
    caption.show_step(499, True)
    assert caption.words == "What will happen?"
    assert not caption.go_on.isVisible()
    caption.show_step(500, True)
    assert caption.words == "Now k = 2, and p_g moves."
    assert caption.height() == tall


def test_a_formula_that_cannot_be_set_is_shown_as_it_was_written(
    qtbot: QtBot, window: MainWindow
) -> None:
    text = TEXT.replace("$D^*$", r"$\frac{1}{$")
    lessons = opened(qtbot, window, parsed("odd", text, "odd"))
    assert lessons.reader.page.isVisible()


@pytest.mark.parametrize("name", ["light", "projector"])
@pytest.mark.parametrize("size", [(1280, 720), (1920, 1040)])
def test_every_word_stands_within_the_page(
    qtbot: QtBot, window: MainWindow, lesson: Lesson, name: str, size: tuple[int, int]
) -> None:
    window.resize(*size)
    window.scene.set_theme(name)
    page = opened(qtbot, window, lesson).reader.page
    least = 20 if name == "projector" else 15
    for block in (each for each in page.blocks if not each.away):
        assert block.x() + block.width() <= page.width()
        for each in block._setting.placed:
            assert each.x + each.atom.wide <= block.width() + 1
            assert each.y + each.atom.fall <= block.height() + 1
    assert page.blocks[-1]._size >= least
    assert window.stage.width() > 500


def test_what_is_remembered_is_the_window_before_the_lesson(
    qtbot: QtBot, window: MainWindow, host: Host, lesson: Lesson
) -> None:
    hidden = window.scene.look.hidden
    opened(qtbot, window, lesson)
    window.close()
    assert window.store.value("hidden") == ",".join(sorted(hidden))
    other = MainWindow(presets.find("ring"), type(host)(), window.store)
    qtbot.addWidget(other)
    assert not other.dock.isHidden()


def test_a_window_made_narrow_shows_all_of_the_text(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1700, 900)
    QApplication.processEvents()
    lessons = opened(qtbot, window, find("mode-collapse"))
    assert window.dock.isVisible()
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: lessons.reader.width() == lessons.reader.sizeHint().width())
    assert window.width() == 1280
    assert not window.dock.isVisible()
    assert lessons.dock.geometry().right() < 1280
    assert window.centralWidget().geometry().right() < lessons.dock.geometry().left()


def test_the_next_lesson_has_its_text_as_wide_again(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1280, 800)
    lessons = opened(qtbot, window, find("mode-collapse"))
    wide = lessons.reader.sizeHint().width()
    window.resizeDocks([lessons.dock], [wide - 60], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: lessons.reader.width() < wide)
    lessons.open(find("push-forward"))
    qtbot.waitUntil(lambda: lessons.reader.width() == wide)


def test_the_knobs_of_every_lesson_have_room_beside_its_text(window: MainWindow) -> None:
    for lesson in shelf(None).lessons.values():
        window.knobs.offer(lesson.knobs)
        QApplication.processEvents()
        least = window.centralWidget().minimumSizeHint().width()
        assert least + window._lessons().reader.minimumWidth() < LEAST, lesson.name


def test_what_is_said_behind_a_halt_waits_until_the_run_goes_on(
    qtbot: QtBot, window: MainWindow
) -> None:
    lessons = opened(qtbot, window, find("saddle-two-numbers"))
    qtbot.waitUntil(lambda: not lessons.caption._look.isActive())
    assert lessons.lesson is not None
    halt, behind, *_ = lessons.lesson.script
    assert halt.pause
    assert halt.at == behind.at
    lessons.caption.show_step(halt.at, False)
    assert lessons.caption.words == halt.caption
    lessons.caption.show_step(halt.at, True)
    assert lessons.caption.words == behind.caption


def test_captions_of_one_step_stand_together_up_to_the_halt(
    qtbot: QtBot, window: MainWindow
) -> None:
    entries = ("caption = 'One'", "caption = '*Two?*'\npause = true", "caption = 'Three.'")
    script = "".join(f"\n[[script]]\nat = 9\n{entry}\n" for entry in entries)
    text = TEXT.partition("[[script]]")[0] + script
    lessons = opened(qtbot, window, parsed("said", text, "said"))
    qtbot.waitUntil(lambda: not lessons.caption._look.isActive())
    lessons.caption.show_step(8, True)
    assert lessons.caption.words == ""
    lessons.caption.show_step(9, False)
    assert lessons.caption.words == "One. Two?"
    assert lessons.caption.go_on.isVisible()
    lessons.caption.show_step(9, True)
    assert lessons.caption.words == "Three."


def test_the_text_has_its_place_on_a_smaller_screen_than_the_last_time(
    qtbot: QtBot, window: MainWindow, host: Host, store: QSettings, lesson: Lesson
) -> None:
    """Qt restores docks that had no room once more when the window grows, and forgets a new one."""
    window.resize(1700, 900)
    opened(qtbot, window, lesson)
    qtbot.waitUntil(lambda: window.width() == 1700)
    window.layout_.remember()
    store.remove("geometry")  # of another screen Qt takes none
    later = MainWindow(presets.find("saddle-networks"), host, store, lesson=lesson)
    qtbot.addWidget(later)
    lessons = later._lessons()
    assert later.windowState() == Qt.WindowState.WindowMaximized
    with qtbot.waitExposed(later):
        later.show()
    qtbot.waitUntil(lambda: lessons.reader.page.isVisible())
    assert later.dockWidgetArea(lessons.dock) == Qt.DockWidgetArea.RightDockWidgetArea
    assert lessons.dock.x() > later.stage.x()
