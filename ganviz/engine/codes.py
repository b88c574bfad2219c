"""What an encoder makes of the data, coordinate by coordinate, and one of them held by hand.

To hold one changes nothing of a run: the decoder is asked what it would make of it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ganviz.engine.family import Coding
from ganviz.frame import Code

FloatArray = npt.NDArray[np.float64]

#: Bins of each coordinate: an odd number, so that 0 is in the middle of one.
BINS = 41
#: Points of the way that a held coordinate goes.
NODES = 33
#: Whatever is larger is no code, but a run that has blown up.
LARGEST = 1e30


def holds(clamp: tuple[float, ...], dim: int) -> tuple[int, float] | None:
    """Return (coordinate from 0, value) that a hand holds, or None where the code has no such."""
    if len(clamp) != 2 or not 1 <= clamp[0] <= dim:
        return None
    return int(clamp[0]) - 1, float(clamp[1])


def laid_open(
    coding: Coding, codes: FloatArray, span: tuple[float, float], held: tuple[int, float] | None
) -> Code:
    """Return the histograms of codes (n, k) over a range, and where a held coordinate leads."""
    n, k = codes.shape
    low, high = span
    place = np.floor((codes - low) * (BINS / (high - low))).clip(0, BINS - 1).astype(np.intp)
    counts = np.bincount((place + BINS * np.arange(k)).ravel(), minlength=BINS * k)
    way = np.empty((0, 1))
    if held is not None:
        nodes = np.repeat(codes.mean(0, keepdims=True), NODES, 0)
        nodes[:, held[0]] = np.linspace(low, high, NODES)
        way = coding.rebuilt(nodes)
    return Code(
        counts=counts.reshape(k, BINS) / n,
        span=span,
        active=(np.abs(codes) > coding.quiet).mean(0),
        quiet=coding.quiet,
        held=() if held is None else (held[0] + 1.0, held[1]),
        way=way,
    )


def codes_of(coding: Coding, real: FloatArray, seen: Tensor) -> FloatArray:
    """Return the codes (n, k) of the data, kept within numbers that can be drawn."""
    return np.asarray(np.nan_to_num(coding.codes(real, seen).clip(-LARGEST, LARGEST)))
