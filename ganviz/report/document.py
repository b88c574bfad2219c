"""Report: what a report says, whatever it will be written as. Frozen; knows neither Qt nor tapes.

What students are asked to find out is an :class:`Answer`, wherever it stands: in a line of its own
or in a cell of a table. :func:`handed_out` empties all of them and leaves the rest as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

#: What no text of a file may hold: control characters, but for the breaks of lines.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]|[\ud800-\udfff]")


def plain(text: str) -> str:
    """Return a text without the control characters and lone surrogates no file may hold."""
    return _CONTROL.sub("", text)


@dataclass(frozen=True, slots=True)
class Answer:
    """What students find out by themselves; empty in a hand-out.

    ``behind`` is said in either case: of ``3 of 8`` the number alone is the answer.
    """

    text: str
    behind: str = ""

    @property
    def whole(self) -> str:
        """All of it."""
        return self.text + self.behind


Cell = str | Answer


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """What is typed or pasted somewhere, letter by letter, and what it is for."""

    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first column names the rows. ``title`` says what it is of."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A question and its answer, which takes so many lines when it is written by hand.

    ``title`` introduces the answer where it is told, in place of the question.
    """

    question: str
    answer: Answer
    title: str = ""
    lines: int = 2


@dataclass(frozen=True, slots=True)
class Formula:
    """The formula of a game: ((LaTeX, number beneath or nothing, whose it is), …).

    ``words`` is the same in plain letters, for those who cannot see it. The pieces are the
    ``Frame.terms``.
    """

    pieces: tuple[tuple[str, str, str], ...]
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its PNG, (width, height) in pixels, and what there is to be seen, in words."""

    png: bytes
    size: tuple[int, int]
    alt: str
    caption: str


Block = Words | Code | Table | Finding | Formula | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands beneath it. ``level`` 2 is a chapter, 3 a part of it."""

    title: str
    blocks: tuple[Block, ...]
    level: int = 2


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. ``under`` stands beneath the title; ``made`` by what and when it was made."""

    title: str
    under: str
    made: str
    sections: tuple[Section, ...]
    hand_out: bool = False

    def answers(self) -> Iterator[Answer]:
        """Go through all answers."""
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Finding):
                    yield block.answer
                elif isinstance(block, Table):
                    for row in block.rows:
                        yield from (cell for cell in row if isinstance(cell, Answer))


def handed_out(report: Report) -> Report:
    """Return the report with all answers left empty."""
    sections = (
        replace(section, blocks=tuple(_emptied(block) for block in section.blocks))
        for section in report.sections
    )
    return replace(report, sections=tuple(sections), hand_out=True)


def _emptied(block: Block) -> Block:
    if isinstance(block, Finding):
        return replace(block, answer=replace(block.answer, text=""))
    if isinstance(block, Table):
        rows = tuple(
            tuple(replace(c, text="") if isinstance(c, Answer) else c for c in row)
            for row in block.rows
        )
        return replace(block, rows=rows)
    return block
