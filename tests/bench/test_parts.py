"""Measurements are taken, told and left off as they should; how fast it is is not tested here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from math import isfinite

import pytest

from ganviz.bench import parts
from ganviz.bench.films import films
from ganviz.bench.longrun import long_run
from ganviz.bench.parts import PARTS, Entry, Found, bench, chosen
from ganviz.bench.program import BUILDS, missing, program
from ganviz.bench.row import Effort, Row, Stopped
from ganviz.bench.scrubbing import scrubbing
from ganviz.bench.startup import STARTS, spent, startup
from ganviz.bench.sweep import sweep
from ganviz.bench.training import training
from ganviz.bench.turns import ratio, take_turns
from ganviz.cli import main as command_line
from ganviz.schema import ParamError

#: What the rows of one game say behind its name.
KINDS = ("", ", measuring", ", measuring beside")
#: A turn as short as can be, of the fewest games.
TINY = Effort(rounds=2, seconds=0.002, whole=False)


def sound(rows: list[Row], *, kernel: bool = True) -> None:
    """Every row has a finite positive number within its spread, and says what it was made of."""
    assert rows
    for row in rows:
        assert row.value is not None, row
        assert isfinite(row.value)
        assert 0 < (row.low or 0) <= (row.high or 0)
        assert bool(row.kernel) == kernel
        json.dumps(row.table(), allow_nan=False)


def test_training_gives_three_ratios_a_game(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganviz.bench.training.QUICK", (0,))
    rows = list(training(TINY))
    sound(rows)
    assert len(rows) == 3
    for row in rows:
        assert {"plain loop steps/s", "by cpu time ×"} < set(row.parts)
        assert row.aim == "≥ 6"
        assert row.reached is not None
    names = ["2 × 32, batch 256, k = 1"] * 3
    assert [row.name for row in rows] == [a + b for a, b in zip(names, KINDS, strict=True)]


def test_the_sweep_names_its_least() -> None:
    rows = list(sweep(TINY, widths=(8, 16), batches=(16,)))
    sound(rows)
    assert rows[-1].value == min(row.value for row in rows[:-1])
    assert "2 × " in rows[-1].note


@pytest.mark.skipif(bool(missing()), reason=missing() or "it can be built")
def test_the_program_is_compared() -> None:
    rows = list(program(TINY))
    sound(rows)
    assert [row.aim for row in rows] == ["≥ 1", ""]


def test_without_a_compiler_a_row_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    (row,) = program(TINY)
    assert row.value is None
    assert "no C compiler" in row.note
    assert row.table()["value"] is None


@pytest.mark.skipif(bool(missing()), reason=missing() or "it can be built")
def test_a_build_that_the_compiler_refuses_leaves_the_other(monkeypatch) -> None:
    monkeypatch.setitem(BUILDS, "C for this processor", ("-O3", "-march=abacus"))
    plain, native = program(TINY)
    sound([plain])
    assert native.value is None
    assert "abacus" in native.note


def test_turns_are_taken_by_whole_multiples_and_nobody_always_comes_first() -> None:
    played: list[tuple[str, int]] = []
    players = {name: lambda n, name=name: played.append((name, n)) for name in "ab"}
    tallies = take_turns(players, replace(TINY, rounds=4, seconds=1e-5), {"a": 20})
    turns = played[-8:]
    assert [name for name, _ in turns] == list("abbaabba")
    assert all(n % 20 == 0 for name, n in played if name == "a")
    assert [len(tally.by_clock) for tally in tallies.values()] == [4, 4]


def test_a_ratio_is_of_the_best_turns_and_its_spread_of_the_rounds() -> None:
    tallies = take_turns({"a": len_of, "b": len_of}, TINY)
    tallies["a"].by_clock, tallies["b"].by_clock = [30.0, 10.0], [2.0, 5.0]
    row = ratio("x", tallies, "a", "b", least=5)
    assert (row.value, row.low, row.high, row.reached) == (6, 2, 15, True)
    assert ratio("x", tallies, "a", "b", least=7).reached is False


def len_of(n: int) -> None:
    sum(range(100 * n))


def test_films_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganviz.bench.films.SIZE", (960, 540))
    for name in ("matplotlib", "imageio_ffmpeg"):
        pytest.importorskip(name, reason=f"{name} comes with ganviz[benchmark], not installed")
    sound(list(films(TINY)), kernel=False)


def test_without_matplotlib_a_row_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganviz.bench.films.find_spec", lambda name: None)
    (row,) = films(TINY)
    assert row.value is None
    assert "ganviz[benchmark]" in row.note


def test_starting_is_a_share_of_importing(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {"import torch": 2.0}
    codes = {code: name for name, code, _ in STARTS}
    monkeypatch.setattr(
        "ganviz.bench.startup.spent",
        lambda code: seconds.get(codes.get(code, "import torch"), 1.0),
    )
    rows = list(startup(TINY))
    sound(rows, kernel=False)
    assert [row.value for row in rows] == [0.5, 0.5]
    assert [row.reached for row in rows] == [True, True]
    assert spent("pass") > 0


def test_a_place_on_the_tape_is_timed(qapp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganviz.bench.scrubbing.FEW_STEPS", 60)
    rows = list(scrubbing(TINY))
    sound(rows)
    assert [row.unit for row in rows] == ["ms", "ms", "× time", "× time"]


# ---- what the command does ----------------------------------------------------------------------


def two_rows(effort: Effort) -> Iterator[Row]:
    yield Row("first", 2.0, low=1.0, high=3.0, least=1.5, kernel="plain", parts={"a": 1.0})
    yield Row("second", None, note="no reason")
    effort.check()
    yield Row("third", 12.0, "ms", most=20)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PARTS, "training", Entry("A title", __name__, "two_rows"))
    monkeypatch.setattr(Entry, "load", lambda self: two_rows)


def test_the_table_has_every_row(fake, capsys) -> None:
    assert bench(["training"], quick=True, as_json=False) == 0
    out = capsys.readouterr().out
    for words in ("A title", "first", "2 ×", "1 to 3", "≥ 1.5", "reached", "no reason", "12 ms"):
        assert words in out
    assert "processor" in out


def test_json_has_the_machine_and_every_number(fake, capsys) -> None:
    assert command_line(["bench", "--json", "--only", "training"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"date", "processor", "cores", "python", "torch", "ganviz"} < set(told["machine"])
    assert told["kernels"] == ["plain"]
    assert told["complete"] is True
    first, second, third = told["parts"]["training"]["rows"]
    assert (first["value"], first["aim"], first["reached"]) == (2.0, "≥ 1.5", True)
    assert (second["value"], second["note"]) == (None, "no reason")
    assert (third["unit"], third["aim"]) == ("ms", "≤ 20")


def test_an_interruption_tells_what_was_measured_by_then(fake) -> None:
    found: Found = parts.measure(
        ["training", "sweep"], replace(TINY, stopped=lambda: True), parts.Console(stderr=True)
    )
    assert [row.name for row in found.rows["training"]] == ["first", "second"]
    assert not found.complete
    assert "sweep" not in found.rows
    assert found.table()["complete"] is False


def test_a_part_that_fails_says_so_and_leaves_the_others(fake, monkeypatch, capsys) -> None:
    def broken(effort: Effort) -> Iterator[Row]:
        yield Row("first", 2.0)
        raise RuntimeError("the window paints nothing")

    loads = {"A title": two_rows}
    monkeypatch.setattr(Entry, "load", lambda self: loads.get(self.title, broken))
    assert command_line(["bench", "--json", "--only", "training", "sweep"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["complete"] is False
    assert len(told["parts"]["training"]["rows"]) == 3
    assert (
        told["parts"]["sweep"]["rows"][-1]["note"]
        == "failed: RuntimeError: the window paints nothing"
    )


def test_turns_end_when_somebody_asks() -> None:
    with pytest.raises(Stopped):
        take_turns({"a": len_of}, replace(TINY, stopped=lambda: True))


def test_turns_that_were_taken_count_when_somebody_asks_for_an_end() -> None:
    asked = iter([False, False])  # before the first, and before the second
    effort = replace(TINY, stopped=lambda: next(asked, True))
    assert list(effort.turns(50)) == [0, 1]
    assert list(TINY.turns(3)) == [0, 1, 2]


def test_a_long_run_is_as_fast_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganviz.bench.longrun.FEW_STEPS", 80)
    rows = list(long_run(TINY))
    assert [row.aim for row in rows] == ["≤ 1.05", "≤ 50", "≥ 1"]
    assert rows[0].value > 0
    assert rows[2].value == 1


def test_a_part_that_there_is_not_gets_a_sentence(capsys) -> None:
    with pytest.raises(ParamError, match="--only nonsense: must be one of training"):
        chosen(["nonsense"])
    with pytest.raises(ParamError, match="--only: must name one or more of training"):
        chosen([])
    assert command_line(["bench", "--only", "nonsense"]) == 2
    assert command_line(["bench", "--slow"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert chosen(["program", "training"]) == ("training", "program")
    assert chosen(None) == tuple(PARTS)


@pytest.mark.parametrize("entry", PARTS.values(), ids=PARTS)
def test_every_part_is_there(entry: Entry) -> None:
    assert callable(entry.load())
