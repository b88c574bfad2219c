"""What the two players of a GAN minimise: the loss, and everything that is added to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from ganviz.engine.draws import Chance
from ganviz.engine.family.compete import gradient
from ganviz.engine.family.turn import Turn

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan

D, G = "discriminator", "generator"


class Stakes:
    """The objectives of one game."""

    def __init__(self, gan: Gan) -> None:
        self.gan = gan

    def discriminator(
        self,
        real: Tensor,
        z: Tensor,
        fake: Tensor,
        chance: Chance,
        told: dict[str, Tensor] | None = None,
        penalised: bool = True,
    ) -> Tensor:
        """Return L_D with its penalty; ``fake`` carries G's graph only if it is given so.

        ``told`` gets V, D's mean beliefs and the parts of L_D: what the real and what the generated
        samples cost (where the loss has such parts), and the penalty.
        """
        inputs = self.gan.judge.seen(real, chance), self.gan.judge.seen(fake, chance)
        r, f = self.gan.judge.pair(*inputs, chance)
        costs = self._costs(r.logits, f.logits, chance)
        loss = sum(costs[1:], costs[0])
        if told is not None:
            if self.gan.loss.has_value:
                told["value"] = -(
                    loss
                    if self.gan.plain_labels
                    else self.gan.loss.discriminator(r.logits, f.logits)
                ).detach()
            if len(costs) > 1:
                told["cost_real"], told["cost_fake"] = costs[0].detach(), costs[1].detach()
        if penalised and self.gan.penalty.discriminator is not None and self.gan.strength > 0:
            turn = Turn(
                self.gan.judge, chance, inputs, (r, f), lambda: self._squares(real, z, chance)
            )
            added = self.gan.strength * self.gan.penalty.discriminator(turn)
            loss = loss + added
            if told is not None:
                told["penalty"] = added.detach()
        if told is not None:
            with torch.no_grad():
                told["d_real"] = self.gan.loss.belief.of(r.logits).mean()
                told["d_fake"] = self.gan.loss.belief.of(f.logits).mean()
            if self.gan.scribe is not None:
                told |= {"logits_real": r.logits.detach(), "logits_fake": f.logits.detach()}
        return loss

    def _costs(self, r: Tensor, f: Tensor, chance: Chance) -> tuple[Tensor, ...]:
        """Return the terms of L_D: of real and of generated samples, or one that compares them."""
        if self.gan.loss.labels is None:
            return (self.gan.loss.discriminator(r, f),)
        if not self.gan.plain_labels:
            return self._labelled(r, f, chance)
        as_real, as_fake = self.gan.loss.labels
        return as_real(r).mean(-1), as_fake(f).mean(-1)

    def _labelled(self, r: Tensor, f: Tensor, chance: Chance) -> tuple[Tensor, Tensor]:
        """Return both terms of L_D for soft, flipped or unevenly frequent labels.

        A label y costs y·a(s) + (1 − y)·b(s), with a and b the loss's costs of real and generated.
        """
        assert self.gan.loss.labels is not None
        as_real, as_fake = self.gan.loss.labels
        flip, prior = self.gan.settings.loss.label_flips, self.gan.settings.data.prior

        def cost(s: Tensor, label: float, share: float) -> Tensor:
            y = torch.full_like(s, label)
            if flip > 0:
                y = torch.where(chance.uniform("labels", len(s)) < flip, 1 - y, y)
            return 2 * share * (y * as_real(s) + (1 - y) * as_fake(s)).mean(-1)

        return cost(r, self.gan.labels[0], prior), cost(f, self.gan.labels[1], 1 - prior)

    def generator(
        self,
        real: Tensor,
        z: Tensor,
        chance: Chance,
        told: dict[str, Tensor] | None = None,
        penalised: bool = True,
    ) -> Tensor:
        """Return L_G with what is added to it, with a graph to both players.

        ``told`` gets the penalty and, of a round laid open, the samples with their graph and their
        logits.
        """
        fake = self.gan.players[G](z)
        leaves: Sequence[Tensor] | None = None
        if self.gan.unroll:
            leaves = self._looked_ahead(real, fake, chance)
        seen = self.gan.judge.seen(fake, chance)
        f = self.gan.judge.opinion(seen, chance, leaves)
        if self.gan.unroll and self.gan.loss.has_value:
            # The source's G descends V of the D looked ahead; its real half moves with G as well.
            r = self.gan.judge.opinion(self.gan.judge.seen(real, chance), chance, leaves)
            loss = -self.gan.loss.discriminator(r.logits, f.logits)
        elif self.gan.matching:
            r = self.gan.judge.opinion(self.gan.judge.seen(real, chance), chance)
            loss = (r.features.mean(0) - f.features.mean(0)).square().sum()
        elif self.gan.loss.sees_real:
            r = self.gan.judge.opinion(self.gan.judge.seen(real, chance), chance, leaves)
            loss = self.gan.loss.generator(r.logits, f.logits)
        else:
            loss = self.gan.loss.generator(f.logits.detach(), f.logits)
        if penalised and self.gan.penalty.generator is not None and self.gan.strength > 0:
            opinions = (f, f)  # only the game's squares are looked at from here
            turn = Turn(
                self.gan.judge,
                chance,
                (seen, seen),
                opinions,
                lambda: self._squares(real, z, chance),
            )
            added = self.gan.strength * self.gan.penalty.generator(turn)
            loss = loss + added
            if told is not None:
                told["penalty_g"] = added.detach()
        if self.gan.codes and self.gan.settings.loss.info_weight > 0:
            loss = loss + self.gan.settings.loss.info_weight * self.unread(fake, z)
        if told is not None and self.gan.scribe is not None:
            told |= {"made": fake, "logits_made": f.logits.detach()}
        return loss

    def _looked_ahead(self, real: Tensor, fake: Tensor, chance: Chance) -> list[Tensor]:
        """Return D's leaves after K plain gradient steps, with a graph through all of them.

        Metz et al. 2017, arXiv:1611.02163, eq. 6 and 7.
        """
        inputs = self.gan.judge.seen(real, chance), self.gan.judge.seen(fake, chance)
        leaves = list(self.gan.players[D].leaves)
        for _ in range(self.gan.unroll):
            r, f = (self.gan.judge.opinion(x, chance, leaves) for x in inputs)
            costs = self._costs(r.logits, f.logits, chance)
            loss = sum(costs[1:], costs[0])
            slopes = torch.autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
            leaves = [
                leaf if slope is None else leaf - self.gan.unroll_rate * slope
                for leaf, slope in zip(leaves, slopes, strict=True)
            ]
        return leaves

    def unread(self, fake: Tensor, z: Tensor) -> Tensor:
        """Return the cross-entropy of the codes in z, read from the samples made of them."""
        generator = self.gan.players[G]
        assert generator.network.read is not None
        read = log_softmax(generator.network.read(generator.leaves, fake), -1)
        return -(z[:, self.gan.noise_dim :] * read).sum(-1).mean()

    def _squares(self, real: Tensor, z: Tensor, chance: Chance) -> tuple[Tensor, Tensor]:
        """Return (‖∇_θ L_G‖², ‖∇_φ L_D‖²) of the game without its penalty, with a graph to both."""
        loss_d = self.discriminator(real, z, self.gan.players[G](z), chance, penalised=False)
        loss_g = self.generator(real, z, chance, penalised=False)
        return (
            gradient(loss_g, self.gan.players[G].leaves, graph=True).square().sum(),
            gradient(loss_d, self.gan.players[D].leaves, graph=True).square().sum(),
        )
