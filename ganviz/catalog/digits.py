"""Small grey images of the ten digits, drawn as strokes: no file and no download.

Each digit is a few arcs and straight lines. How far every place of a fine square lies from them is
computed once; an image asks, for each of its pixels, where on that square it comes from, behind a
random size, turn, slant and shift, and is white where this is nearer than half the pen's width.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from math import pi

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

#: Pixels each way.
SIDE = 16
#: Places each way of the square on which distances are known, and its half side, in units of half a
#: digit's height.
FINE, REACH = 128, 1.6
#: Straight pieces of an arc of half a turn.
PIECES = 12
#: What varies evenly from image to image: half the height and half the width of the pen, in pixels;
#: the width of a digit, of what it is drawn with; its turn and slant, in radians and as a slope;
#: and its shift each way, in pixels.
HEIGHT, PEN = (5.0, 6.0), (0.7, 1.15)
WIDTH, TURN, SLANT, SHIFT = (0.85, 1.15), (-0.1, 0.1), (-0.1, 0.3), (-1.0, 1.0)

#: Points (x, y), and arcs (x, y, across, up, first, last) of an ellipse about (x, y), from one
#: angle to another, in half turns.
Stroke = tuple[tuple[float, ...], ...]

#: Strokes of each digit, x to the right and y up, between −1 and 1 in height.
GLYPHS: tuple[tuple[Stroke, ...], ...] = (
    (((0, 0, 0.62, 1, 0, 2),),),
    (((-0.4, 0.55), (0.1, 1.0), (0.1, -1.0)),),
    (((0, 0.45, 0.58, 0.55, 0.9, -0.25), (-0.62, -1.0), (0.65, -1.0)),),
    (((0, 0.5, 0.52, 0.5, 0.85, -0.5),), ((0, -0.5, 0.6, 0.5, 0.5, -0.85),)),
    (((0.25, 1.0), (-0.65, -0.35), (0.7, -0.35)), ((0.3, 0.2), (0.3, -1.0))),
    (((0.55, 1.0), (-0.4, 1.0), (-0.48, 0.1)), ((-0.02, -0.38, 0.62, 0.62, 0.78, -0.8),)),
    (((0, -0.42, 0.58, 0.58, 0, 2),), ((0.55, -0.42, 1.13, 1.42, 1, 0.53),)),
    (((-0.6, 1.0), (0.62, 1.0), (-0.15, -1.0)),),
    (((0, 0.52, 0.46, 0.48, 0, 2),), ((0, -0.48, 0.58, 0.52, 0, 2),)),
    (((0, 0.42, 0.58, 0.58, 0, 2),), ((-0.55, 0.42, 1.13, 1.42, 0, -0.47),)),
)


def _points(stroke: Stroke) -> list[tuple[float, ...]]:
    """Return the points (x, y) between which a stroke is straight."""
    found: list[tuple[float, ...]] = []
    for part in stroke:
        if len(part) == 2:
            found.append(part)
            continue
        x, y, across, up, first, last = part
        angles = pi * np.linspace(first, last, max(round(PIECES * abs(last - first)), 2) + 1)
        found += [(x + across * float(np.cos(a)), y + up * float(np.sin(a))) for a in angles]
    return found


@cache
def distances() -> npt.NDArray[np.float32]:
    """Return (10, FINE, FINE) distances from each digit's strokes, row 0 at the lowest y."""
    x = np.linspace(-REACH, REACH, FINE, dtype=np.float32)
    y = x[:, None]
    found = np.full((len(GLYPHS), FINE, FINE), np.inf, np.float32)
    for square, strokes in zip(found, GLYPHS, strict=True):
        for stroke in strokes:
            for (x0, y0), (x1, y1) in pairwise(_points(stroke)):
                across, up = x1 - x0, y1 - y0
                part = ((x - x0) * across + (y - y0) * up) / (across**2 + up**2)
                part = np.clip(part, 0, 1)
                gap = (x - x0 - part * across) ** 2 + (y - y0 - part * up) ** 2
                np.minimum(square, gap, out=square)
    return np.sqrt(found)


def draw(rng: np.random.Generator, n: int) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Return (n, SIDE²) images in [−1, 1], read by rows from the top, and (n,) which digits."""
    which = rng.integers(0, len(GLYPHS), n)
    ranges = np.array([HEIGHT, PEN, WIDTH, TURN, SLANT, SHIFT, SHIFT])
    low, high = ranges.T[..., None]
    height, pen, width, turn, slant, right, up = low + (high - low) * rng.random((len(ranges), n))
    # Where the centre of each pixel comes from: back by the shift, the turn, the slant, the size.
    cos, sin = np.cos(turn), np.sin(turn)
    middle = np.arange(SIDE) - (SIDE - 1) / 2
    # x and y are sums of what the column and what the row gives.
    scale = (FINE - 1) / (2 * REACH)
    rows, columns = -middle - up[:, None], middle - right[:, None]
    by = scale / height
    across = by / width
    y_column, y_row = (-sin * by)[:, None] * columns, (cos * by)[:, None] * rows
    lean_column = (across * (cos + slant * sin))[:, None] * columns
    lean_row = (across * (sin - slant * cos))[:, None] * rows
    centre = (FINE - 1) / 2 + 0.5  # rounded by cutting off
    x = np.clip(lean_row[:, :, None] + lean_column[:, None, :] + centre, 0, FINE - 1)
    y = np.clip(y_row[:, :, None] + y_column[:, None, :] + centre, 0, FINE - 1)
    at = (which[:, None, None] * FINE + y.astype(np.int32)) * FINE + x.astype(np.int32)
    far = distances().ravel().take(at) * height[:, None, None]
    ink = np.clip(pen[:, None, None] - far + 0.5, 0, 1)
    return (2 * ink - 1).reshape(n, SIDE * SIDE), which
