"""The distribution: pixels mean what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scenes
from looking import Painted, count, grabbed, near, rgb
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ganviz.frame import Array, Arrows, Belief, Frame, Look, Model, Ranges
from ganviz.views import pulls
from ganviz.views.distribution import Distribution, told
from ganviz.views.header import fitted, upper
from ganviz.views.ink import SMALL, width
from ganviz.views.line import boxes, histogram, note, percent
from ganviz.views.plane import data_box, scale_end
from ganviz.views.stage import Stage
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
    assert set(view.header.chips) == {"real", "generated", "belief", "modes", "marginals"}
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
    assert view._styles.value == "Samples"
    for number, style in enumerate(("samples", "histogram", "beside", "difference")):
        with qtbot.waitSignal(view.look_wanted) as asked:
            view._styles.menu().actions()[number].trigger()
        assert asked.args == [{"style": style}]
        assert view._styles.value == "Samples", "the mark follows the look, not the click"
    view.show_frame((scenes.ring(5),), Look(style="difference"))
    assert view._styles.value == "Difference"


# ---- what is known exactly, the averaged generator, and pulls -----------------------------------


def _model(density: Array, *atoms: tuple[float, float], note: str = "exact") -> Model:
    return Model(density, atoms, note)


def test_line_p_g_is_a_curve_of_its_own_colour(painted: Painted) -> None:
    frame = scenes.bimodal(10, density=np.full(257, 0.1), model=_model(np.full(257, 0.4)))
    picture, area = painted(Distribution(), frame, _only("density"))
    box, _ = boxes(area, frame)
    for x in (-4.0, 0.0, 3.0):
        assert near(picture, box.x(x), box.y(0.4), LIGHT.model)
        assert not near(picture, box.x(x), box.y(0.1), LIGHT.model, 3, 30)
    picture, _ = painted(Distribution(), frame, _only("real"))
    assert not near(picture, box.x(3.0), box.y(0.4), LIGHT.model)


def test_line_a_spike_of_p_g_ends_at_the_axis_and_says_how_high_it_is(painted: Painted) -> None:
    density = np.zeros(257)
    density[180:190] = 9.0  # the axis ends at 0.62
    frame = scenes.bimodal(10, density=None, model=_model(density))
    picture, area = painted(Distribution(), frame, _only("density"))
    box, _ = boxes(area, frame)
    assert count(picture[: int(box.top) - 4], LIGHT.model) == 0
    top = slice(int(box.top), int(box.top) + 20)
    end = float(box.x(frame.grid[0][190]))  # beside it, not upon its lines
    assert count(picture[top, int(end) + 4 : int(end) + 60], LIGHT.words(LIGHT.model)) > 20


def test_line_atoms_of_p_g_are_stems_as_tall_as_their_mass(painted: Painted) -> None:
    model = _model(np.zeros(257), (-3.0, 0.5), (1.0, 0.25), (3.0, 0.004))
    frame = scenes.bimodal(10, model=model)
    picture, area = painted(Distribution(), frame, _only("density"))
    box, _ = boxes(area, frame)
    tall = box.bottom - box.top
    for x, mass in ((-3.0, 0.5), (1.0, 0.25)):
        assert near(picture, box.x(x), box.bottom - (0.9 * mass - 0.05) * tall, LIGHT.model, 1)
        assert not near(picture, box.x(x), box.bottom - (0.9 * mass + 0.05) * tall, LIGHT.model, 1)
    assert not near(picture, box.x(3.0), box.bottom - 8, LIGHT.model, 2, 30), "below half a percent"


def test_line_atoms_of_both_share_a_scale(painted: Painted) -> None:
    frame = scenes.saddle(10, atoms=((-2.0, 1.0),), model=_model(np.zeros(257), (2.0, 1.0)))
    picture, area = painted(Distribution(), frame, _only("density"))
    box, _ = boxes(area, frame)
    y = box.bottom - 0.85 * (box.bottom - box.top)
    assert near(picture, box.x(-2.0), y, LIGHT.density)
    assert near(picture, box.x(2.0), y, LIGHT.model)


def test_an_estimate_says_so(painted: Painted) -> None:
    frame = scenes.bimodal(10, model=_model(np.zeros(257), note="estimate ± 0.01"))
    assert note(frame, Look()) == "p_g: estimate ± 0.01"
    assert note(frame, _only("belief")) == ""
    assert note(replace(frame, model=_model(np.zeros(257))), Look()) == ""
    plane = scenes.ring_full(50)
    assert note(plane, Look()) == "D*: estimate ± 0.03"
    exact, area = painted(
        Distribution(), replace(frame, model=_model(np.zeros(257))), _only("density")
    )
    told_so, _ = painted(Distribution(), frame, _only("density"))
    box, _ = boxes(area, frame)
    strip = slice(int(box.top) - 26, int(box.top) - 8)
    assert np.abs(exact - told_so)[strip].max() > 60


def _dashes(row: Array, ink: str) -> float:
    """Return the inked share of a row of pixels, which must be broken into many dashes."""
    inked = np.abs(row - rgb(ink)).max(axis=1) < 70
    assert np.count_nonzero(np.diff(inked.astype(int))) > 20
    return float(inked.mean())


def test_line_the_best_d_is_dashed_on_the_axis_of_beliefs(painted: Painted) -> None:
    frame = scenes.bimodal(10, best=np.full(257, 0.75))
    picture, area = painted(Distribution(), frame, _only("best"))
    _, belief = boxes(area, frame)
    row = picture[round(float(belief.y(0.75))), int(belief.left) : int(belief.right)]
    assert 0.4 < _dashes(row, LIGHT.best) < 0.8
    other = picture[round(float(belief.y(0.25))), int(belief.left) : int(belief.right)]
    assert not (np.abs(other - rgb(LIGHT.best)).max(axis=1) < 70).any()
    # Its name stands beside it.
    x, y = round(float(belief.left + 0.86 * (belief.right - belief.left))), belief.y(0.75)
    name = picture[round(float(y)) - 18 : round(float(y)) - 5, x - 12 : x + 12]
    assert count(name, LIGHT.best) > 8
    picture, _ = painted(Distribution(), frame, _only("belief"))
    assert count(picture, LIGHT.best, 12) < 20


def test_without_a_best_d_there_is_no_axis_for_it(painted: Painted) -> None:
    frame = scenes.bimodal(10)
    plain, _ = painted(Distribution(), frame, _only("real"))
    wanted, _ = painted(Distribution(), frame, _only("real", "best"))
    np.testing.assert_array_equal(plain, wanted)


def test_line_the_average_is_a_dotted_histogram(painted: Painted) -> None:
    frame = scenes.bimodal(10, average=_uniform(1, 3))
    picture, area = painted(Distribution(), frame, _only("average"))
    box, _ = boxes(area, frame)
    y = round(float(box.y(0.5)))
    rows = picture[y - 1 : y + 2, int(box.x(1.2)) : int(box.x(2.8))]
    assert any(0.2 < (np.abs(row - rgb(LIGHT.model)).max(axis=1) < 40).mean() < 0.7 for row in rows)
    assert near(picture, box.x(2), box.y(0.25), LIGHT.base, 2, 6), "it is not filled"
    assert not near(picture, box.x(-2), box.y(0.5), LIGHT.model, 8)


def test_plane_the_average_is_small_and_hollow(painted: Painted) -> None:
    average = np.array([[1.0, -2.0]], np.float32)
    frame = _plane(np.full((33, 33), 0.5), average=average)
    picture, area = painted(Distribution(), frame, _only("average", "belief"))
    box = data_box(area, frame)
    assert near(picture, box.x(1), box.y(-2), LIGHT.model, 4, 60)
    column, row = round(float(box.x(1))), round(float(box.y(-2)))
    assert np.abs(picture[row, column] - rgb(LIGHT.model)).max() > 60
    squares, _ = painted(Distribution(), frame, _only("average", "belief", style="histogram"))
    assert count(squares, LIGHT.model, 80) > 4


def test_plane_the_best_d_is_a_dashed_contour(painted: Painted) -> None:
    side = np.linspace(-3, 3, 33)
    # Neutral along x = 1 for the best D; D itself is never neutral.
    best = np.tile(np.clip(0.5 + (side - 1.0) / 6, 0, 1), (33, 1))
    frame = _plane(np.full((33, 33), 0.9), best=best)
    picture, area = painted(Distribution(), frame, _only("best"))
    box = data_box(area, frame)
    columns = picture[int(box.top) : int(box.bottom), :]
    x = round(float(box.x(1.0)))
    line = min((columns[:, at] for at in (x - 1, x, x + 1)), key=lambda line: line.sum())
    assert 0.4 < _dashes(line, LIGHT.best) < 0.8
    assert not near(picture, box.x(-1.0), box.y(0), LIGHT.best, 8)


def test_plane_pulls_start_at_their_samples_and_point_the_right_way(painted: Painted) -> None:
    fake = np.array([[0.0, 0.0], [2.0, -2.0], [np.nan, 0.0]], np.float32)
    vectors = np.array([[0.0, 1.0], [-0.5, 0.0], [1.0, 0.0]])
    frame = _plane(np.full((33, 33), 0.5), fake=fake, arrows=(Arrows("a", "a", vectors),))
    look = _only("arrows")
    picture, area = painted(Distribution(), frame, look)
    box = data_box(area, frame)
    assert pulls.unit(frame, look) == 1.0
    long = 0.1 * (box.bottom - box.top)
    x, y = float(box.x(0)), float(box.y(0))
    assert near(picture, x, y - 0.9 * long, LIGHT.text, 1, 130), "up is up"
    assert not near(picture, x, y + 0.5 * long, LIGHT.text, 3, 130)
    x, y = float(box.x(2)), float(box.y(-2))
    assert near(picture, x - 0.4 * long, y, LIGHT.text, 1, 130)
    assert not near(picture, x - 0.8 * long, y, LIGHT.text, 3, 130), "half as long"
    assert not near(picture, x + 0.3 * long, y, LIGHT.text, 3, 130)
    # The head is at the tip: wider there than at the foot.
    tip = picture[int(y) - 3 : int(y) + 4, int(x - 0.5 * long) : int(x - 0.5 * long) + 7]
    foot = picture[int(y) - 3 : int(y) + 4, int(x) - 7 : int(x)]
    assert count(tip, LIGHT.text, 150) > count(foot, LIGHT.text, 150)


def test_line_pulls_lie_on_a_rug_and_point_the_right_way(painted: Painted) -> None:
    fake = np.array([[-2.0], [2.0]], np.float32)
    frame = scenes.bimodal(10, fake=fake, arrows=(Arrows("a", "a", np.array([[1.0], [-0.5]])),))
    picture, area = painted(Distribution(), frame, _only("arrows"))
    box, _ = boxes(area, frame)
    long = pulls.reach(box)
    first, second = (box.bottom - pulls.FOOT - row * pulls.APART for row in (0, 1))
    assert near(picture, box.x(-2) + 0.8 * long, first, LIGHT.text, 1, 130)
    assert not near(picture, box.x(-2) - 0.3 * long, first, LIGHT.text, 2, 130)
    assert near(picture, box.x(2) - 0.4 * long, second, LIGHT.text, 1, 130)
    assert not near(picture, box.x(2) - 0.8 * long, second, LIGHT.text, 2, 130)


@pytest.mark.parametrize("size", [3e-7, 0.02, 0.83, 1.0, 1.19, 1.21, 7.7, 4e5])
def test_most_pulls_fill_at_most_a_tenth_of_the_box(size: float) -> None:
    vectors = np.array([[size, 0.0]] * 9 + [[np.nan, 1.0], [0.0, -900 * size]])
    frame = scenes.ring(5, arrows=(Arrows("a", "a", vectors),))
    share = pulls.UNIT * size / pulls.unit(frame, _only("arrows"))
    assert 0.04 - 1e-9 <= share <= 0.1 + 1e-9, "the one that is very long does not count"
    assert float(f"{pulls.unit(frame, _only('arrows')):.0e}"[0]) in (1, 2, 5)


def test_the_scale_of_the_pulls_is_the_frame_s(painted: Painted) -> None:
    vectors = np.ones((5, 2))
    frame = scenes.ring(5, arrows=(Arrows("a", "a", vectors), Arrows("b", "b", 70 * vectors)))
    frame = replace(frame, ranges=replace(frame.ranges, pull=5.0))
    assert pulls.unit(frame, _only("arrows")) == 5.0
    assert pulls.unit(frame, _only("arrows", arrows="b")) == 50.0, "in powers of ten"


def test_a_pull_that_is_too_long_is_cut_and_has_two_heads(painted: Painted) -> None:
    heads = []
    for size in (2.0, 2000.0):
        fake = np.array([[-2.5, 0.0]], np.float32)
        frame = _plane(
            np.full((33, 33), 0.5),
            fake=fake,
            arrows=(Arrows("a", "a", np.array([[size, 0.0]])),),
        )
        frame = replace(frame, ranges=replace(frame.ranges, pull=1.0))
        picture, area = painted(Distribution(), frame, _only("arrows"))
        box = data_box(area, frame)
        long = pulls.LONGEST * (box.bottom - box.top)
        x, y = float(box.x(-2.5)), float(box.y(0))
        assert near(picture, x + 0.98 * long, y, LIGHT.text, 1, 130)
        assert not near(picture, x + 1.1 * long, y, LIGHT.text, 3, 130)
        tip = picture[int(y) - 3 : int(y) + 4, int(x + long) - 12 : int(x + long) + 1]
        heads.append(count(tip, LIGHT.text, 150))
    assert heads[1] > heads[0] + 3


def test_pulls_that_vanish_are_not_blown_up(painted: Painted) -> None:
    played, weak = np.ones((4, 2)), np.full((4, 2), 1e-3)
    frame = scenes.ring(5, arrows=(Arrows("a", "a", played), Arrows("b", "b", weak)))
    look = _only("arrows")
    assert pulls.unit(frame, look.with_(arrows="b")) == pulls.unit(frame, look)
    assert pulls.unit(replace(frame, arrows=(Arrows("a", "a", 0 * played),)), look) == 1.0
    painted(Distribution(), frame, _only("arrows", arrows="b"))


def test_the_look_chooses_the_loss_that_pulls(painted: Painted, qtbot: QtBot) -> None:
    frame, view = scenes.bimodal_full(50), Distribution()
    look = Look(layers=Look().layers | {"arrows"})
    assert pulls.chosen(frame, Look()) is None
    for wanted, loss in (
        ("", "non-saturating"),
        ("minimax", "minimax"),
        ("of another game", "non-saturating"),
    ):
        shown = pulls.chosen(frame, look.with_(arrows=wanted))
        assert shown is not None
        assert shown.loss == loss
    one, _ = painted(view, frame, look)
    assert not view._pulls.isHidden()
    assert view._pulls.value == "as played"
    menu = view._pulls.menu()
    assert [action.text() for action in menu.actions()] == ["as played", "minimax", "Wasserstein"]
    with qtbot.waitSignal(view.look_wanted) as asked:
        menu.actions()[2].trigger()
    assert asked.args == [{"arrows": "wasserstein"}]
    other, _ = painted(view, frame, look.with_(arrows="wasserstein"))
    assert view._pulls.value == "Wasserstein"
    assert np.abs(one - other).max() > 60
    with qtbot.waitSignal(view.look_wanted) as asked:
        view._pulls.menu().actions()[0].trigger()
    assert asked.args == [{"arrows": ""}]
    painted(view, frame, Look())
    assert view._pulls.isHidden()


def test_toggles_are_of_what_the_game_can_give(painted: Painted) -> None:
    view = Distribution()
    frame = scenes.bimodal(10, offers=scenes.OFFERS)
    painted(view, frame, Look())
    shown = {name for name, chip in view.header.chips.items() if not chip.isHidden()}
    always = {"real", "generated", "density", "belief", "modes", "rug"}
    assert shown == always | {"average", "best", "arrows"}
    assert view.header.chips["density"].accessibleName() == "Show p, p_g"
    painted(view, scenes.bimodal(10), Look())
    assert view.header.chips["density"].accessibleName() == "Show exact p"
    assert all(view.header.chips[name].isHidden() for name in ("average", "best", "arrows"))


@pytest.mark.parametrize("scene", [scenes.bimodal_full, scenes.ring_full])
def test_all_toggles_and_controls_fit_a_small_window(qtbot: QtBot, scene: object) -> None:
    view = Distribution()
    qtbot.addWidget(view)
    view.resize(531, 624)  # as in a window of 1280 x 800
    view.show()
    view.show_frame((scene(50),), Look(layers=Look().layers | {"arrows"}))  # type: ignore[operator]
    parts = [*view.header.chips.values(), view._pulls, view._styles, view.header.button]
    places = [part.geometry() for part in parts if not part.isHidden()]
    assert len(places) >= 9
    for i, one in enumerate(places):
        assert view.header.rect().contains(one)
        assert not any(one.intersects(other) for other in places[:i])
    assert all(chip.width() >= chip.sizeHint().width() for chip in view.header.chips.values())
    assert view.canvas.y() >= view.header.geometry().bottom()


def test_the_second_row_of_toggles_comes_and_goes_at_once(qtbot: QtBot) -> None:
    view = Distribution()
    qtbot.addWidget(view)
    view.resize(531, 624)
    view.show()
    view.show_frame((scenes.bimodal_full(50),), Look())
    deep = view.header.height()
    view.show_frame((scenes.bimodal(50),), Look())
    assert view.header.height() < deep
    assert view.canvas.y() == view.header.geometry().bottom() + 1
    view.show_frame((scenes.bimodal_full(50),), Look())
    assert view.header.height() == deep
    assert view.canvas.y() == view.header.geometry().bottom() + 1
    view.resize(1200, 624)
    assert view.header.height() < deep


def test_toggles_break_into_two_rows() -> None:
    assert upper([60, 80, 100], 300) == 3
    assert upper([60, 80, 100], 244) == 3
    assert upper([60, 80, 100], 243) == 2
    assert upper([60, 80, 100], 20) == 1


def test_toggles_without_room_keep_their_swatch() -> None:
    assert fitted([60, 80, 100], 300) == [60, 80, 100]
    assert fitted([60, 80, 100], 244) == [60, 80, 100]
    assert fitted([60, 80, 100], 230) == [60, 80, 86]
    assert fitted([60, 80, 100], 180) == [60, 80, 30]
    assert fitted([60, 80, 100], 20) == [30, 30, 30]


def test_readings_that_have_no_room_go_whole_and_the_last_first(painted: Painted) -> None:
    view = Distribution()
    painted(view, scenes.ring(5), Look())
    header = view.header
    full = "JSD 0.31 ± 0.02   W₁ 0.44   modes 5 of 8   high quality 87 %"
    assert header.fitting(2000) == full
    assert "KL" not in full  # not one of the head
    parts = full.split("   ")
    whole = ["   ".join(parts[:n]) for n in range(1, 5)]
    seen = {header.fitting(room) for room in range(130, 460, 7)}
    assert seen == set(whole)
    assert {header.fitting(room) for room in range(30, 110, 3)} <= {"JSD 0.31 …", "", whole[0]}
    assert header.fitting(90) == "JSD 0.31 …"
    assert header.fitting(61) == ""  # no part of a number
    assert header.fitting(30) == ""


def test_choices_make_way_for_the_first_reading(qtbot: QtBot) -> None:
    view, frame = Distribution(), scenes.ring(5)
    qtbot.addWidget(view)
    view.show_frame((frame,), Look())
    for wide in range(430, 760, 6):
        view.resize(wide, 400)
        view.header.resize(wide, view.header.heightForWidth(wide))
        room = view.header._end - view.header.title_end() - 18
        natural = sum(
            view.header._natural(each) + 6 for each in view.header.controls if not each.isHidden()
        )
        spare = wide - 6 - 28 - view.header.title_end() - natural
        if spare > 160:
            assert view.header.fitting(room).startswith("JSD 0.31 ± 0.02"), wide


def test_the_tooltip_of_the_header_has_all_readings(painted: Painted) -> None:
    view, frame = Distribution(), scenes.ring(5)
    painted(view, frame, Look())
    tip = view.header.toolTip()
    assert tip == told(view.about, frame.measures)
    for reading in frame.measures:
        assert f"<td>{reading.title}</td><td align='right'>{reading.words}</td>" in tip
        assert reading.perfect in tip


def test_words_that_rest_are_the_latest_when_they_no_longer_do(qtbot: QtBot) -> None:
    stage, first = Stage(), scenes.ring(5)
    qtbot.addWidget(stage)
    stage.show_frame((first,), Look())
    words = stage.distribution.header.fitting(2000)
    assert words.startswith("JSD 0.31")
    second = replace(first, measures=(scenes.reading("jsd", "JSD", "0.29"),))
    stage.show_frame((second,), Look(), {"words"})
    assert stage.distribution.header.fitting(2000) == words
    stage.show_frame((second,), Look())
    assert stage.distribution.header.fitting(2000) == "JSD 0.29"


def test_the_header_words_its_tooltip_where_the_pointer_is(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, first = Distribution(), scenes.ring(5)
    qtbot.addWidget(view)
    view.show_frame((first,), Look())
    header = view.header
    header.enterEvent(QEnterEvent(QPointF(), QPointF(), QPointF()))
    assert QWidget.toolTip(header) == told(view.about, first.measures)
    monkeypatch.setattr(header, "underMouse", lambda: True)
    second = replace(first, measures=(scenes.reading("jsd", "JSD", "0.29"),))
    view.show_frame((second,), Look())
    assert QWidget.toolTip(header) == told(view.about, second.measures)


def test_plane_the_scale_of_the_pulls_is_clear_of_the_words_beside_it(qtbot: QtBot) -> None:
    frame = scenes.ring_full(50)
    tall = replace(frame, ranges=replace(frame.ranges, data=((-2.8, 2.8), (-5.0, 5.0))))
    look = Look(layers=Look().layers | {"arrows"})
    view = Distribution()
    qtbot.addWidget(view)
    view.resize(531, 624)
    view.show()
    view.show_frame((tall,), look)
    box = data_box(QRectF(view.canvas.rect()), tall)
    words = round(scale_end(box) - width(tall.belief.label, SMALL))
    above = grabbed(view.canvas)[round(box.top) - 22 : round(box.top) - 5, words - 11 : words - 1]
    assert (np.abs(above - rgb(LIGHT.base)).max(axis=2) < 10).all()


@pytest.mark.parametrize("wide", [720, 890, 1500])
def test_a_control_that_appears_moves_none_of_the_others(qtbot: QtBot, wide: int) -> None:
    view = Distribution()
    qtbot.addWidget(view)
    view.resize(wide, 700)
    view.show()
    places = []
    for style, samples, layers in (
        ("samples", 0, set()),
        ("histogram", 0, set()),
        ("beside", 20_000, {"arrows"}),
    ):
        look = Look(style=style, samples=samples)
        view.show_frame((scenes.ring_full(50),), look.with_(layers=look.layers | layers))
        places.append([each.geometry().getRect() for each in (view._styles, view._numbers)])
    assert not view._bins.isHidden()
    assert not view._pulls.isHidden()
    assert places[0] == places[1] == places[2]
