"""Where compiled kernels lie: machine code in a file, by what it was made of and for.

A file is a line that names it, the SHA-256 of all that follows, the length of a table, the table in
JSON (what it was made of, the functions with their types, lengths), and pieces of object code as a
linker takes them. What is not whole, or was made of anything else than this very ganviz, is as good
as not there. Nothing of it is ever executed before that is known, and nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from itertools import accumulate, pairwise
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from ganviz import __version__
from ganviz.lock import hold

_HEAD = b"ganviz kernel 1\n"
_LENGTH = struct.Struct("<I")
_HERE = Path(__file__).parent
_CATALOG = _HERE.parents[2] / "catalog"
#: What of this folder only plays with what was compiled.
_PLAYERS = {
    "__init__",
    "__main__",
    "blas",
    "game",
    "glass",
    "lens",
    "load",
    "nap",
    "store",
    "tally",
}
#: What the kernel is compiled from and by: nothing else may change what comes out.
SOURCES = (
    *sorted(path for path in _HERE.glob("*.py") if path.stem not in _PLAYERS),
    *(
        _CATALOG / f"{name}.py"
        for name in ("bends", "costs", "holds", "losses", "networks", "penalties")
    ),
)
#: Files that a folder shared by several versions of ganviz keeps.
KEPT = 4
#: Seconds that another who compiles is waited for, three times what that takes on two cores; and
#: between two looks at it.
PATIENCE, LOOK = 180.0, 0.05

#: Bytes that a kernel has room in: it has some half a million.
ROOM = 2**20


@dataclass(frozen=True, slots=True)
class Kept:
    """A compiled kernel.

    Attributes
    ----------
    functions
        {name: (type of the result, types of the arguments …)}: ``int64``, ``float64``, ``none``.
    codes
        Object code in the format of this system's linker, in pieces.
    """

    functions: dict[str, tuple[str, ...]]
    codes: tuple[bytes, ...]


def level() -> str:
    """Return the processor that kernels are compiled for on this machine, in LLVM's words.

    One for nearly all of them, so that the same run is the same on more than one machine: AVX2 and
    FMA, which Intel has had since 2013 and AMD since 2015; elsewhere the least of its kind.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return "generic"
    from llvmlite.binding import get_host_cpu_features

    has = get_host_cpu_features()
    needs = ("avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe")
    return "x86-64-v3" if all(has.get(name) for name in needs) else "x86-64"


def fingerprint(sort: str, bundled: bool | None = None) -> str:
    """Return what a kernel for a processor was made of, in a word.

    In a bundle, which has no sources and no compiler, that is its version; None: if this is one.
    """
    if getattr(sys, "frozen", False) if bundled is None else bundled:
        return f"{sort}-{__version__}"
    digest = hashlib.sha256()
    for path in SOURCES:
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    for name in ("numba", "llvmlite"):
        digest.update(f"{name} {_version(name)}\0".encode())
    digest.update(f"{sys.platform} {platform.machine()}".encode())
    return f"{sort}-{digest.hexdigest()[:16]}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


def folders() -> tuple[Path, ...]:
    """Return where kernels may lie: beside this module, else in the user's folder for caches."""
    try:
        return (_HERE / "__pycache__", _user_folder())
    except RuntimeError:  # whoever runs this has no home
        return (_HERE / "__pycache__",)


def _user_folder() -> Path:
    if sys.platform == "win32":
        root = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "ganviz"


def path_in(folder: Path, mark: str) -> Path:
    """Return the file of the kernel of a fingerprint in a folder."""
    return folder / f"kernel-{mark}.bin"


def find(mark: str, places: tuple[Path, ...] | None = None) -> Kept | None:
    """Return the kernel of a fingerprint, if a whole one lies anywhere."""
    for folder in folders() if places is None else places:
        kept = read(path_in(folder, mark), mark)
        if kept is not None:
            return kept
    return None


def read(file: Path, mark: str) -> Kept | None:
    """Return the kernel in a file, or None if it is not whole or not of this fingerprint."""
    try:
        data = file.read_bytes()
        rest = data[len(_HEAD) + 32 :]
        if data[: len(_HEAD)] != _HEAD or data[len(_HEAD) :][:32] != _digest(rest):
            return None
        (length,) = _LENGTH.unpack_from(rest)
        table = json.loads(rest[_LENGTH.size :][:length])
        if table["mark"] != mark:
            return None
        functions = {name: tuple(types) for name, types in table["functions"].items()}
        ends = list(accumulate(table["lengths"], initial=_LENGTH.size + length))
        return Kept(functions, tuple(rest[a:b] for a, b in pairwise(ends)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error):
        return None


def write(mark: str, kept: Kept, places: tuple[Path, ...]) -> Path:
    """Write a kernel in one go into the first folder that can be written, and return the file.

    Raises
    ------
    OSError
        If there is none.
    """
    lengths = [len(code) for code in kept.codes]
    words = json.dumps({"mark": mark, "functions": kept.functions, "lengths": lengths})
    table = words.encode()
    rest = _LENGTH.pack(len(table)) + table + b"".join(kept.codes)
    trouble: OSError | None = None
    for folder in places:
        try:
            _put(path_in(folder, mark), _HEAD + _digest(rest) + rest)
        except OSError as error:
            trouble = error
            continue
        _thin(folder)
        return path_in(folder, mark)
    raise trouble or OSError("there is no folder for it")


def writable(places: tuple[Path, ...]) -> bool:
    """Return whether a kernel could be kept in any of these folders, with room for its bytes."""
    for folder in places:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(bytes(ROOM))
                file.flush()
                return True
    return False


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _put(file: Path, data: bytes) -> None:
    """Replace a file by a whole one; nobody ever sees half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    number, part = tempfile.mkstemp(prefix="kernel-", suffix=".part", dir=file.parent)
    try:
        with open(number, "wb") as out:
            out.write(data)
        os.chmod(part, 0o644)  # whoever may run this ganviz may load it
        os.replace(part, file)
    except OSError:
        with suppress(OSError):
            os.unlink(part)
        raise


def _thin(folder: Path) -> None:
    """Remove all but the latest kernels, and what was left half."""
    with suppress(OSError):
        files = sorted(folder.glob("kernel-*.bin"), key=lambda each: -each.stat().st_mtime)
        for file in [*files[KEPT:], *folder.glob("kernel-*.part")]:
            with suppress(OSError):
                file.unlink()


@contextmanager
def alone(places: tuple[Path, ...], waiting: Callable[[], None]) -> Iterator[None]:
    """Hold what only one may hold at a time, calling ``waiting`` now and then while another does.

    It goes with its process. Another that holds it for longer than :data:`PATIENCE` stands still,
    and is not waited for: two that compile the same spend time, and nothing else.
    """
    with _lock_file(places) as file:
        until = monotonic() + PATIENCE
        while file is not None and not _held(file) and monotonic() < until:
            waiting()
            sleep(LOOK)
        yield


def occupied(places: tuple[Path, ...]) -> bool:
    """Return whether another holds it now."""
    with _lock_file(places) as file:
        return file is not None and not _held(file)


@contextmanager
def _lock_file(places: tuple[Path, ...]) -> Iterator[IO[str] | None]:
    """Open what is locked; None where nothing can be written, and each compiles for itself."""
    for folder in places:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = (folder / "kernel.lock").open("a")
        except OSError:
            continue
        with file:
            yield file
        return
    yield None


def _held(file: IO[str]) -> bool:
    """Hold a file unless another does; where files cannot be held nobody has to wait."""
    try:
        hold(file)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
