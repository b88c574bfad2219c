"""Words are never cut and never lie upon one another."""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest
import scenes
from fitting import faults, recorded
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ganviz.engine import Engine
from ganviz.film import FilmStage
from ganviz.frame import Frame, Look, Wants
from ganviz.presets import presets
from ganviz.views import ink

#: Pixels of a screen, and how many of them a logical pixel is wide.
SCREENS = [
    ((1280, 720), 1.0),
    ((1280, 720), 1.5),  # 853 x 480
    ((1920, 1080), 1.0),
    ((1920, 1080), 1.5),  # 1280 x 720
    ((1920, 1080), 2.0),  # 960 x 540
    ((3840, 2160), 1.0),
    ((3840, 2160), 2.0),  # 1920 x 1080
]
PLAYED = ("two-modes", "ring", "saddle-two-numbers", "saddle-networks")


@cache
def played(name: str) -> Frame:
    """Return a frame of a preset after some hundred steps."""
    engine = Engine(presets()[name].settings)
    engine.step(120)
    wants = Wants(frozenset().union(*(look.wants.layers for look in FRONTS.values())))
    return engine.frame(wants)


class Words(QWidget):
    """Writes what it is told."""

    def __init__(self, *lines: tuple[float, float, str]) -> None:
        super().__init__()
        self.lines = lines
        self.resize(200, 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        for x, y, words in self.lines:
            ink.write(p, (x, y), words, "#000000")
        p.end()


@pytest.fixture
def said(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch):
    import fitting

    painters = fitting._painters
    monkeypatch.setattr(fitting, "_painters", lambda: [*painters(), (Words, "paintEvent")])

    def look(*lines: tuple[float, float, str]) -> list[str]:
        widget = Words(*lines)
        qtbot.addWidget(widget)
        with recorded() as texts:
            widget.grab()
        assert len(texts) == len(lines)
        return faults(texts)

    return look


def test_words_that_fit_are_no_fault(said) -> None:
    assert said((10, 20, "one"), (60, 20, "another"), (10, 40, "below L_D")) == []


def test_words_on_words_are_found(said) -> None:
    assert len(said((10, 20, "one"), (18, 24, "another"))) == 1
    assert said((10, 20, "one"), (18, 24, "another"))[0].startswith("overlap")


def test_words_over_the_edge_are_found(said) -> None:
    assert [line[:15] for line in said((160, 20, "far too long"))] == ["cut by the edge"]
    assert [line[:15] for line in said((10, 4, "high"))] == ["cut by the edge"]


def test_an_ellipsis_where_none_may_be_is_found(said) -> None:
    assert [line[:8] for line in said((10, 20, "2·lo…"))] == ["cut with"]


def test_recording_leaves_no_trace(said) -> None:
    before = ink.write, ink.stamp, vars(QWidget).get("paintEvent")
    said((10, 20, "one"))
    assert (ink.write, ink.stamp, vars(QWidget).get("paintEvent")) == before
    from ganviz.views import header

    assert header.write is ink.write


def written(frame: Frame, look: Look, size: tuple[int, int], scale: float) -> list[str]:
    """Return the faults of one picture of the stage."""
    with FilmStage(size, scale=scale) as stage, recorded() as texts:
        stage.picture((frame,), look)
    assert texts
    return faults(texts)


#: Which views stand in the slots.
FRONTS = {
    "usual": Look(),
    "measures, surface": Look(upper="measures", lower="surface", hidden=frozenset()),
    "gradients, probe": Look(upper="gradients", lower="probe"),
}
#: Light and dark write in the same places.
THEMES = ("light", "projector")


@pytest.mark.parametrize(("size", "scale"), SCREENS)
@pytest.mark.parametrize("name", PLAYED)
def test_the_words_of_real_frames_fit(
    qtbot: QtBot, name: str, size: tuple[int, int], scale: float
) -> None:
    for theme_name, (fronts, look) in product(THEMES, FRONTS.items()):
        found = written(played(name), look.with_(theme=theme_name), size, scale)
        assert found == [], (fronts, theme_name)


@pytest.mark.parametrize("scene", [scenes.bimodal_full, scenes.ring_full, scenes.saddle_full])
def test_the_controls_of_scenes_fit_the_smallest_stage(qtbot: QtBot, scene) -> None:
    found = written(scene(), Look(), (620, 380), 1.0)
    assert [fault for fault in found if "Canvas" not in fault] == []
