"""A recorded run with a past, two futures and notes, whose title and notes mean mischief."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from ganviz.presets import find
from ganviz.report.build import Source, build
from ganviz.report.document import Report
from ganviz.tape.lane import Lane
from ganviz.tape.tape import Tape

MISCHIEF = '<script>alert(1)</script> & "two" modes\' \x00\x1b'


def run(title: str = MISCHIEF) -> Tape:
    """Return 120 steps with a change at 40 and at 80, and another future from 80 on."""
    tape = Tape(title=title)
    lane = Lane(tape, find("two-modes").settings.with_({"train.batch": 32}))
    lane.step(40)
    lane.change({"train.k": 5})
    lane.step(40)
    lane.change({"optim.lr_d": 0.01})
    lane.step(40)
    lane.undo()
    lane.change({"optim.lr_g": 0.002})
    lane.step(60)
    return tape


@pytest.fixture(scope="session")
def tape() -> Tape:
    return run()


@pytest.fixture(scope="session")
def noted() -> Tape:
    tape = run()
    tape.bookmark(tape.place(0, 60), "Why does D bend here? = Because <img src=x> pulls it")
    tape.bookmark(tape.place(1, 130), "Both modes are found </p>")
    return tape


@pytest.fixture(scope="session")
def report(tape: Tape, qapp: QApplication) -> Report:
    return build(tape, source=Source("my run.ganviz"))


@pytest.fixture(scope="session")
def noted_report(noted: Tape, qapp: QApplication) -> Report:
    return build(noted)


@pytest.fixture(scope="session")
def hand_out(noted: Tape, qapp: QApplication) -> Report:
    return build(noted, hand_out=True)
