"""Files in TOML, and what is said of those that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ganviz import tomlfile
from ganviz.schema import ParamError


def keys(table: dict[str, Any]) -> list[str]:
    if "no" in table:
        raise ParamError("no: must not be there")
    return list(table)


def test_a_table_comes_to_whoever_makes_something_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("one = 1\n[two]\n", "utf-8")
    assert tomlfile.read(tmp_path / "a.toml", "list", keys) == ["one", "two"]
    assert tomlfile.parsed("one = 1", "typed", keys) == ["one"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"no = 1", "no: must not be there"),
        (b"[", "is not valid TOML"),
        (b"a = " + b"[" * 3000, "is not valid TOML"),
        (b"\xff", "is not text; a list is a TOML file"),
        (b"#" * (tomlfile.LARGEST_BYTES + 1), "is too large for a list; must have at most 1 MB"),
    ],
)
def test_one_sentence_tells_the_file_and_what_is_wrong(
    tmp_path: Path, data: bytes, sentence: str
) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(data)
    with pytest.raises(ParamError) as told:
        tomlfile.read(path, "list", keys)
    assert str(told.value).startswith(f"{path}: {sentence}")
    assert "\n" not in str(told.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ParamError, match="cannot be read"):
        tomlfile.read(tmp_path / "none.toml", "list", keys)


def test_a_name_is_of_one_that_is_known_or_of_a_file(tmp_path: Path) -> None:
    known = {"label-smoothing": 1, "ring": 2}
    assert tomlfile.find("ring", "game", known, len) == 2
    assert tomlfile.find("my.toml", "game", known, len) == 7
    (tmp_path / "ring.toml").write_text("", "utf-8")
    assert tomlfile.find("ring", "game", known, len, tmp_path) == len(str(tmp_path / "ring.toml"))
    assert tomlfile.find("ring", "game", known, len, tmp_path / "none") == 2
    # A guess is made where a name is nearly right, and not where it is anything.
    with pytest.raises(ParamError) as told:
        tomlfile.find("nothing", "game", known, len)
    assert str(told.value) == "game nothing: there is none of that name; `ganviz games` lists all 2"
    with pytest.raises(ParamError, match=r"did you mean label-smoothing\? `ganviz games` lists"):
        tomlfile.find("lable-smoothing", "game", known, len)
