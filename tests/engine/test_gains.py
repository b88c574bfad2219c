"""What each player alone could gain, noise floors as numbers, and the ranges of both."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganviz.catalog.losses import LOSSES
from ganviz.catalog.measures import MEASURES
from ganviz.engine import Engine
from ganviz.engine.family.gains import generator_gain
from ganviz.frame import Wants
from ganviz.settings import Settings

WANTS = Wants(frozenset({"measures"}))


def _normals(mean: float, **more: object) -> Settings:
    """N(mean, 1) against N(0, 1)."""
    return Settings.of(
        {
            "data.target": "normal",
            "generator.kind": "shift",
            "generator.start": (mean,),
            "train.dtype": "float64",
            **{name.replace("__", "."): value for name, value in more.items()},
        }
    )


def test_nobody_gains_at_a_perfect_equilibrium() -> None:
    frame = Engine(_normals(0.0, discriminator__kind="exact")).frame(WANTS)
    assert dict(frame.gains) == pytest.approx({"discriminator": 0, "generator": 0}, abs=1e-9)


def test_an_undecided_discriminator_could_gain_twice_jsd_and_the_generator_nothing() -> None:
    engine = Engine(_normals(1.0, discriminator__kind="linear", discriminator__start=(0.0,)))
    gains = dict(engine.frame(WANTS).gains)
    # JSD of N(0, 1) and N(1, 1), by quadrature here.
    x = np.linspace(-12, 13, 200_001)
    p, q = (np.exp(-0.5 * (x - mu) ** 2) / np.sqrt(2 * np.pi) for mu in (0.0, 1.0))
    jsd = np.trapezoid(p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q)), x) / 2
    assert gains["discriminator"] == pytest.approx(2 * jsd, abs=1e-6)
    assert gains["generator"] == pytest.approx(0, abs=1e-12)
    measured = engine.measured
    assert gains["discriminator"] == measured["value_best"] - measured["value_exact"]


def test_against_a_slope_the_generator_gains_by_going_to_the_edge() -> None:
    engine = Engine(
        _normals(0.0, discriminator__kind="linear", discriminator__start=(0.7,),
                 loss__kind="wasserstein")
    )  # fmt: skip
    frame = engine.frame(WANTS)
    edge = frame.ranges.data[0][1]
    mean = float(frame.fake[:1024].mean())
    gains = dict(frame.gains)
    assert gains["generator"] == pytest.approx(0.7 * (edge - mean), rel=1e-3)
    assert np.isnan(gains["discriminator"])  # an unbounded critic has no best


@pytest.mark.parametrize("kind", ["least-squares", "hinge", "f-kl", "f-pearson"])
def test_the_gain_of_d_is_its_loss_less_the_best_loss(kind: str) -> None:
    engine = Engine(
        _normals(0.6, discriminator__kind="linear", discriminator__start=(0.2,), loss__kind=kind)
    )
    x = np.linspace(-12, 13, 100_001)
    log_p, log_q = (-0.5 * (x - mu) ** 2 - 0.5 * np.log(2 * np.pi) for mu in (0.0, 0.6))
    loss = LOSSES[kind]
    assert loss.labels is not None
    assert loss.optimum is not None

    def cost(logits: np.ndarray) -> float:
        s = torch.from_numpy(np.asarray(logits, float))
        a, b = (part(s).numpy() for part in loss.labels or ())
        return float(np.trapezoid(np.exp(log_p) * a + np.exp(log_q) * b, x))

    expected = cost(0.2 * x) - cost(loss.optimum(log_p, log_q))
    assert engine.measured["gain_d"] == pytest.approx(expected, rel=1e-3)
    assert expected > 0


def test_with_smoothed_labels_the_best_is_that_of_the_labels() -> None:
    engine = Engine(_normals(0.5, discriminator__kind="exact", loss__label_smoothing=0.1))
    assert engine.measured["gain_d"] == pytest.approx(0, abs=1e-9)
    assert engine.measured["value_best"] - engine.measured["value_exact"] > 1e-4


@pytest.mark.parametrize("kind", list(LOSSES))
def test_the_generator_gains_nothing_where_d_says_the_same_everywhere(kind: str) -> None:
    same = torch.full((40,), 0.3, dtype=torch.float64)
    assert generator_gain(LOSSES[kind], same, same, same) == pytest.approx(0, abs=1e-12)
    better = torch.cat((same, torch.tensor([1.0], dtype=torch.float64)))
    if kind != "pearson":  # it asks for zero, not for much
        assert generator_gain(LOSSES[kind], same, same, better) > 0.1


def test_nobody_asks_what_is_not_seen() -> None:
    assert Engine(_normals(0.0)).frame(Wants()).gains == ()


def test_floors_are_bands_of_numbers_and_stand_in_the_ranges() -> None:
    engine = Engine(Settings.of({"data.target": "ring", "train.measure_every": 5}))
    engine.step(10)
    frame = engine.frame(WANTS)
    ranges = dict(frame.ranges.measures)
    readings = {each.name: each for each in frame.measures}
    for name in ("jsd", "sliced_w"):
        band = readings[name].band
        assert band is not None
        assert 0 < band[0] < band[1]
        assert ranges[name][0] == 0 < band[1] <= ranges[name][1]
    assert ranges["modes"] == (0.0, 8.0)
    assert ranges["hq"] == (0.0, 1.0)
    for name, (low, high) in ranges.items():
        least, most = MEASURES[name].bounds(engine.family.supply().target)
        assert least <= low < high <= max(most, high if readings[name].band else most)
        assert low <= readings[name].value <= high


def test_the_norms_run_between_whole_decades_that_hold_them() -> None:
    engine = Engine(Settings.of({"data.target": "two-gaussians"}))
    engine.step(100)
    low, high = engine.frame().ranges.norms
    assert np.log10([low, high]) == pytest.approx(np.round(np.log10([low, high])), abs=1e-12)
    norms = engine.trace.rows[:, [engine.trace.columns.index(n) for n in ("grad_d", "grad_g")]]
    assert low <= norms.min()
    assert norms.max() <= high
    assert high / low >= 99.9


def test_a_floor_of_zero_leaves_the_range_to_the_numbers() -> None:
    engine = Engine(_normals(0.3, train__measure_every=5))
    engine.step(5)
    low, high = dict(engine.frame(WANTS).ranges.measures)["jsd"]
    assert low == 0.0
    assert engine.measured["jsd"] <= high < 5 * engine.measured["jsd"]


def test_what_an_unrolled_generator_could_gain_is_not_known() -> None:
    """Its loss is that of D some steps later, of which no fixed D knows."""
    gains = dict(Engine(_normals(1.0, loss__unroll=3)).frame(WANTS).gains)
    assert np.isnan(gains["generator"])
    assert np.isfinite(gains["discriminator"])
