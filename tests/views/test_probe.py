"""The probe: dropped by a click, drawn where it stands, and what the best D maximises there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scenes
from fitting import faults, recorded
from looking import Painted, grabbed, near
from PySide6.QtCore import QPoint, QRectF, Qt
from pytestqt.qtbot import QtBot

from ganviz.engine import Engine
from ganviz.frame import Frame, Look, Probe
from ganviz.presets import find
from ganviz.views import probe as probes
from ganviz.views.distribution import Distribution
from ganviz.views.probe import ProbeView
from ganviz.views.theme import theme

P, Q = 0.3, 0.1


def probe(at: tuple[float, ...] = (1.0,), **changes: object) -> Probe:
    beliefs = np.linspace(0.02, 0.98, 97)
    heights = P * np.log(beliefs) + Q * np.log(1 - beliefs)
    steps = np.arange(0.0, 101.0, 10.0)
    flat = np.ones_like(steps)
    rows = [steps, 0.5 * flat, 0.75 * flat, P * flat, Q * flat, np.linspace(-1, 1, len(steps))]
    fields: dict[str, object] = {
        "at": at,
        "history": np.column_stack(rows),
        "curve": np.column_stack([beliefs, heights]),
        "steps": (0.0, 100.0),
        "belief": (0.0, 1.0),
        "density": (0.0, 0.4),
        "slope": (-1.5, 1.5),
        "heights": (-1.2, 0.0),
        "law": "p·log D + p_g·log(1 − D)",
    }
    return Probe(**(fields | changes))  # type: ignore[arg-type]


def followed(at: tuple[float, ...] = (1.0,), **changes: object) -> Frame:
    frame = scenes.bimodal() if len(at) == 1 else scenes.ring()
    return replace(frame, probe=probe(at, **changes))


def test_d_and_the_best_d_stand_on_the_concave_function(painted: Painted) -> None:
    view = ProbeView()
    picture, area = painted(view, followed(), Look(probe=(1.0,)))
    t = theme("light")
    # The strips take 0.38 of the height; the axes 52 and 40 to the sides, 24 above and below.
    top = area.top() + min(max(0.38 * area.height(), 76), 190) + 24
    left, right, bottom = area.left() + 52, area.right() - 40, area.bottom() - 24

    def pixel(belief: float) -> tuple[float, float]:
        height = P * np.log(belief) + Q * np.log(1 - belief)
        return left + belief * (right - left), bottom - (height + 1.2) / 1.2 * (bottom - top)

    x, y = pixel(0.5)
    assert near(picture, x, y, t.discriminator)
    assert near(picture, x, (y + bottom) / 2, t.discriminator)
    x, y = pixel(0.75)
    assert near(picture, x + 4, y, t.best)
    for belief in (0.2, 0.4, 0.6, 0.9):
        assert near(picture, *pixel(belief), t.value)
        assert not near(picture, pixel(belief)[0], pixel(belief)[1] - 30, t.value)


def test_a_small_view_shows_what_the_best_d_maximises_and_no_history(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    write = probes.write
    monkeypatch.setattr(probes, "write", lambda *a, **k: (said.append(a[2]), write(*a, **k)))
    view = ProbeView()
    qtbot.addWidget(view)
    view.resize(300, 200)
    view.show()
    view.show_frame((followed(),), Look(lower="probe", probe=(1.0,)))
    picture = grabbed(view.canvas)
    assert said == ["D*", "D"]
    t = theme("light")
    left, right = 52, view.canvas.width() - 40
    x = left + 0.5 * (right - left)
    assert any(near(picture, x, y, t.discriminator) for y in range(40, 120, 8))
    assert any(near(picture, left + 0.3 * (right - left), y, t.value) for y in range(24, 120))


def test_what_is_not_known_is_said(painted: Painted, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    write = probes.write
    monkeypatch.setattr(probes, "write", lambda *a, **k: (said.append(a[2]), write(*a, **k)))
    frame = followed((1.0, 1.0), curve=np.empty((0, 2)), why="p_g is not known here.")
    painted(ProbeView(), frame, Look(probe=(1.0, 1.0)))
    assert "p_g is not known here." in said
    painted(ProbeView(), scenes.ring(), Look())
    assert any("Click anywhere" in words for words in said)


@pytest.mark.parametrize("size", [(300, 200), (390, 280), (560, 380), (1280, 720)], ids=str)
@pytest.mark.parametrize("name", ["two-modes", "ring", "saddle-two-numbers", "saddle-networks"])
def test_words_fit(qtbot: QtBot, name: str, size: tuple[int, int]) -> None:
    engine = Engine(find(name).settings)
    dim = engine.family.supply().target.dim
    at = (0.5, 1.25)[:dim]
    engine.watch(at)
    engine.step(60)
    look = Look(lower="probe", probe=at)
    view = ProbeView()
    qtbot.addWidget(view)
    view.resize(*size)
    view.show()
    view.show_frame((engine.frame(look.wants),), look)
    view.grab()
    with recorded() as texts:
        view.grab()
    assert faults(texts) == []


def shown(qtbot: QtBot, frame: Frame, look: Look) -> Distribution:
    view = Distribution()
    qtbot.addWidget(view)
    view.resize(640, 520)
    view.show()
    view.show_frame((frame,), look)
    return view


def pixel_of(view: Distribution, frame: Frame, *at: float) -> QPoint:
    box = view._boxes(QRectF(view.canvas.rect()), frame)[0]
    y = float(box.y(at[1])) if len(at) == 2 else (box.top + box.bottom) / 2
    return QPoint(round(float(box.x(at[0]))), round(y))


def test_a_click_drops_a_probe_where_it_was(qtbot: QtBot) -> None:
    for frame, at in ((scenes.bimodal(), (1.5,)), (scenes.ring(), (1.0, -0.5))):
        view = shown(qtbot, frame, Look())
        wanted: list[dict] = []
        view.look_wanted.connect(wanted.append)
        port = view.canvas
        qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=pixel_of(view, frame, *at))
        (change,) = wanted
        np.testing.assert_allclose(change["probe"], at, atol=0.02)
        assert change["lower"] == "probe"
        # A second click moves it and leaves the arrangement alone; one upon it removes it.
        view.show_frame((frame,), Look(probe=change["probe"]))
        other = tuple(-value for value in at)
        qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=pixel_of(view, frame, *other))
        assert set(wanted[1]) == {"probe"}
        np.testing.assert_allclose(wanted[1]["probe"], other, atol=0.02)
        qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=pixel_of(view, frame, *at))
        assert wanted[2] == {"probe": ()}


def test_a_double_click_maximises_and_leaves_the_probe_as_it_was(qtbot: QtBot) -> None:
    frame = scenes.bimodal()
    before = Look(probe=(-2.0,))
    view = shown(qtbot, frame, before)
    look = [before]
    view.look_wanted.connect(lambda change: look.append(look[-1].with_(**change)))
    full: list[str] = []
    view.maximise_wanted.connect(full.append)
    port, at = view.canvas, pixel_of(view, frame, 1.0)
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseDClick(port, Qt.MouseButton.LeftButton, pos=at)
    assert full == ["distribution"]
    assert look[-1] == before


def test_the_marker_stands_at_its_place(qtbot: QtBot) -> None:
    ink = theme("light").text
    frame = scenes.bimodal()
    look = Look(layers=frozenset())
    bare = grabbed(shown(qtbot, frame, look).canvas)
    view = shown(qtbot, frame, look.with_(probe=(0.75,)))
    at = pixel_of(view, frame, 0.75)
    picture = grabbed(view.canvas)
    for y in (at.y() - 80, at.y(), at.y() + 40):
        assert near(picture, at.x(), y, ink, reach=1)
        assert not near(bare, at.x(), y, ink, reach=1)
    plane = scenes.ring()
    view = shown(qtbot, plane, look.with_(probe=(1.0, -2.0)))
    at = pixel_of(view, plane, 1.0, -2.0)
    picture = grabbed(view.canvas)
    for dx, dy in ((8, 0), (-8, 0), (0, 8), (0, -8)):
        assert near(picture, at.x() + dx, at.y() + dy, ink, reach=2)
