"""Images, where the data are images: real beside generated ones, and a walk through the noise.

Each pixel of an image is a square of whole pixels of the screen. Every grid is one picture, kept as
long as its images are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, degrees

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from ganviz.frame import Array, Frame, Images, Look, Reading

from .field import image_of
from .ink import SMALL, elided, number, whole, width, write
from .strokes import Same
from .theme import Theme, channels, colour

#: Space around the grids and between them, and height of the words above each, own pixels.
PAD, APART, ROW = 14.0, 22.0, 22.0
#: What the angles of a walk take beneath it, and between a grid and its frame.
ANGLES, RIM = 18.0, 4.0
#: Least side of an image, and the share of the height that a walk may have.
LEAST, STRIP = 22.0, 0.3
#: Measure that says how sharp the generated images are, and how it counts where no band is known.
SHARPNESS, ALIKE = "sharpness", (0.9, 1.1)


@dataclass(frozen=True, slots=True)
class Grid:
    """Images side by side.

    Attributes
    ----------
    kind
        ``real``, ``generated`` or ``walk``.
    left, top
        Where the first begins, own pixels.
    rows, columns
        How many there are.
    side
        Pixels of an image, each way.
    size
        Own pixels that a pixel of an image is wide: a whole number of the screen's.
    pairs
        Whether beneath each stands what was made of it.
    every
        Of a walk: every so many of its images are seen.
    """

    kind: str
    left: float
    top: float
    rows: int
    columns: int
    side: int
    size: float
    pairs: bool = False
    every: int = 1

    @property
    def high(self) -> int:
        """Pixels of an item, from top to bottom."""
        return self.side * (2 if self.pairs else 1)

    @property
    def rect(self) -> QRectF:
        """All of it."""
        wide = (self.columns * (self.side + 1) - 1) * self.size
        tall = (self.rows * (self.high + 1) - 1) * self.size
        return QRectF(self.left, self.top, wide, tall)

    def item(self, number: int) -> QRectF:
        """Return where one of them lies."""
        row, column = divmod(number, self.columns)
        return QRectF(
            self.left + column * (self.side + 1) * self.size,
            self.top + row * (self.high + 1) * self.size,
            self.side * self.size,
            self.high * self.size,
        )

    def at(self, point: QPointF) -> int:
        """Return which of them a point is in, counted by rows, or −1."""
        if not self.rect.contains(point):
            return -1
        column = int((point.x() - self.left) / ((self.side + 1) * self.size))
        row = int((point.y() - self.top) / ((self.high + 1) * self.size))
        return min(row, self.rows - 1) * self.columns + min(column, self.columns - 1)


def planned(area: QRectF, images: Images, look: Look, ratio: float) -> tuple[Grid, ...]:
    """Return where the grids stand; ``ratio`` is how many of the screen's pixels are one here.

    Real and generated images are as large as each other, and as large as they can be with all of
    them seen; where they would be too small, fewer are seen. So it is with the walk beneath them.
    """
    inner = area.adjusted(PAD, 4, -PAD, -6)
    side, found = images.real.shape[1], []
    if "walk" in look.layers and len(images.walk):
        strip = _strip(inner, images, ratio)
        if strip is not None:
            found.append(strip)
            inner.setBottom(strip.top - ROW - 6)
    kinds = [name for name in ("real", "generated") if name in look.layers]
    if not kinds:
        return tuple(found)
    count, least = len(images.real), max(ceil(LEAST * ratio / side), 1)
    across, best = True, 0
    for beside in (True, False):
        scale = _scale(_room(inner, len(kinds), beside, ratio), side, count)
        if scale > best:
            across, best = beside, scale
    if best < least:  # not all of them: as many as there is room for
        best = least
        across = inner.width() >= inner.height() + (len(kinds) - 1) * ROW
    wide, tall = _room(inner, len(kinds), across, ratio)
    grids = []
    for kind in kinds:
        pairs = kind == "real" and images.back is not None and "rebuilt" in look.layers
        rows, columns = _shape(wide, tall, side, side * (2 if pairs else 1), best, count)
        if rows * columns:
            grids.append(Grid(kind, 0.0, 0.0, rows, columns, side, best / ratio, pairs))
    wide, tall = wide / ratio, tall / ratio
    highest = max((grid.rect.height() for grid in grids), default=0.0)
    left, top = inner.left() + RIM, inner.top() + ROW
    for i, grid in enumerate(grids):
        height = highest if across else grid.rect.height()
        place = left + (wide - grid.rect.width()) / 2, top + (tall - height) / 2
        found.insert(i, _placed(grid, *place, ratio))
        left, top = (left + wide + APART, top) if across else (left, top + tall + ROW + RIM)
    return tuple(found)


def _placed(grid: Grid, left: float, top: float, ratio: float) -> Grid:
    """Return a grid that begins where a pixel of the screen does."""
    return replace(grid, left=round(left * ratio) / ratio, top=round(top * ratio) / ratio)


def _room(inner: QRectF, kinds: int, beside: bool, ratio: float) -> tuple[float, float]:
    """Return (width, height) that each grid has, in pixels of the screen."""
    wide, tall = inner.width() - 2 * RIM, inner.height() - ROW - RIM
    if beside:
        wide = (wide - (kinds - 1) * APART) / kinds
    else:
        tall = (tall - (kinds - 1) * (ROW + RIM)) / kinds
    return wide * ratio, tall * ratio


def _scale(room: tuple[float, float], side: int, count: int) -> int:
    """Return how large the pixels of so many images can be, all of them in a full rectangle."""
    wide, tall = room
    best = 0
    for columns in range(1, count + 1):
        if count % columns == 0:
            rows = count // columns
            across = wide / (columns * (side + 1) - 1)
            down = tall / (rows * (side + 1) - 1)
            best = max(best, int(min(across, down)))
    return best


def _shape(
    wide: float, tall: float, side: int, high: int, scale: int, count: int
) -> tuple[int, int]:
    """Return (rows, columns) of at most so many items, in a full rectangle."""
    most = int((wide / scale + 1) // (side + 1)), int((tall / scale + 1) // (high + 1))
    shapes = [
        (min(most[1], count // columns), columns)
        for columns in range(1, min(most[0], count) + 1)
        if count % columns == 0 or columns == most[0]
    ]
    # As many as there is room for, in a shape like that of the room.
    like = wide * high / (tall * side) if tall > 0 else 1.0
    return max(
        (shape for shape in shapes if shape[0]),
        key=lambda s: (s[0] * s[1], -abs(np.log(s[1] / s[0] / like))),
        default=(0, 0),
    )


def _strip(inner: QRectF, images: Images, ratio: float) -> Grid | None:
    """Return where the walk stands, at the bottom, or None where it is too small to be seen."""
    side, count = images.walk.shape[1], len(images.walk)
    wide, least = inner.width() * ratio, max(ceil(LEAST * ratio / side), 1)
    tall = STRIP * inner.height() * ratio
    for every in range(1, count + 1):
        columns = count // every
        scale = int(min(wide / (columns * (side + 1) - 1), tall / side))
        if count % every == 0 and scale >= least:
            grid = Grid("walk", 0.0, 0.0, 1, columns, side, scale / ratio, every=every)
            top = inner.bottom() - ANGLES - grid.rect.height()
            return _placed(grid, inner.center().x() - grid.rect.width() / 2, top, ratio)
    return None


def paint_images(
    p: QPainter, area: QRectF, frame: Frame, look: Look, theme: Theme, ratio: float
) -> None:
    """Paint the images of a frame on its ground."""
    p.fillRect(area, colour(theme.base))
    images = frame.images
    assert images is not None
    p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    grids = planned(area, images, look, ratio)
    for grid in grids:
        ink = theme.real if grid.kind == "real" else theme.generated
        p.drawImage(grid.rect, _picture(images, grid, theme))
        p.setPen(QPen(colour(ink), 2))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRect(grid.rect.adjusted(-3, -3, 3, 3))
        room = _heading_room(grid, grids, area)
        options = headings(grid, frame)
        words = next((each for each in options if width(each) <= room), options[-1])
        at = (grid.left - 4, grid.top - 9)
        write(p, at, elided(words, room), theme.words(ink))
        if grid.kind == "walk":
            _paint_angles(p, grid, images, theme)


def _heading_room(grid: Grid, grids: tuple[Grid, ...], area: QRectF) -> float:
    """Return how long the words above a grid can be: up to the next one, or to the edge."""
    right = area.right() - PAD
    for other in grids:
        beside = other.top < grid.rect.bottom() and other.rect.bottom() > grid.top
        if beside and other.left > grid.left:
            right = min(right, other.left - PAD)
    return right - grid.left + 4


def headings(grid: Grid, frame: Frame) -> tuple[str, ...]:
    """Return what stands above a grid, the longest words first."""
    if grid.kind == "walk":
        law = "z(t) = cos t · u + sin t · v"
        return f"latent walk along a great circle: {law}", f"latent walk: {law}", "latent walk"
    if grid.kind == "real":
        return ("real, and beneath each what is rebuilt", "real, rebuilt", "real")[
            0 if grid.pairs else 2 :
        ]
    long, short = sharpness(frame.measures)
    return (f"generated: {long}", f"generated: {short}", "generated") if long else ("generated",)


def sharpness(readings: tuple[Reading, ...]) -> tuple[str, str]:
    """Return how sharp the generated images are, in more and in fewer words; or nothing."""
    for each in readings:
        if each.name == SHARPNESS and np.isfinite(each.value):
            low, high = each.band or ALIKE
            told = number(each.value, 2)
            if each.value < low:
                return f"blurry, {told} of the real images' sharpness", f"blurry, {told}"
            if each.value > high:
                return f"noisy, {told} times the real images' sharpness", f"noisy, {told}"
            return f"as sharp as the real images, {told}", f"sharp, {told}"
    return "", ""


def _paint_angles(p: QPainter, grid: Grid, images: Images, theme: Theme) -> None:
    """Write the angles beneath a walk: of each image, or of each quarter of the circle."""
    whole_row = grid.item(0).width() >= width("345°", SMALL) + 4
    quarter = max(grid.columns // 4, 1)
    for i in range(grid.columns):
        if whole_row or i % quarter == 0:
            item = grid.item(i)
            angle = f"{degrees(float(images.walk_at[i * grid.every])):.0f}°"
            at = (item.center().x(), item.bottom() + 4 + SMALL)
            write(p, at, angle, theme.muted, size=SMALL, align=0.5)


def read_images(
    at: QPointF, area: QRectF, frame: Frame, look: Look, ratio: float
) -> tuple[str, ...]:
    """Return which image is under the pointer, in words."""
    images = frame.images
    assert images is not None
    for grid in planned(area, images, look, ratio):
        found = grid.at(at)
        if found < 0:
            continue
        if grid.kind == "walk":
            angle = degrees(float(images.walk_at[found * grid.every]))
            return (f"t = {angle:.0f}°", "the generator at this angle of the circle")
        of = len(images.real if grid.kind == "real" else images.fake)
        words = f"{grid.kind} image {whole(found + 1)} of {whole(of)}"
        beneath = "beneath it what the decoder makes of its code"
        return (words, beneath) if grid.pairs else (words,)
    return ()


def _picture(images: Images, grid: Grid, theme: Theme) -> QImage:
    """Return all images of a grid as one picture, a pixel of theirs as one of its own."""
    arrays = {"real": images.real, "generated": images.fake, "walk": images.walk}
    back = Same(images.back) if grid.pairs else None
    shape = grid.rows, grid.columns, grid.every
    return _mosaic(Same(arrays[grid.kind]), back, shape, theme.base)


@lru_cache(maxsize=16)
def _mosaic(images: Same, beneath: Same | None, shape: tuple[int, int, int], ground: str) -> QImage:
    """Return rows of images with gaps of one pixel, and under each what belongs to it."""
    rows, columns, every = shape
    shown: Array = images.thing[::every][: rows * columns]
    if beneath is not None:
        shown = np.concatenate([shown, beneath.thing[: rows * columns]], axis=1)
    _, tall, wide = shown.shape
    red, green, blue = channels(ground)
    behind = 0xFF000000 | red << 16 | green << 8 | blue
    pixels = np.full((rows * (tall + 1), columns * (wide + 1)), behind, np.uint32)
    cells = pixels.reshape(rows, tall + 1, columns, wide + 1)
    grey = shown.reshape(rows, columns, tall, wide).transpose(0, 2, 1, 3).astype(np.uint32)
    cells[:, :tall, :, :wide] = 0xFF000000 | grey * 0x010101
    return image_of(pixels[:-1, :-1])
