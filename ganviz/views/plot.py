"""View, the base of all plots: a slim header over a canvas that one function paints."""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from ganviz.clock import Part
from ganviz.frame import Frame, Look

from .chrome import Chip, Draw
from .header import Header
from .ink import SMALL, elided, width, write
from .stout import painter
from .theme import Theme, colour, palette, sized, theme

log = logging.getLogger(__name__)

#: Radius of a card's corners.
RADIUS = 9
#: Pixels that the pointer may move in a click.
CLICK = 4


@dataclass(frozen=True)
class Layer:
    """One thing that a view can show or hide: its name in the look, its words and its swatch."""

    name: str
    label: str
    tip: str
    swatch: Draw


class Canvas(QWidget):
    """What a view paints its plot on; it covers whatever lies beneath.

    One function paints everything, from the frame and the look: a scene of items would follow each
    moving range with new axes and transforms, 3 ms a frame for the losses alone.
    """

    maximise = Signal()

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._view = view
        self._pressed: QPointF | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Return the size it looks best at."""
        return QSize(300, 200)

    def minimumSizeHint(self) -> QSize:
        """Return the size below which nothing can be read."""
        return QSize(160, 100)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the plot; called by Qt.

        An exception must not leave: Qt's own code above would go on with it and kill the process.
        """
        with self._view.painting:
            area, p = QRectF(self.rect()), painter(self, self._view.theme)
            self._view.exposed = QRectF(event.rect())
            try:
                self._view.paint_canvas(p, area)
            except Exception:
                p.resetTransform()
                p.setClipping(False)
                self._view.paint_failure(p, area)
                log.exception("painting %s", self._view.name)
                sys.excepthook(*sys.exc_info())
            finally:
                p.end()  # a painter that outlives the event takes the process with it

    def _at(self, event: QMouseEvent | QWheelEvent) -> QPointF:
        """Return where it happened, in the view's own pixels."""
        scale = self._view.theme.scale
        return QPointF(event.position().x() / scale, event.position().y() / scale)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask to maximise, where the view has no other use for it."""
        if self._view.doubled(self._at(event)):
            self._pressed = self._at(event)
        else:
            self.maximise.emit()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag, or a click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = at = self._at(event)
            self._view.pressed(at)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow a drag, or the pointer."""
        if self._pressed is not None:
            self._view.dragged(self._pressed, self._at(event))
        self._view.point_at(self._at(event))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag; one that went nowhere is a click."""
        if event.button() == Qt.MouseButton.LeftButton and self._pressed is not None:
            gone = self._at(event) - self._pressed
            self._pressed = None
            self._view.released(self._at(event))
            if gone.manhattanLength() < CLICK:
                if self._view.asks:
                    self._view.lane_wanted.emit(self._view.asks)
                else:
                    self._view.clicked(self._at(event))
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom, where the view has something to zoom."""
        taken = self._view.wheeled(self._at(event), event.angleDelta().y() / 120)
        event.setAccepted(taken)

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the pointer."""
        self._view.point_at(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the view."""
        # Nobody tells when the pointer leaves while a menu is open: the words would stay behind.
        self._view.point_at(None)
        self._view.open_menu(event.globalPos())
        event.accept()


class View(QWidget):
    """One plot: a pure function of (frames, look) and of its size.

    A view never changes the look: it asks, the window changes the look and shows the frames
    again. Subclasses set ``name``, ``title`` and ``about``, and write :meth:`layers` and
    :meth:`paint`.

    Signals
    -------
    layer_toggled (layer name, whether it is wanted)
    maximise_wanted (view name): the window toggles ``look.maximised``
    look_wanted ({field of the look: value})
    settings_wanted ({dotted path of a parameter: value})
    menu_wanted (view name, where on the screen)
    lane_wanted (the letter of the lane that shall be driven)
    """

    name = ""
    title = ""
    #: What the view shows, for people who cannot see it.
    about = ""
    #: Rows of the header: 2 where there are layers to toggle.
    rows = 1
    #: Least (width, height), in the view's own pixels.
    LEAST = (220, 150)

    layer_toggled = Signal(str, bool)
    maximise_wanted = Signal(str)
    look_wanted = Signal(object)
    settings_wanted = Signal(object)
    menu_wanted = Signal(str, QPoint)
    lane_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        #: The letter of the lane that a click asks to drive; empty where that lane is driven.
        self.asks = ""
        #: Whether it is one of a lane beside others.
        self.small = False
        #: What of the canvas is painted at present, in pixels of the widget.
        self.exposed = QRectF()
        self._behind = False  # whether something on the canvas is not of the frame shown last
        self._failed = False
        #: Frames of other lanes: they have the same axes.
        self.others: tuple[Frame, ...] = ()
        self._frame: Frame | None = None
        self._pointer: QPointF | None = None
        self._look = Look()
        self._message = ""
        self._largest: float | None = None
        self._dressed: tuple[tuple[Layer, ...], frozenset[str]] | None = None
        self.theme = theme(self._look.theme)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        #: Its painting, as a clock that listens names it.
        self.painting = Part(self.title)
        self.setAccessibleName(self.title)
        self.setAccessibleDescription(self.about)
        self.header = Header(self.title, self.rows)
        self.header.tell(lambda: self.about)
        self.header.maximise.connect(self._maximise)
        self.canvas = Canvas(self)
        self.canvas.setAccessibleName(f"{self.title} plot")
        self.canvas.setAccessibleDescription(self.about)
        self.canvas.setToolTip("")
        self.canvas.maximise.connect(self._maximise)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 6)  # clear of the border, at any scale
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.canvas, 1)
        self._dress()

    # -- what subclasses write --------------------------------------------------------------

    def layers(self, frame: Frame, look: Look) -> tuple[Layer, ...]:
        """Return the layers that can be shown or hidden, in the order of their toggles."""
        return ()

    def dress(self, frame: Frame, look: Look) -> None:
        """Bring the controls of the header up to date."""

    def finds(self, frame: Frame) -> bool:
        """Return whether a frame holds what is shown here: it may be made for other views."""
        return True

    def lays_over(self, frame: Frame, look: Look) -> bool:
        """Return whether other lanes can be drawn over this frame; else it says whose it is."""
        return False

    def paint(self, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        """Paint the plot of this frame on ``area``, ground and all, and :attr:`over` over it."""
        raise NotImplementedError

    def moving(self, frame: Frame, look: Look, resting: Collection[str]) -> QRectF | None:
        """Return where this frame differs from the one shown before it, or None: anywhere.

        Asked for where nothing else has changed: the look, and that no other lanes are shown.
        ``resting`` parts of the picture keep what they show.
        """
        return None

    def read(self, at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
        """Return in words what is drawn at a point of the canvas; nothing where there is nothing.

        Exact values, not pixels read back: the first line says where.
        """
        return ()

    def pressed(self, at: QPointF) -> None:
        """Take note that the left button went down."""

    def dragged(self, start: QPointF, at: QPointF) -> None:
        """Follow the pointer while the left button is down."""

    def released(self, at: QPointF) -> None:
        """Take note that the left button went up."""

    def clicked(self, at: QPointF) -> None:
        """Act upon a click."""

    def doubled(self, at: QPointF) -> bool:
        """Act upon the second press of a double click; return whether it is a press like others."""
        return False

    def wheeled(self, at: QPointF, notches: float) -> bool:
        """Zoom by notches of the wheel, away from the user positive; return whether it was used."""
        return False

    # -- what the canvas calls ------------------------------------------------------------------

    def point_at(self, at: QPointF | None) -> None:
        """Tell what is under the pointer, or that it has gone."""
        if at != self._pointer:
            self._pointer = at
            self.canvas.update()

    # -- what the stage calls -----------------------------------------------------------------

    def stand(self, small: bool, asks: str) -> None:
        """Be a picture of a lane beside others, with the controls that there is room for.

        Clicks ask to drive the lane of a letter; with none they act as usual.
        """
        self.small, self.asks = small, asks
        self.header.be_sparse(small)

    def be_low(self, low: bool) -> None:
        """Keep to one row of toggles where height is dear, or no longer."""
        self.header.be_low(low)
        if self.header.height() != self.header.heightForWidth(self.header.width()):
            self._column.activate()  # at once, so that a film needs no second pass

    def show_frame(
        self, frames: tuple[Frame, ...], look: Look, resting: Collection[str] = ()
    ) -> None:
        """Show the first of these frames through a look, and what can be of the others over it.

        Repaints only what has changed; ``resting`` parts keep what they show until a frame comes
        through which they do not rest.
        """
        frame, others = frames[0], frames[1:]
        if not self.finds(frame):
            return  # it was hidden when that was asked for: the next one will have it
        same = frame is self._frame and len(others) == len(self.others)
        same = same and all(a is b for a, b in zip(others, self.others, strict=True))
        alike = look == self._look and not self._message
        if same and alike and not self._behind:
            return
        # In pixels of the widget, which are the view's own; and what is said of a point may lie
        # anywhere.
        still = self._frame is not None and alike and not (frames[1:] or self.others or same)
        still = still and self._pointer is None and self.theme.scale == 1 and not self._failed
        self._frame, self._look, self._message = frame, look, ""
        self.others = others
        self._dress()
        alone = look.lanes == "over" and not self.lays_over(frame, look)
        self.header.show_lane(frame.lane if others and alone else "")
        self._dress_layers(frame, look)
        self.dress(frame, look)
        where = self.moving(frame, look, resting) if still else None
        self._behind, self._failed = where is not None, False
        if where is None:
            self.canvas.update()
        else:
            self.canvas.update(where.toAlignedRect())

    def show_message(self, text: str, look: Look | None = None) -> None:
        """Show a sentence in place of the plot, such as ``Loading PyTorch…``."""
        look = look or self._look
        if text == self._message and look == self._look:
            return
        self._frame, self._look, self._message = None, look, text
        self.others = ()
        self.header.show_lane("")
        self._dress()
        self._dress_layers(None, look)
        self.canvas.update()

    def fit(self, scale: float | None) -> None:
        """Be no larger than ``scale`` from now on, whatever the theme's own scale is."""
        if scale == self._largest:
            return
        self._largest = scale
        before = self.theme
        self._dress()
        if self.theme is not before:
            self._dress_layers(self._frame, self._look)
            if self._frame is not None:
                self.dress(self._frame, self._look)
            self.canvas.update()

    @property
    def area(self) -> QRectF:
        """What :meth:`paint` paints on, in the view's own pixels: larger ones for a projector."""
        scale = self.theme.scale
        return QRectF(0, 0, self.canvas.width() / scale, self.canvas.height() / scale)

    @property
    def over(self) -> tuple[Frame, ...]:
        """Frames of other lanes that are to be drawn over the first one, in thin lines."""
        return self.others if self._look.lanes == "over" else ()

    def visible(self, layer: str) -> bool:
        """Return whether a layer is to be drawn."""
        return layer in self._look.layers

    # -- the rest -----------------------------------------------------------------------------

    def paint_canvas(self, p: QPainter, area: QRectF) -> None:
        """Paint the whole canvas; ``area`` is in pixels of the widget."""
        if self.theme.scale != 1:
            area = self.area
        if self._frame is None:
            p.fillRect(area, colour(self.theme.base))
            at = (area.center().x(), area.center().y())
            words = elided(self._message, area.width() - 24)
            write(p, at, words, self.theme.muted, align=0.5)
            return
        p.save()
        try:
            self.paint(p, area, self._frame, self._look)
        finally:
            p.restore()
        if self._pointer is not None:
            lines = self.read(self._pointer, area, self._frame, self._look)
            if lines:
                paint_reading(p, area, self._pointer, lines, self.theme)

    def paint_failure(self, p: QPainter, area: QRectF) -> None:
        """Say in place of the plot that it could not be drawn."""
        self._failed = True
        p.fillRect(area, colour(self.theme.base))
        at = (area.center().x(), area.center().y())
        write(p, at, "This picture could not be drawn.", self.theme.muted, align=0.5)

    def _dress(self) -> None:
        wanted = sized(self._look.theme, self._largest)
        if wanted is not self.theme or self.header.theme is not wanted:
            self.theme = wanted
            self.setPalette(palette(wanted))
            self.header.set_theme(wanted)
            self.setMinimumSize(*(round(length * wanted.scale) for length in self.LEAST))
            self.updateGeometry()
            self.update()
        self.header.button.show_value(self._look.maximised == self.name, self.title)

    def _dress_layers(self, frame: Frame | None, look: Look) -> None:
        layers = () if frame is None else self.layers(frame, look)
        if (layers, look.layers) == self._dressed:
            return
        self._dressed = (layers, look.layers)
        for layer in layers:
            chip = self.header.chips.get(layer.name)
            if chip is None:
                chip = self.header.add_chip(layer.name)
                chip.set_theme(self.theme)
                chip.clicked.connect(self._toggled)
            chip.describe(layer.label, layer.tip, layer.swatch)
            chip.setChecked(layer.name in look.layers)
        self.header.order = tuple(layer.name for layer in layers)
        for name, chip in self.header.chips.items():
            chip.setVisible(name in self.header.order)
        if self.header.height() != self.header.heightForWidth(self.header.width()):
            self.header.updateGeometry()
            self._column.activate()  # at once, so that a film needs no second pass
        self.header.arrange()

    def _toggled(self) -> None:
        chip = self.sender()
        assert isinstance(chip, Chip)
        wanted = chip.isChecked()
        chip.setChecked(not wanted)  # the mark follows the look, not the click
        self.layer_toggled.emit(chip.layer, wanted)

    def _maximise(self) -> None:
        self.maximise_wanted.emit(self.name)

    def open_menu(self, at: QPoint) -> None:
        """Ask for the menu, and first for the lane that it is about."""
        if self.asks:
            self.lane_wanted.emit(self.asks)
        self.menu_wanted.emit(self.name, at)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu, also from the header and by the keyboard."""
        self.open_menu(event.globalPos())
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the card, and what is seen behind its corners: nothing beneath it is painted."""
        p = QPainter(self)
        if self.rect().adjusted(RADIUS, 2, -RADIUS, -2).contains(event.rect()):
            p.fillRect(event.rect(), colour(self.theme.base))  # words of the header have changed
            p.end()
            return
        p.fillRect(self.rect(), colour(self.theme.window))
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        edge = Qt.PenStyle.NoPen if self.theme.bare else QPen(colour(self.theme.border), 1)
        p.setPen(edge)
        p.setBrush(colour(self.theme.base))
        p.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        p.end()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of the font."""
        if event.type() == QEvent.Type.FontChange:
            self.header.arrange()
            self.canvas.update()
        super().changeEvent(event)


def paint_reading(
    p: QPainter, area: QRectF, at: QPointF, lines: tuple[str, ...], theme: Theme
) -> None:
    """Paint a card with lines of words beside the pointer, wholly on the canvas."""
    row, pad = SMALL + 6.0, 8.0
    wide = max(width(line, SMALL) for line in lines) + 2 * pad
    tall = row * len(lines) + 2 * pad - 4
    x, y = at.x() + 14, at.y() + 14
    if x + wide > area.right() - 2:
        x = max(at.x() - 14 - wide, area.left() + 2)
    if y + tall > area.bottom() - 2:
        y = max(at.y() - 14 - tall, area.top() + 2)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    p.setPen(QPen(colour(theme.border), 1))
    p.setBrush(colour(theme.raised, 0.94))
    p.drawRoundedRect(QRectF(round(x) + 0.5, round(y) + 0.5, round(wide), round(tall)), 5, 5)
    for number, line in enumerate(lines):
        ink = theme.muted if number == 0 else theme.text
        write(p, (x + pad, y + pad + SMALL - 2 + number * row), line, ink, size=SMALL)
