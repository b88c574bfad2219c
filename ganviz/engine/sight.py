"""The present moment, as the measures see it: everything computed when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from math import isnan, log, nan

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ganviz.catalog.measures import Known
from ganviz.catalog.targets import Distribution
from ganviz.engine.family import Family, Present
from ganviz.engine.family.present import Tallied
from ganviz.theory import coverage, distances
from ganviz.theory.coverage import Census

FloatArray = npt.NDArray[np.float64]

#: Samples of the measuring batch that gradient norms are taken of.
NORM_SAMPLES = 256
#: Where no kernel counts.
NOTHING = Tallied(None, nan, nan)


class Glance:
    """A :class:`~ganviz.catalog.measures.Sight` of a family's present weights."""

    def __init__(self, family: Family, noise: Tensor, whole: FloatArray, real: FloatArray) -> None:
        """See a family's present weights; ``whole`` are the real samples, ``real`` as shown."""
        self._family = family
        self._noise = noise
        self._whole_real, self.real = whole, real
        self.target: Distribution = family.supply().seen

    @cached_property
    def whole(self) -> FloatArray:
        """G of the fixed measuring noise, (n, dim) in the dimension of the data."""
        return self._family.images(self._noise)

    @cached_property
    def fake(self) -> FloatArray:
        """The same as it is shown, (n, 1 or 2); read-only, so that measures can share work."""
        fake = self._family.supply().target.shown(self.whole)
        fake.flags.writeable = False
        return fake

    @cached_property
    def legible(self) -> FloatArray:
        """Of generated images the share that is legible and of a kind, for each."""
        return np.empty(0) if self.target.image is None else self.target.image.legible(self.whole)

    @cached_property
    def _tallied(self) -> Tallied:
        """What a kernel counts of them in one call: as much as it does."""
        found = None if self._family.tally is None else self._family.tally(self.fake, self.real)
        return NOTHING if found is None else found

    @cached_property
    def census(self) -> Census:
        """Them by mode."""
        found, target = self._tallied.census, self.target
        if found is not None:
            return found
        return coverage.census(self.fake, target.centres, target.sigmas)

    @property
    def sliced_w(self) -> float:
        """Their sliced W₁ from the real ones."""
        found = self._tallied.sliced_w
        return distances.sliced_wasserstein(self.fake, self.real) if isnan(found) else found

    @property
    def histogram_jsd(self) -> float:
        """Their JSD from the real ones, of histograms; log 2 where one is not finite."""
        found = self._tallied.jsd
        if not isnan(found):
            return found
        finite = np.isfinite(self.fake).all()
        return distances.histogram_jsd(self.fake, self.real) if finite else log(2)

    @cached_property
    def _present(self) -> Present:
        return self._family.present("measure")

    @cached_property
    def known(self) -> Known | None:
        """What theory can say."""
        return self._present.known(self)

    @property
    def note(self) -> str:
        """How theory knew what it said; empty if it was not asked. Asks nothing new."""
        known = self.__dict__.get("known")
        return "" if known is None else known.note

    @cached_property
    def norms(self) -> Mapping[tuple[str, str], float]:
        """Gradient norms by (player, loss)."""
        real = self._noise.new_tensor(self._whole_real[:NORM_SAMPLES])
        return self._family.norms(real, self._noise[:NORM_SAMPLES])

    @cached_property
    def information(self) -> float:
        """What a sample tells of its code."""
        return self._family.information(self._noise)
