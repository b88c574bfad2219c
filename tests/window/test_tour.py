"""The tour: five bubbles over real controls, by keys, once."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ganviz.window.main import MainWindow
from ganviz.window.tour import Tour

Host = Any  # conftest.FakeHost


@pytest.fixture
def tour(window: MainWindow) -> Tour:
    window.menus.actions["tour"].trigger()
    assert window.tour is not None
    QApplication.processEvents()
    return window.tour


def key(tour: Tour, key_: Qt.Key) -> None:
    QTest.keyClick(tour, key_)
    QApplication.processEvents()


def place(tour: Tour, window: MainWindow) -> QRect:
    control = tour.stops[tour.at].control()
    assert control is not None
    return QRect(control.mapTo(window, QPoint(0, 0)), control.size())


@pytest.mark.parametrize("size", [(1280, 720), (1600, 900)])
@pytest.mark.parametrize("theme", ["light", "projector"])
def test_each_bubble_stands_by_its_control_with_all_its_words(
    window: MainWindow, tour: Tour, size: tuple[int, int], theme: str
) -> None:
    window.resize(*size)
    window.scene.set_theme(theme)
    QApplication.processEvents()
    tour.end()
    tour.begin()
    for number in range(5):
        assert tour.at == number
        control = place(tour, window)
        assert tour.ring.geometry().contains(control.center())
        assert window.rect().contains(tour.geometry())
        if control.height() < 200:
            assert not tour.geometry().intersects(control)
        words = tour.words
        assert words.height() >= words.heightForWidth(words.width())
        for button in (tour.end_, tour.on_):
            assert tour.rect().contains(button.geometry())
        key(tour, Qt.Key.Key_Return)
    assert not tour.running


def test_keys_go_on_back_and_end_and_the_window_takes_none_of_them(
    window: MainWindow, tour: Tour, host: Host
) -> None:
    assert tour.hasFocus()
    key(tour, Qt.Key.Key_Space)
    key(tour, Qt.Key.Key_PageDown)
    assert tour.at == 2
    key(tour, Qt.Key.Key_PageUp)
    assert tour.at == 1
    assert host.calls == []
    key(tour, Qt.Key.Key_Escape)
    assert not tour.isVisible()
    assert not tour.ring.isVisible()
    assert window.stage.hasFocus()
    QTest.keyClick(window.stage, Qt.Key.Key_Space)
    assert host.asked("pause") == [None]


def test_a_control_that_is_hidden_is_passed_by(window: MainWindow, tour: Tour) -> None:
    tour.end()
    window.knobs.hide()
    tour.begin()
    key(tour, Qt.Key.Key_Right)
    key(tour, Qt.Key.Key_Right)
    assert tour.title.text() == "Nothing is lost"


def test_escape_ends_it_wherever_the_focus_is(window: MainWindow, tour: Tour) -> None:
    window.stage.setFocus()
    QTest.keyClick(window.stage, Qt.Key.Key_Escape)
    assert not tour.running


def test_it_makes_way_for_the_card_of_what_the_work_takes(window: MainWindow, tour: Tour) -> None:
    window.menus.actions["costs"].trigger()
    assert not tour.running
    assert window.costs.isVisible()
    tour.begin()
    window.menus.actions["costs"].trigger()  # away with the card, not with the tour
    assert tour.running


def test_who_is_new_is_shown_around_once(window: MainWindow) -> None:
    window.greet()
    assert window.tour is None, "only when the first pictures are up"
    while window.tour is None:
        window._complete()
    assert window.tour.running
    window.tour.end()
    window.greet()
    window._complete()
    assert not window.tour.running
