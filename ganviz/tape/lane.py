"""Lane: one engine on a tape.

Everything that moves the engine goes through here, so that the tape knows it all. Where the lane
stands before the end of its branch, steps repeat what is recorded, with the changes that were made
then; whatever else is done there begins another branch, and the old future stays.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import lcm
from time import perf_counter
from typing import Any

from ganviz.clock import Part
from ganviz.engine import Engine
from ganviz.engine.engine import said_of
from ganviz.engine.family.scribe import Instant
from ganviz.frame import Mark
from ganviz.schema import ParamError, get
from ganviz.settings import Settings
from ganviz.tape.tape import Branch, Place, Tape

#: Earlier moments that tell where the players have been after a jump, at most. The run itself
#: remembers more, so two pictures are then others: see :mod:`ganviz.engine.record`.
PAST = 48
#: Ends of branches at which the lane has stood and knows what it remembered there, at most: up to
#: 64 MB each where the networks are large.
ENDS = 2
#: Steps that take less than this, in seconds, are run again sooner than moments of them are kept.
SOON = 0.012
#: Steps of one call while a place is sought.
CALL_STEPS = 8


class Lane:
    """One engine on a tape.

    Parameters
    ----------
    tape
        The tape to record on.
    settings
        Begin a run with these, at step 0.
    branch
        Or stand at the beginning of this branch of the tape.
    text
        Why the run is begun, in words.
    """

    def __init__(
        self,
        tape: Tape,
        settings: Settings | None = None,
        branch: int | None = None,
        text: str = "",
    ) -> None:
        self.tape = tape
        self._redo: list[Place] = []
        self._ends: list[tuple[Branch, int, int, Any]] = []  # what it remembered at ends it left
        self._parting = False  # whether another future begins at the goal
        #: Where the lane is on its way to, by running steps again; None when it is there.
        self.goal: Place | None = None
        if branch is None:
            self.engine = Engine(settings)
            self._plant(None, text)
        else:
            start = tape.path(branch)[0]
            self.engine = Engine(start.settings)
            self._branch = branch
            self._journal = tape.marks(branch)
            self.seek(Place(branch, 0, 0))

    # ---- where it stands ----------------------------------------------------------------------

    @property
    def branch(self) -> Branch:
        """The branch it stands on."""
        return self.tape.branches[self._branch]

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self._branch, self.engine.steps, len(self.engine.journal))

    @property
    def past(self) -> bool:
        """Whether it stands before the end of its branch: what comes next is known."""
        steps, marks = self.engine.steps, len(self.engine.journal)
        return steps < self.branch.last or marks < len(self._journal)

    # ---- going on -----------------------------------------------------------------------------

    def step(self, n: int = 1, more: int = 0) -> None:
        """Take n steps: those that are known again, and then new ones.

        ``more`` steps will probably be asked for next: see :meth:`Engine.step`.
        """
        end = self.engine.steps + n
        if self.past:
            self.follow(n)
        while self.engine.steps < end and not self.engine.trouble and not self.past:
            stride = self._stride
            left = end - self.engine.steps
            here = min(left, stride - self.engine.steps % stride)
            self.engine.step(here, left - here + more)
            self._ran()

    def follow(self, n: int) -> None:
        """Take n of the steps that are known, and do what was done between them; no step more."""
        end = min(self.engine.steps + n, self.branch.last)
        done = bisect_right(self._journal, end, key=lambda mark: mark.step)
        self._approach(Place(self._branch, end, done))

    def _approach(self, goal: Place, seconds: float = float("inf")) -> bool:
        """Repeat what is known up to a place; return whether it was reached in the time."""
        engine, began = self.engine, perf_counter()
        while (engine.steps, len(engine.journal)) < (goal.step, goal.marks):
            done = len(engine.journal)
            due = self._journal[done] if done < goal.marks else None
            if due is not None and due.step <= engine.steps:
                engine.repeat(due)
                # The text may name what is no more; what was written then holds. On another
                # machine a move may have come to nothing: that it was made holds as well.
                engine.journal[done:] = [due]
                continue
            stop = goal.step if due is None else due.step
            engine.step(min(stop - engine.steps, CALL_STEPS))
            if engine.trouble:
                break  # on another machine, where the numbers are others
            if perf_counter() - began > seconds:
                return (engine.steps, len(engine.journal)) >= (goal.step, goal.marks)
        self._regain()
        return True

    def lay_open(self) -> tuple[Instant, ...]:
        """Take one step and return what passed in it: see :meth:`Engine.lay_open`."""
        if self.past:
            self.follow(0)  # what was done here comes first
        past = self.past
        passed = self.engine.lay_open()
        if not past:
            self._ran()
        return passed

    @Part("trace and moments")
    def _ran(self) -> None:
        """Record the steps that were taken."""
        engine = self.engine
        self.tape.ran(self._branch, engine.trace)
        if engine.steps % self._stride == 0:
            self.tape.keep(self._branch, *engine.kept(), len(engine.journal))

    @property
    def _stride(self) -> int:
        """Steps between two moments that are kept: the tape's, or more where steps are fast.

        Then moments are best kept where the run stops anyway, to be measured.
        """
        stride, pace = self.tape.stride, self.engine.kernel.pace
        if not pace:
            return stride
        measured = lcm(stride, self.engine.settings.train.measure_every)
        if measured * pace < 2 * SOON:
            stride = measured
        while 2 * stride * pace < SOON:
            stride *= 2
        return stride

    # ---- doing something ----------------------------------------------------------------------

    def change(self, values: Mapping[str, Any], joined: bool = False) -> None:
        """Change parameters from here on. Raises ParamError, and leaves everything as it was."""
        self._act(lambda: self.engine.change(values, joined))

    def step_player(self, player: str) -> None:
        """Let one player move alone."""
        self._act(lambda: self.engine.step_player(player))

    def go_back(self) -> None:
        """After a divergence, take up the last finite moment."""
        self._act(self.engine.go_back)

    def _act(self, act: Callable[[], None]) -> None:
        """Do something that goes into the journal; in the past it begins another branch."""
        place, settings, journal = self.place, self.engine.settings, self.engine.journal
        past = self.past
        before = {path: get(settings, path) for path in ("train.seed", "game.kind")}
        act()
        engine = self.engine
        if engine.journal is not journal:  # a change that begins a new run
            self._leave(place.branch)
            after = {path: get(engine.settings, path) for path in before}
            new = {path: (was, after[path]) for path, was in before.items() if was != after[path]}
            self._plant(place, said_of(new))
        elif len(journal) > place.marks:
            if past:
                self._fork(place, settings)
            for mark in journal[place.marks :]:
                self._mark(mark)
        self._redo.clear()

    def _mark(self, mark: Mark) -> None:
        self._journal.append(mark)
        self.tape.mark(self._branch, mark)

    def _fork(self, place: Place, settings: Settings) -> None:
        self._leave(place.branch)
        branch = self.tape.fork(place, settings)
        self._branch = branch.number
        self._journal = self.tape.marks(branch.number)
        self.cancel()
        self.engine.part()

    def fork(self) -> Branch:
        """Begin another future here: the one that is known, if any, stays as it is."""
        self.keep_end()
        self._fork(self.place, self.engine.settings)
        return self.branch

    def restart(self, settings: Settings, text: str = "restart", title: str = "") -> None:
        """Begin a run at step 0, with these settings; what was run stays on the tape.

        ``text`` says in words why, ``title`` what it is called if it is called something else.

        Raises
        ------
        ParamError
            For settings that no game can be built from; everything stays as it was.
        """
        engine = Engine(settings)
        place = self.place
        self.keep_end()
        self._remember()
        self._leave(place.branch)
        self.engine = engine
        self._plant(place, text, title)
        self._redo.clear()

    def _plant(self, origin: Place | None, text: str, title: str = "") -> None:
        engine = self.engine
        title = title or (self.tape.title if origin is None else self.branch.title)
        if origin is not None:
            left = self.tape.branches[origin.branch]
            if left.empty and left is self.tape.branches[-1]:
                # No heap of runs without a step: the new one takes its place.
                origin = left.origin if left.parent is None else self.tape.stem(origin)
                self.tape.drop(left.number)
        branch = self.tape.plant(engine.settings, engine.trace.columns, origin, text, title)
        self._branch, self._journal = branch.number, []
        self.cancel()
        self.tape.keep(branch.number, *engine.kept(), 0, fixed=True)

    def _leave(self, number: int) -> None:
        """Go on with another branch."""
        self.tape.settle(number)

    # ---- to and fro ---------------------------------------------------------------------------

    def seek(self, place: Place, seconds: float = float("inf")) -> None:
        """Stand at a place of the tape.

        Parameters
        ----------
        place
            Where to stand.
        seconds
            How long steps may be run again. If that is not enough, the lane stands before the
            place, at a true moment, and ``goal`` says where it wants to go: see :meth:`go_on`.
        """
        self.keep_end()
        branch, kept = self.tape.nearest(place)
        here = self.engine.steps, len(self.engine.journal)
        onward = place.branch == self._branch and kept.key <= here <= (place.step, place.marks)
        if not onward:
            self._remember()
            if place.branch != self._branch:
                self._leave(self._branch)
                left, self._branch = self._branch, place.branch
                self._journal = self.tape.marks(place.branch)
                self.tape.drop(left)
            trace = self.tape.trace(self._branch)
            unread = trace.take(kept.step - kept.unread, kept.step)
            moment = replace(kept.moment, unread=(unread,) if kept.unread else ())
            past = self.tape.before(Place(branch.number, *kept.key), PAST)
            self.engine.take_up(moment, trace, self._journal[: kept.marks], past)
            self._regain()
        self.cancel()
        self.goal = place
        self.go_on(seconds)

    def _remember(self) -> None:
        """Keep where the players have been, if the lane stands at the end of its branch."""
        if not self.past:
            place = self.engine.steps, len(self.engine.journal)
            ends = [end for end in self._ends if end[0] is not self.branch]
            self._ends = [*ends, (self.branch, *place, self.engine.recollection())][-ENDS:]

    def _regain(self) -> None:
        """Where the lane stood at this place before, know again what was known then."""
        for end in self._ends:
            if end[0] is self.branch and end[1:3] == (self.engine.steps, len(self.engine.journal)):
                self._ends.remove(end)
                self.engine.recollect(end[3])
                return

    def go_on(self, seconds: float) -> bool:
        """Come nearer to the goal for so long; return whether it is reached, or was.

        Raises
        ------
        ParamError
            If what was done on the way cannot be done again, such as reading a file that is gone;
            the lane stays before it.
        """
        if self.goal is None:
            return True
        try:
            there = self._approach(self.goal, seconds)
        except ParamError:  # what was done then cannot be done here
            self.cancel()
            raise
        if there:
            parting = self._parting
            self.cancel()
            if parting:
                self._fork(self.place, self.engine.settings)
        return there

    def cancel(self) -> None:
        """Stay here, at a true moment, wherever the lane was on its way to."""
        self.goal, self._parting = None, False

    def keep_end(self) -> None:
        """Keep the moment at the end of the branch, where the lane stands there.

        To be called before the tape is written to a file: who opens it stands there at once.
        """
        if not self.past:
            self.tape.keep(self._branch, *self.engine.kept(), len(self.engine.journal), fixed=True)

    def to_end(self, seconds: float = float("inf")) -> None:
        """Stand at the end of the branch."""
        number = self._branch
        self.seek(Place(number, self.branch.last, len(self._journal)), seconds=seconds)

    # ---- taking back --------------------------------------------------------------------------

    def _last_deed(self) -> tuple[Place, str] | None:
        """Return the place before the last deed, and what it was; drags count as one."""
        done = len(self.engine.journal)
        at = done - 1
        while at > 0 and self._journal[at].joined:
            at -= 1
        if at >= 0:
            return Place(self._branch, self._journal[at].step, at), self._journal[done - 1].text
        root = self.tape.path(self._branch)[0]
        return None if root.origin is None else (root.origin, root.text)

    @property
    def undo_words(self) -> str:
        """What would be taken back; empty where nothing has been done."""
        found = self._last_deed()
        return found[1] if found is not None else ""

    @property
    def redo_words(self) -> str:
        """Where it would go forward to; empty where nothing was taken back."""
        if not self._redo:
            return ""
        place = self._redo[-1]
        return f"step {place.step:,} of {self.tape.branches[place.branch].name}"

    def undo(self, seconds: float = float("inf")) -> bool:
        """Take back the last deed, and return to the moment before it; its future stays a branch.

        Return whether there was one.
        """
        found = self._last_deed()
        if found is None:
            return False
        place, here = found[0], self.place
        if not self.branch.empty:
            self._redo.append(here)
        elif self.branch.parent is not None:  # itself it is gone when it is left
            self._redo.append(self.tape.stem(here))
        self.seek(place, seconds=0.0)
        self._parting = place.branch == here.branch
        self.goal = place
        self.go_on(seconds)
        return True

    def redo(self, seconds: float = float("inf")) -> bool:
        """Go forward again to where the last undo was; return whether there was one."""
        if not self._redo:
            return False
        self.seek(self._redo.pop(), seconds=seconds)
        return True
