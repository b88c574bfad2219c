"""The lessons that there are: those that come with ganviz, and those in a person's own folder."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from ganviz import resources, tomlfile
from ganviz.lesson.parts import Lesson
from ganviz.lesson.reading import read
from ganviz.schema import ParamError


@dataclass(frozen=True, slots=True)
class Shelf:
    """Lessons by name, in their order, and what is wrong with files that are none, in sentences.

    ``own`` has the names of those that lie in a person's own folder.
    """

    lessons: Mapping[str, Lesson]
    broken: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()


@cache
def lessons() -> Mapping[str, Lesson]:
    """Return the lessons that come with ganviz, by name, in their order; read once."""
    found = [read(path) for path in sorted((resources() / "lessons").glob("*.toml"))]
    return _ordered(found)


def shelf(folder: Path | None) -> Shelf:
    """Return the lessons that come with ganviz and those in a folder, read anew.

    A file of one's own goes before the lesson of the same name. A folder that is not there has no
    lessons.
    """
    found, broken, own = dict(lessons()), [], set()
    try:
        paths = sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else []
    except OSError as error:
        return Shelf(lessons(), (f"{folder}: cannot be read ({error.strerror or error})",))
    for path in paths:
        try:
            found[path.stem] = read(path)
            own.add(path.stem)
        except ParamError as error:
            broken.append(str(error))
    return Shelf(_ordered(list(found.values())), tuple(broken), frozenset(own))


def find(name: str, folder: Path | None = None) -> Lesson:
    """Return the lesson of that name, or the one in the file of that name.

    Those in the folder go before the ones that come with ganviz.

    Raises
    ------
    ParamError
        If there is neither.
    """
    return tomlfile.find(name, "lesson", lessons(), read, folder)


def is_lesson(path: str | Path) -> bool:
    """Return whether a file is meant to be a lesson, and not a preset."""
    try:
        with Path(path).open("rb") as file:
            return "lesson" in tomllib.load(file)
    except (OSError, ValueError, RecursionError):
        return False  # whoever reads it says what is wrong


def _ordered(found: list[Lesson]) -> Mapping[str, Lesson]:
    ordered = sorted(found, key=lambda lesson: (lesson.order, lesson.name))
    return MappingProxyType({lesson.name: lesson for lesson in ordered})
