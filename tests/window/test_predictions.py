"""Predict, then reveal: cards, keys, and what an answer is scored by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.engine import Engine
from ganviz.frame import Frame
from ganviz.lesson import Lesson, parsed
from ganviz.window.beside import Beside
from ganviz.window.card import CROSS, MEASURING, TICK, Card
from ganviz.window.lessons import Lessons
from ganviz.window.main import MainWindow
from ganviz.window.predictions import called

Host = Any  # conftest.FakeHost

TEXT = """
[lesson]
title = "A guess"
text = "It is two."
steps = 20

[settings]
train = {batch = 16, measure_every = 10}
generator = {hidden = [8]}
discriminator = {hidden = [8]}

[[section]]
kind = "see"
text = "The answer."

[[question]]
ask = "Which loss is it?"
answers = ["$V$", "*minimax*"]
right = 1
reveal = "As the settings say, $L_G$."

[[question]]
ask = "How many numbers of noise?"
answers = ["few", "some", "many"]
observation = "losses"
bounds = [0.0, 100.0]
reveal = "More than nothing."

[[observation]]
name = "losses"
says = "The discriminator's loss is positive."
of = "loss_d"
is = ">="
value = 0
seeds = 3
least = 2
"""


@pytest.fixture
def lesson() -> Lesson:
    return parsed("a-guess", TEXT, "a-guess")


@pytest.fixture
def trained(lesson: Lesson) -> Frame:
    engine = Engine(lesson.settings)
    engine.step(20)
    return engine.frame()


@pytest.fixture
def lessons(qtbot: QtBot, window: MainWindow, lesson: Lesson) -> Lessons:
    made = window._lessons()
    made.open(lesson)
    qtbot.waitUntil(lambda: made.reader.page.isVisible())
    QApplication.processEvents()
    return made


def press(window: MainWindow, key: Qt.Key) -> None:
    QTest.keyClick(window.stage, key)


def seen(lessons: Lessons) -> list[str]:
    return [b.words for b in lessons.reader.page.blocks if not b.isHidden()]


def test_the_text_waits_for_answers_and_questions_come_one_by_one(
    window: MainWindow, lessons: Lessons, host: Host
) -> None:
    first, second = lessons.reader.cards
    assert lessons.reader.question is first
    assert second.isHidden()
    assert "The answer." not in seen(lessons)
    assert "It is two." not in seen(lessons)
    press(window, Qt.Key.Key_2)
    assert first.given == 1
    assert host.asked("open") == [lessons.lesson.settings], "the digit opens no preset"
    assert lessons.reader.question is second
    assert "The answer." not in seen(lessons)
    press(window, Qt.Key.Key_3)
    assert "The answer." in seen(lessons)
    assert "It is two." in seen(lessons)
    press(window, Qt.Key.Key_3)
    assert len(host.asked("open")) == 2, "digits open presets again"


def test_an_answer_is_locked_and_revealed_at_once_where_right_is_known(
    window: MainWindow, lessons: Lessons, host: Host
) -> None:
    card = lessons.reader.cards[0]
    card.choices[0].click()
    assert card.given == 0
    assert card.right == 1
    assert [each.mark for each in card.choices] == [CROSS, TICK]
    assert all(not each.isEnabled() for each in card.choices)
    card.give(1)
    assert card.given == 0, "locked"
    assert "Not so. As the settings say, L_G." in [told.words for told in card._told]
    locked, known = host.asked("predict")
    assert (locked.given, locked.right) == (0, -1)
    assert known == replace(locked, right=1)
    assert known.question == "Which loss is it?"
    assert known.answers == ("V", "minimax")
    assert window.footer.said == "“V” was not right"


def test_the_run_tells_when_it_has_come_to_its_step(
    lessons: Lessons, host: Host, trained: Frame
) -> None:
    for card, answer in zip(lessons.reader.cards, (1, 1), strict=True):
        card.give(answer)
    card = lessons.reader.cards[1]
    early = Engine(lessons.lesson.settings)
    early.step(19)
    lessons.show_frame(early.frame(), True)
    assert card.right is None
    lessons.show_frame(trained, True)
    assert card.right == 1
    loss = float(trained.trace.column("loss_d")[-1])
    assert f"L_D = {loss:.3f}" in host.asked("predict")[-1].measured
    assert host.asked("predict")[-1].measured.startswith("Measured on this run")


@pytest.mark.parametrize("when", ["before it began", "on its way", "afterwards"])
def test_a_run_that_is_not_the_lesson_s_decides_nothing(
    lessons: Lessons, host: Host, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    order = Order(monkeypatch)
    assert lessons.lesson is not None
    other = {"train.k": 2}
    settings = lessons.lesson.settings
    engine = Engine(settings.with_(other) if when == "before it began" else settings)
    for each in lessons.reader.cards:
        each.give(1)
    engine.step(10)
    if when == "on its way":
        engine.change(other)
    engine.step(10)
    if when == "afterwards":
        engine.change(other)
    engine.step(1)
    host.adopted.emit(engine.settings)
    lessons.show_frame(engine.frame(), True)
    if when == "afterwards":
        assert host.asked("predict")[-1].measured.startswith("Measured on this run")
    else:
        assert [observation.name for _, observation, *_ in order.asked] == ["losses"]
        assert lessons.reader.cards[1].right is None


def test_page_down_shows_the_text_without_an_answer(window: MainWindow, lessons: Lessons) -> None:
    for _ in range(len(lessons.reader._stops)):
        press(window, Qt.Key.Key_PageDown)
    assert lessons.lesson is not None
    assert lessons.lesson.name == "a-guess"
    assert "The answer." in seen(lessons)
    assert lessons.reader.question is lessons.reader.cards[0]


def test_where_nobody_reads_digits_open_presets(
    window: MainWindow, lessons: Lessons, host: Host
) -> None:
    window.menus.actions["reader"].trigger()
    assert lessons.dock.isHidden()
    press(window, Qt.Key.Key_1)
    assert lessons.reader.cards[0].given is None
    assert len(host.asked("open")) == 2


def test_another_lesson_forgets_the_answers(
    qtbot: QtBot, window: MainWindow, lessons: Lessons, lesson: Lesson
) -> None:
    lessons.reader.cards[0].give(1)
    lessons.open(replace(lesson, name="other", title="Other"))
    assert [card.given for card in lessons.reader.cards] == [None, None]


class Order:
    """What a process beside was asked, to be told by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[Any, ...]] = []
        monkeypatch.setattr(Beside, "measure", lambda beside, *order: self.asked.append(order))


def test_other_observations_are_measured_beside(
    qtbot: QtBot, window: MainWindow, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = Order(monkeypatch)
    own = replace(lesson.observations[0], settings={"train.k": 2})
    lessons = window._lessons()
    lessons.open(replace(lesson, observations=(own,), questions=lesson.questions[1:]))
    [card] = lessons.reader.cards
    card.give(1)
    assert [told.words for told in card._told] == [MEASURING]
    [(_, observation, seeds, told)] = order.asked
    assert (observation, seeds) == (own, 1)
    told((), "It could not be measured: why")
    assert card.right is None
    assert [each.words for each in card._told] == ["It could not be measured: why"]
    told((3.0,), "")
    assert card.right == 1
    assert card.choices[1].mark == TICK


def test_the_same_is_counted_over_seeds_and_can_be_stopped(
    lessons: Lessons, trained: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = Order(monkeypatch)
    card = lessons.reader.cards[1]
    lessons.reader.cards[0].give(1)
    card.give(1)
    lessons.show_frame(trained, True)

    def button() -> Any:
        return card._more.pills[0] if card._more is not None and card._more.pills else None

    assert button().text() == "Same over 3 seeds"
    button().click()
    assert button().text() == "Stop counting"
    button().click()
    assert button().text() == "Same over 3 seeds"
    button().click()
    *_, (_, observation, seeds, told) = order.asked
    assert (observation.name, seeds) == ("losses", 3)
    told((1.0, 2.0, -3.0), "")
    assert card.over == "The same answer in 2 of 3 seeds: 1, 2, −3."
    assert button() is None


def test_words_of_a_card_stand_within_it(lessons: Lessons) -> None:
    for card in lessons.reader.cards:
        for each in (*card.choices, *card._told):
            assert each.x() + each.width() <= card.width()
            assert isinstance(card, Card)


STILL = """
[[observation]]
name = "still"
says = "Nothing has been trained yet."
steps = 0
of = "norm_d"
is = ">="
value = 0
seeds = 3

[[observation]]
name = "wider"
says = "A wider D has another gradient."
steps = 0
of = "norm_d"
settings = { "discriminator.hidden" = [16] }
against = {}
is = ">="
value = 0
seeds = 2

[[observation]]
name = "nothing"
says = "No GAN has an encoder."
steps = 0
seeds = 1
of = "decoder_scale"
is = ">="
value = 0
"""


def test_what_needs_no_training_is_measured_here(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    still = parsed("a-guess", TEXT + STILL, "a-guess")
    beside, heard = Beside(QApplication.instance()), []
    monkeypatch.setattr(Beside, "_begin", lambda beside: heard.append("a process"))
    beside.near = True
    for each in still.observations[1:]:
        beside.measure(still, each, each.seeds, lambda *told: heard.append(told))
    assert heard == [], "nobody waits"
    assert beside.busy
    qtbot.waitUntil(lambda: not beside.busy)
    norms = []
    for settings in (still.settings, still.settings.with_({"discriminator.hidden": [16]})):
        first = settings.train.seed
        seeds = ({"train.seed": first + seed} for seed in range(3))
        engines = [Engine(settings.with_(seed)) for seed in seeds]
        norms.append([np.linalg.norm(e.gradient("discriminator")) for e in engines])
    (same, _), (compared, _), (nothing, why) = heard
    assert same == tuple(norms[0])
    assert compared == tuple(norms[1][seed] / norms[0][seed] for seed in (0, 1))
    assert nothing == ()
    assert why.startswith("It could not be measured: ")
    beside.measure(still, still.observations[1], 3, lambda *told: heard.append(told))
    beside.stop()
    QApplication.processEvents()
    assert not beside.busy
    assert len(heard) == 3
    beside.measure(still, still.observations[0], 1, lambda *told: heard.append(told))
    assert heard[3:] == [], "20 steps of the lesson's own game are nearly none"
    qtbot.waitUntil(lambda: len(heard) == 4)
    beside.near = False  # nothing is loaded: a process of its own loads it
    beside.measure(still, still.observations[1], 1, lambda *told: heard.append(told))
    assert heard[4:] == ["a process"]


def test_what_was_measured_is_called_by_its_name(lesson: Lesson) -> None:
    plain = lesson.observations[0]
    assert called(plain) == "L_D"
    ratio = replace(plain, how="mean", over="loss_g", against={"train.k": 2})
    assert called(ratio) == "L_D / L_G (mean), over that of the other run,"
    assert called(replace(plain, against={}, comparison="difference")) == (
        "L_D, less that of the other run,"
    )
    assert called(replace(plain, of="belief", at=(1.0, -0.5))) == "D(x) at 1, −0.5"
    assert called(replace(plain, of="w1")) == "W₁"


def test_the_first_picture_says_that_the_engine_is_there(lessons: Lessons, trained: Frame) -> None:
    predictions = lessons.predictions
    assert not predictions.beside.near
    lessons.show_frame(trained, True)
    assert predictions.beside.near


def test_a_process_beside_measures_what_the_check_does(qtbot: QtBot, lesson: Lesson) -> None:
    beside, heard = Beside(QApplication.instance()), []
    beside.measure(lesson, lesson.observations[0], 2, lambda *told: heard.append(told))
    assert beside.busy
    qtbot.waitUntil(lambda: heard != [])
    [(values, why)] = heard
    assert why == ""
    for seed, value in zip((0, 1), values, strict=True):
        engine = Engine(lesson.settings.with_({"train.seed": lesson.settings.train.seed + seed}))
        engine.step(20)
        assert value == engine.trace.column("loss_d")[-1]
    beside.measure(lesson, lesson.observations[0], 2, lambda *told: heard.append(told))
    beside.stop()
    assert not beside.busy
    assert len(heard) == 1
