"""Rounds played in advance, while Python measures and draws those before them.

A compiled kernel needs no interpreter lock, so it can go on in another thread while this one looks
at what it has left. It works on a copy of the players: round by round the copy is put down in a
slot, and a round counts only when its slot is taken. What was played in advance and is not taken,
because somebody changed something meanwhile, is simply forgotten. So a run is the same, bit for
bit, however far ahead its kernel goes.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Executor, Future
from time import sleep, thread_time
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ganviz.engine.draws import Draws

FloatArray = npt.NDArray[np.float64]

#: Bytes of the slots of one flight, at most; but so many rounds it holds of networks however wide,
#: if they are asked for: each flight copies all players a few times.
SLOT_BYTES, FEW = 16 * 2**20, 8
#: Flights that are under way at once, at most.
MOST_FLIGHTS = 4
#: Threads that an executor should have: while one plays, the next stands ready behind it, and has
#: no need to wait for the interpreter lock when its turn comes.
WINGS = 2
#: Blocks whose draws are made in advance: a thread that waits for the interpreter lock draws them.
DRAWN = 3
#: Seconds between two looks at how far a flight has come.
LOOK = 0.0002


class Rounds(Protocol):
    """What plays rounds of one game on a copy of its players.

    Attributes
    ----------
    size
        How many numbers the copy has: weights, moments and what else a round changes.
    columns
        How many numbers a round tells of itself.
    """

    size: int
    columns: int
    dtype: npt.DTypeLike

    def gather(self, out: npt.NDArray[Any]) -> None:
        """Copy the players as they stand, (size,)."""
        ...

    def scatter(self, copy: npt.NDArray[Any], rounds: int) -> None:
        """Let the players stand as in a copy, so many rounds later."""
        ...

    def where(self, since: int) -> Any:
        """Return what a round has to know besides the copy: counts of rounds and of updates.

        ``since`` is the number of rounds between where the players stand now and that round.
        """
        ...

    def lay(self, flight: Flight) -> Any:
        """Return a flight's orders: all that can be known before the one before it lands."""
        ...

    def fly(self, flight: Flight) -> None:
        """Play a flight's rounds, from its ``origin`` on, without the interpreter lock.

        Where the flight ``before`` is still under way, that has to be over first; or ``stop`` is
        set, as when that one has failed.
        """
        ...


class Flight:
    """Some rounds that are played in one call.

    Attributes
    ----------
    n
        How many.
    seed, place
        Of the draws, and (block, round) where it begins.
    where
        What else its first round has to know: see :meth:`Rounds.where`.
    batches
        (data, noise) of its rounds.
    before
        The flight that ends where this one begins, as long as it may be under way; or None.
    after, ended
        The flight behind it that may be waiting for it, or None; and whether it is over, in order
        or not.
    origin
        The players as the first round finds them, (size,): written by the flight before.
    slots, rows
        The players behind each round, (n, size), and what it told, (n, columns) float64.
    progress, stop
        How many rounds are done; anything but 0 ends the flight after the present one. (1,) each.
    taken
        How many of its rounds have been taken.
    seconds
        How long a round of it took, 0 while it is not over.
    orders
        What its rounds know of what is to be done.
    room
        Where its slots lie; another flight may have it when this one has been taken.
    """

    def __init__(
        self,
        rounds: Rounds,
        n: int,
        seed: int,
        place: tuple[int, int],
        where: Any,
        batches: tuple[Tensor, Tensor],
        origin: Flight | npt.NDArray[Any],
        room: npt.NDArray[Any],
    ) -> None:
        self.n = n
        self.seed = seed
        self.place = place
        self.where = where
        self.batches = batches
        self.slots = room[:n]
        self.rows = np.empty((n, rounds.columns))
        self.progress = np.zeros(1, np.int64)
        self.stop = np.zeros(1, np.int64)
        self.taken = 0
        self.seconds = 0.0
        self.room = room
        self.before = origin if isinstance(origin, Flight) else None
        self.origin = origin.slots[-1] if isinstance(origin, Flight) else origin
        # What the kernel looks at while it waits for that flight, which may be taken meanwhile.
        self._seen: object = None
        self._rounds = rounds
        self.after: Flight | None = None
        self.ended = False
        if self.before is not None:
            self._seen = self.before.progress, self.before.slots
            self.before.after = self
        # Here and now: the thread that flies waits long for the interpreter lock.
        self.orders = rounds.lay(self)
        self._work: Future[None] | None = None

    def begin(self, executor: Executor | None) -> None:
        """Play the rounds, now or in the executor, behind all that it has to do already."""
        if self.before is not None and self.before.ended:
            self.before.let_go()
        if executor is None:
            self._play()
        else:
            self._work = executor.submit(self._play)

    def _play(self) -> None:
        began = thread_time()  # which stands still while this thread waits
        try:
            self._rounds.fly(self)
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise RuntimeError(f"The kernel could not play the next rounds: {reason}") from error
        finally:
            self.ended = True
            self.let_go()
        self.seconds = (thread_time() - began) / max(int(self.progress[0]), 1)

    def let_go(self) -> None:
        """Leave the flight behind this one if what it waits for will never be: this one failed."""
        if self.after is not None and self.progress[0] < self.n:
            self.after.leave()

    def part(self) -> None:
        """Need the flight before no longer, which is over."""
        if self.before is not None:
            self.before.after = None
        self.before, self.origin = None, self.origin.copy()

    def wait(self, rounds: int) -> None:
        """Return when so many of its rounds are done."""
        while self._work is not None and self.progress[0] < rounds:
            if self._work.done():
                self._work.result()  # raises what went wrong
                break
            sleep(LOOK)

    def leave(self) -> None:
        """Play no further round than the present one."""
        self.stop[0] = 1
        if self._work is not None:
            self._work.cancel()

    def land(self) -> None:
        """Return when the present round is over."""
        if self._work is not None and not self._work.cancelled():
            self._work.exception()

    @property
    def left(self) -> int:
        """How many of its rounds have not been taken."""
        return self.n - self.taken

    @property
    def abroad(self) -> bool:
        """Whether the executor plays it, or did."""
        return self._work is not None

    @property
    def over(self) -> bool:
        """Whether nobody plays it any more."""
        return self._work is None or self._work.done()

    @property
    def ready(self) -> int:
        """How many of those are done."""
        return int(self.progress[0]) - self.taken

    @property
    def last(self) -> npt.NDArray[Any]:
        """The players where the next round that is taken begins."""
        return self.slots[self.taken - 1] if self.taken else self.origin


class Ahead:
    """Plays rounds, and with an executor some more than are asked for."""

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds
        self._flights: deque[Flight] = deque()  # the one that is being taken, and the next ones
        self._rooms: list[npt.NDArray[Any]] = []  # of flights that are over: new memory is dear
        self._here = np.empty(rounds.size, rounds.dtype)
        self._pace = 0.0

    @property
    def ready(self) -> int:
        """How many rounds lie there, played, if nobody has changed anything meanwhile."""
        return sum(flight.ready for flight in self._flights)

    @property
    def busy(self) -> bool:
        """Whether the executor is at it, or will be."""
        return any(not flight.over for flight in self._flights)

    @property
    def pace(self) -> float:
        """Seconds that a round lately took in the executor; 0 if none was over yet."""
        for flight in self._flights:
            if flight.abroad:
                self._pace = flight.seconds or self._pace
        return self._pace

    def play(
        self, n: int, draws: Draws, more: int = 0, executor: Executor | None = None
    ) -> FloatArray:
        """Play n rounds and return what they told, (n, columns).

        ``more`` rounds will probably be asked for after these; with an executor they are begun.
        """
        if not more:
            executor = None  # a thread that nothing is left to would only be a way round
        told = []
        while n > 0:
            try:
                flight = self._at(draws, n, more, executor)
                here = min(n, flight.left)
                end = flight.taken + here
                if executor is not None:
                    self._begin_next(draws, n + more, executor)
                flight.wait(end)
            except BaseException:
                self.forget()  # nobody can take what was begun
                raise
            self._rounds.scatter(flight.slots[end - 1], here)
            told.append(flight.rows[flight.taken : end])
            flight.taken = end
            draws.go_on(here)
            n -= here
        return np.concatenate(told)

    def leave(self) -> None:
        """Play no further round than the present one; :meth:`forget` has to follow before any."""
        for flight in reversed(self._flights):
            flight.leave()

    def forget(self) -> None:
        """Leave what was played in advance."""
        self.leave()
        for flight in self._flights:
            flight.land()
            self._rooms.append(flight.room)
        self._flights.clear()

    def _at(self, draws: Draws, n: int, more: int, executor: Executor | None) -> Flight:
        """Return a flight whose next round is the one that follows where the players stand."""
        self._rounds.gather(self._here)
        if self._flights and not self._flights[0].left:
            self._rooms.append(self._flights.popleft().room)
            if self._flights:
                self._flights[0].part()
        if self._flights:
            flight = self._flights[0]
            block, first = flight.place
            there = (block, first + flight.taken) == (draws.block, draws.used)
            if there and np.array_equal(self._here, flight.last):
                return flight
            self.forget()
        # What is asked for now is played here and at once: another thread would have to be woken,
        # and to wait for the interpreter lock twice. It plays those behind these.
        return self._begin(
            draws, min(n, FEW), n, (draws.block, draws.used), 0, self._here.copy(), None
        )

    def _begin_next(self, draws: Draws, wanted: int, executor: Executor) -> None:
        """Begin another flight behind those that are under way, if they end too early.

        Not before its draws are there: nobody waits for what is not needed yet.
        """
        since = sum(flight.left for flight in self._flights)
        if since < wanted and len(self._flights) < MOST_FLIGHTS:
            flight = self._flights[-1]
            block, first = flight.place
            place = (block, first + flight.n)
            if place[1] == draws.supply.rounds:
                place = (block + 1, 0)
            if draws.prepared(place[0]):
                self._begin(draws, 1, wanted - since, place, since, flight, executor)

    def _begin(
        self,
        draws: Draws,
        least: int,
        wanted: int,
        place: tuple[int, int],
        since: int,
        origin: Flight | npt.NDArray[Any],
        executor: Executor | None,
    ) -> Flight:
        block, first = place
        most = max(least, min(SLOT_BYTES // max(self._here.nbytes, 1), draws.supply.rounds))
        n = min(wanted, most, draws.supply.rounds - first)
        fitting = [room for room in self._rooms if len(room) >= n]
        room = fitting[-1] if fitting else np.empty((most, len(self._here)), self._here.dtype)
        self._rooms = [other for other in self._rooms if other is not room][-MOST_FLIGHTS:]
        flight = Flight(
            self._rounds,
            n,
            draws.seed,
            place,
            self._rounds.where(since),
            draws.batches(block, first, n),
            origin,
            room,
        )
        self._flights.append(flight)
        flight.begin(executor)
        if executor is not None and first + n == draws.supply.rounds:
            for coming in range(1, DRAWN + 1):
                draws.prepared(block + coming)
        return flight
