"""The hand that writes a recording down: records of files, in a thread of its own.

A run has no time to wait for a disk, nor has a window whose interpreter lock this would hold. So
whoever has something to be written hands it over, things that are never changed again, and goes
on. What is made of them here is made in pieces of some tenths of a millisecond, with a pause after
each; writing and checking sums hold no lock at all.

A record is ``GVZ`` and its kind, its length and its CRC-32, and then what it holds: see
:mod:`ganviz.tape.recovery`.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import IO, Any

import numpy as np

from ganviz.tape.packing import pack
from ganviz.tape.tape import Kept, Rows
from ganviz.tape.written import Table

HEAD = struct.Struct("<3scQI")
ROWS = struct.Struct("<QQQ")  # branch, the step before the first, columns
TEXT, NUMBERS, MOMENTS = b"T", b"R", b"M"
#: Rows of a branch and the step before them, or something in words that comes between.
Told = tuple[int, int, Rows] | Table
#: Seconds between two pieces of work, where nobody waits for it: whoever paints goes first.
PAUSE = 0.002

#: Bytes, or an array that they can be written from.
_Buffer = Any
#: Moments by the files that they belong to, with the serials of their branches.
Moments = Mapping[str, Sequence[tuple[int, Kept]]]


class Pen:
    """Writes the files of one folder, in the order in which it is told.

    A disk that is full, or gone, ends it: :attr:`trouble` says so in one sentence, and what is
    told from then on is not written: it would not follow what is. Whatever else goes wrong ends it
    as well, and is raised by :meth:`wait`, or when something is told next.

    Parameters
    ----------
    folder
        The folder, which is there.
    """

    def __init__(self, folder: Path) -> None:
        #: Why nothing is written any longer; empty while all is well.
        self.trouble = ""
        self._folder = folder
        self._files: dict[str, IO[bytes]] = {}
        self._hand = ThreadPoolExecutor(1, "ganviz-recording")
        self._works: deque[Future[None]] = deque()
        self._awaited = False

    # ---- asked from any one thread --------------------------------------------------------------

    def write(
        self, told: Sequence[Told], moments: Mapping[str, Sequence[tuple[int, Kept]]]
    ) -> None:
        """Append to the log what was told, and moments to the files of these names."""
        self._tell(self._write, told, moments)

    def replace(self, name: str, serial: int, kept: Kept) -> None:
        """Put one moment in the place of what a file holds, whole or not at all."""
        self._tell(self._replace, name, serial, kept)

    def remove(self, name: str) -> None:
        """Take a file away."""
        self._tell(self._remove, name)

    @property
    def writes(self) -> bool:
        """Whether something is yet to be written."""
        return any(not work.done() for work in self._works)

    def wait(self) -> None:
        """Return when all is written that was told."""
        self._awaited = True
        try:
            while self._works:
                self._works.popleft().result()
        finally:
            self._awaited = False

    def close(self) -> None:
        """Write the rest, and end the thread; what went wrong is raised when that is done."""
        self._awaited = True
        self._hand.shutdown()
        self.trouble = self.trouble or "The recording has ended."
        for file in self._files.values():
            with suppress(OSError):
                file.close()
        self._files = {}
        self.wait()

    def _tell(self, deed: Callable[..., None], *of: Any) -> None:
        while self._works and self._works[0].done():
            self._works.popleft().result()
        self._works.append(self._hand.submit(self._do, deed, *of))

    def stop(self, error: Exception) -> None:
        """Write no more; the run goes on."""
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        self.trouble = (
            f"The run is no longer recorded in {self._folder}: {reason}; save it to be safe."
        )

    # ---- in the thread --------------------------------------------------------------------------

    def _do(self, deed: Callable[..., None], *of: Any) -> None:
        if self.trouble:
            return
        try:
            deed(*of)
        except Exception as error:
            self.stop(error)
            if not isinstance(error, OSError):
                raise

    def _write(
        self, told: Sequence[Told], moments: Mapping[str, Sequence[tuple[int, Kept]]]
    ) -> None:
        for kind, parts in _joined(told):
            self._append("log", kind, parts)
        if told:
            self._files["log"].flush()
            self._rest()
        for name, kept in moments.items():
            for batch in pack(kept):
                self._append(name, MOMENTS, (batch,))
                self._files[name].flush()
                self._rest()

    def _rest(self) -> None:
        if not self._awaited:
            sleep(PAUSE)

    def _append(self, name: str, kind: bytes, parts: Sequence[_Buffer]) -> None:
        if name not in self._files:
            self._files[name] = (self._folder / name).open("ab")
        file = self._files[name]
        for part in _record(kind, parts):
            file.write(part)

    def _replace(self, name: str, serial: int, kept: Kept) -> None:
        partial = self._folder / f".{name}.part"
        batches = (_record(MOMENTS, (batch,)) for batch in pack([(serial, kept)]))
        partial.write_bytes(b"".join(part for record in batches for part in record))
        os.replace(partial, self._folder / name)
        self._rest()

    def _remove(self, name: str) -> None:
        if name in self._files:
            with suppress(OSError):
                self._files.pop(name).close()
        with suppress(OSError):
            (self._folder / name).unlink(missing_ok=True)


def _record(kind: bytes, parts: Sequence[_Buffer]) -> tuple[_Buffer, ...]:
    """Return the parts of a record that holds these parts."""
    check, length = zlib.crc32(kind), 0
    for part in parts:
        check = zlib.crc32(part, check)
        length += memoryview(part).nbytes
    return HEAD.pack(b"GVZ", kind, length, check), *parts


def _joined(told: Sequence[Told]) -> Iterator[tuple[bytes, tuple[_Buffer, ...]]]:
    """Yield what records hold: tables, and blocks of rows, those that follow each other joined."""
    at = 0
    while at < len(told):
        first = told[at]
        if not isinstance(first, tuple):
            yield TEXT, (json.dumps(first, ensure_ascii=False).encode(),)
            at += 1
            continue
        number, before, _ = first
        step, blocks = before, []
        while at < len(told):
            each = told[at]
            if not isinstance(each, tuple) or each[:2] != (number, step):
                break
            blocks.append(each[2])
            step += len(each[2])
            at += 1
        block = np.concatenate(blocks)
        yield NUMBERS, (ROWS.pack(number, before, block.shape[1]), block)
