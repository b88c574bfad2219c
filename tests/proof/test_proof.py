"""What observations take from a run is what the run's own numbers say."""

from __future__ import annotations

from dataclasses import replace
from math import isnan, sqrt
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from ganviz.catalog.games import GAMES
from ganviz.catalog.measures import MEASURES
from ganviz.engine import Engine
from ganviz.lesson import Lesson, Observation, parsed
from ganviz.lesson.quantities import QUANTITIES
from ganviz.proof import FOUND, Scene, from_trace, measured, play, runs
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.trace import TraceWriter

TOY = """
[lesson]
title = "Toy"
preset = "saddle-two-numbers"
steps = 60
[[observation]]
name = "here"
says = "Something."
seeds = 2
least = 2
of = "theta"
is = ">="
value = -100
[[observation]]
name = "there"
says = "Something else."
seeds = 2
least = 2
of = "theta"
settings = {train.k = 5}
against = {}
is = ">="
value = -100
[[observation]]
name = "later"
says = "Something later."
steps = 40
seeds = 1
of = "theta"
changes = [{at = 20, change = {"optim.lr_g" = 0.1}}]
is = ">="
value = -100
"""

PLAIN = Observation("plain", "", 60, 1, 1, "theta", "<=", 0.0)


@pytest.fixture(scope="module")
def toy() -> Lesson:
    return parsed("toy", TOY, "toy.toml")


@pytest.fixture(scope="module")
def engine(toy: Lesson) -> Engine:
    found = Engine(toy.settings)
    found.step(60)
    return found


@pytest.mark.parametrize(
    ("how", "by_hand"),
    [
        ("last", lambda v: v[-1]),
        ("first", lambda v: v[0]),
        ("mean", np.mean),
        ("median", np.median),
        ("rms", lambda v: sqrt(np.mean(v**2))),
        ("min", np.min),
        ("max", np.max),
        ("span", np.ptp),
        ("changes", lambda v: np.count_nonzero(np.diff(v))),
    ],
)
def test_a_column_becomes_one_number(how: str, by_hand: object, engine: Engine) -> None:
    theta = np.asarray(engine.trace.column("theta"))[19:50]  # steps 20 to 50
    wanted = replace(PLAIN, how=how, first=20, last=50)
    assert callable(by_hand)
    assert measured(wanted, engine) == pytest.approx(by_hand(theta), rel=1e-12)
    assert from_trace(wanted, engine.trace) == measured(wanted, engine)


def test_what_is_measured_now_and_then_counts_where_it_was_measured(engine: Engine) -> None:
    jsd = np.asarray(engine.trace.column("jsd"))
    known = jsd[~np.isnan(jsd)]
    assert len(known) == 3  # every 20 steps
    assert measured(replace(PLAIN, of="jsd", how="mean"), engine) == pytest.approx(known.mean())
    assert isnan(measured(replace(PLAIN, of="jsd", first=41, last=59), engine))


def test_a_ratio_is_taken_step_by_step(engine: Engine) -> None:
    trace = engine.trace
    by_hand = np.asarray(trace.column("grad_g")) / np.asarray(trace.column("grad_d"))
    wanted = replace(PLAIN, of="grad_g", over="grad_d", how="median")
    assert measured(wanted, engine) == pytest.approx(np.median(by_hand))


def test_growth_is_the_factor_of_a_step() -> None:
    # The bilinear game by simultaneous steps: its radius grows by sqrt(1 + eta^2).
    settings = Settings.of(
        {
            "data.target": "point",
            "generator.kind": "point",
            "generator.start": 1.0,
            "discriminator.kind": "linear",
            "discriminator.start": 0.0,
            "loss.kind": "wasserstein",
            "train.schedule": "simultaneous",
            "train.dtype": "float64",
            "train.batch": 1,
            "optim.kind_d": "sgd",
            "optim.kind_g": "sgd",
            "optim.lr_d": 0.1,
            "optim.lr_g": 0.1,
        }
    )
    engine = Engine(settings)
    engine.step(200)
    found = measured(replace(PLAIN, steps=200, of="radius", how="growth"), engine)
    assert found == pytest.approx(sqrt(1.01), abs=1e-9)


def test_without_a_step_the_first_measures_count(toy: Lesson) -> None:
    engine = Engine(toy.settings)
    assert measured(replace(PLAIN, of="jsd", steps=0), engine) == engine.measured["jsd"]
    assert isnan(from_trace(PLAIN, engine.trace))


def test_a_trace_does_not_know_quantities(engine: Engine) -> None:
    assert isnan(from_trace(replace(PLAIN, of="unsure"), engine.trace))


def test_what_has_the_same_game_is_one_run(toy: Lesson) -> None:
    found = runs(toy)
    assert [(run.seed, run.steps, len(run.taken)) for run in found] == [
        (1, 60, 2),  # its own, and that which k = 5 is compared with
        (2, 60, 2),
        (1, 60, 1),
        (2, 60, 1),
        (1, 40, 1),
    ]
    assert [run.settings.train.k for run in found] == [1, 1, 5, 5, 1]


def test_a_run_is_the_engines_own_bit_for_bit(toy: Lesson) -> None:
    *_, last = runs(toy)
    engine = Engine(toy.settings)
    engine.step(20)
    engine.change({"optim.lr_g": 0.1})
    engine.step(20)
    assert play(last).found == {("later", False): engine.trace.at(40, "theta")}


def test_a_run_that_diverges_gives_no_number(toy: Lesson) -> None:
    wild = parsed("toy", TOY.replace("train.k = 5", '"optim.lr_d" = 10, "optim.lr_g" = 10'), "toy")
    played = play(runs(wild, [replace(wild.observation("there"), against=None, steps=2000)])[0])
    assert "diverged" in played.trouble
    assert isnan(played.found["there", False])


# ---- quantities -------------------------------------------------------------------------------


def shifted(**values: object) -> Engine:
    return Engine(
        Settings.of(
            {
                "data.target": "normal",
                "generator.kind": "shift",
                "generator.start": 2.0,
                "discriminator.kind": "exact",
                **values,
            }
        )
    )


def take(name: str, engine: Engine, *at: float) -> float:
    return measured(replace(PLAIN, of=name, at=at, steps=engine.steps), engine)


def test_slopes_are_those_of_two_normal_distributions() -> None:
    # theory: mu = 2 has 2 JSD' = .4495995 and, of the non-saturating loss, 1.550400.
    engine = shifted()
    engine.change({"measure.kl_model": True})
    assert take("slope_minimax", engine) == pytest.approx(0.4495995, abs=1e-4)
    assert take("slope_non_saturating", engine) == pytest.approx(1.5504, abs=1e-3)


def test_the_perfect_d_has_v_of_minus_log_4_plus_2_jsd() -> None:
    assert abs(take("value_identity", shifted())) < 1e-6


def test_identities_hold_of_any_network() -> None:
    engine = Engine(Settings.of({"train.seed": 3}))
    engine.step(20)
    assert take("losses_identity", engine) < 1e-5
    assert abs(take("likelihood_identity", engine)) < 1e-6
    assert abs(take("reversed", engine)) < 1e-6
    assert take("without_d", engine) == 0
    assert take("norm_g_scaled", engine, 0) == 0
    assert take("norm_g_scaled", engine, 1) == pytest.approx(take("norm_g", engine), rel=1e-6)


def hops(gaps: list[float], near: float, first: int = 1, **values: object) -> float:
    """Return the hops of a trace that holds these distances of G's mean from the data's."""
    engine = Engine(
        Settings.of({"data.target": "mixture", "data.means": [-2.0, 1.0, 4.0], **values})
    )
    writer = TraceWriter(("step", "mean_gap"))
    writer.append(np.column_stack([np.arange(1, len(gaps) + 1), gaps]))
    seen = SimpleNamespace(trace=writer.trace(), family=engine.family, settings=engine.settings)
    found = FOUND["hops"](Scene(cast(Engine, seen), (near,), first, len(gaps)))
    assert isinstance(found, float)
    return found


def test_a_hop_is_an_arrival_at_another_mode() -> None:
    # Data at -2, 1 and 4, their mean is 1: distances of -3, 0 and 3 are modes.
    assert hops([-3, -2.8, 0.2, 0, 3.3], 0.5) == 2
    assert hops([-3, -1.5, -3, 1.4, -3], 0.5) == 0  # it set out, and came back
    assert hops([-3, -1.6, 1.6, 3], 0.5) == 1  # one is passed over in between
    assert hops([-3, 0, -3, 0], 0.5, first=2) == 2  # earlier steps do not count
    assert hops([-1.6, 1.6], 0.5) == 0  # it was at none
    assert hops([-1.6, 1.6], 1.5) == 1


def test_steps_without_a_mean_are_no_hops() -> None:
    nan = float("nan")
    assert hops([nan, -3, nan, -3, nan], 0.5) == 0
    assert hops([nan, -3, nan, 0, nan], 0.5) == 1
    assert hops([nan, nan], 0.5) == 0


def test_hops_are_refused_where_there_are_none() -> None:
    for target in ("ring", "exponential"):
        said = f"hops of data.target = {target}: must be of data in one dimension with several"
        with pytest.raises(ParamError, match=said):
            take("hops", Engine(Settings.of({"data.target": target})), 0.5)
    coded = Engine(Settings.of({"game.kind": "vae", "data.target": "two-gaussians"}))
    with pytest.raises(
        ParamError, match=r"game\.kind = vae: must be gan, whose trace has mean_gap"
    ):
        take("hops", coded, 0.5)


def test_the_mean_is_that_of_the_first_coordinate() -> None:
    still = Engine(Settings.of({"generator.kind": "point", "generator.start": -1.25}))
    assert take("mean", still) == -1.25
    drawn = shifted()  # G(z) = z + 2
    scatter = 4 / sqrt(20_000)
    assert take("mean", drawn) == pytest.approx(2, abs=scatter)
    drawn.step(5)
    assert take("mean", drawn) == drawn.sample(20_000)[:, 0].astype(np.float64).mean()
    plane = Engine(
        Settings.of(
            {"data.target": "ring", "generator.kind": "point", "generator.start": [0.5, 7.0]}
        )
    )
    assert take("mean", plane) == 0.5


def test_algorithm_1_draws_k_batches_of_data_and_one_more_of_noise() -> None:
    engine = Engine(Settings.of({"train.k": 3}))
    assert (take("data_drawn", engine), take("noise_drawn", engine)) == (3, 4)
    engine.change({"train.schedule": "toronto"})
    assert (take("data_drawn", engine), take("noise_drawn", engine)) == (1, 1)


def test_a_transposed_convolution_is_torchs_layer_and_the_transpose_of_a_convolution() -> None:
    engine = Engine()
    for k, s, p in ((2, 2, 0), (4, 2, 1), (3, 1, 0)):
        assert take("transposed_out", engine, k, s, p) == 4
        assert take("transposed_gap", engine, k, s, p) < 1e-12
    assert take("stamps", engine, 2, 2, 0) == 1  # they stand beside each other
    assert take("stamps", engine, 3, 2, 0) == 4


def coder(**values: object) -> Engine:
    return Engine(
        Settings.of({"game.kind": "autoencoder", "encoder.hidden": [], "train.batch": 16, **values})
    )


def number(of: str, engine: Engine, at: tuple[float, ...] = ()) -> float:
    return measured(replace(PLAIN, of=of, steps=0, at=at), engine)


def test_what_a_straight_denoiser_answers_is_a_straight_line() -> None:
    run = coder(**{"data.target": "normal", "generator.kind": "affine", "encoder.noise": 0.5})
    run.set_weights("encoder", np.array([0.8, 0.0]))
    run.set_weights("generator", np.array([1.0, 0.0]))
    assert number("rebuilt", run, (0.5,)) == pytest.approx(0.4)
    assert number("moved", run, (-0.5,)) == pytest.approx(0.1)
    assert number("denoiser_slope", run) == pytest.approx(0.8)
    assert number("score_gap", run) == pytest.approx(0, abs=1e-6)  # the best: σ²/(σ² + s²)
    assert number("decoder_scale", run) == 1
    run.set_weights("encoder", np.array([1.0, 0.0]))
    assert number("score_gap", run) == pytest.approx(1, abs=1e-6)  # it moves nothing


def test_a_code_that_is_x_is_half_a_price_from_the_soft_threshold() -> None:
    run = coder(**{"data.target": "normal", "generator.kind": "affine", "encoder.sparsity": 1.0})
    run.set_weights("encoder", np.array([1.0, 0.0]))
    assert number("threshold_gap", run) == pytest.approx(0.5, abs=1e-6)
    assert number("shrunk", run) == pytest.approx(0.397, abs=0.01)
    assert number("at_work", run) == pytest.approx(0.92, abs=0.02)


def test_directions_are_measured_against_the_modes() -> None:
    run = coder(**{"data.target": "ring", "generator.kind": "dictionary", "latent.dim": 2})
    angles = np.radians([10.0, 95.0])
    run.set_weights("generator", np.array([*np.cos(angles), *np.sin(angles), 0, 0]))
    assert number("directions", run) == pytest.approx(7.5, abs=1e-4)
    assert number("held_aside", run, (2.0, 1.0)) == pytest.approx(0, abs=1e-5)
    assert number("least_rest", run) == pytest.approx(2, abs=0.1)  # R²/2 both ways


def test_a_game_without_an_encoder_has_none_of_these(engine: Engine) -> None:
    with pytest.raises(ParamError, match="must be vae or autoencoder"):
        number("rebuilt", engine, (0.0,))


def test_the_bound_is_its_two_terms() -> None:
    run = Engine(Settings.of({"game.kind": "vae", "train.batch": 16, "measure.nll": True}))
    run.step(20)
    seen = replace(PLAIN, of="elbo_identity", steps=20)
    assert measured(seen, run) < 1e-5
    assert measured(replace(seen, of="bound"), run) > 0


def test_every_quantity_says_what_it_is() -> None:
    columns = {*MEASURES, *(name for game in GAMES.values() for name in game.columns)}
    assert list(QUANTITIES) == list(FOUND)
    for name, quantity in QUANTITIES.items():
        assert name not in columns  # a column would go before it
        assert quantity.note, name
        assert not quantity.note.endswith("."), name
