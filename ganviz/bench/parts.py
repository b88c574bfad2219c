"""The table of the parts, and what runs them and tells what they found."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from subprocess import SubprocessError
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from ganviz.bench.machine import machine
from ganviz.bench.row import Effort, Part, Row, Stopped
from ganviz.interrupt import interruptible
from ganviz.schema import ParamError

#: For somebody who cannot wait: it shows that all is there, and roughly how fast.
HASTE = Effort(rounds=2, seconds=0.04, whole=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One part: what it measures, and the module and function that do, loaded when it runs."""

    title: str
    module: str
    function: str

    def load(self) -> Part:
        """Return the function."""
        found: Part = getattr(import_module(self.module), self.function)
        return found


def _entry(title: str, module: str, function: str) -> Entry:
    return Entry(title, f"ganviz.bench.{module}", function)


PARTS: dict[str, Entry] = {
    "training": _entry("Steps a second against the plain PyTorch loop", "training", "training"),
    "program": _entry("Steps a second against a plain C program", "program", "program"),
    "sweep": _entry("The same loop, from narrow to wide and small to large", "sweep", "sweep"),
    "window": _entry("Training with the window open and painting", "windowed", "window"),
    "painting": _entry("The same of other games, and of a large window", "windowed", "painting"),
    "several": _entry("Several runs at once, against one by one", "several", "several"),
    "startup": _entry("Starting, against importing torch", "startup", "startup"),
    "scrubbing": _entry(
        "To and fro on the tape, and what recording costs", "scrubbing", "scrubbing"
    ),
    "long-run": _entry("A million steps: their cost, memory, the trace", "longrun", "long_run"),
    "films": _entry("Films, against matplotlib's FuncAnimation", "films", "films"),
}


@dataclass(slots=True)
class Found:
    """What was measured, by part, and whether that is all."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    complete: bool = True
    failed: list[str] = field(default_factory=list)

    def table(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        kernels = {row.kernel for rows in self.rows.values() for row in rows if row.kernel}
        return {
            "machine": machine(),
            "kernels": sorted(kernels),
            "complete": self.complete and not self.failed,
            "parts": {
                name: {
                    "title": PARTS[name].title,
                    "seconds": round(self.seconds[name], 1),
                    "rows": [row.table() for row in rows],
                }
                for name, rows in self.rows.items()
            },
        }


def chosen(only: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of the parts that are wanted, in the order of the table.

    Raises
    ------
    ParamError
        For a name that is none of theirs, or none at all.
    """
    if only is not None and not only:
        raise ParamError(f"--only: must name one or more of {', '.join(PARTS)}")
    for name in only or ():
        if name not in PARTS:
            raise ParamError(f"--only {name}: must be one of {', '.join(PARTS)}")
    return tuple(name for name in PARTS if not only or name in only)


def measure(names: Iterable[str], effort: Effort, tell: Console) -> Found:
    """Run parts one after another; row by row they are told as they come."""
    found = Found()
    for name in names:
        rows: list[Row] = []
        found.rows[name] = rows
        tell.print(f"{name}: {PARTS[name].title} …", markup=False, soft_wrap=True)
        began = perf_counter()
        try:
            for row in PARTS[name].load()(effort):
                rows.append(row)
                tell.print(f"{name}: {row.name}: {said(row)}", markup=False, soft_wrap=True)
        except Stopped:
            found.complete = False
        except (RuntimeError, OSError, ValueError, SubprocessError) as error:
            # The other parts can still be had.
            found.failed.append(name)
            rows.append(Row(name, None, note=f"failed: {type(error).__name__}: {error}"))
            tell.print(f"{name}: {said(rows[-1])}", markup=False, soft_wrap=True)
        found.seconds[name] = perf_counter() - began
        if not found.complete:
            break
    return found


def said(row: Row) -> str:
    """Return the number of a row in words, such as ``7.41 ×``; or why there is none."""
    if row.value is None:
        return f"not measured: {row.note}"
    return f"{number(row.value)} {row.unit}"


def number(value: float) -> str:
    """Return three digits of a number, or all of a large one's whole part."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def bench(only: Sequence[str] | None, quick: bool, as_json: bool) -> int:
    """Measure, and print what was found as tables or as JSON.

    Return 0; 130 if interrupted, 1 if a part could not be measured though it should.

    Ctrl-C leaves off, and what was measured by then is told.

    Raises
    ------
    ParamError
        For a part that there is not.
    """
    names = chosen(only)
    tell = Console(stderr=True)
    with interruptible() as interrupted:
        effort = replace(HASTE if quick else Effort(), stopped=interrupted)
        found = measure(names, effort, tell)
    if as_json:
        print(json.dumps(found.table(), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        show(found, Console(width=None if sys.stdout.isatty() else 140))
    if not found.complete:
        return 130
    return 1 if found.failed else 0


def show(found: Found, out: Console) -> None:
    """Print a table for each part."""
    facts = {name: value for name, value in machine().items() if value is not None}
    out.print(", ".join(f"{name} {value}" for name, value in facts.items()), highlight=False)
    for name, rows in found.rows.items():
        table = Table(title=f"{PARTS[name].title} ({name})", title_justify="left", box=None)
        table.add_column("What")
        for head in ("Best", "Rounds", "Aim", ""):
            table.add_column(head, justify="right", no_wrap=True)
        table.add_column("From")
        for row in rows:
            table.add_row(*_cells(row))
        out.print()
        out.print(table)
    if not found.complete:
        out.print("\nInterrupted: what was measured by then.")


def _cells(row: Row) -> tuple[str, ...]:
    spread = ""
    if row.low is not None and row.high is not None:
        spread = f"{number(row.low)} to {number(row.high)}"
    verdict = {True: "reached", False: "missed", None: ""}[row.reached]
    parts = [f"{name.partition(' steps/s')[0]} {number(v)}" for name, v in row.parts.items()]
    made = "; ".join((*parts, *([f"kernel {row.kernel}"] if row.kernel else []), row.note))
    if row.value is None:
        return row.name, "–", "", row.aim, "", row.note
    return row.name, f"{number(row.value)} {row.unit}", spread, row.aim, verdict, made.strip("; ")
