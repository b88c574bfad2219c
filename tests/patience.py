"""Waiting for what is meant, however much else the machine has to do.

A test waits for a condition, never for a time in which it should have come true. Where something
must not happen, it waits for something that could only have happened afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QEventLoop, Qt, QTimer
from pytestqt.qtbot import QtBot

from ganviz.host import EngineThread

#: How long a condition is waited for before the test fails, milliseconds.
PATIENCE_MS = 60_000


class PatientBot(QtBot):
    """A QtBot that waits long by itself: only a test that fails takes that long."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE_MS) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE_MS, **more: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **more)

    def waitSignals(self, signals: Any, *, timeout: int = PATIENCE_MS, **more: Any) -> Any:
        return super().waitSignals(signals, timeout=timeout, **more)

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


def standing(qtbot: QtBot, host: EngineThread) -> int:
    """Return the step at which the host stands once it has granted all that was wished before."""
    with qtbot.waitSignal(host.moment_ready):
        host.want_moment()
    assert host._lanes is not None
    return host._lanes.engine.steps


def at_rest(qtbot: QtBot, host: EngineThread) -> int:
    """Return the step at which the host stands, and see that it stays there.

    A host that plays would take steps, if any are due, between one turn and the next, and grants
    one wish of these in each.
    """
    step = standing(qtbot, host)
    for _ in range(3):
        timers(20)
        assert standing(qtbot, host) == step
    return step
