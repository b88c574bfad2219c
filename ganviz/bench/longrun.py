"""A million steps on one tape: whether the last ones cost what the first did, and take no room.

A machine changes its pace in so long a time, so beside each hundredth of the run a young run of the
same game is timed, and what a step costs is told in steps of that one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import thread_time

import numpy as np
import torch

from ganviz.bench.row import Effort, Row, Stopped
from ganviz.bench.training import SMALL
from ganviz.settings import Settings
from ganviz.tape.lanes import Lanes

STEPS, FEW_STEPS = 1_000_000, 4000
#: Parts of the run that are timed, of a short one, and which share is its beginning, and its end.
PARTS, FEW_PARTS, ENDS = 100, 4, 0.1
#: Steps of a call, and of the young run beside each part.
CALL_STEPS, YOUNG_STEPS = 200, 800
#: What the last tenth may cost more than the first, and what memory may grow, in megabytes.
DEARER, GROWTH_MB = 1.05, 50.0


@dataclass(slots=True)
class Noted:
    """One part of the run: what a step cost there, and in the young run; memory and the tape."""

    cost: float
    young: float
    megabytes: float | None
    stride: int


def resident() -> float | None:
    """Return the megabytes of memory that this process has; None where nothing tells."""
    told = Path("/proc/self/statm")
    if not told.exists():
        return None
    return int(told.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def long_run(effort: Effort) -> Iterator[Row]:
    """Yield the cost of the last steps by that of the first, growth of memory, rows of trace."""
    torch.set_num_threads(1)
    steps, parts = (STEPS, PARTS) if effort.whole else (FEW_STEPS, FEW_PARTS)
    each, ends = steps // parts, max(int(ENDS * parts), 1)
    settings = Settings.of(SMALL)
    lanes = Lanes.begin(settings)
    first = lanes.tape.stride
    noted: list[Noted] = []
    try:
        while lanes.engine.steps < steps:
            cost = _cost(lanes, each, effort)
            young = Lanes.begin(settings)
            _cost(young, min(CALL_STEPS, each), effort)  # what comes first is made ready once
            beside = _cost(young, min(YOUNG_STEPS, each), effort)
            noted.append(Noted(cost, beside, resident(), lanes.tape.stride))
    except Stopped:
        if len(noted) < 2 * ends:
            raise
    kernel = lanes.engine.kernel.name
    done = f"{lanes.engine.steps:,} steps"
    shares = np.array([part.cost / part.young for part in noted])
    begin, end = float(np.median(shares[:ends])), float(np.median(shares[-ends:]))
    yield Row(
        f"{done}: a step at the end",
        end / begin,
        "× time",
        low=float(shares.min()) / begin,
        high=float(shares.max()) / begin,
        most=DEARER,
        kernel=kernel,
        parts={"first steps, cpu µs": 1e6 * noted[0].cost, "last, cpu µs": 1e6 * noted[-1].cost},
        note="of a step at the beginning, each by that of a young run beside it; on a tape",
    )
    yield _memory(done, noted, first, kernel)
    trace = lanes.engine.trace
    whole = bool(np.array_equal(trace.column("step"), np.arange(1, lanes.engine.steps + 1)))
    yield Row(
        f"{done}: rows of trace",
        len(trace) / lanes.engine.steps if whole else 0.0,
        "a step",
        least=1,
        kernel=kernel,
        parts={"rows": len(trace)},
        note="every step has its row, in order" if whole else "the steps do not follow each other",
    )


def _cost(lanes: Lanes, steps: int, effort: Effort) -> float:
    """Take steps; return the processor's seconds for one."""
    began, taken = thread_time(), 0
    while taken < steps:
        effort.check()
        lanes.step(min(CALL_STEPS, steps - taken))
        taken += min(CALL_STEPS, steps - taken)
    if lanes.trouble:
        raise RuntimeError(lanes.trouble)
    return (thread_time() - began) / steps


def _memory(done: str, noted: list[Noted], first: int, kernel: str) -> Row:
    """Return how memory grew after the tape had come to its budget for the first time."""
    name = f"{done}: memory"
    full = [part.megabytes for part in noted if part.stride > first]
    held = [one for one in full if one is not None]
    told = [part.megabytes for part in noted if part.megabytes is not None]
    if not told:
        return Row(name, None, "MB", most=GROWTH_MB, note="this system does not tell it")
    if not held:
        note = "the tape has not come to its budget"
        return Row(name, None, "MB", most=GROWTH_MB, kernel=kernel, note=note)
    return Row(
        name,
        max(held) - held[0],
        "MB",
        low=min(held) - held[0],
        high=max(held) - held[0],
        most=GROWTH_MB,
        kernel=kernel,
        parts={"at the budget MB": held[0], "at the end MB": held[-1]},
        note="growth after the tape had come to its budget for the first time",
    )
