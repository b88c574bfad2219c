"""The trainer: takes steps, changes, moments; gives frames.

It knows a game only through its family, and keeps what every family needs: the draws, the trace,
the journal of changes, measures and ranges at fixed steps, and the watch for divergence.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ganviz.catalog.measures import MEASURES
from ganviz.engine.draws import BLOCK_ROUNDS, Draws, rng
from ganviz.engine.family import Family, families
from ganviz.engine.moment import Moment, PlayerMoment
from ganviz.engine.picture import Picture
from ganviz.engine.ranges import Held
from ganviz.frame import Frame, Mark, Trace, TraceWriter
from ganviz.schema import changed, words
from ganviz.settings import PARAMETERS, Settings

FloatArray = npt.NDArray[np.float64]

#: Samples that measures are taken of; PacGAN's number.
MEASURE_SAMPLES = 2500


class Engine:
    """One run of one game.

    >>> e = Engine()
    >>> e.step(3)
    >>> len(e.trace)
    3
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """Build the game that the settings describe.

        Raises
        ------
        ParamError
            For settings that do not fit together, or a device that this machine does not have.
        """
        self._begin(settings or Settings())

    def _begin(self, settings: Settings) -> None:
        family = families()[settings.game.kind](settings, None, frozenset(), 0)
        self.settings = settings
        self.family: Family = family
        self.draws = Draws(settings.train.seed, family.supply())
        self.steps = 0
        self.journal: list[Mark] = []
        self.trouble = ""
        self._held: dict[str, Held] = {}
        self._writer = TraceWriter(("step", *family.columns, *MEASURES))
        self._measured: dict[str, float] = {}
        self._start_pictures()

    def _start_pictures(self) -> None:
        """Draw the fixed samples of measures and pictures, and measure where the run stands."""
        target, latent = self.family.supply().target, self.family.supply().latent
        seed, dim = self.settings.train.seed, self.family.supply().latent_dim
        self._measure_real = target.sample(rng(seed, "probe", 2), MEASURE_SAMPLES)
        self._measure_noise = self._tensor(
            latent.sample(rng(seed, "probe", 3), (MEASURE_SAMPLES, dim))
        )
        self._picture = Picture(self.family, self.settings)
        self._measure()
        self._held = self._picture.fold(self._held, self.trace)

    def _tensor(self, array: npt.ArrayLike) -> torch.Tensor:
        supply = self.family.supply()
        return torch.as_tensor(np.array(array), dtype=supply.dtype, device=supply.device)

    # ---- going on -----------------------------------------------------------------------------

    @property
    def trace(self) -> Trace:
        """One row per step, named columns; NaN where a column does not apply."""
        return self._writer.trace()

    def step(self, n: int = 1) -> None:
        """Take n steps; returns nothing, draws nothing.

        If a number stops being finite the run stops before it: ``trouble`` says in a sentence
        which player diverged at which step, and nothing moves until :meth:`go_back`, a change or
        a new run.
        """
        every = self.settings.train.measure_every
        while n > 0 and not self.trouble:
            chunk = min(n, every - self.steps % every, BLOCK_ROUNDS)
            self._chunk(chunk)
            n -= chunk

    def _chunk(self, n: int) -> None:
        before = self.moment()
        rows = self._play(n)
        if not self._sound(rows):
            self._stop_before_trouble(before, n)
            return
        self._keep(rows)

    def _play(self, n: int) -> FloatArray:
        """Play n rounds and return their rows of the family's columns."""
        supply = self.family.supply()
        rows = torch.empty(n, len(self.family.columns), dtype=supply.dtype, device=supply.device)
        for row in rows.unbind():
            data, noise = self.draws.take()
            self.family.round(data, noise, row)
        return rows.cpu().numpy().astype(np.float64)

    def _keep(self, rows: FloatArray) -> None:
        """Append rows to the trace; measure and fold the ranges if it is time."""
        n = len(rows)
        full = np.full((n, len(self._writer.columns)), np.nan)
        full[:, 0] = self.steps + 1 + np.arange(n)
        full[:, 1 : 1 + rows.shape[1]] = rows
        self.steps += n
        due = self.steps % self.settings.train.measure_every == 0
        if due:
            self._measure()
            for name, value in self._measured.items():
                full[-1, self._writer.columns.index(name)] = value
        self._writer.append(full)
        if due:
            self._held = self._picture.fold(self._held, self.trace)

    def _measure(self) -> None:
        target = self.family.supply().target
        fake = self.push(self._measure_noise.cpu().numpy())
        self._measured = {
            name: measure.of(fake, self._measure_real, target)
            for name, measure in MEASURES.items()
            if measure.applies(target)
        }

    # ---- divergence ---------------------------------------------------------------------------

    def _sound(self, rows: FloatArray) -> bool:
        """Return whether all that should be finite is: the losses, the gradients, the weights."""
        must = [
            self.family.columns.index(name) for name in ("loss_d", "loss_g", "grad_d", "grad_g")
        ]
        players = self.family.players.values()
        # A sum is finite only if all its terms are; the other way round only nearly so.
        if isfinite(rows[:, must].sum()) and all(isfinite(float(p.flat.sum())) for p in players):
            return True
        return bool(np.isfinite(rows[:, must]).all()) and all(p.finite() for p in players)

    def _stop_before_trouble(self, before: Moment, n: int) -> None:
        """Go through the chunk again, step by step, and stop at the last finite moment."""
        self._restore(before)
        for _ in range(n):
            good = self.moment()
            rows = self._play(1)
            if self._sound(rows):
                self._keep(rows)
                continue
            culprit = self._culprit(good)
            step = self.steps + 1
            rate = "optim.lr_d" if culprit == "discriminator" else "optim.lr_g"
            self.trouble = (
                f"The {culprit} diverged at step {step:,}: its numbers are no longer finite. "
                f"The last finite moment, step {self.steps:,}, is kept; a smaller {rate} "
                f"(now {words(getattr(self.settings.optim, rate.partition('.')[2]))}) may hold."
            )
            self._restore(good)
            return

    def _culprit(self, good: Moment) -> str:
        """Return the player whose weights had grown largest by the last finite moment.

        The first number that overflows is often the other player's: D's weights at 1e30 make G's
        gradient infinite first. A frozen player is never to blame.
        """
        sizes = {
            name: float(np.abs(kept.flat).max())
            for name, kept in good.players.items()
            if name != self.settings.train.freeze
        }
        return max(sizes, key=lambda name: sizes[name])

    def go_back(self) -> None:
        """After a divergence, take up the last finite moment: clears ``trouble``."""
        if self.trouble:
            self.trouble = ""
            self._note(f"back to step {self.steps:,}")

    # ---- changes ------------------------------------------------------------------------------

    def change(self, values: Mapping[str, Any]) -> None:
        """Change parameters from the next step on; weights and optimiser moments are kept.

        A change of architecture builds that network anew and leaves the other alone; a change of
        ``train.seed`` or ``game.kind`` begins a new run.

        Raises
        ------
        ParamError
            And leaves everything as it was.
        """
        new = self.settings.with_(values)
        differing = changed(self.settings, new)
        if not differing:
            return
        effects = {PARAMETERS[path].live for path in differing}
        if "restart" in effects:
            self._begin(new)
            return
        renew = {name for name in self.family.players if {name, "both"} & effects}
        block = self.draws.block + 1
        builder = families()[new.game.kind]
        old = self.family
        self.family = builder(new, old, frozenset(renew), block)  # raises before anything moves
        self.settings = new
        self.draws.begin_block(self.family.supply())
        self.trouble = ""
        said = [
            f"{path} {words(before)} → {words(after)}"
            for path, (before, after) in differing.items()
        ]
        for name, player in self.family.players.items():
            if player.updates == 0 and old.players[name].updates > 0:
                rebuilt = player.network is not None and (
                    name in renew or player.network.shapes != old.players[name].network.shapes
                )
                said.append(f"{name} built anew" if rebuilt else f"{name}'s moments start afresh")
        if old.supply().target.dim != self.family.supply().target.dim:
            self._held = {}
        self._note(", ".join(said))
        self._start_pictures()

    def step_player(self, player: str) -> None:
        """Let ``generator`` or ``discriminator`` move once, alone, on draws of their own.

        The step count stays; the journal keeps the event.
        """
        if self.trouble:
            return
        before = self.moment()
        self.draws.begin_block()
        self.family.solo(player, *self.draws.peek())
        self.draws.begin_block()
        if not self.family.players[player].finite():
            self._restore(before)
            self.trouble = f"The {player} diverged in its single step after step {self.steps:,}."
            return
        self._note(f"{player} moved alone")

    def _note(self, text: str) -> None:
        self.journal.append(Mark(self.steps, text))

    # ---- moments ------------------------------------------------------------------------------

    def moment(self) -> Moment:
        """Return everything needed to continue bit for bit."""
        return Moment(
            self.steps,
            self.settings,
            {
                name: PlayerMoment(
                    player.flat.detach().cpu().numpy().copy(),
                    tuple(moment.cpu().numpy().copy() for moment in player.moments),
                    player.updates,
                )
                for name, player in self.family.players.items()
            },
            self.draws.block,
            self.draws.used,
            dict(self._held),
        )

    @classmethod
    def resume(cls, moment: Moment) -> Engine:
        """Return an engine that goes on from a moment; its trace begins there."""
        engine = cls(moment.settings)
        engine._restore(moment)
        return engine

    def _restore(self, moment: Moment) -> None:
        for name, kept in moment.players.items():
            player = self.family.players[name]
            with torch.no_grad():
                player.flat.copy_(torch.from_numpy(kept.flat))
                for mine, saved in zip(player.moments, kept.moments, strict=True):
                    mine.copy_(torch.from_numpy(saved))
            player.updates = kept.updates
        self.steps = moment.step
        self.draws = Draws(self.draws.seed, self.draws.supply, moment.block, moment.used)
        self._held = dict(moment.held)

    # ---- questions ----------------------------------------------------------------------------

    def push(self, z: npt.ArrayLike) -> FloatArray:
        """Return G(z) for (n, latent.dim) noise, as (n, dim) float64."""
        return self.family.push(self._tensor(z)).cpu().numpy().astype(np.float64)

    def logit(self, x: npt.ArrayLike) -> FloatArray:
        """Return s(x) for (n, dim) points, as (n,) float64."""
        return self.family.logit(self._tensor(x)).cpu().numpy().astype(np.float64)

    def sample(self, n: int, seed: int = 0) -> npt.NDArray[np.float32]:
        """Return (n, dim) float32 generated samples; never touches the training draws."""
        supply = self.family.supply()
        z = supply.latent.sample(rng(seed, "probe", 4), (n, supply.latent_dim))
        return self.push(z).astype(np.float32)

    def weights(self, player: str) -> FloatArray:
        """Return a flat float64 copy of the weights of ``generator`` or ``discriminator``."""
        return self.family.players[player].weights()

    def set_weights(self, player: str, flat: npt.ArrayLike) -> None:
        """Replace a player's weights by a flat vector; its moments are kept.

        Raises
        ------
        ValueError
            If the vector has not as many numbers as the player.
        """
        values = np.asarray(flat, dtype=np.float64)
        own = self.family.players[player].flat
        if values.shape != tuple(own.shape):
            raise ValueError(f"{player} has {own.numel()} weights, got {values.shape}")
        with torch.no_grad():
            own.copy_(torch.from_numpy(values))
        self._note(f"{player}'s weights replaced")

    def gradient(
        self,
        player: str,
        loss: str | None = None,
        z: npt.ArrayLike | None = None,
        x: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Return a player's flat float64 gradient of its present or another loss.

        Taken on the batches that the next step begins with; ``z`` (n, latent.dim) and ``x``
        (n, dim) may be given instead. Nothing moves and no draw is used up.
        """
        data, noise = self.draws.peek()
        grad = self.family.gradient(
            player,
            data[0] if x is None else self._tensor(x),
            noise[0] if z is None else self._tensor(z),
            loss,
        )
        return grad.cpu().numpy().astype(np.float64)

    def frame(self) -> Frame:
        """Return what the views draw. Changes nothing."""
        target = self.family.supply().target
        measures = tuple(
            (MEASURES[name].title, MEASURES[name].words(value, target))
            for name, value in self._measured.items()
        )
        return self._picture.frame(
            self.steps, self.trace, tuple(self.journal), measures, self._held, self.trouble
        )

    @property
    def measured(self) -> dict[str, float]:
        """The latest measures, by name."""
        return dict(self._measured)
