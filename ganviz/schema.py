"""What a parameter is.

A parameter exists because one line of ``settings.py`` says ``param(...)``. The control panel, the
command line, the TOML files, the help and the validation are all read from that line through
:func:`walk`; nothing else in the package lists parameters.
"""

from __future__ import annotations

import re
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo

#: When a changed value takes effect.
Effect = Literal["step", "generator", "discriminator", "encoder", "restart"]
EFFECTS: dict[Effect, str] = {
    "step": "at the next step, weights kept",
    "generator": "builds the generator anew",
    "discriminator": "builds the discriminator anew",
    "encoder": "builds the encoder anew",
    "restart": "starts a new run",
}

#: The longest list a parameter may hold, where its declaration does not say otherwise.
LONGEST = 100

#: In a condition: any number above zero, or true.
POSITIVE = "> 0"
Condition = Mapping[str, tuple[str, ...]]


class ParamError(ValueError):
    """A value that a parameter cannot take; the message names culprit, value and cure.

    ``cure`` holds values of other parameters, by dotted path, with which it could; or nothing.
    """

    def __init__(self, sentence: str, cure: Mapping[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.cure = dict(cure or {})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared leaf of the settings, as the panel, the command line and the files see it."""

    path: str
    kind: Literal["int", "float", "bool", "choice", "text", "file", "list"]
    default: Any
    title: str
    help: str
    low: float | None
    high: float | None
    log: bool
    unit: str
    live: Effect
    when: Condition
    source: str
    choices: tuple[str, ...]
    optional: bool  # None is allowed, and means "the chosen entry's own default"
    entries: str = ""  # of a list, what it is of: numbers, pairs of them, or either

    @property
    def group(self) -> str:
        """The first part of the dotted path, such as ``optim``."""
        return self.path.partition(".")[0]

    @property
    def name(self) -> str:
        """The last part of the dotted path, such as ``lr_d``."""
        return self.path.rpartition(".")[2]

    def allowed(self) -> str:
        """Say in words which values are allowed, such as ``a number from 1e-6 to 10``."""
        if self.choices:
            words = "one of " + ", ".join(self.choices)
        elif self.kind == "bool":
            words = "true or false"
        elif self.kind in ("text", "file"):
            words = "text"
        else:
            noun = {
                "int": "a whole number",
                "float": "a number",
                "list": f"a list of {self.entries}",
            }[self.kind]
            if self.low is not None and self.high is not None:
                words = f"{noun} from {_short(self.low)} to {_short(self.high)}"
            else:
                words = noun
        return words + (", or none" if self.optional else "")


def param(
    default: Any,
    title: str,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    log: bool = False,
    unit: str = "",
    live: Effect = "step",
    when: Mapping[str, str | tuple[str, ...]] | None = None,
    source: str = "",
    choices: Mapping[str, Any] | tuple[str, ...] | None = None,
    kind: Literal["file"] | None = None,
    longest: int = LONGEST,
) -> Any:
    """Declare a parameter as a field of a :class:`Group`.

    ``when`` maps other paths to the values for which this parameter means anything: the kind of
    game, where it is named, and any one of the rest. ``POSITIVE`` stands for every number above
    zero. ``choices`` are the names (or a registry whose keys are the names) it may take. ``log``
    asks for a logarithmic slider. ``kind="file"`` says that the text is a file's path. ``longest``
    is how many entries a list may have.
    """
    conditions = {
        path: (values,) if isinstance(values, str) else tuple(values)
        for path, values in (when or {}).items()
    }
    extra: Any = {
        "log": log,
        "unit": unit,
        "live": live,
        "when": conditions,
        "source": source,
        "choices": tuple(choices or ()),
        "low": low,
        "high": high,
        "kind": kind,
        "longest": longest,
    }
    return Field(
        default=default,
        title=title,
        description=help,
        json_schema_extra=extra,
        validate_default=True,
    )


class Group(BaseModel):
    """A named group of parameters: frozen, strict about types, closed to unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _listen_kindly(cls, value: Any) -> Any:
        """Take what TOML and NumPy write (lists, array scalars) for what Python means by it."""
        if hasattr(value, "tolist"):
            value = value.tolist()
        if isinstance(value, list):
            return tuple(tuple(row) if isinstance(row, list) else row for row in value)
        return value

    @field_validator("*", mode="after")
    @classmethod
    def _within_bounds(cls, value: Any, info: Any) -> Any:
        extra = _extra(cls.model_fields[info.field_name]) if info.field_name else {}
        if value is None or not extra:
            return value
        if extra["choices"] and value not in extra["choices"]:
            raise ValueError("must be one of " + ", ".join(extra["choices"]))
        if isinstance(value, tuple) and len(value) > extra["longest"]:
            raise ValueError(f"must have at most {extra['longest']} entries")
        numbers = list(_numbers(value))
        for number in (min(numbers), max(numbers)) if numbers else ():
            if extra["low"] is not None and number < extra["low"]:
                raise ValueError(f"must be at least {_short(extra['low'])}")
            if extra["high"] is not None and number > extra["high"]:
                raise ValueError(f"must be at most {_short(extra['high'])}")
        return value


def _short(number: float) -> str:
    """Write a bound: ``1e-6``, not ``1e-06``."""
    return re.sub(r"e([+-])0*", lambda match: "e" + match[1].strip("+"), f"{number:.10g}")


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, bool | str):
        return
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            if isinstance(part, float):  # by far the most, in what was drawn by hand
                yield part
            else:
                yield from _numbers(part)


def _extra(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _kind(annotation: Any, extra: Mapping[str, Any]) -> tuple[Any, bool]:
    """Return the parameter kind of a type annotation and whether None is allowed."""
    options = (
        typing.get_args(annotation)
        if typing.get_origin(annotation) in (typing.Union, types.UnionType)
        else (annotation,)
    )
    optional = type(None) in options
    plain = [option for option in options if option is not type(None)]
    if extra.get("kind") == "file":
        return "file", optional
    if extra["choices"]:
        return "choice", optional
    names = {bool: "bool", int: "int", float: "float", str: "text"}
    if len(plain) == 1 and plain[0] in names:
        return names[plain[0]], optional
    return "list", optional


def _entries(annotation: Any) -> str:
    """Return what the lists are of that a type annotation allows."""
    options = typing.get_args(annotation)
    lists = [each for each in (annotation, *options) if typing.get_origin(each) is tuple]
    firsts = [typing.get_args(each)[0] for each in lists]
    pairs = [typing.get_origin(first) is tuple for first in firsts]
    found = [
        name
        for name, is_so in (("numbers", not all(pairs)), ("pairs of numbers", any(pairs)))
        if is_so
    ]
    return " or of ".join(found)


@cache
def walk(tree: type[BaseModel]) -> tuple[Parameter, ...]:
    """Return every parameter below a settings class, in the order of declaration."""
    return tuple(_leaves(tree, ""))


def _leaves(tree: type[BaseModel], prefix: str) -> Iterator[Parameter]:
    for name, field in tree.model_fields.items():
        path = f"{prefix}{name}"
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, Group):
            yield from _leaves(annotation, f"{path}.")
            continue
        extra = _extra(field)
        kind, optional = _kind(annotation, extra)
        yield Parameter(
            path=path,
            kind=kind,
            default=field.default,
            title=field.title or name,
            help=field.description or "",
            low=extra["low"],
            high=extra["high"],
            log=extra["log"],
            unit=extra["unit"],
            live=extra["live"],
            when=extra["when"],
            source=extra["source"],
            choices=extra["choices"],
            optional=optional,
            entries=_entries(annotation) if kind == "list" else "",
        )


def get(tree: BaseModel, path: str) -> Any:
    """Return the value at a dotted path."""
    value: Any = tree
    for name in path.split("."):
        value = getattr(value, name)
    return value


def put(tree: BaseModel, values: Mapping[str, Any]) -> Any:
    """Return a copy of the tree with the values at the given dotted paths replaced and checked.

    Raises
    ------
    ParamError
        For a path that does not exist or a value that its parameter cannot take.
    """
    known = {parameter.path for parameter in walk(type(tree))}
    nested: dict[str, dict[str, Any]] = {}
    for path, value in values.items():
        if path not in known:
            raise ParamError(_unknown(str(path), known))
        group, _, name = path.partition(".")
        nested.setdefault(group, dict(getattr(tree, group)))[name] = value
    try:  # the other groups are checked already, and a hand on a slider waits for this
        groups = {
            group: type(getattr(tree, group)).model_validate(leaves)
            for group, leaves in nested.items()
        }
    except ValidationError:
        return build(type(tree), {**tree.model_dump(), **nested})  # which says why
    return tree.model_copy(update=groups)


def build(tree: type[BaseModel], nested: Mapping[str, Any]) -> Any:
    """Build a settings tree from nested values; every refusal is a :class:`ParamError`."""
    known = {parameter.path for parameter in walk(tree)}
    groups = {path.partition(".")[0] for path in known}
    for group, leaves in nested.items():
        if group not in groups:
            raise ParamError(_unknown(str(group), known))
        if not isinstance(leaves, Mapping):
            raise ParamError(f"{group} = {words(leaves)}: must be a table of parameters")
        for name in leaves:
            if f"{group}.{name}" not in known:
                raise ParamError(_unknown(f"{group}.{name}", known))
    try:
        return tree.model_validate(nested)
    except ValidationError as error:
        raise ParamError(_sentence(tree, nested, error)) from None


def changed(before: BaseModel, after: BaseModel) -> dict[str, tuple[Any, Any]]:
    """Return the paths whose values differ, with the value before and the value after."""
    same = {
        name for name in type(before).model_fields if getattr(before, name) is getattr(after, name)
    }
    pairs = {
        parameter.path: (get(before, parameter.path), get(after, parameter.path))
        for parameter in walk(type(before))
        if parameter.group not in same
    }
    return {path: pair for path, pair in pairs.items() if pair[0] != pair[1]}


def parse(text: str) -> Any:
    """Read one value written as in TOML; what is no TOML value is taken as bare text."""
    if text.strip().lower() == "none":
        return None
    if "\n" in text or "\r" in text:
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, KeyError, RecursionError):  # also numbers of thousands of digits
        return text.strip()


def words(value: Any) -> str:
    """Write a value for people: ``0.001``, ``[64, 64]``, ``ring``, ``none``."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(words(part) for part in value) + "]"
    return str(value)


#: Control characters, but for those that begin a line or a column: a terminal would obey them.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """Return a text with a blank for each control character that is none of space."""
    return _CONTROL.sub(" ", text)


def trouble(error: OSError) -> str:
    """Return what the system says against a file; a disk that is full names none."""
    said = error.strerror or str(error).strip()  # a library's own may lack it
    return printable(f"{error.filename}: {said}" if error.filename is not None else said)


def _unknown(path: str, known: set[str]) -> str:
    import difflib

    if any(name.startswith(f"{path}.") for name in known):
        return f"{path}: is a group of parameters; name one of them, such as " + min(
            name for name in known if name.startswith(f"{path}.")
        )
    near = difflib.get_close_matches(path, sorted(known), n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else "; `ganviz parameters` lists them"
    return f"{path}: there is no such parameter{hint}"


def _sentence(tree: type[BaseModel], nested: Mapping[str, Any], error: ValidationError) -> str:
    """Turn pydantic's first complaint into one sentence: path = value: what would be right."""
    first = error.errors()[0]
    parts = [str(part) for part in first["loc"]]
    path = ".".join(parts[:2])
    parameter = next((leaf for leaf in walk(tree) if leaf.path == path), None)
    value = nested[parts[0]][parts[1]] if parameter else first["input"]
    if first["type"] == "value_error":
        reason = str(first["ctx"]["error"])
    elif first["type"] == "finite_number":
        reason = "must be a finite number"
    elif parameter is not None:
        reason = "must be " + parameter.allowed()
    else:
        reason = first["msg"]
    written = " ".join((value if isinstance(value, str) else words(value)).split())[:80]
    return f"{path} = {written}: {reason}"
