"""Divergences against closed forms, and against SciPy."""

from __future__ import annotations

from math import erf, inf, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ganviz.theory import normal
from ganviz.theory.divergences import (
    by_density,
    by_mass,
    effective,
    flips,
    value_of,
    wasserstein_1,
    wasserstein_2,
)

X = np.linspace(-45, 55, 100_001)
SPACING = np.full(len(X), X[1] - X[0])


def log_normal(mean: float, sigma: float = 1.0) -> np.ndarray:
    return -(((X - mean) / sigma) ** 2) / 2 - log(sigma * sqrt(2 * pi))


@pytest.mark.parametrize(
    ("mean", "jsd", "value", "bayes"),
    [
        (0.5, 0.03031130, -1.32567176, 0.59871),
        (1, 0.11142148, -1.16345140, 0.69146),
        (2, 0.33683082, -0.71263272, 0.84134),
        (3, 0.52677731, -0.33273975, 0.93319),
        (4, 0.63272019, -0.12085397, 0.97725),
        (6, 0.68929793, -0.00769850, 0.99865),
        (8, 0.69305365, -0.00018707, 0.99997),
    ],
)
def test_two_normals(mean: float, jsd: float, value: float, bayes: float) -> None:
    found = by_density(log_normal(0), log_normal(mean), SPACING)
    assert found.jsd == pytest.approx(jsd, abs=5.1e-9)
    assert found.value == pytest.approx(value, abs=5.1e-9)
    assert found.bayes == pytest.approx(bayes, abs=5.1e-6)
    assert found.bayes == pytest.approx((1 + erf(mean / 2 / sqrt(2))) / 2, abs=1e-6)
    assert found.kl_pq == pytest.approx(mean**2 / 2, abs=1e-9)
    assert found.kl_qp == pytest.approx(mean**2 / 2, abs=1e-9)
    # Only the distance in standard deviations counts.
    wide = by_density(log_normal(0, 2.0), log_normal(2 * mean, 2.0), SPACING)
    assert wide.jsd == pytest.approx(jsd, abs=5.1e-9)


@pytest.mark.parametrize("sigma", [0.5, 2.0])
def test_kl_of_normals_of_two_widths(sigma: float) -> None:
    with np.errstate(under="ignore"):
        found = by_density(log_normal(0), log_normal(1, sigma), SPACING)
    assert found.kl_pq == pytest.approx(log(sigma) + 2 / (2 * sigma**2) - 0.5, abs=1e-9)
    assert found.kl_qp == pytest.approx(-log(sigma) + (sigma**2 + 1) / 2 - 0.5, abs=1e-9)


def test_one_mode_of_two_far_apart() -> None:
    # A single Gaussian that fits one of two modes: JSD = ¾ ln(4/3), whichever it fits.
    p = np.logaddexp(log_normal(-15), log_normal(15)) - log(2)
    found = by_density(p, log_normal(15), SPACING)
    assert found.jsd == pytest.approx(0.75 * log(4 / 3), abs=1e-9)
    assert found.value == pytest.approx(-0.9547712524, abs=1e-9)
    assert found.kl_qp == pytest.approx(log(2), abs=1e-9)
    assert by_mass(np.array([0.5, 0.5]), np.array([0, 1.0])).jsd == pytest.approx(
        0.75 * log(4 / 3), abs=1e-15
    )


def test_disjoint_and_equal_are_the_extremes() -> None:
    apart = by_mass(np.array([0.25, 0.75, 0, 0]), np.array([0, 0, 0.5, 0.5]))
    assert apart.jsd == pytest.approx(log(2), abs=1e-15)
    assert (apart.kl_pq, apart.kl_qp, apart.tv, apart.bayes) == (inf, inf, 1, 1)
    assert apart.value == pytest.approx(0, abs=1e-15)
    same = by_mass(np.array([0.25, 0.75, 0]), np.array([0.25, 0.75, 0]))
    assert (same.kl_pq, same.kl_qp, same.tv, same.bayes) == (0, 0, 0, 0.5)
    assert same.jsd == pytest.approx(0, abs=1e-15)
    assert same.value == pytest.approx(-log(4), abs=1e-15)


def test_kl_is_infinite_on_the_side_that_misses() -> None:
    found = by_mass(np.array([0.5, 0.5]), np.array([1.0, 0.0]))
    assert found.kl_pq == inf
    assert found.kl_qp == pytest.approx(log(2))


masses = st.lists(st.floats(0, 1).map(lambda m: m if m > 1e-9 else 0.0), min_size=5, max_size=5)


@given(masses.filter(any), masses.filter(any))
def test_jsd_is_symmetric_and_bounded(first: list[float], second: list[float]) -> None:
    p, q = (np.array(m) / sum(m) for m in (first, second))
    there, back = by_mass(p, q), by_mass(q, p)
    assert there.jsd == pytest.approx(back.jsd, abs=1e-14)
    assert 0 <= there.jsd <= log(2)
    assert (there.kl_pq, there.tv) == (back.kl_qp, back.tv)
    middle = (p + q) / 2
    plain = (stats.entropy(p, middle) + stats.entropy(q, middle)) / 2
    assert there.jsd == pytest.approx(plain, abs=1e-12)
    # No discriminator does better than D*, and the half-way one makes −log 4.
    with np.errstate(divide="ignore", invalid="ignore"):
        best = np.where(p + q > 0, p / (p + q), 0.5)
        assert value_of(p, q, np.log(best), np.log(1 - best)) == pytest.approx(
            there.value, abs=1e-12
        )
    half = np.full(5, log(0.5))
    assert value_of(p, q, half, half) == pytest.approx(-log(4), abs=1e-14)
    assert -log(4) <= there.value + 1e-14


# ---- Wasserstein -----------------------------------------------------------------------------


@pytest.mark.parametrize("mean", [0.3, -2.0, 4.0])
def test_w1_of_a_shift_is_the_shift(mean: float) -> None:
    found = wasserstein_1(normal.cdf(X), normal.cdf(X - mean), X)
    assert found == pytest.approx(abs(mean), abs=1e-9)


@pytest.mark.parametrize("sigma", [0.5, 3.0])
def test_w1_of_a_stretch(sigma: float) -> None:
    found = wasserstein_1(normal.cdf(X), normal.cdf(X / sigma), X)
    assert found == pytest.approx(abs(sigma - 1) * sqrt(2 / pi), abs=1e-6)


def test_w1_of_samples_is_scipys() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=300), rng.exponential(size=200)
    # Steps as steep ramps: two nodes at each jump.
    nodes = np.sort(np.concatenate([a, b, np.concatenate([a, b]) - 1e-12]))
    steps = [np.searchsorted(np.sort(s), nodes, side="right") / len(s) for s in (a, b)]
    found = wasserstein_1(*steps, nodes)
    assert found == pytest.approx(stats.wasserstein_distance(a, b), abs=1e-9)


def test_w1_counts_a_crossing_inside_a_cell() -> None:
    # Gap from +1 to −3 over a cell of width 2: triangles of ½ · ½ · 1 and ½ · 3/2 · 3.
    gap = np.array([1.0, -3.0])
    assert wasserstein_1(gap, np.zeros(2), np.array([0.0, 2.0])) == pytest.approx(2.5)


@pytest.mark.parametrize(("mean", "sigma"), [(1.0, 1.0), (0.0, 2.5), (-2.0, 0.25)])
def test_w2_of_normals(mean: float, sigma: float) -> None:
    found = wasserstein_2(normal.quantile, lambda u: mean + sigma * normal.quantile(u))
    assert found**2 == pytest.approx(mean**2 + (sigma - 1) ** 2, rel=1e-9)


def test_w2_of_uniform_and_of_a_jump() -> None:
    found = wasserstein_2(lambda u: u, lambda u: 3 * u + 1)
    assert found**2 == pytest.approx(1 + 2 + 4 / 3, rel=1e-9)
    # Half the mass must go from 0 to 1.
    jump = wasserstein_2(np.zeros_like, lambda u: (u > 0.5).astype(float))
    assert jump**2 == pytest.approx(0.5, abs=1e-3)


# ---- labels ----------------------------------------------------------------------------------

P, Q = np.array([0.1, 0.6, 0.3, 0.0]), np.array([0.4, 0.3, 0.0, 0.3])


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({}, P / (P + Q)),
        ({"real_target": 0.9}, 0.9 * P / (P + Q)),
        ({"real_target": 0.9, "fake_target": 0.2}, (0.9 * P + 0.2 * Q) / (P + Q)),
        (
            {"real_target": flips(1, 0.1), "fake_target": flips(0, 0.1)},
            (0.9 * P + 0.1 * Q) / (P + Q),
        ),
        ({"prior": 0.2}, 0.2 * P / (0.2 * P + 0.8 * Q)),
    ],
    ids=["plain", "one-sided", "two-sided", "flips", "prior"],
)
def test_labels_change_the_best_discriminator(
    numbers: dict[str, float], expected: np.ndarray
) -> None:
    with np.errstate(divide="ignore"):
        log_p, log_q = effective(np.log(P), np.log(Q), **numbers)
    p, q = np.exp(log_p), np.exp(log_q)
    np.testing.assert_allclose(p / (p + q), expected, atol=1e-15)
    # It is the argmax of the cross-entropy itself, found by trying.
    alpha, beta = numbers.get("real_target", 1.0), numbers.get("fake_target", 0.0)
    prior = numbers.get("prior", 0.5)
    d = np.linspace(0.0005, 0.9995, 1000)[:, None]
    gain = prior * P * (alpha * np.log(d) + (1 - alpha) * np.log(1 - d))
    gain = gain + (1 - prior) * Q * (beta * np.log(d) + (1 - beta) * np.log(1 - d))
    np.testing.assert_allclose(d[gain.argmax(0), 0], expected, atol=1e-3)


def test_effective_densities_are_stable_far_out() -> None:
    log_p, log_q = effective(np.array([-3000.0, -inf]), np.array([-9000.0, -inf]), 0.9)
    assert log_p[0] - log_q[0] == pytest.approx(log(9))
    assert log_p[1] == log_q[1] == -inf


def test_flips_of_a_label() -> None:
    assert [flips(1, 0.1), flips(0, 0.1), flips(0.9, 0.5)] == pytest.approx([0.9, 0.1, 0.5])
