"""Costs: what each part of the work takes, on a card over the stage."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt
from pathlib import Path
from time import perf_counter

import numpy as np
from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ganviz.clock import IDLE, OTHER, Clock, Part, Place, Spent, listen
from ganviz.host import EngineThread
from ganviz.views.ink import SMALL, elided, number, whole, write
from ganviz.views.lanes import Lanes
from ganviz.views.strokes import Sheet
from ganviz.views.theme import colour
from ganviz.window import style
from ganviz.window.pump import Pump

#: Time between two readings, milliseconds, and how many of them lie within what is shown.
EVERY_MS, READINGS = 250, 4
#: Painted frames that the interval is judged by.
FRAMES = 300
#: The outermost parts of either thread, in the order shown.
TRAINER = (
    "steps",
    "frames",
    "recording",
    "timeline",
    "wishes",
    "winding the tape",
    "waiting for the kernel",
    "waiting for the window",
    OTHER,
    IDLE,
)
PAINTING, CARD = Part("painting"), Part("this card")
#: What painting takes beside what ganviz paints: Qt's own small parts, and the way to the screen.
QT = Part("Qt itself")
WINDOW = (PAINTING.name, "showing frames", CARD.name, "waiting for the trainer", OTHER, IDLE)
#: What an outermost part takes beside all that has a row inside it.
REST = "the rest"
#: The least share that gets a row of its own; and how much larger a part without a row has to be
#: than one that has it to take its place, so that rows do not come and go.
LEAST, AHEAD = 0.002, 2.0
#: Rows of the card that are no costs.
HEADINGS = 7
#: Places on the card, in pixels: margins, height of a row, and where its columns are.
EDGE, ROW, WIDE = 10, 15, 336
BAR, LONG, SHARE, MILLISECONDS, GAP = 156, 56, 262, WIDE - EDGE, 4
#: How far from the corner of the stage it stands.
APART = 10


@dataclass(frozen=True, slots=True)
class Cost:
    """What one part of the work of a thread takes.

    Attributes
    ----------
    of, name
        The outermost part it belongs to, and the part; twice the same for an outermost part as a
        whole, with all that is inside it.
    share
        Of the time that has passed. Those of a thread's outermost parts add up to 1, and those of
        what is inside one to its own.
    each
        Milliseconds a call; NaN for no call.
    """

    of: str
    name: str
    share: float
    each: float

    @property
    def outermost(self) -> bool:
        """Whether it is an outermost part as a whole."""
        return self.of == self.name


def costs(spent: Spent, order: tuple[str, ...]) -> tuple[Cost, ...]:
    """Return what the parts of a thread take, outermost parts in an order, others behind them.

    What is inside one follows it, and last what it takes beside these, as its rest.
    """
    known = {name: number for number, name in enumerate(order)}
    outermost = sorted(
        {of for of, _ in spent.places}, key=lambda of: (known.get(of, len(known)), of)
    )

    def cost(of: str, name: str, seconds: float, calls: int | None) -> Cost:
        return Cost(of, name, seconds / spent.seconds, 1000 * seconds / calls if calls else nan)

    found: list[Cost] = []
    for of in outermost:
        inside = sorted(place for place in spent.places if place[0] == of != place[1])
        found.append(cost(of, of, spent.within(of), spent.calls.get((of, of))))
        found += [cost(*place, spent.places[place], spent.calls.get(place)) for place in inside]
        if inside:
            found.append(cost(of, REST, spent.places.get((of, of), 0.0), None))
    return tuple(found)


def chosen(
    threads: Sequence[tuple[Cost, ...]], before: Sequence[set[Place]], room: int
) -> tuple[set[Place], ...]:
    """Return which places of each thread have one of so many rows: ``before`` are those that had.

    Row by row: the largest outermost part, or what lies inside one and makes most of a large rest.
    """
    met: tuple[set[Place], ...] = tuple(set() for _ in threads)
    rests = [{each.name: each.share for each in found if each.outermost} for found in threads]
    wanting: list[tuple[int, Cost, float]] = []
    for thread, (found, had) in enumerate(zip(threads, before, strict=True)):
        for each in found:
            kept = (each.of, each.name) in had
            if (kept or each.share >= LEAST) and each.name not in (OTHER, REST):
                wanting.append((thread, each, each.share * (AHEAD if kept else 1.0)))

    def claim(entry: tuple[int, Cost, float]) -> float:
        thread, each, size = entry
        if each.outermost:
            return size
        if (each.of, each.of) not in met[thread]:
            return 0.0
        needed = 1 + ((each.of, REST) not in met[thread])
        return sqrt(size * max(rests[thread][each.of], 0.0)) if needed <= room else 0.0

    while room > 0 and wanting:
        entry = max(wanting, key=claim)
        if not claim(entry):
            break
        wanting.remove(entry)
        thread, each, _ = entry
        rows = {(each.of, each.name)}
        if not each.outermost:
            rows.add((each.of, REST))  # there is room for that as well, whenever it comes
            rests[thread][each.of] -= each.share
        room -= len(rows - met[thread])
        met[thread].update(rows)
    return met


def fitting(found: tuple[Cost, ...], kept: set[Place]) -> tuple[Cost, ...]:
    """Return the costs that are kept; all others as other work, or the rest of where they belong.

    So what is returned adds up as ``found`` does, but for rests that are not kept.
    """
    heads = [each for each in found if each.outermost and (each.of, each.of) in kept]
    few: list[Cost] = []
    for head in (head for head in heads if head.name not in (OTHER, IDLE)):
        inside = [each for each in found if each.of == head.of and not each.outermost]
        shown = [each for each in inside if each.name != REST and (each.of, each.name) in kept]
        few += [head, *shown]
        if shown and (head.of, REST) in kept:
            few.append(Cost(head.of, REST, head.share - sum(each.share for each in shown), nan))
    waits = [head for head in heads if head.name == IDLE]
    shares = [each.share for each in (*few, *waits) if each.outermost]
    return (*few, Cost(OTHER, OTHER, 1 - sum(shares), nan), *waits)


def memory() -> int:
    """Return the bytes of memory that the process has at present, or 0 where nobody says."""
    pages = Path("/proc/self/statm")
    if not (sys.platform.startswith("linux") and pages.exists()):
        return 0
    import resource

    return int(pages.read_text("ascii").split()[1]) * resource.getpagesize()


class Costs(QWidget):
    """A card in the corner of the stage; off, it has no timer, no clock and no filter.

    It is no part of the stage: copies and films do not show it. It covers what lies beneath, so
    that a frame painted there does not paint it anew.
    """

    def __init__(self, host: EngineThread, pump: Pump, stage: Lanes, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = host
        self._pump = pump
        self._stage = stage
        self._ground = parent
        self._trainer: Clock | None = None
        self._own: Clock | None = None
        self._readings: deque[tuple[Spent, Spent]] = deque(maxlen=READINGS + 1)
        self._arrived = 0.0  # when the making of the frame began that is to be painted; 0: none is
        self._painted: deque[float] = deque(maxlen=FRAMES)
        self._age = nan
        self._due = False  # whether the next frame brings a reading
        self._kernel = ""
        self._words = Sheet()
        self._met: tuple[set[Place], ...] = (set(), set())  # places that have rows
        #: What is shown, for both threads, and the lines above.
        self.trainer: tuple[Cost, ...] = ()
        self.window_: tuple[Cost, ...] = ()
        self.lines: tuple[tuple[str, str], ...] = ()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._tick)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Performance")
        self.setAccessibleDescription("What each part of the work takes")
        self.hide()

    @property
    def on(self) -> bool:
        """Whether it is shown, and the clocks listen."""
        return self._own is not None

    @Slot(bool)
    def show_costs(self, on: bool) -> None:
        """Show the card and let the clocks listen, or end both."""
        if on == self.on:
            return
        window = self.window()
        if on:
            self._trainer, self._own = Clock(), Clock(waits=True)
            self._host.listen(self._trainer)
            listen(self._own)
            window.installEventFilter(self)
            self._stage.installEventFilter(self)
            self._pump.arrived.connect(self._take)
            self._timer.start()
            self._place()
            self.show()
            self.raise_()
        else:
            self._timer.stop()
            self._pump.arrived.disconnect(self._take)
            self._stage.removeEventFilter(self)
            window.removeEventFilter(self)
            listen(None)
            self._host.listen(None)
            self._trainer = self._own = None
            self.hide()
        self._readings.clear()
        self._painted.clear()
        self._met = (set(), set())
        self.trainer, self.window_, self.lines = (), (), ()
        self._arrived, self._age = 0.0, nan

    # ---- what happens -------------------------------------------------------------------------

    @Slot(object)
    def _take(self, frames: tuple[object, ...]) -> None:
        """Take note of a frame that will be painted."""
        self._arrived = self._host.frame_at
        self._kernel = getattr(frames[0], "kernel", "")
        if self._due:
            self._read()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Measure what painting takes, all of it; and follow the stage; called by Qt."""
        if event.type() == QEvent.Type.UpdateRequest and watched is self.window():
            with PAINTING, QT:
                watched.event(event)
            if self._arrived:
                now = perf_counter()
                self._painted.append(now)
                self._age = now - self._arrived
                self._arrived = 0.0
            return True
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and watched is self._stage:
            self._place()
        return False

    @Slot()
    def _tick(self) -> None:
        """Have the clocks read with the next frame, or now if none came since the last time.

        While a frame is shown the trainer stands aside; else each word that is painted would wait
        for the interpreter.
        """
        if self._due:
            self._read()
        self._due = True

    def _read(self) -> None:
        """Read the clocks, and show what was spent in about the last second."""
        self._due = False
        if self._trainer is None or self._own is None:
            return
        with CARD:
            self._readings.append((self._trainer.read(), self._own.read()))
            (trainer, own), (trainer_0, own_0) = self._readings[-1], self._readings[0]
            if trainer.seconds <= trainer_0.seconds:
                return
            trainer = trainer.since(trainer_0)
            self.lines = self._said(trainer)
            self._show(costs(trainer, TRAINER), costs(own.since(own_0), WINDOW))
            self._place()
            self.update()

    def _show(self, trainer: tuple[Cost, ...], own: tuple[Cost, ...]) -> None:
        """Take the costs that there is room for.

        All others count as other work, or as the rest of where they belong, so that what is shown
        still adds up.
        """
        self._met = chosen((trainer, own), self._met, self._room())
        self.trainer, self.window_ = map(fitting, (trainer, own), self._met)

    def _room(self) -> int:
        """Return how many rows there is room for, besides the two of other work."""
        tall = self._bottom() - self._stage.mapTo(self._ground, self._stage.rect().topRight()).y()
        return int(((tall - 2 * APART) / style.roomy() - 2 * EDGE - 12) / ROW) - HEADINGS - 2

    def _said(self, trainer: Spent) -> tuple[tuple[str, str], ...]:
        """Return the numbers above the bars, two in a line."""
        rate = self._host.rate()
        calls = trainer.calls.get(("steps", "steps"), 0) / trainer.seconds
        stepping = trainer.within("steps") / trainer.seconds
        step = "no steps"
        if rate:
            took = 1000 * stepping / rate
            step = f"trainer {number(took, 3 if took < 1 else 1)} ms a step"
        call = ""
        if rate and calls:
            each, steps = number(1000 * stepping / calls, 1), number(rate / calls, 1)
            call = f"{each} ms a call of {steps}"
        kernel = f"kernel {self._kernel}" if self._kernel else ""
        if rate and (pace := self._host.pace):
            kernel = f"kernel's own {number(1000 * pace, 3 if pace < 1e-3 else 1)} ms a step"
        painted, interval, age = "no frames painted", "", ""
        times = np.array(self._painted)
        times = times[times > perf_counter() - 2]
        if len(times) > 1:
            painted = f"{number((len(times) - 1) / (times[-1] - times[0]), 1)} frames/s painted"
            age = "" if self._age != self._age else f"picture {number(1000 * self._age, 1)} ms old"
            gaps = np.diff(np.array(self._painted))
            interval = f"99 % within {number(1000 * float(np.quantile(gaps, 0.99)), 1)} ms"
        used = memory()
        return (
            (f"{whole(round(rate))} steps/s", kernel),
            (step, call),
            (painted, interval),
            (age, f"{whole(round(used / 2**20))} MB in memory" if used else ""),
        )

    # ---- how it looks -------------------------------------------------------------------------

    def _bottom(self) -> int:
        """Return how low the card may reach: as low as the largest view, above all words."""
        largest = self._stage.distribution
        part = largest if largest.isVisible() else self._stage
        return part.mapTo(self._ground, part.rect().bottomRight()).y()

    def _place(self) -> None:
        """Stand in the corner over the smaller views."""
        scale = style.roomy()
        rows = HEADINGS + len(self.trainer) + len(self.window_)
        wide, tall = round(WIDE * scale), round((rows * ROW + 2 * EDGE + 12) * scale)
        right = self._stage.mapTo(self._ground, self._stage.rect().topRight())
        low = self._bottom() - APART
        tall = min(tall, low - right.y() - APART)
        self.setGeometry(right.x() - APART - wide, low - tall, wide, tall)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the card; called by Qt."""
        with CARD:
            p = QPainter(self)
            self._paint(p)
            p.end()

    def _paint(self, p: QPainter) -> None:
        t, scale = style.worn(), style.roomy()
        p.scale(scale, scale)
        rows = tuple((each.of, each.name) for each in (*self.trainer, *self.window_))
        key = (t, rows, len(self.trainer), len(self.lines))
        area = QRectF(0, 0, self.width() / scale, self.height() / scale)
        self._words.draw(p, area, key, lambda inner: self._paint_words(inner, area), t.base)
        y = EDGE + SMALL + ROW + 2
        for left, right in self.lines:
            write(p, (EDGE, y), left, t.text, size=SMALL)
            write(p, (BAR, y), right, t.text, size=SMALL)
            y += ROW
        for found in (self.trainer, self.window_):
            y += ROW + GAP
            for cost in found:
                ink = self._ink(cost)
                bar = QRectF(BAR, y - 8, LONG * min(cost.share, 1.0), 6)
                p.fillRect(bar, colour(t.axis if ink == t.muted else t.text))
                share = f"{number(100 * cost.share, 1)} %"
                write(p, (SHARE, y), share, ink, size=SMALL, align=1.0)
                if cost.each == cost.each:
                    words = number(cost.each, 2 if cost.each < 10 else 1)
                    write(p, (MILLISECONDS, y), words, ink, size=SMALL, align=1.0)
                y += ROW

    def _paint_words(self, p: QPainter, area: QRectF) -> None:
        """Paint what stays the same from reading to reading."""
        t = style.worn()
        p.setPen(QPen(colour(t.border), 1))
        p.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
        y = EDGE + SMALL
        write(p, (EDGE, y), "Performance", t.text, size=SMALL, bold=True)
        write(p, (MILLISECONDS, y), "F12", t.muted, size=SMALL, align=1.0)
        y += (1 + len(self.lines)) * ROW + 2
        for title, found in (("Trainer's thread", self.trainer), ("Window's thread", self.window_)):
            y += GAP
            write(p, (EDGE, y), title, t.muted, size=SMALL, bold=True)
            write(p, (SHARE, y), "share", t.muted, size=SMALL, align=1.0)
            write(p, (MILLISECONDS, y), "ms a call", t.muted, size=SMALL, align=1.0)
            y += ROW
            for cost in found:
                begin = EDGE + (0 if cost.outermost else 12)
                words = elided(cost.name, BAR - begin - 6, SMALL)
                write(p, (begin, y), words, self._ink(cost), size=SMALL)
                p.fillRect(QRectF(BAR, y - 8, LONG, 6), colour(t.raised))
                y += ROW

    def _ink(self, cost: Cost) -> str:
        """Return the colour of a row: quiet where nothing is worked."""
        quiet = cost.name in (OTHER, IDLE) or cost.name.startswith("waiting")
        return style.worn().muted if quiet else style.worn().text
