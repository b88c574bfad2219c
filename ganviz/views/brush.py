"""Drawing the data by hand: an input device of the Distribution view.

What is drawn lives here only while the hand is at work: the view asks for it as settings, about ten
times a second, and the picture of p itself comes with the next frame. A film never has an editor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from ganviz.frame import CANVAS, Array, Frame

from .axes import Box
from .chrome import CONTROL, Segment, Segments
from .ink import BODY, elided, write
from .line import histogram
from .strokes import curve, pen
from .theme import Theme, colour, theme

#: Places at which a drawn curve has a height, and the most dabs that are kept.
PLACES, DABS = 161, 400
#: Dabs follow each other at this share of the brush; the eraser reaches so far at least.
SPACING, ERASER = 0.5, 0.25
#: Standard deviation of a dab where no strokes are in force.
BRUSH = 0.15
#: Least time between two wishes, milliseconds.
PAUSE_MS = 100

TOOLS = (
    ("brush", "Brush", "Draw with the mouse"),
    ("eraser", "Eraser", "Take away what was drawn"),
)
HINT = "Press and drag on the plot to draw."
EMPTY = "Nothing is drawn: the data stay as they last were."


class Drawing:
    """What the hand has drawn, and what it had drawn before each stroke.

    Parameters
    ----------
    marks
        (m,) heights at even places of the canvas, or (m, 2) dabs of the brush.
    brush
        Standard deviation of a dab.
    """

    def __init__(self, marks: Array, brush: float = BRUSH) -> None:
        self.dim = marks.ndim
        self.brush = brush
        self.marks = marks
        self._former: list[Array] = []

    @property
    def empty(self) -> bool:
        """Whether there is nothing that data could come from."""
        return not self.marks.any() if self.dim == 1 else not len(self.marks)

    @property
    def erased(self) -> float:
        """How far the eraser reaches."""
        return max(self.brush, ERASER)

    def begin(self) -> None:
        """Begin a stroke: :meth:`undo` goes back to here."""
        self._former.append(self.marks)
        del self._former[:-200]

    def stroke(self, start: tuple[float, float], end: tuple[float, float], erase: bool) -> None:
        """Draw or erase from one place of the pointer to the next, in units of the data.

        On the line the second coordinate is the height, as a share of the canvas.
        """
        if self.dim == 1:
            self._shape(start, end, erase)
        elif erase:
            away = _distance(self.marks, start, end) > self.erased
            self.marks = self.marks[away]
        else:
            self._dab(start, end)

    def _shape(self, start: tuple[float, float], end: tuple[float, float], erase: bool) -> None:
        places = np.linspace(-CANVAS, CANVAS, len(self.marks))
        (a, b), (c, d) = sorted((start, end))
        half = (places[1] - places[0]) * 0.5001
        reach = ERASER / 2 if erase else half
        hit = (places >= a - reach) & (places <= c + reach)
        heights = np.interp(places[hit], [a, c], [b, d]) if c > a else np.full(hit.sum(), end[1])
        self.marks = self.marks.copy()
        self.marks[hit] = 0.0 if erase else np.clip(heights, 0.0, 1.0)

    def _dab(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        a, b = np.array(start), np.array(end)
        step = max(SPACING * self.brush, 0.02)
        last = self.marks[-1] if len(self.marks) and start != end else None
        if last is not None and np.hypot(*(b - last)) < step:
            return
        if last is not None and np.hypot(*(a - last)) < 2 * step:
            a = last
        far = np.hypot(*(b - a))
        shares = np.arange(1, int(far / step) + 1) * step / far if far >= step else np.ones(1)
        new = a + shares[:, None] * (b - a)
        new = new[(np.abs(new) <= CANVAS).all(1)]
        self.marks = thinned(np.concatenate([self.marks, new]), DABS)

    def undo(self) -> bool:
        """Go back to before the last stroke; return whether there was one."""
        if not self._former:
            return False
        self.marks = self._former.pop()
        return True

    def clear(self) -> None:
        """Take everything away, as one stroke."""
        self.begin()
        self.marks = np.zeros_like(self.marks) if self.dim == 1 else np.empty((0, 2))

    def settings(self) -> dict[str, object]:
        """Return the parameters that stand for it."""
        if self.dim == 1:
            return {
                "data.target": "curve",
                "data.curve": tuple(round(float(h), 4) for h in self.marks),
            }
        return {
            "data.target": "strokes",
            "data.strokes": tuple((round(float(x), 3), round(float(y), 3)) for x, y in self.marks),
        }


def _distance(points: Array, start: tuple[float, float], end: tuple[float, float]) -> Array:
    """Return (n,) the distances of (n, 2) points from the straight way between two others."""
    a, b = np.array(start), np.array(end)
    way = b - a
    length = float(way @ way)
    along = np.clip((points - a) @ way / length, 0, 1) if length > 0 else np.zeros(len(points))
    return np.asarray(np.hypot(*(points - a - along[:, None] * way).T))


def thinned(dabs: Array, most: int) -> Array:
    """Return at most ``most`` dabs, without those that stand closest to an earlier one."""
    while len(dabs) > most:
        apart = np.hypot(*(dabs[:, None] - dabs[None]).transpose(2, 0, 1))
        nearest = np.where(np.tri(len(dabs), k=-1, dtype=bool), apart, np.inf).min(1)
        # A tenth more at once, so that a long stroke does not pay for it at every dab.
        surplus = len(dabs) - most + most // 10
        dabs = np.delete(dabs, np.argsort(nearest, kind="stable")[:surplus], axis=0)
    return dabs


def begun(frame: Frame) -> Drawing:
    """Return what the hand begins with: the present data, as far as they can be drawn."""
    drawn = frame.drawn
    if frame.dim == 2:
        if drawn is not None and drawn.marks.ndim == 2:
            return Drawing(drawn.marks, drawn.brush)
        return Drawing(np.empty((0, 2)))
    places = np.linspace(-CANVAS, CANVAS, PLACES)
    if drawn is not None and drawn.marks.ndim == 1:
        heights = np.interp(places, np.linspace(-CANVAS, CANVAS, len(drawn.marks)), drawn.marks)
    elif frame.density is not None:
        heights = np.interp(places, frame.grid[0], frame.density, left=0, right=0)
        heights = heights / frame.ranges.density
    else:
        bins, _ = histogram(frame.real[:, 0], -CANVAS, CANVAS, 40)
        middles = np.linspace(-CANVAS, CANVAS, 41)[:-1] + CANVAS / 40
        heights = np.interp(places, middles, 0.9 * bins / max(float(bins.max()), 1e-9))
    return Drawing(np.clip(heights, 0.0, 1.0))


def on_canvas(frame: Frame) -> Frame:
    """Return a frame whose axes show the canvas, even before the engine has seen a stroke."""
    canvas = ((-CANVAS, CANVAS),) * frame.dim
    if frame.ranges.data == canvas:
        return frame
    return replace(frame, ranges=replace(frame.ranges, data=canvas))


class Editor(QWidget):
    """The tools of drawing, in a row above the plot, and what is being drawn.

    Signals
    -------
    wanted (settings)
        What is drawn, at most ten times a second; the last always arrives.
    changed
        Something is drawn otherwise.
    switched (whether it is on)
    """

    wanted = Signal(object)
    changed = Signal()
    switched = Signal(bool)

    HEIGHT = 32

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawing: Drawing | None = None
        self.theme = theme("light")
        self.setAccessibleName("Drawing tools")
        self.setFixedHeight(self.HEIGHT)
        self.tools = Segments("Tool", TOOLS, self)
        self.tools.wanted.connect(self.take_tool)
        self.buttons = [
            self._button("Undo", "Undo the last stroke (Ctrl+Z)", self.undo),
            self._button("Clear", "Take everything away", self.clear),
            self._button("Done", "Stop drawing (Esc)", self.stop),
        ]
        self._tool = "brush"
        self._words = HINT
        self._at: tuple[float, float] | None = None
        self._seen = False
        self._touched = False
        self._unsent = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._send)
        self.take_tool("brush")
        self.hide()

    def _button(self, words: str, tip: str, act: Callable[[], object]) -> Segment:
        button = Segment(words.lower(), words, tip, self)
        button.setCheckable(False)
        button.clicked.connect(lambda: act())
        return button

    # ---- on and off ---------------------------------------------------------------------------

    @property
    def on(self) -> bool:
        """Whether the mouse draws."""
        return self.drawing is not None

    def start(self, frame: Frame) -> None:
        """Begin with the data of a frame."""
        self.drawing = begun(frame)
        self._seen = self._touched = False
        self.take_tool("brush")
        self.show()
        self.switched.emit(True)
        self._say()

    def stop(self) -> None:
        """End; what is drawn stays in force."""
        if self.drawing is not None:
            self._send()
            self.drawing = None
            self._at = None
            self.hide()
            self.switched.emit(False)
            self.changed.emit()

    def follow(self, frame: Frame) -> None:
        """End where other data are in force, by another hand; before a stroke begin with them."""
        if self.drawing is None:
            return
        if not self._touched and frame.dim == self.drawing.dim:
            self.drawing = begun(frame)  # with axes that may have moved
            self._say()
            return
        here = frame.drawn is not None and frame.drawn.marks.ndim == self.drawing.dim
        if frame.dim != self.drawing.dim or (
            self._seen and not here and not self._timer.isActive()
        ):
            self._unsent = False
            self.stop()
        self._seen = self._seen or here

    # ---- what the hand does -------------------------------------------------------------------

    def take_tool(self, tool: str) -> None:
        """Take the brush or the eraser."""
        self._tool = tool
        self.tools.show_value(tool)

    def press(self, at: tuple[float, float]) -> None:
        """Begin a stroke."""
        if self.drawing is not None:
            self.drawing.begin()
            self._at = at
            self.drag(at)

    def drag(self, at: tuple[float, float]) -> None:
        """Go on with a stroke."""
        if self.drawing is not None and self._at is not None:
            self.drawing.stroke(self._at, at, self._tool == "eraser")
            self._at = at
            self._shown()

    def release(self) -> None:
        """End a stroke."""
        self._at = None

    def undo(self) -> None:
        """Go back to before the last stroke."""
        if self.drawing is not None and self.drawing.undo():
            self._shown()

    def clear(self) -> None:
        """Take everything away."""
        if self.drawing is not None:
            self.drawing.clear()
            self._shown()

    def _shown(self) -> None:
        self._unsent = self._touched = True
        self._say()
        self.changed.emit()
        if not self._timer.isActive():
            self._send()

    def _say(self) -> None:
        words = EMPTY if self.drawing is not None and self.drawing.empty else HINT
        if words != self._words:
            self._words = words
            self.setAccessibleDescription(words)
            self.update()

    def _send(self) -> None:
        if self.drawing is not None and self._unsent:
            self._unsent = False
            if not self.drawing.empty:
                self._timer.start()
                self.wanted.emit(self.drawing.settings())

    # ---- how it looks -------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Paint in the colours of this theme from now on."""
        if theme is not self.theme:
            self.theme = theme
            self.tools.set_theme(theme)
            for button in self.buttons:
                button.set_theme(theme)
            self.setFixedHeight(round(self.HEIGHT * theme.scale))
            self.arrange()
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the parts in their places; called by Qt."""
        self.arrange()

    def arrange(self) -> None:
        """Put the parts in their places."""
        tall = round(CONTROL * self.theme.scale)
        y = (self.height() - tall) // 2
        self.tools.setGeometry(8, y, self.tools.sizeHint().width(), tall)
        at = self.tools.geometry().right() + 10
        for button in self.buttons:
            wide = button.sizeHint().width()
            button.setGeometry(at, y, wide, tall)
            at += wide + 2

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say what to do, where there is room; called by Qt."""
        scale = self.theme.scale
        left = self.buttons[-1].geometry().right() / scale + 12
        room = self.width() / scale - left - 10
        p = QPainter(self)
        p.scale(scale, scale)
        if room > 60:
            words = elided(self._words, room)
            write(p, (left, self.height() / scale / 2 + BODY * 0.36), words, self.theme.muted)
        p.end()

    def paint(self, p: QPainter, box: Box, pointer: QPointF | None) -> None:
        """Paint what is drawn, and the tool at the pointer, over a plot of the canvas."""
        drawing = self.drawing
        if drawing is None:
            return
        p.save()
        p.setClipRect(box.rect)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        if drawing.dim == 1:
            places = np.linspace(-CANVAS, CANVAS, len(drawing.marks))
            tall = box.bottom - box.top
            p.setPen(pen(self.theme.density, 3.0))
            curve(p, box.x(places), box.bottom - tall * drawing.marks)
        else:
            radius = drawing.brush * box.scale_x
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(colour(self.theme.real, 0.2))
            for x, y in zip(box.x(drawing.marks[:, 0]), box.y(drawing.marks[:, 1]), strict=True):
                p.drawEllipse(QPointF(float(x), float(y)), radius, radius)
        if pointer is not None:
            reach = drawing.erased if self._tool == "eraser" else drawing.brush
            if drawing.dim == 1:
                reach = ERASER / 2 if self._tool == "eraser" else 0.05
            p.setBrush(Qt.BrushStyle.NoBrush)
            dashes = Qt.PenStyle.DashLine if self._tool == "eraser" else Qt.PenStyle.SolidLine
            p.setPen(QPen(colour(self.theme.text), 1.2, dashes))
            p.drawEllipse(pointer, reach * box.scale_x, reach * box.scale_x)
        p.restore()


def place(box: Box, at: QPointF, dim: int) -> tuple[float, float]:
    """Return where a pixel is on the canvas: (x, y), or on the line (x, height as a share)."""
    x = box.low_x + (at.x() - box.left) / box.scale_x
    if dim == 1:
        return x, (box.bottom - at.y()) / (box.bottom - box.top)
    return x, box.low_y + (box.bottom - at.y()) / box.scale_y
