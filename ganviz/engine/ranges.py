"""What the axes show: a fold over the run, taken at fixed steps.

A range widens at once when something would leave it, and narrows only when a clearly smaller one
has been enough for a while; its ends are round numbers. So axes stand still, pictures do not
depend on the clock, and a film has the window's axes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, floor, isfinite, log10

#: A narrower range must be this much smaller, for so many steps.
CLEARLY = 0.75
PATIENCE = 600
#: What came to rest keeps this share of the widest that it needed, else its noise would fill the
#: axis and look like the game before; and in so many steps half of that width is forgotten.
REST = 1 / 3
FADES = 5000


@dataclass(frozen=True, slots=True)
class Held:
    """A range, and for how many steps a clearly smaller one would have been enough.

    ``widest`` is what it needed at most, half forgotten every ``FADES`` steps, where that counts.
    """

    low: float
    high: float
    calm: int = 0
    widest: float = 0.0

    @property
    def span(self) -> tuple[float, float]:
        """The range as (low, high)."""
        return self.low, self.high


#: What an axis looks back on seldom changes from look to look: most of these are asked again.
ASKED = 512


@lru_cache(ASKED)
def round_up(value: float) -> float:
    """Return the next number of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten."""
    if not isfinite(value) or value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    for nice in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10):
        if nice * power >= value * (1 - 1e-9):
            return float(nice * power)
    return float(10 * power)


def coarse(value: float) -> float:
    """Return the next number of 1, 2, 5 times a power of ten, of a positive number."""
    power = 10.0 ** floor(log10(value))
    return next(f * power for f in (1.0, 2.0, 5.0, 10.0) if f * power >= value * (1 - 1e-9))


@lru_cache(ASKED)
def rounded(low: float, high: float, least: float) -> tuple[float, float]:
    """Return round ends around [low, high], at least ``least`` apart."""
    missing = least - (high - low)
    if missing > 0:
        low, high = low - missing / 2, high + missing / 2
    step = round_up((high - low) / 12)
    return round(floor(low / step + 1e-9) * step, 12), round(ceil(high / step - 1e-9) * step, 12)


@lru_cache(ASKED)
def rough(low: float, high: float) -> tuple[float, float]:
    """Return ends around [low, high] at multiples of a coarse round step.

    For a range that follows from what is seen alone: it rarely changes while that grows.
    """
    span = max(high - low, 1e-3)
    step, air = round_up(span / 4), 0.05 * span
    return round(floor((low - air) / step) * step, 12), round(ceil((high + air) / step) * step, 12)


@lru_cache(ASKED)
def balanced(reach: float) -> tuple[float, float]:
    """Return a round range around zero that leaves a fifth of air beyond ``reach``."""
    end = round_up(max(reach, 1e-3) * 1.2)
    return -end, end


def widest(held: Held | None, needed: float, steps: int) -> float:
    """Return the widest that was needed so far, so many steps after the last look."""
    before = 0.0 if held is None else held.widest * 0.5 ** (steps / FADES)
    return max(needed, before)


def fold(
    held: Held | None,
    needed: tuple[float, float],
    wanted: tuple[float, float],
    steps: int,
    patience: int = PATIENCE,
    widest: float = 0.0,
) -> Held:
    """Return the range to hold next, given what must be seen and which range would be chosen.

    ``steps`` have gone since the last look; 0: it may widen only. ``widest`` goes along with it.
    """
    if not isfinite(needed[0] + needed[1] + wanted[0] + wanted[1]):
        return held or Held(-1.0, 1.0)
    new = _folded(held, needed, wanted, steps, patience)
    return new if new.widest == widest else replace(new, widest=widest)


def _folded(
    held: Held | None,
    needed: tuple[float, float],
    wanted: tuple[float, float],
    steps: int,
    patience: int,
) -> Held:
    if held is None:
        return Held(*wanted)
    if needed[0] < held.low or needed[1] > held.high:
        return Held(min(held.low, wanted[0]), max(held.high, wanted[1]))
    if wanted[1] - wanted[0] < CLEARLY * (held.high - held.low):
        if held.calm + steps >= patience:
            return Held(*wanted)
        return replace(held, calm=held.calm + steps) if steps else held
    return replace(held, calm=0) if held.calm else held
