"""A run file holds the whole tape, bit for bit, and no file can do harm."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import struct
import tomllib
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save

from ganviz.engine import Engine
from ganviz.frame import Look, TraceWriter
from ganviz.presets import presets
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.tape import Place, Tape, runfile
from ganviz.tape.lane import Lane
from ganviz.tape.tape import Kept

SMALL = {
    "generator.hidden": (8,),
    "discriminator.hidden": (8,),
    "train.batch": 16,
    "train.measure_every": 20,
}


def settings(**values: Any) -> Settings:
    return presets()["two-modes"].settings.with_({**SMALL, **values})


def busy() -> Lane:
    """A lane after changes of every kind, with branches and bookmarks."""
    lane = Lane(Tape(title="Zwei Buckel – “two”"), settings())
    lane.step(53)
    lane.change({"train.k": 3})
    lane.change({"train.k": 2}, joined=True)
    lane.step(30)
    lane.step_player("generator")
    lane.change({"optim.lr_d": 0.01, "data.scale": 3.0})
    lane.change({"data.scale": None})
    lane.change({"discriminator.pack": 2})
    lane.change({"generator.hidden": (6, 6), "optim.ema": 0.9, "optim.kind_g": "sgd"})
    lane.step(41)
    lane.seek(lane.tape.place(0, 60))
    lane.change({"train.replay": 0.5, "train.replay_size": 64})  # branch B
    lane.step(70)
    lane.tape.bookmark(lane.place, 'see "this"\nand that')
    lane.change({"discriminator.kind": "linear"})
    lane.step(30)
    lane.undo()
    lane.step(5)  # branch C
    lane.change({"data.target": "ring"})
    lane.step(45)
    lane.change({"train.seed": 7})  # branch D
    lane.step(33)
    lane.change({"train.dtype": "float64"})
    lane.step(9)
    lane.keep_end()
    return lane


def same_moment(mine: Kept, other: Kept) -> None:
    assert (mine.step, mine.marks, mine.unread, mine.fixed) == (
        other.step, other.marks, other.unread, other.fixed,
    )  # fmt: skip
    a, b = mine.moment, other.moment
    assert (a.step, a.settings, a.block, a.used, a.how) == (
        b.step, b.settings, b.block, b.used, b.how,
    )  # fmt: skip
    assert a.held == b.held
    assert list(a.measured.items()) == list(b.measured.items())
    assert list(a.players) == list(b.players)
    arrays = [(a.memory[name], b.memory[name]) for name in a.memory]
    assert a.memory.keys() == b.memory.keys()
    for name, player in a.players.items():
        assert player.updates == b.players[name].updates
        arrays.append((player.flat, b.players[name].flat))
        arrays += list(zip(player.moments, b.players[name].moments, strict=True))
    assert (a.captured is None) == (b.captured is None)
    if a.captured is not None:
        arrays.append((a.captured, b.captured))
    assert a.standing is not None
    assert b.standing is not None
    for name in ("begun", "looked", "judged", "norms_at", "counts", "verdict", "written"):
        assert getattr(a.standing, name) == getattr(b.standing, name)
    arrays += [(a.standing.looks, b.standing.looks), (a.standing.orbit, b.standing.orbit)]
    for one, two in arrays:
        assert one.dtype == two.dtype
        np.testing.assert_array_equal(one, two)


def same_tape(mine: Tape, other: Tape) -> None:
    for name in ("budget", "title", "stride", "bookmarks", "used"):
        assert getattr(mine, name) == getattr(other, name), name
    assert len(mine.branches) == len(other.branches)
    for a, b in zip(mine.branches, other.branches, strict=True):
        for name in ("number", "parent", "first", "shared", "settings", "columns", "origin",
                     "marks", "text", "last"):  # fmt: skip
            assert getattr(a, name) == getattr(b, name), name
        np.testing.assert_array_equal(a.rows, b.rows)
        assert [kept.key for kept in a.kept] == [kept.key for kept in b.kept]
        for one, two in zip(a.kept, b.kept, strict=True):
            same_moment(one, two)


@pytest.fixture(scope="module")
def lane() -> Lane:
    return busy()


@pytest.fixture(scope="module")
def whole(lane: Lane, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "busy.ganviz"
    runfile.write(path, lane.tape.copy(), lane.place, Look(theme="dark", probe=(0.5,), until=12))
    return path


def test_what_is_read_is_what_was_written(lane: Lane, whole: Path) -> None:
    run = runfile.read(whole)
    assert len(run.tape.branches) == 4
    assert run.place == lane.place
    assert run.look == Look(theme="dark", probe=(0.5,), until=12)
    assert run.versions == runfile.versions()
    lane.tape.weigh()
    same_tape(run.tape, lane.tape)


def test_a_run_goes_on_from_a_file_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    lane = busy()
    runfile.write(tmp_path / "a.ganviz", lane.tape)
    run = runfile.read(tmp_path / "a.ganviz")
    other = Lane(run.tape, branch=run.place.branch)
    for each in (other, lane):
        each.seek(run.place)
        each.step(50)
        each.seek(each.tape.place(2, 140))
        each.step(10)
        each.change({"loss.kind": "wasserstein"})
        each.step(20)
    for player in ("generator", "discriminator"):
        np.testing.assert_array_equal(other.engine.weights(player), lane.engine.weights(player))
    np.testing.assert_array_equal(other.engine.trace.rows, lane.engine.trace.rows)
    assert other.engine.diagnosis == lane.engine.diagnosis
    assert other.engine.journal == lane.engine.journal


def test_a_file_can_be_read_without_ganviz(lane: Lane, whole: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(whole) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    table = tomllib.loads((tmp_path / "run.toml").read_text("utf-8"))
    assert table["format"] == 1
    assert table["branches"][0]["settings"]["set"]["train.batch"] == 16
    assert table["branches"][0]["marks"][0]["set"] == {"train.k": 3}
    assert [m.get("unset") for m in table["branches"][0]["marks"]].count(["data.scale"]) == 1
    rows = np.load(tmp_path / "trace" / "0.npy", allow_pickle=False)
    np.testing.assert_array_equal(rows, lane.tape.branches[0].rows)
    moments = load_file(tmp_path / "moments" / "0.safetensors")
    first = lane.tape.branches[0].kept[0].moment
    np.testing.assert_array_equal(moments["generator.flat"][0], first.players["generator"].flat)
    journal = list(csv.DictReader((tmp_path / "journal.csv").read_text("utf-8").splitlines()))
    assert journal[0] == {
        "branch": "A", "step": "53", "what": "train.k 1 → 3", "parameter": "train.k",
        "before": "1", "after": "3",
    }  # fmt: skip
    assert "README.txt" in {path.name for path in tmp_path.iterdir()}


# ---- files that are damaged, or made to do harm --------------------------------------------------


def test_moments_of_an_optimiser_must_be_finite(lane: Lane, tmp_path: Path) -> None:
    """A run file of Adam opens only as long as its moments are numbers."""
    for value in (np.nan, np.inf):
        tape = lane.tape.copy()
        branch = tape.branches[0]
        kept = branch.kept[-1]
        player = kept.moment.players["discriminator"]
        broken = player.moments[0].copy()
        broken[-1] = value
        players = {
            **kept.moment.players,
            "discriminator": replace(player, moments=(broken, *player.moments[1:])),
        }
        moment = replace(kept.moment, players=players)
        branch.kept = [*branch.kept[:-1], replace(kept, moment=moment)]
        runfile.write(tmp_path / "nan.ganviz", tape)
        assert "discriminator.moments.0 holds what is no finite" in refused(tmp_path / "nan.ganviz")


def test_no_control_character_of_a_file_reaches_a_terminal(small: Path, tmp_path: Path) -> None:
    entries = unzipped(small)
    table = tomllib.loads(entries["run.toml"].decode())
    bad = refused(zipped(tmp_path / "bad.ganviz", entries, {**table, "stride": "\x1b[31m\x9b"}))
    assert "stride = [31m: must be" in bad
    said = {**table, "title": "a\x1b[2J\x07b", "versions": {"torch": "\x1b]0;x"}}
    run = runfile.read(zipped(tmp_path / "told.ganviz", entries, said))
    assert run.tape.title == "a [2J b"
    assert run.versions == {"torch": " ]0;x"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small file: two numbers, two branches, a change and a bookmark."""
    lane = Lane(Tape(), presets()["saddle-two-numbers"].settings)
    lane.step(24)
    lane.change({"train.k": 2})
    lane.step(20)
    lane.seek(lane.tape.place(0, 12))
    lane.change({"optim.lr_d": 0.02})
    lane.step(12)
    lane.tape.bookmark(lane.place, "here")
    lane.keep_end()
    path = tmp_path_factory.mktemp("small") / "small.ganviz"
    runfile.write(path, lane.tape, look=Look())
    return path


Entries = dict[str, bytes]


def unzipped(path: Path) -> Entries:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(path: Path, entries: Entries, table: dict[str, Any] | None = None) -> Path:
    """Write a file whose sums are right, whatever it holds."""
    if table is not None:
        sums = {n: hashlib.sha256(d).hexdigest() for n, d in entries.items() if n != "run.toml"}
        entries = {**entries, "run.toml": tomli_w.dumps(table | {"files": sums}).encode()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def refused(path: Path) -> str:
    """Return the one sentence with which a file is refused."""
    with pytest.raises(ParamError) as error:
        runfile.read(path)
    sentence = str(error.value)
    assert sentence.startswith(f"{path}: ")
    assert "\n" not in sentence
    assert len(sentence) < len(str(path)) + 300
    return sentence


def put(*keys: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def edit(table: dict[str, Any]) -> None:
        for key in keys[:-1]:
            table = table[key]
        table[keys[-1]] = value

    return edit


MARK = ("branches", 0, "marks", 0)


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (put("format", value=2), "a newer ganviz wrote the file"),
        (put("format", value="one"), "format = one"),
        (put("budget", value=-1), "budget = -1"),
        (put("budget", value=5), "tape budget 5"),
        (put("stride", value=0), "stride = 0"),
        (put("title", value=3), "title = 3"),
        (put("branches", value=[]), "holds no run"),
        (put("branches", value=3), "branches = 3"),
        (put("branches", 0, "last", value=10**12), "not as many rows"),
        (put("branches", 0, "last", value=-3), "last = -3"),
        (put("branches", 0, "first", value=4), "begins at step 0"),
        (put("branches", 0, "columns", value=["step", "step"]), "columns: must be"),
        (put("branches", 0, "columns", 3, value="losss"), "losss is no column"),
        (put("branches", 0, "settings", "set", "train.k", value=0), "train.k = 0"),
        (put("branches", 0, "settings", "set", "train.q", value=0), "train.q"),
        (put("branches", 0, "settings", "set", "discriminator.kind", value="mlp"), "wrong shape"),
        (put("branches", 0, "settings", "set", "optim.kind_g", value="adam"), "another optimiser"),
        (put("branches", 0, "settings", "set", "train.dtype", value="float64"), "wrong shape"),
        (put("branches", 1, "parent", value=1), "parent = 1"),
        (put("branches", 1, "parent", value=-1), "parent = -1"),
        (put("branches", 1, "first", value=13), "not as many rows"),
        (put("branches", 1, "shared", value=1), "has no place at step 12"),
        (put("branches", 0, "origin", value={"branch": 0, "step": 1, "marks": 0}), "comes later"),
        (put(*MARK, "step", value=45), "out of turn"),
        (put(*MARK, "step", value=-1), "step = -1"),
        (put(*MARK, "step", value=10), "has no place"),
        (put(*MARK, "kind", value="magic"), "must be a change, a player, back or weights"),
        (put(*MARK, "set", value={"train.k": 1}), "changes nothing"),
        (put(*MARK, "set", value={"train.k": 2.5}), "train.k = 2.5"),
        (put(*MARK, "set", value={"train.seed": 3}), "a run of its own"),
        (put(*MARK, "set", value={"data.modes": 3}), "means nothing here"),
        (put(*MARK, "unset", value=[3]), "unset"),
        (put(*MARK, "joined", value="no"), "joined"),
        (put(*MARK, "text", value="x" * 30_000), "at most 20,000 letters"),
        (put("place", "branch", value=7), "there is no such branch"),
        (put("place", "step", value=40), "has no place"),
        (put("bookmarks", 0, "step", value=400), "step = 400"),
        (put("bookmarks", 0, "branch", value=2), "branch = 2"),
        (put("look", "theme", value="pink"), "look.theme = pink"),
        (put("versions", value=[1]), "versions"),
    ],
)  # fmt: skip
def test_what_no_run_has_written_is_refused(
    edit: Callable[[dict[str, Any]], None], why: str, small: Path, tmp_path: Path
) -> None:
    entries = unzipped(small)
    table = tomllib.loads(entries["run.toml"].decode())
    edit(table)
    assert why in refused(zipped(tmp_path / "bad.ganviz", entries, table))


def test_a_file_zipped_by_other_hands_opens(small: Path, tmp_path: Path) -> None:
    entries = unzipped(small)
    table = tomllib.loads(entries["run.toml"].decode())
    same_tape(
        runfile.read(zipped(tmp_path / "other.ganviz", entries, table)).tape,
        runfile.read(small).tape,
    )


def npy(array: np.ndarray[Any, Any], pickled: bool = False) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=pickled)
    return file.getvalue()


def moved(arrays: dict[str, Any], name: str, change: Callable[[Any], Any]) -> dict[str, Any]:
    return {**arrays, name: change(arrays[name].copy())}


def with_moments(name: str, change: Callable[[Any], Any], small: Path, folder: Path) -> Path:
    """Write the small file with another array of its moments."""
    entries = unzipped(small)
    table = tomllib.loads(entries["run.toml"].decode())
    data = entries["moments/0.safetensors"]
    about = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])["__metadata__"]
    (folder / "m").write_bytes(data)
    arrays = load_file(folder / "m")
    entries["moments/0.safetensors"] = save(moved(arrays, name, change), metadata=about)
    return zipped(folder / "changed.ganviz", entries, table)


def at(index: Any, value: Any) -> Callable[[Any], Any]:
    def change(array: Any) -> Any:
        array[index] = value
        return array

    return change


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("generator.flat", at(0, np.nan), "no finite number"),
        ("discriminator.flat", at(-1, np.inf), "no finite number"),
        ("standing.looks", at((0, 0), np.nan), "no finite number"),
        ("standing.looks", at((0, 5), np.inf), "no finite number"),
        ("standing.orbit", at((0, 1), np.nan), "holds what is no number"),
        ("standing.steps", at((0, 1), 2**53), "is of a later one"),
        ("standing.looks", at((0, 0), 1e9), "is of a later one"),
        ("used", at(1, 2**53), "more draws than there are"),
        ("generator.flat", lambda a: a[:, :0], "wrong shape"),
        ("generator.flat", lambda a: a[:-1], "wrong shape"),
        ("generator.flat", lambda a: a.astype(np.float64), "wrong shape"),
        ("generator.flat", lambda a: a.astype(np.int32), "header cannot be read"),
        ("branch", at(0, 9), "no such branch"),
        ("branch", at(0, -1), "cannot be"),
        ("step", at(1, 20), "out of turn"),
        ("step", at(-1, 9999), "has no place"),
        ("step", at(0, 3), "first moment is missing"),
        ("marks", at(0, 1), "has no place"),
        ("unread", at(1, 10**9), "more unread rows"),
        ("used", at(1, -1), "cannot be"),
        ("standing", at(0, 10**6), "cannot be"),
        ("how", at(0, 5), "wrong kind"),
        ("held", at((0, 0, 0), np.inf), "range that cannot be"),
        ("standing.looks.count", at(0, 5), "not as long as it says"),
        ("standing.orbit", lambda a: a[:, :1], "wrong shape"),
        ("standing.verdict", at(0, 100), "wrong kind"),
    ],
)  # fmt: skip
def test_moments_that_cannot_be_are_refused(
    name: str, change: Callable[[Any], Any], why: str, small: Path, tmp_path: Path
) -> None:
    assert why in refused(with_moments(name, change, small, tmp_path))


def test_a_run_that_knows_no_widest_ranges_is_read(small: Path, tmp_path: Path) -> None:
    """As they were written before ranges kept something of the widest that they needed."""
    older = runfile.read(with_moments("held", lambda a: a[..., :3].copy(), small, tmp_path))
    kept = [each.moment.held for branch in older.tape.branches for each in branch.kept]
    now = runfile.read(small)
    known = [each.moment.held for branch in now.tape.branches for each in branch.kept]
    assert any(held.widest for fold in known for held in fold.values())
    for fold, same in zip(kept, known, strict=True):
        assert fold == {name: replace(held, widest=0.0) for name, held in same.items()}


def header(data: bytes, edit: Callable[[dict[str, Any]], None]) -> bytes:
    length = struct.unpack("<Q", data[:8])[0]
    table = json.loads(data[8 : 8 + length])
    edit(table)
    text = json.dumps(table).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


def huge(table: dict[str, Any]) -> None:
    table["generator.flat"] |= {"shape": [10**10, 1], "data_offsets": [0, 4 * 10**10]}


def overlapping(table: dict[str, Any]) -> None:
    table["generator.flat"]["data_offsets"] = table["discriminator.flat"]["data_offsets"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: header(d, huge),
        lambda d: header(d, overlapping),
        lambda d: header(d, lambda t: t.pop("step")),
        lambda d: header(d, lambda t: t["step"].update(shape=[-1])),
        lambda d: header(d, lambda t: t["step"].update(shape=[[[]]])),
        lambda d: header(d, lambda t: t["step"].update(dtype="O")),
        lambda d: header(d, lambda t: t.update(__metadata__={"ganviz": "[" * 100_000})),
        lambda d: header(d, lambda t: t.update(__metadata__=[])),
        lambda d: struct.pack("<Q", 10 * 2**30) + d[8:],
        lambda d: struct.pack("<Q", 2**63) + d[8:],
        lambda d: d[:8] + b"\xff" * (len(d) - 8),
        lambda d: d + b"more",
        lambda d: d[:-3],
        lambda d: b"",
    ],
)
def test_hostile_headers_are_refused(
    damage: Callable[[bytes], bytes], small: Path, tmp_path: Path
) -> None:
    entries = unzipped(small)
    table = tomllib.loads(entries["run.toml"].decode())
    entries["moments/0.safetensors"] = damage(entries["moments/0.safetensors"])
    assert "moments" in refused(zipped(tmp_path / "bad.ganviz", entries, table))


@pytest.mark.parametrize(
    "array",
    [
        np.array([{"harm": 1}] * 3, dtype=object),
        np.zeros((44, 37), np.float32),
        np.zeros((44, 37)),
        np.asfortranarray(np.arange(44 * 37.0).reshape(44, 37)),
        np.zeros((37, 44)),
        np.zeros(44 * 37),
    ],
)
def test_traces_that_are_none_are_refused(
    array: np.ndarray[Any, Any], small: Path, tmp_path: Path
) -> None:
    entries = unzipped(small)
    table = tomllib.loads(entries["run.toml"].decode())
    entries["trace/0.npy"] = npy(array, pickled=True)
    assert "trac" in refused(zipped(tmp_path / "bad.ganviz", entries, table))


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/passwd", "C:\\x", "trace/../../x", "moments/1.safetensors", "trace/9.npy"],
)
def test_names_that_lead_elsewhere_are_refused(name: str, small: Path, tmp_path: Path) -> None:
    entries = unzipped(small)
    table = tomllib.loads(entries["run.toml"].decode())
    before = sorted(tmp_path.iterdir())
    refused(zipped(tmp_path / "bad.ganviz", {**entries, name: b"x"}, table))
    assert "is not listed" in refused(zipped(tmp_path / "bad.ganviz", {**entries, name: b"x"}))
    assert sorted(tmp_path.iterdir()) == [*before, tmp_path / "bad.ganviz"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(small: Path, tmp_path: Path) -> None:
    shutil.copy(small, tmp_path / "bad.ganviz")
    with zipfile.ZipFile(tmp_path / "bad.ganviz", "a") as archive:
        archive.writestr("run.toml", b"format = 1")
    assert "run.toml twice" in refused(tmp_path / "bad.ganviz")


def test_a_zip_bomb_is_not_unpacked(small: Path, tmp_path: Path) -> None:
    entries = unzipped(small)
    entries["trace/0.npy"] = bytes(50 * 2**20)
    bomb = refused(zipped(tmp_path / "bad.ganviz", entries))
    assert "nothing is unpacked" in bomb


def test_a_list_of_contents_without_end_is_refused(small: Path, tmp_path: Path) -> None:
    data = bytearray(small.read_bytes())
    data[-10:-6] = struct.pack("<I", 5 * 2**20)
    (tmp_path / "bad.ganviz").write_bytes(bytes(data))
    assert "list of contents" in refused(tmp_path / "bad.ganviz")


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        (b"\xff\xfe", "not text"),
        (b"format = ", "not valid TOML"),
        (b"format = 1\n" + b"a." * 100_000 + b"b = 1", "too deep"),
        (b"format = 1\n" + b"'a'." * 100_000 + b"b = 1", "too deep"),
        (b"format = 1\nx = " + b"[" * 100_000, "not valid TOML"),
        (b"format = 1\nx = " + b"9" * 100_000, "not valid TOML"),
        (b"", "format = none"),
        (b"format = 99", "newer"),
        (b"format = true", "format = True"),
    ],
)
def test_hostile_toml_is_refused(toml: bytes, why: str, small: Path, tmp_path: Path) -> None:
    entries = unzipped(small) | {"run.toml": toml}
    assert why in refused(zipped(tmp_path / "bad.ganviz", entries))


def test_changed_contents_are_noticed(small: Path, tmp_path: Path) -> None:
    entries = unzipped(small)
    entries["trace/0.npy"] = entries["trace/0.npy"][:-8] + struct.pack("<d", 0.25)
    assert "checksum" in refused(zipped(tmp_path / "bad.ganviz", entries))


@pytest.mark.parametrize("data", [b"", b"PK", b"GANVIZ" * 100, bytes(1000)])
def test_what_is_no_run_file_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.ganviz").write_bytes(data)
    assert "no run file" in refused(tmp_path / "bad.ganviz")
    assert "cannot be read" in refused(tmp_path / "none.ganviz")
    assert "cannot be read" in refused(tmp_path)


@hypothesis_settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_flipped_byte_and_no_cut_does_harm(small: Path, tmp_path: Path, data: Any) -> None:
    whole = bytearray(small.read_bytes())
    if data.draw(st.booleans()):
        whole = whole[: data.draw(st.integers(0, len(whole) - 1))]
    for _ in range(data.draw(st.integers(1, 6))):
        if whole:
            # Most of a file is arrays: the structure at its end gets its share.
            back = data.draw(st.one_of(st.integers(1, len(whole)), st.integers(1, 1200)))
            whole[-min(back, len(whole))] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "bad.ganviz"
    path.write_bytes(bytes(whole))
    try:
        tape = runfile.read(path).tape
    except ParamError:
        refused(path)
    else:  # what was hit says nothing, such as a date
        same_tape(tape, runfile.read(small).tape)


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.lists(st.integers(-5, 5), max_size=3), st.dictionaries(st.text(max_size=5), st.integers()),
)  # fmt: skip


@hypothesis_settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_value_in_the_table_does_harm(small: Path, tmp_path: Path, data: Any) -> None:
    entries = unzipped(small)
    table = tomllib.loads(entries["run.toml"].decode())
    node: Any = table
    while True:
        key = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
        deeper = isinstance(node[key], dict | list) and node[key]
        if not deeper or data.draw(st.integers(0, 4)) == 0:
            break
        node = node[key]
    value = data.draw(JUNK)
    if value is None:
        del node[key]
    else:
        node[key] = value
    try:
        path = zipped(tmp_path / "bad.ganviz", entries, table)
    except (TypeError, ValueError):  # surrogates cannot be written
        return
    with suppress(ParamError):
        Lane(runfile.read(path).tape, branch=1)


def test_nothing_to_write_is_said(tmp_path: Path) -> None:
    with pytest.raises(ParamError, match="nothing has been recorded"):
        runfile.write(tmp_path / "a.ganviz", Tape())
    assert not list(tmp_path.iterdir())


def test_a_write_that_fails_leaves_the_old_file(
    lane: Lane, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copy(small, tmp_path / "a.ganviz"))
    before = path.read_bytes()
    monkeypatch.setattr(runfile, "_journal", lambda tape: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        runfile.write(path, lane.tape)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_in_which_nothing_moves_can_be_read(tmp_path: Path) -> None:
    """Its trace shrinks more than any other, and still less than a bomb."""
    lane = Lane(Tape(), presets()["saddle-two-numbers"].settings)
    lane.step(8)
    branch = lane.tape.branches[0]
    rows = np.repeat(branch.rows[:1], 10_000, axis=0)
    rows[:, 0] = np.arange(1, 10_001)
    branch.trace = TraceWriter(branch.columns, rows).trace()
    runfile.write(tmp_path / "a.ganviz", lane.tape)
    assert runfile.read(tmp_path / "a.ganviz").tape.branches[0].last == 10_000


def test_an_older_trace_gets_the_columns_of_today(small: Path, tmp_path: Path) -> None:
    entries = unzipped(small)
    table = tomllib.loads(entries["run.toml"].decode())
    columns = table["branches"][0]["columns"]
    gone = columns.index("energy")
    del columns[gone]
    for name in ("trace/0.npy", "trace/1.npy"):
        rows = np.load(io.BytesIO(entries[name]))
        entries[name] = npy(np.ascontiguousarray(np.delete(rows, gone, axis=1)))
    run = runfile.read(zipped(tmp_path / "older.ganviz", entries, table))
    same_tape(run.tape, runfile.read(small).tape)
    engine = Engine(run.tape.branches[0].settings)
    assert run.tape.branches[1].columns == engine.trace.columns


def test_settings_that_mean_nothing_at_present_are_kept(tmp_path: Path) -> None:
    packed = settings(**{"discriminator.pack": 2}).with_({"discriminator.kind": "linear"})
    assert isinstance(packed, Settings)
    lane = Lane(Tape(), packed)
    lane.step(4)
    lane.change({"discriminator.kind": "mlp"})
    lane.step(4)
    runfile.write(tmp_path / "a.ganviz", lane.tape, Place(0, 4, 0))
    run = runfile.read(tmp_path / "a.ganviz")
    assert run.place == Place(0, 4, 0)
    again = Lane(run.tape, branch=0)
    again.step(8)
    np.testing.assert_array_equal(
        again.engine.weights("discriminator"), lane.engine.weights("discriminator")
    )


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_moments_of_a_long_run_stay_within_the_budget(tmp_path: Path) -> None:
    lane = Lane(Tape(budget=8 * 2**20), presets()["saddle-two-numbers"].settings)
    lane.step(100_000)
    lane.keep_end()
    runfile.write(tmp_path / "long.ganviz", lane.tape)
    with zipfile.ZipFile(tmp_path / "long.ganviz") as archive:
        sizes = [e.file_size for e in archive.infolist() if e.filename.startswith("moments/")]
    print(f"{sum(sizes) / 2**20:.1f} MB of moments, one every {lane.tape.stride} steps")
    assert sum(sizes) <= lane.tape.budget
    run = runfile.read(tmp_path / "long.ganviz")
    assert run.tape.used <= run.tape.budget
    assert run.tape.branches[0].last == 100_000
