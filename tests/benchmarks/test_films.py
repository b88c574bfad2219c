"""Films of the standard stage, against matplotlib's FuncAnimation with imageio-ffmpeg's encoder.

Both film the same frames at 1920x1080 with the same four panels: the distribution (histograms of
real and generated samples, p, p_g, D and D*), the latent space under it with its lines to the data,
the losses and V over the last steps with the whole run beneath, and the orbit of the saddle. Both
encode H.264 of the same preset and quality. matplotlib's artists are made once and given new data,
which is the fast way to use it. The two take turns in one process, and besides the clock the time
that the processor spent on a picture is told, drawing and encoding together: others on the machine
trouble it less.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, thread_time

import numpy as np
import pytest

from ganviz.engine import Engine
from ganviz.film import Film, FilmStage
from ganviz.frame import Frame, Look
from ganviz.presets import presets

pytestmark = pytest.mark.long

SIZE, FPS = (1920, 1080), 30
ROUNDS, PICTURES, FEWER = 3, 60, 15
LOOK = Look()


def _frames(name: str, count: int) -> list[Frame]:
    engine = Engine(presets()[name].settings)
    engine.step(200)
    frames = []
    for _ in range(count):
        engine.step(10)
        frames.append(engine.frame(wants=LOOK.wants))
    return frames


class Watch:
    """Pictures a second; seconds of the processor a picture, all and in the drawing thread only."""

    def __init__(self) -> None:
        self.began, self.times, self.drawing = perf_counter(), os.times(), thread_time()

    def read(self, pictures: int) -> tuple[float, float, float]:
        rate = pictures / (perf_counter() - self.began)
        spent = sum(os.times()[:4]) - sum(self.times[:4])
        return rate, spent / pictures, (thread_time() - self.drawing) / pictures


def _ours(path: Path, frames: list[Frame]) -> tuple[float, float, float]:
    """Film with ganviz."""
    with FilmStage(SIZE, scale=1.35) as stage:
        stage.picture((frames[0],), LOOK)  # fonts and formulas are drawn once
        watch = Watch()
        with Film(path, SIZE, FPS) as film:
            for frame in frames:
                film.add(stage.picture((frame,), LOOK))
        return watch.read(len(frames))


def _theirs(path: Path, frames: list[Frame]) -> tuple[float, float, float]:
    """Film with matplotlib."""
    import imageio_ffmpeg
    import matplotlib as mpl

    mpl.use("agg")
    mpl.rcParams["animation.ffmpeg_path"] = imageio_ffmpeg.get_ffmpeg_exe()
    from matplotlib import pyplot as plt
    from matplotlib.animation import FFMpegWriter, FuncAnimation
    from matplotlib.collections import LineCollection

    first = frames[0]
    low, high = float(first.grid[0][0]), float(first.grid[0][-1])
    edges = np.linspace(low, high, LOOK.bins + 1)
    figure = plt.figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100, layout=None)
    grid = figure.add_gridspec(4, 2, width_ratios=(0.58, 0.42), left=0.05, right=0.96, top=0.92)
    data, latent = figure.add_subplot(grid[:3, 0]), figure.add_subplot(grid[3, 0])
    losses, orbit = figure.add_subplot(grid[:2, 1]), figure.add_subplot(grid[2:, 1])
    title = figure.suptitle("")

    data.set(xlim=(low, high), ylim=(0, 1.2), ylabel="density")
    data.stairs(np.histogram(first.real, edges, density=True)[0], edges, fill=True, label="real")
    data.plot(first.grid[0], first.density, label="p")
    fake = data.stairs(np.zeros(LOOK.bins), edges, color="tab:orange", label="generated")
    (model,) = data.plot([], [], color="tab:red", label="p_g")
    right = data.twinx()
    right.set(ylim=(0, 1), ylabel=first.belief.label)
    (belief,) = right.plot([], [], color="tab:green", label="D")
    (best,) = right.plot([], [], "--", color="black", label="D*")
    data.legend(loc="upper left")
    right.legend(loc="upper right")

    latent.set(xlim=(-3.2, 3.2), ylim=(0, 1), xlabel="z")
    strands = LineCollection([], colors="tab:orange", linewidths=0.8)
    latent.add_collection(strands)

    losses.set(xlabel="step", ylim=(-2.2, 2.2))
    curves = {column: losses.plot([], [], label=label)[0] for column, label, _ in first.curves}
    for line in first.references:
        losses.axhline(line.value, ls=":", color="grey")
    losses.legend(loc="upper right")
    portrait = first.portraits[0]
    orbit.set(xlabel=portrait.x_label, ylabel=portrait.y_label, xlim=(-0.1, 0.1), ylim=(-0.5, 0.5))
    orbit.axhline(0, color="grey", lw=0.8)
    orbit.axvline(0, color="grey", lw=0.8)
    (path_line,) = orbit.plot([], [])
    (here,) = orbit.plot([], [], "o")

    def draw(frame: Frame) -> list[object]:
        title.set_text(
            f"{frame.title}   step {frame.step:,}   "
            + "   ".join(
                f"{reading.title} {reading.words}" for reading in frame.measures if reading.head
            )
        )
        fake.set_data(np.histogram(frame.fake, edges, density=True)[0])
        if frame.model is not None:
            model.set_data(frame.grid[0], frame.model.density)
        belief.set_data(frame.grid[0], frame.belief.values)
        if frame.best is not None:
            best.set_data(frame.grid[0], frame.best)
        if frame.map is not None:
            strands.set_segments(_strands(frame))
        steps = frame.trace.column("step", LOOK.window)
        losses.set_xlim(max(0, frame.step - LOOK.window), frame.step)
        for column, curve in curves.items():
            values = frame.trace.column(column, LOOK.window)
            known = np.isfinite(values)  # V* is measured now and then
            curve.set_data(steps[known], values[known])
        x, y = _path(frame)
        path_line.set_data(x, y)
        here.set_data(x[-1:], y[-1:])
        return []

    animation = FuncAnimation(figure, draw, frames=frames, init_func=list, blit=False)
    settings = ["-preset", "veryfast", "-crf", "18", "-tune", "animation", "-pix_fmt", "yuv420p"]
    settings += ["-x264-params", "bframes=0:ref=1:weightp=0"]
    watch = Watch()
    animation.save(str(path), writer=FFMpegWriter(FPS, codec="libx264", extra_args=settings))
    read = watch.read(len(frames))
    figure.savefig(path.with_suffix(".png"))
    plt.close(figure)
    return read


def _strands(frame: Frame) -> np.ndarray:
    """Return (m, 2, 2) lines from the latent space, at the bottom, up to the data."""
    chosen = np.linspace(0, len(frame.map.z) - 1, 80).astype(int)
    ends = np.zeros((len(chosen), 2, 2))
    ends[:, 0, 0], ends[:, 1, 0] = frame.map.z[chosen], frame.map.x[chosen]
    ends[:, 1, 1] = 1
    return ends


def _path(frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    portrait = frame.portraits[0]
    if portrait.path is not None:
        return portrait.path[-600:, 0], portrait.path[-600:, 1]
    x, y = (frame.trace.column(name, LOOK.window) for name in (portrait.x, portrait.y))
    known = np.isfinite(x) & np.isfinite(y)
    return x[known], y[known]


@pytest.mark.timeout(1200)
def test_films_against_matplotlib(qtbot, tmp_path) -> None:
    for name in ("matplotlib", "imageio_ffmpeg"):
        pytest.importorskip(name, reason=f"{name} comes with ganviz[benchmark], not installed")
    frames = _frames("two-modes", PICTURES)
    read: dict[str, list[tuple[float, float, float]]] = {"ganviz": [], "matplotlib": []}
    for _ in range(ROUNDS):
        read["matplotlib"].append(_theirs(tmp_path / "theirs.mp4", frames[:FEWER]))
        read["ganviz"].append(_ours(tmp_path / "ours.mp4", frames))
    rate = {name: max(one[0] for one in rounds) for name, rounds in read.items()}
    spent = {name: min(one[1] for one in rounds) for name, rounds in read.items()}
    row: dict[str, object] = {"size": SIZE, "cores": os.cpu_count(), "python": sys.version[:6]}
    for name, rounds in read.items():
        row[f"{name} frames/s"] = round(rate[name], 2)
        row[f"{name} cpu ms"] = round(1000 * spent[name], 1)
        row[f"{name} drawing ms"] = round(1000 * min(one[2] for one in rounds), 1)
        row[f"{name} rounds"] = [round(one[0], 2) for one in rounds]
    row["ratio"] = round(rate["ganviz"] / rate["matplotlib"], 2)
    row["cpu ratio"] = round(spent["matplotlib"] / spent["ganviz"], 2)
    print(json.dumps(row))
    assert rate["ganviz"] > 2 * rate["matplotlib"]


def _resident() -> float:
    """Return the megabytes of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc")
@pytest.mark.timeout(1800)
def test_memory_is_flat_over_three_thousand_pictures(qtbot, tmp_path) -> None:
    frames = _frames("two-modes", 40)
    with FilmStage((1280, 720)) as stage, Film(tmp_path / "run.mp4", (1280, 720), 25) as film:
        row = _grown(film, lambda number: stage.picture((frames[number % 40],), LOOK))
    assert row["end"] < row["300"] + 40


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["run.webm", "run.gif", "run.apng", "run.webp", "run"])
def test_memory_of_every_format_is_flat(qtbot, tmp_path, name: str) -> None:
    size = (640, 380)
    with FilmStage(size) as stage:
        pictures = [stage.picture((frame,), LOOK) for frame in _frames("two-modes", 40)]
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
