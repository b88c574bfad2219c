"""Compile the kernel's rules: Python functions in, object code of this system out.

    python -m ganviz.engine.kernels.compiled.build [--into FOLDER] [--level CPU]

numba makes LLVM's intermediate language of them; the rest needs llvmlite alone, as does loading the
result. Only this module imports numba, and it runs in a process of its own, because the processor
that numba compiles for is settled when it is imported.

The functions must neither raise nor allocate. That is not trusted but proved: what numba would call
then is replaced by a trap, and if optimisation cannot show that it is never reached, nothing is
compiled.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from ganviz.engine.kernels.compiled import store

RULES = "ganviz.engine.kernels.compiled.rules"
#: Beginnings of the names of what belongs to Python, or to numba's own memory.
_PYTHON = ("Py", "_Py", "numba_", "NRT_")
#: How fast mathematics may be: everything but that there are no NaN and infinities, by which a run
#: that diverges is known.
FAST = {"reassoc", "contract", "arcp", "nsz"}


class Unfit(Exception):
    """A rule cannot be compiled into code of its own."""


def settle(sort: str) -> None:
    """Let numba compile for a processor, and heed no one's own wishes; before it is imported."""
    for name in [name for name in os.environ if name.startswith("NUMBA_")]:
        del os.environ[name]
    os.environ.update(NUMBA_CPU_NAME=sort, NUMBA_CPU_FEATURES="", NUMBA_DISABLE_INTEL_SVML="1")


def compiled(
    functions: Mapping[str, tuple[Any, Callable[..., Any]]], sort: str
) -> tuple[dict[str, tuple[str, ...]], bytes]:
    """Return the types of the functions and their object code.

    Parameters
    ----------
    functions
        {name: (numba's signature, function)}.
    sort
        The processor, in LLVM's words; :func:`settle` has been told the same.

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
    return types, machine.emit_object(whole)


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
    rules: str = RULES, sort: str | None = None, places: tuple[Path, ...] | None = None
) -> Path | None:
    """Compile a module's ``FUNCTIONS``, unless that is done; return the file if it was not.

    Raises
    ------
    OSError
        If no folder can be written.
    """
    sort = store.level() if sort is None else sort
    places = store.folders() if places is None else places
    mark = store.fingerprint(sort)
    with store.alone(places):
        if store.find(mark, places) is not None:  # another process has done it meanwhile
            return None
        settle(sort)
        types, code = compiled(import_module(rules).FUNCTIONS, sort)
        return store.write(mark, types, code, places)


def main(argv: list[str]) -> int:
    """Compile what the command line says; return 0, or 1 after telling why not."""
    parser = argparse.ArgumentParser(prog="build", description="Compile ganviz's kernel.")
    parser.add_argument("--into", type=Path, help="a folder, instead of the usual ones")
    parser.add_argument("--level", help="the processor, such as x86-64-v3, instead of this one")
    parser.add_argument("--rules", default=RULES, help="the module of the functions")
    chosen = parser.parse_args(argv)
    try:
        build(chosen.rules, chosen.level, None if chosen.into is None else (chosen.into,))
    except (Unfit, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
