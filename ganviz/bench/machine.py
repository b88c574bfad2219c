"""What a measurement was taken on, and with which releases: a number means little without."""

from __future__ import annotations

import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ganviz import __version__

#: Whose releases have a say in how fast it is.
PACKAGES = ("torch", "numpy", "numba", "PySide6-Essentials", "av", "matplotlib")


def machine() -> dict[str, object]:
    """Return processor, cores, system, load, releases and date."""
    found: dict[str, object] = {
        "date": date.today().isoformat(),
        "ganviz": __version__,
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "processor": _processor(),
        "cores": os.cpu_count(),
    }
    if hasattr(os, "getloadavg"):
        found["load"] = round(os.getloadavg()[0], 1)
    return found | {name: _release(name) for name in PACKAGES}


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _release(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
