"""A screen that nobody sees, as large as a lecture room's: Qt's own has 800 × 800 points."""

from __future__ import annotations

import atexit
import json
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

SIZE = (1920, 1080)


def unseen() -> str:
    """Return what the environment variable QT_QPA_PLATFORM has to be for such a screen."""
    screen = {"name": "unseen", "x": 0, "y": 0, "width": SIZE[0], "height": SIZE[1]}
    screen |= {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    folder = Path(mkdtemp(prefix="ganviz-screen-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    file = folder / "screen.json"
    # All three are read; what is missing is taken for something else.
    about = {"synchronousWindowSystemEvents": False, "windowFrameMargins": False}
    file.write_text(json.dumps(about | {"screens": [screen]}), "utf-8")
    return f"offscreen:configfile={file}"
