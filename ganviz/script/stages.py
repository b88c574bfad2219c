"""The section with the run: the game, and how it was changed while it was played.

A change shows on the page as what it is: the numbers and functions that are others from there on,
between two calls of ``train``. Its draws begin a block of their own, as in ganviz.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ganviz.frame import Mark
from ganviz.schema import ParamError, changed, put, words
from ganviz.script import data, nets, play, terms
from ganviz.script.game import Game, section
from ganviz.settings import PARAMETERS, Settings

#: A change of parameters after so many steps.
Change = tuple[int, Mapping[str, Any]]

#: Changes that a page does not show although the weights are kept.
_KEPT = (
    "discriminator.dropout",
    "discriminator.spectral_norm",
    "loss.info_weight",
    "train.dtype",
    "train.freeze",
    "train.replay",
    "train.replay_size",
)
_NAME = re.compile(r"(?:def|class) (\w+)|(\w+)")


@dataclass(frozen=True, slots=True)
class Stage:
    """Steps ``first + 1`` to ``last`` of one game, the draws of which begin with a block."""

    game: Game
    first: int
    last: int
    block: int
    differing: Mapping[str, tuple[Any, Any]]


def done(marks: Iterable[Mark], step: int) -> list[Change]:
    """Return the changes that a journal tells of, up to a step.

    Raises
    ------
    ParamError
        For a player that moved alone, or weights that were replaced: no page shows these.
    """
    changes: list[Change] = []
    for mark in marks:
        if mark.step >= step and mark.step > 0:
            break
        if mark.kind in ("player", "weights"):
            raise ParamError(
                f"step {mark.step:,}: {mark.text}, which a plain PyTorch script does not hold; "
                "export a step before it"
            )
        if mark.kind == "change" and mark.values:
            changes.append((mark.step, dict(mark.values)))
    return changes


def begun(settings: Settings, marks: Iterable[Mark], step: int) -> Settings:
    """Return the settings a run began with, from those at a step and the journal up to it."""
    for mark in reversed([each for each in marks if each.step <= step]):
        if mark.kind == "change":
            settings = put(settings, dict(mark.before))
    return settings


def staged(settings: Settings, changes: Iterable[Change], steps: int) -> list[Stage]:
    """Return the stages of a run; raises ParamError for a change that no page shows."""
    game = Game(settings)
    game.check()
    stages: list[Stage] = []
    first, block = 0, 0
    since: dict[str, tuple[Any, Any]] = {}
    for step, values in changes:
        if step >= steps:
            break
        after = game.settings.with_(values)
        differing = changed(game.settings, after)
        if all(path.startswith("measure.") or path == "train.measure_every" for path in differing):
            continue
        _check(differing, step)
        if step > first:
            stages.append(Stage(game, first, step, block, since))
            since = {}
        block += (step - first) // game.rounds + 1
        since |= differing
        before, game, first = game, Game(after), step
        game.check()
        if (game.dim, game.latent_dim) != (before.dim, before.latent_dim):
            raise _refusal("data.target", differing.get("data.target", ("", "")), step)
    return [*stages, Stage(game, first, steps, block, since)]


def _check(differing: Mapping[str, tuple[Any, Any]], step: int) -> None:
    for path, pair in differing.items():
        if PARAMETERS[path].live != "step" or path in _KEPT:
            raise _refusal(path, pair, step)


def _refusal(path: str, pair: tuple[Any, Any], step: int) -> ParamError:
    before, after = pair
    return ParamError(
        f"{path} = {words(after)}: was {words(before)} until step {step:,}, a change that a plain "
        "PyTorch script does not hold; export a step before it"
    )


def run(stages: list[Stage], own_momentum: bool) -> str:
    """Return the section with the run."""
    ends = "At the end the weights are kept beside this page."
    keep = (
        'torch.save({"generator": G.state_dict(), "discriminator": D.state_dict()}, "weights.pt")'
    )
    if len(stages) == 1 and stages[0].block == 0:
        return section("The run", ends, f"train(0, STEPS)\n{keep}")
    note = "The game was changed while it was played; each change begins a new block of draws. "
    parts = []
    known = _known(stages[0].game, own_momentum)
    before = stages[0].game
    for index, stage in enumerate(stages):
        last = "STEPS" if index == len(stages) - 1 else str(stage.last)
        block = f", block={stage.block}" if stage.block else ""
        call = f"train({stage.first}, {last}{block})"
        if index == 0:
            parts.append(call)
            continue
        said = (
            f"# After step {stage.first}: {path} was {words(a)}, is {words(b)}."
            for path, (a, b) in stage.differing.items()
        )
        lines = ["\n".join(" ".join(part.split())[:100] for part in said)]
        parts.append("\n".join([*lines, *_numbers(before, stage.game)]))
        parts += _others(stage.game, known, own_momentum)
        tail = [*_learning(before, stage.game, own_momentum), *_begun(before, stage.game), call]
        parts.append("\n".join(tail))
        before = stage.game
    text = parts[0]
    for part in parts[1:]:
        loose = not part.startswith(("def ", "class ")) and not text.splitlines()[-1].startswith(
            " "
        )
        text += ("\n\n" if loose else "\n\n\n") + part
    return section("The run", note + ends, f"{text}\n{keep}")


def _numbers(before: Game, game: Game) -> list[str]:
    old = play.numbers(before)
    return [
        f"{name} = {value}" if name in old else f"{name} = {value}  # {what}"
        for name, (value, what) in play.numbers(game).items()
        if name not in old or old[name][0] != value
    ]


def _chunks(game: Game, own_momentum: bool) -> Iterator[tuple[str, str]]:
    """Yield what a game defines besides its networks: (name, code)."""
    texts = [data.data(game), data.noise(game), terms.terms(game), play.batches(game)]
    texts += [play.optimiser_classes(game, own_momentum), *nets.shown(game), play.play(game)]
    for text in texts:
        for chunk in text.split("\n\n\n"):
            code = "\n".join(line for line in chunk.splitlines() if not line.startswith("#")).strip(
                "\n"
            )
            if found := _NAME.match(code):
                yield found[1] or found[2], code


def _known(game: Game, own_momentum: bool) -> dict[str, str]:
    return dict(_chunks(game, own_momentum))


def _others(game: Game, known: dict[str, str], own_momentum: bool) -> list[str]:
    """Return what is defined otherwise than before, and take note of it."""
    found = []
    for name, code in _chunks(game, own_momentum):
        if known.get(name) != code:
            known[name] = code
            found.append(code)
    return found


def _learning(before: Game, game: Game, own_momentum: bool) -> list[str]:
    """Return the lines that hand the optimisers their constants, or make others."""
    lines = []
    for player in play.PLAYERS:
        if game.frozen(player):
            continue
        if play.kind_of(game, player) != play.kind_of(before, player):
            lines.append(play.made(game, player, own_momentum))
        elif game.settings.optim != before.settings.optim:
            given = ", ".join(play.constants(game, player))
            lines.append(f"optimiser_{player[0]}.param_groups[0].update({given})")
    return lines


def _begun(before: Game, game: Game) -> list[str]:
    """Return the lines that begin to remember what was not remembered before."""
    old = play.remembered(before)
    return [text for name, text in play.remembered(game).items() if name not in old]
