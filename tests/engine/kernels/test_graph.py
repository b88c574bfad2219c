"""Rounds that are recorded as a CUDA graph: the same numbers, every changing one a tensor."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganviz.catalog.penalties import PENALTIES
from ganviz.catalog.schedules import SCHEDULES
from ganviz.cli import main as command_line
from ganviz.engine import Engine
from ganviz.engine.family.gan import Gan
from ganviz.engine.kernels import Plain, graph
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


# ---- without a device: what would be recorded is played instead ----------------------------------

ERROR = """CUDA error: operation not permitted when stream is capturing
CUDA kernel errors might be asynchronously reported at some other API call."""
WHY = (
    "The plain kernel: round after round by PyTorch's autograd. No faster kernel plays this game: "
    "recording it as a CUDA graph failed (CUDA error: operation not permitted when stream is "
    "capturing)."
)


class Recorder:
    """Stands for a device that records: it plays what it should record, then keeps it or fails."""

    def __init__(self, family: Gan, *fails: bool) -> None:
        self.family, self.fails = family, list(fails)

    def __call__(self, play: Callable[[], None]) -> Recorder:
        """Play twice, as warming up does, and fail in the middle of a third time if it is to."""
        for _ in range(2):
            play()
        if self.fails.pop(0):
            self.family.players["discriminator"].store.mul_(2)
            raise RuntimeError(ERROR)
        recorder = Recorder(self.family)
        recorder.play = play
        return recorder

    def replay(self) -> None:
        """Do what was recorded: no more than numbers move, and nobody is told of anything."""
        step, scribe = self.family.step, self.family.scribe
        self.family.scribe = None
        self.play()
        self.family.step, self.family.scribe = step, scribe


def both(game: str) -> tuple[Engine, Engine]:
    """Return two engines of a game, one played plainly, one by what would be recorded."""
    settings = Settings.of({**SMALL, **GAMES[game]})
    plain, other = Engine(settings), Engine(settings)
    assert isinstance(other.family, Gan)
    plain.kernel, other.kernel = Plain(plain.family), Captured(other.family)
    return plain, other


def alike(a: Engine, b: Engine, tolerance: float = 0.0) -> None:
    """Assert that both stand in the same place: weights, moments, counts, draws, and the trace."""
    one, two = a.moment(), b.moment()
    assert (one.step, one.block, one.used) == (two.step, two.block, two.used)
    for name, player in a.family.players.items():
        other = b.family.players[name]
        assert player.updates == other.updates
        np.testing.assert_allclose(other.store, player.store, rtol=tolerance, atol=tolerance)
    for name, numbers in a.family.memory.items():
        np.testing.assert_allclose(b.family.memory[name], numbers, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(b.trace.rows, a.trace.rows, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("game", GAMES)
def test_where_recording_fails_the_plain_path_plays_on_as_if_nothing_had_been(
    game: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, other = both(game)
    monkeypatch.setattr(graph, "capture", Recorder(other.family, True))  # asked once, never again
    for engine in (plain, other):
        engine.step(ROUNDS + 5)
        engine.step(1)
    alike(plain, other)
    assert (other.kernel.name, other.kernel.about) == ("plain", WHY)
    assert (other.frame().kernel, other.frame().about_kernel) == ("plain", WHY)


def test_where_only_one_round_alone_cannot_be_recorded_the_rest_is_played_from_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain, other = both("averaged")
    monkeypatch.setattr(graph, "capture", Recorder(other.family, False, True))
    for engine in (plain, other):
        engine.step(ROUNDS + 3)  # in one call of the kernel: sixteen at once, then one
    alike(plain, other, 1e-11)
    assert other.kernel.name == "plain"


def test_an_error_that_leaves_the_players_moved_is_no_way_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, other = both("k = 3")
    monkeypatch.setattr(graph, "capture", Recorder(other.family, True))

    def lost(*_: object) -> None:
        raise RuntimeError("the device is lost")

    monkeypatch.setattr(graph.Before, "put_back", lost)
    with pytest.raises(RuntimeError, match="the device is lost"):
        other.step(1)


def test_why_recording_failed_is_in_the_summary(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def chosen(family: Gan) -> Captured:
        monkeypatch.setattr(graph, "capture", Recorder(family, True))
        return Captured(family)

    monkeypatch.setattr("ganviz.engine.engine.chosen", chosen)
    assert command_line(["run", "--steps", "20", "--out", str(tmp_path / "run")]) == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text("utf-8"))
    assert (summary["kernel"], summary["about_kernel"]) == ("plain", WHY)


def test_a_round_that_is_laid_open_is_played_not_launched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain, other = both("k = 3")
    monkeypatch.setattr(graph, "capture", Recorder(other.family, False))
    for engine in (plain, other):
        engine.step(1)
    seen, told = plain.lay_open(), other.lay_open()
    turns = [[(each.beat.number, each.beat.turn) for each in passed] for passed in (seen, told)]
    assert turns[0] == turns[1] != []
    alike(plain, other, 1e-11)
    assert other.kernel.name == "CUDA graph"  # and only that round


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a CUDA device; this machine has none"
)
@pytest.mark.parametrize("game", GAMES)
def test_a_graph_plays_what_the_plain_path_plays(game: str) -> None:
    settings = Settings.of({**SMALL, **GAMES[game], "train.device": "cuda"})
    plain = Engine(Settings.of({**SMALL, **GAMES[game]}))
    whole, cut = Engine(settings), Engine(settings)
    plain.step(100)
    whole.step(100)
    assert whole.kernel.name == "CUDA graph"
    for n in (1, 17, 2, 48, 32):
        cut.step(n)
    for name in ("generator", "discriminator"):
        np.testing.assert_allclose(whole.weights(name), plain.weights(name), rtol=1e-8, atol=1e-10)
        np.testing.assert_array_equal(whole.weights(name), cut.weights(name))


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a CUDA device; this machine has none"
)
def test_a_graph_that_breaks_off_leaves_the_run_to_the_plain_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = Settings.of({**SMALL, "train.device": "cuda"})
    plain, other = Engine(settings), Engine(settings)
    plain.kernel = Plain(plain.family)
    rounds = Captured.rounds

    def asking(self: Captured, places: Places) -> None:
        rounds(self, places)
        places.rows.sum().item()  # which no device allows while it records

    monkeypatch.setattr(Captured, "rounds", asking)
    for engine in (plain, other):
        engine.step(40)
    alike(plain, other)
    assert other.kernel.name == "plain"
