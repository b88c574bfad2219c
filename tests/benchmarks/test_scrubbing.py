"""How long it takes from a place on the tape to its picture, in a long run; what recording costs.

Places are drawn at random; a kept moment is where a moment is on the tape, any step is run again
from the one before it. The picture is painted, off screen, by the very stage of the window.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import perf_counter, thread_time

import numpy as np
import pytest

from ganviz.engine import Engine
from ganviz.film import FilmStage
from ganviz.frame import Look
from ganviz.presets import presets
from ganviz.tape.lanes import Lanes
from ganviz.tape.recovery import Recording

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

STEPS = int(os.environ.get("GANVIZ_BENCH_STEPS", "100000"))
SIZE = (1400, 800)
PLACES, ROUNDS = 150, 12


@pytest.mark.parametrize("name", ["two-modes", "ring"])
def test_scrubbing_in_a_long_run(qapp, name: str) -> None:
    lanes = Lanes.begin(presets()[name].settings)
    began = perf_counter()
    lanes.step(STEPS)
    tape, rng, look = lanes.tape, np.random.default_rng(0), Look()
    print(
        f"{name}: {STEPS:,} steps in {perf_counter() - began:.0f} s, a moment every "
        f"{tape.stride} steps, {tape.used / 2**20:.0f} of {tape.budget / 2**20:.0f} MB"
    )
    assert tape.used <= tape.budget
    with FilmStage(SIZE) as stage:
        stage.picture(lanes.frames(look.wants), look)
        for kind in ("a kept moment", "any step"):
            spent = []
            for _ in range(PLACES):
                step = int(rng.integers(0, STEPS))
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
                assert frames[0].step == step
            parts = 1000 * np.array(spent)
            median, late = np.quantile(parts, [0.5, 0.95], axis=0)
            whole = 1000 * np.quantile(np.array(spent).sum(1), [0.5, 0.95])
            print(
                f"{name}, {kind}: median {whole[0]:.0f} ms, 95th percentile {whole[1]:.0f} ms "
                f"(seek {median[0]:.0f} / {late[0]:.0f}, frame {median[1]:.0f} / {late[1]:.0f}, "
                f"painting {median[2]:.0f} / {late[2]:.0f})"
            )
    print("python", sys.version.split()[0])


@pytest.mark.parametrize("name", ["two-modes", "ring", "saddle-two-numbers"])
def test_what_recording_costs(name: str, tmp_path: Path) -> None:
    settings = presets()[name].settings
    engine, lanes, safe = Engine(settings), Lanes.begin(settings), Lanes.begin(settings)
    recording = Recording(tmp_path / "r", safe.tape)
    kinds = {"bare": engine.step, "recorded": lanes.step, "written": safe.step}
    spent: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind, step in kinds.items():
            began = thread_time()
            for _ in range(10):
                step(20)
            spent[kind].append(thread_time() - began)
    recording.finish()
    for kind, words in (("recorded", "the tape"), ("written", "the tape written to a disk")):
        ratio = float(np.median(np.array(spent[kind]) / np.array(spent["bare"])))
        print(f"{name}: with {words} a step takes {ratio:.3f} of the time without")
    assert np.array_equal(engine.weights("generator"), lanes.engine.weights("generator"))
