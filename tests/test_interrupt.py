"""Ctrl-C ends the application at any time of its start: no hang, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.mark.parametrize("delay", [0.15, 0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.5, 4.0])
def test_an_interrupt_ends_the_application(tmp_path, delay: float) -> None:
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": str(tmp_path),
        "HOME": str(tmp_path),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "ganviz"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    try:
        _, said = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        pytest.fail(f"still there a minute after an interrupt at {delay} s")
    assert process.returncode in (130, -signal.SIGINT)
    # Before its first line Python itself prints a traceback; ganviz's own lines must not be in it.
    assert "window" not in said
    assert "PySide6" not in said


# What -m ganviz does, and says when ganviz has taken Ctrl-C over from Python.
TELLING = """
import signal
take_over = signal.signal
def told(*deed):
    before = take_over(*deed)
    signal.signal = take_over
    print("taken over", flush=True)
    return before
signal.signal = told
from ganviz.__main__ import main
main()
"""


def interrupted(
    arguments: list[str], delay: float, folder: Path, after: Path | None = None
) -> tuple[int, str]:
    """Interrupt ganviz so many seconds after it began; if a file is named, once it has grown."""
    process = subprocess.Popen(
        [sys.executable, "-c", TELLING, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "taken over\n"
    patience = time.monotonic() + 60
    while after is not None and time.monotonic() < patience and not _grown(after):
        time.sleep(0.1)
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def _grown(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


@pytest.mark.parametrize("delay", [1.0, 5.0, 7.0])
def test_an_interrupted_film_leaves_nothing(tmp_path: Path, delay: float) -> None:
    code, said = interrupted(["film", "--seconds", "60", "--out", "f.mp4"], delay, tmp_path)
    assert code == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_keeps_what_it_has(tmp_path: Path) -> None:
    arguments = ["run", "--steps", "1000000", "--out", "results"]
    recorded = tmp_path / "results" / ".recording" / "log"
    code, said = interrupted(arguments, 2.0, tmp_path, after=recorded)
    assert code == 130
    assert "Traceback" not in said
    assert len((tmp_path / "results" / "trace.csv").read_text().splitlines()) > 2
