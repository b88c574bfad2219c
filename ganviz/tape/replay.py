"""Replay: a run once more from its seed and its journal alone, compared with what was recorded.

Every branch is run again; a branch that leaves another goes on from where the replay itself stood
there. Nothing is taken from the recorded moments: they are what is compared with, and so is every
row of the trace. It needs PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ganviz.engine import Engine
from ganviz.engine.diagnosis import Standing
from ganviz.engine.moment import Moment
from ganviz.engine.ranges import Held
from ganviz.frame import Mark, Trace
from ganviz.schema import ParamError
from ganviz.tape.runfile import Run, versions
from ganviz.tape.tape import Branch, Kept

#: Steps of one call, between two looks at whether to go on.
CALL_STEPS = 64


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one branch.

    Attributes
    ----------
    branch
        Its letter.
    first, last
        The steps between which it was run.
    marks, moments
        How many of its changes were made again, and how many of its moments were compared.
    same
        Whether every number is the same, bit for bit.
    step
        Where it is not: the first step whose numbers differ.
    player, largest
        The player whose weights then differ most, and by how much.
    words
        The same in a sentence.
    """

    branch: str
    first: int
    last: int
    marks: int
    moments: int
    same: bool
    step: int | None
    player: str
    largest: float
    words: str


@dataclass(slots=True)
class _Start:
    """Where the replay stood at a place from which a branch leaves."""

    moment: Moment
    trace: Trace
    journal: list[Mark]


def replay(run: Run, told: Callable[[str, int], bool] | None = None) -> list[Verdict]:
    """Run every branch again and compare; the tape is only read.

    Parameters
    ----------
    run
        What was recorded.
    told
        Hears the letter of a branch and the step it has come to; if it says yes, the replay stops
        after that branch.

    Raises
    ------
    ParamError
        For a game that cannot be built on this machine.
    """
    starts: dict[int, _Start] = {}
    verdicts: list[Verdict] = []
    apart: set[int] = set()  # branches that could not be followed to where others leave them
    for branch in run.tape.branches:
        if branch.parent in apart or (branch.parent is not None and branch.number not in starts):
            apart.add(branch.number)
            continue
        again = _Again(run, branch, starts)
        verdicts.append(again.verdict(told))
        if again.lost:
            apart.add(branch.number)
        if again.stopped:
            break
    return verdicts


def compared(recorded: dict[str, str]) -> str:
    """Say in a sentence which versions differ from those that recorded a run, if any."""
    here = versions()
    other = [
        f"{name} {recorded[name]} (here {here[name]})"
        for name in here
        if name in recorded and recorded[name] != here[name]
    ]
    if not other:
        return "It was recorded with the same versions on the same kind of machine."
    return f"It was recorded with {', '.join(other)}: sums may be rounded otherwise there."


class _Again:
    """One branch that is run again."""

    def __init__(self, run: Run, branch: Branch, starts: dict[int, _Start]) -> None:
        tape = run.tape
        self._branch = branch
        self._starts = starts
        self._journal = tape.marks(branch.number)
        self._leaving = [b for b in tape.branches if b.parent == branch.number]
        self._compared = branch.first
        # Another ganviz may choose other axes and judge otherwise, or have other detectors.
        self._alike = run.versions.get("ganviz") == versions()["ganviz"]
        self._step: int | None = None
        self._player, self._largest = "", 0.0
        self._moments = 0
        self._why = ""
        self.lost = self.stopped = False
        start = starts.pop(branch.number, None)
        self._engine = Engine(branch.settings)
        if start is not None:
            self._engine.take_up(start.moment, start.trace, start.journal)
            self._engine.part()

    def verdict(self, told: Callable[[str, int], bool] | None) -> Verdict:
        """Go along the branch, from stop to stop, and say what came of it."""
        branch = self._branch
        stops: list[tuple[tuple[int, int], Any]] = [(kept.key, kept) for kept in branch.kept]
        stops += [((b.first, b.shared), b) for b in self._leaving]
        stops.append(((branch.last, len(self._journal)), None))
        for place, stop in sorted(stops, key=lambda each: each[0]):
            reached = False
            while not reached and not self.stopped:
                reached = self._reach(place)
                self.stopped = told is not None and told(branch.name, self._engine.steps)
            if self.stopped or self.lost:
                break
            self._compare_rows()
            if isinstance(stop, Kept):
                self._compare(stop)
            elif isinstance(stop, Branch):
                self._starts[stop.number] = _Start(
                    self._engine.moment(), self._engine.trace, list(self._engine.journal)
                )
        self._compare_rows()
        done = len(self._engine.journal) - branch.shared
        same = self._step is None and not self.lost and not self.stopped
        return Verdict(
            branch.name,
            branch.first,
            self._engine.steps,
            done,
            self._moments,
            same,
            self._step,
            self._player,
            self._largest,
            self._words(same, done),
        )

    def _reach(self, place: tuple[int, int]) -> bool:
        """Take steps and do what was done up to a place; return whether it is reached."""
        engine, journal = self._engine, self._journal
        taken = 0
        while (engine.steps, len(engine.journal)) < place:
            done = len(engine.journal)
            if done < place[1] and journal[done].step <= engine.steps:
                try:
                    engine.repeat(journal[done])
                except ParamError as error:
                    self._lose(str(error))
                    return True
                engine.journal[done:] = [journal[done]]
                continue
            if taken >= CALL_STEPS:
                return False
            stop = min(place[0], journal[done].step if done < place[1] else place[0])
            n = min(stop - engine.steps, CALL_STEPS - taken)
            engine.step(n)
            taken += n
            if engine.trouble:
                self._lose(engine.trouble)
                return True
        return True

    def _lose(self, why: str) -> None:
        self.lost, self._why = True, why
        if self._step is None:
            self._step = self._engine.steps + 1

    def _compare_rows(self) -> None:
        """Find the first row of the trace that differs, of those that have come since."""
        if self._step is not None:
            return
        mine, recorded = self._engine.trace, self._branch.trace
        begin, end = self._compared, min(mine.last, recorded.last)
        for piece in mine.upto(end).pieces(begin):
            other = recorded.take(begin, begin + len(piece))
            same = (piece == other) | (np.isnan(piece) & np.isnan(other))
            wrong = np.flatnonzero(~same.all(axis=1))
            if len(wrong):
                self._step = begin + 1 + int(wrong[0])
                return
            begin += len(piece)
        self._compared = begin

    def _compare(self, kept: Kept) -> None:
        """Compare all that a recorded moment holds with the moment of the replay."""
        mine, other = self._engine.moment(), kept.moment
        self._moments += 1
        same = (mine.block, mine.used) == (other.block, other.used)
        same = same and kept.unread == sum(len(rows) for rows in mine.unread)
        same = same and (mine.measured, mine.how) == (other.measured, other.how)
        same = same and _equal(mine.captured, other.captured)
        if self._alike:
            same = same and _steady(mine) == _steady(other)
            same = same and _as_diagnosed(mine.standing, other.standing)
        most, whose = 0.0, ""
        for name, player in other.players.items():
            pairs = [(player.flat, mine.players[name].flat)]
            pairs += list(zip(player.moments, mine.players[name].moments, strict=True))
            same = same and player.updates == mine.players[name].updates
            for theirs, ours in pairs:
                same = same and np.array_equal(theirs, ours, equal_nan=True)
            gap = float(np.abs(pairs[0][0].astype(float) - pairs[0][1]).max(initial=0.0))
            if gap > most:
                most, whose = gap, name
        for name, array in other.memory.items():
            same = same and np.array_equal(array, mine.memory[name])
        if not same and self._step is None:
            self._step = kept.step
        if not same and not self._player:
            self._player, self._largest = whose, most

    def _words(self, same: bool, done: int) -> str:
        branch = self._branch
        until = f"branch {branch.name}, steps {branch.first:,} to {self._engine.steps:,}"
        changes = f"{done} change{'' if done == 1 else 's'}"
        if self.stopped:
            return f"{until}: stopped"
        if same:
            return (
                f"{until}, {changes}: bit-identical in {self._moments} moments and every row of "
                "the trace"
            )
        where = f"{until}, {changes}: first differs at step {self._step or 0:,}"
        if self._player:
            where += (
                f"; in the next moment the {self._player}'s weights differ by up to "
                f"{self._largest:.2g}"
            )
        return where + (f". {self._why}" if self._why else "")


def _steady(moment: Moment) -> dict[str, Held]:
    """Return the ranges of the axes, but for V's plane: its directions depend on the way here."""
    return {n: held for n, held in moment.held.items() if not n.startswith("surface.")}


def _equal(mine: Any, other: Any) -> bool:
    if mine is None or other is None:
        return mine is other
    return np.array_equal(mine, other, equal_nan=True)


def _as_diagnosed(mine: Standing | None, other: Standing | None) -> bool:
    """Return whether two diagnoses look back on the same and say the same."""
    if mine is None or other is None:
        return mine is other
    arrays = _equal(mine.looks, other.looks) and _equal(mine.orbit, other.orbit)
    names = ("begun", "looked", "judged", "norms_at", "counts", "verdict", "written")
    return arrays and all(getattr(mine, name) == getattr(other, name) for name in names)
