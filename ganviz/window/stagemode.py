"""Stage mode: the pictures of a lecture on a screen of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication, QScreen
from PySide6.QtWidgets import QMenu, QWidget

from ganviz import looks
from ganviz.frame import Frame, Look, Wants
from ganviz.settings import Settings
from ganviz.views.stage import wanted
from ganviz.views.theme import HALL
from ganviz.window.desk import Desk
from ganviz.window.keys import Manners
from ganviz.window.menus import Menus
from ganviz.window.scene import Scene
from ganviz.window.stagekeys import StageKeys

if TYPE_CHECKING:
    from ganviz.lesson.parts import Lesson
    from ganviz.window.card import Card
    from ganviz.window.hall import Hall

#: So many knobs, and so many views, can be seen from the back row.
MOST_KNOBS, MOST_VIEWS = 5, 3
#: Beside the stage the window shows one frame of so many: who speaks looks at it now and then.
BESIDE = 16
#: The name under which the chosen screen is remembered.
KEPT = "stage/screen"


def telling(settings: Settings, dim: int) -> tuple[str, ...]:
    """Return the views that tell most of a game, the most telling first."""
    if settings.generator.kind in ("point", "shift"):
        return "distribution", "saddle"
    return ("distribution", "measures") if dim > 1 else ("distribution", "losses")


class StageMode(QObject):
    """Opens the stage, shows it the window's own frames, and closes it again.

    Signals
    -------
    next_wanted, previous_wanted
        Page Down, Page Up: the next lesson, the previous one.
    back_wanted, step_wanted, play_wanted
        Left, Right, Space.
    switched (whether it is on)
    changed
        It needs other things of a frame.
    """

    next_wanted = Signal()
    previous_wanted = Signal()
    back_wanted = Signal()
    step_wanted = Signal()
    play_wanted = Signal()
    switched = Signal(bool)
    changed = Signal()

    def __init__(
        self, window: QWidget, scene: Scene, desk: Desk, manners: Manners, store: QSettings
    ) -> None:
        super().__init__(window)
        self._window = window
        self._scene = scene
        self._desk = desk
        self._manners = manners
        self._store = store
        self._menus: Menus | None = None
        self._lesson: Lesson | None = None
        self._offered: tuple[str, ...] = ()
        self._poll: Card | None = None  # what the room is asked, or what came of it
        self._lent: list[QAction] = []  # commands that are in no menu
        self._large = ""  # the one view that has the whole stage, if any
        self._fits = MOST_VIEWS  # views that there was room for
        self._lanes = 1
        self._focus: QWidget | None = None
        self.hall: Hall | None = None  # built when first asked for
        self.on = False
        self.blank = False
        acts: dict[str, Callable[[], object]] = {
            "next": self.next_wanted.emit,
            "previous": self.previous_wanted.emit,
            "back": self.back_wanted.emit,
            "step": self.step_wanted.emit,
            "play": self.play_wanted.emit,
            "larger": partial(self.turn, 1),
            "smaller": partial(self.turn, -1),
            "blank": self.toggle_blank,
            "leave": self.leave,
        }
        self.keys = StageKeys(acts, self)
        scene.changed.connect(self._look_changed)
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.screenRemoved.connect(self._screen_removed)

    # ---- the menu -------------------------------------------------------------------------------

    def fill(self, menus: Menus, menu: QMenu) -> None:
        """Add the commands to a menu."""
        self._menus = menus
        menus.tick(menu, "stage", "Stage: pictures for the room", self.show_stage, "F5")
        self._screens = menu.addMenu("Stage on")
        self._screens.aboutToShow.connect(self._list_screens)
        self._list_screens()

    @Slot()
    def _list_screens(self) -> None:
        self._screens.clear()
        chosen = self.screen()
        for number, screen in enumerate(QGuiApplication.screens(), 1):
            size = screen.geometry().size() * screen.devicePixelRatio()
            words = f"Screen {number}: {screen.name()}, {size.width()} × {size.height()}"
            here = screen is self._window.screen()
            action = self._screens.addAction(words + (", with this window" if here else ""))
            action.setCheckable(True)
            action.setChecked(screen is chosen)
            action.triggered.connect(partial(self.choose, screen))

    def screen(self) -> QScreen:
        """Return the screen it goes to: the chosen one, else one without the window on it."""
        screens, here = QGuiApplication.screens(), self._window.screen()
        kept = str(self._store.value(KEPT, ""))
        named = [screen for screen in screens if screen.name() == kept]
        others = [screen for screen in screens if screen is not here]
        return next(iter((*named, *others)), here)

    def choose(self, screen: QScreen, *_: object) -> None:
        """Go to that screen, now if it is on and from now on."""
        self._store.setValue(KEPT, screen.name())
        if self.on:
            self._place()
            self.changed.emit()

    # ---- what is shown --------------------------------------------------------------------------

    def show_lesson(self, lesson: Lesson | None, knobs: tuple[str, ...] = ()) -> None:
        """Show what a lesson names; without one what tells most of the game, and these knobs."""
        self._lesson = lesson
        if lesson is not None:
            knobs = lesson.knobs if lesson.controls else ()
        self._offered = knobs[:MOST_KNOBS]
        self._large = ""
        self._arrange()

    def show_poll(self, card: Card | None) -> None:
        """Ask the room this question, or tell what came of it; or neither."""
        self._poll = card
        if self.hall is not None:
            self.hall.show_poll(card)
            self._fits = MOST_VIEWS  # pictures have more room without it
            if self.on:
                QTimer.singleShot(0, self, self.refresh)

    def lend(self, actions: Sequence[QAction]) -> None:
        """Let commands that are in no menu have their keys on stage, too."""
        self._lent += actions
        if self.hall is not None:
            self.hall.addActions(list(actions))

    @property
    def covers(self) -> bool:
        """Whether it hides the window, having the same screen."""
        return self.on and self.hall is not None and self.hall.screen() is self._window.screen()

    @property
    def views(self) -> tuple[str, ...]:
        """The views it shows, the most important first."""
        return self.named[: self._fits]

    @property
    def named(self) -> tuple[str, ...]:
        """The views that it would show if there were room, the most important first."""
        if self._lesson is not None and self._lesson.views:
            return self._lesson.views[:MOST_VIEWS]
        frames = self._scene.frames
        return telling(self._desk.settings, frames[0].dim if frames else 1)

    @property
    def look(self) -> Look:
        """Through what it shows frames."""
        large = self._large if self._large in self.named else ""
        look = looks.seen(self.views, self._scene.look)
        return look.with_(theme=HALL, maximised=large)

    def wants(self, look: Look) -> Wants:
        """Return what frames must hold, for the window's look and for its own."""
        own = self.on and (self.covers or not self.blank)
        return wanted(self.look if own else look, self._scene.frames)

    def show_frames(self, frames: tuple[Frame, ...], resting: set[str]) -> None:
        """Show the window's frames, in the dark as well as in the light; or what they wait for."""
        if not self.on or self.blank or self.hall is None:
            return
        if not frames:
            self.hall.lanes.show_message(self._scene.loading, self.look)
            return
        if len(frames) != self._lanes:  # lanes beside each other have less room, each
            self._lanes, self._fits = len(frames), MOST_VIEWS
            QTimer.singleShot(0, self, self.refresh)
        first = frames[0]
        if first.trouble and not self.covers:
            first = replace(first, trouble="")  # the window tells of it
        self.hall.show_frame((first, *frames[1:]), self.look, resting)
        self._count()

    def settle(self) -> None:
        """Show formulas typeset as soon as they can be."""
        if self.on and self.hall is not None:
            self.hall.settle()

    def turn(self, by: int) -> None:
        """Let the next view fill the stage; behind the last one all are there again."""
        ring = ["", *self.named]
        at = ring.index(self._large) if self._large in ring else 0
        self._large = ring[(at + by) % len(ring)]
        self.refresh()

    @Slot()
    def toggle_blank(self) -> None:
        """Turn it black, or light again."""
        if self.hall is not None:
            self.blank = not self.blank
            self.hall.blank.setVisible(self.blank)
            self.hall.blank.raise_()
            self.refresh()

    # ---- on and off -----------------------------------------------------------------------------

    @Slot(bool)
    def show_stage(self, on: bool) -> None:
        """Go on stage, or leave it."""
        if on == self.on:
            return
        if on:
            self._open()
        else:
            self.leave()

    def _open(self) -> None:
        if self.hall is None:
            from ganviz.window.hall import Hall  # seldom asked for

            self.hall = Hall(self._desk, self._manners)
            self.hall.resized.connect(self._resized)
            self.hall.closed.connect(self.leave)
            lanes = self.hall.lanes
            lanes.layer_toggled.connect(self._scene.toggle_layer)
            lanes.maximise_wanted.connect(self._maximise)
            lanes.look_wanted.connect(self._scene.change_look)
            lanes.settings_wanted.connect(self._desk.wish)
            lanes.lane_wanted.connect(self._scene.stage.lane_wanted)
            if self._menus is not None:
                # All commands of the window have their keys here, too.
                self.hall.addActions([*self._menus.actions.values(), *self._lent])
            self.hall.show_poll(self._poll)
        self._focus = self._window.focusWidget()
        self.on, self.blank, self._large = True, False, ""
        self.hall.blank.hide()
        self._arrange()
        self._place()
        self.keys.hear(self.hall)
        self._switched()

    @Slot()
    def leave(self) -> None:
        """Close it: the window is as it was."""
        if not self.on or self.hall is None:
            return
        self.on = self.blank = False
        self.keys.hear(None)
        self.hall.hide()
        self._switched()
        self._window.activateWindow()
        if self._focus is not None:
            self._focus.setFocus()

    def stop(self) -> None:
        """Close for good, before the window does."""
        self.leave()
        if self.hall is not None:
            self.hall.deleteLater()
            self.hall = None

    def _place(self) -> None:
        assert self.hall is not None
        screen = self.screen()
        self.hall.hide()
        self.hall.setScreen(screen)
        self.hall.setGeometry(screen.geometry())
        self.hall.showFullScreen()
        self.hall.activateWindow()
        self.hall.setFocus()

    def _switched(self) -> None:
        if self._menus is not None:
            self._menus.actions["stage"].setChecked(self.on)
        self.switched.emit(self.on)
        self.refresh()

    # ---- the rest -------------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Show the present frames anew, and ask for what they lack."""
        aside = self.on and not self.blank
        every = (0 if self.covers else BESIDE) if aside or self.covers else 1
        self._scene.stand_aside(every, self.look.seen if aside else ())
        self.show_frames(self._scene.frames, set())
        self.changed.emit()

    def _arrange(self) -> None:
        if self.hall is not None:
            self.hall.offer(self._offered)
            self.hall.formula.show_tex("" if self._lesson is None else self._lesson.formula)
            self.hall.fit_formula()
            frames = self._scene.frames
            script = () if self._lesson is None else self._lesson.played
            self.hall.caption.follow(script, frames[0].step if frames else 0)
            self._fits = MOST_VIEWS
            if self.on:
                self.refresh()

    def _count(self) -> None:
        """Drop the views for which there was no room: they need not be computed."""
        assert self.hall is not None
        shown = len(self.hall.lanes.stage.shown)
        if not self._large and 0 < shown < len(self.views):
            self._fits = shown
            QTimer.singleShot(0, self, self.refresh)

    @Slot()
    def _resized(self) -> None:
        self._fits = MOST_VIEWS
        if self.on:
            QTimer.singleShot(0, self, self.refresh)

    @Slot(str)
    def _maximise(self, view: str) -> None:
        self._large = "" if self._large == view else view
        self.refresh()

    @Slot()
    def _look_changed(self) -> None:
        if self.on:
            self.show_frames(self._scene.frames, set())

    @Slot(QScreen)
    def _screen_removed(self, screen: QScreen) -> None:
        if self.on and self.hall is not None and self.hall.screen() is screen:
            self.leave()
