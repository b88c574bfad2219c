"""Losses by logits, with their gradient: ``engine.family.stakes`` in the catalog's plain numbers.

In float64, whatever the weights' precision: a batch of logits is little work, and a mean of many
small costs keeps its digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numba import njit

from ganviz.catalog.costs import Compared, Cost, Number
from ganviz.engine.kernels.compiled.arithmetic import OPTIONS, compiled, row

Rule = Callable[..., Any]
F8 = np.float64
EACH = 8  # bytes


def costing(cost: Cost) -> Rule:
    """Return ``(s, n, by, more, told, factor)``: factor · Σ cost(s) and its gradient.

    They are written to ``told`` and to ``by``; with ``more`` they are added to what is there.
    """
    of, slope = compiled(cost.of, F8), compiled(cost.slope, F8)

    def costs(s: int, n: int, by: int, more: int, told: int, factor: float) -> None:
        logits, to, out, total = row(F8, s, n), row(F8, by, n), row(F8, told, 1), 0.0
        if more != 0:
            for i in range(n):
                total += of(logits[i])
                to[i] += factor * slope(logits[i])
        else:
            for i in range(n):
                total += of(logits[i])
                to[i] = factor * slope(logits[i])
        out[0] = (out[0] if more != 0 else 0.0) + factor * total

    return cast(Rule, njit(costs, **OPTIONS))


def believing(number: Number) -> Rule:
    """Return ``(s, n, told)``: the mean of what D's logits mean."""
    of = compiled(number, F8)

    def believes(s: int, n: int, told: int) -> None:
        logits, total = row(F8, s, n), 0.0
        for i in range(n):
            total += of(logits[i])
        row(F8, told, 1)[0] = total / n

    return cast(Rule, njit(believes, **OPTIONS))


def comparing(compared: Compared) -> tuple[Rule, Rule]:
    """Return ``(logits, n, slopes, told)`` for L_D and for L_G.

    ``logits`` and ``slopes`` have those of the n real samples first, then the generated ones.
    """
    discriminator = compiled(compared.discriminator, F8)
    generator = compiled(compared.generator, F8)

    def judges(logits: int, n: int, slopes: int, told: int) -> None:
        r, f = row(F8, logits, n), row(F8, logits + n * EACH, n)
        by_r, by_f = row(F8, slopes, n), row(F8, slopes + n * EACH, n)
        row(F8, told, 1)[0] = discriminator(r, f, by_r, by_f)

    def fools(logits: int, n: int, slopes: int, told: int) -> None:
        r, f = row(F8, logits, n), row(F8, logits + n * EACH, n)
        row(F8, told, 1)[0] = generator(r, f, row(F8, slopes + n * EACH, n))

    return cast(Rule, njit(judges, **OPTIONS)), cast(Rule, njit(fools, **OPTIONS))
