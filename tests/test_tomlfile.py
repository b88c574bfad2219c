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


def test_a_name_is_of_one_that_is_known_or_of_a_file() -> None:
    known = {"a": 1, "b": 2}
    assert tomlfile.find("b", "list", known, len) == 2
    assert tomlfile.find("my.toml", "list", known, len) == 7
    with pytest.raises(ParamError, match=r"^list c: must be one of a, b, or a \.toml file$"):
        tomlfile.find("c", "list", known, len)
