"""Reports from the window: by a process of their own, of the run as it was then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.presets import find
from ganviz.window.filmrows import progress_words
from ganviz.window.mainwindow import MainWindow
from ganviz.window.reports import FOLDER


@pytest.fixture
def real(qtbot: QtBot, app: QApplication, store: QSettings) -> Iterator[MainWindow]:
    made = MainWindow(find("saddle-two-numbers"), store=store)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: step_of(made) > 30)
    yield made
    made.leave_now()


def step_of(window: MainWindow) -> int:
    return window.scene.frames[0].step if window.scene.frames else 0


def test_a_hand_out_is_made_while_the_run_goes_on(
    qtbot: QtBot, real: MainWindow, tmp_path: Path
) -> None:
    real.menus.actions["hand-out"].trigger()
    assert real.reports is not None
    assert real.export is not None
    dialog, queue = real.reports.dialog, real.export.queue
    assert dialog is not None
    assert dialog.windowTitle() == "Save hand-out"
    made = []
    queue.added.connect(made.append)
    dialog.fileSelected.emit(str(tmp_path / "saddle.d"))
    qtbot.waitUntil(lambda: bool(made))
    out = tmp_path / "saddle.d.html"
    assert made[0].out == out
    assert "saddle.d.html" in progress_words(made[0])
    before = step_of(real)
    qtbot.waitUntil(lambda: made[0].over, timeout=120_000)
    assert made[0].state == "saved", made[0].sentence
    assert step_of(real) > before
    text = out.read_text("utf-8")
    assert "Hand-out of a training run" in text
    assert "run.ganviz" not in text
    row = real.export.rows.rows[-1]
    assert row.words.text().startswith(f"Hand-out saved as {out}")
    assert real.store.value(FOLDER) == str(tmp_path)
    assert not list(tmp_path.glob(".*"))


def test_a_report_that_cannot_be_written_says_why(
    qtbot: QtBot, real: MainWindow, tmp_path: Path
) -> None:
    real.menus.actions["report"].trigger()
    assert real.reports is not None
    assert real.export is not None
    made = []
    real.export.queue.added.connect(made.append)
    real.reports.make(tmp_path / "nowhere" / "a.pdf", False)
    qtbot.waitUntil(lambda: bool(made) and made[0].over, timeout=120_000)
    assert made[0].state == "failed"
    assert "there is no folder" in made[0].sentence
