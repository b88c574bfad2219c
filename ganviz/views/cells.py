"""Samples of the plane counted in squares: one over the other, side by side, or their difference.

Squares count *all* samples that are drawn, so that a density compares with another wherever the
range ends. The tops of their colours come from the frame, never from what is seen.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtGui import QImage, QPainter

from ganviz.frame import Array

from .axes import Box
from .field import AWAY, BAR, coloured, figure, image_of, paint_bar, scale_end
from .ink import SMALL, width, write
from .theme import Theme, channels, mixed, ramp

#: From more samples than this on there are as many squares across as a line has bins.
MANY = 4000
#: What stands above the colours, which run by roots: a quarter of the top is half of the way.
DENSITY, DIFFERENCE = "density (by roots)", "generated − real (by roots)"


def squares(box: Box, bins: int, samples: int) -> tuple[int, int]:
    """Return (across, up), how many squares there are for ``bins`` bins of a line.

    Half as many across, so that the usual number of samples fills them; as many for many samples.
    """
    across = max(2, bins if samples > MANY else bins // 2)
    scale = across / (box.high_x - box.low_x)
    return across, max(2, round((box.high_y - box.low_y) * scale))


def counts(box: Box, points: Array, bins: int) -> Array:
    """Return (up, across) how many points there are in each square, row 0 at the lowest y."""
    across, up = squares(box, bins, len(points))
    with np.errstate(invalid="ignore"):
        i = np.floor((points[:, 0].astype(float) - box.low_x) * (across / (box.high_x - box.low_x)))
        j = np.floor((points[:, 1].astype(float) - box.low_y) * (up / (box.high_y - box.low_y)))
        good = (i >= 0) & (i < across) & (j >= 0) & (j < up)
        flat = (j[good] * across + i[good]).astype(np.intp)
    return np.bincount(flat, minlength=across * up).reshape(up, across)


def densities(box: Box, points: Array, bins: int) -> Array:
    """Return (up, across) densities, per unit of area."""
    found = counts(box, points, bins)
    cell = (box.high_x - box.low_x) * (box.high_y - box.low_y) / found.size
    return np.asarray(found / (max(len(points), 1) * cell))


def square_at(box: Box, bins: int, samples: int, x: float, y: float) -> tuple[int, int]:
    """Return (row, column) of the square at pixels (x, y), row 0 at the lowest y."""
    across, up = squares(box, bins, samples)
    column = int((x - box.left) / (box.right - box.left) * across)
    row = int((box.bottom - y) / (box.bottom - box.top) * up)
    return min(max(row, 0), up - 1), min(max(column, 0), across - 1)


# ---- one over the other -------------------------------------------------------------------------


def paint_squares(p: QPainter, box: Box, points: Array, bins: int, ink: str, shape: str) -> None:
    """Draw a 2-D histogram: whole squares for discs, smaller ones for diamonds, rims for rings."""
    found = counts(box, points, bins)[::-1]
    up, across = found.shape
    # Root, so that one sample in a square is still seen beside a crowded one.
    full = max(len(points) / 60.0 * (1600.0 / found.size), 1.0)
    alpha = np.sqrt(np.minimum(found / full, 1.0))
    alpha[found > 0] = 0.18 + 0.72 * alpha[found > 0]
    shades = _shades(ink)[np.rint(alpha * 255).astype(np.intp)]
    if shape != "disc":
        fine = np.zeros((up, 4, across, 4), np.uint32)
        if shape == "diamond":
            fine[:, 1:3, :, 1:3] = shades[:, None, :, None]
        else:
            fine[:, ::3] = shades[:, None, :, None]
            fine[:, :, :, ::3] = shades[:, None, :, None]
        shades = fine.reshape(up * 4, across * 4)
    form = QImage.Format.Format_ARGB32_Premultiplied
    p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    p.drawImage(box.rect, image_of(shades, form))


@lru_cache(maxsize=8)
def _shades(ink: str) -> Array:
    """Return 256 premultiplied pixels of one colour, from clear to opaque."""
    alpha = np.arange(256, dtype=np.uint32)
    red, green, blue = ((alpha * part + 127) // 255 for part in channels(ink))
    return np.asarray((alpha << 24) | (red << 16) | (green << 8) | blue)


# ---- side by side -------------------------------------------------------------------------------


def stops(ink: str, theme: Theme) -> tuple[str, ...]:
    """Return the colours of a density, from none to the top of the scale."""
    return theme.base, mixed(theme.base, ink, 0.5), ink, mixed(ink, theme.text, 0.55)


def shaded(values: Array, top: float, ink: str, theme: Theme) -> Array:
    """Return the pixels of densities: the root of the share of ``top`` runs through the colours."""
    share = np.sqrt(np.clip(values / (top or 1.0), 0.0, 1.0))
    return np.asarray(ramp(stops(ink, theme))[np.rint(255 * share).astype(np.intp)])


def paint_density(
    p: QPainter, box: Box, points: Array, bins: int, top: float, ink: str, theme: Theme
) -> None:
    """Draw the density of points in squares, in shades of one colour up to ``top``."""
    pixels = shaded(densities(box, points, bins)[::-1], top, ink, theme)
    p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    p.drawImage(box.rect, image_of(pixels))


def density_label(box: Box) -> str:
    """Return what stands above the colours of a density, clear of what is above the square."""
    taken = box.left + width("generated", SMALL, True) + 14
    return DENSITY if scale_end(box) - width(DENSITY, SMALL) >= taken else "density"


def paint_density_scale(p: QPainter, box: Box, top: float, theme: Theme) -> None:
    """Draw the shades of both densities beside the box: real on the left, generated right."""
    share = np.linspace(1.0, 0.0, max(2, int(box.bottom - box.top)))[:, None]
    values = top * share**2
    halves = [shaded(values, top, ink, theme) for ink in (theme.real, theme.generated)]
    paint_bar(p, box, image_of(np.concatenate(halves, axis=1)), theme)
    # The colours run with the root, so the half of the way is a quarter of the top.
    _write_scale(p, box, ((top, 1.0), (top / 4, 0.5), (0.0, 0.0)), density_label(box), theme)


# ---- the difference -----------------------------------------------------------------------------


def hues(theme: Theme) -> tuple[str, ...]:
    """Return the colours of a difference: more real, as many, more generated."""
    middle = theme.belief[len(theme.belief) // 2]
    return theme.real, middle, theme.generated


def paint_difference(
    p: QPainter, box: Box, pair: tuple[Array, Array], bins: int, top: float, theme: Theme
) -> None:
    """Draw the density of generated points less that of real ones; ``pair`` is (real, fake)."""
    real, fake = (densities(box, points, bins) for points in pair)
    p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    p.drawImage(box.rect, _differing((fake - real)[::-1], top, theme))


def _differing(values: Array, top: float, theme: Theme) -> QImage:
    """Return an image of differences: the root of their share of ``top`` runs through the hues."""
    share = np.sign(values) * np.sqrt(np.abs(values) / (top or 1.0))
    return coloured(share, (-1.0, 0.0, 1.0), hues(theme))


def paint_difference_scale(p: QPainter, box: Box, top: float, theme: Theme) -> None:
    """Draw the colours of the difference beside the box."""
    share = np.linspace(1.0, -1.0, max(2, int(box.bottom - box.top)))[:, None]
    paint_bar(p, box, coloured(share, (-1.0, 0.0, 1.0), hues(theme)), theme)
    places = ((top, 1.0), (top / 4, 0.75), (0.0, 0.5), (-top / 4, 0.25), (-top, 0.0))
    _write_scale(p, box, places, DIFFERENCE, theme)


def _write_scale(
    p: QPainter, box: Box, places: tuple[tuple[float, float], ...], name: str, theme: Theme
) -> None:
    left, tall = box.right + AWAY + BAR + 6, box.bottom - box.top
    for value, share in places:
        y = box.bottom - share * tall + (9.0 if share == 1 else 0.36 * SMALL if share else 0.0)
        write(p, (left, y), figure(value), theme.muted, size=SMALL)
    write(p, (scale_end(box), box.top - 9), name, theme.muted, size=SMALL, align=1)
