"""Lessons to TOML, and the present game as a lesson."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import tomli_w

from ganviz import looks
from ganviz.frame import SLOTS, Look
from ganviz.lesson.markup import paragraphs
from ganviz.lesson.parts import Change, Lesson, Observation, Question, Section
from ganviz.lesson.reading import FORMAT, LEAST, MOST_KNOBS, MOST_VIEWS, SEEDS
from ganviz.presets import KNOBS, presets
from ganviz.schema import changed, put
from ganviz.settings import PARAMETERS, Settings
from ganviz.table import whole

#: What is written that a reader takes for granted.
_USUAL_LOOK = Look()
#: The text of a lesson that was made of a game, to be written over.
_TEXT = "What can be seen here, in a sentence or two. A formula stands between dollar signs."


def drafted(
    settings: Settings,
    look: Look | None = None,
    *,
    name: str = "my-lesson",
    title: str = "My lesson",
    knobs: Iterable[str] = KNOBS,
    steps: int = 2000,
    speed: float = inf,
    script: Iterable[tuple[int, Mapping[str, Any]]] = (),
) -> Lesson:
    """Return the present game as a lesson, for :func:`written`, to be gone on with by hand.

    Parameters
    ----------
    settings
        Those that the run began with.
    look
        How it is seen; of the views the first three are kept.
    knobs
        Of these the first five are kept.
    steps
        How far it has come.
    script
        ((step, {path: value}), …) what was changed on the way.
    """
    look = look or Look()
    views = _shown(look)
    entries = tuple(Change(at, dict(values)) for at, values in script)
    return Lesson(
        name=name,
        title=" ".join(title.split()) or "My lesson",
        text="",
        order=1000,
        lecture=(),
        rows=(),
        preset="",
        steps=max(steps, 1),
        speed=speed,
        knobs=tuple(dict.fromkeys(knobs))[:MOST_KNOBS],
        views=views,
        formula="",
        controls=True,
        tags=(),
        settings=settings,
        look=looks.seen((*views, looks.FORMULA), look.with_(until=None)),
        sections=(Section("see", _TEXT, paragraphs(_TEXT)),),
        script=entries,
    )


def revised(
    lesson: Lesson,
    settings: Settings,
    look: Look,
    *,
    name: str,
    speed: float,
    step: int,
    changes: Iterable[tuple[int, Mapping[str, Any]]],
) -> Lesson:
    """Return a lesson as it has become: what differs now is as it is, everything else is kept.

    Parameters
    ----------
    settings
        Those that the run began with.
    look
        How it is seen; the theme is the room's and not the lesson's.
    step
        How far the run has come.
    changes
        ((step, {path: value}), …) what was changed on the way; the script's own are among them.
    """
    begun = lesson.settings if _alike(lesson.settings, settings) else settings
    views, seen = lesson.views, look.with_(theme=lesson.look.theme, until=lesson.look.until)
    if seen != lesson.look:
        shown = _shown(look)
        views = lesson.views if {*shown} == {*lesson.views} else shown
        seen = looks.seen((*views, looks.FORMULA), seen)
    changes = tuple(changes)
    script = _replayed(lesson, begun, step, changes)
    return replace(
        lesson,
        name=name,
        steps=max(lesson.steps, *(at for at, _ in changes)) if changes else lesson.steps,
        speed=speed,
        views=views,
        settings=begun,
        look=seen,
        script=script,
    )


def _shown(look: Look) -> tuple[str, ...]:
    """Return the views that a look shows, as many as a lesson may have."""
    return tuple(name for slot in SLOTS for name in slot if name in look.seen)[:MOST_VIEWS]


def _alike(one: Settings, other: Settings) -> bool:
    """Say whether two settings mean the same game."""
    return not any(one.means_something(PARAMETERS[path]) for path in changed(one, other))


def _replayed(
    lesson: Lesson,
    begun: Settings,
    step: int,
    changes: tuple[tuple[int, Mapping[str, Any]], ...],
) -> tuple[Change, ...]:
    """Return a script that does up to a step what was done, and behind it what it did before.

    What is said and where it halts is kept; only changes that did not happen so are replaced.
    """
    before = [entry for entry in lesson.script if entry.at <= step]
    made: list[Change] = []
    told = done = begun
    for at in sorted({entry.at for entry in before} | {at for at, _ in changes}):
        here = [entry for entry in before if entry.at == at]
        for _, values in (each for each in changes if each[0] == at):
            done = put(done, values)
        ways = [told]  # behind each entry of this step
        for entry in here:
            ways.append(put(ways[-1], entry.values))
        # Where the run stands at a halt, what is behind the halt is still to come.
        if _alike(ways[-1], done) or (at == step and any(_alike(way, done) for way in ways)):
            made += here
            told = ways[-1]
            continue
        differing = {
            path: after
            for path, (_, after) in changed(told, done).items()
            if done.means_something(PARAMETERS[path])
        }
        if differing:
            made.append(Change(at, differing))
        made += [replace(e, values={}) for e in here if e.caption or e.pause]
        told = done
    return (*made, *(entry for entry in lesson.script if entry.at > step))


def write(path: str | Path, lesson: Lesson) -> None:
    """Write a lesson to a file, whole or not at all; raises OSError."""
    text = written(lesson)
    whole(Path(path), lambda partial: partial.write_text(text, "utf-8"))


def written(lesson: Lesson) -> str:
    """Return a lesson as TOML; :func:`ganviz.lesson.parsed` makes the same lesson of it."""
    about: dict[str, Any] = {
        "title": lesson.title,
        "text": lesson.text,
        "order": lesson.order,
        "lecture": list(lesson.lecture),
        "rows": list(lesson.rows),
        "preset": lesson.preset,
        "steps": lesson.steps,
        "speed": lesson.speed,
        "knobs": list(lesson.knobs),
        "views": list(lesson.views),
        "formula": lesson.formula,
        "controls": lesson.controls,
        "tags": list(lesson.tags),
    }
    table: dict[str, Any] = {
        "format": FORMAT,
        "lesson": {key: value for key, value in about.items() if value not in ("", [])},
    }
    if settings := _settings(lesson):
        table["settings"] = settings
    if look := _look(lesson):
        table["look"] = look
    table["section"] = [{"kind": each.kind, "text": each.text} for each in lesson.sections]
    table["script"] = [_entry(each) for each in lesson.script]
    table["question"] = [_question(each) for each in lesson.questions]
    table["observation"] = [_observation(each, lesson.steps) for each in lesson.observations]
    kept = {key: value for key, value in table.items() if value != []}
    return tomli_w.dumps(kept, multiline_strings=True)


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as TOML can hold them."""
    return {path: "none" if value is None else value for path, value in values.items()}


def _settings(lesson: Lesson) -> dict[str, dict[str, Any]]:
    """Return what differs from the preset, or from the defaults, as nested tables."""
    if not lesson.preset:
        return lesson.settings.nested()
    differing = changed(presets()[lesson.preset].settings, lesson.settings)
    tables: dict[str, dict[str, Any]] = {}
    for path, value in _told({path: after for path, (_, after) in differing.items()}).items():
        if lesson.settings.means_something(PARAMETERS[path]):
            tables.setdefault(PARAMETERS[path].group, {})[PARAMETERS[path].name] = value
    return tables


def _look(lesson: Lesson) -> dict[str, Any]:
    """Return what differs from the look that its views give it."""
    usual = looks.table(looks.seen((*lesson.views, looks.FORMULA), _USUAL_LOOK))
    return {key: value for key, value in looks.table(lesson.look).items() if usual[key] != value}


def _entry(change: Change) -> dict[str, Any]:
    entry: dict[str, Any] = {"at": change.at}
    if change.values:
        entry["change"] = _told(change.values)
    if change.caption:
        entry["caption"] = change.caption
    if change.pause:
        entry["pause"] = True
    return entry


def _question(question: Question) -> dict[str, Any]:
    entry: dict[str, Any] = {"ask": question.ask, "answers": list(question.answers)}
    if question.right is not None:
        entry["right"] = question.right
    if question.observation:
        entry["observation"] = question.observation
    if question.bounds:
        entry["bounds"] = list(question.bounds)
    if question.reveal:
        entry["reveal"] = question.reveal
    return entry


def _observation(observation: Observation, steps: int) -> dict[str, Any]:
    o = observation
    usual_least = min(LEAST, o.seeds) if o.seeds == SEEDS else o.seeds
    optional: dict[str, tuple[Any, Any]] = {
        "steps": (o.steps, steps),
        "seeds": (o.seeds, SEEDS),
        "least": (o.least, usual_least),
        "at": (list(o.at), []),
        "over": (o.over, ""),
        "how": (o.how, "last"),
        "from": (o.first, 0),
        "to": (o.last, 0),
        "within": (o.within, 0.0),
        "settings": (_told(o.settings or {}), {}),
        "changes": ([{"at": at, "change": _told(values)} for at, values in o.changes], []),
        "comparison": (o.comparison, "ratio"),
    }
    entry: dict[str, Any] = {"name": o.name, "says": o.says, "of": o.of}
    entry |= {key: value for key, (value, usual) in optional.items() if value != usual}
    if o.against is not None:
        entry["against"] = _told(o.against)
    return entry | {"is": o.judged, "value": o.value}
