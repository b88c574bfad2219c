"""A game travels in a line of text, whole or not at all."""

from __future__ import annotations

import base64
import tomllib
import zlib
from hashlib import sha256
from math import inf
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ganviz import cli
from ganviz.presets import presets
from ganviz.schema import POSITIVE, ParamError, Parameter, get
from ganviz.settings import KIND, PARAMETERS, Settings
from ganviz.share import HEAD, is_shared, share, shared

DRAWN = {
    "data.target": "strokes",
    "data.strokes": [[0.1 * i - 2, (i % 7) / 3 - 1] for i in range(40)],
}
LINE = share(Settings.of(DRAWN), "Drawn by hand", 120.0)


def packed(plain: bytes, head: str = HEAD) -> str:
    """A share string around any bytes, its checksum right."""
    body = zlib.compress(plain, 9)
    raw = sha256(body).digest()[:6] + body
    return head + base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize("name", presets())
def test_every_preset_comes_back(name: str) -> None:
    preset = presets()[name]
    line = share(preset.settings, preset.title, preset.speed)
    assert line.startswith("ganviz1:")
    assert set(line[len(HEAD) :]) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
    )
    again = shared(line)
    assert (again.settings, again.title, again.speed) == (
        preset.settings,
        preset.title,
        preset.speed,
    )
    assert len(line) < 700


def context(path: str) -> dict[str, object]:
    """Values of other parameters with which this one means something."""
    found: dict[str, object] = {}
    conditions = list(PARAMETERS[path].when.items())
    others = [each for each in conditions if each[0] != KIND]
    for owner, kinds in [each for each in conditions if each[0] == KIND] + others[:1]:
        positive = 0.5 if PARAMETERS[owner].kind == "float" else 4
        found |= {**context(owner), owner: positive if kinds == (POSITIVE,) else kinds[0]}
    return found


def other(parameter: Parameter) -> object:
    if parameter.choices:
        return next((c for c in parameter.choices if c != parameter.default), parameter.default)
    match parameter.kind:
        case "bool":
            return not parameter.default
        case "text":
            return 'z^2 + "ü"' if parameter.path != "generator.formula" else "z^3 - 3*z"
        case "list" if parameter.path == "data.strokes":
            return ((1.0, 0.5), (-1.0, 0.1))
        case "list":
            return (3, 1) if "hidden" in parameter.path else (0.1, 0.7)
        case "int":
            assert parameter.low is not None
            return 3 if parameter.default == 2 else max(2, int(parameter.low))
        case _:
            assert parameter.low is not None
            assert parameter.high is not None
            return parameter.low + (parameter.high - parameter.low) / 3


@pytest.mark.parametrize(
    "path", [p for p in PARAMETERS if PARAMETERS[p].kind != "file" and p != "data.standardise"]
)
def test_every_parameter_comes_back(path: str) -> None:
    values = {**context(path), path: other(PARAMETERS[path])}
    values |= {"latent.dim": 2} if path == "latent.kind" else {}
    values |= {"data.target": "digits"} if values[path] == "conv" else {}
    settings = Settings.of(values)
    again = shared(share(settings)).settings
    assert again == settings
    assert get(again, path) == get(settings, path)


def test_what_was_drawn_travels_to_the_last_digit() -> None:
    curve = Settings.of({"data.target": "curve", "data.curve": [0.1, 1 / 3, 0.7, 1e-9, 0.2]})
    assert shared(share(curve)).settings == curve
    preset = shared(LINE)
    assert preset.settings == Settings.of(DRAWN)
    assert (preset.title, preset.speed) == ("Drawn by hand", 120.0)
    assert shared(share(curve)).speed == inf


def test_what_mails_do_to_a_line_is_undone() -> None:
    broken = "\r\n".join(LINE[i : i + 60] for i in range(0, len(LINE), 60))
    for line in (
        broken,
        f"  <{LINE}>\n",
        f"“{LINE}”.",
        LINE.replace("Z", "Z\u200b \t"),
        LINE + "\n\n",
    ):
        assert is_shared(line)
        assert shared(line) == shared(LINE)


def refusal(line: str) -> str:
    """The sentence a line is refused with, or nothing; anything but a refusal fails the test."""
    try:
        shared(line)
    except ParamError as error:
        return str(error)
    return ""


@given(st.data())
def test_a_damaged_string_is_refused_in_a_sentence(data: st.DataObject) -> None:
    at = data.draw(st.integers(len(HEAD), len(LINE) - 1))
    way = data.draw(st.sampled_from(["cut", "swap", "drop", "add"]))
    letter = data.draw(st.sampled_from("abcXYZ019-_!ü="))
    tail = {
        "cut": "",
        "swap": letter + LINE[at + 1 :],
        "drop": LINE[at + 1 :],
        "add": letter + LINE[at:],
    }[way]
    line = LINE[:at] + tail
    sentence = refusal(line)
    if not sentence:  # only where nothing was damaged, or a bit that base64 does not read
        assert shared(line) == shared(LINE)
    else:
        assert sentence.startswith("ganviz1:")
        assert sentence.endswith("copy all of it again")


@given(st.text())
@example("ganviz1:")
@example("ganviz1:====")
@example("ganviz99999999:x")
def test_any_text_gives_a_game_or_a_sentence(text: str) -> None:
    for line in (text, HEAD + text):
        with pytest.raises(ParamError):
            shared(line)


@given(st.binary(max_size=60))
def test_any_content_gives_a_game_or_a_sentence(plain: bytes) -> None:
    assert "\n" not in refusal(packed(plain))


def test_bombs_newer_strings_and_files_are_refused() -> None:
    bomb = packed(b"#" * (2**20 + 1))
    assert len(bomb) < 2000
    with pytest.raises(ParamError, match="must hold at most 1 MB"):
        shared(bomb)
    assert shared(packed(b"#" * 2**20)).settings == Settings()
    with pytest.raises(ParamError, match="a newer ganviz wrote the share string"):
        shared(packed(b"", "ganviz2:"))
    with pytest.raises(ParamError, match="format = 2"):
        shared(packed(b"format = 2"))
    with pytest.raises(ParamError, match=r"train\.k = 0: must be at least 1"):
        shared(packed(b"[train]\nk = 0"))
    with pytest.raises(ParamError, match=r"data\.file"):
        shared(packed(b'[data]\ntarget = "file"\nfile = "/etc/passwd"'))
    with pytest.raises(ParamError, match=r"data\.file = points\.csv: a share string cannot carry"):
        share(Settings.of({"data.target": "file", "data.file": "points.csv"}))


def test_a_file_that_no_longer_acts_hinders_nobody() -> None:
    settings = Settings.of({"data.target": "file", "data.file": "points.csv"})
    line = share(settings.with_({"data.target": "ring"}))
    assert shared(line).settings.data.file is None


def test_the_command_line_prints_and_opens_share_strings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["share", "ring", "--set", "train.k=3"]) == 0
    line = capsys.readouterr().out.strip()
    assert shared(line).settings == presets()["ring"].settings.with_({"train.k": 3})
    out = tmp_path / "run"
    assert cli.main(["run", "--share", line, "--steps", "1", "--out", str(out)]) == 0
    table = tomllib.loads((out / "settings.toml").read_text("utf-8"))
    assert table["train"]["k"] == 3
    assert table["data"]["target"] == "ring"
    capsys.readouterr()
    assert cli.main(["run", "--share", line[:-9], "--steps", "1", "--out", str(out)]) == 2
    assert "damaged or cut short" in capsys.readouterr().err
    both = ["--share", line, "--preset", "ring"]
    assert cli.main(["run", *both, "--steps", "1", "--out", str(out)]) == 2
    assert "give one of them" in capsys.readouterr().err
