"""A player: a network's weights in one flat vector, and the optimiser that moves them."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite, prod
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganviz.catalog.networks import Network
from ganviz.catalog.optimizers import OPTIMIZERS, Hyper
from ganviz.engine.draws import rng

FloatArray = npt.NDArray[np.float64]


#: Vectors of one player begin at multiples of so many numbers: where 64 bytes begin.
EVEN = 16


class Player:
    """Weights, moments and the count of updates of one network.

    ``leaves`` are the tensors that autograd sees; they share the memory of ``flat``, so that the
    optimiser moves one vector and a gradient is one vector. ``flat`` and ``moments`` are rows of
    one piece of memory, ``store``: what is copied or looked through at every turn is one thing.
    The first weights are copied.
    """

    def __init__(self, network: Network, flat: Tensor, optimizer: str) -> None:
        self.network = network
        self.optimizer = optimizer
        size, kinds = flat.numel(), len(OPTIMIZERS[optimizer].moments)
        #: (1 + moments, size) and zeros behind each row.
        self.store = flat.new_zeros(1 + kinds, -(-size // EVEN) * EVEN)
        self.flat = self.store[0, :size]
        self.flat.copy_(flat.detach())
        self.moments = tuple(self.store[1:, :size].unbind())
        # The same memory in numpy's eyes, where it can see it: small things take it half the time.
        self._array = self.store.numpy() if flat.device.type == "cpu" else None
        self._size = size
        self._ones = np.ones(self.store.numel(), str(flat.dtype).removeprefix("torch."))
        self.updates: Any = 0  # a tensor of one number while a CUDA graph records
        self.grad = torch.zeros_like(flat)
        self.leaves: list[Tensor] = []
        for part, shape in self.parted(self.flat):
            self.leaves.append(part.view(shape).detach().requires_grad_())

    def parted(self, flat: Tensor) -> Iterator[tuple[Tensor, tuple[int, ...]]]:
        """Yield the stretch of a flat vector that belongs to each leaf, with the leaf's shape."""
        begin = 0
        for shape in self.network.shapes:
            end = begin + prod(shape)
            yield flat[begin:end], shape
            begin = end

    @classmethod
    def new(
        cls,
        network: Network,
        rng: np.random.Generator,
        optimizer: str,
        like: Tensor,
    ) -> Player:
        """Return a player with first weights drawn from ``rng``, on the device of ``like``."""
        values = np.concatenate([value.ravel() for value in network.first(rng)] or [np.empty(0)])
        return cls(network, torch.from_numpy(values).to(like), optimizer)

    @classmethod
    def following(
        cls,
        old: Player | None,
        network: Network,
        optimizer: str,
        like: Tensor,
        renew: bool,
        place: tuple[int, int, int],
    ) -> Player:
        """Return the player of an older game of the run, or a new one where it does not fit.

        ``renew`` asks for a new one; ``place`` is (seed, block, lane) of its first weights.
        """
        if old is not None and not renew and old.network.shapes == network.shapes:
            return old.carried(network, optimizer, like)
        seed, block, lane = place
        source = rng(seed, "init" if old is None else "rebuild", block, lane)
        return cls.new(network, source, optimizer, like)

    def __call__(self, x: Tensor) -> Tensor:
        """Return the network's output for (n, inputs)."""
        return self.network.apply(self.leaves, x)

    def take_gradient(self, loss: Tensor) -> Tensor:
        """Compute d loss / d weights into ``grad`` and return it, flat."""
        if not self.leaves or not loss.requires_grad:
            return self.grad.zero_()
        parts = torch.autograd.grad(loss, self.leaves, allow_unused=True)
        flat = [
            torch.zeros_like(leaf).reshape(-1) if part is None else part.reshape(-1)
            for part, leaf in zip(parts, self.leaves, strict=True)
        ]
        torch.cat(flat, out=self.grad)
        return self.grad

    def gradient_of(self, loss: Tensor) -> Tensor:
        """Return d loss / d weights, flat, and leave ``grad`` alone."""
        kept, self.grad = self.grad, torch.zeros_like(self.grad)
        try:
            return self.take_gradient(loss)
        finally:
            self.grad = kept

    def move(self, lr: Any, hyper: Hyper) -> None:
        """Let the optimiser take one step along ``grad``."""
        self.updates += 1
        OPTIMIZERS[self.optimizer].update(
            self.flat, self.grad, self.moments, self.updates, lr, hyper
        )

    def carried(self, network: Network, optimizer: str, like: Tensor) -> Player:
        """Return this player on another device, precision or optimiser, weights kept.

        Moments and the count of updates are kept too, unless the kind of optimiser changes.
        """
        other = Player(network, self.flat.to(like), optimizer)
        if optimizer == self.optimizer:
            for mine, kept in zip(other.moments, self.moments, strict=True):
                mine.copy_(kept)
            other.updates = self.updates
        return other

    def weights(self) -> FloatArray:
        """Return a flat float64 copy of the weights."""
        return self.flat.detach().cpu().numpy().astype(np.float64)

    def looked(self) -> npt.NDArray[np.floating]:
        """Return the flat weights in their own precision, to be read before the next step."""
        if self._array is None:
            return np.asarray(self.flat.detach().cpu().numpy())
        return self._array[0, : self._size]

    def copied(self) -> tuple[npt.NDArray[np.floating], list[npt.NDArray[np.floating]]]:
        """Return copies of the weights and of the moments, which share one piece of memory."""
        array = self.store.cpu().numpy() if self._array is None else self._array
        flat, *moments = array.copy()[:, : self._size]
        return flat, moments

    @np.errstate(invalid="ignore", over="ignore")  # infinities may meet in the sum
    def finite(self) -> bool:
        """Return whether every weight and all that the optimiser remembers is a finite number."""
        # A sum is finite only if all its terms are; the other way round only nearly so. That of
        # the products with ones is had eight times as fast as any other.
        if self._array is not None and isfinite(np.dot(self._array.reshape(-1), self._ones)):
            return True
        return bool(torch.isfinite(self.store).all())
