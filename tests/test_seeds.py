"""The same game from several seeds: what each run writes, and what is told of all."""

from __future__ import annotations

import errno
import json
import os
import signal
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from ganviz import seeds
from ganviz.cli import main as command_line
from ganviz.engine import Engine
from ganviz.headless import Outcome
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.tape.runfile import read

#: With these seed 3 diverges within ten steps, seeds 4 and 5 do not within 300.
WILD = {
    "loss.kind": "wasserstein",
    "optim.kind_g": "sgd",
    "optim.kind_d": "sgd",
    "optim.lr_g": 0.5,
    "optim.lr_d": 0.5,
    "train.batch": 16,
    "generator.hidden": [8],
    "discriminator.hidden": [8],
}
SETS = [part for path, value in WILD.items() for part in ("--set", f"{path}={json.dumps(value)}")]


def test_each_run_is_the_one_that_its_seed_gives_alone(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(seeds, "processors", lambda: 2)  # of which so few steps want one
    order = ["--steps", "60", "--seeds", "3,4", "--change", "30:train.k=2", "--samples", "10"]
    assert command_line(["run", *SETS, *order, "--out", str(tmp_path)]) == 3

    said = capsys.readouterr()
    assert "seed 3: The" in said.err
    assert "diverged at step" in said.err
    assert "Traceback" not in said.err
    lines = said.out.splitlines()
    assert [line.split()[0] for line in lines[:6]] == [
        "Seed", "3", "4", "median", "lowest", "highest",
    ]  # fmt: skip
    assert "2 runs in" in lines[6]

    table = json.loads((tmp_path / "seeds.json").read_text("utf-8"))
    first, second = table["runs"]
    assert (first["seed"], first["complete"], first["folder"]) == (3, False, "seed-3")
    assert (second["seed"], second["complete"], second["steps"]) == (4, True, 60)
    assert first["diverged"]
    assert not second["diverged"]
    assert table["not_begun"] == []
    assert table["processes"] == 1
    assert table["diagnoses"]["diverging"] == 1
    assert sum(table["diagnoses"].values()) == 2
    # What diverged has no share in medians.
    assert {name: each["median"] for name, each in table["measures"].items()} == second["measures"]

    for run in table["runs"]:
        folder = tmp_path / run["folder"]
        assert {path.name for path in folder.iterdir()} == {
            "trace.csv", "samples.npy", "weights.safetensors", "settings.toml", "summary.json",
            "run.ganviz",
        }  # fmt: skip
        alone = Engine(Settings.of({**WILD, "train.seed": run["seed"]}))
        alone.step(30)
        if not alone.trouble:
            alone.change({"train.k": 2})
            alone.step(30)
        assert run["steps"] == alone.steps
        branch = read(folder / "run.ganviz").tape.branches[0]
        assert np.array_equal(branch.rows, alone.trace.rows, equal_nan=True)
        assert np.array_equal(np.load(folder / "samples.npy"), alone.sample(10))
        weights = load_file(folder / "weights.safetensors")
        for name in ("generator", "discriminator"):
            own = [weights[key].ravel() for key in sorted(weights) if key.startswith(name)]
            assert np.array_equal(np.concatenate(own), alone.weights(name).astype(np.float32))


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_an_interrupt_keeps_what_there_is(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(seeds, "processors", lambda: 2)
    heard = signal.getsignal(signal.SIGINT)
    logs = [tmp_path / f"seed-{seed}" / ".recording" / "log" for seed in (4, 5)]

    def interrupt() -> None:
        patience = time.monotonic() + 120
        while not all(log.is_file() for log in logs) and time.monotonic() < patience:
            time.sleep(0.02)
        if signal.getsignal(signal.SIGINT) is not heard:
            os.kill(os.getpid(), signal.SIGINT)

    watch = threading.Thread(target=interrupt)
    watch.start()
    arguments = ["run", *SETS, "--steps", "1000000", "--seeds", "4,5,9", "--out", str(tmp_path)]
    code = command_line(arguments)
    watch.join()
    assert code == 130
    assert "Traceback" not in capsys.readouterr().err
    table = json.loads((tmp_path / "seeds.json").read_text("utf-8"))
    assert [run["seed"] for run in table["runs"]] == [4, 5]
    assert table["not_begun"] == [9]
    assert table["processes"] == 2
    for run in table["runs"]:
        assert not run["complete"]
        assert read(tmp_path / run["folder"] / "run.ganviz").tape.branches[0].last == run["steps"]
        assert not (tmp_path / run["folder"] / ".recording").exists()


def test_which_seeds_are_meant() -> None:
    settings = Settings.of({"train.seed": 7})
    assert seeds.seeds_of("3", settings) == [7, 8, 9]
    assert seeds.seeds_of("9, 3,5", settings) == [9, 3, 5]
    assert seeds.seeds_of("4,", settings) == [4]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0", "must be from 1 to 1,000 seeds"),
        ("1001", "must be from 1 to 1,000 seeds"),
        ("-3", "must be how many, such as 8, or a list, such as 3,5,9"),
        ("many", "must be how many"),
        ("3,,5", "must be how many"),
        ("", "must be how many"),
        ("3,5,3", "names 3 twice"),
        ("3,2147483648", "train.seed = 2147483648"),
    ],
)
def test_other_seeds_get_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ParamError, match=sentence):
        seeds.seeds_of(text, Settings())


def test_what_has_a_seed_or_no_folder_takes_no_others(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert command_line(["run", "--seeds", "2", "--steps", "5"]) == 2
    assert "--out: must be given" in capsys.readouterr().err
    assert command_line(["run", "--seeds", "2", "--replay"]) == 2
    assert "--replay: must come with a run file" in capsys.readouterr().err
    Path("a.ganviz").write_bytes(b"")
    monkeypatch.setattr("ganviz.cli.recorded", lambda name: object() if name else None)
    assert command_line(["run", "a.ganviz", "--seeds", "2", "--steps", "5", "--out", "x"]) == 2
    assert "a.ganviz and --seeds: a recorded run has its seed" in capsys.readouterr().err


def test_medians_and_ranges_are_those_of_the_numbers(tmp_path: Path, capsys) -> None:
    scores = {1: 0.25, 2: "inf", 3: 0.5, 4: 1.0, 5: 0.125}
    outcomes = {}
    for seed, score in scores.items():
        folder = tmp_path / f"seed-{seed}"
        folder.mkdir()
        name = "oscillating" if seed < 4 else "balanced"
        own = {
            "steps": 10,
            "seconds": 1.0,
            "steps_per_second": 10.0,
            "kernel": "plain",
            "diverged": "It did." if seed == 5 else None,
            "diagnosis": {"name": name, "words": f"{name} it is"},
            "measures": {"jsd": score},
        }
        (folder / "summary.json").write_text(json.dumps(own))
        outcomes[seed] = Outcome(10, 10, 1.0, seed != 5, "", "", None)
    table = seeds.summary(tmp_path, outcomes, 2.0, 2)
    kept = [float(score) for seed, score in scores.items() if seed != 5]
    assert table["measures"]["jsd"] == {
        "median": median(kept), "lowest": 0.25, "highest": "inf", "runs": 4,
    }  # fmt: skip
    assert table["diagnoses"] == {"oscillating": 3, "balanced": 2}
    assert table["steps_per_second"] == 25.0
    seeds.tell(table)
    assert "oscillating 3, balanced 2; 5 runs in 2.0 s, 25 steps/s in all" in (
        capsys.readouterr().out
    )


def test_a_disk_that_is_full_for_one_run_leaves_the_others(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(seeds, "_played", lambda *_: ({}, {3: "no room", 5: "no room"}, False, 1))
    assert seeds.train(Settings(), [3, 5], 10, tmp_path, 10, budget=1) == 2
    assert capsys.readouterr().err == "ganviz: seed 3, 5: no room\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OSError(errno.ENOENT, "No such file", "a/b"), "a/b: No such file"),
        (MemoryError("too much"), "MemoryError: too much"),
    ],
)
def test_whatever_a_run_fails_of_the_others_are_told(error: Exception, said: str) -> None:
    run: Future[Any] = Future()
    run.set_exception(error)
    refused: dict[int, str] = {}
    seeds._sort(run, 3, False, {}, refused)
    assert refused == {3: said}
