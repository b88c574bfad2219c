"""Networks that are only looked through say what the networks themselves say."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch

from ganviz.engine import Engine
from ganviz.engine.family import gaze
from ganviz.settings import Settings

SMALL: dict[str, Any] = {"train.batch": 16, "generator.hidden": [8, 12]}


@pytest.mark.parametrize("activation", [*gaze.IN_PLACE, "softplus"])
@pytest.mark.parametrize("dim", [1, 2])
def test_a_gaze_is_the_network_itself(
    activation: str, dim: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gaze, "ROOM", 200)  # many pieces
    target = {1: "two-gaussians", 2: "ring"}[dim]
    both = {"generator.activation": activation, "discriminator.activation": activation}
    game = Engine(Settings.of({**SMALL, **both, "data.target": target, "latent.dim": dim})).family
    assert (game.gaze is None) == (activation == "softplus")
    points = torch.randn(150, dim, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        made = game.players["generator"](points)
        said = game.judge.answers(points, game._beside)
    torch.testing.assert_close(game.push(points), made, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(game.logit(points), said, rtol=1e-5, atol=1e-6)
    assert not game.push(points).requires_grad


def test_it_sees_the_weights_of_the_moment_and_hands_out_memory_of_its_own() -> None:
    engine = Engine(Settings.of({**SMALL, "latent.dim": 1}))
    z = np.linspace(-1, 1, 5)[:, None]
    before = engine.push(z)
    kept = before.copy()
    engine.step(5)
    after = engine.push(z)
    np.testing.assert_array_equal(before, kept)
    assert (after != before).all()
    exact = engine.family.exact_gaze(torch.from_numpy(z)).numpy()
    np.testing.assert_allclose(after, exact, atol=1e-6)
    assert exact.dtype == np.float64


def test_threads_do_not_look_through_one_another() -> None:
    game = Engine(Settings.of({**SMALL, "latent.dim": 1})).family
    points = [torch.full((400, 1), float(k)) for k in range(4)]
    wanted = [game.push(x) for x in points]
    wrong: list[int] = []

    def look(k: int) -> None:
        wrong.extend(k for _ in range(40) if not torch.equal(game.push(points[k]), wanted[k]))

    threads = [threading.Thread(target=look, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_samples_that_are_measured_are_those_of_the_path() -> None:
    engine = Engine(Settings.of({"latent.dim": 1, "data.target": "two-gaussians"}))
    engine.step(40)
    sight = engine._measure()
    made = np.sort(engine.push(engine._measure_noise.numpy())[:, 0])
    np.testing.assert_allclose(np.sort(sight.fake[:, 0]), made, rtol=0, atol=5e-4)
