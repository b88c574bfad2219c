"""The CDF of a generated vector through its preimage: F(x) = P(z ∈ Z(x)), Z = {z: G(z) ≤ x}.

This needs no inverse of G and no density. The lecture's example (Bereyhi, University of Toronto,
chapter 4) is G(z) = [−z², e^{−z}, z] with z ~ N(0, 1): F(−1, e², 2) = P(1 ≤ |z| ≤ 2) = .2718102 and
F(−1, 1, 2) = P(1 ≤ z ≤ 2) = .1359051.

Erratum: for x = (a, 1, 2) with a > 0 the slide says Z = ∅ and F = 0. But −z² ≤ a holds for every z
then, so Z = [0, 2] and F = Φ(2) − Φ(0) = .4772499; its formula with √(−a) needs a ≤ 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ganviz.theory import normal
from ganviz.theory.pushforward import SPANS

FloatArray = npt.NDArray[np.float64]
Part = Callable[[FloatArray], FloatArray]
Interval = tuple[float, float]

#: The lecture's generator, coordinate by coordinate.
LECTURE: tuple[Part, ...] = (lambda z: -(z**2), lambda z: np.exp(-z), lambda z: z)
#: Its examples, the last one the erratum's with a = ½.
EXAMPLES = ((-1.0, math.exp(2), 2.0), (-1.0, 1.0, 2.0), (0.5, 1.0, 2.0))
#: (least, greatest) level of each coordinate to play with.
LEVELS = ((-5.0, 1.0), (-1.0, 9.0), (-3.0, 3.0))

_CELLS = 4096
_HALVINGS = 60


def preimage(
    parts: Sequence[Part],
    x: Sequence[float],
    kind: str = "normal",
    low: float | None = None,
    high: float | None = None,
) -> list[Interval]:
    """Return the intervals of z where every Gᵢ(z) ≤ xᵢ, from left to right.

    Parameters
    ----------
    parts
        The coordinates Gᵢ of the generator, (n,) -> (n,), continuous.
    x
        As many numbers; inf lifts a condition.
    kind
        The latent, which gives the range of z: [−6, 6] for ``normal``, [−1, 1] for ``uniform``.
    low, high
        The range instead, if given.

    Raises
    ------
    ValueError
        If there are not as many numbers as parts.

    Notes
    -----
    The ends are found by bisection, to the last digit, at the changes of sign on a grid of 4097
    nodes; an interval or a gap narrower than a cell of the grid may be missed.
    """
    if len(parts) != len(x):
        raise ValueError(f"x has {len(x)} numbers for {len(parts)} parts: must be as many")
    first, last = SPANS[kind]
    z = np.linspace(first if low is None else low, last if high is None else high, _CELLS + 1)

    def inside(z: FloatArray) -> npt.NDArray[np.bool_]:
        holds = np.ones(len(z), dtype=bool)
        for part, bound in zip(parts, x, strict=True):
            holds &= np.asarray(part(z)) <= bound
        return holds

    held = inside(z)
    turns = np.flatnonzero(held[1:] != held[:-1])
    within = np.where(held[turns], z[turns], z[turns + 1])
    beyond = np.where(held[turns], z[turns + 1], z[turns])
    for _ in range(_HALVINGS):
        middle = (within + beyond) / 2
        holds = inside(middle)
        within, beyond = np.where(holds, middle, within), np.where(holds, beyond, middle)
    ends = [*([z[0]] if held[0] else []), *within, *([z[-1]] if held[-1] else [])]
    return [(float(a), float(b)) for a, b in zip(ends[::2], ends[1::2], strict=True)]


def mass(intervals: Sequence[Interval], kind: str = "normal") -> float:
    """Return P(z in the union of the disjoint intervals) for the latent of that kind.

    An interval that reaches an end of [−6, 6] counts as going on for ever.
    """
    first, last = SPANS[kind]
    ends = np.array(intervals, dtype=np.float64).reshape(-1, 2)
    if kind == "uniform":
        ends = np.clip(ends, first, last)
        return float(np.diff(ends).sum() / (last - first))
    ends = np.where(ends <= first, -np.inf, np.where(ends >= last, np.inf, ends))
    return float(np.diff(normal.cdf(ends)).sum())


def cdf(parts: Sequence[Part], x: Sequence[float], kind: str = "normal") -> float:
    """Return F(x) = P(G₁(z) ≤ x₁, G₂(z) ≤ x₂, …)."""
    return mass(preimage(parts, x, kind), kind)


def within(x: Sequence[float]) -> bool:
    """Return whether these are three levels to play with."""
    return len(x) == len(LEVELS) and all(
        low <= value <= high for value, (low, high) in zip(x, LEVELS, strict=True)
    )


def conditions(x: Sequence[float]) -> tuple[list[Interval], ...]:
    """Return where each of −z² ≤ x₁, e^{−z} ≤ x₂ and z ≤ x₃ holds, exactly; ends may be ±inf."""
    first, second, third = x
    if first >= 0:
        square = [(-math.inf, math.inf)]
    else:
        root = math.sqrt(-first)
        square = [(-math.inf, -root), (root, math.inf)]
    power = [(-math.log(second), math.inf)] if second > 0 else []
    return square, power, [(-math.inf, third)]


def lecture(x: Sequence[float]) -> list[Interval]:
    """Return Z(x) of the lecture's generator exactly, from left to right; a point is [a, a]."""
    found = [(-math.inf, math.inf)]
    for holds in conditions(x):
        cut = [(max(a, c), min(b, d)) for a, b in found for c, d in holds]
        found = [(a, b) for a, b in cut if a <= b]
    return found
