"""A film of a run from its first step, without a window."""

from __future__ import annotations

import sys
from math import isinf
from pathlib import Path

from PySide6.QtWidgets import QApplication

from ganviz.engine import Engine
from ganviz.film.encode import Film
from ganviz.film.render import FilmStage
from ganviz.frame import Look
from ganviz.interrupt import interruptible
from ganviz.presets import Preset

#: Steps a second of film for presets that run flat out.
FLAT_OUT = 400
#: The size at which the window is laid out; larger films enlarge type and lines with it.
LAYOUT = (1280, 800)
#: How long the last picture stays, seconds.
HOLD = 0.5


def shoot(
    game: Preset,
    out: Path,
    still: Path | None = None,
    *,
    size: tuple[int, int],
    fps: int,
    seconds: float,
    theme: str,
    steps: int | None = None,
) -> str:
    """Train a game and film it; return the sentence of a divergence, or nothing.

    The film has ``fps * seconds`` pictures, spread evenly over ``steps`` steps (by default the
    preset's speed times the seconds); ``still`` gets the last one as a PNG.

    Raises
    ------
    ParamError, ValueError, OSError
        For a game, a size or a path that cannot be; no half film is left.
    KeyboardInterrupt
        After Ctrl-C, between two pictures; no half film is left.
    """
    import torch
    from rich.progress import Progress

    torch.set_num_threads(1)
    application = QApplication.instance() or QApplication([sys.argv[0]])
    if still is not None and still.suffix.lower() != ".png":
        raise ValueError(f"still {still.name!r}: the name must end in .png")
    if still is not None and not still.parent.is_dir():
        raise FileNotFoundError(f"still {still}: there is no folder {still.parent}")
    pictures = max(round(fps * seconds), 2)
    moving = max(pictures - round(fps * HOLD), 1) if pictures > 2 * fps * HOLD else pictures - 1
    if steps is None:
        steps = round((FLAT_OUT if isinf(game.speed) else game.speed) * moving / fps)
    scale = max(1.0, min(size[0] / LAYOUT[0], size[1] / LAYOUT[1]))
    look = Look(theme=theme)
    with (
        interruptible() as interrupted,
        Film(out, size, fps) as film,
        FilmStage(size, scale=scale, caption=True) as stage,
        Progress(disable=not sys.stderr.isatty()) as bar,
    ):
        engine = Engine(game.settings)
        task = bar.add_task(f"Filming {game.title}", total=pictures)
        for number in range(pictures):
            if interrupted():
                raise KeyboardInterrupt
            engine.step(round(steps * min(number / moving, 1.0)) - engine.steps)
            picture = stage.picture((engine.frame(wants=look.wants),), look)
            film.add(picture)
            bar.advance(task)
            application.processEvents()
        if still is not None and not picture.save(str(still)):
            raise OSError(f"still {still}: cannot be written")
    return engine.trouble
