"""Tape: the tree of branches of a run, with everything that is kept of them.

Kept whole are the journal and the trace. Of moments as many are kept as a budget allows, evenly
over all branches: at every ``stride``-th step, and when they become too many every second one goes
and the stride doubles. What lies between is had by running it again, which gives the same bits.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from string import ascii_uppercase
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from ganviz.frame import Bookmark, Mark, Prediction, Stretch, Trace, TraceWriter
from ganviz.schema import ParamError
from ganviz.settings import Settings

if TYPE_CHECKING:
    from ganviz.engine.moment import Moment

Rows = npt.NDArray[np.float64]

#: Bytes of moments that a tape keeps unless it is told otherwise.
BUDGET = 256 * 2**20
#: Steps between two moments at first.
STRIDE = 10
#: Bytes that a moment takes besides its arrays, about.
OVERHEAD = 3000


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the tape: so many steps along a branch, behind so many marks of its path.

    Several marks may stand at one step: a place tells them apart.
    """

    branch: int
    step: int
    marks: int


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A moment on the tape.

    Attributes
    ----------
    step, marks
        Where: behind so many steps and so many marks of the branch's path.
    moment
        The moment; of its ``unread`` rows only the number is kept here, as ``unread``: they are
        those of the trace that lead to it.
    size
        Bytes it takes, about, without the standing of the diagnosis, which neighbours share.
    fixed
        Whether it stays when others are thinned: where a run begins, and the end of a branch.
    """

    step: int
    marks: int
    moment: Moment
    unread: int
    size: int
    fixed: bool = False

    @property
    def key(self) -> tuple[int, int]:
        """What moments of a branch are ordered by."""
        return self.step, self.marks


@dataclass(slots=True, eq=False)
class Branch:
    """A run, or another future of a run.

    Attributes
    ----------
    number, parent
        Its number, and that of the branch that it leaves; None where it begins at step 0.
    first, shared
        It leaves its parent behind so many steps and so many marks of the parent's path.
    settings
        The settings at its beginning.
    columns
        The columns of the trace.
    origin
        Where the hand was when it began this run at step 0 by a change or a restart; else None.
    marks
        Its own entries of the journal.
    trace
        The whole trace from step 0 to its last; what lies before it is its parent's and shared.
    kept
        Its moments, in order.
    text
        What sets it apart, in words.
    title
        What the game is called, such as the preset's title.
    """

    number: int
    parent: int | None
    first: int
    shared: int
    settings: Settings
    columns: tuple[str, ...]
    origin: Place | None = None
    marks: list[Mark] = field(default_factory=list)
    trace: Trace = field(default_factory=lambda: TraceWriter(("step",)).trace())
    kept: list[Kept] = field(default_factory=list)
    text: str = ""
    title: str = ""

    @property
    def last(self) -> int:
        """The last step that is recorded."""
        return self.trace.last

    @property
    def rows(self) -> Rows:
        """(n, c) its own rows of the trace: steps first + 1 … last. See :meth:`Trace.pieces`."""
        return self.trace.take(self.first, self.last)

    @property
    def name(self) -> str:
        """Its letter: A … Z, then A1 … Z1, and so on."""
        round_, letter = divmod(self.number, len(ascii_uppercase))
        return ascii_uppercase[letter] + (str(round_) if round_ else "")

    @property
    def empty(self) -> bool:
        """Whether nothing has happened on it yet."""
        return self.last == self.first and not self.marks


def _key(kept: Kept) -> tuple[int, int]:
    return kept.key


class Log(Protocol):
    """What a tape tells somebody who writes it down as it grows. Called in the tape's thread."""

    def begun(self, branch: Branch) -> None:
        """Tell of a new branch."""

    def dropped(self, number: int) -> None:
        """Tell that the latest branch, on which nothing had happened, is gone."""

    def marked(self, number: int, mark: Mark) -> None:
        """Tell of an entry of a branch's journal."""

    def ran(self, number: int, rows: Rows) -> None:
        """Tell of further rows of a branch's trace; the array must not be kept."""

    def kept(self, number: int, kept: Kept) -> None:
        """Tell of a moment."""

    def thinned(self, stride: int) -> None:
        """Tell that only every ``stride``-th moment is left, and those that are fixed."""

    def noted(self, bookmarks: Sequence[Bookmark]) -> None:
        """Tell of all bookmarks."""

    def predicted(self, predictions: Sequence[Prediction]) -> None:
        """Tell of all predictions."""

    def titled(self, title: str) -> None:
        """Tell what the run is called from now on."""


def weight(moment: Moment) -> int:
    """Return the bytes that a moment takes, about, without the standing of the diagnosis."""
    size = OVERHEAD
    for array in moment.memory.values():
        size += array.nbytes
    for player in moment.players.values():
        size += player.flat.nbytes * (1 + len(player.moments))
    return size


def room(kept: Sequence[Kept]) -> int:
    """Return the bytes that moments of a branch take; a standing that neighbours share, once."""
    total, before = 0, None
    for each in kept:
        total += each.size
        standing = each.moment.standing
        if standing is not before and standing is not None:
            total += standing.looks.nbytes + standing.orbit.nbytes
        before = standing
    return total


def _checked(budget: int) -> int:
    if not 2**20 <= budget <= 2**36:
        raise ParamError(
            f"tape budget {budget}: must be from 1 MB (1048576) to 64 GB (68719476736) in bytes"
        )
    return budget


class Tape:
    """All branches of a run, and the moments of all of them within one budget.

    Parameters
    ----------
    budget
        Bytes of moments to keep, at most. Where runs begin and branches end is kept always.
    title
        What the run is called, in words.

    Raises
    ------
    ParamError
        If the budget is not a number of bytes from 1 MB to 64 GB.
    """

    def __init__(self, budget: int = BUDGET, title: str = "") -> None:
        self.budget = _checked(budget)
        self.title = title
        self.branches: list[Branch] = []
        self.bookmarks: list[Bookmark] = []
        self.predictions: list[Prediction] = []
        self.stride = STRIDE
        self.used = 0
        self.log: Log | None = None

    def copy(self) -> Tape:
        """Return a tape that holds what this one holds now, for another thread; it shares arrays.

        Moments and rows are never written again, so only the lists are new.
        """
        twin = Tape(self.budget, self.title)
        twin.branches = [
            replace(branch, marks=list(branch.marks), kept=list(branch.kept))
            for branch in self.branches
        ]
        twin.bookmarks = list(self.bookmarks)
        twin.predictions = list(self.predictions)
        twin.stride, twin.used = self.stride, self.used
        return twin

    # ---- growing ------------------------------------------------------------------------------

    def plant(
        self,
        settings: Settings,
        columns: tuple[str, ...],
        origin: Place | None = None,
        text: str = "",
        title: str = "",
    ) -> Branch:
        """Begin a run at step 0; ``text`` says why, in words, ``title`` what it is called."""
        number = len(self.branches)
        branch = Branch(number, None, 0, 0, settings, columns, origin, text=text, title=title)
        branch.trace = TraceWriter(columns).trace()
        return self._begun(branch)

    def fork(self, place: Place, settings: Settings) -> Branch:
        """Begin another future at a place; ``settings`` are those in force there."""
        stem = self.stem(place)
        if stem != place:
            self.drop(place.branch)
        parent = self.branches[stem.branch]
        number = len(self.branches)
        branch = Branch(number, parent.number, place.step, place.marks, settings, parent.columns)
        branch.title = parent.title
        branch.trace = parent.trace.upto(place.step)
        return self._begun(branch)

    def _begun(self, branch: Branch) -> Branch:
        self.branches.append(branch)
        if self.log is not None:
            self.log.begun(branch)
        return branch

    def drop(self, number: int) -> None:
        """Take away the latest branch if nothing has happened on it; nobody may stand there."""
        branch = self.branches[-1]
        if number == branch.number and branch.empty:
            self.branches.pop()
            self.used -= room(branch.kept)
            self.bookmarks = [b for b in self.bookmarks if b.branch != number]
            if self.log is not None:
                self.log.dropped(number)

    def mark(self, number: int, mark: Mark) -> None:
        """Append to a branch's journal."""
        branch = self.branches[number]
        branch.marks.append(mark)
        if not branch.text:
            branch.text = mark.text
        if self.log is not None:
            self.log.marked(number, mark)

    def ran(self, number: int, trace: Trace) -> None:
        """Take note of a branch's trace, which has grown; shares its memory."""
        branch = self.branches[number]
        before = len(branch.trace)
        branch.trace = trace
        if self.log is not None and len(trace) > before:
            self.log.ran(number, trace.take(before, len(trace)))

    def settle(self, number: int) -> None:
        """Let a branch's trace have no more room than it needs: nobody goes on with it for now."""
        branch = self.branches[number]
        branch.trace = branch.trace.trimmed()

    def keep(
        self, number: int, moment: Moment, unread: int, marks: int, fixed: bool = False
    ) -> None:
        """Keep a moment of a branch, and let others go if there are too many.

        It has no ``unread`` rows, only their number. A fixed moment that is not where a run begins
        stands in for the one before it.
        """
        branch = self.branches[number]
        kept = Kept(moment.step, marks, moment, unread, weight(moment), fixed)
        if fixed or not branch.kept or branch.kept[-1].key >= kept.key:
            if not self._put(branch, kept):
                return
        else:  # a run that goes on: its latest moment lies behind all others
            self.used += room((branch.kept[-1], kept)) - room(branch.kept[-1:])
            branch.kept.append(kept)
        if self.log is not None:
            self.log.kept(number, kept)
        while self.used > self.budget and self._thin():
            pass

    def entitle(self, title: str) -> None:
        """Call the run something from now on."""
        self.title = title
        if self.log is not None:
            self.log.titled(title)

    def limit(self, budget: int) -> None:
        """Keep at most so many bytes of moments from now on. Raises ParamError as a new tape."""
        self.budget = _checked(budget)
        while self.used > self.budget and self._thin():
            pass

    def _put(self, branch: Branch, kept: Kept) -> bool:
        """Put a moment where it belongs, or return that one is there already."""
        at = bisect_right(branch.kept, kept.key, key=_key)
        there = at > 0 and branch.kept[at - 1].key == kept.key
        if there and (branch.kept[at - 1].fixed or not kept.fixed):
            return False
        self.used -= room(branch.kept)
        if there:
            branch.kept.pop(at - 1)
        if kept.fixed and kept.step > 0:
            self._let_go(branch)
        branch.kept.insert(bisect_right(branch.kept, kept.key, key=_key), kept)
        self.used += room(branch.kept)
        return True

    def _let_go(self, branch: Branch) -> None:
        """Let go of a former end of a branch, unless it falls on the stride."""
        for at, each in reversed(tuple(enumerate(branch.kept))):
            if each.fixed and each.step > 0:
                if each.step % self.stride:
                    branch.kept.pop(at)
                else:
                    branch.kept[at] = replace(each, fixed=False)

    def _thin(self) -> bool:
        """Double the stride; return whether there is something left to thin."""
        if all(kept.fixed for branch in self.branches for kept in branch.kept):
            return False
        self.stride *= 2
        for branch in self.branches:
            branch.kept = [
                each for each in branch.kept if each.fixed or each.step % self.stride == 0
            ]
        self.weigh()
        if self.log is not None:
            self.log.thinned(self.stride)
        return True

    def weigh(self) -> None:
        """Weigh all moments together: after some went, or were read from a file."""
        self.used = sum(room(branch.kept) for branch in self.branches)

    def bookmark(self, place: Place, note: str = "") -> None:
        """Mark a step to be found again; a second time with another note replaces the first."""
        others = [b for b in self.bookmarks if (b.branch, b.step) != (place.branch, place.step)]
        self.bookmarks = sorted(
            [*others, Bookmark(place.branch, place.step, note)], key=lambda b: (b.step, b.branch)
        )
        if self.log is not None:
            self.log.noted(self.bookmarks)

    def unbookmark(self, branch: int, step: int) -> None:
        """Take a bookmark away."""
        self.bookmarks = [b for b in self.bookmarks if (b.branch, b.step) != (branch, step)]
        if self.log is not None:
            self.log.noted(self.bookmarks)

    def predict(self, prediction: Prediction) -> None:
        """Keep what somebody expects; a later one of the same question takes its place."""
        same = prediction.lesson, prediction.question
        others = [p for p in self.predictions if (p.lesson, p.question) != same]
        self.predictions = [*others, prediction]
        if self.log is not None:
            self.log.predicted(self.predictions)

    # ---- questions ----------------------------------------------------------------------------

    def stem(self, place: Place) -> Place:
        """Return the place on the branch where it really lies: what it shares is its parent's."""
        branch = self.branches[place.branch]
        while branch.parent is not None and (place.step, place.marks) <= (
            branch.first,
            branch.shared,
        ):
            branch = self.branches[branch.parent]
        return replace(place, branch=branch.number)

    def path(self, number: int) -> list[Branch]:
        """Return the branches that lead to one, from step 0 on, itself last."""
        path = [self.branches[number]]
        while (parent := path[0].parent) is not None:
            path.insert(0, self.branches[parent])
        return path

    def marks(self, number: int) -> list[Mark]:
        """Return the whole journal of a branch, from step 0 on."""
        marks: list[Mark] = []
        for branch in self.path(number):
            marks = marks[: branch.shared] + branch.marks
        return marks

    def trace(self, number: int) -> Trace:
        """Return the whole trace of a branch, from step 0 on."""
        return self.branches[number].trace

    def place(self, number: int, step: int) -> Place:
        """Return the place of a step of a branch, behind all that was done there."""
        step = min(max(step, 0), self.branches[number].last)
        marks = self.marks(number)
        return Place(number, step, bisect_right([mark.step for mark in marks], step))

    def nearest(self, place: Place) -> tuple[Branch, Kept]:
        """Return the moment that is nearest before a place, and its branch."""
        limit = place.step, place.marks
        for branch in reversed(self.path(place.branch)):
            at = bisect_right(branch.kept, limit, key=_key)
            if at:
                return branch, branch.kept[at - 1]
            limit = min(limit, (branch.first, branch.shared))
        raise ParamError(f"step {place.step}: the tape holds no moment before it")

    def before(self, place: Place, most: int) -> list[Moment]:
        """Return up to ``most`` moments before a place, evenly over the run, in order."""
        found: list[Kept] = []
        limit = place.step, place.marks
        for branch in reversed(self.path(place.branch)):
            at = bisect_right(branch.kept, limit, key=_key)
            found = branch.kept[:at] + found
            limit = min(limit, (branch.first, branch.shared))
        if len(found) > most:
            late = found[-most // 3 :]
            early = found[: -most // 3]
            count = most - len(late)
            found = [early[i * len(early) // count] for i in range(count)] + late
        return [
            kept.moment for kept in found if (kept.step, kept.marks) < (place.step, place.marks)
        ]

    def stretches(self) -> tuple[Stretch, ...]:
        """Return every branch as a timeline draws it."""
        return tuple(
            Stretch(
                b.number,
                b.parent,
                b.name,
                b.first,
                b.last,
                tuple(b.marks),
                b.text,
                b.shared,
                b.title,
            )
            for b in self.branches
        )
