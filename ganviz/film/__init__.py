"""Frames to pictures to a file, on the same stage that the window shows.

``render``
    FilmStage: a stage off screen that turns frames into pictures. GUI thread only.
``encode``
    Film: a file that pictures are added to; encodes in a thread of its own.
"""

from .encode import Film
from .render import FilmStage

__all__ = ["Film", "FilmStage"]
