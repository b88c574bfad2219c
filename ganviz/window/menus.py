"""Menus and keys: every command once, with its words, its key and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from ganviz.presets import Preset

Act = Callable[..., Any]


class Menus(QObject):
    """Builds the menu bar, and remembers its actions by name."""

    def __init__(self, bar: QMenuBar, owner: QObject) -> None:
        super().__init__(owner)
        self._bar = bar
        self._owner = owner
        self.actions: dict[str, QAction] = {}

    def menu(self, title: str) -> QMenu:
        """Add a menu."""
        menu = self._bar.addMenu(title)
        menu.setToolTipsVisible(True)
        return menu

    def act(
        self,
        menu: QMenu,
        name: str,
        title: str,
        slot: Act,
        *keys: str,
        role: QAction.MenuRole = QAction.MenuRole.NoRole,
    ) -> QAction:
        """Add a command; the first key is shown, all work."""
        action = QAction(title, self._owner)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setMenuRole(role)
        action.triggered.connect(slot)
        menu.addAction(action)
        self.actions[name] = action
        return action

    def tick(
        self, menu: QMenu, name: str, title: str, slot: Act, *keys: str, on: bool = False
    ) -> QAction:
        """Add a command that is on or off; ``slot`` takes which."""
        action = QAction(title, self._owner)
        action.setCheckable(True)
        action.setChecked(on)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setMenuRole(QAction.MenuRole.NoRole)
        action.triggered.connect(slot)
        menu.addAction(action)
        self.actions[name] = action
        return action

    def pick(self, menu: QMenu, title: str, choices: Mapping[str, str], slot: Act) -> QActionGroup:
        """Add a submenu of exclusive choices; each action's data is its name."""
        inner = menu.addMenu(title)
        group = QActionGroup(self._owner)
        for name, words in choices.items():
            action = QAction(words, group)
            action.setCheckable(True)
            action.setData(name)
            inner.addAction(action)
        group.triggered.connect(slot)
        return group

    def presets(self, menu: QMenu, presets: Mapping[str, Preset], slot: Act) -> None:
        """Add the presets; the first nine get the keys 1 to 9."""
        group = QActionGroup(self._owner)
        group.setExclusive(False)
        for index, preset in enumerate(presets.values()):
            action = QAction(preset.title, group)
            action.setData(preset.name)
            action.setToolTip(preset.text)
            if index < 9:
                action.setShortcut(QKeySequence(str(index + 1)))
            menu.addAction(action)
            self.actions[f"preset {preset.name}"] = action
        group.triggered.connect(slot)

    def number_presets(self, on: bool) -> None:
        """Give the first presets their keys, or take them away."""
        presets = [each for name, each in self.actions.items() if name.startswith("preset ")]
        for number, action in enumerate(presets[:9], 1):
            action.setShortcuts([QKeySequence(str(number))] if on else [])

    def rows(self) -> list[tuple[str, str]]:
        """Return (keys, words) of every command that has a key."""
        native = QKeySequence.SequenceFormat.NativeText
        return [
            (
                " or ".join(key.toString(native) for key in action.shortcuts()),
                action.text().replace("&", "").rstrip("…"),
            )
            for action in self.actions.values()
            if action.shortcuts()
        ]
