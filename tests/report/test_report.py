"""What a report says of a run, and what a hand-out does not."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from ganviz.film.render import FilmStage, rgb
from ganviz.frame import Bookmark, Look, Mark, TraceWriter
from ganviz.presets import find
from ganviz.report.build import SCALE, SIZE, Source, answer, asked, build, said, unanswered
from ganviz.report.document import Answer, Finding, Picture, Report, Section, Table, Words, plain
from ganviz.report.scenes import MOST, MOST_BOOKMARKS, chosen, deeds, named
from ganviz.schema import ParamError, changed
from ganviz.settings import Settings
from ganviz.share import shared
from ganviz.tape.lane import Lane
from ganviz.tape.tape import Tape


def texts(report: Report) -> str:
    """Return all there is to read, figures' descriptions included."""
    words = [report.title, report.under, report.made]
    for section in report.sections:
        words.append(section.title)
        for block in section.blocks:
            words += _texts(block)
    return "\n".join(words)


def _texts(block: object) -> list[str]:
    if isinstance(block, Table):
        cells = [cell for row in (block.head, *block.rows) for cell in row]
        return [cell.whole if isinstance(cell, Answer) else cell for cell in cells]
    if isinstance(block, Picture):
        return [block.alt, block.caption]
    if isinstance(block, Finding):
        return [block.question, block.answer.whole]
    return [value for value in (getattr(block, "text", ""), getattr(block, "words", "")) if value]


def scenes_of(report: Report) -> list[Section]:
    return [section for section in report.sections if section.level == 3]


def pictures(report: Report) -> list[Picture]:
    blocks = [block for section in report.sections for block in section.blocks]
    return [block for block in blocks if isinstance(block, Picture)]


def test_a_run_without_bookmarks_is_pictured_at_its_start_before_changes_and_at_its_ends(
    report: Report,
) -> None:
    assert [section.title for section in scenes_of(report)] == [
        "Step 0, branch A",
        "Step 40, branch A, before k, D-steps per G-step: 1 → 5",
        "Step 80, branch A, before G learning rate: 0.001 → 0.002",
        "Step 140, branch B",
        "Step 120, branch A",
    ]


def test_one_branch_is_reported_alone_when_it_is_asked_for(tape: Tape, qapp: QApplication) -> None:
    told = texts(build(tape, branch="a"))
    assert "Step 80, before D learning rate: 0.001 → 0.01" in told
    assert "branch" not in told.replace("Branch", "branch").split("How to run")[0]
    with pytest.raises(ParamError, match="branch Q: must be one of the branches of this run, A, B"):
        build(tape, branch="Q")


def test_every_change_of_every_branch_is_told_with_its_step(report: Report) -> None:
    journal = next(s for s in report.sections if s.title == "What was changed").blocks[0]
    assert isinstance(journal, Table)
    assert journal.rows == (
        ("40", "A", "k, D-steps per G-step", "1", "5"),
        ("80", "A", "D learning rate", "0.001", "0.01"),
        ("80", "B", "G learning rate", "0.001", "0.002"),
    )


def test_what_is_pictured_is_the_moment_before_the_change(tape: Tape, report: Report) -> None:
    lane = Lane(Tape(), tape.branches[0].settings)
    lane.step(40)
    look = Look(fine=True)
    frame = lane.engine.frame(look.wants)
    with FilmStage(SIZE, scale=SCALE) as stage:
        expected = stage.pixels((frame,), look)
    shown = QImage.fromData(pictures(report)[1].png).convertToFormat(QImage.Format.Format_RGB32)
    assert (rgb(shown) == expected).all()
    assert "Settings as at the start." in pictures(report)[1].caption
    assert "but for k, D-steps per G-step: 5 (at the start 1)" in pictures(report)[2].caption


def test_readings_and_diagnosis_are_those_of_the_step(tape: Tape, report: Report) -> None:
    lane = Lane(Tape(), tape.branches[0].settings)
    lane.step(40)
    frame = lane.engine.frame()
    table = next(b for b in scenes_of(report)[1].blocks if isinstance(b, Table))
    assert table.rows == tuple((r.title, answer(r), r.floor or "not known") for r in frame.measures)
    assert frame.diagnosis is not None
    found = next(b for b in scenes_of(report)[1].blocks if isinstance(b, Finding))
    assert found.answer.text.startswith(frame.diagnosis.words)


def test_the_game_can_be_run_again_from_what_the_report_says(tape: Tape, report: Report) -> None:
    told = texts(report)
    line = next(line for line in told.splitlines() if line.startswith("ganviz --share"))
    assert shared(line.removeprefix("ganviz --share ")).settings == tape.branches[0].settings
    assert 'ganviz run "my run.ganviz" --replay' in told
    seed = tape.branches[0].settings.train.seed
    facts = report.sections[0].blocks[0]
    assert isinstance(facts, Table)
    assert ("Seed", str(seed)) in facts.rows
    software = dict(facts.rows)["Software"]  # type: ignore[arg-type]
    assert all(f"{name} " in str(software) for name in ("ganviz", "Python", "torch", "numpy", "Qt"))


def test_settings_that_differ_from_the_defaults_are_told_and_no_others(report: Report) -> None:
    table = report.sections[1].blocks[1]
    assert isinstance(table, Table)
    told = {str(row[3]): row[1] for row in table.rows}
    settings = find("two-modes").settings.with_({"train.batch": 32})
    assert set(told) == set(changed(Settings(), settings))
    assert told["train.batch"] == "32"


def test_bookmarks_are_pictured_with_their_notes(noted_report: Report) -> None:
    report = noted_report
    assert [s.title for s in scenes_of(report)] == ["Step 60, branch A", "Step 130, branch B"]
    notes = [next(b for b in s.blocks if isinstance(b, Finding)) for s in scenes_of(report)]
    assert notes[0].question == "Why does D bend here?"
    assert notes[0].answer.text == "Because <img src=x> pulls it"
    assert notes[1].answer.text == "Both modes are found </p>"


def test_a_hand_out_has_no_answers(noted_report: Report, hand_out: Report) -> None:
    report = noted_report
    found = list(report.answers())
    assert len(found) > 10
    assert all(answer.text for answer in found)
    assert len(list(hand_out.answers())) == len(found)
    assert not any(answer.text for answer in hand_out.answers())
    told = texts(hand_out)
    for answer_ in found:
        if len(answer_.text) > 8:  # shorter ones occur elsewhere by chance
            assert answer_.text not in told
    for part in ("Why does D bend here?", "What is to be seen here?", "what does the diagnosis"):
        assert part in told
    same = [s.title for s in report.sections] == [s.title for s in hand_out.sections]
    assert same
    assert "Hand-out" in hand_out.under


def test_pictures_of_a_hand_out_are_drawn_without_readings_and_diagnosis(
    noted: Tape, hand_out: Report
) -> None:
    lane = Lane(Tape(), noted.branches[0].settings)
    lane.step(40)
    lane.change({"train.k": 5})
    lane.step(20)
    look = Look(fine=True)
    bare = unanswered(lane.engine.frame(look.wants))
    assert not bare.measures
    assert bare.diagnosis is None
    with FilmStage(SIZE, scale=SCALE) as stage:
        expected = stage.pixels((bare,), look)
    shown = QImage.fromData(pictures(hand_out)[0].png).convertToFormat(QImage.Format.Format_RGB32)
    assert (rgb(shown) == expected).all()


def test_a_diverged_run_says_so(qapp: QApplication) -> None:
    tape = Tape()
    rates = {"optim.lr_g": 10.0, "optim.lr_d": 10.0}
    lane = Lane(tape, find("saddle-two-numbers").settings.with_(rates))
    lane.step(200)
    assert lane.engine.trouble
    report = build(tape)
    told = texts(report)
    assert f"Diverged after step {lane.engine.steps}." in told
    assert f"diverged at step {lane.engine.steps + 1}: its numbers are no longer finite" in told
    readings = [a.text for a in report.answers() if a.text.strip("≈ ")[0] in "−0123456789"]
    assert readings
    assert max(map(len, readings)) <= 16


def test_progress_is_told_and_can_end_the_work(tape: Tape, qapp: QApplication) -> None:
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(tape, tell=tell)
    assert told[0] == (0, 9)
    assert told[-1] == (2, 9)


def test_a_run_recorded_by_other_versions_names_them(noted: Tape, qapp: QApplication) -> None:
    versions = {"ganviz": "0.0.9", "python": "3.12", "machine": "Plan9 mips"}
    report = build(noted, branch="A", source=Source(versions=versions))
    facts = dict(report.sections[0].blocks[0].rows)  # type: ignore[union-attr, arg-type]
    assert facts["Recorded with"] == "ganviz 0.0.9, Python 3.12, on Plan9 mips"
    assert "Qt 6." in str(facts["Drawn with"])


# ---- where ------------------------------------------------------------------------------------


def _long(changes: int, steps: int = 4000) -> Tape:
    """Return a tape with rows and marks, without having been run."""
    tape = Tape()
    branch = tape.plant(Settings(), ("step",))
    branch.trace = TraceWriter(("step",), np.arange(1.0, steps + 1)[:, None]).trace()
    for number in range(changes):
        step = (number + 1) * steps // (changes + 1)
        values, before = (("train.k", number + 2),), (("train.k", number + 1),)
        branch.marks.append(Mark(step, f"train.k → {number + 2}", "change", values, before))
    return tape


def test_changes_that_lie_close_together_share_a_picture() -> None:
    tape = _long(40)
    found = chosen(tape, tape.branches[0], False)
    assert len(found) <= MOST
    assert found[0].place.step == 0
    assert found[-1].place.step == 4000
    told = [mark for scene in found for mark in scene.ahead]
    assert len(told) == 40
    assert [scene.place.step for scene in found] == sorted({s.place.step for s in found})


def test_few_changes_have_a_picture_each_however_close() -> None:
    tape = _long(3)
    tape.branches[0].marks[1] = Mark(1001, "train.k 2 → 3", "change", (("train.k", 3),))
    found = chosen(tape, tape.branches[0], False)
    assert [scene.place.step for scene in found] == [0, 1000, 1001, 3000, 4000]


def test_a_gesture_is_one_deed() -> None:
    def mark(step: int, was: int, now: int, joined: bool) -> Mark:
        return Mark(step, "", "change", (("train.k", now),), (("train.k", was),), joined)

    marks = [mark(5, 1, 2, False), mark(6, 2, 3, True), mark(9, 3, 7, True), mark(12, 7, 8, False)]
    found = deeds(marks)
    assert [said(each) for each in found] == [
        "k, D-steps per G-step: 1 → 7",
        "k, D-steps per G-step: 7 → 8",
    ]


def test_bookmarks_of_other_branches_are_left_out_when_one_is_asked_for(noted: Tape) -> None:
    a, b = (chosen(noted, named(noted, name), False) for name in "AB")
    assert [scene.place.step for scene in a] == [60]
    assert [scene.place.step for scene in b] == [60, 130]


def test_too_many_bookmarks_are_cut_and_that_is_said() -> None:
    tape = _long(0)
    tape.bookmarks = [Bookmark(0, step) for step in range(MOST_BOOKMARKS + 5)]
    assert len(chosen(tape, tape.branches[0], True)) == MOST_BOOKMARKS


@pytest.mark.parametrize(
    ("note", "question", "told"),
    [
        ("Why? = Because = so.", "Why?", "Because = so."),
        ("Why does it bend?", "Why does it bend?", ""),
        ("k = 5 collapses", "What is to be seen here?", "k = 5 collapses"),
        ("See?: no", "What is to be seen here?", "See?: no"),
    ],
)
def test_a_note_that_begins_with_a_question_asks_it(note: str, question: str, told: str) -> None:
    found = asked(note)
    assert (found.question, found.answer.text) == (question, told)


def test_texts_lose_what_no_file_may_hold() -> None:
    assert plain("a\x00b\x1bc\x7f\x85\ud800\nd\te") == "abc\nd\te"
    assert Words("x").text == "x"
