"""Pump: frames from the host to whoever shows them, at the screen's pace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from ganviz.clock import Part
from ganviz.frame import Wants
from ganviz.host import WANTS, EngineThread

#: Frames a second that the window would like to paint, and the share of what could be seen below
#: which they are too few, and said to be dropped.
FRAMES, LACKING = 60, 0.85
#: Usual time between two painted frames, and between two looks into an empty slot, seconds.
PERIOD = 1 / FRAMES
AGAIN = 0.001
#: How much of the time pictures may take from a kernel that needs the interpreter lock, too, and
#: is to make more steps than can be seen; sixty a second would leave it hardly a step for each.
#: And the longest time between two of them that comes of it, seconds.
SHARE, LONGEST = 0.4, 0.1
#: The same while the run is paused: somebody may have asked for a single step.
IDLE = 0.03

#: What the window does with a frame, as the clock of the overlay names it.
TURN, SHOWING = Part("waiting for the trainer"), Part("showing frames")


def dropped(painted: float, steps: float) -> float:
    """Return how many frames a second are missing of a run of so many steps; 0: hardly any.

    A run that makes twenty steps a second is wholly seen in twenty pictures.
    """
    wanted = min(steps, FRAMES)
    return wanted - painted if 0 < painted < LACKING * wanted else 0.0


class Pump(QObject):
    """Takes the latest frames on the window's own timer, and asks for the next ones.

    Nothing is asked for while it rests, so a hidden window costs nothing.
    """

    arrived = Signal(object)

    def __init__(self, host: EngineThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self._wants = WANTS
        self._due = 0.0
        self._began = self._took = 0.0  # when the painting of the latest began; how long it takes
        self._times: list[float] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._turn)
        self._painted = QTimer(self)
        self._painted.setSingleShot(True)
        self._painted.timeout.connect(self._has_painted)
        self.running = False
        #: Wanted time between two painted frames, seconds.
        self.period = PERIOD

    def run(self) -> None:
        """Begin, or go on."""
        if not self.running:
            self.running = True
            self._host.want_frame(self._wants)
            self._timer.start(0)

    def rest(self) -> None:
        """Stop asking, and stand in nobody's way."""
        self.running = False
        self._timer.stop()
        self._host.give_turn()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Have the trainer stand aside while the window does something long, and then go on."""
        self._host.take_turn()
        try:
            yield
        finally:
            self._host.give_turn()

    def hurry(self) -> None:
        """Look again soon: something was asked for that will show."""
        if self.running:
            self._host.want_frame(self._wants)
            self._timer.start(1)

    def show_wants(self, wants: Wants) -> None:
        """Ask for frames that hold this from now on."""
        if wants != self._wants:
            self._wants = wants
            self.hurry()

    def rate(self) -> float:
        """Return the frames a second of about the last second."""
        recent = self._times[-60:]
        if len(recent) < 2 or perf_counter() - recent[-1] > 1.0:
            return 0.0
        return (len(recent) - 1) / (recent[-1] - recent[0])

    @Slot()
    def _turn(self) -> None:
        frames = self._host.frames.take()
        now = perf_counter()
        if frames is None:
            playing = self._host.playing
            if not playing:
                self._host.want_frame(self._wants)
            self._start(AGAIN if playing else IDLE)
            return
        with TURN:
            self._host.take_turn()
        self._began = perf_counter()
        self._host.want_frame(self._wants)
        self._times.append(now)
        if len(self._times) > 240:
            del self._times[:120]
        period = self._period()
        self._due = self._host.due = max(self._due + period, now + period / 2)
        with SHOWING:
            self.arrived.emit(frames)
        # Painting is a posted event, and timers come after those: this one when it is done.
        self._painted.start(0)
        self._start(self._due - perf_counter())

    def _period(self) -> float:
        """Return the time until the next frame is due, seconds."""
        host = self._host
        if not (host.playing and host.bound and host.speed > FRAMES):
            return self.period
        return max(self.period, min((host.made_in + self._took) / SHARE, LONGEST))

    @Slot()
    def _has_painted(self) -> None:
        self._host.give_turn()
        self._took = 0.8 * self._took + 0.2 * (perf_counter() - self._began)

    def _start(self, seconds: float) -> None:
        if self.running:
            self._timer.start(max(0, round(1000 * seconds)))
