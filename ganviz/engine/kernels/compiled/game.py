"""The compiled kernel: the common game, many rounds in one call that holds no interpreter lock.

It fills in what :mod:`.layout` describes, from the same tensors that the plain path works on, and
calls :mod:`.rounds`, which was compiled. Weights, moments and memory stay where they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganviz.catalog.costs import Compared, Cost
from ganviz.catalog.networks import ACTIVATIONS
from ganviz.catalog.schedules import Phase
from ganviz.engine.before import Before
from ganviz.engine.draws import Draws, uniforms
from ganviz.engine.kernels.ahead import Ahead, Flight
from ganviz.engine.kernels.compiled import blas, nap
from ganviz.engine.kernels.compiled.layout import (
    BACK,
    COST_FAKE,
    COST_REAL,
    FOOL,
    GAME,
    HOLD,
    JUDGE,
    KEEP,
    LAYER,
    LOSS_G,
    MAKE,
    MOVE,
    PLAYER,
    PRODUCTS,
    ROWS,
    TERM,
    TOLD,
    TURN,
)
from ganviz.engine.player import EVEN

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan
    from ganviz.engine.family.scribe import Scribe
    from ganviz.engine.kernels.compiled.load import Function

FloatArray = npt.NDArray[np.float64]
D, G = "discriminator", "generator"
NUMBER = {G: 0, D: 1}
#: So many samples are made together: what they leave behind then stays in the cache.
TOGETHER = 1024


def why_not(gan: Gan) -> str:
    """Return why the compiled kernel does not play a game, by settings and device, or nothing."""
    s, acting = gan.settings, gan.settings.acting
    if gan.like.device.type != "cpu":
        return f"the compiled one is of the CPU, and this runs on {gan.like.device.type.upper()}"
    if s.generator.kind not in ("mlp", "shift", "affine", "point"):
        return f"generator.kind = {s.generator.kind} is not made of layers"
    if s.discriminator.kind not in ("mlp", "linear", "affine"):
        return f"discriminator.kind = {s.discriminator.kind} is not made of layers"
    does = {
        "latent.codes": "has a third network",
        "discriminator.pack": "shows D several samples at once",
        "discriminator.minibatch_features": "shows D the whole batch",
        "discriminator.minibatch_stddev": "shows D the whole batch",
        "discriminator.dropout": "draws numbers of its own at every step",
        "loss.label_flips": "draws numbers of its own at every step",
        "loss.instance_noise": "draws numbers of its own at every step",
        "train.replay": "draws numbers of its own at every step",
        "discriminator.spectral_norm": "decomposes matrices",
        "loss.feature_matching": "looks into D",
        "loss.unroll": "needs second derivatives",
    }
    for path, words in does.items():
        if acting(path) > (path == "discriminator.pack"):
            return f"{path} {words}"
    if s.loss.penalty != "off" and not gan.penalty.holds:
        return f"loss.penalty = {s.loss.penalty} needs both players' gradients"
    if s.train.schedule == "competitive":
        return "train.schedule = competitive solves for its moves"
    return ""


class Where(NamedTuple):
    """What a flight's first round has to know: rounds and updates that are behind it."""

    step: int
    updates: dict[str, int]


class Orders(NamedTuple):
    """What a flight is to do: a record :data:`GAME` of its own, and what its addresses point to."""

    game: npt.NDArray[Any]
    kept: tuple[object, ...]


class Game:
    """Plays rounds of one game on a copy of its players: see :mod:`ganviz.engine.kernels.ahead`.

    The copy has the players' stores, then what the game remembers besides them. It lies where the
    rounds work on it, so that every vector begins where BLAS and the processor like it to.
    """

    columns = len(TOLD)

    def __init__(self, gan: Gan, functions: Mapping[str, Function]) -> None:
        self.gan = gan
        self._functions = functions
        self._precision = "float64" if gan.like.dtype == torch.float64 else "float32"
        self.dtype: npt.DTypeLike = np.dtype(self._precision)
        self._gemm = blas.address(self._precision)
        self._turns = turns(gan)
        self._turns_d = sum(turn[0] == JUDGE for turn in self._turns)
        self._holds = gan.penalty.holds
        self._moves = {
            name: sum(turn[0] == MOVE and turn[6] == NUMBER[name] for turn in self._turns)
            for name in (G, D)
        }
        # What the copy is made of: tensors, and where each of them begins in it.
        self._parts: list[tuple[int, npt.NDArray[Any]]] = []
        self._begins: dict[str, int] = {}
        self.size = 0
        for name, tensor in (
            *((name, gan.players[name].store) for name in (G, D)),
            *gan.memory.items(),
        ):
            self._begins[name] = self.size
            self._parts.append((self.size, tensor.numpy().reshape(-1)))
            self.size += -(-tensor.numel() // EVEN) * EVEN
        self._made = False
        self.sizes: FloatArray | None = None  # largest weights after each move, if asked for

    # ---- the copy -----------------------------------------------------------------------------

    def gather(self, out: npt.NDArray[Any]) -> None:
        """Copy the players as they stand, (size,)."""
        for begin, part in self._parts:
            out[begin : begin + len(part)] = part

    def scatter(self, copy: npt.NDArray[Any], rounds: int) -> None:
        """Let the players stand as in a copy, so many rounds later."""
        gan = self.gan
        for begin, part in self._parts:
            part[:] = copy[begin : begin + len(part)]
        gan.step += rounds
        gan.played = True
        for name, moves in self._moves.items():
            gan.players[name].updates += rounds * moves

    def where(self, since: int) -> Where:
        """Return the counts of the round that is so many rounds from here."""
        players = self.gan.players
        return Where(
            self.gan.step + since,
            {name: players[name].updates + since * moves for name, moves in self._moves.items()},
        )

    def lay(self, flight: Flight) -> Orders:
        """Return what a flight does: all that can be known before the one before it lands."""
        if not self._made:
            self._make()
        where, game, players = cast(Where, flight.where), self._game.copy(), self._players.copy()
        data, noise = flight.batches
        flight.rows.fill(np.nan)
        for name, address in (
            ("players", players.ctypes.data),
            ("data", data.data_ptr()),
            ("noise", noise.data_ptr()),
            ("told", flight.rows.ctypes.data),
            ("origin", flight.origin.ctypes.data),
            ("before", 0 if flight.before is None else flight.before.progress.ctypes.data),
            ("awaited", 0 if flight.before is None else flight.before.n),
            ("slots", flight.slots.ctypes.data),
            ("progress", flight.progress.ctypes.data),
            ("stop", flight.stop.ctypes.data),
            ("step", where.step),
            ("sizes", 0 if self.sizes is None else self.sizes.ctypes.data),
        ):
            game[name] = address
        rates = self.gan.rates_of(where.step, flight.n)
        paces = {
            name: self._paces(name, rates[name], updates) for name, updates in where.updates.items()
        }
        for number, name in enumerate((G, D)):
            players["paces"][number] = paces[name].ctypes.data
            players["updates"][number] = where.updates[name]
        return Orders(game, (players, paces, self.sizes))

    def fly(self, flight: Flight) -> None:
        """Play a flight's rounds, from its ``origin`` on, without the interpreter lock."""
        game = cast(Orders, flight.orders).game
        drawn = self._drawn(flight)
        game["drawn"] = 0 if drawn is None else drawn.ctypes.data
        blas.keep_to_one_thread()
        self._functions["play"].call(game.ctypes.data, flight.n)

    @property
    def _draws(self) -> int:
        """How many random numbers a turn of D takes."""
        n, dim = self.gan.settings.train.batch, self.gan.target.dim
        return {"between": n, "around": n * dim}.get(self._placed, 0)

    @property
    def _placed(self) -> str:
        """Where D judges samples that are in neither batch, or nothing."""
        return next((each.at for each in self._holds if each.at in ("between", "around")), "")

    def _drawn(self, flight: Flight) -> npt.NDArray[Any] | None:
        """Return what the penalty draws in a flight's rounds, as the plain path does."""
        many = self._turns_d * self._draws
        if not many:
            return None
        found = uniforms(flight.seed, "penalty", *flight.place, flight.n, many)
        return found.astype(self.dtype)

    def _paces(self, name: str, rates: Sequence[float], updates: int) -> FloatArray:
        """Return of each move its rate, and 1 − β₁ᵗ and (1 − β₂ᵗ)^½ of its number t."""
        each, h = self._moves[name], self.gan.hyper
        found = np.empty((len(rates) * each, 3))
        b1, b2, moves = h.beta1, h.beta2, range(updates + 1, updates + 1 + len(found))
        found[:, 0] = np.repeat(rates, each)
        found[:, 1] = [1 - b1**t for t in moves]
        found[:, 2] = [(1 - b2**t) ** 0.5 for t in moves]
        return found

    @property
    def movers(self) -> list[str]:
        """Who moves in a round, in order."""
        return [(G, D)[turn[6]] for turn in self._turns if turn[0] == MOVE]

    # ---- what the rounds work with ------------------------------------------------------------

    def _make(self) -> None:
        """Fill in all that stays the same from call to call."""
        gan, n = self.gan, self.gan.settings.train.batch
        made = max(turn[3] for turn in self._turns if turn[0] == MAKE) * n
        latent, dim = gan.latent_dim, gan.target.dim
        batches = gan.supply()
        self._kept: list[object] = []  # what the addresses point to
        judges = (3 if self._placed else 2) * n
        # As torch places its memory: at multiples of 64 bytes.
        self._state = gan.like.new_zeros(self.size).numpy()
        self._records = {
            G: self._player(G, max(made, gan.probe.shape[0]), n),
            D: self._player(D, judges, judges),
        }
        self._players = np.concatenate([self._records[G], self._records[D]])
        self._program = np.array(self._turns, dtype=np.int64).view(TURN).reshape(-1)
        line = dim == 1
        self._probe = gan.probe.T.contiguous()
        self._sides = gan.sides.T.contiguous() if line else gan.like.new_zeros(1, 2)
        game = np.zeros(1, GAME)
        values: dict[str, float] = {
            "turns": self._program.ctypes.data,
            "turn_count": len(self._program),
            "batch": n,
            "dim": dim,
            "latent": latent,
            "data_batches": batches.data_batches,
            "noise_batches": batches.noise_batches,
            "z": self._room(latent, made),
            "fakes": self._room(batches.noise_batches * dim, n),
            "judged": self._room(dim, judges),
            "judges": judges,
            "logits": self._wide(judges),
            "slopes": self._wide(judges),
            **self._penalty(judges),
            "belief": self._functions[f"belief.{gan.loss.belief.number.__name__}"].address,
            "sees_real": gan.loss.sees_real,
            **self._losses(),
            "gemm": self._gemm,
            **{
                name: self._functions[f"{name}.{self._precision}"].address
                for name in (*PRODUCTS, *ROWS)
            },
            "size": gan.like.element_size(),
            "state": self._state.ctypes.data,
            "state_size": self.size,
            "pause": nap.address(),
            "rest": nap.REST,
            "lookahead": gan.settings.optim.lookahead,
            "scalar": gan.scalar,
            "probe": self._probe.data_ptr(),
            "probes": self._probe.shape[1] if line else 0,
            "sides": self._sides.data_ptr(),
            "moves": sum(self._moves.values()),
            "clip": gan.clip,
            "grad_clip": gan.settings.optim.grad_clip,
            "ema": gan.settings.optim.ema,
            "share": gan.settings.optim.lookahead_share,
            "mean": float(gan.target.mean[0]),
        }
        for name, value in values.items():
            game[name] = value
        self._game = game
        self._made = True

    def _losses(self) -> dict[str, int]:
        """Return where the terms of both losses lie, and how many they are."""
        gan, n = self.gan, self.gan.settings.train.batch
        numbers = gan.loss.numbers
        if isinstance(numbers, Compared):
            kind = gan.settings.loss.kind
            return {f"compare_{p}": self._functions[f"compare.{kind}.{p}"].address for p in "dg"}

        def term(cost: Cost, fake: bool, more: bool, told: int, factor: float) -> tuple[float, ...]:
            address = self._functions[f"cost.{cost.of.__name__}"].address
            return address, fake, more, told, factor / n

        real, fake = numbers.real, numbers.fake
        of_d = [term(real, False, False, COST_REAL, 1.0), term(fake, True, False, COST_FAKE, 1.0)]
        valued = len(of_d) if gan.loss.has_value else 0
        if not gan.plain_labels:
            # As in Stakes: a label y costs y·a(s) + (1 − y)·b(s).
            prior = gan.settings.data.prior
            sides = zip((False, True), gan.labels, (prior, 1 - prior), strict=True)
            for side, y, share in sides:
                told = COST_FAKE if side else COST_REAL
                of_d.append(term(real, side, False, told, 2 * share * y))
                of_d.append(term(fake, side, True, told, 2 * share * (1 - y)))
        of_g = [term(numbers.generator, True, False, LOSS_G, numbers.sign)]
        d, g = (self._keep(np.array(each, TERM)) for each in (of_d, of_g))
        return {
            "terms_d": d.ctypes.data,
            "term_count_d": len(d),
            "valued": valued,
            "terms_g": g.ctypes.data,
            "term_count_g": len(g),
        }

    def _penalty(self, judges: int) -> dict[str, int]:
        """Return where the parts of D's penalty lie, and what they work with."""
        gan, n = self.gan, self.gan.settings.train.batch
        if not self._holds:
            return {"backs": judges}
        begins = {"real": 0, "fake": n, "between": 2 * n, "around": 2 * n}
        starts = [begins[each.at] for each in self._holds]
        first, held = min(starts), max(starts) + n - min(starts)
        holds = [
            (
                self._functions[f"hold.{each.of.__name__}.{self._precision}"].address,
                start,
                gan.strength / n,
            )
            for each, start in zip(self._holds, starts, strict=True)
        ]
        placed, curve = self._placed, ACTIVATIONS[gan.settings.discriminator.activation].bend.curve
        place = self._functions[f"place.{placed}.{self._precision}"].address if placed else 0
        ones = gan.like.new_ones(held)
        return {
            "holds": self._keep(np.array(holds, HOLD)).ctypes.data,
            "hold_count": len(holds),
            "held_from": first,
            "held": held,
            # Without any f″ nothing goes back from samples that the loss does not look at.
            "backs": 2 * n if curve is None else judges,
            "placing": place,
            "draws": self._draws,
            "turns_d": self._turns_d,
            "ones": self._keep_tensor(ones),
            "pulls": self._room(gan.target.dim, held),
            "squares": self._wide(held),
        }

    def _keep(self, array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        self._kept.append(array)
        return array

    def _room(self, rows: int, n: int) -> int:
        """Return the address of room for (rows, n) numbers, as BLAS likes it aligned."""
        room = self.gan.like.new_zeros(max(rows * n, 1))
        self._kept.append(room)
        return room.data_ptr()

    def _layers(self, name: str) -> list[tuple[int, int, int | Tensor, int | Tensor]]:
        """Return (outputs, inputs, weight, bias) of each layer.

        Weight and bias are where they begin in the player's flat vector, or what they always are:
        every player without hidden layers is a layer of which some numbers are fixed.
        """
        gan = self.gan
        s = gan.settings
        kind = (s.generator if name == G else s.discriminator).kind
        if kind in ("shift", "point"):
            weight = gan.like.new_zeros(gan.target.dim, gan.latent_dim)
            return [(*weight.shape, weight.fill_diagonal_(float(kind == "shift")), 0)]
        if kind == "linear":
            return [(1, gan.target.dim, 0, gan.like.new_zeros(1))]
        found: list[tuple[int, int, int | Tensor, int | Tensor]] = []
        begin = 0
        for outputs, inputs in gan.players[name].network.shapes[::2]:
            found.append((outputs, inputs, begin, begin + outputs * inputs))
            begin += outputs * (inputs + 1)
        return found

    def _keep_tensor(self, tensor: Tensor) -> int:
        self._kept.append(tensor)
        return tensor.data_ptr()

    def _place(self, part: str) -> int:
        """Return where a part of the copy lies, 0 where the game has none."""
        if part not in self._begins:
            return 0
        return int(self._state.ctypes.data) + self._begins[part] * self._state.itemsize

    def _wide(self, n: int) -> int:
        room = torch.zeros(n, dtype=torch.float64)
        self._kept.append(room)
        return room.data_ptr()

    def _player(self, name: str, forwards: int, backwards: int) -> npt.NDArray[np.void]:
        gan, player = self.gan, self.gan.players[name]
        s = gan.settings
        kind = (s.generator if name == G else s.discriminator).activation
        size = gan.like.element_size()
        grad = self._room(1, player.flat.numel())
        store = self._place(name)
        shapes = self._layers(name)
        widest = max(max(outputs, inputs) for outputs, inputs, *_ in shapes)
        layers = np.zeros(len(shapes), LAYER)
        scratch = self._room(widest, forwards)
        for number, (outputs, inputs, weight, bias) in enumerate(shapes):
            last = number == len(shapes) - 1
            bend = "none" if last else kind
            curved = not last and ACTIVATIONS[kind].bend.curve is not None
            kept = not last and not ACTIVATIONS[kind].bend.of_output
            held = name == D and bool(self._holds) and not last
            values = {
                "inputs": inputs,
                "outputs": outputs,
                "t": self._room(outputs, forwards) if kept else scratch,
                "y": self._room(outputs, forwards),
                "bend": self._functions[f"bend.{bend}.{self._precision}"].address,
                "slope": 0 if last else self._functions[f"slope.{bend}.{self._precision}"].address,
                "curve": self._functions[f"curve.{bend}.{self._precision}"].address
                if curved
                else 0,
                "by_sum": self._room(outputs, backwards) if held else 0,
                "by_bend": self._room(outputs, backwards) if held and curved else 0,
            }
            for part, at, many in (("weight", weight, outputs * inputs), ("bias", bias, outputs)):
                if isinstance(at, int):
                    values[part] = store + at * size
                    values[f"{part}_grad"] = grad + at * size
                else:  # fixed: nobody asks for its gradient
                    values[part] = self._keep_tensor(at)
                    values[f"{part}_grad"] = self._room(1, many)
            for field, value in values.items():
                layers[field][number] = value
        step = player.store.shape[1] * size
        moments = store + step * np.arange(1, 4)  # one behind the other; none has more
        h = gan.hyper
        hyper = np.array([h.momentum, h.beta1, h.beta2, h.rho, h.eps])
        record = np.zeros(1, PLAYER)
        optimizer = self._functions[f"move.{player.optimizer}.{self._precision}"]
        for field, value in {
            "layers": self._keep(layers).ctypes.data,
            "depth": len(layers),
            "inputs": shapes[0][1],
            "outputs": shapes[-1][0],
            "weights": player.flat.numel(),
            "flat": store,
            "grad": grad,
            "begun": self._room(1, player.flat.numel()),
            "moments": self._keep(moments).ctypes.data,
            "move": optimizer.address,
            "hyper": self._keep(hyper).ctypes.data,
            "first": self._room(widest, backwards),
            "second": self._room(widest, backwards),
            "average": self._place("average") if name == G else 0,
            "anchor": self._place(f"anchor {name}"),
        }.items():
            record[field] = value
        return record


class Compiled:
    """Plays the rounds of the games that :func:`why_not` has nothing against."""

    name = "compiled"
    free = True
    about = (
        "The compiled kernel: many rounds in one call, in machine code. It agrees with the plain "
        "one, PyTorch's autograd, but for rounding."
    )

    def __init__(self, gan: Gan, functions: Mapping[str, Function]) -> None:
        self.gan = gan
        self._game = Game(gan, functions)
        self._ahead = Ahead(self._game)
        # Two that take turns: nobody waits until the rounds that were left are over.
        other = Game(gan, functions)
        self._other = other, Ahead(other)
        self._columns = [gan.columns.index(name) for name in TOLD]

    def play(
        self, n: int, draws: Draws, more: int = 0, executor: Executor | None = None
    ) -> FloatArray:
        """Play n rounds and return their rows of the family's columns, (n, len(columns)).

        ``more`` rounds will probably be asked for after these: with an executor they are begun.
        """
        gan = self.gan
        scribe, ended = gan.scribe, {}
        if scribe is not None:
            ended = self._laid_open(draws)
        told = (
            self._ahead.play(n, draws, more, executor)
            if gan.moves is None
            else self._watched(n, draws, gan.moves)
        )
        if scribe is not None:
            _relay(scribe, ended, gan.seen_weights())
        rows = np.full((n, len(gan.columns)), np.nan)
        with np.errstate(over="ignore"):  # a trace has the digits of the weights
            rows[:, self._columns] = told.astype(self._game.dtype)
        return rows

    @property
    def ready(self) -> int:
        """How many rounds have been played in advance and not been asked for yet."""
        return self._ahead.ready

    @property
    def busy(self) -> bool:
        """Whether more of them are being played."""
        return self._ahead.busy

    @property
    def pace(self) -> float:
        """Seconds that a round lately took in the executor; 0 if none was over yet."""
        return self._ahead.pace or self._other[1].pace

    def forget(self) -> None:
        """Leave what was played in advance."""
        game, ahead = self._other
        ahead.forget()  # what was left when it was changed the last time
        self._ahead.leave()
        self._other = self._game, self._ahead
        self._game, self._ahead = game, ahead

    def _watched(self, n: int, draws: Draws, moves: list[tuple[str, float]]) -> FloatArray:
        """Play rounds one by one and note how large the weights are after each move."""
        self.forget()
        told = []
        for _ in range(n):
            sizes = self._game.sizes = np.zeros(len(self._game.movers))
            told.append(self._ahead.play(1, draws))
            moves.extend(zip(self._game.movers, sizes.tolist(), strict=True))
        self._game.sizes = None
        return np.concatenate(told)

    def _laid_open(self, draws: Draws) -> dict[str, Tensor]:
        """Let the scribe see the next round, played plainly, and put everything back.

        Returns the weights with which that round ended.
        """
        gan = self.gan
        before, step = Before(gan), gan.step
        before.take(draws)
        gan.round(draws.peek(), gan.like.new_empty(len(gan.columns)))
        ended = {name: values.clone() for name, values in gan.seen_weights().items()}
        before.put_back(step, draws)
        gan.scribe = None
        return ended


def _relay(scribe: Scribe, ended: Mapping[str, Tensor], now: Mapping[str, Tensor]) -> None:
    """Let a player that has made its last move stand in the instants as the kernel left it.

    Both kernels agree but for the last digits, and pictures of one moment should be one picture.
    """
    last = {name: values.clone() for name, values in now.items()}
    scribe.instants = [
        replace(
            each,
            weights={
                name: last[name] if torch.equal(values, ended[name]) else values
                for name, values in each.weights.items()
            },
        )
        for each in scribe.instants
    ]


def turns(gan: Gan) -> list[tuple[int, ...]]:
    """Return what happens in a round of the game's schedule, as rows of :data:`TURN`."""
    n = gan.settings.train.batch
    most = max(1, TOGETHER // n)
    still = gan.settings.train.freeze
    found: list[tuple[int, ...]] = []
    made: dict[int, int] = {}  # noise batch: turn in which G, as it is, made samples of it
    begun: tuple[str, ...] = ()
    for number, phase in enumerate(gan.phases):
        if phase.noise not in made:
            for group in grouped(coming(gan.phases[number:]), most):
                made |= dict.fromkeys(group, len(found))
                found.append((MAKE, 0, group[0], len(group), 0, 0, 0, 0))
        if D in phase.players:
            number_d = sum(turn[0] == JUDGE for turn in found)
            found.append((JUDGE, phase.data, phase.noise, 0, number_d, 0, 1, 0))
        if G in phase.players:
            begin, count = found[made[phase.noise]][2:4]
            start = (phase.noise - begin) * n
            again = int(D in phase.players)
            found.append((FOOL, phase.data, phase.noise, 0, start, count * n, 0, again))
        if phase.rule == "look":
            begun = phase.players
            found += [(KEEP, 0, 0, 0, 0, 0, NUMBER[name], 0) for name in begun]
        else:
            found += [(BACK, 0, 0, 0, 0, 0, NUMBER[name], 0) for name in begun]
        found += [(MOVE, 0, 0, 0, 0, 0, NUMBER[name], 0) for name in phase.players if name != still]
        if G in phase.players:
            made = {}
    return found


def coming(phases: Sequence[Phase]) -> list[int]:
    """Return the noise batches that meet G before it moves next, the one it moves on last."""
    found: list[int] = []
    for phase in phases:
        if phase.noise not in found:
            found.append(phase.noise)
        if G in phase.players:
            break
    return found


def grouped(numbers: Sequence[int], most: int) -> list[list[int]]:
    """Return numbers that follow each other in groups of at most so many."""
    groups: list[list[int]] = []
    for number in numbers:
        if groups and number == groups[-1][-1] + 1 and len(groups[-1]) < most:
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups
