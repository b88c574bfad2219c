"""What theory knows of the present moment of a GAN: p_g, D*, divergences, V by quadrature.

How p_g is known depends on the game, the best way first:

- *closed*: a shift or an affine map of normal noise has a normal p_g;
- *push*: one latent coordinate into one data coordinate is pushed forward cell by cell;
- *lines*: more latent coordinates into one, averaged over lines: an estimate with a band;
- *samples*: whatever else; histograms of samples, whose bias the noise floor shows.
"""

from __future__ import annotations

from functools import cached_property
from math import ceil, inf, isnan, log, nan, pi, sqrt
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch

from ganviz.catalog.measures import Known
from ganviz.catalog.targets import gaussians
from ganviz.clock import Part
from ganviz.engine.draws import rng
from ganviz.engine.family.judge import pieces
from ganviz.frame import Model
from ganviz.schema import get
from ganviz.theory import distances, divergences, normal
from ganviz.theory.coverage import Census
from ganviz.theory.pushforward import PushForward, blur, push_forward, push_forward_many

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan

FloatArray = npt.NDArray[np.float64]

#: Cells of the latent axis for a picture and for the measures; lines where there are more axes.
CELLS = {"picture": 448, "measure": 640}
LINES = 256
LINE_CELLS = 16
#: Bins of the line for the measures, over so many half widths of the data to either side.
BINS = 1024
REACH = 3.0
#: Nodes of the quadrature where both densities are known: at least and at most; to a sigma.
NODES, MOST_NODES = 3000, 20_000
CLOSENESS = 8
#: Images of the noise that become edges of bins of their own.
IMAGES = 256
#: Seen through noise, bins need not be finer than this share of its sigma; and so many at most.
FINENESS = 1 / 64
NOISY_BINS = 8192
#: Where p and p_g together have less mass than this D is not asked: nothing there would count.
UNASKED = 1e-20
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

    @property
    def histogram_jsd(self) -> float:
        """The JSD of both, of histograms."""
        ...


class Tallied(NamedTuple):
    """What is counted of generated samples.

    Attributes
    ----------
    census
        Them by mode, or None.
    jsd, sliced_w
        Distances of theirs from as many real ones: of histograms, and of shadows; or NaN.
    """

    census: Census | None
    jsd: float
    sliced_w: float


class Tally(Protocol):
    """Counts samples faster than numpy."""

    def __call__(self, fake: FloatArray, real: FloatArray) -> Tallied | None:
        """Return what there is to count of samples (n, dim), None if one is not finite."""
        ...


class Over(NamedTuple):
    """p_g over bins on the line: its mean density in each, point masses left out, and these."""

    density: FloatArray
    positions: FloatArray
    atoms: FloatArray


class Glass(Protocol):
    """Looks at the same moments faster than numpy, at the weights as they are."""

    def over(self, edges: FloatArray, cells: int) -> Over | None:
        """Return p_g over bins, or None for what is not covered."""
        ...

    def known(self) -> Known | None:
        """Return what theory says of the present moment, or None for what is not covered."""
        ...


class Halves(NamedTuple):
    """Masses of p and p_g at places x (n, dim), as D sees them, and their logarithms there.

    Only the difference of the logarithms means anything: they may be of densities or of masses.
    """

    x: FloatArray
    p: FloatArray
    q: FloatArray
    log_p: FloatArray
    log_q: FloatArray


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
        #: Whether p is a density or point masses that another distribution can be compared with.
        self.compares = target.log_density is not None or bool(target.atoms)
        if target.dim > 1 or target.cdf is None:
            return
        (low, high), *_ = target.box
        middle, half = (low + high) / 2, (high - low) / 2
        self.edges = np.linspace(middle - REACH * half, middle + REACH * half, BINS + 1)
        self.width = float(self.edges[1] - self.edges[0])
        self.edges = np.union1d(self.edges, [low, high])  # where a density may jump
        self.below = target.cdf(self.edges[:, None])
        self.atoms = np.array(target.atoms, dtype=float).reshape(-1, 2)
        self._cells: tuple[FloatArray, FloatArray] | None = None
        self._cdf = target.cdf

    def masses(self, edges: FloatArray) -> FloatArray:
        """Return the data's mass in bins on the line; remembered until others are asked for."""
        if self._cells is None or not np.array_equal(self._cells[0], edges):
            self._cells = edges, np.diff(self._cdf(edges[:, None]))
        return self._cells[1]


class Present:
    """One moment. Nothing is computed before it is asked for, and nothing twice."""

    def __init__(self, gan: Gan, ground: Ground, cells: int) -> None:
        self.gan = gan
        self.ground = ground
        self.cells = cells
        self.sigma = gan.judge.sigma
        self._overs: dict[tuple[float, float, int], Over | None] = {}

    # ---- p_g ----------------------------------------------------------------------------------

    @cached_property
    def push(self) -> PushForward | None:
        """p_g on the line; None if G's numbers are not finite."""
        gan, kind = self.gan, self.gan.settings.latent.kind

        generator = gan.players["generator"]
        network = generator.network
        # In float64: neighbours that float32 rounds to one number would pass for a point mass.
        leaves = [leaf.detach().to("cpu", torch.float64) for leaf in generator.leaves]

        def many(z: FloatArray) -> FloatArray:
            if gan.exact_gaze is not None:
                return gan.exact_gaze(torch.from_numpy(np.ascontiguousarray(z))).numpy()[:, 0]
            parts = pieces(torch.from_numpy(np.ascontiguousarray(z)), network)
            images = [network.apply(leaves, part) for part in parts]
            return (images[0] if len(images) == 1 else torch.cat(images)).numpy()[:, 0]

        def one(z: FloatArray) -> FloatArray:
            if gan.latent_dim == 1:
                return many(z.copy()[:, None])  # torch warns of arrays that are read-only
            padded = np.zeros((len(z), gan.latent_dim))
            padded[:, 0] = z
            return many(padded)

        try:
            if self.ground.way == "lines":
                return push_forward_many(many, kind, gan.latent_dim, LINES, LINE_CELLS)
            return push_forward(one, kind, self.cells)
        except ValueError:
            return None

    def _over(self, edges: FloatArray) -> Over | None:
        """Return p_g over bins; once for each grid. None if G's numbers are not finite."""
        key = (float(edges[0]), float(edges[-1]), len(edges))
        if key not in self._overs:
            glass = self.gan.glass if self.way == "push" else None
            found = None if glass is None else glass.over(edges, self.cells)
            if found is None and self.push is not None:
                density = self.push.density(edges, atoms=False)
                found = Over(density, self.push.positions, self.push.atoms)
            self._overs[key] = found
        return self._overs[key]

    @cached_property
    def normal(self) -> tuple[FloatArray, FloatArray]:
        """Mean (dim,) and covariance (dim, dim) of a closed p_g."""
        leaves = [
            leaf.detach().cpu().numpy().astype(np.float64)
            for leaf in self.gan.players["generator"].leaves
        ]
        if self.gan.settings.generator.kind == "shift":
            return leaves[0], np.eye(len(leaves[0]))
        return leaves[1], leaves[0] @ leaves[0].T

    @property
    def line(self) -> tuple[float, float]:
        """Mean and standard deviation of a closed p_g on the line."""
        mean, covariance = self.normal
        return float(mean[0]), sqrt(float(covariance[0, 0]))

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

    @Part("p_g and D*")
    def model(self, grid: tuple[FloatArray, ...]) -> Model | None:
        """Return p_g over the nodes of a grid, or None where no curve of it can be drawn."""
        if self.way == "closed":
            nodes = np.stack(np.meshgrid(*grid), -1).reshape(-1, len(grid))
            shape = tuple(len(axis) for axis in reversed(grid))
            return Model(np.exp(self._model_log_density(nodes)).reshape(shape), (), "exact")
        over = None if self.way == "samples" else self._over(_cells(grid[0]))
        if over is None:
            return None
        atoms = tuple(zip(over.positions.tolist(), over.atoms.tolist(), strict=True))
        note = "exact"
        if self.way == "lines" and self.push is not None:
            note = f"estimate, cdf ± {self.push.band:.2g}"
        return Model(over.density, atoms, note)

    # ---- D* -----------------------------------------------------------------------------------

    @property
    def best_known(self) -> bool:
        """Whether D* can be computed."""
        known = self.way != "samples" and self.ground.compares
        return known and self.gan.loss.optimum is not None and self.gan.judge.alone

    @Part("p_g and D*")
    def best(self, grid: tuple[FloatArray, ...]) -> FloatArray | None:
        """Return what the best D would say over a grid, in the terms of the loss's belief.

        NaN where neither p nor p_g has any mass.
        """
        seen = self.seen(grid) if self.best_known else None
        if seen is None:
            return None
        shape = tuple(len(axis) for axis in reversed(grid))
        return self._belief(self._answer(*seen)).reshape(shape)

    def seen(self, grid: tuple[FloatArray, ...]) -> tuple[FloatArray, FloatArray] | None:
        """Return log p and log p_g (n,) over a grid as D sees them: through the instance noise.

        NaN where neither has any mass; None where one of them is not known.
        """
        if self.way == "samples" or not self.ground.compares:
            return None
        gan = self.gan
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
            empty = halves.p + halves.q < LEAST
            width = log(float(grid[0][1] - grid[0][0]))
            log_p = np.where(empty, nan, halves.log_p - width)
            log_q = np.where(empty, nan, halves.log_q - width)
        return log_p, log_q

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
        return self.gan.meaning_of(logits)

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
            p = self.ground.masses(edges)
            if blurred:
                p = blur(p, width, self.sigma)
            elif gan.target.atoms:
                p = np.zeros_like(p)
        if self.way == "closed":
            mean, sd = self.line
            q = np.diff(normal.cdf((edges - mean) / sqrt(sd**2 + self.sigma**2)))
        elif (over := self._over(edges)) is None:
            return None
        else:
            q = over.density * np.diff(edges)
            if blurred:
                q = blur(q, width, self.sigma)
                if len(over.positions):
                    above = (edges[:, None] - over.positions) / self.sigma
                    q = q + np.diff(normal.cdf(above) @ over.atoms)
        if blurred:
            inside = slice(extra, extra + len(middles))
            p, q = p[inside], q[inside]
        with np.errstate(divide="ignore"):
            return Halves(middles[:, None], p, q, np.log(p), np.log(q))

    # ---- numbers ------------------------------------------------------------------------------

    def known(self, samples: Samples) -> Known:
        """Return the divergences of p_g from p and the values of D and D*."""
        glass = self.gan.glass
        if glass is not None and self.cells == CELLS["measure"]:
            known = glass.known()
            if known is not None:
                return known
        # Lines are good enough for a curve; their numbers would say less than the samples do.
        unseen = self.way == "push" and self.push is None
        if not self.ground.compares or self.way in ("samples", "lines") or unseen:
            return self._from_samples(samples)
        if self.gan.target.dim > 1:
            return self._from_draws(samples.fake, samples.real)
        smooth = self.gan.target.mixture is not None and not self.gan.target.atoms
        if self.way == "closed" and smooth:
            return self._from_densities()
        return self._from_masses()

    def _from_samples(self, samples: Samples) -> Known:
        line, jsd = self.gan.target.dim == 1, samples.histogram_jsd
        w1 = distances.sample_wasserstein_1(samples.fake, samples.real) if line else nan
        return Known.of(None, "estimate", jsd=jsd, w1=w1)

    def _from_draws(self, fake: FloatArray, real: FloatArray) -> Known:
        """Both densities are known in the plane: means over samples of both.

        Where p_g = p each sample says so by itself, so that a perfect generator scores zero.
        """
        x, n = np.concatenate([real, fake]), len(real)
        ratio = self._log_ratio(x, 0.0)
        div = divergences.by_draws(ratio[:n], ratio[n:])
        halves = None
        if self.sigma == 0 or self.gan.target.mixture is not None:
            if self.sigma > 0:
                x = x + self.sigma * rng(0, "probe", 10).standard_normal(x.shape)
                ratio = self._log_ratio(x, self.sigma)
            weight = np.repeat([1 / n, 0.0], n), np.repeat([0.0, 1 / n], n)
            halves = Halves(x, *weight, ratio, np.zeros_like(ratio))
        return self._finish(div, nan, nan, halves, "sampled")

    def _log_ratio(self, x: FloatArray, sigma: float) -> FloatArray:
        """Return log p − log p_g at points, through noise where there is some."""
        target = self.gan.target
        if sigma > 0:
            assert target.mixture is not None
            log_p = _mixture_log_density(x, *target.mixture, sigma)
        else:
            assert target.log_density is not None
            log_p = target.log_density(x)
        return np.asarray(log_p - self._model_log_density(x, sigma))

    def _from_densities(self) -> Known:
        """Both densities are known on the line: quadrature on nodes close enough for both."""
        target = self.gan.target
        assert target.mixture is not None
        mean, sd = self.line
        middles = np.append(target.mixture[1][:, 0], mean)
        scales = np.append(target.mixture[2], sd)
        wide = 9 * np.sqrt(scales**2 + self.sigma**2)
        low, high = (middles - wide).min(), (middles + wide).max()
        even = ceil((high - low) / (scales.min() / CLOSENESS))
        if even <= MOST_NODES:
            nodes = np.linspace(low, high, max(even, NODES) + 1)
        else:  # few wide ones among narrow ones: each gets nodes of its own
            fine = middles + scales * np.linspace(-9, 9, 18 * CLOSENESS + 1)[:, None]
            nodes = np.unique(np.concatenate([np.linspace(low, high, NODES), fine.ravel()]))
        x = nodes[:, None]
        gaps = np.diff(nodes)
        weights = np.concatenate([gaps[:1], gaps[1:] + gaps[:-1], gaps[-1:]]) / 2
        log_p = _mixture_log_density(x, *target.mixture, 0.0)
        log_q = self._model_log_density(x)
        div = divergences.by_density(log_p, log_q, weights)
        assert target.cdf is not None
        w1 = divergences.wasserstein_1(target.cdf(x), normal.cdf((nodes - mean) / sd), nodes)
        w2 = self._w2(lambda u: mean + sd * normal.quantile(u))
        if self.sigma > 0:
            log_p = _mixture_log_density(x, *target.mixture, self.sigma)
            log_q = self._model_log_density(x, self.sigma)
        halves = Halves(x, np.exp(log_p) * weights, np.exp(log_q) * weights, log_p, log_q)
        return self._finish(div, w1, w2, halves)

    def _w2(self, quantile_q: object) -> float:
        """Return W₂, asked for only where it is measured: it is the dearest of all."""
        quantile_p = self.gan.target.quantile
        if quantile_p is None or not get(self.gan.settings, "measure.w2"):
            return nan
        assert callable(quantile_q)
        return divergences.wasserstein_2(quantile_p, quantile_q)

    def _from_masses(self) -> Known:
        """p_g is known cell by cell: masses in bins, the point masses of each side apart."""
        gan, ground, target = self.gan, self.ground, self.gan.target
        assert target.cdf is not None
        push = None if self.way == "closed" else self.push
        if push is None:
            mean, sd = self.line
            positions, atoms = np.empty(0), np.empty(0)
            between = mean + sd * np.linspace(-9, 9, 257)
        else:
            positions, atoms = push.positions, push.atoms
            between = _thinned(np.sort(push.path[1]), 2 * IMAGES)
        # Even bins over the data, and the images of even steps of the noise: so that neither a
        # narrow p_g nor one far away falls into a few bins.
        spots = np.empty(0)
        if len(ground.atoms) or len(positions):
            spots = np.union1d(ground.atoms[:, 0], positions)
            # From node to node both CDFs are all but straight; point masses jump.
            between = np.unique(np.concatenate([between, spots, np.nextafter(spots, -inf)]))
        nodes = np.concatenate([ground.edges, between])
        order = np.argsort(nodes, kind="stable")
        nodes = nodes[order]
        every = len(ground.edges) + np.arange(0, len(between), max(1, len(between) // IMAGES))
        chosen = np.zeros(len(nodes), dtype=bool)
        chosen[: len(ground.edges)] = chosen[every] = chosen[-1] = True
        chosen = chosen[order]
        cdf_p = np.append(ground.below, target.cdf(between[:, None]))[order]
        if push is None:
            cdf_q = normal.cdf((nodes - mean) / sd)
            smooth = np.diff(cdf_q)
        else:
            smooth = push.masses(nodes, atoms=False)
            cdf_q = np.cumsum(smooth)[:-1]
            smooth = smooth[1:-1]
            if len(positions):
                gone = np.append(0.0, np.cumsum(atoms))
                cdf_q += gone[np.searchsorted(positions, nodes, side="right")]
            cdf_q = np.minimum(cdf_q, 1.0)
        w1 = divergences.wasserstein_1(cdf_p, cdf_q, nodes)
        w2 = self._w2((lambda u: mean + sd * normal.quantile(u)) if push is None else push.quantile)
        at = np.flatnonzero(chosen)
        at = at[_apart(nodes[at])]
        edges = nodes[at]
        middles, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
        p, q = np.diff(cdf_p[at]), np.add.reduceat(smooth, at[:-1])
        p, q = np.maximum(p, 0.0), np.maximum(q, 0.0)  # a difference of CDFs may round below 0
        with np.errstate(divide="ignore"):
            log_p, log_q = np.log(p / widths), np.log(q / widths)
        if len(ground.atoms):
            p, log_p = np.zeros_like(p), np.full_like(log_p, -inf)
        elif target.log_density is not None:
            # Far out a difference of CDFs is rounding; the density there goes on.
            far = np.flatnonzero((p < 1e-9) & (q > 0))
            log_p[far] = target.log_density(middles[far, None])
            p[far] = np.exp(log_p[far]) * widths[far]
        if len(spots):
            # A point mass meets another only at the very same place; a density gives it nothing.
            p_spots, q_spots = np.zeros(len(spots)), np.zeros(len(spots))
            p_spots[np.searchsorted(spots, ground.atoms[:, 0])] = ground.atoms[:, 1]
            np.add.at(q_spots, np.searchsorted(spots, positions), atoms)
            middles = np.concatenate([middles, spots])
            p, q = np.concatenate([p, p_spots]), np.concatenate([q, q_spots])
            with np.errstate(divide="ignore"):
                log_p = np.concatenate([log_p, np.log(p_spots)])
                log_q = np.concatenate([log_q, np.log(q_spots)])
        counts = np.flatnonzero(p + q > UNASKED)
        middles, p, q, log_p, log_q = (part[counts] for part in (middles, p, q, log_p, log_q))
        missed = q == 0
        seen_p = p
        if gan.settings.latent.kind == "normal" and p[missed].sum() < CUT:
            seen_p = np.where(missed, 0.0, p)
        div = divergences.by_ratio(seen_p, q, log_p, log_q)
        if self.sigma > 0:
            return self._finish(div, w1, w2, self._line_halves(self._noisy_edges()))
        return self._finish(div, w1, w2, Halves(middles[:, None], p, q, log_p, log_q))

    def _noisy_edges(self) -> FloatArray:
        """Return the edges of bins that hold p and p_g with the noise on both."""
        low, high = self.ground.edges[[0, -1]]
        if self.way == "closed":
            mean, sd = self.line
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
        value = best = gap = gain = nan
        gan = self.gan
        if halves is not None and gan.loss.labels is not None and gan.judge.alone:
            counts = halves.p + halves.q > UNASKED
            if not counts.all():
                halves = Halves(*(part[counts] for part in halves))
            logits = gan.logit(gan.tensor(halves.x)).cpu().numpy().astype(np.float64)
            if gan.loss.has_value:
                value = self._value(halves, logits)
            if gan.loss.optimum is not None:
                if gan.loss.has_value:
                    with np.errstate(over="ignore", invalid="ignore"):
                        best = self._value(halves, gan.loss.optimum(halves.log_p, halves.log_q))
                answer = self._answer(halves.log_p, halves.log_q)
                apart = np.abs(self._belief(answer) - self._belief(logits))
                mean = (halves.p + halves.q) / 2
                # An unbounded critic may be infinitely far off, at a point mass: that says nothing.
                gap = float(mean @ apart) if np.isfinite(apart).all() else nan
                gain = self._gain(halves, logits, answer, best - value)
        return Known.of(div, note, w1=w1, w2=w2, value=value, best=best, gap=gap, gain=gain)

    def _gain(self, halves: Halves, logits: FloatArray, best: FloatArray, plain: float) -> float:
        """Return L_D − L_D* of the labels that D is given; with plain ones V* − V, if known."""
        gan = self.gan
        if gan.plain_labels:
            if isnan(plain):
                plain = self._value(halves, best) - self._value(halves, logits)
            return plain
        flips, prior = gan.settings.loss.label_flips, gan.settings.data.prior
        on_real, on_fake = (2 * prior * halves.p, 2 * (1 - prior) * halves.q)
        real, fake = (divergences.flips(label, flips) for label in gan.labels)
        labelled = halves._replace(
            p=real * on_real + fake * on_fake, q=(1 - real) * on_real + (1 - fake) * on_fake
        )
        return self._value(labelled, best) - self._value(labelled, logits)

    def _value(self, halves: Halves, logits: FloatArray) -> float:
        """Return V = −L_D for logits at the places, by the loss's own costs."""
        assert self.gan.loss.labels is not None
        s = torch.from_numpy(logits)
        total = 0.0
        for cost, mass in zip(self.gan.loss.labels, (halves.p, halves.q), strict=True):
            costs = cost(s).numpy()
            # A mass of zero times an infinite cost is zero.
            total -= float(mass @ np.where(mass > 0, costs, 0.0))
        return total


def _cells(axis: FloatArray) -> FloatArray:
    """Return the edges of the cells about the nodes of an even axis."""
    half = (axis[1] - axis[0]) / 2
    return np.append(axis - half, axis[-1] + half)


def _thinned(values: FloatArray, most: int) -> FloatArray:
    """Return sorted values, evenly thinned where there are twice as many, with both ends."""
    stride = max(1, len(values) // most)
    return values if stride == 1 else np.append(values[::stride], values[-1])


def _apart(values: FloatArray) -> npt.NDArray[np.bool_]:
    """Return which of sorted values are more than all but the one before."""
    least = 1e-12 * (values[-1] - values[0])
    return np.append(True, np.diff(values) > least)


def _mixture_log_density(
    x: FloatArray, weights: FloatArray, means: FloatArray, sigmas: FloatArray, sigma: float
) -> FloatArray:
    """Return the log density of a mixture of normals seen through noise, −inf where it has none."""
    wide = np.sqrt(sigmas**2 + sigma**2)
    log_density = gaussians(weights, means, wide).log_density if wide.min() > 0 else None
    return np.full(len(x), -inf) if log_density is None else log_density(x)
