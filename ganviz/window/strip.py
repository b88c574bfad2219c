"""Strip: the tape as a line of steps with its branches, painted, and what lies where on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log10

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QScrollBar, QSizePolicy, QToolTip, QWidget

from ganviz.clock import Part
from ganviz.frame import Mark, Reel, Stretch
from ganviz.views.ink import SMALL, whole, width, write
from ganviz.views.theme import Theme, colour, mixed
from ganviz.window.style import roomy, worn

#: Logical pixels: from the top to the line, and from the lowest line to the bottom; a branch more.
ABOVE, BELOW, ROW = 20, 24, 15
#: So many rows are shown at once, that of the driven lane included.
ROWS = 4
#: Room at the left and at the right of the line; the latter for a letter.
LEFT, RIGHT = 12, 34
#: Marks nearer than this are drawn as one, where the first of them is.
NEAR = 15.0
#: Width of the bar that scrolls the rows.
SCROLL = 10
#: Room of a label of a tick, at least.
TICK_ROOM = 84.0
#: Farther than any tape, in steps.
FAR = 2**30
#: Lines of a tool tip, at most.
LINES = 12


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the strip.

    Attributes
    ----------
    branch, name
        Which branch, and its letter.
    first, last
        Steps between which it is drawn.
    rise
        The row it leaves at ``first``, or None where it begins at step 0 by itself.
    marks
        What was done on it.
    text
        What sets it apart.
    """

    branch: int
    name: str
    first: int
    last: int
    rise: int | None = None
    marks: tuple[Mark, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """Marks, or bookmarks, that lie close together on a row."""

    row: int
    x: float
    steps: tuple[int, ...]
    words: tuple[str, ...]


def lined(reel: Reel) -> tuple[Row, ...]:
    """Return the rows of a reel: the whole path of the driven lane, then the other futures.

    Of these the latest comes first. A branch that the path leaves goes on as a row of its own.
    """
    if not reel.stretches:
        return ()
    driven = reel.lanes[0][0] if reel.lanes else 0
    path = reel.path(driven)
    left = {stem.number: after for stem, after in pairwise(path)}
    seen = {b for b, _ in reel.lanes} | {flag.branch for flag in reel.bookmarks}
    seen |= {stretch.parent for stretch in reel.stretches if stretch.parent is not None}
    others: list[tuple[int, int, tuple[Mark, ...]]] = []
    for stretch in reversed(reel.stretches):
        after = left.get(stretch.number)
        if after is not None:
            rest = stretch.marks[max(after.shared - stretch.shared, 0) :]
            if stretch.last > after.first or rest:
                others.append((stretch.number, after.first, rest))
        elif stretch.number != driven and (stretch.number in seen or _holds(stretch)):
            others.append((stretch.number, stretch.first, stretch.marks))
    where = {number: row for row, (number, _, _) in enumerate(others, 1)}
    last = reel.stretches[driven]
    rows = [Row(driven, last.name, 0, last.last, None, reel.journal(driven), last.text)]
    for number, first, marks in others:
        stretch = reel.stretches[number]
        rise: int | None = 0
        parent = stretch.parent
        if number not in left and parent is not None:
            after = left.get(parent)
            on_path = parent == driven or (
                after is not None and (stretch.first, stretch.shared) <= (after.first, after.shared)
            )
            rise = 0 if on_path else where.get(parent, 0)
        elif number not in left:
            rise = None
        rows.append(Row(number, stretch.name, first, stretch.last, rise, marks, stretch.text))
    return tuple(rows)


def _holds(stretch: Stretch) -> bool:
    """Return whether anything has happened on a branch: what was left at once is not shown."""
    return stretch.last > stretch.first or bool(stretch.marks)


def gestures(marks: Iterable[Mark]) -> list[tuple[int, str]]:
    """Return (step, words) of what was done, each drag of a slider as one, from start to end."""
    found: list[list[Mark]] = []
    for mark in marks:
        if mark.joined and found:
            found[-1].append(mark)
        else:
            found.append([mark])
    told = []
    for gesture in found:
        words = gesture[-1].text
        begun, ended = gesture[0].before, gesture[-1].values
        if len(gesture) > 1 and len(begun) == len(ended) == 1 and " → " in words:
            words = gesture[0].text.partition(" → ")[0] + " → " + words.partition(" → ")[2]
        told.append((gesture[0].step, words))
    return told


def merged(row: int, found: Sequence[tuple[int, str]], place: Sequence[float]) -> list[Spot]:
    """Return what was found at steps, in order; what lies near to its neighbour goes with it."""
    spots: list[list[int]] = []
    for index, x in enumerate(place):
        if spots and x - place[spots[-1][0]] < NEAR:
            spots[-1].append(index)
        else:
            spots.append([index])
    return [
        Spot(
            row,
            place[group[0]],
            tuple(found[i][0] for i in group),
            tuple(found[i][1] for i in group),
        )
        for group in spots
    ]


def ticks(end: int, room: float) -> list[int]:
    """Return round numbers of steps from 0 to ``end``, with enough room for a label each."""
    most = max(1, int(room / TICK_ROOM))
    least = max(1.0, end / most)
    power = 10 ** int(log10(least))
    step = next(power * m for m in (1, 2, 5, 10, 20) if power * m >= least)
    return list(range(0, end + 1, ceil(step)))


class Strip(QWidget):
    """Paints a reel; tells what hand and keys want of it.

    Signals
    -------
    wanted (branch, step)
        Somebody wants to be there.
    moved (steps)
        So many steps from here, along the path of the driven lane.
    menu_wanted (branch, step, global position)
        A menu for that place.
    """

    wanted = Signal(int, int)
    moved = Signal(int)
    ended = Signal()
    menu_wanted = Signal(int, int, QPoint)

    def __init__(self) -> None:
        super().__init__()
        self.reel = Reel()
        self.rows: tuple[Row, ...] = ()
        #: The step at the right end.
        self.end = 1
        self.marks: list[Spot] = []
        self.flags: list[Spot] = []
        #: Where the playhead is drawn while the hand holds it: ahead of the lane.
        self.held: tuple[int, int] | None = None
        self._dragged: int | None = None  # the branch on which the mouse went down
        self._laid: tuple[object, ...] = ()
        self._told: dict[int, tuple[tuple[Mark, ...], list[tuple[int, str]]]] = {}
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(160)
        self.setAccessibleName("Timeline")
        self.setToolTip("Timeline")
        self.bar = QScrollBar(Qt.Orientation.Vertical, self)
        self.bar.setAccessibleName("Branches")
        self.bar.hide()
        self.bar.valueChanged.connect(self._scrolled)

    # ---- what it shows --------------------------------------------------------------------------

    def show_reel(self, reel: Reel) -> None:
        """Show another reel."""
        if reel == self.reel:
            return
        before = len(self.rows)
        self.reel = reel
        self.rows = lined(reel)
        self.end = self._found_end()
        if len(self.rows) != before:
            self.fit()
        self._lay()
        self.update()

    def hold(self, place: tuple[int, int] | None) -> None:
        """Draw the playhead where the hand has it, or where the lane is."""
        if place != self.held:
            self.held = place
            self.update()

    def _found_end(self) -> int:
        """Return the step at the right end: of the runs that lanes are in, and of what left these.

        A run that began by itself, such as the lesson before, does not make this one short: it is
        cut there, and comes back whole with its playhead.
        """
        lanes = {self._row_at(branch, step) for branch, step in self.reel.lanes} | {0}
        theirs = {self._root(row) for row in lanes}
        rows = enumerate(self.rows)
        return max((each.last for row, each in rows if self._root(row) in theirs), default=0) or 1

    def _root(self, row: int) -> int:
        """Return the row on which the run that a row belongs to began."""
        while row < len(self.rows) and (rise := self.rows[row].rise) is not None:
            row = rise
        return row

    @property
    def here(self) -> tuple[int, int]:
        """(branch, step) where the playhead is."""
        if self.held is not None:
            return self.held
        return self.reel.lanes[0] if self.reel.lanes else (0, 0)

    def fit(self) -> None:
        """Take the height that the rows need in the type being worn."""
        shown = min(max(len(self.rows), 1), ROWS)
        height = round((ABOVE + BELOW + (shown - 1) * ROW) * roomy())
        if self.height() != height or self.minimumHeight() != height:
            self.setFixedHeight(height)
        over = len(self.rows) - ROWS
        self.bar.setRange(0, max(over, 0))
        self.bar.setPageStep(ROWS - 1)
        self.bar.setVisible(over > 0)
        self._place_bar()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return a modest width; called by Qt."""
        return QSize(400, self.minimumHeight())

    def x_of(self, step: float) -> float:
        """Return where a step is, in logical pixels; one beyond the end is there."""
        return LEFT + self._room() * min(step / self.end, 1.0)

    def y_of(self, row: int) -> float | None:
        """Return where a row is, in logical pixels; None if it is scrolled away."""
        if row == 0:
            return ABOVE
        shown = row - self.bar.value()
        return ABOVE + ROW * shown if 1 <= shown < ROWS else None

    def point(self, branch: int, step: int) -> QPoint:
        """Return the pixel of a place."""
        row = self._row_at(branch, step)
        y = self.y_of(row)
        scale = roomy()
        return QPoint(round(self.x_of(step) * scale), round((ABOVE if y is None else y) * scale))

    def _row_at(self, branch: int, step: int) -> int:
        """Return the row on which a place is drawn."""
        driven = self.rows[0].branch if self.rows else 0
        if branch == driven:
            return 0
        path = self.reel.path(driven) if self.reel.stretches else ()
        for stem, after in pairwise(path):
            if stem.number == branch and step <= after.first:
                return 0
        for index, row in enumerate(self.rows):
            if index and row.branch == branch:
                if step < row.first and row.rise is not None:
                    return self._row_at(self.rows[row.rise].branch, step)
                return index
        return 0

    def _room(self) -> float:
        right = RIGHT + (SCROLL if len(self.rows) > ROWS else 0)
        return max(self.width() / roomy() - LEFT - right, 1.0)

    def _lay(self) -> None:
        """Find where marks and bookmarks are drawn."""
        key = (self.rows, self.reel.bookmarks, self._room(), self.end)
        if key == self._laid:
            return
        self._laid = key
        self.marks, self.flags = [], []
        for index, row in enumerate(self.rows):
            found = [mark for mark in self._gestures(row) if mark[0] <= self.end]
            self.marks += merged(index, found, [self.x_of(step) for step, _ in found])
        by_row: dict[int, list[tuple[int, str]]] = {}
        for flag in self.reel.bookmarks:
            index = self._row_at(flag.branch, flag.step)
            if flag.step <= self.end:
                by_row.setdefault(index, []).append((flag.step, flag.note or "Bookmark"))
        for index, found in by_row.items():
            found.sort()
            self.flags += merged(index, found, [self.x_of(step) for step, _ in found])

    def _gestures(self, row: Row) -> list[tuple[int, str]]:
        """Return what was done on a row, remembered while it is the same."""
        known = self._told.get(row.branch)
        if known is None or known[0] != row.marks:
            known = self._told[row.branch] = row.marks, gestures(row.marks)
        return known[1]

    def stops(self) -> list[int]:
        """Return the steps of the driven path at which something is: marks, bookmarks, its end."""
        if not self.rows:
            return []
        steps = {mark.step for mark in self.rows[0].marks} | {0, self.rows[0].last}
        steps |= {
            flag.step for flag in self.reel.bookmarks if self._row_at(flag.branch, flag.step) == 0
        }
        return sorted(steps)

    # ---- what lies where ------------------------------------------------------------------------

    def spot_at(self, at: QPointF) -> tuple[Spot | None, bool]:
        """Return the marks or bookmarks under a point, and whether they are bookmarks."""
        x, y = at.x() / roomy(), at.y() / roomy()
        for flag in self.flags:
            line = self.y_of(flag.row)
            if line is not None and -4 <= x - flag.x <= 10 and line - 19 <= y < line - 6:
                return flag, True
        for mark in self.marks:
            line = self.y_of(mark.row)
            if line is not None and abs(x - mark.x) <= 7 and abs(y - line) <= 7:
                return mark, False
        return None, False

    def place_at(self, at: QPointF, row: int | None = None) -> tuple[int, int, int]:
        """Return (row, branch, step) of a point; on ``row`` if the mouse went down on that one."""
        x, y = at.x() / roomy(), at.y() / roomy()
        if row is None:
            row = 0
            for index, each in enumerate(self.rows):
                line = self.y_of(index)
                near = line is not None and abs(y - line) <= ROW / 2
                if index and near and self.x_of(each.first) - 6 <= x <= self.x_of(each.last) + 22:
                    row = index
        if not self.rows:
            return 0, 0, 0
        each = self.rows[row]
        per = self.end / self._room()
        step = (x - LEFT) * per
        if each.last > self.end and x > self.x_of(self.end) + 3:
            step = each.last  # a row that is cut goes on behind its letter
        step = min(max(round(step), each.first if row else 0), each.last)
        # A pixel may cover many steps: of these take one that is kept, which is there at once.
        stride = max(self.reel.stride, 1)
        kept = round(step / stride) * stride
        if step != each.last and abs(kept - step) <= per / 2 and each.first <= kept <= each.last:
            step = kept
        return row, each.branch, step

    # ---- hand and keys --------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the playhead, or go to what was clicked; called by Qt."""
        if event.button() != Qt.MouseButton.LeftButton or not self.rows:
            return
        spot, _ = self.spot_at(event.position())
        if spot is not None:
            self._want(self.rows[spot.row].branch, spot.steps[0])
            return
        _, self._dragged, step = self.place_at(event.position())
        self._want(self._dragged, step)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub; called by Qt."""
        if self._dragged is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        held = self._dragged
        row = next((i for i, each in enumerate(self.rows) if each.branch == held), 0)
        _, branch, step = self.place_at(event.position(), row)
        if self.held != (branch, step):
            self._want(branch, step)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go; called by Qt."""
        self._dragged = None

    @property
    def dragging(self) -> bool:
        """Whether the hand holds the playhead."""
        return self._dragged is not None

    def _want(self, branch: int, step: int) -> None:
        self.hold((branch, step))
        self.wanted.emit(branch, step)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for a menu; called by Qt."""
        if not self.rows:
            return
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            branch, step = self.here
            self.menu_wanted.emit(branch, step, self.mapToGlobal(self.point(branch, step)))
            return
        at = QPointF(event.pos())
        spot, _ = self.spot_at(at)
        _, branch, step = self.place_at(at)
        if spot is not None:
            branch, step = self.rows[spot.row].branch, spot.steps[0]
        self.menu_wanted.emit(branch, step, event.globalPos())

    def event(self, event: QEvent) -> bool:
        """Keep the keys of the timeline while it has the focus, and tell tips; called by Qt."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if self._move(event) is not None:
                event.accept()
                return True
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def _move(self, event: QKeyEvent) -> int | None:
        """Return how many steps a key moves, or None; the ends are farther than any tape."""
        far = FAR
        shifted = event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier and not shifted:
            return None
        key, tens = event.key(), 10 if shifted else 1
        return {
            Qt.Key.Key_Left: -tens,
            Qt.Key.Key_Right: tens,
            Qt.Key.Key_Home: -far,
            Qt.Key.Key_End: far,
        }.get(Qt.Key(key))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the playhead; called by Qt."""
        steps = self._move(event)
        if steps is None:
            super().keyPressEvent(event)
        else:
            self.moved.emit(steps)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the branches, in a strip that has the focus only; called by Qt."""
        if self.hasFocus() and self.bar.maximum():
            self.bar.setValue(self.bar.value() - (1 if event.angleDelta().y() > 0 else -1))
            event.accept()
        else:
            event.ignore()

    def tip(self, at: QPointF) -> str:
        """Return what a point of the strip means, in words."""
        if not self.rows:
            return ""
        spot, _ = self.spot_at(at)
        if spot is not None:
            lines = [
                f"step {whole(step)}: {words}"
                for step, words in zip(spot.steps, spot.words, strict=True)
            ]
            if len(lines) > LINES:
                lines = [*lines[:LINES], f"and {len(lines) - LINES} more"]
            return "\n".join(lines)
        row, _, step = self.place_at(at)
        each = self.rows[row]
        words = f"step {whole(step)} of {each.name}"
        return f"{words}: {each.text}" if each.text and row else words

    # ---- painting -------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find the places anew; called by Qt."""
        super().resizeEvent(event)
        self._place_bar()
        self._lay()

    def _place_bar(self) -> None:
        top = round((ABOVE + ROW / 2) * roomy())
        high = round((ROWS - 1) * ROW * roomy())
        self.bar.setGeometry(self.width() - SCROLL, top, SCROLL, high)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus; called by Qt."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show it no longer; called by Qt."""
        super().focusOutEvent(event)
        self.update()

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        self.update()

    @Part("timeline")
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the tape; called by Qt."""
        p, t = QPainter(self), worn()
        p.fillRect(self.rect(), colour(t.base))
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        p.scale(roomy(), roomy())
        tall = self.height() / roomy()
        if not self.rows:
            p.setPen(_round(t.border, 3))
            p.drawLine(QPointF(LEFT, ABOVE), QPointF(LEFT + self._room(), ABOVE))
            p.end()
            return
        self._paint_ticks(p, t, tall)
        for index in range(len(self.rows) - 1, 0, -1):
            self._paint_branch(p, t, index)
        self._paint_path(p, t)
        for mark in self.marks:
            self._paint_mark(p, t, mark)
        for flag in self.flags:
            self._paint_flag(p, t, flag)
        self._paint_heads(p, t)
        p.end()

    def _paint_ticks(self, p: QPainter, t: Theme, tall: float) -> None:
        base = tall - 5
        room = self._room()
        steps = ticks(self.end, room)
        for step in steps:
            x = round(self.x_of(step)) + 0.5
            p.setPen(QPen(colour(t.border), 1))
            p.drawLine(QPointF(x, ABOVE + 7), QPointF(x, base - SMALL))
            words = whole(step)
            half = width(words, SMALL) / 2
            centre = min(max(x, half + 2), self.width() / roomy() - half - 2)
            write(p, (centre, base), words, t.muted, size=SMALL, align=0.5)

    def _paint_branch(self, p: QPainter, t: Theme, index: int) -> None:
        row, y = self.rows[index], self.y_of(index)
        ink = mixed(t.axis, t.base, 0.25)
        if y is None:
            return
        x, end = self.x_of(row.first), self.x_of(row.last)
        path = QPainterPath(QPointF(x, y))
        if row.rise is not None:
            start = self.y_of(row.rise)
            if start is None:  # scrolled away
                start = ABOVE + 3.0 if row.rise < index else ABOVE + (ROWS - 0.6) * ROW
            path = QPainterPath(QPointF(x, start))
            turn = min(5.0, max(end - x, 0.0), abs(y - start))
            path.lineTo(x, y - turn if y > start else y + turn)
            path.quadTo(x, y, x + turn, y)
        path.lineTo(end, y)
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.setPen(_round(ink, 2))
        p.drawPath(path)
        name = f"{row.name} …" if row.last > self.end else row.name
        self._paint_letter(p, t, name, end, y, t.muted)

    def _paint_path(self, p: QPainter, t: Theme) -> None:
        row = self.rows[0]
        branch, step = self.here
        here = step if self._row_at(branch, step) == 0 else row.last
        left, at, end = self.x_of(0), self.x_of(min(here, row.last)), self.x_of(row.last)
        for start, stop, ink in ((left, end, t.border), (left, at, t.accent)):
            p.setPen(_round(ink, 4))
            p.drawLine(QPointF(start, ABOVE), QPointF(stop, ABOVE))
        self._paint_letter(p, t, row.name, end, ABOVE, t.text, bold=True)

    def _paint_letter(
        self, p: QPainter, t: Theme, name: str, x: float, y: float, ink: str, bold: bool = False
    ) -> None:
        at = x + 10
        p.fillRect(QRectF(at - 2, y - 6, width(name, SMALL, bold) + 4, 12), colour(t.base))
        write(p, (at, y + SMALL * 0.36), name, ink, size=SMALL, bold=bold)

    def _paint_mark(self, p: QPainter, t: Theme, mark: Spot) -> None:
        y = self.y_of(mark.row)
        if y is None:
            return
        p.setPen(QPen(colour(t.text if mark.row == 0 else t.muted), 1.2))
        p.setBrush(colour(t.base))
        if len(mark.steps) == 1:
            r = 5.0 if mark.row == 0 else 4.0
            diamond = [QPointF(mark.x + dx * r, y + dy * r) for dx, dy in _DIAMOND]
            p.drawPolygon(QPolygonF(diamond))
            return
        if mark.row:
            p.drawRoundedRect(QRectF(mark.x - 6, y - 4, 12, 8), 4, 4)
            return
        words = str(len(mark.steps)) if len(mark.steps) < 100 else "99+"
        half = max(width(words, SMALL) / 2 + 4, 7.0)
        p.drawRoundedRect(QRectF(mark.x - half, y - 7, 2 * half, 14), 7, 7)
        write(p, (mark.x, y + SMALL * 0.36), words, t.text, size=SMALL, align=0.5)

    def _paint_flag(self, p: QPainter, t: Theme, flag: Spot) -> None:
        y = self.y_of(flag.row)
        if y is None:
            return
        top = y - 18 if flag.row == 0 else y - 11
        p.setPen(QPen(colour(t.text), 1.2))
        p.drawLine(QPointF(flag.x, y - 3), QPointF(flag.x, top))
        p.setBrush(colour(t.text))
        p.setPen(Qt.PenStyle.NoPen)
        p.drawPolygon(
            QPolygonF(
                [
                    QPointF(flag.x, top),
                    QPointF(flag.x + 9, top + 3.5),
                    QPointF(flag.x, top + 7),
                ]
            )
        )

    def _paint_heads(self, p: QPainter, t: Theme) -> None:
        for branch, step in self.reel.lanes[1:]:
            y = self.y_of(self._row_at(branch, step))
            if y is not None:
                p.setPen(QPen(colour(t.text), 1.5))
                p.setBrush(colour(t.base))
                p.drawEllipse(QPointF(self.x_of(step), y), 4, 4)
        branch, step = self.here
        y = self.y_of(self._row_at(branch, step))
        at = QPointF(self.x_of(step), ABOVE if y is None else y)
        if self.hasFocus():
            p.setPen(QPen(colour(t.real), 2))
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.drawEllipse(at, 9, 9)
        p.setPen(QPen(colour(t.base), 1.5))
        p.setBrush(colour(t.text))
        p.drawEllipse(at, 6, 6)


def _round(ink: str, wide: float) -> QPen:
    """Return a pen with round ends."""
    return QPen(colour(ink), wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)


_DIAMOND = ((0, -1), (1, 0), (0, 1), (-1, 0))
