"""Losses against closed forms, autograd and numeric minimisation."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
import torch
from scipy.optimize import minimize, minimize_scalar

from ganviz.catalog.losses import LOSSES, STEEPEST, exponential, softplus

by_name = pytest.mark.parametrize("name", LOSSES)
pointwise = pytest.mark.parametrize("name", [n for n, loss in LOSSES.items() if loss.labels])

#: Two distributions over five outcomes.
P = np.array([0.10, 0.30, 0.25, 0.05, 0.30])
Q = np.array([0.25, 0.05, 0.25, 0.30, 0.15])


def sigma(t: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-t))


def one(t: np.ndarray) -> np.ndarray:
    return np.ones_like(t)


def sech2(t: np.ndarray) -> np.ndarray:
    return 1 / np.cosh(t) ** 2


#: n times d/ds of each term, by hand, from the logits (r, f) of n real and n generated samples:
#: (real in L_D, fake in L_D, fake in L_G).
SLOPES = {
    "minimax": (
        lambda r, f: -sigma(-r),
        lambda r, f: sigma(f),
        lambda r, f: -sigma(f),
    ),
    "non-saturating": (
        lambda r, f: -sigma(-r),
        lambda r, f: sigma(f),
        lambda r, f: -sigma(-f),
    ),
    "least-squares": (lambda r, f: r - 1, lambda r, f: f, lambda r, f: f - 1),
    "pearson": (lambda r, f: r - 1, lambda r, f: f + 1, lambda r, f: f),
    "wasserstein": (lambda r, f: -one(r), lambda r, f: one(f), lambda r, f: -one(f)),
    "hinge": (
        lambda r, f: -1.0 * (r < 1.0),
        lambda r, f: 1.0 * (f > -1.0),
        lambda r, f: -one(f),
    ),
    "relativistic": (
        lambda r, f: -sigma(f - r),
        lambda r, f: sigma(f - r),
        lambda r, f: -sigma(r - f),
    ),
    "relativistic-average": (
        lambda r, f: -(sigma(f.mean() - r) + sigma(f - r.mean()).mean()) / 2,
        lambda r, f: (sigma(f - r.mean()) + sigma(f.mean() - r).mean()) / 2,
        lambda r, f: -(sigma(r.mean() - f) + sigma(r - f.mean()).mean()) / 2,
    ),
    "f-kl": (lambda r, f: -one(r), lambda r, f: np.exp(f - 1), lambda r, f: -np.exp(f - 1)),
    "f-reverse-kl": (lambda r, f: -np.exp(-r), lambda r, f: one(f), lambda r, f: -one(f)),
    "f-pearson": (lambda r, f: -one(r), lambda r, f: f / 2 + 1, lambda r, f: -f / 2 - 1),
    "f-hellinger": (lambda r, f: -np.exp(-r), lambda r, f: np.exp(f), lambda r, f: -np.exp(f)),
    "f-jensen-shannon": (
        lambda r, f: -sigma(-r),
        lambda r, f: sigma(f),
        lambda r, f: -sigma(f),
    ),
    "f-total-variation": (
        lambda r, f: -sech2(r) / 2,
        lambda r, f: sech2(f) / 2,
        lambda r, f: -sech2(f) / 2,
    ),
}


@by_name
def test_slopes_agree_with_autograd(name: str) -> None:
    loss = LOSSES[name]
    s = torch.linspace(-6.05, 6.03, 40, dtype=torch.float64)
    real = s.clone().requires_grad_()
    # Another order and another mean than the real ones, for the losses that compare them.
    fake = (s.flip(0).roll(7) + 0.3).clone().requires_grad_()
    in_d = torch.autograd.grad(loss.discriminator(real, fake), (real, fake))
    (in_g,) = torch.autograd.grad(loss.generator(real.detach(), fake), (fake,))
    r, f = real.detach().numpy(), fake.detach().numpy()
    for got, slope in zip((*in_d, in_g), SLOPES[name], strict=True):
        np.testing.assert_allclose(got.numpy(), slope(r, f) / 40, rtol=1e-13, atol=1e-15)


@by_name
def test_the_generator_sees_real_logits_where_it_says_so(name: str) -> None:
    loss = LOSSES[name]
    torch.manual_seed(1)
    real, fake = torch.randn(2, 6, dtype=torch.float64)
    moved = float(loss.generator(real + 1, fake) - loss.generator(real, fake))
    assert (moved != 0) == loss.sees_real


@by_name
def test_batches_come_last(name: str) -> None:
    loss = LOSSES[name]
    real, fake = torch.randn(3, 5), torch.randn(3, 5)
    for term in (loss.discriminator, loss.generator):
        together = term(real, fake)
        assert together.shape == (3,)
        torch.testing.assert_close(together[1], term(real[1], fake[1]))


@by_name
def test_labels_make_up_the_discriminator_loss(name: str) -> None:
    loss = LOSSES[name]
    torch.manual_seed(1)
    real, fake = torch.randn(2, 3, 5, dtype=torch.float64)
    if loss.labels is None:
        # One real logit moves what another one costs: there is no cost of each by itself.
        lone = loss.discriminator(real[:, :1], fake[:, :1])
        both = loss.discriminator(real[:, :1], fake[:, 1:2])
        other = loss.discriminator(real[:, 1:2], fake[:, :1])
        crossed = loss.discriminator(real[:, 1:2], fake[:, 1:2])
        assert ((lone + crossed) - (both + other)).abs().min() > 1e-6
        return
    called_real, called_fake = loss.labels
    expected = called_real(real).mean(-1) + called_fake(fake).mean(-1)
    torch.testing.assert_close(loss.discriminator(real, fake), expected, rtol=0, atol=0)


@by_name
def test_references_hold_at_the_equilibrium(name: str) -> None:
    """At p_g = p with the best D, every reference line is the value of its curve."""
    loss = LOSSES[name]
    log_p = np.log([0.3])
    best = 0.0 if loss.optimum is None else float(loss.optimum(log_p, log_p)[0])
    s = torch.tensor([best], dtype=torch.float64)
    at = {"loss_d": loss.discriminator(s, s), "loss_g": loss.generator(s, s)}
    at["value"] = -at["loss_d"]
    assert loss.references
    for column, value, _ in loss.references:
        assert float(at[column]) == pytest.approx(value, abs=1e-12)
    assert ("value" in [column for column, _, _ in loss.references]) == loss.has_value


@by_name
def test_the_value_is_what_both_players_pull_at(name: str) -> None:
    """Where V = −L_D is the game, the generator lowers V with every move that lowers L_G."""
    loss = LOSSES[name]
    if not loss.has_value:
        return
    r, f = np.zeros(9), np.linspace(-4, 4, 9)
    _, in_d, in_g = (slope(r, f) for slope in SLOPES[name])
    if name == "non-saturating":  # the same direction, another length
        assert (in_d * in_g < 0).all()
    else:
        np.testing.assert_allclose(in_g, -in_d)


@by_name
def test_belief_is_neutral_where_the_densities_are_equal(name: str) -> None:
    loss = LOSSES[name]
    if loss.optimum is None:
        return
    best = torch.from_numpy(loss.optimum(np.zeros(1), np.zeros(1)))
    assert float(loss.belief.of(best)) == pytest.approx(loss.belief.neutral, abs=1e-15)
    assert loss.belief.low < loss.belief.neutral < loss.belief.high


def least(name: str, p: float, q: float) -> tuple[float, float]:
    """Return where p·a(s) + q·b(s) is least, and its value there, by golden section."""
    called_real, called_fake = LOSSES[name].labels

    def cost(s: float) -> float:
        t = torch.tensor(s, dtype=torch.float64)
        return float(p * called_real(t) + q * called_fake(t))

    found = minimize_scalar(cost, bounds=(-25, 25), method="bounded", options={"xatol": 1e-10})
    return float(found.x), float(found.fun)


@pointwise
@pytest.mark.parametrize(("p", "q"), [(0.7, 0.2), (0.05, 0.3), (0.4, 0.4), (2.5, 0.5)])
def test_optimum_minimises_the_discriminator_loss(name: str, p: float, q: float) -> None:
    """Pointwise: p·a(s) + q·b(s) is least at s*(log p, log q)."""
    loss = LOSSES[name]
    if loss.optimum is None:
        return
    best = torch.from_numpy(loss.optimum(np.log([p]), np.log([q])))
    called_real, called_fake = loss.labels
    where, lowest = least(name, p, q)
    at_best = p * called_real(best) + q * called_fake(best)
    assert float(at_best) == pytest.approx(lowest, abs=1e-7)
    if loss.smooth:
        assert float(best) == pytest.approx(where, abs=1e-6)


@by_name
def test_smooth_optima_have_a_slope_between_two_shifted_normals(name: str) -> None:
    loss = LOSSES[name]
    x = np.linspace(-2, 4, 50)
    if loss.optimum is None:
        assert not loss.smooth
        return
    best = loss.optimum(-(x**2) / 2, -((x - 2) ** 2) / 2)
    assert len(np.unique(best)) == (50 if loss.smooth else 2)
    assert (best[1:] <= best[:-1]).all()


DIVERGENCES = {
    "2·JSD(p, p_g) − log 4": lambda p, q: 2 * jsd(p, q) - log(4),
    "2·JSD(p, p_g)": lambda p, q: 2 * jsd(p, q),
    "⅛ ∫ (p − p_g)² / (p + p_g) − ¼": lambda p, q: ((p - q) ** 2 / (p + q)).sum() / 8 - 1 / 4,
    "½ ∫ (p − p_g)² / (p + p_g) − 1": lambda p, q: ((p - q) ** 2 / (p + q)).sum() / 2 - 1,
    "2·TV(p, p_g) − 2": lambda p, q: np.abs(p - q).sum() - 2,
    "KL(p‖p_g)": lambda p, q: (p * np.log(p / q)).sum(),
    "KL(p_g‖p)": lambda p, q: (q * np.log(q / p)).sum(),
    "∫ (p − p_g)² / p_g": lambda p, q: ((p - q) ** 2 / q).sum(),
    "∫ (√p − √p_g)²": lambda p, q: ((np.sqrt(p) - np.sqrt(q)) ** 2).sum(),
    "½ ∫ |p − p_g|": lambda p, q: np.abs(p - q).sum() / 2,
}


def jsd(p: np.ndarray, q: np.ndarray) -> float:
    m = (p + q) / 2
    return float((p * np.log(p / m)).sum() + (q * np.log(q / m)).sum()) / 2


@pointwise
def test_the_best_value_is_the_divergence_it_is_named_after(name: str) -> None:
    bound = LOSSES[name].bound
    if not bound:
        assert name == "wasserstein"
        return
    for p, q in ((P, Q), (Q, P), (P, P)):
        value = -sum(least(name, a, b)[1] for a, b in zip(p, q, strict=True))
        assert value == pytest.approx(DIVERGENCES[bound](p, q), abs=1e-8)


def test_only_the_relativistic_average_and_the_free_critic_have_no_optimum() -> None:
    assert [name for name, loss in LOSSES.items() if loss.optimum is None] == [
        "wasserstein",
        "relativistic-average",
    ]


def test_relativistic_optimum_on_three_points() -> None:
    """Σ p(x) q(y) sp(−(s(x) − s(y))) is least at log p/q + constant, with log 2 − JSD(P, Q)."""
    p, q = np.array([0.2, 0.5, 0.3]), np.array([0.6, 0.1, 0.3])
    pairs = np.outer(p, q).ravel()

    def expected(s: np.ndarray) -> float:
        real = torch.from_numpy(np.repeat(s, 3))[:, None]
        fake = torch.from_numpy(np.tile(s, 3))[:, None]
        return float(pairs @ LOSSES["relativistic"].discriminator(real, fake).numpy())

    found = minimize(expected, np.zeros(3), method="BFGS", options={"gtol": 1e-9})
    best = LOSSES["relativistic"].optimum(np.log(p), np.log(q))
    np.testing.assert_allclose(found.x - found.x.mean(), best - best.mean(), atol=1e-5)
    assert expected(best) == pytest.approx(found.fun, abs=1e-12)
    other_order = np.outer(q, p).ravel()
    assert -expected(best) == pytest.approx(jsd(pairs, other_order) - log(2), abs=1e-12)
    assert LOSSES["relativistic"].bound == "JSD(p⊗p_g, p_g⊗p) − log 2"


def test_relativistic_average_has_no_pointwise_optimum() -> None:
    """The best step between two points changes when only the rest of the densities does."""
    steps = []
    for p_rest, q_rest in (([0.05, 0.45], [0.05, 0.45]), ([0.45, 0.05], [0.05, 0.45])):
        p = torch.tensor([0.3, 0.2, *p_rest], dtype=torch.float64)
        q = torch.tensor([0.1, 0.4, *q_rest], dtype=torch.float64)

        def expected(s: np.ndarray, p: torch.Tensor = p, q: torch.Tensor = q) -> float:
            t = torch.from_numpy(s)
            real, fake = softplus(q @ t - t), softplus(t - p @ t)
            return float(p @ real + q @ fake) / 2

        s = minimize(expected, np.zeros(4), method="BFGS", options={"gtol": 1e-7}).x
        steps.append(s[0] - s[1])
    assert abs(steps[0] - steps[1]) > 0.05


@by_name
def test_optima_bear_what_lies_outside_the_supports(name: str) -> None:
    loss = LOSSES[name]
    if loss.optimum is None:
        return
    log_p = np.array([-np.inf, 0.0, -np.inf, -1.0, -2000.0])
    log_q = np.array([0.0, -np.inf, -np.inf, -2000.0, -1.0])
    best = loss.optimum(log_p, log_q)
    assert np.isnan(best).tolist() == [False, False, True, False, False]
    assert best[0] <= loss.belief.neutral <= best[1]
    assert best[4] <= loss.belief.neutral <= best[3]


# ---- far logits -------------------------------------------------------------------------------


@by_name
def test_everything_is_finite_at_a_thousand(name: str) -> None:
    loss = LOSSES[name]
    ends = torch.tensor([-1000.0, -30.0, 0.0, 30.0, 1000.0])
    real, fake = (t.reshape(-1, 1).clone() for t in torch.meshgrid(ends, ends, indexing="ij"))
    for term in (loss.discriminator, loss.generator):
        r, f = real.clone().requires_grad_(), fake.clone().requires_grad_()
        value = term(r, f)
        slopes = torch.autograd.grad(value.sum(), (r, f), allow_unused=True)
        assert value.isfinite().all()
        assert all(slope.isfinite().all() for slope in slopes if slope is not None)
        said = loss.belief.of(fake)
        assert said.isfinite().all()


#: Whether a far wrong answer still has a slope: D on a real sample at s = −1000, D on a generated
#: one at +1000, G on a sample that D rejects with certainty, s = −1000.
FAR = {
    "minimax": (True, True, False),
    "non-saturating": (True, True, True),
    "least-squares": (True, True, True),
    "pearson": (True, True, True),
    "wasserstein": (True, True, True),
    "hinge": (True, True, True),
    "relativistic": (True, True, True),
    "relativistic-average": (True, True, True),
    "f-kl": (True, True, False),
    "f-reverse-kl": (True, True, True),
    "f-pearson": (True, True, True),
    "f-hellinger": (True, True, False),
    "f-jensen-shannon": (True, True, False),
    "f-total-variation": (False, False, False),
}


@by_name
def test_far_logits_keep_a_slope_where_the_loss_has_one(name: str) -> None:
    loss = LOSSES[name]
    low, high = torch.tensor([[-1000.0], [1000.0]])
    real, fake = low.clone().requires_grad_(), high.clone().requires_grad_()
    in_d = torch.autograd.grad(loss.discriminator(real, fake), (real, fake))
    fake = low.clone().requires_grad_()
    (in_g,) = torch.autograd.grad(loss.generator(high, fake), (fake,))
    assert tuple(float(slope) != 0 for slope in (*in_d, in_g)) == FAR[name]
    assert float(in_d[0]) <= 0 <= float(in_d[1])


def test_far_logits_keep_their_slope() -> None:
    """log(σ(s) + ε) dies below s = −18; the softplus form does not."""
    f = torch.tensor([-30.0], requires_grad=True)
    (slope,) = torch.autograd.grad(LOSSES["non-saturating"].generator(f, f), f)
    assert float(slope) == pytest.approx(-1.0)
    t = torch.tensor([-50.0, 0.0, 25.0, 39.0, 41.0, 500.0], dtype=torch.float64)
    np.testing.assert_allclose(softplus(t).numpy(), np.logaddexp(0, t.numpy()), rtol=1e-15)


def test_the_exponential_goes_on_along_its_tangent() -> None:
    t = torch.tensor([-800.0, -3.0, 0.0, 19.99, 20.0, 20.01, 25.0, 1000.0], dtype=torch.float64)
    t.requires_grad_()
    value = exponential(t)
    (slope,) = torch.autograd.grad(value.sum(), t)
    s = t.detach().numpy()
    top = np.exp(STEEPEST)
    expected = np.where(s <= 20, np.exp(np.minimum(s, 20)), top * (s - 19))
    np.testing.assert_allclose(value.detach().numpy(), expected, rtol=1e-14)
    np.testing.assert_allclose(slope.numpy(), np.exp(np.minimum(s, 20)), rtol=1e-14)


# ---- between the losses -----------------------------------------------------------------------


def test_minimax_and_non_saturating_sum_to_wasserstein() -> None:
    f = torch.randn(100, dtype=torch.float64, requires_grad=True)
    grads = [
        torch.autograd.grad(LOSSES[name].generator(f, f), f)[0]
        for name in ("minimax", "non-saturating", "wasserstein")
    ]
    torch.testing.assert_close(grads[0] + grads[1], grads[2], atol=1e-15, rtol=0)


def test_jensen_shannon_is_minimax_moved_by_a_constant() -> None:
    real, fake = torch.randn(2, 50, dtype=torch.float64)
    ours, theirs = LOSSES["f-jensen-shannon"], LOSSES["minimax"]
    moved = theirs.discriminator(real, fake) - ours.discriminator(real, fake)
    assert float(moved) == pytest.approx(log(4), abs=1e-14)
    moved = theirs.generator(real, fake) - ours.generator(real, fake)
    assert float(moved) == pytest.approx(-log(2), abs=1e-14)


def test_relativistic_against_a_point_is_non_saturating() -> None:
    """On the Dirac game, data at 0 and s = ψx, the real logit is 0 (theory of the Dirac-GAN)."""
    zero = torch.zeros(20, dtype=torch.float64)
    fake = torch.randn(20, dtype=torch.float64, requires_grad=True)
    ours, theirs = LOSSES["relativistic"], LOSSES["non-saturating"]
    for mine, their in (
        (ours.discriminator, theirs.discriminator),
        (ours.generator, theirs.generator),
    ):
        got = torch.autograd.grad(mine(zero, fake), fake)[0]
        torch.testing.assert_close(got, torch.autograd.grad(their(zero, fake), fake)[0])


def test_the_equal_players_values() -> None:
    zero = torch.zeros(4, dtype=torch.float64)
    assert float(LOSSES["minimax"].discriminator(zero, zero)) == pytest.approx(
        2 * log(2), abs=1e-15
    )
    assert float(LOSSES["minimax"].generator(zero, zero)) == pytest.approx(-log(2), abs=1e-15)
