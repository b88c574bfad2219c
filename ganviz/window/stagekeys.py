"""The keys of a lecture: they work whatever has the focus, and hide the pointer when it rests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QCursor, QGuiApplication, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from ganviz.views.chrome import Dial

_Key = Qt.Key
#: What each key asks for.
KEYS = {
    _Key.Key_PageUp: "previous",
    _Key.Key_PageDown: "next",
    _Key.Key_Left: "back",
    _Key.Key_Right: "step",
    _Key.Key_Up: "smaller",
    _Key.Key_Down: "larger",
    _Key.Key_Period: "blank",
    _Key.Key_B: "blank",
    _Key.Key_Space: "play",
    _Key.Key_Escape: "leave",
    _Key.Key_F5: "leave",
}
#: The same in words.
WORDS = (
    ("Page Down, Page Up", "On stage: next, previous lesson"),
    ("Right, Left", "On stage: one step, one step back"),
    ("Down, Up", "On stage: the next view alone, the one before; then all of them again"),
    ("B or .", "On stage: black, and back again"),
    ("Space", "On stage: play or pause"),
    (
        "+, \N{MINUS SIGN}, Enter",
        "On stage: move the focused slider or dial; press the focused button",
    ),
    ("Esc or F5", "Leave the stage"),
)
#: Those that go on while the key is held down.
HELD = frozenset({"back", "step"})
#: Keys that a text needs itself.
TYPED = frozenset(KEYS) - {_Key.Key_PageUp, _Key.Key_PageDown, _Key.Key_Escape, _Key.Key_F5}
#: How long the pointer rests before it hides, milliseconds.
REST_MS = 2000
_Kind = QEvent.Type
_MOUSE = frozenset(
    {_Kind.MouseMove, _Kind.MouseButtonPress, _Kind.MouseButtonRelease, _Kind.MouseButtonDblClick}
)


def typing(control: QWidget | None) -> bool:
    """Return whether what has the focus takes letters."""
    if isinstance(control, QLineEdit | QTextEdit | QPlainTextEdit):
        return not control.isReadOnly()
    if isinstance(control, QComboBox):
        return control.isEditable()
    return isinstance(control, QAbstractSpinBox)


class StageKeys(QObject):
    """Hears every key of the application while a stage is up.

    Since arrows and Space are the lecture's, + and - move a focused slider or dial, Enter presses a
    focused button or opens a list. Menus, lists and dialogs that are open keep all of their keys.
    """

    def __init__(self, acts: Mapping[str, Callable[[], object]], parent: QObject) -> None:
        super().__init__(parent)
        self._acts = acts
        self._hall: QWidget | None = None
        self._at = QPoint()
        self._down = Qt.MouseButton.NoButton
        self._hidden = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._hide)

    @property
    def pointer_hidden(self) -> bool:
        """Whether the pointer hides just now."""
        return self._hidden

    def hear(self, hall: QWidget | None) -> None:
        """Hear keys for this window from now on; for none: no longer."""
        app = QApplication.instance()
        assert app is not None
        if (hall is None) != (self._hall is None):
            if hall is None:
                app.removeEventFilter(self)
            else:
                app.installEventFilter(self)
        self._hall = hall
        self._down = Qt.MouseButton.NoButton
        self._show()
        if hall is not None:
            self._rest.start()
        else:
            self._rest.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See :class:`StageKeys`; called by Qt."""
        kind = event.type()
        if kind in _MOUSE and isinstance(event, QMouseEvent):
            # QGuiApplication.mouseButtons() keeps a button whose release went astray, as after
            # something dragged out of the window; the next event tells what is down.
            self._down = event.buttons()
            at = event.globalPosition().toPoint()
            if kind == _Kind.MouseMove and at != self._at:
                self._at = at
                self._show()
                self._rest.start()
            return False
        if kind not in (_Kind.KeyPress, _Kind.ShortcutOverride):
            return False
        if not isinstance(event, QKeyEvent):
            return False
        app = QApplication
        if app.activePopupWidget() is not None or app.activeModalWidget() is not None:
            return False
        act = self._act(event)
        if act is None:
            return False
        if kind == _Kind.ShortcutOverride:
            event.accept()  # the shortcuts of the window have to wait
        else:
            act()
        return True

    def _act(self, event: QKeyEvent) -> Callable[[], object] | None:
        """Return what a key does; nothing: it is not one of these."""
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return None
        key, focus = Qt.Key(event.key()), QApplication.focusWidget()
        if key in KEYS:
            if key in TYPED and typing(focus):
                return None
            name = KEYS[key]
            once = event.isAutoRepeat() and name not in HELD
            return _nothing if once else self._acts[name]
        return self._own(key, focus)

    def _own(self, key: Qt.Key, focus: QWidget | None) -> Callable[[], object] | None:
        """Return what a key does to the control that has the focus."""
        if isinstance(focus, QAbstractSlider) and key in (_Key.Key_Plus, _Key.Key_Minus):
            action = QAbstractSlider.SliderAction
            way = action.SliderSingleStepAdd if key == _Key.Key_Plus else action.SliderSingleStepSub
            return lambda: focus.triggerAction(way)
        if isinstance(focus, Dial) and key in (_Key.Key_Plus, _Key.Key_Minus):
            notch = 1 if key == _Key.Key_Plus else -1
            return lambda: focus.wanted.emit(notch)
        if key in (_Key.Key_Return, _Key.Key_Enter):
            if isinstance(focus, QAbstractButton):
                return focus.click
            if isinstance(focus, QComboBox) and not focus.isEditable():
                return focus.showPopup
            hall = self._hall
            if focus and hall and typing(focus) and hall.isAncestorOf(focus):
                # What was typed is entered, and the keys are the lecture's again.
                QTimer.singleShot(0, hall, hall.setFocus)
        return None

    @Slot()
    def _hide(self) -> None:
        """Hide the pointer, where it lies on the stage and does nothing."""
        hall = self._hall
        if self._hidden or hall is None or not hall.isVisible():
            return
        busy = self._down != Qt.MouseButton.NoButton
        if busy or QApplication.activePopupWidget() is not None:
            self._rest.start()
        elif hall.geometry().contains(QCursor.pos()):
            self._hidden = True
            QGuiApplication.setOverrideCursor(Qt.CursorShape.BlankCursor)

    def _show(self) -> None:
        if self._hidden:
            self._hidden = False
            QGuiApplication.restoreOverrideCursor()


def _nothing() -> None:
    """Do nothing."""
