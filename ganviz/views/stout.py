"""Painters that draw no line too thin for the back row."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPaintDevice, QPainter, QPainterPath, QPen

from .ink import pixel_ratio
from .theme import Theme


def painter(device: QPaintDevice, theme: Theme) -> QPainter:
    """Return a painter in a theme's own pixels, whose lines are as wide as the theme demands."""
    scale = theme.scale
    p = Stout(device, theme.line / scale) if theme.line else QPainter(device)
    if scale != 1:
        p.scale(scale, scale)
    return p


def like(p: QPainter, device: QPaintDevice) -> QPainter:
    """Return a painter of another device whose lines are as wide as those of ``p``."""
    return Stout(device, p.least) if isinstance(p, Stout) else QPainter(device)


class Stout(QPainter):
    """Draws lines at least ``least`` wide, in the painter's own pixels.

    Hairs of one pixel of the device are left alone: a hundred of them beside each other are a
    shade, such as the strands from z to G(z), and no lines.
    """

    def __init__(self, device: QPaintDevice, least: float) -> None:
        super().__init__(device)
        self.least = least

    def setPen(self, pen: QPen | QColor | Qt.PenStyle, /) -> None:  # type: ignore[override]
        """Take a pen, a wider one if it must be."""
        super().setPen(self._wide(pen))

    def strokePath(self, path: QPainterPath, pen: Any, /) -> None:
        """Draw along a path, wider if it must be."""
        super().strokePath(path, self._wide(pen))

    def _wide(self, pen: Any) -> Any:
        if isinstance(pen, QColor):
            pen = QPen(pen)
        if not isinstance(pen, QPen) or pen.style() == Qt.PenStyle.NoPen:
            return pen
        if pen.widthF() >= self.least or pen.widthF() * pixel_ratio(self) <= 1.001:
            return pen
        wide = QPen(pen)
        wide.setWidthF(self.least)
        return wide
