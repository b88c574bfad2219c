"""Where BLAS lies: the address of its product of matrices, for code that is not Python.

torch brings MKL on most machines; it is in memory already and the fastest there. Elsewhere it is
SciPy's, imported only then.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import cast

import torch

#: By precision; the Fortran interface of all BLAS.
NAMES = {"float32": "sgemm", "float64": "dgemm"}


def _library() -> Path:
    return Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"


@cache
def _own() -> ctypes.CDLL | None:
    """Return torch's library, if its BLAS can be called."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(str(_library()))
    needed = ("sgemm_", "dgemm_", "MKL_Set_Num_Threads_Local")
    return library if all(hasattr(library, name) for name in needed) else None


@cache
def address(precision: str) -> int:
    """Return where gemm for ``float32`` or ``float64`` lies."""
    name, own = NAMES[precision], _own()
    if own is not None:
        return ctypes.cast(getattr(own, name + "_"), ctypes.c_void_p).value or 0
    from scipy.linalg import cython_blas  # type: ignore[import-untyped]

    capsule = cython_blas.__pyx_capi__[name]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    signature = re.search(r'"(.*)"', repr(capsule))
    assert signature is not None
    return int(pointer(capsule, signature[1].encode()))


@cache
def _keep() -> Callable[[int], object]:
    """Return what sets a thread's number of threads, at once: it keeps the interpreter lock."""
    if _own() is None:
        return lambda threads: None
    library = ctypes.PyDLL(str(_library()))
    return cast(Callable[[int], object], library.MKL_Set_Num_Threads_Local)


def keep_to_one_thread() -> None:
    """Let products that this thread asks for be computed in this thread alone."""
    _keep()(1)
