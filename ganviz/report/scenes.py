"""Which places of a tape a report pictures, and what was done there. Knows neither Qt nor torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ganviz.frame import Bookmark, Mark
from ganviz.schema import ParamError
from ganviz.tape.tape import Branch, Place, Tape

#: Pictures of a run without bookmarks, at most; and those at bookmarks.
MOST, MOST_BOOKMARKS = 12, 60


@dataclass(frozen=True, slots=True)
class Scene:
    """A place of the tape that is pictured.

    Attributes
    ----------
    place
        Where.
    behind
        The latest deed before it, or None.
    ahead
        What is done there, or soon after it, before the next picture.
    note
        The note of the bookmark.
    """

    place: Place
    behind: Mark | None
    ahead: tuple[Mark, ...] = ()
    note: str = ""


def deeds(marks: Sequence[Mark]) -> list[Mark]:
    """Return a journal in which every gesture is one entry: from its first value to its last."""
    found: list[Mark] = []
    for mark in marks:
        last = found[-1] if found else None
        if last is None or not mark.joined or (last.kind, mark.kind) != ("change", "change"):
            found.append(mark)
            continue
        before = dict(mark.before) | dict(last.before)
        values = dict(last.values) | dict(mark.values)
        moved = [path for path in values if before.get(path) != values[path]]
        found[-1] = replace(
            last,
            text=mark.text if len(values) == 1 else last.text,
            values=tuple((path, values[path]) for path in moved),
            before=tuple((path, before.get(path)) for path in moved),
        )
    return found


def named(tape: Tape, name: str | None, number: int | None = None) -> Branch:
    """Return the branch of that letter; without one that of that number.

    Without either, or where nothing happened on it yet, the latest on which something happened.

    Raises
    ------
    ParamError
        If there is no such branch.
    """
    if name is None:
        if number is not None and not tape.branches[number].empty:
            return tape.branches[number]
        return next((b for b in reversed(tape.branches) if not b.empty), tape.branches[-1])
    for branch in tape.branches:
        if branch.name == name.strip().upper():
            return branch
    letters = ", ".join(branch.name for branch in tape.branches)
    raise ParamError(f"branch {name[:20]}: must be one of the branches of this run, {letters}")


def chosen(tape: Tape, branch: Branch, whole: bool) -> list[Scene]:
    """Return what to picture, in order.

    The bookmarks; where there are none, the start of the branch's run, each place at which
    something was done to it, as it was before that, and its end: at most :data:`MOST`, those that
    lie close together being one. ``whole`` takes in the other branches: their bookmarks, or their
    ends.
    """
    marked = [b for b in tape.bookmarks if whole or _on(tape, b, branch)]
    if marked:
        return [_at_bookmark(tape, bookmark) for bookmark in marked[:MOST_BOOKMARKS]]
    others = [b for b in tape.branches if whole and b is not branch and not b.empty]
    others = others[-MOST // 3 :]
    end = _end(tape, branch)
    found = [*_along(tape, branch, MOST - 1 - len(others)), end]
    return found + [_end(tape, other) for other in others]


def _on(tape: Tape, bookmark: Bookmark, branch: Branch) -> bool:
    """Return whether a bookmark lies on the way to a branch's end."""
    path = tape.path(branch.number)
    ends = [*(each.first for each in path[1:]), branch.last]
    return any(
        bookmark.branch == each.number and bookmark.step <= end
        for each, end in zip(path, ends, strict=True)
    )


def _at_bookmark(tape: Tape, bookmark: Bookmark) -> Scene:
    place = tape.place(bookmark.branch, bookmark.step)
    done = deeds(tape.marks(place.branch)[: place.marks])
    return Scene(place, done[-1] if done else None, note=bookmark.note)


def _end(tape: Tape, branch: Branch) -> Scene:
    place = tape.place(branch.number, branch.last)
    done = deeds(tape.marks(branch.number))
    return Scene(place, done[-1] if done else None)


def _along(tape: Tape, branch: Branch, most: int) -> list[Scene]:
    """Return the start of a run and the places where something was done to it, before that."""
    done = deeds(tape.marks(branch.number))
    counts = [mark.step for mark in tape.marks(branch.number)]
    gap = branch.last / most
    found = [Scene(tape.place(branch.number, 0), None)]
    for number, mark in enumerate(done):
        last = found[-1]
        if mark.step == 0:
            continue  # pictured as the start, which lies behind it
        near = mark.step - last.place.step < gap and len(done) >= most - 1
        if mark.step == last.place.step or near:
            found[-1] = replace(last, ahead=(*last.ahead, mark))
            continue
        if mark.step >= branch.last:
            continue  # pictured as the end
        before = sum(step < mark.step for step in counts)
        behind = done[number - 1] if number else None
        found.append(Scene(Place(branch.number, mark.step, before), behind, (mark,)))
    return found
