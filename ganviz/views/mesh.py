"""The generator's manifold: the image of a grid in latent space, dense where its samples are."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from ganviz.frame import Array, Manifold

from .axes import Box
from .strokes import fill, lines, pen
from .theme import Theme, colour

#: How opaque the densest cells are, and their lines; in so many shades.
CELL, LINE, SHADES = 0.55, 0.9, 8
#: Densities are compared with so many times that of samples spread evenly over the box.
EVEN = 6.0


def paint_mesh(p: QPainter, box: Box, manifold: Manifold, theme: Theme) -> None:
    """Draw the cells of the grid, or its curve, each as opaque as it is dense.

    Cells that lie over one another, where the generator folds its space, add up.
    """
    nodes = manifold.nodes
    x, y = _pixels(box, nodes)
    shade = opacity(box, manifold)
    if len(nodes) == 1:
        ends = np.column_stack([x[0, :-1], y[0, :-1], x[0, 1:], y[0, 1:]])
        _paint_lines(p, ends, 0.25 + 0.75 * shade[0], theme.generated, 3.0)
        return
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    p.setPen(Qt.PenStyle.NoPen)
    levels = np.rint(shade * SHADES).astype(int)
    corners = _cells(np.stack([x, y], -1))
    for level in range(1, SHADES + 1):
        p.setBrush(colour(theme.generated, CELL * level / SHADES))
        for cell in corners[levels.ravel() == level]:
            fill(p, cell[:, 0], cell[:, 1])
    # A line is as dense as the denser of the cells on its sides.
    across = np.maximum(_padded(shade, 0)[:-1], _padded(shade, 0)[1:])
    up = np.maximum(_padded(shade, 1)[:, :-1], _padded(shade, 1)[:, 1:])
    ends = np.concatenate(
        [
            np.stack([x[:, :-1], y[:, :-1], x[:, 1:], y[:, 1:]], -1).reshape(-1, 4),
            np.stack([x[:-1], y[:-1], x[1:], y[1:]], -1).reshape(-1, 4),
        ]
    )
    dense = np.concatenate([across.ravel(), up.ravel()])
    _paint_lines(p, ends, 0.3 + 0.7 * dense, theme.generated, 1.0)


def opacity(box: Box, manifold: Manifold) -> Array:
    """Return how opaque each cell is drawn, 0 to 1: half where it is as dense as ``EVEN`` says."""
    span = (box.high_x - box.low_x) * (box.high_y - box.low_y)
    even = EVEN / (span if len(manifold.nodes) > 1 else span**0.5)
    return np.asarray(manifold.density / (manifold.density + even))


def _pixels(box: Box, nodes: Array) -> tuple[Array, Array]:
    """Return the nodes in pixels, those far out drawn in to where Qt's numbers still hold."""
    return np.clip(box.x(nodes[..., 0]), -1e4, 1e4), np.clip(box.y(nodes[..., 1]), -1e4, 1e4)


def _cells(at: Array) -> Array:
    """Return the (n, 4, 2) corners of the cells between (r, c, 2) nodes, row by row."""
    corners = np.stack([at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]], -2)
    return corners.reshape(-1, 4, 2)


def _padded(values: Array, axis: int) -> Array:
    return np.pad(values, [(1, 1) if i == axis else (0, 0) for i in range(2)])


def _paint_lines(p: QPainter, ends: Array, shade: Array, ink: str, wide: float) -> None:
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    levels = np.clip(np.rint(shade * SHADES), 1, SHADES).astype(int)
    for level in np.unique(levels):
        p.setPen(pen(ink, wide, min(LINE * float(level) / SHADES, 0.999)))
        lines(p, ends[levels == level])
