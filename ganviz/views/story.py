"""The strip beneath the views: the game as a formula with today's numbers, and what it is doing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from ganviz.clock import Part
from ganviz.frame import Diagnosis, Frame, Term

from .ink import BODY, MINUS, SMALL, THIN, elided, width, write
from .strokes import Sheet
from .theme import Theme, colour, theme
from .typeset import SIZE, known, prepare, put, setting

#: Heights of the strip, pixels: where the stage is low; with one row of formula; with two.
SLIM, ONE, TWO = 30, 66, 88
#: Height of the stage from which on there is room for a formula.
ROOMY = 480
PAD = 12
#: Between the two losses in one row, and between other pieces.
GROUP, GAP = 30.0, 5.0
#: Room for a number beneath the left side of a loss: seven characters.
NUMBER = 54.0
#: Sizes of the formula that are tried, in one row and in two.
SIZES, SMALL_SIZES = (18, 17, 16, 15, 14, 13), (14, 13, 12)
#: What needs no attention.
CALM = frozenset({"balanced", "converged", "learning", "still"})

#: A piece of formula as it is laid out: its LaTeX and whose it is.
#: A name in upright letters, as it is typeset.
_UPRIGHT = re.compile(r"\\mathrm\{(\w+)\}")

Piece = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the formula goes.

    Attributes
    ----------
    height
        Of the strip.
    size
        Of the mathematics; 0 where there is no room for it and plain letters are written.
    places
        ((piece, left end of its baseline, baseline, baseline of its number), …) by the piece's
        place in the formula; definitions may be left out.
    """

    height: int
    size: float
    places: tuple[tuple[int, float, float, float], ...]


def share(wide: float) -> float:
    """Return how wide the diagnosis is in a strip of this width."""
    return min(max(0.27 * wide, 200.0), 420.0)


@lru_cache(maxsize=128)
def arranged(pieces: tuple[Piece, ...], wide: float) -> Layout:
    """Return the best layout of a formula in a strip of this width.

    One row with its definitions, else two; without the definitions before it gets too small to
    read; plain letters where even that does not fit.
    """
    room = wide - share(wide) - 3 * PAD
    bare = tuple(i for i, (_, role) in enumerate(pieces) if role != "where")
    every = tuple(range(len(pieces)))
    turn = next((i for i, (_, role) in enumerate(pieces) if role == "generator"), len(pieces))
    if not pieces:
        return Layout(ONE, 0.0, ())
    for shown, least in ((every, 14), (bare, 13)):
        for size in (size for size in SIZES if size >= least):
            ends = _row(pieces, shown, size, turn)
            if ends[-1][1] <= room:
                return Layout(ONE, size, _placed(pieces, ((ends, ONE / 2),), size))
        for size in SMALL_SIZES:
            upper = tuple(i for i in shown if i < turn)
            lower = tuple(i for i in shown if i >= turn)
            rows = [_row(pieces, part, size, turn) for part in (upper, lower) if part]
            if all(row[-1][1] <= room for row in rows):
                each = TWO / len(rows)
                middles = [(row, (number + 0.5) * each) for number, row in enumerate(rows)]
                return Layout(TWO, size, _placed(pieces, tuple(middles), size))
    return Layout(TWO, 0.0, ())


@lru_cache(maxsize=128)
def inline(pieces: tuple[Piece, ...], room: float, tall: float) -> Layout:
    """Return the largest layout of a formula in one row of this room, its middle at half a height.

    Without the definitions where these do not fit; with the discriminator's loss alone where both
    losses do not; size 0 where even that is too wide.
    """
    turn = next((i for i, (_, role) in enumerate(pieces) if role == "generator"), len(pieces))
    bare = tuple(i for i, (_, role) in enumerate(pieces) if role != "where")
    every = tuple(range(len(pieces)))
    for shown, least in ((every, 16), (bare, SMALL), (tuple(i for i in bare if i < turn), SMALL)):
        for size in (size for size in (22, 20, *SIZES, SMALL) if shown and size >= least):
            ends = _row(pieces, shown, size, turn)
            if ends[-1][1] <= room:
                return Layout(round(tall), size, _placed(pieces, ((ends, tall / 2),), size))
    return Layout(round(tall), 0.0, ())


Row = list[tuple[int, float, float]]


def _row(pieces: tuple[Piece, ...], shown: tuple[int, ...], size: float, turn: int) -> Row:
    """Return [(piece, its right end, its left end), …] of pieces side by side."""
    x, result, before = 0.0, Row(), ""
    for number in shown:
        tex, role = pieces[number]
        if result:
            apart = number == turn or (role == "where") or before == "where"
            x += (GROUP if number == turn or before != "where" else 16.0) if apart else GAP
        wide = setting(tex).wide * size / SIZE
        slot = max(wide, NUMBER) if tex.endswith("=") else wide
        result.append((number, x + slot, x + (slot - wide)))
        x, before = x + slot, role
    return result


def _placed(
    pieces: tuple[Piece, ...], rows: tuple[tuple[Row, float], ...], size: float
) -> tuple[tuple[int, float, float, float], ...]:
    """Return the places of rows about their middles, each with its numbers beneath."""
    places = []
    for row, middle in rows:
        rise = max(setting(pieces[i][0]).rise for i, *_ in row) * size / SIZE
        fall = max(setting(pieces[i][0]).fall for i, *_ in row) * size / SIZE
        tall = rise + fall + 3 + SMALL
        base = middle - tall / 2 + rise
        for number, _, left in row:
            places.append((number, PAD + left, base, base + fall + 1 + SMALL))
    return tuple(places)


class Story(QWidget):
    """The formula on the left, the diagnosis on the right: a function of frame, theme and size.

    A ``patient`` one, of a window, shows a new formula in plain letters until a thread has set it:
    the window never waits. :meth:`settle` looks whether it has.
    """

    def __init__(self, parent: QWidget | None = None, *, patient: bool = False) -> None:
        super().__init__(parent)
        self.patient = patient
        self._wanted: tuple[Piece, ...] = ()
        self.theme = theme("light")
        self._terms: tuple[Term, ...] = ()
        self._pieces: tuple[Piece, ...] = ()
        self._formula = ""
        self._diagnosis: Diagnosis | None = None
        self._sheet = Sheet()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Formula and diagnosis")

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The formula that is shown, in pieces; none where it is not set yet."""
        return self._pieces

    def wanted(self, wide: int, stage: int) -> int:
        """Return the height of the strip at this width, beneath a stage of this height."""
        scale = self.theme.scale
        if stage < ROOMY * scale:
            return round(SLIM * scale)
        return round(arranged(self._pieces, wide / scale).height * scale)

    def show_frame(self, frame: Frame | None) -> None:
        """Show what a frame says, or nothing."""
        terms = () if frame is None else frame.terms
        formula = "" if frame is None else frame.formula
        diagnosis = None if frame is None else frame.diagnosis
        if (terms, formula, diagnosis) == (self._terms, self._formula, self._diagnosis):
            return
        self._terms, self._formula, self._diagnosis = terms, formula, diagnosis
        self._wanted = tuple((term.tex, term.role) for term in terms)
        self.settle()
        told = [formula, *losses(terms)]
        if diagnosis is not None:
            told.append(f"{diagnosis.words}. {diagnosis.evidence}")
        self.setAccessibleDescription(". ".join(part for part in told if part).replace(THIN, ""))
        self.setToolTip("\n".join(part for part in (*told[1:][-1:], formula) if part))
        self.update()

    def settle(self) -> bool:
        """Take up the formula that is wanted, if it can be shown now; return whether it changed."""
        texts = [tex for tex, _ in self._wanted]
        waiting = self.patient and not known(texts)
        if waiting:
            prepare(texts)
        pieces = () if waiting else self._wanted
        if pieces == self._pieces:
            return False
        self._pieces = pieces
        self.update()
        return True

    def set_theme(self, wanted: Theme) -> None:
        """Paint in the colours of this theme from now on."""
        if wanted is not self.theme:
            self.theme = wanted
            self.update()

    @Part("formula")
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it; called by Qt."""
        t = self.theme
        p = QPainter(self)
        p.scale(t.scale, t.scale)
        wide, tall = self.width() / t.scale, self.height() / t.scale
        slim, split = tall < ONE - 1, wide - share(wide) - PAD
        layout = Layout(SLIM, 0.0, ()) if slim else arranged(self._pieces, wide)

        def paint_card(q: QPainter) -> None:
            q.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            q.setPen(QPen(colour(t.border), 1))
            q.setBrush(colour(t.base))
            q.drawRoundedRect(QRectF(0.5, 0.5, wide - 1, tall - 1), 9, 9)
            if not slim:
                q.drawLine(QPointF(split, 9), QPointF(split, tall - 9))
            self._paint_formula(q, layout)

        key = (self._pieces, layout, t.name)
        self._sheet.draw(p, QRectF(0, 0, wide, tall), key, paint_card, t.window)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        if slim:
            self._paint_slim(p, wide, tall)
            p.end()
            return
        if layout.size:
            self._paint_numbers(p, layout)
        else:
            self._paint_plain(p, QRectF(PAD, 0, split - 2 * PAD, tall))
        if self._diagnosis is not None:
            room = QRectF(split + PAD, 0, wide - split - 2 * PAD, tall)
            paint_diagnosis(p, room, self._diagnosis, t)
        p.end()

    def _paint_formula(self, p: QPainter, layout: Layout) -> None:
        for number, left, base, _ in layout.places:
            tex, role = self._pieces[number]
            ink = self.theme.text
            if tex.endswith("="):
                ink = self.theme.words(self.theme.role(role))
            elif role == "where":
                ink = self.theme.muted
            put(p, (round(left), round(base)), tex, ink, layout.size)

    def _paint_numbers(self, p: QPainter, layout: Layout) -> None:
        for number, left, _, below in layout.places:
            term = self._terms[number]
            if term.value:
                wide = setting(term.tex).wide * layout.size / SIZE
                ink = self.theme.words(self.theme.role(term.role))
                where = (left + wide, below) if term.tex.endswith("=") else (left + wide / 2, below)
                align = 1.0 if term.tex.endswith("=") else 0.5
                write(p, where, term.value, ink, size=SMALL, align=align)

    def _paint_plain(self, p: QPainter, room: QRectF) -> None:
        """Write the formula in plain letters, the numbers of both losses beneath."""
        told = "     ".join(losses(self._terms))
        below = 1 if told else 0
        for size in (13, 12, 11, 10):
            lines = wrapped(self._formula, room.width(), size)
            tall = (len(lines) + below) * (size + 3)
            if tall <= room.height() - 6:
                break
        y = room.center().y() - tall / 2 + size
        for line in lines:
            write(p, (room.left(), round(y)), line, self.theme.text, size=size)
            y += size + 3
        if told:
            write(p, (room.left(), round(y)), told, self.theme.muted, size=size)

    def _paint_slim(self, p: QPainter, wide: float, tall: float) -> None:
        """Write one line: the losses on the left, the diagnosis on the right."""
        t = self.theme
        base = round(tall / 2 + BODY * 0.36)
        told = "    ".join(losses(self._terms))
        write(p, (PAD, base), told, t.text)
        if self._diagnosis is None:
            return
        start = PAD + width(told) + GROUP + 18
        words = self._diagnosis.words
        for size in (BODY, SMALL, 11):
            if start + width(words, size) + PAD <= wide:
                break
        else:
            words = self._diagnosis.name
        x = wide - PAD - width(words, size)
        paint_mark(p, QPointF(x - 12, tall / 2), self._diagnosis, t)
        write(p, (x, base), words, t.text, size=size)


def losses(terms: tuple[Term, ...]) -> tuple[str, ...]:
    """Return both losses and their numbers in plain words, as far as there are numbers."""
    told = [term for term in terms if term.tex.endswith("=") and term.value]
    names = (_UPRIGHT.sub(r"\1", term.tex).replace("-", MINUS) for term in told)
    return tuple(f"{name} {term.value}" for name, term in zip(names, told, strict=True))


def wrapped(words: str, room: float, size: int, bold: bool = False) -> list[str]:
    """Return words in lines no wider than ``room``; a single word may be."""
    lines: list[str] = []
    line = ""
    for word in words.split(" "):  # not at the thin spaces of a number
        longer = f"{line} {word}".strip()
        if line and width(longer, size, bold) > room:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines


def paint_mark(p: QPainter, at: QPointF, diagnosis: Diagnosis, t: Theme) -> None:
    """Paint a disc for what one wishes for, a ring for a calm game, else a triangle."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    x, y = at.x(), at.y()
    if diagnosis.good or diagnosis.name in CALM:
        p.setPen(QPen(colour(t.discriminator), 2))
        p.setBrush(colour(t.discriminator) if diagnosis.good else Qt.BrushStyle.NoBrush)
        p.drawEllipse(at, 4.5, 4.5)
        return
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(colour(t.warning_text))
    p.drawPolygon(QPolygonF([QPointF(x - 6, y + 5), QPointF(x, y - 6), QPointF(x + 6, y + 5)]))


def paint_diagnosis(p: QPainter, room: QRectF, diagnosis: Diagnosis, t: Theme) -> None:
    """Write the name of a diagnosis with its mark, and its line beneath, in as many rows as needed.

    Where they do not fit beneath it, the words stand alone. The evidence stands in the tooltip.
    """
    left = room.left() + 18
    wide = room.right() - left
    for size, named in ((BODY, 1), (SMALL, 1), (11, 1), (SMALL, 0), (11, 0), (10, 0)):
        lines = wrapped(diagnosis.words, wide, size)
        tall = named * (BODY + 5) + len(lines) * (size + 3)
        if tall <= room.height() - 6:
            break
    y = room.center().y() - tall / 2
    first = BODY if named else size
    paint_mark(p, QPointF(room.left() + 6, y + first * 0.64), diagnosis, t)
    if named:
        write(p, (left, round(y + BODY)), diagnosis.name, t.text, bold=True)
    y += named * (BODY + 5)
    for number, line in enumerate(lines):
        ink = t.muted if named else t.text
        at = (left, round(y + number * (size + 3) + size))
        write(p, at, elided(line, wide, size), ink, size=size)
