"""What the measures count of generated samples, in few calls, none with the interpreter lock.

It fills in :data:`~ganviz.engine.kernels.compiled.layout.TALLY` and calls :mod:`.tallying`. Shadows
are sorted by numpy, in one call as well: nothing is faster.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from math import nan
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ganviz.engine.family.present import Tallied
from ganviz.engine.kernels.compiled.layout import TALLIED, TALLY
from ganviz.theory import coverage, distances
from ganviz.theory.coverage import Census

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan
    from ganviz.engine.kernels.compiled.load import Function

FloatArray = npt.NDArray[np.float64]

#: Distances to modes up to which counting is so short that the interpreter lock is better held.
SHORT = 50_000


class Tally:
    """Counts what the measures of one game ask for."""

    def __init__(self, gan: Gan, functions: Mapping[str, Function]) -> None:
        self._gan = gan
        self._count, self._gap = functions["tally"], functions["gap"].held
        self._rooms = threading.local()

    def __call__(self, fake: FloatArray, real: FloatArray) -> Tallied | None:
        """Return what there is to count of samples (n, dim) beside as many real ones.

        None where one is not finite.
        """
        room: _Room | None = getattr(self._rooms, "found", None)
        casts = bool(self._gan.settings.acting("measure.sliced_w"))
        if room is None or room.real is not real or room.casts != casts:
            room = self._rooms.found = _Room(self._gan, real)
        if fake.shape != real.shape:
            raise ValueError(f"samples of shape {fake.shape}: must be {real.shape}")
        fake = np.ascontiguousarray(fake, dtype=np.float64)
        room.record["fake"] = fake.ctypes.data
        count = self._count.held if len(room.near) * fake.size < SHORT else self._count.call
        count(room.address)
        finite, jsd = room.told.tolist()
        if not finite:
            return None
        sliced = nan
        if room.cast.size:
            room.cast.sort(axis=1)
            self._gap(
                room.cast.ctypes.data,
                room.shadows.ctypes.data,
                room.cast.size,
                room.gap.ctypes.data,
            )
            sliced = float(room.gap[0])
        census = None
        if len(room.near):
            census = Census(room.near.copy(), room.good.copy(), len(fake))
        return Tallied(census, jsd, sliced)


class _Room:
    """What the addresses point to; one thread's own."""

    def __init__(self, gan: Gan, real: FloatArray) -> None:
        self.real = real
        self.casts = bool(gan.settings.acting("measure.sliced_w"))
        target, n = gan.target, len(real)
        many = len(target.centres) if target.sigmas.all() else 0
        self.near, self.good = np.zeros(many, np.int64), np.zeros(many, np.int64)
        self.told, self.gap = np.full(len(TALLIED), nan), np.zeros(1)
        self.shadows = self.cast = np.empty((0, n))
        self.record = np.zeros(1, TALLY)
        self.address = self.record.ctypes.data
        self._kept: list[object] = []
        self._put(
            {"count": n, "dim": target.dim, "modes": many, "radius": coverage.GOOD_RADIUS},
            {
                "centres": target.centres,
                "sigmas": target.sigmas,
                "near": self.near,
                "good": self.good,
                "told": self.told,
            },
        )
        if target.dim != 2:
            return
        if gan.ground.way == "samples":
            low, high, scale, shares = distances.binned(real)
            cells = np.zeros(len(shares), np.int64)
            parts = {"low": low, "high": high, "scale": scale, "shares": shares, "cells": cells}
            self._put({"bins": distances.BINS[2]}, parts)
        if self.casts:
            way = distances.fan()
            self.shadows, self.cast = distances.shadows(real), np.empty((len(way), n))
            self._put({"ways": len(way)}, {"way": way, "cast": self.cast})

    def _put(
        self, values: Mapping[str, float], arrays: Mapping[str, npt.NDArray[np.generic]]
    ) -> None:
        for name, value in values.items():
            self.record[name] = value
        for name, array in arrays.items():
            lying = np.ascontiguousarray(array)
            self._kept.append(lying)
            self.record[name] = lying.ctypes.data
