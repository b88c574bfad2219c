"""Where a person's own things lie: for the window, and for the command line without one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QStandardPaths

#: The name by which the system keeps what belongs to the application.
NAME = "ganviz"


def lessons_folder() -> Path:
    """Return where a person's own lessons lie; it need not be there."""
    QCoreApplication.setOrganizationName(NAME)
    QCoreApplication.setApplicationName(NAME)
    data = QStandardPaths.StandardLocation.AppDataLocation
    return Path(QStandardPaths.writableLocation(data)) / "lessons"
