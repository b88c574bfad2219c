"""The command line: open the application, train without a window, film, list what there is.

Nothing heavy is imported before it is needed: ``--help`` loads neither Qt nor torch.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, CycloptsError
from cyclopts import Parameter as Flag
from cyclopts.validators import Number

from ganviz import __version__
from ganviz.opening import START_SCENE, displayed, open_window
from ganviz.schema import EFFECTS, ParamError, parse, printable, trouble, words

if TYPE_CHECKING:
    from ganviz.film.order import Order
    from ganviz.film.source import Source
    from ganviz.lesson import Lesson
    from ganviz.presets import Preset
    from ganviz.tape.runfile import Run

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
WebpQuality = Annotated[int | None, Flag(validator=Number(gte=1, lte=99))]
LessonName = Annotated[
    str | None, Flag(name="--lesson", help="Open a lesson: its name, or a .toml file.")
]
ShareString = Annotated[
    str | None, Flag(name="--share", help="Start from a share string, ganviz1:…")
]
StepCount = Annotated[int, Flag(validator=Number(gte=1, lte=10**9))]

#: Steps a second of film for games that run flat out.
FLAT_OUT = 400


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
            f"{run}: must be one of the commands run, film, report, share, script, bench, "
            "lessons, parameters and presets, a settings or preset file that ends in .toml, or a "
            "run file that ends in .ganviz"
        )
    if share is not None:
        from ganviz.share import shared

        base = shared(share)
    else:
        base = read(run) if run is not None else find(preset or otherwise)
    return replace(base, settings=base.settings.with_(assignments(texts)))


def recorded(path: str | None) -> Run | None:
    """Return the run that a run file or the folder of a recording holds; None for other names.

    Raises
    ------
    ParamError
        For a run file or a recording that cannot be opened.
    """
    if path is None or not _is_recorded(path):
        return None
    from ganviz.tape.recovery import opened

    return opened(path)


def _is_recorded(path: str) -> bool:
    """Return whether a name is that of a run file or of the folder of a recording."""
    return path.lower().endswith(".ganviz") or (Path(path) / "log").is_file()


@app.default
def open_application(
    run: Annotated[str | None, Flag(help="A run, settings, preset or lesson file to open.")] = None,
    /,
    *,
    preset: PresetName = None,
    lesson: LessonName = None,
    share: ShareString = None,
    set_: Assignments = None,
) -> int:
    """Open the application; with arguments, on that game."""
    first = ""
    if run is not None and _is_recorded(run):
        if preset is not None or share is not None or set_:
            raise ParamError(f"{run}: a run brings its own settings; give nothing besides")
        if not Path(run).exists():
            raise ParamError(f"{run}: there is no such file")
        first, run = str(Path(run).absolute()), None
    taught = _lesson(run, lesson, preset, share, set_)
    game = chosen(run, preset, set_, START_SCENE, share) if taught is None else taught.game
    if why := displayed():
        print(f"{why} Filming a run off-screen instead.", flush=True)
        return _film_instead(game)
    return open_window(game, first, taught)


def _lesson(
    run: str | None,
    name: str | None,
    preset: str | None,
    share: str | None,
    texts: Iterable[str] | None,
) -> Lesson | None:
    """Return the lesson that is asked for, by its name or as a file; None for other things."""
    from dataclasses import replace

    if name is None and not (run or "").endswith(".toml"):
        return None
    from ganviz.lesson import find, is_lesson

    if name is None and not is_lesson(run or ""):
        return None
    told = {"": run, "--lesson ": name, "--preset ": preset, "--share ": share}
    given = [f"{flag}{value[:40]}" for flag, value in told.items() if value is not None]
    if len(given) > 1:
        raise ParamError(f"{' and '.join(given)}: give one of them")
    found = find(name or run or "", _own_lessons())
    return replace(found, settings=found.settings.with_(assignments(texts)))


def _own_lessons() -> Path:
    """Return where a person's own lessons lie; Qt knows, and its smallest part is enough for it."""
    from ganviz.window.belongings import lessons_folder

    return lessons_folder()


def _film_instead(game: Preset) -> int:
    from ganviz.film.order import Order

    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    folder = Path.cwd() if os.access(Path.cwd(), os.W_OK) else Path.home()
    out = folder / "ganviz-default-run.mp4"
    return _film(_live(game, Order(), []), Order(), out, out.with_suffix(".png"))


@app.command
def run(
    game: Annotated[
        str | None,
        Flag(
            help="A settings or preset file to train; or a run file (.ganviz) or the folder of a "
            "recording, to go on from its end."
        ),
    ] = None,
    /,
    *,
    out: Path | None = None,
    steps: StepCount | None = None,
    preset: PresetName = None,
    share: ShareString = None,
    set_: Assignments = None,
    change: Annotated[list[str] | None, Flag(negative=())] = None,
    every: Annotated[
        int | None, Flag(help="Steps between two measurements: short for train.measure_every.")
    ] = None,
    samples: Annotated[int | None, Flag(validator=Number(gte=1, lte=10**7))] = None,
    tape: Annotated[int | None, Flag(validator=Number(gte=1, lte=65536))] = None,
    seeds: str | None = None,
    replay: Annotated[bool, Flag(negative=())] = False,
    json_: Annotated[bool, Flag(name="--json", negative=())] = False,
) -> int:
    """Train without a window and leave the results in a folder; or replay a recorded run.

    Parameters
    ----------
    out
        The folder: trace.csv, samples.npy, weights.safetensors, settings.toml, summary.json and
        run.ganviz, the run itself.
    steps
        How many steps to take.
    change
        STEP:PATH=VALUE, as often as needed, such as --change 500:train.k=5: changed behind that
        step. Several may stand at one step.
    samples
        How many samples of the trained generator to save; 2500 by default.
    tape
        Megabytes of moments that the run file keeps; 256 by default, and what it kept so far where
        a recorded run goes on.
    seeds
        Run the game with several seeds side by side: how many, from train.seed on, or a list such
        as 3,5,9. Each gets a folder of its own in the folder, beside seeds.json; they share --tape.
    replay
        Run a recorded run again from its seed and its changes, and say whether every bit is the
        same: exit code 0, or 1.
    json_
        Say what a replay finds as JSON.
    """
    recorded_ = recorded(game)
    if recorded_ is not None:
        others = {"--preset": preset, "--share": share, "--set": set_, "--every": every}
        for flag, value in others.items():
            if value is not None:
                raise ParamError(f"{game} and {flag}: a recorded run has its settings; give one")
        if seeds is not None:
            raise ParamError(f"{game} and --seeds: a recorded run has its seed; give one of them")
    if replay:
        if recorded_ is None or game is None:
            raise ParamError("--replay: must come with a run file (.ganviz) or a recording")
        for flag, given in {"--out": out, "--steps": steps, "--change": change}.items():
            if given is not None:
                raise ParamError(f"--replay and {flag}: a replay takes the steps that were taken")
        for flag, given in {"--samples": samples, "--tape": tape}.items():
            if given is not None:
                raise ParamError(f"--replay and {flag}: a replay writes nothing; give one of them")
        from ganviz import headless

        return headless.replay(recorded_, game, json_)
    if json_:
        raise ParamError("--json: must come with --replay")
    if out is None or steps is None:
        missing = "--out" if out is None else "--steps"
        raise ParamError(f"{missing}: must be given; --out FOLDER and --steps N are needed to run")
    if recorded_ is not None and tape is not None:
        raise ParamError(f"{game} and --tape: a recorded run keeps as much as so far; give one")
    script = [_change(text) for text in change or ()]
    if recorded_ is None:
        settings = chosen(game, preset, set_, "two-modes", share).settings
        if every is not None:
            settings = settings.with_({"train.measure_every": every})
        if seeds is not None:
            from ganviz.seeds import seeds_of
            from ganviz.seeds import train as side_by_side

            return side_by_side(
                settings,
                seeds_of(seeds, settings),
                steps,
                out,
                samples or 2500,
                budget=(tape or 256) * 2**20,
                script=script,
            )
    from ganviz.headless import train

    wanted = settings if recorded_ is None else recorded_
    return train(wanted, steps, out, samples or 2500, budget=(tape or 256) * 2**20, script=script)


@app.command
def film(
    run: Annotated[
        str | None,
        Flag(
            help="A run file (.ganviz) or the folder of a recording, or a settings or preset file."
        ),
    ] = None,
    /,
    *,
    out: Path,
    preset: PresetName = None,
    share: ShareString = None,
    set_: Assignments = None,
    change: Annotated[list[str] | None, Flag(negative=())] = None,
    order: Path | None = None,
    for_: Annotated[str | None, Flag(name="--for")] = None,
    first: Annotated[int | None, Flag(name="--from")] = None,
    last: Annotated[int | None, Flag(name=("--to", "--steps"))] = None,
    branch: str | None = None,
    size: str | None = None,
    fps: int | None = None,
    seconds: float | None = None,
    speed: float | None = None,
    pace: str | None = None,
    views: str | None = None,
    theme: str | None = None,
    title: str | None = None,
    caption: bool | None = None,
    settings_line: bool | None = None,
    changes: bool | None = None,
    captions: bool | None = None,
    hold: float | None = None,
    fine: bool | None = None,
    scale: float | None = None,
    webp_quality: WebpQuality = None,
    still: Path | None = None,
    font: str = "",
    progress: Annotated[bool, Flag(negative=())] = False,
) -> int:
    """Film a recorded run, or one that is trained for it, off-screen.

    Parameters
    ----------
    out
        The film: .mp4, .webm, .gif, .apng, .webp, or a folder for numbered PNGs; or, as .png, .svg
        or .pdf, a picture of its last moment.
    change
        STEP:PATH=VALUE, as often as needed, such as --change 500:train.k=5: changed behind that
        step. Several may stand at one step.
    order
        A film order, a .toml file; other options go before what it says.
    for_
        What it is for: sets size and pictures a second, and the format where --out has no ending.
    first
        The step of the first picture; by default the beginning.
    last
        The step of the last picture; by default the end of a recorded run, speed x seconds else.
    branch
        Which branch of a recorded run to film, such as B; several, such as A,B, beside each other.
    size
        Width x height in pixels, such as 1920x1080.
    fps
        Pictures a second; 30 by default.
    seconds
        How long the film is; 8 by default.
    speed
        Instead of the seconds: how many steps a second of film, on average.
    pace
        even, or early: slow at the start, where everything happens.
    views
        Those that are seen, such as distribution,losses; story is the strip of the formula.
    theme
        light, dark or projector.
    title
        Stands in the caption; by default the title of the game.
    caption
        A strip above the pictures with title and step.
    settings_line
        A line beneath the pictures with the settings.
    changes
        Tell each change in the picture when it happens.
    captions
        Write what the order says at steps, such as the captions of a lesson, above the pictures.
    hold
        How many seconds the last picture stays.
    fine
        Finer fields and curves and more samples than the window shows.
    scale
        How much larger than in the window type and lines are.
    webp_quality
        Of a .webp, from 1 to 99: a smaller file, in which not every pixel is exact.
    still
        Also save a picture of the last moment: .png, .svg or .pdf.
    font
        The family of the type.
    progress
        Tell how far it is in lines of JSON.
    """
    try:
        tape = recorded(run)
        if tape is not None:
            others = {"--preset": preset, "--share": share, "--set": set_, "--change": change}
            for flag, value in others.items():
                if value:
                    raise ParamError(
                        f"{run} and {flag}: a recorded run is filmed as it was; give one"
                    )
        wanted, out = _ordered(
            _base(order, tape),
            order is None,
            for_,
            out,
            views,
            {
                "first": first,
                "last": last,
                "size": None if size is None else _size(size),
                "fps": fps,
                "seconds": seconds,
                "speed": speed,
                "pace": pace,
                "title": title,
                "caption": caption,
                "settings_line": settings_line,
                "changes": changes,
                "captions": captions,
                "hold": hold,
                "quality": None if fine is None else "fine" if fine else "screen",
                "scale": scale,
                "webp_quality": webp_quality,
            },
            theme,
        )
        if tape is not None:
            source = _played(tape, _branches(tape, branch) or wanted.branches)
        elif branch is not None or wanted.branches:
            raise ParamError("--branch: must come with a recorded run, such as a .ganviz file")
        else:
            source = _live(chosen(run, preset, set_, START_SCENE, share), wanted, change or [])
        if not os.environ.get("QT_QPA_PLATFORM") and displayed():
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return _film(source, wanted, out, still, report=progress, font=font)
    except (ParamError, OSError) as error:
        if not progress:
            raise
        print(json.dumps({"error": _sentence(error)}, ensure_ascii=False), flush=True)
        return 2


def _base(path: Path | None, tape: Run | None) -> Order:
    """Return the order of a file; without one, that which shows a run as it was last seen."""
    from ganviz.film.order import Order

    if path is not None:
        return Order.read(path)
    return Order() if tape is None or tape.look is None else Order(look=tape.look)


def _branches(run: Run, names: str | None) -> tuple[int, ...]:
    """Return the numbers of branches by their letters, or numbers."""
    if names is None:
        return ()
    known = {branch.name: branch.number for branch in run.tape.branches}
    known |= {str(branch.number): branch.number for branch in run.tape.branches}
    found = []
    for name in (name.strip() for name in names.split(",")):
        if name not in known:
            letters = ", ".join(branch.name for branch in run.tape.branches)
            raise ParamError(f"--branch {names}: must be of {letters}")
        found.append(known[name])
    return tuple(found)


def _played(run: Run, branches: tuple[int, ...]) -> Callable[[], Source]:
    """Return what plays a recorded run; by default the branch at which it stood."""

    def source() -> Source:
        from ganviz.film.source import TapeRun

        return TapeRun(run.tape, branches or (run.place.branch,))

    return source


def _ordered(
    order: Order,
    plain: bool,
    purpose: str | None,
    out: Path,
    views: str | None,
    given: dict[str, Any],
    theme: str | None,
) -> tuple[Order, Path]:
    """Return the order that the options describe, and the name of the film.

    A ``plain`` one was not read from a file: its rate is that of the format.
    """
    from ganviz.film.formats import FORMATS, format_of
    from ganviz.film.order import STILLS
    from ganviz.film.purposes import PURPOSES

    if purpose is not None:
        known = {each.name: each for each in PURPOSES}
        known |= {each.title.lower().replace(" ", "-"): each for each in PURPOSES}
        if purpose not in known:
            names = ", ".join(each.name for each in PURPOSES)
            raise ParamError(f"--for {purpose}: must be one of {names}")
        chosen_ = known[purpose]
        order = order.with_(size=chosen_.size, fps=chosen_.fps)
        if not out.suffix:
            form = next(each for each in FORMATS if each.name == chosen_.form)
            out = out.with_suffix(form.suffix)
    form_ = None if out.suffix.lower() in STILLS else format_of(out)
    if form_ and form_.rates and plain and purpose is None:
        order = order.with_(fps=20)
    if views is not None:
        order = order.seeing(views)
    if theme is not None:
        order = order.with_(look=order.look.with_(theme=_theme(theme)))
    return order.with_(**{k: v for k, v in given.items() if v is not None}), out


def _theme(name: str) -> str:
    from ganviz.looks import THEMES

    if name not in THEMES:
        raise ParamError(f"--theme {name}: must be one of {', '.join(THEMES)}")
    return name


def _size(text: str) -> tuple[int, int]:
    width, times, height = text.lower().partition("x")
    if not (times and width.isdecimal() and height.isdecimal()):
        raise ParamError(f"--size {text}: must be width x height, such as 1920x1080")
    return int(width), int(height)


def _live(game: Preset, order: Order, changes: Iterable[str]) -> Callable[[], Source]:
    """Return what trains a game for a film, with changes on the way."""
    script = [_change(text) for text in changes]
    last = order.last if order.last is not None else _length(game, order)

    def source() -> Source:
        from ganviz.film.source import LiveRun

        return LiveRun(game.settings, last, script)

    return source


def _length(game: Preset, order: Order) -> int:
    """Return how many steps fill a film at the pace of a game."""
    if order.seconds is None:
        raise ParamError(
            f"--speed {order.speed:g}: must come with --steps for a run that is not recorded"
        )
    speed = FLAT_OUT if game.speed == float("inf") else game.speed
    return max(round(speed * max(order.seconds - order.hold, 0)), (order.first or 0) + 1)


def _change(text: str) -> tuple[int, dict[str, Any]]:
    """Return (500, {"train.k": 5}) of ``500:train.k=5``."""
    step, colon, rest = text.partition(":")
    digits = step.strip().replace(",", "").replace("_", "")
    if not (colon and digits.isdecimal() and "=" in rest):
        raise ParamError(f"--change {text}: must be STEP:PATH=VALUE, such as 500:train.k=5")
    return int(digits), assignments([rest])


def _film(
    source: Callable[[], Source],
    order: Order,
    out: Path,
    still: Path | None = None,
    *,
    report: bool = False,
    font: str = "",
) -> int:
    from ganviz.film.shoot import line, shoot
    from ganviz.film.source import Stopped

    try:
        made = shoot(source, order, out, still, report=report, font=font)
    except Stopped:
        words = "interrupted; nothing of the film is left"
        if report:
            line(error=words)
        else:
            print(f"ganviz: {words}", file=sys.stderr)
        return 130
    if report:
        line(file=str(made.path), bytes=made.bytes, warning=made.warning)
        return 0
    if made.warning:
        print(f"ganviz: {made.warning}", file=sys.stderr)
    for path in (out, still):
        if path is not None:
            print(path)
    return 0


@app.command
def report(
    run: Annotated[
        str | None,
        Flag(
            help="A run file (.ganviz) or the folder of a recording, or a settings or preset file "
            "to train."
        ),
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
    called: str | None = None,
    font: str = "",
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
    called
        What the run file is called in the report, by default its name; "" leaves it out.
    font
        The family of the type.
    progress
        Tell how far it is in lines of JSON.
    """
    try:
        script = [_change(text) for text in change or ()]
        if theme not in ("light", "dark", "projector"):
            raise ParamError(f"--theme {theme}: must be light, dark or projector")
        given = run is not None and _is_recorded(run)
        if given and (preset or share or set_ or steps or script):
            raise ParamError(
                f"{run}: is recorded; give it without --preset, --share, --set, --steps and "
                "--change"
            )
        game = None if given else chosen(run, preset, set_, START_SCENE, share)
        if not os.environ.get("QT_QPA_PLATFORM") and displayed():
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
        from ganviz.report.shoot import shoot, trained
        from ganviz.tape.recovery import opened

        shoot(
            lambda tell: (
                opened(str(run)) if game is None else trained(game, steps or 2000, script, tell)
            ),
            out,
            theme,
            branch=branch,
            hand_out=hand_out,
            file=(Path(str(run)).name if called is None else called) if given else "",
            progress=progress,
            font=font,
        )
    except (ParamError, OSError, KeyboardInterrupt) as error:
        stopped = isinstance(error, KeyboardInterrupt)
        words = "interrupted; nothing of the report is left"
        if not isinstance(error, KeyboardInterrupt):
            words = _sentence(error)
        if progress:
            print(json.dumps({"error": words}, ensure_ascii=False), flush=True)
        elif not stopped:
            raise
        else:
            print(f"ganviz: {words}", file=sys.stderr)
        return 130 if stopped else 2
    if progress:
        print(json.dumps({"file": str(out), "bytes": out.stat().st_size}), flush=True)
    else:
        print(out)
    return 0


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


@app.command(name="script")
def export_script(
    game: Annotated[
        str | None,
        Flag(
            help="A preset, a settings or preset file, a run file (.ganviz) or the folder of a "
            "recording."
        ),
    ] = None,
    /,
    *,
    share: ShareString = None,
    set_: Assignments = None,
    steps: Annotated[
        StepCount | None, Flag(help="Steps that it takes: the run's own, or 2000 of a preset.")
    ] = None,
    out: Annotated[Path | None, Flag(help="The file to write, instead of printing it.")] = None,
) -> int:
    """Write a game, or a run with its changes, as a plain PyTorch script."""
    from ganviz.script import done, script

    run = recorded(game)
    if run is not None:
        if set_ or share:
            raise ParamError(f"{game}: is written as it was played; leave --set and --share out")
        marks = run.tape.marks(run.place.branch)[: run.place.marks]
        taken = steps or max(run.place.step, 1)
        begin = run.tape.path(run.place.branch)[0].settings
        page = script(begin, taken, done(marks, taken), title=run.tape.title)
    else:
        wanted = chosen(None, game, set_, START_SCENE, share)
        page = script(wanted.settings, steps or 2000, title=wanted.title)
    if out is None:
        print(page, end="")
        return 0
    from ganviz.table import whole

    whole(out, lambda path: path.write_text(page, "utf-8"))
    print(out)
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


@app.command
def lessons(
    names: Annotated[
        list[str] | None, Flag(help="Names of lessons, or .toml files; by default all.")
    ] = None,
    /,
    *,
    check: Annotated[bool, Flag(negative=())] = False,
    fast: Annotated[bool, Flag(negative=())] = False,
    jobs: Annotated[int | None, Flag(validator=Number(gte=1, lte=256))] = None,
    folder: Path | None = None,
    markdown: Path | None = None,
    pictures: Path | None = None,
    films: Path | None = None,
    form: str | None = None,
    size: str | None = None,
    seconds: Annotated[float | None, Flag(validator=Number(gt=0, lte=3600))] = None,
    fps: Annotated[int | None, Flag(validator=Number(gte=1, lte=120))] = None,
    theme: str | None = None,
    webp_quality: WebpQuality = None,
    quantities: Annotated[bool, Flag(negative=())] = False,
    json_: Annotated[bool, Flag(name="--json", negative=())] = False,
) -> int:
    """List the lessons; or measure what they claim, and say whether it holds.

    Parameters
    ----------
    check
        Measure every observation over the seeds it names: exit code 0 if all hold, else 1.
    fast
        Check only what takes a second or two each.
    jobs
        How many processes check; by default as many as there are processors.
    folder
        Where lessons of your own lie; they are listed, checked, drawn and filmed as well. By
        default the folder that the window reads, for the list and for names; without names only
        the lessons of ganviz are checked, drawn and filmed.
    markdown
        Write the measured values to this file, as a table.
    pictures
        Draw the pictures of the gallery into this folder: each lesson as it is at its last step.
    films
        Film each lesson into this folder, with the changes and the captions of its script.
    form
        What the films are: mp4 by default, webm, gif, apng, webp.
    size
        Of the films, such as 1920x1080; by default 1280x800.
    seconds
        How long a film is; by default 8.
    fps
        Pictures a second of a film; by default 30.
    theme
        Of the films: light, dark or projector.
    webp_quality
        Of films as webp, from 1 to 99: smaller files, in which not every pixel is exact.
    quantities
        List what an observation can be of.
    """
    from ganviz.lesson import find, shelf

    proving = {"--fast": fast, "--jobs": jobs, "--markdown": markdown}
    filming = {"--form": form, "--size": size, "--seconds": seconds, "--fps": fps}
    filming |= {"--theme": theme, "--webp-quality": webp_quality}
    for what, asked, flags in (("--check", check, proving), ("--films", films, filming)):
        for flag, given in flags.items():
            if given and not asked:
                raise ParamError(f"{flag}: must come with {what}")
    if folder is None and (names or not (check or pictures or films)):
        folder = _own_lessons()
    elif folder is not None and not folder.is_dir():
        raise ParamError(f"--folder {folder}: there is no such folder")
    own = shelf(folder)
    for sentence in () if names else own.broken:
        print(f"ganviz: {sentence}", file=sys.stderr)
    wanted = [find(name, folder) for name in names or own.lessons]
    if pictures is not None:
        return _picture_lessons(wanted, pictures, free=not names)
    if films is not None:
        wished: dict[str, Any] = {
            "size": None if size is None else _size(size),
            "seconds": seconds,
            "fps": fps,
            "webp_quality": webp_quality,
        }
        return _film_lessons(wanted, films, form or "mp4", wished, theme)
    if not (check or quantities):
        return _list_lessons(wanted, json_)
    from ganviz import check as checking

    if quantities:
        return checking.list_quantities()
    code = checking.report(wanted, jobs=jobs, fast=fast, as_json=json_, markdown=markdown)
    return code or (2 if own.broken and not names else 0)


def _picture_lessons(wanted: Iterable[Lesson], out: Path, *, free: bool) -> int:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from ganviz.film.covers import covers, free_cover

    covers(wanted, out, print)
    if free:
        free_cover(out, print)
    return 0


def _film_lessons(
    wanted: Iterable[Lesson], out: Path, form: str, given: dict[str, Any], theme: str | None
) -> int:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from ganviz.film.order import Order
    from ganviz.film.reels import form_named, reels
    from ganviz.film.source import Stopped

    found = form_named(form)
    # A rate that every format has, as for `ganviz film`.
    order = Order(fps=20) if found.rates else Order()
    order = order.with_(**{k: v for k, v in given.items() if v is not None})
    if theme is not None:
        order = order.with_(look=order.look.with_(theme=_theme(theme)))
    try:
        reels(wanted, out, found, order, lambda made: print(made.path, flush=True))
    except Stopped:
        print("ganviz: interrupted; films that are whole are kept", file=sys.stderr)
        return 130
    return 0


def _list_lessons(wanted: Iterable[Lesson], as_json: bool) -> int:
    if as_json:
        table = {
            each.name: {
                "title": each.title,
                "text": each.text,
                "lecture": each.lecture,
                "rows": each.rows,
                "preset": each.preset or None,
                "steps": each.steps,
                "speed": each.speed if each.speed != float("inf") else None,
                "tags": each.tags,
                "observations": {o.name: o.says for o in each.observations},
                "settings": each.settings.nested(),
            }
            for each in wanted
        }
        print(json.dumps(table, indent=2, ensure_ascii=False))
        return 0
    from rich.console import Console
    from rich.table import Table

    shown = Table("Lesson", "Title", "What it shows", "Lecture", box=None)
    for each in wanted:
        shown.add_row(each.name, each.title, each.text, "; ".join(each.lecture))
    Console().print(shown)
    return 0


@app.command(name="bench")
def measure_speed(
    *,
    only: Annotated[
        list[str] | None,
        Flag(help="Names of parts, instead of all of them.", consume_multiple=True, negative=()),
    ] = None,
    quick: Annotated[bool, Flag(help="Few games, short turns.", negative=())] = False,
    json_: Annotated[bool, Flag(name="--json", negative=())] = False,
) -> int:
    """Measure how fast ganviz is on this machine: ratios, taken in turns, best of many.

    Without options this takes about twenty-five minutes, and wants the machine for itself. Ctrl-C
    leaves off, and what was measured by then is told.
    """
    from ganviz.bench.parts import bench
    from ganviz.bench.screen import unseen

    with ExitStack() as stack:
        if displayed() or os.environ.get("QT_QPA_PLATFORM") == "offscreen":
            stack.enter_context(unseen())
        return bench(only, quick, json_)


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError):
        return trouble(error)
    return printable(str(error).strip())


def _refuse(sentence: str) -> int:
    print(f"ganviz: {sentence}", file=sys.stderr)
    return 2


def main(arguments: list[str]) -> int:
    """Carry out a command line and return its exit code; a refusal is one sentence, code 2."""
    try:
        return int(app(arguments, exit_on_error=False, print_error=False) or 0)
    except (ParamError, CycloptsError, OSError) as error:
        return _refuse(_sentence(error))
