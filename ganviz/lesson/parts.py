"""What a lesson is made of: frozen records, for any thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ganviz.frame import Look
from ganviz.lesson.markup import Button, Paragraph, plain
from ganviz.presets import Preset
from ganviz.settings import Settings

#: What a section can be, and what stands above it.
HEADINGS: dict[str, str] = {
    "see": "What you see",
    "look": "What to look for",
    "try": "Try this",
    "why": "Why",
    "imprecise": "Where the lecture is imprecise",
}
#: How a run of numbers becomes the one that is judged.
HOWS: dict[str, str] = {
    "last": "the last of them",
    "first": "the first of them",
    "mean": "their mean",
    "median": "their median",
    "rms": "the root of the mean of their squares",
    "min": "the least of them",
    "max": "the greatest of them",
    "span": "the greatest less the least",
    "changes": "how often one differs from the one before it",
    "growth": "the factor by which they grow from step to step",
}
#: How a number is judged by ``value``.
JUDGEMENTS: tuple[str, ...] = ("<=", ">=", "near")
#: How a number and that of another run become one.
COMPARISONS: tuple[str, ...] = ("ratio", "difference")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the text: its ``kind`` (see :data:`HEADINGS`), as written, and in pieces."""

    kind: str
    text: str
    paragraphs: tuple[Paragraph, ...]

    @property
    def heading(self) -> str:
        """What stands above it."""
        return HEADINGS[self.kind]

    @property
    def buttons(self) -> tuple[Button, ...]:
        """Its buttons, in order."""
        return tuple(p for paragraph in self.paragraphs for p in paragraph if isinstance(p, Button))


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the script.

    Attributes
    ----------
    at
        Behind how many steps it happens.
    values
        What is changed: {dotted path: value}; may be empty.
    caption
        What is said there; may be empty.
    pause
        Whether the run halts there until somebody goes on.
    """

    at: int
    values: Mapping[str, Any]
    caption: str = ""
    pause: bool = False


def speeches(script: Iterable[Change]) -> tuple[Change, ...]:
    """Return a script with what is said in one breath in one entry: at one step, up to a halt.

    Such entries are what can be shown, one at a time; what they change is of no account here.
    """
    found: list[Change] = []
    for entry in script:
        if found and found[-1].at == entry.at and not found[-1].pause:
            caption = _together(found[-1].caption, entry.caption)
            found[-1] = replace(found[-1], caption=caption, pause=entry.pause)
        else:
            found.append(entry)
    return tuple(found)


def _together(first: str, second: str) -> str:
    """Return two captions as one text, with a full stop between them where the first has no end."""
    if not (first and second):
        return first or second
    ended = plain(first).endswith((".", "!", "?", ":", ";", "…", "—"))
    return f"{first} {second}" if ended else f"{first}. {second}"


@dataclass(frozen=True, slots=True)
class Question:
    """What the room is asked before it is shown.

    Attributes
    ----------
    ask
        The question.
    answers
        At least two, in order.
    right
        Which of them is right, from 0; None where an observation of the run decides.
    observation
        The name of that observation, or nothing.
    bounds
        With an observation: the numbers that part its values between the answers, ascending, one
        less than answers. Without bounds there are two answers: that it holds, and that it does
        not.
    reveal
        What is said when the answer is shown.
    """

    ask: str
    answers: tuple[str, ...]
    right: int | None = None
    observation: str = ""
    bounds: tuple[float, ...] = ()
    reveal: str = ""

    def answered(self, measured: float, holds: bool) -> int | None:
        """Return which answer a run gives, by what its observation measured; None for NaN."""
        if self.right is not None:
            return self.right
        if measured != measured:
            return None
        if not self.bounds:
            return 0 if holds else 1
        return sum(measured > bound for bound in self.bounds)


@dataclass(frozen=True, slots=True)
class Observation:
    """A statement about runs of a lesson that a machine can check.

    A number is taken from each run and judged: ``of`` names what is measured, ``how`` makes one
    number of it, ``judged`` and ``value`` judge that. It holds if at least ``least`` of ``seeds``
    runs say so.

    Attributes
    ----------
    name
        By which questions and the command line know it.
    says
        The statement, a sentence.
    steps
        How long the runs are.
    seeds, least
        How many runs there are, from the lesson's own seed on, and in how many it must hold.
    of
        A column of the trace, or one of the quantities of :mod:`ganviz.lesson.quantities`.
    at
        Numbers that the quantity takes, such as the point of a CDF.
    over
        What ``of`` is divided by, of the same kinds; empty: nothing.
    how
        One of :data:`HOWS`; what is NaN is left out.
    first, last
        Of a column: the steps from which on and up to which it counts; ``last`` 0 is ``steps``.
    judged
        One of :data:`JUDGEMENTS`.
    value, within
        What it is compared with, and how far off ``near`` may be.
    settings
        What is different from the lesson in these runs: {dotted path: value}.
    changes
        ((steps, {path: value}), …) what is changed in these runs, and behind which step.
    against
        What is different from the lesson in other runs, of the same seeds and changes, with which
        these are compared; None: they are not.
    comparison
        One of :data:`COMPARISONS`: of the number and that of the other run.
    """

    name: str
    says: str
    steps: int
    seeds: int
    least: int
    of: str
    judged: str
    value: float
    at: tuple[float, ...] = ()
    over: str = ""
    how: str = "last"
    first: int = 0
    last: int = 0
    within: float = 0.0
    settings: Mapping[str, Any] | None = None
    changes: tuple[tuple[int, Mapping[str, Any]], ...] = ()
    against: Mapping[str, Any] | None = None
    comparison: str = "ratio"

    @property
    def exact(self) -> bool:
        """Whether it is of one run: something that no seed decides."""
        return self.seeds == 1

    @property
    def cost(self) -> int:
        """How many steps it takes in all."""
        return self.steps * self.seeds * (1 if self.against is None else 2)

    @property
    def own(self) -> bool:
        """Whether it is of the lesson as it runs, so that the run before one's eyes decides it."""
        return not self.settings and not self.changes and self.against is None

    def holds(self, measured: float) -> bool:
        """Return whether it holds of a run from which this number was taken; not for NaN."""
        if self.judged == "<=":
            return measured <= self.value
        if self.judged == ">=":
            return measured >= self.value
        return abs(measured - self.value) <= self.within


@dataclass(frozen=True, slots=True)
class Lesson:
    """A game to be shown, with what is to be said of it and what proves it.

    Attributes
    ----------
    name
        The file's name without its ending.
    title, text
        What it is called, and one line about it.
    order
        Its place in lists.
    lecture
        Which statement of which lecture it shows, such as ``Madison STAT453 L17: mode collapse``.
    rows
        The rows of the table of statements that it covers.
    preset
        The preset it is based on, or nothing.
    steps, speed
        How far its phenomenon shows, and how many steps a second lead there; ``inf`` is flat out.
    knobs
        Dotted paths of at most five parameters.
    views
        Names of the views that are seen, at most three, the most important first.
    formula
        One line of LaTeX, or nothing.
    controls
        Whether the controls are seen; not so for worksheets.
    tags
        Words about it, such as ``long run``.
    settings, look
        What it begins with.
    sections, script, questions, observations
        The text, what happens at which step, what is asked, and what proves it.
    """

    name: str
    title: str
    text: str
    order: int
    lecture: tuple[str, ...]
    rows: tuple[int, ...]
    preset: str
    steps: int
    speed: float
    knobs: tuple[str, ...]
    views: tuple[str, ...]
    formula: str
    controls: bool
    tags: tuple[str, ...]
    settings: Settings
    look: Look
    sections: tuple[Section, ...] = ()
    script: tuple[Change, ...] = ()
    questions: tuple[Question, ...] = ()
    observations: tuple[Observation, ...] = ()

    def observation(self, name: str) -> Observation:
        """Return an observation by its name; raises KeyError."""
        for each in self.observations:
            if each.name == name:
                return each
        raise KeyError(name)

    @property
    def changes(self) -> tuple[tuple[int, Mapping[str, Any]], ...]:
        """((step, {path: value}), …) what the script changes, as films and runs take it."""
        return tuple((each.at, each.values) for each in self.script if each.values)

    @property
    def played(self) -> tuple[Change, ...]:
        """The script as a window plays it: with a halt where the lesson ends, if it has none."""
        if not self.steps or any(each.pause and each.at >= self.steps for each in self.script):
            return self.script
        behind = tuple(each for each in self.script if each.at > self.steps)
        before = self.script[: len(self.script) - len(behind)]
        return (*before, Change(self.steps, {}, pause=True), *behind)

    @property
    def said(self) -> tuple[tuple[int, str], ...]:
        """((step, words), …) what films say from which step on; there the script never halts."""
        spoken = (replace(each, pause=False) for each in self.script if each.caption)
        return tuple((each.at, plain(each.caption)) for each in speeches(tuple(spoken)))

    @property
    def game(self) -> Preset:
        """Its game, as everything that is no lesson knows games."""
        return Preset(
            self.name,
            self.title,
            self.text,
            self.order,
            self.speed,
            self.knobs,
            self.settings,
        )

    @property
    def imprecise(self) -> bool:
        """Whether it has something to say about where a lecture is imprecise."""
        return any(each.kind == "imprecise" for each in self.sections)
