"""Predictions: answers that were locked, and when and by what they are found right or wrong."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from ganviz.frame import Frame, Prediction
from ganviz.host import EngineThread
from ganviz.lesson import Lesson, Observation
from ganviz.lesson.markup import plain
from ganviz.lesson.quantities import named
from ganviz.schema import put
from ganviz.settings import Settings
from ganviz.views.ink import brief, whole
from ganviz.window.beside import Beside
from ganviz.window.card import MEASURING, Card
from ganviz.window.reader import Reader

#: What is said while more seeds are measured.
COUNTING = "Measuring the other seeds beside this run…"


class Predictions(QObject):
    """Scores the answers given in the reader, and has them kept on the tape.

    An observation of the lesson as it runs is taken from the run before one's eyes, once that has
    come to its step with nothing changed on its way; any other by a process beside it.

    Signals
    -------
    told (sentence)
        An answer was found right or wrong.
    revealed (Card)
        The same: of this card.
    """

    told = Signal(str)
    revealed = Signal(object)

    def __init__(self, host: EngineThread, reader: Reader, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self._lesson: Lesson | None = None
        self._frame: Frame | None = None
        self._settings: Settings | None = None
        self._waiting: list[Card] = []  # for the run to come to their step
        self._kept: dict[Card, Prediction] = {}
        self.beside = Beside(self)
        self._seeds = Beside(self)  # of its own, so that one does not wait for the other
        reader.answered.connect(self._answered)
        reader.seeds_wanted.connect(self._seeds_wanted)

    def begin(self, lesson: Lesson | None) -> None:
        """Take note that another lesson is open, or none."""
        self._lesson = lesson
        self._waiting, self._kept = [], {}
        self.stop()

    def stop(self) -> None:
        """Measure nothing more."""
        self.beside.stop()
        self._seeds.stop()

    @Slot(object)
    def show_settings(self, settings: Settings) -> None:
        """Take note of the settings in force."""
        self._settings = settings

    def show_frame(self, frame: Frame) -> None:
        """Look whether the run has come to where an answer is known."""
        self._frame = frame
        self.beside.near = self._seeds.near = True  # an engine has made it
        for card in list(self._waiting):
            observation = self._observation(card)
            if observation is None:
                continue
            names = {observation.of, observation.over or observation.of}
            known = names <= set(frame.trace.columns)  # else only an engine can say it
            changed = any(mark.step < observation.steps for mark in frame.marks)
            if known and not changed and frame.step < observation.steps:
                continue
            self._waiting.remove(card)
            if known and not changed and self._began_as_the_lesson(frame):
                self._take(card, observation, frame)
            else:
                self._measure(card, observation)

    def _began_as_the_lesson(self, frame: Frame) -> bool:
        """Say whether a run began with the lesson's own game, of any seed."""
        if self._lesson is None or self._settings is None:
            return False
        before = {path: value for mark in reversed(frame.marks) for path, value in mark.before}
        seed = {"train.seed": self._settings.train.seed}
        return bool(put(self._settings, before) == put(self._lesson.settings, seed))

    def _observation(self, card: Card) -> Observation | None:
        name = card.question.observation
        return self._lesson.observation(name) if self._lesson is not None and name else None

    @Slot(object)
    def _answered(self, card: Card) -> None:
        lesson, question = self._lesson, card.question
        if lesson is None or card.given is None:
            return
        self._kept[card] = Prediction(
            lesson.title,
            plain(question.ask),
            tuple(plain(each) for each in question.answers),
            card.given,
            0 if self._frame is None else self._frame.step,
        )
        self._host.predict(self._kept[card])
        observation = self._observation(card)
        if observation is None:
            self._reveal(card, question.right or 0, "")
        elif observation.own and observation.steps > 0:
            self._waiting.append(card)
            if self._frame is not None:
                self.show_frame(self._frame)
        else:
            self._measure(card, observation)

    def _take(self, card: Card, observation: Observation, frame: Frame) -> None:
        from ganviz.proof import from_trace  # knows the engine, which is there by now

        value = from_trace(observation, frame.trace)
        if value != value:
            self._measure(card, observation)
        else:
            self._judge(card, observation, value, "this run")

    def _measure(self, card: Card, observation: Observation) -> None:
        assert self._lesson is not None
        card.tell(MEASURING)

        def told(values: tuple[float, ...], why: str) -> None:
            if values:
                self._judge(card, observation, values[0], "a run beside this one")
            else:
                card.tell(why)

        self.beside.measure(self._lesson, observation, 1, told)

    def _judge(self, card: Card, observation: Observation, value: float, where: str) -> None:
        right = card.question.answered(value, observation.holds(value))
        if right is None:
            card.tell("The run gave no number to judge by.")
        else:
            self._reveal(
                card, right, f"Measured on {where}: {called(observation)} = {said(value)}."
            )

    def _reveal(self, card: Card, right: int, measured: str) -> None:
        card.reveal(right, measured)
        kept = self._kept[card] = replace(self._kept[card], right=right, measured=measured)
        self._host.predict(kept)
        verdict = "right" if kept.given == right else "not right"
        self.revealed.emit(card)
        self.told.emit(f"“{kept.answers[kept.given]}” was {verdict}")

    @Slot(object)
    def _seeds_wanted(self, card: Card) -> None:
        observation = self._observation(card)
        if card.counting:
            self._seeds.stop()
            card.count("", False)
        elif observation is not None and self._lesson is not None:
            card.count(COUNTING, True)

            def told(values: tuple[float, ...], why: str) -> None:
                card.count(_counted(card, observation, values) if values else why, False)

            self._seeds.measure(self._lesson, observation, observation.seeds, told)


def called(observation: Observation) -> str:
    """Return what an observation measures, such as ``W₁ (mean), over that of the other run,``."""
    name = " / ".join(named(each) for each in (observation.of, observation.over) if each)
    if observation.at:
        name += " at " + ", ".join(f"{each:g}" for each in observation.at).replace("-", "−")
    if observation.how != "last":
        name += f" ({observation.how})"
    if observation.against is None:
        return name
    word = "over" if observation.comparison == "ratio" else "less"
    return f"{name}, {word} that of the other run,"


def said(value: float) -> str:
    """Return a number as words, a whole one without decimals."""
    return whole(int(value)) if value == int(value) else brief(value)


def _counted(card: Card, observation: Observation, values: tuple[float, ...]) -> str:
    """Return in how many of the seeds the same answer was right."""
    answers = [card.question.answered(value, observation.holds(value)) for value in values]
    same = sum(answer == card.right for answer in answers)
    told = ", ".join(said(value) for value in values)
    return f"The same answer in {same} of {len(values)} seeds: {told}."
