"""The distribution of 1-D data: histograms, the exact density, and D(x) on its own axis."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from ganviz.frame import Array, Frame, Look

from .axes import Box, draw_bottom, draw_side
from .ink import SMALL, number, stamp, width, write
from .strokes import Same, Sheet, curve, pen, polygon, segments
from .theme import Theme, colour, mixed

#: Space for an axis at either side.
SIDE = 52


def paint_line(
    p: QPainter,
    area: QRectF,
    frame: Frame,
    look: Look,
    theme: Theme,
    ground: Sheet,
    cover: Sheet,
) -> None:
    """Paint a 1-D frame."""
    box, belief = boxes(area, frame)
    if box.right - box.left < 60 or box.bottom - box.top < 40:
        p.fillRect(area, colour(theme.base))
        return
    shown = look.layers
    still = (theme.name, box, belief, frame.belief.label, "belief" in shown)
    ground.draw(
        p, area, still, lambda q: _paint_ground(q, box, belief, frame, look, theme), theme.base
    )

    p.setClipRect(box.rect)
    away, above = [], []
    if "real" in shown:
        heights, outside = histogram(frame.real[:, 0], box.low_x, box.high_x, look.bins)
        _paint_filled(p, box, heights, theme)
        away.append((outside, theme.real))
        above.append((heights, theme.real))
    if "generated" in shown:
        heights, outside = histogram(frame.fake[:, 0], box.low_x, box.high_x, look.bins)
        _paint_outlined(p, box, heights, theme)
        away.append((outside, theme.generated))
        above.append((heights, theme.generated))
    x = box.x(frame.grid[0])
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if "density" in shown:
        if frame.density is not None:
            p.setPen(pen(theme.density, 1.5))
            curve(p, x, box.within(box.y(frame.density)))
        _paint_atoms(p, box, frame.atoms, theme)
    if "belief" in shown:
        y = belief.within(belief.y(frame.belief.values))
        p.setPen(pen(theme.discriminator, 2.5))
        curve(p, x, y)
    key = (*still, Same(frame.modes), "modes" in shown, frame.belief.neutral_label)
    cover.draw(p, box.rect, key, lambda q: _paint_cover(q, box, belief, frame, look, theme))
    for heights, ink in above:
        _paint_above(p, box, heights, ink, theme)
    for row, (outside, ink) in enumerate(away):
        _paint_outside(p, box, outside, ink, theme, row)


def boxes(area: QRectF, frame: Frame) -> tuple[Box, Box]:
    """Return where densities and D(x) are drawn: the same pixels, another vertical axis."""
    span = frame.ranges.data[0]
    edges = (area.left() + SIDE, area.top() + 30, area.right() - SIDE, area.bottom() - 26)
    return Box(*edges, *span, 0.0, frame.ranges.density), Box(*edges, *span, *belief_range(frame))


def belief_range(frame: Frame) -> tuple[float, float]:
    """Return the range of the belief: its own, or that of the run where it has no bounds."""
    low, high = frame.belief.low, frame.belief.high
    return (low, high) if np.isfinite([low, high]).all() and low < high else frame.ranges.belief


def histogram(
    values: Array, low: float, high: float, bins: int
) -> tuple[Array, tuple[float, float]]:
    """Return densities over ``bins`` bins, and the shares of samples below and above the range.

    The densities are of *all* samples, so that they compare with p wherever the range ends.
    Samples that are not numbers count as neither.
    """
    values = values[np.isfinite(values)]
    if not len(values):
        return np.zeros(bins), (0.0, 0.0)
    scaled = (values.astype(np.float64) - low) * (bins / (high - low))
    # One bin more on either side collects what lies outside; the top edge itself is inside.
    index = np.clip(np.floor(scaled), -1, bins).astype(np.intp)
    index[scaled == bins] = bins - 1
    counts = np.bincount(index + 1, minlength=bins + 2)
    share = counts / len(values)
    return share[1:-1] * (bins / (high - low)), (float(share[0]), float(share[-1]))


def _paint_ground(
    p: QPainter, box: Box, belief: Box, frame: Frame, look: Look, theme: Theme
) -> None:
    draw_bottom(p, box, theme, "x", room=SIDE)
    draw_side(p, box, theme, "density", room=SIDE)
    if "belief" in look.layers:
        ink = theme.words(theme.discriminator)
        draw_side(p, belief, theme, frame.belief.label, room=SIDE, right=True, ink=ink)


def _steps(box: Box, heights: Array) -> tuple[Array, Array]:
    """Return the corners of a histogram's outline in whole pixels, from the left foot on."""
    edges = np.rint(np.linspace(box.left, box.right, len(heights) + 1))
    tops = np.maximum(np.rint(box.y(heights)), box.top - 4)
    x = np.repeat(edges, 2)
    y = np.concatenate([[box.bottom], np.repeat(tops, 2), [box.bottom]])
    return x, y


def _paint_filled(p: QPainter, box: Box, heights: Array, theme: Theme) -> None:
    x, y = _steps(box, heights)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(colour(mixed(theme.base, theme.real, 0.42)))  # opaque: half the cost of a veil
    p.drawPolygon(polygon(x, y))


def _paint_outlined(p: QPainter, box: Box, heights: Array, theme: Theme) -> None:
    x, y = _steps(box, heights)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(colour(theme.generated, 0.13))
    p.drawPolygon(polygon(x, y))
    p.setPen(pen(theme.generated, 2.0))
    # No line along the foot of empty bins.
    seen = (y[:-1] < box.bottom) | (y[1:] < box.bottom)
    segments(p, x, y, np.flatnonzero(seen))


def _paint_atoms(
    p: QPainter, box: Box, atoms: tuple[tuple[float, float], ...], theme: Theme
) -> None:
    """Draw each atom as an arrow, as tall as its share of the mass: its density has no height."""
    if not atoms:
        return
    most = max(mass for _, mass in atoms)
    for at, mass in atoms:
        x = float(box.x(at))
        y = box.bottom - (box.bottom - box.top) * 0.9 * mass / (most or 1.0)
        p.setPen(pen(theme.density, 2.0))
        p.drawLine(QPointF(x, box.bottom), QPointF(x, y + 8))
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(colour(theme.density))
        p.drawPolygon(QPolygonF([QPointF(x, y - 2), QPointF(x + 5, y + 9), QPointF(x - 5, y + 9)]))
        if len(atoms) > 1:
            stamp(p, (x + 8, y + 9), number(mass, 2), theme.density, theme.base)


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


def _paint_above(p: QPainter, box: Box, heights: Array, ink: str, theme: Theme) -> None:
    """Say how high the highest bin is where the axis ends below it."""
    if not len(heights) or heights.max() <= box.high_y * 1.0001:
        return
    at = box.left + (int(heights.argmax()) + 0.5) * (box.right - box.left) / len(heights)
    words = f"↑ {number(float(heights.max()), 1)}"
    half = width(words, SMALL) / 2
    at = min(max(at, box.left + half + 4), box.right - half - 4)
    stamp(p, (at - half, box.top + SMALL + 3), words, theme.words(ink), theme.base)


def _paint_outside(
    p: QPainter, box: Box, outside: tuple[float, float], ink: str, theme: Theme, row: int
) -> None:
    """Say at each edge how many samples lie beyond it."""
    y = box.top + 16 + row * 18
    words = theme.words(ink)
    below, above = outside
    if below > 0:
        said = f"\N{LEFTWARDS ARROW} {percent(below)}"
        stamp(p, (box.left + 6, y), said, words, theme.base, size=SMALL)
    if above > 0:
        said = f"{percent(above)} \N{RIGHTWARDS ARROW}"
        stamp(p, (box.right - 6, y), said, words, theme.base, size=SMALL, align=1)


def percent(share: float) -> str:
    """Return a share in words, never rounded to nothing or to everything."""
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return ">99 %"
    return f"{100 * share:.0f} %"
