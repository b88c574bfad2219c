"""What a film is for: the format, the size and the rate that the programs of lecturers take.

Records only, like :mod:`ganviz.film.formats`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

#: A GIF above this is slow to load, bytes.
HEAVY = 50_000_000


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a film is for."""

    #: Its word in orders and on the command line, such as ``powerpoint``.
    name: str
    title: str
    #: Name of the format, see :data:`ganviz.film.formats.FORMATS`.
    form: str
    #: (width, height) in pixels.
    size: tuple[int, int]
    #: Pictures a second.
    fps: int
    #: One sentence on how to use the film.
    note: str


#: In the order in which they are offered.
PURPOSES = (
    Purpose(
        "powerpoint",
        "PowerPoint",
        "mp4",
        (1920, 1080),
        30,
        "Insert ▸ Video ▸ This Device; it plays on every machine without a codec.",
    ),
    Purpose(
        "keynote",
        "Keynote",
        "mp4",
        (1920, 1080),
        30,
        "Drag the film onto a slide.",
    ),
    Purpose(
        "slides",
        "Google Slides",
        "mp4",
        (1920, 1080),
        30,
        "Put the film on Google Drive and use Insert ▸ Video ▸ Google Drive; a GIF inserts"
        " directly as an image.",
    ),
    Purpose(
        "beamer",
        "Beamer (LaTeX)",
        "png",
        (1280, 720),
        25,
        "A folder of numbered PNGs with the \\animategraphics line for the slide; it plays in"
        " Acrobat Reader, Foxit Reader, PDF-XChange and Okular.",
    ),
    Purpose(
        "web",
        "Web page (GIF)",
        "gif",
        (960, 540),
        20,
        "Plays wherever an image can stand; keep it short.",
    ),
    Purpose(
        "web-small",
        "Web page (WebP)",
        "webp",
        (960, 540),
        30,
        "Every pixel exact; plays in all browsers.",
    ),
)


def weight_warning(path: str | os.PathLike[str], size: float | None = None) -> str:
    """Return a sentence if a GIF is too heavy for the web, or nothing.

    Parameters
    ----------
    path
        The film; only names that end in ``.gif`` are warned of.
    size
        Its bytes, such as an estimate before it is made; by default those of the file.
    """
    path = Path(path)
    if path.suffix.lower() != ".gif":
        return ""
    if size is None:
        size = path.stat().st_size
    if size <= HEAVY:
        return ""
    return (
        f"{path.name} has {size / 1e6:.0f} MB: above {HEAVY / 1e6:.0f} MB a GIF loads slowly;"
        " make it shorter or smaller, or take MP4 or WebP."
    )


def beamer_line(name: str, pictures: int, fps: float) -> str:
    r"""Return the LaTeX that plays a folder of numbered PNGs.

    Parameters
    ----------
    name
        Name of the folder, which the pictures share: ``NAME/NAME-0001.png``.
    pictures
        How many there are.
    fps
        Pictures a second.

    Returns
    -------
    str
        The ``\usepackage`` line and the ``\animategraphics`` line, with where they belong.
    """
    lines = [
        "% In the preamble:",
        "\\usepackage{animate,graphicx}",
        "% On the slide, with the folder beside the .tex file:",
        f"\\animategraphics[autoplay,loop,width=\\linewidth]{{{fps:g}}}"
        f"{{{name}/{name}-}}{{0001}}{{{pictures:04}}}",
    ]
    if not re.fullmatch(r"[A-Za-z0-9.+-]*", name):
        lines.insert(0, "% LaTeX stumbles over some letters of this name: rename the folder and")
        lines.insert(1, "% the pictures to plain letters, digits and hyphens if it complains.")
    return "\n".join(lines) + "\n"
