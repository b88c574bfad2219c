"""The distribution of 1-D data: histograms, exact densities, and D(x) on its own axis."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from ganviz.frame import Array, Frame, Look

from .axes import Box, draw_bottom, draw_side
from .ink import SMALL, brief, number, pixel_ratio, plate, stamp, vector, whole, width, write
from .over import paint_over_line
from .pulls import above, chosen, paint_notes, paint_pulls, paint_rug, unit
from .strands import ROW, band, depth, paint_axes, paint_strands, read_strands
from .strokes import (
    DOTS,
    Same,
    Sheet,
    curve,
    dashed,
    dashes,
    dot,
    fill,
    lines,
    pen,
    segments,
    smooth,
    sprites,
    thinned,
)
from .theme import Theme, colour, mixed

#: Space for an axis at either side.
SIDE = 52
#: What the vertical axis shows.
SIDE_DENSITY, SIDE_COUNTS = "density", "samples per bin"
#: How far from an atom the pointer may be to read it, pixels.
NEAR = 6
#: Atoms of p_g below this mass are not drawn.
LEAST_MASS = 0.005
#: Where along the curve of D* its name may stand, shares of the width, the best place first.
PLACES = (0.86, 0.14, 0.7, 0.3, 0.5)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a 1-D frame is drawn, and all that its ground depends on.

    Attributes
    ----------
    area
        What is painted on.
    box, belief, strip
        The data, D(x) on the same pixels, and the map beneath, where that is to be seen.
    scale, notes
        How long a pull is drawn, and what is said above the box.
    still, ground
        What all that stays depends on, and what the ground with the real samples depends on.
    judged
        Whether there is an axis of beliefs.
    """

    area: QRectF
    box: Box
    belief: Box
    strip: Box | None
    scale: float | None
    notes: str
    judged: bool
    still: tuple[object, ...]
    ground: tuple[object, ...]

    @property
    def roomy(self) -> bool:
        """Whether there is room for a picture."""
        return self.box.right - self.box.left >= 60 and self.box.bottom - self.box.top >= 40


def given(frame: Frame, look: Look, theme: Theme) -> tuple[object, ...]:
    """Return what the plan of a frame through one look follows from: quicker than the plan."""
    belief, ranges = frame.belief, frame.ranges
    return (
        theme.name,
        ranges.data,
        ranges.density,
        ranges.belief,
        (belief.label, belief.low, belief.high),
        frame.best is None,
        None if frame.map is None else Same(frame.map.z),
        Same(frame.real),
        len(frame.fake),
        note(frame, look),
        unit(frame, look) if chosen(frame, look) else None,
    )


def planned(area: QRectF, frame: Frame, look: Look, theme: Theme) -> Plan:
    """Return where a 1-D frame is drawn."""
    box, belief = boxes(area, frame, look)
    shown = look.layers
    strip = band(box, area, frame, look)
    scale = unit(frame, look) if chosen(frame, look) else None
    notes = note(frame, look)
    opinion = "belief" in shown or ("best" in shown and frame.best is not None)
    still = (theme.name, box, belief, frame.belief.label, "belief" in shown, opinion)
    # What the real samples look like stays for good, so it lies on the ground.
    seen = (shown & {"real", "rug"}, Same(frame.real), look.bins, look.counts)
    ground = (*still, notes, scale, seen, strip)
    return Plan(area, box, belief, strip, scale, notes, opinion, still, ground)


def moving(plan: Plan, resting: Collection[str]) -> QRectF:
    """Return where frames of one plan differ: in the box, and in the map, unless that rests."""
    if plan.strip is None or "map" in resting:
        return plan.box.rect
    return plan.box.rect.united(plan.strip.rect)


def paint_line(
    p: QPainter,
    plan: Plan,
    frame: Frame,
    look: Look,
    theme: Theme,
    ground: Sheet,
    cover: Sheet,
    over: tuple[Frame, ...] = (),
    *,
    mapped: bool = True,
) -> None:
    """Paint a 1-D frame, and ``over`` it what other lanes have generated and believe.

    ``mapped`` is whether the map beneath is painted as well.
    """
    box, belief, strip, still = plan.box, plan.belief, plan.strip, plan.still
    if not plan.roomy:
        p.fillRect(plan.area, colour(theme.base))
        return
    shown = look.layers
    side = SIDE_COUNTS if look.counts else SIDE_DENSITY

    def paint_ground(q: QPainter) -> None:
        if "real" in shown:
            q.setClipRect(box.rect)
            _paint_filled(q, box, heights_of(frame.real, frame, look)[0], theme)
            q.setClipping(False)
        draw_bottom(q, box, theme, "x", room=SIDE)
        draw_side(q, box, theme, side, room=SIDE)
        if "rug" in shown:
            paint_rug(q, box, frame.real, theme.real, down=True)
        if strip is not None and frame.map is not None:
            paint_axes(q, strip, theme, SIDE, frame.map.names)
        if plan.judged:
            ink = theme.words(theme.discriminator)
            draw_side(q, belief, theme, frame.belief.label, room=SIDE, right=True, ink=ink)
        room = above(box, side, frame.belief.label, plan.area)
        paint_notes(q, box, plan.notes, plan.scale, theme, room)

    ground.draw(p, plan.area, plan.ground, paint_ground, theme.base)

    if mapped and strip is not None and frame.map is not None:
        paint_strands(p, strip, box, frame.map, theme)
    p.setClipRect(box.rect)
    away, peaks = [], []
    if "real" in shown:
        heights, outside = heights_of(frame.real, frame, look)
        away.append(("", outside, theme.real))
        peaks.append((heights, theme.real))
    if "generated" in shown:
        heights, outside = heights_of(frame.fake, frame, look)
        _paint_outlined(p, box, heights, theme)
        away.append(("", outside, theme.generated))
        peaks.append((heights, theme.generated))
    if "average" in shown and frame.average is not None:
        heights, outside = heights_of(frame.average, frame, look)
        _paint_dotted(p, box, heights, theme)
        away.append(("average ", outside, theme.model))
        peaks.append((heights, theme.model))
    if "rug" in shown:
        paint_rug(p, box, frame.fake, theme.generated)
    x = _across(box, Same(frame.grid[0]))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if "density" in shown:
        if frame.density is not None:
            p.setPen(pen(theme.density, 1.5))
            per = per_density(len(frame.real), frame, look)
            curve(p, *_expected(box, Same(frame.grid[0]), Same(frame.density), per, vector(p)))
        if frame.model is not None:
            p.setPen(pen(theme.model, 1.8))
            expected = frame.model.density * per_density(len(frame.fake), frame, look)
            smooth(p, x, box.within(box.y(expected)))
            peaks.append((expected, theme.model))
        _paint_atoms(p, box, frame, theme)
    named = None
    if "belief" in shown:
        y = belief.within(belief.y(frame.belief.values))
        p.setPen(pen(theme.discriminator, 2.5))
        smooth(p, x, y)
    if "best" in shown and frame.best is not None:
        named = _paint_best(p, belief, x, frame.best, frame.belief.best, theme)
    paint_pulls(p, box, frame, look, theme)
    key = (*still, Same(frame.modes), "modes" in shown, frame.belief.neutral_label)
    cover.draw(p, box.rect, key, lambda q: _paint_cover(q, box, belief, frame, look, theme))
    if over:
        _paint_over(p, box, belief, frame, over, look, named, theme)
    left = max((width(_said(*each[:2])[0], SMALL) for each in away), default=0.0)
    right = max((width(_said(*each[:2])[1], SMALL) for each in away), default=0.0)
    room = box.left + 10 + left, box.right - 10 - right
    _paint_above(p, box, peaks, room, named, theme, look.counts)
    for row, (name, outside, ink) in enumerate(away):
        _paint_outside(p, box, name, outside, ink, theme, row)


@lru_cache(maxsize=8)
def _across(box: Box, grid: Same) -> Array:
    """Return where the nodes of a grid are, remembered: they stay where they are."""
    return box.x(grid.thing)


@lru_cache(maxsize=8)
def _expected(box: Box, grid: Same, density: Same, per: float, whole: bool) -> tuple[Array, Array]:
    """Return the curve of the data's density in pixels, remembered; the ``whole`` one for paper."""
    x, y = _across(box, grid), box.within(box.y(density.thing * per))
    return (x, y) if whole else thinned(*thinned(x, y))


def _paint_over(
    p: QPainter,
    box: Box,
    belief: Box,
    frame: Frame,
    over: tuple[Frame, ...],
    look: Look,
    named: tuple[float, float] | None,
    theme: Theme,
) -> None:
    """Draw other lanes: p_g where it is known, else the histogram, and D, all in thin lines."""
    shown, curves, outlines = look.layers, [], []
    for other in over:
        x = box.x(other.grid[0])
        if "density" in shown and other.model is not None:
            expected = other.model.density * per_density(len(other.fake), frame, look)
            curves.append((other, x, box.within(box.y(expected)), theme.model))
        elif "generated" in shown:
            outlines.append((other, *_steps(box, heights_of(other.fake, frame, look)[0])))
        if "belief" in shown and other.belief.label == frame.belief.label:
            y = belief.within(belief.y(other.belief.values))
            curves.append((other, x, y, theme.discriminator))
    # What is written elsewhere: how high peaks are and what is outside, at the top, ½ and D*.
    wide = box.right - box.left
    taken = [QRectF(box.left, box.top, wide, 2 * SMALL + 8)]
    taken += [QRectF(box.left, box.top, 64, 4 * SMALL), QRectF(box.right - 64, box.top, 64, 58)]
    half = float(belief.y(frame.belief.neutral))
    label = width(frame.belief.neutral_label)
    taken.append(QRectF(box.right - 8 - label, half - 5 - SMALL - 4, label + 8, SMALL + 8))
    if named is not None:
        half = width(frame.belief.best, SMALL) / 2 + 2
        taken.append(QRectF(named[0] - half, named[1] - SMALL, 2 * half, SMALL + 4))
    paint_over_line(p, box, curves, outlines, theme, taken)


def boxes(area: QRectF, frame: Frame, look: Look | None = None) -> tuple[Box, Box]:
    """Return where histograms and D(x) are drawn: the same pixels, another vertical axis.

    Without a look: where they are drawn through the usual one.
    """
    look = look or Look()
    span = frame.ranges.data[0]
    bottom = area.bottom() - ROW - depth(area, frame, look)
    edges = (area.left() + SIDE, area.top() + 30, area.right() - SIDE, bottom)
    samples = max(len(frame.real), len(frame.fake), 1)
    top = frame.ranges.density * per_density(samples, frame, look)
    return Box(*edges, *span, 0.0, top), Box(*edges, *span, *belief_range(frame))


def per_density(samples: int, frame: Frame, look: Look) -> float:
    """Return what a density of 1 is on the vertical axis: 1, or that many samples in a bin."""
    low, high = frame.ranges.data[0]
    return samples * (high - low) / look.bins if look.counts else 1.0


def heights_of(samples: Array, frame: Frame, look: Look) -> tuple[Array, tuple[float, float]]:
    """Return the bars (bins,) of some samples in units of the axis, and the shares outside it."""
    low, high = frame.ranges.data[0]
    heights, outside = _counted(Same(samples), low, high, look.bins)
    if look.counts:
        finite = int(np.isfinite(samples[:, 0]).sum())
        heights = np.rint(heights * per_density(finite, frame, look))
    return heights, outside


@lru_cache(maxsize=8)
def _counted(
    samples: Same, low: float, high: float, bins: int
) -> tuple[Array, tuple[float, float]]:
    """Return the histogram of samples, remembered: those of the data stay the same."""
    return histogram(samples.thing[:, 0], low, high, bins)


def belief_range(frame: Frame) -> tuple[float, float]:
    """Return the range of the belief: its own, or that of the run where it has no bounds."""
    low, high = frame.belief.low, frame.belief.high
    known = math.isfinite(low) and math.isfinite(high) and low < high
    return (low, high) if known else frame.ranges.belief


def note(frame: Frame, look: Look) -> str:
    """Return what is to be said of p_g and of D*, where they are only estimated."""
    if frame.model is None or frame.model.note == "exact":
        return ""
    if frame.dim == 1 and "density" in look.layers:
        return f"p_g: {frame.model.note}"
    if frame.best is not None and "best" in look.layers:
        return f"D*: {frame.model.note}"
    return ""


def histogram(
    values: Array, low: float, high: float, bins: int
) -> tuple[Array, tuple[float, float]]:
    """Return densities over ``bins`` bins, and the shares of samples below and above the range.

    The densities are of *all* samples, so that they compare with p wherever the range ends.
    Samples that are not numbers count as neither.
    """
    finite = np.isfinite(values)
    if not finite.all():
        values = values[finite]
    if not len(values):
        return np.zeros(bins), (0.0, 0.0)
    scaled = values.astype(np.float64)
    scaled -= low
    scaled *= bins / (high - low)
    top = scaled == bins
    # One bin more on either side collects what lies outside; the top edge itself is inside.
    np.floor(scaled, out=scaled)
    np.maximum(scaled, -1.0, out=scaled)
    np.minimum(scaled, float(bins), out=scaled)
    index = scaled.astype(np.intp)
    if top.any():
        index[top] = bins - 1
    index += 1
    counts = np.bincount(index, minlength=bins + 2)
    share = counts / len(values)
    return share[1:-1] * (bins / (high - low)), (float(share[0]), float(share[-1]))


def _steps(box: Box, heights: Array) -> tuple[Array, Array]:
    """Return the corners of a histogram's outline in whole pixels, from the left foot on."""
    y = np.empty(2 * len(heights) + 2)
    y[0] = y[-1] = box.bottom
    y[1:-1:2] = y[2:-1:2] = np.maximum(np.rint(box.y(heights)), box.top - 4)
    return _edges(box.left, box.right, len(heights)), y


@lru_cache(maxsize=8)
def _edges(left: float, right: float, bins: int) -> Array:
    """Return where each bin begins and ends in whole pixels, twice each: at foot and top."""
    return np.repeat(np.rint(np.linspace(left, right, bins + 1)), 2)


def _paint_filled(p: QPainter, box: Box, heights: Array, theme: Theme) -> None:
    x, y = _steps(box, heights)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(colour(mixed(theme.base, theme.real, 0.42)))  # opaque: half the cost of a veil
    fill(p, x, y)


def _paint_outlined(p: QPainter, box: Box, heights: Array, theme: Theme) -> None:
    x, y = _steps(box, heights)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(colour(theme.generated, 0.13))
    fill(p, x, y)
    p.setPen(pen(theme.generated, 2.0))
    # No line along the foot of empty bins.
    seen = (y[:-1] < box.bottom) | (y[1:] < box.bottom)
    segments(p, x, y, np.flatnonzero(seen))


def _paint_dotted(p: QPainter, box: Box, heights: Array, theme: Theme) -> None:
    x, y = _steps(box, heights)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    p.setPen(pen(theme.model, 2.0, 0.999))  # flat caps: square ones would close the gaps
    dots = dashes(x, y, *DOTS)
    # No line along the foot of empty bins.
    lines(p, dots[(dots[:, 1] < box.bottom) | (dots[:, 3] < box.bottom)])


def _paint_atoms(p: QPainter, box: Box, frame: Frame, theme: Theme) -> None:
    """Draw each atom as a stem, as tall as its share of the mass: its density has no height.

    Those of the target end in arrows, those of p_g in the diamonds of what is generated.
    """
    own = frame.model.atoms if frame.model is not None else ()
    own = tuple(atom for atom in own if atom[1] >= LEAST_MASS)
    # One scale for both; the mass of one in full height where only p_g has atoms.
    most = max((mass for _, mass in frame.atoms + own), default=1.0) if frame.atoms else 1.0
    taken: list[tuple[float, float]] = []

    def top(mass: float) -> float:
        return box.bottom - max((box.bottom - box.top) * 0.9 * mass / (most or 1.0), 14.0)

    def name(x: float, y: float, mass: float, ink: str) -> None:
        words = number(mass, 2 if mass >= 0.1 else 3)
        if all(abs(x - a) > width(words, SMALL) + 10 or abs(y - b) > SMALL + 2 for a, b in taken):
            taken.append((x, y))
            left = x + 8 + width(words, SMALL) > box.right
            stamp(p, (x + (-8 if left else 8), y), words, ink, theme.base, align=float(left))

    for at, mass in frame.atoms:
        x, y = float(box.x(at)), top(mass)
        p.setPen(pen(theme.density, 2.0))
        p.drawLine(QPointF(x, box.bottom), QPointF(x, y + 8))
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(colour(theme.density))
        p.drawPolygon(QPolygonF([QPointF(x, y - 2), QPointF(x + 5, y + 9), QPointF(x - 5, y + 9)]))
        if len(frame.atoms) > 1:
            name(x, y + 9, mass, theme.density)
    dpr = pixel_ratio(p)
    head = dot("diamond", theme.model, theme.base, 9, dpr, theme.base)
    for at, mass in sorted(own, key=lambda atom: -atom[1]):
        x, y = float(box.x(at)), top(mass)
        p.setPen(pen(theme.model, 2.0))
        p.drawLine(QPointF(x, box.bottom), QPointF(x, y))
        sprites(p, np.array([x]), np.array([y]), head, dpr)
        name(x, y - 4, mass, theme.model)


def _paint_best(
    p: QPainter, belief: Box, x: Array, values: Array, name: str, theme: Theme
) -> tuple[float, float] | None:
    """Draw the best answer, such as D*, dashed, with its name at a place that stays; return that.

    It is the middle of the name and its baseline, or None where there is no room for it.
    """
    y = belief.within(belief.y(values))
    p.setPen(pen(theme.best, 1.8, 0.999))
    if vector(p):
        dashed(p, x, y)
    else:
        dashed(p, *thinned(*thinned(x, y)))
    wide = belief.right - belief.left
    if wide < 160:
        return None
    for share in PLACES:
        at = int(np.searchsorted(x, belief.left + share * wide))
        if at < len(x) and np.isfinite(y[at]):
            under = y[at] < belief.top + 3 * SMALL
            base = min(float(y[at]) + (SMALL + 6 if under else -8), belief.bottom - 5)
            stamp(p, (float(x[at]), base), name, theme.best, theme.base, align=0.5)
            return float(x[at]), base
    return None


def _paint_cover(
    p: QPainter, box: Box, belief: Box, frame: Frame, look: Look, theme: Theme
) -> None:
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if "modes" in look.layers:
        for at in frame.modes[:, 0]:
            x, y = float(box.x(float(at))), box.bottom
            triangle = [QPointF(x, y - 9), QPointF(x + 5, y), QPointF(x - 5, y)]
            p.setPen(QPen(colour(theme.base), 1.5))
            p.setBrush(colour(theme.text))
            p.drawPolygon(QPolygonF(triangle))
    if "belief" in look.layers and belief.low_y < frame.belief.neutral < belief.high_y:
        y = math.floor(float(belief.y(frame.belief.neutral))) + 0.5
        dashed = QPen(colour(theme.discriminator, 0.8), 1)
        dashed.setDashPattern([5, 4])
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        p.setPen(dashed)
        p.drawLine(QLineF(box.left, y, box.right, y))
        words, ink = frame.belief.neutral_label, theme.words(theme.discriminator)
        if words != number(frame.belief.neutral, 0):  # which the axis says already
            write(p, (box.right - 6, y - 5), words, ink, align=1, halo=theme.base)


def _paint_above(
    p: QPainter,
    box: Box,
    peaks: list[tuple[Array, str]],
    room: tuple[float, float],
    named: tuple[float, float] | None,
    theme: Theme,
    counted: bool,
) -> None:
    """Say how high the highest bins are where the axis ends below them: beside what is cut off.

    ``room`` is where words may stand, (left, right) in pixels, ``named`` where the name of D* does.
    """
    cut = [(_cut_off(box, heights), heights, ink) for heights, ink in peaks]
    spans = [span for span, _, _ in cut if span is not None]
    y = box.top + SMALL + 3
    for span, heights, ink in cut:
        if span is None:
            continue
        most = float(np.nanmax(heights))
        words = f"↑ {whole(round(most)) if counted else number(most, 2 if most < 9.95 else 1)}"
        wide = width(words, SMALL)
        # Clear of every peak that reaches as far up beside this one.
        start, end = span
        for left, right in sorted(spans):
            if left <= end + wide + 12 and right >= end:
                end = right
        for left, right in sorted(spans, reverse=True):
            if right >= start - wide - 12 and left <= start:
                start = left
        at = end + 6 if end + 6 + wide <= room[1] else start - 6 - wide
        at = max(min(at, room[1] - wide), room[0])
        if named and at - 14 < named[0] < at + wide + 14 and abs(y - named[1]) < SMALL + 3:
            y = named[1] + SMALL + 3
        plate(p, (at, y), words, theme.words(ink), theme.base)
        y += SMALL + 3


def _cut_off(box: Box, heights: Array) -> tuple[float, float] | None:
    """Return from where to where in pixels the highest bins lie above the axis, if they do."""
    if not len(heights) or heights.max() <= box.high_y * 1.0001:
        return None
    heights = np.nan_to_num(heights, nan=0.0)
    if heights.max() <= box.high_y * 1.0001:
        return None
    highest, under = int(heights.argmax()), np.flatnonzero(heights <= box.high_y)
    at = int(np.searchsorted(under, highest))
    first = int(under[at - 1]) + 1 if at > 0 else 0
    end = int(under[at]) if at < len(under) else len(heights)
    bin_width = (box.right - box.left) / len(heights)
    return box.left + first * bin_width, box.left + end * bin_width


def _paint_outside(
    p: QPainter,
    box: Box,
    name: str,
    outside: tuple[float, float],
    ink: str,
    theme: Theme,
    row: int,
) -> None:
    """Say at each edge how many samples lie beyond it."""
    y = box.top + 16 + row * 18
    below, above = _said(name, outside)
    if below:
        stamp(p, (box.left + 6, y), below, theme.words(ink), theme.base)
    if above:
        stamp(p, (box.right - 6, y), above, theme.words(ink), theme.base, align=1)


def _said(name: str, outside: tuple[float, float]) -> tuple[str, str]:
    """Return in words which shares of the samples lie below and above the range."""
    below, above = outside
    return (
        f"\N{LEFTWARDS ARROW} {name}{percent(below)}" if below > 0 else "",
        f"{name}{percent(above)} \N{RIGHTWARDS ARROW}" if above > 0 else "",
    )


def percent(share: float) -> str:
    """Return a share in words, never rounded to nothing or to everything."""
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return ">99 %"
    return f"{100 * share:.0f} %"


def read_line(at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
    """Return in words what is drawn at a point: the numbers of the node of the grid nearest to it.

    The histograms are read at the bin beneath the pointer, the map at the nearest strand.
    """
    box, _ = boxes(area, frame, look)
    strip = band(box, area, frame, look)
    if strip is not None and frame.map is not None and strip.rect.contains(at):
        return read_strands(at, strip, box, frame.map)
    if not box.rect.contains(at):
        return ()
    here = box.low_x + (at.x() - box.left) / box.scale_x
    node = int(np.abs(frame.grid[0] - here).argmin())
    words = [f"x = {brief(float(frame.grid[0][node]))}"]
    shown, pairs = look.layers, []
    if "density" in shown:
        if frame.density is not None:
            pairs.append(f"p(x) = {brief(float(frame.density[node]))}")
        if frame.model is not None:
            pairs.append(f"p_g(x) = {brief(float(frame.model.density[node]))}")
        words += pairs
        for name, atoms in (
            ("p", frame.atoms),
            ("p_g", frame.model.atoms if frame.model is not None else ()),
        ):
            words += [
                f"point mass of {name}: {brief(mass)} at {brief(place)}"
                for place, mass in atoms
                if abs(float(box.x(place)) - at.x()) <= NEAR and mass >= LEAST_MASS
            ]
    if "belief" in shown:
        opinion = frame.belief.label.partition(" = ")[0]
        words.append(f"{opinion} = {brief(float(frame.belief.values[node]))}")
    if "best" in shown and frame.best is not None:
        best = float(frame.best[node])
        name = frame.belief.best
        words.append(
            f"{name} = {brief(best)}" if np.isfinite(best) else f"{name}: no samples to judge here"
        )
    return (*words, *_read_bin(here, box, frame, look))


def _read_bin(here: float, box: Box, frame: Frame, look: Look) -> list[str]:
    """Return in words how many samples the bin at x = ``here`` holds."""
    wide = (box.high_x - box.low_x) / look.bins
    index = min(max(int((here - box.low_x) / wide), 0), look.bins - 1)
    found = []
    for layer, samples, name in (
        ("real", frame.real, "real"),
        ("generated", frame.fake, "generated"),
        ("average", frame.average, "average"),
    ):
        if layer in look.layers and samples is not None:
            heights, _ = heights_of(samples, frame, look.with_(counts=True))
            found.append(f"{whole(int(heights[index]))} {name}")
    if not found:
        return []
    low, high = box.low_x + index * wide, box.low_x + (index + 1) * wide
    of = whole(len(frame.real))
    return [f"bin {brief(low)} to {brief(high)}, of {of} samples:", "  " + ", ".join(found)]
