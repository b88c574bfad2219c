"""The gallery: every lesson as a card with a picture, and free play."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QDialog,
    QFrame,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ganviz import resources
from ganviz.lesson import Lesson, Shelf
from ganviz.lesson.markup import plain
from ganviz.views.ink import elided, metrics, write
from ganviz.views.theme import Theme, colour, mixed, theme
from ganviz.window.prose import lines
from ganviz.window.style import icon

#: Least width of a card, room between cards, and how much lower than wide a picture is.
LEAST, GAP, RATIO = 250, 16, 0.625
#: Room for a scroll bar, pixels.
BAR = 10
#: Sizes of the type, and lines of text beneath a title, at most.
SIZE, SMALL, LINES = 15, 13, 4
#: The card that is no lesson.
FREE, FREE_TEXT = "Free play", "The game as it is, with all its controls and without a lesson."
PICTURE = "free-play"
#: What stands on a lesson of one's own, and the room about it, pixels.
OWN, AIR = "yours", 7
#: How well words fit a lesson: they are its name, its name or title has them as beginnings of words
#: or somewhere, or only what else is known of it has them.
SAME, BEGINS, NAMED, TOLD = range(4)
#: What the gallery leaves free of the window it stands in front of.
AROUND = QSize(80, 80)


def picture(called: str, wanted: Theme, own: Path | None = None) -> Path | None:
    """Return the picture of that name in the colours of a theme; None where there is none."""
    dark = wanted.name == "dark"
    for folder in (resources() / "lessons" / "pictures", own):
        for name in (f"{called}-dark", called) if dark else (called,):
            for suffix in (".webp", ".png"):
                if folder is not None and (path := folder / f"{name}{suffix}").is_file():
                    return path
    return None


def cut(words: str, room: float, size: int, most: int, *, bold: bool = False) -> list[str]:
    """Return words in lines, at most so many; the last ends with an ellipsis if there are more."""
    found = lines(words, room, size, bold)
    if len(found) > most:
        rest = " ".join(found[most - 1 :])
        found[most - 1 :] = [elided(rest, room, size, bold)]
    return found


def _fits(words: list[str], names: list[str]) -> int:
    """Return how well words that are looked for fit what a lesson is called."""
    named = " ".join(names)
    if not words:
        return TOLD
    if " ".join(words) in names:
        return SAME
    if all(re.search(rf"\b{re.escape(word)}", named) for word in words):
        return BEGINS
    return NAMED if all(word in named for word in words) else TOLD


class Card(QAbstractButton):
    """A lesson: its picture, title and one line about it; ``own``: of a person's own folder."""

    #: The keyboard has come to it.
    entered = Signal()

    def __init__(self, lesson: Lesson | None, parent: QWidget, own: bool = False) -> None:
        super().__init__(parent)
        self.lesson, self.own = lesson, own
        self.theme = theme("light")
        self._pixmap = QPixmap()
        self._drawn = False
        self._own: Path | None = None
        self.fits = TOLD  # how well it fits what is looked for
        self.open = False  # whether it is what is open now
        title, text = (FREE, FREE_TEXT) if lesson is None else (lesson.title, lesson.text)
        self.setText(title)
        self.words = plain(text) if text else ""
        self.setAccessibleName(title)
        self.setAccessibleDescription(f"{OWN}: {self.words}" if own else self.words)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        if lesson is not None:
            self.setToolTip("\n".join(filter(None, (self.words, *lesson.lecture))))

    def dress(self, wanted: Theme, own: Path | None) -> None:
        """Wear a theme; the picture is read when it is to be seen."""
        self.theme, self._own, self._drawn = wanted, own, False
        self.update()

    def finds(self, words: list[str]) -> bool:
        """Return whether all words stand in what is known of the lesson; ``fits`` says how well."""
        names = [self.text().lower(), *([self.lesson.name] if self.lesson is not None else [])]
        told = [*names, self.words, *([OWN] if self.own else [])]
        if self.lesson is not None:
            told += [*self.lesson.lecture, *self.lesson.tags]
        self.fits = _fits(words, names)
        whole = " ".join(told).lower()
        return all(word in whole for word in words)

    def tall(self, wide: int) -> int:
        """Return how tall it is at a width."""
        below = self._pixels(SIZE) * 1.35 * self._titles(wide)
        below += LINES * self._pixels(SMALL) * 1.35 + 24
        return round(RATIO * (wide - 2) + below)

    def _titles(self, wide: int) -> int:
        """Return how many lines the title takes."""
        return min(len(lines(self.text(), wide - 26, self._pixels(SIZE), True)), 2)

    def _pixels(self, size: int) -> int:
        return round(size * (1 + (self.theme.scale - 1) / 2))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Come into sight; called by Qt."""
        super().focusInEvent(event)
        self.entered.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it; called by Qt."""
        if not self._drawn:
            self._drawn = True
            name = PICTURE if self.lesson is None else self.lesson.name
            found = picture(name, self.theme, self._own)
            self._pixmap = QPixmap(str(found)) if found is not None else QPixmap()
        t, p = self.theme, QPainter(self)
        p.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        around = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        ground = mixed(t.base, t.accent, 0.06) if self.underMouse() else t.base
        edge = t.real if self.hasFocus() else t.accent if self.open else t.border
        shape = QPainterPath()
        shape.addRoundedRect(around, 9, 9)
        p.fillPath(shape, colour(ground))
        top = QRectF(around.left(), around.top(), around.width(), RATIO * around.width())
        p.save()
        p.setClipPath(shape)
        self._paint_picture(p, top)
        p.restore()
        if self.own:
            self._paint_own(p, top)
        p.setPen(QPen(colour(edge), 3 if self.hasFocus() else 1))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawPath(shape)
        left, room = around.left() + 12, around.width() - 24
        size, small = self._pixels(SIZE), self._pixels(SMALL)
        y = top.bottom() + 8 + metrics(size).ascent()
        for line in cut(self.text(), room, size, 2, bold=True):
            write(p, (left, round(y)), line, t.text, size=size, bold=True)
            y += 1.35 * size
        y += 2
        for line in cut(self.words, room, small, LINES):
            write(p, (left, round(y)), line, t.muted, size=small)
            y += 1.35 * small
        p.end()

    def _paint_own(self, p: QPainter, place: QRectF) -> None:
        """Say in the corner of the picture that it is a lesson of one's own."""
        t, small = self.theme, self._pixels(SMALL)
        font = metrics(small, bold=True)
        pill = QRectF(0, 0, font.horizontalAdvance(OWN) + 2 * AIR, font.height() + AIR)
        pill.moveTopRight(place.topRight() + QPointF(-AIR - 2, AIR + 2))
        p.setPen(QPen(colour(t.real), 1))
        p.setBrush(colour(t.base))
        p.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        base = pill.top() + AIR / 2 + font.ascent()
        write(p, (pill.left() + AIR, round(base)), OWN, t.words(t.real), size=small, bold=True)

    def _paint_picture(self, p: QPainter, place: QRectF) -> None:
        t = self.theme
        if not self._pixmap.isNull():
            wide, tall = self._pixmap.width(), self._pixmap.height()
            share = min(wide / place.width(), tall / place.height())
            cut = QRectF(0, 0, place.width() * share, place.height() * share)
            cut.moveCenter(QRectF(self._pixmap.rect()).center())
            p.drawPixmap(place, self._pixmap, cut)
            return
        p.fillRect(place, colour(t.raised))
        name = "play" if self.lesson is None else "book-open"
        mark = QRect(0, 0, 36, 36)
        mark.moveCenter(place.center().toPoint())
        icon(name, t).paint(p, mark)


class Grid(QWidget):
    """Cards in columns as many as fit; those that are not looked for are hidden.

    What fits better what is looked for stands before what fits less.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[Card] = []
        self.columns = 1

    @property
    def seen(self) -> list[Card]:
        """The cards that are shown, in the order in which they stand."""
        shown = (card for card in self.cards if not card.isHidden())
        return sorted(shown, key=lambda card: card.fits)

    def fit(self, wide: int) -> None:
        """Place the cards in this width."""
        self.columns = max(1, (wide - GAP) // (LEAST + GAP))
        each = (wide - GAP * (self.columns + 1)) // self.columns
        tall = max((card.tall(each) for card in self.cards), default=0)
        for number, card in enumerate(self.seen):
            row, column = divmod(number, self.columns)
            card.setGeometry(GAP + column * (each + GAP), GAP + row * (tall + GAP), each, tall)
        rows = -(-len(self.seen) // self.columns)
        self.setFixedSize(wide, GAP + rows * (tall + GAP))


class Gallery(QDialog):
    """All lessons at one sight. Arrows go from card to card; letters look for one.

    Signals
    -------
    chosen (Lesson)
    free_chosen
    """

    chosen = Signal(object)
    free_chosen = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Lessons")
        self.setObjectName("gallery")
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find a lesson")
        self.search.setAccessibleName("Find a lesson")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._sift)
        self.search.installEventFilter(self)
        self.grid = Grid()
        self.area = QScrollArea()
        self.area.setObjectName("cards")
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self.grid)
        self.none = QLabel("No lesson has all of these words.")
        self.none.setObjectName("quiet")
        self.none.hide()
        self.broken = QLabel()
        self.broken.setObjectName("quiet")
        self.broken.setWordWrap(True)
        self.broken.setTextFormat(Qt.TextFormat.PlainText)
        self.broken.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.broken.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GAP, 0, 0)
        column.setSpacing(0)
        above = QVBoxLayout()
        above.setContentsMargins(GAP, 0, GAP, 0)
        above.addWidget(self.search)
        above.addWidget(self.none)
        above.addWidget(self.broken)
        column.addLayout(above)
        column.addWidget(self.area, 1)

    def offer(self, shelf: Shelf, open_: Lesson | None, wanted: Theme, own: Path | None) -> None:
        """Show these lessons, in a theme; ``open_`` is the one that is open."""
        for card in self.grid.cards:
            card.hide()
            card.deleteLater()
        self.grid.cards = [Card(None, self.grid)]
        for each in shelf.lessons.values():
            self.grid.cards.append(Card(each, self.grid, each.name in shelf.own))
        name = "" if open_ is None else open_.name
        for card in self.grid.cards:
            card.open = (card.lesson.name if card.lesson else "") == name
            card.dress(wanted, own)
            card.installEventFilter(self)
            card.clicked.connect(self._clicked)
            card.entered.connect(self._entered)
        self.broken.setText("\n".join(shelf.broken))
        self.broken.setVisible(bool(shelf.broken))
        self.search.clear()
        self._sift("")
        card = next((card for card in self.grid.cards if card.open), self.grid.cards[0])
        card.setFocus()

    @Slot(str)
    def _sift(self, text: str) -> None:
        words = text.lower().split()
        for card in self.grid.cards:
            card.setVisible(card.finds(words))
        self.none.setVisible(not self.grid.seen)
        self._fit()

    def _fit(self) -> None:
        # Of the dialog, which knows its width before its parts are laid out.
        self.grid.fit(self.width() - BAR)

    @Slot()
    def _clicked(self) -> None:
        card = self.sender()
        if isinstance(card, Card):
            self._choose(card)

    @Slot()
    def _entered(self) -> None:
        card = self.sender()
        if isinstance(card, Card):
            self.area.ensureWidgetVisible(card, 0, GAP)

    def _choose(self, card: Card) -> None:
        self.accept()
        if card.lesson is None:
            self.free_chosen.emit()
        else:
            self.chosen.emit(card.lesson)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the cards anew; called by Qt."""
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let arrows and letters reach what they are meant for; called by Qt."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if isinstance(watched, Card):
                return self._press(watched, event)
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if seen := self.grid.seen:
                    if event.key() != Qt.Key.Key_Down:
                        self._choose(seen[0])
                    seen[0].setFocus()
                return True
        return False

    def _press(self, card: Card, event: QKeyEvent) -> bool:
        seen = self.grid.seen
        here, columns = seen.index(card), self.grid.columns
        by = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
            Qt.Key.Key_PageUp: -2 * columns,
            Qt.Key.Key_PageDown: 2 * columns,
            Qt.Key.Key_Home: -len(seen),
            Qt.Key.Key_End: len(seen),
        }.get(Qt.Key(event.key()))
        if by is not None:
            if by == -columns and here < columns:
                self.search.setFocus()
            else:
                seen[min(max(here + by, 0), len(seen) - 1)].setFocus()
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(card)
            return True
        if event.text().isprintable() and event.text().strip():
            self.search.setFocus()
            self.search.setText(event.text())
            return True
        return False
