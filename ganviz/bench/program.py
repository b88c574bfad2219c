"""Steps a second against a plain C program of the same step, where there is a compiler."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import torch

from ganviz.bench.row import Effort, Row
from ganviz.bench.training import SMALL, Ours, unmeasured
from ganviz.bench.turns import Play, ratio, take_turns
from ganviz.engine.player import Player
from ganviz.settings import Settings

Floats = npt.NDArray[np.float32]

#: How it is built: as the comparison asks, and for this processor, with sums in any order.
PLAIN = ("-O3",)
NATIVE = ("-O3", "-march=native", "-ffast-math")
BUILDS = {"C": PLAIN, "C for this processor": NATIVE}
#: Bound on its random numbers: they are its own, and only their speed matters.
SEED = 1


def source() -> Path:
    """Return where the program is written, in an installed wheel or in a checkout."""
    here = Path(__file__).resolve().parent
    inside = here / "fused.c"
    return inside if inside.is_file() else here.parents[1] / "tests" / "benchmarks" / "fused.c"


def missing() -> str:
    """Return in a sentence why the program cannot be built here; empty where it can."""
    if compiler() is None:
        return "no C compiler here: neither gcc nor cc is on the path"
    return "" if source().is_file() else f"its source is not there: {source()}"


def compiler() -> str | None:
    """Return the C compiler of this machine, or None."""
    return shutil.which("gcc") or shutil.which("cc")


class Program:
    """The program, built with some flags and loaded; calls do not hold the interpreter lock.

    Its weights are its own: one of each build at a time.
    """

    def __init__(self, folder: Path, flags: tuple[str, ...] = PLAIN) -> None:
        """Build and load it.

        Raises
        ------
        OSError
            If the compiler or the loader does not take it; the message is theirs.
        """
        made = folder / f"fused{'-'.join(('', *flags)).replace('=', '-')}.so"
        part = made.with_suffix(".o")
        # Linked in a second step, which knows nothing of -ffast-math: told of it, the linker adds
        # what makes the whole process, and not only this program, take the least numbers for 0.
        for command in (
            [compiler() or "cc", *flags, "-fPIC", "-c", "-o", str(part), str(source())],
            [compiler() or "cc", "-shared", "-o", str(made), str(part), "-lm"],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
        self._library = ctypes.CDLL(str(made))
        self.size, self.batch = self._library.gan_size(), self._library.gan_batch()

    def start(self, generator: Player, discriminator: Player) -> None:
        """Begin with the weights of two players of ganviz, 1 → 32 → 32 → 1 each."""
        flats = [
            np.ascontiguousarray(player.weights(), np.float32)
            for player in (generator, discriminator)
        ]
        if any(len(flat) != self.size for flat in flats):
            raise ValueError(f"the program has {self.size} weights a player")
        self._library.gan_start(*map(_pointer, flats), ctypes.c_uint64(SEED))

    def play(self, n: int) -> Floats:
        """Take n steps on batches of its own; return their losses, (n, 2)."""
        rows = np.empty((n, 2), np.float32)
        self._library.gan_play(ctypes.c_long(n), _pointer(rows))
        return rows

    def step(self, x: Floats, z_d: Floats, z_g: Floats) -> tuple[Floats, Floats, Floats]:
        """Take one step on (batch,) data and noise; return losses (2,) and both gradients."""
        row, grad_d, grad_g = (np.empty(n, np.float32) for n in (2, self.size, self.size))
        inputs = [np.ascontiguousarray(each, np.float32) for each in (x, z_d, z_g)]
        self._library.gan_step(*map(_pointer, (*inputs, row, grad_d, grad_g)))
        return row, grad_d, grad_g

    def weights(self) -> tuple[Floats, Floats]:
        """Return the weights of G and of D."""
        g, d = np.empty(self.size, np.float32), np.empty(self.size, np.float32)
        self._library.gan_weights(_pointer(g), _pointer(d))
        return g, d

    def draws(self, kind: str, batches: int) -> Floats:
        """Return (batches, batch) draws of its own of ``data`` or ``noise``."""
        out = np.empty((batches, self.batch), np.float32)
        for row in out:
            getattr(self._library, f"gan_{kind}")(_pointer(row))
        return out


def _pointer(array: Floats) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def program(effort: Effort) -> Iterator[Row]:
    """Yield ganviz's rate over the program's: built with -O3, and for this very processor."""
    if why := missing():
        yield Row("plain C program", None, note=why)
        return
    torch.set_num_threads(1)
    ours = Ours(unmeasured(Settings.of(SMALL)))
    players = ours.engine.family.players
    with TemporaryDirectory() as folder:
        turns: dict[str, Play] = {"ganviz": ours.play}
        built, refused = {}, {}
        for name, flags in BUILDS.items():
            try:
                built[name] = Program(Path(folder), flags)
            except OSError as error:
                refused[name] = str(error)
                continue
            built[name].start(players["generator"], players["discriminator"])
            turns[name] = built[name].play
        tallies = take_turns(turns, effort, {"ganviz": ours.settings.train.measure_every})
    kernel = ours.engine.kernel.name
    game = f"2 × 32, batch 256, k = 1, measures off; by {Path(compiler() or 'cc').name}"
    for name, flags in BUILDS.items():
        title = f"plain C program, {' '.join(flags)}"
        if name in refused:
            yield Row(title, None, note=refused[name])
            continue
        least = 1 if flags == PLAIN else None
        yield ratio(title, tallies, "ganviz", name, least=least, kernel=kernel, note=game)
