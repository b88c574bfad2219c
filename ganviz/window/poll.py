"""The poll: a question of a lesson for the room, on stage where the formula stands otherwise."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from ganviz.lesson import Emphasis, Paragraph, Words
from ganviz.views.theme import Theme, colour, theme
from ganviz.window.card import Card, Choice
from ganviz.window.keys import Manners
from ganviz.window.prose import Prose

#: Sizes of the type of question and answers, the room around and between them, and how round the
#: corners are: in a theme's own pixels.
SIZE, PAD, APART, ROUND = 15, 12, 8, 9


class Poll(QWidget):
    """A question with its answers side by side; or which was given, and what came of it.

    It is another sight of the card beside the pictures: what is pressed here is given there.
    """

    def __init__(self, manners: Manners) -> None:
        super().__init__()
        self._manners = manners
        self._card: Card | None = None
        self._right: int | None = None
        self._texts: list[Prose] = []
        self.choices: list[Choice] = []
        self.theme = theme("light")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.hide()

    @property
    def words(self) -> str:
        """What it says, without marks."""
        return "\n".join([each.words for each in self._texts] + [c.text() for c in self.choices])

    def show_card(self, card: Card | None) -> None:
        """Show a card as it is now; none hides the poll."""
        right = None if card is None else card.right
        if card is self._card and right == self._right:
            return
        self._card, self._right = card, right
        for each in (*self._texts, *self.choices):
            each.hide()
            each.deleteLater()
        self._texts, self.choices = [], []
        if card is not None:
            self._build(card)
            self._fit()
        self.setAccessibleName(self.words)
        self.setVisible(card is not None)

    def set_theme(self, wanted: Theme) -> None:
        """Show it in the colours and the type of a theme."""
        self.theme = wanted
        self._fit()

    def _build(self, card: Card) -> None:
        self._texts = [Prose(card.paragraphs, self._manners, bold=True)]
        if card.right is None:
            self.choices = [
                Choice(number, text, self._manners, self)
                for number, text in enumerate(card.question.answers)
            ]
            for choice in self.choices:
                choice.clicked.connect(self._pressed)
        else:
            self._texts.append(Prose(_outcome(card), self._manners))
        for each in self._texts:
            each.setParent(self)
            each.show()

    @Slot()
    def _pressed(self) -> None:
        choice = self.sender()
        if self._card is not None and isinstance(choice, Choice):
            self._card.give(choice.number)

    def _fit(self) -> None:
        if self._card is None:
            return
        more = self.theme.scale
        size, pad, apart = round(SIZE * more), round(PAD * more), round(APART * more)
        room = max(self.width() - 2 * pad, 60)
        y = pad
        for each in self._texts:
            each.move(pad, y)
            y += each.fit(room, size, self.theme) + apart
        if self.choices:
            many = len(self.choices)
            wide = (room - (many - 1) * apart) // many
            tall = max(choice.fit(wide, size, self.theme) for choice in self.choices)
            for number, choice in enumerate(self.choices):
                choice.setFixedSize(wide, tall)
                choice.move(pad + number * (wide + apart), y)
                choice.show()
            y += tall + apart
        self.setFixedHeight(y - apart + pad)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Set it anew; called by Qt."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is behind the words; called by Qt."""
        p = QPainter(self)
        p.fillRect(self.rect(), colour(self.theme.window))
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(colour(self.theme.base))
        corner = ROUND * self.theme.scale
        p.drawRoundedRect(QRectF(self.rect()), corner, corner)
        p.end()


def _outcome(card: Card) -> tuple[Paragraph, ...]:
    """Return which answer was given, whether it was right, and why."""
    assert card.given is not None
    given = card.choices[card.given]
    first, *more = card.outcome
    return (Emphasis(f"{given.mark} "), *given.paragraphs[0], Words(". "), *first), *more
