"""The host with a script: what happens at which step, and where it waits."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import pytest
from patience import at_rest, standing
from pytestqt.qtbot import QtBot

from ganviz.host import EngineThread
from ganviz.lesson import Change
from ganviz.settings import Settings

SMALL = Settings.of({"train.batch": 16, "generator.hidden": [8], "discriminator.hidden": [8]})
SCRIPT = (
    Change(0, {}, "Guess.", pause=True),
    Change(30, {"train.k": 2}),
    Change(50, {"train.k": 3, "optim.lr_d": 0.01}, "Now k = 3.", pause=True),
    Change(70, {}, "See."),
)


@pytest.fixture(params=[inf, 2000.0], ids=["flat out", "at a pace"])
def host(qtbot: QtBot, request: pytest.FixtureRequest) -> Iterator[EngineThread]:
    thread = EngineThread(SMALL, request.param, title="lesson", script=SCRIPT)
    with qtbot.waitHost(thread.ready):
        thread.start()
    yield thread
    assert thread.stop()


def marks(host: EngineThread) -> list[tuple[int, str]]:
    assert host._lanes is not None
    return [(mark.step, mark.text) for mark in host._lanes.engine.journal]


def played(qtbot: QtBot, host: EngineThread) -> int:
    """Play until the host pauses by itself; return where it stands then."""
    # It may have paused again before anybody hears that it has begun.
    with qtbot.waitHost(host.playing_changed):
        host.play()
    qtbot.waitUntil(lambda: not host.playing)
    return at_rest(qtbot, host)


def test_changes_and_pauses_come_at_exactly_their_steps(host: EngineThread, qtbot: QtBot) -> None:
    assert played(qtbot, host) == 0
    assert played(qtbot, host) == 50
    assert [step for step, _ in marks(host)] == [30, 50]
    assert host._lanes is not None
    settings = host._lanes.engine.settings
    assert (settings.train.k, settings.optim.lr_d) == (3, 0.01)
    with qtbot.waitHost(host.playing_changed):
        host.play()
    qtbot.waitUntil(lambda: standing(qtbot, host) > 80)
    assert [step for step, _ in marks(host)] == [30, 50]


def test_steps_by_hand_meet_the_script_and_do_not_wait(host: EngineThread, qtbot: QtBot) -> None:
    host.step(60)
    assert at_rest(qtbot, host) == 60
    assert [step for step, _ in marks(host)] == [30, 50]


def test_a_restart_begins_the_script_again(host: EngineThread, qtbot: QtBot) -> None:
    host.step(60)
    host.reset()
    assert played(qtbot, host) == 0
    assert played(qtbot, host) == 50
    host.change({"train.seed": 7})
    assert played(qtbot, host) == 0


def test_what_was_run_is_gone_back_to_without_a_script(host: EngineThread, qtbot: QtBot) -> None:
    host.step(60)
    at_rest(qtbot, host)
    branch = host.reel.lanes[0][0]
    host.seek(branch, 40)
    assert played(qtbot, host) == 60, "along the tape nothing waits"
    host.seek(branch, 40)
    host.branch_here()
    host.pause()
    at_rest(qtbot, host)
    assert played(qtbot, host) == 50 or standing(qtbot, host) == 50
    assert [step for step, _ in marks(host)] == [30, 50]


def test_what_is_taken_back_does_not_come_again(host: EngineThread, qtbot: QtBot) -> None:
    host.step(40)
    host.undo()
    host.step(5)
    assert at_rest(qtbot, host) == 35
    assert marks(host) == []


def test_another_run_is_not_the_script_s(host: EngineThread, qtbot: QtBot) -> None:
    host.step(10)
    host.open(SMALL, "another")
    host.step(60)
    assert at_rest(qtbot, host) == 60
    assert marks(host) == []
    host.undo()  # back in the lesson, at step 10
    host.step(30)
    assert at_rest(qtbot, host) == 40
    assert [step for step, _ in marks(host)] == [30]


def test_what_stands_behind_a_halt_is_done_when_the_run_goes_on(qtbot: QtBot) -> None:
    """Else the answer would be seen beside the question that halts it."""
    script = (Change(20, {}, "Does k = 5 calm it?", pause=True), Change(20, {"train.k": 5}))
    host = EngineThread(SMALL, title="lesson", script=script)
    with qtbot.waitHost(host.ready):
        host.start()
    assert played(qtbot, host) == 20
    assert marks(host) == []
    host.seek(host.reel.lanes[0][0], 10)  # to look back, and come again
    assert at_rest(qtbot, host) == 10
    host.seek(host.reel.lanes[0][0], 20)
    assert at_rest(qtbot, host) == 20
    assert marks(host) == []
    with qtbot.waitHost(host.playing_changed):
        host.play()
    qtbot.waitUntil(lambda: standing(qtbot, host) > 30)
    assert [step for step, _ in marks(host)] == [20]
    host.pause()
    qtbot.waitUntil(lambda: not host.playing)
    host.open(SMALL, "lesson", script)
    assert at_rest(qtbot, host) == 0
    assert played(qtbot, host) == 20
    host.step(1)  # by hand as well
    assert at_rest(qtbot, host) == 21
    assert [step for step, _ in marks(host)] == [20]
    assert host.stop()


def test_a_change_that_no_longer_fits_is_refused_and_the_run_goes_on(qtbot: QtBot) -> None:
    script = (Change(20, {"generator.formula": "exp(z)"}),)
    host = EngineThread(SMALL)
    with qtbot.waitHost(host.ready):
        host.start()
    host.open(SMALL, "lesson", script)
    with qtbot.waitHost(host.refused):
        host.step(40)
    assert at_rest(qtbot, host) == 40
    assert host.stop()
