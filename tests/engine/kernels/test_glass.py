"""What the measures see through the compiled kernel is what numpy sees, which is the definition."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch

from ganviz.catalog.measures import Known
from ganviz.engine import Engine
from ganviz.engine.family.gan import Gan
from ganviz.engine.kernels.compiled.glass import Glass, why_not
from ganviz.engine.sight import Glance
from ganviz.settings import Settings

#: How far both may be apart. log p_g − log p, of which KL(p_g‖p) is the mean, is of differences of
#: CDFs that have lost digits where the data have little.
NEAR = {"float64": 1e-12, "float32": 1e-5}
FAR = {"kl_model": 1e-8}

#: Here G is so steep that a rounding of G moves masses by ten thousand times as much.
STEEP = {"optim.lr_g": 0.05, "optim.lr_d": 0.05}

GAMES: list[dict[str, Any]] = [
    {},
    {"data.target": "normal"},
    {"data.target": "three-gaussians", "generator.activation": "silu"},
    {"latent.kind": "uniform", "discriminator.hidden": [5]},
    {"generator.activation": "relu", "discriminator.activation": "elu"},
    STEEP,
    *({"loss.kind": name} for name in ("minimax", "least-squares", "wasserstein", "f-kl")),
    {"loss.kind": "relativistic"},
]


def both(engine: Engine) -> tuple[Known | None, Known]:
    gan = engine.family
    assert isinstance(gan, Gan)
    glass = gan.glass
    assert isinstance(glass, Glass)
    seen = glass.known()
    gan.glass = None
    defined = Glance(gan, engine._measure_noise, engine._measure_real).known
    gan.glass = glass
    assert defined is not None
    return seen, defined


@pytest.mark.parametrize("precision", NEAR)
@pytest.mark.parametrize("values", GAMES, ids=str)
def test_the_kernel_sees_what_numpy_sees(values: dict[str, Any], precision: str) -> None:
    engine = Engine(Settings.of({**values, "train.dtype": precision, "train.batch": 32}))
    compared = 0
    for _ in range(4):
        engine.step(60)
        seen, defined = both(engine)
        if seen is None:  # point masses
            continue
        compared += 1
        for field in fields(Known):
            mine, theirs = getattr(seen, field.name), getattr(defined, field.name)
            if field.name == "note":
                assert mine == theirs
                continue
            near = NEAR[precision] * max(abs(theirs), 1.0) + FAR.get(field.name, 0.0)
            near += 1e-10 if values is STEEP else 0.0
            assert mine == pytest.approx(theirs, rel=0, abs=near, nan_ok=True), field.name
    assert compared


def test_of_many_bent_cells_both_cut_the_same() -> None:
    engine = Engine(Settings.of({"train.dtype": "float64", "generator.activation": "silu"}))
    gan = engine.family
    assert isinstance(gan, Gan)
    with torch.no_grad():  # waves all over: far more bends than may be cut
        generator = gan.players["generator"].leaves
        generator[0].mul_(12)
        generator[1].copy_(torch.linspace(-30, 30, len(generator[1])))
        generator[4].mul_(0.02)
    seen, defined = both(engine)
    assert seen is not None
    assert seen.jsd == pytest.approx(defined.jsd, abs=1e-10)
    assert seen.w1 == pytest.approx(defined.w1, abs=1e-10)


@pytest.mark.parametrize("wild", [0.0, np.inf, np.nan])
def test_point_masses_and_wild_numbers_are_left_to_numpy(wild: float) -> None:
    engine = Engine(Settings.of({}))
    gan = engine.family
    assert isinstance(gan, Gan)
    with torch.no_grad():
        gan.players["generator"].flat.fill_(wild)
    seen, _ = both(engine)
    assert seen is None


def test_what_is_not_covered_has_no_glass() -> None:
    for values in (
        {"data.target": "ring"},
        {"data.target": "uniform"},
        {"latent.dim": 2},
        {"loss.label_smoothing": 0.1},
        {"generator.kind": "affine"},
        {"loss.penalty": "consensus"},
    ):
        engine = Engine(Settings.of({**values, "train.batch": 8}))
        assert isinstance(engine.family, Gan)
        assert engine.family.glass is None
        assert why_not(engine.family) or engine.kernel.name == "plain"
