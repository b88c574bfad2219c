"""Hall: the window that a room sees: pictures, one formula or question, a few knobs, no more."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from ganviz.frame import Frame, Look
from ganviz.views.formula import Formula
from ganviz.views.lanes import Lanes
from ganviz.views.stage import GAP
from ganviz.views.theme import HALL, colour, fitting, palette, sized
from ganviz.window import style
from ganviz.window.caption import Caption
from ganviz.window.card import Card
from ganviz.window.desk import Desk
from ganviz.window.keys import Manners
from ganviz.window.knobs import Knob, Knobs
from ganviz.window.poll import Poll

#: How much of the height is left to the pictures, about: knobs and formula have the rest.
PICTURES = 0.83
#: Least (width, height) of the window: smaller ones would not show two pictures side by side.
LEAST = (1024, 640)
#: Height of a slider, in the theme's own pixels.
SLIDER = 18
#: The shortest that a slider can be, in the theme's own pixels, and what lies between knobs.
SHORTEST, SPACE = 40, 12
#: Between the slider of a field and its box, pixels.
BESIDE = 8
#: Width of a knob, in the theme's own pixels, that has room for its two steppers as well.
ROOMY = 260


class Blank(QWidget):
    """Nothing but black."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Blank screen")
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it; called by Qt."""
        p = QPainter(self)
        p.fillRect(self.rect(), QColor("#000000"))
        p.end()


class Hall(QWidget):
    """Knobs above, what the lesson says, pictures, a line of formula below; black when it is blank.

    Where the lesson asks, its question has the place of the formula.

    Type has at least 20 pixels and lines have three: what the theme of that name is for.

    Signals
    -------
    resized
        There is another size to fill.
    closed
        Somebody closed it.
    """

    resized = Signal()
    closed = Signal()

    def __init__(self, desk: Desk, manners: Manners) -> None:
        super().__init__()
        self.setWindowTitle("ganviz: stage")
        self.setObjectName("hall")
        self.setProperty(style.OWN, True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(*LEAST)
        self.theme = sized(HALL, None)
        self.knobs = Knobs(desk, manners)
        self.knobs.tighten(SPACE)
        self.knobs.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.caption = Caption(manners)
        self.lanes = Lanes(patient=True)
        self.lanes.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.formula = Formula(self)
        self.poll = Poll(manners)
        self.blank = Blank(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.knobs)
        column.addWidget(self.caption)
        column.addWidget(self.lanes, 1)
        around = QVBoxLayout()
        around.setContentsMargins(GAP, 0, GAP, GAP)
        around.addWidget(self.formula)
        around.addWidget(self.poll)
        column.addLayout(around)
        self._dress()
        desk.adopted.connect(self._make_room)

    def offer(self, paths: tuple[str, ...]) -> None:
        """Offer these parameters above the pictures."""
        self.knobs.offer(paths)
        self._size()

    def show_frame(self, frames: tuple[Frame, ...], look: Look, resting: set[str]) -> None:
        """Show frames, one per lane, as :meth:`Lanes.show_frame` does."""
        self.lanes.show_frame(frames, look, resting)
        if "story" not in resting:
            self.formula.show_frame(frames[0])

    def show_poll(self, card: Card | None) -> None:
        """Show a question or what came of it, or the formula again."""
        self.poll.show_card(card)
        self.formula.setVisible(card is None)

    def settle(self) -> None:
        """Show the formula typeset as soon as it can be."""
        self.formula.settle()
        self.fit_formula()

    def fit_formula(self) -> None:
        """Give the formula the height it needs."""
        if self.formula.height() != self.formula.tall:
            self.formula.setFixedHeight(self.formula.tall)

    def sizeHint(self) -> QSize:
        """Return the size of a small projector; called by Qt."""
        return QSize(1280, 720)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Have type as large as this size allows; called by Qt."""
        self.blank.setGeometry(self.rect())
        self._dress()
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is between the parts; called by Qt."""
        p = QPainter(self)
        p.fillRect(self.rect(), colour(self.theme.window))
        p.end()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Say that it was closed; called by Qt."""
        super().closeEvent(event)
        self.closed.emit()

    def _dress(self) -> None:
        scale = fitting(HALL, self.width(), round(PICTURES * self.height()))
        wanted = sized(HALL, scale)
        if wanted is not self.theme:
            self.theme = wanted
            self.setPalette(palette(wanted))
            self.setStyleSheet(style.sheet(wanted, scale))
            self.formula.set_theme(wanted)
            self.caption.set_theme(wanted)
            self.poll.set_theme(wanted)
        self._size()
        self.fit_formula()

    def _size(self) -> None:
        """Size what no layout does: icons, steppers, boxes of a fixed width."""
        more = self.theme.scale
        style.tint(self, self.theme)
        style.fit(self, more)
        for slider in self.knobs.findChildren(QSlider):
            slider.setMinimumHeight(round(SLIDER * more))  # a style knows nothing of larger handles
        icon = round(style.ICON_SIZE * more)
        for knob in self.knobs.knobs.values():
            knob.setMaximumWidth(round(320 * more))
            for button in knob.steppers:
                button.setIconSize(QSize(icon, icon))
        self._make_room()

    @Slot()
    def _make_room(self) -> None:
        """Give each knob the width that its words need: nothing of them is cut.

        Steppers are there where all knobs have room for them, sliders where they have any length.
        """
        more = self.theme.scale
        knobs = [knob for knob in self.knobs.knobs.values() if not knob.isHidden()]
        room = self.width() - (len(knobs) + 1) * SPACE
        steps = room / more >= ROOMY * len(knobs)
        slide = sum(_needed(knob, round(SHORTEST * more)) for knob in knobs) <= room
        for knob in knobs:
            for button in knob.steppers:
                if button.isHidden() == steps:
                    button.setVisible(steps)
            for slider in knob.findChildren(QSlider):
                if slider.isHidden() == slide:
                    slider.setVisible(slide)
            knob.setMinimumWidth(_needed(knob, round(SHORTEST * more) if slide else 0))


def _needed(knob: Knob, slider: int) -> int:
    """Return the width that a knob needs, with a slider of this length if it has one."""
    wide = 0
    for box in knob.findChildren(QAbstractSpinBox):
        wide += box.minimumWidth()
    if slider and knob.findChildren(QSlider):
        wide += slider + BESIDE
    for choice in knob.findChildren(QComboBox):
        words = choice.fontMetrics().horizontalAdvance(choice.currentText())
        wide += words + round(2.4 * choice.fontMetrics().height())  # its arrow, and air
    return max(wide, knob.label.sizeHint().width())
