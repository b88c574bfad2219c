"""Pictures of the stage and of its views: on the clipboard, in a file, as pixels or as shapes."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QPoint, QRect
from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

#: The media type of shapes.
SVG = "image/svg+xml"
FILTER = "Pictures (*.png);;Shapes (*.svg)"


def image(widget: QWidget) -> QImage:
    """Return what a widget shows, at the resolution of its screen."""
    return widget.grab().toImage()


def svg(widget: QWidget, title: str = "") -> bytes:
    """Return what a widget shows as SVG 1.1: shapes and text, and images only for fields."""
    from PySide6.QtSvg import QSvgGenerator  # seldom needed

    page = QRect(QPoint(0, 0), widget.size())
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setSize(page.size())
    generator.setViewBox(page)
    generator.setResolution(96)
    generator.setTitle(title or widget.accessibleName())
    generator.setDescription(widget.accessibleDescription())
    p = QPainter(generator)
    widget.render(p, QPoint(0, 0))
    p.end()
    # Qt writes a clip in the coordinates of what is clipped, but outside their transform.
    shapes = bytes(buffer.data().data())
    return re.sub(rb'<g (clip-path="[^"]*")><g ', rb"<g><g \1 ", shapes)


def as_picture(widget: QWidget) -> QMimeData:
    """Return what goes on the clipboard as a picture."""
    data = QMimeData()
    data.setImageData(image(widget))
    return data


def as_svg(widget: QWidget) -> QMimeData:
    """Return what goes on the clipboard as shapes: for drawing programs, and as text."""
    shapes = svg(widget)
    data = QMimeData()
    data.setData(SVG, QByteArray(shapes))
    data.setText(shapes.decode())
    return data


class Kept:
    """A widget as it was when somebody asked to save it: the name will say in which form."""

    def __init__(self, widget: QWidget | None = None) -> None:
        self.pixels = QPixmap() if widget is None else widget.grab()
        self._svg = b"" if widget is None else svg(widget)

    def save(self, name: str) -> bool:
        """Write it as what the name's ending says; return whether that worked."""
        if Path(name).suffix.lower() != ".svg":
            return bool(self.pixels.save(name, "PNG"))
        try:
            Path(name).write_bytes(self._svg)
        except OSError:
            return False
        return True
