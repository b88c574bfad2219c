"""The message bar: refusals, stops and errors, told without getting in the way."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ganviz.window.style import bare, set_icon

ICONS = {"info": "info", "refusal": "info", "trouble": "triangle-alert", "error": "octagon-alert"}


class Bar(QWidget):
    """One message with its buttons, above the stage; not modal, and easily put away."""

    chosen = Signal(str)
    #: The message of this level was put away.
    dismissed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.level = ""
        card = QFrame()
        card.setObjectName("bar")
        around = QVBoxLayout(self)
        around.setContentsMargins(8, 8, 8, 0)
        around.addWidget(card)
        self._card = card
        self._symbol = QLabel()
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._close = QToolButton()
        self._close.setObjectName("small")
        self._close.setAccessibleName("Dismiss message")
        self._close.setToolTip("Dismiss")
        self._close.clicked.connect(self.dismiss)
        set_icon(self._close, "x")
        self._line = QHBoxLayout(card)
        self._line.setContentsMargins(12, 6, 8, 6)
        self._line.setSpacing(8)
        self._line.addWidget(self._symbol)
        self._line.addWidget(self._words, 1)
        self._line.addWidget(self._close)
        self.buttons: dict[str, QPushButton] = {}
        self.hide()

    @property
    def text(self) -> str:
        """The message shown, or nothing."""
        return "" if self.isHidden() else self._words.text()

    def tell(self, level: str, text: str, buttons: tuple[str, ...] = ()) -> None:
        """Show a message of a level (info, refusal, trouble, error) with buttons."""
        self._clear()
        self.level = level
        self._card.setProperty("level", level)
        set_icon(self._symbol, ICONS[level])
        self._words.setText(text)
        self.setAccessibleName(text)
        for words in buttons:
            button = QPushButton(words)
            button.clicked.connect(self._pressed)
            self._line.insertWidget(self._line.count() - 1, button)
            self.buttons[words] = button
        self._card.style().unpolish(self._card)
        self._card.style().polish(self._card)
        self.show()

    @Slot()
    def dismiss(self) -> None:
        """Put the message away."""
        self._clear()
        level, self.level = self.level, ""
        self.hide()
        self.dismissed.emit(level)

    def _clear(self) -> None:
        for button in self.buttons.values():
            button.hide()
            button.deleteLater()
        self.buttons = {}

    @Slot()
    def _pressed(self) -> None:
        button = self.sender()
        words = next((w for w, each in self.buttons.items() if each is button), "")
        if words:
            self.chosen.emit(words)


class Details(QDialog):
    """A long report, to be read and copied."""

    def __init__(self, report: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("What went wrong")
        self.resize(720, 420)
        self._report = report
        page = QPlainTextEdit(report)
        page.setReadOnly(True)
        page.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.clicked.connect(self._copied)
        buttons.rejected.connect(self.reject)
        bare(buttons)
        column = QVBoxLayout(self)
        column.addWidget(page)
        column.addWidget(buttons)

    @Slot()
    def _copied(self) -> None:
        QGuiApplication.clipboard().setText(self._report)
        self.copy.setText("Copied")
