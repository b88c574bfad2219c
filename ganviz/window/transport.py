"""The transport: preset, reset, seed, play and step, speed, and the numbers of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isinf, log10
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ganviz.frame import Frame
from ganviz.presets import Preset
from ganviz.views.ink import THIN, whole
from ganviz.window.fields import Choices
from ganviz.window.keys import Manners
from ganviz.window.pump import FRAMES, dropped
from ganviz.window.readout import Readout
from ganviz.window.scale import significant
from ganviz.window.style import set_icon, set_width

if TYPE_CHECKING:
    from ganviz.lesson import Lesson

DROPPED = (
    f"This machine has not the time to paint every frame, up to {FRAMES} a second, while it "
    "trains. They are dropped evenly; every picture that is shown is a true state of the run."
)
#: The speed slider: positions 0 to LAST are 1 to FASTEST steps a second; END is flat out.
LAST, END, FASTEST = 100, 106, 2000.0


def speed_at(tick: int) -> float:
    """Return the steps a second at a slider position."""
    if tick > (LAST + END) // 2:
        return inf
    return max(1.0, round(significant(FASTEST ** (min(tick, LAST) / LAST), 2)))


def tick_of(speed: float) -> int:
    """Return the slider position of a number of steps a second."""
    if isinf(speed):
        return END
    return round(LAST * log10(min(max(speed, 1.0), FASTEST)) / log10(FASTEST))


def speed_words(speed: float) -> str:
    """Say a speed."""
    if isinf(speed):
        return "flat out"
    return f"{whole(round(speed))} step{'s' if speed != 1 else ''}/s"


#: What is shown in place of a preset where there is none.
OWN = "Own settings"


def played(frames: Sequence[Frame]) -> tuple[str, str]:
    """Return which kernels play the lanes, and why each does, by lane where they differ."""
    kernels = dict.fromkeys(frame.kernel for frame in frames)
    if len(kernels) == 1:
        return frames[0].kernel, frames[0].about_kernel
    told = (f"{frame.lane}: {frame.about_kernel}" for frame in frames)
    return "/".join(kernels), "\n".join(told)


class Transport(QWidget):
    """Buttons that ask; what they show follows from what the host tells."""

    preset_wanted = Signal(str)
    reset_wanted = Signal()
    seed_wanted = Signal()
    play_wanted = Signal()
    step_wanted = Signal()
    player_wanted = Signal(str)
    speed_wanted = Signal(float)

    def __init__(self, presets: Mapping[str, Preset], manners: Manners) -> None:
        super().__init__()
        self.ready = False
        self.setObjectName("transport")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._manners = manners
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(12, 6, 16, 6)
        self._line.setSpacing(4)
        self.lessons = self._button("book-open", "Lessons", "Lessons (L shows all of them)")
        self.lessons.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._presets = dict(presets)
        self.preset = Choices()
        self.preset.setAccessibleName("Preset")
        self.preset.setToolTip("Preset (keys 1 to 9; Page Up and Page Down)")
        self.preset.setMaxVisibleItems(20)
        self.preset.setMinimumContentsLength(10)
        self.preset.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.preset.setMaximumWidth(280)
        self.preset.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.preset.setPlaceholderText(OWN)
        for index, preset in enumerate(self._presets.values()):
            key = f"{index + 1}  " if index < 9 else ""
            self.preset.addItem(key + preset.title, preset.name)
            self.preset.setItemData(index, preset.text, Qt.ItemDataRole.ToolTipRole)
        self.preset.activated.connect(self._preset_activated)
        manners.teach(self.preset)
        self._line.addWidget(self.preset, 2)
        self._gap()
        self.reset = self._button("rotate-ccw", "Restart", "Start the run again (R)")
        self.seed = self._button("dices", "New seed", "Start again with the next seed (N)")
        self.seed.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._gap()
        self.play = self._button("play", "Play", "Play (Space)")
        self.step = self._button("step-forward", "Step", "One step (. or →)")
        #: The player who moves first: D, or an encoder.
        self.first = "discriminator"
        self.step_d = self._button("", "D-step", "The discriminator alone takes a step (D)")
        self.step_g = self._button("", "G-step", "The generator alone takes a step (G)")
        self._gap()
        self.speed = QSlider(Qt.Orientation.Horizontal)
        self.speed.setRange(0, END)
        self.speed.setPageStep(10)
        set_width(self.speed, 96)
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("Speed: from 1 step a second to flat out, at the right end")
        self.speed.valueChanged.connect(self._speed_changed)
        manners.teach(self.speed)
        self._line.addWidget(self.speed)
        self._line.addSpacing(4)
        self.speed_words = Readout("Speed", speed_words(2000), right=False)
        self._line.addWidget(self.speed_words)
        self._line.addStretch(1)
        numbers = QVBoxLayout()
        numbers.setSpacing(0)
        self.counter = Readout("Steps", f"step 88{THIN}888{THIN}888", bold=True)
        widest = f"88{THIN}888 steps/s · 88 fps, 88 dropped · CPU, compiled"
        self.rates = Readout("Speed, pictures, device and kernel", widest, quiet=True, small=True)
        numbers.addWidget(self.counter, 0, Qt.AlignmentFlag.AlignRight)
        numbers.addWidget(self.rates, 0, Qt.AlignmentFlag.AlignRight)
        self._line.addLayout(numbers)
        self._device = self._kernel = self._about = ""
        self._playing = self._past = False
        self.reset.clicked.connect(self.reset_wanted)
        self.seed.clicked.connect(self.seed_wanted)
        self.play.clicked.connect(self.play_wanted)
        self.step.clicked.connect(self.step_wanted)
        self.step_d.clicked.connect(self._d_clicked)
        self.step_g.clicked.connect(self._g_clicked)
        self.set_ready(False)

    def set_ready(self, ready: bool) -> None:
        """Enable what needs an engine."""
        self.ready = ready
        for button in (self.reset, self.seed, self.play, self.step, self.step_d, self.step_g):
            button.setEnabled(ready)

    def show_preset(self, name: str, lesson: Lesson | None = None) -> None:
        """Show which preset is open; none of them for a lesson, and for settings of one's own."""
        self.preset.setPlaceholderText(OWN if lesson is None else lesson.title)
        self.preset.setCurrentIndex(self.preset.findData(name) if lesson is None else -1)
        self.preset.update()

    def show_playing(self, playing: bool) -> None:
        """Show whether the run is going on."""
        self._playing = playing
        set_icon(self.play, "pause" if playing else "play")
        self._name_play()

    def show_past(self, past: bool) -> None:
        """Show whether what comes next is on the tape."""
        if past != self._past:
            self._past = past
            self._name_play()

    def _name_play(self) -> None:
        word = "Pause" if self._playing else "Play"
        along = " along the tape" if self._past else ""
        self.play.setAccessibleName(word)
        self.play.setToolTip(f"{word}{'' if self._playing else along} (Space)")
        self.step.setToolTip(f"One step{along} (. or →)")

    def show_seed(self, seed: int) -> None:
        """Show the seed in force."""
        text = f"seed {seed}"
        if self.seed.text() != text:
            self.seed.setText(text)

    def show_speed(self, speed: float) -> None:
        """Show the speed in force."""
        self.speed.blockSignals(True)
        self.speed.setValue(tick_of(speed))
        self.speed.blockSignals(False)
        self.speed_words.show_text(speed_words(speed))

    def show_frame(self, frame: Frame, *others: Frame) -> None:
        """Show the numbers of a frame, and what plays it and the frames of other lanes."""
        self.counter.show_text(f"step {whole(frame.step)}")
        known = frame.device in ("cpu", "cuda", "mps")
        self._device = frame.device.upper() if known else frame.device
        self._kernel, self._about = played((frame, *others))

    def show_rates(self, steps: float, pictures: float) -> None:
        """Show steps and painted frames a second, and what computes them.

        Where there are more steps than pictures, and clearly fewer of these than wanted, it says
        so. The kernel is always named; where there is little room the word itself goes, and then
        the device.
        """
        missing = dropped(pictures, steps)
        lost = f", {missing:.0f} dropped" if missing else ""
        numbers = (
            f"{whole(round(steps))} steps/s" if steps else "",
            f"{pictures:.0f} fps{lost}" if pictures else "",
        )
        machines = (
            (f"{self._device}, {self._kernel} kernel", f"{self._device}, {self._kernel}")
            if self._kernel
            else ("",)
        )
        about = f"{DROPPED}\n{self._about}" if missing else self._about
        self.rates.setToolTip(about.strip())
        self.rates.show_first(
            *(
                " · ".join(word for word in (*numbers, machine) if word)
                for machine in (*machines, self._kernel)
            )
        )

    def _gap(self) -> None:
        rule = QFrame()
        rule.setObjectName("rule")
        rule.setFixedSize(1, 20)
        self._line.addSpacing(4)
        self._line.addWidget(rule)
        self._line.addSpacing(4)

    def _button(self, icon: str, name: str, tip: str) -> QToolButton:
        button = QToolButton()
        if icon:
            set_icon(button, icon)
        else:
            button.setText(name)
        button.setAccessibleName(name)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._manners.teach(button)
        self._line.addWidget(button)
        return button

    def show_first(self, player: str, letter: str) -> None:
        """Show whose step the first of the two buttons is."""
        if player != self.first:
            self.first = player
            self.step_d.setText(f"{letter}-step")
            self.step_d.setAccessibleName(f"{letter}-step")
            self.step_d.setToolTip(f"The {player} alone takes a step (D)")

    @Slot(int)
    def _preset_activated(self, index: int) -> None:
        self.preset_wanted.emit(str(self.preset.itemData(index)))

    @Slot(int)
    def _speed_changed(self, tick: int) -> None:
        speed = speed_at(tick)
        self.speed_words.show_text(speed_words(speed))
        self.speed_wanted.emit(speed)

    @Slot()
    def _d_clicked(self) -> None:
        self.player_wanted.emit(self.first)

    @Slot()
    def _g_clicked(self) -> None:
        self.player_wanted.emit("generator")
