"""Quick ways to put arrays on a painter: curves, polygons, marks, and cached sheets.

Costs decided the shapes here (two slow cores, 600 points): one antialiased ``drawLines`` call with
a solid pen and square caps takes 0.4 ms where a polyline of the same width takes 4 ms, and 500
sprites in one ``drawPixmapFragments`` 0.1 ms where 500 round points take 3 ms.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from ganviz.frame import Array

from .ink import pixel_ratio, vector
from .stout import like
from .theme import colour

#: Dashes are kept for the exact optimum, (on, off) pixels; dots for the averaged generator.
DASHES, DOTS = (6.0, 4.0), (2.0, 4.0)
#: Corners of marks, in halves of their size.
CORNERS = {
    "diamond": ((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)),
    "triangle": ((0.0, -1.0), (0.95, 0.75), (-0.95, 0.75)),
    "wedge": ((0.0, 1.0), (0.95, -0.75), (-0.95, -0.75)),
    "box": ((-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)),
}
#: Marks that are drawn as outlines.
HOLLOW = frozenset({*CORNERS, "ring", "cross"})


@lru_cache(maxsize=512)
def pen(code: str, wide: float = 1.0, alpha: float = 1.0) -> QPen:
    """Return a solid pen of the kind that ``drawLines`` is quick with; shared, do not change it."""
    result = QPen(colour(code, alpha), wide)
    # Square caps close the corners between separate segments; round ones would cost tenfold.
    result.setCapStyle(Qt.PenCapStyle.SquareCap if alpha == 1 else Qt.PenCapStyle.FlatCap)
    return result


def curve(p: QPainter, x: Array, y: Array) -> None:
    """Draw straight lines through points with the present pen, leaving gaps at NaN."""
    if len(x) < 2:
        return
    good = np.isfinite(y)
    if not good.all():
        segments(p, x, y, np.flatnonzero(good[:-1] & good[1:]))
    elif vector(p):
        segments(p, x, y, np.arange(len(x) - 1))
    else:
        batch = _batch(QLineF, 4)
        lines = batch.rows(len(x) - 1)
        lines[:, 0], lines[:, 2] = x[:-1], x[1:]
        lines[:, 1], lines[:, 3] = y[:-1], y[1:]
        p.drawLines(batch.first, len(lines))


def twice(p: QPainter, x: Array, y: Array, apart: float) -> None:
    """Draw a curve twice, half of ``apart`` above its place and half below."""
    good = np.isfinite(y)
    if not good.all() or vector(p):
        curve(p, x, y - apart / 2)
        curve(p, x, y + apart / 2)
        return
    batch = _batch(QLineF, 4)
    rows = batch.rows(len(x) - 1)
    rows[:, 0], rows[:, 2] = x[:-1], x[1:]
    rows[:, 1], rows[:, 3] = y[:-1], y[1:]
    rows[:, 1::2] -= apart / 2
    p.drawLines(batch.first, len(rows))
    rows[:, 1::2] += apart
    p.drawLines(batch.first, len(rows))


def smooth(p: QPainter, x: Array, y: Array) -> None:
    """Draw a curve through points that lie closer than one can see, without most of them."""
    if not vector(p):
        x, y = thinned(*thinned(x, y))
    curve(p, x, y)


def thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """Return a curve without every second point that lies within 0.15 of amid its neighbours."""
    if len(x) < 3:
        return x, y
    away_x = x[1:-1:2] - (x[:-2:2] + x[2::2]) / 2
    away_y = y[1:-1:2] - (y[:-2:2] + y[2::2]) / 2
    kept = np.ones(len(x), bool)
    kept[1:-1:2] = ~(away_x**2 + away_y**2 < 0.15**2)  # gaps are kept: NaN is less than nothing
    return x[kept], y[kept]


def segments(p: QPainter, x: Array, y: Array, chosen: Array) -> None:
    """Draw the segments from point i to i + 1 for every i in ``chosen``."""
    if not len(chosen):
        return
    if vector(p):
        _path(p, np.column_stack([x[chosen], y[chosen], x[chosen + 1], y[chosen + 1]]))
        return
    batch = _batch(QLineF, 4)
    lines, after = batch.rows(len(chosen)), chosen + 1
    lines[:, 0], lines[:, 2] = x[chosen], x[after]
    lines[:, 1], lines[:, 3] = y[chosen], y[after]
    p.drawLines(batch.first, len(lines))


def dashed(p: QPainter, x: Array, y: Array, on: float = DASHES[0], off: float = DASHES[1]) -> None:
    """Draw a curve in dashes with the present solid pen, leaving gaps at NaN."""
    lines(p, dashes(x, y, on, off))


def dashes(x: Array, y: Array, on: float, off: float) -> Array:
    """Return the (n, 4) lines of a dashed curve, with gaps at NaN.

    The dashes are cut here: Qt's own would turn the one quick call into a slow path.
    """
    good = np.isfinite(x) & np.isfinite(y)
    breaks = [0, *(np.flatnonzero(good[1:] != good[:-1]) + 1), len(good)]
    parts = [np.empty((0, 4))]
    for start, stop in pairwise(breaks):
        if stop - start < 2 or not good[start]:
            continue
        a, b = x[start:stop], y[start:stop]
        along = np.zeros(len(a))
        np.add.accumulate(np.hypot(a[1:] - a[:-1], b[1:] - b[:-1]), out=along[1:])
        # Corners keep their place in the dash they fall into.
        edges = np.arange(0.0, along[-1], on + off)
        at = np.concatenate([along, edges, np.minimum(edges + on, along[-1])])
        at.sort()
        ends = np.empty((len(at), 2))
        ends[:, 0], ends[:, 1] = np.interp(at, along, a), np.interp(at, along, b)
        before, after = at[:-1], at[1:]
        inked = ((before + after) * 0.5 % (on + off) < on) & (after > before)
        first = inked.nonzero()[0]
        part = np.empty((len(first), 4))
        part[:, :2], part[:, 2:] = ends[first], ends[first + 1]
        parts.append(part)
    return np.concatenate(parts) if len(parts) > 2 else parts[-1]


def arrows(p: QPainter, x: Array, y: Array, dx: Array, dy: Array, head: float = 5.0) -> None:
    """Draw arrows from (x, y) to (x + dx, y + dy), pixels, with the present solid pen.

    Arrows that are not finite, or shorter than a pixel, are left out.
    """
    length = np.hypot(dx, dy)
    with np.errstate(invalid="ignore"):
        seen = np.isfinite(x + y + length) & (length >= 1)
    if not seen.any():
        return
    x, y, dx, dy, length = (part[seen] for part in (x, y, dx, dy, length))
    tip_x, tip_y = x + dx, y + dy
    back = np.minimum(head, 0.5 * length) / length
    parts = [np.column_stack([x, y, tip_x, tip_y])]
    for side in (-0.5, 0.5):
        barb_x = tip_x - back * (dx - side * dy)
        barb_y = tip_y - back * (dy + side * dx)
        parts.append(np.column_stack([tip_x, tip_y, barb_x, barb_y]))
    lines(p, np.concatenate(parts))


def lines(p: QPainter, ends: Array) -> None:
    """Draw the (n, 4) lines x1, y1, x2, y2."""
    if not len(ends):
        return
    if vector(p):
        _path(p, ends)
        return
    batch = _batch(QLineF, 4)
    batch.rows(len(ends))[:] = ends
    p.drawLines(batch.first, len(ends))


class Batch:
    """Memory that Qt reads as an array of objects of one kind, of so many numbers each.

    It is used again by every call, so that no frame allocates any.

    Attributes
    ----------
    first
        The first of the objects, as Qt wants to have it.
    """

    def __init__(self, kind: type, numbers: int) -> None:
        # Loaded with the first data that are drawn: on the way to the first window it would take a
        # fifth as long as importing PyTorch.
        from pyqtgraph.Qt.internals import PrimitiveArray

        self._array = PrimitiveArray(kind, numbers)
        self._rows: Array = np.empty((0, numbers))
        self.first: Any = None

    def rows(self, count: int) -> Array:
        """Return (count, numbers) to be written, at once given to the painter."""
        if count > len(self._rows):
            self._array.resize(max(count, 2 * len(self._rows), 512))
            self._rows = self._array.ndarray()
            self.first = self._array.drawargs()[0]
        return self._rows[:count]


@cache
def _batch(kind: type, numbers: int) -> Batch:
    """Return the one batch of a kind; painting is the work of one thread."""
    return Batch(kind, numbers)


def _path(p: QPainter, ends: Array) -> None:
    """Draw lines as one shape, those that meet end to end without a break."""
    path = QPainterPath()
    at: tuple[float, float] | None = None
    for x1, y1, x2, y2 in ends.tolist():
        if (x1, y1) != at:
            path.moveTo(x1, y1)
        path.lineTo(x2, y2)
        at = x2, y2
    line = QPen(p.pen())
    line.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    p.strokePath(path, line)


def fill(p: QPainter, x: Array, y: Array) -> None:
    """Fill the polygon through points with the present brush, and draw its edge if there is a pen.

    Paper gets a polygon of its own: it may keep it.
    """
    shape, corners = _corners.__wrapped__(len(x)) if vector(p) else _corners(len(x))
    corners[:, 0] = x
    corners[:, 1] = y
    p.drawPolygon(shape)


@lru_cache(maxsize=16)
def _corners(count: int) -> tuple[QPolygonF, Array]:
    """Return a polygon of so many corners, and its memory; it is used again by every call."""
    from pyqtgraph.functions import create_qpolygonf, ndarray_from_qpolygonf

    result = create_qpolygonf(count)
    return result, ndarray_from_qpolygonf(result)


def sprites(p: QPainter, x: Array, y: Array, sprite: QPixmap, dpr: float) -> None:
    """Draw a sprite, centred, at each point (logical pixels), all in one call."""
    if not len(x):
        return
    if vector(p) and sprite.cacheKey() in _dots:
        _scatter(p, x, y, *_dots[sprite.cacheKey()])
        return
    batch = _batch(QPainter.PixmapFragment, 10)
    rows = batch.rows(len(x))
    rows[:] = FRAGMENT
    rows[:, 0], rows[:, 1] = x, y
    if dpr != 1:
        rows[:, 0:2] *= dpr
    rows[:, 4], rows[:, 5] = sprite.width(), sprite.height()
    p.save()
    # In device pixels: Qt has a quick path for sprites that are neither scaled nor turned.
    p.scale(1 / dpr, 1 / dpr)
    p.drawPixmapFragments(batch.first, len(rows), sprite)
    p.restore()


def mingled(
    p: QPainter, kinds: list[tuple[Array, Array, QPixmap]], dpr: float, turns: int = 8
) -> None:
    """Draw sprites of several kinds, (x, y, sprite) each, one of each in turn: none covers another.

    All in one call, out of one pixmap; on paper each kind in so many ``turns``.
    """
    if vector(p):
        for turn in range(turns):
            for x, y, sprite in kinds:
                part = slice(len(x) * turn // turns, len(x) * (turn + 1) // turns)
                sprites(p, x[part], y[part], sprite, dpr)
        return
    lengths = tuple(len(x) for x, _, _ in kinds)
    total = sum(lengths)
    if not total:
        return
    sheet, lefts = _sheet(tuple(Same(sprite) for _, _, sprite in kinds))
    batch = _batch(QPainter.PixmapFragment, 10)
    rows = batch.rows(total)
    rows[:] = FRAGMENT
    for (x, y, sprite), left, places in zip(kinds, lefts, _turns(lengths), strict=True):
        rows[places, 0], rows[places, 1] = x, y
        rows[places, 2] = left
        rows[places, 4], rows[places, 5] = sprite.width(), sprite.height()
    if dpr != 1:
        rows[:, 0:2] *= dpr
    p.save()
    p.scale(1 / dpr, 1 / dpr)
    p.drawPixmapFragments(batch.first, total, sheet)
    p.restore()


#: A fragment of a pixmap: where it goes (2), where it is from and how large (4), scale (2),
#: rotation, opacity.
FRAGMENT = np.array([0.0, 0, 0, 0, 0, 0, 1, 1, 0, 1])


@lru_cache(maxsize=16)
def _turns(lengths: tuple[int, ...]) -> list[Array | slice]:
    """Return where each kind's marks stand among all of them, if each kind has its turns evenly."""
    if len(set(lengths)) == 1:
        return [slice(first, None, len(lengths)) for first in range(len(lengths))]
    ranks = np.concatenate([np.arange(n) / max(n, 1) for n in lengths])
    places = np.empty(len(ranks), np.intp)
    places[np.argsort(ranks, kind="stable")] = np.arange(len(ranks))
    return list(np.split(places, np.cumsum(lengths)[:-1]))


@lru_cache(maxsize=32)
def _sheet(parts: tuple[Same, ...]) -> tuple[QPixmap, list[int]]:
    """Return one pixmap of several sprites side by side, and where each begins."""
    pixmaps = [part.thing for part in parts]
    # A clear column between them: none bleeds into its neighbour.
    ends = np.cumsum([each.width() + 1 for each in pixmaps]).tolist()
    lefts = [0, *ends[:-1]]
    result = QPixmap(ends[-1], max(each.height() for each in pixmaps))
    result.fill(QColor(0, 0, 0, 0))
    p = QPainter(result)
    for each, left in zip(pixmaps, lefts, strict=True):
        p.drawPixmap(left, 0, each)
    p.end()
    return result, lefts


#: What the sprites made so far are pictures of, by the key of their pixels.
_dots: dict[int, tuple[str, str, str, float, str]] = {}


def _scatter(
    p: QPainter, x: Array, y: Array, shape: str, ink: str, rim: str, size: float, fill: str
) -> None:
    """Draw a mark at each point, rims first: two or three shapes for all of them."""
    path, half = QPainterPath(), size / 2
    hollow = shape in HOLLOW
    for at_x, at_y in np.column_stack([x, y]).tolist():
        if shape == "ring":
            path.addEllipse(QPointF(at_x, at_y), half, half)
        elif shape in CORNERS:
            first, *others = CORNERS[shape]
            path.moveTo(at_x + first[0] * half, at_y + first[1] * half)
            for a, b in (*others, first):
                path.lineTo(at_x + a * half, at_y + b * half)
        elif shape == "cross":
            for side in (-half, half):
                path.moveTo(at_x - side, at_y - half)
                path.lineTo(at_x + side, at_y + half)
        else:  # a stroke of no length with its round or square caps is a disc or a square
            path.moveTo(at_x, at_y)
            path.lineTo(at_x + 0.01, at_y)
    cap = Qt.PenCapStyle.RoundCap if shape == "disc" else Qt.PenCapStyle.SquareCap
    thick = max(1.2, size * 0.18) if hollow else size
    edge = max(2.0, size / 3) if shape in ("disc", "square", "ring") else 1.6
    p.save()
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if rim:
        wide = edge if hollow else thick + edge
        p.strokePath(path, QPen(colour(rim, 0.8), wide, Qt.PenStyle.SolidLine, cap))
    if hollow and fill:
        p.fillPath(path, colour(fill))
    p.strokePath(path, QPen(colour(ink), thick, Qt.PenStyle.SolidLine, cap))
    p.restore()


@lru_cache(maxsize=64)
def dot(shape: str, ink: str, rim: str, size: float, dpr: float, fill: str = "") -> QPixmap:
    """Return a sprite of a :func:`mark`."""
    extent = math.ceil((size + 3) * dpr)
    result = QPixmap(extent, extent)
    result.fill(QColor(0, 0, 0, 0))
    p = QPainter(result)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.translate(extent / 2, extent / 2)
    p.scale(dpr, dpr)
    mark(p, shape, 0, 0, size, ink, rim, fill)
    p.end()
    _dots[result.cacheKey()] = (shape, ink, rim, size, fill)
    return result


def mark(
    p: QPainter, shape: str, x: float, y: float, size: float, ink: str, rim: str, fill: str = ""
) -> None:
    """Draw one mark, ``size`` across: ``disc``, ``square``, or a hollow one.

    Hollow are ``diamond``, ``ring``, ``triangle``, ``wedge`` (which stands on its tip), ``box`` and
    ``cross``. ``rim`` sets it off from what lies beneath, ``fill`` fills a hollow one.
    """
    half = size / 2
    path = QPainterPath()
    if shape in ("disc", "ring"):
        path.addEllipse(QPointF(x, y), half, half)
    elif shape in CORNERS:
        path.addPolygon(QPolygonF([QPointF(x + a * half, y + b * half) for a, b in CORNERS[shape]]))
        path.closeSubpath()
    elif shape == "cross":
        for side in (-half, half):
            path.moveTo(x - side, y - half)
            path.lineTo(x + side, y + half)
    else:
        path.addRect(QRectF(x - half * 0.85, y - half * 0.85, 1.7 * half, 1.7 * half))
    p.save()
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if rim:
        slight = shape in CORNERS or shape == "cross"
        p.strokePath(path, QPen(colour(rim, 0.8), 1.6 if slight else max(2.0, size / 3)))
    if shape in HOLLOW:
        if fill:
            p.fillPath(path, colour(fill))
        p.strokePath(path, QPen(colour(ink), max(1.2, size * 0.18)))
    else:
        p.fillPath(path, colour(ink))
    p.restore()


class Sheet:
    """A cached drawing, made anew when its key, its size or the pixel ratio changes."""

    def __init__(self) -> None:
        self._key: tuple[Any, ...] | None = None
        self._pixmap: QPixmap | None = None
        self._bands: list[tuple[int, int]] = []  # (first, number) of rows, of a clear sheet

    def draw(
        self,
        p: QPainter,
        rect: QRectF,
        key: tuple[Any, ...],
        paint: Callable[[QPainter], None],
        fill: str = "",
    ) -> None:
        """Put the sheet on ``rect``; ``paint`` draws it in the painter's own coordinates.

        ``fill`` is the colour of an opaque sheet, which is put down twice as fast as a clear one.
        Keys are compared by equality, and by identity for arrays (wrap them in :class:`Same`).
        """
        if vector(p):
            p.save()
            p.setClipRect(rect, Qt.ClipOperation.IntersectClip)
            if fill:
                p.fillRect(rect, colour(fill))
            paint(p)
            p.restore()
            return
        dpr = pixel_ratio(p)
        full = (key, rect.x(), rect.y(), rect.width(), rect.height(), dpr, fill)
        if self._pixmap is None or full != self._key:
            pixmap = QPixmap(math.ceil(rect.width() * dpr), math.ceil(rect.height() * dpr))
            pixmap.setDevicePixelRatio(dpr)
            pixmap.fill(colour(fill) if fill else QColor(0, 0, 0, 0))
            inner = like(p, pixmap)
            inner.translate(-rect.topLeft())
            try:
                paint(inner)
            finally:
                inner.end()  # a painter that outlives its pixmap takes the process with it
            self._pixmap, self._key = pixmap, full
            self._bands = [] if fill or dpr % 1 else inked(pixmap)
        if not self._bands:
            p.drawPixmap(rect.topLeft(), self._pixmap)
        for top, tall in self._bands:  # what is clear need not be put down
            place = QPointF(rect.x(), rect.y() + top / dpr)
            p.drawPixmap(place, self._pixmap, QRectF(0, top, self._pixmap.width(), tall))


def inked(pixmap: QPixmap) -> list[tuple[int, int]]:
    """Return the (first, number) of rows of a pixmap that hold anything, gaps of a few apart."""
    image = pixmap.toImage()
    rows = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    seen = np.flatnonzero(rows.any(axis=1))
    if not len(seen):
        return [(0, 1)]
    breaks = np.flatnonzero(np.diff(seen) > 8)
    firsts, lasts = np.append(seen[0], seen[breaks + 1]), np.append(seen[breaks], seen[-1])
    return list(zip(firsts.tolist(), (lasts - firsts + 1).tolist(), strict=True))


class Same:
    """A key for something unhashable: equal only to a Same of the very same object."""

    __slots__ = ("thing",)

    def __init__(self, thing: Any) -> None:
        self.thing = thing  # held, so that its identity is not reused

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.thing is other.thing

    def __hash__(self) -> int:
        return id(self.thing)
