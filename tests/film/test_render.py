"""A film shows what the window shows."""

from __future__ import annotations

import numpy as np
import pytest
import scenes
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.film import FilmStage
from ganviz.film.render import CAPTION, rgb
from ganviz.frame import Look
from ganviz.views.stage import Stage

FRAMES = [scenes.bimodal_full(800), scenes.ring_full(650), scenes.saddle_full(250)]
SIZE = (1000, 620)


@pytest.mark.parametrize(
    "look",
    [
        Look(),
        Look(theme="dark", style="histogram"),
        Look(layers=Look().layers | {"arrows"}, arrows="minimax"),
        Look(theme="projector"),
        Look(upper="measures", lower="surface", hidden=frozenset()),
        Look(theme="dark", upper="gradients", lower="probe", hidden=frozenset()),
        Look(theme="projector", upper="measures", lower="surface"),
    ],
)
def test_a_film_equals_the_window_pixel_for_pixel(qtbot: QtBot, look: Look) -> None:
    window = Stage()
    qtbot.addWidget(window)
    window.resize(*SIZE)
    window.show()
    window._across.set_shares([0.62, 0.38])
    with FilmStage(SIZE, sizes=window.save_sizes()) as film:
        for frame in FRAMES:
            window.show_frame((frame,), look)
            QApplication.processEvents()
            shown = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
            assert np.array_equal(film.pixels((frame,), look), rgb(shown))


def test_pictures_are_of_the_wanted_size_and_do_not_change_later(qtbot: QtBot) -> None:
    with FilmStage((1281, 801), scale=1.25) as film:
        first = film.picture((FRAMES[0],), Look())
        kept = rgb(first)
        assert kept.shape == (801, 1281, 3)
        assert kept.dtype == np.uint8
        film.picture((FRAMES[1],), Look(theme="dark"))
        assert np.array_equal(rgb(first), kept)


def test_a_look_may_change_between_pictures(qtbot: QtBot) -> None:
    with FilmStage(SIZE) as used, FilmStage(SIZE) as fresh:
        used.pixels((FRAMES[0],), Look(maximised="losses"))
        used.pixels((FRAMES[1],), Look(theme="dark", hidden=frozenset({"saddle"})))
        again = used.pixels((FRAMES[0],), Look())
        assert np.array_equal(again, fresh.pixels((FRAMES[0],), Look()))


def test_a_caption_pushes_the_stage_down(qtbot: QtBot) -> None:
    with FilmStage(SIZE, caption=True) as film, FilmStage((SIZE[0], SIZE[1] - CAPTION)) as plain:
        captioned = film.pixels((FRAMES[0],), Look())
        bare = plain.pixels((FRAMES[0],), Look())
    assert np.array_equal(captioned[CAPTION:], bare)
    assert len(np.unique(captioned[:CAPTION].reshape(-1, 3), axis=0)) > 10


def test_impossible_sizes_are_refused(qtbot: QtBot) -> None:
    with pytest.raises(ValueError, match="film size 300x200: must be at least 620x380"):
        FilmStage((300, 200))
    with pytest.raises(ValueError, match="film scale 20"):
        FilmStage(SIZE, scale=20)
