"""The generator's manifold: the image of a grid in latent space in the plane of the data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ganviz.catalog.latents import Latent
from ganviz.frame import Manifold
from ganviz.settings import Settings

FloatArray = npt.NDArray[np.float64]

#: Lines each way where the latent has two coordinates, and nodes where it has one.
LINES, NODES = 21, 257
#: The mass left out at either end of a coordinate: a normal one has no first and last node.
TAIL = 0.005
#: Areas and lengths smaller than this count as this: a collapsed cell is dense, not infinite.
LEAST = 1e-12


class Decoder(Protocol):
    """Puts noise into the plane."""

    def tensor(self, array: npt.NDArray[np.floating]) -> Tensor:
        """Return an array as its networks take it."""
        ...

    def images(self, z: Tensor) -> FloatArray:
        """Return G(z), (n, 2)."""
        ...


@dataclass(frozen=True, eq=False)
class Mesh:
    """A grid of lines that part each latent coordinate into stretches of equal mass.

    On the sphere two coordinates have one degree of freedom: the grid is the circle itself.
    """

    latent: Latent
    dim: int
    tail: float
    circle: bool

    @classmethod
    def of(cls, settings: Settings, latent: Latent, dim: int, out: int) -> Mesh | None:
        """Return the mesh of a game, or None where there is none to be drawn."""
        kind = settings.latent.kind
        flat = settings.generator.kind == "point" or int(settings.acting("latent.codes")) > 0
        if out != 2 or dim > 2 or flat:
            return None
        return cls(latent, dim, TAIL if kind == "normal" else 0.0, kind == "sphere")

    @property
    def share(self) -> float:
        """The part of the noise that the mesh holds."""
        held: float = (1 - 2 * self.tail) ** self.dim
        return held

    @cached_property
    def nodes(self) -> FloatArray:
        """(r, c, dim) the nodes, the second coordinate along r and the first along c."""
        if self.circle:
            angle = np.linspace(-np.pi, np.pi, NODES)
            return np.asarray(np.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], -1)[None])
        count = LINES if self.dim == 2 else NODES
        axis = self.latent.quantile(np.linspace(self.tail, 1 - self.tail, count))
        if self.dim == 1:
            return axis[None, :, None]
        return np.stack(np.meshgrid(axis, axis), -1)

    def image(self, gan: Decoder) -> Manifold | None:
        """Return where G puts the nodes, and how dense its samples lie in each cell of them."""
        rows, columns, dim = self.nodes.shape
        flat = gan.images(gan.tensor(self.nodes.reshape(-1, dim)))
        at = flat.reshape(rows, columns, 2)
        if not np.isfinite(at).all():
            return None
        with np.errstate(over="ignore"):
            size = lengths(at) if rows == 1 else areas(at)
        mass = self.share / size.size
        return Manifold(at, mass / np.maximum(size, LEAST), self.share)


def areas(nodes: FloatArray) -> FloatArray:
    """Return (r - 1, c - 1) the areas of the cells between (r, c, 2) nodes.

    A cell is two triangles, each counted as positive, so that one that is folded over does not
    cancel out.
    """
    a, b, c, d = nodes[:-1, :-1], nodes[:-1, 1:], nodes[1:, 1:], nodes[1:, :-1]
    return np.asarray((np.abs(_cross(b - a, c - a)) + np.abs(_cross(c - a, d - a))) / 2)


def lengths(nodes: FloatArray) -> FloatArray:
    """Return (r, c - 1) the lengths between neighbours along each row of (r, c, 2) nodes."""
    return np.asarray(np.hypot.reduce(np.diff(nodes, axis=1), axis=-1))


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
