"""Rounds that are recorded as a CUDA graph: the same numbers, every changing one a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from ganviz.catalog.penalties import PENALTIES
from ganviz.catalog.schedules import SCHEDULES
from ganviz.engine import Engine
from ganviz.engine.family.gan import Gan
from ganviz.engine.kernels.graph import ROUNDS, Captured, Places, why_not
from ganviz.settings import Settings

SMALL: dict[str, Any] = {
    "data.target": "ring",
    "generator.hidden": (8, 8),
    "discriminator.hidden": (8, 8),
    "train.batch": 16,
    "train.dtype": "float64",
}
GAMES: dict[str, dict[str, Any]] = {
    **{f"optim {kind}": {"optim.kind_g": kind, "optim.kind_d": kind} for kind in ("sgd", "adam")},
    "two optimisers": {"optim.kind_g": "momentum", "optim.kind_d": "rmsprop"},
    **{name: {"train.schedule": name} for name in SCHEDULES if name != "competitive"},
    "k = 3": {"train.k": 3},
    "falling rates": {"optim.decay": "cosine", "optim.decay_steps": 40},
    "clipped": {"loss.kind": "wasserstein", "loss.clip": 0.05, "optim.grad_clip": 0.1},
    "averaged": {"optim.ema": 0.9},
    "frozen": {"train.freeze": "discriminator"},
    "r1": {"loss.penalty": "r1"},
    "soft labels": {"loss.label_smoothing": 0.1},
    "1-D": {"data.target": "two-gaussians"},
}


@pytest.mark.parametrize("game", GAMES)
def test_a_round_of_tensors_is_the_plain_round(game: str) -> None:
    settings = Settings.of({**SMALL, **GAMES[game]})
    plain, other = Engine(settings), Engine(settings)
    plain.step(ROUNDS)
    family = other.family
    assert isinstance(family, Gan)
    captured = Captured(family)
    first = other.draws.peek()
    places = Places(
        first.data.new_zeros(ROUNDS, *first.data.shape),
        first.noise.new_zeros(ROUNDS, *first.noise.shape),
        torch.zeros(ROUNDS, 2, dtype=torch.float64),
        first.data.new_zeros(ROUNDS, len(family.columns)),
    )
    captured._supply(places, [other.draws.take() for _ in range(ROUNDS)])
    captured.rounds(places)
    # What a launch leaves to be counted; the rounds themselves ran here and counted the steps.
    family.step -= ROUNDS
    captured._count(ROUNDS)
    for name, player in plain.family.players.items():
        mine = family.players[name]
        assert mine.updates == player.updates
        assert isinstance(mine.updates, int)
        np.testing.assert_allclose(mine.flat.numpy(), player.flat.numpy(), rtol=1e-12, atol=1e-14)
    assert family.step == plain.family.step
    for i, column in enumerate(family.columns):
        seen = plain.trace.column(column)[-ROUNDS:]
        np.testing.assert_allclose(places.rows[:, i].numpy(), seen, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    ("values", "culprit"),
    [
        ({"loss.instance_noise": 0.1}, "loss.instance_noise"),
        ({"discriminator.dropout": 0.1}, "discriminator.dropout"),
        ({"loss.penalty": "gradient-penalty"}, "loss.penalty"),
        ({"optim.lookahead": 5}, "lookahead"),
        (
            {"train.schedule": "competitive", "optim.kind_g": "sgd", "optim.kind_d": "sgd"},
            "competitive",
        ),
        ({"optim.kind_g": "optimistic"}, "optimistic"),
        ({"discriminator.spectral_norm": True}, "spectral"),
    ],
)
def test_what_cannot_be_recorded_is_told(values: dict[str, Any], culprit: str) -> None:
    assert not why_not(Settings.of(SMALL))
    assert culprit in why_not(Settings.of({**SMALL, **values}))


@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_that_draws_says_so(name: str) -> None:
    asked: list[tuple[int, ...]] = []

    class Listening:
        real = torch.randn(4, 2, dtype=torch.float64)
        fake = torch.randn(4, 2, dtype=torch.float64)
        real_logits = torch.randn(4, dtype=torch.float64, requires_grad=True)
        fake_logits = torch.randn(4, dtype=torch.float64, requires_grad=True)

        def logits(self, x: torch.Tensor) -> torch.Tensor:
            return x.square().sum(1)

        def uniform(self, *shape: int) -> torch.Tensor:
            asked.append(shape)
            return torch.rand(shape, dtype=torch.float64)

        def squares(self) -> tuple[torch.Tensor, torch.Tensor]:
            return self.real_logits.sum(), self.fake_logits.sum()

    penalty = PENALTIES[name]
    for term in (penalty.discriminator, penalty.generator):
        if term is not None:
            term(Listening())
    assert bool(asked) == penalty.draws


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a CUDA device; this machine has none"
)
@pytest.mark.parametrize("game", GAMES)
def test_a_graph_plays_what_the_plain_path_plays(game: str) -> None:
    settings = Settings.of({**SMALL, **GAMES[game], "train.device": "cuda"})
    plain = Engine(Settings.of({**SMALL, **GAMES[game]}))
    graph, cut = Engine(settings), Engine(settings)
    assert graph.kernel.name == "CUDA graph"
    plain.step(100)
    graph.step(100)
    for n in (1, 17, 2, 48, 32):
        cut.step(n)
    for name in ("generator", "discriminator"):
        np.testing.assert_allclose(graph.weights(name), plain.weights(name), rtol=1e-8, atol=1e-10)
        np.testing.assert_array_equal(graph.weights(name), cut.weights(name))
