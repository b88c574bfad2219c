"""Run: what the user may ask of the run, whichever button, key or menu they ask it by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QAction

from ganviz.host import EngineThread
from ganviz.presets import Preset, presets
from ganviz.window.pump import Pump

if TYPE_CHECKING:
    from ganviz.lesson import Lesson

#: Time between two phases in slow motion, milliseconds.
BEAT_MS = 1200


#: What a game without a title is called on the tape.
OWN = "Own settings"


class Run(QObject):
    """Passes wishes on to the host, and looks for the picture of their outcome.

    Signals
    -------
    opened (Preset)
        Another preset was opened.
    walked (whether it walks)
        Slow motion began or ended: phases follow each other by themselves.
    phased
        A phase of a round laid open is to be seen.
    """

    opened = Signal(object)
    walked = Signal(bool)
    phased = Signal()

    def __init__(
        self,
        preset: Preset,
        host: EngineThread,
        pump: Pump,
        parent: QObject,
        lesson: Lesson | None = None,
    ) -> None:
        super().__init__(parent)
        self.presets = presets()
        self.preset: Preset | None = preset
        #: The lesson whose game it is, if it is one's.
        self.lesson = lesson
        #: The player who moves first: D, or an encoder.
        self.first = "discriminator"
        # What was open, while an opening may be refused.
        self._before: tuple[Preset, Lesson | None] | None = None
        self._host = host
        self._pump = pump
        #: Whether a question waits for an answer before the run begins.
        self.waits: Callable[[], bool] = lambda: False
        self._beats = QTimer(self)
        self._beats.setInterval(BEAT_MS)
        self._beats.timeout.connect(self._show_phase)

    @property
    def walking(self) -> bool:
        """Whether slow motion goes from phase to phase by itself."""
        return self._beats.isActive()

    @Slot(bool)
    def walk(self, on: bool) -> None:
        """Begin slow motion, or end it: the phase that is shown stays, to go on by hand."""
        if on == self.walking:
            return
        if on:
            self._beats.start()
            self.phased.emit()
            self._show_phase()
        else:
            self._beats.stop()
        self.walked.emit(on)

    @Slot()
    def next_phase(self) -> None:
        """Show the next phase of a round laid open, and wait there."""
        self.walk(False)
        self.phased.emit()
        self._show_phase()

    @Slot()
    def _show_phase(self) -> None:
        self._host.next_phase()
        self._pump.hurry()

    @Slot()
    def play(self) -> None:
        """Run at the set speed."""
        self.walk(False)
        self._host.play()
        self._pump.hurry()

    def begin(self) -> None:
        """Play, unless a question comes first."""
        if self.waits():
            self.walk(False)
            self._host.pause()
            self._pump.hurry()
        else:
            self.play()

    @Slot()
    def toggle(self) -> None:
        """Play or pause; out of slow motion, play."""
        self.walk(False)
        if self._host.playing:
            self._host.pause()
        else:
            self._host.play()
        self._pump.hurry()

    @Slot()
    def step(self) -> None:
        """Take one step."""
        self.walk(False)
        self._host.step()
        self._pump.hurry()

    @Slot()
    def step_d(self) -> None:
        """Let the player who moves first move alone: the discriminator, or an encoder."""
        self.step_player(self.first)

    @Slot()
    def step_g(self) -> None:
        """Let the generator move alone."""
        self.step_player("generator")

    @Slot(str)
    def step_player(self, player: str) -> None:
        """Let one player move alone."""
        self.walk(False)
        self._host.step_player(player)
        self._pump.hurry()

    @Slot()
    def reset(self) -> None:
        """Begin the run again, with the settings as they are."""
        self.walk(False)
        self._host.reset()
        self._pump.hurry()

    @Slot()
    def reset_and_play(self) -> None:
        """Begin the run again, and run."""
        self.reset()
        self.play()

    @Slot()
    def new_seed(self) -> None:
        """Begin the run again with the next seed."""
        self.walk(False)
        self._host.new_seed()
        self._pump.hurry()

    @Slot()
    def go_back(self) -> None:
        """After a divergence, take up the last finite moment."""
        self.walk(False)
        self._host.go_back()
        self._pump.hurry()

    @Slot(float)
    def set_speed(self, speed: float) -> None:
        """Limit the speed, in steps a second."""
        self._host.set_speed(speed)

    def change(self, values: Mapping[str, Any]) -> None:
        """Change parameters at the next step."""
        self._host.change(values)
        self._pump.hurry()

    @Slot(object)
    def open(
        self,
        preset: Preset,
        lesson: Lesson | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin a new run with a preset, and play it; with a lesson, as its script says.

        It begins with other values where some are given.

        Where the lesson asks first, the run waits for an answer at its beginning, or for Space.
        """
        self._before = None if self.preset is None else (self.preset, self.lesson)
        self.preset, self.lesson = preset, lesson
        script = () if lesson is None else lesson.played
        settings = preset.settings.with_(values or {})
        self._host.open(settings, preset.title or OWN, script)
        self._host.set_speed(preset.speed)
        self.opened.emit(replace(preset, settings=settings))
        self.begin()

    def opened_well(self) -> None:
        """Take note that the host has adopted what was opened."""
        self._before = None

    def refused(self) -> bool:
        """Take note of a refusal; True if it was an opening, and what was open before is back."""
        if self._before is None:
            return False
        (self.preset, self.lesson), self._before = self._before, None
        self._host.set_speed(self.preset.speed)
        return True

    def put_away(self) -> None:
        """Take note that a run from a file takes the place of the preset."""
        self.walk(False)
        self.preset = self.lesson = self._before = None
        self._pump.hurry()

    def name(self, title: str, lesson: Lesson | None = None) -> None:
        """Take note that the game of that title runs again: a lesson's, or one of the presets."""
        named = (preset for preset in self.presets.values() if preset.title == title)
        self.preset = next(named, None) if lesson is None else lesson.game
        self.lesson = lesson

    def nothing_open(self) -> None:
        """Take note that the first preset was refused and the default game runs."""
        self.preset = self.lesson = self._before = None

    @Slot()
    def open_again(self) -> None:
        """Begin again with the open preset's own settings."""
        self.open_with({})

    def open_with(self, values: Mapping[str, Any]) -> None:
        """Begin again with the open preset's own settings, but for these values."""
        if self.preset is not None:
            self.open(self.preset, self.lesson, values)

    def leave_lesson(self) -> None:
        """Go on with the game of a lesson as with any other: nothing more comes by itself."""
        self.lesson = None
        self._host.end_script()

    @Slot(str)
    def open_named(self, name: str) -> None:
        """Open one of the presets that come with ganviz."""
        self.open(self.presets[name])

    @Slot(QAction)
    def open_chosen(self, action: QAction) -> None:
        """Open the preset that an action names."""
        self.open_named(str(action.data()))

    @Slot()
    def open_next(self) -> None:
        """Open the preset after this one."""
        self._open_neighbour(1)

    @Slot()
    def open_previous(self) -> None:
        """Open the preset before this one."""
        self._open_neighbour(-1)

    def _open_neighbour(self, by: int) -> None:
        names = list(self.presets)
        name = self.preset.name if self.preset is not None else ""
        here = names.index(name) if name in names else (-1 if by > 0 else 0)
        self.open_named(names[(here + by) % len(names)])
