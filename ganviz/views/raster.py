"""How Qt paints: in the thread that asks for it."""

from __future__ import annotations

import os


def in_one_thread() -> None:
    """Have Qt fill translucent shapes in the painting thread; to be called before it paints.

    It would split each run of spans between threads of its own and wait for them. A translucent
    curve of 400 corners on 1000 x 600 points then took 11.6-15.8 ms and 800 changes of threads, in
    one thread 8.9-9.7 ms; beside a kernel that keeps both processors busy, longer still. Who has
    set the variable, to whatever it may be, is not overruled.
    """
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")
