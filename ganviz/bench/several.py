"""Several runs at once: seeds side by side, and two lanes, against the same runs one by one.

Seeds are whole commands, as a person would start them, so their start counts as well: PyTorch is
loaded once by the one, eight times by the other. Lanes play in one process, as in the window.

No kernel call plays several runs: networks with weights of their own share no sum, and a call plays
tens of rounds. As one batched computation of torch eight seeds took 480 to 550 µs of processor time
for a step of a seed, the compiled kernel one seed after another 61 to 73 (``ganviz/seeds.py``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import torch

from ganviz.bench.row import Effort, Row, Stopped
from ganviz.bench.turns import Play, take_turns
from ganviz.engine.kernels.ahead import WINGS
from ganviz.presets import presets
from ganviz.settings import Settings
from ganviz.tape.lanes import Lanes

GAME = "two-modes"
#: The small-batch regime, where a step is more Python than arithmetic.
SMALL: dict[str, Any] = {"train.batch": 16}
#: Seeds, steps of each, and rounds; the same in a hurry.
SEEDS, STEPS, ROUNDS = 8, (500, 5000), 3
FEW_SEEDS, FEW_STEPS = 3, (50,)
#: Greatest share of the time of the runs one by one that seeds side by side take; and two lanes,
#: whose kernels have a second processor either way: as long, but for what timing can tell apart.
MOST_SEEDS, MOST_LANES = 0.6, 1.1
#: What sets lane B apart from A.
OTHER: dict[str, Any] = {"loss.kind": "hinge"}
#: Steps of a call into a lane.
CALL_STEPS = 100
#: ganviz's command; a bundle is its own.
COMMAND = (sys.executable,) if getattr(sys, "frozen", False) else (sys.executable, "-m", "ganviz")


def order(steps: int, out: Path, *how: str) -> tuple[str, ...]:
    """Return what stands behind ``ganviz`` to train the game, with further flags."""
    game = [f"--set={path}={value}" for path, value in SMALL.items()]
    return ("run", "--preset", GAME, *game, f"--steps={steps}", f"--out={out}", *how)


def spent(*orders: tuple[str, ...]) -> tuple[float, float]:
    """Return seconds that passed while commands ran one after another, and of the processor.

    Raises
    ------
    RuntimeError
        If one of them fails.
    """
    # What is imported is compiled once, as it is for everybody but those who forbid it.
    its = {name: it for name, it in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began, before = perf_counter(), os.times()
    for each in orders:
        done = subprocess.run(
            [*COMMAND, *each], env=its, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"ganviz {' '.join(each)}: {done.stderr.strip()}")
    after = os.times()
    # Those of its own processes are counted with each, for it has waited for them.
    busy = sum(after[2:4]) - sum(before[2:4])
    return perf_counter() - began, busy


def several(effort: Effort) -> Iterator[Row]:
    """Yield the time of seeds side by side, and of two lanes, by that of the runs one by one."""
    seeds, lengths = (SEEDS, STEPS) if effort.whole else (FEW_SEEDS, FEW_STEPS)
    for steps in lengths:
        yield _seeds(seeds, steps, effort)
    for name, values in (("batch 16", SMALL), ("the preset's own batch", {})):
        yield _lanes(name, presets()[GAME].settings.with_(values), effort)


def _seeds(seeds: int, steps: int, effort: Effort) -> Row:
    beside: list[tuple[float, float]] = []
    single: list[tuple[float, float]] = []
    for turn in effort.turns(ROUNDS if effort.whole else 1):
        with TemporaryDirectory() as folder:
            alone = [
                order(steps, Path(folder) / f"{seed}", f"--set=train.seed={seed}")
                for seed in range(seeds)
            ]
            together = order(steps, Path(folder) / "all", "--seeds", f"{seeds}")
            try:
                if turn % 2:  # nobody always comes first
                    by_each = spent(*alone)
                    by_all = spent(together)
                else:
                    by_all, by_each = spent(together), spent(*alone)
            except RuntimeError:
                if effort.stopped():  # Ctrl-C ended it as well
                    break
                raise
        beside.append(by_all)
        single.append(by_each)
    if not single:
        raise Stopped
    clock, busy = map(min, zip(*beside, strict=True))
    each, busy_each = map(min, zip(*single, strict=True))
    shares = [mine[0] / other[0] for mine, other in zip(beside, single, strict=True)]
    parts = {"side by side s": clock, "one by one s": each}
    if busy and busy_each:  # Windows tells nothing of what its children spent
        parts |= {"side by side cpu s": busy, "one by one cpu s": busy_each}
        parts["by cpu time ×"] = busy / busy_each
    return Row(
        f"{GAME}, batch 16, {seeds} seeds of {steps:,} steps",
        clock / each,
        "× time",
        low=min(shares),
        high=max(shares),
        most=MOST_SEEDS if seeds == SEEDS else None,
        parts=parts,
        note=f"ganviz run --seeds {seeds}, by as many times ganviz run; whole commands",
    )


def _lanes(name: str, settings: Settings, effort: Effort) -> Row:
    torch.set_num_threads(1)
    both, a, b = (Lanes.begin(settings), Lanes.begin(settings), Lanes.begin(settings.with_(OTHER)))
    both.compare([{}, OTHER])
    with ExitStack() as stack:
        for lane in (*both.all, *a.all, *b.all):  # as the window's thread lends them
            lane.engine.executor = stack.enter_context(ThreadPoolExecutor(WINGS))
        players = {"A and B": _player(both), "A": _player(a), "B": _player(b)}
        longer = replace(effort, seconds=3 * effort.seconds)
        tallies = take_turns(players, longer, dict.fromkeys(players, CALL_STEPS))
        kernel = a.engine.kernel.name
        for lane in (*both.all, *a.all, *b.all):
            lane.engine.kernel.forget()
    at_once = 1 / np.array(tallies["A and B"].by_clock)
    in_turn = 1 / np.array(tallies["A"].by_clock) + 1 / np.array(tallies["B"].by_clock)
    best = 1 / tallies["A"].best + 1 / tallies["B"].best
    busy = {who: 1 / max(tally.by_cpu) for who, tally in tallies.items()}
    parts = {f"{who} steps/s": tally.best for who, tally in tallies.items()}
    parts["by cpu time ×"] = busy["A and B"] / (busy["A"] + busy["B"])
    return Row(
        f"{GAME}, {name}, two lanes",
        float(at_once.min() / best),
        "× time",
        low=float((at_once / in_turn).min()),
        high=float((at_once / in_turn).max()),
        most=MOST_LANES,
        kernel=kernel,
        parts=parts,
        note="a step of A and B at once, by one of A and one of B",
    )


def _player(lanes: Lanes) -> Play:
    def play(n: int) -> None:
        while n:
            here = min(CALL_STEPS, n)
            n -= here
            lanes.step(here, min(CALL_STEPS, n))  # nothing is played ahead in the turn of another
            if lanes.trouble:
                raise RuntimeError(lanes.trouble)

    return play
