"""Films play as they were made, and half a film is none."""

from __future__ import annotations

import threading
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from ganviz.film import Film
from ganviz.frame import Array

COLOURS = [(0, 114, 178), (213, 94, 0), (255, 255, 255), (25, 29, 36)]


def _plain(colour: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> Array:
    return np.full((size[1], size[0], 3), colour, np.uint8)


def _film(path: Path, picture: Array, pictures: int) -> None:
    with Film(path, (64, 48)) as film:
        for _ in range(pictures):
            film.add(picture)


def _decoded(path: Path) -> tuple[list[Array], av.VideoStream]:
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        frames = [
            frame.to_ndarray(format="rgb24", src_colorspace=int(frame.colorspace))
            for frame in file.decode(video=0)
        ]
        return frames, stream


def test_a_film_has_its_pictures_its_size_its_rate_and_its_colours(tmp_path: Path) -> None:
    path = tmp_path / "run.mp4"
    with Film(path, (64, 48), 25) as film:
        for colour in COLOURS * 3:
            film.add(_plain(colour))
        assert not path.exists()
    frames, stream = _decoded(path)
    assert len(frames) == 12
    assert stream.average_rate == 25
    assert stream.codec_context.name == "h264"
    assert stream.codec_context.pix_fmt == "yuv420p"
    for frame, colour in zip(frames, COLOURS * 3, strict=True):
        assert frame.shape == (48, 64, 3)
        assert np.abs(frame[24, 32].astype(int) - colour).max() <= 4
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "it must play while it loads"
    assert list(tmp_path.iterdir()) == [path]


def test_odd_sizes_are_padded_to_even_ones_and_images_are_taken(tmp_path: Path) -> None:
    image = QImage(65, 47, QImage.Format.Format_RGB32)
    image.fill(QColor(*COLOURS[0]))
    with Film(tmp_path / "odd.mp4", (65, 47), 30) as film:
        for _ in range(3):
            film.add(image)
    frames, _ = _decoded(tmp_path / "odd.mp4")
    assert frames[0].shape == (48, 66, 3)
    assert np.abs(frames[-1][-1, -1].astype(int) - COLOURS[0]).max() <= 4


def test_more_pictures_than_may_wait(tmp_path: Path) -> None:
    with Film(tmp_path / "long.mp4", (64, 48)) as film:
        for i in range(60):
            film.add(_plain((4 * i, 0, 0)))
    frames, _ = _decoded(tmp_path / "long.mp4")
    assert len(frames) == 60


def test_a_failed_film_leaves_nothing_and_spares_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "run.mp4"
    path.write_bytes(b"old")

    def train() -> None:
        with Film(path, (64, 48)) as film:
            film.add(_plain(COLOURS[0]))
            raise RuntimeError("training")

    with pytest.raises(RuntimeError, match="training"):
        train()
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"old"
    assert not [t for t in threading.enumerate() if t.name == "film"]


def test_a_cancelled_film_leaves_nothing(tmp_path: Path) -> None:
    with Film(tmp_path / "run.mp4", (64, 48)) as film:
        film.add(_plain(COLOURS[0]))
        film.cancel()
        film.cancel()
        with pytest.raises(ValueError, match="not open"):
            film.add(_plain(COLOURS[0]))
    assert not list(tmp_path.iterdir())


def test_an_empty_film_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no pictures"), Film(tmp_path / "run.mp4", (64, 48)):
        pass
    assert not list(tmp_path.iterdir())


def test_an_encoder_that_fails_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Film, "_even", broken)
    with pytest.raises(OSError, match="disk full"):
        _film(tmp_path / "run.mp4", _plain(COLOURS[0]), 50)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "size", "fps", "words"),
    [
        ("run.gif", (64, 48), 30, r"'run.gif': the name must end in .mp4"),
        ("run", (64, 48), 30, "must end in"),
        ("run.mp4", (8, 48), 30, "film size 8x48"),
        ("run.mp4", (64.5, 48), 30, "whole numbers"),
        ("run.mp4", (64, 48), 0, "film fps 0"),
        ("run.mp4", (64, 48), float("nan"), "film fps nan"),
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


def test_pictures_of_another_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32x32: must be 64x48"):
        _film(tmp_path / "run.mp4", _plain(COLOURS[0], (32, 32)), 1)
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_film(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").mkdir()
    with pytest.raises(IsADirectoryError, match="is a folder"):
        Film(tmp_path / "a.mp4", (64, 64))
