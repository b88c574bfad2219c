"""The one file where Qt meets the engine.

The host thread owns the engine and every tensor. It shares two things with the window: a one-place
slot of frames (the window takes the latest on its own timer; a queued signal per frame would drown
it) and a queue of wishes, which are granted at step boundaries. Signals carry rare events only, and
must be connected to decorated methods of objects that live in the window's thread.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import inf, isinf
from time import perf_counter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QThread, Signal

from ganviz.frame import Frame, Look, Mark, Surface, Wants
from ganviz.schema import ParamError
from ganviz.settings import Settings

if TYPE_CHECKING:
    from ganviz.engine import Engine, Moment
    from ganviz.engine.family.scribe import Instant

T = TypeVar("T")
log = logging.getLogger(__name__)

#: How long one call into the engine may take, in seconds: a wish waits no longer than this.
CALL_SECONDS = 0.003
#: How long the engine stands aside, at most, while the window paints, and how long the window
#: waits, at most, for the engine to come to the end of its call.
ASIDE_SECONDS = 0.02
WAIT_SECONDS = 0.012
#: How far, in seconds, a speed-limited run may fall behind its clock before the clock is set back.
PATIENCE_SECONDS = 0.25
#: The surface is computed at most so often a second, and takes at most this share of the time.
SURVEYS_A_SECOND, SURVEY_SHARE = 3.0, 0.1
#: Rows of the orbit that go with a moment.
ORBIT_ROWS = 4096
#: What a frame holds where nobody says what will be seen.
WANTS = Look().wants


class Latest(Generic[T]):
    """A one-place slot: ``put`` replaces, ``take`` empties, neither waits."""

    def __init__(self) -> None:
        self._place: deque[T] = deque(maxlen=1)

    def put(self, value: T) -> None:
        """Leave a value, replacing one that nobody took."""
        self._place.append(value)

    def take(self) -> T | None:
        """Return the value and empty the slot, or None."""
        try:
            return self._place.popleft()
        except IndexError:
            return None


@dataclass(frozen=True, slots=True)
class Wish:
    """Something the window asks of the thread. ``change`` wishes in a row are merged."""

    kind: str
    value: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where the run stands: its moment, and how it got there.

    Attributes
    ----------
    orbit
        (2, n) the orbit of the two players since the last change, one column per step, at most
        ``ORBIT_ROWS``; n = 0 where the game has none (2-D data).
    centre
        The equilibrium that the orbit turns about.
    trouble
        Why the run has stopped by itself, or nothing.
    """

    moment: Moment
    orbit: npt.NDArray[np.float64]
    centre: tuple[float, float]
    trouble: str


class Surveyor:
    """Computes the saddle surface in a thread of its own, beside the training.

    One at a time, as often as its own measured cost allows. All methods are called from the host
    thread; ``bell`` is rung from the surveyor's own when a surface is ready.
    """

    def __init__(self, bell: threading.Event) -> None:
        self._bell = bell
        self._pool: ThreadPoolExecutor | None = None
        self._work: Future[Surface] | None = None
        self._latest: Surface | None = None
        self._of: tuple[object, ...] = ()  # the game and moment that was last surveyed
        self._due = 0.0
        #: How many surfaces have been finished.
        self.count = 0

    def look(self, engine: Engine, changes: int) -> Surface | None:
        """Return the latest surface of this game, and see to it that a newer one is begun."""
        if self._work is not None and self._work.done():
            work, self._work = self._work, None
            self.count += 1
            if work.exception() is not None:
                self._latest = None
                raise RuntimeError("the saddle surface could not be computed") from work.exception()
            surface = work.result()
            pause = max(1 / SURVEYS_A_SECOND, surface.cost / SURVEY_SHARE)
            self._due = perf_counter() + pause - surface.cost
            self._latest = replace(surface, rate=1 / pause)
        of = (engine.family, engine.steps, changes)
        if self._of[:1] != of[:1] or (self._latest and self._latest.step > engine.steps):
            self._latest = None
            if self._work is not None:  # of a game that is no more: its result is not looked at
                self._work.cancel()
                self._work = None
        if self._work is None and of != self._of and perf_counter() >= self._due:
            self._of = of
            survey = engine.survey()
            if survey is not None:
                self._begin(survey)
        return self._latest

    def _begin(self, survey: Callable[[], Surface]) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, "ganviz-surface", initializer=_alone)
        self._work = self._pool.submit(_timed, survey)
        self._work.add_done_callback(lambda _: self._bell.set())

    def stop(self) -> None:
        """Wait for the surface in work, some hundredths of a second, and end the thread."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool, self._work = None, None


def _alone() -> None:
    """Leave the other cores to others; called in the surveyor's thread."""
    import torch

    torch.set_num_threads(1)


def _timed(survey: Callable[[], Surface]) -> Surface:
    began = perf_counter()
    surface = survey()
    return replace(surface, cost=max(perf_counter() - began, 1e-6))


class EngineThread(QThread):
    """Runs one engine: plays, pauses, steps, takes wishes, leaves frames.

    All public methods may be called from the window's thread and return at once.
    """

    #: The engine is built (PyTorch is loaded) and a first frame can be had.
    ready = Signal()
    #: (step, text): a change took effect, and from which step on.
    journalled = Signal(int, str)
    #: The settings now in force, after a change, a reset or an opening.
    adopted = Signal(object)
    #: A wish was refused, with the sentence that says why; everything is as it was.
    refused = Signal(str)
    #: The run stopped by itself, with the sentence that says why; ``go_back`` or ``reset`` goes on.
    troubled = Signal(str)
    #: Playing began or ended.
    playing_changed = Signal(bool)
    #: A moment that was wanted lies in ``moments``.
    moment_ready = Signal()
    #: Something unforeseen happened in the thread: a report for people. The thread goes on.
    failed = Signal(str)

    def __init__(
        self, settings: Settings, speed: float = inf, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.frames: Latest[tuple[Frame, ...]] = Latest()
        self.moments: Latest[Standing] = Latest()
        self._first = settings
        self._speed = speed
        self._wishes: deque[Wish] = deque()
        self._lock = threading.Lock()
        self._bell = threading.Event()
        self._wanted = threading.Event()
        self._wants = WANTS
        self._way = threading.Event()
        self._way.set()
        self._turn_taken = threading.Lock()
        self._painting = False
        self._playing = False
        self._engine: Engine | None = None
        self._clock = (0.0, 0)  # when the present pace began, and at which step
        self._call_steps = 1
        self._rates: deque[tuple[float, int]] = deque(maxlen=64)
        self._surveyor = Surveyor(self._bell)
        self._surface: Surface | None = None
        self._shown: tuple[int, int, str, Wants, Surface | None] | None = None
        self._laid: tuple[Instant, ...] = ()  # the round that is laid open
        self._phase = 0  # which of its phases is shown
        self._changes = 0  # grows with every granted wish, so that a changed frame is shown anew

    # ---- asked from the window's thread -------------------------------------------------------

    def play(self) -> None:
        """Run at the set speed."""
        self._wish(Wish("play"))

    def pause(self) -> None:
        """Stop at the next step boundary."""
        self._wish(Wish("pause"))

    def step(self, rounds: int = 1) -> None:
        """Pause, and take whole steps."""
        self._wish(Wish("step", rounds))

    def step_player(self, player: str) -> None:
        """Pause, and let one player, ``generator`` or ``discriminator``, move alone."""
        self._wish(Wish("player", player))

    def next_phase(self) -> None:
        """Pause, and show the next phase of a round laid open; after the last, of the next round.

        The engine has completed the round before its first phase is shown. So any other wish simply
        leaves it: the picture then shows the present, which is the end of that round, and what was
        wished goes on from there. A change takes effect at the round that is laid open next.
        """
        self._wish(Wish("phase"))

    def reset(self) -> None:
        """Begin the run again with the present settings."""
        self._wish(Wish("reset"))

    def new_seed(self) -> None:
        """Begin the run again with the next seed."""
        self._wish(Wish("seed"))

    def open(self, settings: Settings) -> None:
        """Begin a new run with other settings."""
        self._wish(Wish("open", settings))

    def change(self, values: Mapping[str, Any]) -> None:
        """Change parameters, by dotted path, at the next step boundary."""
        self._wish(Wish("change", dict(values)))

    def go_back(self) -> None:
        """After a divergence, take up the last finite moment."""
        self._wish(Wish("back"))

    def set_speed(self, steps_per_second: float) -> None:
        """Limit the speed; ``inf`` is flat out."""
        self._wish(Wish("speed", steps_per_second))

    def want_frame(self, wants: Wants = WANTS) -> None:
        """Ask for the next frame; it will lie in ``frames`` when it is ready.

        ``wants`` says what will be seen: the rest need not be computed.
        """
        self._wants = wants
        self._wanted.set()
        if not self._playing:
            self._bell.set()

    def want_moment(self) -> None:
        """Ask where the run stands; ``moment_ready`` tells when it lies in ``moments``."""
        self._wish(Wish("moment"))

    def take_turn(self) -> None:
        """Let the engine finish its call and stand aside while the window paints.

        Both need Python's one interpreter lock for every small thing they do. Taking turns costs
        neither anything; fighting over the lock makes both nearly twice as slow. Waits a few
        milliseconds at most: a long step goes on beside the painting.
        """
        self._way.clear()
        if not self._painting:
            self._painting = self._turn_taken.acquire(timeout=WAIT_SECONDS)

    def give_turn(self) -> None:
        """Let the engine go on: the window has painted."""
        if self._painting:
            self._painting = False
            self._turn_taken.release()
        self._way.set()

    @property
    def playing(self) -> bool:
        """Whether the run is going on."""
        return self._playing

    @property
    def speed(self) -> float:
        """The speed limit in steps a second; ``inf`` is flat out."""
        return self._speed

    def rate(self) -> float:
        """Return the steps a second of about the last second."""
        marks = list(self._rates)
        if len(marks) < 2 or not self._playing:
            return 0.0
        (t0, n0), (t1, n1) = marks[0], marks[-1]
        return (n1 - n0) / (t1 - t0) if t1 > t0 else 0.0

    def stop(self, timeout_ms: int = 10_000) -> bool:
        """End the thread and wait for it; True when it has ended."""
        self.requestInterruption()
        self._bell.set()
        return self.wait(timeout_ms)

    def _wish(self, wish: Wish) -> None:
        with self._lock:
            if wish.kind == "change" and self._wishes and self._wishes[-1].kind == "change":
                wish = Wish("change", {**self._wishes.pop().value, **wish.value})
            self._wishes.append(wish)
        self._bell.set()

    # ---- in the host thread -------------------------------------------------------------------

    def run(self) -> None:
        """Live until asked to stop. Called by Qt, in the host thread."""
        try:
            import torch

            from ganviz.engine import Engine

            torch.set_num_threads(1)  # two threads on nets this small are slower, often by far
            self._engine = Engine(self._first)
            self.ready.emit()
        except ParamError as error:
            self.refused.emit(str(error))
            self._guarded(self._build_default)
        except Exception:
            log.exception("the engine could not be built")
            self.failed.emit(traceback.format_exc())
            return
        try:
            while not self.isInterruptionRequested():
                self._guarded(self._turn)
        finally:
            self._surveyor.stop()

    def _build_default(self) -> None:
        from ganviz.engine import Engine

        self._engine = Engine(Settings())
        self.adopted.emit(self._engine.settings)
        self.ready.emit()

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do a piece of work; whatever goes wrong is told and stops the run, never the thread."""
        try:
            work()
        except Exception:
            log.exception("in the host thread")
            self._set_playing(False)
            self.failed.emit(traceback.format_exc())

    def _turn(self) -> None:
        self._bell.clear()
        while (wish := self._next_wish()) is not None:
            self._grant(wish)
        if self._wanted.is_set() and "surface" in self._wants.layers and self._at_present():
            assert self._engine is not None
            self._surface = self._surveyor.look(self._engine, self._changes)
        if self._wanted.is_set() and self._unseen():
            # Made while the window paints the one before: most of it needs no interpreter lock.
            self._leave_frame()
        if self._playing:
            self._advance()
        elif not self._wishes and not (self._wanted.is_set() and self._unseen()):
            self._bell.wait(0.25)

    def _next_wish(self) -> Wish | None:
        with self._lock:
            return self._wishes.popleft() if self._wishes else None

    def _grant(self, wish: Wish) -> None:
        assert self._engine is not None
        try:
            self._granted(self._engine, wish)
        except ParamError as error:
            self.refused.emit(str(error))
            self.adopted.emit(self._engine.settings)
        self._changes += 1

    def _granted(self, engine: Engine, wish: Wish) -> None:
        from ganviz.engine import Engine

        if wish.kind not in ("phase", "speed", "moment"):
            self._laid, self._phase = (), 0
        match wish.kind:
            case "phase":
                self._set_playing(False)
                self._show_phase(engine)
            case "play":
                self._set_playing(not engine.trouble)
                self._tell_trouble()
            case "pause":
                self._set_playing(False)
            case "step":
                self._set_playing(False)
                self._stepped(wish.value)
            case "player":
                self._set_playing(False)
                marks = len(engine.journal)
                engine.step_player(wish.value)
                self._tell(engine.journal[marks:])
                self._tell_trouble()
            case "change":
                before = engine.steps
                marks = len(engine.journal)
                engine.change(wish.value)
                self.adopted.emit(engine.settings)
                # A change of seed begins a new run, with a journal of its own.
                self._tell(engine.journal[marks:] if engine.steps >= before else [])
            case "reset" | "seed" | "open":
                settings = engine.settings if wish.kind != "open" else wish.value
                if wish.kind == "seed":
                    settings = settings.with_({"train.seed": (settings.train.seed + 1) % 2**31})
                self._engine = Engine(settings)
                self._rates.clear()
                self.adopted.emit(settings)
            case "back":
                engine.go_back()
            case "speed":
                self._speed = wish.value
            case "moment":
                self.moments.put(standing(engine))
                self.moment_ready.emit()
                return  # nothing has changed, and the run keeps its pace
        self._set_pace()

    def _show_phase(self, engine: Engine) -> None:
        """Go on to the next phase, or lay the next round open."""
        self._phase += 1
        if self._phase >= len(self._laid):
            self._laid, self._phase = engine.lay_open(), 0
            self._tell_trouble()

    def _at_present(self) -> bool:
        """Return whether what is shown is where the engine stands, and no phase before that."""
        return self._phase >= len(self._laid) - 1

    def _tell(self, marks: list[Mark]) -> None:
        for mark in marks:
            self.journalled.emit(mark.step, mark.text)

    def _set_playing(self, playing: bool) -> None:
        if playing != self._playing:
            self._playing = playing
            self._rates.clear()
            self.playing_changed.emit(playing)

    def _set_pace(self) -> None:
        assert self._engine is not None
        self._clock = (perf_counter(), self._engine.steps)

    def _due(self) -> float:
        """Return how many steps the set speed asks for now."""
        assert self._engine is not None
        if isinf(self._speed):
            return inf
        began, first = self._clock
        return first + (perf_counter() - began) * self._speed - self._engine.steps

    def _advance(self) -> None:
        """Take the steps that are due, at most a few milliseconds of them, or wait for one."""
        assert self._engine is not None
        due = self._due()
        if due < 1:
            self._bell.wait(min((1 - due) / self._speed, 0.25))
            return
        if not isinf(due) and due > max(PATIENCE_SECONDS * self._speed, 2):
            self._set_pace()
        steps = min(self._call_steps, 4096 if isinf(due) else int(due))
        self._way.wait(ASIDE_SECONDS)
        with self._turn_taken:
            began = perf_counter()
            self._stepped(steps)
            spent = perf_counter() - began
        # Grow gently and shrink at once, so that one call stays a few milliseconds long.
        fitting = max(1, int(steps * CALL_SECONDS / max(spent, 1e-6)))
        self._call_steps = min(fitting, 2 * self._call_steps, 4096)
        now = perf_counter()
        if not self._rates or now - self._rates[-1][0] > 1 / 60:
            self._rates.append((now, self._engine.steps))

    def _stepped(self, steps: int) -> None:
        assert self._engine is not None
        self._engine.step(steps)
        self._tell_trouble()

    def _tell_trouble(self) -> None:
        assert self._engine is not None
        if self._engine.trouble:
            self._set_playing(False)
            self.troubled.emit(self._engine.trouble)

    def _now(self) -> tuple[int, int, str, Wants, Surface | None]:
        assert self._engine is not None
        engine, wants = self._engine, self._wants
        surface = self._surface if "surface" in wants.layers else None
        return engine.steps, self._changes, engine.trouble, wants, surface

    def _unseen(self) -> bool:
        """Return whether there is something that the last frame left did not show."""
        return self._engine is not None and self._now() != self._shown

    def _leave_frame(self) -> None:
        assert self._engine is not None
        self._wanted.clear()
        self._shown = self._now()
        wants, surface = self._shown[-2:]
        if wants.probe != self._engine.watched:
            self._engine.watch(wants.probe)
        at = {"at": self._laid[self._phase]} if self._laid else {}
        if "surface" in wants.layers:  # which is made beside the training, not here
            wants = replace(wants, layers=wants.layers - {"surface"})
        frame = self._engine.frame(wants=wants, **at)
        self.frames.put((replace(frame, surface=surface) if surface is not None else frame,))


def standing(engine: Engine) -> Standing:
    """Return where an engine stands, and the orbit of its players since the last change."""
    trace = engine.trace
    orbit, centre = np.empty((2, 0)), (0.0, 0.0)
    for portrait in engine.family.portraits():
        if portrait.name in ("parameters", "orbit") and portrait.centre is not None:
            since = engine.journal[-1].step - engine.steps + len(trace) if engine.journal else 0
            first = max(since, len(trace) - ORBIT_ROWS, 0)
            orbit = np.stack([trace.column(name)[first:] for name in (portrait.x, portrait.y)])
            centre = portrait.centre
            break
    return Standing(engine.moment(), orbit, centre, engine.trouble)
