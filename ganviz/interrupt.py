"""Ctrl-C, heard where work can be put down."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Thread
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


def end_with_parent(busy: AbstractContextManager[object]) -> None:
    """Let this process of a pool end when the one who began it is gone.

    By itself it would wait for more work for ever: it holds the other end of that pipe too. What
    is held in ``busy`` is waited for.
    """
    from multiprocessing import parent_process

    above = parent_process()

    def follow() -> None:
        assert above is not None
        above.join()
        with busy:
            os._exit(1)

    if above is not None:
        Thread(target=follow, name="parent", daemon=True).start()
