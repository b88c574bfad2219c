"""Film: an MP4 file that pictures are added to, encoded in a thread of its own."""

from __future__ import annotations

import math
import os
import queue
import threading
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from .render import bgra

#: Kinds of file that can be written.
SUFFIXES = (".mp4",)
#: Pictures that may wait for the encoder: enough to overlap, few enough to hold in memory.
WAITING = 8


class Film:
    """An MP4 film: H.264, yuv420p, ready to play while it loads.

    Use it as a context manager. The file appears under its name only when the film is whole: after
    an exception or :meth:`cancel` nothing is left of it. Odd sizes are rounded up to even ones by
    repeating the last row or column, as yuv420p needs.

    Parameters
    ----------
    path
        Where to write; the suffix says the format.
    size
        (width, height) of the pictures in pixels.
    fps
        Pictures per second.

    Raises
    ------
    ValueError
        If suffix, size or rate are out of range.
    OSError
        If the folder does not exist or cannot be written to.
    """

    def __init__(
        self, path: str | os.PathLike[str], size: tuple[int, int], fps: float = 30
    ) -> None:
        self.path = Path(path)
        self.size = size
        self.fps = fps
        self.pictures = 0
        if self.path.suffix.lower() not in SUFFIXES:
            raise ValueError(
                f"film {self.path.name!r}: the name must end in {' or '.join(SUFFIXES)}"
            )
        if not all(isinstance(n, (int, np.integer)) and 16 <= n <= 8192 for n in size):
            raise ValueError(
                f"film size {size[0]}x{size[1]}: must be whole numbers from 16x16 to 8192x8192"
            )
        if not (math.isfinite(fps) and 1 <= fps <= 240):
            raise ValueError(f"film fps {fps}: must be between 1 and 240")
        if self.path.is_dir():
            raise IsADirectoryError(f"film {self.path}: is a folder, must be a file's name")
        if not self.path.parent.is_dir():
            raise FileNotFoundError(f"film {self.path}: there is no folder {self.path.parent}")
        self._part = self.path.with_name(f".{self.path.stem}.{os.getpid()}.part{self.path.suffix}")
        self._queue: queue.Queue[QImage | npt.NDArray[np.uint8] | None] = queue.Queue(WAITING)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Film:
        self._part.touch()  # an unwritable folder is told here, not after the first picture
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
            return
        if self._stop.is_set():  # cancelled inside
            return
        self._put(None)
        self._join()
        if self._error is not None or self.pictures == 0:
            self._part.unlink(missing_ok=True)
        if self._error is not None:
            raise self._error
        if self.pictures == 0:
            raise ValueError(f"film {self.path.name!r}: it has no pictures")
        try:
            os.replace(self._part, self.path)
        finally:
            self._part.unlink(missing_ok=True)

    def add(self, picture: QImage | npt.NDArray[np.uint8]) -> None:
        """Add a picture: a QImage, or (h, w, 3) uint8 red, green, blue. Keeps it; do not change it.

        Waits while the encoder is behind.

        Raises
        ------
        ValueError
            If the picture is not of the film's size.
        """
        if self._thread is None or self._stop.is_set():
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

    def cancel(self) -> None:
        """Stop, and leave nothing behind. Harmless when already stopped."""
        self._stop.set()
        self._join()
        self._part.unlink(missing_ok=True)

    def _put(self, picture: QImage | npt.NDArray[np.uint8] | None) -> None:
        while True:
            if self._error is not None:
                error = self._error
                self.cancel()
                raise error
            try:
                self._queue.put(picture, timeout=0.1)
                return
            except queue.Full:
                continue  # and look again whether the encoder still lives

    def _join(self) -> None:
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _encode(self) -> None:
        try:
            self._write()
        except BaseException as error:  # noqa: BLE001 - told to whoever adds the next picture, or closes
            self._error = error

    def _write(self) -> None:
        import av  # 0.1 s, and only for those who film
        from av.video.reformatter import ColorRange, Colorspace

        rate = Fraction(self.fps).limit_denominator(1001)
        wide, tall = ((n + 1) // 2 * 2 for n in self.size)
        with av.open(str(self._part), "w", format="mp4", options={"movflags": "faststart"}) as file:
            stream: Any = file.add_stream("libx264", rate=rate)
            stream.width, stream.height, stream.pix_fmt = wide, tall, "yuv420p"
            stream.options = {"crf": "18", "preset": "veryfast", "tune": "animation"}
            context = stream.codec_context
            # BT.709, and say so: players guess 601 or 709 by size, and thin colours turn.
            context.colorspace = context.color_primaries = context.color_trc = 1
            context.color_range = 1
            count = 0
            while (picture := self._next()) is not None:
                frame: Any = av.VideoFrame.from_ndarray(*self._even(picture, wide, tall))
                frame = frame.reformat(
                    format="yuv420p",
                    dst_colorspace=Colorspace.ITU709,
                    dst_color_range=ColorRange.MPEG,
                )
                frame.pts, frame.time_base = count, 1 / rate
                file.mux(stream.encode(frame))
                count += 1
            if not self._stop.is_set():
                file.mux(stream.encode(None))

    def _next(self) -> QImage | npt.NDArray[np.uint8] | None:
        while not self._stop.is_set():
            try:
                return self._queue.get(timeout=0.1)
            except queue.Empty:
                continue
        return None

    def _even(
        self, picture: QImage | npt.NDArray[np.uint8], wide: int, tall: int
    ) -> tuple[npt.NDArray[np.uint8], str]:
        """Return an array of even sides and the name of its pixel format."""
        if isinstance(picture, QImage):
            if picture.format() != QImage.Format.Format_RGB32:
                picture = picture.convertToFormat(QImage.Format.Format_RGB32)
            array, form = bgra(picture), "bgra"
        else:
            array, form = picture, "rgb24"
        pad = ((0, tall - array.shape[0]), (0, wide - array.shape[1]), (0, 0))
        if pad[0][1] or pad[1][1]:
            array = np.pad(array, pad, mode="edge")
        return np.ascontiguousarray(array), form
