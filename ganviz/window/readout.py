"""Numbers and words that change often, painted without disturbing any layout."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganviz.clock import Part
from ganviz.views.ink import BODY, SMALL, elided, font, width, write
from ganviz.views.theme import colour
from ganviz.window.style import roomy, worn


class Readout(QWidget):
    """One line of text in a fixed width, in figures of equal width, on the ground of a toolbar.

    A QLabel would ask its layout for new sizes at every new text, sixty times a second, and let
    everything behind it be painted anew.
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
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
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

    def show_first(self, *texts: str) -> None:
        """Say the first of these that there is room for, or the last."""
        measures, room = QFontMetrics(self._font), self.width() / roomy()
        fitting = (text for text in texts if measures.horizontalAdvance(text) <= room)
        self.show_text(next(fitting, texts[-1]))

    def sizeHint(self) -> QSize:
        """Return the width of the widest text; called by Qt."""
        return self._size * roomy()

    @Part("numbers")
    def paintEvent(self, event: QPaintEvent) -> None:
        """Write the text; called by Qt."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour(worn().base))
        painter.scale(roomy(), roomy())
        role = QPalette.ColorRole
        painter.setPen(self.palette().color(role.PlaceholderText if self._quiet else role.Text))
        painter.setFont(self._font)
        area = QRectF(0, 0, self.width() / roomy(), self.height() / roomy())
        painter.drawText(area, int(self._align | Qt.AlignmentFlag.AlignVCenter), self._text)
        painter.end()


class Score(QWidget):
    """What a measure says at present, and quietly behind it what a perfect generator would score.

    Takes what room there is: the band of the floor goes first, then the floor, each as a whole, and
    then the value is cut.
    """

    NOTHING = "\N{EN DASH}"

    def __init__(self, name: str) -> None:
        super().__init__()
        self.value, self.floor = self.NOTHING, ""
        measures = QFontMetrics(font(BODY))
        self._least = QSize(measures.horizontalAdvance("0.000"), measures.height() + 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(name)

    @property
    def text(self) -> str:
        """What it says."""
        return f"{self.value} · {self.floor}" if self.floor else self.value

    def show_score(self, value: str, floor: str = "") -> None:
        """Say something else: a value, and ``floor 0.004`` or its like where that is known."""
        value = value or self.NOTHING
        if (value, floor) != (self.value, self.floor):
            self.value, self.floor = value, floor
            self.setAccessibleDescription(self.text)
            self.update()

    def sizeHint(self) -> QSize:
        """Return the room for a short number; called by Qt."""
        return self._least * roomy()

    @Part("numbers")
    def paintEvent(self, event: QPaintEvent) -> None:
        """Write both; called by Qt."""
        painter = QPainter(self)
        painter.scale(roomy(), roomy())
        wide = self.width() / roomy()
        colours, role = self.palette(), QPalette.ColorRole
        base = self.height() / roomy() / 2 + BODY * 0.36
        value = elided(self.value, wide)
        write(painter, (0, base), value, colours.color(role.Text).name())
        for floor in filter(None, (self.floor, self.floor.partition(" (")[0])):
            behind = f" · {floor}"
            if width(value) + width(behind) <= wide:
                quiet = colours.color(role.PlaceholderText).name()
                write(painter, (width(value), base), behind, quiet)
                break
        painter.end()
