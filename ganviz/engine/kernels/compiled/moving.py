"""How a gradient becomes a step: ``catalog.optimizers``, each in one pass over the weights.

Every rule is ``(theta, grad, moments, n, t, lr, rise, spread, hyper)``: ``moments`` the int64
addresses of the optimiser's vectors, t the number of this update, ``rise`` = 1 − β₁ᵗ and ``spread``
= (1 − β₂ᵗ)^½ of it, ``hyper`` the float64 constants in the order of :class:`Hyper`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import carray, njit

from ganviz.engine.kernels.compiled.arithmetic import OPTIONS, place, row

Rule = Callable[..., Any]


def rules(real: Any) -> dict[str, Rule]:
    """Return the optimisers for weights of a precision, by their names in the catalog."""

    @njit(**OPTIONS)
    def constants(hyper: Any) -> Any:
        h = row(np.float64, hyper, 5)
        return real(h[0]), real(h[1]), real(h[2]), real(h[3]), real(h[4])

    @njit(**OPTIONS)
    def others(hyper: Any) -> Any:
        """Return 1 − β₁, 1 − β₂, 1 − ρ: of what is near 1, a rounded one would leave little."""
        h = row(np.float64, hyper, 5)
        return real(1.0 - h[1]), real(1.0 - h[2]), real(1.0 - h[3])

    @njit(**OPTIONS)
    def moment(moments: Any, number: Any, n: Any) -> Any:
        return row(real, carray(place(moments), 3, np.int64)[number], n)

    def sgd(
        theta: Any,
        grad: Any,
        moments: Any,
        n: Any,
        t: Any,
        lr: Any,
        rise: Any,
        spread: Any,
        hyper: Any,
    ) -> None:
        w, g, lr = row(real, theta, n), row(real, grad, n), real(lr)
        for i in range(n):
            w[i] -= lr * g[i]

    def momentum(
        theta: Any,
        grad: Any,
        moments: Any,
        n: Any,
        t: Any,
        lr: Any,
        rise: Any,
        spread: Any,
        hyper: Any,
    ) -> None:
        w, g, lr = row(real, theta, n), row(real, grad, n), real(lr)
        v, mu = moment(moments, 0, n), constants(hyper)[0]
        for i in range(n):
            v[i] = mu * v[i] + g[i]
            w[i] -= lr * v[i]

    def rmsprop(
        theta: Any,
        grad: Any,
        moments: Any,
        n: Any,
        t: Any,
        lr: Any,
        rise: Any,
        spread: Any,
        hyper: Any,
    ) -> None:
        w, g, lr = row(real, theta, n), row(real, grad, n), real(lr)
        v, (_, _, _, rho, eps) = moment(moments, 0, n), constants(hyper)
        new = others(hyper)[2]
        for i in range(n):
            v[i] = rho * v[i] + new * g[i] * g[i]
            w[i] -= lr * g[i] / (np.sqrt(v[i]) + eps)

    def adam(
        theta: Any,
        grad: Any,
        moments: Any,
        n: Any,
        t: Any,
        lr: Any,
        rise: Any,
        spread: Any,
        hyper: Any,
    ) -> None:
        w, g = row(real, theta, n), row(real, grad, n)
        (_, b1, b2, _, eps), (new1, new2, _) = constants(hyper), others(hyper)
        m, v = moment(moments, 0, n), moment(moments, 1, n)
        rate, spread = real(lr / rise), real(1 / spread)
        for i in range(n):
            m[i] = b1 * m[i] + new1 * g[i]
            v[i] = b2 * v[i] + new2 * g[i] * g[i]
            w[i] -= rate * m[i] / (np.sqrt(v[i]) * spread + eps)

    def optimistic(
        theta: Any,
        grad: Any,
        moments: Any,
        n: Any,
        t: Any,
        lr: Any,
        rise: Any,
        spread: Any,
        hyper: Any,
    ) -> None:
        w, g, lr = row(real, theta, n), row(real, grad, n), real(lr)
        last = moment(moments, 0, n)
        for i in range(n):
            before = g[i] if t == 1 else last[i]
            w[i] += lr * before - real(2) * lr * g[i]
            last[i] = g[i]

    def optimistic_adam(
        theta: Any,
        grad: Any,
        moments: Any,
        n: Any,
        t: Any,
        lr: Any,
        rise: Any,
        spread: Any,
        hyper: Any,
    ) -> None:
        w, g = row(real, theta, n), row(real, grad, n)
        (_, b1, b2, _, eps), (new1, new2, _) = constants(hyper), others(hyper)
        m, v, last = moment(moments, 0, n), moment(moments, 1, n), moment(moments, 2, n)
        rise, spread, lr = real(1 / rise), real(1 / spread), real(lr)
        for i in range(n):
            m[i] = b1 * m[i] + new1 * g[i]
            v[i] = b2 * v[i] + new2 * g[i] * g[i]
            move = m[i] * rise / (np.sqrt(v[i]) * spread + eps)
            before = move if t == 1 else last[i]
            w[i] += lr * before - real(2) * lr * move
            last[i] = move

    made = (sgd, momentum, rmsprop, adam, optimistic, optimistic_adam)
    return {each.__name__.replace("_", "-"): njit(each, **OPTIONS) for each in made}
