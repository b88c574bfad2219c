"""The C program that ganviz is timed against computes the same step."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from ganviz.bench.program import NATIVE, PLAIN, Program, missing
from ganviz.bench.rival import Rival
from ganviz.bench.training import SMALL
from ganviz.engine import Engine
from ganviz.settings import Settings

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "it can be built")


@pytest.fixture(scope="module", params=[PLAIN, NATIVE], ids=["plain", "native"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Program:
    return Program(tmp_path_factory.mktemp("program"), request.param)


def test_losses_gradients_and_weights_are_those_of_torch(built: Program) -> None:
    engine, rival = Engine(Settings.of(SMALL)), Rival(Settings.of(SMALL))
    players = engine.family.players
    rival.load(players["generator"], players["discriminator"])
    built.start(players["generator"], players["discriminator"])
    for _ in range(3):
        x, z_d, z_g = rival.draw_data(), rival.draw_noise(), rival.draw_noise()
        row, grad_d, grad_g = built.step(x.numpy(), z_d.numpy(), z_g.numpy())
        loss_d = rival.step_d(x, z_d)
        theirs = torch.cat([w.grad.reshape(-1) for w in rival.d.parameters()]).numpy()
        assert np.linalg.norm(grad_d - theirs) < 1e-4 * np.linalg.norm(theirs)
        loss_g = rival.step_g(x, z_g)
        theirs = torch.cat([w.grad.reshape(-1) for w in rival.g.parameters()]).numpy()
        assert np.linalg.norm(grad_g - theirs) < 1e-4 * np.linalg.norm(theirs)
        assert row == pytest.approx([loss_d.item(), loss_g.item()], rel=1e-5)
    for mine, net in zip(built.weights(), (rival.g, rival.d), strict=True):
        flat = torch.cat([w.detach().reshape(-1) for w in net.parameters()]).numpy()
        # Where a gradient is nearly zero, Adam makes a whole step of its sign.
        assert np.median(np.abs(mine - flat)) < 1e-6
        assert np.abs(mine - flat).max() < 6.1e-3


def test_the_least_numbers_are_numbers_still(built: Program) -> None:
    # -ffast-math may make the whole process take them for 0, whoever computes.
    assert built.size
    assert np.float64(5e-324) * 1.0 > 0
    assert np.float32(1e-45) * np.float32(1) > 0


def test_its_draws_have_the_right_distributions(built: Program) -> None:
    players = Engine(Settings.of(SMALL)).family.players
    built.start(players["generator"], players["discriminator"])
    z = built.draws("noise", 1000).ravel()
    assert stats.kstest(z, "norm").pvalue > 1e-4
    x = built.draws("data", 1000).ravel()

    def cdf(t: np.ndarray) -> np.ndarray:
        return (stats.norm.cdf(t, -2, 0.5) + stats.norm.cdf(t, 2, 0.5)) / 2

    assert stats.kstest(x, cdf).pvalue > 1e-4


def test_it_keeps_a_row_of_losses_a_step_and_learns(built: Program) -> None:
    players = Engine(Settings.of(SMALL)).family.players
    built.start(players["generator"], players["discriminator"])
    rows = built.play(300)
    assert rows.shape == (300, 2)
    assert np.isfinite(rows).all()
    assert len(np.unique(rows[:, 0])) > 290
    assert not np.allclose(built.weights()[0], players["generator"].weights())
