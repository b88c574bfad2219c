"""Penalties: what is added to the players' losses, times a weight, to calm the game.

Most hold down the slope ∇_x s of the discriminator's logit, on the data, on the generated samples
or between them; two look at how fast the players themselves would move. A penalty receives the
:class:`Turn`, the batches and logits of the present phase, and returns a scalar term that can be
differentiated in the weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ganviz.catalog import holds
from ganviz.catalog.holds import LEAST, Hold

if TYPE_CHECKING:
    from torch import Tensor


class Turn(Protocol):
    """What a penalty may look at.

    ``real`` and ``fake`` are D's inputs exactly as D saw them, (n, w) each and without a graph;
    ``real_logits`` and ``fake_logits`` what D said of them, (n,) each, with the graph to its
    weights.
    """

    @property
    def real(self) -> Tensor:
        """D's real inputs, (n, w)."""
        ...

    @property
    def fake(self) -> Tensor:
        """D's generated inputs, (n, w)."""
        ...

    @property
    def real_logits(self) -> Tensor:
        """s of the real inputs, (n,)."""
        ...

    @property
    def fake_logits(self) -> Tensor:
        """s of the generated inputs, (n,)."""
        ...

    def logits(self, x: Tensor) -> Tensor:
        """Return s(x), (n,), differentiable in x and in D's weights."""
        ...

    def uniform(self, *shape: int) -> Tensor:
        """Return draws of U[0, 1)."""
        ...

    def squares(self) -> tuple[Tensor, Tensor]:
        """Return (‖∇_θ L_G‖², ‖∇_φ L_D‖²), two scalars with a graph to both players' weights."""
        ...


Term = Callable[[Turn], "Tensor"]


def slope(turn: Turn, x: Tensor) -> Tensor:
    """Return ∇_x s at each of the (n, w) points, (n, w), with a graph to D's weights."""
    from torch.autograd import grad

    x = x.detach().requires_grad_()
    (gradient,) = grad(turn.logits(x).sum(), x, create_graph=True)
    return gradient


def square(turn: Turn, x: Tensor) -> Tensor:
    """Return ‖∇_x s‖² at each point, (n,)."""
    return slope(turn, x).square().sum(-1)


def norm(turn: Turn, x: Tensor) -> Tensor:
    """Return ‖∇_x s‖ at each point, (n,); 1e-6 where there is no slope at all."""
    return (square(turn, x) + LEAST).sqrt()


def between(turn: Turn) -> Tensor:
    """Return x̂ = α x + (1 − α) G(z), one α ~ U[0, 1) for each pair, (n, w)."""
    alpha = turn.uniform(len(turn.real), 1)
    return alpha * turn.real + (1 - alpha) * turn.fake


def around(turn: Turn) -> Tensor:
    """Return x + δ, δ = ½ std(x) U[0, 1) in each coordinate, (n, w).

    One standard deviation over all numbers of the batch, divided by their count (so that a single
    number has one, 0).
    """
    return turn.real + turn.real.std(correction=0) / 2 * turn.uniform(*turn.real.shape)


# ---- terms for D ------------------------------------------------------------------------------


def gradient_penalty(turn: Turn) -> Tensor:
    return (norm(turn, between(turn)) - 1).square().mean()


def one_sided(turn: Turn) -> Tensor:
    return (norm(turn, between(turn)) - 1).relu().square().mean()


def zero_centred(turn: Turn) -> Tensor:
    return square(turn, between(turn)).mean()


def r1(turn: Turn) -> Tensor:
    return square(turn, turn.real).mean() / 2


def r2(turn: Turn) -> Tensor:
    return square(turn, turn.fake).mean() / 2


def r1_r2(turn: Turn) -> Tensor:
    return r1(turn) + r2(turn)


def dragan(turn: Turn) -> Tensor:
    return (norm(turn, around(turn)) - 1).square().mean()


def roth(turn: Turn) -> Tensor:
    # 1 − σ(s) as σ(−s): in float32 the difference is 0 from s = 17 on.
    missed = (-turn.real_logits).sigmoid().square()
    taken = turn.fake_logits.sigmoid().square()
    on_real = (missed * square(turn, turn.real)).mean()
    on_fake = (taken * square(turn, turn.fake)).mean()
    return (on_real + on_fake) / 2


# ---- terms that take both players -------------------------------------------------------------


def speed_of_d(turn: Turn) -> Tensor:
    _, of_d = turn.squares()
    return of_d


def energy(turn: Turn) -> Tensor:
    of_g, of_d = turn.squares()
    return (of_g + of_d) / 2


@dataclass(frozen=True, slots=True)
class Penalty:
    """One penalty.

    Attributes
    ----------
    discriminator, generator
        The term added to that player's loss, times the weight; None for nothing.
    weight
        The default strength, γ or λ in the formula.
    formula
        What is added, in plain letters.
    tex, where, letter
        The same in LaTeX: what is added, definitions of what stands in it, its weight.
    source
        Where it comes from, and where the default strength does.
    note
        What it does, in a sentence.
    gradient_of_input
        Whether it needs ∇_x s.
    game
        Whether it needs both players' gradients, :meth:`Turn.squares`.
    draws
        Whether it draws numbers of its own, :meth:`Turn.uniform`.
    holds
        D's term number by number, its parts' sum; empty where it is not of ∇_x s alone.
    """

    title: str
    discriminator: Term | None
    generator: Term | None
    weight: float
    formula: str
    tex: str
    where: tuple[str, ...]
    letter: str
    source: str
    note: str
    gradient_of_input: bool = False
    game: bool = False
    draws: bool = False
    holds: tuple[Hold, ...] = ()


PENALTIES: dict[str, Penalty] = {
    "off": Penalty("No penalty", None, None, 0.0, "", "", (), "", "", "the losses as they are"),
    "gradient-penalty": Penalty(
        "Gradient penalty (WGAN-GP)",
        gradient_penalty,
        None,
        0.1,
        "+ λ E (‖∇s(x̂)‖ − 1)² to L_D,  x̂ = α x + (1 − α) G(z),  α ~ U(0, 1)",
        r"+\lambda\,\mathbb{E}\,(\|\nabla s(\hat{x})\| - 1)^2",
        (r"\hat{x} = \alpha\,x + (1 - \alpha)\,G(z)", r"\alpha \sim U(0, 1)"),
        r"\lambda",
        "Gulrajani et al. 2017, arXiv:1704.00028, eq. 3; λ = 0.1 as in its code for toy data",
        "pulls every slope between the two samples to 1, also where less would do",
        gradient_of_input=True,
        draws=True,
        holds=(holds.TO_ONE,),
    ),
    "one-sided": Penalty(
        "One-sided gradient penalty",
        one_sided,
        None,
        0.1,
        "+ λ E max(0, ‖∇s(x̂)‖ − 1)² to L_D,  x̂ = α x + (1 − α) G(z),  α ~ U(0, 1)",
        r"+\lambda\,\mathbb{E}\max(0, \|\nabla s(\hat{x})\| - 1)^2",
        (r"\hat{x} = \alpha\,x + (1 - \alpha)\,G(z)", r"\alpha \sim U(0, 1)"),
        r"\lambda",
        "Petzka et al. 2018, arXiv:1709.08894 (WGAN-LP)",
        "pushes slopes above 1 down and leaves gentler ones alone",
        gradient_of_input=True,
        draws=True,
        holds=(holds.TO_ONE_FROM_ABOVE,),
    ),
    "zero-centred": Penalty(
        "Zero-centred gradient penalty",
        zero_centred,
        None,
        0.1,
        "+ λ E ‖∇s(x̂)‖² to L_D,  x̂ = α x + (1 − α) G(z),  α ~ U(0, 1)",
        r"+\lambda\,\mathbb{E}\,\|\nabla s(\hat{x})\|^2",
        (r"\hat{x} = \alpha\,x + (1 - \alpha)\,G(z)", r"\alpha \sim U(0, 1)"),
        r"\lambda",
        "Thanh-Tung et al. 2019, arXiv:1902.03984 (0-GP)",
        "pulls every slope between the two samples to 0",
        gradient_of_input=True,
        draws=True,
        holds=(holds.BETWEEN,),
    ),
    "r1": Penalty(
        "R1",
        r1,
        None,
        0.1,
        "+ γ/2 E ‖∇s(x)‖² to L_D",
        r"+\tfrac{\gamma}{2}\,\mathbb{E}\,\|\nabla s(x)\|^2",
        (),
        r"\gamma",
        "Mescheder et al. 2018, arXiv:1801.04406, eq. 9",
        "pulls D's slope to 0 on the data, so that D comes to rest once p_g = p",
        gradient_of_input=True,
        holds=(holds.ON_REAL,),
    ),
    "r2": Penalty(
        "R2",
        r2,
        None,
        0.1,
        "+ γ/2 E ‖∇s(G(z))‖² to L_D",
        r"+\tfrac{\gamma}{2}\,\mathbb{E}\,\|\nabla s(G(z))\|^2",
        (),
        r"\gamma",
        "Mescheder et al. 2018, arXiv:1801.04406, eq. 10",
        "pulls D's slope to 0 on the generated samples",
        gradient_of_input=True,
        holds=(holds.ON_FAKE,),
    ),
    "r1-r2": Penalty(
        "R1 + R2",
        r1_r2,
        None,
        0.1,
        "+ γ/2 E ‖∇s(x)‖² + γ/2 E ‖∇s(G(z))‖² to L_D",
        r"+\tfrac{\gamma}{2}\,\mathbb{E}\,\|\nabla s(x)\|^2 "
        r"+ \tfrac{\gamma}{2}\,\mathbb{E}\,\|\nabla s(G(z))\|^2",
        (),
        r"\gamma",
        "Huang et al. 2024, arXiv:2501.05441 (R3GAN)",
        "pulls D's slope to 0 on both samples",
        gradient_of_input=True,
        holds=(holds.ON_REAL, holds.ON_FAKE),
    ),
    "dragan": Penalty(
        "DRAGAN",
        dragan,
        None,
        0.25,
        "+ λ E (‖∇s(x + δ)‖ − 1)² to L_D,  δ = ½ std(x) U(0, 1)",
        r"+\lambda\,\mathbb{E}\,(\|\nabla s(x + \delta)\| - 1)^2",
        (r"\delta = \tfrac{1}{2}\,\mathrm{std}(x)\,U(0, 1)",),
        r"\lambda",
        "Kodali et al. 2017, arXiv:1705.07215; λ and δ as in hwalsuklee's code",
        "pulls the slope to 1 around the data only",
        gradient_of_input=True,
        draws=True,
        holds=(holds.TO_ONE_AROUND,),
    ),
    "roth": Penalty(
        "Roth's regulariser",
        roth,
        None,
        2.0,
        "+ γ/2 E (1 − D(x))² ‖∇s(x)‖² + γ/2 E D(G(z))² ‖∇s(G(z))‖² to L_D",
        r"+\tfrac{\gamma}{2}\,\mathbb{E}\,(1 - D(x))^2\,\|\nabla s(x)\|^2 "
        r"+ \tfrac{\gamma}{2}\,\mathbb{E}\,D(G(z))^2\,\|\nabla s(G(z))\|^2",
        (),
        r"\gamma",
        "Roth et al. 2017, arXiv:1705.09367; γ = 2 and D differentiated too, as in its code",
        "what noise on both samples would do on average: pulls the slope to 0 where D errs",
        gradient_of_input=True,
        holds=(holds.MISSED, holds.TAKEN),
    ),
    "nagarajan-kolter": Penalty(
        "Nagarajan & Kolter",
        None,
        speed_of_d,
        0.5,
        "+ η ‖∇_φ L_D‖² to L_G",
        r"+\eta\,\|\nabla_\varphi L_D\|^2",
        (),
        r"\eta",
        "Nagarajan & Kolter 2017, arXiv:1706.04156; η = 0.5 as in its code",
        "the generator looks ahead: it prefers places where D has nothing left to learn",
        game=True,
    ),
    "consensus": Penalty(
        "Consensus",
        energy,
        energy,
        1.0,
        "+ γ/2 (‖∇_θ L_G‖² + ‖∇_φ L_D‖²) to both losses",
        r"+\tfrac{\gamma}{2}\,(\|\nabla_\theta L_G\|^2 + \|\nabla_\varphi L_D\|^2)",
        (),
        r"\gamma",
        "Mescheder et al. 2017, arXiv:1705.10461",
        "both players also descend how fast the game moves",
        game=True,
    ),
}
