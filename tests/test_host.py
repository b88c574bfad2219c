"""The host thread: wishes down, frames up, a clean end."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from math import inf
from pathlib import Path
from time import perf_counter, sleep
from types import SimpleNamespace

import numpy as np
import pytest
from patience import at_rest, standing
from PySide6.QtCore import QObject, Slot
from pytestqt.qtbot import QtBot

import ganviz.trace
from ganviz.clock import Clock, listen
from ganviz.engine import Engine
from ganviz.frame import Frame, Wants
from ganviz.host import SURVEY_SHARE, SURVEYS_A_SECOND, EngineThread, Latest, Wish, Witness
from ganviz.settings import Settings
from ganviz.tape.recovery import CLOSED, lives
from ganviz.trace import Spool

SMALL = Settings.of({"train.batch": 16, "generator.hidden": [8], "discriminator.hidden": [8]})
WILD = {
    "generator.kind": "shift",
    "discriminator.kind": "linear",
    "loss.kind": "wasserstein",
    "optim.kind_g": "sgd",
    "optim.kind_d": "sgd",
    "optim.lr_d": 10.0,
    "optim.lr_g": 10.0,
}


class Ears(QObject):
    """Hears the host in the test's thread."""

    def __init__(self, host: EngineThread) -> None:
        super().__init__()
        self.heard: list[tuple[str, object]] = []
        host.journalled.connect(self.journalled)
        host.adopted.connect(self.adopted)
        host.refused.connect(self.refused)
        host.troubled.connect(self.troubled)
        host.failed.connect(self.failed)

    @Slot(int, str)
    def journalled(self, step: int, text: str) -> None:
        self.heard.append(("journalled", (step, text)))

    @Slot(object)
    def adopted(self, settings: object) -> None:
        self.heard.append(("adopted", settings))

    @Slot(str)
    def refused(self, text: str) -> None:
        self.heard.append(("refused", text))

    @Slot(str)
    def troubled(self, text: str) -> None:
        self.heard.append(("troubled", text))

    @Slot(str)
    def failed(self, text: str) -> None:
        self.heard.append(("failed", text))

    def said(self, kind: str) -> list[object]:
        return [value for name, value in self.heard if name == kind]


@pytest.fixture
def host(qtbot) -> Iterator[EngineThread]:
    thread = EngineThread(SMALL)
    with qtbot.waitHost(thread.ready):
        thread.start()
    yield thread
    assert thread.stop()


def frame_of(host: EngineThread, qtbot, wanted=lambda frame: True) -> Frame:
    """Ask until a frame arrives that is wanted."""
    found: list[Frame] = []

    def look() -> bool:
        host.want_frame()
        frames = host.frames.take()
        if frames is not None and wanted(frames[0]):
            found.append(frames[0])
        return bool(found)

    qtbot.waitUntil(look)
    return found[0]


def paused(host: EngineThread, qtbot) -> Frame:
    """Pause, see that the run stays where it is, and return a frame of there."""
    host.pause()
    step = at_rest(qtbot, host)
    assert not host.playing
    return frame_of(host, qtbot, lambda frame: frame.step == step)


def test_latest_keeps_one() -> None:
    slot: Latest[int] = Latest()
    assert slot.take() is None
    slot.put(1)
    slot.put(2)
    assert slot.take() == 2
    assert slot.take() is None


def test_a_witness_is_told_what_the_thread_does_when_it_does_it(qtbot) -> None:
    class Told(Witness):
        def __init__(self) -> None:
            self.said: list[tuple[str, object]] = []
            self.threads: set[int] = set()

        def note(self, what: str, value: object = None) -> None:
            self.said.append((what, value))
            self.threads.add(threading.get_ident())

        def framing(self, step: int) -> None:
            self.note("framing", step)

        def granted(self, wish: Wish) -> None:
            self.note("granted", wish.kind)

        def stepping(self) -> None:
            self.note("stepping", engine.steps)

        def stepped(self) -> None:
            self.note("stepped", engine.steps)

    thread = EngineThread(SMALL)
    told = thread.witness = Told()
    with qtbot.waitHost(thread.ready):
        thread.start()
    engine = thread._lanes.engine
    thread.change({"optim.lr_d": 5e-4})
    thread.play()
    late = frame_of(thread, qtbot, lambda frame: frame.step > 20).step
    assert thread.stop()
    assert len(told.threads) == 1
    assert threading.get_ident() not in told.threads
    kinds = [what for what, _ in told.said if what != "framing"]
    assert kinds[:4] == ["granted", "granted", "stepping", "stepped"]
    assert [value for what, value in told.said if what == "granted"] == ["change", "play"]
    calls = [value for what, value in told.said if what in ("stepping", "stepped")]
    assert calls[0] == 0
    assert all(a < b for a, b in zip(calls[::2], calls[1::2], strict=True))
    assert calls[2::2] == calls[1:-1:2]  # no step is taken between two calls
    # A frame is of where the last call before it ended.
    before = told.said[: told.said.index(("framing", late))]
    assert next(value for what, value in reversed(before) if what == "stepped") == late


def test_plays_pauses_and_steps(host: EngineThread, qtbot) -> None:
    assert frame_of(host, qtbot).step == 0
    with qtbot.waitHost(host.playing_changed):
        host.play()
    later = frame_of(host, qtbot, lambda frame: frame.step > 20)
    rest = paused(host, qtbot)
    assert rest.step >= later.step
    host.step(3)
    assert frame_of(host, qtbot, lambda frame: frame.step > rest.step).step == rest.step + 3
    host.step(1)
    assert frame_of(host, qtbot, lambda frame: frame.step > rest.step + 3).step == rest.step + 4


def test_the_thread_trains_exactly_what_the_engine_does(host: EngineThread, qtbot) -> None:
    host.play()
    frame_of(host, qtbot, lambda frame: frame.step > 100)
    frame = paused(host, qtbot)
    straight = Engine(SMALL)
    straight.step(frame.step)
    np.testing.assert_array_equal(straight.frame().fake, frame.fake)
    np.testing.assert_array_equal(straight.trace.rows, frame.trace.rows)


def test_changes_take_effect_at_the_next_step_and_are_journalled(host: EngineThread, qtbot) -> None:
    ears = Ears(host)
    host.step(10)
    frame_of(host, qtbot, lambda frame: frame.step == 10)
    host.change({"train.k": 3})
    host.step(1)
    frame = frame_of(host, qtbot, lambda frame: frame.step == 11)
    assert [(mark.step, mark.text) for mark in frame.marks] == [(10, "train.k 1 → 3")]
    assert frame.title.endswith("k = 3")
    qtbot.waitUntil(lambda: bool(ears.said("journalled")))
    assert ears.said("journalled") == [(10, "train.k 1 → 3")]
    straight = Engine(SMALL)
    straight.step(10)
    straight.change({"train.k": 3})
    straight.step(1)
    np.testing.assert_array_equal(straight.trace.rows, frame.trace.rows)


def test_a_storm_of_changes_is_merged(host: EngineThread, qtbot) -> None:
    ears = Ears(host)
    host.play()
    for value in np.geomspace(1e-4, 1e-2, 500):
        host.change({"optim.lr_d": float(value)})
    frame = frame_of(host, qtbot, lambda f: bool(f.marks) and f.marks[-1].text.endswith("→ 0.01"))
    paused(host, qtbot)
    assert len(frame.marks) < 500
    assert not ears.said("failed")


def test_refusals_leave_the_run_as_it_was(host: EngineThread, qtbot) -> None:
    ears = Ears(host)
    host.step(5)
    host.change({"train.k": 1000})
    host.change({"train.device": "mps"})
    qtbot.waitUntil(lambda: len(ears.said("refused")) >= 1)
    assert "must be" in str(ears.said("refused")[0])
    host.step(1)
    assert frame_of(host, qtbot, lambda frame: frame.step == 6).marks == ()


def test_a_disk_that_is_full_is_told_once_and_the_run_goes_on(
    host: EngineThread, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Spool, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Spool, "put", full)
    for name, rows in (("CHUNK_ROWS", 64), ("LATEST_ROWS", 64), ("BLOCKS", 1)):
        monkeypatch.setattr(ganviz.trace, name, rows)
    ears = Ears(host)
    host.step(400)
    frame = frame_of(host, qtbot, lambda frame: frame.step == 400)
    qtbot.waitUntil(lambda: bool(ears.said("refused")))
    host.step(100)
    frame = frame_of(host, qtbot, lambda frame: frame.step == 500)
    assert np.array_equal(frame.trace.column("step"), np.arange(1.0, 501))
    (said,) = ears.said("refused")
    assert "No space left on device" in str(said)
    assert not ears.said("failed")


def test_divergence_stops_and_can_be_taken_back(host: EngineThread, qtbot) -> None:
    ears = Ears(host)
    host.open(Settings.of(WILD))
    host.play()
    qtbot.waitUntil(lambda: bool(ears.said("troubled")))
    qtbot.waitUntil(lambda: not host.playing)
    frame = frame_of(host, qtbot, lambda frame: bool(frame.trouble))
    assert "diverged at step" in frame.trouble
    host.play()
    host.step_player("generator")
    qtbot.waitUntil(lambda: len(ears.said("troubled")) >= 3)
    assert not ears.said("failed")
    host.go_back()
    back = frame_of(host, qtbot, lambda f: not f.trouble)
    assert back.step == frame.step
    assert not host.playing
    host.reset()
    assert frame_of(host, qtbot, lambda frame: frame.step == 0).marks == ()


def test_single_players_seeds_and_resets(host: EngineThread, qtbot) -> None:
    ears = Ears(host)
    host.step(4)
    host.step_player("discriminator")
    frame = frame_of(host, qtbot, lambda frame: bool(frame.marks))
    assert (frame.step, frame.marks[0].text) == (4, "discriminator moved alone")
    host.change({"train.k": 2})
    host.new_seed()
    frame = frame_of(host, qtbot, lambda frame: frame.step == 0 and "k = 2" in frame.title)
    qtbot.waitUntil(lambda: len(ears.said("adopted")) >= 2)
    assert ears.said("adopted")[-1].train.seed == SMALL.train.seed + 1
    host.reset()
    frame_of(host, qtbot, lambda frame: frame.step == 0 and "k = 2" in frame.title)


@pytest.mark.parametrize("speed", [5.0, 100.0])
def test_speed_is_kept(host: EngineThread, qtbot, speed: float) -> None:
    host.set_speed(speed)
    began = perf_counter()
    host.play()
    shares: list[float] = []  # of the steps that the speed asks for, in some stretches of time
    while not shares or (shares[-1] < 0.5 and len(shares) < 10):
        first, since = standing(qtbot, host), perf_counter()
        qtbot.wait(1500)
        last, now = standing(qtbot, host), perf_counter()
        shares.append((last - first) / (speed * (now - since)))
        assert last <= speed * (now - began) + 1  # never faster, by any clock
    assert shares[-1] >= 0.5, shares  # a machine that has much else to do may lose some


@pytest.mark.parametrize("busy", [True, False])
def test_nothing_waits_for_the_window_while_kernels_play(
    monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    """A picture lies there and the window is about to come for it."""
    thread = EngineThread(SMALL)
    kernel = SimpleNamespace(pace=0.0, ready=3, busy=busy)
    engine = SimpleNamespace(kernel=kernel, executor=object())
    lanes = SimpleNamespace(all=[SimpleNamespace(engine=engine, past=False)])
    thread.frames.put(())
    thread.due, thread._took = perf_counter() + 30, 60.0
    monkeypatch.setattr(thread, "_stepped", lambda *_: pytest.fail("it was to stand aside"))
    clock = Clock()
    listen(clock)
    try:
        thread._gather(lanes, False, inf)  # type: ignore[arg-type]
    finally:
        listen(None)
    (name,) = {place[0] for place in clock.read().calls}
    assert name == ("waiting for the kernel" if busy else "waiting for the window")


def test_it_ends_in_order_whatever_goes_wrong_at_the_end(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = EngineThread(SMALL, recording=tmp_path)
    ears = Ears(thread)
    with qtbot.waitHost(thread.ready):
        thread.start()
    thread.step(3)
    at_rest(qtbot, thread)
    qtbot.waitUntil(lambda: thread._recording is not None)
    assert thread._lanes is not None
    assert thread._recording is not None

    def wrong(*_: object) -> None:
        raise ArithmeticError("unforeseen")

    monkeypatch.setattr(thread._lanes.engine.kernel, "forget", wrong)
    monkeypatch.setattr(thread._surveyor, "stop", wrong)
    monkeypatch.setattr(thread._recording._pen, "_append", wrong)
    thread._recording._told.append({"title": "which is not written"})
    folder = thread._recording.folder
    assert thread.stop()
    assert not lives(folder)
    assert (folder / CLOSED).exists()
    qtbot.waitUntil(lambda: len(ears.said("failed")) == 3)


def test_bad_first_settings_open_the_default_game(qtbot) -> None:
    thread = EngineThread(Settings.of({"data.target": "file", "data.file": "none.csv"}))
    with qtbot.waitHost(thread.refused, thread.ready):
        thread.start()
    assert frame_of(thread, qtbot).step == 0
    assert thread.stop()


def test_stops_at_once_while_playing_flat_out(qtbot) -> None:
    thread = EngineThread(SMALL)
    with qtbot.waitHost(thread.ready):
        thread.start()
    thread.play()
    qtbot.wait(200)
    began = perf_counter()
    assert thread.stop()
    assert perf_counter() - began < 5


# ---- slow motion -------------------------------------------------------------------------------


def test_phases_are_shown_one_by_one_and_the_next_round_follows(
    host: EngineThread, qtbot: QtBot
) -> None:
    host.next_phase()
    first = frame_of(host, qtbot, lambda frame: frame.beat is not None)
    assert (first.beat.step, first.beat.number, first.step) == (1, 1, 0)
    of = first.beat.of
    for number in range(2, of + 1):
        host.next_phase()
        frame = frame_of(host, qtbot, lambda f, n=number: f.beat is not None and f.beat.number == n)
        assert frame.step == (1 if number == of else 0)
    host.next_phase()
    frame = frame_of(host, qtbot, lambda frame: frame.beat.step == 2)
    assert (frame.beat.number, frame.step) == (1, 1)


def test_a_change_between_phases_takes_effect_at_the_next_round(
    host: EngineThread, qtbot: QtBot
) -> None:
    host.next_phase()
    assert frame_of(host, qtbot, lambda frame: frame.beat is not None).step == 0
    host.change({"generator.hidden": [4], "train.k": 2})
    frame = frame_of(host, qtbot, lambda frame: frame.beat is None)
    assert frame.step == 1  # the round was complete all along
    host.next_phase()
    frame = frame_of(host, qtbot, lambda frame: frame.beat is not None)
    assert (frame.step, frame.beat.step, frame.beat.turn) == (1, 2, "discriminator 1 of 2")


def test_slow_motion_ends_where_the_round_ends_and_the_run_is_the_same(
    host: EngineThread, qtbot: QtBot
) -> None:
    for _ in range(5):
        host.next_phase()
    frame_of(host, qtbot, lambda frame: frame.beat is not None and frame.beat.number == 5)
    host.step(2)
    frame = frame_of(host, qtbot, lambda frame: frame.beat is None and frame.step == 3)
    same = Engine(SMALL)
    same.step(3)
    assert np.array_equal(frame.trace.rows, same.trace.rows, equal_nan=True)


def test_a_round_that_diverges_is_told(qtbot: QtBot) -> None:
    thread = EngineThread(Settings.of(WILD))
    ears = Ears(thread)
    with qtbot.waitHost(thread.ready):
        thread.start()
    for _ in range(400):
        thread.next_phase()
    qtbot.waitUntil(lambda: ears.said("troubled") != [])
    assert "diverged" in str(ears.said("troubled")[0])
    assert frame_of(thread, qtbot, lambda frame: bool(frame.trouble)).beat is None
    assert thread.stop()


SURFACE = Wants(frozenset({"surface"}))


def with_surface(host: EngineThread, qtbot, wanted=lambda frame: True) -> Frame:
    """Ask until a frame arrives that has a surface and is wanted."""
    found: list[Frame] = []

    def look() -> bool:
        host.want_frame(SURFACE)
        frames = host.frames.take()
        if frames is not None and frames[0].surface is not None and wanted(frames[0]):
            found.append(frames[0])
        return bool(found)

    qtbot.waitUntil(look)
    return found[0]


def test_the_surface_is_computed_beside_the_training(host: EngineThread, qtbot) -> None:
    host.play()
    first = with_surface(host, qtbot).surface
    later = with_surface(host, qtbot, lambda f: f.surface.step > first.step + 20)
    assert later.surface.step <= later.step
    assert later.surface.cost > 0
    assert 0 < later.surface.rate <= SURVEYS_A_SECOND
    assert later.surface.cost * later.surface.rate <= SURVEY_SHARE + 1e-9
    host.pause()
    # At rest the surface catches up with the step that is shown, and is what the engine says.
    frame = with_surface(host, qtbot, lambda f: not host.playing and f.surface.step == f.step)
    straight = Engine(SMALL)
    straight.step(frame.step)
    expected = straight.frame(SURFACE).surface
    np.testing.assert_array_equal(straight.trace.rows, frame.trace.rows)
    np.testing.assert_array_equal(expected.values, frame.surface.values)
    np.testing.assert_array_equal(expected.path, frame.surface.path)


def test_another_game_does_not_keep_the_surface_of_the_last(host: EngineThread, qtbot) -> None:
    host.step(30)
    with_surface(host, qtbot, lambda frame: frame.surface.step == 30)
    host.reset()
    assert with_surface(host, qtbot, lambda frame: frame.step == 0).surface.step == 0
    host.change({"loss.kind": "wasserstein"})
    frame = with_surface(host, qtbot, lambda frame: bool(frame.marks))
    other = Engine(SMALL)
    other.change({"loss.kind": "wasserstein"})
    np.testing.assert_array_equal(other.frame(SURFACE).surface.values, frame.surface.values)


def test_surfaces_come_no_more_often_than_was_said(host: EngineThread, qtbot) -> None:
    host.play()
    seen = set()
    began = perf_counter()
    while perf_counter() - began < 1.5 or (not seen and perf_counter() - began < 60):
        host.want_frame(SURFACE)
        qtbot.wait(10)
        frames = host.frames.take()
        if frames is not None and frames[0].surface is not None:
            seen.add(frames[0].surface.step)
    assert 1 <= len(seen) <= 1 + SURVEYS_A_SECOND * (perf_counter() - began)


def test_the_end_waits_for_no_surface(qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closed while one is being computed: all ends, within a moment, and no thread is left."""
    thread = EngineThread(SMALL)
    with qtbot.waitHost(thread.ready):
        thread.start()
    started = threading.Event()
    survey = Engine.survey

    def slow(engine: Engine):
        work = survey(engine)

        def waiting():
            started.set()
            sleep(0.2)
            return work()

        return waiting

    monkeypatch.setattr(Engine, "survey", slow)
    thread.want_frame(SURFACE)
    assert started.wait(60)
    began = perf_counter()
    assert thread.stop()
    assert perf_counter() - began < 5
    assert not [t for t in threading.enumerate() if t.name.startswith("ganviz-surface")]


def test_a_surface_that_fails_is_told_and_the_thread_goes_on(
    host: EngineThread, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ears = Ears(host)

    def broken(engine: Engine):
        def fail():
            raise ArithmeticError("no surface today")

        return fail

    monkeypatch.setattr(Engine, "survey", broken)

    def told() -> bool:
        host.want_frame(SURFACE)
        return bool(ears.said("failed"))

    qtbot.waitUntil(told)
    assert "no surface today" in str(ears.said("failed")[0])
    monkeypatch.undo()
    host.step(1)
    assert with_surface(host, qtbot, lambda frame: frame.step == 1).surface.step == 1
