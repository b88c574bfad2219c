"""The kinds of film there are: how each is named, what it can hold and what it weighs.

Records only: neither Qt nor an encoder is imported, so that the command line may list them.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path

from ganviz.schema import ParamError

#: Shortest and longest side of a picture, pixels.
LEAST, MOST = 16, 8192
#: Pictures a second, for formats that keep any rate.
SLOWEST, FASTEST = 1, 240
#: Pictures that a folder holds: numbers of four digits.
FOLDER = 9999


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of film."""

    #: Its word in orders and on the command line, such as ``mp4``.
    name: str
    #: How the names of its files end; nothing for a folder of pictures.
    suffix: str
    title: str
    #: One sentence on what it is good for.
    note: str
    #: The only rates it keeps, pictures a second; none named: any from 1 to 240.
    rates: tuple[int, ...] = ()
    #: Most rows of a picture that is as wide as can be, and of one of any width.
    tall: int = MOST
    #: Whether sides are rounded up to even numbers, by repeating the last row or column.
    even: bool = False
    #: Whether every pixel comes back as it went in.
    lossless: bool = False
    #: Bytes of a picture of 1920x1080, and the power of the area with which they grow: measured.
    weight: float = 0.0
    power: float = 1.0

    def check(self, name: str, size: tuple[int, int], fps: float) -> None:
        """Refuse a size (width, height) in pixels or a rate in pictures a second.

        Raises
        ------
        ParamError
            If the film called ``name`` cannot have them in this format.
        """
        whole = len(size) == 2 and all(isinstance(side, Integral) for side in size)
        if not (
            whole
            and min(size) >= LEAST
            and max(size) <= MOST
            and math.prod(size) <= MOST * self.tall
        ):
            raise ParamError(
                f"film size {'x'.join(map(str, size))}: must be whole numbers of pixels from"
                f" {LEAST}x{LEAST} to {MOST}x{self.tall} for {name!r}"
            )
        if self.rates and fps not in self.rates:
            *early, last = map(str, self.rates)
            raise ParamError(
                f"film fps {fps:g}: must be {', '.join(early)} or {last} for {name!r}, because a"
                f" {self.title} keeps time in hundredths of a second"
            )
        if not (math.isfinite(fps) and SLOWEST <= fps <= FASTEST):
            raise ParamError(f"film fps {fps:g}: must be between {SLOWEST} and {FASTEST}")

    def kept(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the size of the pictures in the file for pictures of ``size``."""
        return (size[0] + size[0] % 2, size[1] + size[1] % 2) if self.even else size

    def bytes_a_picture(self, size: tuple[int, int]) -> float:
        """Return about how many bytes a picture of a ganviz film takes.

        An estimate from measured films of the standard stage, good to a factor of two: how much
        moves from picture to picture decides.
        """
        return float(self.weight * (size[0] * size[1] / (1920 * 1080)) ** self.power)


#: In the order in which they are offered.
FORMATS = (
    Format(
        "mp4",
        ".mp4",
        "MP4 film",
        "H.264: plays everywhere, in PowerPoint and Keynote too.",
        tall=4320,  # level 6.2 has no room for more
        even=True,
        weight=58_000,
        power=0.95,
    ),
    Format(
        "webm",
        ".webm",
        "WebM film",
        "VP9: plays in every browser, free of patents.",
        even=True,
        weight=69_000,
        power=1.0,
    ),
    Format(
        "gif",
        ".gif",
        "GIF",
        "Plays wherever a picture can stand, with 256 colours chosen for the film.",
        rates=(10, 20, 25, 50),
        weight=130_000,
        power=1.0,
    ),
    Format(
        "apng",
        ".apng",
        "animated PNG",
        "Every pixel exact; plays in browsers, and old programs show the first picture.",
        lossless=True,
        weight=285_000,
        power=0.7,
    ),
    Format(
        "webp",
        ".webp",
        "animated WebP",
        "Every pixel exact in half the bytes of an animated PNG; plays in browsers.",
        lossless=True,
        weight=168_000,
        power=0.55,
    ),
    Format(
        "png",
        "",
        "folder of PNGs",
        "Numbered pictures, every pixel exact, with the LaTeX line that plays them in Beamer.",
        lossless=True,
        weight=290_000,
        power=0.7,
    ),
)


def format_of(path: str | os.PathLike[str]) -> Format:
    """Return the format that the name of a film asks for.

    A name without an ending, or one that ends in a slash, is a folder of numbered pictures.

    Raises
    ------
    ParamError
        If the ending is that of no format.
    """
    text = os.fspath(path)
    suffix = "" if text.endswith(("/", os.sep)) else Path(text).suffix.lower()
    for form in FORMATS:
        if form.suffix == suffix:
            return form
    *early, last = (form.suffix for form in FORMATS if form.suffix)
    raise ParamError(
        f"film {Path(text).name!r}: the name must end in {', '.join(early)} or {last}, or in"
        " nothing for a folder of numbered PNGs"
    )
