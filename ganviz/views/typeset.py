"""Typeset mathematics: LaTeX set as SVG by ziamath, painted by Qt's SVG renderer.

ziamath takes 0.4 s to load with its font, and some 20 ms for a piece of formula: both happen at
the first use, never when this module is imported.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock, Thread

from PySide6.QtCore import QByteArray, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap

from .ink import pixel_ratio, vector

log = logging.getLogger(__name__)

#: The size at which formulas are set; any other is scaled from it.
SIZE = 20.0
#: The colour they are set in, to be put in its place.
_INK = "#010203"
_lock = Lock()  # the font remembers glyphs, and may be used from two threads
_set: set[str] = set()  # what has been set
_asked: set[str] = set()  # what a thread has been asked to set
_refused: set[str] = set()  # what cannot be set, of those


@dataclass(frozen=True, slots=True)
class Setting:
    """A piece of formula at :data:`SIZE`: its width, its rise and fall about the baseline.

    ``box`` is (left, top, width, height) of the drawing ``svg``, with the baseline at 0.
    """

    svg: str
    box: tuple[float, float, float, float]
    wide: float
    rise: float
    fall: float


@lru_cache(maxsize=512)
def setting(tex: str) -> Setting:
    """Return LaTeX set as mathematics.

    Raises
    ------
    ValueError
        If it cannot be set.
    """
    with _lock:
        from ziamath.config import config
        from ziamath.zmath import Latex

        config.svg2 = False  # plain paths: Qt knows SVG Tiny 1.2
        latex = Latex(tex, size=SIZE, color=_INK)
        svg = latex.svg()
        wide, tall = latex.getsize()
        fall = -latex.getyofst()
    found = re.search(r'viewBox="([^"]*)"', svg)
    if found is None:
        raise ValueError(f"formula {tex!r}: was not set as a picture")
    left, top, across, down = (float(number) for number in found.group(1).split())
    _set.add(tex)
    return Setting(svg, (left, top, across, down), wide, tall - fall, fall)


def known(texts: Iterable[str]) -> bool:
    """Return whether all of these have been set already, so that :func:`setting` takes no time."""
    return _set.issuperset(texts)


def refused(tex: str) -> bool:
    """Return whether a thread has tried to set this and could not."""
    return tex in _refused


def prepare(texts: Iterable[str]) -> None:
    """Set pieces of formula in a thread of their own: the first takes half a second.

    Then each is either :func:`known` or :func:`refused`.
    """
    waiting = [tex for tex in texts if tex not in _asked]
    if waiting:
        _asked.update(waiting)
        Thread(target=_prepare, args=(waiting,), name="formulas").start()


def _prepare(texts: list[str]) -> None:
    for tex in texts:
        try:
            setting(tex)
        except Exception:  # of whatever kind: people write formulas, and a parser reads them
            log.info("formula %r cannot be set", tex, exc_info=True)
            _refused.add(tex)


def put(p: QPainter, at: tuple[float, float], tex: str, ink: str, size: float) -> None:
    """Paint a piece of formula with the left end of its baseline at ``at``."""
    box = setting(tex).box
    scale = size / SIZE
    if vector(p):
        x, y, wide, tall = (length * scale for length in box)
        _paint(p, QRectF(at[0] + x, at[1] + y, wide, tall), tex, ink)
        return
    picture = _picture(tex, ink, size, pixel_ratio(p))
    p.drawPixmap(QPointF(at[0] + box[0] * scale, at[1] + box[1] * scale), picture)


@lru_cache(maxsize=256)
def _picture(tex: str, ink: str, size: float, dpr: float) -> QPixmap:
    wide, tall = (length * size / SIZE for length in setting(tex).box[2:])
    result = QPixmap(math.ceil(wide * dpr), math.ceil(tall * dpr))
    result.setDevicePixelRatio(dpr)
    result.fill(QColor(0, 0, 0, 0))
    p = QPainter(result)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    _paint(p, QRectF(0, 0, wide, tall), tex, ink)
    p.end()
    return result


def _paint(p: QPainter, place: QRectF, tex: str, ink: str) -> None:
    from PySide6.QtSvg import QSvgRenderer

    source = QByteArray(setting(tex).svg.replace(_INK, ink).encode())
    QSvgRenderer(source).render(p, place)
