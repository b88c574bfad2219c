"""Hand: what the mouse and the keys do with the views: menus, drawing, the probe, copies."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from ganviz.views.distribution import Distribution
from ganviz.views.probe import dropped
from ganviz.views.stage import KINDS
from ganviz.window.files import Files
from ganviz.window.menus import Menus
from ganviz.window.scene import Scene

#: How far a key moves the probe, as a share of the axis.
NUDGE = 0.01


class Hand(QObject):
    """Knows the views by name, and what can be done with one."""

    def __init__(self, scene: Scene, files: Files, parent: QObject) -> None:
        super().__init__(parent)
        self._scene = scene
        self._files = files
        self._stage = scene.stage
        self._menus: Menus | None = None
        self._stage.menu_wanted.connect(self.show_menu)

    @property
    def canvas(self) -> Distribution:
        """The view that can be drawn on."""
        view = self._stage.distribution
        assert isinstance(view, Distribution)
        return view

    def fill(self, menus: Menus, menu: QMenu) -> None:
        """Add the commands to a menu."""
        self._menus = menus
        menus.act(menu, "copy picture", "Copy picture", self.copy, "Ctrl+C")
        menu.addSeparator()
        menus.tick(menu, "draw", "Draw the data", self.draw, "B")
        menu.addSeparator()
        menus.act(menu, "probe", "Drop a probe, or remove it", self.toggle_probe, "P")
        for words, key, axis, sign in (
            ("left", "Left", 0, -1.0),
            ("right", "Right", 0, 1.0),
            ("down", "Down", 1, -1.0),
            ("up", "Up", 1, 1.0),
        ):
            menus.act(
                menu, f"probe {words}", f"Probe {words}", self._mover(axis, sign), f"Shift+{key}"
            )
        self.canvas.editor.switched.connect(self._drawing_changed)
        self._scene.changed.connect(self._look_changed)
        self._look_changed()

    # ---- drawing ------------------------------------------------------------------------------

    @Slot(bool)
    def draw(self, on: bool) -> None:
        """Let the mouse draw the data, or no longer."""
        look = self._scene.look
        if on and "distribution" not in look.seen:
            self._scene.change_look({"maximised": "", "hidden": look.hidden - {"distribution"}})
        self.canvas.draw(on)
        self._drawing_changed(self.canvas.editor.on)

    @Slot()
    def undo(self) -> None:
        """Undo the last stroke."""
        self.canvas.editor.undo()

    @Slot(bool)
    def _drawing_changed(self, on: bool) -> None:
        if self._menus is not None:
            self._menus.actions["draw"].setChecked(on)

    def escape(self) -> bool:
        """End what the hand is at, drawing first; return whether there was anything to end."""
        stage, focus = self._stage, self._stage.window().focusWidget()
        if focus is None or not (focus is stage or stage.isAncestorOf(focus)):
            return False
        if self.canvas.editor.on:
            self.draw(False)
            return True
        if self._scene.look.probe:
            self._scene.change_look({"probe": ()})
            return True
        return False

    # ---- the probe ----------------------------------------------------------------------------

    @Slot()
    def toggle_probe(self) -> None:
        """Drop a probe in the middle of the data, or take it away."""
        look, frames = self._scene.look, self._scene.frames
        if not frames:
            return
        if len(look.probe) == frames[0].dim:
            self._scene.change_look({"probe": ()})
            return
        middle = tuple((low + high) / 2 for low, high in frames[0].ranges.data)
        self._scene.change_look(dropped(look.with_(probe=()), middle))

    def _mover(self, axis: int, sign: float) -> Callable[[], None]:
        def move() -> None:
            look, frames = self._scene.look, self._scene.frames
            if not frames or axis >= len(look.probe) or len(look.probe) != frames[0].dim:
                return
            low, high = frames[0].ranges.data[axis]
            at = list(look.probe)
            at[axis] += sign * NUDGE * (high - low)
            self._scene.change_look(dropped(look, tuple(at)))

        return move

    @Slot()
    def _look_changed(self) -> None:
        if self._menus is not None:
            there = bool(self._scene.look.probe)
            for words in ("left", "right", "down", "up"):
                self._menus.actions[f"probe {words}"].setEnabled(there)

    # ---- copies, and the menu of a view -------------------------------------------------------

    @Slot()
    def copy(self) -> None:
        """Copy the view that fills the stage, or the whole stage."""
        name = self._scene.look.maximised
        self._files.copy_picture(self._stage.view(name) if name in KINDS else self._stage)

    @Slot(str, QPoint)
    def show_menu(self, name: str, at: QPoint) -> None:
        """Open the menu of a view."""
        self.menu(name).popup(at)

    def menu(self, name: str) -> QMenu:
        """Return the menu of a view; it goes away when it is closed."""
        view = self._stage.view(name)
        menu = QMenu(self._stage.window())
        menu.aboutToHide.connect(menu.deleteLater)

        def act(words: str, slot: Callable[[], object]) -> QAction:
            action = menu.addAction(words)
            action.triggered.connect(lambda: slot())
            return action

        act("Copy picture", lambda: self._files.copy_picture(view))
        act("Copy as SVG", lambda: self._files.copy_svg(view))
        act("Save picture…", lambda: self._files.ask_save_view(view, name))
        menu.addSeparator()
        if name == "distribution":
            drawing = self.canvas.editor.on
            act("Done drawing" if drawing else "Draw the data", lambda: self.draw(not drawing))
        if name in ("distribution", "probe") and self._scene.look.probe:
            act("Remove probe", lambda: self._scene.change_look({"probe": ()}))
        full = self._scene.look.maximised == name
        act("Show all views" if full else "Maximise", lambda: self._scene.maximise(name))
        act("Hide", lambda: self._hide(name))
        return menu

    def _hide(self, name: str) -> None:
        look = self._scene.look
        self._scene.change_look({"hidden": look.hidden | {name}, "maximised": ""})
