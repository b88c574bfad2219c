"""The control panel: a section per group and a row per parameter, made from the schema alone."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSettings, Qt, Slot
from PySide6.QtWidgets import (
    QFrame,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ganviz.frame import Reading
from ganviz.schema import Parameter
from ganviz.settings import PARAMETERS, Settings
from ganviz.window.desk import Desk
from ganviz.window.fields import make_field
from ganviz.window.keys import Manners
from ganviz.window.rows import MEASURES, Row
from ganviz.window.style import set_icon

#: What groups are called where the name itself is no title.
TITLES = {"optim": "Optimisers", MEASURES: "Measures"}
#: The least height of a row, pixels, and how many rows are made between two looks at the screen.
LEAST, AT_ONCE = 32, 4


class Section(QWidget):
    """The rows of one group under a heading that folds them away."""

    def __init__(self, group: str) -> None:
        super().__init__()
        self.group = group
        self.heading = QToolButton()
        self.heading.setObjectName("section")
        self.heading.setText(TITLES.get(group, group.capitalize()))
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.heading.setCheckable(True)
        self.heading.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.heading.setToolTip("Show or hide this group")
        self.heading.toggled.connect(self._toggled)
        self.body = QWidget()
        self._rows = QVBoxLayout(self.body)
        self._rows.setContentsMargins(0, 0, 0, 4)
        self._rows.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.heading)
        column.addWidget(self.body)
        set_icon(self.heading, "chevron-down")
        self.heading.setChecked(True)

    def add(self, row: Row, place: int) -> None:
        """Add a row before the one that stands at a place, or at the end."""
        self._rows.insertWidget(place, row)

    def fold(self, folded: bool) -> None:
        """Hide or show the rows."""
        self.heading.setChecked(not folded)

    @property
    def folded(self) -> bool:
        """Whether the rows are hidden."""
        return not self.heading.isChecked()

    @Slot(bool)
    def _toggled(self, on: bool) -> None:
        self.body.setVisible(on)
        set_icon(self.heading, "chevron-down" if on else "chevron-right")


class Panel(QScrollArea):
    """All parameters of the present game.

    A hundred rows take as long to make as the rest of the window. So :meth:`fill` makes those of
    the first picture, and :meth:`complete_some` the others a few at a time; whoever needs a row
    before its turn has all of them made.
    """

    def __init__(self, desk: Desk, manners: Manners) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Controls")
        self._desk = desk
        self._dim: int | None = None  # of the data shown
        self._manners = manners
        self._made: dict[str, Row] = {}
        self.sections: dict[str, Section] = {}
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(4, 8, 8, 16)
        column.setSpacing(4)
        for parameter in PARAMETERS.values():
            section = self.sections.get(parameter.group)
            if section is None:
                section = self.sections[parameter.group] = Section(parameter.group)
                manners.teach(section.heading)
                section.hide()
                column.addWidget(section)
        column.addStretch(1)
        self.setWidget(inside)
        desk.adopted.connect(self.show_settings)
        self.verticalScrollBar().valueChanged.connect(self.complete)

    def fill(self, tall: int) -> None:
        """Make the first rows that mean something, as many as can be seen in a height."""
        meant = [path for path, p in PARAMETERS.items() if self._meant(p)]
        for path in meant[: tall // LEAST]:
            self._make(path)

    def _meant(self, parameter: Parameter) -> bool:
        """Return whether a parameter has a row in the present settings, measures apart."""
        return parameter.group != MEASURES and self._desk.settings.means_something(parameter)

    def _make(self, path: str) -> None:
        """Make the row of a parameter, in its place by the order of declaration."""
        parameter = PARAMETERS[path]
        row = Row(make_field(parameter, self._manners))
        self._manners.teach(row.reset)
        row.reset_wanted.connect(self._reset)
        before = list(PARAMETERS)[: list(PARAMETERS).index(path)]
        place = sum(p in self._made and PARAMETERS[p].group == parameter.group for p in before)
        self._made[path] = row
        self.sections[parameter.group].add(row, place)
        self._desk.add(row.field)
        row.show_for(self._desk.settings, self._dim)
        if not row.isHidden():
            self.sections[parameter.group].show()

    @Slot()
    def complete(self) -> None:
        """Make the rows that the first picture of the window could do without."""
        while self.complete_some(len(PARAMETERS)):
            pass

    def complete_some(self, most: int = AT_ONCE) -> bool:
        """Make a few more rows, those that can be seen first; return whether any are missing."""
        missing = [path for path in PARAMETERS if path not in self._made]
        missing.sort(key=lambda path: not self._meant(PARAMETERS[path]))
        for path in missing[:most]:
            self._make(path)
        return len(missing) > most

    @property
    def rows(self) -> dict[str, Row]:
        """The rows of all parameters, by path, in the order of declaration."""
        self.complete()
        return {path: self._made[path] for path in PARAMETERS}

    @Slot(object)
    def show_settings(self, settings: Settings) -> None:
        """Show the rows that mean something in these settings, which are those of the desk."""
        if any(path not in self._made and self._meant(p) for path, p in PARAMETERS.items()):
            self.complete()
        self._show_rows()

    def _show_rows(self) -> None:
        shown = set()
        for row in self._made.values():
            row.show_for(self._desk.settings, self._dim)
            if not row.isHidden():
                shown.add(row.parameter.group)
        for group, section in self.sections.items():
            section.setVisible(group in shown)

    def show_readings(self, readings: Iterable[Reading], dim: int | None = None) -> None:
        """Show the latest values of the measures in those of their rows that can be seen.

        ``dim`` is the dimension of the data: what is never measured there has no row.
        """
        if dim != self._dim:
            self._dim = dim
            self._show_rows()
        latest = {reading.name: reading for reading in readings}
        for row in self._made.values():
            if row.score is None or row.score.visibleRegion().isEmpty():
                continue
            reading = latest.get(row.parameter.name)
            row.show_reading(reading)

    def save(self, store: QSettings) -> None:
        """Remember which sections are folded."""
        folded = [group for group, section in self.sections.items() if section.folded]
        store.setValue("panel/folded", ",".join(folded))

    def restore(self, store: QSettings) -> None:
        """Fold the sections that were folded."""
        folded = str(store.value("panel/folded", "")).split(",")
        for group, section in self.sections.items():
            section.fold(group in folded)

    @Slot(str)
    def _reset(self, path: str) -> None:
        self._desk.wish_one(path, PARAMETERS[path].default)
