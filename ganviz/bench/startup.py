"""First window and first trained frame, against ``python -c "import torch"``, in turns."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from tempfile import TemporaryDirectory
from time import perf_counter

from ganviz.bench.row import Effort, Row, Stopped

#: Starts ganviz as its command does and leaves the process at the first painted window, or at the
#: first painted frame of a step beyond 0. Only the module that says so is looked at, when it comes:
#: nothing is imported earlier than it would be. Where no variable of the environment can keep the
#: settings of the person at the machine apart, Qt's test mode does.
START = """
import os, sys
from importlib.machinery import PathFinder

WHERE = "ganviz.views.distribution" if {trained} else "ganviz.window.mainwindow"

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name != WHERE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        load = spec.loader.exec_module

        def loaded(module):
            load(module)
            if {trained}:
                module.Distribution.paint = leave_when_trained
            else:
                module.MainWindow.paintEvent = leave

        spec.loader.exec_module = loaded
        return spec

def leave(self, *args):
    os._exit(0)

def leave_when_trained(self, p, area, frame, look):
    if frame.step > 0:
        os._exit(0)

if sys.platform in ("win32", "darwin"):
    from PySide6.QtCore import QStandardPaths
    QStandardPaths.setTestModeEnabled(True)
sys.meta_path.insert(0, Watch())
sys.argv = ["ganviz"]
from ganviz.__main__ import main
main()
"""
IMPORT = "import torch"
#: (what, its code, greatest share of the time that importing torch takes)
STARTS = (
    ("first window", START.format(trained=False), 0.55),
    ("first trained frame", START.format(trained=True), 1.4),
)


def spent(code: str) -> float:
    """Return the seconds that a new Python takes to run this, for somebody who starts it first."""
    # What is imported is compiled once, as it is for everybody but those who forbid it.
    its = {name: it for name, it in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # A folder of its own: where all starts share one, each finds what the ones before have left.
    with TemporaryDirectory() as folder:
        its.update(XDG_CONFIG_HOME=folder, XDG_DATA_HOME=folder)
        began = perf_counter()
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            timeout=120,
            env=its,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        return perf_counter() - began


def startup(effort: Effort) -> Iterator[Row]:
    """Yield both times as shares of the time of the import, the least of each counted."""
    if getattr(sys, "frozen", False):
        yield Row("first window", None, note="a bundle has no python to start")
        return
    codes = {"import torch": IMPORT, **{name: code for name, code, _ in STARTS}}
    times: dict[str, list[float]] = {name: [] for name in codes}
    for code in codes.values() if effort.whole else ():
        spent(code)  # read from the disk once, whoever comes first
    for _ in effort.turns(6 if effort.whole else 1):
        try:
            taken = {name: spent(code) for name, code in codes.items()}
        except subprocess.CalledProcessError as error:
            if effort.stopped():  # Ctrl-C ended it as well
                break
            said = error.stderr.strip().rpartition("\n")[2]
            raise RuntimeError(f"ganviz could not be started to be timed: {said}") from error
        for name, seconds in taken.items():
            times[name].append(seconds)
    reference = times["import torch"]
    if not reference:
        raise Stopped
    for name, _, most in STARTS:
        shares = [mine / theirs for mine, theirs in zip(times[name], reference, strict=True)]
        yield Row(
            name,
            min(times[name]) / min(reference),
            "× time",
            low=min(shares),
            high=max(shares),
            most=most,
            parts={f"{name} s": min(times[name]), "import torch s": min(reference)},
            note="less is better",
        )
