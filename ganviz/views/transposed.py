"""Transposed convolution, to be played with: the input, the kernel, the matrix and the output."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from ganviz.frame import Array, Frame, Look
from ganviz.theory.transposed import CHOICES, Geometry, square

from .chrome import Choice
from .ink import BODY, SMALL, brief, elided, width, write
from .plot import View
from .strokes import pen
from .theme import Theme, colour, mixed

#: Space about everything and between the parts; height of a row of words.
PAD, APART, ROW = 14.0, 26.0, 20.0
#: Greatest height of a cell of the squares, and of the matrix; least height of one with a number.
CELL, LINE, TOLD = 72.0, 34.0, 13.0
#: How much wider than tall a cell of the matrix may be, and its least width.
BROAD, THIN = 2.2, 7.0
#: Greatest type of the numbers, and how large it is for its cell.
LARGE, FULL = 22, 0.42
#: Least height of the pictures with a kernel and a matrix.
LEAST = 70.0
#: How much of its colour a weight of the kernel has, and one that is not lit.
STRONG, WEAK = 0.6, 0.2
#: What the pixels of the input are called, and none of them.
PIXELS = tuple(f"x_{number + 1}" for number in range(4))
NONE = "none"
#: What the numbers of a look are called.
NUMBERS = {"numbered": "1, 2, 3 …", "ones": "all ones"}


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells on the canvas: the left upper corner of the first, their size, and how many."""

    left: float
    top: float
    wide: float
    tall: float
    rows: int
    columns: int

    @property
    def rect(self) -> QRectF:
        """All of it."""
        return QRectF(self.left, self.top, self.columns * self.wide, self.rows * self.tall)

    def cell(self, row: float, column: float, rows: float = 1, columns: float = 1) -> QRectF:
        """Return where so many cells lie."""
        return QRectF(
            self.left + column * self.wide,
            self.top + row * self.tall,
            columns * self.wide,
            rows * self.tall,
        )

    def at(self, point: QPointF) -> int:
        """Return which cell a point is in, counted by rows, or −1."""
        column = (point.x() - self.left) // self.wide
        row = (point.y() - self.top) // self.tall
        inside = 0 <= column < self.columns and 0 <= row < self.rows
        return int(row) * self.columns + int(column) if inside else -1


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything stands; the kernel and the matrix only where there is room for them."""

    x: Grid
    y: Grid
    kernel: Grid | None
    matrix: Grid | None
    foot: float


@dataclass(frozen=True, slots=True)
class Lit:
    """What is lit: a pixel of the input, one of the output, and a weight; −1: none."""

    pixel: int = -1
    out: int = -1
    weight: int = -1


def planned(area: QRectF, g: Geometry) -> Plan:
    """Return where everything stands on a canvas: as large as there is room for, in the middle.

    Input and kernel stand one above the other on the left, with the output on the right or, where
    that makes it larger, beneath them.
    """
    tall, wide = area.height() - 2 * ROW - 12, area.width() - 2 * PAD
    whole, size, k = g.out + 2 * g.padding, g.size, g.kernel
    many = tall >= LEAST and wide >= 210
    if not many:  # input and output alone
        cell = max(min(CELL, (wide - APART) / (size + whole), tall / max(whole, size)), 4.0)
        left = area.left() + (area.width() - (size + whole) * cell - APART) / 2
        top = area.top() + ROW + 2
        first = Grid(left, top, cell, cell, size, size)
        edge = g.padding * cell
        left += size * cell + APART
        last = Grid(left + edge, top + edge, cell, cell, g.out, g.out)
        return Plan(first, last, None, None, area.bottom() - 10)
    line = min(tall / g.out**2, LINE)
    broad = max(min(BROAD * line, 1.3 * LINE, 0.3 * wide / size**2), THIN)
    apart = min(APART, 0.06 * wide)
    matrix = size**2 * broad + apart
    room, above = wide - matrix, ROW + 6
    beside = min((room - apart) / (max(size, k) + whole), (tall - above) / max(whole, size + k))
    under = min(room / max(size, k, whole), (tall - 2 * above) / (size + k + whole))
    cell = max(min(max(beside, under), CELL), 4.0)
    stacked = under > beside
    left = max(size, k, whole if stacked else 0) * cell
    used = left + matrix + (0.0 if stacked else whole * cell + apart)
    x, top = area.left() + (area.width() - used) / 2, area.top() + ROW + 2
    first = Grid(x, top, cell, cell, size, size)
    kernel = Grid(x, top + size * cell + above, cell, cell, k, k)
    table = Grid(x + left + apart, top, broad, line, g.out**2, size**2)
    corner = (x, kernel.rect.bottom() + above) if stacked else (table.rect.right() + apart, top)
    edge = g.padding * cell
    last = Grid(corner[0] + edge, corner[1] + edge, cell, cell, g.out, g.out)
    return Plan(first, last, kernel, table, area.bottom() - 10)


def lit_at(plan: Plan, at: QPointF | None, g: Geometry, usual: int) -> Lit:
    """Return what is lit by the pointer, and by the look where the pointer lights no pixel."""
    if at is None:
        return Lit(usual)
    if (pixel := plan.x.at(at)) >= 0:
        return Lit(pixel)
    if (out := plan.y.at(at)) >= 0:
        return Lit(usual, out)
    if plan.kernel is not None and (weight := plan.kernel.at(at)) >= 0:
        return Lit(usual, -1, weight)
    if plan.matrix is not None and (entry := plan.matrix.at(at)) >= 0:
        row, column = divmod(entry, g.size**2)
        return Lit(column, row, int(g.entries()[row, column]))
    return Lit(usual)


class Transposed(View):
    """A square becomes a larger one: stamp by stamp, and as a matrix."""

    name = "transposed"
    title = "Transposed convolution"
    about = (
        "How a layer of a DCGAN makes a larger picture of a smaller one. Each pixel of the input "
        "puts the kernel down on the output, times its own value, s pixels apart; stamps that lie "
        "over each other add up, and p pixels are cut off each edge. The matrix says the same: its "
        "column j is the stamp of pixel j, and it is the transpose of the matrix of a convolution. "
        "Click a pixel of the input to light its stamp and its column; point at anything to read "
        "it. It shows the same for every game."
    )
    rows = 2

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: dict[str, Choice] = {}
        for letter, name, tip in (
            ("k", "Kernel", "Kernel: pixels a side of what each input pixel puts down"),
            ("s", "Stride", "Stride: pixels between the stamps of neighbouring input pixels"),
            ("p", "Padding", "Padding: pixels cut off each edge of the output"),
        ):
            self._parts[letter] = choice = Choice(name, tip, f"{letter} ")
            choice.wanted.connect(self._part_wanted)
        tip = (
            "What stands in input and kernel: 1, 2, 3 … in rows, or nothing but ones: then the "
            "output counts how many stamps lie over each other"
        )
        self._numbers = Choice("Numbers", tip, even=True)
        self._numbers.wanted.connect(self._numbers_wanted)
        self._pixel = Choice("Lit pixel", "Which pixel of the input is lit", "lit ", even=True)
        self._pixel.wanted.connect(self._pixel_wanted)
        for control in (*self._parts.values(), self._numbers, self._pixel):
            self.header.add_control(control, stays=True)

    def dress(self, frame: Frame, look: Look) -> None:
        """Bring the controls of the header up to date."""
        for part, choice in zip(look.stamp.split(), self._parts.values(), strict=True):
            letter = part[0]
            values = {name.split()["ksp".index(letter)][1:] for name in CHOICES}
            choice.show_value(tuple(sorted(values)), part[1:])
        self._numbers.show_value(tuple(NUMBERS.values()), NUMBERS[look.numbers])
        self._pixel.show_value((*PIXELS, NONE), (*PIXELS, NONE)[look.pixel])
        g = CHOICES[look.stamp]
        self.header.show_words(f"{g.size} × {g.size} → {g.out} × {g.out}")

    def _part_wanted(self, value: str) -> None:
        values = {letter: choice.value for letter, choice in self._parts.items()}
        letter = next(key for key, choice in self._parts.items() if choice is self.sender())
        values[letter] = value
        self.look_wanted.emit({"stamp": " ".join(key + each for key, each in values.items())})

    def _numbers_wanted(self, name: str) -> None:
        self.look_wanted.emit({"numbers": next(k for k, v in NUMBERS.items() if v == name)})

    def _pixel_wanted(self, name: str) -> None:
        self.look_wanted.emit({"pixel": PIXELS.index(name) if name in PIXELS else -1})

    def clicked(self, at: QPointF) -> None:
        """Light a pixel of the input, or none where it is lit already."""
        pixel = planned(self.area, CHOICES[self._look.stamp]).x.at(at)
        if pixel >= 0:
            self.look_wanted.emit({"pixel": -1 if pixel == self._look.pixel else pixel})

    def doubled(self, at: QPointF) -> bool:
        """Take the second of two quick clicks on a pixel as a click."""
        return planned(self.area, CHOICES[self._look.stamp]).x.at(at) >= 0

    def paint(self, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        """Paint the plot."""
        t, g = self.theme, CHOICES[look.stamp]
        p.fillRect(area, colour(t.base))
        plan = planned(area, g)
        lit = lit_at(plan, self._pointer, g, look.pixel)
        x, kernel = square(look.numbers, g.size), square(look.numbers, g.kernel)
        y = g.transposed(x, kernel)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        _paint_input(p, plan.x, x, lit, t)
        if plan.kernel is not None:
            _paint_kernel(p, plan.kernel, kernel, lit, t)
        if plan.matrix is not None:
            _paint_matrix(p, plan.matrix, g, kernel, lit, t)
        _paint_output(p, plan.y, g, y, lit, t)
        room = area.width() - 2 * PAD
        line = next((each for each in said(g) if width(each, BODY) <= room), "")
        write(p, (area.center().x(), plan.foot), line, t.muted, align=0.5)

    def read(self, at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
        """Return in words what is drawn at a point."""
        g = CHOICES[look.stamp]
        plan = planned(area, g)
        x, kernel = square(look.numbers, g.size).ravel(), square(look.numbers, g.kernel).ravel()
        entries = g.entries()
        if (pixel := plan.x.at(at)) >= 0:
            top, left = g.corner(pixel)
            stays = int((entries[:, pixel] >= 0).sum())
            return (
                f"input pixel x_{pixel + 1} = {brief(x[pixel])}",
                f"its stamp begins at row {top + 1}, column {left + 1}",
                f"{stays} of {g.kernel**2} weights stay on the output",
            )
        if (out := plan.y.at(at)) >= 0:
            parts = [
                f"{brief(kernel[weight])}·{brief(x[j])}"
                for j, weight in enumerate(entries[out])
                if weight >= 0
            ]
            found = float(g.matrix(kernel.reshape(g.kernel, -1))[out] @ x)
            row, column = divmod(out, g.out)
            law = f"{' + '.join(parts)} = " if parts else "no stamp reaches it: "
            return f"output pixel ({row + 1}, {column + 1})", f"{law}{brief(found)}"
        if plan.kernel is not None and (weight := plan.kernel.at(at)) >= 0:
            times = int((entries == weight).sum())
            return f"weight {brief(kernel[weight])}", f"stands {times} times in the matrix"
        if plan.matrix is not None and (entry := plan.matrix.at(at)) >= 0:
            row, column = divmod(entry, g.size**2)
            weight = int(entries[row, column])
            where = f"row of output pixel ({row // g.out + 1}, {row % g.out + 1})"
            what = f"weight {brief(kernel[weight])}" if weight >= 0 else "0: the stamp is not there"
            return f"{where}, column of x_{column + 1}", what
        return ()


def said(g: Geometry) -> tuple[str, ...]:
    """Return how many pixels come out, in words: the longest first."""
    k, s, p, n = g.kernel, g.stride, g.padding, g.size
    law = f"({n} − 1)·{s} − 2·{p} + {k} = {g.out}"
    return f"out = (in − 1)·s − 2p + k = {law}", f"out = {law}", law


def _shade(weight: int, count: int, t: Theme, share: float = STRONG) -> str:
    """Return the colour of a weight of the kernel, of so many."""
    hue = mixed(t.discriminator, t.value, weight / max(count - 1, 1))
    return mixed(t.base, hue, share)


def _paint_title(p: QPainter, grid: Grid, words: str, t: Theme, room: float) -> None:
    write(p, (grid.left, grid.top - 7), elided(words, room, SMALL), t.muted, size=SMALL)


def _type(grid: Grid, values: Array) -> int:
    """Return the type of the numbers in these cells; 0 where the widest does not fit."""
    size = max(SMALL, min(int(FULL * grid.tall), LARGE))
    while size > SMALL and _widest(values, size) > grid.wide - 4:
        size -= 1
    fits = grid.tall >= TOLD and _widest(values, size) <= grid.wide - 2
    return size if fits else 0


def _widest(values: Array, size: int) -> float:
    return max(width(figure(value), size) for value in np.unique(values))


def _paint_number(p: QPainter, rect: QRectF, words: str, ink: str, size: int) -> None:
    """Write a number into a cell."""
    if size:
        at = (rect.center().x(), rect.center().y() + size * 0.36)
        write(p, at, words, ink, size=size, align=0.5)


def _paint_cells(p: QPainter, grid: Grid, t: Theme, ink: str = "") -> None:
    """Paint the lines between cells, where there is room for lines."""
    if min(grid.wide, grid.tall) < 5:
        return
    p.setPen(QPen(colour(ink or t.border), 1))
    rect = grid.rect
    for i in range(grid.rows + 1):
        y = round(grid.top + i * grid.tall) + 0.5
        p.drawLine(QLineF(rect.left(), y, rect.right(), y))
    for j in range(grid.columns + 1):
        x = round(grid.left + j * grid.wide) + 0.5
        p.drawLine(QLineF(x, rect.top(), x, rect.bottom()))


def _paint_frame(p: QPainter, rect: QRectF, t: Theme, wide: float = 2.5) -> None:
    """Paint the frame about what is lit."""
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.setPen(QPen(colour(t.text), wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
    p.drawRect(rect)


def _paint_input(p: QPainter, grid: Grid, x: Array, lit: Lit, t: Theme) -> None:
    _paint_title(p, grid, "input x", t, grid.rect.width() + APART)
    p.fillRect(grid.rect, colour(t.raised))
    _paint_cells(p, grid, t, t.axis)
    size = _type(grid, x)
    for pixel, value in enumerate(x.ravel()):
        _paint_number(p, grid.cell(*divmod(pixel, grid.columns)), figure(value), t.text, size)
    if lit.pixel >= 0:
        _paint_frame(p, grid.cell(*divmod(lit.pixel, grid.columns)), t)


def _paint_kernel(p: QPainter, grid: Grid, kernel: Array, lit: Lit, t: Theme) -> None:
    _paint_title(p, grid, "kernel", t, grid.rect.width() + APART)
    size = _type(grid, kernel)
    for weight, value in enumerate(kernel.ravel()):
        cell = grid.cell(*divmod(weight, grid.columns))
        p.fillRect(cell, colour(_shade(weight, kernel.size, t)))
        _paint_number(p, cell, figure(value), t.text, size)
    _paint_cells(p, grid, t)
    if lit.weight >= 0:
        _paint_frame(p, grid.cell(*divmod(lit.weight, grid.columns)), t)


def _paint_matrix(p: QPainter, grid: Grid, g: Geometry, kernel: Array, lit: Lit, t: Theme) -> None:
    """Paint Wᵀ: a column for each pixel of the input, a row for each of the output."""
    entries, values = g.entries(), kernel.ravel()
    size = _type(grid, kernel)
    _paint_title(p, grid, f"Wᵀ: {grid.rows} × {grid.columns}", t, grid.rect.width() + APART)
    for row, column in np.argwhere(entries >= 0):
        weight = int(entries[row, column])
        cell, on = grid.cell(row, column), lit.pixel in (-1, column)
        share = STRONG if on or lit.weight == weight else WEAK
        p.fillRect(cell, colour(_shade(weight, values.size, t, share)))
        _paint_number(p, cell, figure(values[weight]), t.text if on else t.muted, size)
    for row, column in np.argwhere(entries < 0):
        _paint_number(p, grid.cell(row, column), "0", mixed(t.base, t.muted, 0.6), size)
    _paint_cells(p, grid, t)
    p.setPen(QPen(colour(t.axis), 1))
    for block in range(g.out + 1):  # of the rows of the output, one under the other
        y = round(grid.top + block * g.out * grid.tall) + 0.5
        p.drawLine(QLineF(grid.left, y, grid.rect.right(), y))
    if lit.pixel >= 0:
        _paint_frame(p, grid.cell(0, lit.pixel, grid.rows), t)
    if lit.out >= 0:
        _paint_frame(p, grid.cell(lit.out, 0, 1, grid.columns), t, 1.5)


def _paint_output(p: QPainter, grid: Grid, g: Geometry, y: Array, lit: Lit, t: Theme) -> None:
    """Paint the output, the stamp of the lit pixel on it, and what the padding cuts off."""
    edge = g.padding * grid.wide
    whole = grid.rect.adjusted(-edge, -edge, edge, edge)
    above = replace(grid, left=whole.left(), top=whole.top())
    _paint_title(p, above, f"output y: {g.out} × {g.out}", t, whole.width() + PAD)
    p.fillRect(grid.rect, colour(t.raised))
    values, top = y.ravel(), max(float(y.max()), 1e-12)
    size = _type(grid, y)
    stamp = g.entries()[:, lit.pixel] if lit.pixel >= 0 else np.full(values.size, -1)
    for out, value in enumerate(values):
        cell, weight = grid.cell(*divmod(out, g.out)), int(stamp[out])
        if weight >= 0:
            p.fillRect(cell, colour(_shade(weight, g.kernel**2, t)))
        elif lit.pixel < 0:
            p.fillRect(cell, colour(mixed(t.base, t.accent, 0.45 * float(value) / top)))
        _paint_number(p, cell, figure(value), t.text, size)
    _paint_cells(p, grid, t, t.axis)
    if g.padding:
        p.setPen(QPen(colour(t.axis), 1, Qt.PenStyle.DotLine))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRect(whole)
    if lit.pixel >= 0:
        row, column = g.corner(lit.pixel)
        _paint_frame(p, grid.cell(row, column, g.kernel, g.kernel), t)
    if lit.out >= 0:
        p.setPen(pen(t.text, 1.5))
        p.drawRect(grid.cell(*divmod(lit.out, g.out)).adjusted(3, 3, -3, -3))


def figure(value: float) -> str:
    """Return a whole number without decimals, any other briefly."""
    return f"{value:.0f}" if float(value).is_integer() else brief(value)
