"""What the application needs besides windows: garbage, the terminal's signals, last words."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import traceback
from types import FrameType, TracebackType

from PySide6.QtCore import QObject, QTimer, Signal, Slot

log = logging.getLogger(__name__)


class Garbage(QObject):
    """Collects garbage in the window's thread only.

    Left to itself Python collects in whichever thread allocates, which is the host's; widgets
    that end there take the process with them.
    """

    EVERY_MS = 500

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was = gc.isenabled()
        self._turns = 0
        self._timer = QTimer(self)
        self._timer.setInterval(self.EVERY_MS)
        self._timer.timeout.connect(self._turn)

    def take(self) -> None:
        """Take over, and collect nothing yet: not while all that is made is here to stay."""
        gc.disable()

    @Slot()
    def start(self) -> None:
        """Take over, and collect from now on."""
        self.take()
        self._timer.start()

    @Slot()
    def freeze(self) -> None:
        """Collect from now on, but nothing of what start-up made: that would take long."""
        gc.freeze()
        self.start()

    def stop(self) -> None:
        """Give the work back to Python."""
        self._timer.stop()
        gc.unfreeze()
        if self._was:
            gc.enable()

    @Slot()
    def _turn(self) -> None:
        young, middle, _ = gc.get_count()
        if middle > 10:
            self._turns += 1
            # The old ones, too, now and then: after freeze() they are few.
            gc.collect(2 if self._turns % 60 == 0 else 1)
        elif young > 700:
            gc.collect(0)


class Terminal(QObject):
    """Ctrl-C and a polite kill, heard in the window's thread."""

    asked = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._signal = 0
        self._before = {number: signal.getsignal(number) for number in self._numbers()}
        for number in self._before:
            signal.signal(number, self._heard)
        # Python hears signals only while it runs; Qt's loop alone would let it sleep.
        self._timer = QTimer(self)
        self._timer.setInterval(100)
        self._timer.timeout.connect(self._turn)
        self._timer.start()

    @staticmethod
    def _numbers() -> tuple[signal.Signals, ...]:
        return (signal.SIGINT, signal.SIGTERM)

    def stop(self) -> None:
        """Give the signals back to those who had them."""
        self._timer.stop()
        for number, before in self._before.items():
            signal.signal(number, before)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self._signal = number

    @Slot()
    def _turn(self) -> None:
        if self._signal:
            number, self._signal = self._signal, 0
            self.asked.emit(number)


class LastWords(QObject):
    """Shows an unforeseen error instead of dying of it."""

    said = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before = sys.excepthook
        sys.excepthook = self._hook

    def stop(self) -> None:
        """Give the hook back."""
        sys.excepthook = self._before

    def _hook(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
            return
        report = "".join(traceback.format_exception(kind, error, trace))
        log.error("unforeseen error\n%s", report)
        self.said.emit(report)
