"""Where BLAS lies: the address of its product of matrices, for code that is not Python.

torch brings MKL on most machines; it is in memory already and the fastest there. Elsewhere it is
SciPy's, imported only then: OpenBLAS in most of its wheels, which was tried on Linux on x86-64 in
the place of MKL, and on no other system.
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


#: What OpenBLAS calls it, in SciPy's wheels and elsewhere.
OPENBLAS = ("scipy_openblas_set_num_threads", "openblas_set_num_threads")


@cache
def _keep() -> Callable[[int], object]:
    """Return what sets the number of threads, at once: it keeps the interpreter lock."""
    if _own() is not None:
        library = ctypes.PyDLL(str(_library()))
        return cast(Callable[[int], object], library.MKL_Set_Num_Threads_Local)
    from scipy.linalg import cython_blas

    library = ctypes.PyDLL(cython_blas.__file__)  # which finds what that was linked with
    found = (getattr(library, name) for name in OPENBLAS if hasattr(library, name))
    return next(found, lambda threads: None)


def keep_to_one_thread() -> None:
    """Let products that this thread asks for be computed in this thread alone.

    MKL is told so for this thread, OpenBLAS for all who use SciPy's. Nothing is told on Windows,
    where a module does not know what it was linked with, nor to Apple's Accelerate, which SciPy
    uses on new Macs: it has had a call for this since macOS 15 (``BLASSetThreading``), which nobody
    has tried here. Products are then spread as these libraries like.
    """
    _keep()(1)
