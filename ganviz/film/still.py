"""A widget as shapes: SVG and PDF; images only for fields and for dots by the thousand."""

from __future__ import annotations

import os
import re
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QPoint, QRect, QSize, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter
from PySide6.QtWidgets import QWidget

#: Points of paper in an inch.
POINTS = 72


def svg(widget: QWidget, title: str = "", size: tuple[int, int] | None = None) -> bytes:
    """Return what a widget shows as SVG 1.1; fonts are named, not embedded.

    Parameters
    ----------
    widget
        Laid out, whether it is seen or not.
    title
        What the picture is called; empty: what the widget is.
    size
        (width, height) of the picture in pixels of 1/96 inch; the widget's own where not given.
    """
    from PySide6.QtSvg import QSvgGenerator  # seldom needed

    page = QRect(QPoint(0, 0), widget.size())
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(*size) if size else page.size())
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


def pdf(widget: QWidget, title: str = "", size: tuple[int, int] | None = None) -> bytes:
    """Return what a widget shows as a page of PDF; fonts are embedded. See :func:`svg`."""
    wide, tall = size or (widget.width(), widget.height())
    dots = widget.logicalDpiX()  # the widget lays its type out by them
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(dots)
    inches = QSizeF(wide, tall) * (POINTS / 96)
    writer.setPageSize(
        QPageSize(inches, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch)
    )
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setTitle(title or widget.accessibleName())
    writer.setCreator("ganviz")
    p = QPainter(writer)
    p.scale(writer.width() / widget.width(), writer.height() / widget.height())
    widget.render(p, QPoint(0, 0))
    p.end()
    return bytes(buffer.data().data())


def png(image: QImage) -> bytes:
    """Return a picture as PNG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def put(path: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written; what was there before stays.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
