"""A run can be had again from its seed and its journal, and where it differs is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganviz.frame import TraceWriter
from ganviz.presets import presets
from ganviz.tape import Tape, runfile
from ganviz.tape.lane import Lane
from ganviz.tape.replay import compared, replay
from ganviz.tape.runfile import Run
from ganviz.tape.tape import Kept

SMALL = {
    "generator.hidden": (8,),
    "discriminator.hidden": (8,),
    "train.batch": 16,
    "train.measure_every": 20,
}


def recorded(tmp_path: Path, **values: Any) -> Run:
    """A run with two branches and another seed, through a file."""
    lane = Lane(Tape(), presets()["two-modes"].settings.with_({**SMALL, **values}))
    lane.step(40)
    lane.change({"train.k": 2})
    lane.step_player("generator")
    lane.step(30)
    lane.seek(lane.tape.place(0, 25))
    lane.change({"optim.ema": 0.9, "generator.hidden": (6,)})
    lane.step(31)
    lane.change({"train.seed": 9})
    lane.step(20)
    lane.keep_end()
    runfile.write(tmp_path / "a.ganviz", lane.tape)
    return runfile.read(tmp_path / "a.ganviz")


def test_a_run_is_had_again_bit_for_bit(tmp_path: Path) -> None:
    run = recorded(tmp_path)
    verdicts = replay(run)
    assert [v.branch for v in verdicts] == ["A", "B", "C"]
    assert all(v.same for v in verdicts)
    assert [(v.first, v.last, v.marks) for v in verdicts] == [(0, 70, 2), (25, 56, 1), (0, 20, 0)]
    assert [v.moments for v in verdicts] == [len(b.kept) for b in run.tape.branches]
    assert "bit-identical" in verdicts[0].words
    assert compared(run.versions).startswith("It was recorded with the same versions")


def test_where_a_run_differs_is_found(tmp_path: Path) -> None:
    run = recorded(tmp_path)
    branch = run.tape.branches[0]
    rows = branch.rows.copy()
    rows[36, branch.columns.index("loss_g")] += 1e-9
    branch.trace = TraceWriter(branch.columns, rows).trace()
    at = next(n for n, kept in enumerate(branch.kept) if kept.step == 50)
    moment = branch.kept[at].moment
    generator = replace(moment.players["generator"], flat=moment.players["generator"].flat + 0.25)
    players = {**moment.players, "generator": generator}
    branch.kept[at] = replace(branch.kept[at], moment=replace(moment, players=players))
    verdicts = replay(run)
    assert [v.same for v in verdicts] == [False, True, True]
    first = verdicts[0]
    assert (first.step, first.player) == (37, "generator")
    assert first.largest == pytest.approx(0.25, abs=1e-6)
    assert "first differs at step 37" in first.words


def test_the_moments_are_not_what_a_replay_begins_from(tmp_path: Path) -> None:
    run = recorded(tmp_path)
    for branch in run.tape.branches:
        for n, kept in enumerate(branch.kept):
            players = {
                name: replace(player, flat=np.zeros_like(player.flat))
                for name, player in kept.moment.players.items()
            }
            branch.kept[n] = replace(kept, moment=replace(kept.moment, players=players))
    verdicts = replay(run)
    assert [v.step for v in verdicts] == [0, 30, 0]
    assert not any(v.same for v in verdicts)


@pytest.mark.parametrize(
    "tampered",
    [
        lambda kept, m: replace(kept, moment=replace(m, measured={**m.measured, "jsd": 0.125})),
        lambda kept, m: replace(kept, unread=kept.unread + 1),
        lambda kept, m: replace(
            kept, moment=replace(m, held={**m.held, "losses": replace(m.held["losses"], low=-9.0)})
        ),
        lambda kept, m: replace(
            kept, moment=replace(m, standing=replace(m.standing, looks=m.standing.looks + 1))
        ),
        lambda kept, m: replace(
            kept, moment=replace(m, standing=replace(m.standing, judged=m.standing.judged - 1))
        ),
    ],
)  # fmt: skip
def test_what_pictures_and_diagnosis_are_made_of_is_compared_too(
    tampered: Callable[[Kept, Any], Kept], tmp_path: Path
) -> None:
    run = recorded(tmp_path)
    branch = run.tape.branches[0]
    at = next(n for n, kept in enumerate(branch.kept) if kept.step == 30)
    branch.kept[at] = tampered(branch.kept[at], branch.kept[at].moment)
    assert [(v.same, v.step) for v in replay(run)] == [(False, 30), (True, None), (True, None)]


def test_the_axes_of_another_ganviz_are_not_held_against_a_run(tmp_path: Path) -> None:
    run = recorded(tmp_path)
    first = run.tape.branches[0].kept[0]
    held = {name: replace(each, low=each.low - 1) for name, each in first.moment.held.items()}
    run.tape.branches[0].kept[0] = replace(first, moment=replace(first.moment, held=held))
    assert not replay(run)[0].same
    assert all(v.same for v in replay(replace(run, versions={**run.versions, "ganviz": "0"})))


def test_a_replay_can_be_stopped(tmp_path: Path) -> None:
    run = recorded(tmp_path, **{"train.measure_every": 10})
    (only,) = replay(run, lambda branch, step: step >= 0)
    assert not only.same
    assert "stopped" in only.words


def test_other_versions_are_named() -> None:
    here = runfile.versions()
    words = compared({**here, "torch": "1.0", "strange": "2"})
    assert f"torch 1.0 (here {here['torch']})" in words
    assert "strange" not in words


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_five_thousand_steps_with_twenty_changes_are_had_again(tmp_path: Path) -> None:
    """Also from the middle of a branch, and after the run was saved and read."""
    rng = np.random.default_rng(5)
    lane = Lane(Tape(), presets()["two-modes"].settings.with_(SMALL))
    changes: list[dict[str, Any]] = [
        {"train.k": 2}, {"optim.lr_d": 0.003}, {"loss.kind": "least-squares"}, {"train.batch": 32},
        {"optim.kind_g": "sgd"}, {"generator.hidden": (6, 6)}, {"data.scale": 1.5},
        {"loss.kind": "non-saturating"}, {"optim.ema": 0.95}, {"train.replay": 0.5},
        {"loss.penalty": "r1"}, {"optim.lr_g": 0.0007}, {"discriminator.dropout": 0.2},
        {"train.k": 1}, {"loss.label_smoothing": 0.1}, {"optim.kind_g": "adam"},
        {"loss.penalty": "off"}, {"latent.dim": 2}, {"loss.instance_noise": 0.1},
        {"discriminator.hidden": (7,)},
    ]  # fmt: skip
    steps = sorted(int(n) for n in rng.choice(np.arange(1, 5000), len(changes), replace=False))
    for step, values in zip(steps, changes, strict=True):
        lane.step(step - lane.engine.steps)
        lane.change(values)
    lane.step(5000 - lane.engine.steps)
    lane.seek(lane.tape.place(0, 2500))
    lane.change({"optim.lr_d": 0.0005})
    lane.step(500)
    middle = lane.tape.place(0, int(rng.integers(1000, 4000)))
    lane.seek(middle)
    runfile.write(tmp_path / "a.ganviz", lane.tape, middle)
    run = runfile.read(tmp_path / "a.ganviz")
    verdicts = replay(run)
    assert [v.words for v in verdicts if not v.same] == []
    assert (verdicts[0].last, verdicts[0].marks) == (5000, 20)
    again = Lane(run.tape, branch=0)
    again.seek(run.place)
    for each in (again, lane):
        each.step(5000 - each.engine.steps)
    for player in ("generator", "discriminator"):
        np.testing.assert_array_equal(again.engine.weights(player), lane.engine.weights(player))
