"""What comes in from files, the clipboard and the mouse, and what goes out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QStandardPaths, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from ganviz import presets
from ganviz.catalog.points import SUFFIXES, checked, table_of
from ganviz.frame import Frame, Mark
from ganviz.schema import ParamError
from ganviz.script import begun, done, script
from ganviz.share import is_shared, share, shared
from ganviz.table import samples_csv, samples_npz, trace_csv, trace_npz, whole
from ganviz.window.desk import Desk
from ganviz.window.pictures import FILTER, Kept, as_picture, as_svg

if TYPE_CHECKING:
    from ganviz.lesson import Lesson

SETTINGS_FILTER = "Presets and settings (*.toml)"
LESSON_FILTER = "Lessons (*.toml)"
RUN_FILTER = "Runs (*.ganviz)"
OPEN_FILTER = f"Runs, presets and settings (*.ganviz *.toml);;{RUN_FILTER};;{SETTINGS_FILTER}"
SCRIPT_FILTER = "Python (*.py)"
#: What data can be saved, by the words of the dialog.
TABLES = {
    "Trace as CSV (*.csv)": "trace",
    "Trace as NPZ (*.npz)": "trace",
    "Samples as CSV (*.csv)": "samples",
    "Samples as NPZ (*.npz)": "samples",
}
#: Steps that the script of a run takes that has taken none.
FIRST_LOOK = 1000
POINTS_FILTER = f"Points ({' '.join('*' + suffix for suffix in SUFFIXES)})"


def pasted(text: str, folder: Path) -> Path:
    """Write points from the clipboard into a folder; the same points make the same file.

    Raises
    ------
    ParamError
        If the text is no table of one or two columns of numbers.
    """
    try:
        points = checked(table_of(text), standardise=True) if text.strip() else None
        if points is None:
            raise ValueError("the clipboard holds no text")
        points = table_of(text)
    except ValueError as error:
        raise ParamError(f"Pasted points: {error}") from None
    lines = "\n".join(",".join(repr(float(x)) for x in np.atleast_1d(row)) for row in points)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"pasted-{hashlib.sha256(lines.encode()).hexdigest()[:10]}.csv"
    path.write_text(lines + "\n", "utf-8")
    return path


def place(name: str) -> str:
    """Return where a file lies in words, its own name first: a line that is short cuts the rest."""
    return f"{Path(name).name} in {Path(name).absolute().parent}"


class Files(QObject):
    """Opens and saves on the window's behalf; dialogs never block.

    Signals
    -------
    preset_opened (Preset), lesson_opened (Lesson)
    run_opened (path)
        A run file is to be opened.
    run_wanted (path)
        The run is to be saved there.
    found (path), missed (path)
        A file that was to be opened was there, or was not.
    points_opened (path)
    refused (sentence)
    told (sentence)
    """

    preset_opened = Signal(object)
    lesson_opened = Signal(object)
    run_opened = Signal(str)
    run_wanted = Signal(str)
    found = Signal(str)
    missed = Signal(str)
    points_opened = Signal(str)
    refused = Signal(str)
    told = Signal(str)

    def __init__(self, window: QWidget, desk: Desk, stage: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._desk = desk
        self._stage = stage
        self._settings = desk.settings
        self._picture = Kept()
        self._page = ""
        self._frame: Frame | None = None
        self._draft: Callable[[str], Lesson] | None = None
        self._table = next(iter(TABLES))

    @Slot()
    def ask_preset(self) -> None:
        """Let the user choose a run, a preset or a settings file to open."""
        self._dialog("Open run, preset or settings", OPEN_FILTER).fileSelected.connect(
            self.open_path
        )

    @Slot()
    def ask_points(self) -> None:
        """Let the user choose a file of points to open."""
        self._dialog("Open points", POINTS_FILTER).fileSelected.connect(self.open_path)

    @Slot()
    def ask_save_run(self) -> None:
        """Let the user say where the run shall be written, with all that is on its tape."""
        dialog = self._dialog("Save run", RUN_FILTER, save="run.ganviz")
        dialog.fileSelected.connect(self.run_wanted)

    @Slot()
    def ask_save_settings(self) -> None:
        """Let the user say where the settings now in force shall be written."""
        self._settings = self._desk.settings
        dialog = self._dialog("Save settings", SETTINGS_FILTER, save="settings.toml")
        dialog.fileSelected.connect(self.save_settings)

    def ask_save_script(self, title: str, step: int, marks: Sequence[Mark]) -> None:
        """Let the user say where the run shall be written as a PyTorch script.

        It takes as many steps as the run has taken, or those of a first look, with the changes
        that its journal tells of.
        """
        try:
            begin = begun(self._desk.settings, marks, step)
            page = script(begin, step or FIRST_LOOK, done(marks, step), title=title)
        except ParamError as error:
            self.refused.emit(str(error))
        else:
            self._page = page
            dialog = self._dialog("Save as PyTorch script", SCRIPT_FILTER, save="game.py")
            dialog.fileSelected.connect(self.save_script)

    @Slot(str)
    def save_script(self, name: str) -> None:
        """Write the script that was to be saved."""
        self._save(
            name, lambda path: whole(path, lambda part: part.write_text(self._page, "utf-8"))
        )

    def ask_save_lesson(self, folder: Path, draft: Callable[[str], Lesson], name: str) -> None:
        """Let the user say where the run shall be written as a lesson, to be gone on with.

        ``draft`` makes it, of the name of its file, which ``name`` proposes; ``folder`` is that of
        a person's own lessons.
        """
        self._draft = draft
        dialog = self._dialog("Save as lesson", LESSON_FILTER, save=f"{name}.toml")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            pass  # then somewhere else
        else:
            dialog.setDirectory(str(folder))
            dialog.selectFile(f"{name}.toml")
        dialog.fileSelected.connect(self.save_lesson)

    @Slot(str)
    def save_lesson(self, name: str) -> None:
        """Write the lesson that was to be saved."""
        from ganviz import lesson

        draft = self._draft
        if draft is not None:
            self._save(name, lambda path: lesson.write(path, draft(path.stem)))

    def ask_save_data(self, frame: Frame) -> None:
        """Let the user say where the run's trace, or the samples seen now, shall be written."""
        self._frame, self._table = frame, next(iter(TABLES))
        dialog = self._dialog("Save data", ";;".join(TABLES), save="trace.csv")
        dialog.filterSelected.connect(self._table_chosen)
        dialog.fileSelected.connect(self.save_data)

    @Slot(str)
    def _table_chosen(self, kind: str) -> None:
        self._table = kind
        dialog = self.sender()
        if isinstance(dialog, QFileDialog):
            dialog.setDefaultSuffix("npz" if "*.npz" in kind else "csv")

    @Slot(str)
    def save_data(self, name: str) -> None:
        """Write the table that was to be saved, in the form that the name's ending asks for."""
        frame = self._frame
        if frame is None:
            return
        packed = Path(name).suffix.lower() == ".npz"
        if TABLES[self._table] == "trace":
            write = trace_npz if packed else trace_csv
            self._save(name, lambda path: write(frame.trace, path))
        else:
            put = samples_npz if packed else samples_csv
            self._save(name, lambda path: put(frame.real, frame.fake, frame.step, path))

    def _save(self, name: str, write: Callable[[Path], None]) -> None:
        try:
            write(Path(name))
        except OSError as error:
            self.refused.emit(f"{name}: cannot be written ({error.strerror or error})")
        else:
            self.told.emit(f"Saved as {place(name)}")

    @Slot()
    def ask_save_picture(self) -> None:
        """Let the user say where the stage, as it is now, shall be written as a picture."""
        self.ask_save_view(self._stage, "ganviz")

    def ask_save_view(self, view: QWidget, name: str) -> None:
        """Let the user say where a view, as it is now, shall be written: as PNG or as SVG."""
        self._picture = Kept(view)
        dialog = self._dialog("Save picture", FILTER, save=f"{name}.png")
        dialog.filterSelected.connect(self._suffix_chosen)
        dialog.fileSelected.connect(self.save_picture)

    @Slot(str)
    def _suffix_chosen(self, kind: str) -> None:
        """Let a name without an ending get that of the chosen kind."""
        dialog = self.sender()
        if isinstance(dialog, QFileDialog):
            dialog.setDefaultSuffix("svg" if "*.svg" in kind else "png")

    def copy_picture(self, view: QWidget) -> None:
        """Put a view on the clipboard, as a picture."""
        QGuiApplication.clipboard().setMimeData(as_picture(view))
        self.told.emit(f"{view.accessibleName()} copied as a picture")

    def copy_svg(self, view: QWidget) -> None:
        """Put a view on the clipboard, as SVG."""
        QGuiApplication.clipboard().setMimeData(as_svg(view))
        self.told.emit(f"{view.accessibleName()} copied as SVG")

    @Slot(str)
    def open_path(self, name: str) -> None:
        """Open a file as what its ending says it is."""
        suffix = Path(name).suffix.lower()
        if not Path(name).exists():
            self.missed.emit(name)
            self.refused.emit(f"{name}: there is no such file any more")
        elif suffix == ".toml":
            from ganviz import lesson  # not before one is asked for

            try:
                if lesson.is_lesson(name):
                    self.lesson_opened.emit(lesson.read(name))
                else:
                    self.preset_opened.emit(presets.read(name))
            except ParamError as error:
                self.refused.emit(str(error))
            else:
                self.found.emit(name)
        elif suffix == ".ganviz":
            self.run_opened.emit(name)
        elif suffix in SUFFIXES:
            self.points_opened.emit(name)
        else:
            endings = ", ".join((".ganviz", ".toml", *SUFFIXES))
            self.refused.emit(f"{name}: must end in one of {endings}")

    @Slot(str)
    def save_settings(self, name: str) -> None:
        """Write the settings that were to be saved."""
        try:
            presets.write(name, self._settings)
        except OSError as error:
            self.refused.emit(f"{name}: cannot be written ({error.strerror or error})")
        else:
            self.told.emit(f"Settings saved as {place(name)}")

    @Slot(str)
    def save_picture(self, name: str) -> None:
        """Write the picture that was to be saved."""
        if self._picture.save(name):
            self.told.emit(f"Picture saved as {place(name)}")
        else:
            self.refused.emit(f"{name}: cannot be written")

    @Slot()
    def copy_settings(self) -> None:
        """Put the settings on the clipboard."""
        QGuiApplication.clipboard().setText(presets.toml(self._desk.settings))
        self.told.emit("Settings copied as TOML")

    def copy_share(self, title: str, speed: float) -> None:
        """Put the game on the clipboard as a share string."""
        try:
            line = share(self._desk.settings, title, speed)
        except ParamError as error:
            self.refused.emit(str(error))
        else:
            QGuiApplication.clipboard().setText(line)
            self.told.emit(f"Share string of {len(line)} letters copied; paste it to open the game")

    @Slot()
    def paste(self) -> None:
        """Open what the clipboard holds: a share string, or points."""
        text = QGuiApplication.clipboard().text()
        if is_shared(text):
            try:
                self.preset_opened.emit(shared(text))
            except ParamError as error:
                self.refused.emit(str(error))
        else:
            self._paste_points(text)

    def _paste_points(self, text: str) -> None:
        data = QStandardPaths.StandardLocation.AppDataLocation
        folder = Path(QStandardPaths.writableLocation(data))
        try:
            path = pasted(text, folder)
        except ParamError as error:
            self.refused.emit(str(error))
        except OSError as error:
            self.refused.emit(f"{folder}: cannot be written ({error.strerror or error})")
        else:
            self.points_opened.emit(str(path))

    def _dialog(self, title: str, kinds: str, save: str = "") -> QFileDialog:
        dialog = QFileDialog(self._window, title, "", kinds)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if save:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix(Path(save).suffix[1:])
            dialog.selectFile(save)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.open()
        return dialog
