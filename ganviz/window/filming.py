"""Filming: films made of recorded runs by processes of their own, one after the other."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QThread, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication

import ganviz
from ganviz.film import parts
from ganviz.film.order import Order
from ganviz.schema import ParamError

log = logging.getLogger(__name__)

#: How long a film that is called off may take to put itself away before it is ended, milliseconds.
PATIENCE_MS = 4000
#: Letters of a process's last words that are looked at.
LAST_WORDS = 4000


def command() -> list[str]:
    """Return what starts ganviz once more: a bundle starts itself."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "ganviz"]


def environment() -> QProcessEnvironment:
    """Return the environment of a process that shall draw as this one does."""
    made = QProcessEnvironment.systemEnvironment()
    made.insert("QT_QPA_PLATFORM", QGuiApplication.platformName())
    made.insert("PYTHONUNBUFFERED", "1")
    made.insert("PYTHONIOENCODING", "utf-8")
    if not getattr(sys, "frozen", False):
        # The same code, wherever it was started from.
        places = [str(Path(ganviz.__file__).parents[1]), made.value("PYTHONPATH")]
        made.insert("PYTHONPATH", os.pathsep.join(filter(None, places)))
    return made


class Take(QThread):
    """A recorded run in a file of a folder of its own, which goes when nobody needs it any more.

    Parameters
    ----------
    write
        Called in a thread of its own when the file is first needed: writes it.

    Attributes
    ----------
    path
        The run file.
    sentence
        Why it could not be written; empty while all is well.
    """

    def __init__(self, write: Callable[[Path], object]) -> None:
        super().__init__()
        self._folder = parts.folder()
        self.path = self._folder / "run.ganviz"
        self.sentence = ""
        self._write = write
        self._uses = 1
        self._begun = False
        self.finished.connect(self._tidy)
        _takes.add(self)

    @property
    def written(self) -> bool:
        """Whether the file is there, or cannot be."""
        return self._begun and self.isFinished()

    def need(self) -> None:
        """Have the file written, if it is not."""
        if not self._begun:
            self._begun = True
            self.start()

    def run(self) -> None:
        """Write; called by Qt, in the thread."""
        try:
            self._write(self.path)
        except (ParamError, OSError) as error:
            self.sentence = f"The run could not be kept for its film: {error}."
        except Exception as error:  # an export must not take the window with it
            log.exception("while a run was kept for its film")
            self.sentence = f"The run could not be kept for its film: {error}."

    def hold(self) -> Take:
        """Need it once more."""
        self._uses += 1
        return self

    def let_go(self) -> None:
        """Need it once less."""
        self._uses -= 1
        self._tidy()

    def beside(self, name: str) -> Path:
        """Return the path of another file in its folder."""
        return self._folder / name

    @Slot()
    def _tidy(self) -> None:
        if self._uses <= 0 and not self.isRunning():
            shutil.rmtree(self._folder, ignore_errors=True)
            _takes.discard(self)


#: Those that are needed, or still being written: a thread must not go before it has ended.
_takes: set[Take] = set()


def wait_for_takes() -> None:
    """Return when no run is being written any more."""
    for take in list(_takes):
        take.wait()


class Filming(QObject):
    """One film in the making, or waiting for its turn.

    Attributes
    ----------
    out, order
        Where it will be, and by what it is made.
    state
        ``waiting``, ``running``, ``saved``, ``failed`` or ``cancelled``.
    phase
        While it runs: ``saving`` (the run), then nothing while its process starts, ``training``,
        ``drawing``, ``encoding``, or ``cancelling``.
    done, encoded, of
        Pictures that are drawn, that are encoded, and that there will be.
    seconds_left
        About; None while nobody can say.
    sentence
        Why it failed, or what to mind about the film that was saved; may be empty.
    size
        Bytes of the film that was saved.

    Signals
    -------
    moved
        Something of this is another.
    ended
        It will not move again.
    """

    moved = Signal()
    ended = Signal()
    #: What is made.
    NOUN = "film"

    def __init__(self, take: Take, order: Order, out: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.out, self.order = out, order
        self.state = "waiting"
        self.phase = ""
        self.done = self.encoded = self.of = self.size = 0
        self.seconds_left: float | None = None
        self.sentence = ""
        self._take = take.hold()
        self._take.finished.connect(self._recorded)
        self._process: QProcess | None = None
        self._line = b""
        self._errors = b""
        self._whole = False  # whether the film is under its name
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._kill)

    @property
    def over(self) -> bool:
        """Whether it will not move again."""
        return self.state in ("saved", "failed", "cancelled")

    @property
    def pid(self) -> int:
        """The number of its process; 0 without one."""
        return int(self._process.processId()) if self._process is not None else 0

    def start(self) -> None:
        """Begin: with the run's file, if that is not there yet."""
        self.state, self.phase = "running", "saving"
        if self._take.written:
            self._recorded()
        else:
            self._take.need()
            self.moved.emit()

    @Slot()
    def _recorded(self) -> None:
        """Begin the film: the run's file is there, or cannot be."""
        if self.state != "running" or self._process is not None:
            return
        try:
            if self._take.sentence:
                raise ParamError(self._take.sentence)
            wishes = self._wishes(self._take)
        except (ParamError, OSError) as error:
            self._end("failed", str(error))
            return
        program, *arguments = command()
        arguments += [*wishes, "--out", str(self.out), "--progress"]
        arguments += ["--font", QGuiApplication.font().family()]
        self._process = process = QProcess(self)
        process.setProcessEnvironment(environment())
        process.setProgram(program)
        process.setArguments(arguments)
        process.readyReadStandardOutput.connect(self._heard)
        process.readyReadStandardError.connect(self._complained)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._erred)
        self.phase = ""
        process.start()
        process.closeWriteChannel()
        self.moved.emit()

    def _wishes(self, take: Take) -> list[str]:
        """Return the command that makes it of a run, all but how it is told and where it goes."""
        written = take.beside(f"{id(self):x}.toml")
        self.order.write(written)
        return ["film", str(take.path), "--order", str(written)]

    @Slot()
    def cancel(self) -> None:
        """Call it off: nothing is left of it."""
        if self.state == "waiting" or (self.state == "running" and self._process is None):
            self._end("cancelled")
        elif self.state == "running" and self.phase != "cancelling" and self._process is not None:
            self.phase = "cancelling"
            if sys.platform == "win32":
                self._process.kill()  # there is no polite way to a process without a window
            else:
                self._process.terminate()
                self._patience.start()
            self.moved.emit()

    def cancel_and_wait(self) -> None:
        """Call it off, and return when its process is gone: a few seconds at most."""
        self.cancel()
        process = self._process
        if process is not None and not self.over and not process.waitForFinished(PATIENCE_MS):
            process.kill()
            process.waitForFinished(PATIENCE_MS)

    @Slot()
    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    # ---- the process speaks -------------------------------------------------------------------

    @Slot()
    def _heard(self) -> None:
        if self._process is None:
            return
        *lines, self._line = (
            self._line + bytes(self._process.readAllStandardOutput().data())
        ).split(b"\n")
        for line in lines:
            try:
                told = json.loads(line)
            except ValueError:
                continue  # a library's own words
            if isinstance(told, dict):
                self._take_in(told)
        if lines:
            self.moved.emit()

    def _take_in(self, told: dict[str, Any]) -> None:
        if "error" in told:
            self.sentence = str(told["error"])
        elif "file" in told:
            self._whole = True
            self.size = int(told.get("bytes") or 0)
            self.sentence = str(told.get("warning") or "")
        elif "done" in told:
            self.done = int(told["done"])
            self.encoded = int(told.get("encoded") or 0)
            self.of = int(told.get("of") or 0)
            left = told.get("seconds_left")
            self.seconds_left = None if left is None else float(left)
            if self.phase != "cancelling":
                self.phase = str(told.get("phase") or "")

    @Slot()
    def _complained(self) -> None:
        if self._process is not None:
            words = self._errors + bytes(self._process.readAllStandardError().data())
            self._errors = words[-LAST_WORDS:]

    @Slot()
    def _erred(self) -> None:
        process = self._process
        if process is not None and process.error() == QProcess.ProcessError.FailedToStart:
            self._end("failed", f"The {self.NOUN} could not be begun: {process.errorString()}.")

    @Slot(int, QProcess.ExitStatus)
    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._heard()
        self._complained()
        if self._whole and code == 0:
            self._end("saved", self.sentence)
        elif self.phase == "cancelling":
            self._end("cancelled")
        elif self.sentence:
            self._end("failed", self.sentence)
        else:
            self._end(
                "failed", f"{self._last_words(code, status)} Nothing of the {self.NOUN} is left."
            )

    def _last_words(self, code: int, status: QProcess.ExitStatus) -> str:
        if status == QProcess.ExitStatus.CrashExit:
            try:
                cause = f" ({signal.Signals(code).name})" if code else ""
            except ValueError:
                cause = ""
            return f"The process that made the {self.NOUN} was ended{cause}."
        lines = self._errors.decode("utf-8", "replace").strip().splitlines()
        said = lines[-1].removeprefix("ganviz: ").rstrip(".") if lines else f"exit code {code}"
        return f"The {self.NOUN} could not be made: {said}."

    def _end(self, state: str, sentence: str = "") -> None:
        if self.over:
            return
        self._patience.stop()
        self.state, self.phase, self.sentence = state, "", sentence
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
            parts.sweep(self.out.parent)  # what a process that was killed could not put away
        self._take.let_go()
        self.moved.emit()
        self.ended.emit()


class Queue(QObject):
    """Films to be made, one at a time.

    Signals
    -------
    added (Filming)
        One more is to be made.
    """

    added = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.films: list[Filming] = []

    @property
    def busy(self) -> bool:
        """Whether a film is in the making, or waits."""
        return any(not film.over for film in self.films)

    def add(self, take: Take, order: Order, out: Path) -> Filming:
        """Have a film made of a recorded run, when those before it are done."""
        return self.put(Filming(take, order, out, self))

    def put(self, film: Filming) -> Filming:
        """Have it made when those before it are done."""
        film.setParent(self)
        film.ended.connect(self._turn)
        self.films.append(film)
        self.added.emit(film)
        self._turn()
        return film

    def cancel_and_wait(self) -> None:
        """Call everything off, and return when no process is left."""
        for film in reversed(self.films):
            film.cancel_and_wait()

    @Slot()
    def _turn(self) -> None:
        self.films = [film for film in self.films if not film.over]
        if self.films and self.films[0].state == "waiting":
            self.films[0].start()
