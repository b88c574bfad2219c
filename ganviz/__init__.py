"""ganviz: see how generative adversarial networks train.

Settings go in, frames come out; everything a person sees is a picture of one frame through one
look::

    settings -> engine -> moment -> frame -> latest-value slot -> stage in the window
                            |        ^    -> the same stage, off screen -> film
                            v        |
                           tape -> lane

The rooms, each importing only from rooms named before it:

``schema``
    What a parameter is.
``tomlfile``
    Files in TOML, read and refused in one sentence.
``theory``
    What is known exactly: push-forward, divergences, coverage, noise floors, stability.
``trace``
    One row of numbers per step, however long a run goes on: the latest in memory, the others in a
    file.
``frame``
    Frame and Look: frozen numbers and words, for any thread.
``clock``
    What each part of the work takes, while somebody watches.
``lock``
    Files that one process holds at a time.
``catalog``
    What one can choose from: targets, latents, networks, losses, penalties,
    optimisers, schedules, measures, and what of it cannot be combined.
``settings``
    Every knob, declared once.
``table``
    Traces and samples as CSV and NPZ files.
``looks``
    A look as a table of plain values, for files.
``presets``
    TOML files of differences from the defaults.
``share``, ``script``
    A game as one short line of text, and as a page of plain PyTorch.
``lesson``
    A game with a text, a script of changes, questions, and observations that prove it.
``engine``
    Settings in, moments and frames out: torch and numpy, no Qt, no clock.
``tape``
    Every run recorded: branches with journal, trace and moments; lanes that go along them, back and
    forth, and begin others; run files and recovery.
``proof``
    A lesson's observations, measured on runs.
``host``
    The one file where Qt meets the engine: a thread, a slot for frames up, a slot for wishes down.
``views``
    Frames and a look in, pictures out.
``film``
    Frames to pictures to a file, on the same stage.
``report``
    A recorded run on paper: one HTML or PDF file, and the hand-out of it.
``window``
    The composition root: panel, transport, menus.
``bench``
    How fast it all is, against what else a person could run.
``check``
    What lessons claim, measured over their seeds by several processes, and told.
``opening``
    The short way to the first window.
``cli``
    The command line.

Words: **settings** the frozen tree of all values; **parameter** one declared leaf; **preset** a
TOML file of differences; **lesson** a preset with a text, a script and observations that prove it;
**catalog** the things one can choose from; **family** the kind of game
trained; **engine** the trainer; **step** one round of k discriminator updates and one generator
update; **moment** everything needed to continue or redraw; **frame** what one moment looks like;
**look** how it is shown; **trace** one row per step; **belief** D's opinion over data space;
**view** one plot; **stage** the arrangement of views; **tape** the tree of recorded branches;
**branch** a run or another future of it; **mark** an entry of the journal; **lane** one of up to
four runs on one clock; **film** encoded pictures; **host** the
thread that runs the engine; **player** the generator or the discriminator.
"""

from pathlib import Path

__version__ = "0.1.0"


def resources() -> Path:
    """Return the folder of presets, themes and icons, in a checkout or in an installed wheel."""
    here = Path(__file__).resolve().parent
    inside = here / "resources"
    return inside if inside.is_dir() else here.parent / "resources"
