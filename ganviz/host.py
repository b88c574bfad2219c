"""The one file where Qt meets the engine.

The host thread owns the engine and every tensor. It shares two things with the window: a one-place
slot of frames (the window takes the latest on its own timer; a queued signal per frame would drown
it) and a queue of wishes, which are granted at step boundaries. Signals carry rare events only, and
must be connected to decorated methods of objects that live in the window's thread.
"""

from __future__ import annotations

import logging
import os
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import inf, isinf
from pathlib import Path
from time import perf_counter, sleep, time_ns
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QThread, Signal

from ganviz.clock import IDLE, Clock, Part, listen
from ganviz.frame import Bookmark, Frame, Look, Mark, Prediction, Reel, Stretch, Surface, Wants
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.tape import BUDGET, Place, Tape

if TYPE_CHECKING:
    from ganviz.engine import Engine, Moment
    from ganviz.engine.family.scribe import Instant
    from ganviz.lesson import Change
    from ganviz.tape.lanes import Lanes
    from ganviz.tape.recovery import Recording

T = TypeVar("T")
log = logging.getLogger(__name__)

#: How long one call into the engine may take, in seconds: a wish waits no longer than this.
CALL_SECONDS = 0.003
#: How far, in seconds, a kernel that needs no interpreter lock may go ahead of the engine: longer
#: than it takes to make a frame and to wait for the lock.
AHEAD_SECONDS = 0.05
#: Time between two looks at kernels that have nothing ready, seconds.
LOOK_SECONDS = 0.0005
#: How long the engine stands aside, at most, while the window paints, and how long the window
#: waits, at most, for the engine to come to the end of its call.
ASIDE_SECONDS = 0.02
WAIT_SECONDS = 0.012
#: How long the engine waits for a window that meant to paint and does not come, seconds.
PATIENT_SECONDS = 0.004
#: How far, in seconds, a speed-limited run may fall behind its clock before the clock is set back.
PATIENCE_SECONDS = 0.25
#: The surface is computed at most so often a second, and takes at most this share of the time.
SURVEYS_A_SECOND, SURVEY_SHARE = 3.0, 0.1
#: Rows of the orbit that go with a moment.
ORBIT_ROWS = 4096
#: Changes of the same parameters so soon after each other are one gesture, seconds.
GESTURE_SECONDS = 1.0
#: Time between two looks at what is on the tape, for the timeline, seconds.
REEL_SECONDS = 0.1
#: What a frame holds where nobody says what will be seen.
WANTS = Look().wants


#: What the thread does, as the clock of the overlay names it.
STEPS, FRAMES, RECORDING, REEL = Part("steps"), Part("frames"), Part("recording"), Part("timeline")
WISHES, WINDING = Part("wishes"), Part("winding the tape")
WAITING, RESTING = Part("waiting for the window"), Part(IDLE)
PLAYED = Part("waiting for the kernel")

#: All that people have done on a tape, and how far the runs went.
Contents = tuple[tuple[Stretch, ...], tuple[Bookmark, ...], tuple[Prediction, ...]]


def contents(tape: Tape) -> Contents:
    """Return what is to be lost with a tape; equal where nothing was done in between."""
    return tape.stretches(), tuple(tape.bookmarks), tuple(tape.predictions)


class Latest(Generic[T]):
    """A one-place slot: ``put`` replaces, ``take`` empties, neither waits."""

    def __init__(self) -> None:
        self._place: deque[T] = deque(maxlen=1)

    def put(self, value: T) -> None:
        """Leave a value, replacing one that nobody took."""
        self._place.append(value)

    def __bool__(self) -> bool:
        return bool(self._place)

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


class Witness:
    """Is told what the host thread does, in that thread and when it does it; to be brief about it.

    This one takes no notice.
    """

    def framing(self, step: int) -> None:
        """Hear that frames of where the run stands, at this step, are about to be made."""

    def granted(self, wish: Wish) -> None:
        """Hear that a wish has been granted."""

    def stepping(self) -> None:
        """Hear that a call into the engine is about to begin."""

    def stepped(self) -> None:
        """Hear that it is over."""


class EngineThread(QThread):
    """Runs the lanes: plays, pauses, steps, goes back, takes wishes, leaves frames.

    All public methods may be called from the window's thread and return at once.

    Parameters
    ----------
    settings
        The game to begin with.
    speed
        Steps a second; ``inf`` is flat out.
    budget
        Bytes of moments that the tape keeps.
    title
        What the run is called.
    script
        What is to happen at which steps of it, in their order: see :meth:`open`.
    recording
        A folder in which the run is written down as it grows, each tape in a folder of its own.
        When the thread ends, or another tape is opened, that stays and is marked as closed, unless
        a file holds the run; None: nowhere.
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
    #: A copy of the tape that was wanted lies in ``tapes``, with the place where the run stands.
    tape_ready = Signal()
    #: The run stands on a tape that was read, and is recorded.
    tape_taken = Signal()
    #: A run was put aside for another one; its recording stays.
    put_aside = Signal()
    #: What is being waited for before the run can go on, in words; "" when that is over.
    waiting = Signal(str)
    #: Something is not as it might be, in a sentence; nothing stops for it.
    lacking = Signal(str)
    #: Something unforeseen happened in the thread: a report for people. The thread goes on.
    failed = Signal(str)

    def __init__(
        self,
        settings: Settings,
        speed: float = inf,
        parent: QObject | None = None,
        *,
        budget: int = BUDGET,
        title: str = "",
        script: Sequence[Change] = (),
        recording: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(parent)
        self._budget = budget
        self._title = title
        self._scripts: dict[str, tuple[Change, ...]] = {title: tuple(script)}  # by the run's title
        self._cued = 0  # how many entries of the present run's have had their turn
        self._halted: tuple[int, int] | None = None  # the step where it waits, and how many then
        self._root = None if recording is None else Path(recording)
        self._recording: Recording | None = None
        self._recorded: Tape | None = None  # the tape that it writes down
        self._safe: list[Contents] = []  # what is known to lie in files
        self._before: Lanes | None = None  # the run that was there before another was opened
        self._after: Lanes | None = None  # and the other, when that is taken back
        #: What is on the tape, and where the lanes stand. Replaced by the host thread.
        self.reel = Reel()
        self._reel_at = 0.0
        self._unwritten = ""  # what was told of a disk that is full
        self._adopted: Settings | None = None  # what was told last while going to and fro
        self._gesture: tuple[frozenset[str], float] = (frozenset(), -inf)
        self.frames: Latest[tuple[Frame, ...]] = Latest()
        #: When the window means to paint next, by :func:`time.perf_counter`. Set by the window.
        self.due = -inf
        #: Whether the run plays a kernel that needs the interpreter lock, as painting does; and how
        #: long the making of the latest frames took, seconds.
        self.bound, self.made_in = False, 0.0
        #: When the making of the latest frames began, by :func:`time.perf_counter`.
        self.frame_at = 0.0
        #: Seconds of a round in a thread of the kernels' own, the slowest lane's; 0 where they play
        #: in this one.
        self.pace = 0.0
        #: Who is told what the thread does, for those who measure it; set before it starts.
        self.witness = Witness()
        self.moments: Latest[Standing] = Latest()
        self.tapes: Latest[tuple[Tape, Place]] = Latest()
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
        self._listener: Clock | None = None
        self._heard: Clock | None = None  # the listener that has been taken up
        self._lanes: Lanes | None = None
        self._clock = (0.0, 0)  # when the present pace began, and at which step
        self._call_steps = 1
        self._left = -inf  # when the latest frames were left there
        self._changed = False  # whether a change was granted that nobody was told of yet,
        self._untold: list[Mark] = []  # and what was written in the journal since
        self._took = 0.0  # how long a call takes that gathers what kernels have played
        self._threads: list[ThreadPoolExecutor] = []
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

    def open(self, settings: Settings, text: str = "opened", script: Sequence[Change] = ()) -> None:
        """Begin a new run with other settings; ``text`` says in words what was opened.

        ``script`` says what happens at which of its steps, whenever it is run anew from there: its
        changes go into the journal as anybody's do, and where it says so the run is paused. Where
        several runs lie beside each other nothing of it happens.
        """
        self._wish(Wish("open", (settings, text, tuple(script))))

    def end_script(self) -> None:
        """Let the run go on without its script."""
        self._wish(Wish("unscripted"))

    def change(self, values: Mapping[str, Any]) -> None:
        """Change parameters, by dotted path, at the next step boundary."""
        self._wish(Wish("change", dict(values)))

    def go_back(self) -> None:
        """After a divergence, take up the last finite moment."""
        self._wish(Wish("back"))

    def seek(self, branch: int, step: int) -> None:
        """Pause, and stand at a step of a branch of the tape; the latest of several wins."""
        self._wish(Wish("seek", (branch, step)))

    def to_end(self) -> None:
        """Pause, and stand at the end of the branch."""
        self._wish(Wish("end"))

    def cancel_seek(self) -> None:
        """Go no further towards a far step: stand where the run was before."""
        self._wish(Wish("cancel"))

    def undo(self) -> None:
        """Pause, take back the last deed and return to the moment before it."""
        self._wish(Wish("undo"))

    def redo(self) -> None:
        """Pause, and go forward again to where the last undo was."""
        self._wish(Wish("redo"))

    def branch_here(self) -> None:
        """Begin another future at the present moment, and play."""
        self._wish(Wish("branch"))

    def bookmark(self, note: str = "", at: tuple[int, int] | None = None) -> None:
        """Mark the present moment, or a (branch, step), to be found again."""
        self._wish(Wish("bookmark", (note, at)))

    def unbookmark(self, branch: int, step: int) -> None:
        """Take a bookmark away."""
        self._wish(Wish("unbookmark", (branch, step)))

    def predict(self, prediction: Prediction) -> None:
        """Keep on the tape what somebody expects of the run, or what came of it."""
        self._wish(Wish("predict", prediction))

    def compare(self, variants: Sequence[Mapping[str, Any]]) -> None:
        """Begin again as several lanes, each with some values changed, and play."""
        self._wish(Wish("compare", [dict(values) for values in variants]))

    def beside(self, branch: int) -> None:
        """Let another branch of the tape run beside the others, at the same step."""
        self._wish(Wish("beside", branch))

    def drive(self, lane: str) -> None:
        """Let the controls drive the lane of that letter."""
        self._wish(Wish("drive", lane))

    def alone(self) -> None:
        """Keep the driven lane only."""
        self._wish(Wish("alone"))

    def open_tape(self, tape: Tape, place: Place | None = None) -> None:
        """Stand on a tape that was read, at a place, or at its end; paused."""
        self._wish(Wish("tape", (tape, place)))

    def saved(self, tape: Tape) -> None:
        """Take note that a file holds all that is on this copy of a tape; from any thread."""
        self._safe.append(contents(tape))

    def set_budget(self, budget: int) -> None:
        """Let the tape keep so many bytes of moments, at most; every second one goes if need be."""
        self._wish(Wish("budget", budget))

    def want_tape(self) -> None:
        """Ask for a copy of the tape; ``tape_ready`` tells when it lies in ``tapes``."""
        self._wish(Wish("copy"))

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

    def listen(self, clock: Clock | None) -> None:
        """Let a clock listen to the thread from its next turn on, or none."""
        self._listener = clock
        self._bell.set()

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
            if self._wishes and self._wishes[-1].kind == wish.kind == "change":
                wish = Wish("change", {**self._wishes.pop().value, **wish.value})
            if self._wishes and self._wishes[-1].kind == wish.kind == "seek":
                self._wishes.pop()
            self._wishes.append(wish)
        self._bell.set()

    # ---- in the host thread -------------------------------------------------------------------

    def run(self) -> None:
        """Live until asked to stop. Called by Qt, in the host thread."""
        try:
            import torch

            from ganviz.engine.kernels.compiled import load
            from ganviz.tape.lanes import Lanes

            torch.set_num_threads(1)  # two threads on nets this small are slower, often by far
            leave = self.isInterruptionRequested
            load.listen(load.Listener(self._tell_waiting, self.lacking.emit, leave))
            self._lanes = Lanes.begin(self._first, self._budget, self._title)
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
            listen(None)
            kernels = [lane.engine.kernel.forget for lane in self._lanes.all] if self._lanes else []
            threads = [thread.shutdown for thread in self._threads]
            for last in (self._surveyor.stop, *kernels, *threads, self._end_recording):
                self._guarded(last)  # whatever the others raise

    def _tell_waiting(self, words: str, share: float) -> None:
        """Tell what is being waited for, and how far it is."""
        what = words.partition(":")[0]
        self.waiting.emit(f"{what}: {100 * share:.0f} % done" if what and share else words)

    @RECORDING
    def _record(self, tape: Tape) -> None:
        """Write this tape down from now on, or what is due of it."""
        if self._root is None:
            return
        if self._recording is None or self._recorded is not tape:
            from ganviz.tape.recovery import Recording

            self._end_recording()
            self._recorded = tape
            self._recording = Recording(self._root / f"{os.getpid()}-{time_ns()}", tape)
        self._recording.tick()
        if self._recording.trouble:
            self._root = None  # told once; the run goes on without
            self.refused.emit(self._recording.trouble)

    def _end_recording(self) -> None:
        """Leave what was written as the last run, unless a file holds it as well."""
        if self._recording is None or self._recorded is None:
            return
        recording, self._recording = self._recording, None
        if contents(self._recorded) in self._safe:
            recording.finish()
        elif recording.close():
            self.put_aside.emit()

    def _build_default(self) -> None:
        from ganviz.tape.lanes import Lanes

        self._lanes = Lanes.begin(Settings(), self._budget)
        self.adopted.emit(self._lanes.engine.settings)
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
        assert self._lanes is not None
        if self._listener is not self._heard:
            self._heard = self._listener
            listen(self._heard)
        self._bell.clear()
        granted = False
        while (wish := self._next_wish()) is not None:
            self._grant(wish)
            granted = True
        if granted and self._playing and not self._lanes.busy and self._due() >= 1:
            self._advance(True)  # what was changed acts before it is told and shown
        self._tell_done(self._lanes)
        if self._root is not None:
            self._record(self._lanes.tape)
        if self._lanes.busy:
            self._go_on(self._lanes)
        if self._wanted.is_set() and "surface" in self._wants.layers and self._at_present():
            self._surface = self._surveyor.look(self._lanes.engine, self._changes)
        if self._wanted.is_set() and self._unseen():
            with self._aside() as free:
                if free:
                    self._leave_frame()
        self._leave_reel(self._lanes)
        if self._lanes.busy or granted:
            return
        if self._playing:
            if not self._wishes:
                self._advance(False)
        elif not self._wishes and not (self._wanted.is_set() and self._unseen()):
            with RESTING:
                self._bell.wait(0.25)

    @WINDING
    def _go_on(self, lanes: Lanes) -> None:
        """Run steps again, on the way to a far place; other lanes catch up."""
        try:
            with self._turn_taken:
                there = lanes.go_on(CALL_SECONDS)
        except ParamError as error:
            self.refused.emit(str(error))
            there = True
        if there:
            self._changes += 1
            self._reel_at = 0.0
            self._adopt(lanes)

    @REEL
    def _leave_reel(self, lanes: Lanes) -> None:
        now = perf_counter()
        if now - self._reel_at >= REEL_SECONDS:
            self._reel_at = now
            self._tell_unwritten(lanes)
            reel = lanes.reel()
            if self._before is not None and not reel.undo:
                reel = replace(reel, undo="the opening of this run")
            if self._after is not None and not reel.redo:
                reel = replace(reel, redo="the run that was opened")
            if not self._at_present():  # a phase of a round that is complete on the tape
                (branch, step), *others = reel.lanes
                reel = replace(reel, lanes=((branch, step - 1), *others))
            if reel != self.reel:
                self.reel = reel

    def _tell_unwritten(self, lanes: Lanes) -> None:
        """Say once that a disk is full; the run goes on."""
        words = next((w for lane in lanes.all if (w := lane.engine.unwritten)), "")
        if words and words != self._unwritten:
            self._unwritten = words
            self.refused.emit(words)

    def _next_wish(self) -> Wish | None:
        with self._lock:
            return self._wishes.popleft() if self._wishes else None

    @WISHES
    def _grant(self, wish: Wish) -> None:
        lanes = self._lanes
        assert lanes is not None
        try:
            self._granted(lanes, wish)
            self.witness.granted(wish)
        except ParamError as error:
            self.refused.emit(str(error))
            self._adopt(lanes, anew=True)
        self._changes += 1
        self._reel_at = 0.0

    def _granted(self, lanes: Lanes, wish: Wish) -> None:
        if wish.kind not in (
            "phase",
            "speed",
            "unscripted",
            "moment",
            "copy",
            "budget",
            "bookmark",
            "unbookmark",
            "predict",
        ):
            self._laid, self._phase = (), 0
        match wish.kind:
            case "phase":
                self._set_playing(False)
                self._show_phase(lanes)
            case "play":
                self._set_playing(not lanes.engine.trouble)
                self._tell_trouble()
            case "pause":
                self._set_playing(False)
            case "step":
                self._set_playing(False)
                self._step_through(lanes, wish.value)
                self._adopt(lanes)
            case "player":
                self._set_playing(False)
                self._do(lanes, lambda: lanes.lane.step_player(wish.value))
                self._tell_trouble()
            case "change":
                joined = self._joins(wish.value)
                self._do(lanes, lambda: lanes.change(wish.value, joined))
                self._changed = True
            case "reset" | "seed" | "open":
                self._begin_again(lanes, wish)
            case "back":
                self._do(lanes, lanes.lane.go_back)
            case "speed":
                self._speed = wish.value
            case "unscripted":
                self._scripts.pop(lanes.lane.branch.title, None)
            case "moment":
                self.moments.put(standing(lanes.engine))
                self.moment_ready.emit()
                return  # nothing has changed, and the run keeps its pace
            case "copy":
                lanes.keep_ends()
                self.tapes.put((lanes.tape.copy(), lanes.lane.place))
                self.tape_ready.emit()
                return
            case "budget":
                lanes.tape.limit(wish.value)
                self._budget = wish.value
                return
            case "bookmark":
                note, at = wish.value
                place = lanes.lane.place if at is None else lanes.tape.place(*at)
                lanes.tape.bookmark(place, note)
                return
            case "unbookmark":
                lanes.tape.unbookmark(*wish.value)
                return
            case "predict":
                lanes.tape.predict(wish.value)
                return
            case _:
                self._wind(lanes, wish)
        self._set_pace()

    def _wind(self, lanes: Lanes, wish: Wish) -> None:
        """Grant what goes to and fro on the tape, or chooses the lanes that run."""
        if wish.kind not in ("drive", "alone"):
            self._set_playing(False)
        match wish.kind:
            case "seek":
                lanes.seek(*wish.value)
            case "end":
                lanes.seek(lanes.lane.branch.number, lanes.lane.branch.last)
            case "cancel":
                lanes.cancel()
            case "undo":
                if not lanes.undo() and self._before is not None:
                    # Opening a run is taken back by the run that was there.
                    lanes, self._after, self._before = self._before, lanes, None
            case "redo":
                if not lanes.redo() and self._after is not None:
                    lanes, self._before, self._after = self._after, lanes, None
            case "branch":
                lanes.lane.fork()
                self._set_playing(not lanes.engine.trouble)
            case "compare":
                lanes.compare(wish.value)
                self._set_playing(True)
            case "beside":
                lanes.beside(wish.value)
            case "drive":
                lanes.drive(wish.value)
            case "alone":
                lanes.alone()
            case "tape":
                from ganviz.tape.lanes import Lanes

                opened = Lanes.on(*wish.value)
                lanes.keep_ends()
                # There is nothing to go back to where nothing had happened.
                empty = all(branch.empty for branch in lanes.tape.branches)
                self._before, self._after, lanes = None if empty else lanes, None, opened
                self._record(lanes.tape)
                self.tape_taken.emit()  # what it was read from may go
        self._lanes = lanes
        self._cue_from(lanes)
        self._rates.clear()
        self._adopt(lanes)

    def _begin_again(self, lanes: Lanes, wish: Wish) -> None:
        if wish.kind == "open":
            settings, text, script = wish.value
            lanes.restart(settings, text=text)
            lanes.tape.entitle(text)
            self._scripts[text] = script
        elif wish.kind == "seed":
            seed = (lanes.engine.settings.train.seed + 1) % 2**31
            lanes.restart(values={"train.seed": seed}, text=f"seed {seed}")
        else:
            lanes.restart()
        self._cued, self._halted = 0, None
        self._rates.clear()
        self._adopt(lanes, anew=True)

    def _joins(self, values: Mapping[str, Any]) -> bool:
        """Return whether a change goes on with the gesture of the one before, as a drag does."""
        now, paths = perf_counter(), frozenset(values)
        before, at = self._gesture
        self._gesture = paths, now
        return paths == before and now - at < GESTURE_SECONDS

    def _do(self, lanes: Lanes, deed: Callable[[], object]) -> None:
        """Do something that goes into the journal; what was written there is told soon."""
        journal = lanes.engine.journal
        marks = len(journal)
        deed()
        if lanes.engine.journal is journal:
            self._untold += journal[marks:]
        else:  # a change of seed begins a new run, with a journal of its own
            self._cued, self._halted = 0, None

    def _adopt(self, lanes: Lanes, anew: bool = False) -> None:
        """Tell of the settings in force, if they are others than were told last, or ``anew``."""
        if anew or lanes.engine.settings is not self._adopted:
            self._adopted = lanes.engine.settings
            self.adopted.emit(self._adopted)

    def _tell_done(self, lanes: Lanes) -> None:
        """Tell what was written in the journal, and after a change which settings are in force."""
        marks, self._untold = self._untold, []
        for mark in marks:
            self.journalled.emit(mark.step, mark.text)
        if self._changed:
            self._changed = False
            self._adopt(lanes, anew=True)

    def _show_phase(self, lanes: Lanes) -> None:
        """Go on to the next phase, or lay the next round open."""
        self._phase += 1
        if self._phase >= len(self._laid):
            self._follow_script(lanes, on=True)
            self._laid, self._phase = lanes.lay_open(), 0
            self._tell_trouble()
        self._reel_at = 0.0

    def _at_present(self) -> bool:
        """Return whether what is shown is where the engine stands, and no phase before that."""
        return self._phase >= len(self._laid) - 1

    def _set_playing(self, playing: bool) -> None:
        if playing != self._playing:
            self._playing = playing
            self._rates.clear()
            self.playing_changed.emit(playing)

    def _cue_from(self, lanes: Lanes) -> None:
        """Go on with the script from here: what stands before it has had its turn.

        Whoever looked back from a halt and comes to it again goes on from there.
        """
        self._cued = sum(entry.at <= lanes.engine.steps for entry in self._script(lanes))
        if self._halted is not None and not lanes.past:
            at, cued = self._halted
            self._cued = cued if at == lanes.engine.steps else self._cued

    def _script(self, lanes: Lanes) -> tuple[Change, ...]:
        return self._scripts.get(lanes.lane.branch.title, ())

    def _follow_script(self, lanes: Lanes, on: bool) -> float:
        """Do what the script says here; return how many steps it is to what it says next.

        What stands behind a halt is done when the run goes on.
        """
        script = self._script(lanes)
        if lanes.past or len(lanes.all) > 1:
            return inf
        if self._halted is not None and not on and self._halted[0] == lanes.engine.steps:
            return inf
        self._halted = None
        while self._cued < len(script):
            entry = script[self._cued]
            if entry.at > lanes.engine.steps:
                return entry.at - lanes.engine.steps
            self._cued += 1
            if entry.values:
                self._change_by_script(lanes, entry.values)
            if entry.pause and self._playing:
                self._set_playing(False)
                self._halted = lanes.engine.steps, self._cued
                return inf
        return inf

    def _change_by_script(self, lanes: Lanes, values: Mapping[str, Any]) -> None:
        try:
            self._do(lanes, lambda: lanes.change(values))
        except ParamError as error:  # somebody has changed what it built on
            self.refused.emit(str(error))
        self._changes += 1
        self._reel_at = 0.0
        self._adopt(lanes, anew=True)
        self._set_pace()

    def _step_through(self, lanes: Lanes, steps: int) -> None:
        """Take steps, with what the script says between them; it pauses nothing that stands."""
        goal = lanes.engine.steps + steps
        while True:
            here = min(goal - lanes.engine.steps, self._follow_script(lanes, on=True))
            if past := lanes.past:
                here = min(here, max(lanes.lane.branch.last - lanes.engine.steps, 1))
            self._stepped(int(here))
            if past:
                self._cue_from(lanes)
            if lanes.trouble or lanes.engine.steps >= goal:
                return

    def _set_pace(self) -> None:
        assert self._lanes is not None
        self._clock = (perf_counter(), self._lanes.engine.steps)

    def _due(self) -> float:
        """Return how many steps the set speed asks for now."""
        assert self._lanes is not None
        if isinf(self._speed):
            return inf
        began, first = self._clock
        return first + (perf_counter() - began) * self._speed - self._lanes.engine.steps

    def _advance(self, granted: bool) -> None:
        """Take the steps that are due, at most a few milliseconds of them, or wait for one.

        ``granted``: a wish was just granted, and who made it does not wait for the window as well.
        """
        assert self._lanes is not None
        lanes = self._lanes
        self.bound = not (lanes.free or lanes.past)
        until = self._follow_script(lanes, on=self._playing)
        if not self._playing:
            return
        due = self._due()
        if due < 1:
            with RESTING:
                self._bell.wait(min((1 - due) / self._speed, 0.25))
            return
        past = lanes.past
        if past or not (lanes.free and isinf(due)):
            self.pace = 0.0
        if not isinf(due) and due > max(PATIENCE_SECONDS * self._speed, 2):
            if past:  # a tape keeps its pace, whatever the machine: true states, with gaps
                lanes.jump(int(lanes.engine.steps + due))
                due = self._due()
            if due > PATIENCE_SECONDS * self._speed:
                self._set_pace()
        steps = int(min(self._call_steps, until, 4096 if isinf(due) else max(int(due), 1)))
        began, first = perf_counter(), lanes.engine.steps
        if past:
            with self._aside() as free:
                if free:
                    self._played_back(lanes, steps)
        elif lanes.free and isinf(due):
            self._gather(lanes, granted, until)
        else:
            with self._aside() as free:
                if not free:
                    return
                began = perf_counter()
                self._stepped(steps)
        now = perf_counter()
        each = (now - began) / max(lanes.engine.steps - first, 1)
        # Grow gently and shrink at once, so that one call stays a few milliseconds long.
        fitting = max(1, int(CALL_SECONDS / max(each, 1e-6)))
        self._call_steps = min(fitting, 2 * self._call_steps, 4096)
        if not self._rates or now - self._rates[-1][0] > 1 / 60:
            self._rates.append((now, lanes.engine.steps))

    @contextmanager
    def _aside(self) -> Iterator[bool]:
        """Let the window paint first, and keep it from painting meanwhile, for a while each.

        Not so where somebody wishes for something: that comes first, and is told by False.
        """
        taken, ends = False, perf_counter() + ASIDE_SECONDS
        with WAITING:
            while not taken and not self._wishes and not self.isInterruptionRequested():
                if self._way.wait(LOOK_SECONDS) or perf_counter() > ends:
                    taken = self._turn_taken.acquire(timeout=LOOK_SECONDS)
        try:
            yield taken
        finally:
            if taken:
                self._turn_taken.release()

    def _gather(self, lanes: Lanes, at_once: bool, until: float) -> None:
        """Take the rounds that kernels have played by themselves, and see that they go on.

        ``until`` is how many steps there are to what the script says next.

        They need no interpreter lock; measuring what they did does. So the lock goes to and fro
        between the window and this thread, each for a few milliseconds, and the kernels never wait.
        """
        self._lend(lanes)
        kernels = [lane.engine.kernel for lane in lanes.all if not lane.past]
        pace = self.pace = max(kernel.pace for kernel in kernels)
        more = int(AHEAD_SECONDS / pace) if pace else 1
        if at_once:  # with what was changed; nothing else of this is urgent
            self._stepped(1, more)
            return
        if any(not kernel.ready and kernel.busy for kernel in kernels):
            with PLAYED:
                sleep(LOOK_SECONDS)
            return
        if self._comes_soon():
            # While kernels play nothing waits for the window: what they play is taken later.
            with PLAYED if any(kernel.busy for kernel in kernels) else WAITING:
                sleep(LOOK_SECONDS)
            return
        # No farther than to the next measuring: that takes longer than all the rest.
        every = lanes.engine.settings.train.measure_every
        ready = max(min(kernel.ready for kernel in kernels), 1)
        with self._aside() as free:
            if not free:
                return
            began = perf_counter()
            steps = int(min(ready, every - lanes.engine.steps % every, until))
            self._stepped(steps, int(min(more, until - steps)))
            self._took = max(perf_counter() - began, 0.8 * self._took)

    def _comes_soon(self) -> bool:
        """Return whether the window will paint before another call into the engine is over."""
        if not self.frames:
            return False
        comes, now = max(self.due, self._left), perf_counter()
        return comes - self._took < now < comes + PATIENT_SECONDS

    def _lend(self, lanes: Lanes) -> None:
        """Lend each lane threads, for its kernel to go on by itself."""
        for lane in lanes.all:
            if lane.engine.executor is None:
                lent = [other.engine.executor for other in lanes.all]
                free = [threads for threads in self._threads if threads not in lent]
                if not free:
                    from ganviz.engine.kernels.ahead import WINGS

                    free = [ThreadPoolExecutor(WINGS, "ganviz-rounds")]
                    self._threads += free
                lane.engine.executor = free[0]

    @WINDING
    def _played_back(self, lanes: Lanes, steps: int) -> None:
        """Go along the tape; at its end the run waits, to be taken up or not."""
        lanes.follow(steps)
        self._adopt(lanes)
        self._cue_from(lanes)
        if not lanes.past:
            self._set_playing(False)

    @STEPS
    def _stepped(self, steps: int, more: int = 0) -> None:
        assert self._lanes is not None
        self.witness.stepping()
        self._lanes.step(steps, more)
        self._tell_trouble()
        self.witness.stepped()

    def _tell_trouble(self) -> None:
        assert self._lanes is not None
        if trouble := self._lanes.trouble:
            self._set_playing(False)
            self.troubled.emit(trouble)

    def _now(self) -> tuple[int, int, str, Wants, Surface | None]:
        assert self._lanes is not None
        engine, wants = self._lanes.engine, self._wants
        surface = self._surface if "surface" in wants.layers else None
        return engine.steps, self._changes, engine.trouble, wants, surface

    def _unseen(self) -> bool:
        """Return whether there is something that the last frame left did not show."""
        return self._lanes is not None and self._now() != self._shown

    @FRAMES
    def _leave_frame(self) -> None:
        assert self._lanes is not None
        began = perf_counter()
        self._wanted.clear()
        self._shown = self._now()
        self.witness.framing(self._shown[0])
        wants, surface = self._shown[-2:]
        engine = self._lanes.engine
        if wants.probe != engine.watched:
            engine.watch(wants.probe)
        at = {"at": self._laid[self._phase]} if self._laid else {}
        if "surface" in wants.layers:  # which is made beside the training, not here
            wants = replace(wants, layers=wants.layers - {"surface"})
        frame = engine.frame(wants=wants, **at)
        if surface is not None:
            frame = replace(frame, surface=surface)
        self.frame_at = began
        self.frames.put(self._lanes.frames(wants, frame))
        self._left = perf_counter()
        self.made_in = self._left - began


def standing(engine: Engine) -> Standing:
    """Return where an engine stands, and the orbit of its players since the last change."""
    trace = engine.trace
    orbit, centre = np.empty((2, 0)), (0.0, 0.0)
    for portrait in engine.family.portraits():
        if portrait.name in ("parameters", "orbit") and portrait.centre is not None:
            since = engine.journal[-1].step - engine.steps + len(trace) if engine.journal else 0
            first = max(since, len(trace) - ORBIT_ROWS, 0)
            orbit = np.stack(
                [trace.values(name, first, len(trace)) for name in (portrait.x, portrait.y)]
            )
            centre = portrait.centre
            break
    return Standing(engine.moment(), orbit, centre, engine.trouble)
