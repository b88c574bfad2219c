"""Stage mode: the window for the room, its keys, and what it leaves as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QCursor, QGuiApplication, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from ganviz.engine import Engine
from ganviz.frame import Frame
from ganviz.lesson import Lesson, lessons, parsed
from ganviz.lesson import find as lesson
from ganviz.presets import presets
from ganviz.theory.transposed import CHOICES
from ganviz.views.code import CodeView
from ganviz.views.ink import BODY, SMALL
from ganviz.views.preimage import PreimageView
from ganviz.views.theme import HALL
from ganviz.views.transposed import Transposed
from ganviz.window import stagemode
from ganviz.window.desk import Desk
from ganviz.window.export import Export
from ganviz.window.hall import Hall
from ganviz.window.keys import Manners
from ganviz.window.main import MainWindow
from ganviz.window.scene import LOADING
from ganviz.window.stagekeys import StageKeys
from ganviz.window.stagemode import StageMode

Key = Qt.Key
FakeHost = Any  # conftest.FakeHost


@pytest.fixture
def hall(window: MainWindow, frame: Frame) -> Iterator[Hall]:
    """The window for the room, up, beside a window that has a frame."""
    window.pump.arrived.emit((frame,))
    window.menus.actions["stage"].trigger()
    found = window.staging.hall
    assert found is not None
    QApplication.processEvents()
    yield found
    window.staging.leave()


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are two screens, and the window is on the other one."""
    monkeypatch.setattr(StageMode, "covers", property(lambda self: False))


def press(widget: QWidget, key: Qt.Key) -> None:
    QTest.keyClick(widget, key)
    QApplication.processEvents()


def test_f5_shows_pictures_a_formula_and_knobs_and_nothing_else(
    window: MainWindow, hall: Hall
) -> None:
    assert window.staging.on
    assert hall.isVisible()
    assert hall.isFullScreen()
    assert window.menus.actions["stage"].isChecked()
    hall.resize(1280, 720)
    window.staging.refresh()
    assert hall.lanes.stage.shown == ("distribution", "losses")
    assert tuple(hall.knobs.knobs) == tuple(window.knobs.knobs)
    header = hall.lanes.stage.distribution.header
    assert header.button.width() == 0
    assert not any(tab.isVisible() for tab in header.tabs)
    assert hall.formula.isVisible()


def test_before_the_first_frame_the_stage_says_what_it_waits_for_as_large_as_all_else(
    window: MainWindow, host: FakeHost, frame: Frame
) -> None:
    window.menus.actions["stage"].trigger()
    hall = window.staging.hall
    assert hall is not None
    hall.resize(1280, 720)
    window.staging.refresh()
    view = hall.lanes.stage.distribution
    assert hall.lanes.stage.theme.name == HALL
    assert view.theme.name == HALL
    assert view.theme.scale * SMALL >= 20
    assert hall.lanes.stage.shown == ("distribution", "losses")
    before = view.theme
    for words in ("Compiling…", ""):
        host.waiting.emit(words)
        assert view._message == (words or LOADING)
    window.pump.arrived.emit((frame,))
    QApplication.processEvents()
    assert view.theme is before
    window.staging.leave()


def test_leaving_leaves_the_window_as_it_was(
    window: MainWindow, frame: Frame, host: FakeHost
) -> None:
    window.pump.arrived.emit((frame,))
    look, sizes = window.scene.look, window.stage.save_sizes()
    shown, wants = window.stage.stage.shown, host.wants
    focus = window.focusWidget()
    window.menus.actions["stage"].trigger()
    hall = window.staging.hall
    assert hall is not None
    press(hall, Key.Key_Down)
    press(hall, Key.Key_Escape)
    assert not window.staging.on
    assert not hall.isVisible()
    assert not window.menus.actions["stage"].isChecked()
    assert (window.scene.look, window.stage.save_sizes()) == (look, sizes)
    assert window.stage.stage.shown == shown
    assert window.focusWidget() is focus
    assert host.wants == wants


def test_a_lesson_names_views_knobs_and_formula(window: MainWindow, hall: Hall) -> None:
    shown = lesson("mode-collapse")
    window.staging.show_lesson(shown)
    assert window.staging.named == shown.views
    assert tuple(hall.knobs.knobs) == shown.knobs
    assert hall.formula._tex == shown.formula
    window.staging.show_lesson(
        replace(shown, views=("losses", "distribution", "saddle"), formula="")
    )
    assert window.staging.named == ("losses", "distribution", "saddle")
    assert hall.formula._tex == ""
    window.staging.show_lesson(None, ("train.k",) * 7)
    assert len(window.staging._offered) == 5


def test_what_there_is_no_room_for_is_not_computed(
    window: MainWindow, hall: Hall, host: FakeHost, frame: Frame
) -> None:
    shown = replace(lesson("mode-collapse"), views=("distribution", "measures", "surface"))
    hall.resize(1280, 720)
    window.staging.show_lesson(shown)
    for _ in range(3):
        window.pump.arrived.emit((frame,))
        QApplication.processEvents()
    assert hall.lanes.stage.shown == ("distribution", "measures")
    window.pump._turn()
    assert "surface" not in host.wants.layers
    assert "measures" in host.wants.layers
    press(hall, Key.Key_Up)  # the last of them fills the stage
    window.pump.arrived.emit((frame,))
    assert hall.lanes.stage.shown == ("surface",)
    assert "surface" in host.wants.layers
    press(hall, Key.Key_Down)
    assert hall.lanes.stage.shown == ("distribution", "measures")


def test_behind_lanes_beside_each_other_all_views_are_back(
    window: MainWindow, hall: Hall, frame: Frame, host: FakeHost
) -> None:
    hall.resize(1280, 720)
    window.staging.refresh()
    alone = hall.lanes.stage.shown
    assert len(alone) == 2
    for _ in range(3):
        window.pump.arrived.emit((replace(frame, lane="A"), replace(frame, lane="B")))
        QApplication.processEvents()
    assert len(hall.lanes.stage.shown) == len(window.staging.views) == 1
    for _ in range(2):
        window.pump.arrived.emit((frame,))
        QApplication.processEvents()
    assert hall.lanes.stage.shown == alone
    assert set(alone) <= window.staging.look.seen
    assert host.wants == window.staging.look.wants


def test_a_window_that_is_covered_paints_nothing(
    window: MainWindow, hall: Hall, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert window.staging.covers
    painted: list[object] = []
    monkeypatch.setattr(window.stage, "show_frame", lambda *args: painted.append(args))
    for _ in range(40):
        window.pump.arrived.emit((frame,))
    assert painted == []
    window.staging.leave()
    assert len(painted) >= 1


def test_a_window_beside_the_stage_shows_a_frame_now_and_then(
    window: MainWindow,
    beside: None,
    hall: Hall,
    frame: Frame,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hall.resize(1280, 720)
    QApplication.processEvents()
    painted: list[object] = []
    monkeypatch.setattr(window.stage, "show_frame", lambda frames, *args: painted.append(args))
    for _ in range(4 * stagemode.BESIDE):
        window.pump.arrived.emit((frame,))
    assert len(painted) == 4
    look = painted[-1][0]  # type: ignore[index]
    assert look.seen == window.staging.look.seen
    assert look.theme == window.scene.look.theme


def test_keys_work_whatever_has_the_focus(window: MainWindow, hall: Hall, host: FakeHost) -> None:
    heard: list[str] = []
    window.staging.next_wanted.disconnect()
    window.staging.previous_wanted.disconnect()
    window.staging.next_wanted.connect(lambda: heard.append("next"))
    window.staging.previous_wanted.connect(lambda: heard.append("previous"))
    controls = [hall, hall.lanes, window.stage, window.transport.preset]
    controls += hall.knobs.findChildren(QAbstractSlider)
    controls += hall.knobs.findChildren(QComboBox)
    for control in controls:
        control.setFocus()
        heard.clear()
        host.calls.clear()
        press(control, Key.Key_PageDown)
        press(control, Key.Key_PageUp)
        assert heard == ["next", "previous"], control
        press(control, Key.Key_Right)
        assert host.asked("step") == [1], control
        press(control, Key.Key_Space)
        assert host.asked("play") or host.asked("pause"), control
        press(control, Key.Key_B)
        assert window.staging.blank, control
        assert hall.blank.isVisible(), control
        press(control, Key.Key_Period)
        assert not window.staging.blank, control
        assert not hall.blank.isVisible(), control
        values = {path: knob.field.value for path, knob in hall.knobs.knobs.items()}
        press(control, Key.Key_Left)
        assert values == {path: knob.field.value for path, knob in hall.knobs.knobs.items()}
    assert not host.asked("change")


def test_a_text_field_keeps_its_letters_and_esc_still_leaves(
    window: MainWindow, hall: Hall, qtbot: QtBot
) -> None:
    edit = QLineEdit(window)
    edit.show()
    window.activateWindow()
    edit.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is edit)
    QTest.keyClicks(edit, "b. a")
    press(edit, Key.Key_Left)
    QTest.keyClicks(edit, "B")
    assert edit.text() == "b. Ba"
    assert not window.staging.blank
    press(edit, Key.Key_Escape)
    assert not window.staging.on


def test_plus_and_enter_serve_the_control_with_the_focus(window: MainWindow, hall: Hall) -> None:
    hall.resize(1280, 720)
    QApplication.processEvents()
    slider = next(s for s in hall.knobs.findChildren(QAbstractSlider) if s.isVisible())
    hall.activateWindow()
    slider.setFocus()
    before = slider.value()
    press(slider, Key.Key_Plus)
    assert slider.value() > before
    press(slider, Key.Key_Minus)
    assert slider.value() == before
    press(slider, Key.Key_Down)
    assert slider.value() == before


def test_after_leaving_the_keys_are_the_windows_again(
    window: MainWindow, hall: Hall, host: FakeHost, qtbot: QtBot
) -> None:
    window.staging.leave()
    qtbot.waitUntil(window.isActiveWindow)
    host.calls.clear()
    press(window.stage, Key.Key_Period)
    assert host.asked("step") == [1]
    assert not window.staging.blank


def test_a_black_stage_takes_no_frames(
    window: MainWindow, beside: None, hall: Hall, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(hall, Key.Key_B)
    painted: list[object] = []
    monkeypatch.setattr(hall.lanes, "show_frame", lambda *args: painted.append(args))
    for _ in range(20):
        window.pump.arrived.emit((frame,))
    assert painted == []
    image = hall.grab().toImage()
    assert {image.pixelColor(x, 300).name() for x in range(0, image.width(), 37)} == {"#000000"}
    press(hall, Key.Key_Period)
    assert painted


def test_the_pointer_hides_when_it_rests_and_comes_back(
    hall: Hall, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: StageKeys = window.staging.keys
    assert keys._rest.interval() == 2000
    assert keys._rest.isActive()
    monkeypatch.setattr(QCursor, "pos", lambda: hall.geometry().center())
    keys._hide()
    assert keys.pointer_hidden
    assert QGuiApplication.overrideCursor().shape() == Qt.CursorShape.BlankCursor
    at = QPointF(200, 200)
    button = Qt.MouseButton.NoButton
    event = QMouseEvent(
        QMouseEvent.Type.MouseMove, at, at, button, button, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(hall, event)
    assert not keys.pointer_hidden
    assert QGuiApplication.overrideCursor() is None
    keys._hide()
    window.staging.leave()
    assert QGuiApplication.overrideCursor() is None


def test_a_button_whose_release_went_astray_keeps_no_pointer_on_the_stage(
    hall: Hall, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: StageKeys = window.staging.keys
    monkeypatch.setattr(QCursor, "pos", lambda: hall.geometry().center())
    QTest.mousePress(hall, Qt.MouseButton.LeftButton)
    keys._hide()
    assert not keys.pointer_hidden  # something is being dragged
    at, none = QPointF(100, 100), Qt.MouseButton.NoButton
    no_key = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(
        hall, QMouseEvent(QMouseEvent.Type.MouseMove, at, at, none, none, no_key)
    )
    assert QGuiApplication.mouseButtons() != none  # as Qt remembers it
    keys._hide()
    assert keys.pointer_hidden


def test_the_chosen_screen_is_remembered(window: MainWindow, store: QSettings) -> None:
    screen = QGuiApplication.primaryScreen()
    window.staging._list_screens()
    (action,) = window.staging._screens.actions()
    assert screen.name() in action.text()
    assert action.isChecked()
    action.trigger()
    assert store.value(stagemode.KEPT) == screen.name()
    assert window.staging.screen() is screen


def test_type_of_the_controls_on_stage_has_twenty_pixels(window: MainWindow, hall: Hall) -> None:
    hall.resize(1280, 720)
    QApplication.processEvents()
    parts = [
        part
        for part in hall.knobs.findChildren(QWidget)
        if part.isVisible() and not part.findChildren(QWidget)
    ]
    assert parts
    for part in parts:
        part.ensurePolished()
        assert part.fontInfo().pixelSize() >= 20, part
    window.scene.set_theme("dark")
    assert all(part.fontInfo().pixelSize() >= 20 for part in parts)
    assert hall.palette().window().color().name().upper() == hall.theme.window


def test_knobs_on_stage_and_in_the_window_are_the_same_knobs(
    window: MainWindow, hall: Hall, host: FakeHost
) -> None:
    knob = hall.knobs.knobs["train.k"]
    knob.steppers[1].click()
    QTest.qWait(30)
    assert host.asked("change") == [{"train.k": 2}]
    assert window.knobs.knobs["train.k"].field.value == knob.field.value == 2


def test_the_wheel_never_changes_a_control_that_has_no_focus(
    window: MainWindow, hall: Hall, host: FakeHost
) -> None:
    window.panel.complete()
    export = window._exports()
    assert isinstance(export, Export)
    window._show_export()
    window._show_compare()
    QApplication.processEvents()
    kinds = (QAbstractSlider, QComboBox, QAbstractSpinBox, QTabBar)
    controls = [
        control
        for top in QApplication.topLevelWidgets()
        for kind in kinds
        for control in top.findChildren(kind)
        if not isinstance(control, QScrollBar)
    ]
    assert {next(k for k in kinds if isinstance(c, k)) for c in controls} >= {
        QAbstractSlider,
        QComboBox,
        QAbstractSpinBox,
    }
    hall.setFocus()
    host.calls.clear()
    changed = []
    for control in controls:
        before = _value(control)
        for turn in (120, -120):
            assert not control.hasFocus(), control
            _wheel(control, turn)
            if _value(control) != before or control.hasFocus():
                changed.append((control, before, _value(control)))
    assert changed == []
    assert not host.asked("change")
    assert not host.asked("set_speed")


def _value(control: QWidget) -> object:
    if isinstance(control, QAbstractSlider):
        return control.value()
    if isinstance(control, QAbstractSpinBox):
        return control.text()
    return control.currentIndex()  # type: ignore[attr-defined]


def _wheel(control: QWidget, turn: int) -> None:
    at = QPointF(control.rect().center())
    event = QWheelEvent(
        at,
        QPointF(control.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(control, event)


@pytest.mark.parametrize(("wide", "tall"), [(1280, 720), (1366, 768)])
def test_the_words_of_every_lessons_knobs_are_whole(
    app: QApplication, qtbot: QtBot, wide: int, tall: int
) -> None:
    games = [(each.settings, each.knobs) for each in lessons().values()]
    games += [(each.settings, each.knobs[:5]) for each in presets().values()]
    cut = []
    for settings, paths in games:
        desk = Desk(settings)
        hall = Hall(desk, Manners(desk))
        qtbot.addWidget(hall)
        hall.resize(wide, tall)
        hall.offer(paths)
        hall.show()
        QApplication.processEvents()
        for path, knob in hall.knobs.knobs.items():
            if knob.isHidden():
                continue
            parts = [(knob.label.sizeHint().width(), knob.label.width())]
            for box in knob.findChildren(QAbstractSpinBox):
                text = box.text() or box.lineEdit().placeholderText()
                words = box.fontMetrics().horizontalAdvance(text)
                parts.append((words, box.lineEdit().width()))
            for choice in knob.findChildren(QComboBox):
                option = QStyleOptionComboBox()
                choice.initStyleOption(option)
                kind = QStyle.ComplexControl.CC_ComboBox
                field = QStyle.SubControl.SC_ComboBoxEditField
                room = choice.style().subControlRect(kind, option, field, choice).width()
                parts.append((choice.fontMetrics().horizontalAdvance(choice.currentText()), room))
            parts += [(20, s.width()) for s in knob.findChildren(QAbstractSlider) if s.isVisible()]
            parts.append((knob.geometry().right(), wide))
            cut += [(path, need, room) for need, room in parts if need > room]
        hall.close()
    assert cut == []


def test_a_worksheet_has_no_knobs_in_the_window_nor_on_stage(
    window: MainWindow, hall: Hall
) -> None:
    bare = replace(lesson("mode-collapse"), controls=False)
    window._lessons().open(bare)
    QApplication.processEvents()
    assert not window.knobs.knobs
    assert window.knobs.isHidden()
    assert window.dock.isHidden()
    assert not hall.knobs.knobs
    assert hall.knobs.isHidden()
    window._lessons().open(replace(bare, controls=True))
    assert tuple(window.knobs.knobs) == tuple(hall.knobs.knobs) == bare.knobs
    assert not hall.knobs.isHidden()


def test_captions_of_a_lesson_stand_on_stage_at_their_steps_and_cover_nothing(
    qtbot: QtBot, window: MainWindow, hall: Hall, frame: Frame
) -> None:
    hall.resize(1280, 720)
    assert not hall.caption.isVisible()
    shown = lesson("saddle-two-numbers")
    spoken_at = [(each.at, each.caption) for each in shown.script if each.caption]
    assert len(spoken_at) >= 3
    last = spoken_at[-1]
    window.staging.show_lesson(shown)
    qtbot.waitUntil(lambda: not hall.caption._look.isActive())
    tall = hall.caption.height()
    for step in (0, *(at for at, _ in spoken_at), last[0] + 9):
        window.pump.arrived.emit((replace(frame, step=step),))
        told = [words for at, words in spoken_at if at <= step]
        assert hall.caption.words == (told[-1] if told else "")
        assert hall.caption.height() == tall
    QApplication.processEvents()
    (spoken,) = (each for each in hall.caption._texts if each.isVisible())
    assert spoken._size >= 20
    assert spoken.height() <= tall
    assert hall.knobs.geometry().bottom() < hall.caption.geometry().top()
    assert hall.caption.geometry().bottom() < hall.lanes.geometry().top()
    window.staging.show_lesson(None)
    assert not hall.caption.isVisible()


def test_captions_of_one_step_stand_on_stage_together(
    qtbot: QtBot, window: MainWindow, hall: Hall, frame: Frame
) -> None:
    two = '[[script]]\nat = 7\ncaption = "Look here"\n[[script]]\nat = 7\ncaption = "And there."\n'
    shown = parsed("two", f'[lesson]\ntitle = "Two"\nviews = ["losses"]\n{two}', "two")
    hall.resize(1280, 720)
    window.staging.show_lesson(shown)
    qtbot.waitUntil(lambda: not hall.caption._look.isActive())
    window.pump.arrived.emit((replace(frame, step=7),))
    assert hall.caption.words == "Look here. And there."


def put_on_stage(window: MainWindow, shown: Lesson) -> Hall:
    """Show a lesson on stage, the last of its views in all of it."""
    window.staging.show_lesson(shown)
    window.menus.actions["stage"].trigger()
    hall = window.staging.hall
    assert hall is not None
    hall.resize(1280, 720)
    press(hall, Key.Key_Up)
    return hall


def tab_to(control: QWidget, top: QWidget) -> None:
    """Come to a control by the Tab key."""
    for _ in range(200):
        if QApplication.focusWidget() is control:
            return
        press(QApplication.focusWidget() or top, Key.Key_Tab)
    raise AssertionError("Tab does not come there")


@pytest.mark.parametrize("staged", [False, True])
def test_one_feature_is_held_by_keys_alone_in_the_window_and_on_stage(
    qtbot: QtBot, window: MainWindow, staged: bool
) -> None:
    shown = lesson("one-feature")
    engine = Engine(shown.settings)
    engine.step(20)
    window.scene.set_look(shown.look.with_(clamp=()))

    def refresh() -> tuple[float, ...]:
        window.pump.arrived.emit((engine.frame(window.staging.wants(window.scene.look)),))
        if not staged:
            window.scene.show_frames(window.scene.frames)  # in all views: nothing is hurried
        QApplication.processEvents()
        return window.scene.look.clamp

    refresh()
    top: QWidget = window
    stage = window.stage.stage
    if staged:
        top = hall = put_on_stage(window, shown)
        refresh()
        stage = hall.lanes.stage
    view = stage.view("code")
    assert isinstance(view, CodeView)
    assert view.isVisible()
    top.setFocus()

    tab_to(view._which, top)
    press(view._which, Key.Key_Return if staged else Key.Key_Space)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    press(menu, Key.Key_Down)  # from nothing to the first coordinate
    press(menu, Key.Key_Down)
    press(menu, Key.Key_Return)
    which, first = refresh()
    assert which in (1.0, 2.0)
    tab_to(view._value, top)
    press(view._value, Key.Key_Plus if staged else Key.Key_Right)
    assert refresh()[0] == which
    assert refresh()[1] > first
    second = refresh()[1]
    for _ in range(2):  # faster than pictures come
        press(view._value, Key.Key_Minus if staged else Key.Key_Left)
    assert refresh()[1] == pytest.approx(first - (second - first), abs=0.15)
    if staged:
        window.staging.leave()
    else:
        press(view._value, Key.Key_Home)
        assert refresh() == (which, 0.0)


@pytest.mark.parametrize("size", [(1280, 720), (1366, 768)])
def test_the_choices_of_a_transposed_convolution_are_on_stage(
    window: MainWindow, hall: Hall, frame: Frame, size: tuple[int, int]
) -> None:
    hall.resize(*size)
    window.staging.show_lesson(lesson("dcgan"))
    press(hall, Key.Key_Up)
    view = hall.lanes.stage.view("transposed")
    assert isinstance(view, Transposed)
    assert view.isVisible()
    for letter, control in view._parts.items():
        assert control.isVisible()
        assert control.width() >= control.sizeHint().width() - 1  # rounding
        assert control.height() >= 40
        assert BODY * control.theme.scale >= 20
        other = next(name for name in control.names if name != control.value)
        before = window.scene.look.stamp
        control.wanted.emit(other)
        now = window.scene.look.stamp
        assert now != before or f"{letter}{other}" not in {p for n in CHOICES for p in n.split()}


@pytest.mark.parametrize("staged", [False, True])
def test_a_level_of_the_preimage_is_moved_by_keys_alone(
    window: MainWindow, frame: Frame, staged: bool
) -> None:
    window.pump.arrived.emit((frame,))
    shown = lesson("cdf")
    window.scene.set_look(shown.look)
    top: QWidget = window
    stage = window.stage.stage
    if staged:
        top = hall = put_on_stage(window, shown)
        stage = hall.lanes.stage
    QApplication.processEvents()
    view = stage.view("preimage")
    assert isinstance(view, PreimageView)
    assert view.isVisible()
    if staged:
        assert SMALL * view.theme.scale >= 20
    for control in (view._example, *view._dials):
        assert control.isVisible()
        if staged or control is not view._example:  # a choice may be cut
            assert control.width() >= control.sizeHint().width() - 1  # rounding
        assert control.height() >= (40 if staged else 24)
    top.setFocus()
    dial = view._dials[0]
    tab_to(dial, top)
    for _ in range(3):
        press(dial, Key.Key_Plus if staged else Key.Key_Right)
    assert window.scene.look.level[0] == pytest.approx(-0.7)
    press(dial, Key.Key_Minus if staged else Key.Key_Left)
    assert window.scene.look.level[0] == pytest.approx(-0.8)
    if staged:
        window.staging.leave()


def test_a_remote_goes_on_with_the_one_key_it_has(
    window: MainWindow, host: FakeHost, frame: Frame
) -> None:
    """At a question, at a halt and at the end: Page Down begins, goes on, opens the next lesson."""
    shown = lesson("saddle-networks")
    window._lessons().open(shown)
    window.menus.actions["stage"].trigger()
    hall = window.staging.hall
    assert hall is not None
    assert window.staging.covers
    (halt,) = [each.at for each in shown.script if each.pause]
    host.calls.clear()
    for step in (0, halt):
        host.playing = False
        window.pump.arrived.emit((replace(frame, step=step),))
        press(hall, Key.Key_PageDown)
        assert host.playing, step
        assert window.run.lesson == shown
    assert host.asked("play") == [None, None]
    host.playing = False
    window.pump.arrived.emit((replace(frame, step=shown.steps),))
    press(hall, Key.Key_PageDown)
    assert window.run.lesson not in (shown, None)


ASKS = """
[lesson]
title = "A guess"
text = "It is two."
formula = "V"
steps = 20

[settings]
train = {batch = 16, measure_every = 10}
generator = {hidden = [8]}
discriminator = {hidden = [8]}

[[question]]
ask = "Which loss is it?"
answers = ["$V$", "*minimax*"]
right = 1
reveal = "As the settings say, $L_G$."
"""


@pytest.fixture
def asking(window: MainWindow, frame: Frame) -> Iterator[Hall]:
    """The window for the room, up, at the beginning of a lesson that asks."""
    window._lessons().open(parsed("a-guess", ASKS, "a-guess"))
    window.menus.actions["stage"].trigger()
    hall = window.staging.hall
    assert hall is not None
    hall.resize(1280, 720)
    window.pump.arrived.emit((replace(frame, step=0),))
    QApplication.processEvents()
    yield hall
    window.staging.leave()


def test_the_room_is_asked_and_is_told_at_the_end(
    window: MainWindow, asking: Hall, host: FakeHost, frame: Frame
) -> None:
    """A digit answers where the room looks; the verdict comes when there is something to see."""
    hall = asking
    poll = hall.poll
    assert poll.isVisible()
    assert not hall.formula.isVisible()
    assert poll.words == "Which loss is it?\nV\nminimax"
    assert all(each._size >= 20 for each in poll._texts)
    assert all(each.size_ >= 20 for each in poll.choices)
    first, second = poll.choices
    assert first.geometry().right() < second.geometry().left() < second.geometry().right()
    assert second.geometry().right() < poll.width()
    assert max(each.geometry().bottom() for each in poll.choices) < poll.height()
    assert not host.playing
    press(hall, Key.Key_2)
    assert window._lessons().reader.cards[0].given == 1
    assert host.playing, "what waited for the answer begins with it"
    window.pump.arrived.emit((replace(frame, step=5),))
    QApplication.processEvents()
    assert not poll.isVisible(), "what is known already is not told before its time"
    assert hall.formula.isVisible()
    host.playing = False
    window.pump.arrived.emit((replace(frame, step=20),))
    QApplication.processEvents()
    assert poll.isVisible()
    assert poll.choices == []
    assert poll.words == "Which loss is it?\n✓ minimax. Right. As the settings say, L_G."
    host.playing = True
    for step in (20, 21):
        window.pump.arrived.emit((replace(frame, step=step),))
    host.playing = False
    window.pump.arrived.emit((replace(frame, step=30),))
    QApplication.processEvents()
    assert not poll.isVisible(), "it has been seen"
    window._leave_lesson()


def test_an_answer_is_given_on_stage_with_the_pointer_too(
    window: MainWindow, asking: Hall, host: FakeHost, frame: Frame
) -> None:
    hall = asking
    QTest.mouseClick(hall.poll.choices[0], Qt.MouseButton.LeftButton)
    assert window._lessons().reader.cards[0].given == 0
    assert host.playing
    host.playing = False
    window.pump.arrived.emit((replace(frame, step=20),))
    QApplication.processEvents()
    assert hall.poll.words.endswith("✗ V. Not so. As the settings say, L_G.")
    window._leave_lesson()
    assert not hall.poll.isVisible()
