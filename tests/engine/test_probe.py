"""A point of the data space, followed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ganviz.engine import Engine
from ganviz.engine.probe import ROWS, Watch
from ganviz.frame import Look, Probe
from ganviz.presets import find
from ganviz.settings import Settings

AT = (0.5,)


def probed(engine: Engine, at: tuple[float, ...] = AT) -> Probe:
    probe = engine.frame(Look(lower="probe", probe=at).wants).probe
    assert probe is not None
    return probe


def test_watching_a_point_does_not_change_the_run() -> None:
    plain, watched = (Engine(find("two-modes").settings) for _ in range(2))
    watched.watch(AT)
    for engine in (plain, watched):
        engine.step(100)
        engine.frame(Look(probe=AT).wants)
    np.testing.assert_array_equal(plain.weights("generator"), watched.weights("generator"))
    np.testing.assert_array_equal(plain.trace.rows, watched.trace.rows)


def test_a_row_is_taken_at_each_measured_step_and_one_of_the_present() -> None:
    engine = Engine(find("two-modes").settings)
    every = engine.settings.train.measure_every
    engine.step(5)
    engine.watch(AT)
    engine.step(2 * every)
    probe = probed(engine)
    assert probe.history[:, 0].tolist() == [5, every, 2 * every, 2 * every + 5]
    now = probe.history[-1]
    logit = engine.logit([AT])[0]
    assert now[1] == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-5)
    ends = engine.logit([(0.5 - 1e-3,), (0.5 + 1e-3,)])
    assert now[5] == pytest.approx((ends[1] - ends[0]) / 2e-3, rel=0.02, abs=1e-3)
    assert not probe.history.flags.writeable


def test_both_densities_and_the_best_belief_are_exact() -> None:
    """G(z) = z³ + z on normal noise against two Gaussians; p_g by the change of variables."""
    engine = Engine(Settings.of({"generator.kind": "formula", "generator.formula": "z^3 + z"}))
    p, q, best = (probed(engine).history[-1][i] for i in (3, 4, 2))
    z = np.roots([1, 0, 1, -0.5])
    z = float(z[np.isreal(z)].real[0])
    wanted_q = stats.norm.pdf(z) / (3 * z * z + 1)
    wanted_p = (stats.norm.pdf(0.5, -2, 0.5) + stats.norm.pdf(0.5, 2, 0.5)) / 2
    assert p == pytest.approx(wanted_p)
    assert q == pytest.approx(wanted_q, rel=1e-3)
    assert best == pytest.approx(wanted_p / (wanted_p + wanted_q), rel=2e-3)


@pytest.mark.parametrize(
    "changes",
    [
        {"loss.kind": "minimax"},
        {"loss.kind": "least-squares"},
        {"loss.kind": "pearson"},
        {"loss.kind": "minimax", "loss.label_smoothing": 0.2},
        {"loss.kind": "minimax", "loss.instance_noise": 0.4},
        {"loss.kind": "non-saturating", "data.prior": 0.3},
    ],
    ids=str,
)
def test_the_maximum_of_the_concave_function_is_the_best_belief(changes: dict) -> None:
    engine = Engine(Settings.of({"generator.kind": "shift", "generator.start": 0.3, **changes}))
    probe = probed(engine, (0.8,))
    beliefs, heights = probe.curve.T
    top = int(heights.argmax())
    assert 0 < top < len(heights) - 1
    width = beliefs[top + 1] - beliefs[top - 1]
    assert beliefs[top] == pytest.approx(probe.history[-1][2], abs=width)
    assert probe.heights[0] < probe.heights[1]
    assert heights.max() <= probe.heights[1]


def test_a_critic_has_no_best_and_a_straight_line() -> None:
    probe = probed(Engine(find("saddle-two-numbers").settings))
    assert np.isnan(probe.history[-1][2])
    beliefs, heights = probe.curve.T
    p, q = probe.history[-1][3:5]
    np.testing.assert_allclose(heights, (p - q) * beliefs, rtol=1e-3, atol=1e-9)


def test_in_the_plane_what_is_not_known_is_said() -> None:
    probe = probed(Engine(find("ring").settings), (2.0, 0.1))
    assert len(probe.curve) == 0
    assert "two dimensions" in probe.why
    _, belief, best, p, q, slope = probe.history[-1]
    assert np.isnan(best)
    assert np.isnan(q)
    assert p == pytest.approx(stats.norm.pdf(0.1, 0, 0.05) * stats.norm.pdf(0, 0, 0.05) / 8)
    assert 0 < belief < 1
    assert slope >= 0
    assert probe.slope[0] == 0 < probe.slope[1]


def test_in_the_plane_a_shift_of_normal_noise_is_known() -> None:
    engine = Engine(
        Settings.of({"data.target": "ring", "generator.kind": "shift", "latent.dim": 2})
    )
    probe = probed(engine, (0.0, 1.9))
    theta = engine.weights("generator")
    wanted = np.prod(stats.norm.pdf([0.0, 1.9], theta))
    assert probe.history[-1][4] == pytest.approx(wanted, rel=1e-5)
    assert len(probe.curve) > 100


def test_followed_values_of_one_meaning_stand_together() -> None:
    """A probability and a critic's value do not; two losses whose D is a probability do."""
    engine = Engine(Settings.of({"loss.kind": "minimax"}))
    every = engine.settings.train.measure_every
    engine.watch(AT)
    engine.step(2 * every)
    engine.change({"loss.kind": "non-saturating"})
    assert probed(engine).history[:, 0].tolist() == [0, every, 2 * every]
    engine.change({"loss.kind": "wasserstein"})
    assert probed(engine).history[:, 0].tolist() == [2 * every]
    engine.step(every)
    probe = probed(engine)
    assert probe.history[-1, 0] == 3 * every
    assert probe.history[0, 0] >= 2 * every


def test_a_point_is_followed_whether_its_view_is_seen_or_not() -> None:
    engine = Engine(find("two-modes").settings)
    every = engine.settings.train.measure_every
    engine.watch(AT)
    engine.step(2 * every)
    assert engine.frame(Look(lower="saddle", probe=AT).wants).probe is None
    assert len(probed(engine).history) == 3


@pytest.mark.parametrize(
    ("changes", "law"),
    [
        ({"loss.kind": "minimax"}, "p·log D + p_g·log(1 − D)"),
        ({"loss.kind": "minimax", "loss.label_smoothing": 0.2}, "−p̃·a(s) − p̃_g·b(s)"),
        ({"loss.kind": "minimax", "loss.instance_noise": 0.4}, "−p̃·a(s) − p̃_g·b(s)"),
        ({"loss.kind": "pearson"}, "−p·a(s) − p_g·b(s)"),
    ],
    ids=str,
)
def test_the_concave_function_is_called_what_it_is(changes: dict, law: str) -> None:
    assert probed(Engine(Settings.of(changes))).law == law


def test_a_point_of_another_space_is_not_followed() -> None:
    engine = Engine(find("ring").settings)
    engine.watch(AT)
    engine.step(40)
    assert engine.frame(Look(probe=AT).wants).probe is None


def test_however_long_the_run_the_history_stays_short() -> None:
    engine = Engine(find("saddle-two-numbers").settings)
    watch = Watch(AT)
    steps = range(0, 5 * 3000, 5)
    for step in steps:
        watch.follow(engine.family, step, 5)
    rows = np.array(watch._rows)
    assert ROWS / 2 <= len(rows) <= ROWS
    assert rows[0, 0] == 0
    assert rows[-1, 0] >= steps[-1] - 20
    assert len(set(np.diff(rows[:, 0]))) == 1  # evenly thinned
