"""A question of a lesson as a card: answers to choose from, locked before the reveal."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from ganviz.lesson import Button, Emphasis, Paragraph, Question, Words
from ganviz.lesson.markup import paragraphs, plain
from ganviz.views.ink import metrics, write
from ganviz.views.theme import Theme, colour, mixed, theme
from ganviz.window.keys import Manners
from ganviz.window.prose import Prose, Setting, arranged, paint

#: Room about an answer, and between answers, in sizes of type.
ABOVE, BESIDE, APART = 0.4, 0.7, 0.35
#: What is said of an answer.
LOCKED = "Locked. The run will tell."
MEASURING = "Locked. Measured by a process beside this one…"
RIGHT, WRONG = "Right.", "Not so."
#: Marks of an answer that was right, and of one that was given and wrong.
TICK, CROSS = "✓", "✗"


class Choice(QAbstractButton):
    """One answer, with the key that gives it."""

    def __init__(self, number: int, text: str, manners: Manners, parent: QWidget) -> None:
        super().__init__(parent)
        self.number = number
        self.paragraphs: tuple[Paragraph, ...] = paragraphs(text)
        self.theme = theme("light")
        self.size_ = 15
        self.mark = str(number + 1)  # or a tick or a cross, once it is known
        self.chosen = False
        self._setting = Setting((), 0.0)
        self.setText(plain(text))
        self.setAccessibleName(f"{number + 1}: {plain(text)}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        manners.teach(self)

    @property
    def _left(self) -> float:
        return (BESIDE + 1.3) * self.size_

    def fit(self, wide: int, size: int, wanted: Theme) -> int:
        """Set it in this width, in type of this size; return how tall it is."""
        self.theme, self.size_ = wanted, size
        room = wide - self._left - BESIDE * size
        self._setting = arranged(self.paragraphs, room, size)
        tall = round(self._setting.tall + 2 * ABOVE * size)
        self.setFixedSize(wide, tall)
        self.update()
        return tall

    def sizeHint(self) -> QSize:
        """Return the size it was given; called by Qt."""
        return self.size()

    def show_mark(self, mark: str, chosen: bool) -> None:
        """Show what is known of it, and whether it was given."""
        self.mark, self.chosen = mark, chosen
        words = {TICK: "right", CROSS: "not right"}.get(mark, "")
        self.setAccessibleDescription(", ".join(filter(None, ("given" if chosen else "", words))))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it; called by Qt."""
        t, p, size = self.theme, QPainter(self), self.size_
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        live = self.isEnabled()
        ground = mixed(t.base, t.accent, 0.16 if self.chosen else 0.05)
        if live and (self.underMouse() or self.isDown()):
            ground = mixed(t.base, t.accent, 0.22)
        edge = t.accent if live or self.chosen else t.border
        if self.mark == TICK:
            edge = t.real
        elif self.mark == CROSS:
            edge = t.generated
        if self.hasFocus():
            edge = t.real
        thick = 2 if self.hasFocus() or self.chosen or self.mark in (TICK, CROSS) else 1
        p.setPen(QPen(colour(edge), thick))
        p.setBrush(colour(ground))
        p.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 7, 7)
        ink = {TICK: t.words(t.real), CROSS: t.words(t.generated)}.get(self.mark, t.muted)
        base = ABOVE * size + (1.42 * size + metrics(size).ascent() - metrics(size).descent()) / 2
        write(p, (BESIDE * size, round(base)), self.mark, ink, size=size, bold=True)
        known = live or self.chosen or self.mark == TICK
        paint(p, self._setting, (self._left, ABOVE * size), t.text if known else t.muted)
        p.end()


class Card(Prose):
    """A question with its answers, and what came of the one that was given.

    Signals
    -------
    answered (Card)
        An answer was given: ``given`` says which.
    seeds_wanted (Card)
        The same is to be measured over more seeds; or no longer, where that is under way.
    resized
        It wants to be set anew.
    """

    answered = Signal(object)
    seeds_wanted = Signal(object)
    resized = Signal()

    def __init__(self, question: Question, seeds: int, manners: Manners) -> None:
        super().__init__(paragraphs(question.ask), manners, heading="Predict", bold=True)
        self.question = question
        self.seeds = seeds  # over how many the observation can be measured; 1: no more than one
        self.given: int | None = None
        self.right: int | None = None
        self._manners = manners
        self.choices = [
            Choice(number, text, manners, self) for number, text in enumerate(question.answers)
        ]
        for choice in self.choices:
            choice.clicked.connect(self._clicked)
        self._told: list[Prose] = []
        self._more: Prose | None = None
        self.over = ""  # what came of more seeds, or that it is under way
        self.counting = False

    @property
    def open(self) -> bool:
        """Whether it waits for an answer."""
        return self.given is None

    @property
    def outcome(self) -> tuple[Paragraph, ...]:
        """Whether the answer that was given was right, and why."""
        verdict = RIGHT if self.given == self.right else WRONG
        why = paragraphs(self.question.reveal) if self.question.reveal else ()
        return (Emphasis(verdict), Words(" "), *(why[0] if why else ())), *why[1:]

    def give(self, number: int) -> None:
        """Lock an answer; nothing changes it after that."""
        if self.given is None and 0 <= number < len(self.choices):
            self.given = number
            for choice in self.choices:
                choice.setEnabled(False)
                choice.show_mark(choice.mark, choice.number == number)
            self.tell(LOCKED)
            self.answered.emit(self)

    def reveal(self, right: int, measured: str = "") -> None:
        """Show which answer was right, with what was measured."""
        self.right = right
        for choice in self.choices:
            mark = TICK if choice.number == right else CROSS if choice.number == self.given else ""
            choice.show_mark(mark or choice.mark, choice.number == self.given)
        self._show(self.outcome, measured)

    def tell(self, words: str) -> None:
        """Say something beneath the answers."""
        self._show(((Words(words),),) if words else ())

    def count(self, words: str, counting: bool) -> None:
        """Say what came of more seeds, or how far that is."""
        self.over, self.counting = words, counting
        if self.right is not None:
            self._offer()
            self.resized.emit()

    def _show(self, told: Sequence[Paragraph], measured: str = "") -> None:
        for each in self._told:
            each.hide()
            each.deleteLater()
        blocks = [Prose(told, self._manners)] if told else []
        if measured:
            blocks.append(Prose(((Words(measured),),), self._manners, size=13, quiet=True))
        for each in blocks:
            each.setParent(self)
        self._told = blocks
        if self.right is not None:
            self._offer()
        self.resized.emit()

    def _offer(self) -> None:
        """Offer to measure the same over more seeds, where that says something."""
        if self._more is not None:
            self._more.hide()
            self._more.deleteLater()
            self._more = None
        if self.seeds <= 1:
            return
        words = "Stop counting" if self.counting else f"Same over {self.seeds} seeds"
        told: list[Paragraph] = [(Button(words, {}),)]
        if self.over:
            told = [(Words(self.over),), *told] if self.counting else [(Emphasis(self.over),)]
        self._more = Prose(told, self._manners)
        self._more.setParent(self)
        for pill in self._more.pills:
            pill.clicked.connect(self._pressed_more)

    def fit(self, wide: int, size: int, wanted: Theme) -> int:
        """Set question, answers and what came of them beneath each other."""
        y = super().fit(wide, size, wanted)
        gap = round(APART * size)
        below: list[Choice | Prose] = [*self.choices, *self._told]
        if self._more is not None:
            below.append(self._more)
        for each in below:
            y += gap
            each.move(0, y)
            y += each.fit(wide, size, wanted)
            each.show()
        self.setFixedSize(wide, y)
        return y

    @Slot()
    def _clicked(self) -> None:
        choice = self.sender()
        if isinstance(choice, Choice):
            self.give(choice.number)

    @Slot()
    def _pressed_more(self) -> None:
        self.seeds_wanted.emit(self)
