"""Files in TOML that a person may have written: read, and refused in one sentence."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from ganviz.schema import ParamError

#: So large may such a file be; none that anybody writes by hand comes near it.
LARGEST_BYTES = 2**20
#: How alike a name must be, from 0 to 1, for somebody to have meant it.
ALIKE = 0.75

T = TypeVar("T")


def read(path: str | PathLike[str], what: str, make: Callable[[dict[str, Any]], T]) -> T:
    """Return what ``make`` makes of the table in a file that shall be a ``what``.

    Raises
    ------
    ParamError
        Says which file, what is wrong with it and what would be right; what ``make`` refuses is
        told with the file's name before it.
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ParamError(f"{path}: is too large for a {what}; must have at most 1 MB")
        text = path.read_text("utf-8")
    except OSError as error:
        raise ParamError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise ParamError(f"{path}: is not text; a {what} is a TOML file") from None
    return parsed(text, str(path), make)


def parsed(text: str, called: str, make: Callable[[dict[str, Any]], T]) -> T:
    """Return what ``make`` makes of the table that a text in TOML holds.

    Raises
    ------
    ParamError
        Says what is wrong with the text, by what it is ``called``, and what would be right.
    """
    try:
        return make(tomllib.loads(text))
    except ParamError as error:
        raise ParamError(f"{called}: {error}") from None
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError
        raise ParamError(f"{called}: is not valid TOML ({error})") from None


def find(
    name: str,
    what: str,
    known: Mapping[str, T],
    read: Callable[[str], T],
    folder: Path | None = None,
) -> T:
    """Return the ``what`` of that name, or the one in the file of that name.

    Files in the folder go before those that are ``known``. ``ganviz {what}s`` lists these.

    Raises
    ------
    ParamError
        If there is neither.
    """
    if name.endswith(".toml"):
        return read(name)
    own = {} if folder is None else {path.stem: path for path in sorted(folder.glob("*.toml"))}
    if name in own:
        return read(str(own[name]))
    if name in known:
        return known[name]
    near = get_close_matches(name, {**known, **own}, 1, ALIKE)
    guess = f"did you mean {near[0]}? " if near else ""
    raise ParamError(
        f"{what} {name[:40]}: there is none of that name; {guess}`ganviz {what}s` lists all "
        f"{len({**known, **own})}"
    )
