"""The pieces of a network's layer, forwards and backwards.

Products of matrices are BLAS's; where a layer has one or two inputs or outputs, as at both ends of
these networks, a loop over the samples is faster. Everything between two products is one pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from numba import carray, njit

from ganviz.catalog.bends import Bend
from ganviz.engine.kernels.compiled.arithmetic import (
    OPTIONS,
    compiled,
    gemm,
    place,
    row,
    size_of,
)
from ganviz.engine.kernels.compiled.layout import LAYER

#: Up to here a layer's inputs or outputs are so few that loops beat BLAS.
NARROW = 2

Rule = Callable[..., Any]


# ---- rows -------------------------------------------------------------------------------------


@njit(**OPTIONS)
def combine(
    real: Any, y: Any, factors: Any, step: Any, x: Any, many: Any, apart: Any, n: Any
) -> None:
    """Set the row y to Σⱼ factors[j · step] · xⱼ, the rows xⱼ lying ``apart`` bytes apart."""
    size = size_of(real)
    to, source, factor = row(real, y, n), row(real, x, n), row(real, factors, 1)[0]
    for i in range(n):
        to[i] = factor * source[i]
    j = 1
    while j + 4 <= many:
        a, b = row(real, x + j * apart, n), row(real, x + (j + 1) * apart, n)
        c, d = row(real, x + (j + 2) * apart, n), row(real, x + (j + 3) * apart, n)
        fa = row(real, factors + j * step * size, 1)[0]
        fb = row(real, factors + (j + 1) * step * size, 1)[0]
        fc = row(real, factors + (j + 2) * step * size, 1)[0]
        fd = row(real, factors + (j + 3) * step * size, 1)[0]
        for i in range(n):
            to[i] += (fa * a[i] + fb * b[i]) + (fc * c[i] + fd * d[i])
        j += 4
    while j < many:
        a, fa = row(real, x + j * apart, n), row(real, factors + j * step * size, 1)[0]
        for i in range(n):
            to[i] += fa * a[i]
        j += 1


@njit(**OPTIONS)
def dot(real: Any, x: Any, y: Any, n: Any) -> Any:
    """Return the inner product of two rows."""
    a, b, total = row(real, x, n), row(real, y, n), real(0)
    for i in range(n):
        total += a[i] * b[i]
    return total


# ---- products ---------------------------------------------------------------------------------


def products(real: Any) -> dict[str, Rule]:
    """Return the three products of a layer, for a record :data:`LAYER` at an address."""

    def weigh(blas: int, address: int, x: int, to: int, n: int) -> None:
        """Write W x, (outputs, n)."""
        layer = carray(place(address), 1, LAYER)[0]
        inputs, outputs, size = layer.inputs, layer.outputs, size_of(real)
        if inputs > NARROW and outputs > NARROW:
            places, steps = (x, layer.weight, to), (n, inputs, n)
            gemm(blas, (0, 0), (n, outputs, inputs), places, steps, real(0))
            return
        for o in range(outputs):
            y, w = to + o * n * size, layer.weight + o * inputs * size
            combine(real, y, w, 1, x, inputs, n * size, n)

    def pass_back(blas: int, address: int, d: int, to: int, n: int, part: int) -> None:
        """Write Wᵀ d, the gradient by the layer's inputs, (inputs, n).

        A ``part`` of so many samples at a time: BLAS adds up in another order at other places.
        """
        layer = carray(place(address), 1, LAYER)[0]
        inputs, outputs, size = layer.inputs, layer.outputs, size_of(real)
        if inputs > NARROW and outputs > NARROW:
            start, steps = 0, (n, inputs, n)
            while start < n:
                sizes = (min(part, n - start), inputs, outputs)
                places = (d + start * size, layer.weight, to + start * size)
                gemm(blas, (0, 1), sizes, places, steps, real(0))
                start += part
            return
        for i in range(inputs):
            w = layer.weight + i * size
            combine(real, to + i * n * size, w, inputs, d, outputs, n * size, n)

    def by_weights(blas: int, address: int, d: int, x: int, ld: int, n: int, more: int) -> None:
        """Write d xᵀ, the gradient by the weights, or with ``more`` add it to what is there.

        The rows of x lie ``ld`` numbers apart.
        """
        layer = carray(place(address), 1, LAYER)[0]
        inputs, outputs, size = layer.inputs, layer.outputs, size_of(real)
        if inputs > NARROW and outputs > NARROW:
            places, steps = (x, d, layer.weight_grad), (ld, n, inputs)
            gemm(blas, (1, 0), (inputs, outputs, n), places, steps, real(more))
            return
        to = row(real, layer.weight_grad, outputs * inputs)
        for o in range(outputs):
            for i in range(inputs):
                found = dot(real, d + o * n * size, x + i * ld * size, n)
                to[o * inputs + i] = found + (to[o * inputs + i] if more != 0 else real(0))

    return {
        "weigh": njit(weigh, **OPTIONS),
        "pass_back": njit(pass_back, **OPTIONS),
        "by_weights": njit(by_weights, **OPTIONS),
    }


# ---- what stands between two products ---------------------------------------------------------


def bending(bend: Bend, real: Any) -> Rule:
    """Return ``(t, bias, y, rows, n)``: y = f(t + bias) for every row, (rows, n)."""
    of, keeps = compiled(bend.of, real), not bend.of_output

    def bent(t: int, bias: int, y: int, rows: int, n: int) -> None:
        size, biases = size_of(real), row(real, bias, rows)
        for r in range(rows):
            source, to, b = (
                row(real, t + r * n * size, n),
                row(real, y + r * n * size, n),
                biases[r],
            )
            for i in range(n):
                summed = source[i] + b
                if keeps:
                    source[i] = summed
                to[i] = of(summed)

    return cast(Rule, njit(bent, **OPTIONS))


def sloping(bend: Bend, real: Any) -> Rule:
    """Return ``(t, y, ld, d, rows, n, sums, part)``: d ← d · f′, and its sum over each row.

    The rows of t and y lie ``ld`` numbers apart; ``sums`` may be 0 for nowhere. See ``rows.sums``
    for the ``part`` that is added up at a time.
    """
    slope = compiled(bend.slope, real)

    def sloped(t: int, y: int, ld: int, d: int, rows: int, n: int, sums: int, part: int) -> None:
        size, start = size_of(real), 0
        while start < n:
            m, skip = min(part, n - start), start * size
            for r in range(rows):
                before = row(real, t + r * ld * size + skip, m)
                after = row(real, y + r * ld * size + skip, m)
                back, summed = row(real, d + r * n * size + skip, m), real(0)
                for i in range(m):
                    value = back[i] * slope(before[i], after[i])
                    back[i] = value
                    summed += value
                if sums != 0:
                    to = row(real, sums, rows)
                    to[r] = summed + (to[r] if start > 0 else real(0))
            start += part

    return cast(Rule, njit(sloped, **OPTIONS))


def curving(bend: Bend, real: Any) -> Rule:
    """Return ``(t, y, ld, d, to, rows, n)``: d · f″, (rows, n), laid out as for :func:`sloping`."""
    assert bend.curve is not None
    curve = compiled(bend.curve, real)

    def curved(t: int, y: int, ld: int, d: int, to: int, rows: int, n: int) -> None:
        size = size_of(real)
        for r in range(rows):
            before, after = row(real, t + r * ld * size, n), row(real, y + r * ld * size, n)
            back, out = row(real, d + r * n * size, n), row(real, to + r * n * size, n)
            for i in range(n):
                out[i] = back[i] * curve(before[i], after[i])

    return cast(Rule, njit(curved, **OPTIONS))
