"""Counting samples: ``theory.coverage`` and ``theory.distances`` in one pass, without Python.

What those say in numpy is the definition. What decides to which mode or bin a sample belongs is
computed in the very order in which it is there, so that a tie falls the same way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit

from ganviz.engine.kernels.compiled.arithmetic import ELEMENTARY, OPTIONS, place, row
from ganviz.engine.kernels.compiled.layout import TALLIED, TALLY
from ganviz.engine.kernels.compiled.looking import EACH, F8, I8, log_of

TOLD = len(TALLIED)
#: As it stands there: no sum in another order, no product fused with it.
LITERAL = {**OPTIONS, "fastmath": False}

_exp, _log1p = ELEMENTARY[F8]["exp"], ELEMENTARY[F8]["log1p"]
_LOG_2 = float(np.log(2))


@njit(**OPTIONS)
def _finite(values: Any, n: Any) -> Any:
    numbers, wild = row(F8, values, n), 0
    for i in range(n):
        wild += 0 if abs(numbers[i]) < np.inf else 1
    return wild == 0


@njit(**LITERAL)
def _census(tally: Any) -> None:
    """Count the samples that are nearest to each mode, and the good ones among them."""
    n, dim, modes = tally.count, tally.dim, tally.modes
    fake = row(F8, tally.fake, n * dim)
    centres, sigmas = row(F8, tally.centres, modes * dim), row(F8, tally.sigmas, modes)
    near, good = row(I8, tally.near, modes), row(I8, tally.good, modes)
    for mode in range(modes):
        near[mode], good[mode] = 0, 0
    for i in range(n):
        least, index = np.inf, 0
        for mode in range(modes):
            square = 0.0
            for axis in range(dim):
                gap = (centres[mode * dim + axis] - fake[i * dim + axis]) / sigmas[mode]
                square += gap * gap
            if square < least:
                least, index = square, mode
        near[index] += 1
        good[index] += 1 if least < tally.radius * tally.radius else 0


@njit(**LITERAL)
def _fill(tally: Any) -> None:
    """Count the samples in each bin."""
    n, dim, bins = tally.count, tally.dim, tally.bins
    fake = row(F8, tally.fake, n * dim)
    low, high, scale = row(F8, tally.low, dim), row(F8, tally.high, dim), row(F8, tally.scale, dim)
    wide = (bins + 2) * (bins + 2) if dim == 2 else bins + 2
    cells = row(I8, tally.cells, wide)
    for k in range(wide):
        cells[k] = 0
    for i in range(n):
        at, step = I8(0), I8(1)
        for axis in range(dim):
            value = fake[i * dim + axis]
            whole = np.floor((value - low[axis]) * scale[axis])
            cell = I8(min(max(whole, -1.0), F8(bins)))
            if value == high[axis]:
                cell = I8(bins - 1)
            at += (cell + 1) * step
            step *= bins + 2
        cells[at] += 1


@njit(**OPTIONS)
def _diverge(tally: Any) -> Any:
    """Return the JSD of the counts in the bins from the data's shares."""
    bins = tally.bins
    wide = (bins + 2) * (bins + 2) if tally.dim == 2 else bins + 2
    cells, shares = row(I8, tally.cells, wide), row(F8, tally.shares, wide)
    value, mass = 0.0, 0.0
    for k in range(wide):
        mine, data = F8(cells[k]) / F8(tally.count), shares[k]
        mass += mine + data
        if mine > 0.0 and data > 0.0:
            ratio = log_of(mine) - log_of(data)
            tail = _log1p(_exp(-abs(ratio)))
            value += mine * (min(ratio, 0.0) - tail) - data * (max(ratio, 0.0) + tail)
    return min(max((value + _LOG_2 * mass) / 2.0, 0.0), _LOG_2)


@njit(**OPTIONS)
def _cast(tally: Any) -> None:
    """Write the samples' shadows along all ways, in no order yet."""
    n, fake = tally.count, row(F8, tally.fake, 2 * tally.count)
    for k in range(tally.ways):
        way, shadow = row(F8, tally.way + 2 * k * EACH, 2), row(F8, tally.cast + k * n * EACH, n)
        x, y = way[0], way[1]
        for i in range(n):
            shadow[i] = x * fake[2 * i] + y * fake[2 * i + 1]


@njit(**OPTIONS)
def tally(address: Any) -> None:
    """Count what is asked for of generated samples; nothing where one is not finite."""
    record = carray(place(address), 1, TALLY)[0]
    told = row(F8, record.told, TOLD)
    told[0] = 0.0
    if not _finite(record.fake, record.count * record.dim):
        return
    told[0] = 1.0
    if record.modes > 0:
        _census(record)
    if record.bins > 0:
        _fill(record)
        told[1] = _diverge(record)
    if record.ways > 0:
        _cast(record)


@njit(**OPTIONS)
def gap(a: Any, b: Any, n: Any, told: Any) -> None:
    """Write the mean distance of n numbers from n others."""
    x, y, total = row(F8, a, n), row(F8, b, n), 0.0
    for i in range(n):
        total += abs(x[i] - y[i])
    row(F8, told, 1)[0] = total / F8(n)
