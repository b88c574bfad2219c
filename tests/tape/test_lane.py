"""A run on the tape is the run, wherever one stands and however one came there."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from ganviz.engine import Engine
from ganviz.engine.moment import Moment
from ganviz.frame import Look
from ganviz.presets import presets
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.tape import Place, Tape
from ganviz.tape.lane import Lane
from ganviz.tape.tape import OVERHEAD

SMALL = {
    "generator.hidden": (8,),
    "discriminator.hidden": (8,),
    "train.batch": 16,
    "train.measure_every": 20,
}


def settings(**values: Any) -> Settings:
    return presets()["two-modes"].settings.with_({**SMALL, **values})


def same(a: Engine, b: Engine) -> None:
    """Both stand at the same moment, bit for bit."""
    assert a.steps == b.steps
    assert a.settings == b.settings
    for player in a.family.players:
        np.testing.assert_array_equal(a.weights(player), b.weights(player))
    one, other = a.moment(), b.moment()
    for player in one.players:
        for mine, theirs in zip(
            one.players[player].moments, other.players[player].moments, strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)
    assert (one.block, one.used, one.held) == (other.block, other.used, other.held)
    assert one.measured == other.measured
    np.testing.assert_array_equal(a.trace.rows, b.trace.rows)
    np.testing.assert_array_equal(a.trace.lows, b.trace.lows)
    assert [(m.step, m.text) for m in a.journal] == [(m.step, m.text) for m in b.journal]
    assert a.diagnosis == b.diagnosis


def deeds(run: Any) -> None:
    """A run with changes of every kind."""
    run.step(53)
    run.change({"train.k": 3})
    run.step(30)
    run.step_player("generator")
    run.change({"optim.lr_d": 0.01})
    run.change({"generator.hidden": (6, 6)})
    run.step(41)
    run.change({"loss.kind": "wasserstein", "loss.clip": 0.1})
    run.step(37)


def at(step: int) -> Engine:
    """The same run by an engine of its own, stopped behind all that was done at a step."""
    engine = Engine(settings())
    engine.step(min(step, 53))
    if step >= 53:
        engine.change({"train.k": 3})
        engine.step(min(step - 53, 30))
    if step >= 83:
        engine.step_player("generator")
        engine.change({"optim.lr_d": 0.01})
        engine.change({"generator.hidden": (6, 6)})
        engine.step(min(step - 83, 41))
    if step >= 124:
        engine.change({"loss.kind": "wasserstein", "loss.clip": 0.1})
        engine.step(step - 124)
    return engine


#: The same, for those who do no more than look at it.
seen_at = cache(at)


def test_a_recorded_run_is_the_run() -> None:
    lane = Lane(Tape(), settings())
    deeds(lane)
    same(lane.engine, seen_at(161))
    assert lane.branch.last == 161
    assert not lane.past


@pytest.mark.parametrize("step", [0, 52, 53, 83, 131, 161])
def test_every_step_can_be_gone_back_to(step: int) -> None:
    lane = Lane(Tape(), settings())
    deeds(lane)
    lane.seek(lane.tape.place(0, step))
    same(lane.engine, seen_at(step))
    assert lane.past == (step < 161)
    lane.seek(lane.tape.place(0, 161))
    same(lane.engine, seen_at(161))


def test_what_is_known_is_repeated_and_then_the_run_goes_on() -> None:
    lane = Lane(Tape(), settings())
    deeds(lane)
    lane.seek(lane.tape.place(0, 20))
    lane.step(200)
    same(lane.engine, at(220))
    assert lane.branch.last == 220
    assert len(lane.tape.branches) == 1


def test_pictures_of_the_past_are_those_of_then() -> None:
    wants = Look().wants
    lane = Lane(Tape(), settings())
    seen = {}
    for _ in range(6):
        lane.step(24)
        seen[lane.engine.steps] = lane.engine.frame(wants)
    for step in (72, 24, 120, 48):
        lane.seek(lane.tape.place(0, step))
        then, now = seen[step], lane.engine.frame(wants)
        np.testing.assert_array_equal(now.fake, then.fake)
        np.testing.assert_array_equal(now.belief.values, then.belief.values)
        np.testing.assert_array_equal(now.trace.rows, then.trace.rows)
        assert (now.ranges, now.measures, now.diagnosis) == (
            then.ranges,
            then.measures,
            then.diagnosis,
        )


def test_a_change_in_the_past_begins_a_branch_and_keeps_the_old_future() -> None:
    lane = Lane(Tape(), settings())
    deeds(lane)
    lane.seek(lane.tape.place(0, 60))
    lane.change({"optim.lr_g": 0.02})
    lane.step(50)
    own = at(60)
    own.change({"optim.lr_g": 0.02})
    own.step(50)
    same(lane.engine, own)
    first, second = lane.tape.branches
    assert (first.last, second.parent, second.first, second.last) == (161, 0, 60, 110)
    lane.seek(lane.tape.place(0, 161))
    same(lane.engine, seen_at(161))
    lane.seek(lane.tape.place(1, 105))
    lane.step(5)
    same(lane.engine, own)


def test_a_branch_of_a_branch_knows_its_whole_path() -> None:
    lane = Lane(Tape(), settings())
    lane.step(100)
    lane.seek(lane.tape.place(0, 80))
    lane.change({"train.k": 2})
    lane.step(40)
    lane.seek(lane.tape.place(1, 90))
    lane.fork()
    lane.change({"train.k": 4})
    lane.step(30)
    own = Engine(settings())
    own.step(80)
    own.change({"train.k": 2})
    own.step(10)
    own.change({"train.k": 4})
    own.step(30)
    same(lane.engine, own)
    lane.seek(lane.tape.place(2, 40))
    lane.step(80)
    same(lane.engine, own)
    assert [b.parent for b in lane.tape.branches] == [None, 0, 1]


def test_undo_returns_to_the_moment_before_the_change_and_redo_goes_forward() -> None:
    lane = Lane(Tape(), settings())
    lane.step(50)
    lane.change({"train.k": 3})
    lane.step(20)
    assert lane.undo_words == "train.k 1 → 3"
    assert lane.undo()
    same(lane.engine, _plain(50))
    assert not lane.past  # it goes on without the change
    lane.step(10)
    same(lane.engine, _plain(60))
    assert lane.tape.branches[0].last == 70  # the abandoned future is still there
    assert lane.redo()
    assert (lane.engine.steps, lane.engine.settings.train.k) == (70, 3)
    assert not lane.redo()


def _plain(steps: int) -> Engine:
    engine = Engine(settings())
    engine.step(steps)
    return engine


def test_a_drag_is_taken_back_at_once_and_one_deed_after_the_other() -> None:
    lane = Lane(Tape(), settings())
    lane.step(10)
    lane.change({"train.k": 2})
    lane.step(5)
    for rate, joined in ((0.01, False), (0.02, True), (0.03, True)):
        lane.change({"optim.lr_g": rate}, joined)
        lane.step(2)
    lane.undo()
    assert (lane.engine.steps, lane.engine.settings.train.k) == (15, 2)
    assert lane.engine.settings.optim.lr_g == settings().optim.lr_g
    lane.undo()
    same(lane.engine, _plain(10))
    assert not lane.undo()
    assert [b.number for b in lane.tape.branches] == [0, 1]  # no heap of empty branches
    lane.redo()
    lane.redo()
    assert (lane.engine.steps, lane.engine.settings.optim.lr_g) == (21, 0.03)


def test_a_new_seed_can_be_taken_back() -> None:
    lane = Lane(Tape(), settings())
    lane.step(30)
    lane.change({"train.seed": 5})
    lane.step(10)
    assert lane.tape.branches[1].parent is None
    lane.undo()
    same(lane.engine, _plain(30))
    lane.restart(settings())
    lane.step(10)
    lane.undo()
    same(lane.engine, _plain(30))


def test_a_refused_change_leaves_everything() -> None:
    lane = Lane(Tape(), settings())
    lane.step(30)
    lane.seek(lane.tape.place(0, 12))
    with pytest.raises(ValueError, match=r"train\.k"):
        lane.change({"train.k": 0})
    assert lane.past
    assert len(lane.tape.branches) == 1
    same(lane.engine, _plain(12))


def _arrays(moment: Moment) -> list[np.ndarray]:
    players = [a for p in moment.players.values() for a in (p.flat, *p.moments)]
    standing = moment.standing
    return [*players, *([] if standing is None else [standing.looks, standing.orbit])]


def test_moments_stay_within_the_budget_and_evenly_over_the_branches() -> None:
    large = settings(**{"generator.hidden": (64, 64), "discriminator.hidden": (64, 64)})
    lane = Lane(Tape(budget=2**20), large)
    for rate in (0.01, 0.02, 0.03):
        lane.step(160)
        lane.seek(lane.tape.place(lane.branch.number, lane.engine.steps - 80))
        lane.change({"optim.lr_g": rate})
    lane.step(80)
    tape = lane.tape
    assert tape.used <= tape.budget
    arrays: dict[tuple[int, int], int] = {}  # what neighbours share is held once
    for branch in tape.branches:
        for kept in branch.kept:
            for array in _arrays(kept.moment):
                arrays[branch.number, id(array)] = array.nbytes
    count = sum(len(branch.kept) for branch in tape.branches)
    assert tape.used == sum(arrays.values()) + OVERHEAD * count
    assert tape.stride > 8
    for branch in tape.branches:
        loose = [kept.step for kept in branch.kept if not kept.fixed]
        assert set(np.diff(loose)) <= {tape.stride}
    assert sum(len(branch.kept) for branch in tape.branches) > 6
    lane.seek(Place(0, 77, 0))
    plain = Engine(large)
    plain.step(77)
    same(lane.engine, plain)


def test_a_far_place_is_reached_bit_by_bit_and_can_be_given_up() -> None:
    lane = Lane(Tape(), settings())
    lane.step(100)
    tape = lane.tape
    tape.branches[0].kept = [kept for kept in tape.branches[0].kept if kept.step == 0]
    lane.seek(tape.place(0, 90), seconds=0.0)
    assert lane.goal is not None
    assert lane.engine.steps < 90
    same(lane.engine, _plain(lane.engine.steps))
    while not lane.go_on(0.0):
        pass
    same(lane.engine, _plain(90))
    lane.seek(tape.place(0, 10), seconds=0.0)
    lane.cancel()
    assert lane.go_on(0.0)
    assert lane.past


def test_a_divergence_is_on_the_tape_and_can_be_gone_back_from() -> None:
    lane = Lane(Tape(), settings(**{"optim.kind_d": "sgd", "optim.kind_g": "sgd"}))
    lane.step(20)
    lane.change({"optim.lr_d": 10.0, "optim.lr_g": 10.0, "loss.kind": "wasserstein"})
    lane.step(500)
    assert lane.engine.trouble
    last = lane.engine.steps
    assert lane.branch.last == last
    lane.undo()
    assert (lane.engine.steps, lane.engine.trouble) == (20, "")
    lane.redo()
    assert lane.engine.steps == last


def test_the_weights_portrait_fills_again_after_a_jump() -> None:
    wants = replace(Look().wants, layers=Look().wants.layers | {"weights"})
    lane = Lane(Tape(), settings())
    lane.step(200)
    lane.seek(lane.tape.place(0, 120))
    frame = lane.engine.frame(wants)
    path = next(p.path for p in frame.portraits if p.name == "weights")
    assert path is not None
    assert len(path) > 10
    assert np.isfinite(path).all()


def test_who_returns_to_the_end_sees_what_was_seen_there() -> None:
    """Also what is drawn from where the players have been, which a jump knows only in part."""
    wants = replace(Look().wants, layers=Look().wants.layers | {"weights", "surface"})

    def told(engine: Engine) -> tuple[Any, ...]:
        frame = engine.frame(wants)
        (weights,) = (p for p in frame.portraits if p.name == "weights")
        assert frame.surface is not None
        assert weights.path is not None
        arrays = weights.path, frame.surface.values, frame.surface.path
        return weights.note, frame.ranges, *(array.tobytes() for array in arrays)

    straight = Engine(settings())
    straight.step(203)
    at_end = told(straight)
    lane = Lane(Tape(), settings())
    lane.step(203)
    lane.seek(lane.tape.place(0, 60))
    lane.to_end()
    assert told(lane.engine) == at_end
    lane.seek(lane.tape.place(0, 100))
    lane.step(103)  # playing on does as well as jumping
    assert told(lane.engine) == at_end
    lane.seek(lane.tape.place(0, 100))
    lane.change({"train.k": 2})  # and so does a visit to another branch
    lane.step(40)
    lane.seek(lane.tape.place(0, 203))
    assert told(lane.engine) == at_end
    lane.step(47)
    straight.step(47)
    assert told(lane.engine) == told(straight)
    mine, other = lane.engine.moment(), straight.moment()
    assert (mine.held, mine.measured) == (other.held, other.measured)
    same(lane.engine, straight)


def test_a_deed_that_cannot_be_done_again_stops_the_way_with_a_sentence(tmp_path) -> None:
    points = tmp_path / "points.csv"
    np.savetxt(points, np.linspace(-1, 1, 200))
    lane = Lane(Tape(), settings())
    lane.step(5)
    lane.change({"data.target": "file", "data.file": str(points)})
    lane.step(10)
    points.unlink()
    lane.seek(Place(0, 3, 0))
    with pytest.raises(ParamError, match=r"points\.csv"):
        lane.seek(lane.tape.place(0, 6))
    assert lane.goal is None
    assert lane.engine.steps == 5
    same(lane.engine, _plain(5))


def test_runs_without_a_step_do_not_heap_up() -> None:
    lane = Lane(Tape(), settings())
    lane.restart(settings(**{"train.k": 2}))
    assert len(lane.tape.branches) == 1
    assert not lane.undo()
    lane.step(9)
    for k in (3, 4, 5):
        lane.restart(settings(**{"train.k": k}))
    assert [b.settings.train.k for b in lane.tape.branches] == [2, 5]
    lane.undo()
    assert (lane.engine.steps, lane.engine.settings.train.k) == (9, 2)
    assert not lane.redo()


def test_where_steps_are_fast_fewer_moments_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    lane = Lane(Tape(), settings())
    assert lane.engine.kernel.name == "compiled"
    lane.step(80)
    monkeypatch.setattr(type(lane.engine.kernel), "pace", 1e-4)  # 120 steps take SOON
    assert lane.engine.settings.train.measure_every == 20
    lane.step(520)
    kept = [each.step for each in lane.branch.kept]
    assert kept[:9] == [10 * i for i in range(9)]
    assert kept[9:] == [80 * i for i in range(2, 8)]  # where they are measured as well
    lane.seek(Place(0, 333, 0))
    plain = Engine(settings())
    plain.step(333)
    same(lane.engine, plain)
