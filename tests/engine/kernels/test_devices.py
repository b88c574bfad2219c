"""Other devices than the CPU and other libraries than MKL, as far as this machine has them."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from ganviz.cli import main as command_line
from ganviz.engine import Engine
from ganviz.engine.kernels import Plain, chosen
from ganviz.engine.kernels.compiled import blas
from ganviz.schema import ParamError
from ganviz.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
FLOAT32 = (
    "train.dtype = float64: an MPS device has only float32; "
    "choose train.device = cpu, or train.dtype = float32"
)


def test_on_mps_every_game_is_played_plainly_and_why_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = Engine(Settings.of({"train.batch": 8}))
    assert engine.kernel.name == "compiled"
    family = engine.family
    for helper in ("glass", "tally"):
        monkeypatch.setattr(family, helper, None)
    there = SimpleNamespace(device=torch.device("mps"), dtype=torch.float32)
    monkeypatch.setattr(family, "like", there)
    kernel = chosen(family)
    assert isinstance(kernel, Plain)
    assert kernel.about == (
        "The plain kernel: round after round by PyTorch's autograd. No faster kernel plays this "
        "game: the compiled one is of the CPU, and this runs on MPS."
    )
    assert family.glass is None  # nor does it look at anything or count it
    assert family.tally is None


def test_mps_has_no_float64_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    values = {"train.device": "mps", "train.dtype": "float64"}
    with pytest.raises(ParamError) as refusal:
        Engine(Settings.of(values))
    assert str(refusal.value) == FLOAT32
    words = [word for path, value in values.items() for word in ("--set", f"{path}={value}")]
    out = tmp_path / "out"
    assert command_line(["run", "--steps", "5", "--out", str(out), *words]) == 2
    assert capsys.readouterr().err == f"ganviz: {FLOAT32}\n"
    assert not out.exists()


def test_without_mps_it_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for device in (torch.backends.mps, torch.cuda):
        monkeypatch.setattr(device, "is_available", lambda: False)
    out = tmp_path / "out"
    words = ["--set", "train.device=mps"]
    assert command_line(["run", "--steps", "5", "--out", str(out), *words]) == 2
    sentence = "train.device = mps: this machine has none; must be auto or cpu"
    assert capsys.readouterr().err == f"ganviz: {sentence}\n"


# ---- BLAS ---------------------------------------------------------------------------------------

SCIPY = """
import ctypes
import numpy as np
from scipy.linalg import cython_blas
from ganviz.engine import Engine
from ganviz.engine.kernels import Plain
from ganviz.engine.kernels.compiled import blas
from ganviz.settings import Settings

blas._own = lambda: None  # as where torch brings no MKL
threads = ctypes.CDLL(cython_blas.__file__).scipy_openblas_get_num_threads
before = threads()
settings = Settings.of({"train.dtype": "float64"})
engine, plain = Engine(settings), Engine(settings)
plain.kernel = Plain(plain.family)
for each in (engine, plain):
    each.step(20)
a, b = (each.weights("discriminator") for each in (engine, plain))
print(engine.kernel.name, before, threads(), np.linalg.norm(a - b) <= 1e-12 * np.linalg.norm(b))
"""


def test_openblas_plays_the_same_in_one_thread() -> None:
    pytest.importorskip("scipy", reason="torch's own BLAS is used, and SciPy is not there")
    from scipy.linalg import cython_blas

    if not hasattr(ctypes.CDLL(cython_blas.__file__), blas.OPENBLAS[0]):
        pytest.skip("this SciPy uses another library than the OpenBLAS of its wheels")
    done = subprocess.run(
        [sys.executable, "-c", SCIPY],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.split() == ["compiled", "2", "1", "True"], done.stderr
