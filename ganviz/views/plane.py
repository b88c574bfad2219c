"""The distribution of 2-D data: D's belief as a field, samples or histograms, and pulls."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from ganviz.frame import Array, Frame, Look

from .axes import Box, draw_bottom, draw_side
from .ink import SMALL, number, pixel_ratio, stamp, width, write
from .line import belief_range, note, percent
from .pulls import above, chosen, paint_notes, paint_pulls, unit
from .strokes import Same, Sheet, curve, dashed, dot, pen, sprites
from .theme import Theme, channels, colour, ramp

#: Width of the scale of the belief.
BAR = 10


def paint_plane(
    p: QPainter,
    area: QRectF,
    frame: Frame,
    look: Look,
    theme: Theme,
    ground: Sheet,
    cover: Sheet,
) -> None:
    """Paint a 2-D frame."""
    box = data_box(area, frame)
    if min(box.right - box.left, box.bottom - box.top) < 40:
        p.fillRect(area, colour(theme.base))
        return
    low, high = belief_range(frame)
    neutral = min(max(frame.belief.neutral, low), high)
    shown = look.layers
    still = (theme.name, box, low, high, neutral, frame.belief.neutral_label, "belief" in shown)
    scale = (low, neutral, high)
    pull = unit(frame, look) if chosen(frame, look) else None
    notes = note(frame, look)

    def paint_ground(q: QPainter) -> None:
        _paint_ground(q, box, scale, frame, look, theme)
        left, right = above(box, "y", "", area)
        if "belief" in shown:  # clear of the words above the scale
            right = min(right, scale_end(box) - width(frame.belief.label, SMALL) - 12)
        paint_notes(q, box, notes, pull, theme, (left, right))

    ground.draw(p, area, (*still, notes, pull), paint_ground, theme.base)

    p.setClipRect(box.rect)
    if "belief" in shown:
        # Squares are of the field's own hues: it steps back behind them.
        strength = 0.4 if look.style == "histogram" else 1.0
        _paint_field(p, box, frame, scale, theme, strength)
    sets = []
    if "real" in shown:
        sets.append(("disc", frame.real, theme.real))
    if "generated" in shown:
        sets.append(("diamond", frame.fake, theme.generated))
    if "average" in shown and frame.average is not None:
        sets.append(("ring", frame.average, theme.model))
    for shape, points, ink in sets:
        if look.style == "histogram":
            _paint_squares(p, box, points, look.bins, ink, shape)
        else:
            _paint_dots(p, box, points, ink, theme, shape)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if "best" in shown and frame.best is not None:
        p.setPen(pen(theme.best, 2.0, 0.999))
        found = contour(frame, frame.best)
        if found is not None:
            dashed(p, box.x(found[:, 0]), box.y(found[:, 1]))
    paint_pulls(p, box, frame, look, theme)
    if "modes" in shown and len(frame.modes):
        key = (theme.name, box, Same(frame.modes))
        cover.draw(p, box.rect, key, lambda q: _paint_modes(q, box, frame.modes, theme))
    for row, (_, points, ink) in enumerate(sets):
        _paint_outside(p, box, points, theme.words(ink), theme, row)


def data_box(area: QRectF, frame: Frame) -> Box:
    """Return where the data are drawn: centred, with equal units across and up."""
    across, up = frame.ranges.data
    edges = (area.left() + 48, area.top() + 26, area.right() - 66, area.bottom() - 26)
    return Box(*edges, *across, *up).squared()


def _paint_ground(
    p: QPainter,
    box: Box,
    scale: tuple[float, float, float],
    frame: Frame,
    look: Look,
    theme: Theme,
) -> None:
    p.setPen(QPen(colour(theme.border), 1))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRect(box.rect.adjusted(-0.5, -0.5, 0.5, 0.5))
    draw_bottom(p, box, theme, "x", room=60)
    draw_side(p, box, theme, "y", room=48, spine=True)
    if "belief" in look.layers:
        _paint_scale(p, box, scale, frame, theme)


def _paint_scale(
    p: QPainter, box: Box, scale: tuple[float, float, float], frame: Frame, theme: Theme
) -> None:
    """Draw the colours of the belief beside the field, with what they stand for."""
    low, neutral, high = scale
    left, top, bottom = box.right + 14, box.top, box.bottom
    values = np.linspace(high, low, max(2, int(bottom - top)))[:, None]
    image = _coloured(values, scale, theme)
    p.drawImage(QRectF(left, top, BAR, bottom - top), image)
    p.setPen(QPen(colour(theme.border), 1))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRect(QRectF(left - 0.5, top - 0.5, BAR + 1, bottom - top + 1))
    places = [(high, top + 9.0), (low, float(bottom))]
    for value, y in places:
        words = _figure(value)
        write(p, (left + BAR + 6, y), words, theme.muted, size=SMALL)
    if low < neutral < high:
        y = bottom - (neutral - low) / (high - low) * (bottom - top)
        p.setPen(QPen(colour(theme.discriminator), 2))
        p.drawLine(QPointF(left - 2, y), QPointF(left + BAR + 2, y))
        ink = theme.words(theme.discriminator)
        write(p, (left + BAR + 6, y + SMALL * 0.36), frame.belief.neutral_label, ink, size=SMALL)
    write(p, (scale_end(box), top - 9), frame.belief.label, theme.muted, size=SMALL, align=1)


def scale_end(box: Box) -> float:
    """Return where the words above the scale of the belief end, pixels from the left."""
    return box.right + 14 + BAR + 36


def _figure(value: float) -> str:
    decimals = 0 if abs(value - round(value)) < 1e-9 else 1 if abs(value) >= 1 else 2
    return number(value, decimals)


def _coloured(values: Array, scale: tuple[float, float, float], theme: Theme) -> QImage:
    """Return an image of values in the diverging map, the neutral value in its middle."""
    low, neutral, high = scale
    at = [low, neutral, high] if low < neutral < high else [low, (low + high) / 2, high]
    clean = np.nan_to_num(values, nan=neutral, posinf=high, neginf=low)
    shade = np.rint(np.interp(clean, at, [0, 127.5, 255])).astype(np.intp)
    pixels = np.ascontiguousarray(ramp(theme.belief)[shade])
    tall, wide = values.shape
    image = QImage(pixels.data, wide, tall, 4 * wide, QImage.Format.Format_RGB32)
    image.ganviz_pixels = pixels  # type: ignore[attr-defined] # QImage only borrows them
    return image


def _paint_field(
    p: QPainter,
    box: Box,
    frame: Frame,
    scale: tuple[float, float, float],
    theme: Theme,
    strength: float,
) -> None:
    xs, ys = frame.grid[0], frame.grid[1]
    values = frame.belief.values
    # The grid holds nodes; a pixel of the image is a cell about its node.
    half_x = (xs[-1] - xs[0]) / (len(xs) - 1) / 2
    half_y = (ys[-1] - ys[0]) / (len(ys) - 1) / 2
    corner = QPointF(float(box.x(xs[0] - half_x)), float(box.y(ys[-1] + half_y)))
    other = QPointF(float(box.x(xs[-1] + half_x)), float(box.y(ys[0] - half_y)))
    p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    p.setOpacity(strength)
    p.drawImage(QRectF(corner, other), _coloured(values[::-1], scale, theme))
    p.setOpacity(1.0)
    p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)

    found = contour(frame, values)
    if found is not None:
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(pen(theme.discriminator, 2.0))
        curve(p, box.x(found[:, 0]), box.y(found[:, 1]))


def contour(frame: Frame, values: Array) -> Array | None:
    """Return where a field over the grid is neutral, (n, 2) with gaps of NaN, or None."""
    from contourpy import LineType, contour_generator  # only where drawn

    xs, ys = frame.grid
    clean = np.nan_to_num(values, nan=frame.belief.neutral)
    contours = contour_generator(xs, ys, clean, name="serial", line_type=LineType.ChunkCombinedNan)
    found: Array | None = contours.lines(frame.belief.neutral)[0][0]
    return found


def _paint_dots(p: QPainter, box: Box, points: Array, ink: str, theme: Theme, shape: str) -> None:
    x, y = box.x(points[:, 0]), box.y(points[:, 1])
    inside = (x > box.left - 8) & (x < box.right + 8) & (y > box.top - 8) & (y < box.bottom + 8)
    size = float(np.clip(7.0 - 1.4 * math.log10(max(len(points), 1) / 100), 3.0, 7.0))
    # Hollow, so that real samples beneath are still seen.
    size *= {"diamond": 1.1, "ring": 0.8}.get(shape, 1.0)
    dpr = pixel_ratio(p)
    rim = theme.base if len(points) <= 4000 else ""
    sprites(p, x[inside], y[inside], dot(shape, ink, rim, round(size, 1), dpr), dpr)


def _paint_squares(p: QPainter, box: Box, points: Array, bins: int, ink: str, shape: str) -> None:
    """Draw a 2-D histogram: whole squares for discs, smaller ones for diamonds, rims for rings."""
    across = max(2, bins // 2)
    scale = across / (box.high_x - box.low_x)
    up = max(2, round((box.high_y - box.low_y) * scale))
    i = np.floor((points[:, 0].astype(float) - box.low_x) * scale)
    j = np.floor((points[:, 1].astype(float) - box.low_y) * (up / (box.high_y - box.low_y)))
    good = (i >= 0) & (i < across) & (j >= 0) & (j < up)
    flat = (j[good] * across + i[good]).astype(np.intp)
    counts = np.bincount(flat, minlength=across * up).reshape(up, across)[::-1]
    # Root, so that one sample in a square is still seen beside a crowded one.
    full = max(len(points) / 60.0, 1.0)
    alpha = np.sqrt(np.minimum(counts / full, 1.0))
    alpha[counts > 0] = 0.18 + 0.72 * alpha[counts > 0]
    shades = _shades(ink)[np.rint(alpha * 255).astype(np.intp)]
    if shape != "disc":
        fine = np.zeros((up, 4, across, 4), np.uint32)
        if shape == "diamond":
            fine[:, 1:3, :, 1:3] = shades[:, None, :, None]
        else:
            fine[:, ::3] = shades[:, None, :, None]
            fine[:, :, :, ::3] = shades[:, None, :, None]
        shades = fine.reshape(up * 4, across * 4)
    shades = np.ascontiguousarray(shades)
    tall, wide = shades.shape
    form = QImage.Format.Format_ARGB32_Premultiplied
    p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    p.drawImage(box.rect, QImage(shades.data, wide, tall, 4 * wide, form))


@lru_cache(maxsize=8)
def _shades(ink: str) -> Array:
    """Return 256 premultiplied pixels of one colour, from clear to opaque."""
    alpha = np.arange(256, dtype=np.uint32)
    red, green, blue = ((alpha * part + 127) // 255 for part in channels(ink))
    return np.asarray((alpha << 24) | (red << 16) | (green << 8) | blue)


def _paint_modes(p: QPainter, box: Box, modes: Array, theme: Theme) -> None:
    """Draw a ring about each centre: a cross would hide a narrow mode."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setBrush(Qt.BrushStyle.NoBrush)
    for ink, wide in ((theme.base, 3.4), (theme.text, 1.4)):
        p.setPen(QPen(colour(ink), wide))
        for at in modes:
            x, y = float(box.x(float(at[0]))), float(box.y(float(at[1])))
            p.drawEllipse(QPointF(x, y), 9, 9)


def _paint_outside(p: QPainter, box: Box, points: Array, ink: str, theme: Theme, row: int) -> None:
    """Say at each edge how many samples lie beyond it, each sample once, left or right first."""
    n = max(len(points), 1)
    low, high = (box.low_x, box.low_y), (box.high_x, box.high_y)
    if not ((points < low) | (points > high)).any():
        return
    left, right = points[:, 0] < box.low_x, points[:, 0] > box.high_x
    neither = ~(left | right)
    below = neither & (points[:, 1] < box.low_y)
    above = neither & (points[:, 1] > box.high_y)
    middle_x, middle_y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    shift = 18 * row
    for out, words, at, align in (
        (left, "\N{LEFTWARDS ARROW} {}", (box.left + 6, middle_y + shift), 0.0),
        (right, "{} \N{RIGHTWARDS ARROW}", (box.right - 6, middle_y + shift), 1.0),
        (below, "\N{DOWNWARDS ARROW} {}", (middle_x, box.bottom - 24 + shift), 0.5),
        (above, "\N{UPWARDS ARROW} {}", (middle_x, box.top + 16 + shift), 0.5),
    ):
        count = int(out.sum())
        if count:
            stamp(p, at, words.format(percent(count / n)), ink, theme.base, align=align)
