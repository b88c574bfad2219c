"""The host on the tape: to and fro, branches, lanes, played back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from math import inf
from time import perf_counter, sleep

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from ganviz.engine import Engine
from ganviz.frame import Frame, Reel
from ganviz.host import EngineThread
from ganviz.settings import Settings
from ganviz.tape.lanes import Lanes

SMALL = Settings.of({"train.batch": 16, "generator.hidden": [8], "discriminator.hidden": [8]})


@pytest.fixture
def host(qtbot: QtBot) -> Iterator[EngineThread]:
    thread = EngineThread(SMALL)
    with qtbot.waitHost(thread.ready):
        thread.start()
    yield thread
    assert thread.stop()


def frames_of(
    host: EngineThread, qtbot: QtBot, wanted: Callable[[Frame], bool]
) -> tuple[Frame, ...]:
    found: list[tuple[Frame, ...]] = []

    def look() -> bool:
        frames = host.frames.take()
        if frames is not None and wanted(frames[0]):
            found.append(frames)
        host.want_frame()
        return bool(found)

    qtbot.waitUntil(look)
    return found[-1]


def reel_of(host: EngineThread, qtbot: QtBot, wanted: Callable[[Reel], bool]) -> Reel:
    qtbot.waitUntil(lambda: wanted(host.reel))
    return host.reel


def plain(steps: int) -> Engine:
    engine = Engine(SMALL)
    engine.step(steps)
    return engine


def test_a_seek_shows_the_moment_of_then(host: EngineThread, qtbot: QtBot) -> None:
    host.step(120)
    host.seek(0, 37)
    frame = frames_of(host, qtbot, lambda frame: frame.step == 37)[0]
    np.testing.assert_array_equal(frame.fake, plain(37).frame().fake)
    assert reel_of(host, qtbot, lambda reel: reel.past).lanes == ((0, 37),)
    host.to_end()
    frames_of(host, qtbot, lambda frame: frame.step == 120)


def test_a_change_is_taken_back_with_the_moment_before_it(host: EngineThread, qtbot: QtBot) -> None:
    host.step(40)
    host.change({"train.k": 4})
    host.step(20)
    assert reel_of(host, qtbot, lambda reel: bool(reel.undo)).undo == "train.k 1 → 4"
    with qtbot.waitHost(host.adopted):
        host.undo()
    assert host._adopted is not None
    assert host._adopted.train.k == 1
    frames_of(host, qtbot, lambda frame: frame.step == 40)
    with qtbot.waitHost(host.adopted):
        host.redo()
    assert host._adopted.train.k == 4
    frames_of(host, qtbot, lambda frame: frame.step == 60)


def test_a_tape_is_played_back_at_its_pace_and_waits_at_its_end(
    host: EngineThread, qtbot: QtBot
) -> None:
    host.step(400)
    host.seek(0, 0)
    host.set_speed(400)
    frames_of(host, qtbot, lambda frame: frame.step == 0)
    began = perf_counter()
    with qtbot.waitHost(host.playing_changed):
        host.play()
    qtbot.waitUntil(lambda: not host.playing)
    took = perf_counter() - began
    assert 0.95 < took < 5  # a second, and what the machine has to do besides
    reel = reel_of(host, qtbot, lambda reel: not reel.past)
    assert reel.stretches[0].last == 400
    host.set_speed(inf)
    host.play()  # and from there on the run goes on
    reel_of(host, qtbot, lambda reel: reel.stretches[0].last > 420)
    assert len(host.reel.stretches) == 1


def test_a_change_in_the_past_branches_and_both_run_on_one_clock(
    host: EngineThread, qtbot: QtBot
) -> None:
    host.step(60)
    host.seek(0, 30)
    host.change({"train.k": 3})
    host.step(30)
    host.beside(0)
    frames = frames_of(host, qtbot, lambda frame: frame.step == 60 and bool(frame.lane))
    assert [(f.lane, f.apart, f.step) for f in frames] == [
        ("B", "train.k = 3", 60),
        ("A", "train.k = 1", 60),
    ]
    np.testing.assert_array_equal(frames[1].fake, plain(60).frame().fake)
    host.step(5)
    frames = frames_of(host, qtbot, lambda frame: frame.step == 65)
    np.testing.assert_array_equal(frames[1].fake, plain(65).frame().fake)
    host.drive("A")
    frames = frames_of(host, qtbot, lambda frame: frame.lane == "A")
    host.alone()
    assert len(frames_of(host, qtbot, lambda frame: not frame.lane)) == 1


def test_runs_are_compared_from_the_start(host: EngineThread, qtbot: QtBot) -> None:
    host.compare([{}, {"train.k": 2}, {"train.k": 3}, {"train.k": 4}])
    frames = frames_of(host, qtbot, lambda frame: frame.step > 5)
    assert len(frames) == 4
    assert len({frame.step for frame in frames}) == 1
    host.reset()
    frames_of(host, qtbot, lambda frame: frame.step < 5)


def test_a_far_step_is_run_again_with_progress_and_can_be_given_up(
    host: EngineThread, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, seen = Lanes.go_on, threading.Event()

    def slowly(lanes: Lanes, seconds: float) -> bool:
        """Stay on the way until that was seen."""
        if seen.is_set() or lanes.engine.steps < 50:
            return go_on(lanes, seconds)
        sleep(seconds)
        return False

    monkeypatch.setattr(Lanes, "go_on", slowly)
    host.step(3000)
    reel_of(host, qtbot, lambda reel: bool(reel.stretches) and reel.stretches[0].last == 3000)
    assert host._lanes is not None
    branch = host._lanes.tape.branches[0]
    branch.kept = [kept for kept in branch.kept if kept.fixed]
    host.seek(0, 2500)
    busy = reel_of(host, qtbot, lambda reel: reel.busy is not None).busy
    assert busy is not None
    assert 0 <= busy[0] <= busy[1] == 2500
    host.cancel_seek()
    frames_of(host, qtbot, lambda frame: frame.step == 3000)
    seen.set()
    host.seek(0, 2500)
    frame = frames_of(host, qtbot, lambda frame: frame.step == 2500)[0]
    np.testing.assert_array_equal(frame.fake, plain(2500).frame().fake)


def test_opening_another_game_can_be_taken_back(host: EngineThread, qtbot: QtBot) -> None:
    host.step(33)
    host.open(SMALL.with_({"train.batch": 8}), "another")
    host.new_seed()
    host.step(4)
    reel = reel_of(host, qtbot, lambda reel: len(reel.stretches) == 2 and bool(reel.undo))
    assert (reel.undo, reel.stretches[1].title) == ("seed 2", "another")
    host.undo()
    frame = frames_of(host, qtbot, lambda frame: frame.step == 33)[0]
    np.testing.assert_array_equal(frame.fake, plain(33).frame().fake)


def test_a_copy_of_the_tape_is_handed_out_and_can_be_stood_on(
    host: EngineThread, qtbot: QtBot
) -> None:
    host.step(50)
    with qtbot.waitHost(host.tape_ready):
        host.want_tape()
    found = host.tapes.take()
    assert found is not None
    tape, place = found
    assert place.step == 50
    host.open(SMALL)
    host.step(7)
    host.open_tape(tape, place)
    frame = frames_of(host, qtbot, lambda frame: frame.step == 50)[0]
    np.testing.assert_array_equal(frame.fake, plain(50).frame().fake)
    host.undo()  # back to the run that was there before the file was opened
    frames_of(host, qtbot, lambda frame: frame.step == 7)
    host.redo()
    frames_of(host, qtbot, lambda frame: frame.step == 50)
    host.step(3)
    frames_of(host, qtbot, lambda frame: frame.step == 53)


def test_changes_soon_after_each_other_are_one_gesture(
    host: EngineThread, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ganviz.host.GESTURE_SECONDS", 60.0)  # soon, on any machine
    host.step(10)
    for rate in (0.01, 0.02, 0.03):
        with qtbot.waitHost(host.adopted):
            host.change({"optim.lr_g": rate})
        host.step(1)
    host.undo()
    frame = frames_of(host, qtbot, lambda frame: frame.step == 10)[0]
    np.testing.assert_array_equal(frame.fake, plain(10).frame().fake)


@pytest.mark.long
def test_a_run_in_the_open_window_is_the_run_that_its_journal_tells(qtbot: QtBot, tmp_path) -> None:
    """5,000 steps with 20 random changes, and another future from the middle of a branch."""
    from PySide6.QtCore import QSettings

    from ganviz.presets import presets
    from ganviz.window.main import MainWindow

    rng = np.random.default_rng(7)
    store = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    preset = presets()["two-modes"]
    window = MainWindow(preset, store=store)
    qtbot.addWidget(window)
    window.resize(1280, 800)
    window.show()
    host = window.host

    def last() -> int:
        return host.reel.stretches[host.reel.lanes[0][0]].last if host.reel.lanes else 0

    host.set_speed(inf)
    for number in range(20):
        qtbot.waitUntil(lambda n=number: last() >= 250 * (n + 1), timeout=120_000)
        if number == 10:  # from the middle of what is there
            host.seek(0, 1777)
        with qtbot.waitHost(host.adopted):
            match rng.integers(4):
                case 0:
                    host.change(
                        {"train.k": int(rng.integers(1, 4)), "optim.lr_g": 1e-3 + 1e-4 * number}
                    )
                case 1:
                    host.change({"optim.lr_d": float(10 ** rng.uniform(-4, -2))})
                case 2:
                    host.change({"train.batch": int(rng.integers(16, 200))})
                case _:
                    host.change({"optim.lr_g": float(10 ** rng.uniform(-4, -2))})
        host.play()
    qtbot.waitUntil(lambda: last() >= 5000, timeout=300_000)
    host.pause()
    with qtbot.waitHost(host.tape_ready):
        host.want_tape()
    found = host.tapes.take()
    window.close()
    assert found is not None
    tape, place = found
    assert len(tape.branches) == 2
    for branch in tape.branches:
        engine = Engine(tape.path(branch.number)[0].settings)
        for mark in tape.marks(branch.number):
            engine.step(mark.step - engine.steps)
            engine.repeat(mark)
        engine.step(branch.last - engine.steps)
        np.testing.assert_array_equal(engine.trace.rows, tape.trace(branch.number).rows)
        end = branch.kept[-1]
        if end.step == branch.last:
            for name, player in end.moment.players.items():
                np.testing.assert_array_equal(engine.moment().players[name].flat, player.flat)
    assert place.step >= 5000
