"""Distances between samples, and their floors, against SciPy and closed forms."""

from __future__ import annotations

from math import log, pi, sqrt

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist

from ganviz.theory import floors, normal
from ganviz.theory.distances import (
    energy_distance,
    histogram_jsd,
    sample_wasserstein_1,
    sliced_wasserstein,
)
from ganviz.theory.divergences import wasserstein_1
from ganviz.theory.floors import Floor, cached_floor, floor

RNG = np.random.default_rng(4)
LINE = RNG.normal(size=(400, 1)), RNG.exponential(size=(400, 1))
PLANE = RNG.normal(size=(700, 2)), RNG.normal((1.0, -0.5), size=(500, 2))


def gauss(dim: int) -> floors.Sampler:
    return lambda rng, n: rng.standard_normal((n, dim))


def test_w1_of_samples_is_scipys() -> None:
    found = sample_wasserstein_1(*LINE)
    assert found == pytest.approx(stats.wasserstein_distance(LINE[0][:, 0], LINE[1][:, 0]))
    assert sample_wasserstein_1(LINE[0][:, 0], LINE[1][:, 0]) == found
    with pytest.raises(ValueError, match="must be the same"):
        sample_wasserstein_1(LINE[0], LINE[1][:5])


def test_energy_distance_is_scipys_squared() -> None:
    expected = stats.energy_distance(LINE[0][:, 0], LINE[1][:, 0]) ** 2
    assert energy_distance(*LINE) == pytest.approx(expected, rel=1e-9)


def test_energy_distance_in_the_plane_is_that_of_all_pairs() -> None:
    a, b = PLANE
    expected = 2 * cdist(a, b).mean() - cdist(a, a).mean() - cdist(b, b).mean()
    assert energy_distance(a, b) == pytest.approx(expected, rel=1e-9)
    assert energy_distance(a, a.copy()) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("v", "seed"), [((3.0, 0.0), 0), ((1.0, 2.0), 5), ((0.0, -0.1), 11)])
def test_sliced_w1_of_a_shift(v: tuple[float, float], seed: int) -> None:
    a = PLANE[0]
    found = sliced_wasserstein(a, a + v, seed=seed)
    assert found == pytest.approx(2 * np.hypot(*v) / pi, rel=2e-3)


def test_sliced_w1_is_the_mean_over_shadows() -> None:
    a, b = PLANE[0][:500], PLANE[1]
    angles = RNG.uniform(0, pi, 1000)
    shadows = [
        stats.wasserstein_distance(a @ [np.cos(t), np.sin(t)], b @ [np.cos(t), np.sin(t)])
        for t in angles
    ]
    assert sliced_wasserstein(a, b) == pytest.approx(np.mean(shadows), rel=0.03)
    assert sliced_wasserstein(a, b, 32) == pytest.approx(sliced_wasserstein(a, b, 512), rel=2e-3)
    with pytest.raises(ValueError, match="must be the same"):
        sliced_wasserstein(a, PLANE[0])
    with pytest.raises(ValueError, match=r"must be \(n, 2\)"):
        sliced_wasserstein(*LINE)


def test_the_histograms_jsd_is_bounded_and_sees_what_lies_outside() -> None:
    for samples in (LINE, PLANE):
        a, b = samples
        assert histogram_jsd(b, b) == pytest.approx(0, abs=1e-15)
        assert histogram_jsd(a + 100, b) == pytest.approx(log(2))
        assert 0 < histogram_jsd(a, b) < log(2)
    big = np.random.default_rng(0).normal(size=(2, 200_000, 1))
    # N(0, 1) against N(2, 1): 0.3368, less a little for the bins.
    assert histogram_jsd(big[0] + 2, big[1]) == pytest.approx(0.33683, abs=3e-3)
    with pytest.raises(ValueError, match="must be"):
        histogram_jsd(LINE[0], PLANE[0])


# ---- floors ------------------------------------------------------------------------------------


def test_floors_are_as_the_docstrings_say() -> None:
    n = 500
    w1 = floor(sample_wasserstein_1, gauss(1), n, repeats=200)
    assert w1.mean == pytest.approx(1.822 / sqrt(n), rel=0.08)
    energy = floor(energy_distance, gauss(1), n, repeats=200)
    assert energy.mean == pytest.approx(2 / sqrt(pi) * 2 / n, rel=0.15)
    sliced = floor(sliced_wasserstein, gauss(2), n, repeats=60)
    assert sliced.mean == pytest.approx(1.822 / sqrt(n), rel=0.08)
    jsd = floor(histogram_jsd, gauss(1), 2500, repeats=60)
    assert jsd.mean == pytest.approx(0.006, rel=0.2)
    for found in (w1, energy, sliced, jsd):
        assert 0 < found.low < found.mean < found.high


def test_w1_of_an_empirical_cdf_is_1_288_over_root_n() -> None:
    n, x = 64, np.linspace(-8, 8, 8001)
    exact = normal.cdf(x)
    rng = np.random.default_rng(6)
    scores = []
    for _ in range(1500):
        sample = np.sort(rng.standard_normal(n))
        scores.append(wasserstein_1(np.searchsorted(sample, x) / n, exact, x))
    # 0.1616 was measured at n = 64, where the limit law says 0.1610.
    assert np.mean(scores) == pytest.approx(1.28838 / sqrt(n), rel=0.03)


def test_the_band_holds_what_it_says() -> None:
    found = floor(sample_wasserstein_1, gauss(1), 200, repeats=400)
    rng = np.random.default_rng(99)
    scores = [
        sample_wasserstein_1(rng.standard_normal((200, 1)), rng.standard_normal((200, 1)))
        for _ in range(1000)
    ]
    inside = np.mean([found.low <= score <= found.high for score in scores])
    assert inside == pytest.approx(0.95, abs=0.03)


def test_a_floor_is_computed_once_and_the_oldest_is_forgotten() -> None:
    calls = []

    def measure(a: np.ndarray, b: np.ndarray) -> float:
        calls.append(len(a))
        return 1.0

    first = cached_floor("first", measure, gauss(1), 10, repeats=3)
    assert first == Floor(1.0, 1.0, 1.0)
    assert cached_floor("first", measure, gauss(1), 10, repeats=3) is first
    assert len(calls) == 3
    cached_floor("first", measure, gauss(1), 20, repeats=3)
    assert len(calls) == 6
    for number in range(floors.KEPT):
        cached_floor(number, measure, gauss(1), 10, repeats=1)
    cached_floor("first", measure, gauss(1), 10, repeats=3)
    assert len(calls) == 6 + floors.KEPT + 3
