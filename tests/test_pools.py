"""Runs side by side in processes: what happens when one of these is killed, or the one above."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from patience import alive, until

from ganviz import check, cli, seeds
from ganviz.lesson import find
from ganviz.tape.runfile import read

ROOT = Path(__file__).resolve().parents[1]
SMALL = ["--set", "train.batch=16", "--set", "generator.hidden=[8]"]
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="finds processes in /proc"
)


def playing(number: int) -> list[int]:
    """The processes of the pool of another one; not the one that minds its semaphores."""
    found = []
    for task in Path(f"/proc/{number}/task").glob("*/children"):
        for child in task.read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_bytes()
            if b"spawn_main" in words:
                found.append(int(child))
    return found


def killing(ready: Callable[[], object]) -> threading.Thread:
    """Kill all processes of our own pool once that is so."""

    def kill() -> None:
        until(ready, 120)
        for child in playing(os.getpid()):
            os.kill(child, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("words", "begun"),
    [
        (f"run {' '.join(SMALL)} --steps 1000000 --seeds 2 --out out", "out/seed-1/.recording/log"),
        ("lessons --check --jobs 2 mode-collapse", ""),
    ],
    ids=["seeds", "lessons"],
)
def test_what_plays_ends_with_the_one_who_asked_for_it(
    words: str, begun: str, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "ganviz", *words.split()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    children: list[int] = []
    try:
        until(lambda: playing(process.pid) and (not begun or (tmp_path / begun).exists()), 120)
        children = playing(process.pid)
        process.kill()
        process.wait()
        until(lambda: not any(map(alive, children)), 60)
    finally:
        for child in filter(alive, children):
            os.kill(child, signal.SIGKILL)
    if begun:  # what was run is written, as after Ctrl-C
        assert read(tmp_path / "out" / "seed-1" / "run.ganviz").tape.branches[0].last > 0


def test_a_killed_process_takes_no_seed_along_that_it_had_not_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeds, "processors", lambda: 1)
    killer = killing((tmp_path / "seed-4" / ".recording" / "log").is_file)
    words = ["run", *SMALL, "--steps", "30000", "--seeds", "4,5", "--out", str(tmp_path)]
    code = cli.main(words)
    killer.join()
    assert code == 2
    said = capsys.readouterr().err
    assert "ganviz: seed 4: its process ended; what was recorded lies in its folder" in said
    assert "seed 5" not in said
    assert (tmp_path / "seed-4" / ".recording").is_dir()
    table = json.loads((tmp_path / "seeds.json").read_text("utf-8"))
    done = [(run["seed"], run["steps"], run["complete"]) for run in table["runs"]]
    assert done == [(5, 30_000, True)]
    assert table["not_begun"] == []


def test_what_waited_in_a_pool_is_played_again_whatever_lies_in_its_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are in the hands of a pool, one is begun, and an earlier run has left all its folders."""
    monkeypatch.setattr(seeds, "processors", lambda: 2)
    words = ["run", *SMALL, "--seeds", "4,5,6,7", "--out", str(tmp_path)]
    assert cli.main([*words, "--steps", "20"]) == 0
    monkeypatch.setattr(seeds, "SURE", 0.0)
    monkeypatch.setattr(seeds, "WORTH", 0.0)  # the second process comes at once
    killer = killing(lambda: len(playing(os.getpid())) == 2)
    code = cli.main([*words, "--steps", "20000"])
    killer.join()
    assert code == 2
    said = capsys.readouterr().err
    assert "ganviz: seed 4: its process ended; what was recorded lies in its folder" in said
    table = json.loads((tmp_path / "seeds.json").read_text("utf-8"))
    done = [(run["seed"], run["steps"], run["complete"]) for run in table["runs"]]
    assert done == [(seed, 20_000, True) for seed in (5, 6, 7)]
    assert table["not_begun"] == []


def test_runs_that_are_lost_with_a_process_are_played_again() -> None:
    lesson = find("optimisers")
    killer = killing(lambda: playing(os.getpid()))
    verdicts, stopped = check.check([lesson], jobs=2, tell=False)
    killer.join()
    assert not stopped
    assert len(verdicts) == len(lesson.observations)
    assert all(each.good for each in verdicts)


def test_what_is_lost_twice_is_told_and_the_rest_is_judged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole, broken = find("polls"), find("optimisers")
    real = check.check

    def lossy(chosen: object, **how: object) -> object:
        verdicts, stopped = real([whole], jobs=1, tell=False)
        return verdicts, stopped

    monkeypatch.setattr(check, "check", lossy)
    table = tmp_path / "table.md"
    assert check.report([whole, broken], jobs=1, markdown=table) == 2
    said = capsys.readouterr()
    assert "not measured, as a process ended twice: optimisers" in said.err
    assert "polls" in said.out
    assert not table.exists()
