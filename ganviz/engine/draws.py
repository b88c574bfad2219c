"""Random draws as a pure function of (seed, stream, block, shape).

One counter-based generator, Philox, feeds every kernel and device: its key is the seed and the
stream, its counter the number of the block. So nothing has to be remembered but two integers, many
rounds can be drawn at once, and a run can be continued from any of its rounds. Philox: Salmon et
al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from ganviz.catalog.latents import Latent
from ganviz.catalog.targets import Distribution
from ganviz.clock import Part

if TYPE_CHECKING:
    from torch import Tensor

STREAMS = {
    name: number
    for number, name in enumerate(
        (
            "data",
            "latent",
            "dropout",
            "penalty",
            "noise",
            "init",
            "rebuild",
            "probe",
            "labels",
            "replay",
        )
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
    """What one round needs: so many batches of data and of noise, of these sizes.

    ``source`` is what a sample is made of, in so many dimensions, where that is not the noise of a
    round.
    """

    target: Distribution
    latent: Latent
    latent_dim: int
    batch: int
    data_batches: int
    noise_batches: int
    dtype: torch.dtype
    device: torch.device
    source: Latent | None = None
    source_dim: int = 0

    @property
    def origin(self) -> tuple[Latent, int]:
        """What a sample is made of, and in how many dimensions."""
        if self.source is None:
            return self.latent, self.latent_dim
        return self.source, self.source_dim

    @property
    def seen(self) -> Distribution:
        """The target as pictures and measures see it, in one dimension or two."""
        return self.target.seen

    @property
    def rounds(self) -> int:
        """How many rounds a block holds: a pure function of the shapes."""
        numbers = self.batch * (
            self.data_batches * self.target.dim + self.noise_batches * self.latent_dim
        )
        return max(1, min(BLOCK_ROUNDS, BLOCK_NUMBERS // numbers))


class Chance:
    """What else one round draws: dropout, instance noise, places of penalties, flipped labels.

    Drawn when asked for, so that a game without these pays nothing; a pure function of (seed,
    stream, block, round) and of what was asked before in that round.
    """

    def __init__(self, seed: int, block: int, turn: int, like: Tensor) -> None:
        self._place = (seed, block, turn)
        self._like = like
        self._streams: dict[str, np.random.Generator] = {}

    def _stream(self, name: str) -> np.random.Generator:
        if name not in self._streams:
            seed, block, turn = self._place
            self._streams[name] = rng(seed, name, block, 1 + turn)
        return self._streams[name]

    def normal(self, stream: str, *shape: int) -> Tensor:
        """Return standard normal draws."""
        return torch.from_numpy(self._stream(stream).standard_normal(shape)).to(self._like)

    def uniform(self, stream: str, *shape: int) -> Tensor:
        """Return draws from U[0, 1)."""
        return torch.from_numpy(self._stream(stream).random(shape)).to(self._like)

    def whole(self, stream: str, below: int, n: int) -> Tensor:
        """Return n whole numbers from 0 to below − 1, on the device."""
        numbers = self._stream(stream).integers(0, below, n)
        return torch.from_numpy(numbers).to(self._like.device)


def uniforms(
    seed: int, stream: str, block: int, first: int, rounds: int, many: int
) -> npt.NDArray[np.float64]:
    """Return what :meth:`Chance.uniform` hands out first in each of some rounds, (rounds, many)."""
    found = np.empty((rounds, many))
    for number, each in enumerate(found):
        rng(seed, stream, block, 1 + first + number).random(out=each)
    return found


class Batches(NamedTuple):
    """One round's data (data_batches, batch, dim), noise (…, batch, latent_dim), and the rest."""

    data: Tensor
    noise: Tensor
    chance: Chance


@cache
def _drawing() -> ThreadPoolExecutor:
    """Return the thread in which blocks are drawn in advance, one for all runs."""
    return ThreadPoolExecutor(1, "ganviz-draws")


class Draws:
    """Hands out the batches of each round; its whole memory is ``block`` and ``used``."""

    def __init__(self, seed: int, supply: Supply, block: int = 0, used: int = 0) -> None:
        self.seed = seed
        self.supply = supply
        self.block = block
        self.used = used
        # Of this block, and of those begun in advance, some of which may still be drawn.
        self._pools: dict[int, tuple[Tensor, Tensor]] = {}
        self._coming: dict[int, Future[tuple[Tensor, Tensor]]] = {}

    def take(self) -> Batches:
        """Return what the next round draws, and go on to the one after it."""
        batches = self.peek()
        self.go_on(1)
        return batches

    def go_on(self, rounds: int) -> None:
        """Count so many rounds of this block as taken."""
        self.used += rounds
        if self.used == self.supply.rounds:
            self.begin_block()

    def peek(self) -> Batches:
        """Return what :meth:`take` will return next, without taking it."""
        data, noise = self.pool(self.block)
        chance = Chance(self.seed, self.block, self.used, data.new_empty(()))
        return Batches(data[self.used], noise[self.used], chance)

    def begin_block(self, supply: Supply | None = None) -> None:
        """Leave the rest of the block and begin the next, with other needs if given."""
        self.block += 1
        self.used = 0
        if supply is not None:
            self.supply = supply
            self._pools.clear()
            for coming in self._coming.values():
                coming.cancel()  # nobody wants it any longer
            self._coming.clear()

    def batches(self, block: int, first: int, n: int) -> tuple[Tensor, Tensor]:
        """Return data (n, data_batches, batch, dim) and noise of n rounds of a block."""
        data, noise = self.pool(block)
        return data[first : first + n], noise[first : first + n]

    def pool(self, block: int) -> tuple[Tensor, Tensor]:
        """Return all data and noise of a block, this one or one soon after."""
        if block not in self._pools:
            for old in [number for number in self._pools if number < self.block]:
                del self._pools[old]
            coming = self._coming.pop(block, None)
            self._pools[block] = self._draw(block) if coming is None else coming.result()
        return self._pools[block]

    def prepared(self, block: int) -> bool:
        """Return whether a block lies there; else have it drawn in another thread.

        Most of that needs no interpreter lock.
        """
        if block in self._pools:
            return True
        if block not in self._coming:
            for old in [number for number in self._coming if number < self.block]:
                self._coming.pop(old).cancel()
            self._coming[block] = _drawing().submit(self._draw, block)
        return self._coming[block].done()

    @Part("draws")
    def _draw(self, block: int) -> tuple[Tensor, Tensor]:
        s = self.supply
        rounds = s.rounds
        data = s.target.sample(
            rng(self.seed, "data", block), rounds * s.data_batches * s.batch
        ).reshape(rounds, s.data_batches, s.batch, s.target.dim)
        noise = s.latent.sample(
            rng(self.seed, "latent", block),
            (rounds, s.noise_batches, s.batch, s.latent_dim),
        )
        return self._there(data), self._there(noise)

    def _there(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(device=self.supply.device, dtype=self.supply.dtype)
