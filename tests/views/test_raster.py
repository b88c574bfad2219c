"""Qt paints in the thread that asks for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

PAINT = """
import os
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath
from ganviz.window.main import application

app = application()
before = len(os.listdir("/proc/self/task"))
image = QImage(1000, 600, QImage.Format.Format_ARGB32_Premultiplied)
image.fill(0)
path = QPainterPath()
for i in range(400):
    path.lineTo(2.5 * i, 7919 * i % 600)
p = QPainter(image)
p.fillPath(path, QColor(1, 2, 3, 90))
p.end()
print(len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc, which is Linux's")
def test_a_large_translucent_shape_is_filled_without_other_threads() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PAINT], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["0"]
