"""Which modes a sample covers, how well and how evenly.

Definitions follow the PacGAN code (Lin et al. 2018, arXiv:1712.04086): a sample belongs to the mode
nearest in standard deviations, and is *good* if that is less than three away. All measures take
(n, dim) samples, the (m, dim) centres of the modes and their (m,) standard deviations.
"""

from __future__ import annotations

from math import erf, exp, log, sqrt

import numpy as np
import numpy.typing as npt

from ganviz.theory.kept import kept

FloatArray = npt.NDArray[np.float64]

#: A mode counts as covered when at least this share of all samples is good and nearest to it.
#: "At least one sample" would count strays: undertrained nets score 8 of 8 with 2 % good samples.
COVERED_SHARE = 0.01

#: How many standard deviations around a mode are good.
GOOD_RADIUS = 3.0


@kept(1)
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


@kept(1)
def counts(fake: FloatArray, centres: FloatArray, sigmas: FloatArray) -> npt.NDArray[np.intp]:
    """Return (m,) how many good samples each mode has: those nearer to it than to any other."""
    index, good = nearest(fake, centres, sigmas)
    return np.bincount(index[good], minlength=len(centres))


def modes(fake: FloatArray, centres: FloatArray, sigmas: FloatArray) -> float:
    """Return how many modes hold at least one hundredth of the samples, good ones only.

    A perfect generator scores all of them, unless a mode has less than about one hundredth of
    the data's own mass.
    """
    return float((counts(fake, centres, sigmas) >= COVERED_SHARE * len(fake)).sum())


def high_quality(fake: FloatArray, centres: FloatArray, sigmas: FloatArray) -> float:
    """Return the share of good samples.

    A perfect generator scores :func:`true_high_quality`, not 1: a higher share means
    over-concentration.
    """
    return float(nearest(fake, centres, sigmas)[1].mean())


def reverse_kl(fake: FloatArray, centres: FloatArray, sigmas: FloatArray) -> float:
    """Return KL(shares of the modes among good samples ‖ uniform), from 0 to log m.

    All samples in one mode give log m, and so does a sample without a good one. On N good samples
    a perfect generator of equal modes scores :func:`reverse_kl_floor` on average.
    """
    good = counts(fake, centres, sigmas)
    if not good.any():
        return log(len(centres))
    share = good[good > 0] / good.sum()
    return max(float(share @ np.log(share * len(centres))), 0.0)


def leading(fake: FloatArray, centres: FloatArray, sigmas: FloatArray, least: float) -> float:
    """Return the index of the mode to which ``least`` of the samples or more are nearest, or NaN.

    Good or not: a generator that jumps from mode to mode hits none of them.
    """
    counts = np.bincount(nearest(fake, centres, sigmas)[0], minlength=len(centres))
    first = int(counts.argmax())
    return float(first) if counts[first] >= least * len(fake) else float("nan")


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
