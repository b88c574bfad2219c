"""Training without a window: results in a folder."""

from __future__ import annotations

import json
import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ganviz import __version__
from ganviz.engine import Engine
from ganviz.engine.kernels.ahead import WINGS
from ganviz.film.source import stages
from ganviz.frame import Diagnosis
from ganviz.interrupt import interruptible
from ganviz.presets import toml
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.table import trace_csv, whole
from ganviz.tape import BUDGET, Tape, recovery, runfile
from ganviz.tape.lane import Lane
from ganviz.tape.recovery import Recording
from ganviz.tape.runfile import Run

if TYPE_CHECKING:
    from rich.progress import Progress

CALL_STEPS = 50
#: Names in the folder of results.
RUN_FILE, RECORDING, RECOVERED = "run.ganviz", ".recording", "recovered.ganviz"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended whose results are written.

    Attributes
    ----------
    taken, step
        How many steps it took, and the step at which it stands.
    seconds
        How long that took.
    complete
        Whether it took all the steps that were wanted.
    trouble
        Why it stopped by itself, or nothing.
    unrecorded
        Why it was recorded no longer, or nothing.
    diagnosis
        What it looks like at the end.
    """

    taken: int
    step: int
    seconds: float
    complete: bool
    trouble: str
    unrecorded: str
    diagnosis: Diagnosis | None

    @property
    def code(self) -> int:
        """The exit code."""
        return 3 if self.trouble else 0 if self.complete else 130


def train(
    game: Settings | Run,
    steps: int,
    out: Path,
    samples: int,
    *,
    budget: int = BUDGET,
    script: Iterable[tuple[int, Mapping[str, Any]]] = (),
) -> int:
    """Train and write the results, tell how it went, and return 0.

    A run that diverged returns 3, one stopped by Ctrl-C 130; the results up to there are written.
    See :func:`play` for the rest.
    """
    with ExitStack() as stack:
        bar = progress()
        began, before, task = 0.0, 0, None

        def told(engine: Engine, end: int) -> bool:
            nonlocal began, before, task
            if task is None:
                # Not earlier: as long as nothing is written, Ctrl-C may end all at once.
                began, before = perf_counter(), engine.steps
                stopped.append(stack.enter_context(interruptible()))
                stack.enter_context(bar)
                task = bar.add_task(engine.family.title, total=end, rate="")
            rate = (engine.steps - before) / max(perf_counter() - began, 1e-9)
            bar.update(task, completed=engine.steps, rate=f"{rate:,.0f} steps/s")
            return stopped[0]()

        stopped: list[Callable[[], bool]] = []
        done = play(game, steps, out, samples, budget=budget, script=script, told=told)
    if done is None:
        return 130
    if done.unrecorded:
        print(f"ganviz: {done.unrecorded}", file=sys.stderr)
    if done.trouble:
        print(f"ganviz: {done.trouble}", file=sys.stderr)
        return done.code
    print(f"{done.taken:,} steps in {done.seconds:.1f} s; results in {out}")
    if done.diagnosis is not None:
        print(f"Diagnosis: {done.diagnosis.words} (since step {done.diagnosis.since:,})")
    return done.code


def progress() -> Progress:
    """Return a bar of steps on the terminal; its tasks have a ``rate``, in words."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )


def play(
    game: Settings | Run,
    steps: int,
    out: Path,
    samples: int,
    *,
    told: Callable[[Engine, int], bool],
    budget: int = BUDGET,
    script: Iterable[tuple[int, Mapping[str, Any]]] = (),
    beside: bool = True,
) -> Outcome | None:
    """Train and write the results; None, and nothing is written, if it is stopped before it begins.

    The run is recorded all the while in the folder ``.recording``, which is gone when the results
    are there.

    Parameters
    ----------
    game
        What to train: a new game, or a run that goes on from the end of the branch it stood on.
    steps
        How many steps to take.
    told
        Called now and then with the engine and the step at which it shall end; returns whether to
        stop.
    budget
        Bytes of moments that the tape of a new run keeps.
    script
        ((step, {path: value}), …) what is changed, and behind which step.
    beside
        Whether the kernel may have a thread of its own.

    Raises
    ------
    ParamError
        For settings that no game can be built from, and for changes that cannot be. OSError if the
        folder cannot be written.
    """
    import torch

    torch.set_num_threads(1)
    lane = _lane(game, budget)
    engine = lane.engine
    end = engine.steps + steps
    changes = _changes(engine, script, end)
    if told(engine, end) and steps:
        return None  # while its kernel was compiled, which takes a minute
    out.mkdir(parents=True, exist_ok=True)
    recording = _recording(out, lane.tape)
    began, before = perf_counter(), engine.steps
    try:
        # Other threads: the kernel plays on while this one measures and writes down.
        with ThreadPoolExecutor(WINGS) as threads:
            engine.executor = threads if beside else None
            while not told(engine, end) and not engine.trouble:
                if engine.steps in changes:
                    lane.change(changes.pop(engine.steps))
                if engine.steps >= end:
                    break
                stop = min(changes, default=end)
                here = min(CALL_STEPS, stop - engine.steps)
                lane.step(here, stop - engine.steps - here)
        seconds = perf_counter() - began
        lane.keep_end()
        _write(engine, out, samples, seconds, engine.steps - before)
        runfile.write(out / RUN_FILE, lane.tape, lane.place)
    except BaseException:
        recording.leave()  # it holds what was run
        raise
    unrecorded = recording.trouble or engine.unwritten
    recording.finish()
    return Outcome(
        engine.steps - before,
        engine.steps,
        seconds,
        engine.steps >= end,
        engine.trouble,
        unrecorded,
        engine.diagnosis,
    )


def _lane(game: Settings | Run, budget: int) -> Lane:
    """Return a lane at the beginning of a game, or at the end of the branch of a run."""
    if isinstance(game, Run):
        lane = Lane(game.tape, branch=game.place.branch)
        lane.to_end()
        return lane
    tape = Tape(budget)
    lane = Lane(tape, game)
    tape.title = lane.engine.family.title
    return lane


def _changes(
    engine: Engine, script: Iterable[tuple[int, Mapping[str, Any]]], end: int
) -> dict[int, dict[str, Any]]:
    """Return what is changed behind which step, if all of it can be."""
    found: dict[int, dict[str, Any]] = {}
    for step, values in sorted(script, key=lambda entry: entry[0]):
        if step < engine.steps:
            raise ParamError(
                f"change at step {step:,}: must not lie before step {engine.steps:,}, where the "
                "run goes on"
            )
        found.setdefault(step, {}).update(values)
    stages(engine.settings, found, end)
    return found


def _recording(out: Path, tape: Tape) -> Recording:
    """Begin a recording; one that a former run has left in the folder becomes a run file."""
    folder = out / RECORDING
    if recovery.is_recording(folder):
        if recovery.lives(folder):
            raise ParamError(f"{folder}: another run is being recorded there; choose another --out")
        try:
            run = recovery.recover(folder)
        except ParamError:
            pass  # nothing of it can be opened
        else:
            runfile.write(out / RECOVERED, run.tape, run.place)
            print(f"What an earlier run left in {folder} is kept as {out / RECOVERED}")
        recovery.discard(folder)
    shutil.rmtree(folder, ignore_errors=True)
    return Recording(folder, tape)


def replay(run: Run, name: str, as_json: bool) -> int:
    """Run a recorded run again from seed and journal; return 0 if every bit is the same, else 1.

    Raises
    ------
    ParamError
        For a game that this machine cannot build.
    """
    import torch
    from rich.progress import BarColumn, Progress, TextColumn

    from ganviz.tape import replay as again

    torch.set_num_threads(1)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), disable=as_json or not sys.stderr.isatty()
    )
    task = bar.add_task("Replay", total=max(branch.last for branch in run.tape.branches))
    with interruptible() as interrupted, bar:

        def told(branch: str, step: int) -> bool:
            bar.update(task, description=f"Branch {branch}", completed=step)
            return interrupted()

        verdicts = again.replay(run, told)
        stopped = interrupted()
    same = len(verdicts) == len(run.tape.branches) and all(each.same for each in verdicts)
    words = again.compared(run.versions)
    if as_json:
        table = {
            "file": name,
            "identical": same,
            "versions": {"recorded": run.versions, "here": runfile.versions()},
            "branches": [asdict(verdict) for verdict in verdicts],
        }
        print(json.dumps(table, indent=2, ensure_ascii=False))
    else:
        for verdict in verdicts:
            print(verdict.words)
        left = len(run.tape.branches) - len(verdicts)
        if left:
            print(f"{left} more branch{'' if left == 1 else 'es'} could not be reached")
        print(f"{name}: {'bit-identical' if same else 'not the same'}. {words}")
    return 130 if stopped else 0 if same else 1


def _write(engine: Engine, out: Path, samples: int, seconds: float, taken: int) -> None:
    from safetensors.numpy import save

    fake = engine.sample(samples)
    weights = {
        f"{name}.{index}": leaf.detach().cpu().numpy()
        for name, player in engine.family.players.items()
        for index, leaf in enumerate(player.leaves)
    }
    summary: dict[str, Any] = {
        "ganviz": __version__,
        "python": platform.python_version(),
        "steps": engine.steps,
        "seconds": round(seconds, 3),
        "steps_per_second": round(taken / seconds, 1),
        "kernel": engine.kernel.name,
        "about_kernel": engine.kernel.about,
        "device": engine.frame().device.lower(),
        "diverged": engine.trouble or None,
        "diagnosis": None if engine.diagnosis is None else asdict(engine.diagnosis),
        # JSON knows no infinity; a KL divergence does.
        "measures": {k: v if isfinite(v) else str(v) for k, v in engine.measured.items()},
    }
    trace_csv(engine.trace, out / "trace.csv")
    whole(out / "samples.npy", lambda path: _save(path, fake))
    whole(out / "weights.safetensors", lambda path: path.write_bytes(save(weights)))
    whole(out / "settings.toml", lambda path: path.write_text(toml(engine.settings), "utf-8"))
    whole(
        out / "summary.json",
        lambda path: path.write_text(
            json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n", "utf-8"
        ),
    )


def _save(path: Path, array: np.ndarray) -> None:
    with path.open("wb") as file:
        np.save(file, array)
