"""TOML files of differences from the defaults.

A preset names a game in a few lines: a ``[preset]`` table with its title, text, speed and knobs,
and beside it only those parameters that differ from the defaults. ``settings.toml`` of a run is the
same file without the table.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tomli_w

from ganviz import resources, tomlfile
from ganviz.schema import ParamError
from ganviz.settings import PARAMETERS, Settings

FORMAT = 1
FASTEST = 10_000

#: The knobs shown above the pictures when a preset names none.
KNOBS = ("train.k", "optim.lr_d", "optim.lr_g", "loss.kind")


@dataclass(frozen=True, slots=True)
class Preset:
    """A named game.

    Attributes
    ----------
    name
        The file's name without its ending.
    order
        Its place in lists; the first nine are opened by the keys 1 to 9.
    speed
        Steps a second in the window; ``inf`` is flat out.
    knobs
        Paths of the parameters that the strip above the pictures offers.
    """

    name: str
    title: str
    text: str
    order: int
    speed: float
    knobs: tuple[str, ...]
    settings: Settings


def read(path: str | Path) -> Preset:
    """Read one preset or settings file.

    Raises
    ------
    ParamError
        Says which file, what is wrong with it and what would be right.
    """
    path = Path(path)
    return tomlfile.read(path, "preset", lambda table: _preset(path.stem, table))


def parsed(name: str, text: str, called: str) -> Preset:
    """Return the preset or settings that a text in TOML holds, under that name.

    Raises
    ------
    ParamError
        Says what is wrong with the text, by what it is ``called``, and what would be right.
    """
    return tomlfile.parsed(text, called, lambda table: _preset(name, table))


def _preset(name: str, table: dict[str, Any]) -> Preset:
    version = table.pop("format", FORMAT)
    if version != FORMAT:
        raise ParamError(
            f"format = {version}: this ganviz reads format {FORMAT}; a newer ganviz wrote the file"
        )
    about = table.pop("preset", {})
    if not isinstance(about, Mapping):
        raise ParamError("preset: must be a table such as [preset]")
    known: dict[str, Any] = {
        "title": str,
        "text": str,
        "order": int,
        "speed": (int, float),
        "knobs": list,
    }
    for key, value in about.items():
        if key not in known:
            raise ParamError(f"preset.{key}: must be one of {', '.join(known)}")
        if not isinstance(value, known[key]) or isinstance(value, bool):
            raise ParamError(f"preset.{key} = {value}: is of the wrong kind")
    speed = about.get("speed", inf)
    if not (1 <= speed <= FASTEST or speed == inf):  # NaN is neither
        raise ParamError(
            f"preset.speed = {str(speed)[:20]}: must be at least 1 step a second and at most "
            f"{FASTEST:,}, or inf"
        )
    knobs = tuple(about.get("knobs", KNOBS))
    for knob in knobs:
        if not isinstance(knob, str) or knob not in PARAMETERS:
            raise ParamError(f"preset.knobs: {knob} is no parameter")
    return Preset(
        name=name,
        title=about.get("title", name.replace("-", " ").capitalize()),
        text=about.get("text", ""),
        order=about.get("order", 1000),
        speed=float(speed),
        knobs=knobs,
        settings=Settings.from_nested(table),
    )


@cache
def presets() -> Mapping[str, Preset]:
    """Return the presets that come with ganviz, by name, in their order; read once."""
    found = [read(path) for path in sorted((resources() / "presets").glob("*.toml"))]
    ordered = sorted(found, key=lambda p: (p.order, p.name))
    return MappingProxyType({preset.name: preset for preset in ordered})


def find(name: str) -> Preset:
    """Return the preset of that name, or the one in the file of that name.

    Raises
    ------
    ParamError
        If there is neither.
    """
    return tomlfile.find(name, "preset", presets(), read)


def toml(settings: Settings, about: Mapping[str, Any] | None = None) -> str:
    """Write settings as TOML: only what differs from the defaults.

    ``about`` is the ``[preset]`` table, if there shall be one: title, text, order, speed, knobs.
    """
    named = {"preset": dict(about)} if about else {}
    return tomli_w.dumps({"format": FORMAT, **named, **settings.nested()})


def write(path: str | Path, settings: Settings) -> None:
    """Write ``toml(settings)`` to a file, whole or not at all."""
    path = Path(path)
    partial = path.with_name(path.name + ".part")
    partial.write_text(toml(settings), "utf-8")
    os.replace(partial, path)
