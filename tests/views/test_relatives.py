"""Pictures of games without a D: what is not thought is not drawn, and words fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scenes
from looking import Painted, count, near
from pytestqt.qtbot import QtBot

from ganviz.frame import Arrows, Belief, Frame, Look, Map
from ganviz.views.distribution import Distribution
from ganviz.views.gradients import compared, drawn
from ganviz.views.line import boxes, read_line
from ganviz.views.plane import data_box, read_plane
from ganviz.views.theme import theme
from ganviz.views.together import alike

LIGHT = theme("light")


def silent(frame: Frame) -> Frame:
    """The frame of a game in which nobody thinks anything of points."""
    nothing = np.full_like(np.asarray(frame.belief.values, float), np.nan)
    return replace(frame, belief=Belief("", nothing, 0.0, 1.0, 0.5, ""), best=None)


@pytest.mark.parametrize("dim", [1, 2])
def test_where_nothing_is_thought_no_belief_is_drawn(painted: Painted, dim: int) -> None:
    frame = scenes.bimodal(10) if dim == 1 else scenes.ring(10)
    look = Look()
    hidden = look.with_(layers=look.layers - {"belief"})
    quiet, area = painted(Distribution(), silent(frame), look)
    without, _ = painted(Distribution(), replace(silent(frame)), hidden)
    assert np.array_equal(quiet, without)
    assert "belief" not in {layer.name for layer in Distribution().layers(silent(frame), look)}
    whole, _ = painted(Distribution(), frame, look)
    assert not np.array_equal(quiet, whole)
    box = boxes(area, frame)[0] if dim == 1 else data_box(area, frame)
    view, read = Distribution(), read_line if dim == 1 else read_plane
    words = view.read(box.rect.center(), area, silent(frame), look)
    assert words
    assert not any("nan" in each or each.startswith("D") for each in words)
    assert read(box.rect.center(), area, silent(frame), hidden) == words


def test_layers_are_called_what_the_game_calls_them(qtbot: QtBot) -> None:
    called = (("generated", "rebuilt", "Reconstructions"), ("belief", "r − x", "How far"))
    frame = replace(scenes.bimodal(10), called=called)
    layers = {layer.name: layer for layer in Distribution().layers(frame, Look())}
    assert layers["generated"].label == "rebuilt"
    assert layers["generated"].tip == "Reconstructions"
    assert layers["belief"].label == "r − x"
    assert layers["real"].label == "real"


def test_arrows_begin_where_they_are_told_to(painted: Painted) -> None:
    """In the corner of the plane, where there are no samples."""
    frame = scenes.ring(10)
    (low, high), _ = frame.ranges.data
    at = np.array([[0.9 * low + 0.1 * high, 0.9 * low + 0.1 * high]], np.float32)
    pull = 0.1 * (high - low)
    arrow = Arrows("moves", "r(x) − x", np.array([[pull, 0.0]], np.float32), at)
    frame = replace(frame, arrows=(arrow,), ranges=replace(frame.ranges, pull=pull))
    look = Look(layers=frozenset({"arrows"}))
    pixels, area = painted(Distribution(), frame, look)
    box = data_box(area, frame)
    x, y = int(box.x(float(at[0, 0]))), int(box.y(float(at[0, 1])))
    assert near(pixels, x + 12, y, LIGHT.text, 3, 120)
    elsewhere = pixels[int(box.top) + 5 : y - 10, int(box.left) + 5 : int(box.right) - 5]
    assert count(elsewhere, LIGHT.text, 120) == 0


def test_a_map_says_what_goes_in_and_what_comes_out(painted: Painted) -> None:
    z = np.linspace(-3, 3, 7)
    frame = scenes.bimodal(10, offers=frozenset({"map"}))
    frame = replace(frame, map=Map(z, z.copy(), np.full(6, 1 / 6), ("x̃", "r")))
    look = Look(layers=frozenset({"map"}))
    _, area = painted(Distribution(), frame, look)
    place = area.center()
    found = [
        words
        for dy in range(0, int(area.height() / 2), 4)
        if (words := read_line(place + type(place)(0, dy), area, frame, look))
    ]
    assert any(words[0].startswith("x̃ = ") and words[1].startswith("r = ") for words in found)


def test_the_gradients_are_those_of_the_players(qtbot: QtBot) -> None:
    from ganviz.frame import TraceWriter

    writer = TraceWriter(("step", "loss", "grad_g", "grad_e"))
    writer.room(1)[:] = (1, 0.5, 0.2, 0.1)
    writer.add(1)
    frame = replace(scenes.bimodal(10), trace=writer.trace(), curves=(("loss", "L", "value"),))
    assert [label for _, label, _ in drawn(frame)] == ["‖∇L_G‖", "‖∇L_E‖"]
    assert compared(frame) == ()


def test_losses_of_other_games_have_axes_of_their_own() -> None:
    gan = scenes.bimodal(10)
    other = replace(
        gan,
        curves=(("loss", "−ELBO", "value"),),
        ranges=replace(gan.ranges, losses=(-100.0, 100.0)),
    )
    assert [each.ranges.losses for each in alike((gan, other))] == [
        gan.ranges.losses,
        (-100.0, 100.0),
    ]
    both = alike((other, replace(other, ranges=replace(gan.ranges, losses=(0.0, 200.0)))))
    assert [each.ranges.losses for each in both] == [(-100.0, 200.0)] * 2
