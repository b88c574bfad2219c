"""The editor of a number: a slider, and a box that takes ``3e-4``."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QSlider

from ganviz.schema import ParamError, Parameter, parse
from ganviz.window.field import Field, legal, written
from ganviz.window.keys import Manners
from ganviz.window.scale import Scale
from ganviz.window.style import set_width

#: The longest text that a box for one number has to show.
WIDEST = "default 0.05"


class NumberBox(QAbstractSpinBox):
    """A box for one number: takes ``3e-4``, steps along a :class:`Scale`, may be empty."""

    entered = Signal(object)
    typed = Signal(str)
    given_up = Signal()

    def __init__(self, parameter: Parameter, roomy: bool) -> None:
        super().__init__()
        self._parameter = parameter
        self._scale = Scale.of(parameter)
        self.value: Any = None
        self.stands_for: Any = None
        self._dirty = False  # Qt's own flag is cleared before Enter is told
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        measures = self.fontMetrics()
        set_width(self, measures.horizontalAdvance(WIDEST if roomy else "0.000123") + 18)
        self.setKeyboardTracking(False)
        self.lineEdit().setAlignment(Qt.AlignmentFlag.AlignRight)
        self.lineEdit().textEdited.connect(self._edited)
        self.editingFinished.connect(self._finished)

    @property
    def typing(self) -> bool:
        """Whether a text stands in the box that was not entered yet."""
        return self.hasFocus() and self._dirty

    def show_value(self, value: Any, stands_for: Any) -> None:
        """Show a value, or in grey what None stands for."""
        self.value, self.stands_for = value, stands_for
        edit = self.lineEdit()
        text = written(value)
        if edit.text() != text:
            edit.setText(text)
        self._dirty = False
        grey = written(stands_for)
        faint = f"default {grey}" if grey else "default"
        if edit.placeholderText() != faint:
            edit.setPlaceholderText(faint)

    def validate(self, text: str, pos: int) -> object:
        """Let anything be typed: what is illegal is told in words; called by Qt."""
        return QValidator.State.Acceptable, text, pos

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Allow both directions; called by Qt."""
        flag = QAbstractSpinBox.StepEnabledFlag
        return flag.StepUpEnabled | flag.StepDownEnabled

    def stepBy(self, steps: int) -> None:
        """Step along the scale; called by Qt for arrow keys and the wheel."""
        now = self.value if self.value is not None else self.stands_for
        if self._scale is None:
            self.entered.emit((now or 0) + steps)
        else:
            self.entered.emit(self._scale.stepped(now if now is not None else 0, steps))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives up what was typed; called by Qt."""
        if event.key() == Qt.Key.Key_Escape and self._dirty:
            self.show_value(self.value, self.stands_for)
            self.typed.emit(self.lineEdit().text())
            self.given_up.emit()
            return
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self._dirty:
            self.clearFocus()  # what was wanted is done: the next key is the window's again

    @Slot(str)
    def _edited(self, text: str) -> None:
        self._dirty = True
        self.typed.emit(text)

    @Slot()
    def _finished(self) -> None:
        if self._dirty:
            self.entered.emit(self.read(self.lineEdit().text()))

    def read(self, text: str) -> Any:
        """Return what a text means: a number, or None where that is allowed and nothing stands."""
        text = text.strip().replace("−", "-").replace(",", ".")
        if not text and self._parameter.optional:
            return None
        value = parse(text)
        if isinstance(value, str):
            try:
                value = float(text)
            except ValueError:
                return value
        if self._parameter.kind == "int" and isinstance(value, float) and value.is_integer():
            return int(value)
        if self._parameter.kind == "float" and isinstance(value, int):
            return float(value)
        return value


class NumberField(Field):
    """A slider, where a slider is of use, and a box; ``roomy`` boxes line up in a column."""

    def __init__(self, parameter: Parameter, manners: Manners, roomy: bool = True) -> None:
        super().__init__(parameter, manners)
        self.scale = Scale.of(parameter)
        self.slider: QSlider | None = None
        if self.scale is not None:
            self.slider = QSlider(Qt.Orientation.Horizontal)
            self.slider.setRange(0, self.scale.ticks)
            self.slider.setPageStep(max(1, self.scale.ticks // 20))
            self.slider.setSingleStep(max(1, self.scale.ticks // 200))
            self.slider.setMinimumWidth(48)
            self.slider.valueChanged.connect(self._slid)
            self.slider.sliderReleased.connect(self.let_go)
            self._take(self.slider, 1, main=False)
        self._quiet = False
        self.box = NumberBox(parameter, roomy)
        if self.slider is None:
            self.box.setMaximumWidth(16777215)
        self._take(self.box)
        self.box.lineEdit().setAccessibleName(parameter.title)
        self.box.entered.connect(self._entered)
        self.box.given_up.connect(self.let_go)
        self.box.typed.connect(self._typed)

    @property
    def held(self) -> bool:
        """Whether the slider is down, or a text is being typed."""
        return (self.slider is not None and self.slider.isSliderDown()) or self.box.typing

    def _show(self) -> None:
        self.box.show_value(self.value, self.stands_for)
        self._set_slider()

    def _set_slider(self) -> None:
        number = self.value if self.value is not None else self.stands_for
        if self.slider is None or self.scale is None or self.slider.isSliderDown():
            return
        self._quiet = True
        self.slider.setValue(0 if number is None else self.scale.tick(number))
        self._quiet = False

    @Slot(int)
    def _slid(self, tick: int) -> None:
        if self._quiet or self.scale is None:
            return
        value = self.scale.value(tick)
        self._offer(value)  # it is used before it is shown
        self.box.show_value(value, self.stands_for)

    @Slot(object)
    def _entered(self, value: Any) -> None:
        if self._offer(value):
            self._show()

    @Slot(str)
    def _typed(self, text: str) -> None:
        """Say at once what is wrong with a text; only Enter or leaving the box sends it."""
        try:
            legal(self.parameter, self.box.read(text))
        except ParamError as error:
            self._complain(str(error))
        else:
            self._complain("")

    def step(self, steps: int) -> None:
        """Move by steps, as the arrow keys do."""
        self.box.stepBy(steps)
