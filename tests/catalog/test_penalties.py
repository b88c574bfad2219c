"""Penalties against hand formulas, finite differences and the Dirac-GAN's eigenvalues."""

from __future__ import annotations

import subprocess
import sys
from cmath import sqrt

import numpy as np
import pytest
import torch
from torch import Tensor

from ganviz.catalog.losses import LOSSES, Loss
from ganviz.catalog.penalties import LEAST, PENALTIES, Penalty, Turn

by_name = pytest.mark.parametrize("name", [name for name in PENALTIES if name != "off"])
of_slopes = pytest.mark.parametrize(
    "name", [name for name, penalty in PENALTIES.items() if penalty.gradient_of_input]
)


class Table:
    """A turn of the game s(x) = ½ xᵀAx + ψ·x + b against G(z) = z + θ, in float64."""

    def __init__(
        self,
        psi: Tensor,
        theta: Tensor,
        x: Tensor,
        z: Tensor,
        curvature: Tensor | None = None,
        offset: float = 0.0,
        loss: Loss = LOSSES["minimax"],
    ) -> None:
        self.psi, self.theta, self.x, self.z, self.loss = psi, theta, x, z, loss
        self.curvature = torch.zeros(len(psi), len(psi)).to(psi) if curvature is None else curvature
        self.offset = offset
        self.real, self.fake = x, (z + theta).detach()
        self.real_logits, self.fake_logits = self.logits(self.real), self.logits(self.fake)

    def logits(self, x: Tensor) -> Tensor:
        return self.score(x)

    def score(self, x: Tensor) -> Tensor:
        return ((x @ self.curvature) * x).sum(-1) / 2 + x @ self.psi + self.offset

    def uniform(self, *shape: int) -> Tensor:
        """Return the same draws every time that the same shape is asked for."""
        draws = torch.Generator().manual_seed(7)
        return torch.rand(shape, generator=draws, dtype=torch.float64)

    def squares(self) -> tuple[Tensor, Tensor]:
        real, fake = self.score(self.x), self.score(self.z + self.theta)
        of_g, of_d = (
            torch.autograd.grad(term(real, fake), weights, create_graph=True)[0].square().sum()
            for term, weights in (
                (self.loss.generator, self.theta),
                (self.loss.discriminator, self.psi),
            )
        )
        return of_g, of_d


def table(psi: Tensor | None = None, theta: Tensor | None = None, n: int = 6) -> Table:
    """Return a turn in two dimensions whose slopes Ax + ψ lie on both sides of 1."""
    draws = torch.Generator().manual_seed(3)
    x, z = torch.randn(2, n, 2, generator=draws, dtype=torch.float64)
    psi = torch.tensor([0.5, -0.4], dtype=torch.float64) if psi is None else psi
    theta = torch.tensor([0.7, 0.2], dtype=torch.float64) if theta is None else theta
    curvature = torch.tensor([[0.6, -0.2], [-0.2, 0.3]], dtype=torch.float64)
    return Table(
        psi.requires_grad_(), theta.requires_grad_(), 0.8 * x, 1.2 * z, curvature, offset=0.3
    )


def sigma(t: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-t))


def by_hand(name: str, t: Table) -> float:
    """Return D's (else G's) term, with numpy and no autograd."""
    a, psi = t.curvature.numpy(), t.psi.detach().numpy()
    real, fake = t.real.numpy(), t.fake.numpy()

    def steep(x: np.ndarray) -> np.ndarray:
        return np.linalg.norm(x @ a + psi, axis=1)

    def s(x: np.ndarray) -> np.ndarray:
        return np.einsum("ni,ij,nj->n", x, a, x) / 2 + x @ psi + t.offset

    alpha = t.uniform(len(real), 1).numpy()
    mixed = alpha * real + (1 - alpha) * fake
    near = real + 0.5 * np.std(real) * t.uniform(*real.shape).numpy()
    d_real, d_fake = sigma(s(real)), sigma(s(fake))
    n = len(real)
    # ∇_ψ of E sp(−s(x)) + E sp(s(G(z))), and ∇_θ of −E sp(s(z + θ)).
    of_d = -((1 - d_real) @ real) / n + d_fake @ fake / n
    of_g = -(d_fake @ (fake @ a + psi)) / n
    return float(
        {
            "gradient-penalty": ((steep(mixed) - 1) ** 2).mean(),
            "one-sided": (np.maximum(steep(mixed) - 1, 0) ** 2).mean(),
            "zero-centred": (steep(mixed) ** 2).mean(),
            "r1": (steep(real) ** 2).mean() / 2,
            "r2": (steep(fake) ** 2).mean() / 2,
            "r1-r2": ((steep(real) ** 2).mean() + (steep(fake) ** 2).mean()) / 2,
            "dragan": ((steep(near) - 1) ** 2).mean(),
            "roth": (
                ((1 - d_real) ** 2 * steep(real) ** 2).mean() / 2
                + (d_fake**2 * steep(fake) ** 2).mean() / 2
            ),
            "nagarajan-kolter": of_d @ of_d,
            "consensus": (of_g @ of_g + of_d @ of_d) / 2,
        }[name]
    )


def terms(penalty: Penalty) -> list:
    return [term for term in (penalty.discriminator, penalty.generator) if term is not None]


@by_name
def test_terms_are_their_hand_formulas(name: str) -> None:
    t = table()
    turn: Turn = t
    for term in terms(PENALTIES[name]):
        value = term(turn)
        assert value.shape == ()
        # The 1e-12 under the root is 5e-13 of a slope of 1, more of a gentler one.
        assert float(value.detach()) == pytest.approx(by_hand(name, t), abs=1e-9)


#: The generated inputs of D carry no graph to the generator: only ``squares`` does.
PULLS = [
    (name, player)
    for name, penalty in PENALTIES.items()
    for player in ("psi", "theta")
    if penalty.game or (penalty.gradient_of_input and player == "psi")
]


@pytest.mark.parametrize(("name", "player"), PULLS)
def test_gradients_agree_with_finite_differences(name: str, player: str) -> None:
    (term, *_) = terms(PENALTIES[name])
    t = table()
    (gradient,) = torch.autograd.grad(term(t), getattr(t, player))
    step = 1e-5
    for axis in range(2):
        ends = []
        for way in (1, -1):
            moved = getattr(t, player).detach().clone()
            moved[axis] += way * step
            ends.append(by_hand(name, table(**{player: moved})))
        assert float(gradient[axis]) == pytest.approx(
            (ends[0] - ends[1]) / (2 * step), rel=1e-7, abs=1e-9
        )


@of_slopes
def test_an_affine_score_has_the_slope_psi(name: str) -> None:
    psi = torch.tensor([1.2, -0.9], dtype=torch.float64)  # of length 1.5
    flat = torch.zeros(2, 2, dtype=torch.float64)
    t = table(psi)
    t = Table(t.psi, t.theta, t.x, t.z, flat, -0.4)
    expected = {
        "gradient-penalty": 0.25, "one-sided": 0.25, "zero-centred": 2.25, "r1": 1.125,
        "r2": 1.125, "r1-r2": 2.25, "dragan": 0.25,
    }  # fmt: skip
    value = float(PENALTIES[name].discriminator(t).detach())
    assert value == pytest.approx(expected.get(name, by_hand(name, t)), abs=1e-11)


@of_slopes
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_nothing_is_nan_where_the_slope_is_zero(name: str, dtype: torch.dtype) -> None:
    psi = torch.zeros(2, dtype=dtype, requires_grad=True)
    x = torch.randn(5, 2, dtype=dtype)
    t = Table(psi, torch.zeros(2, dtype=dtype), x, x.clone())
    t.uniform = lambda *shape: torch.full(shape, 0.5, dtype=dtype)
    value = PENALTIES[name].discriminator(t)
    (gradient,) = torch.autograd.grad(value, psi)
    assert value.isfinite()
    assert gradient.tolist() == [0, 0]
    expected = (1 - LEAST**0.5) ** 2 if name in ("gradient-penalty", "dragan") else 0.0
    assert float(value.detach()) == pytest.approx(
        expected, abs=1e-6 if dtype == torch.float32 else 1e-11
    )


def test_one_sample_of_one_number_is_enough() -> None:
    one = torch.ones(1, 1, dtype=torch.float64)
    psi = torch.tensor([0.5], dtype=torch.float64, requires_grad=True)
    t = Table(psi, torch.zeros(1, dtype=torch.float64, requires_grad=True), one, one)
    for name, penalty in PENALTIES.items():
        for term in terms(penalty):
            assert term(t).isfinite(), name


def test_the_one_sided_penalty_leaves_gentle_slopes_alone() -> None:
    gentle = torch.tensor([0.6, 0.79], dtype=torch.float64)
    t = table(gentle)
    t = Table(t.psi, t.theta, t.x, t.z)
    assert float(PENALTIES["one-sided"].discriminator(t).detach()) == 0
    assert float(PENALTIES["gradient-penalty"].discriminator(t).detach()) > 0


def test_penalties_leave_the_batches_as_they_are() -> None:
    t = table()
    before = t.real.clone(), t.fake.clone()
    for penalty in PENALTIES.values():
        for term in terms(penalty):
            term(t)
    assert torch.equal(t.real, before[0])
    assert torch.equal(t.fake, before[1])
    assert not t.real.requires_grad
    assert not t.fake.requires_grad


def test_roth_counts_where_d_errs_by_far_in_float32() -> None:
    """(1 − D)² ‖∇s‖² at s = 20 is exp(−40), not 0."""
    psi = torch.tensor([20.0], requires_grad=True)
    one = torch.ones(1, 1)
    t = Table(psi, torch.zeros(1), one, -one)
    expected = 400 * sigma(np.float64(-20.0)) ** 2
    assert float(PENALTIES["roth"].discriminator(t).detach()) == pytest.approx(expected, rel=1e-5)


# ---- records ----------------------------------------------------------------------------------


def test_no_penalty_adds_nothing() -> None:
    none = PENALTIES["off"]
    assert (none.discriminator, none.generator, none.weight) == (None, None, 0.0)


@by_name
def test_records_ask_for_what_they_use(name: str) -> None:
    """A turn without ∇_x s, or without both players' gradients, breaks those that need it."""
    penalty = PENALTIES[name]
    t = table()
    assert terms(penalty)
    assert penalty.weight > 0
    assert penalty.formula
    assert penalty.source

    def refuse(*args: object) -> None:
        raise LookupError

    for needed, part in ((penalty.gradient_of_input, "logits"), (penalty.game, "squares")):
        setattr(t, part, refuse)
        if needed:
            with pytest.raises(LookupError):
                terms(penalty)[0](t)
        else:
            terms(penalty)[0](t)
        t = table()


# ---- the Dirac-GAN (Mescheder et al. 2018): data at 0, G = θ, s(x) = ψx ------------------------


def velocity(theta: Tensor, psi: Tensor, penalty: Penalty, weight: float, loss: Loss) -> Tensor:
    """Return (θ̇, ψ̇) = (−∂L_G/∂θ, −∂L_D/∂ψ) with the penalty's terms, with a graph."""
    zero = torch.zeros(1, 1, dtype=torch.float64)
    t = Table(psi, theta, zero, zero, loss=loss)
    real, fake = t.logits(t.x), t.logits(t.z + theta)
    loss_g, loss_d = loss.generator(real, fake), loss.discriminator(real, fake)
    if penalty.generator is not None:
        loss_g = loss_g + weight * penalty.generator(t)
    if penalty.discriminator is not None:
        loss_d = loss_d + weight * penalty.discriminator(t)
    (of_g,) = torch.autograd.grad(loss_g, theta, create_graph=True)
    (of_d,) = torch.autograd.grad(loss_d, psi, create_graph=True)
    return -torch.cat((of_g, of_d))


def eigenvalues(name: str, weight: float, loss: str) -> np.ndarray:
    """Return the eigenvalues of the continuous game's Jacobian at (0, 0), sorted."""
    theta, psi = (torch.zeros(1, dtype=torch.float64, requires_grad=True) for _ in range(2))
    v = velocity(theta, psi, PENALTIES[name], weight, LOSSES[loss])
    rows = [
        torch.cat([g if g is not None else torch.zeros_like(theta) for g in gradients])
        for gradients in (
            torch.autograd.grad(v[i], (theta, psi), retain_graph=True, allow_unused=True)
            for i in range(2)
        )
    ]
    return np.sort_complex(np.linalg.eigvals(torch.stack(rows).detach().numpy()))


@pytest.mark.parametrize("loss", ["minimax", "non-saturating"])
@pytest.mark.parametrize("gamma", [0.1, 0.3, 0.9, 2.0])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("off", lambda g: (-0.5j, 0.5j)),
        ("r1", lambda g: (-g / 2 - sqrt(g**2 / 4 - 0.25), -g / 2 + sqrt(g**2 / 4 - 0.25))),
        # At θ = 0 both samples are the point 0: R2 is R1, and their sum R1 of twice the strength.
        ("r2", lambda g: (-g / 2 - sqrt(g**2 / 4 - 0.25), -g / 2 + sqrt(g**2 / 4 - 0.25))),
        ("r1-r2", lambda g: (-g - sqrt(g**2 - 0.25), -g + sqrt(g**2 - 0.25))),
        # D = ½ at rest: (1 − D)² + D² = ½ of it.
        ("roth", lambda g: (-g / 4 - sqrt(g**2 / 16 - 0.25), -g / 4 + sqrt(g**2 / 16 - 0.25))),
        ("consensus", lambda g: (-g / 4 - 0.5j, -g / 4 + 0.5j)),
        # ‖∇_ψ L_D‖² = θ²/4 near rest, so θ̇ = ψ/2 − ηθ/2.
        (
            "nagarajan-kolter",
            lambda g: (-g / 4 - sqrt(g**2 / 16 - 0.25), -g / 4 + sqrt(g**2 / 16 - 0.25)),
        ),
    ],
)
def test_dirac_eigenvalues(name: str, expected, gamma: float, loss: str) -> None:
    exact = np.sort_complex(np.array(expected(gamma), dtype=complex))
    np.testing.assert_allclose(eigenvalues(name, gamma, loss), exact, atol=1e-12)


def test_the_gradient_penalty_does_not_hold_the_dirac_gan() -> None:
    """Its target slope 1 pushes ψ away from the equilibrium, ψ = 0."""
    theta = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    psi = torch.tensor([0.01], dtype=torch.float64, requires_grad=True)
    v = velocity(theta, psi, PENALTIES["gradient-penalty"], 0.5, LOSSES["minimax"])
    assert float(v[1].detach()) == pytest.approx(0.5 * 2 * (1 - 0.01), abs=1e-7)


@pytest.mark.parametrize(
    ("loss", "name", "weight", "final"),
    [
        ("non-saturating", "r1", 0.3, 2.2e-6),
        ("minimax", "consensus", 1.0, 2.6e-10),
    ],
)
def test_the_published_dirac_runs(loss: str, name: str, weight: float, final: float) -> None:
    """h = 0.2, start (1, −1), 500 simultaneous steps; final radius as recomputed in theory C.3."""
    at = torch.tensor([1.0, -1.0], dtype=torch.float64)
    for _ in range(500):
        theta, psi = at[:1].clone().requires_grad_(), at[1:].clone().requires_grad_()
        at = at + 0.2 * velocity(theta, psi, PENALTIES[name], weight, LOSSES[loss]).detach()
    assert float(at.norm()) == pytest.approx(final, rel=0.03)


def test_penalties_import_no_torch() -> None:
    code = "import sys, ganviz.catalog.penalties; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False"
