"""A stage off screen that turns frames into pictures, pixel for pixel as the window shows them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ganviz.frame import Frame, Look
from ganviz.views.ink import BODY, TITLE, elided, whole, width, write
from ganviz.views.lanes import Lanes
from ganviz.views.stage import GAP
from ganviz.views.theme import Theme, colour, palette, theme

#: Height of the strip above the stage with title and step, logical pixels.
CAPTION = 40


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
        sizes: bytes | None = None,
    ) -> None:
        if not 0.25 <= scale <= 8:
            raise ValueError(f"film scale {scale}: must be between 0.25 and 8")
        self.size = size
        self.scale = scale
        self._wide, self._tall = (math.ceil(length / scale) for length in size)
        least = Lanes.LEAST
        if self._wide < least[0] or self._tall < least[1]:
            wide, tall = (math.ceil(length * scale) for length in least)
            raise ValueError(
                f"film size {size[0]}x{size[1]}: must be at least {wide}x{tall} at scale {scale:g}"
            )
        self._sheet = _Sheet(caption)
        self._sheet.resize(self._wide, self._tall)
        if sizes is not None:
            self._sheet.stage.restore_sizes(sizes)
        # A widget that was never shown is not laid out; this one is shown nowhere.
        self._sheet.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        self._sheet.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self._sheet.show()

    def picture(self, frames: tuple[Frame, ...], look: Look) -> QImage:
        """Return the picture of one moment, a new image each time."""
        self._sheet.show_frame(frames, look)
        image = QImage(*self.size, QImage.Format.Format_RGB32)
        image.fill(colour(theme(look.theme).window))
        image.setDevicePixelRatio(self.scale)
        self._sheet.render(image)
        image.setDevicePixelRatio(1.0)
        return image

    def pixels(self, frames: tuple[Frame, ...], look: Look) -> npt.NDArray[np.uint8]:
        """Return the picture of one moment as (h, w, 3) red, green, blue."""
        return rgb(self.picture(frames, look))

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


class _Sheet(QWidget):
    """A stage with, if wanted, a caption above it."""

    def __init__(self, caption: bool) -> None:
        super().__init__()
        self._caption = CAPTION if caption else 0
        self._frame: Frame | None = None
        self.theme: Theme = theme("light")
        self.stage = Lanes(self)

    def show_frame(self, frames: tuple[Frame, ...], look: Look) -> None:
        self._frame, self.theme = frames[0], theme(look.theme)
        self.setPalette(palette(self.theme))
        self.stage.show_frame(frames, look)

    def resizeEvent(self, event: object) -> None:
        self.stage.setGeometry(QRect(0, self._caption, self.width(), self.height() - self._caption))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._caption or self._frame is None:
            return
        p = QPainter(self)
        p.fillRect(0, 0, self.width(), self._caption, colour(self.theme.window))
        base = (self._caption + GAP) / 2 + TITLE * 0.36
        step = f"step {whole(self._frame.step)}"
        left, right = 2 * GAP + 4, self.width() - 2 * GAP - 4
        title = elided(self._frame.title, right - left - width(step, BODY) - 24, TITLE, True)
        write(p, (left, base), title, self.theme.text, size=TITLE, bold=True)
        write(p, (right, base), step, self.theme.muted, align=1)
        p.end()
