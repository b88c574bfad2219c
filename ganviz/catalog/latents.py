"""Distributions of the noise z that the generator turns into samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    return rng.standard_normal(shape)


def uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    return rng.uniform(-1.0, 1.0, shape)


def sphere(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    z = rng.standard_normal(shape)
    return np.asarray(z * np.sqrt(shape[-1]) / np.linalg.norm(z, axis=-1, keepdims=True))


def normal_quantile(u: FloatArray) -> FloatArray:
    return np.array([NormalDist().inv_cdf(value) for value in u])


def sphere_quantile(u: FloatArray) -> FloatArray:
    return np.sign(u - 0.5)  # in one dimension the sphere is ±1


def uniform_quantile(u: FloatArray) -> FloatArray:
    return 2.0 * u - 1.0


@dataclass(frozen=True, slots=True)
class Latent:
    """One kind of noise: its sampler, and the quantile function of a single coordinate."""

    title: str
    sample: Callable[[np.random.Generator, tuple[int, ...]], FloatArray]
    quantile: Callable[[FloatArray], FloatArray]
    formula: str
    #: The share of a coordinate that is cut off at either end where an axis has to end somewhere.
    tail: float = 0.0

    def coded(self, dim: int, codes: int) -> Latent:
        """Return this noise in the first ``dim`` coordinates and, behind it, a code.

        The code is one of ``codes`` categories, all as likely, one-hot (Chen et al. 2016,
        arXiv:1606.03657, §7). With ``codes = 0`` it is this noise.
        """
        if codes == 0:
            return self

        def sample(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
            noise = self.sample(rng, (*shape[:-1], dim))
            return np.concatenate([noise, np.eye(codes)[rng.integers(0, codes, shape[:-1])]], -1)

        return replace(self, sample=sample)

    def probe(self, rng: np.random.Generator, n: int, dim: int) -> FloatArray:
        """Return (n, dim) fixed points that stand for the whole distribution.

        In one dimension they are the midpoints of n slices of equal mass, so that a mean over
        them carries no sampling noise; in more dimensions they are draws.
        """
        if dim == 1:
            return self.quantile((np.arange(n) + 0.5) / n)[:, None]
        return self.sample(rng, (n, dim))

    def slices(self, n: int) -> tuple[FloatArray, FloatArray]:
        """Return (n + 1,) ascending bounds of n slices of one coordinate, and their masses (n,).

        All are as likely; only the outer two lack what lies beyond the ends of the axis.
        """
        shares = np.clip(np.arange(n + 1) / n, self.tail, 1 - self.tail)
        return self.quantile(shares), np.diff(shares)


LATENTS: dict[str, Latent] = {
    "normal": Latent("Normal", normal, normal_quantile, "z ~ N(0, I)", tail=0.001),
    "sphere": Latent("Sphere", sphere, sphere_quantile, "z uniform on the sphere of radius √dim"),
    "uniform": Latent("Uniform", uniform, uniform_quantile, "z ~ U(−1, 1)"),
}
