"""Code: what the encoder makes of the data, coordinate by coordinate, and one held by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from ganviz.frame import Array, Code, Frame, Look

from .axes import Box, draw_bottom
from .chrome import Choice, Dial
from .ink import MINUS, SMALL, brief, number, width, write
from .plot import View
from .strokes import curve, mark, pen
from .theme import Theme, colour

#: Least (width, height) of a coordinate's picture, and what the row of its words takes of it.
LEAST = (104, 44)
HEAD, BELOW, AIR = 17, 20, 12
#: How much wider than tall a picture is at best.
SHAPE = 3.0
#: Length of the head of the arrow that shows in the plane where a coordinate leads.
HEAD_LONG = 11.0
#: How far from the handle a press takes hold of it, pixels.
NEAR = 6.0
#: How many notches of the keys lead over the whole axis, and what a held value is rounded to.
NOTCHES = 40
FREE = "nothing"


@dataclass(frozen=True, slots=True)
class Cell:
    """Where one coordinate is drawn: its number from 1, its card, and its axes."""

    number: int
    card: QRectF
    box: Box


class CodeView(View):
    """Small multiples of the code's coordinates; a press in one holds it there."""

    name = "code"
    title = "Code"
    about = (
        "The code of the data: one histogram for each coordinate, by roots, so that a quarter of "
        "the data is half as high as all. Press in one to hold that coordinate at a value: the "
        "distribution then shows what the decoder makes of the data with it held. That is only "
        "looked at: training goes on as if nobody held anything."
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = "Which coordinate of the code is held, so that the decoder is shown another one"
        self._which = Choice("Held by hand", tip, "Hold: ", even=True)
        self._which.wanted.connect(self._chosen)
        tip = "The value that it is held at: arrow keys when in focus, Home for zero"
        self._value = Dial("Held at", tip, "h88 = −88.8")
        self._value.wanted.connect(self._notched)
        for control in (self._which, self._value):
            control.hide()
            self.header.add_control(control, stays=True)
        self._gripped: Cell | None = None  # whose axis a press has taken hold of
        self._was_on = False  # whether it began on the handle

    # -- the controls -----------------------------------------------------------------------------

    def dress(self, frame: Frame, look: Look) -> None:
        """Bring the controls of the header up to date."""
        code = frame.code
        names = [] if code is None else [named(j) for j in range(1, len(code.active) + 1)]
        held = code.held if code is not None else ()
        self._which.show_value((FREE, *names), named(held[0]) if held else FREE)
        if held:
            self._value.show_words(f"{named(held[0])} = {short(held[1])}")
        seen = bool(names), bool(held)
        if seen != (not self._which.isHidden(), not self._value.isHidden()):
            self._which.setVisible(seen[0])
            self._value.setVisible(seen[1])
            self.header.arrange()
        self.header.show_words(*([] if code is None else [active(code)]))

    def _chosen(self, name: str) -> None:
        code = None if self._frame is None else self._frame.code
        if code is None:
            return
        if name == FREE:
            self.look_wanted.emit({"clamp": ()})
            return
        which = int(name[1:])
        value = code.held[1] if code.held else rounded(code, 0.5 * code.span[1])
        self.look_wanted.emit({"clamp": (float(which), value)})

    def _notched(self, notches: int | None) -> None:
        code = None if self._frame is None else self._frame.code
        if code is None or not code.held:
            return
        # The look is what was asked for last; the frame may not have it yet.
        which, value = self._look.clamp if len(self._look.clamp) == 2 else code.held
        step = (code.span[1] - code.span[0]) / NOTCHES
        value = 0.0 if notches is None else value + notches * step
        self._hold(code, int(which), value)

    def _hold(self, code: Code, which: int, value: float) -> None:
        value = rounded(code, min(max(value, code.span[0]), code.span[1]))
        self.look_wanted.emit({"clamp": (float(which), value)})

    def pressed(self, at: QPointF) -> None:
        """Take hold of a coordinate, or of the handle of the one that is held."""
        frame = self._frame
        self._gripped, self._was_on = None, False
        if frame is None or frame.code is None or self.asks:
            return
        cell = next((each for each in cells(self.area, frame.code) if each.card.contains(at)), None)
        if cell is None:
            return
        self._gripped = cell
        held = frame.code.held
        if held and held[0] == cell.number:
            self._was_on = abs(float(cell.box.x(held[1])) - at.x()) <= NEAR
        if not self._was_on:
            self._hold(frame.code, cell.number, across(cell.box, at))

    def dragged(self, start: QPointF, at: QPointF) -> None:
        """Move the value that is held."""
        frame = self._frame
        if self._gripped is None or frame is None or frame.code is None:
            return
        if abs(at.x() - start.x()) >= 2 or not self._was_on:
            self._was_on = False
            self._hold(frame.code, self._gripped.number, across(self._gripped.box, at))

    def released(self, at: QPointF) -> None:
        """Let go; a handle that was pressed and not moved is let go of for good."""
        if self._gripped is not None and self._was_on:
            self.look_wanted.emit({"clamp": ()})
        self._gripped, self._was_on = None, False

    def doubled(self, at: QPointF) -> bool:
        """Maximise only beside the pictures: in them two presses are two presses."""
        frame = self._frame
        if frame is None or frame.code is None:
            return False
        inside = any(each.card.contains(at) for each in cells(self.area, frame.code))
        if inside:
            self.pressed(at)
        return inside

    # -- the picture ------------------------------------------------------------------------------

    def paint(self, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        """Paint the plot."""
        t, code = self.theme, frame.code
        p.fillRect(area, colour(t.base))
        if code is None:
            at = area.center().x(), area.center().y()
            write(p, at, "No encoder in this game", t.muted, align=0.5)
            return
        shown = cells(area, code)
        below = {each.card.left(): each for each in shown}  # the last of each column
        for each in shown:
            _paint_cell(p, each, code, t, below[each.card.left()] is each)
        more = len(code.active) - len(shown)
        if more > 0:
            words = f"and {more} more coordinate{'s' * (more > 1)}: a larger view shows them"
            write(p, (area.right() - 12, area.bottom() - 5), words, t.muted, size=SMALL, align=1)

    def read(self, at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
        """Return how much of the data has its coordinate in the bin under the pointer."""
        code = frame.code
        if code is None:
            return ()
        cell = next((each for each in cells(area, code) if each.card.contains(at)), None)
        if cell is None:
            return ()
        row, bins = code.counts[cell.number - 1], code.counts.shape[1]
        wide = (code.span[1] - code.span[0]) / bins
        place = min(max(int((across(cell.box, at) - code.span[0]) / wide), 0), bins - 1)
        low = code.span[0] + place * wide
        share = 100 * float(code.active[cell.number - 1])
        return (
            f"{named(cell.number)} from {brief(low)} to {brief(low + wide)}",
            f"{100 * float(row[place]):.1f} % of the data",
            f"beyond ±{code.quiet:g}: {share:.1f} %",
        )


def named(which: float) -> str:
    """Return what a coordinate is called."""
    return f"h{int(which)}"


def short(value: float) -> str:
    """Return a held value in as many digits as it has."""
    return f"{value:g}".replace("-", MINUS)


def active(code: Code) -> str:
    """Return how many coordinates of a code are active on average, in words."""
    return f"{number(float(code.active.sum()), 1)} of {len(code.active)} active"


def rounded(code: Code, value: float) -> float:
    """Return a value to be held, to a few hundred places of the axis."""
    wide = code.span[1] - code.span[0]
    digits = max(0, 2 - math.floor(math.log10(wide))) if wide > 0 else 2
    return round(value, digits) + 0.0


def across(box: Box, at: QPointF) -> float:
    """Return the value under a pixel."""
    return float(box.low_x + (at.x() - box.left) / box.scale_x)


def cells(area: QRectF, code: Code) -> tuple[Cell, ...]:
    """Return where the coordinates are drawn: as many as there is room for, the first ones."""
    k = len(code.active)
    wide, tall = area.width() - 2 * AIR, area.height() - BELOW - 6
    most = max(int((wide + AIR) // (LEAST[0] + AIR)), 1), max(int(tall // LEAST[1]), 1)
    best = max(
        range(1, most[0] + 1),
        key=lambda columns: _fitness(columns, k, wide, tall, most[1]),
    )
    rows = min(-(-k // best), most[1])
    each_wide, each_tall = (wide - (best - 1) * AIR) / best, tall / rows
    found = []
    for index in range(min(k, best * rows)):
        row, column = divmod(index, best)
        left = round(area.left() + AIR + column * (each_wide + AIR))
        top = round(area.top() + 2 + row * each_tall)
        card = QRectF(left, top, round(each_wide), round(each_tall) - 4)
        edges = (card.left() + 12, card.top() + HEAD, card.right() - 12, card.bottom() - 2)
        found.append(Cell(index + 1, card, Box(*edges, *code.span, 0.0, 1.0)))
    return tuple(found)


def _fitness(columns: int, k: int, wide: float, tall: float, most: int) -> tuple[int, float]:
    """Return how good so many columns are: how many are seen, and how near to the best shape."""
    rows = min(-(-k // columns), most)
    shape = (wide / columns) / (tall / rows)
    return min(k, columns * rows), -abs(math.log(shape / SHAPE))


def _paint_cell(p: QPainter, cell: Cell, code: Code, t: Theme, last: bool) -> None:
    box, which = cell.box, cell.number - 1
    held = code.held and code.held[0] == cell.number
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setPen(QPen(colour(t.accent if held else t.border), 1.5 if held else 1.0))
    p.setBrush(colour(t.raised) if held else Qt.BrushStyle.NoBrush)
    p.drawRoundedRect(cell.card.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
    base = cell.card.top() + SMALL + 3
    name = f"{named(cell.number)} = {short(code.held[1])}" if held else named(cell.number)
    write(p, (cell.card.left() + 7, base), name, t.text, size=SMALL, bold=True)
    share = float(code.active[which])
    said = f"{100 * share:.0f} % active"
    if width(name, SMALL, True) + width(said, SMALL) + 24 > cell.card.width():
        said = f"{100 * share:.0f} %"
    if width(name, SMALL, True) + width(said, SMALL) + 24 > cell.card.width():
        said = ""
    write(p, (cell.card.right() - 7, base), said, t.muted, size=SMALL, align=1)
    if box.bottom - box.top < 6:
        return
    _paint_bars(p, box, code.counts[which], t)
    if held:
        x = min(max(float(box.x(code.held[1])), box.left), box.right)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(pen(t.model, 2.0))
        p.drawLine(QLineF(x, box.top, x, box.bottom))
        mark(p, "disc", x, (box.top + box.bottom) / 2, 10, t.model, t.base)
    if last:
        draw_bottom(p, box, t, "", room=0)


def paint_way(p: QPainter, box: Box, code: Code | None, theme: Theme) -> None:
    """Paint in the plane where a held coordinate leads, an arrow towards its larger values."""
    if code is None or len(code.way) < 2 or code.way.shape[1] != 2:
        return
    way = code.way[np.isfinite(code.way).all(1)]
    x, y = box.x(way[:, 0]), box.y(way[:, 1])
    if len(x) < 2 or np.hypot(np.diff(x), np.diff(y)).sum() < 2:
        return
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for ink, wide in ((theme.base, 4.0), (theme.model, 2.0)):
        p.setPen(pen(ink, wide))
        curve(p, x, y)
        # The head stands in the picture, wherever the way ends.
        inside = (x > box.left) & (x < box.right) & (y > box.top) & (y < box.bottom)
        tip = int(np.flatnonzero(inside)[-1]) if inside.any() else len(x) - 1
        tip = max(tip, 1)
        along = math.atan2(y[tip] - y[tip - 1], x[tip] - x[tip - 1])
        for turn in (0.45, -0.45):
            back = QPointF(
                x[tip] - HEAD_LONG * math.cos(along + turn),
                y[tip] - HEAD_LONG * math.sin(along + turn),
            )
            p.drawLine(QPointF(x[tip], y[tip]), back)


def _paint_bars(p: QPainter, box: Box, shares: Array, t: Theme) -> None:
    """Paint a histogram by roots; the bin of zero is quieter: nothing is said there."""
    bins = len(shares)
    edges = np.rint(np.linspace(box.left, box.right, bins + 1))
    tall = np.sqrt(shares) * (box.bottom - box.top - 1)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for index in np.flatnonzero(shares > 0):
        left, right = float(edges[index]), float(edges[index + 1])
        ink = t.axis if index == bins // 2 else t.discriminator
        high = max(float(tall[index]), 1.0)
        p.fillRect(QRectF(left, box.bottom - high, max(right - left - 1, 1), high), colour(ink))
    y = math.floor(box.bottom) + 0.5
    p.setPen(QPen(colour(t.axis), 1))
    p.drawLine(QLineF(box.left, y, box.right, y))
