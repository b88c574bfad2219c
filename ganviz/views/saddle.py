"""Saddle: two coordinates of the game against each other, over the value of the game."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen
from PySide6.QtWidgets import QWidget

from ganviz.frame import Array, Frame, Look, Portrait

from .axes import Box, draw_bottom, draw_side, lengthy
from .chrome import Choice
from .ink import SMALL, brief, pixel_ratio, whole, width, write
from .orbit import ROWS, Tail, tail
from .plot import View
from .strokes import Same, Sheet, arrows, curve, dot, pen, sprites
from .tags import THIN, Tags
from .theme import Theme, colour, mixed, ramp

#: Shades of a fading tail.
SHADES = 8
#: Contour lines of V.
LEVELS = 11
#: Nodes of the vector field that are drawn, each way.
NODES = 13
#: How near the pointer must be to the orbit to read a step off it, pixels.
NEAR = 6.0
#: Where the letter of another lane may stand about its present point.
AROUND = ((1, 0), (-1, 0), (0, -1.1), (0, 1.1), (1, -1), (1, 1), (-1, -1), (-1, 1))
#: What stands between the parts of a portrait's note.
PART = " · "


class Saddle(View):
    """The orbit of the two players over the field of V."""

    name = "saddle"
    title = "Saddle"
    about = (
        "The two players against each other, one point per step: a fading tail of the last two "
        "turns about the equilibrium, over contours of the value V of the game, with arrows where "
        "a step leads on average, all of one length. Above it, how the orbit turns and what theory "
        "says of it near the equilibrium, where it is known."
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice = Choice("Portrait", "Which two coordinates of the game are drawn")
        self._choice.wanted.connect(self._chosen)
        self._choice.hide()
        self.header.add_control(self._choice)
        self._shown: tuple[tuple[str, ...], str] | None = None
        self._note = ""
        self._ground = Sheet()
        self._cover = Sheet()

    def dress(self, frame: Frame, look: Look) -> None:
        """Bring the controls of the header up to date."""
        names = tuple(portrait.name for portrait in frame.portraits)
        value = chosen(frame, look).name if names else ""
        if (names, value) != self._shown:
            self._shown = (names, value)
            self._choice.setVisible(bool(names))
            self._choice.show_value(names, value)
            self.header.arrange()
        note = chosen(frame, look).note if names else ""
        if note != self._note:
            self._note = note
            self.header.tell(lambda: "\n\n".join(filter(None, [self.about, note])))

    def _chosen(self, portrait: str) -> None:
        self.look_wanted.emit({"portrait": portrait})

    def paint(self, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        """Paint the plot."""
        if not frame.portraits:
            p.fillRect(area, colour(self.theme.base))
            at = (area.center().x(), area.center().y())
            write(p, at, "No portrait for this game", self.theme.muted, align=0.5)
            return
        portrait = chosen(frame, look)
        box = portrait_box(area, frame, portrait)
        if box.right - box.left < 40 or box.bottom - box.top < 40:
            p.fillRect(area, colour(self.theme.base))
            return
        words = (portrait.x_label, portrait.y_label, portrait.centre, portrait.field_box)
        key = (self.theme.name, box, words, Same(portrait.field), Same(portrait.flow))
        self._ground.draw(
            p, area, key, lambda q: self._paint_ground(q, box, portrait), self.theme.base
        )
        note = fitting(portrait.note, note_room(box, portrait))
        write(p, (box.right, box.top - 11), note, self.theme.muted, size=SMALL, align=1)
        x, y = followed(frame, portrait)
        first = x[:1], y[:1]
        if portrait.x:
            begun = len(frame.trace) - len(x)
            end = tail(x, y, portrait.centre, begun)
            first = (
                frame.trace.values(portrait.x, 0, 1),
                frame.trace.values(portrait.y, 0, 1),
            )
        else:  # all of it: it is thinned already
            end = Tail(x, y, 1 - np.arange(len(x)) / max(len(x) - 1, 1))
        p.setClipRect(box.rect)
        ends = self._paint_over(p, box, portrait, look)
        self._paint_orbit(p, box, first, end, portrait.field is None)
        self._cover.draw(p, area, key, lambda q: self._paint_cover(q, box, portrait))
        now = dot("disc", self.theme.orbit, self.theme.base, 12, pixel_ratio(p))
        sprites(p, *self._pixels(box, end.x[-1:], end.y[-1:]), now, pixel_ratio(p))
        self._paint_ends(p, box, portrait, end, ends)

    def lays_over(self, frame: Frame, look: Look) -> bool:
        """Return whether other lanes are drawn over it: their orbits are."""
        return True

    def _paint_over(
        self, p: QPainter, box: Box, portrait: Portrait, look: Look
    ) -> list[tuple[str, Array, Array]]:
        """Draw the orbits of other lanes in thin lines; return (letter, x, y) of each in pixels."""
        found = []
        for other in self.over:
            same = [each for each in other.portraits if each.name == portrait.name]
            x, y = followed(other, same[0]) if same else (np.empty(0), np.empty(0))
            if not len(x):
                continue
            if portrait.x:
                path = tail(x, y, portrait.centre, len(other.trace) - len(x))
                x, y = path.x, path.y
            x, y = self._pixels(box, x, y)
            p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            way = float(np.hypot(np.diff(x), np.diff(y)).sum())
            # Fainter than the orbit of the driven lane, a scribble of noise fainter than a curve.
            share = min(max(5 * (box.right - box.left) / (way or 1.0), 0.2), 0.6)
            p.setPen(pen(mixed(self.theme.base, self.theme.orbit, round(share, 2)), THIN))
            curve(p, x, y)
            found.append((other.lane, x, y))
        return found

    def _paint_ends(
        self,
        p: QPainter,
        box: Box,
        portrait: Portrait,
        end: Tail,
        ends: list[tuple[str, Array, Array]],
    ) -> None:
        """Mark where other lanes are now, with their letters."""
        t, dpr = self.theme, pixel_ratio(p)
        places = self._pixels(box, end.x[-1:], end.y[-1:])
        taken = [QRectF(x - 8, y - 8, 16, 16) for x, y in zip(*places, strict=True)]
        if portrait.centre is not None:
            across, up = float(box.x(portrait.centre[0])), float(box.y(portrait.centre[1]))
            taken.append(QRectF(across - 8, up - 8, 16, 16))
            at, align = _named(box, across, up)
            wide = width("equilibrium", SMALL)
            taken.append(QRectF(at[0] - align * wide, at[1] - SMALL, wide, SMALL + 4))
        now = dot("ring", t.orbit, t.base, 9, dpr, t.base)
        for _, x, y in ends:
            sprites(p, x[-1:], y[-1:], now, dpr)
            taken += [QRectF(a - 5, b - 5, 10, 10) for a, b in zip(x[-1:], y[-1:], strict=True)]
        tags = Tags(p, box, t, taken)
        for letter, x, y in ends:
            at = x[-1], y[-1]
            around = [(at[0] + r * a, at[1] + r * b) for r in (15, 24, 34) for a, b in AROUND]
            if not (np.isfinite(at).all() and tags.at(letter, t.orbit, around)):
                tags.put(letter, t.orbit, x, y, 1.0)

    def _paint_ground(self, p: QPainter, box: Box, portrait: Portrait) -> None:
        t = self.theme
        p.save()
        p.setClipRect(box.rect)
        if portrait.field is not None and portrait.field_box is not None:
            self._paint_field(p, box, portrait.field, portrait.field_box, portrait.centre)
        p.setPen(QPen(colour(t.axis, 0.55), 1))
        if box.low_x < 0 < box.high_x:
            x = math.floor(float(box.x(0.0))) + 0.5
            p.drawLine(QLineF(x, box.top, x, box.bottom))
        if box.low_y < 0 < box.high_y:
            y = math.floor(float(box.y(0.0))) + 0.5
            p.drawLine(QLineF(box.left, y, box.right, y))
        if portrait.flow is not None and portrait.field_box is not None:
            self._paint_flow(p, box, portrait.flow, portrait.field_box)
        p.restore()
        p.setPen(QPen(colour(t.border), 1))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRect(box.rect.adjusted(-0.5, -0.5, 0.5, 0.5))
        draw_bottom(p, box, t, portrait.x_label, room=14)
        draw_side(p, box, t, portrait.y_label, room=50)

    def _paint_field(
        self,
        p: QPainter,
        box: Box,
        field: Array,
        edges: tuple[float, float, float, float],
        centre: tuple[float, float] | None,
    ) -> None:
        tall, wide = field.shape
        xs, ys = cells(field, edges)
        finite = np.isfinite(field)
        if not finite.any():
            return
        if centre is None:
            middle = float(np.median(field[finite]))
        else:  # the cell of the equilibrium
            i = int(np.clip(np.searchsorted(ys, centre[1]), 0, tall - 1))
            j = int(np.clip(np.searchsorted(xs, centre[0]), 0, wide - 1))
            middle = float(field[i, j]) if finite[i, j] else float(np.median(field[finite]))
        reach = float(np.abs(field[finite] - middle).max()) or 1.0
        paint_field(p, box, xs, ys, shares(field, middle, reach), self.theme)

    def _paint_flow(
        self, p: QPainter, box: Box, flow: Array, edges: tuple[float, float, float, float]
    ) -> None:
        """Draw the mean move of a step at each node as an arrow: its direction, not its size."""
        rows, columns = (
            np.unique(np.rint(np.linspace(0, n - 1, min(n, NODES))).astype(np.intp))
            for n in flow.shape[:2]
        )
        x = box.x(np.linspace(edges[0], edges[1], flow.shape[1])[columns])
        y = box.y(np.linspace(edges[2], edges[3], flow.shape[0])[rows])
        if min(len(x), len(y)) < 2:
            return
        moves = np.asarray(flow[np.ix_(rows, columns)], float) * (box.scale_x, -box.scale_y)
        long = 0.5 * float(min(abs(x[1] - x[0]), abs(y[1] - y[0])))
        size = np.hypot(moves[..., 0], moves[..., 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            moves *= (long / size)[..., None]
        across, up = (part.ravel() for part in np.meshgrid(x, y))
        dx, dy = moves[..., 0].ravel(), moves[..., 1].ravel()
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(pen(mixed(self.theme.muted, self.theme.base, 0.25), 1.0))
        arrows(p, across - dx / 2, up - dy / 2, dx, dy, 4.0)

    @staticmethod
    def _pixels(box: Box, x: Array, y: Array) -> tuple[Array, Array]:
        return (
            np.clip(box.x(x), box.left - 4e3, box.right + 4e3),
            np.clip(box.y(y), box.top - 4e3, box.bottom + 4e3),
        )

    def _paint_orbit(
        self, p: QPainter, box: Box, start: tuple[Array, Array], end: Tail, bare: bool
    ) -> None:
        """Paint the end of an orbit; ``bare``: there is nothing beneath it to shine through."""
        t = self.theme
        if not len(end.x):
            return
        x, y = self._pixels(box, end.x, end.y)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        # A scribble of noise is drawn fainter than a curve: else it would be one dark blot.
        way = float(np.hypot(np.diff(x), np.diff(y)).sum())
        ink = min(max(8 * (box.right - box.left) / (way or 1.0), 0.3), 1.0)
        shade = np.minimum((1 - end.age[1:]) * SHADES, SHADES - 1).astype(np.intp)
        ends = np.searchsorted(shade, np.arange(SHADES + 1))  # it rises from the oldest on
        for i in range(SHADES):
            strength = ((i + 1) / SHADES) ** 1.3
            share = (0.06 + 0.88 * strength) * ink
            if ink < 1 and bare:
                # Many long segments: hairlines in a mixed colour cost a tenth of wide veils.
                p.setPen(pen(mixed(t.base, t.orbit, round(share, 2)), 1.0))
            else:
                p.setPen(pen(t.orbit, 1 + ink * strength, share))
            first, last = ends[i], ends[i + 1]
            curve(p, x[first : last + 1], y[first : last + 1])
        dpr = pixel_ratio(p)
        if np.isfinite(start).all():
            ring = dot("ring", t.orbit, t.base, 7, dpr, t.base)
            sprites(p, *self._pixels(box, *start), ring, dpr)

    def _paint_cover(self, p: QPainter, box: Box, portrait: Portrait) -> None:
        if portrait.centre is None:
            return
        t = self.theme
        x, y = float(box.x(portrait.centre[0])), float(box.y(portrait.centre[1]))
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for ink, wide in ((t.base, 4.5), (t.text, 1.8)):
            p.setPen(QPen(colour(ink), wide))
            p.drawLine(QPointF(x - 6, y), QPointF(x + 6, y))
            p.drawLine(QPointF(x, y - 6), QPointF(x, y + 6))
        # Above the orbit, so that nothing crosses the word; on the side where there is room.
        if box.left <= x <= box.right and box.top <= y <= box.bottom:
            at, align = _named(box, x, y)
            write(p, at, "equilibrium", t.muted, size=SMALL, halo=t.base, align=align)

    def read(self, at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
        """Return the two coordinates, V there, and the step of an orbit's point that is near."""
        if not frame.portraits:
            return ()
        portrait = chosen(frame, look)
        box = portrait_box(area, frame, portrait)
        if not box.rect.contains(at):
            return ()
        x = box.low_x + (at.x() - box.left) / box.scale_x
        y = box.low_y + (box.bottom - at.y()) / box.scale_y
        lines = [f"{portrait.x_label} {brief(x)}", f"{portrait.y_label} {brief(y)}"]
        if portrait.field is not None and portrait.field_box is not None:
            xs, ys = cells(portrait.field, portrait.field_box)
            i, j = int(np.abs(ys - y).argmin()), int(np.abs(xs - x).argmin())
            lines.append(f"V = {brief(float(portrait.field[i, j]))}")
        if portrait.x:
            px, py = followed(frame, portrait)
            with np.errstate(over="ignore", invalid="ignore"):
                far = np.hypot(box.x(px) - at.x(), box.y(py) - at.y())
            far = np.nan_to_num(far, nan=np.inf)
            if len(far) and far.min() < NEAR:
                i = int(np.flatnonzero(far <= far.min())[-1])
                lines.append(f"passed at step {whole(frame.trace.last + 1 - len(far) + i)}")
        return tuple(lines)


def _named(box: Box, x: float, y: float) -> tuple[tuple[float, float], float]:
    """Return where the word beside an equilibrium stands, and the share of it left of there."""
    right = x + 12 + width("equilibrium", SMALL) < box.right
    high = y - 8 if y - 10 - SMALL > box.top else y + 8 + SMALL
    return (x + 9 if right else x - 9, high), 0.0 if right else 1.0


def paint_field(p: QPainter, box: Box, xs: Array, ys: Array, share: Array, theme: Theme) -> None:
    """Paint a field over even cells about (xs, ys), with its contours.

    ``share`` is (h, w) from −1 to 1, row 0 at the lowest y.
    """
    share = np.nan_to_num(share)
    tall, wide = share.shape
    half_x, half_y = (xs[1] - xs[0]) / 2, (ys[1] - ys[0]) / 2
    shades = np.rint(127.5 + 127.5 * share).astype(np.intp)
    pixels = np.ascontiguousarray(ramp(theme.saddle)[shades[::-1]])
    image = QImage(pixels.data, wide, tall, 4 * wide, QImage.Format.Format_RGB32)
    corner = QPointF(float(box.x(xs[0] - half_x)), float(box.y(ys[-1] + half_y)))
    other = QPointF(float(box.x(xs[-1] + half_x)), float(box.y(ys[0] - half_y)))
    p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    p.drawImage(QRectF(corner, other), image)

    from contourpy import LineType, contour_generator  # only where drawn

    contours = contour_generator(
        *to_edges(xs, ys, share), name="serial", line_type=LineType.ChunkCombinedNan
    )
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setPen(pen(mixed(theme.axis, theme.base, 0.35), 1.0, 0.55))
    for level in np.linspace(-1, 1, LEVELS + 2)[1:-1]:
        found = contours.lines(float(level))[0][0]
        if found is not None:
            curve(p, box.x(found[:, 0]), box.y(found[:, 1]))


def shares(values: Array, middle: float, reach: float) -> Array:
    """Return values as shares from −1 to 1 of a reach about a middle; 0 where there is none."""
    share = np.nan_to_num((values - middle) / reach, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(share, -1.0, 1.0)


def cells(field: Array, edges: tuple[float, float, float, float]) -> tuple[Array, Array]:
    """Return the middles (w,), (h,) of the cells of a field (h, w) between these edges."""
    (tall, wide), (low_x, high_x, low_y, high_y) = field.shape, edges
    return (
        low_x + (np.arange(wide) + 0.5) * (high_x - low_x) / wide,
        low_y + (np.arange(tall) + 0.5) * (high_y - low_y) / tall,
    )


def followed(frame: Frame, portrait: Portrait) -> tuple[Array, Array]:
    """Return (x, y) of the points of a portrait, the latest last: of a trace the last ``ROWS``."""
    if portrait.x:
        return frame.trace.column(portrait.x, ROWS), frame.trace.column(portrait.y, ROWS)
    path = np.empty((0, 2)) if portrait.path is None else portrait.path
    return path[:, 0], path[:, 1]


def portrait_box(area: QRectF, frame: Frame, portrait: Portrait) -> Box:
    """Return where a portrait is drawn."""
    left, right = area.left() + 50, area.right() - 14
    below = 40 if lengthy(portrait.x_label, right - left) else 24
    edges = (left, area.top() + 22, right, area.bottom() - below)
    return Box(*edges, *frame.ranges.portrait(portrait.name))


def note_room(box: Box, portrait: Portrait) -> float:
    """Return how much of the line above a box its y-axis leaves free, pixels."""
    return box.right - box.left + 38 - width(portrait.y_label, SMALL) - 18


def fitting(note: str, room: float) -> str:
    """Return as many parts of a note, from its first on, as there is room for; none is ever cut."""
    parts = note.split(PART)
    while parts and width(PART.join(parts), SMALL) > room:
        parts.pop()
    return PART.join(parts)


def to_edges(xs: Array, ys: Array, values: Array) -> tuple[Array, Array, Array]:
    """Return a field of cells carried on to the edges of the outermost ones, in straight lines."""

    def carried(a: Array) -> Array:
        ends = a[:1] * 1.5 - a[1:2] * 0.5, a[-1:] * 1.5 - a[-2:-1] * 0.5
        return np.concatenate([ends[0], a, ends[1]])

    if min(values.shape) < 2:
        return xs, ys, values
    return carried(xs), carried(ys), carried(carried(values).T).T


def chosen(frame: Frame, look: Look) -> Portrait:
    """Return the portrait that the look wants, else the one the game prefers."""
    for portrait in frame.portraits:
        if portrait.name == look.portrait:
            return portrait
    return frame.portraits[0]
