"""What variational and plain autoencoders have in common: an encoder, a decoder, one loss.

The decoder is the generator G: it turns a code z into a sample, as in a GAN. The encoder E turns a
sample into a code, or into a distribution of codes. Both minimise one loss together, so there is no
game between them: one round is one batch, one gradient by autograd, and a move of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganviz.catalog.latents import LATENTS, Latent
from ganviz.catalog.measures import Known, shares
from ganviz.catalog.networks import ENCODERS, GENERATORS, Network, Plan
from ganviz.catalog.optimizers import DECAYS, OPTIMIZERS, Hyper
from ganviz.engine.data import distribution, place
from ganviz.engine.diagnosis import Case
from ganviz.engine.draws import Batches, Supply
from ganviz.engine.family import Family
from ganviz.engine.family.gaze import IN_PLACE, Gaze
from ganviz.engine.family.present import Samples, Tally
from ganviz.engine.family.scribe import BOTH, Instant, Scribe, array, shown
from ganviz.engine.family.spot import Spot, unthought
from ganviz.engine.family.surface import Survey
from ganviz.engine.family.written import figure
from ganviz.engine.player import Player
from ganviz.engine.record import Way
from ganviz.frame import Arrows, Beat, Belief, Line, Manifold, Model, Portrait, Term, Trace
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.theory import distances

FloatArray = npt.NDArray[np.float64]

E, G = "encoder", "generator"
#: Which stream lane each player's first weights come from.
_LANES = {G: 0, E: 1}
NO_D = "There is no discriminator here: nobody tells real from generated."


class Unseen:
    """A moment of which theory knows nothing but the samples."""

    def __init__(self, coder: Coder) -> None:
        self.coder = coder

    def known(self, samples: Samples) -> Known | None:
        """Return the divergences of histograms of both samples."""
        w1 = nan
        if self.coder.target.dim == 1:
            w1 = distances.sample_wasserstein_1(samples.fake, samples.real)
        jsd = samples.histogram_jsd
        return Known.of(None, "estimate", jsd=jsd, w1=w1)

    def model(self, grid: tuple[FloatArray, ...]) -> Model | None:
        """Return p_g over a grid: not known."""
        return None

    def best(self, grid: tuple[FloatArray, ...]) -> FloatArray | None:
        """Return the best answer over a grid, where there is one."""
        return None


class Coder:
    """An encoder and its decoder.

    A subclass says what the loss is (:meth:`loss`), what a sample is made of (:meth:`images`), how
    many numbers the encoder gives (``outputs``), and what of it is drawn.
    """

    columns: tuple[str, ...]
    must: tuple[str, ...] = ("loss", "grad_g", "grad_e")

    def __init__(
        self,
        settings: Settings,
        before: Family | None = None,
        renew: frozenset[str] = frozenset(),
        block: int = 0,
    ) -> None:
        """Build the game; players of ``before`` are carried over unless named in ``renew``."""
        self.settings = settings
        self.target = distribution(settings)
        #: The side of the images that the data are, else 0.
        self.side = 0 if self.target.image is None else self.target.image.side
        self.like = place(settings)
        self.latent = LATENTS["normal"]
        self.latent_dim = settings.latent.dim
        optim = settings.optim
        self.hyper = Hyper(optim.momentum, optim.beta1, optim.beta2, optim.rho)
        networks = {G: self._generator(), E: self._encoder()}
        self.players = {
            name: Player.following(
                None if before is None else before.players[name],
                networks[name],
                optim.kind_g,
                self.like,
                name in renew,
                (settings.train.seed, block, _LANES[name]),
            )
            for name in (G, E)
        }
        self.gaze, self.exact_gaze = self._gaze(G), self._gaze(G, exact=True)
        self.encoder_gaze = self._gaze(E)
        self.moves: list[tuple[str, float]] | None = None
        self.scribe: Scribe | None = None
        self.memory: dict[str, Tensor] = {}
        self.tally: Tally | None = None
        self.step = 0
        self._nan = self.like.new_full((), nan)
        self._supply = self._batches()
        self._grid: tuple[FloatArray, ...] = ()
        self._nodes = self.like.new_empty((0, self.target.dim))
        self.steer(settings)

    def steer(self, settings: Settings) -> None:
        """Take in settings that differ in nothing but the learning rate."""
        self.settings = settings
        self.played = False

    # ---- the players --------------------------------------------------------------------------

    #: How many numbers the encoder gives for each coordinate of the code.
    outputs = 1

    def _generator(self) -> Network:
        g = self.settings.generator
        start = self.settings.acting("generator.start")
        ends = self.latent_dim, self.target.dim
        plan = Plan(*ends, g.hidden, g.activation, g.init, start, G, side=self.side)
        return GENERATORS[g.kind].build(plan)

    def _encoder(self) -> Network:
        e = self.settings.encoder
        outputs = self.outputs * self.latent_dim
        ends = self.target.dim, outputs
        plan = Plan(*ends, e.hidden, e.activation, e.init, None, E, side=self.side)
        return ENCODERS[e.kind].build(plan)

    def _gaze(self, name: str, exact: bool = False) -> Gaze | None:
        s: Any = self.settings.generator if name == G else self.settings.encoder
        if s.kind != "mlp" or s.activation not in IN_PLACE:
            return None
        return Gaze(self.players[name], s.hidden, s.activation, exact)

    def tensor(self, array: npt.NDArray[np.floating]) -> Tensor:
        """Return an array in the precision and on the device of this game."""
        return torch.as_tensor(array).to(self.like)

    @torch.no_grad()
    def decoded(self, z: Tensor) -> Tensor:
        """Return G(z), (n, dim), for codes (n, latent.dim)."""
        return self.players[G](z) if self.gaze is None else self.gaze(z)

    @torch.no_grad()
    def encoded(self, x: Tensor) -> Tensor:
        """Return what E gives for (n, dim), (n, outputs · latent.dim)."""
        return self.players[E](x) if self.encoder_gaze is None else self.encoder_gaze(x)

    def exactly(self, z: FloatArray) -> FloatArray:
        """Return G(z), (n, dim), in float64, whatever the precision of the weights."""
        codes = torch.from_numpy(np.array(z, dtype=np.float64))  # its own: nodes are read-only
        if self.exact_gaze is not None:
            return self.exact_gaze(codes).numpy()
        player = self.players[G]
        leaves = [leaf.detach().to("cpu", torch.float64) for leaf in player.leaves]
        return player.network.apply(leaves, codes).numpy()

    # ---- one round ----------------------------------------------------------------------------

    def supply(self) -> Supply:
        """Return the batches of one round: one of the data and one of noise."""
        return self._supply

    def _batches(self) -> Supply:
        source, source_dim = self._source()
        return Supply(
            target=self.target,
            latent=self.latent,
            latent_dim=self._noise_dim(),
            batch=self.settings.train.batch,
            data_batches=1,
            noise_batches=1,
            dtype=self.like.dtype,
            device=self.like.device,
            source=source,
            source_dim=source_dim,
        )

    def _noise_dim(self) -> int:
        """Return how many coordinates the noise of a round has."""
        raise NotImplementedError

    def _source(self) -> tuple[Latent, int]:
        """Return what a sample is made of."""
        raise NotImplementedError

    def loss(self, x: Tensor, noise: Tensor, told: dict[str, Tensor]) -> Tensor:
        """Return what both players minimise, on a batch; its parts go into ``told``."""
        raise NotImplementedError

    def images(self, z: Tensor, average: bool = False) -> FloatArray:
        """Return samples (n, dim) of what they are made of, as an array of float64."""
        raise NotImplementedError

    # ---- the code -----------------------------------------------------------------------------

    #: Of a coordinate of a code this is as good as zero.
    quiet = 0.02

    @property
    def coding(self) -> Coder:
        """What is known of the codes: this very game."""
        return self

    def codes(self, real: FloatArray, seen: Tensor) -> FloatArray:
        """Return the codes (n, k) of real samples, or of what samples are made of."""
        raise NotImplementedError

    def rebuilt(self, codes: FloatArray) -> FloatArray:
        """Return what the decoder makes of codes (n, k), (n, dim)."""
        return self.decoded(self.tensor(codes)).cpu().numpy().astype(np.float64)

    def holding(self, seen: Tensor, number: int, value: float) -> FloatArray:
        """Return samples (n, dim) of what they are made of, coordinate ``number``, from 0, held."""
        held = seen.clone()
        held[:, number] = value
        return self.images(held)

    def back(self, x: Tensor) -> FloatArray | None:
        """Return what becomes of points (n, dim): decoded of their most likely code."""
        code = self.encoded(x)[:, : self.latent_dim].contiguous()
        return self.decoded(code).cpu().numpy().astype(np.float64)

    # ---- one round, played ----------------------------------------------------------------------

    def round(self, batches: Batches, row: Tensor) -> None:
        """Take one gradient, move both players, and write one row of trace."""
        told = self._learn(batches)
        self._tell(batches, told)
        for name in self.players:
            self._move(name)
            self._say(name, self._moved(name), frozenset({"gradients", name}))
        self.step += 1
        self.played = True
        torch.stack([told.get(name, self._nan) for name in self.columns], out=row)

    def _learn(self, batches: Batches) -> dict[str, Tensor]:
        """Leave the gradients in each player's ``grad``; return what there is to tell."""
        told: dict[str, Tensor] = {}
        loss = self.loss(batches.data[0], batches.noise[0], told)
        leaves = [leaf for player in self.players.values() for leaf in player.leaves]
        parts = list(torch.autograd.grad(loss, leaves))
        told["loss"] = loss.detach()
        for name, player in self.players.items():
            own, parts = parts[: len(player.leaves)], parts[len(player.leaves) :]
            torch.cat([part.reshape(-1) for part in own], out=player.grad)
            told[f"grad_{name[0]}"] = torch.linalg.vector_norm(player.grad)
        return {name: value.detach() for name, value in told.items()}

    def _move(self, name: str) -> None:
        player, optim = self.players[name], self.settings.optim
        if self.settings.train.freeze == name:
            return
        with torch.no_grad():
            if optim.grad_clip > 0:
                size = torch.linalg.vector_norm(player.grad)
                player.grad.mul_((optim.grad_clip / (size + 1e-12)).clamp(max=1.0))
            rate = optim.lr_g * DECAYS[optim.decay].factor(self.step / optim.decay_steps)
            player.move(rate, self.hyper)
        if self.moves is not None:
            self.moves.append((name, float(player.flat.abs().max())))

    # ---- slow motion --------------------------------------------------------------------------

    def _say(self, player: str, words: str, lit: frozenset[str], **seen: Any) -> None:
        """Write down a phase of the round, where it is laid open."""
        if self.scribe is None:
            return
        now = {name: player.flat.clone() for name, player in self.players.items()}
        turn = "encoder and generator" if player == BOTH else player
        beat = Beat(self.step + 1, 0, 0, player, turn, words, lit, **seen)
        self.scribe.instants.append(Instant(beat, now, self.step))

    def _tell(self, batches: Batches, told: dict[str, Tensor]) -> None:
        """Lay open what has passed before the players move."""
        if self.scribe is None:
            return
        x = batches.data[0]
        said: dict[str, Any] = {"real": shown(self.target, x)}
        self._say(BOTH, f"{len(x)} samples of the data", frozenset({"samples"}), **said)
        code, rebuilt, words = self._rebuilt(x, batches.noise[0])
        self._say(E, words, frozenset({"samples", E, "noise"}), **said, noise=array(code))
        said |= {"noise": array(code), "fake": shown(self.target, rebuilt)}
        self._say(G, "G decodes the codes", frozenset({"noise", G, "samples"}), **said)
        numbers = {name: float(told[name]) for name in self.columns if name in told}
        losses = {name: value for name, value in numbers.items() if not name.startswith("grad")}
        said["numbers"] = tuple(losses.items())
        self._say(BOTH, "What G missed, and what the code costs", frozenset({"losses"}), **said)
        said["numbers"] = tuple(numbers.items())
        back = "Backwards through G and E: one gradient of one loss"
        self._say(BOTH, back, frozenset({"losses", "gradients", G, E}), **said)

    def _moved(self, name: str) -> str:
        """Return in words that a player has moved, or may not."""
        if self.settings.train.freeze == name:
            return f"{name[0].upper()} is frozen: it stays as it is"
        kind = OPTIMIZERS[self.settings.optim.kind_g].title
        return f"{name[0].upper()} takes a step of {kind} against its gradient"

    def _rebuilt(self, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, str]:
        """Return the codes of a batch, what G makes of them, and in words how they were found."""
        raise NotImplementedError

    # ---- questions ----------------------------------------------------------------------------

    def solo(self, player: str, batches: Batches) -> None:
        """Let one player move once, on a batch of its own."""
        self._learn(batches)
        self._move(player)

    def gradient(self, player: str, batches: Batches, loss: str | None = None) -> Tensor:
        """Return a player's flat gradient on a round's first batch, without moving anything."""
        if loss is not None:
            raise ParamError(
                f"loss = {loss}: is a loss of a GAN; here it must be none, the game's own"
            )
        value = self.loss(batches.data[0], batches.noise[0], {})
        return self.players[player].gradient_of(value)

    def norms(self, data: Tensor, z: Tensor) -> Mapping[tuple[str, str], float]:
        """Return gradient norms of a GAN's losses: none."""
        return {}

    def information(self, z: Tensor) -> float:
        """Return what a sample tells of InfoGAN's code: NaN."""
        return nan

    # ---- what pictures need -------------------------------------------------------------------

    @property
    def curves(self) -> tuple[tuple[str, str, str], ...]:
        """The curves of the loss plot: (trace column, label, role)."""
        raise NotImplementedError

    @property
    def references(self) -> tuple[Line, ...]:
        """Where the curves end at best."""
        return ()

    @property
    def formula(self) -> str:
        """The loss in plain letters."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """The game in a few words."""
        raise NotImplementedError

    def terms(self, trace: Trace) -> tuple[Term, ...]:
        """Return the loss typeset, with the numbers of the last step."""
        last = trace.take(len(trace) - 1, len(trace) if self.played else 0)

        def told(column: str) -> str:
            return figure(float(last[0][trace.columns.index(column)])) if len(last) else ""

        pieces, where = self._written()
        return (
            *(Term(tex, told(column), G) for tex, column in pieces),
            *(Term(tex, "", "where") for tex in where),
        )

    def _written(self) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
        """Return the pieces of the loss, each with its column, and definitions."""
        raise NotImplementedError

    @property
    def meaning(self) -> object:
        """What is thought of every point of the data: the same in every game of one kind."""
        return type(self)

    @property
    def pulling(self) -> tuple[tuple[str, str], ...]:
        """((name, title), …) of the arrows that can be had."""
        return ()

    def arrows(self, z: Tensor, loss: str = "") -> tuple[Arrows, ...]:
        """Return where points of the data are moved to, where that means anything."""
        return ()

    def manifold(self) -> Manifold | None:
        """Return the image of a grid of codes in the plane; None where there is none."""
        return None

    def present(self, purpose: str = "measure") -> Any:
        """Return what theory knows of this moment."""
        return Unseen(self)

    @property
    def case(self) -> Case:
        """What the detectors of the diagnosis must know of the game."""
        target = self.target
        own = shares(target) if len(target.centres) > 1 else np.ones(1)
        return Case(
            distances=("w1",) if target.atoms else ("jsd", "w1", "sliced_w"),
            modes=len(target.centres) if len(target.centres) > 1 else 0,
            uneven=float(own @ np.log(own * len(own))),
            rarest=float(own.min()),
            width=float(np.sqrt((target.seen.std**2).mean())) or 1.0,
            loss=("loss", next(label for column, label, _ in self.curves)),
            sizes=self.must,
        )

    @property
    def offers(self) -> frozenset[str]:
        """The layers of pictures that this game can fill besides the ones every game has."""
        return frozenset()

    mapped: tuple[str, str] = ("z", "G(z)")

    @property
    def called(self) -> tuple[tuple[str, str, str], ...]:
        """((layer, title, explanation), …) of layers that are called otherwise than in a GAN."""
        raise NotImplementedError

    #: No generator of averaged weights.
    averages = False

    def seen_weights(self) -> dict[str, Tensor]:
        """Return the flat weights of both players, themselves."""
        return {name: player.flat for name, player in self.players.items()}

    def architecture(self, player: str) -> str:
        """Return how a player is built, in words, such as ``1 → 32 → 32 → 2 tanh``."""
        s: Any = self.settings.generator if player == G else self.settings.encoder
        kind = (GENERATORS if player == G else ENCODERS)[s.kind]
        if not kind.layered:
            return kind.formula
        ends = (self.latent_dim, self.target.dim)
        if player == E:
            ends = (self.target.dim, self.outputs * self.latent_dim)
        widths = (ends[0], *self.players[player].network.widths, ends[1])
        return " → ".join(map(str, widths)) + (f" {s.activation}" if s.hidden else "")

    def push(self, z: Tensor, average: bool = False) -> Tensor:
        """Return samples (n, dim) of what they are made of, as a tensor."""
        return self.tensor(self.images(z))

    def logit(self, x: Tensor) -> Tensor:
        """Refuse: there is no D."""
        raise ParamError(f"game.kind = {self.settings.game.kind}: {NO_D} It must be gan.")

    def believed(self, x: Tensor) -> FloatArray:
        """Return what is thought of points (n, dim), (n,): nothing."""
        return np.full(len(x), nan)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The range of a belief that there is not."""
        return 0.0, 1.0

    def belief(self, grid: tuple[FloatArray, ...], span: tuple[float, float]) -> Belief:
        """Return what is thought of every point: nothing."""
        return unthought(grid)

    def nodes(self, grid: tuple[FloatArray, ...]) -> Tensor:
        """Return the nodes of a grid (n, dim), remembered until another one is asked for."""
        if self._grid is not grid:
            nodes = np.stack(np.meshgrid(*grid), -1).reshape(-1, len(grid))
            self._grid, self._nodes = grid, self.tensor(nodes)
        return self._nodes

    def spot(self, present: Any, at: tuple[float, ...]) -> Spot:
        """Return what there is to say of one point of the data space."""
        return Spot(nan, nan, nan, nan, nan, True, np.empty((0, 2)), NO_D)

    def gain(self, fake: npt.NDArray[np.floating], grid: tuple[FloatArray, ...]) -> float:
        """Return what G alone could gain against a D: NaN."""
        return nan

    def portraits(self) -> tuple[Portrait, ...]:
        """Return the pictures of two columns against each other, the preferred one first."""
        return (
            Portrait("weights", "G's weights, leading direction", "E's, leading direction", "", ""),
        )

    def stands(self) -> dict[str, float]:
        """Return where the players stand on their portraits before the first step: unknown."""
        return {}

    def note(self, portrait: Portrait, trace: Trace, since: int) -> str:
        """Return in words how an orbit turns: nothing turns here."""
        return portrait.note

    def picture(self, portrait: Portrait, box: tuple[float, float, float, float]) -> Portrait:
        """Return a portrait as it is."""
        return portrait

    def survey(self, step: int, ways: Mapping[str, Way], reach: tuple[float, float]) -> Survey:
        """Refuse: there is no V."""
        raise ParamError(f"game.kind = {self.settings.game.kind}: has no V; it must be gan")


__all__ = ["Coder", "E", "G", "Unseen"]
