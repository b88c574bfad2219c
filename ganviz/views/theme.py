"""The colours of a theme, read from ``resources/themes/*.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from math import floor
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QPalette

from ganviz import resources

#: Names of the themes, the default first.
THEMES = ("light", "dark", "projector")
#: The projector's colours for a stage that is nothing but pictures: it is no theme to be chosen.
HALL = "hall"
#: Of that: how much larger type is at least and at most (the smallest has 12 pixels of its own,
#: and 20 on the screen), and the least width of a line, pixels of the screen.
HALL_LEAST, HALL_MOST, HALL_LINE = 1.7, 5.0, 3.0
#: Least (width, height) of such a stage in the theme's own pixels, before its type gets smaller.
HALL_ROOM = (900, 470)
#: Least (width, height) of a stage in a theme's own pixels, before its type gets smaller.
ROOM = (900, 600)
#: The same of a lane beside others, which has fewer views.
LANE_ROOM = (440, 440)


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as ``#RRGGBB``, each with one meaning everywhere.

    Attributes
    ----------
    window, base, raised, border
        Behind the cards, the cards, raised controls, hairlines.
    text, muted, accent, axis
        Words, quieter words, selections and focus, axis lines.
    real, density, generated, discriminator, value
        Real samples, their exact density, generated samples, D, and the value V of the game.
    model, best
        What the generator's own p_g and the best D are drawn in: shades of ``generated`` and of
        ``discriminator`` that can be told from these where one lies upon the other.
    orbit
        The path of the two players in a portrait.
    warning, warning_text
        The banner of a run that has stopped by itself.
    belief, saddle
        Stops of the diverging maps, evenly spaced, the undecided colour in the middle.
    scale
        How much larger type, lines and controls are than in the other themes, where there is room.
    line
        The least width of a line, pixels of the screen; 0 where any will do.
    """

    name: str
    window: str
    base: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    axis: str
    real: str
    density: str
    generated: str
    discriminator: str
    value: str
    orbit: str
    warning: str
    warning_text: str
    belief: tuple[str, ...]
    saddle: tuple[str, ...]
    scale: float = 1.0
    line: float = 0.0

    @property
    def bare(self) -> bool:
        """Whether pictures have no controls but the legend."""
        return self.line > 0

    def role(self, role: str) -> str:
        """Return the colour of a curve by whose it is: discriminator, generator, value or best.

        The best value V* has the colour of V: that it is the optimum is said by its dashes. An
        encoder, which looks at data as a discriminator does, has that one's colour.
        """
        return {
            "discriminator": self.discriminator,
            "encoder": self.discriminator,
            "generator": self.generated,
            "value": self.value,
            "best": self.value,
        }.get(role, self.text)

    @property
    def model(self) -> str:
        """The colour of p_g."""
        return mixed(self.generated, self.text, 0.45)

    @property
    def best(self) -> str:
        """The colour of D*."""
        return mixed(self.discriminator, self.text, 0.45)

    def category(self, number: int, of: int) -> str:
        """Return the colour of a category of so many: hues around the circle but for the data's."""
        around = QColor(self.real).hslHueF() + (0.1 + 0.8 * (number + 0.5) / of)
        light = 0.62 if QColor(self.base).lightnessF() < 0.5 else 0.4
        light += 0.07 if number % 2 else -0.03  # neighbours differ in that as well
        return QColor.fromHslF(around % 1.0, 0.75, light).name()

    def words(self, code: str) -> str:
        """Return a colour for words: ``code`` drawn towards the text, to stay legible."""
        return mixed(code, self.text, 0.22)


@cache
def theme(name: str) -> Theme:
    """Return a theme by its name.

    Raises
    ------
    ValueError
        If there is no such theme.
    """
    if name == HALL:
        return replace(theme("projector"), name=HALL, scale=HALL_MOST, line=HALL_LINE)
    if name not in THEMES:
        raise ValueError(f"theme {name!r}: must be one of {', '.join(THEMES)}")
    with (resources() / "themes" / f"{name}.toml").open("rb") as file:
        colours: dict[str, Any] = tomllib.load(file)
    for key in ("belief", "saddle"):
        colours[key] = tuple(colours[key])
    return Theme(name=name, **colours)


@cache
def sized(name: str, scale: float | None) -> Theme:
    """Return a theme no larger than ``scale``; the theme itself where that is nothing."""
    whole = theme(name)
    if scale is None or scale >= whole.scale:
        return whole
    return replace(whole, scale=scale)


def fitting(name: str, wide: float, tall: float, least: tuple[int, int] = ROOM) -> float:
    """Return how large a theme can be on a stage of this size, in steps of a twentieth.

    ``least`` is the (width, height) that it needs at the theme's own size.
    A function of the size alone, so that a film has the type of a window of the same size.
    """
    if name == HALL:
        room = min(wide / HALL_ROOM[0], tall / HALL_ROOM[1])
        return min(max(floor(20 * room + 1e-6) / 20, HALL_LEAST), HALL_MOST)
    room = min(wide / least[0], tall / least[1])
    return min(max(floor(20 * room + 1e-6) / 20, 1.0), theme(name).scale)


@cache
def colour(code: str, alpha: float = 1.0) -> QColor:
    """Return the QColor of ``#RRGGBB``; treat it as read-only, it is shared."""
    result = QColor(code)
    result.setAlphaF(alpha)
    return result


def channels(code: str) -> tuple[int, int, int]:
    """Return red, green and blue of ``#RRGGBB``, 0 to 255."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


@cache
def mixed(one: str, other: str, share: float) -> str:
    """Return ``one`` with ``share`` of ``other`` mixed in, as ``#RRGGBB``."""
    parts = zip(channels(one), channels(other), strict=True)
    return "#" + "".join(f"{round(x + (y - x) * share):02X}" for x, y in parts)


@cache
def ramp(stops: tuple[str, ...]) -> npt.NDArray[np.uint32]:
    """Return 256 opaque colours (0xAARRGGBB) running evenly through ``stops``."""
    rgb = np.array([channels(stop) for stop in stops], dtype=np.float64)
    at, places = np.linspace(0, len(stops) - 1, 256), np.arange(len(stops))
    red, green, blue = (
        np.rint(np.interp(at, places, rgb[:, i])).astype(np.uint32) for i in range(3)
    )
    return np.asarray(0xFF000000 | (red << 16) | (green << 8) | blue, dtype=np.uint32)


@cache
def palette(theme: Theme) -> QPalette:
    """Return the palette that gives the Fusion style these colours; shared, do not change it."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    on_accent = theme.base
    faint = mixed(theme.muted, theme.base, 0.45)
    result = QPalette()
    for which, code in (
        (role.Window, theme.window),
        (role.WindowText, theme.text),
        (role.Base, theme.base),
        (role.AlternateBase, theme.raised),
        (role.ToolTipBase, theme.raised),
        (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.muted),
        (role.Text, theme.text),
        (role.Button, theme.raised),
        (role.ButtonText, theme.text),
        (role.BrightText, theme.generated),
        (role.Light, mixed(theme.raised, theme.base, 0.5)),
        (role.Midlight, theme.raised),
        (role.Mid, theme.border),
        (role.Dark, mixed(theme.border, theme.axis, 0.5)),
        (role.Shadow, mixed(theme.window, "#000000", 0.5)),
        (role.Highlight, theme.accent),
        (role.HighlightedText, on_accent),
        (role.Accent, theme.accent),
        (role.Link, theme.real),
        (role.LinkVisited, theme.value),
    ):
        result.setColor(which, QColor(code))
    for which in (role.WindowText, role.Text, role.ButtonText, role.PlaceholderText):
        result.setColor(group.Disabled, which, QColor(faint))
    result.setColor(group.Disabled, role.Highlight, QColor(theme.border))
    result.setColor(group.Disabled, role.HighlightedText, QColor(theme.muted))
    return result
