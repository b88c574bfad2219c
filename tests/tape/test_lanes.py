"""Several runs of one tape on one clock."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ganviz.engine import Engine
from ganviz.frame import Look
from ganviz.presets import presets
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.tape import Place
from ganviz.tape.lanes import Lanes
from ganviz.views.together import alike

WANTS = Look().wants


def settings(**values: Any) -> Settings:
    small = {"generator.hidden": (8,), "discriminator.hidden": (8,), "train.batch": 16}
    return presets()["two-modes"].settings.with_({**small, **values})


def alone(steps: int, **values: Any) -> Engine:
    engine = Engine(settings(**values))
    engine.step(steps)
    return engine


def weights(engine: Engine) -> np.ndarray:
    return np.concatenate([engine.weights("generator"), engine.weights("discriminator")])


def test_one_seed_with_one_parameter_changed_runs_as_each_would_alone() -> None:
    lanes = Lanes.begin(settings())
    lanes.step(10)
    lanes.compare([{}, {"train.k": 5}, {"train.k": 3}])
    lanes.step(25)
    assert [lane.engine.settings.train.k for lane in lanes.all] == [1, 5, 3]
    for lane, k in zip(lanes.all, (1, 5, 3), strict=True):
        np.testing.assert_array_equal(weights(lane.engine), weights(alone(25, **{"train.k": k})))
    frames = lanes.frames(WANTS)
    assert [frame.apart for frame in frames] == ["train.k = 1", "train.k = 5", "train.k = 3"]
    assert len({frame.lane for frame in frames}) == 3


def test_a_branch_runs_beside_its_stem_at_the_same_step() -> None:
    lanes = Lanes.begin(settings())
    lanes.step(60)
    lanes.seek(0, 20)
    lanes.change({"train.k": 3})
    lanes.step(10)
    lanes.beside(0)
    assert {lane.engine.steps for lane in lanes.all} == {30}
    np.testing.assert_array_equal(weights(lanes.all[1].engine), weights(alone(30)))
    lanes.step(50)  # one goes along what is known, and then both on
    np.testing.assert_array_equal(weights(lanes.all[1].engine), weights(alone(80)))
    assert [branch.last for branch in lanes.tape.branches] == [80, 80]
    lanes.seek(1, 25)
    assert {lane.engine.steps for lane in lanes.all} == {25}
    lanes.drive("A")
    assert lanes.engine.settings.train.k == 1
    assert [frame.lane for frame in lanes.frames(WANTS)] == ["A", "B"]
    lanes.alone()
    assert lanes.frames(WANTS)[0].lane == ""


def test_a_lane_that_is_behind_catches_up() -> None:
    lanes = Lanes.begin(settings())
    lanes.step(20)
    lanes.change({"train.k": 2})
    lanes.seek(0, 10)
    lanes.lane.fork()
    lanes.step(40)
    lanes.beside(0)
    assert {lane.engine.steps for lane in lanes.all} == {20}, "where both have been"
    lanes.seek(1, 50)
    while not lanes.go_on(0.01):
        pass
    assert {lane.engine.steps for lane in lanes.all} == {50}
    assert lanes.reel().busy is None


def test_the_reel_tells_what_is_on_the_tape() -> None:
    lanes = Lanes.begin(settings())
    lanes.step(60)
    lanes.change({"train.k": 3})
    lanes.step(10)
    lanes.tape.bookmark(lanes.lane.place, "here")
    lanes.seek(0, 30)
    reel = lanes.reel()
    assert reel.past
    assert reel.lanes == ((0, 30),)
    assert (reel.stretches[0].last, reel.stretches[0].marks[0].text) == (70, "train.k 1 → 3")
    assert [(b.step, b.note) for b in reel.bookmarks] == [(70, "here")]
    assert reel.undo == ""
    assert lanes.reel() is reel
    lanes.seek(0, 70)
    assert lanes.reel().undo == "train.k 1 → 3"
    lanes.undo()
    assert lanes.reel().redo == "step 70 of A"
    assert [s.name for s in lanes.reel().path(1)] == ["A", "B"]


def test_what_cannot_be_is_refused_and_everything_stays() -> None:
    lanes = Lanes.begin(settings())
    lanes.step(5)
    for wrong, said in (
        (lambda: lanes.seek(7, 0), "branch 7"),
        (lambda: lanes.beside(0), "shown already"),
        (lambda: lanes.compare([{}]), "two to four"),
        (lambda: lanes.compare([{}, {"train.k": 0}]), r"train\.k"),
        (lambda: lanes.drive("Q"), "must be one of A"),
    ):
        with pytest.raises(ParamError, match=said):
            wrong()
    np.testing.assert_array_equal(weights(lanes.engine), weights(alone(5)))
    assert len(lanes.tape.branches) == 1


def test_a_copy_of_the_tape_does_not_grow_with_it() -> None:
    lanes = Lanes.begin(settings())
    lanes.step(40)
    lanes.keep_ends()
    twin = lanes.tape.copy()
    lanes.step(100)
    lanes.change({"train.k": 2})
    assert (twin.branches[0].last, twin.marks(0)) == (40, [])
    again = Lanes.on(twin, Place(0, 33, 0))
    np.testing.assert_array_equal(weights(again.engine), weights(alone(33)))
    again = Lanes.on(twin)
    again.step(10)
    np.testing.assert_array_equal(weights(again.engine), weights(alone(50)))


def test_a_new_seed_concerns_all_lanes() -> None:
    lanes = Lanes.begin(settings())
    lanes.compare([{}, {"train.k": 2}])
    lanes.step(5)
    lanes.change({"train.seed": 9})
    assert [lane.engine.settings.train.seed for lane in lanes.all] == [9, 9]
    assert [lane.engine.settings.train.k for lane in lanes.all] == [1, 2]
    assert {lane.engine.steps for lane in lanes.all} == {0}
    lanes.step(7)
    lanes.undo()
    assert len(lanes.all) == 1
    assert lanes.engine.steps == 5


def test_a_gan_and_its_relatives_run_on_one_clock_as_each_would_alone() -> None:
    kinds = ({"game.kind": "gan"}, {"game.kind": "vae"}, {"game.kind": "autoencoder"})
    lanes = Lanes.begin(settings())
    lanes.compare(kinds)
    lanes.step(25)
    letters = [lane.branch.name for lane in lanes.all]
    lanes.drive(letters[1])
    lanes.change({"generator.noise": 0.3})
    lanes.step(10)
    gan, vae, rebuilt = (lane.engine for lane in lanes.all)
    assert np.array_equal(weights(gan), weights(alone(35)))
    other = Engine(settings().with_(kinds[1]))
    other.step(25)
    other.change({"generator.noise": 0.3})
    other.step(10)
    assert np.array_equal(vae.weights("encoder"), other.weights("encoder"))
    third = Engine(settings().with_(kinds[2]))
    third.step(35)
    assert np.array_equal(rebuilt.weights("generator"), third.weights("generator"))
    frames = {frame.lane: frame for frame in lanes.frames(WANTS)}
    assert [frames[letter].step for letter in letters] == [35, 35, 35]
    assert [frames[letter].apart for letter in letters] == [
        "game.kind = gan",
        "game.kind = vae · generator.noise = 0.3",
        "game.kind = autoencoder",
    ]
    same = [{reading.name for reading in frame.measures} for frame in frames.values()]
    assert {"jsd", "w1", "modes"} <= set.intersection(*same)
    # On common axes only what means the same: a loss of 1 is none of −ELBO.
    shared = alike(tuple(frames.values()))
    assert [frame.ranges.losses for frame in shared] == [
        frame.ranges.losses for frame in frames.values()
    ]
    assert len({frame.ranges.data for frame in shared}) == 1
