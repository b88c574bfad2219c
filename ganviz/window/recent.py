"""Recent: the files that were opened or saved last, and the run before, in a menu."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal, Slot
from PySide6.QtWidgets import QMenu

#: So many are remembered.
MOST = 10


class Recent(QObject):
    """Remembers files, the latest first.

    Signals
    -------
    chosen (path)
        The user wants that one.
    last_chosen
        The user wants the last run, which no file holds.
    """

    chosen = Signal(str)
    last_chosen = Signal()

    def __init__(self, store: QSettings, parent: QObject) -> None:
        super().__init__(parent)
        self._store = store
        self.menu: QMenu | None = None
        self.last = ""  # what the last run is called, if there is one

    @property
    def paths(self) -> list[str]:
        """The files, the latest first."""
        # As one text: of a list of one, an INI file makes a text by itself.
        return [path for path in str(self._store.value("recent", "")).split("\n") if path]

    def fill(self, menu: QMenu) -> None:
        """Show them in a menu from now on."""
        self.menu = menu
        menu.aboutToShow.connect(self._show)
        self._keep(self.paths)

    @Slot(str)
    def show_last(self, words: str) -> None:
        """Offer the last run, which no file holds, in these words; nothing: there is none."""
        self.last = words
        self._enable()

    @Slot(str)
    def add(self, name: str) -> None:
        """Remember a file that was opened or saved."""
        path = str(Path(name).absolute())
        self._keep([path, *(each for each in self.paths if each != path)][:MOST])

    @Slot(str)
    def forget(self, name: str) -> None:
        """Remember a file no longer: it is not there."""
        path = str(Path(name).absolute())
        self._keep([each for each in self.paths if each != path])

    @Slot()
    def clear(self) -> None:
        """Forget all."""
        self._keep([])

    def _keep(self, paths: list[str]) -> None:
        self._store.setValue("recent", "\n".join(paths))
        self._enable()

    def _enable(self) -> None:
        if self.menu is not None:
            self.menu.menuAction().setEnabled(bool(self.paths or self.last))

    @Slot()
    def _show(self) -> None:
        if self.menu is None:
            return
        self.menu.clear()
        if self.last:
            action = self.menu.addAction(f"The last run: {self.last}".replace("&", "&&"))
            action.setToolTip("As it was left; no file holds it until it is saved")
            action.triggered.connect(self.last_chosen)
        paths = self.paths
        if not paths:
            return
        if self.last:
            self.menu.addSeparator()
        for path in paths:
            action = self.menu.addAction(Path(path).name.replace("&", "&&"))
            action.setToolTip(path)
            action.triggered.connect(lambda _=False, path=path: self.chosen.emit(path))
        self.menu.addSeparator()
        self.menu.addAction("Clear the list").triggered.connect(self.clear)
