"""How the layers look, small: the legend of a plot is in its toggles."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from . import strokes
from .strokes import DOTS, dashed, mark, pen
from .theme import Theme, colour


def real(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw a filled block, as the histogram of the real samples."""
    p.fillRect(r.adjusted(1, 0, -1, 0), colour(t.real, 0.55))


def generated(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw an outlined block, as the histogram of the generated samples."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    inner = r.adjusted(2, 1, -2, -1)
    p.fillRect(inner, colour(t.generated, 0.16))
    p.setPen(QPen(colour(t.generated), 2))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRect(inner)


def rebuilt(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw two squares, one above the other, as an image and what is rebuilt of it."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    x = r.center().x() - 3
    p.fillRect(QRectF(x, r.top(), 6, 5), colour(t.real, 0.8))
    p.fillRect(QRectF(x, r.top() + 7, 6, 5), colour(t.generated, 0.8))


def walk(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw a ring of dots, as noise on a great circle."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(colour(t.generated))
    for angle in np.linspace(0, 2 * np.pi, 8, endpoint=False):
        at = QPointF(np.cos(angle), np.sin(angle)) * 5.0
        p.drawEllipse(r.center() + at, 1.3, 1.3)


def real_dots(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw a filled disc, as the real samples."""
    mark(p, "disc", r.center().x(), r.center().y(), 8, t.real, "")


def generated_dots(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw a hollow diamond, as the generated samples."""
    mark(p, "diamond", r.center().x(), r.center().y(), 10, t.generated, t.base)


def density(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw a thin line, as the exact density."""
    _line(p, r, t.density, 1.5)


def model(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw a thin line, as p_g."""
    _line(p, r, t.model, 1.5)


def densities(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw two thin lines, as the density of the data and p_g."""
    _line(p, r.translated(0, -3), t.density, 1.5)
    _line(p, r.translated(0, 3), t.model, 1.5)


def average(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw a dotted block, as the histogram of the averaged generator's samples."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    p.setPen(pen(t.model, 2.0, 0.999))
    x, y = [r.left() + 2, r.left() + 2, r.right() - 2, r.right() - 2], [r.bottom(), r.top() + 1]
    dashed(p, np.array(x), np.array([y[0], y[1], y[1], y[0]]), *DOTS)


def average_dots(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw a small ring, as the averaged generator's samples."""
    mark(p, "ring", r.center().x(), r.center().y(), 7, t.model, t.base)


def best(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw a dashed line, as D*."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setPen(pen(t.best, 1.8, 0.999))
    y = r.center().y()
    dashed(p, np.array([r.left(), r.right()]), np.array([y, y]), 4, 2)


def arrows(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw an arrow, as the pull of a loss on a sample."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setPen(pen(t.text, 1.4))
    x, y, right = np.array([r.left() + 1]), np.array([r.center().y()]), np.array([r.width() - 2])
    strokes.arrows(p, x, y, right, np.zeros(1), 6)


def strands(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw strands that gather on their way up, as the map from z to G(z)."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setPen(pen(t.generated, 1.2))
    below = np.linspace(r.left() + 1, r.right() - 1, 5)
    above = r.center().x() + 0.35 * (below - r.center().x())
    foot, top = np.full(5, r.bottom()), np.full(5, r.top())
    strokes.lines(p, np.column_stack([below, foot, above, top]))


def rug(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw ticks above and below a line, as single samples of either kind."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    y, left = round(r.center().y()), round(r.left())
    for ink, places, end in ((t.generated, (3, 6, 13), y - 5), (t.real, (2, 9, 12), y + 5)):
        p.setPen(QPen(colour(ink), 1))
        for at in places:
            p.drawLine(QLineF(left + at, y, left + at, end))
    p.setPen(QPen(colour(t.axis), 1))
    p.drawLine(QLineF(left, y, r.right(), y))


def belief(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw a thick line, as D(x)."""
    _line(p, r, t.discriminator, 2.5)


def field(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw the belief map from generated to real."""
    wide = (r.width() - 2) / len(t.belief)
    for i, stop in enumerate(t.belief):
        p.fillRect(QRectF(r.left() + 1 + i * wide, r.top(), wide + 0.5, r.height()), colour(stop))
    p.setPen(QPen(colour(t.discriminator), 1.5))
    p.drawLine(QPointF(r.center().x(), r.top()), QPointF(r.center().x(), r.bottom()))


def modes(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw a thin ring, as about the centres of the modes."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setPen(QPen(colour(t.text), 1.4))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawEllipse(r.center(), 5.5, 5.5)


def manifold(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw a bent grid, as the image of the latent space."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    u = np.linspace(0, 1, 4)
    x, y = np.meshgrid(r.left() + 1 + u * (r.width() - 5), r.top() + 1 + u * (r.height() - 2))
    x = x + 3 * np.linspace(1, 0, 4)[:, None] ** 2
    p.setPen(pen(t.generated, 1.0))
    for a, b in ((x, y), (x.T, y.T)):
        for i in range(4):
            strokes.curve(p, a[i], b[i])


def marginals(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw a square with a bar chart on top and at its right."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    p.setPen(QPen(colour(t.axis), 1))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRect(QRectF(r.left() + 1, r.top() + 5, 9, 7))
    for i, tall in enumerate((2, 4, 2)):
        p.fillRect(QRectF(r.left() + 1 + 3 * i, r.top() + 4 - tall, 3, tall), colour(t.real, 0.6))
        p.fillRect(QRectF(r.left() + 12, r.top() + 5 + 2.5 * i, tall, 2.5), colour(t.generated))


def centres(p: QPainter, r: QRectF, t: Theme) -> None:
    """Draw a small triangle, as the centres of the modes on an axis."""
    x, y = r.center().x(), r.bottom()
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(colour(t.text))
    p.drawPolygon(QPolygonF([QPointF(x, y - 10), QPointF(x + 5.5, y), QPointF(x - 5.5, y)]))


def _line(p: QPainter, r: QRectF, code: str, wide: float) -> None:
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setPen(QPen(colour(code), wide))
    y = r.center().y()
    p.drawLine(QPointF(r.left(), y), QPointF(r.right(), y))
