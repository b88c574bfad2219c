"""What of a canvas is painted anew: all that differs, and nothing that rests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scenes
from PySide6.QtCore import QPoint, QPointF, QRect
from PySide6.QtGui import QImage, QRegion
from pytestqt.qtbot import QtBot

from ganviz.frame import Frame, Look, Map
from ganviz.views.distribution import Distribution
from ganviz.views.line import boxes
from ganviz.views.losses import Losses
from ganviz.views.plot import View
from ganviz.views.strands import band

LOOK = Look()
BASE = replace(
    scenes.bimodal_full(100),
    map=Map(np.linspace(-2, 2, 21), np.linspace(-1, 1, 21), np.linspace(0, 1, 21)),
)


def _frame(steps: int) -> Frame:
    """Return a frame of later in the same run: other samples, beliefs, map and trace."""
    late, assumed = scenes.bimodal_full(steps), BASE.map
    assert assumed is not None
    bent = replace(assumed, x=assumed.x * np.cos(steps))
    return replace(BASE, step=steps, fake=late.fake, trace=late.trace, map=bent)


class Screen:
    """Stands for the screen: keeps the pixels of a view's canvas that are not painted anew."""

    def __init__(self, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
        self.view = view
        self.picture = QImage(view.canvas.size(), QImage.Format.Format_RGB32)
        self.where = QRect(view.canvas.rect())
        monkeypatch.setattr(view.canvas, "update", self._take)

    def _take(self, where: QRect | None = None) -> None:
        self.where = QRect(where) if where is not None else QRect(self.view.canvas.rect())

    def show(self, frame: Frame, look: Look = LOOK, resting: tuple[str, ...] = ()) -> QRect:
        """Show a frame and paint what asks for it; return where that is."""
        self.where = QRect()
        self.view.show_frame((frame,), look, resting)
        if not self.where.isEmpty():
            at = QPoint(self.where.topLeft())
            self.view.canvas.render(self.picture, at, QRegion(self.where))
        return self.where

    def whole(self) -> QImage:
        """Return the canvas as it is when all of it is painted."""
        return self.view.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def _screen(view: View, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Screen:
    qtbot.addWidget(view)
    view.resize(620, 560)
    view.show_frame((_frame(100),), LOOK)
    view.show()
    qtbot.waitExposed(view)
    return Screen(view, monkeypatch)


@pytest.mark.parametrize("kind", [Distribution, Losses])
def test_what_is_not_painted_anew_is_the_same(
    kind: type[View], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = _screen(kind(), qtbot, monkeypatch)
    screen.show(_frame(900))
    for steps in (950, 1000, 2000):
        screen.show(_frame(steps))
        assert screen.picture == screen.whole()


def _split(screen: Screen, top: float) -> tuple[QRect, QRect]:
    """Return what lies above a height and what lies below it."""
    all_of, at = screen.view.canvas.rect(), round(top)
    return QRect(0, 0, all_of.width(), at), QRect(0, at, all_of.width(), all_of.height() - at)


def test_the_map_and_the_strip_rest(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = _frame(900), _frame(1800)
    distribution, losses = Distribution(), Losses()
    for view, part in ((distribution, "map"), (losses, "run")):
        screen = _screen(view, qtbot, monkeypatch)
        screen.show(first)
        screen.show(first)
        before = screen.whole()
        screen.show(second, resting=(part,))
        if view is distribution:
            strip = band(boxes(view.area, second, LOOK)[0], view.area, second, LOOK)
        else:
            strip = losses.strip(losses.area, second, LOOK)
        assert strip is not None
        above, below = _split(screen, strip.top - 1)
        after = screen.whole()
        assert screen.picture.copy(above) == after.copy(above) != before.copy(above)
        assert screen.picture.copy(below) == before.copy(below) != after.copy(below)
        # Shown once more, with nothing at rest, the same frame is painted where it had not been.
        screen.show(second)
        assert screen.picture == after
        assert screen.show(second).isEmpty()


def test_all_is_painted_where_anything_else_has_changed(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = _screen(view := Distribution(), qtbot, monkeypatch)
    everything = view.canvas.rect()
    frames = [_frame(steps) for steps in (900, 901, 902, 903, 904)]
    screen.show(frames[0])
    assert screen.show(frames[1]) != everything
    assert screen.show(frames[2], LOOK.with_(bins=40)) == everything
    assert screen.show(frames[3], LOOK.with_(bins=40)) != everything
    view.point_at(QPointF(100, 100))
    assert screen.show(frames[4], LOOK.with_(bins=40)) == everything
    view.point_at(None)
    assert screen.where == everything
    assert screen.show(replace(_frame(905), real=BASE.real[:50])) == everything
