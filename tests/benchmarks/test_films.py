"""Films against matplotlib's, by ``ganviz bench --only films``; and that their memory is flat."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from aims import told

from ganviz.bench.films import LOOK, films, frames_of
from ganviz.bench.row import Effort
from ganviz.film import Film, FilmStage

pytestmark = pytest.mark.long


@pytest.mark.timeout(1200)
def test_films_against_matplotlib(qtbot) -> None:
    for name in ("matplotlib", "imageio_ffmpeg"):
        pytest.importorskip(name, reason=f"{name} comes with ganviz[benchmark], not installed")
    pictures, spent = map(told, films(Effort()))
    assert pictures.value > 2
    assert spent.value > 2


def _resident() -> float:
    """Return the megabytes of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc")
@pytest.mark.timeout(1800)
def test_memory_is_flat_over_three_thousand_pictures(qtbot, tmp_path) -> None:
    frames = frames_of("two-modes", 40)
    with FilmStage((1280, 720)) as stage, Film(tmp_path / "run.mp4", (1280, 720), 25) as film:
        row = _grown(film, lambda number: stage.picture((frames[number % 40],), LOOK))
    assert row["end"] < row["300"] + 40


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["run.webm", "run.gif", "run.apng", "run.webp", "run"])
def test_memory_of_every_format_is_flat(qtbot, tmp_path, name: str) -> None:
    size = (640, 380)
    with FilmStage(size) as stage:
        pictures = [stage.picture((frame,), LOOK) for frame in frames_of("two-modes", 40)]
    with Film(tmp_path / name, size, 25) as film:
        row = _grown(film, lambda number: pictures[number % 40])
    assert row["end"] < row["300"] + 40


def _grown(film: Film, picture: Callable[[int], object]) -> dict[str, float]:
    """Film 3,000 pictures; return the megabytes of the process after 300, all, and the end."""
    seen = {}
    for number in range(1, 3001):
        film.add(picture(number))
        if number in (300, 3000):
            seen[str(number)] = round(_resident(), 1)
    film.finish()
    seen["end"] = round(_resident(), 1)
    print(json.dumps({"film": film.path.name, "size": film.size, "MB after pictures": seen}))
    return seen
