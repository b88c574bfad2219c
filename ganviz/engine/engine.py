"""The trainer: takes steps, changes, moments; gives frames.

It knows a game only through its family, and keeps what every family needs: the draws, the trace,
the journal of changes, measures and ranges at fixed steps, and the watch for divergence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ganviz.catalog.measures import MEASURES
from ganviz.catalog.targets import Distribution
from ganviz.clock import Part
from ganviz.engine.before import Before
from ganviz.engine.diagnosis import LOOK, ORBIT, Standing, look, whole
from ganviz.engine.draws import BLOCK_ROUNDS, Batches, Draws, rng
from ganviz.engine.family import STEERED, Family, families
from ganviz.engine.family.scribe import Around, Instant, Scribe
from ganviz.engine.kernels import chosen
from ganviz.engine.moment import Moment, PlayerMoment
from ganviz.engine.picture import Picture
from ganviz.engine.player import Player
from ganviz.engine.probe import Watch
from ganviz.engine.ranges import Held
from ganviz.engine.record import Record
from ganviz.engine.sight import Glance
from ganviz.frame import Diagnosis, Frame, Mark, Reading, Surface, Trace, TraceWriter, Wants
from ganviz.schema import ParamError, changed, get, words
from ganviz.settings import PARAMETERS, Settings
from ganviz.theory.floors import Floor, Growing, cached_floor

FloatArray = npt.NDArray[np.float64]

#: A player whose largest weight grows by more than this has blown up.
BLOWN_UP = 100.0
#: Changes of these only watch the run; they leave the draws as they are.
WATCHING = {path for path in PARAMETERS if path.startswith("measure.")} | {"train.measure_every"}
#: Changes of these only steer what comes: how the players move, not where they stand nor what is
#: thought of that. So nothing is measured anew, and a slider is followed at once.
STEERING = {
    *(f"optim.{name}" for name in ("lr_g", "lr_d", "momentum", "beta1", "beta2", "rho")),
    *(f"optim.{name}" for name in ("kind_g", "kind_d", "decay", "decay_steps", "grad_clip")),
    *(f"train.{name}" for name in ("k", "batch", "schedule", "freeze")),
}
#: Samples that measures are taken of; PacGAN's number.
MEASURE_SAMPLES, MEASURE_IMAGES = 2500, 1000
#: Simulations of a perfect generator behind each noise floor.
FLOOR_REPEATS = 20
#: Measures that are only estimated where p_g is not known exactly.
ESTIMATED = {
    "jsd",
    "kl_data",
    "kl_model",
    "tv",
    "bayes",
    "w1",
    "value_best",
    "value_exact",
    "d_gap",
    "gain_d",
}
#: Playing the rounds, or taking what was played in advance; and keeping what they told.
KERNEL, KEEPING = Part("kernel"), Part("trace and moments")
#: Every layer there is, and the model graph; neither the surface, which takes longer than a frame,
#: nor what each player could gain, the other losses' gradients or more than the usual samples.
EVERYTHING = Wants(
    frozenset(
        {"density", "contours", "best", "average", "arrows", "map", "manifold", "modes"}
        | {"weights", "graph", "saddle"}
    )
)


def sample_size(target: Distribution) -> int:
    """Return how many samples measures are taken of: fewer of images, which take longer to make."""
    return MEASURE_SAMPLES if target.image is None else min(MEASURE_IMAGES, MEASURE_SAMPLES)


#: What is drawn by hand changes ten times a second: so many steps apart it is one drawing.
ONE_DRAWING = 2000
DRAWN = {"data.curve": "curve drawn", "data.strokes": "strokes drawn"}


def said_of(differing: Mapping[str, tuple[Any, Any]]) -> str:
    """Return in words what differs: {path: (before, after)}."""
    return ", ".join(
        DRAWN.get(path) or f"{path} {words(a)} → {words(b)}" for path, (a, b) in differing.items()
    )


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
        #: Of ``ahead.WINGS`` threads, or None: where the kernel may go on by itself. Whoever sets
        #: it ends it.
        self.executor: Executor | None = None
        self._begin(settings or Settings())

    def _begin(self, settings: Settings) -> None:
        """Stand at step 0 of a new run."""
        self._build(settings)
        self._begin_record()
        self._start_pictures()

    def _build(self, settings: Settings) -> None:
        family = families()[settings.game.kind](settings, None, frozenset(), 0)
        self.settings = settings
        self.family: Family = family
        self.kernel = chosen(family)
        self.draws = Draws(settings.train.seed, family.supply())
        self.steps = 0
        self.journal: list[Mark] = []
        self._shown: tuple[int, tuple[Mark, ...]] = (0, ())  # marks of so long a journal
        self.trouble = ""
        self._held: dict[str, Held] = {}
        self._standing = Standing.fresh(0)
        self._looked = 0  # rows of later steps the diagnosis has not looked at yet,
        self._brought: tuple[FloatArray, ...] = ()  # nor at these from before the trace begins
        self._writer = TraceWriter(("step", *family.columns, *MEASURES))
        self._at = {name: n for n, name in enumerate(self._writer.columns)}
        self._measured: dict[str, float] = {}
        self._captured: FloatArray | None = None  # shares of the samples, by mode
        self._readings: tuple[Reading, ...] | None = None
        self._wanted: list[str] = []
        self._how = ""  # how the latest divergences are known
        self._growing: dict[str, Growing] = {}  # floors of drawn data
        self._watch: Watch | None = None
        self._before = Before(family)
        self._must = [family.columns.index(name) for name in family.must]

    def _begin_record(self) -> None:
        self._record = Record(self.family.players)
        self._record.take(self.steps, self.family.players)

    def _start_pictures(self) -> None:
        """Draw the fixed samples of measures and pictures, and measure where the run stands."""
        self._draw_fixed()
        self._fold(self._measure(), anew=True)

    def _draw_fixed(self) -> None:
        """Draw the fixed samples of measures and pictures."""
        target, (latent, dim) = self.family.supply().target, self.family.supply().origin
        seed, n = self.settings.train.seed, sample_size(target)
        self._measure_whole = target.sample(rng(seed, "probe", 2), n)
        self._measure_real = target.shown(self._measure_whole)
        self._measure_real.flags.writeable = False  # what is known of it is computed once
        self._measure_noise = self._tensor(latent.sample(rng(seed, "probe", 3), (n, dim)))
        self._picture = Picture(self.family, self.settings)
        self._choose_measures()
        self._growing = {}
        self._floors: dict[str, Floor] = {}  # of these data

    def _tensor(self, array: npt.ArrayLike) -> torch.Tensor:
        supply = self.family.supply()
        return torch.as_tensor(np.array(array), dtype=supply.dtype, device=supply.device)

    # ---- going on -----------------------------------------------------------------------------

    @property
    def trace(self) -> Trace:
        """One row per step, named columns; NaN where a column does not apply."""
        return self._writer.trace()

    @property
    def unwritten(self) -> str:
        """Why the trace of a long run stays in memory; empty while all is well."""
        return self._writer.trouble

    def step(self, n: int = 1, more: int = 0) -> None:
        """Take n steps; returns nothing, draws nothing.

        ``more`` steps will probably be asked for next: with an :attr:`executor` the kernel may
        play them while this thread does other things. That changes nothing but the time it takes.

        If a number stops being finite the run stops before it: ``trouble`` says in a sentence
        which player diverged at which step, and nothing moves until :meth:`go_back`, a change or
        a new run.
        """
        every = self.settings.train.measure_every
        if not isinstance(n, int | np.integer) or n < 0:
            raise ParamError(f"step({n}): must be a whole number of steps, 0 or more")
        while n > 0 and not self.trouble:
            chunk = min(n, every - self.steps % every, BLOCK_ROUNDS)
            n -= chunk
            self._chunk(chunk, n + more)

    def _chunk(self, n: int, more: int = 0) -> None:
        self._before.take(self.draws)
        with KERNEL:
            rows = self.kernel.play(n, self.draws, more, self.executor)
        if not self._sound(rows):
            self._stop_before_trouble(n)
            return
        self._keep(rows)

    def lay_open(self) -> tuple[Instant, ...]:
        """Take one step, exactly as :meth:`step` does, and return what passed in it, in order.

        The run stands behind the whole round then: an instant only shows a moment of it, see
        :meth:`frame`, for as long as nothing else is asked of the run but frames. Nothing is
        returned where the run has stopped or stops in this round.
        """
        if self.trouble:
            return ()
        before = self._around()
        scribe = self.family.scribe = Scribe()
        try:
            self._chunk(1)
        finally:
            self.family.scribe = None
        if self.trouble:
            return ()
        *passed, last = (replace(each, around=before) for each in scribe.finished())
        now = {name: values.clone() for name, values in self.family.seen_weights().items()}
        last = replace(last, weights=now, pace=self.family.step, around=self._around())
        return (*passed, last)

    def _around(self) -> Around:
        return Around(
            self.steps,
            self.trace,
            self.readings(),
            self._held,
            self.diagnosis,
            self._captured,
        )

    def _keep(self, rows: FloatArray) -> None:
        """Append rows to the trace; measure and fold the ranges if it is time."""
        n, wide = rows.shape
        full = self._writer.room(n)
        full[:, 0] = np.arange(self.steps + 1, self.steps + 1 + n)
        full[:, 1 : 1 + wide] = rows
        full[:, 1 + wide :] = np.nan
        self.steps += n
        due = self.steps % self.settings.train.measure_every == 0
        if due:
            sight = self._measure()
            self._follow()
            for growing in self._growing.values():
                growing.grow()
            for name, value in self._measured.items():
                full[-1, self._at[name]] = value
        with KEEPING:
            self._writer.add(n)
            if due:
                self._record.take(self.steps, self.family.players)
        if due:
            self._fold(sight)
            self._look(sight)

    def _choose_measures(self) -> None:
        target = self.family.supply().seen
        self._wanted = [
            name
            for name, measure in MEASURES.items()
            if self.settings.acting(f"measure.{name}") and measure.applies(target)
        ]

    @Part("measuring")
    def _measure(self) -> Glance:
        """Measure the present moment; return how it was seen."""
        real = self._measure_whole, self._measure_real
        sight = Glance(self.family, self._measure_noise, *real)
        self._measured = {}
        self._readings = None
        for name in self._wanted:
            value = MEASURES[name].of(sight)
            if value == value:  # NaN: there is nothing to say
                self._measured[name] = value
        self._how = sight.note
        self._captured = None
        target = self.family.supply().seen
        if target.dim == 2 and len(target.centres) and target.sigmas.all():
            self._captured = sight.census.good / sight.census.total
        return sight

    def _fold(self, sight: Glance, anew: bool = False) -> None:
        """Fold the ranges over what was just measured."""
        self._held = self._picture.axes.fold(
            self._held, self.steps, self.trace, self._record, sight.fake, anew
        )

    # ---- diagnosis ----------------------------------------------------------------------------

    @Part("diagnosis")
    def _look(self, sight: Glance) -> None:
        """Let the diagnosis look at the steps since it last did, if they are enough."""
        if self.steps - self._standing.looked < LOOK:
            return
        unread = self._unread()
        rows = unread[0] if len(unread) == 1 else np.concatenate(unread)
        self._standing = look(
            self._standing,
            self._writer.columns,
            rows[-ORBIT:],
            self.family.case,
            self._how == "estimate",
            self._sampled_floor,
            lambda: self._saturation(sight),
        )
        self._looked, self._brought = self.steps, ()

    def _unread(self) -> tuple[FloatArray, ...]:
        """Return the rows that the diagnosis has not looked at yet."""
        end = len(self._writer)
        count = self.steps - self._looked
        return (*self._brought, self.trace.take(end - count, end)) if count else self._brought

    @staticmethod
    def _saturation(sight: Glance) -> float:
        """Return ‖∇L_G‖ of the minimax loss over that of the non-saturating one."""
        norms = sight.norms
        minimax, other = (norms["generator", name] for name in ("minimax", "non-saturating"))
        return minimax / other if other > 0 else float("nan")

    def _sampled_floor(self, name: str) -> Floor | None:
        """Return what a perfect generator scores on samples, however a measure is known."""
        target, measure = self.family.supply().seen, MEASURES[name]
        if measure.floor is not None:
            return measure.floor(target, sample_size(target))
        if measure.two_sample is None:
            return None
        if name not in self._floors:
            data = tuple(get(self.settings, p) for p in PARAMETERS if p.startswith("data."))
            self._floors[name] = cached_floor(
                (name, data), measure.two_sample, target.sample, sample_size(target), FLOOR_REPEATS
            )
        return self._floors[name]

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What the run looks like at present, in plain words; None before the first step."""
        if self.trouble:
            return Diagnosis(
                "diverging", f"Diverged after step {whole(self.steps)}", self.trouble, self.steps
            )
        begun = self._standing.begun
        if self._standing.verdict is None and self.steps:
            after = f" after the change at step {whole(begun)}" if begun else ""
            name, words = self.family.case.usual
            return Diagnosis(
                name,
                f"{words}: a first look{after}",
                "Too few steps to say more; what was seen before a change may no longer hold.",
                begun,
            )
        return self._standing.verdict

    # ---- divergence ---------------------------------------------------------------------------

    def _sound(self, rows: FloatArray) -> bool:
        """Return whether all that should be finite is: losses, gradients, weights, moments."""
        if not np.isfinite(rows.take(self._must, axis=1)).all():
            return False
        return all(player.finite() for player in self.family.players.values())

    def _stop_before_trouble(self, n: int) -> None:
        """Go through the chunk again, step by step, and stop at the last finite moment."""
        self.draws = self._before.put_back(self.steps, self.draws)
        before = self.moment()
        for _ in range(n):
            good = self.moment()
            moves: list[tuple[str, float]] = []
            self.family.moves = moves
            rows = self.kernel.play(1, self.draws)
            self.family.moves = None
            if self._sound(rows):
                self._keep(rows)
                continue
            self.trouble = self._sentence(self._culprit(before, good, moves))
            self._restore(good)
            self._measure()  # of the moment that is shown
            return

    def _culprit(self, before: Moment, good: Moment, moves: list[tuple[str, float]]) -> str:
        """Return the player that blew up.

        The first number that overflows is often the other player's: D's weights at 1e30 make G's
        gradient infinite first. So: whose largest weight grew most on the way to the last finite
        moment; if none grew, whose move was the first to go out of all proportion.
        """

        def sizes(moment: Moment) -> dict[str, float]:
            return {
                n: max(float(np.abs(p.flat).max(initial=0.0)), 0.1)
                for n, p in moment.players.items()
            }

        start, last = sizes(before), sizes(good)
        growth = {name: last[name] / start[name] for name in dict.fromkeys(n for n, _ in moves)}
        grown = max(growth, key=lambda name: growth[name])
        if growth[grown] > BLOWN_UP:
            return grown
        for name, size in moves:
            if not size <= BLOWN_UP * last[name]:
                return name
        return grown

    def _sentence(self, culprit: str) -> str:
        rate = "optim.lr_d" if culprit == "discriminator" else "optim.lr_g"
        now = get(self.settings, rate)
        advice = f"; a smaller {rate} (now {words(now)}) may hold" if now > 1e-5 else ""
        return (
            f"The {culprit} diverged at step {self.steps + 1:,}: its numbers are no longer "
            f"finite. The last finite moment, step {self.steps:,}, is kept{advice}."
        )

    def go_back(self) -> None:
        """After a divergence, take up the last finite moment: clears ``trouble``."""
        if self.trouble:
            self.trouble = ""
            self._note(f"back to step {self.steps:,}", "back")

    # ---- changes ------------------------------------------------------------------------------

    def change(self, values: Mapping[str, Any], joined: bool = False) -> None:
        """Change parameters from the next step on; weights and optimiser moments are kept.

        A change of architecture builds that network anew and leaves the other alone; a change of
        ``train.seed`` or ``game.kind`` begins a new run. ``joined`` notes that it goes on with the
        gesture of the change before it.

        Raises
        ------
        ParamError
            And leaves everything as it was.
        """
        new = self.settings.with_(values)
        differing = changed(self.settings, new)
        if not differing:
            return
        if set(differing) <= WATCHING:
            self.settings = self.family.settings = new
            self._picture = Picture(self.family, new)
            self._choose_measures()
            self._measure()
            self._note(said_of(differing), differing=differing, joined=joined, fresh=False)
            return
        # Steps that are looked at in advance have D's rate in their graph.
        if set(differing) <= STEERED and not new.acting("loss.unroll"):
            self.kernel.forget()
            self.family.steer(new)
            self._picture.steer(new)
            self.settings = new
            self.draws.begin_block()
            self.trouble = ""
            self._note(said_of(differing), differing=differing, joined=joined)
            return
        effects = {PARAMETERS[path].live for path in differing}
        if "restart" in effects:
            self._begin(new)
            return
        renew = {name for name in self.family.players if name in effects}
        block = self.draws.block + 1
        builder = families()[new.game.kind]
        old = self.family
        built = builder(new, old, frozenset(renew), block)  # raises before anything moves
        for name, player in built.players.items():
            if not player.finite():
                raise ParamError(
                    f"train.dtype = {new.train.dtype}: the {name}'s numbers are too large for it; "
                    "must stay float64"
                )
        built.step = self.steps
        self.family = built
        self._before = Before(built)
        self._must = [built.columns.index(name) for name in built.must]
        self.kernel.forget()
        self.kernel = chosen(built)
        self.settings = new
        self.draws.begin_block(self.family.supply())
        self.trouble = ""
        said = [said_of(differing)]
        for name, player in self.family.players.items():
            if player.updates == 0 and old.players[name].updates > 0:
                other = player.network.shapes != old.players[name].network.shapes
                rebuilt = name in renew or other
                said.append(f"{name} built anew" if rebuilt else f"{name}'s moments start afresh")
        if old.supply().target.dim != self.family.supply().target.dim:
            self._held = {}
        if any(
            old.players[n].network.shapes != p.network.shapes or n in renew
            for n, p in self.family.players.items()
        ):
            self._begin_record()
        self._note(", ".join(said), differing=differing, joined=joined)
        if set(differing) <= STEERING:
            self._picture = Picture(built, new)
        else:
            self._start_pictures()

    def step_player(self, player: str) -> None:
        """Let ``generator`` or ``discriminator`` move once, alone, on draws of their own.

        The step count stays; the journal keeps the event.
        """
        self._player(player)
        if self.settings.train.freeze == player:
            raise ParamError(
                f"train.freeze = {player}: a frozen player does not move; choose neither first"
            )
        if self.trouble:
            return
        before = self.moment()
        self.draws.begin_block()
        self.family.solo(player, self.draws.peek())
        self.draws.begin_block()
        if not self.family.players[player].finite():
            self._restore(before)
            self.trouble = f"The {player} diverged in its single step after step {self.steps:,}."
            return
        self._note(f"{player} moved alone", "player", values=(("player", player),))

    def repeat(self, mark: Mark) -> None:
        """Do again what a journal says was done here, with the same outcome, bit for bit.

        Raises
        ------
        ParamError
            If it cannot be done: weights that were replaced by hand are not in the journal.
        """
        match mark.kind:
            case "change":
                self.change(dict(mark.values), mark.joined)
            case "player":
                self.step_player(str(dict(mark.values)["player"]))
            case "back":
                self._note(mark.text, "back")
            case _:
                raise ParamError(
                    f"step {mark.step:,}: {mark.text}, which a journal cannot do again; "
                    "must be a change, a move of one player, or a way back"
                )

    def _note(
        self,
        text: str,
        kind: str = "change",
        *,
        values: tuple[tuple[str, Any], ...] = (),
        differing: Mapping[str, tuple[Any, Any]] | None = None,
        joined: bool = False,
        fresh: bool = True,
    ) -> None:
        """Write into the journal; ``fresh``: what the diagnosis has seen no longer holds."""
        before: tuple[tuple[str, Any], ...] = ()
        if differing is not None:
            before = tuple((path, was) for path, (was, _) in differing.items())
            values = tuple((path, now) for path, (_, now) in differing.items())
        self.journal.append(Mark(self.steps, text, kind, values, before, joined))
        if fresh:
            self._standing = Standing.fresh(self.steps)
            self._looked, self._brought = self.steps, ()

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The journal as pictures show it: what one hand drew in one go is one mark."""
        if len(self.journal) != self._shown[0]:
            shown: list[Mark] = []
            for mark in self.journal:
                last = shown[-1] if shown else None
                drawn = last is not None and mark.text == last.text in DRAWN.values()
                if last is not None and drawn and mark.step - last.step < ONE_DRAWING:
                    shown.pop()
                shown.append(mark)
            self._shown = len(self.journal), tuple(shown)
        return self._shown[1]

    # ---- moments ------------------------------------------------------------------------------

    def moment(self) -> Moment:
        """Return everything needed to continue bit for bit."""
        return self._moment(self._unread())

    def kept(self) -> tuple[Moment, int]:
        """Return the moment without the rows that the diagnosis has yet to read, and their number.

        For those who have the trace: they are its last ones.
        """
        brought = sum(map(len, self._brought))
        return self._moment(()), brought + self.steps - self._looked

    def _moment(self, unread: tuple[FloatArray, ...]) -> Moment:
        players = {}
        for name, player in self.family.players.items():
            flat, moments = player.copied()
            players[name] = PlayerMoment(flat, tuple(moments), player.updates)
        return Moment(
            self.steps,
            self.settings,
            players,
            self.draws.block,
            self.draws.used,
            self._held,  # these three are made anew, and never written again
            self._measured,
            {name: kept.cpu().numpy().copy() for name, kept in self.family.memory.items()},
            self._standing,
            unread,
            self._captured,
            self._how,
        )

    @classmethod
    def resume(cls, moment: Moment) -> Engine:
        """Return an engine that goes on from a moment; its trace begins there."""
        engine = cls(moment.settings)
        engine._restore(moment)
        engine._begin_record()
        return engine

    def take_up(
        self,
        moment: Moment,
        trace: Trace,
        journal: Sequence[Mark],
        past: Iterable[Moment] = (),
    ) -> None:
        """Stand where a run stood, with the trace and the journal of that run.

        Parameters
        ----------
        moment
            Where to stand.
        trace
            The run from step 0 on, and further where it is known: what was known beyond the moment
            is not computed into new memory while the run repeats it. See :meth:`part`.
        journal
            What had been done by then.
        past
            Earlier moments of the run, in order: where the players have been. They are fewer than
            those the run itself remembered: see :mod:`ganviz.engine.record`.
        """
        if moment.settings != self.settings or trace.columns != self._writer.columns:
            self._build(moment.settings)
            self._draw_fixed()
        self.trouble = ""
        self.journal = list(journal)
        self._shown = (-1, ())
        self._restore(moment)
        built = (
            m.step for m in journal if m.kind == "change" and not dict(m.values).keys() <= WATCHING
        )
        self.family.played = moment.step > max(built, default=0)
        self._writer = TraceWriter(trace.columns, known=trace, count=moment.step)
        self._watch = None
        self._growing = {}
        self._record = Record(self.family.players)
        sizes = {name: player.flat.numel() for name, player in self.family.players.items()}
        flats = [(each.step, {n: p.flat for n, p in each.players.items()}) for each in past]
        # Where a network has been built anew since, the record began anew as well.
        self._record.recall([r for r in flats if {n: f.size for n, f in r[1].items()} == sizes])
        self._record.take(self.steps, self.family.players)

    def recollection(self) -> tuple[Record, dict[str, Held]]:
        """Return where the players have been, and the ranges; to be given back at this place."""
        return self._record, dict(self._held)

    def recollect(self, recollection: tuple[Record, dict[str, Held]]) -> None:
        """Take up what was remembered when the run stood at this very place before."""
        self._record, self._held = recollection

    def part(self) -> None:
        """Leave what is known of the future: the run goes on in a way of its own."""
        self._writer.part()

    def _restore(self, moment: Moment) -> None:
        for name, kept in moment.players.items():
            player = self.family.players[name]
            with torch.no_grad():
                player.flat.copy_(torch.from_numpy(kept.flat))
                for mine, saved in zip(player.moments, kept.moments, strict=True):
                    mine.copy_(torch.from_numpy(saved))
            player.updates = kept.updates
        for name, remembered in moment.memory.items():
            self.family.memory[name].copy_(torch.from_numpy(remembered))
        self.steps = self.family.step = moment.step
        self.draws = Draws(self.draws.seed, self.draws.supply, moment.block, moment.used)
        self._held = dict(moment.held)
        self._measured = dict(moment.measured)
        self._captured = moment.captured
        self._how = moment.how
        self._readings = None
        self._standing = moment.standing or Standing.fresh(moment.step)
        self._looked, self._brought = moment.step, moment.unread

    def _player(self, name: str) -> Player:
        if name not in self.family.players:
            raise ParamError(f"player {name}: must be one of {', '.join(self.family.players)}")
        return self.family.players[name]

    def _points(self, name: str, values: npt.ArrayLike, columns: int) -> torch.Tensor:
        array = np.array(values, dtype=np.float64)
        if array.ndim != 2 or array.shape[1] != columns:
            raise ParamError(f"{name} of shape {array.shape}: must be (n, {columns})")
        return self._tensor(array)

    # ---- questions ----------------------------------------------------------------------------

    def push(self, z: npt.ArrayLike) -> FloatArray:
        """Return G(z) for (n, latent.dim) noise, as (n, dim) float64.

        Of an autoencoder, which has no noise: what it makes of (n, dim) points.
        """
        supply = self.family.supply()
        noise = self._points("z", z, supply.latent_dim)
        return self.family.images(noise)

    def logit(self, x: npt.ArrayLike) -> FloatArray:
        """Return s(x) for (n, dim) points, as (n,) float64."""
        points = self._points("x", x, self.family.supply().target.dim)
        return self.family.logit(points).cpu().numpy().astype(np.float64)

    def sample(self, n: int, seed: int = 0) -> npt.NDArray[np.float32]:
        """Return (n, dim) float32 generated samples; never touches the training draws."""
        supply = self.family.supply()
        source, dim = supply.origin
        made_of = self._tensor(source.sample(rng(seed, "probe", 4), (n, dim)))
        return self.family.images(made_of).astype(np.float32)

    def weights(self, player: str) -> FloatArray:
        """Return a flat float64 copy of the weights of a player such as ``generator``."""
        return self._player(player).weights()

    def set_weights(self, player: str, flat: npt.ArrayLike) -> None:
        """Replace a player's weights by a flat vector; its moments are kept.

        Raises
        ------
        ValueError
            If the vector has not as many numbers as the player.
        """
        values = np.asarray(flat, dtype=np.float64)
        own = self._player(player).flat
        if values.shape != tuple(own.shape):
            raise ValueError(f"{player} has {own.numel()} weights, got {values.shape}")
        with torch.no_grad():
            own.copy_(torch.from_numpy(values))
        self._note(f"{player}'s weights replaced", "weights")

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
        self._player(player)
        if loss is not None and loss not in PARAMETERS["loss.kind"].choices:
            raise ParamError(
                f"loss = {loss}: must be one of " + ", ".join(PARAMETERS["loss.kind"].choices)
            )
        supply = self.family.supply()
        data, noise, chance = self.draws.peek()
        real = data[0] if x is None else self._points("x", x, supply.target.dim)
        latent = noise[0] if z is None else self._points("z", z, supply.latent_dim)
        pack = self.settings.acting("discriminator.pack")
        for name, points in (("x", real), ("z", latent)):
            if len(points) % pack:
                raise ParamError(
                    f"{name} of {len(points)} points: must be a multiple of "
                    f"discriminator.pack = {pack}"
                )
        grad = self.family.gradient(player, Batches(real[None], latent[None], chance), loss)
        return grad.cpu().numpy().astype(np.float64)

    @Part("putting together")
    def frame(self, wants: Wants = EVERYTHING, at: Instant | None = None) -> Frame:
        """Return what the views draw. Changes nothing.

        What nobody wants is left out. ``at`` is a moment of the round that was just laid open: the
        picture is then of the weights as they were, which lie in place while it is drawn.
        """
        around = self._around() if at is None or at.around is None else at.around
        with nullcontext() if at is None else self._as_it_was(at):
            return self._picture.frame(
                around.steps,
                around.trace,
                self.marks,
                around.measures,
                around.held,
                self._record,
                self.trouble,
                wants,
                self._watch_of(wants.probe),
                around.captured,
                kernel=self.kernel.name,
                about_kernel=self.kernel.about,
                beat=None if at is None else at.beat,
                diagnosis=around.diagnosis,
            )

    def watch(self, at: tuple[float, ...]) -> None:
        """Follow a point of the data space from now on, (dim,), or none: ``()``.

        One row at each measured step, for the frames that want it; the run does not change.
        """
        self._watch = None
        if at:
            self._watch = Watch(tuple(at))
            self._follow()

    @property
    def watched(self) -> tuple[float, ...]:
        """The point that is followed, or nothing."""
        return () if self._watch is None else self._watch.at

    def _watch_of(self, at: tuple[float, ...]) -> Watch | None:
        """Return how a point has been followed: from now on only, if it was not."""
        if not at or len(at) != self.family.supply().seen.dim:
            return None
        return self._watch if self._watch is not None and at == self.watched else Watch(at)

    def _follow(self) -> None:
        if self._watch is not None and self._watch.fits(self.family):
            self._watch.follow(self.family, self.steps, self.settings.train.measure_every)

    @contextmanager
    def _as_it_was(self, at: Instant) -> Iterator[None]:
        """Put the weights of an instant in place, and the present ones back, bit for bit."""
        places = self.family.seen_weights()
        now = {name: place.clone() for name, place in places.items()}
        pace = self.family.step
        try:
            self._put(places, at.weights)
            self.family.step = at.pace
            yield
        finally:
            self._put(places, now)
            self.family.step = pace

    @staticmethod
    @torch.no_grad()
    def _put(places: Mapping[str, torch.Tensor], values: Mapping[str, torch.Tensor]) -> None:
        for name, place in places.items():
            place.copy_(values[name])

    def survey(self) -> Callable[[], Surface] | None:
        """Return what computes the surface of the present weights, or None where there is none.

        It has copies of all it needs, and may be called in another thread while steps are taken.
        """
        return self._picture.survey(self.steps, self._held, self._record)

    def readings(self) -> tuple[Reading, ...]:
        """Return the latest measures with their noise floors, in words."""
        if self._readings is None:  # the same until the next measured step
            self._readings = self._read()
        return self._readings

    @Part("measuring")
    def _read(self) -> tuple[Reading, ...]:
        target = self.family.supply().seen
        found = []
        for name, value in self._measured.items():
            measure = MEASURES[name]
            floor = self._floor(name)
            said, band = "", None
            if floor is not None:
                band = (floor.low, floor.high)
                mean, high = measure.words(floor.mean, target), measure.words(floor.high, target)
                low = measure.words(floor.low, target)
                said = mean if low == high else f"{mean} ({low} to {high})"
            rough = self._how != "exact" and name in ESTIMATED
            value_words = ("≈ " if rough else "") + measure.words(value, target)
            title, head, rising = measure.title, measure.head, measure.rising
            found.append(Reading(name, title, value, value_words, said, head, band, rising))
        return tuple(found)

    def _floor(self, name: str) -> Floor | None:
        """Return what a perfect generator would score, by theory or by simulation."""
        target, measure = self.family.supply().seen, MEASURES[name]
        if measure.floor is not None:
            return measure.floor(target, sample_size(target))
        if measure.two_sample is None:
            return None
        if name in ("jsd", "w1") and self._how != "estimate":
            return Floor(0.0, 0.0, 0.0)
        if target.drawn is not None:
            # All at once they would hold up the hand that draws: one pair at each measured step.
            if name not in self._growing:
                self._growing[name] = Growing(
                    measure.two_sample, target.sample, sample_size(target), FLOOR_REPEATS
                )
            return self._growing[name].floor
        return self._sampled_floor(name)

    @property
    def measured(self) -> dict[str, float]:
        """The latest measures, by name."""
        return dict(self._measured)
