"""Share strings through the real clipboard of a real window."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from ganviz.presets import find
from ganviz.settings import Settings
from ganviz.share import share, shared
from ganviz.window.main import MainWindow

Host = Any  # conftest.FakeHost


def test_a_pasted_share_string_opens_its_game(qtbot: QtBot, window: MainWindow, host: Host) -> None:
    settings = Settings.of({"data.target": "grid", "train.k": 4})
    line = share(settings, "From a friend", 50.0)
    QGuiApplication.clipboard().setText(f"  {line[:40]}\r\n{line[40:]}\n")
    keys = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(window.stage, Qt.Key.Key_V, keys)
    assert host.asked("open") == [settings]
    assert host.speed == 50.0
    assert window.windowTitle() == "From a friend – ganviz"
    assert host.asked("change") == []


def test_a_damaged_share_string_is_refused_and_nothing_changes(
    qtbot: QtBot, window: MainWindow, host: Host
) -> None:
    QGuiApplication.clipboard().setText(share(Settings())[:-4])
    window.menus.actions["paste"].trigger()
    assert host.asked("open") == []
    assert "damaged or cut short" in window.bar.text


def test_the_present_game_is_copied_as_a_share_string(
    qtbot: QtBot, window: MainWindow, host: Host
) -> None:
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    window.desk.adopt(window.desk.settings.with_({"train.k": 7}))
    qtbot.keyClick(window.stage, Qt.Key.Key_C, modifiers)
    preset = shared(QGuiApplication.clipboard().text())
    assert preset.settings == find("saddle-networks").settings.with_({"train.k": 7})
    assert preset.title == find("saddle-networks").title
    assert preset.speed == host.speed or host.speed > 10_000
    assert "Share string" in window.footer.said
    window.desk.adopt(
        window.desk.settings.with_({"data.target": "file", "data.file": "points.csv"})
    )
    window.menus.actions["share"].trigger()
    assert "data.file = points.csv: a share string cannot carry" in window.bar.text
