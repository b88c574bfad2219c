"""Recordings: a folder in which a running session writes down its tape as it grows.

Whatever ends the session, even in the middle of a write, :func:`recover` gives the run up to at
most a second before. The folder holds files to which records are only ever appended::

    log              versions, branches, journals, rows of traces, bookmarks, in order
    roots            the moments in which runs begin
    level-N          moments at steps that are 2^N, but not 2^(N + 1), first strides
    end-N            the moment at the end of branch N, if the lane has left it
    lock             held while the session lives
    closed           nothing: the session ended well, and this is the run it ended with

A record is ``GVZ`` and its kind, its length and its CRC-32, and then what it holds: JSON, rows of
float64, or moments packed as in run files (:mod:`ganviz.tape.packing`). Reading ends at the first
record that is not whole. When the stride of the tape doubles, whole levels are unlinked: thinning
costs nothing, and the folder stays near the tape's budget.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import IO

import numpy as np

from ganviz.frame import Bookmark, Mark
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.tape import written
from ganviz.tape.packing import Forms, pack, tensors, unpack
from ganviz.tape.runfile import FORMAT, Run, end, read, versions
from ganviz.tape.tape import STRIDE, Branch, Kept, Rows, Tape
from ganviz.tape.written import Reader, Table

#: Seconds that what was not yet written may be old.
LATEST = 0.2
#: Levels that are told apart.
LEVELS = 24
#: The file that says that nobody was surprised by the end of the recording.
CLOSED = "closed"

_HEAD = struct.Struct("<3scQI")
_ROWS = struct.Struct("<QQQ")  # branch, the step before the first, columns
_TEXT, _NUMBERS, _MOMENTS = b"T", b"R", b"M"


class Recording:
    """Writes a tape down as it grows: the tape's :class:`~ganviz.tape.tape.Log`.

    What the tape holds already is written first. A disk that is full, or gone, ends the recording
    and nothing else: :attr:`trouble` says so in one sentence. All calls belong to the tape's
    thread; :meth:`tick` is to be called now and then while nothing grows.

    Parameters
    ----------
    folder
        A new folder for this recording alone; its parents are made.
    tape
        The tape, whose ``log`` this becomes.
    """

    def __init__(self, folder: str | os.PathLike[str], tape: Tape) -> None:
        self.folder = Path(folder)
        #: Why nothing is recorded any longer; empty while all is well.
        self.trouble = ""
        #: Whether it writes when something is told, and not only at a :meth:`tick`.
        self.at_once = True
        self._tape = tape
        self._files: dict[str, IO[bytes]] = {}
        self._lock: IO[bytes] | None = None
        self._serials: list[int] = []  # of the branches there are; numbers are used again
        self._begun = 0
        self._told: list[tuple[int, int, Rows] | Table] = []  # rows, and marks between them
        self._moments: dict[str, list[tuple[int, Kept]]] = {}
        self._ends: dict[int, Kept] = {}
        self._stride = STRIDE
        self._written = monotonic()
        try:
            self.folder.mkdir(parents=True)
            self._lock = _locked(self.folder / "lock")
        except OSError as error:
            self._stop(error)
            return
        self._tell(
            {
                "format": FORMAT,
                "versions": versions(),
                "title": tape.title,
                "budget": tape.budget,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
            }
        )
        for branch in tape.branches:
            self.begun(branch)
            for rows in branch.trace.pieces(branch.first):
                self.ran(branch.number, rows)
            for mark in branch.marks:
                self.marked(branch.number, mark)
            for kept in branch.kept:
                self.kept(branch.number, kept)
        self.thinned(tape.stride)
        self.noted(tape.bookmarks)
        self.flush()
        tape.log = self

    # ---- what the tape tells ------------------------------------------------------------------

    def begun(self, branch: Branch) -> None:
        """Write down a new branch."""
        serial = self._begun
        self._begun += 1
        del self._serials[branch.number :]
        self._serials.append(serial)
        self._tell({"serial": serial, "branch": written.branch_table(branch)})

    def dropped(self, number: int) -> None:
        """Write down that the latest branch is gone."""
        self._tell({"dropped": number})
        serial = self._serials.pop()
        if self._ends.pop(serial, None) is not None:
            self._remove(f"end-{serial}")

    def marked(self, number: int, mark: Mark) -> None:
        """Write down an entry of a journal, within a fifth of a second: a slider makes many."""
        if not self.trouble:
            self._told.append({"on": number, "mark": written.mark_table(mark)})
            self._heard()

    def ran(self, number: int, rows: Rows) -> None:
        """Write down rows of a trace, within a fifth of a second."""
        if len(rows) and not self.trouble:
            self._told.append((number, int(rows[0, 0]) - 1, rows.copy()))
            self._heard()

    def kept(self, number: int, kept: Kept) -> None:
        """Write down a moment, within a fifth of a second; the former end of a branch goes."""
        if self.trouble:
            return
        serial = self._serials[number]
        if not kept.fixed:
            self._add(_level(kept.step), serial, kept)
        elif kept.step == 0:
            self._add("roots", serial, kept)
        else:
            former = self._ends.get(serial)
            if former is not None and former.step % self._stride == 0:
                self._add(_level(former.step), serial, replace(former, fixed=False))
            self._ends[serial] = kept
            self.flush()
            self._replace(f"end-{serial}", serial, kept)

    def thinned(self, stride: int) -> None:
        """Let go of the levels that are no longer kept."""
        self._stride = stride
        for level in range(LEVELS):
            if STRIDE << level < stride:
                self._moments.pop(f"level-{level}", None)
                self._remove(f"level-{level}")

    def noted(self, bookmarks: Sequence[Bookmark]) -> None:
        """Write down all bookmarks."""
        self._tell({"bookmarks": [written.bookmark_table(each) for each in bookmarks]})

    def titled(self, title: str) -> None:
        """Write down what the run is called."""
        self._tell({"title": title})

    # ---- writing ------------------------------------------------------------------------------

    def _heard(self) -> None:
        if self.at_once:
            self.tick()

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        return monotonic() - self._written >= LATEST

    def tick(self) -> None:
        """Write what is due."""
        if self.due:
            self.flush()

    def flush(self) -> None:
        """Write everything that was told so far."""
        self._written = monotonic()
        if self.trouble:
            return
        told, self._told = self._told, []
        moments, self._moments = self._moments, {}
        try:
            for each in _joined(told):
                self._append("log", *each)
            for name, kept in moments.items():
                for batch in pack(kept):
                    self._append(name, _MOMENTS, batch)
            for file in self._files.values():
                file.flush()
        except OSError as error:
            self._stop(error)

    def finish(self) -> None:
        """Take the recording away: the session ended well, or the run is saved."""
        self.leave()
        shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> bool:
        """Leave the folder as that of a run which was put aside, and not lost; return whether.

        A run without a step is not worth it: its recording is taken away.
        """
        if not any(branch.last > branch.first for branch in self._tape.branches):
            self.finish()
            return False
        self.flush()
        if self._lock is not None:
            with suppress(OSError):  # on a full disk it stays without, and is offered as if lost
                (self.folder / CLOSED).touch()
        self.leave()
        return True

    def leave(self) -> None:
        """Write the rest and let go of the folder, which stays to be recovered."""
        self.flush()
        if self._tape.log is self:
            self._tape.log = None
        for file in (*self._files.values(), self._lock):
            if file is not None:
                with suppress(OSError):
                    file.close()
        self._files, self._lock = {}, None
        self.trouble = self.trouble or "The recording has ended."

    def _tell(self, table: Table) -> None:
        """Append a table to the log, behind all rows before it."""
        self.flush()
        if not self.trouble:
            try:
                self._append("log", _TEXT, _text(table))
                self._files["log"].flush()
            except OSError as error:
                self._stop(error)

    def _add(self, name: str, serial: int, kept: Kept) -> None:
        self._moments.setdefault(name, []).append((serial, kept))
        self._heard()

    def _append(self, name: str, kind: bytes, data: bytes) -> None:
        if name not in self._files:
            self._files[name] = (self.folder / name).open("ab")
        self._files[name].write(_record(kind, data))

    def _replace(self, name: str, serial: int, kept: Kept) -> None:
        """Put one moment in the place of another, whole or not at all."""
        if self.trouble:
            return
        partial = self.folder / f".{name}.part"
        try:
            partial.write_bytes(b"".join(_record(_MOMENTS, b) for b in pack([(serial, kept)])))
            os.replace(partial, self.folder / name)
        except OSError as error:
            self._stop(error)

    def _remove(self, name: str) -> None:
        if name in self._files:
            with suppress(OSError):
                self._files.pop(name).close()
        with suppress(OSError):
            (self.folder / name).unlink(missing_ok=True)

    def _stop(self, error: OSError) -> None:
        """Record no more; the run goes on."""
        self.trouble = (
            f"The run is no longer recorded in {self.folder}: {error.strerror or error}; "
            "save it to be safe."
        )
        self._told, self._moments = [], {}


def _record(kind: bytes, data: bytes) -> bytes:
    return _HEAD.pack(b"GVZ", kind, len(data), zlib.crc32(data, zlib.crc32(kind))) + data


def _level(step: int) -> str:
    """Return the file of a moment: how often the stride can double until it goes."""
    strides, odd = divmod(step, STRIDE)
    level = 0 if odd or not strides else (strides & -strides).bit_length() - 1
    return f"level-{min(level, LEVELS - 1)}"


def _joined(told: list[tuple[int, int, Rows] | Table]) -> Iterator[tuple[bytes, bytes]]:
    """Yield records of tables and of blocks of rows, those that follow each other joined."""
    at = 0
    while at < len(told):
        first = told[at]
        if not isinstance(first, tuple):
            yield _TEXT, _text(first)
            at += 1
            continue
        number, before, _ = first
        step, blocks = before, []
        for each in told[at:]:
            if not isinstance(each, tuple) or each[:2] != (number, step):
                break
            blocks.append(each[2])
            step += len(each[2])
            at += 1
        block = np.concatenate(blocks)
        yield _NUMBERS, _ROWS.pack(number, before, block.shape[1]) + block.tobytes()


def _text(table: Table) -> bytes:
    return json.dumps(table, ensure_ascii=False).encode()


# ---- the lock -----------------------------------------------------------------------------------


def _locked(path: Path) -> IO[bytes]:
    """Open a file and hold it as long as this process lives; raises OSError if another does."""
    file = path.open("ab")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


def lives(folder: str | os.PathLike[str]) -> bool:
    """Return whether the session that records there is still running."""
    path = Path(folder) / "lock"
    if not path.exists():
        return False
    try:
        _locked(path).close()
    except OSError:
        return True
    return False


# ---- recovering ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """A recording that a session left behind: where, what it is called, how long, since when.

    ``closed``: the session ended well, or opened another run instead.
    """

    folder: Path
    title: str
    steps: int
    when: datetime
    closed: bool = False


def is_recording(path: str | os.PathLike[str]) -> bool:
    """Return whether this is the folder of a recording."""
    return (Path(path) / "log").is_file()


def found(root: str | os.PathLike[str]) -> list[Found]:
    """Return the recordings in a folder that no living session holds, the latest first."""
    results = []
    with suppress(OSError):
        for folder in sorted(Path(root).iterdir()):
            if is_recording(folder) and not lives(folder):
                title, steps = "", 0
                for kind, data in _records(folder / "log"):
                    if kind == _NUMBERS and len(data) >= _ROWS.size:
                        _, before, columns = _ROWS.unpack_from(data)
                        rows = (len(data) - _ROWS.size) // (8 * max(columns, 1))
                        steps = max(steps, before + rows)
                    elif b'"title"' in data:
                        with suppress(ValueError, AttributeError):
                            title = str(json.loads(data).get("title", title))
                closed = (folder / CLOSED).exists()
                last = folder / (CLOSED if closed else "log")
                when = datetime.fromtimestamp(last.stat().st_mtime)
                results.append(Found(folder, title, steps, when, closed))
    return sorted(results, key=lambda each: each.when, reverse=True)


def discard(folder: str | os.PathLike[str]) -> None:
    """Take away a recording."""
    if is_recording(folder) and not lives(folder):
        shutil.rmtree(folder, ignore_errors=True)


def _records(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Yield (kind, data) of the records of a file, up to the first that is not whole."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                magic, kind, length, check = _HEAD.unpack(head)
                if magic != b"GVZ" or length > size - file.tell():
                    return
                data = file.read(length)
                if len(data) < length or zlib.crc32(data, zlib.crc32(kind)) != check:
                    return
                yield kind, data
    except OSError:
        return


def opened(path: str | os.PathLike[str]) -> Run:
    """Return the run that a run file holds, or a recording; raises ParamError where there is none.

    See :func:`ganviz.tape.runfile.read` and :func:`recover`.
    """
    return recover(path) if is_recording(path) else read(path)


def recover(folder: str | os.PathLike[str]) -> Run:
    """Return the run that a recording holds, up to the first record that is not whole.

    Raises
    ------
    ParamError
        If it holds none: nothing had been recorded, another version wrote it, or its games cannot
        be built on this machine.
    """
    folder = Path(folder)
    try:
        return _Recovery(folder).run()
    except ParamError as error:
        raise ParamError(f"{folder}: {error}") from None


class _Recovery:
    """A recording that is being read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._about: Table = {}
        self._branches: list[tuple[int, Table]] = []
        self._marks: list[list[Table]] = []
        self._rows: list[list[Rows]] = []
        self._bookmarks: list[Table] = []
        for kind, data in _records(folder / "log"):
            try:
                if kind == _TEXT:
                    self._told(json.loads(data))
                elif kind == _NUMBERS:
                    self._ran(data)
            except (ValueError, KeyError, TypeError, IndexError, AttributeError, struct.error):
                break  # what nobody has written; what was read so far holds

    def _told(self, table: Table) -> None:
        if "format" in table:
            self._about = table
        elif "branch" in table:
            self._branches.append((int(table["serial"]), table["branch"]))
            self._marks.append([])
            self._rows.append([])
        elif "dropped" in table:
            for each in (self._branches, self._marks, self._rows):
                each.pop()
        elif "mark" in table:
            self._marks[table["on"]].append(table["mark"])
        elif "bookmarks" in table:
            self._bookmarks = table["bookmarks"]
        elif "title" in table:
            self._about = {**self._about, "title": str(table["title"])}

    def _ran(self, data: bytes) -> None:
        number, _, columns = _ROWS.unpack_from(data)
        block = np.frombuffer(data, np.float64, offset=_ROWS.size)
        self._rows[number].append(block.reshape(-1, columns))

    def run(self) -> Run:
        about = self._about
        if about.get("format") != FORMAT:
            raise ParamError("holds no recording that this ganviz can read")
        tape = Tape(written.whole(about, "budget"), written.text(about, "title"))
        reader, forms = Reader(tape), Forms()
        roots = self._moments("roots")
        first = {n for each in roots for n in _serials(each)}
        for number, (serial, table) in enumerate(self._branches):
            if "parent" not in table and serial not in first:
                break  # its first moment was not written any more, so no step was either
            try:
                reader.branch(table)
                if self._rows[number]:
                    reader.rows(number, np.concatenate(self._rows[number]))
                for mark in self._marks[number]:
                    reader.mark(number, mark)
            except ParamError:
                if len(tape.branches) <= number:
                    break
                continue
        if not tape.branches:
            raise ParamError("nothing had been recorded yet")
        tops = [branch for branch in tape.branches if branch.parent is None]
        reader.fill({b.number: forms.of(b.settings).columns for b in tops})
        self._keep(reader, forms, roots)
        with suppress(ParamError):
            reader.bookmarks(self._bookmarks)
        found = written.inner(about, "versions")
        whole = reader.whole()
        return Run(whole, end(whole), None, {name: str(found[name]) for name in list(found)[:20]})

    def _moments(self, name: str) -> list[bytes]:
        return [data for kind, data in _records(self._folder / name) if kind == _MOMENTS]

    def _keep(self, reader: Reader, forms: Forms, roots: list[bytes]) -> None:
        """Take the moments that lie on the branches that were recovered."""
        tape = reader.tape
        numbers = {serial: n for n, (serial, _) in enumerate(self._branches)}

        def known(serial: int, step: int, marks: int) -> Settings | None:
            with suppress(ParamError):
                return reader.settings(numbers.get(serial, -1), step, marks)
            return None

        kept: dict[tuple[int, tuple[int, int]], Kept] = {}
        levels = [level for level in range(LEVELS) if (self._folder / f"level-{level}").exists()]
        names = [f"level-{level}" for level in levels]
        ends = [f"end-{serial}" for serial, _ in self._branches]
        for name in ("roots", *names, *ends):
            for data in roots if name == "roots" else self._moments(name):
                with suppress(ParamError):
                    for serial, each in unpack(data, known, forms):
                        kept[numbers[serial], each.key] = each
        tape.stride = STRIDE << min(levels, default=0)
        for (number, _), each in sorted(kept.items(), key=lambda item: item[0]):
            reader.keep(number, each)


def _serials(data: bytes) -> list[int]:
    with suppress(ParamError, KeyError):
        return [int(n) for n in tensors(data)[0]["branch"].ravel()]
    return []
