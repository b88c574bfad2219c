"""Losses: the curves of the last steps, their references, and the whole run beneath."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from ganviz.frame import Array, Frame, Line, Look, Trace

from .axes import Box, draw_bottom, draw_side, spread
from .ink import (
    BODY,
    MINUS,
    SMALL,
    brief,
    elided,
    number,
    pixel_ratio,
    stamp,
    whole,
    width,
    write,
)
from .overtime import OverTime
from .span import (
    USUAL,
    Span,
    breaks,
    draw_every,
    draw_marks,
    enclosing,
    ended,
    extremes,
    known,
    nearest,
    numbers,
    shown,
    tag_along,
)
from .strokes import Sheet, curve, dashed, dot, lines, mark, pen, sprites
from .tags import THIN, Tags
from .theme import colour
from .together import union

#: What marks the curve of a role, along it and at its present end: never colour alone.
SHAPES = {"discriminator": "disc", "generator": "diamond", "value": "square", "best": "ring"}
#: Pixels between the marks of a curve that is known at some steps only.
SPARSE = 14

SIDE = 50  # width of the axis
EVERY = 110  # pixels between the marks along a curve
FAR = 4e3  # pixels: farther out than any plot, and not too far for Qt
ROOMY, LOW = 136, 190  # heights of a plot that has room for the strip, and for a tall one
STRIP, LEAN = 24, 14  # heights of the strip with the whole run
LEGEND = 26  # height of a row of the legend
LEAST_SPAN = 0.02  # of the vertical axis
SWATCH = 26  # width of a swatch in it
LINE = 14  # height of a line of the references' words
PAIR = 2 * LINE + 9  # height of two lines, and of what keeps them from the next two


class Losses(OverTime):
    """What each player minimises, and the value V of the game, step by step."""

    name = "losses"
    title = "Losses"
    about = (
        "The losses of both players and the value of the game over the last steps, with dashed "
        "lines where theory puts them, and the whole run in a strip beneath. The wheel shows fewer "
        "or more steps, a drag earlier ones; a click in the strip goes there."
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ground = Sheet()
        self._strip = Sheet()
        self._legend = Sheet()

    def paint(self, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        """Paint the plot."""
        p.fillRect(area, colour(self.theme.base))
        self._paint_legend(p, area, frame)
        box, gutter = curves_box(area, frame, look, self.others)
        if box.right - box.left < 40 or box.bottom - box.top < 30:
            return
        beyond = box.rect.adjusted(-SIDE, -8, gutter, 8)
        still = (self.theme.name, box.rect.getRect(), box.low_y, box.high_y, frame.references)
        self._ground.draw(p, beyond, still, lambda q: self._paint_ground(q, box, frame, gutter))
        draw_bottom(p, box, self.theme, "step", room=gutter, integers=True)
        p.setClipRect(box.rect.adjusted(0, 0, 6, 1))
        draw_marks(p, box, frame.marks, self.theme)
        taken = self._paint_changes(p, box, frame)
        self._paint_over(p, box)
        self._paint_curves(p, box, frame)
        self._paint_tags(p, box, taken)
        p.setClipping(False)
        strip = strip_box(area, box, frame, look)
        if strip is not None and self.exposed.bottom() > strip.top * self.theme.scale:
            self._paint_strip(p, strip, frame, shown(frame, look))

    def moving(self, frame: Frame, look: Look, resting: Collection[str]) -> QRectF | None:
        """Return what lies above the strip where the strip rests."""
        strip = self.strip(self.area, frame, look) if "run" in resting else None
        return None if strip is None else QRectF(0, 0, self.area.width(), strip.top - 1)

    def axis(self, area: QRectF, frame: Frame, look: Look, at: QPointF | None = None) -> Box:
        """Return where the curves are drawn."""
        return curves_box(area, frame, look, self.others)[0]

    def strip(self, area: QRectF, frame: Frame, look: Look) -> Box | None:
        """Return where the whole run is drawn, if there is room."""
        return strip_box(area, curves_box(area, frame, look, self.others)[0], frame, look)

    def read(self, at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
        """Return step and exact values under a point of the plot."""
        box, _ = curves_box(area, frame, look, self.others)
        found = self.told(at, box, frame)
        if found is None:
            return ()
        step, changed = found
        words = [f"step {whole(step)}"]
        for column, label, role in frame.curves:
            if role != "best":
                value = frame.trace.at(step, column)
                words.append(f"{label} = {exactly(value)}")
                continue
            measured = nearest(frame.trace, column, step)
            if measured is not None:
                where = "" if measured[0] == step else f" at step {whole(measured[0])}"
                words.append(f"{label} = {exactly(measured[1])}{where}")
        return (*words, *self._read_over(step), *changed)

    def _read_over(self, step: int) -> list[str]:
        """Return the values of other lanes at a step, a line for each."""
        lines = []
        for other in self.over:
            if other.trace.start < step <= other.trace.last:
                values = [
                    f"{label} = {brief(other.trace.at(step, column))}"
                    for column, label, role in other.curves
                    if role != "best"
                ]
                lines.append(f"{other.lane}:  {'   '.join(values)}")
        return lines

    def _paint_legend(self, p: QPainter, area: QRectF, frame: Frame) -> None:
        """Write each curve's name and present value."""
        places, end = legend(area, frame.curves)
        t = self.theme
        rows = QRectF(area.left(), area.top(), area.width(), end - area.top())

        def names(q: QPainter) -> None:
            for (x, y), (_, label, role) in zip(places, frame.curves, strict=True):
                self._paint_swatch(q, x, y, role)
                write(q, (x + SWATCH, y + BODY * 0.36), label, t.text)

        self._legend.draw(p, rows, (t.name, frame.curves), names)
        if len(frame.trace):
            for (x, y), (column, label, role) in zip(places, frame.curves, strict=True):
                if role == "best":  # measured now and then: its last number stands
                    numbers = known(frame.trace, column, frame.trace.last)[1]
                    value = brief(float(numbers[-1]) if len(numbers) else math.nan)
                else:
                    value = brief(float(frame.trace.column(column, 1)[0]))
                at = (x + SWATCH + width(label, BODY) + 6, y + BODY * 0.36)
                write(p, at, value, t.words(t.role(role)), bold=True)

    def _paint_swatch(self, p: QPainter, x: float, y: float, role: str) -> None:
        ink, shape = self.theme.role(role), SHAPES.get(role, "disc")
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(pen(ink, 2.0, 0.999))
        if role == "best":
            dashed(p, np.array([x, x + 22]), np.array([y, y]), 4, 3)
        else:
            p.drawLine(QPointF(x, y), QPointF(x + 22, y))
        mark(p, shape, x + 11, y, 5 if role == "best" else 7, ink, self.theme.base, self.theme.base)

    def _paint_ground(self, p: QPainter, box: Box, frame: Frame, gutter: float) -> None:
        """Paint what stays: the axis, the reference lines, and their words right of the curves."""
        t, end = self.theme, box.right + gutter - 16
        if box.low_y < 0 < box.high_y:
            y = math.floor(float(box.y(0.0))) + 0.5
            p.setPen(QPen(colour(t.border), 1))
            p.drawLine(QLineF(box.left, y, box.right, y))
        draw_side(p, box, t, room=SIDE)
        wanted, words = [], []
        references = merged(frame.references)
        deep = box.bottom - box.top >= 52 * len(references)  # room for two lines each
        low, high = box.top + SMALL - 2, box.bottom - 4
        high -= LINE - 1 if deep else 0
        for line in references:
            ink, label = t.role(line.role) if line.role else t.muted, named(line)
            name, _, value = label.partition(" = ")
            outside = not box.low_y <= line.value <= box.high_y
            if outside:  # no axis says its value: if not below its name, then behind it
                arrow = "\N{UPWARDS ARROW}" if line.value > box.high_y else "\N{DOWNWARDS ARROW}"
                name = f"{arrow} {name if deep else label}"
            else:
                y = math.floor(float(box.y(line.value))) + 0.5
                dashed = QPen(colour(ink, 0.75), 1)
                dashed.setDashPattern([5, 4])
                dashed.setCapStyle(Qt.PenCapStyle.FlatCap)
                p.setPen(dashed)
                p.drawLine(QLineF(box.left, y, box.right + 2, y))
            wanted.append(float(np.clip(box.y(line.value) - 5, low, high)))
            below = f"= {value}" if value and deep else ""
            room = gutter - 22 if deep or not outside else box.right - box.left
            words.append((elided(name, room, SMALL), below, t.words(ink)))
        apart = PAIR if deep else LINE
        most = max(1, int((high - low) // apart) + 1)
        places = spread(wanted[:most], apart, low, high)
        for y, (name, value, ink) in zip(places, words, strict=False):
            write(p, (end, y), name, ink, size=SMALL, align=1, halo=t.base)
            if value:  # the name stands on its line, the value hangs below it
                write(p, (end, y + LINE), value, ink, size=SMALL, align=1, halo=t.base)

    def _paint_changes(self, p: QPainter, box: Box, frame: Frame) -> list[QRectF]:
        """Write beside the marks what was changed, where there is room; return where."""
        t = self.theme
        taken: list[tuple[float, float]] = []
        for note, said in reversed(ended(frame.marks)):  # the newest first: its words win
            if not box.low_x <= note.step <= box.high_x:
                continue
            x = math.floor(float(box.x(note.step))) + 0.5
            words = elided(short(said), 220, SMALL)
            wide = width(words, SMALL)
            left = x + 5 if x + 5 + wide < box.right else x - 5 - wide
            if left < box.left or any(left < b and a < left + wide + 8 for a, b in taken):
                continue
            taken.append((left, left + wide + 8))
            stamp(p, (left, box.bottom - 6), words, t.muted, t.base)
        top = box.bottom - 6 - SMALL
        return [QRectF(left, top, right - 8 - left, SMALL + 4) for left, right in taken]

    def _paint_curves(self, p: QPainter, box: Box, frame: Frame) -> None:
        trace = frame.trace
        last = min(int(box.high_x), trace.last)
        if last <= box.low_x:
            return
        dpr, base = pixel_ratio(p), self.theme.base
        apart = max(2, round(EVERY / box.scale_x))

        for i, (column, _, role) in enumerate(frame.curves):
            shape, ink = SHAPES.get(role, "disc"), self.theme.role(role)
            if role == "best":
                self._paint_known(p, box, trace, column, ink)
                continue
            draw_every(p, box, trace, column, partial(placed, box), ink)
            # Marks stay with their steps, and those of different curves never share one: where
            # two losses are equal, both are seen.
            offset = i * apart // len(frame.curves)
            start = max(int(box.low_x), trace.start) + 1
            steps = np.append(np.arange(start + (offset - start) % apart, last, apart), last)
            x, y = box.x(steps), placed(box, trace.each(steps, column))
            good = np.isfinite(y)
            sprites(p, x[good], y[good], dot(shape, ink, base, 6.5, dpr, base), dpr)
            if y[-1] < box.top or y[-1] > box.bottom:
                self._paint_beyond(p, box, float(x[-1]) - 10 * i, bool(y[-1] < box.top), ink)

    def _paint_over(self, p: QPainter, box: Box) -> None:
        """Draw the curves of other lanes in thin lines, without marks."""
        for other in self.over:
            for column, _, role in other.curves:
                ink = self.theme.role(role)
                if role == "best":
                    steps, lows, highs = numbers(other.trace, column, box)
                    p.setPen(pen(ink, THIN, 0.999))
                    at = breaks(steps)
                    x, y = box.x(steps), placed(box, (lows + highs) / 2)
                    dashed(p, np.insert(x, at, np.nan), np.insert(y, at, np.nan))
                    continue
                draw_every(p, box, other.trace, column, partial(placed, box), ink, THIN)

    def _paint_tags(self, p: QPainter, box: Box, taken: list[QRectF]) -> None:
        """Put the letters of other lanes at their curves, clear of the words of changes."""
        tags = Tags(p, box, self.theme, taken)
        for other in self.over:
            for column, _, role in other.curves:
                ink = self.theme.role(role)
                tag_along(tags, other.lane, box, other.trace, column, partial(placed, box), ink)

    def _paint_known(self, p: QPainter, box: Box, trace: Trace, column: str, ink: str) -> None:
        """Draw a curve that has numbers at some steps only, dashed from number to number.

        Where none was computed for a while, none is drawn.
        """
        steps, lows, highs = numbers(trace, column, box)
        if not len(steps):
            return
        x, y = box.x(steps), np.clip(box.y((lows + highs) / 2), -FAR, FAR)
        top, bottom = (np.clip(box.y(ends), -FAR, FAR) for ends in (highs, lows))
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(pen(ink, 1.5, 0.999))
        at = breaks(steps)
        dashed(p, np.insert(x, at, np.nan), np.insert(y, at, np.nan))
        lines(p, np.column_stack([x, top, x, bottom])[bottom - top > 1])
        dpr, base = pixel_ratio(p), self.theme.base
        every = max(1, math.ceil(SPARSE * len(x) / max(float(x[-1] - x[0]), SPARSE)))
        marked = (np.arange(len(x)) - len(x) + 1) % every == 0
        marked[at] = marked[at - 1] = True  # a number that stands alone is seen as well
        sprites(p, x[marked], y[marked], dot("ring", ink, base, 4.5, dpr, base), dpr)

    def _paint_beyond(self, p: QPainter, box: Box, x: float, up: bool, ink: str) -> None:
        """Point to where a curve has left the plot."""
        tip, foot = (box.top + 1, box.top + 8) if up else (box.bottom - 1, box.bottom - 8)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(colour(ink))
        p.drawPolygon(QPolygonF([QPointF(x, tip), QPointF(x + 5, foot), QPointF(x - 5, foot)]))

    def _paint_strip(self, p: QPainter, box: Box, frame: Frame, span: Span) -> None:
        t, where, known_steps = self.theme, box.rect, coarse(len(frame.trace))
        key = (t.name, known_steps, box, frame.curves)
        self._strip.draw(p, where, key, lambda q: self._paint_bands(q, box, frame, known_steps))
        first, window = span.first, span.length
        left = float(np.clip(box.x(first), box.left, box.right - 2))
        right = float(np.clip(box.x(first + window), left + 2, box.right))
        shade = QRectF(round(left), where.top(), max(round(right - left), 2), where.height())
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        p.fillRect(shade, colour(t.accent, 0.14))
        rim = colour(t.accent)  # four bars: a drawn rectangle would cost 0.6 ms
        p.fillRect(QRectF(shade.left(), shade.top(), shade.width(), 1), rim)
        p.fillRect(QRectF(shade.left(), shade.bottom() - 1, shade.width(), 1), rim)
        p.fillRect(QRectF(shade.left(), shade.top(), 1, shade.height()), rim)
        p.fillRect(QRectF(shade.right() - 1, shade.top(), 1, shade.height()), rim)
        at = (where.left() - 8, where.center().y() + SMALL * 0.36)
        write(p, at, "run", t.muted, size=SMALL, align=1)

    def _paint_bands(self, p: QPainter, box: Box, frame: Frame, rows: int) -> None:
        """Paint the least and greatest values of the first ``rows`` steps, bin by bin."""
        t = self.theme
        p.fillRect(box.rect, colour(t.raised))
        bins = max(2, int(box.right - box.left))
        trace = prefix(frame.trace, rows)
        for column, _, role in frame.curves:
            steps, lows, highs = trace.overview(column, bins)
            top, bottom = box.within(box.y(highs)), box.within(box.y(lows))
            good = np.isfinite(top) & np.isfinite(bottom)
            x = np.floor(box.x(steps)) + 0.5
            p.setPen(pen(t.role(role), 1.0, 0.75))
            if role == "best":
                x, y = x[good], ((top + bottom) / 2)[good]
                at = breaks(x)
                dashed(p, np.insert(x, at, np.nan), np.insert(y, at, np.nan))
                continue
            if len(steps) < 0.8 * (box.right - box.left):
                curve(p, x, (top + bottom) / 2)  # apart: bars would leave gaps
                continue
            # Each bar reaches to the middle of the one before it, so that no line need join them.
            before = ((top + bottom) / 2)[:-1]
            top[1:], bottom[1:] = np.fmin(top[1:], before), np.fmax(bottom[1:], before)
            lines(p, np.column_stack([x, top - 0.5, x, bottom + 0.5])[good])


def placed(box: Box, values: Array) -> Array:
    """Return the pixels of values, none of them too far out for Qt."""
    return np.asarray(np.minimum(np.maximum(box.y(values), -FAR), FAR))


def exactly(value: float) -> str:
    """Return a number in six digits."""
    if not math.isfinite(value):
        return brief(value)
    return f"{value:.6g}".replace("-", MINUS)


def short(change: str) -> str:
    """Return the words of a change without its groups, where the name alone says which it is.

    ``k 1 → 5``: the group before the dot is for files, and there is little room. But there are
    many kinds, and most of what one player has the other has as well.
    """
    return re.sub(r"\b(?!generator\.|discriminator\.)[a-z]+\.(?=[a-z])(?!kind)", "", change)


def legend(
    area: QRectF, curves: tuple[tuple[str, str, str], ...]
) -> tuple[list[tuple[float, float]], float]:
    """Return where the entries of the legend start (x, middle of the row), and where it ends.

    Each entry has room for any value, so that nothing moves when the values do.
    """
    room = width(f"{MINUS}0.0088", BODY, True) + 8
    left = area.left() + 12
    x, y = left, area.top()
    places = []
    for _, label, _ in curves:
        wide = SWATCH + width(label, BODY) + 6 + room
        if x > left and x + wide > area.right() - 8:
            x, y = left, y + LEGEND - 4
        places.append((x, y + LEGEND / 2 - 3))
        x += wide
    return places, y + LEGEND - 4


def curves_box(
    area: QRectF, frame: Frame, look: Look, others: tuple[Frame, ...] = ()
) -> tuple[Box, float]:
    """Return where the curves are drawn, and the width kept for words right of them.

    ``others`` are the frames of other lanes, which have the same axes.
    """
    span = shown(frame, look)
    gutter = margin([named(line) for line in frame.references], area.width() - SIDE)
    top = legend(area, frame.curves)[1] + 8
    tall = strip_height(area)
    below = 24 + (tall + 6 if tall else 0)
    edges = (area.left() + SIDE, top, area.right() - gutter, area.bottom() - below)
    return Box(*edges, span.first, span.last, *reach(frame, span, others)), gutter


def reach(frame: Frame, span: Span, others: tuple[Frame, ...] = ()) -> tuple[float, float]:
    """Return the range of the vertical axis: of the usual steps the frame's, else what is shown."""
    if span.usual:
        return frame.ranges.losses
    ends = [
        extremes(each.trace, tuple(column for column, _, _ in each.curves), span)
        for each in (frame, *others)
    ]
    found = [end for end in ends if not math.isnan(end[0])]
    return enclosing(*union(found), LEAST_SPAN) if found else frame.ranges.losses


def strip_box(area: QRectF, box: Box, frame: Frame, look: Look) -> Box | None:
    """Return where the whole run is drawn beneath the curves' box, if there is room."""
    tall = strip_height(area)
    if not tall:
        return None
    top = box.bottom + 28
    # As long as the axis above: it grows with the run, a little at a time.
    most = max(coarse(len(frame.trace)), USUAL if look.whole else look.window)
    right = area.right() - 16
    begun = shown(frame, look).begun
    return Box(box.left, top, right, top + tall, begun, begun + most, *frame.ranges.losses)


def strip_height(area: QRectF) -> int:
    """Return how tall the strip with the whole run is, 0 where there is no room for it."""
    return STRIP if area.height() > LOW else LEAN if area.height() > ROOMY else 0


def merged(references: tuple[Line, ...]) -> tuple[Line, ...]:
    """Return the reference lines without repetitions; one that two curves share has no role."""
    found: dict[tuple[str, float], Line] = {}
    for line in references:
        same = found.setdefault((line.label, line.value), line)
        if same.role != line.role:
            found[line.label, line.value] = replace(same, role="")
    return tuple(found.values())


def named(line: Line) -> str:
    """Return what a reference line is called and its value, as ``−log 4 = −1.386``."""
    value = number(line.value, 3)
    plain = line.label.replace("-", MINUS)
    if " = " in line.label or plain in (value, number(line.value, 0), number(line.value, 1)):
        return line.label
    return f"{line.label} = {value}"


def margin(labels: list[str], room: float) -> float:
    """Return the width to keep for the words of the references, right of the curves."""
    parts = [f"\N{UPWARDS ARROW} {part}" for label in labels for part in label.split(" = ")]
    wide = max((width(part, SMALL) for part in parts), default=0.0)
    return max(round(min(wide + 24, 0.3 * room)), 16)


def coarse(n: int) -> int:
    """Return n rounded down to about one part in 64: the strip need not change every step."""
    grain = 1 << max(0, n.bit_length() - 7)
    return n // grain * grain


def prefix(trace: Trace, rows: int) -> Trace:
    """Return the first rows of a trace."""
    return trace.upto(trace.start + rows)
