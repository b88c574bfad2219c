"""From the present weights to a frame: fixed samples, D over a grid, ranges of the axes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from math import ceil, floor, inf, isfinite, log10, nan

import numpy as np
import numpy.typing as npt
import torch

from ganviz.catalog.losses import LOSSES
from ganviz.catalog.measures import MEASURES
from ganviz.clock import Part
from ganviz.engine.draws import rng
from ganviz.engine.family import Family
from ganviz.engine.probe import Watch
from ganviz.engine.ranges import Held, balanced, coarse, fold, rough, round_up, rounded
from ganviz.engine.record import Record
from ganviz.frame import (
    CANVAS,
    Drawn,
    Frame,
    Graph,
    Map,
    Mark,
    Portrait,
    Ranges,
    Reading,
    Surface,
    Trace,
    Wants,
)
from ganviz.settings import Settings

FloatArray = npt.NDArray[np.float64]
Samples = npt.NDArray[np.float32]
#: (low, high) of each axis, and the nodes along each.
Spans = tuple[tuple[float, float], ...]
Grid = tuple[FloatArray, ...]

#: Samples that are drawn unless so many are wanted, and at most.
SAMPLES = {1: 4000, 2: 1500}
MOST_SAMPLES = 20_000
#: Samples that get an arrow.
ARROWS = 160
#: The share of them that their scale is chosen for, and what is too short to choose by.
USUAL_PULL, LEAST_PULL = 0.75, 1e-12
#: It is chosen no more often than every so many steps: it costs a pass back through D.
RARELY = 200
#: Slices of noise of equal mass whose bounds are followed from z to G(z).
SLICES = 96
#: Nodes of the grid of beliefs, each way; and in 2-D where its field is not seen.
NODES = {1: 241, 2: 128}
UNSEEN_NODES = 48
#: Bins over the data range by which the top of the density axis is chosen; in 2-D each way.
BINS = {1: 80, 2: 60}
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
NORMS = ("grad_d", "grad_g", *(name for name in MEASURES if name.startswith("grad_")))
DECADES = 2, 8
#: The model graph: samples whose noise and beliefs it shows, and nodes of the image of the noise.
SHOWN = 512
IMAGE = {1: (1, 65), 2: (9, 17)}
#: Half the range of a coordinate of the noise that is drawn, by the kind of the noise.
REACH = {"normal": 3.0, "uniform": 1.2}
#: How far the plane of the surface goes at least, in units of weights.
LEAST_REACH = 0.05
LARGEST = 3e38


class Latest:
    """The least and greatest of the last rows of a trace, column by column."""

    def __init__(self, trace: Trace, at: Mapping[str, int]) -> None:
        """Look at a trace whose columns are ``at`` these numbers."""
        rows = trace.take(len(trace) - WINDOW, len(trace))
        split = max(len(rows) - TURNS, 0)
        # fmin and fmax pass over NaN. All columns at once: one alone lies scattered in memory.
        low = np.fmin.reduce(rows[split:], axis=0, initial=inf)
        high = np.fmax.reduce(rows[split:], axis=0, initial=-inf)
        self._turns = low.tolist(), high.tolist()
        low = np.minimum(low, np.fmin.reduce(rows[:split], axis=0, initial=inf))
        high = np.maximum(high, np.fmax.reduce(rows[:split], axis=0, initial=-inf))
        self._ends = low.tolist(), high.tolist()
        self._rows, self._at = rows, at

    def __len__(self) -> int:
        return len(self._rows)

    def turns(self, name: str) -> tuple[float, float] | None:
        """Return the least and greatest finite number of the last ``TURNS`` rows, or None."""
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
    place = (len(values) - 1) * OUTER
    below = int(place)
    above = min(below + 1, len(values) - 1)
    last = len(values) - 1
    parted = np.partition(values, sorted({below, above, last - above, last - below}))
    share = place - below
    low = parted[below] + share * (parted[above] - parted[below])
    high = parted[last - below] - share * (parted[last - below] - parted[last - above])
    return float(low), float(high)


class Picture:
    """Draws frames of one game; holds only what is the same for all of its frames."""

    def __init__(self, family: Family, settings: Settings) -> None:
        supply = family.supply()
        self.family = family
        self.settings = settings
        self.target = supply.target
        self.dim = supply.target.dim
        n, seed = SAMPLES[self.dim], settings.train.seed
        self._sources = rng(seed, "probe", 5), rng(seed, "probe", 6)
        self._real = self.target.sample(self._sources[0], n)
        self._noise = self._more_noise(n)
        few = self._noise[:SHOWN].cpu().numpy()
        self._few = few.astype(np.float32)  # one object for all frames: views remember it
        self._shown: Samples = np.empty((0, self.dim), np.float32)
        self._slices: tuple[FloatArray, FloatArray, torch.Tensor] | None = None
        self._every = settings.train.measure_every
        drawn = self.target.drawn
        brush = self.target.mixture[2][0] if self.target.mixture is not None else 0.0
        self._drawn_by = None if drawn is None else Drawn(drawn, float(brush))
        self._grids: dict[tuple[Spans, int], Grid] = {}
        self._known: tuple[Grid, FloatArray] | None = None
        self._columns: tuple[tuple[str, ...], dict[str, int]] = ((), {})  # of the trace
        self._ranged = [
            (name, each.bounds(self.target)) for name, each in MEASURES.items() if name not in NORMS
        ]
        self._own: tuple[Spans, float] | None = None  # the highest density of the data, by range
        self._portraits: dict[tuple[str, tuple[float, ...]], Portrait] = {}

    def _more_noise(self, n: int) -> torch.Tensor:
        """Draw n more points of the fixed noise."""
        supply = self.family.supply()
        noise = supply.latent.sample(self._sources[1], (n, supply.latent_dim))
        return torch.as_tensor(noise, dtype=supply.dtype, device=supply.device)

    def _samples(self, wanted: int) -> tuple[FloatArray, torch.Tensor]:
        """Return as many fixed real samples and points of noise as are wanted; 0: the usual number.

        The first ones are always the same: more of them are drawn from where the streams stand,
        once and all at once, so that it does not matter in which order numbers are asked for.
        """
        n = min(wanted, MOST_SAMPLES) or SAMPLES[self.dim]
        if n > len(self._real):
            missing = MOST_SAMPLES - len(self._real)
            more = self.target.sample(self._sources[0], missing)
            self._real = np.concatenate([self._real, more])
            self._noise = torch.cat([self._noise, self._more_noise(missing)])
        return self._real[:n], self._noise[:n]

    def _seen(self, real: FloatArray) -> Samples:
        """Return real samples as frames hold them: one object for all, views remember it."""
        if len(self._shown) != len(real):
            self._shown = real.astype(np.float32)
        return self._shown

    @Part("forward passes")
    def fake(self, wanted: int = 0, average: bool = False) -> Samples:
        """Return G of the fixed noise, (n, dim), kept within float32's numbers."""
        noise = self._samples(wanted)[1]
        fake = self.family.push(noise, average=average).cpu().numpy()
        return np.asarray(np.clip(fake, -LARGEST, LARGEST), dtype=np.float32)

    # ---- ranges -------------------------------------------------------------------------------

    @Part("ranges")
    def fold(
        self, held: dict[str, Held], step: int, trace: Trace, record: Record, fake: FloatArray
    ) -> dict[str, Held]:
        """Return the ranges to show from here on; called at fixed steps only.

        ``fake`` (n, dim) are the samples that the measures have been taken of: as good for ranges
        as those that are drawn, which need not be computed here.
        """
        fake = np.clip(fake, -LARGEST, LARGEST)
        if self._columns[0] is not trace.columns:
            self._columns = trace.columns, {name: n for n, name in enumerate(trace.columns)}
        latest = Latest(trace, self._columns[1])
        new = dict(held)
        for number in range(self.dim):
            new[f"data{number}"] = self._data_range(held.get(f"data{number}"), number, fake)
        new["density"] = self._density_range(held.get("density"), self._spans(new), fake)
        new["belief"] = self._belief_range(held.get("belief"), new)
        new["losses"] = self._loss_range(held.get("losses"), latest)
        for name, far in record.reaches(step, self.family.players).items():
            reach = max(far, LEAST_REACH)
            at = f"surface.{name}"
            new[at] = fold(held.get(at), (-reach, reach), balanced(reach), self._every, SOON)
        begins = {} if len(trace) else self.family.stands()
        for portrait in self.family.portraits():
            if not portrait.x:  # its range follows from its path
                continue
            for axis, column, centre in zip(
                "xy", (portrait.x, portrait.y), portrait.centre or (None, None), strict=True
            ):
                name = f"{portrait.name}.{axis}"
                span = latest.turns(column)
                if column in begins:  # nothing has moved yet: the place itself, with air about it
                    span = min(begins[column], -1.0), max(begins[column], 1.0)
                new[name] = self._portrait_range(held.get(name), span, portrait, centre)
        for column, bounds in self._ranged:
            self._fold_measure(new, column, bounds, latest)
        new["norms"] = self._norm_range(held.get("norms"), latest)
        seldom = ceil(RARELY / self._every) * self._every
        if "arrows" in self.family.offers and ("pull" not in held or step % seldom == 0):
            new["pull"] = self._pull_range(held.get("pull"))
        return new

    def _data_range(self, held: Held | None, axis: int, fake: FloatArray) -> Held:
        if self.target.drawn is not None:
            return Held(-CANVAS, CANVAS)
        low, high = self.target.box[axis]
        middle, half = (low + high) / 2, (high - low) / 2
        air = 1.5 if self.dim == 1 else 1.3
        base = (middle - air * half, middle + air * half)
        far = FARTHEST[self.dim] * half
        ends = (min(max(end, middle - far), middle + far) for end in outer(fake[:, axis]))
        needed = (min(base[0], next(ends)), max(base[1], next(ends)))
        # Coarse steps: while G comes in from afar the axis moves once or twice, not every look.
        step = 0.5 * half
        wanted = (
            base[0] - step * ceil((base[0] - needed[0]) / step),
            base[1] + step * ceil((needed[1] - base[1]) / step),
        )
        return fold(held, needed, wanted, self._every)

    def _density_range(self, held: Held | None, spans: Spans, fake: FloatArray) -> Held:
        if self.dim == 1 and self.target.drawn is not None:
            # So that the density stands where the hand drew it: full height is a height of one.
            drawn = self.target.drawn
            full = 2 * CANVAS / (len(drawn) - 1) * float((drawn[1:] + drawn[:-1]).sum()) / 2
            return Held(0.0, 1 / full)
        if self._own is None or self._own[0] != spans:
            exact = self.dim == 1 and self._exact
            highest = self._density(self._grid(spans)).max(initial=0.0) if exact else 0.0
            self._own = spans, max(self._densest(self._samples(0)[0], spans), float(highest))
        own = self._own[1]
        top = float(min(max(own, self._densest(fake, spans)), 2.0 * own))
        end = round_up(1.15 * top)
        return fold(held, (0.0, min(top, end)), (0.0, end), self._every)

    def _densest(self, sample: FloatArray, spans: Spans) -> float:
        """Return the density of the fullest bin."""
        bins, area = BINS[self.dim], 1.0
        cell = np.zeros(len(sample), dtype=np.intp)
        seen = np.ones(len(sample), dtype=bool)
        for axis, (low, high) in enumerate(spans):
            values = sample[:, axis]
            seen &= (values >= low) & (values < high)
            wide = (high - low) / bins
            cell = cell * bins + ((np.clip(values, low, high) - low) / wide).astype(np.intp)
            area *= wide
        counts = np.bincount(cell[seen], minlength=1)
        return float(counts.max()) / len(sample) / area

    def _belief_range(self, held: Held | None, ranges: dict[str, Held]) -> Held:
        rule = LOSSES[self.settings.loss.kind].belief
        if rule.bounded:
            return Held(rule.low, rule.high)
        coarse = tuple(np.linspace(*span, 17) for span in self._spans(ranges))
        values = self.family.belief(coarse, (-1, 1)).values
        reach = float(np.abs(values).max())
        return fold(held, (-reach, reach), balanced(reach), self._every)

    def _loss_range(self, held: Held | None, latest: Latest) -> Held:
        span = latest.all([name for name, _, _ in self.family.curves]) if len(latest) else (0, 0)
        if span is None:
            return held or Held(-0.5, 0.5)
        low, high = span
        air = max(0.06 * (high - low), 0.02)
        wanted = rounded(low - air, high + air, LEAST_LOSS_SPAN)
        if not len(latest):
            wanted = (-1.5, 1.5)
        # What is seen already looks back over the whole window: no more patience is needed.
        return fold(held, (low, high), wanted, self._every, SOON)

    def _fold_measure(
        self, held: dict[str, Held], name: str, bounds: tuple[float, float], latest: Latest
    ) -> None:
        """Set the range of a measure, if there is a number of it yet."""
        key = f"measure.{name}"
        if MEASURES[name].fixed:
            held[key] = Held(*bounds)
            return
        span = latest.span(name)
        if span is not None:
            low, high = span
            # What can be as small as its bound is drawn from there: half as long is half as much.
            low = bounds[0] if isfinite(bounds[0]) else low
            ends = rounded(low, high + 0.08 * (high - low), max(1e-3, 0.02 * abs(high)))
            wanted = (max(ends[0], bounds[0]), min(ends[1], bounds[1]))
            held[key] = fold(held.get(key), (low, high), wanted, self._every, SOON)

    def _norm_range(self, held: Held | None, latest: Latest) -> Held:
        """Return the decades of the gradient norms, as powers of ten."""
        span = latest.all(NORMS, 0.0)
        if span is None:
            return held or Held(-3.0, 1.0)
        high = log10(span[1])
        low = max(log10(span[0]), high - DECADES[1] + 1)
        top = ceil(high + 1e-9)
        wanted = (float(min(floor(low), top - DECADES[0])), float(top))
        return fold(held, (low, high), wanted, self._every, SOON)

    def _pull_range(self, held: Held | None) -> Held:
        """Return from 0 to what most pulls of the loss that is played do not exceed."""
        vectors = self.family.arrows(self._noise[:ARROWS])[0].vectors.astype(np.float64)
        sizes = np.linalg.norm(vectors[np.isfinite(vectors).all(1)], axis=1)
        usual = float(np.quantile(sizes, USUAL_PULL)) if len(sizes) else 0.0
        if usual < LEAST_PULL:
            return held or Held(0.0, 1.0)
        return fold(held, (0.0, usual), (0.0, coarse(usual)), RARELY, TURNS)

    def _measure_ranges(
        self, held: dict[str, Held], readings: tuple[Reading, ...]
    ) -> tuple[tuple[str, tuple[float, float]], ...]:
        """Return the ranges of what is measured, each with its noise floor in sight."""
        found = []
        for each in readings:
            kept = held.get(f"measure.{each.name}")
            if kept is not None:
                low, high = kept.span
                for end in each.band or ():
                    if not isfinite(end):
                        continue
                    low = min(low, end)
                    if end > high > 0:
                        high = min(round_up(1.1 * end), MEASURES[each.name].bounds(self.target)[1])
                    high = max(high, end)
                found.append((each.name, (low, high)))
        return tuple(found)

    def _gains(
        self, fake: Samples, grid: tuple[FloatArray, ...], readings: tuple[Reading, ...]
    ) -> tuple[tuple[str, float], ...]:
        """Return what each player could gain alone: D when last measured, G now."""
        measured = {each.name: each.value for each in readings}
        return (
            ("discriminator", measured.get("gain_d", nan)),
            ("generator", self.family.gain(fake, grid)),
        )

    def _portrait_range(
        self,
        held: Held | None,
        span: tuple[float, float] | None,
        portrait: Portrait,
        centre: float | None,
    ) -> Held:
        if span is None:
            return held or Held(-1.0, 1.0)
        low, high = span
        if portrait.name in ("parameters", "orbit") and centre is not None:
            reach = max(abs(low - centre), abs(high - centre))
            ends = balanced(reach)
            wanted = (centre + ends[0], centre + ends[1])
        else:
            if centre is not None:
                low, high = min(low, centre), max(high, centre)
            air = 0.08 * (high - low)
            wanted = rounded(low - air, high + air, 0.1)
        return fold(held, (low, high), wanted, self._every, SOON)

    def _spans(self, ranges: dict[str, Held]) -> Spans:
        return tuple(ranges[f"data{axis}"].span for axis in range(self.dim))

    # ---- what does not change from frame to frame ---------------------------------------------

    @property
    def _exact(self) -> bool:
        return self.target.log_density is not None

    def _grid(self, spans: Spans, nodes: int = 0) -> Grid:
        """Return a grid over the ranges, remembered until they change."""
        nodes = nodes or NODES[self.dim]
        if (spans, nodes) not in self._grids:
            self._grids = {key: grid for key, grid in self._grids.items() if key[0] == spans}
            self._grids[spans, nodes] = tuple(np.linspace(*span, nodes) for span in spans)
        return self._grids[spans, nodes]

    def _density(self, grid: Grid) -> FloatArray:
        """Return the exact p on a grid, remembered until another one is asked for."""
        if self._known is None or self._known[0] is not grid:
            assert self.target.log_density is not None
            nodes = np.stack(np.meshgrid(*grid), -1)
            density = np.exp(self.target.log_density(nodes.reshape(-1, self.dim)))
            self._known = (grid, density.reshape(nodes.shape[:-1]))
        return self._known[1]

    @Part("portraits")
    def _filled(self, portrait: Portrait, box: tuple[float, float, float, float]) -> Portrait:
        """Return a portrait with its field, remembered until its range changes."""
        key = (portrait.name, box)
        if key not in self._portraits:
            self._portraits = {k: v for k, v in self._portraits.items() if k[0] != portrait.name}
            self._portraits[key] = self.family.picture(portrait, box)
        return self._portraits[key]

    @Part("forward passes")
    def _map(self) -> Map:
        """Return where G takes the bounds of slices of noise that are all as likely."""
        if self._slices is None:
            z, mass = self.family.supply().latent.slices(SLICES)
            self._slices = z, mass, torch.as_tensor(z[:, None]).to(self._noise)
        z, mass, nodes = self._slices
        x = self.family.images(nodes)[:, 0]
        return Map(z, np.clip(x, -LARGEST, LARGEST), mass)

    @Part("forward passes")
    def _graph(self, fake: Samples) -> Graph:
        """Return what the model graph shows of the present weights."""
        family, s = self.family, self.settings
        supply = family.supply()
        reach = REACH.get(s.latent.kind, 1.2 * supply.latent_dim**0.5)
        rows, columns = IMAGE[min(supply.latent_dim, 2)]
        across = np.linspace(-reach, reach, columns)
        nodes = np.zeros((rows, columns, supply.latent_dim))
        nodes[..., 0] = across
        if rows > 1:
            nodes[..., 1] = np.linspace(-reach, reach, rows)[:, None]
        places = torch.as_tensor(nodes.reshape(-1, supply.latent_dim)).to(self._noise)
        image = family.images(places)
        both = np.concatenate([self._real[:SHOWN], fake[:SHOWN]])
        scores = family.believed(torch.as_tensor(both).to(self._noise))
        half = len(self._real[:SHOWN])
        return Graph(
            latent=supply.latent.title,
            law=supply.latent.formula,
            generator=family.architecture("generator"),
            discriminator=family.architecture("discriminator"),
            noise=self._few,
            span=(-reach, reach),
            image=np.clip(image, -LARGEST, LARGEST).reshape(rows, columns, self.dim),
            scores_real=scores[:half],
            scores_fake=scores[half:],
        )

    # ---- where the players have been ----------------------------------------------------------

    def survey(
        self, step: int, held: dict[str, Held], record: Record
    ) -> Callable[[], Surface] | None:
        """Return what computes the surface of the present weights, or None where there is none."""
        if "surface" not in self.family.offers:
            return None
        reach = tuple(held[f"surface.{name}"].high for name in self.family.players)
        return self.family.survey(
            step, record.ways(step, self.family.players), (reach[0], reach[1])
        )

    @Part("portraits")
    def _followed(
        self, portrait: Portrait, step: int, record: Record | None
    ) -> tuple[Portrait, tuple[float, float, float, float]]:
        """Return the portrait of the players' weights with its path, and its range.

        The variance that its note names is that of the rows of the record: of the moments that the
        tape has kept, after a jump.
        """
        empty = -1.0, 1.0, -1.0, 1.0
        if record is None:
            return portrait, empty
        found = record.leading(step, self.family.players)
        if found is None:
            return replace(portrait, path=np.empty((0, 2))), empty
        path, shares = found
        said = (
            f"{100 * share:.0f} % of {name[0].upper()}'s variance"
            for name, share in zip(self.family.players, shares, strict=True)
        )
        low, high = path.min(0), path.max(0)
        x, y = (rough(float(a), float(b)) for a, b in zip(low, high, strict=True))
        return replace(portrait, path=path, note=" · ".join(said)), (*x, *y)

    # ---- the frame ----------------------------------------------------------------------------

    def frame(
        self,
        step: int,
        trace: Trace,
        marks: tuple[Mark, ...],
        measures: tuple[Reading, ...],
        held: dict[str, Held],
        record: Record,
        trouble: str,
        wants: Wants,
        watch: Watch | None = None,
        captured: FloatArray | None = None,
    ) -> Frame:
        """Return what the present weights look like, in the given ranges.

        What nobody ``wants`` is left out. ``watch`` is the point that is followed, ``captured``
        what share of the samples each mode had when last measured.
        """
        spans = self._spans(held)
        layers = wants.layers
        # A field that nobody sees is only read here and there.
        seen = self.dim == 1 or layers & {"belief", "best", "contours"}
        usual = NODES[self.dim]
        # Twice as fine: a node between any two, so that what the usual nodes say is said as well.
        nodes = 2 * usual - 1 if wants.fine else usual
        grid = self._grid(spans, nodes if seen else UNSEEN_NODES)
        # What is measured does not depend on what is seen.
        few = self._grid(spans, usual if self.dim == 1 else UNSEEN_NODES)
        boxes: dict[str, tuple[float, float, float, float]] = {}
        portraits: list[Portrait] = []
        since = marks[-1].step if marks else 0
        for p in self.family.portraits():
            if p.x:
                boxes[p.name] = (*held[f"{p.name}.x"].span, *held[f"{p.name}.y"].span)
                filled = self._filled(p, boxes[p.name])
                portraits.append(replace(filled, note=self.family.note(p, trace, since)))
            elif record.whole:
                wanted = p.name in wants.layers
                drawn, boxes[p.name] = self._followed(p, step, record if wanted else None)
                portraits.append(drawn)
        device = self.family.supply().device.type
        present = self.family.present("picture")
        real, noise = self._samples(wants.samples)
        fake = self.fake(wants.samples)
        norms = 10.0 ** held["norms"].low, 10.0 ** held["norms"].high
        offers = self.family.offers | ({"weights"} if record.whole else set())
        surface = None
        if "surface" in wants.layers and (survey := self.survey(step, held, record)) is not None:
            surface = survey()
        average = None
        if "average" in layers and self.family.averages:
            average = self.fake(wants.samples, average=True)
        # The plane has no axis of densities: they are drawn as contours there.
        densities = "density" if self.dim == 1 else "contours"
        return Frame(
            step=step,
            dim=self.dim,
            title=self.family.title,
            formula=self.family.formula,
            device=device.upper(),
            kernel="plain",
            real=self._seen(real),
            fake=fake,
            grid=grid,
            belief=self.family.belief(grid, held["belief"].span),
            density=self._density(grid) if self._exact else None,
            atoms=self.target.atoms,
            modes=self.target.centres,
            trace=trace,
            curves=self.family.curves,
            references=self.family.references,
            portraits=tuple(portraits),
            marks=marks,
            measures=measures,
            ranges=Ranges(
                data=spans,
                losses=held["losses"].span,
                density=held["density"].high,
                belief=held["belief"].span,
                portraits=tuple(boxes.items()),
                measures=self._measure_ranges(held, measures),
                norms=norms,
                pull=held["pull"].high if "pull" in held else 0.0,
            ),
            trouble=trouble,
            model=present.model(grid) if densities in layers else None,
            best=present.best(grid) if "best" in layers and "best" in offers else None,
            average=average,
            arrows=self.family.arrows(noise[:ARROWS], wants.arrows) if "arrows" in layers else (),
            losses=self.family.pulling,
            offers=offers,
            probe=watch.probe(self.family, present, step)
            if watch is not None and "probe" in layers
            else None,
            drawn=self._drawn_by,
            terms=self.family.terms(trace),
            map=self._map() if "map" in layers and "map" in offers else None,
            gains=self._gains(self.fake() if wants.samples else fake, few, measures)
            if "measures" in layers
            else (),
            graph=self._graph(fake) if "graph" in layers else None,
            surface=surface,
            manifold=self.family.manifold() if "manifold" in layers else None,
            captured=captured if "modes" in layers else None,
        )
