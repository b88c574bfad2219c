"""Losses in plain numbers: what one logit costs, and the slope of that cost.

:mod:`ganviz.catalog.losses` writes every loss for tensors and leaves its derivative to autograd;
a kernel that has no autograd needs both, number by number. A test holds each against the other.
Everything here is ordinary Python of floats, so that a compiler of such functions can read it as
well: numbers are written as floats, a choice is ``a if … else b``, and nothing is called but
``exp`` and ``log1p`` of :mod:`math` and what stands on this page.
"""

from __future__ import annotations

from collections.abc import Callable, MutableSequence, Sequence
from math import exp, log1p, tanh
from typing import NamedTuple

Number = Callable[[float], float]

LOG_2 = 0.6931471805599453
#: From here on an exponential goes on along its tangent; and its value there.
STEEPEST = 20.0
HEIGHT = 485165195.4097903


class Cost(NamedTuple):
    """What a logit costs, and the derivative of that."""

    of: Number
    slope: Number


class Apart(NamedTuple):
    """A loss that looks at every logit by itself.

    L_D is the mean of ``real`` over the real logits and of ``fake`` over the generated ones, L_G
    ``sign`` times the mean of ``generator`` over the generated ones.
    """

    real: Cost
    fake: Cost
    generator: Cost
    sign: float


class Compared(NamedTuple):
    """A loss that compares logits.

    ``discriminator(real, fake, by_real, by_fake)`` returns L_D and writes its gradient by each
    logit; ``generator(real, fake, by_fake)`` does so with L_G, by the generated logits alone. All
    are vectors of the same length.
    """

    discriminator: Callable[
        [Sequence[float], Sequence[float], MutableSequence[float], MutableSequence[float]], float
    ]
    generator: Callable[[Sequence[float], Sequence[float], MutableSequence[float]], float]


# ---- pieces -----------------------------------------------------------------------------------


def softplus(s: float) -> float:
    """Return log(1 + exp s)."""
    return (s if s > 0.0 else 0.0) + log1p(exp(-(s if s > 0.0 else -s)))


def sigmoid(s: float) -> float:
    """Return 1 / (1 + exp(−s))."""
    small = exp(-(s if s > 0.0 else -s))
    return (1.0 if s > 0.0 else small) / (1.0 + small)


def exponential(s: float) -> float:
    """Return exp s, and its tangent at 20 beyond."""
    rise = exp(STEEPEST if s > STEEPEST else s)
    return rise * (1.0 + (s - STEEPEST if s > STEEPEST else 0.0))


def exponential_slope(s: float) -> float:
    return HEIGHT if s > STEEPEST else exp(s)


# ---- what a logit means -----------------------------------------------------------------------


def itself(s: float) -> float:
    return s


def half_tanh(s: float) -> float:
    return tanh(s) / 2.0


# ---- costs of calling s real, and of calling it fake ------------------------------------------


def minus(s: float) -> float:
    return -s


def one(s: float) -> float:
    return 1.0


def minus_one(s: float) -> float:
    return -1.0


def unreal(s: float) -> float:
    return softplus(-s)


def unreal_slope(s: float) -> float:
    return -sigmoid(-s)


def from_one(s: float) -> float:
    return (s - 1.0) * (s - 1.0) / 2.0


def from_one_slope(s: float) -> float:
    return s - 1.0


def from_zero(s: float) -> float:
    return s * s / 2.0


def from_minus_one(s: float) -> float:
    return (s + 1.0) * (s + 1.0) / 2.0


def from_minus_one_slope(s: float) -> float:
    return s + 1.0


def below_margin(s: float) -> float:
    return 0.0 if s > 1.0 else 1.0 - s


def below_margin_slope(s: float) -> float:
    return 0.0 if s >= 1.0 else -1.0


def above_margin(s: float) -> float:
    return 0.0 if s < -1.0 else 1.0 + s


def above_margin_slope(s: float) -> float:
    return 0.0 if s <= -1.0 else 1.0


def kl_fake(s: float) -> float:
    return exponential(s - 1.0)


def kl_fake_slope(s: float) -> float:
    return exponential_slope(s - 1.0)


def falling(s: float) -> float:
    return exponential(-s)


def falling_slope(s: float) -> float:
    return -exponential_slope(-s)


def one_less(s: float) -> float:
    return s - 1.0


def chi_fake(s: float) -> float:
    return s * s / 4.0 + s


def chi_fake_slope(s: float) -> float:
    return s / 2.0 + 1.0


def falling_less(s: float) -> float:
    return exponential(-s) - 1.0


def rising_less(s: float) -> float:
    return exponential(s) - 1.0


def unreal_less(s: float) -> float:
    return softplus(-s) - LOG_2


def softplus_less(s: float) -> float:
    return softplus(s) - LOG_2


def minus_half_tanh(s: float) -> float:
    return -tanh(s) / 2.0


def half_tanh_slope(s: float) -> float:
    return (1.0 - tanh(s)) * (1.0 + tanh(s)) / 2.0


def minus_half_tanh_slope(s: float) -> float:
    return (tanh(s) - 1.0) * (1.0 + tanh(s)) / 2.0


UNREAL, UNFAKE = Cost(unreal, unreal_slope), Cost(softplus, sigmoid)
DOWN, UP = Cost(minus, minus_one), Cost(itself, one)
FROM_ONE, FROM_ZERO = Cost(from_one, from_one_slope), Cost(from_zero, itself)
TO_LESS_LOG = Cost(unreal_less, unreal_slope), Cost(softplus_less, sigmoid)
TANH = Cost(minus_half_tanh, minus_half_tanh_slope), Cost(half_tanh, half_tanh_slope)


def pulled_back(real: Cost, fake: Cost) -> Apart:
    """Return the game in which G minimises −E b(fake)."""
    return Apart(real, fake, fake, -1.0)


def passed_for_real(real: Cost, fake: Cost) -> Apart:
    """Return the game in which G minimises E a(fake)."""
    return Apart(real, fake, real, 1.0)


# ---- losses that compare logits ---------------------------------------------------------------


def relativistic_d(
    real: Sequence[float],
    fake: Sequence[float],
    by_real: MutableSequence[float],
    by_fake: MutableSequence[float],
) -> float:
    n, total = len(real), 0.0
    for i in range(n):
        total += softplus(fake[i] - real[i])
        slope = sigmoid(fake[i] - real[i]) / n
        by_fake[i] = slope
        by_real[i] = -slope
    return total / n


def relativistic_g(
    real: Sequence[float], fake: Sequence[float], by_fake: MutableSequence[float]
) -> float:
    n, total = len(real), 0.0
    for i in range(n):
        total += softplus(real[i] - fake[i])
        by_fake[i] = -sigmoid(real[i] - fake[i]) / n
    return total / n


def relativistic_average_d(
    real: Sequence[float],
    fake: Sequence[float],
    by_real: MutableSequence[float],
    by_fake: MutableSequence[float],
) -> float:
    n = len(real)
    mean_real, mean_fake = 0.0, 0.0
    for i in range(n):
        mean_real += real[i] / n
        mean_fake += fake[i] / n
    total, of_real, of_fake = 0.0, 0.0, 0.0  # the slopes' sums: each mean passes one on to all
    for i in range(n):
        total += softplus(mean_fake - real[i]) + softplus(fake[i] - mean_real)
        by_real[i] = -sigmoid(mean_fake - real[i])
        by_fake[i] = sigmoid(fake[i] - mean_real)
        of_real += by_real[i]
        of_fake += by_fake[i]
    for i in range(n):
        by_real[i] = (by_real[i] - of_fake / n) / (2.0 * n)
        by_fake[i] = (by_fake[i] - of_real / n) / (2.0 * n)
    return total / (2.0 * n)


def relativistic_average_g(
    real: Sequence[float], fake: Sequence[float], by_fake: MutableSequence[float]
) -> float:
    n = len(real)
    mean_real, mean_fake = 0.0, 0.0
    for i in range(n):
        mean_real += real[i] / n
        mean_fake += fake[i] / n
    total, of_real = 0.0, 0.0
    for i in range(n):
        total += softplus(mean_real - fake[i]) + softplus(real[i] - mean_fake)
        by_fake[i] = -sigmoid(mean_real - fake[i])
        of_real += sigmoid(real[i] - mean_fake)
    for i in range(n):
        by_fake[i] = (by_fake[i] - of_real / n) / (2.0 * n)
    return total / (2.0 * n)
