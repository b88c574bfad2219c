"""Images, where the data are images."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import scenes
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from ganviz.film.render import FilmStage
from ganviz.frame import Frame, Images, Look, Reading
from ganviz.views.distribution import OF_IMAGES, Distribution
from ganviz.views.pictures import Grid, headings, planned, sharpness
from ganviz.views.theme import channels, theme

SIZES = [(320, 300), (520, 420), (900, 500), (1400, 800), (300, 700), (390, 270)]


def images(n: int = 64, side: int = 16, walk: int = 24, back: bool = False) -> Images:
    """Return images of noise, whose first rows are black."""
    draws = np.random.default_rng(3)

    def grey(count: int) -> np.ndarray:
        found = draws.integers(0, 256, (count, side, side), dtype=np.uint8)
        found[:, 0] = 0
        return found

    angles = np.arange(walk) * (2 * np.pi / max(walk, 1))
    return Images(grey(n), grey(n), grey(walk), angles, grey(n) if back else None)


def framed(**changes: object) -> Frame:
    return replace(scenes.ring_full(), **({"images": images()} | changes))


def reading(value: float) -> Reading:
    return Reading("sharpness", "Sharpness", value, f"{value:.3f}", "1", True, (0.97, 1.03))


@pytest.mark.parametrize(("size", "ratio"), [*product(SIZES, (1.0, 1.35, 2.0))])
def test_grids_lie_in_the_area_beside_each_other_on_whole_pixels_of_the_screen(
    size: tuple[int, int], ratio: float
) -> None:
    area = QRectF(0, 0, *size)
    for held, look in product((images(), images(back=True), images(walk=0)), (Look(),)):
        grids = planned(area, held, look, ratio)
        assert [grid.kind for grid in grids][:2] == ["real", "generated"]
        for i, grid in enumerate(grids):
            assert area.contains(grid.rect)
            assert not any(grid.rect.intersects(other.rect) for other in grids[:i])
            for length in (grid.left, grid.top, grid.size):
                assert length * ratio == pytest.approx(round(length * ratio), abs=1e-6)
            assert grid.side * grid.size >= 20
            assert grid.rows * grid.columns <= 64
        assert grids[0].size == grids[1].size  # so that one compares with the other


def test_where_there_is_room_all_are_seen_and_as_large_as_can_be() -> None:
    real, fake, walk = planned(QRectF(0, 0, 1400, 800), images(), Look(), 1.0)
    assert real.rows * real.columns == fake.rows * fake.columns == 64
    assert (walk.columns, walk.every) == (24, 1)
    assert real.size == 4


def test_layers_leave_their_room_to_the_others() -> None:
    area, look = QRectF(0, 0, 520, 480), Look()
    both = planned(area, images(), look, 1.0)
    alone = planned(area, images(), look.with_(layers={"generated"}), 1.0)
    assert [grid.kind for grid in alone] == ["generated"]
    assert alone[0].size > both[1].size
    assert planned(area, images(), look.with_(layers=frozenset()), 1.0) == ()


@pytest.mark.parametrize("back", [False, True])
def test_every_pixel_is_drawn_as_it_is(qtbot: QtBot, back: bool) -> None:
    held = images(back=back)
    view = Distribution()
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show_frame((framed(images=held),), Look())
    shot = view.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    words = np.frombuffer(shot.constBits(), np.uint32).reshape(shot.height(), -1)
    for grid in planned(view.area, held, Look(), 1.0):
        shown = {"real": held.real, "generated": held.fake, "walk": held.walk}[grid.kind]
        for number in (0, grid.columns - 1, grid.rows * grid.columns - 1):
            item = grid.item(number)
            expected = shown[number * grid.every]
            if grid.pairs:
                assert held.back is not None
                expected = np.concatenate([expected, held.back[number]])
            x = (item.left() + (np.arange(16) + 0.5) * grid.size).astype(int)
            y = (item.top() + (np.arange(len(expected)) + 0.5) * grid.size).astype(int)
            np.testing.assert_array_equal(words[np.ix_(y, x)] & 0xFF, expected)
            edge = words[np.ix_(y, [int(item.left()), int(item.right()) - 1])] & 0xFF
            np.testing.assert_array_equal(edge, expected[:, [0, -1]])


def test_real_is_framed_in_blue_and_generated_in_vermilion(qtbot: QtBot) -> None:
    view = Distribution()
    qtbot.addWidget(view)
    view.resize(900, 600)
    for name in ("light", "dark"):
        view.show_frame((framed(),), Look(theme=name))
        shot = view.canvas.grab().toImage()
        for grid in planned(view.area, images(), Look(), 1.0):
            ink = theme(name).real if grid.kind == "real" else theme(name).generated
            at = shot.pixelColor(int(grid.left) - 3, int(grid.rect.center().y()))
            assert (at.red(), at.green(), at.blue()) == channels(ink)


def test_the_pointer_reads_which_image_it_is(qtbot: QtBot) -> None:
    view = Distribution()
    qtbot.addWidget(view)
    view.resize(900, 600)
    frame = framed()
    view.show_frame((frame,), Look())
    view.canvas.grab()
    real, fake, walk = planned(view.area, images(), Look(), 1.0)
    read = [view.read(grid.item(5).center(), view.area, frame, Look()) for grid in (real, fake)]
    assert [words[0] for words in read] == ["real image 6 of 64", "generated image 6 of 64"]
    angle = view.read(walk.item(6).center(), view.area, frame, Look())[0]
    assert angle == f"t = {6 * walk.every * 15}°"
    assert view.read(QPointF(1, 1), view.area, frame, Look()) == ()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.431, "blurry, 0.43 of the real images' sharpness"),
        (1.0, "as sharp as the real images, 1.00"),
        (2.5, "noisy, 2.50 times the real images' sharpness"),
    ],
)
def test_sharpness_is_said_in_words(value: float, words: str) -> None:
    assert sharpness((reading(value),))[0] == words
    grid = Grid("generated", 0, 0, 1, 1, 16, 1.0)
    assert headings(grid, framed(measures=(reading(value),)))[0] == f"generated: {words}"
    assert headings(grid, framed(measures=())) == ("generated",)


def test_controls_and_layers_that_mean_nothing_are_not_there(qtbot: QtBot) -> None:
    view = Distribution()
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show_frame((framed(),), Look())
    assert view.header.order == ("real", "generated", "walk")
    assert view._draw.isHidden()
    assert view._numbers.isHidden()
    assert not view._styles.isHidden()
    assert view._styles.names == tuple(OF_IMAGES)
    view.draw(True)
    assert not view.editor.on
    view.show_frame((framed(images=images(back=True)),), Look())
    assert view.header.order == ("real", "generated", "rebuilt", "walk")
    view.show_frame((framed(),), Look(style="plane"))
    assert "walk" not in view.header.order
    assert not view._numbers.isHidden()
    view.show_frame((scenes.ring_full(),), Look())
    assert not view._draw.isHidden()
    assert "Images" not in view._styles.names


def test_on_a_plane_images_are_dots_as_any_samples_are(qtbot: QtBot) -> None:
    shots = []
    for frame, look in ((framed(), Look(style="plane")), (scenes.ring_full(), Look())):
        view = Distribution()
        qtbot.addWidget(view)
        shot = QImage(600, 500, QImage.Format.Format_RGB32)
        p = QPainter(shot)
        view.paint(p, QRectF(shot.rect()), frame, look)
        p.end()
        shots.append(bytes(shot.constBits()))
    assert shots[0] == shots[1]


def test_films_draw_them_and_lanes_stand_beside_each_other(qtbot: QtBot) -> None:
    one = framed(lane="A", apart="DCGAN", measures=(reading(1.0),))
    other = framed(lane="B", apart="VAE", images=images(back=True), measures=(reading(0.4),))
    for look in (Look(), Look(lanes="over"), Look(theme="projector")):
        with FilmStage((1280, 720)) as stage:
            first = stage.pixels((one, other), look)
            assert np.array_equal(first, stage.pixels((one, other), look))
            assert first.std() > 5
