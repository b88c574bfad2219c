"""Optimisers against torch.optim and the papers; the other small records by their own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import cos, exp, log, pi, sqrt

import numpy as np
import pytest
import torch
from torch import Tensor

from ganviz.catalog.latents import LATENTS
from ganviz.catalog.measures import MEASURES, Known
from ganviz.catalog.networks import (
    ACTIVATIONS,
    DISCRIMINATORS,
    GENERATORS,
    INITS,
    KERNEL_DIM,
    Network,
    Plan,
    closeness,
)
from ganviz.catalog.optimizers import DECAYS, OPTIMIZERS, Hyper
from ganviz.catalog.schedules import SCHEDULES, D, G
from ganviz.catalog.targets import TARGETS, Distribution, Shape
from ganviz.schema import ParamError
from ganviz.theory import coverage, distances
from ganviz.theory.floors import floor

THEIRS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.03),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.03, momentum=0.7),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.03, alpha=0.95),
    "adam": lambda p: torch.optim.Adam(p, lr=0.03, betas=(0.5, 0.9)),
}


HYPER = Hyper(momentum=0.7, beta1=0.5, beta2=0.9, rho=0.95)


def path(name: str, matrix: Tensor, start: Tensor, steps: int, lr: float = 0.03) -> list[Tensor]:
    """Our optimiser's way down the quadratic whose gradient is matrix · θ."""
    theta = start.clone()
    moments = tuple(torch.zeros_like(theta) for _ in OPTIMIZERS[name].moments)
    found = []
    for t in range(1, steps + 1):
        OPTIMIZERS[name].update(theta, matrix @ theta, moments, t, lr, HYPER)
        found.append(theta.clone())
    return found


@pytest.mark.parametrize("name", THEIRS)
def test_optimiser_is_torchs(name: str) -> None:
    torch.manual_seed(1)
    matrix = torch.randn(7, 7, dtype=torch.float64)
    start = torch.randn(7, dtype=torch.float64)
    theirs = start.clone().requires_grad_()
    optimizer = THEIRS[name]([theirs])
    for _ in range(50):
        theirs.grad = matrix @ theirs.detach()
        optimizer.step()
    ours = path(name, matrix, start, 50)[-1]
    np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), rtol=1e-9)


def optimistic(matrix: np.ndarray, theta: np.ndarray, steps: int, lr: float) -> list[np.ndarray]:
    """Daskalakis et al. 2018, eq. 3, from two gradients; the first step has only one: plain."""
    gradients, found = [], []
    for _ in range(steps):
        gradients.append(matrix @ theta)
        before = gradients[-2] if len(gradients) > 1 else gradients[-1]
        theta = theta - 2 * lr * gradients[-1] + lr * before
        found.append(theta)
    return found


def optimistic_adam(
    matrix: np.ndarray, theta: np.ndarray, steps: int, lr: float
) -> list[np.ndarray]:
    """Algorithm 1 there; both averages as sums over all gradients, straight from their meaning."""
    gradients, moves, found = [], [], []
    for t in range(1, steps + 1):
        gradients.append(matrix @ theta)
        g = np.array(gradients)
        mean, square = (
            ((1 - beta) * beta ** np.arange(t - 1, -1, -1)) @ power / (1 - beta**t)
            for beta, power in ((0.5, g), (0.9, g**2))
        )
        moves.append(mean / (np.sqrt(square) + 1e-8))
        theta = theta - lr * (2 * moves[-1] - (moves[-2] if t > 1 else moves[-1]))
        found.append(theta)
    return found


PAPERS = {"optimistic": optimistic, "optimistic-adam": optimistic_adam}


@pytest.mark.parametrize("name", PAPERS)
def test_optimiser_is_its_papers(name: str) -> None:
    torch.manual_seed(1)
    matrix = torch.randn(7, 7, dtype=torch.float64)
    start = torch.randn(7, dtype=torch.float64)
    ours = path(name, matrix, start, 50)
    theirs = PAPERS[name](matrix.numpy(), start.numpy(), 50, 0.03)
    np.testing.assert_allclose(torch.stack(ours).numpy(), theirs, rtol=1e-9, atol=1e-12)
    plain = {"optimistic": "sgd", "optimistic-adam": "adam"}[name]
    torch.testing.assert_close(ours[0], path(plain, matrix, start, 1)[0], rtol=1e-12, atol=0)


def test_every_optimiser_has_an_oracle() -> None:
    assert {*THEIRS, *PAPERS} == set(OPTIMIZERS)


@pytest.mark.parametrize(
    ("name", "factors"),
    [
        ("constant", {0.0: 1, 0.5: 1, 3.0: 1}),
        ("linear", {0.0: 1, 0.25: 0.75, 0.5: 0.5, 1.0: 0, 3.0: 0}),
        ("cosine", {0.0: 1, 0.25: (1 + cos(pi / 4)) / 2, 0.5: 0.5, 1.0: 0, 3.0: 0}),
        ("exponential", {0.0: 1, 0.5: 1 / sqrt(10), 1.0: 0.1, 3.0: 0.001}),
        ("inverse-root", {0.0: 1, 1.0: 1 / sqrt(2), 3.0: 0.5, 99.0: 0.1}),
    ],
)
def test_decay_has_its_factors(name: str, factors: dict[float, float]) -> None:
    for t, expected in factors.items():
        assert DECAYS[name].factor(t) == pytest.approx(expected, abs=1e-15)


def test_every_decay_falls_from_one_and_never_below_zero() -> None:
    for decay in DECAYS.values():
        falling = [decay.factor(t) for t in np.linspace(0, 5, 101)]
        assert falling[0] == 1
        assert min(falling) >= 0
        assert (np.diff(falling) <= 1e-15).all()


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
        "dictionary": (GENERATORS["dictionary"], (t([[3.0]]), t([1.0])), [[2.0], [3.0]]),
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
    a, b = GENERATORS["dictionary"].build(Plan(2, 1, start=(1.0, 2.0, 3.0))).first(rng)
    assert (a.tolist(), b.tolist()) == ([[1, 2]], [3])
    a, b = GENERATORS["dictionary"].build(Plan(2, 1, start=4.0)).first(rng)
    assert (a.shape, b.tolist()) == ((1, 2), [4])
    psi, bias = DISCRIMINATORS["affine"].build(Plan(1, 1, start=(2.0, 5.0))).first(rng)
    assert (psi.tolist(), bias.tolist()) == ([[2]], [5])
    with pytest.raises(
        ParamError, match=r"generator\.start = \[1, 2\]: must be one number, or a list of 3"
    ):
        GENERATORS["point"].build(Plan(1, 3, start=(1.0, 2.0)))
    with pytest.raises(ParamError, match=r"latent\.dim = 2: generator\.kind = shift adds"):
        GENERATORS["shift"].build(Plan(2, 1))


@pytest.mark.parametrize("activation", ["relu", "leaky-relu"])
def test_spectral_norm_makes_every_matrix_one(activation: str) -> None:
    """Against the singular values of numpy: s(x) is that of the divided matrices."""
    network = DISCRIMINATORS["mlp"].build(
        Plan(2, 1, (6, 5), activation, "xavier", path="discriminator", spectral=True)
    )
    values = network.first(np.random.default_rng(0))
    divided = [v / np.linalg.norm(v, 2) if v.ndim == 2 else v + 0.3 for v in values]
    given = [torch.from_numpy(v if v.ndim == 2 else v + 0.3) for v in values]
    assert [np.linalg.svd(v)[1].max() for v in divided if v.ndim == 2] == pytest.approx([1, 1, 1])
    x = np.random.default_rng(1).normal(0, 2, (500, 2))
    h = x
    for layer in range(2):
        h = h @ divided[2 * layer].T + divided[2 * layer + 1]
        h = np.where(h > 0, h, 0.2 * h if activation == "leaky-relu" else 0)
    expected = h @ divided[4].T + divided[5]
    points = torch.from_numpy(x).requires_grad_()
    found = network.apply(given, points)
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-9, atol=1e-12)
    (slope,) = torch.autograd.grad(found.sum(), points)
    assert torch.linalg.vector_norm(slope, dim=1).max() <= 1 + 1e-12


def test_spectral_norm_has_the_gradient_of_the_quotient() -> None:
    """d (W / σ(W)) by central differences, the singular vectors free to turn."""
    network = DISCRIMINATORS["mlp"].build(Plan(2, 1, (4,), "tanh", spectral=True))
    values = [torch.from_numpy(v) for v in network.first(np.random.default_rng(0))]
    values = [v.requires_grad_() for v in values]
    x = torch.from_numpy(np.random.default_rng(1).normal(0, 1, (7, 2)))
    assert torch.autograd.gradcheck(lambda *p: network.apply(p, x).sum(), values, eps=1e-6)


def test_spectral_norm_lets_through_what_is_not_finite() -> None:
    network = DISCRIMINATORS["mlp"].build(Plan(2, 1, (4,), spectral=True))
    values = [torch.from_numpy(v) for v in network.first(np.random.default_rng(0))]
    values[0][1, 0] = float("nan")
    assert not torch.isfinite(network.apply(values, torch.ones(3, 2).double())).any()


def test_minibatch_features_say_how_close_a_batch_is() -> None:
    generator = torch.Generator().manual_seed(0)
    kernel = torch.randn(5, 3 * KERNEL_DIM, generator=generator, dtype=torch.float64)
    one = torch.randn(1, 5, generator=generator, dtype=torch.float64)
    copies = one.expand(9, -1)
    # Some processors round the same product differently in the last rows of a matrix.
    torch.testing.assert_close(closeness(copies, copies, kernel), torch.ones(9, 3).double())
    apart = torch.arange(9.0).double()[:, None] * 1e4 * one
    torch.testing.assert_close(closeness(apart, apart, kernel), torch.full((9, 3), 1 / 9).double())
    half = torch.cat([copies[:4], copies[:4] + 1e5])
    torch.testing.assert_close(closeness(half, half, kernel), torch.full((8, 3), 0.5).double())


def test_minibatch_features_are_their_formula_however_they_are_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """o(xᵢ)_b = mean over j of exp(−‖M_ib − M_jb‖₁), M = f T (Salimans et al. 2016, §3.2)."""
    from ganviz.catalog import networks

    rng = np.random.default_rng(0)
    f, beside, kernel = rng.normal(size=(6, 5)), rng.normal(size=(4, 5)), rng.normal(size=(5, 12))
    m, n = (f @ kernel).reshape(6, 3, 4), (beside @ kernel).reshape(4, 3, 4)
    expected = [
        [np.mean([np.exp(-np.abs(m[i, b] - n[j, b]).sum()) for j in range(4)]) for b in range(3)]
        for i in range(6)
    ]
    tensors = [torch.from_numpy(array) for array in (f, beside, kernel)]
    for paired in (1, 100, 2**22):
        monkeypatch.setattr(networks, "PAIRED", paired)
        np.testing.assert_allclose(closeness(*tensors).numpy(), expected, rtol=1e-12)


def d_with(**own: int | bool) -> tuple[Network, list[Tensor]]:
    network = DISCRIMINATORS["mlp"].build(Plan(2, 1, (4,), "tanh", path="discriminator", **own))
    return network, [torch.from_numpy(v) for v in network.first(np.random.default_rng(0))]


def test_minibatch_deviation_is_one_number_for_the_batch() -> None:
    """The mean over features of their standard deviation over the batch (Karras et al. 2018)."""
    network, values = d_with(deviation=True)
    assert network.sees_batch
    assert network.shapes[2] == (1, 5)
    x = np.random.default_rng(1).normal(size=(11, 2))
    f = np.tanh(x @ values[0].numpy().T + values[1].numpy())
    spread = np.sqrt(f.var(0) + 1e-8).mean()
    expected = np.hstack([f, np.full((11, 1), spread)]) @ values[2].numpy().T + values[3].numpy()
    found = network.apply(values, torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    copies = network.apply(values, torch.from_numpy(x[:1].repeat(5, 0))).numpy()
    alone = f[:1] @ values[2].numpy()[:, :4].T + values[3].numpy()
    np.testing.assert_allclose(copies, np.repeat(alone, 5, 0), atol=2e-4)


def test_minibatch_features_stand_beside_the_others() -> None:
    network, values = d_with(kernels=3)
    assert network.shapes[2] == (1, 7)
    assert network.shapes[-1] == (4, 3 * KERNEL_DIM)
    x = torch.from_numpy(np.random.default_rng(1).normal(size=(11, 2)))
    f = torch.tanh(x @ values[0].T + values[1])
    whole = torch.cat([f, closeness(f, f, values[-1])], 1)
    torch.testing.assert_close(network.apply(values, x), whole @ values[2].T + values[3])


@pytest.mark.parametrize("name", LATENTS)
def test_latent_probe_stands_for_the_sampler(name: str) -> None:
    latent = LATENTS[name]
    z = latent.sample(np.random.default_rng(1), (40_000, 1))[:, 0]
    probe = latent.probe(np.random.default_rng(2), 64, 1)[:, 0]
    assert probe.mean() == pytest.approx(0, abs=1e-12)
    assert probe.std() == pytest.approx(z.std(), rel=0.03)
    assert latent.probe(np.random.default_rng(2), 64, 7).shape == (64, 7)


@pytest.mark.parametrize("dim", [2, 3, 16])
def test_spherical_latents_lie_evenly_on_the_sphere(dim: int) -> None:
    """Radius √dim; mean 0 and covariance I, as of the normal; the cap is by Archimedes in 3-D."""
    z = LATENTS["sphere"].sample(np.random.default_rng(1), (50, 1000, dim))
    assert z.shape == (50, 1000, dim)
    flat = z.reshape(-1, dim)
    np.testing.assert_allclose(np.linalg.norm(flat, axis=1), sqrt(dim), rtol=1e-12)
    np.testing.assert_allclose(flat.mean(0), 0, atol=0.02)
    np.testing.assert_allclose(flat.T @ flat / len(flat), np.eye(dim), atol=0.03)
    if dim == 3:  # the height on a sphere is uniform
        heights = np.sort(flat[:, 2]) / sqrt(3)
        even = np.linspace(-1, 1, len(heights))
        assert np.abs(heights - even).max() < 0.02


def test_a_code_is_one_hot_behind_the_noise_and_even() -> None:
    coded = LATENTS["normal"].coded(2, 5)
    z = coded.sample(np.random.default_rng(1), (4, 5000, 7))
    assert z.shape == (4, 5000, 7)
    assert set(np.unique(z[..., 2:])) == {0.0, 1.0}
    assert (z[..., 2:].sum(-1) == 1).all()
    np.testing.assert_allclose(z[..., 2:].mean((0, 1)), 0.2, atol=0.013)  # 4.5 standard errors
    assert z[..., :2].std() == pytest.approx(1, abs=0.02)
    assert LATENTS["normal"].coded(2, 0) is LATENTS["normal"]


def test_schedules_move_whom_they_say() -> None:
    def said(name: str, k: int) -> list[tuple[tuple[str, ...], int, int]]:
        return [(p.players, p.data, p.noise) for p in SCHEDULES[name].phases(k)]

    assert said("goodfellow", 2) == [(D, 0, 0), (D, 1, 1), (G, 1, 2)]
    assert said("generator-first", 2) == [(G, 0, 2), (D, 0, 0), (D, 1, 1)]
    assert said("simultaneous", 1) == said("toronto", 1) == [((*D, *G), 0, 0)]
    assert said("toronto", 3) == [(D, 0, 0), (D, 0, 0), ((*D, *G), 0, 0)]


@dataclass
class Seen:
    """A sight of so many generated and real samples, and of nothing else."""

    target: Distribution
    fake: np.ndarray
    real: np.ndarray
    known: Known | None = None
    norms: Mapping[tuple[str, str], float] = field(default_factory=dict)
    information: float = float("nan")

    @property
    def census(self) -> coverage.Census:
        return coverage.census(self.fake, self.target.centres, self.target.sigmas)

    @property
    def sliced_w(self) -> float:
        return distances.sliced_wasserstein(self.fake, self.real)

    @property
    def histogram_jsd(self) -> float:
        return distances.histogram_jsd(self.fake, self.real)


def of(name: str, target: Distribution, fake: np.ndarray, real: np.ndarray | None = None) -> float:
    return MEASURES[name].of(Seen(target, fake, fake if real is None else real))


def test_measures_are_calibrated_on_true_data() -> None:
    """True ring data: all modes, 1 − exp(−4.5) good, even; a collapsed one: log 8 from even."""
    ring = TARGETS["ring"].build(Shape(modes=8, scale=2.0, sigma=0.05))
    real = ring.sample(np.random.default_rng(1), 50_000)
    assert of("modes", ring, real) == 8
    assert of("hq", ring, real) == pytest.approx(1 - exp(-4.5), abs=0.003)
    assert of("rkl", ring, real) < 1e-3
    one = np.repeat(ring.centres[:1], 100, 0)
    assert of("modes", ring, one) == 1
    assert of("rkl", ring, one) == pytest.approx(log(8))
    stray = np.concatenate([one, ring.centres[1:2]])
    assert of("modes", ring, stray) == 1, "a stray sample covers no mode"
    shifted = real + np.array([0.3, 0.4])
    assert of("sliced_w", ring, shifted, real) == pytest.approx(2 * 0.5 / pi, rel=1e-3)
    assert of("energy", ring, shifted[:2000], real[:2000]) > 0.01
    normal = TARGETS["normal"].build(Shape())
    for name in ("modes", "hq", "rkl"):
        assert not MEASURES[name].applies(normal)
    assert not MEASURES["w1"].applies(ring)
    assert not MEASURES["sliced_w"].applies(normal)


def test_what_theory_says_is_handed_on_and_nothing_is_made_up() -> None:
    normal = TARGETS["normal"].build(Shape())
    x = normal.sample(np.random.default_rng(1), 10)
    known = Known(0.1, 0.2, 0.3, 0.4, 0.7, 0.5, 0.6, -1.2, -1.1, 0.05, 0.1, "exact", nll=1.4)
    norms = {("generator", "minimax"): 3.0, ("discriminator", "minimax"): 4.0}
    seen = Seen(normal, x, x, known, norms, 0.9)
    said = {name: MEASURES[name].of(seen) for name in MEASURES if MEASURES[name].applies(normal)}
    assert said == pytest.approx(
        {
            "jsd": 0.1, "kl_data": 0.2, "kl_model": 0.3, "tv": 0.4, "bayes": 0.7, "w1": 0.5,
            "w2": 0.6, "value_exact": -1.2, "value_best": -1.1, "d_gap": 0.05, "gain_d": 0.1,
            "information": 0.9, "nll": 1.4,
            "grad_g_minimax": 3.0, "grad_g_non_saturating": float("nan"), "grad_d_minimax": 4.0,
        },
        nan_ok=True,
    )  # fmt: skip
    nothing = Seen(normal, x, x)
    assert all(np.isnan(MEASURES[name].of(nothing)) for name in said)


#: (a target, its numbers) with modes that lie well apart.
CLUSTERS = [
    ("two-gaussians", Shape(scale=2.0, sigma=0.5)),
    ("three-gaussians", Shape(scale=2.0, sigma=0.3)),
    ("ring", Shape(modes=8, scale=2.0, sigma=0.05)),
    ("grid", Shape(modes=25, scale=1.0, sigma=0.05)),
    ("mixture", Shape(means=((-2.0, 0.0), (2.0, 1.0)), sigmas=(0.3, 0.1), sigma=0.5)),
]
SAMPLES = 2500


@pytest.mark.parametrize(("kind", "shape"), CLUSTERS, ids=lambda value: str(value)[:15])
@pytest.mark.parametrize("name", ["modes", "hq", "rkl"])
def test_floors_of_modes_hold_what_true_data_score(name: str, kind: str, shape: Shape) -> None:
    """The mean of 60 simulated perfect generators is the floor's, and 19 of 20 are in its band."""
    target = TARGETS[kind].build(shape)
    rng = np.random.default_rng(4)
    scores = np.array([of(name, target, target.sample(rng, SAMPLES)) for _ in range(60)])
    assert MEASURES[name].floor is not None
    band = MEASURES[name].floor(target, SAMPLES)
    assert band.low <= scores.mean() <= band.high
    assert scores.mean() == pytest.approx(band.mean, abs=5 * scores.std() / sqrt(60) + 2e-3 / 60)
    inside = (scores >= band.low - 1e-12) & (scores <= band.high + 1e-12)
    assert inside.mean() >= 0.85


@pytest.mark.parametrize(
    ("name", "kind"),
    [("jsd", "two-gaussians"), ("w1", "normal"), ("w1", "exponential"), ("jsd", "ring"),
     ("sliced_w", "ring"), ("sliced_w", "moons"), ("energy", "grid")],
)  # fmt: skip
def test_simulated_floors_hold_what_other_true_data_score(name: str, kind: str) -> None:
    """The band of one set of draws against a measure taken of fresh ones."""
    entry = TARGETS[kind]
    numbers = {key: value for key, value in entry.uses.items() if value is not None}
    target, n = entry.build(Shape(**numbers)), 500
    measure = MEASURES[name]
    assert measure.two_sample is not None
    assert measure.applies(target)
    band = floor(measure.two_sample, target.sample, n, 20)
    rng = np.random.default_rng(9)
    scores = [measure.two_sample(target.sample(rng, n), target.sample(rng, n)) for _ in range(20)]
    assert band.low <= np.mean(scores) <= band.high
    assert np.mean(scores) == pytest.approx(band.mean, abs=5 * np.std(scores) * sqrt(2 / 20))
    assert band.mean > 0, "two samples of one distribution differ"


def test_every_measure_has_a_floor_or_says_why_not() -> None:
    """A gradient, a value, what a code tells, which mode leads: nothing is perfect there.

    What is perfect of a likelihood is the entropy of the data, which is drawn as a line.
    """
    without = {
        name
        for name, measure in MEASURES.items()
        if measure.floor is None and measure.two_sample is None
    }
    assert without == {
        "value_best", "value_exact", "information", "top_mode", "nll",
        "grad_g_minimax", "grad_g_non_saturating", "grad_d_minimax",
    }  # fmt: skip
    assert coverage.true_high_quality(2) == pytest.approx(0.98889, abs=1e-5)
