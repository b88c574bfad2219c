"""What a frame holds of the plane: more samples, the manifold, captured modes, pulls as wanted."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganviz.catalog.losses import LOSSES
from ganviz.engine import Engine
from ganviz.frame import Wants
from ganviz.settings import Settings

SMALL = {"generator.hidden": (16,), "discriminator.hidden": (16,), "train.batch": 32}


def _engine(steps: int = 0, **changes: object) -> Engine:
    values = {"data.target": "ring", "latent.dim": 2} | SMALL | changes
    if "generator.kind" in changes:
        del values["generator.hidden"]
    engine = Engine(Settings.of(values))
    engine.step(steps)
    return engine


def _wants(*layers: str, **changes: object) -> Wants:
    return Wants(frozenset(layers), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", ["ring", "two-gaussians"])
def test_more_samples_begin_with_the_usual_ones(target: str) -> None:
    engine = _engine(3, **{"data.target": target})
    usual = engine.frame(_wants())
    for n in (500, 20_000, 5000):
        frame = engine.frame(_wants("average", samples=n))
        assert len(frame.real) == len(frame.fake) == n
        least = min(n, len(usual.real))
        np.testing.assert_array_equal(frame.real[:least], usual.real[:least])
        np.testing.assert_allclose(frame.fake[:least], usual.fake[:least], atol=1e-6)
    # In whatever order they are asked for.
    other = _engine(3, **{"data.target": target})
    np.testing.assert_array_equal(other.frame(_wants(samples=5000)).real, frame.real)
    assert len(engine.frame(_wants(samples=10**6)).real) == 20_000
    assert len(np.unique(frame.fake[:, 0])) > 4990


def test_drawing_does_not_disturb_the_run() -> None:
    alone, watched = _engine(), _engine()
    everything = ("belief", "best", "contours", "manifold", "modes", "arrows", "average")
    for n in (0, 20_000, 500):
        watched.frame(_wants(*everything, samples=n, arrows="wasserstein"))
        alone.step(5)
        watched.step(5)
    np.testing.assert_array_equal(alone.weights("generator"), watched.weights("generator"))
    np.testing.assert_array_equal(alone.trace.rows, watched.trace.rows)


@pytest.mark.parametrize("latent", ["normal", "uniform"])
@pytest.mark.parametrize("dim", [1, 2])
def test_the_nodes_of_the_manifold_are_images_of_equal_steps_of_mass(latent: str, dim: int) -> None:
    engine = _engine(5, **{"latent.kind": latent, "latent.dim": dim})
    frame = engine.frame(_wants("manifold"))
    assert "manifold" in frame.offers
    found = frame.manifold
    assert found is not None
    tail = 0.005 if latent == "normal" else 0.0
    count = 257 if dim == 1 else 21
    u = torch.linspace(tail, 1 - tail, count, dtype=torch.float64)
    axis = (torch.special.ndtri(u) if latent == "normal" else 2 * u - 1).numpy()
    if dim == 1:
        z = axis[:, None]
    else:
        z = np.array([(first, second) for second in axis for first in axis])
    images = np.asarray(engine.push(z)).reshape(-1, count, 2)
    np.testing.assert_allclose(found.nodes, images, atol=1e-4)
    assert found.share == pytest.approx((1 - 2 * tail) ** dim)


def test_the_density_of_a_cell_is_its_mass_over_its_area() -> None:
    # An affine map: all areas are known, and far out as in the middle.
    engine = _engine(**{"generator.kind": "affine", "latent.kind": "uniform"})
    found = engine.frame(_wants("manifold")).manifold
    assert found is not None
    leaves = engine.weights("generator")
    scale = abs(np.linalg.det(leaves[:4].reshape(2, 2)))
    np.testing.assert_allclose(found.density, 1 / (4 * scale), rtol=1e-3)
    # Of a curve: mass over length.
    line = _engine(**{"latent.dim": 1, "latent.kind": "uniform"})
    curve = line.frame(_wants("manifold")).manifold
    assert curve is not None
    length = np.hypot(*np.diff(curve.nodes[0], axis=0).T)
    np.testing.assert_allclose(curve.density[0] * length, 1 / 256, rtol=1e-6)


def test_the_sphere_is_a_closed_curve() -> None:
    engine = _engine(**{"latent.kind": "sphere"})
    found = engine.frame(_wants("manifold")).manifold
    assert found is not None
    assert found.nodes.shape == (1, 257, 2)
    np.testing.assert_allclose(found.nodes[0, 0], found.nodes[0, -1], atol=1e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"latent.dim": 3},
        {"data.target": "two-gaussians"},
    ],
)
def test_where_there_is_no_grid_none_is_offered(changes: dict[str, object]) -> None:
    frame = _engine(**changes).frame(_wants("manifold"))
    assert "manifold" not in frame.offers
    assert frame.manifold is None


def test_captured_modes_are_those_that_the_measure_counts() -> None:
    engine = _engine(**{"train.measure_every": 10, "data.sigma": 0.4})
    for _ in range(3):
        engine.step(10)
        frame = engine.frame(_wants("modes"))
        assert frame.captured is not None
        assert frame.captured.shape == (8,)
        (modes,) = (each.value for each in frame.measures if each.name == "modes")
        assert (frame.captured >= 0.01).sum() == modes
        (quality,) = (each.value for each in frame.measures if each.name == "hq")
        assert frame.captured.sum() == pytest.approx(quality)
    assert engine.frame(_wants()).captured is None
    # Between two looks it is what it was at the last one, as the measure is.
    before = engine.frame(_wants("modes")).captured
    engine.step(3)
    np.testing.assert_array_equal(engine.frame(_wants("modes")).captured, before)
    resumed = Engine.resume(engine.moment())
    np.testing.assert_array_equal(resumed.frame(_wants("modes")).captured, before)
    assert _engine(**{"data.target": "two-gaussians"}).frame(_wants("modes")).captured is None
    assert _engine(**{"data.target": "moons"}).frame(_wants("modes")).captured is None


def test_only_the_pulls_that_are_wanted_are_computed() -> None:
    engine = _engine(5)
    played = engine.settings.loss.kind
    frame = engine.frame(_wants("arrows"))
    assert [each.loss for each in frame.arrows] == [played]
    assert {name for name, _ in frame.losses} == set(LOSSES)
    assert frame.losses[0] == (played, LOSSES[played].title)
    other = engine.frame(_wants("arrows", arrows="minimax"))
    assert [each.loss for each in other.arrows] == [played, "minimax"]
    np.testing.assert_array_equal(other.arrows[0].vectors, frame.arrows[0].vectors)
    for wrong in (played, "of another game"):
        assert len(engine.frame(_wants("arrows", arrows=wrong)).arrows) == 1
    assert engine.frame(_wants(arrows="minimax")).arrows == ()


def test_the_field_has_128_nodes_each_way_where_it_is_seen() -> None:
    engine = _engine(5)
    frame = engine.frame(_wants("belief"))
    assert frame.belief.values.shape == frame.density.shape == (128, 128)
    for row, column in ((0, 0), (100, 3), (7, 127)):
        at = np.array([[frame.grid[0][column], frame.grid[1][row]]])
        logit = float(np.asarray(engine.logit(at))[0])
        assert frame.belief.values[row, column] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-5)
    assert engine.frame(_wants()).belief.values.shape == (48, 48)
    # The exact density is one: all of it is within the range, but for the tails of the modes.
    cell = np.prod([axis[1] - axis[0] for axis in frame.grid])
    assert frame.density.sum() * cell == pytest.approx(1, abs=0.02)


def test_both_densities_are_known_where_g_is_affine() -> None:
    engine = _engine(3, **{"generator.kind": "affine"})
    frame = engine.frame(_wants("contours", "best", "belief"))
    assert frame.model is not None
    assert frame.model.density.shape == frame.best.shape == (128, 128)
    ratio = frame.density / (frame.density + frame.model.density)
    np.testing.assert_allclose(frame.best, ratio, atol=1e-6)
    assert _engine().frame(_wants("contours")).model is None


def test_the_scale_of_pulls_stands_still_between_looks_and_holds_most_of_them() -> None:
    engine = _engine(**{"train.measure_every": 10})
    seen = set()
    for _ in range(30):
        engine.step(5)
        frame = engine.frame(_wants("arrows"))
        sizes = np.linalg.norm(frame.arrows[0].vectors, axis=1)
        assert float(f"{frame.ranges.pull:.0e}"[0]) in (1, 2, 5)
        if engine.steps % 50 == 0:
            assert np.quantile(sizes, 0.75) <= frame.ranges.pull * (1 + 1e-9)
            assert engine.frame(_wants()).ranges.pull == frame.ranges.pull, "wanted or not"
        seen.add(frame.ranges.pull)
    assert len(seen) <= 4
