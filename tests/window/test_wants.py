"""What only a picture needs is computed only while it is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot
from torch.utils._python_dispatch import TorchDispatchMode

from ganviz.engine import Engine
from ganviz.frame import Frame, Look, Reel, Wants
from ganviz.host import WANTS, EngineThread
from ganviz.presets import find, presets
from ganviz.settings import Settings
from ganviz.views.stage import framed
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


#: What no pass through a network does without.
PRODUCTS = frozenset({"aten::mm", "aten::addmm", "aten::bmm", "aten::convolution"})


class Operations(TorchDispatchMode):
    """Notes the names of all that torch is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        self.names.add(func.name().partition(".")[0])
        return func(*args, **(kwargs or {}))


def test_samples_are_made_only_where_they_are_seen() -> None:
    look = Look()
    assert look.wants.draws
    assert look.with_(maximised="graph").wants.draws, "its thumbnails show them"
    assert not look.with_(maximised="losses").wants.draws
    assert not look.with_(hidden=frozenset({"distribution", "graph"})).wants.draws


@pytest.mark.parametrize("name", presets())
def test_for_the_losses_alone_no_network_is_asked(name: str) -> None:
    engine = Engine(find(name).settings)
    engine.step(3)
    with Operations() as done:
        engine.frame()
    assert done.names & PRODUCTS or name in ("saddle-two-numbers", "dirac")
    with Operations() as done:
        frame = engine.frame(Look(maximised="losses").wants)
    assert not done.names & PRODUCTS
    assert frame.fake.shape == (0, frame.dim)
    assert not frame.belief.label
    assert len(engine.frame().fake), "they are there again when they are seen"


def test_what_each_player_could_gain_does_not_depend_on_what_is_seen() -> None:
    engine = Engine(find("two-modes").settings)
    engine.step(3)
    alone, beside = (
        engine.frame(look.wants).gains
        for look in (Look(maximised="measures"), Look(upper="measures"))
    )
    assert alone == beside
    assert [name for name, _ in alone] == ["discriminator", "generator"]


def test_what_stands_in_place_of_a_view_that_a_game_lacks_is_asked_for(
    window: MainWindow, host: Host
) -> None:
    window.scene.set_look(window.scene.look.with_(maximised="probe"))
    assert host.wants.layers == {"probe"}
    assert not host.wants.draws
    engine = Engine(find("denoiser").settings)
    window.pump.arrived.emit((engine.frame(host.wants),))
    assert host.wants == Look().wants, "the others stand there"
    window.pump.arrived.emit((engine.frame(host.wants),))
    shown = [view.name for view in window.stage.views() if not view.isHidden()]
    assert "distribution" in shown


def test_a_film_of_a_game_that_lacks_a_view_holds_what_stands_in_its_place() -> None:
    engine = Engine(find("denoiser").settings)
    asked: list[Wants] = []

    def make(wants: Wants) -> tuple[Frame, ...]:
        asked.append(wants)
        return (engine.frame(wants),)

    (frame,) = framed(Look(maximised="probe"), make)
    assert len(frame.fake)
    assert asked[-1] == Look().wants
    framed(Look(), make)
    assert len(asked) == 3, "made once where nothing is lacking"


def test_a_view_shown_again_waits_for_what_it_shows(
    window: MainWindow, frame: Frame, qtbot: QtBot
) -> None:
    view = window.stage.distribution
    window.pump.arrived.emit((frame,))
    before = view.grab().toImage()
    engine = Engine(find("saddle-networks").settings)
    engine.step(9)
    window.scene.maximise("losses")
    window.pump.arrived.emit((engine.frame(window.scene.look.wants),))
    window.scene.maximise("losses")
    assert view.grab().toImage() == before, "what it showed, not an empty plot"
    full = engine.frame(window.scene.look.wants)
    window.pump.arrived.emit((full,))
    assert view.grab().toImage() != before


def test_hidden_samples_are_saved_too(
    window: MainWindow, host: Host, tmp_path: Path, qtbot: QtBot
) -> None:
    engine = Engine(find("saddle-networks").settings)
    window.scene.maximise("losses")
    window.pump.arrived.emit((engine.frame(host.wants),))
    window.menus.actions["data"].trigger()
    assert host.wants.draws, "they are asked for"
    full = engine.frame(host.wants)
    window.pump.arrived.emit((full,))
    assert not host.wants.draws, "once"
    window.files.save_data(str(tmp_path / "t.csv"))
    asked = next(each for each in window.findChildren(QFileDialog) if each.isVisible())
    asked.filterSelected.emit("Samples as NPZ (*.npz)")
    asked.fileSelected.emit(str(tmp_path / "s.npz"))
    with np.load(tmp_path / "s.npz") as kept:
        np.testing.assert_array_equal(kept["generated"], full.fake)
