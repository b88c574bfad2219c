"""Penalties of D's slope: ``catalog.penalties`` in the catalog's plain numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numba import njit

from ganviz.catalog.holds import Hold
from ganviz.engine.kernels.compiled.arithmetic import OPTIONS, compiled, row, size_of

Rule = Callable[..., Any]
F8 = np.float64


def placing(real: Any) -> dict[str, Rule]:
    """Return ``(judged, ld, n, dim, drawn)`` for each place that is no batch of its own.

    ``judged`` has n real, n generated and room for n placed samples, a row of ``ld`` for each of
    their coordinates; ``drawn`` is (n) or, in the order of the plain path, (n, dim).
    """

    def between(judged: int, ld: int, n: int, dim: int, drawn: int) -> None:
        size, alpha = size_of(real), row(real, drawn, n)
        for j in range(dim):
            x = row(real, judged + j * ld * size, n)
            made = row(real, judged + (j * ld + n) * size, n)
            to = row(real, judged + (j * ld + 2 * n) * size, n)
            for i in range(n):
                to[i] = alpha[i] * x[i] + (real(1) - alpha[i]) * made[i]

    def around(judged: int, ld: int, n: int, dim: int, drawn: int) -> None:
        size, draws = size_of(real), row(real, drawn, n * dim)
        total, spread, count = F8(0), F8(0), F8(n * dim)
        for j in range(dim):
            x = row(real, judged + j * ld * size, n)
            for i in range(n):
                total += F8(x[i])
        for j in range(dim):
            x = row(real, judged + j * ld * size, n)
            for i in range(n):
                apart = F8(x[i]) - total / count
                spread += apart * apart
        width = real(np.sqrt(spread / count) / 2.0)
        for j in range(dim):
            x = row(real, judged + j * ld * size, n)
            to = row(real, judged + (j * ld + 2 * n) * size, n)
            for i in range(n):
                to[i] = x[i] + width * draws[i * dim + j]

    return {each.__name__: njit(each, **OPTIONS) for each in (between, around)}


def holding(hold: Hold, real: Any) -> Rule:
    """Return ``(pulls, ld, n, dim, s, by, squares, told, factor)``: factor · Σ of(‖g‖², s).

    ``pulls`` are the slopes g, rows of the coordinates ``ld`` numbers apart: the sum's gradient by
    g is written in their place. It is added to ``told``, its gradient by the logits s to ``by``;
    ``squares`` is room for n float64.
    """
    of = compiled(hold.of, F8)
    by_square, by_logit = compiled(hold.by_square, F8), compiled(hold.by_logit, F8)

    def holds(
        pulls: int,
        ld: int,
        n: int,
        dim: int,
        s: int,
        by: int,
        squares: int,
        told: int,
        factor: float,
    ) -> None:
        size, q = size_of(real), row(F8, squares, n)
        logits, to, total = row(F8, s, n), row(F8, by, n), F8(0)
        for i in range(n):
            q[i] = F8(0)
        for j in range(dim):
            g = row(real, pulls + j * ld * size, n)
            for i in range(n):
                q[i] += F8(g[i]) * F8(g[i])
        for i in range(n):
            total += of(q[i], logits[i])
            to[i] += factor * by_logit(q[i], logits[i])
            q[i] = 2.0 * factor * by_square(q[i], logits[i])
        for j in range(dim):
            g = row(real, pulls + j * ld * size, n)
            for i in range(n):
                g[i] *= real(q[i])
        row(F8, told, 1)[0] += factor * total

    return cast(Rule, njit(holds, **OPTIONS))
