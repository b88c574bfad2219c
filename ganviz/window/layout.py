"""Where things stand in the window, remembered from one time to the next."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QObject, QSettings, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget, QMainWindow

from ganviz.views.lanes import Lanes
from ganviz.window.panel import Panel

#: Grows when docks or bars change so that an old layout would not fit.
VERSION = 1
#: Width of the panel at first, pixels.
PANEL = 336
#: On screens narrower than this the window fills the screen.
NARROW = 1500


class Layout(QObject):
    """Size, docks and splits: restored at the start, remembered at the end."""

    def __init__(
        self, window: QMainWindow, dock: QDockWidget, panel: Panel, stage: Lanes, store: QSettings
    ) -> None:
        super().__init__(window)
        self._window = window
        self._dock = dock
        self._panel = panel
        self._stage = stage
        self._store = store
        self._fresh: tuple[QByteArray, bytes] = (window.saveState(VERSION), stage.save_sizes())

    def restore(self) -> None:
        """Put everything where it was, or where it looks best."""
        self._fill_screen()
        self._widen()
        geometry, docks = self._store.value("geometry"), self._store.value("layout")
        if isinstance(geometry, QByteArray):
            self._window.restoreGeometry(geometry)
            full = Qt.WindowState.WindowFullScreen
            self._window.setWindowState(self._window.windowState() & ~full)
        if isinstance(docks, QByteArray):
            self._window.restoreState(docks, VERSION)
        if sizes := self._store.value("stage"):
            self._stage.restore_sizes(str(sizes).encode())
        self._panel.restore(self._store)

    def remember(self) -> None:
        """Keep where everything is."""
        self._store.setValue("geometry", self._window.saveGeometry())
        self._store.setValue("layout", self._window.saveState(VERSION))
        self._store.setValue("stage", bytes(self._stage.save_sizes()).decode())
        self._panel.save(self._store)

    @Slot()
    def reset(self) -> None:
        """Put everything back where it was at the very first."""
        docks, sizes = self._fresh
        self._window.restoreState(docks, VERSION)
        self._widen()
        self._stage.restore_sizes(sizes)

    def _widen(self) -> None:
        self._window.resizeDocks([self._dock], [PANEL], Qt.Orientation.Horizontal)

    def _fill_screen(self) -> None:
        """Take most of the screen, or all of it where it is small."""
        room = QGuiApplication.primaryScreen().availableSize()
        if room.width() < NARROW:
            self._window.resize(room.width() - 80, room.height() - 80)
            self._window.setWindowState(Qt.WindowState.WindowMaximized)
        else:
            self._window.resize(
                min(1680, room.width() * 9 // 10), min(1040, room.height() * 9 // 10)
            )
