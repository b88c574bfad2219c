"""First-order optimisers on flat parameter vectors, and how their rates fall.

``update(theta, grad, moments, t, lr, hyper)`` changes ``theta`` and ``moments`` in place; ``t``
counts this player's updates from 1. Same arithmetic as torch.optim (a test compares), on one
vector a player instead of a list of tensors. ``t`` and ``lr`` may be numbers, or tensors of one
number on the device: a captured CUDA graph reads them there (not ``optimistic``, whose first step
is another one).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Hyper:
    """The constants an optimiser may use; each takes those that are its own."""

    momentum: float
    beta1: float
    beta2: float
    rho: float
    eps: float = 1e-8


Update = Callable[["Tensor", "Tensor", "tuple[Tensor, ...]", Any, Any, Hyper], None]


def descend(theta: Tensor, move: Tensor, lr: Any, over: Tensor | None = None) -> None:
    """Take θ ← θ − lr · move / over, in one operation where lr is a number."""
    if not isinstance(lr, float | int):
        theta.sub_((move if over is None else move / over) * lr)
    elif over is None:
        theta.add_(move, alpha=-lr)
    else:
        theta.addcdiv_(move, over, value=-lr)


def sgd(
    theta: Tensor, grad: Tensor, moments: tuple[Tensor, ...], t: Any, lr: Any, h: Hyper
) -> None:
    descend(theta, grad, lr)


def momentum(
    theta: Tensor, grad: Tensor, moments: tuple[Tensor, ...], t: Any, lr: Any, h: Hyper
) -> None:
    (velocity,) = moments
    velocity.mul_(h.momentum).add_(grad)
    descend(theta, velocity, lr)


def rmsprop(
    theta: Tensor, grad: Tensor, moments: tuple[Tensor, ...], t: Any, lr: Any, h: Hyper
) -> None:
    (square,) = moments
    square.mul_(h.rho).addcmul_(grad, grad, value=1 - h.rho)
    descend(theta, grad, lr, square.sqrt().add_(h.eps))


def adam(
    theta: Tensor, grad: Tensor, moments: tuple[Tensor, ...], t: Any, lr: Any, h: Hyper
) -> None:
    mean, square = moments
    mean.lerp_(grad, 1 - h.beta1)
    square.mul_(h.beta2).addcmul_(grad, grad, value=1 - h.beta2)
    size = square.sqrt().div_((1 - h.beta2**t) ** 0.5).add_(h.eps)
    descend(theta, mean, lr / (1 - h.beta1**t), size)


def optimistic(
    theta: Tensor, grad: Tensor, moments: tuple[Tensor, ...], t: Any, lr: Any, h: Hyper
) -> None:
    (last,) = moments
    if t == 1:
        last.copy_(grad)  # nothing to look back at yet: a plain step
    theta.add_(grad, alpha=-2 * lr).add_(last, alpha=lr)
    last.copy_(grad)


def optimistic_adam(
    theta: Tensor, grad: Tensor, moments: tuple[Tensor, ...], t: Any, lr: Any, h: Hyper
) -> None:
    mean, square, last = moments
    mean.lerp_(grad, 1 - h.beta1)
    square.mul_(h.beta2).addcmul_(grad, grad, value=1 - h.beta2)
    size = square.sqrt().div_((1 - h.beta2**t) ** 0.5).add_(h.eps)
    move = mean.div(1 - h.beta1**t).div_(size)
    if t == 1:
        last.copy_(move)
    theta.add_(move, alpha=-2 * lr).add_(last, alpha=lr)
    last.copy_(move)


@dataclass(frozen=True, slots=True)
class Decay:
    """How a learning rate falls: ``factor(t)`` with t = step / decay_steps, from 1 at t = 0."""

    title: str
    factor: Callable[[float], float]
    formula: str
    source: str


DECAYS: dict[str, Decay] = {
    "constant": Decay("Constant", lambda t: 1.0, "η", "as set"),
    "linear": Decay(
        "Linear", lambda t: max(0.0, 1 - t), "η (1 − t), 0 from t = 1", "common practice"
    ),
    "cosine": Decay(
        "Cosine",
        lambda t: (1 + cos(pi * min(t, 1.0))) / 2,
        "η (1 + cos πt) / 2, 0 from t = 1",
        "Loshchilov & Hutter 2017, arXiv:1608.03983, eq. 5",
    ),
    "exponential": Decay(
        "Exponential", lambda t: 0.1**t, "η / 10ᵗ: a tenth every decay_steps", "common practice"
    ),
    "inverse-root": Decay(
        "Inverse root", lambda t: (1 + t) ** -0.5, "η / √(1 + t)", "Robbins & Monro 1951"
    ),
}


@dataclass(frozen=True, slots=True)
class Optimizer:
    """One optimiser; ``moments`` names the vectors it keeps, ``note`` what it does to a game."""

    title: str
    update: Update
    moments: tuple[str, ...]
    formula: str
    source: str
    note: str


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(
        "SGD",
        sgd,
        (),
        "θ ← θ − η g",
        "Robbins & Monro 1951",
        "turns about a saddle: outwards if both step at once, in closed orbits if in turn",
    ),
    "momentum": Optimizer(
        "Momentum",
        momentum,
        ("velocity",),
        "v ← μ v + g,  θ ← θ − η v",
        "Polyak 1964; Sutskever et al. 2013",
        "positive memory drives a game outwards, negative memory calms it",
    ),
    "rmsprop": Optimizer(
        "RMSprop",
        rmsprop,
        ("square",),
        "v ← ρ v + (1 − ρ) g²,  θ ← θ − η g / (√v + ε)",
        "Tieleman & Hinton 2012, lecture 6e",
        "steps of the same size whatever the gradient's: it never comes to rest",
    ),
    "adam": Optimizer(
        "Adam",
        adam,
        ("mean", "square"),
        "m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  θ ← θ − η m̂ / (√v̂ + ε)",
        "Kingma & Ba 2015, arXiv:1412.6980, algorithm 1",
        "the usual choice for GANs, with β₁ 0.5 or 0: long memories lag behind the other player",
    ),
    "optimistic": Optimizer(
        "Optimistic (OMD)",
        optimistic,
        ("last gradient",),
        "θ ← θ − 2 η g + η g₋₁",
        "Daskalakis et al. 2018, arXiv:1711.00141, eq. 3",
        "converges on the bilinear game for η below 1/√3, where plain steps only turn",
    ),
    "optimistic-adam": Optimizer(
        "Optimistic Adam",
        optimistic_adam,
        ("mean", "square", "last move"),
        "u = m̂ / (√v̂ + ε) as in Adam,  θ ← θ − 2 η u + η u₋₁",
        "Daskalakis et al. 2018, arXiv:1711.00141, algorithm 1",
        "Adam's step, looking ahead by the last one",
    ),
}
