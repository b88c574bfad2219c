"""The compiled kernel: the common game, many rounds in one call that holds no interpreter lock.

It fills in what :mod:`.layout` describes, from the same tensors that the plain path works on, and
calls :mod:`.rounds`, which was compiled. Weights, moments and memory stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganviz.catalog.costs import Compared, Cost
from ganviz.catalog.networks import ACTIVATIONS
from ganviz.catalog.schedules import Phase
from ganviz.engine.draws import Draws
from ganviz.engine.kernels.compiled import blas
from ganviz.engine.kernels.compiled.layout import (
    BACK,
    COST_FAKE,
    COST_REAL,
    FOOL,
    GAME,
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
from ganviz.engine.kernels.plain import Plain
from ganviz.engine.player import Player

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan
    from ganviz.engine.kernels.compiled.load import Function

FloatArray = npt.NDArray[np.float64]
D, G = "discriminator", "generator"
NUMBER = {G: 0, D: 1}
#: So many samples are made together: what they leave behind then stays in the cache.
TOGETHER = 1024


def covers(gan: Gan) -> bool:
    """Return whether the compiled kernel plays this game: by its settings and device alone."""
    s, acting = gan.settings, gan.settings.acting
    networks = s.generator.kind == s.discriminator.kind == "mlp" and acting("latent.codes") == 0
    draws_no_more = (
        acting("discriminator.dropout") == 0
        and s.loss.label_flips == 0
        and s.loss.instance_noise == 0
        and s.train.replay == 0
    )
    one_by_one = gan.judge.alone and not acting("discriminator.spectral_norm")
    first_order = (
        s.loss.penalty == "off"
        and gan.unroll == 0
        and not gan.matching
        and s.train.schedule != "competitive"
    )
    here = gan.like.device.type == "cpu"
    return networks and draws_no_more and one_by_one and first_order and here


class Compiled:
    """Plays the rounds of the games that :func:`covers` names."""

    name = "compiled"

    def __init__(self, gan: Gan, functions: Callable[[str], Function]) -> None:
        self.gan = gan
        self._functions = functions
        self._precision = "float64" if gan.like.dtype == torch.float64 else "float32"
        self._play = functions("play").call
        self._turns = turns(gan)
        self._made = False

    # ---- what the rounds work with ------------------------------------------------------------

    def _make(self) -> None:
        """Fill in all that stays the same from call to call."""
        gan, n = self.gan, self.gan.settings.train.batch
        made = max(turn[3] for turn in self._turns if turn[0] == MAKE) * n
        latent, dim = gan.latent_dim, gan.target.dim
        batches = gan.supply()
        self._kept: list[object] = []  # what the addresses point to
        self._records = {
            G: self._player(G, max(made, gan.probe.shape[0]), n),
            D: self._player(D, max(2 * n, 2), 2 * n),
        }
        self._players = np.concatenate([self._records[G], self._records[D]])
        self._program = np.array(self._turns, dtype=np.int64).view(TURN).reshape(-1)
        line = dim == 1
        self._probe = gan.probe.T.contiguous()
        self._sides = gan.sides.T.contiguous() if line else gan.like.new_zeros(1, 2)
        game = np.zeros(1, GAME)
        values: dict[str, float] = {
            "players": self._players.ctypes.data,
            "turns": self._program.ctypes.data,
            "turn_count": len(self._program),
            "batch": n,
            "dim": dim,
            "latent": latent,
            "data_batches": batches.data_batches,
            "noise_batches": batches.noise_batches,
            "z": self._room(latent, made),
            "fakes": self._room(batches.noise_batches * dim, n),
            "judged": self._room(dim, 2 * n),
            "logits": self._wide(2 * n),
            "slopes": self._wide(2 * n),
            "belief": self._functions(f"belief.{gan.loss.belief.number.__name__}").address,
            "sees_real": gan.loss.sees_real,
            **self._losses(),
            "gemm": blas.address(self._precision),
            **{
                name: self._functions(f"{name}.{self._precision}").address
                for name in (*PRODUCTS, *ROWS)
            },
            "size": gan.like.element_size(),
            "lookahead": gan.settings.optim.lookahead,
            "probe": self._probe.data_ptr(),
            "probes": self._probe.shape[1] if line else 0,
            "sides": self._sides.data_ptr(),
            "moves": sum(turn[0] == MOVE for turn in self._turns),
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
            return {f"compare_{p}": self._functions(f"compare.{kind}.{p}").address for p in "dg"}

        def term(cost: Cost, fake: bool, more: bool, told: int, factor: float) -> tuple[float, ...]:
            address = self._functions(f"cost.{cost.of.__name__}").address
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

    def _keep(self, array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        self._kept.append(array)
        return array

    def _room(self, rows: int, n: int) -> int:
        """Return the address of room for (rows, n) numbers, as BLAS likes it aligned."""
        room = self.gan.like.new_zeros(max(rows * n, 1))
        self._kept.append(room)
        return room.data_ptr()

    def _wide(self, n: int) -> int:
        room = torch.zeros(n, dtype=torch.float64)
        self._kept.append(room)
        return room.data_ptr()

    def _player(self, name: str, forwards: int, backwards: int) -> npt.NDArray[np.void]:
        gan, player = self.gan, self.gan.players[name]
        s = gan.settings
        kind = (s.generator if name == G else s.discriminator).activation
        shapes = player.network.shapes[::2]
        widest = max(max(shape) for shape in shapes)
        layers = np.zeros(len(shapes), LAYER)
        scratch = self._room(widest, forwards)
        begin, size = 0, gan.like.element_size()
        for number, (outputs, inputs) in enumerate(shapes):
            last = number == len(shapes) - 1
            bend = "none" if last else kind
            kept = not last and not ACTIVATIONS[kind].bend.of_output
            weight, bias = begin * size, (begin + outputs * inputs) * size
            begin += outputs * (inputs + 1)
            values = {
                "inputs": inputs,
                "outputs": outputs,
                "weight": player.flat.data_ptr() + weight,
                "bias": player.flat.data_ptr() + bias,
                "weight_grad": player.grad.data_ptr() + weight,
                "bias_grad": player.grad.data_ptr() + bias,
                "t": self._room(outputs, forwards) if kept else scratch,
                "y": self._room(outputs, forwards),
                "bend": self._functions(f"bend.{bend}.{self._precision}").address,
                "slope": 0
                if last
                else self._functions(f"slope.{bend}.{self._precision}").address,
            }
            for field, value in values.items():
                layers[field][number] = value
        moments = np.array([each.data_ptr() for each in player.moments] + [0] * 3, np.int64)
        h = gan.hyper
        hyper = np.array([h.momentum, h.beta1, h.beta2, h.rho, h.eps])
        record = np.zeros(1, PLAYER)
        memory = gan.memory
        average = memory.get("average") if name == G else None
        anchor = memory.get(f"anchor {name}")
        optimizer = self._functions(f"move.{player.optimizer}.{self._precision}")
        for field, value in {
            "layers": self._keep(layers).ctypes.data,
            "depth": len(layers),
            "inputs": shapes[0][1],
            "outputs": shapes[-1][0],
            "weights": player.flat.numel(),
            "flat": player.flat.data_ptr(),
            "grad": player.grad.data_ptr(),
            "begun": self._room(1, player.flat.numel()),
            "moments": self._keep(moments).ctypes.data,
            "move": optimizer.address,
            "hyper": self._keep(hyper).ctypes.data,
            "first": self._room(widest, backwards),
            "second": self._room(widest, backwards),
            "average": 0 if average is None else average.data_ptr(),
            "anchor": 0 if anchor is None else anchor.data_ptr(),
        }.items():
            record[field] = value
        return record

    # ---- playing ------------------------------------------------------------------------------

    def play(self, n: int, draws: Draws) -> FloatArray:
        """Play n rounds and return their rows of the family's columns, (n, len(columns))."""
        if not self._made:
            self._make()
        gan = self.gan
        rows = np.full((n, len(gan.columns)), np.nan)
        done = 0
        while done < n:
            if gan.scribe is not None:
                self._lay_open(draws)
            data, noise = draws.take_rounds(n - done)
            told = self._call(data, noise)
            rows[done : done + len(told), self._columns] = told
            done += len(told)
        return rows

    @property
    def _columns(self) -> list[int]:
        return [self.gan.columns.index(name) for name in TOLD]

    def _call(self, data: Tensor, noise: Tensor) -> FloatArray:
        gan, count = self.gan, len(data)
        told = np.full((count, len(TOLD)), np.nan)
        moves = int(self._game["moves"][0])
        sizes = np.zeros((count, moves))
        game = self._game
        game["data"], game["noise"] = data.data_ptr(), noise.data_ptr()
        game["told"], game["step"] = told.ctypes.data, gan.step
        game["sizes"] = 0 if gan.moves is None else sizes.ctypes.data
        rates = [gan.rates_at(gan.step + i) for i in range(count)]
        paces = {name: self._paces(name, [each[name] for each in rates]) for name in (G, D)}
        for number, name in enumerate((G, D)):
            self._players["paces"][number] = paces[name].ctypes.data
            self._players["updates"][number] = gan.players[name].updates
        blas.keep_to_one_thread()
        self._play(game.ctypes.data, count)
        for name in (G, D):
            gan.players[name].updates += len(paces[name])
        gan.step += count
        gan.played = True
        if gan.moves is not None:
            movers = [(G, D)[turn[6]] for turn in self._turns if turn[0] == MOVE]
            for row in sizes:
                gan.moves.extend(zip(movers, row.tolist(), strict=True))
        # A trace has the digits of the weights.
        with np.errstate(over="ignore"):
            return told.astype(self._precision).astype(np.float64)

    def _paces(self, name: str, rates: Sequence[float]) -> FloatArray:
        """Return of each move its rate, and 1 − β₁ᵗ and (1 − β₂ᵗ)^½ of its number t."""
        each = sum(turn[0] == MOVE and turn[6] == NUMBER[name] for turn in self._turns)
        t, h = self.gan.players[name].updates, self.gan.hyper
        found = np.empty((len(rates) * each, 3))
        for i in range(len(found)):
            t += 1
            found[i] = rates[i // each], 1 - h.beta1**t, (1 - h.beta2**t) ** 0.5
        return found

    def _lay_open(self, draws: Draws) -> None:
        """Let the scribe see the next round, played plainly, and put everything back."""
        gan = self.gan
        tensors = [*gan.memory.values()]
        for player in gan.players.values():
            tensors += [player.flat, *player.moments]
        before = [each.clone() for each in tensors]
        updates, step = {n: p.updates for n, p in gan.players.items()}, gan.step
        gan.round(draws.peek(), gan.like.new_empty(len(gan.columns)))
        with torch.no_grad():
            for each, kept in zip(tensors, before, strict=True):
                each.copy_(kept)
        for name, count in updates.items():
            gan.players[name].updates = count
        gan.step, gan.scribe = step, None


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
            found.append((JUDGE, phase.data, phase.noise, 0, 0, 0, 1, 0))
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
