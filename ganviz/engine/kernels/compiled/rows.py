"""What is done to stretches of numbers between a round's larger pieces, in one pass each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from ganviz.engine.kernels.compiled.arithmetic import OPTIONS, row, size_of

Rule = Callable[..., Any]
F8 = np.float64


def rules(real: Any) -> dict[str, Rule]:
    """Return the rules for weights of a precision; lengths are numbers, places addresses."""

    def turn(to: int, ld: int, source: int, n: int, width: int) -> None:
        """Write (n, width) numbers as (width, n), rows ``ld`` numbers apart."""
        size = size_of(real)
        numbers = row(real, source, n * width)
        for j in range(width):
            line = row(real, to + j * ld * size, n)
            for i in range(n):
                line[i] = numbers[i * width + j]

    def copy(to: int, source: int, n: int) -> None:
        a, b = row(real, to, n), row(real, source, n)
        for i in range(n):
            a[i] = b[i]

    def widen(to: int, source: int, n: int) -> None:
        """Copy into float64."""
        a, b = row(F8, to, n), row(real, source, n)
        for i in range(n):
            a[i] = b[i]

    def narrow(to: int, source: int, n: int) -> None:
        """Copy from float64."""
        a, b = row(real, to, n), row(F8, source, n)
        for i in range(n):
            a[i] = real(b[i])

    def sums(source: int, n: int, to: int, rows: int, part: int) -> None:
        """Write the sum over each of the rows (rows, n), a part of so many numbers after the other.

        A part is a batch. Where D's cost pulls the generated samples as it pushes the real ones,
        both are the same sum in the same order, and leave exactly 0: as in the plain path, and
        unlike one sum over both, whose rounding an optimiser takes for a gradient. All rows of a
        part come before the next part: of two loops in a row the compiler makes one sum.
        """
        size, out, start = size_of(real), row(real, to, rows), 0
        while start < n:
            m = min(part, n - start)
            for r in range(rows):
                a, total = row(real, source + (r * n + start) * size, m), real(0)
                for i in range(m):
                    total += a[i]
                out[r] = total + (out[r] if start > 0 else real(0))
            start += part

    def mean_of(source: int, n: int, told: int, less: float) -> None:
        """Write the mean less a number, as float64."""
        a, total = row(real, source, n), real(0)
        for i in range(n):
            total += a[i]
        row(F8, told, 1)[0] = total / real(n) - real(less)

    def norm(source: int, n: int, told: int) -> None:
        """Write the Euclidean norm as float64, infinite as soon as a square is, as torch's."""
        a, total = row(real, source, n), real(0)
        for i in range(n):
            total += a[i] * a[i]
        row(F8, told, 1)[0] = np.sqrt(total)

    def shorten(grad: int, n: int, norm: int, most: float) -> None:
        """Shorten a vector whose norm lies at ``norm`` to a norm, if it is longer."""
        g, factor = row(real, grad, n), real(most) / (real(row(F8, norm, 1)[0]) + real(1e-12))
        factor = real(1) if factor > real(1) else factor
        for i in range(n):
            g[i] *= factor

    def bound(theta: int, n: int, most: float) -> None:
        """Cut numbers to ± a bound."""
        w, high = row(real, theta, n), real(most)
        for i in range(n):
            cut = high if w[i] > high else w[i]
            w[i] = -high if cut < -high else cut

    def largest(source: int, n: int, told: int) -> None:
        """Write the largest magnitude as float64, NaN if there is one."""
        a, most, lost = row(real, source, n), real(0), False
        for i in range(n):
            most = max(most, abs(a[i]))
            lost = lost or a[i] != a[i]
        row(F8, told, 1)[0] = np.nan if lost else F8(most)

    def approach(to: int, source: int, n: int, share: float) -> None:
        """Go a share of the way from ``to`` to ``source``."""
        a, b, part = row(real, to, n), row(real, source, n), real(share)
        for i in range(n):
            a[i] += part * (b[i] - a[i])

    def times(to: int, by: int, n: int) -> None:
        """Multiply by other numbers."""
        a, b = row(real, to, n), row(real, by, n)
        for i in range(n):
            a[i] *= b[i]

    def join(to: int, ld: int, source: int, rows: int, n: int, sums: int) -> None:
        """Add (rows, n) numbers to rows ``ld`` numbers apart, and their sums to the rows' sums."""
        size, out = size_of(real), row(real, sums, rows)
        for r in range(rows):
            a, b = row(real, to + r * ld * size, n), row(real, source + r * n * size, n)
            total = real(0)
            for i in range(n):
                a[i] += b[i]
                total += b[i]
            out[r] += total

    made = (
        *(turn, copy, widen, narrow, sums, mean_of),
        *(norm, shorten, bound, largest, approach),
        *(times, join),
    )
    return {each.__name__: njit(each, **OPTIONS) for each in made}
