"""What each part of the work takes, while somebody watches.

Whoever does a piece of work names it, with a :class:`Part`::

    MEASURING = Part("measuring")

    with MEASURING:                 # or @MEASURING above a function
        ...

That is all: no time is read, and nothing is kept, unless a :class:`Clock` listens in that thread.
Then every moment is charged to exactly one place, which is the outermost and the innermost part
that are open, or to ``OTHER``. So all places together are always the time that has passed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from threading import get_ident
from time import perf_counter, sleep, thread_time
from typing import ParamSpec, TypeVar

#: The outermost and the innermost part that are open; twice the same where there is one.
Place = tuple[str, str]
P = ParamSpec("P")
T = TypeVar("T")

#: What is charged where no part is open; and, of a thread that waits there, how long it waited.
OTHER, IDLE = "other", "idle"

#: The clocks that listen, by thread.
_listening: dict[int, Clock] = {}


class Part:
    """A named piece of work, to be entered, or to stand above a function."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        if _listening and (clock := _listening.get(get_ident())) is not None:
            clock.begin(self.name)

    def __exit__(self, *_: object) -> None:
        if _listening and (clock := _listening.get(get_ident())) is not None:
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
    if clock is None:
        _listening.pop(get_ident(), None)
    else:
        clock.start()
        _listening[get_ident()] = clock


@dataclass(frozen=True, slots=True)
class Spent:
    """What has been spent since a clock began.

    Attributes
    ----------
    seconds
        In all; exactly the sum of the places.
    places
        Seconds by place, without what was spent in parts inside it.
    calls
        How often each place was left.
    """

    seconds: float
    places: dict[Place, float]
    calls: dict[Place, int]

    def since(self, before: Spent) -> Spent:
        """Return what was spent since an earlier reading of the same clock."""
        return Spent(
            self.seconds - before.seconds,
            {place: value - before.places.get(place, 0.0) for place, value in self.places.items()},
            {place: count - before.calls.get(place, 0) for place, count in self.calls.items()},
        )

    def within(self, name: str) -> float:
        """Return the seconds spent in an outermost part, with all that is inside it."""
        return sum(value for place, value in self.places.items() if place[0] == name)


class Clock:
    """Adds up what the parts of one thread take. Other threads may only :meth:`read` it.

    Parameters
    ----------
    waits
        Whether the thread waits for things to do outside all parts, as that of a window does. Then
        what it does not work of that time, by its processor's clock, is ``IDLE``; and only that
        thread may read it.
    """

    def __init__(self, waits: bool = False) -> None:
        self._waits = waits
        self._turns = 0  # odd while it is being written
        self.start()

    def start(self) -> None:
        """Begin to count, at nothing."""
        self._began = self._at = perf_counter()
        self._places: dict[Place, float] = {(OTHER, OTHER): 0.0}
        self._calls: dict[Place, int] = {}
        self._open: list[Place] = [(OTHER, OTHER)]
        self._worked = self._work = 0.0  # outside all parts, and the processor's clock, in seconds
        if self._waits:
            self._work = thread_time()

    def begin(self, name: str) -> None:
        """Charge to a part from now on."""
        self._charge()
        outermost = self._open[1][0] if len(self._open) > 1 else name
        self._open.append((outermost, name))
        self._turns += 1

    def end(self) -> None:
        """Charge to the part around again; a part that began before the clock is passed over."""
        self._charge()
        if len(self._open) > 1:
            place = self._open.pop()
            self._calls[place] = self._calls.get(place, 0) + 1
        self._turns += 1

    def _charge(self) -> None:
        now = perf_counter()
        self._turns += 1
        place = self._open[-1]
        if self._waits:
            work = thread_time()
            if len(self._open) == 1:
                self._worked += work - self._work
            self._work = work
        self._places[place] = self._places.get(place, 0.0) + now - self._at
        self._at = now

    def read(self) -> Spent:
        """Return what has been spent until now, also within the part that is open; any thread."""
        while True:
            turns = self._turns
            places, calls = dict(self._places), dict(self._calls)
            place, at = self._open[-1], self._at
            now = perf_counter()
            if turns == self._turns and turns % 2 == 0:
                break
            sleep(0)  # the other thread is in the middle of it
        places[place] = places.get(place, 0.0) + now - at
        if self._waits:
            outside = (OTHER, OTHER)
            work = thread_time() - self._work if place == outside else 0.0
            worked = min(self._worked + work, places[outside])
            places[IDLE, IDLE] = places[outside] - worked
            places[outside] = worked
        return Spent(now - self._began, places, calls)
