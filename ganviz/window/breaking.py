"""Where a formula may go on in the next line: LaTeX in pieces, each of which is set for itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

#: Letters and signs that stand in a line, about, before a formula is parted within.
LONG = 32
#: Space before a piece, in sizes of type: behind ``\qquad`` and ``\quad``, and before a relation or
#: an operator, as TeX has them.
GAPS = {r"\qquad": 2.0, r"\quad": 1.0}
RELATION, OPERATOR = 5 / 18, 4 / 18

_RELATIONS = frozenset("=<>") | {
    *(r"\leq", r"\geq", r"\le", r"\ge", r"\neq", r"\not", r"\approx", r"\sim", r"\equiv"),
    *(r"\propto", r"\gg", r"\ll", r"\to", r"\rightarrow", r"\Rightarrow", r"\Leftrightarrow"),
    *(r"\iff", r"\mapsto", r"\in"),
}
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[^\\]", re.DOTALL)
_OPENS, _CLOSES = frozenset({"{", "(", "[", r"\{"}), frozenset({"}", ")", "]", r"\}"})
_FONTS = re.compile(r"\\(hbox|text|mathrm|mathcal|mathbb|operatorname|left|right|[,;:! ])")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a formula, and the space before it where it does not begin a line."""

    tex: str
    gap: float


@lru_cache(maxsize=1024)
def parted(tex: str) -> tuple[Part, ...]:
    r"""Return the pieces of a formula between which a line may end.

    These are what ``\quad`` and ``\qquad`` part, and of a piece that is too long for a line still
    what its relations part; of those that are too long again, what + and - part. Braces and
    brackets are never torn apart.
    """
    found: list[Part] = []
    for part in _split(tex, GAPS):
        by_relation = _split(part.tex, dict.fromkeys(_RELATIONS, RELATION), keep=True)
        pieces = by_relation if length(part.tex) > LONG else [part]
        gap = part.gap
        for piece in pieces:
            signs = dict.fromkeys("+-", OPERATOR)
            terms = _split(piece.tex, signs, keep=True) if length(piece.tex) > LONG else [piece]
            for term in terms:
                found.append(Part(term.tex, gap or (piece.gap if term is terms[0] else term.gap)))
                gap = 0.0
    return _bound(found) or (Part(tex, 0.0),)


def _bound(parts: list[Part]) -> tuple[Part, ...]:
    """Return the pieces with those that only lead on, such as an arrow or "or", at the next one."""
    found: list[Part] = []
    for part in parts:
        last = found[-1] if len(found) > 1 else None
        if last is not None and part.gap >= 1 and _leads(last.tex):
            found[-1] = Part(rf"{last.tex}\quad {part.tex}", last.gap)
        else:
            found.append(part)
    return tuple(found)


def _leads(tex: str) -> bool:
    """Return whether a piece says nothing without the next one."""
    return tex in _RELATIONS or re.fullmatch(r"\\hbox\{\s*(and|or)\s*\}", tex) is not None


def length(tex: str) -> int:
    """Return about how many letters and signs of a formula stand in its line."""
    while (shorter := _FRACTION.sub(lambda m: max(m[1], m[2], key=len), tex)) != tex:
        tex = shorter
    plain = re.sub(r"\\([A-Za-z]+)", _sign, _FONTS.sub("", tex))
    return len(re.sub(r"[\\{}_^\s]", "", plain))


def _sign(command: re.Match[str]) -> str:
    """Return what stands for a command: its letters for log and the like, or one letter."""
    return command[1] if len(command[1]) == 3 and command[1] not in ("sum", "int", "psi") else "x"


def _split(tex: str, marks: dict[str, float], keep: bool = False) -> list[Part]:
    """Return what stands between these marks, outside of all brackets, without empty pieces.

    Marks that are kept begin a piece; one at the very beginning, or behind another such mark, parts
    nothing: it is a sign.
    """
    found: list[Part] = []
    piece, gap = "", 0.0
    for token, outside in _tokens(tex):
        if not (outside and token in marks):
            piece += token
            continue
        if keep and (not piece.strip() or piece.split()[-1] in {*_RELATIONS, "+", "-"}):
            piece += token
            continue
        if piece.strip():
            found.append(Part(piece.strip(), gap))
        # Of two gaps that follow each other both count.
        gap = marks[token] + (gap if not keep and not piece.strip() else 0.0)
        piece = token if keep else ""
    if piece.strip():
        found.append(Part(piece.strip(), gap))
    return found


def _tokens(tex: str) -> Iterator[tuple[str, bool]]:
    """Yield commands and letters, and of each whether it stands outside of all brackets."""
    depth = 0
    for token in _TOKEN.findall(tex):
        depth -= token in _CLOSES
        yield token, depth <= 0
        depth += token in _OPENS
