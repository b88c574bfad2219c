"""Waiting for what is meant, however much else the machine has to do.

A test waits for a condition, never for a time in which it should have come true. Where something
must not happen, it waits for something that could only have happened afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Qt, QThread, QTimer, Slot
from pytestqt.qtbot import QtBot

from ganviz.host import EngineThread

#: How long a condition is waited for before the test fails, milliseconds.
PATIENCE_MS = 60_000


def until(what: Callable[[], object], seconds: float = 60) -> None:
    """Wait without an event loop, for other processes and threads."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(number: int) -> bool:
    """Return whether a process is there, and no mere memory of one that has ended."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Ear(QObject):
    """Counts how often signals were emitted, whichever thread did it, in the thread of the test.

    pytest-qt's own slots are called in the emitting thread, beside the test that takes them away.
    """

    def __init__(self) -> None:
        super().__init__()
        self.heard = 0

    @Slot()
    def hear(self) -> None:
        """Count once more."""
        assert QThread.currentThread() is self.thread()
        self.heard += 1


class PatientBot(QtBot):
    """A QtBot that waits long by itself: only a test that fails takes that long."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE_MS) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE_MS, **more: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **more)

    def waitSignals(self, signals: Any, *, timeout: int = PATIENCE_MS, **more: Any) -> Any:
        return super().waitSignals(signals, timeout=timeout, **more)

    @contextmanager
    def waitHost(self, *signals: Any) -> Iterator[None]:
        """Wait, after what is done within, until each of another thread's signals has come."""
        ears = [Ear() for _ in signals]
        for signal, ear in zip(signals, ears, strict=True):
            signal.connect(ear.hear)
        yield
        self.waitUntil(lambda: all(ear.heard for ear in ears))
        for signal, ear in zip(signals, ears, strict=True):
            signal.disconnect(ear.hear)

    def waitExposed(self, widget: Any, *, timeout: int = PATIENCE_MS) -> Any:
        return super().waitExposed(widget, timeout=timeout)


def timers(within_ms: int) -> None:
    """Let all timers of this thread run that are due within so many milliseconds.

    They come first even where they come late: Qt runs timers in the order in which they were due.
    (QTest.qWait and sleep end by the clock, maybe before one of them has run.)
    """
    loop, last = QEventLoop(), QTimer()
    last.setSingleShot(True)
    last.setTimerType(Qt.TimerType.PreciseTimer)
    last.timeout.connect(loop.quit)
    last.start(within_ms)
    loop.exec()
    QCoreApplication.sendPostedEvents()


def standing(qtbot: PatientBot, host: EngineThread) -> int:
    """Return the step at which the host stands once it has granted all that was wished before."""
    with qtbot.waitHost(host.moment_ready):
        host.want_moment()
    assert host._lanes is not None
    return host._lanes.engine.steps


def at_rest(qtbot: PatientBot, host: EngineThread) -> int:
    """Return the step at which the host stands, and see that it stays there.

    A host that plays would take steps, if any are due, between one turn and the next, and grants
    one wish of these in each.
    """
    step = standing(qtbot, host)
    for _ in range(3):
        timers(20)
        assert standing(qtbot, host) == step
    return step
