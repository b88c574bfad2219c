"""Pre-image: for which noise the lecture's generator stays below x, and how much that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from ganviz.frame import Frame, Look
from ganviz.theory import preimage
from ganviz.theory.preimage import EXAMPLES, LECTURE, LEVELS, Interval

from .axes import Box, draw_bottom
from .chrome import Choice, Dial
from .ink import BODY, MINUS, SMALL, brief, number, width, write
from .plot import View
from .strokes import curve, mark, pen
from .theme import Theme, colour, mixed

#: Range of z that is drawn; what lies beyond counts as well.
SPAN = (-3.4, 3.4)
#: Space at the sides, below for the axis, above each picture for its words; a row of words below.
SIDE, AXIS, HEAD, ROW = 16.0, 22.0, 19.0, 20.0
#: Least height of a curve's picture: where there is less, a strip of so much says where it holds.
CURVE, STRIP = 24.0, 6.0
#: What of the height the density has, of one picture's height.
SHARE = 1.5
#: How far beyond its levels a picture reaches, as a share of them.
AIR = 0.06
#: Nodes of a curve.
NODES = 400
E2 = math.exp(2)
#: What the coordinates are called.
NAMES = ("−z²", "e⁻ᶻ", "z")
#: The lecture's examples as one chooses them, and any other x: the dials beside say which it is.
CHOICES = dict(zip(("1st", "2nd", "3rd"), EXAMPLES, strict=True))
BY_HAND = "other"


def _stops(low: float, high: float) -> tuple[float, ...]:
    return tuple(i / 10 for i in range(round(10 * low), round(10 * high) + 1))


#: The levels that a slider stops at: tenths, and e² in the place of 7.4.
STOPS = tuple(
    tuple(E2 if i == 1 and at == 7.4 else at for at in _stops(*span))
    for i, span in enumerate(LEVELS)
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything stands: a picture of each coordinate, the density, lines of words."""

    parts: tuple[Box, ...]
    density: Box
    foot: float
    curves: bool

    def at(self, point: QPointF) -> int:
        """Return the coordinate whose picture or words a point is on, or −1."""
        for i, box in enumerate(self.parts):
            if box.rect.adjusted(-SIDE, -HEAD + 3, SIDE, 3).contains(point):
                return i
        return -1


def planned(area: QRectF, lines: int) -> Plan:
    """Return where everything stands, above so many lines of words."""
    left, right = area.left() + SIDE, area.right() - SIDE
    foot = area.bottom() - lines * ROW - 2
    free = foot - area.top() - AXIS - 4 * HEAD
    one = free / (3 + SHARE)
    curves = one >= CURVE
    tall = one if curves else STRIP
    top, parts = area.top(), []
    for low, high in LEVELS:
        air = AIR * (high - low)
        top += HEAD
        end = round(top + tall)
        parts.append(Box(left, round(top), right, end, *SPAN, low - air, high + air))
        top = end
    top += HEAD
    bottom = max(foot - AXIS, top + 4)
    density = Box(left, round(top), right, round(bottom), *SPAN, 0.0, 0.42)
    return Plan(tuple(parts), density, foot, curves)


class PreimageView(View):
    """Three curves with a level each, and the noise for which all of them stay below."""

    name = "preimage"
    title = "Pre-image"
    about = (
        "The lecture's generator G(z) = [−z², e⁻ᶻ, z] with z from N(0, 1). For a point x the "
        "pre-image Z(x) is every z with −z² ≤ x₁, e⁻ᶻ ≤ x₂ and z ≤ x₃; the noise in it is the CDF "
        "F(x). Drag a level up and down, or use its number above: arrow keys when in focus, Home "
        "for zero. It shows the same for every game."
    )
    rows = 2

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = (
            "The examples of the lecture: −1, e², 2, then −1, 1, 2, then ½, 1, 2, of which the "
            "slide says that Z is empty"
        )
        self._example = Choice("Example", tip, even=True)
        self._example.show_value((*CHOICES, BY_HAND), BY_HAND)
        self._example.wanted.connect(self._chosen)
        self.header.add_control(self._example, stays=True)
        self._dials: list[Dial] = []
        for i, name in enumerate(NAMES):
            tip = f"The level that {name} may not exceed: arrow keys when in focus, Home for zero"
            dial = Dial(f"x{i + 1}", tip, f"x_{i + 1}=−8.8")
            dial.wanted.connect(self._notched)
            self.header.add_control(dial, stays=True)
            self._dials.append(dial)
        self._gripped = -1  # the level that a press has taken hold of

    # -- the controls -----------------------------------------------------------------------------

    def dress(self, frame: Frame, look: Look) -> None:
        """Bring the controls of the header up to date."""
        name = next((key for key, x in CHOICES.items() if x == look.level), BY_HAND)
        before = self._example.value
        self._example.show_value((*CHOICES, BY_HAND), name)
        if name != before:
            self.header.arrange()
        for i, dial in enumerate(self._dials):
            dial.show_words(f"x_{i + 1}={level(look.level[i])}")

    def _chosen(self, name: str) -> None:
        if name in CHOICES:
            self.look_wanted.emit({"level": CHOICES[name]})

    def _notched(self, notches: int | None) -> None:
        which = next(i for i, dial in enumerate(self._dials) if dial is self.sender())
        stops, value = STOPS[which], self._look.level[which]
        if notches is None:
            self._ask(which, 0.0)
            return
        place = nearest(which, value)
        # From between two stops the first notch leads to the next one, whichever is nearer.
        back = (stops[place] > value) - (stops[place] < value)
        place += notches - (back if back * notches > 0 else 0)
        self._ask(which, stops[min(max(place, 0), len(stops) - 1)])

    def _ask(self, which: int, value: float) -> None:
        now = self._look.level
        self.look_wanted.emit({"level": (*now[:which], value, *now[which + 1 :])})

    def _plan(self) -> Plan:
        return planned(self.area, len(told(self._look.level, self.area.width() - 2 * SIDE)))

    def _lift(self, at: QPointF) -> None:
        box = self._plan().parts[self._gripped]
        value = box.low_y + (box.bottom - at.y()) / box.scale_y
        self._ask(self._gripped, STOPS[self._gripped][nearest(self._gripped, value)])

    def pressed(self, at: QPointF) -> None:
        """Take hold of the level of a coordinate, and bring it here."""
        plan = self._plan()
        usable = self._frame is not None and not self.asks and plan.curves
        self._gripped = plan.at(at) if usable else -1
        if self._gripped >= 0:
            self._lift(at)

    def dragged(self, start: QPointF, at: QPointF) -> None:
        """Move the level."""
        if self._gripped >= 0:
            self._lift(at)

    def released(self, at: QPointF) -> None:
        """Let go of it."""
        self._gripped = -1

    def doubled(self, at: QPointF) -> bool:
        """Take the second of two quick presses on a picture as a press."""
        if not self._plan().curves or self._plan().at(at) < 0:
            return False
        self.pressed(at)
        return True

    # -- the picture ------------------------------------------------------------------------------

    def paint(self, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        """Paint the plot."""
        t, x = self.theme, look.level
        p.fillRect(area, colour(t.base))
        lines = told(x, area.width() - 2 * SIDE)
        plan = planned(area, len(lines))
        found = preimage.lecture(x)
        for i, (box, holds) in enumerate(zip(plan.parts, preimage.conditions(x), strict=True)):
            _paint_part(p, box, i, x[i], holds, plan.curves, t)
        _paint_density(p, plan.density, found, t)
        _paint_ends(p, plan, found, t)
        for i, line in enumerate(lines):
            at = (area.center().x(), plan.foot + (i + 1) * ROW - 6)
            write(p, at, line, t.text if i < 2 else t.value, bold=i == 1, align=0.5)

    def read(self, at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
        """Return the generator's coordinates for the z under the pointer, and whether it counts."""
        plan = planned(area, len(told(look.level, area.width() - 2 * SIDE)))
        box = plan.density
        if not (box.left <= at.x() <= box.right and at.y() <= box.bottom):
            return ()
        z = float(box.low_x + (at.x() - box.left) / box.scale_x)
        if self._gripped >= 0:
            return ()
        values = [float(part(np.array(z))) for part in LECTURE]
        signs = [
            "≤" if value <= bound else ">" for value, bound in zip(values, look.level, strict=True)
        ]
        return (
            f"z = {brief(z)}",
            *(
                f"{name} = {brief(value)} {sign} x_{i + 1}"
                for i, (name, value, sign) in enumerate(zip(NAMES, values, signs, strict=True))
            ),
            "in Z(x)" if ">" not in signs else "not in Z(x)",
        )


def nearest(which: int, value: float) -> int:
    """Return the place of the stop nearest to a level."""
    return min(range(len(STOPS[which])), key=lambda i: abs(STOPS[which][i] - value))


def level(value: float) -> str:
    """Return a level in as many digits as it has."""
    return "e²" if value == E2 else f"{value:.4g}".replace("-", MINUS)


def end(value: float) -> str:
    """Return the end of an interval in words."""
    return f"{round(value, 3) + 0.0:g}".replace("-", MINUS)


def union(intervals: Sequence[Interval]) -> str:
    """Return a union of bounded intervals as ``[−2, −1] ∪ [1, 2]``."""
    parts = [f"{{{end(a)}}}" if a == b else f"[{end(a)}, {end(b)}]" for a, b in intervals]
    return " ∪ ".join(parts) or "∅"


def closed(intervals: Sequence[Interval]) -> str:
    """Return the mass of a union in Φ, as ``Φ(2) − Φ(1)``; nothing where there is none."""
    wide = [(a, b) for a, b in intervals if a < b]
    return " + ".join(f"Φ({end(b)}) − Φ({end(a)})" for a, b in wide)


def told(x: Sequence[float], room: float) -> tuple[str, ...]:
    """Return Z(x), F(x) and where the slide is wrong, in lines that fit into this width."""
    found = preimage.lecture(x)
    value = number(preimage.mass(found), 7)
    law = f"{closed(found)} = " if closed(found) else ""
    whole = f"F(x) = {law}{value}"
    last = whole if width(whole, BODY, True) <= room else f"F(x) = {value}"
    lines = [f"Z(x) = {union(found)}", last]
    if x[0] > 0:
        wrong = (
            "The slide says Z = ∅, F = 0 for x_1 > 0: wrong. Every z has −z² ≤ x_1",
            "Slide: Z = ∅ for x_1 > 0. But −z² ≤ x_1 always holds",
            "The slide says Z = ∅: wrong",
        )
        lines.append(next((each for each in wrong if width(each) <= room), wrong[-1]))
    return tuple(lines)


def where(which: int, x: float) -> str:
    """Return for which z one coordinate stays below its level, in words."""
    if which == 0:
        return "for every z" if x >= 0 else f"|z| ≥ {end(math.sqrt(-x))}"
    if which == 1:
        return f"z ≥ {end(-math.log(x))}" if x > 0 else "for no z"
    return f"z ≤ {end(x)}"


def _across(box: Box, interval: Interval) -> tuple[float, float]:
    """Return the pixels of an interval, kept inside the picture."""
    low, high = (min(max(each, box.low_x), box.high_x) for each in interval)
    return float(box.x(low)), float(box.x(high))


def _paint_part(
    p: QPainter, box: Box, which: int, x: float, holds: list[Interval], curves: bool, t: Theme
) -> None:
    """Paint a coordinate over z, its level, and where it stays below."""
    base = box.top - 6
    name, said = f"{NAMES[which]} ≤ x_{which + 1} = {level(x)}", where(which, x)
    write(p, (box.left, base), name, t.text, size=SMALL, bold=True)
    free = box.right - box.left - width(name, SMALL, True) - 12
    if width(said, SMALL) <= free:
        write(p, (box.right, base), said, t.muted, size=SMALL, align=1)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    p.fillRect(box.rect, colour(t.raised))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    tint = mixed(t.base, t.generated, 0.22 if curves else 0.5)
    for each in holds:
        left, right = _across(box, each)
        p.fillRect(QRectF(left, box.top, right - left, box.bottom - box.top), colour(tint))
    if not curves:
        return
    y = float(box.y(x))
    z = np.linspace(*SPAN, NODES)
    p.save()
    p.setClipRect(box.rect)
    p.setPen(pen(t.generated, 2.0))
    curve(p, box.x(z), np.clip(box.y(LECTURE[which](z)), box.top - 40, box.bottom + 40))
    p.restore()
    p.setPen(QPen(colour(t.text), 1.5, Qt.PenStyle.DashLine))
    p.drawLine(QLineF(box.left, y, box.right, y))
    mark(p, "disc", box.right - 5, y, 10, t.text, t.base)


def _paint_density(p: QPainter, box: Box, found: list[Interval], t: Theme) -> None:
    """Paint the density of the noise, shaded over Z(x)."""
    write(p, (box.left, box.top - 6), "P(z), Z(x) shaded", t.text, size=SMALL, bold=True)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    z = np.linspace(*SPAN, NODES)
    for each in found:
        left, right = _across(box, each)
        inside = np.clip(np.linspace(*each, NODES), *SPAN)
        xs, ys = box.x(inside), box.y(_density(inside))
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(colour(mixed(t.base, t.generated, 0.6)))
        shape = [QPointF(left, box.bottom), *map(QPointF, xs, ys), QPointF(right, box.bottom)]
        p.drawPolygon(shape)
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.setPen(pen(t.accent, 2.0))
    curve(p, box.x(z), box.y(_density(z)))
    draw_bottom(p, box, t, "z", room=SIDE)


def _density(z: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi))


def _paint_ends(p: QPainter, plan: Plan, found: list[Interval], t: Theme) -> None:
    """Paint where Z(x) begins and ends, from the density up through all pictures."""
    p.setPen(QPen(colour(t.generated), 1.0, Qt.PenStyle.DotLine))
    for at in sorted({each for interval in found for each in interval}):
        if SPAN[0] <= at <= SPAN[1]:
            x = float(plan.density.x(at))
            for box in (*plan.parts, plan.density):
                p.drawLine(QLineF(x, box.top, x, box.bottom))
