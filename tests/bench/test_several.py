"""Seeds side by side and two lanes are held against the same runs one by one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ganviz.bench import several as bench_several
from ganviz.bench.row import Effort, Stopped
from ganviz.bench.several import order, several, spent
from ganviz.cli import main as command_line

#: A turn as short as can be, of the fewest runs.
TINY = Effort(rounds=2, seconds=0.002, whole=False)


def test_seeds_and_lanes_are_shares_of_the_runs_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[tuple[str, ...], ...]] = []

    def counted(*orders: tuple[str, ...]) -> tuple[float, float]:
        asked.append(orders)
        return (1.0, 2.0) if len(orders) == 1 else (4.0, 5.0)

    monkeypatch.setattr(bench_several, "spent", counted)
    seeds, *lanes = several(TINY)
    together, alone = asked
    assert "--seeds" in together[0]
    assert [each[-1] for each in alone] == [f"--set=train.seed={seed}" for seed in range(3)]
    assert (seeds.value, seeds.unit, seeds.parts["by cpu time ×"]) == (0.25, "× time", 0.4)
    assert seeds.aim == ""  # for eight seeds only
    assert [row.aim for row in lanes] == ["≤ 1.1", "≤ 1.1"]
    for row in (seeds, *lanes):
        json.dumps(row.table(), allow_nan=False)
    for row in lanes:
        assert row.kernel
        assert 0 < row.low <= row.high
        rate = row.parts
        one_by_one = 1 / rate["A steps/s"] + 1 / rate["B steps/s"]
        assert row.value == pytest.approx(1 / rate["A and B steps/s"] / one_by_one)


def test_the_whole_measures_eight_seeds_against_an_aim(monkeypatch: pytest.MonkeyPatch) -> None:
    together, alone = iter([2.0, 3.0, 4.0]), iter([8.0, 9.0, 10.0])
    turns: list[int] = []

    def counted(*orders: tuple[str, ...]) -> tuple[float, float]:
        turns.append(len(orders))
        return next(together if len(orders) == 1 else alone), 0.0

    monkeypatch.setattr(bench_several, "spent", counted)
    rows = several(Effort())
    row = next(rows)
    assert "8 seeds of 500 steps" in row.name
    assert (row.value, row.low, row.high) == (0.25, 0.25, 0.4)
    assert turns == [1, 8, 8, 1, 1, 8]  # nobody always comes first
    assert (row.aim, row.reached) == ("≤ 0.6", True)
    assert "by cpu time ×" not in row.parts  # nobody tells


def test_what_is_ordered_is_what_a_person_would_type(tmp_path: Path, capsys) -> None:
    assert command_line(list(order(20, tmp_path / "one", "--set=train.seed=3"))) == 0
    settings = (tmp_path / "one" / "settings.toml").read_text("utf-8")
    assert "batch = 16" in settings
    assert "seed = 3" in settings


def test_commands_are_timed_and_one_that_fails_says_why() -> None:
    clock, busy = spent(("--version",), ("--version",))
    assert clock > 0
    assert busy > 0 or sys.platform == "win32"  # where nobody tells
    with pytest.raises(RuntimeError, match="ganviz presets --nonsense: "):
        spent(("presets", "--nonsense"))


def test_an_end_that_is_asked_for_leaves_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_several, "spent", lambda *orders: (1.0, 1.0))
    with pytest.raises(Stopped):
        next(several(Effort(stopped=lambda: True)))
