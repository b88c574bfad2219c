"""The surface: pixels mean what they say, flat and solid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scenes
from fitting import faults, recorded
from looking import Painted, count, near
from PySide6.QtCore import QPointF, QRectF
from pytestqt.qtbot import QtBot

from ganviz.film import FilmStage
from ganviz.frame import Array, Frame, Look, Surface
from ganviz.views.surface import Eye, Landscape, absence, heights, lifting, map_box, said, solid_box
from ganviz.views.theme import theme

LIGHT = theme("light")
MAP, SOLID = Look(), Look(solid=True)


def surface(values: Array | None = None, **changes: Any) -> Surface:
    """V = a·b on a plane of 4 × 2, with a path along both axes' negative side."""
    across, up = np.linspace(-2, 2, 25), np.linspace(-1, 1, 25)
    a, b = np.meshgrid(across, up)
    values = a * b if values is None else values
    path = np.array([[-1.5, -0.75], [-1.5, 0.5], [-0.5, 0.5], [0.0, 0.0]])
    made = Surface(1240, across, up, values, path, path.prod(1), 0.012, 3.0)
    return replace(made, **changes)


def frame_of(made: Surface | None, **changes: Any) -> Frame:
    fields: dict[str, Any] = {"offers": frozenset({"surface"}), "surface": made} | changes
    return scenes.saddle(5, **fields)


def test_the_map_is_the_right_way_up(painted: Painted) -> None:
    a, b = np.meshgrid(np.linspace(-2, 2, 25), np.linspace(-1, 1, 25))
    made = surface(np.where((a > 0.5) & (b > 0.25), 1.0, 0.0) - (b < -0.25))
    picture, area = painted(Landscape(), frame_of(made), MAP)
    box = map_box(area, made)
    low, neutral, high = LIGHT.saddle
    assert near(picture, box.x(1.6), box.y(0.8), high, 1, 8)
    assert near(picture, box.x(-1.0), box.y(0.9), neutral, 1, 8)
    assert near(picture, box.x(-1.6), box.y(-0.8), low, 1, 8)
    assert near(picture, box.x(1.6), box.y(-0.8), low, 1, 8)


def test_the_path_leads_to_the_present_point_in_the_middle(painted: Painted) -> None:
    made = surface(np.zeros((25, 25)))
    picture, area = painted(Landscape(), frame_of(made), MAP)
    box = map_box(area, made)
    assert near(picture, box.x(0.0), box.y(0.0), LIGHT.orbit, 1, 10)
    assert near(picture, box.x(-0.5), box.y(0.5), LIGHT.orbit, 2, 60)
    assert near(picture, box.x(-1.0), box.y(0.5), LIGHT.orbit, 2, 90), "on the way"
    assert not near(picture, box.x(-1.0), box.y(-0.5), LIGHT.orbit, 2, 90)


def test_a_corner_where_v_runs_off_leaves_the_rest_its_colours() -> None:
    values = surface().values.copy()
    values[0, 0] = 1e6
    share, middle, reach = heights(surface(values))
    assert middle == 0
    assert reach < 4
    assert share[0, 0] == 1
    assert share[0, -1] == pytest.approx(max(-2.0 / reach, -1))
    values[3, 3], values[4, 4] = np.nan, np.inf
    assert np.isnan(heights(surface(values))[0][[3, 4], [3, 4]]).all()


def test_the_solid_stands_where_the_eye_sees_it(painted: Painted) -> None:
    """A tower in one corner: its top is at its height over its own place."""
    a, b = np.meshgrid(np.linspace(-1, 1, 25), np.linspace(-1, 1, 25))
    tower = np.where((a > 0.5) & (b > 0.5), 1.0, 0.0)
    made = surface(tower, path=np.zeros((1, 2)), heights=np.zeros(1))
    for turn in (20.0, 110.0, 200.0, 290.0):
        look = Look(solid=True, turn=turn, tilt=40.0)
        picture, area = painted(Landscape(), frame_of(made), look)
        eye = Eye.of(solid_box(area, made), turn, 40.0)
        x, y, _ = eye.seen(np.array([0.79]), np.array([0.79]), np.array([1.0]))
        patch = picture[int(y[0]) - 2 : int(y[0]) + 3, int(x[0]) - 2 : int(x[0]) + 3]
        greenness = patch[..., 1].astype(int) - patch[..., 0]
        assert greenness.max() > 8, f"the top of the tower, from {turn}"
        x, y, _ = eye.seen(np.array([-0.79]), np.array([-0.79]), np.array([-1.0]))
        patch = picture[int(y[0]) - 2 : int(y[0]) + 3, int(x[0]) - 2 : int(x[0]) + 3]
        assert abs(patch[..., 1].astype(int) - patch[..., 0]).max() <= 8, "plain ground"


def test_nearer_cells_hide_the_ones_behind(painted: Painted) -> None:
    """A ridge along G's axis hides the hollow behind it, seen from the front, not from above."""
    _, b = np.meshgrid(np.linspace(-1, 1, 25), np.linspace(-1, 1, 25))
    ridge = np.where(np.abs(b + 0.6) < 0.15, 1.0, 0.0) - (np.abs(b - 0.2) < 0.15)
    made = surface(ridge, path=np.zeros((1, 2)), heights=np.zeros(1))

    def reds(tilt: float) -> int:
        look = Look(solid=True, turn=0.0, tilt=tilt)
        picture, area = painted(Landscape(), frame_of(made), look)
        seen = picture[:, : int(solid_box(area, made).right())]
        return int((seen[..., 0].astype(int) - seen[..., 2] > 25).sum())

    assert reds(90.0) > 1000
    assert reds(12.0) < 100


def test_the_dot_lies_on_the_solid(painted: Painted) -> None:
    made = surface()
    picture, area = painted(Landscape(), frame_of(made), SOLID)
    eye = Eye.of(solid_box(area, made), SOLID.turn, SOLID.tilt)
    x, y, _ = eye.seen(np.zeros(1), np.zeros(1), np.zeros(1))
    assert near(picture, x[0], y[0], LIGHT.orbit, 2, 10)


def test_however_it_is_turned_the_solid_stays_on_its_canvas() -> None:
    box = QRectF(12, 26, 300, 180)
    a, b = (part.ravel() for part in np.meshgrid([-1.0, 1.0], [-1.0, 1.0]))
    for turn in range(0, 360, 15):
        for tilt in (8.0, 35.0, 60.0, 90.0):
            eye = Eye.of(box, turn, tilt)
            for height in (-1.0, 1.0):
                x, y, _ = eye.seen(a, b, np.full(4, height))
                assert x.min() >= box.left() - 1e-6
                assert x.max() <= box.right() + 1e-6
                assert y.min() >= box.top() - 1e-6
                assert y.max() <= box.bottom() + 1e-6


def test_dragging_turns_the_solid_and_leaves_the_map(painted: Painted, qtbot: QtBot) -> None:
    view = Landscape()
    painted(view, frame_of(surface()), SOLID)
    asked: list[dict[str, float]] = []
    view.look_wanted.connect(asked.append)
    view.pressed(QPointF(100, 100))
    view.dragged(QPointF(100, 100), QPointF(140, 80))
    assert asked[-1] == {"turn": SOLID.turn + 18.0, "tilt": SOLID.tilt - 9.0}
    view.dragged(QPointF(100, 100), QPointF(-900, 900))
    assert 0 <= asked[-1]["turn"] < 360
    assert asked[-1]["tilt"] == 90.0
    count_asked = len(asked)
    view.show_frame((frame_of(surface()),), MAP)
    view.dragged(QPointF(100, 100), QPointF(140, 80))
    assert len(asked) == count_asked


def test_the_segments_ask_for_map_or_solid(painted: Painted, qtbot: QtBot) -> None:
    view = Landscape()
    painted(view, frame_of(surface()), MAP)
    with qtbot.waitSignal(view.look_wanted) as asked:
        view._kinds._parts[1].click()
    assert asked.args == [{"solid": True}]


def test_the_pointer_reads_the_node_and_its_value(painted: Painted) -> None:
    view, made = Landscape(), surface()
    frame = frame_of(made)
    _, area = painted(view, frame, MAP)
    box = map_box(area, made)
    at = QPointF(float(box.x(1.02)), float(box.y(-0.52)))
    lines = view.read(at, area, frame, MAP)
    assert lines == ("along G's update 1.000", "along D's update −0.500", "V = −0.500")
    assert view.read(QPointF(2, 2), area, frame, MAP) == ()
    eye = Eye.of(solid_box(area, made), SOLID.turn, SOLID.tilt)
    share, _, _ = heights(made)
    x, y, _ = eye.seen(np.array([0.5]), np.array([-0.5]), lifting(share)(share[6:7, 18]))
    lines = view.read(QPointF(x[0], y[0]), area, frame, SOLID)
    assert lines == ("along G's update 1.000", "along D's update −0.500", "V = −0.500")


def test_its_step_and_cost_stand_above_it() -> None:
    assert said(surface(cost=0.0)) == ["step 1\N{NARROW NO-BREAK SPACE}240"]
    assert said(surface())[1] == "12 ms, 3 a second"
    assert said(surface(cost=0.061, rate=1.64))[1] == "61 ms, 1.6 a second"


def test_without_a_surface_the_view_says_why(painted: Painted) -> None:
    assert "being computed" in absence(frame_of(None))
    assert "no weights" in absence(frame_of(None, offers=frozenset()))
    empty = surface(np.full((25, 25), np.nan))
    assert "not a finite number" in absence(frame_of(empty))
    for made in (None, empty):
        for look in (MAP, SOLID):
            view = Landscape()
            picture, area = painted(view, frame_of(made), look)
            assert count(picture, LIGHT.muted, 60) > 20
            assert view.read(area.center(), area, frame_of(None), look) == ()


def test_it_is_painted_anew_only_when_something_changes(painted: Painted) -> None:
    view, frame = Landscape(), frame_of(surface())
    painted(view, frame, SOLID)
    sheet = view._sheet._pixmap
    view.show_frame((replace(frame, step=6),), SOLID)
    view.grab()
    assert view._sheet._pixmap is sheet
    view.show_frame((frame,), SOLID.with_(turn=50.0))
    view.grab()
    assert view._sheet._pixmap is not sheet


@pytest.mark.parametrize("size", [(620, 380), (853, 480), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize("look", [MAP, SOLID, SOLID.with_(turn=200.0, tilt=88.0, theme="dark")])
def test_no_word_is_cut_or_written_over(qtbot: QtBot, size: tuple[int, int], look: Look) -> None:
    whole = look.with_(lower="surface", maximised="surface")
    beside = look.with_(lower="surface", hidden=frozenset({"losses", "graph"}))
    for made in (surface(), surface(surface().values * 1e-4 - 1234.5), surface(label="−L_D")):
        for seen in (whole, beside) if size[0] > 900 else (whole,):
            with FilmStage(size, scale=1.0) as stage, recorded() as texts:
                stage.picture((frame_of(made),), seen)
            ours = [text for text in texts if "Distribution" not in text.place]
            assert any(text.words.startswith("step 1") for text in ours)
            assert faults(ours) == []
