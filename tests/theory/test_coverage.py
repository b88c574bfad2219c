"""Mode coverage on samples whose answers are known."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy import stats

from ganviz.theory import coverage

ANGLES = 2 * np.pi * np.arange(8) / 8
CENTRES = 2 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1)
SIGMAS = np.full(8, 0.05)


def ring(n: int, seed: int = 0, modes: int = 8) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return CENTRES[rng.integers(0, modes, n)] + 0.05 * rng.standard_normal((n, 2))


def census(x: np.ndarray) -> coverage.Census:
    return coverage.census(x, CENTRES, SIGMAS)


def test_true_data_score_as_calibrated() -> None:
    x = ring(100_000)
    assert coverage.modes(census(x)) == 8
    assert coverage.true_high_quality(2) == pytest.approx(stats.chi2(2).cdf(9), abs=1e-15)
    assert coverage.true_high_quality(1) == pytest.approx(stats.chi2(1).cdf(9), abs=1e-15)
    share = coverage.high_quality(census(x))
    assert share == pytest.approx(coverage.true_high_quality(2), abs=0.002)
    with pytest.raises(ValueError, match="dim = 3: must be 1 or 2"):
        coverage.true_high_quality(3)


def test_reverse_kl_of_true_data_is_its_floor_on_average() -> None:
    scores = [coverage.reverse_kl(census(ring(2000, seed))) for seed in range(200)]
    assert np.mean(scores) == pytest.approx(coverage.reverse_kl_floor(8, 2000), rel=0.15)


@pytest.mark.parametrize("covered", [1, 2, 4])
def test_collapse_shows_in_all_measures(covered: int) -> None:
    x = ring(40_000, modes=covered)
    assert coverage.modes(census(x)) == covered
    assert coverage.reverse_kl(census(x)) == pytest.approx(log(8 / covered), abs=1e-3)


def test_strays_do_not_cover_a_mode() -> None:
    x = np.concatenate([np.repeat(CENTRES[:1], 993, 0), CENTRES[1:]])
    assert coverage.modes(census(x)) == 1
    assert coverage.high_quality(census(x)) == 1


def test_nothing_good_is_as_bad_as_one_mode() -> None:
    x = np.zeros((50, 2))
    assert coverage.modes(census(x)) == 0
    assert coverage.high_quality(census(x)) == 0
    assert coverage.reverse_kl(census(x)) == pytest.approx(log(8))


def test_nearest_is_meant_in_standard_deviations() -> None:
    index, good = coverage.nearest(
        np.array([[1.0], [-0.29], [4.2]]), np.array([[0.0], [2.0]]), np.array([0.1, 0.7])
    )
    assert index.tolist() == [1, 0, 1]
    assert good.tolist() == [True, True, False]
