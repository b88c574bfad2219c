"""On a stage for a room type has at least 20 pixels and lines have three, and all of it fits."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any, ClassVar

import pytest
from fitting import faults, recorded
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from pytestqt.qtbot import QtBot

from ganviz import looks
from ganviz.engine import Engine
from ganviz.frame import SLOTS, Frame, Look, Wants
from ganviz.presets import presets
from ganviz.views import ink, stout, typeset
from ganviz.views.formula import Formula
from ganviz.views.lanes import Lanes
from ganviz.views.stage import lacking
from ganviz.views.theme import HALL, fitting, sized, theme

#: Pixels that are left to the pictures of small projectors: knobs above, a formula below.
STAGES = [(1280, 515), (1366, 563)]
VIEWS = [name for slot in SLOTS for name in slot]
#: What is looked at: a game of one dimension, one of two, one of two numbers, one without a D.
PLAYED = ("two-modes", "ring", "saddle-two-numbers", "sparse")
#: Each view beside the largest one, and alone; the model has no room beside another.
SEEN = [("distribution", name) for name in VIEWS[1:-1]] + [(name,) for name in VIEWS]


@cache
def played(name: str) -> Frame:
    """Return a frame of a preset that holds what any view shows."""
    engine = Engine(presets()[name].settings)
    engine.step(120)
    layers = [looks.seen(names, Look()).wants.layers for names in SEEN]
    every = frozenset({"arrows", "manifold", "rug", "marginals"})
    probe = (0.5,) * engine.frame().dim
    return engine.frame(Wants(every.union(*layers), probe=probe, clamp=(1.0, 0.5)))


def seen(name: str) -> list[tuple[str, ...]]:
    """Return which views are looked at: those that this kind of game has."""
    lacks = lacking(played(name))
    return [views for views in SEEN if not lacks.intersection(views)]


class Noting(stout.Stout):
    """Notes the widths of lines and the sizes of type that are drawn, pixels of the device."""

    lines: ClassVar[list[tuple[float, str]]] = []
    types: ClassVar[list[tuple[float, str]]] = []

    def _line(self, what: str) -> None:
        pen = self.pen()
        if pen.style() != Qt.PenStyle.NoPen and pen.color().alpha():
            self._note(pen.widthF(), what)

    def _note(self, wide: float, what: str) -> None:
        Noting.lines.append((wide * ink.pixel_ratio(self), f"{what} {self.pen().color().name()}"))

    def strokePath(self, path: Any, pen: Any, /) -> None:
        self._note(self._wide(pen).widthF(), "strokePath")
        super().strokePath(path, pen)

    def drawText(self, *args: Any) -> None:
        size = self.font().pixelSize() * ink.pixel_ratio(self)
        Noting.types.append((size, str(args[-1])))
        super().drawText(*args)


def _noted(name: str) -> Any:
    drawn = getattr(QPainter, name)

    def draw(self: Noting, *args: Any) -> None:
        self._line(name)
        drawn(self, *args)

    return draw


for _name in ("Line", "Lines", "Path", "Polyline", "Rect", "Ellipse", "Polygon", "RoundedRect"):
    setattr(Noting, f"draw{_name}", _noted(f"draw{_name}"))


@pytest.fixture
def noting(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Noting]]:
    monkeypatch.setattr(stout, "Stout", Noting)
    monkeypatch.setattr(Noting, "lines", [])
    monkeypatch.setattr(Noting, "types", [])
    ink._stamp.cache_clear()
    yield Noting
    ink._stamp.cache_clear()


def shown(qtbot: QtBot, frame: Frame, look: Look, size: tuple[int, int]) -> Lanes:
    lanes = Lanes()
    qtbot.addWidget(lanes)
    lanes.resize(*size)
    lanes.show_frame((frame,), look)
    lanes.show()
    return lanes


def on_stage(views: tuple[str, ...]) -> Look:
    return looks.seen(views, Look(theme=HALL))


def test_the_theme_is_the_projectors_with_type_of_twenty_pixels() -> None:
    hall, projector = theme(HALL), theme("projector")
    assert (hall.base, hall.real, hall.belief) == (projector.base, projector.real, projector.belief)
    for wide, tall in ((800, 300), *STAGES, (1920, 884), (3840, 1770)):
        scale = fitting(HALL, wide, tall)
        assert ink.SMALL * scale >= 20
        assert sized(HALL, scale).scale == scale
    assert fitting(HALL, 1920, 884) > fitting(HALL, 1280, 515)
    assert hall.bare
    assert not projector.bare


@pytest.mark.parametrize(("name", "size"), [*product(PLAYED, STAGES)])
def test_no_line_is_thinner_than_three_pixels_and_no_type_smaller_than_twenty(
    qtbot: QtBot, noting: type[Noting], name: str, size: tuple[int, int]
) -> None:
    below = set()
    for views in seen(name):
        lanes = shown(qtbot, played(name), on_stage(views), size)
        assert lanes.stage.shown == views
        noting.lines.clear()
        noting.types.clear()
        lanes.grab()
        scale = lanes.stage.theme.scale
        assert noting.lines
        assert noting.types
        for wide, what in noting.lines:
            # One pixel of the device: a hundred such hairs beside each other are a shade.
            if wide < 2.999 and wide > 1.001:
                below.add((views, round(wide, 2), what))
        subscripts = {ink._subscript(size) * scale for size in (12, 13, 14, 15, 16)}
        for tall, words in noting.types:
            if tall < 20 and tall not in subscripts:
                below.add((views, tall, words))
    assert below == set()


@pytest.mark.parametrize(("name", "size"), [*product(PLAYED, STAGES)])
def test_words_on_stage_are_neither_cut_nor_upon_one_another(
    qtbot: QtBot, name: str, size: tuple[int, int]
) -> None:
    said = []
    for views in seen(name):
        with recorded() as texts:
            lanes = shown(qtbot, played(name), on_stage(views), size)
            lanes.grab()
        said += [(views, fault) for fault in faults(texts)]
    assert said == []


@pytest.mark.parametrize("name", list(presets()))
@pytest.mark.parametrize("wide", [1264, 1350])
def test_every_game_has_its_formula_in_one_line(qtbot: QtBot, name: str, wide: int) -> None:
    engine = Engine(presets()[name].settings)
    engine.step(2)
    line = Formula()
    qtbot.addWidget(line)
    line.set_theme(sized(HALL, 1.7))
    frame = engine.frame()
    for term in frame.terms:
        typeset.setting(term.tex)
    line.show_frame(frame)
    line.resize(wide, line.tall)
    with recorded() as texts:
        line.grab()
    assert faults(texts) == []
    assert frame.terms[0].tex in {text.words for text in texts}


def test_a_lessons_formula_takes_the_place_of_the_games(qtbot: QtBot) -> None:
    line = Formula()
    qtbot.addWidget(line)
    line.set_theme(sized(HALL, 1.7))
    line.show_frame(played("ring"))
    tall = line.tall
    line.show_tex("D = 1")
    assert line.tall < tall
    typeset.setting(r"D^* = \frac{p}{p + p_g}")
    line.show_tex(r"D^* = \frac{p}{p + p_g}")
    line.settle()
    line.resize(1264, line.tall)
    with recorded() as texts:
        line.grab()
    assert [text.words for text in texts] == [r"D^* = \frac{p}{p + p_g}"]
    assert faults(texts) == []
    assert line.tall == tall
    line.show_tex("")
    assert line.tall == tall


def test_a_scalar_game_without_its_largest_view_stands_side_by_side(qtbot: QtBot) -> None:
    look = on_stage(("losses", "saddle"))
    lanes = shown(qtbot, played("saddle-two-numbers"), look, STAGES[0])
    one, other = (lanes.stage.view(name) for name in ("losses", "saddle"))
    assert lanes.stage.shown == ("losses", "saddle")
    assert (
        one.mapTo(lanes, one.rect().topLeft()).y() == other.mapTo(lanes, one.rect().topLeft()).y()
    )
