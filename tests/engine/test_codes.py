"""What an encoder makes of the data, and a coordinate of it that a hand holds."""

from __future__ import annotations

from math import erf, sqrt
from typing import Any

import numpy as np
import pytest

from ganviz.engine import Engine
from ganviz.frame import Look, Wants
from ganviz.settings import Settings

SMALL: dict[str, Any] = {"encoder.hidden": (8,), "train.batch": 32, "train.measure_every": 20}
SPARSE: dict[str, Any] = {
    **SMALL,
    "game.kind": "autoencoder",
    "data.target": "ring",
    "generator.kind": "dictionary",
    "latent.dim": 4,
    "encoder.sparsity": 0.3,
}
VAE: dict[str, Any] = {
    **SMALL,
    "game.kind": "vae",
    "data.target": "ring",
    "generator.hidden": (8,),
    "latent.dim": 3,
}


def engine(steps: int = 40, **values: Any) -> Engine:
    made = Engine(Settings.of(values))
    made.step(steps)
    return made


def wants(clamp: tuple[float, ...] = ()) -> Wants:
    return Look(lower="code", clamp=clamp).wants


def test_the_shares_are_those_of_the_drawn_data() -> None:
    run = engine(**SPARSE)
    code = run.frame(wants()).code
    assert code is not None
    assert code.counts.shape == (4, 41)
    assert code.counts.sum(1) == pytest.approx(np.ones(4))
    seen = run.family.tensor(np.array(run.frame(wants()).real))
    codes = run.family.encoded(seen).numpy()
    # The drawn points of an autoencoder without noise are other samples of the same data.
    assert code.active == pytest.approx((np.abs(codes) > 0.02).mean(0), abs=0.06)
    assert code.held == ()
    assert code.way.shape[0] == 0


def test_a_linear_encoder_of_a_normal_has_the_shares_of_the_error_function() -> None:
    """Untrained and of one weight: h = a x + b, so that |h| ≤ quiet has a known share."""
    run = engine(0, **{**SPARSE, "data.target": "normal", "latent.dim": 1, "encoder.hidden": ()})
    run.set_weights("encoder", np.array([0.1, 0.0]))
    code = run.frame(wants()).code
    assert code is not None
    assert 1 - code.active[0] == pytest.approx(erf(0.2 / sqrt(2)), abs=0.03)
    assert code.counts[0, 20] == code.counts[0].max()  # 0 is in the middle of the middle bin


def test_a_held_coordinate_replaces_only_itself() -> None:
    """Of a dictionary the way is a straight line along the held direction."""
    run = engine(**SPARSE)
    frame = run.frame(wants((2.0, 1.5)))
    assert frame.code is not None
    assert frame.code.held == (2.0, 1.5)
    assert frame.average is not None
    assert "average" in frame.offers
    weights = run.weights("generator")
    directions, bias = weights[:8].reshape(2, 4), weights[8:]
    unit = directions / np.linalg.norm(directions, axis=0)
    # What both pictures of a sample differ in lies along the held direction.
    moved = frame.average - frame.fake
    across = moved @ np.array([-unit[1, 1], unit[0, 1]])
    assert across == pytest.approx(np.zeros(len(moved)), abs=1e-5)
    ends = frame.code.way[-1] - frame.code.way[0]
    assert ends == pytest.approx((frame.code.span[1] - frame.code.span[0]) * unit[:, 1], abs=1e-5)
    held = frame.average - bias - 1.5 * unit[:, 1]
    others = np.delete(unit, 1, axis=1)
    assert np.linalg.matrix_rank(others) == 2  # nothing to see there but that it is finite
    assert np.isfinite(held).all()


def test_a_vae_shows_the_means_and_holds_the_noise() -> None:
    run = engine(**VAE)
    frame = run.frame(wants((1.0, 0.25)))
    assert frame.code is not None
    assert len(frame.code.active) == 3
    means = run.family.encoded(run.family.tensor(np.array(frame.real))).numpy()[:, :3]
    assert frame.code.active == pytest.approx((np.abs(means) > 0.02).mean(0))
    assert frame.average is not None
    assert len(np.unique(frame.average.round(4), axis=0)) > 100  # the other two still vary


@pytest.mark.parametrize("clamp", [(), (0.0, 1.0), (5.0, 1.0), (1.0,)])
def test_what_the_code_has_not_is_not_held(clamp: tuple[float, ...]) -> None:
    frame = engine(0, **SPARSE).frame(wants(clamp))
    assert frame.code is not None
    assert frame.code.held == ()
    assert frame.average is None
    assert "average" not in frame.offers


def test_holding_a_coordinate_changes_nothing_of_the_run() -> None:
    runs = engine(0, **SPARSE), engine(0, **SPARSE)
    for _ in range(3):
        for run in runs:
            run.step(20)
        runs[0].frame(wants((3.0, -1.0)))
    for player in ("generator", "encoder"):
        assert np.array_equal(runs[0].weights(player), runs[1].weights(player))
    assert np.array_equal(runs[0].trace.column("loss"), runs[1].trace.column("loss"))
    both = [run.frame(wants()).code for run in runs]
    assert both[0] is not None
    assert both[1] is not None
    assert both[0].span == both[1].span


def test_a_gan_has_no_such_code() -> None:
    frame = Engine(Settings.of({"train.batch": 16})).frame(wants((1.0, 1.0)))
    assert frame.code is None
    assert "code" not in frame.offers


def test_a_blown_up_code_is_drawn_all_the_same() -> None:
    run = engine(0, **SPARSE)
    weights = run.weights("encoder")
    run.set_weights("encoder", weights * 1e30)
    frame = run.frame(wants((1.0, 1.0)))
    assert frame.code is not None
    assert np.isfinite(frame.code.counts).all()
