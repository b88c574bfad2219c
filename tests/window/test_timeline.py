"""The timeline: where things are drawn, and what hand and keys ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.frame import Bookmark, Mark, Reel, Stretch
from ganviz.window import style
from ganviz.window.keys import Manners
from ganviz.window.strip import gestures, lined, ticks
from ganviz.window.timeline import Timeline

A = Stretch(
    0,
    None,
    "A",
    0,
    12_000,
    (
        Mark(300, "train.k 1 → 5"),
        Mark(2000, "optim.lr_d 0.001 → 0.01"),
        Mark(2040, "optim.lr_d 0.01 → 0.02"),
        Mark(9000, "loss.kind minimax → hinge"),
    ),
)
B = Stretch(1, 0, "B", 4000, 7000, (Mark(4000, "train.k 5 → 1"),), "train.k 5 → 1", 3)
C = Stretch(2, 1, "C", 6000, 9000, (), "", 4)
D = Stretch(3, None, "D", 0, 3000, (), "train.seed 0 → 1")
ONE = Reel((A,), ((0, 12_000),), stride=8)
TREE = Reel((A, B, C, D), ((2, 7500), (3, 2900)), (Bookmark(1, 5000, "collapse"),), stride=8)


@pytest.fixture
def timeline(qtbot: QtBot, app: QApplication) -> Iterator[Timeline]:
    style.dress(app, "light")
    owner = QObject()
    made = Timeline(Manners(owner))
    qtbot.addWidget(made)
    made.show_reel(ONE)
    made.resize(1000, made.sizeHint().height())
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    yield made
    made.close()


def sought(timeline: Timeline) -> list[tuple[int, int]]:
    """Where the timeline wants to be, in order, from now on."""
    found: list[tuple[int, int]] = []
    timeline.seek_wanted.connect(lambda branch, step: found.append((branch, step)))
    return found


def at(timeline: Timeline, row: int, step: float) -> QPoint:
    y = timeline.strip.y_of(row)
    assert y is not None
    return QPointF(timeline.strip.x_of(step), y).toPoint()


def seen(timeline: Timeline, place: QPoint) -> QColor:
    picture: QImage = timeline.strip.grab().toImage()
    return QColor(picture.pixel(place))


def drag(timeline: Timeline, start: QPoint, *stops: QPoint) -> None:
    strip, left = timeline.strip, Qt.MouseButton.LeftButton
    QTest.mousePress(strip, left, Qt.KeyboardModifier.NoModifier, start)
    for stop in stops:
        QTest.mouseMove(strip, stop)
    QTest.mouseRelease(strip, left, Qt.KeyboardModifier.NoModifier, stops[-1])


def test_a_run_that_began_by_itself_does_not_make_the_present_one_short(
    timeline: Timeline,
) -> None:
    """The lesson before ran to 12,000; this one is at 600, and has the whole width."""
    now = Stretch(1, None, "E", 0, 600, (), "two-modes")
    flag = Bookmark(0, 11_000, "late")
    timeline.show_reel(Reel((A, now), ((1, 600),), (flag,)))
    strip = timeline.strip
    assert strip.end == 600
    assert strip.x_of(600) == strip.x_of(12_000) > strip.x_of(599)
    assert [spot.steps for spot in strip.marks] == [(300,)]  # what is beyond is not heaped up
    assert not strip.flags
    line = strip.y_of(1)
    assert line is not None
    assert strip.place_at(QPointF(strip.x_of(600) + 12, line)) == (1, 0, 12_000)
    assert strip.place_at(QPointF(strip.x_of(300), line)) == (1, 0, 300)
    # With its playhead on it, it is whole; and what left a run stays on that run's clock.
    timeline.show_reel(Reel((A, now), ((0, 300),)))
    assert strip.end == 12_000


# ---- rows -----------------------------------------------------------------------------------


def test_one_run_is_one_row() -> None:
    (row,) = lined(ONE)
    assert (row.branch, row.name, row.first, row.last) == (0, "A", 0, 12_000)
    assert row.marks == A.marks


def test_the_path_of_the_driven_lane_comes_first_and_what_it_left_goes_on_by_itself() -> None:
    rows = {row.name: row for row in lined(TREE)}
    path = lined(TREE)[0]
    assert path.name == "C"
    assert (path.first, path.last) == (0, 9000)
    # The marks of A before B left it, B's own before C left it; not what A did later.
    assert [mark.step for mark in path.marks] == [300, 2000, 2040, 4000]
    assert (rows["A"].first, rows["A"].last, rows["A"].rise) == (4000, 12_000, 0)
    assert [mark.step for mark in rows["A"].marks] == [9000]
    assert (rows["B"].first, rows["B"].last, rows["B"].rise) == (6000, 7000, 0)
    assert rows["D"].rise is None
    assert rows["D"].first == 0


def test_a_branch_of_a_branch_rises_from_its_parent_s_row() -> None:
    rows = lined(Reel((A, B, C), ((0, 500),)))
    assert [row.name for row in rows] == ["A", "C", "B"]
    assert rows[1].rise == 2
    assert rows[2].rise == 0


def test_a_mark_that_was_taken_back_stays_with_the_abandoned_future() -> None:
    old = Stretch(0, None, "A", 0, 900, (Mark(500, "train.k 1 → 5"),))
    new = Stretch(1, 0, "B", 500, 500, (), "", 0)
    path, rest = lined(Reel((old, new), ((1, 500),)))
    assert path.marks == ()
    assert rest.marks == old.marks
    assert (path.last, rest.first, rest.last) == (500, 500, 900)


def test_a_drag_of_a_slider_is_one_mark_from_its_beginning_to_its_end() -> None:
    def lr(step: int, before: float, after: float, joined: bool) -> Mark:
        path = "optim.lr_d"
        words = f"{path} {before} → {after}"
        return Mark(step, words, "change", ((path, after),), ((path, before),), joined)

    marks = [lr(10, 1.0, 2.0, False), lr(11, 2.0, 3.0, True), lr(12, 3.0, 4.0, True)]
    marks.append(lr(90, 4.0, 5.0, False))
    assert gestures(marks) == [(10, "optim.lr_d 1.0 → 4.0"), (90, "optim.lr_d 4.0 → 5.0")]


@pytest.mark.parametrize(("end", "room"), [(1, 300), (7, 200), (12_345, 400), (10**6, 900)])
def test_ticks_are_round_and_have_room(end: int, room: float) -> None:
    found = ticks(end, room)
    assert found[0] == 0
    assert found[-1] <= end
    gaps = {later - earlier for earlier, later in pairwise(found)}
    assert len(gaps) <= 1
    for gap in gaps:
        assert str(gap).rstrip("0") in ("1", "2", "5")
        assert gap / end * room >= 84


# ---- pictures -------------------------------------------------------------------------------


def test_the_line_is_dark_up_to_the_playhead_and_light_beyond(timeline: Timeline) -> None:
    timeline.show_reel(Reel((A,), ((0, 6000),), stride=8))
    theme = style.worn()
    assert seen(timeline, at(timeline, 0, 4000)) == QColor(theme.accent)
    assert seen(timeline, at(timeline, 0, 6000)) == QColor(theme.text)
    assert seen(timeline, at(timeline, 0, 7500)) == QColor(theme.border)


@pytest.mark.parametrize("name", ["light", "dark", "projector"])
def test_branches_take_a_row_each_up_to_four_and_then_scroll(
    timeline: Timeline, app: QApplication, name: str
) -> None:
    style.dress(app, name)
    timeline.fit()
    low = timeline.strip.height()
    timeline.show_reel(TREE)
    four = timeline.strip.height()
    assert low < four < 2.4 * low
    assert timeline.strip.bar.isHidden()
    more = tuple(Stretch(4 + i, 0, "EFGH"[i], 100 * i, 2000, (), "", 0) for i in range(4))
    timeline.show_reel(Reel((A, B, C, D, *more), ((2, 7500),)))
    assert timeline.strip.height() == four
    assert timeline.strip.bar.isVisible()
    assert timeline.strip.y_of(5) is None
    timeline.strip.bar.setValue(4)
    assert timeline.strip.y_of(5) is not None
    assert timeline.strip.y_of(1) is None


# ---- hand -----------------------------------------------------------------------------------


def test_a_click_goes_there(timeline: Timeline) -> None:
    found = sought(timeline)
    place = at(timeline, 0, 5000)
    drag(timeline, place, place)
    assert len(found) == 1
    assert found[0][0] == 0
    assert abs(found[0][1] - 5000) < 20
    assert found[0][1] % ONE.stride == 0  # of the steps under a pixel one that is kept


def test_a_drag_scrubs_with_one_seek_under_way_and_the_last_arrives(
    timeline: Timeline, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slowly the hand moves here: the seek under way does not take long.
    monkeypatch.setattr("ganviz.window.timeline.GIVE_WAY_MS", 60_000)
    found = sought(timeline)
    steps = [6000, 5500, 5000, 4500, 3000, 100]
    drag(timeline, *(at(timeline, 0, step) for step in steps))
    assert len(found) == 1
    assert abs(found[0][1] - 6000) < 20
    assert timeline.strip.here[1] < 200  # but the playhead is where the hand is
    timeline.show_reel(Reel((A,), (found[0],), stride=8))
    qtbot.waitUntil(lambda: len(found) == 2)
    assert found[1][1] == timeline.strip.here[1]
    timeline.show_reel(Reel((A,), (found[1],), stride=8))
    assert timeline.strip.held is None
    assert len(found) == 2


def test_a_seek_that_takes_long_gives_way(timeline: Timeline, qtbot: QtBot) -> None:
    found = sought(timeline)
    drag(timeline, at(timeline, 0, 6000), at(timeline, 0, 300))
    timeline.show_reel(Reel((A,), ((0, 12_000),), stride=8, busy=(5, 100)))
    qtbot.waitUntil(lambda: len(found) == 2)
    assert found[1][1] < 400


def test_a_click_on_another_branch_goes_to_that_branch(timeline: Timeline) -> None:
    timeline.show_reel(TREE)
    found = sought(timeline)
    row = next(i for i, each in enumerate(timeline.strip.rows) if each.name == "A")
    place = at(timeline, row, 10_000)
    drag(timeline, place, place)
    assert found[0][0] == 0
    assert abs(found[0][1] - 10_000) < 30


def test_a_click_on_a_flag_goes_to_its_very_step(timeline: Timeline) -> None:
    timeline.show_reel(Reel((A,), ((0, 100),), (Bookmark(0, 5003, "here"),), stride=8))
    found = sought(timeline)
    place = at(timeline, 0, 5003) + QPoint(3, -14)
    drag(timeline, place, place)
    assert found == [(0, 5003)]


def test_what_lies_under_the_mouse_is_told(timeline: Timeline) -> None:
    timeline.show_reel(TREE)

    def tip(row: int, step: float, up: int = 0) -> str:
        return timeline.strip.tip(QPointF(at(timeline, row, step) - QPoint(0, up)))

    assert tip(0, 300) == "step 300: train.k 1 → 5"
    both = tip(0, 2020)  # two that lie close together
    assert "0.001 → 0.01" in both
    assert "0.01 → 0.02" in both
    assert "\n" in both
    assert "collapse" in tip(0, 5000, up=14)
    assert tip(0, 8000).endswith("of C")


def test_the_context_menu_is_asked_for_where_the_mouse_is(timeline: Timeline) -> None:
    timeline.show_reel(TREE)
    found: list[tuple[int, int]] = []
    timeline.menu_wanted.connect(lambda branch, step, at: found.append((branch, step)))
    row = next(i for i, each in enumerate(timeline.strip.rows) if each.name == "B")
    place = at(timeline, row, 6500)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, place)
    QApplication.sendEvent(timeline.strip, event)
    assert found[0][0] == 1
    assert abs(found[0][1] - 6500) < 30


# ---- keys -----------------------------------------------------------------------------------


def test_arrows_home_and_end_move_the_playhead(timeline: Timeline, qtbot: QtBot) -> None:
    strip, key = timeline.strip, Qt.Key
    strip.setFocus()
    timeline.show_reel(Reel((A,), ((0, 5000),), stride=8))
    found = sought(timeline)
    ends: list[bool] = []
    timeline.end_wanted.connect(lambda: ends.append(True))

    def press(which: Qt.Key, shifted: bool = False) -> None:
        shift = Qt.KeyboardModifier.ShiftModifier
        QTest.keyClick(strip, which, shift if shifted else Qt.KeyboardModifier.NoModifier)
        qtbot.waitUntil(lambda: timeline.strip.here == found[-1])
        timeline.show_reel(Reel((A,), (found[-1],), stride=8))
        qtbot.wait(30)

    press(key.Key_Left)
    press(key.Key_Left, shifted=True)
    press(key.Key_Right)
    press(key.Key_Home)
    assert [step for _, step in found] == [4999, 4989, 4990, 0]
    QTest.keyClick(strip, key.Key_End)
    assert ends == [True]
    new: list[int] = []
    timeline.step_wanted.connect(new.append)
    timeline.show_reel(ONE)
    QTest.keyClick(strip, key.Key_Right)
    assert new == [1]


def test_the_next_and_the_previous_mark_or_bookmark(timeline: Timeline, qtbot: QtBot) -> None:
    flags = (Bookmark(0, 1200, ""),)
    found = sought(timeline)
    timeline.show_reel(Reel((A,), ((0, 1000),), flags, stride=8))
    timeline.to_next()
    assert found[-1] == (0, 1200)
    timeline.show_reel(Reel((A,), ((0, 1200),), flags, stride=8))
    qtbot.wait(40)
    timeline.to_previous()
    assert found[-1] == (0, 300)


def test_the_wheel_does_nothing_without_focus(timeline: Timeline, qtbot: QtBot) -> None:
    more = tuple(Stretch(4 + i, 0, "EFGH"[i], 100 * i, 2000, (), "", 0) for i in range(4))
    timeline.show_reel(Reel((A, B, C, D, *more), ((2, 7500),)))
    timeline.start.setFocus()

    def turn() -> int:
        place = QPointF(timeline.strip.rect().center())
        event = QWheelEvent(
            place,
            QPointF(timeline.strip.mapToGlobal(place.toPoint())),
            QPoint(0, -120),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(timeline.strip, event)
        return timeline.strip.bar.value()

    found = sought(timeline)
    assert turn() == 0
    timeline.strip.setFocus()
    assert turn() == 1
    assert not found


# ---- buttons and words ----------------------------------------------------------------------


def test_buttons_ask_where_there_is_something_to_ask(timeline: Timeline) -> None:
    assert not timeline.branch.isEnabled()
    assert not timeline.to_end.isEnabled()
    assert timeline.place.text.replace("\u202f", "") == "12000 of 12000"
    timeline.show_reel(TREE)
    asked: list[str] = []
    timeline.branch_wanted.connect(lambda: asked.append("branch"))
    timeline.end_wanted.connect(lambda: asked.append("end"))
    timeline.bookmark_wanted.connect(lambda: asked.append("bookmark"))
    for button in (timeline.branch, timeline.to_end, timeline.bookmark):
        assert button.isEnabled()
        assert button.toolTip()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == ["branch", "end", "bookmark"]
    assert "branch C" in timeline.note.text


def test_running_again_is_told_and_can_be_cancelled(timeline: Timeline) -> None:
    assert timeline.cancel.isHidden()
    timeline.show_reel(Reel((A,), ((0, 500),), stride=8, busy=(30, 120)))
    assert timeline.note.text == "running again 25 %"
    asked: list[bool] = []
    timeline.cancel_wanted.connect(lambda: asked.append(True))
    QTest.mouseClick(timeline.cancel, Qt.MouseButton.LeftButton)
    assert asked == [True]
    timeline.show_reel(Reel((A,), ((0, 500),), stride=8))
    assert timeline.cancel.isHidden()


def test_an_empty_tape_offers_nothing(timeline: Timeline) -> None:
    timeline.show_reel(Reel())
    for button in (timeline.start, timeline.to_end, timeline.branch, timeline.bookmark):
        assert not button.isEnabled()
    found = sought(timeline)
    drag(timeline, QPoint(100, 20), QPoint(200, 20))
    assert not found
    assert not timeline.strip.tip(QPointF(100, 20))
