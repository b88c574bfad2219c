"""Lanes: a stage for each lane beside the others, or one stage with all lanes over one another."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from math import ceil

from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ganviz.frame import Diagnosis, Frame, Look

from .badge import broad, paint_badge, paint_mark
from .chrome import CONTROL, Button, Segments
from .ink import BODY, elided, whole, width, write
from .plot import View
from .stage import GAP, Stage
from .story import Story
from .story import paint_mark as paint_sign
from .theme import LANE_ROOM, ROOM, Theme, colour, fitting, palette, sized, theme
from .together import alike, by_letter, rows

#: Height of the row above a lane, or above all of them, and where its words begin in it.
ROW, TOP = 30, 6
#: Height of lanes beside each other from which on the formula of the driven one stands beneath.
TOLD = 720
#: Length of the line that stands for a lane's lines.
LINE = 20
#: What is said of a lane whose run has stopped by itself, where no banner says why.
STOPPED = "stopped"


def turn_of(frame: int, lanes: int) -> int:
    """Return which of the lanes that are not driven, 1 on, has its turn with a frame.

    It leaps now and then: else a lane would always come with the same one of the smaller views.
    """
    return 1 + (frame + 3 * (frame // 8)) % (lanes - 1)


class Lanes(QWidget):
    """The lanes of a run: a pure function of (frames, look), of its size and its splits.

    One lane is a :class:`Stage` and nothing else. Of several the first frame is that of the lane
    that is driven. ``beside``: each lane has a stage of its own, in the order of their letters, all
    on the same axes. ``over``: one stage, the driven lane in full and the others as thin lines.

    Signals
    -------
    lane_wanted (the letter of the lane that shall be driven)

    and those of :class:`Stage`, of whichever lane.

    Attributes
    ----------
    stage
        The stage of the lane that is driven.
    """

    LEAST = Stage.LEAST

    layer_toggled = Signal(str, bool)
    maximise_wanted = Signal(str)
    look_wanted = Signal(object)
    settings_wanted = Signal(object)
    menu_wanted = Signal(str, QPoint)
    lane_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, patient: bool = False) -> None:
        super().__init__(parent)
        self.setAccessibleName("Stage")
        self.theme = theme("light")
        self._patient = patient
        self._look = Look()
        self._turn = 0
        self._ground: tuple[bool, bool, str] = (False, False, "")  # what its own paint shows
        self._frames: tuple[Frame, ...] = ()
        self._alike: tuple[Frame, ...] = ()
        self._stages: list[Stage] = []
        self._heads: list[Head] = []
        self._story: Story | None = None
        self._switch: Segments | None = None
        self.stage = self._build()
        self.setMinimumSize(*self.LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # -- what a stage has -------------------------------------------------------------------------

    @property
    def distribution(self) -> View:
        """The largest view of the lane that is driven."""
        return self.stage.distribution

    def view(self, name: str) -> View:
        """Return a view of the lane that is driven, built if it was not yet.

        Raises
        ------
        KeyError
            If there is no such view.
        """
        return self.stage.view(name)

    def views(self) -> tuple[View, ...]:
        """Return the views of the driven lane that have been built, the largest first."""
        return self.stage.views()

    def settle(self) -> None:
        """Show formulas typeset as soon as they can be; only patient lanes ever wait for them."""
        for stage in self._stages:
            stage.settle()
        if self._story is not None and self._story.settle():
            self._arrange()

    def crowded(self, look: Look | None = None) -> bool:
        """Return whether, with the model shown, there is no room for two views on the right."""
        return self.stage.crowded(look)

    def save_sizes(self) -> bytes:
        """Return how the stages are split, for :meth:`restore_sizes` of any size."""
        return self.stage.save_sizes()

    def restore_sizes(self, sizes: bytes) -> None:
        """Split all stages as another was; unreadable bytes are ignored."""
        for stage in self._stages:
            stage.restore_sizes(sizes)

    def sizeHint(self) -> QSize:
        """Return the size it looks best at."""
        return self.stage.sizeHint()

    # -- frames -----------------------------------------------------------------------------------

    def show_frame(
        self, frames: tuple[Frame, ...], look: Look, resting: Collection[str] = ()
    ) -> None:
        """Show frames, one per lane, through a look; ``resting`` views keep what they show.

        While some rest there is little time: then the lanes that are not driven take turns.
        """
        if len(frames) != len(self._frames) or any(
            one is not other for one, other in zip(frames, self._frames, strict=True)
        ):
            self._alike = alike(frames) if len(frames) > 1 else frames
        self._look, self._frames = look, frames
        self._dress()
        if not self._beside:
            self.stage.show_frame(self._alike, look, resting)
            return
        self._turn += 1
        turn = turn_of(self._turn, len(frames))
        for number, (stage, frame) in enumerate(zip(self._stages, self._alike, strict=False)):
            if resting and number not in (0, turn):
                continue
            others = (other for other in self._alike if other is not frame)
            stage.show_frame((frame, *others), look, resting)
        if self._story is not None and not self._story.isHidden() and "story" not in resting:
            self._story.show_frame(frames[0])

    def show_message(self, text: str, look: Look | None = None) -> None:
        """Show a sentence in every view, where there is no frame yet."""
        self._look, self._frames, self._alike = look or self._look, (), ()
        self._dress()
        self.stage.show_message(text, look)

    # -- what Qt calls ----------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the parts in their places; called by Qt."""
        self._dress()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is between the lanes; called by Qt."""
        if len(self._frames) < 2:
            return  # the stage has it all
        t = self.theme
        p = QPainter(self)
        p.fillRect(self.rect(), colour(t.window))
        if self._story is not None and not self._story.isHidden():
            p.scale(t.scale, t.scale)
            y = self._story.geometry().center().y() / t.scale
            at = QPointF(GAP + broad(self._frames[0].lane) / 2 + 2, y)
            paint_badge(p, at, self._frames[0].lane, t, driven=True)
        p.end()

    # -- the rest ---------------------------------------------------------------------------------

    @property
    def _beside(self) -> bool:
        return len(self._frames) > 1 and self._look.lanes != "over"

    def _build(self) -> Stage:
        """Add a stage, split as the others are."""
        stage = Stage(self, patient=self._patient)
        if self._stages:
            stage.restore_sizes(self.stage.save_sizes())
        stage.layer_toggled.connect(self.layer_toggled)
        stage.maximise_wanted.connect(self.maximise_wanted)
        stage.look_wanted.connect(self.look_wanted)
        stage.settings_wanted.connect(self.settings_wanted)
        stage.menu_wanted.connect(self.menu_wanted)
        stage.lane_wanted.connect(self.lane_wanted)
        stage.split.connect(self.restore_sizes)
        self._stages.append(stage)
        return stage

    def _dress(self) -> None:
        """Have as many stages and rows of words as there are lanes, each in its place."""
        frames, count = self._frames, len(self._frames)
        beside = self._beside
        while len(self._stages) < (count if beside else 1):
            self._build()
        for number, stage in enumerate(self._stages):
            asks = frames[number].lane if beside and 0 < number < count else ""
            stage.stand(beside, asks)
        if count > 1:
            self._wear()
            self._head(count)
        ground = (count > 1, beside, frames[0].lane if frames else "")
        if ground != self._ground:
            self._ground = ground
            self.update()
        for head in self._heads:
            if head.isHidden() == (head.number < count > 1):
                head.setVisible(head.number < count > 1)
        if self._switch is not None and self._switch.isHidden() == (count > 1):
            self._switch.setVisible(count > 1)
        self._arrange()
        for number, stage in enumerate(self._stages):
            seen = number == 0 or (beside and number < count)
            if stage.isHidden() == seen:
                stage.setVisible(seen)

    def _wear(self) -> None:
        """Take the colours of the look, and the size of type that lanes of this size have."""
        name = self._look.theme
        if self._beside:
            parts = rows(len(self._frames), self.width())
            wide, tall = self.width() / max(parts), self.height() / len(parts)
            scale = fitting(name, wide, tall - ROW, LANE_ROOM)
        else:
            scale = fitting(name, self.width(), self.height(), ROOM)
        wanted = sized(name, scale)
        if wanted is not self.theme or self.palette().window().color() != colour(wanted.window):
            self.theme = wanted
            self.setPalette(palette(wanted))
            self.update()

    def _head(self, count: int) -> None:
        """Bring the words above the lanes up to date."""
        if self._switch is None:
            self._switch = Segments(
                "How lanes are shown",
                (
                    ("beside", "beside", "Each lane in pictures of its own, all on the same axes"),
                    (
                        "over",
                        "over",
                        "All lanes in one picture: the driven one in full, the others in thin "
                        "lines with their letters",
                    ),
                ),
                self,
            )
            self._switch.wanted.connect(self._mode_wanted)
        self._switch.set_theme(self.theme)
        self._switch.show_value("beside" if self._beside else "over")
        while len(self._heads) < count:
            head = Head(len(self._heads), self)
            head.wanted.connect(self.lane_wanted)
            self._heads.append(head)
        steps = {frame.step for frame in self._frames}
        for head, number in zip(self._heads, by_letter(self._frames), strict=False):
            head.set_theme(self.theme)
            told = self._beside or len(steps) > 1 or number == 0
            head.show_lane(self._frames[number], number == 0, self._beside, told)

    def _mode_wanted(self, mode: str) -> None:
        self.look_wanted.emit({"lanes": mode})

    def _cells(self, scale: float) -> tuple[QRect, ...]:
        """Return the place of each lane in the order of their letters, its words included."""
        tall, top = self.height() - self._beneath(), 0
        parts = rows(len(self._frames), self.width() / scale)
        found = []
        for row, many in enumerate(parts):
            end = round(tall * (row + 1) / len(parts))
            edges = [round(self.width() * i / many) for i in range(many + 1)]
            found += [QRect(a, top, b - a, end - top) for a, b in pairwise(edges)]
            top = end
        return tuple(found)

    def _beneath(self) -> int:
        """Return the height of the strip beneath lanes that stand beside each other."""
        if self._story is None or self._story.isHidden():
            return 0
        return self._story.height() + GAP

    def _tell(self) -> None:
        """Show the formula of the driven lane beneath all of them, where there is room."""
        scale = self.theme.scale
        told = self._beside and self.height() >= TOLD * scale
        told = told and "story" not in self._look.hidden and not self._look.maximised
        if told and self._story is None:
            self._story = Story(self, patient=self._patient)
        story = self._story
        if story is None:
            return
        if story.isHidden() == told:
            story.setVisible(told)
            self.update()
        if told:
            story.set_theme(self.theme)
            story.show_frame(self._frames[0])
            left = GAP + round((broad(self._frames[0].lane) + 10) * scale)
            wide = max(self.width() - left - GAP, 0)
            tall = story.wanted(wide, self.height())
            place = QRect(left, self.height() - GAP - tall, wide, tall)
            if place != story.geometry():
                story.setGeometry(place)
                self.update()

    def _arrange(self) -> None:
        if len(self._frames) < 2:
            if self._story is not None:
                self._story.hide()
            self.stage.setGeometry(self.rect())
            return
        self._tell()
        t = self.theme
        assert self._switch is not None
        hint = self._switch.sizeHint()
        right = self.width() - GAP - hint.width()
        top = round(TOP * t.scale)
        self._switch.setGeometry(right, top, hint.width(), hint.height())
        row, tall = round(ROW * t.scale), round(CONTROL * t.scale)
        count = len(self._frames)
        if not self._beside:
            self.stage.setGeometry(0, row, self.width(), max(self.height() - row, 0))
            self._line_up(right - GAP, top, tall)
            return
        cells = self._cells(t.scale)
        for cell, head, number in zip(cells, self._heads, by_letter(self._frames), strict=False):
            end = cell.right() + 1 - GAP
            if cell.top() == 0 and end > right:
                end = right - GAP
            left = cell.left() + GAP
            head.setGeometry(left, cell.top() + top, max(end - left, 0), tall)
            self._stages[number].setGeometry(cell.adjusted(0, row, 0, 0))
        assert len(cells) == count

    def _line_up(self, end: int, top: int, tall: int) -> None:
        """Put the words of all lanes into one row, those with more to say in more of it."""
        heads = self._heads[: len(self._frames)]
        natural = [head.sizeHint().width() + GAP for head in heads]
        room = end - GAP
        most = max(natural)
        while sum(min(wide, most) for wide in natural) > room and most > 40:
            most -= 1
        x = GAP
        for head, wide in zip(heads, natural, strict=True):
            head.setGeometry(x, top, max(min(wide, most) - GAP, 0), tall)
            x += min(wide, most)


class Head(Button):
    """The words of one lane: its letter, what sets it apart, its step and what it is doing.

    A click asks to drive the lane.
    """

    wanted = Signal(str)

    def __init__(self, number: int, parent: QWidget) -> None:
        super().__init__("Lane", "", parent)
        self.number = number
        self._frame: Frame | None = None
        self._driven = False
        self._beside = True
        self._told = True
        self.clicked.connect(self._clicked)

    def show_lane(self, frame: Frame, driven: bool, beside: bool, told: bool) -> None:
        """Show whose lane it is, and with ``told`` its step."""
        before = self._frame, self._driven, self._beside, self._told
        self._frame, self._driven, self._beside, self._told = frame, driven, beside, told
        if before == (frame, driven, beside, told):
            return
        what = ", ".join(filter(None, [f"Lane {frame.lane}", frame.apart]))
        if driven:
            name, tip = f"{what}: driven", "Controls and transport act upon this lane"
        else:
            name, tip = (
                f"Drive lane {frame.lane}",
                "Click, and the controls act upon this lane",
            )
        self.setAccessibleName(name)
        parts = [what, frame.trouble, tip] if frame.trouble else [what, tip]
        if frame.diagnosis is not None:
            parts.insert(1, f"{frame.diagnosis.words}. {frame.diagnosis.evidence}")
        self.setToolTip("\n".join(parts))
        self.update()

    def natural(self) -> int:
        """Return the width it looks best at, in its own pixels."""
        if self._frame is None:
            return CONTROL
        wide = 6 + broad(self._frame.lane) + 8 + width(self._frame.apart, BODY, self._driven) + 8
        wide += 0 if self._beside else LINE + 10 + (14 if self._frame.dim == 2 else 0)
        wide += width(self._step()) + (14 if self._frame.apart else 0) if self._told else 0
        wide += width(STOPPED, BODY, True) + 14 if self._frame.trouble and not self._beside else 0
        return ceil(wide)

    def _step(self) -> str:
        return "" if self._frame is None else f"step {whole(self._frame.step)}"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it; called by Qt."""
        frame, t = self._frame, self.theme
        if frame is None:
            return
        p = self.painter()
        self.plate(p, self._driven)
        middle, base = self.tall / 2, self.tall / 2 + BODY * 0.36
        badge = broad(frame.lane)
        paint_badge(p, QPointF(6 + badge / 2, middle), frame.lane, t, driven=self._driven)
        x, end = 6.0 + badge + 8, self.wide - 8
        if not self._beside:
            x = self._paint_key(p, x, middle, frame, t)
        if self._driven:
            p.setPen(QPen(colour(t.accent), 2))
            p.drawLine(QPointF(7, self.tall - 1.5), QPointF(self.wide - 7, self.tall - 1.5))
        ink = t.text if self._driven else t.words(t.muted)
        step = self._step() if self._told else ""
        verdict = frame.diagnosis if self._beside else None
        words = ""
        if verdict is not None:
            step, words = self._fitting(verdict, step, end - x)
            write(p, (end, base), words, ink, align=1)
            end -= width(words) + 5 if words else 0
            paint_sign(p, QPointF(end - 6, middle), verdict, t)
            end -= 18
        apart = elided(frame.apart, end - x, BODY, self._driven)
        write(p, (x, base), apart, ink, bold=self._driven)
        x += width(apart, BODY, self._driven) + (14 if apart else 0)
        if step and x + width(step) <= end:
            write(p, (x, base), step, t.muted)
            x += width(step) + 14
        if frame.trouble and not self._beside:
            words = STOPPED if x + width(STOPPED, BODY, True) <= end else "!"
            write(p, (end, base), words, t.warning_text, bold=True, align=1)
        p.end()

    def _fitting(self, verdict: Diagnosis, step: str, room: float) -> tuple[str, str]:
        """Return the step and the words of a diagnosis that fit beside what sets the lane apart.

        The step goes first, as the transport tells it as well; then the words; the sign stays.
        """
        apart = self._frame.apart if self._frame is not None else ""
        room -= width(apart, BODY, self._driven) + 14 + 16
        for told, words in ((step, verdict.words), (step, verdict.name), ("", verdict.name)):
            if width(words) + (width(told) + 14 if told else 0) <= room:
                return told, words
        return "", ""

    def _paint_key(self, p: QPainter, x: float, middle: float, frame: Frame, t: Theme) -> float:
        """Paint what the lane's lines and dots look like; return where that ends."""
        p.setPen(QPen(colour(t.text), 2.5 if self._driven else 1.0))
        p.drawLine(QPointF(x, middle), QPointF(x + LINE, middle))
        x += LINE + 4
        if frame.dim == 2:
            paint_mark(p, QPointF(x + 6, middle), None if self._driven else self.number, t)
            x += 14
        return x + 6

    def _clicked(self) -> None:
        if self._frame is not None and not self._driven:
            self.wanted.emit(self._frame.lane)
