"""The saddle: pixels mean what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scenes
from looking import Painted, near
from pytestqt.qtbot import QtBot

from ganviz.frame import Look
from ganviz.views.saddle import Saddle, chosen, portrait_box, to_edges
from ganviz.views.theme import theme

LIGHT = theme("light")
LOOK = Look()


def test_the_present_point_is_a_dot_where_it_is(painted: Painted) -> None:
    for steps in (1, 35, 400):
        frame = scenes.saddle(steps)
        picture, area = painted(Saddle(), frame, LOOK)
        box = portrait_box(area, frame, frame.portraits[0])
        x, y = frame.trace.column("theta")[-1], frame.trace.column("psi")[-1]
        assert near(picture, box.x(x), box.y(y), LIGHT.orbit, 1, 10)
        assert not near(picture, box.x(-x), box.y(-y), LIGHT.orbit, 1, 10) or steps == 400


def test_the_tail_fades(painted: Painted) -> None:
    frame = scenes.saddle(60)  # about half a turn
    picture, area = painted(
        Saddle(),
        replace(
            frame, portraits=(replace(frame.portraits[0], field=None, field_box=None, centre=None),)
        ),
        LOOK,
    )
    box = portrait_box(area, frame, frame.portraits[0])
    theta, psi = frame.trace.column("theta"), frame.trace.column("psi")

    def darkness(i: int) -> int:
        row, column = int(box.y(psi[i])), int(box.x(theta[i]))
        return int(255 - picture[row - 2 : row + 3, column - 2 : column + 3].min())

    assert darkness(52) > darkness(30) > darkness(8)


def test_the_field_is_the_right_way_up(painted: Painted) -> None:
    side = np.linspace(-1, 1, 41)
    x, y = np.meshgrid(side, side)
    frame = scenes.saddle(1)
    portrait = replace(
        frame.portraits[0], field=np.where((x > 0.3) & (y > 0.3), 1.0, 0.0) - (y < -0.3)
    )
    frame = replace(frame, portraits=(portrait,))
    picture, area = painted(Saddle(), frame, LOOK)
    box = portrait_box(area, frame, portrait)
    low, neutral, high = LIGHT.saddle
    assert near(picture, box.x(1.5), box.y(1.5), high, 1, 8)
    assert near(picture, box.x(-1.5), box.y(1.5), neutral, 1, 8)
    assert near(picture, box.x(-1.5), box.y(-1.5), low, 1, 8)


def test_a_field_runs_on_to_its_edges() -> None:
    xs, ys, values = to_edges(
        np.array([0.5, 1.5]),
        np.array([0.5, 1.5, 2.5]),
        np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 4.0]]),
    )
    np.testing.assert_allclose(xs, [0, 0.5, 1.5, 2])
    np.testing.assert_allclose(ys, [0, 0.5, 1.5, 2.5, 3])
    np.testing.assert_allclose(values[1], [0.5, 1, 2, 2.5])
    np.testing.assert_allclose(values[-1], [3.5, 4, 5, 5.5])


def test_the_look_chooses_the_portrait() -> None:
    frame = scenes.saddle(5)
    assert chosen(frame, LOOK).name == "θ against ψ"
    assert chosen(frame, LOOK.with_(portrait="V against ψ")).name == "V against ψ"
    assert chosen(frame, LOOK.with_(portrait="of another game")).name == "θ against ψ"


def test_the_menu_of_portraits_asks(painted: Painted, qtbot: QtBot) -> None:
    view = Saddle()
    painted(view, scenes.saddle(5), LOOK)
    menu = view._choice.menu()
    first, second = menu.actions()
    assert first.isChecked()
    with qtbot.waitSignal(view.portrait_wanted) as asked:
        second.trigger()
    assert asked.args == ["V against ψ"]
    menu.deleteLater()


def test_games_without_portraits_say_so(painted: Painted) -> None:
    painted(Saddle(), scenes.saddle(5, portraits=()), LOOK)
