"""The short way to the first window: what is not loaded on it, and what is loaded behind it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

#: What takes long to import, or is of no use before the first window is on the screen.
HEAVY = [
    "torch",
    "numba",
    "llvmlite",
    "scipy",
    "pandas",
    "matplotlib",
    "sympy",
    "av",
    "PIL",
    "contourpy",
    "ziamath",
    "ziafont",
    "latex2mathml",
    "safetensors",
    "cyclopts",
    "rich",
    "attrs",
    "docstring_parser",
    "ganviz.cli",
    "ganviz.engine",
    "ganviz.film.make",
    "ganviz.report",
    "ganviz.headless",
    "ganviz.window.export",
    "ganviz.window.stability",
    "ganviz.window.compare",
    "ganviz.tape.runfile",
    "ganviz.tape.lanes",
    "PySide6.QtMultimedia",
    "PySide6.QtNetwork",
    "PySide6.QtOpenGL",
    "PySide6.QtOpenGLWidgets",
    "PySide6.QtTest",
]
FIRST = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.argv = ["ganviz"]
from PySide6.QtCore import QSettings
for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
    QSettings.setPath(QSettings.Format.IniFormat, scope, {folder!r})
from ganviz.window.mainwindow import MainWindow

def painted(window, event):
    print(*[name for name in {heavy!r} if name in sys.modules], flush=True)
    os._exit(0)

MainWindow.paintEvent = painted
{before}
from ganviz.__main__ import main
main()
"""


def loaded(folder: Path, before: str = "") -> list[str]:
    """Return what is loaded at the first painted window, of what should not be."""
    code = FIRST.format(folder=str(folder), heavy=HEAVY, before=before)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_nothing_heavy_is_on_the_way_to_the_first_window(tmp_path: Path) -> None:
    assert loaded(tmp_path) == []


def test_that_would_be_seen(tmp_path: Path) -> None:
    seen = loaded(tmp_path, "import contourpy, ganviz.cli")
    assert {"contourpy", "cyclopts", "ganviz.cli"} <= set(seen)


AHEAD = """
import sys
from ganviz.opening import load_ahead
load_ahead()
assert "torch" not in sys.modules
assert "libtorch_cpu.so" in open("/proc/self/maps").read()
import torch
loaded = {line.split()[-1] for line in open("/proc/self/maps") if "libtorch_cpu.so" in line}
assert len(loaded) == 1, loaded
assert torch.ones(3).sum() == 3
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it is done on Linux only")
def test_pytorch_s_library_is_there_before_pytorch_is() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AHEAD], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


FIRST_OF_ALL = """
import os, sys, threading
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PySide6.QtCore import QSettings
for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
    QSettings.setPath(QSettings.Format.IniFormat, scope, {folder!r})
from ganviz.host import EngineThread
from ganviz.presets import find
from ganviz.window.main import launch
from ganviz.window.mainwindow import MainWindow

painted, seen = MainWindow.paintEvent, []

def paint(window, event):
    seen.append(("painted", threading.get_ident()))
    painted(window, event)

def ahead():
    seen.append(("ahead", threading.get_ident()))
    assert "torch" not in sys.modules

def run(host):
    seen.append(("run", threading.get_ident()))
    assert [what for what, _ in seen if what != "painted"] == ["ahead", "run"]
    threads = dict(seen)
    assert threads["ahead"] == threads["run"] != threads["painted"] == threading.main_thread().ident
    print("well", flush=True)
    os._exit(0)

MainWindow.paintEvent, EngineThread.run = paint, run
launch(find("saddle-two-numbers"), ahead=ahead)
"""


def test_what_is_loaded_ahead_is_the_first_that_the_host_does_behind_the_window(
    tmp_path: Path,
) -> None:
    code = FIRST_OF_ALL.format(folder=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.split() == ["well"], done.stderr


PLAYED = """
import hashlib, sys
if {ahead}:
    from ganviz.opening import load_ahead
    load_ahead()
import torch
from ganviz.engine import Engine
from ganviz.presets import find
digest = hashlib.sha256()
for name in ("saddle-two-numbers", "ring"):
    engine = Engine(find(name).settings)
    engine.step(30)
    digest.update(engine.trace.rows.tobytes())
print(digest.hexdigest())
if {ahead}:
    assert not hasattr(sys.modules["torch._meta_registrations"], "__file__")
    assert torch._meta_registrations.meta_index_Tensor  # and so it is loaded
    assert sys.modules["torch._meta_registrations"].__file__ == torch._meta_registrations.__file__
    shape = torch.nn.functional.max_pool2d(torch.empty(1, 1, 6, 6, device="meta"), 2).shape
    assert shape == (1, 1, 3, 3)
"""


def test_what_pytorch_is_spared_is_not_missed_and_comes_when_asked_for() -> None:
    digests = []
    for ahead in (True, False):
        code = PLAYED.format(ahead=ahead)
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        digests.append(done.stdout)
    assert digests[0] == digests[1] != ""
