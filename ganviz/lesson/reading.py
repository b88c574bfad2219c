"""TOML to lessons. Whatever is wrong in a file is told by its key, the value and the cure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from math import inf, isfinite
from pathlib import Path
from typing import Any

from ganviz import looks, tomlfile
from ganviz.frame import Look
from ganviz.lesson.markup import Formula, paragraphs
from ganviz.lesson.parts import (
    COMPARISONS,
    HEADINGS,
    HOWS,
    JUDGEMENTS,
    Change,
    Lesson,
    Observation,
    Question,
    Section,
)
from ganviz.lesson.quantities import measurable, numbers
from ganviz.presets import FASTEST, KNOBS, Preset, presets
from ganviz.schema import ParamError, words
from ganviz.settings import PARAMETERS, Settings

FORMAT = 1
#: So many knobs fit into the strip, and so many views on the stage, for the back row to see them.
MOST_KNOBS, MOST_VIEWS = 5, 3
MOST_STEPS, MOST_SEEDS = 10_000_000, 100
#: So many letters can be said at one step.
MOST_SAID = 1000
#: Over how many seeds an observation is checked, and in how many it must hold, unless it says so.
SEEDS, LEAST = 8, 7

#: What a file may hold beside settings.
TABLES = ("format", "lesson", "look", "settings", "section", "script", "question", "observation")

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MEASURED = re.compile(r"[a-z][a-z0-9_]*")
Check = Callable[[str, Any], Any]


def read(path: str | Path) -> Lesson:
    """Read a lesson.

    Raises
    ------
    ParamError
        Says which file, what is wrong with it and what would be right.
    """
    path = Path(path)
    return tomlfile.read(path, "lesson", lambda table: _lesson(path.stem, table))


def parsed(name: str, text: str, called: str) -> Lesson:
    """Return the lesson that a text in TOML holds, under that name.

    Raises
    ------
    ParamError
        Says what is wrong with the text, by what it is ``called``, and what would be right.
    """
    return tomlfile.parsed(text, called, lambda table: _lesson(name, table))


def _lesson(name: str, table: dict[str, Any]) -> Lesson:
    version = table.get("format", FORMAT)
    if version != FORMAT:
        raise ParamError(
            f"format = {_said(version)}: this ganviz reads format {FORMAT}; a newer ganviz wrote "
            "the file"
        )
    for key in table:
        if key not in TABLES:
            raise ParamError(f"{_said(key)}: must be one of {', '.join(TABLES)}")
    if "lesson" not in table:
        raise ParamError("lesson: must be there, a table [lesson] with at least a title")
    about = _Table("lesson", table["lesson"])
    title = about.take("title", _line)
    base = about.take("preset", _preset, None)
    settings = _settings(base, table.get("settings", {}))
    steps = about.take("steps", _whole(1, MOST_STEPS), 2000)
    known = {
        "text": about.take("text", _line, ""),
        "order": about.take("order", _whole(-(10**6), 10**6), 1000),
        "lecture": about.take("lecture", _lines, ()),
        "rows": about.take("rows", _list(_whole(1, 1000)), ()),
        "speed": about.take("speed", _speed, inf if base is None else base.speed),
        "knobs": about.take("knobs", _knobs, KNOBS if base is None else base.knobs),
        "formula": about.take("formula", _tex, ""),
        "controls": about.take("controls", _truth, True),
        "tags": about.take("tags", _lines, ()),
    }
    views = about.take("views", _views, ("distribution", "losses"))
    about.done()
    observations = tuple(
        _observation(each, settings, steps) for each in _several(table, "observation")
    )
    _once("observation.name", [each.name for each in observations])
    return Lesson(
        name=name,
        title=title,
        preset="" if base is None else base.name,
        steps=steps,
        views=views,
        settings=settings,
        look=_look(table.get("look", {}), views),
        sections=tuple(_section(each, settings) for each in _several(table, "section")),
        script=_script(_several(table, "script"), settings),
        questions=tuple(_question(each, observations) for each in _several(table, "question")),
        observations=observations,
        **known,
    )


# ---- tables -----------------------------------------------------------------------------------


class _Table:
    """A table of a file, out of which keys are taken; what is left over is refused."""

    def __init__(self, where: str, values: Any) -> None:
        if not isinstance(values, Mapping):
            raise ParamError(f"{where} = {_said(values)}: must be a table")
        self.where = where
        self._values = dict(values)
        self._asked: list[str] = []

    def take(self, key: str, check: Check, otherwise: Any = ...) -> Any:
        """Return the checked value of a key; without it, ``otherwise``."""
        self._asked.append(key)
        if key in self._values:
            return check(f"{self.where}.{key}", self._values.pop(key))
        if otherwise is ...:
            raise ParamError(f"{self.where}.{key}: must be there")
        return otherwise

    def given(self, key: str) -> bool:
        """Return whether a key is there, and not yet taken."""
        return key in self._values

    def done(self) -> None:
        """Refuse what nobody asked for."""
        for key in self._values:
            raise ParamError(
                f"{self.where}.{_said(key)}: must be one of {', '.join(sorted(self._asked))}"
            )


def _several(table: Mapping[str, Any], name: str) -> list[_Table]:
    """Return the tables of that name, which stand in double brackets."""
    found = table.get(name, [])
    if not isinstance(found, list):
        raise ParamError(f"{name}: must be tables such as [[{name}]]")
    return [_Table(f"{name} {number}", each) for number, each in enumerate(found, 1)]


# ---- values -----------------------------------------------------------------------------------


def _said(value: Any) -> str:
    text = value if isinstance(value, str) else words(value)
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"


def _refused(where: str, value: Any, must: str) -> ParamError:
    return ParamError(f"{where} = {_said(value)}: must be {must}")


def _text(where: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _refused(where, value, "text")
    return value.strip()


def _line(where: str, value: Any) -> str:
    if "\n" in (text := _text(where, value)):
        raise _refused(where, value, "one line of text")
    return text


def _tex(where: str, value: Any) -> str:
    text = _line(where, value)
    if "$" in text:
        raise _refused(where, value, "LaTeX without dollar signs")
    return text


def _truth(where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _refused(where, value, "true or false")
    return value


def _number(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise _refused(where, value, "a number")
    return float(value)


def _whole(low: int, high: int) -> Check:
    def check(where: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise _refused(where, value, f"a whole number from {low:,} to {high:,}")
        return value

    return check


def _one_of(names: Iterable[str]) -> Check:
    def check(where: str, value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise _refused(where, value, f"one of {', '.join(names)}")
        return value

    return check


def _list(check: Check) -> Check:
    def checks(where: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _refused(where, value, "a list")
        return tuple(check(where, each) for each in value)

    return checks


_lines = _list(_line)


def _name(where: str, value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise _refused(where, value, "a name in small letters, such as two-modes-left")
    return value


def _column(where: str, value: Any) -> str:
    if not isinstance(value, str) or not _MEASURED.fullmatch(value):
        raise _refused(where, value, "a column of the trace or a quantity, such as w1")
    return value


def _speed(where: str, value: Any) -> float:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not (fits and (1 <= value <= FASTEST or value == inf)):
        raise _refused(where, value, f"from 1 to {FASTEST:,} steps a second, or inf")
    return float(value)


def _knobs(where: str, value: Any) -> tuple[str, ...]:
    found: tuple[str, ...] = _lines(where, value)
    for knob in found:
        if knob not in PARAMETERS:
            raise _refused(where, knob, "a parameter; `ganviz parameters` lists them")
    if len(found) > MOST_KNOBS:
        raise _refused(where, value, f"at most {MOST_KNOBS} parameters")
    _once(where, found)
    return found


def _views(where: str, value: Any) -> tuple[str, ...]:
    found: tuple[str, ...] = _lines(where, value)
    if len(found) > MOST_VIEWS:
        raise _refused(where, value, f"at most {MOST_VIEWS} views")
    if looks.FORMULA in found:
        raise _refused(where, looks.FORMULA, "a view; the formula is always there")
    looks.seen(found, Look())
    return found


def _observed(observations: Iterable[Observation]) -> Check:
    names = [each.name for each in observations]
    if names:
        return _one_of(names)

    def check(where: str, value: Any) -> str:
        raise _refused(where, value, "the name of an observation, and this lesson has none")

    return check


def _look(values: Any, views: tuple[str, ...]) -> Look:
    if not isinstance(values, Mapping):
        raise ParamError(f"look = {_said(values)}: must be a table")
    return looks.seen((*views, looks.FORMULA), looks.look(values))


def _preset(where: str, value: Any) -> Preset:
    known = presets()
    if not isinstance(value, str) or value not in known:
        raise _refused(where, value, f"one of {', '.join(known)}")
    return known[value]


def _once(where: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ParamError(f"{where} = {name}: is there twice; must be there once")
        seen.add(name)


# ---- settings ---------------------------------------------------------------------------------


def _settings(base: Preset | None, nested: Any) -> Settings:
    """Return the settings of a preset, or the defaults, with the differences of nested tables."""
    if not isinstance(nested, Mapping):
        raise ParamError(f"settings = {_said(nested)}: must be tables such as [settings.train]")
    flat: dict[str, Any] = {}
    for group, leaves in nested.items():
        if not isinstance(leaves, Mapping):
            raise ParamError(f"settings.{_said(group)}: must be a table of parameters")
        flat |= {f"{group}.{name}": value for name, value in leaves.items()}
    start = Settings() if base is None else base.settings
    return start.with_(heard(flat))


def heard(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as TOML has them, with None for ``"none"`` where a parameter takes it."""
    return {
        path: None
        if value == "none" and path in PARAMETERS and PARAMETERS[path].optional
        else value
        for path, value in values.items()
    }


def _values(where: str, value: Any) -> Mapping[str, Any]:
    """Return {dotted path: value}, from a table whose paths are dotted, in quotes or without."""
    if not isinstance(value, Mapping):
        raise _refused(where, value, 'a table such as {"train.k" = 5}')
    flat: dict[str, Any] = {}
    for path, each in value.items():
        if isinstance(each, Mapping):  # train.k = 5 without quotes is a table in a table
            flat |= {f"{path}.{name}": leaf for name, leaf in each.items()}
        else:
            flat[path] = each
    return heard(flat)


def _tried(where: str, settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Return settings with values, or say where it is written what cannot be."""
    try:
        return settings.with_(values)
    except ParamError as error:
        raise ParamError(f"{where}: {error}") from None


# ---- parts ------------------------------------------------------------------------------------


def _section(table: _Table, settings: Settings) -> Section:
    kind = table.take("kind", _one_of(HEADINGS))
    text = table.take("text", _text)
    table.done()
    try:
        section = Section(kind, text, paragraphs(text))
    except ParamError as error:
        raise ParamError(f"{table.where}.text: {error}") from None
    for button in section.buttons:
        _tried(f"{table.where}.text, [{button.text}]", settings, button.values)
    return section


def _script(tables: list[_Table], settings: Settings) -> tuple[Change, ...]:
    """Return the script; every change must be possible where it stands."""
    found: list[Change] = []
    for table in tables:
        change = Change(
            table.take("at", _whole(0, MOST_STEPS)),
            table.take("change", _values, {}),
            table.take("caption", _text, ""),
            table.take("pause", _truth, False),
        )
        table.done()
        if not (change.values or change.caption or change.pause):
            raise ParamError(f"{table.where}: must have a change, a caption or a pause")
        if change.caption:
            _sound(f"{table.where}.caption", change.caption)
        if found and change.at < found[-1].at:
            raise ParamError(
                f"{table.where}.at = {change.at}: must not lie before {found[-1].at}, that of the "
                "entry above it"
            )
        if change.pause and any(each.pause and each.at == change.at for each in found):
            raise ParamError(
                f"{table.where}.pause = true: the run halts at step {change.at} already; must "
                "stand at a later step"
            )
        settings = _continued(f"{table.where}.change", settings, change.values)
        found.append(change)
        said = sum(len(each.caption) + 2 for each in found if each.at == change.at)
        if said > MOST_SAID:
            raise ParamError(
                f"{table.where}.caption: with what is said at step {change.at} before it, must "
                f"have at most {MOST_SAID:,} letters"
            )
    return tuple(found)


def _continued(where: str, settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Return settings with values that are changed in mid-run."""
    after = _tried(where, settings, values)
    for path in values:
        if PARAMETERS[path].live == "restart":
            raise ParamError(f"{where}: {path}: begins another run; must be left out")
    return after


def _sound(where: str, text: str) -> None:
    """Refuse a text that is not one of markup; a button has no place in it."""
    try:
        found = paragraphs(text)
    except ParamError as error:
        raise ParamError(f"{where}: {error}") from None
    if any(hasattr(piece, "values") for paragraph in found for piece in paragraph):
        raise ParamError(f"{where}: must have no buttons; these belong into sections")


def _question(table: _Table, observations: tuple[Observation, ...]) -> Question:
    ask, answers = table.take("ask", _text), table.take("answers", _lines)
    if not 2 <= len(answers) <= 6:
        raise _refused(f"{table.where}.answers", list(answers), "2 to 6 answers")
    right, by = table.given("right"), table.given("observation")
    if right == by:
        raise ParamError(f"{table.where}: must have either right or observation")
    question = Question(
        ask,
        answers,
        table.take("right", _whole(0, len(answers) - 1), None),
        table.take("observation", _observed(observations), ""),
        table.take("bounds", _list(_number), ()),
        table.take("reveal", _text, ""),
    )
    table.done()
    bounds = list(question.bounds)
    wanted = len(answers) - 1
    if bounds and (right or len(bounds) != wanted or sorted(set(bounds)) != bounds):
        raise _refused(
            f"{table.where}.bounds", bounds, f"{wanted} ascending numbers, with an observation"
        )
    if by and not bounds and len(answers) != 2:
        raise ParamError(
            f"{table.where}.bounds: must part the values of the observation between "
            f"{len(answers)} answers"
        )
    for text in (question.ask, *question.answers, question.reveal):
        _sound(table.where, text)
    return question


def _observation(table: _Table, settings: Settings, steps: int) -> Observation:
    where = table.where
    name = table.take("name", _name)
    long = table.take("steps", _whole(0, MOST_STEPS), steps)
    seeds = table.take("seeds", _whole(1, MOST_SEEDS), SEEDS)
    usual = min(LEAST, seeds) if seeds == SEEDS else seeds
    own = table.take("settings", _values, None)
    here = _tried(f"{where}.settings", settings, own or {})
    observation = Observation(
        name=name,
        says=table.take("says", _line),
        steps=long,
        seeds=seeds,
        least=table.take("least", _whole(1, seeds), usual),
        of=table.take("of", _column),
        judged=table.take("is", _one_of(JUDGEMENTS)),
        value=table.take("value", _number),
        at=table.take("at", _list(_number), ()),
        over=table.take("over", _column, ""),
        how=table.take("how", _one_of(HOWS), "last"),
        first=table.take("from", _whole(0, long), 0),
        last=table.take("to", _whole(0, long), 0),
        within=table.take("within", _number, 0.0),
        settings=own,
        changes=table.take("changes", _changes, ()),
        against=table.take("against", _values, None),
        comparison=table.take("comparison", _one_of(COMPARISONS), "ratio"),
    )
    table.done()
    _measurable(where, observation, here)
    after = here
    for at, values in observation.changes:
        if at > long:
            raise _refused(f"{where}.changes.at", at, f"at most {long}, the last step")
        after = _continued(f"{where}.changes", after, values)
    if observation.against is not None:
        other = _tried(f"{where}.against", settings, observation.against)
        _measurable(where, observation, other)
    if observation.judged == "near" and observation.within <= 0:
        raise ParamError(f"{where}.within: must be there, above 0, where is = near")
    return observation


def _measurable(where: str, observation: Observation, settings: Settings) -> None:
    """Refuse an observation of what a game does not have, and numbers that it does not take."""
    names = {"of": observation.of, "over": observation.over}
    for key, name in names.items():
        if name:
            measurable(f"{where}.{key}", name, settings.game.kind)
    # What is divided and what it is divided by may both take them, or one of them.
    count = len(observation.at)
    takes = [numbers(name) for name in names.values() if name]
    if not (any(count in each for each in takes) and all({0, count} & {*each} for each in takes)):
        wanted = " or ".join(str(number or "no") for number in max(takes))
        raise ParamError(
            f"{where}.at = {_said(list(observation.at))}: must be {wanted} numbers, of "
            f"{observation.of}"
        )


def _changes(where: str, value: Any) -> tuple[tuple[int, Mapping[str, Any]], ...]:
    found: tuple[tuple[int, Mapping[str, Any]], ...] = _list(_change)(where, value)
    if sorted(at for at, _ in found) != [at for at, _ in found]:
        raise _refused(where, value, "in the order of their steps")
    return found


def _change(where: str, value: Any) -> tuple[int, Mapping[str, Any]]:
    table = _Table(where, value)
    found = table.take("at", _whole(0, MOST_STEPS)), table.take("change", _values)
    table.done()
    return found


def formulas(lesson: Lesson) -> tuple[str, ...]:
    """Return every piece of LaTeX in a lesson, to be set before somebody looks at it."""
    texts = [each.text for each in lesson.sections]
    texts += [each.caption for each in lesson.script]
    for each in lesson.questions:
        texts += [each.ask, *each.answers, each.reveal]
    found = [
        piece.tex
        for text in texts
        for paragraph in paragraphs(text)
        for piece in paragraph
        if isinstance(piece, Formula)
    ]
    return tuple(dict.fromkeys([*([lesson.formula] if lesson.formula else []), *found]))
