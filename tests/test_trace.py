"""A trace of any length: the file gives back what was written, and is read no more than needed."""

from __future__ import annotations

import errno
import gc
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ganviz.trace
from ganviz.trace import CHUNK_ROWS, LATEST_ROWS, Spool, Trace, TraceWriter

COLUMNS = ("step", "loss", "measure", "never", "odd")


def rows_of(n: int, start: int = 0, seed: int = 0) -> np.ndarray:
    """Return rows as runs have them: full columns, one of measures, an empty one, odd numbers."""
    rng = np.random.default_rng(seed)
    rows = np.full((n, len(COLUMNS)), np.nan)
    rows[:, 0] = start + 1 + np.arange(n)
    rows[:, 1] = rng.standard_normal(n)
    rows[19::20, 2] = rng.random(len(rows[19::20]))
    rows[:, 4] = rng.choice([0.0, -0.0, np.inf, -np.inf, 5e-324, 1.0], n)
    rows[::7, 4] = -np.nan  # another NaN than the one that stands for nothing
    return rows


def written(rows: np.ndarray, seed: int = 0) -> TraceWriter:
    """Return a writer that got the rows in parts of all sizes."""
    writer, rng, at = TraceWriter(COLUMNS), np.random.default_rng(seed), 0
    while at < len(rows):
        n = int(rng.integers(1, 400))
        part = rows[at : at + n]
        if n % 2:
            writer.append(part)
        else:
            writer.room(len(part))[:] = part
            writer.add(len(part))
        at += n
    return writer


LONG = 3 * CHUNK_ROWS + LATEST_ROWS + 1000


@pytest.fixture(scope="module")
def long() -> tuple[np.ndarray, Trace]:
    rows = rows_of(LONG)
    trace = written(rows).trace()
    assert trace.sealed == 3
    return rows, trace


def test_every_bit_of_a_long_trace_is_kept(long: tuple[np.ndarray, Trace]) -> None:
    rows, trace = long
    assert (len(trace), trace.start, trace.last) == (LONG, 0, LONG)
    assert trace.rows.tobytes() == rows.tobytes()
    assert np.concatenate(list(trace.pieces(70))).tobytes() == rows[70:].tobytes()
    for begin, end in (
        (-9, 5),
        (4000, 4200),
        (100, 9000),
        (LONG - 2000, LONG),
        (7, 7),
        (8192, 8193),
    ):
        asked = rows[max(begin, 0) : end]
        assert trace.take(begin, end).tobytes() == asked.tobytes()
        for index, name in enumerate(COLUMNS):
            assert trace.values(name, begin, end).tobytes() == asked[:, index].tobytes()
    assert trace.column("loss").tobytes() == rows[:, 1].tobytes()
    assert trace.column("loss", 5000).tobytes() == rows[-5000:, 1].tobytes()
    assert trace.at(4097, "loss") == rows[4096, 1]
    steps = np.array([1, 4096, 4097, LONG])
    assert np.array_equal(trace.each(steps, "loss"), rows[steps - 1, 1])


def test_the_latest_rows_lie_in_memory(long: tuple[np.ndarray, Trace]) -> None:
    writer = TraceWriter(COLUMNS)
    for at in range(0, LONG, 8):
        writer.append(long[0][at : at + 8])
        trace = writer.trace()
        assert trace.sealed * CHUNK_ROWS <= max(len(trace) - LATEST_ROWS, 0)
        if at % 512 == 0:  # as a part of what is there, without a copy
            assert np.shares_memory(trace.take(len(trace) - 600, len(trace)), trace.tail)


def test_what_was_handed_out_never_changes() -> None:
    rows = rows_of(LONG)
    writer, early = TraceWriter(COLUMNS), []
    for at in range(0, LONG, 50):
        writer.append(rows[at : at + 50])
        if at % 1000 == 0:
            early.append(writer.trace())
    for trace in early:
        assert trace.rows.tobytes() == rows[: len(trace)].tobytes()
        with pytest.raises(ValueError, match="read-only"):
            trace.column("loss")[0] = 1
        with pytest.raises(ValueError, match="read-only"):
            trace.rows[0] = 1


@pytest.mark.parametrize("count", [0, 63, 4095, 4096, 4097, 9000, LONG])
def test_a_prefix_is_the_trace_of_that_time(count: int, long: tuple[np.ndarray, Trace]) -> None:
    rows, trace = long
    cut, fresh = trace.upto(count), written(rows[:count]).trace()
    for one in (cut, cut.trimmed()):
        assert one.rows.tobytes() == fresh.rows.tobytes()
        for bins in (3, 50, 700):
            for name in COLUMNS[:4]:
                for a, b in zip(one.overview(name, bins), fresh.overview(name, bins), strict=True):
                    assert np.array_equal(a, b, equal_nan=True)
                ends = one.span(name, 40, count - 3, bins), fresh.span(name, 40, count - 3, bins)
                for a, b in zip(*ends, strict=True):
                    assert np.array_equal(a, b, equal_nan=True)


@pytest.mark.parametrize("chunk", [64, 128, 512])
def test_bins_of_whole_chunks_hold_every_extreme(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ganviz.trace, "CHUNK_ROWS", chunk)
    monkeypatch.setattr(ganviz.trace, "BLOCKS", chunk // 64)
    rows = rows_of(30_011)
    trace = TraceWriter(COLUMNS, rows).trace()
    assert trace.rows.tobytes() == rows.tobytes()
    for first, last, bins in ((0, 30_011, 5), (700, 29_000, 9), (3, 30_000, 100), (64, 30_011, 1)):
        for name, values in (("loss", rows[:, 1]), ("measure", rows[:, 2])):
            steps, lows, highs = trace.span(name, first, last, bins)
            assert len(steps) <= bins + 1
            edges = np.append(_edges(steps, first, last), last)
            for low, high, begin, end in zip(lows, highs, edges, edges[1:], strict=False):
                inside = values[begin:end]
                assert (low, high) == (np.nanmin(inside), np.nanmax(inside))
        moved = trace.span("loss", first + 64, last, bins)
        one = trace.span("loss", first, last, bins)
        if -(-(last - first) // bins) == -(-(last - first - 64) // bins):
            assert np.array_equal(one[1][-2:], moved[1][-2:])
    steps, lows, highs = trace.overview("loss", 7)
    assert (lows.min(), highs.max()) == (rows[:, 1].min(), rows[:, 1].max())


def _edges(steps: np.ndarray, first: int, last: int) -> np.ndarray:
    """Return where bins begin whose middles are known, one behind the other."""
    edges = [first]
    for middle in steps[:-1]:
        edges.append(round(2 * (middle - 0.5) - edges[-1]))
    return np.array(edges)


def test_the_nearest_number_of_a_rare_column_is_found_wherever_it_lies() -> None:
    rows = rows_of(LONG)
    rows[:, 2] = np.nan
    known = np.array([9, 5000, 12_800, LONG - 1])
    rows[known, 2] = [1.0, 2.0, 3.0, 4.0]
    trace = written(rows).trace()
    for step in (1, 10, 2500, 2506, 5001, 8_902, 12_801, LONG - 3, LONG, LONG + 90):
        far = np.abs(known + 1 - min(step, LONG))
        best = int(known[np.argmin(far)])
        assert trace.nearest("measure", step) == (best + 1, rows[best, 2])
    assert trace.nearest("never", 4000) is None
    assert trace.upto(0).nearest("loss", 3) is None
    for row in (0, 64, 5000, 5100, 12_900, LONG):
        begin = trace.known("measure", row)
        assert np.isnan(rows[begin + 64 : row // 64 * 64, 2]).all()
        before = known[known < row // 64 * 64]
        assert begin == (int(before[-1]) // 64 * 64 if len(before) else 0)


def test_a_branch_shares_the_past_of_its_parent_and_neither_changes_the_other() -> None:
    rows, other = rows_of(LONG), rows_of(6000, start=9000, seed=1)
    parent = written(rows).trace()
    writer = TraceWriter(COLUMNS, known=parent, count=8990)
    writer.append(rows[8990:9000])
    assert writer.trace().chunks is parent.chunks
    writer.part()
    writer.append(other)
    branch = writer.trace()
    assert all(a is b for a, b in zip(branch.chunks[:2], parent.chunks, strict=False))
    assert branch.rows.tobytes() == np.concatenate([rows[:9000], other]).tobytes()
    assert parent.rows.tobytes() == rows.tobytes()


def test_a_file_is_gone_with_those_who_read_it(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(ganviz.trace.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(ganviz.trace, "_latest", None)
    trace = written(rows_of(LONG)).trace()
    spool = trace.chunks[0]._spool
    assert isinstance(spool, Spool)
    file = spool._file
    del trace, spool
    gc.collect()
    assert file.closed
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_process_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, numpy as np\n"
        "from ganviz.trace import TraceWriter\n"
        "rows = np.ones((9000, 3)); rows[:, 0] = np.arange(1, 9001)\n"
        "w = TraceWriter(('step', 'a', 'b'), rows)\n"
        "assert w.trace().column('a').sum() == 9000\n"
        "os._exit(9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)}, check=False
    )
    assert done.returncode == 9
    assert list(tmp_path.iterdir()) == []


def test_on_a_full_disk_the_rows_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, writer = rows_of(LONG), TraceWriter(COLUMNS)
    writer.append(rows[:5000])
    assert not writer.trouble

    def full(self: Spool, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Spool, "put", full)
    writer.append(rows[5000:])
    assert writer.trouble.count(". ") == 0
    assert "No space left on device" in writer.trouble
    assert writer.trace().rows.tobytes() == rows.tobytes()
    monkeypatch.undo()
    writer.append(rows_of(CHUNK_ROWS, start=LONG))
    assert writer.trace().sealed == 4
    assert np.array_equal(writer.trace().column("step"), np.arange(1.0, LONG + CHUNK_ROWS + 1))


def test_a_write_that_breaks_off_counts_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool()
    first = spool.put(b"12345678")

    class Short:
        def __init__(self, file) -> None:
            self.file, self.left = file, 5

        def __getattr__(self, name: str):
            return getattr(self.file, name)

        def write(self, data: memoryview) -> int:
            if not self.left:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            size = self.file.write(data[: self.left])
            self.left = 0
            return size

    whole, spool._file = spool._file, Short(spool._file)
    with pytest.raises(OSError, match="No space"):
        spool.put(b"abcdefgh")
    spool._file = whole
    second = spool.put(b"ABCDEFGH")
    assert spool.get(first, 8, np.uint8).tobytes() == b"12345678"
    assert spool.get(second, 8, np.uint8).tobytes() == b"ABCDEFGH"


def test_many_rows_take_little_memory_and_a_stretch_is_read_alone() -> None:
    writer, rows = TraceWriter(COLUMNS), rows_of(CHUNK_ROWS)
    for n in range(40):
        rows[:, 0] = n * CHUNK_ROWS + 1 + np.arange(CHUNK_ROWS)
        writer.append(rows)
    trace = writer.trace()
    kept = sum(each.lows.nbytes + each.highs.nbytes for each in trace.chunks)
    assert kept < 0.04 * len(trace) * 8 * len(COLUMNS)
    assert len(trace.tail) < 2 * CHUNK_ROWS
    read = []
    spool = trace.chunks[0]._spool
    assert spool is not None
    before = spool.get

    def get(at: int, count: int, dtype: type) -> np.ndarray:
        found = before(at, count, dtype)
        read.append(found.nbytes)
        return found

    spool.get = get  # type: ignore[method-assign]
    trace.span("loss", 0, len(trace), 900)
    trace.overview("loss", 900)
    trace.nearest("never", 80_000)
    assert sum(read) < 64 * 8 * 4
    trace.column("loss", 600)
    trace.values("loss", 10_000, 10_600)
    assert sum(read) < 64 * 8 * 4 + 2 * 600 * 8 + 1
