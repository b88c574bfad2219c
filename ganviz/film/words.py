"""What is written about a run in its pictures: its settings, and each change as it happens."""

from __future__ import annotations

from collections.abc import Sequence

from ganviz.frame import Mark
from ganviz.schema import words
from ganviz.settings import PARAMETERS, Settings

#: How long a change is told, seconds of film.
TOLD = 2.0
#: Longer values, such as what was drawn by hand, are not written out.
LONGEST = 24
#: What everybody wants to know, in this order; the seed is written last.
FIRST = ("loss.kind", "train.k", "optim.lr_d", "optim.lr_g", "train.batch")
SEED = "train.seed"
#: Said together with their learning rates.
OPTIMISERS = {"optim.lr_d": ("D", "optim.kind_d"), "optim.lr_g": ("G", "optim.kind_g")}
#: These say how a run is watched and computed, not what it is.
ASIDE = ("measure.", "train.measure_every", "train.device")


def settings_words(settings: Settings) -> tuple[str, ...]:
    """Return in words, most important first and the seed last, with which settings is trained.

    What everybody wants to know, then whatever else acts in this game and is not as by default.
    """
    others = [
        path
        for path, parameter in PARAMETERS.items()
        if path not in (*FIRST, SEED, *(kind for _, kind in OPTIMISERS.values()))
        and not path.startswith(ASIDE)
        and settings.acting(path) != parameter.default
    ]
    return tuple(_said(path, settings) for path in (*FIRST, *others, SEED))


def change_words(gesture: Sequence[Mark]) -> tuple[str, ...]:
    """Return in words what was done, one entry per parameter: from its first mark to its last."""
    first, last = gesture[0], gesture[-1]
    if last.kind != "change" or not last.values:
        return tuple(part for part in last.text.split(", ") if part) or (last.kind,)
    before = dict(first.before)
    result = []
    for path, value in last.values:
        name = _name(path)
        if path in before and len(words(before[path])) <= LONGEST >= len(words(value)):
            result.append(f"{name} {_value(before[path])} → {_value(value)}")
        else:
            result.append(f"{name} {_value(value)}")
    return tuple(result)


def told(
    marks: Sequence[Mark], plan: Sequence[int], fps: int, picture: int
) -> tuple[tuple[Mark, ...], ...]:
    """Return what a picture tells of, the latest first; the marks of one drag stand together.

    A change stands in the first picture that shows its step or a later one, and in those of the
    next :data:`TOLD` seconds. Changes before the film began are not told.

    Parameters
    ----------
    marks
        Of the run, in the order in which they were made.
    plan
        The step of each picture, see :func:`ganviz.film.plan.steps`.
    fps, picture
        Pictures a second, and the number of the picture, from 0.
    """
    since = max(picture - round(TOLD * fps) + 1, 0)
    # The step of the picture before those that can tell it: what it shows is told no more.
    low = plan[since - 1] if since else plan[0] - 1
    done = _gestures([mark for mark in marks if mark.step <= plan[picture]])
    return tuple(gesture for gesture in reversed(done) if gesture[-1].step > low)


def _gestures(marks: Sequence[Mark]) -> list[tuple[Mark, ...]]:
    """Return the marks with those together that go on with one another, such as of a slider."""
    result: list[tuple[Mark, ...]] = []
    for mark in marks:
        at = len(result) - 1
        # Of several lanes another one's change may stand between.
        while mark.joined and at >= 0 and _paths(result[at][-1]) != _paths(mark):
            at -= 1
        if mark.joined and at >= 0:
            result.append((*result.pop(at), mark))
        else:
            result.append((mark,))
    return result


def _paths(mark: Mark) -> set[str]:
    return {path for path, _ in mark.values}


def _name(path: str) -> str:
    parameter = PARAMETERS.get(path)
    return path if parameter is None else parameter.title.partition(",")[0]


def _said(path: str, settings: Settings) -> str:
    name, said = _name(path), _value(settings.acting(path))
    if path in OPTIMISERS:
        player, kind = OPTIMISERS[path]
        return f"{player}: {settings.acting(kind)} {said}"
    # k = 1 is a formula, "Loss minimax" a pair of words.
    return f"{name} = {said}" if len(name) == 1 else f"{name} {said}"


def _value(value: object) -> str:
    said = words(value)
    if said in ("true", "false"):
        return "on" if value else "off"
    return said if len(said) <= LONGEST else "as drawn" if "[" in said else said[:LONGEST] + "…"
