"""A point of the data space that is followed over the run."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ganviz.engine.family import Family, Present
from ganviz.engine.family.spot import Spot
from ganviz.engine.ranges import Held, fold, round_up, rounded
from ganviz.frame import Probe

FloatArray = npt.NDArray[np.float64]

#: Rows that are kept; when there are more, every other one goes.
ROWS = 1024
#: Least number of steps that the time axis shows.
STEPS = 100
#: Patience, in steps, of the axis of heights: of them only the present ones are seen.
SOON = 200


class Watch:
    """Follows one point: a row at each measured step, axes that stand still.

    Parameters
    ----------
    at
        (dim,) the point.
    """

    def __init__(self, at: tuple[float, ...]) -> None:
        self.at = at
        self._rows: list[tuple[float, ...]] = []
        self._stride, self._skipped = 1, 0
        self._held: dict[str, Held] = {}
        self._meaning: object = None

    def fits(self, family: Family) -> bool:
        """Return whether it is a point of this game's data space."""
        return len(self.at) == family.supply().seen.dim and "probe" in family.offers

    def follow(self, family: Family, step: int, every: int) -> None:
        """Take note of a measured step."""
        self._listen(family)
        spot = family.spot(family.present("picture"), self.at)
        self._fold(spot, every)
        self._skipped += 1
        if self._rows and self._skipped < self._stride:
            return
        self._skipped = 0
        self._rows.append((float(step), *spot.row))
        if len(self._rows) > ROWS:
            self._rows = self._rows[::2]
            self._stride *= 2

    def _listen(self, family: Family) -> None:
        """Forget what was followed where D's output means something else from now on."""
        meaning = family.meaning
        if meaning != self._meaning:
            self._meaning = meaning
            self._rows, self._held = [], {}
            self._stride, self._skipped = 1, 0

    def probe(self, family: Family, present: Present, step: int) -> Probe:
        """Return what is drawn of it, at the present step."""
        self._listen(family)
        spot = family.spot(present, self.at)
        if not self._held:
            self._fold(spot, 0)
        now = np.array([float(step), *spot.row])
        rows = np.array([row for row in self._rows if row[0] < step]).reshape(-1, 6)
        history = np.concatenate([rows, now[None]])
        first = float(history[0, 0])
        return Probe(
            at=self.at,
            history=history,
            curve=spot.curve,
            steps=(first, first + round_up(max(step - first, STEPS))),
            belief=self._held["belief"].span,
            density=self._held["density"].span,
            slope=self._held["slope"].span,
            heights=self._held["heights"].span,
            rough=spot.rough,
            why=spot.why,
            law=spot.law,
        )

    def _fold(self, spot: Spot, every: int) -> None:
        held = self._held
        beliefs = _finite(spot.belief, spot.best) or [0.0]
        densities = _finite(spot.p, spot.q) or [0.0]
        slope = _finite(spot.slope) or [0.0]
        low, high = min(beliefs), max(beliefs)
        held["belief"] = fold(
            held.get("belief"), (low, high), rounded(low - 0.1, high + 0.1, 0.5), every
        )
        top = round_up(1.2 * max(*densities, 0.05))
        held["density"] = fold(held.get("density"), (0.0, max(densities)), (0.0, top), every)
        end = round_up(1.2 * max(abs(slope[0]), 0.05))
        reach = abs(slope[0])
        least = -1.0 if len(self.at) == 1 else 0.0  # in the plane it is a length
        held["slope"] = fold(held.get("slope"), (least * reach, reach), (least * end, end), every)
        if len(spot.curve):
            # Without its ends, where a logarithm falls away: they say nothing of the maximum.
            beliefs_, heights = spot.curve.T
            width = beliefs_[-1] - beliefs_[0]
            middle = np.abs(beliefs_ - (beliefs_[0] + beliefs_[-1]) / 2) <= 0.46 * width
            low, high = float(heights[middle].min()), float(heights.max())
            wanted = rounded(low, high + 0.15 * (high - low), 1e-3)
            held["heights"] = fold(held.get("heights"), (low, high), wanted, every, SOON)
        else:
            held.setdefault("heights", Held(-1.0, 0.0))


def _finite(*values: float) -> list[float]:
    return [value for value in values if np.isfinite(value)]
