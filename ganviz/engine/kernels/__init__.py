"""What computes the steps: the plain path, which is the definition, and faster ones that agree.

Which one is used follows from the settings and the device alone, so that a run can be replayed.
"""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ganviz.engine.draws import Draws
from ganviz.engine.family import Family
from ganviz.engine.family.gan import Gan
from ganviz.engine.kernels import graph
from ganviz.engine.kernels.compiled import glass, lens, load, tally
from ganviz.engine.kernels.compiled.game import Compiled
from ganviz.engine.kernels.compiled.game import why_not as why_not_compiled
from ganviz.engine.kernels.plain import Plain

FloatArray = npt.NDArray[np.float64]


class Kernel(Protocol):
    """Plays rounds of one family's game.

    Attributes
    ----------
    name
        What stands in the status bar and in a summary.
    free
        Whether it plays without the interpreter lock, also in advance.
    about
        What it is, in a sentence or two, and if it is the plain one, why no faster one plays.
    """

    name: str
    free: bool
    about: str

    @property
    def ready(self) -> int:
        """How many rounds have been played in advance and not been asked for yet."""
        ...

    @property
    def busy(self) -> bool:
        """Whether more of them are being played."""
        ...

    @property
    def pace(self) -> float:
        """Seconds that a round lately took where it is played in advance; 0 if that is unknown."""
        ...

    def play(
        self, n: int, draws: Draws, more: int = 0, executor: Executor | None = None
    ) -> FloatArray:
        """Play n rounds and return their rows of the family's columns, (n, len(columns)).

        ``more`` rounds will probably be asked for after these: a kernel that can do without the
        interpreter lock may begin them in an executor of ``ahead.WINGS`` threads.
        """
        ...

    def forget(self) -> None:
        """Leave what was played in advance."""
        ...


def chosen(family: Family) -> Kernel:
    """Return what plays a family's rounds: compiled ones, on a CUDA device recorded ones, or plain.

    Where the compiled kernel is not to be had on this machine, every run takes the plain one.
    """
    if not isinstance(family, Gan):
        return Plain(family, "there is no other for this family of games")
    if family.like.device.type == "cuda":
        why = graph.why_not(family.settings)
        return Plain(family, why) if why else graph.Captured(family)
    why = why_not_compiled(family)
    if not why:
        try:
            functions = load.functions()
            kernel = Compiled(family, functions)
            lens.fit(family, functions)
            family.tally = tally.Tally(family, functions)
            if not glass.why_not(family):
                family.glass = glass.Glass(family, functions)
            return kernel
        except (load.Unavailable, ImportError) as error:  # no compiler here, or no BLAS
            why = str(error)
    return Plain(family, why)


__all__ = ["Compiled", "Kernel", "Plain", "chosen"]
