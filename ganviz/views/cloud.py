"""Samples of the plane as dots: sprites where they are few, pixels set by numpy where many.

A thousand sprites take 0.3 ms, so 40,000 would take a whole frame; their pixels take a few ms.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter

from ganviz.frame import Array

from .axes import Box
from .field import image_of
from .ink import pixel_ratio
from .strokes import Same, dot, mingled
from .theme import Theme, channels

#: From so many samples of a kind on they are set as pixels.
MANY = 2001
#: So many are set at once: what fits the cache takes half the time.
CHUNK = 1024

#: (shape, points (n, 2), colour) of samples of one kind.
Kind = tuple[str, Array, str]


def paint_cloud(p: QPainter, box: Box, kinds: list[Kind], theme: Theme) -> None:
    """Draw samples of several kinds, each in its shape and colour, one of each kind in turn."""
    if max((len(points) for _, points, _ in kinds), default=0) < MANY:
        _paint_dots(p, box, kinds, theme)
    else:
        _paint_pixels(p, box, kinds)


def _paint_dots(p: QPainter, box: Box, kinds: list[Kind], theme: Theme) -> None:
    dpr, found = pixel_ratio(p), []
    most = max((len(points) for _, points, _ in kinds), default=0)
    usual = min(max(7.0 - 1.4 * math.log10(max(most, 1) / 100), 3.0), 7.0)
    for shape, points, ink in kinds:
        x, y = _inside(box, Same(points))
        # Hollow, so that real samples beneath are still seen.
        size = usual * {"diamond": 1.1, "ring": 0.8}.get(shape, 1.0)
        sprite = dot(shape, ink, theme.base, round(size, 1), dpr)
        found.append((x, y, sprite))
    mingled(p, found, dpr)


@lru_cache(maxsize=8)
def _inside(box: Box, points: Same) -> tuple[Array, Array]:
    """Return (x, y) in pixels of the points that can be seen, remembered: those of data stay."""
    x, y = box.x(points.thing[:, 0]), box.y(points.thing[:, 1])
    inside = (x > box.left - 8) & (x < box.right + 8) & (y > box.top - 8) & (y < box.bottom + 8)
    return (x, y) if inside.all() else (x[inside], y[inside])


def _paint_pixels(p: QPainter, box: Box, kinds: list[Kind]) -> None:
    """Set the pixels of all samples in one image, a small pattern for each."""
    dpr = pixel_ratio(p)
    pad = 2 * math.ceil(2.5 * dpr)
    wide = math.ceil((box.right - box.left) * dpr) + 2 * pad
    tall = math.ceil((box.bottom - box.top) * dpr) + 2 * pad
    count = max(len(points) for _, points, _ in kinds)
    places, shades = [], []
    for shape, points, ink in kinds:
        with np.errstate(invalid="ignore"):
            x = np.floor((box.x(points[:, 0]) - box.left) * dpr) + pad
            y = np.floor((box.y(points[:, 1]) - box.top) * dpr) + pad
            good = (x >= pad) & (x < wide - pad) & (y >= pad) & (y < tall - pad)
        # What is outside is set in a corner of the rim, which is cleared in the end.
        at = np.full(count, pad // 2 * (wide + 1))
        at[: len(points)][good] = y[good].astype(np.intp) * wide + x[good].astype(np.intp)
        down, right = pattern(shape, dpr)
        places.append((at, down * wide + right))
        red, green, blue = channels(ink)
        shades.append(np.full(len(down), 0xFF000000 | red << 16 | green << 8 | blue, np.uint32))
    pixels = np.zeros((tall, wide), np.uint32)
    flat, shade = pixels.reshape(-1), np.tile(np.concatenate(shades), CHUNK)
    # One sample of each kind in turn, the last one on top: none of the kinds covers the others.
    for start in range(0, count, CHUNK):
        part = [at[start : start + CHUNK, None] + around for at, around in places]
        chosen = np.concatenate(part, axis=1).ravel()
        flat[chosen] = shade[: len(chosen)]
    pixels[:pad, :pad] = 0
    image = image_of(pixels, QImage.Format.Format_ARGB32_Premultiplied)
    p.save()
    p.scale(1 / dpr, 1 / dpr)
    p.drawImage(QPointF(box.left * dpr - pad, box.top * dpr - pad), image)
    p.restore()


@lru_cache(maxsize=16)
def pattern(shape: str, dpr: float) -> tuple[Array, Array]:
    """Return the pixels of one sample, (rows down, columns right) of its own.

    A filled disc, a hollow diamond that is a little larger, or a small ring.
    """
    reach = {"disc": 1.3, "diamond": 2.0, "ring": 1.0}[shape] * dpr
    side = math.ceil(reach)
    down, right = np.mgrid[-side : side + 1, -side : side + 1]
    if shape == "disc":
        chosen = np.hypot(down, right) <= reach
    elif shape == "diamond":
        far = np.abs(down) + np.abs(right)
        chosen = (far <= reach) & (far > reach - max(dpr, 1.0))
    else:
        far = np.hypot(down, right)
        chosen = (far <= reach + 0.01) & (far > reach - dpr + 0.01)
    return down[chosen], right[chosen]
