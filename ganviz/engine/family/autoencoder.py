"""Autoencoders: plain, denoising and sparse.

Encoder and generator minimise E ‖x − G(h)‖² + λ Σ|h| with h = E(x + s·ε) together. There is no
prior of h, so nothing is generated of noise: what stands where a GAN has generated samples are
reconstructions x̂ = G(E(x + s·ε)) of data, and a sample is made of a point of the (blurred) data.

Denoising (s > 0): the best answer is the mean of the clean x behind x̃, and it moves each point by
x̂(x̃) − x̃ = s² ∇ log p_s(x̃), p_s the data blurred by s (Vincent 2011, eq. 9 to 12; Alain & Bengio
2014, arXiv:1211.4246): the arrows are a picture of the score. Sparse (λ > 0): codes are pulled to
zero (Olshausen & Field 1996); behind G(h) = h the best is the soft threshold max(|x| − λ/2, 0)
with x's sign (Tibshirani 1996).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ganviz.catalog.games import GAMES
from ganviz.catalog.latents import Latent
from ganviz.catalog.targets import Distribution
from ganviz.clock import Part
from ganviz.engine.diagnosis import Case
from ganviz.engine.draws import rng
from ganviz.engine.family.coder import Coder, E, G, Unseen
from ganviz.frame import Arrows, Belief, Portrait

FloatArray = npt.NDArray[np.float64]

#: Draws of the blurred data whose ranks stand for its quantiles.
RANKS = 2**15
#: Arrows each way where they are drawn on a grid, and how far beyond the data's box, of its half.
ARROWS, BEYOND = {1: 41, 2: 13}, 0.25
#: Bins of the data for the mean of x behind x̃, where these are no mixture.
BINS = 2000


class Answers(Unseen):
    """A moment of an autoencoder: what is known is the best denoiser, on the line."""

    coder: Autoencoder

    def best(self, grid: tuple[FloatArray, ...]) -> FloatArray | None:
        """Return how far the best denoiser would move the nodes of a grid, (g,)."""
        if len(grid) > 1 or self.coder.denoiser is None:
            return None
        return self.coder.best_moves(grid)


class Autoencoder(Coder):
    """An encoder that shortens x to a code, and a generator that rebuilds x of it."""

    columns: tuple[str, ...] = GAMES["autoencoder"].columns

    def _noise_dim(self) -> int:
        return self.target.dim

    def _source(self) -> tuple[Latent, int]:
        """Return the law of what E sees: the data, blurred by the corruption."""
        s, target = self.settings.encoder.noise, self.target

        def sample(random: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
            x = target.sample(random, int(np.prod(shape[:-1])))
            if s > 0:
                x = x + s * random.standard_normal(x.shape)
            return x.reshape(shape)

        def quantile(u: FloatArray) -> FloatArray:
            ranked = np.sort(sample(rng(0, "probe", 13), (RANKS, 1))[:, 0])
            return np.interp(u, (np.arange(RANKS) + 0.5) / RANKS, ranked)

        formula = "x ~ p" if s == 0 else f"x̃ = x + {s:g} ε"
        return Latent("Data", sample, quantile, formula, tail=0.001), target.dim

    def loss(self, x: Tensor, noise: Tensor, told: dict[str, Tensor]) -> Tensor:
        """Return the squared error and the price of the code; tell these and how the code lies."""
        s, weight = self.settings.encoder.noise, self.settings.encoder.sparsity
        code = self.players[E](x + s * noise if s > 0 else x)
        missed = (x - self.players[G](code)).square().sum(1).mean()
        size = code.abs().sum(1).mean()
        told["reconstruction"], told["code"] = missed, size
        told["quiet"] = (code.detach().abs() < self.quiet).to(code.dtype).mean()
        if weight == 0:
            return missed
        told["sparsity"] = weight * size
        return missed + weight * size

    def _rebuilt(self, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, str]:
        s = self.settings.encoder.noise
        code = self.encoded(x + s * noise if s > 0 else x)
        said = (
            "E shortens each to a code" if s == 0 else "E sees them through noise, and codes each"
        )
        return code, self.decoded(code), said

    def images(self, z: Tensor, average: bool = False) -> FloatArray:
        """Return x̂ (n, dim) of points of the data space (n, dim)."""
        return self.decoded(self.encoded(z)).cpu().numpy().astype(np.float64)

    def codes(self, real: FloatArray, seen: Tensor) -> FloatArray:
        """Return the codes (n, k) of points of the (blurred) data."""
        return self.encoded(seen).cpu().numpy().astype(np.float64)

    def holding(self, seen: Tensor, number: int, value: float) -> FloatArray:
        """Return x̂ (n, dim) of points of the data space, coordinate ``number`` held."""
        codes = self.codes(np.empty(0), seen)
        codes[:, number] = value
        return self.rebuilt(codes)

    # ---- the best denoiser --------------------------------------------------------------------

    @cached_property
    def denoiser(self) -> Denoiser | None:
        """The best denoiser, where the data are a mixture or lie on the line; else None."""
        s = self.settings.encoder.noise
        return Denoiser.of(self.target, s) if s > 0 else None

    def best_moves(self, grid: tuple[FloatArray, ...]) -> FloatArray:
        """Return how far the best denoiser moves the nodes of a grid on the line, remembered."""
        assert self.denoiser is not None
        if self._best is None or self._best[0] is not grid:
            x = grid[0][:, None]
            self._best = grid, (self.denoiser(x) - x)[:, 0]
        return self._best[1]

    _best: tuple[tuple[FloatArray, ...], FloatArray] | None = None

    # ---- what pictures need -------------------------------------------------------------------

    def present(self, purpose: str = "measure") -> Any:
        """Return what theory knows of this moment."""
        return Answers(self)

    @property
    def case(self) -> Case:
        """What the detectors must know: reconstructions have no p_g that could be near p."""
        return replace(super().case, distances=(), modes=0)

    @property
    def curves(self) -> tuple[tuple[str, str, str], ...]:
        """The loss, and its two terms where there are two."""
        if self.settings.encoder.sparsity == 0:
            return (("reconstruction", "E‖x − r(x)‖²", "generator"),)
        return (
            ("loss", "loss", "value"),
            ("reconstruction", "E‖x − r(x)‖²", "generator"),
            ("sparsity", "λ Σ|h|", "encoder"),
        )

    @property
    def formula(self) -> str:
        """The loss in plain letters."""
        sparse = " + λ Σ|h|" if self.settings.encoder.sparsity > 0 else ""
        seen = "x + s ε" if self.settings.encoder.noise > 0 else "x"
        return f"E ‖x − G(h)‖²{sparse}, h = E({seen})"

    @property
    def title(self) -> str:
        """The game in a few words."""
        e = self.settings.encoder
        parts = [self.settings.data.target, "autoencoder"]
        parts += [f"denoising s = {e.noise:g}"] if e.noise > 0 else []
        parts += [f"sparse λ = {e.sparsity:g}"] if e.sparsity > 0 else []
        return " · ".join(parts)

    def _written(self) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
        e = self.settings.encoder
        pieces = [(r"L =", "loss"), (r"\mathbb{E}\,\|x - G(h)\|^2", "reconstruction")]
        where = [r"h = E(x)"]
        if e.sparsity > 0:
            pieces.append((r"+\,\lambda \sum |h|", "sparsity"))
            where.append(rf"\lambda = {e.sparsity:g}")
        if e.noise > 0:
            where[0] = rf"h = E(x + s\,\varepsilon),\; s = {e.noise:g}"
        return tuple(pieces), tuple(where)

    @property
    def offers(self) -> frozenset[str]:
        """The layers of pictures that this game can fill besides the ones every game has."""
        if self.side:
            return frozenset({"images", "code"})
        found = {"arrows", "code"}
        if self.target.dim == 1:
            found |= {"map"} | ({"best"} if self.denoiser is not None else set())
        elif self.target.log_density is not None:
            found.add("contours")
        return frozenset(found)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The natural range of how far points are moved: none on the line."""
        return None if self.target.dim == 1 else super().bounds

    def believed(self, x: Tensor) -> FloatArray:
        """Return how far points (n, 1) are moved, (n,)."""
        return np.asarray((self.images(x) - x.cpu().numpy())[:, 0])

    @Part("D and fields")
    def belief(self, grid: tuple[FloatArray, ...], span: tuple[float, float]) -> Belief:
        """Return how far each node of an axis is moved; nothing in the plane: arrows tell there."""
        if len(grid) > 1:
            return super().belief(grid, span)
        values = self.believed(self.nodes(grid))
        label = f"r − {self.mapped[0]}"
        return Belief(label, values, *span, 0.0, f"r = {self.mapped[0]}", "score")

    @property
    def pulling(self) -> tuple[tuple[str, str], ...]:
        """((name, title), …) of the arrows: those of the networks, and the score they learn."""
        own = ("moves", "r(x) − x")
        return (own, ("score", "s² ∇log p_s(x)")) if self.denoiser is not None else (own,)

    @Part("arrows")
    def arrows(self, z: Tensor, loss: str = "") -> tuple[Arrows, ...]:
        """Return where points of an even grid are moved, and where the best denoiser would."""
        if self.side:  # a grid of images there is not
            return ()
        at = self._places
        made = self.images(self.tensor(at)) - at
        found = [Arrows("moves", "r(x) − x", made.astype(np.float32), at.astype(np.float32))]
        if loss == "score" and self.denoiser is not None:
            moves = (self.denoiser(at) - at).astype(np.float32)
            found.append(Arrows("score", self.pulling[1][1], moves, at.astype(np.float32)))
        return tuple(found)

    @cached_property
    def _places(self) -> FloatArray:
        """(n, dim) the even grid of points that get an arrow."""
        air = [BEYOND * (high - low) / 2 for low, high in self.target.box]
        axes = [
            np.linspace(low - more, high + more, ARROWS[self.target.dim])
            for (low, high), more in zip(self.target.box, air, strict=True)
        ]
        return np.stack(np.meshgrid(*axes), -1).reshape(-1, self.target.dim)

    @property
    def mapped(self) -> tuple[str, str]:  # type: ignore[override]
        """What goes into the map, and what comes out."""
        return ("x̃" if self.settings.encoder.noise > 0 else "x"), "r"

    @property
    def called(self) -> tuple[tuple[str, str, str], ...]:
        """((layer, title, explanation), …) of layers that are called otherwise than in a GAN."""
        seen = self.mapped[0]
        of = "the data, as they are" if seen == "x" else "the data behind their noise"
        return (
            (
                "generated",
                "rebuilt",
                f"Reconstructions r = G(h) of {of}: an autoencoder has no p_g",
            ),
            (
                "average",
                "held",
                "Reconstructions with one coordinate of the code held by hand, and in the "
                "plane where that coordinate leads; training knows nothing of it",
            ),
            (
                "belief",
                f"r − {seen}",
                "How far each point is moved: its reconstruction less itself",
            ),
            (
                "best",
                "score",
                "The best denoiser: the mean of the clean x behind each point, less the point; it "
                "is s² times the slope of the blurred data's log density",
            ),
            (
                "arrows",
                "arrows",
                "From points of a grid towards their reconstructions. The scale stands above; what "
                "is too long for it is cut and has a second head",
            ),
            (
                "map",
                f"{seen} → r",
                f"Where points go: strands from {seen} to r({seen}), as many data between any two",
            ),
        )

    def portraits(self) -> tuple[Portrait, ...]:
        """Return the size of the code against the error, and the weights."""
        return (
            Portrait("code", "E Σ|h|: size of the code", "E‖x − r(x)‖²", "code", "reconstruction"),
            Portrait(
                "quiet",
                f"share of codes within ±{self.quiet:g}",
                "E‖x − r(x)‖²",
                "quiet",
                "reconstruction",
            ),
            *super().portraits(),
        )


class Denoiser:
    """The mean of the clean x behind x̃ = x + s·ε, as sums over places where x may be.

    Of a mixture the places are its centres: x̂ = Σ rₖ (σₖ² x̃ + s² μₖ) / (σₖ² + s²), rₖ the chance
    that x̃ comes from the k-th. Other data on the line are cut into bins.
    """

    def __init__(self, weights: FloatArray, at: FloatArray, sigmas: FloatArray, s: float) -> None:
        self._weights, self._at, self._sigmas, self._s = weights, at, sigmas, s

    @classmethod
    def of(cls, target: Distribution, s: float) -> Denoiser | None:
        """Return the best denoiser of some data, or None where it is not known."""
        if target.mixture is not None:
            return cls(*target.mixture, s)
        if target.atoms:
            at, mass = np.array(target.atoms).T
            return cls(mass, at[:, None], np.zeros(len(at)), s)
        if target.dim > 1 or target.cdf is None:
            return None
        (low, high), *_ = target.box
        more = (high - low) / 2
        edges = np.linspace(low - more, high + more, BINS + 1)
        mass = np.diff(target.cdf(edges[:, None]))
        middle, wide = (edges[1:] + edges[:-1])[:, None] / 2, float(edges[1] - edges[0])
        return cls(mass / mass.sum(), middle, np.full(BINS, wide / 12**0.5), s)

    def __call__(self, x: FloatArray) -> FloatArray:
        """Return x̂ (n, dim) for points x̃ (n, dim)."""
        return np.concatenate([self._few(part) for part in np.array_split(x, ceil(len(x) / 512))])

    def _few(self, x: FloatArray) -> FloatArray:
        square = self._sigmas**2 + self._s**2
        far = ((x[:, None, :] - self._at) ** 2).sum(-1) / (2 * square)
        with np.errstate(divide="ignore"):
            logs = np.log(self._weights) - far - x.shape[1] / 2 * np.log(square)
        share = np.exp(logs - logs.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)
        kept = self._sigmas**2 / square  # how much of x̃ itself each answer keeps
        return np.asarray((share @ kept)[:, None] * x + (share * (1 - kept)) @ self._at)
