"""A parameter as a row of the panel, and what its tooltip says."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from ganviz.catalog.measures import MEASURES as MEASURED
from ganviz.catalog.measures import in_line, in_plane
from ganviz.frame import Reading
from ganviz.schema import EFFECTS, Parameter, words
from ganviz.settings import Settings
from ganviz.window.field import Field
from ganviz.window.readout import Score
from ganviz.window.style import set_icon, set_width

#: The group of the parameters that each switch a measure.
MEASURES = "measure"
#: The dimension of the data that measures need which say so.
DIMENSIONS: dict[Callable[[Any], bool], int] = {in_line: 1, in_plane: 2}
#: Why a measure that is switched on has no value.
UNKNOWN = "Not known in this game"
#: Width of the column of labels, pixels.
LABEL = 104


def tooltip(parameter: Parameter) -> str:
    """Return what there is to say about a parameter, as rich text."""
    facts = [("Range", parameter.allowed())] if not parameter.choices else []
    if parameter.unit:
        facts.append(("Unit", parameter.unit))
    if parameter.kind not in ("file", "text"):
        facts.append(
            (
                "Default",
                words(parameter.default)
                if parameter.default is not None
                else "the chosen entry's own",
            )
        )
    facts.append(("Takes effect", EFFECTS[parameter.live]))
    if parameter.source:
        facts.append(("Source", parameter.source))
    facts.append(("Name", parameter.path))
    rows = "".join(
        f"<tr><td style='padding-right:8px'>{escape(name)}</td><td>{escape(fact)}</td></tr>"
        for name, fact in facts
    )
    return (
        f"<p><b>{escape(parameter.title)}</b></p><p>{escape(parameter.help)}</p>"
        f"<table cellspacing='0' cellpadding='1'>{rows}</table>"
    )


class Row(QWidget):
    """Mark, label, editor and reset button of one parameter, and below them a complaint.

    The switch of a measure has its latest ``score`` beside it; other rows have none.
    """

    reset_wanted = Signal(str)

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field
        self.parameter = field.parameter
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 2)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(2)
        self.mark = QLabel("●")
        self.mark.setObjectName("mark")
        self.mark.setFixedWidth(10)
        self.mark.setToolTip("Differs from the default")
        keep = self.mark.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.mark.setSizePolicy(keep)
        unit = f" ({self.parameter.unit})" if self.parameter.unit else ""
        self.label = QLabel(self.parameter.title + unit)
        self.label.setWordWrap(True)
        set_width(self.label, LABEL)
        self.label.setBuddy(field.main)
        self.reset = QToolButton()
        self.reset.setObjectName("small")
        set_icon(self.reset, "undo-2")
        self.reset.setFixedSize(22, 22)
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.reset.setAccessibleName(f"Reset {self.parameter.title}")
        self.reset.clicked.connect(self._reset)
        keep = self.reset.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(keep)
        self.complaint = QLabel()
        self.complaint.setObjectName("complaint")
        self.complaint.setWordWrap(True)
        self.complaint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.complaint.hide()
        grid.addWidget(self.mark, 0, 0)
        grid.addWidget(self.label, 0, 1)
        self.score: Score | None = None
        self._dim: int | None = None  # that the data must have for this measure
        if self.parameter.group == MEASURES:
            self.score = Score(f"{self.parameter.title}, latest value")
            self._dim = DIMENSIONS.get(MEASURED[self.parameter.name].applies)
            line = QHBoxLayout()
            line.setSpacing(4)
            line.addWidget(field)
            line.addWidget(self.score, 1)
            grid.addLayout(line, 0, 2)
        else:
            grid.addWidget(field, 0, 2)
        grid.addWidget(self.reset, 0, 3)
        grid.addWidget(self.complaint, 1, 1, 1, 3)
        grid.setColumnStretch(2, 1)
        tip = tooltip(self.parameter)
        self.label.setToolTip(tip)
        field.setToolTip(tip)
        if self.score is not None:
            self.score.setToolTip(tip)
        default = self.parameter.default
        self.reset.setToolTip(
            "Back to " + ("the entry's own default" if default is None else words(default))
        )
        field.complained.connect(self._complain)
        field.shown.connect(self._mark)

    def show_for(self, settings: Settings, dim: int | None = None) -> None:
        """Show the row where its parameter means something, with data of ``dim`` dimensions."""
        choice = len(self.parameter.choices) != 1  # one choice is none
        foreign = self._dim is not None and dim is not None and dim != self._dim
        self.setVisible(choice and not foreign and settings.means_something(self.parameter))

    def show_reading(self, reading: Reading | None) -> None:
        """Show the latest value of the measure, or why there is none."""
        assert self.score is not None
        self.score.show_score(*((reading.words, reading.perfect) if reading else ("",)))
        missing = reading is None and self.field.value is True
        tip = UNKNOWN if missing else self.label.toolTip()
        if tip != self.score.toolTip():
            self.score.setToolTip(tip)

    @Slot()
    def _mark(self) -> None:
        changed = self.field.value != self.parameter.default
        self.mark.setVisible(changed)
        self.reset.setVisible(changed)

    @Slot()
    def _reset(self) -> None:
        self.field.main.setFocus(Qt.FocusReason.OtherFocusReason)
        self.reset_wanted.emit(self.parameter.path)

    @Slot(str)
    def _complain(self, sentence: str) -> None:
        self.complaint.setText(sentence)
        self.complaint.setVisible(bool(sentence))
