"""How far p is from q: divergences, the value of the game at the best discriminator, distances.

With the best discriminator D* = p / (p + q) the game has the value V* = −log 4 + 2 JSD(p, q)
(Goodfellow et al. 2014, arXiv:1406.2661, theorem 1). All logarithms are natural. For exact p and q
a perfect generator scores exactly zero (``value`` −log 4, ``bayes`` ½); where q is estimated from n
samples in b bins it scores about b / (8n) in JSD, √(2b / (πn)) / 2 in TV.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt

from ganviz.theory import normal

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Divergences:
    """What separates p (real) from q (generated).

    Attributes
    ----------
    jsd
        ½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q) / 2, in [0, log 2].
    kl_pq, kl_qp
        KL(p ‖ q) and KL(q ‖ p); infinite where the second is zero and the first is not.
    tv
        Total variation ½ ∫ |p − q|, in [0, 1].
    """

    jsd: float
    kl_pq: float
    kl_qp: float
    tv: float

    @property
    def value(self) -> float:
        """V* = −log 4 + 2 JSD, the most that a discriminator can reach."""
        return 2 * self.jsd - log(4)

    @property
    def bayes(self) -> float:
        """The accuracy of the best classifier when both classes are equally likely, ½ (1 + TV)."""
        return (1 + self.tv) / 2


def by_mass(p: FloatArray, q: FloatArray) -> Divergences:
    """Return the divergences of two mass vectors (b,) over the same bins, each with sum one.

    Exact for the binned distributions, hence a lower bound for the distributions themselves.
    """
    with np.errstate(divide="ignore"):
        return _divergences(p, q, np.log(p), np.log(q))


def by_density(log_p: FloatArray, log_q: FloatArray, weights: FloatArray) -> Divergences:
    """Return the divergences of two densities by quadrature.

    Parameters
    ----------
    log_p, log_q
        (n,) log densities at the nodes; −inf is allowed.
    weights
        (n,) quadrature weights, such as the spacing of a wide uniform grid.
    """
    return _divergences(np.exp(log_p) * weights, np.exp(log_q) * weights, log_p, log_q)


def by_ratio(p: FloatArray, q: FloatArray, log_p: FloatArray, log_q: FloatArray) -> Divergences:
    """Return the divergences of masses p, q (n,) whose densities have the logarithms log_p, log_q.

    For masses that underflow where their densities do not: only log_p − log_q counts.
    """
    return _divergences(p, q, log_p, log_q)


def by_draws(on_real: FloatArray, on_fake: FloatArray) -> Divergences:
    """Return unbiased estimates from log p − log q at samples of p (n,) and of q (m,).

    Zero, without noise, where the two densities are the same: each ratio is.
    """
    d = _softplus(-on_real).mean() + _softplus(on_fake).mean()
    tv = (np.abs(np.tanh(on_real / 2)).mean() + np.abs(np.tanh(on_fake / 2)).mean()) / 2
    return Divergences(
        jsd=min(max(log(2) - float(d) / 2, 0.0), log(2)),
        kl_pq=max(float(on_real.mean()), 0.0),
        kl_qp=max(float(-on_fake.mean()), 0.0),
        tv=float(tv),
    )


def _divergences(p: FloatArray, q: FloatArray, log_p: FloatArray, log_q: FloatArray) -> Divergences:
    # Where both are zero the ratio means nothing and nothing is weighed by it.
    with np.errstate(invalid="ignore"):
        ratio = log_p - log_q
    ratio[np.isnan(ratio)] = 0.0
    # log D* = −softplus(−ratio), log(1 − D*) = −softplus(ratio); a weight of zero times an infinite
    # logarithm is zero.
    tail = _tail(ratio)
    log_d = np.minimum(ratio, 0) - tail
    not_d = -np.maximum(ratio, 0) - tail
    jsd = (value_of(p, q, log_d, not_d) + log(2) * float(p.sum() + q.sum())) / 2
    return Divergences(
        jsd=min(max(jsd, 0.0), log(2)),
        kl_pq=max(_mean(p, ratio), 0.0),
        kl_qp=max(_mean(q, -ratio), 0.0),
        tv=min(float(np.abs(p - q).sum()) / 2, 1.0),
    )


def _tail(x: FloatArray) -> FloatArray:
    """Return log(1 + exp(−|x|)); np.logaddexp takes ten times as long."""
    tail = np.abs(x)
    np.negative(tail, out=tail)
    return np.log1p(np.exp(tail, out=tail), out=tail)


def _softplus(x: FloatArray) -> FloatArray:
    return np.maximum(x, 0) + _tail(x)


def _mean(p: FloatArray, logs: FloatArray) -> float:
    """Return Σ p · logs, with 0 · ∞ = 0."""
    return float(p @ np.where(p > 0, logs, 0.0))


def value_of(p: FloatArray, q: FloatArray, d_log: FloatArray, not_d_log: FloatArray) -> float:
    """Return V(D) = Σ p · log D + Σ q · log(1 − D), the value of the game at any discriminator.

    Parameters
    ----------
    p, q
        (b,) masses, real and generated.
    d_log, not_d_log
        (b,) log D and log(1 − D): −softplus(−s) and −softplus(s) of the logit s. At D = ½ the
        value is −log 4; no D exceeds :attr:`Divergences.value`.
    """
    return _mean(p, d_log) + _mean(q, not_d_log)


def wasserstein_1(cdf_p: FloatArray, cdf_q: FloatArray, x: FloatArray) -> float:
    """Return W₁ = ∫ |F_p − F_q| dx from both CDFs at the ascending nodes x, (n,) each.

    Exact where both CDFs are straight between the nodes, also where they cross; what lies outside
    the nodes does not count. For exact CDFs a perfect generator scores 0; the empirical CDF of n
    samples of N(0, 1) scores 1.288 / √n on average.
    """
    gap = cdf_p - cdf_q
    a, b = gap[:-1], gap[1:]
    total = np.abs(a) + np.abs(b)
    # A crossing cuts the cell into two triangles of heights |a| and |b|.
    crossed = (a**2 + b**2) / np.where(total > 0, total, 1)
    return float(np.where(a * b < 0, crossed, total) @ np.diff(x) / 2)


def wasserstein_2(
    quantile_p: Callable[[FloatArray], FloatArray],
    quantile_q: Callable[[FloatArray], FloatArray],
    n: int = 4096,
) -> float:
    """Return W₂ = (∫₀¹ (F_p⁻¹ − F_q⁻¹)² du)^½ between two distributions on the line.

    The trapezoid in z with u = Φ(z), |z| ≤ 7.5, at n nodes: with smooth quantiles it converges
    faster than any power of n, where a grid in u would miss the tails; at jumps the error of W₂²
    is about 10⁻³ of the squared jump. For normals W₂² = Δμ² + Δσ². A perfect generator scores 0.
    """
    z = np.linspace(-7.5, 7.5, n)
    u = normal.cdf(z)
    weight = np.exp(-(z**2) / 2)
    gap = quantile_p(u) - quantile_q(u)
    return float(np.sqrt(weight @ gap**2 / weight.sum()))


def effective(
    log_p: FloatArray,
    log_q: FloatArray,
    real_target: float = 1.0,
    fake_target: float = 0.0,
    prior: float = 0.5,
) -> tuple[FloatArray, FloatArray]:
    """Return (log p′, log q′) for which the best discriminator is p′ / (p′ + q′).

    With a share π of real samples, labels α on real and β on generated ones, cross-entropy weighs
    log D by p′ = 2(παp + (1 − π)βq) and log(1 − D) by q′ = 2(π(1 − α)p + (1 − π)(1 − β)q). So
    one-sided smoothing gives D* = αp / (p + q), two-sided (αp + βq) / (p + q), labels flipped at
    rate ε ((1 − ε)p + εq) / (p + q), and a prior πp / (πp + (1 − π)q).

    Parameters
    ----------
    log_p, log_q
        Arrays of one shape; −inf is allowed.
    real_target, fake_target
        The labels α and β, in [0, 1].
    prior
        The share π of real samples.
    """

    def mixed(a: float, b: float) -> FloatArray:
        with np.errstate(divide="ignore"):
            on_p, on_q = np.log([2 * prior * a, 2 * (1 - prior) * b])
        with np.errstate(invalid="ignore"):  # NaN where there is nothing to weigh stays NaN
            return np.asarray(np.logaddexp(log_p + on_p, log_q + on_q))

    return mixed(real_target, fake_target), mixed(1 - real_target, 1 - fake_target)


def flips(target: float, rate: float) -> float:
    """Return the mean label when each label is flipped with probability ``rate``."""
    return target * (1 - rate) + (1 - target) * rate
