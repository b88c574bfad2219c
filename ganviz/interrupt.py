"""Ctrl-C, heard where work can be put down."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible(*signals: signal.Signals) -> Iterator[Callable[[], bool]]:
    """Give a function that says whether Ctrl-C was pressed; nothing is torn out of its work.

    An exception thrown into Qt's painting or torch's arithmetic can end the process. Must be
    entered in the main thread. ``signals`` are those that are heard; by default that of Ctrl-C.
    """
    pressed: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        pressed.append(number)

    before = {each: signal.signal(each, note) for each in signals or (signal.SIGINT,)}
    try:
        yield lambda: bool(pressed)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
