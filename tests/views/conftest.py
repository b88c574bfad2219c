"""Views to look at."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QRectF
from pytestqt.qtbot import QtBot

from ganviz.frame import Array, Frame, Look
from ganviz.views.plot import View

sys.path.insert(0, str(Path(__file__).parent))  # for scenes and looking

from looking import Painted, grabbed


@pytest.fixture
def painted(qtbot: QtBot) -> Painted:
    """Show a frame in a view of 640 x 520 and return the canvas's pixels and area."""

    def show(view: View, frame: Frame, look: Look) -> tuple[Array, QRectF]:
        qtbot.addWidget(view)
        view.resize(640, 520)
        view.show()
        view.show_frame((frame,), look)
        return grabbed(view.canvas), QRectF(view.canvas.rect())

    return show
