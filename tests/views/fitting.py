"""Find out whether words fit: what a stage writes, and where, while it paints.

Every word of the views goes through ``ink.write`` or ``ink.stamp``, every formula through
``typeset.put``. While :func:`recorded` is
open each call leaves a :class:`Text`, and :func:`faults` says which of them overlap, are cut by the
edge of their widget, or end in an ellipsis where nothing may be left out::

    with recorded() as texts:
        stage.grab()
    assert faults(texts) == []

Words on a cached sheet are seen only when the sheet is made: look at fresh views.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

import ganviz.views.stage  # noqa: F401 - so that every module that writes is loaded
from ganviz.views import ink, typeset
from ganviz.views.plot import View
from ganviz.views.strokes import Sheet

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
#: Widgets whose words may be cut, since they say more elsewhere: in a tooltip, or in the menu.
MAY_CUT = ("Chip", "Choice", "Banner", "Footer", "Header")
#: Logical pixels that words may come too near one another, or over an edge: their soft rims.
SLACK = 1.5


@dataclass(frozen=True)
class Text:
    """Words as they were written.

    ``rect`` is where there is ink, in the coordinates of the widget; ``room`` what the widget, or
    the painter's own page, has. ``place`` names the widget, ``number`` tells it from others of its
    kind.
    """

    words: str
    rect: QRectF
    room: QRectF
    place: str
    number: int
    halo: bool

    def __str__(self) -> str:
        r = self.rect
        where = f"{r.left():.0f}..{r.right():.0f} x {r.top():.0f}..{r.bottom():.0f}"
        return f"{self.place}: {self.words!r} at {where}"


@cache
def _ink(words: str, size: int, bold: bool, family: str) -> QRectF:
    """Return where ``ink.write`` leaves ink, with the baseline's start at (0, 0)."""
    box, x = QRectF(), 0.0
    for text, low in ink.runs(words):
        part = ink._subscript(size) if low else size
        measures = ink.metrics(part, bold)
        tight = measures.tightBoundingRect(text)
        box |= tight.translated(x, round(size * 0.18) if low else 0)
        x += measures.horizontalAdvance(text)
    return box


class _Recorder:
    def __init__(self) -> None:
        self.texts: list[Text] = []
        self.widgets: list[tuple[str, int, QRectF]] = []
        self.seen: list[QWidget] = []  # held, so that no number is given twice
        self.stamping = 0
        self.sheets: list[tuple[QPainter, QPointF]] = []  # cached drawings being made: where to
        self.write, self.stamp, self.put = ink.write, ink.stamp, typeset.put
        self.draw = Sheet.draw

    def keep(
        self,
        p: QPainter,
        at: tuple[float, float],
        words: str,
        size: int,
        bold: bool,
        align: float,
        halo: bool,
    ) -> None:
        if self.stamping or not self.widgets or not words:
            return
        left = at[0] - align * ink.width(words, size, bold)
        box = _ink(words, size, bold, ink.font().family()).translated(QPointF(left, at[1]))
        self.note(p, words, box, halo)

    def note(self, p: QPainter, words: str, box: QRectF, halo: bool = False) -> None:
        place, number, room = self.widgets[-1]
        box = p.worldTransform().mapRect(box)
        for outer, corner in reversed(self.sheets):
            box = outer.worldTransform().mapRect(box.translated(corner))
        self.texts.append(Text(words, box, room, place, number, halo))

    def written(self, p: QPainter, at: Any, words: str, colour: str, **how: Any) -> None:
        size, bold = how.get("size", ink.BODY), how.get("bold", False)
        self.keep(p, at, words, size, bold, how.get("align", 0.0), bool(how.get("halo")))
        self.write(p, at, words, colour, **how)

    def stamped(self, p: QPainter, at: Any, words: str, colour: str, halo: str, **how: Any) -> None:
        self.keep(p, at, words, how.get("size", ink.SMALL), False, how.get("align", 0.0), True)
        self.stamping += 1
        try:
            self.stamp(p, at, words, colour, halo, **how)
        finally:
            self.stamping -= 1

    def set(self, p: QPainter, at: Any, tex: str, colour: str, size: float) -> None:
        found, scale = typeset.setting(tex), size / typeset.SIZE
        box = QRectF(0, -found.rise, found.wide, found.rise + found.fall)
        box = QRectF(box.topLeft() * scale, box.size() * scale)
        self.note(p, tex, box.translated(*at))
        self.put(p, at, tex, colour, size)

    def drawn(self, sheet: Sheet, p: QPainter, rect: QRectF, *args: Any, **how: Any) -> None:
        self.sheets.append((p, rect.topLeft()))
        try:
            self.draw(sheet, p, rect, *args, **how)
        finally:
            self.sheets.pop()

    def within(self, paint: Callable[..., None], label: str = "") -> Callable[..., None]:
        def painted(widget: Any, *args: Any) -> None:
            inside = widget.parent()
            while inside is not None and not isinstance(inside, View):
                inside = inside.parent()
            owner = f"{inside.name} " if isinstance(inside, View) else ""
            if widget not in self.seen:
                self.seen.append(widget)
            number, room = self.seen.index(widget), QRectF(widget.rect())
            # What it wrote when it had another size is gone.
            self.texts[:] = [t for t in self.texts if t.number != number or t.room == room]
            self.widgets.append((f"{owner}{type(widget).__name__}", number, room))
            try:
                paint(widget, *args)
            finally:
                self.widgets.pop()

        return painted


def _painters() -> list[tuple[type, str]]:
    """Return the classes of the views that paint, with the name of their method."""
    found: list[tuple[type, str]] = []
    for name, module in list(sys.modules.items()):
        if not name.startswith("ganviz."):
            continue
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, QWidget) and kind.__module__ == name:
                found += [(kind, "paintEvent")] * ("paintEvent" in vars(kind))
    return found


def _swap(old: Any, new: Any) -> None:
    """Put one function in the place of another, wherever ganviz has it by name."""
    for name, module in list(sys.modules.items()):
        if name.startswith("ganviz."):
            for key, value in list(vars(module).items()):
                if value is old:
                    setattr(module, key, new)


@contextmanager
def recorded() -> Iterator[list[Text]]:
    """Note every word that the views write while this is open."""
    recorder = _Recorder()
    kept = [(kind, method, vars(kind)[method]) for kind, method in _painters()]
    # Bound methods are made anew each time: these two must be the same when they go again.
    written, stamped, put = recorder.written, recorder.stamped, recorder.set
    _swap(recorder.write, written)
    _swap(recorder.stamp, stamped)
    _swap(recorder.put, put)
    for kind, method, paint in kept:
        setattr(kind, method, recorder.within(paint))
    Sheet.draw = lambda sheet, *args, **how: recorder.drawn(sheet, *args, **how)
    ink._stamp.cache_clear()
    try:
        yield recorder.texts
    finally:
        Sheet.draw = recorder.draw
        for kind, method, paint in kept:
            setattr(kind, method, paint)
        _swap(written, recorder.write)
        _swap(stamped, recorder.stamp)
        _swap(put, recorder.put)


def faults(texts: list[Text], slack: float = SLACK) -> list[str]:
    """Return sentences about words that are cut or overlap; none are as it should be."""
    said = []
    by_widget: dict[int, list[Text]] = {}
    for text in texts:
        by_widget.setdefault(text.number, []).append(text)
        room = text.room.adjusted(-slack, -slack, slack, slack)
        if not room.contains(text.rect):
            said.append(f"cut by the edge: {text}, of {text.room.width()}x{text.room.height()}")
        kind = text.place.rsplit(" ", 1)[-1]
        if ELLIPSIS in text.words and kind not in MAY_CUT:
            said.append(f"cut with an ellipsis: {text}")
    for words in by_widget.values():
        for number, one in enumerate(words):
            for other in words[:number]:
                both = one.rect & other.rect
                if one.rect == other.rect and one.words == other.words:
                    continue  # the same again, as when a sheet is made twice
                if both.width() > slack and both.height() > slack:
                    said.append(f"overlap: {one} and {other}")
    return said
