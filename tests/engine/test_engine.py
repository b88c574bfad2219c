"""What a run promises: the same numbers whoever watches, changes at the next step."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganviz.catalog.losses import LOSSES
from ganviz.catalog.networks import DISCRIMINATORS, GENERATORS, Kind
from ganviz.catalog.schedules import SCHEDULES
from ganviz.catalog.targets import IMAGES, TARGETS
from ganviz.engine import Engine
from ganviz.engine.draws import rng
from ganviz.engine.engine import EVERYTHING
from ganviz.frame import Wants
from ganviz.presets import presets
from ganviz.schema import ParamError
from ganviz.settings import PARAMETERS, Settings

SMALL = {"train.batch": 32, "generator.hidden": [8], "discriminator.hidden": [8]}


def state(engine: Engine) -> bytes:
    players = engine.family.players.values()
    return b"".join(
        tensor.detach().numpy().tobytes() for p in players for tensor in (p.flat, *p.moments)
    )


# ---- the same run, whoever watches ---------------------------------------------------------------


def test_same_seed_same_bytes() -> None:
    a, b = Engine(Settings.of(SMALL)), Engine(Settings.of(SMALL))
    a.step(300)
    b.step(300)
    assert state(a) == state(b)
    assert a.trace.rows.tobytes() == b.trace.rows.tobytes()
    other = Engine(Settings.of({**SMALL, "train.seed": 2}))
    other.step(300)
    assert state(other) != state(a)


def test_watching_measuring_and_stopping_change_nothing() -> None:
    """Drawing, pausing and measuring at any cadence, other users of random numbers: same bytes."""
    plain = Engine(Settings.of(SMALL))
    plain.step(200)
    watched = Engine(Settings.of(SMALL))
    generator = np.random.default_rng(0)
    while watched.steps < 200:
        watched.step(min(int(generator.integers(1, 7)), 200 - watched.steps))
        watched.frame()
        watched.sample(10, seed=watched.steps)
        watched.gradient("generator", "minimax")
        watched.gradient("discriminator")
        torch.rand(3)
        np.random.random(3)  # noqa: NPY002 - the global state must not matter
    assert state(watched) == state(plain)
    for every in (1, 7, 1000):
        measured = Engine(Settings.of({**SMALL, "train.measure_every": every}))
        measured.step(200)
        assert state(measured) == state(plain)
        w1 = measured.trace.column("w1")
        assert (np.nonzero(~np.isnan(w1))[0] + 1).tolist() == list(range(every, 201, every))


def test_a_moment_goes_on_bit_for_bit() -> None:
    whole = Engine(Settings.of(SMALL))
    whole.step(37)
    whole.change({"optim.lr_d": 0.01})
    whole.step(50)
    moment = whole.moment()
    whole.step(100)
    resumed = Engine.resume(moment)
    assert resumed.steps == 87
    resumed.step(100)
    assert state(resumed) == state(whole)
    np.testing.assert_array_equal(resumed.trace.rows, whole.trace.rows[87:])


def test_journal_replays_the_run() -> None:
    def live(engine: Engine) -> Engine:
        engine.step(30)
        engine.change({"train.k": 3})
        engine.step(11)
        engine.step_player("discriminator")
        engine.step(5)
        engine.change({"loss.kind": "hinge", "train.batch": 48})
        engine.step(20)
        engine.step_player("generator")
        engine.step(9)
        return engine

    a, b = live(Engine(Settings.of(SMALL))), live(Engine(Settings.of(SMALL)))
    assert state(a) == state(b)
    assert [mark.step for mark in a.journal] == [30, 41, 46, 66]
    assert a.journal[0].text == "train.k 1 → 3"
    assert a.steps == 75


def test_draws_are_counted_and_blocks_do_not_matter() -> None:
    """Goodfellow draws k·m data and (k + 1)·m noise a step; Toronto n and n, whatever k."""
    expected = {
        "goodfellow": (3, 4),
        "generator-first": (3, 4),
        "toronto": (1, 1),
        "simultaneous": (1, 1),
        "extragradient": (2, 2),
        "competitive": (1, 1),
    }
    sgd = {"optim.kind_g": "sgd", "optim.kind_d": "sgd"}
    for schedule, entry in SCHEDULES.items():
        k = entry.k_max or 3
        engine = Engine(Settings.of({**SMALL, **sgd, "train.schedule": schedule, "train.k": k}))
        data, noise, _ = engine.draws.take()
        assert (len(data), len(noise)) == expected[schedule]
        assert data.shape[1:] == (32, 1)


def test_streams_are_pure_functions() -> None:
    a = rng(1, "data", 5).standard_normal(4)
    assert a.tolist() == rng(1, "data", 5).standard_normal(4).tolist()
    others = [rng(2, "data", 5), rng(1, "latent", 5), rng(1, "data", 6), rng(1, "data", 5, 1)]
    assert all(other.standard_normal() != a[0] for other in others)


def _of_points(kinds: dict[str, Kind]) -> list[str]:
    """Players that are not made for images alone: those are in test_images.py."""
    return [name for name, kind in kinds.items() if not kind.images]


# ---- every game runs -----------------------------------------------------------------------------


@pytest.mark.parametrize("target", [name for name in TARGETS if name not in IMAGES])
@pytest.mark.parametrize("loss", PARAMETERS["loss.kind"].choices)
def test_every_target_with_every_loss(target: str, loss: str, tmp_path) -> None:
    values = {**SMALL, "data.target": target, "loss.kind": loss}
    if target == "file":
        np.save(tmp_path / "points.npy", np.random.default_rng(1).normal(size=(50, 2)))
        values["data.file"] = str(tmp_path / "points.npy")
    engine = Engine(Settings.of(values))
    engine.step(25)
    frame = engine.frame()
    assert not engine.trouble
    assert frame.fake.shape == frame.real.shape
    assert frame.belief.values.shape == tuple(len(axis) for axis in reversed(frame.grid))
    assert np.isfinite(frame.belief.values).all()
    assert frame.portraits
    for portrait in frame.portraits:
        if portrait.path is None:
            assert np.isfinite(frame.trace.column(portrait.x)).all()
            assert np.isfinite(frame.trace.column(portrait.y)).all()
        else:
            assert np.isfinite(portrait.path).all()
        assert frame.ranges.portrait(portrait.name)


@pytest.mark.parametrize("generator", _of_points(GENERATORS))
@pytest.mark.parametrize("discriminator", _of_points(DISCRIMINATORS))
@pytest.mark.parametrize("target", ["normal", "ring"])
def test_every_pair_of_players(generator: str, discriminator: str, target: str) -> None:
    values = {
        "generator.kind": generator,
        "discriminator.kind": discriminator,
        "data.target": target,
        "latent.dim": 2 if target == "ring" else 1,
        "train.batch": 16,
    }
    if generator == "formula" and target == "ring":
        values["generator.formula"] = "2*sin(z1), cos(3*z2)"
    closed = generator in ("shift", "affine")
    if discriminator == "exact" and not closed:
        values["loss.instance_noise"] = 0.3
    if discriminator == "exact" and target == "ring" and not closed:
        with pytest.raises(ParamError, match="must be 1"):
            Engine(Settings.of(values))
        return
    engine = Engine(Settings.of(values))
    engine.step(5)
    engine.frame()
    assert not engine.trouble
    assert engine.trace.column("grad_g")[-1] >= 0


@pytest.mark.parametrize("name", presets())
def test_every_preset_runs(name: str) -> None:
    engine = Engine(presets()[name].settings)
    engine.step(40)
    assert not engine.trouble
    assert engine.frame().step == 40


# ---- live changes --------------------------------------------------------------------------------


def test_changes_keep_weights_and_moments() -> None:
    engine = Engine(Settings.of(SMALL))
    engine.step(20)
    before = state(engine)
    live = {
        "train.k": 2,
        "optim.lr_d": 0.5,
        "loss.kind": "wasserstein",
        "loss.clip": 5.0,
        "data.target": "uniform",
        "train.schedule": "toronto",
        "latent.kind": "uniform",
        "train.batch": 8,
        "optim.beta1": 0.9,
    }
    for path, value in live.items():
        engine.change({path: value})
        assert state(engine) == before, path
        assert engine.settings.with_({path: value}) == engine.settings
    assert all(player.updates == 20 for player in engine.family.players.values())
    engine.step(3)
    assert engine.steps == 23


def test_architecture_changes_build_only_the_network_concerned() -> None:
    engine = Engine(Settings.of(SMALL))
    engine.step(20)
    d = engine.weights("discriminator")
    engine.change({"generator.hidden": [5, 5]})
    assert engine.weights("discriminator").tobytes() == d.tobytes()
    assert engine.family.players["generator"].updates == 0
    assert engine.family.players["discriminator"].updates == 20
    assert "generator built anew" in engine.journal[-1].text
    g = engine.weights("generator")
    engine.change({"discriminator.activation": "tanh"})
    assert engine.weights("generator").tobytes() == g.tobytes()
    assert engine.family.players["discriminator"].updates == 0
    engine.change({"latent.dim": 3})
    assert len(engine.weights("generator")) == 3 * 5 + 5 + 30 + 6
    engine.step(2)
    engine.change({"data.target": "ring"})
    assert [p.updates for p in engine.family.players.values()] == [0, 0]
    assert engine.frame().dim == 2
    engine.step(2)
    assert engine.steps == 24


def test_the_start_up_scene_takes_any_target() -> None:
    """A shift generator's noise takes the data's dimension: the first thing a lecturer tries."""
    engine = Engine(presets()["saddle-two-numbers"].settings)
    engine.step(5)
    for target in TARGETS:
        if target != "file":  # images, too, whose shift has 256 numbers
            engine.change({"data.target": target})
            engine.step(2)
            assert engine.frame().fake.shape[1] == engine.frame().dim


def test_a_new_kind_of_optimiser_starts_afresh_and_says_so() -> None:
    engine = Engine(Settings.of(SMALL))
    engine.step(10)
    weights = engine.weights("generator")
    engine.change({"optim.kind_g": "rmsprop"})
    assert engine.weights("generator").tobytes() == weights.tobytes()
    assert "generator's moments start afresh" in engine.journal[-1].text
    assert engine.family.players["discriminator"].updates == 10


def test_precision_can_change_in_mid_run() -> None:
    engine = Engine(Settings.of(SMALL))
    engine.step(10)
    weights = engine.weights("generator")
    engine.change({"train.dtype": "float64"})
    np.testing.assert_array_equal(engine.weights("generator"), weights)
    assert engine.family.players["generator"].updates == 10
    engine.step(5)


def test_a_new_seed_is_a_new_run() -> None:
    engine = Engine(Settings.of(SMALL))
    engine.step(10)
    engine.change({"train.seed": 9})
    assert (engine.steps, len(engine.trace), engine.journal) == (0, 0, [])


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"optim.lr_d": 50}, "optim.lr_d = 50: must be at most 10"),
        ({"data.target": "file"}, "data.file = none: data.target = file needs"),
        ({"data.target": "file", "data.file": "none.csv"}, "none.csv: cannot be read"),
        ({"generator.kind": "shift", "latent.dim": 3}, "latent.dim = 3: generator.kind = shift"),
        ({"data.target": "grid", "data.modes": 8}, "a grid needs a square number"),
        ({"train.schedule": "simultaneous", "train.k": 2}, "the simultaneous schedule has k = 1"),
    ],
)
def test_a_refused_change_leaves_everything(values: dict[str, object], sentence: str) -> None:
    engine = Engine(Settings.of(SMALL))
    engine.step(10)
    before, settings = state(engine), engine.settings
    with pytest.raises(ParamError) as refusal:
        engine.change(values)
    assert sentence in str(refusal.value)
    assert (state(engine), engine.settings, engine.journal) == (before, settings, [])
    engine.step(10)
    straight = Engine(Settings.of(SMALL))
    straight.step(20)
    assert state(engine) == state(straight)


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_an_absent_device_is_refused(device: str) -> None:
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if present[device]:
        pytest.skip(f"this machine has {device}")
    with pytest.raises(ParamError, match=f"train.device = {device}: this machine has none"):
        Engine(Settings.of({"train.device": device}))


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a CUDA device; this machine has none"
)
def test_cuda_agrees_with_cpu() -> None:
    cpu = Engine(Settings.of({**SMALL, "train.dtype": "float64"}))
    gpu = Engine(Settings.of({**SMALL, "train.dtype": "float64", "train.device": "cuda"}))
    cpu.step(100)
    gpu.step(100)
    np.testing.assert_allclose(gpu.weights("generator"), cpu.weights("generator"), rtol=1e-9)


def test_freezing_a_player() -> None:
    engine = Engine(Settings.of({**SMALL, "train.freeze": "generator"}))
    g, d = engine.weights("generator"), engine.weights("discriminator")
    engine.step(5)
    assert engine.weights("generator").tobytes() == g.tobytes()
    assert engine.weights("discriminator").tobytes() != d.tobytes()


def test_clipping_bounds_every_weight_of_d() -> None:
    engine = Engine(Settings.of({**SMALL, "loss.kind": "wasserstein", "loss.clip": 0.03}))
    engine.step(5)
    assert np.abs(engine.weights("discriminator")).max() <= np.float32(0.03)
    assert np.abs(engine.weights("generator")).max() > 0.03


def test_single_players_move_alone() -> None:
    engine = Engine(Settings.of(SMALL))
    g, d = engine.weights("generator"), engine.weights("discriminator")
    engine.step_player("discriminator")
    assert engine.weights("generator").tobytes() == g.tobytes()
    assert engine.weights("discriminator").tobytes() != d.tobytes()
    d = engine.weights("discriminator")
    engine.step_player("generator")
    assert engine.weights("discriminator").tobytes() == d.tobytes()
    assert engine.weights("generator").tobytes() != g.tobytes()
    assert engine.steps == 0


# ---- divergence ----------------------------------------------------------------------------------

WILD = {
    "generator.kind": "shift",
    "discriminator.kind": "linear",
    "data.target": "normal",
    "loss.kind": "wasserstein",
    "optim.kind_g": "sgd",
    "optim.kind_d": "sgd",
    "optim.lr_d": 10.0,
    "optim.lr_g": 10.0,
}


def test_divergence_names_player_and_step_and_keeps_the_last_finite_moment() -> None:
    engine = Engine(Settings.of(WILD))
    engine.step(1000)
    assert 5 < engine.steps < 100
    step = engine.steps + 1
    assert engine.trouble.startswith(("The discriminator diverged", "The generator diverged"))
    assert f"diverged at step {step:,}" in engine.trouble
    assert np.isfinite(engine.weights("generator")).all()
    assert np.isfinite(engine.weights("discriminator")).all()
    assert len(engine.trace) == engine.steps
    assert engine.frame().trouble == engine.trouble
    at = engine.steps
    engine.step(10)
    assert engine.steps == at, "nothing moves until somebody decides"
    engine.go_back()
    assert not engine.trouble
    engine.step(1)
    assert engine.trouble, "the same step from the same moment overflows again"
    engine.change({"optim.lr_d": 0.01, "optim.lr_g": 0.01})
    for player in engine.family.players:
        engine.set_weights(player, [1.0])
    engine.step(1)
    assert engine.steps == at + 1


def test_the_last_finite_moment_is_exact() -> None:
    engine = Engine(Settings.of(WILD))
    engine.step(1000)
    again = Engine(Settings.of(WILD))
    for _ in range(engine.steps):
        again.step(1)
    assert state(again) == state(engine)


@pytest.mark.parametrize(
    ("frozen", "culprit"), [("generator", "discriminator"), ("discriminator", "generator")]
)
def test_the_right_player_is_named(frozen: str, culprit: str) -> None:
    """With one player frozen only the other can be to blame."""
    values = {
        **WILD,
        "generator.kind": "point",
        "loss.kind": "least-squares",
        "generator.start": 10.0,
        "discriminator.start": 10.0,
    }
    engine = Engine(Settings.of({**values, "train.freeze": frozen}))
    engine.step(3000)
    assert engine.trouble.startswith(f"The {culprit} diverged")


@pytest.mark.parametrize(
    "values",
    [
        {"data.center": 100.0, "generator.start": -100.0, "optim.lr_d": 10.0, "optim.lr_g": 1e-6},
        {
            "data.center": 100.0,
            "generator.start": 100.0,
            "discriminator.kind": "linear",
            "optim.lr_d": 1.0,
            "optim.lr_g": 1e-6,
        },
    ],
)
def test_the_player_that_blew_up_is_named_not_the_one_with_large_weights(values) -> None:
    base = {
        "data.target": "normal",
        "loss.kind": "least-squares",
        "optim.kind_d": "sgd",
        "optim.kind_g": "sgd",
    }
    engine = Engine(Settings.of({**base, **values}))
    engine.step(500)
    assert engine.trouble.startswith("The discriminator diverged")
    assert "a smaller optim.lr_d" in engine.trouble


def test_weights_too_large_for_float32_are_refused() -> None:
    engine = Engine(Settings.of({"generator.kind": "point", "train.dtype": "float64"}))
    engine.set_weights("generator", [1e60])
    with pytest.raises(ParamError, match="numbers are too large for it"):
        engine.change({"train.dtype": "float32"})
    assert engine.weights("generator").tolist() == [1e60]


def test_a_resumed_run_shows_the_same_frame() -> None:
    engine = Engine(presets()["ring"].settings)
    engine.step(77)
    resumed = Engine.resume(engine.moment())
    assert resumed.measured == engine.measured
    # The way so far is not in a moment: neither the trace nor the path of the weights.
    wants = Wants(EVERYTHING.layers - {"weights"})
    a, b = engine.frame(wants), resumed.frame(wants)
    assert (a.measures, a.ranges, a.step) == (b.measures, b.ranges, b.step)
    np.testing.assert_array_equal(a.fake, b.fake)


def test_measuring_more_often_in_mid_run_changes_nothing() -> None:
    plain, watched = Engine(Settings.of(SMALL)), Engine(Settings.of(SMALL))
    plain.step(30)
    watched.step(10)
    watched.change({"train.measure_every": 3})
    watched.step(20)
    assert state(watched) == state(plain)
    assert watched.journal[-1].text == "train.measure_every 50 → 3"


def test_bad_questions_get_one_sentence() -> None:
    engine = Engine(Settings.of({**SMALL, "train.freeze": "generator"}))
    wrong = {
        "must be one of generator, discriminator": [
            lambda: engine.weights("critic"),
            lambda: engine.gradient("critic"),
            lambda: engine.step_player("critic"),
            lambda: engine.set_weights("critic", [1]),
        ],
        "must be one of minimax": [lambda: engine.gradient("generator", loss="foo")],
        "must be \\(n, 1\\)": [
            lambda: engine.logit([0.0, 1.0]),
            lambda: engine.push([[1.0, 2.0]]),
        ],
        "must be a whole number of steps": [lambda: engine.step(2.5), lambda: engine.step(-1)],
        "a frozen player does not move": [lambda: engine.step_player("generator")],
    }
    before = state(engine)
    for sentence, questions in wrong.items():
        for question in questions:
            with pytest.raises(ParamError, match=sentence):
                question()
    assert state(engine) == before
    assert engine.journal == []


# ---- frames --------------------------------------------------------------------------------------


def test_frames_are_frozen_and_never_change() -> None:
    engine = Engine(Settings.of({**SMALL, "train.measure_every": 1000}))
    engine.step(10)
    frame = engine.frame()
    fake, rows = frame.fake.copy(), frame.trace.rows.copy()
    for array in (frame.fake, frame.real, frame.grid[0], frame.belief.values, frame.trace.rows):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    engine.step(1100)  # more rows than the trace first has room for
    np.testing.assert_array_equal(frame.fake, fake)
    np.testing.assert_array_equal(frame.trace.rows, rows)
    assert len(frame.trace) == 10


def test_the_frame_shows_the_engine() -> None:
    engine = Engine(Settings.of({**SMALL, "data.target": "normal"}))
    engine.step(25)
    frame = engine.frame()
    x = frame.grid[0][:, None]
    np.testing.assert_allclose(frame.belief.values, 1 / (1 + np.exp(-engine.logit(x))), atol=1e-6)
    np.testing.assert_allclose(
        frame.density, np.exp(-(frame.grid[0] ** 2) / 2) / np.sqrt(2 * np.pi), atol=1e-12
    )
    assert {line.label for line in frame.references} == {"−log 4", "2·log 2", "log 2"}
    assert frame.step == 25


@pytest.mark.parametrize("kind", list(LOSSES))
def test_the_lines_of_the_loss_plot_are_those_of_the_catalog(kind: str) -> None:
    frame = Engine(Settings.of({**SMALL, "data.target": "normal", "loss.kind": kind})).frame()
    expected = {(value, label) for _, value, label in LOSSES[kind].references}
    assert {(line.value, line.label) for line in frame.references} == expected
    columns = {column for column, _, _ in frame.curves}
    assert ("value" in columns) == LOSSES[kind].has_value


def test_the_parameter_portrait_is_the_saddle() -> None:
    """For Wasserstein, V(θ, ψ) = ψ (mean − θ): exactly."""
    engine = Engine(presets()["saddle-two-numbers"].settings)
    portrait = engine.frame().portraits[0]
    assert (portrait.name, portrait.x, portrait.y) == ("parameters", "theta", "psi")
    assert portrait.centre == (0.0, 0.0)
    x_low, x_high, y_low, y_high = portrait.field_box
    h, w = portrait.field.shape
    theta = x_low + (np.arange(w) + 0.5) / w * (x_high - x_low)
    psi = y_low + (np.arange(h) + 0.5) / h * (y_high - y_low)
    np.testing.assert_allclose(portrait.field, -psi[:, None] * theta, atol=1e-5)


def test_ranges_hold_what_they_show() -> None:
    every = {"train.measure_every": 20}  # new measures for each look
    engine = Engine(presets()["saddle-networks"].settings.with_(every))
    ends = []
    for _ in range(60):
        engine.step(20)
        ranges = engine.frame().ranges
        ends.append((ranges.losses, ranges.portrait("orbit"), ranges.data))
        for name in ("loss_d", "loss_g", "value"):
            shown = engine.trace.column(name, 600)
            assert ranges.losses[0] <= shown.min()
            assert shown.max() <= ranges.losses[1]
        assert ranges.losses[1] - ranges.losses[0] >= 0.3 - 1e-9
    moves = sum(a != b for a, b in zip(ends[5:], ends[4:], strict=False))
    assert moves <= 12, "axes that move at every look are no axes"


def test_trace_overview_loses_no_extreme() -> None:
    small = {"optim.lr_d": 0.05, "optim.lr_g": 0.05, "train.batch": 1, "train.measure_every": 1000}
    engine = Engine(Settings.of({**WILD, **small}))
    engine.step(2500)
    trace = engine.trace
    for bins in (10, 50, 700):
        steps, lows, highs = trace.overview("loss_d", bins)
        assert lows.min() == trace.column("loss_d").min()
        assert highs.max() == trace.column("loss_d").max()
        assert len(steps) <= bins + 1
        assert (np.diff(steps) > 0).all()


def test_a_change_that_only_steers_measures_nothing_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(Settings.of(SMALL | {"train.measure_every": 20}))
    engine.step(40)
    before, weights = engine.measured, engine.weights("generator")
    asked: list[int] = []
    monkeypatch.setattr(Engine, "_measure", lambda self: asked.append(self.steps) or np.empty(0))
    engine.change({"optim.lr_d": 3e-4})
    engine.change({"train.k": 2})
    assert not asked
    assert engine.measured == before
    assert engine.frame().step == 40
    monkeypatch.undo()
    # What it would have measured is what it had: nothing moved.
    engine._measure()
    assert engine.measured == before
    np.testing.assert_array_equal(engine.weights("generator"), weights)


@pytest.mark.parametrize("kernel", ["compiled", "plain"])
def test_a_change_of_rates_builds_nothing_anew(kernel: str) -> None:
    values = {"loss.penalty": "consensus", "loss.penalty_weight": 0.1} if kernel == "plain" else {}
    engine = Engine(Settings.of(SMALL | values))
    assert engine.kernel.name == kernel
    engine.step(30)
    family, block = engine.family, engine.draws.block
    engine.change({"optim.lr_d": 3e-4, "optim.lr_g": 2e-3})
    assert engine.family is family
    assert engine.family.settings is engine.settings
    assert engine.draws.block == block + 1
    built = Engine.resume(engine.moment())
    for each in (engine, built):
        each.step(40)
    for player in family.players:
        np.testing.assert_array_equal(engine.weights(player), built.weights(player))
    unchanged = Engine(Settings.of(SMALL | values))
    unchanged.step(70)
    assert (engine.weights("generator") != unchanged.weights("generator")).any()


def test_arrows_of_the_plane_are_moves_at_the_rates_in_force() -> None:
    engine = Engine(presets()["saddle-two-numbers"].settings)
    engine.step(300)
    engine.frame(EVERYTHING)
    engine.change({"optim.lr_d": 3 * engine.settings.optim.lr_d})
    fresh = Engine.resume(engine.moment())
    flows = [
        next(p.flow for p in each.frame(EVERYTHING).portraits if p.name == "parameters")
        for each in (engine, fresh)
    ]
    assert flows[0] is not None
    np.testing.assert_array_equal(*flows)
