"""Opening the application, as short a way as there is.

``ganviz`` alone, which is how most people start it, needs neither the command line's parser nor
what goes with it; and PyTorch's largest library can be loaded while the window does something else.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ganviz.lesson import Lesson
    from ganviz.presets import Preset

#: The preset that is opened where none is named.
START_SCENE = "saddle-two-numbers"
#: A part of PyTorch that takes an eighth of its import, and for which ganviz has no use: rules, in
#: Python, for the shapes of tensors that hold no numbers.
UNUSED = "torch._meta_registrations"


def open_window(game: Preset | None = None, first: str = "", lesson: Lesson | None = None) -> int:
    """Open the window on a game, or on the start scene; return the exit code when it is closed.

    ``first`` is a run file that is opened instead as soon as it can be; ``lesson`` is opened in
    place of a game.
    """
    gc.disable()  # until the window takes it over: what is imported now is here to stay
    from ganviz.presets import find
    from ganviz.window.main import launch

    new = game is None and lesson is None and not first
    if lesson is not None:
        game = lesson.game
    return launch(game or find(START_SCENE), first, load_ahead, lesson, new)


def put_off(name: str) -> None:
    """See to it that a module is loaded when something of it is asked for, not with its import."""
    module = ModuleType(name)

    def asked(wanted: str) -> object:
        if wanted.startswith("__"):  # Python asks so for files and paths, of every module
            raise AttributeError(wanted)
        if sys.modules.get(name) is module:
            del sys.modules[name]
        return getattr(import_module(name), wanted)

    module.__dict__["__getattr__"] = asked
    sys.modules[name] = module


def load_ahead() -> None:
    """Load PyTorch's largest library, without PyTorch and without the interpreter lock.

    The library takes a fifth of ``import torch``, which would hold the lock all the while, and so
    does ``ctypes.CDLL``: the loader is called by address. Where it cannot be had, PyTorch will say
    why when it is imported. On Windows it is loaded by then, and macOS was never tried. The import,
    which comes next, is spared what nobody needs.
    """
    if "torch" not in sys.modules:
        put_off(UNUSED)
    if not sys.platform.startswith("linux"):
        return
    import ctypes
    from importlib.util import find_spec

    loader = ctypes.CDLL(None)
    loader.dlopen.argtypes = [ctypes.c_char_p, ctypes.c_int]
    loader.dlopen.restype = ctypes.c_void_p
    spec = find_spec("torch")
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        library = Path(place) / "lib" / "libtorch_cpu.so"
        if library.is_file():
            loader.dlopen(os.fsencode(library), os.RTLD_NOW)


def displayed() -> str:
    """Return an empty string where windows can be opened, else why not, as a sentence."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return ""
    if os.environ.get("WAYLAND_DISPLAY"):
        return ""
    display = os.environ.get("DISPLAY")
    if not display:
        return "This machine has no display (neither DISPLAY nor WAYLAND_DISPLAY is set)."
    import ctypes
    import ctypes.util

    name = ctypes.util.find_library("xcb")
    if name is None:
        return ""
    xcb = ctypes.CDLL(name)
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return f"The display {display} does not answer." if refused else ""
