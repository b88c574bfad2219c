"""Whatever ends a session, what it recorded opens, up to at most a second before."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Event, current_thread
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ganviz.presets import presets
from ganviz.schema import ParamError
from ganviz.tape import Tape, runfile
from ganviz.tape.lane import Lane
from ganviz.tape.pen import TEXT, _record
from ganviz.tape.recovery import (
    Recording,
    _records,
    discard,
    found,
    is_recording,
    lives,
    recover,
)
from ganviz.tape.tape import STRIDE


def toy() -> Lane:
    return Lane(Tape(title="toy"), presets()["saddle-two-numbers"].settings)


def deeds(lane: Lane) -> None:
    """Branches, changes, a way back, a new run, an undo and a bookmark."""
    lane.step(30)
    lane.change({"optim.lr_d": 0.02})
    lane.step(25)
    lane.seek(lane.tape.place(0, 20))
    lane.change({"train.k": 2})
    lane.step(17)
    lane.undo()
    lane.seek(lane.tape.place(1, 30))  # what the undo began is gone again
    lane.change({"train.k": 3})
    lane.step(21)
    lane.change({"train.seed": 5})
    lane.step(11)
    lane.tape.bookmark(lane.place, "there")
    lane.keep_end()


def told(tape: Tape) -> list[Any]:
    return [
        (b.number, b.parent, b.first, b.shared, b.origin, b.settings, b.marks, b.text,
         b.rows.tobytes(), [(k.key, k.fixed) for k in b.kept])
        for b in tape.branches
    ]  # fmt: skip


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Lane]:
    lane = toy()
    Recording(tmp_path / "r", lane.tape)
    yield lane
    if isinstance(lane.tape.log, Recording):
        lane.tape.log.leave()


def test_what_is_recovered_is_what_was_recorded(lane: Lane, tmp_path: Path) -> None:
    deeds(lane)
    assert isinstance(lane.tape.log, Recording)
    lane.tape.log.flush()
    assert lives(tmp_path / "r")
    run = recover(tmp_path / "r")
    assert told(run.tape) == told(lane.tape)
    assert run.tape.bookmarks == lane.tape.bookmarks
    assert (run.tape.title, run.tape.budget) == ("toy", lane.tape.budget)
    assert run.place == lane.place
    assert run.versions == runfile.versions()
    again = Lane(run.tape, branch=run.place.branch)
    for each in (again, lane):
        each.to_end()
        each.step(40)
    np.testing.assert_array_equal(
        again.engine.weights("discriminator"), lane.engine.weights("discriminator")
    )


def test_a_tape_that_was_opened_is_recorded_from_its_beginning(tmp_path: Path) -> None:
    lane = toy()
    deeds(lane)
    recording = Recording(tmp_path / "deep" / "er", lane.tape)
    lane.step(9)
    recording.leave()
    lane.step(9)  # nobody listens any more
    run = recover(tmp_path / "deep" / "er")
    assert run.tape.branches[-1].last == lane.branch.last - 9
    assert told(run.tape)[:-1] == told(lane.tape)[:-1]


def test_a_folder_stays_near_the_budget(tmp_path: Path) -> None:
    game = presets()["two-modes"].settings.with_({"train.batch": 16})
    lane = Lane(Tape(budget=2**20), game)
    recording = Recording(tmp_path / "r", lane.tape)
    for _ in range(6):
        lane.step(100)
        lane.keep_end()
    recording.flush()
    assert lane.tape.stride > 8
    size = sum(path.stat().st_size for path in (tmp_path / "r").iterdir() if path.name != "log")
    assert size < 2 * lane.tape.budget
    run = recover(tmp_path / "r")
    assert told(run.tape) == told(lane.tape)
    recording.finish()
    assert not (tmp_path / "r").exists()


def test_what_a_session_left_behind_is_found(tmp_path: Path) -> None:
    assert found(tmp_path / "none") == []
    lane = toy()
    recording = Recording(tmp_path / "one", lane.tape)
    lane.step(70)
    assert found(tmp_path) == []  # it lives
    discard(tmp_path / "one")
    assert is_recording(tmp_path / "one")
    recording.leave()
    (only,) = found(tmp_path)
    assert (only.folder, only.title, only.steps) == (tmp_path / "one", "toy", 70)
    discard(tmp_path / "one")
    assert found(tmp_path) == []
    discard(tmp_path)
    assert tmp_path.exists()


def test_a_run_that_was_put_aside_is_told_from_one_that_was_lost(tmp_path: Path) -> None:
    lane, idle = toy(), toy()
    put_aside, lost = Recording(tmp_path / "one", lane.tape), Recording(tmp_path / "two", idle.tape)
    lane.step(70)
    idle.step(3)
    assert put_aside.close()
    lost.leave()
    assert {each.folder.name: each.closed for each in found(tmp_path)} == {
        "one": True,
        "two": False,
    }
    assert told(recover(tmp_path / "one").tape) == told(lane.tape)
    assert lane.tape.log is None
    nothing = toy()
    assert not Recording(tmp_path / "three", nothing.tape).close()
    assert not (tmp_path / "three").exists()  # without a step it is not worth keeping


def test_two_sessions_do_not_record_in_one_folder(lane: Lane, tmp_path: Path) -> None:
    other = toy()
    second = Recording(tmp_path / "r", other.tape)
    assert "no longer recorded" in second.trouble
    second.leave()
    assert lives(tmp_path / "r")


def test_a_full_disk_ends_the_recording_and_not_the_run(
    lane: Lane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane.step(50)
    recording = lane.tape.log
    assert isinstance(recording, Recording)
    recording.flush()

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(recording._pen, "_append", full)
    lane.step(50)
    recording.flush()
    lane.change({"train.k": 2})
    lane.seek(lane.tape.place(0, 3))
    lane.step(3)
    assert lane.engine.steps == 6
    assert "No space left on device" in recording.trouble
    assert recover(tmp_path / "r").tape.branches[0].last == 50


def test_the_run_goes_on_while_a_slow_disk_writes(
    lane: Lane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = lane.tape.log
    assert isinstance(recording, Recording)
    begun, freed, append = Event(), Event(), recording._pen._append

    def slow(*parts: Any) -> None:
        begun.set()
        assert freed.wait(60)
        assert current_thread().name.startswith("ganviz-recording")
        append(*parts)

    monkeypatch.setattr(recording._pen, "_append", slow)
    monkeypatch.setattr("ganviz.tape.recovery.LATEST", 0)
    monkeypatch.setattr("ganviz.tape.recovery.SELDOM", 0)
    monkeypatch.setattr("ganviz.tape.recovery.LONGEST", 600)
    lane.step(40)
    assert begun.wait(60)
    lane.step(40)  # it waits for nobody
    lane.change({"train.k": 2})
    lane.step(3)
    assert recover(tmp_path / "r").tape.branches[0].last == 0
    freed.set()
    recording.flush()
    assert told(recover(tmp_path / "r").tape) == told(lane.tape)


def test_what_goes_wrong_while_it_writes_is_raised_where_it_was_told(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = lane.tape.log
    assert isinstance(recording, Recording)

    def wrong(*_: Any) -> None:
        raise ArithmeticError("unforeseen")

    monkeypatch.setattr(recording._pen, "_append", wrong)
    lane.step(3)
    with pytest.raises(ArithmeticError):
        recording.flush()
    assert not recording._pen._awaited
    assert recording.trouble.endswith(": unforeseen; save it to be safe.")
    lane.step(3)  # which would not follow what is written
    recording.flush()


@pytest.mark.parametrize("deed", ["flush", "hand over", "close"])
def test_a_recording_is_closed_in_order_whatever_goes_wrong(
    lane: Lane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    recording = lane.tape.log
    assert isinstance(recording, Recording)
    lane.step(30)
    recording.flush()

    def wrong(*_: Any) -> None:
        raise ArithmeticError("unforeseen")

    if deed == "close":
        close = recording._pen.close
        monkeypatch.setattr(recording._pen, "close", lambda: (close(), wrong()))
    elif deed == "hand over":
        monkeypatch.setattr(recording, "_hand_over", wrong)
    else:
        monkeypatch.setattr(recording._pen, "_append", wrong)
    if deed != "hand over":
        lane.tape.bookmark(lane.place, "there")
    with pytest.raises(ArithmeticError):
        recording.close()
    assert lane.tape.log is None
    assert not lives(tmp_path / "r")
    assert recording._pen._hand._shutdown
    (only,) = found(tmp_path)
    assert (only.closed, only.steps) == (True, 30)


@pytest.mark.parametrize("first", [8, 16, 15, 7])
def test_moments_at_another_stride_are_thinned_evenly(tmp_path: Path, first: int) -> None:
    """As those of a run file are that was made when a new tape's stride was 8."""
    lane = toy()
    lane.tape.stride = first
    lane.step(33 * first)
    runfile.write(tmp_path / "run.ganviz", lane.tape, lane.place)
    opened = runfile.read(tmp_path / "run.ganviz").tape
    assert opened.stride == first
    lane = Lane(opened, branch=0)
    lane.to_end()
    recording = Recording(tmp_path / "r", opened)
    for stride in (first, 2 * first, 4 * first):
        lane.step(8 * first)
        steps = [kept.step for kept in opened.branches[0].kept if not kept.fixed]
        assert steps == list(range(stride, lane.engine.steps + 1, stride))
        recording.flush()
        copy = recover(tmp_path / "r").tape
        assert (copy.stride, told(copy)) == (stride, told(opened))
        opened._thin()
    recording.leave()


def test_a_recording_that_tells_no_stride_has_that_of_a_new_tape(
    lane: Lane, tmp_path: Path
) -> None:
    lane.step(50)
    assert isinstance(lane.tape.log, Recording)
    lane.tape.log.leave()
    kinds = list(_records(tmp_path / "r" / "log"))
    about = json.loads(kinds[0][1])
    assert about.pop("stride") == STRIDE
    kinds[0] = TEXT, json.dumps(about).encode()
    parts = [part for kind, data in kinds for part in _record(kind, (data,))]
    (tmp_path / "r" / "log").write_bytes(b"".join(parts))
    copy = recover(tmp_path / "r").tape
    assert (copy.stride, told(copy)) == (STRIDE, told(lane.tape))


def test_nothing_recorded_is_said(tmp_path: Path) -> None:
    with pytest.raises(ParamError, match="holds no recording"):
        recover(tmp_path)
    Recording(tmp_path / "r", Tape()).leave()
    with pytest.raises(ParamError, match="nothing had been recorded"):
        recover(tmp_path / "r")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lane = toy()
    folder = tmp_path_factory.mktemp("recorded") / "r"
    recording = Recording(folder, lane.tape)
    deeds(lane)
    recording.leave()
    return folder


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_torn_records_cost_only_what_comes_after(folder: Path, tmp_path: Path, data: Any) -> None:
    copy = tmp_path / "torn"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    for path in sorted(copy.iterdir()):
        whole = bytearray(path.read_bytes())
        if path.name == "lock" or not data.draw(st.booleans()):
            continue
        whole = whole[: data.draw(st.integers(0, len(whole)))]
        if whole and data.draw(st.booleans()):
            whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(bytes(whole))
    found(tmp_path)
    whole_run = recover(folder)
    try:
        run = recover(copy)
    except ParamError:  # not even the beginning is left
        return
    for mine, other in zip(run.tape.branches, whole_run.tape.branches, strict=False):
        assert mine.settings == other.settings
        assert mine.marks == other.marks[: len(mine.marks)]
        count = len(mine.rows)
        np.testing.assert_array_equal(mine.rows, other.rows[:count])
    Lane(run.tape, branch=run.place.branch).seek(run.place)
