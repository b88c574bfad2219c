"""Archive: run files in and out, without the window ever waiting for one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from ganviz.host import EngineThread
from ganviz.schema import ParamError
from ganviz.tape import runfile
from ganviz.window.recent import Recent
from ganviz.window.run import Run
from ganviz.window.scene import Scene

log = logging.getLogger(__name__)


class Archive(QObject):
    """Reads and writes run files in a thread of its own, one after the other.

    Signals
    -------
    opened (title)
        The run of a file is on the tape now.
    told (sentence), refused (sentence)
    """

    opened = Signal(str)
    told = Signal(str)
    refused = Signal(str)
    #: (what was done, its result or its error): from the thread to the window's.
    _done = Signal(str, object, object)

    def __init__(
        self, host: EngineThread, run: Run, scene: Scene, recent: Recent, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._host, self._run, self._scene, self._recent = host, run, scene, recent
        self._pool: ThreadPoolExecutor | None = None
        self._wanted: list[str] = []  # files that wait for a copy of the tape
        self._done.connect(self._finished)
        host.tape_ready.connect(self._tape_ready)

    # ---- out ------------------------------------------------------------------------------------

    @Slot(str)
    def save(self, name: str) -> None:
        """Write the run to a file, with all that is on its tape at this moment."""
        self._wanted.append(name)
        self._host.want_tape()

    @Slot()
    def _tape_ready(self) -> None:
        if not self._wanted:
            return  # somebody else asked
        copy = self._host.tapes.take()
        if copy is None:
            self._host.want_tape()  # somebody else has taken it
            return
        tape, place = copy
        name, look = self._wanted.pop(0), self._scene.look
        self._do("save", name, lambda: runfile.write(name, tape, place, look))

    # ---- in -------------------------------------------------------------------------------------

    @Slot(str)
    def open(self, name: str) -> None:
        """Read a run file, and stand where it stood."""
        self._do("open", name, lambda: runfile.read(name))

    def stand_on(self, run: runfile.Run) -> None:
        """Put the run on the tape, paused where it stood, and show it as it was shown."""
        self._run.put_away()
        self._host.open_tape(run.tape, run.place)
        if run.look is not None:
            kept = self._scene.look
            self._scene.set_look(run.look.with_(theme=kept.theme, until=None))
        self.opened.emit(run.tape.title)

    # ---- the thread -----------------------------------------------------------------------------

    def _do(self, what: str, name: str, work: Callable[[], Any]) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, "ganviz-files")

        def done(future: Future[Any]) -> None:
            error = future.exception()
            self._done.emit(what, name, error if error is not None else future.result())

        self._pool.submit(work).add_done_callback(done)

    @Slot(str, object, object)
    def _finished(self, what: str, name: str, result: object) -> None:
        if isinstance(result, ParamError):
            self.refused.emit(str(result))
        elif isinstance(result, OSError):
            self.refused.emit(f"{name}: cannot be written ({result.strerror})")
        elif isinstance(result, BaseException):
            log.error("%s %s", what, name, exc_info=result)
            self.refused.emit(f"{name}: something unforeseen happened ({result})")
        elif isinstance(result, runfile.Run):
            self._recent.add(name)
            self.stand_on(result)
        else:
            self._recent.add(name)
            self.told.emit(f"Run saved as {Path(name).name}")

    def stop(self) -> None:
        """Wait for what is being written, and end the thread."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)
            self._pool = None
