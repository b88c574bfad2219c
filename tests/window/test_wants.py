"""What only a picture needs is computed only while it is shown."""

from __future__ import annotations

from typing import Any, cast

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.frame import Frame, Look, Reel, Wants
from ganviz.host import WANTS, EngineThread
from ganviz.settings import Settings
from ganviz.window.main import MainWindow

Host = Any  # conftest.FakeHost


class Stub:
    """Lanes of one engine that only writes down what frames it was asked for."""

    busy = False
    tape = None
    reel = Reel
    unwritten = ""

    def __init__(self) -> None:
        self.steps, self.trouble, self.watched = 0, "", ()
        self.engine, self.all = self, [self]
        self.asked: list[Wants] = []

    def frames(self, wants: Wants, first: Frame) -> tuple[Frame, ...]:
        return (first,)

    def frame(self, wants: Wants) -> Frame:
        self.asked.append(wants)
        return cast(Frame, "a frame")


@pytest.fixture
def paused(qapp: QApplication) -> tuple[EngineThread, Stub]:
    """A host that is turned by hand, and its engine."""
    host, stub = EngineThread(Settings()), Stub()
    host._lanes = stub  # type: ignore[assignment]
    host._bell.wait = lambda timeout=None: True  # type: ignore[method-assign,assignment]
    return host, stub


def test_a_frame_is_made_for_what_is_shown(paused: tuple[EngineThread, Stub]) -> None:
    host, stub = paused
    host.want_frame()
    host._turn()
    assert stub.asked == [WANTS]
    assert Look().wants == WANTS
    assert Look().layers | {"saddle"} == WANTS.layers
    assert host.frames.take() is not None


def test_while_paused_only_other_wants_make_another_frame(
    paused: tuple[EngineThread, Stub],
) -> None:
    host, stub = paused
    some, more = (Wants(frozenset(layers)) for layers in (("real",), ("real", "arrows")))
    for wants in (some, some, more, more, some):
        host.want_frame(wants)
        host._turn()
    assert stub.asked == [some, more, some]


def test_the_window_asks_for_the_layers_of_its_look(
    window: MainWindow, host: Host, qtbot: QtBot
) -> None:
    before = host.wanted
    window.scene.toggle_layer("arrows", True)
    assert host.wanted > before, "at once, whether it plays or not"
    assert host.wants.layers == Look().layers | {"arrows", "saddle"}
    window.scene.toggle_layer("belief", False)
    assert host.wants.layers == (Look().layers | {"arrows", "saddle"}) - {"belief"}


def test_a_hidden_distribution_wants_nothing(window: MainWindow, host: Host) -> None:
    window.scene.maximise("losses")
    assert host.wants.layers == frozenset()
    window.scene.maximise("losses")
    assert host.wants.layers == Look().layers | {"saddle"}
    window.scene.set_look(window.scene.look.with_(hidden=frozenset({"distribution", "graph"})))
    assert host.wants.layers == frozenset({"saddle"})
    window.scene.set_look(window.scene.look.with_(maximised="distribution"))
    assert host.wants.layers == Look().layers


def test_the_loss_that_pulls_is_part_of_the_look(window: MainWindow, host: Host) -> None:
    window.stage.look_wanted.emit({"arrows": "minimax"})
    assert window.scene.look.arrows == "minimax"
    window.stage.look_wanted.emit({"arrows": ""})
    assert window.scene.look.arrows == ""


def test_what_nobody_sees_is_not_asked_for() -> None:
    look = Look(samples=20_000, arrows="minimax")
    assert (look.wants.samples, look.wants.arrows) == (20_000, "minimax")
    assert look.with_(maximised="graph").wants.samples == 20_000
    away = look.with_(maximised="losses").wants
    assert (away.samples, away.arrows) == (0, "")
