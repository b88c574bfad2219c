"""The small language of a lesson's texts.

Blank lines part paragraphs. In a paragraph ``$…$`` is a formula in LaTeX, ``*…*`` is emphasised,
and ``[words](train.k=5; optim.lr_d=0.004)`` is a button that sets parameters. With ``(again)`` it
begins the lesson again, with ``(again; train.k=5)`` it does so with that value. Square brackets
without round ones behind them are what they are, and so is the star of D*, behind a letter. A
backslash takes the meaning from the next ``$``, ``*``, ``[`` or backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ganviz.schema import ParamError, parse

#: What a button says in its brackets that begins the lesson again.
AGAIN = "again"

_MARKS = "$*["
_ESCAPED = "$*[\\"
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Words:
    """Plain words."""

    text: str


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Words that stand out."""

    text: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in LaTeX, as :func:`ganviz.views.typeset.setting` takes it."""

    tex: str


@dataclass(frozen=True, slots=True)
class Button:
    """Words that set parameters when they are pressed.

    ``values`` maps dotted paths to values; ``again``: with them the lesson begins again, and else
    they change the run as it stands.
    """

    text: str
    values: Mapping[str, Any]
    again: bool = False


Piece = Words | Emphasis | Formula | Button
Paragraph = tuple[Piece, ...]


def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """Return the paragraphs of a text, each as its pieces in order.

    Raises
    ------
    ParamError
        For a formula or an emphasis without an end, and for a button that sets nothing.
    """
    blocks = (" ".join(block.split()) for block in _BLANK_LINE.split(text.strip()))
    return tuple(tuple(_joined(_pieces(block))) for block in blocks if block)


def plain(text: str) -> str:
    """Return a text without its marks, for a place that can show none; formulas stay LaTeX."""
    return "\n\n".join(
        "".join(piece.tex if isinstance(piece, Formula) else piece.text for piece in paragraph)
        for paragraph in paragraphs(text)
    )


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Put neighbouring words into one piece."""
    waiting = ""
    for piece in pieces:
        if isinstance(piece, Words):
            waiting += piece.text
            continue
        if waiting:
            yield Words(waiting)
            waiting = ""
        yield piece
    if waiting:
        yield Words(waiting)


def _pieces(text: str) -> Iterator[Piece]:
    at = 0
    while at < len(text):
        mark = text[at]
        if mark == "\\" and text[at + 1 : at + 2] in tuple(_ESCAPED):
            yield Words(text[at + 1])
            at += 2
        elif mark == "$" or (mark == "*" and not text[at - 1 : at].isalnum()):
            end = text.find(mark, at + 1)
            inside = text[at + 1 : end].strip()
            if end < 0 or not inside:
                what = "formula" if mark == "$" else "emphasis"
                raise ParamError(
                    f"“{_cut(text[at:])}”: begins {'an' if what[0] == 'e' else 'a'} {what} without "
                    f"an end; must end with {mark}, or begin with \\{mark} where it is none"
                )
            yield Formula(inside) if mark == "$" else Emphasis(inside)
            at = end + 1
        elif mark == "[" and (found := _button(text, at)) is not None:
            button, at = found
            yield button
        else:
            end = at + 1
            while end < len(text) and text[end] not in _MARKS + "\\":
                end += 1
            yield Words(text[at:end])
            at = end


def _button(text: str, at: int) -> tuple[Button, int] | None:
    """Return the button that begins at a bracket, and where it ends; None if it is only a bracket.

    Values may hold brackets of their own, such as ``generator.formula=exp(z)``.
    """
    middle = text.find("](", at)
    if middle < 0 or "[" in text[at + 1 : middle]:
        return None
    depth, end = 1, middle + 2
    while end < len(text) and depth:
        depth += (text[end] == "(") - (text[end] == ")")
        end += 1
    label, inside = text[at + 1 : middle].strip(), text[middle + 2 : end - 1].strip()
    if depth or not label:
        raise ParamError(
            f"“{_cut(text[at:])}”: must be a button such as [words](train.k=5; optim.lr_d=0.004)"
        )
    parts = [part.strip() for part in inside.split(";")]
    again = parts[0] == AGAIN
    return Button(label, _values(parts[again:], label, inside), again), end


def _values(parts: list[str], label: str, text: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for part in parts:
        path, equals, value = (word.strip() for word in part.partition("="))
        if not (path and equals and value):
            raise ParamError(
                f"[{_cut(label)}]({_cut(text)}): must set parameters, such as (train.k=5; "
                f"optim.lr_d=0.004), or say ({AGAIN}), or both: ({AGAIN}; train.k=5)"
            )
        values[path] = parse(value)
    return values


def _cut(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
