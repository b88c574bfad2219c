"""Predictions on the tape: in the run file, after a crash, and on paper."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from ganviz.frame import Prediction
from ganviz.report.build import build
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.tape import Tape, recovery, runfile
from ganviz.tape.lane import Lane
from ganviz.tape.recovery import Recording
from ganviz.tape.written import Reader

SMALL = Settings.of({"train.batch": 16, "generator.hidden": [8], "discriminator.hidden": [8]})
GUESS = Prediction("Mode collapse", "How many modes?", ("one or two", "more"), 1, 12)


@pytest.fixture
def lane() -> Lane:
    made = Lane(Tape(), SMALL)
    made.step(20)
    return made


def test_what_came_of_it_takes_the_place_of_what_was_expected(lane: Lane) -> None:
    tape = lane.tape
    tape.predict(GUESS)
    other = replace(GUESS, question="And then?")
    tape.predict(other)
    known = replace(GUESS, right=0, measured="modes: 2")
    tape.predict(known)
    assert tape.predictions == [other, known]
    assert tape.copy().predictions == [other, known]


def test_it_is_in_the_run_file_and_in_the_recording(lane: Lane, tmp_path: Path) -> None:
    recording = Recording(tmp_path / "recording", lane.tape)
    lane.tape.predict(GUESS)
    known = replace(GUESS, right=0, measured="modes: 2")
    lane.tape.predict(known)
    lane.keep_end()
    runfile.write(tmp_path / "run.ganviz", lane.tape, lane.place)
    assert runfile.read(tmp_path / "run.ganviz").tape.predictions == [known]
    recording.leave()
    assert recovery.recover(tmp_path / "recording").tape.predictions == [known]


def test_an_answer_that_was_not_offered_is_refused() -> None:
    table = {"lesson": "x", "question": "y", "answers": ["a", "b"], "given": 2, "step": 0}
    with pytest.raises(ParamError, match="given = 2"):
        Reader(Tape()).predictions([table])


def test_the_report_says_what_was_expected_and_what_came(qapp: QApplication, lane: Lane) -> None:
    lane.tape.predict(replace(GUESS, right=0, measured="modes: 2"))
    report = build(lane.tape)
    [section] = [each for each in report.sections if each.title.startswith("Predicted")]
    [row] = section.blocks[0].rows  # type: ignore[union-attr]
    assert row[0] == "How many modes?"
    assert row[1] == "more (step 12)"
    assert row[2].whole == "one or two (modes: 2)"  # type: ignore[union-attr]
    assert row[3] == "wrong"
    handed = build(lane.tape, hand_out=True)
    [section] = [each for each in handed.sections if each.title.startswith("Predicted")]
    assert section.blocks[0].rows[0][2].whole == ""  # type: ignore[union-attr]
