"""The letter of a lane: as a badge in headers, and as a tag at a line."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from .ink import SMALL, width, write
from .strokes import mark
from .theme import Theme, colour

#: Width and height of a badge, pixels.
BADGE = 18


def paint_badge(p: QPainter, middle: QPointF, letter: str, theme: Theme, *, driven: bool) -> None:
    """Paint a letter about a point: on a filled plate that of the driven lane, else in a frame."""
    half = BADGE / 2
    plate = QRectF(middle.x() - half, middle.y() - half, BADGE, BADGE)
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


#: What marks the samples of a lane that is not driven, by the place of its letter.
SHAPES = ("triangle", "box", "wedge", "cross")


def shape_of(letter: str) -> str:
    """Return what marks the samples of another lane; the driven one has its diamonds."""
    return SHAPES[(ord(letter[:1] or "A") - ord("A")) % len(SHAPES)]


def paint_mark(p: QPainter, at: QPointF, letter: str, theme: Theme) -> None:
    """Paint what marks the generated samples of a lane; without a letter of the driven one."""
    shape = shape_of(letter) if letter else "diamond"
    mark(p, shape, at.x(), at.y(), 8.0, theme.generated, theme.base)
