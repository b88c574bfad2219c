"""The film command tells how far it is, stops when told to, and refuses in one sentence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from ganviz.cli import main as command_line
from ganviz.film.make import Pictures
from ganviz.film.order import Order
from ganviz.film.render import rgb
from ganviz.film.source import TapeRun
from ganviz.frame import Look
from ganviz.presets import presets
from ganviz.tape import Tape
from ganviz.tape.lane import Lane
from ganviz.tape.runfile import read, write

QUICK = ["--preset", "two-modes", "--set", "train.batch=8", "--set", "generator.hidden=[4]"]


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_progress_is_told_in_lines_of_json(qtbot: QtBot, tmp_path: Path, capsys) -> None:
    out = tmp_path / "run.gif"
    film = ["film", *QUICK, "--steps", "30", "--seconds", "0.5", "--size", "640x430"]
    changes = ["--change", "10:train.k=5", "--change", "10:optim.lr_d=0.01"]
    assert command_line([*film, *changes, "--out", str(out), "--progress"]) == 0
    *told, whole, last = lines(capsys.readouterr().out)
    assert last == {"file": str(out), "bytes": out.stat().st_size, "warning": ""}
    assert (whole["done"], whole["encoded"], whole["of"]) == (10, 10, 10)
    for line in told:
        assert set(line) == {"done", "encoded", "of", "seconds_left", "phase"}
        assert line["phase"] in ("training", "drawing", "encoding")


def test_a_film_order_is_followed_and_options_go_before_it(
    qtbot: QtBot, tmp_path: Path, capsys
) -> None:
    Order(size=(640, 430), fps=5, seconds=1.0, hold=0.2, last=9).write(tmp_path / "film.toml")
    film = ["film", *QUICK, "--order", str(tmp_path / "film.toml"), "--seconds", "0.6"]
    still = tmp_path / "last.png"
    out = tmp_path / "pictures"
    assert command_line([*film, "--out", str(out), "--still", str(still)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(out), str(still)]
    files = sorted(out.glob("*.png"))
    assert len(files) == 3
    assert files[-1].read_bytes()[16:24] == bytes.fromhex("00000280 000001ae")
    assert still.is_file()


def test_a_moment_is_a_film_of_one(qtbot: QtBot, tmp_path: Path, capsys) -> None:
    out = tmp_path / "moment.pdf"
    wanted = ["--to", "5", "--views", "distribution", "--no-caption"]
    assert command_line(["film", *QUICK, "--out", str(out), *wanted]) == 0
    assert out.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--out", "a.avi"], "film 'a.avi': the name must end in .mp4"),
        (["--out", "a.mp4", "--size", "big"], "--size big: must be width x height"),
        (["--out", "a.mp4", "--size", "8x8"], "film.size = 8x8: must be"),
        (["--out", "a.mp4", "--theme", "pink"], "must be one of light, dark, projector"),
        (["--out", "a.mp4", "--seconds", "-1"], "film.seconds = -1.0: must be a number above 0"),
        (["--out", "a.mp4", "--speed", "9"], "--speed 9: must come with --steps"),
        (["--out", "a.mp4", "--for", "tv"], "--for tv: must be one of powerpoint"),
        (["--out", "a.mp4", "--views", "pie"], "view pie: must be one of distribution"),
        (["--out", "a.mp4", "--change", "train.k=5"], "must be STEP:PATH=VALUE"),
        (["--out", "a.mp4", "--change", "5:train.k"], "must be STEP:PATH=VALUE"),
        (
            ["--out", "a.mp4", "--steps", "9", "--change", "10:train.k=5"],
            "change at step 10: must be at a step of the run, from 0 to 9",
        ),
        (["--out", "a.mp4", "--change", "5:train.seed=5"], "train.seed begins another run"),
        (["--out", "a.mp4", "--branch", "B"], "--branch: must come with a recorded run"),
        (["--out", "a.mp4", "--order", "none.toml"], "none.toml: cannot be read"),
        (["--out", "none/a.mp4"], "there is no folder none"),
        (["--out", "none/a.svg"], "there is no folder none"),
        (["--out", "a.mp4", "--still", "a.jpg"], "still 'a.jpg': the name must end in .png"),
        (["--out", "a.gif", "--fps", "30"], "film fps 30: must be 10, 20, 25 or 50"),
    ],
)
@pytest.mark.parametrize("told", [[], ["--progress"]])
def test_what_cannot_be_is_refused_in_one_sentence(
    qtbot: QtBot,
    arguments: list[str],
    sentence: str,
    told: list[str],
    tmp_path: Path,
    capsys,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command_line(["film", *QUICK, *arguments, *told]) == 2
    heard = capsys.readouterr()
    if told:
        (line,) = lines(heard.out)
        assert sentence in str(line["error"])
        assert not heard.err
    else:
        assert heard.err.startswith("ganviz: ")
        assert sentence in heard.err
        assert heard.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("phase", ["training", "drawing"])
def test_a_signal_stops_a_film_within_a_second_and_leaves_nothing(
    tmp_path: Path, number: signal.Signals, phase: str
) -> None:
    start = ["--from", "2000000", "--to", "3000000"] if phase == "training" else ["--to", "900"]
    arguments = ["film", *QUICK, *start, "--seconds", "600", "--out", str(tmp_path / "run.mp4")]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        [sys.executable, "-m", "ganviz", *arguments, "--progress"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as film:
        assert film.stdout is not None
        try:
            while json.loads(film.stdout.readline())["phase"] != phase:
                continue
            film.send_signal(number)
            since = monotonic()
            assert film.wait(30) == 130
            took = monotonic() - since
            rest = lines(film.stdout.read())
        finally:
            film.kill()
    assert rest[-1] == {"error": "interrupted; nothing of the film is left"}
    assert not list(tmp_path.iterdir())
    assert took < 4.0  # a tenth of a second on a machine that has nothing else to do


def test_a_run_file_is_filmed_as_it_was_last_seen(qtbot: QtBot, tmp_path: Path, capsys) -> None:
    small = {"generator.hidden": (4,), "train.batch": 8}
    tape = Tape(title="Two futures")
    lane = Lane(tape, presets()["two-modes"].settings.with_(small))
    lane.step(20)
    lane.seek(tape.place(0, 10))
    lane.change({"train.k": 4})
    lane.step(10)
    run = tmp_path / "run.ganviz"
    look = Look(theme="dark", upper="measures")
    write(run, tape, tape.place(0, 20), look)

    film = ["film", str(run), "--fps", "5", "--seconds", "1", "--no-caption", "--hold", "0"]
    for name, branches in (("", (0,)), ("B", (1,)), ("A,B", (0, 1))):
        out = tmp_path / f"film{name}"
        wanted = ["--branch", name] if name else []
        assert command_line([*film, "--out", str(out), "--to", "18", *wanted]) == 0
        capsys.readouterr()
        order = Order(fps=5, seconds=1.0, hold=0.0, caption=False, last=18, look=look)
        with Pictures(TapeRun(read(run).tape, branches), order) as pictures:
            for number, path in enumerate(sorted(out.glob("*.png"))):
                shown = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB32)
                assert np.array_equal(rgb(shown), rgb(pictures.picture(number)))
    for arguments, sentence in (
        (["--branch", "C"], "--branch C: must be of A, B"),
        (["--to", "21"], "film.last = 21: must be a step of the run, from 0 to 20"),
        (["--set", "train.k=3"], "--set: a recorded run is filmed as it was"),
    ):
        assert command_line([*film, "--out", str(tmp_path / "a.mp4"), *arguments]) == 2
        assert sentence in capsys.readouterr().err
