"""The runs that a lesson's observations need, each played once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from ganviz.engine import Engine
from ganviz.lesson import Lesson, Observation
from ganviz.proof.measuring import measured
from ganviz.settings import Settings

#: Steps between two looks at whether to go on.
CALL_STEPS = 500


@dataclass(frozen=True, slots=True)
class Run:
    """A run from one seed, and which observations are taken of it.

    Attributes
    ----------
    settings
        With that seed.
    changes
        ((steps, {path: value}), …) in order.
    taken
        ((steps, observation, whether it is the run it is compared with), …) in order.
    """

    lesson: str
    settings: Settings
    changes: tuple[tuple[int, Mapping[str, Any]], ...]
    taken: tuple[tuple[int, Observation, bool], ...]

    @property
    def seed(self) -> int:
        """The seed of its draws."""
        return self.settings.train.seed

    @property
    def steps(self) -> int:
        """How long it is."""
        return self.taken[-1][0]


@dataclass(frozen=True, slots=True)
class Played:
    """What a run has given.

    ``found`` maps (name of the observation, whether it is the run it is compared with) to the
    number; ``trouble`` says why the run stopped by itself: what it did not reach is NaN then.
    """

    lesson: str
    seed: int
    found: Mapping[tuple[str, bool], float]
    seconds: float
    trouble: str = ""


def runs(lesson: Lesson, observations: Iterable[Observation] | None = None) -> tuple[Run, ...]:
    """Return the runs that observations of a lesson need, all of them by default.

    What has the same settings and changes is one run, whatever is taken of it.
    """
    wanted = lesson.observations if observations is None else tuple(observations)
    found: dict[tuple[str, str], Run] = {}
    for each in wanted:
        base = lesson.settings.with_(each.settings or {})
        games = [(base, False)]
        if each.against is not None:
            games.append((lesson.settings.with_(each.against), True))
        for game, other in games:
            for seed in range(game.train.seed, game.train.seed + each.seeds):
                settings = game.with_({"train.seed": seed})
                key = settings.model_dump_json(), repr([(at, dict(v)) for at, v in each.changes])
                before = found[key].taken if key in found else ()
                taken = sorted((*before, (each.steps, each, other)), key=lambda entry: entry[0])
                found[key] = Run(lesson.name, settings, each.changes, tuple(taken))
    return tuple(found.values())


def values(observation: Observation, played: Iterable[Played]) -> tuple[float, ...]:
    """Return the number of each seed, in their order, of runs of one lesson.

    Where the observation compares it is compared with that of the other run of the same seed.
    """
    own: dict[int, float] = {}
    others: dict[int, float] = {}
    for each in played:
        for other, found in ((False, own), (True, others)):
            if (observation.name, other) in each.found:
                found[each.seed] = each.found[observation.name, other]
    return tuple(
        _compared(observation, value, others.get(seed)) for seed, value in sorted(own.items())
    )


def _compared(observation: Observation, value: float, other: float | None) -> float:
    if other is None:
        return value
    if observation.comparison == "difference":
        return value - other
    return value / other if other else float("nan")


def play(run: Run, stopped: Callable[[int], bool] = lambda steps: False) -> Played:
    """Play a run and take its observations; ``stopped`` is asked now and then whether to end it.

    Raises
    ------
    ParamError
        For settings and changes that cannot be, and observations of what is not there.
    """
    began = perf_counter()
    engine = Engine(run.settings)
    changes = list(run.changes)
    found: dict[tuple[str, bool], float] = {}
    for steps, observation, other in run.taken:
        while engine.steps < steps and not engine.trouble and not stopped(engine.steps):
            while changes and changes[0][0] <= engine.steps:
                engine.change(changes.pop(0)[1])
            end = min(steps, changes[0][0] if changes else steps)
            engine.step(min(CALL_STEPS, end - engine.steps))
        there = engine.steps == steps and not engine.trouble
        found[observation.name, other] = measured(observation, engine) if there else float("nan")
    return Played(run.lesson, run.seed, found, perf_counter() - began, engine.trouble)
