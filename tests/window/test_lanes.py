"""The window shows several lanes, and drives the one that is clicked."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ganviz.engine import Engine
from ganviz.frame import Frame
from ganviz.views.lanes import Head
from ganviz.views.stage import Stage
from ganviz.window.main import MainWindow


def _two(window: MainWindow) -> tuple[Frame, Frame]:
    engine = Engine()
    engine.step(30)
    frame = engine.frame()
    one, other = (
        replace(frame, lane=letter, apart=f"k = {k}") for letter, k in (("A", 1), ("B", 5))
    )
    window.scene.show_frames((one, other))
    return one, other


def test_a_click_on_a_lane_drives_it(window: MainWindow, host) -> None:
    one, other = _two(window)
    heads = {head._frame.lane: head for head in window.stage.findChildren(Head)}
    QTest.mouseClick(heads["B"], Qt.MouseButton.LeftButton)
    assert host.asked("drive") == ["B"]
    window.scene.show_frames((other, one))
    canvas = next(
        stage for stage in window.stage.findChildren(Stage) if stage is not window.stage.stage
    ).distribution.canvas
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center())
    assert host.asked("drive") == ["B", "A"]


def test_lanes_go_over_one_another_and_beside_again(window: MainWindow) -> None:
    _two(window)
    for mode, many in (("over", 1), ("beside", 2)):
        window.stage.look_wanted.emit({"lanes": mode})
        assert window.scene.look.lanes == mode
        stages = window.stage.findChildren(Stage)
        assert sum(not stage.isHidden() for stage in stages) == many


def test_one_lane_is_shown_alone_again(window: MainWindow) -> None:
    one, _ = _two(window)
    window.scene.show_frames((replace(one, lane="", apart=""),))
    assert window.stage.stage.geometry() == window.stage.rect()
    assert all(head.isHidden() for head in window.stage.findChildren(Head))
