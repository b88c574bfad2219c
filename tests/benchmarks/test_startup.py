"""First window and first trained frame, against ``python -c "import torch"``, in turns."""

from __future__ import annotations

import os
import subprocess
import sys
from time import perf_counter

import pytest

pytestmark = pytest.mark.long

#: Starts ganviz as ``__main__`` does and leaves the process at the first painted window, or at the
#: first painted frame of a step beyond 0.
START = """
import os, sys
from ganviz.cli import main
from ganviz.views.distribution import Distribution
import ganviz.window.main as window

def leave(self, *args):
    os._exit(0)

def leave_when_trained(self, p, area, frame, look):
    if frame.step > 0:
        os._exit(0)

if {trained}:
    Distribution.paint = leave_when_trained
else:
    window.MainWindow.paintEvent = leave
sys.exit(main([]))
"""


def spent(code: str, home: str) -> float:
    began = perf_counter()
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        timeout=120,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": home},
    )
    return perf_counter() - began


def test_first_window_beats_import_torch(tmp_path) -> None:
    home = str(tmp_path)
    times: dict[str, list[float]] = {"import torch": [], "first window": [], "first trained": []}
    for _ in range(6):
        times["import torch"].append(spent("import torch", home))
        times["first window"].append(spent(START.format(trained=False), home))
        times["first trained"].append(spent(START.format(trained=True), home))
    best = {name: min(values) for name, values in times.items()}
    ratio = best["first window"] / best["import torch"]
    trained = best["first trained"] / best["import torch"]
    print(", ".join(f"{name} {value:.2f} s" for name, value in best.items()))
    print(f"first window {ratio:.2f}, first trained frame {trained:.2f} of import torch")
    assert ratio < 0.6
