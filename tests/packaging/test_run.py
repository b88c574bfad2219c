"""packaging/run.py: what it decides and says, without installing anything."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from contextlib import nullcontext
from importlib import metadata
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "packaging" / "run.py"
CHECK = ROOT / "packaging" / "check.py"
BUNDLE = ROOT / "packaging" / "bundle.py"
# The functions that the fixture `run` replaces.
SYSTEM_PACKAGES: dict[ModuleType, Any] = {}
COMPILE: dict[ModuleType, Any] = {}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A fresh run.py whose environment would lie in a temporary folder, and which never execs."""
    monkeypatch.setenv("GANVIZ_VENV", str(tmp_path / "venv"))
    spec = importlib.util.spec_from_file_location("ganviz_run", RUN)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "become", lambda command, testing: 0)
    SYSTEM_PACKAGES[module] = module.system_packages
    monkeypatch.setattr(module, "system_packages", lambda testing: None)
    COMPILE[module] = module.compile_kernel
    monkeypatch.setattr(module, "compile_kernel", lambda: None)
    return module


@pytest.fixture
def pip(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Replace pip and venv: the calls to pip are kept, and succeed."""
    calls: list[tuple[str, ...]] = []

    def install(*arguments: str) -> int:
        calls.append(arguments)
        return 0

    monkeypatch.setattr(run, "pip", install)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: make_python(run))
    return calls


def make_python(run: ModuleType) -> Any:
    run.PYTHON.parent.mkdir(parents=True, exist_ok=True)
    run.PYTHON.touch()
    return subprocess.CompletedProcess([], 0, b"")


def linux(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, root: bool = False, **answers: Any
) -> None:
    """Let run.py see a complete Debian 12, but for the given answers."""
    usual: dict[str, Any] = {
        "system_packages": SYSTEM_PACKAGES[run],
        "missing_libraries": list,
        "missing_programs": list,
        "has_ensurepip": lambda: True,
        "has_apt": lambda: True,
        "glibc": lambda: (2, 36),
    }
    for name, answer in {**usual, **answers}.items():
        monkeypatch.setattr(run, name, answer)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000, raising=False)


# The commands -------------------------------------------------------------------------------------


def test_the_readme_gives_the_two_commands_of_run_py() -> None:
    commands = ["python3 packaging/run.py", "python3 packaging/run.py test"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = [line.partition(" #")[0].strip().lstrip("$ ") for line in readme.splitlines()]
    documented = ast.get_docstring(ast.parse(RUN.read_text(encoding="utf-8"))) or ""
    for command in commands:
        assert command in found
        assert command in documented


#: The whole suite runs on two cores, a file on one of them.
TOGETHER = ["-n", "2", "--dist", "loadfile"]


@pytest.mark.parametrize(
    ("words", "extras", "command"),
    [
        ([], [], ["-m", "ganviz"]),
        (["--preset", "ring", "a b"], [], ["-m", "ganviz", "--preset", "ring", "a b"]),
        (["run", "--steps", "9"], [], ["-m", "ganviz", "run", "--steps", "9"]),
        (["film", "test"], [], ["-m", "ganviz", "film", "test"]),
        (["--prepare"], [], [str(CHECK)]),
        (["--check"], [], [str(CHECK)]),
        (["lessons", "--check"], [], ["-m", "ganviz", "lessons", "--check"]),
        (["bundle"], ["packaging"], [str(BUNDLE)]),
        (["bundle", "a b"], ["packaging"], [str(BUNDLE), "a b"]),
        (["test"], ["test"], ["-m", "pytest", "-m", "not long", *TOGETHER]),
        (
            ["test", "--durations=9"],
            ["test"],
            ["-m", "pytest", "-m", "not long", *TOGETHER, "--durations=9"],
        ),
        (["test", "-s"], ["test"], ["-m", "pytest", "-m", "not long", "-s"]),
        (["test", "tests/x"], ["test"], ["-m", "pytest", "-m", "not long", "tests/x"]),
        (["test", "--long"], ["test"], ["-m", "pytest"]),
        (["test", "-q", "--long", "-k", "x"], ["test"], ["-m", "pytest", "-q", "-k", "x"]),
        (["test", "-m", "long"], ["test"], ["-m", "pytest", "-m", "not long", "-m", "long"]),
    ],
)
def test_arguments_are_split(
    run: ModuleType, words: list[str], extras: list[str], command: list[str]
) -> None:
    assert run.plan(words) == (extras, command)


def test_the_last_marker_expression_given_to_pytest_wins(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = long\n")
    (tmp_path / "test_two.py").write_text(
        "import pytest\n\n@pytest.mark.long\ndef test_slow(): pass\n\ndef test_quick(): pass\n"
    )
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "not long", "-m", "long", "-v", "-p", "no:xvfb"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "test_slow PASSED" in shown
    assert "test_quick" not in shown


@pytest.mark.parametrize("version", [(2, 7), (3, 8), (3, 10), (3, 15), (4, 0)])
def test_other_pythons_get_a_sentence(
    run: ModuleType, version: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(run.Stop, match=r"this is Python {}\.{}, and ganviz needs".format(*version)):
        run.check_python(version)


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14)])
def test_these_pythons_are_taken(run: ModuleType, version: tuple[int, int]) -> None:
    run.check_python(version)


def test_the_pythons_are_those_of_pyproject(run: ModuleType) -> None:
    says = project()["project"]["requires-python"]
    assert says == ">={}.{},<{}.{}".format(*run.OLDEST, *run.TOO_NEW)


def test_an_old_python_can_read_the_sentence() -> None:
    ast.parse(RUN.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_a_stop_is_one_message_and_exit_code_1(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(extras: list[str]) -> None:
        raise run.Stop("the disk is full.")

    monkeypatch.setattr(run, "set_up", stop)
    assert run.main([]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "ganviz: the disk is full.\n"


# Away from home -----------------------------------------------------------------------------------


@pytest.fixture
def became(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What run.py handed over to."""
    found: list[list[str]] = []

    def become(command: list[str], testing: bool) -> int:
        found.append(command)
        return 0

    monkeypatch.setattr(run, "become", become)
    return found


def test_a_check_of_nothing_fetches_nothing_and_says_what_to_do(
    run: ModuleType,
    pip: list[tuple[str, ...]],
    became: list[list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run.main(["--check"]) == 1
    assert (pip, became) == ([], [])
    assert "packaging/run.py --prepare` where there is a network" in capsys.readouterr().err


def test_what_was_prepared_is_checked_without_fetching(
    run: ModuleType, pip: list[tuple[str, ...]], became: list[list[str]]
) -> None:
    assert run.main(["--prepare"]) == 0
    assert len(pip) == 1
    assert run.main(["--check"]) == 0
    assert len(pip) == 1
    assert became == [[str(CHECK)]] * 2
    assert CHECK.exists()


@pytest.mark.parametrize("there", [False, True])
def test_preparing_again_sees_to_libraries_and_kernel_alone(
    run: ModuleType,
    pip: list[tuple[str, ...]],
    became: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    there: bool,
) -> None:
    run.main([])
    done: list[str] = []
    monkeypatch.setattr(run, "system_packages", lambda testing: done.append("libraries"))
    monkeypatch.setattr(run, "compile_kernel", lambda: done.append("kernel"))
    monkeypatch.setattr(run, "has_kernel", lambda: there)
    assert run.main(["--prepare"]) == 0
    assert done == ["libraries"] + ["kernel"] * (not there)
    assert len(pip) == 1
    assert became[-1] == [str(CHECK)]


def test_whether_there_is_a_kernel_is_asked_of_ganviz(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ganviz.engine.kernels.compiled import store

    monkeypatch.setattr(run, "PYTHON", Path(sys.executable))
    assert run.has_kernel() == (store.find(store.fingerprint(store.level())) is not None)


@pytest.fixture
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ganviz_check", CHECK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_check_refuses_the_network_and_nothing_else(check: ModuleType) -> None:
    check.refuse("socket.connect", (None, "/run/user/1000/bus"))
    check.refuse("socket.connect", (None, ("127.0.0.1", 80)))
    check.refuse("socket.getaddrinfo", ("localhost", 80, 0, 0, 0))
    check.refuse("open", ("example.org", "r", 0))
    for event, arguments in (
        ("socket.connect", (None, ("192.0.2.1", 443))),
        ("socket.getaddrinfo", ("example.org", 443, 0, 0, 0)),
        ("socket.gethostbyname", ("example.org",)),
    ):
        with pytest.raises(check.Failed, match="asked for the network"):
            check.refuse(event, arguments)


def test_a_check_says_in_one_sentence_that_window_lesson_and_film_work(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(CHECK)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert re.fullmatch(
        r"ganviz works here without a network: its window opened, the lesson “Mode collapse” was "
        r"trained to step \d+, and a film of 6 pictures \(h264\) was made and decoded again, "
        r"all within \d+ s\.\n",
        done.stdout,
    )
    assert list(tmp_path.iterdir()) == []


# The stamp ----------------------------------------------------------------------------------------


def test_a_first_start_sets_up_once(run: ModuleType, pip: list[tuple[str, ...]]) -> None:
    assert run.main(["--version"]) == 0
    assert run.main(["--version"]) == 0
    constraints = str(ROOT / "packaging" / "constraints.txt")
    assert pip == [("install", "--constraint", constraints, "--editable", ".")]


def test_tests_add_their_extra_and_keep_the_application_ready(
    run: ModuleType, pip: list[tuple[str, ...]]
) -> None:
    run.main([])
    run.main(["test"])
    run.main(["test", "-q"])
    run.main([])
    assert [call[-1] for call in pip] == [".", ".[test]"]


def test_an_extra_that_is_added_takes_none_away(
    run: ModuleType, pip: list[tuple[str, ...]]
) -> None:
    for words in (["test"], ["bundle"], ["test"], []):
        run.main(words)
    assert [call[-1] for call in pip] == [".[test]", ".[packaging,test]"]


def test_pages_are_compiled_with_the_set_up(
    run: ModuleType, pip: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pyproject.toml", "packaging/constraints.txt", "ganviz/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "ganviz" / "wrong.py").write_text("this is no Python\n")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "CONSTRAINTS", tmp_path / "packaging" / "constraints.txt")
    assert run.main([]) == 0
    page = tmp_path / "ganviz" / "__init__.py"
    assert Path(importlib.util.cache_from_source(str(page))).exists()


@pytest.mark.parametrize("code", [0, 1])
def test_the_kernel_is_compiled_with_the_set_up_and_may_fail(
    run: ModuleType,
    pip: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    code: int,
) -> None:
    built: list[list[str]] = []

    def call(command: list[str], **_: Any) -> int:
        built.append(command)
        return code

    monkeypatch.setattr(run, "compile_kernel", COMPILE[run])
    monkeypatch.setattr(subprocess, "call", call)
    for _ in range(2):
        assert run.main(["test"]) == 0
    module = "ganviz.engine.kernels.compiled"
    assert built == [[str(run.PYTHON), "-m", module]]
    assert importlib.util.find_spec(module) is not None
    said = capsys.readouterr().err
    assert "compiling the fast kernel: about a minute." in said
    assert ("could not be compiled" in said) == bool(code)
    assert run.ready(["test"])


@pytest.mark.parametrize("file", ["pyproject.toml", "packaging/constraints.txt"])
def test_a_changed_file_sets_up_again(
    run: ModuleType,
    pip: list[tuple[str, ...]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
) -> None:
    (tmp_path / "packaging").mkdir()
    for name in ("pyproject.toml", "packaging/constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "CONSTRAINTS", tmp_path / "packaging" / "constraints.txt")
    run.main([])
    with (tmp_path / file).open("a") as changed:
        changed.write("# changed\n")
    run.main([])
    assert len(pip) == 2
    run.main([])
    assert len(pip) == 2


def test_a_moved_checkout_sets_up_again(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = run.fingerprint()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    monkeypatch.setattr(run, "ROOT", tmp_path)
    assert run.fingerprint() != before


def test_another_python_makes_the_environment_anew(
    run: ModuleType, pip: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run.main([])
    (run.VENV / "old").touch()
    monkeypatch.setattr(run, "tag", lambda: "cpython-399-linux")
    run.main([])
    assert len(pip) == 2
    assert not (run.VENV / "old").exists()


def test_an_interrupted_set_up_starts_from_nothing(
    run: ModuleType, pip: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: str) -> int:
        (run.VENV / "half").touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(run, "pip", interrupted)
        assert run.main([]) == 130
    assert run.read_stamp() == ["unfinished"]
    assert not run.ready([])
    assert run.main([]) == 0
    assert not (run.VENV / "half").exists()


def test_a_failed_extra_leaves_the_application_ready(
    run: ModuleType,
    pip: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run.main([])
    monkeypatch.setattr(run, "pip", lambda *_: 1)
    assert run.main(["test"]) == 1
    assert "pip could not install the packages" in capsys.readouterr().err
    assert run.ready([])
    assert not run.ready(["test"])


def test_a_failed_first_set_up_is_not_taken_for_done(
    run: ModuleType, pip: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "pip", lambda *_: 1)
    assert run.main([]) == 1
    assert not run.ready([])


def test_a_lost_python_is_noticed(run: ModuleType, pip: list[tuple[str, ...]]) -> None:
    run.main([])
    run.PYTHON.unlink()
    assert not run.ready([])


def test_a_folder_of_someone_else_is_left_alone(
    run: ModuleType, pip: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    run.VENV.mkdir()
    (run.VENV / "thesis.tex").touch()
    assert run.main([]) == 1
    assert "was not made by packaging/run.py" in capsys.readouterr().err
    assert (run.VENV / "thesis.tex").exists()
    assert pip == []


def test_a_full_disk_is_told_before_anything_is_made(
    run: ModuleType,
    pip: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(run, "SPACE", 10**18)
    assert run.main([]) == 1
    assert "make room" in capsys.readouterr().err
    assert pip == []


def test_a_place_that_cannot_be_written_is_told(
    run: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(run, "VENV", tmp_path / "file" / "venv")
    monkeypatch.setattr(run, "STAMP", tmp_path / "file" / "venv" / "ganviz-stamp")
    assert run.main([]) == 1
    err = capsys.readouterr().err
    assert "GANVIZ_VENV" in err
    assert len(err.splitlines()) == 1


@pytest.mark.skipif(os.name == "nt", reason="flock")
def test_a_second_start_waits_for_the_first(
    run: ModuleType,
    pip: list[tuple[str, ...]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    let_go = tmp_path / "let go"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, sys; file = open(sys.argv[1], 'a'); "
            "fcntl.flock(file, fcntl.LOCK_EX); print('held', flush=True); "
            "sys.stdin.read(); open(sys.argv[2], 'w').close()",
            str(run.VENV) + ".lock",
            str(let_go),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    say = run.say

    def said(message: str) -> None:
        """Let the first go on only when the second has said that it waits."""
        say(message)
        if "another start" in message:
            holder.stdin.close()

    monkeypatch.setattr(run, "say", said)
    assert run.main([]) == 0
    assert let_go.exists()
    assert "another start is setting up" in capsys.readouterr().err
    holder.wait()
    holder.stdout.close()


@pytest.mark.parametrize(
    ("log", "says"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("WARNING: Retrying (Retry(total=0 ...)) after connection broken by 'X'", "check the net"),
        ("2026-01-01T10:00:00 ERROR: No matching distribution found for x==1", "found for x==1"),
        ("", "see its words above"),
    ],
)
def test_failures_of_pip_are_explained(run: ModuleType, log: str, says: str) -> None:
    run.VENV.mkdir()
    run.LOG.write_text(log)
    assert says in run.pip_failure()
    assert str(run.LOG) in run.pip_failure()


# System packages ----------------------------------------------------------------------------------


def test_without_rights_the_exact_list_and_command_are_named(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = ["libEGL.so.1", "libglib-2.0.so.0", "libxcb-cursor.so.0"]
    linux(
        run,
        monkeypatch,
        root=False,
        missing_libraries=lambda: missing,
        has_ensurepip=lambda: False,
    )
    assert run.main([]) == 1
    err = capsys.readouterr().err
    packages = ["libegl1", "libglib2.0-0", "libxcb-cursor0"]
    packages.append("python{}.{}-venv".format(*sys.version_info[:2]))
    assert ": {}. ".format(", ".join(packages)) in err
    install = "sudo apt-get install --no-install-recommends " + " ".join(packages)
    assert err.rstrip().endswith(install)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("version", "name"), [((2, 36), "libglib2.0-0"), ((2, 39), "libglib2.0-0t64")]
)
def test_glib_has_another_name_on_newer_systems(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], name: str
) -> None:
    missing = ["libGL.so.1", "libglib-2.0.so.0"]
    linux(run, monkeypatch, missing_libraries=lambda: missing, glibc=lambda: version)
    assert run.wanted_packages(testing=False) == (missing, ["libgl1", name])


def test_root_lets_apt_install_what_is_missing(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[list[str]] = []
    linux(
        run,
        monkeypatch,
        root=True,
        missing_libraries=lambda: [] if installed else ["libEGL.so.1"],
        missing_programs=lambda: [] if installed else ["xvfb"],
        apt_install=installed.append,
    )
    run.system_packages(testing=False)
    assert installed == [["libegl1"]]
    installed.clear()
    run.system_packages(testing=True)
    assert installed == [["libegl1", "xvfb"]]


def test_a_complete_system_calls_no_apt(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    linux(run, monkeypatch, root=True, apt_install=lambda _: pytest.fail("nothing was missing"))
    run.system_packages(testing=True)


def test_programs_for_tests_are_not_insisted_upon(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    linux(run, monkeypatch, root=False, missing_programs=lambda: ["xvfb"])
    run.system_packages(testing=True)
    assert "apt-get install --no-install-recommends xvfb" in capsys.readouterr().err


def test_a_system_without_apt_is_told_and_goes_on(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    linux(run, monkeypatch, has_apt=lambda: False, missing_libraries=lambda: ["libxcb-cursor.so.0"])
    run.system_packages(testing=False)
    err = capsys.readouterr().err
    assert "libxcb-cursor.so.0" in err
    assert "apt" not in err


@pytest.mark.skipif(os.name == "nt", reason="uname")
@pytest.mark.parametrize(
    ("machine", "version", "refused"),
    [
        ("x86_64", (2, 31), True),
        ("x86_64", (2, 34), False),
        ("x86_64", (0,), True),
        ("aarch64", (2, 36), True),
        ("aarch64", (2, 39), False),
    ],
)
def test_an_old_c_library_is_told(
    run: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    machine: str,
    version: tuple[int, ...],
    refused: bool,
) -> None:
    linux(run, monkeypatch, glibc=lambda: version)
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine=machine))
    with pytest.raises(run.Stop, match="need glibc") if refused else nullcontext():
        run.system_packages(testing=False)


def test_a_failing_apt_is_quoted(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    linux(run, monkeypatch)
    output = b"Reading package lists...\nE: Unable to locate package libegl1\n"
    failed = subprocess.CompletedProcess([], 100, output)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(run.Stop, match="could not install libegl1: E: Unable to locate"):
        run.apt_install(["libegl1"])


def test_only_a_missing_library_is_missing(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = "libc.so.6" if sys.platform == "linux" else "not on this system"
    monkeypatch.setattr(run, "LIBRARIES", {here: "libc6", "libganviz-none.so.1": "none"})
    assert run.missing_libraries() == [name for name in run.LIBRARIES if name != "libc.so.6"]


@pytest.mark.skipif(sys.platform != "linux", reason="ldd")
def test_the_list_covers_what_qt_loads(run: ModuleType) -> None:
    """Every system library that our parts of Qt name is listed, or belongs to any Debian."""
    import PySide6

    qt = Path(PySide6.__file__).parent / "Qt"
    parts = ["Core", "Gui", "Widgets", "Svg", "Network", "DBus", "OpenGL", "OpenGLWidgets"]
    parts += ["PrintSupport", "Test", "XcbQpa"]
    files = [qt / "lib" / f"libQt6{part}.so.6" for part in parts]
    files += [qt / "plugins" / "platforms" / f"libq{name}.so" for name in ("xcb", "offscreen")]
    files += sorted((qt / "plugins" / "xcbglintegrations").glob("*.so"))
    own = {file.name for file in (qt / "lib").iterdir()}
    always = r"(libc|libm|libdl|librt|libpthread|libresolv|libgcc_s|libstdc\+\+|libz|libzstd)\.so"
    always += r"|ld-linux|libxcb\.so|libgthread-2|libbrotlidec"  # with libx11-6, glib, freetype
    for file in files:
        assert file.exists(), file
        for library in needed_by(file):
            if library not in own and not re.match(always, library):
                assert library in run.LIBRARIES, f"{file.name} loads {library}"


def needed_by(file: Path) -> list[str]:
    """The DT_NEEDED entries of a 64-bit little-endian ELF file."""
    import struct

    data = file.read_bytes()
    assert data[:6] == b"\x7fELF\x02\x01"
    table, size, count = (
        struct.unpack_from("<Q", data, 0x20)[0],
        *struct.unpack_from("<HH", data, 0x36),
    )
    segments = [struct.unpack_from("<IIQQQQ", data, table + size * k) for k in range(count)]
    loads = [s for s in segments if s[0] == 1]
    dynamic = next(s for s in segments if s[0] == 2)
    entries = list(struct.iter_unpack("<qQ", data[dynamic[2] : dynamic[2] + dynamic[5]]))
    entries = entries[: [tag for tag, _ in entries].index(0)]
    address = dict(entries)[5]  # DT_STRTAB
    start = next(s[2] + address - s[3] for s in loads if s[3] <= address < s[3] + s[5])
    names = [start + value for tag, value in entries if tag == 1]
    return [data[at : data.index(b"\0", at)].decode() for at in names]


@pytest.mark.skipif(sys.platform != "linux", reason="system packages are Linux's")
def test_this_machine_has_them_all(run: ModuleType) -> None:
    assert run.missing_libraries() == []


# The files ----------------------------------------------------------------------------------------


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_packaging_stays_a_folder_and_no_package() -> None:
    """With an __init__.py it would hide the `packaging` distribution from pytest and others."""
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_the_paths_named_in_pyproject_exist() -> None:
    data = project()
    hatch = data["tool"]["hatch"]
    wheel, sdist = (hatch["build"]["targets"][name] for name in ("wheel", "sdist"))
    paths = [data["project"]["readme"], *data["project"]["license-files"], hatch["version"]["path"]]
    paths += [*wheel["only-include"], *wheel["sources"], *sdist["only-include"]]
    paths += data["tool"]["pytest"]["ini_options"]["testpaths"]
    paths += [key.removesuffix("/**") for key in data["tool"]["ruff"]["lint"]["per-file-ignores"]]
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_entry_point_is_there() -> None:
    module, _, name = project()["project"]["scripts"]["ganviz"].partition(":")
    source = ROOT / (module.replace(".", "/") + ".py")
    functions = [
        it.name
        for it in ast.parse(source.read_text(encoding="utf-8")).body
        if isinstance(it, ast.FunctionDef)
    ]
    assert name in functions


def pins() -> dict[str, str]:
    lines = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9.]+", row) for row in rows)
    return {canonical(row.partition("==")[0]): row.partition("==")[2] for row in rows}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_requirement_is_pinned_within_its_range() -> None:
    from packaging.requirements import Requirement

    data = project()
    groups = [data["project"]["dependencies"], data["build-system"]["requires"]]
    groups += data["project"]["optional-dependencies"].values()
    pinned = pins()
    for requirement in (Requirement(words) for group in groups for words in group):
        assert pinned[canonical(requirement.name)] in requirement.specifier, str(requirement)


def test_everything_installed_for_ganviz_is_pinned() -> None:
    """Walk from ganviz[test] over what is installed: each distribution is of the pinned release."""
    from packaging.requirements import Requirement

    pinned = pins()
    data = project()["project"]
    todo = [Requirement(it) for it in data["dependencies"] + data["optional-dependencies"]["test"]]
    seen: set[str] = set()
    while todo:
        requirement = todo.pop()
        name = canonical(requirement.name)
        if name in seen or name.startswith(("nvidia-", "cuda-", "triton")):
            continue
        seen.add(name)
        assert name in pinned, f"{name} is not in packaging/constraints.txt"
        for words in metadata.distribution(name).requires or []:
            further = Requirement(words)
            if further.marker is None or any(
                further.marker.evaluate({"extra": extra}) for extra in (requirement.extras or {""})
            ):
                todo.append(further)


def test_qt_and_torch_are_pinned_as_decided() -> None:
    pinned = pins()
    assert pinned["pyside6-essentials"] == pinned["shiboken6"] == "6.10.3"
    assert pinned["torch"] == "2.13.0"


def test_no_package_index_is_named() -> None:
    """Machines differ in how they reach the registries; that is their pip's business."""
    files = [RUN, ROOT / "packaging" / "constraints.txt", ROOT / "pyproject.toml", ROOT / ".ci/run"]
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert "://" not in text, file
        assert "index-url" not in text, file
