"""A screen that nobody sees, as large as a lecture room's: Qt's own has 800 × 800 points."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

SIZE = (1920, 1080)


@contextmanager
def unseen() -> Iterator[None]:
    """Let Qt have such a screen, here and in processes begun here, by the environment.

    Afterwards the environment is as it was: the file that tells Qt of the screen is gone then, and
    whoever looked for it would abort.
    """
    screen = {"name": "unseen", "x": 0, "y": 0, "width": SIZE[0], "height": SIZE[1]}
    screen |= {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    # All three are read; what is missing is taken for something else.
    about = {"synchronousWindowSystemEvents": False, "windowFrameMargins": False}
    with TemporaryDirectory(prefix="ganviz-screen-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "screen.json"
        file.write_text(json.dumps(about | {"screens": [screen]}), "utf-8")
        before = os.environ.get("QT_QPA_PLATFORM")
        os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={file}"
        try:
            yield
        finally:
            if before is None:
                del os.environ["QT_QPA_PLATFORM"]
            else:
                os.environ["QT_QPA_PLATFORM"] = before
