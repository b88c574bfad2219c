"""What playing moves, as it was before: to be put back when numbers stop being finite.

That happens once in a run, if at all, and a moment before each call would cost as much as a step.
So no moment is made: the numbers are copied over those of the call before.
"""

from __future__ import annotations

import numpy as np
import torch

from ganviz.engine.draws import Draws
from ganviz.engine.family import Family


class Before:
    """Where a family's game stood before a call."""

    def __init__(self, family: Family) -> None:
        self._family = family
        players = [player.store for player in family.players.values()]
        self._places = [*players, *family.memory.values()]  # none of them asks for gradients
        self._kept = [torch.empty_like(place) for place in self._places]
        # The same memory in numpy's eyes, where it can see it: it copies in half the time.
        seen = all(place.device.type == "cpu" for place in self._places)
        self._copies = [
            (kept.numpy(), place.detach().numpy())
            for kept, place in zip(self._kept, self._places, strict=True)
            if seen
        ]
        self._updates: list[int] = []
        self._drawn = 0, 0

    def take(self, draws: Draws) -> None:
        """Keep the numbers as they are."""
        if self._copies:
            for to, of in self._copies:
                np.copyto(to, of)
        else:
            for kept, place in zip(self._kept, self._places, strict=True):
                kept.copy_(place)
        self._updates = [player.updates for player in self._family.players.values()]
        self._drawn = draws.block, draws.used

    def put_back(self, steps: int, draws: Draws) -> Draws:
        """Put the numbers back, at that step, and return the draws as they were."""
        for kept, place in zip(self._kept, self._places, strict=True):
            place.copy_(kept)
        players = self._family.players.values()
        for player, updates in zip(players, self._updates, strict=True):
            player.updates = updates
        self._family.step = steps
        return Draws(draws.seed, draws.supply, *self._drawn)
