"""Films of every format play as they were made, and half a film is none."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QImageReader

from ganviz.film import Film, parts, writers
from ganviz.film.formats import FORMATS
from ganviz.film.render import rgb
from ganviz.frame import Array

COLOURS = [(0, 114, 178), (213, 94, 0), (255, 255, 255), (25, 29, 36)]
NAMES = ["run.mp4", "run.webm", "run.gif", "run.apng", "run.webp", "run"]
EXACT = ["run.apng", "run.webp", "run"]


def _plain(colour: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> Array:
    return np.full((size[1], size[0], 3), colour, np.uint8)


def _patches(number: int, size: tuple[int, int] = (66, 50)) -> Array:
    """Four flat quarters whose colours move on by one with each picture."""
    wide, tall = size
    picture = np.empty((tall, wide, 3), np.uint8)
    for place in range(4):
        rows = slice(0, tall // 2) if place < 2 else slice(tall // 2, None)
        columns = slice(0, wide // 2) if place % 2 == 0 else slice(wide // 2, None)
        picture[rows, columns] = COLOURS[(place + number) % 4]
    return picture


def _film(path: Path, picture: Array, pictures: int, fps: float = 20) -> None:
    with Film(path, (picture.shape[1], picture.shape[0]), fps) as film:
        for _ in range(pictures):
            film.add(picture)


def _decoded(path: Path) -> tuple[list[Array], list[float]]:
    """Return the pictures and how long each is shown, milliseconds."""
    if path.is_dir():
        files = sorted(path.glob("*.png"))
        return [
            rgb(QImage(str(file)).convertToFormat(QImage.Format.Format_RGB32)) for file in files
        ], []
    if path.suffix == ".webp":
        reader = QImageReader(str(path))
        frames, delays = [], []
        for _ in range(reader.imageCount()):
            frames.append(rgb(reader.read().convertToFormat(QImage.Format.Format_RGB32)))
            delays.append(reader.nextImageDelay())
        return frames, delays
    with av.open(str(path)) as file:
        decoded = list(file.decode(video=0))
        frames = [
            frame.to_ndarray(format="rgb24", src_colorspace=int(frame.colorspace))
            for frame in decoded
        ]
        return frames, [1000 * float((frame.duration or 0) * frame.time_base) for frame in decoded]


def _entries(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_film_has_its_pictures_its_size_its_rate_and_its_colours(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    with Film(path, (66, 50), 25) as film:
        for number in range(12):
            film.add(_patches(number))
        assert not path.exists()
        assert film.pictures == 12
        assert not film.whole
    assert film.encoded == 12
    assert film.whole
    frames, delays = _decoded(path)
    assert len(frames) == 12
    assert delays == pytest.approx([40.0] * len(delays))
    near = {"run.gif": 1, "run.mp4": 4, "run.webm": 5}.get(name, 0)
    for number, frame in enumerate(frames):
        assert frame.shape == (50, 66, 3)
        made = _patches(number)
        for row, column in [(12, 16), (12, 50), (37, 16), (37, 50)]:
            off = np.abs(frame[row, column].astype(int) - made[row, column]).max()
            assert off <= near, (number, row, column)
        if name in EXACT:
            assert np.array_equal(frame, made)
    assert _entries(tmp_path) == [name]


def test_an_mp4_is_what_powerpoint_and_keynote_play(tmp_path: Path) -> None:
    path = tmp_path / "run.mp4"
    _film(path, _plain(COLOURS[0]), 12, fps=30)
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.pix_fmt, context.profile) == ("h264", "yuv420p", "High")
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
        assert context.color_range == 1
        assert stream.average_rate == 30
        assert stream.frames == 12
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "it must play while it loads"
    assert data[4:8] == b"ftyp"


def test_a_webm_is_vp9_with_its_colours_told(tmp_path: Path) -> None:
    _film(tmp_path / "run.webm", _plain(COLOURS[0]), 3)
    with av.open(str(tmp_path / "run.webm")) as file:
        context = file.streams.video[0].codec_context
        assert (context.name, context.pix_fmt, context.colorspace) == ("vp9", "yuv420p", 1)
        assert file.streams.video[0].average_rate == 20


@pytest.mark.parametrize("name", NAMES)
def test_odd_sizes_are_kept_or_padded_to_even_ones_and_images_are_taken(
    tmp_path: Path, name: str
) -> None:
    image = QImage(65, 47, QImage.Format.Format_RGB32)
    image.fill(QColor(*COLOURS[0]))
    with Film(tmp_path / name, (65, 47), 20) as film:
        for _ in range(3):
            film.add(image)
        even = film.format.even
    frames, _ = _decoded(tmp_path / name)
    assert [frame.shape for frame in frames] == [(48, 66, 3) if even else (47, 65, 3)] * 3
    assert np.abs(frames[-1][-1, -1].astype(int) - COLOURS[0]).max() <= 5


@pytest.mark.parametrize("name", NAMES)
def test_more_pictures_than_may_wait_and_pictures_that_stand_still(
    tmp_path: Path, name: str
) -> None:
    with Film(tmp_path / name, (64, 48), 50) as film:
        for i in range(60):
            film.add(_plain((min(8 * i, 240), 0, 0)))
    frames, delays = _decoded(tmp_path / name)
    assert len(frames) == 60
    assert sum(delays) == pytest.approx(1200 if delays else 0)
    off = [abs(int(frame[24, 32, 0]) - min(8 * i, 240)) for i, frame in enumerate(frames)]
    assert max(off) <= (5 if "." in name and name not in EXACT else 0)


def test_a_palette_is_built_for_the_whole_film_with_its_last_picture(tmp_path: Path) -> None:
    """125 flat colours, each in one picture only, come back."""
    colours = [(i, 250 - i, 40 + i // 2) for i in range(0, 250, 2)]
    with Film(tmp_path / "run.gif", (32, 32), 10) as film:
        for colour in colours:
            film.add(_plain(colour, (32, 32)))
    frames, delays = _decoded(tmp_path / "run.gif")
    assert np.abs([frame[16, 16] for frame in frames] - np.array(colours)).max() <= 1
    assert delays == [100.0] * 125


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc")
@pytest.mark.parametrize("name", ["run.gif", "run.webp"])
def test_no_picture_is_kept_in_memory(tmp_path: Path, name: str) -> None:
    """The formats whose usual encoders hold the whole film: here 240 pictures of 1.2 MB."""

    def resident() -> float:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    with Film(tmp_path / name, (640, 480), 50) as film:
        for number in range(280):
            picture = _plain(COLOURS[0], (640, 480))
            picture[100:200, number : number + 100] = COLOURS[1]
            film.add(picture)
            if number == 40:
                before = resident()
        assert resident() < before + 60


def test_times_of_a_webp_add_up_although_they_are_milliseconds(tmp_path: Path) -> None:
    _film(tmp_path / "run.webp", _plain(COLOURS[0]), 30, fps=30)
    _, delays = _decoded(tmp_path / "run.webp")
    assert set(delays) == {33, 34}
    assert sum(delays) == 1000
    assert QImageReader(str(tmp_path / "run.webp")).loopCount() == -1


def test_an_apng_tells_its_exact_rate_and_plays_for_ever(tmp_path: Path) -> None:
    _film(tmp_path / "run.apng", _plain(COLOURS[0]), 4, fps=30)
    data = (tmp_path / "run.apng").read_bytes()
    at = data.index(b"acTL") + 4
    assert struct.unpack(">II", data[at : at + 8]) == (4, 0)
    at = data.index(b"fcTL") + 4
    assert Fraction(*struct.unpack(">HH", data[at + 20 : at + 24])) == Fraction(1, 30)


def test_a_folder_numbers_its_pictures_and_brings_the_line_for_latex(tmp_path: Path) -> None:
    path = tmp_path / "two-modes"
    _film(path, _plain(COLOURS[1]), 3, fps=25)
    assert _entries(path) == [
        "two-modes-0001.png",
        "two-modes-0002.png",
        "two-modes-0003.png",
        "two-modes.tex",
    ]
    line = (path / "two-modes.tex").read_text()
    assert "\\usepackage{animate,graphicx}" in line
    assert "\\animategraphics[autoplay,loop" in line
    assert "]{25}{two-modes/two-modes-}{0001}{0003}" in line


def test_a_folder_of_an_earlier_film_is_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    path = tmp_path / "run"
    _film(path, _plain(COLOURS[0]), 5)
    _film(path, _plain(COLOURS[1]), 2)
    assert len(_decoded(path)[0]) == 2
    assert _entries(tmp_path) == ["run"]
    (path / "thesis.tex").write_text("years of work")
    with pytest.raises(FileExistsError, match=r"holds 'thesis\.tex', which is none of its"):
        Film(path, (64, 48), 30)
    assert (path / "thesis.tex").exists()
    (tmp_path / "empty").mkdir()
    _film(Path(f"{tmp_path}/empty/"), _plain(COLOURS[1]), 2)
    assert len(_decoded(tmp_path / "empty")[0]) == 2
    (tmp_path / "file").write_text("a file")
    with pytest.raises(FileExistsError, match="is a file"):
        Film(tmp_path / "file", (64, 48), 30)


def test_what_comes_into_the_folder_meanwhile_is_spared(tmp_path: Path) -> None:
    path = tmp_path / "run"

    def film() -> None:
        with Film(path, (64, 48)) as film:
            film.add(_plain(COLOURS[0]))
            path.mkdir()
            (path / "notes.txt").write_text("mine")

    with pytest.raises(FileExistsError, match=r"^film /.*: the folder holds 'notes\.txt', which"):
        film()
    assert _entries(path) == ["notes.txt"]
    assert _entries(tmp_path) == ["run"]


@pytest.mark.parametrize("name", NAMES)
def test_a_failed_film_leaves_nothing_and_spares_the_old_one(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    _film(path, _plain(COLOURS[3]), 2)
    old = (path / "run-0001.png" if path.is_dir() else path).read_bytes()

    def train() -> None:
        with Film(path, (64, 48), 20) as film:
            film.add(_plain(COLOURS[0]))
            raise RuntimeError("training")

    with pytest.raises(RuntimeError, match="training"):
        train()
    assert _entries(tmp_path) == [name]
    assert (path / "run-0001.png" if path.is_dir() else path).read_bytes() == old
    assert not [t for t in threading.enumerate() if t.name == "film"]


@pytest.mark.parametrize("name", NAMES)
def test_a_cancelled_film_leaves_nothing(tmp_path: Path, name: str) -> None:
    with Film(tmp_path / name, (64, 48), 20) as film:
        film.add(_plain(COLOURS[0]))
        film.cancel()
        film.cancel()
        with pytest.raises(ValueError, match="not open"):
            film.add(_plain(COLOURS[0]))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_cancel_is_heard_while_the_encoder_works_off_what_it_holds(
    tmp_path: Path, name: str
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (12, 360, 640, 3), np.uint8)
    asked = 0.0

    def told(encoded: int, pictures: int) -> None:
        nonlocal asked
        assert pictures == 12
        assert 0 <= encoded <= 12
        assert film.finishing
        if not asked:
            asked = time.perf_counter()
            film.cancel()

    with Film(tmp_path / name, (640, 360), 20) as film:
        for picture in noise:
            film.add(picture)
        film.finish(told)
        took = time.perf_counter() - asked
    assert asked
    assert not film.whole
    assert took < 2.0  # the rest of one picture, on a machine that has other things to do
    deadline = time.perf_counter() + 5
    while any(t.name == "film" for t in threading.enumerate()) and time.perf_counter() < deadline:
        time.sleep(0.02)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_finishing_counts_up_to_the_last_picture(tmp_path: Path, name: str) -> None:
    seen: list[int] = []
    with Film(tmp_path / name, (64, 48), 20) as film:
        for number in range(20):
            film.add(_patches(number, (64, 48)))
        if name == "run.gif":
            assert film.encoded == 0, "its palette is not known yet"
        film.finish(lambda encoded, pictures: seen.append(encoded))
        with pytest.raises(ValueError, match="not open"):
            film.add(_plain(COLOURS[0]))
    assert seen == sorted(seen)
    assert seen[-1] == 20
    assert _entries(tmp_path) == [name]


def test_an_interrupt_while_finishing_leaves_nothing(tmp_path: Path) -> None:
    def told(encoded: int, pictures: int) -> None:
        raise KeyboardInterrupt

    def shoot() -> None:
        with Film(tmp_path / "run.mp4", (64, 48)) as film:
            film.add(_plain(COLOURS[0]))
            film.finish(told)

    with pytest.raises(KeyboardInterrupt):
        shoot()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_film_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no pictures"), Film(tmp_path / name, (64, 48), 20):
        pass
    assert not list(tmp_path.iterdir())


def test_an_encoder_that_fails_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writers, "_frame", broken)
    with pytest.raises(OSError, match=r"film 'run\.mp4': cannot be written in .*: No space left"):
        _film(tmp_path / "run.mp4", _plain(COLOURS[0]), 50)
    assert not list(tmp_path.iterdir())


#: Films noise into the file of its first argument; with a second one, files cannot grow above it.
SHOOT = """
import resource, signal, sys
import numpy as np
from ganviz.film import Film
if len(sys.argv) > 2:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
draw = np.random.default_rng(0)
try:
    with Film(sys.argv[1], (320, 240), 20) as film:
        for number in range(40 if len(sys.argv) > 2 else 10**6):
            film.add(draw.integers(0, 255, (240, 320, 3), np.uint8))
            print(number, flush=True)
except OSError as error:
    print("told:", error)
    sys.exit(3)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits and signals of POSIX")
@pytest.mark.parametrize("name", NAMES)
def test_a_disk_that_fills_up_is_told_and_nothing_is_left(tmp_path: Path, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHOOT, str(tmp_path / name), "100000"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 3, done.stderr
    assert f"film {name!r}: cannot be written in {tmp_path}" in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("name", NAMES)
def test_a_killed_film_is_not_seen_and_the_next_one_clears_up(tmp_path: Path, name: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SHOOT, str(tmp_path / name)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    for _ in range(15):
        process.stdout.readline()
    _film(tmp_path / "other.mp4", _plain(COLOURS[0]), 2)
    assert [e for e in _entries(tmp_path) if e.startswith(".ganviz")], "it lives and is spared"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not (tmp_path / name).exists()
    _film(tmp_path / "other.mp4", _plain(COLOURS[0]), 2)
    assert _entries(tmp_path) == ["other.mp4"]


def test_only_half_films_of_dead_processes_of_this_machine_are_cleared(tmp_path: Path) -> None:
    dead = 2**22 + 1  # above the largest number a process of Linux can have
    host = parts._HOST
    mine = tmp_path / f".ganviz-{host}-{os.getpid()}-77.part.mp4"  # an earlier process's number
    gone = tmp_path / f".ganviz-{host}-{dead}-1.part"
    spared = [
        tmp_path / f".ganviz-{host}-{os.getppid()}-1.part.mp4",
        tmp_path / f".ganviz-00000000-{dead}-1.part.mp4",
        tmp_path / "ganviz-1.part.mp4",
    ]
    for path in [mine, *spared]:
        path.write_text("half")
    gone.mkdir()
    (gone / "run-0001.png").write_text("half")
    parts.sweep(tmp_path)
    assert set(tmp_path.iterdir()) == set(spared)


@pytest.mark.parametrize(
    ("name", "size", "fps", "words"),
    [
        ("run.avi", (64, 48), 30, r"'run\.avi': the name must end in \.mp4, .* or \.webp, or in"),
        ("run.png", (64, 48), 30, r"'run\.png': the name must end in"),
        ("run.mp4", (8, 48), 30, "film size 8x48"),
        ("run.mp4", (64.5, 48), 30, "whole numbers"),
        ("run.mp4", (8192, 8192), 30, "8192x8192: .* to 8192x4320"),
        ("run.mp4", (64, 48), 0, "film fps 0"),
        ("run.mp4", (64, 48), float("nan"), "film fps nan"),
        ("run.gif", (64, 48), 30, "film fps 30: must be 10, 20, 25 or 50 for 'run.gif'"),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, name: str, size: tuple[int, int], fps: float, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Film(tmp_path / name, size, fps)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder"):
        Film(tmp_path / "nowhere" / "run.mp4", (64, 48))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that nobody can write to")
@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_cannot_be_written_to(name: str) -> None:
    with pytest.raises(OSError, match="cannot be written in /proc"):
        _film(Path("/proc") / name, _plain(COLOURS[0]), 1)


def test_pictures_of_another_size_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="32x32: must be 64x48"),
        Film(tmp_path / "run.mp4", (64, 48)) as film,
    ):
        film.add(_plain(COLOURS[0], (32, 32)))
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_film(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").mkdir()
    with pytest.raises(IsADirectoryError, match="is a folder"):
        Film(tmp_path / "a.mp4", (64, 64))


def test_every_format_is_tested() -> None:
    assert [form.suffix for form in FORMATS] == [Path(name).suffix for name in NAMES]
    assert sorted(form.name for form in FORMATS) == sorted(writers.WRITERS)
