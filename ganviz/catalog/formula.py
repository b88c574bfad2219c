"""A user's own generator: an expression in the noise, such as ``[-z^2, exp(-z), z]``.

The text is never executed. It is cut into the few words that a formula may have, Python's parser
finds what belongs to what, and the tree becomes a short program for a stack: numbers and variables
are laid down, an operation takes its arguments from the top and lays down its result. Whatever is
not named here has no way in.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np

from ganviz.schema import ParamError

#: A numpy array or a torch tensor.
Array = Any
Kernel = Mapping[str, Callable[..., Array]]

LONGEST = 300
DEEPEST = 40
LARGEST = 1e6
HIGHEST_POWER = 16
MOST_PARTS = 3
TOO_DEEP = f"must not be nested more than {DEEPEST} deep"

CONSTANTS = {"pi": math.pi, "e": math.e}
#: The functions, with the number of their arguments.
FUNCTIONS = {
    "exp": 1,
    "log": 1,
    "sqrt": 1,
    "sin": 1,
    "cos": 1,
    "tan": 1,
    "tanh": 1,
    "sigmoid": 1,
    "relu": 1,
    "softplus": 1,
    "abs": 1,
    "sign": 1,
    "min": 2,
    "max": 2,
    "erf": 1,
    "Phi": 1,
    "Phi_inv": 1,
}
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "^",
}
_NEGATIVE = "negative"

#: What people write, and what the parser reads. ``^`` binds like ``**``, not as Python's xor.
_SPELLINGS = {"^": "**", "−": "-", "·": "*", "×": "*", "²": "**2.0", "³": "**3.0"}
_WORD = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<raised>[²³])"
    r"|(?P<mark>\*\*|[-+*/^(),\[\]−·×])"
    r"|(?P<blank>[ \t\r\n]+)"
)


# ---- what a formula can do --------------------------------------------------------------------


def _each(function: Callable[[float], float]) -> Callable[[Array], Array]:
    """Return a function of numbers as one of arrays that keeps their precision."""
    over = np.vectorize(function, otypes=[float])

    def apply(x: Array) -> Array:
        x = np.asarray(x)
        return over(x).astype(x.dtype)

    return apply


def _phi(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


def _phi_inv(u: float) -> float:
    if 0 < u < 1:
        return NormalDist().inv_cdf(u)
    return {0.0: -math.inf, 1.0: math.inf}.get(u, math.nan)


def _numpy_sigmoid(x: Array) -> Array:
    return np.exp(-np.logaddexp(0, -x))


_NUMPY: dict[str, Callable[..., Array]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": lambda base, power: np.asarray(base) ** power,  # squares without a detour
    _NEGATIVE: np.negative,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "sigmoid": _numpy_sigmoid,
    "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.logaddexp(0, x),
    "abs": np.abs,
    "sign": np.sign,
    "min": np.minimum,
    "max": np.maximum,
    "erf": _each(math.erf),
    "Phi": _each(_phi),
    "Phi_inv": _each(_phi_inv),
}


@cache
def _torch() -> Kernel:
    """Return the same table for tensors; their arithmetic takes a number on either side."""
    import operator

    import torch

    from ganviz.catalog.losses import softplus

    def pair(function: Callable[..., Array]) -> Callable[..., Array]:
        """Let a function of two tensors take a number for one of them."""

        def apply(a: Array, b: Array) -> Array:
            like = a if isinstance(a, torch.Tensor) else b
            return function(
                *(x if isinstance(x, torch.Tensor) else like.new_tensor(x) for x in (a, b))
            )

        return apply

    return {
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "/": operator.truediv,
        "^": operator.pow,
        _NEGATIVE: operator.neg,
        "exp": torch.exp,
        "log": torch.log,
        "sqrt": torch.sqrt,
        "sin": torch.sin,
        "cos": torch.cos,
        "tan": torch.tan,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "relu": torch.relu,
        "softplus": softplus,
        "abs": torch.abs,
        "sign": torch.sign,
        "min": pair(torch.minimum),
        "max": pair(torch.maximum),
        "erf": torch.erf,
        # Not torch.special.ndtr: it has no left tail, Φ(−9) would be 0.
        "Phi": lambda x: torch.special.erfc(x * -math.sqrt(0.5)) / 2,
        "Phi_inv": torch.special.ndtri,
    }


# ---- a formula that was read ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Operation:
    """Take ``arity`` values from the stack and lay down what ``name`` makes of them."""

    name: str
    arity: int


#: A number, the name of a variable, or an operation on what lies on the stack.
Item = float | str | Operation
Program = tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression that was read and understood.

    Attributes
    ----------
    text
        As it was written.
    parts
        One program for each coordinate.
    names
        The variables it uses, in the order in which they were given to :func:`parse`.
    """

    text: str
    parts: tuple[Program, ...] = field(repr=False)
    names: tuple[str, ...]

    @property
    def outputs(self) -> int:
        """The number of coordinates, 1 to 3."""
        return len(self.parts)

    def apply(self, values: Mapping[str, Array]) -> list[Array]:
        """Return each coordinate at the given values, in their common shape.

        ``values`` holds an array for every name in ``names`` and at least one array, all of numpy
        or all of torch: a formula without variables takes its shape from them. Where a formula
        has no value (log of a negative number) it gives NaN or an infinity, without a warning.
        """
        given = list(values.values())
        shape = np.broadcast_shapes(*(tuple(value.shape) for value in given))
        if all(isinstance(value, np.ndarray | np.generic) for value in given):
            kind = np.result_type(np.float32, *given)
            with np.errstate(all="ignore"):
                results = [_run(part, values, _NUMPY) for part in self.parts]
            return [np.broadcast_to(result, shape).astype(kind) for result in results]
        import torch

        results = [_run(part, values, _torch()) for part in self.parts]
        return [
            r.expand(shape) if isinstance(r, torch.Tensor) else given[0].new_full(shape, r)
            for r in results
        ]


def _run(program: Program, values: Mapping[str, Array], kernel: Kernel) -> Array:
    stack: list[Array] = []
    for item in program:
        if isinstance(item, Operation):
            arguments = stack[-item.arity :]
            del stack[-item.arity :]
            stack.append(kernel[item.name](*arguments))
        else:
            stack.append(values[item] if isinstance(item, str) else item)
    return stack[0]


# ---- reading ----------------------------------------------------------------------------------


def parse(text: str, variables: Sequence[str], path: str = "generator.formula") -> Formula:
    """Read a formula in the given variables.

    One expression, or up to three in brackets for as many coordinates. Where ``z`` is the only
    variable, ``z1`` means it as well.

    Raises
    ------
    ParamError
        For anything that is not such a formula: a sentence that names the culprit and says what
        is allowed.
    """
    try:
        return _Reader(tuple(variables)).read(text)
    except _Refusal as refusal:
        reason = str(refusal)
    except (RecursionError, MemoryError):  # called from deep within another program
        reason = TOO_DEEP
    written = "".join(c if c.isprintable() else " " for c in text[:LONGEST])
    shown = " ".join(written.split())
    raise ParamError(f"{path} = {shown if len(shown) <= 80 else shown[:79] + '…'}: {reason}")


class _Refusal(Exception):
    """Why a text is no formula."""


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


class _Reader:
    """Reads one text; knows the variables and how to speak of them."""

    def __init__(self, variables: tuple[str, ...]) -> None:
        self.variables = variables
        self.meanings = {name: name for name in variables}
        if variables == ("z",):
            self.meanings["z1"] = "z"
        several = len(variables) > 3
        self.spoken = f"{variables[0]} to {variables[-1]}" if several else _listed(variables)
        self.allowed = (
            f"allowed are {self.spoken}, numbers, pi, e, + - * / ^, brackets and "
            + ", ".join(FUNCTIONS)
        )

    def read(self, text: str) -> Formula:
        if not text.strip():
            raise _Refusal(f"must be a formula; {self.allowed}")
        if len(text) > LONGEST:
            raise _Refusal(f"must have at most {LONGEST} characters, has {len(text)}")
        tree = self._tree(" ".join(self._words(text)))
        many = isinstance(tree, ast.Tuple | ast.List)
        nodes = tree.elts if isinstance(tree, ast.Tuple | ast.List) else [tree]
        if many and not 1 <= len(nodes) <= MOST_PARTS:
            raise _Refusal(f"must have 1 to {MOST_PARTS} coordinates, has {len(nodes)}")
        parts = tuple(tuple(self._items(node, 0)) for node in nodes)
        used = {item for part in parts for item in part if isinstance(item, str)}
        names = tuple(name for name in self.variables if name in used)
        return Formula(text, parts, names)

    # Words: whatever passes here is made of known names, plain numbers and plain marks, so the
    # parser never sees a keyword, a string, a dot or a colon.

    def _words(self, text: str) -> Iterable[str]:
        at, depth, raised = 0, 0, False
        while at < len(text):
            match = _WORD.match(text, at)
            if match is None:
                culprit = text[at] if text[at].isprintable() else ascii(text[at])
                raise _Refusal(f"“{culprit}” means nothing in a formula; {self.allowed}")
            word, kind = match.group(), match.lastgroup
            at = match.end()
            if kind == "blank":
                continue
            if raised and (kind == "raised" or word in ("^", "**")):
                raise _Refusal(f"“{word}” after ² or ³ can be read in two ways; use brackets")
            raised = kind == "raised"
            depth += (word in "([") - (word in ")]")
            if depth > DEEPEST:
                raise _Refusal(TOO_DEEP)
            if kind == "name":
                self._known(word)
                yield word
            elif kind == "number":
                yield repr(_number(float(word), word[:20]))
            else:
                yield _SPELLINGS.get(word, word)

    def _known(self, name: str) -> None:
        known = {*self.meanings, *CONSTANTS, *FUNCTIONS}
        if name in known:
            return
        if name == "z" and len(self.variables) > 1:
            raise _Refusal(f"z has {len(self.variables)} coordinates here; write {self.spoken}")
        import difflib

        # Another number of z is no misspelling: the sentence says which there are.
        spelt = {word.lower(): word for word in sorted(known - {*self.meanings})}
        near = difflib.get_close_matches(name.lower(), spelt, n=1)
        hint = f" (did you mean {spelt[near[0]]}?)" if near else ""
        raise _Refusal(f"there is no “{name}”{hint}; {self.allowed}")

    def _tree(self, words: str) -> ast.expr:
        try:
            return ast.parse(words, mode="eval").body
        except SyntaxError as error:
            rest = words[max((error.offset or 1) - 1, 0) :].split()
            where = f"from “{rest[0]}” on" if rest else "at its end"
            raise _Refusal(
                f"cannot be read {where}; every bracket needs its partner, every product its *"
            ) from None

    # The tree becomes a program. Only the left operand does not count as deeper, so that a long
    # sum is as flat as it looks.

    def _items(self, node: ast.expr, depth: int) -> list[Item]:
        if depth > DEEPEST:
            raise _Refusal(TOO_DEEP)
        match node:
            case ast.Constant(value=float(value)):
                return [value]
            case ast.Name(id=name):
                return [self._name(name)]
            case ast.UnaryOp(op=ast.UAdd()):
                return self._items(node.operand, depth + 1)
            case ast.UnaryOp(op=ast.USub()):
                return self._applied(_NEGATIVE, self._items(node.operand, depth + 1))
            case ast.BinOp() if type(node.op) in _BINARY:
                left = self._items(node.left, depth)
                right = self._items(node.right, depth + 1)
                if isinstance(node.op, ast.Pow):
                    _check_power(right)
                return self._applied(_BINARY[type(node.op)], left, right)
            case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
                return self._called(name, node, depth)
            case ast.Call():
                culprit = ast.unparse(node.func)
                raise _Refusal(f"“{culprit}” is no function; a product needs its *")
            case ast.Tuple() | ast.List():
                raise _Refusal("only the whole formula can be a list of coordinates")
            case ast.Starred():
                raise _Refusal("“*” needs a number, variable or bracket on its left")
        raise _Refusal(f"“{ast.unparse(node)}” means nothing in a formula; {self.allowed}")

    def _name(self, name: str) -> Item:
        if name in FUNCTIONS:
            arguments = ", ".join(["…"] * FUNCTIONS[name])
            raise _Refusal(f"{name} needs its argument in brackets: {name}({arguments})")
        return CONSTANTS[name] if name in CONSTANTS else self.meanings[name]

    def _called(self, name: str, call: ast.Call, depth: int) -> list[Item]:
        wanted, given = FUNCTIONS[name], len(call.args)
        if call.keywords:
            raise _Refusal(f"{name} takes plain arguments only, as in {name}(z)")
        if given != wanted:
            plural = "" if wanted == 1 else "s"
            raise _Refusal(f"{name} takes {wanted} argument{plural}, not {given}")
        return self._applied(name, *(self._items(each, depth + 1) for each in call.args))

    def _applied(self, name: str, *arguments: list[Item]) -> list[Item]:
        """Return the program of an operation; of numbers only, the number it gives."""
        numbers = [each[0] for each in arguments if len(each) == 1 and isinstance(each[0], float)]
        if len(numbers) < len(arguments):
            return [item for each in arguments for item in each] + [Operation(name, len(arguments))]
        with np.errstate(all="ignore"):
            value = float(_NUMPY[name](*numbers))
        written = ", ".join(f"{number:.6g}" for number in numbers)
        if name in _BINARY.values():
            written = f" {name} ".join(f"{number:.6g}" for number in numbers)
        elif name in FUNCTIONS:
            written = f"{name}({written})"
        return [_number(value, written)]


def _number(value: float, written: str) -> float:
    """Return a constant if it is small enough to be computed with."""
    if not math.isfinite(value):
        raise _Refusal(f"{written} is no finite number")
    if abs(value) > LARGEST:
        raise _Refusal(f"{written} is too large: numbers reach from −1e6 to 1e6")
    return value


def _check_power(exponent: list[Item]) -> None:
    value = exponent[0]
    if len(exponent) > 1 or not isinstance(value, float):
        raise _Refusal("an exponent must be a number; for a^z write exp(z*log(a))")
    if abs(value) > HIGHEST_POWER:
        raise _Refusal(f"the exponent {value:.6g} is too large: it may be −16 to 16")
