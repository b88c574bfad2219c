"""The push-forward against the distributions known in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

from ganviz.theory.pushforward import (
    PushForward,
    blur,
    latent_cells,
    push_forward,
    push_forward_many,
)

EDGES = np.linspace(-4, 4, 1025)


def square_cdf(x: np.ndarray, at: float = 0.0) -> np.ndarray:
    root = np.sqrt(np.maximum(x, 0))
    return np.where(x < 0, 0, ndtr(at + root) - ndtr(at - root))


def cubic_cdf(x: np.ndarray) -> np.ndarray:
    """P(z³ − 3z ≤ x) by the trigonometric roots, for |x| < 2."""
    angle = np.arccos(x / 2) / 3
    a, b, c = np.sort([2 * np.cos(angle - 2 * np.pi * k / 3) for k in range(3)], axis=0)
    return ndtr(a) + ndtr(c) - ndtr(b)


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_latent_cells_have_the_exact_masses(kind: str) -> None:
    z, mass = latent_cells(kind, 1000)
    exact = stats.norm if kind == "normal" else stats.uniform(-1, 2)
    assert (len(z), len(mass)) == (1001, 1000)
    assert mass.sum() == pytest.approx(1, abs=1e-15)
    np.testing.assert_allclose(mass[:500], np.diff(exact.cdf(z[:501])), rtol=3e-9)
    np.testing.assert_allclose(mass, mass[::-1], rtol=1e-10)
    with pytest.raises(ValueError, match="latent kind cauchy: must be one of normal, uniform"):
        latent_cells("cauchy")


@pytest.mark.parametrize(
    ("generator", "cdf", "x", "bound"),
    [
        (lambda z: z, ndtr, np.linspace(-7, 7, 20_001), 1e-6),
        (lambda z: 3 - 2 * z, lambda x: ndtr((x - 3) / 2), np.linspace(-9, 15, 20_001), 1e-6),
        (np.exp, lambda x: ndtr(np.log(x)), np.exp(np.linspace(-7, 7, 20_001)), 1e-6),
        (lambda z: z * z, square_cdf, np.linspace(0, 30, 20_001) ** 3 / 900, 1e-3),
        (
            lambda z: (z - 0.1003) ** 2,
            lambda x: square_cdf(x, 0.1003),
            np.linspace(0, 30, 20_001) ** 3 / 900,
            1e-3,
        ),
        (
            lambda z: z**3 - 3 * z,
            cubic_cdf,
            2 * np.sin(np.linspace(-np.pi / 2, np.pi / 2, 20_001)[1:-1]),
            1e-3,
        ),
        (lambda z: np.maximum(z, 0), lambda x: np.where(x < 0, 0, ndtr(x)), EDGES, 1e-4),
        (lambda z: np.where(z > 0.3, 2, -2.0), lambda x: np.where(x < -2, 0, ndtr(0.3)),
         np.linspace(-3, 1.999, 101), 1e-4),
    ],
    ids=["z", "3-2z", "exp", "z2", "shifted z2", "z3-3z", "relu", "jump"],
)  # fmt: skip
def test_the_cdf_is_as_exact_as_promised(
    generator: Callable[[np.ndarray], np.ndarray],
    cdf: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    bound: float,
) -> None:
    found = push_forward(generator)
    assert np.abs(found.cdf(x) - cdf(x)).max() < bound
    assert (found.note, found.band) == ("exact", 0.0)


def test_few_cells_that_widen_outwards_are_as_good_as_many_even_ones() -> None:
    """JSD of N(0, 1) from its push-forward, and ∫|F − Φ|: what 2048 even cells score, and less."""
    found = push_forward(lambda z: z, cells=640)
    x = np.linspace(-6, 6, 60_001)
    assert np.abs(found.cdf(x) - ndtr(x)).max() < 1e-6
    assert np.abs(found.cdf(x) - ndtr(x)).mean() * 12 < 2.4e-6
    edges = np.linspace(-6, 6, 4097)
    p, q = np.diff(ndtr(edges)), found.masses(edges)[1:-1]
    assert ((p - q) ** 2 / (p + q)).sum() / 4 < 5e-7


@pytest.mark.parametrize("steepness", [2, 20, 100, 1000, 1e4, 1e5, 3e6])
def test_steep_steps_are_cut_again(steepness: float) -> None:
    y = np.tanh(steepness * np.linspace(-3, 3, 40_001))
    y = np.concatenate([y[np.abs(y) < 1 - 1e-9], np.linspace(-0.999, 0.999, 2001)])
    found = push_forward(lambda z: np.tanh(steepness * (z - 0.3)))
    exact = ndtr(0.3 + np.arctanh(y) / steepness)
    assert np.abs(found.cdf(y) - exact).max() < 1e-4


def test_a_plateau_is_an_atom() -> None:
    found = push_forward(lambda z: np.maximum(z, 0))
    assert found.positions.tolist() == [0.0]
    assert found.atoms[0] == pytest.approx(0.5, abs=1e-12)
    # F is right-continuous: the jump belongs to its own place.
    np.testing.assert_allclose(found.cdf(np.array([-1e-9, 0.0, 1.0])), [0, 0.5, ndtr(1)], atol=1e-6)
    edges = np.array([-1.0, 0.0, 1.0])
    np.testing.assert_allclose(found.masses(edges)[1], 0.5, atol=1e-12)
    np.testing.assert_allclose(found.density(edges)[0], 0.5, atol=1e-12)
    assert found.density(edges, atoms=False)[0] == 0
    constant = push_forward(lambda z: np.full_like(z, 7.0))
    assert (constant.positions.tolist(), constant.atoms.tolist()) == ([7.0], pytest.approx([1.0]))
    assert constant.quantile(np.array([0.0, 0.3, 1.0])).tolist() == [7, 7, 7]
    assert constant.mean == pytest.approx(7)


def wavy(seed: int) -> Callable[[np.ndarray], np.ndarray]:
    rng = np.random.default_rng(seed)
    a, b, c = rng.normal(size=(3, 12)) * [[2], [1], [1]]
    return lambda z: np.maximum(np.outer(z, a) + b, 0) @ c


@pytest.mark.parametrize("seed", range(6))
def test_random_relu_networks_agree_with_their_samples(seed: int) -> None:
    generator = wavy(seed)
    found = push_forward(generator, cells=2048)
    x = np.sort(generator(np.random.default_rng(seed + 100).standard_normal(200_000)))
    t = np.quantile(x, np.linspace(0.001, 0.999, 999)) + 1e-9
    below = np.searchsorted(x, t, side="right") / len(x)
    assert np.abs(found.cdf(t) - below).max() < 2e-3 + 1.95 / np.sqrt(len(x))
    assert found.mean == pytest.approx(x.mean(), abs=5 * x.std() / np.sqrt(len(x)))


@pytest.mark.parametrize("seed", range(4))
def test_masses_sum_to_one_and_agree_with_the_definition(seed: int) -> None:
    found = push_forward(wavy(seed), cells=512)
    masses = found.masses(EDGES)
    assert masses.shape == (1026,)
    assert masses.sum() == pytest.approx(1, abs=1e-13)
    assert masses.min() >= 0
    clipped = np.clip((EDGES[:, None] - found.low) / (found.high - found.low), 0, 1)
    plain = clipped @ found.mass + (found.positions <= EDGES[:, None]) @ found.atoms
    np.testing.assert_allclose(np.cumsum(masses)[:-1], plain, atol=1e-12)
    shuffled = np.random.default_rng(1).permutation(EDGES)
    np.testing.assert_allclose(found.cdf(shuffled), plain[np.searchsorted(EDGES, shuffled)])


def test_bins_that_nothing_reaches_hold_exactly_nothing() -> None:
    masses = push_forward(lambda z: np.tanh(3 * z)).masses(EDGES)
    outside = (EDGES[1:] <= -1) | (EDGES[:-1] >= 1)
    assert (masses[1:-1][outside] == 0).all()
    assert (masses[0], masses[-1]) == (0, 0)


def test_folds_show_as_finite_spikes() -> None:
    density = push_forward(lambda z: z**3 - 3 * z).density(EDGES)
    assert np.isfinite(density).all()
    highest = np.sort(EDGES[:-1][np.argsort(density)[-2:]])
    np.testing.assert_allclose(highest, [-2, 2], atol=8 / 1024)


def test_the_quantile_undoes_the_cdf() -> None:
    u = np.linspace(0.001, 0.999, 500)
    np.testing.assert_allclose(push_forward(lambda z: z).quantile(u), stats.norm.ppf(u), atol=2e-5)
    relu = push_forward(lambda z: np.maximum(z, 0))
    expected = np.maximum(stats.norm.ppf(u), 0)
    np.testing.assert_allclose(relu.quantile(u), expected, atol=2e-5)
    found = push_forward(wavy(2))
    np.testing.assert_array_less(u - 1e-9, found.cdf(found.quantile(u) + 1e-9))


def test_uniform_noise_through_a_quantile_function_gives_that_distribution() -> None:
    # The push-forward theorem: G = F⁻¹ ∘ F_z.
    found = push_forward(lambda z: -np.log(np.maximum((1 - z) / 2, 1e-12)), "uniform")
    t = np.linspace(0, 6, 500)
    np.testing.assert_allclose(found.cdf(t), 1 - np.exp(-t), atol=1e-4)


def test_single_precision_does_not_pass_for_bends() -> None:
    calls = []

    def generator(z: np.ndarray) -> np.ndarray:
        calls.append(len(z))
        return (100 + 0.001 * z).astype(np.float32)

    push_forward(generator)
    assert calls == [4097]


@pytest.mark.parametrize(
    ("generator", "sentence"),
    [
        (lambda z: np.where(z > 2, np.nan, z), r"value at z = 2\.\d+ is nan: must be finite"),
        (lambda z: np.where(z < 0, -np.inf, z), "value at z = -6. is -inf: must be finite"),
        (lambda z: z * 1e200, "must be finite and below 1e150"),
        (lambda z: z[:, None], r"gave an array \(4097, 1\): must be \(4097,\)"),
    ],
)
def test_images_that_are_no_numbers_are_refused(
    generator: Callable[[np.ndarray], np.ndarray], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        push_forward(generator)


@pytest.mark.parametrize("dim", [2, 3, 8])
def test_the_band_of_an_estimate_holds_its_error(dim: int) -> None:
    weights = np.random.default_rng(dim).normal(size=dim)
    weights /= np.linalg.norm(weights)
    t = np.linspace(-2.5, 2.5, 201)
    held = 0
    for seed in range(20):
        found = push_forward_many(lambda z: z @ weights, "normal", dim, seed=seed)
        assert found.note == "estimate"
        assert 0 < found.band < 0.3
        held += np.abs(found.cdf(t) - ndtr(t)).max() <= found.band
    assert held >= 16


def test_more_lines_make_a_narrower_band() -> None:
    def generator(z: np.ndarray) -> np.ndarray:
        return z[:, 0] + np.tanh(z[:, 1]) - z[:, 2]

    few, many = (push_forward_many(generator, "uniform", 3, lines=n) for n in (16, 1024))
    assert many.band < few.band / 4


def test_one_dimension_of_noise_is_exact_after_all() -> None:
    found = push_forward_many(lambda z: z[:, 0], "normal", 1)
    assert (found.note, found.band) == ("exact", 0.0)
    assert np.abs(found.cdf(EDGES) - ndtr(EDGES)).max() < 1e-6


@pytest.mark.parametrize("sigma", [0.0, 0.003, 0.1, 0.7])
def test_blurring_a_uniform_gives_its_convolution_with_a_normal(sigma: float) -> None:
    edges = np.linspace(-5, 5, 1001)
    masses = push_forward(lambda z: z, "uniform").masses(edges)[1:-1]
    found = blur(masses, 0.01, sigma)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert found.min() >= 0
    if sigma:

        def ramp(x: np.ndarray) -> np.ndarray:
            t = x / sigma
            return sigma * (t * ndtr(t) + np.exp(-t * t / 2) / np.sqrt(2 * np.pi))

        cdf = (ramp(edges + 1) - ramp(edges - 1)) / 2
        np.testing.assert_allclose(np.cumsum(found), cdf[1:], atol=2e-5)
    else:
        np.testing.assert_array_equal(found, masses)


def test_a_blur_wider_than_the_array_keeps_the_mass_at_its_ends() -> None:
    found = blur(np.array([0.0, 0.0, 1.0, 0.0, 0.0]), 1.0, 100.0)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(found[[0, -1]], 0.494, atol=1e-3)
    np.testing.assert_allclose(found, found[::-1], atol=1e-12)


def test_the_mean_of_a_mixture_of_cells_and_atoms() -> None:
    one = np.array([0.0]), np.array([2.0]), np.array([0.5])
    found = PushForward(*one, np.array([5.0]), np.array([0.5]), "exact", 0.0)
    assert found.mean == 3
    assert found.masses(np.array([1.0, 5.0])).tolist() == [0.25, 0.75, 0]
