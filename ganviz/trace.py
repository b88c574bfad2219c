"""The trace of a run: one row of numbers per step, however long it goes on.

The latest rows lie in memory. The others go into a file, ``CHUNK_ROWS`` at a time and column by
column, so that who looks at a stretch of one column reads no more than that; of a column that is
empty at most steps, as measures are, only its numbers. The least and the greatest value of every
``SUMMARY_ROWS`` rows stay in memory: a picture of the whole run reads nothing else. Rows are never
written again, so traces share what they have in common: the past of a branch is its parent's.

The file is private and has no name; it is gone with those who read from it, and with the process,
however that ends. Where it cannot be written, rows stay in memory.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

#: Rows of the trace that one entry of its summary covers.
SUMMARY_ROWS = 64
#: Rows that go into the file together.
CHUNK_ROWS = 4096
#: The latest rows stay in memory, at least so many: they are looked at all the time.
LATEST_ROWS = 2048
#: Entries of the summary of so many rows.
BLOCKS = CHUNK_ROWS // SUMMARY_ROWS
#: Bins at least so many chunks wide are found from the extremes of whole chunks.
WIDE = 4
#: Rows for which a trace has room at first.
FIRST_ROWS = 256
#: Bytes after which another file is begun.
FILE_BYTES = 2**31

#: What stands where a column does not apply, bit by bit; another NaN is a number like any other.
_MISSING = np.array(np.nan).view(np.uint64)


def folder() -> Path:
    """Return where the file is: where large files belong, and not in memory, as /tmp often is."""
    large = Path("/var/tmp")
    if "TMPDIR" not in os.environ and os.access(large, os.W_OK):
        return large
    return Path(tempfile.gettempdir())


class Spool:
    """A private file of numbers, only ever appended to."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(  # noqa: SIM115 - closed with the last that reads it
            prefix="ganviz-trace-", buffering=0, dir=folder()
        )
        self._lock = Lock()
        self._end = 0
        weakref.finalize(self, self._file.close)

    @property
    def full(self) -> bool:
        """Whether another file is to be begun."""
        return self._end >= FILE_BYTES

    def put(self, data: bytes) -> int:
        """Append and return where; raises OSError, and nothing counts as written then."""
        with self._lock:
            self._file.seek(self._end)
            left = memoryview(data)
            while left:
                left = left[self._file.write(left) :]
            self._end += len(data)
            return self._end - len(data)

    def get(self, at: int, count: int, dtype: Any) -> Array:
        """Return numbers that were put there; raises OSError where they cannot be read."""
        found = np.empty(count, dtype)
        left = memoryview(found.view(np.uint8).data)
        with self._lock:
            self._file.seek(at)
            while left:
                size = self._file.readinto(left)
                if not size:
                    raise OSError(f"a temporary file of ganviz ends before byte {at + count:,}")
                left = left[size:]
        return found


_latest: weakref.ref[Spool] | None = None
_begun = Lock()


def _spool() -> Spool:
    """Return the file that is written at present: one for all traces. Raises OSError."""
    global _latest
    with _begun:
        spool = None if _latest is None else _latest()
        if spool is None or spool.full:
            spool = Spool()
            _latest = weakref.ref(spool)
        return spool


class Chunk:
    """``CHUNK_ROWS`` rows that no longer change.

    Attributes
    ----------
    lows, highs
        (c, BLOCKS) the least and the greatest value of each ``SUMMARY_ROWS`` rows of each column.
    low, high
        (c,) those of all its rows.
    first
        The first row's entry of the first column.
    trouble
        Why it lies in memory, or nothing.
    """

    __slots__ = ("_at", "_counts", "_kept", "_spool", "first", "high", "highs", "low", "lows",
                 "trouble")  # fmt: skip

    def __init__(self, rows: Array, lows: Array, highs: Array) -> None:
        """Store (CHUNK_ROWS, c) rows, whose summary is known, (BLOCKS, c)."""
        self.lows, self.highs = np.ascontiguousarray(lows.T), np.ascontiguousarray(highs.T)
        self.low, self.high = np.fmin.reduce(lows), np.fmax.reduce(highs)
        self.first = float(rows[0, 0])
        self.trouble = ""
        columns = np.ascontiguousarray(rows.T)
        there = columns.view(np.uint64) != _MISSING
        # So many numbers of each column; −1: they count the steps and need not be kept at all.
        self._counts = there.sum(1)
        self._at = np.zeros(len(columns), np.int64)
        pieces, end = [], 0
        for n, values in enumerate(columns):
            if n == 0 and np.array_equal(values, self.first + np.arange(CHUNK_ROWS)):
                self._counts[n] = -1
                continue
            count, piece = int(self._counts[n]), values.tobytes()
            if self._sparse(count):
                where = np.flatnonzero(there[n]).astype(np.uint16)
                piece = values[where].tobytes() + where.tobytes()
            else:
                self._counts[n] = CHUNK_ROWS
            self._at[n] = end
            pieces.append(piece)
            end += len(piece)
        data = b"".join(pieces)
        self._spool: Spool | None = None
        self._kept = b""
        try:
            spool = _spool()
            self._at += spool.put(data)
            self._spool = spool
        except OSError as error:
            self._kept = data
            self.trouble = (
                "The numbers of long runs can no longer be written to a temporary file "
                f"({error.strerror or error}): they stay in memory from now on."
            )

    @staticmethod
    def _sparse(count: int) -> bool:
        """Return whether a column with so many numbers takes less with their places than whole."""
        return count * (8 + 2) < CHUNK_ROWS * 8

    def _read(self, at: int, count: int, dtype: Any) -> Array:
        if self._spool is not None:
            return self._spool.get(at, count, dtype)
        return np.frombuffer(self._kept, dtype, count, at)

    def values(self, index: int, begin: int, end: int) -> Array:
        """Return rows ``begin`` … ``end − 1`` of a column."""
        count, at = int(self._counts[index]), int(self._at[index])
        if count < 0:
            return self.first + np.arange(begin, end, dtype=np.float64)
        if not self._sparse(count):
            return self._read(at + 8 * begin, end - begin, np.float64)
        found = np.full(CHUNK_ROWS, np.nan)
        if count:
            numbers = self._read(at, count, np.float64)
            found[self._read(at + 8 * count, count, np.uint16)] = numbers
        return found[begin:end]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One row per step of a run; a read-only prefix that later appends never alter.

    The first row is step 1, or the step after the one at which a kept run goes on: ``start`` steps
    lie before it, of which nothing is known.

    Attributes
    ----------
    columns
        Names of the columns, ``step`` first. NaN where a column does not apply.
    count
        How many rows there are. Row i belongs to step start + i + 1.
    chunks, sealed
        Of the chunks in this list, which may grow, the first so many.
    tail
        (m, c) the rows behind them; there may be more than those that count.
    tail_lows, tail_highs
        (b, c) the least and the greatest value of each 64 rows of it; there may be more as well.
    """

    columns: tuple[str, ...]
    count: int
    chunks: Sequence[Chunk]
    sealed: int
    tail: Array
    tail_lows: Array
    tail_highs: Array

    def __len__(self) -> int:
        return self.count

    @property
    def start(self) -> int:
        """How many steps of the run lie before the first row."""
        if not self.count:
            return 0
        return int(self.chunks[0].first if self.sealed else self.tail[0, 0]) - 1

    @property
    def last(self) -> int:
        """The step of the last row."""
        return self.start + self.count

    def upto(self, step: int) -> Trace:
        """Return the trace as it was when that step was its last; shares the memory."""
        return replace(self, count=min(max(step - self.start, 0), self.count))

    def trimmed(self) -> Trace:
        """Return the same trace without room for more."""
        rows = max(self.count - self.sealed * CHUNK_ROWS, 0)
        blocks = rows // SUMMARY_ROWS
        return Trace(
            self.columns,
            self.count,
            self.chunks[: self.sealed],
            self.sealed,
            self.tail[:rows].copy(),
            self.tail_lows[:blocks].copy(),
            self.tail_highs[:blocks].copy(),
        )

    # ---- rows ---------------------------------------------------------------------------------

    @property
    def rows(self) -> Array:
        """(n, c) all rows, read-only. A long run's are read from a file: see :meth:`pieces`."""
        return self.take(0, self.count)

    def take(self, begin: int, end: int) -> Array:
        """Return rows ``begin`` … ``end − 1``, (m, c), read-only."""
        begin, end = max(begin, 0), min(end, self.count)
        edge = self.sealed * CHUNK_ROWS
        if begin >= edge:
            found = self.tail[begin - edge : max(end - edge, 0)]
        else:
            found = np.empty((max(end - begin, 0), len(self.columns)))
            for index in range(len(self.columns)):
                found[:, index] = self._values(index, begin, end)
        found.flags.writeable = False
        return found

    def pieces(self, begin: int = 0) -> Iterator[Array]:
        """Yield all rows from a row on, some thousand at a time."""
        while begin < self.count:
            end = min((begin // CHUNK_ROWS + 1) * CHUNK_ROWS, self.count)
            yield self.take(begin, end)
            begin = end

    def _values(self, index: int, begin: int, end: int) -> Array:
        """Return rows ``begin`` … ``end − 1`` of a column by its number, (m,)."""
        edge = self.sealed * CHUNK_ROWS
        if begin >= edge:
            return self.tail[begin - edge : max(end - edge, 0), index]
        found = []
        for number in range(begin // CHUNK_ROWS, min(-(-end // CHUNK_ROWS), self.sealed)):
            before = number * CHUNK_ROWS
            chunk = self.chunks[number]
            found.append(chunk.values(index, max(begin - before, 0), min(end - before, CHUNK_ROWS)))
        if end > edge:
            found.append(self.tail[: end - edge, index])
        if not found:
            return np.empty(0)
        return found[0] if len(found) == 1 else np.concatenate(found)

    def at(self, step: int, name: str) -> float:
        """Return the number of a column at a step of which there is a row."""
        row = step - self.start - 1
        return float(self._values(self.columns.index(name), row, row + 1)[0])

    def each(self, steps: Array, name: str) -> Array:
        """Return the numbers of a column at a few steps of which there are rows, (n,)."""
        rows = steps - (self.start + self.sealed * CHUNK_ROWS + 1)
        if len(rows) and rows.min() >= 0:
            return np.asarray(self.tail[rows, self.columns.index(name)])
        return np.array([self.at(int(step), name) for step in steps], dtype=np.float64)

    def values(self, name: str, begin: int, end: int) -> Array:
        """Return rows ``begin`` … ``end − 1`` of a column, (m,), read-only."""
        found = self._values(self.columns.index(name), max(begin, 0), min(end, self.count))
        found.flags.writeable = False
        return found

    def column(self, name: str, last: int | None = None) -> Array:
        """Return one column, (n,), or its last ``last`` rows; read-only."""
        return self.values(name, 0 if last is None else self.count - last, self.count)

    # ---- summaries ----------------------------------------------------------------------------

    @property
    def lows(self) -> Array:
        """(n // 64, c) the least value of each 64 rows of each column."""
        return self._ends(0)

    @property
    def highs(self) -> Array:
        """(n // 64, c) the greatest value of each 64 rows of each column."""
        return self._ends(1)

    def _ends(self, which: int) -> Array:
        columns = range(len(self.columns))
        blocks = self.count // SUMMARY_ROWS
        return np.stack([self._blocks(index, 0, blocks)[which] for index in columns], 1)

    def _blocks(self, index: int, head: int, tail: int) -> tuple[Array, Array]:
        """Return the least and the greatest values of blocks ``head`` … ``tail − 1`` of rows."""
        lows, highs = [], []
        for number in range(head // BLOCKS, min(-(-tail // BLOCKS), self.sealed)):
            part = slice(max(head - number * BLOCKS, 0), tail - number * BLOCKS)
            chunk = self.chunks[number]
            lows.append(chunk.lows[index, part])
            highs.append(chunk.highs[index, part])
        edge = self.sealed * BLOCKS
        if tail > edge:
            part = slice(max(head - edge, 0), tail - edge)
            lows.append(self.tail_lows[part, index])
            highs.append(self.tail_highs[part, index])
        if not lows:
            return np.empty(0), np.empty(0)
        return np.concatenate(lows), np.concatenate(highs)

    def _tops(self, index: int, head: int, tail: int) -> tuple[Array, Array]:
        """Return the least and the greatest values of chunks ``head`` … ``tail − 1``."""
        chunks = self.chunks[head:tail]
        lows, highs = [each.low[index] for each in chunks], [each.high[index] for each in chunks]
        return np.array(lows, np.float64), np.array(highs, np.float64)

    def _entries(self, index: int, first: int, last: int, per: int) -> tuple[Array, Array, Array]:
        """Return where blocks of rows ``first`` … ``last − 1`` begin, and their extremes.

        Blocks of ``per`` rows, and of fewer at both ends.
        """
        head, tail = -(-first // per), last // per
        if per == CHUNK_ROWS:
            tail = min(tail, self.sealed)
        if per == 1 or last // SUMMARY_ROWS <= -(-first // SUMMARY_ROWS):
            values = self._values(index, first, last)
            return np.arange(first, last), values, values
        if tail <= head:
            return self._entries(index, first, last, SUMMARY_ROWS)
        lows, highs = (self._tops if per == CHUNK_ROWS else self._blocks)(index, head, tail)
        parts = (
            *self._edge(index, first, head * per, per),
            (np.arange(head, tail) * per, lows, highs),
            *self._edge(index, tail * per, last, per),
        )
        begins, low, high = (np.concatenate(each) for each in zip(*parts, strict=True))
        return begins, low, high

    def _edge(
        self, index: int, first: int, last: int, per: int
    ) -> tuple[tuple[Array, Array, Array], ...]:
        """Return the entries of rows before or behind whole blocks, if there are any."""
        if first == last:
            return ()
        if per > SUMMARY_ROWS:
            return (self._entries(index, first, last, SUMMARY_ROWS),)
        values = self._values(index, first, last)
        low, high = np.fmin.reduce(values), np.fmax.reduce(values)
        return ((np.array([first]), np.array([low]), np.array([high])),)

    def overview(self, name: str, bins: int) -> tuple[Array, Array, Array]:
        """Return (steps, lows, highs) of a whole column in at most about ``bins`` bins.

        Every extreme survives: each bin holds the least and the greatest of its rows.
        """
        index, n = self.columns.index(name), self.count
        if n == 0:
            return np.empty(0), np.empty(0), np.empty(0)
        if n <= max(bins, 2) * SUMMARY_ROWS or n < 2 * SUMMARY_ROWS:
            per = 1
        else:
            per = SUMMARY_ROWS if n < WIDE * bins * CHUNK_ROWS else CHUNK_ROWS
        width = ceil(ceil(n / per) / bins) * per
        begins, low, high = self._entries(index, 0, n, per)
        starts = np.arange(0, n, width)
        cuts = np.searchsorted(begins, starts)
        steps = np.minimum(starts + width / 2, n)
        return self.start + steps, np.fmin.reduceat(low, cuts), np.fmax.reduceat(high, cuts)

    def span(self, name: str, first: int, last: int, bins: int) -> tuple[Array, Array, Array]:
        """Return (steps, lows, highs) of steps ``first + 1`` … ``last`` in about ``bins`` bins.

        Every extreme survives: each bin holds the least and the greatest of its rows, NaN where it
        has none, and stands in the middle of them. Bins begin at multiples of their width, so that
        none of them changes while the span moves on. The cost does not grow with the run.

        Parameters
        ----------
        name
            Which column.
        first, last
            Steps outside the trace are left out.
        bins
            At most so many, and one more where the span begins inside of one.
        """
        index = self.columns.index(name)
        start = self.start
        first, last = max(first - start, 0), min(last - start, self.count)
        if last <= first or bins < 1:
            return np.empty(0), np.empty(0), np.empty(0)
        width, per = -(-(last - first) // bins), 1
        if width >= SUMMARY_ROWS:
            per = SUMMARY_ROWS
        if width >= WIDE * CHUNK_ROWS:  # whole chunks, none of which lies in two bins
            width, per = -(-width // CHUNK_ROWS) * CHUNK_ROWS, CHUNK_ROWS
        begins, low, high = self._entries(index, first, last, per)
        cuts = np.append(0, np.flatnonzero(np.diff(begins // width)) + 1)
        starts = begins[cuts]
        ends = np.append(starts[1:], last)
        steps = start + (starts + ends + 1) / 2
        return steps, np.fmin.reduceat(low, cuts), np.fmax.reduceat(high, cuts)

    # ---- columns that are NaN at most steps -----------------------------------------------------

    def known(self, name: str, row: int) -> int:
        """Return the row from which on to look for what a column had last before a row.

        There begins the last block of rows before that row in which it has a number; 0 if none.
        """
        block = self._before(self.columns.index(name), min(row, self.count) // SUMMARY_ROWS)
        return 0 if block is None else block * SUMMARY_ROWS

    def nearest(self, name: str, step: int) -> tuple[int, float] | None:
        """Return the (step, number) of a column that was known nearest to a step, or None."""
        index, n, before = self.columns.index(name), self.count, self.start
        row = min(max(step - before - 1, 0), n - 1)
        if n and np.isfinite(value := self._values(index, row, row + 1)[0]):
            return before + row + 1, float(value)
        block = max(row, 0) // SUMMARY_ROWS
        found: list[tuple[int, int, float]] = []
        for each in (self._before(index, block), block, self._behind(index, block + 1)):
            if each is not None:
                begin = each * SUMMARY_ROWS
                values = self._values(index, begin, min(begin + SUMMARY_ROWS, n))
                there = np.flatnonzero(np.isfinite(values))
                found += [(abs(begin + i - row), begin + i, values[i]) for i in there.tolist()]
        if not found:
            return None
        _, best, value = min(found)
        return before + best + 1, float(value)

    def _before(self, index: int, block: int) -> int | None:
        """Return the last block before one in which a column has a number."""
        while block > 0:
            number = (block - 1) // BLOCKS
            head = number * BLOCKS
            if number >= self.sealed or np.isfinite(self.chunks[number].low[index]):
                lows, _ = self._blocks(index, head, block)
                if len(there := np.flatnonzero(np.isfinite(lows))):
                    return head + int(there[-1])
            block = head
        return None

    def _behind(self, index: int, block: int) -> int | None:
        """Return the first block from one on in which a column has a number."""
        whole = self.count // SUMMARY_ROWS
        while block < whole:
            number = block // BLOCKS
            end = min((number + 1) * BLOCKS, whole)
            if number >= self.sealed or np.isfinite(self.chunks[number].low[index]):
                lows, _ = self._blocks(index, block, end)
                if len(there := np.flatnonzero(np.isfinite(lows))):
                    return block + int(there[0])
            block = end
        return whole if whole * SUMMARY_ROWS < self.count and block == whole else None


class TraceWriter:
    """The growing side of a :class:`Trace`: appends rows, hands out read-only prefixes.

    ``known`` rows may be given that a run will produce again, bit for bit, of which the first
    ``count`` are there: they are passed, not written, and their memory is shared until the run
    leaves them behind.
    """

    def __init__(
        self,
        columns: tuple[str, ...],
        rows: Array | None = None,
        *,
        known: Trace | None = None,
        count: int | None = None,
    ) -> None:
        self.columns = columns
        #: Why rows of a long run stay in memory; empty while all is well.
        self.trouble = ""
        self._chunks: list[Chunk] = []
        self._known = known
        self._count = 0
        self._passed = np.empty((0, len(columns)))
        if known is None:
            self._begin(np.empty((FIRST_ROWS, len(columns))), 0)
        else:
            self._count = len(known) if count is None else count
        if rows is not None:
            self.append(rows)

    def _begin(self, tail: Array, used: int) -> None:
        """Go on in this memory, of which so many rows are written."""
        self._tail, self._used, self._summed = tail, used, 0
        most = BLOCKS + ceil((2 * LATEST_ROWS + CHUNK_ROWS) / SUMMARY_ROWS)
        self._lows = np.empty((most, len(self.columns)))
        self._highs = np.empty((most, len(self.columns)))
        self._summarise()

    def __len__(self) -> int:
        return self._count

    def append(self, rows: Array) -> None:
        """Append (m, c) rows. Amortised constant time per row."""
        end = self._count + len(rows)
        if self._known is not None and end <= len(self._known):
            self._count = end
            return
        self.part()
        while len(rows):
            n = min(len(rows), CHUNK_ROWS + LATEST_ROWS - self._used)
            self.room(n)[:] = rows[:n]
            self.add(n)
            rows = rows[n:]

    def room(self, n: int) -> Array:
        """Return (n, c) memory for the next rows, at most ``CHUNK_ROWS``; :meth:`add` adds them."""
        if self._known is not None:
            if self._count + n <= len(self._known):
                if len(self._passed) < n:
                    self._passed = np.empty((n, len(self.columns)))
                return self._passed[:n]
            self.part()
        end = self._used + n
        if end > len(self._tail):
            most = CHUNK_ROWS + LATEST_ROWS
            larger = np.empty((max(end, min(2 * len(self._tail), most)), len(self.columns)))
            larger[: self._used] = self._tail[: self._used]
            self._tail = larger  # earlier prefixes keep the old memory
        return self._tail[self._used : end]

    def add(self, n: int) -> None:
        """Append the first n rows of the memory that :meth:`room` gave."""
        self._count += n
        if self._known is not None:
            return
        self._used += n
        self._summarise()
        if self._used >= CHUNK_ROWS + LATEST_ROWS:
            chunk = Chunk(self._tail[:CHUNK_ROWS], self._lows[:BLOCKS], self._highs[:BLOCKS])
            self.trouble = self.trouble or chunk.trouble
            rest = self._used - CHUNK_ROWS
            tail = np.empty((CHUNK_ROWS + LATEST_ROWS + SUMMARY_ROWS, len(self.columns)))
            tail[:rest] = self._tail[CHUNK_ROWS : self._used]
            self._chunks.append(chunk)
            self._begin(tail, rest)

    def _summarise(self) -> None:
        blocks = self._used // SUMMARY_ROWS
        if blocks > self._summed:
            fresh = self._tail[self._summed * SUMMARY_ROWS : blocks * SUMMARY_ROWS]
            cubes = fresh.reshape(-1, SUMMARY_ROWS, len(self.columns))
            # fmin and fmax pass over NaN, and give NaN without a warning where all are NaN.
            self._lows[self._summed : blocks] = np.fmin.reduce(cubes, axis=1)
            self._highs[self._summed : blocks] = np.fmax.reduce(cubes, axis=1)
            self._summed = blocks

    def part(self) -> None:
        """Forget what was known beyond here: the run goes on in another way."""
        known, self._known = self._known, None
        if known is None:
            return
        whole = min(self._count // CHUNK_ROWS, known.sealed)
        self._chunks = list(known.chunks[:whole])
        rows = known.take(whole * CHUNK_ROWS, self._count)
        tail = np.empty((max(len(rows), FIRST_ROWS), len(self.columns)))
        tail[: len(rows)] = rows
        self._begin(tail, len(rows))

    def trace(self) -> Trace:
        """Return the read-only prefix of everything appended so far, without copying."""
        if self._known is not None:
            return replace(self._known, count=self._count)
        return Trace(
            self.columns,
            self._count,
            self._chunks,
            len(self._chunks),
            self._tail,
            self._lows,
            self._highs,
        )
