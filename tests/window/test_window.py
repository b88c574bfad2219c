"""The window on a host that only writes down: buttons, keys, messages, files, memory."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from patience import timers
from PySide6.QtCore import QMimeData, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from ganviz import presets
from ganviz.engine import Engine
from ganviz.frame import SLOTS, Frame
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.views.stage import KINDS
from ganviz.views.theme import theme
from ganviz.window import style
from ganviz.window.about import Sheet
from ganviz.window.bar import Details
from ganviz.window.fields import TextField
from ganviz.window.files import pasted
from ganviz.window.main import MainWindow
from ganviz.window.messages import DETAILS, RESET
from ganviz.window.number import NumberField
from ganviz.window.pump import FRAMES, LONGEST, PERIOD, SHARE
from ganviz.window.scene import TURNS, WORDS
from ganviz.window.transport import END, speed_at, speed_words, tick_of

Host = Any  # conftest.FakeHost


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def press(window: MainWindow, key: Qt.Key | str, at: QWidget | None = None) -> None:
    QTest.keyClick(at or window.stage, key)  # type: ignore[call-overload]


# ---- starting ----------------------------------------------------------------------------------


def test_the_host_is_started_after_the_first_picture_and_plays_when_ready(
    qtbot: QtBot, app: QApplication, host: Host, store: QSettings
) -> None:
    window = MainWindow(presets.find("ring"), host, store)
    qtbot.addWidget(window)
    assert host.calls == []
    assert not window.transport.play.isEnabled()
    window.show()
    qtbot.waitUntil(lambda: host.asked("start") != [])
    assert host.asked("play") == []
    host.ready.emit()
    assert host.asked("play") == [None]
    assert window.transport.play.isEnabled()
    assert window.transport.play.accessibleName() == "Pause"


def test_closing_ends_the_host(window: MainWindow, host: Host) -> None:
    window.close()
    assert host.ended


def test_the_terminal_s_wish_closes_with_its_code(window: MainWindow, host: Host) -> None:
    window.leave(2)
    assert host.ended
    assert window.exit_code == 130


# ---- the transport -----------------------------------------------------------------------------


def test_the_first_of_two_steps_is_the_encoder_s_where_there_is_one(
    window: MainWindow, host: Host
) -> None:
    t = window.transport
    host.adopted.emit(Settings.of({"game.kind": "vae"}))
    assert t.step_d.text() == t.step_d.accessibleName() == "E-step"
    assert window.menus.actions["d"].text() == "E-step: the encoder alone"
    host.calls.clear()
    click(t.step_d)
    window.menus.actions["d"].trigger()
    assert host.asked("step_player") == ["encoder", "encoder"]
    host.adopted.emit(Settings())
    assert t.step_d.text() == "D-step"
    click(t.step_d)
    assert host.asked("step_player")[-1] == "discriminator"


def test_every_button_asks_the_host(window: MainWindow, host: Host) -> None:
    t = window.transport
    for button in (t.play, t.play, t.step, t.step_d, t.step_g, t.reset, t.seed):
        click(button)
    assert host.calls == [
        ("pause", None),
        ("play", None),
        ("step", 1),
        ("step_player", "discriminator"),
        ("step_player", "generator"),
        ("reset", None),
        ("new_seed", None),
    ]


def test_the_play_button_shows_what_the_host_tells(window: MainWindow, host: Host) -> None:
    host.playing_changed.emit(False)
    assert window.transport.play.accessibleName() == "Play"
    assert window.footer.status == "Paused"
    host.playing_changed.emit(True)
    assert window.transport.play.accessibleName() == "Pause"


def test_slow_motion_walks_and_steps_by_keys(
    qtbot: QtBot, window: MainWindow, host: Host, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.scene.show_frames((frame,))
    assert "graph" not in window.scene.look.seen
    window.run._beats.setInterval(20)
    press(window, Qt.Key.Key_S)
    assert host.asked("next_phase") == [None]
    host.playing_changed.emit(False)
    assert "graph" in window.scene.look.seen
    assert "graph" in host.wants.layers
    assert window.menus.actions["slow"].isChecked()
    assert window.menus.actions["view graph"].isChecked()
    assert window.footer.status == "Slow motion"
    qtbot.waitUntil(lambda: len(host.asked("next_phase")) > 2)
    press(window, Qt.Key.Key_S)
    assert not window.run.walking
    assert window.footer.status == "Paused"
    walked = len(host.asked("next_phase"))
    press(window, Qt.Key.Key_F)
    assert len(host.asked("next_phase")) == walked + 1
    timers(60)
    assert len(host.asked("next_phase")) == walked + 1
    assert "graph" in window.scene.look.seen  # and it stays


def test_the_key_of_a_view_that_is_not_there_says_why(
    qtbot: QtBot, window: MainWindow, frame: Frame
) -> None:
    coded = Engine(Settings.of({"game.kind": "vae", "train.batch": 16})).frame()
    window.pump.arrived.emit((coded,))
    QApplication.processEvents()
    assert "graph" in window.scene.look.hidden
    qtbot.keyClick(window.stage, Qt.Key.Key_M)
    assert window.footer.said == "Only GANs have a model graph; S walks through a step in words"
    assert window.menus.actions["view graph"].toolTip() == window.footer.said
    assert "graph" in window.scene.look.hidden
    window.footer.said = ""
    window.pump.arrived.emit((frame,))
    QApplication.processEvents()
    qtbot.keyClick(window.stage, Qt.Key.Key_M)
    assert window.footer.said == ""
    assert "graph" not in window.scene.look.hidden


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        (Qt.Key.Key_Space, "play"),
        (Qt.Key.Key_Period, "step"),
        (Qt.Key.Key_R, "reset"),
        (Qt.Key.Key_N, "new_seed"),
        (Qt.Key.Key_D, "step_player"),
        (Qt.Key.Key_3, "open"),
        (Qt.Key.Key_F, "next_phase"),
    ],
)
def test_whatever_is_asked_of_the_run_ends_the_walk(
    window: MainWindow, host: Host, frame: Frame, key: Qt.Key, asked: str
) -> None:
    window.scene.show_frames((frame,))
    press(window, Qt.Key.Key_S)
    assert window.run.walking
    host.calls.clear()
    press(window, key)
    assert len(host.asked(asked)) == 1
    assert not window.run.walking
    assert not window.menus.actions["slow"].isChecked()


def test_m_shows_and_hides_the_model(window: MainWindow, frame: Frame) -> None:
    window.scene.show_frames((frame,))
    press(window, Qt.Key.Key_M)
    assert "graph" in window.scene.look.seen
    assert not window.stage.view("graph").isHidden()
    press(window, Qt.Key.Key_M)
    assert "graph" not in window.scene.look.seen


def test_a_view_whose_place_the_model_took_comes_back_when_asked_for(
    window: MainWindow, frame: Frame
) -> None:
    window.resize(1280, 720)
    window.scene.show_frames((frame,))
    press(window, Qt.Key.Key_M)
    assert window.stage.crowded()
    assert window.stage.view("saddle").isHidden()
    window.menus.actions["view saddle"].trigger()
    assert not window.stage.view("saddle").isHidden()
    assert "graph" in window.scene.look.hidden
    press(window, Qt.Key.Key_M)
    window.scene.change_look({"lower": "probe"})
    assert not window.stage.view("probe").isHidden()
    press(window, Qt.Key.Key_M)
    window.scene.maximise("graph")
    window.scene.maximise("graph")
    assert not window.stage.view("graph").isHidden()


def test_the_speed_slider(window: MainWindow, host: Host) -> None:
    slider = window.transport.speed
    assert window.transport.speed_words.text == "60 steps/s"
    slider.setValue(END)
    slider.setValue(0)
    assert host.asked("set_speed") == [inf, 1.0]
    assert window.transport.speed_words.text == "1 step/s"


def test_speeds() -> None:
    assert speed_at(0) == 1
    assert speed_at(END) == inf
    assert speed_at(100) == 2000
    for speed in (1, 60, 120, 500, 2000, inf):
        assert speed_at(tick_of(speed)) == pytest.approx(speed, rel=0.05)
    assert speed_words(inf) == "flat out"


def test_a_frame_is_written_everywhere(window: MainWindow, host: Host, frame: Frame) -> None:
    window.pump.arrived.emit((frame,))
    assert window.transport.counter.text == "step 5"
    assert window.footer.formula == frame.formula
    assert window.footer.news == "step 3: train.k 1 → 2"
    assert window.scene.frames == (frame,)


def test_in_a_hurry_words_and_smaller_views_have_their_turns_and_a_pause_shows_the_latest(
    window: MainWindow, host: Host, frame: Frame
) -> None:
    host.playing = True  # flat out
    window.pump.arrived.emit((frame,))
    assert all(view._frame is frame for view in window.stage.views())  # the first one
    shown: dict[str, int] = {}
    for step in range(10, 10 + 2 * WORDS):
        window.pump.arrived.emit((replace(frame, step=step),))
        for view in window.stage.views():
            latest = view._frame is window.scene.frames[0]
            shown[view.name] = shown.get(view.name, 0) + latest
        shown["words"] = shown.get("words", 0) + (window.transport.counter.text == f"step {step}")
    smaller = dict.fromkeys(("losses", "saddle"), 2 * WORDS // TURNS)
    assert shown == {"distribution": 2 * WORDS, "words": 2} | smaller
    host.pause()
    assert window.transport.counter.text == f"step {9 + 2 * WORDS}"
    assert all(view._frame is window.scene.frames[0] for view in window.stage.views())


@pytest.mark.parametrize(
    ("bound", "speed", "made", "period"),
    [
        (True, 400.0, 0.018, 0.018 / SHARE),
        (True, inf, 0.018, 0.018 / SHARE),
        (True, inf, 0.001, PERIOD),
        (True, inf, 2.0, LONGEST),
        (True, 60.0, 0.018, PERIOD),  # every step can be seen
        (False, inf, 0.018, PERIOD),  # the kernel waits for nobody
    ],
)
def test_pictures_leave_a_kernel_its_share_of_the_interpreter(
    window: MainWindow, host: Host, bound: bool, speed: float, made: float, period: float
) -> None:
    host.playing, host.speed = True, speed
    host.bound, host.made_in = bound, made
    window.pump._took = 0.0
    assert window.pump._period() == pytest.approx(period)
    host.playing = False
    assert window.pump._period() == PERIOD


def test_the_first_frame_of_a_run_or_of_a_way_back_is_shown_everywhere(
    window: MainWindow, host: Host, frame: Frame
) -> None:
    host.playing, host.speed = True, inf
    frames = [replace(frame, step=step) for step in (300, *range(301, 301 + WORDS + 3), 0, 20, 5)]
    for each in frames:
        window._show_frames((each,), hurried=True)
        if each.step in (0, 5):
            assert all(view._frame.step == each.step for view in window.stage.views())
            assert not any(view.header._resting for view in window.stage.views())
            assert window.transport.counter.text == f"step {each.step}"


@pytest.mark.parametrize(
    ("speed", "steps", "painted", "hurried"),
    [
        (inf, 500, 60, True),
        (60, 60, 60, False),
        (60, 60, 52, False),
        (60, 60, 50, True),
        (20, 20, 20, False),  # wholly seen
        (20, 20, 16, True),
    ],
)
def test_smaller_views_take_turns_where_frames_are_said_to_be_dropped(
    window: MainWindow,
    host: Host,
    frame: Frame,
    monkeypatch: pytest.MonkeyPatch,
    speed: float,
    steps: float,
    painted: float,
    hurried: bool,
) -> None:
    told: list[bool] = []
    monkeypatch.setattr(window.scene, "show_frames", lambda _, hurried: told.append(hurried))
    monkeypatch.setattr(host, "rate", lambda: steps)
    monkeypatch.setattr(window.pump, "rate", lambda: painted)
    window.scene.frames = (frame,)
    host.playing, host.speed = True, speed
    window.pump.arrived.emit((frame,))
    assert told == [hurried]
    window.transport.show_rates(steps, painted)
    if speed <= FRAMES:
        assert ("dropped" in window.transport.rates.text) == hurried


def test_dropped_frames_are_told(window: MainWindow) -> None:
    transport = window.transport
    transport.show_rates(500, 42)
    assert "42 fps, 18 dropped" in transport.rates.text
    transport.show_rates(50, 30)
    assert "30 fps, 20 dropped" in transport.rates.text
    assert "true state" in transport.rates.toolTip()
    for steps, pictures in ((20, 20), (500, 59), (0, 0)):
        transport.show_rates(steps, pictures)
        assert "dropped" not in transport.rates.text
        assert transport.rates.toolTip() == ""


def test_the_trainer_stands_aside_while_the_window_changes_its_clothes(
    window: MainWindow, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A style sheet goes through every widget, each of which needs the interpreter lock."""
    turns: list[bool] = []
    monkeypatch.setattr(style, "dress", lambda *_: turns.append(host.turn))
    for name in ("dark", "light"):
        window.scene.set_theme(name)
        assert not host.turn
    assert turns == [True, True]


def test_frames_are_taken_and_asked_for(
    qtbot: QtBot, window: MainWindow, host: Host, frame: Frame
) -> None:
    before = host.wanted
    host.frames.put((frame,))
    qtbot.waitUntil(lambda: window.scene.frames == (frame,))
    assert host.wanted > before
    qtbot.waitUntil(lambda: not host.turn)  # the engine may go on when it is painted


def test_the_engine_is_let_go_when_the_window_rests(
    window: MainWindow, host: Host, frame: Frame
) -> None:
    host.frames.put((frame,))
    window.pump._turn()
    assert host.turn
    window.hide()
    assert not host.turn


def test_nothing_is_asked_for_while_hidden(qtbot: QtBot, window: MainWindow, host: Host) -> None:
    window.hide()
    before = host.wanted
    timers(100)
    window.run.step()
    assert host.wanted == before
    window.show()
    qtbot.waitUntil(lambda: host.wanted > before)


def test_nothing_is_asked_for_while_minimised(qtbot: QtBot, window: MainWindow, host: Host) -> None:
    window.showMinimized()
    qtbot.waitUntil(lambda: not window.pump.running)
    window.showNormal()
    qtbot.waitUntil(lambda: window.pump.running)


# ---- keys --------------------------------------------------------------------------------------


def test_keys_ask_the_host(window: MainWindow, host: Host) -> None:
    for key in (Qt.Key.Key_Space, ".", Qt.Key.Key_Right, "d", "g", "r", "n"):
        press(window, key)
    assert [name for name, _ in host.calls] == [
        "pause",
        "step",
        "step",
        "step_player",
        "step_player",
        "reset",
        "new_seed",
    ]


def test_number_keys_and_page_keys_open_presets(window: MainWindow, host: Host) -> None:
    names = list(window.run.presets)
    assert names[:2] == ["saddle-two-numbers", "saddle-networks"]
    press(window, "4")
    assert window.run.preset.name == names[3]
    assert host.asked("open") == [presets.find(names[3]).settings]
    assert host.asked("set_speed") == [presets.find(names[3]).speed]
    press(window, Qt.Key.Key_PageDown)
    assert window.run.preset.name == names[4]
    press(window, Qt.Key.Key_PageUp)
    press(window, Qt.Key.Key_PageUp)
    assert window.run.preset.name == names[2]
    assert window.transport.preset.currentData() == names[2]
    assert window.windowTitle().startswith(window.run.preset.title)
    assert host.asked("play") == [None] * 4
    press(window, "1")
    press(window, Qt.Key.Key_PageDown)
    assert window.run.preset.name == "saddle-networks"


def test_keys_are_not_stolen_while_typing(window: MainWindow, host: Host) -> None:
    field = window.panel.rows["optim.lr_g"].field
    assert isinstance(field, NumberField)
    edit = field.box.lineEdit()
    field.box.setFocus()
    edit.selectAll()
    for key in "3e-4. dgrn?15":
        press(window, key, edit)
    for special in (Qt.Key.Key_Left, Qt.Key.Key_Right):
        press(window, special, edit)
    assert edit.text() == "3e-4. dgrn?15"
    assert host.calls == []
    press(window, Qt.Key.Key_Escape, edit)
    assert edit.text() == "0.001"


def test_a_focused_slider_and_button_keep_their_own_keys(window: MainWindow, host: Host) -> None:
    field = window.knobs.knobs["train.k"].field
    assert isinstance(field, NumberField)
    slider = field.slider
    assert slider is not None
    slider.setFocus()
    press(window, Qt.Key.Key_Right, slider)
    assert host.calls == [("change", {"train.k": 2})]
    host.calls.clear()
    window.transport.step_d.setFocus()
    press(window, Qt.Key.Key_Space, window.transport.step_d)
    assert host.calls == [("step_player", "discriminator")]
    host.calls.clear()
    press(window, Qt.Key.Key_Space, slider)
    assert host.calls == [("pause", None)]


def test_the_keys_are_listed(window: MainWindow, qtbot: QtBot) -> None:
    press(window, "?")
    sheet = next(child for child in window.findChildren(Sheet) if child.isVisible())
    for words in ("Space", "Play or pause", "F11", "The saddle, two networks"):
        assert words in sheet.label.text()
    room = sheet.screen().availableSize()
    assert sheet.height() <= room.height() < sheet.label.height()  # on a low screen it scrolls
    assert sheet.label.width() >= sheet.label.sizeHint().width()
    sheet.close()


def test_every_key_has_one_meaning(window: MainWindow) -> None:
    keys = [key.toString() for a in window.menus.actions.values() for key in a.shortcuts()]
    assert len(keys) == len(set(keys))


# ---- messages ----------------------------------------------------------------------------------


def test_a_refusal_is_told_and_the_panel_goes_back(window: MainWindow, host: Host) -> None:
    row = window.panel.rows["train.k"]
    row.field.show_value(1)
    window.desk.wish({"train.k": 9})
    host.refused.emit("train.k = 9: must be smaller today")
    host.adopted.emit(window.run.preset.settings)
    assert window.bar.text == "train.k = 9: must be smaller today"
    assert row.field.value == 1
    window.desk.wish({"train.k": 3})  # the next attempt puts the message away
    timers(50)
    assert window.bar.text == ""


def test_what_was_done_is_said_for_a_moment_and_moves_no_picture(
    window: MainWindow, frame: Frame
) -> None:
    window.pump.arrived.emit((frame,))
    before, room = window.footer.toolTip(), window.stage.geometry()
    window.files.copy_settings()
    QApplication.processEvents()
    assert window.stage.geometry() == room
    assert window.footer.toolTip() == "Settings copied as TOML"
    assert "Settings copied" in window.footer.accessibleDescription()
    assert window.footer._moment.isActive()
    assert window.footer._moment.interval() == 6000  # milliseconds
    window.pump.arrived.emit((frame,))
    assert window.footer.said  # frames do not wipe it away
    window.footer._moment.setInterval(20)  # restarts it
    timers(80)
    assert window.footer.said == ""
    assert window.footer.toolTip() == before


def test_a_message_can_be_dismissed(window: MainWindow) -> None:
    window.messages.refuse("no")
    assert window.bar.text == "no"
    click(window.bar._close)
    assert window.bar.text == ""


def test_trouble_offers_two_ways_out(window: MainWindow, host: Host, frame: Frame) -> None:
    trouble = replace(frame, trouble="The discriminator diverged at step 6.")
    window.pump.arrived.emit((trouble,))
    assert "diverged" in window.bar.text
    back, reset = window.bar.buttons
    assert back == "Go back to step 5"
    assert reset == RESET
    click(window.bar.buttons[back])
    assert host.asked("go_back") == [None]
    window.pump.arrived.emit((frame,))
    assert window.bar.text == ""
    window.pump.arrived.emit((trouble,))
    click(window.bar.buttons[RESET])
    assert [name for name, _ in host.calls][-2:] == ["reset", "play"]


def test_trouble_is_told_even_if_no_frame_says_so(
    window: MainWindow, host: Host, frame: Frame
) -> None:
    window.pump.arrived.emit((frame,))
    host.frames.put((frame,))
    host.troubled.emit("It diverged.")
    assert window.bar.text == "It diverged."
    assert list(window.bar.buttons) == ["Go back to step 5", RESET]
    timers(80)
    assert window.bar.text == "It diverged."


def test_a_refusal_is_told_beneath_trouble_and_the_ways_out_stay(
    window: MainWindow, frame: Frame
) -> None:
    window.pump.arrived.emit((replace(frame, trouble="It diverged."),))
    ways = list(window.bar.buttons)
    window.messages.refuse("no")
    assert window.bar.text == "It diverged.\nno"
    assert list(window.bar.buttons) == ways
    window.messages.clear()
    assert window.bar.text == "It diverged."
    assert list(window.bar.buttons) == ways
    window.messages.refuse("no")
    window.pump.arrived.emit((frame,))
    assert window.bar.text == ""


def test_a_refused_text_stays_in_its_field_with_the_complaint(
    window: MainWindow, host: Host, frame: Frame
) -> None:
    settings = window.run.preset.settings.with_({"generator.kind": "formula"})  # type: ignore[union-attr]
    host.adopted.emit(settings)
    row = window.panel.rows["generator.formula"]
    field = row.field
    assert isinstance(field, TextField)
    before = field.edit.text()

    def refused(text: str) -> str:
        field.edit.setFocus()
        field.edit.selectAll()
        QTest.keyClicks(field.edit, text)
        QTest.keyClick(field.edit, Qt.Key.Key_Return)
        timers(50)
        sentence = f"generator.formula = {text}: not closed"
        host.refused.emit(sentence)
        host.adopted.emit(settings)
        return sentence

    sentence = refused("tanh(z")
    window.stage.setFocus()
    host.adopted.emit(settings)
    assert field.edit.text() == "tanh(z"
    assert row.complaint.text() == sentence
    assert window.bar.text == ""
    assert len(host.asked("change")) == 1, "leaving the field tries nothing again"
    # Typed again it is another try, and Escape gives up.
    assert refused("tanh(z") == sentence
    assert host.asked("change")[-2:] == [{"generator.formula": "tanh(z"}] * 2
    field.edit.setFocus()
    QTest.keyClick(field.edit, Qt.Key.Key_Escape)
    assert field.edit.text() == before
    assert field.complaint == ""
    refused("tanh(z")
    window.desk.forget()  # as when another preset is opened
    host.adopted.emit(settings)
    assert field.edit.text() == before


def test_trouble_is_told_again_after_an_error(window: MainWindow, frame: Frame) -> None:
    window.pump.arrived.emit((replace(frame, trouble="It diverged."),))
    window.messages.show_error("no")
    assert "no" in window.bar.text
    window.bar.dismiss()
    assert window.bar.text == "It diverged."
    window.bar.dismiss()
    assert window.bar.text == ""


def test_a_trainer_that_cannot_start_is_told(window: MainWindow, host: Host) -> None:
    host.failed.emit("ImportError: No module named 'torch'")
    assert "No module named 'torch'" in window.bar.text
    assert window.footer.status == "Stopped"


def test_an_error_shows_its_report(window: MainWindow, host: Host, qtbot: QtBot) -> None:
    host.failed.emit("Traceback\n  somewhere\nValueError: a strange thing")
    assert "ValueError: a strange thing" in window.bar.text
    click(window.bar.buttons[DETAILS])
    details = next(child for child in window.findChildren(Details))
    click(details.copy)
    assert "somewhere" in QGuiApplication.clipboard().text()
    details.close()


# ---- changes -----------------------------------------------------------------------------------


def test_a_change_in_the_panel_reaches_the_host(window: MainWindow, host: Host) -> None:
    window.knobs.knobs["train.k"].steppers[1].click()
    assert host.asked("change") == [{"train.k": 2}]


def test_the_file_target_asks_for_a_file_first(window: MainWindow, host: Host) -> None:
    window.desk.wish({"data.target": "file"})
    assert host.asked("change") == []
    dialog = next(d for d in window.findChildren(QFileDialog) if d.isVisible())
    dialog.close()


# ---- the look ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_theme_reaches_everything(window: MainWindow, app: QApplication, name: str) -> None:
    for action in window._themes.actions():
        if action.data() == name:
            action.trigger()
    assert window.scene.look.theme == name
    assert app.palette().window().color().name().upper() == theme(name).window.upper()
    picture = window.transport.play.icon().pixmap(18, 18).toImage()
    inks = {
        picture.pixelColor(x, y).name()
        for x in range(18)
        for y in range(18)
        if picture.pixelColor(x, y).alpha() == 255
    }
    assert theme(name).text.lower() in inks
    window.scene.set_theme("light")


def test_the_stage_s_wishes_change_the_look(window: MainWindow) -> None:
    stage = window.stage
    stage.layer_toggled.emit("real", False)
    assert "real" not in window.scene.look.layers
    stage.layer_toggled.emit("real", True)
    assert "real" in window.scene.look.layers
    stage.maximise_wanted.emit("losses")
    assert window.scene.look.maximised == "losses"
    stage.maximise_wanted.emit("losses")
    assert window.scene.look.maximised == ""
    stage.look_wanted.emit({"style": "histogram"})
    assert window.scene.look.style == "histogram"
    stage.look_wanted.emit({"portrait": "beliefs"})
    assert window.scene.look.portrait == "beliefs"


def test_a_run_begun_anew_is_followed_from_its_first_step(window: MainWindow, frame: Frame) -> None:
    scene = window.scene
    scene.show_frames((frame,))
    scene.change_look({"until": len(frame.trace) + 1000})
    assert scene.look.until is None


def test_views_can_be_hidden_from_the_menu(window: MainWindow) -> None:
    action = window.menus.actions["view losses"]
    action.trigger()
    assert window.scene.look.hidden == {"losses", "graph"}
    assert window.stage.view("losses").isHidden()
    window.menus.actions["layout"].trigger()
    assert action.isChecked()
    assert not window.stage.view("losses").isHidden()


def test_what_is_remembered(qtbot: QtBot, window: MainWindow, store: QSettings) -> None:
    window.dock.hide()
    window.scene.set_theme("dark")
    window.menus.actions["view saddle"].trigger()
    window.panel.sections["latent"].fold(True)
    window.close()
    other = MainWindow(presets.find("ring"), type(window.host)(), store)
    qtbot.addWidget(other)
    assert other.scene.look.theme == "dark"
    assert other.scene.look.hidden == {"saddle", "graph"}
    assert other.dock.isHidden()
    assert other.panel.sections["latent"].folded
    other.show()
    other.menus.actions["layout"].trigger()
    assert not other.dock.isHidden()
    other.scene.set_theme("light")
    other.close()


@pytest.mark.parametrize("name", ["light", "projector"])
def test_it_fits_a_small_projector(window: MainWindow, name: str) -> None:
    window.resize(1600, 900)
    window.scene.set_theme(name)
    assert window.minimumSizeHint().width() <= 1280
    assert window.minimumSizeHint().height() <= 720


# ---- files -------------------------------------------------------------------------------------


def test_points_are_pasted(window: MainWindow, host: Host) -> None:
    QGuiApplication.clipboard().setText("x\ty\n0.5\t1\n-1\t2e-1\n")
    window.menus.actions["paste"].trigger()
    [values] = host.asked("change")
    assert values["data.target"] == "file"
    points = np.loadtxt(values["data.file"], delimiter=",")
    np.testing.assert_array_equal(points, [[0.5, 1], [-1, 0.2]])


@pytest.mark.parametrize("text", ["", "hello", "1 2 3\n4 5 6", "1", "1\nnan"])
def test_what_are_no_points_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ParamError):
        pasted(text, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_same_points_make_the_same_file(tmp_path: Path) -> None:
    assert pasted("1\n2", tmp_path) == pasted("1\n2\n", tmp_path)
    assert pasted("1\n2", tmp_path) != pasted("1\n3", tmp_path)


def test_files_are_dropped(window: MainWindow, host: Host, tmp_path: Path) -> None:
    points, settings, other = (tmp_path / name for name in ("p.csv", "s.toml", "x.pdf"))
    points.write_text("1\n2\n3\n")
    presets.write(settings, Settings.of({"train.k": 3}))
    other.write_text("")
    for path in (points, settings, other):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        window.dropEvent(
            QDropEvent(
                QPointF(5, 5),
                Qt.DropAction.CopyAction,
                mime,
                Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            )
        )
    assert host.asked("change") == [{"data.target": "file", "data.file": str(points)}]
    assert [each.train.k for each in host.asked("open")] == [3]
    assert window.run.preset.name == "s"
    assert window.transport.preset.currentIndex() == -1
    assert "must end in one of" in window.bar.text


def test_settings_are_saved_and_copied(window: MainWindow, tmp_path: Path) -> None:
    window.files._settings = window.desk.settings
    window.files.save_settings(str(tmp_path / "mine.toml"))
    assert presets.read(tmp_path / "mine.toml").settings == window.run.preset.settings
    window.menus.actions["copy"].trigger()
    assert QGuiApplication.clipboard().text() == presets.toml(window.run.preset.settings)
    assert window.footer.said == "Settings copied as TOML"
    window.files.save_settings(str(tmp_path / "no" / "such" / "folder.toml"))
    assert "cannot be written" in window.bar.text


def test_the_picture_is_the_stage(window: MainWindow, tmp_path: Path, frame: Frame) -> None:
    window.pump.arrived.emit((frame,))
    QApplication.processEvents()
    size = window.stage.size()
    window.menus.actions["picture"].trigger()
    dialog = next(d for d in window.findChildren(QFileDialog) if d.isVisible())
    assert dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
    dialog.fileSelected.emit(str(tmp_path / "stage.png"))
    dialog.close()
    assert window.files._picture.pixels.size() == size
    assert (tmp_path / "stage.png").stat().st_size > 5000


def test_a_broken_preset_is_refused_with_its_name(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[train]\nk = 0\n")
    window.files.open_path(str(tmp_path / "bad.toml"))
    assert "train.k = 0: must be at least 1" in window.bar.text


def test_about_names_the_versions(window: MainWindow) -> None:
    window.menus.actions["about"].trigger()
    sheet = next(child for child in window.findChildren(Sheet) if child.isVisible())
    for words in ("torch", "Qt", "LGPL", "Python"):
        assert words in sheet.label.text()
    sheet.close()


def test_every_theme_can_follow_every_other(window: MainWindow) -> None:
    """The ground between the cards is painted in the theme's own colour, both ways."""
    for name in ("dark", "light", "dark", "light"):
        window.scene.set_theme(name)
        QApplication.processEvents()
        ground = window.stage.grab().toImage().pixelColor(2, window.stage.height() // 2)
        assert ground.name() == theme(name).window.lower()


def test_enter_gives_the_keys_back_to_the_window(window: MainWindow) -> None:
    field = window.panel.rows["optim.lr_d"].field
    assert isinstance(field, NumberField)
    edit = field.box.lineEdit()
    field.box.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "0.01")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert not field.box.hasFocus()
    assert not edit.hasFocus()


def test_views_that_no_game_here_has_are_grey_and_say_why(window: MainWindow, frame: Frame) -> None:
    coder = Engine(
        Settings.of({"game.kind": "vae", "data.target": "two-gaussians", "train.batch": 16})
    ).frame()
    actions = {name: window.menus.actions[f"view {name}"] for name in KINDS}
    menu = next(
        menu for menu in window.menuBar().findChildren(QMenu) if actions["code"] in menu.actions()
    )

    def grey(*frames: Frame) -> set[str]:
        window.pump.arrived.emit(frames)
        return {name for name, action in actions.items() if not action.isEnabled()}

    assert grey(frame) == {"code"}
    assert actions["code"].toolTip() == "Only games with an encoder have a code"
    before = window.scene.look
    menu.setActiveAction(actions["code"])
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert window.scene.look == before
    assert grey(coder) == {"surface", "probe", "graph"}
    assert actions["surface"].toolTip() == "Only GANs of one or two dimensions have this view"
    assert actions["code"].toolTip() == "Code"
    QTest.keyClick(window.stage, Qt.Key.Key_M)
    assert window.scene.look == before
    actions["code"].trigger()
    assert actions["code"].isChecked()
    assert grey(frame, coder) == set()  # a GAN beside a VAE: each lane shows what it has
    assert actions["code"].isChecked()
    assert grey(frame) == {"code"}
    assert not actions["code"].isChecked()
    assert any(actions[name].isChecked() for name in SLOTS[2])  # another one in its place
