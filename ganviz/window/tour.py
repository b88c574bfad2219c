"""The tour: five small bubbles over the controls they speak of, shown to who is new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPainterPath, QPaintEvent, QRegion
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ganviz.views.theme import colour
from ganviz.window.style import roomy, worn

#: Width of a bubble, how far its tip reaches out, its room inside, and the ring's thickness.
WIDE, TIP, PAD, THICK = 340, 10, 14, 3
#: How far a bubble stays away from the edge of the window.
EDGE = 8

_Key = Qt.Key
ON = (_Key.Key_Return, _Key.Key_Enter, _Key.Key_Space, _Key.Key_Right, _Key.Key_PageDown)
BACK = (_Key.Key_Left, _Key.Key_PageUp, _Key.Key_Backspace)
OWN = (*ON, *BACK, _Key.Key_Escape)


@dataclass(frozen=True, slots=True)
class Stop:
    """What is said of which control; a control that cannot be seen is passed by."""

    title: str
    text: str
    control: Callable[[], QWidget | None]


class Ring(QWidget):
    """A frame about a control; the control beneath it goes on as ever."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def surround(self, place: QRect) -> None:
        """Lie about a place."""
        self.setGeometry(place)
        whole = QRegion(self.rect())
        self.setMask(whole.subtracted(QRegion(self.rect().adjusted(THICK, THICK, -THICK, -THICK))))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it; called by Qt."""
        p = QPainter(self)
        p.fillRect(self.rect(), colour(worn().real))
        p.end()


class Tour(QWidget):
    """One bubble at a time; Enter goes on, Escape ends it.

    Signals
    -------
    ended
    """

    ended = Signal()

    def __init__(self, window: QWidget, stops: Sequence[Stop]) -> None:
        super().__init__(window)
        self.setObjectName("tour")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._window = window
        self.stops = tuple(stops)
        self.at = -1
        self._tip = QPoint()
        self._above = False  # whether the tip points up
        self.ring = Ring(window)
        self.title = QLabel()
        self.title.setObjectName("tourtitle")
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.count = QLabel()
        self.count.setObjectName("quiet")
        self.end_ = QPushButton("End (Esc)")
        self.back = QPushButton("Back")
        self.on_ = QPushButton("Next")
        for button in (self.end_, self.back, self.on_):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.end_.clicked.connect(self.end)
        self.back.clicked.connect(self.go_back)
        self.on_.clicked.connect(self.go_on)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self.count)
        line.addStretch(1)
        line.addWidget(self.end_)
        line.addWidget(self.back)
        line.addWidget(self.on_)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(8)
        self._column.addWidget(self.title)
        self._column.addWidget(self.words)
        self._column.addLayout(line)
        self.words.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.hide()
        self.ring.hide()

    @property
    def running(self) -> bool:
        """Whether it is going on."""
        return self.at >= 0

    @Slot()
    def begin(self) -> None:
        """Show the first stop."""
        if not self.running:
            self._window.installEventFilter(self)
        self.at = -1
        self.go_on()

    @Slot()
    def go_on(self) -> None:
        """Show the next stop, or end behind the last."""
        self._go(1)

    @Slot()
    def go_back(self) -> None:
        """Show the stop before."""
        self._go(-1)

    def _go(self, by: int) -> None:
        to = self.at + by
        while 0 <= to < len(self.stops) and not self._seen(to):
            to += by
        if to >= len(self.stops):
            self.end()
        elif to >= 0:
            self.at = to
            self._show()

    def _seen(self, number: int) -> bool:
        control = self.stops[number].control()
        return control is not None and control.isVisible()

    @Slot()
    def end(self) -> None:
        """Put it away."""
        if self.running:
            self.at = -1
            self._window.removeEventFilter(self)
            self.hide()
            self.ring.hide()
            self.ended.emit()

    def _show(self) -> None:
        stop = self.stops[self.at]
        self.title.setText(stop.title)
        self.words.setText(stop.text)
        self.count.setText(f"{self.at + 1} of {len(self.stops)}")
        last = self.at == len(self.stops) - 1
        self.on_.setText("Done" if last else "Next")
        self.back.setVisible(any(self._seen(number) for number in range(self.at)))
        self.setAccessibleName(stop.title)
        self.setAccessibleDescription(stop.text)
        self._place()
        self.ring.show()
        self.ring.raise_()
        self.show()
        self.raise_()
        self.setFocus()

    def _place(self) -> None:
        """Stand beneath the control, or above it, or within it where it is large."""
        control = self.stops[self.at].control()
        if control is None:
            return
        corner = control.mapTo(self._window, QPoint(0, 0))
        place = QRect(corner, control.size())
        self.ring.surround(place.adjusted(-4, -4, 4, 4).intersected(self._window.rect()))
        pad, wide = round(PAD * roomy()), round(WIDE * roomy())
        self._column.setContentsMargins(pad, pad, pad, pad)
        inner = wide - 2 * pad
        self.words.setFixedWidth(inner)
        tall = self._column.heightForWidth(wide)
        tall = max(tall if tall > 0 else 0, self._column.minimumSize().height()) + TIP
        room = self._window.rect().adjusted(EDGE, EDGE, -EDGE, -EDGE)
        x = min(max(place.center().x() - wide // 2, room.left()), room.right() - wide)
        tip = min(max(place.center().x(), x + 24), x + wide - 24) - x
        if place.bottom() + 6 + tall <= room.bottom():
            y, self._above = place.bottom() + 6, True
        elif place.top() - 6 - tall >= room.top():
            y, self._above = place.top() - 6 - tall, False
        else:  # beside it, or where there is no room, before it
            y, self._above = room.bottom() - tall - (room.bottom() - place.bottom()), False
            x, tip = min(place.right() + 8, room.right() - wide), -1
        self._tip = QPoint(tip, 0 if self._above else tall)
        self._column.setContentsMargins(
            pad, pad + (TIP if self._above else 0), pad, pad + (0 if self._above else TIP)
        )
        self.setGeometry(QRect(QPoint(x, y), QSize(wide, tall)))
        self.setMask(QRegion(self._shape(0.0).toFillPolygon().toPolygon()))
        self.update()

    def _shape(self, inset: float) -> QPainterPath:
        """Return the outline of the bubble with its tip, so far within its edge."""
        around = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        body = around.adjusted(0, TIP if self._above else 0, 0, 0 if self._above else -TIP)
        path = QPainterPath()
        path.addRoundedRect(body, 9, 9)
        if self._tip.x() >= 0:
            base, end = (
                (body.top() + 1, around.top())
                if self._above
                else (body.bottom() - 1, around.bottom())
            )
            x = self._tip.x()
            tip = QPainterPath(QPointF(x - TIP, base))
            tip.lineTo(x, end)
            tip.lineTo(x + TIP, base)
            tip.closeSubpath()
            path = path.united(tip)
        return path

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bubble; called by Qt."""
        t, p = worn(), QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.fillRect(self.rect(), colour(t.real))
        p.fillPath(self._shape(2.0), colour(t.base))
        p.end()

    def event(self, event: QEvent) -> bool:
        """Take the keys that the window has other uses for; called by Qt."""
        asked = event.type() == QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and Qt.Key(event.key()) in OWN:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go on, back, or end; called by Qt."""
        key = Qt.Key(event.key())
        if key in ON:
            self.go_on()
        elif key in BACK:
            self.go_back()
        elif key == _Key.Key_Escape:
            self.end()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the controls when the window changes its size; called by Qt."""
        if event.type() == QEvent.Type.Resize and self.running:
            self._place()
        return False
