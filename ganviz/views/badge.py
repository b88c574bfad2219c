"""The letter of a lane: as a badge in headers, and as a tag at a line."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from .ink import SMALL, width, write
from .strokes import mark
from .theme import Theme, colour

#: Height of a badge, and its width where one letter stands in it, pixels.
BADGE = 18


def broad(letter: str) -> float:
    """Return the width of the badge of a lane: after Z come A1, B1 and so on."""
    return max(float(BADGE), width(letter, SMALL, True) + 7)


def paint_badge(p: QPainter, middle: QPointF, letter: str, theme: Theme, *, driven: bool) -> None:
    """Paint a letter about a point: on a filled plate that of the driven lane, else in a frame."""
    wide = broad(letter)
    plate = QRectF(middle.x() - wide / 2, middle.y() - BADGE / 2, wide, BADGE)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if driven:
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(colour(theme.text))
        p.drawRoundedRect(plate, 4, 4)
    else:
        p.setPen(QPen(colour(theme.muted), 1.2))
        p.setBrush(colour(theme.base))
        p.drawRoundedRect(plate.adjusted(0.6, 0.6, -0.6, -0.6), 4, 4)
    ink = theme.base if driven else theme.text
    at = (middle.x() - width(letter, SMALL, True) / 2, middle.y() + SMALL * 0.37)
    write(p, at, letter, ink, size=SMALL, bold=True)


#: What marks the samples of a lane that is not driven, by its place among the letters.
SHAPES = ("triangle", "box", "wedge", "cross")


def shape_of(place: int) -> str:
    """Return what marks the samples of another lane; the driven one has its diamonds."""
    return SHAPES[place % len(SHAPES)]


def paint_mark(p: QPainter, at: QPointF, place: int | None, theme: Theme) -> None:
    """Paint what marks the generated samples of a lane; without a place of the driven one."""
    shape = "diamond" if place is None else shape_of(place)
    mark(p, shape, at.x(), at.y(), 8.0, theme.generated, theme.base)
