"""The viewfinder: any picture of a film, before it is made.

The frames come from a copy of the tape, in a thread of their own, so that the run goes on; only the
painting is done in the window's thread. Of several pictures that were asked for the latest counts.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, QThread, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganviz.film.order import Order
from ganviz.film.plan import steps
from ganviz.frame import Frame, Mark, Wants
from ganviz.host import Latest
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.views.ink import BODY, elided, whole, write
from ganviz.views.stage import framed
from ganviz.views.theme import colour
from ganviz.window import style

if TYPE_CHECKING:
    from ganviz.film.make import Pictures
    from ganviz.film.source import Source

log = logging.getLogger(__name__)

#: Larger films are looked at in a smaller size: pixels of a picture, at most.
MOST_PIXELS = 1920 * 1080
#: How long a search that was called off is waited for.
WAIT_MS = 10_000
#: Costs of so many pictures are remembered.
COSTS = 9
#: How long a picture may be sought before that is said, milliseconds.
SAID_MS = 400

Open = Callable[[tuple[int, ...]], "Source"]


@dataclass(frozen=True, slots=True)
class Ask:
    """A picture that is asked for, by its order and its number from 0."""

    order: Order
    picture: int


@dataclass(frozen=True, slots=True, eq=False)
class Find:
    """What was found for it.

    Attributes
    ----------
    source
        The run that the frames are of; None where it could not be opened.
    frames
        What the picture shows; none where it cannot be shown, of which ``sentence`` tells why.
    seconds
        How long it took.
    """

    ask: Ask
    source: Source | None = None
    frames: tuple[Frame, ...] = ()
    seconds: float = 0.0
    sentence: str = ""


class Finder(QThread):
    """Finds frames in a recorded run; ``found`` tells that one lies in ``finds``.

    Parameters
    ----------
    open_
        Called in the thread: returns the run with these branches in its lanes.
    """

    found = Signal()

    def __init__(self, open_: Open) -> None:
        super().__init__()
        self.finds: Latest[Find] = Latest()
        self._asks: Latest[Ask] = Latest()
        self._bell = threading.Event()
        self._open = open_
        self._source: Source | None = None
        self._branches: tuple[int, ...] | None = None

    def ask(self, ask: Ask) -> None:
        """Ask for a picture; what was asked for before, and not found yet, counts no more."""
        self._asks.put(ask)
        self._bell.set()
        if not self.isRunning():
            self.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self.requestInterruption()
        self._bell.set()
        self.wait(WAIT_MS)

    def run(self) -> None:
        """Search until asked to stop; called by Qt, in the thread."""
        import torch

        import ganviz.film.make  # noqa: F401 - here, because the window would stand still for it

        torch.set_num_threads(1)  # the run beside it needs the other cores
        while not self.isInterruptionRequested():
            self._bell.wait()
            self._bell.clear()
            ask = self._asks.take()
            if ask is not None and (find := self._find(ask)) is not None:
                self.finds.put(find)
                self.found.emit()

    def _find(self, ask: Ask) -> Find | None:
        """Return what was found, or None if it is wanted no more."""
        from ganviz.film.source import Stopped

        began, order = perf_counter(), ask.order
        try:
            if self._source is None or order.branches != self._branches:
                self._source = self._open(order.branches)
                self._branches = order.branches
            source = self._source
            plan = steps(order, source.first, source.last)
            step = plan[min(ask.picture, len(plan) - 1)]
            frames = framed(
                order.shown(source.dim),
                lambda wants: source.frames(step, wants, self._wanted_no_more),
            )
            return Find(ask, source, frames, perf_counter() - began)
        except Stopped:
            return None
        except ParamError as error:
            return Find(ask, sentence=str(error))
        except Exception as error:  # a preview must not take the window with it
            log.exception("while looking for a picture")
            return Find(ask, sentence=f"Something unforeseen happened: {error}")

    def _wanted_no_more(self) -> bool:
        return self._bell.is_set() or self.isInterruptionRequested()


class Found:
    """A run of which the frames of one picture are known: a :class:`~ganviz.film.source.Source`."""

    def __init__(self, source: Source) -> None:
        self.of = source
        self.title, self.dim = source.title, source.dim
        self.first, self.last = source.first, source.last
        self.lane = source.lane
        self.marks: tuple[Mark, ...] = source.marks
        self.trouble = ""
        self.known: tuple[Frame, ...] = ()

    def settings(self, step: int) -> Settings:
        """Return with which settings the next step is trained."""
        return self.of.settings(step)

    def whose(self, mark: Mark) -> str:
        """Return the letters of the lanes in which a change was made."""
        return self.of.whose(mark)

    def frames(
        self, step: int, wants: Wants, stopped: Callable[[], bool] | None = None
    ) -> tuple[Frame, ...]:
        """Return the frames that are known."""
        return self.known


class Viewfinder(QWidget):
    """Shows one picture of a film as it will be, as large as there is room.

    Signals
    -------
    shown
        Another picture is shown, or there is none, of which ``sentence`` tells why.
    """

    shown = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Preview")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.image: QImage | None = None
        self.sentence = ""
        #: Seconds that it took to find and to paint each of the latest pictures.
        self.costs: list[float] = []
        self._first_cost: float | None = None
        self._step = -1
        self._fitted: QImage | None = None
        self._finder: Finder | None = None
        self._ask: Ask | None = None
        self._shown: Ask | None = None
        self._pictures: Pictures | None = None
        self._known: Found | None = None
        self._words = ""
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(SAID_MS)
        self._patience.timeout.connect(self._say_searching)

    def sizeHint(self) -> QSize:
        """Return the size it looks best at."""
        return QSize(640, 400)

    def minimumSizeHint(self) -> QSize:
        """Return the size below which nothing can be seen."""
        return QSize(320, 200)

    # ---- asking -------------------------------------------------------------------------------

    def look_at(self, open_: Open) -> None:
        """Look at another run."""
        self.close_run()
        self._finder = Finder(open_)
        self._finder.found.connect(self._found)

    def close_run(self) -> None:
        """Let the run go, and the thread that looks for its pictures."""
        self._patience.stop()
        if self._finder is not None:
            self._finder.stop()
            self._finder = None
        self._ask = self._shown = None
        self._let_go()
        self.costs.clear()
        self._first_cost = None

    def _let_go(self) -> None:
        if self._pictures is not None:
            self._pictures.close()
        self._pictures = self._known = None
        self._step = -1

    def show_picture(self, order: Order, picture: int) -> None:
        """Show a picture by its number, from 0, as soon as it is found."""
        ask = Ask(smaller(order), picture)
        if self._finder is not None and ask != self._ask:
            self._ask = ask
            self._finder.ask(ask)
            if not self._patience.isActive():
                self._patience.start()

    @property
    def title(self) -> str:
        """What the game is called that is looked at; nothing while nobody knows."""
        return self._known.known[0].title if self._known is not None and self._known.known else ""

    @property
    def searching(self) -> bool:
        """Whether a picture is still to come."""
        return self._ask is not None and self._ask != self._shown

    @property
    def cost(self) -> float | None:
        """Seconds that a picture of a film of the size shown takes, about; None if not known."""
        return median(self.costs) if self.costs else self._first_cost

    @Slot()
    def _say_searching(self) -> None:
        if self.searching:
            self._words = "Looking for it…"
            self.update()

    # ---- showing ------------------------------------------------------------------------------

    @Slot()
    def _found(self) -> None:
        find = self._finder.finds.take() if self._finder is not None else None
        if find is None or self._ask is None or find.ask.order != self._ask.order:
            return
        began, before = perf_counter(), self._pictures
        try:
            self.image, self.sentence = self._painted(find), find.sentence
        except ParamError as error:
            self.image, self.sentence = None, str(error)
        except Exception as error:  # likewise
            log.exception("while painting a picture")
            self.image, self.sentence = None, f"Something unforeseen happened: {error}"
        self._shown = find.ask
        self._fitted = None
        if self.image is not None:
            spent = find.seconds + perf_counter() - began
            if self._step == find.frames[0].step:
                pass  # the same picture again, which costs nothing
            elif before is self._pictures:
                self.costs = [*self.costs, spent][-COSTS:]
            elif not self.costs:
                self._first_cost = spent  # the first picture on a stage is dearer than others
            self._step = find.frames[0].step
        if not self.searching:
            self._patience.stop()
            self._words = ""
        self.update()
        self.shown.emit()

    def _painted(self, find: Find) -> QImage | None:
        """Paint what was found; the film will be painted in the same way."""
        from ganviz.film.make import Pictures

        if find.source is None or not find.frames:
            return None
        pictures, known = self._pictures, self._known
        if known is None or pictures is None or not self._same(find):
            self._let_go()
            self._known = known = Found(find.source)
            self._pictures = pictures = Pictures(known, find.ask.order)
        known.known = find.frames
        return pictures.picture(min(find.ask.picture, len(pictures) - 1))

    def _same(self, find: Find) -> bool:
        """Return whether the stage that stands there is that of the picture that was found."""
        pictures, known = self._pictures, self._known
        return (
            pictures is not None
            and known is not None
            and pictures.order == find.ask.order
            and known.of is find.source
        )

    @property
    def place(self) -> QRect:
        """Where the picture is."""
        room = self.rect()
        if self.image is None:
            return room
        fitted = self.image.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        dots = self.devicePixelRatioF()
        if fitted.width() * dots > self.image.width():
            fitted = QSize(round(self.image.width() / dots), round(self.image.height() / dots))
        place = QRect(room.topLeft(), fitted)
        place.moveCenter(room.center())
        return place

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture anew; called by Qt."""
        self._fitted = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint; called by Qt."""
        p = QPainter(self)
        theme, place = style.worn(), self.place
        if self.image is not None:
            if self._fitted is None:
                dots = place.size() * self.devicePixelRatioF()
                self._fitted = self.image.scaled(
                    dots,
                    Qt.AspectRatioMode.IgnoreAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            p.drawImage(place, self._fitted)
        else:
            p.fillRect(place, colour(theme.raised))
        p.setPen(QPen(colour(theme.border), 1))
        p.drawRect(place.adjusted(0, 0, -1, -1))
        words = self._words or ("" if self.image or self.sentence else "Preview")
        if words:
            box = QRect(0, 0, 150, 32)
            box.moveCenter(place.center())
            if self.image is not None:
                p.fillRect(box, colour(theme.base))
                p.drawRect(box)
            at = (box.center().x() + 1, box.center().y() + BODY * 0.36)
            write(p, at, elided(words, 140), theme.muted, align=0.5)
        p.end()


def smaller(order: Order) -> Order:
    """Return the order of a film of the same pictures that is not larger than can be looked at."""
    wide, tall = order.size
    by = 1
    while wide * tall > MOST_PIXELS * by * by:
        by += 1
    if by == 1:
        return order
    size = ceil(wide / by), ceil(tall / by)
    return order.with_(size=size, scale=max(order.zoom / by, 0.25))


def clock(seconds: float) -> str:
    """Return a time in a film, or how long something takes, as minutes and seconds."""
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"


def long_words(seconds: float) -> str:
    """Return about how long something takes, in words."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def bytes_words(size: float) -> str:
    """Return a number of bytes in words."""
    if size < 1e6:
        return f"{max(round(size / 1e3), 1)} kB"
    return f"{size / 1e6:.1f} MB" if size < 1e7 else f"{whole(round(size / 1e6))} MB"
