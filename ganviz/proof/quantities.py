"""How what can be measured of a run besides the columns of its trace is found.

Each entry is computed from the engine, from samples of it, or from theory; none is written down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from ganviz.catalog.formula import parse
from ganviz.catalog.games import GAMES
from ganviz.engine import Engine
from ganviz.engine.draws import rng
from ganviz.schema import ParamError
from ganviz.theory import normal, preimage, stability, transposed
from ganviz.theory.pushforward import PushForward, push_forward

FloatArray = npt.NDArray[np.float64]

#: Samples behind what is estimated.
SAMPLES = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Numbers at steps, (n,) each; NaN where nothing is known."""

    steps: FloatArray
    values: FloatArray

    def within(self, first: int, last: int) -> Series:
        """Return those from one step to another, both included."""
        counts = (self.steps >= first) & (self.steps <= last)
        return Series(self.steps[counts], self.values[counts])

    def known(self) -> tuple[FloatArray, FloatArray]:
        """Return steps and values without NaN."""
        there = ~np.isnan(self.values)
        return self.steps[there], self.values[there]


@dataclass(frozen=True, slots=True)
class Scene:
    """A run where it is looked at: the numbers that are given, and the steps that count."""

    engine: Engine
    at: tuple[float, ...]
    first: int
    last: int

    def columns(self, *names: str) -> tuple[FloatArray, ...]:
        """Return the steps that count and these columns there; raises ParamError."""
        trace = self.engine.trace.upto(self.last)
        for name in names:
            if name not in trace.columns:
                kind = self.engine.settings.game.kind
                games = " or ".join(k for k, game in GAMES.items() if name in game.columns)
                raise ParamError(f"game.kind = {kind}: must be {games}, whose trace has {name}")
        steps = np.arange(trace.start + 1, trace.last + 1, dtype=np.float64)
        counts = steps >= self.first
        return (steps[counts], *(np.asarray(trace.column(name))[counts] for name in names))

    @property
    def target(self) -> Any:
        """The data."""
        return self.engine.family.supply().target

    def real(self, n: int = SAMPLES) -> FloatArray:
        """Return real samples that training never sees, (n, dim)."""
        return np.asarray(self.target.sample(rng(0, "probe", 5), n))

    def fake(self, n: int = SAMPLES) -> FloatArray:
        """Return generated samples, (n, dim)."""
        return self.engine.sample(n).astype(np.float64)

    def belief(self, x: FloatArray) -> FloatArray:
        """Return σ(s(x)), (n,)."""
        return np.exp(-np.logaddexp(0, -self.engine.logit(x)))

    def push(self) -> PushForward:
        """Return p_g, of one latent coordinate into one dimension, or raise ParamError."""
        supply = self.engine.family.supply()
        if supply.target.dim != 1 or supply.latent_dim != 1:
            raise ParamError("p_g: must be of one latent coordinate into one dimension")
        kind = self.engine.settings.latent.kind
        return push_forward(lambda z: self.engine.push(z[:, None])[:, 0], kind)


# ---- the generator's distribution -------------------------------------------------------------


def _total(scene: Scene) -> float:
    found = scene.push()
    return float(found.mass.sum() + found.atoms.sum())


def _atom(scene: Scene) -> float:
    found = scene.push()
    near = np.abs(found.positions - scene.at[0]) < 1e-6
    return float(found.atoms[near].sum())


def _density(scene: Scene) -> float:
    x, width = scene.at
    return float(scene.push().density(np.array([x - width / 2, x + width / 2]))[0])


def _preimages(scene: Scene) -> float:
    """Count the sign changes of G(z) − x over [−6, 6]."""
    z = np.linspace(-6, 6, 200_001)
    above = scene.engine.push(z[:, None])[:, 0] > scene.at[0]
    return float((above[1:] != above[:-1]).sum())


def _folds(scene: Scene) -> float:
    """Count the turns of G over [−6, 6]."""
    z = np.linspace(-6, 6, 20_001)
    moves = np.diff(scene.engine.push(z[:, None])[:, 0])
    moves = moves[moves != 0]
    return float((np.sign(moves[1:]) != np.sign(moves[:-1])).sum())


def _ks(scene: Scene) -> float:
    """Return the greatest gap between the CDF of p_g and that of 200,000 samples."""
    x = np.sort(scene.fake(200_000)[:, 0])
    found = scene.push().cdf(x)
    n = len(x)
    ranks = np.arange(n + 1) / n
    return float(max((ranks[1:] - found).max(), (found - ranks[:-1]).max()))


def _ks_data(scene: Scene) -> float:
    """Return the greatest gap between the data's CDF and that of 20,000 generated samples."""
    x = np.sort(scene.fake()[:, 0])
    found = scene.target.cdf(x[:, None])
    ranks = np.arange(len(x) + 1) / len(x)
    return float(max((ranks[1:] - found).max(), (found - ranks[:-1]).max()))


def _parts(text: str) -> list[preimage.Part]:
    formula = parse(text, ("z",))

    def part(number: int) -> preimage.Part:
        return lambda z: np.asarray(formula.apply({"z": z})[number], dtype=np.float64)

    return [part(number) for number in range(formula.outputs)]


def _cdf(scene: Scene) -> float:
    settings = scene.engine.settings
    return preimage.cdf(_parts(settings.generator.formula), scene.at, settings.latent.kind)


def _lecture_cdf(scene: Scene) -> float:
    return preimage.cdf(_parts("[-z^2, exp(-z), z]"), scene.at)


def _likelihood(scene: Scene) -> float:
    """Return the mean of −log p_g over the data, cell by cell; infinite off its support."""
    x = np.sort(scene.real()[:, 0])
    low, high = scene.target.box[0]
    edges = np.linspace(low, high, 2001)
    density = scene.push().density(edges)
    at = np.clip(np.searchsorted(edges, x) - 1, 0, len(density) - 1)
    with np.errstate(divide="ignore"):
        return float(-np.log(density[at]).mean())


def _touched(scene: Scene) -> float:
    """Return the share of real samples in those cells of a width that G(z) touches."""
    width = scene.at[0]
    dim = scene.engine.family.supply().latent_dim
    z = np.linspace(-5, 5, 400_001)[:, None]
    if dim > 1:
        z = rng(0, "probe", 6).standard_normal((400_001, dim))
    touched = {tuple(cell) for cell in np.floor(scene.engine.push(z) / width).astype(int)}
    cells = np.floor(scene.real() / width).astype(int)
    return float(np.mean([tuple(cell) in touched for cell in cells]))


def _spread(scene: Scene) -> float:
    return float(scene.fake().std(0).mean())


def _centre(scene: Scene) -> float:
    return float(np.abs(scene.fake().mean(0)).max())


def _mean(scene: Scene) -> float:
    return float(scene.fake()[:, 0].mean())


def _hops(scene: Scene) -> float:
    """Count the arrivals of G's mean within a distance of another mode than the last it was at.

    Steps at which the mean is not known (NaN) are none of them.
    """
    target, kind = scene.target, scene.engine.settings.data.target
    if target.dim != 1 or len(target.centres) < 2:
        raise ParamError(
            f"hops of data.target = {kind}: must be of data in one dimension with several modes"
        )
    _, gap = scene.columns("mean_gap")
    means = gap[~np.isnan(gap)] + target.mean[0]
    far = np.abs(means[:, None] - target.centres[:, 0])
    there = far.argmin(1)[far.min(1) <= scene.at[0]]
    return float((there[1:] != there[:-1]).sum())


def _offset(scene: Scene) -> float:
    """Return how far the first number of G, such as θ of a shift, is from the data's mean."""
    return float(abs(scene.engine.weights("generator")[0] - scene.target.mean[0]))


# ---- what D believes --------------------------------------------------------------------------


def _unsure(scene: Scene) -> float:
    both = np.concatenate([scene.real(), scene.fake()])
    return float(np.abs(scene.belief(both) - 0.5).mean())


def _belief(scene: Scene) -> float:
    return float(scene.belief(np.array([scene.at]))[0])


def _highest(scene: Scene) -> float:
    return float(scene.belief(scene.real()).max())


def _value_identity(scene: Scene) -> float:
    known = scene.engine.measured
    return known["value_best"] - (-log(4) + 2 * known["jsd"])


def _jsd_seen(scene: Scene) -> float:
    """Return the JSD of what D sees, noise included, by its V* = −log 4 + 2 JSD."""
    return (scene.engine.measured["value_best"] + log(4)) / 2


def _labelled(scene: Scene) -> tuple[FloatArray, FloatArray]:
    """Return D(x) of ten real and ten generated samples, and their labels."""
    x = np.concatenate([scene.real(10), scene.fake(10)])
    return scene.belief(x), np.repeat([1.0, 0.0], 10)


def _log_loss(scene: Scene) -> float:
    belief, labels = _labelled(scene)
    return float(-np.where(labels == 1, np.log(belief), np.log1p(-belief)).mean())


def _likelihood_identity(scene: Scene) -> float:
    """Return exp(−n · log loss) over the product of the twenty likelihoods, less one."""
    belief, labels = _labelled(scene)
    product = float(np.prod(np.where(labels == 1, belief, 1 - belief)))
    return exp(-len(belief) * _log_loss(scene)) / product - 1


def _reversed(scene: Scene) -> float:
    """Return E log q^r(y | x) over generated samples plus L_NS, which is zero."""
    logits = scene.engine.logit(scene.fake())
    reverse = np.log(1 - (1 - np.exp(-np.logaddexp(0, -logits))))
    return float(reverse.mean() + np.logaddexp(0, -logits).mean())


def _memorised(scene: Scene) -> float:
    """Return how much surer D is of its own real points than of fresh ones.

    The fresh ones are of the standard normal, of which the lesson's points are a sample.
    """
    fresh = rng(0, "probe", 7).standard_normal((SAMPLES, scene.target.dim))
    return float(scene.belief(scene.target.centres).mean() - scene.belief(fresh).mean())


# ---- gradients --------------------------------------------------------------------------------


def _norm(player: str) -> Callable[[Scene], float]:
    return lambda scene: float(np.linalg.norm(scene.engine.gradient(player)))


def _losses_identity(scene: Scene) -> float:
    """Return ‖∇L_minimax + ∇L_non-saturating − ∇L_Wasserstein‖ / ‖∇L_Wasserstein‖."""
    e = scene.engine
    minimax, other, straight = (
        e.gradient("generator", loss=name) for name in ("minimax", "non-saturating", "wasserstein")
    )
    return float(np.linalg.norm(minimax + other - straight) / np.linalg.norm(straight))


def _slope(of: Callable[[Any], float]) -> Callable[[Scene], float]:
    """Return the slope of what is measured in G's start, by central differences."""

    def slope(scene: Scene) -> float:
        settings = scene.engine.settings
        start, step = float(np.asarray(settings.generator.start).flat[0]), 1e-3
        ends = [
            of(Engine(settings.with_({"generator.start": start + sign * step})).measured)
            for sign in (1, -1)
        ]
        return (ends[0] - ends[1]) / (2 * step)

    return slope


def _scaled(scene: Scene) -> float:
    """Return ‖∇L_G‖ with D's last layer scaled by a number."""
    copy = Engine.resume(scene.engine.moment())
    weights = copy.weights("discriminator")
    last = sum(int(np.prod(s)) for s in copy.family.players["discriminator"].network.shapes[-2:])
    weights[-last:] *= scene.at[0]
    copy.set_weights("discriminator", weights)
    return float(np.linalg.norm(copy.gradient("generator")))


# ---- samples ----------------------------------------------------------------------------------


def _without_d(scene: Scene) -> float:
    """Return how far samples move when D's weights are all zero."""
    copy = Engine.resume(scene.engine.moment())
    before = copy.sample(1000)
    copy.set_weights("discriminator", 0 * copy.weights("discriminator"))
    return float(np.abs(copy.sample(1000) - before).max())


def _nearest(scene: Scene) -> float:
    """Return the median distance of generated samples from the nearest real point."""
    fake, points = scene.fake(2000), scene.target.centres
    apart = np.linalg.norm(fake[:, None] - points[None], axis=-1)
    return float(np.median(apart.min(1)))


def _spacing(scene: Scene) -> float:
    """Return the median distance of a real point from the nearest other one."""
    points = scene.target.centres
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    return float(np.median(apart.min(1)))


def _finite(scene: Scene) -> float:
    """Return E W₁(P_n, N(0, 1)) · √n of n normal samples, over 4,000 draws."""
    n = int(scene.at[0])
    draws = np.sort(rng(0, "probe", 8).standard_normal((4000, n)), axis=1)
    grid = np.linspace(-6, 6, 1201)
    exact = normal.cdf(grid)
    gaps = [
        np.abs(np.searchsorted(each, grid, side="right") / n - exact).mean() * 12 for each in draws
    ]
    return float(np.mean(gaps) * sqrt(n))


def _between(
    scene: Scene, way: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
) -> float:
    dim = scene.engine.family.supply().latent_dim
    a, b = rng(0, "probe", 9).standard_normal((2, 200, dim))
    a, b = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (a, b))
    return float(np.linalg.norm(way(a, b, np.full((200, 1), 0.5)), axis=1).mean())


def _straight(a: FloatArray, b: FloatArray, t: FloatArray) -> FloatArray:
    return (1 - t) * a + t * b


def _great_circle(a: FloatArray, b: FloatArray, t: FloatArray) -> FloatArray:
    angle = np.arccos(np.clip((a * b).sum(1, keepdims=True), -1, 1))
    return np.asarray((np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle))


# ---- layers -----------------------------------------------------------------------------------


def _geometry(scene: Scene) -> transposed.Geometry:
    """Return that of a kernel, a stride and a padding, from 2 × 2."""
    return transposed.Geometry(*(int(number) for number in scene.at))


def _transposed_gap(scene: Scene) -> float:
    """Return how far the layer of torch, the matrix of stamps and Wᵀ x are apart, at most."""
    import torch

    g, draws = _geometry(scene), rng(0, "probe", 16)
    x, kernel = draws.standard_normal((2, 2)), draws.standard_normal((g.kernel, g.kernel))
    layer = torch.nn.functional.conv_transpose2d(
        torch.from_numpy(x)[None, None],
        torch.from_numpy(kernel)[None, None],
        stride=g.stride,
        padding=g.padding,
    )
    turned = transposed.convolution(kernel, g.out, g.stride, g.padding).T @ x.ravel()
    ways = (g.matrix(kernel) @ x.ravel(), turned, g.transposed(x, kernel).ravel())
    return float(max(np.abs(way - layer.numpy().ravel()).max() for way in ways))


def _overlap(scene: Scene) -> float:
    """Return how many stamps lie over the output's pixel with most of them."""
    return float((_geometry(scene).entries() >= 0).sum(1).max())


# ---- encoders and decoders --------------------------------------------------------------------


def _coder(scene: Scene) -> Any:
    """Return the game, which has an encoder and a decoder; else raise ParamError."""
    family: Any = scene.engine.family
    if family.coding is None:
        raise ParamError("the game has no encoder: game.kind must be vae or autoencoder")
    return family


def _rebuilt(scene: Scene) -> float:
    _coder(scene)
    return float(scene.engine.push(np.array([scene.at]))[0, 0])


def _moved(scene: Scene) -> float:
    _coder(scene)
    x = np.array([scene.at])
    return float(np.linalg.norm(scene.engine.push(x) - x))


def _denoiser_gap(scene: Scene) -> float:
    """Return the greatest |r(x) − E[clean | x]| from the least to the greatest centre."""
    family = _coder(scene)
    ends = scene.target.centres[:, 0]
    x = np.linspace(ends.min(), ends.max(), 121)[:, None]
    return float(np.abs(scene.engine.push(x) - family.denoiser(x)).max())


def _denoiser_slope(scene: Scene) -> float:
    """Return the slope of r over one standard deviation to either side, by least squares."""
    _coder(scene)
    x = scene.target.mean + np.linspace(-1, 1, 41)[:, None] * scene.target.std
    return float(np.polyfit(x[:, 0], scene.engine.push(x)[:, 0], 1)[0])


def _score_gap(scene: Scene) -> float:
    """Return rms |r(x) − x − s² ∇log p_s(x)| over rms |s² ∇log p_s(x)|, at 4,000 noisy points."""
    family = _coder(scene)
    clean = scene.real(4000)
    s = scene.engine.settings.encoder.noise
    x = clean + s * rng(0, "probe", 10).standard_normal(clean.shape)
    best = family.denoiser(x)
    missed = scene.engine.push(x) - best
    return float(np.sqrt((missed**2).sum() / ((best - x) ** 2).sum()))


def _threshold_gap(scene: Scene) -> float:
    """Return the greatest |h(x) − soft threshold| over two standard deviations to either side."""
    family = _coder(scene)
    x = scene.target.mean + np.linspace(-2, 2, 161)[:, None] * scene.target.std
    codes = family.codes(x, family.tensor(x))
    half = scene.engine.settings.encoder.sparsity / 2
    return float(np.abs(codes - np.sign(x) * np.maximum(np.abs(x) - half, 0)).max())


def _shrunk(scene: Scene) -> float:
    """Return the share of the data that lies within λ/2 of 0, and the quiet about it."""
    half = scene.engine.settings.encoder.sparsity / 2 + float(_coder(scene).quiet)
    return float((np.abs(scene.real()) <= half).mean())


def _directions(scene: Scene) -> float:
    """Return the mean angle of learnt directions to the nearest line through a mode, degrees."""
    _coder(scene)
    k = scene.engine.settings.latent.dim
    learnt = scene.engine.weights("generator")[: 2 * k].reshape(2, k)
    modes = scene.target.centres / np.linalg.norm(scene.target.centres, axis=1, keepdims=True)
    near = np.abs(modes @ (learnt / np.linalg.norm(learnt, axis=0))).max(0)
    return float(np.degrees(np.arccos(np.minimum(near, 1))).mean())


def _at_work(scene: Scene) -> float:
    """Return how many coordinates of the code exceed 0.1 in size, on average."""
    family = _coder(scene)
    real = scene.real(4000)
    return float((np.abs(family.codes(real, family.tensor(real))) > 0.1).sum(1).mean())


def _held_aside(scene: Scene) -> float:
    """Return how far holding a coordinate moves samples beside its direction, at most."""
    family = _coder(scene)
    seen = family.tensor(scene.real(1000))
    number, value = int(scene.at[0]) - 1, scene.at[1]
    moved = family.holding(seen, number, value) - family.images(seen)
    k = scene.engine.settings.latent.dim
    along = scene.engine.weights("generator")[: 2 * k].reshape(2, k)[:, number]
    along = along / np.linalg.norm(along)
    return float(np.abs(moved @ np.array([-along[1], along[0]])).max())


def _decoder_scale(scene: Scene) -> float:
    _coder(scene)
    return float(abs(scene.engine.weights("generator")[0]))


def _elbo_identity(scene: Scene) -> float:
    """Return the greatest |−ELBO − (−E log p(x|z) + KL)| of the steps that count."""
    _, loss, far, rate = scene.columns("loss", "reconstruction", "kl")
    return float(np.abs(loss - far - rate).max())


def _bound(scene: Scene) -> float:
    """Return the mean −ELBO of the steps that count less −E log p_g as it is now."""
    return float(scene.columns("loss")[1].mean() - scene.engine.measured["nll"])


def _least_rest(scene: Scene) -> float:
    """Return E ‖x − x̂‖² of the best line through the data: their least variance."""
    return float(np.linalg.eigvalsh(np.cov(scene.real().T)).min())


# ---- play -------------------------------------------------------------------------------------


def _radius(scene: Scene) -> Series:
    steps, theta, psi = scene.columns("theta", "psi")
    return Series(steps, np.hypot(theta - float(scene.target.mean[0]), psi))


def _period(scene: Scene) -> float:
    _, theta, psi = scene.columns("theta", "psi")
    return stability.measured_period(theta, psi, (float(scene.target.mean[0]), 0.0))


def _drawn(which: str) -> Callable[[Scene], float]:
    def drawn(scene: Scene) -> float:
        batches = getattr(scene.engine.draws.peek(), which)
        return float(np.prod(batches.shape[:2]) / scene.engine.settings.train.batch)

    return drawn


def _two_scales(scene: Scene) -> float:
    """Return |x| after 5,000 noise-free steps on min_x max_y (1 + x²)(100 − y²) from (.5, −.4).

    Heusel et al. 2017, the toy of the authors' notebook; the two numbers are the step sizes.
    """
    x, y = 0.5, -0.4
    for _ in range(5000):
        down, up = 2 * x * (100 - y * y), -2 * y * (1 + x * x)
        x, y = x - scene.at[0] * down, y + scene.at[1] * up
    return abs(x)


#: How each quantity is found; what it is stands in :mod:`ganviz.lesson.quantities`.
FOUND: dict[str, Callable[[Scene], Series | float]] = {
    "total_mass": _total,
    "atom": _atom,
    "density": _density,
    "preimages": _preimages,
    "folds": _folds,
    "ks": _ks,
    "ks_data": _ks_data,
    "cdf": _cdf,
    "lecture_cdf": _lecture_cdf,
    "nll_of_data": _likelihood,
    "touched": _touched,
    "width": _spread,
    "centre": _centre,
    "mean": _mean,
    "hops": _hops,
    "offset": _offset,
    "unsure": _unsure,
    "belief": _belief,
    "highest": _highest,
    "value_identity": _value_identity,
    "jsd_seen": _jsd_seen,
    "log_loss": _log_loss,
    "likelihood_identity": _likelihood_identity,
    "reversed": _reversed,
    "memorised": _memorised,
    "norm_g": _norm("generator"),
    "norm_d": _norm("discriminator"),
    "losses_identity": _losses_identity,
    "slope_minimax": _slope(lambda m: 2 * m["jsd"]),
    "slope_non_saturating": _slope(lambda m: m["kl_model"] - 2 * m["jsd"]),
    "norm_g_scaled": _scaled,
    "without_d": _without_d,
    "nearest": _nearest,
    "spacing": _spacing,
    "finite_w1": _finite,
    "straight_norm": lambda scene: _between(scene, _straight),
    "circle_norm": lambda scene: _between(scene, _great_circle),
    "transposed_out": lambda scene: float(_geometry(scene).out),
    "transposed_gap": _transposed_gap,
    "stamps": _overlap,
    "rebuilt": _rebuilt,
    "moved": _moved,
    "denoiser_gap": _denoiser_gap,
    "denoiser_slope": _denoiser_slope,
    "score_gap": _score_gap,
    "threshold_gap": _threshold_gap,
    "shrunk": _shrunk,
    "directions": _directions,
    "at_work": _at_work,
    "held_aside": _held_aside,
    "decoder_scale": _decoder_scale,
    "elbo_identity": _elbo_identity,
    "bound": _bound,
    "least_rest": _least_rest,
    "radius": _radius,
    "period": _period,
    "data_drawn": _drawn("data"),
    "noise_drawn": _drawn("noise"),
    "two_scales": _two_scales,
}
