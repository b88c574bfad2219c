"""What cannot be combined is refused with one sentence, and the run goes on as it was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from ganviz.catalog.clashes import CLASHES
from ganviz.engine import Engine
from ganviz.schema import ParamError, put
from ganviz.settings import PARAMETERS, Settings

Values = Mapping[str, Any]

EXACT = {"discriminator.kind": "exact", "loss.instance_noise": 0.3}
COMPETITIVE = {
    "train.schedule": "competitive",
    "optim.kind_g": "sgd",
    "optim.kind_d": "sgd",
}

#: (which clash, the game, its sentence to the letter).
REFUSED: list[tuple[str, Values, str]] = [
    (
        "pictured",
        {"generator.kind": "conv"},
        "generator.kind = conv: convolves images, and data.target = two-gaussians has none; "
        "choose mlp or data.target = digits",
    ),
    (
        "pictured",
        {"data.target": "digits", "discriminator.kind": "exact"},
        "data.target = digits: of images no density is known, which discriminator.kind = exact "
        "needs; choose conv or another discriminator.kind",
    ),
    (
        "pictured",
        {"data.target": "digits", "generator.kind": "formula"},
        "data.target = digits: an image has too many coordinates for generator.kind = formula to "
        "write one for each; choose conv or another generator.kind",
    ),
    (
        "labels",
        {"loss.kind": "relativistic", "loss.label_smoothing": 0.1},
        "loss.label_smoothing = 0.1: the relativistic loss compares pairs of "
        "samples, one of each kind, and has no labels; "
        "set it to 0 or choose another loss.kind",
    ),
    (
        "labels",
        {"loss.kind": "relativistic-average", "loss.fake_smoothing": 0.2},
        "loss.fake_smoothing = 0.2: the relativistic-average loss compares pairs of "
        "samples, one of each kind, and has no labels; "
        "set it to 0 or choose another loss.kind",
    ),
    (
        "labels",
        {"loss.kind": "relativistic", "loss.label_flips": 0.05},
        "loss.label_flips = 0.05: the relativistic loss compares pairs of "
        "samples, one of each kind, and has no labels; "
        "set it to 0 or choose another loss.kind",
    ),
    (
        "labels",
        {"loss.kind": "relativistic", "data.prior": 0.4},
        "data.prior = 0.4: the relativistic loss compares pairs of "
        "samples, one of each kind, and has no labels; "
        "set it to 0.5 or choose another loss.kind",
    ),
    (
        "labels",
        {"loss.kind": "wasserstein", "loss.label_flips": 0.1},
        "loss.label_flips = 0.1: the wasserstein loss estimates a distance "
        "and has no labels; "
        "set it to 0 or choose another loss.kind",
    ),
    (
        "labels",
        {"loss.kind": "wasserstein", "data.prior": 0.7},
        "data.prior = 0.7: the wasserstein loss estimates a distance "
        "and has no labels; "
        "set it to 0.5 or choose another loss.kind",
    ),
    (
        "coded",
        {"train.freeze": "encoder"},
        "train.freeze = encoder: no such player in game.kind = gan; "
        "must be neither or discriminator or generator",
    ),
    (
        "coded",
        {"game.kind": "vae", "generator.kind": "shift"},
        "generator.kind = shift: cannot decode in game.kind = vae; must be mlp, conv, "
        "affine or dictionary",
    ),
    (
        "at_rest",
        {
            "generator.kind": "shift",
            "discriminator.kind": "exact",
            "train.freeze": "discriminator",
        },
        "discriminator.kind = exact: follows G at every step and cannot be frozen; "
        "set train.freeze to neither or choose another discriminator.kind",
    ),
    (
        "smoothing_sum",
        {"loss.label_smoothing": 0.5, "loss.fake_smoothing": 0.5},
        "loss.label_smoothing = 0.5: with loss.fake_smoothing = 0.5 both kinds get the same "
        "label; their sum must be below 1",
    ),
    (
        "packing",
        {"discriminator.pack": 3, "train.batch": 8192},
        "train.batch = 8192: must be a multiple of discriminator.pack = 3, such as 8190",
    ),
    (
        "packing",
        {"discriminator.pack": 8, "train.batch": 3},
        "train.batch = 3: must be a multiple of discriminator.pack = 8, such as 8",
    ),
    (
        "codes",
        {"latent.codes": 1},
        "latent.codes = 1: a code of one category says nothing; must be 0 or at least 2",
    ),
    (
        "sphere",
        {"latent.kind": "sphere"},
        "latent.kind = sphere: in one dimension a sphere is two points; "
        "latent.dim must be at least 2",
    ),
    (
        "features",
        {"loss.feature_matching": True, "loss.unroll": 3},
        "loss.unroll = 3: feature matching uses the D of now, not the one looked ahead; "
        "set it to 0 or loss.feature_matching to false",
    ),
    (
        "features",
        {"discriminator.hidden": [], "loss.feature_matching": True},
        "loss.feature_matching = true: D has no hidden layer to take features from; "
        "set discriminator.hidden to widths such as [32]",
    ),
    (
        "features",
        {"discriminator.hidden": [], "discriminator.minibatch_stddev": True},
        "discriminator.minibatch_stddev = true: D has no hidden layer to take features from; "
        "set discriminator.hidden to widths such as [32]",
    ),
    (
        "features",
        {"discriminator.hidden": [], "discriminator.dropout": 0.25},
        "discriminator.dropout = 0.25: D has no hidden layer to drop units from; "
        "set discriminator.hidden to widths such as [32]",
    ),
    (
        "perfect",
        {**EXACT, "loss.kind": "wasserstein"},
        "discriminator.kind = exact: the wasserstein loss has no optimal D in closed form; "
        "choose non-saturating or another loss.kind that has one",
    ),
    (
        "perfect",
        {**EXACT, "loss.kind": "hinge"},
        "discriminator.kind = exact: the optimal D of the hinge loss is a step, whose slope gives "
        "G no direction; choose non-saturating or another loss.kind",
    ),
    (
        "perfect",
        {**EXACT, "loss.penalty": "r1"},
        "discriminator.kind = exact: has no weights for a penalty to act on; "
        "set loss.penalty to off",
    ),
    (
        "perfect",
        {**EXACT, **COMPETITIVE},
        "discriminator.kind = exact: does not move by gradients; choose another train.schedule",
    ),
    (
        "coded",
        {"train.freeze": "encoder"},
        "train.freeze = encoder: no such player in game.kind = gan; "
        "must be neither or discriminator or generator",
    ),
    (
        "coded",
        {"game.kind": "vae", "generator.kind": "shift"},
        "generator.kind = shift: cannot decode in game.kind = vae; must be mlp, conv, "
        "affine or dictionary",
    ),
    (
        "at_rest",
        {**EXACT, "train.freeze": "discriminator"},
        "discriminator.kind = exact: follows G at every step and cannot be frozen; "
        "set train.freeze to neither or choose another discriminator.kind",
    ),
    (
        "perfect_against",
        {**EXACT, "loss.noise_steps": 100},
        "discriminator.kind = exact: needs the instance noise, which makes p and p_g smooth, at "
        "every step; set loss.noise_steps to 0",
    ),
    (
        "perfect_against",
        {**EXACT, "latent.codes": 3},
        "discriminator.kind = exact: p_g of a generator with a code is not known in closed form; "
        "set latent.codes to 0",
    ),
    (
        "perfect_against",
        {**EXACT, "latent.dim": 2},
        "discriminator.kind = exact: p_g is known exactly for a normal shift or affine generator "
        "and for one latent dimension; latent.dim = 2 must be 1",
    ),
    (
        "perfect_against",
        {"discriminator.kind": "exact"},
        "discriminator.kind = exact: without noise p_g of this generator can have spikes and "
        "gaps, where D* has no slope; set loss.instance_noise above 0, such as 0.3",
    ),
    (
        "game_penalty",
        {"loss.penalty": "consensus", "loss.unroll": 2},
        "loss.unroll = 2: the consensus penalty differentiates the game as it is played, not as "
        "looked ahead; set it to 0 or choose another loss.penalty",
    ),
    (
        "game_penalty",
        {**COMPETITIVE, "loss.penalty": "nagarajan-kolter"},
        "train.schedule = competitive: already solves for both players' moves; "
        "set loss.penalty = nagarajan-kolter to off",
    ),
    (
        "competing",
        {**COMPETITIVE, "optim.kind_g": "adam"},
        "optim.kind_g = adam: competitive gradient descent makes both moves from the learning "
        "rates alone; set optim.kind_g and optim.kind_d to sgd",
    ),
    (
        "competing",
        {**COMPETITIVE, "optim.kind_d": "momentum"},
        "optim.kind_d = momentum: competitive gradient descent makes both moves from the learning "
        "rates alone; set optim.kind_g and optim.kind_d to sgd",
    ),
    (
        "competing",
        {**COMPETITIVE, "loss.unroll": 1},
        "loss.unroll = 1: competitive gradient descent looks at the other player's answer "
        "already; set it to 0",
    ),
    (
        "competing",
        {**COMPETITIVE, "train.replay": 0.5},
        "train.replay = 0.5: competitive gradient descent judges the samples whose move it solves "
        "for; set it to 0",
    ),
    (
        "competing",
        {**COMPETITIVE, "optim.grad_clip": 1.0},
        "optim.grad_clip = 1: competitive gradient descent solves for moves and does not follow "
        "gradients; set it to 0",
    ),
    (
        "competing",
        {**COMPETITIVE, "generator.kind": "formula"},
        "train.schedule = competitive: a generator given by a formula does not move; "
        "choose goodfellow",
    ),
]

#: What a group of parameters, the catalogue or the engine refuses by itself.
BAD: list[tuple[Values, str]] = [
    (
        {"train.k": 0, "train.freeze": "discriminator"},
        "train.k = 0: must be at least 1",
    ),
    (
        {"train.k": 2, "train.schedule": "extragradient"},
        "train.k = 2: the extragradient schedule has k = 1; "
        "choose goodfellow or toronto for more D-steps",
    ),
    (
        {"train.batch": 100, "discriminator.pack": 8},
        "train.batch = 100: must be a multiple of discriminator.pack = 8, such as 96",
    ),
    (
        {"data.target": "mixture", "data.weights": [0.5, 0.6]},
        "data.weights = [0.5, 0.6]: sum to 1.1, must sum to 1",
    ),
    (
        {"data.target": "mixture", "data.weights": [0.0, 0.0]},
        "data.weights = [0, 0]: sum to 0, must sum to 1",
    ),
    (
        {"data.target": "mixture", "data.weights": [0.75, -0.5, 0.75]},
        "data.weights = [0.75, -0.5, 0.75]: must be at least 0",
    ),
    (
        {"data.target": "mixture", "data.sigmas": [0.5, -0.5]},
        "data.sigmas = [0.5, -0.5]: must be at least 0.001",
    ),
    (
        {"data.target": "mixture", "data.sigma": -1.0},
        "data.sigma = -1: must be at least 0.001",
    ),
    (
        {"data.target": "mixture", "data.sigmas": [0.5]},
        "data.sigmas = [0.5]: has 1 entries, but data.means has 2; they must be as many",
    ),
    (
        {"data.target": "mixture", "data.weights": [0.2, 0.3, 0.5]},
        "data.weights = [0.2, 0.3, 0.5]: has 3 entries, but data.means has 2; they must be as many",
    ),
    (
        {"data.target": "mixture", "data.means": [1.0, [1.0, 2.0]]},
        "data.means = [1, [1, 2]]: must be a list of numbers "
        "or of pairs of numbers from -100 to 100, or none",
    ),
    (
        {"data.target": "mixture", "data.means": [[1.0, 2.0, 3.0]]},
        "data.means = [[1, 2, 3]]: must be a list of numbers "
        "or of pairs of numbers from -100 to 100, or none",
    ),
    (
        {"data.target": "mixture", "data.means": []},
        "data.means = []: a mixture needs the mean of each component",
    ),
    (
        {"data.target": "grid", "data.modes": 8},
        "data.modes = 8: a grid needs a square number of modes, such as 9, 16 or 25",
    ),
]

FORMULAE: dict[str, str] = {
    "w + 1": "there is no “w”",
    "z2": "there is no “z2”",
    "sine(z)": "there is no “sine” (did you mean sin?)",
    "__import__('os')": "“_” means nothing in a formula",
    "z.__class__": "“.” means nothing in a formula",
    "().__class__": "“.” means nothing in a formula",
    "lambda: z": "there is no “lambda”",
    "z[0]": "“z[0.0]” means nothing in a formula",
    "z^99": "the exponent 99 is too large: it may be −16 to 16",
    "z**1e9": "1e9 is too large: numbers reach from −1e6 to 1e6",
    "9^9^9": "9 ^ 9 is too large: numbers reach from −1e6 to 1e6",
    "z^z": "an exponent must be a number; for a^z write exp(z*log(a))",
    "1e400": "1e400 is no finite number",
    "z, z": "gives 2 coordinates, the data have 1; write one expression for each, parted by commas",
    "z, z, z, z": "must have 1 to 3 coordinates, has 4",
    "": "must be a formula",
    "((((z": "cannot be read",
    "z z": "cannot be read",
}

SMALL: Values = {"train.batch": 16, "generator.hidden": [8], "discriminator.hidden": [8]}


def everything(engine: Engine) -> tuple[object, ...]:
    """All that a refused change could have touched."""
    players = {
        name: (
            player.updates,
            [t.detach().numpy().tobytes() for t in (player.flat, *player.moments)],
        )
        for name, player in engine.family.players.items()
    }
    memory = {name: kept.numpy().tobytes() for name, kept in engine.family.memory.items()}
    return (
        engine.steps,
        engine.settings,
        engine.family.settings,
        players,
        memory,
        (engine.draws.block, engine.draws.used),
        tuple(engine.journal),
        engine.trace.rows.tobytes(),
        engine.measured,
        engine.trouble,
    )


REMEMBERING: Values = {"optim.ema": 0.9, "optim.lookahead": 5, "train.replay": 0.3}


@pytest.fixture(scope="module")
def running() -> Engine:
    engine = Engine(Settings.of({**SMALL, **REMEMBERING}))
    engine.step(23)
    return engine


def refused(engine: Engine, values: Values) -> str:
    """The sentence of a refused change, after which the engine stands as it stood."""
    before, family = everything(engine), engine.family
    with pytest.raises(ParamError) as refusal:
        engine.change(values)
    assert engine.family is family
    assert everything(engine) == before
    return str(refusal.value)


def one_sentence(sentence: str) -> None:
    culprit = re.match(r"[a-z]+\.[a-z_0-9]+(?= = )", sentence)
    assert culprit is not None
    assert culprit.group() in PARAMETERS
    assert "\n" not in sentence
    assert not sentence.endswith(".")


@pytest.mark.parametrize(("name", "game", "sentence"), REFUSED)
def test_every_clash_has_its_sentence(
    name: str, game: Values, sentence: str, running: Engine
) -> None:
    off = {} if name != "competing" else dict.fromkeys(REMEMBERING, 0)
    if "train.replay" in game:
        off.pop("train.replay", None)
    if game.get("generator.kind") == "formula":
        off.pop("optim.ema", None)  # it means nothing there
    with pytest.raises(ParamError) as refusal:
        Settings.of(game)
    assert str(refusal.value) == sentence
    one_sentence(sentence)
    assert re.search(r"\b(must|choose|set)\b", sentence)
    asked = put(Settings(), game).acting
    assert [str(clash(asked)) for clash in CLASHES if clash.__name__ == name] == [sentence]
    assert refused(running, {**game, **off}) == sentence


def test_no_clash_is_left_out() -> None:
    assert {name for name, _, _ in REFUSED} == {clash.__name__ for clash in CLASHES}


def test_a_cure_cures() -> None:
    """Where a refusal names another value as its cure, the game with it is legal."""
    cured = 0
    for _, game, _ in REFUSED:
        with pytest.raises(ParamError) as refusal:
            Settings.of(game)
        cure = refusal.value.cure
        if cure:
            cured += 1
            Engine(Settings.of({**game, **cure})).step()
    assert cured > 5


@pytest.mark.parametrize(("values", "sentence"), BAD, ids=lambda value: str(value)[:60])
def test_bad_input_gets_one_sentence_and_changes_nothing(
    values: Values, sentence: str, running: Engine
) -> None:
    said = refused(running, values)
    one_sentence(said)
    assert said == sentence


@pytest.mark.parametrize("text", FORMULAE)
def test_a_bad_formula_gets_one_sentence_and_changes_nothing(text: str, running: Engine) -> None:
    said = refused(running, {"generator.kind": "formula", "generator.formula": text})
    one_sentence(said)
    assert said.startswith("generator.formula = ")
    assert FORMULAE[text] in said
    assert len(said) < 400


def test_a_formula_in_the_plane_needs_both_coordinates() -> None:
    engine = Engine(Settings.of({**SMALL, "data.target": "ring", "latent.dim": 2}))
    for text, sentence in {
        "z1": "gives 1 coordinate, the data have 2; write one expression for each",
        "z, z1": "z has 2 coordinates here; write z1 and z2",
        "z1, z3": "there is no “z3”",
    }.items():
        said = refused(engine, {"generator.kind": "formula", "generator.formula": text})
        assert sentence in said
    engine.change({"generator.kind": "formula", "generator.formula": "z1, cos(z2)"})
    engine.step(2)
    z = np.array([[0.5, 1.0]])
    np.testing.assert_allclose(engine.push(z), [[0.5, np.cos(1.0)]], rtol=1e-6)


def test_a_run_goes_on_after_refusals_as_if_nothing_had_been_asked() -> None:
    asked, left = (Engine(Settings.of({**SMALL, **REMEMBERING})) for _ in range(2))
    asked.step(7)
    left.step(7)
    for _, game, _ in REFUSED:
        with pytest.raises(ParamError):
            asked.change({**dict.fromkeys(REMEMBERING, 0), **game})
    for values, _ in BAD:
        with pytest.raises(ParamError):
            asked.change(values)
    asked.step(30)
    left.step(30)
    assert everything(asked) == everything(left)
