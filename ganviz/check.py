"""What lessons claim, measured: every observation over its seeds, by as many processes as wanted.

Nothing is remembered from one check to the next; a run is the very one that ``ganviz run`` makes of
its settings and seed, bit for bit.
"""

from __future__ import annotations

import json
import multiprocessing
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from statistics import median
from typing import Any

from ganviz.catalog.games import GAMES
from ganviz.catalog.measures import MEASURES
from ganviz.headless import progress
from ganviz.interrupt import end_with_parent, heeding, interruptible
from ganviz.lesson import Lesson, Observation, lessons
from ganviz.lesson.quantities import QUANTITIES, named
from ganviz.lesson.reading import formulas
from ganviz.proof import Played, Run, play, runs, values
from ganviz.schema import ParamError
from ganviz.seeds import processors, unheard
from ganviz.table import whole

#: What a fast check measures: observations of at most so many steps in all.
FAST_STEPS = 2000
#: Where the table stands in a file of Markdown.
BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of an observation.

    Attributes
    ----------
    values
        The number of each seed, in their order; compared, where the observation compares.
    seconds
        What its runs took, those shared with other observations included.
    """

    lesson: str
    observation: Observation
    values: tuple[float, ...]
    seconds: float

    @property
    def holding(self) -> int:
        """In how many of them it holds."""
        return sum(self.observation.holds(value) for value in self.values)

    @property
    def good(self) -> bool:
        """Whether that is enough."""
        return self.holding >= self.observation.least

    @property
    def claim(self) -> str:
        """What it must be, such as ``≤ 0.15``."""
        o = self.observation
        if o.judged == "near":
            return f"{short(o.value)} ± {short(o.within)}"
        return f"{'≤' if o.judged == '<=' else '≥'} {short(o.value)}"

    @property
    def range(self) -> tuple[float, float, float]:
        """The least, the median and the greatest value; NaN counts as the greatest of all."""
        known = sorted(self.values, key=lambda v: (v != v, v))
        middle = median(known) if known[-1] == known[-1] else known[len(known) // 2]
        return known[0], middle, known[-1]


def short(value: float) -> str:
    """Return a number in four digits: ``0.1372``, ``−1.386``, ``3.9e-04``."""
    return f"{value:.4g}".replace("-", "−", 1) if value < 0 else f"{value:.4g}"


def is_fast(observation: Observation) -> bool:
    """Return whether a fast check measures it."""
    return observation.cost <= FAST_STEPS


def check(
    chosen: Sequence[Lesson], *, jobs: int = 1, fast: bool = False, tell: bool = True
) -> tuple[list[Verdict], bool]:
    """Measure what lessons claim; return the verdicts, and whether Ctrl-C was pressed.

    Of a lesson of which a run was lost with its process, and lost again, there are none.

    Parameters
    ----------
    jobs
        How many processes; with one, no other is begun.
    fast
        Whether only what is measured in a second or two.
    tell
        Whether to tell on stderr how far it is.

    Raises
    ------
    ParamError
        For a lesson of a game that cannot be built, or an observation of what is not there.
    """
    wanted = {
        lesson.name: [o for o in lesson.observations if not fast or is_fast(o)] for lesson in chosen
    }
    needed = [run for lesson in chosen for run in runs(lesson, wanted[lesson.name])]
    # The longest first, so that no process is left with one at the end.
    order = sorted(needed, key=lambda run: -run.steps * run.settings.train.k)
    done: list[Played] = []
    bar = progress() if tell else None
    with bar or nullcontext():
        line = bar.add_task("Lessons", total=sum(r.steps for r in order), rate="") if bar else None

        def told(run: Run, played: Played) -> None:
            done.append(played)
            if played.trouble and tell:
                print(f"{run.lesson}, seed {run.seed}: {played.trouble}", file=sys.stderr)
            if bar is not None and line is not None:
                words = f"{run.lesson}, {len(done)} of {len(order)} runs"
                bar.update(line, advance=run.steps, description=words)

        stopped = _alone(order, told) if jobs == 1 else _beside(order, jobs, told)
    lost = Counter(run.lesson for run in needed) - Counter(each.lesson for each in done)
    return [
        _verdict(name, observation, done)
        for name, observations in wanted.items()
        for observation in observations
        if not stopped and name not in lost
    ], stopped


def _alone(order: Iterable[Run], told: Callable[[Run, Played], None]) -> bool:
    import torch

    torch.set_num_threads(1)
    with interruptible() as interrupted:
        for run in order:
            played = play(run, lambda steps: interrupted())
            if interrupted():
                return True
            told(run, played)
    return False


def _beside(order: Sequence[Run], jobs: int, told: Callable[[Run, Played], None]) -> bool:
    """Play runs in processes; return whether Ctrl-C was pressed.

    What was lost with a process, which takes all others of its pool along, is begun once more.
    """
    stopped, lost = _pooled(order, jobs, told)
    if lost and not stopped:
        stopped, _ = _pooled(lost, jobs, told)
    return stopped


def _pooled(
    order: Sequence[Run], jobs: int, told: Callable[[Run, Played], None]
) -> tuple[bool, list[Run]]:
    """Return whether Ctrl-C was pressed, and which runs were lost."""
    lost: list[Run] = []
    context = multiprocessing.get_context("spawn")  # what fork copies of torch need not work
    stop = context.Event()
    pool = ProcessPoolExecutor(jobs, context, _begin, (stop,))
    with pool, interruptible() as interrupted:
        left: dict[Future[Played], Run] = {}
        with unheard():
            for run in order:
                try:
                    left[pool.submit(_play, run)] = run
                except BrokenProcessPool:  # as soon as that: none of these is begun
                    lost.append(run)
        try:
            while left and not interrupted():
                for future in wait(left, 0.2, FIRST_COMPLETED).done:
                    run = left.pop(future)
                    if isinstance(future.exception(), BrokenProcessPool):
                        lost.append(run)
                    else:
                        told(run, future.result())
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
        return interrupted(), lost


_stop: Any = None


def _begin(stop: Any) -> None:
    import signal

    import torch

    global _stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    _stop = stop
    end_with_parent(nullcontext())


def _play(run: Run) -> Played:
    with heeding(_stop.is_set):
        return play(run, lambda steps: _stop.is_set())


def _verdict(lesson: str, observation: Observation, done: Iterable[Played]) -> Verdict:
    played = [each for each in done if each.lesson == lesson]
    name = observation.name
    seconds = sum(each.seconds for each in played for found, _ in each.found if found == name)
    return Verdict(lesson, observation, values(observation, played), seconds)


# ---- telling ----------------------------------------------------------------------------------


def report(
    chosen: Sequence[Lesson],
    *,
    jobs: int | None = None,
    fast: bool = False,
    as_json: bool = False,
    markdown: Path | None = None,
) -> int:
    """Measure what lessons claim and print it; return 0 if all of it holds, 1 if not, 130 stopped.

    2 is returned where some of it could not be measured: then no file is written.

    Raises
    ------
    ParamError
        As :func:`check` and :func:`typeset`; OSError if the file cannot be written.
    """
    for lesson in chosen:
        typeset(lesson)
    verdicts, stopped = check(chosen, jobs=jobs or processors(), fast=fast, tell=not as_json)
    if stopped:
        print("ganviz: interrupted; nothing is told of a check that is not whole", file=sys.stderr)
        return 130
    if as_json:
        print(json.dumps([_row(each) for each in verdicts], indent=2, ensure_ascii=False))
    else:
        _print(verdicts)
    if lost := lacking(chosen, verdicts, fast):
        names = ", ".join(lost)
        print(f"ganviz: not measured, as a process ended twice: {names}", file=sys.stderr)
        return 2
    if markdown is not None:
        _write(markdown, verdicts)
    return 0 if all(each.good for each in verdicts) else 1


def typeset(lesson: Lesson) -> None:
    """Set every formula of a lesson, as the window will.

    Raises
    ------
    ParamError
        Names the lesson and the piece of LaTeX that cannot be set.
    """
    from ziamath.zmath import Latex

    for tex in formulas(lesson):
        try:
            Latex(tex).svg()
        except Exception:  # noqa: BLE001 - of whatever kind: people write formulas, a parser reads them
            raise ParamError(
                f"lesson {lesson.name}: ${tex}$ cannot be typeset; must be LaTeX such as "
                r"\frac{a}{b}, with a closing bracket for each opening one"
            ) from None


def lacking(chosen: Iterable[Lesson], verdicts: Iterable[Verdict], fast: bool) -> list[str]:
    """Return the lessons that claim something of which nothing was measured."""
    told = {verdict.lesson for verdict in verdicts}
    claim = (each for each in chosen if any(not fast or is_fast(o) for o in each.observations))
    return [each.name for each in claim if each.name not in told]


def _row(verdict: Verdict) -> dict[str, Any]:
    o = verdict.observation
    return {
        "lesson": verdict.lesson,
        "observation": o.name,
        "says": o.says,
        "of": o.of,
        "claim": verdict.claim,
        "values": [value if isfinite(value) else str(value) for value in verdict.values],
        "holds": verdict.holding,
        "least": o.least,
        "good": verdict.good,
        "seconds": round(verdict.seconds, 3),
    }


def _print(verdicts: Iterable[Verdict]) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table("Lesson", "What is claimed", box=None)
    for name in ("must be", "least", "median", "greatest", "holds", "seconds"):
        shown.add_column(name, justify="right", no_wrap=True)
    verdicts = list(verdicts)
    for each in verdicts:
        holds = f"{each.holding} of {len(each.values)}"
        shown.add_row(
            each.lesson,
            each.observation.says,
            each.claim,
            *map(short, each.range),
            holds if each.good else f"{holds}, {each.observation.least} needed",
            f"{each.seconds:.1f}",
            style="" if each.good else "bold red",
        )
    # Whole lines into files and pipes.
    Console(width=None if sys.stdout.isatty() else 4 * 80).print(shown)
    good = sum(each.good for each in verdicts)
    print(f"{good} of {len(verdicts)} observations hold")


def markdown_of(verdicts: Iterable[Verdict], kept: Iterable[str] = ()) -> str:
    """Return a table in Markdown; rows that are kept stand where their lessons do."""
    rows = list(kept)
    for each in verdicts:
        cells = [
            f"`{each.lesson}`",
            each.observation.says.replace("|", "∣"),
            each.claim,
            *map(short, each.range),
            f"{each.holding} of {len(each.values)}" + ("" if each.good else " **no**"),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    places = {name: place for place, name in enumerate(lessons())}
    rows.sort(key=lambda row: places.get(_lesson_of(row), len(places)))
    head = "| Lesson | What is claimed | must be | least | median | greatest | holds |"
    return "\n".join([head, "|---|---|---|---|---|---|---|", *rows]) + "\n"


def _lesson_of(row: str) -> str:
    """Return the lesson of a row of the table; nothing for other lines."""
    found = re.match(r"\| `([^`]*)` \|", row)
    return found[1] if found else ""


def _write(path: Path, verdicts: Sequence[Verdict]) -> None:
    """Write the table to a file; into its place between the two marks, if there is one.

    Rows of lessons that were not checked stay there.
    """
    before = path.read_text("utf-8") if path.exists() else ""
    if BEGIN not in before or END not in before:
        whole(path, lambda partial: partial.write_text(markdown_of(verdicts), "utf-8"))
        return
    head, _, rest = before.partition(BEGIN)
    table, _, rest = rest.partition(END)
    new = {each.lesson for each in verdicts}
    kept = [row for row in table.splitlines() if _lesson_of(row) not in {"", *new}]
    text = f"{head}{BEGIN}\n\n{markdown_of(verdicts, kept)}\n{END}{rest}"
    whole(path, lambda partial: partial.write_text(text, "utf-8"))


def list_quantities() -> int:
    """Print what an observation can be of, and return 0."""
    from rich.console import Console
    from rich.table import Table

    shown = Table("Of", "Takes", "What it is", box=None)
    for column in dict.fromkeys(name for game in GAMES.values() for name in game.columns):
        games = ", ".join(game.title for game in GAMES.values() if column in game.columns)
        shown.add_row(column, "", f"column of the trace, {games}: {named(column)}")
    for name in MEASURES:
        shown.add_row(name, "", f"column of the trace, now and then: {named(name)}")
    for name, quantity in QUANTITIES.items():
        takes = " or ".join(str(number) for number in quantity.takes if number)
        shown.add_row(name, f"{takes} numbers" if takes else "", quantity.note)
    Console().print(shown)
    return 0
