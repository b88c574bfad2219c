"""Reels: a film of each lesson, from its first step to that at which its phenomenon shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from ganviz.film.formats import FORMATS, Format
from ganviz.film.make import Made
from ganviz.film.order import Order
from ganviz.film.shoot import shoot
from ganviz.film.source import LiveRun
from ganviz.lesson import Lesson
from ganviz.schema import ParamError


def form_named(name: str) -> Format:
    """Return the format of films of that name.

    Raises
    ------
    ParamError
        If there is none.
    """
    known = {each.name: each for each in FORMATS if each.suffix}
    if name not in known:
        raise ParamError(f"--form {name}: must be one of {', '.join(known)}")
    return known[name]


def reels(
    lessons: Iterable[Lesson], out: Path, form: Format, order: Order, told: Callable[[Made], object]
) -> list[Path]:
    """Film lessons into a folder, each as the window would show it, with changes and captions.

    The order says how large and how long a film is; views, layers and title are the lesson's.
    ``told`` hears of each film that is done. Returns their paths.

    Raises
    ------
    Stopped
        After Ctrl-C or SIGTERM; the films that are whole stay.
    OSError
        If the folder cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    made = []
    for lesson in lessons:
        changes = [(at, values) for at, values in lesson.changes if at <= lesson.steps]
        wanted = order.with_(
            look=lesson.look.with_(theme=order.look.theme),
            title=lesson.title,
            last=lesson.steps,
            said=lesson.said,
        )
        source = partial(LiveRun, lesson.settings, lesson.steps, changes, lesson.title)
        path = out / f"{lesson.name}{form.suffix}"
        told(shoot(source, wanted, path))
        made.append(path)
    return made
