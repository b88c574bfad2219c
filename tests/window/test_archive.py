"""Run files in the window: saved, opened in every way, remembered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFileOpenEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from ganviz.cli import open_application
from ganviz.engine import Engine
from ganviz.presets import find
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.tape import Tape, runfile
from ganviz.tape.lane import Lane
from ganviz.window.main import MainWindow, Opener
from ganviz.window.recent import MOST, Recent

SMALL = Settings.of(
    {"train.batch": 16, "generator.hidden": [8], "discriminator.hidden": [8], "train.k": 2}
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 60 steps with a change, a branch and a bookmark, standing at step 40 of A."""
    tape = Tape()
    lane = Lane(tape, SMALL)
    lane.step(30)
    lane.change({"optim.lr_d": 0.004})
    lane.step(30)
    lane.seek(tape.place(0, 20))
    lane.fork()
    lane.step(5)
    tape.bookmark(tape.place(0, 50), "look here")
    lane.seek(tape.place(0, 40))
    path = tmp_path_factory.mktemp("runs") / "lecture.ganviz"
    runfile.write(path, tape, lane.place)
    return path


@pytest.fixture
def live(qtbot: QtBot, app: QApplication, store: QSettings) -> Iterator[MainWindow]:
    made = MainWindow(find("dirac"), store=store)
    qtbot.addWidget(made)
    with qtbot.waitHost(made.host.ready):
        made.show()
    yield made
    made.close()


def stands(qtbot: QtBot, window: MainWindow, branch: int, step: int, branches: int) -> None:
    def there() -> bool:
        reel = window.timeline.reel
        return reel.lanes[:1] == ((branch, step),) and len(reel.stretches) == branches

    qtbot.waitUntil(there)


def test_a_file_is_opened_where_it_stood_and_goes_on(
    live: MainWindow, qtbot: QtBot, file: Path
) -> None:
    live.files.open_path(str(file))
    stands(qtbot, live, 0, 40, 2)
    assert not live.host.playing
    assert live.timeline.reel.bookmarks[0].note == "look here"
    qtbot.waitUntil(lambda: live.desk.settings.optim.lr_d == 0.004)
    assert live.desk.settings.train.k == 2
    qtbot.waitUntil(lambda: bool(live.scene.frames) and live.scene.frames[0].step == 40)
    engine = Engine(SMALL)
    engine.step(30)
    engine.change({"optim.lr_d": 0.004})
    engine.step(10)
    assert live.scene.frames[0].trace.at(40, "loss_d") == engine.trace.at(40, "loss_d")
    live.run.step()
    stands(qtbot, live, 0, 41, 2)
    assert live.recent.paths == [str(file)]


def test_a_run_is_saved_and_read_again(live: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    live.host.pause()
    qtbot.waitUntil(lambda: not live.host.playing)
    live.host.bookmark("here")
    qtbot.waitUntil(lambda: bool(live.timeline.reel.bookmarks))
    target = tmp_path / "mine.ganviz"
    live.files.run_wanted.emit(str(target))
    qtbot.waitUntil(lambda: "Run saved" in live.footer.said)
    assert not live.bar.text  # no picture moves for it
    run = runfile.read(target)
    assert run.tape.bookmarks[0].note == "here"
    assert run.place.step == live.timeline.reel.lanes[0][1]
    assert run.look == live.scene.look
    assert live.recent.paths == [str(target)]


def test_a_run_is_saved_though_the_window_is_closed_at_once(
    live: MainWindow, tmp_path: Path
) -> None:
    target = tmp_path / "last.ganviz"
    live.files.run_wanted.emit(str(target))
    live.close()
    assert runfile.read(target).tape.branches


def test_a_file_that_cannot_be_written_is_told(live: MainWindow, qtbot: QtBot) -> None:
    live.files.run_wanted.emit("/nowhere/at/all/mine.ganviz")
    qtbot.waitUntil(lambda: "cannot be written" in live.bar.text)


def test_a_damaged_file_is_refused_and_the_run_goes_on(
    live: MainWindow, qtbot: QtBot, file: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.ganviz"
    broken.write_bytes(file.read_bytes()[:-300])
    live.files.open_path(str(broken))
    qtbot.waitUntil(lambda: "broken.ganviz" in live.bar.text)
    assert not live.recent.paths
    qtbot.waitUntil(lambda: len(live.timeline.reel.stretches) == 1)


def test_the_window_does_not_wait_for_a_large_file(
    live: MainWindow, qtbot: QtBot, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, ready = runfile.read, threading.Event()

    def slowly(path: str) -> runfile.Run:
        assert ready.wait(60)  # in vain, if the window were to wait for this
        return read(path)

    monkeypatch.setattr(runfile, "read", slowly)
    live.files.open_path(str(file))
    ready.set()
    stands(qtbot, live, 0, 40, 2)


def test_a_file_is_dropped_on_the_window(live: MainWindow, qtbot: QtBot, file: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, mime, left, none)
    QApplication.sendEvent(live, enter)
    assert enter.isAccepted()
    drop = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, mime, left, none)
    QApplication.sendEvent(live, drop)
    stands(qtbot, live, 0, 40, 2)


def test_a_window_may_begin_with_a_file(
    qtbot: QtBot, app: QApplication, store: QSettings, file: Path
) -> None:
    window = MainWindow(find("dirac"), store=store, first=str(file))
    qtbot.addWidget(window)
    window.show()
    stands(qtbot, window, 0, 40, 2)
    assert not window.host.playing
    window.close()


def test_the_system_tells_of_a_double_click(qtbot: QtBot, app: QApplication) -> None:
    opener = Opener()
    found: list[str] = []
    opener.wanted.connect(found.append)
    app.installEventFilter(opener)
    QApplication.sendEvent(app, QFileOpenEvent("/runs/lecture.ganviz"))
    app.removeEventFilter(opener)
    assert found == ["/runs/lecture.ganviz"]


def test_the_command_line_opens_a_run(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    launched: list[str] = []

    def launch(preset: object, first: str, *others: object) -> int:
        launched.append(first)
        return 0

    monkeypatch.setattr("ganviz.window.main.launch", launch)
    assert open_application(str(file)) == 0
    assert launched == [str(file)]
    with pytest.raises(ParamError, match="brings its own settings"):
        open_application(str(file), set_=["train.k=2"])
    with pytest.raises(ParamError, match="no such file"):
        open_application("/nowhere/lecture.ganviz")
    assert len(launched) == 1


def test_recent_files_are_few_and_each_once(store: QSettings, qtbot: QtBot) -> None:
    menu = QMenu("Open recent")
    qtbot.addWidget(menu)
    recent = Recent(store, menu)
    recent.fill(menu)
    assert not menu.menuAction().isEnabled()
    for number in range(MOST + 3):
        recent.add(f"/runs/{number}, x.ganviz")
    recent.add("/runs/5, x.ganviz")
    assert len(recent.paths) == MOST
    assert recent.paths[0] == "/runs/5, x.ganviz"
    assert len(set(recent.paths)) == MOST
    menu.aboutToShow.emit()
    found: list[str] = []
    recent.chosen.connect(found.append)
    menu.actions()[1].trigger()
    assert found == ["/runs/12, x.ganviz"]
    assert Recent(store, menu).paths == recent.paths
    menu.actions()[-1].trigger()
    assert recent.paths == []


def test_a_recent_file_that_is_gone_is_told_and_forgotten(window: MainWindow) -> None:
    window.recent.add("/nowhere/lecture.ganviz")
    window.recent.chosen.emit("/nowhere/lecture.ganviz")
    assert "lecture.ganviz" in window.bar.text
    assert "no such file" in window.bar.text
    assert window.recent.paths == []


def test_an_opened_preset_file_is_remembered(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('name = "own"\n', "utf-8")
    window.files.save_settings(str(path))
    window.files.open_path(str(path))
    assert window.recent.paths == [str(path)]
