"""D's belief over the plane: its colours, the scale of these, and contours."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from ganviz.frame import Array, Frame

from .axes import Box
from .ink import SMALL, number, write
from .strokes import Same, pen, smooth
from .theme import Theme, colour, ramp

#: Width of a scale of colours, and how far from the box it stands.
BAR, AWAY = 10, 14

#: The lowest, the neutral and the highest value of a diverging scale.
Scale = tuple[float, float, float]


def paint_field(
    p: QPainter, box: Box, frame: Frame, scale: Scale, theme: Theme, strength: float
) -> None:
    """Draw the belief as a picture, ``strength`` opaque, and where it is undecided as a line."""
    xs, ys = frame.grid[0], frame.grid[1]
    # The grid holds nodes; a pixel of the image is a cell about its node.
    half_x = (xs[-1] - xs[0]) / (len(xs) - 1) / 2
    half_y = (ys[-1] - ys[0]) / (len(ys) - 1) / 2
    corner = QPointF(float(box.x(xs[0] - half_x)), float(box.y(ys[-1] + half_y)))
    other = QPointF(float(box.x(xs[-1] + half_x)), float(box.y(ys[0] - half_y)))
    if strength > 0:
        p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        p.setOpacity(strength)
        image = coloured(frame.belief.values[::-1], scale, theme.belief)
        p.drawImage(QRectF(corner, other), image)
        p.setOpacity(1.0)
        p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    paint_neutral(p, box, frame, theme)


def paint_neutral(p: QPainter, box: Box, frame: Frame, theme: Theme) -> None:
    """Draw the line on which D is undecided."""
    found = contour(frame, frame.belief.values)
    if found is not None:
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(pen(theme.discriminator, 2.0))
        smooth(p, box.x(found[:, 0]), box.y(found[:, 1]))


def contour(frame: Frame, values: Array, level: float | None = None) -> Array | None:
    """Return where a field over the grid is neutral, or at another level.

    (n, 2) points with gaps of NaN, or None where the field does not cross it.
    """
    # Only where drawn; and without what its front door does to every field, twice the time.
    from contourpy import FillType, LineType, SerialContourGenerator, ZInterp

    level = frame.belief.neutral if level is None else level
    if not np.isfinite(values.sum()):
        values = np.nan_to_num(values, nan=level)
    contours = SerialContourGenerator(
        *_nodes(Same(frame.grid[0]), Same(frame.grid[1])),
        np.asarray(values, float),
        np.zeros((), bool),  # nothing is masked
        corner_mask=False,
        line_type=LineType.ChunkCombinedNan,
        fill_type=FillType.OuterOffset,
        quad_as_tri=False,
        z_interp=ZInterp.Linear,
    )
    found: Array | None = contours.lines(level)[0][0]
    return found


@lru_cache(maxsize=8)
def _nodes(xs: Same, ys: Same) -> tuple[Array, Array]:
    """Return (gy, gx) coordinates of the nodes of a grid."""
    across, up = np.meshgrid(xs.thing, ys.thing)
    return across, up


def coloured(values: Array, scale: Scale, stops: tuple[str, ...]) -> QImage:
    """Return an image of values in the colours of ``stops``, the neutral value in their middle."""
    low, neutral, high = scale
    at = [low, neutral, high] if low < neutral < high else [low, (low + high) / 2, high]
    if not np.isfinite(values.sum()):
        values = np.nan_to_num(values, nan=neutral, posinf=high, neginf=low)
    if at[2] - at[1] == at[1] - at[0]:  # one straight line, as for D itself: a third of the time
        shade = np.minimum(np.maximum((values - low) * (255 / (high - low)), 0.0), 255.0)
    else:
        shade = np.interp(values, at, [0, 127.5, 255])
    return image_of(ramp(stops).take(np.rint(shade).astype(np.intp)))


def image_of(
    pixels: Array, form: QImage.Format = QImage.Format.Format_RGB32, ratio: float = 1.0
) -> QImage:
    """Return an image of (h, w) pixels 0xAARRGGBB, the top row first; it holds on to them."""
    pixels = np.ascontiguousarray(pixels, np.uint32)
    tall, wide = pixels.shape
    image = QImage(pixels.data, wide, tall, 4 * wide, form)
    image.ganviz_pixels = pixels  # type: ignore[attr-defined] # QImage only borrows them
    image.setDevicePixelRatio(ratio)
    return image


def paint_scale(p: QPainter, box: Box, scale: Scale, frame: Frame, theme: Theme) -> None:
    """Draw the colours of the belief beside the box, with what they stand for."""
    low, neutral, high = scale
    values = np.linspace(high, low, max(2, int(box.bottom - box.top)))[:, None]
    paint_bar(p, box, coloured(values, scale, theme.belief), theme)
    left = box.right + AWAY
    places = [(high, box.top + 9.0), (low, float(box.bottom))]
    for value, y in places:
        write(p, (left + BAR + 6, y), figure(value), theme.muted, size=SMALL)
    if low < neutral < high:
        y = box.bottom - (neutral - low) / (high - low) * (box.bottom - box.top)
        p.setPen(QPen(colour(theme.discriminator), 2))
        p.drawLine(QPointF(left - 2, y), QPointF(left + BAR + 2, y))
        ink = theme.words(theme.discriminator)
        write(p, (left + BAR + 6, y + SMALL * 0.36), frame.belief.neutral_label, ink, size=SMALL)
    write(p, (scale_end(box), box.top - 9), frame.belief.label, theme.muted, size=SMALL, align=1)


def paint_bar(p: QPainter, box: Box, image: QImage, theme: Theme) -> None:
    """Draw a bar of colours beside the box, as tall as it."""
    at = QRectF(box.right + AWAY, box.top, BAR, box.bottom - box.top)
    p.drawImage(at, image)
    p.setPen(QPen(colour(theme.border), 1))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRect(at.adjusted(-0.5, -0.5, 0.5, 0.5))


def scale_end(box: Box) -> float:
    """Return where the words above a scale of colours end, pixels from the left."""
    return box.right + AWAY + BAR + 36


def figure(value: float) -> str:
    """Return a number as briefly as a scale of colours has room for."""
    size = abs(value)
    decimals = 0 if abs(value - round(value)) < 1e-9 or size >= 100 else 1 if size >= 1 else 2
    return number(value, decimals)
