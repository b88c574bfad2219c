"""Generative adversarial networks: the one page that knows the two players.

One round follows the schedule's phases literally; every gradient is torch's autograd of the loss
entry's own formula. This is the definition: any faster way to compute a round has to agree with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from math import isfinite, log, nan
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganviz.catalog.games import GAMES
from ganviz.catalog.latents import LATENTS
from ganviz.catalog.losses import LOSSES, PROBABILITY, Loss
from ganviz.catalog.measures import shares
from ganviz.catalog.networks import DISCRIMINATORS, GENERATORS, Network, Plan
from ganviz.catalog.optimizers import DECAYS, Hyper
from ganviz.catalog.penalties import PENALTIES
from ganviz.catalog.schedules import SCHEDULES, Phase
from ganviz.clock import Part
from ganviz.engine.data import distribution, place
from ganviz.engine.diagnosis import FLAT, Case
from ganviz.engine.draws import Batches, Chance, Supply, rng
from ganviz.engine.family import Family
from ganviz.engine.family.compete import gradient, moves
from ganviz.engine.family.gains import generator_gain
from ganviz.engine.family.gaze import IN_PLACE, Gaze
from ganviz.engine.family.judge import Judge, pieces
from ganviz.engine.family.memory import carry_on, remembered, replayed
from ganviz.engine.family.mesh import Mesh
from ganviz.engine.family.oracle import Oracle
from ganviz.engine.family.portraits import Portraits
from ganviz.engine.family.present import CELLS, Glass, Ground, Present, Tally
from ganviz.engine.family.scribe import Scribe, led, weights
from ganviz.engine.family.spot import Spot, spot, unthought
from ganviz.engine.family.stakes import Stakes
from ganviz.engine.family.surface import Survey, offered, survey
from ganviz.engine.family.written import terms
from ganviz.engine.player import Player
from ganviz.engine.record import Way
from ganviz.frame import Arrows, Belief, Line, Manifold, Portrait, Term, Trace
from ganviz.schema import ParamError, get, words
from ganviz.settings import Settings

FloatArray = npt.NDArray[np.float64]

#: Points of noise whose images give the generator's mean in 1-D, every step.
PROBE_POINTS = 64
#: Of what G could gain: samples that stand for it, nodes of an axis in the plane, and samples of
#: each side where a loss compares every one with every place.
MANY, SIDE, FEW = 1024, 33, 64
#: Fixed generated samples beside which D judges single samples, where it judges batches.
COMPANIONS = 256

D, G = "discriminator", "generator"
#: Which stream lane each player's first weights come from.
_LANES = {G: 0, D: 1}


class Gan:
    """The generator against the discriminator."""

    columns: tuple[str, ...] = GAMES["gan"].columns
    must: tuple[str, ...] = ("loss_d", "loss_g", "grad_d", "grad_g")

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
        acting = settings.acting
        self.target = distribution(settings)
        #: The side of the images that the data are, else 0.
        self.side = 0 if self.target.image is None else self.target.image.side
        self.codes = int(acting("latent.codes"))
        self.loss = LOSSES[settings.loss.kind]
        self.penalty = PENALTIES[settings.loss.penalty]
        weight = settings.loss.penalty_weight
        self.strength = self.penalty.weight if weight is None else weight
        self.phases = SCHEDULES[settings.train.schedule].phases(settings.train.k)
        self.like = place(settings)
        shifting = settings.generator.kind == "shift" and settings.latent.dim == 1
        self.noise_dim = self.target.dim if shifting else settings.latent.dim
        self.latent_dim = self.noise_dim + self.codes
        self.latent = LATENTS[settings.latent.kind].coded(self.noise_dim, self.codes)
        optim = settings.optim
        self.hyper = Hyper(optim.momentum, optim.beta1, optim.beta2, optim.rho)
        kinds = {G: optim.kind_g, D: optim.kind_d}
        networks = {G: self._generator(), D: self._discriminator()}
        self.players = {
            name: Player.following(
                None if before is None else before.players[name],
                networks[name],
                kinds[name],
                self.like,
                name in renew,
                (settings.train.seed, block, _LANES[name]),
            )
            for name in (G, D)
        }
        oracle = None
        if settings.discriminator.kind == "exact":
            oracle = Oracle(settings, self.target, self.loss, self.players[G], self.like)
        self.judge = Judge(settings, self.players[D], oracle)
        #: The players as they are only looked at, where they are plain networks; else None.
        self.gaze = self._gaze(G)
        self.exact_gaze = self._gaze(G, exact=True)
        #: Looks at p_g on the line, where a kernel brings what does; else None.
        self.glass: Glass | None = None
        #: Counts samples for the measures, likewise.
        self.tally: Tally | None = None
        self.looking_d = self._gaze(D) if self.judge.alone and oracle is None else None
        # What D's labels are, where they are not 1 for real and 0 for generated.
        self.labels = (1 - settings.loss.label_smoothing, settings.loss.fake_smoothing)
        self.plain_labels = (
            self.labels == (1.0, 0.0)
            and settings.loss.label_flips == 0
            and settings.data.prior == 0.5
        )
        self.unroll = int(acting("loss.unroll"))
        self.matching = bool(acting("loss.feature_matching"))
        self.clip = float(acting("loss.clip"))
        self.anneal = int(acting("loss.noise_steps"))
        self.moves: list[tuple[str, float]] | None = None
        self.scribe: Scribe | None = None
        self.paced: dict[str, Any] | None = None  # rates as tensors, while a round is captured
        self.step = 0
        self.memory = remembered(self, before)
        self.average_gaze = self._gaze(G, flat=self.memory["average"]) if self.averages else None
        self._supply = self._batches()
        self._nan = self.like.new_full((), nan)
        self.probe = self.tensor(self.latent.probe(rng(0, "probe"), PROBE_POINTS, self.latent_dim))
        companions = self.latent.sample(rng(0, "probe", 8), (COMPANIONS, self.latent_dim))
        self._companions = self.tensor(companions)
        self.scalar = self.target.dim == 1 and (
            GENERATORS[settings.generator.kind].scalar
            and DISCRIMINATORS[settings.discriminator.kind].scalar
        )
        if settings.generator.kind == "formula":
            self._check_formula()
        if self.target.dim == 1:
            m, s = float(self.target.mean[0]), float(self.target.std[0]) or 1.0
            self._mean = m
            self.sides = self.tensor(np.array([[m + s], [m - s]]))
        self.stakes = Stakes(self)
        self.steer(settings)
        self.ground = Ground(self)
        self._grid: tuple[FloatArray, ...] = ()
        self._nodes = self.like.new_empty((0, self.target.dim))
        # A grid, and the places on it that G may choose from when its gain is asked for.
        self._choice: tuple[tuple[FloatArray, ...], Tensor] = (), self._nodes
        self._likes = self._nodes  # real samples beside which pulls are taken
        self._mesh = Mesh.of(settings, self.latent, self.latent_dim, self.target.dim)

    def steer(self, settings: Settings) -> None:
        """Take in settings that differ in nothing but :data:`STEERED`."""
        optim, rate = settings.optim, settings.loss.unroll_rate
        self.settings = settings
        self.rates: dict[str, Any] = {G: optim.lr_g, D: optim.lr_d}
        self.unroll_rate = optim.lr_d if rate is None else rate
        self.played = False  # whether the last row of the trace is of this very game
        self._portraits = Portraits(self)

    # ---- the players --------------------------------------------------------------------------

    def _generator(self) -> Network:
        g = self.settings.generator
        return GENERATORS[g.kind].build(
            Plan(
                self.latent_dim,
                self.target.dim,
                g.hidden,
                g.activation,
                g.init,
                self.settings.acting("generator.start"),
                G,
                codes=self.codes,
                formula=g.formula,
                side=self.side,
            )
        )

    def _discriminator(self) -> Network:
        acting = self.settings.acting
        d = self.settings.discriminator
        return DISCRIMINATORS[d.kind].build(
            Plan(
                self.target.dim * acting("discriminator.pack"),
                1,
                d.hidden,
                d.activation,
                d.init,
                acting("discriminator.start"),
                D,
                spectral=acting("discriminator.spectral_norm"),
                kernels=acting("discriminator.minibatch_features"),
                deviation=acting("discriminator.minibatch_stddev"),
                side=self.side,
            )
        )

    def _gaze(self, name: str, exact: bool = False, flat: Tensor | None = None) -> Gaze | None:
        s = self.settings.generator if name == G else self.settings.discriminator
        plain = name == G or not self.settings.acting("discriminator.spectral_norm")
        if s.kind != "mlp" or s.activation not in IN_PLACE or not plain:
            return None
        return Gaze(self.players[name], s.hidden, s.activation, exact, flat)

    def tensor(self, array: npt.NDArray[np.floating]) -> Tensor:
        """Return an array in the precision and on the device of this game."""
        return torch.as_tensor(array).to(self.like)

    def _check_formula(self) -> None:
        """Refuse a formula that is not a finite number wherever there is noise."""
        z = self.tensor(self.latent.sample(rng(0, "probe", 11), (4096, self.latent_dim)))
        wild = ~torch.isfinite(self.push(z)).all(1)
        if not bool(wild.any()):
            return
        share, where = 100 * float(wild.float().mean()), z[wild][0].tolist()
        raise ParamError(
            f"generator.formula = {self.settings.generator.formula[:80]}: is no finite number for "
            f"{share:.2g} % of the noise, such as z = {words(tuple(where))}; "
            "must be one for every z, as with abs(z) inside a log or a sqrt"
        )

    # ---- one round ----------------------------------------------------------------------------

    def supply(self) -> Supply:
        """Return the batches of one round: as many as the schedule's phases name."""
        return self._supply

    def _batches(self) -> Supply:
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

    def round(self, batches: Batches, row: Tensor) -> None:
        """Play the schedule's phases in order and write one row of trace."""
        told: dict[str, Tensor] = {}
        self._set_pace()
        begun: dict[str, Tensor] = {}
        for phase in self.phases:
            real, z = batches.data[phase.data], batches.noise[phase.noise]
            if phase.rule == "compete":
                self._compete(phase, real, z, batches.chance, told)
                continue
            self._learn(phase, real, z, batches.chance, told)
            if phase.rule == "look":
                begun = {name: self.players[name].flat.clone() for name in phase.players}
            else:
                for name, flat in begun.items():
                    self.players[name].flat.copy_(flat)
            for name in phase.players:
                self._move(name)
                if self.scribe is not None:
                    self.scribe.moved(self, name, phase.rule, bool(begun))
        self.step += 1
        self.played = True
        if carry_on(self) and self.scribe is not None:
            self.scribe.carried(self)
        told.update(self._orbit())
        torch.stack([told.get(name, self._nan) for name in self.columns], out=row)

    def _set_pace(self) -> None:
        """Set what falls with the step: instance noise and learning rates."""
        if self.paced is not None:
            self.rates = self.paced
            return
        s = self.settings
        left = max(0.0, 1 - self.step / self.anneal) if self.anneal else 1.0
        self.judge.sigma = s.loss.instance_noise * left
        self.rates = self.rates_at(self.step)

    def rates_at(self, step: int) -> dict[str, float]:
        """Return both learning rates of the round behind so many."""
        return {name: rates[0] for name, rates in self.rates_of(step, 1).items()}

    def rates_of(self, step: int, n: int) -> dict[str, list[float]]:
        """Return both learning rates of each of the n rounds behind so many."""
        optim = self.settings.optim
        of, lasting = DECAYS[optim.decay].factor, optim.decay_steps
        factors = [of((step + i) / lasting) for i in range(n)]
        return {
            name: [rate * factor for factor in factors]
            for name, rate in ((G, optim.lr_g), (D, optim.lr_d))
        }

    def _learn(
        self, phase: Phase, real: Tensor, z: Tensor, chance: Chance, told: dict[str, Tensor]
    ) -> None:
        """Leave the gradients of a phase's players in their ``grad``, and the rest in ``told``."""
        if D in phase.players:
            with torch.no_grad():
                fake = replayed(self, self.players[G](z), chance)
            loss = self.stakes.discriminator(real, z, fake, chance, told)
            grad = self.players[D].take_gradient(loss)
            told["loss_d"] = loss.detach()
            told["grad_d"] = torch.linalg.vector_norm(grad)
            if self.scribe is not None:
                self.scribe.judged_by_d(self, phase, real, z, fake, told)
        if G in phase.players:
            loss = self.stakes.generator(real, z, chance, told)
            pulls = None if self.scribe is None else self._pulls(loss, told["made"])
            grad = self.players[G].take_gradient(loss)
            told["loss_g"] = loss.detach()
            told["grad_g"] = torch.linalg.vector_norm(grad)
            if self.scribe is not None:
                self.scribe.judged_by_g(self, phase, z, told, pulls)

    @staticmethod
    def _pulls(loss: Tensor, made: Tensor) -> Tensor | None:
        """Return −∂L_G/∂x at the samples, or None where G has no weights; the graph stays."""
        if not (made.requires_grad and loss.requires_grad):
            return None
        (slope,) = torch.autograd.grad(loss, made, retain_graph=True, allow_unused=True)
        return None if slope is None else -slope

    def _move(self, name: str) -> None:
        player = self.players[name]
        if self.settings.train.freeze == name or not player.leaves:
            return
        with torch.no_grad():
            most = self.settings.optim.grad_clip
            if most > 0:
                # The exact factor, with no branch that would wait for a GPU.
                size = torch.linalg.vector_norm(player.grad)
                player.grad.mul_((most / (size + 1e-12)).clamp(max=1.0))
            player.move(self.rates[name], self.hyper)
            self._moved(name)

    def _moved(self, name: str) -> None:
        flat = self.players[name].flat
        if self.moves is not None:
            self.moves.append((name, float(flat.abs().max())))
        if name == D and self.clip > 0:
            flat.clamp_(-self.clip, self.clip)

    def _compete(
        self, phase: Phase, real: Tensor, z: Tensor, chance: Chance, told: dict[str, Tensor]
    ) -> None:
        """Move both players by competitive gradient descent."""
        fake = self.players[G](z)
        loss_d = self.stakes.discriminator(real, z, fake, chance, told)
        loss_g = self.stakes.generator(real, z, chance, told)
        pulls = None if self.scribe is None else self._pulls(loss_g, told["made"])
        still = self.settings.train.freeze
        rates = {name: 0.0 if still == name else self.rates[name] for name in (G, D)}
        theta, phi, grad_g, grad_d = moves(
            loss_g, loss_d, self.players[G].leaves, self.players[D].leaves, rates[G], rates[D]
        )
        told["loss_d"], told["loss_g"] = loss_d.detach(), loss_g.detach()
        told["grad_d"] = torch.linalg.vector_norm(grad_d)
        told["grad_g"] = torch.linalg.vector_norm(grad_g)
        if self.scribe is not None:
            self.scribe.judged_by_d(self, phase, real, z, fake, told)
            self.scribe.judged_by_g(self, phase, z, told, pulls)
        with torch.no_grad():
            for name, move in ((G, theta), (D, phi)):
                if still != name:
                    self.players[name].flat.add_(move)
                    self.players[name].updates += 1
                    self._moved(name)
        if self.scribe is not None:
            self.scribe.competed(self)

    def losses(
        self, data: Tensor, z: Tensor, chance: Chance | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return (L_D, L_G) on one batch, both with a graph to both players' leaves."""
        chance = chance or Chance(0, 0, 0, self.like)
        loss_d = self.stakes.discriminator(data, z, self.players[G](z), chance)
        return loss_d, self.stakes.generator(data, z, chance)

    @torch.no_grad()
    def _orbit(self) -> dict[str, Tensor]:
        """Return where the game stands on its portraits, without touching the draws."""
        if self.target.dim != 1:
            return {}
        g, d = self.players[G], self.players[D]
        right, left = self.judge.answers(self.sides, self._beside)
        place = {"mean_gap": g(self.probe).mean() - self._mean, "tilt": right - left}
        if self.scalar:
            # Copies: a view would go on changing with the weights.
            place["theta"], place["psi"] = g.flat[0].clone(), d.flat[0].clone()
        return place

    def _beside(self) -> Tensor:
        """Return the fixed generated samples beside which single samples are judged."""
        return self.players[G](self._companions)

    def solo(self, player: str, batches: Batches) -> None:
        """Let one player move once, on a batch of its own."""
        self._set_pace()
        real, z = batches.data[0], batches.noise[0]
        self._learn(Phase((player,), 0, 0), real, z, batches.chance, {})
        self._move(player)

    def gradient(self, player: str, batches: Batches, loss: str | None = None) -> Tensor:
        """Return a player's flat gradient of its own or another loss, on a round's first batch.

        Another loss is taken by itself, without this game's penalties, labels and code.
        """
        self._set_pace()
        real, z, chance = batches.data[0], batches.noise[0], batches.chance
        if loss is None:
            if player == D:
                with torch.no_grad():
                    fake = self.players[G](z)
                return self.players[D].gradient_of(self.stakes.discriminator(real, z, fake, chance))
            return self.players[G].gradient_of(self.stakes.generator(real, z, chance))
        return self.players[player].gradient_of(self._other(LOSSES[loss], player, real, z, chance))

    def _other(self, loss: Loss, player: str, real: Tensor, z: Tensor, chance: Chance) -> Tensor:
        fake = self.players[G](z)
        inputs = self.judge.seen(real, chance), self.judge.seen(fake, chance)
        r, f = self.judge.pair(*inputs, chance)
        if player == D:
            return loss.discriminator(r.logits, f.logits)
        return loss.generator(r.logits.detach(), f.logits)

    def norms(self, data: Tensor, z: Tensor) -> Mapping[tuple[str, str], float]:
        """Return gradient norms of both players for minimax and non-saturating at once."""
        self._set_pace()
        chance = Chance(0, 0, 0, self.like)
        fake = self.players[G](z)
        n = len(z) // self.judge.pack * self.judge.pack
        inputs = self.judge.seen(data[:n], chance), self.judge.seen(fake[:n], chance)
        r, f = self.judge.pair(*inputs, None)
        both = LOSSES["minimax"]
        found = {(D, "minimax"): gradient(both.discriminator(r.logits, f.logits), self._leaves(D))}
        for name in ("minimax", "non-saturating"):
            value = LOSSES[name].generator(r.logits, f.logits)
            found[G, name] = gradient(value, self._leaves(G))
        return {key: float(torch.linalg.vector_norm(grad)) for key, grad in found.items()}

    def _leaves(self, name: str) -> list[Tensor]:
        return self.players[name].leaves

    #: No code that an encoder makes of data.
    coding = None

    def information(self, z: Tensor) -> float:
        """Return log K − CE(c, Q(G(z, c))) ≤ I(c; G(z, c)); NaN without a code."""
        if not self.codes:
            return nan
        with torch.no_grad():
            return log(self.codes) - float(self.stakes.unread(self.players[G](z), z))

    @Part("arrows")
    def arrows(self, z: Tensor, loss: str = "") -> tuple[Arrows, ...]:
        """Return −∂L_G/∂x at G(z), times their number: for the loss played, then for ``loss``.

        One backward pass gives ∇_x s; each loss then only needs its derivative by the logit. Where
        D judges batches, each sample is judged beside fixed ones, as in the pictures. A name that
        is no other loss's is passed over.
        """
        self._set_pace()
        names = [self.settings.loss.kind]
        names += [loss] if loss in LOSSES and loss not in names else []
        with torch.no_grad():
            x = self.players[G](z)
            real = x.new_zeros(len(z))
            if any(LOSSES[name].sees_real for name in names):
                real = self.judge.answers(self._real_like(len(z)), self._beside)
        x.requires_grad_()
        s = self.judge.answers(x, self._beside)
        slope = self._slope(s, x)
        found = []
        for name in names:
            f = s.detach().requires_grad_()
            (by_logit,) = torch.autograd.grad(LOSSES[name].generator(real, f), f)
            vectors = led(self.target, -by_logit[:, None] * len(f) * slope)
            found.append(Arrows(name, LOSSES[name].title, vectors))
        return tuple(found)

    @cached_property
    def pulling(self) -> tuple[tuple[str, str], ...]:
        """((name, title), …) of the losses whose pulls can be had, the one played first."""
        played = self.settings.loss.kind
        names = (played, *(name for name in LOSSES if name != played))
        return tuple((name, LOSSES[name].title) for name in names)

    @staticmethod
    def _slope(s: Tensor, x: Tensor) -> Tensor:
        if not s.requires_grad:
            return torch.zeros_like(x)
        (slope,) = torch.autograd.grad(s.sum(), x)
        return slope

    def slope(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return D's logits (n,) and their gradients (n, dim) at points that ask for them."""
        self._set_pace()
        s = self.judge.answers(x, self._beside)
        return s, self._slope(s, x)

    def spot(self, present: Present, at: tuple[float, ...]) -> Spot:
        """Return what there is to say of one point of the data space."""
        return spot(self, present, at)

    def _real_like(self, n: int) -> Tensor:
        if len(self._likes) != n:
            self._likes = self.tensor(self.target.sample(rng(0, "probe", 9), n))
        return self._likes

    # ---- what pictures need -------------------------------------------------------------------

    def seen_weights(self) -> dict[str, Tensor]:
        """Return the flat weights of both players, and G's averaged ones where there are any."""
        return weights(self)

    def architecture(self, player: str) -> str:
        """Return how a player is built, in words, such as ``2 → 64 → 64 → 2 relu``."""
        s = self.settings.generator if player == G else self.settings.discriminator
        if player == G and s.kind == "formula":
            return f"G(z) = {self.settings.generator.formula}"
        kind = (GENERATORS if player == G else DISCRIMINATORS)[s.kind]
        if not kind.layered:
            return kind.formula
        inputs, outputs = self.latent_dim, self.target.dim
        if player == D:
            inputs, outputs = self.target.dim * self.judge.pack, 1
        widths = (inputs, *self.players[player].network.widths, outputs)
        return " → ".join(map(str, widths)) + (f" {s.activation}" if s.hidden else "")

    @torch.no_grad()
    def push(self, z: Tensor, average: bool = False) -> Tensor:
        """Return G(z), (n, dim); ``average``: of the generator with averaged weights."""
        g = self.players[G]
        average = average and self.averages
        gaze = self.average_gaze if average else self.gaze
        if gaze is not None:
            return gaze(z)
        leaves = g.leaves
        if average:
            leaves = [part.view(shape) for part, shape in g.parted(self.memory["average"])]
        made = [g.network.apply(leaves, part) for part in pieces(z, g.network)]
        return (made[0] if len(made) == 1 else torch.cat(made)).detach()

    def images(self, z: Tensor, average: bool = False) -> FloatArray:
        """Return what :meth:`push` does, as an array of float64."""
        gaze = self.average_gaze if average and self.averages else self.gaze
        if gaze is not None:
            return gaze.wide(z)
        return self.push(z, average).cpu().numpy().astype(np.float64)

    def back(self, x: Tensor) -> FloatArray | None:
        """Return nothing: nobody encodes."""
        return None

    @property
    def gazes(self) -> tuple[Gaze, ...]:
        """All that players are looked at through."""
        every = self.gaze, self.exact_gaze, self.average_gaze, self.looking_d
        return tuple(gaze for gaze in every if gaze is not None)

    def present(self, purpose: str = "measure") -> Present:
        """Return what theory knows of this moment, for a ``picture`` or a ``measure``."""
        self._set_pace()
        return Present(self, self.ground, CELLS[purpose])

    @property
    def value_known(self) -> bool:
        """Whether V* of the game can be computed."""
        loss = self.loss
        closed = loss.has_value and loss.optimum is not None and loss.labels is not None
        way = self.ground.way in ("closed", "push") and self.ground.compares
        # A replay buffer gives D other samples than p_g: its V is of another game than V*.
        return closed and way and self.judge.alone and self.settings.train.replay == 0

    @property
    def offers(self) -> frozenset[str]:
        """The layers of pictures that this game can fill besides the ones every game has."""
        if self.side:  # of which no density is known, nor any point of the plane
            return frozenset(
                {"arrows", "graph", "images"} | ({"average"} if self.averages else set())
            )
        found = {"arrows", "probe", "graph"}
        if self.ground.way != "samples":
            found.add("model")
            if self.present("picture").best_known:
                found.add("best")
        if self.averages:
            found.add("average")
        if self.target.dim == self.latent_dim == 1:
            found.add("map")
        if offered(self):
            found.add("surface")
        if self._mesh is not None:
            found.add("manifold")
        if self.target.dim == 2 and (self.target.log_density is not None or "model" in found):
            found.add("contours")
        return frozenset(found)

    #: Layers are called what they are called by default.
    called: tuple[tuple[str, str, str], ...] = ()
    mapped: tuple[str, str] = ("z", "G(z)")

    @Part("D and fields")
    def manifold(self) -> Manifold | None:
        """Return the image of a grid in latent space in the plane; None if it is not finite."""
        return None if self._mesh is None else self._mesh.image(self)

    @property
    def averages(self) -> bool:
        """Whether there is a generator with averaged weights beside the one that learns."""
        return "average" in self.memory

    @torch.no_grad()
    def logit(self, x: Tensor) -> Tensor:
        """Return s(x), (n,)."""
        self._set_pace()
        if self.looking_d is not None:
            return self.looking_d(x)[:, 0]
        return self.judge.answers(x, self._beside)

    def believed(self, x: Tensor) -> FloatArray:
        """Return what D's logits mean, (n,), in the terms of the loss's belief."""
        if self.looking_d is not None and self.looking_d.lens is not None:
            return self.looking_d.lens.meant(x)[:, 0]
        return self.loss.belief.of(self.logit(x)).cpu().numpy().astype(np.float64)

    def meaning_of(self, logits: FloatArray) -> FloatArray:
        """Return what any logits (n,) mean, in the same terms."""
        if self.looking_d is not None and self.looking_d.lens is not None:
            return self.looking_d.lens.meaning(logits)
        return self.loss.belief.of(torch.from_numpy(np.asarray(logits))).numpy()

    @property
    def curves(self) -> tuple[tuple[str, str, str], ...]:
        """The curves of the loss plot: (trace column, label, role)."""
        value: tuple[tuple[str, str, str], ...] = ()
        if self.loss.has_value:
            value = (("value", "V", "value"),)
        if self.value_known and get(self.settings, "measure.value_best"):
            value += (("value_best", "V*", "best"),)
        return (("loss_d", "L_D", D), ("loss_g", "L_G", G), *value)

    @property
    def references(self) -> tuple[Line, ...]:
        """Where the curves of plain labels and terms stand at the equilibrium p_g = p."""
        roles = {column: role for column, _, role in self.curves}
        moved = set() if self.plain_labels else {"loss_d"}
        if self.matching or (self.unroll and self.loss.has_value):
            moved.add("loss_g")
        return tuple(
            Line(value, label, roles[column])
            for column, value, label in self.loss.references
            if column not in moved
        )

    @property
    def case(self) -> Case:
        """What the detectors of the diagnosis must know of the game."""
        return replace(self._case, period=self._portraits.period)  # that of the present rates

    @cached_property
    def _case(self) -> Case:
        """Of that, what is the same at every rate."""
        rule, target = self.loss.belief, self.target
        sure = None
        if self.plain_labels and self.loss.optimum is not None:
            at = self.loss.optimum(np.array([0.0, -np.inf]), np.array([-np.inf, 0.0]))
            real, fake = rule.of(torch.from_numpy(at)).tolist()
            sure = (real, fake) if isfinite(real) and isfinite(fake) else None
        lines = {column: value for column, value, _ in self.loss.references}
        rest = "value" if self.loss.has_value else "loss_d"
        if rest not in lines or (rest == "loss_d" and self.settings.loss.penalty != "off"):
            rest = ""  # a penalty is part of L_D, not of V
        orbit = next((p for p in self.portraits() if p.name in ("parameters", "orbit")), None)
        own = shares(target) if len(target.centres) > 1 else np.ones(1)
        width = float(np.sqrt((target.seen.std**2).mean())) or 1.0
        return Case(
            symbol=rule.label.split("(")[0].removeprefix("critic "),
            neutral=rule.neutral,
            neutral_label=rule.neutral_label,
            sure=sure,
            saturates=rule is PROBABILITY,
            rest_column=rest,
            rest=lines.get(rest, nan),
            distances=("w1",) if target.atoms else ("jsd", "w1", "sliced_w"),
            modes=len(target.centres) if len(target.centres) > 1 else 0,
            uneven=float(own @ np.log(own * len(own))),
            rarest=float(own.min()),
            width=width,
            flat=FLAT / (2 * width) if orbit is not None and orbit.y == "psi" else FLAT,
            orbit=() if orbit is None else (orbit.x, orbit.y),
            centre=(0.0, 0.0) if orbit is None or orbit.centre is None else orbit.centre,
            still=all(
                self.settings.train.freeze == name or not player.flat.numel()
                for name, player in self.players.items()
            ),
        )

    @property
    def formula(self) -> str:
        """Both losses, and the penalty, in plain letters."""
        if self.settings.loss.penalty == "off":
            return self.loss.formula
        return f"{self.loss.formula}     {self.penalty.formula}"

    def terms(self, trace: Trace) -> tuple[Term, ...]:
        """Return the formula typeset, with the numbers of the last step."""
        return terms(self, trace)

    @property
    def meaning(self) -> object:
        """What D's output means: numbers of one meaning may stand beside each other."""
        return self.loss.belief

    @property
    def title(self) -> str:
        """The game in a few words."""
        s = self.settings
        parts = [s.data.target, s.loss.kind]
        if s.loss.penalty != "off":
            parts.append(s.loss.penalty)
        return " · ".join((*parts, f"k = {s.train.k}"))

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The natural range of the belief, None where it has none."""
        if self.side:  # nothing is thought of points of the plane
            return 0.0, 1.0
        rule = self.loss.belief
        return (rule.low, rule.high) if rule.bounded else None

    @Part("D and fields")
    def belief(self, grid: tuple[FloatArray, ...], span: tuple[float, float]) -> Belief:
        """Return what D says at the nodes of a grid: one axis, or an x and a y axis.

        Of images it says nothing of the points of the plane on which they are shown.
        """
        if self.side:
            return unthought(grid)
        if self._grid is not grid:
            nodes = np.stack(np.meshgrid(*grid), -1).reshape(-1, len(grid))
            self._grid, self._nodes = grid, self.tensor(nodes)
        rule = self.loss.belief
        values = self.believed(self._nodes)
        shape = tuple(len(axis) for axis in reversed(grid))
        low, high = (rule.low, rule.high) if rule.bounded else span
        label = rule.label if self.judge.alone else f"{rule.label} in a generated batch"
        return Belief(label, values.reshape(shape), low, high, rule.neutral, rule.neutral_label)

    @torch.no_grad()
    def gain(self, fake: npt.NDArray[np.floating], grid: tuple[FloatArray, ...]) -> float:
        """Return what G alone could still gain by going anywhere on a grid; NaN if not known.

        ``fake`` (n, dim) are its samples. Of its own loss alone, as D judges without noise: not
        known where D judges batches, where G matches features, or looks ahead of D (unrolled); nor
        of images, for which there is no grid.
        """
        if not self.judge.alone or self.matching or self.unroll > 0 or self.side:
            return nan
        if self._choice[0] is not grid:
            axes = grid
            if len(grid) > 1:
                axes = tuple(axis[:: -(-len(axis) // SIDE)] for axis in grid)
            nodes = np.stack(np.meshgrid(*axes), -1).reshape(-1, len(axes))
            self._choice = grid, self.tensor(nodes)
        places = self._choice[1]
        samples = self.tensor(fake[: FEW if self.loss.sees_real else MANY])
        said = self.logit(torch.cat((places, samples)))
        said, own = said[: len(places)], said[len(places) :]
        seen = self.logit(self._few_real) if self.loss.sees_real else own
        return generator_gain(self.loss, seen, own, said)

    @cached_property
    def _few_real(self) -> Tensor:
        """Real samples beside which G's gain is taken where a loss compares."""
        return self.tensor(self.target.sample(rng(0, "probe", 12), FEW))

    def portraits(self) -> tuple[Portrait, ...]:
        """Return the saddle pictures: scalar players, orbit, then beliefs and losses."""
        return self._portraits.all

    def stands(self) -> dict[str, float]:
        """Return the mean gap, D's tilt and what the two numbers are, where the game has them."""
        return {name: float(value) for name, value in self._orbit().items()}

    def note(self, portrait: Portrait, trace: Trace, since: int) -> str:
        """Return in words how an orbit turns after step ``since``, and what theory says of it."""
        return self._portraits.note(portrait, trace, since)

    def picture(self, portrait: Portrait, box: tuple[float, float, float, float]) -> Portrait:
        """Return the parameter portrait with V and the mean moves; others as they are."""
        return self._portraits.filled(portrait, box)

    def survey(self, step: int, ways: Mapping[str, Way], reach: tuple[float, float]) -> Survey:
        """Return what computes V about the present weights, with copies of all it needs."""
        return survey(self, step, ways, reach)
