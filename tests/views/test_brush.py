"""Drawing the data with the mouse."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
import scenes
from looking import grabbed, near
from patience import timers
from PySide6.QtCore import QPoint, QRectF, Qt
from pytestqt.qtbot import QtBot

from ganviz.frame import CANVAS, Drawn, Frame, Look
from ganviz.views.brush import DABS, EMPTY, HINT, Drawing, begun, on_canvas, thinned
from ganviz.views.distribution import Distribution
from ganviz.views.theme import theme


def curve_frame(heights: np.ndarray) -> Frame:
    frame = on_canvas(scenes.bimodal())
    return replace(frame, drawn=Drawn(heights, 0.0), modes=np.empty((0, 1)))


@pytest.fixture
def view(qtbot: QtBot) -> Distribution:
    made = Distribution()
    qtbot.addWidget(made)
    made.resize(640, 520)
    made.show()
    return made


def pixel(view: Distribution, frame: Frame, x: float, y: float) -> QPoint:
    """Where a place of the canvas is; on the line y is a share of the height."""
    (box,) = view._boxes(QRectF(view.canvas.rect()), on_canvas(frame))
    if frame.dim == 1:
        return QPoint(round(float(box.x(x))), round(box.bottom - y * (box.bottom - box.top)))
    return QPoint(round(float(box.x(x))), round(float(box.y(y))))


def drag(qtbot: QtBot, view: Distribution, frame: Frame, places: list[tuple[float, float]]) -> None:
    """Press at the first place, go through the others, and let go."""
    port = view.canvas
    points = [pixel(view, frame, *at) for at in places]
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(port, left, pos=points[0])
    for point in points[1:]:
        qtbot.mouseMove(port, point)
    qtbot.mouseRelease(port, left, pos=points[-1])


def test_a_curve_follows_the_pointer_and_is_sent_while_it_is_drawn(
    qtbot: QtBot, view: Distribution
) -> None:
    frame = scenes.bimodal()
    view.show_frame((frame,), Look())
    sent: list[dict] = []
    view.settings_wanted.connect(sent.append)
    view.draw(True)
    timers(20)
    assert sent == []  # the data are as they were until the hand draws
    # It begins with the present density, where that stands in the picture.
    begun = view.editor.drawing.marks
    places = np.linspace(-CANVAS, CANVAS, len(begun))
    wanted = np.interp(places, frame.grid[0], frame.density) / frame.ranges.density
    np.testing.assert_allclose(begun, wanted, atol=1e-3)
    drag(qtbot, view, frame, [(-3, 0.2), (-2, 0.8), (0, 0.4)])
    qtbot.waitUntil(lambda: not view.editor._timer.isActive())
    assert sent[0]["data.target"] == "curve"
    heights = np.array(sent[-1]["data.curve"])
    np.testing.assert_allclose(
        np.interp([-2.5, -2, -1, 0], places, heights), [0.5, 0.8, 0.6, 0.4], atol=0.02
    )
    np.testing.assert_allclose(heights[places > 0.2], wanted[places > 0.2], atol=1e-3)


def test_before_the_first_stroke_it_stands_where_the_data_stand(
    qtbot: QtBot, view: Distribution
) -> None:
    frame = scenes.bimodal()
    view.show_frame((frame,), Look())
    sent: list[dict] = []
    view.settings_wanted.connect(sent.append)
    view.draw(True)
    lower = replace(frame, ranges=replace(frame.ranges, density=2 * frame.ranges.density))
    before = view.editor.drawing.marks
    view.show_frame((lower,), Look())
    np.testing.assert_allclose(view.editor.drawing.marks, before / 2)
    drag(qtbot, view, frame, [(-3, 0.2), (-2, 0.8)])
    after = view.editor.drawing.marks
    view.show_frame((frame,), Look())
    np.testing.assert_array_equal(view.editor.drawing.marks, after)
    view.draw(False)
    view.draw(True)
    view.draw(False)
    assert all("data.curve" in each for each in sent)
    count = len(sent)
    timers(150)
    assert len(sent) == count


def test_what_is_drawn_is_seen_before_the_engine_knows(qtbot: QtBot, view: Distribution) -> None:
    frame = scenes.bimodal()
    view.show_frame((frame,), Look(layers=frozenset()))
    view.draw(True)
    timers(20)
    drag(qtbot, view, frame, [(-3, 0.9), (3, 0.9)])
    picture = grabbed(view.canvas)
    ink = theme("light").density
    for x in (-2.5, 0.0, 2.5):
        at = pixel(view, frame, x, 0.9)
        assert near(picture, at.x(), at.y(), ink)
        assert not near(picture, at.x(), at.y() + 40, ink)
    view.draw(False)
    at = pixel(view, frame, 0.0, 0.9)
    assert not near(grabbed(view.canvas), at.x(), at.y(), ink)


def test_dabs_follow_the_pointer_and_the_eraser_takes_them_away(
    qtbot: QtBot, view: Distribution
) -> None:
    frame = scenes.ring()
    view.show_frame((frame,), Look(layers=frozenset()))
    sent: list[dict] = []
    view.settings_wanted.connect(sent.append)
    view.draw(True)
    timers(20)
    assert sent == []  # an empty canvas leaves the data as they are
    drag(qtbot, view, frame, [(-3, -1), (0, 2), (3, -1)])
    assert view.editor.drawing is not None
    dabs = view.editor.drawing.marks
    assert 60 < len(dabs) < 150
    np.testing.assert_allclose(dabs[:, 1], 2 - np.abs(dabs[:, 0]), atol=0.1)
    gaps = np.hypot(*np.diff(dabs, axis=0).T)
    assert gaps.max() < 0.2  # no holes between two places of the pointer
    at = pixel(view, frame, -1.5, 0.5)
    r, _, b = grabbed(view.canvas)[at.y(), at.x()]
    assert b > r + 30
    view.editor.take_tool("eraser")
    drag(qtbot, view, frame, [(0, 2), (3.2, -1.2)])
    dabs = view.editor.drawing.marks
    assert dabs[:, 0].max() < 0.1
    qtbot.waitUntil(lambda: not view.editor._timer.isActive())
    assert len(sent[-1]["data.strokes"]) == len(dabs)
    assert sent[-1]["data.target"] == "strokes"


def test_wishes_come_ten_times_a_second_and_the_last_one_always(
    qtbot: QtBot, view: Distribution
) -> None:
    frame = scenes.ring()
    view.show_frame((frame,), Look())
    sent: list[dict] = []
    view.settings_wanted.connect(sent.append)
    view.draw(True)
    timers(20)
    began = perf_counter()
    drag(qtbot, view, frame, [(x, 0.0) for x in np.linspace(-3, 3, 200)])
    assert len(sent) <= 2 + 10 * (perf_counter() - began)
    qtbot.waitUntil(lambda: not view.editor._timer.isActive())
    assert view.editor.drawing is not None
    assert len(sent[-1]["data.strokes"]) == len(view.editor.drawing.marks)


def test_undo_gives_the_former_strokes_back_and_clear_keeps_the_data(
    qtbot: QtBot, view: Distribution
) -> None:
    frame = scenes.ring()
    view.show_frame((frame,), Look())
    view.draw(True)
    timers(20)
    editor = view.editor
    undo, clear, done = editor.buttons
    drag(qtbot, view, frame, [(-2, 0), (-1, 0)])
    first = editor.drawing.marks
    drag(qtbot, view, frame, [(1, 1), (2, 1)])
    second = editor.drawing.marks
    assert len(second) > len(first)
    qtbot.mouseClick(undo, Qt.MouseButton.LeftButton)
    np.testing.assert_array_equal(editor.drawing.marks, first)
    assert editor._words == HINT
    sent: list[dict] = []
    qtbot.waitUntil(lambda: not editor._timer.isActive())
    view.settings_wanted.connect(sent.append)
    qtbot.mouseClick(clear, Qt.MouseButton.LeftButton)
    assert editor.drawing.empty
    assert editor._words == EMPTY
    timers(150)
    assert sent == []
    qtbot.mouseClick(undo, Qt.MouseButton.LeftButton)
    np.testing.assert_array_equal(editor.drawing.marks, first)
    qtbot.mouseClick(done, Qt.MouseButton.LeftButton)
    assert not editor.on
    assert editor.isHidden()
    assert not view._draw.isChecked()


def test_the_button_in_the_header_switches_drawing_on_and_off(
    qtbot: QtBot, view: Distribution
) -> None:
    view.show_frame((scenes.bimodal(),), Look())
    qtbot.mouseClick(view._draw, Qt.MouseButton.LeftButton)
    assert view.editor.isVisible()
    assert view._draw.isChecked()
    qtbot.mouseClick(view._draw, Qt.MouseButton.LeftButton)
    assert not view.editor.on


def test_the_axes_show_the_canvas_from_the_first_moment(qtbot: QtBot, view: Distribution) -> None:
    for frame in (scenes.bimodal(), scenes.ring()):
        view.show_frame((frame,), Look())
        view.draw(True)
        timers(20)
        area = QRectF(view.canvas.rect())
        (before,) = view._boxes(area, on_canvas(frame))
        marks = view.editor.drawing.marks
        if frame.dim == 2:
            marks = np.array([[0.5, 0.5]])
        adopted = replace(on_canvas(frame), drawn=Drawn(marks.copy(), 0.15))
        view.show_frame((adopted,), Look())
        (after,) = view._boxes(area, adopted)
        assert (before.left, before.right, before.low_x, before.high_x) == (
            after.left, after.right, after.low_x, after.high_x,
        )  # fmt: skip
        view.draw(False)


def test_drawing_goes_on_from_what_was_drawn(view: Distribution) -> None:
    heights = np.array([0.0, 0.5, 1.0, 0.5, 0.0])
    marks = begun(curve_frame(heights)).marks
    places = np.linspace(-4, 4, len(marks))
    np.testing.assert_allclose(marks, 1 - np.abs(places) / 4, atol=1e-12)
    dabs = np.array([[0.0, 1.0], [2.0, -1.0]])
    again = begun(replace(scenes.ring(), drawn=Drawn(dabs, 0.3)))
    np.testing.assert_array_equal(again.marks, dabs)
    assert again.brush == 0.3


def test_other_data_end_the_drawing(qtbot: QtBot, view: Distribution) -> None:
    view.show_frame((scenes.ring(),), Look())
    view.draw(True)
    view.show_frame((scenes.bimodal(),), Look())
    assert not view.editor.on


def test_two_quick_presses_draw_and_do_not_maximise(qtbot: QtBot, view: Distribution) -> None:
    frame = scenes.ring()
    view.show_frame((frame,), Look())
    view.draw(True)
    timers(20)
    wanted: list[str] = []
    view.maximise_wanted.connect(wanted.append)
    qtbot.mouseDClick(view.canvas, Qt.MouseButton.LeftButton, pos=pixel(view, frame, 1, 1))
    assert wanted == []
    assert len(view.editor.drawing.marks) >= 1


def test_too_many_dabs_are_thinned_where_they_are_closest() -> None:
    rng = np.random.default_rng(0)
    wide = rng.uniform(-4, 4, (300, 2))
    crowd = 0.01 * rng.standard_normal((300, 2))
    kept = thinned(np.concatenate([wide, crowd]), DABS)
    assert len(kept) <= DABS
    far = np.hypot(*kept.T) > 0.5
    assert far.sum() > 0.9 * (np.hypot(*wide.T) > 0.5).sum()
    drawing = Drawing(np.empty((0, 2)))
    for turn in range(30):
        drawing.stroke((-4.0, turn / 5 - 3), (4.0, turn / 5 - 3), False)
    assert 300 < len(drawing.marks) <= DABS
    assert drawing.marks[:, 1].max() > 2.7


def test_nothing_is_drawn_outside_the_canvas() -> None:
    drawing = Drawing(np.empty((0, 2)))
    drawing.stroke((3.0, 0.0), (6.0, 0.0), False)
    assert drawing.marks[:, 0].max() <= CANVAS
    line = Drawing(np.zeros(161))
    line.stroke((3.0, 0.5), (6.0, 1.7), False)
    assert line.marks.max() <= 1.0
