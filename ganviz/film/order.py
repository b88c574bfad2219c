"""Order: everything a film is made by, but the run and the name of the file. Knows no Qt."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, fields, replace
from math import floor, isfinite
from pathlib import Path
from typing import Any

import tomli_w

from ganviz import looks, tomlfile
from ganviz.frame import Look
from ganviz.schema import ParamError

FORMAT = 1

#: How steps are spread over the film: see :func:`ganviz.film.plan.steps`.
PACES = ("even", "early")
QUALITIES = ("screen", "fine")
#: Samples of a fine film, where the look does not say how many, by the dimension of the data: a
#: histogram gets smoother with each, dots on a plane hide one another.
FINE_SAMPLES = {1: 20_000, 2: 4000}
#: Endings of the files that hold one moment.
STILLS = (".png", ".svg", ".pdf")
#: Branches that one film can show.
MOST_LANES = 4
#: The size at which the window is laid out; larger films enlarge type and lines with it.
LAYOUT = (1280, 800)
#: Height of the strip above the stage with title and step, and of a line of settings beneath it, of
#: which there are at most so many; pixels of the layout.
CAPTION, LINE, LINES = 40, 17, 2
#: Height of a line of what is said above the stage, of which there are at most so many.
SAID, MOST_SAID = 28, 2
#: The least size of a stage at which everything can be read.
READABLE = (620, 380)
#: The least and the greatest length of a picture.
LEAST, MOST = 160, 8192


@dataclass(frozen=True, slots=True)
class Order:
    """Everything a film is made by, but the run and the name of the file.

    Attributes
    ----------
    size
        (width, height) of the pictures, pixels.
    fps
        Pictures a second.
    seconds
        How long the film is, the hold included; None where ``speed`` says it.
    speed
        Steps a second of film, on average; None where ``seconds`` says how long it is.
    first, last
        The step of the first picture and that of the last one; None: from the beginning, to the
        end of the run.
    branches
        Numbers of the branches of the tape to show, each in a lane of its own, the driven one
        first; empty: the one at which the tape stands.
    pace
        ``even``: as many steps in every second; ``early``: slow at the start, where everything
        happens, and faster and faster: see :func:`ganviz.film.plan.steps`.
    look
        How the frames are shown, theme included.
    title
        Stands in the caption; empty: the title of the game.
    caption
        Whether a strip above the stage says title and step.
    settings_line
        Whether a line beneath the stage says with which settings it is trained.
    changes
        Whether each change is told in the picture for two seconds of film from when it happens.
    hold
        How long the last picture stays, seconds.
    quality
        ``screen``: what the window draws; ``fine``: fields and curves twice as fine each way, and
        more samples.
    sizes
        How the stage is split, as ``Stage.save_sizes()`` says it; empty: as by itself.
    said
        ((step, words), …) what is said in a line above the pictures from a step on, such as the
        captions of a lesson.
    captions
        Whether that is written at all.
    webp_quality
        How good the pictures of a WebP are: 100 for every pixel exact, less for a smaller file.
    scale
        Pixels of the picture per pixel of the window's layout; None: larger pictures get larger
        type, see :attr:`zoom`.

    Raises
    ------
    ParamError
        For a value that cannot be: one sentence with the culprit, its value and what would do.
    """

    size: tuple[int, int] = LAYOUT
    fps: int = 30
    seconds: float | None = 8.0
    speed: float | None = None
    first: int | None = None
    last: int | None = None
    branches: tuple[int, ...] = ()
    pace: str = "even"
    look: Look = field(default_factory=Look)
    title: str = ""
    caption: bool = True
    settings_line: bool = False
    changes: bool = True
    hold: float = 0.5
    quality: str = "screen"
    sizes: str = ""
    scale: float | None = None
    said: tuple[tuple[int, str], ...] = ()
    captions: bool = True
    webp_quality: int = 100

    def __post_init__(self) -> None:
        wide, tall = self.size if isinstance(self.size, tuple) and len(self.size) == 2 else (0, 0)
        if not (_whole(wide, LEAST, MOST) and _whole(tall, LEAST, MOST)):
            _refuse(
                "size",
                "x".join(map(str, self.size)) if isinstance(self.size, tuple) else self.size,
                f"width x height, each a whole number from {LEAST} to {MOST}, such as 1920x1080",
            )
        if not _whole(self.fps, 1, 120):
            _refuse("fps", self.fps, "a whole number from 1 to 120")
        for name in ("seconds", "speed"):
            value, high = getattr(self, name), {"seconds": 3600, "speed": 10**7}[name]
            if value is not None and not (_real(value) and 0 < value <= high):
                _refuse(name, value, f"a number above 0 and at most {high:,}")
        if (self.seconds is None) == (self.speed is None):
            said = f"{self.seconds} with speed = {self.speed}".replace("None", "none")
            _refuse("seconds", said, "one of the two")
        for name in ("first", "last"):
            value = getattr(self, name)
            if value is not None and not _whole(value, 0, 10**12):
                _refuse(name, value, "the number of a step, 0 or more")
        if self.first is not None and self.last is not None and self.first > self.last:
            _refuse("first", f"{self.first:,}", f"at most the last step, {self.last:,}")
        good = isinstance(self.branches, tuple) and all(_whole(n, 0, 10**6) for n in self.branches)
        if not good or len(set(self.branches)) < len(self.branches):
            _refuse("branches", self.branches, "different numbers of branches")
        if len(self.branches) > MOST_LANES:
            _refuse("branches", f"{len(self.branches)} of them", f"at most {MOST_LANES}")
        for name, choices in (("pace", PACES), ("quality", QUALITIES)):
            if getattr(self, name) not in choices:
                _refuse(name, getattr(self, name), "one of " + ", ".join(choices))
        if not isinstance(self.look, Look):
            _refuse("look", self.look, "a look")
        for name in ("title", "sizes"):
            value = getattr(self, name)
            if not isinstance(value, str) or len(value) > 1000:
                _refuse(name, value, "text of at most 1000 letters")
        for name in ("caption", "settings_line", "changes", "captions"):
            if not isinstance(getattr(self, name), bool):
                _refuse(name, getattr(self, name), "true or false")
        if not (_real(self.hold) and 0 <= self.hold <= 3600):
            _refuse("hold", self.hold, "a number of seconds from 0 to 3,600")
        if self.scale is not None and not (_real(self.scale) and 0.25 <= self.scale <= 8):
            _refuse("scale", self.scale, "a number from 0.25 to 8, or none")
        if not _whole(self.webp_quality, 1, 100):
            _refuse("webp_quality", self.webp_quality, "a whole number from 1 to 100")
        if not (isinstance(self.said, tuple) and all(map(_said, self.said))):
            _refuse("said", self.said, "pairs of a step and words of at most 1000 letters")
        if self.sizes and not _split(self.sizes):
            _refuse("sizes", self.sizes, "what Stage.save_sizes() returns")

    @property
    def spoken(self) -> tuple[tuple[int, str], ...]:
        """What is written of :attr:`said`."""
        return self.said if self.captions else ()

    @property
    def zoom(self) -> float:
        """Pixels of the picture per pixel of the window's layout.

        Larger than 1 where the picture is larger than :data:`LAYOUT` both ways; smaller where it
        is smaller than a stage can be.
        """
        if self.scale is not None:
            return self.scale
        strips = CAPTION * (self.caption or self.changes) + MOST_SAID * SAID * bool(self.spoken)
        strips += (LINES * LINE + 8) * self.settings_line
        least = READABLE[0], READABLE[1] + strips
        if self.size[0] < least[0] or self.size[1] < least[1]:
            # Rounded down, so that it does fit.
            small = min(have / need for have, need in zip(self.size, least, strict=True))
            return max(0.25, floor(small * 1000) / 1000)
        return max(1.0, min(have / laid for have, laid in zip(self.size, LAYOUT, strict=True)))

    def shown(self, dim: int) -> Look:
        """Return the look of the pictures of data of this dimension, with the quality asked for."""
        if self.quality == "screen":
            return self.look
        return self.look.with_(fine=True, samples=self.look.samples or FINE_SAMPLES[dim])

    def with_(self, **changes: Any) -> Order:
        """Return a copy with some fields replaced; to give one of seconds and speed is enough."""
        if changes.get("speed") is not None and "seconds" not in changes:
            changes["seconds"] = None
        if changes.get("seconds") is not None and "speed" not in changes:
            changes["speed"] = None
        return replace(self, **changes)

    def seeing(self, names: str) -> Order:
        """Return a copy in which only some views are seen, such as ``distribution,losses``."""
        wanted = (name.strip() for name in names.split(","))
        return replace(self, look=looks.seen(wanted, self.look))

    def toml(self) -> str:
        """Return the order as TOML: a table ``[film]`` and a table ``[look]``."""
        film: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name != "look" and value is not None:
                film[each.name] = _listed(value)
        return tomli_w.dumps({"format": FORMAT, "film": film, "look": looks.table(self.look)})

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write :meth:`toml` to a file, whole or not at all."""
        path = Path(path)
        partial = path.with_name(path.name + ".part")
        partial.write_text(self.toml(), "utf-8")
        os.replace(partial, path)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Order:
        """Read an order from a TOML file.

        Raises
        ------
        ParamError
            Says which file, what is wrong with it and what would be right.
        """
        return tomlfile.read(path, "film order", cls.of)

    @classmethod
    def of(cls, table: dict[str, Any]) -> Order:
        """Return the order that a table describes; what it does not name is as it is by itself.

        Raises
        ------
        ParamError
            For unknown names and for values that cannot be.
        """
        if (version := table.pop("format", FORMAT)) != FORMAT:
            raise ParamError(
                f"format = {version}: this ganviz reads format {FORMAT}; a newer ganviz wrote it"
            )
        film, look = table.pop("film", {}), table.pop("look", {})
        for name in table:
            raise ParamError(f"{name}: must be one of format, film, look")
        if not isinstance(film, dict) or not isinstance(look, dict):
            raise ParamError("film, look: must be tables such as [film]")
        known = [each.name for each in fields(cls) if each.name != "look"]
        values: dict[str, Any] = {}
        for name, value in film.items():
            if name not in known:
                raise ParamError(f"film.{name}: must be one of {', '.join(known)}")
            values[name] = _paired(value)
        if "speed" in values:
            values.setdefault("seconds", None)
        return cls(look=looks.look(look), **values)


def _refuse(name: str, value: Any, right: str) -> None:
    words = str(value)
    words = words if len(words) <= 40 else words[:39] + "…"
    raise ParamError(f"film.{name} = {words}: must be {right}")


def _whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _said(entry: Any) -> bool:
    """Return whether this is a step and what is said from it on."""
    if not (isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[1], str)):
        return False
    return _whole(entry[0], 0, 10**12) and len(entry[1]) <= 1000


def _listed(value: Any) -> Any:
    """Return a value with its tuples as lists, as TOML has them."""
    return [_listed(each) for each in value] if isinstance(value, tuple) else value


def _paired(value: Any) -> Any:
    """Return a value with its lists as tuples."""
    return tuple(_paired(each) for each in value) if isinstance(value, list) else value


def _real(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _split(sizes: str) -> bool:
    """Return whether this is how a stage says how it is split."""
    try:
        shares = json.loads(sizes)
        pairs = [shares[name] for name in ("across", "right", "down")]
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
    return all(
        isinstance(pair, list) and len(pair) == 2 and all(_real(n) and n > 0 for n in pair)
        for pair in pairs
    )
