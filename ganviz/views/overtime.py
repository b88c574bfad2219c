"""OverTime, the base of the views over time: zoom, pan, and the way back to the newest steps."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QWidget

from ganviz.frame import Frame, Look

from .axes import Box
from .chrome import Words
from .ink import whole
from .plot import CLICK, View
from .span import USUAL, Span, changes_at, moved, shown, until, zoomed


class Back(Words):
    """The way back: to the newest steps, or to as many of them as usual."""

    def __init__(self) -> None:
        super().__init__("Follow the run", "")

    def show_span(self, span: Span) -> bool:
        """Say what it leads back to; return whether anything has changed."""
        label = tip = ""
        if not span.following:
            label, tip = (
                "follow \N{RIGHTWARDS ARROW}",
                "Follow the run again: show its newest steps",
            )
        elif not span.usual:
            label, tip = f"last {USUAL}", f"Show the last {USUAL} steps again"
        if label == self.label:
            return False
        self.setAccessibleName(tip)
        self.setToolTip(tip)
        self.show_label(label, bool(label))
        return True


class OverTime(View):
    """A view whose horizontal axis is the run: the wheel zooms, a drag moves it.

    Subclasses say in :meth:`axis` where that axis is, and in :meth:`strip` where the whole run is.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._back = Back()
        self._back.clicked.connect(self._go_back)
        self.header.add_control(self._back)
        self._grip: tuple[Span, Box, bool] | None = None  # what is dragged: span, axis, strip

    def lays_over(self, frame: Frame, look: Look) -> bool:
        """Return whether other lanes are drawn over it: all are curves over the same steps."""
        return True

    def axis(self, area: QRectF, frame: Frame, look: Look, at: QPointF | None = None) -> Box:
        """Return a box whose width shows the steps of :func:`~ganviz.views.span.shown`.

        Where there are several, the one that a point is in.
        """
        raise NotImplementedError

    def strip(self, area: QRectF, frame: Frame, look: Look) -> Box | None:
        """Return the box of the strip that shows the whole run, if there is one."""
        return None

    def dress(self, frame: Frame, look: Look) -> None:
        """Bring the controls of the header up to date."""
        span = shown(frame, look)
        if self._back.show_span(span):
            self.header.arrange()
        words = ""
        if look.whole:
            words = "whole run"
        elif not span.following:
            words = f"to step {whole(span.last)}"
        self.header.show_words(*filter(None, [words]))

    def _go_back(self) -> None:
        if self._frame is None:
            return
        span = shown(self._frame, self._look)
        if span.following:
            self.look_wanted.emit({"whole": False, "window": USUAL, "until": None})
        else:
            self.look_wanted.emit({"until": None})

    # -- the pointer --------------------------------------------------------------------------

    def _places(self, at: QPointF) -> tuple[Span, Box, Box | None] | None:
        if self._frame is None:
            return None
        area = self.area
        axis = self.axis(area, self._frame, self._look, at)
        strip = self.strip(area, self._frame, self._look)
        return shown(self._frame, self._look), axis, strip

    def pressed(self, at: QPointF) -> None:
        """Take hold of the axis, or of the strip."""
        self._grip = None
        places = self._places(at)
        if places is None:
            return
        span, axis, strip = places
        if strip is not None and strip.rect.adjusted(-3, -3, 3, 3).contains(at):
            self._grip = span, strip, True
        elif axis.left <= at.x() <= axis.right:
            self._grip = span, axis, False

    def dragged(self, start: QPointF, at: QPointF) -> None:
        """Move the shown steps along."""
        if self._grip is None or self._frame is None:
            return
        span, box, strip = self._grip
        if strip:
            self._go_to(box, at.x())
        elif abs(at.x() - start.x()) >= CLICK and not self._look.whole:
            self._ask(moved(span, (start.x() - at.x()) / box.scale_x))

    def clicked(self, at: QPointF) -> None:
        """Move the shown steps to a place in the strip."""
        if self._grip is not None and self._grip[2]:
            self._go_to(self._grip[1], at.x())

    def wheeled(self, at: QPointF, notches: float) -> bool:
        """Show fewer or more steps, about the pointer."""
        places = self._places(at)
        if places is None or notches == 0:
            return False
        span, axis, _ = places
        x = min(max(at.x(), axis.left), axis.right)
        self._ask(zoomed(span, axis.low_x + (x - axis.left) / axis.scale_x, notches))
        return True

    def _go_to(self, strip: Box, x: float) -> None:
        """Show the steps about a place in the strip."""
        assert self._frame is not None
        length = USUAL if self._look.whole else max(self._look.window, 1)
        step = strip.low_x + (x - strip.left) / strip.scale_x
        here = shown(self._frame, self._look)
        span = Span(here.begun, here.begun + length, here.newest, False, False, here.begun)
        self._ask({"whole": False} | until(span, round(step + length / 2), length))

    def _ask(self, wish: dict[str, object]) -> None:
        if any(getattr(self._look, name) != value for name, value in wish.items()):
            self.look_wanted.emit(wish)

    def told(self, at: QPointF, box: Box, frame: Frame) -> tuple[int, tuple[str, ...]] | None:
        """Return the step under a point and the words of changes there; None outside the run."""
        inside = box.left - 1 <= at.x() <= box.right + 1 and box.top <= at.y() <= box.bottom
        step = round(box.low_x + (at.x() - box.left) / box.scale_x)
        if not inside or not frame.trace.start < step <= frame.trace.last:
            return None
        return step, changes_at(box, frame.marks, at.x())
