"""p_g of a decoder on the line, exactly: the push-forward of its codes, blurred by its own noise.

A sample of a VAE is x = G(z) + s·ε, so p_g(x) = E_z N(x; G(z), s²): the push-forward of N(0, 1)
through G, cell by cell (:mod:`ganviz.theory.pushforward`), convolved with N(0, s²). It has no atoms
and no gaps, so KL(p ‖ p_g) and −E_p log p_g, what −ELBO bounds, are finite and found by quadrature.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from math import ceil, inf, log, nan, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ganviz.catalog.measures import Known
from ganviz.clock import Part
from ganviz.engine.family.coder import Unseen
from ganviz.engine.family.present import CELLS, Samples
from ganviz.frame import Model
from ganviz.schema import get
from ganviz.theory import divergences
from ganviz.theory.pushforward import PushForward, push_forward

if TYPE_CHECKING:
    from ganviz.engine.family.vae import Vae

FloatArray = npt.NDArray[np.float64]

#: Nodes at which p_g is known: so many to an s, and at least to the width of the data, and not
#: more than so many; and into how many parts the way from one to the next is cut.
CLOSENESS, DATA_NODES, NODES, FINE = 24, 1024, 8192, 8
#: How many s, and how many half widths of the data, belong to the picture on either side.
FAR, REACH = 9.0, 3.0
#: Masses below this are found by the kernel itself: differences of sums would be rounding.
FAINT = 1e-10
#: At so many nodes of these.
FEW = 100


class Decoded(Unseen):
    """One moment of a VAE whose code and data are numbers. Nothing is computed twice."""

    def __init__(self, vae: Vae, purpose: str) -> None:
        super().__init__(vae)
        self.vae = vae
        self.s = vae.settings.generator.noise
        self.cells = CELLS[purpose]

    @cached_property
    def push(self) -> PushForward | None:
        """The distribution of G(z), without the noise; None if G's numbers are not finite."""
        try:
            return push_forward(lambda z: self.vae.exactly(z[:, None])[:, 0], "normal", self.cells)
        except ValueError:
            return None

    def _density(self, push: PushForward, nodes: FloatArray) -> FloatArray:
        """Return p_g at even nodes (n,); all of G's mass must lie well inside of them.

        Each cell gives its mass to the two nodes about each of its points, the nearer one more, so
        that it stays where it is on average; how much wider that makes it on average is taken off
        the kernel, whose width is many nodes.
        """
        step = float(nodes[1] - nodes[0])
        fine = np.linspace(nodes[0], nodes[-1], (len(nodes) - 1) * FINE + 1)
        cdf = np.cumsum(push.masses(fine)[:-1])
        area = np.append(0.0, np.cumsum((cdf[1:] + cdf[:-1]) / 2)) * step / FINE
        given = np.zeros(len(nodes))
        given[1:-1] = np.diff(area[::FINE], 2) / step
        wide = sqrt(self.s**2 - min(step**2 / 6, self.s**2 / 2))
        reach = min(ceil(FAR * wide / step), len(nodes) - 1)
        at = np.arange(-reach, reach + 1) * step / wide
        return np.convolve(given, np.exp(-(at**2) / 2) / (wide * sqrt(2 * pi)), "same")

    def _log_density(self, push: PushForward, x: FloatArray) -> FloatArray:
        """Return log p_g at points (n,) far out, where a sum of masses would be rounding."""
        at = np.concatenate([(push.low + push.high) / 2, push.positions])
        mass = np.concatenate([push.mass, push.atoms])
        with np.errstate(divide="ignore"):
            logs = np.log(mass) - ((x[:, None] - at) / self.s) ** 2 / 2
        top = logs.max(1)
        total = np.log(np.exp(logs - top[:, None]).sum(1)) + top
        return np.asarray(total - log(self.s) - log(2 * pi) / 2)

    @Part("p_g and D*")
    def model(self, grid: tuple[FloatArray, ...]) -> Model | None:
        """Return p_g over the nodes of a grid; None where G's numbers are not finite."""
        if self.push is None:
            return None
        axis = grid[0]
        width = float(axis[1] - axis[0])
        # As many nodes between those of the grid as the noise asks for, and as many more at either
        # end as it reaches.
        parts = max(1, ceil(width * CLOSENESS / self.s / 3))
        more = ceil(FAR * self.s / width) + 1
        nodes = (
            axis[0] + width * np.arange(-more * parts, (len(axis) - 1 + more) * parts + 1) / parts
        )
        density = self._density(self._inside(nodes), nodes)
        return Model(density[::parts][more : more + len(axis)], (), "exact")

    def _inside(self, nodes: FloatArray) -> PushForward:
        """Return G's distribution without what lies beyond some nodes: too far to be seen there."""
        assert self.push is not None
        push, low, high = self.push, nodes[1], nodes[-2]
        cells, points = (push.low > low) & (push.high < high), push.positions
        seen = (points > low) & (points < high)
        parts = {"low": push.low[cells], "high": push.high[cells], "mass": push.mass[cells]}
        return replace(push, **parts, positions=points[seen], atoms=push.atoms[seen])

    def known(self, samples: Samples) -> Known | None:
        """Return the divergences of p_g from p, and −E_p log p_g."""
        target, push = self.vae.target, self.push
        if push is None or target.cdf is None or not (target.log_density or target.atoms):
            return super().known(samples)
        (low, high), *_ = target.box
        middle, half = (low + high) / 2, (high - low) / 2
        # Where either has mass: most of G's, and all of the data's.
        ends = push.quantile(np.array([1e-6, 1 - 1e-6]))
        ends = np.clip(ends, middle - 50 * half, middle + 50 * half)
        low, high = min(middle - REACH * half, ends[0]), max(middle + REACH * half, ends[1])
        low, high = low - FAR * self.s, high + FAR * self.s
        step = min(self.s / CLOSENESS, 2 * REACH * half / DATA_NODES)
        nodes = np.linspace(low, high, min(ceil((high - low) / step), NODES) + 1)
        width = float(nodes[1] - nodes[0])
        edges = np.append(nodes - width / 2, nodes[-1] + width / 2)
        density = self._density(self._inside(nodes), nodes)
        q = density * width
        cdf_p, cdf_q = target.cdf(edges[:, None]), np.append(0.0, np.minimum(np.cumsum(q), 1.0))
        w1 = divergences.wasserstein_1(cdf_p, cdf_q, edges)
        w2 = nan
        if target.quantile is not None and get(self.vae.settings, "measure.w2"):
            w2 = divergences.wasserstein_2(target.quantile, lambda u: np.interp(u, cdf_q, edges))
        if target.atoms:  # points against a density: as far apart as can be
            apart = divergences.Divergences(log(2), inf, inf, 1.0)
            return Known.of(apart, "exact", w1=w1, w2=w2)
        p = np.diff(cdf_p)
        counts = np.flatnonzero(p + q > 1e-20)
        p, q = np.maximum(p[counts], 0.0), q[counts]
        places, density = nodes[counts], density[counts]
        with np.errstate(divide="ignore", invalid="ignore"):
            log_p, log_q = np.log(p / width), np.log(density)
        if target.log_density is not None:
            exactly = target.log_density(places[:, None])
            log_p = np.where(np.isfinite(exactly), exactly, log_p)
        faint = np.flatnonzero((q < FAINT) & (p > 0))
        if len(faint):
            few = faint[:: -(-len(faint) // FEW)]  # it is smooth there
            few = np.union1d(few, faint[-1:])
            log_q[faint] = np.interp(
                places[faint], places[few], self._log_density(push, places[few])
            )
        div = divergences.by_ratio(p, q, log_p, log_q)
        nll = -float(p @ np.where(p > 0, log_q, 0.0))
        return Known.of(div, "exact", w1=w1, w2=w2, nll=nll)


def entropy(vae: Vae) -> float:
    """Return the entropy of the data on the line by quadrature, NaN where they have no density."""
    target = vae.target
    if target.dim > 1 or target.log_density is None:
        return nan
    (low, high), *_ = target.box
    middle, half = (low + high) / 2, (high - low) / 2
    x = np.linspace(middle - REACH * half, middle + REACH * half, 20_001)
    logs = target.log_density(x[:, None])
    p = np.exp(logs)
    return -float(np.trapezoid(np.where(p > 0, p * np.where(p > 0, logs, 0.0), 0.0), x))
