"""The header of a view: its title, quiet words, controls, and the toggles of its layers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from math import ceil, floor

from PySide6.QtCore import QPointF, QSize, Signal
from PySide6.QtGui import QEnterEvent, QMouseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganviz.clock import Part

from .badge import broad, paint_badge
from .chrome import CONTROL, ROW, Chip, Choice, Maximise, Tab
from .ink import TITLE, width, write
from .stout import painter
from .theme import Theme, theme

#: Inner margin of a card.
PAD = 12
#: Width below which cut words say nothing.
LEAST_WORDS = 60
#: Choices of much room make way for the first quiet words in steps of so many pixels, so that they
#: do not move with every digit.
STEP = 32
#: Least width of a choice with its words cut: without any it would be an empty button.
LEAST_CHOICE = 72
#: Room left of each control; and where a row of them alone is short of it.
GAP, TIGHT = 6, 2
#: Toggles that are legend enough where there is little room.
LEAST_LEGEND = 4


class Header(QWidget):
    """Title and quiet words in the first row, the layers in the second; controls where they fit.

    The toggles of the layers are the legend of the plot. Where they and the controls do not fit
    into one row, the controls move up beside the title; where the toggles alone do not, they take
    a second row: a toggle without its name is none. In a bare theme there are no other controls
    but those that stay: what the view is about is done with them.
    """

    maximise = Signal()
    front_wanted = Signal(str)

    def __init__(self, title: str, rows: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._rows = rows
        self._words: tuple[str, ...] = ()
        self._coming: tuple[str, ...] = ()  # what is to be shown, unless it rests
        self._resting = False
        self._tip: Callable[[], str] = str
        self.theme = theme("light")
        self.button = Maximise(self)
        self.button.clicked.connect(self.maximise)
        self._lane = ""
        self._sparse = False
        self._low = False
        self.chips: dict[str, Chip] = {}
        self.order: tuple[str, ...] = ()
        self._end = 0  # where the quiet words end
        self.controls: list[QWidget] = []
        self._staying: set[QWidget] = set()
        self.tabs: list[Tab] = []
        self._tabs_end = 0.0
        # No more than the minimum is ever given it; a fixed height would know of one row only.
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(rows > 1)
        self.setSizePolicy(policy)

    def add_chip(self, name: str) -> Chip:
        """Add the toggle of a layer."""
        chip = Chip(name, self)
        self.chips[name] = chip
        return chip

    def add_control(self, control: QWidget, *, stays: bool = False) -> None:
        """Add a control at the right: in the row of the layers, or beside the title.

        Those added first stand on the left: what comes and goes there moves none of the others.
        One that ``stays`` is there in a bare theme, too.
        """
        control.setParent(self)
        self.controls.append(control)
        if stays:
            self._staying.add(control)

    def set_tabs(self, views: tuple[tuple[str, str], ...]) -> None:
        """Offer the other views of the same slot beside the title: (name, title) of all of them."""
        for name, title in views:
            if title != self._title:
                tab = Tab(name, title, self)
                tab.set_theme(self.theme)
                tab.wanted.connect(self.front_wanted)
                tab.hide()
                self.tabs.append(tab)
        self.arrange()

    def offer(self, views: Collection[str]) -> None:
        """Have the titles of these views only beside the title, from now on."""
        if any((tab.view in views) == tab.absent for tab in self.tabs):
            for tab in self.tabs:
                tab.absent = tab.view not in views
            self.arrange()

    def show_words(self, *words: str) -> None:
        """Show quiet words to the right of the title; where there is no room the last go first.

        Only the first is ever cut, between its words, where there is no room for even that one.
        """
        self._coming = words
        if words != self._words and not self._resting:
            before, self._words = self._kept(), words
            if self._sparse or before != self._kept():
                self.arrange()
            self._update_words()

    def rest(self, resting: bool) -> None:
        """Keep the quiet words as they are, or no longer: then the latest are shown."""
        self._resting = resting
        self.show_words(*self._coming)

    def tell(self, tip: Callable[[], str]) -> None:
        """Have a tooltip that changes with the frames: it is worded where the pointer is here."""
        self._tip = tip
        if self.underMouse():
            self.setToolTip(tip())

    def toolTip(self) -> str:
        """Return what the tooltip says, or would say if the pointer were here."""
        return self._tip()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Word the tooltip; called by Qt."""
        self.setToolTip(self._tip())
        super().enterEvent(event)

    def _update_words(self) -> None:
        """Have the quiet words painted anew, and none of what stands beside them."""
        scale = self.theme.scale
        left, right = floor(self.title_end() * scale), ceil((self._end + 2) * scale)
        self.update(left, 0, max(right - left, 0), round(ROW * scale))

    def _kept(self) -> int:
        """Return the width that is kept for the first of the quiet words."""
        return ceil((width(self._words[0]) + 18) / STEP) * STEP if self._words else 0

    def be_sparse(self, sparse: bool) -> None:
        """Leave out controls and toggles that do not fit with all their words; or no longer."""
        if sparse != self._sparse:
            self._sparse = sparse
            self.arrange()

    def be_low(self, low: bool) -> None:
        """Leave out the toggles that do not fit into the first row, or no longer.

        A first row of less than ``LEAST_LEGEND`` is too little of a legend: then there are two.
        """
        if low != self._low:
            self._low = low
            self.updateGeometry()
            self.arrange()

    def show_lane(self, letter: str) -> None:
        """Say behind the title whose picture it is, of several lanes; or nothing."""
        if letter != self._lane:
            self._lane = letter
            self.arrange()

    def set_theme(self, theme: Theme) -> None:
        """Paint in the colours of this theme from now on."""
        if theme is not self.theme:
            self.theme = theme
            for part in (self.button, *self.chips.values(), *self.controls, *self.tabs):
                part.set_theme(theme)  # type: ignore[attr-defined]
            self.updateGeometry()
            self.arrange()

    def arrange(self) -> None:
        """Put everything in its place, at once, so that a film needs no second pass."""
        self._place_tabs()
        x, right = PAD - 4, floor(self.width() / self.theme.scale) - 6
        bare = self.theme.bare
        self._put(self.button, right - CONTROL, 7, 0 if bare else CONTROL)
        chips = [self.chips[name] for name in self.order]
        widths = [self._natural(chip) for chip in chips]
        controls = [control for control in self.controls if not control.isHidden()]
        offered = [each for each in self.controls if not bare or each in self._staying]
        for control in controls:
            if control not in offered:
                self._put(control, right, 7, 0)
        controls = [control for control in controls if control in offered]
        if self._sparse:
            controls = self._whole(controls, right - CONTROL - 4)
        # Whether all of them would fit: the others stay where they are when one more appears.
        most = spread(map(self._roomy, offered))
        fits = x + sum(widths) + 2 * len(widths) + most <= right
        below = self._rows > 1 and (fits or not chips)  # a row with no toggles is theirs anyway
        y, end = (ROW + 6, right) if below else (7, right - CONTROL - 4)
        room, wanted = end - (x if below else round(self.title_end()) + 8), self._natural
        gap = TIGHT if below and spread(map(wanted, controls)) > room else GAP
        short = spread(map(wanted, controls), gap) - room
        spare = -short - (0 if below else self._kept())
        for control in reversed(controls):
            wide = self._natural(control)
            more = self._roomy(control) - wide
            if more <= spare:
                wide, spare = wide + more, spare - more
            if short > 0 and isinstance(control, Choice):  # it can cut its words
                given = max(min(short, wide - LEAST_CHOICE), 0)
                wide, short = wide - given, short - given
            self._put(control, end - wide, y, wide)
            end -= wide + gap
        self._end = right - CONTROL - 8 if below or not controls else end - 2
        room = (end if below else right) - x
        first, y = upper(widths, room), ROW + 6
        for part in (slice(first), slice(first, None)):
            at = x
            if y > ROW + 6 and self._short(first):
                for chip in chips[part]:
                    self._put(chip, x, y, 0)
                break
            for chip, wide in zip(chips[part], fitted(widths[part], room), strict=True):
                if (self._sparse or bare) and wide == Chip.LEAST:
                    wide = 0  # a toggle without its name is none
                self._put(chip, at, y, wide)
                at += wide + 2
            y += ROW - 2
        self.update()

    def _whole(self, controls: list[QWidget], end: float) -> list[QWidget]:
        """Return the last of these controls, those that fit beside the title with all their words.

        The others get no room at all: the first of the quiet words, a measure, goes before them.
        """
        room, kept = end - round(self.title_end()) - 8, list(controls)
        room -= width(self._words[0]) + 18 if self._words else 0
        while kept and spread(map(self._natural, kept)) > room:
            self._put(kept.pop(0), end, 7, 0)
        return kept

    def _place_tabs(self) -> None:
        """Put the titles of the slot's other views beside this one's, as many as there is room for.

        Where there is none, the menu of views still has them.
        """
        x = self._named_end() + 10
        most = self.width() / self.theme.scale - CONTROL - 14
        if self._rows == 1:  # the controls stand in the same row
            shown = [self._natural(part) for part in self.controls if not part.isHidden()]
            most -= spread(min(wide, LEAST_CHOICE) for wide in shown)
        for tab in self.tabs:
            wide = self._natural(tab)
            fits = x + wide <= most and not self.theme.bare and not tab.absent
            tab.setVisible(fits)
            if fits:
                self._put(tab, round(x), 7, wide)
                x += wide + 2
        self._tabs_end = x if self.tabs else 0.0

    def heightForWidth(self, wide: int) -> int:
        """Return the height of as many rows as there are then; called by Qt."""
        widths = [self._natural(self.chips[name]) for name in self.order]
        room = floor(wide / self.theme.scale) - 6 - (PAD - 4)
        first = upper(widths, room)
        more = ROW - 2 if first < len(widths) and not self._short(first) else 0
        return round((self._rows * ROW + 6 + more) * self.theme.scale)

    def _short(self, first: int) -> bool:
        """Return whether there is one row of toggles only, of so many."""
        return self._low and first >= LEAST_LEGEND

    def sizeHint(self) -> QSize:
        """Return the size of it with one row of toggles; called by Qt."""
        return QSize(0, round((self._rows * ROW + 6) * self.theme.scale))

    def _natural(self, part: QWidget) -> int:
        """Return the width at which a control looks best, in the header's own pixels."""
        return ceil(part.sizeHint().width() / self.theme.scale)

    def _roomy(self, part: QWidget) -> int:
        """Return the width at which a control looks best whatever it will say."""
        return part.roomy() if isinstance(part, Choice) else self._natural(part)

    def _put(self, part: QWidget, x: float, y: float, wide: float) -> None:
        """Put a control in its place, given in the header's own pixels."""
        scale = self.theme.scale
        left, right = round(x * scale), round((x + wide) * scale)
        part.setGeometry(left, round(y * scale), right - left, round(CONTROL * scale))

    def title_end(self) -> float:
        """Return where the title ends, pixels from the left."""
        return max(self._named_end(), self._tabs_end)

    def _named_end(self) -> float:
        """Return where the title ends with the letter behind it."""
        end = PAD + width(self._title, TITLE, True)
        return end + 8 + broad(self._lane) if self._lane else end

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the parts in their places."""
        self.arrange()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask to maximise."""
        self.maximise.emit()

    @Part("headers")
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        p = painter(self, self.theme)
        base = 7 + CONTROL / 2 + TITLE * 0.36
        write(p, (PAD, base), self._title, self.theme.text, size=TITLE, bold=True)
        if self._lane:
            at = QPointF(self._named_end() - broad(self._lane) / 2, 7 + CONTROL / 2)
            paint_badge(p, at, self._lane, self.theme, driven=True)
        words = self.fitting(self._end - self.title_end() - 18)
        if words:
            write(p, (self._end, base), words, self.theme.muted, align=1)
        p.end()

    def fitting(self, room: float) -> str:
        """Return as many of the quiet words as there is room for."""
        for count in range(len(self._words), 0, -1):
            words = "   ".join(self._words[:count])
            if width(words) <= room:
                return words
        return shortened(self._words[0], room) if self._words and room > LEAST_WORDS else ""


def shortened(words: str, room: float) -> str:
    """Return the first of these words, those that fit; nothing where a reading has no number left.

    Of a number that is cut one would read another.
    """
    parts = words.split(" ")
    for count in range(len(parts) - 1, 0, -1):
        cut = " ".join(parts[:count])
        if parts[count - 1] not in "±≈=·" and width(f"{cut} …") <= room:
            numbers = (any(map(str.isdecimal, each)) for each in (words, cut))
            return f"{cut} …" if next(numbers) <= next(numbers) else ""
    return ""


def spread(widths: Iterable[int], gap: int = GAP) -> int:
    """Return how much room controls of these widths take, each with a gap to its left."""
    return sum(wide + gap for wide in widths)


def upper(widths: list[int], room: int) -> int:
    """Return how many toggles of these widths stand in the first row, with gaps of 2."""
    count, end = 0, 0
    while count < len(widths) and end + widths[count] <= room:
        end += widths[count] + 2
        count += 1
    return max(count, 1)


def fitted(widths: list[int], room: int) -> list[int]:
    """Return widths that fit into ``room`` with gaps of 2.

    The widest are cut, where that leaves words that can be guessed; else the last ones keep their
    swatch only, as many as must.
    """
    most = max(widths, default=0)
    room += 2  # there is none after the last
    while sum(min(wide, most) + 2 for wide in widths) > room and most > Chip.LEGIBLE:
        most -= 1
    if sum(min(wide, most) + 2 for wide in widths) <= room:
        return [min(wide, most) for wide in widths]
    result = list(widths)
    for i in range(len(result) - 1, -1, -1):
        if sum(wide + 2 for wide in result) <= room:
            break
        result[i] = Chip.LEAST
    return result
