"""Quick strokes are what slow ones would be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from looking import pixels
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap, QPolygonF
from pytestqt.qtbot import QtBot

from ganviz.frame import Array
from ganviz.views.ink import write
from ganviz.views.strokes import Sheet, curve, dot, fill, inked, mingled, pen, sprites, twice

SIZE = 60


def painted(paint: Callable[[QPainter], object], ratio: float = 1.0) -> Array:
    """Return the pixels of what is painted on white."""
    image = QImage(round(SIZE * ratio), round(SIZE * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("white"))
    p = QPainter(image)
    paint(p)
    p.end()
    return pixels(image)


def test_polygons_are_filled_each_in_its_place(qtbot: QtBot) -> None:
    corners = [
        (np.array([5.0, 25, 15]), np.array([5.0, 8, 30])),
        (np.array([35.0, 55, 40]), np.array([20.0, 25, 50])),
    ]

    def slow(p: QPainter) -> None:
        p.setBrush(QColor("red"))
        for x, y in corners:
            p.drawPolygon(QPolygonF([QPointF(a, b) for a, b in zip(x, y, strict=True)]))

    def quick(p: QPainter) -> None:
        p.setBrush(QColor("red"))
        for x, y in corners:
            fill(p, x, y)

    assert np.array_equal(painted(quick), painted(slow))


def test_a_curve_drawn_twice_is_two_curves(qtbot: QtBot) -> None:
    x = np.linspace(3, 57, 40)
    for y in (30 + 20 * np.sin(x / 8), np.where(x > 30, np.nan, x)):

        def slow(p: QPainter, y: Array = y) -> None:
            p.setPen(pen("#204060"))
            curve(p, x, y - 0.25)
            curve(p, x, y + 0.25)

        def quick(p: QPainter, y: Array = y) -> None:
            p.setPen(pen("#204060"))
            twice(p, x, y, 0.5)

        assert np.array_equal(painted(quick), painted(slow))


@pytest.mark.parametrize("counts", [(30, 30), (30, 11), (0, 7), (12, 5, 9)])
def test_marks_of_several_kinds_have_their_turns(qtbot: QtBot, counts: tuple[int, ...]) -> None:
    """Those of each kind evenly, in their order; the first kind first where they meet."""
    rng = np.random.default_rng(1)
    inks = ("#D55E00", "#0072B2", "#222222")
    kinds = []
    for count, ink in zip(counts, inks, strict=False):
        x, y = rng.uniform(10, 50, (2, count))
        kinds.append((x, y, dot("disc", ink, "#FFFFFF", 9, 1)))
    order = sorted(
        (index / max(len(x), 1), kind, index)
        for kind, (x, _, _) in enumerate(kinds)
        for index in range(len(x))
    )

    def slow(p: QPainter) -> None:
        for _, kind, index in order:
            x, y, sprite = kinds[kind]
            sprites(p, x[index : index + 1], y[index : index + 1], sprite, 1)

    assert np.array_equal(painted(lambda p: mingled(p, kinds, 1)), painted(slow))


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("ground", ["", "#EEEEEE"])
def test_a_sheet_looks_like_what_is_painted_on_it(qtbot: QtBot, ratio: float, ground: str) -> None:
    """Also where most of its rows are clear, and the second time."""
    rect = QRectF(4, 2, 50, 56)

    def paint(p: QPainter) -> None:
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(QColor("#0072B2"))
        p.drawRect(QRectF(10, 6, 20, 4))
        p.drawRect(QRectF(30, 40, 8, 10))
        write(p, (12, 30), "V", "#222222")

    def direct(p: QPainter) -> None:
        if ground:
            p.fillRect(rect, QColor(ground))
        paint(p)

    sheet = Sheet()
    for _ in range(2):
        found = painted(lambda p: sheet.draw(p, rect, ("key",), paint, ground), ratio)
        # Shades of a letter's edge are mixed with the ground in one go, or in two.
        assert np.abs(found - painted(direct, ratio)).max() <= 3


def test_rows_that_hold_something_are_found(qtbot: QtBot) -> None:
    pixmap = QPixmap(20, 50)
    pixmap.fill(QColor(0, 0, 0, 0))
    assert inked(pixmap) == [(0, 1)]
    p = QPainter(pixmap)
    p.fillRect(2, 5, 3, 4, QColor("red"))
    p.fillRect(9, 12, 1, 1, QColor("red"))  # close by
    p.fillRect(0, 40, 20, 10, QColor("blue"))
    p.end()
    assert inked(pixmap) == [(5, 8), (40, 10)]
