"""The window on a real host: to and fro on the tape, by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from patience import at_rest
from PySide6.QtCore import QPointF, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog
from pytestqt.qtbot import QtBot

from ganviz.frame import Reel
from ganviz.presets import Preset, find
from ganviz.window.compare import Compare
from ganviz.window.main import MainWindow

_Key, _Mod = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def preset() -> Preset:
    return replace(find("dirac"), speed=5.0)


@pytest.fixture
def live(qtbot: QtBot, app: QApplication, store: QSettings, preset: Preset) -> Iterator[MainWindow]:
    """A window whose run has taken 200 steps and pauses there."""
    made = MainWindow(preset, store=store)
    qtbot.addWidget(made)
    made.setWindowState(Qt.WindowState.WindowNoState)
    made.resize(1280, 800)
    with qtbot.waitHost(made.host.ready):
        made.show()
    made.activateWindow()
    made.host.pause()
    made.host.step(200 - at_rest(qtbot, made.host))
    shown(qtbot, made, lambda reel: reel.lanes and reel.lanes[0][1] == 200)
    yield made
    made.close()


def shown(qtbot: QtBot, window: MainWindow, wanted: Callable[[Reel], object]) -> Reel:
    """Wait until the timeline shows such a reel."""
    qtbot.waitUntil(lambda: bool(wanted(window.timeline.reel)))
    return window.timeline.reel


def press(window: MainWindow, key: Qt.Key, held: Qt.KeyboardModifier = _Mod.NoModifier) -> None:
    QTest.keyClick(window.focusWidget() or window.stage, key, held)
    QApplication.processEvents()


def step_of(window: MainWindow) -> int:
    return window.timeline.reel.lanes[0][1]


def test_a_drag_along_the_line_shows_the_moments_of_then(live: MainWindow, qtbot: QtBot) -> None:
    strip, left = live.timeline.strip, Qt.MouseButton.LeftButton

    def at(step: int) -> object:
        y = strip.y_of(0)
        assert y is not None
        return QPointF(strip.x_of(step), y).toPoint()

    QTest.mousePress(strip, left, _Mod.NoModifier, at(180))
    for step in range(170, 40, -10):
        QTest.mouseMove(strip, at(step))
        qtbot.wait(5)
    QTest.mouseRelease(strip, left, _Mod.NoModifier, at(50))
    goal = strip.here[1]
    assert abs(goal - 50) < 3
    shown(qtbot, live, lambda reel: reel.lanes[0][1] == goal)
    qtbot.waitUntil(lambda: live.scene.frames[0].step == goal)
    assert live.footer.status.startswith(f"On the tape: step {goal} of 200.")
    assert "along the tape" in live.transport.play.toolTip()
    assert len(live.timeline.reel.stretches) == 1  # looking back has begun nothing


def test_the_arrows_step_to_and_fro(live: MainWindow, qtbot: QtBot) -> None:
    live.stage.setFocus()
    press(live, _Key.Key_Left)
    shown(qtbot, live, lambda reel: reel.lanes[0][1] == 199)
    press(live, _Key.Key_Home)
    shown(qtbot, live, lambda reel: reel.lanes[0][1] == 0)
    press(live, _Key.Key_Right)
    shown(qtbot, live, lambda reel: reel.lanes[0][1] == 1)
    press(live, _Key.Key_End)
    shown(qtbot, live, lambda reel: reel.lanes[0][1] == 200)
    press(live, _Key.Key_Period)
    shown(qtbot, live, lambda reel: reel.lanes[0][1] == 201)
    assert not live.rewind.past


def test_taking_back_returns_the_run_and_the_panel_to_before_the_change(
    live: MainWindow, qtbot: QtBot
) -> None:
    undo, redo = live.menus.actions["undo"], live.menus.actions["redo"]
    before = live.desk.settings.optim.lr_d
    live.desk.wish({"optim.lr_d": before * 2})
    qtbot.waitUntil(lambda: live.desk.settings.optim.lr_d == before * 2)
    live.host.step(50)
    shown(qtbot, live, lambda reel: reel.lanes[0][1] == 250)
    assert undo.isEnabled()
    assert "lr_d" in undo.text()
    live.stage.setFocus()
    press(live, _Key.Key_Z, _Mod.ControlModifier)
    reel = shown(qtbot, live, lambda reel: reel.lanes[0][1] == 200)
    assert len(reel.stretches) == 2  # the abandoned future stays
    qtbot.waitUntil(lambda: live.desk.settings.optim.lr_d == before)
    for field in live.desk._fields["optim.lr_d"]:
        assert field.value in (before, None)
    qtbot.waitUntil(redo.isEnabled)
    press(live, _Key.Key_Z, _Mod.ControlModifier | _Mod.ShiftModifier)
    shown(qtbot, live, lambda reel: reel.lanes[0][1] == 250)
    qtbot.waitUntil(lambda: live.desk.settings.optim.lr_d == before * 2)


def test_a_text_that_is_being_typed_takes_back_by_itself(live: MainWindow, qtbot: QtBot) -> None:
    before = live.desk.settings.optim.lr_d
    live.desk.wish({"optim.lr_d": before * 2})
    qtbot.waitUntil(lambda: live.desk.settings.optim.lr_d == before * 2)
    shown(qtbot, live, lambda reel: "lr_d" in reel.undo)
    live.panel.complete()
    field = next(f for f in live.desk._fields["optim.lr_g"] if f.isVisibleTo(live))
    box = field.box  # type: ignore[attr-defined]
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "64")
    QTest.keyClick(box, _Key.Key_Z, _Mod.ControlModifier)
    assert box.lineEdit().text() != "64"
    assert live.desk.settings.optim.lr_d == before * 2
    QTest.keyClick(box, _Key.Key_Escape)
    QTest.keyClick(box, _Key.Key_Z, _Mod.ControlModifier)  # nothing is typed: it is the run's
    qtbot.waitUntil(lambda: live.desk.settings.optim.lr_d == before)


def test_another_future_begins_here_and_runs(live: MainWindow, qtbot: QtBot) -> None:
    live.stage.setFocus()
    assert not live.timeline.branch.isEnabled()
    live.timeline.hold_and_go(0, 80)
    shown(qtbot, live, lambda reel: reel.lanes[0] == (0, 80))
    press(live, _Key.Key_T)
    reel = shown(qtbot, live, lambda reel: reel.lanes[0][0] == 1 and reel.lanes[0][1] > 80)
    assert reel.stretches[1].first == 80
    assert live.host.playing
    live.host.pause()
    live.rewind.beside(0)
    shown(qtbot, live, lambda reel: len(reel.lanes) == 2)
    assert live.timeline.alone.isVisible()
    QTest.mouseClick(live.timeline.alone, Qt.MouseButton.LeftButton)
    shown(qtbot, live, lambda reel: len(reel.lanes) == 1)


def test_the_menu_of_a_branch_goes_there_and_branches_there(live: MainWindow, qtbot: QtBot) -> None:
    menu = live.rewind.menu(0, 120)
    words = [action.text() for action in menu.actions() if action.text()]
    assert words[0] == "Go to step 120 of A"
    next(a for a in menu.actions() if a.text().startswith("Branch here")).trigger()
    reel = shown(qtbot, live, lambda reel: len(reel.stretches) == 2)
    assert reel.stretches[1].first == 120


def test_a_bookmark_is_set_noted_found_and_taken_away(live: MainWindow, qtbot: QtBot) -> None:
    live.stage.setFocus()
    press(live, _Key.Key_K)
    reel = shown(qtbot, live, lambda reel: reel.bookmarks)
    assert (reel.bookmarks[0].branch, reel.bookmarks[0].step) == (0, 200)
    dialog = live.findChild(QInputDialog)
    dialog.setTextValue("here it turns")
    dialog.accept()
    shown(qtbot, live, lambda reel: reel.bookmarks[0].note == "here it turns")
    live.timeline.to_start()
    shown(qtbot, live, lambda reel: reel.lanes[0][1] == 0)
    live.activateWindow()
    qtbot.waitUntil(live.isActiveWindow)
    live.stage.setFocus()
    press(live, _Key.Key_BracketRight)
    shown(qtbot, live, lambda reel: reel.lanes[0][1] == 200)
    flag = live.rewind.menu(0, 200)
    next(a for a in flag.actions() if a.text().startswith("Remove")).trigger()
    shown(qtbot, live, lambda reel: not reel.bookmarks)


def test_play_goes_along_the_tape_and_stops_at_its_end(live: MainWindow, qtbot: QtBot) -> None:
    live.timeline.hold_and_go(0, 150)
    shown(qtbot, live, lambda reel: reel.lanes[0] == (0, 150))
    live.host.set_speed(50)
    live.stage.setFocus()
    press(live, _Key.Key_Space)
    shown(qtbot, live, lambda reel: reel.lanes[0] == (0, 200))
    qtbot.waitUntil(lambda: not live.host.playing)
    assert len(live.timeline.reel.stretches) == 1
    qtbot.waitUntil(lambda: live.footer.status == "Paused")


def test_runs_from_one_seed_go_side_by_side_and_one_goes_on_alone(
    live: MainWindow, qtbot: QtBot
) -> None:
    live.stage.setFocus()
    press(live, _Key.Key_C)
    dialog = live.findChild(Compare)
    dialog.search.setText("lr_g")
    assert dialog.list.currentItem().text().endswith("optim.lr_g")
    values = dialog.values
    dialog.run.click()
    reel = shown(qtbot, live, lambda reel: len(reel.lanes) == 2 and reel.lanes[0][1] > 3)
    assert len({step for _, step in reel.lanes}) == 1
    live.host.pause()
    qtbot.waitUntil(lambda: len(live.scene.frames) == 2)
    assert live.desk.settings.optim.lr_g == values[0]
    other = live.scene.frames[1].lane
    live.rewind.drive(other)
    qtbot.waitUntil(lambda: live.desk.settings.optim.lr_g == values[1])
    live.rewind.alone()
    shown(qtbot, live, lambda reel: len(reel.lanes) == 1)
    qtbot.waitUntil(lambda: len(live.scene.frames) == 1)
