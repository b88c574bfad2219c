"""What a GAN remembers besides its players: averaged and anchored weights, earlier samples.

All of it is tensors in ``Gan.memory`` under names of their own, so that a moment can hold it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganviz.engine.draws import Chance
from ganviz.engine.family import Family

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan

D, G = "discriminator", "generator"


def remembered(gan: Gan, before: Family | None) -> dict[str, Tensor]:
    """Return averaged and anchored weights and the replay buffer, as far as they are in use.

    What an older game of this run remembers in the same shape is kept.
    """
    flat = {name: player.flat for name, player in gan.players.items()}
    fresh: dict[str, Tensor] = {}
    if gan.settings.acting("optim.ema") > 0:
        fresh["average"] = flat[G].clone()
    if gan.settings.optim.lookahead > 0:
        fresh |= {f"anchor {name}": flat[name].clone() for name in (G, D)}
    if gan.settings.train.replay > 0:
        size = gan.settings.train.replay_size
        fresh["replay"] = gan.like.new_zeros(size, gan.target.dim)
        fresh["replayed"] = gan.like.new_zeros(1)  # how many places are taken
    if before is None:
        return fresh
    for name in fresh:
        old = before.memory.get(name)
        owner = name.removeprefix("anchor ") if name != "average" else G
        kept = owner not in before.players or carried(gan, before, owner)
        if old is not None and old.shape == fresh[name].shape and kept:
            fresh[name] = old.clone().to(gan.like)
    buffers = [memory.get("replay") for memory in (before.memory, fresh)]
    if buffers[0] is not None and buffers[1] is not None and buffers[0].shape != buffers[1].shape:
        fresh["replayed"].zero_()
    return fresh


def carried(gan: Gan, before: Family, name: str) -> bool:
    """Return whether a player has the older game's weights; its optimiser may be another."""
    old, new = before.players[name].flat, gan.players[name].flat
    return old.shape == new.shape and torch.equal(old.to(new), new)


@torch.no_grad()
def carry_on(gan: Gan) -> bool:
    """Carry averaged and anchored weights on by one step; return whether the players moved."""
    if not gan.memory:
        return False
    optim = gan.settings.optim
    if "average" in gan.memory:
        gan.memory["average"].lerp_(gan.players[G].flat, 1 - optim.ema)
    if optim.lookahead > 0 and gan.step % optim.lookahead == 0:
        for name in (G, D):
            anchor = gan.memory[f"anchor {name}"]
            anchor.lerp_(gan.players[name].flat, optim.lookahead_share)
            gan.players[name].flat.copy_(anchor)
        return True
    return False


def replayed(gan: Gan, fake: Tensor, chance: Chance) -> Tensor:
    """Return the batch with a share of it from the buffer, and put the batch into the buffer.

    Shrivastava et al. 2017, arXiv:1612.07828, §2.3.
    """
    if "replay" not in gan.memory:
        return fake
    buffer, count = gan.memory["replay"], gan.memory["replayed"]
    taken, size, n = int(count), len(buffer), len(fake)
    old = int(gan.settings.train.replay * n)
    mixed = fake
    if taken > 0 and old > 0:
        mixed = torch.cat((fake[: n - old], buffer[chance.whole("replay", taken, old)]))
    if taken < size:
        new = min(n, size - taken)
        buffer[taken : taken + new] = fake[:new]
        count.add_(new)
    else:
        buffer[chance.whole("replay", size, min(n, size))] = fake[: min(n, size)]
    return mixed
