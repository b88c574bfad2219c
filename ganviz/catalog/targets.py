"""Distributions the generator is asked to match.

An entry of :data:`TARGETS` builds a :class:`Distribution` from a :class:`Shape`, the numbers of the
``data`` group with each None replaced by the entry's own default. Sigmas are standard deviations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from math import cos, isqrt, log, pi, sin, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from ganviz.catalog import digits
from ganviz.catalog.images import Image
from ganviz.frame import CANVAS
from ganviz.schema import ParamError, words
from ganviz.theory import normal as gauss
from ganviz.theory.curves import NoisyCurve

FloatArray = npt.NDArray[np.float64]
Box = tuple[tuple[float, float], ...]

#: So many heights, or dabs, may be drawn at most.
PLACES, DABS = 401, 400
#: A hand draws a curve of so many heights or more, and none whose highest is below ``LOWEST``.
MANY, LOWEST = 100, 1e-3
#: Of fewer heights the highest fills so much of the picture, where it would less than ``LOW``.
LOW, FILLED = 0.25, 0.8


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers that shape a target."""

    modes: int = 0
    scale: float = 1.0
    sigma: float = 1.0
    center: float = 0.0
    weights: tuple[float, ...] = ()
    means: tuple[Any, ...] = ()
    sigmas: tuple[float, ...] = ()
    points: FloatArray | None = None
    curve: tuple[float, ...] = ()
    strokes: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """A target, resolved.

    Attributes
    ----------
    dim
        1 or 2; of images the number of their pixels.
    sample
        (rng, n) -> (n, dim) float64.
    log_density
        (n, dim) -> (n,), or None where there is no density (a point, points of a file).
    centres, sigmas
        (m, dim) mode centres and (m,) their standard deviations; m = 0 where "mode" means nothing.
    mean, std
        (dim,) each, exact where the density is.
    box
        An interval per dimension that holds all but about one sample in a thousand.
    atoms
        ((position, mass), …) of a 1-D target that is not a density.
    cdf
        (n, dim) -> (n,), the probability that no coordinate exceeds x's; right-continuous.
    quantile
        (n,) u in [0, 1] -> (n,), the least x with F(x) ≥ u, in one dimension; None in two.
    mixture
        (m,) weights, (m, dim) means and (m,) standard deviations of a mixture of isotropic
        Gaussians, where the target is one. A point is one of standard deviation zero.
    drawn
        Where the target is drawn by hand: the (m,) heights of a curve, as shares of the height of
        the canvas, or the (m, 2) dabs of a brush. The pictures of it show the canvas and no more.
    image
        What is known of the images that the data are, or whose places on the plane they are.
    shadow
        Where the data are images: the distribution of their places on that plane.
    """

    dim: int
    sample: Callable[[np.random.Generator, int], FloatArray]
    log_density: Callable[[FloatArray], FloatArray] | None
    mean: FloatArray
    std: FloatArray
    box: Box
    centres: FloatArray = field(default_factory=lambda: np.empty((0, 1)))
    sigmas: FloatArray = field(default_factory=lambda: np.empty(0))
    atoms: tuple[tuple[float, float], ...] = ()
    cdf: Callable[[FloatArray], FloatArray] | None = None
    quantile: Callable[[FloatArray], FloatArray] | None = None
    mixture: tuple[FloatArray, FloatArray, FloatArray] | None = None
    drawn: FloatArray | None = None
    image: Image | None = None
    shadow: Distribution | None = None

    @property
    def seen(self) -> Distribution:
        """The distribution as pictures show it, in one dimension or two."""
        return self if self.shadow is None else self.shadow

    def shown(self, x: FloatArray) -> FloatArray:
        """Return samples (n, dim) as pictures show them, (n, seen.dim)."""
        return x if self.shadow is None or self.image is None else self.image.place(x)


#: Up to so many edges between components, a sample's is found by comparing it with each.
FEW = 16


def gaussians(weights: FloatArray, means: FloatArray, sigmas: FloatArray) -> Distribution:
    """Return a mixture of isotropic Gaussians with (m,) weights, (m, dim) means, (m,) sigmas."""
    dim = means.shape[1]
    inner = np.cumsum(weights)[:-1]

    def sample(rng: np.random.Generator, n: int) -> FloatArray:
        u = rng.random(n)
        if len(inner) > FEW:
            which = np.searchsorted(inner, u, side="right")
        else:  # a pass for each is faster
            which = np.zeros(n, np.intp)
            for edge in inner:
                which += u >= edge
        found = rng.standard_normal((n, dim))
        found *= sigmas.take(which)[:, None]
        found += means.take(which, axis=0)
        return found

    def log_density(x: FloatArray) -> FloatArray:
        square = ((x[:, None, :] - means) ** 2).sum(-1) / sigmas**2
        logs = np.log(weights) - square / 2 - dim * np.log(sigmas * sqrt(2 * pi))
        return np.asarray(np.logaddexp.reduce(logs, axis=1))

    def cdf(x: FloatArray) -> FloatArray:
        below = np.ones((len(x), len(weights)))
        for axis in range(dim):
            below *= gauss.cdf((x[:, axis, None] - means[:, axis]) / sigmas)
        return np.asarray(below @ weights)

    mean = weights @ means
    std = np.sqrt(weights @ ((means - mean) ** 2 + sigmas[:, None] ** 2))
    low = (means - 3.3 * sigmas[:, None]).min(0)
    high = (means + 3.3 * sigmas[:, None]).max(0)
    box = tuple((float(a), float(b)) for a, b in zip(low, high, strict=True))
    return Distribution(
        dim,
        sample,
        log_density,
        mean,
        std,
        box,
        means,
        sigmas,
        cdf=cdf,
        quantile=_mixture_quantile(weights, means[:, 0], sigmas) if dim == 1 else None,
        mixture=(weights, means, sigmas),
    )


def _mixture_quantile(
    weights: FloatArray, means: FloatArray, sigmas: FloatArray
) -> Callable[[FloatArray], FloatArray]:
    """Return the inverse of Σ wᵢ Φ((x − mᵢ) / σᵢ): Newton's steps inside a shrinking bracket."""
    if len(weights) == 1:
        return lambda u: means[0] + sigmas[0] * gauss.quantile(u)

    def quantile(u: FloatArray) -> FloatArray:
        u = np.asarray(u, dtype=np.float64)
        # The quantile lies between the least and the greatest of the components'.
        each = means + sigmas * gauss.quantile(u)[:, None]
        low, high = each.min(1), each.max(1)
        ends = ~np.isfinite(low)
        at = np.where(ends, 0.0, low)
        low, high = at.copy(), np.where(ends, 0.0, high)
        for _ in range(100):
            t = (at[:, None] - means) / sigmas
            over = gauss.cdf(t) @ weights - u
            slope = np.exp(-(t**2) / 2) @ (weights / (sigmas * sqrt(2 * pi)))
            low, high = np.where(over < 0, at, low), np.where(over < 0, high, at)
            newton = at - over / np.maximum(slope, 1e-300)
            good = (newton >= low) & (newton <= high)
            before, at = at, np.where(good, newton, (low + high) / 2)
            settled = (np.abs(at - before) <= 1e-14 * (1 + np.abs(at))) | (np.abs(over) < 4e-16)
            if (settled | ends).all():
                break
        return np.where(ends, gauss.quantile(u), at)

    return quantile


def _even(means: FloatArray, sigma: float) -> Distribution:
    m = len(means)
    return gaussians(np.full(m, 1 / m), means, np.full(m, sigma))


def normal(s: Shape) -> Distribution:
    return _even(np.array([[s.center]]), s.sigma)


def two_gaussians(s: Shape) -> Distribution:
    return _even(s.center + s.scale * np.array([[-1.0], [1.0]]), s.sigma)


def three_gaussians(s: Shape) -> Distribution:
    return _even(s.center + s.scale * np.array([[-1.0], [0.0], [1.0]]), s.sigma)


def uniform(s: Shape) -> Distribution:
    low, high = s.center - s.scale, s.center + s.scale
    inside = -log(2 * s.scale)

    def log_density(x: FloatArray) -> FloatArray:
        return np.where((x[:, 0] >= low) & (x[:, 0] <= high), inside, -np.inf)

    return Distribution(
        1,
        lambda rng, n: rng.uniform(low, high, (n, 1)),
        log_density,
        np.array([s.center]),
        np.array([s.scale / sqrt(3)]),
        ((low, high),),
        cdf=lambda x: np.clip((x[:, 0] - low) / (high - low), 0, 1),
        quantile=lambda u: low + (high - low) * np.asarray(u),
    )


def exponential(s: Shape) -> Distribution:
    """Return the exponential with mean ``scale`` that starts at ``center``."""

    def log_density(x: FloatArray) -> FloatArray:
        t = (x[:, 0] - s.center) / s.scale
        return np.where(t >= 0, -t - log(s.scale), -np.inf)

    def quantile(u: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            return np.asarray(s.center - s.scale * np.log1p(-np.asarray(u)))

    return Distribution(
        1,
        lambda rng, n: s.center + s.scale * rng.standard_exponential((n, 1)),
        log_density,
        np.array([s.center + s.scale]),
        np.array([s.scale]),
        ((s.center, s.center + 6.9 * s.scale),),
        np.array([[s.center]]),
        np.array([s.scale]),
        cdf=lambda x: -np.expm1(-np.maximum((x[:, 0] - s.center) / s.scale, 0)),
        quantile=quantile,
    )


def point(s: Shape) -> Distribution:
    return Distribution(
        1,
        lambda rng, n: np.full((n, 1), s.center),
        None,
        np.array([s.center]),
        np.array([0.0]),
        ((s.center - 1.0, s.center + 1.0),),
        atoms=((s.center, 1.0),),
        cdf=lambda x: (x[:, 0] >= s.center).astype(np.float64),
        quantile=lambda u: np.full(len(u), s.center),
        mixture=(np.ones(1), np.array([[s.center]]), np.zeros(1)),
    )


def mixture(s: Shape) -> Distribution:
    """Return the user's own mixture of Gaussians, in one dimension or two.

    Raises
    ------
    ParamError
        For lists that do not fit together.
    """
    if not s.means:
        raise ParamError("data.means = []: a mixture needs the mean of each component")
    pairs = [isinstance(mean, tuple) for mean in s.means]
    if any(pairs) and not all(len(m) == 2 if p else False for p, m in zip(pairs, s.means)):  # noqa: B905
        raise ParamError(
            f"data.means = {words(s.means)}: must be all numbers (1-D) or all pairs (2-D)"
        )
    means = np.array(s.means, dtype=float).reshape(len(s.means), -1)
    m = len(means)
    for name, values in (("weights", s.weights), ("sigmas", s.sigmas)):
        if values and len(values) != m:
            raise ParamError(
                f"data.{name} = {words(values)}: has {len(values)} entries, "
                f"but data.means has {m}; they must be as many"
            )
    weights = np.array(s.weights or [1 / m] * m)
    if abs(weights.sum() - 1) > 1e-6:
        raise ParamError(
            f"data.weights = {words(s.weights)}: sum to {weights.sum():.6g}, must sum to 1"
        )
    keep = weights > 0
    sigmas = np.array(s.sigmas or [s.sigma] * m)
    return gaussians(weights[keep] / weights.sum(), means[keep], sigmas[keep])


def own_points(s: Shape) -> Distribution:
    """Return the empirical distribution of the user's own (n, 1) or (n, 2) points."""
    if s.points is None:
        raise ParamError("data.file = none: data.target = file needs a CSV, TSV or NPY file")
    points = s.points
    low, high = np.quantile(points, [0.0005, 0.9995], axis=0)
    flat = high - low < 1e-9
    low, high = np.where(flat, low - 1, low), np.where(flat, high + 1, high)
    return Distribution(
        points.shape[1],
        lambda rng, n: points[rng.integers(0, len(points), n)],
        None,
        points.mean(0),
        points.std(0),
        tuple((float(a), float(b)) for a, b in zip(low, high, strict=True)),
        np.empty((0, points.shape[1])),
        cdf=_share_below(points),
        quantile=_order_statistic(points) if points.shape[1] == 1 else None,
    )


def own_curve(s: Shape) -> Distribution:
    """Return the density through heights at even places of the canvas, with straight lines between.

    With p(a) = α and p(b) = β at the ends of a cell of width w, the mass left of a + t is
    αt + (β − α)t²/2w; its moments are Simpson's, who is exact up to cubes.

    Raises
    ------
    ParamError
        For fewer than two heights, or where all of them are zero.
    """
    if len(s.curve) < 2:
        raise ParamError(
            f"data.curve = {words(s.curve)}: must have at least two heights, one at either end"
        )
    raw = np.array(s.curve, dtype=float)
    if raw.max() <= 0:
        raise ParamError("data.curve = [0, …]: must have at least one height above 0")
    places = np.linspace(-CANVAS, CANVAS, len(raw))
    width = float(places[1] - places[0])
    shares = raw / raw.max()
    heights = shares / (width * (shares[1:] + shares[:-1]).sum() / 2)
    slopes = np.diff(heights) / width
    below = np.append(0.0, np.cumsum(width * (heights[1:] + heights[:-1]) / 2))
    below /= below[-1]
    # Without the cells at either end that hold nothing, F is strictly rising at both its ends.
    first, last = (np.flatnonzero(np.diff(below) > 0)[i] for i in (0, -1))

    def density(x: FloatArray) -> FloatArray:
        return np.asarray(np.interp(x, places, heights, left=0.0, right=0.0))

    def log_density(x: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            return np.log(density(x[:, 0]))

    def cdf(x: FloatArray) -> FloatArray:
        at = np.clip(x[:, 0], -CANVAS, CANVAS)
        cell = np.clip(((at + CANVAS) / width).astype(int), 0, len(slopes) - 1)
        along = at - places[cell]
        mass = below[cell] + along * (heights[cell] + slopes[cell] * along / 2)
        return np.where(x[:, 0] >= CANVAS, 1.0, np.clip(mass, 0.0, 1.0))

    def quantile(u: FloatArray) -> FloatArray:
        u = np.asarray(u, dtype=np.float64)
        cell = np.clip(np.searchsorted(below, u) - 1, first, last)
        left, slope = heights[cell], slopes[cell]
        mass = np.clip(u - below[cell], 0.0, None)
        root = np.sqrt(np.maximum(left**2 + 2 * slope * mass, 0.0))
        # Not (root − left) / slope, which loses all digits where the density is all but flat.
        along = 2 * mass / np.maximum(left + root, 1e-300)
        return np.asarray(places[cell] + np.clip(along, 0.0, width))

    def moment(power: int, about: float) -> float:
        middles = (places[1:] + places[:-1]) / 2
        ends, inner = (places - about) ** power, (middles - about) ** power
        halves = (heights[1:] + heights[:-1]) / 2
        sums = ends[1:] * heights[1:] + ends[:-1] * heights[:-1] + 4 * inner * halves
        return float(width / 6 * sums.sum())

    mean = moment(1, 0.0)
    return Distribution(
        1,
        lambda rng, n: quantile(rng.random(n))[:, None],
        log_density,
        np.array([mean]),
        np.array([sqrt(max(moment(2, mean), 0.0))]),
        ((-CANVAS, CANVAS),),
        cdf=cdf,
        quantile=quantile,
        drawn=raw / _full(raw),
    )


def _full(heights: FloatArray) -> float:
    """Return the height that fills the picture: 1, as a hand draws, where that makes one see much.

    A hand may draw low, and there it stands; a few low heights were written, and only their
    proportions count.
    """
    highest = float(heights.max())
    least = LOWEST if len(heights) >= MANY else LOW
    return max(highest, 1.0) if highest >= least else highest / FILLED


def own_strokes(s: Shape) -> Distribution:
    """Return a mixture of equal Gaussians, one for each dab of a brush of width sigma.

    Raises
    ------
    ParamError
        If there is no dab.
    """
    if not s.strokes:
        raise ParamError("data.strokes = []: must have at least one dab, a pair of numbers")
    dabs = np.array(s.strokes, dtype=float)
    box = tuple((-CANVAS - 3.3 * s.sigma, CANVAS + 3.3 * s.sigma) for _ in range(2))
    # No modes: where one dab ends and the next begins means nothing.
    return replace(
        _even(dabs, s.sigma), box=box, centres=np.empty((0, 2)), sigmas=np.empty(0), drawn=dabs
    )


def _share_below(points: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """Return the empirical joint CDF of (n, dim) points."""
    n, dim = points.shape
    if dim == 1:
        ordered = np.sort(points[:, 0])
        return lambda x: np.searchsorted(ordered, x[:, 0], side="right") / n

    def cdf(x: FloatArray) -> FloatArray:
        shares = []
        for part in np.array_split(x, max(len(x) // 1024, 1)):
            # Counting points by the cell between queried coordinates answers all at once.
            axes = [np.unique(part[:, axis]) for axis in (0, 1)]
            cell = [np.searchsorted(axes[k], points[:, k]) for k in (0, 1)]
            shape = (len(axes[0]) + 1, len(axes[1]) + 1)
            counts = np.bincount(
                np.ravel_multi_index(tuple(cell), shape), minlength=shape[0] * shape[1]
            )
            table = counts.reshape(shape).cumsum(0).cumsum(1)
            at = [np.searchsorted(axes[k], part[:, k]) for k in (0, 1)]
            shares.append(table[at[0], at[1]] / n)
        return np.concatenate(shares)

    return cdf


def _order_statistic(points: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """Return the empirical quantile function of (n, 1) points."""
    ordered = np.sort(points[:, 0])
    n = len(ordered)
    return lambda u: ordered[np.clip(np.ceil(np.asarray(u) * n).astype(int) - 1, 0, n - 1)]


def ring(s: Shape) -> Distribution:
    angles = 2 * pi * np.arange(s.modes) / s.modes
    return _even(s.scale * np.stack([np.cos(angles), np.sin(angles)], 1), s.sigma)


def grid(s: Shape) -> Distribution:
    side = isqrt(s.modes)
    if side * side != s.modes:
        raise ParamError(
            f"data.modes = {s.modes}: a grid needs a square number of modes, such as 9, 16 or 25"
        )
    axis = s.scale * (np.arange(side) - (side - 1) / 2)
    return _even(np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2), s.sigma)


def _noisy(
    curve: Callable[[FloatArray], FloatArray],
    s: Shape,
    *,
    log_density: Callable[[FloatArray], FloatArray] | None = None,
    breaks: tuple[float, ...] = (),
) -> Distribution:
    """Return a curve in the plane, run through evenly, with Gaussian noise of sigma around it.

    Density, where no closed form is given, and joint CDF are averages over the curve, which jumps
    at ``breaks``.
    """
    exact = NoisyCurve(curve, s.sigma, breaks)

    def sample(rng: np.random.Generator, n: int) -> FloatArray:
        return curve(rng.random(n)) + s.sigma * rng.standard_normal((n, 2))

    path = curve((np.arange(4096) + 0.5) / 4096)
    low, high = path.min(0) - 3.3 * s.sigma, path.max(0) + 3.3 * s.sigma
    return Distribution(
        2,
        sample,
        log_density or exact.log_density,
        path.mean(0),
        np.sqrt(path.var(0) + s.sigma**2),
        tuple((float(a), float(b)) for a, b in zip(low, high, strict=True)),
        np.empty((0, 2)),
        cdf=exact.cdf,
    )


def moons(s: Shape) -> Distribution:
    def curve(u: FloatArray) -> FloatArray:
        upper = u < 0.5
        angle = pi * np.where(upper, 2 * u, 2 * u - 1)
        x = np.where(upper, np.cos(angle), 1 - np.cos(angle)) - 0.5
        y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
        return s.scale * np.stack([x, y], 1)

    return _noisy(curve, s, breaks=(0.5,))


def spiral(s: Shape) -> Distribution:
    """Return an Archimedean spiral of one and a half turns, evenly filled along its length."""

    def curve(u: FloatArray) -> FloatArray:
        turn = np.sqrt(0.05 + 0.95 * u)  # arc length of a spiral grows with the radius squared
        angle = 3 * pi * turn
        way = np.stack([np.cos(angle), np.sin(angle)], 1)
        return np.asarray(s.scale * turn[:, None] * way)

    return _noisy(curve, s)


def circle(s: Shape) -> Distribution:
    """Return a circle with Gaussian noise; density by the Bessel function I₀."""

    def curve(u: FloatArray) -> FloatArray:
        return s.scale * np.stack([np.cos(2 * pi * u), np.sin(2 * pi * u)], 1)

    def log_density(x: FloatArray) -> FloatArray:
        r = np.hypot(x[:, 0], x[:, 1])
        return (
            -((r - s.scale) ** 2) / (2 * s.sigma**2)
            - log(2 * pi * s.sigma**2)
            + _log_i0e(r * s.scale / s.sigma**2)
        )

    return _noisy(curve, s, log_density=log_density)


def _log_i0e(t: FloatArray) -> FloatArray:
    """Return log(I₀(t) exp(−t)); beyond 500, where I₀ overflows, its asymptotic series."""
    small = np.minimum(t, 500.0)
    u = 1 / np.maximum(t, 500.0)
    series = 1 + u / 8 + 9 * u**2 / 128 + 225 * u**3 / 3072
    return np.where(
        t <= 500.0,
        np.log(np.i0(small)) - small,
        np.log(series) - np.log(2 * pi / u) / 2,
    )


def line(s: Shape) -> Distribution:
    """Return a diagonal segment of half-length ``scale`` with Gaussian noise around it."""
    along = np.array([1.0, 1.0]) / sqrt(2)
    across = np.array([-1.0, 1.0]) / sqrt(2)

    def log_density(x: FloatArray) -> FloatArray:
        # By symmetry on the side where both ends lie to the right, so that the logarithm of the
        # difference Φ(near) − Φ(far) stays exact beyond the ends of the segment.
        a, b = -np.abs(x @ along), x @ across
        near = gauss.log_cdf((a + s.scale) / s.sigma)
        far = gauss.log_cdf((a - s.scale) / s.sigma)
        share = near + np.log1p(-np.exp(far - near))
        return np.asarray(
            share - log(2 * s.scale) - b**2 / (2 * s.sigma**2) - log(s.sigma * sqrt(2 * pi))
        )

    return _noisy(lambda u: s.scale * (2 * u - 1)[:, None] * along, s, log_density=log_density)


@cache
def _images(side: int, kinds: int, draw: Any) -> Image:
    """Return what is known of images, found once."""
    return Image(side, kinds, draw)


def digit_images(s: Shape) -> Distribution:
    """Return grey images of the ten digits, and their places on the plane where they are shown."""
    image = _images(digits.SIDE, len(digits.GLYPHS), digits.draw)

    def sample(rng: np.random.Generator, n: int) -> FloatArray:
        return digits.draw(rng, n)[0]

    places = image.places
    low, high = np.quantile(places, [0.0005, 0.9995], axis=0)
    shadow = Distribution(
        2,
        lambda rng, n: image.place(sample(rng, n)),
        None,
        places.mean(0),
        places.std(0),
        tuple((float(a), float(b)) for a, b in zip(low, high, strict=True)),
        np.empty((0, 2)),
        image=image,
    )
    wide = digits.SIDE**2
    return Distribution(
        wide,
        sample,
        None,
        image.mean,
        image.std,
        ((-1.0, 1.0),) * wide,
        np.empty((0, wide)),
        image=image,
        shadow=shadow,
    )


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of data. ``uses`` gives the numbers it reads, with its own default for each."""

    title: str
    build: Callable[[Shape], Distribution]
    uses: Mapping[str, Any]
    dims: str
    formula: str


#: What is on the canvas before anybody draws: a broad hill and a steep one; a spiralling stroke.
FIRST_CURVE = (0.0, 0.0, 0.1, 0.3, 0.5, 0.6, 0.5, 0.25, 0.1, 0.1, 0.2, 0.7, 0.9, 0.4, 0.1, 0.0, 0.0)
FIRST_STROKES = tuple(
    (round(t * cos(2.2 * t), 2), round(t * sin(2.2 * t), 2))
    for t in np.sqrt(np.linspace(0.3, 9, 60))
)

TARGETS: dict[str, Target] = {
    "normal": Target("Normal", normal, {"sigma": 1.0, "center": 0.0}, "1-D", "N(c, σ²)"),
    "two-gaussians": Target(
        "Two Gaussians",
        two_gaussians,
        {"scale": 2.0, "sigma": 0.5, "center": 0.0},
        "1-D",
        "½ N(c − a, σ²) + ½ N(c + a, σ²)",
    ),
    "three-gaussians": Target(
        "Three Gaussians",
        three_gaussians,
        {"scale": 2.0, "sigma": 0.3, "center": 0.0},
        "1-D",
        "⅓ N(c − a, σ²) + ⅓ N(c, σ²) + ⅓ N(c + a, σ²)",
    ),
    "uniform": Target("Uniform", uniform, {"scale": 1.0, "center": 0.0}, "1-D", "U(c − a, c + a)"),
    "exponential": Target(
        "Exponential", exponential, {"scale": 1.0, "center": 0.0}, "1-D", "c + Exp(mean a)"
    ),
    "point": Target("A single point", point, {"center": 0.0}, "1-D", "δ(x − c)"),
    "mixture": Target(
        "Your own mixture",
        mixture,
        {"sigma": 0.5, "weights": (), "means": (-2.0, 2.0), "sigmas": ()},
        "1-D or 2-D",
        "Σ wᵢ N(mᵢ, σᵢ²)",
    ),
    "file": Target("Your own points", own_points, {"file": None}, "1-D or 2-D", "rows of a file"),
    "curve": Target(
        "Your own curve", own_curve, {"curve": FIRST_CURVE}, "1-D", "a curve drawn by hand"
    ),
    "strokes": Target(
        "Your own strokes",
        own_strokes,
        {"strokes": FIRST_STROKES, "sigma": 0.15},
        "2-D",
        "the mean of N(dab, σ²I) over the dabs of a brush",
    ),
    "ring": Target(
        "Ring of Gaussians",
        ring,
        {"modes": 8, "scale": 2.0, "sigma": 0.05},
        "2-D",
        "m Gaussians N(·, σ²I) on a circle of radius a",
    ),
    "grid": Target(
        "Grid of Gaussians",
        grid,
        {"modes": 25, "scale": 1.0, "sigma": 0.05},
        "2-D",
        "√m × √m Gaussians N(·, σ²I), a apart",
    ),
    "moons": Target("Two moons", moons, {"scale": 1.5, "sigma": 0.1}, "2-D", "two half circles"),
    "spiral": Target("Spiral", spiral, {"scale": 2.0, "sigma": 0.05}, "2-D", "r ∝ angle"),
    "circle": Target("Circle", circle, {"scale": 2.0, "sigma": 0.05}, "2-D", "radius a, noise σ"),
    "line": Target("Line", line, {"scale": 2.0, "sigma": 0.05}, "2-D", "half-length a, noise σ"),
    "digits": Target(
        "Digits, 16 × 16",
        digit_images,
        {},
        "images",
        "ten digits drawn as strokes of random size, width, slant, turn, place and pen",
    ),
}

#: Those whose samples are images.
IMAGES = tuple(name for name, target in TARGETS.items() if target.dims == "images")


def users(name: str) -> tuple[str, ...]:
    """Return the targets that read the number ``name``."""
    return tuple(kind for kind, target in TARGETS.items() if name in target.uses)
