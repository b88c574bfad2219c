"""The plain kernel: the family's own rounds, one after another, by torch's autograd."""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt
import torch

from ganviz.engine.draws import Draws
from ganviz.engine.family import Family


class Plain:
    """The definition: it plays every game.

    Parameters
    ----------
    why
        Why no faster kernel plays this one, in words; or a sentence of its own, with its full stop.
    """

    name = "plain"
    free = False
    ready, busy, pace = 0, False, 0.0  # nothing is played in advance

    def __init__(self, family: Family, why: str = "") -> None:
        self.family = family
        if why and not why.endswith("."):
            why = f"No faster kernel plays this game: {why}."
        self.about = f"The plain kernel: round after round by PyTorch's autograd. {why}".rstrip()

    def play(
        self, n: int, draws: Draws, more: int = 0, executor: Executor | None = None
    ) -> npt.NDArray[np.float64]:
        """Play n rounds and return their rows of the family's columns, (n, len(columns))."""
        family = self.family
        supply = family.supply()
        rows = torch.empty(n, len(family.columns), dtype=supply.dtype, device=supply.device)
        for row in rows.unbind():
            family.round(draws.take(), row)
        return rows.cpu().numpy().astype(np.float64)

    def forget(self) -> None:
        """Leave what was played in advance: nothing."""
