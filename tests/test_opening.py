"""The short way to the first window: what is not loaded on it, and what is loaded behind it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import pytest

#: Whose modules may be loaded before the first window is on the screen, besides Python's own, and
#: why. Anything else has to be imported where it is used, or to be entered here with its reason.
ALLOWED = {
    "PySide6.QtCore": "the window",
    "PySide6.QtGui": "the window",
    "PySide6.QtWidgets": "the window",
    "PySide6.QtSvg": "its icons",
    "PySide6.support": "loaded by PySide6 itself, as are the next four",
    "shiboken6": "",
    "shibokensupport": "",
    "signature_bootstrap": "",
    "__feature__": "",
    "numpy": "frames, traces and what the views make of them are arrays",
    "pydantic": "settings are declared with it; the next four are what it is made of",
    "pydantic_core": "",
    "annotated_types": "",
    "typing_extensions": "",
    "typing_inspection": "",
    "tomli_w": "presets and looks are written as TOML",
    "_sysconfigdata": "Python's own, under a name of the platform; asked for by zoneinfo",
    # The house: what is declared, what draws, and of films and tapes what the window's rows say.
    "ganviz.__main__": "",
    "ganviz.catalog": "",
    "ganviz.clock": "",
    "ganviz.film.parts": "",
    "ganviz.film.still": "",
    "ganviz.frame": "",
    "ganviz.host": "",
    "ganviz.looks": "",
    "ganviz.opening": "",
    "ganviz.presets": "",
    "ganviz.schema": "",
    "ganviz.script": "",
    "ganviz.settings": "",
    "ganviz.share": "",
    "ganviz.table": "",
    "ganviz.tape.tape": "",
    "ganviz.theory": "",
    "ganviz.tomlfile": "",
    "ganviz.trace": "",
    "ganviz.views": "",
    "ganviz.window": "",
}
#: Of the rooms that are allowed as a whole, what somebody has to open first.
LATER = {
    "ganviz.views.formula",
    "ganviz.views.gradients",
    "ganviz.views.graph",
    "ganviz.views.measures",
    "ganviz.views.preimage",
    "ganviz.views.surface",
    "ganviz.views.thumbs",
    "ganviz.views.transposed",
    "ganviz.window.compare",
    "ganviz.window.export",
    "ganviz.window.gallery",
    "ganviz.window.hall",
    "ganviz.window.lessons",
    "ganviz.window.orderform",
    "ganviz.window.predictions",
    "ganviz.window.reader",
    "ganviz.window.reports",
    "ganviz.window.stability",
    "ganviz.window.tour",
    "ganviz.window.viewfinder",
}
FIRST = """
import os, sys
here = set(sys.modules)  # an installation's own, of a .pth file
os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.argv = ["ganviz"]
from PySide6.QtCore import QSettings
for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
    QSettings.setPath(QSettings.Format.IniFormat, scope, {folder!r})
from ganviz.window.mainwindow import MainWindow

def painted(window, event):
    # What has no specification was made by a program, not loaded from anywhere.
    names = [name for name, module in sys.modules.items() if getattr(module, "__spec__", None)]
    print(*[name for name in names if name not in here], flush=True)
    os._exit(0)

MainWindow.paintEvent = painted
{before}
from ganviz.__main__ import main
main()
"""


def uncalled_for(names: Iterable[str]) -> set[str]:
    """Return which of these modules must not be loaded before the first window."""
    packages = {path.rpartition(".")[0] for path in ALLOWED}
    found = set()
    for name in names:
        parts = name.split(".")
        parts[0] = "_sysconfigdata" if parts[0].startswith("_sysconfigdata") else parts[0]
        above = {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
        own = parts[0] in sys.stdlib_module_names or name in packages
        if above & LATER or not (own or above & ALLOWED.keys()):
            found.add(name)
    return found


def loaded(folder: Path, before: str = "") -> list[str]:
    """Return what is loaded at the first painted window."""
    code = FIRST.format(folder=str(folder), before=before)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(sys.platform == "win32", reason="PyTorch has to be loaded before Qt there")
def test_nothing_but_this_is_on_the_way_to_the_first_window(tmp_path: Path) -> None:
    names = loaded(tmp_path)
    assert uncalled_for(names) == set()
    # Neither list speaks of rooms that are no longer there.
    rooms = [path for path in ALLOWED if path.startswith("ganviz.")]
    assert [room for room in rooms if room not in names] == []
    assert [name for name in LATER if find_spec(name) is None] == []


def test_anything_else_would_be_seen(tmp_path: Path) -> None:
    more = "import contourpy, pyqtgraph, scipy.special, ganviz.window.export, ganviz.cli"
    seen = uncalled_for(loaded(tmp_path, more))
    assert {"contourpy", "pyqtgraph", "scipy", "cyclopts"} <= seen
    assert {"ganviz.window.export", "ganviz.cli"} <= seen


#: What PyTorch loads with the first of its own optimisers, which takes as long again as its import.
DEAR = ("torch._dynamo", "torch._inductor", "sympy", "mpmath")
TRAINED = """
import os, sys, traceback
os.environ.update(QT_QPA_PLATFORM="offscreen", XDG_DATA_HOME={folder!r})
from PySide6.QtCore import QSettings, QStandardPaths
QStandardPaths.setTestModeEnabled(sys.platform in ("win32", "darwin"))
for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
    QSettings.setPath(QSettings.Format.IniFormat, scope, {folder!r})
from ganviz import host
from ganviz.views.distribution import Distribution

class Barred:
    def __getattr__(self, name):
        traceback.print_stack()
        failed("asked for torch.optim." + name)

def run(thread):
    import torch
    torch.optim = sys.modules["torch.optim"] = Barred()
    {before}
    begin(thread)

def painted(self, p, area, frame, look):
    paint(self, p, area, frame, look)
    if frame.step > 0:
        print("trained", *[name for name in {dear!r} if name in sys.modules], flush=True)
        os._exit(0)

def failed(*words):
    traceback.print_exc()
    print(*words, file=sys.stderr, flush=True)
    os._exit(1)

begin, host.EngineThread.run, host.log.exception = host.EngineThread.run, run, failed
paint, Distribution.paint = Distribution.paint, painted
sys.argv = ["ganviz"]
from ganviz.__main__ import main
main()
"""


def trained(folder: Path, before: str = "") -> list[str]:
    """Return what of the dear is loaded when a step beyond 0 is painted, nothing being asked for.

    PyTorch's import loads ``torch.optim`` itself, in some milliseconds; who asks it for anything
    ends the program.
    """
    code = TRAINED.format(folder=str(folder), before=before, dear=DEAR)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    first, *names = done.stdout.split()
    assert first == "trained"
    return names


def test_the_first_trained_frame_asks_for_none_of_pytorch_s_optimisers(tmp_path: Path) -> None:
    assert trained(tmp_path) == []


def test_an_optimiser_would_be_seen(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"asked for torch\.optim"):
        trained(tmp_path, "from torch.optim import SGD")


def test_what_comes_with_an_optimiser_would_be_seen(tmp_path: Path) -> None:
    assert "sympy" in trained(tmp_path, "import sympy")


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
