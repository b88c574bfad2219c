"""Several lanes on one stage: beside each other, and over one another."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import scenes
from fitting import Text, faults, recorded
from looking import count, grabbed, near, pixels
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ganviz.engine import Engine
from ganviz.film import FilmStage
from ganviz.frame import Array, Diagnosis, Frame, Look
from ganviz.presets import presets
from ganviz.views.gradients import norms_box
from ganviz.views.ink import brief
from ganviz.views.lanes import Head, Lanes, turn_of
from ganviz.views.line import boxes
from ganviz.views.losses import curves_box, exactly
from ganviz.views.plane import panels_of
from ganviz.views.saddle import portrait_box
from ganviz.views.stage import CHAIN, MAIN, UNDER, Stage, fewer
from ganviz.views.theme import theme
from ganviz.window.pictures import svg
from ganviz.window.scene import TURNS, WORDS

LIGHT = theme("light")
APART = {"A": "k = 1", "B": "k = 5", "C": "lr_d = 0.0004", "D": "seed 3"}


def _lane(letter: str, frame: Frame, **changes: object) -> Frame:
    return replace(frame, lane=letter, apart=APART[letter], **changes)


@cache
def _line() -> tuple[Frame, Frame]:
    """Return two lanes of 1-D data, the second with other samples, losses and D."""
    one = scenes.bimodal(600)
    other = scenes.bimodal(
        600,
        fake=np.full_like(one.fake, 0.5) + 0.02 * np.arange(len(one.fake))[:, None] / 1000,
        belief=replace(one.belief, values=np.full_like(one.belief.values, 0.21)),
        trace=scenes.training(600, seed=9, theta=0.3),
        model=None,
    )
    return _lane("A", one), _lane("B", other)


def _lanes(qtbot: QtBot, wide: int = 900, tall: int = 560) -> Lanes:
    lanes = Lanes()
    qtbot.addWidget(lanes)
    lanes.resize(wide, tall)
    lanes.move(QCursor.pos() + QPoint(50, 50))  # no button is under the pointer
    lanes.show()
    return lanes


def _shown(lanes: Lanes, frames: tuple[Frame, ...], look: Look) -> Array:
    lanes.show_frame(frames, look)
    QApplication.processEvents()
    return grabbed(lanes)


def _heads(lanes: Lanes) -> list[Head]:
    return [head for head in lanes.findChildren(Head) if not head.isHidden()]


def _places(lanes: Lanes) -> dict[str, QRect]:
    """Return where the stage of each lane is, by its letter."""
    stages = [stage for stage in lanes.findChildren(Stage) if not stage.isHidden()]
    return {stage._frames[0].lane: stage.geometry() for stage in stages}


def _said(frames: tuple[Frame, ...], look: Look, size: tuple[int, int]) -> list[Text]:
    """Return the words of a picture of lanes."""
    with FilmStage(size) as stage, recorded() as texts:
        stage.picture(frames, look)
    return texts


# ---- one lane -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "look", [Look(), Look(theme="dark", lanes="over"), Look(theme="projector")]
)
def test_one_lane_is_a_stage_and_nothing_else(qtbot: QtBot, look: Look) -> None:
    plain = Stage()
    qtbot.addWidget(plain)
    plain.resize(1000, 620)
    plain.show()
    lanes = _lanes(qtbot, 1000, 620)
    for frame in (scenes.bimodal_full(500), scenes.ring_full(400)):
        plain.show_frame((frame,), look)
        QApplication.processEvents()
        assert np.array_equal(_shown(lanes, (frame,), look), grabbed(plain))
    assert _heads(lanes) == []


@pytest.mark.parametrize("mode", ["beside", "over"])
def test_one_lane_again_looks_as_if_there_had_never_been_others(qtbot: QtBot, mode: str) -> None:
    one, other = _line()
    fresh = _shown(_lanes(qtbot), (one,), Look(lanes=mode))
    lanes = _lanes(qtbot)
    _shown(lanes, (other, one), Look(lanes=mode))
    assert np.array_equal(_shown(lanes, (one,), Look(lanes=mode)), fresh)


# ---- beside -------------------------------------------------------------------------------------


def test_a_picture_of_lanes_depends_on_frames_and_look_only(qtbot: QtBot) -> None:
    one, other = _line()
    cases = [
        ((one, other), Look()),
        ((other, one), Look(lanes="over")),
        ((other, one), Look(theme="dark")),
        ((one,), Look()),
        ((one, other), Look(lanes="over", maximised="losses")),
        ((one, other), Look(upper="measures", lower="surface")),
    ]
    used = _lanes(qtbot, 1100, 700)
    for number in np.random.default_rng(5).permutation(len(cases)):
        again = _shown(used, *cases[number])
        fresh = _shown(_lanes(qtbot, 1100, 700), *cases[number])
        assert np.array_equal(again, fresh), number


def test_lanes_keep_their_places_whichever_is_driven(qtbot: QtBot) -> None:
    one, other = _line()
    lanes = _lanes(qtbot)
    _shown(lanes, (one, other), Look())
    places = _places(lanes)
    assert places["A"].right() < places["B"].left()
    assert [head.accessibleName() for head in _heads(lanes)] == [
        "Lane A, k = 1: driven",
        "Drive lane B",
    ]
    _shown(lanes, (other, one), Look())
    assert _places(lanes) == places
    assert lanes.stage.geometry() == places["B"]  # the stage is that of the driven lane


def test_the_driven_lane_is_marked_by_more_than_a_colour(qtbot: QtBot) -> None:
    one, other = _line()
    lanes = _lanes(qtbot)
    first = _shown(lanes, (one, other), Look())
    heads = [head.geometry() for head in _heads(lanes)]
    badges = [first[h.top() + 5 : h.top() + 19, h.left() + 7 : h.left() + 23] for h in heads]
    # On a filled plate the one, in a frame the other.
    assert count(badges[0], LIGHT.text) > 0.5 * badges[0].shape[0] * badges[0].shape[1]
    assert count(badges[1], LIGHT.text) < 0.3 * badges[1].shape[0] * badges[1].shape[1]


def test_lanes_have_the_same_axes(qtbot: QtBot) -> None:
    one, other = _line()
    other = replace(other, ranges=replace(other.ranges, losses=(-8.0, 9.0), data=((-20.0, 20.0),)))
    lanes = _lanes(qtbot, 1300, 800)
    for look in (Look(), Look(window=200), Look(whole=True)):
        _shown(lanes, (one, other), look)
        found = []
        for stage in lanes.findChildren(Stage):
            view = stage.view("losses")
            found.append(view.axis(view.area, view._frame, look))  # type: ignore[attr-defined]
        assert found[0] == found[1], look
        data = [stage.distribution._frame.ranges.data for stage in lanes.findChildren(Stage)]
        assert data[0] == data[1] == ((-20.0, 20.0),)


def test_a_click_into_a_lane_asks_to_drive_it_and_does_nothing_else(qtbot: QtBot) -> None:
    one, other = _line()
    lanes = _lanes(qtbot)
    _shown(lanes, (one, other), Look())
    asked: list[str] = []
    wished: list[object] = []
    lanes.lane_wanted.connect(asked.append)
    lanes.look_wanted.connect(wished.append)
    watched = next(s for s in lanes.findChildren(Stage) if s is not lanes.stage)
    canvas = watched.distribution.canvas
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center())
    assert (asked, wished) == (["B"], [])
    _shown(lanes, (other, one), Look())
    canvas = lanes.distribution.canvas
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center())
    assert asked == ["B"]
    assert "probe" in wished[0]  # the driven lane's picture acts as ever
    heads = {head._frame.lane: head for head in _heads(lanes)}
    QTest.mouseClick(heads["B"], Qt.MouseButton.LeftButton)
    QTest.mouseClick(heads["A"], Qt.MouseButton.LeftButton)
    assert asked == ["B", "A"]


def test_a_menu_is_that_of_the_lane_it_was_opened_in(qtbot: QtBot) -> None:
    one, other = _line()
    lanes = _lanes(qtbot)
    _shown(lanes, (one, other), Look())
    heard: list[tuple[object, ...]] = []
    lanes.lane_wanted.connect(lambda letter: heard.append(("lane", letter)))
    lanes.menu_wanted.connect(lambda name, at: heard.append(("menu", name)))
    watched = next(s for s in lanes.findChildren(Stage) if s is not lanes.stage)
    watched.view("losses").open_menu(QPoint(3, 3))
    assert heard == [("lane", "B"), ("menu", "losses")]


def test_the_wishes_of_every_lane_are_passed_on(qtbot: QtBot) -> None:
    one, other = _line()
    lanes = _lanes(qtbot)
    _shown(lanes, (one, other), Look())
    heard: list[object] = []
    lanes.layer_toggled.connect(lambda *told: heard.append(told))
    lanes.maximise_wanted.connect(heard.append)
    lanes.look_wanted.connect(heard.append)
    for stage in lanes.findChildren(Stage):
        stage.distribution.header.chips["real"].click()
        stage.view("losses").header.maximise.emit()
        stage.view("losses").header.front_wanted.emit("measures")
    told = [("real", False), "losses", {"upper": "measures", "hidden": frozenset({"graph"})}]
    assert heard == 2 * told


def test_beside_and_over_are_two_words_that_ask(qtbot: QtBot) -> None:
    one, other = _line()
    lanes = _lanes(qtbot)
    wished: list[object] = []
    lanes.look_wanted.connect(wished.append)
    for mode in ("beside", "over"):
        _shown(lanes, (one, other), Look(lanes=mode))
        for word in lanes._switch._parts:
            word.click()
        assert [part.isChecked() for part in lanes._switch._parts] == [
            mode == "beside",
            mode == "over",
        ]
    assert wished == 2 * [{"lanes": "beside"}, {"lanes": "over"}]


def test_every_lane_is_split_as_the_one_whose_gap_was_moved(qtbot: QtBot) -> None:
    one, other = _line()
    lanes = _lanes(qtbot)
    _shown(lanes, (one, other), Look())
    first, second = lanes.findChildren(Stage)
    before = second.distribution.height()
    first._across.moveSplitter(round(0.7 * first._across.height()), 1)
    assert second.distribution.height() == first.distribution.height() > before
    alone = Lanes()
    qtbot.addWidget(alone)
    alone.restore_sizes(lanes.save_sizes())
    assert alone.stage._across.turned == first._across.turned
    assert alone.stage._across.straight == [0.58, 0.42]  # that of one lane stays


def test_drawing_ends_where_another_lane_is_driven(qtbot: QtBot) -> None:
    one, other = _line()
    lanes = _lanes(qtbot)
    _shown(lanes, (one, other), Look())
    lanes.distribution.draw(True)
    assert lanes.distribution.editor.on
    _shown(lanes, (replace(one, step=601), other), Look())
    assert lanes.distribution.editor.on
    _shown(lanes, (other, one), Look())
    assert not lanes.distribution.editor.on


def test_a_lane_has_as_many_views_as_its_size_demands() -> None:
    usual = Look().seen
    assert fewer(usual, 430, MAIN + UNDER - 1) == ({"distribution"}, True)
    assert fewer(usual, 430, MAIN + UNDER + 20) == ({"distribution", "losses"}, True)
    assert fewer(usual, 730, 830) == (usual, True)
    assert fewer(usual, 730, 230) == ({"distribution", "losses"}, False)
    assert fewer(usual, 900, 480) == (usual, False)
    every = Look(hidden=frozenset()).seen
    assert fewer(every, 640, MAIN + UNDER + CHAIN + 20) == (every, True)
    assert fewer(every, 640, MAIN + UNDER + CHAIN - 20) == (every - {"graph"}, True)
    alone = frozenset({"graph"})
    assert fewer(alone, 300, 200) == (alone, False)
    assert fewer(frozenset({"losses", "saddle"}), 300, 200)[0] == {"losses"}


@pytest.mark.parametrize(("mode", "many"), [("beside", 2), ("over", 1)])
def test_what_rests_in_a_lane_is_not_painted(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, mode: str, many: int
) -> None:
    frames, look, lanes = _line(), Look(lanes=mode), _lanes(qtbot, 1000, 800)
    _shown(lanes, frames, look)
    painted: list[str] = []
    for stage in lanes.findChildren(Stage):
        for view in stage.views():
            monkeypatch.setattr(view, "paint", lambda *_, name=view.name: painted.append(name))
    lanes.show_frame(frames, look)
    QApplication.processEvents()
    assert painted == []
    later = tuple(replace(frame, step=frame.step + 1) for frame in frames)
    lanes.show_frame(later, look, {"losses", "saddle", "story"})
    QApplication.processEvents()
    assert painted == many * ["distribution"]


def test_lanes_have_whole_toggles_and_controls_or_none(qtbot: QtBot) -> None:
    frames = [_lane(letter, scenes.ring_full(200)) for letter in "ABC"]
    for wide, rows_of_toggles in ((900, 2), (1250, 1)):  # lanes of 300 and of 416
        lanes = _lanes(qtbot, wide, 560)
        _shown(lanes, tuple(frames), Look())
        header = lanes.distribution.header
        chips = [header.chips[name] for name in header.order]
        shown = [chip for chip in chips if chip.width() > 0]
        assert 3 < len(shown) < len(chips)
        assert all(chip.width() >= header._natural(chip) for chip in shown)
        assert len({chip.y() for chip in shown}) == rows_of_toggles
        controls = [c for c in header.controls if not c.isHidden() and c.width() > 0]
        assert all(c.width() >= header._natural(c) for c in controls)
        assert all(c.x() > header.title_end() for c in controls)
    # Alone again it has all of them.
    _shown(lanes, (replace(frames[0], lane="", apart=""),), Look())
    assert all(header.chips[name].width() > 0 for name in header.order)
    assert not header.controls[-1].isHidden()


def test_a_view_that_fills_the_stage_fills_every_lane(qtbot: QtBot) -> None:
    one, other = _line()
    lanes = _lanes(qtbot)
    _shown(lanes, (one, other), Look(maximised="losses"))
    for stage in lanes.findChildren(Stage):
        assert stage.distribution.isHidden()
        assert stage.view("losses").height() > 480


def test_lanes_of_a_film_are_those_of_the_window(qtbot: QtBot) -> None:
    frames = _line()
    window = _lanes(qtbot, 1000, 620)
    for look in (Look(), Look(lanes="over", theme="dark")):
        shown = _shown(window, frames, look)
        with FilmStage((1000, 620)) as film:
            assert np.array_equal(pixels(film.picture(frames, look)), shown)


# ---- over ---------------------------------------------------------------------------------------


def _canvas(lanes: Lanes, name: str) -> Array:
    return grabbed(lanes.view(name).canvas)


OVER = Look(lanes="over")


def test_d_of_another_lane_is_a_thin_line_where_it_is(qtbot: QtBot) -> None:
    lanes = _lanes(qtbot, 1200, 760)
    frames = _line()
    _shown(lanes, frames, OVER)
    view = lanes.distribution
    box, belief = boxes(view.area, view._frame, OVER)
    picture, y = _canvas(lanes, "distribution"), float(belief.y(0.21))
    plain = _lanes(qtbot, 1200, 760)
    _shown(plain, frames[:1], OVER)
    places = np.linspace(box.left + 5, box.right - 5, 60)
    found = [near(picture, x, y, LIGHT.discriminator, 1, 70) for x in places]
    assert np.mean(found) > 0.8
    # Thin: two pixels away there is nothing of it.
    clear = [not near(picture, x, y - 4, LIGHT.discriminator, 1, 70) for x in places]
    assert np.mean(clear) > 0.8


def test_the_histogram_of_another_lane_is_an_outline(qtbot: QtBot) -> None:
    lanes = _lanes(qtbot, 1200, 760)
    _shown(lanes, _line(), OVER)
    view = lanes.distribution
    box, _ = boxes(view.area, view._frame, OVER)
    picture = _canvas(lanes, "distribution")
    at = float(box.x(0.5))  # all samples of lane B lie just above it, in one bin or two
    column = [
        near(picture, at, y, LIGHT.generated, 6)
        for y in np.linspace(box.top + 45, box.bottom - 60, 12)
    ]
    assert np.mean(column) > 0.7


def test_p_g_of_another_lane_is_drawn_where_it_is_known(qtbot: QtBot) -> None:
    one = scenes.bimodal_full(300)
    assert one.model is not None
    density = np.full_like(one.model.density, 0.17)
    other = replace(one, model=replace(one.model, density=density, atoms=()))
    look = OVER.with_(layers=frozenset({"density"}))
    lanes = _lanes(qtbot, 1200, 760)
    _shown(lanes, (_lane("A", one), _lane("B", other)), look)
    view = lanes.distribution
    box, _ = boxes(view.area, view._frame, look)
    picture, y = _canvas(lanes, "distribution"), float(box.y(0.17))
    found = [
        near(picture, x, y, LIGHT.model, 1, 70)
        for x in np.linspace(box.left + 3, box.right - 3, 50)
    ]
    assert np.mean(found) > 0.8


def test_samples_and_half_of_another_lane_in_the_plane(qtbot: QtBot) -> None:
    one = scenes.ring(300, 200)
    high = one.ranges.data[0][1]
    corner = np.tile(np.float32([[0.9 * high, 0.9 * high]]), (200, 1))
    tilt = np.tile((one.grid[0] > 0.6 * high).astype(float), (len(one.grid[1]), 1))
    other = replace(one, fake=corner, belief=replace(one.belief, values=tilt))
    lanes = _lanes(qtbot, 1200, 760)
    _shown(lanes, (_lane("A", one), _lane("B", other)), OVER)
    view = lanes.distribution
    box = panels_of(view.area, view._frame, OVER)[0]
    picture = _canvas(lanes, "distribution")
    at = float(box.x(0.9 * high)), float(box.y(0.9 * high))
    assert near(picture, *at, LIGHT.generated, 4)
    line = float(box.x(0.6 * high))
    ys = np.linspace(box.top + 4, box.bottom - 4, 60)
    found = [near(picture, line, y, LIGHT.discriminator, 5, 60) for y in ys]
    assert np.mean(found) > 0.8


def test_losses_of_another_lane_are_thin_curves_on_common_axes(qtbot: QtBot) -> None:
    one, other = _line()
    flat = scenes.trace_of(
        **{name: np.full(600, 3.3) for name in ("loss_d", "loss_g", "value", "theta", "psi")}
    )
    other = replace(other, trace=flat, ranges=replace(other.ranges, losses=(-2.0, 4.0)))
    lanes = _lanes(qtbot, 1200, 760)
    _shown(lanes, (one, other), OVER)
    view = lanes.view("losses")
    box, _ = curves_box(view.area, view._frame, OVER, view.others)
    assert box.high_y == 4.0
    picture, y = _canvas(lanes, "losses"), float(box.y(3.3))
    inks = (LIGHT.discriminator, LIGHT.generated, LIGHT.value)
    found = [
        any(near(picture, x, y, ink, 1, 80) for ink in inks)
        for x in np.linspace(box.left + 4, box.right - 4, 50)
    ]
    assert np.mean(found) > 0.8
    # Zoomed in, the vertical axis still holds both.
    look = OVER.with_(window=100)
    _shown(lanes, (one, other), look)
    assert curves_box(view.area, view._frame, look, view.others)[0].high_y >= 3.3


def test_a_point_of_the_losses_tells_the_values_of_all_lanes(qtbot: QtBot) -> None:
    one, other = _line()
    lanes = _lanes(qtbot, 1200, 760)
    _shown(lanes, (one, other), OVER)
    view = lanes.view("losses")
    box, _ = curves_box(view.area, view._frame, OVER, view.others)
    at = QPointF(float(box.x(300)), box.rect.center().y())
    words = view.read(at, view.area, view._frame, OVER)
    assert words[0] == "step 300"
    assert words[1] == f"L_D = {exactly(one.trace.at(300, 'loss_d'))}"
    told = {"L_D": "loss_d", "L_G": "loss_g", "V": "value"}
    values = [f"{label} = {brief(other.trace.at(300, name))}" for label, name in told.items()]
    assert words[4] == "B:  " + "   ".join(values)


def test_lanes_that_are_not_driven_take_turns_while_there_is_little_time(qtbot: QtBot) -> None:
    frames = [_lane(letter, scenes.saddle(100)) for letter in "ABC"]
    lanes = _lanes(qtbot, 1200, 760)
    _shown(lanes, tuple(frames), Look())
    stages = lanes.findChildren(Stage)
    later = [tuple(replace(f, step=f.step + i) for f in frames) for i in (1, 2, 3)]
    seen = []
    for moment in later:
        lanes.show_frame(moment, Look(), {"story"})
        seen.append([stage.distribution._frame.step for stage in stages])
    assert [steps[0] for steps in seen] == [101, 102, 103]
    assert sorted(seen[1][1:]) == [101, 102]
    lanes.show_frame(later[2], Look())
    assert [stage.distribution._frame.step for stage in stages] == [103] * 3


def test_the_orbit_of_another_lane_ends_in_a_ring_with_its_letter(qtbot: QtBot) -> None:
    one = scenes.saddle(200)
    other = scenes.saddle(230)
    frames = (_lane("A", one), _lane("B", other))
    texts = _said(frames, OVER, (1200, 760))
    lanes = _lanes(qtbot, 1200, 760)
    _shown(lanes, frames, OVER)
    view = lanes.view("saddle")
    portrait = view._frame.portraits[0]
    box = portrait_box(view.area, view._frame, portrait)
    at = tuple(
        float(place(other.trace.column(name)[-1]))
        for place, name in ((box.x, portrait.x), (box.y, portrait.y))
    )
    picture = _canvas(lanes, "saddle")
    assert near(picture, *at, LIGHT.orbit, 5)
    letters = [t for t in texts if t.words == "B" and t.place.startswith("saddle")]
    assert letters
    assert abs(letters[-1].rect.center().x() - at[0]) < 30
    assert abs(letters[-1].rect.center().y() - at[1]) < 30


def test_gradients_and_measures_show_all_lanes(qtbot: QtBot) -> None:
    one = scenes.measured(600)
    other = replace(one, ranges=replace(one.ranges, norms=(1e-6, 100.0)))
    frames = (_lane("A", one), _lane("B", other))
    for name in ("gradients", "measures"):
        texts = _said(frames, OVER.with_(upper=name), (1300, 800))
        assert any(t.words == "B" and t.place.startswith(name) for t in texts), name
    lanes, look = _lanes(qtbot, 1300, 800), OVER.with_(upper="gradients")
    _shown(lanes, frames, look)
    view = lanes.view("gradients")
    assert norms_box(view.area, view._frame, look, view.others).low_y == -6


@pytest.mark.parametrize("name", ["surface", "probe"])
def test_what_cannot_lie_over_says_whose_it_is(qtbot: QtBot, name: str) -> None:
    one = _lane("A", scenes.bimodal_full(300))
    other = _lane("B", scenes.bimodal_full(300))
    texts = _said((other, one), OVER.with_(lower=name), (1200, 760))
    assert any(t.words == "B" and t.place == f"{name} Header" for t in texts)
    texts = _said((other, one), Look(lower=name), (1200, 760))
    assert not any(t.words == "B" and t.place == f"{name} Header" for t in texts)


def test_the_legend_says_which_letter_is_what(qtbot: QtBot) -> None:
    one, other = _line()
    texts = _said((other, one), OVER, (900, 560))
    said = [t.words for t in texts if t.place == "Head"]
    assert said == ["A", "k = 1", "B", "k = 5", "step 600"]
    lanes = _lanes(qtbot)
    _shown(lanes, (other, one), OVER)
    asked: list[str] = []
    lanes.lane_wanted.connect(asked.append)
    QTest.mouseClick(_heads(lanes)[0], Qt.MouseButton.LeftButton)
    assert asked == ["A"]


def test_a_lane_that_has_stopped_says_so(qtbot: QtBot) -> None:
    one, other = _line()
    broken = replace(other, trouble="The loss of the discriminator is not a number.")
    said = [t.words for t in _said((one, broken), OVER, (900, 560)) if t.place == "Head"]
    assert said == ["A", "k = 1", "step 600", "B", "k = 5", "stopped"]
    said = [t.words for t in _said((one, broken), Look(), (900, 560)) if t.place == "Banner"]
    assert any(words.startswith("The loss of the") for words in said)


@pytest.mark.parametrize(
    ("wide", "words"),
    [
        (620, ["k = 5", "step 600", "3 of 8 modes covered"]),
        (300, ["k = 5", "step 600", "collapsed"]),
        (200, ["k = 5", "collapsed"]),
        (110, ["k = 5"]),
    ],
)
def test_a_lane_tells_its_diagnosis_before_its_step_and_its_sign_in_any_room(
    qtbot: QtBot, wide: int, words: list[str]
) -> None:
    frame = replace(
        _line()[1], diagnosis=Diagnosis("collapsed", "3 of 8 modes covered", "Few modes.", 400)
    )
    window = QWidget()
    qtbot.addWidget(window)
    head = Head(1, window)
    head.show_lane(frame, driven=False, beside=True, told=True)
    head.resize(wide, 24)
    with recorded() as texts:
        picture = grabbed(head)
    assert sorted(t.words for t in texts) == sorted(["B", *words])
    assert faults(texts) == []
    right = picture[:, 40:]  # the triangle of what needs attention
    assert count(right, LIGHT.warning_text) > 20


def test_lanes_over_one_another_are_shapes_on_paper(qtbot: QtBot) -> None:
    frames = [_lane(letter, scenes.ring(100, 80)) for letter in "ABCD"]
    lanes = _lanes(qtbot, 1200, 760)
    _shown(lanes, tuple(frames), OVER)
    before = svg(lanes.distribution).count(b"<path")
    _shown(lanes, (frames[0],), OVER)
    assert svg(lanes.distribution).count(b"<path") < before


# ---- real runs ----------------------------------------------------------------------------------


@cache
def played(name: str) -> tuple[Frame, ...]:
    """Return four lanes of a preset after some hundred steps."""
    frames = []
    look = Look(hidden=frozenset(), upper="measures", lower="surface")
    layers = look.wants.layers | {"gradients", "probe"}
    for letter, k in zip("ABCD", (1, 5, 2, 3), strict=True):
        engine = Engine(presets()[name].settings)
        if k > 1:
            engine.change({"train.k": k})
        engine.step(100)
        frame = engine.frame(replace(look.wants, layers=layers))
        frames.append(replace(frame, lane=letter, apart=f"k = {k}"))
    return tuple(frames)


VIEWS: dict[str, dict[str, object]] = {
    "usual": {},
    "measures": {"upper": "measures", "lower": "surface", "hidden": frozenset()},
    "gradients": {"upper": "gradients", "lower": "probe"},
}
#: How many lanes are shown, in which theme, through which views.
CASES = (
    (2, "light", "usual"),
    (3, "projector", "usual"),
    (4, "light", "usual"),
    (2, "projector", "gradients"),
    (3, "light", "measures"),
    (4, "projector", "measures"),
    (4, "light", "gradients"),
)


@pytest.mark.parametrize("size", [(900, 560), (1500, 900)])
@pytest.mark.parametrize("mode", ["beside", "over"])
@pytest.mark.parametrize("name", ["two-modes", "ring", "saddle-networks"])
def test_the_words_of_lanes_fit(qtbot: QtBot, name: str, mode: str, size: tuple[int, int]) -> None:
    frames = played(name)
    for many, theme_name, views in CASES:
        look = Look(theme=theme_name, lanes=mode).with_(**VIEWS[views])
        driven = frames[many // 2]
        shown = (driven, *(frame for frame in frames[:many] if frame is not driven))
        texts = _said(shown, look, size)
        assert texts
        assert faults(texts) == [], (many, theme_name, views)


@pytest.mark.parametrize("lanes", [2, 3, 4])
def test_each_lane_comes_with_each_of_the_smaller_views(lanes: int) -> None:
    turns = [turn_of(number, lanes) for number in range(120)]
    assert set(turns) == set(range(1, lanes))
    for period in (TURNS, WORDS):
        met = {(turn, number % period) for number, turn in enumerate(turns)}
        assert len(met) == (lanes - 1) * period
