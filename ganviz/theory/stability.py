"""How games turn: exact rates of the toy games, one-step maps, and the period of an orbit.

A game is written as the gradient field v(w) = (∂L_G/∂θ, ∂L_D/∂φ) that its players descend,
w ← w − η v(w); near an equilibrium v(w) = J w. J has purely imaginary eigenvalues where the two
only pull at each other, and it depends on the order of play alone whether w then spirals in, out
or stays on its circle. An eigenvalue λ of the one-step map turns by arg λ and grows by |λ| a step.

The bilinear game is min over x, max over y of x·y, so that v = (y, −x); the Dirac-GAN has its data
at 0, G(z) = θ and s(x) = ψ·x.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import asin, cos, nan, pi, sqrt

import numpy as np
import numpy.typing as npt

from ganviz.schema import ParamError

FloatArray = npt.NDArray[np.float64]
Rate = float | npt.ArrayLike

# ---- the bilinear game -----------------------------------------------------------------------


def simultaneous(eta: float) -> float:
    """Return √(1 + η²): both players step at once, and spiral out."""
    return sqrt(1 + eta**2)


def alternating(eta: float) -> float:
    """Return the radius where one player answers the other: 1 up to η = 2 (a closed orbit)."""
    return goodfellow(eta, 1)


def goodfellow(eta: float, k: int = 1) -> float:
    """Return the radius of k D-steps and one G-step: 1 while k·η² ≤ 4; the determinant is 1."""
    half = 1 - k * eta**2 / 2
    return 1.0 if abs(half) <= 1 else abs(half) + sqrt(half**2 - 1)


def toronto(eta: float, k: int = 1) -> float:
    """Return the radius of k D-steps with G's gradient taken before the last of them.

    The determinant is 1 + η² whatever k, the trace 2 − (k − 1)·η²: √(1 + η²) while the pair is
    complex.
    """
    half, det = 1 - (k - 1) * eta**2 / 2, 1 + eta**2
    return sqrt(det) if half**2 <= det else abs(half) + sqrt(half**2 - det)


def extragradient(eta: float) -> float:
    """Return √(1 − η² + η⁴): below 1 for η < 1, least (√¾) at η = 1/√2."""
    return sqrt(1 - eta**2 + eta**4)


def optimistic(eta: float) -> float:
    """Return the radius of w ← w − 2ηv + ηv₋₁: √((1 + √(1 − 4η²))/2) for η ≤ ½.

    Beyond, |λ| solves λ² − (1 − 2iη)λ − iη = 0. Below 1 for η < 1/√3, least (1/√2) at η = ½.
    """
    return float(np.abs(np.roots([1, -1 + 2j * eta, -1j * eta])).max())


def proximal(eta: float) -> float:
    """Return 1/√(1 + η²): v is taken where the step ends. Competitive gradient descent is that."""
    return 1 / sqrt(1 + eta**2)


def consensus(eta: float, gamma: float = 1.0) -> float:
    """Return √((1 − ηγ)² + η²): both players also descend γ·½‖v‖²."""
    return sqrt((1 - eta * gamma) ** 2 + eta**2)


def unrolled(eta: float, k: int = 1) -> float:
    """Return the radius where x looks through k steps of y; both step at once.

    x feels y + 2kηx, so the determinant is 1 − 2kη² + η² and the trace 2 − 2kη².
    """
    half, det = 1 - k * eta**2, 1 - 2 * k * eta**2 + eta**2
    return sqrt(det) if half**2 <= det else abs(half) + sqrt(half**2 - det)


def momentum_simultaneous(eta: float, beta: float = 0.5) -> float:
    """Return the largest |λ| with (λ − 1)²(λ − β)² + η²λ² = 0."""
    return _quartic(eta, beta, 2)


def momentum_alternating(eta: float, beta: float = 0.5) -> float:
    """Return the largest |λ| with (λ − 1)²(λ − β)² + η²λ³ = 0: below 1 only for β < 0."""
    return _quartic(eta, beta, 3)


def _quartic(eta: float, beta: float, power: int) -> float:
    coefficients = np.polymul(np.poly([1, 1]), np.poly([beta, beta]))
    coefficients[4 - power] += eta**2
    return float(np.abs(np.roots(coefficients)).max())


def lookahead_simultaneous(eta: float, k: int = 5, alpha: float = 0.5) -> float:
    """Return |1 − α + α(1 + iη)^k| for one look, k simultaneous steps long."""
    return float(abs(1 - alpha + alpha * (1 + 1j * eta) ** k))


def lookahead_alternating(eta: float, k: int = 5, alpha: float = 0.5) -> float:
    """Return |1 − α + α·exp(2ik·arcsin(η/2))| for one look, k alternating steps long; η ≤ 2.

    At α = ½ that is |cos(k·arcsin(η/2))|.
    """
    turn = 2 * k * asin(eta / 2)
    return sqrt(1 - 2 * alpha * (1 - alpha) * (1 - cos(turn)))


@dataclass(frozen=True, slots=True)
class Method:
    """A way to play the bilinear game; ``radius(eta, …)`` is the largest |λ| of one iteration."""

    title: str
    radius: Callable[..., float]
    formula: str
    source: str


BILINEAR: dict[str, Method] = {
    "simultaneous": Method(
        "Simultaneous", simultaneous, "√(1 + η²)", "Mescheder et al. 2017, arXiv:1705.10461"
    ),
    "alternating": Method("Alternating", alternating, "1", "Gidel et al. 2019, arXiv:1807.04740"),
    "goodfellow": Method(
        "Goodfellow's Algorithm 1", goodfellow, "1 while k·η² ≤ 4", "Goodfellow et al. 2014"
    ),
    "toronto": Method("Toronto notes", toronto, "√(1 + η²)", "Bereyhi, Deep generative models"),
    "extragradient": Method(
        "Extragradient", extragradient, "√(1 − η² + η⁴)", "Gidel et al. 2019, arXiv:1802.10551"
    ),
    "optimistic": Method(
        "Optimistic gradient",
        optimistic,
        "√((1 + √(1 − 4η²))/2)",
        "Daskalakis et al. 2018, arXiv:1711.00141",
    ),
    "proximal": Method("Proximal point", proximal, "1/√(1 + η²)", "Rockafellar 1976"),
    "competitive": Method(
        "Competitive gradient descent",
        proximal,
        "1/√(1 + η²)",
        "Schäfer & Anandkumar 2019, arXiv:1905.12103",
    ),
    "consensus": Method(
        "Consensus optimisation",
        consensus,
        "√((1 − ηγ)² + η²)",
        "Mescheder et al. 2017, arXiv:1705.10461",
    ),
    "unrolled": Method(
        "Unrolled", unrolled, "√(1 − 2kη² + η²)", "Metz et al. 2017, arXiv:1611.02163"
    ),
    "momentum-simultaneous": Method(
        "Momentum, simultaneous",
        momentum_simultaneous,
        "(λ − 1)²(λ − β)² + η²λ² = 0",
        "Gidel et al. 2019, arXiv:1807.04740",
    ),
    "momentum-alternating": Method(
        "Momentum, alternating",
        momentum_alternating,
        "(λ − 1)²(λ − β)² + η²λ³ = 0",
        "Gidel et al. 2019, arXiv:1807.04740",
    ),
    "lookahead-simultaneous": Method(
        "Lookahead over simultaneous steps",
        lookahead_simultaneous,
        "|1 − α + α(1 + iη)^k|",
        "Chavdarova et al. 2021, arXiv:2006.14567",
    ),
    "lookahead-alternating": Method(
        "Lookahead over alternating steps",
        lookahead_alternating,
        "|cos(k·arcsin(η/2))| at α = ½",
        "Chavdarova et al. 2021, arXiv:2006.14567",
    ),
}

# ---- the Dirac-GAN ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dirac:
    """A Dirac-GAN at its equilibrium θ = ψ = 0; ``strength`` is what ``symbol`` names.

    Attributes
    ----------
    jacobian
        strength -> J (2, 2) of v = (∂L_G/∂θ, ∂L_D/∂ψ).
    eigenvalues
        strength -> the two eigenvalues of the flow ẇ = −v, in closed form.
    squared
        (h, strength) -> the largest |λ|² of simultaneous steps of size h, in closed form.
    """

    title: str
    symbol: str
    jacobian: Callable[[float], FloatArray]
    eigenvalues: Callable[[float], tuple[complex, complex]]
    squared: Callable[[float, float], float]
    source: str


def _pair(middle: float, square: float) -> tuple[complex, complex]:
    """Return middle ± √square, complex where the square is negative."""
    root = complex(square) ** 0.5
    return middle + root, middle - root


def _block(pull: float, own: float = 0.0, both: float = 0.0) -> FloatArray:
    return np.array([[both, -pull], [pull, own + both]], dtype=np.float64)


def _damped(h: float, own: float) -> float:
    """Return the largest |λ|² of I − h[[0, −½], [½, c]]: 1 − hc + h²/4 while the pair is complex.

    From c = 1 on the pair is real, and λ = 1 − h(c ∓ √(c² − 1))/2.
    """
    if own < 1:
        return 1 - h * own + h**2 / 4
    root = sqrt(own**2 - 1)
    return max((1 - h * (own - root) / 2) ** 2, (1 - h * (own + root) / 2) ** 2)


_MESCHEDER = "Mescheder et al. 2018, arXiv:1801.04406"

DIRAC: dict[str, Dirac] = {
    "none": Dirac(
        "Minimax or non-saturating",
        "",
        lambda s: _block(0.5),
        lambda s: (0.5j, -0.5j),
        lambda h, s: 1 + h**2 / 4,
        f"{_MESCHEDER}, lemma 2.3",
    ),
    "wasserstein": Dirac(
        "Wasserstein",
        "",
        lambda s: _block(1.0),
        lambda s: (1j, -1j),
        lambda h, s: 1 + h**2,
        f"{_MESCHEDER}, lemma 3.1",
    ),
    "instance-noise": Dirac(
        "Instance noise",
        "σ",
        lambda s: _block(0.5, s**2 / 2),
        lambda s: _pair(-(s**2) / 4, s**4 / 16 - 0.25),
        lambda h, s: _damped(h, s**2 / 2),
        f"{_MESCHEDER}, lemma 3.2",
    ),
    "r1": Dirac(
        "R1 penalty",
        "γ",
        lambda s: _block(0.5, s),
        lambda s: _pair(-s / 2, s**2 / 4 - 0.25),
        _damped,
        f"{_MESCHEDER}, lemma 3.3; critical at γ = 1",
    ),
    "consensus": Dirac(
        "Consensus optimisation",
        "γ",
        lambda s: _block(0.5, both=s / 4),
        lambda s: (-s / 4 + 0.5j, -s / 4 - 0.5j),
        lambda h, s: (1 - h * s / 4) ** 2 + h**2 / 4,
        "Mescheder et al. 2017, arXiv:1705.10461",
    ),
}


def limit_cycle(h_g: float, h_d: float | None = None) -> tuple[float, float]:
    """Return (rms θ, rms ψ) = (√h_G, √h_D) of the non-saturating Dirac-GAN's limit cycle.

    For simultaneous steps, to leading order in their size: the equilibrium repels by h²/4 a step,
    and the loss's own curvature holds the orbit at the radius √(2h) for equal steps. Derived here:
    d(r²)/dt = −2θψ·tanh(θψ/2) balances the h·|v|² that each Euler step adds. ``h_d`` is ``h_g``
    if not given.
    """
    return sqrt(h_g), sqrt(h_g if h_d is None else h_d)


def field(
    theta: npt.ArrayLike, psi: npt.ArrayLike, loss: str = "minimax", gamma: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Return (θ̇, ψ̇) = −v of the Dirac-GAN, where gradient descent moves, at the given points.

    With σ the logistic function and D's logit ψ·x larger for what looks real:
    minimax θ̇ = ψσ(ψθ), non-saturating θ̇ = ψσ(−ψθ), both ψ̇ = −θσ(ψθ); Wasserstein θ̇ = ψ,
    ψ̇ = −θ. ``gamma`` adds the R1 penalty's −γψ. Arrays are broadcast.
    Mescheder et al. 2018, arXiv:1801.04406, equation (5).

    Raises
    ------
    ParamError
        For another loss.
    """
    t, p = np.broadcast_arrays(
        np.asarray(theta, dtype=np.float64), np.asarray(psi, dtype=np.float64)
    )
    if loss not in ("minimax", "non-saturating", "wasserstein"):
        raise ParamError(f"loss = {loss}: must be one of minimax, non-saturating, wasserstein")
    if loss == "wasserstein":
        return p.copy(), -t - gamma * p
    fooled = _sigmoid(p * t)
    pull = fooled if loss == "minimax" else _sigmoid(-p * t)
    return p * pull, -t * fooled - gamma * p


def _sigmoid(s: FloatArray) -> FloatArray:
    small = np.exp(-np.abs(s))
    return np.asarray(np.where(s >= 0, 1.0, small) / (1 + small))


# ---- one step of a linear game ---------------------------------------------------------------

#: Who moves together, in order; D moves k times.
PHASES: dict[str, Callable[[int], tuple[str, ...]]] = {
    "simultaneous": lambda k: ("dg",),
    "goodfellow": lambda k: (*("d",) * k, "g"),
    "generator-first": lambda k: ("g", *("d",) * k),
    "toronto": lambda k: (*("d",) * (k - 1), "dg"),
}
#: Steps of both players at once that look ahead; k = 1, and no memory.
AHEAD = ("extragradient", "competitive", "proximal")


def one_step(
    jacobian: npt.ArrayLike,
    n_g: int,
    rate_g: Rate,
    rate_d: Rate,
    schedule: str = "simultaneous",
    k: int = 1,
    *,
    momentum_g: float = 0.0,
    momentum_d: float = 0.0,
    optimistic: bool = False,
) -> FloatArray:
    """Return the linear map of one step of a game with the gradient field v(w) = J w.

    Parameters
    ----------
    jacobian
        (n, n): J of v = (∂L_G/∂θ, ∂L_D/∂φ), the generator's ``n_g`` rows and columns first.
    rate_g, rate_d
        Step sizes, a number or one per parameter of that player.
    schedule
        One of ``PHASES``, which see, or of ``AHEAD``: extragradient (v is taken where a plain step
        would lead), proximal (where the step ends) and competitive, which solves for the other
        player's answer, (I + R J_off) Δw = −R J w (Schäfer & Anandkumar 2019, equation 3).
    k
        How often D moves.
    momentum_g, momentum_d
        Heavy-ball memory, u ← β u + v and w ← w − η u. An exponential mean as in Adam is the same
        with the rates times 1 − β.
    optimistic
        w ← w − η(2v − v₋₁), the memory being the player's gradient before
        (Daskalakis et al. 2018, arXiv:1711.00141).

    Returns
    -------
    matrix
        (n, n), or (2n, 2n) on (w, memory) where a player has a memory.

    Raises
    ------
    ParamError
        For a schedule that is not known, or one that cannot be played with k or a memory.
    """
    j = np.array(jacobian, dtype=np.float64)
    n = len(j)
    if j.shape != (n, n) or not 0 <= n_g <= n:
        raise ParamError(f"jacobian of shape {j.shape}: must be square, with n_g = {n_g} rows of G")
    if schedule not in PHASES and schedule not in AHEAD:
        raise ParamError(f"schedule = {schedule}: must be one of {', '.join((*PHASES, *AHEAD))}")
    remembers = bool(momentum_g or momentum_d or optimistic)
    alone = schedule in AHEAD
    if k < 1 or (k > 1 and (alone or schedule == "simultaneous")):
        raise ParamError(
            f"k = {k}: must be 1 with schedule = {schedule}"
            if k > 1
            else f"k = {k}: must be 1 or more"
        )
    if alone and remembers:
        raise ParamError(f"schedule = {schedule}: must be played without momentum or optimism")
    if optimistic and (momentum_g or momentum_d):
        raise ParamError("optimistic = True: must be played without momentum")
    rates = np.empty(n)
    rates[:n_g], rates[n_g:] = rate_g, rate_d
    if alone:
        return _ahead(rates[:, None] * j, n_g, schedule)
    betas = np.concatenate([np.full(n_g, momentum_g), np.full(n - n_g, momentum_d)])
    both = {"g": slice(0, n_g), "d": slice(n_g, n), "dg": slice(0, n)}
    result = np.eye(2 * n if remembers else n)
    for phase in PHASES[schedule](k):
        rows = both[phase]
        slope = j[rows] @ result[:n]  # v at the present w, of those who move now
        rate = rates[rows, None]
        if not remembers:
            result[rows] -= rate * slope
            continue
        memory = result[n:][rows]
        if optimistic:
            result[rows] -= rate * (2 * slope - memory)
            memory[:] = slope
        else:
            memory *= betas[rows, None]
            memory += slope
            result[rows] -= rate * memory
    return result


def _ahead(j: FloatArray, n_g: int, schedule: str) -> FloatArray:
    eye = np.eye(len(j))
    if schedule == "extragradient":
        return eye - j @ (eye - j)
    if schedule == "proximal":
        return np.asarray(np.linalg.inv(eye + j), dtype=np.float64)
    off = j.copy()
    off[:n_g, :n_g] = 0
    off[n_g:, n_g:] = 0
    return eye - np.linalg.solve(eye + off, j)


def with_consensus(jacobian: npt.ArrayLike, gamma: float) -> FloatArray:
    """Return J + γJᵀJ: the field v + γ∇½‖v‖² of consensus optimisation, near the equilibrium."""
    j = np.asarray(jacobian, dtype=np.float64)
    return j + gamma * j.T @ j


def with_unrolling(jacobian: npt.ArrayLike, n_g: int, rate_d: Rate, k: int) -> FloatArray:
    """Return J of a zero-sum game whose generator looks through k steps of D.

    L_G is taken at φ_k(θ, φ), φ ← φ − η v_D(θ, φ) k times, and differentiated through those steps;
    D descends its own loss as before. Metz et al. 2017, arXiv:1611.02163, equation (10).
    """
    j = np.array(jacobian, dtype=np.float64)
    size = len(j) - n_g
    rates = np.broadcast_to(np.asarray(rate_d, dtype=np.float64), (size,))[:, None]
    by_theta, by_phi = np.zeros((size, n_g)), np.eye(size)
    for _ in range(k):
        by_theta = by_theta - rates * (j[n_g:, :n_g] + j[n_g:, n_g:] @ by_theta)
        by_phi = by_phi - rates * (j[n_g:, n_g:] @ by_phi)
    # The zero-sum generator's gradient by φ is −v_D, and it reaches θ through dφ_k/dθ.
    result = j.copy()
    result[:n_g, :n_g] += j[:n_g, n_g:] @ by_theta
    result[:n_g, :n_g] -= by_theta.T @ (j[n_g:, :n_g] + j[n_g:, n_g:] @ by_theta)
    result[:n_g, n_g:] = (j[:n_g, n_g:] - by_theta.T @ j[n_g:, n_g:]) @ by_phi
    return result


def with_lookahead(step: npt.ArrayLike, k: int, alpha: float = 0.5) -> FloatArray:
    """Return (1 − α)I + αM^k: after every k steps both players go back by the share 1 − α."""
    m = np.asarray(step, dtype=np.float64)
    return np.asarray((1 - alpha) * np.eye(len(m)) + alpha * np.linalg.matrix_power(m, k))


def radius(matrix: npt.ArrayLike) -> float:
    """Return the largest |λ| of a square matrix; 0 for an empty one."""
    return float(np.abs(np.linalg.eigvals(np.asarray(matrix))).max(initial=0.0))


def rotation(eigenvalue: complex) -> float:
    """Return the steps per turn, 2π/|arg λ|, of an eigenvalue of a step; ``inf`` if none."""
    angle = abs(float(np.angle(eigenvalue)))
    return 2 * pi / angle if angle > 0 else float("inf")


# ---- orbits ----------------------------------------------------------------------------------

#: Points nearer to the centre than this share of the farthest one have no direction worth trusting.
NEAR = 1e-3
#: How often a turn is looked at, and the share of its way that an orbit comes on.
LOOKS, STRAIGHT = 12, 0.8


def turning(x: npt.ArrayLike, y: npt.ArrayLike, centre: tuple[float, float] = (0.0, 0.0)) -> float:
    """Return the turns that the orbit (x, y), each (n,), makes about a centre, anticlockwise.

    Points that are not finite, and points within ``NEAR`` of the centre, are passed over. Between
    two points the orbit is taken to go the shorter way round.
    """
    _, turns = _angles(x, y, centre)
    return float(turns[-1]) if len(turns) else 0.0


def measured_period(
    x: npt.ArrayLike, y: npt.ArrayLike, centre: tuple[float, float] = (0.0, 0.0)
) -> float:
    """Return the steps per turn of an orbit, one point a step, over its whole turns.

    NaN if it did not turn at least once, or only jitters about: a point that dances around its
    goal passes it on all sides, and no turn of it means anything. Looked at twelve times a turn,
    a true orbit comes on almost as far as it goes. See :func:`turning` too. Whatever is the same
    at w and at −w, such as a loss that sees only the product ψθ, runs at half this period.
    """
    steps, turns = _angles(x, y, centre)
    if not len(turns):
        return nan
    gone = np.abs(turns)
    whole = int(gone[-1] + 1e-9)
    if whole < 1:
        return nan
    end = int(np.flatnonzero(gone >= whole - 1e-9)[0])
    back = (gone[end] - whole) / ((gone[end] - gone[end - 1]) or 1.0)
    last = steps[end] - back * (steps[end] - steps[end - 1])
    period = float((last - steps[0]) / whole)
    looks = np.arange(steps[0], last, max(1.0, period / LOOKS))
    way = float(np.abs(np.diff(np.interp(looks, steps, turns))).sum())
    return period if whole >= STRAIGHT * way else nan


def circling(x: npt.ArrayLike, y: npt.ArrayLike, centre: tuple[float, float] = (0.0, 0.0)) -> float:
    """Return the net over the total turning of an orbit (x, y), each (n,), about a centre.

    |Σ Δφ| / Σ |Δφ| over the angle increments from point to point: 1 where the players only ever
    go round one way, near 0 where they dance on the spot; NaN where nothing turns. The angle is
    that of :func:`turning`, each coordinate in units of its own largest value.
    """
    _, turns = _angles(x, y, centre)
    way = float(np.abs(np.diff(turns)).sum())
    return abs(float(turns[-1])) / way if way > 0 else nan


def _angles(
    x: npt.ArrayLike, y: npt.ArrayLike, centre: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Return (indices of the points that have a direction, turns gone until each of them)."""
    dx = np.asarray(x, dtype=np.float64) - centre[0]
    dy = np.asarray(y, dtype=np.float64) - centre[1]
    finite = np.isfinite(dx) & np.isfinite(dy)
    # The two coordinates may have units of their own: each counts by its largest value.
    wide, tall = (np.abs(a).max(initial=0.0, where=finite) or 1.0 for a in (dx, dy))
    dx, dy = np.where(finite, dx, 0.0) / wide, np.where(finite, dy, 0.0) / tall
    far = np.hypot(dx, dy)
    kept = np.flatnonzero(finite & (far > NEAR * far.max(initial=0.0, where=finite)))
    angle = np.arctan2(dy[kept], dx[kept]) / (2 * pi)
    steps = np.diff(angle)
    steps -= np.rint(steps)
    turns = np.concatenate([[0.0], np.cumsum(steps)])[: len(kept)]
    return kept.astype(np.float64), turns
