"""The small controls of a header, painted by hand so that every platform shows the same pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QWidget

from .ink import BODY, elided, write
from .ink import width as width_of
from .stout import painter
from .theme import Theme, colour, mixed, theme

#: Height of a control and of a row of them, pixels.
CONTROL, ROW = 24, 32

#: Keys of the number pad are keys like others.
KEYPAD = Qt.KeyboardModifier.KeypadModifier
#: What presses a button that somebody has come to by keyboard.
PRESSES = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)

Draw = Callable[[QPainter, QRectF, Theme], None]


class Button(QAbstractButton):
    """A flat button that paints itself from a theme."""

    def __init__(self, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme("light")
        self._ring = False
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedHeight(CONTROL)

    def set_theme(self, theme: Theme) -> None:
        """Paint in the colours of this theme from now on."""
        if theme is not self.theme:
            self.theme = theme
            self.setFixedHeight(round(CONTROL * theme.scale))
            self.updateGeometry()
            self.update()

    def painter(self) -> QPainter:
        """Return a painter in the button's own pixels: larger ones for a projector."""
        return painter(self, self.theme)

    @property
    def wide(self) -> float:
        """Its width in its own pixels."""
        return self.width() / self.theme.scale

    @property
    def tall(self) -> float:
        """Its height in its own pixels."""
        return self.height() / self.theme.scale

    def natural(self) -> int:
        """Return the width it looks best at, in its own pixels."""
        return CONTROL

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show that the pointer is here."""
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: object) -> None:
        """Show that the pointer has gone."""
        self.update()
        super().leaveEvent(event)  # type: ignore[arg-type]

    def event(self, event: QEvent) -> bool:
        """Have Space for itself while it is in focus, which plays elsewhere; called by Qt."""
        if event.type() == QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            if event.key() in PRESSES and not event.modifiers() & ~KEYPAD:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Be pressed by Enter, too; called by Qt."""
        if event.key() in PRESSES[1:]:
            self.click()
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show a ring to those who came by keyboard."""
        # A ring only for those who came by keyboard: a film shows none, nor does a click.
        keys = Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason
        self._ring = event.reason() in keys
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        self._ring = False
        super().focusOutEvent(event)

    def plate(self, p: QPainter, on: bool, radius: float = 6.0) -> None:
        """Paint the ground: a pill when on, a hint of one under the pointer, a ring in focus."""
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        area = QRectF(0.5, 0.5, self.wide - 1, self.tall - 1)
        hot = self.underMouse() and self.isEnabled()
        p.setPen(Qt.PenStyle.NoPen)
        if on or hot:
            ground = self.theme.raised
            p.setBrush(colour(mixed(ground, self.theme.border, 0.6) if hot else ground))
            p.drawRoundedRect(area, radius, radius)
        if self._ring:
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.setPen(QPen(colour(self.theme.accent), 1.5))
            p.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)

    def sizeHint(self) -> QSize:
        """Return the size it looks best at."""
        scale = self.theme.scale
        return QSize(round(self.natural() * scale), round(CONTROL * scale))


class Words(Button):
    """A button that is nothing but its words, on a pill; hidden until it has something to say."""

    #: Space about the words, both sides together.
    AIR = 16

    def __init__(self, name: str, tip: str, label: str = "") -> None:
        super().__init__(name, tip)
        self.label = label
        self.hide()

    def natural(self) -> int:
        """Return the width it looks best at, in its own pixels."""
        return round(width_of(self.label, BODY) + self.AIR)

    def show_label(self, label: str, shown: bool) -> None:
        """Say something else, or nothing."""
        self.label = label
        self.setVisible(shown)
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        p = self.painter()
        self.plate(p, True)
        at = (self.wide / 2, self.tall / 2 + BODY * 0.36)
        write(p, at, self.label, self.theme.text, align=0.5)
        p.end()


class Chip(Button):
    """A layer that can be shown or hidden; its swatch and words are the legend of the plot."""

    #: Width of a chip that shows its swatch only, and from which on cut words can be guessed.
    LEAST, LEGIBLE = 30, 72

    def __init__(self, layer: str, parent: QWidget | None = None) -> None:
        super().__init__(layer, "", parent)
        self.layer = layer
        self.setCheckable(True)
        self._draw: Draw | None = None
        self._label = layer

    def describe(self, label: str, tip: str, draw: Draw) -> None:
        """Say what the layer is called at present and how its swatch looks."""
        if (label, draw) != (self._label, self._draw):
            self._label, self._draw = label, draw
            self.setAccessibleName(f"Show {label}")
            self.setToolTip(tip)
            self.updateGeometry()
            self.update()

    def natural(self) -> int:
        """Return the width it looks best at, in its own pixels."""
        return round(7 + 16 + 5 + width_of(self._label, BODY) + 7)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        p = self.painter()
        on = self.isChecked()
        self.plate(p, on)
        swatch = QRectF(7, (self.tall - 12) / 2, 16, 12)
        if on and self._draw is not None:
            self._draw(p, swatch, self.theme)
        else:
            # An empty frame: "off" must not rest on a paler colour alone.
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.setPen(QPen(colour(self.theme.axis), 1))
            p.drawRoundedRect(swatch.adjusted(2.5, 1.5, -2.5, -1.5), 2, 2)
        ink = self.theme.text if on else self.theme.muted
        label = elided(self._label, self.wide - 34)
        if self.wide > self.LEAST:
            write(p, (28, self.tall / 2 + BODY * 0.36), label, ink)
        p.end()


class Segment(Button):
    """One of a row of exclusive choices."""

    def __init__(self, value: str, label: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(label, tip, parent)
        self.value = value
        self.label = label
        self.setCheckable(True)

    def natural(self) -> int:
        """Return the width it looks best at, in its own pixels."""
        return round(width_of(self.label, BODY) + 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        p = self.painter()
        self.plate(p, self.isChecked())
        if self.isChecked():
            p.setPen(QPen(colour(self.theme.accent), 2))
            y = self.tall - 1.5
            p.drawLine(QPointF(9, y), QPointF(self.wide - 9, y))
        ink = self.theme.text if self.isChecked() else self.theme.muted
        at = (self.wide / 2, self.tall / 2 + BODY * 0.36)
        write(p, at, self.label, ink, align=0.5)
        p.end()


class Tab(Button):
    """The title of a view that stands behind the one in front; asks to come forward."""

    wanted = Signal(str)

    def __init__(self, view: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(f"Show {title}", f"Show {title} here", parent)
        self.view = view
        self.title = title
        #: Whether it leads nowhere at present: the game has nothing to show there.
        self.absent = False
        self.clicked.connect(self._clicked)

    def natural(self) -> int:
        """Return the width it looks best at, in its own pixels."""
        return round(width_of(self.title, BODY)) + 12

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        p = self.painter()
        self.plate(p, False)
        at = (self.wide / 2, self.tall / 2 + BODY * 0.36)
        write(p, at, elided(self.title, self.wide - 4), self.theme.muted, align=0.5)
        p.end()

    def _clicked(self) -> None:
        self.wanted.emit(self.view)


class Segments(QWidget):
    """A row of exclusive choices; it shows what it is told and only *asks* for a change."""

    wanted = Signal(str)

    def __init__(
        self, name: str, choices: tuple[tuple[str, str, str], ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._parts: list[Segment] = []
        for value, label, tip in choices:
            part = Segment(value, label, tip)
            part.clicked.connect(self._clicked)
            row.addWidget(part)
            self._parts.append(part)

    def show_value(self, value: str) -> None:
        """Mark one choice."""
        for part in self._parts:
            part.setChecked(part.value == value)

    def set_theme(self, theme: Theme) -> None:
        """Paint in the colours of this theme from now on."""
        for part in self._parts:
            part.set_theme(theme)

    def _clicked(self) -> None:
        part = self.sender()
        assert isinstance(part, Segment)
        # The mark follows the look, not the click: the window may refuse.
        part.setChecked(not part.isChecked())
        self.wanted.emit(part.value)

    def sizeHint(self) -> QSize:
        """Return the size it looks best at."""
        hints = [part.sizeHint() for part in self._parts]
        wide = sum(hint.width() for hint in hints) + 2 * (len(hints) - 1)
        return QSize(wide, max(hint.height() for hint in hints))


class Choice(Button):
    """A button that shows one of several names and opens a menu of the others.

    ``lead`` is written before the present name, where that alone would not say what it is. An
    ``even`` one is as wide for every name, where there is room: what stands beside it stays.
    """

    wanted = Signal(str)

    def __init__(self, name: str, tip: str, lead: str = "", even: bool = False) -> None:
        super().__init__(name, tip)
        self._even = even
        self._what = name
        self._lead = lead
        self._names: tuple[str, ...] = ()
        self._value = ""
        self.clicked.connect(self._open)

    @property
    def value(self) -> str:
        """The present name."""
        return self._value

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in the order of the menu."""
        return self._names

    def show_value(self, names: tuple[str, ...], value: str) -> None:
        """Show the present name out of these."""
        if (names, value) != (self._names, self._value):
            self._names, self._value = names, value
            self.setEnabled(len(names) > 1)
            self.setAccessibleName(f"{self._what}: {value}")
            self.updateGeometry()
            self.update()

    def natural(self) -> int:
        """Return the width it looks best at, in its own pixels."""
        return self._around(self._value)

    def roomy(self) -> int:
        """Return the width at which it looks best whatever its name will be."""
        names = (self._value, *self._names) if self._even else (self._value,)
        return max(map(self._around, names))

    def _around(self, name: str) -> int:
        arrow = 20 if len(self._names) > 1 else 4
        return round(width_of(self._lead + name, BODY) + 10 + arrow)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        p = self.painter()
        many = len(self._names) > 1
        self.plate(p, many)
        room = self.wide - (26 if many else 12)
        at = (9.0, self.tall / 2 + BODY * 0.36)
        ink = self.theme.text if many else self.theme.muted
        write(p, at, elided(self._lead + self._value, room), ink)
        if many:
            p.setPen(QPen(colour(self.theme.muted), 1.5))
            x, y = self.wide - 13.0, self.tall / 2 + 0.5
            p.drawPolyline(
                QPolygonF([QPointF(x - 3.5, y - 2), QPointF(x, y + 2), QPointF(x + 3.5, y - 2)])
            )
        p.end()

    def menu(self) -> QMenu:
        """Return a menu of the names, the present one ticked."""
        menu = QMenu(self)
        group = QActionGroup(menu)
        for name in self._names:
            action = QAction(name.replace("_", ""), menu, checkable=True)
            action.setData(name)
            action.setChecked(name == self._value)
            group.addAction(action)
            menu.addAction(action)
        menu.triggered.connect(self._chosen)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _open(self) -> None:
        if len(self._names) > 1:
            self.menu().popup(self.mapToGlobal(self.rect().bottomLeft()))

    def _chosen(self, action: QAction) -> None:
        self.wanted.emit(str(action.data()))


class Dial(Button):
    """A number that goes down and up in notches: by its two ends, by the arrows when in focus.

    It shows what it is told and only *asks* for a change. Home asks for zero.
    """

    #: How many notches to go; None asks for zero.
    wanted = Signal(object)
    #: Width of either end.
    END = 18
    KEYS: ClassVar = {
        Qt.Key.Key_Left: -1,
        Qt.Key.Key_Down: -1,
        Qt.Key.Key_Right: 1,
        Qt.Key.Key_Up: 1,
        Qt.Key.Key_Home: None,
    }

    def __init__(self, name: str, tip: str, widest: str) -> None:
        super().__init__(name, tip)
        self._what, self._widest, self._words = name, widest, ""
        self._at = 0.0
        self.setAutoRepeat(True)
        self.clicked.connect(self._clicked)

    def show_words(self, words: str) -> None:
        """Show the present number."""
        if words != self._words:
            self._words = words
            self.setAccessibleName(f"{self._what}: {words}")
            self.update()

    def natural(self) -> int:
        """Return the width it looks best at, in its own pixels: whatever the number is."""
        return round(width_of(self._widest, BODY) + 2 * self.END + 4)

    def event(self, event: QEvent) -> bool:
        """Have the arrows for itself while it is in focus; called by Qt."""
        if event.type() == QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            if event.key() in self.KEYS and not event.modifiers() & ~KEYPAD:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go a notch down or up, or to zero."""
        if event.key() in self.KEYS:
            self.wanted.emit(self.KEYS[Qt.Key(event.key())])
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take note of which end is pressed."""
        self._at = event.position().x()
        super().mousePressEvent(event)

    def _clicked(self) -> None:
        self.wanted.emit(-1 if self._at < self.width() / 2 else 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        p = self.painter()
        self.plate(p, True)
        at = (self.wide / 2, self.tall / 2 + BODY * 0.36)
        write(p, at, elided(self._words, self.wide - 2 * self.END), self.theme.text, align=0.5)
        p.setPen(QPen(colour(self.theme.muted), 1.5))
        for side, x in ((-1, self.END / 2 + 1), (1, self.wide - self.END / 2 - 1)):
            y = self.tall / 2
            tip = QPointF(x + 2 * side, y)
            p.drawPolyline(
                QPolygonF([QPointF(x - 2 * side, y - 3.5), tip, QPointF(x - 2 * side, y + 3.5)])
            )
        p.end()


class Maximise(Button):
    """Fills the stage with one view, and gives it back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Maximise", "Maximise this view (or double-click)", parent)
        self._on = False

    def show_value(self, on: bool, title: str) -> None:
        """Show whether the view is maximised."""
        if on != self._on:
            self._on = on
            self.setToolTip(
                "Show all views again (or double-click)"
                if on
                else "Maximise this view (or double-click)"
            )
            self.update()
        self.setAccessibleName(f"{'Restore' if on else 'Maximise'} {title}")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        p = self.painter()
        self.plate(p, False)
        ink = self.theme.text if self.underMouse() else self.theme.muted
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(QPen(colour(ink), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        c = self.wide / 2
        # Two corners pointing outwards, or inwards when there is something to give back.
        for sign in (-1.0, 1.0):
            corner, arm = (1.8, 5.0) if self._on else (5.0, 0.2)
            x, y = c + sign * corner, c - sign * corner
            p.drawPolyline(
                QPolygonF([QPointF(c + sign * arm, y), QPointF(x, y), QPointF(x, c - sign * arm)])
            )
        p.end()
