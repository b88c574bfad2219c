"""What theory knows of the present moment of a GAN: p_g, D*, divergences, V by quadrature.

How p_g is known depends on the game, the best way first:

- *closed*: a shift or an affine map of normal noise has a normal p_g;
- *push*: one latent coordinate into one data coordinate is pushed forward cell by cell;
- *lines*: more latent coordinates into one, averaged over lines: an estimate with a band;
- *samples*: whatever else; histograms of samples, whose bias the noise floor shows.
"""

from __future__ import annotations

from functools import cached_property
from math import ceil, inf, log, nan, pi, sqrt
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganviz.catalog.measures import Known
from ganviz.engine.ranges import round_up
from ganviz.frame import Model
from ganviz.theory import distances, divergences, normal
from ganviz.theory.pushforward import PushForward, blur, push_forward, push_forward_many

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan

FloatArray = npt.NDArray[np.float64]

#: Cells of the latent axis for a picture and for the measures; lines where there are more axes.
CELLS = {"picture": 1024, "measure": 2048}
LINES = 256
LINE_CELLS = 16
#: Bins of the line for the measures, over so many half widths of the data to either side.
BINS = 1024
REACH = 3.0
#: Nodes of the quadrature where both densities are known: on the line, and each way in the plane.
NODES = 3001
PLANE_NODES = 161
#: Seen through noise, bins need not be finer than this share of its sigma; and so many at most.
FINENESS = 1 / 64
NOISY_BINS = 8192
#: The noise beyond ±6 is cut off the latent axis, 2e-9 of its mass: where p has less than this in
#: all, it is not known that p_g has nothing.
CUT = 1e-8
#: D* is not drawn where p + p_g is smaller than this: nothing there asks for it.
LEAST = 1e-12


class Samples(Protocol):
    """Generated and real samples (n, dim), computed if they are asked for."""

    @property
    def fake(self) -> FloatArray:
        """Generated samples."""
        ...

    @property
    def real(self) -> FloatArray:
        """Real samples, as many."""
        ...


class Halves(NamedTuple):
    """Masses (or log densities with weights) of p and p_g at places x (n, dim), as D sees them."""

    x: FloatArray
    p: FloatArray
    q: FloatArray


def way(gan: Gan) -> str:
    """Return how p_g is known: ``closed``, ``push``, ``lines`` or ``samples``."""
    s = gan.settings
    plain = gan.codes == 0 and s.latent.kind in ("normal", "uniform")
    if s.generator.kind in ("shift", "affine") and s.latent.kind == "normal" and gan.codes == 0:
        return "closed" if gan.target.log_density is not None or gan.target.atoms else "samples"
    if gan.target.dim > 1 or not plain or gan.target.cdf is None:
        return "samples"
    return "push" if gan.latent_dim == 1 or s.generator.kind == "point" else "lines"


class Ground:
    """What is the same for all moments of one game: bins, and the data's own masses in them."""

    def __init__(self, gan: Gan) -> None:
        target = gan.target
        self.way = way(gan)
        self.seen: dict[object, FloatArray] = {}
        if target.dim > 1 or target.cdf is None:
            return
        (low, high), *_ = target.box
        middle, half = (low + high) / 2, (high - low) / 2
        self.edges = np.linspace(middle - REACH * half, middle + REACH * half, BINS + 1)
        self.width = float(self.edges[1] - self.edges[0])
        inner = (self.edges[1:] + self.edges[:-1]) / 2
        self.places = np.concatenate([self.edges[:1], inner, self.edges[-1:]])
        cdf = target.cdf(self.edges[:, None])
        masses = np.diff(np.concatenate([[0.0], cdf, [1.0]]))
        self.atoms = np.array(target.atoms, dtype=float).reshape(-1, 2)
        if len(self.atoms):
            masses = np.zeros_like(masses)
        elif target.log_density is not None:
            # Far out a difference of CDFs is rounding; the density there goes on.
            density = np.exp(target.log_density(inner[:, None])) * self.width
            masses[1:-1] = np.where(masses[1:-1] < 1e-9, density, masses[1:-1])
        self.p = masses

    def data_log_density(self, gan: Gan, x: FloatArray, key: object) -> FloatArray:
        """Return log p (n,) at places that come back, remembered by a key."""
        if key not in self.seen:
            if len(self.seen) > 8:
                self.seen.clear()
            assert gan.target.log_density is not None
            with np.errstate(divide="ignore"):
                self.seen[key] = gan.target.log_density(x)
        return self.seen[key]


class Present:
    """One moment. Nothing is computed before it is asked for, and nothing twice."""

    def __init__(self, gan: Gan, ground: Ground, cells: int) -> None:
        self.gan = gan
        self.ground = ground
        self.cells = cells
        self.sigma = gan.judge.sigma
        self._densities: dict[tuple[float, float, int], FloatArray] = {}

    # ---- p_g ----------------------------------------------------------------------------------

    @cached_property
    def push(self) -> PushForward | None:
        """p_g on the line; None if G's numbers are not finite."""
        gan, kind = self.gan, self.gan.settings.latent.kind

        def many(z: FloatArray) -> FloatArray:
            return gan.push(gan.tensor(z)).cpu().numpy().astype(np.float64)[:, 0]

        def one(z: FloatArray) -> FloatArray:
            padded = np.zeros((len(z), gan.latent_dim))
            padded[:, 0] = z
            return many(padded)

        try:
            if self.ground.way == "lines":
                return push_forward_many(many, kind, gan.latent_dim, LINES, LINE_CELLS)
            return push_forward(one, kind, self.cells)
        except ValueError:
            return None

    def _smooth(self, edges: FloatArray) -> FloatArray:
        """Return the mean density of p_g in each bin, point masses left out; once for each grid."""
        assert self.push is not None
        key = (float(edges[0]), float(edges[-1]), len(edges))
        if key not in self._densities:
            self._densities[key] = self.push.density(edges, atoms=False)
        return self._densities[key]

    @cached_property
    def normal(self) -> tuple[FloatArray, FloatArray]:
        """Mean (dim,) and covariance (dim, dim) of a closed p_g."""
        leaves = [leaf.detach().cpu().numpy().astype(np.float64) for leaf in self._leaves]
        if self.gan.settings.generator.kind == "shift":
            return leaves[0], np.eye(len(leaves[0]))
        return leaves[1], leaves[0] @ leaves[0].T

    @property
    def _leaves(self) -> list[Tensor]:
        return self.gan.players["generator"].leaves

    @cached_property
    def way(self) -> str:
        """How p_g is known now: a closed one that has lost a dimension is pushed forward."""
        if self.ground.way == "closed":
            values = np.linalg.eigvalsh(self.normal[1])
            if not np.isfinite(self.normal[0]).all() or values.min() < 1e-8:
                flat = self.gan.target.dim > 1 or self.gan.target.cdf is None
                return "samples" if flat or self.gan.latent_dim > 1 else "push"
        return self.ground.way

    def _model_log_density(self, x: FloatArray, sigma: float = 0.0) -> FloatArray:
        mean, covariance = self.normal
        covariance = covariance + sigma**2 * np.eye(len(mean))
        factor = np.linalg.cholesky(covariance)
        white = np.linalg.solve(factor, (x - mean).T)
        return np.asarray(
            -(white**2).sum(0) / 2 - np.log(np.diag(factor)).sum() - len(mean) / 2 * log(2 * pi)
        )

    def model(self, grid: tuple[FloatArray, ...]) -> Model | None:
        """Return p_g over the nodes of a grid, or None where no curve of it can be drawn."""
        if self.way == "closed":
            nodes = np.stack(np.meshgrid(*grid), -1).reshape(-1, len(grid))
            shape = tuple(len(axis) for axis in reversed(grid))
            return Model(np.exp(self._model_log_density(nodes)).reshape(shape), (), "exact")
        if self.way == "samples" or self.push is None:
            return None
        push = self.push
        atoms = tuple(zip(push.positions.tolist(), push.atoms.tolist(), strict=True))
        density = self._smooth(_cells(grid[0]))
        note = "exact" if push.note == "exact" else f"estimate, cdf ± {push.band:.2g}"
        return Model(density, atoms, note)

    # ---- D* -----------------------------------------------------------------------------------

    @property
    def best_known(self) -> bool:
        """Whether D* can be computed."""
        return self.gan.loss.optimum is not None and self.way != "samples"

    def best(self, grid: tuple[FloatArray, ...]) -> FloatArray | None:
        """Return what the best D would say over a grid, in the terms of the loss's belief.

        NaN where neither p nor p_g has any mass.
        """
        if not self.best_known:
            return None
        gan = self.gan
        shape = tuple(len(axis) for axis in reversed(grid))
        if self.way == "closed" and gan.target.mixture is not None:
            nodes = np.stack(np.meshgrid(*grid), -1).reshape(-1, len(grid))
            log_p = _mixture_log_density(nodes, *gan.target.mixture, self.sigma)
            log_q = self._model_log_density(nodes, self.sigma)
        elif gan.target.dim > 1:
            if self.sigma > 0 or gan.target.log_density is None:
                return None
            nodes = np.stack(np.meshgrid(*grid), -1).reshape(-1, len(grid))
            log_p = gan.target.log_density(nodes)
            log_q = self._model_log_density(nodes)
        else:
            halves = self._line_halves(_cells(grid[0]))
            if halves is None:
                return None
            with np.errstate(divide="ignore"):
                log_p, log_q = np.log(halves.p), np.log(halves.q)
            empty = halves.p + halves.q < LEAST
            log_p, log_q = np.where(empty, nan, log_p), np.where(empty, nan, log_q)
        return self._belief(self._answer(log_p, log_q)).reshape(shape)

    def _answer(self, log_p: FloatArray, log_q: FloatArray) -> FloatArray:
        """Return s* of the labels that D is given."""
        gan = self.gan
        if not gan.plain_labels:
            flips = gan.settings.loss.label_flips
            log_p, log_q = divergences.effective(
                log_p,
                log_q,
                divergences.flips(gan.labels[0], flips),
                divergences.flips(gan.labels[1], flips),
                gan.settings.data.prior,
            )
        assert gan.loss.optimum is not None
        with np.errstate(over="ignore", invalid="ignore"):
            return gan.loss.optimum(log_p, log_q)

    def _belief(self, logits: FloatArray) -> FloatArray:
        return self.gan.loss.belief.of(torch.from_numpy(np.asarray(logits))).numpy()

    def _line_halves(self, edges: FloatArray) -> Halves | None:
        """Return the masses of p and p_g in bins on the line, blurred by the instance noise.

        The point masses of either count with the bins only where noise spreads them.
        """
        gan = self.gan
        if gan.target.cdf is None:
            return None
        middles = (edges[1:] + edges[:-1]) / 2
        width = float(edges[1] - edges[0])
        if self.sigma > 0:
            # Room on either side, so that what the noise carries in is there to be carried.
            extra = int(np.ceil(4 * self.sigma / width)) + 1
            extra = min(extra, 4096)
            steps = width * np.arange(1, extra + 1)
            edges = np.concatenate([edges[0] - steps[::-1], edges, edges[-1] + steps])
        blurred = self.sigma > 0
        if blurred and gan.target.mixture is not None:
            weights, means, sigmas = gan.target.mixture
            spread = np.sqrt(sigmas**2 + self.sigma**2)
            p = np.diff(normal.cdf((edges[:, None] - means[:, 0]) / spread) @ weights)
        else:
            p = np.diff(gan.target.cdf(edges[:, None]))
            p = blur(p, width, self.sigma) if blurred else p
        if self.way == "closed":
            mean, variance = float(self.normal[0][0]), float(self.normal[1][0, 0])
            q = np.diff(normal.cdf((edges - mean) / sqrt(variance + self.sigma**2)))
        elif self.push is None:
            return None
        else:
            push = self.push
            q = self._smooth(edges) * np.diff(edges)
            if blurred:
                q = blur(q, width, self.sigma)
                if len(push.positions):
                    above = (edges[:, None] - push.positions) / self.sigma
                    q = q + np.diff(normal.cdf(above) @ push.atoms)
        if blurred:
            inside = slice(extra, extra + len(middles))
            p, q = p[inside], q[inside]
        return Halves(middles[:, None], p, q)

    # ---- numbers ------------------------------------------------------------------------------

    def known(self, samples: Samples) -> Known:
        """Return the divergences of p_g from p and the values of D and D*."""
        # Lines are good enough for a curve; their numbers would say less than the samples do.
        if self.way in ("samples", "lines") or (self.way == "push" and self.push is None):
            return self._from_samples(samples.fake, samples.real)
        if self.way == "closed" and not self.gan.target.atoms:
            return self._from_densities()
        return self._from_masses()

    def _from_samples(self, fake: FloatArray, real: FloatArray) -> Known:
        w1 = distances.sample_wasserstein_1(fake, real) if self.gan.target.dim == 1 else nan
        jsd = distances.histogram_jsd(fake, real) if np.isfinite(fake).all() else log(2)
        return Known(jsd, nan, nan, nan, nan, w1, nan, nan, nan, nan, "estimate")

    def _from_densities(self) -> Known:
        """Both densities are known: quadrature on an even grid that holds both."""
        gan, target = self.gan, self.gan.target
        mean, covariance = self.normal
        reach = 9 * np.sqrt(np.diag(covariance) + self.sigma**2)
        axes = []
        for axis, (low, high) in enumerate(target.box):
            half = (high - low) / 2
            step = round_up(half)
            # A normal component reaches 9 sigmas to carry its mass to rounding.
            low, high = low - 2 * half, high + 2 * half
            low, high = min(low, mean[axis] - reach[axis]), max(high, mean[axis] + reach[axis])
            low, high = step * np.floor(low / step), step * np.ceil(high / step)
            nodes = NODES if target.dim == 1 else PLANE_NODES
            axes.append(np.linspace(low, high, nodes))
        key = tuple((axis[0], axis[-1]) for axis in axes)
        x = np.stack(np.meshgrid(*axes), -1).reshape(-1, target.dim)
        weight = float(np.prod([axis[1] - axis[0] for axis in axes]))
        weights = np.full(len(x), weight)
        log_p = self.ground.data_log_density(gan, x, key)
        log_q = self._model_log_density(x)
        div = divergences.by_density(log_p, log_q, weights)
        w1 = w2 = nan
        if target.dim == 1 and target.cdf is not None and target.quantile is not None:
            sd = sqrt(float(covariance[0, 0]))
            cdf_q = normal.cdf((axes[0] - mean[0]) / sd)
            w1 = divergences.wasserstein_1(target.cdf(x), cdf_q, axes[0])
            w2 = self._w2(lambda u: mean[0] + sd * normal.quantile(u))
        if self.sigma > 0:
            if target.mixture is None:
                return self._finish(div, w1, w2, None)
            log_p = _mixture_log_density(x, *target.mixture, self.sigma)
            log_q = self._model_log_density(x, self.sigma)
        halves = Halves(x, np.exp(log_p) * weight, np.exp(log_q) * weight)
        return self._finish(div, w1, w2, halves)

    def _w2(self, quantile_q: object) -> float:
        """Return W₂, asked for only where it is measured: it is the dearest of all."""
        quantile_p = self.gan.target.quantile
        if not self.gan.settings.acting("measure.w2") or quantile_p is None:
            return nan
        assert callable(quantile_q)
        return divergences.wasserstein_2(quantile_p, quantile_q)

    def _from_masses(self) -> Known:
        """p_g is known cell by cell: masses in bins, the point masses of each side apart."""
        gan, ground = self.gan, self.ground
        target, edges = gan.target, ground.edges
        if self.way == "closed":
            mean, sd = float(self.normal[0][0]), sqrt(float(self.normal[1][0, 0]))
            cdf_q = normal.cdf((edges - mean) / sd)
            q = np.diff(np.concatenate([[0.0], cdf_q, [1.0]]))
            positions, atoms, note = np.empty(0), np.empty(0), "exact"
            between = mean + sd * np.linspace(-9, 9, 257)
        else:
            push = self.push
            assert push is not None
            positions, atoms, note = push.positions, push.atoms, push.note
            q = push.masses(edges)
            if len(atoms):
                q -= np.bincount(np.searchsorted(edges, positions), atoms, minlength=len(q))
                q = np.maximum(q, 0.0)
            between = np.concatenate([push.low, push.high])
        # A point mass meets another only at the very same place; a density gives it nothing.
        spots = np.union1d(ground.atoms[:, 0], positions)
        p_spots, q_spots = np.zeros(len(spots)), np.zeros(len(spots))
        p_spots[np.searchsorted(spots, ground.atoms[:, 0])] = ground.atoms[:, 1]
        np.add.at(q_spots, np.searchsorted(spots, positions), atoms)
        halves = Halves(
            np.concatenate([ground.places, spots])[:, None],
            np.concatenate([ground.p, p_spots]),
            np.concatenate([q, q_spots]),
        )
        missed = (halves.q == 0) & (halves.p > 0)
        if gan.settings.latent.kind == "normal" and halves.p[missed].sum() < CUT:
            div = divergences.by_mass(np.where(missed, 0.0, halves.p), halves.q)
        else:
            div = divergences.by_mass(halves.p, halves.q)
        # From node to node both CDFs are all but straight; point masses jump from one to the next.
        nodes = np.unique(np.concatenate([edges, between, spots, np.nextafter(spots, -inf)]))
        assert target.cdf is not None
        if self.way == "closed":
            cdf_nodes = normal.cdf((nodes - mean) / sd)
        else:
            assert self.push is not None
            cdf_nodes = self.push.cdf(nodes)
        w1 = divergences.wasserstein_1(target.cdf(nodes[:, None]), cdf_nodes, nodes)
        w2 = (
            self._w2(lambda u: mean + sd * normal.quantile(u))
            if self.push is None or self.way == "closed"
            else self._w2(self.push.quantile)
        )
        seen: Halves | None = halves
        if self.sigma > 0:
            seen = self._line_halves(self._noisy_edges())
        return self._finish(div, w1, w2, seen, note)

    def _noisy_edges(self) -> FloatArray:
        """Return the edges of bins that hold p and p_g with the noise on both."""
        low, high = self.ground.edges[[0, -1]]
        if self.way == "closed":
            mean, sd = float(self.normal[0][0]), sqrt(float(self.normal[1][0, 0]))
            ends = np.array([mean - 6 * sd, mean + 6 * sd])
        else:
            assert self.push is not None
            ends = self.push.quantile(np.array([1e-6, 1 - 1e-6]))
        low, high = min(low, ends[0]) - 6 * self.sigma, max(high, ends[1]) + 6 * self.sigma
        width = max(self.ground.width, FINENESS * self.sigma)
        return np.linspace(low, high, min(ceil((high - low) / width), NOISY_BINS) + 1)

    def _finish(
        self,
        div: divergences.Divergences,
        w1: float,
        w2: float,
        halves: Halves | None,
        note: str = "exact",
    ) -> Known:
        """Add V of D, V* and the gap between D and D* to the divergences."""
        value = best = gap = nan
        gan = self.gan
        if halves is not None and gan.loss.labels is not None:
            logits = gan.logit(gan.tensor(halves.x)).cpu().numpy().astype(np.float64)
            if gan.loss.has_value:
                value = self._value(halves, logits)
            if gan.loss.optimum is not None:
                with np.errstate(divide="ignore"):
                    log_p, log_q = np.log(halves.p), np.log(halves.q)
                if gan.loss.has_value:
                    with np.errstate(over="ignore", invalid="ignore"):
                        best = self._value(halves, gan.loss.optimum(log_p, log_q))
                there = halves.p + halves.q > LEAST
                apart = np.abs(self._belief(self._answer(log_p, log_q)) - self._belief(logits))
                gap = float(((halves.p + halves.q) / 2)[there] @ apart[there])
        return Known(
            div.jsd,
            div.kl_pq,
            div.kl_qp,
            div.tv,
            div.bayes,
            w1,
            w2,
            value,
            best,
            gap,
            note,
        )

    def _value(self, halves: Halves, logits: FloatArray) -> float:
        """Return V = −L_D for logits at the places, by the loss's own costs."""
        assert self.gan.loss.labels is not None
        s = torch.from_numpy(logits)
        total = 0.0
        for cost, mass in zip(self.gan.loss.labels, (halves.p, halves.q), strict=True):
            costs = cost(s).numpy()
            there = mass > 0
            total -= float(mass[there] @ costs[there])
        return total


def _cells(axis: FloatArray) -> FloatArray:
    """Return the edges of the cells about the nodes of an even axis."""
    half = (axis[1] - axis[0]) / 2
    return np.append(axis - half, axis[-1] + half)


def _mixture_log_density(
    x: FloatArray, weights: FloatArray, means: FloatArray, sigmas: FloatArray, sigma: float
) -> FloatArray:
    """Return the log density of a mixture of normals seen through noise, zero where it has none."""
    variance = sigmas**2 + sigma**2
    if variance.min() <= 0:
        return np.full(len(x), -inf)
    dim = x.shape[1]
    square = ((x[:, None, :] - means) ** 2).sum(-1) / variance
    logs = np.log(weights) - square / 2 - dim / 2 * np.log(2 * pi * variance)
    return np.asarray(np.logaddexp.reduce(logs, axis=1))
