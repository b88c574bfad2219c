"""Fonts, numbers as words, and words on a painter."""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache
from typing import Any

import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QPaintEngine,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
)

from .theme import colour

Array = npt.NDArray[Any]

MINUS = "\N{MINUS SIGN}"
#: A narrow space that never breaks, between thousands.
THIN = "\N{NARROW NO-BREAK SPACE}"

#: Where a halo is drawn about its words, pixels.
AROUND = [(dx, dy) for dx in (-2, -1, 0, 1, 2) for dy in (-2, -1, 0, 1, 2) if 0 < dx**2 + dy**2 < 6]

#: Sizes of type in logical pixels.
SMALL, BODY, TITLE = 12, 13, 14


@cache
def family() -> str:
    """Return the family of the application's font, which stays the same; Qt is slow to say."""
    return QGuiApplication.font().family()


def font(size: int = BODY, bold: bool = False) -> QFont:
    """Return the application's font in a size; shared, do not change it."""
    return _font(family(), size, bold)


@cache
def _font(family: str, size: int, bold: bool) -> QFont:
    result = QFont(family)
    result.setPixelSize(size)
    if bold:
        result.setWeight(QFont.Weight.DemiBold)
    # Sub-pixel smoothing depends on the screen, and a film has none.
    result.setStyleStrategy(QFont.StyleStrategy.NoSubpixelAntialias)
    result.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    result.setFeature(QFont.Tag("tnum"), 1)
    return result


def metrics(size: int = BODY, bold: bool = False) -> QFontMetricsF:
    """Return the measures of :func:`font`."""
    return _metrics(family(), size, bold)


@cache
def _metrics(family: str, size: int, bold: bool) -> QFontMetricsF:
    return QFontMetricsF(_font(family, size, bold))


def whole(number: int) -> str:
    """Return an integer as words: thin spaces between thousands, a proper minus sign."""
    words = f"{abs(number):,}".replace(",", THIN)
    return MINUS + words if number < 0 else words


def number(value: float, decimals: int) -> str:
    """Return a number with fixed decimals, a proper minus sign and no negative zero."""
    if not math.isfinite(value):
        return "\N{EN DASH}" if math.isnan(value) else (MINUS if value < 0 else "") + "∞"
    words = f"{abs(value):.{decimals}f}"
    negative = value < 0 and float(words) != 0
    return MINUS + words if negative else words


def brief(value: float) -> str:
    """Return a number in four or five digits, in at most seven characters."""
    size = abs(value)
    if not math.isfinite(value):
        return number(value, 0)
    if size >= 99_995 or 0 < size < 0.00005:
        mantissa, _, exponent = f"{value:.0e}".partition("e")
        return f"{mantissa}e{int(exponent)}".replace("-", MINUS)
    for top, decimals in ((5e-5, 3), (0.01, 4), (9.9995, 3), (99.995, 2), (999.95, 1)):
        if size < top:
            return number(value, decimals)
    return number(value, 0)


# One letter, then one below it: L_D, p_g, x_{10}; but not the lr_d of a dotted path.
_SUBSCRIPT = re.compile(r"(?<![\w.])(\w)_(\{[^}]*\}|\w)(?!\w)")


@lru_cache(maxsize=512)
def runs(words: str) -> tuple[tuple[str, bool], ...]:
    """Split ``L_D of x`` into runs of (text, whether it is a subscript)."""
    parts: list[tuple[str, bool]] = []
    at = 0
    for match in _SUBSCRIPT.finditer(words):
        parts.append((words[at : match.end(1)], False))
        parts.append((match.group(2).strip("{}"), True))
        at = match.end()
    parts.append((words[at:], False))
    return tuple(part for part in parts if part[0])


def width(words: str, size: int = BODY, bold: bool = False) -> float:
    """Return how wide :func:`write` draws these words."""
    return _width(family(), words, size, bold)


@lru_cache(maxsize=4096)
def _width(family: str, words: str, size: int, bold: bool) -> float:
    return sum(
        _metrics(family, _subscript(size) if low else size, bold).horizontalAdvance(text)
        for text, low in runs(words)
    )


def _subscript(size: int) -> int:
    return max(9, round(size * 0.76))


def write(
    p: QPainter,
    at: tuple[float, float],
    words: str,
    ink: str,
    *,
    size: int = BODY,
    bold: bool = False,
    align: float = 0.0,
    halo: str = "",
) -> None:
    """Write words with their baseline at ``at``; ``_D`` becomes a subscript.

    ``align`` is the share of the width that lies left of ``at``: 0 left, 0.5 centred, 1 right.
    ``halo`` is the colour of a soft outline that keeps words legible over a picture.
    """
    x, y = at
    if align:
        x = round(x - align * width(words, size, bold))
    p.setPen(colour(ink))
    for text, face, right, down in _parts(family(), words, size, bold):
        place = QPointF(x + right, y + down)
        p.setFont(face)
        if halo:
            _surround(p, place, text, face, halo)
            p.setPen(colour(ink))
        p.drawText(place, text)


@lru_cache(maxsize=4096)
def _parts(
    family: str, words: str, size: int, bold: bool
) -> tuple[tuple[str, QFont, float, float], ...]:
    """Return (text, font, how far right and down it stands) of each run of words."""
    found, x = [], 0.0
    for text, low in runs(words):
        part = _subscript(size) if low else size
        found.append((text, _font(family, part, bold), x, round(size * 0.18) if low else 0))
        x += _metrics(family, part, bold).horizontalAdvance(text)
    return tuple(found)


def _surround(p: QPainter, place: QPointF, text: str, face: QFont, halo: str) -> None:
    """Draw a soft outline beneath words."""
    if vector(p):
        outline = QPainterPath()
        outline.addText(place, face, text)
        p.strokePath(outline, QPen(colour(halo), 4))
        return
    # Not an outlined path: Qt's outlines of a glyph depend on what was drawn before.
    p.setPen(colour(halo))
    for dx, dy in AROUND:
        p.drawText(place + QPointF(dx, dy), text)


def stamp(
    p: QPainter,
    at: tuple[float, float],
    words: str,
    ink: str,
    halo: str,
    *,
    size: int = SMALL,
    align: float = 0.0,
) -> None:
    """Write words with a halo, from a cached picture of them: for words that move."""
    if vector(p):
        x = round(at[0] - align * width(words, size))
        write(p, (x, round(at[1])), words, ink, size=size, halo=halo)
        return
    dpr = pixel_ratio(p)
    picture = _stamp(family(), words, ink, halo, size, dpr)
    x = round(at[0] - align * width(words, size))
    p.drawPixmap(QPointF(x - 3, round(at[1]) - size - 3), picture)


def plate(p: QPainter, at: tuple[float, float], words: str, ink: str, ground: str) -> None:
    """Write small words on a plate of the ground's colour: for words that change all the time.

    A halo about them would cost twenty times as much as the words.
    """
    p.fillRect(QRectF(at[0] - 2, at[1] - SMALL, width(words, SMALL) + 4, SMALL + 4), colour(ground))
    write(p, at, words, ink, size=SMALL)


@lru_cache(maxsize=128)
def _stamp(family: str, words: str, ink: str, halo: str, size: int, dpr: float) -> QPixmap:
    wide, tall = width(words, size) + 8, size * 1.6 + 6
    result = QPixmap(math.ceil(wide * dpr), math.ceil(tall * dpr))
    result.setDevicePixelRatio(dpr)
    result.fill(QColor(0, 0, 0, 0))
    p = QPainter(result)
    write(p, (3, size + 3), words, ink, size=size, halo=halo)
    p.end()
    return result


def elided(words: str, room: float, size: int = BODY, bold: bool = False) -> str:
    """Return the words, cut with an ellipsis where they are wider than ``room``."""
    if width(words, size, bold) <= room:
        return words
    ellipsis = "\N{HORIZONTAL ELLIPSIS}"
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if width(words[:middle].rstrip() + ellipsis, size, bold) <= room:
            low = middle
        else:
            high = middle - 1
    return words[:low].rstrip() + ellipsis if low else ""


def vector(p: QPainter) -> bool:
    """Return whether this painter writes shapes, not pixels: then nothing cached is of use."""
    known: bool | None = getattr(p, "ganviz_vector", None)
    if known is None:  # asked a hundred times a frame, of the same painter
        engine = p.paintEngine()
        shapes = (QPaintEngine.Type.SVG, QPaintEngine.Type.Pdf)
        known = engine is not None and engine.type() in shapes
        p.ganviz_vector = known  # type: ignore[attr-defined]
    return known


def pixel_ratio(p: QPainter) -> float:
    """Return how many device pixels a logical pixel of this painter is wide."""
    return p.deviceTransform().m11()
