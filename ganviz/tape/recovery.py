"""Recordings: a folder in which a running session writes down its tape as it grows.

Whatever ends the session, even in the middle of a write, :func:`recover` gives the run up to at
most a second before. The folder holds files to which records are only ever appended::

    log              versions, branches, journals, rows of traces, bookmarks, in order
    roots            the moments in which runs begin
    level-N          moments at steps that 2^N strides divide, but not 2^(N + 1): the stride of the
                     tape when its recording began, which the log tells
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
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from time import monotonic
from typing import IO

import numpy as np

from ganviz.frame import Bookmark, Mark, Prediction
from ganviz.lock import hold
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.tape import written
from ganviz.tape.packing import Forms, tensors, unpack
from ganviz.tape.pen import HEAD, MOMENTS, NUMBERS, ROWS, TEXT, Pen, Told
from ganviz.tape.runfile import FORMAT, Run, end, read, versions
from ganviz.tape.tape import STRIDE, Branch, Kept, Rows, Tape
from ganviz.tape.written import Reader, Table

#: Seconds that what was not yet written may be old, at best; and moments, which cost the more the
#: fewer are written at once; and whatever comes, though the run should wait for the disk.
LATEST, SELDOM, LONGEST = 0.2, 0.4, 0.8
#: Levels that are told apart.
LEVELS = 24
#: The file that says that nobody was surprised by the end of the recording.
CLOSED = "closed"


class Recording:
    """Writes a tape down as it grows: the tape's :class:`~ganviz.tape.tape.Log`.

    What the tape holds already is written first. It is written in a thread of its own, so that
    nobody waits for a disk, but where one is so slow that more than a second would be lost. A disk
    that is full, or gone, ends the recording and nothing else: :attr:`trouble` says so in one
    sentence. All calls belong to the tape's thread; :meth:`tick` is to be called now and then while
    nothing grows.

    Parameters
    ----------
    folder
        A new folder for this recording alone; its parents are made.
    tape
        The tape, whose ``log`` this becomes.
    """

    def __init__(self, folder: str | os.PathLike[str], tape: Tape) -> None:
        self.folder = Path(folder)
        self._pen = Pen(self.folder)
        self._tape = tape
        self._lock: IO[bytes] | None = None
        self._serials: list[int] = []  # of the branches there are; numbers are used again
        self._begun = 0
        self._told: list[Told] = []
        self._moments: dict[str, list[tuple[int, Kept]]] = {}
        self._since: dict[str, float] = {}  # when the first of those moments came
        self._ends: dict[int, Kept] = {}
        # A tape that was read may have another stride than a new one, such as 8 and not 10.
        self._base = self._stride = tape.stride
        self._handed = monotonic()
        try:
            self.folder.mkdir(parents=True)
            self._lock = _locked(self.folder / "lock")
        except OSError as error:
            self._pen.stop(error)
            return
        self._tell(
            {
                "format": FORMAT,
                "versions": versions(),
                "title": tape.title,
                "budget": tape.budget,
                "stride": tape.stride,
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
        self.noted(tape.bookmarks)
        if tape.predictions:
            self.predicted(tape.predictions)
        self.flush()
        tape.log = self

    @property
    def trouble(self) -> str:
        """Why nothing is recorded any longer; empty while all is well."""
        return self._pen.trouble

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
            self._pen.remove(f"end-{serial}")

    def marked(self, number: int, mark: Mark) -> None:
        """Write down an entry of a journal, within a fifth of a second: a slider makes many."""
        if not self.trouble:
            self._told.append({"on": number, "mark": written.mark_table(mark)})
            self.tick()

    def ran(self, number: int, rows: Rows) -> None:
        """Write down rows of a trace, within a fifth of a second."""
        if len(rows) and not self.trouble:
            self._told.append((number, int(rows[0, 0]) - 1, rows.copy()))
            self.tick()

    def kept(self, number: int, kept: Kept) -> None:
        """Write down a moment, within most of a second; the former end of a branch goes."""
        if self.trouble:
            return
        serial = self._serials[number]
        if not kept.fixed:
            self._add(_level(kept.step, self._base), serial, kept)
        elif kept.step == 0:
            self._add("roots", serial, kept)
        else:
            former = self._ends.get(serial)
            if former is not None and former.step % self._stride == 0:
                level = _level(former.step, self._base)
                self._add(level, serial, replace(former, fixed=False))
            self._ends[serial] = kept
            self._hand_over()
            self._pen.replace(f"end-{serial}", serial, kept)

    def thinned(self, stride: int) -> None:
        """Let go of the levels that are no longer kept."""
        self._stride = stride
        for level in range(LEVELS):
            if self._base << level < stride:
                self._moments.pop(f"level-{level}", None)
                self._pen.remove(f"level-{level}")

    def noted(self, bookmarks: Sequence[Bookmark]) -> None:
        """Write down all bookmarks."""
        self._tell({"bookmarks": [written.bookmark_table(each) for each in bookmarks]})

    def predicted(self, predictions: Sequence[Prediction]) -> None:
        """Write down all predictions."""
        self._tell({"predictions": [written.prediction_table(each) for each in predictions]})

    def titled(self, title: str) -> None:
        """Write down what the run is called."""
        self._tell({"title": title})

    # ---- writing ------------------------------------------------------------------------------

    def tick(self) -> None:
        """See to it that what is due is written."""
        since = monotonic() - self._handed
        # A disk that is slower than the run holds it up, rather than to break the promise.
        if since >= LATEST and (since >= LONGEST or not self._pen.writes):
            self._pen.wait()
            self._hand_over(SELDOM)

    def flush(self) -> None:
        """Write everything that was told so far; return when it is written."""
        self._hand_over()
        self._pen.wait()

    def finish(self) -> None:
        """Take the recording away: the session ended well, or the run is saved."""
        try:
            self.leave()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> bool:
        """Leave the folder as that of a run which was put aside, and not lost; return whether.

        A run without a step is not worth it: its recording is taken away.
        """
        if not any(branch.last > branch.first for branch in self._tape.branches):
            self.finish()
            return False
        try:
            self.flush()
        finally:
            if self._lock is not None:
                with suppress(OSError):  # on a full disk it stays without, as if it were lost
                    (self.folder / CLOSED).touch()
            self.leave()
        return True

    def leave(self) -> None:
        """Write the rest and let go of the folder, which stays to be recovered.

        Whatever went wrong while it was written is raised, when that is done.
        """
        with ExitStack() as rest:  # each of these, whatever the others raise
            rest.callback(self._let_go)
            rest.callback(self._pen.close)
            if self._tape.log is self:
                self._tape.log = None
            self._hand_over()

    def _let_go(self) -> None:
        """Let others have the folder."""
        lock, self._lock = self._lock, None
        if lock is not None:
            with suppress(OSError):
                lock.close()

    def _tell(self, table: Table) -> None:
        """Append a table to the log, behind all rows before it."""
        if not self.trouble:
            self._told.append(table)
            self._hand_over()

    def _add(self, name: str, serial: int, kept: Kept) -> None:
        if name not in self._moments:
            self._moments[name], self._since[name] = [], monotonic()
        self._moments[name].append((serial, kept))
        self.tick()

    def _hand_over(self, age: float = -inf) -> None:
        """Hand over what is to be written, of the moments those files that wait for so long."""
        self._handed = now = monotonic()
        due = [name for name in self._moments if now - self._since[name] >= age]
        told, self._told = self._told, []
        moments = {name: self._moments.pop(name) for name in due}
        if (told or moments) and not self.trouble:
            self._pen.write(told, moments)


def _level(step: int, base: int) -> str:
    """Return the file of a moment: how often a stride can double until it goes."""
    strides, odd = divmod(step, base)
    level = 0 if odd or not strides else (strides & -strides).bit_length() - 1
    return f"level-{min(level, LEVELS - 1)}"


# ---- the lock -----------------------------------------------------------------------------------


def _locked(path: Path) -> IO[bytes]:
    """Open a file and hold it as long as this process lives; raises OSError if another does."""
    file = path.open("ab")
    try:
        hold(file)
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
                    if kind == NUMBERS and len(data) >= ROWS.size:
                        _, before, columns = ROWS.unpack_from(data)
                        rows = (len(data) - ROWS.size) // (8 * max(columns, 1))
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
            while len(head := file.read(HEAD.size)) == HEAD.size:
                magic, kind, length, check = HEAD.unpack(head)
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
        self._predictions: list[Table] = []
        for kind, data in _records(folder / "log"):
            try:
                if kind == TEXT:
                    self._told(json.loads(data))
                elif kind == NUMBERS:
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
        elif "predictions" in table:
            self._predictions = table["predictions"]
        elif "title" in table:
            self._about = {**self._about, "title": str(table["title"])}

    def _ran(self, data: bytes) -> None:
        number, _, columns = ROWS.unpack_from(data)
        block = np.frombuffer(data, np.float64, offset=ROWS.size)
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
        with suppress(ParamError):
            reader.predictions(self._predictions)
        found = written.inner(about, "versions")
        whole = reader.whole()
        return Run(whole, end(whole), None, {name: str(found[name]) for name in list(found)[:20]})

    def _moments(self, name: str) -> list[bytes]:
        return [data for kind, data in _records(self._folder / name) if kind == MOMENTS]

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
        base = written.whole(self._about, "stride", low=1) if "stride" in self._about else STRIDE
        tape.stride = base << min(levels, default=0)
        for (number, _), each in sorted(kept.items(), key=lambda item: item[0]):
            reader.keep(number, each)


def _serials(data: bytes) -> list[int]:
    with suppress(ParamError, KeyError):
        return [int(n) for n in tensors(data)[0]["branch"].ravel()]
    return []
