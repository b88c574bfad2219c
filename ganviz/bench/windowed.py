"""The window, really painting, beside the training: what each costs the other.

Painted frames are counted, not timer ticks, which go on in a starved window: a frame counts when
the canvas of the largest view has painted a step that it had not painted before. The window paints
and rests in turn, and while it rests the same game runs without one, in the same process.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PySide6.QtCore import QEvent, QEventLoop, QObject, QSettings, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSlider

from ganviz.bench.row import Effort, Row, Stopped
from ganviz.engine import Engine
from ganviz.engine.kernels.ahead import WINGS
from ganviz.host import EngineThread, Wish, Witness
from ganviz.presets import Preset, presets
from ganviz.settings import Settings
from ganviz.tape.lanes import Lanes
from ganviz.window.main import MainWindow, application
from ganviz.window.number import NumberField
from ganviz.window.upkeep import Garbage

FloatArray = npt.NDArray[np.float64]

#: The game of the comparison with the plain loop, and the usual size of a window.
GAME, SIZE = "two-modes", (1400, 800)
#: (frames a second, least share of the steps without a window)
PACES = ((60, 0.8), (30, 0.9))
#: Frames shall follow each other, and a moved slider shall be heard, in so many milliseconds.
PROMPT_MS = 20.0
#: Which slider is moved, how often, and the time between two moves, seconds.
PATH, MOVES = "optim.lr_d", 220
PAUSES = (0.04, 0.09)
#: Steps of a call into an engine without a window.
CALL_STEPS = 100
#: Longest wait for a window to come up and train, seconds.
PATIENCE = 120.0
#: After so many seconds a move has not been heard at all.
DEAF = 10.0


class Told(Witness):
    """Notes when a frame's step was reached, and when a change was first used."""

    def __init__(self) -> None:
        #: When the step of a frame was reached, by step: before the frame was made.
        self.reached: dict[int, float] = {}
        #: (what was changed, when the call began that first used it, and when it had ended)
        self.used: list[tuple[Mapping[str, Any], float, float]] = []
        self._fresh: dict[str, Any] = {}
        self._began = 0.0

    def framing(self, step: int) -> None:
        """Note when it was reached."""
        self.reached[step] = perf_counter()

    def granted(self, wish: Wish) -> None:
        """Keep a change for the call that comes next."""
        if wish.kind == "change":
            self._fresh = dict(wish.value)

    def stepping(self) -> None:
        """Note when it began."""
        self._began = perf_counter()

    def stepped(self) -> None:
        """Note which change it was the first to use."""
        fresh, self._fresh = self._fresh, {}
        if fresh:
            self.used.append((fresh, self._began, perf_counter()))


class Painted(QObject):
    """Notes each step that the canvas of the largest view paints, when it has been painted."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        #: (time, step) of each newly painted step.
        self.seen: list[tuple[float, int]] = []
        window.stage.distribution.canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let it paint, and note what and when; called by Qt."""
        if event.type() != QEvent.Type.Paint:
            return False
        watched.event(event)
        frames = self._window.scene.frames
        if frames and (not self.seen or frames[0].step != self.seen[-1][1]):
            self.seen.append((perf_counter(), frames[0].step))
        return True


class Mover(QObject):
    """Moves a slider from another thread at times of its own, as a hand does.

    A move waits, as that of a mouse does, until the window has time for it: that counts.
    """

    moved = Signal(int)

    def __init__(self, field: NumberField, count: int) -> None:
        super().__init__()
        assert isinstance(field.slider, QSlider)
        assert field.scale is not None
        self._slider, self._scale = field.slider, field.scale
        self._count = count
        self._middle = self._slider.value()
        #: (when the slider was moved, the value it was moved to)
        self.moves: list[tuple[float, float]] = []
        self.moved.connect(self._move)
        self._thread = threading.Thread(target=self._go, daemon=True)

    def start(self) -> None:
        """Take hold of the slider and begin."""
        self._slider.setSliderDown(True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether every move has been made."""
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Let go of the slider; a hand that still moves stops by itself."""
        self._count = 0
        self._thread.join()
        self._slider.setSliderDown(False)

    def _go(self) -> None:
        random, number = Random(1), 0
        while number < self._count:
            sleep(random.uniform(*PAUSES))
            # To and fro about where it was, never the same value twice in a row.
            tick = self._middle + (1 + number % 7) * (1 if number % 2 else -1)
            self.moves.append((perf_counter(), float(self._scale.value(tick))))
            self.moved.emit(tick)
            number += 1

    @Slot(int)
    def _move(self, tick: int) -> None:
        self._slider.setValue(tick)


@dataclass(slots=True)
class Watched:
    """What was seen of a window for some seconds."""

    times: FloatArray
    steps: FloatArray
    ages: FloatArray

    @property
    def rate(self) -> float:
        """Steps a second."""
        return float((self.steps[-1] - self.steps[0]) / (self.times[-1] - self.times[0]))

    @property
    def frames(self) -> float:
        """Painted frames a second."""
        return float((len(self.times) - 1) / (self.times[-1] - self.times[0]))

    @property
    def late_ms(self) -> float:
        """The 99th percentile of the time between two painted frames."""
        return 1000 * float(np.quantile(np.diff(self.times), 0.99))

    def age_ms(self, share: float) -> float:
        """Return that quantile of the age of what was painted."""
        return 1000 * float(np.quantile(self.ages, share))


def waits(
    moves: list[tuple[float, float]], used: list[tuple[Mapping[str, Any], float, float]]
) -> tuple[FloatArray, FloatArray]:
    """Return, for each move, seconds until a call began and ended that knew of it.

    A move that another one overtook is known as soon as that one is.
    """
    known: list[tuple[int, float, float]] = []  # up to which move, and when
    for values, began, ended in used:
        same = [i for i, (at, value) in enumerate(moves) if at <= began and value == values[PATH]]
        if same:
            known.append((same[-1], began, ended))
    found = []
    for number, (at, _) in enumerate(moves):
        first = next((entry for entry in known if entry[0] >= number), None)
        if first is not None:
            found.append((first[1] - at, first[2] - at))
    began_after, ended_after = np.array(found).reshape(-1, 2).T
    return began_after, ended_after


class Sight:
    """A window on a preset, training flat out, with all that is noted of it."""

    def __init__(self, preset: Preset, size: tuple[int, int], folder: Path, effort: Effort) -> None:
        self.effort = effort
        preset = replace(preset, speed=inf)
        recording = folder / "runs"
        self.host = EngineThread(
            preset.settings, speed=inf, title=preset.title, recording=recording
        )
        self.host.witness = self.told = Told()
        store = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
        self.window = MainWindow(preset, self.host, store, recording=recording)
        self.painted = Painted(self.window)
        self.garbage = Garbage()
        self.host.ready.connect(self.garbage.freeze)
        self.garbage.start()
        self.window.resize(*size)

    def begin(self) -> None:
        """Show it, and wait until it trains and paints."""
        self.window.show()
        enough = 60 if self.effort.whole else 3
        self.until(lambda: len(self.painted.seen) > enough, "the window paints nothing")

    def wait(self, seconds: float) -> None:
        """Let the window live for so long."""
        self.effort.check()
        loop, ticking = QEventLoop(), QTimer()
        ticking.timeout.connect(lambda: loop.quit() if self.effort.stopped() else None)
        ticking.start(100)
        QTimer.singleShot(max(round(1000 * seconds), 0), loop.quit)
        loop.exec()
        ticking.stop()
        self.effort.check()

    def until(self, what: Any, otherwise: str) -> None:
        """Let the window live until something holds; RuntimeError after two minutes."""
        began = perf_counter()
        while not what():
            if perf_counter() - began > PATIENCE:
                raise RuntimeError(otherwise)
            self.wait(0.02)

    def play(self) -> None:
        """Train, and be in the swing of it."""
        self.host.play()
        self.until(lambda: self.host.playing, "the run does not play")
        self.wait(0.5)

    def pause(self) -> None:
        """Train no further."""
        self.host.pause()
        self.until(lambda: not self.host.playing, "the run does not pause")
        self.wait(0.1)

    def watch(self, seconds: float) -> Watched:
        """Return what is painted in so many seconds."""
        self.painted.seen.clear()
        self.told.reached.clear()
        self.wait(seconds)
        self.until(lambda: len(self.painted.seen) > 5, "the window paints nothing")
        seen = [entry for entry in self.painted.seen if entry[1] in self.told.reached]
        if len(seen) < 2:
            raise RuntimeError("hardly a step that was reached meanwhile was painted")
        times, steps = np.array(seen, dtype=np.float64).T
        ages = np.array([when - self.told.reached[step] for when, step in seen])
        return Watched(times, steps, ages)

    def move(self, count: int) -> tuple[FloatArray, FloatArray]:
        """Move a slider; return seconds until the first call that uses it began, and ended."""
        field = self.window.panel.rows[PATH].field
        assert isinstance(field, NumberField)
        mover = Mover(field, count)
        self.told.used.clear()
        mover.start()
        try:
            self.until(lambda: mover.done, "the slider does not move")
            done = perf_counter()
            while len(self._waits(mover)[0]) < count and perf_counter() < done + DEAF:
                self.wait(0.05)
        finally:
            mover.stop()
        return self._waits(mover)

    def _waits(self, mover: Mover) -> tuple[FloatArray, FloatArray]:
        return waits(mover.moves, [used for used in self.told.used if PATH in used[0]])

    def close(self) -> None:
        """Close the window and end its thread."""
        self.window.leave_now()
        self.garbage.stop()
        self.window.deleteLater()


@contextmanager
def opened(name: str, size: tuple[int, int], effort: Effort) -> Iterator[Sight]:
    """Open a window on a preset, with settings and recordings of its own; close it at the end."""
    app = application()
    with TemporaryDirectory() as folder:
        sight = Sight(presets()[name], size, Path(folder), effort)
        try:
            sight.begin()
            yield sight
        finally:
            sight.close()
            app.processEvents()


class Bare:
    """The same game without a window, as ``ganviz run`` trains it: alone, and on a tape."""

    def __init__(self, settings: Settings, executor: Executor) -> None:
        self._engine, self._lanes = Engine(settings), Lanes.begin(settings)
        for engine in (self._engine, self._lanes.engine):
            engine.executor = executor
        self._engine.step(200)
        self._lanes.step(200)
        #: What computes its steps.
        self.kernel = self._engine.kernel.name

    def rates(self, seconds: float) -> tuple[float, float]:
        """Return steps a second of both, a quarter of the time each, twice, first and last."""
        alone, taped = self._engine, self._lanes
        turns = [_rate(each.step, seconds / 4) for each in (alone, taped, taped, alone)]
        return (turns[0] + turns[3]) / 2, (turns[1] + turns[2]) / 2


def _rate(step: Any, seconds: float) -> float:
    began, taken = perf_counter(), 0
    while (spent := perf_counter() - began) < seconds:
        step(CALL_STEPS, CALL_STEPS)  # as a run without a window asks for its steps
        taken += CALL_STEPS
    return taken / spent


#: Who keeps the other processor busy for so much of each sixtieth of a second, and shares nothing
#: else with the training: no interpreter lock, no memory.
BUSY = 0.7
#: Whether this is a bundle: it has no Python to start for that.
FROZEN = getattr(sys, "frozen", False)
_NEIGHBOUR = f"""
from time import perf_counter, sleep
while True:
    began = perf_counter()
    while perf_counter() - began < {BUSY / 60}:
        pass
    sleep({(1 - BUSY) / 60})
"""


@contextmanager
def neighbour() -> Iterator[None]:
    """Keep another process busy meanwhile."""
    # It hears Ctrl-C as well, and what it would say of that is nobody's concern.
    process = subprocess.Popen([sys.executable, "-S", "-c", _NEIGHBOUR], stderr=subprocess.DEVNULL)
    try:
        sleep(0.3)  # until it is
        yield
    finally:
        process.kill()
        process.wait()


def beside(
    name: str, size: tuple[int, int], paces: tuple[tuple[int, float], ...], effort: Effort
) -> Iterator[Row]:
    """Yield rows of one preset in a window of one size, for each pace."""
    torch.set_num_threads(1)
    rounds, seconds = (5, 5.0) if effort.whole else (1, max(20 * effort.seconds, 0.6))
    with ThreadPoolExecutor(WINGS) as second, opened(name, size, effort) as sight:
        bare = Bare(presets()[name].settings, second)
        kernel = bare.kernel
        seen: dict[int, list[Watched]] = {pace: [] for pace, _ in paces}
        rates: dict[int, list[tuple[float, float]]] = {pace: [] for pace, _ in paces}
        crowded: list[float] = []
        try:
            for _ in effort.turns(rounds):
                for pace, _ in paces:
                    sight.window.pump.period = 1 / pace
                    sight.play()
                    watched = sight.watch(seconds)
                    sight.pause()
                    rates[pace].append(bare.rates(seconds))
                    seen[pace].append(watched)
                if not FROZEN:
                    with neighbour():
                        crowded.append(bare.rates(seconds)[0])
        except Stopped:
            if not all(seen.values()) or not (crowded or FROZEN):
                raise
        # As large as it is: a screen may be smaller than what was asked for.
        shown = f"{name}, {sight.window.width()} × {sight.window.height()}"
        every = [pair for own in rates.values() for pair in own]
        headless = max(rate for rate, _ in every)
        for pace, least in paces:
            own = [rate for rate, _ in rates[pace]]
            yield from _told(f"{shown}, {pace} frames/s", seen[pace], own, headless, least, kernel)
        if crowded:
            yield Row(
                f"{name} without a window, beside a process that is busy {BUSY:.0%} of the time",
                max(crowded) / headless,
                low=min(crowded) / headless,
                high=max(crowded) / headless,
                kernel=kernel,
                note="what the machine leaves of the steps, whatever its other processor does",
            )
        taped = max(rate for _, rate in every)
        yield Row(
            f"{name} without a window, on a tape",
            taped / headless,
            kernel=kernel,
            low=min(b / a for a, b in every),
            high=max(b / a for a, b in every),
            parts={"on a tape steps/s": taped, "engine alone steps/s": headless},
            note="what recording leaves of the engine's steps, as the window records too",
        )
        yield from _heard(sight, shown, paces[0][0], kernel, effort)


def _told(
    name: str, seen: list[Watched], own: list[float], headless: float, least: float, kernel: str
) -> Iterator[Row]:
    """Yield share of the steps, painted frames, time between them, and their age."""
    where = f"platform {QGuiApplication.platformName()}"
    shares = [watched.rate / rate for watched, rate in zip(seen, own, strict=True)]
    best = max(watched.rate for watched in seen)
    yield Row(
        f"{name}: share of the steps without a window",
        best / headless,
        low=min(shares),
        high=max(shares),
        least=least,
        kernel=kernel,
        parts={"window steps/s": best, "without steps/s": headless},
        note=where,
    )
    frames = [watched.frames for watched in seen]
    yield _row(f"{name}: painted", frames, "frames/s", where, best=max)
    late = [watched.late_ms for watched in seen]
    most = PROMPT_MS if name.endswith("60 frames/s") else None
    note = "99th percentile of the time between two painted frames"
    yield _row(f"{name}: interval", late, "ms", note, most=most)
    ages = [watched.age_ms(0.5) for watched in seen]
    oldest = min(watched.age_ms(0.99) for watched in seen)
    row = _row(f"{name}: age of the picture", ages, "ms", "median; from its step to its painting")
    yield replace(row, parts={"99th percentile ms": oldest})


def _row(
    name: str,
    values: list[float],
    unit: str,
    note: str,
    *,
    best: Any = min,
    most: float | None = None,
) -> Row:
    return Row(name, best(values), unit, low=min(values), high=max(values), most=most, note=note)


def _heard(sight: Sight, shown: str, pace: int, kernel: str, effort: Effort) -> Iterator[Row]:
    """Yield the time from a moved slider to the first step that uses it."""
    sight.window.pump.period = 1 / pace
    sight.play()
    began, ended = sight.move(MOVES if effort.whole else 12)
    sight.pause()
    if not len(ended):
        yield Row(f"{shown}: slider to step", None, "ms", note="no move was heard")
        return
    yield Row(
        f"{shown}: slider to step",
        1000 * float(np.quantile(ended, 0.99)),
        "ms",
        low=1000 * float(ended.min()),
        high=1000 * float(ended.max()),
        most=PROMPT_MS,
        kernel=kernel,
        parts={
            "median ms": 1000 * float(np.median(ended)),
            "until that step begins, 99th percentile ms": 1000 * float(np.quantile(began, 0.99)),
            "moves": len(ended),
        },
        note=f"99th percentile, until the first call that uses it has ended; {pace} frames/s",
    )


def window(effort: Effort) -> Iterator[Row]:
    """Yield what the window and the training cost each other, at 60 and at 30 frames a second."""
    yield from beside(GAME, SIZE, PACES, effort)


def painting(effort: Effort) -> Iterator[Row]:
    """Yield the same of other games and of a large window, at 60 frames a second."""
    others = [(name, SIZE) for name in ("ring", "saddle-networks")]
    large = [(name, (1920, 1080)) for name in (GAME, "ring", "saddle-networks")]
    for name, size in (others + large) if effort.whole else others[:1]:
        yield from beside(name, size, PACES[:1], effort)
