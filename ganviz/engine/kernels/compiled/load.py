"""Load the compiled kernel, and have it compiled first where that has not been done.

Loading takes llvmlite and a twelfth of a second. Compiling takes numba, and processes of their own,
for which the one who asks waits: the kernel that computes a run follows from its settings alone,
so no run begins on another one meanwhile. Who asks may be told of it, by :func:`listen`.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from time import perf_counter
from typing import Any, NamedTuple

from ganviz.engine.kernels.compiled import build, store
from ganviz.interrupt import called_off

#: What is being done, and about how long it takes: on two cores that have nothing else to do.
COMPILING = "Compiling the fast kernel, once: about a minute"
#: And where another process is at it; after that it is compiled here all the same.
WAITING = (
    "Another ganviz is compiling the fast kernel: waiting for it, "
    f"{store.PATIENCE / 60:.0f} minutes at most"
)
_TYPES: dict[str, Any] = {"int64": ctypes.c_int64, "float64": ctypes.c_double, "none": None}


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
    held
        Calls it with the lock held: for what takes less long than one waits for the lock again
        where another thread paints, some milliseconds (``sys.getswitchinterval``).
    """

    address: int
    call: Callable[..., Any]
    held: Callable[..., Any]


class Listener(NamedTuple):
    """Who is told while a kernel is compiled, and may want it no longer.

    Attributes
    ----------
    tell
        Called while it is compiled with a sentence and the share that is done, from 0.0 on; with ""
        when that is over.
    complain
        Called once with the sentence that says why there is no compiled kernel.
    leave
        Asked now and then whether to wait no longer.
    """

    tell: Callable[[str, float], object]
    complain: Callable[[str], object]
    leave: Callable[[], bool]


_last = ""


def _say(sentence: str, share: float = 0.0) -> None:
    """Write a sentence, once until there is another one."""
    global _last
    if sentence not in ("", _last):
        sys.stderr.write(f"ganviz: {sentence.rstrip('.')}.\n")
    _last = sentence


#: The terminal, for those who have not said otherwise.
_TERMINAL = Listener(_say, _say, called_off)
_listener: ContextVar[Listener] = ContextVar("_listener", default=_TERMINAL)
_lock = threading.Lock()
_found: dict[str, Function] | Unavailable | None = None
_alive: list[Any] = []  # while these live, so does the code
_spent = 0.0


def listen(listener: Listener) -> Listener:
    """Be told in this thread, instead of the terminal; return who was told until now."""
    before = _listener.get()
    _listener.set(listener)
    return before


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


def spent() -> float:
    """Return the seconds that this process has waited for a kernel to be compiled."""
    return _spent


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
    builder = llvm.JITLibraryBuilder().add_current_process()
    for code in kept.codes:
        builder.add_object_img(code)
    for name in kept.functions:
        builder.export_symbol(name)
    library = builder.link(compiler, "ganviz")
    _alive.extend((compiler, library))
    made = {}
    for name, (result, *arguments) in kept.functions.items():
        given = [_TYPES[each] for each in arguments]
        call, held = (
            form(_TYPES[result], *given)(library[name])
            for form in (ctypes.CFUNCTYPE, ctypes.PYFUNCTYPE)
        )
        made[name] = Function(library[name], call, held)
    return made


def _compile() -> None:
    """Compile in other processes, and wait for them."""
    global _spent
    if getattr(sys, "frozen", False):
        raise Unavailable(_because("this bundle holds none for this processor"))
    places = store.folders()
    if not store.writable(places):  # and so it would be compiled at every start
        where = " or ".join(str(folder) for folder in places)
        raise Unavailable(_because(f"it cannot be kept: nothing can be written into {where}"))
    listener, began = _listener.get(), perf_counter()
    if listener.leave():  # the one before was left already: none is begun for each that follows
        raise Unavailable(_because("compiling was interrupted"))
    listener.tell(WAITING if store.occupied(places) else COMPILING, 0.0)
    try:
        build.build(told=lambda share: listener.tell(COMPILING, share), leave=listener.leave)
    except build.Left:
        raise Unavailable(_because("compiling was interrupted")) from None
    except build.Unfit as error:
        raise Unavailable(_because(str(error))) from None
    finally:
        _spent += perf_counter() - began
        listener.tell("", 1.0)
