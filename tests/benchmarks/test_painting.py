"""How many frames a second the window paints while the engine trains flat out beside it.

Painted frames are counted, not timer ticks: a frame counts when the largest view has painted a
step that it had not painted before. Headless and windowed rates are taken in turns in one process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from math import inf
from time import perf_counter

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from ganviz.engine import Engine
from ganviz.frame import Frame, Look
from ganviz.presets import presets
from ganviz.views.distribution import Distribution

pytestmark = pytest.mark.long

ROUNDS, SECONDS = 3, 5.0


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, int]]:
    """(time, step) of each newly painted step."""
    seen: list[tuple[float, int]] = []
    paint: Callable[..., None] = Distribution.paint

    def counted(self: Distribution, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        paint(self, p, area, frame, look)
        if not seen or frame.step != seen[-1][1]:
            seen.append((perf_counter(), frame.step))

    monkeypatch.setattr(Distribution, "paint", counted)
    return seen


def headless(name: str, seconds: float) -> float:
    engine = Engine(presets()[name].settings)
    engine.step(200)
    began, first = perf_counter(), engine.steps
    while perf_counter() - began < seconds:
        engine.step(20)
    return (engine.steps - first) / (perf_counter() - began)


@pytest.mark.parametrize("size", [(1400, 800), (1920, 1080)])
@pytest.mark.parametrize("name", ["two-modes", "ring", "saddle-networks"])
def test_window_while_training_flat_out(qtbot, painted, name: str, size: tuple[int, int]) -> None:
    from dataclasses import replace

    from ganviz.window.main import MainWindow

    window = MainWindow(replace(presets()[name], speed=inf))
    qtbot.addWidget(window)
    window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, False)
    window.resize(*size)
    window.show()
    qtbot.waitUntil(lambda: len(painted) > 60, timeout=30_000)
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        qtbot.waitUntil(lambda: window.host.playing, timeout=5000)
        qtbot.wait(500)
        painted.clear()
        qtbot.wait(int(1000 * SECONDS))
        times, steps = np.array(painted).T
        gaps = np.diff(times)
        row = {
            "frames/s": len(gaps) / (times[-1] - times[0]),
            "p99 ms": 1000 * float(np.quantile(gaps, 0.99)),
            "steps/s": (steps[-1] - steps[0]) / (times[-1] - times[0]),
        }
        window.host.pause()
        qtbot.waitUntil(lambda: not window.host.playing, timeout=5000)
        row["headless steps/s"] = headless(name, SECONDS / 2)
        row["share"] = row["steps/s"] / row["headless steps/s"]
        window.host.play()
        print(f"{name} {size}: " + ", ".join(f"{key} {value:.2f}" for key, value in row.items()))
        for key, value in row.items():
            least = key == "p99 ms"
            best[key] = min(best.get(key, inf), value) if least else max(best.get(key, 0), value)
    window.close()
    print(f"{name} {size}, best of {ROUNDS}: " + ", ".join(f"{k} {v:.2f}" for k, v in best.items()))
    print("display:", os.environ.get("QT_QPA_PLATFORM", "xcb"), "python", sys.version.split()[0])
    assert best["frames/s"] > 0
