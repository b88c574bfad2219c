"""Losses by logits.

D outputs a logit s; larger means more real. Every function takes ``(real, fake)``, the logits of
real and generated samples with the batch in the last dimension, averages over that dimension and
returns something to *minimise*. Softplus forms throughout: log(sigmoid(s) + eps) dies below
s = -18, these do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, log
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor

FloatArray = npt.NDArray[np.float64]
Terms = Callable[["Tensor", "Tensor"], "Tensor"]


def softplus(t: Tensor) -> Tensor:
    """Return log(1 + exp(t)), exact in float64 (torch's default cuts off at t = 20)."""
    from torch.nn.functional import softplus as exact

    return exact(t, 1.0, 40.0)


def minimax_d(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(-real).mean(-1) + softplus(fake).mean(-1)


def minimax_g(real: Tensor, fake: Tensor) -> Tensor:
    return -softplus(fake).mean(-1)


def non_saturating_g(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(-fake).mean(-1)


def least_squares_d(real: Tensor, fake: Tensor) -> Tensor:
    return ((real - 1).square().mean(-1) + fake.square().mean(-1)) / 2


def least_squares_g(real: Tensor, fake: Tensor) -> Tensor:
    return (fake - 1).square().mean(-1) / 2


def wasserstein_d(real: Tensor, fake: Tensor) -> Tensor:
    return fake.mean(-1) - real.mean(-1)


def wasserstein_g(real: Tensor, fake: Tensor) -> Tensor:
    return -fake.mean(-1)


def hinge_d(real: Tensor, fake: Tensor) -> Tensor:
    return (1 - real).relu().mean(-1) + (1 + fake).relu().mean(-1)


def probability(s: Tensor) -> Tensor:
    return s.sigmoid()


def itself(s: Tensor) -> Tensor:
    return s


@dataclass(frozen=True, slots=True)
class BeliefRule:
    """What a logit means under a loss, and how it is drawn.

    ``low`` and ``high`` are infinite where the numbers have no natural range; ``neutral`` is the
    undecided value (a probability of one half, say), where the boundary is drawn.
    """

    label: str
    of: Callable[[Tensor], Tensor]
    low: float
    high: float
    neutral: float
    neutral_label: str

    @property
    def bounded(self) -> bool:
        """Whether the drawn range is the same for every D."""
        return isfinite(self.low) and isfinite(self.high)


PROBABILITY = BeliefRule("D(x) = σ(s(x))", probability, 0.0, 1.0, 0.5, "½")
SCORE = BeliefRule("s(x), target 1 real, 0 fake", itself, -0.25, 1.25, 0.5, "½")
MARGIN = BeliefRule("s(x), margins ±1", itself, -2.0, 2.0, 0.0, "0")
CRITIC = BeliefRule("critic s(x)", itself, -inf, inf, 0.0, "0")


def log_odds(log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return s* = log p − log q, so that σ(s*) = p / (p + q)."""
    return log_p - log_q


def share(log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return s* = p / (p + q)."""
    return np.exp(log_p - np.logaddexp(log_p, log_q))


def sign(log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return s* = sign(p − q)."""
    return np.sign(log_p - log_q)


@dataclass(frozen=True, slots=True)
class Loss:
    """One way to play the game.

    Attributes
    ----------
    discriminator, generator
        Terms by logits, minimised by their player.
    formula
        Both losses in plain letters.
    belief
        What D's output means.
    optimum
        s*(log p, log q), the best response to a fixed generator, or None where there is none.
    references
        (trace column, value, label) at the equilibrium p_g = p.
    has_value
        Whether the game has one value V = −L_D that both players pull at.
    note
        What the optimum says, in a sentence.
    """

    title: str
    discriminator: Terms
    generator: Terms
    formula: str
    source: str
    belief: BeliefRule
    optimum: Callable[[FloatArray, FloatArray], FloatArray] | None
    references: tuple[tuple[str, float, str], ...]
    has_value: bool
    note: str


_GAN_LINES = (("value", -log(4), "−log 4"), ("loss_d", 2 * log(2), "2·log 2"))

LOSSES: dict[str, Loss] = {
    "minimax": Loss(
        "Minimax (saturating)",
        minimax_d,
        minimax_g,
        "L_D = −E log D(x) − E log(1 − D(G(z)))     L_G = E log(1 − D(G(z)))",
        "Goodfellow et al. 2014, arXiv:1406.2661, eq. 1",
        PROBABILITY,
        log_odds,
        (*_GAN_LINES, ("loss_g", -log(2), "−log 2")),
        True,
        "D* = p / (p + p_g); against D* the generator descends 2·JSD(p, p_g)",
    ),
    "non-saturating": Loss(
        "Non-saturating",
        minimax_d,
        non_saturating_g,
        "L_D = −E log D(x) − E log(1 − D(G(z)))     L_G = −E log D(G(z))",
        "Goodfellow et al. 2014, arXiv:1406.2661, §3; Arjovsky & Bottou 2017, Theorem 2.5",
        PROBABILITY,
        log_odds,
        (*_GAN_LINES, ("loss_g", log(2), "log 2")),
        True,
        "D* = p / (p + p_g); against D* the generator descends KL(p_g‖p) − 2·JSD(p, p_g)",
    ),
    "least-squares": Loss(
        "Least squares (0, 1, 1)",
        least_squares_d,
        least_squares_g,
        "L_D = ½ E (s(x) − 1)² + ½ E s(G(z))²     L_G = ½ E (s(G(z)) − 1)²",
        "Mao et al. 2017, arXiv:1611.04076, eq. 9",
        SCORE,
        share,
        (("loss_d", 0.25, "¼"), ("loss_g", 0.125, "⅛")),
        False,
        "s* = p / (p + p_g), without a sigmoid",
    ),
    "wasserstein": Loss(
        "Wasserstein",
        wasserstein_d,
        wasserstein_g,
        "L_D = E s(G(z)) − E s(x)     L_G = −E s(G(z))",
        "Arjovsky et al. 2017, arXiv:1701.07875, eq. 2",
        CRITIC,
        None,
        (("value", 0.0, "0"),),
        True,
        "without a bound on the critic's slope (clip, penalty) it has no optimum",
    ),
    "hinge": Loss(
        "Hinge",
        hinge_d,
        wasserstein_g,
        "L_D = E max(0, 1 − s(x)) + E max(0, 1 + s(G(z)))     L_G = −E s(G(z))",
        "Lim & Ye 2017, arXiv:1705.02894, eq. 4",
        MARGIN,
        sign,
        (("loss_d", 2.0, "2"), ("loss_g", 0.0, "0")),
        False,
        "s* = sign(p − p_g)",
    ),
}
