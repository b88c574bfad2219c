"""A report from the command line: of a tape, or of a game that is trained for it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ganviz.film.shoot import application, line
from ganviz.frame import Look
from ganviz.interrupt import interruptible
from ganviz.presets import Preset
from ganviz.report.build import Source, build
from ganviz.report.write import check, write
from ganviz.schema import ParamError
from ganviz.settings import PARAMETERS
from ganviz.tape.lane import Lane
from ganviz.tape.runfile import Run
from ganviz.tape.tape import Tape

#: Steps between two looks at whether to go on.
CALL_STEPS = 50

Tell = Callable[[str, int, int], None]
Script = Iterable[tuple[int, Mapping[str, Any]]]


def shoot(
    recorded: Callable[[Tell], Run],
    out: Path,
    theme: str | None = None,
    *,
    branch: str | None = None,
    hand_out: bool = False,
    file: str = "",
    progress: bool = False,
    font: str = "",
) -> None:
    """Report a run.

    Parameters
    ----------
    recorded
        Returns the run; may take its time, and tells how far it is.
    out
        The .html or .pdf file.
    theme
        Of the pictures; light if it is not given.
    branch, hand_out
        See :func:`ganviz.report.build.build`.
    file
        The name of the run file, if it came from one.
    progress
        Whether to print how far it is as lines of JSON; else a bar is drawn where there is a
        terminal.
    font
        The family of the type; empty: that of the platform.

    Raises
    ------
    ParamError, OSError
        For a name, a branch or a run that cannot be; no half file is left.
    KeyboardInterrupt
        After Ctrl-C or SIGTERM; no half file is left.
    """
    check(out)
    app = application(font)
    with interruptible(signal.SIGINT, signal.SIGTERM) as interrupted, _bar(progress) as show:

        def tell(phase: str, done: int, total: int) -> None:
            if interrupted():
                raise KeyboardInterrupt
            show(phase, done, total)
            app.processEvents()

        run = recorded(tell)
        report = build(
            run.tape,
            (run.look or Look()).with_(theme=theme or "light", maximised="", until=None),
            branch=branch,
            hand_out=hand_out,
            source=Source(file, run.versions, run.place.branch),
            tell=lambda done, total: tell("drawing", done, total),
        )
        tell("writing", 1, 1)
        write(report, out)


def trained(game: Preset, steps: int, script: Script, tell: Tell) -> Run:
    """Train a game on a tape, with changes on the way, each behind its step.

    Raises
    ------
    ParamError
        For a change that cannot be, or that lies behind the last step.
    """
    script = list(script)
    for step, path in ((step, path) for step, values in script for path in values):
        if path in PARAMETERS and PARAMETERS[path].live == "restart" and step > 0:
            raise ParamError(
                f"change at step {step:,}: {path} begins another run; must be given from the start"
            )
    tape = Tape(title=game.title)
    lane = Lane(tape, game.settings)
    for step, values in [*sorted(script, key=lambda entry: entry[0]), (steps, {})]:
        if not 0 <= step <= steps:
            raise ParamError(f"change at step {step:,}: must be from 0 to {steps:,}, the last step")
        while lane.engine.steps < step and not lane.engine.trouble:
            lane.step(min(CALL_STEPS, step - lane.engine.steps))
            tell("training", lane.engine.steps, steps)
        if lane.engine.trouble:
            break
        if values:
            lane.change(values)
    return Run(tape, lane.place)


@contextmanager
def _bar(progress: bool) -> Iterator[Tell]:
    """Return what tells people, or another program, how far it is."""
    if progress:
        yield _line
        return
    from rich.progress import Progress

    with Progress(disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=1)
        yield lambda phase, done, total: bar.update(
            task, description=phase.capitalize(), completed=done, total=total
        )


def _line(phase: str, done: int, total: int) -> None:
    line(phase=phase, done=done, encoded=done, of=total)
