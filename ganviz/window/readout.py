"""Readout: a number or word that changes often, painted without disturbing any layout."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganviz.views.ink import BODY, SMALL, font


class Readout(QWidget):
    """One line of text in a fixed width, in figures of equal width.

    A QLabel would ask its layout for new sizes at every new text, sixty times a second.
    """

    def __init__(
        self,
        name: str,
        widest: str,
        *,
        right: bool = True,
        quiet: bool = False,
        bold: bool = False,
        small: bool = False,
    ) -> None:
        super().__init__()
        self._name = name
        self._text = ""
        self._align = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        self._quiet = quiet
        self._font = font(SMALL if small else BODY, bold)
        measures = QFontMetrics(self._font)
        self._size = QSize(measures.horizontalAdvance(widest) + 2, measures.height() + 2)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(name)

    @property
    def text(self) -> str:
        """What it says."""
        return self._text

    def show_text(self, text: str) -> None:
        """Say something else."""
        if text != self._text:
            self._text = text
            self.setAccessibleDescription(text)
            self.update()

    def sizeHint(self) -> QSize:
        """Return the width of the widest text; called by Qt."""
        return self._size

    def paintEvent(self, event: QPaintEvent) -> None:
        """Write the text; called by Qt."""
        painter = QPainter(self)
        role = QPalette.ColorRole
        painter.setPen(self.palette().color(role.PlaceholderText if self._quiet else role.Text))
        painter.setFont(self._font)
        painter.drawText(self.rect(), self._align | Qt.AlignmentFlag.AlignVCenter, self._text)
        painter.end()
