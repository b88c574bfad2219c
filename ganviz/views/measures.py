"""Measures: what is measured of the generator over the run, and what each player could gain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from ganviz.frame import Frame, Look, Reading

from .axes import Box, draw_bottom, draw_side
from .ink import BODY, MINUS, SMALL, brief, elided, pixel_ratio, whole, width, write
from .losses import placed
from .overtime import OverTime
from .span import Span, breaks, draw_marks, enclosing, extremes, nearest, numbers, shown, tag_along
from .strokes import Sheet, dot, lines, pen, segments, sprites
from .tags import FULL, THIN, Tags
from .theme import colour, mixed
from .together import union

#: Whose number a measure is, where it is a player's; the others are between p and p_g.
ROLES = {
    "value_best": "best",
    "value_exact": "value",
    "d_gap": "discriminator",
    "gain_d": "discriminator",
}
#: What stands in the words of a number that counts or names things, as ``7 of 8`` and ``no. 5``.
COUNTED = (" of ", "no. ")
#: Gradient norms have a view of their own.
ELSEWHERE = "grad_"

HEAD = 21  # height of the row of words of a panel
LEAST = HEAD + 41  # height of a panel in which a curve can be read
NARROW = 168  # least width of a panel
WIDE = 200  # width of an axis that has room for its name
MOST = 4  # columns
SHAPE = 3.2  # how much wider than tall a panel is at best
SIDE = 50  # width of the axis beside a curve
BELOW = 21  # height of the axis below the curves
SPARSE = 7  # pixels between numbers from which on each has a dot
FOOT = 62  # height of the bars with what players could gain
LETTER = 98  # width of a player's letter and its gain, left of its bar
ROW, BAR = 16, 14  # height of the row of words above them, and of one of them
#: What the scale of the bars is even in, below and above.
TINY, LARGE = 0.01, 10.0

GAINS = {
    "discriminator": (
        "D",
        "what D alone could still gain",
        "L_D less that of the best D against the present G, as last measured.",
        "It is 2·JSD where D = \N{VULGAR FRACTION ONE HALF} everywhere, 0 where D is best.",
    ),
    "generator": (
        "G",
        "what G alone could still gain",
        "L_G now less that of a G with all its samples where the present D is most wrong,",
        "anywhere on the axes of the distribution. 0 where D says the same everywhere.",
        "\N{ALMOST EQUAL TO}: L_G is the mean of some of the drawn samples, not of all that G is.",
    ),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything is: the shown readings with their cards, how many are not, and the bars."""

    cells: tuple[tuple[Reading, QRectF], ...]
    columns: int
    more: int
    foot: QRectF | None


class Measures(OverTime):
    """Small multiples of what is measured, each with its noise floor, over the linked time axis."""

    name = "measures"
    title = "Measures"
    about = (
        "What is measured of the generator, over the steps that the losses show: each with a band "
        "of what a perfect generator would score. Beneath, what each player alone could still gain."
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ground = Sheet()

    def paint(self, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        """Paint the plots."""
        p.fillRect(area, colour(self.theme.base))
        plan = planned(area, frame)
        boxes = [self._box(rect, reading, frame, look) for reading, rect in plan.cells]
        still = (
            self.theme.name,
            tuple(reading for reading, _ in plan.cells),
            tuple((box.rect.getRect(), box.low_y, box.high_y) for box in boxes),
        )
        above = QRectF(area.topLeft(), plan.foot.topRight() if plan.foot else area.bottomRight())
        # Words and axes change when something is measured, and stand still in between.
        self._ground.draw(
            p, above, still, lambda q: self._paint_ground(q, plan, boxes), self.theme.base
        )
        for number, ((reading, _), box) in enumerate(zip(plan.cells, boxes, strict=True)):
            p.setClipRect(box.rect.adjusted(0, -3, 5, 3))
            draw_marks(p, box, frame.marks, self.theme)
            for other in self.over:
                if reading.name in other.trace.columns:
                    self._paint_curve(p, box, reading.name, other, thin=True)
            if reading.name in frame.trace.columns:
                self._paint_curve(p, box, reading.name, frame)
            self._paint_tags(p, box, reading.name)
            p.setClipping(False)
            if number + plan.columns >= len(plan.cells):
                named = "step" if box.right - box.left > WIDE else ""
                draw_bottom(p, box, self.theme, named, integers=True)
        if not plan.cells and plan.foot is None:
            write(
                p, (area.center().x(), area.center().y()), "nothing is measured yet",
                self.theme.muted, align=0.5,
            )  # fmt: skip
        if plan.foot is not None:
            self._paint_foot(p, plan.foot, frame)
        if plan.more and not self.theme.bare:  # on stage nobody asks for them
            words = f"+{plan.more} more"
            if (
                not look.maximised
                and width(f"{words} when maximised", SMALL) < area.width() / 2 - 24
            ):
                words += " when maximised"
            at = (area.right() - 10, plan.foot.top() + SMALL if plan.foot else area.bottom() - 3)
            write(p, at, words, self.theme.muted, size=SMALL, align=1)

    def axis(self, area: QRectF, frame: Frame, look: Look, at: QPointF | None = None) -> Box:
        """Return the axis of the panel under a point; all of them are as wide."""
        rects = [rect for _, rect in planned(area, frame).cells] or [area]
        under = [rect for rect in rects if at is not None and rect.contains(at)]
        return self._box((under or rects)[0], None, frame, look)

    def read(self, at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
        """Return the nearest measured number under a point, or what a player could gain."""
        plan = planned(area, frame)
        for reading, rect in plan.cells:
            if not rect.contains(at):
                continue
            found = self.told(at, self._box(rect, reading, frame, look), frame)
            floor = (f"a perfect generator scores {reading.floor}",) if reading.floor else ()
            if found is None:
                return (reading.title, f"now {reading.words}", *floor)
            step, changed = found
            known = nearest(frame.trace, reading.name, step)
            if known is None:
                return (reading.title, f"now {reading.words}", *floor)
            value = brief(known[1])
            return (f"step {whole(known[0])}", f"{reading.title} = {value}", *floor, *changed)
        if plan.foot is not None and plan.foot.contains(at):
            for number, (player, gain) in enumerate(frame.gains):
                top = plan.foot.top() + ROW + number * BAR
                if top <= at.y() < top + BAR:
                    return (GAINS[player][1], valued(player, gain), *GAINS[player][2:])
        return ()

    def _box(self, rect: QRectF, reading: Reading | None, frame: Frame, look: Look) -> Box:
        """Return where the curve of a panel is drawn."""
        span = shown(frame, look)
        low, high = 0.0, 1.0
        if reading is not None:
            ends = [reach(frame, reading, span)]
            for other in self.others:
                ends += [reach(other, r, span) for r in other.measures if r.name == reading.name]
            low, high = union(ends)
        edges = (rect.left() + SIDE, rect.top() + HEAD + 4, rect.right() - 12, rect.bottom() - 7)
        return Box(*edges, span.first, span.last, low, high)

    def _paint_ground(self, p: QPainter, plan: Plan, boxes: list[Box]) -> None:
        """Paint the words, axes and bands of all panels."""
        for (reading, rect), box in zip(plan.cells, boxes, strict=True):
            self._paint_words(p, rect, reading)
            self._paint_panel(p, box, reading)

    def _paint_words(self, p: QPainter, rect: QRectF, reading: Reading) -> None:
        """Write what is measured, its present value, and what a perfect generator scores."""
        t = self.theme
        left, base = rect.left() + 10, rect.top() + HEAD - 6
        room = rect.width() - 34 - width(reading.words, BODY, True)
        size = BODY if width(reading.title, BODY) <= room else SMALL - 2
        title = elided(reading.title, room, size)
        write(p, (left, base), title, t.text, size=size)
        left += width(title, size) + 7
        ink = t.role(ROLES.get(reading.name, ""))
        write(p, (left, base), reading.words, t.words(ink), bold=True)
        left += width(reading.words, BODY, True) + 14
        full = reading.perfect
        for words in (full, full.partition(" (")[0]):
            if reading.floor and left + width(words, SMALL) <= rect.right() - 12:
                write(p, (rect.right() - 12, base), words, t.muted, size=SMALL, align=1)
                return

    def _paint_panel(self, p: QPainter, box: Box, reading: Reading) -> None:
        """Paint the axis and the band of one measure."""
        t = self.theme
        counts = any(sign in reading.words for sign in COUNTED)
        draw_side(p, box, t, room=SIDE, spine=True, integers=counts)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        p.fillRect(box.rect, colour(mixed(t.raised, t.base, 0.5)))
        if reading.band is not None and all(map(math.isfinite, reading.band)):
            top, bottom = (float(box.within(box.y(end))) for end in reversed(reading.band))
            middle = (top + bottom) / 2  # a floor that is known exactly is seen beside its curve
            top, bottom = min(top, middle - 2.5), max(bottom, middle + 2.5)
            band = QRectF(box.left, top, box.right - box.left, bottom - top)
            p.fillRect(band & box.rect.adjusted(0, -3, 0, 3), colour(t.real, 0.3))

    def _paint_tags(self, p: QPainter, box: Box, name: str) -> None:
        """Put the letters of other lanes at their curves."""
        tags, ink = Tags(p, box, self.theme), self.theme.role(ROLES.get(name, ""))
        for other in self.over:
            if name in other.trace.columns:
                y = partial(placed, box)
                tag_along(tags, other.lane, box, other.trace, name, y, ink)

    def _paint_curve(
        self, p: QPainter, box: Box, name: str, frame: Frame, thin: bool = False
    ) -> None:
        """Draw a measure of a frame; that of another lane in a ``thin`` line, without dots."""
        steps, lows, highs = numbers(frame.trace, name, box)
        if not len(steps):
            return
        ink = self.theme.role(ROLES.get(name, ""))
        x, top, bottom = box.x(steps), box.within(box.y(highs)), box.within(box.y(lows))
        y = (top + bottom) / 2
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(pen(ink, THIN if thin else FULL if self.over else 1.5))
        joined = np.ones(len(x) - 1, bool)
        joined[breaks(steps) - 1] = False
        segments(p, x, y, np.flatnonzero(joined))
        lines(p, np.column_stack([x, top, x, bottom])[bottom - top > 1])
        if thin:
            return
        dpr = pixel_ratio(p)
        spaced = float(x[-1] - x[0]) / len(x) >= SPARSE
        dots = slice(None) if spaced or len(x) == 1 else slice(len(x) - 1, None)
        sprites(p, x[dots], y[dots], dot("disc", ink, self.theme.base, 4.0, dpr), dpr)

    def _paint_foot(self, p: QPainter, foot: QRectF, frame: Frame) -> None:
        """Paint what each player alone could still gain, on a scale that stays."""
        t = self.theme
        base = foot.top() + SMALL
        p.setPen(QPen(colour(t.border), 1))
        p.drawLine(
            QPointF(foot.left() + 10, foot.top() - 4), QPointF(foot.right() - 10, foot.top() - 4)
        )
        write(p, (foot.left() + 10, base), "each alone could gain", t.muted, size=SMALL)
        left, right = foot.left() + LETTER, foot.right() - 16
        top = foot.top() + ROW
        bottom = top + BAR * len(frame.gains)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        end = -math.inf
        for value in (0.0, 0.01, 0.1, 1.0, 10.0):
            x = math.floor(left + share(value) * (right - left)) + 0.5
            p.setPen(QPen(colour(t.axis if value == 0 else t.border), 1))
            p.drawLine(QPointF(x, top), QPointF(x, bottom))
            half = width(f"{value:g}", SMALL) / 2
            if x - half >= end + 4:  # two numbers that touch would be read as one
                write(p, (x, bottom + SMALL), f"{value:g}", t.muted, size=SMALL, align=0.5)
                end = x + half
        for number, (player, gain) in enumerate(frame.gains):
            y = top + number * BAR
            ink = t.role(player)
            line = y + BAR / 2 + BODY * 0.36
            write(p, (foot.left() + 12, line), GAINS[player][0], t.words(ink), bold=True)
            if math.isnan(gain):
                write(p, (left + 8, line), "not known", t.muted, size=SMALL, halo=t.base)
                continue
            write(p, (left - 10, line), valued(player, gain).removeprefix("= "), t.text, align=1)
            wide = max(share(gain) * (right - left), 1.5)
            p.fillRect(QRectF(left, y + 3, wide, BAR - 6), colour(ink))


def measured(frame: Frame) -> tuple[Reading, ...]:
    """Return what is drawn, the most important first."""
    mine = [each for each in frame.measures if not each.name.startswith(ELSEWHERE)]
    return tuple(sorted(mine, key=lambda each: not each.head))


def planned(area: QRectF, frame: Frame) -> Plan:
    """Return where the panels and the bars are: as many as can be read, near their best shape."""
    readings = measured(frame)
    foot = None
    bottom = area.bottom() - 4
    if frame.gains and "images" not in frame.offers:  # what could be gained there nobody knows
        foot = QRectF(area.left(), area.bottom() - FOOT + 2, area.width(), FOOT - 2)
        bottom = foot.top() - 6
    tall = bottom - BELOW - area.top()
    rows = max(0, int(tall // LEAST))
    most = max(1, min(MOST, int(area.width() // NARROW), len(readings)))
    while most > 1 and worded(readings[: rows * most]) > area.width() // most:
        most -= 1
    count = min(len(readings), rows * most)
    if foot is None and count < len(readings):
        tall -= SMALL + 2  # beneath them is told how many more there are
    if not count:
        return Plan((), 1, len(readings), foot)

    def shape(columns: int) -> float:
        deep = math.ceil(count / columns)
        return abs(math.log(area.width() / columns / (tall / deep) / SHAPE))

    columns = min((c for c in range(1, most + 1) if c * rows >= count), key=shape)
    deep = math.ceil(count / columns)
    wide, high = area.width() / columns, tall / deep
    cells = tuple(
        (
            reading,
            QRectF(
                round(area.left() + i % columns * wide),
                round(area.top() + i // columns * high),
                round(wide),
                round(high),
            ),
        )
        for i, reading in enumerate(readings[:count])
    )
    return Plan(cells, columns, len(readings) - count, foot)


def worded(readings: tuple[Reading, ...]) -> float:
    """Return the width that the titles of panels need, each with room for any value."""
    room = width(f"≈ {MINUS}0.0088", BODY, True)
    return (
        max(
            (width(r.title, BODY) + max(room, width(r.words, BODY, True)) for r in readings),
            default=0.0,
        )
        + 2 * 12
        + 7
    )


def reach(frame: Frame, reading: Reading, span: Span) -> tuple[float, float]:
    """Return the vertical range of a measure: the frame's, or a wider one that cuts nothing.

    Of the usual steps it is the frame's; where earlier ones are shown that go beyond it, its ends
    move out to round numbers.
    """
    held = dict(frame.ranges.measures).get(reading.name)
    if held is None or not held[0] < held[1]:
        ends = [end for end in (reading.value, *(reading.band or ())) if math.isfinite(end)]
        return enclosing(min(ends, default=0.0), max(ends, default=1.0), 1.0)
    if span.usual:
        return held
    low, high = extremes(frame.trace, (reading.name,), span)
    low, high = min(held[0], low), max(held[1], high)  # a NaN leaves what is held
    wide = enclosing(low, high)
    return held[0] if low == held[0] else wide[0], held[1] if high == held[1] else wide[1]


def share(gain: float) -> float:
    """Return where a gain stands on the bars' scale, 0 to 1: even where small, then in tens."""
    return min(math.log1p(max(gain, 0.0) / TINY) / math.log1p(LARGE / TINY), 1.0)


def valued(player: str, gain: float) -> str:
    """Return a gain behind its sign: D's is computed exactly, G's from samples."""
    sign = "\N{ALMOST EQUAL TO}" if player == "generator" and gain > 0 else "="
    return f"{sign} {told(gain)}"


def told(gain: float) -> str:
    """Return a gain in words."""
    return "not known" if math.isnan(gain) else brief(0.0 if abs(gain) < 5e-7 else gain)
