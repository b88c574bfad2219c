"""The compiled kernel plays what the plain path defines: every entry of the catalog it covers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from ganviz.catalog.losses import LOSSES
from ganviz.catalog.networks import ACTIVATIONS
from ganviz.catalog.optimizers import DECAYS, OPTIMIZERS
from ganviz.catalog.penalties import PENALTIES
from ganviz.catalog.schedules import SCHEDULES
from ganviz.engine import Engine
from ganviz.engine.draws import Draws
from ganviz.engine.family.gan import Gan
from ganviz.engine.kernels import Compiled, Kernel, Plain
from ganviz.engine.kernels.compiled.game import why_not
from ganviz.settings import Settings

#: Odd sizes: no vector of the processor is ever full.
SMALL = {"train.batch": 7, "generator.hidden": [5], "discriminator.hidden": [5, 6]}
#: Steps of a run and how far the two may be apart, by the weights' precision.
REACH = {"float64": (100, 1e-12), "float32": (20, 1e-4)}
#: Here the gradients of real and generated samples cancel over a batch, but not one by one: what is
#: left of D's last bias is rounding, of which Adam would make whole steps. See test_rounding.py,
#: where it may.
ADRIFT = "relativistic-average"
#: Penalties of D's slope alone, and a game in the plane for them.
HELD = [name for name, penalty in PENALTIES.items() if penalty.holds]
PLANE: dict[str, Any] = {"data.target": "ring", "latent.dim": 2}
PLAIN_STEPS = {"optim.kind_g": "sgd", "optim.kind_d": "sgd", "optim.lr_g": 0.05, "optim.lr_d": 0.05}

NEAR_ONE = {"optim.beta1": 0.9999, "optim.beta2": 0.99999}
TWO_NUMBERS = {
    "generator.kind": "shift",
    "discriminator.kind": "linear",
    "discriminator.start": 0.3,
}
GAMES: list[dict[str, Any]] = [
    *({"loss.kind": name, **(PLAIN_STEPS if name == ADRIFT else {})} for name in LOSSES),
    *({"generator.activation": n, "discriminator.activation": n} for n in ACTIVATIONS),
    *({"optim.kind_g": name, "optim.kind_d": name} for name in OPTIMIZERS),
    # What is so near 1 leaves to 1 must not be found in single precision.
    {"optim.kind_g": "rmsprop", "optim.kind_d": "rmsprop", "optim.rho": 0.99999, **TWO_NUMBERS},
    *({"optim.kind_g": n, "optim.kind_d": n, **NEAR_ONE} for n in ("adam", "optimistic-adam")),
    *({"train.schedule": name} for name in SCHEDULES if name != "competitive"),
    *({"train.schedule": n, "train.k": 3} for n in ("goodfellow", "generator-first", "toronto")),
    *({"optim.decay": n, "optim.decay_steps": 50} for n in DECAYS if n != "constant"),
    {"train.schedule": "simultaneous", "loss.kind": "relativistic"},
    {"loss.kind": "wasserstein", "loss.clip": 0.1, "optim.kind_d": "rmsprop"},
    {"loss.clip": 0.1, "train.k": 2, "optim.kind_d": "rmsprop"},
    {"optim.grad_clip": 0.05},
    {"optim.ema": 0.9},
    {"optim.lookahead": 3, "optim.ema": 0.5},
    {"train.freeze": "generator"},
    {"train.freeze": "discriminator", "train.k": 2},
    {"loss.label_smoothing": 0.1, "loss.fake_smoothing": 0.2},
    {"loss.label_smoothing": 0.1, "loss.kind": "f-kl"},
    {"data.prior": 0.3, "loss.kind": "least-squares"},
    {"data.target": "ring", "latent.dim": 3},
    {"data.target": "ring", "latent.dim": 2, "train.schedule": "extragradient"},
    {"latent.kind": "uniform", "latent.dim": 5},
    {"generator.hidden": [], "discriminator.hidden": []},
    {"generator.hidden": [3, 4, 5], "discriminator.hidden": [1]},
    *({"generator.kind": name, "generator.start": 0.4} for name in ("shift", "affine", "point")),
    *({"discriminator.kind": n, "discriminator.start": 0.3} for n in ("linear", "affine")),
    TWO_NUMBERS,
    {
        "generator.kind": "point",
        "discriminator.kind": "affine",
        "discriminator.start": 0.3,
        "train.schedule": "toronto",
    },
    {"generator.kind": "shift", "discriminator.kind": "linear", "data.target": "ring"},
    {"generator.kind": "affine", "data.target": "ring", "latent.dim": 3},
    *({"loss.penalty": name} for name in HELD),
    *({"loss.penalty": name, **PLANE, "train.k": 3} for name in HELD),
    *({"loss.penalty": "gradient-penalty", "discriminator.activation": n} for n in ACTIVATIONS),
    *({"loss.penalty": "r1", **PLANE, "discriminator.activation": n} for n in ("tanh", "silu")),
    {"loss.penalty": "gradient-penalty", "loss.kind": "wasserstein", **PLANE},
    {"loss.penalty": "r1-r2", "loss.kind": "relativistic"},
    {"loss.penalty": "roth", "loss.kind": "least-squares", "discriminator.activation": "elu"},
    {"loss.penalty": "zero-centred", "train.schedule": "extragradient"},
    {"loss.penalty": "one-sided", "train.schedule": "simultaneous", "loss.label_smoothing": 0.1},
    {"loss.penalty": "dragan", "train.schedule": "simultaneous", "discriminator.hidden": []},
    {"loss.penalty": "r2", **PLANE, "discriminator.hidden": [5, 4, 6], "optim.grad_clip": 0.05},
    {"loss.penalty": "gradient-penalty", "discriminator.kind": "linear", "generator.kind": "shift"},
    {"loss.penalty": "r1", "loss.penalty_weight": 3.0},
    {"train.batch": 1},
    {"train.batch": 1, "loss.penalty": "dragan"},
    {"train.batch": 300, "train.k": 5, "generator.hidden": [33], "discriminator.hidden": [17]},
]


def named(values: dict[str, Any]) -> str:
    return " ".join(f"{path.partition('.')[2]}={value}" for path, value in values.items())


def settings(values: dict[str, Any]) -> Settings:
    nets = [p for p in ("generator", "discriminator") if values.get(f"{p}.kind", "mlp") != "mlp"]
    small = {path: v for path, v in SMALL.items() if path.partition(".")[0] not in nets}
    return Settings.of({**small, **values})


def played(values: dict[str, Any], n: int, plain: bool) -> tuple[Engine, np.ndarray]:
    engine = Engine(settings(values))
    kernel: Kernel = Plain(engine.family) if plain else engine.kernel
    assert kernel.name == ("plain" if plain else "compiled")
    return engine, kernel.play(n, engine.draws)


def apart(mine: np.ndarray, other: np.ndarray) -> float:
    return float(np.linalg.norm(mine - other) / max(np.linalg.norm(other), 1e-30))


@pytest.mark.parametrize("precision", REACH)
@pytest.mark.parametrize("values", GAMES, ids=named)
def test_both_kernels_agree(values: dict[str, Any], precision: str) -> None:
    steps, reach = REACH[precision]
    values = {**values, "train.dtype": precision}
    (a, by_definition), (b, rows) = (played(values, steps, plain) for plain in (True, False))
    for name, player in a.family.players.items():
        assert apart(b.weights(name), a.weights(name)) <= reach
        assert b.family.players[name].updates == player.updates
        for mine, theirs in zip(b.family.players[name].moments, player.moments, strict=True):
            assert apart(mine.numpy(), theirs.numpy()) <= 10 * reach
    for name, kept in a.family.memory.items():
        assert apart(b.family.memory[name].numpy(), kept.numpy()) <= reach
    assert (np.isnan(rows) == np.isnan(by_definition)).all()
    said, meant = np.nan_to_num(rows), np.nan_to_num(by_definition)
    assert apart(said, meant) <= reach
    for column in range(rows.shape[1]):  # and each, beside numbers of order 1
        gap = np.linalg.norm(said[:, column] - meant[:, column]) / np.sqrt(steps)
        assert gap <= reach * max(1.0, np.abs(meant[:, column]).max())
    assert (b.family.step, b.family.played) == (a.family.step, a.family.played)
    assert (b.draws.block, b.draws.used) == (a.draws.block, a.draws.used)


# ---- the same bytes however a run is cut --------------------------------------------------------


def state(engine: Engine) -> bytes:
    players = engine.family.players.values()
    own = [tensor for p in players for tensor in (p.flat, *p.moments)]
    own += engine.family.memory.values()
    return b"".join(tensor.detach().numpy().tobytes() for tensor in own)


@pytest.mark.parametrize("penalty", ["off", "gradient-penalty", "dragan"])
@pytest.mark.parametrize("precision", REACH)
def test_a_run_is_the_same_however_its_calls_are_cut(precision: str, penalty: str) -> None:
    values = {**SMALL, "train.dtype": precision, "optim.ema": 0.9, "optim.lookahead": 7}
    values |= {"loss.penalty": penalty, "discriminator.activation": "tanh"}
    values |= {"train.k": 2, "optim.decay": "linear", "optim.decay_steps": 300}
    whole = Engine(Settings.of(values))
    whole.step(150)
    cut = Engine(Settings.of(values))
    generator = np.random.default_rng(0)
    rows = []
    while cut.steps < 150:
        n = min(int(generator.integers(1, 9)), 150 - cut.steps)
        cut.step(n)
        rows.append(cut.trace.rows[-n:])
        if cut.steps > 70:
            cut = Engine.resume(cut.moment())
    assert whole.kernel.name == "compiled"
    assert state(cut) == state(whole)
    assert np.concatenate(rows).tobytes() == whole.trace.rows.tobytes()


@pytest.mark.parametrize("penalty", ["off", "gradient-penalty"])
def test_a_round_laid_open_ends_where_the_kernel_ends(penalty: str) -> None:
    values = {**SMALL, "optim.ema": 0.9, "train.k": 2, "loss.penalty": penalty}
    open_, closed = Engine(Settings.of(values)), Engine(Settings.of(values))
    for engine in (open_, closed):
        engine.step(33)
    passed = open_.lay_open()
    closed.step()
    assert len(passed) > 5
    assert state(open_) == state(closed)
    assert open_.trace.rows.tobytes() == closed.trace.rows.tobytes()
    assert torch.equal(passed[-1].weights["generator"], closed.family.players["generator"].flat)
    for engine in (open_, closed):
        engine.step(9)
    assert state(open_) == state(closed)


# ---- divergence ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wild",
    [
        {"optim.lr_d": 10.0, "optim.kind_d": "sgd", "loss.kind": "least-squares"},
        {
            "optim.lr_g": 10.0,
            "optim.kind_g": "sgd",
            "loss.kind": "f-pearson",
            "generator.activation": "relu",
        },
        {"optim.lr_d": 10.0, "optim.kind_d": "momentum", "loss.kind": "wasserstein"},
    ],
    ids=named,
)
def test_a_divergence_is_seen_as_the_plain_path_sees_it(wild: dict[str, Any]) -> None:
    values = {**SMALL, "train.dtype": "float64", **wild}
    compiled, plain = Engine(Settings.of(values)), Engine(Settings.of(values))
    assert compiled.kernel.name == "compiled"
    plain.kernel = Plain(plain.family)
    for engine in (compiled, plain):
        engine.step(600)
    assert plain.trouble
    assert compiled.trouble.split(" at step")[0] == plain.trouble.split(" at step")[0]
    # Numbers that grow a thousandfold a step magnify what rounding leaves.
    assert abs(compiled.steps - plain.steps) <= 1
    assert all(player.finite() for player in compiled.family.players.values())


# ---- what is covered ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {"discriminator.dropout": 0.1},
        {"discriminator.spectral_norm": True},
        {"discriminator.minibatch_features": 2},
        {"discriminator.minibatch_stddev": True},
        {"discriminator.pack": 7},
        {"loss.penalty": "consensus"},
        {"loss.instance_noise": 0.1},
        {"loss.label_flips": 0.1},
        {"loss.feature_matching": True},
        {"loss.unroll": 1},
        {"train.replay": 0.5},
        {"train.schedule": "competitive", "optim.kind_g": "sgd", "optim.kind_d": "sgd"},
        {"latent.codes": 2},
        {"discriminator.kind": "exact", "generator.kind": "shift", "generator.start": 1.0},
    ],
    ids=named,
)
def test_what_the_kernel_does_not_cover_is_played_plainly(values: dict[str, Any]) -> None:
    engine = Engine(Settings.of({"train.batch": 7, **values}))
    assert isinstance(engine.family, Gan)
    why = why_not(engine.family)
    assert any(path in why for path in values)
    assert f"{why}." in engine.frame().about_kernel
    assert engine.kernel.name == engine.frame().kernel == "plain"


def test_the_kernel_follows_the_settings() -> None:
    engine = Engine(Settings.of(SMALL))
    assert isinstance(engine.kernel, Compiled)
    assert engine.frame().kernel == "compiled"
    assert engine.frame().about_kernel == Compiled.about
    engine.step(5)
    engine.change({"loss.penalty": "consensus"})
    assert engine.kernel.name == "plain"
    engine.step(5)
    engine.change({"loss.penalty": "off"})
    assert engine.kernel.name == "compiled"
    engine.step(5)
    assert len(engine.trace) == 15


def test_the_draws_of_a_round_are_the_plain_ones() -> None:
    """Across a block's end, where others begin."""
    engine = Engine(Settings.of(SMALL))
    other = Draws(engine.draws.seed, engine.family.supply())
    engine.step(70)
    for _ in range(70):
        other.take()
    assert torch.equal(engine.draws.peek().data, other.peek().data)
    assert torch.equal(engine.draws.peek().noise, other.peek().noise)
