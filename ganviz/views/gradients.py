"""Gradients: how steep the losses are for each player, on a logarithmic scale."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from ganviz.frame import Array, Frame, Look

from .axes import Box, draw_bottom
from .chrome import CONTROL, Words
from .ink import BODY, MINUS, SMALL, brief, pixel_ratio, whole, width, write
from .losses import LEGEND, SWATCH, exactly, legend
from .overtime import OverTime
from .span import Span, breaks, draw_every, draw_marks, nearest, numbers, shown, tag_along
from .strokes import Sheet, curve, dot, lines, mark, pen, sprites
from .tags import THIN, Tags
from .theme import Theme, colour, mixed
from .together import union

#: (trace column, label, role) of what every step has, and of what is measured now and then.
STEPS = (
    ("grad_d", "‖∇L_D‖", "discriminator"),
    ("grad_g", "‖∇L_G‖", "generator"),
    ("grad_e", "‖∇L_E‖", "encoder"),
)
MEASURED = (
    ("grad_g_minimax", "minimax", "minimax"),
    ("grad_g_non_saturating", "non-saturating", "non-saturating"),
    ("grad_d_minimax", "D minimax", "judge"),
)
#: What marks a curve, along it and in the legend: never colour alone.
SHAPES = {
    "discriminator": "disc",
    "encoder": "disc",
    "generator": "diamond",
    "minimax": "square",
    "non-saturating": "ring",
    "judge": "disc",
}
#: The two losses of G that are set beside each other.
PAIR = tuple(column for column, _, _ in MEASURED[:2])
#: Why they are not compared, the longest words first.
HINTS = (
    "minimax and non-saturating are not measured beside each other yet",
    "the two losses are not measured yet",
    "not both measured yet",
)
#: Decades that are drawn at least, and at most.
DECADES = 2, 12

SIDE = 50  # width of the axis
EVERY = 110  # pixels between the marks along a curve
SPARSE = 14  # the same of measured numbers
WORDS = 18  # height of the row of words


class Both(Words):
    """Has both losses measured from now on; it goes when they are."""

    #: What it says, and where there is less room.
    LABELS = ("Measure both", "both")

    def __init__(self) -> None:
        super().__init__(
            "Measure both losses",
            "Measure ‖∇L_G‖ of the minimax and of the non-saturating loss from now on, to see them "
            "beside each other. Measuring is watching: it never changes the run.",
            self.LABELS[0],
        )

    def offer(self, wanted: bool, room: float) -> bool:
        """Show it where it is wanted, in as many words as fit; return whether that is new."""
        fitting = [each for each in self.LABELS if width(each, BODY) + self.AIR <= room]
        label, wanted = (fitting or self.LABELS)[0], wanted and bool(fitting)
        if (wanted, label) == (not self.isHidden(), self.label):
            return False
        self.show_label(label, wanted)
        return True


class Gradients(OverTime):
    """The norms of both players' gradients, over the linked time axis."""

    name = "gradients"
    title = "Gradients"
    about = (
        "The norms of the gradients that move both players, on a logarithmic scale, over the steps "
        "that the losses show. Where they are measured, those of the minimax and of the "
        "non-saturating loss of G beside each other: the one vanishes where D is sure."
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ground = Sheet()
        self._both = Both()
        self._both.clicked.connect(self._measure_both)
        self.header.add_control(self._both)

    def dress(self, frame: Frame, look: Look) -> None:
        """Bring the controls of the header up to date."""
        super().dress(frame, look)
        header = self.header
        others = sum(c.sizeHint().width() + 6 for c in header.controls[:-1] if not c.isHidden())
        free = (header.width() - others) / self.theme.scale - header.title_end() - CONTROL - 18
        missing = not set(PAIR) <= {each.name for each in frame.measures} and opposed(frame)
        if self._both.offer(missing and not self.asks, free):
            header.arrange()

    def _measure_both(self) -> None:
        self.settings_wanted.emit({f"measure.{name}": True for name in PAIR})

    def axis(self, area: QRectF, frame: Frame, look: Look, at: QPointF | None = None) -> Box:
        """Return where the curves are drawn, the vertical axis in powers of ten."""
        return norms_box(area, frame, look, self.others)

    def paint(self, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        """Paint the plot."""
        t = self.theme
        p.fillRect(area, colour(t.base))
        curves = drawn(frame)
        self._paint_legend(p, area, frame, curves)
        box = norms_box(area, frame, look, self.others)
        if box.right - box.left < 40 or box.bottom - box.top < 30:
            return
        beyond = box.rect.adjusted(-SIDE, -8, 8, 8)
        still = (t.name, box.rect.getRect(), box.low_y, box.high_y)
        self._ground.draw(p, beyond, still, lambda q: paint_decades(q, box, t))
        draw_bottom(p, box, t, "step", room=16, integers=True)
        p.setClipRect(box.rect.adjusted(0, -4, 5, 4))
        draw_marks(p, box, frame.marks, t)
        self._paint_over(p, box)
        for number, (column, _, role) in enumerate(curves):
            if (column, _, role) in STEPS:
                self._paint_every(p, box, frame, column, role, number / len(curves))
            else:
                self._paint_known(p, box, frame, column, role)
        tags = Tags(p, box, t)
        for other in self.over:
            for column, _, role in drawn(other):
                ink, place = shade(t, role), partial(raised, box)
                tag_along(tags, other.lane, box, other.trace, column, place, ink)
        p.setClipping(False)

    def read(self, at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
        """Return step and exact norms under a point of the plot."""
        found = self.told(at, norms_box(area, frame, look, self.others), frame)
        if found is None:
            return ()
        step, changed = found
        words = [f"step {whole(step)}"]
        for column, label, _ in drawn(frame):
            known = nearest(frame.trace, column, step)
            if known is not None:
                where = "" if known[0] == step else f" at step {whole(known[0])}"
                words.append(f"{label} = {exactly(known[1])}{where}")
        return (*words, *changed)

    def _paint_legend(
        self, p: QPainter, area: QRectF, frame: Frame, curves: tuple[tuple[str, str, str], ...]
    ) -> None:
        t = self.theme
        places, end = legend(area, curves)
        for (x, y), (column, label, role) in zip(places, curves, strict=True):
            ink = shade(t, role)
            p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            p.setPen(pen(ink, 2.0, 0.999))
            p.drawLine(QPointF(x, y), QPointF(x + 22, y))
            mark(p, SHAPES[role], x + 11, y, 6, ink, t.base, t.base)
            write(p, (x + SWATCH, y + BODY * 0.36), label, t.text)
            known = nearest(frame.trace, column, frame.trace.last)
            value = brief(known[1] if known else math.nan)
            at = (x + SWATCH + width(label, BODY) + 6, y + BODY * 0.36)
            write(p, at, value, t.words(ink), bold=True)
        for words in compared(frame):
            if width(words, SMALL) <= area.width() - 24:
                write(p, (area.left() + 12, end + SMALL), words, t.muted, size=SMALL)
                break

    def _paint_every(
        self, p: QPainter, box: Box, frame: Frame, column: str, role: str, place: float
    ) -> None:
        """Draw a norm that every step has; one of zero is a mark at the bottom."""
        trace, ink = frame.trace, shade(self.theme, role)
        first, last = max(int(box.low_x), trace.start), min(int(box.high_x), trace.last)
        if last <= first:
            return
        dpr, base = pixel_ratio(p), self.theme.base
        draw_every(p, box, trace, column, lambda values: raised(box, values), ink)
        apart = max(2, round(EVERY / box.scale_x))
        start = first + 1
        steps = np.arange(start + (int(place * apart) - start) % apart, last, apart)
        steps = np.append(steps, last)
        values = trace.each(steps, column)
        x, y = box.x(steps), raised(box, values)
        good = np.isfinite(y)
        sprite = dot(SHAPES[role], ink, base, 6.5, dpr, base)
        sprites(p, x[good], y[good], sprite, dpr)
        bins = max(2, int((box.right - box.left) / SPARSE))
        steps, lows, _ = trace.span(column, first, last, bins)
        zero = box.x(steps[lows == 0])
        sprites(p, zero, np.full(len(zero), box.bottom), sprite, dpr)

    def _paint_over(self, p: QPainter, box: Box) -> None:
        """Draw the norms of other lanes in thin lines, without marks."""
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for other in self.over:
            for column, _, role in drawn(other):
                ink = shade(self.theme, role)
                if (column, _, role) in STEPS:
                    draw_every(p, box, other.trace, column, partial(raised, box), ink, THIN)
                    continue
                steps, lows, highs = numbers(other.trace, column, box)
                x, y = box.x(steps), raised(box, (lows + highs) / 2)
                at = breaks(steps)
                p.setPen(pen(ink, THIN))
                curve(p, np.insert(x, at, np.nan), np.insert(y, at, np.nan))

    def _paint_known(self, p: QPainter, box: Box, frame: Frame, column: str, role: str) -> None:
        """Draw a norm that is measured now and then."""
        steps, lows, highs = numbers(frame.trace, column, box)
        if not len(steps):
            return
        ink, dpr, base = shade(self.theme, role), pixel_ratio(p), self.theme.base
        x, top, bottom = box.x(steps), raised(box, highs), raised(box, lows)
        bottom = np.where(np.isnan(bottom), box.bottom, bottom)
        y = (top + bottom) / 2
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(pen(ink, 1.3))
        at = breaks(steps)
        curve(p, np.insert(x, at, np.nan), np.insert(y, at, np.nan))
        lines(p, np.column_stack([x, top, x, bottom])[bottom - top > 1])
        every = max(1, math.ceil(SPARSE * len(x) / max(float(x[-1] - x[0]), SPARSE)))
        marked = (np.arange(len(x)) - len(x) + 1) % every == 0
        marked[at] = marked[at - 1] = True  # a number that stands alone is seen as well
        y = np.where(np.isnan(y), box.bottom, y)
        sprites(p, x[marked], y[marked], dot(SHAPES[role], ink, base, 5.0, dpr, base), dpr)


def shade(theme: Theme, role: str) -> str:
    """Return the colour of a norm: shades of its player's."""
    return {
        "minimax": theme.model,
        "non-saturating": mixed(theme.generated, theme.base, 0.25),
        "judge": theme.best,
    }.get(role, theme.role(role))


def drawn(frame: Frame) -> tuple[tuple[str, str, str], ...]:
    """Return the curves there are: those of every step, and what is measured."""
    names = {each.name for each in frame.measures}
    found = [each for each in MEASURED if each[0] in names and each[0] in frame.trace.columns]
    return (*(each for each in STEPS if each[0] in frame.trace.columns), *found)


def opposed(frame: Frame) -> bool:
    """Return whether there is a D, and so losses of G to compare."""
    return "grad_d" in frame.trace.columns


def compared(frame: Frame) -> tuple[str, ...]:
    """Return how the two losses of G compare in words, the longest first, or why they do not."""
    if not opposed(frame):
        return ()
    values = {each.name: each.value for each in frame.measures}
    minimax = values.get("grad_g_minimax", math.nan)
    other = values.get("grad_g_non_saturating", math.nan)
    if math.isnan(minimax) or math.isnan(other):
        return HINTS
    if other == 0:
        return ("the non-saturating gradient of G is zero",)
    ratio = minimax / other
    words = f"{100 * ratio:.3g} %" if ratio < 1 else f"{ratio:.3g} times"
    return (
        f"the minimax gradient of G is {words} of the non-saturating one"
        if ratio < 1
        else f"the minimax gradient of G is {words} the non-saturating one",
        f"minimax / non-saturating = {ratio:.3g}",
    )


def norms_box(area: QRectF, frame: Frame, look: Look, others: tuple[Frame, ...] = ()) -> Box:
    """Return where the curves are drawn, the vertical axis in powers of ten.

    ``others`` are the frames of other lanes, which have the same axes.
    """
    span = shown(frame, look)
    low, high = union(decades(each, span) for each in (frame, *others))
    top = legend(area, drawn(frame))[1] + WORDS + 8
    edges = (area.left() + SIDE, top, area.right() - 16, area.bottom() - LEGEND + 2)
    return Box(*edges, span.first, span.last, low, high)


def decades(frame: Frame, span: Span) -> tuple[float, float]:
    """Return the powers of ten between which the axis runs: the frame's, or of what is shown."""
    held = math.log10(frame.ranges.norms[0]), math.log10(frame.ranges.norms[1])
    if span.usual:
        return held
    found = []
    for column, _, _ in drawn(frame):
        _, lows, highs = frame.trace.span(column, span.first - 1, span.last, 512)
        found += [lows[lows > 0], highs[highs > 0]]
    values = np.concatenate(found) if found else np.empty(0)
    values = values[np.isfinite(values)]
    if not len(values):
        return held
    top = math.ceil(math.log10(float(values.max())) + 1e-9)
    low = math.floor(math.log10(float(values.min())))
    return float(max(min(low, top - DECADES[0]), top - DECADES[1])), float(top)


def raised(box: Box, values: Array) -> Array:
    """Return the pixels of norms on a box of powers of ten; NaN where they are zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        at = box.y(np.log10(values))
    return np.where(np.isfinite(at), box.within(at), np.nan)


def paint_decades(p: QPainter, box: Box, theme: Theme) -> None:
    """Paint the axis: a line at each power of ten, with as many numbers as there is room for."""
    low, high = round(box.low_y), round(box.high_y)
    every = max(1, math.ceil((high - low) * (SMALL + 8) / (box.bottom - box.top)))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for power in range(low, high + 1):
        y = min(math.floor(float(box.y(power))) + 0.5, box.bottom + 0.5)
        p.setPen(QPen(colour(theme.border), 1))
        p.drawLine(QLineF(box.left, y, box.right, y))
        if (high - power) % every == 0:
            at = (box.left - 8, y + SMALL * 0.36)
            write(p, at, power_words(power), theme.muted, size=SMALL, align=1)


def power_words(power: int) -> str:
    """Return a power of ten as it stands on an axis."""
    if -4 < power < 5:
        return f"{10.0**power:.{max(-power, 0)}f}"
    return f"1e{power}".replace("-", MINUS)
