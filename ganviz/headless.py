"""Training without a window: results in a folder."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from ganviz import __version__
from ganviz.engine import Engine
from ganviz.interrupt import interruptible
from ganviz.presets import toml
from ganviz.settings import Settings
from ganviz.table import trace_csv, whole

CALL_STEPS = 50


def train(settings: Settings, steps: int, out: Path, samples: int) -> int:
    """Train and write the results; return 0.

    A run that diverged returns 3, one stopped by Ctrl-C 130; the results up to there are written.

    Raises
    ------
    ParamError
        For settings that no game can be built from. OSError if the folder cannot be written.
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
    engine = Engine(settings)
    out.mkdir(parents=True, exist_ok=True)
    began = perf_counter()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        disable=not sys.stderr.isatty(),
    )
    bar_task = bar.add_task(engine.family.title, total=steps, rate="")
    with interruptible() as interrupted, bar:
        while engine.steps < steps and not engine.trouble and not interrupted():
            engine.step(min(CALL_STEPS, steps - engine.steps))
            rate = engine.steps / (perf_counter() - began)
            bar.update(bar_task, completed=engine.steps, rate=f"{rate:,.0f} steps/s")
    seconds = perf_counter() - began
    _write(engine, out, samples, seconds)
    if engine.trouble:
        print(f"ganviz: {engine.trouble}", file=sys.stderr)
        return 3
    print(f"{engine.steps:,} steps in {seconds:.1f} s; results in {out}")
    if engine.diagnosis is not None:
        print(f"Diagnosis: {engine.diagnosis.words} (since step {engine.diagnosis.since:,})")
    return 0 if engine.steps >= steps else 130


def _write(engine: Engine, out: Path, samples: int, seconds: float) -> None:
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
        "steps_per_second": round(engine.steps / seconds, 1),
        "kernel": "plain",
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
