"""The losses: pixels mean what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scenes
from looking import Painted, count, near
from PySide6.QtCore import QPointF, QRectF
from pytestqt.qtbot import QtBot

from ganviz.frame import Frame, Line, Look, Mark, TraceWriter
from ganviz.views.ink import BODY, brief, whole, width
from ganviz.views.losses import (
    SWATCH,
    Losses,
    coarse,
    curves_box,
    legend,
    merged,
    named,
    short,
    strip_box,
)
from ganviz.views.span import breaks, known, nearest, shown
from ganviz.views.theme import theme

LIGHT = theme("light")
LOOK = Look()


def _steady(steps: int, d: float = 1.0, g: float = -1.0, v: float = 0.5, **more: object) -> Frame:
    def one(level: float) -> np.ndarray:
        return np.full(steps, level)

    trace = scenes.trace_of(
        loss_d=one(d), loss_g=one(g), value=one(v), theta=one(0.0), psi=one(0.0)
    )
    return scenes.bimodal(10, trace=trace, references=(), **more)


def test_curves_stand_at_their_values(painted: Painted) -> None:
    picture, area = painted(Losses(), frame := _steady(900), LOOK)
    box, _ = curves_box(area, frame, LOOK)
    assert (box.low_x, box.high_x) == (300, 900)
    for step in (350, 600, 880):
        assert near(picture, box.x(step), box.y(1.0), LIGHT.discriminator)
        assert near(picture, box.x(step), box.y(-1.0), LIGHT.generated)
        assert near(picture, box.x(step), box.y(0.5), LIGHT.value, 8)
        assert not near(picture, box.x(step), box.y(1.6), LIGHT.discriminator, 5)


def test_a_short_run_starts_at_the_left(painted: Painted) -> None:
    picture, area = painted(Losses(), frame := _steady(150), LOOK)
    box, _ = curves_box(area, frame, LOOK)
    assert (box.low_x, box.high_x) == (0, 600)
    assert near(picture, box.x(100), box.y(1.0), LIGHT.discriminator)
    assert not near(picture, box.x(300), box.y(1.0), LIGHT.discriminator, 8)


def test_a_kept_run_goes_on_at_its_step(painted: Painted) -> None:
    frame = _steady(200)
    rows = frame.trace.rows.copy()
    rows[:, 0] += 1_000
    rows[:, 3] = np.nan
    rows[120, 3] = 0.25
    late = replace(frame, step=1_200, trace=TraceWriter(frame.trace.columns, rows).trace())
    picture, area = painted(view := Losses(), late, LOOK)
    box, _ = curves_box(area, late, LOOK)
    assert (box.low_x, box.high_x) == (1_000, 1_600)
    assert near(picture, box.x(1_100), box.y(1.0), LIGHT.discriminator)
    assert not near(picture, box.x(1_300), box.y(1.0), LIGHT.discriminator, 8)
    strip = strip_box(area, box, late, LOOK)
    assert strip is not None
    assert (strip.low_x, strip.high_x) == (1_000, 1_600)
    name = late.trace.columns[3]
    for of in (0, 1_000, 1_121, 5_000):
        assert nearest(late.trace, name, of) == (1_121, 0.25)
    assert [part.tolist() for part in known(late.trace, name, 1_050)] == [[1_121], [0.25]]
    where = QPointF(float(box.x(1_050)), (box.top + box.bottom) / 2)
    assert view.read(where, area, late, LOOK)[0] == f"step {whole(1_050)}"
    whole_run = shown(late, Look(whole=True))
    assert (whole_run.first, whole_run.last) == (1_000, 1_200)


def test_gaps_and_empty_runs(painted: Painted) -> None:
    frame = _steady(600)
    rows = frame.trace.rows.copy()
    rows[200:400, 1] = np.nan
    holed = replace(
        frame, trace=scenes.trace_of(**dict(zip(frame.trace.columns[1:], rows.T[1:], strict=True)))
    )
    picture, area = painted(Losses(), holed, LOOK)
    box, _ = curves_box(area, holed, LOOK)
    assert near(picture, box.x(100), box.y(1.0), LIGHT.discriminator)
    assert not near(picture, box.x(300), box.y(1.0), LIGHT.discriminator, 8)
    for steps in (0, 1):
        painted(Losses(), _steady(steps), LOOK)


def test_a_reference_that_two_curves_share_is_named_once() -> None:
    two = (Line(0.5, "log", "generator"), Line(0.5, "log", "discriminator"))
    assert merged((*two, Line(1.0, "one", "value"))) == (
        Line(0.5, "log", ""),
        Line(1.0, "one", "value"),
    )


def test_the_strip_stays_on_small_cards_and_grows_thin(qtbot: QtBot) -> None:
    frame = _steady(900)
    heights = []
    for height in (420, 170, 140, 110):
        area = QRectF(0, 0, 380, height)
        box, _ = curves_box(area, frame, LOOK)
        strip = strip_box(area, box, frame, LOOK)
        assert box.bottom - box.top > 40
        heights.append(0 if strip is None else strip.bottom - strip.top)
        assert strip is None or strip.bottom <= height
    assert heights == [24, 14, 14, 0]


def test_references_are_dashed_lines_and_those_outside_are_named(painted: Painted) -> None:
    inside = replace(_steady(600, v=np.nan), references=(Line(1.5, "up", "value"),))
    picture, area = painted(Losses(), inside, LOOK)
    box, _ = curves_box(area, inside, LOOK)
    row = picture[int(box.y(1.5)), int(box.left) : int(box.right)]
    hits = int((np.abs(row - [0x9A, 0x3F, 0x78]).max(axis=1) < 90).sum())
    assert 0.3 < hits / len(row) < 0.8
    outside = replace(inside, references=(Line(9.0, "far up", "value"),))
    picture, _ = painted(Losses(), outside, LOOK)
    right = picture[:, int(box.right) + 4 :]
    ink = LIGHT.words(LIGHT.value)
    assert count(right[int(box.top) - 4 : int(box.top) + 40], ink, 60) > 20
    assert count(right[int(box.top) + 60 : int(box.bottom)], ink, 60) == 0


def test_references_say_their_value_once() -> None:
    assert named(Line(-1.38629, "−log 4", "value")) == "−log 4 = −1.386"
    assert named(Line(1.38629, "2·log 2 = 1.386", "value")) == "2·log 2 = 1.386"
    assert named(Line(0.0, "0", "value")) == "0"


def test_marks_are_lines_at_their_steps(painted: Painted) -> None:
    frame = _steady(900, marks=(Mark(100, "too early"), Mark(700, "k = 5")))
    picture, area = painted(Losses(), frame, LOOK)
    plain, _ = painted(Losses(), replace(frame, marks=()), LOOK)
    box, _ = curves_box(area, frame, LOOK)
    changed = np.abs(picture - plain).max(axis=2) > 30
    assert changed[int(box.top) + 10, int(box.x(700))]
    assert not changed[:, : int(box.x(690))].any()


def test_a_curve_that_has_left_is_pointed_to(painted: Painted) -> None:
    picture, area = painted(Losses(), frame := _steady(900, d=40.0, g=np.nan, v=np.nan), LOOK)
    box, _ = curves_box(area, frame, LOOK)
    assert near(picture, box.x(900), box.top + 5, LIGHT.discriminator)
    inner = picture[int(box.top) + 10 : int(box.bottom), int(box.left) : int(box.right)]
    assert count(inner, LIGHT.discriminator) == 0


def test_the_strip_shows_the_whole_run(painted: Painted) -> None:
    level = np.where(np.arange(5000) < 2500, -1.5, 2.0)
    nothing = np.full(5000, np.nan)
    trace = scenes.trace_of(loss_d=level, loss_g=nothing, value=nothing, theta=nothing, psi=nothing)
    frame = scenes.bimodal(10, trace=trace, references=())
    picture, area = painted(Losses(), frame, LOOK)
    box, _ = curves_box(area, frame, LOOK)
    top = int(box.bottom) + 28
    strip = picture[top : top + 24, int(box.left) : int(area.right()) - 16]
    wide = strip.shape[1]
    green = strip[:, :, 1] - strip[:, :, 0] > 30
    rows = np.arange(24)[:, None]
    assert (green * rows)[:, : wide // 3].sum() / green[:, : wide // 3].sum() > 16
    middle = slice(wide * 2 // 3, wide * 5 // 6)
    assert (green * rows)[:, middle].sum() / green[:, middle].sum() < 8


def test_the_strip_need_not_change_every_step() -> None:
    assert coarse(0) == 0
    assert coarse(100) == 100
    assert len({coarse(n) for n in range(100_000, 101_000)}) <= 5
    assert all(0.98 * n <= coarse(n) <= n for n in range(1, 200_000, 997))


def _with_best(numbers: dict[int, float], steps: int = 900) -> Frame:
    frame = _steady(steps)
    best = np.full(steps, np.nan)
    for step, number in numbers.items():
        best[step - 1] = number
    columns = {name: frame.trace.column(name) for name in frame.trace.columns[1:]}
    return replace(
        frame,
        trace=scenes.trace_of(**columns, value_best=best),
        curves=(*frame.curves, ("value_best", "V*", "best")),
    )


def test_the_best_value_is_dashed_from_number_to_number(painted: Painted) -> None:
    # On the straight line from (250, -0.5) to (650, -1.7), with the first before the window.
    frame = _with_best({250: -0.5, 450: -1.1, 650: -1.7})
    picture, area = painted(Losses(), frame, LOOK)
    box, _ = curves_box(area, frame, LOOK)
    inked = [
        near(picture, box.x(step), box.y(-0.5 - 0.003 * (step - 250)), LIGHT.value, 1)
        for step in range(305, 640, 3)
    ]
    assert 0.45 < np.mean(inked) < 0.95
    # Nothing is drawn behind the last number.
    assert not near(picture, box.x(700), box.y(-1.85), LIGHT.value, 6)
    assert not near(picture, box.x(800), box.y(-1.7), LIGHT.value, 6)


def test_the_legend_gives_the_last_number_that_was_measured(painted: Painted) -> None:
    one, area = painted(Losses(), _with_best({250: -0.5, 650: -1.234}), LOOK)
    same, _ = painted(Losses(), _with_best({300: -0.7, 650: -1.234}), LOOK)
    other, _ = painted(Losses(), _with_best({250: -0.5, 650: -1.777}), LOOK)
    never, _ = painted(Losses(), _with_best({}), LOOK)
    frame = _with_best({})
    x, y = legend(area, frame.curves)[0][-1]
    words = slice(int(y) - 8, int(y) + 9), slice(int(x) + 26, int(x) + 120)
    assert np.array_equal(one[words], same[words])
    assert not np.array_equal(one[words], other[words])
    assert not np.array_equal(one[words], never[words])


def test_known_numbers_of_a_sparse_column() -> None:
    values = np.full(2000, np.nan)
    values[[9, 699, 1299, 1899]] = [1.0, 2.0, 3.0, 4.0]
    trace = scenes.trace_of(best=values)
    for first, least in ((0, [10, 700, 1300, 1900]), (1400, [1300, 1900]), (1950, [1900])):
        steps, numbers = known(trace, "best", first)
        assert list(steps)[-len(least) :] == least
        assert len(numbers) == len(steps)
    assert list(known(trace, "best", 1990)[1])[-1] == 4.0
    assert len(known(scenes.trace_of(best=values[:5]), "best", 5)[0]) == 0


def test_five_curves_fit_the_legend_of_a_small_window(qtbot: QtBot) -> None:
    curves = (
        *scenes.CURVES,
        ("value_best", "V*", "best"),
        ("penalty", "penalty", "discriminator"),
    )
    area = QRectF(0, 0, 380, 240)  # as in a window of 1280 x 800
    places, end = legend(area, curves)
    assert len({y for _, y in places}) == 2
    assert end < 60


@pytest.mark.parametrize("value", [-0.0004, -0.00999, -9.999, -99_994.0, -9e-5, -9e300])
def test_no_number_of_the_legend_reaches_the_next_entry(qtbot: QtBot, value: float) -> None:
    (first, _), (second, _) = legend(QRectF(0, 0, 400, 240), scenes.CURVES)[0][:2]
    label = scenes.CURVES[0][1]
    end = first + SWATCH + width(label, BODY) + 6 + width(brief(value), BODY, True)
    assert second - end >= 6


def test_nothing_is_drawn_where_no_number_was_computed(painted: Painted) -> None:
    numbers = dict.fromkeys((*range(350, 500, 10), *range(700, 800, 10)), -1.0)
    frame = _with_best(numbers)
    picture, area = painted(Losses(), frame, LOOK)
    box, _ = curves_box(area, frame, LOOK)

    def inked(steps: range) -> bool:
        return any(near(picture, box.x(s), box.y(-1.0), LIGHT.value, 1, 8) for s in steps)

    assert inked(range(360, 480))
    assert inked(range(710, 780))
    assert not inked(range(510, 690))


def test_a_curve_breaks_where_a_gap_is_wider_than_twice_the_usual() -> None:
    assert list(breaks(np.array([10, 20, 30, 50, 60, 81, 91]))) == [5]
    assert list(breaks(np.array([10, 20, 500]))) == [2]
    assert list(breaks(np.array([10, 500]))) == []
    assert list(breaks(np.empty(0))) == []


def test_words_of_a_change_say_which_kind_and_whose() -> None:
    assert short("train.k 1 → 5, optim.lr_d 0.1 → 0.05") == "k 1 → 5, lr_d 0.1 → 0.05"
    assert short("loss.kind minimax → hinge") == "loss.kind minimax → hinge"
    assert short("optim.kind_g sgd → adam") == "optim.kind_g sgd → adam"
    assert short("generator.init he → xavier") == "generator.init he → xavier"
