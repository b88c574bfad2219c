"""One holds a file at a time."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ganviz.lock import hold


def test_a_file_is_held_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("a") as mine, path.open("ab") as other:
        hold(mine)
        with pytest.raises(BlockingIOError):
            hold(other)
        mine.close()
        hold(other)


@pytest.mark.skipif(sys.platform == "win32", reason="another call is made there")
def test_that_files_cannot_be_held_is_no_lock_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(file: object, how: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    with (tmp_path / "lock").open("a") as file, pytest.raises(OSError, match="No locks") as caught:
        hold(file)
    assert not isinstance(caught.value, BlockingIOError)
