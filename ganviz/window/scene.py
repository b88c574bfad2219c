"""Scene: the latest frames through the present look, on the stage."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QSettings, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication

from ganviz import looks
from ganviz.frame import SLOTS, Frame, Look
from ganviz.views.lanes import Lanes
from ganviz.window import style

LOADING = "Loading PyTorch…"
#: Every so many frames a smaller view is painted, where there is no time for more; words that
#: nobody can read as fast every so many.
TURNS, WORDS = 4, 8


class Scene(QObject):
    """Holds the look and the latest frames, and shows the one through the other.

    Signals
    -------
    changed
        The look is another one.
    """

    changed = Signal()

    def __init__(self, stage: Lanes, store: QSettings, parent: QObject) -> None:
        super().__init__(parent)
        self.stage = stage
        self.frames: tuple[Frame, ...] = ()
        #: What is being waited for, where there is no frame yet.
        self.loading = LOADING
        self._turn = 0
        self._every, self._beside = 1, frozenset[str]()  # see stand_aside
        #: Whether there is little time.
        self.hurried = False
        #: Whether words are to be those of the latest frames.
        self.telling = True
        #: What is entered around something long, so that nobody fights for the interpreter lock.
        self.alone: Callable[[], AbstractContextManager[None]] = nullcontext
        self._wide = style.NARROW
        self._store = store
        self.choice = str(store.value("theme", "system"))
        self.look = Look(theme=style.resolved(self.choice))
        if store.contains("hidden"):
            kept = str(store.value("hidden")).split(",")
            self.look = self.look.with_(hidden=frozenset(filter(None, kept)))
        for place, names in (("upper", SLOTS[1]), ("lower", SLOTS[2])):
            if (name := str(store.value(place, ""))) in names:
                self.look = self.look.with_(**{place: name})
        stage.layer_toggled.connect(self.toggle_layer)
        stage.maximise_wanted.connect(self.maximise)
        stage.look_wanted.connect(self.change_look)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._scheme_changed)

    def show_frames(self, frames: tuple[Frame, ...], hurried: bool = False) -> None:
        """Show frames, one per lane.

        When ``hurried`` the largest view shows each frame and the smaller ones take turns: they
        look the same at a quarter of the rate, words and the strip of the whole run at an eighth,
        the map of the noise at half, and what their painting would take is left to the engine.
        """
        # The first of a run, or of a way back, is shown everywhere: no view tells of another one.
        onward = len(self.frames) == len(frames) and self.frames[0].step < frames[0].step
        hurried = hurried and onward
        self.frames = frames
        self._turn += 1
        # Where fewer of the smaller views have their turn: the formula, or the other words.
        self.telling = not hurried or self._turn % WORDS == TURNS - 1
        if self.look.until is not None and frames[0].trace.last < self.look.until:
            self.look = self.look.with_(until=None)  # a new run: its steps are yet to come
            self.changed.emit()
        self.hurried = hurried
        if self._every == 1:
            self._show(self.resting(self.stage))
        elif self._every and self._turn % self._every == 0:
            self._show(set())

    def resting(self, stage: Lanes) -> set[str]:
        """Return which parts of a stage keep what they show, this time."""
        resting: set[str] = set()
        if self.hurried:
            smaller = [view.name for view in stage.views()[1:] if not view.isHidden()]
            resting.update(n for i, n in enumerate(smaller) if (i - self._turn) % TURNS)
            if not self.telling:
                resting.add("words")
            if self._turn % WORDS != WORDS - 1:
                resting.add("story")
            if self._turn % 2:
                resting.add("map")
            if self._turn % (2 * TURNS) < TURNS:
                resting.add("run")
        return resting

    def stand_aside(self, every: int, views: Iterable[str] = ()) -> None:
        """Show only one frame of ``every`` so many, of these ``views``; 0: none, 1: as usual again.

        Then a stage on another screen shows all of them, and nothing is painted twice.
        """
        aside = (every, frozenset(views))
        if aside != (self._every, self._beside):
            self._every, self._beside = aside
            if self.frames and every:
                self._show(set())

    def _show(self, resting: Collection[str]) -> None:
        look, frames = self.look, self.frames
        if self._beside:
            look = looks.seen(self._beside, look)
        # The window tells of the driven lane's trouble in its own bar, where there are buttons.
        first = replace(frames[0], trouble="") if frames[0].trouble else frames[0]
        self.stage.show_frame((first, *frames[1:]), look, resting)

    def set_look(self, look: Look) -> None:
        """Show the latest frames through another look."""
        before = self.look.with_(maximised="")
        asked = look.with_(maximised="").seen & set(SLOTS[2]) - before.seen
        if asked and "graph" in before.seen and self.stage.crowded(look):
            look = look.with_(hidden=look.hidden | {"graph"})  # which stands in its place
        self.look = look
        if self.frames:
            self.show_frames(self.frames)
            if self._every > 1:
                self._show(set())
        else:
            self.stage.show_message(self.loading, look)
        self.changed.emit()

    def show_loading(self, words: str) -> None:
        """Say what is being waited for, where there is no frame yet."""
        self.loading = words or LOADING
        if not self.frames:
            self.stage.show_message(self.loading, self.look)

    @Slot(str, bool)
    def toggle_layer(self, layer: str, on: bool) -> None:
        """Show or hide a layer."""
        layers = self.look.layers | {layer} if on else self.look.layers - {layer}
        self.set_look(self.look.with_(layers=layers))

    @Slot(str)
    def maximise(self, view: str) -> None:
        """Fill the stage with a view, or show all again."""
        self.set_look(self.look.with_(maximised="" if self.look.maximised == view else view))

    @Slot(object)
    def change_look(self, changes: Mapping[str, Any]) -> None:
        """Show the latest frames with some fields of the look replaced."""
        self.set_look(self.look.with_(**changes))

    @Slot(bool)
    def show_view(self, on: bool) -> None:
        """Show or hide the view that the sending action names."""
        action = self.sender()
        assert isinstance(action, QAction)
        name = str(action.data())
        hidden = self.look.hidden - {name} if on else self.look.hidden | {name}
        fronts = {}
        if name in SLOTS[2] and self.stage.crowded():
            # The model has taken its place: it shall be back.
            on, hidden = True, (self.look.hidden | {"graph"}) - {name}
        if on:
            fronts = {
                p: name for p, names in (("upper", SLOTS[1]), ("lower", SLOTS[2])) if name in names
            }
        self.set_look(self.look.with_(hidden=hidden, maximised="", **fronts))

    @Slot()
    def show_graph(self) -> None:
        """Show the model graph, unless it is there already."""
        if "graph" not in self.look.seen:
            self.set_look(self.look.with_(hidden=self.look.hidden - {"graph"}, maximised=""))

    def show_all(self) -> None:
        """Show the views that are shown at first."""
        fresh = Look()
        self.set_look(
            self.look.with_(hidden=fresh.hidden, upper=fresh.upper, lower=fresh.lower, maximised="")
        )

    def set_theme(self, choice: str) -> None:
        """Wear a theme: ``system``, ``light`` or ``dark``."""
        self.choice = choice if choice in style.CHOICES else "system"
        name = style.resolved(self.choice)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        with self.alone():
            style.dress(app, name, self._wide)
        self.set_look(self.look.with_(theme=name))

    def fit(self, wide: int) -> None:
        """Have controls no larger than there is room for in a window of this width."""
        before, self._wide = self._wide, wide
        if (before < style.NARROW) != (wide < style.NARROW):
            self.set_theme(self.choice)

    @Slot(QAction)
    def choose_theme(self, action: QAction) -> None:
        """Wear the theme that an action names, from now on."""
        self.set_theme(str(action.data()))

    @Slot()
    def _scheme_changed(self) -> None:
        if self.choice == "system":
            self.set_theme("system")

    def remember(self) -> None:
        """Keep what shall be so at the next start."""
        self._store.setValue("theme", self.choice)
        self._store.setValue("hidden", ",".join(sorted(self.look.hidden)))
        self._store.setValue("upper", self.look.upper)
        self._store.setValue("lower", self.look.lower)
