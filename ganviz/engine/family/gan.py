"""Generative adversarial networks: the one page that knows the two players.

One round follows the schedule's phases literally; every gradient is torch's autograd of the loss
entry's own formula. This is the definition: any faster way to compute a round has to agree with it.
"""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganviz.catalog.latents import LATENTS
from ganviz.catalog.losses import LOSSES, Terms
from ganviz.catalog.networks import DISCRIMINATORS, GENERATORS, Network, Plan
from ganviz.catalog.optimizers import Hyper
from ganviz.catalog.schedules import SCHEDULES
from ganviz.engine.data import distribution, place
from ganviz.engine.draws import Supply, rng
from ganviz.engine.family import Family
from ganviz.engine.player import Player
from ganviz.frame import Belief, Line, Portrait
from ganviz.settings import Settings

FloatArray = npt.NDArray[np.float64]

#: Points of noise whose images give the generator's mean in 1-D, every step.
PROBE_POINTS = 64
#: Nodes of the V-field of a scalar game, each way, and points per expectation.
FIELD_NODES = 61
FIELD_POINTS = 64

#: Points that go through a network at once when only looking: what fits the cache is twice as fast.
PIECE = 1024

D, G = "discriminator", "generator"
#: Which stream lane each player's first weights come from.
_LANES = {G: 0, D: 1}


class Gan:
    """The generator against the discriminator."""

    columns: tuple[str, ...] = (
        "loss_d",
        "loss_g",
        "value",
        "d_real",
        "d_fake",
        "grad_d",
        "grad_g",
        "mean_gap",
        "tilt",
        "theta",
        "psi",
    )

    def __init__(
        self,
        settings: Settings,
        before: Family | None = None,
        renew: frozenset[str] = frozenset(),
        block: int = 0,
    ) -> None:
        """Build the game; players of ``before`` are carried over unless named in ``renew``.

        Raises
        ------
        ParamError
            For settings that do not fit together.
        """
        self.settings = settings
        self.target = distribution(settings)
        self.latent = LATENTS[settings.latent.kind]
        self.loss = LOSSES[settings.loss.kind]
        self.phases = SCHEDULES[settings.train.schedule].phases(settings.train.k)
        self.like = place(settings)
        shifting = settings.generator.kind == "shift" and settings.latent.dim == 1
        self.latent_dim = self.target.dim if shifting else settings.latent.dim
        optim = settings.optim
        self.hyper = Hyper(optim.momentum, optim.beta1, optim.beta2, optim.rho)
        self.rates = {G: optim.lr_g, D: optim.lr_d}
        kinds = {G: optim.kind_g, D: optim.kind_d}
        networks = {G: self._generator(), D: self._discriminator()}
        self.players = {
            name: self._player(name, networks[name], kinds[name], before, name in renew, block)
            for name in (G, D)
        }
        self.moves: list[tuple[str, float]] | None = None
        self._grid: tuple[FloatArray, ...] = ()
        self._nodes = self.like.new_empty((0, self.target.dim))
        self._nan = self.like.new_full((), nan)
        self._probe = self._tensor(
            self.latent.probe(rng(0, "probe"), PROBE_POINTS, self.latent_dim)
        )
        self.scalar = self.target.dim == 1 and (
            GENERATORS[settings.generator.kind].scalar
            and DISCRIMINATORS[settings.discriminator.kind].scalar
        )
        if self.target.dim == 1:
            m, s = float(self.target.mean[0]), float(self.target.std[0]) or 1.0
            self._mean = m
            self._sides = self._tensor(np.array([[m + s], [m - s]]))

    # ---- the players --------------------------------------------------------------------------

    def _generator(self) -> Network:
        s = self.settings
        return GENERATORS[s.generator.kind].build(
            Plan(
                self.latent_dim,
                self.target.dim,
                s.generator.hidden,
                s.generator.activation,
                s.generator.init,
                s.generator.start,
                G,
            )
        )

    def _discriminator(self) -> Network:
        s = self.settings.discriminator
        return DISCRIMINATORS[s.kind].build(
            Plan(self.target.dim, 1, s.hidden, s.activation, s.init, s.start, D)
        )

    def _player(
        self,
        name: str,
        network: Network,
        optimizer: str,
        before: Family | None,
        renew: bool,
        block: int,
    ) -> Player:
        old = before.players[name] if before is not None else None
        if old is not None and not renew and old.network.shapes == network.shapes:
            return old.carried(network, optimizer, self.like)
        stream = "init" if old is None else "rebuild"
        source = rng(self.settings.train.seed, stream, block, _LANES[name])
        return Player.new(network, source, optimizer, self.like)

    def _tensor(self, array: npt.NDArray[np.floating]) -> Tensor:
        return torch.as_tensor(array).to(self.like)

    # ---- one round ----------------------------------------------------------------------------

    def supply(self) -> Supply:
        """Return the batches of one round: as many as the schedule's phases name."""
        return Supply(
            target=self.target,
            latent=self.latent,
            latent_dim=self.latent_dim,
            batch=self.settings.train.batch,
            data_batches=1 + max(phase.data for phase in self.phases),
            noise_batches=1 + max(phase.noise for phase in self.phases),
            dtype=self.like.dtype,
            device=self.like.device,
        )

    def round(self, data: Tensor, noise: Tensor, row: Tensor) -> None:
        """Play the schedule's phases in order and write one row of trace."""
        told: dict[str, Tensor] = {}
        for phase in self.phases:
            real, z = data[phase.data], noise[phase.noise]
            if D in phase.players:
                self._learn_d(real, z, told)
            if G in phase.players:
                self._learn_g(real, z, told)
            for name in phase.players:
                self._move(name)
        told.update(self._orbit())
        torch.stack([told.get(name, self._nan) for name in self.columns], out=row)

    def _learn_d(self, real: Tensor, z: Tensor, told: dict[str, Tensor]) -> None:
        """Leave D's gradient in its ``grad``, and what D said in ``told``."""
        with torch.no_grad():
            fake = self.players[G](z)
        logits = self.players[D](torch.cat((real, fake))).squeeze(-1)
        r, f = logits[: len(real)], logits[len(real) :]
        loss = self.loss.discriminator(r, f)
        grad = self.players[D].take_gradient(loss)
        with torch.no_grad():
            told["loss_d"] = loss.detach()
            if self.loss.has_value:
                told["value"] = -loss.detach()
            told["d_real"] = self.loss.belief.of(r).mean()
            told["d_fake"] = self.loss.belief.of(f).mean()
            told["grad_d"] = torch.linalg.vector_norm(grad)

    def _learn_g(self, real: Tensor, z: Tensor, told: dict[str, Tensor]) -> None:
        """Leave G's gradient in its ``grad``, and its loss in ``told``."""
        loss = self._generator_loss(real, z, self.loss.generator)
        grad = self.players[G].take_gradient(loss)
        told["loss_g"] = loss.detach()
        told["grad_g"] = torch.linalg.vector_norm(grad)

    def _generator_loss(self, real: Tensor, z: Tensor, terms: Terms) -> Tensor:
        f = self.players[D](self.players[G](z)).squeeze(-1)
        # No loss here lets the generator see the real logits; those that do will ask for them.
        return terms(f.detach(), f)

    def _move(self, name: str) -> None:
        if self.settings.train.freeze == name:
            return
        with torch.no_grad():
            self.players[name].move(self.rates[name], self.hyper)
            if self.moves is not None:
                self.moves.append((name, float(self.players[name].flat.abs().max())))
            if name == D and self.settings.loss.clip > 0:
                self.players[D].flat.clamp_(-self.settings.loss.clip, self.settings.loss.clip)

    @torch.no_grad()
    def _orbit(self) -> dict[str, Tensor]:
        """Return where the game stands on its portraits, without touching the draws."""
        if self.target.dim != 1:
            return {}
        g, d = self.players[G], self.players[D]
        right, left = d(self._sides).squeeze(-1)
        place = {"mean_gap": g(self._probe).mean() - self._mean, "tilt": right - left}
        if self.scalar:
            # Copies: a view would go on changing with the weights.
            place["theta"], place["psi"] = g.flat[0].clone(), d.flat[0].clone()
        return place

    def solo(self, player: str, data: Tensor, noise: Tensor) -> None:
        """Let one player move once, on a batch of its own."""
        learn = self._learn_d if player == D else self._learn_g
        learn(data[0], noise[0], {})
        self._move(player)

    def gradient(self, player: str, data: Tensor, noise: Tensor, loss: str | None = None) -> Tensor:
        """Return a player's flat gradient of its own or another loss, on (n, dim) and (n, z)."""
        entry = self.loss if loss is None else LOSSES[loss]
        if player == G:
            value = self._generator_loss(data, noise, entry.generator)
        else:
            with torch.no_grad():
                fake = self.players[G](noise)
            value = entry.discriminator(
                self.players[D](data).squeeze(-1), self.players[D](fake).squeeze(-1)
            )
        return self.players[player].take_gradient(value).clone()

    # ---- what pictures need -------------------------------------------------------------------

    @torch.no_grad()
    def push(self, z: Tensor) -> Tensor:
        """Return G(z), (n, dim)."""
        return torch.cat([self.players[G](part) for part in torch.split(z, PIECE)]).detach()

    @torch.no_grad()
    def logit(self, x: Tensor) -> Tensor:
        """Return s(x), (n,)."""
        return torch.cat([self.players[D](part) for part in torch.split(x, PIECE)]).squeeze(-1)

    @property
    def curves(self) -> tuple[tuple[str, str, str], ...]:
        """The curves of the loss plot: (trace column, label, role)."""
        value = (("value", "V", "value"),) if self.loss.has_value else ()
        return (("loss_d", "L_D", D), ("loss_g", "L_G", G), *value)

    @property
    def references(self) -> tuple[Line, ...]:
        """Where the curves stand at the equilibrium p_g = p."""
        roles = {column: role for column, _, role in self.curves}
        return tuple(
            Line(value, label, roles[column]) for column, value, label in self.loss.references
        )

    @property
    def formula(self) -> str:
        """Both losses in plain letters."""
        return self.loss.formula

    @property
    def title(self) -> str:
        """The game in a few words."""
        s = self.settings
        return f"{s.data.target} · {s.loss.kind} · k = {s.train.k}"

    def belief(self, grid: tuple[FloatArray, ...], span: tuple[float, float]) -> Belief:
        """Return what D says at the nodes of a grid: one axis, or an x and a y axis."""
        if self._grid is not grid:
            nodes = np.stack(np.meshgrid(*grid), -1).reshape(-1, len(grid))
            self._grid, self._nodes = grid, self._tensor(nodes)
        rule = self.loss.belief
        values = rule.of(self.logit(self._nodes)).cpu().numpy().astype(np.float64)
        shape = tuple(len(axis) for axis in reversed(grid))
        low, high = (rule.low, rule.high) if rule.bounded else span
        return Belief(
            rule.label, values.reshape(shape), low, high, rule.neutral, rule.neutral_label
        )

    def portraits(self) -> tuple[Portrait, ...]:
        """Return the saddle pictures: scalar players, orbit, then beliefs and losses."""
        own: list[Portrait] = []
        if self.scalar:
            # The equilibrium: a flat D, and θ where the means agree (every latent has mean 0).
            at = self._mean
            own.append(
                Portrait(
                    "parameters", "θ (generator)", "ψ (discriminator)", "theta", "psi", (at, 0.0)
                )
            )
        if self.target.dim == 1:
            own.append(
                Portrait(
                    "orbit",
                    "mean of G − mean of data",
                    "tilt of D: s(m + σ) − s(m − σ)",
                    "mean_gap",
                    "tilt",
                    (0.0, 0.0),
                )
            )
        lines = {column: value for column, value, _ in self.loss.references}
        rest = None
        if "loss_d" in lines and "loss_g" in lines:
            rest = (lines["loss_g"], lines["loss_d"])
        even = (self.loss.belief.neutral,) * 2 if self.loss.belief.bounded else None
        what = "D" if self.loss.belief.label.startswith("D(x)") else "s"
        return (
            *own,
            Portrait(
                "beliefs", f"mean {what}(real)", f"mean {what}(fake)", "d_real", "d_fake", even
            ),
            Portrait("losses", "L_G", "L_D", "loss_g", "loss_d", rest),
        )

    @torch.no_grad()
    def picture(self, portrait: Portrait, box: tuple[float, float, float, float]) -> Portrait:
        """Return the parameter portrait with V(θ, ψ) = −L_D over a box; others as they are.

        The expectations are means over the midpoints of equal-mass slices of data and noise, so
        the field carries no sampling noise.
        """
        if portrait.name != "parameters" or not self.loss.has_value:
            return portrait
        x_low, x_high, y_low, y_high = box
        centres = (np.arange(FIELD_NODES) + 0.5) / FIELD_NODES
        theta = self._tensor(x_low + (x_high - x_low) * centres)
        psi = self._tensor(y_low + (y_high - y_low) * centres)
        draws = np.sort(self.target.sample(rng(0, "probe", 1), 64 * FIELD_POINTS)[:, 0])
        x = self._tensor(draws.reshape(FIELD_POINTS, -1).mean(1))
        x = x - x.mean() + self._mean
        noise = self.latent.probe(rng(0, "probe"), FIELD_POINTS, self.latent_dim)[:, 0]
        shifted = self.settings.generator.kind == "shift"
        z = self._tensor(noise if shifted else np.zeros(1))
        real = (psi[:, None, None] * x).expand(-1, FIELD_NODES, -1)
        fake = psi[:, None, None] * (theta[:, None] + z)
        value = -self.loss.discriminator(real, fake)
        return replace(portrait, field=value.cpu().numpy().astype(np.float64), field_box=box)
