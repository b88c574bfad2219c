"""The panel and the desk: rows from the schema, edits out, adoptions in, nothing in a circle."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from patience import timers
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from ganviz.catalog.clashes import DECODERS
from ganviz.catalog.networks import GENERATORS
from ganviz.presets import find
from ganviz.schema import ParamError, get
from ganviz.settings import PARAMETERS, Settings
from ganviz.window.desk import PAUSE_MS, Desk, completed
from ganviz.window.fields import ChoiceField
from ganviz.window.keys import Manners
from ganviz.window.knobs import Knobs
from ganviz.window.number import NumberField
from ganviz.window.panel import Panel


class Made:
    """A desk with a panel and knobs, and what went out of it."""

    def __init__(self, qtbot: QtBot, settings: Settings) -> None:
        self.manners = Manners()
        self.desk = Desk(settings)
        self.panel = Panel(self.desk, self.manners)
        self.panel.complete()
        self.knobs = Knobs(self.desk, self.manners)
        self.knobs.offer(("train.k", "optim.lr_d", "optim.lr_g", "loss.kind"))
        for widget in (self.panel, self.knobs):
            qtbot.addWidget(widget)
            widget.show()
        self.panel.resize(336, 700)
        self.sent: list[dict[str, Any]] = []
        self.desk.tell = self.sent.append

    def number(self, path: str) -> NumberField:
        field = self.panel.rows[path].field
        assert isinstance(field, NumberField)
        return field

    def choose(self, path: str, choice: str) -> None:
        field = self.panel.rows[path].field
        assert isinstance(field, ChoiceField)
        field.box.setCurrentIndex(field.box.findData(choice))
        field.box.activated.emit(field.box.currentIndex())


@pytest.fixture
def made(qtbot: QtBot, app: QApplication) -> Made:
    return Made(qtbot, Settings())


def enter(field: NumberField, text: str) -> None:
    edit = field.box.lineEdit()
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def test_every_parameter_has_a_row_in_the_section_of_its_group(made: Made) -> None:
    assert list(made.panel.rows) == list(PARAMETERS)
    for path, row in made.panel.rows.items():
        section = made.panel.sections[PARAMETERS[path].group]
        assert section.isAncestorOf(row)
        assert PARAMETERS[path].title in row.label.text()
        assert row.label.buddy() is row.field.main
        tip = row.label.toolTip()
        assert path in tip
        assert PARAMETERS[path].source.replace("&", "&amp;") in tip


def test_the_tooltip_says_when_a_change_takes_effect(made: Made) -> None:
    tips = {path: row.label.toolTip() for path, row in made.panel.rows.items()}
    assert "at the next step, weights kept" in tips["optim.lr_d"]
    assert "builds the generator anew" in tips["generator.hidden"]
    assert "starts a new run" in tips["train.seed"]
    assert "a number from 1e-6 to 10" in tips["optim.lr_d"]


@pytest.mark.parametrize("name", ["saddle-two-numbers", "ring", "two-modes", "dirac"])
def test_rows_that_mean_nothing_are_hidden(made: Made, name: str) -> None:
    settings = find(name).settings
    made.desk.adopt(settings)
    for path, row in made.panel.rows.items():
        parameter = PARAMETERS[path]
        meant = settings.means_something(parameter) and len(parameter.choices) != 1
        assert row.isHidden() != meant, path
        assert row.field.value == get(settings, path)


def test_a_section_without_rows_is_hidden(made: Made) -> None:
    assert made.panel.sections["encoder"].isHidden()  # a GAN has none
    assert not made.panel.sections["game"].isHidden()
    assert not made.panel.sections["optim"].isHidden()


def test_a_changed_value_has_a_mark_and_a_way_back(made: Made) -> None:
    row = made.panel.rows["train.k"]
    assert row.mark.isHidden()
    assert row.reset.isHidden()
    enter(made.number("train.k"), "5")
    assert not row.mark.isHidden()
    QTest.mouseClick(row.reset, Qt.MouseButton.LeftButton)
    timers(2 * PAUSE_MS)
    assert made.sent == [{"train.k": 5}, {"train.k": 1}]
    assert row.mark.isHidden()
    assert row.reset.isHidden()


def test_adopting_shows_and_sends_nothing(made: Made) -> None:
    made.desk.adopt(Settings.of({"train.k": 7, "optim.lr_g": 2e-4, "loss.kind": "hinge"}))
    assert made.number("train.k").box.lineEdit().text() == "7"
    assert made.number("optim.lr_g").box.lineEdit().text() == "0.0002"
    timers(2 * PAUSE_MS)
    assert made.sent == []


def test_panel_and_knobs_show_the_same(made: Made) -> None:
    enter(made.number("train.k"), "5")
    knob = made.knobs.knobs["train.k"].field
    assert knob.value == 5
    QTest.mouseClick(made.knobs.knobs["train.k"].steppers[1], Qt.MouseButton.LeftButton)
    timers(2 * PAUSE_MS)
    assert made.number("train.k").value == 6
    assert made.sent == [{"train.k": 5}, {"train.k": 6}]


def test_a_drag_is_sent_at_most_sixty_times_a_second_and_the_last_arrives(made: Made) -> None:
    slider = made.number("train.k").slider
    assert slider is not None
    for tick in range(1, slider.maximum() + 1):
        slider.setValue(tick)
    assert made.sent == [{"train.k": 2}]
    timers(3 * PAUSE_MS)
    assert made.sent == [{"train.k": 2}, {"train.k": 100}]


def test_a_late_adoption_does_not_pull_a_slider_back(made: Made) -> None:
    slider = made.number("train.k").slider
    assert slider is not None
    slider.setValue(1)
    slider.setValue(8)
    made.desk.adopt(Settings.of({"train.k": 2}))  # the first of the two comes back
    assert made.number("train.k").value == 9
    timers(2 * PAUSE_MS)
    made.desk.adopt(Settings.of({"train.k": 2}))
    assert made.number("train.k").value == 9
    made.desk.adopt(Settings.of({"train.k": 9}))
    made.desk.adopt(Settings.of({"train.k": 3}))  # somebody else's change is shown
    assert made.number("train.k").value == 3


def test_after_a_refusal_the_values_in_force_are_shown(made: Made) -> None:
    made.choose("data.target", "ring")
    assert made.sent == [{"data.target": "ring"}]
    made.desk.forget()
    made.desk.adopt(Settings())
    field = made.panel.rows["data.target"].field
    assert isinstance(field, ChoiceField)
    assert field.box.currentData() == "two-gaussians"


def test_a_refused_slider_goes_back_when_it_is_let_go(made: Made) -> None:
    field = made.number("train.k")
    slider = field.slider
    assert slider is not None
    slider.setSliderDown(True)
    slider.setValue(8)
    made.desk.forget()
    made.desk.adopt(Settings())
    assert slider.value() == 8  # it must not jump from under the hand
    slider.setSliderDown(False)
    assert slider.value() == 0
    assert field.value == 1
    assert made.sent == [{"train.k": 9}]


def test_a_text_being_typed_is_not_overwritten(made: Made) -> None:
    made.panel.activateWindow()
    edit = made.number("train.k").box.lineEdit()
    made.number("train.k").box.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "4")
    if not made.number("train.k").box.hasFocus():
        pytest.skip("no focus on this platform")
    made.desk.adopt(Settings.of({"train.k": 9}))
    assert edit.text() == "4"


def wheel(widget: QWidget, turn: int = -120) -> None:
    """Turn the wheel over a widget as the window system does: only such events are passed on."""
    window = widget.window()
    at = QPointF(widget.mapTo(window, widget.rect().center()))
    QTest.wheelEvent(window.windowHandle(), at, QPoint(0, turn))
    QApplication.processEvents()


def test_the_wheel_never_changes_an_unfocused_control(made: Made) -> None:
    QApplication.processEvents()
    bar = made.panel.verticalScrollBar()
    controls = [
        child
        for kind in (QAbstractSlider, QAbstractSpinBox, QComboBox)
        for child in (*made.panel.widget().findChildren(kind), *made.knobs.findChildren(kind))
        if child.isVisible() and child.parent().__class__.__name__ != "QComboBoxListView"
    ]
    assert len(controls) > 25
    before = {path: row.field.value for path, row in made.panel.rows.items()}
    for control in controls:
        if control.focusPolicy() & Qt.FocusPolicy.WheelFocus == Qt.FocusPolicy.WheelFocus:
            pytest.fail(f"{control.accessibleName()} takes the focus by the wheel")
        control.clearFocus()
        made.panel.ensureWidgetVisible(control)
        QApplication.processEvents()
        start = bar.value()
        wheel(control, -120 if start < 60 else 120)
        if made.panel.isAncestorOf(control):
            assert bar.value() != start, f"{control.accessibleName()} kept the wheel to itself"
    assert {path: row.field.value for path, row in made.panel.rows.items()} == before
    assert made.sent == []


def test_the_wheel_moves_a_focused_box(made: Made) -> None:
    box = made.number("train.k").box
    made.panel.activateWindow()
    box.setFocus()
    made.panel.ensureWidgetVisible(box)
    QApplication.processEvents()
    assert box.hasFocus()
    wheel(box)
    assert made.sent == []  # it was at its least
    made.desk.adopt(Settings.of({"train.k": 5}))
    wheel(box)
    assert made.sent == [{"train.k": 4}]


def test_sections_fold(made: Made) -> None:
    section = made.panel.sections["train"]
    QTest.mouseClick(section.heading, Qt.MouseButton.LeftButton)
    assert section.folded
    assert section.body.isHidden()
    QTest.mouseClick(section.heading, Qt.MouseButton.LeftButton)
    assert not section.body.isHidden()


def test_no_row_needs_more_width_than_the_panel_has(made: Made) -> None:
    for name in ("ring", "dirac", "two-modes"):
        made.desk.adopt(find(name).settings)
        QApplication.processEvents()
        for row in made.panel.rows.values():
            assert row.minimumSizeHint().width() <= 320, row.parameter.path


def test_complaints_are_written_below_the_row(made: Made) -> None:
    row = made.panel.rows["optim.lr_d"]
    enter(made.number("optim.lr_d"), "50")
    assert row.complaint.text() == "optim.lr_d = 50: must be at most 10"
    assert not row.complaint.isHidden()
    enter(made.number("optim.lr_d"), "5")
    assert row.complaint.isHidden()


# ---- what goes along with a change -------------------------------------------------------------


def test_another_target_takes_its_own_numbers() -> None:
    here = Settings.of({"data.target": "normal", "data.sigma": 0.5})
    assert completed(here, {"data.target": "ring"}) == {"data.target": "ring", "data.sigma": None}
    assert completed(here, {"data.target": "point"}) == {"data.target": "point"}
    assert completed(here, {"data.target": "normal"}) == {"data.target": "normal"}
    assert completed(here, {"data.sigma": 1.0}) == {"data.sigma": 1.0}


def test_a_schedule_that_allows_one_d_step_sets_k() -> None:
    here = Settings.of({"train.k": 5})
    wanted = {"train.schedule": "simultaneous"}
    assert completed(here, wanted) == {**wanted, "train.k": 1}


def test_a_file_goes_along_with_its_target() -> None:
    wanted = {"data.target": "file", "data.file": "a.csv"}
    assert completed(Settings(), wanted) == wanted


def test_what_cannot_be_cured_is_left_to_the_engine() -> None:
    here = Settings.of({"train.schedule": "simultaneous"})
    assert completed(here, {"train.k": 5}) == {"train.k": 5}
    assert completed(here, {"train.k": 5000}) == {"train.k": 5000}


#: Choices that another kind of game has: they are refused with a sentence, and do not begin one.
FOREIGN = {"gan": {("train.freeze", "encoder")}} | dict.fromkeys(
    ("vae", "autoencoder"),
    {("train.freeze", "discriminator")}
    | {("generator.kind", kind) for kind in GENERATORS if kind not in DECODERS},
)


@pytest.mark.parametrize("path", [p for p, each in PARAMETERS.items() if each.choices])
def test_every_choice_can_be_made_from_every_preset(path: str) -> None:
    from ganviz.presets import presets

    for preset in presets().values():
        if not preset.settings.means_something(PARAMETERS[path]):
            continue
        for choice in PARAMETERS[path].choices:
            values = completed(preset.settings, {path: choice})
            if (path, choice) in FOREIGN[preset.settings.game.kind]:
                with pytest.raises(ParamError) as refusal:
                    preset.settings.with_(values)
                assert set(refusal.value.cure) == {path}
                continue
            assert get(preset.settings.with_(values), path) == choice


def test_the_first_picture_does_without_the_rows_that_are_hidden(qtbot) -> None:
    """Those, the measures and what is out of sight are made later, and stand in their order."""
    panel = Panel(Desk(Settings()), Manners())
    qtbot.addWidget(panel)
    panel.fill(tall=4000)
    assert "optim.momentum" not in panel._made
    assert "optim.lr_g" in panel._made
    low = Panel(Desk(Settings()), Manners())
    qtbot.addWidget(low)
    low.fill(tall=400)
    first = [path for path in panel._made if path in low._made]
    assert 5 < len(low._made) < len(panel._made) / 2
    assert first == list(panel._made)[: len(first)] == list(low._made)
    meant = len(panel._made)
    while low.complete_some():
        assert list(low._made)[:meant] == list(panel._made)[: len(low._made)]
    for made in (low, panel):
        assert list(made.rows) == list(PARAMETERS)
        for group, section in made.sections.items():
            layout = section._rows
            stand = [layout.itemAt(i).widget().parameter.path for i in range(layout.count())]
            assert stand == [path for path in PARAMETERS if PARAMETERS[path].group == group]
        hidden = [path for path, row in made.rows.items() if row.isHidden()]
        assert "optim.momentum" in hidden
        assert "optim.lr_g" not in hidden
        assert not made.sections["optim"].isHidden()


def test_a_change_that_needs_a_row_has_all_of_them_made(qtbot) -> None:
    desk = Desk(Settings())
    panel = Panel(desk, Manners())
    qtbot.addWidget(panel)
    panel.fill(tall=400)
    desk.adopt(Settings.of({"optim.kind_d": "momentum"}))
    assert list(panel.rows) == list(PARAMETERS)
    assert not panel.rows["optim.momentum"].isHidden()


def test_titles_of_knobs_are_whole_where_there_is_room_for_all(made: Made) -> None:
    knobs, ground = made.knobs, QWidget()
    many = ("optim.lr_g", "optim.lr_d", "train.batch", "generator.hidden", "discriminator.hidden")
    knobs.offer(many)
    knobs.setParent(ground)
    ground.show()
    knobs.show()

    def cut() -> list[str]:
        QApplication.processEvents()
        labels = [knob.label for knob in knobs.knobs.values()]
        return [
            each.text()
            for each in labels
            if each.fontMetrics().horizontalAdvance(each.text()) > each.width()
        ]

    for wide in (700, 800, 909, 1400, 909):
        knobs.resize(wide, 80)
        assert cut() == [], wide
    before = knobs.minimumSizeHint().width()
    knobs.knobs["train.batch"].field.parameter = replace(
        knobs.knobs["train.batch"].field.parameter, title="A title of many words" * 9
    )
    assert knobs.minimumSizeHint().width() == before, "what stands beside it is not pushed"
    knobs.setParent(None)


def test_steppers_give_way_where_there_is_no_room_for_all_knobs(made: Made) -> None:
    knobs = made.knobs
    many = ("train.k", "optim.lr_d", "optim.lr_g", "train.batch", "loss.label_smoothing")
    knobs.offer(many)
    ground = QWidget()  # as a window does, it gives the width and takes none
    knobs.setParent(ground)
    ground.show()
    knobs.show()
    knobs.resize(1400, 80)
    assert all(button.isVisibleTo(knobs) for k in knobs.knobs.values() for button in k.steppers)
    assert knobs.minimumSizeHint().width() < 900
    knobs.resize(900, 80)
    assert not any(button.isVisibleTo(knobs) for k in knobs.knobs.values() for button in k.steppers)
    assert all(knob.field.isVisibleTo(knobs) for knob in knobs.knobs.values())
    knobs.setParent(None)
