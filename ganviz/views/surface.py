"""Surface: V about the present weights, along each player's own update, as a map or solid."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QWidget

from ganviz.frame import Array, Frame, Look, Surface

from .axes import Box, draw_bottom, draw_side, lengthy, ticks
from .chrome import Segments
from .ink import SMALL, brief, elided, number, pixel_ratio, whole, width, write
from .plot import View
from .saddle import paint_field, shares
from .strokes import Same, Sheet, curve, dot, lines, pen, segments, sprites
from .theme import Theme, channels, colour, mixed, ramp

#: Names of the two directions.
ACROSS, UP = "along G's update", "along D's update"
#: How tall the solid stands for its width.
TALL = 0.62
#: Least and greatest tilt, and degrees per pixel of a drag.
TILTS, PER_PIXEL = (8.0, 90.0), 0.45
#: V is told apart up to so many times the distance from the present V that most nodes keep within.
FAR = 2.5
#: Width of the bar of values, and of all to the right of the plot, at least.
BAR, ASIDE = 10, 66


class Landscape(View):
    """V on the plane through the present weights that the players' own updates span."""

    name = "surface"
    title = "Surface"
    about = (
        "The value V of the game on the plane through the present weights along the generator's "
        "and the discriminator's own latest update, in units of their weights. The path is where "
        "the players have been lately, projected onto the plane; the dot in the middle is now. G "
        "wants to go down across the plane, D up along it. As a map with contours, or solid: drag "
        "to turn it. It is computed beside the training, a few times a second at most, on fixed "
        "samples; above it stand the step it belongs to and what it costs."
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kinds = Segments(
            "Drawn as",
            (
                ("map", "Map", "A map with contours"),
                ("solid", "Solid", "In three dimensions; drag to turn it"),
            ),
        )
        self._kinds.wanted.connect(self._wanted)
        self.header.add_control(self._kinds)
        self._sheet = Sheet()
        self._from = (0.0, 0.0)  # turn and tilt when a drag began

    def _wanted(self, kind: str) -> None:
        self.look_wanted.emit({"solid": kind == "solid"})

    def dress(self, frame: Frame, look: Look) -> None:
        """Bring the controls of the header up to date."""
        self._kinds.show_value("solid" if look.solid else "map")

    def paint(self, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        """Paint the plot."""
        t, surface = self.theme, frame.surface
        if surface is None or not np.isfinite(surface.values).any():
            p.fillRect(area, colour(t.base))
            words = absence(frame)
            at = (area.center().x(), area.center().y())
            write(p, at, elided(words, area.width() - 24), t.muted, align=0.5)
            return
        view = (look.turn, look.tilt) if look.solid else ()
        key = (t.name, Same(surface), look.solid, *view)
        paint = self._paint_solid if look.solid else self._paint_map
        self._sheet.draw(p, area, key, lambda q: paint(q, area, surface, look), t.base)

    # -- the map ------------------------------------------------------------------------------

    def _paint_map(self, p: QPainter, area: QRectF, surface: Surface, look: Look) -> None:
        t = self.theme
        box = map_box(area, surface)
        if box.right - box.left < 40 or box.bottom - box.top < 40:
            return
        share, _, reach = heights(surface)
        p.save()
        p.setClipRect(box.rect)
        paint_field(p, box, surface.across, surface.up, share, t)
        p.setPen(QPen(colour(t.axis, 0.55), 1))
        x, y = (math.floor(float(part)) + 0.5 for part in (box.x(0.0), box.y(0.0)))
        p.drawLine(QLineF(x, box.top, x, box.bottom))
        p.drawLine(QLineF(box.left, y, box.right, y))
        self._paint_path(p, box.x(surface.path[:, 0]), box.y(surface.path[:, 1]))
        p.restore()
        p.setPen(QPen(colour(t.border), 1))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRect(box.rect.adjusted(-0.5, -0.5, 0.5, 0.5))
        draw_bottom(p, box, t, ACROSS, room=aside(surface))
        draw_side(p, box, t, UP, room=50)
        room = area.right() - 12 - (box.left + 8 + width(UP, SMALL) + 14 - 50)
        self._paint_note(p, area, surface, room)
        self._paint_bar(p, area, box.top, box.bottom, surface, reach)

    def _paint_path(self, p: QPainter, x: Array, y: Array) -> None:
        """Draw the recent path, fading into the past, and the present point."""
        t, dpr = self.theme, pixel_ratio(p)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        x, y = np.clip(x, -4e3, 8e3), np.clip(y, -4e3, 8e3)
        steps = np.flatnonzero(np.isfinite(x[:-1] + y[:-1] + x[1:] + y[1:]))
        for part in np.array_split(steps, 6) if len(steps) else ():
            if len(part):
                strength = (part[-1] + 1) / max(len(x) - 1, 1)
                p.setPen(pen(t.orbit, 2.0, 0.15 + 0.8 * strength))
                segments(p, x, y, part)
        small = dot("disc", t.orbit, "", 3.5, dpr)
        seen = np.isfinite(x + y)
        sprites(p, x[:-1][seen[:-1]], y[:-1][seen[:-1]], small, dpr)
        sprites(p, x[-1:], y[-1:], dot("disc", t.orbit, t.base, 12, dpr), dpr)

    def _paint_note(self, p: QPainter, area: QRectF, surface: Surface, room: float) -> None:
        parts = said(surface)
        while parts and width(" · ".join(parts), SMALL) > room:
            parts.pop()
        at = (area.right() - 12, area.top() + 11)
        write(p, at, " · ".join(parts), self.theme.muted, size=SMALL, align=1)

    def _paint_bar(
        self, p: QPainter, area: QRectF, top: float, bottom: float, surface: Surface, reach: float
    ) -> None:
        """Paint which colour is which value."""
        t = self.theme
        left = area.right() - aside(surface) + 14
        middle = centre(surface)
        low, high = shown(surface)
        bar = Box(left, top + 18, left + BAR, bottom, 0.0, 1.0, low, high)
        if bar.bottom - bar.top < 30:
            return
        rows = shares(np.linspace(high, low, 256), middle, reach)
        pixels = np.ascontiguousarray(ramp(t.saddle)[np.rint(127.5 + 127.5 * rows).astype(int)])
        image = QImage(pixels.data, 1, 256, 4, QImage.Format.Format_RGB32)
        p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        p.drawImage(bar.rect, image)
        p.setPen(QPen(colour(t.axis), 1))
        y = float(bar.y(middle))
        p.drawLine(QLineF(left - 3, math.floor(y) + 0.5, left + BAR + 2, math.floor(y) + 0.5))
        for at, words in ticks(low, high, bar.bottom - bar.top, False):
            y = math.floor(float(bar.y(at))) + 0.5
            p.setPen(QPen(colour(t.axis), 1))
            p.drawLine(QLineF(left + BAR, y, left + BAR + 3, y))
            write(p, (left + BAR + 6, y + SMALL * 0.36), words, t.muted, size=SMALL)
        write(p, (left - 2, top + 9), surface.label, t.muted, size=SMALL)

    # -- the solid ----------------------------------------------------------------------------

    def _paint_solid(self, p: QPainter, area: QRectF, surface: Surface, look: Look) -> None:
        t = self.theme
        box = solid_box(area, surface)
        if box.width() < 40 or box.height() < 40:
            return
        share, middle, reach = heights(surface)
        eye = Eye.of(box, look.turn, look.tilt)
        p.save()
        p.setClipRect(area)
        self._paint_frame(p, eye)
        paint_sheet(p, t, eye, share)
        lift = lifting(share)
        along = surface.path / (surface.across[-1] or 1.0, surface.up[-1] or 1.0)
        above = lift(shares(surface.heights, middle, reach)) + 0.02
        px, py, _ = eye.seen(along[:, 0], along[:, 1], above)
        outside = np.abs(along).max(1) > 1.05
        px, py = np.where(outside, np.nan, px), np.where(outside, np.nan, py)
        self._paint_path(p, px, py)
        p.restore()
        self._paint_cross(p, area, look, surface.label)
        self._paint_note(p, area, surface, area.width() - 24)
        self._paint_bar(p, area, area.top() + 22, area.bottom() - 14, surface, reach)

    def _paint_frame(self, p: QPainter, eye: Eye) -> None:
        """Draw the floor beneath the solid, for the eye to hold on to."""
        a, b = np.array([-1.0, 1, 1, -1, -1]), np.array([-1.0, -1, 1, 1, -1])
        x, y, _ = eye.seen(a, b, np.full(5, -1.0))
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(pen(self.theme.border, 1.0))
        segments(p, x, y, np.arange(4))

    def _paint_cross(self, p: QPainter, area: QRectF, look: Look, label: str) -> None:
        """Draw where the three axes point, with their names, in the lower left corner."""
        t, long = self.theme, 26.0
        turn, tilt = math.radians(look.turn), math.radians(look.tilt)
        ends = {
            "G": (math.cos(turn), math.sin(turn) * math.sin(tilt)),
            "D": (-math.sin(turn), math.cos(turn) * math.sin(tilt)),
            label: (0.0, math.cos(tilt)),
        }
        x, y = area.left() + 52.0, area.bottom() - 44.0
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for name, (dx, dy) in ends.items():
            size = math.hypot(dx, dy)
            if size < 0.2:  # it points at the eye
                continue
            p.setPen(pen(t.muted, 1.4))
            p.drawLine(QPointF(x, y), QPointF(x + long * dx, y - long * dy))
            far = long + 11 / size
            at = (x + far * dx, y - far * dy + SMALL * 0.36)
            write(p, at, name, t.muted, size=SMALL, align=0.5)

    # -- what the pointer does ------------------------------------------------------------------

    def pressed(self, at: QPointF) -> None:
        """Remember from where the solid is turned."""
        self._from = (self._look.turn, self._look.tilt)

    def dragged(self, start: QPointF, at: QPointF) -> None:
        """Turn the solid with the pointer."""
        if not self._look.solid:
            return
        gone = at - start
        turn = (self._from[0] + PER_PIXEL * gone.x()) % 360.0
        tilt = min(max(self._from[1] + PER_PIXEL * gone.y(), TILTS[0]), TILTS[1])
        if (turn, tilt) != (self._look.turn, self._look.tilt):
            self.look_wanted.emit({"turn": turn, "tilt": tilt})

    def read(self, at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
        """Return the nearest node and V there."""
        surface = frame.surface
        if surface is None:
            return ()
        if look.solid:
            found = self._nearest(at, solid_box(area, surface), surface, look)
        else:
            box = map_box(area, surface)
            if not box.rect.contains(at):
                return ()
            i = int(np.abs(box.y(surface.up) - at.y()).argmin())
            j = int(np.abs(box.x(surface.across) - at.x()).argmin())
            found = (i, j)
        if found is None:
            return ()
        i, j = found
        value = float(surface.values[i, j])
        return (
            f"{ACROSS} {brief(float(surface.across[j]))}",
            f"{UP} {brief(float(surface.up[i]))}",
            f"{surface.label} = {brief(value)}",
        )

    def _nearest(
        self, at: QPointF, box: QRectF, surface: Surface, look: Look
    ) -> tuple[int, int] | None:
        """Return the node of the solid under the pointer that is nearest to the eye."""
        share, _, _ = heights(surface)
        a, b = np.meshgrid(np.linspace(-1, 1, share.shape[1]), np.linspace(-1, 1, share.shape[0]))
        x, y, depth = Eye.of(box, look.turn, look.tilt).seen(a, b, lifting(share)(share))
        gone = np.hypot(x - at.x(), y - at.y())
        near = np.isfinite(share) & (gone < max(8.0, float(np.nanmin(gone)) + 2.0))
        if not near.any() or float(np.nanmin(gone)) > 14:
            return None
        i, j = np.unravel_index(np.where(near, depth, np.inf).argmin(), share.shape)
        return int(i), int(j)


class Eye:
    """Looks at a solid from a turn and a tilt, without perspective: heights can be compared."""

    def __init__(self, turn: float, tilt: float, at: QPointF, scale: float) -> None:
        self.turn, self.tilt = math.radians(turn), math.radians(tilt)
        self.at, self.scale = at, scale

    @classmethod
    def of(cls, box: QRectF, turn: float, tilt: float) -> Eye:
        """Return an eye to which the solid fills a box of pixels, however it is turned."""
        up = math.radians(tilt)
        wide = 2 * math.sqrt(2)
        tall = wide * math.sin(up) + 2 * TALL * math.cos(up)
        return cls(turn, tilt, box.center(), min(box.width() / wide, box.height() / tall))

    def seen(self, a: Array, b: Array, height: Array) -> tuple[Array, Array, Array]:
        """Return (x, y, depth) of points of [−1, 1]³: pixels, and how far from the eye."""
        c, s = math.cos(self.turn), math.sin(self.turn)
        right, back = c * a - s * b, s * a + c * b
        up = TALL * height
        x = self.at.x() + self.scale * right
        y = self.at.y() - self.scale * (back * math.sin(self.tilt) + up * math.cos(self.tilt))
        return x, y, back * math.cos(self.tilt) - up * math.sin(self.tilt)

    def sorted(self, values: Array) -> Array:
        """Return values on a grid of (b, a) turned so that the farthest come first."""
        c, s = math.cos(self.turn), math.sin(self.turn)
        values = values[:: -1 if c > 0 else 1, :: -1 if s > 0 else 1]
        return values if abs(c) >= abs(s) else np.swapaxes(values, 0, 1)


def paint_sheet(p: QPainter, t: Theme, eye: Eye, share: Array) -> None:
    """Paint heights (h, w) over [−1, 1]² as a sheet, coloured by height, the farthest row first.

    A little light tells slopes of one height apart. No cell of which a corner is missing is drawn.
    """
    tall, wide = share.shape
    a, b = np.meshgrid(np.linspace(-1, 1, wide), np.linspace(-1, 1, tall))
    high = lifting(share)(share)
    x, y, _ = eye.seen(a, b, high)
    corners = high[:-1, :-1], high[:-1, 1:], high[1:, 1:], high[1:, :-1]
    across = TALL * (corners[1] + corners[2] - corners[0] - corners[3]) * (wide - 1) / 4
    along = TALL * (corners[2] + corners[3] - corners[0] - corners[1]) * (tall - 1) / 4
    light = (0.45 * across - 0.35 * along + 1) / np.sqrt(1 + across**2 + along**2)
    light = np.clip(0.86 + 0.22 * (light - 0.65), 0.72, 1.0)
    if sum(channels(t.base)) < 384:  # on a dark ground slopes are brightened, not darkened
        light = 2.3 - 1.15 * light
    middle = (share[:-1, :-1] + share[:-1, 1:] + share[1:, 1:] + share[1:, :-1]) / 4
    whole = np.isfinite(middle)
    shades = ramp(t.saddle)[np.rint(127.5 + 127.5 * np.where(whole, middle, 0.0)).astype(int)]
    rgb = np.stack([(shades >> shift) & 0xFF for shift in (16, 8, 0)], -1)
    rgb = np.rint(rgb * np.where(whole, light, 1.0)[..., None]).astype(int).clip(0, 255)
    # Turned so that row 0 and column 0 are the farthest, rows rather across than along the view.
    x, y, rgb, whole = (eye.sorted(part) for part in (x, y, rgb, whole))
    places = np.stack([x, y], -1).tolist()
    ink = pen(mixed(t.axis, t.base, 0.3), 1.0, 0.5)
    count = x.shape[1]
    for i, (cells, there) in enumerate(zip(rgb.tolist(), whole.tolist(), strict=True)):
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(ink)
        curve(p, x[i], y[i])  # the far edge: the row itself hides it where it must
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        p.setPen(Qt.PenStyle.NoPen)
        far = [QPointF(*place) for place in places[i]]
        near = [QPointF(*place) for place in places[i + 1]]
        for j in range(count - 1):
            if there[j]:
                p.setBrush(QColor(*cells[j]))
                p.drawConvexPolygon([far[j], far[j + 1], near[j + 1], near[j]])
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(ink)
        sides = np.column_stack([x[i], y[i], x[i + 1], y[i + 1]])
        lines(p, sides[np.isfinite(sides).all(1)])
    curve(p, x[-1], y[-1])


def map_box(area: QRectF, surface: Surface) -> Box:
    """Return where the map is drawn."""
    left, right = area.left() + 50, area.right() - aside(surface)
    below = 40 if lengthy(ACROSS, right - left) else 24
    edges = (left, area.top() + 22, right, area.bottom() - below)
    reach_x, reach_y = float(surface.across[-1]), float(surface.up[-1])
    return Box(*edges, -reach_x, reach_x, -reach_y, reach_y)


def solid_box(area: QRectF, surface: Surface) -> QRectF:
    """Return where the solid is drawn."""
    return area.adjusted(12, 26, -aside(surface), -10)


def aside(surface: Surface) -> float:
    """Return the width of what stands to the right of the plot; other only for very long numbers.

    It stands still while the numbers change.
    """
    span = shown(surface)
    bars = (ticks(*span, 32.0 * count, False) for count in range(2, 9))  # of any height
    widest = max((width(words, SMALL) for bar in bars for _, words in bar), default=0.0)
    return max(ASIDE, 14 + BAR + 6 + math.ceil(widest) + 4)


def shown(surface: Surface) -> tuple[float, float]:
    """Return the least and the greatest value that are told apart."""
    _, middle, reach = heights(surface)
    finite = surface.values[np.isfinite(surface.values)]
    low = max(float(finite.min()), middle - reach)
    high = min(float(finite.max()), middle + reach)
    return (low, high) if high > low else (middle - 0.5, middle + 0.5)


def centre(surface: Surface) -> float:
    """Return V at the present weights, or the middle of all values where it is not finite."""
    tall, wide = surface.values.shape
    value = float(surface.values[tall // 2, wide // 2])
    if math.isfinite(value):
        return value
    return float(np.median(surface.values[np.isfinite(surface.values)]))


def heights(surface: Surface) -> tuple[Array, float, float]:
    """Return the values as shares from −1 to 1 about the present one, it, and what 1 stands for."""
    middle = centre(surface)
    finite = surface.values[np.isfinite(surface.values)]
    away = np.abs(finite - middle)
    # A far corner where V runs off would leave all the rest in one colour: beyond it is all one.
    reach = min(float(away.max()), FAR * float(np.quantile(away, 0.75))) or float(away.max()) or 1.0
    share = shares(surface.values, middle, reach)
    return np.where(np.isfinite(surface.values), share, np.nan), middle, reach


def lifting(share: Array) -> Callable[[Array], Array]:
    """Return what makes heights, −1 for the least that occurs and 1 for the greatest, of shares."""
    finite = share[np.isfinite(share)]
    low, high = float(finite.min()), float(finite.max())
    middle, half = (low + high) / 2, (high - low) / 2
    return lambda values: (values - middle) / (half or 1.0)


def said(surface: Surface) -> list[str]:
    """Return the step of a surface and what it cost, in words."""
    parts = [f"step {whole(surface.step)}"]
    if surface.cost > 0:
        ms = 1000 * surface.cost
        rate = surface.rate
        often = number(rate, 0 if rate >= 2.95 else 1) + " a second"
        parts.append(f"{ms:.0f} ms, {often}" if rate else f"{ms:.0f} ms")
    return parts


def absence(frame: Frame) -> str:
    """Return why there is no surface."""
    if "surface" not in frame.offers:
        return "No surface: a player of this game has no weights"
    if frame.surface is not None:
        return "V is not a finite number here"
    return "The surface is being computed…"
