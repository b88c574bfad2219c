"""The command line: open the application, train without a window, film, list what there is.

Nothing heavy is imported before it is needed: ``--help`` loads neither Qt nor torch.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, CycloptsError
from cyclopts import Parameter as Flag
from cyclopts.validators import Number

from ganviz import __version__
from ganviz.schema import EFFECTS, ParamError, parse, words

if TYPE_CHECKING:
    from ganviz.presets import Preset

app = App(
    name="ganviz",
    help="See how generative adversarial networks train.",
    version=__version__,
    result_action="return_value",
)

PresetName = Annotated[
    str | None, Flag(name="--preset", help="Start from a preset: its name, or a .toml file.")
]
Assignments = Annotated[
    list[str] | None,
    Flag(
        name="--set",
        help="PATH=VALUE, as often as needed, such as --set train.k=5; values as in TOML.",
        negative=(),
    ),
]
ShareString = Annotated[
    str | None, Flag(name="--share", help="Start from a share string, ganviz1:…")
]
StepCount = Annotated[int, Flag(validator=Number(gte=1, lte=10**9))]

START_SCENE = "saddle-two-numbers"


def assignments(texts: Iterable[str] | None) -> dict[str, Any]:
    """Return ``{"train.k": 5}`` from ``["train.k=5"]``.

    Raises
    ------
    ParamError
        For a text without an equals sign.
    """
    values = {}
    for text in texts or ():
        path, equals, value = text.partition("=")
        if not equals:
            raise ParamError(f"--set {text}: must be PATH=VALUE, such as train.k=5")
        values[path.strip()] = parse(value)
    return values


def chosen(
    run: str | None,
    preset: str | None,
    texts: Iterable[str] | None,
    otherwise: str,
    share: str | None = None,
) -> Preset:
    """Return the preset that the arguments describe, settings included."""
    from dataclasses import replace

    from ganviz.presets import find, read

    given = {"": run, "--preset ": preset, "--share ": share}
    named = [f"{flag}{value[:40]}" for flag, value in given.items() if value is not None]
    if len(named) > 1:
        raise ParamError(f"{' and '.join(named)}: give one of them")
    if run is not None and not run.endswith(".toml"):
        raise ParamError(
            f"{run}: must be one of the commands run, film, report, share, parameters and presets, "
            "or a settings or preset file that ends in .toml"
        )
    if share is not None:
        from ganviz.share import shared

        base = shared(share)
    else:
        base = read(run) if run is not None else find(preset or otherwise)
    return replace(base, settings=base.settings.with_(assignments(texts)))


def displayed() -> str:
    """Return an empty string where windows can be opened, else why not, as a sentence."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return ""
    if os.environ.get("WAYLAND_DISPLAY"):
        return ""
    display = os.environ.get("DISPLAY")
    if not display:
        return "This machine has no display (neither DISPLAY nor WAYLAND_DISPLAY is set)."
    import ctypes
    import ctypes.util

    name = ctypes.util.find_library("xcb")
    if name is None:
        return ""
    xcb = ctypes.CDLL(name)
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return f"The display {display} does not answer." if refused else ""


@app.default
def open_application(
    run: Annotated[str | None, Flag(help="A settings or preset file to open.")] = None,
    /,
    *,
    preset: PresetName = None,
    share: ShareString = None,
    set_: Assignments = None,
) -> int:
    """Open the application; with arguments, on that game."""
    game = chosen(run, preset, set_, START_SCENE, share)
    if why := displayed():
        print(f"{why} Filming a run off-screen instead.", flush=True)
        return _film_instead(game)
    from ganviz.window.main import launch

    return launch(game)


def _film_instead(game: Preset) -> int:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    folder = Path.cwd() if os.access(Path.cwd(), os.W_OK) else Path.home()
    return _film(
        game,
        folder / "ganviz-default-run.mp4",
        folder / "ganviz-default-run.png",
        size=(1280, 800),
        fps=30,
        seconds=8.0,
        theme="light",
    )


@app.command
def run(
    *,
    out: Path,
    steps: StepCount,
    preset: PresetName = None,
    share: ShareString = None,
    set_: Assignments = None,
    every: Annotated[
        int | None, Flag(help="Steps between two measurements: short for train.measure_every.")
    ] = None,
    samples: Annotated[int, Flag(validator=Number(gte=1, lte=10**7))] = 2500,
) -> int:
    """Train without a window and leave the results in a folder.

    Parameters
    ----------
    out
        The folder: trace.csv, samples.npy, weights.safetensors, settings.toml, summary.json.
    steps
        How many steps to take.
    samples
        How many samples of the trained generator to save.
    """
    game = chosen(None, preset, set_, "two-modes", share)
    settings = (
        game.settings if every is None else game.settings.with_({"train.measure_every": every})
    )
    from ganviz.headless import train

    return train(settings, steps, out, samples)


@app.command
def film(
    run: Annotated[str | None, Flag(help="A settings or preset file to film.")] = None,
    /,
    *,
    out: Path,
    preset: PresetName = None,
    share: ShareString = None,
    set_: Assignments = None,
    steps: Annotated[
        StepCount | None, Flag(help="Steps to film; by default speed x seconds.")
    ] = None,
    seconds: Annotated[float, Flag(validator=Number(gt=0, lte=3600))] = 8.0,
    fps: Annotated[int, Flag(validator=Number(gte=1, lte=120))] = 30,
    size: Annotated[str, Flag(help="Width x height in pixels, such as 1920x1080.")] = "1280x800",
    theme: Annotated[str, Flag(help="light, dark or projector.")] = "light",
    still: Annotated[Path | None, Flag(help="Also save the last picture as this PNG.")] = None,
) -> int:
    """Film a run from its first step, off-screen, into an MP4 file."""
    game = chosen(run, preset, set_, START_SCENE, share)
    if not os.environ.get("QT_QPA_PLATFORM") and displayed():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    width, times, height = size.lower().partition("x")
    if not (times and width.isdecimal() and height.isdecimal()):
        raise ParamError(f"--size {size}: must be width x height, such as 1920x1080")
    if theme not in ("light", "dark", "projector"):
        raise ParamError(f"--theme {theme}: must be light, dark or projector")
    return _film(
        game,
        out,
        still,
        size=(int(width), int(height)),
        fps=fps,
        seconds=seconds,
        theme=theme,
        steps=steps,
    )


def _film(game: Preset, out: Path, still: Path | None, **wishes: Any) -> int:
    from ganviz.film.shoot import shoot

    try:
        trouble = shoot(game, out, still, **wishes)
    except ValueError as error:  # ParamError is one
        return _refuse(str(error))
    except KeyboardInterrupt:
        print("ganviz: interrupted; nothing of the film is left", file=sys.stderr)
        return 130
    if trouble:
        print(f"ganviz: {trouble}", file=sys.stderr)
    for path in (out, still):
        if path is not None:
            print(path)
    return 0


@app.command
def report(
    run: Annotated[
        str | None, Flag(help="A run file (.ganviz), or a settings or preset file to train.")
    ] = None,
    /,
    *,
    out: Path,
    preset: PresetName = None,
    share: ShareString = None,
    set_: Assignments = None,
    steps: StepCount | None = None,
    change: Annotated[list[str] | None, Flag(negative=())] = None,
    branch: str | None = None,
    hand_out: Annotated[bool, Flag(negative=())] = False,
    theme: str = "light",
    progress: Annotated[bool, Flag(negative=())] = False,
) -> int:
    """Write what happened in a run into one HTML or PDF file, or a hand-out about it.

    Parameters
    ----------
    out
        The file: .html or .pdf.
    steps
        How many steps to train a game that is not recorded; 2000 by default.
    change
        STEP:PATH=VALUE, as often as needed, such as --change 500:train.k=5: changed behind that
        step.
    branch
        Which branch of a recorded run to report, such as B; by default all of them.
    hand_out
        Leave the answers empty, to be filled in. A bookmark whose note reads "Why? = Because …"
        asks the question.
    theme
        Of the pictures: light, dark or projector.
    progress
        Tell how far it is in lines of JSON.
    """
    script = [changed_at(text) for text in change or ()]
    if theme not in ("light", "dark", "projector"):
        raise ParamError(f"--theme {theme}: must be light, dark or projector")
    recorded = run is not None and run.endswith(".ganviz")
    if recorded and (preset or share or set_ or steps or script):
        raise ParamError(
            f"{run}: is recorded; give it without --preset, --share, --set, --steps and --change"
        )
    game = None if recorded else chosen(run, preset, set_, START_SCENE, share)
    if not os.environ.get("QT_QPA_PLATFORM") and displayed():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from ganviz.report.shoot import shoot, trained
    from ganviz.tape.runfile import read

    try:
        shoot(
            lambda tell: (
                read(str(run)) if game is None else trained(game, steps or 2000, script, tell)
            ),
            out,
            theme,
            branch=branch,
            hand_out=hand_out,
            file=Path(str(run)).name if recorded else "",
            progress=progress,
        )
    except KeyboardInterrupt:
        print("ganviz: interrupted; nothing of the report is left", file=sys.stderr)
        return 130
    print(out)
    return 0


def changed_at(text: str) -> tuple[int, dict[str, Any]]:
    """Return (500, {"train.k": 5}) of ``500:train.k=5``.

    Raises
    ------
    ParamError
        For anything else.
    """
    step, colon, rest = text.partition(":")
    if not (colon and step.strip().isdecimal() and "=" in rest):
        raise ParamError(f"--change {text}: must be STEP:PATH=VALUE, such as 500:train.k=5")
    return int(step), assignments([rest])


@app.command(name="share")
def share_game(
    game: Annotated[str | None, Flag(help="A preset, or a settings or preset file.")] = None,
    /,
    *,
    set_: Assignments = None,
) -> int:
    """Print a game as a share string, for --share or to be pasted into a window."""
    from ganviz.share import share

    wanted = chosen(None, game, set_, START_SCENE)
    print(share(wanted.settings, wanted.title, wanted.speed))
    return 0


@app.command
def parameters(*, json_: Annotated[bool, Flag(name="--json", negative=())] = False) -> int:
    """List every parameter: default, allowed values, when it takes effect."""
    from ganviz.settings import PARAMETERS

    if json_:
        fields = ("kind", "default", "title", "help", "low", "high", "unit", "live", "source")
        table = {
            path: {name: getattr(p, name) for name in fields}
            | {"choices": p.choices, "when": dict(p.when), "optional": p.optional}
            for path, p in PARAMETERS.items()
        }
        print(json.dumps(table, indent=2, ensure_ascii=False))
        return 0
    from rich.console import Console
    from rich.table import Table

    table_ = Table("Parameter", "Default", "Allowed", "Takes effect", "What it is", box=None)
    for path, p in PARAMETERS.items():
        table_.add_row(path, words(p.default), p.allowed(), EFFECTS[p.live], p.help)
    Console().print(table_)
    return 0


@app.command
def presets(*, json_: Annotated[bool, Flag(name="--json", negative=())] = False) -> int:
    """List the presets that come with ganviz."""
    from ganviz.presets import presets as known

    if json_:
        table = {
            p.name: {
                "title": p.title,
                "text": p.text,
                "speed": p.speed if p.speed != float("inf") else None,
                "settings": p.settings.nested(),
            }
            for p in known().values()
        }
        print(json.dumps(table, indent=2, ensure_ascii=False))
        return 0
    from rich.console import Console
    from rich.table import Table

    table_ = Table("Preset", "Title", "What it shows", box=None)
    for p in known().values():
        table_.add_row(p.name, p.title, p.text)
    Console().print(table_)
    return 0


def _refuse(sentence: str) -> int:
    print(f"ganviz: {sentence}", file=sys.stderr)
    return 2


def main(arguments: list[str]) -> int:
    """Carry out a command line and return its exit code; a refusal is one sentence, code 2."""
    try:
        return int(app(arguments, exit_on_error=False, print_error=False) or 0)
    except (ParamError, CycloptsError) as error:
        return _refuse(str(error).strip())
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}" if error.strerror else str(error))
