"""The toy games against their closed-form iterations, through the engine that users run."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from ganviz.catalog.schedules import SCHEDULES
from ganviz.engine import Engine
from ganviz.settings import Settings

DIRAC = {
    "data.target": "point",
    "generator.kind": "point",
    "discriminator.kind": "linear",
    "train.dtype": "float64",
    "train.batch": 4,
    "optim.kind_g": "sgd",
    "optim.kind_d": "sgd",
}


def sigma(t: float) -> float:
    return 1 / (1 + np.exp(-t))


#: (d L_D / d ψ, d L_G / d θ) of the game with data at 0, G(z) = θ and s(x) = ψ x.
FIELDS = {
    "minimax": (lambda t, p: t * sigma(p * t), lambda t, p: -p * sigma(p * t)),
    "non-saturating": (lambda t, p: t * sigma(p * t), lambda t, p: -p * sigma(-p * t)),
    "wasserstein": (lambda t, p: t, lambda t, p: -p),
}


def iterate(loss: str, schedule: str, k: int, h_d: float, h_g: float, steps: int) -> np.ndarray:
    """The iteration written out once more, from the papers, without phases or tensors."""
    d, g = FIELDS[loss]
    t, p = 1.0, -1.0
    path = []
    for _ in range(steps):
        if schedule == "goodfellow":
            for _ in range(k):
                p -= h_d * d(t, p)
            t -= h_g * g(t, p)
        elif schedule == "generator-first":
            t -= h_g * g(t, p)
            for _ in range(k):
                p -= h_d * d(t, p)
        elif schedule == "simultaneous":
            t, p = t - h_g * g(t, p), p - h_d * d(t, p)
        elif schedule == "toronto":
            for _ in range(k - 1):
                p -= h_d * d(t, p)
            slope = g(t, p)
            p -= h_d * d(t, p)
            t -= h_g * slope
        elif schedule == "extragradient":
            t_, p_ = t - h_g * g(t, p), p - h_d * d(t, p)
            t, p = t - h_g * g(t_, p_), p - h_d * d(t_, p_)
        elif schedule == "competitive":
            # Mixed derivatives of L_G and L_D by finite differences, then eq. 4 in numbers.
            e = 1e-6
            mixed_g = (g(t, p + e) - g(t, p - e)) / (2 * e)
            mixed_d = (d(t + e, p) - d(t - e, p)) / (2 * e)
            whole = 1 - h_g * h_d * mixed_g * mixed_d
            move = -h_g * (g(t, p) - h_d * mixed_g * d(t, p)) / whole
            t, p = t + move, p - h_d * (d(t, p) + mixed_d * move)
        path.append((t, p))
    return np.array(path)


@pytest.mark.parametrize("loss", FIELDS)
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("k", [1, 3])
def test_dirac_gan_follows_its_closed_form(loss: str, schedule: str, k: int) -> None:
    if SCHEDULES[schedule].k_max == 1 and k > 1:
        return
    engine = Engine(
        Settings.of(
            DIRAC
            | {
                "loss.kind": loss,
                "train.schedule": schedule,
                "train.k": k,
                "generator.start": 1.0,
                "discriminator.start": -1.0,
                "optim.lr_d": 0.05,
                "optim.lr_g": 0.1,
            }
        )
    )
    engine.step(100)
    path = np.stack([engine.trace.column("theta"), engine.trace.column("psi")], 1)
    np.testing.assert_allclose(path, iterate(loss, schedule, k, 0.05, 0.1, 100), atol=1e-8, rtol=0)


def one_step_map(schedule: str, k: int, eta: float) -> np.ndarray:
    """The matrix of one step of the bilinear game V = −ψ θ, found by stepping from unit vectors."""
    columns = []
    for theta, psi in ((1.0, 0.0), (0.0, 1.0)):
        engine = Engine(
            Settings.of(
                DIRAC
                | {
                    "loss.kind": "wasserstein",
                    "train.schedule": schedule,
                    "train.k": k,
                    "generator.start": theta,
                    "discriminator.start": psi,
                    "optim.lr_d": eta,
                    "optim.lr_g": eta,
                }
            )
        )
        engine.step()
        columns.append([engine.weights("generator")[0], engine.weights("discriminator")[0]])
    return np.array(columns).T


@pytest.mark.parametrize("eta", [0.1, 0.5])
@pytest.mark.parametrize("k", [1, 2, 5])
def test_bilinear_determinants(k: int, eta: float) -> None:
    toronto = one_step_map("toronto", k, eta)
    assert np.linalg.det(toronto) == pytest.approx(1 + eta**2, abs=1e-12)
    assert np.trace(toronto) == pytest.approx(2 - (k - 1) * eta**2, abs=1e-12)
    goodfellow = one_step_map("goodfellow", k, eta)
    assert np.linalg.det(goodfellow) == pytest.approx(1, abs=1e-12)
    first = one_step_map("generator-first", k, eta)
    assert np.linalg.det(first) == pytest.approx(1, abs=1e-12)
    if k == 1:
        simultaneous = one_step_map("simultaneous", 1, eta)
        assert np.linalg.det(simultaneous) == pytest.approx(1 + eta**2, abs=1e-12)


def test_alternating_invariants() -> None:
    """x² + y² ∓ ηxy is conserved; the sign depends on who moves first."""
    eta = 0.1
    for schedule, sign in (("goodfellow", 1), ("generator-first", -1)):
        engine = Engine(
            Settings.of(
                DIRAC
                | {
                    "loss.kind": "wasserstein",
                    "train.schedule": schedule,
                    "generator.start": 1.0,
                    "discriminator.start": 0.3,
                    "optim.lr_d": eta,
                    "optim.lr_g": eta,
                }
            )
        )
        engine.step(200)
        t, p = engine.trace.column("theta"), engine.trace.column("psi")
        kept = t**2 + p**2 - sign * eta * t * p
        assert kept.std() < 1e-12


def test_toronto_with_one_d_step_is_simultaneous_bit_for_bit() -> None:
    runs = []
    for schedule in ("toronto", "simultaneous"):
        engine = Engine(Settings.of({"train.schedule": schedule, "train.batch": 32}))
        engine.step(50)
        runs.append((engine.weights("generator"), engine.weights("discriminator")))
    for a, b in zip(*runs, strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_silent_discriminator(dtype: str) -> None:
    """With D's last layer zeroed: loss 2·log 2, and no gradient for the generator at all."""
    engine = Engine(Settings.of({"data.target": "ring", "latent.dim": 2, "train.dtype": dtype}))
    flat = engine.weights("discriminator")
    flat[-33:] = 0  # 32 weights and one bias
    engine.set_weights("discriminator", flat)
    assert np.abs(engine.gradient("generator")).max() == 0.0
    engine.change({"train.freeze": "discriminator"})
    before = engine.weights("generator")
    engine.step()
    assert engine.trace.column("loss_d")[-1] == pytest.approx(2 * log(2), abs=2e-7)
    assert engine.trace.column("value")[-1] == pytest.approx(-log(4), abs=2e-7)
    assert engine.trace.column("grad_g")[-1] == 0.0
    assert engine.weights("generator").tobytes() == before.tobytes()


def test_limit_cycle_of_the_non_saturating_dirac_gan() -> None:
    """Simultaneous steps of size h end on a circle of radius √(2h) (theory: rms θ = rms ψ = √h)."""
    h = 0.1
    engine = Engine(
        Settings.of(
            DIRAC
            | {
                "train.schedule": "simultaneous",
                "train.measure_every": 1000,
                "generator.start": 1.0,
                "discriminator.start": -1.0,
                "optim.lr_d": h,
                "optim.lr_g": h,
            }
        )
    )
    engine.step(3000)
    for column in ("theta", "psi"):
        rms = np.sqrt((engine.trace.column(column)[-1000:] ** 2).mean())
        assert rms == pytest.approx(np.sqrt(h), rel=0.01)


def test_gradients_agree_with_central_differences() -> None:
    """Goodfellow's two gradients, on 20 random weights of each player."""
    engine = Engine(
        Settings.of(
            {"train.dtype": "float64", "generator.hidden": [8], "discriminator.hidden": [8]}
        )
    )
    rng = np.random.default_rng(0)
    z, x = rng.standard_normal((64, 1)), rng.standard_normal((64, 1)) * 2
    for player, loss in (("discriminator", None), ("generator", "minimax"), ("generator", None)):
        grad = engine.gradient(player, loss, z=z, x=x)
        flat = engine.weights(player)

        def value(weights: np.ndarray, player: str = player, loss: str | None = loss) -> float:
            engine.set_weights(player, weights)
            r, f = engine.logit(x), engine.logit(engine.push(z))
            if player == "discriminator":
                return np.logaddexp(0, -r).mean() + np.logaddexp(0, f).mean()
            if loss == "minimax":
                return -np.logaddexp(0, f).mean()
            return np.logaddexp(0, -f).mean()

        for index in rng.choice(len(flat), 20, replace=False):
            nudge = np.zeros_like(flat)
            nudge[index] = 1e-6
            slope = (value(flat + nudge) - value(flat - nudge)) / 2e-6
            assert grad[index] == pytest.approx(slope, rel=1e-5, abs=1e-8)
        engine.set_weights(player, flat)


def test_minimax_and_non_saturating_gradients_sum_to_wassersteins() -> None:
    engine = Engine(Settings.of({"data.target": "ring", "latent.dim": 3}))
    both = engine.gradient("generator", "minimax") + engine.gradient("generator", "non-saturating")
    wasserstein = engine.gradient("generator", "wasserstein")
    assert np.linalg.norm(both - wasserstein) < 1e-5 * np.linalg.norm(wasserstein)
