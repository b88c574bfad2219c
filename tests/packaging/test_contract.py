"""The import contract of pyproject.toml holds, and can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def lint(checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package in a folder, not on the installed one."""
    program = "from importlinter.cli import lint_imports_command as lint; lint()"
    return subprocess.run(  # with -c, the current folder comes first on the path
        [sys.executable, "-c", program, "--no-cache", "--no-logo"],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the package with its contract."""
    shutil.copytree(ROOT / "ganviz", tmp_path / "ganviz", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def source_of(checkout: Path, room: str) -> Path:
    """The file of a room, be it a module or a package."""
    module = checkout / "ganviz" / f"{room}.py"
    return module if module.exists() else checkout / "ganviz" / room / "__init__.py"


def test_the_contract_holds(checkout: Path) -> None:
    done = lint(checkout)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("room", "line", "broken"),
    [
        ("schema", "import PySide6", "knows Qt"),
        ("engine", "def late():\n    from PySide6.QtCore import QObject", "knows Qt"),
        ("engine", "import pyqtgraph", "knows Qt"),
        ("views", "from ganviz.engine import Engine", "Views know"),
        ("views", "from ganviz import settings", "Views know"),
        ("views", "from ganviz import host", "Views know"),
        ("frame", "from ganviz.settings import Settings", "up the list of rooms"),
        ("engine", "from ganviz import film", "up the list of rooms"),
    ],
)
def test_the_contract_can_fail(checkout: Path, room: str, line: str, broken: str) -> None:
    file = source_of(checkout, room)
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    done = lint(checkout)
    assert done.returncode == 1, done.stdout + done.stderr
    report = [words for words in done.stdout.splitlines() if words.endswith("BROKEN")]
    assert any(broken in words for words in report), done.stdout


def test_a_room_that_is_not_in_the_list_is_noticed(checkout: Path) -> None:
    (checkout / "ganviz" / "attic.py").write_text('"""A room nobody placed."""\n')
    done = lint(checkout)
    assert done.returncode == 1
    assert "attic" in done.stdout
