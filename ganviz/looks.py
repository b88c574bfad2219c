"""A look as a table of plain values, for files, and as what somebody asks to see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from math import isfinite
from typing import Any

from ganviz.catalog.losses import LOSSES
from ganviz.frame import SLOTS, Look
from ganviz.schema import ParamError
from ganviz.theory import preimage, transposed

#: The themes, and the strip of the formula, which can be hidden as a view can.
THEMES = ("light", "dark", "projector")
FORMULA = "story"
#: Everything that can be named to be seen.
VIEWS: tuple[str, ...] = (*(name for slot in SLOTS for name in slot), FORMULA)

#: The words that fields of a look may hold.
_CHOICES: dict[str, tuple[str, ...]] = {
    "theme": THEMES,
    "upper": SLOTS[1],
    "lower": SLOTS[2],
    "maximised": ("", *VIEWS[:-1]),
    "style": ("samples", "plane", "histogram", "beside", "difference"),
    "arrows": ("", *LOSSES, "score"),
    "lanes": ("beside", "over"),
    "stamp": tuple(transposed.CHOICES),
    "numbers": transposed.NUMBERS,
}
#: The numbers that they may hold, both ends included.
_LIMITS: dict[str, tuple[float, float]] = {
    "samples": (0, 20_000),
    "bins": (2, 1000),
    "window": (2, 10**9),
    "until": (0, 10**9),
    "turn": (-360, 360),
    "tilt": (-90, 90),
    "pixel": (-1, 3),
}
#: How many dimensions the point that is followed has at most.
_PLACE = 2


def table(look: Look) -> dict[str, Any]:
    """Return a look as TOML can hold it: lists for sets and tuples, nothing for None."""
    result: dict[str, Any] = {}
    for each in fields(look):
        value = getattr(look, each.name)
        if isinstance(value, frozenset):
            value = sorted(value)
        elif isinstance(value, tuple):
            value = list(value)
        if value is not None:
            result[each.name] = value
    return result


def look(values: Mapping[str, Any]) -> Look:
    """Return the look that a table describes; what it does not name is as it is by itself.

    Raises
    ------
    ParamError
        For an unknown name, or a value that a look cannot have.
    """
    usual = Look()
    known = {each.name: getattr(usual, each.name) for each in fields(usual)}
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise ParamError(f"look.{name}: must be one of {', '.join(known)}")
        found[name] = _checked(name, value, known[name])
    return Look(**found)


def seen(names: Iterable[str], look: Look) -> Look:
    """Return the look in which these views are seen, and no others.

    Raises
    ------
    ParamError
        For a view that there is not, for none at all, and for two that stand in one place.
    """
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in VIEWS:
            raise ParamError(f"view {name or '(none)'}: must be one of {', '.join(VIEWS)}")
    if not set(wanted) - {FORMULA}:
        raise ParamError(f"views {', '.join(wanted) or '(none)'}: must name at least one view")
    for slot in SLOTS:
        both = [name for name in wanted if name in slot]
        if len(both) > 1:
            raise ParamError(
                f"views {', '.join(both)}: stand in the same place; must be one of them"
            )
    fronts = {
        place: next((name for name in wanted if name in slot), getattr(look, place))
        for place, slot in (("upper", SLOTS[1]), ("lower", SLOTS[2]))
    }
    return look.with_(maximised="", hidden=frozenset(VIEWS) - set(wanted), **fronts)


def _checked(name: str, value: Any, usual: Any) -> Any:
    """Return a value of a field whose default is ``usual``, or refuse it."""
    if name in _CHOICES:
        words = ", ".join(choice or '""' for choice in _CHOICES[name])
        if value not in _CHOICES[name]:
            raise ParamError(f"look.{name} = {_said(value)}: must be one of {words}")
        return value
    kinds: dict[type, tuple[type, str]] = {
        bool: (bool, "true or false"),
        str: (str, "text"),
        float: (float, "a number"),
    }
    if isinstance(usual, frozenset):
        if not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
            raise ParamError(f"look.{name} = {_said(value)}: must be a list of names")
        return frozenset(value)
    if isinstance(usual, tuple):
        numbers = isinstance(value, list) and all(_number(each) for each in value)
        if name == "clamp" and not (numbers and len(value) in (0, _PLACE)):
            raise ParamError(
                f"look.clamp = {_said(value)}: must be the number of a coordinate of the code, "
                "from 1, and the value to hold it at, or nothing"
            )
        if name == "level":
            if not (numbers and preimage.within(value)):
                spans = ", ".join(f"{low:g} to {high:g}" for low, high in preimage.LEVELS)
                raise ParamError(f"look.level = {_said(value)}: must be three numbers, {spans}")
            return tuple(float(each) for each in value)
        if not numbers or len(value) > _PLACE:
            raise ParamError(f"look.{name} = {_said(value)}: must be a list of at most 2 numbers")
        return tuple(float(each) for each in value)
    if type(usual) in kinds:
        kind, words = kinds[type(usual)]
        if kind is float and _number(value):
            value = float(value)
        if not isinstance(value, kind):
            raise ParamError(f"look.{name} = {_said(value)}: must be {words}")
    elif not isinstance(value, int) or isinstance(value, bool):
        raise ParamError(f"look.{name} = {_said(value)}: must be a whole number")
    if name in _LIMITS:
        low, high = _LIMITS[name]
        if not low <= value <= high:
            raise ParamError(f"look.{name} = {_said(value)}: must be from {low:,} to {high:,}")
    return value


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _said(value: Any) -> str:
    """Return a value as words short enough for a sentence."""
    words = str(value)
    return words if len(words) <= 40 else words[:39] + "…"
