"""What the measures see through the compiled kernel is what numpy sees, which is the definition."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch

from ganviz.catalog.measures import Known
from ganviz.engine import Engine
from ganviz.engine.family.gan import Gan
from ganviz.engine.kernels.compiled.glass import Glass, why_not, why_not_measured
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
    with by_numpy(gan):
        defined = Glance(
            gan, engine._measure_noise, engine._measure_real, engine._measure_real
        ).known
    assert defined is not None
    return seen, defined


@contextmanager
def by_numpy(gan: Gan) -> Iterator[None]:
    """Do without all that the kernel brings for looking."""
    glass, tally, lenses = gan.glass, gan.tally, [gaze.lens for gaze in gan.gazes]
    gan.glass = gan.tally = None
    for gaze in gan.gazes:
        gaze.lens = None
    yield
    gan.glass, gan.tally = glass, tally
    for gaze, lens in zip(gan.gazes, lenses, strict=True):
        gaze.lens = lens


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


def test_what_is_not_covered_is_left_to_numpy() -> None:
    for values in (
        {"data.target": "ring"},
        {"latent.dim": 2},
        {"generator.kind": "affine"},
        {"loss.penalty": "consensus"},
    ):
        engine = Engine(Settings.of({**values, "train.batch": 8}))
        assert isinstance(engine.family, Gan)
        assert engine.family.glass is None
        assert why_not(engine.family) or engine.kernel.name == "plain"
    for values in ({"data.target": "uniform"}, {"loss.label_smoothing": 0.1}):
        engine = Engine(Settings.of({**values, "train.batch": 8}))
        gan = engine.family
        assert isinstance(gan, Gan)
        assert isinstance(gan.glass, Glass)
        assert why_not_measured(gan)
        assert gan.glass.known() is None


@pytest.mark.parametrize("precision", NEAR)
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"data.target": "uniform", "loss.label_smoothing": 0.1},
        {"generator.activation": "relu", "latent.kind": "uniform"},
        {"loss.instance_noise": 0.3, "train.schedule": "simultaneous"},
    ],
    ids=str,
)
def test_pictures_of_the_kernel_are_those_of_numpy(values: dict[str, Any], precision: str) -> None:
    engine = Engine(Settings.of({**values, "train.dtype": precision, "train.batch": 32}))
    gan = engine.family
    assert isinstance(gan, Gan)
    if engine.kernel.name != "compiled":  # noise on D's inputs is not the kernel's
        assert gan.glass is None
        return
    assert gan.glass is not None
    grid = (np.linspace(-4.0, 4.0, 241),)
    for _ in range(3):
        engine.step(50)
        seen = gan.present("picture")
        mine, best = seen.model(grid), seen.best(grid)
        assert "push" not in vars(seen)  # numpy was not asked
        with by_numpy(gan):
            defined = gan.present("picture")
            theirs, star = defined.model(grid), defined.best(grid)
        assert mine is not None
        assert theirs is not None
        assert best is not None
        assert star is not None
        top = float(theirs.density.max())
        np.testing.assert_allclose(mine.density, theirs.density, rtol=0, atol=1e-11 * top)
        assert mine.note == theirs.note == "exact"
        np.testing.assert_allclose(mine.atoms, theirs.atoms, rtol=0, atol=1e-12)
        np.testing.assert_allclose(best, star, rtol=0, atol=1e-9)


def test_point_masses_are_in_the_picture() -> None:
    engine = Engine(Settings.of({"generator.activation": "relu", "generator.hidden": [3]}))
    gan = engine.family
    assert isinstance(gan, Gan)
    with torch.no_grad():  # flat below -1 and above 1: masses of 0.1587 at 0 and at 2
        weight, bias, last, shift = gan.players["generator"].leaves
        weight.copy_(torch.tensor([[1.0], [1.0], [0.0]]))
        bias.copy_(torch.tensor([1.0, -1.0, 0.0]))
        last.copy_(torch.tensor([[1.0, -1.0, 0.0]]))
        shift.zero_()
    model = gan.present("picture").model((np.linspace(-4.0, 4.0, 241),))
    assert model is not None
    tail = 0.15865525393145707
    np.testing.assert_allclose(model.atoms, [(0.0, tail), (2.0, tail)], atol=2e-3)
    with by_numpy(gan):
        defined = gan.present("picture").model((np.linspace(-4.0, 4.0, 241),))
    assert defined is not None
    np.testing.assert_allclose(model.atoms, defined.atoms, rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.density, defined.density, rtol=0, atol=1e-11)
