"""The present game as a plain PyTorch script, for students who want to see the code.

The page needs torch and numpy and nothing of ganviz. It holds only what the game needs, says it in
the order in which one would tell it, and takes the same steps: the same draws by the same seed, the
same arithmetic but for the order of some sums.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from ganviz import __version__
from ganviz.script import data, nets, play, terms
from ganviz.script.game import WIDTH, section
from ganviz.script.stages import Change, begun, done, run, staged
from ganviz.settings import Settings

__all__ = ["Change", "begun", "done", "script"]


def script(settings: Settings, steps: int, changes: Iterable[Change] = (), title: str = "") -> str:
    """Return the page of a game that is played for some steps.

    Parameters
    ----------
    settings
        The game it begins with.
    steps
        How many steps the script takes.
    changes
        (steps taken, {path: value}) of each change on the way, in order.
    title
        What the page calls the game.

    Raises
    ------
    ParamError
        For a game that no plain script holds; it names the setting.
    """
    stages = staged(settings, changes, steps)
    games = [stage.game for stage in stages]
    game = games[0]
    own_momentum = any(each.settings.optim.momentum <= 0 for each in games)
    streams = {name for each in games for name in each.streams}
    listed = play.numbers(game)
    memory = "\n".join(play.remembered(game).values())
    loose = game.settings.generator.kind == "dictionary"  # whose first weights are drawn as well
    drawn = ("init",) if nets.inits(game) or loose else ()
    body = [
        _numbers(listed, settings, steps),
        data.random_numbers(("data", "latent", *drawn, *streams)),
        data.data(game),
        data.noise(game),
        nets.inits(game),
        nets.generator(game),
        nets.discriminator(game),
        terms.terms(game),
        play.optimisers(game, play.optimiser_classes(game, own_momentum), own_momentum),
        section("What is remembered", "Besides the players.", memory) if memory else "",
        play.batches(game),
        play.play(game),
        run(stages, own_momentum),
    ]
    text = "\n\n\n".join(part for part in body if part)
    target = settings.data.target
    image = game.target.image
    called = title or (target.capitalize() if image else f"{game.target.dim}-D {target}")
    return "\n".join([_head(called, text), text, ""])


def _head(title: str, text: str) -> str:
    # A title may come from anybody, in a share string; on the page it is words and nothing else.
    title = " ".join(title.split()).replace("\\", "/").replace('"', "'")[:50]
    first = f'"""{title}: a generative adversarial network in plain PyTorch.'
    about = textwrap.fill(
        f"ganviz {__version__} wrote this page. It needs torch and numpy, and takes the same steps "
        "on the same random numbers as ganviz does: in the end both players have the same weights, "
        "but for rounding. Only what this one game needs is here. A generator G turns noise z into "
        "samples; a discriminator D says how real a sample looks; each learns from the other.",
        WIDTH,
    )
    imports = ["import numpy as np", "import torch", "from torch import nn"]
    if "functional_call" in text:
        imports.append("from torch.func import functional_call")
    return "\n".join([first, "", about, '"""', "", *imports, "", ""])


def _numbers(listed: Mapping[str, tuple[str, str]], settings: Settings, steps: int) -> str:
    lines = {
        **listed,
        "STEPS": (str(steps), "steps that are taken"),
        "REPORT": (str(max(1, steps // 20)), "steps between two printed lines"),
    }
    wide = max(len(f"{name} = {value}") for name, (value, _) in lines.items())
    rows = [f"{f'{n} = {v}':<{wide}}  # {words}" for n, (v, words) in lines.items()]
    precise = f"torch.set_default_dtype(torch.{settings.train.dtype})"
    return section("The numbers of the game", "", "\n".join([*rows, "", precise]))
