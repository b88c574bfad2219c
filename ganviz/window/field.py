"""Field: what all editors of a parameter have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ganviz.schema import ParamError, Parameter, get, put, words
from ganviz.settings import Settings
from ganviz.window.keys import Manners


def legal(parameter: Parameter, value: Any) -> Any:
    """Return a value as the settings would hold it.

    Raises
    ------
    ParamError
        If the parameter cannot take it.
    """
    return get(put(Settings(), {parameter.path: value}), parameter.path)


def written(value: Any) -> str:
    """Write a value as a field shows it: ``0.0002``, ``1e-5``, ``64, 64``; None is nothing."""
    if value is None:
        return ""
    text = words(value).replace("e-0", "e-").replace("e+0", "e")
    return text[1:-1] if isinstance(value, tuple) else text


class Field(QWidget):
    """Edits one parameter.

    Signals
    -------
    edited (path, value)
        The user's hand set a new, legal value.
    shown
        A value was shown, by whichever way.
    let_go
        The user's hand left it; what came meanwhile may be shown.
    complained (sentence)
        What was typed is illegal, and why; empty when it no longer is.
    """

    edited = Signal(str, object)
    shown = Signal()
    let_go = Signal()
    complained = Signal(str)

    def __init__(self, parameter: Parameter, manners: Manners) -> None:
        super().__init__()
        self.parameter = parameter
        self.value: Any = parameter.default
        self.stands_for: Any = None
        self.complaint = ""
        #: Whom to tell first what the hand has set, by a plain call: each signal lets go of the
        #: interpreter lock, and who waits for a step that knows of it waits for the lock as well.
        self.tell: Callable[[Field, Any], None] | None = None
        # Not a focus proxy: Qt would pass over the other controls of the field.
        self.main: QWidget = self
        self._manners = manners
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)

    def _take(self, control: QWidget, stretch: int = 0, main: bool = True) -> None:
        """Add a control; the main one is what the field's label stands for."""
        control.setAccessibleName(self.parameter.title)
        self._manners.teach(control)
        self._row.addWidget(control, stretch)
        if main:
            self.main = control

    @property
    def held(self) -> bool:
        """Whether the user's hand is on it just now, so that it must not move by itself."""
        return False

    def show_value(self, value: Any, stands_for: Any = None) -> None:
        """Show a value without telling anybody; ``stands_for`` is what None means here."""
        self.value, self.stands_for = value, stands_for
        self._complain("")
        self._show()
        self.shown.emit()

    def refuse(self, sentence: str) -> bool:
        """Keep what was entered with the engine's refusal of it; False if it is not kept."""
        return False

    def give_in(self) -> None:
        """Keep a refused entry no longer."""

    def _show(self) -> None:
        raise NotImplementedError

    def _offer(self, value: Any) -> bool:
        """Take a value from the user's hand; False if it is illegal."""
        try:
            value = legal(self.parameter, value)
        except ParamError as error:
            self._complain(str(error))
            return False
        self._complain("")
        if value != self.value:
            self.value = value
            if self.tell is not None:
                self.tell(self, value)
            self.shown.emit()
            self.edited.emit(self.parameter.path, value)
        return True

    def _complain(self, sentence: str) -> None:
        if sentence == self.complaint:
            return
        self.complaint = sentence
        self.main.setProperty("wrong", bool(sentence))
        self.main.style().unpolish(self.main)
        self.main.style().polish(self.main)
        self.complained.emit(sentence)
