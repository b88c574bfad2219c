"""What the compiled kernel counts of samples is what numpy counts, which is the definition."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from ganviz.engine import Engine
from ganviz.engine.family.gan import Gan
from ganviz.engine.kernels.compiled.tally import Tally
from ganviz.engine.sight import Glance
from ganviz.settings import Settings
from ganviz.theory import coverage, distances

FloatArray = npt.NDArray[np.float64]


def game(values: dict[str, Any]) -> tuple[Gan, FloatArray]:
    engine = Engine(Settings.of({**values, "train.batch": 16}))
    gan = engine.family
    assert isinstance(gan, Gan)
    assert isinstance(gan.tally, Tally)
    return gan, engine._measure_real


def samples(real: FloatArray, how: str) -> FloatArray:
    rng = np.random.default_rng(5)
    n, dim = real.shape
    if how == "spread":
        return real[rng.permutation(n)] + 0.1 * rng.standard_normal((n, dim))
    if how == "far":
        return 1e6 + rng.standard_normal((n, dim))
    if how == "collapsed but for one":
        return np.concatenate([np.tile(real[:1], (n - 1, 1)), 50 + real[:1]])
    if how == "on the edges":  # of the bins
        ends = np.stack([real.min(0), real.max(0)])
        return ends[rng.integers(0, 2, (n, dim)), np.arange(dim)]
    return np.zeros((n, dim))  # as near to one mode as to another


@pytest.mark.parametrize(
    "how", ["spread", "far", "collapsed but for one", "on the edges", "all at zero"]
)
@pytest.mark.parametrize("target", ["two-gaussians", "ring", "grid", "moons"])
def test_it_counts_what_numpy_counts(target: str, how: str) -> None:
    gan, real = game({"data.target": target})
    fake = samples(real, how)
    assert gan.tally is not None
    found = gan.tally(fake, real)
    assert found is not None
    assert (found.census is None) == (target == "moons")
    if found.census is not None:
        own = coverage.census(fake, gan.target.centres, gan.target.sigmas)
        np.testing.assert_array_equal(found.census.near, own.near)
        np.testing.assert_array_equal(found.census.good, own.good)
        assert found.census.total == own.total == found.census.near.sum()
    if gan.target.dim == 1:
        assert np.isnan([found.jsd, found.sliced_w]).all()
        return
    assert found.jsd == pytest.approx(distances.histogram_jsd(fake, real), rel=1e-12, abs=1e-14)
    assert found.sliced_w == pytest.approx(distances.sliced_wasserstein(fake, real), rel=1e-12)


def test_measures_are_the_same_with_it_and_without() -> None:
    for target in ("ring", "two-gaussians"):
        engine = Engine(Settings.of({"data.target": target, "train.batch": 16}))
        gan = engine.family
        engine.step(120)
        engine._measure()
        with_it, captured, tally = engine.measured, engine._captured, gan.tally
        gan.tally = None
        engine._measure()
        assert engine.measured == pytest.approx(with_it, rel=1e-11, abs=1e-13)
        assert {"modes", "hq", "rkl"} < with_it.keys()
        np.testing.assert_array_equal(captured, engine._captured)
        gan.tally = tally


def test_what_it_tells_is_memory_of_its_own() -> None:
    gan, real = game({"data.target": "ring"})
    assert gan.tally is not None
    first = gan.tally(samples(real, "spread"), real)
    assert first is not None
    assert first.census is not None
    kept = first.census.good.copy()
    gan.tally(samples(real, "far"), real)
    np.testing.assert_array_equal(first.census.good, kept)


def test_samples_beside_other_real_ones_and_of_other_shapes() -> None:
    gan, real = game({"data.target": "ring"})
    assert gan.tally is not None
    other, fake = real[:500] + 1.0, real[500:1000]
    for beside in (other, real[:500], other):
        found = gan.tally(fake, beside)
        assert found is not None
        assert found.sliced_w == pytest.approx(
            distances.sliced_wasserstein(fake, beside), rel=1e-12
        )
    with pytest.raises(ValueError, match="must be"):
        gan.tally(fake[:100], other)


@pytest.mark.parametrize("wild", [np.inf, np.nan])
def test_what_is_not_finite_is_left_to_numpy(wild: float) -> None:
    engine = Engine(Settings.of({"data.target": "ring", "train.batch": 16}))
    gan = engine.family
    sight = Glance(gan, engine._measure_noise, engine._measure_real, engine._measure_real)
    fake = sight.real.copy()
    fake[7, 1] = wild
    assert isinstance(gan, Gan)
    assert gan.tally is not None
    assert gan.tally(fake, sight.real) is None
    sight.__dict__["fake"] = fake
    assert sight.histogram_jsd == log(2)
    assert sight.census.total == len(fake)


def test_what_is_not_measured_is_not_counted() -> None:
    gan, real = game({"data.target": "ring", "measure.sliced_w": False})
    assert gan.tally is not None
    found = gan.tally(real.copy(), real)
    assert found is not None
    assert np.isnan(found.sliced_w)
    assert found.jsd == pytest.approx(0, abs=1e-15)
