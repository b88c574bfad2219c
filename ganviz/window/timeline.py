"""Timeline: the tape under the stage, to go along, to branch from and to mark."""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ganviz.frame import Reel
from ganviz.views.ink import THIN, whole
from ganviz.window.keys import Manners
from ganviz.window.readout import Readout
from ganviz.window.strip import FAR, Strip
from ganviz.window.style import set_icon

#: Least time between two seeks of one gesture, and after which one that has not arrived gives way
#: to the next, milliseconds.
PAUSE_MS, GIVE_WAY_MS = 25, 120
#: How long the playhead stays where the hand left it, if the lane does not come, seconds.
PATIENCE = 0.6


class Timeline(QWidget):
    """The strip between the buttons of the tape.

    A seek goes out when the one before has arrived, so that at most one is under way; of those that
    come meanwhile the last is kept, and always sent.

    Signals
    -------
    seek_wanted (branch, step)
    step_wanted (steps)
        New ones, behind the end.
    end_wanted, cancel_wanted, branch_wanted, bookmark_wanted, alone_wanted
    menu_wanted (branch, step, global position)
    """

    seek_wanted = Signal(int, int)
    step_wanted = Signal(int)
    end_wanted = Signal()
    cancel_wanted = Signal()
    branch_wanted = Signal()
    bookmark_wanted = Signal()
    alone_wanted = Signal()
    menu_wanted = Signal(int, int, QPoint)

    def __init__(self, manners: Manners) -> None:
        super().__init__()
        self.setObjectName("timeline")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._manners = manners
        self._waiting: tuple[int, int] | None = None
        self._sent: tuple[tuple[int, int], float] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._turn)
        self.strip = Strip()
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(8, 2, 12, 2)
        self._line.setSpacing(2)
        self.start = self._button("skip-back", "To the start", "To the start of the run (Home)")
        self._line.addWidget(self.strip, 1)
        self.to_end = self._button(
            "skip-forward", "To the end", "To the end, where it goes on (End)"
        )
        words = QVBoxLayout()
        words.setContentsMargins(4, 4, 4, 4)
        words.setSpacing(0)
        words.addStretch(1)
        widest = f"888{THIN}888 of 888{THIN}888"
        self.place = Readout("Step on the tape", widest, bold=True)
        self.note = Readout("Branch", "branch A1, on the tape", quiet=True, small=True)
        words.addWidget(self.place, 0, Qt.AlignmentFlag.AlignRight)
        words.addWidget(self.note, 0, Qt.AlignmentFlag.AlignRight)
        words.addStretch(1)
        self._line.addLayout(words)
        self.cancel = self._button("x", "Cancel", "Stay here: stop running again (Esc)")
        kept = self.cancel.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.cancel.setSizePolicy(kept)
        self.cancel.hide()
        self.bookmark = self._button("bookmark", "Bookmark", "Bookmark this step (K)")
        self.branch = self._button("git-branch", "Branch here", "")
        self.branch.setText("Branch here")
        self.branch.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.branch.setToolTip(
            "Another future begins at this step, live (T); the one that is recorded stays"
        )
        self.alone = self._button("x", "Only this run", "")
        self.alone.setText("Only this run")
        self.alone.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.alone.setToolTip("The run that the controls drive goes on alone (Shift+A)")
        self.alone.hide()
        self.alone.clicked.connect(self.alone_wanted)
        self.start.clicked.connect(self.to_start)
        self.to_end.clicked.connect(self.end_wanted)
        self.cancel.clicked.connect(self.cancel_wanted)
        self.branch.clicked.connect(self.branch_wanted)
        self.bookmark.clicked.connect(self.bookmark_wanted)
        self.strip.wanted.connect(self.go_to)
        self.strip.moved.connect(self.go_by)
        self.strip.menu_wanted.connect(self.menu_wanted)
        self.fit()
        self._tell()

    @property
    def reel(self) -> Reel:
        """What is shown."""
        return self.strip.reel

    def show_reel(self, reel: Reel) -> None:
        """Show what is on the tape, and send the seek that waits if the one before has arrived."""
        changed = reel != self.reel
        self.strip.show_reel(reel)
        if self._sent is not None:
            place, since = self._sent
            late = perf_counter() - since > PATIENCE and reel.busy is None
            if (reel.lanes and reel.lanes[0] == place and reel.busy is None) or late:
                self._sent = None
                if self._waiting is None and not self.strip.dragging:
                    self.strip.hold(None)
        if self._waiting is not None:
            self._turn()
        elif self._sent is None and not self.strip.dragging:
            self.strip.hold(None)
        if changed:
            self._tell()

    @property
    def awaiting(self) -> bool:
        """Whether a seek waits, or has not arrived."""
        return self._sent is not None or self._waiting is not None

    def forget(self) -> None:
        """Wait for no seek any more."""
        self._sent = self._waiting = None
        self.strip.hold(None)

    def fit(self) -> None:
        """Take the height of the type being worn."""
        self.strip.fit()
        self.strip.update()

    # ---- where to -------------------------------------------------------------------------------

    @Slot(int, int)
    def go_to(self, branch: int, step: int) -> None:
        """Go to a step of a branch, when what was asked before has arrived."""
        self._waiting = branch, step
        self._turn()

    @Slot(int)
    def go_by(self, steps: int) -> None:
        """Go so many steps along the path of the driven lane, from where it was last sent."""
        if not self.strip.rows:
            return
        row = self.strip.rows[0]
        step = self.strip.here[1] if self.strip.here[0] == row.branch else self.reel.lanes[0][1]
        if step >= row.last and 0 < steps < FAR:
            self.step_wanted.emit(steps)
        elif step + steps > row.last:
            self.end_wanted.emit()
        else:
            self.hold_and_go(row.branch, max(step + steps, 0))

    @Slot()
    def to_start(self) -> None:
        """Go to the first step."""
        if self.strip.rows:
            self.hold_and_go(self.strip.rows[0].branch, 0)

    @Slot()
    def to_next(self) -> None:
        """Go to the next mark or bookmark."""
        self._to_stop(1)

    @Slot()
    def to_previous(self) -> None:
        """Go to the mark or bookmark before."""
        self._to_stop(-1)

    def _to_stop(self, way: int) -> None:
        if not self.strip.rows:
            return
        row, here = self.strip.rows[0], self.strip.here[1]
        beyond = [step for step in self.strip.stops() if (step - here) * way > 0]
        if beyond:
            self.hold_and_go(row.branch, min(beyond) if way > 0 else max(beyond))

    def hold_and_go(self, branch: int, step: int) -> None:
        """Draw the playhead there already, and go."""
        self.strip.hold((branch, step))
        self.go_to(branch, step)

    @Slot()
    def _turn(self) -> None:
        """Send the seek that waits, unless another is under way."""
        if self._waiting is None or self._timer.isActive():
            return
        if self._sent is not None:
            gone = 1000 * (perf_counter() - self._sent[1])
            if gone < GIVE_WAY_MS:
                self._timer.start(max(1, round(GIVE_WAY_MS - gone)))
                return
        place, self._waiting = self._waiting, None
        self._sent = place, perf_counter()
        self._timer.start(PAUSE_MS)
        self.seek_wanted.emit(*place)

    # ---- words ----------------------------------------------------------------------------------

    def _tell(self) -> None:
        """Say where the lane is, and what can be done there."""
        reel = self.reel
        there = bool(reel.lanes)
        branch, step = reel.lanes[0] if there else (0, 0)
        last = reel.stretches[branch].last if there else 0
        self.place.show_text(f"{whole(step)} of {whole(last)}" if there else "")
        self.note.show_text(self._noted(branch, last > step) if there else "")
        self.cancel.setVisible(reel.busy is not None)
        self.start.setEnabled(there and step > 0)
        self.to_end.setEnabled(reel.past)
        self.branch.setEnabled(reel.past)
        self.bookmark.setEnabled(there)
        self.alone.setVisible(len(reel.lanes) > 1)
        self.strip.setAccessibleDescription(
            f"step {whole(step)} of {whole(last)}, {self.note.text}".replace(THIN, "")
        )

    def _noted(self, branch: int, past: bool) -> str:
        if self.reel.busy is not None:
            done, whole_way = self.reel.busy
            return f"running again {100 * done // max(whole_way, 1)} %"
        name = self.reel.stretches[branch].name
        where = "on the tape" if past else "at the end"
        return f"branch {name}, {where}" if len(self.reel.stretches) > 1 else where

    def _button(self, icon: str, name: str, tip: str) -> QToolButton:
        button = QToolButton()
        set_icon(button, icon)
        button.setAccessibleName(name)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._manners.teach(button)
        self._line.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        return button

    def sizeHint(self) -> QSize:
        """Return the height of the strip; called by Qt."""
        return QSize(640, self.strip.minimumHeight() + 4)
