"""What every test stands on: no display, settings in a temporary folder, nothing left behind."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))  # for patience

import pytest
import torch
from patience import PatientBot
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, QStandardPaths, Qt, QThread
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def _settings_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the tests' window settings and files away from the user's own."""
    folder = str(tmp_path_factory.mktemp("qsettings"))
    for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
        QSettings.setPath(QSettings.Format.IniFormat, scope, folder)
    QStandardPaths.setTestModeEnabled(True)


@pytest.fixture(autouse=True)
def _nothing_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a thread running; delete its widgets before the next test."""
    started: list[QThread] = []
    start = QThread.start

    def remember(thread: QThread, *args: object) -> None:
        started.append(thread)
        start(thread, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(QThread, "start", remember)
    yield
    running = [thread for thread in started if thread.isRunning()]
    for thread in running:
        thread.requestInterruption()
        thread.wait(5000)
    if QApplication.instance() is not None:
        _release()
        for widget in QApplication.topLevelWidgets():
            widget.close()
            widget.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.enable()
    assert not running, f"{len(running)} thread(s) were left running"


def _release() -> None:
    """Let go of the mouse: a double click of QTest ends with the button down, for the whole run."""
    for button in Qt.MouseButton:
        if button & QGuiApplication.mouseButtons():
            anywhere = QWidget()
            QTest.mouseRelease(anywhere, button)
            anywhere.deleteLater()


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> PatientBot:
    """pytest-qt's, with a patience for machines that have other things to do."""
    return PatientBot(request)


@pytest.fixture
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return Path(__file__).resolve().parents[1]
