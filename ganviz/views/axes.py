"""Ticks, and the box that maps data to pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter, QPen

from .ink import MINUS, SMALL, Array, number, whole, width, write
from .theme import Theme, colour

#: Least distance between two tick labels, and on a short vertical axis, pixels.
GAP, CLOSE = 18.0, 1.0
#: How far the numbers of a vertical axis are from it, pixels.
OUT = 8


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels and the ranges of data it shows."""

    left: float
    top: float
    right: float
    bottom: float
    low_x: float
    high_x: float
    low_y: float
    high_y: float

    @property
    def rect(self) -> QRectF:
        """The rectangle in pixels."""
        return QRectF(self.left, self.top, self.right - self.left, self.bottom - self.top)

    @property
    def scale_x(self) -> float:
        """Pixels per unit of x."""
        return (self.right - self.left) / ((self.high_x - self.low_x) or 1.0)

    @property
    def scale_y(self) -> float:
        """Pixels per unit of y, positive though pixels run downwards."""
        return (self.bottom - self.top) / ((self.high_y - self.low_y) or 1.0)

    def x(self, value: Array | float) -> Array:
        """Return pixels from data."""
        scale = (self.right - self.left) / ((self.high_x - self.low_x) or 1.0)
        return np.asarray(self.left + (np.asarray(value, float) - self.low_x) * scale)

    def y(self, value: Array | float) -> Array:
        """Return pixels from data."""
        scale = (self.bottom - self.top) / ((self.high_y - self.low_y) or 1.0)
        return np.asarray(self.bottom - (np.asarray(value, float) - self.low_y) * scale)

    def within(self, value: Array) -> Array:
        """Return pixel ordinates kept just outside the box, so that no line runs to infinity."""
        # Not np.clip, which takes three times as long before it begins.
        return np.asarray(np.minimum(np.maximum(value, self.top - 3), self.bottom + 3))

    def squared(self) -> Box:
        """Return the largest box inside this one, centred, in which both units are equal."""
        scale = min(self.scale_x, self.scale_y)
        wide = round((self.high_x - self.low_x) * scale)
        tall = round((self.high_y - self.low_y) * scale)
        left = round((self.left + self.right - wide) / 2)
        top = round((self.top + self.bottom - tall) / 2)
        return Box(
            left, top, left + wide, top + tall, self.low_x, self.high_x, self.low_y, self.high_y
        )


@lru_cache(maxsize=256)
def nice(low: float, high: float, most: int, integers: bool = False) -> tuple[float, int]:
    """Return (spacing, decimals) of at most ``most`` ticks at round numbers."""
    span = high - low
    if not (math.isfinite(span) and span > 0) or most < 1:
        return 1.0, 0
    power = math.floor(math.log10(span / most))
    while True:
        for factor in (1.0, 2.0, 2.5, 5.0):
            step = factor * 10.0**power
            if integers and step != round(step):
                continue
            if math.floor(high / step + 1e-9) - math.ceil(low / step - 1e-9) + 1 <= most:
                decimals = max(0, -power + (factor == 2.5))
                return step, decimals
        power += 1


def ticks(
    low: float,
    high: float,
    length: float,
    across: bool,
    integers: bool = False,
    room: float = math.inf,
) -> list[tuple[float, str]]:
    """Return (position, words) of ticks whose words do not overlap.

    ``length`` is that of the axis in pixels, ``across`` whether it is the horizontal one, ``room``
    the greatest width of a word: long numbers become powers of ten, then fewer.
    """
    if not (high > low and length > 0):
        return []
    most = max(2, min(12 if across else 8, int(length / (40 if across else 32))))
    found = _ticks(low, high, most, integers, room)
    if across:
        while most > 2 and not _apart(found, length / (high - low), across, GAP):
            most -= 1
            found = _ticks(low, high, most, integers, room)
        return found
    while most > 2 and not (
        _apart(found, length / (high - low), across, GAP) and _narrow(found, room)
    ):
        most -= 1
        found = _ticks(low, high, most, integers, room)
    # One number alone is no scale: on a short axis three, or two, may stand closer.
    for least in (3, 2):
        if len(found) >= least:
            break
        for many in range(most + 1, most + 4):
            closer = _ticks(low, high, many, integers, room)
            close = _apart(closer, length / (high - low), across, CLOSE)
            if len(closer) >= least and close and _narrow(closer, room):
                return closer
    return found if _narrow(found, room) else [each for each in found if _narrow([each], room)]


def _ticks(
    low: float, high: float, most: int, integers: bool, room: float
) -> list[tuple[float, str]]:
    """Return (position, words) of at most so many ticks, in powers of ten where room is short."""
    step, decimals = nice(low, high, most, integers)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    places = [(i * step) for i in range(first, last + 1)]
    words = [whole(round(at)) if integers else _words(at, decimals, step) for at in places]
    if any(width(word, SMALL) > room for word in words):
        words = [_power(at, step) for at in places]
    return list(zip(places, words, strict=True))


def _apart(found: list[tuple[float, str]], scale: float, across: bool, gap: float) -> bool:
    """Return whether the words of ticks are this far from each other, pixels."""
    if len(found) < 2:
        return True
    widest = max(width(word, SMALL) for _, word in found) if across else SMALL
    return widest + gap <= (found[1][0] - found[0][0]) * scale


def _narrow(found: list[tuple[float, str]], room: float) -> bool:
    return all(width(word, SMALL) <= room for _, word in found)


def _words(value: float, decimals: int, step: float) -> str:
    if step >= 1e5 or step < 1e-4:
        return _power(value, step)
    return number(value, decimals) if abs(value) < 1e4 else whole(round(value))


def _power(value: float, step: float) -> str:
    """Return a multiple of a step as ``1.5e5``, with no more digits than tell it from the next."""
    if abs(value) < step / 2:
        return "0"
    exponent = math.floor(math.log10(abs(value)) + 1e-9)
    unit = math.floor(math.log10(step) + 1e-9)
    odd = round(step / 10.0**unit, 6) == 2.5
    mantissa = number(value / 10.0**exponent, max(0, exponent - unit + odd))
    return f"{mantissa}e{exponent}".replace("-", MINUS)


def draw_bottom(
    p: QPainter,
    box: Box,
    theme: Theme,
    name: str = "",
    *,
    room: float = 0.0,
    integers: bool = False,
) -> None:
    """Draw the horizontal axis below a box, its name in the row of the numbers.

    ``room`` is the free space right of the box; a short name goes there, a longer one takes the
    place of the last numbers, and a :func:`lengthy` one has a row of its own beneath.
    """
    y = box.bottom + 0.5
    line = QPen(colour(theme.axis), 1)
    p.setPen(line)
    p.drawLine(QLineF(box.left, y, box.right, y))
    base = box.bottom + 6 + SMALL
    limit = box.right + 26.0
    if name:
        wide = width(name, SMALL)
        beneath = lengthy(name, box.right - box.left)
        outside = 22 + wide + 6 <= room
        start = box.right + 22 if outside else box.right + min(room - 6, 0) - wide
        limit = limit if beneath else start - 8
        below = SMALL + 4 if beneath else 0
        write(p, (round(start), base + below), name, theme.muted, size=SMALL)
    for at, words in ticks(box.low_x, box.high_x, box.right - box.left, True, integers):
        x = math.floor(float(box.x(at))) + 0.5
        p.setPen(line)
        p.drawLine(QLineF(x, y, x, y + 4))
        if x + width(words, SMALL) / 2 <= limit:
            write(p, (x, base), words, theme.muted, size=SMALL, align=0.5)


def lengthy(name: str, length: float) -> bool:
    """Return whether the name of a horizontal axis would push out too many of its numbers."""
    return width(name, SMALL) > 0.3 * length


def draw_side(
    p: QPainter,
    box: Box,
    theme: Theme,
    name: str = "",
    *,
    room: float,
    right: bool = False,
    ink: str = "",
    spine: bool = False,
    integers: bool = False,
) -> None:
    """Draw a vertical axis beside a box, its name above it.

    ``room`` is the free space beside the box, ``ink`` colours name and numbers where the axis
    belongs to one curve only.
    """
    edge = box.right + 0.5 if right else box.left - 0.5
    out = 1.0 if right else -1.0
    line = QPen(colour(theme.axis), 1)
    p.setPen(line)
    if spine:
        p.drawLine(QLineF(edge, box.top, edge, box.bottom))
    tall, free = box.bottom - box.top, room - OUT - 1
    for at, words in ticks(box.low_y, box.high_y, tall, False, integers, free):
        y = min(math.floor(float(box.y(at))) + 0.5, box.bottom + 0.5)
        p.setPen(line)
        p.drawLine(QLineF(edge, y, edge + out * 4, y))
        where = (edge + out * OUT, y + SMALL * 0.36)
        write(p, where, words, ink or theme.muted, size=SMALL, align=0 if right else 1)
    if name:
        # Above the numbers, and inwards from there: no turned words.
        wide = width(name, SMALL)
        far = box.right + room - 12 - wide if right else box.left - room + 12
        start = min(edge + 8, far) if right else max(edge - 8 - wide, far)
        write(p, (round(start), box.top - 11), name, ink or theme.muted, size=SMALL)


def spread(
    wanted: list[float],
    height: float,
    low: float,
    high: float,
    put: Callable[[float], float] = round,
) -> list[float]:
    """Return positions near the wanted ones, at least ``height`` apart, between low and high.

    Groups of labels that would overlap are moved together, each group about its mean.
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    groups: list[list[float]] = []  # [centre, count]
    for i in order:
        group = [min(max(wanted[i], low), high), 1.0]
        while groups:
            before = groups[-1]
            if before[0] + (before[1] + group[1]) * height / 2 <= group[0]:
                break
            count = before[1] + group[1]
            group = [(before[0] * before[1] + group[0] * group[1]) / count, count]
            groups.pop()
        half = (group[1] - 1) * height / 2
        group[0] = min(max(group[0], low + half), high - half)
        groups.append(group)
    # Clamping at the far end may have pushed a group back into the one before it.
    result = [0.0] * len(wanted)
    places: list[float] = []
    for centre, count in groups:
        start = centre - (count - 1) * height / 2
        places.extend(start + k * height for k in range(int(count)))
    for k in range(len(places) - 2, -1, -1):
        places[k] = min(places[k], places[k + 1] - height)
    for i, place in zip(order, places, strict=True):
        result[i] = put(place)
    return result
