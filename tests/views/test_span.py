"""The linked time axis: which steps are shown, zoom, pan, and that no point is lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scenes
from looking import Painted, near
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ganviz.frame import Frame, Look, Mark
from ganviz.views.axes import Box
from ganviz.views.gradients import Gradients
from ganviz.views.losses import Losses, curves_box
from ganviz.views.measures import Measures
from ganviz.views.overtime import OverTime
from ganviz.views.span import (
    LEAST,
    USUAL,
    changes_at,
    enclosing,
    ended,
    known,
    meant,
    nearest,
    shown,
    zoomed,
)
from ganviz.views.theme import theme

LIGHT = theme("light")


def _run(steps: int, values: np.ndarray | None = None, **more: object) -> Frame:
    nothing = np.full(steps, np.nan)
    level = np.ones(steps) if values is None else values
    trace = scenes.trace_of(loss_d=level, loss_g=nothing, value=nothing, theta=nothing, psi=nothing)
    return scenes.bimodal(10, trace=trace, references=(), **more)


def test_the_shown_steps_follow_from_frame_and_look() -> None:
    frame = _run(5000)
    spans = {
        (4400, 5000, True): Look(),
        (4900, 5000, True): Look(window=100),
        (2400, 3000, False): Look(until=3000),
        (0, 600, False): Look(until=10),
        (0, 5000, True): Look(whole=True),
        (4401, 5001, True): Look(until=9000),
    }
    for (first, last, following), look in spans.items():
        span = shown(_run(5001) if last == 5001 else frame, look)
        assert (span.first, span.last, span.following) == (first, last, following)
    assert shown(_run(150), Look()).last == 600
    assert shown(_run(0), Look(whole=True)).length == LEAST


def _after(frame: Frame, look: Look, at: float, notches: float) -> Look:
    return look.with_(**zoomed(shown(frame, look), at, notches))


def test_the_wheel_zooms_about_the_pointer_from_twenty_steps_to_the_whole_run() -> None:
    frame, look = _run(5000), Look()
    for _ in range(30):
        before = shown(frame, look)
        look = _after(frame, look, 4500, 1)
        after = shown(frame, look)
        share, now = ((4500 - span.first) / span.length for span in (before, after))
        assert now == pytest.approx(share, abs=1.01 / after.length + 0.01)
    assert shown(frame, look).length == LEAST
    for _ in range(60):
        look = _after(frame, look, 4500, -1)
    assert look == Look(whole=True)
    assert _after(frame, look, 1000, -1) == look
    assert not _after(frame, look, 1000, 1).whole


def test_zooming_at_the_newest_step_goes_on_following() -> None:
    look = _after(_run(5000), Look(), 4990, 3)
    assert look.until is None
    assert look.window < USUAL
    assert _after(_run(100), Look(), 50, -2) == Look()


@pytest.mark.parametrize("kind", [Losses, Measures, Gradients])
def test_a_drag_pans_and_at_the_newest_end_follows_again(
    qtbot: QtBot, kind: type[OverTime]
) -> None:
    frame = scenes.measured(3000)
    view = kind()
    qtbot.addWidget(view)
    view.resize(640, 420)
    view.show()
    look = Look()
    view.show_frame((frame,), look)
    asked: list[dict[str, object]] = []
    view.look_wanted.connect(asked.append)
    box = view.axis(QRectF(view.canvas.rect()), frame, look)
    at = QPoint(round(box.left + 20), round(box.rect.center().y()))
    _drag(view, at, at + QPoint(100, 0))
    wish = asked[-1]
    assert wish["until"] == pytest.approx(3000 - 100 / box.scale_x, abs=1)
    look = look.with_(**wish)
    view.show_frame((frame,), look)
    _drag(view, at + QPoint(100, 0), at - QPoint(10, 0))
    assert asked[-1]["until"] is None
    asked.clear()
    QTest.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=at)
    assert asked == []


def _drag(view: OverTime, start: QPoint, end: QPoint) -> None:
    pane = view.canvas
    QTest.mousePress(pane, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(pane, end)
    view.dragged(QPointF(start), QPointF(end))
    QTest.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=end)


def test_a_click_in_the_strip_goes_there_and_the_button_comes_back(qtbot: QtBot) -> None:
    view, frame, look = Losses(), _run(6000), Look()
    qtbot.addWidget(view)
    view.resize(640, 420)
    view.show()
    view.show_frame((frame,), look)
    asked: list[dict[str, object]] = []
    view.look_wanted.connect(asked.append)
    strip = view.strip(QRectF(view.canvas.rect()), frame, look)
    assert strip is not None
    at = QPoint(round(float(strip.x(2000))), round(strip.rect.center().y()))
    QTest.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=at)
    assert asked[-1]["until"] == pytest.approx(2300, abs=12)
    assert view._back.isHidden()
    view.show_frame((frame,), look.with_(**asked[-1]))
    assert view._back.isVisible()
    QTest.mouseClick(view._back, Qt.MouseButton.LeftButton)
    assert asked[-1] == {"until": None}
    view.show_frame((frame,), look.with_(whole=True))
    QTest.mouseClick(view._back, Qt.MouseButton.LeftButton)
    assert asked[-1] == {"whole": False, "window": USUAL, "until": None}


def test_a_peak_of_one_step_is_seen_in_a_run_of_a_million(painted: Painted) -> None:
    values = np.zeros(1_000_000)
    values[617_345] = 4.0
    view, frame, look = Losses(), _run(len(values), values), Look(whole=True)
    picture, area = painted(view, frame, look)
    box, _ = curves_box(area, frame, look)
    assert box.high_y >= 4.0
    for level in (1.0, 2.5, 3.9):
        assert near(picture, box.x(617_346), box.y(level), LIGHT.discriminator, 2)
    assert not near(picture, box.x(500_000), box.y(2.0), LIGHT.discriminator, 8)


def test_nothing_of_a_part_that_was_panned_to_is_cut(painted: Painted) -> None:
    values = np.where(np.arange(5000) < 2000, 30.0, 0.0) + np.sin(np.arange(5000) / 30)
    frame = _run(5000, values)
    look = Look(until=1000)
    picture, area = painted(Losses(), frame, look)
    box, _ = curves_box(area, frame, look)
    assert (box.low_x, box.high_x) == (400, 1000)
    assert box.low_y <= values[400:1000].min()
    assert values[400:1000].max() <= box.high_y
    for step in (450, 700, 990):
        assert near(picture, box.x(step), box.y(values[step - 1]), LIGHT.discriminator)
    # Following with the usual window, the range is the frame's.
    box, _ = curves_box(area, frame, Look())
    assert (box.low_y, box.high_y) == frame.ranges.losses


def test_round_ends_hold_what_they_enclose() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        low, high = np.sort(rng.standard_normal(2) * 10.0 ** rng.integers(-6, 7))
        ends = enclosing(low, high)
        assert ends[0] <= low <= high <= ends[1]
        assert ends[1] - ends[0] < 1.6 * (high - low)
    assert enclosing(2.0, 2.0, 0.02)[0] < 2.0 < enclosing(2.0, 2.0, 0.02)[1]


def test_the_nearest_number_of_a_sparse_column() -> None:
    values = np.full(5000, np.nan)
    values[[9, 699, 4899]] = [1.0, 2.0, 3.0]
    trace = scenes.trace_of(best=values)
    assert nearest(trace, "best", 1) == (10, 1.0)
    assert nearest(trace, "best", 690) == (700, 2.0)
    assert nearest(trace, "best", 2500) == (700, 2.0)
    assert nearest(trace, "best", 5000) == (4900, 3.0)
    assert nearest(scenes.trace_of(best=np.full(9, np.nan)), "best", 4) is None
    assert list(known(trace, "best", 0, 800)[0]) == [10, 700]


def test_a_mark_is_read_where_its_line_is(qtbot: QtBot) -> None:
    view = Losses()
    qtbot.addWidget(view)
    frame, look = _run(900, marks=(Mark(700, "train.k 1 → 5"), Mark(100, "too early"))), Look()
    area = QRectF(0, 0, 640, 420)
    box, _ = curves_box(area, frame, look)
    at = QPointF(float(box.x(700)) + 2, box.rect.center().y())
    words = view.read(at, area, frame, look)
    assert words[0].startswith("step 70")
    assert words[-1] == "changed at step 700: train.k 1 → 5"
    assert meant(box, frame.marks, at.x() + 30) is None
    away = view.read(QPointF(float(box.x(500)), at.y()), area, frame, look)
    assert away[:2] == ("step 500", "L_D = 1")
    assert not any("changed" in line for line in away)
    assert view.read(QPointF(3, 3), area, frame, look) == ()


def _mark(step: int, was: float, now: float, joined: bool = False) -> Mark:
    values = (("optim.lr_d", now),), (("optim.lr_d", was),)
    return Mark(step, f"optim.lr_d {was} → {now}", "change", *values, joined)


def test_a_drag_is_told_from_its_start_to_its_end() -> None:
    drag = (_mark(10, 0.1, 0.2), _mark(12, 0.2, 0.3, True), _mark(15, 0.3, 0.5, True))
    other = (_mark(15, 0.5, 0.6), Mark(40, "generator moved alone", "player"))
    box = Box(0, 0, 500, 100, 0, 50, 0, 1)
    assert [words for _, words in ended(drag)] == ["optim.lr_d 0.1 → 0.5"]
    assert changes_at(box, drag, 151) == ("changed at step 15: optim.lr_d 0.1 → 0.5",)
    assert changes_at(box, drag, 120) == ()
    assert changes_at(box, drag + other, 150) == (
        "changed at step 15: optim.lr_d 0.5 → 0.6",
        "changed at step 15: optim.lr_d 0.1 → 0.5",
    )
    assert changes_at(box, drag + other, 400) == ("at step 40: generator moved alone",)


def test_several_values_changed_together_keep_their_own_words() -> None:
    first = Mark(3, "k 1 → 2, lr 3 → 4", values=(("k", 2), ("lr", 4)), before=(("k", 1), ("lr", 3)))
    last = Mark(5, "k 2 → 3, lr 4 → 5", values=(("k", 3), ("lr", 5)), before=(), joined=True)
    assert [words for _, words in ended((first, last))] == ["k 2 → 3, lr 4 → 5"]


@pytest.mark.parametrize("kind", [Losses, Measures, Gradients])
def test_marks_are_drawn_in_every_view_over_time(painted: Painted, kind: type[OverTime]) -> None:
    plain = scenes.measured(900)
    frame = replace(plain, marks=(Mark(700, "k = 5"),))
    view = kind()
    picture, area = painted(view, frame, Look())
    without, _ = painted(kind(), plain, Look())
    changed = np.abs(picture - without).max(axis=2) > 25
    box = view.axis(area, frame, Look())
    column = slice(round(float(box.x(700))) - 1, round(float(box.x(700))) + 2)
    assert changed[int(box.top) + 2 : int(box.bottom) - 2, column].any(axis=1).mean() > 0.8
