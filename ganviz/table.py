"""Numbers out: the trace of a run and its samples, as CSV or NPZ files.

Every file is written whole or not at all. CSV holds each number to its last digit, and nothing
where a column does not apply; NPZ holds plain arrays by name, nothing pickled.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ganviz.frame import Trace

#: Columns of the trace that come first, in this order, as far as there are any; others follow.
FIRST = (
    *("step", "loss_d", "loss_g", "value", "d_real", "d_fake"),
    *("loss", "reconstruction", "kl", "sparsity", "grad_d", "grad_g", "grad_e"),
)


def whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Let ``write`` fill a temporary neighbour and put it in place, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    partial = Path(name)
    try:
        write(partial)
        partial.chmod(0o644)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def trace_csv(trace: Trace, path: Path) -> None:
    """Write a trace as CSV: a line of names, then a line for each row; raises OSError."""
    names, order = _ordered(trace)
    lines = (
        [int(row[0]), *("" if value != value else repr(value) for value in row[1:])]
        for rows in trace.pieces()
        for row in rows[:, order].tolist()
    )
    _csv(path, names, lines)


def trace_npz(trace: Trace, path: Path) -> None:
    """Write a trace as NPZ: an array (rows,) for each column, NaN where it does not apply."""
    names, _ = _ordered(trace)
    columns: dict[str, npt.NDArray[Any]] = {name: trace.column(name) for name in names}
    _npz(path, {**columns, "step": columns["step"].astype(np.int64)})


def samples_csv(
    real: npt.NDArray[np.floating], fake: npt.NDArray[np.floating], step: int, path: Path
) -> None:
    """Write real (n, dim) and generated (m, dim) samples as CSV: kind, step, coordinates."""
    names = ["kind", "step", *("x", "y")[: real.shape[1]]]
    lines = (
        [kind, step, *(repr(value) for value in row)]
        for kind, points in (("real", real), ("generated", fake))
        for row in points.astype(np.float64).tolist()
    )
    _csv(path, names, lines)


def samples_npz(
    real: npt.NDArray[np.floating], fake: npt.NDArray[np.floating], step: int, path: Path
) -> None:
    """Write real (n, dim) and generated (m, dim) samples, and the step, as NPZ."""
    _npz(path, {"real": real, "generated": fake, "step": np.array(step)})


def _ordered(trace: Trace) -> tuple[list[str], list[int]]:
    names = [name for name in FIRST if name in trace.columns]
    names += [name for name in trace.columns if name not in FIRST]
    return names, [trace.columns.index(name) for name in names]


def _csv(path: Path, names: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    def write(partial: Path) -> None:
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows(lines)

    whole(path, write)


def _npz(path: Path, arrays: dict[str, npt.NDArray[Any]]) -> None:
    def write(partial: Path) -> None:
        with partial.open("wb") as file:
            # Typed as if an array could be named allow_pickle; none is.
            np.savez_compressed(file, allow_pickle=False, **arrays)

    whole(path, write)
