"""How a thread sleeps a little without Python: where the system's own function for it lies."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

#: What the function is given: half a millisecond in microseconds, or Windows' shortest, one. Waking
#: up more often takes processors from those who paint.
REST = 1 if sys.platform == "win32" else 500


@cache
def address() -> int:
    """Return where a C function of one whole number lies that sleeps so long."""
    if sys.platform == "win32":
        function = ctypes.windll.kernel32.Sleep
    else:
        function = ctypes.CDLL(None).usleep
    return ctypes.cast(function, ctypes.c_void_p).value or 0
