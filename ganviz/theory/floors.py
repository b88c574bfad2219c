"""What a perfect generator would score: the noise floor of a measure that is taken from samples.

A generator whose distribution *is* the data's still scores more than zero, since two samples
differ. The floor is found by simulation: both samples are drawn from the data.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Measure = Callable[[FloatArray, FloatArray], float]
Sampler = Callable[[np.random.Generator, int], FloatArray]

#: How many floors are kept; the oldest goes first.
KEPT = 64

_floors: OrderedDict[Hashable, Floor] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Floor:
    """The mean of a measure over perfect generators, and the band that holds 95 % of them."""

    mean: float
    low: float
    high: float


def floor(measure: Measure, sampler: Sampler, n: int, repeats: int = 24, seed: int = 0) -> Floor:
    """Return what a perfect generator scores on samples of size n.

    Parameters
    ----------
    measure
        (a, b) -> number, the very measure that is to be judged.
    sampler
        (rng, n) -> (n, dim), the data's own.
    n
        The size of both samples.
    repeats
        How often a fresh pair is measured. Fewer than 39 cannot show the outer 2.5 %: the band is
        then from the least to the greatest seen, which holds (r − 1) / (r + 1), 92 % of 24.
    seed
        Of all draws; the draws of training are another generator's.
    """
    rng = np.random.default_rng(seed)
    seen = [measure(sampler(rng, n), sampler(rng, n)) for _ in range(repeats)]
    return _band(seen)


class Growing:
    """A floor that is simulated a pair at a time, for data that are gone before all are drawn."""

    def __init__(self, measure: Measure, sampler: Sampler, n: int, repeats: int = 24) -> None:
        self._measure, self._sampler = measure, sampler
        self._n, self._repeats = n, repeats
        self._rng = np.random.default_rng(0)
        self._seen: list[float] = []
        #: As :func:`floor` returns it; None until all pairs are there.
        self.floor: Floor | None = None

    def grow(self) -> None:
        """Simulate one more pair, if one is missing."""
        if self.floor is None:
            a = self._sampler(self._rng, self._n)
            self._seen.append(self._measure(a, self._sampler(self._rng, self._n)))
            if len(self._seen) == self._repeats:
                self.floor = _band(self._seen)


def _band(seen: list[float]) -> Floor:
    low, high = np.quantile(seen, [0.025, 0.975], method="weibull")
    return Floor(float(np.mean(seen)), float(low), float(high))


def cached_floor(
    key: Hashable,
    measure: Measure,
    sampler: Sampler,
    n: int,
    repeats: int = 24,
    seed: int = 0,
) -> Floor:
    """Return :func:`floor`, computed once for each (key, n, repeats, seed) while it is kept.

    ``key`` stands for the measure and the data together, such as ``("w1", target, numbers)``.
    """
    name = (key, n, repeats, seed)
    found = _floors.get(name)
    if found is None:
        found = _floors[name] = floor(measure, sampler, n, repeats, seed)
        while len(_floors) > KEPT:
            _floors.popitem(last=False)
    return found
