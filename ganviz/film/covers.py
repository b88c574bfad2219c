"""Covers: a picture of each lesson in its telling state, for the gallery."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter

from ganviz.film.render import FilmStage
from ganviz.film.shoot import application
from ganviz.film.source import LiveRun
from ganviz.frame import Frame, Look
from ganviz.lesson import Lesson
from ganviz.presets import find
from ganviz.views.chrome import Button
from ganviz.views.stage import framed
from ganviz.views.theme import colour
from ganviz.views.theme import theme as palette_

#: Pixels of the layout, of the picture, and its quality as WebP.
LAYOUT, SIZE, QUALITY = (640, 500), (560, 350), 82
#: The edge of a view, which a cover leaves out, and how far down its buttons stand, at most.
EDGE, BUTTONS = 12, 0.4
#: Of free play: how its picture is called, the game and step that it shows, and the width of the
#: layout, pixels.
FREE, FREE_GAME, FREE_STEPS, FREE_LAYOUT = "free-play", "ring", 1200, 860
#: The themes that have a picture, and what stands behind the lesson's name in its file's.
THEMES = {"light": "", "dark": "-dark"}


def cover_look(lesson: Lesson) -> Look:
    """Return how a lesson is seen on its cover: through its most important view alone."""
    return lesson.look.with_(
        maximised=lesson.views[0], hidden=lesson.look.hidden | {"story"}, until=None
    )


def covers(lessons: Iterable[Lesson], out: Path, told: Callable[[Path], object]) -> list[Path]:
    """Write the pictures of lessons into a folder, one for each theme; return their paths.

    Each is what the window shows at the lesson's last step, with the changes of its script.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    application("")
    out.mkdir(parents=True, exist_ok=True)
    stage = FilmStage(_twice(LAYOUT), scale=2.0)
    made = []
    for lesson in lessons:
        changes = [(at, values) for at, values in lesson.changes if at <= lesson.steps]
        run = LiveRun(lesson.settings, lesson.steps, changes, lesson.title)
        look = cover_look(lesson)
        frames = framed(look, partial(run.frames, lesson.steps))
        made += _written(out, lesson.name, look, partial(_picture, stage, frames), told)
    return made


def free_cover(out: Path, told: Callable[[Path], object]) -> list[Path]:
    """Write the picture of free play, one for each theme: all views of a game; return their paths.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    application("")
    out.mkdir(parents=True, exist_ok=True)
    game = find(FREE_GAME)
    run = LiveRun(game.settings, FREE_STEPS, [], game.title)
    stage = FilmStage(_twice(SIZE), scale=_twice(SIZE)[0] / FREE_LAYOUT)
    look = Look().with_(hidden=frozenset({"graph", "story", "saddle"}))
    frames = framed(look, partial(run.frames, FREE_STEPS))

    def picture(look: Look) -> QImage:
        return stage.picture(frames, look).scaled(
            *SIZE,
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )

    return _written(out, FREE, look, picture, told)


def _written(
    out: Path,
    name: str,
    look: Look,
    picture: Callable[[Look], QImage],
    told: Callable[[Path], object],
) -> list[Path]:
    """Write a picture through a look in each theme; return their paths, or raise OSError."""
    made = []
    for theme, ending in THEMES.items():
        path = out / f"{name}{ending}.webp"
        picture(look.with_(theme=theme)).save(str(path), quality=QUALITY)
        if not path.is_file():
            raise OSError(f"{path}: cannot be written")
        made.append(path)
        told(path)
    return made


def _twice(size: tuple[int, int]) -> tuple[int, int]:
    return 2 * size[0], 2 * size[1]


def _picture(stage: FilmStage, frames: tuple[Frame, ...], look: Look) -> QImage:
    """Return the view beneath its title and its buttons, which nobody can press on a cover."""
    image = stage.picture(frames, look)
    sheet = stage.show(frames, look)
    feet = [
        button.mapTo(sheet, button.rect().bottomLeft()).y()
        for button in sheet.findChildren(Button)
        if button.isVisible()
    ]
    top = max((y for y in feet if y < BUTTONS * LAYOUT[1]), default=EDGE)
    wide, tall = LAYOUT[0] - 2 * EDGE, LAYOUT[1] - top - EDGE
    seen = QRect(2 * EDGE, 2 * top, 2 * wide, 2 * tall)
    small = image.copy(seen).scaled(
        *SIZE,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    whole = QImage(*SIZE, QImage.Format.Format_RGB32)
    whole.fill(colour(palette_(look.theme).base))
    p = QPainter(whole)
    p.drawImage((SIZE[0] - small.width()) // 2, (SIZE[1] - small.height()) // 2, small)
    p.end()
    return whole
