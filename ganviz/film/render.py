"""A stage off screen that turns frames into pictures, pixel for pixel as the window shows them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ganviz.film.order import CAPTION, LINE, LINES, MOST_SAID, SAID
from ganviz.frame import Frame, Look
from ganviz.views.ink import BODY, SMALL, TITLE, elided, whole, width, write
from ganviz.views.lanes import Lanes
from ganviz.views.stage import GAP
from ganviz.views.theme import Theme, colour, fitting, palette, theme

#: Between what stands side by side in the strips, and about the words of a change.
APART, PAD = 24, 10
#: A title with less room than this is not written at all.
LEAST_TITLE = 160
#: Size of the type of what is said.
SPOKEN = 19
#: Between words on one line.
DOT = " · "


@dataclass(frozen=True, slots=True)
class Words:
    """What is written about a moment, besides what the views say.

    Attributes
    ----------
    title
        In the strip above; empty: the title of the game.
    changes
        What has just been changed, one entry per parameter; goes into the strip above.
    settings
        With what is trained, the most important first; goes into the strip beneath.
    said
        What is said at this step; goes above the stage.
    """

    title: str = ""
    changes: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    said: str = ""


class FilmStage:
    """Turns frames into pictures of one size. Lives in the GUI thread and needs a QApplication.

    Parameters
    ----------
    size
        (width, height) of the pictures in pixels.
    scale
        Pixels of the picture per pixel of the window's layout: 1.5 makes type and lines half as
        large again. At 1 and without a caption the picture is the window's stage of that size.
    caption
        Whether a strip above the stage says title and step.
    changes
        Whether there is a strip for changes: the caption's own, where there is one.
    said
        How many lines are kept for what is said, 0 to 2: see :meth:`lines_said`. They stand above
        the stage, and cover nothing of it.
    lines
        How many lines for the settings stand beneath the stage, 0 to 2: see :meth:`lines_of`.
    sizes
        How the stage is split: what ``Lanes.save_sizes()`` of the window returned.

    Raises
    ------
    ValueError
        If the size or the scale is out of range.
    """

    def __init__(
        self,
        size: tuple[int, int],
        *,
        scale: float = 1.0,
        caption: bool = False,
        changes: bool = False,
        lines: int = 0,
        said: int = 0,
        sizes: bytes | None = None,
    ) -> None:
        if not 0.25 <= scale <= 8:
            raise ValueError(f"film scale {scale}: must be between 0.25 and 8")
        self.size = size
        self.scale = scale
        self._wide, self._tall = (math.ceil(length / scale) for length in size)
        strips = CAPTION * (caption or changes) + SAID * said + LINE * lines + (GAP if lines else 0)
        least = Lanes.LEAST[0], Lanes.LEAST[1] + strips
        if self._wide < least[0] or self._tall < least[1]:
            wide, tall = (math.ceil(length * scale) for length in least)
            raise ValueError(
                f"film size {size[0]}x{size[1]}: must be at least {wide}x{tall} at scale {scale:g}"
            )
        self._sheet = _Sheet(caption, caption or changes, lines, said)
        self._sheet.resize(self._wide, self._tall)
        if sizes is not None:
            self._sheet.stage.restore_sizes(sizes)
        # A widget that was never shown is not laid out; this one is shown nowhere.
        self._sheet.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        self._sheet.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self._sheet.show()

    def picture(self, frames: tuple[Frame, ...], look: Look, words: Words | None = None) -> QImage:
        """Return the picture of one moment, a new image each time."""
        self.show(frames, look, words)
        image = QImage(*self.size, QImage.Format.Format_RGB32)
        image.fill(colour(theme(look.theme).window))
        image.setDevicePixelRatio(self.scale)
        self._sheet.render(image)
        image.setDevicePixelRatio(1.0)
        return image

    def pixels(
        self, frames: tuple[Frame, ...], look: Look, words: Words | None = None
    ) -> npt.NDArray[np.uint8]:
        """Return the picture of one moment as (h, w, 3) red, green, blue."""
        return rgb(self.picture(frames, look, words))

    def show(self, frames: tuple[Frame, ...], look: Look, words: Words | None = None) -> QWidget:
        """Show one moment and return the widget that does, laid out; it stays the stage's own."""
        self._sheet.show_frame(frames, look, words or Words())
        return self._sheet

    @staticmethod
    def lines_of(settings: Sequence[str], size: tuple[int, int], scale: float, look: Look) -> int:
        """Return how many lines beneath a stage, 1 or 2, words about settings need."""
        wide, tall = (math.ceil(length / scale) for length in size)
        room = wide / fitting(look.theme, wide, tall) - 2 * _EDGE
        return len(_lines(settings, room, SMALL, LINES))

    @staticmethod
    def lines_said(words: str, size: tuple[int, int], scale: float, look: Look) -> int:
        """Return how many lines above a stage, 0 to 2, what is said needs."""
        wide, tall = (math.ceil(length / scale) for length in size)
        return len(_spoken(words, wide / fitting(look.theme, wide, tall) - 2 * _EDGE))

    def close(self) -> None:
        """Let the stage go."""
        self._sheet.close()
        self._sheet.deleteLater()

    def __enter__(self) -> FilmStage:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def rgb(image: QImage) -> npt.NDArray[np.uint8]:
    """Return a Format_RGB32 image as a new (h, w, 3) array of red, green, blue."""
    return np.ascontiguousarray(bgra(image)[:, :, 2::-1])


def bgra(image: QImage) -> npt.NDArray[np.uint8]:
    """Return the memory of a Format_RGB32 image as (h, w, 4) blue, green, red, unused.

    The array is only good as long as the image is.
    """
    flat: npt.NDArray[Any] = np.frombuffer(image.constBits(), np.uint8)
    rows = flat.reshape(image.height(), image.bytesPerLine())
    return rows[:, : 4 * image.width()].reshape(image.height(), image.width(), 4)


#: Where the words of the strips begin and end.
_EDGE = 2 * GAP + 4


class _Sheet(QWidget):
    """A stage with, if wanted, a strip above it and one beneath."""

    def __init__(self, caption: bool, strip: bool, lines: int, said: int) -> None:
        super().__init__()
        self._caption, self._strip, self._count, self._spoken = caption, strip, lines, said
        self._frame: Frame | None = None
        self._words = Words()
        self._zoom = 0.0  # how much larger than usual the theme writes
        self.theme: Theme = theme("light")
        self.stage = Lanes(self)

    def show_frame(self, frames: tuple[Frame, ...], look: Look, words: Words) -> None:
        self._frame, self._words, self.theme = frames[0], words, theme(look.theme)
        self.setPalette(palette(self.theme))
        self._lay_out()
        self.stage.show_frame(frames, look)

    def resizeEvent(self, event: object) -> None:
        self._zoom = 0.0
        self._lay_out()

    def _lay_out(self) -> None:
        zoom = fitting(self.theme.name, self.width(), self.height())
        if zoom != self._zoom:
            self._zoom = zoom
            above = round((CAPTION * self._strip + SAID * self._spoken) * zoom)
            beneath = round((LINE * self._count + GAP) * zoom) if self._count else 0
            self.stage.setGeometry(QRect(0, above, self.width(), self.height() - above - beneath))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._frame is None or not (self._strip or self._count or self._spoken):
            return
        p = QPainter(self)
        p.fillRect(self.rect(), colour(self.theme.window))
        p.scale(self._zoom, self._zoom)
        wide, tall = self.width() / self._zoom, self.height() / self._zoom
        if self._strip:
            self._write_caption(p, self._frame, wide)
        top = float(CAPTION * self._strip)
        spoken = _spoken(self._words.said, wide - 2 * _EDGE) if self._spoken else []
        top += SAID * (self._spoken - len(spoken)) / 2
        for number, line in enumerate(spoken):
            base = top + SAID * (number + 0.5) + SPOKEN * 0.36
            write(p, (_EDGE, round(base)), line, self.theme.text, size=SPOKEN, bold=True)
        for number, line in enumerate(
            _lines(self._words.settings, wide - 2 * _EDGE, SMALL, self._count)
        ):
            base = tall - GAP - LINE * (self._count - number - 1) - (LINE - SMALL) / 2
            write(p, (_EDGE, round(base)), line, self.theme.muted, size=SMALL)
        p.end()

    def _write_caption(self, p: QPainter, frame: Frame, wide: float) -> None:
        left, right = _EDGE, wide - _EDGE
        middle = (CAPTION + GAP) / 2
        base = middle + TITLE * 0.36
        if self._caption:
            step = f"step {whole(frame.step)}"
            write(p, (right, base), step, self.theme.muted, align=1)
            right -= width(step, BODY) + APART
        if self._words.changes:
            right -= self._write_changes(p, middle, right - left, right) + APART
        if self._caption and right - left >= LEAST_TITLE:
            title = elided(self._words.title or frame.title, right - left, TITLE, True)
            write(p, (left, base), title, self.theme.text, size=TITLE, bold=True)

    def _write_changes(self, p: QPainter, middle: float, room: float, right: float) -> float:
        """Write the changes on a plate that ends at the right; return how wide it is."""
        room -= 2 * PAD
        size, lines = BODY, _lines(self._words.changes, room, BODY, 2)
        if len(lines) > 1:
            size, lines = SMALL, _lines(self._words.changes, room, SMALL, 2)
        wide = math.ceil(max(width(line, size) for line in lines)) + 2 * PAD
        tall = LINE * len(lines) + (8 if len(lines) == 1 else 0)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(colour(self.theme.text))
        p.drawRoundedRect(QRectF(right - wide, middle - tall / 2, wide, tall), 6, 6)
        for number, line in enumerate(lines):
            base = middle + LINE * (number - (len(lines) - 1) / 2) + size * 0.36
            write(p, (right - wide + PAD, round(base)), line, self.theme.base, size=size)
        return wide


def _spoken(words: str, room: float) -> list[str]:
    """Return words in lines, at most two; the last ends with an ellipsis if there are more."""
    found: list[str] = []
    for word in words.split():
        longer = f"{found[-1]} {word}" if found else word
        if found and (width(longer, SPOKEN, True) <= room or len(found) == MOST_SAID):
            found[-1] = longer
        else:
            found.append(word)
    return [elided(line, room, SPOKEN, True) for line in found]


def _lines(parts: Sequence[str], room: float, size: int, most: int) -> list[str]:
    """Return the parts, joined by dots, on as few lines as hold them; what does not fit is counted.

    The last part is always there, however many before it are left out.
    """
    for left_out in range(max(len(parts) - 1, 1)):
        kept = list(parts)
        if left_out:
            kept[len(parts) - 1 - left_out : -1] = [f"{left_out} more"]
        lines: list[str] = []
        for part in kept:
            if lines and width(lines[-1] + DOT + part, size) <= room:
                lines[-1] += DOT + part
            else:
                lines.append(part)
        if len(lines) <= most:
            return lines
    return lines[:most]
