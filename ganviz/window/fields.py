"""One editor per kind of parameter, made from the schema alone."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
)

from ganviz.schema import ParamError, Parameter, parse
from ganviz.window.field import Field, legal, written
from ganviz.window.keys import Manners
from ganviz.window.number import NumberField
from ganviz.window.titles import explanation, title


class CheckField(Field):
    """A yes or a no."""

    def __init__(self, parameter: Parameter, manners: Manners) -> None:
        super().__init__(parameter, manners)
        self.box = QCheckBox()
        self.box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.box.clicked.connect(self._clicked)
        self._take(self.box, 1)

    def _show(self) -> None:
        self.box.setChecked(bool(self.value))

    @Slot(bool)
    def _clicked(self, on: bool) -> None:
        self._offer(on)


class Choices(QComboBox):
    """A combo box that cuts long words with an ellipsis, which one with a style sheet does not."""

    ARROW = 34

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as ever, but with words that fit; called by Qt."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        words = option.currentText or self.placeholderText()
        room = self.width() - self.ARROW
        option.currentText = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


class ChoiceField(Field):
    """One of several names, called as the catalog calls them."""

    def __init__(self, parameter: Parameter, manners: Manners) -> None:
        super().__init__(parameter, manners)
        self.box = Choices()
        self.box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.box.setMinimumContentsLength(6)
        self.box.setMaxVisibleItems(20)
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if parameter.optional:
            self.box.addItem("default", None)
        for choice in parameter.choices:
            self.box.addItem(title(parameter, choice), choice)
            if note := explanation(parameter, choice):
                self.box.setItemData(self.box.count() - 1, note, Qt.ItemDataRole.ToolTipRole)
        widest = max(
            (self.box.fontMetrics().horizontalAdvance(self.box.itemText(i)))
            for i in range(self.box.count())
        )
        self.box.view().setMinimumWidth(widest + 40)
        self.box.activated.connect(self._activated)
        self._take(self.box, 1)

    def _show(self) -> None:
        self.box.setCurrentIndex(self.box.findData(self.value))

    @Slot(int)
    def _activated(self, index: int) -> None:
        self._offer(self.box.itemData(index))


class TextField(Field):
    """Text, or a list of numbers written with commas; of a long list, its length at first."""

    #: Longer lists are written out only where the user's hand is.
    LONG = 24

    def __init__(self, parameter: Parameter, manners: Manners) -> None:
        super().__init__(parameter, manners)
        self._refused = False
        self.edit = QLineEdit()
        self.edit.setMinimumWidth(60)
        self.edit.editingFinished.connect(self._finished)
        self.edit.textEdited.connect(self._typed)
        self.edit.installEventFilter(self)
        self._take(self.edit, 1)

    @property
    def held(self) -> bool:
        """Whether a text is being typed, or stands there with its complaint."""
        return self.edit.isModified() and (self.edit.hasFocus() or self._refused)

    def refuse(self, sentence: str) -> bool:
        """Keep the text for another try, with the engine's refusal as a complaint."""
        self._refused = True
        self.edit.setModified(True)
        self._complain(sentence)
        return True

    def give_in(self) -> None:
        """Keep a refused text no longer."""
        if self._refused:
            self.show_value(self.value, self.stands_for)

    def _show(self) -> None:
        self._refused = False
        self.edit.setText(self._words())
        self.edit.setCursorPosition(0)
        self.edit.setModified(False)
        self.edit.setPlaceholderText(self._grey())

    def _words(self) -> str:
        if self._long and not self.edit.hasFocus():
            return f"{len(self.value)} {self.parameter.title.lower()}"
        return written(self.value)

    @property
    def _long(self) -> bool:
        return isinstance(self.value, tuple) and len(self.value) > self.LONG

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Write a long list out where the user's hand comes, and its length where it goes."""
        # A menu of the box itself takes the focus too, and must find what is selected.
        menu = Qt.FocusReason.PopupFocusReason
        if isinstance(event, QFocusEvent) and event.reason() != menu:
            moved = event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut)
            if moved and self._long and not self.edit.isModified():
                self._show()
        return super().eventFilter(watched, event)

    def _grey(self) -> str:
        if self.value is not None:
            return "none"
        return f"default {written(self.stands_for)}" if self.stands_for else "default"

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives up what was typed; called by Qt."""
        if event.key() == Qt.Key.Key_Escape and self.edit.isModified():
            self.show_value(self.value, self.stands_for)
            self.let_go.emit()
            return
        super().keyPressEvent(event)

    def read(self, text: str) -> Any:
        """Return what a text means.

        Raises
        ------
        ParamError
            If nothing that the parameter can take.
        """
        text = text.strip()
        if not text and self.parameter.optional:
            return None
        if self.parameter.kind != "list":
            return legal(self.parameter, text)
        text = text.replace("−", "-")
        try:
            return legal(self.parameter, parse(text))
        except ParamError:
            # Lists may be written without their brackets.
            value = parse(f"[{text}]")
            return legal(self.parameter, value if isinstance(value, list) else parse(text))

    @Slot()
    def _finished(self) -> None:
        if not self.edit.isModified() or self._refused:  # the same would be refused again
            return
        try:
            value = self.read(self.edit.text())
        except ParamError as error:
            self._complain(str(error))
            return
        self._offer(value)
        self._show()

    @Slot(str)
    def _typed(self, text: str) -> None:
        self._refused = False
        try:
            self.read(text)
        except ParamError as error:
            self._complain(str(error))
        else:
            self._complain("")


class FileField(TextField):
    """A file's path, typed or chosen."""

    def __init__(self, parameter: Parameter, manners: Manners) -> None:
        super().__init__(parameter, manners)
        self.button = QToolButton()
        self.button.setText("…")
        self.button.clicked.connect(self.choose)
        self._take(self.button, main=False)
        self.button.setAccessibleName(f"Choose {parameter.title.lower()}…")

    def refuse(self, sentence: str) -> bool:
        """Keep nothing: the file is not what was hoped for."""
        return False

    def _grey(self) -> str:
        return "none"

    @Slot()
    def choose(self) -> None:
        """Open a dialog to choose the file in."""
        dialog = QFileDialog(self.window(), self.parameter.title, self.edit.text())
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    @Slot(str)
    def _chosen(self, path: str) -> None:
        self._offer(path)
        self._show()


def make_field(parameter: Parameter, manners: Manners, roomy: bool = True) -> Field:
    """Return the editor for a parameter, by its kind."""
    if parameter.kind in ("int", "float"):
        return NumberField(parameter, manners, roomy or parameter.optional)
    kinds: dict[str, type[Field]] = {
        "bool": CheckField,
        "choice": ChoiceField,
        "list": TextField,
        "text": TextField,
        "file": FileField,
    }
    return kinds[parameter.kind](parameter, manners)
