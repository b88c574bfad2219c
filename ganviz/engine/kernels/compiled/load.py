"""Load the compiled kernel, and have it compiled first where that has not been done.

Loading takes llvmlite and a twelfth of a second. Compiling takes numba, and a process of its own,
for which the one who asks waits: the kernel that computes a run follows from its settings alone,
so no run begins on another one meanwhile. Who asks may be told of it, by :func:`telling`.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple

import ganviz
from ganviz.engine.kernels.compiled import store

#: About how long compiling takes, in seconds: measured, see README.
SECONDS = 20
_TYPES: dict[str, Any] = {"int64": ctypes.c_int64, "float64": ctypes.c_double, "none": None}
_LIBRARY = "ganviz"


class Unavailable(Exception):
    """There is no compiled kernel on this machine; the message is a sentence that says why."""


class Function(NamedTuple):
    """A function of the kernel.

    Attributes
    ----------
    address
        Where its code lies.
    call
        Calls it without the interpreter lock, with whole numbers and floating-point numbers.
    """

    address: int
    call: Callable[..., Any]


class Listener(NamedTuple):
    """Who is told while a kernel is compiled, and may want it no longer.

    Attributes
    ----------
    tell
        Called with a sentence before compiling, and with "" when that is over.
    complain
        Called once with the sentence that says why there is no compiled kernel.
    leave
        Asked now and then whether to wait no longer.
    """

    tell: Callable[[str], None]
    complain: Callable[[str], None]
    leave: Callable[[], bool]


def _say(sentence: str) -> None:
    if sentence:
        sys.stderr.write(f"ganviz: {sentence}\n")


#: The terminal, for those who have not said otherwise.
_TERMINAL = Listener(_say, _say, lambda: False)
_listener: ContextVar[Listener] = ContextVar("_listener", default=_TERMINAL)
_lock = threading.Lock()
_found: dict[str, Function] | Unavailable | None = None
_alive: list[Any] = []  # while these live, so does the code


@contextmanager
def telling(listener: Listener) -> Iterator[None]:
    """Tell somebody else than the terminal, in this thread."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def functions() -> Mapping[str, Function]:
    """Return the kernel's functions, compiled first if need be; the same ones every time.

    Raises
    ------
    Unavailable
        If they can be neither loaded nor compiled here; from then on, at once.
    """
    global _found
    with _lock:
        if _found is None:
            try:
                _found = _load()
            except Unavailable as error:
                if _listener.get().leave():  # nobody waited for the end: it may do next time
                    raise
                _found = error
                _listener.get().complain(str(error))
    if isinstance(_found, Unavailable):
        raise _found
    return _found


def _load() -> dict[str, Function]:
    try:
        mark = store.fingerprint(store.level())
        kept = store.find(mark)
        if kept is None:
            _compile()
            kept = store.find(mark)
        if kept is None:
            raise Unavailable(_because("it was compiled and could not be kept"))
        return linked(kept)
    except (ImportError, RuntimeError, OSError) as error:
        reason = str(error).strip().splitlines() or ["no reason given"]
        raise Unavailable(_because(f"{type(error).__name__}: {reason[0]}")) from None


def _because(reason: str) -> str:
    return f"The fast kernel is not to be had ({reason}): every run takes the plain one."


def linked(kept: store.Kept) -> dict[str, Function]:
    """Return the functions of a kernel, linked into this process.

    Raises
    ------
    RuntimeError
        If the object code is of another system, or asks for what this one does not have.
    """
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine()
    compiler = llvm.create_lljit_compiler(machine, suppress_errors=True)
    builder = llvm.JITLibraryBuilder().add_object_img(kept.code).add_current_process()
    for name in kept.functions:
        builder.export_symbol(name)
    library = builder.link(compiler, _LIBRARY)
    _alive.extend((compiler, library))
    made = {}
    for name, (result, *arguments) in kept.functions.items():
        form = ctypes.CFUNCTYPE(_TYPES[result], *(_TYPES[each] for each in arguments))
        made[name] = Function(library[name], form(library[name]))
    return made


def command() -> list[str]:
    """Return what compiles the kernel."""
    return [sys.executable, "-m", "ganviz.engine.kernels.compiled.build"]


def _compile() -> None:
    """Compile in another process, and wait for it."""
    if getattr(sys, "frozen", False):
        raise Unavailable(_because("this bundle holds none for this processor"))
    listener = _listener.get()
    listener.tell(f"Compiling the fast kernel, once: about {SECONDS} s…")
    places = [str(Path(ganviz.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    child = subprocess.Popen(
        command(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    try:
        while True:
            try:
                _, errors = child.communicate(timeout=0.05)
                break
            except subprocess.TimeoutExpired:
                if listener.leave():
                    raise Unavailable(_because("compiling was interrupted")) from None
    finally:
        if child.poll() is None:
            child.kill()
            child.communicate()
        listener.tell("")
    if child.returncode != 0:
        lines = errors.decode(errors="replace").strip().splitlines()
        raise Unavailable(_because(lines[-1] if lines else f"exit code {child.returncode}"))
