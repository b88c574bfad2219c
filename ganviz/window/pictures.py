"""Pictures of the stage and of its views: on the clipboard, in a file, as pixels or as shapes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QWidget

from ganviz.film.still import svg

#: The media type of shapes.
SVG = "image/svg+xml"
FILTER = "Pictures (*.png);;Shapes (*.svg)"


def image(widget: QWidget) -> QImage:
    """Return what a widget shows, at the resolution of its screen."""
    return widget.grab().toImage()


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
