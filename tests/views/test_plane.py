"""The plane: every style, the manifold, marginals and modes, at known coordinates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scenes
from looking import Painted, count, near, rgb
from PySide6.QtCore import QPointF, QRectF
from pytestqt.qtbot import QtBot

from ganviz.frame import Array, Belief, Frame, Look, Manifold, Model
from ganviz.theory.coverage import COVERED_SHARE
from ganviz.views import cells, centres, cloud, margins, mesh, strokes
from ganviz.views.axes import Box
from ganviz.views.distribution import Distribution
from ganviz.views.plane import data_box, panels_of, read_plane
from ganviz.views.theme import mixed, theme

LIGHT = theme("light")
BOX = Box(100, 100, 400, 400, -3.0, 3.0, -3.0, 3.0)


def _only(*layers: str, **changes: object) -> Look:
    return Look(layers=frozenset(layers), **changes)  # type: ignore[arg-type]


def _frame(**changes: object) -> Frame:
    side = np.linspace(-3, 3, 33)
    belief = Belief("D(x)", np.full((33, 33), 0.5), 0.0, 1.0, 0.5, "½")
    empty = np.empty((0, 2), np.float32)
    fields: dict[str, object] = {"real": empty, "fake": empty, "modes": np.empty((0, 2))}
    fields |= {"grid": (side, side), "belief": belief}
    return scenes.ring(20, **(fields | changes))


def _spot(x: float, y: float, n: int = 500, sigma: float = 0.1) -> Array:
    return np.random.default_rng(n).normal([x, y], sigma, (n, 2)).astype(np.float32)


# ---- samples ------------------------------------------------------------------------------------


def test_many_samples_lie_where_they_are_in_their_own_shapes(painted: Painted) -> None:
    # One sample of each kind counts, the others are far away: 3,000 make it a cloud of pixels.
    real, fake = _spot(90, 90, 3000), _spot(90, 90, 3000)
    real[1234], fake[77] = (-2.0, 1.0), (1.0, -2.0)
    picture, area = painted(Distribution(), frame := _frame(real=real, fake=fake), _only("real"))
    box = data_box(area, frame)
    assert near(picture, box.x(-2), box.y(1), LIGHT.real, 1)
    assert not near(picture, box.x(1), box.y(-2), LIGHT.generated, 6)
    picture, _ = painted(Distribution(), frame, _only("real", "generated"))
    column, row = int(box.x(1)), int(box.y(-2))
    assert near(picture, column, row, LIGHT.generated, 3)
    # A disc is filled, a diamond hollow.
    assert np.abs(picture[int(box.y(1)), int(box.x(-2))] - rgb(LIGHT.real)).max() < 10
    assert np.abs(picture[row, column] - rgb(LIGHT.generated)).max() > 40


def test_samples_have_the_colour_of_their_code(painted: Painted) -> None:
    places = [(-2.0, 1.0), (2.0, 1.0), (0.0, -2.0)]
    fake = np.concatenate([_spot(x, y, 40, 0.02) for x, y in places])
    codes = np.repeat([2, 0, 1], 40)
    frame = _frame(fake=fake, coded=codes, categories=3)
    picture, area = painted(Distribution(), frame, _only("generated"))
    box = data_box(area, frame)
    inks = [LIGHT.category(number, 3) for number in range(3)]
    for (x, y), number in zip(places, (2, 0, 1), strict=True):
        assert near(picture, box.x(x), box.y(y), inks[number], 8)
        for other in {0, 1, 2} - {number}:
            assert not near(picture, box.x(x), box.y(y), inks[other], 8)
    assert not near(picture, box.x(-2), box.y(1), LIGHT.generated, 8)


@pytest.mark.parametrize("name", ["light", "dark", "projector"])
def test_categories_can_be_told_from_each_other_and_from_the_data(name: str) -> None:
    worn = theme(name)
    inks = [rgb(worn.category(number, 8)) for number in range(8)] + [rgb(worn.real)]
    for i, one in enumerate(inks):
        for other in inks[:i]:
            assert np.abs(one.astype(float) - other).sum() > 45


def test_where_both_kinds_are_crowded_both_are_seen(painted: Painted) -> None:
    frame = _frame(real=_spot(0, 0, 20_000, 0.3), fake=_spot(0, 0, 19_999, 0.3))
    picture, area = painted(Distribution(), frame, _only("real", "generated"))
    box = data_box(area, frame)
    inner = picture[int(box.y(0.2)) : int(box.y(-0.2)), int(box.x(-0.2)) : int(box.x(0.2))]
    assert count(inner, LIGHT.real) > 0.1 * inner.shape[0] * inner.shape[1]
    assert count(inner, LIGHT.generated) > 0.3 * inner.shape[0] * inner.shape[1]


@pytest.mark.parametrize("number", [600, 1500])
def test_few_samples_of_either_kind_are_drawn_in_turn(painted: Painted, number: int) -> None:
    frame = _frame(real=_spot(0, 0, number, 0.2), fake=_spot(0, 0, number - 1, 0.2))
    picture, area = painted(Distribution(), frame, _only("real", "generated"))
    box = data_box(area, frame)
    inner = picture[int(box.y(0.15)) : int(box.y(-0.15)), int(box.x(-0.15)) : int(box.x(0.15))]
    for ink in (LIGHT.real, LIGHT.generated):
        assert count(inner, ink, 60) > 0.08 * inner.shape[0] * inner.shape[1]


def test_samples_that_are_no_numbers_are_no_pixels(painted: Painted) -> None:
    fake = np.full((3000, 2), np.nan, np.float32)
    fake[1] = 3e38
    picture, area = painted(Distribution(), frame := _frame(fake=fake), _only("generated"))
    box = data_box(area, frame)
    inner = picture[int(box.top) + 30 : int(box.bottom) - 30, int(box.left) + 2 : 300]
    assert count(inner, LIGHT.generated) == 0


@pytest.mark.parametrize("dpr", [1.0, 1.5, 2.0])
def test_the_patterns_of_the_kinds_differ(dpr: float) -> None:
    patterns = {}
    for shape in ("disc", "diamond", "ring"):
        down, right = cloud.pattern(shape, dpr)
        patterns[shape] = set(zip(down.tolist(), right.tolist(), strict=True))
        # As wide as high, and the same from every side.
        assert patterns[shape] == {(-a, b) for a, b in patterns[shape]}
        assert patterns[shape] == {(b, a) for a, b in patterns[shape]}
    assert (0, 0) in patterns["disc"]
    assert (0, 0) not in patterns["diamond"] | patterns["ring"]
    assert max(patterns["diamond"]) > max(patterns["disc"])


# ---- squares ------------------------------------------------------------------------------------


def test_squares_count_every_sample_once() -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform(-4, 4, (3000, 2)).astype(np.float32)
    found = cells.counts(BOX, points, 80)
    wanted = np.histogram2d(points[:, 1], points[:, 0], 40, ((-3, 3), (-3, 3)))[0]
    np.testing.assert_array_equal(found, wanted)
    dense = cells.densities(BOX, points, 80)
    assert dense.sum() * (6 / 40) ** 2 == pytest.approx((np.abs(points) < 3).all(1).mean())
    assert cells.counts(BOX, np.zeros((5000, 2)), 80).shape == (80, 80)


def test_side_by_side_each_kind_has_a_square_of_its_own(painted: Painted) -> None:
    frame = _frame(real=_spot(-2, 1), fake=_spot(1, -2))
    look = _only("real", "generated", style="beside")
    picture, area = painted(Distribution(), frame, look)
    left, right = panels_of(area, frame, look)
    assert left.right < right.left
    assert (left.top, left.bottom) == (right.top, right.bottom)
    assert left.scale_x == pytest.approx(left.scale_y, rel=0.02)
    dark = mixed(LIGHT.real, LIGHT.text, 0.55)
    assert near(picture, left.x(-2), left.y(1), dark, 6, 60)
    assert near(picture, right.x(1), right.y(-2), mixed(LIGHT.generated, LIGHT.text, 0.55), 6, 60)
    for box, x, y in ((left, 1, -2), (right, -2, 1)):
        row, column = round(float(box.y(y))), round(float(box.x(x)))
        assert np.abs(picture[row, column] - rgb(LIGHT.base)).max() < 6


def test_side_by_side_the_same_colour_is_the_same_density() -> None:
    values = np.array([[0.0, 0.25, 1.0, 4.0]])
    for ink in (LIGHT.real, LIGHT.generated):
        pixels = cells.shaded(values, 1.0, ink, LIGHT)[0]
        codes = [f"#{pixel & 0xFFFFFF:06X}" for pixel in pixels.tolist()]
        assert codes[0] == LIGHT.base
        assert codes[2] == codes[3] == mixed(ink, LIGHT.text, 0.55)
        # A quarter of the top is half of the way through the colours.
        halves = rgb(mixed(LIGHT.base, ink, 0.5)), rgb(ink)
        assert np.abs(rgb(codes[1]) - (halves[0] + halves[1]) / 2).max() <= 2


def test_the_difference_is_vermilion_where_more_is_generated(painted: Painted) -> None:
    # Beside what differs, a spot that is the same in both.
    same = _spot(2, 2, 400)
    real = np.concatenate([_spot(-2, 1, 401), same])
    fake = np.concatenate([_spot(1, -2, 401), same])
    look = _only("real", "generated", style="difference")
    picture, area = painted(Distribution(), frame := _frame(real=real, fake=fake), look)
    box = data_box(area, frame)
    assert near(picture, box.x(-2), box.y(1), LIGHT.real, 2, 30)
    assert near(picture, box.x(1), box.y(-2), LIGHT.generated, 2, 30)
    for x, y in ((2, 2), (0, 0), (1, 2), (-2, -1)):
        row, column = round(float(box.y(y))), round(float(box.x(x)))
        assert np.abs(picture[row, column] - rgb(LIGHT.belief[2])).max() < 12, (x, y)


# ---- the manifold -------------------------------------------------------------------------------


def _manifold(shift: float = 0.0) -> Manifold:
    x, y = np.meshgrid(np.linspace(-2, -1, 5) + shift, np.linspace(1, 2, 5))
    density = np.full((4, 4), 50.0)
    density[:, 2:] = 0.0
    return Manifold(np.stack([x, y], -1), density)


def test_the_manifold_lies_where_its_nodes_are_and_is_opaque_where_dense(painted: Painted) -> None:
    frame = _frame(manifold=_manifold())
    picture, area = painted(Distribution(), frame, _only("manifold"))
    box = data_box(area, frame)

    def strength(x: float, y: float) -> int:
        row, column = round(float(box.y(y))), round(float(box.x(x)))
        return int(np.abs(picture[row, column] - rgb(LIGHT.base)).max())

    # Middles of a dense and of an empty cell, a line between dense ones, and outside.
    assert strength(-1.875, 1.125) > 60
    assert strength(-1.125, 1.125) < 5
    assert max(strength(-1.75 + d, 1.125) for d in (-0.02, 0.0, 0.02)) > strength(-1.875, 1.125)
    assert strength(-1.875, -1.125) == strength(1.125, 1.125) == 0


def test_cells_that_are_folded_over_others_add_up(painted: Painted) -> None:
    nodes = _manifold().nodes
    fold = np.concatenate([nodes, nodes[:, -2::-1]], axis=1)
    wide = Manifold(fold, np.full((4, 8), 4.0))
    single = Manifold(nodes, np.full((4, 4), 4.0))
    shades = []
    for manifold in (single, wide):
        picture, area = painted(
            Distribution(), frame := _frame(manifold=manifold), _only("manifold")
        )
        box = data_box(area, frame)
        row, column = round(float(box.y(1.125))), round(float(box.x(-1.875)))
        shades.append(int(np.abs(picture[row, column] - rgb(LIGHT.base)).max()))
    assert shades[1] > 1.4 * shades[0] > 0


def test_a_curve_is_drawn_where_the_latent_is_a_line(painted: Painted) -> None:
    x = np.linspace(-2, 2, 50)
    nodes = np.stack([x, 0.5 * x], -1)[None]
    frame = _frame(manifold=Manifold(nodes, np.full((1, 49), 5.0)))
    picture, area = painted(Distribution(), frame, _only("manifold"))
    box = data_box(area, frame)
    for at in (-1.5, 0.3, 1.9):
        assert near(picture, box.x(at), box.y(0.5 * at), LIGHT.generated, 2, 120)
    assert not near(picture, box.x(1.5), box.y(-0.75), LIGHT.generated, 3, 120)
    assert mesh.opacity(BOX, Manifold(nodes, np.full((1, 49), 1e12))).max() <= 1


# ---- marginals ----------------------------------------------------------------------------------


def test_marginals_stand_above_x_and_beside_y(painted: Painted) -> None:
    frame = _frame(real=_spot(-2, 1), fake=_spot(1, -2, sigma=0.3))
    look = _only("real", "generated", "marginals")
    picture, area = painted(Distribution(), frame, look)
    (box,) = panels_of(area, frame, look)
    plain = data_box(area, frame)
    assert box.top >= plain.top
    assert box.right - box.left < plain.right - plain.left
    blue = mixed(LIGHT.base, LIGHT.real, 0.42)
    assert near(picture, box.x(-2), box.top - 8, blue, 2, 12)
    assert near(picture, box.right + 8, box.y(1), blue, 2, 12)
    assert not near(picture, box.x(1), box.top - 8, blue, 2, 12)
    assert not near(picture, box.right + 8, box.y(-2), blue, 2, 12)
    top = slice(int(box.top) - margins.ROOM, int(box.top) - 3)
    right = slice(int(box.right) + 4, int(box.right) + margins.ROOM)
    across = slice(int(box.x(0)), int(box.x(2)))
    assert count(picture[top, across], LIGHT.generated) > 20
    assert count(picture[slice(int(box.y(-1)), int(box.y(-3))), right], LIGHT.generated) > 20
    assert count(picture[top, slice(int(box.x(-3)) + 4, int(box.x(-1)))], LIGHT.generated) == 0


def test_marginal_bars_are_shares_of_all_samples() -> None:
    values = np.array([-9.0, 0.1, 0.1, 0.9, 7.0, np.nan])
    np.testing.assert_allclose(margins.bars(values, 0.0, 1.0, 4), np.array([2, 0, 0, 1]) / 6)


def test_a_small_view_keeps_its_plot_and_leaves_the_marginals_out() -> None:
    frame, look = _frame(), _only("marginals")
    small, big = QRectF(0, 0, 300, 200), QRectF(0, 0, 600, 500)
    assert panels_of(small, frame, look) == (data_box(small, frame),)
    assert panels_of(big, frame, look) != (data_box(big, frame),)


# ---- modes --------------------------------------------------------------------------------------


def test_captured_modes_are_dotted_and_missed_ones_struck_through(painted: Painted) -> None:
    modes = np.array([[-2.0, 1.0], [2.0, -1.0]])
    shares = np.array([COVERED_SHARE, COVERED_SHARE - 1e-6])
    frame = _frame(modes=modes, captured=shares)
    np.testing.assert_array_equal(centres.captured(frame), [True, False])
    picture, area = painted(Distribution(), frame, _only("modes"))
    box = data_box(area, frame)
    out = centres.RADIUS * 0.71
    for (x, y), dotted in zip(modes, (True, False), strict=True):
        at_x, at_y = float(box.x(x)), float(box.y(y))
        for angle in np.linspace(0.3, 6, 5):
            rim = at_x - 9 * np.sin(angle), at_y + 9 * np.cos(angle)
            assert near(picture, *rim, LIGHT.text, 2, 60)
        assert near(picture, at_x + out, at_y - out, LIGHT.generated, 2) == dotted
        for way in (0.7, 1.2):
            assert near(picture, at_x - way * out, at_y + way * out, LIGHT.text, 1, 60) != dotted
        assert not near(picture, at_x, at_y, LIGHT.text, 1, 60), "there are the data"
        # The share stands beside the ring, on the right; that of a missed one would say nothing.
        right = picture[round(at_y) - 8 : round(at_y) + 8, round(at_x) + 14 : round(at_x) + 44]
        assert (count(right, LIGHT.words(LIGHT.generated), 60) > 5) == dotted


def test_without_counts_the_rings_are_plain(painted: Painted) -> None:
    frame = _frame(modes=np.array([[-2.0, 1.0]]))
    picture, area = painted(Distribution(), frame, _only("modes"))
    box = data_box(area, frame)
    assert near(picture, box.x(-2) - 9, box.y(1), LIGHT.text, 2, 60)
    assert count(picture[int(box.top) :], LIGHT.generated) == 0


@pytest.mark.parametrize(("side", "room"), [(5, False), (3, True)])
def test_shares_never_touch_each_other_or_a_ring(side: int, room: bool) -> None:
    axis = np.linspace(130, 370, side)
    if side == 5:
        axis = 200 + 24.0 * np.arange(5)
    rings = tuple((float(x), float(y)) for x in axis for y in axis)
    places = centres.labels(BOX, rings)
    assert all((place is not None) == room for place in places)


def test_rings_at_the_edge_have_their_shares_inside() -> None:
    (place,) = centres.labels(BOX, ((395.0, 250.0),))
    assert place is not None
    assert place[0] < 395
    assert place[2] == 1.0
    assert centres.labels(BOX, ((600.0, 250.0),)) == (None,)


# ---- densities, and what is under the pointer ---------------------------------------------------


def test_contours_lie_where_the_density_reaches_their_levels(painted: Painted) -> None:
    side = np.linspace(-3, 3, 129)
    x, y = np.meshgrid(side, side)
    bell = np.exp(-0.5 * ((x + 1) ** 2 + (y - 1) ** 2) / 0.25)
    other = np.exp(-0.5 * ((x - 1) ** 2 + (y + 1) ** 2) / 0.25)
    belief = Belief("D(x)", np.full((129, 129), 0.5), 0.0, 1.0, 0.5, "½")
    frame = _frame(grid=(side, side), belief=belief, density=bell, model=Model(other, (), "exact"))
    picture, area = painted(Distribution(), frame, _only("contours"))
    box = data_box(area, frame)
    for level in (0.03, 0.3):
        far = 0.5 * np.sqrt(-2 * np.log(level))
        assert near(picture, box.x(-1 - far), box.y(1), LIGHT.density, 1, 60)
        assert near(picture, box.x(1), box.y(-1 - far), LIGHT.model, 1, 60)
        assert not near(picture, box.x(1 + far), box.y(1), LIGHT.density, 1, 60)


def test_the_pointer_reads_the_nearest_node() -> None:
    side = np.linspace(-3, 3, 33)
    x, y = np.meshgrid(side, side)
    belief = Belief("D(x) = σ(s(x))", 0.5 + x / 10 + y / 100, 0.0, 1.0, 0.5, "½")
    frame = _frame(
        belief=belief,
        best=0.5 - x / 10,
        density=1 + x,
        modes=np.array([[2.25, -0.75]]),
        captured=np.array([0.123]),
    )
    area = QRectF(0, 0, 640, 440)
    box = data_box(area, frame)

    def said(at: tuple[float, float], **changes: object) -> tuple[str, ...]:
        look = Look(**changes)  # type: ignore[arg-type]
        return read_plane(QPointF(float(box.x(at[0])), float(box.y(at[1]))), area, frame, look)

    first, d, best, p = said((1.55, 1.1))
    assert first == "x = 1.50   y = 1.12"
    assert (d, best, p) == ("D(x) = 0.661", "D* = 0.350", "p = 2.500")
    assert said((2.25, -0.75))[-1] == "mode 1 of 1 captured: 12.3 % of the generated samples"
    assert said((9, 9)) == ()


def test_the_pointer_reads_the_counts_of_a_square() -> None:
    frame = _frame(real=_spot(-2, 1, 300, 0.001), fake=_spot(1, -2, 200, 0.001))
    area = QRectF(0, 0, 640, 440)
    for style in ("histogram", "beside", "difference"):
        look = _only(style=style)
        for box in panels_of(area, frame, look):
            at = QPointF(float(box.x(-1.99)), float(box.y(1.01)))
            lines = read_plane(at, area, frame, look)
            assert lines[-1].endswith("of 300 real, 0 of 200 generated")
            i, j = np.floor((frame.real + 3) / (6 / 40)).astype(int).T
            inside = (i == int((-1.99 + 3) / 0.15)) & (j == int((1.01 + 3) / 0.15))
            assert lines[-1].startswith(f"square: {inside.sum()} of")


def test_the_number_of_samples_is_asked_for(painted: Painted, qtbot: QtBot) -> None:
    view = Distribution()
    painted(view, scenes.ring(5), Look())
    assert view._numbers.value == "1\N{NARROW NO-BREAK SPACE}500 points"
    for number, wanted in enumerate((500, 0, 5000, 20_000)):
        with qtbot.waitSignal(view.look_wanted) as asked:
            view._numbers.menu().actions()[number].trigger()
        assert asked.args == [{"samples": wanted}]
    view.show_frame((scenes.ring(5),), Look(samples=20_000))
    assert view._numbers.value.startswith("20")
    painted(view, scenes.bimodal(5), Look())
    assert view._numbers.isHidden()


def test_the_plane_offers_what_the_game_can_give(painted: Painted) -> None:
    view = Distribution()
    offers = frozenset({"manifold", "contours"})
    painted(view, replace(scenes.ring(5, density=np.ones((64, 64))), offers=offers), Look())
    shown = {name for name, chip in view.header.chips.items() if not chip.isHidden()}
    assert shown == {
        "real",
        "generated",
        "belief",
        "modes",
        "manifold",
        "contours",
        "marginals",
    }


def test_rings_that_would_touch_are_smaller() -> None:
    x = np.array([100.0, 115.0, 200.0])
    assert centres.radius(x, np.zeros(3)) == 4.5
    assert centres.radius(x[[0, 2]], np.zeros(2)) == centres.RADIUS
    assert centres.radius(np.array([1.0, 1.0]), np.zeros(2)) == 4.0
    assert centres.radius(np.array([1.0]), np.zeros(1)) == centres.RADIUS


def test_shares_stand_on_one_side_and_leave_room_for_what_is_said_at_the_edges() -> None:
    places = centres.labels(BOX, ((150.0, 150.0), (200.0, 200.0)))
    assert [place[2] for place in places if place is not None] == [0.0, 0.0]
    # A share that would stand where it says how many samples lie beyond goes to the other side.
    (place,) = centres.labels(BOX, ((330.0, 250.0),))
    assert place is not None
    assert place[2] == 1.0


def test_a_thinned_curve_runs_where_it_ran() -> None:
    angle = np.linspace(0, 6, 401)
    x, y = 200 * np.cos(angle), 200 * np.sin(angle)
    x[200] = y[200] = np.nan
    few_x, few_y = strokes.thinned(x, y)
    assert len(few_x) <= 0.55 * len(x)
    assert np.isnan(few_x).sum() == 1
    middle = np.hypot((few_x[1:] + few_x[:-1]) / 2, (few_y[1:] + few_y[:-1]) / 2)
    assert np.nanmax(np.abs(middle - 200)) < 0.2
    assert (few_x[0], few_x[-1]) == (x[0], x[-1])
    corner = np.array([0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0])
    np.testing.assert_array_equal(strokes.thinned(*corner)[0], corner[0])
    assert len(strokes.thinned(*(part[:2] for part in corner))[0]) == 2
