"""The command line as a person types it, in processes of its own."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from ganviz import cli, lesson
from ganviz.cli import assignments
from ganviz.cli import main as command_line
from ganviz.engine import Engine
from ganviz.frame import TraceWriter
from ganviz.presets import presets
from ganviz.schema import ParamError
from ganviz.settings import PARAMETERS, Settings
from ganviz.tape import Tape
from ganviz.tape.lane import Lane
from ganviz.tape.recovery import Recording
from ganviz.tape.runfile import read, write


def ganviz(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ganviz", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **environment},
    )


LOADED = """
import sys
from ganviz.cli import main
code = main({})
print(code, [m for m in {} if m in sys.modules])
"""
FIRST = ["step", "loss_d", "loss_g", "value", "d_real", "d_fake", "grad_d", "grad_g"]


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["--help"], ["torch", "PySide6", "pyqtgraph", "av", "numpy"]),
        (["run", "--help"], ["torch", "PySide6", "pyqtgraph", "av", "numpy"]),
        (["parameters"], ["torch", "PySide6", "pyqtgraph", "av"]),
        (["presets"], ["torch", "PySide6", "pyqtgraph", "av"]),
        (["bench", "--help"], ["torch", "PySide6", "pyqtgraph", "av", "numpy"]),
    ],
)
def test_nothing_heavy_is_loaded_early(arguments: list[str], forbidden: list[str]) -> None:
    out = subprocess.run(
        [sys.executable, "-c", LOADED.format(arguments, forbidden)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert out.splitlines()[-1] == "0 []"


@pytest.mark.parametrize(
    "module",
    ["ganviz.catalog.losses", "ganviz.catalog.networks", "ganviz.settings", "ganviz.presets",
     "ganviz.host", "ganviz.views.stage", "ganviz.window.main"],
)  # fmt: skip
def test_no_torch_before_the_window(module: str) -> None:
    heavy = ["torch", "scipy", "av", "numba", "llvmlite"]
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert out.strip() == "[]"


def test_run_leaves_its_results(tmp_path: Path) -> None:
    out = tmp_path / "results"
    done = ganviz(
        "run", "--preset", "ring", "--set", "train.batch=32", "--set", "optim.lr_d=5e-4",
        "--steps", "60", "--every", "25", "--samples", "123", "--out", str(out),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {path.name for path in out.iterdir()} == {
        "trace.csv", "samples.npy", "weights.safetensors", "settings.toml", "summary.json",
        "run.ganviz",
    }  # fmt: skip
    rows = list(csv.DictReader((out / "trace.csv").read_text("utf-8").splitlines()))
    assert list(rows[0])[:8] == FIRST
    assert [int(row["step"]) for row in rows] == list(range(1, 61))
    assert [int(row["step"]) for row in rows if row["modes"]] == [25, 50]
    samples = np.load(out / "samples.npy")
    assert (samples.shape, samples.dtype) == ((123, 2), np.float32)
    table = tomllib.loads((out / "settings.toml").read_text("utf-8"))
    del table["format"]
    settings = Settings.from_nested(table)
    engine = Engine(settings)
    engine.step(60)
    np.testing.assert_array_equal(samples, engine.sample(123))
    assert float(rows[-1]["loss_d"]) == engine.trace.column("loss_d")[-1]
    weights = load_file(out / "weights.safetensors")
    flat = np.concatenate([weights[f"generator.{i}"].ravel() for i in range(6)])
    np.testing.assert_array_equal(flat, engine.weights("generator").astype(np.float32))
    summary = json.loads((out / "summary.json").read_text())
    assert summary["steps"] == 60
    assert summary["kernel"] == "compiled"
    assert summary["diverged"] is None
    assert summary["diagnosis"]["name"] == "learning"
    assert summary["diagnosis"]["words"] in done.stdout
    assert summary["steps_per_second"] > 0


SMALL = ["--preset", "two-modes", "--set", "generator.hidden=[8]", "--set", "train.batch=16"]


def test_a_run_file_goes_on_and_is_replayed(tmp_path: Path, capsys) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    changes = [
        "--change",
        "20:train.k=2",
        "--change",
        "20:optim.lr_d=0.01",
        "--change",
        "40:train.k=1",
    ]
    assert command_line(["run", *SMALL, *changes, "--steps", "40", "--out", str(first)]) == 0
    file = str(first / "run.ganviz")
    run = read(file)
    assert [(m.step, dict(m.values)) for m in run.tape.branches[0].marks] == [
        (20, {"train.k": 2, "optim.lr_d": 0.01}), (40, {"train.k": 1}),
    ]  # fmt: skip
    assert (
        command_line(
            ["run", file, "--steps", "25", "--change", "50:train.k=3", "--out", str(second)]
        )
        == 0
    )
    further = read(second / "run.ganviz").tape.branches[0]
    assert (further.last, len(further.marks)) == (65, 3)
    capsys.readouterr()
    assert command_line(["run", str(second / "run.ganviz"), "--replay", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["identical"] is True
    assert [(b["branch"], b["last"], b["marks"]) for b in said["branches"]] == [("A", 65, 3)]
    assert command_line(["run", str(second / "run.ganviz"), "--replay"]) == 0
    assert "bit-identical" in capsys.readouterr().out
    summary = json.loads((second / "summary.json").read_text())
    assert summary["steps"] == 65


def test_a_replay_that_differs_says_where(tmp_path: Path, capsys) -> None:
    lane = Lane(Tape(), presets()["saddle-two-numbers"].settings)
    lane.step(30)
    branch = lane.tape.branches[0]
    rows = branch.rows.copy()
    rows[17, branch.columns.index("theta")] += 1
    branch.trace = TraceWriter(branch.columns, rows).trace()
    write(tmp_path / "a.ganviz", lane.tape)
    assert command_line(["run", str(tmp_path / "a.ganviz"), "--replay"]) == 1
    assert "first differs at step 18" in capsys.readouterr().out


def test_a_run_that_was_killed_is_kept(tmp_path: Path, capsys) -> None:
    lane = Lane(Tape(), presets()["saddle-two-numbers"].settings)
    recording = Recording(tmp_path / ".recording", lane.tape)
    lane.step(30)
    living = ["run", *SMALL, "--steps", "8", "--out", str(tmp_path)]
    assert command_line(living) == 2
    assert "another run is being recorded there" in capsys.readouterr().err
    recording.leave()
    assert command_line(["run", str(tmp_path / ".recording"), "--replay"]) == 0
    for more, why in (
        (["--replay", "--samples", "9"], "--replay and --samples"),
        (["--replay", "--tape", "9"], "--replay and --tape"),
        (["--out", "x", "--steps", "5", "--tape", "9"], "--tape: a recorded run keeps"),
    ):
        assert command_line(["run", str(tmp_path / ".recording"), *more]) == 2
        assert why in capsys.readouterr().err
    assert command_line(["script", str(tmp_path / ".recording")]) == 0
    assert "import torch" in capsys.readouterr().out
    told = str(tmp_path / "told.html")
    assert command_line(["report", str(tmp_path / ".recording"), "--out", told]) == 0
    assert "30 steps" in Path(told).read_text("utf-8")
    assert command_line(living) == 0
    assert "recovered.ganviz" in capsys.readouterr().out
    assert read(tmp_path / "recovered.ganviz").tape.branches[0].last == 30
    assert read(tmp_path / "run.ganviz").tape.branches[0].last == 8
    assert not (tmp_path / ".recording").exists()


def test_a_diverging_run_says_so_and_keeps_what_was(tmp_path: Path) -> None:
    wild = ["generator.kind=shift", "discriminator.kind=linear", "loss.kind=wasserstein",
            "optim.kind_g=sgd", "optim.kind_d=sgd", "optim.lr_d=10", "optim.lr_g=10"]  # fmt: skip
    sets = [part for text in wild for part in ("--set", text)]
    done = ganviz("run", *sets, "--steps", "500", "--out", str(tmp_path))
    assert done.returncode == 3
    assert "diverged at step" in done.stderr
    assert "Traceback" not in done.stderr
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["diverged"] == summary["diagnosis"]["evidence"]
    assert np.isfinite(np.load(tmp_path / "samples.npy")).all()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "--steps", "0", "--out", "x"], "Must be >= 1"),
        (["run", "--steps", "many", "--out", "x"], "many"),
        (["run", "--steps", "5"], "--out"),
        (
            ["run", "--steps", "5", "--out", "x", "--preset", "rng"],
            "preset rng: there is none of that name; did you mean ring?",
        ),
        (["run", "--steps", "5", "--out", "x", "--set", "train.k"], "must be PATH=VALUE"),
        (
            ["run", "--steps", "5", "--out", "x", "--set", "train.k=0"],
            "train.k = 0: must be at least 1",
        ),
        (["run", "--steps", "5", "--out", "x", "--set", "data.modes=4"], "means nothing here"),
        (["run", "--steps", "5", "--out", "/proc/none/x"], "/proc/none"),
        (
            ["run", "--steps", "5", "--out", "x", "--set", "train.device=mps"],
            "this machine has none",
        ),
        (["run", "--steps", "5", "--out", "x", "--change", "k=5"], "must be STEP:PATH=VALUE"),
        (["run", "--steps", "5", "--out", "x", "--change", "9:train.k=2"], "change at step 9"),
        (["run", "--steps", "5", "--out", "x", "--change", "3:train.seed=2"], "another run"),
        (["run", "--replay"], "--replay: must come with a run file"),
        (["run", "none.ganviz", "--replay"], "none.ganviz: cannot be read"),
        (["run", "--json", "--steps", "5", "--out", "x"], "--json: must come with --replay"),
        (["run", "--out", "x"], "--steps: must be given"),
        (["run", "--steps", "5", "--out", "x", "--tape", "0"], "Must be >= 1"),
        (["--preset", "none.toml"], "none.toml: cannot be read"),
        (["--preset", "a\x1b[31mb\x9b"], "a [31mb"),
        (["nonsense"], "must be one of the commands run, film"),
        (["film", "--out", "a.avi"], ".mp4"),
        (["film", "--out", "a.mp4", "--size", "big"], "--size big: must be width x height"),
        (["film", "--out", "a.mp4", "--theme", "pink"], "must be one of light, dark, projector"),
        (["film", "--out", "a.mp4", "--seconds", "-1"], "must be a number above 0"),
    ],
)
def test_bad_arguments_get_one_sentence(
    arguments: list[str], sentence: str, capsys, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command_line(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("ganviz: ")
    assert sentence in said
    assert not list(tmp_path.iterdir())


def test_parameters_and_presets_are_listed(capsys) -> None:
    assert command_line(["parameters", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert list(table) == list(PARAMETERS)
    assert table["optim.lr_d"]["high"] == 10
    assert command_line(["presets", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == list(presets())


def test_assignments() -> None:
    assert assignments(["train.k=5", "data.target=ring", "generator.hidden=[4, 4]"]) == {
        "train.k": 5,
        "data.target": "ring",
        "generator.hidden": [4, 4],
    }
    with pytest.raises(ParamError):
        assignments(["train.k"])


SHORT = """
import sys
from ganviz import cli
film = cli._film
cli._film = lambda source, order, *places: film(source, order.with_(seconds=0.5), *places)
sys.exit(cli.main([]))
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="displays are named so on Linux only"
)
@pytest.mark.parametrize(
    ("display", "start", "pictures"),
    [
        pytest.param("", ["-m", "ganviz"], 240, id="none"),
        pytest.param(":98765", ["-c", SHORT], 15, id="one that does not answer"),
    ],
)
def test_without_a_display_a_run_is_filmed(
    tmp_path: Path, display: str, start: list[str], pictures: int
) -> None:
    environment = {**os.environ, "DISPLAY": display, "WAYLAND_DISPLAY": ""}
    environment.pop("QT_QPA_PLATFORM", None)
    done = subprocess.run(
        [sys.executable, *start],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        cwd=tmp_path,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "display" in lines[0]
    assert lines[0].count(".") <= 2
    film, still = (Path(line) for line in lines[-2:])
    assert film.suffix == ".mp4"
    assert still.suffix == ".png"
    import av

    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        frames = sum(1 for _ in container.decode(video=0))
        assert frames == pictures
        assert stream.average_rate == 30
    assert still.stat().st_size > 10_000


def test_a_lesson_is_opened_by_name_and_as_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[tuple] = []
    monkeypatch.setattr(cli, "displayed", lambda: "")
    monkeypatch.setattr(cli, "open_window", lambda *given: opened.append(given) or 0)
    wanted = lesson.find("mode-collapse")
    file = tmp_path / "mine.toml"
    lesson.write(file, wanted)
    assert cli.main(["--lesson", "mode-collapse"]) == 0
    assert cli.main([str(file), "--set", "train.seed=9"]) == 0
    assert cli.main(["--preset", "ring"]) == 0
    (game, _, first), (_, _, second), (_, _, none) = opened
    assert first == wanted
    assert game.settings == wanted.settings
    assert second.name == "mine"
    assert second.settings == wanted.settings.with_({"train.seed": 9})
    assert none is None


def test_lessons_of_one_s_own_folder_are_known_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ganviz.window.belongings import lessons_folder

    opened: list[tuple] = []
    monkeypatch.setattr(cli, "displayed", lambda: "")
    monkeypatch.setattr(cli, "open_window", lambda *given: opened.append(given) or 0)
    lessons_folder().mkdir(parents=True, exist_ok=True)
    own = lessons_folder() / "my-own-lesson.toml"
    lesson.write(own, lesson.find("mode-collapse"))
    try:
        assert cli.main(["--lesson", "my-own-lesson"]) == 0
        assert cli.main(["lessons", "my-own-lesson"]) == 0
        assert cli.main(["lessons"]) == 0
        listed = capsys.readouterr().out
        assert cli.main(["lessons", "my-own-lessen"]) == 2
    finally:
        own.unlink()
    assert opened[0][2].settings == lesson.find("mode-collapse").settings
    assert listed.count("my-own-lesson") == 2
    refused = capsys.readouterr().err.strip()
    assert "did you mean my-own-lesson?" in refused
    assert refused.count("\n") == 0


@pytest.mark.parametrize(
    "arguments",
    [["--lesson", "nothing"], ["--lesson", "mode-collapse", "--preset", "ring"]],
)
def test_a_lesson_that_is_none_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    assert "lesson" in capsys.readouterr().err


def test_a_folder_of_lessons_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for more in ([], ["--check"], ["dirac"]):
        assert cli.main(["lessons", *more, "--folder", str(tmp_path / "none")]) == 2
        said = capsys.readouterr().err.strip()
        assert said.endswith(f"--folder {tmp_path / 'none'}: there is no such folder")
        assert "\n" not in said


@pytest.mark.parametrize(
    ("quantity", "guess"), [("wone", ""), ("jds", "did you mean jsd? "), ("los_d", "mean loss_d? ")]
)
def test_an_observation_of_something_unknown_is_told_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], quantity: str, guess: str
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        '[lesson]\ntitle = "A"\ntext = "B"\nsteps = 1\n[settings.game]\nkind = "gan"\n'
        f'[[observation]]\nname = "a"\nsays = "B."\nof = "{quantity}"\nis = ">="\nvalue = 0\n'
    )
    assert cli.main(["lessons", str(path)]) == 2
    said = "".join(capsys.readouterr())
    assert f"own.toml: observation 1.of = {quantity}: must be a column of the trace, such" in said
    assert guess in said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError(13, "Permission denied", "a.toml"), "a.toml: Permission denied"),
        (OSError("cut short\n"), "cut short"),  # of a library, without what the system says
    ],
)
def test_an_error_of_a_file_is_one_sentence(
    error: OSError,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def app(*_: object, **__: object) -> int:
        raise error

    monkeypatch.setattr(cli, "app", app)
    assert command_line(["run"]) == 2
    assert capsys.readouterr().err == f"ganviz: {said}\n"


def test_a_pipe_that_lacks_letters_gets_the_rest() -> None:
    """As on Windows, into a file, or with LC_ALL=C."""
    done = subprocess.run(
        [sys.executable, "-m", "ganviz", "lessons", "--quantities"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"?" in done.stdout
    assert b"grad_d" in done.stdout
