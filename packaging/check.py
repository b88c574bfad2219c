"""Prove that ganviz works here with the network off: `packaging/run.py --check`.

Opens the window where nobody sees it, opens a lesson in it, trains until a picture of it is there,
films a few pictures and decodes one of them again. Then it says so in one sentence, or says in one
what did not work. Whoever asks for the network meanwhile is refused and named; nothing is read from
a person's own settings and nothing is left behind.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

#: How long each part may take, seconds: slow machines have to import PyTorch first.
PATIENCE = 300.0
#: Pictures of the film, those of a second, and their size; steps that film and lesson show.
PICTURES, RATE, SIZE, STEPS = 6, 12, (960, 540), 60
#: The lesson that is opened: one in which networks learn.
LESSON = "mode-collapse"
#: What Python tells of before it speaks to another machine.
CALLS = frozenset({"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"})


class Failed(Exception):
    """A part of the proof does not work; the message says why."""


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse to speak to another machine; the machine itself may be spoken to."""
    if event in CALLS and not _own(arguments):
        raise Failed(f"something asked for the network ({event} {arguments[-1]!r})")


def _own(arguments: tuple[Any, ...]) -> bool:
    """Return whether a call stays on this machine: a path, or an address of its own."""
    for each in arguments:
        where = each[0] if isinstance(each, tuple) and each else each
        if isinstance(where, str | bytes):
            name = where.decode(errors="replace") if isinstance(where, bytes) else where
            return name.startswith(("/", "\0", "127.")) or name in ("", "localhost", "::1")
    return True


def window(folder: Path) -> tuple[str, int]:
    """Open the window and a lesson in it, wait for a trained picture; return its title and step."""
    from PySide6.QtCore import QSettings, qInstallMessageHandler

    from ganviz.lesson import find
    from ganviz.window.main import MainWindow, application

    lesson = find(LESSON)
    qInstallMessageHandler(lambda *_: None)  # the one sentence is enough
    app = application()
    kept = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
    shown = MainWindow(lesson.game, store=kept, lesson=lesson)
    told: list[str] = []
    shown.host.failed.connect(shown.messages.show_error)
    shown.host.failed.connect(told.append)
    shown.show()
    try:
        until = time.monotonic() + PATIENCE
        asked = False
        while not (shown.scene.frames and shown.scene.frames[0].step >= STEPS):
            app.processEvents()
            time.sleep(0.002)
            if told:
                raise Failed(told[0].strip().splitlines()[-1])
            if time.monotonic() > until:
                raise Failed(f"no trained picture came within {PATIENCE:.0f} s")
            if shown.scene.frames and not asked:  # a lesson may begin with a halt
                asked = True
                shown.host.step(STEPS)
                shown.pump.hurry()
        if not shown.scene.frames[0].trace.column("grad_g")[-1] > 0:
            raise Failed(f"the networks of the lesson “{lesson.title}” learn nothing")
        if shown.stage.grab().toImage().isNull():
            raise Failed("the pictures cannot be painted")
        return lesson.title, shown.scene.frames[0].step
    finally:
        shown.close()
        shown.host.stop()
        app.processEvents()


def film(folder: Path) -> tuple[int, str]:
    """Film a few pictures of the first preset, decode one; return how many there are, and of what.

    The file has what was asked for, and its pictures are not of one colour.
    """
    import av
    import numpy as np

    from ganviz.film.make import Pictures, make
    from ganviz.film.order import Order
    from ganviz.film.source import LiveRun
    from ganviz.presets import presets

    game = next(iter(presets().values()))
    order = Order(size=SIZE, fps=RATE, seconds=PICTURES / RATE, hold=0.0, last=STEPS)
    path = folder / "check.mp4"
    with Pictures(LiveRun(game.settings, STEPS), order) as pictures:
        make(pictures, path)
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        decoded = [frame.to_ndarray(format="rgb24") for frame in file.decode(stream)]
        name = stream.codec_context.codec.canonical_name
    if len(decoded) != PICTURES:
        raise Failed(f"the film has {len(decoded)} pictures and not {PICTURES}")
    if decoded[-1].shape != (SIZE[1], SIZE[0], 3) or int(np.ptp(decoded[-1])) < 100:
        raise Failed("a picture of the film is not what was drawn")
    return len(decoded), name


def main() -> int:
    """Say in one sentence whether all of it works; return the exit code."""
    started = time.monotonic()
    part = "the window"
    with TemporaryDirectory(prefix="ganviz-check-") as name:
        folder = Path(name)
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
            os.environ[f"XDG_{kind}_HOME"] = str(folder / kind.lower())
        sys.addaudithook(refuse)
        try:
            title, step = window(folder)
            part = "the film"
            count, codec = film(folder)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told in a sentence
            why = " ".join(str(error).split()) or type(error).__name__
            print(f"ganviz: {part} does not work here: {why}.", file=sys.stderr)
            return 1
    took = time.monotonic() - started
    print(
        f"ganviz works here without a network: its window opened, the lesson “{title}” was trained "
        f"to step {step:,}, and a film of {count} pictures ({codec}) was made and decoded again, "
        f"all within {took:.0f} s."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
