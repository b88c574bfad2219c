"""Scene: the latest frames through the present look, on the stage."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QSettings, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication

from ganviz.frame import Frame, Look
from ganviz.views.stage import Stage
from ganviz.window import style

LOADING = "Loading PyTorch…"


class Scene(QObject):
    """Holds the look and the latest frames, and shows the one through the other.

    Signals
    -------
    changed
        The look is another one.
    """

    changed = Signal()

    def __init__(self, stage: Stage, store: QSettings, parent: QObject) -> None:
        super().__init__(parent)
        self.stage = stage
        self.frames: tuple[Frame, ...] = ()
        self._turn = False
        self._store = store
        self.choice = str(store.value("theme", "system"))
        hidden = frozenset(filter(None, str(store.value("hidden", "")).split(",")))
        self.look = Look(theme=style.resolved(self.choice), hidden=hidden)
        stage.layer_toggled.connect(self.toggle_layer)
        stage.maximise_wanted.connect(self.maximise)
        stage.style_wanted.connect(self.set_style)
        stage.arrows_wanted.connect(self.set_arrows)
        stage.portrait_wanted.connect(self.set_portrait)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._scheme_changed)

    def show_frames(self, frames: tuple[Frame, ...], hurried: bool = False) -> None:
        """Show frames, one per lane.

        When ``hurried`` the largest view shows each frame and the smaller ones take turns: they
        look the same at half the rate, and what their painting would take is left to the engine.
        """
        self.frames = frames
        self._turn = not self._turn
        smaller = [view.name for view in self.stage.views()[1:] if not view.isHidden()]
        resting = smaller[self._turn :: 2] if hurried and len(smaller) > 1 else ()
        # The window tells of trouble in its own bar, where there are buttons.
        shown = tuple(replace(each, trouble="") if each.trouble else each for each in frames)
        self.stage.show_frame(shown, self.look, resting)

    @property
    def wants(self) -> frozenset[str]:
        """The layers to be seen: what only a hidden one shows need not be computed."""
        view, look = self.stage.distribution.name, self.look
        seen = look.maximised == view if look.maximised else view not in look.hidden
        return look.layers if seen else frozenset()

    def set_look(self, look: Look) -> None:
        """Show the latest frames through another look."""
        self.look = look
        if self.frames:
            self.show_frames(self.frames)
        else:
            self.stage.show_message(LOADING, look)
        self.changed.emit()

    @Slot(str, bool)
    def toggle_layer(self, layer: str, on: bool) -> None:
        """Show or hide a layer."""
        layers = self.look.layers | {layer} if on else self.look.layers - {layer}
        self.set_look(self.look.with_(layers=layers))

    @Slot(str)
    def maximise(self, view: str) -> None:
        """Fill the stage with a view, or show all again."""
        self.set_look(self.look.with_(maximised="" if self.look.maximised == view else view))

    @Slot(str)
    def set_style(self, wanted: str) -> None:
        """Show 2-D samples as dots or as a histogram."""
        self.set_look(self.look.with_(style=wanted))

    @Slot(str)
    def set_arrows(self, loss: str) -> None:
        """Draw the pull of another loss; an empty name is the one played."""
        self.set_look(self.look.with_(arrows=loss))

    @Slot(str)
    def set_portrait(self, name: str) -> None:
        """Show another saddle picture."""
        self.set_look(self.look.with_(portrait=name))

    @Slot(bool)
    def show_view(self, on: bool) -> None:
        """Show or hide the view that the sending action names."""
        action = self.sender()
        assert isinstance(action, QAction)
        name = str(action.data())
        hidden = self.look.hidden - {name} if on else self.look.hidden | {name}
        self.set_look(self.look.with_(hidden=hidden, maximised=""))

    def show_all(self) -> None:
        """Show all views."""
        self.set_look(self.look.with_(hidden=frozenset(), maximised=""))

    def set_theme(self, choice: str) -> None:
        """Wear a theme: ``system``, ``light`` or ``dark``."""
        self.choice = choice if choice in style.CHOICES else "system"
        name = style.resolved(self.choice)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        style.dress(app, name)
        self.set_look(self.look.with_(theme=name))

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
