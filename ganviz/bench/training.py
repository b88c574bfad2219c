"""Steps a second against the plain PyTorch loop that a person would write, on one thread each."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import torch

from ganviz.bench.rival import Rival
from ganviz.bench.row import Effort, Row
from ganviz.bench.turns import Play, ratio, take_turns
from ganviz.catalog.losses import LOSSES
from ganviz.catalog.measures import MEASURES
from ganviz.engine import Engine
from ganviz.settings import PARAMETERS, Settings

#: The games that stand for the rest: 2 hidden layers of 32 units, batch 256, in one dimension; and
#: 2 of 64, batch 128, in the plane.
SMALL: dict[str, Any] = {
    "data.target": "two-gaussians",
    "generator.activation": "relu",
    "discriminator.activation": "leaky-relu",
}
PLANE: dict[str, Any] = {
    "data.target": "ring",
    "latent.dim": 2,
    "generator.hidden": (64, 64),
    "generator.activation": "relu",
    "discriminator.hidden": (64, 64),
    "discriminator.activation": "relu",
    "train.batch": 128,
}
#: What a Wasserstein critic is trained with: Arjovsky et al. 2017, Algorithm 1.
CRITIC: dict[str, Any] = {"loss.kind": "wasserstein", "loss.clip": 0.01}
#: (name, game, ratio that is aimed at)
GAMES: tuple[tuple[str, dict[str, Any], float], ...] = (
    ("2 × 32, batch 256, k = 1", SMALL, 6),
    ("2 × 32, batch 256, k = 1, G with tanh", {**SMALL, "generator.activation": "tanh"}, 6),
    ("2 × 64, batch 128, k = 1", PLANE, 5),
    ("2 × 32, batch 256, k = 5", {**SMALL, "train.k": 5}, 5),
    *(
        (f"loss {name}", {**SMALL, **(CRITIC if name == "wasserstein" else {"loss.kind": name})}, 5)
        for name in LOSSES
        if name != "non-saturating"
    ),
    *(
        (f"optimiser {name}", {**SMALL, "optim.kind_g": name, "optim.kind_d": name}, 5)
        for name in ("sgd", "momentum", "rmsprop")
    ),
    ("WGAN-GP", {**SMALL, "loss.kind": "wasserstein", "loss.penalty": "gradient-penalty"}, 1.5),
    ("R1", {**SMALL, "loss.penalty": "r1"}, 1.5),
)
#: The loop, and the loop as written by somebody who does not plot the losses.
LOOP, SILENT = "plain loop", "plain loop without losses"
#: ganviz with the measures at their defaults, on one thread and on two.
MEASURING, BESIDE = "ganviz measuring", "ganviz measuring beside"
#: Batch times squared width from which on a step is so dear that a turn may have only one, and what
#: is done every so many steps without being a measure is too little to be seen.
DEAR = 2**24
#: Those of them that are measured in a hurry.
QUICK = (0, 2, len(GAMES) - 2)


def unmeasured(settings: Settings) -> Settings:
    """Return a game with every measure off; its trace has all other columns as before."""
    off = {f"measure.{name}": False for name in MEASURES}
    return settings.with_(
        {path: no for path, no in off.items() if settings.means_something(PARAMETERS[path])}
    )


class Ours:
    """An engine that goes on for as long as it is asked; one that diverged begins anew."""

    def __init__(self, settings: Settings, executor: Executor | None = None) -> None:
        self.settings = settings
        self.executor = executor
        self.engine = self._begin()
        #: How often it had to begin anew.
        self.broken = 0

    def _begin(self) -> Engine:
        engine = Engine(self.settings)
        engine.executor = self.executor
        return engine

    def play(self, n: int) -> None:
        """Take n steps."""
        end = self.engine.steps + n
        self.engine.step(n)
        while self.engine.steps < end:
            self.broken += 1
            end -= self.engine.steps
            self.engine = self._begin()
            self.engine.step(end)
            if self.engine.trouble and not self.engine.steps:
                raise RuntimeError(self.engine.trouble)


def training(effort: Effort) -> Iterator[Row]:
    """Yield three ratios for each game.

    With every measure off; measuring as by default, on one thread as before; and the same with a
    second thread, in which steps are taken while the first one measures, as ``ganviz run`` has it.
    """
    torch.set_num_threads(1)
    games = GAMES if effort.whole else tuple(GAMES[index] for index in QUICK)
    for name, values, least in games:
        yield from compared(name, Settings.of(values), effort, least)


def compared(
    name: str, settings: Settings, effort: Effort, least: float, measured: bool = True
) -> Iterator[Row]:
    """Yield the ratios of one game; without ``measured`` only that with every measure off."""
    bare = Ours(unmeasured(settings))
    rivals = {LOOP: Rival(settings), SILENT: Rival(settings, recorded=False)}
    first = bare.engine.family.players
    for rival in rivals.values():
        rival.load(first["generator"], first["discriminator"])
    players: dict[str, Play] = {"ganviz": bare.play, LOOP: rivals[LOOP].play}
    every = {"ganviz": settings.train.measure_every}
    if settings.train.batch * max(settings.generator.hidden) ** 2 > DEAR:
        every = {}
    with ThreadPoolExecutor(1) as second:
        if measured:
            players |= {
                MEASURING: Ours(settings).play,
                BESIDE: Ours(settings, second).play,
                SILENT: rivals[SILENT].play,
            }
            every |= dict.fromkeys((MEASURING, BESIDE), settings.train.measure_every)
        tallies = take_turns(players, effort, every)
    kernel = bare.engine.kernel.name
    note = f"diverged and begun anew {bare.broken} times" if bare.broken else ""
    row = ratio(name, tallies, "ganviz", LOOP, least=least, kernel=kernel, note=note)
    if not measured:
        yield row
        return
    silent_loop = {f"{SILENT} steps/s": tallies[SILENT].best}
    yield replace(row, parts={**row.parts, **silent_loop})
    often = f"measures at their defaults, every {settings.train.measure_every} steps"
    for who, how in ((MEASURING, ""), (BESIDE, ", beside the steps of a second thread")):
        yield ratio(
            f"{name}, {who.removeprefix('ganviz ')}",
            tallies,
            who,
            LOOP,
            least=least,
            kernel=kernel,
            note=often + how,
        )
