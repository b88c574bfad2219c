"""Pulls: arrows that show where a loss moves the generated samples, in 1-D from a rug of them."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from ganviz.frame import Array, Arrows, Frame, Look

from .axes import Box
from .ink import SMALL, elided, number, width, write
from .strokes import arrows, lines, pen
from .theme import Theme

#: Arrows drawn at most, in 1-D and in 2-D.
MOST = {1: 96, 2: 200}
#: The part of the box that a pull of one unit of the scale fills, and at which longer ones are cut.
UNIT, LONGEST = 0.1, 0.2
#: The share of the pulls that the scale is chosen for.
MANY = 0.75
#: Arrows of a 1-D frame: height of the lowest line above the foot, lines, and their distance.
FOOT, LINES, APART = 14, 8, 5
#: Length of the head of an arrow.
HEAD = 5.0
#: The rug: samples of either kind, and how far their ticks reach up and down from the axis.
RUG, UP, DOWN = 160, 8, 5


def chosen(frame: Frame, look: Look) -> Arrows | None:
    """Return the pulls to draw: of the loss that the look wants, else of the one played."""
    if "arrows" not in look.layers or not frame.arrows:
        return None
    for pulls in frame.arrows:
        if pulls.loss == look.arrows:
            return pulls
    return frame.arrows[0]


def unit(frame: Frame, look: Look) -> float:
    """Return which pull is drawn as long as a tenth of the box: 1, 2 or 5 times a power of ten.

    It is that of the loss played, for all losses, so that a loss whose gradient vanishes looks like
    it; times a power of ten for one that pulls much harder. Few frames change it.
    """
    pulls = chosen(frame, look)
    if pulls is None:
        return 1.0
    n = MOST[frame.dim]
    own = usual(pulls.vectors[:n])
    found = frame.ranges.pull or coarse(usual(frame.arrows[0].vectors[:n])) or coarse(own) or 1.0
    if pulls is not frame.arrows[0] and own > LONGEST / UNIT * found:
        found *= 10.0 ** math.ceil(math.log10(own * UNIT / LONGEST / found))
    return found


def usual(vectors: Array) -> float:
    """Return the length that most of the vectors do not exceed: a few are much longer."""
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = np.hypot.reduce(np.asarray(vectors, float), axis=1)
    sizes = sizes[np.isfinite(sizes)]
    return float(np.quantile(sizes, MANY)) if len(sizes) else 0.0


def coarse(value: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten; 0 for what is as good as nothing."""
    if value < 1e-12:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(f * power for f in (1.0, 2.0, 5.0, 10.0) if f * power >= value * (1 - 1e-9))


def reach(box: Box) -> float:
    """Return how many pixels long a pull of one unit is drawn."""
    return UNIT * min(box.right - box.left, box.bottom - box.top)


def paint_pulls(p: QPainter, box: Box, frame: Frame, look: Look, theme: Theme) -> None:
    """Draw the pull on each of the first samples: from the sample, or in 1-D on a rug.

    One that would be too long is cut, and has a second head.
    """
    pulls = chosen(frame, look)
    if pulls is None:
        return
    begin = frame.fake if pulls.at is None else pulls.at
    n = min(len(pulls.vectors), len(begin), MOST[frame.dim])
    factor = reach(box) / unit(frame, look)
    x = box.x(begin[:n, 0])
    dx = np.asarray(pulls.vectors[:n, 0], float) * factor
    if frame.dim == 1:
        y, dy = box.bottom - FOOT - APART * (np.arange(n) % LINES), np.zeros(n)
    else:
        y, dy = box.y(begin[:n, 1]), -np.asarray(pulls.vectors[:n, 1], float) * factor
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if frame.dim == 1 and "rug" in look.layers and pulls.at is None:
        # A stalk from each sample on the rug up to its arrow.
        p.setPen(pen(theme.generated, 1.0, 0.5))
        lines(p, upright(x, np.full(n, box.bottom - UP), y))
    with np.errstate(over="ignore", invalid="ignore"):
        length = np.hypot(dx, dy)
        most = LONGEST / UNIT * reach(box)
        cut = length > most
        share = np.where(cut, most / np.where(cut, length, 1.0), 1.0)
    dx, dy = dx * share, dy * share
    if frame.dim == 2:  # set off from the crowd of the samples that they lie upon
        p.setPen(pen(theme.base, 3.0))
        arrows(p, x, y, dx, dy, HEAD)
    p.setPen(pen(theme.text, 1.2))
    arrows(p, x, y, dx, dy, HEAD)
    short = 1 - HEAD / most
    arrows(p, x[cut], y[cut], short * dx[cut], short * dy[cut], HEAD)


def paint_rug(p: QPainter, box: Box, samples: Array, ink: str, down: bool = False) -> None:
    """Draw a tick on the axis for each of the first samples: upwards, or downwards."""
    x = np.rint(box.x(samples[:RUG, 0]))
    x = x[(x >= box.left) & (x <= box.right)]
    foot = np.full(len(x), box.bottom + (1 if down else 0))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    p.setPen(pen(ink, 1.0, 0.999))
    lines(p, upright(x, foot, foot + (DOWN if down else -UP)))


def upright(x: Array, start: Array, end: Array) -> Array:
    """Return (n, 4) upright lines; those at no finite place are left out."""
    return np.column_stack([x, start, x, end])[np.isfinite(x)]


def paint_notes(
    p: QPainter, box: Box, words: str, scale: float | None, theme: Theme, room: tuple[float, float]
) -> None:
    """Write quiet words above the box, and how long a pull of ``scale`` is drawn.

    ``room`` is what is free there, (left, right) in pixels; what does not fit is left out.
    """
    y, (left, right) = box.top - 11, room
    if scale is not None:
        said = figure(scale)
        long = reach(box)
        wide = width("arrows", SMALL) + 6 + long + 6 + width(said, SMALL)
        if wide > right - left:
            return
        start = right - wide
        write(p, (start, y), "arrows", theme.muted, size=SMALL)
        start += width("arrows", SMALL) + 6
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        p.setPen(pen(theme.muted, 1.0, 0.999))
        ends = (start, y - 4, start + long, y - 4), (start, y - 7, start, y - 1)
        lines(p, np.array([*ends, (start + long, y - 7, start + long, y - 1)]))
        write(p, (start + long + 6, y), said, theme.muted, size=SMALL)
        right -= wide + 18
    words = elided(words, right - left, SMALL)
    if len(words) > 8:
        write(p, ((left + right) / 2, y), words, theme.muted, size=SMALL, align=0.5)


def figure(value: float) -> str:
    """Return one digit times a power of ten, as briefly as can be."""
    if 1e-3 <= value < 1e4:
        return number(value, max(0, -math.floor(math.log10(value) + 1e-9)))
    mantissa, _, exponent = f"{value:.0e}".partition("e")
    return f"{mantissa}e{int(exponent)}".replace("-", "\N{MINUS SIGN}")


def above(box: Box, left: str, right: str, area: QRectF) -> tuple[float, float]:
    """Return what is free above a box between the names of its axes, (left, right) in pixels."""
    return (
        box.left - 8 + max(width(left, SMALL) - (box.left - area.left() - 20), 0) + 12,
        box.right + 8 - max(width(right, SMALL) - (area.right() - box.right - 20), 0) - 12,
    )
