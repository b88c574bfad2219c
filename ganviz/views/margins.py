"""Marginals: histograms of x along the top and of y along the right edge of the plane."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import QPainter, QPen

from ganviz.frame import Array

from .axes import Box
from .strokes import fill, pen, segments
from .theme import Theme, colour

#: Room that the histograms take beside the box, and what of it stays free.
ROOM, FREE = 46, 6
#: How much taller than the highest bar of the real samples the room is.
AIR = 1.5


def paint_margins(
    p: QPainter, box: Box, real: Array | None, fake: Array | None, data: Array, theme: Theme
) -> None:
    """Draw both histograms: the real samples filled, the generated as an outline.

    ``data`` are the real samples, shown or not: their highest bar sets the scale, which so stands
    still. Higher bars of the generated are cut off at the end of the room.
    """
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for axis in range(2):
        low, high = ((box.low_x, box.high_x), (box.low_y, box.high_y))[axis]
        bins = max(10, round((box.right - box.left) / 8))
        top = AIR * bars(data[:, axis], low, high, bins).max(initial=0.0) or 1.0
        if real is not None:
            along, out = _outline(box, axis, bars(real[:, axis], low, high, bins) / top)
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(colour(theme.real, 0.42))
            fill(p, along, out)
        if fake is not None:
            along, out = _outline(box, axis, bars(fake[:, axis], low, high, bins) / top)
            p.setPen(pen(theme.generated, 2.0))
            # Not along the foot: a line there would look like an axis of its own.
            grown = (out != out[0]) if axis == 0 else (along != along[0])
            segments(p, along, out, np.flatnonzero(grown[:-1] | grown[1:]))
        p.setPen(QPen(colour(theme.axis), 1))
        if axis == 0:
            p.drawLine(QLineF(box.left, box.top - 1.5, box.right, box.top - 1.5))
        else:
            p.drawLine(QLineF(box.right + 1.5, box.top, box.right + 1.5, box.bottom))


def bars(values: Array, low: float, high: float, bins: int) -> Array:
    """Return the share of all values in each of ``bins`` bins from low to high."""
    with np.errstate(invalid="ignore"):
        at = np.floor((values.astype(float) - low) * (bins / (high - low)))
        at = at[(at >= 0) & (at < bins)].astype(np.intp)
    return np.asarray(np.bincount(at, minlength=bins) / max(len(values), 1))


def _outline(box: Box, axis: int, shares: Array) -> tuple[Array, Array]:
    """Return the corners (x, y), in pixels, of a histogram that grows away from the box."""
    tall = np.repeat(np.minimum(shares, 1.0) * (ROOM - FREE), 2)
    tall = np.concatenate([[0.0], tall, [0.0]])
    start, end = (box.left, box.right) if axis == 0 else (box.bottom, box.top)
    edges = np.repeat(np.rint(np.linspace(start, end, len(shares) + 1)), 2)
    if axis == 0:
        return edges, np.asarray(box.top - 2 - np.rint(tall))
    return np.asarray(box.right + 2 + np.rint(tall)), edges
