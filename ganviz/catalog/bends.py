"""Activations in plain numbers: what a hidden unit makes of its sum, and how that bends.

As :mod:`ganviz.catalog.costs` does for the losses, and under the same rules, so that a kernel
without autograd can be made of these. Besides ``exp`` and ``log1p`` they may call ``expm1`` and
``tanh``.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, expm1, log1p, tanh
from typing import NamedTuple


class Bend(NamedTuple):
    """One activation y = f(t).

    ``of`` is f, ``slope(t, y)`` f′ and ``curve(t, y)`` f″, None where it is 0 beside the kinks;
    where ``of_output`` is true both look at y alone, and t need not be kept.
    """

    of: Callable[[float], float]
    slope: Callable[[float, float], float]
    curve: Callable[[float, float], float] | None = None
    of_output: bool = True


def straight(t: float) -> float:
    return t


def straight_slope(t: float, y: float) -> float:
    return 1.0


def relu(t: float) -> float:
    return 0.0 if t < 0.0 else t


def relu_slope(t: float, y: float) -> float:
    return 1.0 if y > 0.0 else 0.0


def leaky(t: float) -> float:
    return t if t > 0.0 else 0.2 * t


def leaky_slope(t: float, y: float) -> float:
    return 1.0 if y > 0.0 else 0.2


def tanh_slope(t: float, y: float) -> float:
    return 1.0 - y * y


def tanh_curve(t: float, y: float) -> float:
    return -2.0 * y * (1.0 - y * y)


def sigmoid(t: float) -> float:
    return 1.0 / (1.0 + exp(-t))


def sigmoid_slope(t: float, y: float) -> float:
    return y * (1.0 - y)


def sigmoid_curve(t: float, y: float) -> float:
    return y * (1.0 - y) * (1.0 - 2.0 * y)


def softplus(t: float) -> float:
    """Return log(1 + exp t), and t itself beyond 20, as torch does."""
    return t if t > 20.0 else (t if t > 0.0 else 0.0) + log1p(exp(-(t if t > 0.0 else -t)))


def softplus_slope(t: float, y: float) -> float:
    return 1.0 if y > 20.0 else -expm1(-y)


def softplus_curve(t: float, y: float) -> float:
    return 0.0 if y > 20.0 else -expm1(-y) * exp(-y)


def elu(t: float) -> float:
    return t if t > 0.0 else expm1(t)


def elu_slope(t: float, y: float) -> float:
    return 1.0 if y > 0.0 else y + 1.0


def elu_curve(t: float, y: float) -> float:
    return 0.0 if y > 0.0 else y + 1.0


def silu(t: float) -> float:
    return t / (1.0 + exp(-t))


def silu_slope(t: float, y: float) -> float:
    share = 1.0 / (1.0 + exp(-t))
    return share + y * (1.0 - share)


def silu_curve(t: float, y: float) -> float:
    share = 1.0 / (1.0 + exp(-t))
    return share * (1.0 - share) * (2.0 + t * (1.0 - 2.0 * share))


#: Of an output.
NONE = Bend(straight, straight_slope)
RELU, LEAKY = Bend(relu, relu_slope), Bend(leaky, leaky_slope)
TANH = Bend(tanh, tanh_slope, tanh_curve)
SIGMOID = Bend(sigmoid, sigmoid_slope, sigmoid_curve)
SOFTPLUS = Bend(softplus, softplus_slope, softplus_curve)
ELU = Bend(elu, elu_slope, elu_curve)
SILU = Bend(silu, silu_slope, silu_curve, of_output=False)
