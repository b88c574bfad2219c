"""The user's own points, from a CSV, TSV or NPY file or from pasted text."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ganviz.schema import ParamError

FloatArray = npt.NDArray[np.float64]

LARGEST_BYTES = 64 * 2**20
SUFFIXES = (".csv", ".tsv", ".txt", ".npy")
_WANTED = "one or two columns of finite numbers, at least two rows"


def read_points(path: str | Path, standardise: bool = False) -> FloatArray:
    """Return (n, 1) or (n, 2) points from a file.

    A first line of column names and lines that begin with ``#`` are passed over; columns may be
    parted by commas, semicolons, tabs or spaces. Nothing pickled is ever read.

    Raises
    ------
    ParamError
        Says which file, what is wrong with it and what would be right.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() not in SUFFIXES:
        raise ParamError(f"data.file = {path}: must end in one of {', '.join(SUFFIXES)}")
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise ParamError(
                f"data.file = {path}: has {size / 2**20:.0f} MB, "
                f"must have at most {LARGEST_BYTES // 2**20} MB"
            )
        raw = path.read_bytes()
    except OSError as error:
        raise ParamError(
            f"data.file = {path}: cannot be read ({error.strerror or error})"
        ) from None
    try:
        if path.suffix.lower() == ".npy":
            table = _from_npy(raw)
        else:
            table = table_of(raw.decode("utf-8-sig"))
        return checked(table, standardise)
    except UnicodeDecodeError:
        raise ParamError(f"data.file = {path}: is not text; must be {_WANTED}") from None
    except ValueError as error:
        raise ParamError(f"data.file = {path}: {error}") from None


def _from_npy(raw: bytes) -> FloatArray:
    try:
        array = np.load(io.BytesIO(raw), allow_pickle=False)
    except Exception:  # noqa: BLE001
        # np.load reports a broken header through half a dozen exception types.
        raise ValueError(f"is not a NumPy array file of plain numbers; must be {_WANTED}") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub" or array.ndim > 2:
        raise ValueError(f"holds no table of numbers; must be {_WANTED}")
    return np.atleast_1d(array).astype(float)


def table_of(text: str) -> FloatArray:
    """Return the numbers in lines of text as (n, columns); see :func:`read_points`.

    Raises
    ------
    ValueError
        Says which line is wrong and how.
    """
    rows: list[list[float]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        cells = [cell.strip().strip('"') for cell in re.split(r"[,;\t]|\s+", line) if cell.strip()]
        try:
            row = [float(cell) for cell in cells]
        except ValueError:
            if not rows and number <= 5:
                continue  # column names
            raise ValueError(
                f"line {number} is “{line[:40]}”, not numbers; must be {_WANTED}"
            ) from None
        if rows and len(row) != len(rows[0]):
            raise ValueError(
                f"line {number} has {len(row)} columns where the others have {len(rows[0])}"
            )
        rows.append(row)
    if not rows:
        raise ValueError(f"holds no numbers; must be {_WANTED}")
    return np.array(rows)


def checked(table: FloatArray, standardise: bool) -> FloatArray:
    """Return a table as (n, 1) or (n, 2) finite points, or say why it is none."""
    points = table.reshape(len(table), -1) if table.ndim == 2 else table.reshape(-1, 1)
    n, columns = points.shape
    if columns not in (1, 2):
        raise ValueError(f"has {columns} columns; must be {_WANTED}")
    if n < 2:
        raise ValueError(f"has {n} row; must be {_WANTED}")
    bad = ~np.isfinite(points).all(1)
    if bad.any():
        raise ValueError(f"row {int(np.argmax(bad)) + 1} holds NaN or infinity; must be {_WANTED}")
    if np.abs(points).max() > 1e6 and not standardise:
        raise ValueError(
            "holds numbers beyond a million; set data.standardise = true to bring them to size"
        )
    if standardise:
        std = points.std(0)
        points = (points - points.mean(0)) / np.where(std > 0, std, 1.0)
    return np.ascontiguousarray(points)
