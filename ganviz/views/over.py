"""Other lanes over the distribution of the one that is driven: thin lines with their letters."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from ganviz.frame import Array, Frame, Look

from .axes import Box
from .badge import shape_of
from .field import contour
from .ink import SMALL, pixel_ratio
from .strokes import curve, dot, pen, segments, sprites, thinned
from .tags import THIN, Tags, place_of
from .theme import Theme
from .together import order

#: So many samples of another lane are drawn: enough to see where they are, and not too many.
MOST = 300
#: Size of their marks, pixels.
SIZE = 5.0


def paint_over_line(
    p: QPainter,
    box: Box,
    curves: list[tuple[Frame, Array, Array, str]],
    outlines: list[tuple[Frame, Array, Array]],
    theme: Theme,
    taken: list[QRectF],
) -> None:
    """Draw lines (frame, x, y, colour) and outlines of histograms of other 1-D lanes, in pixels."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for _, x, y in outlines:
        p.setPen(pen(theme.generated, THIN))
        # No line along the foot of empty bins.
        segments(p, x, y, np.flatnonzero((y[:-1] < box.bottom) | (y[1:] < box.bottom)))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for _, x, y, ink in curves:
        p.setPen(pen(ink, THIN))
        curve(p, x, y)
    tags = Tags(p, box, theme, taken)
    lines = [*curves, *((frame, x, y, theme.generated) for frame, x, y in outlines)]
    for frame, x, y, ink in lines:
        # Not along the foot, where all of them are one line.
        seen = np.where((y > box.top + SMALL) & (y < box.bottom - SMALL), y, np.nan)
        tags.put(frame.lane, ink, x, seen, place_of(frame.lane))


def paint_over_cloud(
    p: QPainter, box: Box, own: Frame, others: tuple[Frame, ...], theme: Theme
) -> None:
    """Draw the first samples of other 2-D lanes as small marks, each lane's in its own shape."""
    dpr = pixel_ratio(p)
    letters = sorted((frame.lane for frame in (own, *others)), key=order)
    for frame in others:
        points = frame.fake[:MOST]
        x, y = box.x(points[:, 0]), box.y(points[:, 1])
        with np.errstate(invalid="ignore"):
            seen = (x > box.left - 8) & (x < box.right + 8)
            seen &= (y > box.top - 8) & (y < box.bottom + 8)
        sprite = dot(shape_of(letters.index(frame.lane)), theme.generated, theme.base, SIZE, dpr)
        sprites(p, x[seen], y[seen], sprite, dpr)


def paint_over_plane(
    p: QPainter,
    box: Box,
    others: tuple[Frame, ...],
    look: Look,
    theme: Theme,
    levels: tuple[float, ...],
) -> None:
    """Draw where the D of other 2-D lanes is undecided, and contours of their p_g."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    tags = Tags(p, box, theme)
    for frame in others:
        found: list[tuple[Array, str]] = []
        if "belief" in look.layers:
            line = contour(frame, frame.belief.values)
            found += [(line, theme.discriminator)] if line is not None else []
        if "contours" in look.layers and frame.model is not None:
            top = float((frame.model.density if frame.density is None else frame.density).max())
            for level in levels:
                line = contour(frame, frame.model.density, level * top)
                found += [(line, theme.model)] if line is not None else []
        for line, ink in found:
            x, y = thinned(box.x(line[:, 0]), box.y(line[:, 1]))
            p.setPen(pen(ink, THIN))
            curve(p, x, y)
            with np.errstate(invalid="ignore"):
                inside = (x > box.left + SMALL) & (x < box.right - SMALL)
                inside &= (y > box.top + SMALL) & (y < box.bottom - SMALL)
            tags.put(frame.lane, ink, x, np.where(inside, y, np.nan), place_of(frame.lane))
