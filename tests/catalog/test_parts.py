"""Optimisers against torch.optim; the other small records by their own words."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
import pytest
import torch

from ganviz.catalog.latents import LATENTS
from ganviz.catalog.measures import MEASURES
from ganviz.catalog.networks import ACTIVATIONS, DISCRIMINATORS, GENERATORS, INITS, Plan
from ganviz.catalog.optimizers import OPTIMIZERS, Hyper
from ganviz.catalog.schedules import SCHEDULES, D, G
from ganviz.catalog.targets import TARGETS, Shape
from ganviz.schema import ParamError

THEIRS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.03),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.03, momentum=0.7),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.03, alpha=0.95),
    "adam": lambda p: torch.optim.Adam(p, lr=0.03, betas=(0.5, 0.9)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimiser_is_torchs(name: str) -> None:
    torch.manual_seed(1)
    matrix = torch.randn(7, 7, dtype=torch.float64)
    ours = torch.randn(7, dtype=torch.float64)
    theirs = ours.clone().requires_grad_()
    optimizer = THEIRS[name]([theirs])
    moments = tuple(torch.zeros_like(ours) for _ in OPTIMIZERS[name].moments)
    hyper = Hyper(momentum=0.7, beta1=0.5, beta2=0.9, rho=0.95)
    for t in range(1, 51):
        OPTIMIZERS[name].update(ours, matrix @ ours, moments, t, 0.03, hyper)
        theirs.grad = matrix @ theirs.detach()
        optimizer.step()
    np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), rtol=1e-9)


@pytest.mark.parametrize("name", INITS)
def test_init_has_its_stated_scale(name: str) -> None:
    rng = np.random.default_rng(0)
    weight, bias = INITS[name].layer(rng, 300, 200, False)
    last, _ = INITS[name].layer(rng, 300, 200, True)
    expected = {
        "he": (sqrt(2 / 200), sqrt(1 / 200)),
        "torch": (1 / sqrt(3 * 200),) * 2,
        "xavier": (sqrt(2 / 500),) * 2,
        "orthogonal": (1 / sqrt(300),) * 2,
    }[name]
    assert weight.shape == (300, 200)
    assert weight.std() == pytest.approx(expected[0], rel=0.02)
    assert last.std() == pytest.approx(expected[1], rel=0.02)
    assert (bias.std() > 0) == (name == "torch")
    if name == "orthogonal":
        np.testing.assert_allclose(weight.T @ weight, np.eye(200), atol=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_mlp_is_torchs_sequential(name: str) -> None:
    modules = {
        "relu": torch.nn.ReLU(),
        "leaky-relu": torch.nn.LeakyReLU(0.2),
        "tanh": torch.nn.Tanh(),
        "sigmoid": torch.nn.Sigmoid(),
        "softplus": torch.nn.Softplus(),
        "elu": torch.nn.ELU(),
        "silu": torch.nn.SiLU(),
    }
    network = GENERATORS["mlp"].build(Plan(3, 2, (5, 4), name, "torch"))
    assert network.size == 3 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2
    values = [torch.from_numpy(v) for v in network.first(np.random.default_rng(1))]
    act = modules[name]
    theirs = torch.nn.Sequential(
        torch.nn.Linear(3, 5), act, torch.nn.Linear(5, 4), act, torch.nn.Linear(4, 2)
    ).double()
    with torch.no_grad():
        for mine, their in zip(values, theirs.parameters(), strict=True):
            their.copy_(mine)
    x = torch.randn(9, 3, dtype=torch.float64)
    torch.testing.assert_close(network.apply(values, x), theirs(x))


def test_toys_compute_what_they_say() -> None:
    z = torch.tensor([[1.0], [2.0]])
    t = torch.tensor
    made = {
        "shift": (GENERATORS["shift"], (t([0.5]),), [[1.5], [2.5]]),
        "point": (GENERATORS["point"], (t([0.5]),), [[0.5], [0.5]]),
        "affine": (GENERATORS["affine"], (t([[3.0]]), t([1.0])), [[4.0], [7.0]]),
        "linear": (DISCRIMINATORS["linear"], (t([[3.0]]),), [[3.0], [6.0]]),
        "tilted": (DISCRIMINATORS["affine"], (t([[3.0]]), t([1.0])), [[4.0], [7.0]]),
    }
    for kind, parameters, expected in made.values():
        network = kind.build(Plan(1, 1))
        assert network.shapes == tuple(tuple(p.shape) for p in parameters)
        assert network.apply(parameters, z).tolist() == expected


def test_starts() -> None:
    rng = np.random.default_rng(0)
    assert GENERATORS["shift"].build(Plan(2, 2, start=1.5)).first(rng)[0].tolist() == [1.5, 1.5]
    assert GENERATORS["mlp"].build(Plan(1, 2, (4,), start=(3.0, 4.0))).first(rng)[-1].tolist() == [
        3,
        4,
    ]
    a, b = GENERATORS["affine"].build(Plan(2, 1, start=(1.0, 2.0, 3.0))).first(rng)
    assert (a.tolist(), b.tolist()) == ([[1, 2]], [3])
    psi, bias = DISCRIMINATORS["affine"].build(Plan(1, 1, start=(2.0, 5.0))).first(rng)
    assert (psi.tolist(), bias.tolist()) == ([[2]], [5])
    with pytest.raises(
        ParamError, match=r"generator\.start = \[1, 2\]: must be one number, or a list of 3"
    ):
        GENERATORS["point"].build(Plan(1, 3, start=(1.0, 2.0)))
    with pytest.raises(ParamError, match=r"latent\.dim = 2: generator\.kind = shift adds"):
        GENERATORS["shift"].build(Plan(2, 1))


@pytest.mark.parametrize("name", LATENTS)
def test_latent_probe_stands_for_the_sampler(name: str) -> None:
    latent = LATENTS[name]
    z = latent.sample(np.random.default_rng(1), (40_000, 1))[:, 0]
    probe = latent.probe(np.random.default_rng(2), 64, 1)[:, 0]
    assert probe.mean() == pytest.approx(0, abs=1e-12)
    assert probe.std() == pytest.approx(z.std(), rel=0.03)
    assert latent.probe(np.random.default_rng(2), 64, 7).shape == (64, 7)


def test_schedules_move_whom_they_say() -> None:
    def said(name: str, k: int) -> list[tuple[tuple[str, ...], int, int]]:
        return [(p.players, p.data, p.noise) for p in SCHEDULES[name].phases(k)]

    assert said("goodfellow", 2) == [(D, 0, 0), (D, 1, 1), (G, 1, 2)]
    assert said("generator-first", 2) == [(G, 0, 2), (D, 0, 0), (D, 1, 1)]
    assert said("simultaneous", 1) == said("toronto", 1) == [((*D, *G), 0, 0)]
    assert said("toronto", 3) == [(D, 0, 0), (D, 0, 0), ((*D, *G), 0, 0)]


def test_measures_are_calibrated_on_true_data() -> None:
    """True ring data: all modes, 1 − exp(−4.5) good; in 1-D, W1 of two true samples is small."""
    ring = TARGETS["ring"].build(Shape(modes=8, scale=2.0, sigma=0.05))
    real = ring.sample(np.random.default_rng(1), 50_000)
    assert MEASURES["modes"].of(real, real, ring) == 8
    assert MEASURES["hq"].of(real, real, ring) == pytest.approx(1 - exp(-4.5), abs=0.003)
    one = np.repeat(ring.centres[:1], 100, 0)
    assert MEASURES["modes"].of(one, real, ring) == 1
    stray = np.concatenate([one, ring.centres[1:2]])
    assert MEASURES["modes"].of(stray, real, ring) == 1, "a stray sample covers no mode"
    normal = TARGETS["normal"].build(Shape())
    a = normal.sample(np.random.default_rng(2), 20_000)
    assert MEASURES["w1"].of(a + 0.7, a, normal) == pytest.approx(0.7)
    assert not MEASURES["w1"].applies(ring)
    assert not MEASURES["modes"].applies(normal)
