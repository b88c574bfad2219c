"""Moments: everything needed to continue a run bit for bit, or to draw it again."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ganviz.engine.diagnosis import Standing
from ganviz.engine.ranges import Held
from ganviz.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class PlayerMoment:
    """One player's flat weights, optimiser moments (both in the run's own precision), updates."""

    flat: npt.NDArray[np.floating]
    moments: tuple[npt.NDArray[np.floating], ...]
    updates: int


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """Where a run stands after ``step`` steps.

    ``block`` and ``used`` count the draws (there is no generator state); ``held`` are the ranges
    the axes show and ``measured`` the latest measures, by name; ``memory`` holds averaged and
    anchored weights and the replay buffer, by name, where they are in use. ``standing`` is the
    diagnosis with all that it looks back on, and ``unread`` the rows of the trace that it has not
    looked at yet: a resumed run has no trace of before. ``captured`` is the share of the samples
    that each mode had when last measured, ``how`` how the latest divergences are known.
    """

    step: int
    settings: Settings
    players: dict[str, PlayerMoment]
    block: int
    used: int
    held: dict[str, Held]
    measured: dict[str, float]
    memory: dict[str, npt.NDArray[np.floating]] = field(default_factory=dict)
    standing: Standing | None = None
    unread: tuple[npt.NDArray[np.float64], ...] = ()
    captured: npt.NDArray[np.float64] | None = None
    how: str = ""
