"""A round of a GAN laid open: what happens in each of its phases, with the weights of that moment.

The round is played as always; a :class:`Scribe` that is set beside it writes down what passes.
Nothing is computed that the round would notice: no draw is taken, no weight is touched, and one
more backward pass (for the pull on each sample) leaves the others as they are, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganviz.catalog.optimizers import OPTIMIZERS
from ganviz.catalog.schedules import Phase
from ganviz.catalog.targets import Distribution
from ganviz.engine.ranges import Held
from ganviz.frame import Beat, Diagnosis, Reading, Trace

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan

D, G = "discriminator", "generator"
BOTH = "both"
#: Parts of the graph that a phase concerns.
DRAWN = frozenset({"noise", "samples"})
MADE = frozenset({"noise", "generator", "samples"})
JUDGED = frozenset({"samples", "discriminator", "predictions"})
COUNTED = frozenset({"predictions", "losses"})
PULLED = frozenset({"losses", "gradients", "discriminator", "samples"})


class Around(NamedTuple):
    """What a picture shows besides the weights: as the engine has it at a moment."""

    steps: int
    trace: Trace
    measures: tuple[Reading, ...]
    held: dict[str, Held]
    diagnosis: Diagnosis | None
    captured: npt.NDArray[np.float64] | None


@dataclass(frozen=True, slots=True, eq=False)
class Instant:
    """A phase of a round, and what a picture of that very moment needs.

    Attributes
    ----------
    beat
        What happens.
    weights
        The flat weights of each player, and the generator's ``average`` where there is one.
    pace
        Rounds behind it, as far as what falls with time is concerned.
    around
        What the engine adds: before the round, or of the last instant, its present.
    """

    beat: Beat
    weights: dict[str, Tensor]
    pace: int
    around: Around | None = None


class Scribe:
    """Writes down one round. The family calls it where something happens."""

    def __init__(self) -> None:
        self.instants: list[Instant] = []
        self._numbers: dict[str, float] = {}
        self._seen: dict[str, dict[str, Any]] = {D: {}, G: {}}
        self._turns: dict[str, int] = {D: 0, G: 0}
        self._drawn: set[tuple[str, int]] = set()
        self._round = 0

    def finished(self) -> tuple[Instant, ...]:
        """Return the round's instants, numbered."""
        count = len(self.instants)
        return tuple(
            replace(instant, beat=replace(instant.beat, number=number, of=count))
            for number, instant in enumerate(self.instants, 1)
        )

    # ---- what the family tells ----------------------------------------------------------------

    def judged_by_d(
        self, gan: Gan, phase: Phase, real: Tensor, z: Tensor, fake: Tensor, told: dict[str, Tensor]
    ) -> None:
        """Write down D's part of a phase: batches, judgements, loss and gradient."""
        self._begin(gan, D)
        for name in ("loss_d", "grad_d", "cost_real", "cost_fake", "penalty"):
            self._numbers.pop(name, None)
        again = {("data", phase.data), ("noise", phase.noise)} <= self._drawn
        self._drawn |= {("data", phase.data), ("noise", phase.noise)}
        n = len(real)
        said = f"{n} samples of the data and {n} draws of noise"
        if again:
            said = "The same samples of the data and the same noise once more"
        seen = self._seen[D] = {"real": shown(gan.target, real), "noise": array(z)}
        self._write(gan, D, said, DRAWN)
        seen["fake"] = shown(gan.target, fake)
        mixed = "replay" in gan.memory
        self._write(
            gan,
            D,
            "G makes samples of the noise; some of D's batch are earlier ones"
            if mixed
            else "G makes samples of the noise",
            MADE,
        )
        rule = gan.loss.belief
        ahead = " one step ahead" if self._returning(phase, gan) else ""
        seen["scores_real"] = array(rule.of(told["logits_real"]))
        self._write(gan, D, f"D judges the real samples{ahead}", JUDGED)
        seen["scores_fake"] = array(rule.of(told["logits_fake"]))
        self._write(gan, D, f"D judges the generated samples{ahead}", JUDGED)
        for name in ("cost_real", "cost_fake", "penalty", "loss_d"):
            if name in told:
                self._numbers[name] = float(told[name])
        parts = "penalty" in self._numbers
        self._write(
            gan,
            D,
            "Both judgements and the penalty make up L_D"
            if parts
            else "Both judgements make up L_D",
            COUNTED,
        )
        self._numbers["grad_d"] = float(told["grad_d"])
        self._write(
            gan,
            D,
            "Backwards through D: the gradient of L_D by D's weights",
            frozenset({"losses", "gradients", D}),
        )

    def judged_by_g(
        self, gan: Gan, phase: Phase, z: Tensor, told: dict[str, Tensor], pulls: Tensor | None
    ) -> None:
        """Write down G's part of a phase: noise, samples, judgement, loss, pulls and gradient."""
        self._begin(gan, G)
        for name in ("loss_g", "grad_g"):
            self._numbers.pop(name, None)
        together = len(phase.players) > 1
        again = ("noise", phase.noise) in self._drawn
        self._drawn.add(("noise", phase.noise))
        said = "The same noise for G's turn" if again else f"{len(z)} fresh draws of noise"
        seen = self._seen[G] = {"noise": array(z)}
        self._write(gan, G, said, frozenset({"noise"}))
        seen["fake"] = shown(gan.target, told["made"])
        self._write(gan, G, "G makes samples of the noise", MADE)
        seen["scores_fake"] = array(gan.loss.belief.of(told["logits_made"]))
        who = "D" if not gan.unroll else f"D, {gan.unroll} steps ahead,"
        ahead = " one step ahead" if self._returning(phase, gan) else ""
        where = ", before it moves" if together and phase.rule == "step" and not ahead else ""
        self._write(gan, G, f"{who} judges them{ahead}{where}", JUDGED)
        self._numbers["loss_g"] = float(told["loss_g"])
        how = "The distance of D's features makes up L_G" if gan.matching else "L_G, of D's verdict"
        self._write(gan, G, how, COUNTED)
        if pulls is not None:
            seen["pulls"] = led(gan.target, pulls * len(pulls))
            self._write(gan, G, "Backwards through D: where L_G pulls each sample", PULLED)
        self._numbers["grad_g"] = float(told["grad_g"])
        self._write(
            gan,
            G,
            "Backwards through G: the gradient of L_G by G's weights",
            frozenset({"losses", "gradients", G}),
        )

    def moved(self, gan: Gan, name: str, rule: str, returned: bool) -> None:
        """Write down that a player has moved, or may not."""
        letter, s = name[0].upper(), gan.settings
        kind = OPTIMIZERS[s.optim.kind_d if name == D else s.optim.kind_g].title
        if not gan.players[name].leaves:
            said = f"{letter} has no weights: it stays as it is"
        elif s.train.freeze == name:
            said = f"{letter} is frozen: it stays as it is"
        elif rule == "look":
            said = f"{letter} looks one step of {kind} ahead"
        elif returned:
            said = f"{letter} goes back and takes its step of {kind}, by the gradient found ahead"
        else:
            said = f"{letter} takes a step of {kind} against its gradient"
        self._write(gan, name, said, frozenset({"gradients", name}))

    def competed(self, gan: Gan) -> None:
        """Write down that both players have moved, each with regard to the other's move."""
        said = "Both move at once, each allowing for the other's move"
        frozen = gan.settings.train.freeze
        if frozen in (D, G):
            said = f"{frozen[0].upper()} is frozen; the other moves"
        self._write(gan, BOTH, said, frozenset({"gradients", D, G}))

    def carried(self, gan: Gan) -> None:
        """Write down what follows the last move: lookahead's step back."""
        self._write(
            gan,
            BOTH,
            "Lookahead: both go part of the way from where they stood before",
            frozenset({D, G}),
        )

    # ---- the rest -----------------------------------------------------------------------------

    def _begin(self, gan: Gan, player: str) -> None:
        self._round = gan.step + 1
        self._turns[player] += 1

    def _returning(self, phase: Phase, gan: Gan) -> bool:
        """Return whether a phase is played by players who have looked ahead."""
        number = gan.phases.index(phase)
        return number > 0 and gan.phases[number - 1].rule == "look"

    def _write(self, gan: Gan, player: str, words: str, lit: frozenset[str]) -> None:
        turn = "both players"
        if player != BOTH:
            count = sum(player in phase.players for phase in gan.phases)
            turn = f"{player} {self._turns[player]} of {count}" if count > 1 else player
        seen = self._seen[D] | self._seen[G] if player == BOTH else self._seen[player]
        numbers = tuple(self._numbers.items())
        beat = Beat(self._round, 0, 0, player, turn, words, lit, numbers, **seen)
        self.instants.append(Instant(beat, self._weights(gan), gan.step))

    def _weights(self, gan: Gan) -> dict[str, Tensor]:
        """Return copies of all weights, shared with the instant before while nothing moves."""
        last = self.instants[-1].weights if self.instants else {}
        now = weights(gan)
        return {
            name: last[name] if name in last and torch.equal(last[name], flat) else flat.clone()
            for name, flat in now.items()
        }


def weights(gan: Gan) -> dict[str, Tensor]:
    """Return the tensors whose values a picture depends on, themselves: to copy from and into."""
    found = {name: player.flat for name, player in gan.players.items()}
    if "average" in gan.memory:
        found["average"] = gan.memory["average"]
    return found


def shown(target: Distribution, samples: Tensor) -> npt.NDArray[np.float32]:
    """Return samples (n, dim) as a beat holds them: images by their places on the plane."""
    if target.shadow is None:
        return array(samples)
    return target.shown(array(samples).astype(np.float64)).astype(np.float32)


def led(target: Distribution, moves: Tensor) -> npt.NDArray[np.float32]:
    """Return moves of samples (n, dim) likewise."""
    if target.shadow is None or target.image is None:
        return array(moves)
    return target.image.turn(array(moves)).astype(np.float32)


def array(values: Tensor) -> npt.NDArray[np.float32]:
    """Return numbers as a beat holds them."""
    return values.detach().cpu().numpy().astype(np.float32)
