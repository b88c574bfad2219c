"""A run of a million steps as a window has it: the aims are those of ``ganviz bench``'s long run.

That one measures steps on a tape and nothing else. Here all the rest goes on beside them.

The tape is small, so that it is full early; frames are made and painted as a window does, and the
run is written down as it grows. The end is held against a beginning of the same game in turns, a
short stretch of each, so that both see the same machine: of ``PLACES`` stretches the least.
"""

from __future__ import annotations

from pathlib import Path
from time import process_time

import numpy as np
import numpy.typing as npt
import pytest

from ganviz.bench.longrun import DEARER, GROWTH_MB, STEPS, resident
from ganviz.engine import Engine
from ganviz.film import FilmStage
from ganviz.frame import Look
from ganviz.presets import presets
from ganviz.tape.lanes import Lanes
from ganviz.tape.recovery import Recording

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]

#: Bytes of moments that the tape keeps.
BUDGET = 32 * 2**20
#: Steps of one call, as the host takes them; between two frames; of one stretch that is timed.
CALL, FRAME, STRETCH = 8, 1000, 1000
#: How many stretches are timed of the end and of a beginning, in turns.
PLACES = 24
SIZE = (1400, 800)
SMALL = {"generator.hidden": (16, 16), "discriminator.hidden": (16, 16), "train.batch": 32}


class Quick:
    """Plays nothing: rows that look like any, and weights that move. What is left is the rest."""

    name, about, free = "quick", "", False
    ready, busy, pace = 0, False, 0.0  # nothing is played in advance

    def __init__(self, engine: Engine) -> None:
        self._family = engine.family
        rng = np.random.default_rng(0)
        self._rows = rng.standard_normal((4096, len(engine.family.columns)))

    def play(
        self, n: int, draws: object, more: int = 0, executor: object = None
    ) -> npt.NDArray[np.float64]:
        """Return n prepared rows."""
        first = self._family.step
        self._family.step += n
        for player in self._family.players.values():
            player.updates += n
            player.flat.mul_(-1.0)
        return self._rows[np.arange(first, first + n) % len(self._rows)]

    def forget(self) -> None:
        """There is nothing to forget."""


class LongRun:
    """Lanes that go on, with all that a window lets them do."""

    def __init__(self, quick: bool, folder: Path, stage: FilmStage) -> None:
        self.lanes = Lanes.begin(presets()["two-modes"].settings.with_(SMALL), BUDGET)
        if quick:
            self.lanes.engine.kernel = Quick(self.lanes.engine)
        self.recording = Recording(folder, self.lanes.tape)
        self._stage, self._look = stage, Look()
        self._rng = np.random.default_rng(1)
        self.noted: dict[int, bytes] = {}

    def stretch(self) -> float:
        """Go on for ``STRETCH`` steps; return the seconds of the processor that each took."""
        began = process_time()
        for at in range(0, STRETCH, CALL):
            self.lanes.step(CALL)
            self.recording.tick()
            if at % FRAME == 0:
                self._stage.picture(self.lanes.frames(self._look.wants), self._look)
        spent = process_time() - began
        trace = self.lanes.engine.trace
        row = len(trace) - int(self._rng.integers(1, 600))
        self.noted[row] = trace.take(row, row + 1).tobytes()
        return spent / STRETCH


@pytest.mark.skipif(resident() is None, reason="this system does not tell its memory")
@pytest.mark.parametrize("quick", [True, False], ids=["prepared", "played"])
def test_a_long_run_costs_at_its_end_what_it_costs_at_its_beginning(
    qapp, quick: bool, tmp_path: Path
) -> None:
    with FilmStage(SIZE) as stage:
        run = LongRun(quick, tmp_path / "long", stage)
        tape, memory, tenth, costs = run.lanes.tape, [], [], []
        for n in range(STEPS // STRETCH):
            costs.append(run.stretch())
            if tape.stride > 8:  # the budget has been reached
                memory.append(resident())
            if (n + 1) % (STEPS // STRETCH // 10) == 0:
                tenth.append(1e6 * float(np.median(costs[-STEPS // STRETCH // 10 :])))
        name = run.lanes.engine.kernel.name
        print(
            f"{name}: microseconds a step, by tenths of {STEPS:,} steps: "
            + " ".join(f"{cost:.0f}" for cost in tenth)
        )
        grown = max(memory) - max(memory[:3])
        print(
            f"{name}: memory when the budget was reached {memory[0]:.0f} MB, at most "
            f"{grown:.1f} MB more until the end; a moment every {tape.stride} steps, "
            f"{tape.used / 2**20:.0f} of {BUDGET / 2**20:.0f} MB"
        )
        begun = LongRun(quick, tmp_path / "begun", stage)
        for _ in range(3):
            begun.stretch()
        turns = np.array([(run.stretch(), begun.stretch()) for _ in range(PLACES)])
        least, middle = turns.min(0), np.median(turns, 0)
        print(
            f"{name}: at step {run.lanes.engine.steps:,} a step takes {least[0] / least[1]:.3f} of "
            f"what it takes at step {begun.lanes.engine.steps:,} (least of {PLACES} stretches in "
            f"turns; by the median {middle[0] / middle[1]:.3f})"
        )
        run.recording.finish()
        begun.recording.finish()
    trace, steps = run.lanes.engine.trace, run.lanes.engine.steps
    assert len(trace) == steps == STEPS + PLACES * STRETCH
    assert np.array_equal(trace.column("step"), np.arange(1.0, steps + 1))
    assert np.isfinite(trace.column("loss_d")).all()
    every = run.lanes.engine.settings.train.measure_every
    measured = np.flatnonzero(np.isfinite(trace.column("w1")))
    assert measured.tolist() == list(range(every - 1, steps, every))
    for row, bits in run.noted.items():
        assert trace.take(row, row + 1).tobytes() == bits
    assert grown < GROWTH_MB
    assert least[0] < DEARER * least[1]
