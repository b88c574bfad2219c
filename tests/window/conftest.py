"""A window on a host that only writes down what it is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

import pytest
from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.engine import Engine
from ganviz.frame import Frame, Reel, Wants
from ganviz.host import WANTS, Latest
from ganviz.presets import find
from ganviz.settings import Settings
from ganviz.window.main import MainWindow, application


class FakeHost(QObject):
    """Has the face of EngineThread; ``calls`` holds (name, argument) of all that was asked."""

    ready = Signal()
    journalled = Signal(int, str)
    adopted = Signal(object)
    refused = Signal(str)
    troubled = Signal(str)
    playing_changed = Signal(bool)
    failed = Signal(str)
    waiting = Signal(str)
    lacking = Signal(str)
    tape_ready = Signal()
    tape_taken = Signal()
    put_aside = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.reel = Reel()
        self.tapes: Latest[Any] = Latest()
        self.frames: Latest[tuple[Frame, ...]] = Latest()
        self.calls: list[tuple[str, Any]] = []
        self.wanted = 0
        self.wants = Wants()  # as last asked for
        self.playing = False
        self.speed = inf
        self.ended = False
        self.turn = False  # whether the window has it
        self.frame_at = self.made_in = self.pace = 0.0
        self.bound = False

    def _note(self, name: str, value: Any = None) -> None:
        self.calls.append((name, value))

    def asked(self, name: str) -> list[Any]:
        """The arguments of all calls of that name."""
        return [value for each, value in self.calls if each == name]

    def listen(self, clock: Any) -> None:
        self._note("listen", clock)

    def play(self) -> None:
        self._note("play")
        self.playing = True
        self.playing_changed.emit(True)

    def pause(self) -> None:
        self._note("pause")
        self.playing = False
        self.playing_changed.emit(False)

    def step(self, rounds: int = 1) -> None:
        self._note("step", rounds)

    def next_phase(self) -> None:
        self._note("next_phase")
        self.playing = False

    def step_player(self, player: str) -> None:
        self._note("step_player", player)

    def reset(self) -> None:
        self._note("reset")

    def new_seed(self) -> None:
        self._note("new_seed")

    def open(self, settings: Settings, text: str = "opened", script: Any = ()) -> None:
        self._note("open", settings)
        self.script = tuple(script)

    def predict(self, prediction: Any) -> None:
        self._note("predict", prediction)

    def end_script(self) -> None:
        self._note("end_script")

    def seek(self, branch: int, step: int) -> None:
        self._note("seek", (branch, step))

    def to_end(self) -> None:
        self._note("to_end")

    def cancel_seek(self) -> None:
        self._note("cancel_seek")

    def undo(self) -> None:
        self._note("undo")

    def redo(self) -> None:
        self._note("redo")

    def branch_here(self) -> None:
        self._note("branch_here")

    def bookmark(self, note: str = "", at: tuple[int, int] | None = None) -> None:
        self._note("bookmark", (note, at))

    def unbookmark(self, branch: int, step: int) -> None:
        self._note("unbookmark", (branch, step))

    def compare(self, variants: Any) -> None:
        self._note("compare", variants)

    def beside(self, branch: int) -> None:
        self._note("beside", branch)

    def drive(self, lane: str) -> None:
        self._note("drive", lane)

    def alone(self) -> None:
        self._note("alone")

    def open_tape(self, tape: Any, place: Any = None) -> None:
        self._note("open_tape", (tape, place))

    def saved(self, tape: Any) -> None:
        self._note("saved", tape)

    def set_budget(self, budget: int) -> None:
        self._note("set_budget", budget)

    def want_tape(self) -> None:
        self._note("want_tape")

    def change(self, values: Mapping[str, Any]) -> None:
        self._note("change", dict(values))

    def go_back(self) -> None:
        self._note("go_back")

    def set_speed(self, speed: float) -> None:
        self.speed = speed
        self._note("set_speed", speed)

    def want_frame(self, wants: Wants = WANTS) -> None:
        self.wanted += 1
        self.wants = wants

    def take_turn(self) -> None:
        self.turn = True

    def give_turn(self) -> None:
        self.turn = False

    def rate(self) -> float:
        return 0.0

    def start(self) -> None:
        self._note("start")

    def isRunning(self) -> bool:
        return False

    def stop(self) -> bool:
        self.ended = True
        return True


@pytest.fixture
def app(qapp: QApplication) -> QApplication:
    made = application()
    made.setStyleSheet("")  # so that building a window is as quick as at a real start
    return made


@pytest.fixture
def store(tmp_path: Any) -> QSettings:
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def host() -> FakeHost:
    return FakeHost()


@pytest.fixture
def window(
    qtbot: QtBot, app: QApplication, host: FakeHost, store: QSettings
) -> Iterator[MainWindow]:
    made = MainWindow(find("saddle-networks"), host, store)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.setWindowState(Qt.WindowState.WindowNoState)
    made.resize(1280, 800)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    host.ready.emit()
    QApplication.processEvents()
    host.calls.clear()
    yield made
    made.close()


@pytest.fixture(scope="session")
def frame() -> Frame:
    engine = Engine(find("saddle-networks").settings)
    engine.step(3)
    engine.change({"train.k": 2})
    engine.step(2)
    return engine.frame()
