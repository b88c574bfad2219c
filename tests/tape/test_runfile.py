"""A run file holds the whole tape, bit for bit, and no file can do harm."""

from __future__ import annotations

import csv
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from ganviz.frame import Look
from ganviz.presets import presets
from ganviz.settings import Settings
from ganviz.tape import Tape, runfile
from ganviz.tape.lane import Lane
from ganviz.tape.tape import Kept

SMALL = {
    "generator.hidden": (8,),
    "discriminator.hidden": (8,),
    "train.batch": 16,
    "train.measure_every": 20,
}


def settings(**values: Any) -> Settings:
    return presets()["two-modes"].settings.with_({**SMALL, **values})


def busy() -> Lane:
    """A lane after changes of every kind, with branches and bookmarks."""
    lane = Lane(Tape(title="Zwei Buckel – “two”"), settings())
    lane.step(53)
    lane.change({"train.k": 3})
    lane.change({"train.k": 2}, joined=True)
    lane.step(30)
    lane.step_player("generator")
    lane.change({"optim.lr_d": 0.01, "data.scale": 3.0})
    lane.change({"data.scale": None})
    lane.change({"discriminator.pack": 2})
    lane.change({"generator.hidden": (6, 6), "optim.ema": 0.9, "optim.kind_g": "sgd"})
    lane.step(41)
    lane.seek(lane.tape.place(0, 60))
    lane.change({"train.replay": 0.5, "train.replay_size": 64})  # branch B
    lane.step(70)
    lane.tape.bookmark(lane.place, 'see "this"\nand that')
    lane.change({"discriminator.kind": "linear"})
    lane.step(30)
    lane.undo()
    lane.step(5)  # branch C
    lane.change({"data.target": "ring"})
    lane.step(45)
    lane.change({"train.seed": 7})  # branch D
    lane.step(33)
    lane.change({"train.dtype": "float64"})
    lane.step(9)
    lane.keep_end()
    return lane


def same_moment(mine: Kept, other: Kept) -> None:
    assert (mine.step, mine.marks, mine.unread, mine.fixed) == (
        other.step, other.marks, other.unread, other.fixed,
    )  # fmt: skip
    a, b = mine.moment, other.moment
    assert (a.step, a.settings, a.block, a.used, a.how) == (
        b.step, b.settings, b.block, b.used, b.how,
    )  # fmt: skip
    assert a.held == b.held
    assert list(a.measured.items()) == list(b.measured.items())
    assert list(a.players) == list(b.players)
    arrays = [(a.memory[name], b.memory[name]) for name in a.memory]
    assert a.memory.keys() == b.memory.keys()
    for name, player in a.players.items():
        assert player.updates == b.players[name].updates
        arrays.append((player.flat, b.players[name].flat))
        arrays += list(zip(player.moments, b.players[name].moments, strict=True))
    assert (a.captured is None) == (b.captured is None)
    if a.captured is not None:
        arrays.append((a.captured, b.captured))
    assert a.standing is not None
    assert b.standing is not None
    for name in ("begun", "looked", "judged", "norms_at", "counts", "verdict", "written"):
        assert getattr(a.standing, name) == getattr(b.standing, name)
    arrays += [(a.standing.looks, b.standing.looks), (a.standing.orbit, b.standing.orbit)]
    for one, two in arrays:
        assert one.dtype == two.dtype
        np.testing.assert_array_equal(one, two)


def same_tape(mine: Tape, other: Tape) -> None:
    for name in ("budget", "title", "stride", "bookmarks", "used"):
        assert getattr(mine, name) == getattr(other, name), name
    assert len(mine.branches) == len(other.branches)
    for a, b in zip(mine.branches, other.branches, strict=True):
        for name in ("number", "parent", "first", "shared", "settings", "columns", "origin",
                     "marks", "text", "last"):  # fmt: skip
            assert getattr(a, name) == getattr(b, name), name
        np.testing.assert_array_equal(a.rows, b.rows)
        assert [kept.key for kept in a.kept] == [kept.key for kept in b.kept]
        for one, two in zip(a.kept, b.kept, strict=True):
            same_moment(one, two)


@pytest.fixture(scope="module")
def lane() -> Lane:
    return busy()


@pytest.fixture(scope="module")
def whole(lane: Lane, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "busy.ganviz"
    runfile.write(path, lane.tape.still(), lane.place, Look(theme="dark", probe=(0.5,), until=12))
    return path


def test_what_is_read_is_what_was_written(lane: Lane, whole: Path) -> None:
    run = runfile.read(whole)
    assert len(run.tape.branches) == 4
    assert run.place == lane.place
    assert run.look == Look(theme="dark", probe=(0.5,), until=12)
    assert run.versions == runfile.versions()
    lane.tape.weigh()
    same_tape(run.tape, lane.tape)


def test_a_run_goes_on_from_a_file_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    lane = busy()
    runfile.write(tmp_path / "a.ganviz", lane.tape)
    run = runfile.read(tmp_path / "a.ganviz")
    other = Lane(run.tape, branch=run.place.branch)
    for each in (other, lane):
        each.seek(run.place)
        each.step(50)
        each.seek(each.tape.place(2, 140))
        each.step(10)
        each.change({"loss.kind": "wasserstein"})
        each.step(20)
    for player in ("generator", "discriminator"):
        np.testing.assert_array_equal(other.engine.weights(player), lane.engine.weights(player))
    np.testing.assert_array_equal(other.engine.trace.rows, lane.engine.trace.rows)
    assert other.engine.diagnosis == lane.engine.diagnosis
    assert other.engine.journal == lane.engine.journal


def test_a_file_can_be_read_without_ganviz(lane: Lane, whole: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(whole) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    table = tomllib.loads((tmp_path / "run.toml").read_text("utf-8"))
    assert table["format"] == 1
    assert table["branches"][0]["settings"]["set"]["train.batch"] == 16
    assert table["branches"][0]["marks"][0]["set"] == {"train.k": 3}
    assert [m.get("unset") for m in table["branches"][0]["marks"]].count(["data.scale"]) == 1
    rows = np.load(tmp_path / "trace" / "0.npy", allow_pickle=False)
    np.testing.assert_array_equal(rows, lane.tape.branches[0].rows)
    moments = load_file(tmp_path / "moments" / "0.safetensors")
    first = lane.tape.branches[0].kept[0].moment
    np.testing.assert_array_equal(moments["generator.flat"][0], first.players["generator"].flat)
    journal = list(csv.DictReader((tmp_path / "journal.csv").read_text("utf-8").splitlines()))
    assert journal[0] == {
        "branch": "A", "step": "53", "what": "train.k 1 → 3", "parameter": "train.k",
        "before": "1", "after": "3",
    }  # fmt: skip
    assert "README.txt" in {path.name for path in tmp_path.iterdir()}
