"""How long it takes from a place on the tape to its picture, in a long run; what recording costs.

Places are drawn at random; a kept moment is where a moment is on the tape, any step is run again
from the one before it. The picture is painted, off screen, by the very stage of the window.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import torch

from ganviz.bench.row import Effort, Row
from ganviz.bench.turns import take_turns
from ganviz.engine import Engine
from ganviz.film import FilmStage
from ganviz.frame import Look
from ganviz.presets import presets
from ganviz.tape.lanes import Lanes
from ganviz.tape.recovery import Recording
from ganviz.window.main import application

#: Steps of the run, and how many places of it are looked at, each way.
STEPS, PLACES = 100_000, 150
#: Of a run that is measured in a hurry.
FEW_STEPS, FEW_PLACES = 400, 5
SIZE = (1400, 800)
#: Steps of a call, after which somebody may ask for an end.
CALL_STEPS = 500


def scrubbing(effort: Effort) -> Iterator[Row]:
    """Yield times from a place to its frame and its picture, and the cost of recording."""
    application()
    torch.set_num_threads(1)
    names = ("two-modes", "ring", "saddle-two-numbers")
    for name in names[:2] if effort.whole else names[:1]:
        yield from _scrubbed(name, effort)
    for name in names if effort.whole else names[:1]:
        yield from _recorded(name, effort)


def _scrubbed(name: str, effort: Effort) -> Iterator[Row]:
    steps, places = (STEPS, PLACES) if effort.whole else (FEW_STEPS, FEW_PLACES)
    lanes = Lanes.begin(presets()[name].settings)
    while lanes.engine.steps < steps:
        effort.check()
        lanes.step(min(CALL_STEPS, steps - lanes.engine.steps))
    tape, rng, look = lanes.tape, np.random.default_rng(0), Look()
    made = {"a moment every so many steps": float(tape.stride), "tape MB": tape.used / 2**20}
    with FilmStage(SIZE) as stage:
        stage.picture(lanes.frames(look.wants), look)
        for kind in ("a kept moment", "any step"):
            spent = []
            for _ in range(places):
                effort.check()
                step = int(rng.integers(0, steps))
                if kind == "a kept moment":
                    step -= step % tape.stride
                times = [perf_counter()]
                lanes.seek(0, step, seconds=60.0)
                times.append(perf_counter())
                frames = lanes.frames(look.wants)
                times.append(perf_counter())
                stage.picture(frames, look)
                times.append(perf_counter())
                spent.append(np.diff(times))
                if frames[0].step != step:
                    raise RuntimeError(f"asked for step {step}, got {frames[0].step}")
            parts = 1000 * np.array(spent)
            median = np.median(parts, axis=0)
            whole = parts.sum(1)
            yield Row(
                f"{name}, {steps:,} steps: to {kind}",
                float(np.quantile(whole, 0.5)),
                "ms",
                low=float(whole.min()),
                high=float(whole.max()),
                kernel=lanes.engine.kernel.name,
                parts={
                    "95th percentile ms": float(np.quantile(whole, 0.95)),
                    **dict(zip(("seek ms", "frame ms", "painting ms"), median, strict=True)),
                    **made,
                },
                note="median, from the place to its picture, painted off screen",
            )


def _recorded(name: str, effort: Effort) -> Iterator[Row]:
    settings = presets()[name].settings
    every = settings.train.measure_every
    engine, lanes, safe = Engine(settings), Lanes.begin(settings), Lanes.begin(settings)
    with TemporaryDirectory() as folder:
        recording = Recording(Path(folder) / "r", safe.tape)
        players = {"engine": engine.step, "tape": lanes.step, "tape on a disk": safe.step}
        tallies = take_turns(players, effort, dict.fromkeys(players, every))
        recording.finish()
    bare = tallies["engine"]
    for kind in ("tape", "tape on a disk"):
        rounds = np.array(bare.by_cpu) / np.array(tallies[kind].by_cpu)
        yield Row(
            f"{name}: a step with a {kind}",
            float(np.median(rounds)),
            "× time",
            low=float(rounds.min()),
            high=float(rounds.max()),
            kernel=engine.kernel.name,
            parts={"engine steps/s": bare.best, f"{kind} steps/s": tallies[kind].best},
            note="median of the rounds, of the time that the processor spent; less is better",
        )
