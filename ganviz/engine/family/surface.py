"""The saddle surface: V on the plane through the present weights along both players' updates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganviz.engine.draws import Batches, Chance, rng
from ganviz.engine.family.judge import pieces
from ganviz.engine.record import Way
from ganviz.frame import Surface

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan

FloatArray = npt.NDArray[np.float64]
D, G = "discriminator", "generator"

#: Nodes each way (odd: the present weights are one), and samples of each kind per node.
NODES, POINTS = 25, 128
#: Multiplications that one surface may take; larger networks get fewer samples, then fewer nodes.
MOST = 6e8
LEAST_NODES, LEAST_POINTS = 9, 32


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """All that a surface needs, copied from a game: may be called in any thread, at any time.

    Networks are evaluated in the game's own precision, V and its means in float64. V is that of
    the plain loss: no penalty, dropout or instance noise.

    Attributes
    ----------
    real, noise
        (n, dim), (n, latent.dim): fixed probe batches.
    flats, directions
        By player: weights (p,), and a direction (p,) of length 1.
    reach
        (G's, D's): how far the plane goes, each way.
    path
        (m, 2) recent places on the plane.
    """

    gan: Gan
    step: int
    real: Tensor
    noise: Tensor
    flats: Mapping[str, Tensor]
    directions: Mapping[str, Tensor]
    reach: tuple[float, float]
    path: FloatArray
    nodes: int

    def __call__(self) -> Surface:
        """Return the surface."""
        across, up = (np.linspace(-end, end, self.nodes) for end in self.reach)
        across[self.nodes // 2] = up[self.nodes // 2] = 0.0
        with torch.no_grad():
            fakes = torch.stack([self.fake(float(a)) for a in across])
            values = np.stack([self._values(fakes, float(b)) for b in up])
            heights = [self._values(self.fake(float(a))[None], float(b))[0] for a, b in self.path]
        label = "V" if self.gan.loss.has_value else "−L_D"
        return Surface(
            self.step, across, up, values, self.path, np.array(heights), cost=0.0, label=label
        )

    def value(self, a: float, b: float) -> float:
        """Return V where G has gone a and D has gone b along their directions."""
        with torch.no_grad():
            return float(self._values(self.fake(a)[None], b)[0])

    def fake(self, a: float) -> Tensor:
        """Return the samples (n, dim) of the generator that has gone a along its direction."""
        player = self.gan.players[G]
        return player.network.apply(self._leaves(G, a), self.noise)

    def _leaves(self, name: str, distance: float) -> list[Tensor]:
        flat = self.flats[name] + distance * self.directions[name]
        return [part.view(shape) for part, shape in self.gan.players[name].parted(flat)]

    def _values(self, fakes: Tensor, b: float) -> FloatArray:
        """Return V (w,) of D gone b against w batches of samples (w, n, dim)."""
        judge, leaves = self.gan.judge, self._leaves(D, b)
        count, n, dim = fakes.shape
        packs = fakes.reshape(count, n // judge.pack, judge.pack * dim)
        real = self._judged(self.real.reshape(n // judge.pack, -1), leaves)
        if judge.network.sees_batch:
            fake = torch.stack([self._judged(batch, leaves) for batch in packs])
        else:
            fake = self._judged(packs.flatten(0, 1), leaves).reshape(count, -1)
        loss = self.gan.loss.discriminator(real.expand_as(fake), fake)
        return np.asarray(-loss.cpu().numpy(), dtype=np.float64)

    def _judged(self, inputs: Tensor, leaves: list[Tensor]) -> Tensor:
        judge = self.gan.judge
        parts = (inputs,) if judge.network.sees_batch else pieces(inputs, judge.network)
        return torch.cat(
            [judge.opinion(each, leaves=leaves).logits.cpu() for each in parts]
        ).double()


def offered(gan: Gan) -> bool:
    """Return whether both players have weights to move."""
    return gan.judge.oracle is None and all(len(player.flat) for player in gan.players.values())


def survey(gan: Gan, step: int, ways: Mapping[str, Way], reach: tuple[float, float]) -> Survey:
    """Return what computes the surface of the present weights; nothing of it changes any more.

    A player that has not moved goes down its own gradient instead.
    """
    nodes, points = fitting(gan)
    seed = gan.settings.train.seed
    real = gan.tensor(gan.target.sample(rng(seed, "probe", 21), points))
    codes = gan.latent.sample(rng(seed, "probe", 22), (points, gan.latent_dim))
    noise = gan.tensor(np.array(codes))
    directions = {}
    for name in (G, D):
        direction = ways[name].direction
        if direction is None:
            chance = Chance(0, 0, 0, gan.like)
            slope = gan.gradient(name, Batches(real[None], noise[None], chance))
            size = torch.linalg.vector_norm(slope)
            if not 0 < float(size) < float("inf"):
                slope, size = torch.eye(1, len(slope)).to(slope)[0], slope.new_ones(())
            directions[name] = (-slope / size).detach()
        else:
            directions[name] = gan.tensor(direction)
    return Survey(
        gan,
        step,
        real,
        noise,
        {name: player.flat.detach().clone() for name, player in gan.players.items()},
        directions,
        reach,
        np.stack([ways[G].path, ways[D].path], 1),
        nodes,
    )


def fitting(gan: Gan) -> tuple[int, int]:
    """Return (nodes each way, samples per node) that networks of this size have time for."""
    nodes, points = NODES, POINTS

    def work() -> float:
        d, g = (len(gan.players[name].flat) for name in (D, G))
        return points * nodes * ((nodes + 1) * d + g)

    while work() > MOST and points > LEAST_POINTS:
        points //= 2
    while work() > MOST and nodes > LEAST_NODES:
        nodes -= 2
    pack = gan.judge.pack
    return nodes, points // pack * pack or pack
