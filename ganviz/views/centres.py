"""The modes of the data in the plane: a ring about each, marked as captured or as missed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from ganviz.frame import Array, Frame
from ganviz.theory.coverage import COVERED_SHARE

from .axes import Box
from .ink import SMALL, pixel_ratio, stamp, width
from .line import percent
from .strokes import sprites
from .theme import Theme, colour

#: Radius of a ring, pixels: a cross would hide a narrow mode.
RADIUS = 9.0
#: Distance of the words from the ring's edge.
AWAY = 5.0


def paint_centres(p: QPainter, box: Box, frame: Frame, theme: Theme) -> None:
    """Draw a ring about each centre: ticked where captured, crossed out where missed.

    Beside it the share of the generated samples that it has, where there is room for all of them.
    """
    x, y = box.x(frame.modes[:, 0]), box.y(frame.modes[:, 1])
    dpr = pixel_ratio(p)
    inks = theme.base, theme.text, theme.generated
    if frame.captured is None:
        sprites(p, x, y, ring("plain", *inks, dpr), dpr)
        return
    had = captured(frame)
    for kind, which in (("captured", had), ("missed", ~had)):
        sprites(p, x[which], y[which], ring(kind, *inks, dpr), dpr)
    places = labels(box, tuple(zip(x.tolist(), y.tolist(), strict=True)))
    ink = theme.words(theme.generated)
    for place, share in zip(places, frame.captured, strict=True):
        if place is not None:
            left, base, align = place
            stamp(p, (left, base), percent(float(share)), ink, theme.base, align=align)


def captured(frame: Frame) -> Array:
    """Return (m,) whether each mode holds enough samples, as the measure ``modes`` counts them."""
    assert frame.captured is not None
    return np.asarray(frame.captured >= COVERED_SHARE)


def mode_at(box: Box, frame: Frame, x: float, y: float) -> int | None:
    """Return the number of the mode whose ring is at pixels (x, y), or None."""
    if not len(frame.modes):
        return None
    far = np.hypot(box.x(frame.modes[:, 0]) - x, box.y(frame.modes[:, 1]) - y)
    nearest = int(far.argmin())
    return nearest if far[nearest] <= RADIUS + 2 else None


@lru_cache(maxsize=32)
def labels(
    box: Box, rings: tuple[tuple[float, float], ...]
) -> tuple[tuple[float, float, float] | None, ...]:
    """Return (x, baseline, alignment) of the words beside each ring, all None if any has no room.

    To the right or the left, above or below: wherever they touch no other ring, no other words
    and no edge. They are given the room of the widest words, so that they stay where they are.
    """
    wide, tall = width(">99 %", SMALL) + 4, SMALL + 3.0
    taken = [(x - RADIUS - 2, y - RADIUS - 2, x + RADIUS + 2, y + RADIUS + 2) for x, y in rings]
    found: list[tuple[float, float, float] | None] = []
    out, base = RADIUS + AWAY, 0.36 * SMALL
    for x, y in rings:
        if not (box.left <= x <= box.right and box.top <= y <= box.bottom):
            found.append(None)
            continue
        places = (
            ((x + out, y - tall / 2, x + out + wide, y + tall / 2), (x + out, y + base, 0.0)),
            ((x - out - wide, y - tall / 2, x - out, y + tall / 2), (x - out, y + base, 1.0)),
            ((x - wide / 2, y + out, x + wide / 2, y + out + tall), (x, y + out + SMALL, 0.5)),
            ((x - wide / 2, y - out - tall, x + wide / 2, y - out), (x, y - out - 2, 0.5)),
        )
        for rect, place in places:
            if _inside(rect, box) and not any(_touch(rect, other) for other in taken):
                taken.append(rect)
                found.append(place)
                break
        else:
            return (None,) * len(rings)
    return tuple(found)


_Rect = tuple[float, float, float, float]


def _inside(rect: _Rect, box: Box) -> bool:
    left, top, right, bottom = rect
    return box.left <= left and right <= box.right and box.top <= top and bottom <= box.bottom


def _touch(one: _Rect, other: _Rect) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@lru_cache(maxsize=32)
def ring(kind: str, halo: str, ink: str, mark: str, dpr: float) -> QPixmap:
    """Return the sprite of a ring: ``plain``, ``captured`` or ``missed``."""
    side = int(np.ceil((2 * RADIUS + 16) * dpr))
    result = QPixmap(side, side)
    result.fill(QColor(0, 0, 0, 0))
    p = QPainter(result)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.translate(side / 2, side / 2)
    p.scale(dpr, dpr)
    paint_ring(p, kind, halo, ink, mark)
    p.end()
    return result


def paint_ring(p: QPainter, kind: str, halo: str, ink: str, mark: str, size: float = 1.0) -> None:
    """Draw a ring about the origin, ``size`` times the usual one, and its mark."""
    r = RADIUS * size
    p.setBrush(Qt.BrushStyle.NoBrush)
    tick = r * 0.71, -r * 0.71  # upper right, on the rim: a narrow mode is within
    for code, more in ((halo, 2.0), (ink, 0.0)):
        p.setPen(QPen(colour(code), 1.4 + more))
        p.drawEllipse(QPointF(0, 0), r, r)
        if kind == "missed":
            far = r * 1.25
            p.drawLine(QPointF(-far * 0.71, far * 0.71), QPointF(far * 0.71, -far * 0.71))
    if kind == "captured":
        p.setPen(QPen(colour(halo), 1.4))
        p.setBrush(colour(mark))
        p.drawEllipse(QPointF(*tick), 3.6 * size + 0.4, 3.6 * size + 0.4)
