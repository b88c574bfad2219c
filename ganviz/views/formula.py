"""One line of formula: a lesson's own, or that of the game with today's numbers."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ganviz.frame import Frame, Term

from .ink import BODY, SMALL, elided, write
from .story import PAD, Layout, Piece, inline, losses
from .stout import painter
from .theme import Theme, colour, theme
from .typeset import SIZE, known, prepare, put, setting

#: Heights, in a theme's own pixels: with numbers beneath the formula, and without.
TALL, LOW = 62, 46
#: Above and below a formula, together.
AIR = 6
#: Sizes that are tried for a formula of its own.
SIZES = (24, 22, 20, 18, 17, 16, 15, 14, 13, 12)


class Formula(QWidget):
    """A card with one line of formula: a function of what it is given, of theme and size.

    It never waits for a formula to be typeset: until then it writes the numbers in plain letters.
    :meth:`settle` looks whether it has been.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme("light")
        self._tex = ""
        self._terms: tuple[Term, ...] = ()
        self._wanted: tuple[Piece, ...] = ()
        self._pieces: tuple[Piece, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Formula")

    @property
    def tall(self) -> int:
        """Its height, pixels."""
        low = self._tex and not (self._pieces and _deep(self._tex, SIZES[0]) > LOW - AIR)
        return round((LOW if low else TALL) * self.theme.scale)

    def show_tex(self, tex: str) -> None:
        """Show this line of LaTeX; nothing: that of the game."""
        if tex != self._tex:
            self._tex = tex
            self._want()

    def show_frame(self, frame: Frame) -> None:
        """Show the game of this frame, where there is no other formula."""
        if frame.terms == self._terms:
            return
        self._terms = frame.terms
        self.setAccessibleDescription(". ".join((frame.formula, *losses(frame.terms))))
        self._want()

    def set_theme(self, wanted: Theme) -> None:
        """Paint in this theme from now on."""
        if wanted is not self.theme:
            self.theme = wanted
            self.update()

    def settle(self) -> bool:
        """Take up the formula that is wanted, if it has been set; return whether it changed."""
        texts = [tex for tex, _ in self._wanted]
        if not known(texts):
            prepare(texts)
            pieces: tuple[Piece, ...] = ()
        else:
            pieces = self._wanted
        if pieces == self._pieces:
            return False
        self._pieces = pieces
        self.update()
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it; called by Qt."""
        t = self.theme
        p = painter(self, t)
        wide, tall = self.width() / t.scale, self.height() / t.scale
        p.fillRect(QRectF(0, 0, wide, tall), colour(t.window))
        p.setRenderHint(p.RenderHint.Antialiasing, True)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(colour(t.base))
        p.drawRoundedRect(QRectF(0, 0, wide, tall), 9, 9)
        room = wide - 2 * PAD
        if self._tex and self._pieces:
            found = setting(self._tex)
            for size in SIZES:
                if found.wide * size / SIZE <= room and _deep(self._tex, size) <= tall - AIR:
                    break
            rise, fall = found.rise * size / SIZE, found.fall * size / SIZE
            left = (wide - found.wide * size / SIZE) / 2
            put(p, (round(left), round((tall + rise - fall) / 2)), self._tex, t.text, size)
        elif self._pieces and (layout := inline(self._pieces, room, tall)).size:
            self._paint_game(p, layout, wide)
        else:
            words = elided("     ".join(losses(self._terms)), room)
            write(p, (wide / 2, tall / 2 + BODY * 0.36), words, t.text, align=0.5)
        p.end()

    def _paint_game(self, p: QPainter, layout: Layout, wide: float) -> None:
        t = self.theme
        number, left, *_ = layout.places[-1]
        end = left + setting(self._pieces[number][0]).wide * layout.size / SIZE
        shift = max((wide - end - PAD) / 2, 0.0)
        for number, left, base, below in layout.places:
            tex, role = self._pieces[number]
            equals = tex.endswith("=")
            ink = t.words(t.role(role)) if equals else t.muted if role == "where" else t.text
            put(p, (round(shift + left), round(base)), tex, ink, layout.size)
            if value := self._terms[number].value:
                long = setting(tex).wide * layout.size / SIZE
                at = (shift + left + (long if equals else long / 2), below)
                tone = t.words(t.role(self._terms[number].role))
                write(p, at, value, tone, size=SMALL, align=1.0 if equals else 0.5)

    def _want(self) -> None:
        game = tuple((term.tex, term.role) for term in self._terms)
        self._wanted = ((self._tex, "formula"),) if self._tex else game
        self.settle()
        self.update()


def _deep(tex: str, size: float) -> float:
    """Return the height of a piece of formula that has been set."""
    found = setting(tex)
    return (found.rise + found.fall) * size / SIZE
