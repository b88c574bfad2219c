"""Compile the kernel's rules: Python functions in, object code of this system out.

    python -m ganviz.engine.kernels.compiled [FOLDER] [--level CPU]

numba makes LLVM's intermediate language of them; the rest needs llvmlite alone, as does loading the
result. Nearly all the time is numba's, in Python and on one core, so several processes take a share
each. In this one it is never imported: what processor it compiles for is settled when that happens.

The functions must neither raise nor allocate. That is not trusted but proved: what numba would call
then is replaced by a trap, and if optimisation cannot show that it is never reached, nothing is
compiled.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from time import sleep
from typing import Any

import ganviz
from ganviz.engine.kernels.compiled import store

RULES = "ganviz.engine.kernels.compiled.rules"
#: Beginnings of the names of what belongs to Python, or to numba's own memory.
_PYTHON = ("Py", "_Py", "numba_", "NRT_")
#: How fast mathematics may be: everything but that there are no NaN and infinities, by which a run
#: that diverges is known.
FAST = {"reassoc", "contract", "arcp", "nsz"}
#: Processes at most; each takes about 300 MB.
MOST = 4


class Unfit(Exception):
    """The rules cannot be compiled; the message says why."""


class Left(Exception):
    """Nobody waits for it any more."""


def settle(sort: str) -> None:
    """Let numba compile for a processor, and heed no one's own wishes; before it is imported."""
    for name in [name for name in os.environ if name.startswith("NUMBA_")]:
        del os.environ[name]
    os.environ.update(NUMBA_CPU_NAME=sort, NUMBA_CPU_FEATURES="", NUMBA_DISABLE_INTEL_SVML="1")


def compiled(
    functions: Mapping[str, tuple[Any, Callable[..., Any]]],
    sort: str,
    told: Callable[[], object] = lambda: None,
) -> store.Kept:
    """Return the functions as object code.

    Parameters
    ----------
    functions
        {name: (numba's signature, function)}.
    sort
        The processor, in LLVM's words; :func:`settle` has been told the same.
    told
        Called behind each function.

    Raises
    ------
    Unfit
        For a function that may raise, allocate or call Python.
    """
    import llvmlite.binding as llvm
    import numba
    from numba.core.sigutils import normalize_signature

    whole = llvm.parse_assembly("")
    types, names = {}, {}
    for name, (signature, function) in functions.items():
        made = numba.cfunc(signature, error_model="numpy", fastmath=FAST)(function)
        names[made.native_name] = name
        signed = normalize_signature(signature)
        types[name] = tuple(str(each) for each in (signed[1], *signed[0]))
        whole.link_in(llvm.parse_assembly(made.inspect_llvm()))
        told()
    forbidden = _set_traps(whole)
    for function in whole.functions:
        if function.name in names:
            function.name = names[function.name]
        elif not function.is_declaration:
            function.linkage = "internal"
    for variable in whole.global_variables:
        if not variable.is_declaration:
            variable.linkage = "internal"
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_triple(whole.triple).create_target_machine(
        cpu=sort, features="", opt=3, reloc="pic", codemodel="default"
    )
    _prune(whole, machine)
    left = [each.name for each in whole.functions if each.name in forbidden]
    if left:
        raise Unfit(
            f"{', '.join(functions)}: must neither raise, allocate nor call Python, and what was "
            f"compiled may call {', '.join(left)}"
        )
    return store.Kept(types, (machine.emit_object(whole),))


def _set_traps(whole: Any) -> set[str]:
    """Give what belongs to Python a body that is never to be reached; return the names."""
    import llvmlite.binding as llvm

    bodies, names = ["declare void @llvm.trap()"], set()
    for function in whole.functions:
        if function.is_declaration and function.name.startswith(_PYTHON):
            result, _, arguments = str(function.global_value_type).partition(" (")
            bodies.append(
                f'define {result} @"{function.name}"({arguments} {{\n'
                "  call void @llvm.trap()\n  unreachable\n}"
            )
            names.add(function.name)
    whole.link_in(llvm.parse_assembly("\n".join(bodies)))
    return names


def _prune(whole: Any, machine: Any) -> None:
    """Remove what is never reached: the functions are optimised already."""
    import llvmlite.binding as llvm

    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options())
    passes = llvm.create_new_module_pass_manager()
    for _ in range(2):
        passes.add_ipsccp_pass()  # that a status is always 0 is seen across functions
        passes.add_simplify_cfg_pass()
        passes.add_global_dead_code_eliminate_pass()
    passes.add_strip_dead_prototype_pass()
    passes.run(whole, builder)


def build(
    *,
    rules: str = RULES,
    sort: str | None = None,
    places: tuple[Path, ...] | None = None,
    bundled: bool | None = None,
    told: Callable[[float], object] = lambda share: None,
    leave: Callable[[], bool] = lambda: False,
) -> Path | None:
    """Compile a module's ``FUNCTIONS`` in other processes, unless that is done.

    Parameters
    ----------
    rules
        The module.
    sort
        The processor, in LLVM's words; None: this one.
    places
        Folders; the first that can be written is taken. None: the usual ones.
    bundled
        Whether it is for a bundle, rather than for these very sources.
    told
        Called with the share that is done, above 0 to 1, when it has grown.
    leave
        Asked now and then whether to wait no longer.

    Returns
    -------
    The file; None if another process has written it meanwhile.

    Raises
    ------
    Unfit
        If it cannot be compiled, with the reason; Left if it was asked to leave. OSError if no
        folder can be written.
    """
    sort = store.level() if sort is None else sort
    places = store.folders() if places is None else places
    mark = store.fingerprint(sort, bundled)

    def waiting() -> None:
        if leave():
            raise Left

    with store.alone(places, waiting), TemporaryDirectory(prefix="ganviz-kernel-") as folder:
        if store.find(mark, places) is not None:
            return None
        shares = min(os.cpu_count() or 1, MOST)
        workers = [_Worker(rules, sort, Path(folder), i, shares) for i in range(shares)]
        share = 0.0
        try:
            while any(worker.runs for worker in workers):
                waiting()
                now = sum(worker.done for worker in workers) / shares
                if now > share:
                    share = now
                    told(share)
                sleep(0.05)
        finally:
            for worker in workers:
                worker.end()
        kepts = [worker.kept() for worker in workers]
        types = {name: each for kept in kepts for name, each in kept.functions.items()}
        codes = tuple(code for kept in kepts for code in kept.codes)
        return store.write(mark, store.Kept(types, codes), places)


def command(rules: str, sort: str, folder: Path, share: int, shares: int) -> list[str]:
    """Return what compiles a share of a module's functions into a folder."""
    own = [sys.executable, "-m", "ganviz.engine.kernels.compiled"]
    return [*own, "--rules", rules, "--level", sort, "--share", f"{share}/{shares}", str(folder)]


class _Worker:
    """A process that compiles a share of the functions, and where it leaves them.

    It hears no Ctrl-C of the terminal's: its end is up to the one who waits for it. It holds the
    other end of a pipe, and so learns that this one is gone, however that came.
    """

    def __init__(self, rules: str, sort: str, folder: Path, share: int, shares: int) -> None:
        self._folder, self._share = folder, share
        self._said = folder / f"said-{share}"
        paths = [str(Path(ganviz.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                command(rules, sort, folder, share, shares),
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0)
                | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )

    @property
    def runs(self) -> bool:
        """Whether it is still at work."""
        return self._process.poll() is None

    @property
    def done(self) -> float:
        """The share of its work that is done, 0 to 1."""
        try:
            done, _, of = (self._folder / f"done-{self._share}").read_text().partition("/")
            return int(done) / int(of)
        except (OSError, ValueError):  # not begun, or just being written
            return 0.0

    def end(self) -> None:
        """See to it that it does not run."""
        if self.runs:
            self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()

    def kept(self) -> store.Kept:
        """Return what it has compiled, or raise Unfit with its last words."""
        mark = f"share-{self._share}"
        kept = store.read(store.path_in(self._folder, mark), mark)
        if self._process.returncode != 0 or kept is None:
            lines = self._said.read_text(errors="replace").strip().splitlines()
            raise Unfit(lines[-1] if lines else f"exit code {self._process.returncode}")
        return kept


def _follow(folder: Path) -> None:
    """End this process, and remove the folder, when the one who waits for it is gone."""
    if sys.platform == "win32":
        # It is looked at, never read: libraries that ask what the standard input is while they are
        # loaded would wait for that read to end.
        import _winapi
        import msvcrt

        pipe = msvcrt.get_osfhandle(0)
        with suppress(OSError):  # the other end is closed
            while True:
                _winapi.PeekNamedPipe(pipe, 0)
                sleep(1.0)
    else:
        while os.read(0, 1024):  # not by sys.stdin, whose lock Python wants when it ends
            pass
    rmtree(folder, ignore_errors=True)
    os._exit(1)


def _work(rules: str, sort: str, folder: Path, share: str) -> None:
    """Compile a share of the functions, in this process."""
    threading.Thread(target=_follow, args=(folder,), daemon=True).start()
    settle(sort)
    number, shares = (int(word) for word in share.split("/"))
    functions = dict(list(import_module(rules).FUNCTIONS.items())[number::shares])
    done, total = folder / f"done-{number}", len(functions)
    told = (done.write_text(f"{each}/{total}") for each in range(1, total + 1))
    store.write(f"share-{number}", compiled(functions, sort, lambda: next(told)), (folder,))


def main(argv: list[str]) -> int:
    """Compile what the command line says; return 0, or 1 after telling why not."""
    parser = argparse.ArgumentParser(prog="build", description="Compile ganviz's kernel.")
    parser.add_argument("folder", type=Path, nargs="?", help="where to; else the usual folders")
    parser.add_argument("--level", help="the processor, such as x86-64-v3, instead of this one")
    parser.add_argument("--bundled", action="store_true", help="it is for a bundle")
    parser.add_argument("--rules", default=RULES, help="the module of the functions")
    parser.add_argument(
        "--share",
        help="i/n: only every n-th function from the i-th on, here, as long as "
        "the standard input is open",
    )
    words = parser.parse_args(argv)
    places = None if words.folder is None else (words.folder,)
    try:
        if words.share is not None:
            _work(words.rules, words.level, words.folder, words.share)
        else:
            build(
                rules=words.rules,
                sort=words.level,
                places=places,
                bundled=True if words.bundled else None,
            )
    except (Unfit, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
