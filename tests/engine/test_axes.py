"""Axes: settled every so many steps, widened at once, and the same however a run was watched."""

from __future__ import annotations

import numpy as np
import pytest

from ganviz.engine import Engine
from ganviz.engine.axes import FOLD, NORMS, Edges, densest, outer
from ganviz.engine.ranges import FADES, Held, widest
from ganviz.frame import Wants
from ganviz.presets import find
from ganviz.settings import Settings

SMALL = {
    "train.batch": 16,
    "generator.hidden": [8],
    "discriminator.hidden": [8],
    "train.measure_every": 20,
}
MEASURES = Wants(frozenset({"measures"}))


def engine(**values: object) -> Engine:
    return Engine(Settings.of({**SMALL, **values}))


@pytest.mark.parametrize("preset", ["saddle-two-numbers", "ring"])
def test_every_number_is_on_its_axis_at_every_look(preset: str) -> None:
    e = Engine(find(preset).settings.with_({"train.measure_every": 20}))
    settled = 0
    for _ in range(25):
        before = dict(e._held)
        e.step(20)
        rows, ranges = e.trace.rows[-20:], e.frame(MEASURES).ranges
        at = {name: rows[:, n] for n, name in enumerate(e.trace.columns)}
        for portrait in e.family.portraits():
            if portrait.x:
                x_low, x_high, y_low, y_high = ranges.portrait(portrait.name)
                assert ((at[portrait.x] >= x_low) & (at[portrait.x] <= x_high)).all()
                assert ((at[portrait.y] >= y_low) & (at[portrait.y] <= y_high)).all()
        for name in (each for each in NORMS if each in at):
            seen = at[name][~np.isnan(at[name])]
            assert (seen <= ranges.norms[1]).all()
        for name, (low, high) in ranges.measures:
            assert low <= e.measured[name] <= high or name not in e.measured
        for column, _, _ in e.family.curves:
            seen = at[column][~np.isnan(at[column])]
            assert ((seen >= ranges.losses[0]) & (seen <= ranges.losses[1])).all()
        if e.steps % FOLD[0]:
            for name, held in before.items():  # what is not settled yet only ever widens
                assert e._held[name].low <= held.low
                assert e._held[name].high >= held.high
        else:
            settled += 1
    assert settled == 5


@pytest.mark.parametrize("data", ["mixture", "ring"])
def test_samples_that_go_far_are_in_sight_at_the_next_look(data: str) -> None:
    e = engine(**{"data.target": data, "train.freeze": "generator"})
    e.step(FOLD[0] + 20)
    before = e._held["data0"]
    e.set_weights("generator", 20 * e.weights("generator"))
    e.step(20)
    assert e.steps % FOLD[0]
    low, high = outer(e.push(e._measure_noise.numpy())[:, 0])
    box = e.family.supply().target.box[0]
    far = {1: 3.0, 2: 2.0}[len(e.frame().grid)] * (box[1] - box[0]) / 2
    middle = sum(box) / 2
    held = e._held["data0"]
    assert low < before.low or high > before.high
    assert held.low <= max(low, middle - far)
    assert held.high >= min(high, middle + far)


def test_a_critic_that_rises_is_in_sight_at_the_next_look() -> None:
    e = engine(**{"loss.kind": "wasserstein", "train.freeze": "discriminator"})
    e.step(FOLD[0] + 20)
    before = e._held["belief"].high
    e.set_weights("discriminator", 3 * e.weights("discriminator"))
    e.step(20)
    assert e._held["belief"].high > before
    low, high = e.frame().ranges.data[0]
    said = e.logit(np.linspace(low, high, 17)[:, None])
    assert e._held["belief"].high >= np.abs(said).max()


def test_axes_are_the_same_however_the_run_is_cut_and_taken_up() -> None:
    values = {"optim.lr_d": 0.02, "optim.lr_g": 0.02}
    whole, parts, looked = (engine(**values) for _ in range(3))
    kept = None
    for step in range(1, 331):
        parts.step(1)
        if step % 7 == 0:
            looked.step(7)
            looked.frame()
        if step == 130:
            kept = parts.moment(), parts.trace
    whole.step(330)
    looked.step(330 - looked.steps)
    assert whole._held == parts._held == looked._held
    assert kept is not None
    again = engine(**values)
    again.take_up(*kept, [])
    again.step(200)
    assert again.steps == 330
    ranges = {name: held for name, held in again._held.items() if "surface" not in name}
    assert ranges.items() <= whole._held.items()
    assert len(whole._held) - len(ranges) == 2


def test_between_two_settlings_nothing_is_made_anew_where_nothing_is_left() -> None:
    e = engine(**{"train.freeze": "generator", "optim.lr_d": 1e-6, "measure.jsd": False})
    e.step(FOLD[1] * 8)
    same = 0
    for _ in range(FOLD[1] // 20 - 1):
        before = e._held
        e.step(20)
        same += e._held is before
    assert same >= FOLD[1] // 20 - 2


def test_rare_measures_settle_all_axes_at_each_of_them() -> None:
    e = engine(**{"train.measure_every": 150})
    e.step(149)
    first = e._held
    e.step(1)
    assert e._held is not first
    assert e.frame().ranges.losses[0] <= e.trace.column("loss_d").min()


def test_edges_name_what_is_left() -> None:
    held = {"losses": Held(-1.0, 1.0), "norms": Held(-2.0, 0.0)}

    def ends(name: str, kept: Held | None) -> tuple[float, float]:
        return (np.inf, -np.inf) if kept is None else kept.span

    edges = Edges({"losses": [0, 2], "norms": [1], "measure.w1": [3]}, ends)
    calm = np.array([[0.5, -1.0, -0.5, np.nan], [np.nan, -2.0, 1.0, np.nan]])
    assert edges.left(held, calm) == []
    assert edges.left(held, np.vstack([calm, [0, -3, 2, np.nan]])) == ["losses", "norms"]
    assert edges.left(held, np.vstack([calm, [0, -1, 0, 0.1]])) == ["measure.w1"]
    # A range that has moved is known by being another object.
    held = {**held, "norms": Held(-2.0, -1.5), "measure.w1": Held(0.0, 1.0)}
    assert edges.left(held, np.vstack([calm, [0, -2, 0, 0.1]])) == ["norms"]
    assert edges.left(held, np.full((3, 4), np.nan)) == []


def test_the_fullest_bin_is_that_of_a_histogram() -> None:
    source = np.random.default_rng(3)
    line = source.normal(size=(2500, 1)) * 2
    counts, edges = np.histogram(line[:, 0], 80, (-3.0, 2.0))
    expected = counts.max() / 2500 / (edges[1] - edges[0])
    assert densest(line, ((-3.0, 2.0),)) == pytest.approx(expected, rel=1e-12)
    plane = source.normal(size=(2500, 2))
    spans = ((-1.0, 2.0), (-2.5, 1.5))
    most = np.histogram2d(*plane.T, 60, spans)[0].max() / 2500 / ((3 / 60) * (4 / 60))
    assert densest(plane, spans) == pytest.approx(most, rel=1e-12)
    # What lies beyond, or nowhere, fills no bin.
    wild = np.array([[np.nan], [np.inf], [-np.inf], [3e38], [-3e38], [0.5]])
    assert densest(wild, ((0.0, 1.0),)) == pytest.approx(80 / 6)


def test_what_has_come_to_rest_looks_at_rest() -> None:
    """A spiral into the middle ends as a dot, not as noise that fills its axes."""
    settings = find("saddle-two-numbers").settings.with_(
        {
            "loss.penalty": "r1",
            "loss.penalty_weight": 1.0,
            "optim.lr_g": 0.02,
            "optim.lr_d": 0.5,
        }
    )
    e = Engine(settings)
    first = e._held["belief"].high
    e.step(800)
    at = {name: n for n, name in enumerate(e.trace.columns)}
    ranges, rows = e.frame().ranges, e.trace.rows[-200:]
    for portrait in e.family.portraits():
        if portrait.name in ("parameters", "orbit"):
            x_low, x_high, y_low, y_high = ranges.portrait(portrait.name)
            assert np.ptp(rows[:, at[portrait.x]]) < (x_high - x_low) / 3
            assert np.ptp(rows[:, at[portrait.y]]) < (y_high - y_low) / 3
    # D's line was steep and is nearly flat: it is drawn so, on an axis a third as high at least.
    low, high = e.frame().belief.values.min(), e.frame().belief.values.max()
    axis = e._held["belief"]
    assert axis.high >= first / 5
    assert high - low < (axis.high - axis.low) / 2


def test_half_of_the_widest_is_forgotten_in_so_many_steps() -> None:
    held = Held(-8.0, 8.0, widest=8.0)
    assert widest(held, 1.0, 0) == 8.0
    assert widest(held, 1.0, FADES) == 4.0
    assert widest(held, 9.0, FADES) == 9.0
    assert widest(None, 1.0, FADES) == 1.0
