"""The strip of knobs above the pictures: the few parameters that a preset is about."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ganviz.settings import PARAMETERS, Settings
from ganviz.window.desk import Desk
from ganviz.window.field import Field
from ganviz.window.fields import make_field
from ganviz.window.keys import Manners
from ganviz.window.number import NumberField
from ganviz.window.rows import tooltip
from ganviz.window.style import set_icon


class Knob(QWidget):
    """One parameter, large: its title above, the editor and two steppers below."""

    reset_wanted = Signal(str)

    def __init__(self, field: Field, manners: Manners) -> None:
        super().__init__()
        self.field = field
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.label = QLabel(field.parameter.title)
        self.label.setBuddy(field.main)
        self.label.setToolTip(tooltip(field.parameter))
        field.setToolTip(tooltip(field.parameter))
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(field, 1)
        self.steppers: list[QToolButton] = []
        if isinstance(field, NumberField):
            for name, slot in (("minus", self._down), ("plus", self._up)):
                button = QToolButton()
                button.setObjectName("stepper")
                set_icon(button, name)
                button.setAutoRepeat(True)
                button.setAutoRepeatDelay(400)
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                word = "Less" if name == "minus" else "More"
                button.setAccessibleName(f"{word} {field.parameter.title}")
                button.clicked.connect(slot)
                manners.teach(button)
                line.addWidget(button)
                self.steppers.append(button)
        column.addWidget(self.label)
        column.addLayout(line)
        column.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaximumWidth(320)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        field.complained.connect(self._complain)

    def room(self, steppers: bool = True, title: bool = True) -> int:
        """Return the least width that it needs, with steppers and the whole title or without."""
        buttons = self.steppers if steppers else []
        wide = self.field.minimumSizeHint().width()
        wide += sum(4 + button.sizeHint().width() for button in buttons)
        return max(wide, self._titled()) if title else wide

    def _titled(self) -> int:
        """Return how wide its title is; what it complains of may be wider and is cut."""
        self.label.ensurePolished()
        return self.label.fontMetrics().horizontalAdvance(self.field.parameter.title) + 1

    def show_title(self, whole: bool) -> None:
        """Keep the width of the whole title, or let it be cut."""
        self.label.setMinimumWidth(self._titled() if whole else 0)

    def show_steppers(self, shown: bool) -> None:
        """Show the steppers, or leave their room to the editor; arrow keys step as well."""
        for button in self.steppers:
            button.setVisible(shown)

    @Slot(str)
    def _complain(self, sentence: str) -> None:
        """Say what is wrong where the title stands: there is no room below."""
        cure = sentence.partition(": ")[2].removeprefix("must be ")
        self.label.setText(cure or self.field.parameter.title)
        self.label.setToolTip(sentence or tooltip(self.field.parameter))
        self.label.setObjectName("complaint" if sentence else "")
        self.label.style().unpolish(self.label)
        self.label.style().polish(self.label)

    @Slot()
    def _up(self) -> None:
        if isinstance(self.field, NumberField):
            self.field.step(1)

    @Slot()
    def _down(self) -> None:
        if isinstance(self.field, NumberField):
            self.field.step(-1)


class Knobs(QWidget):
    """The knobs of the open preset, side by side."""

    def __init__(self, desk: Desk, manners: Manners) -> None:
        super().__init__()
        self.setObjectName("knobs")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Knobs")
        self._desk = desk
        self._manners = manners
        self.knobs: dict[str, Knob] = {}
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(16, 8, 16, 8)
        self._line.setSpacing(24)
        self._line.addStretch(0)
        desk.adopted.connect(self.show_settings)

    def tighten(self, space: int) -> None:
        """Have so many pixels between the knobs, and beside them."""
        self._line.setSpacing(space)
        self._line.setContentsMargins(space, 8, space, 8)

    def minimumSizeHint(self) -> QSize:
        """Return what it needs, titles cut and no steppers: nothing beside it is pushed; by Qt."""
        return QSize(self._room(False, False), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the steppers where there is room for all; called by Qt."""
        super().resizeEvent(event)
        self._fit()

    def _room(self, steppers: bool, titles: bool = True) -> int:
        shown = [knob.room(steppers, titles) for knob in self.knobs.values() if not knob.isHidden()]
        margins = self._line.contentsMargins()
        between = self._line.spacing() * max(len(shown) - 1, 0)
        return sum(shown) + between + margins.left() + margins.right()

    def _fit(self) -> None:
        """Show titles whole where there is room for all, and then the steppers as well."""
        steppers, titles = self._room(True) <= self.width(), self._room(False) <= self.width()
        for knob in self.knobs.values():
            knob.show_steppers(steppers)
            knob.show_title(titles)

    def offer(self, paths: tuple[str, ...]) -> None:
        """Offer these parameters."""
        if tuple(self.knobs) == paths:
            return
        for knob in self.knobs.values():
            self._desk.remove(knob.field)
            self._line.removeWidget(knob)
            knob.hide()
            knob.deleteLater()
        self.knobs = {}
        for index, path in enumerate(paths):
            knob = Knob(make_field(PARAMETERS[path], self._manners, False), self._manners)
            self.knobs[path] = knob
            self._desk.add(knob.field)
            self._line.insertWidget(index, knob, 1)
        self.show_settings(self._desk.settings)

    @Slot(object)
    def show_settings(self, settings: Settings) -> None:
        """Show the knobs that mean something in these settings."""
        for path, knob in self.knobs.items():
            knob.setVisible(settings.means_something(PARAMETERS[path]))
        self.setVisible(any(not knob.isHidden() for knob in self.knobs.values()))
        self._fit()
        self.updateGeometry()
