"""The stage: arrangement, purity, quiet."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import scenes
from looking import grabbed
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.frame import Array, Frame, Look
from ganviz.views.stage import KINDS, Stage
from ganviz.views.theme import theme

FRAMES = {
    "line": scenes.bimodal(900),
    "plane": scenes.ring(700, 300),
    "toy": scenes.saddle(300),
    "start": scenes.bimodal(0),
    "full line": scenes.bimodal_full(700),
    "full plane": scenes.ring_full(600),
    "full toy": scenes.saddle_full(300),
    "trouble": scenes.ring(50, 200, trouble="The loss of the discriminator is not a number."),
}
LOOKS = {
    "light": Look(),
    "dark": Look(theme="dark", style="histogram"),
    "few": Look(layers=frozenset({"real"}), hidden=frozenset({"losses", "graph"})),
    "alone": Look(maximised="saddle", portrait="V against ψ"),
    "pulls": Look(layers=Look().layers | {"arrows"}, arrows="minimax"),
}


def _stage(qtbot: QtBot, wide: int = 900, tall: int = 560) -> Stage:
    stage = Stage()
    qtbot.addWidget(stage)
    stage.resize(wide, tall)
    stage.show()
    return stage


def _shown(stage: Stage, frame: Frame, look: Look) -> Array:
    stage.show_frame((frame,), look)
    QApplication.processEvents()
    return grabbed(stage)


def test_a_picture_depends_on_frame_and_look_only(qtbot: QtBot) -> None:
    used = _stage(qtbot)
    order = [(frame, look) for look in LOOKS for frame in FRAMES]
    np.random.default_rng(3).shuffle(order)
    for frame, look in order:
        again = _shown(used, FRAMES[frame], LOOKS[look])
        fresh = _shown(_stage(qtbot), FRAMES[frame], LOOKS[look])
        assert np.array_equal(again, fresh), (frame, look)


def test_a_size_has_no_memory(qtbot: QtBot) -> None:
    stage = _stage(qtbot, 1117, 703)
    _shown(stage, FRAMES["line"], Look())
    for size in ((640, 400), (1400, 900), (901, 561)):
        stage.resize(*size)
        QApplication.processEvents()
    fresh = _shown(_stage(qtbot, 901, 561), FRAMES["line"], Look())
    assert np.array_equal(grabbed(stage), fresh)


def test_what_has_not_changed_is_not_painted(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = _stage(qtbot)
    _shown(stage, FRAMES["line"], Look())
    painted: list[str] = []
    for view in stage.views():
        monkeypatch.setattr(view, "paint", lambda *_, name=view.name: painted.append(name))
    stage.show_frame((FRAMES["line"],), Look())
    QApplication.processEvents()
    assert painted == []
    stage.show_frame((replace(FRAMES["line"], step=901),), Look())
    QApplication.processEvents()
    assert sorted(painted) == ["distribution", "losses", "saddle"]


def test_a_picture_that_cannot_be_drawn_says_so_and_the_others_live(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = _stage(qtbot)

    def fall(*_: object) -> None:
        raise ArithmeticError("no picture today")

    before = _shown(stage, FRAMES["line"], Look())
    monkeypatch.setattr(stage.view("losses"), "paint", fall)
    with qtbot.capture_exceptions() as told:
        after = _shown(stage, replace(FRAMES["line"], step=901), Look())
    assert {str(error) for _, error, _ in told} == {"no picture today"}
    assert after.shape == before.shape
    monkeypatch.undo()
    assert np.array_equal(_shown(stage, FRAMES["line"], Look()), before)


def test_messages_before_the_first_frame(qtbot: QtBot) -> None:
    stage = _stage(qtbot)
    stage.show_message("Loading PyTorch…", Look(theme="dark"))
    dark = grabbed(stage)
    assert stage.palette().window().color().name().upper() == theme("dark").window
    assert dark.mean() < 60
    stage.show_message("Loading PyTorch…", Look())
    assert grabbed(stage).mean() > 200


def test_hidden_and_maximised_views(qtbot: QtBot) -> None:
    stage = _stage(qtbot)
    _shown(stage, FRAMES["line"], Look(hidden=frozenset({"saddle", "graph"})))
    assert stage.view("saddle").isHidden()
    assert stage.view("losses").height() > 0.9 * (stage._story.y() - 16)
    _shown(stage, FRAMES["line"], Look(hidden=frozenset({"saddle", "losses", "graph"})))
    assert stage.distribution.width() == stage.width() - 16
    _shown(stage, FRAMES["line"], Look(maximised="losses"))
    assert stage.view("losses").width() == stage.width() - 16
    assert stage.distribution.isHidden()
    _shown(stage, FRAMES["line"], Look())
    assert not any(view.isHidden() for view in stage.views())
    assert stage.distribution.width() / stage.width() == pytest.approx(0.57, abs=0.02)


def test_splits_are_remembered_as_shares(qtbot: QtBot) -> None:
    one, other = _stage(qtbot), _stage(qtbot, 1400, 800)
    one._across.set_shares([0.7, 0.3])
    other.restore_sizes(one.save_sizes())
    QApplication.processEvents()
    assert other.distribution.width() / other.width() == pytest.approx(0.69, abs=0.02)
    for nonsense in (b"", b"{}", b"\xff\xfe", b'{"across": [0, 1], "right": [1, 1]}'):
        other.restore_sizes(nonsense)
    assert other.save_sizes() == one.save_sizes()


def test_trouble_is_said_above_the_plots(qtbot: QtBot) -> None:
    stage = _stage(qtbot)
    _shown(stage, FRAMES["trouble"], Look())
    banner = stage._banner
    assert not banner.isHidden()
    assert banner.accessibleName() == FRAMES["trouble"].trouble
    assert banner.geometry().bottom() < stage._down.geometry().top()
    _shown(stage, FRAMES["plane"], Look())
    assert banner.isHidden()


def test_signals_are_relayed(qtbot: QtBot) -> None:
    stage = _stage(qtbot)
    _shown(stage, FRAMES["plane"], Look())
    with qtbot.waitSignal(stage.layer_toggled) as asked:
        stage.distribution.header.chips["real"].click()
    assert asked.args == ["real", False]
    with qtbot.waitSignal(stage.maximise_wanted) as asked:
        stage.view("losses").header.button.click()
    assert asked.args == ["losses"]
    for part in (stage.view("saddle").header, stage.view("saddle").canvas):
        with qtbot.waitSignal(stage.maximise_wanted) as asked:
            qtbot.mouseDClick(part, Qt.MouseButton.LeftButton, pos=part.rect().center())
        assert asked.args == ["saddle"]
    pulls = Look(layers=Look().layers | {"arrows"})
    _shown(stage, FRAMES["full plane"], pulls)
    with qtbot.waitSignal(stage.look_wanted) as asked:
        stage.distribution._pulls.menu().actions()[1].trigger()
    assert asked.args == [{"arrows": "minimax"}]
    with qtbot.waitSignal(stage.look_wanted):
        stage.distribution._styles.menu().actions()[1].trigger()


def test_everything_has_a_name(qtbot: QtBot) -> None:
    stage = _stage(qtbot)
    _shown(stage, FRAMES["plane"], Look())
    for view in stage.views():
        assert view.accessibleName()
        assert view.accessibleDescription()
        assert view.canvas.accessibleName()
        for button in (view.header.button, *view.header.chips.values()):
            assert button.accessibleName()
            assert button.toolTip()


def test_importing_the_stage_imports_nothing_heavy() -> None:
    heavy = ("torch", "scipy", "contourpy", "av", "ganviz.engine", "ganviz.settings", "ganviz.host")
    code = f"import sys, ganviz.views.stage; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_projector_gets_larger_type_and_thicker_lines(qtbot: QtBot) -> None:
    """What it shows at 1.35 times the size is what the light theme would show in its colours."""
    scale = theme("projector").scale
    assert scale > 1.2
    large = _stage(qtbot, 1296, 810)
    _shown(large, FRAMES["full plane"], Look(theme="projector"))
    small = _stage(qtbot, 960, 600)
    _shown(small, FRAMES["full plane"], Look())
    for name in ("distribution", "losses", "saddle"):
        view, usual = large.view(name), small.view(name)
        assert view.area.width() == pytest.approx(usual.area.width(), abs=12)
        assert view.area.height() == pytest.approx(usual.area.height(), abs=12)
        header, plain = view.header, usual.header
        assert header.button.height() == round(24 * scale)
        assert header.height() / scale == pytest.approx(plain.height(), abs=1)
    assert (large.minimumWidth(), large.minimumHeight()) == Stage.LEAST


def test_a_projector_s_type_fits_the_stage(qtbot: QtBot) -> None:
    """Whatever sizes the stage had before: as large as there is room for."""
    stage = _stage(qtbot, 1600, 900)
    for wide, tall, scale in ((1600, 900, 1.35), (920, 530, 1.0), (1600, 720, 1.2), (900, 900, 1)):
        stage.resize(wide, tall)
        _shown(stage, FRAMES["full plane"], Look(theme="projector"))
        assert stage.theme.scale == pytest.approx(scale)
        assert {view.theme.scale for view in stage.views()} == {stage.theme.scale}
    fresh = _stage(qtbot, 900, 900)
    _shown(fresh, FRAMES["full plane"], Look(theme="projector"))
    assert np.array_equal(grabbed(stage), grabbed(fresh))
    _shown(stage, FRAMES["full plane"], Look())
    assert stage.theme is theme("light")


@pytest.mark.parametrize("name", ["light", "projector"])
def test_in_a_low_stage_the_model_takes_the_place_of_a_view(qtbot: QtBot, name: str) -> None:
    look = Look(theme=name, hidden=frozenset())
    stage = _stage(qtbot, 920, 530)
    _shown(stage, FRAMES["full plane"], look)
    assert stage.crowded()
    shown = [view for view in stage.views() if view.isVisible()]
    assert [view.name for view in shown] == ["distribution", "losses", "graph"]
    places = [QRect(view.mapTo(stage, QPoint(0, 0)), view.size()) for view in shown]
    assert all(stage.rect().contains(place) for place in places)
    for one, other in combinations(places, 2):
        assert not one.intersects(other)
    assert all(view.area.height() >= 60 for view in shown)
    stage.resize(920, 900)
    assert stage.view("saddle").isVisible()
    assert stage.view("saddle")._frame is FRAMES["full plane"]
    stage.resize(920, 530)
    assert stage.view("saddle").isHidden()
    _shown(stage, FRAMES["full plane"], look.with_(hidden=frozenset({"graph"})))
    assert stage.view("saddle").isVisible()


def test_the_pointer_means_the_same_place_at_any_scale(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = _stage(qtbot, 1296, 810)
    for name in ("light", "projector"):
        _shown(stage, FRAMES["full plane"], Look(theme=name))
        view = stage.distribution
        seen: list[tuple[float, float]] = []
        monkeypatch.setattr(view, "clicked", lambda at, seen=seen: seen.append((at.x(), at.y())))
        monkeypatch.setattr(view, "pressed", lambda at: None)
        place = view.canvas.rect().center()
        qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=place)
        centre = view.area.center()
        assert seen == [pytest.approx((centre.x(), centre.y()), abs=1)]


@pytest.mark.parametrize("name", KINDS)
def test_a_view_is_what_it_is_announced_as(qtbot: QtBot, name: str) -> None:
    view = KINDS[name].build()
    qtbot.addWidget(view)
    assert (view.name, view.title) == (name, KINDS[name].title)
