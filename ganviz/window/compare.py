"""Compare: the same game from the same start, side by side, with one parameter changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ganviz.schema import ParamError, Parameter, get
from ganviz.settings import PARAMETERS, Settings
from ganviz.window.desk import completed
from ganviz.window.field import Field
from ganviz.window.fields import make_field
from ganviz.window.keys import Manners
from ganviz.window.rows import tooltip
from ganviz.window.style import bare, set_icon

#: Runs side by side: at least, at most.
LEAST, MOST = 2, 4
#: What cannot be compared: a seed is what the runs share; these change no training.
APART = ("train.seed", "train.device", "train.measure_every")


def offered(settings: Settings, first: Sequence[str]) -> list[Parameter]:
    """Return the parameters that can be compared, those of ``first`` before the others."""
    able = {
        path: parameter
        for path, parameter in PARAMETERS.items()
        if path not in APART
        and parameter.group != "measure"
        and parameter.kind not in ("text", "file")
        and not (parameter.kind == "list" and parameter.optional)
        and settings.means_something(parameter)
    }
    knobs = [able[path] for path in first if path in able]
    return [*knobs, *(parameter for parameter in able.values() if parameter not in knobs)]


def proposals(settings: Settings, parameter: Parameter) -> list[Any]:
    """Return values worth comparing: the present one first, then others that are legal."""
    path = parameter.path
    now = get(settings, path)
    if now is None:
        now = settings.entry_default(path)
    found: list[Any] = []
    for value in [now, *_others(parameter, now)]:
        if value not in found and value is not None and _legal(settings, path, value):
            found.append(value)
    return found


def _others(parameter: Parameter, now: Any) -> list[Any]:
    if parameter.kind == "bool":
        return [not now]
    if parameter.kind == "choice":
        return list(parameter.choices)
    if parameter.kind == "list":
        double = tuple(2 * each for each in now)
        return [double, (*now, *now[-1:]), tuple(max(each // 2, 1) for each in now)]
    low, high = parameter.low, parameter.high
    if now is None:
        now = low or 1
    if parameter.kind == "int":
        return [5, 1, 2, 10] if now <= 10 else [now * 2, max(now // 2, 1), now * 4]
    if parameter.log and parameter.group == "optim":
        return [float(f"{now * factor:.6g}") for factor in (10, 0.1, 100, 0.01)]
    if low is not None and high is not None and high - low <= 2:
        return [0.9, 0.5, 0.0, 0.1, 0.3]
    return [float(f"{now * factor:.6g}") for factor in (2, 0.5, 4)] if now else [0.1, 1.0, 0.01]


def _legal(settings: Settings, path: str, value: Any) -> bool:
    try:
        settings.with_(completed(settings, {path: value}))
    except ParamError:
        return False
    return True


class Line(QWidget):
    """One value: its number, its editor, and a cross to leave it out."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.label = QLabel()
        self.label.setMinimumWidth(16)
        self.label.setBuddy(field.main)
        self.away = QToolButton()
        self.away.setObjectName("small")
        self.away.setAccessibleName("Leave this value out")
        self.away.setToolTip("Leave this value out")
        set_icon(self.away, "x")
        row.addWidget(self.label)
        row.addWidget(field, 1)
        row.addWidget(self.away)


class Compare(QDialog):
    """Chooses a parameter, and two to four values of it.

    Signals
    -------
    wanted (list of changes, one dict of values by path for each run)
    """

    wanted = Signal(object)

    def __init__(
        self,
        settings: Settings,
        knobs: Sequence[str],
        manners: Manners,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Compare")
        self._settings = settings
        self._manners = manners
        self._parameter: Parameter | None = None
        self.lines: list[Line] = []
        words = QLabel(
            "The same game from the same seed, side by side from step 0, with one thing changed."
        )
        words.setWordWrap(True)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search: rate, k, penalty…")
        self.search.setAccessibleName("Search a parameter")
        self.search.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setAccessibleName("Parameter")
        for parameter in offered(settings, knobs):
            item = QListWidgetItem(f"{parameter.title}    {parameter.path}")
            item.setData(Qt.ItemDataRole.UserRole, parameter.path)
            item.setToolTip(tooltip(parameter))
            self.list.addItem(item)
        self._column = QVBoxLayout()
        self._column.setSpacing(6)
        self.add = QPushButton("Add a value")
        self.add.setAutoDefault(False)
        self.complaint = QLabel()
        self.complaint.setObjectName("complaint")
        self.complaint.setWordWrap(True)
        self.complaint.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.run = buttons.addButton("Run side by side", QDialogButtonBox.ButtonRole.AcceptRole)
        self.run.setDefault(True)
        bare(buttons)
        page = QVBoxLayout(self)
        page.setSpacing(10)
        page.setContentsMargins(16, 16, 16, 16)
        page.addWidget(words)
        page.addWidget(self.search)
        page.addWidget(self.list, 1)
        page.addLayout(self._column)
        page.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        page.addWidget(self.complaint)
        page.addWidget(buttons)
        self.search.textChanged.connect(self._search)
        self.list.currentItemChanged.connect(self._chosen)
        self.add.clicked.connect(self._add)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.list.setCurrentRow(0)
        self.search.setFocus()

    def sizeHint(self) -> QSize:
        """Return a size with room for four values; called by Qt."""
        return super().sizeHint().expandedTo(QSize(520, 620))

    @property
    def values(self) -> list[Any]:
        """The values that are set, in order."""
        return [line.field.value for line in self.lines]

    def changes(self) -> list[dict[str, Any]]:
        """Return what each run changes; nothing where it is the present value.

        Raises
        ------
        ParamError
            For values that cannot be, or two that are the same.
        """
        assert self._parameter is not None
        path, found = self._parameter.path, []
        for index, (line, value) in enumerate(zip(self.lines, self.values, strict=True)):
            if line.field.complaint:
                raise ParamError(line.field.complaint)
            for before in range(index):
                if self.values[before] == value:
                    raise ParamError(
                        f"values {before + 1} and {index + 1} are the same: one must be another"
                    )
            change = {}
            if value != get(self._settings, path):
                change = completed(self._settings, {path: value})
                self._settings.with_(change)
            found.append(change)
        return found

    def accept(self) -> None:
        """Tell what is to be compared; called by Qt."""
        try:
            changes = self.changes()
        except ParamError:
            return
        super().accept()
        self.wanted.emit(changes)

    # ---- the parameter --------------------------------------------------------------------------

    @Slot(str)
    def _search(self, text: str) -> None:
        words = text.lower().split()
        first = None
        for row in range(self.list.count()):
            item = self.list.item(row)
            fits = all(word in item.text().lower() for word in words)
            item.setHidden(not fits)
            if fits and first is None:
                first = item
        current = self.list.currentItem()
        if first is not None and (current is None or current.isHidden()):
            self.list.setCurrentItem(first)

    @Slot()
    def _chosen(self) -> None:
        item = self.list.currentItem()
        if item is None:
            return
        self._parameter = PARAMETERS[str(item.data(Qt.ItemDataRole.UserRole))]
        while self.lines:
            self._take_away(self.lines[-1])
        for value in proposals(self._settings, self._parameter)[:LEAST]:
            self._append(value)
        while len(self.lines) < LEAST:
            self._append(get(self._settings, self._parameter.path))
        self._check()

    # ---- its values -----------------------------------------------------------------------------

    def _append(self, value: Any) -> None:
        assert self._parameter is not None
        field = make_field(self._parameter, self._manners)
        field.show_value(value, self._settings.entry_default(self._parameter.path))
        field.edited.connect(self._check)
        field.complained.connect(self._check)
        line = Line(field)
        line.away.clicked.connect(lambda: self._remove(line))
        before: QWidget = self.lines[-1].away if self.lines else self.list
        self.lines.append(line)
        self._column.addWidget(line)
        # Rows come later than the buttons beneath them, and Tab would go there last.
        for widget in (field.main, line.away):
            self.setTabOrder(before, widget)
            before = widget

    def _take_away(self, line: Line) -> None:
        self.lines.remove(line)
        self._column.removeWidget(line)
        line.hide()
        line.deleteLater()

    def _remove(self, line: Line) -> None:
        self._take_away(line)
        self._check()

    @Slot()
    def _add(self) -> None:
        assert self._parameter is not None
        new = [v for v in proposals(self._settings, self._parameter) if v not in self.values]
        self._append(new[0] if new else self.values[-1])
        self._check()

    @Slot()
    def _check(self) -> None:
        """Say what is wrong, and name the rows."""
        for number, line in enumerate(self.lines, 1):
            line.label.setText(str(number))
            line.away.setEnabled(len(self.lines) > LEAST)
        self.add.setEnabled(len(self.lines) < MOST)
        sentence = ""
        try:
            self.changes()
        except ParamError as error:
            sentence = str(error)
        self.complaint.setText(sentence)
        self.run.setEnabled(not sentence)
