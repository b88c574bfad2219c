"""Ctrl-C, heard where work can be put down."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

#: Those who know whether what this process does is wanted no longer.
_known: list[Callable[[], bool]] = []


def called_off() -> bool:
    """Return whether what is done now is wanted no longer; asked by what takes long and waits."""
    return any(each() for each in _known)


@contextmanager
def heeding(over: Callable[[], bool]) -> Iterator[None]:
    """Have :func:`called_off` ask ``over``, too, as long as this lasts."""
    _known.append(over)
    try:
        yield
    finally:
        _known.remove(over)


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
        with heeding(lambda: bool(pressed)):
            yield lambda: bool(pressed)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
