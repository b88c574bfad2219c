"""Prose: words, typeset formulas and buttons, set in lines of any width and painted.

A text is laid out for a width, as a function of its pieces, the width and the size of its type
alone; only its buttons are widgets, so that keys and screen readers find them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ganviz.lesson import Button, Emphasis, Formula, Paragraph, Piece, Words
from ganviz.views.ink import metrics, width, write
from ganviz.views.theme import Theme, colour, mixed, theme
from ganviz.views.typeset import SIZE, known, prepare, put, refused, setting
from ganviz.window.breaking import parted
from ganviz.window.keys import Manners

#: Height of a line, of the space between paragraphs, and of a display formula, in sizes of type.
LINE, APART, DISPLAY = 1.42, 0.62, 1.3
#: A display formula stays in one line as long as it is no smaller than this share of its size.
STAYS = 0.85
#: Room beside and above the words of a button, in sizes of type.
BESIDE, ABOVE = 0.55, 0.22
#: What a button does that begins the lesson anew, besides what its words say.
ANEW = "begins the lesson again"
#: So much wider than its room may a line be, pixels: what rounding leaves.
SLACK = 0.01


@dataclass(frozen=True, slots=True)
class Atom:
    """What no line parts: a word, a formula or a button.

    ``rise`` and ``fall`` are measured from the baseline; ``size`` is that of the type.
    """

    piece: Piece
    wide: float
    rise: float
    fall: float
    size: float


@dataclass(frozen=True, slots=True)
class Run:
    """Atoms that no line parts, and the space before them where they do not begin one."""

    gap: float
    atoms: tuple[Atom, ...]

    @property
    def wide(self) -> float:
        """How wide it is, without that space."""
        return sum(atom.wide for atom in self.atoms)


@dataclass(frozen=True, slots=True)
class Placed:
    """An atom with the left end of its baseline."""

    atom: Atom
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Setting:
    """A text in lines: what stands where, and how tall all of it is."""

    placed: tuple[Placed, ...]
    tall: float


def texts(paragraphs: Iterable[Paragraph]) -> tuple[str, ...]:
    """Return the LaTeX of all formulas in a text."""
    return tuple(p.tex for para in paragraphs for p in para if isinstance(p, Formula))


def ready(formulas: Iterable[str]) -> bool:
    """Return whether every formula is set, or known to be none; else see to it that it will be."""
    pieces = [part.tex for tex in formulas for part in parted(tex)]
    waiting = [tex for tex in pieces if not known((tex,)) and not refused(tex)]
    prepare(waiting)
    return not waiting


def lines(words: str, room: float, size: int, bold: bool = False) -> list[str]:
    """Return words in lines no wider than the room; a word that is wider has a line of its own."""
    found: list[str] = []
    for word in words.split():
        longer = f"{found[-1]} {word}" if found else word
        if found and width(longer, size, bold) <= room:
            found[-1] = longer
        else:
            found.append(word)
    return found


def arranged(
    paragraphs: Sequence[Paragraph], room: float, size: int, *, bold: bool = False
) -> Setting:
    """Set a text in lines of this width."""
    placed: list[Placed] = []
    y = 0.0
    for number, paragraph in enumerate(paragraphs):
        y += APART * size if number else 0.0
        alone = [p for p in paragraph if not (isinstance(p, Words) and not p.text.strip(" .,;"))]
        if len(alone) == 1 and isinstance(alone[0], Formula):
            y = _put(placed, _displayed(paragraph, room, size, bold), y, size, room, True)
        else:
            y = _put(placed, _filled(_runs(paragraph, room, size, bold), room), y, size)
    return Setting(tuple(placed), y)


def _displayed(paragraph: Paragraph, room: float, size: int, bold: bool) -> list[list[Run]]:
    """Return the lines of a formula that stands alone: no smaller than the text, if it can be."""
    natural = _runs(paragraph, inf, DISPLAY * size, bold)
    wide = natural[0].wide + sum(run.gap + run.wide for run in natural[1:])
    fits = room / max(wide, 1.0)
    if fits < STAYS:
        fits = max(room / max(max(run.wide for run in natural), 1.0), 1 / DISPLAY)
    return _filled(_runs(paragraph, room, min(fits, 1.0) * DISPLAY * size, bold), room)


def _runs(paragraph: Paragraph, room: float, size: float, bold: bool) -> list[Run]:
    """Return the runs of a paragraph."""
    space = width(" ", round(size))
    runs: list[tuple[float, list[Atom]]] = [(0.0, [])]
    for piece in paragraph:
        if isinstance(piece, Formula):
            for number, part in enumerate(parted(piece.tex)):
                if number:
                    runs.append((part.gap * size, []))
                runs[-1][1].append(_atom(Formula(part.tex), room, size, bold))
            continue
        if isinstance(piece, Button):
            runs[-1][1].append(_atom(piece, room, size, bold))
            continue
        parts = piece.text.split(" ")
        for number, text in enumerate(parts):
            if number and runs[-1][1]:
                runs.append((space, []))
            if text:
                word: Piece = Words(text) if isinstance(piece, Words) else Emphasis(text)
                runs[-1][1].append(_atom(word, room, size, bold))
    return [Run(gap, tuple(atoms)) for gap, atoms in runs if atoms]


def _atom(piece: Piece, room: float, size: float, bold: bool) -> Atom:
    type_ = round(size)
    face = metrics(type_)
    if isinstance(piece, Formula):
        if refused(piece.tex) or not known((piece.tex,)):
            piece = Words(piece.tex)
            return Atom(piece, width(piece.text, type_), face.ascent(), face.descent(), size)
        shape = setting(piece.tex)
        scale = min(1.06 * size / SIZE, room / max(shape.wide, 1.0))
        return Atom(piece, shape.wide * scale, shape.rise * scale, shape.fall * scale, scale * SIZE)
    if isinstance(piece, Button):
        found = lines(piece.text, room - 2 * BESIDE * size, type_, True)
        wide = max(width(line, type_, True) for line in found) + 2 * BESIDE * size
        below = (len(found) - 1) * LINE * size
        edge = ABOVE * size
        return Atom(piece, wide, face.ascent() + edge, face.descent() + edge + below, size)
    heavy = bold or isinstance(piece, Emphasis)
    return Atom(piece, width(piece.text, type_, heavy), face.ascent(), face.descent(), size)


def _filled(runs: Sequence[Run], room: float) -> list[list[Run]]:
    """Return lines of runs, each as full as it can be."""
    found: list[list[Run]] = []
    x = 0.0
    for run in runs:
        if found and x + run.gap + run.wide <= room + SLACK:
            found[-1].append(run)
            x += run.gap + run.wide
        else:
            found.append([run])
            x = run.wide
    return found


def _put(
    placed: list[Placed],
    rows: Sequence[Sequence[Run]],
    y: float,
    size: int,
    room: float = 0.0,
    centred: bool = False,
) -> float:
    """Place lines below each other from a height on; return where they end."""
    face = metrics(size)
    leading = LINE * size - face.ascent() - face.descent()
    for row in rows:
        atoms = [atom for run in row for atom in run.atoms]
        rise = max(face.ascent(), *(atom.rise for atom in atoms))
        fall = max(face.descent(), *(atom.fall for atom in atoms))
        wide = row[0].wide + sum(run.gap + run.wide for run in row[1:])
        x = (room - wide) / 2 if centred else 0.0
        base = round(y + leading / 2 + rise)
        for number, run in enumerate(row):
            x += run.gap if number else 0.0
            for atom in run.atoms:
                placed.append(Placed(atom, x, base))
                x += atom.wide
        y += leading + rise + fall
    return y


def paint(
    p: QPainter, text: Setting, at: tuple[float, float], ink: str, *, bold: bool = False
) -> None:
    """Paint the words and formulas of a text, with its top left corner at a point."""
    for each in text.placed:
        piece, size = each.atom.piece, each.atom.size
        x, y = at[0] + each.x, at[1] + each.y
        if isinstance(piece, Formula):
            put(p, (round(x), round(y)), piece.tex, ink, size)
        elif not isinstance(piece, Button):
            write(
                p,
                (x, y),
                piece.text,
                ink,
                size=round(size),
                bold=bold or isinstance(piece, Emphasis),
            )


class Pill(QAbstractButton):
    """A button that stands in a line of text."""

    def __init__(self, button: Button, manners: Manners, parent: QWidget) -> None:
        super().__init__(parent)
        self.button = button
        self.size_ = 15
        self.theme = theme("light")
        self.setText(button.text)
        self.setAccessibleName(button.text)
        if button.again:
            self.setAccessibleName(f"{button.text}: {ANEW}")
            self.setToolTip(ANEW[0].upper() + ANEW[1:])
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCheckable(False)
        self.on = False  # whether what it sets is in force
        manners.teach(self)

    def show_on(self, on: bool) -> None:
        """Show whether what it sets is in force."""
        if on != self.on:
            self.on = on
            self.setAccessibleDescription("in force" if on else "")
            self.update()

    def sizeHint(self) -> QSize:
        """Return the size it was given; called by Qt."""
        return self.size()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Come into sight; called by Qt."""
        super().focusInEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it; called by Qt."""
        t, p = self.theme, QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = mixed(t.base, t.accent, 0.9 if self.on else 0.1)
        if self.isDown() or self.underMouse():
            ground = mixed(ground, t.accent, 0.15)
        edge = t.real if self.hasFocus() else t.accent
        p.setPen(QPen(colour(edge), 2 if self.hasFocus() else 1))
        p.setBrush(colour(ground))
        p.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        size, face = self.size_, metrics(self.size_)
        ink = t.base if self.on else t.text
        y = ABOVE * size + face.ascent()
        for line in lines(self.text(), self.width() - 2 * BESIDE * size + 1, size, True):
            write(p, (self.width() / 2, round(y)), line, ink, size=size, bold=True, align=0.5)
            y += LINE * size
        p.end()


class Prose(QWidget):
    """A text with its heading, as wide as it is told and as tall as it needs.

    Signals
    -------
    wanted (Button)
        It was pressed.
    """

    wanted = Signal(object)

    def __init__(
        self,
        paragraphs: Sequence[Paragraph],
        manners: Manners,
        *,
        heading: str = "",
        size: int = 15,
        bold: bool = False,
        quiet: bool = False,
    ) -> None:
        super().__init__()
        self.paragraphs = tuple(paragraphs)
        self.heading = heading
        self.bold, self.quiet = bold, quiet
        self.away = False  # whether it is not to be seen at present
        self.ratio = size / 15  # of its type to that of plain text
        self.theme = theme("light")
        self._size = 15
        self._setting = Setting((), 0.0)
        self._top = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        buttons = [p for para in self.paragraphs for p in para if isinstance(p, Button)]
        self.pills = [Pill(button, manners, self) for button in buttons]
        for pill in self.pills:
            pill.clicked.connect(self._pressed)
        self.setAccessibleName(heading or self.words)
        self.setAccessibleDescription(self.words)

    @property
    def words(self) -> str:
        """The text without its marks."""
        return "\n".join(
            "".join(p.tex if isinstance(p, Formula) else p.text for p in para)
            for para in self.paragraphs
        )

    @property
    def formulas(self) -> tuple[str, ...]:
        """The LaTeX in it."""
        return texts(self.paragraphs)

    def fit(self, wide: int, size: int, wanted: Theme) -> int:
        """Set it in lines of this width, in type of this size; return how tall it is."""
        self.theme, self._size = wanted, round(size * self.ratio)
        self._top = round(1.7 * self._small) if self.heading else 0
        self._setting = arranged(self.paragraphs, wide, self._size, bold=self.bold)
        tall = round(self._top + self._setting.tall + 0.5)
        self.setFixedSize(wide, tall)
        atoms = [each for each in self._setting.placed if isinstance(each.atom.piece, Button)]
        for pill, each in zip(self.pills, atoms, strict=True):
            pill.size_, pill.theme = self._size, wanted
            top = self._top + each.y - each.atom.rise
            pill.setGeometry(
                round(each.x),
                round(top),
                round(each.atom.wide + 0.5),
                round(each.atom.rise + each.atom.fall + 0.5),
            )
        self.update()
        return tall

    @property
    def _small(self) -> int:
        return round(0.8 * self._size)

    def show_in_force(self, holds: Mapping[int, bool]) -> None:
        """Show which buttons set what is in force, by their place."""
        for number, pill in enumerate(self.pills):
            pill.show_on(holds.get(number, False))

    @Slot()
    def _pressed(self) -> None:
        pill = self.sender()
        if isinstance(pill, Pill):
            self.wanted.emit(pill.button)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the words and formulas; called by Qt."""
        t, p = self.theme, QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        if self.heading:
            ink = t.words(t.real)
            write(p, (0, round(1.1 * self._small)), self.heading, ink, size=self._small, bold=True)
        ink = t.muted if self.quiet else t.text
        paint(p, self._setting, (0, self._top), ink, bold=self.bold)
        p.end()
