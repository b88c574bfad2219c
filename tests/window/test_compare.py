"""The dialog that sets runs side by side."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.presets import find, presets
from ganviz.schema import ParamError, get
from ganviz.settings import PARAMETERS
from ganviz.window import style
from ganviz.window.compare import Compare, offered, proposals
from ganviz.window.desk import completed
from ganviz.window.keys import Manners


@pytest.fixture
def dialog(qtbot: QtBot, app: QApplication) -> Iterator[Compare]:
    style.dress(app, "light")
    preset = find("two-modes")
    owner = QObject()
    made = Compare(preset.settings, ("train.k", "optim.lr_d"), Manners(owner))
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


@pytest.mark.parametrize("name", presets())
def test_proposals_begin_with_the_present_and_all_can_be(name: str) -> None:
    preset = presets()[name]
    settings = preset.settings
    found = offered(settings, preset.knobs)
    assert len(found) > 15
    for parameter in found:
        values = proposals(settings, parameter)
        present = get(settings, parameter.path)
        assert present is None or values[:1] == [present]
        for value in values:
            settings.with_(completed(settings, {parameter.path: value}))
        assert len(set(values)) == len(values)


def test_the_preset_s_knobs_come_first_and_the_seed_is_shared() -> None:
    settings = find("two-modes").settings
    paths = [parameter.path for parameter in offered(settings, ("optim.lr_d", "train.k"))]
    assert paths[:2] == ["optim.lr_d", "train.k"]
    assert len(set(paths)) == len(paths)
    assert "train.seed" not in paths


def test_it_asks_for_the_present_value_and_another(dialog: Compare) -> None:
    found: list[object] = []
    dialog.wanted.connect(found.append)
    assert dialog.values == [1, 5]
    QTest.mouseClick(dialog.run, Qt.MouseButton.LeftButton)
    assert found == [[{}, {"train.k": 5}]]
    assert not dialog.isVisible()


def test_two_to_four_values_each_another(dialog: Compare) -> None:
    dialog.add.click()
    dialog.add.click()
    assert len(dialog.values) == 4
    assert not dialog.add.isEnabled()
    dialog.lines[1].away.click()
    dialog.lines[1].away.click()
    assert len(dialog.values) == 2
    assert not dialog.lines[0].away.isEnabled()
    box = dialog.lines[1].field.box  # type: ignore[attr-defined]
    box.entered.emit(1)
    assert not dialog.run.isEnabled()
    assert "values 1 and 2 are the same" in dialog.complaint.text()
    box.entered.emit(7)
    assert dialog.run.isEnabled()
    assert dialog.changes() == [{}, {"train.k": 7}]


def test_what_cannot_be_is_told(dialog: Compare) -> None:
    box = dialog.lines[1].field.box  # type: ignore[attr-defined]
    box.entered.emit(0)
    assert not dialog.run.isEnabled()
    assert "train.k = 0" in dialog.complaint.text()
    with pytest.raises(ParamError, match=r"train\.k"):
        dialog.changes()


def test_a_choice_brings_along_what_it_needs(dialog: Compare) -> None:
    dialog.search.setText("loss.kind")
    assert [dialog.list.item(i).isHidden() for i in range(3)] == [True, True, True]
    field = dialog.lines[1].field
    assert field.parameter is PARAMETERS["loss.kind"]
    assert len(dialog.changes()) == 2
    assert dialog.changes()[1]["loss.kind"] == field.value


def test_tab_goes_from_the_list_through_the_values_to_what_adds_one(dialog: Compare) -> None:
    dialog.search.setText("k, D-steps")
    dialog.list.setFocus()
    found: list[object] = []
    for _ in range(12):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        found.append(QApplication.focusWidget())
        if found[-1] is dialog.add:
            break
    inside = [
        next((n for n, line in enumerate(dialog.lines) if line.isAncestorOf(each)), None)
        for each in found[:-1]
    ]
    assert found[-1] is dialog.add
    assert sorted(set(inside)) == [0, 1]
    assert inside == sorted(inside)
