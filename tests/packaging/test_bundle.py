"""packaging/bundle.py and ganviz.spec: what a bundle holds, and that a bundle works."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ganviz import resources
from ganviz.engine.kernels.compiled import store
from ganviz.window import about

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bundle() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bundle", ROOT / "packaging" / "bundle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def kernels(bundle: ModuleType, tmp_path: Path) -> list[Path]:
    """Kernels as `--bundled` names them, with nothing in them."""
    files = [
        store.path_in(tmp_path, store.fingerprint(level, bundled=True)) for level in bundle.levels()
    ]
    for file in files:
        file.touch()
    return files


def test_every_resource_is_where_ganviz_looks_for_it(
    bundle: ModuleType, kernels: list[Path]
) -> None:
    placed = {Path(source): Path(place) for source, place in bundle.contents(kernels[0].parent)}
    inside = Path("ganviz/resources")
    there = {file for file in resources().rglob("*") if file.is_file()}
    for file in there:
        below = file.relative_to(resources())
        if below.parts[0] == "screenshots":
            assert file not in placed
        else:
            assert placed[file] == inside / below.parent
    assert not [file for file in placed if not file.exists()]


def test_kernels_lie_where_a_frozen_ganviz_looks_first(
    bundle: ModuleType, kernels: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = {Path(source): Path(place) for source, place in bundle.contents(kernels[0].parent)}
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    looked = store.folders()[0].relative_to(ROOT)
    assert [placed[file] for file in kernels] == [looked] * len(kernels)
    assert store.path_in(kernels[0].parent, store.fingerprint(store.level())) in kernels


def test_the_benchmark_finds_its_program(bundle: ModuleType, tmp_path: Path) -> None:
    from ganviz.bench import program

    placed = {Path(place): Path(source) for source, place in bundle.contents(tmp_path)}
    assert placed[Path(program.__file__).parent.relative_to(ROOT)] == program.source()


def test_every_module_is_taken(bundle: ModuleType) -> None:
    modules = bundle.modules()
    assert {"ganviz", "ganviz.film.make", "ganviz.views.saddle", "check"} <= set(modules)
    assert len(set(modules)) == len(list((ROOT / "ganviz").rglob("*.py"))) + 1


def test_the_packages_are_those_that_ganviz_stands_on(bundle: ModuleType) -> None:
    parts = set(bundle.parts())
    assert {name.lower() for name, _ in about.PARTS} <= parts
    assert "llvmlite" in parts
    assert not parts & {"numba", "pytest", "pyinstaller"}
    for name in parts:
        assert metadata.version(name)


@pytest.mark.parametrize(
    ("place", "taken"),
    [
        ("torch/bin/torch_shm_manager", True),
        ("torch/bin/protoc", False),
        ("torch/bin/test_api", False),
        ("torch\\bin\\protoc.exe", False),
        ("torch/lib/libtorch_cpu.so", True),
        ("torch/lib/libbackend_with_compiler.so", False),
        ("torch/testing/_creation.py", False),
        ("torch/_inductor/config.py", True),
        ("torch/nn/functional.py", True),
        ("libgtk-3.so.0", False),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", True),
        ("PySide6/Qt/translations/qt_de.qm", False),
        ("ganviz/resources/themes/dark.toml", True),
    ],
)
def test_what_nothing_asks_for_is_left_out(bundle: ModuleType, place: str, taken: bool) -> None:
    assert bundle.wanted(place) == taken


def test_a_library_that_windows_need_is_missed(bundle: ModuleType) -> None:
    lines = [
        "WARNING: Library not found: could not resolve 'libxcb-icccm.so.4', dependency of"
        " '/venv/PySide6/Qt/plugins/platforms/libqxcb.so'.",
        "WARNING: Library not found: could not resolve 'libodbc.so.2', dependency of"
        " '/venv/PySide6/Qt/plugins/sqldrivers/libqsqlodbc.so'.",
    ]
    assert list(bundle.lacking(lines)) == ["libxcb-icccm.so.4"]


def test_the_licences_that_a_bundle_owes_lie_in_it(bundle: ModuleType, tmp_path: Path) -> None:
    bundle.add_licences(tmp_path)
    folder = tmp_path / "licences"
    said = (folder / "README.txt").read_text("utf-8")
    for name in ("LICENSE", "GPL-3.txt", "LGPL-3.txt"):
        assert name in said
        assert (folder / name).stat().st_size > 1000
    assert "Version 3, 29 June 2007" in (folder / "GPL-3.txt").read_text("utf-8")
    assert "Version 3, 29 June 2007" in (folder / "LGPL-3.txt").read_text("utf-8")


def test_a_bundle_says_its_terms_in_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "GPL 3" not in about.about()
    monkeypatch.setattr(about, "BUNDLED", True)
    assert "bundle as a whole: GPL 3" in about.about()


def test_a_folder_that_is_no_bundle_is_left_alone(
    bundle: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ganviz").mkdir()
    (tmp_path / "ganviz" / "thesis.tex").touch()
    assert bundle.main([str(tmp_path)]) == 1
    assert "is no bundle: name another folder." in capsys.readouterr().err
    assert bundle.main(["one", "two"]) == bundle.main(["--help"]) == 2


def test_the_recipe_is_what_pyinstaller_is_given(
    bundle: ModuleType, kernels: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recipe runs, with stand-ins for what PyInstaller lends it, and gives all of it."""
    given: dict[str, Any] = {}
    dropped = "torch/bin/protoc"

    def analysis(scripts: list[str], **rest: Any) -> SimpleNamespace:
        given.update(rest, scripts=scripts)
        files = [(dropped, "", "DATA"), ("ganviz/kept", "", "DATA")]
        return SimpleNamespace(datas=list(files), binaries=list(files), pure=[], scripts=[])

    def collect(*parts: Any, **_: Any) -> None:
        given["collected"] = [entry[0] for part in parts[1:] for entry in part]

    hooks = ModuleType("PyInstaller.utils.hooks")
    hooks.collect_data_files = lambda name: [(f"data of {name}", name)]  # type: ignore[attr-defined]
    hooks.copy_metadata = lambda name: [(f"metadata of {name}", name)]  # type: ignore[attr-defined]
    for name in ("PyInstaller", "PyInstaller.utils"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, hooks.__name__, hooks)
    monkeypatch.setitem(sys.modules, "bundle", bundle)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", ["ganviz.spec", str(kernels[0].parent)])
    recipe = ROOT / "packaging" / "ganviz.spec"
    lent = {"SPECPATH": str(recipe.parent), "Analysis": analysis, "COLLECT": collect}
    lent |= {"PYZ": lambda *_: [], "EXE": lambda *_, **__: []}
    exec(compile(recipe.read_text("utf-8"), str(recipe), "exec"), lent)
    assert set(bundle.contents(kernels[0].parent)) <= set(given["datas"])
    for name in ("torch", "pyside6-essentials", "av"):
        assert (f"metadata of {name}", name) in given["datas"]
    assert ("data of ziamath", "ziamath") in given["datas"]
    assert given["hiddenimports"] == bundle.modules()
    assert "numba" in given["excludes"]
    assert [Path(script).name for script in given["scripts"]] == ["frozen.py"]
    assert Path(given["scripts"][0]).exists()
    assert given["collected"] == ["ganviz/kept", "ganviz/kept"]


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.skipif(
    importlib.util.find_spec("PyInstaller") is None,
    reason="PyInstaller is not here: pip install 'ganviz[packaging]'",
)
def test_a_bundle_is_made_and_works_without_python(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, str(ROOT / "packaging" / "bundle.py"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert "The bundle works" in made.stdout
