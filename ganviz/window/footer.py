"""The line at the bottom: the last change and the status, and for a moment what was done."""

from __future__ import annotations

from PySide6.QtCore import QSize, QTimer, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganviz.clock import Part
from ganviz.frame import Frame
from ganviz.views.ink import BODY, THIN, elided, whole, width, write
from ganviz.views.theme import theme
from ganviz.window.style import roomy

#: How long it is said that something was done, milliseconds.
A_MOMENT = 6000


class Footer(QWidget):
    """One line, cut where there is no room; painted, so that no layout ever moves."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("footer")
        self.setFixedHeight(32)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._theme = theme("light")
        self.formula = ""
        self.news = ""
        self.status = ""
        self.said = ""  # what was done, for a moment in the place of the news
        self._moment = QTimer(self)
        self._moment.setSingleShot(True)
        self._moment.setInterval(A_MOMENT)
        self._moment.timeout.connect(self._hush)
        self.setAccessibleName("Formula, last change and status")

    def show_frame(self, frame: Frame) -> None:
        """Show what a frame says."""
        news = ""
        if frame.marks:
            last = frame.marks[-1]
            news = f"step {whole(last.step)}: {last.text}"
        self.show_words(frame.formula, news)

    def show_words(self, formula: str, news: str) -> None:
        """Show news; the formula stands on the stage, and is told to those who cannot see it."""
        if (formula, news) != (self.formula, self.news):
            self.formula, self.news = formula, news
            self._tell()

    def show_status(self, status: str) -> None:
        """Show in a word what the run is doing."""
        if status != self.status:
            self.status = status
            self._tell()

    @Slot(str)
    def say(self, sentence: str) -> None:
        """Say for a moment that something was done; no picture moves for it."""
        self.said = sentence
        self._moment.start()
        self._tell()

    @Slot()
    def _hush(self) -> None:
        self.said = ""
        self._tell()

    def _tell(self) -> None:
        self.setToolTip(self.said or self.news)
        words = [word for word in (self.said, self.formula, self.news, self.status) if word]
        self.setAccessibleDescription(". ".join(words).replace(THIN, ""))
        self.update()

    def set_theme(self, name: str) -> None:
        """Paint in the colours of a theme."""
        self._theme = theme(name)
        self.setFixedHeight(round(32 * roomy()))
        self.update()

    def sizeHint(self) -> QSize:
        """Return a modest width; called by Qt."""
        return QSize(320, 32)

    @Part("footer")
    def paintEvent(self, event: QPaintEvent) -> None:
        """Write both; called by Qt."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.scale(roomy(), roomy())
        wide, tall = self.width() / roomy(), self.height() / roomy()
        base = tall / 2 + BODY * 0.36
        muted = self._theme.muted
        write(painter, (wide - 16, base), elided(self.status, wide - 32), muted, align=1.0)
        room = wide - 32.0 - (width(self.status) + 24 if self.status else 0)
        words, ink = (self.said, self._theme.text) if self.said else (self.news, muted)
        write(painter, (16, base), elided(words, room), ink)
        painter.end()
