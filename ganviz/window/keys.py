"""Good manners of controls: the wheel and the keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QWidget

_Key = Qt.Key
_Standard = QKeySequence.StandardKey
#: Keys that a focused control needs itself, whatever the window would do with them.
_SLIDER = {
    _Key.Key_Left,
    _Key.Key_Right,
    _Key.Key_Up,
    _Key.Key_Down,
    _Key.Key_PageUp,
    _Key.Key_PageDown,
    _Key.Key_Home,
    _Key.Key_End,
}
_COMBO = {_Key.Key_Up, _Key.Key_Down, _Key.Key_Home, _Key.Key_End}
_BUTTON = {_Key.Key_Space}


def _own(control: QObject) -> set[Qt.Key]:
    if isinstance(control, QAbstractSlider):
        return _SLIDER
    if isinstance(control, QComboBox):
        return _COMBO
    return _BUTTON if isinstance(control, QAbstractButton) else set()


class Manners(QObject):
    """Keeps the wheel off unfocused controls, and a focused control's own keys to itself.

    Without it the wheel would change a number that merely lies under the pointer, and the
    window's shortcuts (Space, Right, Page Down) would be taken from a focused slider or button.
    """

    def teach(self, control: QWidget) -> None:
        """Make a control behave."""
        if control.focusPolicy() == Qt.FocusPolicy.WheelFocus:
            control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        control.installEventFilter(self)

    def eventFilter(self, control: QObject, event: QEvent) -> bool:
        """See :class:`Manners`; called by Qt."""
        kind = event.type()
        if kind == QEvent.Type.Wheel:
            if isinstance(control, QWidget) and not control.hasFocus():
                event.ignore()  # so that it goes on to the scroll area
                return True
        elif kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.matches(_Standard.Undo) or event.matches(_Standard.Redo):
                return self._leaves(control, event)
            if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
                return False
            if event.key() in _own(control):
                event.accept()
                return True
        return False

    @staticmethod
    def _leaves(control: QObject, event: QKeyEvent) -> bool:
        """Leave taking back to the window, except where a text is being typed."""
        if isinstance(control, QLineEdit):
            typing = control.isModified()
        else:
            typing = bool(getattr(control, "typing", False))
        if typing:
            return False
        event.ignore()
        return True
