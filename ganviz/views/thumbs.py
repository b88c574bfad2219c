"""Thumbnails of the model graph: small true pictures without axes, in the ranges of the run."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from ganviz.frame import Array, Frame

from .axes import Box
from .ink import pixel_ratio
from .line import belief_range
from .strokes import arrows, curve, dot, fill, lines, pen, segments, sprites
from .theme import Theme, colour, mixed, ramp

#: Bins of a histogram, dots of a cloud, and arrows, at most.
BINS, DOTS, ARROWS = 32, 240, 48
#: Height of a histogram of noise, in units of an even spread over the range, that fills the thumb.
NOISE_TOP = 3.2
#: Length of the longest arrow, as a share of the thumb's shorter side.
LONGEST = 0.3
#: Height that two bars take, at most.
BARS = 110.0


def box(rect: QRectF, x: tuple[float, float], y: tuple[float, float]) -> Box:
    """Return a thumb's box with these ranges."""
    return Box(rect.left(), rect.top(), rect.right(), rect.bottom(), *x, *y)


def data_box(rect: QRectF, frame: Frame) -> Box:
    """Return where samples are drawn: in 1-D as densities over x, in 2-D with equal units."""
    if frame.dim == 1:
        return box(rect, frame.ranges.data[0], (0.0, frame.ranges.density))
    return box(rect, *frame.ranges.data).squared()


def noise(p: QPainter, rect: QRectF, z: Array, span: tuple[float, float], theme: Theme) -> None:
    """Draw noise: a histogram of one coordinate, or the cloud of the first two."""
    if z.shape[1] == 1:
        place = box(rect, span, (0.0, NOISE_TOP / (span[1] - span[0])))
        _histogram(p, place, z[:, 0], theme.muted, filled=True, theme=theme)
        return
    place = box(rect, span, span).squared()
    _cloud(p, place, z[:, :2], "disc", theme.muted, theme)


def generator(
    p: QPainter, rect: QRectF, image: Array, span: tuple[float, float], frame: Frame, theme: Theme
) -> None:
    """Draw G: x over z, a curve for each second coordinate; in 2-D the image of the grid."""
    p.setPen(pen(theme.model, 1.6 if len(image) == 1 else 1.0))
    if frame.dim == 1:
        place = box(rect, span, frame.ranges.data[0])
        across = place.x(np.linspace(*span, image.shape[1]))
        for row in image[:: max(len(image) // 4, 1)]:
            curve(p, across, place.within(place.y(row[:, 0])))
        return
    place = data_box(rect, frame)
    x, y = _near(place.x(image[..., 0]), rect), _near(place.y(image[..., 1]), rect)
    gap = np.full((len(x), 1), np.nan)
    curve(p, np.hstack([x, gap]).ravel(), np.hstack([y, gap]).ravel())
    if len(image) > 1:
        gap = np.full((x.shape[1], 1), np.nan)
        curve(p, np.hstack([x.T, gap]).ravel(), np.hstack([y.T, gap]).ravel())


def samples(
    p: QPainter,
    rect: QRectF,
    frame: Frame,
    real: Array | None,
    fake: Array | None,
    pulls: Array | None,
    theme: Theme,
) -> None:
    """Draw real and generated samples, and where a loss pulls the generated ones."""
    place = data_box(rect, frame)
    for points, ink, shape in ((real, theme.real, "disc"), (fake, theme.generated, "diamond")):
        if points is None:
            continue
        if frame.dim == 1:
            _histogram(p, place, points[:, 0], ink, filled=shape == "disc", theme=theme)
        else:
            _cloud(p, place, points, shape, ink, theme)
    if pulls is not None and fake is not None:
        _pulls(p, place, fake, pulls, theme)


def pull_scale(pulls: Array) -> float:
    """Return which pull is drawn as long as may be: 1, 2 or 5 times a power of ten."""
    sizes = np.hypot.reduce(np.asarray(pulls[:ARROWS], float), axis=1)
    most = float(sizes[np.isfinite(sizes)].max(initial=0.0))
    if most < 1e-12:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(f * power for f in (1.0, 2.0, 5.0, 10.0) if f * power >= most * (1 - 1e-9))


def _pulls(p: QPainter, place: Box, fake: Array, pulls: Array, theme: Theme) -> None:
    wide, tall = place.right - place.left, place.bottom - place.top
    factor = LONGEST * min(wide, tall if len(pulls[0]) > 1 else wide) / pull_scale(pulls)
    points, v = fake[:ARROWS], np.asarray(pulls[:ARROWS], float) * factor
    x, dx = place.x(points[:, 0]), v[:, 0]
    if points.shape[1] == 1:
        # A rug: each on one of a few lines, so that they do not lie upon each other.
        count = max(int(tall // 5) - 1, 1)
        y = place.bottom - 4 - 5.0 * (np.arange(len(x)) % count)
        dy = np.zeros(len(x))
    else:
        y, dy = place.y(points[:, 1]), -v[:, 1]
    p.setPen(pen(theme.text, 1.0))
    arrows(p, x, y, dx, dy, 4.0)


def discriminator(p: QPainter, rect: QRectF, frame: Frame, theme: Theme) -> None:
    """Draw what D believes: its curve with the neutral line, or in 2-D its field."""
    low, high = belief_range(frame)
    neutral = min(max(frame.belief.neutral, low), high)
    if frame.dim == 1:
        place = box(rect, frame.ranges.data[0], (low, high))
        p.setPen(pen(theme.axis))
        y = math.floor(float(place.y(neutral))) + 0.5
        p.drawLine(QLineF(rect.left(), y, rect.right(), y))
        p.setPen(pen(theme.discriminator, 2.0))
        curve(p, place.x(frame.grid[0]), place.within(place.y(frame.belief.values)))
        return
    place = data_box(rect, frame)
    at = [low, neutral, high] if low < neutral < high else [low, (low + high) / 2, high]
    every = max(frame.belief.values.shape[0] // 64, 1)
    values = frame.belief.values[::-every, ::every]
    clean = np.nan_to_num(values, nan=neutral, posinf=high, neginf=low)
    shade = np.rint(np.interp(clean, at, [0, 127.5, 255])).astype(np.intp)
    dots = np.ascontiguousarray(ramp(theme.belief)[shade])
    tall, wide = dots.shape
    image = QImage(dots.data, wide, tall, 4 * wide, QImage.Format.Format_RGB32)
    p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    p.drawImage(place.rect, image)
    p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)


def predictions(
    p: QPainter,
    rect: QRectF,
    frame: Frame,
    real: Array | None,
    fake: Array | None,
    theme: Theme,
) -> None:
    """Draw how often D says what, of real and of generated samples; heights are roots of shares.

    A share of all in one bin fills the height, so that nothing need ever be scaled anew.
    """
    low, high = belief_range(frame)
    place = box(rect, (low, high), (0.0, 1.0))
    for values, ink, filled in ((real, theme.real, True), (fake, theme.generated, False)):
        if values is not None and len(values):
            _histogram(p, place, values, ink, filled=filled, theme=theme, root=True)
    if low < frame.belief.neutral < high:
        x = math.floor(float(place.x(frame.belief.neutral))) + 0.5
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        p.setPen(pen(theme.discriminator))
        p.drawLine(QLineF(x, rect.top(), x, rect.bottom()))


def bars(
    p: QPainter,
    rect: QRectF,
    values: tuple[float | None, float | None],
    span: tuple[float, float],
    theme: Theme,
    marks: tuple[float | None, float | None] = (None, None),
    base: float = 0.0,
) -> None:
    """Draw a bar for D above one for G, from ``base`` to its value, with a mark where it rests."""
    place = box(rect, span, (0.0, 1.0))
    foot = float(place.x(min(max(base, span[0]), span[1])))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    p.setPen(pen(theme.axis))
    p.drawLine(QLineF(foot, rect.top(), foot, rect.bottom()))
    inks = theme.discriminator, theme.generated
    tall = min(rect.height(), BARS)
    first = rect.center().y() - tall / 2
    for row, (value, mark, ink) in enumerate(zip(values, marks, inks, strict=True)):
        top = first + tall * (0.14 + 0.42 * row)
        if value is not None and not math.isnan(value):
            end = min(max(float(place.x(value)), rect.left()), rect.right())
            left, wide = min(foot, end), abs(end - foot)
            p.fillRect(QRectF(left, top, max(wide, 1.0), tall * 0.3), colour(ink))
        if mark is not None and span[0] < mark < span[1]:
            x = math.floor(float(place.x(mark))) + 0.5
            dash = np.arange(top - tall * 0.06, top + tall * 0.36, 4.0)
            p.setPen(pen(theme.text, 1.0, 0.999))
            lines(
                p, np.column_stack([np.full_like(dash, x), dash, np.full_like(dash, x), dash + 2])
            )


def _near(values: Array, rect: QRectF) -> Array:
    """Return pixels of either axis that are no more than a little beyond a thumb."""
    reach = 4 * max(rect.right(), rect.bottom(), 1.0)
    return np.clip(values, -reach, reach)


def _histogram(
    p: QPainter,
    place: Box,
    values: Array,
    ink: str,
    *,
    filled: bool,
    theme: Theme,
    root: bool = False,
) -> None:
    """Draw a histogram: filled, or the outline of it; what lies outside is left out."""
    span = place.high_x - place.low_x
    values = values[np.isfinite(values)]
    scaled = (values.astype(np.float64) - place.low_x) * (BINS / span)
    inside = scaled[(scaled >= 0) & (scaled <= BINS)]
    index = np.minimum(inside.astype(np.intp), BINS - 1)
    share = np.bincount(index, minlength=BINS) / max(len(values), 1)
    heights = np.sqrt(share) if root else share * (BINS / span)
    edges = np.rint(np.linspace(place.left, place.right, BINS + 1))
    tops = np.maximum(np.rint(place.y(heights)), place.top)
    x = np.repeat(edges, 2)
    y = np.concatenate([[place.bottom], np.repeat(tops, 2), [place.bottom]])
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    if filled:
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(colour(mixed(theme.base, ink, 0.5)))
        fill(p, x, y)
    else:
        p.setPen(pen(ink, 1.5))
        seen = (y[:-1] < place.bottom) | (y[1:] < place.bottom)
        segments(p, x, y, np.flatnonzero(seen))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def _cloud(p: QPainter, place: Box, points: Array, shape: str, ink: str, theme: Theme) -> None:
    """Draw the first points as dots."""
    points = points[:DOTS]
    x, y = place.x(points[:, 0]), place.y(points[:, 1])
    inside = (x > place.left) & (x < place.right) & (y > place.top) & (y < place.bottom)
    size = 3.0 if place.bottom - place.top < 120 else 4.5
    dpr = pixel_ratio(p)
    sprites(p, x[inside], y[inside], dot(shape, ink, "", size, dpr), dpr)


def arrow(p: QPainter, points: list[QPointF], ink: str, wide: float = 1.5) -> None:
    """Draw a path of straight lines that ends in a head."""
    at = np.array([(q.x(), q.y()) for q in points])
    p.setPen(pen(ink, wide))
    curve(p, at[:, 0], at[:, 1])
    (ax, ay), (bx, by) = at[-2], at[-1]
    length = math.hypot(bx - ax, by - ay) or 1.0
    ux, uy = (bx - ax) / length, (by - ay) / length
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(colour(ink))
    head, half = 6.0, 3.6
    foot = QPointF(bx - head * ux, by - head * uy)
    fill(
        p,
        np.array([bx, foot.x() - half * uy, foot.x() + half * uy]),
        np.array([by, foot.y() + half * ux, foot.y() - half * ux]),
    )
