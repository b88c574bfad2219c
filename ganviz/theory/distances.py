"""Distances between two samples, for what has no exact distribution.

None is zero for a perfect generator: two samples of one distribution differ. Each docstring says by
how much; :mod:`ganviz.theory.floors` finds it for any measure by simulation.
"""

from __future__ import annotations

from math import pi

import numpy as np
import numpy.typing as npt

from ganviz.theory.divergences import by_mass
from ganviz.theory.kept import kept

FloatArray = npt.NDArray[np.float64]

#: Pairs of samples that are compared at once: 256 kB an array, which stays in the cache.
_BLOCK = 1 << 15

#: Bins along each axis of the histograms, in one dimension and in two.
BINS = {1: 64, 2: 24}
#: Lines of the plane on which samples' shadows are compared.
PROJECTIONS = 32


def _alike(a: FloatArray, b: FloatArray) -> None:
    if a.shape != b.shape:
        raise ValueError(f"samples of shapes {a.shape} and {b.shape}: must be the same")


def sample_wasserstein_1(a: FloatArray, b: FloatArray) -> float:
    """Return W₁ between two samples on the line of equal size, (n,) or (n, 1).

    The best pairing is by order, so this is the mean gap of the sorted samples. A perfect generator
    scores ∫ √(F(1 − F)) dx · 2/√(πn) on average: 1.82 / √n for N(0, 1).

    Raises
    ------
    ValueError
        For samples of different shapes.
    """
    _alike(a, b)
    return float(np.abs(np.sort(a, axis=0) - _ordered(b)).mean())


def sliced_wasserstein(
    a: FloatArray, b: FloatArray, projections: int = PROJECTIONS, seed: int = 0
) -> float:
    """Return the mean W₁ of the samples' shadows on lines through all directions of the plane.

    SW₁ = (1/π) ∫₀^π W₁(a·u_θ, b·u_θ) dθ (Bonneel et al. 2015, Sliced and Radon Wasserstein
    barycenters), by the trapezoid rule on evenly spaced angles, which is better than random ones
    for a function of period π. Moving a sample by v scores 2|v|/π. A perfect generator scores the
    mean of what :func:`sample_wasserstein_1` says of the shadows: 1.82 / √n for N(0, I).

    Parameters
    ----------
    a, b
        (n, 2) each.
    projections
        How many angles.
    seed
        Turns the fan of angles; 0 starts it along the first axis.

    Raises
    ------
    ValueError
        For samples of different shapes or of other dimensions.
    """
    _alike(a, b)
    if a.ndim != 2 or a.shape[1] != 2:
        raise ValueError(f"samples of shape {a.shape}: must be (n, 2)")
    gap = _cast(a, projections, seed)
    gap -= shadows(b, projections, seed)
    return float(np.abs(gap, out=gap).mean())


@kept(8)
def _ordered(b: FloatArray) -> FloatArray:
    return np.sort(b, axis=0)


def _cast(x: FloatArray, projections: int, seed: int) -> FloatArray:
    cast = np.asarray(fan(projections, seed) @ x.T, dtype=np.float64)
    cast.sort(axis=1)
    return cast


def fan(projections: int = PROJECTIONS, seed: int = 0) -> FloatArray:
    """Return (projections, 2) the unit vectors along which samples throw their shadows."""
    golden = (5**0.5 - 1) / 2
    angles = pi * (np.arange(projections) + seed * golden % 1) / projections
    return np.stack([np.cos(angles), np.sin(angles)], 1)


@kept(8)
def shadows(b: FloatArray, projections: int = PROJECTIONS, seed: int = 0) -> FloatArray:
    """Return (projections, n) the shadows of samples (n, 2) along :func:`fan`, each in order."""
    return _cast(b, projections, seed)


def energy_distance(a: FloatArray, b: FloatArray) -> float:
    """Return 2 E|a − b| − E|a − a′| − E|b − b′| (Székely & Rizzo 2013), for (n, d) and (m, d).

    The V-statistic: every pair counts, a sample with itself too, so this is the energy distance of
    the two empirical distributions, never negative, zero only if they are the same. (SciPy returns
    its square root.) A perfect generator scores (1/n + 1/m) E|x − x′| on average, where x and x′
    are two draws: 1.128 (1/n + 1/m) for N(0, 1).
    """
    if a.shape[1] == 1:
        # 2 ∫ (F_a − F_b)² dx, in n log n.
        every = np.concatenate([a[:, 0], b[:, 0]])
        order = np.argsort(every, kind="stable")
        jump = np.repeat([1 / len(a), -1 / len(b)], [len(a), len(b)])
        gap = np.cumsum(jump[order])[:-1]
        return float(2 * gap**2 @ np.diff(every[order]))
    within = _mean_gap(a, a) + _own_gap(b)
    return max(2 * _mean_gap(a, b) - within, 0.0)


@kept(8)
def _own_gap(b: FloatArray) -> float:
    return _mean_gap(b, b)


def _mean_gap(a: FloatArray, b: FloatArray) -> float:
    """Return the mean distance of all pairs, block by block; of a with itself, each pair once."""
    rows = max(_BLOCK // len(b), 1)
    same = a is b
    total = 0.0
    for start in range(0, len(a), rows):
        part, others = a[start : start + rows], b[start:] if same else b
        square = np.zeros((len(part), len(others)))
        for axis in range(a.shape[1]):
            gap = np.subtract.outer(part[:, axis], others[:, axis])
            square += np.multiply(gap, gap, out=gap)
        np.sqrt(square, out=square)
        # Pairs inside the block have come twice already, those with later rows once.
        total += float(square.sum())
        if same:
            total += float(square[:, len(part) :].sum())
    return total / (len(a) * len(b))


def histogram_jsd(a: FloatArray, b: FloatArray) -> float:
    """Return the JSD of two samples (n, dim) and (m, dim), binned alike, in one dimension or two.

    The bins, 64 or 24 × 24, are even over the range of b, with open ones around it: samples of a
    farther out count as where b has nothing. A perfect generator scores about
    (K − 1)(1/n + 1/m) / 8 on average, where K bins are filled well: 0.006 of 2500 normal numbers.

    Raises
    ------
    ValueError
        For samples of other dimensions.
    """
    dim = b.shape[1]
    if dim not in BINS or a.shape[1] != dim:
        raise ValueError(f"samples of shapes {a.shape} and {b.shape}: must be (n, 1) or (n, 2)")
    low, high, scale, shares = binned(b)
    return by_mass(_shares(a, low, high, scale), shares).jsd


@kept(8)
def binned(b: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the range of the bins over b, (dim,) each, bins to a unit, and b's share of each.

    The shares are those of all bins and of the open ones around them, the first axis innermost.
    """
    low, high = b.min(0), b.max(0)
    scale = BINS[b.shape[1]] / np.where(high > low, high - low, 1)
    return low, high, scale, _shares(b, low, high, scale)


def _shares(x: FloatArray, low: FloatArray, high: FloatArray, scale: FloatArray) -> FloatArray:
    bins, dim = BINS[x.shape[1]], x.shape[1]
    flat = np.zeros(len(x), dtype=np.intp)
    for axis in range(dim):
        values = x[:, axis]
        cell = np.floor((values - low[axis]) * scale[axis])
        np.clip(cell, -1, bins, out=cell)
        cell[values == high[axis]] = bins - 1
        flat += (cell.astype(np.intp) + 1) * (bins + 2) ** axis
    return np.bincount(flat, minlength=(bins + 2) ** dim) / len(x)
