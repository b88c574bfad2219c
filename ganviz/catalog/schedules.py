"""In which order the players move within one step.

A schedule is a list of phases. All players of a phase take their gradients at the same point and
then move together; ``data`` and ``noise`` say which of the step's fresh batches the phase uses.
Different schedules are different dynamical systems: on the bilinear game Goodfellow's has one-step
determinant 1, the Toronto notes' 1 + η².
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Players = tuple[str, ...]
D: Players = ("discriminator",)
G: Players = ("generator",)
BOTH: Players = ("discriminator", "generator")


@dataclass(frozen=True, slots=True)
class Phase:
    """Players that move together, and the numbers of the batches they see.

    ``rule`` says how: ``step`` is the optimiser's step; ``look`` is one that is taken back before
    the next phase moves, which so takes its gradients one step ahead; ``compete`` solves for both
    moves at once.
    """

    players: Players
    data: int
    noise: int
    rule: Literal["step", "look", "compete"] = "step"


def goodfellow(k: int) -> tuple[Phase, ...]:
    """k D-steps, each on fresh data and noise, then G on fresh noise against the updated D."""
    return (*(Phase(D, i, i) for i in range(k)), Phase(G, k - 1, k))


def generator_first(k: int) -> tuple[Phase, ...]:
    """G on fresh noise, then k D-steps, each on fresh data and noise."""
    return (Phase(G, 0, k), *(Phase(D, i, i) for i in range(k)))


def simultaneous(k: int) -> tuple[Phase, ...]:
    """Both gradients at the same point, on the same batches."""
    return (Phase(BOTH, 0, 0),)


def toronto(k: int) -> tuple[Phase, ...]:
    """k D-steps on one batch; G's gradient is taken on it before the last D-update."""
    return (*(Phase(D, 0, 0) for _ in range(k - 1)), Phase(BOTH, 0, 0))


def extragradient(k: int) -> tuple[Phase, ...]:
    """Look one step ahead, then step from where it began with the gradients found there."""
    return (Phase(BOTH, 0, 0, "look"), Phase(BOTH, 1, 1))


def competitive(k: int) -> tuple[Phase, ...]:
    """Both players answer the other's answer: the Nash equilibrium of the bilinear game here."""
    return (Phase(BOTH, 0, 0, "compete"),)


@dataclass(frozen=True, slots=True)
class Schedule:
    """One order of play; ``k_max`` bounds k where more would mean nothing."""

    title: str
    phases: Callable[[int], tuple[Phase, ...]]
    text: str
    formula: str
    source: str
    k_max: int | None = None


SCHEDULES: dict[str, Schedule] = {
    "goodfellow": Schedule(
        "Goodfellow's Algorithm 1",
        goodfellow,
        "k D-steps on fresh data and noise, then one G-step on fresh noise",
        "φ ← φ − η ∇L_D(θ, φ), k times;  θ ← θ − η ∇L_G(θ, φ)",
        "Goodfellow et al. 2014, arXiv:1406.2661, Algorithm 1",
    ),
    "generator-first": Schedule(
        "Generator first",
        generator_first,
        "one G-step, then k D-steps",
        "θ ← θ − η ∇L_G(θ, φ);  φ ← φ − η ∇L_D(θ, φ), k times",
        "Mescheder et al. 2018, arXiv:1801.04406, §3 (alternating)",
    ),
    "simultaneous": Schedule(
        "Simultaneous",
        simultaneous,
        "both gradients at the same point on the same batches; k = 1",
        "(θ, φ) ← (θ, φ) − η (∇L_G, ∇L_D)(θ, φ)",
        "Mescheder et al. 2018, arXiv:1801.04406, §3 (simultaneous)",
        k_max=1,
    ),
    "toronto": Schedule(
        "Toronto notes",
        toronto,
        "k D-steps on one batch, G's gradient taken before the last of them",
        "φ ← φ − η ∇L_D, k − 1 times;  then both from the same point",
        "Bereyhi, Deep generative models, chapter 4",
    ),
    "extragradient": Schedule(
        "Extragradient",
        extragradient,
        "look one step ahead, step back, move with the gradients found there; k = 1",
        "w′ = w − η v(w);  w ← w − η v(w′)",
        "Korpelevich 1976; Gidel et al. 2019, arXiv:1802.10551, algorithm 3",
        k_max=1,
    ),
    "competitive": Schedule(
        "Competitive gradient descent",
        competitive,
        "each player's move allows for the other's; k = 1, plain SGD rates",
        "Δθ = −η (1 − η² D²_θφ L_G D²_φθ L_D)⁻¹ (∇L_G − η D²_θφ L_G ∇L_D), Δφ likewise",
        "Schäfer & Anandkumar 2019, arXiv:1905.12103, eq. 4",
        k_max=1,
    ),
}
