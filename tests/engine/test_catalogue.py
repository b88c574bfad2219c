"""Every entry of the catalogue with every other: the game runs, or one sentence refuses it.

The lists are the catalogue's own. A new loss, penalty, optimiser, schedule, latent or decay is
played here without a word; a new parameter has to name a game of its own, or the place where it is
tested.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations, cycle, product
from typing import Any

import numpy as np
import pytest
import torch

from ganviz.catalog.clashes import CLASHES
from ganviz.catalog.latents import LATENTS
from ganviz.catalog.losses import LOSSES
from ganviz.catalog.measures import MEASURES
from ganviz.catalog.networks import ACTIVATIONS, INITS
from ganviz.catalog.optimizers import DECAYS, OPTIMIZERS
from ganviz.catalog.penalties import PENALTIES
from ganviz.catalog.schedules import SCHEDULES
from ganviz.engine import Engine, draws, picture
from ganviz.engine import engine as engine_page
from ganviz.engine.draws import Chance
from ganviz.engine.engine import EVERYTHING
from ganviz.frame import Wants
from ganviz.presets import presets
from ganviz.schema import ParamError
from ganviz.settings import PARAMETERS, Settings

Values = Mapping[str, Any]

TINY: Values = {"train.batch": 16, "optim.lr_g": 1e-4, "optim.lr_d": 1e-4}
NETWORKS: Values = {"generator.hidden": [8], "discriminator.hidden": [8]}
PLACES: dict[str, Values] = {
    "line": {"data.target": "two-gaussians"},
    "plane": {"data.target": "ring", "latent.dim": 2},
}
#: A generator given by an expression needs one for each coordinate.
EXPRESSIONS = {"line": "tanh(z)", "plane": "sin(z1), z1*z2"}

#: What a game can be given besides a loss, a penalty and an optimiser.
STABILISERS: dict[str, Values] = {
    "nothing": {},
    "spectral norm": {"discriminator.spectral_norm": True},
    "dropout": {"discriminator.dropout": 0.3},
    "one-sided smoothing": {"loss.label_smoothing": 0.1},
    "two-sided smoothing": {"loss.label_smoothing": 0.1, "loss.fake_smoothing": 0.2},
    "label flips": {"loss.label_flips": 0.2},
    "class prior": {"data.prior": 0.3},
    "noise": {"loss.instance_noise": 0.3},
    "annealed noise": {"loss.instance_noise": 0.3, "loss.noise_steps": 2},
    "minibatch features": {"discriminator.minibatch_features": 2},
    "minibatch deviation": {"discriminator.minibatch_stddev": True},
    "packing": {"discriminator.pack": 2},
    "feature matching": {"loss.feature_matching": True},
    "codes": {"latent.codes": 3, "loss.info_weight": 0.7},
    "unrolled": {"loss.unroll": 2},
    "replay": {"train.replay": 0.5, "train.replay_size": 40},
    "averaging": {"optim.ema": 0.9},
    "gradient clipping": {"optim.grad_clip": 0.1},
    "weight clipping": {"loss.clip": 0.2},
    "lookahead": {"optim.lookahead": 2, "optim.lookahead_share": 0.3},
    "float64": {"train.dtype": "float64"},
    **{
        f"{name} latents": {"latent.kind": name, "latent.dim": 2}
        for name in LATENTS
        if name != "normal"
    },
    **{
        f"{name} decay": {"optim.decay": name, "optim.decay_steps": 3}
        for name in DECAYS
        if name != "constant"
    },
    **{
        f"{name} schedule": {"train.schedule": name, "train.k": entry.k_max or 2}
        for name, entry in SCHEDULES.items()
    },
}

#: Other players and other ways to use what is above: in every pair, not in the whole product.
OTHERS: dict[str, Values] = {
    "far ahead": {"loss.unroll": 2, "loss.unroll_rate": 0.01},
    "negative momentum": {"optim.momentum": -0.3},
    "G stands still": {"train.freeze": "generator"},
    "D stands still": {"train.freeze": "discriminator"},
    "shift and linear D": {"generator.kind": "shift", "discriminator.kind": "linear"},
    "point and affine D": {"generator.kind": "point", "discriminator.kind": "affine"},
    "formula": {"generator.kind": "formula"},
    "perfect D": {"generator.kind": "affine", "discriminator.kind": "exact"},
    **{
        f"{name} networks": {
            "generator.activation": name,
            "discriminator.activation": name,
            "generator.init": init,
            "discriminator.init": init,
        }
        for name, init in zip(ACTIVATIONS, cycle(INITS), strict=False)
    },
}
GAMES = STABILISERS | OTHERS

#: Parameters that shape no game of their own here, and where they are tried.
ELSEWHERE = {
    "train.measure_every": "test_engine.py",
    "train.seed": "test_engine.py",
    "train.device": "test_engine.py",
    "loss.penalty_weight": "test_penalties.py",
    "optim.beta1": "test_parts.py",
    "optim.beta2": "test_parts.py",
    "optim.rho": "test_parts.py",
    "generator.start": "test_parts.py",
    "discriminator.start": "test_parts.py",
    "generator.noise": "test_relatives.py",
    "encoder.hidden": "test_relatives.py",
    "encoder.kind": "test_images.py",
    "encoder.activation": "test_relatives.py",
    "encoder.init": "test_relatives.py",
    "encoder.noise": "test_relatives.py",
    "encoder.sparsity": "test_relatives.py",
}

Row = tuple[str, str, str, str]
FACTORS: tuple[tuple[str, ...], ...] = (
    tuple(LOSSES),
    tuple(PENALTIES),
    tuple(OPTIMIZERS),
    tuple(GAMES),
)
#: What stands in for an entry that another refuses: with these four nothing is refused.
PLAIN: Row = ("non-saturating", "off", "sgd", "nothing")


def values(row: Row, place: str) -> dict[str, Any]:
    loss, penalty, optimiser, stabiliser = row
    own = dict(GAMES[stabiliser])
    if optimiser != "momentum":
        own.pop("optim.momentum", None)
    if own.get("generator.kind") == "formula":
        own["generator.formula"] = EXPRESSIONS[place]
    sizes = {
        path: width
        for path, width in NETWORKS.items()
        if own.get(path.replace("hidden", "kind"), "mlp") == "mlp"
    }
    return {
        **TINY,
        **sizes,
        **PLACES[place],
        "loss.kind": loss,
        "loss.penalty": penalty,
        "optim.kind_g": optimiser,
        "optim.kind_d": optimiser,
        **own,
    }


def settings(row: Row, place: str, watched: bool = True) -> Settings | None:
    """The settings of a game, or None where one good sentence refuses them."""
    try:
        return Settings.of(values(row, place) | ({} if watched else UNWATCHED[place]))
    except ParamError as error:
        sentence = str(error)
    culprit = re.match(r"[a-z]+\.[a-z_0-9]+(?= = )", sentence)
    assert culprit is not None, sentence
    assert culprit.group() in PARAMETERS, sentence
    assert re.search(r"\b(must|choose|set)\b", sentence), sentence
    assert "\n" not in sentence
    return None


def play(game: Settings, steps: int, wants: Wants | None = EVERYTHING) -> str:
    """What went wrong in a game of a few steps and in its frame; nothing where all is well."""
    engine = Engine(game)
    engine.step(steps)
    if engine.trouble:
        return engine.trouble
    for column in ("loss_d", "loss_g", "grad_d", "grad_g"):
        if not np.isfinite(engine.trace.column(column)).all():
            return f"{column} is not finite"
    for name, player in engine.family.players.items():
        for tensor in (player.flat, *player.moments):
            if not torch.isfinite(tensor).all():
                return f"the numbers of the {name} are not finite"
    if wants is None:
        return ""
    frame = engine.frame(wants)
    if not (np.isfinite(frame.fake).all() and np.isfinite(frame.belief.values).all()):
        return "the frame is not finite"
    if frame.step != steps or not frame.portraits:
        return "the frame lacks something"
    return ""


#: Without measures a game is built in half the time.
UNWATCHED: dict[str, Values] = {
    place: {
        f"measure.{name}": False
        for name, measure in MEASURES.items()
        if measure.on and game["data.target"] in (measure.when or game).get("data.target", ())
    }
    for place, game in PLACES.items()
}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small samples for measures and pictures: what is asked here is whether they come at all."""
    monkeypatch.setattr(engine_page, "MEASURE_SAMPLES", 200)
    monkeypatch.setattr(picture, "SAMPLES", {1: 200, 2: 200})
    monkeypatch.setattr(draws, "BLOCK_ROUNDS", 2)


# ---- every pair ----------------------------------------------------------------------------------


def meetings(row: Row) -> set[tuple[int, int, str, str]]:
    """The pairs of entries of two lists that meet in a row."""
    return {(i, j, row[i], row[j]) for i, j in combinations(range(4), 2)}


def plainer(row: Row) -> Iterator[Row]:
    """The row with one of its entries after the other replaced by a plain one."""
    for i, plain in enumerate(PLAIN):
        if row[i] != plain:
            loss, penalty, optimiser, stabiliser = (*row[:i], plain, *row[i + 1 :])
            yield loss, penalty, optimiser, stabiliser


@cache
def design(place: str) -> dict[Row, Settings]:
    """Rows in which every two entries meet that can.

    Each stabiliser meets each loss, with a penalty and an optimiser that move on from loss to loss
    and from stabiliser to stabiliser. Where such a row is refused, plainer ones are played, as far
    as they bring together what has not met yet.
    """
    losses, penalties, optimisers, stabilisers = FACTORS
    asked = [
        (
            loss,
            penalties[(i + number) % len(penalties)],
            optimisers[(i - number) % len(optimisers)],
            stabiliser,
        )
        for number, stabiliser in enumerate(stabilisers)
        for i, loss in enumerate(losses)
    ]
    played = {row: game for row in asked if (game := settings(row, place))}
    met = {pair for row in played for pair in meetings(row)}
    open_rows = [row for row in asked if row not in played]
    while open_rows:
        row = open_rows.pop(0)
        for other in plainer(row):
            if meetings(other) <= met:
                continue
            game = settings(other, place)
            if game:
                played[other] = game
                met |= meetings(other)
            else:
                open_rows.append(other)
    return played


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("stabiliser", GAMES)
@pytest.mark.usefixtures("few")
def test_every_pair_of_entries_plays_or_is_refused(stabiliser: str, place: str) -> None:
    games = {row: game for row, game in design(place).items() if row[3] == stabiliser}
    assert games
    wrong = {row: said for row, game in games.items() if (said := play(game, 2))}
    assert not wrong


@pytest.mark.parametrize("place", PLACES)
def test_no_pair_of_entries_is_skipped(place: str) -> None:
    """Every two entries of two lists meet in a game, or are refused although all else is plain."""
    met = {pair for row in design(place) for pair in meetings(row)}
    refused = set()
    for i, j in combinations(range(4), 2):
        for a, b in product(FACTORS[i], FACTORS[j]):
            if (i, j, a, b) not in met:
                alone = tuple({i: a, j: b}.get(at, plain) for at, plain in enumerate(PLAIN))
                assert settings(alone, place) is None, f"{a} and {b} never met"
                refused.add((a, b))
    print(f"{place}: {len(design(place))} games, {len(met)} pairs met, {len(refused)} refused")
    assert ("wasserstein", "class prior") in refused
    assert ("adam", "competitive schedule") in refused


def test_every_parameter_shapes_a_game_or_is_tried_elsewhere() -> None:
    shaped = {path for game in GAMES.values() for path in game}
    shaped |= {path for place in PLACES for path in values(PLAIN, place)}
    shaped |= {"generator.formula", "game.kind"}
    for path in PARAMETERS:
        group = path.partition(".")[0]
        if group not in ("data", "measure"):
            assert (path in shaped) != (path in ELSEWHERE), path


# ---- everything with everything ------------------------------------------------------------------


def with_penalty(game: Settings, penalty: str) -> Settings | None:
    """The same game with a penalty, or None where a clash refuses it; ten times as fast."""
    loss = game.loss.model_copy(update={"penalty": penalty})
    new = game.model_copy(update={"loss": loss})
    return None if any(clash(new.acting) for clash in CLASHES) else new


@pytest.mark.long
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.usefixtures("few")
def test_the_whole_product_plays_or_is_refused(loss: str, place: str) -> None:
    played, refused, wrong = 0, 0, {}
    for optimiser, stabiliser in product(OPTIMIZERS, STABILISERS):
        plain = settings((loss, "off", optimiser, stabiliser), place, watched=False)
        for penalty in PENALTIES:
            game = with_penalty(plain, penalty) if plain else None
            if game is None:
                refused += 1
                continue
            played += 1
            said = play(game, 2, wants=Wants() if penalty == "off" else None)  # no frame shows it
            if said:
                wrong[penalty, optimiser, stabiliser] = said
    print(f"{loss} in the {place}: {played} played, {refused} refused, {len(wrong)} went wrong")
    for row, said in wrong.items():
        print("   ", " · ".join(row), "->", said)
    assert not wrong


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("stabiliser", ["nothing", "unrolled", "competitive schedule"])
def test_the_fast_way_to_a_penalty_is_the_slow_way(penalty: str, stabiliser: str) -> None:
    plain = settings(("minimax", "off", "sgd", stabiliser), "line")
    assert plain is not None
    row: Row = ("minimax", penalty, "sgd", stabiliser)
    assert with_penalty(plain, penalty) == settings(row, "line")


# ---- the same run, whoever watches ---------------------------------------------------------------

#: Penalties that draw or that look at both players, beside what remembers and draws already.
DRAWING = ("gradient-penalty", "dragan", "consensus")
PURE: dict[str, Values] = {
    **{name: values(("minimax", "off", "adam", name), "line") for name in STABILISERS},
    **{name: values(("minimax", name, "adam", "dropout"), "line") for name in DRAWING},
    "competitive schedule": values(("minimax", "off", "sgd", "competitive schedule"), "line"),
    "everything": values(("hinge", "gradient-penalty", "optimistic-adam", "dropout"), "plane")
    | {path: value for name in ("replay", "averaging", "lookahead", "label flips", "packing",
                                "annealed noise", "minibatch features")
       for path, value in STABILISERS[name].items()},
}  # fmt: skip


def state(engine: Engine) -> tuple[Any, ...]:
    """All that decides how a run goes on, to the last bit."""
    players = {
        name: (
            player.updates,
            [t.detach().numpy().tobytes() for t in (player.flat, *player.moments)],
        )
        for name, player in engine.family.players.items()
    }
    memory = {name: kept.numpy().tobytes() for name, kept in engine.family.memory.items()}
    return engine.steps, engine.family.step, players, memory, engine.draws.block, engine.draws.used


@pytest.mark.parametrize("name", PURE)
@pytest.mark.usefixtures("few")
def test_same_seed_same_bytes_whoever_watches_and_wherever_it_resumes(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draws, "BLOCK_ROUNDS", 5)  # moments 3 and 5 rounds into a block
    game = Settings.of({**PURE[name], "optim.lr_g": 1e-3, "optim.lr_d": 1e-3})
    whole = Engine(game)
    moments = {}
    for at in (3, 10, 16):
        whole.step(at - whole.steps)
        moments[at] = whole.moment()
    again = Engine(game)
    again.step(16)
    assert state(again) == state(whole)
    assert again.trace.rows.tobytes() == whole.trace.rows.tobytes()

    watched = Engine(game)
    while watched.steps < 16:
        watched.frame()
        watched.gradient("generator")
        watched.gradient("discriminator")
        watched.gradient("generator", "minimax")
        watched.sample(5, seed=watched.steps)
        watched.logit(np.zeros((3, watched.family.supply().target.dim)))
        watched.change({"train.measure_every": 2 + watched.steps % 3})
        watched.step(min(3, 16 - watched.steps))
    assert state(watched) == state(whole)

    for at in (3, 10):
        resumed = Engine.resume(moments[at])
        resumed.frame()
        resumed.step(16 - at)
        assert state(resumed) == state(whole), f"resumed at step {at}"
        np.testing.assert_array_equal(resumed.trace.rows[:, 1:12], whole.trace.rows[at:, 1:12])


REMEMBERING: Values = {
    **TINY,
    **NETWORKS,
    "optim.lr_g": 1e-2,
    "optim.lr_d": 1e-2,
    "optim.ema": 0.9,
    "optim.lookahead": 3,
    "train.replay": 0.5,
    "train.replay_size": 64,
}


def memory(engine: Engine) -> dict[str, bytes]:
    return {name: kept.numpy().tobytes() for name, kept in engine.family.memory.items()}


@pytest.mark.parametrize(
    "change",
    [
        {"optim.lr_g": 1e-3},
        {"loss.kind": "hinge"},
        {"loss.penalty": "r1"},
        {"train.k": 3},
        {"data.target": "normal"},
        {"train.schedule": "toronto"},
        {"optim.kind_g": "sgd", "optim.kind_d": "rmsprop"},
        {"optim.ema": 0.99},
        {"optim.lookahead": 5},
        {"train.replay": 0.25},
        {"discriminator.dropout": 0.3},
        {"measure.jsd": False},
    ],
    ids=lambda change: " ".join(change),
)
def test_changing_something_else_keeps_what_is_remembered(change: Values) -> None:
    engine = Engine(Settings.of(REMEMBERING))
    engine.step(7)
    before = memory(engine)
    assert set(before) == {
        "average", "anchor generator", "anchor discriminator", "replay", "replayed"
    }  # fmt: skip
    engine.change(change)
    assert memory(engine) == before


def test_precision_carries_what_is_remembered() -> None:
    engine = Engine(Settings.of(REMEMBERING))
    engine.step(7)
    before = {name: kept.double() for name, kept in engine.family.memory.items()}
    engine.change({"train.dtype": "float64"})
    for name, kept in engine.family.memory.items():
        assert torch.equal(kept, before[name]), name


def test_a_new_generator_begins_its_average_and_anchor_afresh() -> None:
    engine = Engine(Settings.of(REMEMBERING))
    engine.step(7)
    before = memory(engine)
    engine.change({"generator.activation": "relu"})
    new, g = memory(engine), engine.family.players["generator"].flat.numpy().tobytes()
    assert new["average"] == new["anchor generator"] == g
    for name in ("anchor discriminator", "replay", "replayed"):
        assert new[name] == before[name], "the earlier generator's samples are what replay is for"


def test_off_and_on_begins_afresh() -> None:
    engine = Engine(Settings.of(REMEMBERING))
    engine.step(7)
    engine.change({"optim.ema": 0.0, "optim.lookahead": 0, "train.replay": 0.0})
    assert engine.family.memory == {}
    engine.step(2)
    engine.change(
        {path: REMEMBERING[path] for path in ("optim.ema", "optim.lookahead", "train.replay")}
    )
    kept = engine.family.memory
    for name in ("generator", "discriminator"):
        assert torch.equal(kept[f"anchor {name}"], engine.family.players[name].flat)
    assert torch.equal(kept["average"], engine.family.players["generator"].flat)
    assert kept["replayed"].item() == 0
    assert not kept["replay"].any()


def test_another_size_empties_the_buffer() -> None:
    engine = Engine(Settings.of(REMEMBERING))
    engine.step(7)
    assert engine.family.memory["replayed"].item() == 64
    engine.change({"train.replay_size": 32})
    assert engine.family.memory["replayed"].item() == 0
    engine.step(3)
    assert engine.family.memory["replayed"].item() == 32
    engine.change({"data.target": "ring"})
    assert engine.family.memory["replay"].shape == (32, 2)
    assert engine.family.memory["replayed"].item() == 0


# ---- divergence is said, whatever computes it ----------------------------------------------------


@pytest.mark.parametrize(
    "own",
    [
        {**NETWORKS, "discriminator.spectral_norm": True, "generator.activation": "relu"},
        {**NETWORKS, "train.schedule": "competitive"},
        {**NETWORKS, "loss.unroll": 3},
        {**NETWORKS, "loss.penalty": "consensus", "loss.penalty_weight": 100.0},
        {**NETWORKS, "optim.lookahead": 5, "optim.ema": 0.9, "train.replay": 0.5},
        {**NETWORKS, "discriminator.minibatch_features": 2, "generator.activation": "relu"},
    ],
    ids=lambda own: " ".join(path for path in own if path not in NETWORKS),
)
def test_a_divergence_is_a_sentence(own: Values) -> None:
    wild = {"loss.kind": "least-squares", "optim.kind_g": "sgd", "optim.kind_d": "sgd"}
    rates = {"optim.lr_g": 10.0, "optim.lr_d": 10.0, "train.batch": 16}
    engine = Engine(Settings.of({**wild, **rates, **own}))
    engine.step(400)
    assert re.search(r"^The (generator|discriminator) diverged at step \d+", engine.trouble)
    assert all(player.finite() for player in engine.family.players.values())
    assert all(torch.isfinite(kept).all() for kept in engine.family.memory.values())
    assert engine.frame().trouble == engine.trouble


@pytest.mark.parametrize("own", [{}, {"discriminator.kind": "exact", "loss.instance_noise": 0.3}])
def test_a_formula_without_a_value_is_refused(own: Values) -> None:
    game = {"generator.kind": "formula", "generator.formula": "log(z)"}
    with pytest.raises(ParamError, match=r"^generator\.formula = log\(z\): is no finite number"):
        Engine(Settings.of({**TINY, **game, **own}))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [(1.0, 1.0, 1.0, 1.0), (30.0, 10.0, 9.0, 3.0)])
def test_the_perfect_d_meets_a_generator_that_has_lost_a_dimension(
    rows: tuple[float, ...], dtype: str
) -> None:
    game = {**PLACES["plane"], **GAMES["perfect D"], "generator.start": (*rows, 0.0, 0.0)}
    engine = Engine(Settings.of({**TINY, **game, "train.dtype": dtype}))
    engine.step(20)
    engine.frame()
    assert engine.steps == 20


# ---- what each stabiliser means ------------------------------------------------------------------

EXACT: Values = {
    "train.dtype": "float64",
    "train.batch": 16,
    "train.measure_every": 1000,
    "generator.hidden": [5],
    "discriminator.hidden": [6],
    "discriminator.activation": "tanh",
    "data.target": "ring",
    "latent.dim": 2,
    "optim.kind_g": "sgd",
    "optim.kind_d": "sgd",
    "optim.lr_g": 0.1,
    "optim.lr_d": 0.1,
}


def exact(**own: Any) -> Engine:
    return Engine(Settings.of({**EXACT, **{path.replace("__", "."): v for path, v in own.items()}}))


def batch(engine: Engine, n: int = 16) -> tuple[torch.Tensor, torch.Tensor, Chance]:
    """Real samples, noise and draws for one turn."""
    rng, supply = np.random.default_rng(3), engine.family.supply()
    real = torch.from_numpy(supply.target.sample(rng, n))
    return real, torch.from_numpy(rng.standard_normal((n, supply.latent_dim))), chance(engine)


def chance(engine: Engine, turn: int = 0) -> Chance:
    return Chance(5, 0, turn, engine.family.like)


def hidden(engine: Engine, x: np.ndarray) -> np.ndarray:
    """D's tanh features, written out once more."""
    weight, bias = (
        leaf.detach().numpy() for leaf in engine.family.players["discriminator"].leaves[:2]
    )
    return np.tanh(x @ weight.T + bias)


def score(engine: Engine, x: np.ndarray) -> np.ndarray:
    """D's logits, written out once more."""
    weight, bias = (
        leaf.detach().numpy() for leaf in engine.family.players["discriminator"].leaves[2:4]
    )
    return (hidden(engine, x) @ weight.T + bias)[:, 0]


def slope_of(value: Any, flat: np.ndarray, picks: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Central differences of value(weights) in some of the weights."""
    found = []
    for index in picks:
        nudge = np.zeros_like(flat)
        nudge[index] = step
        found.append((value(flat + nudge) - value(flat - nudge)) / (2 * step))
    return np.array(found)


@pytest.mark.parametrize("activation", ["relu", "leaky-relu", "tanh"])
def test_spectral_norm_bounds_the_slope_of_d(activation: str) -> None:
    engine = exact(
        discriminator__spectral_norm=True,
        discriminator__activation=activation,
        discriminator__hidden=[16, 16],
        loss__kind="wasserstein",
        optim__lr_d=1.0,
    )
    rng = np.random.default_rng(0)
    for _ in range(3):
        a, b = rng.normal(0, 3, (2, 4000, 2))
        gap = np.abs(engine.logit(a) - engine.logit(b)) / np.linalg.norm(a - b, axis=1)
        assert gap.max() <= 1 + 1e-12
        engine.step(20)
    a = rng.normal(0, 3, (4000, 2))
    near = np.abs(engine.logit(a + np.array([1e-6, 0])) - engine.logit(a)) / 1e-6
    assert near.max() > 0.3, "the bound is used: the critic wants to be steep"


def test_dropout_leaves_out_its_share_and_keeps_the_mean() -> None:
    engine = exact(discriminator__dropout=0.3)
    x = np.random.default_rng(0).normal(0, 2, (1, 2)).repeat(20_000, 0)
    whole = hidden(engine, x[:1])
    dropped = engine.family.judge.opinion(torch.from_numpy(x), chance(engine)).features.detach()
    factor = dropped.numpy() / whole
    assert set(np.unique(factor.round(12))) == {0.0, round(1 / 0.7, 12)}
    error = np.sqrt(0.3 / 0.7 / len(x))
    np.testing.assert_allclose(factor.mean(0), 1, atol=4.5 * error)
    np.testing.assert_allclose(np.corrcoef(factor.T), np.eye(6), atol=0.04)
    np.testing.assert_allclose(engine.logit(x[:1]), score(engine, x[:1]), rtol=1e-12)


def test_packs_are_neighbours_and_pictures_average_over_partners() -> None:
    engine = exact(discriminator__pack=2)
    real, z, draw = batch(engine)
    fake = engine.push(z.numpy())
    told: dict[str, torch.Tensor] = {}
    engine.family.stakes.discriminator(real, z, torch.from_numpy(fake), draw, told)
    r, f = (score(engine, np.hstack([x[0::2], x[1::2]])) for x in (real.numpy(), fake))
    assert len(r) == 8
    value = -np.logaddexp(0, -r).mean() - np.logaddexp(0, f).mean()
    assert told["value"].item() == pytest.approx(value, rel=1e-12)
    # One sample is judged beside each of four fixed generated ones.
    x = real.numpy()
    partners = engine.push(engine.family._companions.numpy())[:4]
    beside = [score(engine, np.hstack([x, np.tile(mate, (len(x), 1))])) for mate in partners]
    np.testing.assert_allclose(engine.logit(x), np.mean(beside, 0), rtol=1e-12)


@pytest.mark.parametrize("kernels", [0, 3])
def test_batch_statistics_of_a_picture_are_those_of_a_generated_batch(kernels: int) -> None:
    """What D says of one sample does not depend on which others are asked for with it."""
    engine = exact(
        discriminator__minibatch_features=kernels, discriminator__minibatch_stddev=kernels == 0
    )
    x = np.random.default_rng(0).normal(0, 2, (50, 2))
    together = engine.logit(x)
    alone = np.concatenate([engine.logit(row[None]) for row in x])
    np.testing.assert_allclose(together, alone, rtol=1e-12)
    d = engine.family.players["discriminator"].leaves
    f, beside = hidden(engine, x), hidden(engine, engine.push(engine.family._companions.numpy()))
    if kernels:
        m, n = (h @ d[4].detach().numpy() for h in (f, beside))
        gap = np.abs(m[:, None] - n[None]).reshape(50, len(n), kernels, -1).sum(-1)
        extra = np.exp(-gap).mean(1)
    else:
        extra = np.full((50, 1), np.sqrt(beside.var(0) + 1e-8).mean())
    weight, bias = d[2].detach().numpy(), d[3].detach().numpy()
    np.testing.assert_allclose(
        together, (np.hstack([f, extra]) @ weight.T + bias)[:, 0], rtol=1e-10
    )


def test_feature_matching_is_zero_only_where_the_means_meet() -> None:
    engine = exact(loss__feature_matching=True)
    real, z, _ = batch(engine)

    def loss(real: np.ndarray) -> float:
        return engine.family.stakes.generator(torch.from_numpy(real), z, chance(engine)).item()

    fake = engine.push(z.numpy())
    gap = hidden(engine, real.numpy()).mean(0) - hidden(engine, fake).mean(0)
    assert loss(real.numpy()) == pytest.approx((gap**2).sum(), rel=1e-12)
    assert loss(fake) == 0
    assert loss(fake[::-1].copy()) < 1e-30, "the order does not matter"
    assert loss(fake + 0.1) > 1e-6


@pytest.mark.parametrize(
    "own",
    [
        {"loss__feature_matching": True},
        {"loss__kind": "relativistic-average"},
        {"latent__codes": 2},
        {"discriminator__minibatch_features": 2},
        {"discriminator__pack": 2},
    ],
    ids=lambda own: " ".join(own),
)
@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_consensus_descends_the_speed_of_the_game_as_it_is_played(own: Values, player: str) -> None:
    """γ/2 (‖∇L_G‖² + ‖∇L_D‖²) by central differences, also where L_G looks at D's features."""
    plain = exact(generator__activation="tanh", **own)
    weighted = exact(
        generator__activation="tanh", loss__penalty="consensus", loss__penalty_weight=0.8, **own
    )
    rng = np.random.default_rng(1)
    z, x = rng.standard_normal((16, 2 + plain.family.codes)), rng.normal(0, 2, (16, 2))
    if plain.family.codes:
        z[:, 2:] = np.eye(2)[rng.integers(0, 2, 16)]
    flat = plain.weights(player)
    picks = rng.choice(len(flat), 12, replace=False)

    def energy(weights: np.ndarray) -> float:
        plain.set_weights(player, weights)
        of_g, of_d = (plain.gradient(name, z=z, x=x) for name in ("generator", "discriminator"))
        return (of_g @ of_g + of_d @ of_d) / 2

    own_slope = plain.gradient(player, z=z, x=x)[picks]
    expected = own_slope + 0.8 * slope_of(energy, flat, picks)
    found = weighted.gradient(player, z=z, x=x)[picks]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("loss", ["minimax", "non-saturating", "least-squares", "relativistic"])
def test_the_unrolled_generator_descends_what_d_will_say(loss: str) -> None:
    """Against central differences through plain D-steps taken by hand."""
    rate, ahead = 0.3, 2
    plain = exact(generator__activation="tanh", loss__kind=loss)
    unrolled = exact(
        generator__activation="tanh", loss__kind=loss, loss__unroll=ahead, loss__unroll_rate=rate
    )
    rng = np.random.default_rng(1)
    z, x = rng.standard_normal((16, 2)), rng.normal(0, 2, (16, 2))
    flat, d = plain.weights("generator"), plain.weights("discriminator")
    picks = rng.choice(len(flat), 10, replace=False)

    def value(weights: np.ndarray) -> float:
        plain.set_weights("generator", weights)
        phi = d
        for _ in range(ahead):
            phi = phi - rate * plain.gradient("discriminator", z=z, x=x)
            plain.set_weights("discriminator", phi)
        r, f = plain.logit(x), plain.logit(plain.push(z))
        plain.set_weights("discriminator", d)
        if loss == "least-squares":
            return float(((f - 1) ** 2).mean() / 2)
        if loss == "relativistic":
            return float(np.logaddexp(0, r - f).mean())
        # Both losses of 2014 have the value V, which the source's generator descends.
        return float(-np.logaddexp(0, -r).mean() - np.logaddexp(0, f).mean())

    np.testing.assert_allclose(
        unrolled.gradient("generator", z=z, x=x)[picks],
        slope_of(value, flat, picks),
        rtol=1e-5,
        atol=1e-8,
    )


def test_the_code_term_is_linear_in_its_weight_and_bounds_the_information() -> None:
    losses = []
    for weight in (0.0, 1.0, 2.0):
        engine = exact(latent__codes=4, loss__info_weight=weight)
        engine.step(1)
        losses.append([engine.trace.column(name)[0] for name in ("loss_d", "loss_g")])
    zero, one, two = np.array(losses)
    assert one[1] > zero[1], "a cross-entropy is positive"
    assert two[1] - zero[1] == pytest.approx(2 * (one[1] - zero[1]), rel=1e-2)
    for seed in (1, 2, 3):
        engine = exact(latent__codes=4, train__seed=seed, optim__kind_g="adam", optim__lr_g=0.01)
        seen = [engine.measured["information"]]
        for _ in range(3):
            engine.step(60)
            engine.change({"measure.information": True, "train.measure_every": 60})
            seen.append(engine.measured["information"])
        assert max(seen) <= np.log(4)


def test_a_frame_tells_of_which_code_each_sample_was_made() -> None:
    engine = exact(latent__codes=4)
    frame = engine.frame()
    assert frame.categories == 4
    # The same noise as of this frame, with one code for all: only samples of that code stay.
    noise = engine._picture._samples(0)[1].clone()
    for number in range(4):
        noise[:, -4:] = torch.eye(4)[number].to(noise)
        same = (np.abs(engine.family.push(noise).numpy() - frame.fake) < 1e-6).all(1)
        np.testing.assert_array_equal(same, frame.coded == number)
    assert exact().frame().coded is None


def test_d_is_shown_old_samples_as_often_as_replay_says(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = exact(train__replay=0.3, train__replay_size=40, train__k=2)
    shown: list[tuple[np.ndarray, np.ndarray]] = []
    stakes = engine.family.stakes
    judged = stakes.discriminator

    def remember(real: Any, z: Any, fake: Any, *rest: Any) -> Any:
        shown.append((fake.numpy().copy(), engine.push(z.numpy())))
        return judged(real, z, fake, *rest)

    monkeypatch.setattr(stakes, "discriminator", remember)
    engine.step(12)
    assert len(shown) == 24
    fresh, first = shown[0]
    np.testing.assert_array_equal(fresh, first, "there is nothing to replay yet")
    earlier = {row.tobytes() for row in first}
    old = int(0.3 * 16)
    for fake, new in shown[1:]:
        np.testing.assert_array_equal(fake[:-old], new[:-old])
        assert all(row.tobytes() in earlier for row in fake[-old:])
        assert not any(row.tobytes() in {n.tobytes() for n in new} for row in fake[-old:])
        earlier |= {row.tobytes() for row in new}
    buffer = engine.family.memory["replay"].numpy()
    assert engine.family.memory["replayed"].item() == len(buffer) == 40
    assert all(row.tobytes() in earlier for row in buffer)


@pytest.mark.parametrize("prior", [0.5, 0.2])
@pytest.mark.parametrize(("real_label", "fake_label"), [(1.0, 0.0), (0.9, 0.0), (0.8, 0.15)])
def test_soft_labels_and_class_priors_are_weighted_cross_entropies(
    prior: float, real_label: float, fake_label: float
) -> None:
    from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

    engine = exact(
        loss__label_smoothing=1 - real_label, loss__fake_smoothing=fake_label, data__prior=prior
    )
    real, z, draw = batch(engine)
    fake = torch.from_numpy(engine.push(z.numpy()))
    found = engine.family.stakes.discriminator(real, z, fake, draw).item()
    expected = 0.0
    for x, label, weight in ((real, real_label, prior), (fake, fake_label, 1 - prior)):
        s = torch.from_numpy(score(engine, x.numpy()))
        expected += 2 * weight * cross_entropy(s, torch.full_like(s, label)).item()
    assert found == pytest.approx(expected, rel=1e-12)


def test_flipped_labels_are_a_cross_entropy_on_average() -> None:
    engine = exact(loss__label_flips=0.2)
    real, z, _ = batch(engine)
    fake = engine.push(z.numpy())
    r, f = score(engine, real.numpy()), score(engine, fake)
    costs = [
        engine.family.stakes.discriminator(
            real, z, torch.from_numpy(fake), chance(engine, t)
        ).item()
        for t in range(2000)
    ]
    expected = (
        (0.8 * np.logaddexp(0, -r) + 0.2 * np.logaddexp(0, r)).mean()
        + (0.8 * np.logaddexp(0, f) + 0.2 * np.logaddexp(0, -f)).mean()
    )  # fmt: skip
    assert np.mean(costs) == pytest.approx(expected, abs=4.5 * np.std(costs) / np.sqrt(2000))
    assert np.std(costs) > 0


def test_instance_noise_has_its_width_and_falls_in_a_straight_line() -> None:
    engine = exact(loss__instance_noise=0.4, loss__noise_steps=4)
    x = torch.zeros(50_000, 2, dtype=torch.float64)
    seen = engine.family.judge.seen(x, chance(engine))
    assert seen.std().item() == pytest.approx(0.4, rel=0.01)
    widths = []
    for _ in range(6):
        engine.step()
        widths.append(engine.family.judge.sigma)
    np.testing.assert_allclose(widths, [0.4, 0.3, 0.2, 0.1, 0.0, 0.0], atol=1e-15)
    steady = exact(loss__instance_noise=0.4)
    steady.step(6)
    assert steady.family.judge.sigma == 0.4
    # Pictures ask D without noise.
    np.testing.assert_allclose(steady.logit(x[:1].numpy()), score(steady, x[:1].numpy()))


@pytest.mark.parametrize("decay", DECAYS)
def test_rates_fall_as_the_decay_says(decay: str) -> None:
    own = {} if decay == "constant" else {"optim__decay_steps": 4}
    falling, steady = exact(optim__decay=decay, **own), exact()
    for step in range(6):
        for name in ("generator", "discriminator"):
            steady.set_weights(name, falling.weights(name))
        before = falling.weights("discriminator"), falling.weights("generator")
        falling.step()
        steady.step()
        factor = DECAYS[decay].factor(step / 4)
        move, plain = (engine.weights("discriminator") - before[0] for engine in (falling, steady))
        np.testing.assert_allclose(move, factor * plain, atol=1e-15)
        assert (falling.weights("generator") != before[1]).any() == (factor > 0)


@pytest.mark.parametrize("most", [1e-3, 0.05, 1000.0])
def test_a_long_gradient_is_shortened_and_a_short_one_left(most: float) -> None:
    clipped = exact(optim__grad_clip=most)
    before = clipped.weights("discriminator")
    clipped.step()
    move = np.linalg.norm(clipped.weights("discriminator") - before)
    norm = clipped.trace.column("grad_d")[0]
    assert move == pytest.approx(0.1 * min(norm, most), rel=1e-9)


def test_averages_and_anchors_follow_their_recursions() -> None:
    engine = exact(optim__ema=0.8, optim__lookahead=3, optim__lookahead_share=0.25)
    plain = exact()
    average = anchor = plain.weights("generator")
    other = plain.weights("discriminator")
    for step in range(1, 10):
        for name in ("generator", "discriminator"):
            plain.set_weights(name, engine.weights(name))
        engine.step()
        plain.step()
        g, d = plain.weights("generator"), plain.weights("discriminator")
        average = 0.8 * average + 0.2 * g
        if step % 3 == 0:
            anchor = g = anchor + 0.25 * (g - anchor)
            other = d = other + 0.25 * (d - other)
        np.testing.assert_allclose(engine.weights("generator"), g, atol=1e-14)
        np.testing.assert_allclose(engine.weights("discriminator"), d, atol=1e-14)
        np.testing.assert_allclose(engine.family.memory["average"].numpy(), average, atol=1e-14)
    np.testing.assert_allclose(
        engine.family.push(torch.zeros(1, 2, dtype=torch.float64), average=True).numpy(),
        pushed(engine, average),
    )


def pushed(engine: Engine, flat: np.ndarray) -> np.ndarray:
    """G(0) of the given weights."""
    kept = engine.weights("generator")
    engine.set_weights("generator", flat)
    at = engine.push(np.zeros((1, 2)))
    engine.set_weights("generator", kept)
    return at


def test_where_more_is_better_a_perfect_score_is_no_floor() -> None:
    engine = Engine(presets()["two-modes"].settings)
    engine.step(20)
    said = {reading.name: reading.perfect for reading in engine.readings()}
    assert said["modes"] == "perfect 2 of 2"
    assert said["hq"].startswith("perfect 99.7 %")
    assert said["jsd"].startswith("floor 0")


def test_a_perfect_generator_scores_every_exact_floor() -> None:
    """z + 0 against N(0, 1): p_g is p, so what is computed exactly stands on its floor."""
    every = {
        f"measure.{name}": True
        for name, measure in MEASURES.items()
        if measure.floor is not None and not measure.when
    }
    game = {"data.target": "normal", "generator.kind": "shift", "generator.start": 0.0}
    engine = Engine(Settings.of({**game, **every, "measure.w2": True, "train.dtype": "float64"}))
    floors = {
        name: engine._floor(name)
        for name in ("jsd", "kl_data", "kl_model", "tv", "bayes", "w1", "w2")
    }
    for name, floor in floors.items():
        assert floor is not None
        assert engine.measured[name] == pytest.approx(floor.mean, abs=2e-6), name
    best = Engine(Settings.of({**game, "discriminator.kind": "exact", "train.dtype": "float64"}))
    assert best.measured["d_gap"] == pytest.approx(0.0, abs=1e-6)
    assert best.measured["value_exact"] == pytest.approx(best.measured["value_best"], abs=1e-9)


def test_no_game_makes_torch_import_its_compiler() -> None:
    """It takes seconds, in the middle of a run: some second derivatives are written in Python."""
    games = [
        values(("minimax", penalty, "sgd", stabiliser), "line")
        for stabiliser, penalty in [
            *(
                (stabiliser, "gradient-penalty")
                for stabiliser in GAMES
                if stabiliser != "perfect D"
            ),
            *(("nothing", penalty) for penalty in PENALTIES),
            ("competitive schedule", "off"),
        ]
        if settings(("minimax", penalty, "sgd", stabiliser), "line")
    ]
    program = """if True:
        import json, sys
        from ganviz.engine import Engine
        from ganviz.settings import Settings
        for values in json.loads(sys.stdin.read()):
            Engine(Settings.of(values)).step(2)
            assert "torch._dynamo" not in sys.modules, values
    """
    done = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(games), text=True, capture_output=True
    )
    assert not done.returncode, done.stderr[-800:]
