"""Start ganviz: ``python -m ganviz``, or ``ganviz``."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

#: The exit code after Ctrl-C.
STOPPED = 128 + signal.SIGINT


def leave(number: int, frame: FrameType | None) -> None:
    """Leave at once: while nothing but imports has happened there is nothing to put away."""
    os.write(2, b"ganviz: interrupted\n")
    os._exit(128 + number)


def main() -> None:
    """Run the command line and leave with its exit code."""
    if getattr(sys, "frozen", False):
        # A bundle is its own Python: a process that plays a seed's run begins here.
        from multiprocessing import freeze_support

        freeze_support()
    for stream in (sys.stdout, sys.stderr):  # a pipe on Windows, or LC_ALL=C, has no "≤"
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    # An interrupt in the middle of an import would end in a traceback, or be swallowed there.
    # Whoever has something to put away takes the signal over: the window, a run, a film.
    signal.signal(signal.SIGINT, leave)
    if sys.platform == "win32":
        # There torch's libraries fail to load once Qt's are in the process; elsewhere torch is
        # loaded late, by the host thread, so that the window is up before it.
        import torch  # noqa: F401

    from ganviz.opening import displayed, open_window

    if sys.argv[1:] or displayed():
        from ganviz.cli import main as command_line

        code = command_line(sys.argv[1:])
    else:
        code = open_window()
    if code == STOPPED:  # taking torch and Qt apart would take a second or more
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
