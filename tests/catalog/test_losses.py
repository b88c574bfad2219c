"""Losses against closed forms and autograd."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
import torch

from ganviz.catalog.losses import LOSSES, softplus

by_name = pytest.mark.parametrize("name", LOSSES)


def sigma(t: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-t))


#: d/ds of each term at a single logit: (real in L_D, fake in L_D, fake in L_G), by hand.
SLOPES = {
    "minimax": (lambda r: -sigma(-r), sigma, lambda f: -sigma(f)),
    "non-saturating": (lambda r: -sigma(-r), sigma, lambda f: -sigma(-f)),
    "least-squares": (lambda r: r - 1, lambda f: f, lambda f: f - 1),
    "wasserstein": (lambda r: -np.ones_like(r), np.ones_like, lambda f: -np.ones_like(f)),
    "hinge": (lambda r: -1.0 * (r < 1.0), lambda f: (f > -1.0) * 1.0, lambda f: -np.ones_like(f)),
}


@by_name
def test_slopes_agree_with_autograd(name: str) -> None:
    loss = LOSSES[name]
    s = torch.linspace(-6.05, 6.03, 40, dtype=torch.float64)
    real, fake = s.clone().requires_grad_(), s.flip(0).clone().requires_grad_()
    in_d = torch.autograd.grad(loss.discriminator(real, fake), (real, fake))
    (in_g,) = torch.autograd.grad(loss.generator(real.detach(), fake), (fake,))
    for got, slope, at in zip((*in_d, in_g), SLOPES[name], (real, fake, fake), strict=True):
        expected = slope(at.detach().numpy()) / 40
        np.testing.assert_allclose(got.numpy(), expected, atol=1e-15)


@by_name
def test_batches_come_last(name: str) -> None:
    loss = LOSSES[name]
    real, fake = torch.randn(3, 5), torch.randn(3, 5)
    together = loss.discriminator(real, fake)
    assert together.shape == (3,)
    torch.testing.assert_close(together[1], loss.discriminator(real[1], fake[1]))


@by_name
def test_references_hold_at_the_equilibrium(name: str) -> None:
    """At p_g = p with the best D, every reference line is the value of its curve."""
    loss = LOSSES[name]
    log_p = np.log([0.3])
    best = 0.0 if loss.optimum is None else float(loss.optimum(log_p, log_p)[0])
    s = torch.tensor([best], dtype=torch.float64)
    at = {"loss_d": loss.discriminator(s, s), "loss_g": loss.generator(s, s)}
    at["value"] = -at["loss_d"]
    for column, value, _ in loss.references:
        assert float(at[column]) == pytest.approx(value, abs=1e-12)


@by_name
def test_optimum_minimises_the_discriminator_loss(name: str) -> None:
    """Pointwise: p·a(s) + q·b(s) is least at s*(log p, log q)."""
    loss = LOSSES[name]
    if loss.optimum is None:
        return
    p, q = 0.7, 0.2
    best = float(loss.optimum(np.log([p]), np.log([q]))[0])
    s = torch.linspace(-3, 3, 6001, dtype=torch.float64)[:, None]
    zero = torch.zeros_like(s)
    # L_D is a sum of a term in r and a term in f; constants do not move the minimum.
    total = p * loss.discriminator(s, zero) + q * loss.discriminator(zero, s)
    assert float(s[total.argmin()]) == pytest.approx(best, abs=2e-3) or name == "hinge"
    if name == "hinge":
        at_best = p * max(0, 1 - best) + q * max(0, 1 + best)
        assert at_best == pytest.approx(min(p * 2, q * 2))


def test_far_logits_keep_their_slope() -> None:
    """log(σ(s) + ε) dies below s = −18; the softplus form does not."""
    f = torch.tensor([-30.0], requires_grad=True)
    (slope,) = torch.autograd.grad(LOSSES["non-saturating"].generator(f, f), f)
    assert float(slope) == pytest.approx(-1.0)
    t = torch.tensor([-50.0, 0.0, 25.0, 39.0, 41.0, 500.0], dtype=torch.float64)
    np.testing.assert_allclose(softplus(t).numpy(), np.logaddexp(0, t.numpy()), rtol=1e-15)


def test_minimax_and_non_saturating_sum_to_wasserstein() -> None:
    f = torch.randn(100, dtype=torch.float64, requires_grad=True)
    grads = [
        torch.autograd.grad(LOSSES[name].generator(f, f), f)[0]
        for name in ("minimax", "non-saturating", "wasserstein")
    ]
    torch.testing.assert_close(grads[0] + grads[1], grads[2], atol=1e-15, rtol=0)


def test_the_equal_players_values() -> None:
    zero = torch.zeros(4, dtype=torch.float64)
    assert float(LOSSES["minimax"].discriminator(zero, zero)) == pytest.approx(
        2 * log(2), abs=1e-15
    )
    assert float(LOSSES["minimax"].generator(zero, zero)) == pytest.approx(-log(2), abs=1e-15)
