"""The code's small multiples, and the coordinate that a hand holds."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scenes
from looking import Painted, near
from PySide6.QtCore import QPointF, QRectF, Qt
from pytestqt.qtbot import QtBot

from ganviz.frame import Code, Frame, Look
from ganviz.views.code import CodeView, cells
from ganviz.views.distribution import Distribution
from ganviz.views.plane import data_box
from ganviz.views.stage import Stage, lacking
from ganviz.views.theme import theme

LIGHT = theme("light")
OFFERS = frozenset({"arrows", "code", "average"})


def code(k: int = 4, held: tuple[float, ...] = ()) -> Code:
    counts = np.zeros((k, 41))
    counts[:, 20], counts[:, 30] = 0.75, 0.25
    way = np.stack([np.linspace(-1, 1, 9), np.linspace(-1, 1, 9)], 1) if held else np.empty((0, 2))
    return Code(counts, (-2.0, 2.0), np.full(k, 0.25), 0.02, held, way)


def coded(k: int = 4, held: tuple[float, ...] = (), **changes: Any) -> Frame:
    average = scenes.ring(10).fake[:50] if held else None
    frame = replace(scenes.ring(10), offers=OFFERS, code=code(k, held), average=average)
    return replace(frame, **changes)


def test_bars_are_roots_of_shares(painted: Painted) -> None:
    pixels, area = painted(CodeView(), coded(), Look())
    box = cells(area, code())[0].box
    x = int(box.x((30.5 - 20.5) * 4 / 41))
    middle = box.bottom - 0.5 * (box.bottom - box.top)  # the root of a quarter
    assert near(pixels, x, int(middle) + 4, LIGHT.discriminator, 2, 60)
    assert not near(pixels, x, int(middle) - 8, LIGHT.discriminator, 2, 60)
    assert near(pixels, int(box.x(0.0)), int(box.bottom - 5), LIGHT.axis, 3, 60)


@pytest.mark.parametrize("k", [1, 2, 8, 16, 64, 512])
@pytest.mark.parametrize("size", [(240, 150), (420, 260), (900, 700)])
def test_pictures_stay_inside_and_apart(k: int, size: tuple[int, int]) -> None:
    area = QRectF(0, 0, *size)
    found = cells(area, code(k))
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    assert found
    for each in found:
        assert area.contains(each.card)
        assert area.contains(each.box.rect)
    for a, b in pairwise(found):
        assert not a.card.intersects(b.card)


def test_a_press_holds_a_coordinate_where_it_is(qtbot: QtBot) -> None:
    view = CodeView()
    qtbot.addWidget(view)
    view.resize(640, 520)
    view.show()
    view.show_frame((coded(),), Look())
    cell = cells(view.area, code())[2]
    at = QPointF(float(cell.box.x(1.0)), cell.card.center().y())
    with qtbot.waitSignal(view.look_wanted) as asked:
        view.pressed(at)
    which, value = asked.args[0]["clamp"]
    assert which == 3
    assert value == pytest.approx(1.0, abs=0.02)
    view.released(at)
    view.show_frame((coded(held=(3.0, value)),), Look(clamp=(3.0, value)))
    view.pressed(at)  # on the handle: nothing yet
    with qtbot.waitSignal(view.look_wanted) as asked:
        view.dragged(at, at + QPointF(30, 0))
    assert asked.args[0]["clamp"][1] > value
    view.released(at + QPointF(30, 0))
    view.pressed(at)
    with qtbot.waitSignal(view.look_wanted) as asked:
        view.released(at)  # and not moved: it is let go of
    assert asked.args[0] == {"clamp": ()}


def test_the_keyboard_holds_moves_and_lets_go(qtbot: QtBot) -> None:
    view = CodeView()
    qtbot.addWidget(view)
    view.resize(640, 520)
    view.show()
    view.show_frame((coded(),), Look())
    assert view._value.isHidden()
    assert view._which.names == ("nothing", "h1", "h2", "h3", "h4")
    with qtbot.waitSignal(view.look_wanted) as asked:
        view._which.wanted.emit("h2")
    assert asked.args[0] == {"clamp": (2.0, 1.0)}
    view.show_frame((coded(held=(2.0, 1.0)),), Look(clamp=(2.0, 1.0)))
    assert not view._value.isHidden()
    assert "h2 = 1" in view._value.accessibleName()
    for key, value in ((Qt.Key.Key_Right, 1.1), (Qt.Key.Key_Left, 0.9), (Qt.Key.Key_Home, 0.0)):
        with qtbot.waitSignal(view.look_wanted) as asked:
            qtbot.keyClick(view._value, key)
        assert asked.args[0]["clamp"] == pytest.approx((2.0, value))
    with qtbot.waitSignal(view.look_wanted) as asked:
        view._which.wanted.emit("nothing")
    assert asked.args[0] == {"clamp": ()}


def test_a_held_value_stays_on_its_axis(qtbot: QtBot) -> None:
    view = CodeView()
    qtbot.addWidget(view)
    view.show_frame((coded(held=(1.0, 2.0)),), Look(clamp=(1.0, 2.0)))
    with qtbot.waitSignal(view.look_wanted) as asked:
        view._value.wanted.emit(5)
    assert asked.args[0]["clamp"] == (1.0, 2.0)


def test_the_pointer_reads_a_bin(qtbot: QtBot) -> None:
    view, area = CodeView(), QRectF(0, 0, 640, 460)
    qtbot.addWidget(view)
    frame = coded()
    cell = cells(area, code())[1]
    at = QPointF(float(cell.box.x((30.5 - 20.5) * 4 / 41)), cell.card.center().y())
    words = view.read(at, area, frame, Look())
    assert words[0].startswith("h2 from 0.9")
    assert words[1] == "25.0 % of the data"
    assert words[2] == "beyond ±0.02: 25.0 %"
    assert view.read(QPointF(1, 1), area, frame, Look()) == ()


def test_without_an_encoder_it_says_so(painted: Painted) -> None:
    painted(CodeView(), scenes.ring(10), Look())


def test_the_plane_shows_where_the_held_coordinate_leads(painted: Painted) -> None:
    look = Look(layers=frozenset({"average"}))
    frame = coded(held=(1.0, 1.0))
    pixels, area = painted(Distribution(), frame, look)
    box = data_box(area, frame)
    assert near(pixels, int(box.x(0.125)), int(box.y(0.125)), LIGHT.model, 3, 80)
    free, _ = painted(Distribution(), coded(), look)
    assert not np.array_equal(pixels, free)


def test_what_a_kind_of_game_has_not_makes_way(qtbot: QtBot) -> None:
    stage = Stage()
    qtbot.addWidget(stage)
    stage.resize(1100, 760)
    stage.show()
    stage.show_frame((coded(),), Look(lower="surface", hidden=frozenset()))
    assert stage.shown == ("distribution", "losses", "saddle")
    stage.show_frame((coded(),), Look(lower="code", maximised="probe"))
    assert stage.shown == ("distribution", "losses", "code")
    tabs = {tab.title: tab.absent for tab in stage.view("code").header.tabs}
    assert tabs == {"Saddle": False, "Surface": True, "Probe": True}
    stage.show_frame((scenes.ring(10),), Look(lower="code"))
    assert stage.shown == ("distribution", "losses", "saddle")
    tabs = {tab.title: tab.absent for tab in stage.view("saddle").header.tabs}
    assert tabs == {"Surface": False, "Probe": False, "Code": True}
    assert lacking(scenes.ring(10)) == {"code"}
    images = replace(scenes.ring(10), offers=frozenset({"images", "graph", "arrows"}))
    assert lacking(images) == {"code", "surface", "probe"}
