"""The time axis that losses, measures and gradients share: which steps are shown, and how.

What is shown follows from the frame and the look alone. Where more steps are shown than can be
told apart, the least and the greatest value of each column of pixels is drawn: no point is lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QLineF
from PySide6.QtGui import QPainter, QPen

from ganviz.frame import Array, Frame, Look, Mark, Trace

from .axes import Box, nice
from .ink import pixel_ratio, vector, whole
from .strokes import curve, lines, pen, twice
from .tags import Tags, place_of
from .theme import Theme, colour

#: Steps that are shown unless one asks for others, and the fewest one can zoom to.
USUAL, LEAST = 600, 20
#: What a notch of the wheel leaves of the shown steps.
NOTCH = 0.8
#: Whoever zooms in this last share of the shown steps goes on following the run.
END = 0.1
#: Width of a curve; two hairlines, half a pixel apart, are as wide.
DOUBLE = 1.5
#: Rows per pixel up to which a curve goes through every one of them.
DENSE = 3
#: Steps per pixel from which on measured numbers are drawn by their extremes.
RARE = 40
#: Pixels from a mark at which it is meant.
CLOSE = 5
#: So many things done at one step are told at most.
MOST = 3
#: What stands between before and after in the words of a change.
ARROW = " \N{RIGHTWARDS ARROW} "


@dataclass(frozen=True, slots=True)
class Span:
    """The steps that a time axis shows.

    Attributes
    ----------
    first, last
        Where the axis begins and ends.
    newest
        The last step there is.
    following
        Whether the axis moves on with the run.
    usual
        Whether it is the usual one, whose y-range the frame knows.
    begun
        The step after which the run is known: 0, or where a kept run goes on.
    """

    first: int
    last: int
    newest: int
    following: bool
    usual: bool
    begun: int = 0

    @property
    def length(self) -> int:
        """How many steps the axis has room for."""
        return self.last - self.first


def shown(frame: Frame, look: Look) -> Span:
    """Return the steps that a look shows of a frame."""
    begun = frame.trace.start if len(frame.trace) else frame.step
    n = begun + len(frame.trace)
    if look.whole:
        return Span(begun, max(n, begun + LEAST), n, True, False, begun)
    window = max(look.window, LEAST)
    following = look.until is None or look.until >= n
    end = n if following else max(look.until or 0, begun + window)
    first = max(begun, end - window)
    return Span(first, first + window, n, following, following and look.window == USUAL, begun)


def zoomed(span: Span, at: float, notches: float) -> dict[str, Any]:
    """Return what the look becomes when the wheel turns over step ``at``.

    That step stays where it is. At the end of a run that is followed, the end stays.
    """
    known = span.newest - span.begun
    most = max(known, USUAL)
    length = span.length * NOTCH**notches
    length = max(math.floor(length) if notches > 0 else math.ceil(length), LEAST)
    if length >= most:
        # Beyond a short run there is nothing: it is shown whole by the usual axis.
        return {"whole": known > USUAL, "window": USUAL, "until": None}
    end = min(span.last, span.newest)
    if span.following and at >= end - END * span.length:
        return {"whole": False, "window": length, "until": None}
    share = (at - span.first) / span.length
    return {"whole": False, "window": length} | until(
        span, round(at + (1 - share) * length), length
    )


def moved(span: Span, steps: float) -> dict[str, Any]:
    """Return what the look becomes when the shown steps move on by so many."""
    return {"whole": False, "window": span.length} | until(
        span, round(min(span.last, max(span.newest, span.begun + span.length)) + steps), span.length
    )


def until(span: Span, last: int, length: int) -> dict[str, Any]:
    """Return the wish for a last step; at the newest one the run is followed again."""
    return {"until": None if last >= span.newest else max(last, span.begun + length)}


def extremes(trace: Trace, names: tuple[str, ...], span: Span) -> tuple[float, float]:
    """Return the (least, greatest) finite value of some columns in a span; NaN without any.

    A block of rows that holds an infinite one counts by its finite end.
    """
    ends = [trace.span(name, span.first - 1, span.last, 64)[1:] for name in names]
    values = np.concatenate([part for pair in ends for part in pair] or [np.empty(0)])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (math.nan, math.nan)


def enclosing(low: float, high: float, least: float = 0.0) -> tuple[float, float]:
    """Return round ends about [low, high] with a little air, at least ``least`` apart."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return -1.0, 1.0
    least = max(least, 1e-9 * max(abs(low), abs(high)), 1e-12)
    air = max(0.04 * (high - low), (least - (high - low)) / 2)
    low, high = low - air, high + air
    step, decimals = nice(low, high, 12)
    return (
        round(math.floor(low / step + 1e-9) * step, decimals + 3),
        round(math.ceil(high / step - 1e-9) * step, decimals + 3),
    )


def draw_every(
    p: QPainter, box: Box, trace: Trace, name: str, y: Any, ink: str, wide: float = DOUBLE
) -> None:
    """Draw a column that has a number at every step, between the ends of the box.

    ``y`` maps values to pixels, to NaN what cannot be drawn. Of a span with many steps the least
    and the greatest value of each column of pixels are drawn, joined at their middles. A few
    steps are drawn with a line so ``wide``.
    """
    first, last = max(int(box.low_x), trace.start), min(int(box.high_x), trace.last)
    if last <= first:
        return
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    many = int(box.right - box.left)
    if last - first <= DENSE * many:
        start = max(first - 1, trace.start)
        x = box.x(np.arange(start + 1, last + 1))
        values = y(trace.values(name, start - trace.start, last - trace.start))
        if last - first > many and wide == DOUBLE and pixel_ratio(p) == 1 and not vector(p):
            # Two hairlines beside each other are as strong as one line, at half the cost.
            p.setPen(pen(ink, 1.0))
            twice(p, x, values, 0.5)
            return
        p.setPen(pen(ink, wide))
        curve(p, x, values)
        return
    steps, lows, highs = trace.span(name, first, last, many)
    x, top, bottom = box.x(steps), y(highs), y(lows)
    # A least value that has no place on the axis, as zero on one of logarithms, lies below it.
    bottom = np.where(np.isnan(bottom) & np.isfinite(lows), box.bottom, bottom)
    p.setPen(pen(ink, 1.0))
    good = np.isfinite(top) & np.isfinite(bottom)
    column = np.floor(x) + 0.5
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    lines(p, np.column_stack([column, top - 0.5, column, bottom + 0.5])[good])
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    curve(p, x, (top + bottom) / 2)


def numbers(trace: Trace, name: str, box: Box) -> tuple[Array, Array, Array]:
    """Return the (steps, lows, highs) of a column that is NaN at most steps, within a box.

    The last number before the box comes along, so that a line enters from the left. Where there
    are more numbers than pixels to tell them apart, they are the extremes of a pixel's.
    """
    first, last = int(box.low_x), min(int(box.high_x), trace.last)
    wide = max(int(box.right - box.left), 1)
    if last - first > RARE * wide:
        steps, lows, highs = trace.span(name, first, last, wide)
        good = np.isfinite(lows) & np.isfinite(highs)
        return steps[good], lows[good], highs[good]
    steps, values = known(trace, name, first, last)
    return steps, values, values


def known(trace: Trace, name: str, first: int, last: int | None = None) -> tuple[Array, Array]:
    """Return the (steps, numbers) of a column that is NaN at most steps, in steps first … last.

    The last ones before it come along, so that a line through them enters from the left.
    """
    before = trace.start
    start = trace.known(name, max(first - before, 0))
    end = len(trace) if last is None else max(last - before, 0)
    column = trace.values(name, start, end)
    at = np.flatnonzero(np.isfinite(column))
    return before + at + start + 1, column[at]


def nearest(trace: Trace, name: str, step: int) -> tuple[int, float] | None:
    """Return the (step, number) of a column that was known nearest to a step, or None."""
    return trace.nearest(name, step)


def breaks(steps: Array) -> Array:
    """Return the indices before which a curve through numbers at these steps is to be broken.

    There the gap is more than twice the usual one, the (lower) median of all.
    """
    gaps = np.diff(steps)
    if not len(gaps):
        return np.empty(0, np.intp)
    usual = np.sort(gaps)[(len(gaps) - 1) // 2]
    return np.flatnonzero(gaps > 2 * usual) + 1


def tag_along(tags: Tags, letter: str, box: Box, trace: Trace, name: str, y: Any, ink: str) -> None:
    """Put the letter of a lane at its curve, which may have numbers at some steps only."""
    steps, lows, highs = numbers(trace, name, box)
    if len(steps):
        tags.put(letter, ink, box.x(steps), y((lows + highs) / 2), place_of(letter))


def draw_marks(p: QPainter, box: Box, marks: tuple[Mark, ...], theme: Theme) -> None:
    """Draw a line wherever a setting was changed."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    p.setPen(QPen(colour(theme.muted, 0.6), 1))
    for note in marks:
        if box.low_x <= note.step <= box.high_x:
            x = math.floor(float(box.x(note.step))) + 0.5
            p.drawLine(QLineF(x, box.top, x, box.bottom))


def ended(marks: tuple[Mark, ...]) -> tuple[tuple[Mark, str], ...]:
    """Return what was done, (mark, words): a drag of a slider once, from its start to its end."""
    found: list[tuple[Mark, str]] = []
    begun: Mark | None = None
    for mark in marks:
        if mark.joined and begun is not None:
            found.pop()
        else:
            begun = mark
        found.append((mark, _from(begun, mark)))
    return tuple(found)


def _from(begun: Mark, mark: Mark) -> str:
    """Return the words of a gesture by its first and its last mark."""
    one = len(begun.before) == len(mark.values) == 1 and ARROW in begun.text
    if mark is begun or not one or ARROW not in mark.text:
        return mark.text
    return begun.text.partition(ARROW)[0] + ARROW + mark.text.partition(ARROW)[2]


def meant(box: Box, marks: tuple[Mark, ...], x: float) -> Mark | None:
    """Return the change whose line a point is near to, the newest of the nearest."""
    close = [
        (abs(float(box.x(note.step)) - x), -i, note)
        for i, note in enumerate(marks)
        if box.low_x <= note.step <= box.high_x
    ]
    found = min(close, default=None, key=lambda each: each[:2])
    return found[2] if found is not None and found[0] <= CLOSE else None


def changes_at(box: Box, marks: tuple[Mark, ...], x: float) -> tuple[str, ...]:
    """Return in words what was done where a point is near to its line, the newest first.

    Of a drag what it led from and to; of several things done at one step each, up to ``MOST``.
    """
    done = ended(marks)
    note = meant(box, tuple(mark for mark, _ in done), x)
    if note is None:
        return ()
    here = [(mark, words) for mark, words in reversed(done) if mark.step == note.step][:MOST]
    return tuple(
        f"{'changed at' if mark.kind == 'change' else 'at'} step {whole(mark.step)}: {words}"
        for mark, words in here
    )
