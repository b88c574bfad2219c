"""Beside: what a lesson's observation measures, beside the run, which goes on.

What takes training is measured by a process of its own; what takes none is there at once.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, QThread, QTimer, Slot

from ganviz.lesson import Lesson, Observation, write
from ganviz.schema import ParamError

if TYPE_CHECKING:
    from ganviz.proof import Played, Run

log = logging.getLogger(__name__)

#: Steps of the lesson's own game that are as good as none: what computes them is loaded.
FEW = 50
#: What is called with the values, one of each seed, or with why there are none.
Told = Callable[[tuple[float, ...], str], None]


@dataclass(slots=True)
class _Order:
    lesson: Lesson
    observation: Observation
    told: Told


@dataclass(slots=True)
class _Here:
    """What is measured in this process: the runs that are left, and those that are played."""

    order: _Order
    left: list[Run]
    played: list[Played]


class Beside(QObject):
    """Measures one observation after another.

    Each is measured by ``ganviz lessons --check`` on a file with nothing else in it: what is told
    is what everybody finds who checks the lesson. What needs no training, a hundredth of a second
    a run, is played here, a run at each turn of the loop of events, and waits for no process.

    Attributes
    ----------
    near
        Whether the engine is loaded, so that something can be played here.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._orders: list[_Order] = []
        self._process: QProcess | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self.near = False
        self._here: list[_Here] = []
        self._turns = QTimer(self)
        self._turns.setInterval(0)
        self._turns.timeout.connect(self._turn)

    @property
    def busy(self) -> bool:
        """Whether something is being measured."""
        return self._process is not None or bool(self._here)

    def measure(self, lesson: Lesson, observation: Observation, seeds: int, told: Told) -> None:
        """Measure an observation over so many seeds, from the lesson's own on."""
        own = replace(observation, seeds=seeds, least=1)
        order = _Order(lesson, own, told)
        if self.near and (own.steps == 0 or (own.own and own.steps <= FEW)):
            self._here.append(_Here(order, [], []))
            self._turns.start()
            return
        self._orders.append(order)
        if self._process is None:
            self._begin()

    def stop(self) -> None:
        """Measure nothing more, and forget who wanted it."""
        self._orders.clear()
        self._here.clear()
        self._turns.stop()
        if self._process is not None:
            self._process.finished.disconnect(self._finished)
            self._process.kill()
            self._process.waitForFinished(2000)
            self._done()

    @Slot()
    def _turn(self) -> None:
        """Play one run here; tell what came of them behind the last."""
        from ganviz.proof import play, runs, values

        here = self._here[0]
        order = here.order
        try:
            if not here.played:
                here.left = list(runs(order.lesson, (order.observation,)))
            here.played.append(play(here.left.pop(0)))
        except Exception as error:  # a lesson of one's own must not take the window with it
            if not isinstance(error, ParamError):
                log.exception("while measuring %s", order.observation.name)
            told: tuple[tuple[float, ...], str] = (), f"It could not be measured: {error}"
        else:
            if here.left:
                return
            told = values(order.observation, here.played), ""
        self._here.pop(0)
        if not self._here:
            self._turns.stop()
        order.told(*told)

    def _begin(self) -> None:
        from ganviz.window.filming import command, environment

        order = self._orders[0]
        self._folder = TemporaryDirectory(prefix="ganviz-lesson-")
        path = Path(self._folder.name) / "lesson.toml"
        write(
            path,
            replace(
                order.lesson,
                sections=(),
                script=(),
                questions=(),
                observations=(order.observation,),
            ),
        )
        program, *arguments = command()
        jobs = max(1, min(QThread.idealThreadCount() // 2, order.observation.seeds))
        arguments += ["lessons", str(path), "--check", "--json", "--jobs", str(jobs)]
        self._process = process = QProcess(self)
        process.setProcessEnvironment(environment())
        process.setProgram(program)
        process.setArguments(arguments)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._erred)
        process.start()

    @Slot()
    def _erred(self) -> None:
        process = self._process
        if process is not None and process.error() == QProcess.ProcessError.FailedToStart:
            self._tell((), f"It could not be measured: {process.errorString()}.")

    @Slot()
    def _finished(self) -> None:
        process = self._process
        if process is None:
            return
        said = bytes(process.readAllStandardOutput().data()).decode("utf-8", "replace")
        errors = bytes(process.readAllStandardError().data()).decode("utf-8", "replace")
        try:
            [row] = json.loads(said)
            values = tuple(float(value) for value in row["values"])
        except (ValueError, KeyError, TypeError):
            last = errors.strip().splitlines()
            why = last[-1].removeprefix("ganviz: ") if last else f"exit code {process.exitCode()}"
            self._tell((), f"It could not be measured: {why}")
        else:
            self._tell(values, "")

    def _tell(self, values: tuple[float, ...], why: str) -> None:
        order = self._orders.pop(0)
        self._done()
        order.told(values, why)
        if self._orders and self._process is None:
            self._begin()

    def _done(self) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
