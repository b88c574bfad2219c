"""The push-forward map of a frame: x = G(z) at bounds of slices of noise that are all as likely."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from ganviz.catalog.latents import LATENTS
from ganviz.engine import Engine
from ganviz.engine.picture import SLICES
from ganviz.frame import Map, Wants
from ganviz.settings import Settings

MAP = Wants(frozenset({"map"}))


def mapped(values: dict[str, Any], steps: int = 0) -> tuple[Engine, Map | None]:
    engine = Engine(Settings.of({"data.target": "two-gaussians", "latent.dim": 1} | values))
    engine.step(steps)
    return engine, engine.frame(MAP).map


def test_images_are_those_of_a_known_generator() -> None:
    _, image = mapped({"generator.kind": "formula", "generator.formula": "3*sin(2*z)"})
    assert image is not None
    np.testing.assert_allclose(image.x, 3 * np.sin(2 * image.z), atol=1e-5)
    assert len(image.z) == SLICES + 1
    assert (np.diff(image.z) > 0).all()


def test_slices_of_normal_noise_are_all_as_likely_but_for_the_tails() -> None:
    z, mass = LATENTS["normal"].slices(10)
    np.testing.assert_allclose(mass, np.diff(norm.cdf(z)), atol=1e-12)
    np.testing.assert_allclose(mass[1:-1], 0.1)
    np.testing.assert_allclose(z[[0, -1]], norm.ppf([0.001, 0.999]))
    assert mass.sum() == pytest.approx(0.998)


def test_slices_of_uniform_noise_reach_its_ends() -> None:
    z, mass = LATENTS["uniform"].slices(8)
    np.testing.assert_allclose(z, np.linspace(-1, 1, 9))
    np.testing.assert_allclose(mass, 1 / 8)


def test_a_network_is_followed_with_the_same_noise() -> None:
    engine, first = mapped({})
    engine.step(5)
    later = engine.frame(MAP).map
    assert first is not None
    assert later is not None
    assert later.z is first.z
    assert np.abs(later.x - first.x).max() > 0
    expected = engine.push(first.z[:, None].astype(np.float32))[:, 0]
    np.testing.assert_allclose(later.x, expected, atol=1e-6)
    with pytest.raises(ValueError, match="read-only"):
        later.x[0] = 1.0


@pytest.mark.parametrize(
    ("values", "offered"),
    [
        ({}, True),
        ({"latent.kind": "uniform"}, True),
        ({"generator.kind": "shift"}, True),
        ({"generator.kind": "point", "generator.start": (0.5,)}, True),
        ({"latent.dim": 2}, False),
        ({"data.target": "ring"}, False),
    ],
)
def test_the_map_is_offered_from_one_coordinate_into_one(
    values: dict[str, Any], offered: bool
) -> None:
    engine, image = mapped(values)
    assert ("map" in engine.frame(MAP).offers) is offered
    assert (image is not None) is offered


def test_what_is_not_wanted_is_not_computed_and_nothing_is_disturbed() -> None:
    one, _ = mapped({}, 3)
    other = Engine(one.settings)
    other.step(3)
    assert other.frame(Wants()).map is None
    one.step(3)
    other.step(3)
    np.testing.assert_array_equal(one.weights("generator"), other.weights("generator"))


def test_frames_share_the_real_samples() -> None:
    engine, _ = mapped({})
    first = engine.frame(MAP).real
    engine.step(2)
    assert engine.frame(MAP).real is first
