"""The trace: no extreme is lost, however long the run."""

from __future__ import annotations

from time import thread_time

import numpy as np
import pytest

from ganviz.frame import Images, Trace, TraceWriter


def _trace(values: np.ndarray, others: int = 0, start: int = 0) -> Trace:
    n = len(values)
    rows = np.column_stack([start + np.arange(1.0, n + 1), values, *[np.zeros(n)] * others])
    names = ("step", "a", *(f"other{i}" for i in range(others)))
    return TraceWriter(names, rows).trace()


@pytest.mark.parametrize("bins", [1, 2, 7, 50, 300, 5000])
@pytest.mark.parametrize(
    ("first", "last"), [(0, 10_000), (0, 64), (1, 65), (9_400, 10_000), (63, 5_001), (640, 6_400)]
)
def test_every_extreme_of_a_span_survives(first: int, last: int, bins: int) -> None:
    values = np.random.default_rng(bins).standard_normal(10_000)
    steps, lows, highs = _trace(values).span("a", first, last, bins)
    inside = values[first:last]
    assert len(steps) <= bins + 1
    assert (lows.min(), highs.max()) == (inside.min(), inside.max())
    assert (lows <= highs).all()
    assert (np.diff(steps) > 0).all()
    assert first < steps[0] <= steps[-1] <= last


@pytest.mark.parametrize("length", [500, 5_000, 50_000])
@pytest.mark.parametrize("at", [0, 1, 62, 63, 64, 65, 31_415, 59_999])
def test_a_single_peak_stands_where_it_was(at: int, length: int) -> None:
    values = np.zeros(60_000)
    values[at] = 1.0
    first = max(0, min(at - length // 3, 60_000 - length))
    steps, lows, highs = _trace(values).span("a", first, first + length, 200)
    (peak,) = np.flatnonzero(highs == 1.0)
    width = -(-length // 200)
    assert abs(steps[peak] - (at + 1)) <= max(width, 64)
    assert lows.max() == 0.0


def test_bins_do_not_change_while_the_span_moves_on() -> None:
    values = np.random.default_rng(0).standard_normal(20_000)
    trace = _trace(values)
    for length in (3_000, 15_000):
        one = trace.span("a", 1_001, 1_001 + length, 100)
        other = trace.span("a", 1_002, 1_002 + length, 100)
        for a, b in zip(one, other, strict=True):
            assert np.array_equal(a[1:-1], b[1:-1])


def test_rows_without_a_number_are_nan_and_hide_none() -> None:
    values = np.full(40_000, np.nan)
    values[19::20] = np.arange(2_000)
    _, lows, highs = _trace(values).span("a", 100, 39_990, 300)
    assert np.isfinite(lows).all()
    assert (lows[0], highs[-1]) == (5.0, 1998.0)
    empty = _trace(np.full(5_000, np.nan)).span("a", 0, 5_000, 30)
    assert np.isnan(empty[1]).all()
    assert len(_trace(values).span("a", 500, 500, 30)[0]) == 0
    assert len(_trace(values[:0]).span("a", 0, 600, 30)[0]) == 0


def test_a_million_rows_cost_next_to_nothing() -> None:
    trace = _trace(np.random.default_rng(0).standard_normal(1_000_000), others=20)
    best = np.inf
    for _ in range(20):
        began = thread_time()
        trace.span("a", 0, 1_000_000, 900)
        best = min(best, thread_time() - began)
    assert best < 0.003


@pytest.mark.parametrize("bins", [7, 50, 5_000])
@pytest.mark.parametrize(("first", "last"), [(0, 9_000), (64, 5_001), (640, 6_400), (0, 70)])
def test_a_kept_run_that_goes_on_is_read_by_its_steps(first: int, last: int, bins: int) -> None:
    values = np.random.default_rng(1).standard_normal(9_000)
    whole, late = _trace(values), _trace(values, start=1_234)
    assert (late.start, late.last, whole.start) == (1_234, 10_234, 0)
    assert late.at(1_235, "a") == values[0]
    steps, *ends = late.span("a", first + 1_234, last + 1_234, bins)
    same, *others = whole.span("a", first, last, bins)
    assert np.array_equal(steps, same + 1_234)
    assert np.array_equal(ends, others)
    assert np.array_equal(late.overview("a", bins)[0], whole.overview("a", bins)[0] + 1_234)
    assert len(late.span("a", 0, 1_234, bins)[0]) == 0


def test_a_writer_passes_rows_that_are_known_and_copies_what_it_leaves() -> None:
    rows = np.arange(400.0).reshape(200, 2)
    known = TraceWriter(("step", "a"), rows).trace()
    writer = TraceWriter(("step", "a"), known=known, count=100)
    writer.append(rows[100:130])  # the same again: nothing is written
    assert writer.trace().tail is known.tail
    assert np.array_equal(writer.trace().rows, rows[:130])
    assert np.array_equal(writer.trace().lows, known.lows[:2])
    writer.part()
    writer.append(-rows[130:140])
    assert np.array_equal(known.rows, rows)
    fresh = TraceWriter(("step", "a"), np.concatenate([rows[:130], -rows[130:140]])).trace()
    mine = writer.trace()
    assert all(
        np.array_equal(getattr(mine, n), getattr(fresh, n)) for n in ("rows", "lows", "highs")
    )


def test_a_writer_goes_on_behind_what_is_known() -> None:
    rows = np.arange(400.0).reshape(200, 2)
    known = TraceWriter(("step", "a"), rows[:150]).trace()
    writer = TraceWriter(("step", "a"), known=known, count=140)
    writer.append(rows[140:])
    fresh = TraceWriter(("step", "a"), rows).trace()
    assert np.array_equal(writer.trace().rows, rows)
    assert np.array_equal(writer.trace().lows, fresh.lows)


def test_the_trace_up_to_a_step_is_the_trace_of_that_time() -> None:
    rows = np.stack([np.arange(1.0, 201), np.arange(200.0)], 1)
    trace = TraceWriter(("step", "a"), rows).trace()
    early = TraceWriter(("step", "a"), rows[:130]).trace()
    cut = trace.upto(130)
    assert (cut.start, cut.last) == (0, 130)
    assert np.array_equal(cut.rows, early.rows)
    assert np.array_equal(cut.lows, early.lows)
    assert len(trace.upto(0)) == 0


def test_images_cannot_be_written_to() -> None:
    grey = np.zeros((4, 16, 16), np.uint8)
    images = Images(grey, grey.copy(), grey[:2].copy(), np.array([0.0, 1.0]), grey.copy())
    for array in (images.real, images.fake, images.walk, images.walk_at, images.back):
        assert array is not None
        assert not array.flags.writeable
    assert Images(grey, grey, grey, np.zeros(4)).back is None
