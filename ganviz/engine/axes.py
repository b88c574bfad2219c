"""Which range each axis shows: settled anew now and then, and widened as soon as it is left.

Every hundred steps or two each range is thought over. At the measured steps between only that is
looked for which lies outside of its range, and what does is brought into sight at once. So numbers
stay on their axes, and few of the looks cost anything. Which steps these are, and what is seen
there, depends on the run alone: films, replays and windows show the same axes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from math import ceil, floor, inf, isfinite, log10, nan

import numpy as np
import numpy.typing as npt
import torch

from ganviz.catalog.measures import MEASURES
from ganviz.clock import Part
from ganviz.engine.codes import codes_of
from ganviz.engine.family import Coding, Family
from ganviz.engine.ranges import REST, Held, balanced, coarse, fold, round_up, rounded, widest
from ganviz.engine.record import Record
from ganviz.frame import CANVAS, Trace
from ganviz.settings import Settings

FloatArray = npt.NDArray[np.float64]
#: (low, high) of each axis of the data.
Spans = tuple[tuple[float, float], ...]
#: What has moved, or all there is, by name.
Moved = dict[str, Held]

#: A range and the latest numbers -> the range to show, so many steps after it was settled.
Rule = Callable[["Held | None", "Latest", int], "Held | None"]

#: All ranges are settled anew every so many steps: before step ``LATER``, and from there on.
FOLD, LATER = (100, 200), 1000
#: That of the arrows costs a pass back through D: it is chosen no more often than this.
RARELY = (200, 1000)
#: Bins over the data range by which the top of the density axis is chosen; in 2-D each way.
BINS = {1: 80, 2: 60}
#: Real samples by whose codes the axis of a code is chosen.
FEW = 160
#: Nodes each way by which the axis of an unbounded belief is chosen.
COARSE = 17
#: How many of the last steps the ranges look at: the losses that are shown, and about two turns.
WINDOW = 600
TURNS = 300
#: Patience, in steps, of ranges that look back over so many steps anyway.
SOON = 60
#: The share of the samples at either end that need not be in sight.
OUTER = 0.005
#: The data axis may widen to this many times the data's own width to keep G in sight.
FARTHEST = {1: 3.0, 2: 2.0}
LEAST_LOSS_SPAN = 0.3
#: Trace columns of the gradient norms; and how many decades of them are drawn, at least and most.
NORMS = ("grad_d", "grad_g", "grad_e", *(name for name in MEASURES if name.startswith("grad_")))
DECADES = 2, 8
#: The share of the pulls that their scale is chosen for, and what is too short to choose by.
USUAL_PULL, LEAST_PULL = 0.75, 1e-12
#: How far the plane of the surface goes at least, in units of weights.
LEAST_REACH = 0.05
LARGEST = 3e38


class Latest:
    """The least and greatest of the last rows of a trace, column by column."""

    def __init__(
        self, trace: Trace, at: Mapping[str, int], begins: Mapping[str, float] | None = None
    ) -> None:
        """Look at columns of a trace, ``at`` these numbers.

        ``begins`` tells where columns begin before there is a row.
        """
        rows = trace.take(len(trace) - WINDOW, len(trace)).take(list(at.values()), axis=1)
        split = max(len(rows) - TURNS, 0)
        # fmin and fmax pass over NaN. All columns at once: one alone lies scattered in memory.
        low = np.fmin.reduce(rows[split:], axis=0, initial=inf)
        high = np.fmax.reduce(rows[split:], axis=0, initial=-inf)
        self._turns = low.tolist(), high.tolist()
        low = np.minimum(low, np.fmin.reduce(rows[:split], axis=0, initial=inf))
        high = np.maximum(high, np.fmax.reduce(rows[:split], axis=0, initial=-inf))
        self._ends = low.tolist(), high.tolist()
        self._rows, self._begins = rows, begins or {}
        self._at = {name: number for number, name in enumerate(at)}

    def __len__(self) -> int:
        return len(self._rows)

    def turns(self, name: str) -> tuple[float, float] | None:
        """Return the least and greatest finite number of the last ``TURNS`` rows, or None."""
        if name in self._begins:  # nothing has moved yet: the place itself, with air about it
            return min(self._begins[name], -1.0), max(self._begins[name], 1.0)
        at = self._at[name]
        return self._found(self._turns[0][at], self._turns[1][at], at, TURNS)

    def span(self, name: str, least: float = -inf) -> tuple[float, float] | None:
        """Return the least and greatest finite number of the last ``WINDOW`` rows, or None.

        Of those that exceed ``least``.
        """
        at = self._at[name]
        return self._found(self._ends[0][at], self._ends[1][at], at, WINDOW, least)

    def all(self, names: Iterable[str], least: float = -inf) -> tuple[float, float] | None:
        """Return the least and greatest of several columns, or None."""
        spans = [found for name in names if (found := self.span(name, least)) is not None]
        return (min(low for low, _ in spans), max(high for _, high in spans)) if spans else None

    def _found(
        self, low: float, high: float, at: int, last: int, least: float = -inf
    ) -> tuple[float, float] | None:
        if low > high:  # there is none
            return None
        if isfinite(low + high) and low > least:
            return low, high
        values = self._rows[-last:, at]
        values = values[np.isfinite(values) & (values > least)]
        return (float(values.min()), float(values.max())) if len(values) else None


def outer(values: FloatArray) -> tuple[float, float]:
    """Return the quantiles of OUTER and 1 − OUTER, as ``np.quantile`` does, of (n,) values."""
    last = len(values) - 1
    place = last * OUTER
    below = int(place)
    above = min(below + 1, last)
    # All of them in order: that takes a third of the time of parting them at four places.
    values = np.sort(values)
    share = place - below
    low = values[below] + share * (values[above] - values[below])
    high = values[last - below] - share * (values[last - below] - values[last - above])
    return float(low), float(high)


def densest(sample: FloatArray, spans: Spans) -> float:
    """Return the density of the fullest bin over the ranges of the data."""
    bins, area = BINS[len(spans)], 1.0
    cell: FloatArray | None = None
    for (low, high), values in zip(spans, sample.T, strict=True):
        wide = (high - low) / bins
        # Bins of their own for what lies below and above.
        place = values * (1 / wide)
        place += 1 - low / wide
        np.fmax(np.fmin(place, bins + 1.0, out=place), 0.0, out=place)
        cell = place if cell is None else np.floor(cell, out=cell) * (bins + 2) + place
        area *= wide
    assert cell is not None
    sides = (bins + 2,) * len(spans)
    counts = np.bincount(cell.astype(np.intp), minlength=(bins + 2) ** len(spans)).reshape(sides)
    return float(counts[(slice(1, -1),) * len(spans)].max()) / len(sample) / area


class Edges:
    """Between which numbers the columns of a trace stay while they are inside of their ranges.

    Parameters
    ----------
    columns
        Name of a range -> the numbers of the columns that it shows.
    ends
        Name and range -> what may stand there without the range being moved.
    """

    def __init__(
        self,
        columns: Mapping[str, Sequence[int]],
        ends: Callable[[str, Held | None], tuple[float, float]],
    ) -> None:
        self._ends = ends
        self._names = [name for name, numbers in columns.items() for _ in numbers]
        self._at = np.array([n for numbers in columns.values() for n in numbers], np.intp)
        self._low, self._high = np.full((2, len(self._at)), nan)
        self._places: dict[str, slice] = {}
        self._held: dict[str, Held | None] = {}
        end = 0
        for name, numbers in columns.items():
            self._places[name] = slice(end, end + len(numbers))
            end += len(numbers)

    def left(self, held: Mapping[str, Held], rows: FloatArray) -> list[str]:
        """Return the names of the ranges outside of which some of these rows of the trace lie."""
        for name, places in self._places.items():
            kept = held.get(name)
            if kept is not self._held.get(name, self):
                self._held[name] = kept
                self._low[places], self._high[places] = self._ends(name, kept)
        seen = rows.take(self._at, axis=1)
        # fmin and fmax pass over NaN, and NaN compares false.
        outside = (np.fmin.reduce(seen) < self._low) | (np.fmax.reduce(seen) > self._high)
        if not outside.any():
            return []
        return list(dict.fromkeys(self._names[n] for n in np.flatnonzero(outside).tolist()))


def spans_of(held: Mapping[str, Held], dim: int) -> Spans:
    """Return the ranges of the data axes."""
    return tuple(held[f"data{axis}"].span for axis in range(dim))


class Axes:
    """The ranges of one game's axes.

    Parameters
    ----------
    family, settings
        The game.
    real, whole, noise
        (n, dim) fixed samples as they are shown, the same in the dimension of the data, and
        (m, latent.dim) fixed noise whose pulls set the scale of the arrows.
    highest
        Data ranges -> the greatest exact density of the data there, 0 where it is not known.
    """

    def __init__(
        self,
        family: Family,
        settings: Settings,
        real: FloatArray,
        whole: FloatArray,
        noise: torch.Tensor,
        highest: Callable[[Spans], float],
    ) -> None:
        self.family = family
        self.settings = settings
        self.target = family.supply().seen
        self.dim = self.target.dim
        self._real, self._whole, self._noise, self._highest = real, whole, noise, highest
        self._every = settings.train.measure_every
        self._columns: tuple[tuple[str, ...], dict[str, int]] = ((), {})  # of the trace
        self._curves = [column for column, _, _ in family.curves]
        # Of each range of what stands in the trace: the columns that it shows, how it is settled.
        norms = [name for name in NORMS if name in family.columns or name in MEASURES]
        self._shown: dict[str, Sequence[str]] = {"losses": self._curves, "norms": norms}
        self._rules: dict[str, Rule] = {"losses": self._loss_range, "norms": self._norm_range}
        for each in family.portraits():
            if each.x:  # else its range follows from its path
                even = each.name in ("parameters", "orbit")
                x, y = each.centre or (None, None)
                for axis, column, centre in (("x", each.x, x), ("y", each.y, y)):
                    name = f"{each.name}.{axis}"
                    self._shown[name] = (column,)
                    self._rules[name] = partial(self._portrait_range, column, centre, even)
        self._still: Moved = {}
        self._bounds: dict[str, tuple[float, float]] = {}
        for column, measure in MEASURES.items():
            name, bounds = f"measure.{column}", measure.bounds(self.target)
            if measure.fixed:
                self._still[name] = Held(*bounds)
            elif column not in NORMS:
                self._shown[name], self._bounds[name] = (column,), bounds
                self._rules[name] = partial(self._measure_range, column, bounds)
        self._own: tuple[Spans, float] | None = None  # the highest density of the data, by range
        self._bounded = family.bounds
        self._coarse: tuple[Spans, tuple[FloatArray, ...]] | None = None
        self._edges: Edges | None = None

    @Part("ranges")
    def fold(
        self,
        held: dict[str, Held],
        step: int,
        trace: Trace,
        record: Record,
        fake: FloatArray,
        anew: bool = False,
    ) -> dict[str, Held]:
        """Return the ranges to show from here on; called at measured steps only.

        ``fake`` (n, dim) are the samples that the measures have been taken of: as good for ranges
        as those that are drawn, which need not be computed here. Everything is settled where the
        game is ``anew``. ``held`` itself comes back where nothing moves.
        """
        if self._columns[0] is not trace.columns:
            self._columns = trace.columns, {name: n for n, name in enumerate(trace.columns)}
            self._edges = None
        if anew or step % self._often(FOLD, step, self._every) == 0:
            moved = self._settled(held, step, trace, record, fake, anew)
        else:
            moved = self._left(held, step, trace, record, fake)
        return {**held, **moved} if moved else held

    @staticmethod
    def _often(pair: tuple[int, int], step: int, unit: int) -> int:
        """Return every how many steps it is time at present, a multiple of ``unit``."""
        return ceil(pair[step >= LATER] / unit) * unit

    # ---- now and then: everything ---------------------------------------------------------------

    def _settled(
        self,
        held: Mapping[str, Held],
        step: int,
        trace: Trace,
        record: Record,
        fake: FloatArray,
        anew: bool,
    ) -> Moved:
        """Return all ranges."""
        steps = self._every if anew else self._often(FOLD, step, self._every)
        new = {f"data{axis}": self._data_range(held, axis, fake, steps) for axis in range(self.dim)}
        spans = spans_of(new, self.dim)
        new["density"] = self._density_range(held.get("density"), spans, fake, steps)
        new["belief"] = self._belief_range(held.get("belief"), spans, steps)
        new |= self._plane_ranges(held, step, record, steps)
        if self.family.coding is not None:
            new["code"] = self._code_range(self.family.coding, held.get("code"), steps)
        new |= self._still
        new |= self._trace_ranges(held, trace, steps, self._rules)
        often = self._often(RARELY, step, steps)
        due = anew or "pull" not in held or step % often == 0
        if due and "arrows" in self.family.offers:
            new["pull"] = self._pull_range(held.get("pull"), steps if anew else often)
        return new

    def _code_range(self, coding: Coding, held: Held | None, steps: int) -> Held:
        """Return the range of codes, which soon fill little of one that a run began with.

        It is settled whoever looks, as every range is: else a film would show another one than the
        window did, whose Code was opened later. It takes 0.3 to 0.6 % of a run's time.
        """
        reach = float(np.abs(codes_of(coding, self._whole[:FEW], self._noise)).max())
        return fold(held, (-reach, reach), balanced(1.05 * reach), steps, SOON)

    # ---- at every look: what has left its range -------------------------------------------------

    def _left(
        self, held: dict[str, Held], step: int, trace: Trace, record: Record, fake: FloatArray
    ) -> Moved:
        """Return those ranges that something has left.

        A density may stand out above its axis until this is settled: what is beyond twice the
        data's own does at all times. The plane of V has room for the path to grow by a fifth, which
        it does in little time only as long as it is short.
        """
        moved: Moved = {}
        for axis in range(self.dim):
            if self._strays(held[f"data{axis}"], axis, fake):
                moved[f"data{axis}"] = self._data_range(held, axis, fake, 0)
        if self._bounded is None:
            spans = spans_of({**held, **moved}, self.dim)
            belief = self._belief_range(held["belief"], spans, 0)
            if belief.span != held["belief"].span:
                moved["belief"] = belief
        if self.family.coding is not None:
            code = self._code_range(self.family.coding, held["code"], 0)
            if code.span != held["code"].span:
                moved["code"] = code
        if record.young:
            moved |= self._plane_ranges(held, step, record, 0)
        if self._edges is None:
            at = self._columns[1]
            shown = {name: [at[column] for column in self._shown[name]] for name in self._rules}
            self._edges = Edges(shown, self._ends)
        left = self._edges.left(held, trace.take(len(trace) - self._every, len(trace)))
        return moved | self._trace_ranges(held, trace, 0, left) if left else moved

    def _ends(self, name: str, held: Held | None) -> tuple[float, float]:
        """Return what may stand in the columns of a range without its being moved."""
        if held is None:  # any number moves it
            return inf, -inf
        low, high = held.span
        if name == "norms":
            # As many decades as may be drawn: what is yet smaller need not be in sight.
            least = -inf if high - low >= DECADES[1] else 10.0**low
            return least, 10.0**high if high < 308 else inf
        if name in self._bounds:
            # No range goes on beyond the bounds of what a measure can be.
            least, most = self._bounds[name]
            return -inf if isfinite(least) else low, inf if high >= most else high
        return low, high

    def _strays(self, held: Held, axis: int, fake: FloatArray) -> bool:
        """Return whether samples that should be in sight are not, on an axis of the data."""
        if self.target.drawn is not None:
            return False
        low, high = self._farthest(axis)
        values, few = fake[:, axis], int((len(fake) - 1) * OUTER)
        if held.low > low and np.count_nonzero(values < held.low) > few:
            return True
        return held.high < high and int(np.count_nonzero(values > held.high)) > few

    # ---- the single ranges ----------------------------------------------------------------------

    def _base(self, axis: int) -> tuple[float, float]:
        """Return what a data axis shows at least."""
        low, high = self.target.box[axis]
        middle, half = (low + high) / 2, (high - low) / 2
        air = 1.5 if self.dim == 1 else 1.3
        return middle - air * half, middle + air * half

    def _farthest(self, axis: int) -> tuple[float, float]:
        """Return how far it goes to keep G in sight."""
        low, high = self.target.box[axis]
        middle, far = (low + high) / 2, FARTHEST[self.dim] * (high - low) / 2
        return middle - far, middle + far

    def _data_range(
        self, held: Mapping[str, Held], axis: int, fake: FloatArray, steps: int
    ) -> Held:
        if self.target.drawn is not None:
            return Held(-CANVAS, CANVAS)
        base, far = self._base(axis), self._farthest(axis)
        seen = np.clip(fake[:, axis], -LARGEST, LARGEST)
        ends = (min(max(end, far[0]), far[1]) for end in outer(seen))
        needed = (min(base[0], next(ends)), max(base[1], next(ends)))
        # Coarse steps: while G comes in from afar the axis moves once or twice, not every look.
        step = 0.25 * (self.target.box[axis][1] - self.target.box[axis][0])
        wanted = (
            base[0] - step * ceil((base[0] - needed[0]) / step),
            base[1] + step * ceil((needed[1] - base[1]) / step),
        )
        return fold(held.get(f"data{axis}"), needed, wanted, steps)

    def _density_range(self, held: Held | None, spans: Spans, fake: FloatArray, steps: int) -> Held:
        if self.dim == 1 and self.target.drawn is not None:
            # So that the density stands where the hand drew it: full height is a height of one.
            drawn = self.target.drawn
            full = 2 * CANVAS / (len(drawn) - 1) * float((drawn[1:] + drawn[:-1]).sum()) / 2
            return Held(0.0, 1 / full)
        if self._own is None or self._own[0] != spans:
            self._own = spans, max(densest(self._real, spans), self._highest(spans))
        own = self._own[1]
        top = float(min(max(own, densest(fake, spans)), 2.0 * own))
        end = round_up(1.15 * top)
        return fold(held, (0.0, min(top, end)), (0.0, end), steps)

    def _belief_range(self, held: Held | None, spans: Spans, steps: int) -> Held:
        if self._bounded is not None:
            return Held(*self._bounded)
        values = self.family.belief(self._nodes_of(spans), (-1, 1)).values
        reach = float(np.abs(values).max())
        most = widest(held, reach, steps)
        return fold(held, (-reach, reach), balanced(max(reach, REST * most)), steps, widest=most)

    def _nodes_of(self, spans: Spans) -> tuple[FloatArray, ...]:
        """Return a coarse grid over the data, remembered until its ranges change."""
        if self._coarse is None or self._coarse[0] != spans:
            self._coarse = spans, tuple(np.linspace(*span, COARSE) for span in spans)
        return self._coarse[1]

    def _plane_ranges(
        self, held: Mapping[str, Held], step: int, record: Record, steps: int
    ) -> Moved:
        """Return how far the plane of V goes along each player's latest move."""
        new = {}
        for name, far in record.reaches(step, self.family.players).items():
            reach = max(far, LEAST_REACH)
            at = f"surface.{name}"
            new[at] = fold(held.get(at), (-reach, reach), balanced(reach), steps, SOON)
        return new

    def _trace_ranges(
        self, held: Mapping[str, Held], trace: Trace, steps: int, names: Collection[str]
    ) -> Moved:
        """Return the ranges of these names, of what stands in the trace."""
        at = self._columns[1]
        needed = {column: at[column] for name in names for column in self._shown[name]}
        latest = Latest(trace, needed, None if len(trace) else self.family.stands())
        found = {name: self._rules[name](held.get(name), latest, steps) for name in names}
        return {
            n: each for n, each in found.items() if each is not None and each is not held.get(n)
        }

    def _loss_range(self, held: Held | None, latest: Latest, steps: int) -> Held:
        span = latest.all(self._curves) if len(latest) else (0, 0)
        if span is None:
            return held or Held(-0.5, 0.5)
        low, high = span
        air = max(0.06 * (high - low), 0.02)
        wanted = rounded(low - air, high + air, LEAST_LOSS_SPAN)
        if not len(latest):
            wanted = (-1.5, 1.5)
        # What is seen already looks back over the whole window: no more patience is needed.
        return fold(held, (low, high), wanted, steps, SOON)

    @staticmethod
    def _measure_range(
        column: str, bounds: tuple[float, float], held: Held | None, latest: Latest, steps: int
    ) -> Held | None:
        """Return the range of a measure, if there is a number of it yet."""
        span = latest.span(column)
        if span is None:
            return None
        low, high = span
        # What can be as small as its bound is drawn from there: half as long is half as much.
        low = bounds[0] if isfinite(bounds[0]) else low
        ends = rounded(low, high + 0.08 * (high - low), max(1e-3, 0.02 * abs(high)))
        wanted = (max(ends[0], bounds[0]), min(ends[1], bounds[1]))
        return fold(held, (low, high), wanted, steps, SOON)

    def _norm_range(self, held: Held | None, latest: Latest, steps: int) -> Held:
        """Return the decades of the gradient norms, as powers of ten."""
        span = latest.all(self._shown["norms"], 0.0)
        if span is None:
            return held or Held(-3.0, 1.0)
        high = log10(span[1])
        low = max(log10(span[0]), high - DECADES[1] + 1)
        top = ceil(high + 1e-9)
        wanted = (float(min(floor(low), top - DECADES[0])), float(top))
        return fold(held, (low, high), wanted, steps, SOON)

    def _pull_range(self, held: Held | None, steps: int) -> Held:
        """Return from 0 to what most pulls of the loss that is played do not exceed."""
        vectors = self.family.arrows(self._noise)[0].vectors.astype(np.float64)
        sizes = np.linalg.norm(vectors[np.isfinite(vectors).all(1)], axis=1)
        usual = float(np.quantile(sizes, USUAL_PULL)) if len(sizes) else 0.0
        if usual < LEAST_PULL:
            return held or Held(0.0, 1.0)
        return fold(held, (0.0, usual), (0.0, coarse(usual)), steps, TURNS)

    @staticmethod
    def _portrait_range(
        column: str,
        centre: float | None,
        even: bool,
        held: Held | None,
        latest: Latest,
        steps: int,
    ) -> Held:
        span = latest.turns(column)
        if span is None:
            return held or Held(-1.0, 1.0)
        low, high = span
        if even and centre is not None:
            reach = max(abs(low - centre), abs(high - centre))
            most = widest(held, reach, steps)
            ends = balanced(max(reach, REST * most))
            wanted = (centre + ends[0], centre + ends[1])
        else:
            if centre is not None:
                low, high = min(low, centre), max(high, centre)
            most = widest(held, high - low, steps)
            air = 0.08 * (high - low)
            wanted = rounded(low - air, high + air, max(0.1, REST * most))
        return fold(held, (low, high), wanted, steps, SOON, most)
