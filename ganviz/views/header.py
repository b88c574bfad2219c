"""The header of a view: its title, quiet words, controls, and the toggles of its layers."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from .chrome import CONTROL, ROW, Chip, Maximise
from .ink import TITLE, elided, width, write
from .theme import Theme, theme

#: Inner margin of a card.
PAD = 12


class Header(QWidget):
    """Title, quiet words and controls in the first row, the layers in the second."""

    maximise = Signal()

    def __init__(self, title: str, rows: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._rows = rows
        self._words = ""
        self.theme = theme("light")
        self.button = Maximise(self)
        self.button.clicked.connect(self.maximise)
        self.chips: dict[str, Chip] = {}
        self.order: tuple[str, ...] = ()
        self.controls: list[QWidget] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(rows * ROW + 6)

    def add_chip(self, name: str) -> Chip:
        """Add the toggle of a layer."""
        chip = Chip(name, self)
        self.chips[name] = chip
        return chip

    def add_control(self, control: QWidget) -> None:
        """Add a control at the right: in the row of the layers, or beside the title."""
        control.setParent(self)
        self.controls.append(control)

    def show_words(self, words: str) -> None:
        """Show quiet words to the right of the title, cut where there is no room."""
        if words != self._words:
            self._words = words
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Paint in the colours of this theme from now on."""
        if theme is not self.theme:
            self.theme = theme
            for part in (self.button, *self.chips.values(), *self.controls):
                part.set_theme(theme)  # type: ignore[attr-defined]
            self.update()

    def arrange(self) -> None:
        """Put everything in its place, at once, so that a film needs no second pass."""
        right = self.width() - 6
        self.button.move(right - CONTROL, 7)
        below = self._rows > 1
        y = ROW + 6 if below else 7
        end = right if below else right - CONTROL - 4
        for control in reversed(self.controls):
            if control.isHidden():
                continue
            wide = control.sizeHint().width()
            if not below:
                wide = min(wide, end - round(self.title_end()) - 8)
            control.setGeometry(end - wide, y, max(wide, 0), CONTROL)
            end -= wide + 6
        chips = [self.chips[name] for name in self.order]
        x = PAD - 4
        for chip, wide in zip(
            chips, fitted([c.sizeHint().width() for c in chips], end - x), strict=True
        ):
            chip.setGeometry(x, y, wide, CONTROL)
            x += wide + 2

    def title_end(self) -> float:
        """Return where the title ends, pixels from the left."""
        return PAD + width(self._title, TITLE, True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the parts in their places."""
        self.arrange()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask to maximise."""
        self.maximise.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        p = QPainter(self)
        base = 7 + CONTROL / 2 + TITLE * 0.36
        write(p, (PAD, base), self._title, self.theme.text, size=TITLE, bold=True)
        end = self.button.x() - 8
        if self._rows == 1:
            end = min((c.x() for c in self.controls if not c.isHidden()), default=end + 2) - 2
        start = self.title_end() + 18
        words = elided(self._words, end - start)
        if words:
            write(p, (end, base), words, self.theme.muted, align=1)
        p.end()


def fitted(widths: list[int], room: int) -> list[int]:
    """Return widths that fit into ``room`` with gaps of 2, the widest cut first."""
    most = max(widths, default=0)
    while sum(min(wide, most) + 2 for wide in widths) > room and most > Chip.LEAST:
        most -= 1
    return [min(wide, most) for wide in widths]
