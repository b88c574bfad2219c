"""Freeze ganviz into a folder that needs no Python: `packaging/run.py bundle [FOLDER]`.

Compiles the kernel for the processors that the bundle may meet, lets PyInstaller collect what
packaging/ganviz.spec names, puts the licences beside it, and starts what came of it
(packaging/smoke.py). The bundle is FOLDER/ganviz, `dist/ganviz` beside pyproject.toml where none is
named, for systems like this one and no older.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "packaging"
#: Where the kernels, ganviz's own files and the benchmark's C program lie in a bundle.
KERNELS = "ganviz/engine/kernels/compiled/__pycache__"
RESOURCES = "ganviz/resources"
PROGRAM = "ganviz/bench"
#: Packages that read files of their own which no hook of PyInstaller names.
CARRIERS = ("ziamath", "ziafont", "latex2mathml")
#: What is not taken although something may import it: the compiler of the kernel, whose work is
#: done; what only tests and comparisons use; and on Linux x86-64, where ganviz runs without, SciPy.
WITHOUT = [
    *("numba", "matplotlib", "imageio_ffmpeg", "PIL", "pytest", "hypothesis", "IPython"),
    *("tkinter", "mypy", "setuptools", "pip", "tensorboard", "pyqtgraph.examples", "OpenGL"),
    *(["scipy"] if sys.platform == "linux" and platform.machine() == "x86_64" else []),
]
#: Files that nothing asks for, by the beginnings of their places.
UNWANTED = (
    *("torch/test/", "torch/include/", "torch/share/", "PySide6/Qt/translations/"),
    *("PySide6/Qt/qml/", "pyqtgraph/examples/"),
    *("torch/lib/libaoti_custom_ops", "torch/lib/libbackend_with_compiler"),  # of its own tests
    *("torch/lib/libjitbackend_test", "torch/lib/libtorchbind_test"),
    # The looks of GTK, with the libraries that only they load, and screens without windows.
    *("PySide6/Qt/plugins/platformthemes/libqgtk3", "PySide6/Qt/plugins/egldeviceintegrations/"),
    *(f"PySide6/Qt/plugins/platforms/libq{name}." for name in ("eglfs", "linuxfb", "vkkhrdisplay")),
    *("libgtk-3", "libgdk", "libatk-", "libatspi", "libepoxy", "libcairo", "libpango", "libpixman"),
    *("libthai", "libdatrie", "libfribidi", "libgraphite2", "libharfbuzz"),
)
#: Folders whose pages are needed compiled but not to be read, except where they are settings.
UNREAD = ("torch/_inductor/", "torch/testing/", "torch/onnx/")
#: Libraries that keep what only debuggers read. Not Qt's and FFmpeg's, which stay as their makers
#: built them, nor the one with MKL, whose licence asks for that.
TALKATIVE = ("libpython3*.so*", "llvmlite/**/*.so", "torch/lib/libtorch_python.so", "av/**/*.so")


class Stop(Exception):
    """There is no bundle; the message says why."""


def say(message: str) -> None:
    """Tell the person at the terminal."""
    print("ganviz: " + message, file=sys.stderr, flush=True)


# What a bundle holds ------------------------------------------------------------------------------


def levels() -> tuple[str, ...]:
    """Return the processors that kernels are compiled for, in LLVM's words."""
    return ("x86-64-v3", "x86-64") if platform.machine() in ("x86_64", "AMD64") else ("generic",)


def contents(kernels: Path) -> list[tuple[str, str]]:
    """Return ganviz's files that are no modules, and the folder of the bundle for each."""
    resources = ROOT / "resources"
    pairs = [
        (str(file), str(Path(RESOURCES) / file.parent.relative_to(resources)))
        for file in sorted(resources.rglob("*"))
        if file.is_file() and "screenshots" not in file.relative_to(resources).parts
    ]
    pairs.append((str(ROOT / "tests" / "benchmarks" / "fused.c"), PROGRAM))
    return pairs + [(str(file), KERNELS) for file in sorted(kernels.glob("kernel-*.bin"))]


def modules() -> list[str]:
    """Return every module of ganviz: many are imported by their names, when they are needed."""
    names = [
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in sorted((ROOT / "ganviz").rglob("*.py"))
    ]
    return [*names, "check"]


def parts() -> list[str]:
    """Return the packages a bundle is made of: their versions are asked for, their licences due."""
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    todo, found = list(project["dependencies"]), set()
    while todo:
        needed = Requirement(todo.pop())
        name = re.sub(r"[-_.]+", "-", needed.name).lower()
        here = needed.marker is None or needed.marker.evaluate({"extra": ""})
        if here and name not in found and name not in WITHOUT:
            found.add(name)
            todo += metadata.requires(name) or []
    return sorted(found)


def wanted(place: str) -> bool:
    """Say whether a file, by its place in the bundle, is taken."""
    place = place.replace("\\", "/")
    if place.startswith("torch/bin/"):  # without this one torch is not imported on Linux
        return Path(place).stem == "torch_shm_manager"
    if place.startswith(UNREAD) and place.endswith(".py"):
        return "config" in Path(place).name
    return not place.startswith(UNWANTED)


# Making it ----------------------------------------------------------------------------------------


def compile_kernels(folder: Path) -> None:
    """Compile the kernel for each processor, from these very sources."""
    for level in levels():
        say(f"compiling the fast kernel for {level}: about a minute.")
        build = [sys.executable, "-m", "ganviz.engine.kernels.compiled", str(folder)]
        if subprocess.call([*build, "--bundled", "--level", level], cwd=ROOT) != 0:
            raise Stop("the kernel could not be compiled, for the reason above.")


def freeze(folder: Path, work: Path, kernels: Path) -> None:
    """Let PyInstaller make FOLDER/ganviz."""
    say("collecting what ganviz is made of: some minutes.")
    command = [sys.executable, "-m", "PyInstaller", str(HERE / "ganviz.spec"), "--noconfirm"]
    command += ["--distpath", str(folder), "--workpath", str(work), "--", str(kernels)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    lines = done.stdout.splitlines()
    if done.returncode != 0:
        print("\n".join(lines[-20:]), file=sys.stderr)
        raise Stop("PyInstaller failed, for the reason above.")
    missing = list(lacking(lines))
    if missing:
        raise Stop(f"Qt's window needs {', '.join(missing)}, which this machine lacks.")


def lacking(lines: list[str]) -> Iterator[str]:
    """Yield the libraries that Qt's plugin for windows asks for and PyInstaller did not find."""
    for line in lines:
        found = re.search(r"could not resolve '([^']+)'.*libqxcb\.so", line)
        if found:
            yield found[1]


def thin(bundle: Path) -> None:
    """Take out of some libraries what only debuggers read, where there is a program for that."""
    strip = shutil.which("strip") if sys.platform == "linux" else None
    for pattern in TALKATIVE if strip else ():
        for file in (bundle / "_internal").glob(pattern):
            if not file.is_symlink():
                subprocess.run([strip, str(file)], check=False)


def add_licences(bundle: Path) -> None:
    """Put the licences where somebody who opens the folder sees them."""
    folder = bundle / "licences"
    shutil.copytree(HERE / "licences", folder)
    shutil.copy(ROOT / "LICENSE", folder)
    python = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    if not python.exists():
        python = Path(sys.base_prefix) / "LICENSE.txt"
    if python.exists():
        shutil.copy(python, folder / "PYTHON.txt")


def make(folder: Path) -> Path:
    """Make the bundle in a folder, and return where it lies.

    Raises
    ------
    Stop
        If it cannot be made.
    """
    bundle = folder / "ganviz"
    if bundle.exists() and not (bundle / "_internal").is_dir():
        raise Stop(f"{bundle} exists and is no bundle: name another folder.")
    with TemporaryDirectory(prefix="ganviz-bundle-") as name:
        kernels = Path(name) / "kernels"
        compile_kernels(kernels)
        freeze(folder, Path(name) / "work", kernels)
    thin(bundle)
    add_licences(bundle)
    return bundle


def main(argv: list[str]) -> int:
    """Make a bundle and try it; return the exit code."""
    started = time.monotonic()
    folder = Path(argv[0]).absolute() if argv else ROOT / "dist"
    if len(argv) > 1 or folder.name.startswith("-"):
        say("packaging/run.py bundle takes the name of one folder.")
        return 2
    try:
        bundle = make(folder)
    except (Stop, OSError) as stop:
        say(str(stop))
        return 1
    say(f"made after {time.monotonic() - started:.0f} s; trying it.")
    return subprocess.call([sys.executable, str(HERE / "smoke.py"), str(bundle)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
