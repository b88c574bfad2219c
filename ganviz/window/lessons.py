"""Lessons in the window: opened, gone through, left again; the window is then as it was before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QVBoxLayout

from ganviz.frame import Frame, Look
from ganviz.host import EngineThread
from ganviz.lesson import Button, Lesson, Shelf, shelf
from ganviz.schema import get, put
from ganviz.settings import PARAMETERS, Settings
from ganviz.views.ink import whole
from ganviz.views.theme import theme
from ganviz.window.belongings import lessons_folder
from ganviz.window.caption import Caption
from ganviz.window.card import Card
from ganviz.window.desk import Desk, completed
from ganviz.window.keys import Manners
from ganviz.window.predictions import Predictions
from ganviz.window.reader import Reader
from ganviz.window.run import Run
from ganviz.window.scene import Scene
from ganviz.window.style import NARROW, roomy

#: What is said where a lesson comes to its end.
END = "Step {}: the lesson ends here. Space goes on"

if TYPE_CHECKING:
    from ganviz.window.gallery import Gallery


def narrow() -> float:
    """Return how wide a window must be for pictures between controls and text."""
    return NARROW * roomy()


def varied(lesson: Lesson, values: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Return what a button of a lesson changes of the settings in force.

    A button means the lesson with its values: what the other buttons set goes back to what the
    lesson begins with, so that what its words promise holds in whatever order they are pressed.
    What was changed by hand elsewhere stays.
    """
    buttons = [button.values for section in lesson.sections for button in section.buttons]
    touched = {path for each in buttons for path in completed(lesson.settings, each)}
    wanted = put(lesson.settings, completed(lesson.settings, values))
    whole = {path: get(wanted, path) for path in touched if path not in values} | dict(values)
    after = put(settings, whole)
    return {
        path: value
        for path, value in whole.items()
        if path in values
        or (value != get(settings, path) and after.means_something(PARAMETERS[path]))
    }


class Lessons(QObject):
    """Holds the reader, the caption, and what the window was like before a lesson.

    Signals
    -------
    told (sentence)
        Something that is to be said in passing.
    refused (sentence)
        A file is no lesson, and why.
    free_wanted
        The lesson that is open is to be left.
    asked (whether)
        A question waits for an answer, which digits give.
    polled (Card or None)
        What the room is to be asked, or told of an answer; or neither any more.
    """

    told = Signal(str)
    refused = Signal(str)
    free_wanted = Signal()
    asked = Signal(bool)
    polled = Signal(object)

    def __init__(
        self,
        window: QMainWindow,
        run: Run,
        scene: Scene,
        desk: Desk,
        manners: Manners,
        controls: QDockWidget,
        column: QVBoxLayout,
        host: EngineThread,
    ) -> None:
        super().__init__(window)
        self._window, self._run, self._scene, self._desk = window, run, scene, desk
        self._controls = controls
        self.lesson: Lesson | None = None
        self._seen: dict[str, Lesson] = {}  # by title, as the tape knows them
        self._before: tuple[Look, bool] | None = None  # the look, and whether controls were seen
        self.gallery: Gallery | None = None
        self._asked = False  # whether a question came before everything else
        self._at, self._playing = 0, False  # where the run is
        self._revealed: Card | None = None  # the answer that has not been told to the room yet
        self._poll: tuple[Card, int | None] | None = None  # what it sees, and what is known of it
        self._aside = False  # whether the text has taken the place of the controls
        self.reader = Reader(manners)
        self.caption = Caption(manners)
        self.predictions = Predictions(host, self.reader, self)
        self.predictions.told.connect(self.told)
        self.predictions.revealed.connect(self._take_revealed)
        self.keys = [QAction(f"Answer {number}", window) for number in range(1, 10)]
        for number, key in enumerate(self.keys, 1):
            key.setShortcut(str(number))
            key.setEnabled(False)
            key.setData(number - 1)
            key.triggered.connect(self._answer)
        window.addActions(self.keys)
        self.reader.asking.connect(self._asking)
        column.insertWidget(column.indexOf(scene.stage), self.caption)
        self.dock = QDockWidget("Lesson", window)
        self.dock.setObjectName("lesson")
        self.dock.setWidget(self.reader)
        self.dock.hide()
        window.restoreDockWidget(self.dock)
        self._settle()
        self.dock.hide()
        self.reader.wanted.connect(self._wanted)
        self.reader.next_wanted.connect(self.open_next)
        self.reader.previous_wanted.connect(self.open_previous)
        self.reader.gallery_wanted.connect(self.show_all)
        desk.adopted.connect(self.reader.show_settings)
        desk.adopted.connect(self.predictions.show_settings)
        scene.changed.connect(self._show_theme)
        self._show_theme()

    # ---- which there are ------------------------------------------------------------------------

    @property
    def shelf(self) -> Shelf:
        """The lessons that there are now."""
        return shelf(lessons_folder())

    def fill(self, menu: QMenu) -> None:
        """Offer all of them in a menu."""
        menu.clear()
        found = self.shelf
        for each in found.lessons.values():
            action = menu.addAction(each.title.replace("&", "&&"))
            action.setData(each.name)
            action.setToolTip(each.text)
            action.setCheckable(True)
            action.setChecked(self.lesson is not None and each.name == self.lesson.name)
        if found.broken:
            self.refused.emit(found.broken[0])

    @Slot(QAction)
    def open_chosen(self, action: QAction) -> None:
        """Open the lesson that an action names."""
        self.open_named(str(action.data()))

    @Slot()
    def show_all(self) -> None:
        """Show the gallery, in front of the window and somewhat smaller."""
        if self.gallery is None:
            from ganviz.window.gallery import Gallery

            self.gallery = Gallery(self._window)
            self.gallery.chosen.connect(self.open)
            self.gallery.free_chosen.connect(self.free_wanted)
        from ganviz.window.gallery import AROUND

        self.gallery.resize(self._window.size() - AROUND)
        own = lessons_folder()
        self.gallery.offer(shelf(own), self.lesson, self.reader.theme, own)
        self.gallery.open()

    @Slot(str)
    def open_named(self, name: str) -> None:
        """Open one of them."""
        found = self.shelf.lessons.get(name)
        if found is not None:
            self.open(found)

    @Slot(object)
    def open(self, lesson: Lesson) -> None:
        """Begin a lesson."""
        self._run.open(lesson.game, lesson)

    @Slot()
    def open_next(self) -> None:
        """Open the lesson after this one."""
        self._open_neighbour(1)

    @Slot()
    def open_previous(self) -> None:
        """Open the lesson before this one."""
        self._open_neighbour(-1)

    def _open_neighbour(self, by: int) -> None:
        found = list(self.shelf.lessons.values())
        names = [each.name for each in found]
        if self.lesson is None:
            place = 0 if by > 0 else len(found) - 1
        elif self.lesson.name in names:
            place = names.index(self.lesson.name) + by
        else:
            place = next((i for i, each in enumerate(found) if each.order > self.lesson.order), -1)
            place += min(by, 0)
        if 0 <= place < len(found):
            self.open(found[place])
        else:
            self.told.emit("This is the last lesson" if by > 0 else "This is the first lesson")

    @Slot()
    def turn(self) -> None:
        """Go on: to the next page of a long lesson, or to the next lesson."""
        if self.lesson is None or self.dock.isHidden() or not self.reader.turn(1):
            self.open_next()

    @Slot()
    def turn_back(self) -> None:
        """Go back: to the page before, or to the lesson before."""
        if self.lesson is None or self.dock.isHidden() or not self.reader.turn(-1):
            self.open_previous()

    # ---- the one that is open -------------------------------------------------------------------

    def show(self, lesson: Lesson) -> None:
        """Show a lesson whose game has been opened."""
        entering = self._before is None
        if self._before is None:
            self._before = (self._scene.look, not self._controls.isHidden())
        before = self.lesson
        again, self.lesson = lesson is before, lesson
        self._seen[lesson.title] = lesson
        if entering or (before is not None and before.controls != lesson.controls):
            self._aside = self._window.width() < narrow()
            self._controls.setVisible(lesson.controls and not self._aside and self._before[1])
        look = self._scene.look
        self._scene.set_look(lesson.look.with_(theme=look.theme))
        self.caption.follow(lesson.played)
        self._at, self._playing = 0, False
        if not again:
            self._asked = False  # what was asked before begins nothing here
            self._revealed = None
            names = list(self.shelf.lessons)
            place = names.index(lesson.name) + 1 if lesson.name in names else 0
            self.predictions.begin(lesson)
            self.reader.show_lesson(lesson, place, len(names) if place else 0)
        self.reader.show_settings(self._desk.settings)
        self.dock.show()
        self.told.emit("")  # of the lesson before there is nothing more to say
        if entering:
            self._widen()
        elif (
            self.dock.width() < self.reader.sizeHint().width()
        ):  # beside the knobs of the one before
            QTimer.singleShot(0, self, self._widen)

    def fit(self, wide: int) -> None:
        """Let the text stand where the controls were, in a window of this width, if it is narrow.

        Whoever wants both there can have both.
        """
        self._settle()
        if self._before is None or self._aside == (wide < narrow()):
            return
        self._aside = wide < narrow()
        if self._aside:
            self._controls.hide()
            QTimer.singleShot(0, self, self._widen)  # for a moment there was no room for it
        elif self.lesson is not None:
            self._controls.setVisible(self.lesson.controls and self._before[1])

    def _settle(self) -> None:
        """Put the text on the right where it has no place at all, if it is no window by itself.

        Where the screen is smaller than it was the last time, Qt restores the docks once more at
        the first resize, in which this one, built after the start, is forgotten.
        """
        nowhere = self._window.dockWidgetArea(self.dock) == Qt.DockWidgetArea.NoDockWidgetArea
        if nowhere and not self.dock.isFloating():
            hidden = self.dock.isHidden()
            self._window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
            self.dock.setHidden(hidden)

    @Slot()
    def _widen(self) -> None:
        """Give the text the width in which it is good to read."""
        wide = self.reader.sizeHint().width()
        self._window.resizeDocks([self.dock], [wide], Qt.Orientation.Horizontal)

    def titled(self, title: str) -> Lesson | None:
        """Return the lesson that was opened under that title, if there was one."""
        return self._seen.get(title)

    def leave(self) -> None:
        """Put the lesson away; everything in the window is as it was before."""
        if self._before is None:
            return
        (look, controls), self._before, self.lesson = self._before, None, None
        self._asked, self._revealed = False, None
        self.dock.hide()
        self.predictions.begin(None)
        self.caption.follow(())
        self._controls.setVisible(controls)
        self._scene.set_look(look.with_(theme=self._scene.look.theme))
        self._show_poll()

    def waits(self) -> bool:
        """Return whether the run shall not begin before a question is answered, or passed over."""
        return self.lesson is not None and self.reader.covered

    def _over(self, step: int) -> bool:
        """Return whether the lesson is at its end there."""
        return self.lesson is not None and step >= self.lesson.steps

    @property
    def stands(self) -> bool:
        """Whether the run stands where the lesson halts it, before its end."""
        if self.lesson is None or self._playing or self._at >= self.lesson.steps:
            return False
        halts = {each.at for each in self.lesson.script if each.pause}
        return self._at in halts or (self._at == 0 and self.waits())

    def show_frame(self, frame: Frame, playing: bool) -> None:
        """Let the caption follow the pictures; say where the lesson ends."""
        came = self._at, self._playing
        self._at, self._playing = frame.step, playing
        if playing and not came[1] and self._over(came[0]):
            self._revealed = None  # it has been seen where the run stood
        self.reader.show_waiting(self.waits() and self._at == 0 and not playing)
        if self.lesson is not None:
            if (self._at, playing) != came and self._at == self.lesson.steps and not playing:
                self.told.emit(END.format(whole(self._at)))
            self.caption.show_step(frame.step, playing)
            self.predictions.show_frame(frame)
        self._show_poll()

    @Slot(object)
    def _take_revealed(self, card: Card) -> None:
        self._revealed = card
        self._show_poll()

    def _show_poll(self) -> None:
        """Ask the room what the run waits for; tell it what came of that where the lesson ends.

        Not before: what a process has measured in the meantime would tell how the run goes on.
        """
        card: Card | None = None
        if not self._playing and self._over(self._at):
            card = self._revealed
        elif not self._playing and self._at == 0 and self.waits():
            card = self.reader.question
        poll = None if card is None else (card, card.right)
        if poll != self._poll:
            self._poll = poll
            self.polled.emit(card)

    @Slot()
    def _asking(self) -> None:
        """Let the digits answer while a question can be seen; else they open presets.

        What waited for the last answer begins with it.
        """
        asked, self._asked = self._asked, self.waits()
        if asked and not self._asked and self._at == 0 and not self._playing:
            self._run.play()
        card = self.reader.question
        answers = 0 if card is None else len(card.choices)
        self.asked.emit(answers > 0)
        self._show_poll()
        for number, key in enumerate(self.keys):
            key.setEnabled(number < answers)

    @Slot()
    def _answer(self) -> None:
        key, card = self.sender(), self.reader.question
        if card is not None and isinstance(key, QAction):
            card.give(int(key.data()))

    @Slot(object)
    def _wanted(self, button: Button) -> None:
        if self.lesson is not None and button.again:
            self._run.open_with(completed(self.lesson.settings, button.values))
        elif self.lesson is not None:
            self._desk.wish(varied(self.lesson, button.values, self._desk.settings))

    @Slot()
    def _show_theme(self) -> None:
        wanted = theme(self._scene.look.theme)
        if wanted is not self.reader.theme:
            self.reader.set_theme(wanted)
            self.caption.set_theme(wanted)
