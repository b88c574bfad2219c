"""Every parameter is walked; nothing is listed by hand."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from ganviz.catalog.games import GAMES
from ganviz.presets import find, presets, read, toml, write
from ganviz.schema import POSITIVE, ParamError, Parameter, get, parse, words
from ganviz.settings import KIND, PARAMETERS, Settings

ALL = list(PARAMETERS.values())
by_path = pytest.mark.parametrize("parameter", ALL, ids=lambda p: p.path)


def needed(parameter: Parameter) -> list[tuple[str, tuple[str, ...]]]:
    """The kind of game that a parameter asks for, and the first of its other conditions."""
    conditions = list(parameter.when.items())
    others = [each for each in conditions if each[0] != KIND]
    return [each for each in conditions if each[0] == KIND] + others[:1]


def context(parameter: Parameter) -> dict[str, object]:
    """A game in which the parameter means something."""
    found: dict[str, object] = {}
    for path, kinds in needed(parameter):
        owner = PARAMETERS[path]
        value: object = kinds[0]
        if kinds == (POSITIVE,):
            value = 0.5 if owner.kind == "float" else 4
        found |= {**context(owner), path: value}
    return found


#: What some values cannot do without.
NEEDS: dict[tuple[str, object], dict[str, object]] = {
    ("train.schedule", "competitive"): {"optim.kind_g": "sgd", "optim.kind_d": "sgd"},
    ("discriminator.kind", "exact"): {"loss.instance_noise": 0.3},
    ("discriminator.pack", 8): {"train.batch": 64},
    ("train.freeze", "encoder"): {"game.kind": "vae"},
    ("generator.kind", "conv"): {"data.target": "digits"},
    ("discriminator.kind", "conv"): {"data.target": "digits"},
    ("encoder.kind", "conv"): {"data.target": "digits"},
}


def needs(parameter: Parameter) -> dict[str, object]:
    return context(parameter) | NEEDS.get((parameter.path, other_value(parameter)), {})


def other_value(parameter: Parameter) -> object:
    """A legal value that is not the default."""
    if parameter.choices:
        return parameter.choices[-1] if len(parameter.choices) > 1 else parameter.choices[0]
    match parameter.kind:
        case "bool":
            return not parameter.default
        case "file" | "text":
            return "points.csv"
        case "list" if parameter.path == "data.strokes":
            return ((1.0, 0.5), (-1.0, 0.0))
        case "list":
            return (1, 1) if "hidden" in parameter.path else (1.0, 0.5)
        case "int":
            return int(parameter.high)
        case _:
            return float(parameter.high)


@by_path
def test_says_what_it_is(parameter: Parameter) -> None:
    assert parameter.title
    assert parameter.help.endswith(".")
    assert "  " not in parameter.help
    assert parameter.allowed()
    for path, kinds in parameter.when.items():
        assert kinds == (POSITIVE,) or set(kinds) <= set(PARAMETERS[path].choices)
    if parameter.kind in ("int", "float"):
        assert parameter.low is not None
        assert parameter.high is not None
        assert not parameter.log or parameter.low > 0


@by_path
def test_default_is_legal_and_words_parse_back(parameter: Parameter) -> None:
    value = get(Settings(), parameter.path)
    assert value == parameter.default
    again = Settings.of({**context(parameter), parameter.path: parse(words(value))})
    assert get(again, parameter.path) == value


@by_path
def test_toml_round_trip(parameter: Parameter) -> None:
    settings = Settings.of({**needs(parameter), parameter.path: other_value(parameter)})
    table = tomllib.loads(toml(settings))
    assert table.pop("format") == 1
    assert Settings.from_nested(table) == settings


@by_path
def test_refuses_with_path_value_and_cure(parameter: Parameter) -> None:
    wrong: list[object] = [object(), {"a": 1}]
    if parameter.choices:
        wrong += ["no such thing", 3]
    if parameter.kind in ("int", "float"):
        wrong += [parameter.low - 1, parameter.high * 2 + 1, "many", float("nan"), float("inf")]
        if parameter.kind == "int":
            wrong += [1.5, True]
    if parameter.kind == "bool":
        wrong += [1, "yes"]
    for value in wrong:
        with pytest.raises(ParamError) as refusal:
            Settings.of({**context(parameter), parameter.path: value})
        assert str(refusal.value).startswith(f"{parameter.path} = ")
        assert "must be" in str(refusal.value)


@by_path
def test_refused_where_it_means_nothing(parameter: Parameter) -> None:
    if not parameter.when:
        return
    (where, kinds) = next(iter(parameter.when.items()))
    if kinds == (POSITIVE,):
        elsewhere: dict[str, object] = {where: 0}
    else:
        stranger = next(c for c in PARAMETERS[where].choices if c not in kinds)
        elsewhere = dict.fromkeys((where,) if where == KIND else parameter.when, stranger)
        elsewhere |= NEEDS.get((where, stranger), {})
    with pytest.raises(ParamError, match="means nothing here; it applies when"):
        Settings.of({**elsewhere, parameter.path: other_value(parameter)})
    # A value that was set while it meant something stays quietly in place.
    settings = Settings.of({**needs(parameter), parameter.path: other_value(parameter)})
    later = settings.with_(elsewhere)
    assert get(later, parameter.path) == other_value(parameter)
    assert parameter.name not in later.nested().get(parameter.group, {})


def test_what_belongs_to_a_choice_of_another_game_means_nothing() -> None:
    """D's layers belong to a D of layers, which a VAE does not have, whatever its kind was."""
    vae = Settings.of({"discriminator.dropout": 0.5}).with_({"game.kind": "vae"})
    assert not any(
        vae.means_something(PARAMETERS[path])
        for path in PARAMETERS
        if path.startswith(("discriminator.", "loss."))
    )
    assert vae.acting("discriminator.dropout") == 0
    with pytest.raises(ParamError, match=r"when game\.kind is gan and discriminator\.kind is mlp"):
        vae.with_({"discriminator.hidden": [8]})
    with pytest.raises(ParamError, match=r"when game\.kind is gan and generator\.kind is mlp or"):
        vae.with_({"optim.ema": 0.9})
    assert vae.means_something(PARAMETERS["generator.hidden"])
    assert vae.means_something(PARAMETERS["optim.beta1"])  # of the optimiser of both


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(ParamError, match=r"optim\.lr: there is no such parameter; did you mean"):
        Settings.of({"optim.lr": 1})
    with pytest.raises(ParamError, match="there is no such parameter"):
        Settings.from_nested({"train": {"kk": 2}})
    with pytest.raises(ParamError, match="there is no such parameter"):
        Settings.from_nested({"nonsense": 3})


def test_groups_and_odd_things_are_refused_with_a_sentence() -> None:
    with pytest.raises(ParamError, match="data: is a group of parameters; name one of them"):
        Settings.of({"data": 5})
    with pytest.raises(ParamError, match="there is no such parameter"):
        Settings.of({5: 5})
    with pytest.raises(ParamError, match="must have at most 100 entries"):
        Settings.of({"generator.hidden": [1] * 101})
    assert isinstance(parse("1" * 5000), str)


def test_numpy_values_are_taken_for_what_they_mean() -> None:
    settings = Settings.of({"train.k": np.int64(3), "optim.lr_d": np.float64(0.5)})
    assert settings.train.k == 3
    assert settings.optim.lr_d == 0.5


def test_simultaneous_has_one_d_step() -> None:
    with pytest.raises(ParamError, match=r"train\.k = 2: the simultaneous schedule has k = 1"):
        Settings.of({"train.schedule": "simultaneous", "train.k": 2})


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), ("1e-3", 1e-3), ("true", True), ("[1, 2]", [1, 2]), ("ring", "ring"), ("none", None),
     ('"a b"', "a b"), ("a\nb = 3", "a\nb = 3"), ("", "")],
)  # fmt: skip
def test_parse(text: str, value: object) -> None:
    assert parse(text) == value


def test_presets_are_complete() -> None:
    known = presets()
    assert list(known)[:2] == ["saddle-two-numbers", "saddle-networks"]
    from ganviz import resources

    for name, preset in known.items():
        table = tomllib.loads((resources() / "presets" / f"{name}.toml").read_text("utf-8"))
        assert {"title", "text", "order", "speed"} <= set(table["preset"]), name
        assert "seed" in table["train"], name
        for player, _ in GAMES[preset.settings.game.kind].players:
            if getattr(getattr(preset.settings, player), "kind", "mlp") == "mlp":
                assert "init" in table[player], f"{name} names {player}.init"


def test_preset_files_round_trip_and_refuse(tmp_path) -> None:
    settings = Settings.of({"data.target": "mixture", "data.means": [[0, 1], [2, 3]]})
    write(tmp_path / "mine.toml", settings)
    assert read(tmp_path / "mine.toml").settings == settings
    assert find(str(tmp_path / "mine.toml")).settings == settings
    bad = {
        "format = 2": "reads format 1",
        "[train]\nk = 0": r"train\.k = 0: must be at least 1",
        "k = 3 3": "is not valid TOML",
        "[preset]\nspeed = 0.1": "must be at least 1 step a second",
        "[preset]\nspeed = nan": "must be at least 1 step a second",
        "[preset]\ncolour = 1": r"preset\.colour: must be one of",
        "[preset]\ntitle = 3": "is of the wrong kind",
        "[preset]\nknobs = ['a.b']": "is no parameter",
        "preset = 1": "must be a table",
        "[preset]\nknobs = [[1]]": "is no parameter",
        f"[preset]\nspeed = {'9' * 400}": "must be at least 1 step a second",
        f"a = {'[' * 3000}": "is not valid TOML",
        "data = 3": "data = 3: must be a table of parameters",
    }
    for text, sentence in bad.items():
        (tmp_path / "bad.toml").write_text(text, "utf-8")
        with pytest.raises(ParamError, match=sentence):
            read(tmp_path / "bad.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ParamError, match="is not text"):
        read(tmp_path / "bad.toml")
    with pytest.raises(ParamError, match="cannot be read"):
        read(tmp_path / "none.toml")
    with pytest.raises(ParamError, match="none of that name; `ganviz presets` lists all 13"):
        find("nothing")
