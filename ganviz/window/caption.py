"""The caption of a lesson: what its script says at the step that is shown, above the pictures."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from ganviz.lesson import Change, Paragraph, speeches
from ganviz.lesson.markup import paragraphs
from ganviz.views.theme import Theme, theme
from ganviz.window.keys import Manners
from ganviz.window.prose import Prose, ready

#: Size of the type and the room around it, pixels.
SIZE, PAD = 17, 8
#: How long formulas are waited for between two looks, milliseconds.
LOOK_MS = 30
#: What is said where the script waits.
GO_ON = "Space goes on"


class Caption(QWidget):
    """One caption at a time, in a strip with room for the tallest: no picture moves for it."""

    def __init__(self, manners: Manners) -> None:
        super().__init__()
        self.setObjectName("caption")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._manners = manners
        self._script: tuple[Change, ...] = ()
        self._texts: list[Prose] = []
        self._step, self._playing = 0, True
        self.theme = theme("light")
        self.go_on = QLabel(GO_ON, self)
        self.go_on.setObjectName("goon")
        self.go_on.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._look = QTimer(self)
        self._look.setInterval(LOOK_MS)
        self._look.timeout.connect(self._settle)
        self.hide()

    @property
    def words(self) -> str:
        """The caption that is shown, without its marks."""
        return next((each.words for each in self._texts if not each.isHidden()), "")

    def follow(self, script: Sequence[Change], step: int = 0) -> None:
        """Show what this script says, from this step on; nothing of it hides the strip."""
        for each in self._texts:
            each.hide()
            each.deleteLater()
        self._script = speeches(each for each in script if each.caption or each.pause)
        told: list[tuple[Paragraph, ...]] = [paragraphs(each.caption) for each in self._script]
        self._texts = [Prose(each, self._manners, bold=True) for each in told]
        for each in self._texts:
            each.setParent(self)
            each.hide()
        self._step = step
        self.setVisible(any(each.caption for each in script))
        self._look.start()
        self._settle()

    def show_step(self, step: int, playing: bool) -> None:
        """Show what is said at this step, and whether the script waits there."""
        if (step, playing) != (self._step, self._playing):
            self._step, self._playing = step, playing
            self._choose()

    def set_theme(self, wanted: Theme) -> None:
        """Show it in the colours and the type of a theme."""
        self.theme = wanted
        self._fit()

    @Slot()
    def _settle(self) -> None:
        if ready(tex for each in self._texts for tex in each.formulas):
            self._look.stop()
            self._fit()

    def _fit(self) -> None:
        if self._look.isActive():
            return
        size = round(SIZE * self.theme.scale)
        self.go_on.adjustSize()
        beside = self.go_on.sizeHint().width() + PAD
        wide = max(self.width() - 4 * PAD - beside, 60)
        tallest = max((each.fit(wide, size, self.theme) for each in self._texts), default=0)
        self.setFixedHeight(tallest + 2 * PAD)
        for each in self._texts:
            each.move(2 * PAD, PAD + (tallest - each.height()) // 2)
        self.go_on.move(self.width() - beside - PAD, (self.height() - self.go_on.height()) // 2)
        self._choose()

    def _choose(self) -> None:
        now = bisect_right([each.at for each in self._script], self._step) - 1
        halts = [i for i, each in enumerate(self._script) if each.pause and each.at == self._step]
        if halts and not self._playing:
            now = halts[0]  # what the script says behind its halt, it says when it goes on
        spoken = next((i for i in range(now, -1, -1) if self._script[i].caption), -1)
        for number, each in enumerate(self._texts):
            each.setVisible(number == spoken and not self._look.isActive())
        self.go_on.setVisible(bool(halts) and not self._playing)
        self.setAccessibleName(self.words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Set the captions anew; called by Qt."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()
