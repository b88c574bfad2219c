"""The loop that ganviz is timed against plays the very same game."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganviz.bench.rival import Rival
from ganviz.bench.training import GAMES, SMALL, unmeasured
from ganviz.catalog.losses import LOSSES
from ganviz.engine import Engine
from ganviz.engine.kernels import Plain
from ganviz.settings import Settings

STEPS = 5


@pytest.mark.parametrize(("name", "values"), [(name, values) for name, values, _ in GAMES])
def test_the_rival_computes_what_the_plain_path_computes(name: str, values: dict) -> None:
    settings = unmeasured(Settings.of({**values, "train.dtype": "float64"}))
    engine, rival = Engine(settings), Rival(settings)
    engine.kernel = Plain(engine.family)
    players = engine.family.players
    rival.load(players["generator"], players["discriminator"])
    for _ in range(STEPS):
        data, noise, chance = engine.draws.peek()
        alpha = chance.uniform("penalty", settings.train.batch, 1)
        rival.round([batch.clone() for batch in data], list(noise), alpha)
        engine.step()
    for net, player in ((rival.g, "generator"), (rival.d, "discriminator")):
        flat = torch.cat([leaf.detach().reshape(-1) for leaf in net.parameters()]).numpy()
        ours = engine.weights(player)
        # Under the root of a norm ganviz has 1e-12 more. Where a loss sees only differences of D,
        # the gradient of its last bias is nothing but rounding, and Adam makes whole steps of it.
        bound = 1e-7 if settings.loss.penalty == "gradient-penalty" else 1e-11
        bound = max(bound, 1e-9) if settings.loss.kind.startswith("relativistic") else bound
        assert np.abs(flat - ours).max() < bound * np.abs(ours).max(), name


def test_every_loss_has_its_plain_form() -> None:
    played = {values.get("loss.kind", "non-saturating") for _, values, _ in GAMES}
    assert played == set(LOSSES)


def test_the_rival_draws_the_same_distributions_and_keeps_its_losses() -> None:
    settings = Settings.of({**SMALL, "train.batch": 4096})
    rival, target = Rival(settings), Engine(settings).family.supply().target
    x = torch.cat([rival.draw_data() for _ in range(25)]).numpy()
    assert abs(x.mean() - target.mean[0]) < 5 * target.std[0] / len(x) ** 0.5
    assert x.std() == pytest.approx(target.std[0], rel=0.01)
    rival.play(3)
    assert np.array(rival.losses).shape == (3, 2)
    silent = Rival(settings, recorded=False)
    silent.play(3)
    assert not silent.losses
