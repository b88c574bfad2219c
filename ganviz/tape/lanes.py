"""Lanes: one to four runs of a tape on one clock, one of them driven.

All stand at the same step. Steps, seeking and restarting concern all of them; changes, single
moves and taking back concern the one that is driven.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

from ganviz.engine import Engine
from ganviz.engine.family.scribe import Instant
from ganviz.frame import Frame, Reel, Wants
from ganviz.schema import ParamError, changed, get, words
from ganviz.settings import PARAMETERS, Settings
from ganviz.tape.lane import CALL_STEPS, Lane
from ganviz.tape.tape import BUDGET, Place, Tape

#: Lanes at most.
MOST = 4
#: How long steps may be run again at once when a place is sought, seconds.
SEEK_SECONDS = 0.02


class Lanes:
    """The lanes of one tape; at first a single one."""

    def __init__(self, first: Lane) -> None:
        self.tape = first.tape
        self.all = [first]
        self._driven = 0
        self._sought: Place | None = None  # where the run was, when a seek began
        self._reel: tuple[object, Reel] | None = None

    @classmethod
    def begin(cls, settings: Settings, budget: int = BUDGET, title: str = "") -> Lanes:
        """Begin a run on a tape of its own, which keeps so many bytes of moments.

        Raises
        ------
        ParamError
            For settings that no game can be built from.
        """
        return cls(Lane(Tape(budget, title), settings))

    @classmethod
    def on(cls, tape: Tape, place: Place | None = None) -> Lanes:
        """Stand on a tape that is there, at a place, or at the end of its last branch.

        Raises
        ------
        ParamError
            If its settings do not fit this machine.
        """
        number = tape.branches[-1].number if place is None else place.branch
        lane = Lane(tape, branch=number)
        lane.seek(place or tape.place(number, tape.branches[number].last))
        return cls(lane)

    @property
    def lane(self) -> Lane:
        """The lane that is driven."""
        return self.all[self._driven]

    @property
    def engine(self) -> Engine:
        """The engine of the lane that is driven."""
        return self.lane.engine

    @property
    def trouble(self) -> str:
        """Why a run has stopped by itself, or nothing."""
        return next((lane.engine.trouble for lane in self._ordered if lane.engine.trouble), "")

    @property
    def past(self) -> bool:
        """Whether the lane that is driven stands before the end of its branch."""
        return self.lane.past

    @property
    def busy(self) -> bool:
        """Whether a lane is still on its way to where it was sent, or behind the others."""
        return any(lane.goal is not None or self._lags(lane) for lane in self.all)

    @property
    def _clock(self) -> int:
        """The step at which all lanes shall stand."""
        goal = self.lane.goal
        return self.engine.steps if goal is None else goal.step

    def _lags(self, lane: Lane) -> bool:
        return lane.engine.steps < self._clock and not lane.engine.trouble

    @property
    def _ordered(self) -> list[Lane]:
        others = [lane for lane in self.all if lane is not self.lane]
        return [self.lane, *others]

    # ---- all together -------------------------------------------------------------------------

    @property
    def free(self) -> bool:
        """Whether every lane's kernel can do without the interpreter lock."""
        return all(lane.engine.kernel.free for lane in self.all)

    def step(self, n: int = 1, more: int = 0) -> None:
        """Take n steps, each lane: those that are known again, then new ones.

        ``more`` steps will probably be asked for next: see :meth:`Engine.step`.
        """
        for lane in self.all:
            lane.step(n, more)

    def follow(self, n: int) -> None:
        """Take n steps of those that are known to the lane that is driven."""
        begun = self.engine.steps
        self.lane.follow(n)
        for lane in self._ordered[1:]:
            lane.step(self.engine.steps - begun)

    def jump(self, step: int) -> None:
        """Stand where a moment is kept, at or before a step, if that is ahead."""
        step -= step % self.tape.stride
        if step > self.engine.steps:
            self.seek(self.lane.branch.number, step)

    def seek(self, branch: int, step: int, seconds: float = SEEK_SECONDS) -> None:
        """Stand at a step of a branch, all lanes; what takes longer is left to :meth:`go_on`.

        Raises
        ------
        ParamError
            If there is no such branch.
        """
        if not 0 <= branch < len(self.tape.branches):
            raise ParamError(
                f"branch {branch}: must be one of the {len(self.tape.branches)} on the tape, from 0"
            )
        step = min(max(step, 0), self.tape.branches[branch].last)
        for lane in self.all:  # a branch has one lane at most
            if lane is not self.lane and lane.branch.number == branch:
                self.drive(lane.branch.name)
        self._sought = self.lane.place
        self.lane.seek(self.tape.place(branch, step), seconds=seconds)
        self._align(seconds)

    def _align(self, seconds: float = SEEK_SECONDS) -> None:
        """Bring the other lanes to where the driven one stands or is going."""
        for lane in self._ordered[1:]:
            if lane.engine.steps != self._clock:
                # Beyond its end it has yet to run: go_on does.
                lane.seek(self.tape.place(lane.branch.number, self._clock), seconds=seconds)

    def go_on(self, seconds: float) -> bool:
        """Come nearer to where the lanes were sent; return whether all are there."""
        began = perf_counter()
        for lane in self._ordered:
            lane.go_on(seconds)
        for lane in self._ordered[1:]:
            while lane.goal is None and self._lags(lane) and perf_counter() - began < seconds:
                lane.step(min(CALL_STEPS, self._clock - lane.engine.steps))
        return not self.busy

    def cancel(self) -> None:
        """Go no further: stand where the run was before it was sent away."""
        for lane in self.all:
            lane.cancel()
        if self._sought is not None:
            place, self._sought = self._sought, None
            if place.branch < len(self.tape.branches):
                self.lane.seek(place)
        self._align()

    # ---- the one that is driven ---------------------------------------------------------------

    def undo(self) -> bool:
        """Take back the last deed of the driven lane; return whether there was one."""
        self._sought = self.lane.place
        root = self.tape.path(self.lane.branch.number)[0]
        done = self.lane.undo(SEEK_SECONDS)
        if self.tape.path(self.lane.branch.number)[0] is not root:
            self.alone()  # it is another run now, which the others never ran beside
        self._align()
        return done

    def redo(self) -> bool:
        """Go forward again; return whether something had been taken back."""
        self._sought = self.lane.place
        root = self.tape.path(self.lane.branch.number)[0]
        done = self.lane.redo(SEEK_SECONDS)
        if self.tape.path(self.lane.branch.number)[0] is not root:
            self.alone()
        self._align()
        return done

    def change(self, values: Mapping[str, Any], joined: bool = False) -> None:
        """Change parameters of the driven lane; a change of seed begins all of them again."""
        if len(self.all) > 1 and "train.seed" in values:
            self.restart(values=values)
            return
        self.lane.change(values, joined)
        self._align()

    def restart(
        self,
        settings: Settings | None = None,
        values: Mapping[str, Any] | None = None,
        text: str = "restart",
    ) -> None:
        """Begin again at step 0: with other settings, one lane only; else each with its own.

        Raises
        ------
        ParamError
            For settings that no game can be built from; everything stays as it was.
        """
        if settings is not None:
            self.lane.restart(settings, text, title=text)
            self.alone()
            return
        wanted = [lane.engine.settings.with_(values or {}) for lane in self.all]
        for lane, new in zip(self.all, wanted, strict=True):
            lane.restart(new, text)

    def lay_open(self) -> tuple[Instant, ...]:
        """Take one step, and return what passed in it in the lane that is driven."""
        passed = self.lane.lay_open()
        for lane in self._ordered[1:]:
            lane.step()
        return passed

    def keep_ends(self) -> None:
        """Keep the moments at the ends where lanes stand: whoever opens the tape goes on there."""
        for lane in self.all:
            lane.keep_end()

    # ---- which lanes there are ----------------------------------------------------------------

    def compare(self, variants: Sequence[Mapping[str, Any]]) -> None:
        """Begin again at step 0 as several lanes, each with some values changed.

        Raises
        ------
        ParamError
            For fewer than two or more than four, or values that cannot be; all stays as it was.
        """
        if not 2 <= len(variants) <= MOST:
            raise ParamError(f"{len(variants)} runs to compare: must be two to four")
        base = self.lane.engine.settings
        wanted = [base.with_(values) for values in variants]
        for settings in wanted[1:]:
            Engine(settings)  # raises before anything is left
        origin = self.lane
        origin.restart(wanted[0], _said(wanted[0], base))
        self.all, self._driven = [origin], 0
        for settings in wanted[1:]:
            self.all.append(Lane(self.tape, settings, text=_said(settings, base)))

    def beside(self, branch: int) -> None:
        """Let another branch run beside the others, on their clock.

        Raises
        ------
        ParamError
            If it runs already, or four do.
        """
        if not 0 <= branch < len(self.tape.branches):
            raise ParamError(
                f"branch {branch}: must be one of the {len(self.tape.branches)} on the tape, from 0"
            )
        if any(lane.branch.number == branch for lane in self.all):
            name = self.tape.branches[branch].name
            raise ParamError(f"branch {name}: is shown already; must be another one")
        if len(self.all) == MOST:
            raise ParamError(f"{MOST + 1} runs side by side: must be at most {MOST}")
        self.all.append(Lane(self.tape, branch=branch))
        if self.engine.steps > self.tape.branches[branch].last:
            self.lane.seek(
                self.tape.place(self.lane.branch.number, self.tape.branches[branch].last)
            )
        self._align()

    def alone(self) -> None:
        """Keep the driven lane only; the others stay on the tape."""
        kept = self.lane
        for lane in self.all:
            if lane is not kept:
                lane.keep_end()
                self.tape.settle(lane.branch.number)
        self.all, self._driven = [kept], 0

    def drive(self, name: str) -> None:
        """Drive the lane of that letter.

        Raises
        ------
        ParamError
            If there is none.
        """
        names = [lane.branch.name for lane in self.all]
        if name not in names:
            raise ParamError(f"lane {name}: must be one of {', '.join(names)}")
        self._driven = names.index(name)

    # ---- what is to be seen -------------------------------------------------------------------

    def frames(self, wants: Wants, first: Frame | None = None) -> tuple[Frame, ...]:
        """Return a frame of each lane, the driven one first; ``first`` is it, if it is there."""
        frames = [
            first if first is not None and lane is self.lane else lane.engine.frame(wants)
            for lane in self._ordered
        ]
        if len(frames) == 1:
            return tuple(frames)
        return tuple(
            replace(frame, lane=lane.branch.name, apart=apart)
            for frame, lane, apart in zip(frames, self._ordered, self._apart(), strict=True)
        )

    def _apart(self) -> list[str]:
        """Return what sets each lane apart from the others, in words."""
        lanes = self._ordered
        first = lanes[0].engine.settings
        paths: dict[str, None] = {}
        for lane in lanes[1:]:
            paths |= dict.fromkeys(changed(first, lane.engine.settings))
        told = []
        for lane in lanes:
            own = lane.engine.settings  # what means nothing in its kind of game is not told
            meant = [path for path in paths if own.means_something(PARAMETERS[path])]
            nested = [(path, get(own, path)) for path in meant]
            said = " · ".join(f"{path} = {words(value)}" for path, value in nested)
            told.append(said or lane.branch.text or "as it was")
        return told

    def reel(self) -> Reel:
        """Return what a timeline draws; the same object while nothing has changed."""
        lanes = tuple((lane.branch.number, lane.engine.steps) for lane in self._ordered)
        tape = self.tape
        lane = self.lane
        goal = lane.goal
        busy = None
        if goal is not None:
            _, kept = tape.nearest(goal)
            busy = max(lane.engine.steps - kept.step, 0), goal.step - kept.step
        elif self.busy:
            behind = min(lane.engine.steps for lane in self.all)
            busy = behind, self._clock
        sizes = tuple((b.last, len(b.marks)) for b in tape.branches)
        key = lanes, sizes, tuple(tape.bookmarks), tape.used, busy, lane.undo_words, lane.redo_words
        if self._reel is None or self._reel[0] != key:
            reel = Reel(
                tape.stretches(),
                lanes,
                tuple(tape.bookmarks),
                lane.undo_words,
                lane.redo_words,
                tape.stride,
                tape.used,
                tape.budget,
                busy,
            )
            self._reel = key, reel
        return self._reel[1]


def _said(settings: Settings, base: Settings) -> str:
    told = (f"{path} = {words(now)}" for path, (_, now) in changed(base, settings).items())
    return ", ".join(told) or "as it was"
