"""A film of what was just seen shows just that, pixel for pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from patience import at_rest, standing
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.film.make import Pictures, make
from ganviz.film.order import Order
from ganviz.film.render import rgb
from ganviz.film.source import TapeRun
from ganviz.frame import Array
from ganviz.presets import find
from ganviz.tape.runfile import read, write
from ganviz.window.main import MainWindow


@pytest.fixture(params=["two-modes", "ring"])
def live(
    request: pytest.FixtureRequest, qtbot: QtBot, app: QApplication, store: QSettings
) -> Iterator[MainWindow]:
    made = MainWindow(replace(find(request.param), speed=5.0), store=store)
    qtbot.addWidget(made)
    made.setWindowState(Qt.WindowState.WindowNoState)
    made.resize(1240, 780)
    with qtbot.waitHost(made.host.ready):
        made.show()
    made.host.pause()
    at_rest(qtbot, made.host)
    yield made
    made.close()


def stand(qtbot: QtBot, window: MainWindow, step: int) -> None:
    qtbot.waitUntil(lambda: bool(window.scene.frames) and window.scene.frames[0].step == step)


def film(path: Path) -> list[Array]:
    images = [QImage(str(each)) for each in sorted(path.glob("*.png"))]
    return [rgb(image.convertToFormat(QImage.Format.Format_RGB32)) for image in images]


@pytest.mark.parametrize("theme", ["light", "projector"])
def test_a_film_of_the_tape_equals_what_the_window_shows(
    live: MainWindow, qtbot: QtBot, tmp_path: Path, theme: str
) -> None:
    host = live.host
    live.scene.set_look(live.scene.look.with_(theme=theme))
    begun = standing(qtbot, host)
    host.step(40 - begun)
    stand(qtbot, live, 40)
    host.change({"train.k": 3})
    host.step(60)
    stand(qtbot, live, 100)
    with qtbot.waitHost(host.tape_ready):
        host.want_tape()
    taken = host.tapes.take()
    assert taken is not None
    tape, place = taken
    write(tmp_path / "run.ganviz", tape, place, live.scene.look)

    run = read(tmp_path / "run.ganviz")
    size = live.stage.width(), live.stage.height()
    order = Order(
        size=size,
        fps=5,
        seconds=1.0,
        hold=0.0,
        look=run.look,
        caption=False,
        changes=False,
        sizes=live.stage.save_sizes().decode(),
        scale=1.0,
    )
    with Pictures(TapeRun(run.tape, (run.place.branch,)), order) as pictures:
        make(pictures, tmp_path / "film")
        plan = pictures.plan
    assert plan == (0, 25, 50, 75, 100)
    for step, filmed in zip(plan, film(tmp_path / "film"), strict=True):
        host.seek(0, step)
        stand(qtbot, live, step)

        def same(filmed: Array = filmed) -> bool:
            shown = live.stage.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
            return np.array_equal(rgb(shown), filmed)

        qtbot.waitUntil(same)  # the window sets its formulas when it has time
