"""Help: the keys, and what ganviz is made of."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from html import escape
from importlib import metadata

from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ganviz import __version__
from ganviz.window.style import bare

#: What ganviz stands on, and under which licence.
PARTS = (
    ("torch", "BSD-3-Clause"),
    ("numpy", "BSD-3-Clause"),
    ("PySide6-Essentials", "LGPL-3.0"),
    ("pyqtgraph", "MIT"),
    ("pydantic", "MIT"),
    ("ziamath", "MIT"),
    ("av", "BSD-3-Clause; its wheels bring FFmpeg with x264 and x265, GPL"),
)

#: Whether this is a program of its own, with all its parts in one folder.
BUNDLED = getattr(sys, "frozen", False)

#: What a sheet leaves free of a screen: the frame and title of its window.
AROUND = QSize(40, 80)


class Sheet(QDialog):
    """A page of rich text."""

    def __init__(self, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.label = QLabel(text)
        self.label.setTextFormat(Qt.TextFormat.RichText)
        self.label.setOpenExternalLinks(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        bare(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        page = QScrollArea()
        page.setFrameShape(QFrame.Shape.NoFrame)
        page.setWidgetResizable(True)
        page.setWidget(self.label)
        page.viewport().setAutoFillBackground(False)
        self.label.setAutoFillBackground(False)
        column.addWidget(page)
        column.addWidget(buttons)
        # All of it where the screen is tall enough; else it scrolls.
        whole, around = self.label.sizeHint(), self.sizeHint() - page.sizeHint()
        room = self.screen().availableSize() - AROUND
        self.resize(
            min(whole.width() + 14 + around.width(), room.width()),
            min(whole.height() + around.height(), room.height()),
        )


def shortcuts(rows: Iterable[tuple[str, str]]) -> str:
    """Return (keys, what they do) as a table."""
    lines = "".join(
        f"<tr><td style='padding-right:32px'><b>{escape(keys)}</b></td><td>{escape(what)}</td></tr>"
        for keys, what in rows
    )
    return f"<table cellspacing='0' cellpadding='3'>{lines}</table>"


def about() -> str:
    """Return what ganviz is, with the versions of its parts; torch is not imported for it."""
    lines = [
        f"<p style='font-size:18px'><b>ganviz {escape(__version__)}</b></p>",
        "<p>See how generative adversarial networks train: live, exact, and on film.</p>",
        "<p>MIT licence. Icons: Lucide, ISC licence.</p>",
        *(["<p>This bundle as a whole: GPL 3; see its folder licences.</p>"] if BUNDLED else []),
        "<table cellspacing='0' cellpadding='2'>",
        _part("Python", sys.version.split()[0], "PSF"),
        _part("Qt", qVersion(), "LGPL-3.0"),
    ]
    for name, licence in PARTS:
        try:
            lines.append(_part(name, metadata.version(name), licence))
        except metadata.PackageNotFoundError:
            continue
    return "".join(lines) + "</table>"


def _part(name: str, version: str, licence: str) -> str:
    cells = "".join(
        f"<td style='padding-right:24px'>{escape(word)}</td>" for word in (name, version, licence)
    )
    return f"<tr>{cells}</tr>"
