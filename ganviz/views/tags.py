"""The letters of other lanes at their lines, each where nothing else is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from ganviz.frame import Array

from .axes import Box
from .ink import SMALL, width, write
from .theme import Theme, colour

#: Width of the line of another lane, pixels, and in some plots of the driven one beside it.
THIN, FULL = 0.9, 2.2
#: Places along a line that are tried.
TRIED = 24
#: Space about a letter, and between two of them, pixels.
AIR, APART = 3.0, 2.0


class Tags:
    """Letters that are put at lines, clear of each other and of the words given at first."""

    def __init__(self, p: QPainter, box: Box, theme: Theme, taken: Iterable[QRectF] = ()) -> None:
        self._p = p
        self._room = box.rect.adjusted(1, 1, -1, -1)
        self._theme = theme
        self._taken = list(taken)

    def put(self, letter: str, ink: str, x: Array, y: Array, first: float = 0.0) -> bool:
        """Put a letter onto a line through pixels (x, y); return whether there was a place.

        ``first`` is the share of the line at which a place is sought before all others.
        """
        good = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if not len(good):
            return False
        # From that place on to either side: the letters of several lines are near each other.
        shares = np.linspace(0.0, 1.0, TRIED)
        shares = shares[np.argsort(np.abs(shares - first), kind="stable")]
        return self.at(letter, ink, [(x[i], y[i]) for i in _nearest(good, shares)])

    def at(self, letter: str, ink: str, places: Sequence[tuple[float, float]]) -> bool:
        """Put a letter at the first of these places that is free, if one is."""
        wide, tall = width(letter, SMALL, True) + 2 * AIR, SMALL + 2.0
        for x, y in places:
            plate = QRectF(round(x - wide / 2), round(y - tall / 2), round(wide), tall)
            near = plate.adjusted(-APART, -APART, APART, APART)
            if self._room.contains(plate) and not any(map(near.intersects, self._taken)):
                self._taken.append(plate)
                self._paint(plate, letter, ink)
                return True
        return False

    def _paint(self, plate: QRectF, letter: str, ink: str) -> None:
        t, p = self._theme, self._p
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(colour(t.base, 0.9))
        p.drawRoundedRect(plate, 3, 3)
        at = (plate.left() + AIR, plate.center().y() + SMALL * 0.37)
        write(p, at, letter, t.words(ink), size=SMALL, bold=True)


def _nearest(good: Array, shares: Array) -> list[int]:
    """Return the numbers of the points at these shares of a line, of those that are good."""
    return [int(good[i]) for i in np.rint(shares * (len(good) - 1)).astype(np.intp)]


def place_of(letter: str) -> float:
    """Return the share of a line at which the letter of a lane is sought first."""
    return 0.18 + 0.21 * ((ord(letter[:1] or "A") - ord("A")) % 4)
