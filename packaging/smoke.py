"""Try a bundle as on a bare machine: `python packaging/smoke.py FOLDER/ganviz`.

The bundled program runs in an environment without Python, settings, caches and display: it trains
by the kernel that it brought along, in one process and in two, films, and proves with `--check`
that its window opens and paints a lesson. Nothing may be compiled, and neither the bundle nor the
folder for caches may be changed. The first part that does not work is told in a sentence.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

#: How long each part may take, seconds.
PATIENCE = 300.0
#: A game that the compiled kernel plays, and a film of it.
GAME, STEPS, SIZE, PICTURES = "two-modes", 200, (640, 360), 12


class Failed(Exception):
    """The bundle does not do what it should; the message says what."""


class Tried:
    """A bundle in an environment of its own.

    Parameters
    ----------
    bundle
        The folder with the program.
    home
        An empty folder, where everything that it writes will lie.
    """

    def __init__(self, bundle: Path, home: Path) -> None:
        self.program = bundle / ("ganviz.exe" if os.name == "nt" else "ganviz")
        self.home = home
        self.environment = {"QT_QPA_PLATFORM": "offscreen", "PATH": str(home), "HOME": str(home)}
        for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
            self.environment[f"XDG_{kind}_HOME"] = str(home / kind.lower())
        if os.name == "nt":  # without it no socket is opened
            self.environment |= {
                "SYSTEMROOT": os.environ["SYSTEMROOT"],
                **dict.fromkeys(("LOCALAPPDATA", "APPDATA", "USERPROFILE", "TEMP"), str(home)),
            }
        else:
            self.environment["LANG"] = "C.UTF-8"

    def __call__(self, *words: str) -> tuple[str, float]:
        """Run the program; return what it printed and the seconds it took."""
        began = time.monotonic()
        done = subprocess.run(
            [str(self.program), *words],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            last = (done.stdout.strip().splitlines() or ["it said nothing"])[-1]
            raise Failed(f"`ganviz {' '.join(words)}` ended with {done.returncode}: {last}")
        return done.stdout, time.monotonic() - began


def files(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return every file beneath a folder, with its size in bytes and when it was changed, ns."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            about = path.stat()
            found[path] = about.st_size, about.st_mtime_ns
    return found


def version(ganviz: Tried, wanted: str) -> str:
    """Ask for the version, and for what help there is; tell how long a start takes."""
    said, took = ganviz("--version")
    if said.strip() != wanted:
        raise Failed(f"its version is {said.strip()!r} and not {wanted}")
    ganviz("film", "--help")
    return f"version {wanted} told in {took:.1f} s"


def presets(ganviz: Tried, resources: Path) -> str:
    """Count presets and lessons."""
    counts = {}
    for kind in ("presets", "lessons"):
        said = json.loads(ganviz(kind, "--json")[0])
        counts[kind] = len(said)
        there = len(list((resources / kind).glob("*.toml")))
        if len(said) != there:
            raise Failed(f"it knows {len(said)} {kind} and not {there}")
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


def training(ganviz: Tried) -> str:
    """Train in this process, and from two seeds in another."""
    steps = ("--preset", GAME, "--steps", str(STEPS))
    said, took = ganviz("run", *steps, "--out", "one")
    ganviz("run", *steps, "--seeds", "2", "--out", "two")
    summaries = sorted(ganviz.home.glob("*/**/summary.json"))
    if len(summaries) != 3:
        raise Failed(f"three runs left {len(summaries)} summaries")
    for summary in summaries:
        told = json.loads(summary.read_text("utf-8"))
        if (told["kernel"], told["steps"]) != ("compiled", STEPS):
            raise Failed(
                f"{told['steps']} steps of {GAME} were played by the {told['kernel']} kernel: "
                f"{told['about_kernel']}"
            )
    if re.search("compil", said, re.IGNORECASE):
        raise Failed(f"it compiled: {said}")
    kept = [path.name for path in files(ganviz.home) if path.name.startswith("kernel")]
    if kept:
        raise Failed(f"it wrote kernels of its own: {', '.join(kept)}")
    return f"{STEPS} steps by the kernel that it brought, in {took:.1f} s with the start"


def film(ganviz: Tried) -> str:
    """Film some pictures, and decode them with this Python's PyAV."""
    import av

    order = ["--size", "{}x{}".format(*SIZE), "--fps", "12", "--seconds", "1", "--hold", "0"]
    ganviz("film", "--preset", GAME, "--steps", "60", *order, "--out", "film.mp4")
    with av.open(str(ganviz.home / "film.mp4")) as file:
        decoded = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    if len(decoded) != PICTURES or decoded[-1].shape != (SIZE[1], SIZE[0], 3):
        raise Failed(f"the film has {len(decoded)} pictures of {decoded[-1].shape[:2]}")
    if int(decoded[-1].max()) - int(decoded[-1].min()) < 100:
        raise Failed("a picture of the film is not what was drawn")
    size = (ganviz.home / "film.mp4").stat().st_size
    return f"a film of {len(decoded)} pictures, {size / 1000:.0f} kB"


def papers(ganviz: Tried) -> str:
    """Make a report with its typeset formulas, and a page of plain PyTorch."""
    ganviz("report", "one/run.ganviz", "--out", "report.pdf")
    if (ganviz.home / "report.pdf").read_bytes()[:5] != b"%PDF-":
        raise Failed("its report is no PDF")
    ganviz("script", "one/run.ganviz", "--out", "script.py")
    return "a report and a script"


def proof(ganviz: Tried) -> str:
    """Let it open its window on a lesson, paint it and film, and say so."""
    said, _ = ganviz("--check")
    return said.strip().splitlines()[-1]


def check(bundle: Path) -> None:
    """Try all of it.

    Raises
    ------
    Failed
        With the first thing that does not work.
    """
    from ganviz import __version__, resources

    before = files(bundle)
    size = sum(each for each, _ in before.values())
    print(f"{size / 1e6:.0f} MB in {len(before)} files", flush=True)
    with TemporaryDirectory(prefix="ganviz-smoke-") as name:
        ganviz = Tried(bundle, Path(name))
        print(version(ganviz, __version__), flush=True)
        print(presets(ganviz, resources()), flush=True)
        for part in (training, film, papers, proof):
            print(part(ganviz), flush=True)
        if files(bundle) != before:
            raise Failed("it has changed its own folder")
        if (ganviz.home / "cache" / "ganviz").exists():
            raise Failed("it has written into the folder for caches")


def main(argv: list[str]) -> int:
    """Try the bundle that is named; return the exit code."""
    bundle = Path(argv[0]).absolute()
    try:
        check(bundle)
    except (Failed, OSError, subprocess.TimeoutExpired) as error:
        print(f"ganviz: the bundle does not work: {error}", file=sys.stderr)
        return 1
    print(f"The bundle works: {bundle}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
