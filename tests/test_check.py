"""What lessons claim is measured, told, and true."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ganviz import cli
from ganviz.check import BEGIN, END, check, is_fast, markdown_of
from ganviz.lesson import Lesson, lessons, parsed

TOY = """
[lesson]
title = "Toy"
preset = "saddle-two-numbers"
steps = 60
[[observation]]
name = "k-turns-faster"
says = "k = 5 moves ψ further."
seeds = 2
least = 2
of = "psi"
how = "span"
settings = {train.k = 5}
against = {}
is = ">="
value = 1.5
"""
WRONG = TOY.replace("value = 1.5", "value = 1e6")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "toy.toml").write_text(TOY, "utf-8")
    (tmp_path / "wrong.toml").write_text(WRONG, "utf-8")
    return tmp_path


def fast() -> list[Lesson]:
    return [each for each in lessons().values() if any(map(is_fast, each.observations))]


@pytest.mark.parametrize("lesson", fast(), ids=lambda lesson: lesson.name)
def test_what_is_quickly_measured_holds(lesson: Lesson) -> None:
    verdicts, stopped = check([lesson], fast=True, tell=False)
    assert not stopped
    assert [v.observation.name for v in verdicts if not v.good] == []


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("lesson", lessons().values(), ids=lambda lesson: lesson.name)
def test_whatever_a_lesson_claims_holds(lesson: Lesson) -> None:
    verdicts, _ = check([lesson], tell=False)
    assert [v.observation.name for v in verdicts if not v.good] == []


def test_processes_find_what_one_finds() -> None:
    toy = parsed("toy", TOY, "toy")
    (alone,), _ = check([toy], tell=False)
    (beside,), _ = check([toy], jobs=2, tell=False)
    assert alone.values == beside.values
    assert alone.holding == 2


def test_the_command_tells_and_judges(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lessons", str(folder / "toy.toml"), "--check", "--jobs", "1"]) == 0
    assert "1 of 1 observations hold" in capsys.readouterr().out
    arguments = ["lessons", "wrong", "--folder", str(folder), "--check", "--jobs", "1", "--json"]
    assert cli.main(arguments) == 1
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["observation"], row["holds"], row["good"]) == ("k-turns-faster", 0, False)


def test_the_table_goes_between_its_marks(folder: Path) -> None:
    page = folder / "page.md"
    page.write_text(
        f"# Before\n{BEGIN}\n| `toy` | outdated |\n| `other` | kept |\n{END}\nafter\n", "utf-8"
    )
    name = str(folder / "toy.toml")
    assert cli.main(["lessons", name, "--check", "--jobs", "1", "--markdown", str(page)]) == 0
    text = page.read_text("utf-8")
    assert text.startswith(f"# Before\n{BEGIN}\n\n| Lesson |")
    assert text.endswith(f"\n{END}\nafter\n")
    assert "outdated" not in text
    assert "| `other` | kept |" in text
    assert "| `toy` | k = 5 moves ψ further. | ≥ 1.5 |" in text


def test_lessons_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lessons", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == set(lessons())
    assert cli.main(["lessons", "--quantities"]) == 0
    told = capsys.readouterr().out
    assert "losses_identity" in told
    assert "‖∇L_E‖" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fast"], "--fast: must come with --check"),
        (["--markdown", "x.md"], "--markdown: must come with --check"),
        (["nothing"], "lesson nothing: there is none of that name"),
    ],
)
def test_refusals_are_sentences(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["lessons", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_verdict_that_does_not_hold_says_so_in_the_table() -> None:
    verdicts, _ = check([parsed("wrong", WRONG, "wrong")], tell=False)
    assert "0 of 2 **no**" in markdown_of(verdicts)


def test_latex_that_cannot_be_set_is_refused_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(TOY.replace("steps = 60", "steps = 60\nformula = '\\frac{1'"), "utf-8")
    assert cli.main(["lessons", "--check", str(path)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "ganviz: lesson bad: $\\frac{1$ cannot be typeset; must be LaTeX such as \\frac{a}{b}, "
        "with a closing bracket for each opening one\n"
    )
