"""The 1-D distribution: counts, bins, the rug, and what pointing at it tells."""

from __future__ import annotations

import numpy as np
import pytest
import scenes
from looking import Painted, count, grabbed, near, rgb
from PySide6.QtCore import QPointF, QRectF
from pytestqt.qtbot import QtBot

from ganviz.frame import Array, Arrows, Belief, Frame, Look, Model
from ganviz.views import pulls
from ganviz.views.distribution import BINS, Distribution
from ganviz.views.ink import SMALL, width
from ganviz.views.line import boxes, heights_of, per_density, read_line
from ganviz.views.theme import mixed, theme

LIGHT = theme("light")
AREA = QRectF(0, 0, 640, 520)


def only(*layers: str, **changes: object) -> Look:
    return Look(layers=frozenset(layers), **changes)  # type: ignore[arg-type]


def even(low: float, high: float, n: int = 4000) -> Array:
    return np.linspace(low, high, n, dtype=np.float32)[:, None]


# ---- counts and bins ----------------------------------------------------------------------------


def test_bars_count_samples_and_the_curves_expect_as_many(painted: Painted) -> None:
    # 4000 samples evenly over (-3, 1): density 0.25; 80 bins of 1/8 each hold 125.
    grid = np.linspace(-5, 5, 257)
    inside = ((grid > -3) & (grid < 1)).astype(float)
    frame = scenes.bimodal(10, real=even(-3, 1), fake=even(2, 4), density=0.25 * inside)
    look = only("real", "generated", "density", counts=True)
    bars, outside = heights_of(frame.real, frame, look)
    assert outside == (0.0, 0.0)
    assert bars.sum() == 4000
    assert set(bars[17:47]) <= {124.0, 125.0, 126.0}
    assert per_density(4000, frame, look) == 500.0
    picture, area = painted(Distribution(), frame, look)
    box, _ = boxes(area, frame, look)
    assert box.high_y == pytest.approx(500 * frame.ranges.density)
    filled = mixed(LIGHT.base, LIGHT.real, 0.42)
    assert near(picture, box.x(-2), box.y(115), filled, 0, 6)
    assert near(picture, box.x(-2), box.y(135), LIGHT.base, 0, 6)
    assert near(picture, box.x(-1), box.y(125), LIGHT.density)
    assert near(picture, box.x(3), box.y(250), LIGHT.generated)


def test_wider_bins_hold_more(painted: Painted) -> None:
    frame = scenes.bimodal(10, real=even(-5, 5))
    for bins in BINS:
        look = only("real", counts=True, bins=bins)
        bars, _ = heights_of(frame.real, frame, look)
        assert len(bars) == bins
        np.testing.assert_allclose(bars, 4000 / bins, atol=1)
    # A density is the same however wide they are.
    look = only("real", bins=20)
    np.testing.assert_allclose(heights_of(frame.real, frame, look)[0], 0.1, rtol=0.02)
    picture, area = painted(Distribution(), frame, look)
    box, _ = boxes(area, frame, look)
    assert box.high_y == frame.ranges.density
    assert near(picture, box.x(2), box.y(0.09), mixed(LIGHT.base, LIGHT.real, 0.42), 0, 6)


def test_samples_that_are_no_numbers_are_not_counted() -> None:
    fake = np.array([[0.0], [0.1], [np.nan], [np.inf], [99.0]], np.float32)
    frame = scenes.bimodal(10, fake=fake)
    bars, outside = heights_of(frame.fake, frame, Look(counts=True))
    assert bars.sum() == 2
    assert outside == (0.0, pytest.approx(1 / 3))


def test_the_controls_ask_for_counts_and_bins(painted: Painted, qtbot: QtBot) -> None:
    view, frame = Distribution(), scenes.bimodal(10)
    painted(view, frame, Look())
    assert (view._scales.value, view._bins.value) == ("density", "80")
    with qtbot.waitSignal(view.look_wanted) as asked:
        view._scales.menu().actions()[1].trigger()
    assert asked.args == [{"counts": True}]
    menu = view._bins.menu()
    assert [action.text() for action in menu.actions()] == ["20", "40", "80", "160", "320"]
    with qtbot.waitSignal(view.look_wanted) as asked:
        menu.actions()[3].trigger()
    assert asked.args == [{"bins": 160}]
    assert view._bins.toolTip().endswith("each is 0.125 wide")
    painted(view, frame, Look(counts=True, bins=50))
    assert (view._scales.value, view._bins.value) == ("counts", "50")
    assert view._bins.toolTip().endswith("each is 0.200 wide")
    with qtbot.waitSignal(view.look_wanted) as asked:
        view._scales.menu().actions()[0].trigger()
    assert asked.args == [{"counts": False}]


def test_only_what_has_bars_has_the_controls_of_bars(painted: Painted) -> None:
    view = Distribution()
    painted(view, scenes.ring(10), Look())
    assert view._scales.isHidden()
    assert view._bins.isHidden()
    painted(view, scenes.ring(10), Look(style="histogram"))
    assert view._scales.isHidden()
    assert not view._bins.isHidden()
    painted(view, scenes.bimodal(10), Look())
    assert not view._scales.isHidden()


def test_real_bars_follow_their_samples_though_they_are_remembered(painted: Painted) -> None:
    view, look = Distribution(), only("real")
    filled = mixed(LIGHT.base, LIGHT.real, 0.42)
    for low, here, away in ((-3, -2, 2), (1, 2, -2)):
        frame = scenes.bimodal(10, real=even(low, low + 2))
        picture, area = painted(view, frame, look)
        box, _ = boxes(area, frame, look)
        assert near(picture, box.x(here), box.y(0.3), filled, 0, 6)
        assert near(picture, box.x(away), box.y(0.3), LIGHT.base, 0, 6)
    # Another width of the bins, the same samples: a quarter of them in one bin of twenty.
    frame = scenes.bimodal(10, real=np.array([[0.1], [3.0], [3.6], [4.2]], np.float32))
    heights = {}
    for bins in (20, 40):
        look = only("real", bins=bins)
        picture, area = painted(view, frame, look)
        box, _ = boxes(area, frame, look)
        heights[bins] = near(picture, box.x(0.1), box.y(0.55), filled, 0, 6)
    assert heights == {20: False, 40: True}


def test_what_rises_above_the_axis_is_said_beside_it_and_clear_of_what_lies_outside(
    painted: Painted,
) -> None:
    ink = LIGHT.words(LIGHT.generated)
    crowd = even(4.76, 4.86, 3000)  # a spike by the right edge
    for fake, far in ((crowd, False), (np.concatenate([crowd, even(8, 9, 1000)]), True)):
        frame = scenes.bimodal(10, fake=fake.astype(np.float32))
        look = only("generated")
        picture, area = painted(Distribution(), frame, look)
        box, _ = boxes(area, frame, look)
        row = picture[int(box.top) + 2 : int(box.top) + 20]
        columns = np.flatnonzero((np.abs(row - rgb(ink)).max(axis=2) < 30).any(axis=0))
        assert len(columns)
        spike = float(box.x(4.75))
        assert (columns < spike - 4).sum() > 10, "left of it: there is no room at its right"
        if far:
            words = width("25 % →", SMALL)
            free = slice(int(box.right - 6 - words) - 3, int(box.right - 6 - words) - 1)
            assert count(row[:, free], ink, 30) == 0


def test_what_rises_above_the_axis_keeps_clear_of_the_name_of_the_best_d(
    painted: Painted,
) -> None:
    # D* = 1 everywhere: its name stands beneath it, at 86 % of the width, beside this peak.
    frame = scenes.bimodal(10, fake=even(3.05, 3.15), best=np.ones(257))
    picture, area = painted(Distribution(), frame, only("generated", "best"))
    box, _ = boxes(area, frame)
    at = int(box.left + 0.86 * (box.right - box.left))
    name = picture[int(box.top) + 6 : int(box.top) + 20, at - 12 : at + 12]
    ink = LIGHT.words(LIGHT.generated)
    assert count(name, LIGHT.best, 30) > 8
    assert count(name, ink, 30) == 0
    below = picture[int(box.top) + 20 : int(box.top) + 38, at - 12 : at + 40]
    assert count(below, ink, 30) > 8


# ---- the rug, and arrows that start there -------------------------------------------------------


def rugged(**changes: object) -> Frame:
    fields: dict[str, object] = {
        "real": np.array([[-3.0], [9.0]], np.float32),
        "fake": np.array([[2.0], [np.nan], [-99.0]], np.float32),
    }
    return scenes.bimodal(10, **(fields | changes))


def test_the_rug_has_generated_samples_above_the_axis_and_real_ones_below(
    painted: Painted,
) -> None:
    frame, look = rugged(), only("rug")
    picture, area = painted(Distribution(), frame, look)
    box, _ = boxes(area, frame, look)
    up, down = box.bottom - pulls.UP / 2, box.bottom + pulls.DOWN / 2 + 1
    assert near(picture, box.x(2), up, LIGHT.generated, 1)
    assert near(picture, box.x(-3), down, LIGHT.real, 1)
    assert not near(picture, box.x(-3), up, LIGHT.real, 3)
    assert not near(picture, box.x(2), down, LIGHT.generated, 2)
    assert count(picture, LIGHT.generated, 30) <= 2 * (pulls.UP + 1)


def test_the_rug_is_of_the_first_samples_only(painted: Painted) -> None:
    fake = np.full((pulls.RUG + 40, 1), -2.0, np.float32)
    fake[pulls.RUG :] = 2.0
    frame, look = rugged(fake=fake), only("rug")
    picture, area = painted(Distribution(), frame, look)
    box, _ = boxes(area, frame, look)
    assert near(picture, box.x(-2), box.bottom - 4, LIGHT.generated, 1)
    assert not near(picture, box.x(2), box.bottom - 4, LIGHT.generated, 3)


def test_arrows_stand_on_stalks_from_the_rug(painted: Painted) -> None:
    fake = np.array([[2.0]] * 4, np.float32)
    frame = rugged(fake=fake, arrows=(Arrows("a", "a", np.full((4, 1), -1.0)),))
    stalk = mixed(LIGHT.base, LIGHT.generated, 0.5)
    seen = []
    for layers in (("arrows", "rug"), ("arrows",)):
        look = only(*layers)
        picture, area = painted(Distribution(), frame, look)
        box, _ = boxes(area, frame, look)
        top = box.bottom - pulls.FOOT - 3 * pulls.APART
        assert near(picture, box.x(2) - 10, top, LIGHT.text, 1, 130)
        seen.append(count(picture[int(top) + 7 : int(top) + 9], stalk, 120))
    assert seen[0] > seen[1]


def test_the_view_reads_what_is_under_the_pointer(painted: Painted) -> None:
    view, frame = Distribution(), scenes.bimodal(10)
    plain, area = painted(view, frame, Look())
    at = area.center()
    assert view.read(at, area, frame, Look()) == read_line(at, area, frame, Look())
    assert view.read(at, area, frame, Look())[0].startswith("x = ")
    view.point_at(at)
    card = np.abs(grabbed(view.canvas) - plain).max(axis=2) > 40
    assert card[int(at.y()) + 14 :, int(at.x()) + 14 :].sum() > 500


def test_every_one_dimensional_game_has_a_rug_and_no_other(painted: Painted) -> None:
    view = Distribution()
    painted(view, scenes.bimodal(10), Look())
    assert not view.header.chips["rug"].isHidden()
    assert not view.header.chips["rug"].isChecked()
    painted(view, scenes.ring(10), Look())
    assert view.header.chips["rug"].isHidden()


# ---- reading ------------------------------------------------------------------------------------


def test_pointing_reads_the_numbers_at_the_nearest_node_and_the_bin_beneath() -> None:
    grid = np.linspace(-5, 5, 11)
    fake = np.concatenate([even(1.9, 1.95, 7), even(-3, -2, 13)])
    frame = scenes.bimodal(
        10,
        grid=(grid,),
        real=even(1.5, 1.51, 20),
        fake=fake,
        density=grid**2 / 100,
        model=Model(np.full(11, 0.125), (), "exact"),
        best=np.where(grid > 3, np.nan, 0.25),
        belief=Belief("D(x)", grid / 10, 0.0, 1.0, 0.5, "½"),
    )
    look = Look(bins=20)
    box, _ = boxes(AREA, frame, look)
    at = QPointF(float(box.x(1.9)), box.top + 20)
    assert read_line(at, AREA, frame, look) == (
        "x = 2.000",
        "p(x) = 0.040",
        "p_g(x) = 0.125",
        "D(x) = 0.200",
        "D* = 0.250",
        "bin 1.500 to 2.000, of 20 samples:",
        "  20 real, 7 generated",
    )
    far = QPointF(float(box.x(4.2)), box.top + 20)
    assert "D*: no samples to judge here" in read_line(far, AREA, frame, look)
    assert read_line(at, AREA, frame, only()) == ("x = 2.000",)
    assert read_line(QPointF(4, 4), AREA, frame, look) == ()
    assert read_line(QPointF(at.x(), box.bottom + 9), AREA, frame, look) == ()


def test_pointing_at_a_stem_reads_its_mass() -> None:
    model = Model(np.zeros(257), ((2.0, 0.25),), "exact")
    frame = scenes.saddle(10, atoms=((-1.0, 1.0),), model=model)
    look = Look()
    box, _ = boxes(AREA, frame, look)
    words = read_line(QPointF(float(box.x(2.0)) + 3, box.top + 9), AREA, frame, look)
    assert "point mass of p_g: 0.250 at 2.000" in words
    words = read_line(QPointF(float(box.x(-1.0)) - 3, box.top + 9), AREA, frame, look)
    assert "point mass of p: 1.000 at −1.000" in words
    assert any(line.startswith("critic s(x) = ") for line in words)
    assert not any("p_g" in line and "mass" in line for line in words)
