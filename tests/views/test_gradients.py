"""The gradients: norms at their powers of ten, both losses told apart, zero at the bottom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scenes
from looking import Painted, near
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.frame import Frame, Look
from ganviz.settings import Settings
from ganviz.views.gradients import (
    HINTS,
    PAIR,
    Both,
    Gradients,
    compared,
    drawn,
    norms_box,
    power_words,
    shade,
)
from ganviz.views.theme import THEMES, channels, theme

LIGHT = theme("light")
LOOK = Look()


def _norms(values: np.ndarray) -> Frame:
    return scenes.measured(
        len(values),
        trace=scenes.trace_of(grad_d=values, grad_g=np.full(len(values), np.nan)),
        measures=(),
    )


def test_norms_stand_at_their_powers_of_ten(painted: Painted) -> None:
    frame = scenes.measured()
    picture, area = painted(Gradients(), frame, LOOK)
    box = norms_box(area, frame, LOOK)
    assert (box.low_y, box.high_y) == (-4, 1)
    levels = {"discriminator": 0, "generator": -1, "minimax": -3, "non-saturating": np.log10(0.05)}
    for role, level in levels.items():
        for step in (340, 600, 880):
            assert near(picture, box.x(step), box.y(level), shade(LIGHT, role), 3), role
    assert not near(picture, box.x(600), box.y(-2), LIGHT.generated, 5)


def test_a_gradient_of_zero_leaves_a_gap_and_a_mark_at_the_bottom(painted: Painted) -> None:
    values = np.full(600, 0.1)
    values[200:400] = 0.0
    values[400:450] = np.nan
    frame = _norms(values)
    picture, area = painted(Gradients(), frame, LOOK)
    box = norms_box(area, frame, LOOK)
    assert near(picture, box.x(100), box.y(-1), LIGHT.discriminator)
    assert not near(picture, box.x(300), box.y(-1), LIGHT.discriminator, 6)
    assert near(picture, box.x(300), box.bottom, LIGHT.discriminator, 14)
    assert not near(picture, box.x(430), box.bottom, LIGHT.discriminator, 3)
    assert not near(picture, box.x(100), box.bottom, LIGHT.discriminator, 5)


def test_a_part_that_was_panned_to_has_decades_of_its_own(painted: Painted) -> None:
    values = np.geomspace(1e-7, 30.0, 3000)
    values[10] = 0.0
    frame = _norms(values)
    look = Look(until=900)
    picture, area = painted(Gradients(), frame, look)
    box = norms_box(area, frame, look)
    assert 10.0**box.low_y <= values[299] < values[899] <= 10.0**box.high_y
    assert box.low_y == round(box.low_y)
    assert near(picture, box.x(600), box.y(np.log10(values[599])), LIGHT.discriminator)
    whole = norms_box(area, frame, Look(whole=True))
    assert (whole.low_y, whole.high_y) == (-7, 2)


@pytest.mark.parametrize("name", THEMES)
def test_the_losses_are_told_apart_by_shade(name: str) -> None:
    t = theme(name)
    shades = [
        np.array(channels(shade(t, role))) for role in ("generator", "minimax", "non-saturating")
    ]
    for i, one in enumerate(shades):
        for other in shades[i + 1 :]:
            assert np.abs(one - other).max() > 30


def test_words_compare_the_losses_or_say_how_to(painted: Painted) -> None:
    frame = scenes.measured()
    assert compared(frame)[0] == "the minimax gradient of G is 2 % of the non-saturating one"
    none = replace(frame, measures=())
    assert compared(none) == HINTS
    assert [column for column, _, _ in drawn(none)] == ["grad_d", "grad_g"]
    painted(Gradients(), none, LOOK)


def test_a_menu_takes_the_words_under_the_pointer_away(qtbot: QtBot) -> None:
    view, frame = Gradients(), scenes.measured()
    qtbot.addWidget(view)
    view.resize(640, 420)
    view.show()
    view.show_frame((frame,), LOOK)
    bare = view.canvas.grab().toImage()
    view.point_at(QPointF(300, 200))
    assert view.canvas.grab().toImage() != bare
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(300, 200), QPoint(400, 300))
    with qtbot.waitSignal(view.menu_wanted):
        QApplication.sendEvent(view.canvas, event)
    assert view.canvas.grab().toImage() == bare


def test_one_click_has_both_losses_measured(qtbot: QtBot) -> None:
    view, frame = Gradients(), scenes.measured()
    qtbot.addWidget(view)
    view.resize(640, 420)
    view.show()
    button = next(each for each in view.header.controls if isinstance(each, Both))
    view.show_frame((replace(frame, measures=()),), LOOK)
    assert button.isVisible()
    with qtbot.waitSignal(view.settings_wanted) as asked:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked.args == [{f"measure.{name}": True for name in PAIR}]
    assert Settings().with_(asked.args[0]).measure.grad_g_minimax, "such parameters exist"
    assert button.label == "Measure both"
    view.show_frame((frame,), LOOK)
    assert button.isHidden(), "they are there"


def test_exact_norms_are_read(qtbot: QtBot) -> None:
    view = Gradients()
    qtbot.addWidget(view)
    frame, area = scenes.measured(), QRectF(0, 0, 640, 420)
    box = norms_box(area, frame, LOOK)
    at = QPointF(float(box.x(603)), box.rect.center().y())
    words = view.read(at, area, frame, LOOK)
    assert words == (
        "step 603",
        "‖∇L_D‖ = 1",
        "‖∇L_G‖ = 0.1",
        "minimax = 0.001 at step 600",
        "non-saturating = 0.05 at step 600",
    )


def test_powers_of_ten_as_words() -> None:
    assert [power_words(k) for k in (2, 1, 0, -1, -3, -4, -12, 6)] == [
        "100", "10", "1", "0.1", "0.001", "1e−4", "1e−12", "1e6",
    ]  # fmt: skip


@pytest.mark.parametrize("steps", [0, 1, 30])
def test_a_run_that_has_hardly_begun_is_painted(painted: Painted, steps: int) -> None:
    painted(Gradients(), scenes.measured(steps), LOOK)
