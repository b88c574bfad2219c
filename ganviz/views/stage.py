"""Stage: the arrangement of the views."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from importlib import import_module

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QSplitter, QSplitterHandle, QWidget

from ganviz.frame import SLOTS, Frame, Look, Wants

from .ink import BODY, elided, write
from .plot import View
from .story import Story
from .theme import LANE_ROOM, ROOM, Theme, colour, fitting, palette, sized, theme

#: Space around and between the cards, pixels.
GAP = 8
#: Heights, in a theme's own pixels, from which on two views stand one above the other and the model
#: beneath them, with the strip of the formula at the very bottom.
CARD, CHAIN, STRIP = 180, 160, 74
#: The same of a lane beside others: heights of its largest view and of one beneath it, and the
#: width of the largest view and of one beside it.
MAIN, UNDER, ACROSS, BESIDE = 230, 190, 320, 280
#: Height of its largest view up to which the plot needs what a second row of toggles takes.
LOW = 380


@dataclass(frozen=True, slots=True)
class Kind:
    """A view to be: its title, and the module and the class that are loaded when it is built.

    One that is ``apart`` shows nothing of the game: it is no tab beside the others of its place.
    """

    title: str
    module: str
    kind: str
    apart: bool = False

    def build(self) -> View:
        """Return the view. What is never seen is never loaded: the first window comes sooner."""
        view: View = getattr(import_module(f".{self.module}", __package__), self.kind)()
        return view


#: The views, by name.
KINDS: dict[str, Kind] = {
    "distribution": Kind("Distribution", "distribution", "Distribution"),
    "losses": Kind("Losses", "losses", "Losses"),
    "measures": Kind("Measures", "measures", "Measures"),
    "gradients": Kind("Gradients", "gradients", "Gradients"),
    "saddle": Kind("Saddle", "saddle", "Saddle"),
    "surface": Kind("Surface", "surface", "Landscape"),
    "probe": Kind("Probe", "probe", "ProbeView"),
    "code": Kind("Code", "code", "CodeView"),
    "transposed": Kind("Transposed convolution", "transposed", "Transposed", apart=True),
    "preimage": Kind("Pre-image", "preimage", "PreimageView", apart=True),
    "graph": Kind("Model", "graph", "ModelGraph"),
}


class Stage(QWidget):
    """The views side by side: a pure function of (frames, look), of its size and its splits.

    Signals
    -------
    layer_toggled (layer name, whether it is wanted)
    maximise_wanted (view name)
    look_wanted ({field of the look: value})
    settings_wanted ({dotted path of a parameter: value})
    menu_wanted (view name, where on the screen)
    lane_wanted (the letter of the lane that shall be driven)
    split (how the stage is split, as :meth:`save_sizes` says it): somebody has moved a gap

    A ``patient`` stage, that of a window, does not wait for formulas to be typeset.
    """

    #: Least (width, height) at which everything can be read.
    LEAST = (620, 380)

    layer_toggled = Signal(str, bool)
    maximise_wanted = Signal(str)
    look_wanted = Signal(object)
    settings_wanted = Signal(object)
    menu_wanted = Signal(str, QPoint)
    lane_wanted = Signal(str)
    split = Signal(bytes)

    def __init__(self, parent: QWidget | None = None, *, patient: bool = False) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Stage")
        self._small = False  # a lane beside others: fewer views, and no strip beneath them
        self._asks = ""
        self._look = Look()
        self._frames: tuple[Frame, ...] = ()
        self.theme = theme(self._look.theme)
        self._banner = Banner(self)
        self._banner.hide()
        self._story = Story(self, patient=patient)
        self._slots = [Slot() for _ in SLOTS]
        first, upper, lower, below = self._slots
        self._right = Split(Qt.Orientation.Vertical, [0.5, 0.5], [0.5, 0.5])
        self._right.addWidget(upper)
        self._right.addWidget(lower)
        self._across = Split(Qt.Orientation.Horizontal, [0.58, 0.42], [0.6, 0.4])
        self._across.addWidget(first)
        self._across.addWidget(self._right)
        self._down = Split(Qt.Orientation.Vertical, [0.76, 0.24])
        self._down.setParent(self)
        self._down.addWidget(self._across)
        self._down.addWidget(below)
        for part in (self._right, self._across, self._down):
            part.splitterMoved.connect(self._split_moved)
        self._views: dict[str, View] = {}
        self._shown: tuple[bool, ...] = ()
        self._dressed: tuple[object, ...] = ()
        self._lacking: frozenset[str] = frozenset()  # views that this kind of game has none of
        self.setMinimumSize(*self.LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._dress()

    @property
    def distribution(self) -> View:
        """The largest view."""
        return self.view("distribution")

    def view(self, name: str) -> View:
        """Return a view by its name, built if it was not yet.

        Raises
        ------
        KeyError
            If there is no such view.
        """
        if name not in self._views:
            view = KINDS[name].build()
            number = next(i for i, names in enumerate(SLOTS) if name in names)
            offered = [
                (other, KINDS[other].title)
                for other in SLOTS[number]
                if other in KINDS and not KINDS[other].apart
            ]
            if len(offered) > 1:
                view.header.set_tabs(tuple(offered))
                view.header.front_wanted.connect(self._front_wanted)
            view.layer_toggled.connect(self.layer_toggled)
            view.maximise_wanted.connect(self.maximise_wanted)
            view.look_wanted.connect(self.look_wanted)
            view.settings_wanted.connect(self.settings_wanted)
            view.menu_wanted.connect(self.menu_wanted)
            view.lane_wanted.connect(self.lane_wanted)
            view.header.offer(frozenset(KINDS) - self._lacking)
            view.stand(self._small, self._asks)
            view.fit(self.theme.scale)
            self._slots[number].add(view)
            self._slots[number].fit(self.theme.scale)
            self._views[name] = view
        return self._views[name]

    def views(self) -> tuple[View, ...]:
        """Return the views that have been built, the largest first."""
        names = [name for slot in SLOTS for name in slot]
        return tuple(self._views[name] for name in names if name in self._views)

    @property
    def shown(self) -> tuple[str, ...]:
        """The names of the views that there was room for, the largest first."""
        return tuple(view.name for view in self.views() if not view.isHidden())

    def stand(self, small: bool, asks: str = "") -> None:
        """Stand beside other lanes, or alone again.

        ``small``: with as few views as its size demands. ``asks`` is the letter of the lane that a
        click asks to drive; nothing where that is done already.
        """
        if (small, asks) == (self._small, self._asks):
            return
        other, self._small, self._asks = small != self._small, small, asks
        for view in self._views.values():
            view.stand(small, asks)
        if other:
            self.setMinimumSize(*((0, 0) if small else self.LEAST))
            self._dress()

    def show_frame(
        self, frames: tuple[Frame, ...], look: Look, resting: Collection[str] = ()
    ) -> None:
        """Show the first of these frames through a look; ``resting`` views keep what they show.

        So do the ``words`` of all headers, the ``story``, the ``map`` beneath the distribution and
        the strip of the whole ``run``.

        The others are those of other lanes, which share its axes, and lie over it where the look
        says so.
        """
        self._look, self._frames = look, frames
        lacks = lacking(frames[0])
        if lacks != self._lacking:
            self._lacking = lacks
            for view in self._views.values():
                view.header.offer(frozenset(KINDS) - lacks)
        self._banner.show_words(frames[0].trouble)
        if "story" not in resting:
            self._story.show_frame(frames[0])
        if self._dressed != self._dressing():
            self._dress()
        for view in self.views():
            if not view.isHidden():
                view.header.rest("words" in resting)
                if view.name not in resting:
                    view.show_frame(frames, look, resting)

    def settle(self) -> None:
        """Show the formula typeset as soon as it can be; only a patient stage ever waits for it."""
        if self._story.settle():
            self._arrange()

    def show_message(self, text: str, look: Look | None = None) -> None:
        """Show a sentence in every view, where there is no frame yet."""
        self._look, self._frames = look or self._look, ()
        self._banner.show_words("")
        self._story.show_frame(None)
        self._dress()
        for view in self.views():
            view.show_message(text, self._look)

    def save_sizes(self) -> bytes:
        """Return how the stage is split, for :meth:`restore_sizes` of any stage of any size."""
        parts = {"across": self._across, "right": self._right, "down": self._down}
        shares = {name: split.straight for name, split in parts.items()}
        turned = {"tall": self._across.turned, "under": self._right.turned}
        return json.dumps(shares | turned).encode()

    def restore_sizes(self, sizes: bytes) -> None:
        """Split the stage as another was; unreadable bytes are ignored."""
        try:
            shares = json.loads(bytes(sizes))
            across = [float(share) for share in shares["across"]]
            right = [float(share) for share in shares["right"]]
            down = [float(share) for share in shares.get("down", self._down.straight)]
            tall = [float(share) for share in shares.get("tall", self._across.turned)]
            under = [float(share) for share in shares.get("under", self._right.turned)]
        except (ValueError, TypeError, KeyError, AttributeError):
            return
        every = (across, right, down, tall, under)
        if all(len(pair) == 2 and min(pair) > 0 for pair in every):
            self._across.set_shares(across, tall)
            self._right.set_shares(right, under)
            self._down.set_shares(down)

    def sizeHint(self) -> QSize:
        """Return the size it looks best at."""
        return QSize(1120, 700)

    def crowded(self, look: Look | None = None) -> bool:
        """Return whether, with the model shown, there is no room for two views on the right."""
        tall = self.height() / self.theme.scale
        seen = without(look or self._look, self._lacking).seen
        both = all(any(name in seen for name in SLOTS[place]) for place in (1, 2))
        return (
            not self._small
            and both
            and "graph" in seen
            and tall < 2 * CARD + CHAIN + STRIP + 4 * GAP
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the parts in their places."""
        absent = [view for view in self.views() if view.isHidden()]
        self._dress()
        for view in absent:
            if self._frames and not view.isHidden():
                view.show_frame(self._frames, self._look)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        p = QPainter(self)
        p.fillRect(self.rect(), colour(self.theme.window))
        p.end()

    def _dressing(self) -> tuple[object, ...]:
        """Return all that :meth:`_dress` follows: most frames change nothing of it."""
        palette = self.palette().cacheKey()
        around = self._story.pieces, self._banner.isHidden(), *self._across.turned
        shape = self.size(), self._small, len(self._views)
        return self._look, self._lacking, *shape, palette, *around

    def _dress(self) -> None:
        room = LANE_ROOM if self._small else ROOM
        scale = fitting(self._look.theme, self.width(), self.height(), room)
        wanted = sized(self._look.theme, scale)
        if self.theme is not wanted or self.palette().window().color() != colour(wanted.window):
            self.theme = wanted
            self.setPalette(palette(wanted))
            for view in self._views.values():
                view.fit(scale)
            for slot in self._slots:
                slot.fit(wanted.scale)
            self.update()
        for part in (self._banner, self._story, self._across, self._right, self._down):
            part.set_theme(wanted)
        look = without(self._look, self._lacking)
        wished = (look if look.maximised in KINDS else look.with_(maximised="")).seen
        if self.crowded(look):
            wished -= set(SLOTS[2])  # the model takes its place
        stacked = low = False
        if self._small or wanted.bare:
            wide, tall = self.width() / wanted.scale, self._free() / wanted.scale
            if wanted.bare and not wished & set(SLOTS[0]) and wished & set(SLOTS[1] + SLOTS[2]):
                stacked = True  # the two of the right side have all of the width, beside each other
                wished -= set(SLOTS[3])
            else:
                wished, stacked = fewer(wished, wide, tall)
            share = self._across.turned[0] if stacked and len(wished) > 1 else 1.0
            low = share * tall < LOW
        self._across.turn(stacked)
        self._right.turn(stacked)
        seen = [name for slot in SLOTS for name in slot if name in wished & KINDS.keys()]
        # A view that fills the stage has all of it.
        untold = self._small or "story" in look.hidden or look.maximised in KINDS
        if self._story.isHidden() != untold:
            self._story.setVisible(not untold)
        for name in seen:
            self.view(name)
        for name, view in self._views.items():
            view.be_low(low)
            if view.isHidden() == (name in seen):
                view.setVisible(name in seen)
        for slot, names in zip(self._slots, SLOTS, strict=True):
            slot.setVisible(any(name in seen for name in names))
        self._right.setVisible(any(not slot.isHidden() for slot in self._slots[1:3]))
        self._across.setVisible(not (self._right.isHidden() and self._slots[0].isHidden()))
        shown = tuple(slot.isHidden() for slot in self._slots)
        if shown != self._shown:
            self._shown = shown
            for split in (self._down, self._across, self._right):
                split.refresh()  # at once, so that a film needs no second pass
        self._arrange()
        self._dressed = self._dressing()

    def _free(self) -> float:
        """Return the height that views have, a banner above them left out."""
        tall = 0 if self._banner.isHidden() else round(Banner.HEIGHT * self.theme.scale) + GAP
        return self.height() - 2 * GAP - tall

    def _split_moved(self) -> None:
        self.split.emit(self.save_sizes())

    def _front_wanted(self, name: str) -> None:
        place = "upper" if name in SLOTS[1] else "lower"
        change: dict[str, object] = {place: name, "hidden": self._look.hidden - {name}}
        if self._look.maximised:
            change["maximised"] = name
        self.look_wanted.emit(change)

    def _arrange(self) -> None:
        top = GAP
        if not self._banner.isHidden():
            tall = round(Banner.HEIGHT * self.theme.scale)
            self._banner.setGeometry(GAP, GAP, self.width() - 2 * GAP, tall)
            top += tall + GAP
        wide, end = max(self.width() - 2 * GAP, 0), self.height() - GAP
        if not self._story.isHidden():
            # Beside the model, in a low stage, the numbers alone.
            room = 0 if self.crowded() else self.height()
            tall = self._story.wanted(wide, room)
            end -= tall + GAP
            self._story.setGeometry(GAP, end + GAP, wide, tall)
        self._down.setGeometry(GAP, top, wide, max(end - top, 0))
        self._down.share_out()
        self._across.share_out()
        self._right.share_out()


def lacking(frame: Frame) -> frozenset[str]:
    """Return the views that this kind of game has none of: others stand in their place.

    Where a GAN of one or two dimensions has none it is for a reason, which its view tells.
    """
    absent = {"surface", "probe", "graph"} - frame.offers
    if frame.beat is not None:
        absent.discard("graph")
    if "code" in frame.offers:
        return frozenset(absent)
    return frozenset({"code"} | (absent if "images" in frame.offers else set()))


def without(look: Look, views: Collection[str]) -> Look:
    """Return a look in which these views are not seen, but another one in their place."""
    if not views:
        return look
    lower = look.lower
    if lower in views:
        lower = next(name for name in SLOTS[2] if name not in views)
    maximised = "" if look.maximised in views else look.maximised
    return look.with_(hidden=look.hidden | set(views), lower=lower, maximised=maximised)


def wanted(look: Look, frames: Iterable[Frame]) -> Wants:
    """Return what frames of these games must hold for what stands on a stage.

    Another view may stand there in place of one that a kind of game has none of.
    """
    every = [without(look, lacking(frame)).wants for frame in frames] or [look.wants]
    layers: frozenset[str] = frozenset().union(*(wants.layers for wants in every))
    fullest = max(every, key=lambda wants: wants.draws)
    return replace(fullest, layers=layers)


def framed(look: Look, make: Callable[[Wants], tuple[Frame, ...]]) -> tuple[Frame, ...]:
    """Return the frames that ``make`` makes of what stands on a stage."""
    frames = make(look.wants)
    wants = wanted(look, frames)
    return frames if wants == look.wants else make(wants)


def fewer(wished: frozenset[str], wide: float, tall: float) -> tuple[frozenset[str], bool]:
    """Return which views a lane beside others has room for, and whether one above the other.

    The largest view goes before all others; one of each slot is wished for. ``tall`` is what the
    views have, ``wide`` the whole width, both in a theme's own pixels.
    """
    main, *others = (tuple(name for name in slot if name in wished) for slot in SLOTS)
    slots = [names for names in (main, *others) if names]
    if len(slots) < 2:
        return wished, False
    flat = wide >= ACROSS + BESIDE + 3 * GAP and wide > 1.2 * tall
    if not main or flat:
        # As a stage of its own: on the right one view, or two.
        right = [names for names in others[:2] if names]
        right = right[: 1 if tall < 2 * CARD + GAP else 2]
        deep = 2 * CARD + CHAIN + 2 * GAP
        below = others[2] if (tall >= deep or not (main or right)) else ()
        return frozenset().union(main, *right, below), False
    if tall < MAIN + UNDER + GAP:
        return frozenset(main), True
    under = [names for names in others[:2] if names]
    under = under[: 1 if wide < 2 * BESIDE + 3 * GAP else 2]
    below = others[2] if tall >= MAIN + UNDER + CHAIN + 2 * GAP or not under else ()
    return frozenset().union(main, *under, below), True


class Slot(QWidget):
    """A place for one view at a time."""

    def add(self, view: View) -> None:
        """Put a view here, behind the others."""
        view.setParent(self)
        view.setGeometry(self.rect())

    def fit(self, scale: float) -> None:
        """Be large enough for every view here, whose pixels are so many times larger."""
        least = [view.LEAST for view in self.children() if isinstance(view, View)]
        if least:
            wide, tall = (max(lengths) for lengths in zip(*least, strict=True))
            self.setMinimumSize(round(wide * scale), round(tall * scale))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let each view fill the place; called by Qt."""
        for view in self.children():
            if isinstance(view, View):
                view.setGeometry(self.rect())


class Split(QSplitter):
    """A splitter whose sizes are shares of its length, whatever lengths it had before.

    ``turned`` are its shares when it is turned from across to upright, or the other way.
    """

    def __init__(
        self,
        orientation: Qt.Orientation,
        shares: list[float],
        turned: list[float] | None = None,
    ) -> None:
        super().__init__(orientation)
        self.straight = shares
        self.turned = turned or shares
        self._orientation = orientation
        self.theme = theme("light")
        self.setHandleWidth(GAP)
        self.setChildrenCollapsible(False)
        self.splitterMoved.connect(self._moved)

    def createHandle(self) -> QSplitterHandle:
        """Return the gap between two parts."""
        return Handle(self.orientation(), self)

    def set_theme(self, theme: Theme) -> None:
        """Paint in the colours of this theme from now on."""
        if theme is not self.theme:
            self.theme = theme
            self.handle(1).update()

    @property
    def shares(self) -> list[float]:
        """What each part has of the length at present."""
        return self.straight if self.orientation() == self._orientation else self.turned

    def turn(self, turned: bool) -> None:
        """Be across instead of upright, or the other way; or as at first."""
        other = {
            Qt.Orientation.Horizontal: Qt.Orientation.Vertical,
            Qt.Orientation.Vertical: Qt.Orientation.Horizontal,
        }[self._orientation]
        wanted = other if turned else self._orientation
        if wanted != self.orientation():
            self.setOrientation(wanted)
            self.refresh()

    def set_shares(self, shares: list[float], turned: list[float] | None = None) -> None:
        """Give each part this share of the length, and another one when it is turned."""
        self.straight = [share / sum(shares) for share in shares]
        if turned is not None:
            self.turned = [share / sum(turned) for share in turned]
        self.share_out()

    def share_out(self) -> None:
        """Size the parts by their shares."""
        across = self.orientation() == Qt.Orientation.Horizontal
        length = (self.width() if across else self.height()) - self.handleWidth()
        parts = [self.widget(i) for i in range(self.count())]
        if length <= 0 or any(part is None or part.isHidden() for part in parts):
            return
        first = round(length * self.shares[0])
        if self.sizes() != [first, length - first]:
            self.setSizes([first, length - first])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the parts in their places."""
        super().resizeEvent(event)
        self.share_out()

    def _moved(self) -> None:
        sizes = self.sizes()
        if len(sizes) == 2 and min(sizes) > 0:
            shares = [size / sum(sizes) for size in sizes]
            if self.orientation() == self._orientation:
                self.straight = shares
            else:
                self.turned = shares


class Handle(QSplitterHandle):
    """The gap between two cards, with a grip under the pointer."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        split = self.splitter()
        assert isinstance(split, Split)
        p = QPainter(self)
        p.fillRect(self.rect(), colour(split.theme.window))
        if self.underMouse():
            p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(colour(split.theme.axis))
            c = QRectF(self.rect()).center()
            wide, tall = (3, 36) if self.orientation() == Qt.Orientation.Horizontal else (36, 3)
            p.drawRoundedRect(QRectF(c.x() - wide / 2, c.y() - tall / 2, wide, tall), 1.5, 1.5)
        p.end()

    def enterEvent(self, event: object) -> None:
        """Show that the pointer is here."""
        self.update()

    def leaveEvent(self, event: object) -> None:
        """Show that the pointer has gone."""
        self.update()


class Banner(QWidget):
    """One sentence across the top: why a run has stopped by itself."""

    HEIGHT = 38

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = ""
        self.theme = theme("light")

    def show_words(self, words: str) -> None:
        """Show a sentence, or nothing."""
        if words != self._words:
            self._words = words
            self.setAccessibleName(words)
            self.setToolTip(words)
            self.update()
        if self.isHidden() == bool(words):
            self.setVisible(bool(words))

    def set_theme(self, theme: Theme) -> None:
        """Paint in the colours of this theme from now on."""
        if theme is not self.theme:
            self.theme = theme
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        t = self.theme
        p = QPainter(self)
        p.scale(t.scale, t.scale)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(colour(t.warning))
        wide, y = self.width() / t.scale, self.height() / t.scale / 2
        p.drawRoundedRect(QRectF(0, 0, wide, 2 * y), 8, 8)
        p.setBrush(colour(t.warning_text))
        p.drawPolygon(QPolygonF([QPointF(14, y + 7), QPointF(22, y - 7), QPointF(30, y + 7)]))
        base = y + BODY * 0.36
        write(p, (22, base + 1), "!", t.warning, size=11, bold=True, align=0.5)
        write(p, (40, base), elided(self._words, wide - 54), t.warning_text)
        p.end()
