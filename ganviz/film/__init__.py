"""Frames to pictures to a file, on the same stage that the window shows.

``order``, ``plan``, ``words``
    Order: everything a film is made by, and its file; which step each picture shows, and what is
    written about it. Know no Qt.
``source``
    Where frames come from: a run that is trained meanwhile, or a tape. Knows no Qt.
``render``
    FilmStage: a stage off screen that turns frames into pictures. GUI thread only.
``encode`` (``writers``, ``parts``)
    Film: a file that pictures are added to; encodes in a thread of its own. One writer a format;
    half films are hidden until they are whole.
``make``, ``still``, ``shoot``
    Pictures: those of a film in any order; ``make`` writes all of them, ``still`` one as shapes.
    ``shoot`` does so for the command line.
``formats``, ``purposes``
    The kinds of film there are, and what each is for. Know neither Qt nor an encoder.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .encode import Film
    from .order import Order
    from .render import FilmStage

__all__ = ["Film", "FilmStage", "Order"]

_PLACES = {"Film": "encode", "FilmStage": "render", "Order": "order"}


def __getattr__(name: str) -> Any:
    """Load Qt only for those who draw or encode: an order can be read without it."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PLACES[name]}", __name__), name)
