"""What a form is made of: rows that say what is wrong with them, boxes to type in, branches."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ganviz.frame import Stretch
from ganviz.views.ink import whole
from ganviz.window.fields import Choices

#: Longer notes of bookmarks and changes are cut in lists, letters.
LONGEST = 44
#: Branches that are seen at once.
SEEN = 5
#: Letters of what sets a branch apart.
APART = 22


class Row(QWidget):
    """A line of controls, with what is wrong with it beneath."""

    def __init__(self, *controls: QWidget | str, stretch: bool = False) -> None:
        super().__init__()
        self.column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        line = QHBoxLayout()
        line.setSpacing(8)
        for control in controls:
            if isinstance(control, str):
                control = QLabel(control)
                control.setObjectName("quiet")
            line.addWidget(control)
        if stretch:
            line.addStretch(1)
        column.addLayout(line)
        self.complaint = QLabel()
        self.complaint.setObjectName("complaint")
        self.complaint.setTextFormat(Qt.TextFormat.PlainText)
        self.complaint.setWordWrap(True)
        self.complaint.hide()
        column.addWidget(self.complaint)

    def complain(self, sentence: str) -> None:
        """Say what is wrong; nothing: all is well."""
        if sentence != self.complaint.text():
            self.complaint.setText(sentence)
        self.complaint.setHidden(not sentence)


class Editable(Choices):
    """A combo box in which anything may be typed: what is wrong is told in words."""

    def __init__(self) -> None:
        super().__init__()
        self.setEditable(True)
        self.setCompleter(None)  # type: ignore[arg-type]


class Branches(QScrollArea):
    """Branches to be ticked.

    Signals
    -------
    changed
        Others are ticked.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.boxes: dict[int, QCheckBox] = {}
        self._first: QCheckBox | None = None  # the first that was ticked when they were offered
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Branches")
        self.viewport().setAutoFillBackground(False)

    def show_stretches(self, stretches: Iterable[Stretch], ticked: Iterable[int]) -> None:
        """Offer these branches, some of them ticked."""
        page = QWidget()
        page.setAutoFillBackground(False)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(8)
        self.boxes = {}
        on = set(ticked)
        for each in stretches:
            steps = f"{whole(each.first)} to {whole(each.last)}"
            text = each.text if len(each.text) <= APART else each.text[: APART - 1] + "…"
            box = QCheckBox("  ".join(filter(None, (each.name, steps, text))))
            box.setToolTip(f"{each.name}: steps {steps}. {each.text}")
            box.setChecked(each.number in on)
            box.toggled.connect(self.changed)
            column.addWidget(box)
            self.boxes[each.number] = box
        column.addStretch(1)
        self.setWidget(page)
        page.setAutoFillBackground(False)
        tall = page.sizeHint().height()
        rows = max(len(self.boxes), 1)
        self._first = next((box for box in self.boxes.values() if box.isChecked()), None)
        self.setFixedHeight(tall if rows <= SEEN else round(tall * (SEEN + 0.5) / rows))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the first that is ticked in sight; called by Qt."""
        super().resizeEvent(event)
        self._show_first()

    def showEvent(self, event: QShowEvent) -> None:
        """Have the first that is ticked in sight; called by Qt."""
        super().showEvent(event)
        self._show_first()

    def _show_first(self) -> None:
        page = self.widget()
        if self._first is not None and page is not None:
            if (layout := page.layout()) is not None:
                layout.activate()
            self.ensureWidgetVisible(self._first, 0, self._first.height())

    @property
    def ticked(self) -> list[int]:
        """The numbers of those that are ticked."""
        return [number for number, box in self.boxes.items() if box.isChecked()]


def cut(words: str) -> str:
    """Return words short enough for a list."""
    line = " ".join(words.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
