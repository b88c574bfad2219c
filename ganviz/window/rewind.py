"""Rewind: what the user may ask of the tape, whichever button, key or menu they ask it by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, QPoint, QSettings, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from ganviz.frame import Reel
from ganviz.host import EngineThread
from ganviz.views.ink import BODY, elided, whole
from ganviz.window.desk import Desk
from ganviz.window.hand import Hand
from ganviz.window.menus import Menus
from ganviz.window.pump import Pump
from ganviz.window.run import Run
from ganviz.window.scene import Scene
from ganviz.window.timeline import Timeline

#: Time between two looks at the reel while something is awaited, milliseconds.
SOON_MS = 15
#: Room for what a menu says would be taken back, pixels.
ROOM = 360
#: Runs side by side, at most.
MOST = 4
#: A megabyte, and how many of them the moments on a tape may take unless somebody says so.
MB, BUDGET_MB = 2**20, 256


def budget_of(store: QSettings) -> int:
    """Return the megabytes that the moments on a tape may take, as they were set."""
    try:
        kept = int(str(store.value("tape_megabytes", BUDGET_MB)))
    except ValueError:
        return BUDGET_MB
    return min(max(kept, 1), 65_536)


class Rewind(QObject):
    """Passes wishes on to the host, shows the reel, and says where on the tape one is.

    Signals
    -------
    moved
        What :attr:`words` say, or whether the run stands in the past, is something else.
    """

    moved = Signal()

    def __init__(
        self,
        host: EngineThread,
        run: Run,
        pump: Pump,
        scene: Scene,
        desk: Desk,
        hand: Hand,
        timeline: Timeline,
        store: QSettings,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._host, self._run, self._pump = host, run, pump
        self._scene, self._desk, self._hand = scene, desk, hand
        self._store, self._window = store, window
        self._menus: Menus | None = None
        self._then: tuple[int, int] | None = None  # another future begins when the lane is there
        self.timeline = timeline
        self.words = ""
        self._soon = QTimer(self)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self.poll)
        timeline.seek_wanted.connect(self._seek)
        timeline.step_wanted.connect(self._step)
        timeline.end_wanted.connect(self.to_end)
        timeline.cancel_wanted.connect(self.cancel)
        timeline.branch_wanted.connect(self.branch_here)
        timeline.bookmark_wanted.connect(self.bookmark)
        timeline.alone_wanted.connect(self.alone)
        timeline.menu_wanted.connect(self.show_menu)
        hand.canvas.editor.switched.connect(self._drawing_changed)

    @property
    def reel(self) -> Reel:
        """What is on the tape, as it is shown."""
        return self.timeline.reel

    @property
    def past(self) -> bool:
        """Whether what comes next is on the tape."""
        return self.reel.past

    @property
    def title(self) -> str:
        """What the game is called on the tape; empty where nothing is known of it."""
        reel = self._host.reel
        return reel.stretches[reel.lanes[0][0]].title if reel.lanes else ""

    def fill_edit(self, menus: Menus, menu: QMenu) -> None:
        """Add taking back, and going forward again, to the menu of edits."""
        self._menus = menus
        menus.act(menu, "undo", "Take back", self.undo, "Ctrl+Z")
        menus.act(menu, "redo", "Go forward again", self.redo, "Ctrl+Shift+Z", "Ctrl+Y")
        menu.addSeparator()

    def fill(self, menus: Menus, menu: QMenu) -> None:
        """Add the commands of the tape to a menu."""
        line = self.timeline
        menus.act(menu, "start", "To the start", line.to_start, "Home")
        menus.act(menu, "back", "One step back", self.step_back, ",", "Left")
        menus.act(menu, "end", "To the end", self.to_end, "End")
        menus.act(menu, "mark before", "Previous change or bookmark", line.to_previous, "[")
        menus.act(menu, "mark after", "Next change or bookmark", line.to_next, "]")
        menu.addSeparator()
        menus.act(menu, "branch", "Branch here: take over live", self.branch_here, "T")
        menus.act(menu, "bookmark", "Bookmark this step…", self.bookmark, "K")
        menu.addSeparator()
        self._beside = menu.addMenu("Show beside")
        self._beside.aboutToShow.connect(self._fill_beside)
        menus.act(menu, "alone", "Only this run", self.alone, "Shift+A")
        menu.addSeparator()
        menus.act(menu, "budget", "Memory of the tape…", self.ask_budget)
        self._tell()

    # ---- the reel -------------------------------------------------------------------------------

    @Slot()
    def poll(self) -> None:
        """Look at what is on the tape."""
        reel = self._host.reel
        changed = reel is not self.reel
        self.timeline.show_reel(reel)
        if self._then is not None and reel.busy is None and reel.lanes[:1] == (self._then,):
            self._then = None
            self.branch_here()
        if not self.timeline.awaiting and self._then is None and reel.busy is None:
            self._soon.stop()
        if changed:
            self._tell()

    def _hurry(self) -> None:
        """Ask for a picture of the outcome, and look out for it."""
        self._pump.hurry()
        self._soon.start()

    def _tell(self) -> None:
        reel = self.reel
        words = ""
        if reel.past:
            branch, step = reel.lanes[0]
            words = (
                f"On the tape: step {whole(step)} of {whole(reel.stretches[branch].last)}. "
                "Play goes along it; a change begins a branch."
            )
        if self._menus is not None:
            self._name_actions(self._menus)
        if words != self.words:
            self.words = words
            self.moved.emit()

    def _name_actions(self, menus: Menus) -> None:
        reel, actions = self.reel, menus.actions
        drawing = self._hand.canvas.editor.on
        for name, words, before in (
            ("undo", reel.undo, "Take back"),
            ("redo", reel.redo, "Go forward again to"),
        ):
            action = actions[name]
            if name == "undo" and drawing:
                action.setText("Undo the last stroke")
                action.setEnabled(True)
                continue
            told = elided(words, ROOM, BODY).replace("&", "&&")
            action.setText(f"{before} {told}" if words else before.removesuffix(" to"))
            action.setEnabled(bool(words))
        if "alone" in actions:
            actions["alone"].setEnabled(len(reel.lanes) > 1)
            actions["end"].setEnabled(reel.past)
            actions["branch"].setEnabled(reel.past)
            for name in ("start", "back", "mark before"):
                actions[name].setEnabled(bool(reel.lanes) and reel.lanes[0][1] > 0)
            self._beside.setEnabled(bool(self._others()))

    @Slot(bool)
    def _drawing_changed(self, on: bool) -> None:
        self._tell()

    # ---- to and fro -----------------------------------------------------------------------------

    @Slot(int, int)
    def _seek(self, branch: int, step: int) -> None:
        self._then = None
        self._run.walk(False)
        self._desk.forget()
        self._host.seek(branch, step)
        self._hurry()

    @Slot(int)
    def _step(self, steps: int) -> None:
        self._run.walk(False)
        self._host.step(steps)
        self._hurry()

    @Slot()
    def step_back(self) -> None:
        """Go one step back."""
        self.timeline.go_by(-1)

    @Slot()
    def to_end(self) -> None:
        """Go where the branch ends."""
        self._run.walk(False)
        self._desk.forget()
        self._host.to_end()
        self._hurry()

    @Slot()
    def cancel(self) -> None:
        """Go no further towards a far step."""
        self._then = None
        self.timeline.forget()
        self._host.cancel_seek()
        self._hurry()

    @Slot()
    def undo(self) -> None:
        """Take back the last stroke of a drawing, or the last change and what came of it."""
        if self._hand.canvas.editor.on:
            self._hand.undo()
            return
        self._run.walk(False)
        self._desk.forget()
        self._host.undo()
        self._hurry()

    @Slot()
    def redo(self) -> None:
        """Go forward again to where it was taken back."""
        self._run.walk(False)
        self._desk.forget()
        self._host.redo()
        self._hurry()

    @Slot()
    def branch_here(self) -> None:
        """Begin another future here, live."""
        self._run.walk(False)
        self._host.branch_here()
        self._hurry()

    # ---- bookmarks ------------------------------------------------------------------------------

    @Slot()
    def bookmark(self) -> None:
        """Mark the step that is seen, and ask what is to be noted of it."""
        if self.reel.lanes and self._scene.frames:
            branch, _ = self.reel.lanes[0]
            self.bookmark_at(branch, self._scene.frames[0].step)

    def bookmark_at(self, branch: int, step: int) -> None:
        """Mark a step of a branch, and ask what is to be noted of it."""
        note = next(
            (b.note for b in self.reel.bookmarks if (b.branch, b.step) == (branch, step)), ""
        )
        self._host.bookmark(note, (branch, step))
        self._hurry()
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Bookmark")
        dialog.setLabelText(f"Note for step {whole(step)} (may stay empty)")
        dialog.setTextValue(note)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.textValueSelected.connect(lambda words: self._note(branch, step, words))
        dialog.open()

    def _note(self, branch: int, step: int, words: str) -> None:
        self._host.bookmark(words.strip(), (branch, step))
        self._hurry()

    def unbookmark(self, branch: int, step: int) -> None:
        """Take a bookmark away."""
        self._host.unbookmark(branch, step)
        self._hurry()

    # ---- how much is kept -----------------------------------------------------------------------

    @Slot()
    def ask_budget(self) -> None:
        """Ask how much memory the moments on the tape may take."""
        reel = self.reel
        dialog = QInputDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Memory of the tape")
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setIntRange(1, 65_536)
        dialog.setIntStep(64)
        dialog.setIntValue(budget_of(self._store))
        dialog.setLabelText(
            "Megabytes for the moments that are kept; changes and numbers are always kept whole.\n"
            f"Now {reel.used / MB:.1f} MB, a moment every {whole(reel.stride)} steps."
        )
        dialog.intValueSelected.connect(self._set_budget)
        dialog.open()

    @Slot(int)
    def _set_budget(self, megabytes: int) -> None:
        self._store.setValue("tape_megabytes", megabytes)
        self._host.set_budget(megabytes * MB)
        self._hurry()

    # ---- lanes ----------------------------------------------------------------------------------

    def _others(self) -> list[int]:
        """Return the branches that could run beside those that do."""
        reel = self.reel
        lanes = {branch for branch, _ in reel.lanes}
        if not lanes or len(lanes) >= MOST:
            return []
        return [stretch.number for stretch in reel.stretches if stretch.number not in lanes]

    @Slot()
    def _fill_beside(self) -> None:
        self._beside.clear()
        for number in reversed(self._others()):
            stretch = self.reel.stretches[number]
            words = elided(stretch.text, ROOM, BODY).replace("&", "&&")
            action = self._beside.addAction(f"{stretch.name}: {words}" if words else stretch.name)
            action.triggered.connect(lambda _=False, number=number: self.beside(number))

    def beside(self, branch: int) -> None:
        """Let another branch run beside the present one."""
        self._host.beside(branch)
        self._hurry()

    @Slot(object)
    def compare(self, variants: Sequence[Mapping[str, Any]]) -> None:
        """Begin again as several runs on one clock, each with some values changed."""
        self._run.walk(False)
        self._desk.forget()
        self._host.compare(variants)
        self._hurry()

    @Slot(str)
    def drive(self, letter: str) -> None:
        """Let the controls drive the lane of that letter."""
        self._desk.forget()
        self._host.drive(letter)
        self._hurry()

    @Slot()
    def alone(self) -> None:
        """Keep the driven run only."""
        self._host.alone()
        self._hurry()

    # ---- the menu of a place --------------------------------------------------------------------

    @Slot(int, int, QPoint)
    def show_menu(self, branch: int, step: int, at: QPoint) -> None:
        """Open the menu of a place on the tape."""
        self.menu(branch, step).popup(at)

    def menu(self, branch: int, step: int) -> QMenu:
        """Return the menu of a place on the tape; it goes away when it is closed."""
        menu = QMenu(self._window)
        menu.aboutToHide.connect(menu.deleteLater)
        reel, stretch = self.reel, self.reel.stretches[branch]
        here = reel.lanes[:1] == ((branch, step),)
        flag = next((b for b in reel.bookmarks if (b.branch, b.step) == (branch, step)), None)

        def act(words: str, slot: Callable[[], object], enabled: bool = True) -> None:
            action = menu.addAction(words)
            action.setEnabled(enabled)
            action.triggered.connect(lambda: slot())

        act(
            f"Go to step {whole(step)} of {stretch.name}",
            lambda: self.timeline.hold_and_go(branch, step),
            not here,
        )
        act(
            f"Show {stretch.name} beside the present run",
            lambda: self.beside(branch),
            branch in self._others(),
        )
        act("Branch here: take over live", lambda: self._branch_at(branch, step))
        menu.addSeparator()
        act("Note…" if flag else "Bookmark…", lambda: self.bookmark_at(branch, step))
        if flag:
            act("Remove the bookmark", lambda: self.unbookmark(branch, step))
        return menu

    def _branch_at(self, branch: int, step: int) -> None:
        """Go there, and begin another future when the lane has arrived."""
        self.timeline.hold_and_go(branch, step)
        self._then = branch, step
        self._soon.start()
