"""Probe: a point of the data space, followed over the run, and what the best D maximises there."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from ganviz.frame import Frame, Look, Probe

from .axes import Box, draw_bottom, draw_side
from .ink import SMALL, brief, elided, number, whole, width, write
from .plot import View
from .strokes import curve, dashed, mark, pen
from .theme import Theme, colour

#: Pixels about the probe in which a click is on it; length of the arms of its cross.
NEAR, ARM = 8.0, 11.0
#: Space for the numbers beside a plot, and below which height there is only one picture: what the
#: best D maximises, or where that is not known, the followed values.
SIDE, LEAST = 46, 190
NOTHING = "Click anywhere in the distribution to follow that point."


def at_probe(box: Box, probe: tuple[float, ...], at: QPointF, dim: int) -> bool:
    """Return whether a pixel is on the probe."""
    if len(probe) != dim:
        return False
    across = abs(float(box.x(probe[0])) - at.x())
    up = abs(float(box.y(probe[1])) - at.y()) if dim == 2 else 0.0
    return max(across, up) <= NEAR


def dropped(look: Look, at: tuple[float, ...]) -> dict[str, object]:
    """Return how a look changes when a probe is dropped: a first one brings its view to the front.

    The place is rounded, far finer than a pixel.
    """
    change: dict[str, object] = {"probe": tuple(float(f"{value:.4g}") for value in at)}
    if not look.probe:
        change |= {"lower": "probe", "hidden": look.hidden - {"probe"}}
    return change


def taken_back(look: Look, change: dict[str, object]) -> dict[str, object]:
    """Return what undoes a change of a look."""
    return {name: getattr(look, name) for name in change}


def paint_marker(p: QPainter, box: Box, at: tuple[float, ...], theme: Theme) -> None:
    """Paint where the probe stands: a thin line in one dimension, a cross in two."""
    p.save()
    p.setClipping(False)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    x = round(float(box.x(at[0]))) + 0.5
    if len(at) == 1:
        if box.left <= x <= box.right + 1:
            p.setPen(pen(theme.text, 1.0))
            p.drawLine(QLineF(x, box.top, x, box.bottom))
            mark(p, "disc", x, box.top, 8, theme.text, theme.base)
    else:
        y = round(float(box.y(at[1]))) + 0.5
        if box.rect.adjusted(-1, -1, 1, 1).contains(QPointF(x, y)):
            for ink, wide in ((theme.base, 4.0), (theme.text, 1.6)):
                p.setPen(pen(ink, wide))
                for dx, dy in ((ARM, 0.0), (0.0, ARM)):
                    for side in (-1.0, 1.0):
                        inner, outer = 0.35 * side, 1.0 * side
                        p.drawLine(
                            QLineF(x + inner * dx, y + inner * dy, x + outer * dx, y + outer * dy)
                        )
    p.restore()


class ProbeView(View):
    """What D, theory and both densities say of one point."""

    name = "probe"
    title = "Probe"
    about = (
        "A point of the data space, chosen by a click in the distribution: D and the best D there, "
        "both densities and the slope of the logit since it was dropped; beneath, what the best D "
        "maximises at that point (Goodfellow et al. 2014, Proposition 1); p̃ is p as D is shown it, "
        "labels and instance noise included. Small views show only the one or the other."
    )

    def dress(self, frame: Frame, look: Look) -> None:
        """Say where it stands beside the title."""
        self.header.show_words(*([_where(frame.probe.at)] if frame.probe is not None else []))

    def paint(self, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        """Paint the plot."""
        t = self.theme
        p.fillRect(area, colour(t.base))
        probe = frame.probe
        if probe is None:
            inner = area.adjusted(16, 0, -16, 0)
            _paint_words(p, inner, NOTHING, t)
            return
        if not len(probe.curve):
            below = min(len(_broken(probe.why, area.width() - 32)) * 18 + 16, 0.5 * area.height())
            below = below if area.height() >= LEAST / 2 else 0.0
            _paint_strips(p, area.adjusted(0, 0, 0, -below), frame, probe, t)
            if below:
                rest = QRectF(area.left(), area.bottom() - below, area.width(), below)
                _paint_words(p, rest.adjusted(16, 0, -16, -8), probe.why, t)
            return
        tall = min(max(0.38 * area.height(), 76), 190) if area.height() >= LEAST else 0.0
        if tall:
            strips = QRectF(area.left(), area.top(), area.width(), tall)
            _paint_strips(p, strips, frame, probe, t)
        _paint_heights(p, area.adjusted(0, tall, 0, 0), frame, probe, t)

    def read(self, at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
        """Return all present values, wherever the pointer is."""
        if frame.probe is None:
            return ()
        name = _name(frame)
        _, belief, best, p, q, slope = frame.probe.history[-1]
        rough = "≈ " if frame.probe.rough else ""
        return (
            f"{_where(frame.probe.at)}, step {whole(frame.step)}",
            f"{name} {_figure(belief)}",
            f"{name}* {rough}{_figure(best)}",
            f"p {_figure(p)}",
            f"p_g {rough}{_figure(q)}",
            f"{'∂s/∂x' if len(frame.probe.at) == 1 else '|∇s|'} {_figure(slope)}",
        )


def _where(at: tuple[float, ...]) -> str:
    places = [brief(value) for value in at]
    return f"x = {places[0]}" if len(at) == 1 else f"x = ({', '.join(places)})"


def _name(frame: Frame) -> str:
    """Return what the belief is called: ``D``, ``s`` or ``T``."""
    return frame.belief.label.partition("(")[0].split()[-1]


def _figure(value: float) -> str:
    return "not known" if math.isnan(value) else brief(value)


def _paint_strips(p: QPainter, area: QRectF, frame: Frame, probe: Probe, t: Theme) -> None:
    """Paint beliefs, densities and slope over time, side by side."""
    name, rough = _name(frame), "≈ " if probe.rough else ""
    low, high = probe.belief
    beliefs = (max(low, frame.belief.low), min(high, frame.belief.high))
    h = probe.history
    steep = "∂s/∂x" if len(probe.at) == 1 else "|∇s|"
    # (values, name, ink, whether in dashes, name before the number)
    parts = (
        (
            beliefs,
            ((h[:, 1], name, t.discriminator, ""), (h[:, 2], f"{name}*", t.best, rough)),
        ),
        (probe.density, ((h[:, 3], "p", t.density, ""), (h[:, 4], "p_g", t.model, rough))),
        (probe.slope, ((h[:, 5], steep, t.discriminator, ""),)),
    )
    wide = area.width() / len(parts)
    for column, (span, lines) in enumerate(parts):
        left = area.left() + column * wide
        room = wide - 14
        box = Box(
            left + SIDE, area.top() + 44, left + wide - 8, area.bottom() - 22, *probe.steps, *span
        )
        for row, (values, words, ink, about) in enumerate(lines):
            now = values[-1]
            known = not math.isnan(now)
            at = (left + 10, area.top() + 14 + row * (SMALL + 4))
            # A belief may have a best where nothing is known, or none where all is: a critic's.
            missing = "none" if words.endswith("*") and len(probe.curve) else "not known"
            said = f"{words} {about}{brief(now)}" if known else f"{words} {missing}"
            write(p, at, elided(said, room, SMALL), t.words(ink), size=SMALL)
        if box.bottom - box.top < 18 or box.right - box.left < 20:
            continue
        _paint_frame(p, box, t)
        p.save()
        p.setClipRect(box.rect.adjusted(-2, -5, 6, 5))
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        x = box.x(h[:, 0])
        for values, words, ink, _ in lines:
            y = box.within(box.y(values))
            if words.endswith("*"):
                p.setPen(pen(ink, 2.0, 0.999))
                dashed(p, x, y)
            else:
                p.setPen(pen(ink, 2.0))
                curve(p, x, y)
            if len(values) and math.isfinite(values[-1]):
                hollow = words.endswith("*")
                mark(p, "ring" if hollow else "disc", x[-1], y[-1], 6, ink, t.base, t.base)
        p.restore()
        _paint_steps(p, box, probe, t, first=column == 0)


def _paint_frame(p: QPainter, box: Box, t: Theme) -> None:
    """Paint the ends of the vertical axis, and zero where it lies between them."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    p.setPen(QPen(colour(t.axis), 1))
    p.drawLine(QLineF(box.left - 0.5, box.top, box.left - 0.5, box.bottom))
    p.drawLine(QLineF(box.left, box.bottom + 0.5, box.right, box.bottom + 0.5))
    places = [(box.high_y, box.top), (box.low_y, box.bottom)]
    if box.low_y < 0 < box.high_y:
        y = math.floor(float(box.y(0.0))) + 0.5
        p.setPen(QPen(colour(t.border), 1))
        p.drawLine(QLineF(box.left, y, box.right, y))
    decimals = 0 if box.high_y - box.low_y >= 4 else 1 if box.high_y - box.low_y >= 0.4 else 2
    for value, y in places:
        write(
            p,
            (box.left - 6, y + SMALL * 0.36),
            number(value, decimals) if abs(value) < 1000 else brief(value),
            t.muted,
            size=SMALL,
            align=1,
        )


def _paint_steps(p: QPainter, box: Box, probe: Probe, t: Theme, first: bool) -> None:
    """Write the ends of the time axis under a strip, as far as they fit."""
    base = box.bottom + 6 + SMALL
    begin, end = (whole(round(step)) for step in probe.steps)
    begin = f"step {begin}" if first else begin
    write(p, (box.left, base), begin, t.muted, size=SMALL)
    if width(begin, SMALL) + width(end, SMALL) + 12 <= box.right - box.left:
        write(p, (box.right, base), end, t.muted, size=SMALL, align=1)


def _paint_heights(p: QPainter, area: QRectF, frame: Frame, probe: Probe, t: Theme) -> None:
    """Paint what the best D maximises at the point, with D and D* on it."""
    name = _name(frame)
    beliefs, heights = probe.curve.T
    low, high = float(beliefs[0]), float(beliefs[-1])
    if (
        frame.belief.low < frame.belief.high
        and np.isfinite([frame.belief.low, frame.belief.high]).all()
    ):
        low, high = max(low, frame.belief.low), min(high, frame.belief.high)
        if abs(low - frame.belief.low) < 0.01 * (high - low):
            low, high = frame.belief.low, frame.belief.high
    box = Box(
        area.left() + SIDE + 6,
        area.top() + 24,
        area.right() - 40,
        area.bottom() - 24,
        low,
        high,
        *probe.heights,
    )
    if box.bottom - box.top < 30 or box.right - box.left < 60:
        return
    draw_bottom(p, box, t, name, room=40)
    draw_side(p, box, t, probe.law, room=SIDE + 6)
    p.save()
    p.setClipRect(box.rect.adjusted(-4, -16, 4, 1))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setPen(pen(t.value, 2.0))
    curve(p, box.x(beliefs), box.within(box.y(heights)))
    _, now, best, *_ = probe.history[-1]
    for value, ink, shape in ((best, t.best, "ring"), (now, t.discriminator, "disc")):
        if not math.isfinite(value):
            continue
        x, height = float(box.x(value)), float(np.interp(value, beliefs, heights))
        y = float(box.within(box.y(np.array(height))))
        p.setPen(pen(ink, 2.0, 0.999))
        ends = np.array([round(x), round(x)]), np.array([box.bottom, y])
        if shape == "ring":
            dashed(p, *ends)
        else:
            curve(p, *ends)
        mark(p, shape, x, y, 9, ink, t.base, t.base)
    p.restore()
    _paint_names(p, box, ((best, f"{name}*", t.best), (now, name, t.discriminator)), t)


def _paint_names(
    p: QPainter, box: Box, names: tuple[tuple[float, str, str], ...], t: Theme
) -> None:
    """Write the names of the marks above the axis, beside their lines, clear of each other."""
    taken: list[tuple[float, float]] = []
    for value, words, ink in names:
        if not math.isfinite(value) or not box.low_x <= value <= box.high_x:
            continue
        x, wide = float(box.x(value)), width(words, SMALL)
        left = x + 5 if x + 5 + wide <= box.right else x - 5 - wide
        for other in (left, x - 5 - wide, x + 5):
            if all(other + wide < a - 4 or other > b + 4 for a, b in taken):
                left = other
                break
        if left < box.left or left + wide > box.right + 36:
            continue
        taken.append((left, left + wide))
        write(p, (left, box.bottom - 6), words, t.words(ink), size=SMALL, halo=t.base)


def _broken(words: str, room: float) -> list[str]:
    """Return a sentence in as many lines as it needs."""
    lines: list[str] = []
    for word in words.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width(joined) <= room:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def _paint_words(p: QPainter, area: QRectF, words: str, t: Theme) -> None:
    """Write a sentence in the middle, in as many lines as it needs."""
    lines = _broken(words, area.width())
    p.setPen(Qt.PenStyle.NoPen)
    top = area.center().y() - (len(lines) - 1) * 9
    for row, line in enumerate(lines):
        write(p, (area.center().x(), top + row * 18), line, t.muted, align=0.5)
