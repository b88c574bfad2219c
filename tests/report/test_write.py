"""Reports from the command line, and files that are whole or not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from ganviz.cli import main
from ganviz.report import pdf as pdf_module
from ganviz.report.document import Report
from ganviz.report.write import write
from ganviz.schema import ParamError
from ganviz.tape import Tape, runfile

TINY = Report("A title", "under", "made", ())


def test_a_name_says_the_format(tmp_path: Path, qapp: QApplication) -> None:
    write(TINY, tmp_path / "a.HTML")
    write(TINY, tmp_path / "a.pdf")
    assert (tmp_path / "a.HTML").read_bytes().startswith(b"<!DOCTYPE html>")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(ParamError, match=r"report a.docx: the name must end in .html or .pdf"):
        write(TINY, tmp_path / "a.docx")
    with pytest.raises(ParamError, match="there is no folder"):
        write(TINY, tmp_path / "nowhere" / "a.pdf")


def test_a_report_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"old")

    def broken(report: Report) -> bytes:
        raise OSError("disk is full")

    monkeypatch.setattr(pdf_module, "pdf", broken)
    with pytest.raises(OSError, match="disk is full"):
        write(TINY, path)
    monkeypatch.undo()
    monkeypatch.setattr("os.replace", lambda *a: (_ for _ in ()).throw(OSError("no")))
    with pytest.raises(OSError, match="no"):
        write(TINY, path)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.pdf"]


def test_the_command_trains_a_game_with_its_changes_and_reports_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], qapp: QApplication
) -> None:
    out = tmp_path / "r.html"
    line = ["report", "--preset", "two-modes", "--steps", "60", "--out", str(out), "--progress"]
    assert main([*line, "--change", "30:train.k=3", "--set", "train.batch=16"]) == 0
    *told, last = capsys.readouterr().out.splitlines()
    assert json.loads(last) == {"file": str(out), "bytes": out.stat().st_size}
    assert {json.loads(each)["phase"] for each in told} == {"training", "drawing", "writing"}
    assert main([*line, "--theme", "pink"]) == 2
    assert "--theme pink" in json.loads(capsys.readouterr().out)["error"]
    text = out.read_text("utf-8")
    assert "Step 30, before k, D-steps per G-step: 1 → 3" in text
    assert "Step 60" in text


def test_the_command_refuses_what_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], qapp: QApplication
) -> None:
    out = ["--out", str(tmp_path / "r.html")]
    for arguments, sentence in (
        (["--change", "k=3", *out], "--change k=3: must be STEP:PATH=VALUE"),
        (["--steps", "20", "--change", "30:train.k=3", *out], "change at step 30: must be from 0"),
        (["--change", "3:train.seed=3", *out], "train.seed begins another run"),
        (["--theme", "pink", *out], "--theme pink: must be light, dark or projector"),
        (["--out", str(tmp_path / "r.doc")], "r.doc: the name must end in .html or .pdf"),
        (["--steps", "5", "--branch", "Z", *out], "branch Z: must be one of"),
    ):
        assert main(["report", *arguments]) == 2
        assert sentence in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_command_reports_a_run_file(
    tmp_path: Path, tape: Tape, capsys: pytest.CaptureFixture[str], qapp: QApplication
) -> None:
    file, out = tmp_path / "a run.ganviz", tmp_path / "r.pdf"
    runfile.write(file, tape, tape.place(0, 100))
    assert main(["report", str(file), "--out", str(out), "--branch", "A", "--hand-out"]) == 0
    assert out.read_bytes().startswith(b"%PDF")
    assert main(["report", str(file), "--out", str(out), "--steps", "9"]) == 2
    assert "is recorded; give it without" in capsys.readouterr().err
    file.write_bytes(file.read_bytes()[:3000])
    assert main(["report", str(file), "--out", str(tmp_path / "s.pdf")]) == 2
    assert "a run.ganviz" in capsys.readouterr().err
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a run.ganviz", "r.pdf"]
