"""What is seen through a lens of the compiled kernel is what torch makes of the same weights."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch

from ganviz.engine import Engine
from ganviz.engine.family import gaze
from ganviz.engine.family.gan import Gan
from ganviz.engine.kernels.compiled.lens import Lens
from ganviz.settings import Settings

#: How far a network's answers may be apart, of the largest of them.
NEAR = {"float64": 1e-12, "float32": 1e-5}
SMALL: dict[str, Any] = {"train.batch": 16, "generator.hidden": [8, 12]}
NETS: list[dict[str, Any]] = [
    {},
    {"data.target": "ring", "latent.dim": 2},
    {"data.target": "ring", "latent.dim": 16, "generator.hidden": [64, 7, 130]},
    {"data.target": "ring", "generator.hidden": [1], "discriminator.hidden": [2, 2]},
    {"data.target": "moons", "generator.hidden": [], "discriminator.hidden": [40]},
]


def game(values: dict[str, Any]) -> Gan:
    gan = Engine(Settings.of({**SMALL, **values})).family
    assert isinstance(gan, Gan)
    assert gan.gaze is not None
    assert gan.looking_d is not None
    assert isinstance(gan.gaze.lens, Lens)
    assert isinstance(gan.looking_d.lens, Lens)
    return gan


def points(gan: Gan, n: int, width: int) -> torch.Tensor:
    made = torch.randn(n, width, generator=torch.Generator().manual_seed(n), dtype=torch.float64)
    return made.to(gan.like)


@pytest.mark.parametrize("precision", NEAR)
@pytest.mark.parametrize("activation", gaze.IN_PLACE)
def test_every_bend_is_seen(activation: str, precision: str) -> None:
    both = {"generator.activation": activation, "discriminator.activation": activation}
    agrees(game({**both, "data.target": "ring", "train.dtype": precision}), NEAR[precision], 700)


@pytest.mark.parametrize("precision", NEAR)
@pytest.mark.parametrize("n", [0, 1, 511, 2500])
@pytest.mark.parametrize("values", NETS, ids=str)
def test_every_shape_and_number_of_points_is_seen(
    values: dict[str, Any], n: int, precision: str
) -> None:
    agrees(game({**values, "train.dtype": precision}), NEAR[precision], n)


def agrees(gan: Gan, near: float, n: int) -> None:
    for each, width in zip(
        gan.gazes, (gan.latent_dim, gan.latent_dim, gan.target.dim), strict=True
    ):
        x = points(gan, n, width).to(each.flat.dtype)
        through, wide, lens = each(x), each.wide(x), each.lens
        each.lens = None
        plain = each(x)
        each.lens = lens
        assert through.dtype == plain.dtype
        assert wide.dtype == np.float64
        scale = max(float(plain.abs().max()), 1e-3) if n else 1.0
        np.testing.assert_allclose(through, plain, rtol=0, atol=near * scale)
        np.testing.assert_array_equal(wide, through.numpy().astype(np.float64))


@pytest.mark.parametrize("loss", ["non-saturating", "least-squares", "wasserstein", "f-kl"])
def test_what_the_logits_mean_is_what_the_loss_says(loss: str) -> None:
    gan = game({"loss.kind": loss, "data.target": "ring", "train.dtype": "float64"})
    x = points(gan, 900, 2)
    np.testing.assert_allclose(
        gan.believed(x), gan.loss.belief.of(gan.logit(x)).numpy(), rtol=1e-12, atol=1e-12
    )
    said = gan.logit(x).numpy()
    for logits in (said, said[::2].astype(np.float32), np.array([np.inf, -np.inf, np.nan, 0.0])):
        np.testing.assert_allclose(
            gan.meaning_of(logits),
            gan.loss.belief.of(torch.from_numpy(np.array(logits, np.float64))).numpy(),
            rtol=1e-12,
            atol=1e-12,
        )
    grid = (np.linspace(-2, 2, 7), np.linspace(-1, 1, 5))
    values = gan.belief(grid, (-1.0, 1.0)).values
    at = np.array([[x, y] for y in grid[1] for x in grid[0]])
    np.testing.assert_array_equal(values.ravel(), gan.believed(gan.tensor(at)))


def test_it_sees_the_weights_of_the_moment_and_averaged_ones() -> None:
    engine = Engine(Settings.of({**SMALL, "data.target": "ring", "optim.ema": 0.9}))
    gan = engine.family
    assert isinstance(gan, Gan)
    assert gan.average_gaze is not None
    assert isinstance(gan.average_gaze.lens, Lens)
    z = points(gan, 300, gan.latent_dim)
    seen = []
    for _ in range(2):
        engine.step(20)
        g = gan.players["generator"]
        for average, flat in ((False, g.flat), (True, gan.memory["average"])):
            leaves = [part.view(shape) for part, shape in g.parted(flat)]
            with torch.no_grad():
                made = g.network.apply(leaves, z).numpy()
            np.testing.assert_allclose(gan.images(z, average), made, rtol=0, atol=1e-5)
            np.testing.assert_allclose(gan.push(z, average), made, rtol=0, atol=1e-5)
            seen.append(gan.images(z, average))
    assert len({each.tobytes() for each in seen}) == 4


def test_points_may_lie_apart_and_must_fit() -> None:
    gan = game({"data.target": "ring"})
    assert gan.looking_d is not None
    x = points(gan, 600, 4)[::2, 1:3]
    np.testing.assert_array_equal(gan.looking_d(x), gan.looking_d(x.clone()))
    for wrong in (x.double(), x[:, :1]):
        with pytest.raises(ValueError, match="must be"):
            gan.looking_d(wrong)


def test_numbers_that_are_wild_go_through() -> None:
    gan = game({"data.target": "ring", "generator.activation": "tanh"})
    with torch.no_grad():
        gan.players["generator"].flat.fill_(np.nan)
    assert np.isnan(gan.images(points(gan, 600, gan.latent_dim))).all()


def test_threads_do_not_look_through_one_another() -> None:
    gan = game({"data.target": "ring"})
    many = [points(gan, 1000 + k, gan.latent_dim) for k in range(4)]
    wanted = [gan.images(x) for x in many]
    wrong: list[int] = []

    def look(k: int) -> None:
        for _ in range(40):
            if not np.array_equal(gan.images(many[k]), wanted[k]):
                wrong.append(k)

    threads = [threading.Thread(target=look, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
