"""Families of games. The engine knows a family only through :class:`Family`."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ganviz.engine.draws import Supply
from ganviz.engine.player import Player
from ganviz.frame import Belief, Line, Portrait
from ganviz.settings import Settings

FloatArray = npt.NDArray[np.float64]


class Family(Protocol):
    """A kind of game: its players, one round of it, and what pictures need to know of it.

    Attributes
    ----------
    players
        By name, in the order in which a report names them.
    moves
        None, or a list to which each move adds (player, its largest weight): for a diagnosis.
    columns
        Trace columns that :meth:`round` fills, for every game of the family the same.
    """

    settings: Settings
    players: dict[str, Player]
    columns: tuple[str, ...]
    moves: list[tuple[str, float]] | None

    @property
    def curves(self) -> tuple[tuple[str, str, str], ...]:
        """((trace column, label, role), …) of the loss plot."""
        ...

    @property
    def references(self) -> tuple[Line, ...]:
        """Where the curves stand at the equilibrium."""
        ...

    @property
    def formula(self) -> str:
        """What the players minimise, in plain letters."""
        ...

    @property
    def title(self) -> str:
        """The game in a few words."""
        ...

    def supply(self) -> Supply:
        """Return what one round needs of the draws."""
        ...

    def round(self, data: Tensor, noise: Tensor, row: Tensor) -> None:
        """Play one round on its batches and write the row of trace (len(columns),)."""
        ...

    def solo(self, player: str, data: Tensor, noise: Tensor) -> None:
        """Let one player move once."""
        ...

    def gradient(self, player: str, data: Tensor, noise: Tensor, loss: str | None = None) -> Tensor:
        """Return a player's flat gradient on a batch, without moving anything."""
        ...

    def push(self, z: Tensor) -> Tensor:
        """Return generated samples."""
        ...

    def logit(self, x: Tensor) -> Tensor:
        """Return D's logits (n,)."""
        ...

    def belief(self, grid: tuple[FloatArray, ...], span: tuple[float, float]) -> Belief:
        """Return D's opinion over a grid; ``span`` is drawn where it has no natural range."""
        ...

    def portraits(self) -> tuple[Portrait, ...]:
        """Return the saddle pictures of this game, the preferred one first."""
        ...

    def picture(self, portrait: Portrait, box: tuple[float, float, float, float]) -> Portrait:
        """Return a portrait with its field filled in over a box, where it has one."""
        ...


class Builder(Protocol):
    """Builds a family's game, carrying over what an older one of the same run can give."""

    def __call__(
        self, settings: Settings, before: Family | None, renew: frozenset[str], block: int
    ) -> Family:
        """Return the game; raises ``ParamError`` for settings that do not fit together."""
        ...


def families() -> dict[str, Builder]:
    """Return the families by ``game.kind``."""
    from ganviz.engine.family.gan import Gan

    return {"gan": Gan}


__all__ = ["Builder", "Family", "families"]
