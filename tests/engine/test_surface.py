"""The saddle surface: V on the plane of the players' own updates, and nothing disturbed by it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from ganviz import presets
from ganviz.engine import Engine
from ganviz.engine.family.surface import Survey, fitting
from ganviz.frame import Wants
from ganviz.settings import Settings

SURFACE = Wants(frozenset({"surface"}))


def engine(name: str, steps: int, **values: object) -> Engine:
    e = Engine(presets.find(name).settings.with_({"train.measure_every": 5, **values}))
    e.step(steps)
    return e


def surveyed(e: Engine) -> Survey:
    found = e.survey()
    assert isinstance(found, Survey)
    return found


def value(e: Engine, s: Survey) -> float:
    """V of the present weights on the survey's batch, by the formula of Goodfellow et al. 2014."""
    real = e.logit(s.real.numpy())
    fake = e.logit(e.push(s.noise.numpy()))
    return float(-np.logaddexp(0, -real).mean() - np.logaddexp(0, fake).mean())


@pytest.mark.parametrize("name", ["two-modes", "ring", "saddle-networks"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_its_middle_is_v_of_the_present_weights(name: str, dtype: str) -> None:
    e = engine(name, 30, **{"train.dtype": dtype})
    s = surveyed(e)
    surface = s()
    middle = len(surface.up) // 2
    assert surface.across[middle] == surface.up[middle] == 0
    assert surface.values[middle, middle] == pytest.approx(value(e, s), abs=1e-6)
    assert surface.heights[-1] == pytest.approx(value(e, s), abs=1e-6)
    assert surface.step == 30
    assert surface.label == "V"


def test_a_node_is_v_of_players_that_were_moved_there_by_hand() -> None:
    e = engine("two-modes", 40, **{"train.dtype": "float64"})
    s = surveyed(e)
    surface = s()
    weights = {name: e.weights(name) for name in e.family.players}
    for i, j in ((3, 20), (24, 0), (12, 5)):
        for name, far in (("generator", surface.across[j]), ("discriminator", surface.up[i])):
            e.set_weights(name, weights[name] + far * s.directions[name].numpy())
        assert surface.values[i, j] == pytest.approx(value(e, s), abs=1e-9)


def test_the_plane_goes_along_each_players_own_move_and_the_path_fits() -> None:
    e = engine("saddle-networks", 60)
    before = {name: e.weights(name) for name in e.family.players}
    e.step(20)
    s = surveyed(e)
    for name, direction in s.directions.items():
        move = e.weights(name) - before[name]
        assert direction.numpy() @ move == pytest.approx(np.linalg.norm(move), rel=1e-4)
    surface = s()
    assert (np.abs(surface.path) <= (surface.across[-1], surface.up[-1])).all()
    assert (surface.path[-1] == 0).all()
    # Heights are those of the plane, and the plane is V there.
    a, b = surface.path[3]
    assert surface.heights[3] == pytest.approx(s.value(float(a), float(b)), abs=1e-6)


def test_the_two_number_game_has_its_bilinear_surface() -> None:
    e = engine("saddle-two-numbers", 60, **{"train.dtype": "float64"})
    s = surveyed(e)
    surface = s()
    theta, psi = (float(e.weights(name)[0]) for name in ("generator", "discriminator"))
    g, d = (float(s.directions[name][0]) for name in ("generator", "discriminator"))
    x, y = theta + g * surface.across, psi + d * surface.up
    gap = float(s.real.mean()) - float(s.noise.mean())
    np.testing.assert_allclose(surface.values, y[:, None] * (gap - x), atol=1e-9)


def test_players_that_have_not_moved_go_down_their_gradient() -> None:
    s = surveyed(engine("two-modes", 0))
    for direction in s.directions.values():
        assert float(direction.norm()) == pytest.approx(1)
    values, middle = s().values, 12
    # L_D = −V falls along D's own gradient.
    assert values[middle + 1, middle] > values[middle, middle]


def test_looking_changes_nothing() -> None:
    looked, other = engine("two-modes", 20), engine("two-modes", 20)
    for _ in range(3):
        assert looked.frame(SURFACE).surface is not None
        looked.step(7)
        other.step(7)
    np.testing.assert_array_equal(looked.trace.rows, other.trace.rows)
    assert other.frame(Wants()).surface is None


def test_a_survey_does_not_see_what_comes_after_it() -> None:
    e = engine("two-modes", 20)
    s = surveyed(e)
    there = s()
    found = []
    thread = threading.Thread(target=lambda: found.append(s()))
    thread.start()
    e.step(20)
    thread.join(20)
    np.testing.assert_allclose(found[0].values, there.values, atol=1e-9)


def test_axes_hold_still_while_the_run_goes_on() -> None:
    e = engine("saddle-two-numbers", 200)
    reaches = []
    for _ in range(60):
        e.step(5)
        surface = e.frame(SURFACE).surface
        assert surface is not None
        reaches.append((surface.across[-1], surface.up[-1]))
    assert len(set(reaches)) <= 6
    assert len(reaches) == 60


@pytest.mark.parametrize(
    "values",
    [
        {"loss.kind": "wasserstein", "loss.penalty": "gradient-penalty"},
        {"loss.kind": "least-squares"},
        {"loss.kind": "relativistic"},
        {"discriminator.pack": 2},
        {"discriminator.minibatch_stddev": True},
        {"discriminator.spectral_norm": True},
        {"discriminator.dropout": 0.3},
        {"latent.codes": 3},
        {"loss.instance_noise": 0.5},
    ],
)
def test_every_kind_of_game_has_one(values: dict[str, object]) -> None:
    small = {"train.batch": 16, "generator.hidden": [8], "discriminator.hidden": [8]}
    e = Engine(Settings.of({"data.target": "ring", **small, **values}))
    e.step(3)
    surface = e.frame(SURFACE).surface
    assert surface is not None
    assert np.isfinite(surface.values).all()
    assert surface.values.std() > 0


def test_a_game_without_weights_has_none() -> None:
    exact = {"discriminator.kind": "exact", "loss.instance_noise": 0.3}
    e = Engine(Settings.of({"data.target": "normal", **exact}))
    assert "surface" not in e.frame(SURFACE).offers
    assert e.frame(SURFACE).surface is None
    assert e.survey() is None


def test_large_networks_get_fewer_samples_and_nodes() -> None:
    wide = {"generator.hidden": [256, 256], "discriminator.hidden": [256, 256]}
    e = Engine(Settings.of({"data.target": "ring", "train.batch": 16, **wide}))
    nodes, points = fitting(e.family)  # type: ignore[arg-type]
    assert nodes % 2 == 1
    assert points < 128
    surface = e.frame(SURFACE).surface
    assert surface is not None
    assert surface.values.shape == (nodes, nodes)
