"""The push-forward map under a 1-D distribution: strands that mean what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scenes
from looking import Painted, count, near
from PySide6.QtCore import QPointF, QRectF
from pytestqt.qtbot import QtBot

from ganviz.frame import Array, Frame, Look, Map
from ganviz.views.axes import Box
from ganviz.views.distribution import Distribution
from ganviz.views.line import boxes, read_line
from ganviz.views.strands import backwards, band, broken, read_strands, strands
from ganviz.views.theme import theme

LIGHT = theme("light")
Z = np.linspace(-3.0, 3.0, 7)


def mapped(x: Array, z: Array = Z, **changes: object) -> Frame:
    """Return a 1-D frame with a map; its data axis runs from -5 to 5."""
    mass = np.full(len(z) - 1, 1.0 / (len(z) - 1))
    frame = scenes.bimodal(10, offers=frozenset({"map"}), **changes)
    return replace(frame, map=Map(z.copy(), np.asarray(x, float), mass))


def only(*layers: str) -> Look:
    return Look(layers=frozenset(layers))


def places(area: QRectF, frame: Frame, look: Look) -> tuple[Box, Box]:
    box, _ = boxes(area, frame, look)
    strip = band(box, area, frame, look)
    assert strip is not None
    return box, strip


def test_a_strand_joins_z_to_its_image(painted: Painted) -> None:
    frame, look = mapped([-4.0, -4.0, -4.0, 1.0, 4.0, 4.0, 4.0]), only("map")
    picture, area = painted(Distribution(), frame, look)
    box, strip = places(area, frame, look)
    tall = strip.bottom - strip.top
    ink = (237, 167, 117)  # vermilion at six tenths on white, or more
    code = "#{:02X}{:02X}{:02X}".format(*ink)
    for share in (0.05, 0.5, 0.95):
        at = (1 - share) * float(strip.x(0.0)) + share * float(box.x(1.0))
        assert near(picture, at, strip.bottom - share * tall, code, 2, 45)
    # Nothing of it stands in the middle of the empty side, nor above the axis of x.
    half = strip.bottom - 0.5 * tall
    free = (float(box.x(-4)) + float(strip.x(-1))) / 2 + (float(box.x(1)) + float(strip.x(0))) / 2
    assert not near(picture, free / 2, half, code, 3, 45)
    assert count(picture[: int(box.bottom)], code, 25) == 0


def test_the_axis_of_x_is_that_of_the_histogram_and_z_has_its_own(painted: Painted) -> None:
    frame, look = mapped(2 * Z), only("map")
    _, area = painted(Distribution(), frame, look)
    box, strip = places(area, frame, look)
    assert (strip.left, strip.right) == (box.left, box.right)
    assert strip.top > box.bottom
    assert (strip.low_x, strip.high_x) == (-3.0, 3.0)
    ends = strands(strip, box, frame.map)  # type: ignore[arg-type]
    np.testing.assert_allclose(ends[:, 0], strip.x(Z))
    inside = slice(1, -1)  # ±6 lies beyond the axis
    np.testing.assert_allclose(ends[inside, 2], box.x(2 * Z)[inside])
    assert set(ends[:, 1]) == {strip.bottom}
    np.testing.assert_allclose(ends[:, 3], strip.top)


def test_where_g_runs_backwards_strands_are_dark_and_dashed(painted: Painted) -> None:
    z = np.linspace(-3.0, 3.0, 61)
    rising, falling = mapped(z, z), mapped(-z, z)
    look = only("map")
    one, area = painted(Distribution(), rising, look)
    other, _ = painted(Distribution(), falling, look)
    _, strip = places(area, rising, look)
    part = (
        slice(int(strip.top) + 2, int(strip.bottom) - 1),
        slice(int(strip.left), int(strip.right)),
    )
    dark = LIGHT.model
    assert count(one[part], dark, 45) == 0
    assert count(other[part], dark, 45) > 200
    x = np.array([0.0, 1.0, 2.0, 1.0, 0.0, 1.0, 2.0])
    assert backwards(Map(Z, x, np.ones(6))).tolist() == [False] * 3 + [True] + [False] * 3
    x = np.array([0.0, 1.0, 3.0, 1.0, -1.0, 0.0, 2.0])
    assert backwards(Map(Z, x, np.ones(6)))[3]


def test_dashes_lie_on_their_lines() -> None:
    ends = np.array([[0.0, 0.0, 30.0, 40.0], [5.0, 5.0, 5.0, 2.0]])
    dashes = broken(ends, 9.0, 6.0, np.zeros(2))
    assert len(dashes) == 4 + 1
    np.testing.assert_allclose(dashes[1], [9.0, 12.0, 14.4, 19.2])
    np.testing.assert_allclose(dashes[-1], ends[1])
    later = broken(ends[:1], 9.0, 6.0, np.array([0.4]))  # six pixels on
    np.testing.assert_allclose(later[0], [0.0, 0.0, 1.8, 2.4])
    np.testing.assert_allclose(later[1], [5.4, 7.2, 10.8, 14.4])
    assert len(broken(ends[:0], 9.0, 6.0, np.zeros(0))) == 0


def test_images_that_are_far_away_or_no_numbers_are_cut_or_left_out(painted: Painted) -> None:
    frame, look = mapped([-3e38, np.nan, -1.0, 0.0, 1.0, np.inf, 1e30]), only("map")
    _, area = painted(Distribution(), frame, look)
    box, strip = places(area, frame, look)
    assert frame.map is not None
    ends = strands(strip, box, frame.map)
    assert np.isfinite(ends).all(axis=1).tolist() == [True, False, True, True, True, True, True]
    assert np.nanmax(np.abs(ends)) < 10_000
    # What is cut still points the same way: all but level.
    assert ends[-1, 3] == pytest.approx(strip.bottom, abs=0.01)


def test_the_map_is_left_out_where_it_has_no_room(qtbot: QtBot) -> None:
    frame, look = mapped(Z), Look()
    for tall, there in ((299, False), (300, True), (900, True)):
        area = QRectF(0, 0, 600, tall)
        box, _ = boxes(area, frame, look)
        strip = band(box, area, frame, look)
        assert (strip is not None) is there
        if strip is not None:
            assert strip.bottom - strip.top >= 54
            assert box.bottom - box.top > strip.bottom - strip.top
    area = QRectF(0, 0, 600, 600)
    for other in (replace(frame, map=None), frame):
        hidden = look if other.map is None else only("real")
        assert boxes(area, other, hidden)[0].bottom == area.bottom() - 26


def test_the_map_is_offered_with_the_game_only(painted: Painted) -> None:
    view = Distribution()
    painted(view, mapped(Z), Look())
    chip = view.header.chips["map"]
    assert not chip.isHidden()
    assert chip.isChecked()
    assert chip.accessibleName() == "Show z → G(z)"
    painted(view, scenes.bimodal(10), Look())
    assert chip.isHidden()


def test_pointing_at_a_strand_reads_z_and_its_image() -> None:
    area, look = QRectF(0, 0, 640, 520), Look()
    frame = mapped([-4.0, -3.0, -4.5, 1.25, 2.0, 3.0, 4.0])
    box, strip = places(area, frame, look)
    at = QPointF((float(strip.x(0.0)) + float(box.x(1.25))) / 2 + 3, (strip.top + strip.bottom) / 2)
    assert read_line(at, area, frame, look) == ("z = 0.000", "G(z) = 1.250")
    foot = QPointF(float(strip.x(-2.0)), strip.bottom - 1)
    assert frame.map is not None
    words = read_strands(foot, strip, box, frame.map)
    assert words == ("z = −2.000", "G(z) = −3.000", "dashed: G runs backwards here")
    between = QPointF(float(strip.x(-2.5)), strip.bottom - 1)
    assert read_strands(between, strip, box, frame.map) == ()
