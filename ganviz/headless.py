"""Training without a window: results in a folder."""

from __future__ import annotations

import json
import platform
import shutil
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from ganviz import __version__
from ganviz.engine import Engine
from ganviz.film.source import stages
from ganviz.interrupt import interruptible
from ganviz.presets import toml
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.table import trace_csv, whole
from ganviz.tape import BUDGET, Tape, recovery, runfile
from ganviz.tape.lane import Lane
from ganviz.tape.recovery import Recording
from ganviz.tape.runfile import Run

CALL_STEPS = 50
#: Names in the folder of results.
RUN_FILE, RECORDING, RECOVERED = "run.ganviz", ".recording", "recovered.ganviz"


def train(
    game: Settings | Run,
    steps: int,
    out: Path,
    samples: int,
    *,
    budget: int = BUDGET,
    script: Iterable[tuple[int, Mapping[str, Any]]] = (),
) -> int:
    """Train and write the results; return 0.

    The run is recorded all the while in the folder ``.recording``, which is gone when the results
    are there. A run that diverged returns 3, one stopped by Ctrl-C 130; the results up to there are
    written.

    Parameters
    ----------
    game
        What to train: a new game, or a run that goes on from the end of the branch it stood on.
    steps
        How many steps to take.
    budget
        Bytes of moments that the tape of a new run keeps.
    script
        ((step, {path: value}), …) what is changed, and behind which step.

    Raises
    ------
    ParamError
        For settings that no game can be built from, and for changes that cannot be. OSError if the
        folder cannot be written.
    """
    import torch
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    torch.set_num_threads(1)
    lane = _lane(game, budget)
    engine = lane.engine
    end = engine.steps + steps
    changes = _changes(engine, script, end)
    out.mkdir(parents=True, exist_ok=True)
    recording = _recording(out, lane.tape)
    began, before = perf_counter(), engine.steps
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        disable=not sys.stderr.isatty(),
    )
    bar_task = bar.add_task(engine.family.title, total=end, completed=before, rate="")
    try:
        # A second thread: the kernel plays on while this one measures and writes down.
        with interruptible() as interrupted, bar, ThreadPoolExecutor(1) as engine.executor:
            while not engine.trouble and not interrupted():
                if engine.steps in changes:
                    lane.change(changes.pop(engine.steps))
                if engine.steps >= end:
                    break
                stop = min(changes, default=end)
                here = min(CALL_STEPS, stop - engine.steps)
                lane.step(here, stop - engine.steps - here)
                rate = (engine.steps - before) / (perf_counter() - began)
                bar.update(bar_task, completed=engine.steps, rate=f"{rate:,.0f} steps/s")
        seconds = perf_counter() - began
        lane.keep_end()
        _write(engine, out, samples, seconds, engine.steps - before)
        runfile.write(out / RUN_FILE, lane.tape, lane.place)
    except BaseException:
        recording.leave()  # it holds what was run
        raise
    if recording.trouble:
        print(f"ganviz: {recording.trouble}", file=sys.stderr)
    recording.finish()
    if engine.trouble:
        print(f"ganviz: {engine.trouble}", file=sys.stderr)
        return 3
    print(f"{engine.steps - before:,} steps in {seconds:.1f} s; results in {out}")
    if engine.diagnosis is not None:
        print(f"Diagnosis: {engine.diagnosis.words} (since step {engine.diagnosis.since:,})")
    return 0 if engine.steps >= end else 130


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
