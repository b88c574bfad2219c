"""A film of a run: its pictures one by one, and the whole of it in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter, sleep
from types import TracebackType
from typing import Literal

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from ganviz.film import plan, still
from ganviz.film.encode import Film
from ganviz.film.order import STILLS, Order
from ganviz.film.purposes import weight_warning
from ganviz.film.render import FilmStage, Words
from ganviz.film.source import Source, Stopped, never
from ganviz.film.words import change_words, settings_words, told
from ganviz.frame import Frame, Mark
from ganviz.schema import ParamError
from ganviz.views.ink import whole
from ganviz.views.stage import framed

Phase = Literal["training", "drawing", "encoding"]
#: Seconds between two reports.
OFTEN = 0.25
#: Seconds between two looks at an encoder that is behind.
TICK = 0.02
#: A GIF is encoded when all is drawn, in about this share of the time that drawing took.
GIF_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a film is.

    Attributes
    ----------
    done, encoded, of
        Pictures that are drawn, those of them that are in the file, and all of them.
    phase
        What is being done: ``training`` (or running a recorded run again), ``drawing``, or
        ``encoding`` when all is drawn.
    seconds_left
        About how long it still takes, or None while nothing is known.
    """

    done: int
    encoded: int
    of: int
    phase: Phase
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class Made:
    """A film that is there.

    Attributes
    ----------
    path, bytes
        The file, or the folder of pictures, and how large it is.
    warning
        A sentence if it is too heavy for what it is for, or if the run stopped by itself.
    """

    path: Path
    bytes: int
    warning: str


class Pictures:
    """The pictures of a film, in any order. Needs a QApplication, and its thread.

    Parameters
    ----------
    source
        The run.
    order
        How it is to be filmed.

    Attributes
    ----------
    plan
        The step of each picture.

    Raises
    ------
    ParamError
        For an order that this run cannot fill, or pictures too small to be read.
    """

    def __init__(self, source: Source, order: Order) -> None:
        self.source = source
        self.order = order
        self.plan = plan.steps(order, source.first, source.last)
        self._look = order.shown(source.dim)
        self._last: tuple[int, Words, QImage] | None = None
        self._marks = source.marks
        #: Whether a strip for changes is needed: where none can come, none takes room.
        changes = order.changes and any(
            self.plan[0] <= mark.step <= self.plan[-1] for mark in self._marks
        )
        lines = 0
        if order.settings_line:
            spots = {self.plan[0], *(m.step for m in self._marks if m.step <= self.plan[-1])}
            lines = max(
                FilmStage.lines_of(self._settings(step), order.size, order.zoom, self._look)
                for step in spots
            )
        self._spoken = tuple(entry for entry in order.spoken if entry[0] <= self.plan[-1])
        spoken = max(
            (
                FilmStage.lines_said(words, order.size, order.zoom, self._look)
                for _, words in self._spoken
            ),
            default=0,
        )
        try:
            self._stage = FilmStage(
                order.size,
                scale=order.zoom,
                caption=order.caption,
                changes=changes,
                lines=lines,
                said=spoken,
                sizes=order.sizes.encode() if order.sizes else None,
            )
        except ParamError:
            raise
        except ValueError as error:
            raise ParamError(str(error)) from None

    def __len__(self) -> int:
        return len(self.plan)

    def __enter__(self) -> Pictures:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the stage go."""
        self._stage.close()

    def picture(self, number: int, stopped: Callable[[], bool] = never) -> QImage:
        """Return a picture by its number, from 0; do not change it.

        Raises
        ------
        Stopped
            Soon after ``stopped`` says yes.
        """
        step, words = self.plan[number], self.words(number)
        if self._last is None or self._last[:2] != (step, words):
            frames = self._frames(number, stopped)
            self._last = step, words, self._stage.picture(frames, self._look, words)
        return self._last[2]

    def sheet(self, number: int, stopped: Callable[[], bool] = never) -> QWidget:
        """Return the widget that shows a picture, laid out, to be drawn elsewhere."""
        frames = self._frames(number, stopped)
        return self._stage.show(frames, self._look, self.words(number))

    def _frames(self, number: int, stopped: Callable[[], bool]) -> tuple[Frame, ...]:
        step = self.plan[number]
        return framed(self._look, lambda wants: self.source.frames(step, wants, stopped))

    def words(self, number: int) -> Words:
        """Return what is written about a picture."""
        order = self.order
        changes: tuple[str, ...] = ()
        if order.changes:
            changes = self._said(told(self._marks, self.plan, order.fps, number))
        settings: tuple[str, ...] = ()
        if order.settings_line:
            settings = self._settings(self.plan[number])
        said = [words for step, words in self._spoken if step <= self.plan[number]]
        return Words(order.title, changes, settings, said[-1] if said else "")

    def _settings(self, step: int) -> tuple[str, ...]:
        said = settings_words(self.source.settings(step))
        return (f"{self.source.lane}: {said[0]}", *said[1:]) if self.source.lane else said

    def _said(self, gestures: tuple[tuple[Mark, ...], ...]) -> tuple[str, ...]:
        """Return what was done in words, each step before what was done there."""
        result: list[str] = []
        last: tuple[int, str] | None = None
        for gesture in gestures:
            at = gesture[-1].step, self.source.whose(gesture[-1])
            if at != last:
                last = at
                result.append(f"step {whole(at[0])}" + (f" in {at[1]}" if at[1] else ""))
            result += change_words(gesture)
        return tuple(result)

    def still(
        self, path: Path, number: int | None = None, stopped: Callable[[], bool] = never
    ) -> None:
        """Write one picture, by default the last, as what the name's ending says.

        Raises
        ------
        ParamError
            For an ending that is none of :data:`ganviz.film.order.STILLS`.
        OSError
            If it cannot be written.
        """
        check_still(path)
        number = len(self) - 1 if number is None else number
        title = self.order.title or self.source.title
        if path.suffix.lower() == ".png":
            still.put(path, still.png(self.picture(number, stopped)))
            return
        kind = still.svg if path.suffix.lower() == ".svg" else still.pdf
        still.put(path, kind(self.sheet(number, stopped), title, self.order.size))


def check_still(path: Path) -> None:
    """Refuse a name that no still can have; raises ParamError or FileNotFoundError."""
    if path.suffix.lower() not in STILLS:
        raise ParamError(f"still {path.name!r}: the name must end in {', '.join(STILLS)}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"still {path}: there is no folder {path.parent}")


def make(
    pictures: Pictures,
    out: Path,
    report: Callable[[Progress], object] = lambda progress: None,
    stopped: Callable[[], bool] = never,
) -> Made:
    """Draw and encode a film; both go on at the same time.

    Parameters
    ----------
    pictures
        Of the film.
    out
        Where to write; the ending says the format, see :class:`ganviz.film.Film`.
    report
        Called a few times a second with how far it is.
    stopped
        Asked often whether to stop.

    Raises
    ------
    Stopped
        Within a second after ``stopped`` says yes; nothing of the film is left.
    ParamError, OSError
        For a name, a size or a rate that the format cannot have, or a disk that is full; nothing
        of the film is left.
    """
    of = len(pictures)
    order, said = pictures.order, 0.0
    film = Film(out, order.size, order.fps, order.webp_quality)
    clock = _Clock(pictures.plan, GIF_SHARE if film.format.name == "gif" else 0.0)

    def tell(phase: Phase, done: int) -> bool:
        nonlocal said
        if stopped():
            return True
        now = perf_counter()
        if now - said >= OFTEN:
            said = now
            left = clock.left(done, film.encoded)
            report(Progress(done, film.encoded, of, phase, left))
        return False

    with film:
        for number in range(of):
            if tell("drawing", number):
                raise Stopped
            picture = pictures.picture(number, partial(tell, "training", number))
            while film.full:  # said and heard here, not deaf in the film
                if tell("encoding", number):
                    raise Stopped
                sleep(TICK)
            film.add(picture)
            clock.drew(number)
            if application := QApplication.instance():
                application.processEvents()
        clock.finish(film.encoded)

        def waiting(encoded: int, all_of_them: int) -> None:
            if tell("encoding", of):
                film.cancel()

        film.finish(waiting)
        if not film.whole:
            raise Stopped
    size = _bytes(out)
    warnings = (weight_warning(out, size), pictures.source.trouble)
    report(Progress(of, of, of, "encoding", 0.0))
    return Made(out, size, " ".join(words for words in warnings if words))


class _Clock:
    """Tells how long a film still takes, from how long it took so far.

    A picture takes some time, and each step that leads to it some more: both are fitted to the
    pictures so far by least squares. A picture that is shown again takes none. ``later`` is the
    share of the drawing time that is to be added when all is drawn.
    """

    def __init__(self, plan: tuple[int, ...], later: float) -> None:
        self._later = later
        self._ways = [
            float(step - before) if number == 0 or step != before else None
            for number, (before, step) in enumerate(zip((0, *plan), plan, strict=False))
        ]
        self._past: list[tuple[float, float]] = []
        self._since = self._began = perf_counter()
        self._ended: tuple[float, int] | None = None

    def drew(self, number: int) -> None:
        """Note that a picture is drawn and handed on."""
        now, way = perf_counter(), self._ways[number]
        if way is not None:
            self._past.append((way, now - self._since))
        self._since = now

    def finish(self, encoded: int) -> None:
        """Note that all pictures are drawn, of which so many are in the file."""
        self._ended = perf_counter(), encoded

    def left(self, done: int, encoded: int) -> float | None:
        """Return about how many seconds are left."""
        if self._ended is not None:
            since, first = self._ended
            if encoded <= first:
                return None
            return (perf_counter() - since) / (encoded - first) * (len(self._ways) - encoded)
        if len(self._past) < 3:
            return None
        ways, times = np.array(self._past[1:]).T  # the first one is not like the others
        spread = float(((ways - ways.mean()) ** 2).sum())
        slope = float((ways - ways.mean()) @ times) / spread if spread > 0 else 0.0
        slope = min(max(slope, 0.0), float(times.sum() / max(ways.sum(), 1e-9)))
        each = max(float(times.mean() - slope * ways.mean()), 0.0)
        drawing = sum(each + slope * way for way in self._ways[done:] if way is not None)
        gone = perf_counter() - self._began
        waiting = gone / encoded * (done - encoded) if encoded else 0.0
        return drawing + waiting + self._later * (gone + drawing)


def _bytes(path: Path) -> int:
    if path.is_dir():
        return sum(each.stat().st_size for each in path.iterdir())
    return path.stat().st_size
