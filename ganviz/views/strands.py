"""The push-forward map of one coordinate of noise into one of data: strands from z up to G(z).

As in figure 1 of Goodfellow et al. 2014 (arXiv:1406.2661): the axis of the data above, that of the
noise below. Between two neighbouring strands there is always the same mass of noise, so where they
crowd together p_g is high; where they cross G folds the noise upon itself.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter, QPen

from ganviz.frame import Array, Frame, Look, Map

from .axes import Box, draw_bottom
from .ink import SMALL, brief, pixel_ratio, write
from .strokes import Same, lines, pen
from .theme import Theme, colour

#: Height of a canvas below which there is no room for the map, pixels.
LEAST = 300
#: The share of the canvas that the map takes, and its least and greatest height, pixels.
SHARE, SHORTEST, TALLEST = 0.22, 54, 220
#: Height of the row of numbers below an axis.
ROW = 26
#: Dashes of the strands where G runs backwards, (on, off) pixels.
BACKWARDS = (9.0, 6.0)
#: The golden section: its multiples never gather.
GOLDEN = 0.6180339887
#: How strongly strands are inked, upwards and backwards, on a plain screen and on a finer one.
STRENGTHS = {False: (0.6, 0.8), True: (0.85, 0.95)}
#: How far from a strand the pointer may be to read it, pixels.
NEAR = 24.0


def depth(area: QRectF, frame: Frame, look: Look) -> int:
    """Return how many pixels the map takes with its axis; 0 where it is not to be seen."""
    if frame.map is None or "map" not in look.layers or area.height() < LEAST:
        return 0
    return round(min(max(SHARE * area.height(), SHORTEST), TALLEST)) + ROW


def band(box: Box, area: QRectF, frame: Frame, look: Look) -> Box | None:
    """Return where the map is drawn beneath the box of the data: z across, 0 to 1 upwards."""
    deep = depth(area, frame, look)
    if not deep or frame.map is None:
        return None
    bottom, (low, high) = area.bottom() - ROW, frame.map.z[[0, -1]]
    return Box(box.left, bottom - deep + ROW, box.right, bottom, float(low), float(high), 0.0, 1.0)


def paint_axes(
    p: QPainter, box: Box, theme: Theme, room: float, names: tuple[str, str] = ("z", "G(z)")
) -> None:
    """Draw the axis of z, by its name, below, the line of x above, and which way G goes."""
    draw_bottom(p, box, theme, names[0], room=room)
    p.setPen(QPen(colour(theme.axis), 1))
    p.drawLine(QLineF(box.left, box.top - 0.5, box.right, box.top - 0.5))
    x, middle = round(box.left - room / 2), round((box.top + box.bottom) / 2)
    write(
        p,
        (x - 8, middle + SMALL * 0.36),
        names[1].partition("(")[0],
        theme.muted,
        size=SMALL,
        align=0.5,
    )
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setPen(QPen(colour(theme.muted), 1.2))
    x += 6
    p.drawLine(QPointF(x, middle + 9), QPointF(x, middle - 9))
    p.drawLine(QPointF(x, middle - 9), QPointF(x - 3, middle - 5))
    p.drawLine(QPointF(x, middle - 9), QPointF(x + 3, middle - 5))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_strands(p: QPainter, box: Box, data: Box, image: Map, theme: Theme) -> None:
    """Draw the strands; where G runs backwards they are darker, and dashed."""
    ends = strands(box, data, image)
    back = backwards(image)
    seen = np.isfinite(ends).all(axis=1)
    p.setClipRect(box.rect)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    # One pixel of the device: wider ones leave the painter's quick path and cost ten times as much.
    dpr = pixel_ratio(p)
    onwards, turned = STRENGTHS[dpr > 1]
    p.setPen(pen(theme.generated, 1 / dpr, onwards))
    lines(p, ends[seen & ~back])
    p.setPen(pen(theme.model, 1 / dpr, turned))
    # Each begins its dashes elsewhere, always at the same place: side by side they make no bands.
    turned_back = seen & back
    lines(p, broken(ends[turned_back], *BACKWARDS, _phases(len(ends))[turned_back]))


def strands(box: Box, data: Box, image: Map) -> Array:
    """Return (m, 4) lines from z at the foot of the band to G(z) at its top, pixels.

    A line that leaves far to the side is cut there: painters do not count on such numbers.
    """
    below, above = _feet(box, Same(image.z)), data.x(image.x)
    reach = 3.0 * (box.right - box.left)
    low, high = box.left - reach, box.right + reach
    result = np.empty((len(below), 4))
    result[:, 0], result[:, 1], result[:, 2], result[:, 3] = below, box.bottom, above, box.top
    if not (above.min() >= low and above.max() <= high):
        with np.errstate(invalid="ignore"):
            ahead = np.clip(above, low, high) - below
            share = np.where(np.abs(above - below) > np.abs(ahead), ahead / (above - below), 1.0)
        result[:, 2] = below + ahead
        result[:, 3] = box.bottom - share * (box.bottom - box.top)
    return result


@lru_cache(maxsize=8)
def _feet(box: Box, z: Same) -> Array:
    """Return where noise is on its axis, remembered: it stays where it is."""
    return box.x(z.thing)


@lru_cache(maxsize=8)
def _phases(count: int) -> Array:
    """Return which share of a dash is over where each of so many strands begins."""
    return GOLDEN * np.arange(count) % 1.0


def backwards(image: Map) -> Array:
    """Return (m,) whether G falls about each z, as its neighbours on either side tell."""
    with np.errstate(invalid="ignore"):
        rise = np.empty(len(image.x))
        rise[1:-1] = image.x[2:] - image.x[:-2]
        rise[0], rise[-1] = image.x[1] - image.x[0], image.x[-1] - image.x[-2]
        return np.asarray(rise < 0)


def broken(ends: Array, on: float, off: float, phases: Array) -> Array:
    """Return the (k, 4) dashes of (n, 4) straight lines, all cut at once.

    ``phases`` (n,) is the share of a dash and its gap that is over where a line begins.
    """
    if not len(ends):
        return ends
    start, way = ends[:, :2], ends[:, 2:] - ends[:, :2]
    long = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)[:, None]
    count = math.ceil(float(long.max()) / (on + off)) + 1
    first = (np.arange(count) - phases[:, None]) * (on + off) / long
    last = np.minimum(first + on / long, 1.0)
    seen = ((first < 1.0) & (last > 0.0)).ravel().nonzero()[0]
    line = seen // count
    begun = np.maximum(first.ravel().take(seen), 0.0)[:, None]
    begins, ways = start.take(line, axis=0), way.take(line, axis=0)
    result = np.empty((len(line), 4))
    np.add(begins, begun * ways, out=result[:, :2])
    np.add(begins, last.ravel().take(seen)[:, None] * ways, out=result[:, 2:])
    return result


def read_strands(at: QPointF, box: Box, data: Box, image: Map) -> tuple[str, ...]:
    """Return in words the strand that is nearest to a point of the band, if one is near."""
    ends = strands(box, data, image)
    with np.errstate(invalid="ignore"):
        share = (at.y() - ends[:, 1]) / (ends[:, 3] - ends[:, 1])
        away = np.abs(ends[:, 0] + share * (ends[:, 2] - ends[:, 0]) - at.x())
    away = np.where(np.isfinite(away), away, np.inf)
    nearest = int(away.argmin())
    if away[nearest] > NEAR:
        return ()
    values = float(image.z[nearest]), float(image.x[nearest])
    words = [f"{name} = {brief(value)}" for name, value in zip(image.names, values, strict=True)]
    if backwards(image)[nearest]:
        words.append("dashed: G runs backwards here")
    return tuple(words)
