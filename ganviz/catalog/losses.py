"""Losses by logits.

D outputs a logit s; larger means more real. Every function takes ``(real, fake)``, the logits of
real and generated samples with the batch in the last dimension, averages over that dimension and
returns something to *minimise*. Softplus forms throughout: log(sigmoid(s) + eps) dies below
s = -18, these do not. Nothing here is infinite or without a finite gradient for logits within
±1000 in float32.

Most losses of D are a cost a(s) of every real sample and a cost b(s) of every generated one: the
pair (a, b) is written once, in ``labels``, and D's term is derived from it. Pointwise, the best s
minimises p·a(s) + q·b(s), where q is the generated density p_g.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, log
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ganviz.catalog import costs
from ganviz.catalog.costs import (
    STEEPEST,
    Apart,
    Compared,
    Cost,
    Number,
    passed_for_real,
    pulled_back,
)

if TYPE_CHECKING:
    from torch import Tensor

FloatArray = npt.NDArray[np.float64]
Terms = Callable[["Tensor", "Tensor"], "Tensor"]
Pointwise = Callable[["Tensor"], "Tensor"]
Labels = tuple[Pointwise, Pointwise]
Optimum = Callable[[FloatArray, FloatArray], FloatArray]
#: LaTeX of each piece of a formula, and the trace column of its number.
Pieces = tuple[tuple[str, str], ...]


def softplus(t: Tensor) -> Tensor:
    """Return log(1 + exp(t)), exact in float64 (torch's default cuts off at t = 20)."""
    from torch.nn.functional import softplus as exact

    return exact(t, 1.0, 40.0)


def exponential(t: Tensor) -> Tensor:
    """Return exp(t), and its tangent at 20 beyond: finite, convex, with a slope everywhere.

    Beyond 20 it lies below exp(t), so −L_D is a lower bound of its divergence only while no logit
    gets there.
    """
    return t.clamp(max=STEEPEST).exp() * (1 + (t - STEEPEST).relu())


# ---- costs of calling s real, and of calling it fake ------------------------------------------

LOGISTIC: Labels = (lambda s: softplus(-s), softplus)
ZERO_ONE: Labels = (lambda s: (s - 1).square() / 2, lambda s: s.square() / 2)
PLUS_MINUS: Labels = (lambda s: (s - 1).square() / 2, lambda s: (s + 1).square() / 2)
LINEAR: Labels = (lambda s: -s, lambda s: s)
MARGINS: Labels = (lambda s: (1 - s).relu(), lambda s: (1 + s).relu())

# The f-GANs: a = −g and b = f*∘g, with g the output activation and f* the convex conjugate of
# the divergence's f. Each comment has g(v) and f*(t).
KL: Labels = (lambda s: -s, lambda s: exponential(s - 1))  # v, exp(t − 1)
REVERSE_KL: Labels = (lambda s: exponential(-s), lambda s: s - 1)  # −exp(−v), −1 − log(−t)
CHI_SQUARE: Labels = (lambda s: -s, lambda s: s.square() / 4 + s)  # v, t²/4 + t
HELLINGER: Labels = (  # 1 − exp(−v), t / (1 − t)
    lambda s: exponential(-s) - 1,
    lambda s: exponential(s) - 1,
)
JENSEN_SHANNON: Labels = (  # log 2 − sp(−v), −log(2 − exp t)
    lambda s: softplus(-s) - log(2),
    lambda s: softplus(s) - log(2),
)
TOTAL_VARIATION: Labels = (lambda s: -s.tanh() / 2, lambda s: s.tanh() / 2)  # ½ tanh v, t


# ---- terms ------------------------------------------------------------------------------------


def telling_apart(labels: Labels) -> Terms:
    """Return L_D = E a(real) + E b(fake)."""
    called_real, called_fake = labels
    return lambda real, fake: called_real(real).mean(-1) + called_fake(fake).mean(-1)


def pulling_back(labels: Labels) -> Terms:
    """Return L_G = −E b(fake), all of V = −L_D that the generator can move."""
    _, called_fake = labels
    return lambda real, fake: -called_fake(fake).mean(-1)


def passing_for_real(labels: Labels) -> Terms:
    """Return L_G = E a(fake): the generator asks for the real label."""
    called_real, _ = labels
    return lambda real, fake: called_real(fake).mean(-1)


def pearson_g(real: Tensor, fake: Tensor) -> Tensor:
    return fake.square().mean(-1) / 2


def relativistic_d(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(fake - real).mean(-1)


def relativistic_g(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(real - fake).mean(-1)


def relativistic_average_d(real: Tensor, fake: Tensor) -> Tensor:
    above_fake = real - fake.mean(-1, keepdim=True)
    above_real = fake - real.mean(-1, keepdim=True)
    return (softplus(-above_fake).mean(-1) + softplus(above_real).mean(-1)) / 2


def relativistic_average_g(real: Tensor, fake: Tensor) -> Tensor:
    return relativistic_average_d(fake, real)


# ---- what a logit means -----------------------------------------------------------------------


def probability(s: Tensor) -> Tensor:
    return s.sigmoid()


def itself(s: Tensor) -> Tensor:
    return s


def half_tanh(s: Tensor) -> Tensor:
    return s.tanh() / 2


@dataclass(frozen=True, slots=True)
class BeliefRule:
    """What a logit means under a loss, and how it is drawn.

    ``low`` and ``high`` are infinite where the numbers have no natural range; ``neutral`` is the
    undecided value (a probability of one half, say), where the boundary is drawn: what the best D
    says where p = p_g. ``number`` is ``of`` for one number.
    """

    label: str
    of: Pointwise
    number: Number
    low: float
    high: float
    neutral: float
    neutral_label: str

    @property
    def bounded(self) -> bool:
        """Whether the drawn range is the same for every D."""
        return isfinite(self.low) and isfinite(self.high)


PROBABILITY = BeliefRule("D(x) = σ(s(x))", probability, costs.sigmoid, 0.0, 1.0, 0.5, "½")
SCORE = BeliefRule("s(x), target 1 real, 0 fake", itself, costs.itself, -0.25, 1.25, 0.5, "½")
SIGNED_SCORE = BeliefRule("s(x), target 1 real, −1 fake", itself, costs.itself, -1.5, 1.5, 0.0, "0")
MARGIN = BeliefRule("s(x), margins ±1", itself, costs.itself, -2.0, 2.0, 0.0, "0")
CRITIC = BeliefRule("critic s(x)", itself, costs.itself, -inf, inf, 0.0, "0")
RELATIVE = BeliefRule("s(x), up to a constant", itself, costs.itself, -inf, inf, 0.0, "0")
STEP = BeliefRule("T(x) = ½ tanh s(x)", half_tanh, costs.half_tanh, -0.5, 0.5, 0.0, "0")


def _number(best: str, neutral: float, neutral_label: str) -> BeliefRule:
    return BeliefRule(
        f"s(x), at best {best}", itself, costs.itself, -inf, inf, neutral, neutral_label
    )


# ---- the best response to a fixed generator ---------------------------------------------------


def log_odds(log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return s* = log p − log q, so that σ(s*) = p / (p + q); NaN where both are −inf."""
    with np.errstate(invalid="ignore"):
        return log_p - log_q


def share(log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return s* = p / (p + q)."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-log_odds(log_p, log_q)))


def contrast(log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return s* = (p − q) / (p + q)."""
    return np.tanh(log_odds(log_p, log_q) / 2)


def sign(log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return s* = sign(p − q)."""
    return np.sign(log_odds(log_p, log_q))


def far(log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return s* = ±∞ by the sign of p − q, 0 where they are equal."""
    gap = log_odds(log_p, log_q)
    return np.where(gap > 0, inf, np.where(gap < 0, -inf, gap))


def one_more(log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return s* = 1 + log p/q."""
    return 1 + log_odds(log_p, log_q)


def half(log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return s* = ½ log p/q."""
    return log_odds(log_p, log_q) / 2


def excess(log_p: FloatArray, log_q: FloatArray) -> FloatArray:
    """Return s* = 2(p/q − 1), infinite where p/q is beyond all numbers."""
    with np.errstate(over="ignore"):
        return 2 * np.expm1(log_odds(log_p, log_q))


@dataclass(frozen=True, slots=True)
class Loss:
    """One way to play the game.

    Attributes
    ----------
    discriminator, generator
        Terms by logits, minimised by their player. Relativistic terms compare two samples, so
        they take as many generated as real logits.
    labels
        (a, b), the cost of each logit called real and called fake: ``discriminator(r, f)`` is
        ``a(r).mean(-1) + b(f).mean(-1)``, and smoothed labels mix the two. None where the loss
        compares samples and there is nothing to smooth.
    formula
        Both losses in plain letters.
    tex
        The same in LaTeX, in pieces: ((LaTeX, trace column of its number or empty), …). A piece of
        L_D that has one is the mean cost of real samples (``cost_real``) or of generated ones
        (``cost_fake``), constants and all.
    belief
        What D's output means.
    optimum
        s*(log p, log q), the best response to a fixed generator of density q, or None where there
        is none. NaN where neither p nor q has any mass: there every D is as good.
    smooth
        Whether that optimum has a slope that a generator could follow; not where it is a step,
        and not where there is none.
    bound
        The quantity that −L_D can at most reach, and does at the optimum; empty where unknown.
    references
        (trace column, value, label) at the equilibrium p_g = p with the best D.
    has_value
        Whether the game has one value V = −L_D that both players pull at.
    note
        What the optimum says, in a sentence.
    numbers
        The same losses number by number, with their derivatives.
    sees_real
        Whether the generator's term reads the real logits.
    """

    title: str
    discriminator: Terms
    generator: Terms
    labels: Labels | None
    formula: str
    tex: Pieces
    source: str
    belief: BeliefRule
    optimum: Optimum | None
    smooth: bool
    bound: str
    references: tuple[tuple[str, float, str], ...]
    has_value: bool
    note: str
    numbers: Apart | Compared
    sees_real: bool = False


_GAN_LINES = (("value", -log(4), "−log 4"), ("loss_d", 2 * log(2), "2·log 2"))
_RELATIVE_LINES = (("loss_d", log(2), "log 2"), ("loss_g", log(2), "log 2"))


def _f_gan(
    title: str,
    labels: Labels,
    numbers: tuple[Cost, Cost],
    formula: str,
    tex: Pieces,
    belief: BeliefRule,
    optimum: Optimum,
    bound: str,
    note: str,
    *,
    rest: tuple[float, str] = (0.0, "0"),
    smooth: bool = True,
) -> Loss:
    """Return a game over the variational bound E_p T − E_q f*(T) ≤ D_f(p‖q), with T = g(s).

    ``rest`` is L_G and its label at p_g = p, where every divergence is 0.
    """
    return Loss(
        title,
        telling_apart(labels),
        pulling_back(labels),
        labels,
        formula,
        tex,
        "Nowozin et al. 2016, arXiv:1606.00709, §2–3: output activation g, conjugate f*",
        belief,
        optimum,
        smooth,
        bound,
        (("value", 0.0, "0"), ("loss_d", 0.0, "0"), ("loss_g", *rest)),
        True,
        note,
        pulled_back(*numbers),
    )


LOSSES: dict[str, Loss] = {
    "minimax": Loss(
        "Minimax (saturating)",
        telling_apart(LOGISTIC),
        pulling_back(LOGISTIC),
        LOGISTIC,
        "L_D = −E log D(x) − E log(1 − D(G(z)))     L_G = E log(1 − D(G(z)))",
        (
            (r"L_D =", "loss_d"),
            (r"-\mathbb{E}\log D(x)", "cost_real"),
            (r"-\mathbb{E}\log(1 - D(G(z)))", "cost_fake"),
            (r"L_G =", "loss_g"),
            (r"\mathbb{E}\log(1 - D(G(z)))", ""),
        ),
        "Goodfellow et al. 2014, arXiv:1406.2661, eq. 1",
        PROBABILITY,
        log_odds,
        True,
        "2·JSD(p, p_g) − log 4",
        (*_GAN_LINES, ("loss_g", -log(2), "−log 2")),
        True,
        "D* = p / (p + p_g); against D* the generator descends 2·JSD(p, p_g)",
        pulled_back(costs.UNREAL, costs.UNFAKE),
    ),
    "non-saturating": Loss(
        "Non-saturating",
        telling_apart(LOGISTIC),
        passing_for_real(LOGISTIC),
        LOGISTIC,
        "L_D = −E log D(x) − E log(1 − D(G(z)))     L_G = −E log D(G(z))",
        (
            (r"L_D =", "loss_d"),
            (r"-\mathbb{E}\log D(x)", "cost_real"),
            (r"-\mathbb{E}\log(1 - D(G(z)))", "cost_fake"),
            (r"L_G =", "loss_g"),
            (r"-\mathbb{E}\log D(G(z))", ""),
        ),
        "Goodfellow et al. 2014, arXiv:1406.2661, §3; Arjovsky & Bottou 2017, Theorem 2.5",
        PROBABILITY,
        log_odds,
        True,
        "2·JSD(p, p_g) − log 4",
        (*_GAN_LINES, ("loss_g", log(2), "log 2")),
        True,
        "D* = p / (p + p_g); against D* the generator descends KL(p_g‖p) − 2·JSD(p, p_g)",
        passed_for_real(costs.UNREAL, costs.UNFAKE),
    ),
    "least-squares": Loss(
        "Least squares (0, 1, 1)",
        telling_apart(ZERO_ONE),
        passing_for_real(ZERO_ONE),
        ZERO_ONE,
        "L_D = ½ E (s(x) − 1)² + ½ E s(G(z))²     L_G = ½ E (s(G(z)) − 1)²",
        (
            (r"L_D =", "loss_d"),
            (r"\tfrac{1}{2}\,\mathbb{E}\,(s(x) - 1)^2", "cost_real"),
            (r"+\tfrac{1}{2}\,\mathbb{E}\,s(G(z))^2", "cost_fake"),
            (r"L_G =", "loss_g"),
            (r"\tfrac{1}{2}\,\mathbb{E}\,(s(G(z)) - 1)^2", ""),
        ),
        "Mao et al. 2017, arXiv:1611.04076, eq. 9",
        SCORE,
        share,
        True,
        "⅛ ∫ (p − p_g)² / (p + p_g) − ¼",
        (("loss_d", 0.25, "¼"), ("loss_g", 0.125, "⅛")),
        False,
        "s* = p / (p + p_g), without a sigmoid",
        passed_for_real(costs.FROM_ONE, costs.FROM_ZERO),
    ),
    "pearson": Loss(
        "Least squares (−1, 1, 0)",
        telling_apart(PLUS_MINUS),
        pearson_g,
        PLUS_MINUS,
        "L_D = ½ E (s(x) − 1)² + ½ E (s(G(z)) + 1)²     L_G = ½ E s(G(z))²",
        (
            (r"L_D =", "loss_d"),
            (r"\tfrac{1}{2}\,\mathbb{E}\,(s(x) - 1)^2", "cost_real"),
            (r"+\tfrac{1}{2}\,\mathbb{E}\,(s(G(z)) + 1)^2", "cost_fake"),
            (r"L_G =", "loss_g"),
            (r"\tfrac{1}{2}\,\mathbb{E}\,s(G(z))^2", ""),
        ),
        "Mao et al. 2017, arXiv:1611.04076, eq. 8",
        SIGNED_SCORE,
        contrast,
        True,
        "½ ∫ (p − p_g)² / (p + p_g) − 1",
        (("loss_d", 1.0, "1"), ("loss_g", 0.0, "0")),
        False,
        "s* = (p − p_g) / (p + p_g); with it −L_D is ½ χ²_Pearson(p + p_g‖2 p_g) − 1",
        Apart(
            costs.FROM_ONE,
            Cost(costs.from_minus_one, costs.from_minus_one_slope),
            costs.FROM_ZERO,
            1.0,
        ),
    ),
    "wasserstein": Loss(
        "Wasserstein",
        telling_apart(LINEAR),
        pulling_back(LINEAR),
        LINEAR,
        "L_D = E s(G(z)) − E s(x)     L_G = −E s(G(z))",
        (
            (r"L_D =", "loss_d"),
            (r"\mathbb{E}\,s(G(z))", "cost_fake"),
            (r"-\mathbb{E}\,s(x)", "cost_real"),
            (r"L_G =", "loss_g"),
            (r"-\mathbb{E}\,s(G(z))", ""),
        ),
        "Arjovsky et al. 2017, arXiv:1701.07875, eq. 2",
        CRITIC,
        None,
        False,
        "",
        (("value", 0.0, "0"),),
        True,
        "without a bound on the critic's slope (clip, penalty) it has no optimum",
        pulled_back(costs.DOWN, costs.UP),
    ),
    "hinge": Loss(
        "Hinge",
        telling_apart(MARGINS),
        pulling_back(LINEAR),
        MARGINS,
        "L_D = E max(0, 1 − s(x)) + E max(0, 1 + s(G(z)))     L_G = −E s(G(z))",
        (
            (r"L_D =", "loss_d"),
            (r"\mathbb{E}\max(0, 1 - s(x))", "cost_real"),
            (r"+\mathbb{E}\max(0, 1 + s(G(z)))", "cost_fake"),
            (r"L_G =", "loss_g"),
            (r"-\mathbb{E}\,s(G(z))", ""),
        ),
        "Lim & Ye 2017, arXiv:1705.02894, eq. 4",
        MARGIN,
        sign,
        False,
        "2·TV(p, p_g) − 2",
        (("loss_d", 2.0, "2"), ("loss_g", 0.0, "0")),
        False,
        "s* = sign(p − p_g), a step: flat wherever p ≠ p_g",
        Apart(
            Cost(costs.below_margin, costs.below_margin_slope),
            Cost(costs.above_margin, costs.above_margin_slope),
            costs.UP,
            -1.0,
        ),
    ),
    # Why s* = log p − log q, up to a constant. A pair is drawn as (x, y), x real and y generated:
    # its density is P = p(x) q(y), and read the other way round Q = q(x) p(y). With
    # d(x, y) = s(x) − s(y), which changes its sign with the order,
    #     L_D = E_P sp(−d) = ½ E_P sp(−d) + ½ E_Q sp(d):
    # half the logistic loss of telling the two orders apart. Over all d it is strictly convex
    # and least at d* = log P/Q = log p(x)/q(x) − log p(y)/q(y), and that has the form
    # s(x) − s(y) for s = log p/q and, on the support, for no other s but a constant more. There
    # L_D = ½ (log 4 − 2·JSD(P, Q)) = log 2 − JSD(P, Q).
    "relativistic": Loss(
        "Relativistic (paired)",
        relativistic_d,
        relativistic_g,
        None,
        "L_D = −E log σ(s(x) − s(G(z)))     L_G = −E log σ(s(G(z)) − s(x))",
        (
            (r"L_D =", "loss_d"),
            (r"-\mathbb{E}\log\sigma(s(x) - s(G(z)))", ""),
            (r"L_G =", "loss_g"),
            (r"-\mathbb{E}\log\sigma(s(G(z)) - s(x))", ""),
        ),
        "Jolicoeur-Martineau 2018, arXiv:1807.00734 (RpGAN); with R1 and R2: Huang et al. 2024, "
        "arXiv:2501.05441",
        RELATIVE,
        log_odds,
        True,
        "JSD(p⊗p_g, p_g⊗p) − log 2",
        _RELATIVE_LINES,
        False,
        "s* = log p − log p_g up to a constant: only differences of s count",
        Compared(costs.relativistic_d, costs.relativistic_g),
        sees_real=True,
    ),
    "relativistic-average": Loss(
        "Relativistic average",
        relativistic_average_d,
        relativistic_average_g,
        None,
        "L_D = −½ E log σ(s(x) − s̄_G) − ½ E log(1 − σ(s(G(z)) − s̄_x))     "
        "L_G = −½ E log(1 − σ(s(x) − s̄_G)) − ½ E log σ(s(G(z)) − s̄_x)",
        (
            (r"L_D =", "loss_d"),
            (r"-\tfrac{1}{2}\,\mathbb{E}\log\sigma(s(x) - \bar{s}_G)", ""),
            (r"-\tfrac{1}{2}\,\mathbb{E}\log(1 - \sigma(s(G(z)) - \bar{s}_x))", ""),
            (r"L_G =", "loss_g"),
            (r"-\tfrac{1}{2}\,\mathbb{E}\log(1 - \sigma(s(x) - \bar{s}_G))", ""),
            (r"-\tfrac{1}{2}\,\mathbb{E}\log\sigma(s(G(z)) - \bar{s}_x)", ""),
        ),
        "Jolicoeur-Martineau 2018, arXiv:1807.00734 (RaSGAN), halved as in its code",
        RELATIVE,
        None,
        False,
        "",
        _RELATIVE_LINES,
        False,
        "no optimum point by point: what is best at x hangs on the means of s over both samples",
        Compared(costs.relativistic_average_d, costs.relativistic_average_g),
        sees_real=True,
    ),
    "f-kl": _f_gan(
        "f-GAN: KL",
        KL,
        (costs.DOWN, Cost(costs.kl_fake, costs.kl_fake_slope)),
        "L_D = −E s(x) + E exp(s(G(z)) − 1)     L_G = −E exp(s(G(z)) − 1)",
        (
            (r"L_D =", "loss_d"),
            (r"-\mathbb{E}\,s(x)", "cost_real"),
            (r"+\mathbb{E}\exp(s(G(z)) - 1)", "cost_fake"),
            (r"L_G =", "loss_g"),
            (r"-\mathbb{E}\exp(s(G(z)) - 1)", ""),
        ),
        _number("1 + log p/p_g", 1.0, "1"),
        one_more,
        "KL(p‖p_g)",
        "s* = 1 + log p/p_g; V then is KL(p‖p_g)",
        rest=(-1.0, "−1"),
    ),
    "f-reverse-kl": _f_gan(
        "f-GAN: reverse KL",
        REVERSE_KL,
        (Cost(costs.falling, costs.falling_slope), Cost(costs.one_less, costs.one)),
        "L_D = E exp(−s(x)) + E s(G(z)) − 1     L_G = 1 − E s(G(z))",
        (
            (r"L_D =", "loss_d"),
            (r"\mathbb{E}\exp(-s(x))", "cost_real"),
            (r"+\mathbb{E}\,s(G(z)) - 1", "cost_fake"),
            (r"L_G =", "loss_g"),
            (r"1 - \mathbb{E}\,s(G(z))", ""),
        ),
        _number("log p/p_g", 0.0, "0"),
        log_odds,
        "KL(p_g‖p)",
        "s* = log p/p_g; V then is KL(p_g‖p), and its generator never saturates",
        rest=(1.0, "1"),
    ),
    "f-pearson": _f_gan(
        "f-GAN: Pearson χ²",
        CHI_SQUARE,
        (costs.DOWN, Cost(costs.chi_fake, costs.chi_fake_slope)),
        "L_D = −E s(x) + E (¼ s(G(z))² + s(G(z)))     L_G = −E (¼ s(G(z))² + s(G(z)))",
        (
            (r"L_D =", "loss_d"),
            (r"-\mathbb{E}\,s(x)", "cost_real"),
            (r"+\mathbb{E}\,(\tfrac{1}{4}\,s(G(z))^2 + s(G(z)))", "cost_fake"),
            (r"L_G =", "loss_g"),
            (r"-\mathbb{E}\,(\tfrac{1}{4}\,s(G(z))^2 + s(G(z)))", ""),
        ),
        _number("2(p/p_g − 1)", 0.0, "0"),
        excess,
        "∫ (p − p_g)² / p_g",
        "s* = 2(p/p_g − 1); V then is χ²(p‖p_g), the squared gap over the generated density",
    ),
    "f-hellinger": _f_gan(
        "f-GAN: squared Hellinger",
        HELLINGER,
        (
            Cost(costs.falling_less, costs.falling_slope),
            Cost(costs.rising_less, costs.exponential_slope),
        ),
        "L_D = E exp(−s(x)) − 1 + E exp(s(G(z))) − 1     L_G = 1 − E exp(s(G(z)))",
        (
            (r"L_D =", "loss_d"),
            (r"\mathbb{E}\exp(-s(x)) - 1", "cost_real"),
            (r"+\mathbb{E}\exp(s(G(z))) - 1", "cost_fake"),
            (r"L_G =", "loss_g"),
            (r"1 - \mathbb{E}\exp(s(G(z)))", ""),
        ),
        _number("½ log p/p_g", 0.0, "0"),
        half,
        "∫ (√p − √p_g)²",
        "s* = ½ log p/p_g; V then is the squared Hellinger distance ∫ (√p − √p_g)²",
    ),
    "f-jensen-shannon": _f_gan(
        "f-GAN: Jensen–Shannon",
        JENSEN_SHANNON,
        costs.TO_LESS_LOG,
        "L_D = −E log D(x) − log 2 − E log(1 − D(G(z))) − log 2     "
        "L_G = E log(1 − D(G(z))) + log 2",
        (
            (r"L_D =", "loss_d"),
            (r"-\mathbb{E}\log D(x) - \log 2", "cost_real"),
            (r"-\mathbb{E}\log(1 - D(G(z))) - \log 2", "cost_fake"),
            (r"L_G =", "loss_g"),
            (r"\mathbb{E}\log(1 - D(G(z))) + \log 2", ""),
        ),
        PROBABILITY,
        log_odds,
        "2·JSD(p, p_g)",
        "D* = p / (p + p_g); V then is 2·JSD(p, p_g): the minimax game, moved by a constant",
    ),
    "f-total-variation": _f_gan(
        "f-GAN: total variation",
        TOTAL_VARIATION,
        costs.TANH,
        "L_D = −½ E tanh s(x) + ½ E tanh s(G(z))     L_G = −½ E tanh s(G(z))",
        (
            (r"L_D =", "loss_d"),
            (r"-\tfrac{1}{2}\,\mathbb{E}\tanh s(x)", "cost_real"),
            (r"+\tfrac{1}{2}\,\mathbb{E}\tanh s(G(z))", "cost_fake"),
            (r"L_G =", "loss_g"),
            (r"-\tfrac{1}{2}\,\mathbb{E}\tanh s(G(z))", ""),
        ),
        STEP,
        far,
        "½ ∫ |p − p_g|",
        "T* = ½ sign(p − p_g), a step: s* is infinite wherever p ≠ p_g; V then is TV(p, p_g)",
        smooth=False,
    ),
}
