"""The model graph: each part shows what it holds, lit or dim, at its place and the right way up."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import scenes
from fitting import faults, recorded
from looking import Painted, count, grabbed, near
from PySide6.QtCore import QPointF, QRectF
from pytestqt.qtbot import QtBot

from ganviz.frame import Array, Beat, Belief, Frame, Graph, Look
from ganviz.views import thumbs
from ganviz.views.graph import PARTS, ModelGraph, caption, places
from ganviz.views.theme import mixed, theme

LIGHT = theme("light")
LOOK = Look(hidden=frozenset())


def graph_of(frame: Frame, **changes: object) -> Graph:
    rng = np.random.default_rng(5)
    z = np.linspace(-3, 3, 33)
    if frame.dim == 1:
        noise, image = rng.standard_normal((512, 1)), z[None, :, None] ** 3 / 8
    else:
        noise = rng.standard_normal((512, 2))
        image = np.stack(np.meshgrid(z[::4], z[::4] / 3), -1)
    fields: dict[str, object] = {
        "latent": "Normal",
        "law": "z ~ N(0, I)",
        "generator": "1 → 32 → 32 → 1 tanh",
        "discriminator": "1 → 64 → 64 → 1 leaky-relu",
        "noise": noise,
        "span": (-3.0, 3.0),
        "image": image,
        "scores_real": np.full(512, 0.9),
        "scores_fake": np.full(512, 0.2),
    }
    return Graph(**(fields | changes))  # type: ignore[arg-type]


def line(**changes: object) -> Frame:
    frame = scenes.bimodal(500)
    return replace(frame, **({"graph": graph_of(frame)} | changes))


def plane(**changes: object) -> Frame:
    frame = scenes.ring(500)
    return replace(frame, **({"graph": graph_of(frame)} | changes))


def beat(*lit: str, **changes: object) -> Beat:
    fields: dict[str, object] = {
        "step": 501,
        "number": 4,
        "of": 14,
        "player": "discriminator",
        "turn": "discriminator",
        "words": "D judges the generated samples",
        "lit": frozenset(lit),
    }
    return Beat(**(fields | changes))  # type: ignore[arg-type]


def shown(qtbot: QtBot, frame: Frame, wide: int = 1500, tall: int = 420) -> tuple[Array, QRectF]:
    view = ModelGraph()
    qtbot.addWidget(view)
    view.resize(wide, tall)
    view.show()
    view.show_frame((frame,), LOOK)
    return grabbed(view.canvas), QRectF(view.canvas.rect())


def inside(picture: Array, rect: QRectF) -> Array:
    return picture[
        round(rect.top()) : round(rect.bottom()), round(rect.left()) : round(rect.right())
    ]


def test_what_is_lit_stands_out_and_the_rest_is_dim(qtbot: QtBot) -> None:
    frame = line()
    seen = frame.real[:32], frame.fake[:32]
    now = beat("samples", "discriminator", real=seen[0], fake=seen[1])
    picture, area = shown(qtbot, replace(frame, beat=now))
    for part, card in places(area).cards.items():
        edge = near(picture, card.left(), card.center().y(), LIGHT.accent, 1)
        assert edge == (part in now.lit), part
        title = QRectF(card.left() + 6, card.top() + 3, 90, 16)
        assert (count(inside(picture, title), LIGHT.text) > 20) == (part in now.lit), part
    calm, area = shown(qtbot, frame)
    assert not any(
        near(calm, card.left(), card.center().y(), LIGHT.accent, 1)
        for card in places(area).cards.values()
    )


def test_samples_stand_at_their_x_and_grow_upwards(qtbot: QtBot) -> None:
    # All real at −2, all generated at 3.
    frame = line(real=np.full((400, 1), -2.0, np.float32), fake=np.full((400, 1), 3.05, np.float32))
    picture, area = shown(qtbot, frame)
    rect = places(area).thumb("samples")
    box = thumbs.data_box(rect, frame)
    filled = mixed(LIGHT.base, LIGHT.real, 0.5)
    assert near(picture, box.x(-2.0), box.bottom - 4, filled)
    assert not near(picture, box.x(2.0), box.bottom - 4, filled)
    assert near(picture, box.x(3.05), box.top + 1, LIGHT.generated, 6)
    assert not near(picture, box.x(-3.0), box.top + 1, LIGHT.generated, 6)


def test_dots_of_the_plane_are_the_right_way_up(qtbot: QtBot) -> None:
    frame = plane(
        real=np.array([[2.0, 1.0]], np.float32), fake=np.array([[-2.0, -1.0]], np.float32)
    )
    picture, area = shown(qtbot, frame)
    box = thumbs.data_box(places(area).thumb("samples"), frame)
    assert near(picture, box.x(2.0), box.y(1.0), LIGHT.real)
    assert near(picture, box.x(-2.0), box.y(-1.0), LIGHT.generated)
    assert not near(picture, box.x(2.0), box.y(-1.0), LIGHT.real)


def test_the_generator_s_curve_rises_where_g_does(qtbot: QtBot) -> None:
    frame = line()
    picture, area = shown(qtbot, frame)
    rect = places(area).thumb("generator")
    box = thumbs.box(rect, (-3.0, 3.0), frame.ranges.data[0])
    assert near(picture, box.x(2.9), box.y(2.9**3 / 8), LIGHT.model)
    assert near(picture, box.x(-2.9), box.y(-(2.9**3) / 8), LIGHT.model)
    assert not near(picture, box.x(2.9), box.y(-(2.9**3) / 8), LIGHT.model)


def test_the_belief_and_its_field_are_the_right_way_up(qtbot: QtBot) -> None:
    (grid,) = line().grid
    frame = line(belief=Belief("D(x)", 1 / (1 + np.exp(-grid)), 0.0, 1.0, 0.5, "½"))
    picture, area = shown(qtbot, frame)
    box = thumbs.box(places(area).thumb("discriminator"), frame.ranges.data[0], (0.0, 1.0))
    assert near(picture, box.x(3.0), box.y(0.95), LIGHT.discriminator)
    assert not near(picture, box.x(3.0), box.y(0.05), LIGHT.discriminator)
    xs, ys = plane().grid
    values = np.broadcast_to((ys[:, None] > 0).astype(float), (len(ys), len(xs)))
    frame = plane(belief=Belief("D(x)", values.copy(), 0.0, 1.0, 0.5, "½"))
    picture, area = shown(qtbot, frame)
    box = thumbs.data_box(places(area).thumb("discriminator"), frame)
    assert near(picture, box.x(0.0), box.y(2.0), LIGHT.belief[-1], 1, 6)
    assert near(picture, box.x(0.0), box.y(-2.0), LIGHT.belief[0], 1, 6)


def test_predictions_stand_at_what_d_says(qtbot: QtBot) -> None:
    picture, area = shown(qtbot, line())
    rect = places(area).thumb("predictions")
    box = thumbs.box(rect, (0.0, 1.0), (0.0, 1.0))
    assert near(picture, box.x(0.9), box.y(0.5), mixed(LIGHT.base, LIGHT.real, 0.5), 6)
    assert near(picture, box.x(0.2), box.y(0.5), LIGHT.generated, 10)
    assert near(picture, box.x(0.5), box.y(0.5), LIGHT.discriminator, 2)
    assert not near(picture, box.x(0.1), box.y(0.5), LIGHT.generated, 4)


def test_bars_reach_their_values_and_only_those_that_are_known(qtbot: QtBot) -> None:
    frame = line(beat=beat("losses", numbers=(("loss_d", 2.0),)))
    picture, area = shown(qtbot, frame)
    rect = places(area).thumb("losses")
    box = thumbs.box(rect, frame.ranges.losses, (0.0, 1.0))
    y = rect.center().y() - 0.2 * min(rect.height(), thumbs.BARS)
    assert near(picture, box.x(1.9), y, LIGHT.discriminator, 1)
    assert not near(picture, box.x(2.2), y, LIGHT.discriminator, 1)
    assert count(inside(picture, rect), LIGHT.generated, 20) == 0


def test_pulls_point_where_the_loss_pulls(qtbot: QtBot) -> None:
    fake = np.zeros((5, 2), np.float32)
    now = beat("samples", fake=fake, pulls=np.tile([1.0, 1.0], (5, 1)))
    frame = plane(beat=now)
    picture, area = shown(qtbot, frame)
    rect = places(area).thumb("samples")
    box = thumbs.data_box(rect, frame)
    reach = thumbs.LONGEST * (box.right - box.left) / thumbs.pull_scale(now.pulls)  # type: ignore[arg-type]
    x, y = float(box.x(0.0)) + 0.7 * reach, float(box.y(0.0)) - 0.7 * reach
    assert near(picture, x, y, LIGHT.text, 2, 90)
    assert not near(picture, x, y + 1.4 * reach, LIGHT.text, 2, 90)


def test_gradients_flow_back_to_the_player_whose_turn_it_is(qtbot: QtBot) -> None:
    for player, ink in (("discriminator", LIGHT.discriminator), ("generator", LIGHT.generated)):
        now = beat("gradients", player, player=player)
        picture, area = shown(qtbot, line(beat=now))
        cards = places(area).cards
        lane = round(cards["gradients"].bottom()) + 5 + (6 if player == "generator" else 0)
        between = (cards["discriminator"].center().x() + cards["gradients"].center().x()) / 2
        assert near(picture, between, lane, ink, 1)
        other = LIGHT.generated if player == "discriminator" else LIGHT.discriminator
        strip = picture[round(cards["gradients"].bottom()) + 3 :]
        assert count(strip, other, 20) == 0


def test_the_caption_says_which_phase_it_is() -> None:
    assert caption(line(beat=beat("samples"))) == (
        "Step 501 · discriminator · 4 of 14: D judges the generated samples"
    )
    assert caption(line()) == "Step 500"


@pytest.mark.parametrize("frame", [line(), plane(), line(beat=beat("losses"))])
def test_the_pointer_reads_every_part(qtbot: QtBot, frame: Frame) -> None:
    view = ModelGraph()
    qtbot.addWidget(view)
    area = QRectF(0, 0, 1400, 300)
    for part, card in places(area).cards.items():
        lines = view.read(card.center(), area, frame, LOOK)
        assert len(lines) >= 2, part
    assert view.read(QPointF(3, 3), area, frame, LOOK) == ()
    told = view.read(places(area).cards["predictions"].center(), area, line(), LOOK)
    assert "mean of the real 0.900" in told
    told = view.read(places(area).cards["losses"].center(), area, line(), LOOK)
    assert any("log 2" in words for words in told)


def test_a_frame_without_a_graph_leaves_the_canvas_empty(painted: Painted) -> None:
    picture, _ = painted(ModelGraph(), scenes.bimodal(10), LOOK)
    assert np.ptp(picture.reshape(-1, 3), axis=0).max() == 0


def test_parts_do_not_overlap_at_any_size() -> None:
    for wide, tall in ((600, 110), (896, 104), (1496, 184), (1896, 852), (3800, 400)):
        area = QRectF(0, 0, wide, tall)
        cards = list(places(area).cards.values())
        assert len(cards) == len(PARTS)
        for one, other in pairwise(cards):
            assert one.right() + 8 < other.left()
        for card in cards:
            assert area.contains(card)
            assert card.bottom() + 13 <= tall


@pytest.mark.parametrize(
    ("wide", "tall"), [(900, 150), (620, 150), (480, 150), (1500, 230), (1900, 900), (3840, 400)]
)
def test_words_fit_at_any_size(qtbot: QtBot, wide: int, tall: int) -> None:
    long = beat(
        *PARTS,
        turn="discriminator 20 of 20",
        number=120,
        of=141,
        step=1_234_567,
        words="G goes back and takes its step of Optimistic Adam, by the gradient found ahead",
        numbers=(("loss_d", -12345.6), ("loss_g", 1e-7), ("grad_d", 1e9), ("grad_g", 0.00123)),
        noise=np.zeros((4096, 7)),
        real=np.zeros((4096, 2)),
        fake=np.zeros((4096, 2)),
        scores_real=np.full(9, -1234.5678),
        scores_fake=np.full(9, 0.25),
    )
    frame = plane()
    deep = graph_of(
        frame,
        latent="Sphere",
        generator="7 → 512 → 512 → 512 → 512 → 512 → 2 leaky-relu",
        discriminator="2 → 64 → 128 → 64 → 1 softplus",
    )
    for each in (line(), frame, replace(frame, graph=deep), replace(frame, graph=deep, beat=long)):
        view = ModelGraph()
        qtbot.addWidget(view)
        view.resize(wide, tall)
        with recorded() as texts:
            view.show_frame((each,), LOOK)
            view.grab()
        assert faults(texts) == []


def test_the_caption_stands_once_wherever_there_is_room(qtbot: QtBot) -> None:
    frame = line(beat=beat("samples"))
    view = ModelGraph()
    qtbot.addWidget(view)
    view.show_frame((frame,), LOOK)
    for tall, canvas in ((150, False), (230, True), (150, False)):
        view.resize(900, tall)
        view.grab()
        assert (places(QRectF(view.canvas.rect())).caption > 0) == canvas
        assert view.header.fitting(800) == ("" if canvas else caption(frame))


@pytest.mark.parametrize("tall", [100, 150, 230])
def test_without_a_chain_the_phase_is_told_in_the_middle_of_the_view(
    qtbot: QtBot, tall: int
) -> None:
    view, frame = ModelGraph(), line(beat=beat("samples"), graph=None)
    qtbot.addWidget(view)
    view.resize(900, tall)
    view.show_frame((frame,), LOOK)
    assert view.header.fitting(800) == ""
    inked = np.argwhere(np.abs(grabbed(view.canvas) - 0x1F).max(2) < 60)
    middle = (inked.min(0) + inked.max(0)) / 2
    assert middle == pytest.approx([view.canvas.height() / 2, view.canvas.width() / 2], abs=6)


def test_a_picture_depends_on_frame_and_look_only(qtbot: QtBot) -> None:
    rng = np.random.default_rng(7)
    drawn = beat("samples", "noise", real=rng.standard_normal((64, 1)), noise=np.zeros((64, 1)))
    frames = [
        line(),
        plane(),
        line(beat=drawn),
        line(beat=replace(drawn, player="generator", lit=frozenset({"gradients", "generator"}))),
        line(graph=graph_of(line(), noise=np.ones((512, 1)))),
    ]
    looks = [LOOK, LOOK.with_(theme="dark")]
    used = ModelGraph()
    qtbot.addWidget(used)
    used.resize(1200, 260)
    order = [(frame, look) for frame in frames for look in looks]
    rng.shuffle(order)  # type: ignore[arg-type]
    for frame, look in order:
        used.show_frame((frame,), look)
        fresh = ModelGraph()
        qtbot.addWidget(fresh)
        fresh.resize(1200, 260)
        fresh.show_frame((frame,), look)
        assert np.array_equal(grabbed(used.canvas), grabbed(fresh.canvas))
