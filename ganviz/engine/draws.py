"""Random draws as a pure function of (seed, stream, block, shape).

One counter-based generator, Philox, feeds every kernel and device: its key is the seed and the
stream, its counter the number of the block. So nothing has to be remembered but two integers, many
rounds can be drawn at once, and a run can be continued from any of its rounds. Philox: Salmon et
al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from ganviz.catalog.latents import Latent
from ganviz.catalog.targets import Distribution

if TYPE_CHECKING:
    from torch import Tensor

STREAMS = {
    name: number
    for number, name in enumerate(
        ("data", "latent", "dropout", "penalty", "noise", "init", "rebuild", "probe")
    )
}

#: A block holds at most this many rounds, and about this many numbers.
BLOCK_ROUNDS = 64
BLOCK_NUMBERS = 2**20


def rng(seed: int, stream: str, block: int = 0, lane: int = 0) -> np.random.Generator:
    """Return the generator of one block of one stream; ``lane`` parts users of the same block."""
    return np.random.Generator(
        np.random.Philox(key=[seed, STREAMS[stream]], counter=[0, 0, block, lane])
    )


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """What one round needs: so many batches of data and of noise, of these sizes."""

    target: Distribution
    latent: Latent
    latent_dim: int
    batch: int
    data_batches: int
    noise_batches: int
    dtype: torch.dtype
    device: torch.device

    @property
    def rounds(self) -> int:
        """How many rounds a block holds: a pure function of the shapes."""
        numbers = self.batch * (
            self.data_batches * self.target.dim + self.noise_batches * self.latent_dim
        )
        return max(1, min(BLOCK_ROUNDS, BLOCK_NUMBERS // numbers))


class Draws:
    """Hands out the batches of each round; its whole memory is ``block`` and ``used``."""

    def __init__(self, seed: int, supply: Supply, block: int = 0, used: int = 0) -> None:
        self.seed = seed
        self.supply = supply
        self.block = block
        self.used = used
        self._pool: tuple[Tensor, Tensor] | None = None

    def take(self) -> tuple[Tensor, Tensor]:
        """Return one round's data (data_batches, batch, dim) and noise (…, batch, latent_dim)."""
        batches = self.peek()
        self.used += 1
        if self.used == self.supply.rounds:
            self.begin_block()
        return batches

    def peek(self) -> tuple[Tensor, Tensor]:
        """Return what :meth:`take` will return next, without taking it."""
        if self._pool is None:
            self._pool = self._draw()
        data, noise = self._pool
        return data[self.used], noise[self.used]

    def begin_block(self, supply: Supply | None = None) -> None:
        """Leave the rest of the block and begin the next, with other needs if given."""
        self.block += 1
        self.used = 0
        self._pool = None
        if supply is not None:
            self.supply = supply

    def _draw(self) -> tuple[Tensor, Tensor]:
        s = self.supply
        rounds = s.rounds
        data = s.target.sample(
            rng(self.seed, "data", self.block), rounds * s.data_batches * s.batch
        ).reshape(rounds, s.data_batches, s.batch, s.target.dim)
        noise = s.latent.sample(
            rng(self.seed, "latent", self.block),
            (rounds, s.noise_batches, s.batch, s.latent_dim),
        )
        return self._there(data), self._there(noise)

    def _there(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(device=self.supply.device, dtype=self.supply.dtype)
