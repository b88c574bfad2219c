"""Distributions of the noise z that the generator turns into samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    return rng.standard_normal(shape)


def uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    return rng.uniform(-1.0, 1.0, shape)


def normal_quantile(u: FloatArray) -> FloatArray:
    return np.array([NormalDist().inv_cdf(value) for value in u])


def uniform_quantile(u: FloatArray) -> FloatArray:
    return 2.0 * u - 1.0


@dataclass(frozen=True, slots=True)
class Latent:
    """One kind of noise: every coordinate independent, with this sampler and quantile function."""

    title: str
    sample: Callable[[np.random.Generator, tuple[int, ...]], FloatArray]
    quantile: Callable[[FloatArray], FloatArray]
    formula: str

    def probe(self, rng: np.random.Generator, n: int, dim: int) -> FloatArray:
        """Return (n, dim) fixed points that stand for the whole distribution.

        In one dimension they are the midpoints of n slices of equal mass, so that a mean over
        them carries no sampling noise; in more dimensions they are draws.
        """
        if dim == 1:
            return self.quantile((np.arange(n) + 0.5) / n)[:, None]
        return self.sample(rng, (n, dim))


LATENTS: dict[str, Latent] = {
    "normal": Latent("Normal", normal, normal_quantile, "z ~ N(0, I)"),
    "uniform": Latent("Uniform", uniform, uniform_quantile, "z ~ U(−1, 1)"),
}
