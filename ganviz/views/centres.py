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
from .strokes import Same, sprites
from .theme import Theme, colour

#: Radius of a ring, pixels: a cross would hide a narrow mode.
RADIUS = 9.0
#: Distance of the words from the ring's edge.
AWAY = 5.0


def paint_centres(p: QPainter, box: Box, frame: Frame, theme: Theme) -> None:
    """Draw a ring about each centre: dotted where captured, struck through where missed.

    Beside a captured one the share of the generated samples that it has, where there is room for
    all of them.
    """
    x, y, size = _placed(box, Same(frame.modes))
    dpr = pixel_ratio(p)
    inks = theme.base, theme.text, theme.generated
    if frame.captured is None:
        sprites(p, x, y, ring("plain", *inks, size, dpr), dpr)
        return
    had = captured(frame)
    for kind, which in (("captured", had), ("missed", ~had)):
        sprites(p, x[which], y[which], ring(kind, *inks, size, dpr), dpr)
    places = labels(box, tuple(zip(x.tolist(), y.tolist(), strict=True)), size)
    ink = theme.words(theme.generated)
    for place, share, seen in zip(places, frame.captured, had, strict=True):
        if place is not None and seen:
            left, base, align = place
            stamp(p, (left, base), percent(float(share)), ink, theme.base, align=align)


@lru_cache(maxsize=8)
def _placed(box: Box, modes: Same) -> tuple[Array, Array, float]:
    """Return (x, y) of the centres in pixels and the radius of their rings, remembered."""
    x, y = box.x(modes.thing[:, 0]), box.y(modes.thing[:, 1])
    return x, y, radius(x, y)


def radius(x: Array, y: Array) -> float:
    """Return the radius of rings about these pixels: smaller where they would touch."""
    if len(x) < 2:
        return RADIUS
    far = np.hypot(x[:, None] - x, y[:, None] - y)
    np.fill_diagonal(far, np.inf)
    return float(np.clip(np.floor(0.6 * far.min()) / 2, 4.0, RADIUS))


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
    box: Box, rings: tuple[tuple[float, float], ...], size: float = RADIUS
) -> tuple[tuple[float, float, float] | None, ...]:
    """Return (x, baseline, alignment) of the words beside each ring, all None if any has no room.

    To the right or the left, above or below: wherever they touch no other ring, no other words
    and no edge. They are given the room of the widest words, so that they stay where they are.
    """
    wide, tall = width(">99 %", SMALL) + 4, SMALL + 3.0
    far = size + 2
    taken = [(x - far, y - far, x + far, y + far) for x, y in rings]
    inside = [box.left <= x <= box.right and box.top <= y <= box.bottom for x, y in rings]
    out, base = size + AWAY, 0.36 * SMALL

    def places(x: float, y: float) -> tuple[tuple[_Rect, _Place], ...]:
        return (
            ((x + out, y - tall / 2, x + out + wide, y + tall / 2), (x + out, y + base, 0.0)),
            ((x - out - wide, y - tall / 2, x - out, y + tall / 2), (x - out, y + base, 1.0)),
            ((x - wide / 2, y + out, x + wide / 2, y + out + tall), (x, y + out + SMALL, 0.5)),
            ((x - wide / 2, y - out - tall, x + wide / 2, y - out), (x, y - out - 2, 0.5)),
        )

    # All on the same side of their rings, if that can be; else each where it can; and only if there
    # is no other way where it may say how many samples lie beyond an edge.
    ways = ((0,), (1,), (2,), (3,), (0, 1, 2, 3))
    for sides, others in [(way, _notes(box)) for way in ways] + [(ways[-1], [])]:
        now, found = taken + others, []
        for (x, y), seen in zip(rings, inside, strict=True):
            around = [places(x, y)[side] for side in sides] if seen else []
            free = (
                (rect, place)
                for rect, place in around
                if _inside(rect, box) and not any(_touch(rect, other) for other in now)
            )
            rect, place = next(free, (None, None))
            if seen and place is None:
                break
            found.append(place)
            now += [rect] if rect is not None else []
        else:
            return tuple(found)
    return (None,) * len(rings)


def _notes(box: Box) -> list[_Rect]:
    """Return where it may say how many samples lie beyond an edge."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    return [
        (box.left, y - 16, box.left + 62, y + 22),
        (box.right - 62, y - 16, box.right, y + 22),
        (x - 30, box.bottom - 40, x + 30, box.bottom),
        (x - 30, box.top, x + 30, box.top + 38),
    ]


_Place = tuple[float, float, float]
_Rect = tuple[float, float, float, float]


def _inside(rect: _Rect, box: Box) -> bool:
    left, top, right, bottom = rect
    return box.left <= left and right <= box.right and box.top <= top and bottom <= box.bottom


def _touch(one: _Rect, other: _Rect) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@lru_cache(maxsize=32)
def ring(kind: str, halo: str, ink: str, mark: str, size: float, dpr: float) -> QPixmap:
    """Return the sprite of a ring: ``plain``, ``captured`` or ``missed``."""
    side = int(np.ceil((2 * RADIUS + 16) * dpr))
    result = QPixmap(side, side)
    result.fill(QColor(0, 0, 0, 0))
    p = QPainter(result)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.translate(side / 2, side / 2)
    p.scale(dpr, dpr)
    paint_ring(p, kind, halo, ink, mark, size)
    p.end()
    return result


def paint_ring(p: QPainter, kind: str, halo: str, ink: str, mark: str, r: float) -> None:
    """Draw a ring of radius ``r`` about the origin, and its mark."""
    p.setBrush(Qt.BrushStyle.NoBrush)
    tick = r * 0.71, -r * 0.71  # upper right, on the rim: a narrow mode is within
    for code, more in ((halo, 2.0), (ink, 0.0)):
        p.setPen(QPen(colour(code), 1.4 + more))
        p.drawEllipse(QPointF(0, 0), r, r)
        if kind == "missed":
            # Open in the middle: there are the data that it misses.
            near, far = r * 0.5, r * 1.35
            for sign in (-0.71, 0.71):
                p.drawLine(QPointF(near, -near) * sign, QPointF(far, -far) * sign)
    if kind == "captured":
        p.setPen(QPen(colour(halo), 1.4))
        p.setBrush(colour(mark))
        small = 0.4 * r + 0.4
        p.drawEllipse(QPointF(*tick), small, small)
