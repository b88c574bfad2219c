"""The screen that nobody sees is there while something is measured, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ganviz import cli
from ganviz.bench import parts
from ganviz.bench.screen import SIZE, unseen

SIZED = """
from PySide6.QtGui import QGuiApplication
size = QGuiApplication([]).primaryScreen().size()
print(size.width(), size.height())
"""


def test_processes_have_the_screen_and_the_environment_is_as_it_was() -> None:
    before = os.environ["QT_QPA_PLATFORM"]
    with unseen():
        told = subprocess.run(
            [sys.executable, "-c", SIZED], capture_output=True, text=True, check=True, timeout=60
        )
        assert tuple(map(int, told.stdout.split())) == SIZE
        assert os.environ["QT_QPA_PLATFORM"] != before
    assert os.environ["QT_QPA_PLATFORM"] == before


@pytest.mark.parametrize("before", ["offscreen", None])
def test_a_bench_that_fails_leaves_the_environment_too(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def failing(*_: object) -> int:
        seen.append(os.environ["QT_QPA_PLATFORM"])
        raise RuntimeError

    monkeypatch.setattr(parts, "bench", failing)
    monkeypatch.setattr(cli, "displayed", lambda: "nothing to show it on")
    if before is None:
        monkeypatch.delenv("QT_QPA_PLATFORM")
    else:
        monkeypatch.setenv("QT_QPA_PLATFORM", before)
    with pytest.raises(RuntimeError):
        cli.main(["bench", "--quick"])
    assert seen[0].startswith("offscreen:configfile=")
    assert os.environ.get("QT_QPA_PLATFORM") == before
