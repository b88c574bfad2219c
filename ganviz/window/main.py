"""What starts the window and ends it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QStandardPaths, Qt, Signal
from PySide6.QtGui import QFileOpenEvent, QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from ganviz import resources
from ganviz.presets import Preset
from ganviz.views.ink import BODY
from ganviz.views.raster import in_one_thread
from ganviz.window.mainwindow import MainWindow
from ganviz.window.upkeep import Garbage, LastWords, Terminal

if TYPE_CHECKING:
    from ganviz.lesson import Lesson

__all__ = ["MainWindow", "application", "launch"]

log = logging.getLogger(__name__)

#: How long a thread waits for the interpreter lock before it asks for it, seconds. By Python's own
#: 5 ms a frame is late that comes while the trainer measures.
LOCK_SECONDS = 0.0003


def application() -> QApplication:
    """Return the QApplication, named and dressed."""
    QApplication.setOrganizationName("ganviz")
    QApplication.setApplicationName("ganviz")
    QApplication.setApplicationDisplayName("ganviz")
    QGuiApplication.setDesktopFileName("org.ganviz.Ganviz")
    in_one_thread()
    sys.setswitchinterval(LOCK_SECONDS)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setStyle("Fusion")
    font = app.font()
    font.setPixelSize(BODY)
    app.setFont(font)
    app.setWindowIcon(QIcon(str(resources() / "icons" / "ganviz.svg")))
    return app


class Opener(QObject):
    """Hears of files that are opened by a double click, where the system tells a running one."""

    wanted = Signal(str)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See :class:`Opener`; called by Qt."""
        if isinstance(event, QFileOpenEvent) and event.file():
            self.wanted.emit(event.file())
            return True
        return False


def launch(
    preset: Preset,
    first: str = "",
    ahead: Callable[[], object] | None = None,
    lesson: Lesson | None = None,
    new: bool = False,
) -> int:
    """Open the window on a preset, and return the exit code when it is closed.

    ``first`` is a run file that is opened instead as soon as it can be. ``ahead`` is called when
    the window is up, in the host thread, before that does anything of its own. ``lesson`` is the
    one whose game the preset is. ``new``: nothing was asked for, so the first time there is a tour.
    """
    app = application()
    terminal = Terminal()  # before the window: an interrupt must find somebody at any time
    data = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
    window = MainWindow(preset, first=first, recording=Path(data) / "recovery", lesson=lesson)
    opener = Opener()
    opener.wanted.connect(window.files.open_path)
    app.installEventFilter(opener)
    garbage, last_words = Garbage(), LastWords()
    terminal.asked.connect(window.leave)
    last_words.said.connect(window.messages.show_error)
    window.host.ready.connect(garbage.freeze)
    if new:
        window.greet()
    window.host.failed.connect(garbage.start)
    garbage.take()
    if ahead is not None:
        window.host.started.connect(ahead, Qt.ConnectionType.DirectConnection)
    window.show()
    code = app.exec()
    window.host.stop()  # it has ended, unless the loop was left without closing the window
    for each in (last_words, terminal, garbage):
        each.stop()
    if window.host.isRunning():  # a thread that will not end must not keep the process
        log.error("the host thread did not end")
        logging.shutdown()
        os._exit(1)
    return code or window.exit_code
