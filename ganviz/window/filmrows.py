"""Rows in the window that say how far each film is, and what can be done with it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ganviz.film.purposes import beamer_line
from ganviz.views.ink import whole
from ganviz.window.filming import Filming
from ganviz.window.style import set_icon
from ganviz.window.viewfinder import bytes_words, long_words

PHASES = {
    "": "starting",
    "saving": "keeping the run",
    "training": "running it again",
    "drawing": "drawing",
    "encoding": "encoding",
    "writing": "writing",
    "cancelling": "cancelling",
}


def progress_words(film: Filming) -> str:
    """Say how far a film is."""
    if film.state == "waiting":
        return f"{film.out.name} waits for its turn"
    words = [f"{film.out.name}: {PHASES.get(film.phase, film.phase)}"]
    if film.of:
        words.append(f"{whole(film.done)} of {whole(film.of)} pictures drawn")
        if film.NOUN == "film":
            words.append(f"{whole(film.encoded)} encoded")
    if film.seconds_left is not None and film.phase != "cancelling":
        words.append(f"about {long_words(film.seconds_left)} left")
    return " · ".join(words)


class FilmRow(QFrame):
    """How far one film is; then where it lies, or why there is none.

    Signals
    -------
    dismissed
        The user has seen the end of it.
    """

    dismissed = Signal()

    def __init__(self, film: Filming) -> None:
        super().__init__()
        self.film = film
        self.setObjectName("bar")
        self.setProperty("level", "info")
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setMinimumWidth(120)
        self.bar.setMaximumWidth(260)
        self.bar.setAccessibleName(f"Progress of {film.out.name}")
        self.cancel = QPushButton("Cancel")
        self.folder = QPushButton("Open folder")
        self.copy = QPushButton("Copy LaTeX line")
        self.close_ = QToolButton()
        self.close_.setObjectName("small")
        self.close_.setAccessibleName("Dismiss message")
        self.close_.setToolTip("Dismiss")
        set_icon(self.close_, "x")
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 8, 6)
        line.setSpacing(8)
        line.addWidget(self.words, 1)
        line.addWidget(self.bar)
        for button in (self.cancel, self.folder, self.copy, self.close_):
            line.addWidget(button)
        self.cancel.clicked.connect(film.cancel)
        self.folder.clicked.connect(self._open_folder)
        self.copy.clicked.connect(self._copy)
        self.close_.clicked.connect(self.dismissed)
        film.moved.connect(self._show)
        self._show()

    @property
    def latex(self) -> str:
        """The line that plays a folder of pictures in Beamer; nothing for other films."""
        film = self.film
        if film.state != "saved" or film.out.suffix:
            return ""
        return beamer_line(film.out.name, film.of, film.order.fps)

    @Slot()
    def _show(self) -> None:
        film = self.film
        self.bar.setVisible(not film.over)
        self.cancel.setVisible(not film.over)
        self.cancel.setEnabled(film.phase != "cancelling")
        self.folder.setVisible(film.state == "saved")
        self.copy.setVisible(bool(self.latex))
        self.close_.setVisible(film.over)
        # Most of the time goes into drawing; what is left to encode then is little.
        share = (0.9 * film.done + 0.1 * film.encoded) / film.of if film.of else 0.0
        self.bar.setValue(round(1000 * share))
        if film.state == "saved":
            words = f"{film.NOUN.capitalize()} saved as {film.out} ({bytes_words(film.size)})."
            self.words.setText(" ".join(filter(None, (words, film.sentence))))
        elif film.state == "failed":
            self.words.setText(film.sentence)
            self.setProperty("level", "refusal")
            self.style().unpolish(self)
            self.style().polish(self)
        elif film.state == "cancelled":
            self.words.setText(f"{film.out.name} was cancelled; nothing of it is left.")
        else:
            self.words.setText(progress_words(film))
        self.setAccessibleName(self.words.text())

    @Slot()
    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self.film.out).parent)))

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.latex)
        self.copy.setText("Copied")


class FilmRows(QWidget):
    """One row per film, above the stage; not there without films."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 8, 8, 0)
        self._column.setSpacing(4)
        self.hide()

    @property
    def rows(self) -> list[FilmRow]:
        """The rows that are there."""
        return self.findChildren(FilmRow)

    @Slot(object)
    def add(self, film: Filming) -> None:
        """Show how far one more film is."""
        row = FilmRow(film)
        row.dismissed.connect(self._dismissed)
        self._column.addWidget(row)
        self.show()

    @Slot()
    def _dismissed(self) -> None:
        row = self.sender()
        if isinstance(row, FilmRow):
            self._column.removeWidget(row)
            row.setParent(None)
            row.deleteLater()
            self.setVisible(self._column.count() > 0)
