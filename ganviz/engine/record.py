"""Where the players have been: their weights at measured steps, a fold over the run.

Two things are kept, both as moves from the first weights, in float32: rows evenly thinned over the
whole run, and the latest few. Which rows are there depends on the run alone, and not on who looks
or how often, as long as nobody jumps in it.

After a jump, but for one back to an end of the run that was just left, the rows are the moments
that the tape has kept, fewer and farther apart (:meth:`Record.recall`). Both pictures that are
drawn from here, the portrait of the weights and V on the plane of the latest moves, still show true
places of this run, in true directions, but other ones than before the jump: a principal component
of fewer rows, whose sense may be the opposite, and a latest move that may begin farther back. That
holds for films of recorded runs too, and for the range of V's plane. Everything else that is drawn
is as it was.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from ganviz.engine.player import Player

FloatArray = npt.NDArray[np.float64]
Flats = dict[str, npt.NDArray[np.float32]]

#: Rows of the whole run, the latest rows, and bytes of all of them, at most.
ROWS, RECENT, BYTES = 128, 24, 64 * 2**20
#: The leading directions are found anew when there are so many times as many rows as when they
#: were found last: each search takes a millisecond, and its sense is handed on to the next.
RENEW = 1.125
#: Of more rows than this only the leading eigenvector is sought, in so many steps.
FEW, KRYLOV = 40, 12
#: Fewer rows than this are no record.
LEAST = 8
#: An update's direction is that of the move of the last so many steps, or a few more.
STRETCH = 20


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A player's latest move.

    Attributes
    ----------
    direction
        (p,) of length 1: where the last ``STRETCH`` steps led; None where they led nowhere.
    path
        (n,) its recent places along that direction, from its present one, the latest last.
    """

    direction: FloatArray | None
    path: FloatArray


@dataclass(slots=True, eq=False)
class _Course:
    """One player's rows, their inner products, and what was last found in them.

    ``recent`` are its latest places, see :attr:`Record.latest`. ``found`` is the direction and its
    share of the variance, of this row or of a few before it.
    """

    origin: FloatArray
    rows: npt.NDArray[np.float32]
    recent: npt.NDArray[np.float32]
    inner: FloatArray
    known: int = 0
    found: tuple[FloatArray, float] | None = None


class Record:
    """Both players' weights over the run.

    Thinned evenly: every ``stride``-th look is kept, and when there is no more room every second
    row goes and the stride doubles.
    """

    def __init__(self, players: Mapping[str, Player]) -> None:
        size = sum(player.flat.numel() for player in players.values())
        room = BYTES // (4 * max(size, 1))
        self.latest = max(min(RECENT, room // 8), 2)
        self.most = min(ROWS, room - 2 * self.latest) // 2 * 2
        self.steps: list[int] = []
        self.stride, self._looks = 1, 0
        self._found = 0.0  # so many rows were there when the directions were found last
        #: Steps of the latest places, which are rows ``_end - len(_late)`` to ``_end`` of each
        #: course's ``recent``: room for twice as many, so that they lie together and seldom move.
        self._late: list[int] = []
        self._end = 0
        rows = max(self.most, 0)
        self._courses = {
            name: _Course(
                player.weights(),
                np.empty((rows, player.flat.numel()), np.float32),
                np.empty((2 * self.latest, player.flat.numel()), np.float32),
                np.empty((rows, rows)),
            )
            for name, player in players.items()
        }

    @property
    def whole(self) -> bool:
        """Whether there is room for a record of the whole run; networks may be too large."""
        return self.most >= LEAST

    @property
    def young(self) -> bool:
        """Whether the latest moves still grow longer from look to look."""
        return len(self._late) < self.latest

    def take(self, step: int, players: Mapping[str, Player]) -> None:
        """Keep where the players are after a step; called at measured steps."""
        if self._keep(step, {name: players[name].looked() for name in self._courses}):
            self._find()

    def recall(self, past: Sequence[tuple[int, Mapping[str, npt.NDArray[Any]]]]) -> None:
        """Take in where the players were, ((step, weights by player), …), before anything else.

        The first of them is where the run is counted from. They are not the rows that were taken
        when the run came by: see above for what is then drawn otherwise.
        """
        for step, flats in past:
            if not self._late:
                for name, course in self._courses.items():
                    course.origin = flats[name].astype(np.float64)
            self._keep(step, flats)
        self._found = len(self.steps)  # or rather as soon as somebody wants to see them

    def _keep(self, step: int, flats: Mapping[str, npt.NDArray[Any]]) -> bool:
        """Keep a row; return whether the directions should be found anew."""
        if self._end == 2 * self.latest:
            self._end = self.latest - 1
            for course in self._courses.values():
                course.recent[: self._end] = course.recent[self.latest + 1 :]
        for name, course in self._courses.items():
            here = course.recent[self._end]
            np.subtract(flats[name], course.origin, out=here, casting="same_kind")
        self._end += 1
        self._late = [*self._late[1 - self.latest :], step]
        due = self.whole and self._looks % self.stride == 0
        if due:
            if len(self.steps) == self.most:
                self._thin()
            for course in self._courses.values():
                course.rows[len(self.steps)] = course.recent[self._end - 1]
            self.steps.append(step)
        self._looks += 1
        return due and len(self.steps) >= RENEW * self._found

    def _find(self) -> None:
        self._found = len(self.steps)
        for course in self._courses.values():
            course.found = self._principal(course)

    def _moved(self, players: Mapping[str, Player]) -> Flats:
        """Return where the players are, from their first weights."""
        return {
            name: (players[name].looked() - course.origin).astype(np.float32)
            for name, course in self._courses.items()
        }

    def _before(self, step: int) -> slice:
        """Return which rows of ``recent`` are of before a step."""
        first = self._end - len(self._late)
        return slice(first, first + bisect_left(self._late, step))

    def _thin(self) -> None:
        count = len(self.steps)
        half = -(-count // 2)
        self.steps = self.steps[::2]
        self.stride *= 2
        self._found /= 2
        for course in self._courses.values():
            course.rows[:half] = course.rows[:count:2].copy()
            course.known = -(-course.known // 2)
            course.inner[:half, :half] = course.inner[:count:2, :count:2].copy()

    # ---- the latest move ------------------------------------------------------------------------

    @np.errstate(over="ignore", invalid="ignore")
    def ways(self, step: int, players: Mapping[str, Player]) -> dict[str, Way]:
        """Return each player's latest move, and its recent places along it."""
        past = self._before(step)
        now = bool(self._late) and self._late[-1] == step
        here = {} if now else self._moved(players)
        count = past.stop - past.start
        # The last of them that is ``STRETCH`` steps ago, else the first.
        begin = max(bisect_right(self._late, step - STRETCH, 0, count) - 1, 0)
        result = {}
        for name, course in self._courses.items():
            direction, path = None, np.zeros(1 + count)
            if count:
                gone = course.recent[past] - (course.recent[past.stop] if now else here[name])
                # Wide enough for the squares of what a run reaches that flies apart.
                move = gone[begin].astype(np.float64)
                length = sqrt(move @ move)
                if length > 0:
                    direction = move / -length
                    path[:-1] = gone @ direction.astype(np.float32)
            result[name] = Way(direction, path)
        return result

    def reaches(self, step: int, players: Mapping[str, Player]) -> dict[str, float]:
        """Return how far each player's recent places lie along its latest move, 0 for no move."""
        ways = self.ways(step, players)
        return {name: float(np.abs(way.path).max()) for name, way in ways.items()}

    # ---- the leading directions -----------------------------------------------------------------

    def leading(
        self, step: int, players: Mapping[str, Player]
    ) -> tuple[FloatArray, tuple[float, ...]] | None:
        """Return the players' places along their leading directions, and how much these show.

        Each player's direction is the first principal component of its rows; places are counted
        from the first weights. The sense is such that the run begins towards the positive side, and
        from row to row the direction never turns over (a player of one number keeps its own).

        Returns
        -------
        path, shares
            (n, players): rows thinned over the run, then the latest ones, the present last; and
            the share of each player's variance that lies along its direction. None where there are
            not yet two rows.
        """
        if len(self.steps) < 2:
            return None
        recent = self._before(step)
        late = recent.stop > recent.start
        early = bisect_left(self.steps, self._late[0]) if late else len(self.steps)
        here = self._moved(players)
        columns, shares = [], []
        if any(course.found is None for course in self._courses.values()):
            self._find()  # what was recalled is looked at when somebody wants to see it
        for name, course in self._courses.items():
            assert course.found is not None
            direction, share = course.found
            along = np.asarray(course.rows[: len(self.steps)] @ direction, dtype=np.float64)
            lately = np.vstack([course.recent[recent], here[name]]) @ direction
            columns.append(np.concatenate([along[:early], lately]))
            shares.append(share)
        return np.stack(columns, 1).astype(np.float64), tuple(shares)

    def _principal(self, course: _Course) -> tuple[FloatArray, float]:
        """Return the direction (p,) and its share of the variance.

        By the rows' inner products, of which there are few: the eigenvectors of A Aᵀ are those of
        AᵀA seen from the other side. Of a run that flies apart, whose products are beyond all
        numbers, the direction stays what it was.
        """
        count = len(self.steps)
        rows = course.rows[:count]
        if course.known < count:
            with np.errstate(over="ignore", invalid="ignore"):
                fresh = rows[course.known :] @ rows.T
            course.inner[course.known : count, :count] = fresh
            course.inner[:count, course.known : count] = fresh.T
            course.known = count
        inner = course.inner[:count, :count]
        if not np.isfinite(inner).all():
            return course.found or (np.zeros(rows.shape[1]), 1.0)
        middle = inner.mean(0)
        centred = inner - middle - middle[:, None] + middle.mean()
        value, vector = leading_pair(centred)
        weights = vector - vector.mean()
        direction = np.asarray(weights.astype(np.float32) @ rows, dtype=np.float64)
        length = sqrt(direction @ direction)
        if length > 0:
            direction /= length
            if len(direction) == 1:
                turned = direction[0] < 0
            elif course.found is None or not course.found[0].any():
                turned = float(rows[-1] @ direction) < 0
            else:
                turned = direction @ course.found[0] < 0
            if turned:
                direction = -direction
        total = float(np.trace(centred))
        return direction, min(value / total, 1.0) if total > 0 else 1.0


def leading_pair(matrix: FloatArray) -> tuple[float, FloatArray]:
    """Return the largest eigenvalue of a symmetric (n, n) matrix ≥ 0, and its eigenvector (n,).

    By ``KRYLOV`` steps of Lanczos's iteration, each made orthogonal to all before: far more than a
    picture needs, and far less than all eigenvalues.
    """
    n = len(matrix)
    if n <= FEW:
        values, vectors = np.linalg.eigh(matrix)
        return float(values[-1]), np.asarray(vectors[:, -1])
    least = 1e-12 * (sqrt(matrix[0] @ matrix[0]) + 1e-300)
    # It begins with the longest column, in which the leading direction has a part.
    q = matrix[:, np.diagonal(matrix).argmax()]
    basis = np.empty((KRYLOV, n))
    for count in range(KRYLOV):
        before = basis[:count]
        q = q - (before @ q) @ before
        length = sqrt(q @ q)
        if length <= least or not length:
            basis = before
            break
        basis[count] = q / length
        q = matrix @ basis[count]
    if not len(basis):
        return 0.0, np.zeros(n)
    values, vectors = np.linalg.eigh(basis @ matrix @ basis.T)
    return float(values[-1]), np.asarray(vectors[:, -1] @ basis)
