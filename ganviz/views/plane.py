"""The distribution of 2-D data: one square of the plane, or two side by side."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from ganviz.frame import Array, Frame, Look

from .axes import Box, draw_bottom, draw_side
from .cells import (
    DIFFERENCE,
    counts,
    density_label,
    paint_density,
    paint_density_scale,
    paint_difference,
    paint_difference_scale,
    paint_squares,
    square_at,
)
from .centres import captured, mode_at, paint_centres
from .cloud import Kind, paint_cloud
from .code import paint_way
from .field import contour, paint_field, paint_neutral, paint_scale, scale_end
from .ink import SMALL, brief, number, stamp, whole, width, write
from .line import belief_range, note, percent
from .margins import ROOM, paint_margins
from .mesh import paint_mesh
from .over import paint_over_cloud, paint_over_plane
from .pulls import above, chosen, paint_notes, paint_pulls, unit
from .strokes import Same, Sheet, curve, dashed, pen, thinned
from .theme import Theme, colour

#: Shares of the greatest density at which contours of p and p_g are drawn.
LEVELS = (0.03, 0.3)
#: Least side of a square in which anything can be read, and from which on it has marginals.
LEAST, LEAST_WITH_MARGINS = 40, 160
#: What the two squares are called.
NAMES = ("real", "generated")


def paint_plane(
    p: QPainter,
    area: QRectF,
    frame: Frame,
    look: Look,
    theme: Theme,
    ground: Sheet,
    over: tuple[Frame, ...] = (),
) -> None:
    """Paint a 2-D frame, and ``over`` it what other lanes have generated and believe."""
    panels = panels_of(area, frame, look)
    if min(min(box.right - box.left, box.bottom - box.top) for box in panels) < LEAST:
        p.fillRect(area, colour(theme.base))
        return
    low, high = belief_range(frame)
    scale = (low, min(max(frame.belief.neutral, low), high), high)
    words = frame.belief.label, frame.belief.neutral_label
    said = note(frame, look)
    pull = unit(frame, look) if chosen(frame, look) else None
    top = frame.ranges.density
    key = (theme.name, panels, scale, words, said, pull, top, look.style, _field(look), look.layers)

    def paint_ground(q: QPainter) -> None:
        for which, box in enumerate(panels):
            _paint_frame(q, box, which == 0, box is panels[-1], theme)
        _paint_key(q, area, panels, scale, frame, look, theme)
        _paint_words(q, area, panels, frame, look, theme, said, pull)

    ground.draw(p, area, key, paint_ground, theme.base)
    for which, box in enumerate(panels):
        p.save()
        p.setClipRect(box.rect)
        _paint_panel(p, box, which, scale, frame, look, theme, over)
        if look.style in ("samples", "histogram"):
            paint_over_plane(p, box, over, look, theme, LEVELS)
        p.restore()
    if _with_margins(panels[0], look):
        shown = look.layers
        real = frame.real if "real" in shown else None
        fake = frame.fake if "generated" in shown else None
        paint_margins(p, panels[0], real, fake, frame.real, theme)


# ---- where things are ---------------------------------------------------------------------------


def data_box(area: QRectF, frame: Frame, room: float = 0.0) -> Box:
    """Return where the data are drawn: centred, with equal units across and up.

    ``room`` is what is kept free above and at the right.
    """
    across, up = frame.ranges.data
    edges = (area.left() + 48, area.top() + 26 + room, area.right() - 66 - room, area.bottom() - 26)
    return Box(*edges, *across, *up).squared()


def panels_of(area: QRectF, frame: Frame, look: Look) -> tuple[Box, ...]:
    """Return the squares: one, or those of real and generated samples side by side."""
    if look.style == "beside":
        across, up = frame.ranges.data
        left, right = area.left() + 48, area.right() - 66
        top, bottom, gap = area.top() + 26, area.bottom() - 26, 22
        half = (right - left - gap) / 2
        return tuple(
            Box(start, top, start + half, bottom, *across, *up).squared()
            for start in (left, left + half + gap)
        )
    if "marginals" in look.layers:
        box = data_box(area, frame, ROOM)
        if min(box.right - box.left, box.bottom - box.top) >= LEAST_WITH_MARGINS:
            return (box,)
    return (data_box(area, frame),)


def _with_margins(box: Box, look: Look) -> bool:
    big = min(box.right - box.left, box.bottom - box.top) >= LEAST_WITH_MARGINS
    return "marginals" in look.layers and look.style != "beside" and big


def _lifted(box: Box, look: Look) -> Box:
    """Return the box with its marginals, where it has any: what stands beside it is beside them."""
    if not _with_margins(box, look):
        return box
    return replace(box, top=box.top - ROOM, right=box.right + ROOM)


def _field(look: Look) -> bool:
    """Return whether the belief is drawn in colours, which squares of densities leave no room."""
    return "belief" in look.layers and look.style in ("samples", "histogram")


# ---- what stands still --------------------------------------------------------------------------


def _paint_frame(p: QPainter, box: Box, first: bool, last: bool, theme: Theme) -> None:
    p.setPen(QPen(colour(theme.border), 1))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRect(box.rect.adjusted(-0.5, -0.5, 0.5, 0.5))
    draw_bottom(p, box, theme, "x" if last else "", room=60)
    if first:
        draw_side(p, box, theme, "y", room=48, spine=True)


def _paint_key(
    p: QPainter,
    area: QRectF,
    panels: tuple[Box, ...],
    scale: tuple[float, float, float],
    frame: Frame,
    look: Look,
    theme: Theme,
) -> None:
    """Draw the scale of the colours beside the last square."""
    last = panels[-1]
    if _with_margins(last, look):
        last = replace(last, right=last.right + ROOM)
    if look.style == "beside":
        paint_density_scale(p, last, frame.ranges.density, theme)
    elif look.style == "difference":
        paint_difference_scale(p, last, frame.ranges.density, theme)
    elif _field(look):
        paint_scale(p, last, scale, frame, theme)


def _key_label(box: Box, frame: Frame, look: Look) -> str:
    """Return the words above the scale of the colours."""
    if look.style in ("beside", "difference"):
        return density_label(box) if look.style == "beside" else DIFFERENCE
    return frame.belief.label if _field(look) else ""


def _paint_words(
    p: QPainter,
    area: QRectF,
    panels: tuple[Box, ...],
    frame: Frame,
    look: Look,
    theme: Theme,
    said: str,
    pull: float | None,
) -> None:
    """Write what stands above the squares, clear of the words above the scale."""
    label = width(_key_label(panels[-1], frame, look), SMALL)
    if len(panels) == 1:
        box = _lifted(panels[0], look)
        left, right = above(box, "y", "", area)
        if label:
            right = min(right, scale_end(box) - label - 12)
        paint_notes(p, box, said, pull, theme, (left, right))
        return
    for box, name, ink in zip(panels, NAMES, (theme.real, theme.generated), strict=True):
        at = (box.left + 2, box.top - 9)
        write(p, at, name, theme.words(ink), size=SMALL, bold=True)
    last = panels[-1]
    left = last.left + 2 + width(NAMES[1], SMALL, True) + 12
    right = min(last.right, scale_end(last) - label - 12)
    paint_notes(p, last, said, pull, theme, (left, right))


# ---- what moves ---------------------------------------------------------------------------------


def _paint_panel(
    p: QPainter,
    box: Box,
    which: int,
    scale: tuple[float, float, float],
    frame: Frame,
    look: Look,
    theme: Theme,
    over: tuple[Frame, ...] = (),
) -> None:
    """Paint one square: the only one, or that of the real (0) or the generated (1) samples."""
    shown, style = look.layers, look.style
    top = frame.ranges.density
    generated = style != "beside" or which == 1
    kinds = _kinds(frame, look, theme)
    if style == "beside":
        points, ink = ((frame.real, theme.real), (frame.fake, theme.generated))[which]
        if NAMES[which] in shown:
            paint_density(p, box, points, look.bins, top, ink, theme)
    elif style == "difference":
        paint_difference(p, box, (frame.real, frame.fake), look.bins, top, theme)
    if "belief" in shown:
        if _field(look):
            # Squares are of the field's own hues: it steps back behind them.
            paint_field(p, box, frame, scale, theme, 0.4 if style == "histogram" else 1.0)
        else:
            paint_neutral(p, box, frame, theme)
    if "contours" in shown:
        _paint_contours(p, box, frame, theme)
    if "manifold" in shown and frame.manifold is not None and generated:
        paint_mesh(p, box, frame.manifold, theme)
    if style == "samples":
        if "generated" in shown:
            paint_over_cloud(p, box, frame, over, theme)
        paint_cloud(p, box, _by_code(kinds, frame, theme), theme)
    elif style == "histogram":
        for shape, points, ink in kinds:
            paint_squares(p, box, points, look.bins, ink, shape)
    if "average" in shown and generated:
        paint_way(p, box, frame.code, theme)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if "best" in shown and frame.best is not None:
        p.setPen(pen(theme.best, 2.0, 0.999))
        found = contour(frame, frame.best)
        if found is not None:
            dashed(p, box.x(found[:, 0]), box.y(found[:, 1]))
    if "modes" in shown and len(frame.modes):
        paint_centres(p, box, frame if generated else replace(frame, captured=None), theme)
    if generated:
        paint_pulls(p, box, frame, look, theme)
    for row, (_, points, ink) in enumerate(kinds):
        if style != "beside" or row == which:
            _paint_outside(p, box, points, theme.words(ink), theme, 0 if which else row)


def _kinds(frame: Frame, look: Look, theme: Theme) -> list[Kind]:
    """Return the kinds of samples that are shown."""
    kinds: list[Kind] = []
    if "real" in look.layers:
        kinds.append(("disc", frame.real, theme.real))
    if "generated" in look.layers:
        kinds.append(("diamond", frame.fake, theme.generated))
    if "average" in look.layers and frame.average is not None:
        kinds.append(("ring", frame.average, theme.model))
    return kinds


def _by_code(kinds: list[Kind], frame: Frame, theme: Theme) -> list[Kind]:
    """Return the same kinds, the generated samples of each category of the code in its colour."""
    if frame.coded is None:
        return kinds
    found: list[Kind] = []
    for shape, points, ink in kinds:
        if points is frame.fake:
            for number in range(frame.categories):
                own = points[frame.coded == number]
                found.append((shape, own, theme.category(number, frame.categories)))
        else:
            found.append((shape, points, ink))
    return found


def _paint_contours(p: QPainter, box: Box, frame: Frame, theme: Theme) -> None:
    """Draw where p, and p_g where it is known, reach some shares of the greatest p."""
    model = frame.model.density if frame.model is not None else None
    known = [each for each in (frame.density, model) if each is not None]
    top = max((float(each.max(initial=0.0)) for each in known[:1]), default=0.0)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for density, ink in ((frame.density, theme.density), (model, theme.model)):
        if density is None:
            continue
        p.setPen(pen(ink, 1.2))
        for level in LEVELS:
            found = contour(frame, density, level * top)
            if found is not None:
                curve(p, *thinned(box.x(found[:, 0]), box.y(found[:, 1])))


def _paint_outside(p: QPainter, box: Box, points: Array, ink: str, theme: Theme, row: int) -> None:
    """Say at each edge how many samples lie beyond it, each sample once, left or right first."""
    n = max(len(points), 1)
    if min(box.right - box.left, box.bottom - box.top) < 130:
        return  # the words would meet in the middle
    counts = _beyond(Same(points), (box.low_x, box.high_x), (box.low_y, box.high_y))
    if not any(counts):
        return
    left, right, below, above = counts
    middle_x, middle_y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    shift = 18 * row
    for count, words, at, align in (
        (left, "\N{LEFTWARDS ARROW} {}", (box.left + 6, middle_y + shift), 0.0),
        (right, "{} \N{RIGHTWARDS ARROW}", (box.right - 6, middle_y + shift), 1.0),
        (below, "\N{DOWNWARDS ARROW} {}", (middle_x, box.bottom - 24 + shift), 0.5),
        (above, "\N{UPWARDS ARROW} {}", (middle_x, box.top + 16 + shift), 0.5),
    ):
        if count:
            stamp(p, at, words.format(percent(count / n)), ink, theme.base, align=align)


@lru_cache(maxsize=8)
def _beyond(
    points: Same, across: tuple[float, float], up: tuple[float, float]
) -> tuple[int, int, int, int]:
    """Return how many samples lie left, right, below and above of a range, remembered."""
    x, y = points.thing[:, 0], points.thing[:, 1]
    if not len(x) or (
        x.min() >= across[0] and x.max() <= across[1] and y.min() >= up[0] and y.max() <= up[1]
    ):
        return (0, 0, 0, 0)
    left, right = x < across[0], x > across[1]
    neither = ~(left | right)
    below, above = neither & (y < up[0]), neither & (y > up[1])
    return int(left.sum()), int(right.sum()), int(below.sum()), int(above.sum())


# ---- what is under the pointer ------------------------------------------------------------------


def read_plane(at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
    """Return in words what is drawn at a point: of the grid's nearest node, so that it is exact.

    In squares also their counts, and on the ring of a mode what it has captured.
    """
    for box in panels_of(area, frame, look):
        if box.rect.contains(at):
            return _read_box(at, box, frame, look)
    return ()


def _read_box(at: QPointF, box: Box, frame: Frame, look: Look) -> tuple[str, ...]:
    xs, ys = frame.grid
    column = int(np.abs(box.x(xs) - at.x()).argmin())
    row = int(np.abs(box.y(ys) - at.y()).argmin())
    x, y = float(xs[column]), float(ys[row])
    found = [f"x = {number(x, 2)}   y = {number(y, 2)}"]
    if frame.belief.label:
        label = frame.belief.label.partition(" = ")[0]
        found.append(f"{label} = {brief(float(frame.belief.values[row, column]))}")
    if frame.best is not None and np.isfinite(frame.best[row, column]):
        found.append(f"D* = {brief(float(frame.best[row, column]))}")
    if frame.density is not None:
        found.append(f"p = {brief(float(frame.density[row, column]))}")
    if frame.model is not None and "contours" in look.layers:
        found.append(f"p_g = {brief(float(frame.model.density[row, column]))}")
    if look.style != "samples":
        cell = square_at(box, look.bins, len(frame.fake), at.x(), at.y())
        both = zip((frame.real, frame.fake), NAMES, strict=True)
        parts = [
            f"{whole(int(counts(box, points, look.bins)[cell]))} of {whole(len(points))} {name}"
            for points, name in both
        ]
        found.append("square: " + ", ".join(parts))
    mode = mode_at(box, frame, at.x(), at.y()) if "modes" in look.layers else None
    if mode is not None:
        found.append(_mode(frame, mode))
    return tuple(found)


def _mode(frame: Frame, mode: int) -> str:
    which = f"mode {mode + 1} of {len(frame.modes)}"
    if frame.captured is None:
        return which
    share = float(frame.captured[mode])
    state = "captured" if captured(frame)[mode] else "missed"
    return f"{which} {state}: {100 * share:.1f} % of the generated samples"
