"""The same game from several seeds: each run in a folder of its own, and what they have in common.

A run spends most of its time in Python, on measures, and only one thread at a time may be there:
with measures every 20 steps, batch 16 and 2 x 32 networks, 0.58 of the 0.62 s of processor time
that eight seeds took for 100 steps each. So runs are played beside each other by processes, as
many as there are processors. Each run is the very one that ``ganviz run`` makes of its seed alone,
bit for bit. A process takes seconds to start, mostly for PyTorch: while little is left, one process
plays one seed after the other, with a second thread for the kernel. On two processors with five
times as much to do, eight seeds of 5,000 steps took one process 14.7 s (9.1 of processor time) and
two processes 21.5 s (14.2).

What was measured and left: eight seeds as one batched computation of torch (stacked weights, bmm,
autograd) took 480-550 us of processor time for a step of a seed at batches of 8-32, the compiled
kernel one seed after another 61-73 us, torch's plain rounds about 3,000 us.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from statistics import median
from threading import Lock
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any

from ganviz import __version__
from ganviz.interrupt import end_with_parent, heeding, interruptible
from ganviz.schema import ParamError, printable, trouble
from ganviz.settings import Settings
from ganviz.table import whole

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized, SynchronizedArray
    from multiprocessing.synchronize import Event

    from ganviz.headless import Outcome

#: Seeds at most.
MOST = 1000
#: The least budget of a tape, bytes.
LEAST = 2**20
#: Seconds between two looks at how far the runs have come.
LOOK = 0.1
#: Seconds of steps after which their rate is believed; and how many times as long as the first
#: process took to start all that is left must take in one for others to be worth starting.
SURE, WORTH = 0.3, 3.0
#: What is known of the steps of a run that no process has begun.
NOT_BEGUN = -1
#: Names in the folder of results.
TABLE, FOLDER = "seeds.json", "seed-{}"


def seeds_of(text: str, settings: Settings) -> list[int]:
    """Return the seeds that ``8``, so many from the settings' own on, or ``3,5,9`` stand for.

    Raises
    ------
    ParamError
        For a text that is neither, a seed that cannot be, or one that is named twice.
    """
    parts = [part.strip() for part in text.split(",")]
    if parts[-1] == "" and len(parts) > 1:
        parts.pop()  # "3," is a list of one
    if not all(part.isascii() and part.isdecimal() and len(part) < 12 for part in parts):
        raise ParamError(f"--seeds {text}: must be how many, such as 8, or a list, such as 3,5,9")
    numbers = [int(part) for part in parts]
    if "," not in text:
        if not 1 <= numbers[0] <= MOST:
            raise ParamError(f"--seeds {text}: must be from 1 to {MOST:,} seeds")
        first = settings.train.seed
        numbers = list(range(first, first + numbers[0]))
    if len(numbers) > MOST:
        raise ParamError(f"--seeds with {len(numbers):,} seeds: must be at most {MOST:,}")
    twice = [seed for seed, times in Counter(numbers).items() if times > 1]
    if twice:
        raise ParamError(f"--seeds {text}: names {twice[0]} twice; must name each seed once")
    for seed in numbers:
        settings.with_({"train.seed": seed})  # raises for one that is too large
    return numbers


def processors() -> int:
    """Return how many processors this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Task:
    """What is trained with every seed: see :func:`ganviz.headless.play`."""

    settings: Settings
    steps: int
    out: Path
    samples: int
    budget: int
    script: tuple[tuple[int, dict[str, Any]], ...]
    beside: bool


def train(
    settings: Settings,
    seeds: Sequence[int],
    steps: int,
    out: Path,
    samples: int,
    *,
    budget: int,
    script: Iterable[tuple[int, Mapping[str, Any]]] = (),
) -> int:
    """Train with each seed, write the results of each and of all, and return 0.

    ``seed-S/`` gets what a run of that seed alone writes, ``seeds.json`` what they have in common.
    Returns 3 if a run diverged, 2 if the results of one could not be written, 130 after Ctrl-C; the
    other runs, or those up to there, are written all the same.

    Parameters
    ----------
    settings
        The game; its seed does not matter.
    budget
        Bytes of moments that all tapes keep together, at least 1 MB each.
    script
        ((step, {path: value}), …) what is changed in every run, and behind which step.

    Raises
    ------
    ParamError
        For settings that no game can be built from, and for changes that cannot be.
    """
    many = min(len(seeds), processors())
    task = Task(
        settings,
        steps,
        out,
        samples,
        max(budget // len(seeds), LEAST),
        tuple((step, dict(values)) for step, values in script),
        # With a process for every processor, another thread is one more that waits for one.
        beside=many < processors(),
    )
    began = perf_counter()
    outcomes, refused, stopped, many = _played(task, seeds, many)
    left = [seed for seed in seeds if seed not in {*outcomes, *refused}]
    if left and not stopped:  # a process has ended by itself, and its pool with it
        more, lost, stopped, again = _played(task, left, min(len(left), many))
        many = max(many, again)
        outcomes, refused = {**outcomes, **more}, {**refused, **lost}
        for seed in left:
            if not stopped and seed not in {*outcomes, *refused}:
                refused[seed] = "its process ended before it began"
        outcomes = {seed: outcomes[seed] for seed in seeds if seed in outcomes}
    seconds = perf_counter() - began
    for sentence in dict.fromkeys(refused.values()):
        of = ", ".join(str(seed) for seed, said in refused.items() if said == sentence)
        print(f"ganviz: seed {of}: {sentence}", file=sys.stderr)
    for seed, done in outcomes.items():
        for sentence in filter(None, (done.unrecorded, done.trouble)):
            print(f"ganviz: seed {seed}: {sentence}", file=sys.stderr)
    if outcomes:
        table = summary(out, outcomes, seconds, many)
        table["not_begun"] = [seed for seed in seeds if seed not in {*outcomes, *refused}]
        text = json.dumps(table, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        whole(out / TABLE, lambda path: path.write_text(text, "utf-8"))
        tell(table)
        print(f"Results in {out}")
    if stopped:
        return 130
    return 2 if refused else max((done.code for done in outcomes.values()), default=0)


# ---- the processes ----------------------------------------------------------------------------


def _played(
    task: Task, seeds: Sequence[int], most: int
) -> tuple[dict[int, Outcome], dict[int, str], bool, int]:
    """Return how the runs ended, why others could not be, whether Ctrl-C was pressed, processes.

    One process begins; others come, ``most`` in all, once it is clear that they are worth it.
    """
    from ganviz.headless import progress

    context = multiprocessing.get_context("spawn")  # what fork copies of torch need not work
    stop = context.Event()
    steps = context.Array("q", [NOT_BEGUN] * len(seeds))
    compiled = context.Value("d", 0.0)  # seconds that the first process waited for its kernel
    bar = progress()
    total = task.steps * len(seeds)
    line = bar.add_task(f"{len(seeds)} seeds", total=total, rate="")
    pool = ProcessPoolExecutor(most, context, _begin, (stop, steps, compiled))
    alone = replace(task, beside=processors() > 1)
    waiting = list(enumerate(seeds))
    runs: dict[Future[Outcome | None], int] = {}
    outcomes: dict[int, Outcome] = {}
    refused: dict[int, str] = {}
    many, first = 1, 0.0

    def begin(order: Task) -> None:
        place, seed = waiting.pop(0)
        try:
            with unheard():
                runs[pool.submit(_run, order, seed, place)] = seed
        except BrokenProcessPool:  # a process has just ended, and none plays any more
            waiting.clear()

    began = perf_counter()
    with pool, interruptible() as interrupted, bar:
        try:
            while waiting or not all(run.done() for run in runs):
                left = {run for run in runs if not run.done()}
                if waiting and not left:
                    sleep(LOOK / 5)  # until the pool knows that its process is free
                    begin(alone)
                    continue
                ended, _ = wait(left, LOOK)
                now, done = perf_counter(), sum(max(taken, 0) for taken in steps[:])
                first = first or (now if done else 0.0)
                sure = waiting and first and most > 1 and now - first > SURE
                start = first - began - compiled.value  # others find the kernel there
                if sure and (total - done) * (now - first) > WORTH * start * done:
                    many = most
                    while waiting:
                        begin(task)
                rate = f"{done / (now - began):,.0f} steps/s"
                words = f"{len(seeds)} seeds, {sum(run.done() for run in runs)} done"
                bar.update(line, completed=done, rate=rate, description=words)
                end = (ParamError, BrokenProcessPool)  # and nothing else is begun
                if interrupted() or any(isinstance(run.exception(), end) for run in ended):
                    stop.set()
                    break
        finally:
            stop.set()  # for those that are left, whatever happened
            pool.shutdown(cancel_futures=True)
    for place, (run, seed) in enumerate(runs.items()):  # they were begun in the order of places
        _sort(run, seed, steps[place] != NOT_BEGUN, outcomes, refused)
    return outcomes, refused, interrupted(), many


def _sort(
    run: Future[Outcome | None],
    seed: int,
    begun: bool,
    outcomes: dict[int, Outcome],
    refused: dict[int, str],
) -> None:
    """Put down how a run ended, or why it could not be; of one that was not begun nothing.

    Raises ParamError if that was one.
    """
    if run.cancelled():
        return
    error = run.exception()
    if isinstance(error, ParamError):
        raise error
    if isinstance(error, BrokenProcessPool):
        if begun:
            refused[seed] = "its process ended; what was recorded lies in its folder"
    elif isinstance(error, OSError):
        refused[seed] = trouble(error)
    elif error is not None:  # what nobody foresaw must not take the other runs along
        refused[seed] = printable(f"{type(error).__name__}: {error}")
    elif (done := run.result()) is not None:
        outcomes[seed] = done


@contextmanager
def unheard() -> Iterator[None]:
    """Let the processes begin without an ear for Ctrl-C: they are told to stop."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


#: Held while a run is played: to its end, and its results written, whoever asked for it is gone.
_busy = Lock()
_stop: Event
_steps: SynchronizedArray[int]
_compiled: Synchronized[float]


def _begin(stop: Event, steps: SynchronizedArray[int], compiled: Synchronized[float]) -> None:
    """Begin a process that plays runs."""
    global _stop, _steps, _compiled
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _stop, _steps, _compiled = stop, steps, compiled
    end_with_parent(_busy)


def _run(task: Task, seed: int, place: int) -> Outcome | None:
    """Play the run of a seed; None if all was over before it began."""
    from ganviz.engine.kernels.compiled import load
    from ganviz.headless import play

    above = multiprocessing.parent_process()

    def over() -> bool:
        return _stop.is_set() or (above is not None and not above.is_alive())

    if over():
        return None

    def told(engine: Any, end: int) -> bool:
        _compiled.value = max(_compiled.value, load.spent())
        _steps[place] = engine.steps
        return over()

    with _busy, heeding(over):
        return play(
            task.settings.with_({"train.seed": seed}),
            task.steps,
            task.out / FOLDER.format(seed),
            task.samples,
            told=told,
            budget=task.budget,
            script=task.script,
            beside=task.beside,
        )


# ---- what they have in common -----------------------------------------------------------------


def summary(
    out: Path, outcomes: Mapping[int, Outcome], seconds: float, processes: int
) -> dict[str, Any]:
    """Return what the runs have in common, for JSON; their own summaries lie in their folders.

    Medians and ranges are those of the runs that did not diverge, diagnoses are those of all.
    """
    runs: list[dict[str, Any]] = []
    for seed, done in outcomes.items():
        folder = FOLDER.format(seed)
        own = json.loads((out / folder / "summary.json").read_text("utf-8"))
        names = ("steps", "seconds", "steps_per_second", "kernel", "diverged", "diagnosis")
        runs.append(
            {"seed": seed, "folder": folder, "complete": done.complete}
            | {name: own[name] for name in (*names, "measures")}
        )
    measured: dict[str, list[float]] = {}
    for run in runs:
        if not run["diverged"]:
            for name, value in run["measures"].items():
                measured.setdefault(name, []).append(float(value))
    diagnoses = Counter(run["diagnosis"]["name"] for run in runs if run["diagnosis"])
    taken = sum(done.taken for done in outcomes.values())
    return {
        "ganviz": __version__,
        "seconds": round(seconds, 3),
        "steps_per_second": round(taken / seconds, 1),
        "processes": processes,
        "diagnoses": dict(diagnoses.most_common()),
        "measures": {
            name: {
                "median": _number(median(values)),
                "lowest": _number(min(values)),
                "highest": _number(max(values)),
                "runs": len(values),
            }
            for name, values in measured.items()
        },
        "runs": runs,
    }


def _number(value: float) -> float | str:
    """JSON knows no infinity; a KL divergence does."""
    return value if isfinite(value) else str(value)


def tell(table: Mapping[str, Any]) -> None:
    """Print what the runs have in common: their measures, medians and ranges, and diagnoses."""
    from rich.console import Console
    from rich.table import Table

    names = list(table["measures"])
    shown = Table("Seed", box=None)
    for name in names:
        shown.add_column(name, justify="right")
    shown.add_column("Steps", justify="right")
    shown.add_column("Diagnosis")
    for run in table["runs"]:
        own = [_short(run["measures"].get(name)) for name in names]
        words = run["diagnosis"]["words"] if run["diagnosis"] else ""
        shown.add_row(str(run["seed"]), *own, f"{run['steps']:,}", words)
    for which in ("median", "lowest", "highest"):
        of = [_short(table["measures"][name][which]) for name in names]
        shown.add_row(which, *of, "", "", style="bold")
    # Whole lines into files and pipes.
    Console(width=None if sys.stdout.isatty() else 4 * 80).print(shown)
    said = ", ".join(f"{name} {count}" for name, count in table["diagnoses"].items())
    runs = len(table["runs"])
    print(
        f"{said + '; ' if said else ''}{runs} run{'' if runs == 1 else 's'} in "
        f"{table['seconds']:,.1f} s, {table['steps_per_second']:,.0f} steps/s in all"
    )


def _short(value: float | str | None) -> str:
    return "" if value is None else f"{float(value):.4g}"
