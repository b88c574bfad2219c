"""Families of games. The engine knows a family only through :class:`Family`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ganviz.catalog.measures import Known, Sight
from ganviz.engine.diagnosis import Case
from ganviz.engine.draws import Batches, Supply
from ganviz.engine.family.present import Tally
from ganviz.engine.family.scribe import Scribe
from ganviz.engine.family.spot import Spot
from ganviz.engine.player import Player
from ganviz.engine.record import Way
from ganviz.frame import Arrows, Belief, Line, Manifold, Model, Portrait, Surface, Term, Trace
from ganviz.settings import Settings

FloatArray = npt.NDArray[np.float64]


#: What can change without anything being built anew. A hand on a slider waits for it.
STEERED = frozenset({"optim.lr_g", "optim.lr_d"})


class Coding(Protocol):
    """A game with a code: what stands between its encoder and its decoder."""

    #: Of a coordinate of a code this is as good as zero.
    quiet: float

    def codes(self, real: FloatArray, seen: Tensor) -> FloatArray:
        """Return the codes (n, k) of real samples, or of what samples are made of."""
        ...

    def rebuilt(self, codes: FloatArray) -> FloatArray:
        """Return what the decoder makes of codes (n, k), (n, dim)."""
        ...

    def holding(self, seen: Tensor, number: int, value: float) -> FloatArray:
        """Return samples (n, dim) of what they are made of, coordinate ``number``, from 0, held."""
        ...


class Present(Protocol):
    """What theory knows of one moment."""

    def known(self, samples: Sight) -> Known | None:
        """Return divergences and values, or None where nothing is known."""
        ...

    def model(self, grid: tuple[FloatArray, ...]) -> Model | None:
        """Return p_g over a grid, or None."""
        ...

    def best(self, grid: tuple[FloatArray, ...]) -> FloatArray | None:
        """Return what the best D would say over a grid, or None."""
        ...


class Family(Protocol):
    """A kind of game: its players, one round of it, and what pictures need to know of it.

    Attributes
    ----------
    players
        By name, in the order in which a report names them.
    moves
        None, or a list to which each move adds (player, its largest weight): for a diagnosis.
    scribe
        None, or what a round tells each of its phases to: to lay it open.
    columns
        Trace columns that :meth:`round` fills, for every game of the family the same.
    must
        Those of them that must be finite for a run to go on.
    memory
        Tensors that the game remembers besides its players, by name.
    step
        Rounds played since the run began: what falls with time looks at it.
    played
        Whether the last row of the trace is of this very game.
    tally
        None, or what counts samples for the measures faster than numpy.
    """

    settings: Settings
    players: dict[str, Player]
    columns: tuple[str, ...]
    must: tuple[str, ...]
    moves: list[tuple[str, float]] | None
    scribe: Scribe | None
    memory: dict[str, Tensor]
    step: int
    played: bool
    tally: Tally | None

    @property
    def coding(self) -> Coding | None:
        """What is known of the codes of a game that has such."""
        ...

    def steer(self, settings: Settings) -> None:
        """Take in settings that differ in nothing but :data:`STEERED`."""
        ...

    @property
    def curves(self) -> tuple[tuple[str, str, str], ...]:
        """((trace column, label, role), …) of the loss plot."""
        ...

    @property
    def references(self) -> tuple[Line, ...]:
        """Where the curves stand at the equilibrium."""
        ...

    @property
    def formula(self) -> str:
        """What the players minimise, in plain letters."""
        ...

    def terms(self, trace: Trace) -> tuple[Term, ...]:
        """Return what the players minimise, typeset, with the last step's numbers."""
        ...

    @property
    def meaning(self) -> object:
        """What D's output means: numbers of one meaning may stand beside each other."""
        ...

    @property
    def title(self) -> str:
        """The game in a few words."""
        ...

    def supply(self) -> Supply:
        """Return what one round needs of the draws."""
        ...

    def round(self, batches: Batches, row: Tensor) -> None:
        """Play one round on its batches and write the row of trace (len(columns),)."""
        ...

    def solo(self, player: str, batches: Batches) -> None:
        """Let one player move once."""
        ...

    def gradient(self, player: str, batches: Batches, loss: str | None = None) -> Tensor:
        """Return a player's flat gradient on a batch, without moving anything."""
        ...

    def norms(self, data: Tensor, z: Tensor) -> Mapping[tuple[str, str], float]:
        """Return gradient norms by (player, loss)."""
        ...

    def information(self, z: Tensor) -> float:
        """Return a lower bound of what a sample tells of its code, in nats, or NaN."""
        ...

    def arrows(self, z: Tensor, loss: str = "") -> tuple[Arrows, ...]:
        """Return where the loss played pulls the samples G(z), and then where ``loss`` would."""
        ...

    @property
    def pulling(self) -> tuple[tuple[str, str], ...]:
        """((name, title), …) of the losses whose pulls can be had, the one played first."""
        ...

    def manifold(self) -> Manifold | None:
        """Return the image of a grid in latent space in the plane; None if it is not finite."""
        ...

    def present(self, purpose: str = "measure") -> Present:
        """Return what theory knows of this moment, for a ``picture`` or a ``measure``."""
        ...

    @property
    def case(self) -> Case:
        """What the detectors of the diagnosis must know of the game."""
        ...

    @property
    def offers(self) -> frozenset[str]:
        """The layers of pictures that this game can fill besides the ones every game has."""
        ...

    @property
    def called(self) -> tuple[tuple[str, str, str], ...]:
        """((layer, title, explanation), …) of layers that are called otherwise than in a GAN."""
        ...

    @property
    def mapped(self) -> tuple[str, str]:
        """What goes into the push-forward map, and what comes out."""
        ...

    @property
    def averages(self) -> bool:
        """Whether there is a generator with averaged weights."""
        ...

    def seen_weights(self) -> dict[str, Tensor]:
        """Return the flat tensors on which a picture depends, themselves, by name."""
        ...

    def architecture(self, player: str) -> str:
        """Return how a player is built, in words."""
        ...

    def spot(self, present: Any, at: tuple[float, ...]) -> Spot:
        """Return what there is to say of one point of the data space, at the ``present`` moment."""
        ...

    def push(self, z: Tensor, average: bool = False) -> Tensor:
        """Return generated samples, of the generator or of its averaged weights."""
        ...

    def images(self, z: Tensor, average: bool = False) -> FloatArray:
        """Return the same as an array of float64."""
        ...

    def back(self, x: Tensor) -> FloatArray | None:
        """Return what becomes of points (n, dim) that are coded and decoded; None without E."""
        ...

    def logit(self, x: Tensor) -> Tensor:
        """Return D's logits (n,)."""
        ...

    def believed(self, x: Tensor) -> FloatArray:
        """Return what D's logits mean, (n,), in the terms of the loss's belief."""
        ...

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The natural range of the belief, None where it has none."""
        ...

    def belief(self, grid: tuple[FloatArray, ...], span: tuple[float, float]) -> Belief:
        """Return D's opinion over a grid; ``span`` is drawn where it has no natural range.

        Without a D it is what else is thought of every point, or nothing.
        """
        ...

    def gain(self, fake: npt.NDArray[np.floating], grid: tuple[FloatArray, ...]) -> float:
        """Return what G alone could still gain, its samples (n, dim) anywhere on a grid, or NaN."""
        ...

    def portraits(self) -> tuple[Portrait, ...]:
        """Return the saddle pictures of this game, the preferred one first."""
        ...

    def stands(self) -> dict[str, float]:
        """Return where the players stand on their portraits, by column, as far as it is a place."""
        ...

    def note(self, portrait: Portrait, trace: Trace, since: int) -> str:
        """Return in words how a portrait's orbit turns after step ``since``, or nothing."""
        ...

    def picture(self, portrait: Portrait, box: tuple[float, float, float, float]) -> Portrait:
        """Return a portrait with its field filled in over a box, where it has one."""
        ...

    def survey(
        self, step: int, ways: Mapping[str, Way], reach: tuple[float, float]
    ) -> Callable[[], Surface]:
        """Return what computes the surface of the present weights, in any thread, at any time.

        ``ways`` are the players' latest moves, ``reach`` how far the plane goes each way along
        G's and along D's. Only where ``surface`` is among the :attr:`offers`.
        """
        ...


class Builder(Protocol):
    """Builds a family's game, carrying over what an older one of the same run can give."""

    def __call__(
        self, settings: Settings, before: Family | None, renew: frozenset[str], block: int
    ) -> Family:
        """Return the game; raises ``ParamError`` for settings that do not fit together."""
        ...


def families() -> dict[str, Builder]:
    """Return the families by ``game.kind``."""
    from ganviz.engine.family.autoencoder import Autoencoder
    from ganviz.engine.family.gan import Gan
    from ganviz.engine.family.vae import Vae

    return {"gan": Gan, "vae": Vae, "autoencoder": Autoencoder}


__all__ = ["Builder", "Coding", "Family", "families"]
