"""Film: a file that pictures are added to, encoded in a thread of its own."""

from __future__ import annotations

import math
import os
import queue
import re
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from . import parts
from .formats import format_of
from .render import bgra
from .writers import WRITERS, Job

#: Pictures that may wait for the encoder, and their bytes: enough to overlap, few enough to hold.
WAITING, WAITING_BYTES = 8, 256_000_000
#: Seconds between two looks at whether to go on.
TICK = 0.05
#: Seconds that :meth:`Film.cancel` waits for the encoder.
PATIENCE = 0.2


class Film:
    """A film: pictures go in one by one, and a whole file comes out, or none.

    The ending of the name says the format: ``.mp4`` (H.264), ``.webm`` (VP9), ``.gif``, ``.apng``,
    ``.webp``, or none for a folder of numbered PNGs; see :mod:`ganviz.film.formats`. Use it as a
    context manager. The film appears under its name only when it is whole: after an exception,
    :meth:`cancel` or the end of the process nothing is seen of it, and what was there before stays.

    Encoding overlaps with whatever makes the pictures. When the last one was added,
    :meth:`finish` waits for what the encoder still holds; leaving the context does so, too.

    Parameters
    ----------
    path
        Where to write.
    size
        (width, height) of the pictures in pixels. Where a format needs even sides, the last row or
        column is repeated.
    fps
        Pictures per second; a GIF has 10, 20, 25 or 50.
    webp_quality
        How good the pictures of a WebP are: 100 for every pixel exact, less for a smaller file.

    Attributes
    ----------
    pictures : int
        How many were added.
    encoded : int
        How many of them are in the file. A GIF begins to count when the last picture was added,
        because only then its palette is known.
    finishing : bool
        Whether the last picture was added and the encoder works off what it holds.
    whole : bool
        Whether the film stands under its name.

    Raises
    ------
    ParamError
        If suffix, size or rate are out of range. A ValueError.
    OSError
        If the folder does not exist or cannot be written to, or if a folder of that name holds
        anything but the pictures of an earlier film.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        size: tuple[int, int],
        fps: float = 30,
        webp_quality: int = 100,
    ) -> None:
        self.path = Path(path)
        self.format = format_of(path)
        self.size = size
        self.fps = fps
        self.webp_quality = webp_quality
        self.pictures = 0
        self.encoded = 0
        self.finishing = False
        self.whole = False
        self.format.check(self.path.name, size, fps)
        self._free()
        if not self.path.parent.is_dir():
            raise FileNotFoundError(f"film {self.path}: there is no folder {self.path.parent}")
        waiting = WAITING_BYTES // (4 * math.prod(size))
        self._queue: queue.Queue[QImage | npt.NDArray[np.uint8] | None] = queue.Queue(
            max(2, min(WAITING, waiting))
        )
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._parts: list[Path] = []
        self._guard = threading.Lock()

    def __enter__(self) -> Film:
        try:  # an unwritable folder is told here, not after the first picture
            self._beside(self.format.suffix)
        except OSError as error:
            raise self._told(error) from None
        self._thread = threading.Thread(target=self._encode, name="film", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.cancel()
        elif self._thread is not None and not self._stop.is_set():
            self.finish()

    def add(self, picture: QImage | npt.NDArray[np.uint8]) -> None:
        """Add a picture: a QImage, or (h, w, 3) uint8 red, green, blue. Keeps it; do not change it.

        Waits while the encoder is behind.

        Raises
        ------
        ValueError
            If the picture is not of the film's size, or the film is not open.
        OSError
            If the encoder could not write, such as on a full disk; nothing of the film is left.
        """
        if self._thread is None or self._stop.is_set() or self.finishing:
            raise ValueError(f"film {self.path.name!r}: it is not open")
        if isinstance(picture, QImage):
            wide, tall = picture.width(), picture.height()
            good = True
        else:
            tall, wide = picture.shape[:2]
            good = picture.ndim == 3 and picture.shape[2] == 3 and picture.dtype == np.uint8
        if not good or (wide, tall) != tuple(self.size):
            raise ValueError(
                f"film picture {wide}x{tall}: must be {self.size[0]}x{self.size[1]} pixels of RGB"
            )
        self._put(picture)
        self.pictures += 1

    @property
    def full(self) -> bool:
        """Whether :meth:`add` would wait for the encoder."""
        return self._queue.full() and self._error is None

    def finish(self, told: Callable[[int, int], object] | None = None) -> None:
        """Wait until every picture is in the file, and give it its name.

        Parameters
        ----------
        told
            Called ten times a second meanwhile, in this thread, with the pictures that are in the
            file and how many there are. It may call :meth:`cancel`, after which this returns.

        Raises
        ------
        ValueError
            If the film has no pictures.
        OSError
            If it could not be written; nothing of it is left.
        """
        if self._thread is None or self._stop.is_set():
            raise ValueError(f"film {self.path.name!r}: it is not open")
        try:
            if self.pictures == 0:
                raise ValueError(f"film {self.path.name!r}: it has no pictures")
            self._put(None)
            self.finishing = True
            while self._thread.is_alive():
                self._thread.join(2 * TICK)
                if told is not None:
                    told(self.encoded, self.pictures)
                if self._stop.is_set():
                    return
            if self._error is not None:
                raise self._told(self._error)
            try:
                self._free()
                parts.put(self._parts[0], self.path)
                self.whole = True
            except OSError as error:
                raise self._told(error) from error
        finally:  # of a whole film nothing is left under another name either
            self.cancel()

    def cancel(self) -> None:
        """Stop, and leave nothing behind. Harmless when already stopped."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(PATIENCE)  # else it removes what it has open when it is done
        self._discard()

    def _beside(self, suffix: str) -> Path:
        """Return a new half film beside the film."""
        with self._guard:
            part = parts.begin(self.path.parent, suffix)
            self._parts.append(part)
        return part

    def _discard(self) -> None:
        with self._guard:
            for part in self._parts:
                try:
                    parts.discard(part)
                except OSError:  # Windows removes no open file; the encoder does when it closes it
                    continue

    def _free(self) -> None:
        """Refuse a name that something else has."""
        if not self.path.is_dir():
            if not self.format.suffix and self.path.exists():
                raise FileExistsError(
                    f"film {self.path}: is a file; a folder of pictures needs another name"
                )
            return
        if self.format.suffix:
            raise IsADirectoryError(f"film {self.path}: is a folder, must be a file's name")
        ours = re.compile(re.escape(self.path.name) + r"(-\d{4}\.png|\.tex)")
        for other in os.listdir(self.path):
            if not ours.fullmatch(other):
                raise FileExistsError(
                    f"film {self.path}: the folder holds {other!r}, which is none of its pictures;"
                    " choose another name or empty it"
                )

    def _told(self, error: BaseException) -> BaseException:
        """Return the error with the film's name and the system's reason."""
        if not isinstance(error, OSError) or str(error).startswith("film "):
            return error
        reason = error.strerror or str(error)
        return OSError(
            f"film {self.path.name!r}: cannot be written in {self.path.parent}: {reason}"
        )

    def _put(self, picture: QImage | npt.NDArray[np.uint8] | None) -> None:
        while True:
            if self._error is not None:
                error = self._error
                self.cancel()
                raise self._told(error)
            try:
                self._queue.put(picture, timeout=TICK)
                return
            except queue.Full:
                continue  # and look again whether the encoder still lives

    def _encode(self) -> None:
        try:
            WRITERS[self.format.name](
                Job(
                    self._parts[0],
                    self.path.name,
                    self.format.kept(self.size),
                    Fraction(self.fps).limit_denominator(1001),
                    self._pictures,
                    self._done,
                    self._beside,
                    self.webp_quality,
                )
            )
        except _Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - told to whoever adds the next picture, or closes
            self._error = error
        finally:
            if self._stop.is_set():
                self._discard()

    def _pictures(self) -> Iterator[npt.NDArray[np.uint8]]:
        while True:
            self._done(0)
            try:
                picture = self._queue.get(timeout=TICK)
            except queue.Empty:
                continue
            if picture is None:
                return
            if isinstance(picture, QImage):
                if picture.format() != QImage.Format.Format_RGB32:
                    picture = picture.convertToFormat(QImage.Format.Format_RGB32)
                yield bgra(picture)
            else:
                yield np.ascontiguousarray(picture)

    def _done(self, pictures: int) -> None:
        self.encoded += pictures
        if self._stop.is_set():
            raise _Stopped


class _Stopped(Exception):
    """The film was cancelled."""
