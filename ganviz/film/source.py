"""Where the frames of a film come from. Knows no Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from ganviz.frame import Frame, Mark, Wants
from ganviz.schema import ParamError, changed
from ganviz.settings import PARAMETERS, Settings
from ganviz.tape import Tape
from ganviz.tape.lane import Lane
from ganviz.tape.lanes import Lanes

#: Bytes of moments that a run keeps which is trained for its film: enough to go back for a preview.
BUDGET = 16 * 2**20
#: Steps of one call, between two looks at whether to go on.
CALL_STEPS = 16
CALL_SECONDS = 0.05


class Stopped(Exception):
    """Whoever asked for a frame wants it no more."""


def never() -> bool:
    """Say that nobody wants to stop."""
    return False


class Source(Protocol):
    """A run that can be filmed.

    Attributes
    ----------
    title
        What it is called.
    dim
        The dimension of its data at the beginning.
    first, last
        The first and the last step that can be shown.
    lane
        The letter of the first lane; empty where there is only one.
    """

    title: str
    dim: int
    first: int
    last: int
    lane: str

    def whose(self, mark: Mark) -> str:
        """Return the letters of the lanes in which a change was made; empty: in all of them."""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Every change, in the order of their steps."""

    @property
    def trouble(self) -> str:
        """Why the run has stopped by itself, or nothing."""

    def settings(self, step: int) -> Settings:
        """Return with which settings step ``step + 1`` is trained, in the first lane."""

    def frames(
        self, step: int, wants: Wants, stopped: Callable[[], bool] = never
    ) -> tuple[Frame, ...]:
        """Return what a step looks like, one frame per lane, after all that was done there.

        Cheapest in ascending order, and possible in any. A run that has stopped by itself before
        that step is shown where it stopped.

        Raises
        ------
        Stopped
            Soon after ``stopped`` says yes, while steps are taken.
        """


class LiveRun:
    """A run that is trained while it is filmed.

    Parameters
    ----------
    settings
        To begin with.
    last
        Its last step.
    script
        ((step, {path: value}), …) what is changed, and behind which step; those of one step are
        made together.
    title
        What it is called; empty: the title of the game.

    Raises
    ------
    ParamError
        For changes behind the last step, for those that cannot be, and for those that would begin
        another run: before any step is taken.
    """

    first = 0
    lane = ""

    def __init__(
        self,
        settings: Settings,
        last: int,
        script: Iterable[tuple[int, Mapping[str, Any]]] = (),
        title: str = "",
    ) -> None:
        self.last = last
        self._script: dict[int, dict[str, Any]] = {}
        for step, values in sorted(script, key=lambda entry: entry[0]):
            self._script.setdefault(step, {}).update(values)
        self._stages = stages(settings, self._script, last)
        self._lane = Lane(Tape(BUDGET), settings)
        self.title = title or self._lane.engine.frame(Wants()).title
        self.dim = self._lane.engine.family.supply().seen.dim
        self._do(0)

    def whose(self, mark: Mark) -> str:
        """Return nothing: there is one lane."""
        return ""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Every change of the script, whether its step was reached or not."""
        before = self._stages[0][1]
        result = []
        for step, after in self._stages[1:]:
            pairs = changed(before, after)
            values = tuple((path, new) for path, (_, new) in pairs.items())
            olds = tuple((path, old) for path, (old, _) in pairs.items())
            text = ", ".join(pairs)
            result.append(Mark(step, text, values=values, before=olds))
            before = after
        return tuple(result)

    @property
    def trouble(self) -> str:
        """Why the run has stopped by itself, or nothing."""
        return self._lane.engine.trouble

    def settings(self, step: int) -> Settings:
        """Return with which settings step ``step + 1`` is trained."""
        return [settings for since, settings in self._stages if since <= step][-1]

    def frames(
        self, step: int, wants: Wants, stopped: Callable[[], bool] = never
    ) -> tuple[Frame, ...]:
        """Return what a step looks like, after all that was done there; see :class:`Source`."""
        lane = self._lane
        engine = lane.engine
        if engine.watched != wants.probe:
            engine.watch(wants.probe)
        if step < engine.steps or lane.past:
            lane.seek(lane.tape.place(lane.branch.number, step), seconds=0.0)
            while not lane.go_on(CALL_SECONDS):
                _check(stopped)
        while engine.steps < step and not engine.trouble:
            _check(stopped)
            until = min([at for at in self._script if at > engine.steps] + [step])
            lane.step(min(until - engine.steps, CALL_STEPS))
            if engine.steps == until and not engine.trouble:
                self._do(until)
        return (engine.frame(wants),)

    def _do(self, step: int) -> None:
        """Do what the script says behind a step."""
        if step in self._script:
            self._lane.change(self._script[step])


def _check(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise Stopped


def stages(
    settings: Settings, script: Mapping[int, Mapping[str, Any]], last: int
) -> list[tuple[int, Settings]]:
    """Return the settings of a script of changes, and behind which step each are in force.

    Raises
    ------
    ParamError
        For a change behind the last step, one that cannot be, or one that begins another run.
    """
    stages = [(-1, settings)]
    for step, values in script.items():
        if not 0 <= step <= last:
            raise ParamError(
                f"change at step {step:,}: must be at a step of the run, from 0 to {last:,}"
            )
        try:
            new = settings.with_(values)
        except ParamError as error:
            raise ParamError(f"change at step {step:,}: {error}") from None
        for path in changed(settings, new):
            if PARAMETERS[path].live == "restart":
                raise ParamError(
                    f"change at step {step:,}: {path} begins another run; must be given from the "
                    "start"
                )
        stages.append((step, new))
        settings = new
    return stages


class TapeRun:
    """A recorded run, or several branches of it on one clock.

    Parameters
    ----------
    tape
        The tape. It is played, and nothing is recorded on it; nobody else may use it meanwhile.
    branches
        Numbers of the branches, the driven one first; empty: the last one.
    title
        What the run is called; empty: the title on the tape, or that of the game.

    Raises
    ------
    ParamError
        For a branch that there is not, or settings that do not fit this machine.
    """

    first = 0

    def __init__(self, tape: Tape, branches: tuple[int, ...] = (), title: str = "") -> None:
        numbers = branches or (len(tape.branches) - 1,)
        for number in numbers:
            if not 0 <= number < len(tape.branches):
                known = ", ".join(branch.name for branch in tape.branches)
                raise ParamError(f"branch {number}: there are {known} on the tape, numbered from 0")
        self._tape = tape
        self._numbers = numbers
        self._lanes = Lanes.on(tape, tape.place(numbers[0], 0))
        for number in numbers[1:]:
            self._lanes.beside(number)
        self.last = min(tape.branches[number].last for number in numbers)
        self.title = title or tape.title or self._lanes.engine.frame(Wants()).title
        self.dim = self._lanes.engine.family.supply().seen.dim
        self.lane = tape.branches[numbers[0]].name if len(numbers) > 1 else ""

    def whose(self, mark: Mark) -> str:
        """Return the letters of the lanes in which a change was made; empty: in all of them."""
        # By identity: equal changes of two runs that began apart are two changes.
        of = [n for n in self._numbers if any(mark is each for each in self._tape.marks(n))]
        if len(of) == len(self._numbers):
            return ""
        return ", ".join(self._tape.branches[number].name for number in of)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Every change of the branches that are shown, in the order of their steps."""
        found: list[Mark] = []
        for number in self._numbers:
            known = set(map(id, found))
            found += [mark for mark in self._tape.marks(number) if id(mark) not in known]
        return tuple(sorted(found, key=lambda mark: mark.step))

    @property
    def trouble(self) -> str:
        """Why the run has stopped by itself, or nothing."""
        return self._lanes.trouble

    def settings(self, step: int) -> Settings:
        """Return with which settings step ``step + 1`` of the first branch was trained."""
        settings = self._tape.path(self._numbers[0])[0].settings
        for mark in self._tape.marks(self._numbers[0]):
            if mark.step <= step and mark.kind == "change":
                settings = settings.with_(dict(mark.values))
        return settings

    def frames(
        self, step: int, wants: Wants, stopped: Callable[[], bool] = never
    ) -> tuple[Frame, ...]:
        """Return what a step looks like, after all that was done there; see :class:`Source`."""
        self._lanes.seek(self._numbers[0], step, CALL_SECONDS)
        while not self._lanes.go_on(CALL_SECONDS):
            _check(stopped)
        for lane in self._lanes.all:
            if lane.engine.watched != wants.probe:
                lane.engine.watch(wants.probe)
        return self._lanes.frames(wants)
