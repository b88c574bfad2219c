"""A curve in the plane with Gaussian noise around it: density and joint CDF.

With the curve c run through evenly as u goes from 0 to 1 and noise N(0, σ²I),

    p(x) = ∫₀¹ N(x; c(u), σ²I) du,    F(x) = ∫₀¹ Φ((x₁ − c₁(u)) / σ) Φ((x₂ − c₂(u)) / σ) du,

both by Gauss–Legendre quadrature on pieces of the curve no longer than two standard deviations.
Pieces that are too far away to count are left out, so the cost hardly grows as σ falls.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import ceil, log, pi

import numpy as np
import numpy.typing as npt

from ganviz.theory import normal

FloatArray = npt.NDArray[np.float64]

_NODES = 12  # on each piece
_PIECES = 4  # in each chunk, which is what is left out or not
#: Above so many chunks pieces grow longer: σ below 1 / 32 000 of the length is not resolved.
_MOST_CHUNKS = 4000
_TABLE = 1 << 21  # points times chunks at once


class NoisyCurve:
    """The average of isotropic Gaussians along a curve.

    Parameters
    ----------
    curve
        (n,) u in (0, 1) -> (n, 2) points of the plane, smooth between the breaks.
    sigma
        Standard deviation of the noise, above zero.
    breaks
        Where in (0, 1) the curve jumps or turns sharply, ascending.
    """

    def __init__(
        self,
        curve: Callable[[FloatArray], FloatArray],
        sigma: float,
        breaks: tuple[float, ...] = (),
    ) -> None:
        self.sigma = sigma
        ends = (0.0, *breaks, 1.0)
        knots, shares = np.polynomial.legendre.leggauss(_NODES)
        nodes, weights = [], []
        for a, b in pairwise(ends):
            fine = curve(a + (b - a) * (np.arange(1024) + 0.5) / 1024)
            longest = 1024 * np.hypot(*np.diff(fine, axis=0).T).max()
            chunks = min(ceil(longest / (2 * sigma * _PIECES)) + 1, _MOST_CHUNKS)
            width = (b - a) / (chunks * _PIECES)
            left = a + width * np.arange(chunks * _PIECES)
            nodes.append(curve((left[:, None] + width * (knots + 1) / 2).ravel()))
            weights.append(np.tile(width * shares / 2, chunks * _PIECES))
        #: (chunks, nodes, 2) and (chunks, nodes): where the Gaussians stand and what they weigh.
        self.nodes = np.concatenate(nodes).reshape(-1, _PIECES * _NODES, 2)
        self.weights = np.concatenate(weights).reshape(-1, _PIECES * _NODES)

    def log_density(self, x: FloatArray) -> FloatArray:
        """Return (n,) log p at (n, 2) points.

        p is right to 1e-12 relative along the curve and to 3e-6 nine σ away from it; farther out
        log p stays finite, right to 1e-4 of its own value or better.
        """
        return self._in_blocks(self._log_density, x)

    def cdf(self, x: FloatArray) -> FloatArray:
        """Return (n,) P(X₁ ≤ x₁, X₂ ≤ x₂) at (n, 2) points, to 1e-14."""
        return self._in_blocks(self._cdf, x)

    def _in_blocks(self, of: Callable[[FloatArray], FloatArray], x: FloatArray) -> FloatArray:
        x = np.asarray(x, dtype=np.float64)
        rows = max(_TABLE // len(self.nodes), 1)
        return np.concatenate([of(x[i : i + rows]) for i in range(0, max(len(x), 1), rows)])

    def _log_density(self, x: FloatArray) -> FloatArray:
        middles = self.nodes.mean(1)
        offsets = self.nodes - middles[:, None]
        radius = np.sqrt((offsets**2).sum(-1).max(1))
        distance = np.hypot(
            np.subtract.outer(middles[:, 0], x[:, 0]), np.subtract.outer(middles[:, 1], x[:, 1])
        )
        # A chunk counts if its nearest node might be worth e⁻⁴⁰ of the best chunk's farthest.
        closest = np.maximum(distance - radius[:, None], 0) ** 2
        best = ((distance + radius[:, None]) ** 2).min(0)
        counts = closest - best < 80 * self.sigma**2
        scale = 1 / (2 * self.sigma**2)
        total = np.full(len(x), -np.inf)
        for k in np.flatnonzero(counts.any(1)):
            at = np.flatnonzero(counts[k])
            near = x[at] - middles[k]
            power = near @ offsets[k].T
            power *= 2 * scale
            power -= scale * (offsets[k] ** 2).sum(1)
            top = power.max(1)
            power -= top[:, None]
            share = np.log(np.exp(power, out=power) @ self.weights[k])
            total[at] = np.logaddexp(total[at], share + top - scale * (near**2).sum(1))
        return total - log(2 * pi * self.sigma**2)

    def _cdf(self, x: FloatArray) -> FloatArray:
        low, high = self.nodes.min(1) - 8.5 * self.sigma, self.nodes.max(1) + 8.5 * self.sigma
        reached = np.ones((len(low), len(x)), dtype=bool)
        passed = reached.copy()
        for axis in (0, 1):
            reached &= np.less.outer(low[:, axis], x[:, axis])
            passed &= np.less.outer(high[:, axis], x[:, axis])
        total = self.weights.sum(1) @ passed
        counts = reached & ~passed
        for k in np.flatnonzero(counts.any(1)):
            at = np.flatnonzero(counts[k])
            first, second = (
                normal.cdf(np.subtract.outer(x[at, axis], self.nodes[k, :, axis]) / self.sigma)
                for axis in (0, 1)
            )
            total[at] += (first * second) @ self.weights[k]
        return np.asarray(np.minimum(total, 1.0))
