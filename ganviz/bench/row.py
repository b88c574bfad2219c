"""What a measurement says, and how much trouble is taken over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One number that was measured.

    Attributes
    ----------
    name
        What it is of, such as ``2 × 32, batch 256, k = 1``.
    value
        The number, best of all rounds; None where it could not be had: ``note`` says why.
    unit
        ``×`` is a ratio to what it was compared with; more is better, except of ``× time``.
    low, high
        The least and the greatest of the single rounds: the spread.
    least, most
        What is aimed at: at least, or at most, so much.
    kernel
        What computed ganviz's steps.
    parts
        What the number was made from, by name and unit, such as ``ganviz steps/s``.
    note
        What one has to know to read it.
    """

    name: str
    value: float | None
    unit: str = "×"
    low: float | None = None
    high: float | None = None
    least: float | None = None
    most: float | None = None
    kernel: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def aim(self) -> str:
        """What is aimed at, in signs; empty where nothing is."""
        if self.least is not None:
            return f"≥ {self.least:g}"
        return "" if self.most is None else f"≤ {self.most:g}"

    @property
    def reached(self) -> bool | None:
        """Whether what is aimed at is reached; None where nothing is aimed at or measured."""
        if self.value is None or not self.aim:
            return None
        if self.least is not None:
            return self.value >= self.least
        return self.most is not None and self.value <= self.most

    def table(self) -> dict[str, Any]:
        """Return it as plain values for JSON, which knows neither NaN nor infinity."""
        return {
            "name": self.name,
            "value": _plain(self.value),
            "unit": self.unit,
            "low": _plain(self.low),
            "high": _plain(self.high),
            "aim": self.aim or None,
            "reached": self.reached,
            "kernel": self.kernel or None,
            "parts": {name: _plain(value) for name, value in self.parts.items()},
            "note": self.note or None,
        }


def _plain(value: float | None) -> float | None:
    return float(f"{value:.5g}") if value is not None and isfinite(value) else None


class Stopped(Exception):
    """Somebody asked for an end; what was measured so far counts."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured, and when to stop.

    Attributes
    ----------
    rounds
        How often everything that is compared takes its turn.
    seconds
        Length of a turn.
    whole
        Whether every game is measured, or only the few that stand for the rest.
    stopped
        Asked between two turns: whether to leave off.
    """

    rounds: int = 15
    seconds: float = 0.1
    whole: bool = True
    stopped: Callable[[], bool] = lambda: False

    def turns(self, count: int) -> Iterator[int]:
        """Yield 0, 1, … below count, and leave off early if asked to: what is half done counts.

        Raises
        ------
        Stopped
            If somebody asked for an end before the first.
        """
        self.check()
        for number in range(count):
            if number and self.stopped():
                return
            yield number

    def check(self) -> None:
        """Raise :class:`Stopped` if somebody asked for an end."""
        if self.stopped():
            raise Stopped


#: What a part of the measurements is.
Part = Callable[[Effort], Iterator[Row]]
