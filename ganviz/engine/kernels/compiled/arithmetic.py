"""What the compiled rules stand on: memory by its address, calls, and functions for whole rows.

Without a vendor's library a compiler takes exp and its kin one number at a time, about 10 ns each;
these are written so that it can take eight or sixteen at once, 0.3 to 1 ns each. They are exact to
a few units in the last place. NaN goes through all of them, for the watch for divergence to see.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from math import factorial, log, sqrt
from types import FunctionType
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic, overload

#: Sums may be taken in another order and products fused; NaN and infinities stay what they are.
LOOSE = {"reassoc", "contract", "arcp", "nsz"}
#: Where a rounding error is meant (Cody and Waite's reduction), the order stays.
STRICT = {"contract"}
#: For rules that are called by rules, and for those that Python calls.
OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "fastmath": LOOSE,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}

REAL = {"float32": np.float32, "float64": np.float64}


# ---- memory and calls -------------------------------------------------------------------------


@intrinsic
def place(context: Any, address: Any) -> Any:
    """Return the pointer that an int64 address stands for."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), build


@njit(**OPTIONS)
def row(real: Any, address: Any, n: Any) -> Any:
    """Return n numbers at an address, as an array that owns nothing."""
    return carray(place(address), n, real)


def size_of(real: Any) -> int:
    """Return how many bytes a number takes."""
    return int(np.dtype(real).itemsize)


@overload(size_of)
def _(real):  # type: ignore[no-untyped-def]
    size = real.instance_type.bitwidth // 8
    return lambda real: size


@intrinsic
def call(context: Any, address: Any, arguments: Any) -> Any:
    """Call the C function at an address with a tuple of int64 and float64; it returns nothing."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values = cgutils.unpack_tuple(builder, args[1])
        kind = ir.FunctionType(ir.VoidType(), [each.type for each in values]).as_pointer()
        builder.call(builder.inttoptr(args[0], kind), values)
        return context.get_dummy_value()

    return types.void(types.int64, arguments), build


@intrinsic
def settled(context: Any) -> Any:
    """Put what was read and written so far before all that is from now on, as threads see it."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.fence("acq_rel")
        return context.get_dummy_value()

    return types.void(), build


@intrinsic
def gemm(
    context: Any,
    address: Any,
    turned: Any,
    sizes: Any,
    places: Any,
    steps: Any,
    beta: Any,
) -> Any:
    """Call BLAS's gemm: C ← A B + β C, by columns, in the precision of β.

    ``turned`` says of A and of B whether it is transposed; ``sizes`` are m, n, k; ``places`` and
    ``steps`` the addresses and leading dimensions of A, B and C.
    """

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address, turned, sizes, places, steps, beta = args
        real, small, letter = beta.type, ir.IntType(32), ir.IntType(8)

        def kept(value: Any) -> Any:
            return cgutils.alloca_once_value(builder, value)

        def letters(turned: Any) -> Any:
            one = builder.icmp_signed("!=", turned, ir.Constant(turned.type, 0))
            return kept(
                builder.select(one, ir.Constant(letter, ord("T")), ir.Constant(letter, ord("N")))
            )

        def whole(values: Any) -> list[Any]:
            return [
                kept(builder.trunc(each, small)) for each in cgutils.unpack_tuple(builder, values)
            ]

        a, b, c = (
            builder.inttoptr(each, real.as_pointer())
            for each in cgutils.unpack_tuple(builder, places)
        )
        lda, ldb, ldc = whole(steps)
        given = [
            *(letters(each) for each in cgutils.unpack_tuple(builder, turned)),
            *whole(sizes),
            kept(ir.Constant(real, 1.0)),
            *(a, lda, b, ldb, kept(beta), c, ldc),
        ]
        kind = ir.FunctionType(ir.VoidType(), [each.type for each in given]).as_pointer()
        builder.call(builder.inttoptr(address, kind), given)
        return context.get_dummy_value()

    return types.void(types.int64, turned, sizes, places, steps, beta), build


@intrinsic
def bits(context: Any, number: Any) -> Any:
    """Return the bits of a float as a whole number of its size."""
    whole = types.int32 if number == types.float32 else types.int64

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(whole))

    return whole(number), build


@intrinsic
def power(context: Any, number: Any, less: Any) -> Any:
    """Return 2ᵏ⁻ˡ, where ``number`` is k plus the number whose last bit is worth 1."""
    single = number == types.float32
    digits, bias = (23, 127) if single else (52, 1023)

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        whole = ir.IntType(32 if single else 64)
        k = builder.bitcast(args[0], whole)
        lowered = builder.sub(k, builder.trunc(args[1], whole) if single else args[1])
        exponent = builder.add(lowered, ir.Constant(whole, bias))
        return builder.bitcast(builder.shl(exponent, ir.Constant(whole, digits)), args[0].type)

    return number(number, types.int64), build


# ---- exp and its kin --------------------------------------------------------------------------


def _elementary(real: Any) -> dict[str, Any]:
    """Return exp, expm1, log1p and tanh for numbers of a precision.

    exp x = 2ᵏ exp r with k the whole number next to x / log 2, so that |r| ≤ ½ log 2, where a
    Taylor polynomial is exact: Cody and Waite 1980, chapter 6. log(1 + u) is read from
    2 artanh(u / (2 + u)).
    """
    single = real is np.float32
    degree, terms = (7, 5) if single else (13, 11)
    rounder = real(1.5 * 2.0 ** (23 if single else 52))  # its last bit is worth 1
    per_two, two_high = real(1 / log(2)), real(0.693145751953125)  # few bits: k · high is exact
    two_low = real(1.42860682030941723212e-6)
    low, high = real(-86.0 if single else -707.0), real(89.0 if single else 710.0)
    wide = real(20.0 if single else 40.0)
    one, two = real(1), real(2)
    e = tuple(real(1 / factorial(i)) for i in range(degree, 1, -1))
    a = tuple(real(1 / (2 * i + 1)) for i in range(terms, 0, -1))
    root, log_root, bend = real(sqrt(2)), real(log(2) / 2), real(sqrt(2) - 1)

    @njit(**{**OPTIONS, "fastmath": STRICT})
    def reduced(x: Any) -> Any:
        t = x * per_two + rounder
        k = t - rounder
        return t, (x - k * two_high) - k * two_low

    @njit(**{**OPTIONS, "fastmath": STRICT})
    def rise(r: Any) -> Any:
        """Return exp r − 1."""
        p = e[0]
        for c in e[1:]:
            p = p * r + c
        return p * r * r + r

    @njit(**{**OPTIONS, "fastmath": STRICT})
    def exp(x: Any) -> Any:
        x = high if x > high else x
        x = low if x < low else x
        t, r = reduced(x)
        return (rise(r) + one) * power(t, 1) * two  # 2ᵏ⁻¹: there is no 2¹⁰²⁴

    @njit(**{**OPTIONS, "fastmath": STRICT})
    def expm1(x: Any) -> Any:
        x = -low if x > -low else x
        x = low if x < low else x
        t, r = reduced(x)
        scale = power(t, 0)
        return rise(r) * scale + (scale - one)

    @njit(**{**OPTIONS, "fastmath": STRICT})
    def tanh(x: Any) -> Any:
        x = x + x
        x = wide if x > wide else x
        rise = expm1(x)
        return rise / (rise + two)

    @njit(**{**OPTIONS, "fastmath": STRICT})
    def log1p(u: Any) -> Any:
        """Return log(1 + u) for 0 ≤ u ≤ 1."""
        far = u > bend
        above, below = u, two + u
        above = u - bend if far else above
        below = u + one + root if far else below
        s = above / below
        q = s * s
        p = a[0]
        for c in a[1:]:
            p = p * q + c
        return two * (p * q * s + s) + (log_root if far else u * real(0))

    return {"exp": exp, "expm1": expm1, "log1p": log1p, "tanh": tanh}


ELEMENTARY = {real: _elementary(real) for real in REAL.values()}


def compiled(function: Callable[..., Any], real: Any) -> Any:
    """Return a catalog's function of plain numbers, compiled for the numbers of a precision.

    Its own numbers are taken in that precision, and :mod:`math`'s functions from above; what it
    calls of its own page likewise.
    """
    elementary = ELEMENTARY[real]
    name = getattr(function, "__name__", "")
    if not isinstance(function, FunctionType):
        return elementary[name]

    def there(name: str, value: Any) -> Any:
        if name in elementary and value is getattr(math, name):
            return elementary[name]
        if isinstance(value, float):
            return real(value)
        return compiled(value, real) if isinstance(value, FunctionType) else value

    code = function.__code__
    code = code.replace(
        co_consts=tuple(real(c) if isinstance(c, float) else c for c in code.co_consts)
    )
    around = {n: there(n, v) for n, v in function.__globals__.items() if n in code.co_names}
    return njit(FunctionType(code, around, name), **OPTIONS)
