"""Half films: hidden beside their target until they are whole, and gone if they never are.

A half film is called ``.ganviz-HOST-PID-NUMBER.part`` with the ending of its format. What a killed
process left is known by its number and removed when the next film begins in the same folder.

So are the folders ``ganviz-film-HOST-PID-…`` among the system's temporary files, in which runs are
kept until their films are made; they are removed when the application starts.
"""

from __future__ import annotations

import itertools
import os
import platform
import re
import shutil
import sys
import tempfile
import zlib
from pathlib import Path

_HOST = f"{zlib.crc32(platform.node().encode()):08x}"
_NAME = re.compile(r"\.ganviz-([0-9a-f]{8})-(\d+)-\d+\.part(\.\w+)?")
_FOLDER = re.compile(r"ganviz-film-([0-9a-f]{8})-(\d+)-\w+")
_numbers = itertools.count(1)
#: Half films of this process.
_open: set[Path] = set()


def begin(folder: Path, suffix: str) -> Path:
    """Return the path of a new half film in ``folder``, made there: a file, or a folder for "".

    Raises
    ------
    OSError
        If it cannot be made.
    """
    sweep(folder)
    path = folder / f".ganviz-{_HOST}-{os.getpid()}-{next(_numbers)}.part{suffix}"
    _open.add(path)
    try:
        if suffix:
            path.touch(exist_ok=False)
        else:
            path.mkdir()
    except OSError:
        _open.discard(path)
        raise
    return path


def discard(path: Path) -> None:
    """Remove a half film; harmless if it is gone."""
    _open.discard(path)
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def put(part: Path, target: Path) -> None:
    """Give a whole film its name, in place of what had it before.

    Raises
    ------
    OSError
        If the target cannot be replaced; it is then as it was.
    """
    if not part.is_dir():
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, target)
    elif target.exists():  # a folder is replaced by two renamings, and kept if the second fails
        old = begin(target.parent, "")
        os.rmdir(old)
        os.rename(target, old)
        try:
            os.rename(part, target)
        except OSError:
            os.rename(old, target)
            raise
        finally:
            discard(old)
    else:
        os.rename(part, target)
    _open.discard(part)


def sweep(folder: Path) -> None:
    """Remove the half films in ``folder`` whose process on this machine no longer lives."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        match = _NAME.fullmatch(name)
        if match is None or match[1] != _HOST or folder / name in _open:
            continue
        if int(match[2]) == os.getpid() or not _lives(int(match[2])):
            try:
                discard(folder / name)
            except OSError:
                continue  # someone else's: it stays


def folder() -> Path:
    """Return a new folder for what this process needs only for a while.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    return Path(tempfile.mkdtemp(prefix=f"ganviz-film-{_HOST}-{os.getpid()}-"))


def sweep_folders() -> None:
    """Remove such folders whose process on this machine no longer lives."""
    for path in Path(tempfile.gettempdir()).glob("ganviz-film-*"):
        match = _FOLDER.fullmatch(path.name)
        if match is not None and match[1] == _HOST and not _lives(int(match[2])):
            shutil.rmtree(path, ignore_errors=True)


def _lives(pid: int) -> bool:
    """Return whether a process of that number runs; when in doubt it does."""
    if sys.platform == "win32":  # os.kill would end it
        import ctypes

        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        if not handle:
            return bool(kernel.GetLastError() == 5)  # ERROR_ACCESS_DENIED: it lives
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return code.value == 259  # STILL_ACTIVE
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
