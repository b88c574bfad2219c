"""One player's turn: the batches and what D said of them, as losses and penalties see it."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ganviz.engine.draws import Chance
from ganviz.engine.family.judge import Judge, Opinion


class Turn:
    """What a penalty may look at; see ``ganviz.catalog.penalties.Turn``.

    ``real`` and ``fake`` are D's inputs as D saw them, ``fake`` cut off from G.
    """

    def __init__(
        self,
        judge: Judge,
        chance: Chance,
        inputs: tuple[Tensor, Tensor],
        opinions: tuple[Opinion, Opinion],
        squares: Callable[[], tuple[Tensor, Tensor]],
    ) -> None:
        self._judge = judge
        self._chance = chance
        self.real, self.fake = inputs[0], inputs[1].detach()
        self.real_logits, self.fake_logits = opinions[0].logits, opinions[1].logits
        self.squares = squares

    def logits(self, x: Tensor) -> Tensor:
        """Return s of D's inputs, differentiable in them and in D's weights."""
        return self._judge.opinion(x, self._chance).logits

    def uniform(self, *shape: int) -> Tensor:
        """Return draws from U[0, 1) of the penalty stream."""
        return self._chance.uniform("penalty", *shape)
