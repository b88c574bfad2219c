"""What a script needs to know of a game, read once from the settings; what it cannot write down."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ganviz.catalog.losses import LOSSES, Loss
from ganviz.catalog.penalties import PENALTIES, Penalty
from ganviz.catalog.points import read_points
from ganviz.catalog.targets import TARGETS, Distribution, Shape
from ganviz.schema import ParamError, get, words
from ganviz.settings import Settings

#: The longest line of a page, and the most points of a file that it holds.
WIDTH = 96
POINTS = 1000


def code(text: str, indent: int = 0) -> str:
    """Return lines of code without the indent they have in common, moved right by ``indent``."""
    return textwrap.indent(textwrap.dedent(text).strip("\n"), " " * indent)


def array(name: str, values: Any) -> str:
    """Return an assignment of literal numbers, wrapped: exact to the last digit."""
    listed = np.asarray(values, dtype=float).tolist()
    line = f"{name} = np.array({listed!r})"
    if len(line) <= WIDTH:
        return line
    inner = ", ".join(repr(each) for each in listed)
    # A pair is never broken: its inner blank is put back once the lines are made.
    whole = re.sub(r"\[([^\]]*)\]", lambda pair: pair[0].replace(" ", "\0"), inner)
    lines = textwrap.wrap(whole, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    body = "\n    ".join(lines).replace("\0", " ")
    return f"{name} = np.array([\n    {body},\n])"


@dataclass(frozen=True)
class Game:
    """One game, as far as a page of code depends on it."""

    settings: Settings

    def acting(self, path: str) -> Any:
        """Return the value that acts at a dotted path."""
        return self.settings.acting(path)

    def check(self) -> None:
        """Raise a ParamError for what a plain script does not hold."""
        refusals = {
            ("game.kind", "vae"): "has an encoder",
            ("game.kind", "autoencoder"): "has an encoder",
            ("discriminator.kind", "exact"): "is computed from densities, not learnt",
            ("generator.kind", "formula"): "has nothing that learns",
            ("train.schedule", "competitive"): "solves a linear system for both moves",
        }
        for (path, value), why in refusals.items():
            if self.acting(path) == value:
                raise ParamError(
                    f"{path} = {value}: {why}, which a plain PyTorch script does not hold; "
                    f"choose another {path} to export one"
                )
        for player in ("generator", "discriminator"):
            if self.acting(f"{player}.kind") == "conv":
                self._check_convolutions(player)

    def _check_convolutions(self, player: str) -> None:
        """Raise a ParamError for what a plain script holds of matrices alone."""
        paths = ["latent.codes"]
        if player == "discriminator":
            names = ("dropout", "spectral_norm", "minibatch_features", "minibatch_stddev")
            paths = [f"discriminator.{name}" for name in names]
        for path in paths:
            value = self.acting(path)
            if value:
                raise ParamError(
                    f"{said(path, value)}: must be {words(type(value)())} for a plain PyTorch "
                    f"script of {player}.kind = conv"
                )

    # ---- data and noise -----------------------------------------------------------------------

    @cached_property
    def shape(self) -> Shape:
        """The numbers of the target, every None replaced by the entry's own default."""
        numbers: dict[str, Any] = {}
        for name, default in TARGETS[self.settings.data.target].uses.items():
            value = get(self.settings, f"data.{name}")
            numbers[name] = default if value is None else value
        if self.settings.data.target == "file":
            path = numbers.pop("file")
            if path is not None:
                numbers["points"] = points = read_points(path, self.settings.data.standardise)
                if len(points) > POINTS:
                    raise ParamError(
                        f"data.file = {path}: has {len(points):,} points; a script holds at most "
                        f"{POINTS:,} of them"
                    )
        return Shape(**numbers)

    @cached_property
    def target(self) -> Distribution:
        """The distribution that G is to match."""
        return TARGETS[self.settings.data.target].build(self.shape)

    @property
    def dim(self) -> int:
        """Coordinates of a sample."""
        return self.target.dim

    @property
    def codes(self) -> int:
        """Categories of InfoGAN's code."""
        return int(self.acting("latent.codes"))

    @property
    def noise_dim(self) -> int:
        """Coordinates of the noise, without the code."""
        shifting = self.settings.generator.kind == "shift" and self.settings.latent.dim == 1
        return self.dim if shifting else self.settings.latent.dim

    @property
    def latent_dim(self) -> int:
        """Coordinates of the noise, with the code."""
        return self.noise_dim + self.codes

    # ---- D and what it is shown ---------------------------------------------------------------

    @property
    def pack(self) -> int:
        """Samples that D judges at once."""
        return int(self.acting("discriminator.pack"))

    @property
    def dropout(self) -> bool:
        """Whether D's hidden units are left out at random."""
        return bool(self.acting("discriminator.dropout") > 0)

    @property
    def batch_features(self) -> bool:
        """Whether D sees statistics of its batch."""
        kernels = self.acting("discriminator.minibatch_features")
        return bool(kernels or self.acting("discriminator.minibatch_stddev"))

    @property
    def noisy(self) -> bool:
        """Whether noise is added to everything D sees."""
        return bool(self.settings.loss.instance_noise > 0)

    @property
    def rich(self) -> bool:
        """Whether D is more than a row of layers, and written as a class."""
        return self.dropout or self.batch_features

    # ---- what is minimised --------------------------------------------------------------------

    @property
    def loss(self) -> Loss:
        """The catalog's entry."""
        return LOSSES[self.settings.loss.kind]

    @property
    def penalty(self) -> Penalty:
        """The catalog's entry."""
        return PENALTIES[self.settings.loss.penalty]

    @property
    def penalty_weight(self) -> float:
        """Strength of the penalty."""
        given = self.settings.loss.penalty_weight
        return float(self.penalty.weight if given is None else given)

    @property
    def between(self) -> bool:
        """Whether the penalty takes its points at random."""
        drawn = ("gradient-penalty", "one-sided", "zero-centred", "dragan")
        return self.settings.loss.penalty in drawn

    @property
    def labelled(self) -> bool:
        """Whether labels are soft, flipped, or unevenly frequent."""
        loss = self.settings.loss
        soft = loss.label_smoothing > 0 or loss.fake_smoothing > 0 or loss.label_flips > 0
        return soft or self.settings.data.prior != 0.5

    @property
    def unroll(self) -> int:
        """D-steps that G looks ahead."""
        return int(self.acting("loss.unroll"))

    @property
    def unroll_rate(self) -> float:
        """Step size of the steps looked ahead."""
        given = self.settings.loss.unroll_rate
        return float(self.settings.optim.lr_d if given is None else given)

    @property
    def matching(self) -> bool:
        """Whether G matches features instead of minimising its loss."""
        return bool(self.acting("loss.feature_matching"))

    @property
    def streams(self) -> tuple[str, ...]:
        """Random numbers that a step draws besides its batches."""
        found = {
            "dropout": self.dropout,
            "penalty": self.between,
            "noise": self.noisy,
            "labels": self.settings.loss.label_flips > 0,
            "replay": self.settings.train.replay > 0,
        }
        return tuple(name for name, needed in found.items() if needed)

    @property
    def chance(self) -> bool:
        """Whether any are drawn."""
        return bool(self.streams)

    @property
    def judged(self) -> tuple[str, ...]:
        """Arguments that D's answer depends on besides its inputs."""
        return ("chance",) if self.dropout else ()

    # ---- order of play ------------------------------------------------------------------------

    @property
    def schedule(self) -> str:
        """Its name."""
        return str(self.settings.train.schedule)

    @property
    def counts(self) -> tuple[str, str]:
        """How many batches of data and of noise a step takes, as code."""
        return {
            "goodfellow": ("K", "K + 1"),
            "generator-first": ("K", "K + 1"),
            "simultaneous": ("1", "1"),
            "toronto": ("1", "1"),
            "extragradient": ("2", "2"),
        }[self.schedule]

    @property
    def rounds(self) -> int:
        """How many steps are drawn at once, see ``ganviz.engine.draws.Supply``."""
        k = self.settings.train.k
        n_data, n_noise = (
            {"K": k, "K + 1": k + 1}.get(count) or int(count) for count in self.counts
        )
        numbers = self.settings.train.batch * (n_data * self.dim + n_noise * self.latent_dim)
        return max(1, min(64, 2**20 // numbers))

    @property
    def sees_data(self) -> bool:
        """Whether G's loss reads real samples."""
        if self.penalty.game and self.penalty.generator is not None:
            return True
        return self.loss.sees_real or self.matching or self.unroll > 0

    def frozen(self, player: str) -> bool:
        """Return whether a player stands still."""
        return bool(self.settings.train.freeze == player)


def call(function: str, arguments: Iterable[str]) -> str:
    """Return a call as code."""
    return f"{function}({', '.join(arguments)})"


def section(title: str, note: str, *parts: str) -> str:
    """Return a section of the page: a line that says what it is, a note, and its code."""
    head = f"# ---- {title} " + "-" * max(3, WIDTH - 8 - len(title))
    lines = textwrap.wrap(note, WIDTH - 2)
    body = "\n\n\n".join(part for part in parts if part)
    return "\n".join([head, *(f"# {line}" for line in lines)]) + ("\n\n" + body if body else "")


def number(value: Any) -> str:
    """Return a number as code: exact, and ``0.001`` rather than ``1e-03``."""
    return re.sub(r"e-0(\d)", r"e-\1", repr(value)) if not isinstance(value, str) else value


def said(path: str, value: Any) -> str:
    """Return a setting and its value in words."""
    return f"{path} = {words(value)}"
