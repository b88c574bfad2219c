"""One writer a format: pictures in, a half film out. Each reads from top to bottom.

They run in the thread of a :class:`~ganviz.film.encode.Film`, which takes care of names, of waiting
and of stopping: a stopped film raises inside ``job.pictures()`` or ``job.done()``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .formats import FOLDER
from .purposes import beamer_line


@dataclass(frozen=True, slots=True)
class Job:
    """What a writer is given."""

    #: The half film: an empty file or an empty folder.
    part: Path
    #: The name that a folder and its pictures will have.
    name: str
    #: (width, height) of the pictures in the file, and pictures a second.
    size: tuple[int, int]
    rate: Fraction
    #: Pictures in the order in which they came: (height, width, 3) of red, green, blue or
    #: (height, width, 4) of blue, green, red and nothing; good until the next is asked for.
    pictures: Callable[[], Iterator[npt.NDArray[np.uint8]]]
    #: To be told whenever a number of pictures are in the file, or 0 to ask whether to go on.
    done: Callable[[int], None]
    #: Makes another half film beside the first, with this ending, and removes it in the end.
    beside: Callable[[str], Path]
    #: How good the pictures of a WebP are: 100 for every pixel exact.
    quality: int = 100


#: A PNG of flat colours and lines is a quarter smaller if no row is guessed from its neighbours.
FLAT = {"pred": "none"}


def movie(
    job: Job, container: str, codec: str, options: dict[str, str], threads: int = 0, **about: str
) -> None:
    """Write yuv420p in BT.709, the colours that every player knows."""
    import av
    from av.video.reformatter import ColorRange, Colorspace

    with av.open(str(job.part), "w", format=container, options=about) as file:
        stream: Any = file.add_stream(codec, rate=job.rate)
        (stream.width, stream.height), stream.pix_fmt = job.size, "yuv420p"
        stream.options = options
        context = stream.codec_context
        # BT.709, and say so: players guess 601 or 709 by size, and thin colours turn.
        context.colorspace = context.color_primaries = context.color_trc = 1
        context.color_range = 1
        for count, picture in enumerate(job.pictures()):
            frame = _frame(_grown(picture, job.size)).reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
            )
            _pack(job, file, stream, frame, count)
        _pack(job, file, stream, None)


def mp4(job: Job) -> None:
    """Write H.264 of high profile, the level as the size asks, ready to play while it loads.

    Without pictures that look ahead (B) and with one to look back at: two thirds of the work for a
    third more bytes and a decibel more, and players jump to any picture without a detour.
    """
    options = {"crf": "18", "preset": "veryfast", "tune": "animation", "profile": "high"}
    options["x264-params"] = "bframes=0:ref=1:weightp=0"
    movie(job, "mp4", "libx264", options, movflags="faststart")


def webm(job: Job) -> None:
    """Write VP9 of constant quality."""
    options = {"crf": "24", "b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"}
    movie(job, "webm", "libvpx-vp9", options)


def gif(job: Job) -> None:
    """Write a GIF with one palette, built for the whole film, and no dither.

    The palette is known only when the last picture is, so that the first pass counts colours and
    keeps the pictures, exact, in a file beside the film; the second one writes the GIF from it. So
    memory stays flat however long the film is.
    """
    import av
    from av.filter import Graph

    kept = job.beside(".mkv")
    tick = 1 / job.rate
    wide, tall = job.size
    source = {"width": wide, "height": tall, "format": "bgra", "time_base": tick}

    graph: Any = Graph()
    _chain(graph, graph.add_buffer(**source), graph.add("palettegen", "stats_mode=diff"))
    count = 0
    with av.open(str(kept), "w") as file:
        stream: Any = file.add_stream("libx264rgb", rate=job.rate)
        (stream.width, stream.height), stream.pix_fmt = job.size, "bgr24"
        stream.options = {"qp": "0", "preset": "ultrafast"}
        for count, picture in enumerate(job.pictures(), 1):
            frame = _frame(picture)
            coloured = _own(frame, "bgra")
            coloured.pts, coloured.time_base = count, tick
            graph.vpush(coloured)
            with suppress(BlockingIOError):  # asked for its palette, it counts at once; else later
                graph.vpull()
            _pack(job, file, stream, frame.reformat(format="bgr24"), count - 1, told=False)
        if not count:
            return
        # Only what a picture covers is counted when it changes, so the last one would go without.
        last = np.ascontiguousarray(255 - coloured.to_ndarray())
        last[..., 3] = 255
        frame = av.VideoFrame.from_ndarray(last, "bgra")
        frame.pts, frame.time_base = count + 1, tick
        graph.vpush(frame)
        _pack(job, file, stream, None, told=False)
    graph.vpush(None)
    palette = graph.vpull()

    graph = Graph()
    use = graph.add("paletteuse", "dither=none:diff_mode=rectangle")
    pictures = graph.add_buffer(**source)
    colours = graph.add_buffer(width=16, height=16, format="bgra", time_base=tick)
    colours.link_to(use, 0, 1)
    _chain(graph, pictures, use)
    palette.pts, palette.time_base = 0, tick
    graph.vpush(palette, at=1)
    graph.vpush(None, at=1)
    with av.open(str(job.part), "w", format="gif", options={"loop": "0"}) as out:
        stream = out.add_stream("gif", rate=job.rate)
        (stream.width, stream.height), stream.pix_fmt = job.size, "pal8"

        def drawn() -> None:
            while True:
                try:
                    frame = graph.vpull()
                except (BlockingIOError, EOFError):
                    return
                frame.duration = 1  # or the last picture would have none
                _pack(job, out, stream, frame, frame.pts)

        with av.open(str(kept)) as first:
            for number, frame in enumerate(first.decode(video=0)):
                coloured = frame.reformat(format="bgra")
                coloured.pts, coloured.time_base = number, tick
                graph.vpush(coloured, at=0)
                drawn()
        graph.vpush(None, at=0)
        drawn()
        _pack(job, out, stream, None)


def apng(job: Job) -> None:
    """Write an animated PNG that plays for ever."""
    import av

    with av.open(str(job.part), "w", format="apng", options={"plays": "0"}) as file:
        stream: Any = file.add_stream("apng", rate=job.rate)
        (stream.width, stream.height), stream.pix_fmt = job.size, "rgb24"
        stream.options = FLAT
        for count, picture in enumerate(job.pictures()):
            _pack(job, file, stream, _own(_frame(picture), "rgb24"), count)
        _pack(job, file, stream, None)


def webp(job: Job) -> None:
    """Write an animated WebP that plays for ever, lossless unless it shall be small.

    libwebp's own animator keeps the whole film in memory and drops a picture that equals the one
    before. Here each picture is the smallest rectangle that changed, written at once (WebP
    Container Specification, chunks VP8X, ANIM and ANMF; numbers are little-endian).
    """
    wide, tall = job.size
    with job.part.open("wb") as file:
        file.write(struct.pack("<4sI4s", b"RIFF", 0, b"WEBP"))
        about = bytes([2, 0, 0, 0]) + _three(wide - 1) + _three(tall - 1)  # 2: it is animated
        file.write(_chunk(b"VP8X", about))
        file.write(_chunk(b"ANIM", struct.pack("<IH", 0xFFFFFFFF, 0)))  # white; for ever
        before: npt.NDArray[np.uint8] | None = None
        for count, picture in enumerate(job.pictures()):
            frame = _own(_frame(picture), "bgra").to_ndarray()
            left, top, right, bottom = (0, 0, wide, tall)
            if before is not None:
                left, top, right, bottom = _changed(before, frame)
            left, top = left - left % 2, top - top % 2  # only even corners can be written
            began, ended = (round(1000 * n / job.rate) for n in (count, count + 1))
            file.write(
                _chunk(
                    b"ANMF",
                    _three(left // 2)
                    + _three(top // 2)
                    + _three(right - left - 1)
                    + _three(bottom - top - 1)
                    + _three(ended - began)
                    + bytes([2])  # in place of what was there, and it stays
                    + _still_webp(frame[top:bottom, left:right], job.quality),
                )
            )
            before = frame
            job.done(1)
        length = file.tell() - 8
        if length >= 2**32:
            raise OSError("an animated WebP cannot be larger than 4 GB")
        file.seek(4)
        file.write(struct.pack("<I", length))


def folder(job: Job) -> None:
    """Write numbered PNGs and the LaTeX that plays them."""
    from av.video.codeccontext import VideoCodecContext

    encoder: Any = VideoCodecContext.create("png", "w")
    (encoder.width, encoder.height), encoder.pix_fmt = job.size, "rgb24"
    encoder.time_base = 1 / job.rate
    encoder.options = FLAT
    count = 0

    def write(frame: Any) -> None:
        nonlocal count
        for packet in encoder.encode_lazy(frame):
            count += 1
            (job.part / f"{job.name}-{count:04}.png").write_bytes(bytes(packet))
            job.done(1)

    for number, picture in enumerate(job.pictures()):
        if number == FOLDER:
            raise ValueError(f"film {job.name!r}: a folder holds at most {FOLDER:,} pictures")
        frame = _own(_frame(picture), "rgb24")
        frame.pts, frame.time_base = number, 1 / job.rate
        write(frame)
    write(None)
    line = beamer_line(job.name, count, float(job.rate))
    (job.part / f"{job.name}.tex").write_text(line, "utf-8")


#: By the name of the format.
WRITERS: dict[str, Callable[[Job], None]] = {
    "mp4": mp4,
    "webm": webm,
    "gif": gif,
    "apng": apng,
    "webp": webp,
    "png": folder,
}


def _frame(picture: npt.NDArray[np.uint8]) -> Any:
    """Return a frame on the picture's own memory: to be turned into another format at once."""
    import av

    return av.VideoFrame.from_numpy_buffer(picture, "rgb24" if picture.shape[2] == 3 else "bgra")


def _own(frame: Any, form: str) -> Any:
    """Return a frame of a format in memory of its own, opaque: encoders and filters keep frames."""
    import av

    if frame.format.name != form:
        return frame.reformat(format=form)
    array = frame.to_ndarray()
    if form == "bgra":
        array[..., 3] = 255
    return av.VideoFrame.from_ndarray(array, form)


def _grown(picture: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Return the picture with its last row and column repeated up to ``size``."""
    pad = ((0, size[1] - picture.shape[0]), (0, size[0] - picture.shape[1]), (0, 0))
    return np.pad(picture, pad, mode="edge") if pad[0][1] or pad[1][1] else picture


def _pack(
    job: Job, file: Any, stream: Any, frame: Any, number: int = 0, *, told: bool = True
) -> None:
    """Encode a frame, or with None what the encoder still holds, and write what comes out."""
    if frame is not None:
        frame.pts, frame.time_base = number, 1 / job.rate
    for packet in stream.encode_lazy(frame):
        file.mux(packet)
        job.done(1 if told else 0)


def _chain(graph: Any, *filters: Any) -> None:
    """Link filters one after the other to a sink."""
    filters = (*filters, graph.add("buffersink"))
    for one, other in pairwise(filters):
        one.link_to(other)
    graph.configure()


def _changed(
    before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8]
) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of what differs; a single pixel if nothing does."""
    differs = before.view(np.uint32)[..., 0] != after.view(np.uint32)[..., 0]
    rows, columns = np.flatnonzero(differs.any(1)), np.flatnonzero(differs.any(0))
    if not len(rows):
        return 0, 0, 1, 1
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _still_webp(picture: npt.NDArray[np.uint8], quality: int) -> bytes:
    """Return the chunks of one WebP of an opaque picture; of quality 100 it is lossless."""
    import av
    from av.video.codeccontext import VideoCodecContext

    encoder: Any = VideoCodecContext.create("libwebp", "w")
    exact = quality == 100
    encoder.height, encoder.width = picture.shape[:2]
    encoder.pix_fmt = "bgra" if exact else "yuv420p"
    encoder.time_base = Fraction(1, 25)
    if exact:
        encoder.options = {"lossless": "1", "compression_level": "2"}
    else:
        encoder.options = {"quality": str(quality), "compression_level": "5", "preset": "drawing"}
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "bgra")
    if not exact:
        frame = frame.reformat(format="yuv420p")
    frame.pts = 0
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    return bytes(packets[0])[12:]  # without the header of a file


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack("<4sI", name, len(data)) + data + b"\0" * (len(data) % 2)


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")
