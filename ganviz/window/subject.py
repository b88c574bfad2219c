"""Subject: what can be filmed, and how the window shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ganviz.frame import Look, Reel


@dataclass(frozen=True, slots=True)
class Subject:
    """What can be filmed, and how the window shows it.

    Attributes
    ----------
    reel
        Every branch, its changes and bookmarks; the driven lane's branch is the first to be filmed.
    look
        How the window shows it.
    sizes
        How its stage is split: ``Stage.save_sizes()``.
    stage
        (width, height) of its stage, pixels.
    title
        What the run is called; the film's file is called so, too.
    said
        What the lesson that is open says at its steps, see :attr:`ganviz.film.order.Order.said`.
    lesson
        The title of that lesson, which its films bear; empty: films are called as the game is.
    """

    reel: Reel
    look: Look = field(default_factory=Look)
    sizes: str = ""
    stage: tuple[int, int] = (1280, 800)
    title: str = ""
    said: tuple[tuple[int, str], ...] = ()
    lesson: str = ""

    @property
    def driven(self) -> int:
        """The branch that is filmed unless another is chosen."""
        if self.reel.lanes:
            return self.reel.lanes[0][0]
        return self.reel.stretches[-1].number if self.reel.stretches else 0

    def last(self, branches: Iterable[int]) -> int:
        """Return the last step that a film of these branches can show."""
        return min((self.reel.stretches[each].last for each in branches), default=0)

    def places(self, branch: int) -> list[tuple[int, str]]:
        """Return (step, words) of every bookmark and change on the way to a branch, in order."""
        found: dict[tuple[int, str], None] = {}
        path = self.reel.path(branch) if self.reel.stretches else ()
        for at, stretch in enumerate(path):
            end = path[at + 1].first if at + 1 < len(path) else stretch.last
            for mark in stretch.marks:
                if mark.step <= end and not mark.joined:
                    found[mark.step, mark.text] = None
            for bookmark in self.reel.bookmarks:
                if bookmark.branch == stretch.number and bookmark.step <= end:
                    found[bookmark.step, bookmark.note or "bookmark"] = None
        return sorted(found)
