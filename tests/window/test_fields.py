"""Every parameter has an editor; what goes in by hand comes out, what is adopted is shown."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from ganviz.schema import Parameter
from ganviz.settings import PARAMETERS
from ganviz.window.field import Field, written
from ganviz.window.fields import CheckField, ChoiceField, FileField, TextField, make_field
from ganviz.window.keys import Manners
from ganviz.window.number import NumberField

#: A value unlike the default, and how a person would type it, where the kind alone does not say.
OTHERS: dict[str, tuple[str, Any]] = {
    "data.weights": ("0.25, 0.75", (0.25, 0.75)),
    "data.means": ("[-1, 0], [1, 0]", ((-1, 0), (1, 0))),
    "data.sigmas": ("0.5, 1", (0.5, 1)),
    "data.curve": ("0, 1, 0.5", (0, 1, 0.5)),
    "data.strokes": ("[-1, 0], [1, 0.5]", ((-1, 0), (1, 0.5))),
    "generator.hidden": ("16, 8", (16, 8)),
    "discriminator.hidden": ("", ()),
    "encoder.hidden": ("16, 8", (16, 8)),
    "generator.start": ("1.5", 1.5),
    "discriminator.start": ("-1, 0.5", (-1, 0.5)),
    "train.replay_size": ("64", 64),
}


class Ear:
    """Hears what a field says."""

    def __init__(self, field: Field) -> None:
        self.edits: list[tuple[str, Any]] = []
        self.complaints: list[str] = []
        field.edited.connect(lambda path, value: self.edits.append((path, value)))
        field.complained.connect(self.complaints.append)


@pytest.fixture
def manners(app: QApplication) -> Manners:
    return Manners()


def make(qtbot: QtBot, manners: Manners, path: str) -> tuple[Field, Ear]:
    field = make_field(PARAMETERS[path], manners)
    qtbot.addWidget(field)
    field.show_value(PARAMETERS[path].default)
    field.show()
    return field, Ear(field)


def type_into(edit: QLineEdit, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    edit.setFocus()
    edit.selectAll()
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, key)


def another(parameter: Parameter) -> Any:
    """A legal value unlike the default."""
    if parameter.path in OTHERS:
        return OTHERS[parameter.path][1]
    match parameter.kind:
        case "bool":
            return not parameter.default
        case "choice":
            return next((c for c in parameter.choices if c != parameter.default), None)
        case "file" | "text":
            return "points.csv"
        case "int":
            return 4 if parameter.default != 4 else 9
        case "float":
            return 0.3
    raise AssertionError(f"{parameter.path}: say in OTHERS what else it can be")


def enter(field: Field, value: Any) -> None:
    """Set a value by hand."""
    match field:
        case CheckField():
            QTest.mouseClick(field.box, Qt.MouseButton.LeftButton, pos=field.box.rect().center())
            if field.box.isChecked() != value:
                QTest.keyClick(field.box, Qt.Key.Key_Space)
        case ChoiceField():
            field.box.setCurrentIndex(field.box.findData(value))
            field.box.activated.emit(field.box.currentIndex())
        case NumberField():
            type_into(field.box.lineEdit(), written(value))
        case TextField():
            text, _ = OTHERS.get(field.parameter.path, (written(value), None))
            type_into(field.edit, text)
        case _:
            raise AssertionError(type(field))


def shown(field: Field) -> str:
    """What a person reads in a field."""
    match field:
        case CheckField():
            return str(field.box.isChecked())
        case ChoiceField():
            return str(field.box.currentData())
        case NumberField():
            return field.box.lineEdit().text()
        case TextField():
            return field.edit.text()
    raise AssertionError(type(field))


@pytest.mark.parametrize("path", PARAMETERS)
def test_a_value_set_by_hand_comes_out(qtbot: QtBot, manners: Manners, path: str) -> None:
    value = another(PARAMETERS[path])
    if value is None:
        pytest.skip("has only one choice")
    field, ear = make(qtbot, manners, path)
    enter(field, value)
    assert ear.edits == [(path, value)]
    assert field.complaint == ""


@pytest.mark.parametrize("path", PARAMETERS)
def test_an_adopted_value_is_shown_and_not_sent_back(
    qtbot: QtBot, manners: Manners, path: str
) -> None:
    field, ear = make(qtbot, manners, path)
    before = shown(field)
    value = another(PARAMETERS[path])
    if value is None:
        return
    field.show_value(value)
    assert shown(field) != before
    field.show_value(PARAMETERS[path].default)
    assert shown(field) == before
    assert ear.edits == []


@pytest.mark.parametrize("path", [p for p, each in PARAMETERS.items() if each.optional])
def test_none_shows_what_it_stands_for_and_can_be_had_back(
    qtbot: QtBot, manners: Manners, path: str
) -> None:
    field, ear = make(qtbot, manners, path)
    edit = field.box.lineEdit() if isinstance(field, NumberField) else field.edit  # type: ignore[attr-defined]
    field.show_value(None, 0.05)
    assert edit.text() == ""
    assert edit.placeholderText() == ("none" if isinstance(field, FileField) else "default 0.05")
    value = another(PARAMETERS[path])
    field.show_value(value)
    assert edit.text() == written(value)
    type_into(edit, "")
    assert ear.edits == [(path, None)]


def number(qtbot: QtBot, manners: Manners, path: str) -> tuple[NumberField, Ear]:
    field, ear = make(qtbot, manners, path)
    assert isinstance(field, NumberField)
    return field, ear


@pytest.mark.parametrize(
    ("typed", "value", "then"),
    [
        ("3e-4", 3e-4, "0.0003"),
        ("0.0002", 2e-4, "0.0002"),
        (".01", 0.01, "0.01"),
        ("1", 1.0, "1"),
        ("1e-5", 1e-5, "1e-5"),
        ("0,5", 0.5, "0.5"),
    ],
)
def test_learning_rates_may_be_typed_any_way(
    qtbot: QtBot, manners: Manners, typed: str, value: float, then: str
) -> None:
    field, ear = number(qtbot, manners, "optim.lr_g")
    field.show_value(0.25)
    type_into(field.box.lineEdit(), typed)
    assert ear.edits == [("optim.lr_g", value)]
    assert isinstance(ear.edits[0][1], float)
    assert field.box.lineEdit().text() == then
    assert field.slider is not None
    assert field.slider.value() == field.scale.tick(value)  # type: ignore[union-attr]


@pytest.mark.parametrize("typed", ["50", "abc", "-1", "", "1e99", "nan"])
def test_what_is_illegal_is_told_and_not_sent(qtbot: QtBot, manners: Manners, typed: str) -> None:
    field, ear = number(qtbot, manners, "optim.lr_d")
    type_into(field.box.lineEdit(), typed)
    assert ear.edits == []
    assert ear.complaints
    assert ear.complaints[-1].startswith("optim.lr_d = ")
    assert field.value == PARAMETERS["optim.lr_d"].default


def test_a_complaint_comes_while_typing_and_goes(qtbot: QtBot, manners: Manners) -> None:
    field, ear = number(qtbot, manners, "train.k")
    edit = field.box.lineEdit()
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "500")
    assert "must be at most 100" in field.complaint
    QTest.keyClick(edit, Qt.Key.Key_Backspace)
    assert field.complaint == ""
    assert ear.edits == []
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert ear.edits == [("train.k", 50)]


def test_escape_gives_up_what_was_typed(qtbot: QtBot, manners: Manners) -> None:
    field, ear = number(qtbot, manners, "train.k")
    type_into(field.box.lineEdit(), "777", Qt.Key.Key_Escape)
    assert field.box.lineEdit().text() == "1"
    assert field.complaint == ""
    assert ear.edits == []


def test_leaving_a_box_changes_nothing_by_rounding(qtbot: QtBot, manners: Manners) -> None:
    field, ear = number(qtbot, manners, "optim.lr_g")
    field.show_value(0.000123456789)
    QTest.keyClick(field.box.lineEdit(), Qt.Key.Key_Return)
    assert ear.edits == []
    assert field.value == 0.000123456789


def test_arrow_keys_step_the_box(qtbot: QtBot, manners: Manners) -> None:
    field, ear = number(qtbot, manners, "optim.lr_g")
    QTest.keyClick(field.box, Qt.Key.Key_Up)
    QTest.keyClick(field.box, Qt.Key.Key_Up)
    QTest.keyClick(field.box, Qt.Key.Key_Down)
    assert [value for _, value in ear.edits] == [0.002, 0.005, 0.002]


def test_a_step_from_none_starts_at_what_none_stands_for(qtbot: QtBot, manners: Manners) -> None:
    field, ear = number(qtbot, manners, "data.modes")
    field.show_value(None, 8)
    field.step(1)
    assert ear.edits == [("data.modes", 9)]


def test_the_slider_moves_the_box_and_the_value(qtbot: QtBot, manners: Manners) -> None:
    field, ear = number(qtbot, manners, "train.k")
    assert field.slider is not None
    field.slider.setValue(4)  # the fifth position of 1 to 100
    assert ear.edits == [("train.k", 5)]
    assert field.box.lineEdit().text() == "5"


def test_choices_are_called_as_the_catalog_calls_them(qtbot: QtBot, manners: Manners) -> None:
    field, _ = make(qtbot, manners, "loss.kind")
    assert isinstance(field, ChoiceField)
    titles = [field.box.itemText(i) for i in range(field.box.count())]
    assert "Non-saturating" in titles
    assert "non-saturating" not in titles
    note = field.box.itemData(0, Qt.ItemDataRole.ToolTipRole)
    assert "L_D" in note


def test_a_long_list_shows_its_length_until_the_hand_comes(qtbot: QtBot, manners: Manners) -> None:
    field, ear = make(qtbot, manners, "data.curve")
    heights = tuple(i / 160 for i in range(161))
    field.show_value(heights)
    assert isinstance(field, TextField)
    assert field.edit.text() == "161 heights"
    field.activateWindow()
    field.edit.setFocus()
    qtbot.waitUntil(field.edit.hasFocus)
    assert field.edit.text() == written(heights)
    assert field.edit.cursorPosition() == 0
    field.edit.clearFocus()
    assert field.edit.text() == "161 heights"
    assert ear.edits == []
    type_into(field.edit, "0, 1, 0")
    assert ear.edits == [("data.curve", (0, 1, 0))]
    field.edit.clearFocus()
    assert field.edit.text() == "0, 1, 0"


def test_a_chosen_file_is_sent(qtbot: QtBot, manners: Manners) -> None:
    field, ear = make(qtbot, manners, "data.file")
    assert isinstance(field, FileField)
    field._chosen("/tmp/points.csv")
    assert ear.edits == [("data.file", "/tmp/points.csv")]
    assert field.edit.text() == "/tmp/points.csv"


def test_every_editor_has_a_name_for_the_blind(qtbot: QtBot, manners: Manners) -> None:
    for path, parameter in PARAMETERS.items():
        field, _ = make(qtbot, manners, path)
        assert field.main is not field, path
        assert field.main.accessibleName() == parameter.title


#: Choices that are words of the settings themselves, not entries of the catalogue.
PLAIN = {"train.freeze", "train.device", "train.dtype"}


@pytest.mark.parametrize("path", [p for p in PARAMETERS if PARAMETERS[p].choices])
def test_every_entry_of_the_catalogue_has_a_title_and_an_explanation(path: str) -> None:
    from ganviz.window.titles import explanation, title

    parameter = PARAMETERS[path]
    if path in PLAIN:
        return
    for choice in parameter.choices:
        assert title(parameter, choice) != choice
        assert explanation(parameter, choice)
