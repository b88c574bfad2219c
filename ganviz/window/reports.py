"""File ▸ Report and Hand-out: what is on the tape, on paper, by a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, QStandardPaths, Qt, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from ganviz.film.order import Order
from ganviz.frame import Look
from ganviz.host import EngineThread
from ganviz.tape import runfile
from ganviz.window.filming import Filming, Queue, Take

FOLDER = "report/folder"
KINDS = {".html": "Web page (*.html)", ".pdf": "PDF (*.pdf)"}


class Reporting(Filming):
    """A report in the making, or waiting for its turn."""

    NOUN = "report"

    def __init__(self, take: Take, out: Path, hand_out: bool) -> None:
        super().__init__(take, Order(), out)
        self.hand_out = hand_out
        if hand_out:
            self.NOUN = "hand-out"

    def _wishes(self, take: Take) -> list[str]:
        # The file it is made of goes away again.
        wishes = ["report", str(take.path), "--called", ""]
        return [*wishes, "--hand-out"] if self.hand_out else wishes


class Reports(QObject):
    """Asks for a name, and has what is on the tape then put on paper.

    Parameters
    ----------
    host
        Whose tape it is.
    look
        Returns how the window shows the run.
    queue
        Where it waits for its turn.
    store
        Where the folder last used is remembered.
    window
        The window.
    """

    def __init__(
        self,
        host: EngineThread,
        look: Callable[[], Look],
        queue: Queue,
        store: QSettings,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._host, self._look, self._queue = host, look, queue
        self._store, self._window = store, window
        self._wanted: list[tuple[Path, bool]] = []  # those that wait for a copy of the tape
        self.dialog: QFileDialog | None = None
        host.tape_ready.connect(self._taken)

    def ask(self, hand_out: bool, name: str) -> None:
        """Let the user say under which name; then it is begun."""
        places = QStandardPaths.StandardLocation
        documents = QStandardPaths.writableLocation(places.DocumentsLocation)
        folder = str(self._store.value(FOLDER, documents or str(Path.home())))
        title = "Save hand-out" if hand_out else "Save report"
        self.dialog = dialog = QFileDialog(self._window, title, folder, ";;".join(KINDS.values()))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("html")
        dialog.filterSelected.connect(
            lambda kind: dialog.setDefaultSuffix("pdf" if kind == KINDS[".pdf"] else "html")
        )
        dialog.selectFile(f"{name}-hand-out" if hand_out else name)
        dialog.fileSelected.connect(lambda chosen: self.make(Path(chosen), hand_out))
        dialog.open()

    def make(self, path: Path, hand_out: bool) -> None:
        """Put on paper what is on the tape now."""
        if path.suffix.lower() not in KINDS:
            path = path.with_name(f"{path.name}.html")
        self._store.setValue(FOLDER, str(path.parent))
        self._wanted.append((path, hand_out))
        self._host.want_tape()

    @Slot()
    def _taken(self) -> None:
        if not self._wanted:
            return  # somebody else asked
        copy = self._host.tapes.take()
        if copy is None:
            self._host.want_tape()  # somebody else has taken it
            return
        tape, place = copy
        look = self._look()
        path, hand_out = self._wanted.pop(0)
        take = Take(lambda file: runfile.write(file, tape, place, look))
        self._queue.put(Reporting(take, path, hand_out))
        take.let_go()
