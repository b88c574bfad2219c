"""A screen that nobody sees, as large as a lecture room's: Qt's own has 800 × 800 points."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

SIZE = (1920, 1080)


@contextmanager
def unseen() -> Iterator[str]:
    """Give what the environment variable QT_QPA_PLATFORM has to be for such a screen.

    The file that tells Qt of it is gone afterwards.
    """
    screen = {"name": "unseen", "x": 0, "y": 0, "width": SIZE[0], "height": SIZE[1]}
    screen |= {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    # All three are read; what is missing is taken for something else.
    about = {"synchronousWindowSystemEvents": False, "windowFrameMargins": False}
    with TemporaryDirectory(prefix="ganviz-screen-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "screen.json"
        file.write_text(json.dumps(about | {"screens": [screen]}), "utf-8")
        yield f"offscreen:configfile={file}"
