"""The saddle: pixels mean what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scenes
from looking import Painted, near, rgb
from PySide6.QtCore import QPointF, QRectF
from pytestqt.qtbot import QtBot

from ganviz.frame import Look, Portrait
from ganviz.views.ink import SMALL, width
from ganviz.views.saddle import Saddle, chosen, fitting, note_room, portrait_box, to_edges
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
    with qtbot.waitSignal(view.look_wanted) as asked:
        second.trigger()
    assert asked.args == [{"portrait": "V against ψ"}]
    menu.deleteLater()


def test_games_without_portraits_say_so(painted: Painted) -> None:
    painted(Saddle(), scenes.saddle(5, portraits=()), LOOK)


def test_the_vector_field_points_where_a_step_leads_and_up_is_up(painted: Painted) -> None:
    still = scenes.saddle(1)
    bare = replace(still.portraits[0], field=None, centre=None)
    flow = np.zeros((13, 13, 2))
    flow[:, :6] = (0.0, 5.0)  # up in the left half,
    flow[:, 7:] = (-0.01, 0.0)  # leftwards in the right one: lengths do not matter
    flow[3, 3] = np.nan

    def drawn(moves: np.ndarray) -> tuple[np.ndarray, object]:
        portrait = replace(bare, flow=moves)
        frame = replace(still, portraits=(portrait,))
        picture, area = painted(Saddle(), frame, LOOK)
        return picture, portrait_box(area, frame, portrait)

    picture, box = drawn(flow)
    empty, _ = drawn(np.zeros((13, 13, 2)))
    inked = np.abs(picture - empty).max(axis=2) > 20
    cell_x, cell_y = (box.right - box.left) / 12, (box.bottom - box.top) / 12
    half = 0.25 * min(cell_x, cell_y)

    def ink(x: float, y: float) -> int:
        row, column = round(float(y)), round(float(x))
        return int(inked[row - 3 : row + 4, column - 3 : column + 4].sum())

    for i, j in ((3, 8), (2, 5)):
        x, y = box.left + i * cell_x, box.bottom - j * cell_y
        assert ink(x, y - half) > ink(x, y + half) > 0, "the head is above"
        assert ink(x + 2.5 * half, y) == 0
    x, y = box.left + 9 * cell_x, box.bottom - 4 * cell_y
    assert ink(x - half, y) > ink(x + half, y) > 0, "the head is left"
    x, y = box.left + 3 * cell_x, box.bottom - 3 * cell_y
    assert ink(x, y) == 0, "no arrow where there is no number"


def test_what_theory_says_stands_above_the_plot_in_whole_parts(painted: Painted) -> None:
    frame = scenes.saddle_full(400)
    portrait = frame.portraits[0]
    parts = portrait.note.split(" · ")
    assert len(parts) == 3
    whole = ["", *(" · ".join(parts[:n]) for n in (1, 2, 3))]
    assert {fitting(portrait.note, room) for room in range(0, 600, 3)} == set(whole)
    view = Saddle()
    picture, area = painted(view, frame, LOOK)
    silent, _ = painted(
        Saddle(), replace(frame, portraits=(replace(portrait, note=""), *frame.portraits[1:])), LOOK
    )
    box = portrait_box(area, frame, portrait)
    differs = np.abs(picture - silent).max(axis=2) > 20
    assert differs[: int(box.top)].any()
    assert not differs[int(box.top) :].any(), "no number of the view's own"
    assert portrait.note in view.header.toolTip()
    assert view.header.fitting(2000) == ""


def test_two_parts_of_the_note_fit_a_small_window(qtbot: QtBot) -> None:
    frame = scenes.saddle(10)
    area = QRectF(0, 0, 380, 270)  # as in a window of 1280 x 800
    portrait = replace(frame.portraits[0], note=scenes.saddle_full(2).portraits[0].note)
    room = note_room(portrait_box(area, frame, portrait), portrait)
    assert fitting(portrait.note, room) == portrait.note
    crowded = replace(portrait, y_label="tilt of D: s(m + σ) − s(m − σ)")
    room = note_room(portrait_box(area, frame, crowded), crowded)
    assert fitting("126 steps a turn", room) == "126 steps a turn"


def test_a_portrait_with_a_path_of_its_own_draws_that(painted: Painted) -> None:
    path = np.array([[-1.5, -1.0], [0.0, 1.0], [1.5, 0.5]])
    frame = scenes.saddle(40)
    portrait = Portrait("weights", "G", "D", "", "", path=path)
    ranges = replace(frame.ranges, portraits=(("weights", (-2.0, 2.0, -2.0, 2.0)),))
    frame = replace(frame, portraits=(portrait,), ranges=ranges)
    picture, area = painted(Saddle(), frame, LOOK)
    box = portrait_box(area, frame, portrait)
    assert near(picture, box.x(1.5), box.y(0.5), LIGHT.orbit, 1, 10)
    assert near(picture, box.x(0.75), box.y(0.75), LIGHT.orbit, 1, 90)
    assert not near(picture, box.x(-1.5), box.y(1.0), LIGHT.orbit, 3, 90)
    waiting = replace(frame, portraits=(replace(portrait, path=None),))
    empty, _ = painted(Saddle(), waiting, LOOK)
    assert not near(empty, box.x(1.5), box.y(0.5), LIGHT.orbit, 3, 90)


def test_no_orbit_crosses_the_word_equilibrium(painted: Painted) -> None:
    """Paint a scribble right through it: the word's pixels are as without the scribble."""
    frame = scenes.saddle(400)
    n = 400
    x = np.linspace(0.0, 0.6, n)
    y = np.where(np.arange(n) % 2, 0.0, 0.3)
    x[-1] = y[-1] = -1.0
    value = np.zeros(n)
    busy = scenes.trace_of(loss_d=value, loss_g=value, value=value, theta=x, psi=y)
    calm = scenes.trace_of(loss_d=value, loss_g=value, value=value, theta=x * 0 - 1, psi=x * 0 - 1)
    pictures = []
    for trace in (busy, calm):
        picture, area = painted(Saddle(), replace(frame, trace=trace), LOOK)
        pictures.append(picture)
    box = portrait_box(area, frame, frame.portraits[0])
    left, base = round(float(box.x(0.0))) + 9, round(float(box.y(0.0))) - 8
    word = (slice(base - 8, base), slice(left, left + round(width("equilibrium", SMALL))))
    inked = np.abs(pictures[1][word] - rgb(LIGHT.muted)).max(axis=2) < 60
    assert inked.sum() > 40
    np.testing.assert_allclose(pictures[0][word][inked], pictures[1][word][inked], atol=2)


def test_the_word_equilibrium_stays_on_the_plot(painted: Painted) -> None:
    frame = scenes.saddle(5)
    for centre in ((1.95, 1.95), (-1.9, -1.9), (1.95, -1.9)):
        portrait = replace(frame.portraits[0], centre=centre, field=None, field_box=None)
        with_word = replace(frame, portraits=(portrait,))
        without = replace(frame, portraits=(replace(portrait, centre=None),))
        picture, area = painted(Saddle(), with_word, LOOK)
        bare, _ = painted(Saddle(), without, LOOK)
        box = portrait_box(area, frame, portrait)
        _, columns = np.nonzero(np.abs(picture - bare).max(axis=2) > 40)
        assert columns.min() > box.left
        assert columns.max() < box.right
        assert np.ptp(columns) > width("equilibrium", SMALL), "the whole word"


def test_the_pointer_reads_coordinates_value_and_step(painted: Painted) -> None:
    frame = scenes.saddle(100)
    view = Saddle()
    _, area = painted(view, frame, LOOK)
    box = portrait_box(area, frame, frame.portraits[0])
    lines = view.read(QPointF(float(box.x(-1.0)), float(box.y(1.0))), area, frame, LOOK)
    assert lines == ("θ −1.000", "ψ 1.000", "V = 1.000")
    theta, psi = frame.trace.column("theta")[41], frame.trace.column("psi")[41]
    lines = view.read(QPointF(float(box.x(theta)), float(box.y(psi))), area, frame, LOOK)
    assert lines[-1] == "passed at step 42"
    assert view.read(QPointF(1, 1), area, frame, LOOK) == ()
