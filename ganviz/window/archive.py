"""Archive: run files in and out, without the window ever waiting for one."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Signal, Slot

from ganviz.film import parts
from ganviz.host import EngineThread
from ganviz.schema import ParamError
from ganviz.window.recent import Recent
from ganviz.window.run import Run
from ganviz.window.scene import Scene

if TYPE_CHECKING:
    from ganviz.tape.recovery import Found
    from ganviz.tape.runfile import Run as RunFile

#: How long a window that is closed waits for the tape that is to be saved, seconds.
PATIENCE = 10.0
log = logging.getLogger(__name__)


def files() -> ModuleType:
    """Return what reads and writes run files; it is not loaded before it is needed."""
    from ganviz.tape import runfile

    return runfile


def recordings() -> ModuleType:
    """Return what reads recordings, likewise."""
    from ganviz.tape import recovery

    return recovery


def when(moment: datetime, now: datetime | None = None) -> str:
    """Return a moment as people say it: ``today 18:04``, ``yesterday 9:30``, ``3 May 12:00``."""
    now = now or datetime.now()
    days = (now.date() - moment.date()).days
    day = {0: "today", 1: "yesterday"}.get(days, f"{moment.day} {moment:%B}")
    if days > 300:
        day += f" {moment.year}"
    return f"{day} {moment.hour}:{moment:%M}"


def words(found: Found) -> str:
    """Return what a recording is called, how long it is, and since when it lies there."""
    return ", ".join(filter(None, (found.title, f"{found.steps:,} steps", when(found.when))))


class Archive(QObject):
    """Reads and writes run files in a thread of its own, one after the other.

    Signals
    -------
    opened (title)
        The run of a file is on the tape now.
    told (sentence), refused (sentence)
    offered (sentence, what can be done about it by the words of a button)
    last_found (words)
        What the run that was put aside last is called, how long it is and since when; nothing:
        there is none.
    """

    opened = Signal(str)
    told = Signal(str)
    refused = Signal(str)
    offered = Signal(str, object)
    last_found = Signal(str)
    #: (what was done, its result or its error): from the thread to the window's.
    _done = Signal(str, object, object)

    def __init__(
        self, host: EngineThread, run: Run, scene: Scene, recent: Recent, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._host, self._run, self._scene, self._recent = host, run, scene, recent
        self._pool: ThreadPoolExecutor | None = None
        self._wanted: list[str] = []  # files that wait for a copy of the tape
        self._left: list[Found] = []  # recordings that nobody has looked at
        self._last: Found | None = None  # the run that was put aside last
        self._root: Path | None = None  # where recordings lie
        self._spent: Path | None = None  # a recording that was opened, and is being written anew
        self._done.connect(self._finished)
        host.tape_taken.connect(self._taken)
        host.tape_ready.connect(self._tape_ready)
        host.put_aside.connect(self._look_for_last)

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

        def save() -> None:
            files().write(name, tape, place, look)
            self._host.saved(tape)

        self._do("save", name, save)

    # ---- in -------------------------------------------------------------------------------------

    @Slot(str)
    def open(self, name: str) -> None:
        """Read a run file, or a recording, and stand where it stood."""

        def read() -> RunFile:
            run: RunFile = recordings().opened(name)
            if not recordings().is_recording(name):
                self._host.saved(run.tape)
            return run

        self._do("open", name, read)

    def stand_on(self, run: RunFile) -> None:
        """Put the run on the tape, paused where it stood, and show it as it was shown."""
        self._run.put_away()
        self._host.open_tape(run.tape, run.place)
        if run.look is not None:
            kept = self._scene.look
            self._scene.set_look(run.look.with_(theme=kept.theme, until=None))
        self.opened.emit(run.tape.title)

    # ---- what was left behind -------------------------------------------------------------------

    def look_for(self, root: Path) -> None:
        """Look for runs that ended unexpectedly, and offer them; find the last run, too."""
        self._root = root
        self._do("look", str(root), lambda: recordings().found(root))
        self._do("sweep", tempfile.gettempdir(), parts.sweep_folders)

    @Slot()
    def _look_for_last(self) -> None:
        """Find the run that was put aside just now."""
        if self._root is not None and self._pool is not None:
            root = self._root
            self._do("look for last", str(root), lambda: recordings().found(root))

    def _keep_last(self, found: list[Found]) -> None:
        """Offer the last run in the menu; those that were put aside before it go."""
        closed = [each for each in found if each.closed and each.folder != self._spent]
        self._last = next((each for each in closed if each.steps), None)
        for each in closed:
            if each is not self._last:
                self._discard(each.folder)
        self.last_found.emit("" if self._last is None else words(self._last))

    @Slot()
    def open_last(self) -> None:
        """Stand on the run that was put aside last."""
        if self._last is not None:
            it, self._last = self._last, None
            self.last_found.emit("")
            self._do("recover", str(it.folder), lambda: recordings().recover(it.folder))

    def _offer(self) -> None:
        """Offer the latest of the recordings that are left; one without a step is no loss."""
        while self._left and not self._left[0].steps:
            self._discard(self._left.pop(0).folder)
        if not self._left:
            return
        it = self._left[0]
        self.offered.emit(
            f"A run that ended unexpectedly can be opened again: {words(it)}.",
            {"Open": self._open_left, "Discard": self._discard_left},
        )

    def _open_left(self) -> None:
        it = self._left.pop(0)
        self._do("recover", str(it.folder), lambda: recordings().recover(it.folder))

    def _discard_left(self) -> None:
        self._discard(self._left.pop(0).folder)
        self._offer()

    def _discard(self, folder: Path) -> None:
        self._do("discard", str(folder), lambda: recordings().discard(folder))

    @Slot()
    def _taken(self) -> None:
        """Let a recording go whose run the host has taken, and writes down by itself."""
        if self._spent is not None:
            spent, self._spent = self._spent, None
            self._discard(spent)

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
            self.refused.emit(f"{name}: cannot be written ({result.strerror or result})")
        elif isinstance(result, BaseException):
            log.error("%s %s", what, name, exc_info=result)
            self.refused.emit(f"{name}: something unforeseen happened ({result})")
        elif what in ("open", "recover"):
            if what == "open":
                self._recent.add(name)
            else:
                self._spent = Path(name)
            self.stand_on(cast("RunFile", result))
        elif what == "look":
            found = cast("list[Found]", result)
            self._left = [each for each in found if not each.closed]
            self._keep_last(found)
            self._offer()
        elif what == "look for last":
            self._keep_last(cast("list[Found]", result))
        elif what == "save":
            self._recent.add(name)
            self.told.emit(f"Run saved as {Path(name).name}")

    def stop(self) -> None:
        """Wait for what is to be written, and end the thread."""
        end = monotonic() + PATIENCE
        while self._wanted and self._host.isRunning() and monotonic() < end:
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents, 50)
        if self._pool is not None:
            self._pool.shutdown(wait=True)
            self._pool = None
