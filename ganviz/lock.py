"""Files that one process holds at a time: as long as it lives, however it ends."""

from __future__ import annotations

import sys
from typing import IO, Any


def hold(file: IO[Any]) -> None:
    """Hold an open file until it is closed.

    Raises
    ------
    BlockingIOError
        If another holds it. Any other OSError: files cannot be held here, as on some network disks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except PermissionError as error:  # what Windows says of it
        raise BlockingIOError(*error.args) from None
