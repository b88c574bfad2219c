"""The whole application, through the real widgets, with the real host and trainer."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from patience import at_rest, timers
from PySide6.QtCore import QObject, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.frame import Frame
from ganviz.presets import find
from ganviz.window.fields import ChoiceField
from ganviz.window.main import MainWindow
from ganviz.window.number import NumberField
from ganviz.window.upkeep import Garbage, LastWords, Terminal


def test_the_window_trains_and_every_knob_takes_effect(
    qtbot: QtBot, app: QApplication, store: QSettings
) -> None:
    window = MainWindow(find("saddle-networks"), store=store)
    qtbot.addWidget(window)
    window.setWindowState(Qt.WindowState.WindowNoState)
    window.resize(1280, 800)
    window.show()
    frames: list[Frame] = []
    window.pump.arrived.connect(lambda shown: frames.append(shown[0]))

    def trained(more: int) -> None:
        start = frames[-1].step if frames else 0
        qtbot.waitUntil(lambda: bool(frames) and frames[-1].step >= start + more)

    # It plays by itself as soon as PyTorch is there; the mouse pauses and plays.
    trained(3)
    play = window.transport.play
    with qtbot.waitHost(window.host.playing_changed):
        QTest.mouseClick(play, Qt.MouseButton.LeftButton)
    assert not window.host.playing
    still = at_rest(qtbot, window.host)
    qtbot.waitUntil(lambda: frames[-1].step == still)  # painting may take its time
    timers(150)
    assert at_rest(qtbot, window.host) == frames[-1].step == still
    with qtbot.waitHost(window.host.playing_changed):
        QTest.mouseClick(play, Qt.MouseButton.LeftButton)
    trained(3)

    # k by the knob's stepper, a learning rate by typing, the loss by the keyboard.
    knobs = window.knobs.knobs
    with qtbot.waitHost(window.host.adopted):
        QTest.mouseClick(knobs["train.k"].steppers[1], Qt.MouseButton.LeftButton)
    rate = knobs["optim.lr_g"].field
    assert isinstance(rate, NumberField)
    edit = rate.box.lineEdit()
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "3e-4")
    with qtbot.waitHost(window.host.adopted):
        QTest.keyClick(edit, Qt.Key.Key_Return)
    loss = window.panel.rows["loss.kind"].field
    assert isinstance(loss, ChoiceField)
    loss.box.setFocus()
    with qtbot.waitHost(window.host.adopted):
        QTest.keyClick(loss.box, Qt.Key.Key_Down)
        loss.box.activated.emit(loss.box.currentIndex())
    trained(5)
    window.host.pause()
    still = at_rest(qtbot, window.host)
    qtbot.waitUntil(lambda: frames[-1].step == still)

    last = frames[-1]
    said = [mark.text for mark in last.marks]
    assert said == [
        "train.k 1 → 2",
        "optim.lr_g 0.001 → 0.0003",
        "loss.kind non-saturating → least-squares",
    ]
    assert all(0 < mark.step < last.step for mark in last.marks)
    assert "k = 2" in last.title
    assert "least" in last.title
    # The change is in force from the very next step: least squares stays near its own range.
    after = last.trace.column("loss_g")[last.marks[-1].step :]
    assert len(after) == last.step - last.marks[-1].step
    assert np.isfinite(after).all()
    assert window.desk.settings.optim.lr_g == 3e-4
    assert window.panel.rows["optim.lr_g"].field.value == 3e-4
    assert window.footer.news.endswith("loss.kind non-saturating → least-squares")

    # A new game: everything follows.
    with qtbot.waitHost(window.host.adopted):
        QTest.keyClick(window.stage, Qt.Key.Key_4)
    qtbot.waitUntil(lambda: frames[-1].dim == 2)
    assert window.desk.settings == find("ring").settings
    assert not window.panel.rows["data.modes"].isHidden()

    window.close()
    assert window.host.isFinished()


def test_it_can_be_closed_while_it_is_still_loading(
    qtbot: QtBot, app: QApplication, store: QSettings
) -> None:
    window = MainWindow(find("ring"), store=store)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(window.host.isRunning)
    window.close()
    assert window.host.isFinished()


class Cycle(QObject):
    """Garbage that can only be collected, and writes down which thread did it."""

    ended: list[int] = []  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.me = self

    def __del__(self) -> None:
        Cycle.ended.append(threading.get_ident())


def test_garbage_ends_in_the_window_s_thread(qtbot: QtBot, app: QApplication) -> None:
    garbage = Garbage()
    garbage.EVERY_MS = 10  # type: ignore[misc]
    garbage._timer.setInterval(10)
    garbage.start()
    try:
        assert not gc.isenabled()
        Cycle.ended.clear()
        for _ in range(50):
            Cycle()
        junk: list[list[object]] = []

        def work() -> None:
            for _ in range(20_000):
                each: list[object] = []
                each.append(each)
                junk.append(each)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert Cycle.ended == []
        qtbot.waitUntil(lambda: len(Cycle.ended) == 50)
        assert set(Cycle.ended) == {threading.get_ident()}
    finally:
        garbage.stop()
    assert gc.isenabled()


def test_nothing_is_collected_before_what_start_up_makes_is_there(
    qtbot: QtBot, app: QApplication
) -> None:
    garbage = Garbage()
    garbage._timer.setInterval(10)
    Cycle.ended.clear()
    garbage.take()
    try:
        Cycle()
        early: list[list[object]] = [[] for _ in range(20_000)]
        qtbot.wait(50)
        assert not gc.isenabled()
        assert Cycle.ended == []
        frozen = gc.get_freeze_count()
        garbage.freeze()
        assert gc.get_freeze_count() >= frozen + len(early)
        for _ in range(20_000):
            Cycle()
        qtbot.waitUntil(lambda: len(Cycle.ended) == 20_000)
    finally:
        garbage.stop()
    assert gc.get_freeze_count() == 0
    assert gc.isenabled()
    gc.collect()


def test_a_polite_kill_is_heard_too(qtbot: QtBot, app: QApplication) -> None:
    before = signal.getsignal(signal.SIGTERM)
    terminal = Terminal()
    try:
        with qtbot.waitSignal(terminal.asked) as heard:
            signal.raise_signal(signal.SIGTERM)
        assert heard.args == [signal.SIGTERM]
    finally:
        terminal.stop()
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_unforeseen_error_is_said_and_not_died_of(
    qtbot: QtBot, app: QApplication, caplog: pytest.LogCaptureFixture
) -> None:
    words = LastWords()
    try:
        with qtbot.waitSignal(words.said) as heard:
            try:
                raise ValueError("a strange thing")
            except ValueError as error:
                sys.excepthook(type(error), error, error.__traceback__)
        assert heard.args is not None
        assert "ValueError: a strange thing" in heard.args[0]
    finally:
        words.stop()


STARTED = """
import os, sys, threading
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PySide6.QtCore import QSettings, QTimer
for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
    QSettings.setPath(QSettings.Format.IniFormat, scope, sys.argv[1])
from ganviz.host import EngineThread
from ganviz.presets import find
from ganviz.window.main import launch
heavy = [m for m in ("torch", "scipy", "ganviz.engine") if m in sys.modules]
assert not heavy, heavy
start = EngineThread.start
def begin(host):
    assert "torch" not in sys.modules
    print("window up", flush=True)
    start(host)
EngineThread.start = begin
sys.exit(launch(find("saddle-two-numbers")))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are sent another way there")
def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", STARTED, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "window up\n", child.communicate()[1]
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=60)
    finally:
        child.kill()
    assert child.returncode == 130, errors
    assert "Traceback" not in errors
