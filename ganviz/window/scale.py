"""How a number sits on a slider, and what one step up or down means."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, log10

from ganviz.schema import Parameter

#: Slider positions of a number that is no small whole number.
TICKS = 1000
#: Up to here a step of a whole number is 1 on a logarithmic scale too.
COUNTED = 20
#: Positions a decade of a logarithmic slider of whole numbers, where they do not coincide.
RUNGS = 30
#: Beyond this span a slider of whole numbers could not be set to any wanted one.
WIDEST = 1e6
#: A logarithmic scale that starts at 0 reaches so far down before it.
DEEPEST = 1e-6


@dataclass(frozen=True, slots=True)
class Scale:
    """A range of numbers, laid out evenly or by powers of ten.

    Powers of ten never reach 0: where the range begins there, 0 has the first position to itself.
    """

    low: float
    high: float
    log: bool
    whole: bool

    @classmethod
    def of(cls, parameter: Parameter) -> Scale | None:
        """Return the scale of a parameter, or None where a slider would be of no use."""
        if parameter.kind not in ("int", "float"):
            return None
        if parameter.low is None or parameter.high is None:
            return None
        if parameter.high - parameter.low > WIDEST and not parameter.log:
            return None
        return cls(parameter.low, parameter.high, parameter.log, parameter.kind == "int")

    @property
    def least(self) -> float:
        """The least number of a logarithmic scale that is not 0."""
        return self.low or self.high * DEEPEST

    @property
    def ticks(self) -> int:
        """The number of the last slider position; the first is 0."""
        if self.whole and self.log:
            return len(rungs(self.low, self.high)) - 1
        span = self.high - self.low
        return round(span) if self.whole and not self.log and span <= TICKS else TICKS

    def tick(self, value: float) -> int:
        """Return the slider position of a value."""
        value = min(max(value, self.low), self.high)
        if self.whole and self.log:
            ladder = rungs(self.low, self.high)
            above = bisect_left(ladder, value)
            if above == 0 or ladder[above] - value <= value - ladder[above - 1]:
                return above
            return above - 1
        if not self.log:
            return round((value - self.low) / (self.high - self.low) * self.ticks)
        if value < self.least:
            return 0
        first = 0 if self.low else 1
        share = log10(value / self.least) / log10(self.high / self.least)
        return first + round(share * (self.ticks - first))

    def value(self, tick: int) -> float | int:
        """Return the value at a slider position, in as few digits as the slider can tell apart."""
        if self.whole and self.log:
            return rungs(self.low, self.high)[tick]
        if self.log:
            first = 0 if self.low else 1
            if tick < first:
                return self.low
            share = (tick - first) / (self.ticks - first)
            value = significant(self.least * (self.high / self.least) ** share, 2)
        else:
            value = self.low + tick / self.ticks * (self.high - self.low)
            if not self.whole:
                digits = max(0, 2 - floor(log10((self.high - self.low) * 1.001)))
                value = round(value, min(digits, 3))
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else value

    def stepped(self, value: float, steps: int) -> float | int:
        """Return the value ``steps`` steps up (or down, if negative).

        On a logarithmic scale the steps are 1, 2, 5, 10, …, but small whole numbers are counted;
        elsewhere a step is 1 or a round fraction.
        """
        for _ in range(abs(steps)):
            value = self._next(value, 1 if steps > 0 else -1)
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else value

    def _next(self, value: float, sign: int) -> float:
        if not self.log or (self.whole and value + sign <= COUNTED):
            step = 1.0 if self.whole else self.step
            return round(value + sign * step, 9)
        if value + sign * self.least * 1e-9 < self.least:
            return self.least if sign > 0 else self.low
        power = floor(log10(value) + 1e-9)
        rungs = [m * 10.0**p for p in (power - 1, power, power + 1) for m in (1, 2, 5)]
        near = [rung for rung in rungs if (rung - value) * sign > 1e-9 * value]
        step = min(near, key=lambda rung: abs(rung - value))
        if self.whole:
            return ceil(step) if sign > 0 else floor(step)
        return significant(step, 2)

    @property
    def step(self) -> float:
        """One step of a linear scale of real numbers: a hundredth of its span, at most 0.1."""
        return min(0.1, 10.0 ** (floor(log10((self.high - self.low) * 1.001)) - 2))


@lru_cache
def rungs(low: float, high: float) -> tuple[int, ...]:
    """Return whole numbers from low to high: all the small ones, then ever fewer."""
    last = ceil(RUNGS * log10(high / low))
    return tuple(sorted({round(low * (high / low) ** (i / last)) for i in range(last + 1)}))


def significant(value: float, digits: int) -> float:
    """Round to a number of significant digits."""
    return float(f"{value:.{digits - 1}e}")
