"""The distribution: pixels mean what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scenes
from looking import Painted, count, near, rgb
from pytestqt.qtbot import QtBot

from ganviz.frame import Array, Belief, Frame, Look, Ranges
from ganviz.views.distribution import Distribution
from ganviz.views.line import boxes, histogram, percent
from ganviz.views.plane import data_box
from ganviz.views.theme import mixed, theme

LIGHT = theme("light")


def _only(*layers: str, **changes: object) -> Look:
    return Look(layers=frozenset(layers), **changes)  # type: ignore[arg-type]


def _uniform(low: float, high: float, n: int = 4000) -> Array:
    return np.linspace(low, high, n, dtype=np.float32)[:, None]


def test_histogram_counts_all_samples() -> None:
    values = np.array([-9.0, 0.1, 0.1, 0.9, 1.0, 7.0, 8.0, np.nan])
    heights, outside = histogram(values, 0.0, 1.0, 4)
    np.testing.assert_allclose(heights, np.array([2, 0, 0, 2]) / 7 * 4)
    assert outside == pytest.approx((1 / 7, 2 / 7))
    assert histogram(np.array([np.nan]), 0.0, 1.0, 4)[1] == (0.0, 0.0)


def test_shares_in_words() -> None:
    assert [percent(s) for s in (0.001, 0.12, 0.999, 1.0)] == ["<1 %", "12 %", ">99 %", "100 %"]


def test_line_histograms_stand_where_the_samples_are(painted: Painted) -> None:
    # Uniform on (-3, -1): density 0.5; on (1, 3) likewise.
    frame = scenes.bimodal(10, real=_uniform(-3, -1), fake=_uniform(1, 3))
    picture, area = painted(Distribution(), frame, _only("real", "generated"))
    box, _ = boxes(area, frame)
    filled = mixed(LIGHT.base, LIGHT.real, 0.42)
    assert near(picture, box.x(-2), box.y(0.25), filled, 0, 6)
    assert near(picture, box.x(-2), box.y(0.48), filled, 0, 6)
    assert near(picture, box.x(-2), box.y(0.55), LIGHT.base, 0, 6)
    assert near(picture, box.x(2), box.y(0.5), LIGHT.generated)
    assert not near(picture, box.x(2), box.y(0.25), LIGHT.generated, 2)
    assert near(picture, box.x(0), box.y(0.25), LIGHT.base, 0, 6)


def test_line_density_and_belief_have_their_own_axes(painted: Painted) -> None:
    frame = scenes.bimodal(10)
    frame = replace(
        frame,
        density=np.full(257, 0.3),
        belief=replace(frame.belief, values=np.linspace(0, 1, 257)),
    )
    picture, area = painted(Distribution(), frame, _only("density", "belief"))
    box, belief = boxes(area, frame)
    assert near(picture, box.x(-4), box.y(0.3), LIGHT.density)
    for x, d in ((-4, 0.1), (2.5, 0.75)):
        assert near(picture, belief.x(x), belief.y(d), LIGHT.discriminator)
        assert not near(picture, belief.x(x), belief.y(1 - d), LIGHT.discriminator)


def test_line_belief_without_bounds_takes_the_range_of_the_run(painted: Painted) -> None:
    frame = scenes.saddle(100)
    assert not np.isfinite(frame.belief.low)
    picture, area = painted(Distribution(), frame, _only("belief"))
    _, belief = boxes(area, frame)
    assert (belief.low_y, belief.high_y) == frame.ranges.belief
    slope = frame.trace.column("psi")[-1]
    assert near(picture, belief.x(1.5), belief.y(1.5 * slope), LIGHT.discriminator)


def test_line_says_what_lies_outside(painted: Painted) -> None:
    inside = scenes.bimodal(10, fake=_uniform(-1, 1))
    outside = scenes.bimodal(10, fake=_uniform(9, 10))
    ink = LIGHT.words(LIGHT.generated)
    picture, area = painted(Distribution(), inside, _only("generated"))
    box, _ = boxes(area, inside)
    corner = (slice(int(box.top), int(box.top) + 40), slice(int(box.right) - 80, int(box.right)))
    assert count(picture[corner], ink) == 0
    picture, _ = painted(Distribution(), outside, _only("generated"))
    assert count(picture[corner], ink) > 10


def test_line_atoms_are_arrows(painted: Painted) -> None:
    frame = scenes.saddle(10, atoms=((-1.0, 0.25), (2.0, 0.75)))
    picture, area = painted(Distribution(), frame, _only("density"))
    box, _ = boxes(area, frame)
    tall = box.bottom - box.top
    assert near(picture, box.x(2.0), box.bottom - 0.8 * tall, LIGHT.density)
    assert near(picture, box.x(-1.0), box.bottom - 0.2 * tall, LIGHT.density)
    assert not near(picture, box.x(-1.0), box.bottom - 0.5 * tall, LIGHT.density)


def _plane(values: Array, nodes: int = 33, **changes: object) -> Frame:
    side = np.linspace(-3, 3, nodes)
    belief = Belief("D(x)", values, 0.0, 1.0, 0.5, "½")
    empty = np.empty((0, 2), np.float32)
    fields: dict[str, object] = {"real": empty, "fake": empty, "modes": np.empty((0, 2))}
    return scenes.ring(20, grid=(side, side), belief=belief, **(fields | changes))


def test_plane_field_is_the_right_way_up(painted: Painted) -> None:
    side = np.linspace(-3, 3, 33)
    x, y = np.meshgrid(side, side)
    for corner in ((1, 1), (-1, 1), (1, -1)):
        values = ((x * corner[0] > 0.5) & (y * corner[1] > 0.5)).astype(float)
        picture, area = painted(Distribution(), frame := _plane(values), _only("belief"))
        box = data_box(area, frame)
        for sx, sy in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
            wanted = LIGHT.belief[-1 if (sx, sy) == corner else 0]
            assert near(picture, box.x(2 * sx), box.y(2 * sy), wanted, 0, 8)


def test_plane_field_is_drawn_about_its_nodes(painted: Painted) -> None:
    # Only the middle node of seven believes: its cell is from -0.5 to 0.5, centred on zero.
    values = np.zeros((7, 7))
    values[3, 3] = 1.0
    picture, area = painted(Distribution(), frame := _plane(values, 7), _only("belief"))
    box = data_box(area, frame)
    blue = picture[:, :, 2] - picture[:, :, 0]
    inner = blue[int(box.top) + 2 : int(box.bottom) - 1, int(box.left) + 2 : int(box.right) - 1]
    rows, columns = np.nonzero(inner > 20)
    assert columns.mean() + int(box.left) + 2 == pytest.approx(float(box.x(0)), abs=1.5)
    assert rows.mean() + int(box.top) + 2 == pytest.approx(float(box.y(0)), abs=1.5)
    # The contour of ½ lies half way to the neighbouring nodes.
    assert near(picture, box.x(0.5), box.y(0), LIGHT.discriminator)
    assert not near(picture, box.x(1.0), box.y(0), LIGHT.discriminator)


def test_plane_units_are_square() -> None:
    frame = scenes.ring(5)
    frame = replace(
        frame,
        ranges=Ranges(((-4, 4), (-1, 1)), (-1, 1), 0, (-1, 1), frame.ranges.portraits),
    )
    from PySide6.QtCore import QRectF

    for wide, tall in ((640, 400), (400, 640), (500, 500)):
        box = data_box(QRectF(0, 0, wide, tall), frame)
        assert box.scale_x == pytest.approx(box.scale_y, rel=0.02)


def test_plane_samples_differ_in_colour_and_shape(painted: Painted) -> None:
    real = np.array([[-2.0, 1.0], [99.0, 0.0]], np.float32)
    fake = np.array([[1.0, -2.0], [np.nan, 0.0]], np.float32)
    frame = _plane(np.full((33, 33), 0.5), real=real, fake=fake)
    picture, area = painted(Distribution(), frame, _only("real", "generated", "belief"))
    box = data_box(area, frame)
    assert near(picture, box.x(-2), box.y(1), LIGHT.real, 1)
    assert near(picture, box.x(1), box.y(-2), LIGHT.generated, 4)
    # A disc is filled, a diamond hollow.
    column, row = round(float(box.x(1))), round(float(box.y(-2)))
    assert np.abs(picture[row, column] - rgb(LIGHT.generated)).max() > 40
    assert not near(picture, box.x(1), box.y(2), LIGHT.generated, 6)


def test_plane_histograms_lie_where_the_samples_are(painted: Painted) -> None:
    rng = np.random.default_rng(0)
    real = rng.normal([-2, 1], 0.1, (500, 2)).astype(np.float32)
    fake = rng.normal([1, -2], 0.1, (500, 2)).astype(np.float32)
    frame = _plane(np.full((33, 33), 0.5), real=real, fake=fake)
    look = _only("real", "generated", style="histogram")
    picture, area = painted(Distribution(), frame, look)
    box = data_box(area, frame)
    assert near(picture, box.x(-2), box.y(1), LIGHT.real, 4, 80)
    assert near(picture, box.x(1), box.y(-2), LIGHT.generated, 6, 80)
    assert near(picture, box.x(2), box.y(2), LIGHT.base, 4, 6)


def test_layers_go_and_their_toggles_ask(painted: Painted, qtbot: QtBot) -> None:
    view = Distribution()
    picture, area = painted(view, scenes.ring(50), Look())
    assert count(picture, LIGHT.generated) > 100
    assert set(view.header.chips) == {"real", "generated", "belief", "modes"}
    chip = view.header.chips["generated"]
    with qtbot.waitSignal(view.layer_toggled) as asked:
        chip.click()
    assert asked.args == ["generated", False]
    assert chip.isChecked(), "the mark follows the look, not the click"
    picture, _ = painted(view, scenes.ring(50), _only("real", "belief", "modes"))
    assert not chip.isChecked()
    box = data_box(area, scenes.ring(50))
    inner = picture[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    assert count(inner, LIGHT.generated) == 0


def test_toggles_fit_the_frame(painted: Painted) -> None:
    view = Distribution()
    painted(view, scenes.bimodal(5), Look())
    assert not view.header.chips["density"].isHidden()
    assert view.header.chips["belief"].accessibleName() == "Show D(x)"
    painted(view, scenes.saddle(5), Look())
    assert view.header.chips["belief"].accessibleName() == "Show critic s(x)"
    painted(view, scenes.ring(5), Look())
    assert view.header.chips["density"].isHidden()


def test_style_switch_asks(painted: Painted, qtbot: QtBot) -> None:
    view = Distribution()
    painted(view, scenes.ring(5), Look())
    samples, squares = view._styles._parts
    assert samples.isChecked()
    with qtbot.waitSignal(view.style_wanted) as asked:
        squares.click()
    assert asked.args == ["histogram"]
    assert samples.isChecked()
    assert not squares.isChecked()
