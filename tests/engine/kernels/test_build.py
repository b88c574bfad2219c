"""Compiling a kernel once, keeping it, and loading it: shown on a toy of two functions."""

from __future__ import annotations

import ast
import ctypes
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import llvmlite.binding as llvm
import numpy as np
import pytest
from patience import alive, until

from ganviz.engine import Engine
from ganviz.engine.kernels.compiled import build, load, store
from ganviz.engine.kernels.compiled.load import Listener, Unavailable
from ganviz.engine.kernels.plain import Plain
from ganviz.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
TOY = '''
"""Two functions of numbers at an address, and one that raises."""
import math
import numba
from numba import types
from numba.extending import intrinsic

@intrinsic
def at(context, address):
    def pointer(inner, builder, signature, arguments):
        return builder.inttoptr(arguments[0], inner.get_value_type(signature.return_type))
    return types.CPointer(types.float64)(types.int64), pointer

@numba.njit(error_model="numpy")
def bent(x):
    return math.exp(x) / (1 + abs(x))

def bend(address, n, scale):
    values = numba.carray(at(address), n)
    total = 0.0
    for i in range(n):
        values[i] = scale * bent(values[i])
        total += values[i]
    return total

def count(n):
    x = 1
    for i in range(n):
        x = (x * 6364136223846793005 + i) ^ (x >> 7)
    return x

FUNCTIONS = {
    "bend": (types.float64(types.int64, types.int64, types.float64), bend),
    "count": (types.int64(types.int64), count),
}

def loud(n):
    if n < 0:
        raise ValueError("below zero")
    return n

LOUD = {"loud": (types.int64(types.int64), loud)}
'''
MAKE = """
import sys
from pathlib import Path
from ganviz.engine.kernels.compiled import build, store
sort = store.level()
build.settle(sort)
import toy
names = [*toy.FUNCTIONS]
pieces = [build.compiled({name: toy.FUNCTIONS[name]}, sort) for name in names]
functions = {name: types for piece in pieces for name, types in piece.functions.items()}
whole = store.Kept(functions, tuple(piece.codes[0] for piece in pieces))
store.write(store.fingerprint(sort), whole, (Path(sys.argv[1]),))
try:
    build.compiled(toy.LOUD, sort)
except build.Unfit as error:
    print(error)
"""


def python(*words: str, path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run Python with this ganviz and the modules of a folder."""
    return subprocess.run(
        [sys.executable, *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(ROOT)]), **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A toy that was compiled: the file, and what was said to the function that raises."""
    folder = tmp_path_factory.mktemp("toy")
    (folder / "toy.py").write_text(TOY)
    # Nobody's own wishes for numba may change what is compiled, least of all not to compile.
    made = python("-c", MAKE, str(folder / "cache"), path=folder, NUMBA_DISABLE_JIT="1")
    assert made.returncode == 0, made.stderr
    (file,) = (folder / "cache").glob("kernel-*.bin")
    return SimpleNamespace(folder=folder, file=file, said=made.stdout)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A process that has loaded no kernel, and a folder of its own for them."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(store, "folders", lambda: (folder,))
    monkeypatch.setattr(load, "_found", None)
    return folder


def mark() -> str:
    return store.fingerprint(store.level())


def here(cache: Path) -> Path:
    return store.path_in(cache, mark())


class Heard:
    """Who is told; ``leave`` may be set."""

    def __init__(self) -> None:
        self.said: list[tuple[str, float]] = []
        self.complaints: list[str] = []
        self.leave = False
        self.listener = Listener(
            lambda words, share: self.said.append((words, share)),
            self.complaints.append,
            lambda: self.leave,
        )


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Who is told instead of the terminal."""
    heard = Heard()
    before = load.listen(heard.listener)
    yield heard
    load.listen(before)


def working(program: str) -> Callable[..., list[str]]:
    """Return a command that compiles by a program, given a folder, a share and how many."""

    def command(rules: str, sort: str, folder: Path, share: int, shares: int) -> list[str]:
        words = [str(word) for word in (folder, share, shares)]
        return [sys.executable, "-S", "-c", program, *words]

    return command


@pytest.fixture
def compiling(
    toy: SimpleNamespace, cache: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> Heard:
    """Compile by copying: the first worker has the toy, the others nothing."""
    kept = store.read(toy.file, mark())
    assert kept is not None
    nothing = store.Kept({}, ())
    for share in range(build.MOST):
        each = kept if share == 0 else nothing
        store.write(f"share-{share}", each, (toy.folder / f"{share}",))
    program = (
        "import pathlib, sys, time; to = pathlib.Path(sys.argv[1]); number = sys.argv[2];"
        "(to / f'done-{number}').write_text('1/2'); time.sleep(0.2); name = f'share-{number}';"
        f"file = pathlib.Path({str(toy.folder)!r}) / number / f'kernel-{{name}}.bin';"
        "(to / file.name).write_bytes(file.read_bytes())"
    )
    monkeypatch.setattr(build, "command", working(program))
    return heard


def test_the_functions_compute_what_they_say(toy: SimpleNamespace) -> None:
    kept = store.read(toy.file, mark())
    assert kept is not None
    assert kept.functions["bend"] == ("float64", "int64", "int64", "float64")
    functions = load.linked(kept)
    values = np.linspace(-2, 3, 33)
    expected = 1.5 * np.exp(values) / (1 + np.abs(values))
    total = functions["bend"].call(values.ctypes.data, len(values), 1.5)
    np.testing.assert_allclose(values, expected, rtol=1e-14)
    assert total == pytest.approx(expected.sum(), rel=1e-13)
    address = ctypes.cast(functions["count"].call, ctypes.c_void_p).value
    assert address == functions["count"].address
    assert functions["count"].held(1000) == functions["count"].call(1000)


def test_other_threads_run_while_a_function_does(toy: SimpleNamespace) -> None:
    kept = store.read(toy.file, mark())
    assert kept is not None
    spin = load.linked(kept)["count"].call
    turns, over = [0], threading.Event()

    def turn() -> None:
        while not over.is_set():
            turns[0] += 1

    beside = threading.Thread(target=turn)
    beside.start()
    try:
        while not turns[0]:
            time.sleep(0.001)
        before = turns[0]
        spin(100_000_000)  # longer than the interpreter's switch interval by far
        during = turns[0] - before
    finally:
        over.set()
        beside.join()
    assert during > 1000


def test_loading_needs_no_numba(toy: SimpleNamespace) -> None:
    program = (
        "import sys; sys.modules['numba'] = None\n"
        "from pathlib import Path\n"
        "from ganviz.engine.kernels.compiled import load, store\n"
        "kept = store.read(Path(sys.argv[1]), sys.argv[2])\n"
        "print(load.linked(kept)['count'].call(3))"
    )
    done = python("-c", program, str(toy.file), mark(), path=toy.folder)
    x = 1
    for i in range(3):
        x = (x * 6364136223846793005 + i) ^ (x >> 7)
        x = (x + 2**63) % 2**64 - 2**63
    assert done.stdout.strip() == str(x), done.stderr


def test_a_function_that_may_raise_is_not_compiled(toy: SimpleNamespace) -> None:
    assert toy.said.startswith("loud: must neither raise, allocate nor call Python")


def test_it_is_started_without_a_word_of_warning(tmp_path: Path) -> None:
    own = build.command("toy", "generic", tmp_path, 0, 1)
    assert own[0] == sys.executable
    done = python("-W", "error::RuntimeWarning", *own[1:3], "--help", path=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""


def test_it_is_compiled_once_and_said_how_far_it_is(compiling: Heard, cache: Path) -> None:
    first = load.functions()
    assert set(first) == {"bend", "count"}
    assert compiling.said[0] == (load.COMPILING, 0.0)
    assert (load.COMPILING, 0.5) in compiling.said
    assert compiling.said[-1] == ("", 1.0)
    before = len(compiling.said)
    assert load.functions() is first
    load._found = None  # another start
    assert set(load.functions()) == {"bend", "count"}
    assert len(compiling.said) == before
    assert not compiling.complaints


def flipped(data: bytes) -> bytes:
    return data[:200] + bytes([data[200] ^ 1]) + data[201:]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:20],
        flipped,
        lambda data: data + b"\0",
        lambda data: pickle.dumps({"functions": {}}),
        lambda data: b"ganviz kernel 1\n" + store._digest(b"x") + b"x",
    ],
    ids=["empty", "half", "a head", "a bit", "a byte more", "a pickle", "nothing in it"],
)
def test_what_is_not_whole_is_compiled_anew(
    spoil: object, toy: SimpleNamespace, compiling: Heard, cache: Path
) -> None:
    cache.mkdir()
    here(cache).write_bytes(spoil(toy.file.read_bytes()))  # type: ignore[operator]
    assert load.functions()["count"].call(0) == 1
    assert compiling.said


def test_a_kernel_of_other_sources_is_not_taken(
    toy: SimpleNamespace, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = mark()
    assert store.read(toy.file, before) is not None
    (tmp_path / "rules.py").write_text("other rules")
    monkeypatch.setattr(store, "SOURCES", (*store.SOURCES, tmp_path / "rules.py"))
    assert mark() != before
    assert store.read(toy.file, mark()) is None  # renamed, it would still not be
    monkeypatch.undo()
    monkeypatch.setattr(metadata, "version", lambda name: "9.9")
    assert mark() != before


def test_all_that_the_rules_are_made_of_belongs_to_their_fingerprint() -> None:
    """Nothing that a source imports of ganviz is missing, but what has no numbers to compile."""
    idle = {"ganviz.catalog.formula", "ganviz.schema", "ganviz.engine.kernels.compiled.store"}
    for source in store.SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("ganviz"):
                continue
            inside = [f"{node.module}.{each.name}" for each in node.names]
            for name in (node.module or "", *inside):
                file = ROOT / f"{name.replace('.', '/')}.py"
                assert not file.exists() or file in store.SOURCES or name in idle, (source, name)


def test_one_compiles_and_the_others_wait(compiling: Heard, cache: Path) -> None:
    files: list[Path | None] = []
    threads = [threading.Thread(target=lambda: files.append(build.build())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(file is None for file in files) == [False, True, True]
    assert store.find(mark()) is not None
    assert not list(cache.glob("*.part"))


HOLD = """
import sys
from pathlib import Path
from ganviz.engine.kernels.compiled import store
with store.alone((Path(sys.argv[1]),), lambda: None):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(cache: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that compiles for the same folder, until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(cache)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_who_is_waited_for_is_said_and_what_it_compiled_is_taken(
    other: subprocess.Popen[str], toy: SimpleNamespace, compiling: Heard, cache: Path
) -> None:
    def done() -> None:
        here(cache).write_bytes(toy.file.read_bytes())
        assert other.stdin is not None
        other.stdin.close()

    later = threading.Timer(0.3, done)
    later.start()
    assert set(load.functions()) == {"bend", "count"}
    later.join()
    assert compiling.said == [(load.WAITING, 0.0), ("", 1.0)]


def test_who_stands_still_is_waited_for_a_while_and_no_longer(
    other: subprocess.Popen[str],
    compiling: Heard,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "PATIENCE", 0.3)
    if hasattr(signal, "SIGSTOP"):
        other.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    assert set(load.functions()) == {"bend", "count"}
    assert time.monotonic() - began >= 0.3
    assert compiling.said[0] == (load.WAITING, 0.0)
    assert (load.COMPILING, 0.5) in compiling.said
    assert store.find(mark()) is not None
    assert other.poll() is None
    assert store.occupied((cache,))


def test_who_does_not_want_to_wait_for_another_need_not(
    other: subprocess.Popen[str], compiling: Heard
) -> None:
    leaving = threading.Timer(0.2, setattr, (compiling, "leave", True))
    leaving.start()
    for _ in range(2):  # nor does it begin to wait for each kernel that is asked for then
        with pytest.raises(Unavailable):
            load.functions()
    leaving.join()
    assert compiling.said == [(load.WAITING, 0.0), ("", 1.0)]
    assert not compiling.complaints


KEPT = store.Kept({"f": ("none",)}, (b"code", b"and more"))


def test_where_the_package_cannot_be_written_the_users_folder_is_taken(tmp_path: Path) -> None:
    blocked, own = tmp_path / "a file", tmp_path / "caches" / "ganviz"
    blocked.write_text("")
    with store.alone((blocked, own), lambda: None):
        file = store.write("m", KEPT, (blocked, own))
    assert file == store.path_in(own, "m")
    assert store.find("m", (blocked, own)) == KEPT
    if os.name != "nt":
        assert file.stat().st_mode & 0o777 == 0o644


def test_no_more_than_a_few_kernels_are_kept(tmp_path: Path) -> None:
    for n in range(store.KEPT + 3):
        file = store.write(f"m{n}", KEPT, (tmp_path,))
        os.utime(file, (n, n))
    store.write("last", KEPT, (tmp_path,))
    left = {path.name for path in tmp_path.iterdir()}
    assert "kernel-last.bin" in left
    assert len(left) == store.KEPT


@pytest.mark.parametrize(
    ("system", "variable", "end"),
    [("linux", "XDG_CACHE_HOME", "ganviz"), ("win32", "LOCALAPPDATA", "ganviz")],
)
def test_the_users_folder_is_where_the_system_has_it(
    system: str, variable: str, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv(variable, str(tmp_path))
    assert store.folders()[1] == tmp_path / end


# ---- where it is not to be had -------------------------------------------------------------------


SENTENCE = "The fast kernel is not to be had ({}): every run takes the plain one."


def test_without_numba_a_sentence_says_so_once(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "numba.py").write_text("raise ModuleNotFoundError(\"No module named 'numba'\")")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    command = build.command
    monkeypatch.setattr(build, "MOST", 1)
    monkeypatch.setattr(build, "command", lambda rules, *more: command("numba", *more))
    for _ in range(2):
        with pytest.raises(Unavailable):
            load.functions()
    reason = "ModuleNotFoundError: No module named 'numba'"
    assert capsys.readouterr().err.splitlines() == [
        f"ganviz: {load.COMPILING}.",
        f"ganviz: {SENTENCE.format(reason)}",
    ]


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("", "exit code 0"),
        ("import sys; sys.exit('OSError: no space')", "OSError: no space"),
        ("import os; os._exit(7)", "exit code 7"),
    ],
    ids=["nothing kept", "a reason", "a crash"],
)
def test_why_compiling_failed_is_said(
    program: str, reason: str, cache: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "command", working(program))
    with pytest.raises(Unavailable):
        load.functions()
    assert heard.complaints == [SENTENCE.format(reason)]
    assert heard.said[-1] == ("", 1.0)


def test_a_run_says_why_it_is_played_plainly_in_one_sentence() -> None:
    engine = Engine(Settings())
    reason = load._because("no numba")
    assert Plain(engine.family, reason).about.endswith(f"autograd. {reason}")
    assert Plain(engine.family, "of a penalty").about.endswith("this game: of a penalty.")


def test_where_no_folder_can_be_written_that_is_said(
    compiling: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("")
    monkeypatch.setattr(store, "folders", lambda: (blocked,))
    reason = f"it cannot be kept: nothing can be written into {blocked}"
    with pytest.raises(Unavailable, match=re.escape(reason)):
        load.functions()
    assert len(compiling.complaints) == 1
    assert not compiling.said  # nor is it compiled at every start for nothing


@pytest.mark.skipif(os.name == "nt", reason="no limit to the size of files there")
def test_where_there_is_no_room_that_is_said_before_anything_is_compiled(
    compiling: Heard, cache: Path
) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, limits[1]))  # an empty file, no kernel
    try:
        assert not store.writable((cache,))
        with pytest.raises(Unavailable, match="cannot be kept"):
            load.functions()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not compiling.said
    assert store.writable((cache,))
    assert not [each for each in cache.iterdir() if each.stat().st_size]


def test_who_has_no_home_has_the_kernel_beside_its_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert store.folders() == (Path(store.__file__).parent / "__pycache__",)


def test_the_terminal_is_told_once_and_again_when_it_is_another_s_turn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Who waited for another and compiles itself then says so, however far that is by then."""
    for words, share in (
        (load.WAITING, 0.0),
        (load.COMPILING, 0.1),
        (load.COMPILING, 0.2),
        ("", 1.0),
        (load.COMPILING, 0.0),
    ):
        load._TERMINAL.tell(words, share)
    told = capsys.readouterr().err.splitlines()
    assert [line.removeprefix("ganviz: ").rstrip(".") for line in told] == [
        words.rstrip(".") for words in (load.WAITING, load.COMPILING, load.COMPILING)
    ]


def test_code_that_asks_for_what_is_not_there_is_refused_and_not_run(
    cache: Path, heard: Heard
) -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(
        "declare i64 @nobody_has_this()\n"
        "define i64 @f() {\n  %x = call i64 @nobody_has_this()\n  ret i64 %x\n}"
    )
    machine = llvm.Target.from_default_triple().create_target_machine(reloc="pic")
    kept = store.Kept({"f": ("int64",)}, (machine.emit_object(module),))
    store.write(mark(), kept, (cache,))
    with pytest.raises(Unavailable, match="materialize"):
        load.functions()
    assert len(heard.complaints) == 1


def test_code_of_another_system_is_refused(cache: Path, heard: Heard) -> None:
    store.write(mark(), store.Kept({"f": ("int64",)}, (b"MZ not code at all",)), (cache,))
    with pytest.raises(Unavailable, match="not to be had"):
        load.functions()
    assert len(heard.complaints) == 1


def test_a_bundle_compiles_nothing(
    cache: Path, heard: Heard, toy: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = store.read(toy.file, mark())
    assert kept is not None
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(Unavailable, match="this bundle holds none"):
        load.functions()
    monkeypatch.setattr(load, "_found", None)
    store.write(store.fingerprint(store.level(), bundled=True), kept, (cache,))
    assert load.functions()["count"].call(0) == 1


def test_who_does_not_want_to_wait_need_not_and_may_ask_again(
    compiling: Heard, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = build.command
    monkeypatch.setattr(build, "command", working("import time; time.sleep(60)"))
    began = time.monotonic()
    leaving = threading.Timer(0.2, setattr, (compiling, "leave", True))
    leaving.start()
    with pytest.raises(Unavailable):
        load.functions()
    leaving.join()
    assert time.monotonic() - began < 20
    assert not compiling.complaints
    compiling.leave = False
    monkeypatch.setattr(build, "command", real)
    assert load.functions()["count"].call(0) == 1


# ---- who waits is called off, or gone ------------------------------------------------------------

#: A ganviz whose kernel takes for ever to compile, in its processes as well.
ENDLESS = """
import sys
from pathlib import Path
from ganviz.engine.kernels.compiled import build, store
command = build.command
store.folders = lambda: (Path(sys.argv[0]).parent / "cache",)
build.command = lambda rules, *more: command("endless", *more)
if __name__ == "__main__":
    from ganviz.__main__ import main
    main()
"""
#: What its compilers compile: each says who it is and stays at it.
RULES = """
import os, pathlib, time
(pathlib.Path(__file__).parent / f"compiler-{os.getpid()}").touch()
time.sleep(100)
"""


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a ganviz that compiles for ever; and put an end to it."""
    (tmp_path / "slow.py").write_text(ENDLESS)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "endless.py").write_text(RULES)
    (tmp_path / "temporary").mkdir()
    paths = os.pathsep.join([str(tmp_path / "rules"), str(ROOT)])
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> subprocess.Popen[bytes]:
        with (tmp_path / "said").open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, "-P", str(tmp_path / "slow.py"), *words],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": paths, "TMPDIR": str(tmp_path / "temporary")},
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
            )
        started.append(process)
        until(lambda: process.poll() is not None or compilers(tmp_path))
        assert compilers(tmp_path), (tmp_path / "said").read_text()
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
    for number in compilers(tmp_path):
        if alive(number):
            os.kill(number, signal.SIGKILL)


def compilers(folder: Path) -> list[int]:
    return [int(file.name.split("-")[1]) for file in (folder / "rules").glob("compiler-*")]


def assert_nothing_stays(folder: Path) -> None:
    until(lambda: not any(map(alive, compilers(folder))), 20)
    until(lambda: not [*(folder / "temporary").glob("ganviz-kernel-*")], 5)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads who is alive in /proc")
def test_ctrl_c_ends_what_the_set_up_compiles(tmp_path: Path) -> None:
    """It is a command of its own there; no traceback is left behind, nor a compiler."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "endless.py").write_text(RULES)
    (tmp_path / "temporary").mkdir()
    paths = os.pathsep.join([str(tmp_path / "rules"), str(ROOT)])
    own = [sys.executable, "-m", "ganviz.engine.kernels.compiled", "--rules", "endless"]
    with subprocess.Popen(
        [*own, str(tmp_path / "cache")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths, "TMPDIR": str(tmp_path / "temporary")},
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # even under nohup … &
    ) as process:
        until(lambda: process.poll() is not None or compilers(tmp_path))
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert_nothing_stays(tmp_path)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads who is alive in /proc")
@pytest.mark.parametrize(
    "words",
    [
        "run --steps 10 --out out",
        "run --steps 10 --out out --seeds 2",
        "lessons --check --jobs 2 learning-rates",
        "bench --quick --only training",
        "film --steps 20 --out film.gif",
    ],
    ids=["a run", "seeds", "lessons", "bench", "a film"],
)
def test_ctrl_c_ends_the_compilers_too(
    words: str, endless: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = endless(*words.split())
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    code, said = process.wait(30), (tmp_path / "said").read_text()
    assert code == 130, said
    assert "not to be had" not in said
    assert "Traceback" not in said
    assert_nothing_stays(tmp_path)
    # Nor is there a run of no steps, nor what the bench's screen was described by.
    assert not [*tmp_path.rglob("seed*")]
    assert not [*(tmp_path / "temporary").glob("ganviz-*")]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads who is alive in /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_compilers_end_with_who_waits_for_them(
    number: signal.Signals, endless: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = endless("run", "--steps", "10", "--out", "out")
    process.send_signal(number)
    assert process.wait(30) != 0
    assert_nothing_stays(tmp_path)
