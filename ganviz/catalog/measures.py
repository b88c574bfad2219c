"""What is measured of a generated sample, at fixed steps.

Definitions follow the PacGAN code (Lin et al. 2018, arXiv:1712.04086): a sample is *good* if it
lies within three standard deviations of its nearest mode. On true data in two dimensions
1 − exp(−4.5) = 98.9 % are good (99.7 % in one): a higher share means over-concentration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ganviz.catalog.targets import Distribution

FloatArray = npt.NDArray[np.float64]

#: A mode counts as covered when at least this share of all samples is good and nearest to it.
#: "At least one sample" would count strays: undertrained nets score 8 of 8 with 2 % good samples.
COVERED_SHARE = 0.01


def _good(fake: FloatArray, target: Distribution) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Return the nearest mode of each sample and whether the sample is good."""
    distance = np.sqrt(((fake[:, None, :] - target.centres) ** 2).sum(-1)) / target.sigmas
    nearest = distance.argmin(1)
    return nearest, distance[np.arange(len(fake)), nearest] < 3.0


def modes(fake: FloatArray, real: FloatArray, target: Distribution) -> float:
    """Return how many modes hold at least one hundredth of the samples, good ones only."""
    nearest, good = _good(fake, target)
    counts = np.bincount(nearest[good], minlength=len(target.centres))
    return float((counts >= COVERED_SHARE * len(fake)).sum())


def high_quality(fake: FloatArray, real: FloatArray, target: Distribution) -> float:
    """Return the share of good samples."""
    return float(_good(fake, target)[1].mean())


def wasserstein_1(fake: FloatArray, real: FloatArray, target: Distribution) -> float:
    """Return W₁ between two 1-D samples of the same size: the mean gap of the sorted samples."""
    return float(np.abs(np.sort(fake[:, 0]) - np.sort(real[:, 0])).mean())


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure. ``of(fake, real, target)`` takes (n, dim) samples of equal size n."""

    title: str
    of: Callable[[FloatArray, FloatArray, Distribution], float]
    applies: Callable[[Distribution], bool]
    words: Callable[[float, Distribution], str]
    note: str


MEASURES: dict[str, Measure] = {
    "w1": Measure(
        "W₁",
        wasserstein_1,
        lambda target: target.dim == 1,
        lambda value, target: f"{value:.3f}",
        "Wasserstein-1 distance, estimated from samples",
    ),
    "modes": Measure(
        "Modes",
        modes,
        lambda target: len(target.centres) > 1,
        lambda value, target: f"{value:.0f} of {len(target.centres)}",
        "modes that hold at least 1 % of the generated samples within three sigmas",
    ),
    "hq": Measure(
        "High quality",
        high_quality,
        lambda target: len(target.centres) > 1,
        lambda value, target: f"{100 * value:.0f} %",
        "share of generated samples within three sigmas of their nearest mode",
    ),
}
