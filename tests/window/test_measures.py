"""The latest values of the measures, beside the switches that turn them on."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.frame import Reading
from ganviz.schema import Parameter
from ganviz.settings import PARAMETERS, Settings
from ganviz.window.desk import Desk
from ganviz.window.fields import CheckField
from ganviz.window.keys import Manners
from ganviz.window.panel import Panel
from ganviz.window.readout import Score
from ganviz.window.rows import MEASURES, Row

JSD = Reading("jsd", "JSD", 0.021, "0.021", "0.004")
MODES = Reading("modes", "modes", 2.0, "2 of 2")


def measures() -> list[Parameter]:
    return [parameter for parameter in PARAMETERS.values() if parameter.group == MEASURES]


@pytest.fixture
def panel(qtbot: QtBot, app: QApplication) -> Panel:
    made = Panel(Desk(Settings.of({})), Manners())
    made.complete()
    qtbot.addWidget(made)
    made.resize(336, 700)
    made.show()
    return made


def into_view(panel: Panel, path: str) -> Score:
    score = panel.rows[path].score
    assert score is not None
    panel.ensureWidgetVisible(panel.rows[path], 0, 200)
    QApplication.processEvents()
    return score


def test_every_measure_is_a_switch_with_a_score_and_nothing_else_has_one(panel: Panel) -> None:
    assert len(measures()) > 5
    for path, row in panel.rows.items():
        assert (row.score is not None) == path.startswith("measure.")
        if row.score is not None:
            assert isinstance(row.field, CheckField)
            assert row.score.toolTip() == row.label.toolTip()
    assert panel.sections[MEASURES].heading.text() == "Measures"


def test_the_latest_value_stands_beside_the_switch_and_behind_it_the_floor(panel: Panel) -> None:
    score = into_view(panel, "measure.jsd")
    assert score.text == "–"
    panel.show_readings((JSD, MODES))
    assert (score.value, score.floor) == ("0.021", "floor 0.004")
    assert score.text == "0.021 · floor 0.004"
    assert score.accessibleDescription() == score.text
    modes = into_view(panel, "measure.modes")
    panel.show_readings((JSD, MODES))
    assert modes.text == "2 of 2"
    panel.show_readings((MODES,))
    into_view(panel, "measure.jsd")
    panel.show_readings((MODES,))
    assert score.text == "–", "the shown frame has none"


def test_both_fit_beside_the_switch(panel: Panel) -> None:
    score = into_view(panel, "measure.jsd")
    from ganviz.views.ink import width

    assert score.width() >= width("0.021 · floor 0.004")


def test_only_what_can_be_seen_and_has_changed_is_painted(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = into_view(panel, "measure.jsd")
    painted: list[str] = []
    monkeypatch.setattr(Score, "update", lambda self: painted.append(self.text))
    for _ in range(3):
        panel.show_readings((JSD,))
    assert painted == ["0.021 · floor 0.004"]
    panel.sections[MEASURES].fold(True)
    panel.show_readings(())
    assert score.text == "0.021 · floor 0.004"
    panel.sections[MEASURES].fold(False)
    panel.verticalScrollBar().setValue(0)
    QApplication.processEvents()
    panel.show_readings(())
    assert score.text == "0.021 · floor 0.004"
    into_view(panel, "measure.jsd")
    panel.show_readings(())
    assert score.text == "–"


def test_the_switch_still_switches(panel: Panel, qtbot: QtBot) -> None:
    row = panel.rows["measure.jsd"]
    assert isinstance(row, Row)
    into_view(panel, "measure.jsd")
    field = row.field
    assert isinstance(field, CheckField)
    before = field.value
    with qtbot.waitSignal(field.edited) as edited:
        QTest.mouseClick(field.box, Qt.MouseButton.LeftButton)
    assert edited.args == ["measure.jsd", not before]


def test_a_score_cuts_the_floor_first_and_whole(qtbot: QtBot) -> None:
    score = Score("JSD")
    qtbot.addWidget(score)
    score.show_score("0.021", "floor 0.004")
    score.show()

    def ink(wide: int) -> list[int]:
        score.resize(wide, 18)
        image = score.grab().toImage()
        ground = image.pixel(0, 0)
        return [
            x
            for x in range(image.width())
            if any(image.pixel(x, y) != ground for y in range(image.height()))
        ]

    full, short = ink(200), ink(90)
    assert max(full) > 100
    assert max(short) < 45
    assert short == [x for x in full if x <= max(short)]


def test_a_switched_on_measure_without_a_value_says_why(panel: Panel) -> None:
    score = into_view(panel, "measure.jsd")
    row = panel.rows["measure.jsd"]
    row.field.show_value(True)
    panel.show_readings((MODES,))
    assert score.toolTip() == "Not known in this game"
    panel.show_readings((JSD,))
    assert score.toolTip() == row.label.toolTip()
    row.field.show_value(False)
    panel.show_readings(())
    assert score.toolTip() == row.label.toolTip()


def test_measures_of_other_dimensions_have_no_row(panel: Panel) -> None:
    panel.show_settings(Settings.of({"data.target": "file"}))
    panel._desk.settings = Settings.of({"data.target": "file"})
    flat, plane = ("w1", "w2"), ("sliced_w", "energy")
    for dim, shown, hidden in ((1, flat, plane), (2, plane, flat)):
        panel.show_readings((), dim)
        assert not any(panel.rows[f"measure.{name}"].isHidden() for name in shown)
        assert all(panel.rows[f"measure.{name}"].isHidden() for name in hidden)
