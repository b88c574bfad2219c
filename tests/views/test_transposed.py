"""Transposed convolution, to be played with."""

from __future__ import annotations

import numpy as np
import pytest
import scenes
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtTest import QSignalSpy, QTest
from pytestqt.qtbot import QtBot

from ganviz import looks
from ganviz.frame import Look
from ganviz.schema import ParamError
from ganviz.theory.transposed import CHOICES, Geometry, square
from ganviz.views.stage import Stage
from ganviz.views.transposed import Transposed, lit_at, planned

LOOK = Look(lower="transposed")


@pytest.fixture
def view(qtbot: QtBot) -> Transposed:
    made = Transposed()
    qtbot.addWidget(made)
    made.resize(460, 560)
    made.show_frame((scenes.ring_full(),), LOOK)
    made.show()
    return made


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("size", [(220, 90), (320, 200), (400, 560), (900, 300), (1600, 900)])
def test_everything_lies_on_the_canvas_and_nothing_over_another(
    name: str, size: tuple[int, int]
) -> None:
    area, g = QRectF(0, 0, *size), CHOICES[name]
    plan = planned(area, g)
    edge = g.padding * plan.y.wide
    parts = [plan.x.rect, plan.y.rect.adjusted(-edge, -edge, edge, edge)]
    parts += [each.rect for each in (plan.kernel, plan.matrix) if each is not None]
    for i, part in enumerate(parts):
        assert area.contains(part)
        assert part.bottom() <= plan.foot
        assert not any(part.intersects(other) for other in parts[:i])


def test_the_pointer_finds_what_is_drawn() -> None:
    g = CHOICES["k4 s2 p1"]
    plan = planned(QRectF(0, 0, 400, 500), g)
    assert plan.matrix is not None
    assert plan.kernel is not None
    assert lit_at(plan, None, g, 2).pixel == 2
    assert lit_at(plan, plan.x.cell(1, 1).center(), g, 0).pixel == 3
    assert lit_at(plan, plan.y.cell(2, 1).center(), g, 0).out == 9
    assert lit_at(plan, plan.kernel.cell(3, 3).center(), g, 0).weight == 15
    entry = lit_at(plan, plan.matrix.cell(5, 1).center(), g, 0)
    assert (entry.pixel, entry.out) == (1, 5)
    assert entry.weight == g.entries()[5, 1]
    assert lit_at(plan, QPointF(-5, -5), g, -1).pixel == -1


def test_what_is_read_of_an_output_pixel_adds_up(view: Transposed) -> None:
    frame = scenes.ring_full()
    for name, g in CHOICES.items():
        look = LOOK.with_(stamp=name)
        plan = planned(view.area, g)
        y = g.transposed(square("numbered", 2), square("numbered", g.kernel))
        for out in range(g.out**2):
            at = plan.y.cell(*divmod(out, g.out)).center()
            _, law = view.read(at, view.area, frame, look)
            terms, _, total = law.rpartition(" = ")
            assert float(total) == y.ravel()[out]
            products = [np.prod([float(n) for n in term.split("·")]) for term in terms.split("+")]
            assert sum(products) == y.ravel()[out]


def test_a_click_lights_a_pixel_and_another_none(view: Transposed) -> None:
    asked = QSignalSpy(view.look_wanted)
    plan = planned(view.area, CHOICES[LOOK.stamp])
    at = plan.x.cell(1, 0).center().toPoint()
    qclick(view, at)
    assert asked.at(0) == [{"pixel": 2}]
    view.show_frame((scenes.ring_full(),), LOOK.with_(pixel=2))
    qclick(view, at)
    assert asked.at(1) == [{"pixel": -1}]
    qclick(view, QPoint(2, 2))
    assert asked.count() == 2


def qclick(view: Transposed, at: QPoint) -> None:
    QTest.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=at)


def test_the_choices_of_the_header_ask_for_a_look(view: Transposed) -> None:
    asked = QSignalSpy(view.look_wanted)
    for choice, value in (("k", "3"), ("s", "1"), ("p", "0")):
        part = view._parts[choice]
        assert value in part.names
        part.wanted.emit(value)
    view._numbers.wanted.emit("all ones")
    view._pixel.wanted.emit("none")
    view._pixel.wanted.emit("x_4")
    wanted = [asked.at(i)[0] for i in range(asked.count())]
    stamps = [{"stamp": name} for name in ("k3 s2 p1", "k4 s1 p1", "k4 s2 p0")]
    assert wanted == [*stamps, {"numbers": "ones"}, {"pixel": -1}, {"pixel": 3}]
    for change in wanted:
        looks.look(looks.table(LOOK.with_(**change)))


@pytest.mark.parametrize("change", [{"stamp": "k9 s1 p0"}, {"pixel": 4}, {"numbers": "pi"}])
def test_a_look_refuses_what_cannot_be_shown(change: dict[str, object]) -> None:
    with pytest.raises(ParamError):
        looks.look(change)


def test_the_picture_is_one_of_the_look_alone(view: Transposed) -> None:
    def pixels(look: Look) -> bytes:
        view.show_frame((scenes.ring_full(),), look)
        image = view.canvas.grab().toImage()  # whose bits are gone with it
        return bytes(image.constBits())

    first = pixels(LOOK)
    for change in ({"pixel": -1}, {"numbers": "ones"}, {"stamp": "k2 s2 p0"}, {"theme": "dark"}):
        assert pixels(LOOK.with_(**change)) != first
    assert pixels(LOOK) == first


def test_it_is_no_tab_beside_views_of_the_game(qtbot: QtBot) -> None:
    stage = Stage()
    qtbot.addWidget(stage)
    assert "Transposed convolution" not in [tab.title for tab in stage.view("saddle").header.tabs]
    back = [tab.title for tab in stage.view("transposed").header.tabs]
    assert back == ["Saddle", "Surface", "Probe", "Code"]


def test_ones_count_how_many_stamps_lie_over_each_other() -> None:
    g = Geometry(3, 2)
    counted = g.transposed(square("ones", 2), square("ones", 3))
    np.testing.assert_array_equal(counted.ravel(), (g.entries() >= 0).sum(1))
    assert counted.max() == 4  # the chequerboard of a kernel that its stride does not divide
