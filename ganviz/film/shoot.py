"""Filming from the command line: a run and an order in, a film and words about it out."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from ganviz.film.make import Made, Pictures, Progress, check_still, make
from ganviz.film.order import STILLS, Order
from ganviz.film.source import Source
from ganviz.interrupt import interruptible
from ganviz.views.raster import in_one_thread


def application(font: str = "") -> QApplication:
    """Return the QApplication, dressed as the window's."""
    import torch

    torch.set_num_threads(1)  # two threads on nets this small are slower
    in_one_thread()
    app = QApplication.instance() or QApplication([sys.argv[0]])
    assert isinstance(app, QApplication)
    app.setStyle("Fusion")
    if font:
        face = app.font()
        face.setFamily(font)
        app.setFont(face)
    return app


def shoot(
    source: Callable[[], Source],
    order: Order,
    out: Path,
    beside: Path | None = None,
    *,
    report: bool = False,
    font: str = "",
) -> Made:
    """Film a run; into a file of one moment where the name ends as that of a picture.

    Parameters
    ----------
    source
        Returns the run.
    order
        How to film it.
    out
        The film, or the picture of its last moment.
    beside
        Also the picture of its last moment.
    report
        Whether to print how far it is as lines of JSON; else a bar is drawn where there is a
        terminal.
    font
        The family of the type; empty: that of the platform.

    Raises
    ------
    Stopped
        After Ctrl-C or SIGTERM, within a second; no half film is left.
    ParamError, ValueError, OSError
        For an order, a size or a path that cannot be; no half film is left.
    """
    app = application(font)
    alone = out.suffix.lower() in STILLS
    for path in (out if alone else None, beside):
        if path is not None:
            check_still(path)
    with interruptible(signal.SIGINT, signal.SIGTERM) as stopped:
        run = source()
        with Pictures(run, order) as pictures, _bar(report, run.title, len(pictures)) as told:
            if alone:
                last = len(pictures) - 1
                pictures.still(out, last, stopped)
                made = Made(out, out.stat().st_size, run.trouble)
            else:
                made = make(pictures, out, told, stopped)
            if beside is not None:
                pictures.still(beside)
    app.processEvents()
    return made


def line(**values: Any) -> None:
    """Print one line of JSON, at once."""
    sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _bar(report: bool, title: str, of: int) -> AbstractContextManager[Callable[[Progress], object]]:
    """Return what tells people, or another program, how far the film is."""
    if report:
        return nullcontext(_report)
    return _Bar(title, of)


def _report(progress: Progress) -> None:
    left = progress.seconds_left
    line(
        done=progress.done,
        encoded=progress.encoded,
        of=progress.of,
        seconds_left=None if left is None else round(left, 1),
        phase=progress.phase,
    )


class _Bar:
    """A bar in the terminal, if there is one."""

    def __init__(self, title: str, of: int) -> None:
        from rich.progress import Progress as Bar

        self._bar = Bar(disable=not sys.stderr.isatty())
        self._task = self._bar.add_task(f"Filming {title}", total=2 * of)

    def __enter__(self) -> Callable[[Progress], object]:
        self._bar.start()
        return lambda told: self._bar.update(self._task, completed=told.done + told.encoded)

    def __exit__(self, *error: object) -> None:
        self._bar.stop()
