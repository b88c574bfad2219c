"""The present moment, as the measures see it: everything computed when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ganviz.catalog.measures import Known
from ganviz.catalog.targets import Distribution
from ganviz.engine.family import Family, Present

FloatArray = npt.NDArray[np.float64]

#: Samples of the measuring batch that gradient norms are taken of.
NORM_SAMPLES = 256


class Glance:
    """A :class:`~ganviz.catalog.measures.Sight` of a family's present weights."""

    def __init__(self, family: Family, noise: Tensor, real: FloatArray) -> None:
        """See a family's present weights."""
        self._family = family
        self._noise = noise
        self.real = real
        self.target: Distribution = family.supply().target

    @cached_property
    def fake(self) -> FloatArray:
        """G of the fixed measuring noise, (n, dim); read-only, so that measures can share work."""
        fake = self._family.images(self._noise)
        fake.flags.writeable = False
        return fake

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
        real = self._noise.new_tensor(self.real[:NORM_SAMPLES])
        return self._family.norms(real, self._noise[:NORM_SAMPLES])

    @cached_property
    def information(self) -> float:
        """What a sample tells of its code."""
        return self._family.information(self._noise)
