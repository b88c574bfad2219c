"""The exported script takes the steps that ganviz takes: all losses, all that can be set."""

from __future__ import annotations

import ast
import contextlib
import io
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganviz import cli
from ganviz.catalog import digits
from ganviz.catalog.latents import LATENTS
from ganviz.catalog.losses import LOSSES
from ganviz.catalog.networks import ACTIVATIONS, INITS
from ganviz.catalog.optimizers import DECAYS, OPTIMIZERS
from ganviz.catalog.penalties import PENALTIES
from ganviz.catalog.schedules import SCHEDULES
from ganviz.catalog.targets import IMAGES, TARGETS
from ganviz.engine import Engine
from ganviz.engine.kernels import Plain
from ganviz.presets import presets
from ganviz.schema import ParamError
from ganviz.script import Change, begun, done, script
from ganviz.script.terms import COSTS, TERMS
from ganviz.settings import Settings
from ganviz.tape import Tape, runfile
from ganviz.tape.lane import Lane

SMALL: dict[str, Any] = {
    "generator.hidden": [8, 6],
    "discriminator.hidden": [7, 8],
    "train.batch": 32,
    "train.dtype": "float64",
    "train.k": 2,
}


def thinned(items: Iterable[Any], every: int) -> list[Any]:
    """Parameters of a test that is quick for one item in so many, and long for the others."""
    return [
        pytest.param(item, marks=[] if index % every == 0 else [pytest.mark.long])
        for index, item in enumerate(items)
    ]


#: Losses that only differences of logits move. The gradient of D's last bias is 0 then, and that of
#: every unit's that is straight on all samples: in numbers a rounding error, of which Adam makes
#: steps that agree with nobody's.
ADRIFT = ("wasserstein", "relativistic", "relativistic-average")
PLAIN_STEPS = {"optim.kind_g": "sgd", "optim.kind_d": "sgd", "optim.lr_g": 0.05, "optim.lr_d": 0.05}
#: Steps, and how far the weights may be from ganviz's, relative to their norm.
EXACT, CLOSE = (100, 1e-12), (20, 1e-4)
#: Farther than that may go what both kernels of ganviz part by: two programs that add the same
#: numbers in another order. D's last bias is adrift, as above, in every game of those losses; and a
#: ReLU may bend between two numbers of single precision, where Adam makes a whole step of whatever
#: small gradient a unit then has, or has not. What tells that from a wrong formula: the page takes
#: the very steps of the plain kernel, which is the definition, and the other kernel is no farther
#: from it than so many times what its own run does if each weight begins one rounding beside, in
#: so many runs.
ROUNDING, NUDGES = 10, 6


def played(text: str, folder: Path) -> dict[str, Any]:
    """Run a script in a namespace of its own and return what is in it afterwards."""
    page: dict[str, Any] = {"__name__": "__main__"}
    before = torch.get_default_dtype()
    try:
        with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()) as said:
            exec(compile(text, "page", "exec"), page)
    finally:
        torch.set_default_dtype(before)
    page["said"] = said.getvalue()
    return page


def flat(weights: list[torch.Tensor]) -> np.ndarray:
    return torch.cat([weight.detach().flatten() for weight in weights]).double().numpy()


def gap(mine: np.ndarray, other: np.ndarray) -> float:
    return float(np.linalg.norm(mine - other) / np.linalg.norm(other))


def engine_weights(engine: Engine) -> dict[str, np.ndarray]:
    return {name: engine.weights(name) for name in ("generator", "discriminator")}


def trained(
    settings: Settings,
    steps: int,
    changes: tuple[Change, ...] = (),
    *,
    plain: bool = False,
    nudge: int = 0,
) -> Engine:
    """Play a run: with the plain kernel, or with weights that begin one rounding beside."""
    engine = Engine(settings)
    rng, rounding = np.random.default_rng(nudge), torch.finfo(engine.family.like.dtype).eps
    for name, weights in engine_weights(engine).items() if nudge else ():
        signs = rng.choice((-1.0, 1.0), len(weights))
        engine.set_weights(name, weights * (1 + rounding * signs))
    for step, change in (*changes, (steps, {})):
        if plain:
            engine.kernel = Plain(engine.family)
        engine.step(step - engine.steps)
        if change:
            engine.change(change)
    return engine


def check(
    values: Mapping[str, Any] | Settings,
    folder: Path,
    precision: tuple[int, float] = EXACT,
    changes: tuple[Change, ...] = (),
) -> dict[str, Any]:
    """Compare a script with the engine; return the page."""
    settings = values if isinstance(values, Settings) else Settings.of({**SMALL, **values})
    steps, most = precision
    first = engine_weights(Engine(settings))
    engine = trained(settings, steps, changes)
    assert not engine.trouble
    page = played(script(settings, steps, changes), folder)
    for name, weights in (("generator", "weights_g"), ("discriminator", "weights_d")):
        mine = flat(page[weights])
        apart = gap(mine, engine.weights(name))
        if apart > most:
            assert gap(mine, trained(settings, steps, changes, plain=True).weights(name)) <= most
            nudged = (
                trained(settings, steps, changes, nudge=seed) for seed in range(1, NUDGES + 1)
            )
            known = max(gap(each.weights(name), engine.weights(name)) for each in nudged)
            assert apart <= ROUNDING * known, name
    moved = [np.abs(engine.weights(name) - first[name]).max() for name in first]
    assert max(moved) > 1e-4  # a game that stands still would show nothing
    kept = torch.load(folder / "weights.pt", weights_only=True)
    assert set(kept) == {"generator", "discriminator"}
    return page


def steady(loss: str) -> dict[str, Any]:
    return PLAIN_STEPS if loss in ADRIFT else {}


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_in_float64(name: str, tmp_path: Path) -> None:
    check({"loss.kind": name, "train.k": 1, **steady(name)}, tmp_path)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_in_float32(name: str, tmp_path: Path) -> None:
    check({"loss.kind": name, "train.dtype": "float32", **steady(name)}, tmp_path, CLOSE)


def test_the_terms_are_those_of_the_catalog() -> None:
    assert list(TERMS) == list(LOSSES)
    assert set(COSTS) == {
        name for name, loss in LOSSES.items() if loss.labels is not None and loss.optimum
    }


D = "discriminator."


def toy(generator: str, discriminator: str, target: str) -> dict[str, Any]:
    return {
        "generator.kind": generator,
        "generator.start": 0.7,
        "discriminator.kind": discriminator,
        "discriminator.start": 0.2,
        "data.target": target,
    }


#: Convolutions on the digits that the page draws itself.
IMAGES_: dict[str, Any] = {
    "data.target": "digits",
    "generator.kind": "conv",
    "discriminator.kind": "conv",
    "generator.hidden": [6, 4],
    "discriminator.hidden": [4, 6],
    "train.batch": 16,
}

#: Everything that a choice can be, and what else can be set, one or several at a time.
GAMES: list[dict[str, Any]] = [
    *(
        {"loss.penalty": name, "loss.kind": loss, "data.target": "ring"}
        for name in PENALTIES
        if name != "off"
        for loss in ("non-saturating", "wasserstein", "relativistic")
    ),
    *(
        {"train.schedule": name, "train.k": min(k, schedule.k_max or k), "loss.kind": loss}
        for name, schedule in SCHEDULES.items()
        if name != "competitive"
        for k in (1, 3)
        for loss in ("minimax", "relativistic")
    ),
    *({"optim.kind_d": name, "optim.kind_g": name} for name in OPTIMIZERS),
    *({"optim.kind_d": name, "optim.kind_g": "rmsprop"} for name in OPTIMIZERS),
    *(
        {"optim.kind_d": "momentum", "optim.kind_g": "momentum", "optim.momentum": value}
        for value in (-0.5, 0.0)
    ),
    *({"optim.decay": name, "optim.decay_steps": 70} for name in DECAYS if name != "constant"),
    *({"data.target": name} for name in TARGETS if name not in ("file", *IMAGES)),
    *(
        {"latent.kind": name, "latent.dim": 3, "latent.codes": codes, "data.target": "ring"}
        for name in LATENTS
        for codes in (0, 3)
    ),
    *({"generator.activation": name, "discriminator.activation": name} for name in ACTIVATIONS),
    *({"generator.init": name, "discriminator.start": 0.3} for name in INITS),
    *({"discriminator.init": name, "generator.start": 0.3} for name in INITS),
    *(
        toy(generator, discriminator, target)
        for generator in ("mlp", "shift", "affine", "dictionary", "point")
        for discriminator in ("mlp", "linear", "affine")
        for target in ("normal", "ring")
    ),
    {"generator.hidden": [], "discriminator.hidden": [], "data.target": "ring"},
    {"data.target": "mixture", "data.means": [[0, 1], [2, 1 / 3]], "data.weights": [0.25, 0.75],
     "data.sigmas": [0.1, 0.3]},
    {"data.target": "curve", "data.curve": [0.0, 1.0, 0.25, 0.0, 0.0, 3.0]},
    {"data.target": "strokes", "data.strokes": [[0.5, 0.25], [-1, 1]], "data.sigma": 0.3},
    {"data.target": "grid", "data.modes": 9, "data.scale": 1.5},
    {"data.target": "two-gaussians", "data.center": -1.5},
    # A unit may be on for as many real as generated samples: then its bias is adrift, see ADRIFT.
    {"loss.clip": 0.05, "loss.kind": "wasserstein", "train.k": 3, **PLAIN_STEPS},
    {"loss.label_smoothing": 0.1},
    {"loss.fake_smoothing": 0.2, "loss.kind": "hinge"},
    {"loss.label_flips": 0.2, "loss.label_smoothing": 0.1, "loss.kind": "least-squares"},
    {"data.prior": 0.3},
    {"data.prior": 0.7, "loss.label_flips": 0.1, "loss.kind": "f-kl"},
    {"loss.instance_noise": 0.4},
    {"loss.instance_noise": 0.4, "loss.noise_steps": 60, "train.schedule": "generator-first"},
    {D + "dropout": 0.3},
    {D + "dropout": 0.3, "loss.penalty": "gradient-penalty", D + "minibatch_stddev": True},
    {D + "spectral_norm": True, "data.target": "ring"},
    {D + "spectral_norm": True, D + "dropout": 0.2},
    {D + "pack": 2, "data.target": "ring"},
    {D + "pack": 4, "loss.instance_noise": 0.1, D + "dropout": 0.1, "loss.penalty": "r1"},
    {D + "minibatch_features": 3, "data.target": "ring"},
    {D + "minibatch_features": 2, D + "minibatch_stddev": True, "loss.penalty": "r1-r2"},
    {"loss.feature_matching": True},
    {"loss.feature_matching": True, D + "dropout": 0.2, "loss.instance_noise": 0.1},
    {"loss.unroll": 3, "loss.unroll_rate": 0.1},
    {"loss.unroll": 2, "loss.kind": "minimax", "loss.label_smoothing": 0.1},
    {"loss.unroll": 2, "loss.kind": "relativistic", "loss.instance_noise": 0.2},
    {"loss.unroll": 2, "loss.label_flips": 0.2, D + "dropout": 0.2},
    {"loss.penalty": "consensus", "loss.instance_noise": 0.2, "train.schedule": "simultaneous",
     "train.k": 1},
    {"loss.penalty": "nagarajan-kolter", "loss.instance_noise": 0.2, "loss.label_flips": 0.1},
    {"loss.penalty": "nagarajan-kolter", D + "dropout": 0.2, "loss.kind": "relativistic"},
    {"loss.penalty": "consensus", "loss.label_flips": 0.1, "loss.feature_matching": True},
    {"train.freeze": "generator", "loss.instance_noise": 0.2},
    {"train.freeze": "discriminator", "loss.instance_noise": 0.2},
    {"train.replay": 0.5, "train.replay_size": 100},
    {"train.replay": 0.3, "train.replay_size": 16, "train.schedule": "extragradient", "train.k": 1},
    {"optim.grad_clip": 0.1, "optim.kind_d": "sgd", "optim.lr_d": 0.1},
    {"optim.ema": 0.9},
    {"optim.lookahead": 7, "optim.lookahead_share": 0.4, "optim.ema": 0.9},
    {"latent.codes": 4, "loss.info_weight": 0.5, "optim.ema": 0.9, "optim.lookahead": 5},
    {"latent.codes": 2, "loss.info_weight": 0.0},
    {"data.target": "digits", "train.batch": 16},
    IMAGES_,
    {**IMAGES_, "discriminator.kind": "mlp", "generator.init": "xavier"},
    {**IMAGES_, "generator.kind": "mlp", "discriminator.init": "torch", D + "start": 0.3},
    {**IMAGES_, D + "pack": 2, "loss.feature_matching": True},
    {"train.batch": 3000, "train.k": 5, "generator.hidden": [2], "discriminator.hidden": [2]},
]  # fmt: skip
by_game = pytest.mark.parametrize(
    "values", thinned(GAMES, 10), ids=lambda v: "-".join(map(str, v.values()))
)


def settings_of(values: Mapping[str, Any]) -> Settings:
    """Small networks, where there are networks."""
    owner = {p: values.get(p.partition(".")[0] + ".kind", "mlp") for p in SMALL}
    mine = {p: v for p, v in SMALL.items() if owner[p] == "mlp" or p.startswith("train.")}
    return Settings.of({**mine, **values})


@by_game
def test_every_game_takes_the_same_first_steps(values: dict[str, Any], tmp_path: Path) -> None:
    check(settings_of(values), tmp_path, (8, 3e-12))


def test_images_are_drawn_on_the_page_as_ganviz_draws_them(tmp_path: Path) -> None:
    page = check(settings_of(IMAGES_), tmp_path, (8, 3e-12))
    mine = page["sample_data"](np.random.default_rng(3), 200)
    assert np.array_equal(mine, digits.draw(np.random.default_rng(3), 200)[0])
    shown = page["G"](torch.zeros(1, 1, dtype=torch.float64))
    assert shown.shape == (1, 256)
    text = script(presets()["digits-dcgan"].settings, 10)
    assert text.startswith('"""Digits: a generative adversarial network in plain PyTorch.')


@pytest.mark.long
@by_game
def test_every_game_takes_the_same_hundred_steps(values: dict[str, Any], tmp_path: Path) -> None:
    check(settings_of(values), tmp_path)


def test_the_average_of_the_weights_is_the_same(tmp_path: Path) -> None:
    values = {**SMALL, "optim.lookahead": 7, "optim.ema": 0.9}
    page = check(values, tmp_path, (30, 1e-12))
    engine = Engine(Settings.of(values))
    engine.step(30)
    assert gap(flat(page["average"]), engine.moment().memory["average"]) < 1e-12


def test_points_of_a_file_are_held_by_the_page(tmp_path: Path) -> None:
    points = np.random.default_rng(1).normal(size=(300, 2))
    np.save(tmp_path / "points.npy", points)
    file = {"data.target": "file", "data.file": str(tmp_path / "points.npy")}
    check(file, tmp_path, (20, 1e-12))
    check({**file, "data.standardise": True}, tmp_path, (20, 1e-12))
    np.save(tmp_path / "points.npy", np.tile(points, (4, 1)))
    with pytest.raises(ParamError, match=r"data\.file = .*has 1,200 points"):
        script(Settings.of(file), 10)


#: Runs that were changed while they were played: (steps taken, what was changed), in order.
RUNS: dict[str, tuple[Change, ...]] = {
    "rates": ((30, {"optim.lr_d": 0.01}), (64, {"optim.lr_g": 0.002, "optim.beta1": 0.8})),
    "k and batch": ((10, {"train.k": 5}), (70, {"train.batch": 50}), (80, {"train.k": 1})),
    "a slider": tuple((40, {"optim.lr_d": 0.001 * rate}) for rate in (2, 3, 4, 5)),
    "before the first step": ((0, {"train.k": 3}), (0, {"optim.lr_d": 0.002})),
    "only watched": ((20, {"train.measure_every": 7}), (50, {"train.k": 1})),
    "loss": ((50, {"loss.kind": "hinge"}), (70, {"loss.kind": "relativistic"})),
    "penalty": ((50, {"loss.kind": "wasserstein", "loss.penalty": "gradient-penalty"}),),
    "optimisers": (
        (20, {"optim.kind_d": "momentum"}),
        (40, {"optim.momentum": 0.5}),
        (60, {"optim.kind_g": "optimistic-adam", "optim.kind_d": "rmsprop"}),
    ),
    "negative momentum": (
        (20, {"optim.kind_d": "momentum"}),
        (50, {"optim.momentum": -0.3, "optim.lr_d": 0.01}),
    ),
    "schedule": ((33, {"train.schedule": "extragradient", "train.k": 1}),),
    "decay": (
        (20, {"optim.decay": "cosine", "optim.decay_steps": 60}),
        (50, {"optim.decay": "constant"}),
    ),
    "average": (
        (20, {"optim.ema": 0.9, "optim.lookahead": 7}),
        (50, {"optim.ema": 0.8}),
        (60, {"optim.lookahead": 0, "loss.clip": 0.5}),
    ),
    "labels and noise": (
        (20, {"loss.label_smoothing": 0.1, "loss.label_flips": 0.1}),
        (50, {"loss.instance_noise": 0.3, "loss.noise_steps": 90}),
        (70, {"loss.feature_matching": True}),
    ),
    "data": ((20, {"data.scale": 3.0}), (50, {"data.target": "uniform"})),
    "looking ahead": ((50, {"loss.unroll": 2}), (70, {"optim.lr_d": 0.003})),
    "clipping": ((50, {"optim.grad_clip": 0.05}),),
}


@pytest.mark.parametrize("name", thinned(RUNS, 4))
def test_a_changed_run_is_told_as_it_was_played(name: str, tmp_path: Path) -> None:
    check({}, tmp_path, (90, 1e-12), RUNS[name])


@pytest.mark.parametrize(
    ("change", "culprit"),
    [
        ({"generator.hidden": [4]}, r"generator\.hidden = \[4\]: was \[8, 6\] until step 30"),
        ({"discriminator.dropout": 0.5}, r"discriminator\.dropout = 0\.5: was 0"),
        ({"data.target": "ring"}, r"data\.target = ring: was two-gaussians"),
        ({"train.seed": 5}, r"train\.seed = 5: was 1"),
        ({"discriminator.kind": "exact", "loss.instance_noise": 0.3}, r"discriminator\.kind"),
    ],
)
def test_changes_that_no_page_shows_are_refused(change: dict[str, Any], culprit: str) -> None:
    with pytest.raises(ParamError, match=culprit):
        script(Settings.of(SMALL), 100, [(30, change)])


def test_a_run_file_is_written_with_its_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tape = Tape(title="A run")
    lane = Lane(tape, Settings.of(SMALL))
    lane.step(30)
    lane.change({"train.k": 4})
    lane.step(20)
    lane.change({"optim.lr_g": 0.004})
    lane.step(25)
    lane.keep_end()
    runfile.write(tmp_path / "run.ganviz", tape, lane.place)
    out = tmp_path / "game.py"
    assert cli.main(["script", str(tmp_path / "run.ganviz"), "--out", str(out)]) == 0
    text = out.read_text("utf-8")
    assert text.startswith('"""A run: ')
    page = played(text, tmp_path)
    assert gap(flat(page["weights_g"]), lane.engine.weights("generator")) < 1e-12
    assert gap(flat(page["weights_d"]), lane.engine.weights("discriminator")) < 1e-12
    marks = tape.marks(0)
    assert begun(lane.engine.settings, marks, 75) == Settings.of(SMALL)
    lane.step_player("discriminator")
    with pytest.raises(ParamError, match="discriminator moved alone"):
        done(tape.marks(0), 100)
    assert cli.main(["script", str(tmp_path / "run.ganviz"), "--set", "train.k=2"]) == 2
    assert "as it was played" in capsys.readouterr().err


#: A script holds GANs of points.
GANS = [
    name
    for name, preset in presets().items()
    if preset.settings.game.kind == "gan" and preset.settings.data.target not in IMAGES
]


@pytest.mark.parametrize("name", thinned(GANS, 4))
def test_every_preset(name: str, tmp_path: Path) -> None:
    check(presets()[name].settings, tmp_path, CLOSE)


@pytest.mark.long
@pytest.mark.parametrize("name", GANS)
def test_every_preset_in_float64(name: str, tmp_path: Path) -> None:
    check(presets()[name].settings.with_({"train.dtype": "float64"}), tmp_path)


@pytest.mark.parametrize(
    ("values", "culprit"),
    [
        ({"discriminator.kind": "exact", "loss.instance_noise": 0.3}, "discriminator.kind = exact"),
        ({"generator.kind": "formula"}, "generator.kind = formula"),
        ({"game.kind": "vae"}, "game.kind = vae: has an encoder"),
        ({**IMAGES_, D + "dropout": 0.1}, r"discriminator.dropout = 0\.1: must be 0 for a"),
        (
            {**IMAGES_, D + "minibatch_stddev": True},
            "discriminator.minibatch_stddev = true: must be false",
        ),
        (
            {**IMAGES_, "latent.codes": 3},
            "latent.codes = 3: must be 0 for a plain PyTorch script of generator",
        ),
        ({"game.kind": "autoencoder"}, "game.kind = autoencoder"),
        (
            {"train.schedule": "competitive", "optim.kind_d": "sgd", "optim.kind_g": "sgd"},
            "train.schedule = competitive",
        ),
    ],
)
def test_what_no_script_holds_is_refused(values: dict[str, Any], culprit: str) -> None:
    with pytest.raises(ParamError, match=culprit) as refusal:
        script(Settings.of(values), 10)
    assert str(refusal.value).count(".") <= 4


#: Methods that PyTorch or Python calls.
HOOKS = {"forward", "step", "__init__", "__missing__", "features", "judge"}


@by_game
def test_the_page_is_tidy(values: dict[str, Any]) -> None:
    text = script(settings_of(values), 1000)
    tree = ast.parse(text)
    imported = [
        name.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    ]
    assert {str(name).partition(".")[0] for name in imported} == {"numpy", "torch"}
    assert max(map(len, text.splitlines())) <= 100
    assert "\n\n\n\n" not in text
    assert text.endswith(")\n")
    # Everything that is defined is used: there is nothing of other games on the page.
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name not in HOOKS:
            assert text.count(node.name) > 1, node.name
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            assert ast.get_docstring(node) or node.name in HOOKS, node.name
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name == "weights_g" and values.get("train.freeze") == "generator":
                continue  # kept for who wants to look at them
            if name == "weights_d" and values.get("train.freeze") == "discriminator":
                continue
            uses = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name]
            assert len(uses) > 1, name


def test_words_from_elsewhere_cannot_become_code(tmp_path: Path) -> None:
    evil = 'Ring"""\nraise SystemExit\n"""\\'
    tree = ast.parse(script(Settings.of(SMALL), 10, title=evil))
    assert isinstance(tree.body[1], ast.Import)
    paths = (tmp_path / "points.csv", tmp_path / "points\nraise SystemExit\n.csv")
    for path in paths:
        path.write_text("1\n2\n3\n")
    first, second = ({"data.target": "file", "data.file": str(path)} for path in paths)
    text = script(Settings.of({**SMALL, **first}), 10, [(5, second)])
    assert not any(isinstance(node, ast.Raise) for node in ast.walk(ast.parse(text)))


def test_the_page_runs_on_its_own(tmp_path: Path) -> None:
    (tmp_path / "game.py").write_text(script(Settings.of(SMALL), 40), "utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "game.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 20
    assert "L_D" in done.stdout
    kept = torch.load(tmp_path / "weights.pt", weights_only=True)
    engine = Engine(Settings.of(SMALL))
    engine.step(40)
    assert gap(flat(list(kept["generator"].values())), engine.weights("generator")) < 1e-12


def test_the_command_line_prints_and_writes_scripts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["script", "ring", "--set", "train.k=3", "--steps", "50"]) == 0
    page = capsys.readouterr().out
    assert page.startswith('"""Ring of eight: ')
    assert page == script(
        presets()["ring"].settings.with_({"train.k": 3}), 50, title="Ring of eight"
    )
    out = tmp_path / "game.py"
    assert cli.main(["script", "ring", "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert "STEPS = 2000" in out.read_text("utf-8")
    assert cli.main(["script", "ring", "--set", "discriminator.kind=exact"]) == 2
    assert "discriminator.kind = exact" in capsys.readouterr().err
