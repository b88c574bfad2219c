"""The same rounds on a CUDA device, captured once and launched many at a time.

A GPU needs about as long to be told of one small operation as to do it, and a round is some hundred
of them. A CUDA graph is told of once: the plain round runs while the stream records, sixteen times
over, and then only the batches, the learning rates and the counts of updates are put in their
places. Nothing of a round is written here a second time.

A round can be recorded where all that changes from step to step lies on the device: not where it
draws more than its batches, asks the device for a number, or does other things at some steps. And
where a device will not record one after all, the plain path plays on from where the players stood.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganviz.catalog.penalties import PENALTIES
from ganviz.engine.before import Before
from ganviz.engine.draws import Batches, Chance, Draws
from ganviz.engine.kernels.plain import Plain
from ganviz.settings import Settings

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan

#: Rounds of one launch, where so many are asked for.
ROUNDS = 16
#: Rounds that are played before one is recorded: what torch sets up at first use must be there.
WARM = 3


class Undrawn(Chance):
    """Draws that a recorded round must not ask for."""

    def __init__(self) -> None:
        """Hold nothing."""

    def _stream(self, name: str) -> NoReturn:
        raise RuntimeError(f"a recorded round asked for draws of {name}")


def why_not(settings: Settings) -> str:
    """Return why a round of this game cannot be recorded, or nothing."""
    acting = settings.acting
    optim = settings.optim
    drawing = {
        "loss.instance_noise": acting("loss.instance_noise") > 0,
        "loss.label_flips": acting("loss.label_flips") > 0,
        "discriminator.dropout": acting("discriminator.dropout") > 0,
        "train.replay": acting("train.replay") > 0,
        "loss.penalty": PENALTIES[settings.loss.penalty].draws,
    }
    for path, draws in drawing.items():
        if draws:
            return f"{path} draws numbers of its own at every step"
    if optim.lookahead > 0:
        return "optim.lookahead does more at some steps than at others"
    if settings.train.schedule == "competitive":
        return "competitive gradient descent solves for its moves"
    if acting("discriminator.spectral_norm"):
        return "discriminator.spectral_norm decomposes matrices"
    if settings.discriminator.kind == "exact":
        return "discriminator.kind = exact has no weights"
    if {optim.kind_g, optim.kind_d} & {"optimistic", "optimistic-adam"}:
        return "optimistic optimisers begin with another step"
    return ""


class Unrecorded(Exception):
    """A round could not be recorded, for a reason in words; the players stand where they stood."""


def capture(play: Callable[[], None]) -> torch.cuda.CUDAGraph:
    """Return a recording of what this does on the device, having done it ``WARM`` times.

    Raises RuntimeError where that fails; either way nothing of it is under way any longer.
    """
    here = torch.cuda.current_stream()
    beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    graph = torch.cuda.CUDAGraph()
    try:
        beside.wait_stream(here)
        with torch.cuda.stream(beside):
            for _ in range(WARM):
                play()
        here.wait_stream(beside)
        with torch.cuda.graph(graph):
            play()
    finally:
        # A recording that breaks off can leave its own stream in charge, and work in both.
        torch.cuda.set_stream(here)
        torch.cuda.synchronize()
    return graph


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where a recorded round finds what changes, and leaves its rows; the first index is a round.

    ``data`` and ``noise`` as in :class:`ganviz.engine.draws.Batches`, ``rates`` float64 per player
    in the order of the family's players, ``rows`` (n, len(columns)).
    """

    data: Tensor
    noise: Tensor
    rates: Tensor
    rows: Tensor


class Captured:
    """Plays a GAN's rounds on a CUDA device by launching recorded ones."""

    name = "CUDA graph"
    free = False
    ready, busy, pace = 0, False, 0.0  # nothing is played in advance
    about = "The CUDA kernel: PyTorch's own round, recorded once and launched many at a time."

    def __init__(self, family: Gan) -> None:
        self.family = family
        self._recorded: dict[int, tuple[torch.cuda.CUDAGraph, Places]] = {}
        self._plain: Plain | None = None  # what plays once a recording has failed
        self._counts = {
            name: family.like.new_zeros((), dtype=torch.float64) for name in family.players
        }
        # A look is a move as well, taken back or not.
        self._moves = {
            name: sum(name in phase.players for phase in family.phases)
            if family.settings.train.freeze != name and player.leaves
            else 0
            for name, player in family.players.items()
        }

    def play(
        self, n: int, draws: Draws, more: int = 0, executor: Executor | None = None
    ) -> npt.NDArray[np.float64]:
        """Play n rounds and return their rows of the family's columns, (n, len(columns))."""
        family, rows = self.family, list[Tensor]()
        # A recording cannot tell what passes in a round.
        told = family.scribe is not None or family.moves is not None
        while n > 0 and self._plain is None and not told:
            here = ROUNDS if n >= ROUNDS else 1
            try:
                graph, places = self._graph(here, draws)
            except Unrecorded as error:
                self._give_up(str(error))
                break
            self._supply(places, [draws.take() for _ in range(here)])
            graph.replay()
            self._count(here)
            rows.append(places.rows.clone())
            n -= here
        parts = [torch.cat(rows).cpu().numpy().astype(np.float64)] if rows else []
        if n > 0:
            parts.append((self._plain or Plain(family)).play(n, draws))
        return np.concatenate(parts)

    def forget(self) -> None:
        """Leave what was played in advance: nothing."""

    def _give_up(self, why: str) -> None:
        """Be the plain kernel from now on."""
        self._plain = Plain(self.family, why)
        self.name, self.about = self._plain.name, self._plain.about
        self._recorded.clear()

    def _supply(self, places: Places, batches: list[Batches]) -> None:
        """Put in their places the batches and rates of the coming rounds, and the counts."""
        family = self.family
        torch.stack([each.data for each in batches], out=places.data)
        torch.stack([each.noise for each in batches], out=places.noise)
        rates = [
            [family.rates_at(family.step + i)[name] for name in family.players]
            for i in range(len(batches))
        ]
        places.rates.copy_(torch.tensor(rates, dtype=torch.float64))
        for name, player in family.players.items():
            self._counts[name].fill_(player.updates)

    def _count(self, rounds: int) -> None:
        """Count what the device has done, for everybody who asks without the device."""
        family = self.family
        family.step += rounds
        family.played = True
        for name, player in family.players.items():
            player.updates += rounds * self._moves[name]

    def _graph(self, rounds: int, draws: Draws) -> tuple[torch.cuda.CUDAGraph, Places]:
        if rounds not in self._recorded:
            self._recorded[rounds] = self._record(rounds, draws)
        return self._recorded[rounds]

    def _record(self, rounds: int, draws: Draws) -> tuple[torch.cuda.CUDAGraph, Places]:
        """Record so many rounds; the players stand afterwards where they stood.

        Raises :class:`Unrecorded` where the device will not.
        """
        family, like = self.family, draws.peek()
        places = Places(
            like.data.new_zeros(rounds, *like.data.shape),
            like.noise.new_zeros(rounds, *like.noise.shape),
            self._counts["generator"].new_zeros(rounds, len(family.players)),
            like.data.new_zeros(rounds, len(family.columns)),
        )
        self._supply(places, [like] * rounds)
        before, step = Before(family), family.step
        before.take(draws)
        try:
            return capture(lambda: self.rounds(places)), places
        except RuntimeError as error:  # PyTorch's errors of a device, of its memory too, are such
            why = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
            raise Unrecorded(f"recording it as a CUDA graph failed ({why})") from error
        finally:  # where this fails as well, the device is lost, and so is the run
            before.put_back(step, draws)

    def rounds(self, places: Places) -> None:
        """Play the rounds of these places by the plain path, every changing number a tensor."""
        family, chance = self.family, Undrawn()
        players = family.players
        updates = {name: player.updates for name, player in players.items()}
        for name, player in players.items():
            player.updates = self._counts[name]
        try:
            for data, noise, rates, row in zip(
                places.data, places.noise, places.rates, places.rows, strict=True
            ):
                family.paced = dict(zip(players, rates, strict=True))
                family.round(Batches(data, noise, chance), row)
        finally:
            family.paced = None
            for name, player in players.items():
                player.updates = updates[name]
