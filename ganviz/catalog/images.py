"""What is known of data that are images: the plane they are shown on, and how to read them.

Two closed forms of some thousand drawn images stand in for theory. The plane is that of their two
leading principal components. A mixture of probabilistic principal components, one Gaussian for
each kind of image (Tipping & Bishop 1999, "Mixtures of probabilistic principal component
analyzers", eq. 3 to 8), says which kind an image is and how likely it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

#: Images that are drawn to know them, and as many more that only tell what such images score.
DRAWN, KEPT = 4000, 2000
#: Directions of each kind in which its images are known to vary.
LATENT = 16
#: An image is legible where it is more likely than so many of the real ones.
UNLIKELY = 0.01
#: A kind of image is covered where so many of all generated images are legible ones of it.
COVERED = 0.01


class Read(NamedTuple):
    """(n,) of which kind each image most likely is, and (n,) its log density among these."""

    kind: IntArray
    likely: FloatArray


class Kinds(NamedTuple):
    """Of each kind its mean, its directions (LATENT, d), their variances, and the others' mean."""

    mean: FloatArray
    directions: FloatArray
    variances: FloatArray
    rest: float


@dataclass(frozen=True, eq=False)
class Image:
    """A kind of data: square grey images in [−1, 1], read by rows from the top.

    Attributes
    ----------
    side, kinds
        Pixels each way, and of how many kinds the images are.
    draw
        (rng, n) -> (n, side²) images, and (n,) of which kind each is.
    """

    side: int
    kinds: int
    draw: Callable[[np.random.Generator, int], tuple[FloatArray, IntArray]]

    @cached_property
    def _drawn(self) -> tuple[FloatArray, IntArray]:
        """Images to know them by: the same in every run."""
        return self.draw(np.random.Generator(np.random.Philox(0)), DRAWN)

    @cached_property
    def _others(self) -> FloatArray:
        """Images that nothing was learnt of."""
        return self.draw(np.random.Generator(np.random.Philox(1)), KEPT)[0]

    @property
    def mean(self) -> FloatArray:
        """The mean image, (side²,)."""
        return self._plane[0]

    @cached_property
    def std(self) -> FloatArray:
        """The standard deviation of each pixel, (side²,)."""
        return np.asarray(self._drawn[0].std(0))

    # ---- the plane ----------------------------------------------------------------------------

    @cached_property
    def _plane(self) -> tuple[FloatArray, FloatArray]:
        """The mean image, and the (side², 2) directions in which images vary most."""
        x, _ = self._drawn
        mean = x.mean(0)
        _, vectors = np.linalg.eigh(np.cov(x.T))
        axes = vectors[:, :-3:-1]
        # The sense is that in which most of a direction's weight is positive.
        return mean, axes * np.where(axes.sum(0) < 0, -1.0, 1.0)

    def place(self, x: FloatArray) -> FloatArray:
        """Return where images (n, side²) lie on the plane, (n, 2)."""
        mean, axes = self._plane
        return np.asarray((x - mean) @ axes)

    def turn(self, moves: npt.NDArray[np.floating]) -> FloatArray:
        """Return where moves of images (n, side²) lead on the plane, (n, 2)."""
        return np.asarray(moves @ self._plane[1])

    @cached_property
    def places(self) -> FloatArray:
        """Places of some thousand images."""
        return self.place(self._drawn[0])

    # ---- how sharp ----------------------------------------------------------------------------

    def sharpness(self, x: FloatArray) -> FloatArray:
        """Return the variance of each image's Laplacian, (n,)."""
        y = x.reshape(-1, self.side, self.side)
        middle = 4 * y[:, 1:-1, 1:-1]
        found = middle - y[:, :-2, 1:-1] - y[:, 2:, 1:-1] - y[:, 1:-1, :-2] - y[:, 1:-1, 2:]
        return np.asarray(found.reshape(len(y), -1).var(1))

    @cached_property
    def sharp(self) -> tuple[float, float]:
        """The mean sharpness of real images, and its standard deviation from image to image."""
        found = self.sharpness(self._drawn[0])
        return float(found.mean()), float(found.std())

    # ---- reading ------------------------------------------------------------------------------

    @cached_property
    def _known(self) -> tuple[Kinds, ...]:
        x, kind = self._drawn
        found = []
        for number in range(self.kinds):
            own = x[kind == number]
            values, vectors = np.linalg.eigh(np.cov(own.T))
            found.append(
                Kinds(
                    own.mean(0),
                    vectors[:, -LATENT:].T.copy(),
                    values[-LATENT:],
                    float(values[:-LATENT].mean()),
                )
            )
        return tuple(found)

    def read(self, x: FloatArray) -> Read:
        """Return of which kind images (n, side²) most likely are, and how likely they are."""
        logs = np.empty((self.kinds, len(x)))
        for number, kind in enumerate(self._known):
            away = x - kind.mean
            along = away @ kind.directions.T
            inside = (along**2 / kind.variances).sum(1) + np.log(kind.variances).sum()
            left = (away**2).sum(1) - (along**2).sum(1)
            others = self.side**2 - LATENT
            logs[number] = -(inside + left / kind.rest + others * np.log(kind.rest)) / 2
        return Read(logs.argmax(0), logs.max(0))

    @cached_property
    def _likely(self) -> FloatArray:
        """How likely real images are that nothing was learnt of."""
        return np.sort(self.read(self._others).likely)

    @cached_property
    def least(self) -> float:
        """The log density that all but ``UNLIKELY`` of the real images exceed."""
        return float(np.quantile(self._likely, UNLIKELY))

    def legible(self, x: FloatArray) -> FloatArray:
        """Return the share of images that are legible and of a kind, for each, (kinds,)."""
        found = self.read(x)
        good = found.kind[found.likely >= self.least]
        return np.bincount(good, minlength=self.kinds) / max(len(x), 1)
