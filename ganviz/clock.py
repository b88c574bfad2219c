"""What each part of the work takes, while somebody watches.

Whoever does a piece of work names it, with a :class:`Part`::

    MEASURING = Part("measuring")

    with MEASURING:                 # or @MEASURING above a function
        ...

That is all: no time is read, and nothing is kept, unless a :class:`Clock` listens in that thread.
Then every moment is charged to exactly one part, the innermost that is open, or to ``OTHER``. So
the parts of a thread always add up to the time that has passed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from time import perf_counter, sleep
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: What is charged where no part is open.
OTHER = "other"

_here = threading.local()


class Part:
    """A named piece of work, to be entered, or to stand above a function."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        clock = getattr(_here, "clock", None)
        if clock is not None:
            clock.begin(self.name)

    def __exit__(self, *_: object) -> None:
        clock = getattr(_here, "clock", None)
        if clock is not None:
            clock.end()

    def __call__(self, work: Callable[P, T]) -> Callable[P, T]:
        """Return a function that is this part whenever it works."""

        @wraps(work)
        def timed(*args: P.args, **kwargs: P.kwargs) -> T:
            with self:
                return work(*args, **kwargs)

        return timed


def listen(clock: Clock | None) -> None:
    """Let a clock listen to the thread that calls, from now on, instead of another; or none."""
    if clock is not None:
        clock.start()
    _here.clock = clock


@dataclass(frozen=True, slots=True)
class Spent:
    """What has been spent since a clock began.

    Attributes
    ----------
    seconds
        In all; exactly the sum of the parts.
    parts
        Seconds by part, without what was spent in parts inside it.
    calls
        How often each part was left.
    """

    seconds: float
    parts: dict[str, float]
    calls: dict[str, int]

    def since(self, before: Spent) -> Spent:
        """Return what was spent since an earlier reading of the same clock."""
        return Spent(
            self.seconds - before.seconds,
            {name: value - before.parts.get(name, 0.0) for name, value in self.parts.items()},
            {name: count - before.calls.get(name, 0) for name, count in self.calls.items()},
        )


class Clock:
    """Adds up what the parts of one thread take. Other threads may only :meth:`read` it."""

    def __init__(self) -> None:
        self._turns = 0  # odd while it is being written
        self.start()

    def start(self) -> None:
        """Begin to count, at nothing."""
        self._began = self._at = perf_counter()
        self._parts: dict[str, float] = {OTHER: 0.0}
        self._calls: dict[str, int] = {}
        self._open = [OTHER]

    def begin(self, name: str) -> None:
        """Charge to a part from now on."""
        self._charge()
        self._open.append(name)
        self._turns += 1

    def end(self) -> None:
        """Charge to the part around again; a part that began before the clock is passed over."""
        self._charge()
        if len(self._open) > 1:
            name = self._open.pop()
            self._calls[name] = self._calls.get(name, 0) + 1
        self._turns += 1

    def _charge(self) -> None:
        now = perf_counter()
        self._turns += 1
        name = self._open[-1]
        self._parts[name] = self._parts.get(name, 0.0) + now - self._at
        self._at = now

    def read(self) -> Spent:
        """Return what has been spent until now, also within the part that is open; any thread."""
        while True:
            turns = self._turns
            parts, calls, name, at = dict(self._parts), dict(self._calls), self._open[-1], self._at
            now = perf_counter()
            if turns == self._turns and turns % 2 == 0:
                break
            sleep(0)  # the other thread is in the middle of it
        parts[name] = parts.get(name, 0.0) + now - at
        return Spent(now - self._began, parts, calls)
