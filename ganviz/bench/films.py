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

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, thread_time

import numpy as np

from ganviz.bench.row import Effort, Row
from ganviz.engine import Engine
from ganviz.film import Film, FilmStage
from ganviz.frame import Frame, Look
from ganviz.presets import presets
from ganviz.window.main import application

SIZE, FPS = (1920, 1080), 30
#: Rounds of both; pictures of ganviz's films and of matplotlib's.
ROUNDS, PICTURES, FEWER = 3, 60, 15
LOOK = Look()


def frames_of(name: str, count: int) -> list[Frame]:
    """Return frames of a preset, ten steps apart."""
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
        """Return the three, for so many pictures since it was made."""
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
    assert frame.map is not None
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


def films(effort: Effort) -> Iterator[Row]:
    """Yield pictures a second, and the processor's time for a picture, as ratios."""
    for name in ("matplotlib", "imageio_ffmpeg"):
        if find_spec(name) is None:
            yield Row("films", None, note=f"{name} comes with ganviz[benchmark], not installed")
            return
    application()
    rounds, many, fewer = (ROUNDS, PICTURES, FEWER) if effort.whole else (1, 4, 2)
    frames = frames_of("two-modes", many)
    read: dict[str, list[tuple[float, float, float]]] = {"ganviz": [], "matplotlib": []}
    with TemporaryDirectory() as folder:
        for _ in effort.turns(rounds):
            read["matplotlib"].append(_theirs(Path(folder) / "theirs.mp4", frames[:fewer]))
            read["ganviz"].append(_ours(Path(folder) / "ours.mp4", frames))
    ours, theirs = read["ganviz"], read["matplotlib"]
    rates = [mine[0] / other[0] for mine, other in zip(ours, theirs, strict=True)]
    yield Row(
        f"pictures a second, {SIZE[0]} × {SIZE[1]}",
        max(one[0] for one in ours) / max(one[0] for one in theirs),
        low=min(rates),
        high=max(rates),
        parts={f"{name} frames/s": max(one[0] for one in each) for name, each in read.items()},
        note="two-modes, the four standard panels, H.264",
    )
    spent = [other[1] / mine[1] for mine, other in zip(ours, theirs, strict=True)]
    parts = {f"{name} cpu ms": 1000 * min(one[1] for one in each) for name, each in read.items()}
    parts |= {f"{name} drawing ms": 1000 * min(one[2] for one in r) for name, r in read.items()}
    yield Row(
        "the processor's time for a picture",
        min(one[1] for one in theirs) / min(one[1] for one in ours),
        low=min(spent),
        high=max(spent),
        parts=parts,
        note="drawing and encoding together, on all cores",
    )
