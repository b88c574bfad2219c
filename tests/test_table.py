"""What goes out as numbers comes in again, to the last digit."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from ganviz.engine import Engine
from ganviz.frame import Frame
from ganviz.presets import find
from ganviz.table import FIRST, samples_csv, samples_npz, trace_csv, trace_npz, whole


@pytest.fixture(scope="module")
def frame() -> Frame:
    engine = Engine(find("ring").settings)
    engine.step(25)
    return engine.frame()


def test_a_trace_comes_back_from_csv(frame: Frame, tmp_path: Path) -> None:
    trace_csv(frame.trace, tmp_path / "trace.csv")
    with (tmp_path / "trace.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 25
    first = tuple(name for name in FIRST if name in frame.trace.columns)
    assert tuple(rows[0])[: len(first)] == first
    assert set(rows[0]) == set(frame.trace.columns)
    for name in frame.trace.columns:
        read = np.array([float(row[name]) if row[name] else np.nan for row in rows])
        np.testing.assert_array_equal(read, frame.trace.column(name))


def test_a_trace_comes_back_from_npz(frame: Frame, tmp_path: Path) -> None:
    trace_npz(frame.trace, tmp_path / "trace.npz")
    with np.load(tmp_path / "trace.npz", allow_pickle=False) as kept:
        assert set(kept) == set(frame.trace.columns)
        for name in frame.trace.columns:
            np.testing.assert_array_equal(kept[name], frame.trace.column(name))
        assert kept["step"].tolist() == list(range(1, 26))
        assert kept["step"].dtype == np.int64


def test_samples_come_back_from_csv(frame: Frame, tmp_path: Path) -> None:
    samples_csv(frame.real, frame.fake, frame.step, tmp_path / "samples.csv")
    with (tmp_path / "samples.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for kind, points in (("real", frame.real), ("generated", frame.fake)):
        read = [[float(row["x"]), float(row["y"])] for row in rows if row["kind"] == kind]
        np.testing.assert_array_equal(np.array(read), points)
    assert {row["step"] for row in rows} == {"25"}


def test_samples_come_back_from_npz(frame: Frame, tmp_path: Path) -> None:
    samples_npz(frame.real, frame.fake, frame.step, tmp_path / "samples.npz")
    with np.load(tmp_path / "samples.npz", allow_pickle=False) as kept:
        assert set(kept) == {"real", "generated", "step"}
        np.testing.assert_array_equal(kept["real"], frame.real)
        np.testing.assert_array_equal(kept["generated"], frame.fake)
        assert int(kept["step"]) == 25


def test_samples_of_one_dimension_have_one_column(tmp_path: Path) -> None:
    points = np.array([[0.5], [1 / 3]])
    samples_csv(points, points[:1], 7, tmp_path / "s.csv")
    lines = (tmp_path / "s.csv").read_text("utf-8").splitlines()
    assert lines[0] == "kind,step,x"
    assert lines[2] == f"real,7,{1 / 3!r}"
    assert lines[3] == "generated,7,0.5"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "kept.csv"
    path.write_text("before")

    def fail(partial: Path) -> None:
        partial.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        whole(path, fail)
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["kept.csv"]
