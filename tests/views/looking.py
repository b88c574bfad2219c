"""Ways to look at what a view has painted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from ganviz.frame import Array, Frame, Look
from ganviz.views.plot import View

#: The fixture ``painted``: what a view shows of a frame, and the area of its canvas.
Painted = Callable[[View, Frame, Look], tuple[Array, QRectF]]


def pixels(image: QImage) -> Array:
    """Return (h, w, 3) of red, green, blue as integers."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return flat[:, : image.width(), 2::-1].astype(int)


def grabbed(widget: QWidget) -> Array:
    """Return what a widget shows."""
    return pixels(widget.grab().toImage())


def rgb(code: str) -> Array:
    """Return (3,) of ``#RRGGBB``."""
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)])


def near(picture: Array, x: float, y: float, code: str, reach: int = 3, within: int = 40) -> bool:
    """Return whether a colour is found near a pixel."""
    row, column = round(float(y)), round(float(x))
    patch = picture[
        max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1
    ]
    return bool((np.abs(patch - rgb(code)).max(axis=2) < within).any())


def count(picture: Array, code: str, within: int = 40) -> int:
    """Return how many pixels are of about this colour."""
    return int((np.abs(picture - rgb(code)).max(axis=2) < within).sum())
