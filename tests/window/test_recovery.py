"""A run whose process was killed is offered again at the next start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
from patience import at_rest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.presets import find
from ganviz.tape import recovery
from ganviz.window.archive import when
from ganviz.window.main import MainWindow


def killed(home: Path) -> Path:
    """Run the application, kill it without warning while it trains; return its recordings."""
    places = {"HOME": home, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home}
    environment = os.environ | {name: str(path) for name, path in places.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "ganviz", "--preset", "dirac"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            logs = list(home.rglob("log"))
            if logs and logs[0].stat().st_size > 20_000:
                break
            assert process.poll() is None
            time.sleep(0.1)
        else:
            raise AssertionError("nothing was recorded")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return logs[0].parent.parent


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_a_killed_run_is_offered_and_goes_on(
    qtbot: QtBot, app: QApplication, store: QSettings, tmp_path: Path
) -> None:
    root = killed(tmp_path / "home")
    (left,) = recovery.found(root)
    assert left.steps > 20
    window = MainWindow(find("ring"), store=store, recording=root)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: "ended unexpectedly" in window.bar.text)
    assert f"{left.steps:,} steps, today" in window.bar.text
    assert left.title in window.bar.text
    QTest.mouseClick(window.bar.buttons["Open"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.timeline.reel.lanes[:1] == ((0, left.steps),))
    assert not window.host.playing
    qtbot.waitUntil(lambda: window.desk.settings == find("dirac").settings)
    qtbot.waitUntil(lambda: not left.folder.exists())
    window.close()
    last = recovery.found(root)[0]  # it was written anew, and is not saved
    assert (last.title, last.steps, last.closed) == (left.title, left.steps, True)


def opened(qtbot: QtBot, store: QSettings, root: Path, first: str = "") -> MainWindow:
    window = MainWindow(find("dirac"), store=store, recording=root, first=first)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: bool(window.scene.frames))
    return window


def played(qtbot: QtBot, window: MainWindow, more: int = 5) -> int:
    """Play some steps, and return where the run stands then."""
    began = window.scene.frames[0].step
    window.host.play()
    qtbot.waitUntil(lambda: window.scene.frames[0].step > began + more)
    window.host.pause()
    step = at_rest(qtbot, window.host)
    qtbot.waitUntil(lambda: window.timeline.reel.lanes[0][1] == step)
    return step


def entries(window: MainWindow) -> list[str]:
    menu = window.recent.menu
    assert menu is not None
    menu.aboutToShow.emit()
    return [action.text() for action in menu.actions() if action.text()]


def test_the_last_run_stands_among_the_recent_files(
    qtbot: QtBot, app: QApplication, store: QSettings, tmp_path: Path
) -> None:
    root = tmp_path / "recovery"
    first = opened(qtbot, store, root)
    first.host.bookmark("here")
    steps = played(qtbot, first)
    first.close()
    (left,) = recovery.found(root)
    assert left.closed
    second = opened(qtbot, store, root)
    qtbot.waitUntil(lambda: bool(second.recent.last))
    assert not second.bar.text  # nobody was surprised, and nothing is asked
    (entry,) = entries(second)
    assert entry.startswith(f"The last run: {left.title}, {steps:,} steps, today ")
    menu = second.recent.menu
    assert menu is not None
    assert menu.menuAction().isEnabled()
    played(qtbot, second)
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: bool(second.timeline.reel.bookmarks))
    assert second.timeline.reel.lanes[:1] == ((0, steps),)
    # What was shown until then is the last run now, and what was opened is written anew.
    qtbot.waitUntil(lambda: not left.folder.exists())
    qtbot.waitUntil(lambda: bool(second.recent.last))
    second.close()
    third = opened(qtbot, store, root)
    qtbot.waitUntil(lambda: bool(third.recent.last))
    assert f"{steps:,} steps" in third.recent.last
    # Those before the last one go.
    qtbot.waitUntil(lambda: len(list(root.iterdir())) == 2)
    third.close()


def test_what_a_file_holds_is_not_kept_besides(
    qtbot: QtBot, app: QApplication, store: QSettings, tmp_path: Path
) -> None:
    root, file = tmp_path / "recovery", tmp_path / "mine.ganviz"
    first = opened(qtbot, store, root)
    steps = played(qtbot, first)
    first.files.run_wanted.emit(str(file))
    qtbot.waitUntil(file.exists)
    first.close()
    assert not list(root.iterdir())
    second = opened(qtbot, store, root, first=str(file))
    qtbot.waitUntil(lambda: second.timeline.reel.lanes[:1] == ((0, steps),))
    second.close()
    assert not list(root.iterdir())  # the file as it is, and before it a run without a step
    third = opened(qtbot, store, root, first=str(file))
    qtbot.waitUntil(lambda: third.timeline.reel.lanes[:1] == ((0, steps),))
    further = played(qtbot, third)
    third.close()
    (left,) = recovery.found(root)
    assert left.steps == further > steps


def test_a_recording_can_be_discarded(
    qtbot: QtBot, app: QApplication, store: QSettings, tmp_path: Path
) -> None:
    first = MainWindow(find("dirac"), store=store, recording=tmp_path)
    qtbot.addWidget(first)
    first.show()
    qtbot.waitUntil(lambda: any(f.step > 5 for f in first.scene.frames))
    recording = first.host._recording
    assert recording is not None
    first.host.pause()
    first.host._root = None  # as if the process were gone
    at_rest(qtbot, first.host)
    first.host._recording = None
    recording.leave()
    first.close()
    second = MainWindow(find("dirac"), store=store, recording=tmp_path)
    qtbot.addWidget(second)
    second.show()
    qtbot.waitUntil(lambda: "ended unexpectedly" in second.bar.text)
    QTest.mouseClick(second.bar.buttons["Discard"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not recording.folder.exists())
    assert not second.bar.text
    second.close()


def test_moments_as_people_say_them() -> None:
    now = datetime(2026, 5, 3, 12, 0)
    assert when(datetime(2026, 5, 3, 9, 5), now) == "today 9:05"
    assert when(datetime(2026, 5, 2, 18, 4), now) == "yesterday 18:04"
    assert when(datetime(2026, 4, 20, 18, 4), now) == "20 April 18:04"
    assert when(datetime(2024, 4, 20, 18, 4), now) == "20 April 2024 18:04"
