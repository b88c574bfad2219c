"""The lesson reader: what is to be said of a game, beside its pictures.

It knows lessons and settings, not the window: it can stand in a dock or in a window of its own,
and says what is wanted of it in signals.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ganviz.lesson import Button, Formula, Lesson, Paragraph, Question, Words
from ganviz.lesson.reading import formulas
from ganviz.schema import get
from ganviz.settings import Settings
from ganviz.views.theme import Theme, theme
from ganviz.window.card import Card
from ganviz.window.keys import Manners
from ganviz.window.prose import Prose, ready
from ganviz.window.style import set_icon

#: Size of the text, pixels; a theme may make it larger, whatever the window's width.
SIZE = 15
#: Around the text, between its parts, and above a heading, pixels.
PAD, GAP = 16, 18
#: Room for a scroll bar, pixels.
BAR = 10
#: The button in place of a text that would answer what is asked.
SKIP = "Show the text without an answer"
#: What is said while the run stands at its beginning for it.
WAITS = "The run begins with your answer. Space begins it without."
#: How long formulas are waited for between two looks, milliseconds.
LOOK_MS = 30


def plain(words: str) -> tuple[Paragraph, ...]:
    """Return words as a text of one paragraph."""
    return ((Words(words),),)


class Page(QWidget):
    """Blocks of text below each other."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Prose] = []
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def show_blocks(self, blocks: Sequence[Prose]) -> None:
        """Show other blocks."""
        for block in self.blocks:
            block.hide()
            block.deleteLater()
        self.blocks = list(blocks)
        for block in blocks:
            block.setParent(self)

    def fit(self, wide: int, size: int, wanted: Theme) -> None:
        """Set all blocks in this width, in type of this size."""
        y = PAD
        for number, block in enumerate(self.blocks):
            if block.away:
                block.hide()
                continue
            if number and not block.quiet:
                y += round(GAP * size / SIZE) if block.heading or block.bold else round(0.6 * size)
            block.move(PAD, y)
            y += block.fit(max(wide - 2 * PAD, 60), size, wanted)
            block.show()
        self.setFixedSize(wide, y + PAD)


class Reader(QWidget):
    """Shows a lesson; a long one page by page.

    Signals
    -------
    wanted (Button)
        One in the text was pressed, or that which begins the lesson again.
    answered (Card), seeds_wanted (Card)
        An answer was locked, or shall be measured over more seeds.
    asking
        Whether a question waits for an answer may have changed.
    next_wanted, previous_wanted
        The lesson after this one, or before it, is wanted.
    gallery_wanted
        All lessons are to be seen.
    """

    wanted = Signal(object)
    answered = Signal(object)
    seeds_wanted = Signal(object)
    asking = Signal()
    next_wanted = Signal()
    previous_wanted = Signal()
    gallery_wanted = Signal()

    def __init__(self, manners: Manners) -> None:
        super().__init__()
        self.setObjectName("reader")
        self.setAccessibleName("Lesson")
        self.lesson: Lesson | None = None
        self.theme = theme("light")
        self._manners = manners
        self._settings: Settings | None = None
        self._place = (0, 0)
        self._stops: list[int] = [0]
        self._stop = 0
        self._formulas: tuple[str, ...] = ()
        self.cards: list[Card] = []
        self._text: list[Prose] = []
        self._covered = False  # whether the text waits for answers
        self.page = Page()
        self._skip = Prose((), manners)
        self.area = QScrollArea()
        self.area.setObjectName("lessontext")
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self.page)
        self.area.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.before = self._button("chevron-left", "Previous lesson", "Ctrl+Page Up")
        self.after = self._button("chevron-right", "Next lesson", "Ctrl+Page Down")
        self.gallery = self._button("layout-grid", "All lessons", "L")
        self.again = self._button("rotate-ccw", "Begin the lesson again", "Shift+R")
        self.where = QLabel()
        self.where.setObjectName("quiet")
        self.where.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.where.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.foot = QWidget()
        self.foot.setObjectName("lessonfoot")
        self.foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        line = QHBoxLayout(self.foot)
        line.setContentsMargins(8, 4, 8, 4)
        line.setSpacing(2)
        line.addWidget(self.before)
        line.addWidget(self.gallery)
        line.addWidget(self.where, 1)
        line.addWidget(self.again)
        line.addWidget(self.after)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.area, 1)
        column.addWidget(self.foot)
        self.before.clicked.connect(self.previous_wanted)
        self.after.clicked.connect(self.next_wanted)
        self.gallery.clicked.connect(self.gallery_wanted)
        self.again.clicked.connect(self._again)
        self._look = QTimer(self)
        self._look.setInterval(LOOK_MS)
        self._look.timeout.connect(self._settle)
        self.set_theme(self.theme)

    def sizeHint(self) -> QSize:
        """Return a width that is good to read; called by Qt."""
        return QSize(round(24.5 * self._size), 600)

    @property
    def _size(self) -> int:
        return round(SIZE * self.theme.scale)

    # ---- what is shown --------------------------------------------------------------------------

    def show_lesson(self, lesson: Lesson, place: int, of: int) -> None:
        """Show a lesson, the ``place``-th of so many."""
        self.lesson, self._place = lesson, (place, of)
        self.setAccessibleDescription(lesson.title)
        self.page.show_blocks(self._blocks(lesson))
        for block in self.page.blocks:
            if block is not self._skip:
                block.wanted.connect(self.wanted)
        self._uncover()
        self._formulas = formulas(lesson)
        self._show_in_force()
        self.page.hide()  # as long as formulas are awaited: a text that is set twice would jump
        self._stop = 0
        self.area.verticalScrollBar().setValue(0)
        self._look.start()
        self._settle()

    def _blocks(self, lesson: Lesson) -> list[Prose]:
        made = self._prose
        blocks = [made(plain(lesson.title), size=22, bold=True)]
        if lesson.lecture:
            blocks.append(made(plain("; ".join(lesson.lecture)), size=12, quiet=True))
        line = [made(plain(lesson.text))] if lesson.text else []
        blocks += line
        if lesson.formula:
            blocks.append(made(((Formula(lesson.formula),),)))
        self.cards = [self._card(lesson, question) for question in lesson.questions]
        self._skip = made(((Button(SKIP, {}),),) if self.cards else ())
        for pill in self._skip.pills:
            pill.clicked.connect(self.skip)
        self._waits = made(plain(WAITS), size=12, quiet=True)
        self._waits.away = True
        text = [made(each.paragraphs, heading=each.heading) for each in lesson.sections]
        self._text = [*text, *line]  # the line about it may give the answer away as well
        self._covered = bool(self.cards)
        return [*blocks, *self.cards, self._waits, self._skip, *text]

    # ---- questions ------------------------------------------------------------------------------

    def _card(self, lesson: Lesson, question: Question) -> Card:
        name = question.observation
        card = Card(question, lesson.observation(name).seeds if name else 1, self._manners)
        card.answered.connect(self._answered)
        card.seeds_wanted.connect(self.seeds_wanted)
        card.resized.connect(self._fit)
        return card

    @property
    def question(self) -> Card | None:
        """The card that waits for an answer, if one does and can be seen."""
        waiting = (card for card in self.cards if card.open and not card.away)
        return next(waiting, None) if self.isVisible() else None

    @property
    def covered(self) -> bool:
        """Whether the text waits behind a question."""
        return self._covered

    def show_waiting(self, waiting: bool) -> None:
        """Say whether the run stands at its beginning until there is an answer."""
        if self.lesson is not None and self._waits.away == waiting:
            self._waits.away = not waiting
            self._fit()

    @Slot(object)
    def _answered(self, card: Card) -> None:
        self._uncover()
        self.answered.emit(card)
        self._fit()

    @Slot()
    def skip(self) -> None:
        """Show the text although questions wait for an answer."""
        self._covered = False
        self._uncover()
        self._fit()

    def _uncover(self) -> None:
        """Show one question after the other, and the text, which answers them, behind them."""
        waiting = [card for card in self.cards if card.open]
        self._covered = self._covered and bool(waiting)
        for card in self.cards:
            card.away = card.open and (card is not waiting[0])
        self._skip.away = not self._covered
        for block in self._text:
            block.away = self._covered
        self.asking.emit()

    def _prose(self, paragraphs: Sequence[Paragraph], **how: object) -> Prose:
        return Prose(paragraphs, self._manners, **how)  # type: ignore[arg-type]

    def show_settings(self, settings: Settings) -> None:
        """Show which buttons set what is in force."""
        self._settings = settings
        self._show_in_force()

    def _show_in_force(self) -> None:
        if self._settings is None:
            return
        for block in self.page.blocks:
            block.show_in_force(
                {
                    number: bool(pill.button.values)
                    and all(
                        _same(get(self._settings, path), value)
                        for path, value in pill.button.values.items()
                    )
                    for number, pill in enumerate(block.pills)
                }
            )

    def set_theme(self, wanted: Theme) -> None:
        """Show it in the colours and the type of a theme."""
        self.theme = wanted
        self.setMinimumWidth(round(18.5 * self._size))
        self.updateGeometry()
        self._fit()

    @Slot()
    def _settle(self) -> None:
        """Show the text once its formulas are set."""
        if self.lesson is not None and ready(self._formulas):
            self._look.stop()
            self._fit()
            self.page.show()

    @Slot()
    def _fit(self) -> None:
        if self._look.isActive() or self.lesson is None:
            return
        # There is always room for a bar: text that is set anew because one has come would jump.
        self.page.fit(self.area.width() - BAR, self._size, self.theme)
        self._stops = stops(
            [(each.y(), each.y() + each.height()) for each in self.page.blocks if not each.away],
            self.page.height(),
            self.area.viewport().height(),
            self._size,
        )
        self._tell_place()

    # ---- page by page ---------------------------------------------------------------------------

    def turn(self, by: int) -> bool:
        """Go on by so many pages, or back; return whether there was one."""
        here = self._here()
        wanted = here + by
        if by > 0 and wanted >= len(self._stops) and self._covered:
            self.skip()
            self._look_at(self._text[0] if self._text else None)
            return True
        if not 0 <= wanted < len(self._stops):
            return False
        self._stop = wanted
        self.area.verticalScrollBar().setValue(self._stops[wanted])
        self._tell_place()
        return True

    def take_focus(self) -> bool:
        """Let the keys go to the first button that is seen; return whether there is one."""
        card = self.question
        choices = card.choices if card is not None else []
        pills = [pill for block in self.page.blocks if not block.away for pill in block.pills]
        seen = [each for each in [*choices, *pills] if not each.visibleRegion().isEmpty()]
        for each in seen or [*choices, *pills]:
            each.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.area.ensureWidgetVisible(each)
            return True
        return False

    def _look_at(self, block: Prose | None) -> None:
        """Go to the page on which a block begins."""
        if block is not None:
            beneath = block.y() + block.height() - self.area.viewport().height()
            found = [i for i, y in enumerate(self._stops) if y >= min(beneath, block.y() - PAD)]
            self._stop = found[0] if found else len(self._stops) - 1
            self.area.verticalScrollBar().setValue(self._stops[self._stop])
            self._tell_place()

    def _here(self) -> int:
        """Return which page is seen."""
        bar = self.area.verticalScrollBar()
        if bar.value() == min(self._stops[self._stop], bar.maximum()):
            return self._stop
        return max(i for i, y in enumerate(self._stops) if y <= bar.value())

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        self._stop = self._here()
        self._tell_place()

    def _tell_place(self) -> None:
        place, of = self._place
        words = [f"{place} of {of}"] if of else []
        if len(self._stops) > 1:
            words.append(f"page {self._here() + 1}/{len(self._stops)}")
        self.where.setText(" · ".join(words))
        self.where.setToolTip("Page Down: go on; Page Up: go back")

    # ---- its buttons ----------------------------------------------------------------------------

    def _button(self, icon: str, name: str, key: str) -> QToolButton:
        button = QToolButton()
        set_icon(button, icon)
        button.setAccessibleName(name)
        button.setToolTip(f"{name} ({key})")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._manners.teach(button)
        return button

    @Slot()
    def _again(self) -> None:
        self.wanted.emit(Button("", {}, again=True))

    # ---- Qt speaks ------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Set the text anew; called by Qt."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Set the text anew; called by Qt."""
        super().showEvent(event)
        self._fit()
        self.asking.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Wait for no answer; called by Qt."""
        super().hideEvent(event)
        self.asking.emit()


def _same(one: object, other: object) -> bool:
    """Return whether two values of a parameter are the same, however TOML writes them."""
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return list(one) == list(other)
    return one == other or (one is None and other == "none")


def stops(blocks: Sequence[tuple[int, int]], tall: int, room: int, line: int) -> list[int]:
    """Return where pages of a text begin, each at a block that the page before did not show whole.

    Parameters
    ----------
    blocks
        ((top, bottom), …) of its blocks.
    tall, room
        Heights of the text and of what is seen of it.
    line
        About the height of a line: a block taller than a page goes on with the last of them.
    """
    found = [0]
    last = tall - room
    while found[-1] < last:
        here = found[-1]
        beyond = [top for top, bottom in blocks if bottom > here + room and top > here + PAD]
        step = (beyond[0] - PAD) if beyond else here + room - 2 * line
        if step > here + room - line:  # the block before it is taller than a page
            step = here + room - 2 * line
        found.append(min(max(step, here + line), last))
    return found
