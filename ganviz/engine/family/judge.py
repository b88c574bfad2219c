"""What D is shown, and what it says of it.

A sample passes through here on its way to D: instance noise is added, packs are formed, units are
dropped. What pictures and measures ask is answered without noise and without dropout; where D's
answer for one sample depends on others (packs, batch statistics) those others are fixed generated
samples, as in D's generated batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ganviz.catalog.networks import Network
from ganviz.engine.draws import Chance
from ganviz.engine.player import Player
from ganviz.settings import Settings

#: Numbers of a layer that go through a network at once when only looking: what fits the cache is
#: half again as fast.
PIECE = 2**17
#: Sets of fixed partners over which the answer for a packed sample is averaged.
PARTNER_SETS = 4

#: (inputs (n, w), noise sigma) -> logits (n,), where D is no network but known exactly.
Oracle = Callable[[Tensor, float], Tensor]


def pieces(x: Tensor, network: Network) -> tuple[Tensor, ...]:
    """Return points in pieces that fit the cache on their way through a network."""
    n = PIECE // max(network.widths, default=1)
    return (x,) if x.shape[0] <= n else torch.split(x, n)


class Opinion(NamedTuple):
    """D's logits (n,) and its last hidden features (n, w)."""

    logits: Tensor
    features: Tensor


class Judge:
    """D with everything that stands between a sample and its logit."""

    def __init__(self, settings: Settings, player: Player, oracle: Oracle | None) -> None:
        self.player = player
        self.oracle = oracle
        self.pack = int(settings.acting("discriminator.pack"))
        self.dropout = float(settings.acting("discriminator.dropout"))
        self.sigma = 0.0  # of the instance noise, now
        self.network = player.network

    @property
    def alone(self) -> bool:
        """Whether D judges each sample by itself, so that batches may be judged together."""
        return self.pack == 1 and not self.network.sees_batch

    def seen(self, x: Tensor, chance: Chance) -> Tensor:
        """Return D's inputs (n / pack, pack · dim) for samples (n, dim): noisy and packed."""
        if self.sigma > 0:
            x = x + self.sigma * chance.normal("noise", *x.shape)
        return x if self.pack == 1 else x.reshape(len(x) // self.pack, -1)

    def opinion(
        self,
        inputs: Tensor,
        chance: Chance | None = None,
        leaves: Sequence[Tensor] | None = None,
        beside: Tensor | None = None,
    ) -> Opinion:
        """Return what D says of its inputs; with ``chance`` as in training, dropout and all.

        ``leaves`` are other weights than D's own, ``beside`` the features whose batch counts.
        """
        leaves = self.player.leaves if leaves is None else leaves
        if self.oracle is not None:
            logits = self.oracle(inputs, self.sigma)
            return Opinion(logits, inputs)
        if self.network.features is None or self.network.head is None:
            return Opinion(self.network.apply(leaves, inputs)[:, 0], inputs)
        masks = None
        if self.dropout > 0 and chance is not None:
            keep = 1 - self.dropout
            masks = [
                (chance.uniform("dropout", len(inputs), width) < keep).to(inputs) / keep
                for width in self.network.widths
            ]
        features = self.network.features(leaves, inputs, masks)
        return Opinion(self.network.head(leaves, features, beside)[:, 0], features)

    def pair(self, real: Tensor, fake: Tensor, chance: Chance | None) -> tuple[Opinion, Opinion]:
        """Return what D says of a real and of a generated batch of inputs.

        Of one after the other: where the cost of one pulls as much as that of the other pushes, as
        Wasserstein's does, the gradients of biases are then the same sum twice, and leave exactly
        0. Summed up over both batches at once they leave a rounding, of which Adam makes a step.
        """
        return self.opinion(real, chance), self.opinion(fake, chance)

    def answers(self, x: Tensor, companions: Callable[[], Tensor]) -> Tensor:
        """Return s (n,) of single samples (n, dim), without noise or dropout.

        ``companions`` gives fixed generated samples (m, dim), asked for only where they matter.
        """
        if self.alone:
            said = [self.opinion(piece).logits for piece in pieces(x, self.network)]
            return said[0] if len(said) == 1 else torch.cat(said)
        others = companions()
        beside = None
        if self.network.sees_batch and self.network.features is not None:
            packed = others[: len(others) // self.pack * self.pack].reshape(
                -1, self.pack * others.shape[1]
            )
            beside = self.network.features(self.player.leaves, packed, None)
        total = x.new_zeros(len(x))
        sets = PARTNER_SETS if self.pack > 1 else 1
        for number in range(sets):
            mates = others[number * (self.pack - 1) : (number + 1) * (self.pack - 1)].reshape(1, -1)
            packs = torch.cat((x, mates.expand(len(x), -1)), 1)
            said = [self.opinion(p, beside=beside).logits for p in pieces(packs, self.network)]
            total = total + torch.cat(said)
        return total / sets
