"""Processes that are killed at any instant while they record and while they write run files."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ganviz.schema import ParamError
from ganviz.tape import recovery, runfile
from ganviz.tape.lane import Lane

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL"),
    pytest.mark.timeout(1500),
]

#: Seconds of steps that may be lost.
LOST = 2.0

#: A warm process forks children, which train or save, and kills each at a random instant. What a
#: child did and when stands in a file to which it writes without any buffer.
KILLER = """
import os, random, signal, struct, sys, time, traceback
from pathlib import Path
import torch
torch.set_num_threads(1)
from ganviz import headless
from ganviz.presets import presets
from ganviz.tape import Tape, runfile
from ganviz.tape.lane import Lane

root, what, count, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
random.seed(seed)
small = {"generator.hidden": (8,), "discriminator.hidden": (8,), "train.batch": 16}
game = presets()["two-modes"].settings.with_(small)
Lane(Tape(), game).step(20)

def note(path, number):
    with open(path, "ab", buffering=0) as file:
        file.write(struct.pack("<qd", number, time.monotonic()))

def train(folder):
    step = Lane.step
    def stepped(lane, n=1, more=0):
        step(lane, n, more)
        note(folder / "notes", lane.engine.steps)
    Lane.step = stepped
    # Then none: a change is written at once, and the steps before it.
    changes = [(n, {"train.k": 1 + n // 30 % 2}) for n in range(30, 160, 30)]
    steps = random.choice((40, 150, 10**6))  # also those that come to their end
    headless.train(game, steps, folder, 10, script=[c for c in changes if c[0] <= steps])

def save(folder):
    lane, n = Lane(Tape(), game), 0
    while True:
        lane.step(40)
        lane.keep_end()
        runfile.write(folder / "run.ganviz", lane.tape)
        note(folder / "notes", lane.engine.steps)

for n in range(count):
    folder = root / str(n)
    folder.mkdir()
    early, wait = n % 5 == 0, random.uniform(0.0, 1.2)
    sys.stdout.flush()
    child = os.fork()
    if not child:
        random.seed(seed + n)
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            {"train": train, "save": save}[what](folder)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    begun = time.monotonic()  # most are killed once they are at work, however slow the machine
    while not early and not (folder / "notes").exists() and time.monotonic() < begun + 30:
        time.sleep(0.005)
    time.sleep(wait)
    when = time.monotonic()
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    print(n, when, int(os.WIFEXITED(status) and os.WEXITSTATUS(status)), flush=True)
"""


def killed(root: Path, what: str, count: int, seed: int) -> list[tuple[Path, float, np.ndarray]]:
    """Return (folder, when it was killed, what was noted: rows of number and time)."""
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(root), what, str(count), str(seed)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = []
    for line in done.stdout.splitlines():
        n, when, failed = line.split()
        assert failed == "0", done.stderr
        path = root / n / "notes"
        data = path.read_bytes() if path.exists() else b""
        whole = [struct.unpack_from("<qd", data, at) for at in range(0, len(data) // 16 * 16, 16)]
        found.append((root / n, float(when), np.array(whole).reshape(-1, 2)))
    return found


COUNTS = [4, pytest.param(200, marks=pytest.mark.long)]


@pytest.mark.parametrize("count", COUNTS)
def test_a_killed_run_loses_no_more_than_two_seconds(count: int, tmp_path: Path) -> None:
    opened, most = 0, 0.0
    for folder, when, notes in killed(tmp_path, "train", count, seed=1):
        due = notes[notes[:, 1] <= when - LOST, 0].max(initial=0)
        try:
            path = folder / "run.ganviz"
            run = runfile.read(path) if path.exists() else recovery.recover(folder / ".recording")
        except ParamError:
            run = None
        if run is None:  # killed before anything had been done
            assert due == 0
            continue
        branch = run.tape.branches[0]
        assert branch.last >= due
        after = notes[notes[:, 0] > branch.last, 1]
        most = max(most, when - after[0] if len(after) else 0.0)
        opened += 1
        if opened % 10 == 1:  # it is the run, to its last bit, and goes on
            lane = Lane(run.tape, branch=0)
            lane.step(branch.last)
            np.testing.assert_array_equal(lane.engine.trace.rows, branch.rows)
            lane.step(5)
    print(f"{count} kills while recording: {opened} opened, at most {most:.2f} s of steps lost")
    assert opened >= count // 2


@pytest.mark.parametrize("count", COUNTS)
def test_a_run_file_is_the_old_one_or_the_new_one(count: int, tmp_path: Path) -> None:
    opened = 0
    for folder, _, notes in killed(tmp_path, "save", count, seed=2):
        path = folder / "run.ganviz"
        written = int(notes[-1, 0]) if len(notes) else 0
        if not path.exists():
            assert written == 0
            continue
        assert runfile.read(path).tape.branches[0].last in (written, written + 40)
        opened += 1
    print(f"{count} kills while saving: {opened} files, all whole")
    assert opened >= count // 2
