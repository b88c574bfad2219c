"""A film shows true moments of a run, each change when it happens, and nothing is left of half."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from ganviz.engine import Engine
from ganviz.film.make import Pictures, Progress, make
from ganviz.film.order import Order
from ganviz.film.render import CAPTION, FilmStage, rgb
from ganviz.film.source import LiveRun, Source, Stopped, TapeRun
from ganviz.frame import Array, Frame, Look, Wants
from ganviz.presets import presets
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.tape import Tape
from ganviz.tape.lane import Lane

SMALL = {"generator.hidden": (8,), "discriminator.hidden": (8,), "train.batch": 16}
SIZE = (700, 440)
ORDER = Order(size=SIZE, fps=10, seconds=1.0, hold=0.3, caption=False)
CHANGES: list[tuple[int, dict[str, Any]]] = [
    (20, {"train.k": 5}),
    (20, {"optim.lr_d": 0.0005}),
    (50, {"loss.kind": "wasserstein"}),
]
LOOK = Look(upper="measures", theme="dark")


def settings(name: str = "two-modes", **values: Any) -> Settings:
    return presets()[name].settings.with_({**SMALL, **values})


def recorded(name: str = "two-modes", steps: int = 80) -> Tape:
    """A tape of two branches: A changes k at step 30, B something else at step 45."""
    tape = Tape(title="A lecture")
    lane = Lane(tape, settings(name))
    lane.step(30)
    lane.change({"train.k": 3})
    lane.step(steps - 30)
    lane.seek(tape.place(0, 45))
    lane.change({"optim.lr_g": 0.01})
    lane.step(steps - 45)
    lane.seek(tape.place(0, 0))
    return tape


def read(path: Path) -> Array:
    return rgb(QImage(str(path)).convertToFormat(QImage.Format.Format_RGB32))


def test_a_film_is_the_stage_at_the_planned_steps(qtbot: QtBot, tmp_path: Path) -> None:
    order = ORDER.with_(look=LOOK)
    with Pictures(LiveRun(settings(), 60), order) as pictures:
        made = make(pictures, tmp_path / "run")
        plan = pictures.plan
    files = sorted((tmp_path / "run").glob("*.png"))
    assert len(files) == len(plan) == 10
    assert plan[-4:] == (60,) * 4
    assert made.bytes == sum(each.stat().st_size for each in (tmp_path / "run").iterdir())
    assert made.warning == ""
    engine = Engine(settings())
    with FilmStage(SIZE) as stage:
        for step, path in zip(plan, files, strict=True):
            engine.step(step - engine.steps)
            shown = stage.pixels((engine.frame(LOOK.wants),), LOOK)
            assert np.array_equal(read(path), shown), step


@pytest.mark.parametrize("name", ["two-modes", "ring"])
@pytest.mark.parametrize("branches", [(0,), (1,), (1, 0)])
def test_a_recorded_run_looks_the_same_in_any_order(
    qtbot: QtBot, name: str, branches: tuple[int, ...]
) -> None:
    order = ORDER.with_(look=LOOK)
    with Pictures(TapeRun(recorded(name), branches), order) as pictures:
        onward = [rgb(pictures.picture(number)) for number in range(7)]
    with Pictures(TapeRun(recorded(name), branches), order) as pictures:
        for number in (6, 0, 4, 2, 5, 1, 3):
            assert np.array_equal(rgb(pictures.picture(number)), onward[number]), number
    assert len({each.tobytes() for each in onward}) == 7


def test_a_recorded_run_is_the_run(qtbot: QtBot) -> None:
    live = LiveRun(settings(), 80, [(30, {"train.k": 3}), (45, {"optim.lr_g": 0.01})])
    run = TapeRun(recorded())
    assert (run.first, run.last, run.dim, run.title) == (0, 80, 1, "A lecture")
    order = ORDER.with_(look=LOOK)
    with Pictures(run, order) as recorded_, Pictures(live, order) as trained:
        for number in range(len(trained)):
            a, b = rgb(recorded_.picture(number)), rgb(trained.picture(number))
            assert np.array_equal(a, b), number


def test_lanes_end_together_and_have_their_letters(qtbot: QtBot) -> None:
    tape = recorded()
    lane = Lane(tape, branch=0)
    lane.seek(tape.place(0, 60))
    lane.change({"train.k": 9})
    lane.step(5)
    lane.seek(tape.place(0, 0))
    run = TapeRun(tape, (2, 0))
    assert run.last == 65
    frames = run.frames(65, Wants())
    assert [(frame.lane, frame.step) for frame in frames] == [("C", 65), ("A", 65)]
    assert [mark.step for mark in run.marks] == [30, 60]
    assert run.settings(29).train.k == 1
    assert run.settings(59).train.k == 3
    assert run.settings(60).train.k == 9
    assert [run.whose(mark) for mark in run.marks] == ["", "C"]
    with Pictures(run, ORDER.with_(changes=True, settings_line=True)) as pictures:
        words = pictures.words(9)
    assert words.changes[:2] == ("step 60 in C", "k 3 → 9")
    assert words.settings[:2] == ("C: Loss non-saturating", "k = 9")
    with pytest.raises(ParamError, match="branch 7: there are A, B, C on the tape"):
        TapeRun(tape, (7,))


def test_a_script_is_followed_at_its_steps() -> None:
    run = LiveRun(settings(), 60, CHANGES)
    engine = Engine(settings())
    for step, values in ((20, {"train.k": 5, "optim.lr_d": 0.0005}), (50, CHANGES[2][1])):
        engine.step(step - engine.steps)
        engine.change(values)
        (frame,) = run.frames(step, Wants())
        assert [mark.step for mark in frame.marks] == [mark.step for mark in engine.journal]
        assert run.settings(step) == engine.settings
    engine.step(10)
    (late,) = run.frames(60, Wants())
    assert np.array_equal(late.fake, engine.frame(Wants()).fake)
    (early,) = run.frames(19, Wants())
    assert (early.step, early.marks) == (19, ())
    (again,) = run.frames(60, Wants())
    assert np.array_equal(again.fake, late.fake)
    assert [mark.step for mark in run.marks] == [20, 50]


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ([(61, {"train.k": 2})], "change at step 61: must be at a step of the run, from 0 to 60"),
        ([(5, {"train.k": -2})], "change at step 5: train.k = -2"),
        ([(5, {"train.seed": 2})], "change at step 5: train.seed begins another run"),
    ],
)
def test_a_script_that_cannot_be_is_refused_before_any_step(
    script: list[tuple[int, dict[str, Any]]], sentence: str
) -> None:
    with pytest.raises(ParamError) as told:
        LiveRun(settings(), 60, script)
    assert sentence in str(told.value)


def _plate(picture: Array) -> int:
    """How many pixels of the strip above are of the plate of a change, dark on light."""
    return int((picture[:CAPTION].max(axis=2) < 60).sum())


def test_each_change_is_told_for_two_seconds_when_it_happens(qtbot: QtBot) -> None:
    order = Order(size=(900, 560), fps=10, seconds=6.0, hold=1.0)
    with Pictures(LiveRun(settings(), 49, CHANGES[:2]), order) as pictures:
        assert pictures.plan[:50] == tuple(range(50))
        said = [pictures.words(number).changes for number in range(60)]
        assert said[19] == ()
        words = ("step 20", "k 1 → 5", "D learning rate 0.001 → 0.0005")
        assert said[20] == said[39] == words
        assert said[40] == ()
        before, during, after = (_plate(rgb(pictures.picture(n))) for n in (19, 20, 40))
    assert during > 3000
    assert before < 900
    assert after < 900


def test_the_last_change_is_told_beside_those_that_still_are(qtbot: QtBot) -> None:
    order = Order(size=(900, 560), fps=5, seconds=12.0, hold=0)
    run = LiveRun(settings(), 59, [(20, {"train.k": 5}), (23, {"train.k": 2})])
    with Pictures(run, order) as pictures:
        assert pictures.words(25).changes == ("step 23", "k 5 → 2", "step 20", "k 1 → 5")
        assert pictures.words(31).changes == ("step 23", "k 5 → 2")


def test_without_changes_there_is_no_strip_for_them(qtbot: QtBot) -> None:
    order = ORDER.with_(changes=True)
    with Pictures(LiveRun(settings(), 40), order) as pictures, FilmStage(SIZE) as stage:
        (frame,) = pictures.source.frames(0, Look().wants)
        assert np.array_equal(rgb(pictures.picture(0)), stage.pixels((frame,), Look()))
    run = LiveRun(settings(), 60, CHANGES)
    with Pictures(run, order) as pictures:
        told = rgb(pictures.picture(3))
    with Pictures(run, order.with_(changes=False)) as pictures:
        untold = rgb(pictures.picture(3))
    assert _plate(told) > 3000
    assert not np.array_equal(told, untold)


def test_the_line_of_settings_says_what_is_in_force(qtbot: QtBot) -> None:
    order = ORDER.with_(settings_line=True, size=(700, 520))
    with Pictures(LiveRun(settings(), 60, CHANGES), order) as pictures:
        first, last = (pictures.words(number).settings for number in (0, 9))
        before, after = rgb(pictures.picture(0)), rgb(pictures.picture(9))
    assert first[:4] == ("Loss non-saturating", "k = 1", "D: adam 0.001", "G: adam 0.001")
    assert first[-1] == "Seed 1"
    assert "G hidden layers [8]" in first
    assert last[:3] == ("Loss wasserstein", "k = 5", "D: adam 0.0005")
    beneath = slice(-45, None)
    assert not np.array_equal(before[beneath], after[beneath])


def test_a_fine_film_asks_for_more(qtbot: QtBot) -> None:
    asked: list[Wants] = []

    class Listening(LiveRun):
        def frames(self, step: int, wants: Wants, stopped: Any = None) -> tuple[Frame, ...]:
            asked.append(wants)
            return super().frames(step, wants)

    for quality in ("screen", "fine"):
        run: Source = Listening(settings(), 10)
        with Pictures(run, ORDER.with_(quality=quality)) as pictures:
            pictures.picture(0)
    assert [(wants.fine, wants.samples) for wants in asked] == [(False, 0), (True, 20_000)]


def test_progress_is_reported_and_the_hold_costs_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    told: list[Progress] = []
    with Pictures(LiveRun(settings(), 60), ORDER.with_(hold=0.5)) as pictures:
        assert pictures.picture(5) is pictures.picture(9)
        make(pictures, tmp_path / "run.mp4", told.append)
    assert told[-1] == Progress(10, 10, 10, "encoding", 0.0)
    done = [each.done for each in told]
    assert done == sorted(done)
    assert all(each.encoded <= 10 == each.of for each in told)


@pytest.mark.parametrize("after", [0, 3, 9])
def test_a_stopped_film_leaves_nothing(qtbot: QtBot, tmp_path: Path, after: int) -> None:
    asked = 0

    def stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    with Pictures(LiveRun(settings(), 60), ORDER) as pictures, pytest.raises(Stopped):
        make(pictures, tmp_path / "run.mp4", stopped=stopped)
    assert not list(tmp_path.iterdir())


def test_a_run_that_stops_by_itself_is_filmed_and_warned_of(qtbot: QtBot, tmp_path: Path) -> None:
    wild = settings(
        **{
            "loss.kind": "wasserstein",
            "optim.kind_d": "sgd",
            "optim.lr_d": 10.0,
            "optim.lr_g": 10.0,
        }
    ).with_({"optim.kind_g": "sgd"})
    with Pictures(LiveRun(wild, 400), ORDER.with_(seconds=0.5, hold=0.1)) as pictures:
        made = make(pictures, tmp_path / "run.mp4")
    assert "diverged at step" in made.warning


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_moment_is_saved_as_pixels_or_as_shapes(
    qtbot: QtBot, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"moment{suffix}"
    with Pictures(LiveRun(settings("ring"), 20), ORDER.with_(caption=True)) as pictures:
        pictures.still(path)
        data = path.read_bytes()
        if suffix == ".png":
            assert np.array_equal(read(path), rgb(pictures.picture(len(pictures) - 1)))
        elif suffix == ".svg":
            assert b'viewBox="0 0 700 440"' in data
            assert b"step 20" in data
            assert data.count(b"<path") + data.count(b"<polyline") > 50
        else:
            assert data.startswith(b"%PDF")
            assert b"/MediaBox [0 0 525" in data
            assert b"/FontFile2" in data
            assert data.count(b"/Subtype /Image") < 8
    assert list(tmp_path.iterdir()) == [path]


def test_stills_have_names_that_say_what_they_are(qtbot: QtBot, tmp_path: Path) -> None:
    with Pictures(LiveRun(settings(), 5), ORDER) as pictures:
        with pytest.raises(ParamError, match=r"still 'a.jpg': the name must end in .png, .svg"):
            pictures.still(tmp_path / "a.jpg")
        with pytest.raises(FileNotFoundError, match="no folder"):
            pictures.still(tmp_path / "none" / "a.png")


def test_too_small_for_its_scale_is_refused(qtbot: QtBot) -> None:
    with pytest.raises(ParamError, match="film size 700x440: must be at least 1240x"):
        Pictures(LiveRun(settings(), 5), ORDER.with_(scale=2.0))
