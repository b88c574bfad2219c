"""Which modes a sample covers, how well and how evenly.

Definitions follow the PacGAN code (Lin et al. 2018, arXiv:1712.04086): a sample belongs to the mode
nearest in standard deviations, and is *good* if that is less than three away. All measures take a
:class:`Census` of the samples.
"""

from __future__ import annotations

from math import erf, exp, log, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

#: A mode counts as covered when at least this share of all samples is good and nearest to it.
#: "At least one sample" would count strays: undertrained nets score 8 of 8 with 2 % good samples.
COVERED_SHARE = 0.01

#: How many standard deviations around a mode are good.
GOOD_RADIUS = 3.0


def nearest(
    fake: FloatArray, centres: FloatArray, sigmas: FloatArray
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Return the nearest mode of each sample, (n,), and whether the sample is good, (n,)."""
    # A row for each mode: whole rows are compared at once. (argmin would go sample by sample.)
    square = np.zeros((len(centres), len(fake)))
    for axis in range(centres.shape[1]):
        gap = np.subtract.outer(centres[:, axis], np.ascontiguousarray(fake[:, axis]))
        gap /= sigmas[:, None]
        gap *= gap
        square += gap
    least = np.minimum.reduce(square, axis=0)
    index = np.zeros(len(fake), dtype=np.intp)
    for mode in range(len(centres) - 1, 0, -1):
        index[square[mode] == least] = mode
    if len(centres) > 1:
        index[square[0] == least] = 0
    return index, least < GOOD_RADIUS**2


class Census(NamedTuple):
    """Samples by mode.

    Attributes
    ----------
    near
        (m,) how many are nearer to each mode than to any other.
    good
        (m,) how many of those are good.
    total
        How many samples there are.
    """

    near: npt.NDArray[np.intp]
    good: npt.NDArray[np.intp]
    total: int


def census(fake: FloatArray, centres: FloatArray, sigmas: FloatArray) -> Census:
    """Count samples (n, dim) by the modes at centres (m, dim) of standard deviations (m,)."""
    index, good = nearest(fake, centres, sigmas)
    near, held = (np.bincount(each, minlength=len(centres)) for each in (index, index[good]))
    return Census(near, held, len(fake))


def modes(found: Census) -> float:
    """Return how many modes hold at least one hundredth of the samples, good ones only.

    A perfect generator scores all of them, unless a mode has less than about one hundredth of
    the data's own mass.
    """
    least = COVERED_SHARE * found.total
    return float(sum(good >= least for good in found.good.tolist()))


def high_quality(found: Census) -> float:
    """Return the share of good samples.

    A perfect generator scores :func:`true_high_quality`, not 1: a higher share means
    over-concentration.
    """
    return float(sum(found.good.tolist()) / found.total)


def reverse_kl(found: Census) -> float:
    """Return KL(shares of the modes among good samples ‖ uniform), from 0 to log m.

    All samples in one mode give log m, and so does a sample without a good one. On N good samples
    a perfect generator of equal modes scores :func:`reverse_kl_floor` on average.
    """
    good = found.good.tolist()
    total = sum(good)
    if not total:
        return log(len(good))
    share = np.array([each / total for each in good if each])
    return max(float(share @ np.log(share * len(good))), 0.0)


def leading(found: Census, least: float) -> float:
    """Return the index of the mode to which ``least`` of the samples or more are nearest, or NaN.

    Good or not: a generator that jumps from mode to mode hits none of them.
    """
    near = found.near.tolist()
    most = max(near)
    return float(near.index(most)) if most >= least * found.total else float("nan")


def true_high_quality(dim: int) -> float:
    """Return the share of good samples among true data whose modes lie well apart.

    P(|N(0, I)| < 3): erf(3/√2) = 99.73 % in one dimension, 1 − e^{−4.5} = 98.89 % in two.

    Raises
    ------
    ValueError
        For other dimensions.
    """
    if dim not in (1, 2):
        raise ValueError(f"dim = {dim}: must be 1 or 2")
    return erf(GOOD_RADIUS / sqrt(2)) if dim == 1 else 1 - exp(-(GOOD_RADIUS**2) / 2)


def reverse_kl_floor(modes: int, samples: int) -> float:
    """Return (K − 1) / 2N, the mean :func:`reverse_kl` of a perfect generator of K equal modes."""
    return (modes - 1) / (2 * samples)
