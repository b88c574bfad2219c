"""From the present weights to a frame: fixed samples, D over a grid, ranges of the axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isfinite, nan, pi
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from ganviz.catalog.measures import MEASURES
from ganviz.clock import Part
from ganviz.engine.axes import LARGEST, Axes, Spans, spans_of
from ganviz.engine.codes import codes_of, holds, laid_open
from ganviz.engine.draws import rng
from ganviz.engine.family import Family
from ganviz.engine.family.spot import unthought
from ganviz.engine.probe import Watch
from ganviz.engine.ranges import Held, rough, round_up
from ganviz.engine.record import Record
from ganviz.frame import (
    Code,
    Drawn,
    Frame,
    Graph,
    Images,
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
#: The nodes along each axis.
Grid = tuple[FloatArray, ...]

#: Samples that are drawn unless so many are wanted, and at most.
SAMPLES = {1: 4000, 2: 1500}
MOST_SAMPLES = 20_000
#: Samples that get an arrow.
ARROWS = 160
#: Images that are drawn unless so many are wanted, those that stand on a square, and those of a
#: walk around a great circle, which goes through two points of a cloud of so many.
IMAGES, SQUARE, WALK, CLOUD = 128, 64, 24, 4096
#: Slices of noise of equal mass whose bounds are followed from z to G(z).
SLICES = 96
#: Nodes of the grid of beliefs, each way; and in 2-D where its field is not seen.
NODES = {1: 241, 2: 128}
UNSEEN_NODES = 48
#: The model graph: samples whose noise and beliefs it shows, and nodes of the image of the noise.
SHOWN = 512
IMAGE = {1: (1, 65), 2: (9, 17)}
#: Half the range of a coordinate of the noise that is drawn, by the kind of the noise.
REACH = {"normal": 3.0, "uniform": 1.2}
#: What is noted of a portrait: the period of its orbit, say.
NOTES = Part("portraits")


class Still(NamedTuple):
    """What is the same in all frames of a game of images.

    Attributes
    ----------
    side, real
        Pixels each way, and (n, side, side) images as they are drawn.
    x, walk, at
        (n, side²) the same as the game sees them, (m, dim) the noise of the walk, its angles (m,).
    """

    side: int
    real: npt.NDArray[np.uint8]
    x: torch.Tensor
    walk: torch.Tensor
    at: FloatArray


def grey(x: npt.NDArray[np.floating], side: int) -> npt.NDArray[np.uint8]:
    """Return images (n, side²) in [−1, 1] as (n, side, side) greys: 0 black, 255 white."""
    values = np.nan_to_num(127.5 * (np.clip(x, -1, 1) + 1))
    return np.asarray(np.rint(values).astype(np.uint8).reshape(-1, side, side))


def great_circle(cloud: npt.NDArray[np.floating], at: FloatArray) -> FloatArray:
    """Return cos t · u + sin t · v, (m, dim), for angles t (m,).

    u goes towards the first point of a cloud (n, dim), v towards the second as far as that is at a
    right angle to u; both are as long as the cloud's points are on average, by their squares. In
    one dimension there is no right angle: there it is a line to and fro.
    """
    length = float(np.sqrt((cloud**2).sum(1).mean()))
    u = cloud[0] / np.linalg.norm(cloud[0])
    v = cloud[1] - (cloud[1] @ u) * u if cloud.shape[1] > 1 else np.zeros_like(u)
    size = np.linalg.norm(v)
    v = v / size if size > 0 else v
    return np.asarray(length * (np.cos(at)[:, None] * u + np.sin(at)[:, None] * v))


class Picture:
    """Draws frames of one game; holds only what is the same for all of its frames."""

    def __init__(self, family: Family, settings: Settings) -> None:
        supply = family.supply()
        self.family = family
        self.settings = settings
        self.whole = supply.target
        self.target = supply.seen
        self.dim = self.target.dim
        self._usual = SAMPLES[self.dim] if self.target.image is None else IMAGES
        n, seed = self._usual, settings.train.seed
        self._sources = rng(seed, "probe", 5), rng(seed, "probe", 6)
        self._whole = self.whole.sample(self._sources[0], n)
        self._real = self.whole.shown(self._whole)
        self._noise = self._more_noise(n)
        few = self._noise[:SHOWN].cpu().numpy()
        self._few = few.astype(np.float32)  # one object for all frames: views remember it
        self._shown: Samples = np.empty((0, self.dim), np.float32)
        self._slices: tuple[FloatArray, FloatArray, torch.Tensor] | None = None
        drawn = self.target.drawn
        brush = self.target.mixture[2][0] if self.target.mixture is not None else 0.0
        self._drawn_by = None if drawn is None else Drawn(drawn, float(brush))
        self._grids: dict[tuple[Spans, int], Grid] = {}
        self._known: tuple[Grid, FloatArray] | None = None
        self._portraits: dict[tuple[str, tuple[float, ...]], Portrait] = {}
        self._grey = self._still_images()
        fixed = self._real, self._whole, self._noise[:ARROWS]
        self.axes = Axes(family, settings, *fixed, self._highest)

    def _more_noise(self, n: int) -> torch.Tensor:
        """Draw n more points of the fixed noise."""
        supply = self.family.supply()
        source, dim = supply.origin
        noise = source.sample(self._sources[1], (n, dim))
        return torch.as_tensor(noise, dtype=supply.dtype, device=supply.device)

    def _samples(self, wanted: int) -> tuple[FloatArray, torch.Tensor]:
        """Return as many fixed real samples and points of noise as are wanted; 0: the usual number.

        The first ones are always the same: more of them are drawn from where the streams stand,
        once and all at once, so that it does not matter in which order numbers are asked for.
        """
        n = min(wanted, MOST_SAMPLES) or self._usual
        if n > len(self._real):
            missing = MOST_SAMPLES - len(self._real)
            more = self.whole.sample(self._sources[0], missing)
            self._whole = np.concatenate([self._whole, more])
            self._real = self.whole.shown(self._whole)
            self._noise = torch.cat([self._noise, self._more_noise(missing)])
        return self._real[:n], self._noise[:n]

    def _seen(self, real: FloatArray) -> Samples:
        """Return real samples as frames hold them: one object for all, views remember it."""
        if len(self._shown) != len(real):
            self._shown = real.astype(np.float32)
        return self._shown

    def fake(self, wanted: int = 0, average: bool = False) -> Samples:
        """Return G of the fixed noise, (n, dim), kept within float32's numbers."""
        return self._flat(self._made(wanted, average))

    @Part("forward passes")
    def _made(self, wanted: int = 0, average: bool = False) -> npt.NDArray[np.floating]:
        """Return G of the fixed noise in the dimension of the data."""
        noise = self._samples(wanted)[1]
        return np.asarray(self.family.push(noise, average=average).cpu().numpy())

    def _flat(self, made: npt.NDArray[np.floating]) -> Samples:
        """Return samples as they are shown, (n, dim), kept within float32's numbers."""
        shown = made if self.whole.shadow is None else self.whole.shown(made.astype(np.float64))
        return np.asarray(np.clip(shown, -LARGEST, LARGEST), dtype=np.float32)

    # ---- images -------------------------------------------------------------------------------

    def _still_images(self) -> Still | None:
        """Return what is the same in all frames of a game of images."""
        if self.target.image is None:
            return None
        supply = self.family.supply()
        # An autoencoder's code has no law, so nobody knows where to walk.
        walked = supply.origin == (supply.latent, supply.latent_dim)
        at = np.arange(WALK if walked else 0, dtype=np.float64) * (2 * pi / WALK)
        cloud = supply.latent.sample(
            rng(self.settings.train.seed, "probe", 15), (CLOUD, supply.latent_dim)
        )
        codes = int(self.settings.acting("latent.codes"))  # which stay as they are
        ways = great_circle(cloud[:, : supply.latent_dim - codes], at)
        still = np.tile(cloud[:1, supply.latent_dim - codes :], (len(at), 1))
        walk = torch.as_tensor(np.concatenate([ways, still], 1)).to(self._noise)
        side = self.target.image.side
        real = grey(self._whole[:SQUARE], side)
        return Still(side, real, self._noise.new_tensor(self._whole[:SQUARE]), walk, at)

    @Part("forward passes")
    def _images(self, made: npt.NDArray[np.floating]) -> Images | None:
        """Return what the game looks like as images, ``made`` (n, side²) being those of noise."""
        still = self._grey
        if still is None:
            return None
        walk = self.family.images(still.walk) if len(still.at) else still.x[:0].cpu().numpy()
        back = self.family.back(still.x)
        return Images(
            real=still.real,
            fake=grey(made[:SQUARE], still.side),
            walk=grey(walk, still.side),
            walk_at=still.at,
            back=None if back is None else grey(back, still.side),
        )

    @Part("ranges")
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

    @Part("measuring")
    def _gains(
        self, fake: Samples, grid: tuple[FloatArray, ...], readings: tuple[Reading, ...]
    ) -> tuple[tuple[str, float], ...]:
        """Return what each player could gain alone, D when last measured, G now; if they can."""
        if "discriminator" not in self.family.players:
            return ()
        measured = {each.name: each.value for each in readings}
        return (
            ("discriminator", measured.get("gain_d", nan)),
            ("generator", self.family.gain(fake, grid)),
        )

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

    def _highest(self, spans: Spans) -> float:
        """Return the greatest exact density of the data over a range, 0 where it is not known."""
        if self.dim > 1 or not self._exact:
            return 0.0
        return float(self._density(self._grid(spans)).max(initial=0.0))

    @Part("portraits")
    def _filled(self, portrait: Portrait, box: tuple[float, float, float, float]) -> Portrait:
        """Return a portrait with its field, remembered until its range changes."""
        key = (portrait.name, box)
        if key not in self._portraits:
            self._portraits = {k: v for k, v in self._portraits.items() if k[0] != portrait.name}
            self._portraits[key] = self.family.picture(portrait, box)
        return self._portraits[key]

    def steer(self, settings: Settings) -> None:
        """Take in other rates: the arrows of a portrait's field are moves at the old ones."""
        self.settings = settings
        self._portraits = {}

    @Part("forward passes")
    def _map(self) -> Map:
        """Return where G takes the bounds of slices of noise that are all as likely."""
        if self._slices is None:
            z, mass = self.family.supply().origin[0].slices(SLICES)
            self._slices = z, mass, torch.as_tensor(z[:, None]).to(self._noise)
        z, mass, nodes = self._slices
        x = self.family.images(nodes)[:, 0]
        return Map(z, np.clip(x, -LARGEST, LARGEST), mass, self.family.mapped)

    @Part("forward passes")
    def _graph(self, made: npt.NDArray[np.floating]) -> Graph:
        """Return what the model graph shows of the present weights, which have ``made`` this."""
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
        image = self.whole.shown(family.images(places))
        both = np.concatenate([self._whole[:SHOWN], made[:SHOWN]])
        scores = family.believed(torch.as_tensor(both).to(self._noise))
        half = len(self._whole[:SHOWN])
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

    @Part("forward passes")
    def _code(
        self, n: int, seen: torch.Tensor, held: dict[str, Held], wants: Wants
    ) -> tuple[Code | None, FloatArray | None]:
        """Return what is known of the codes, and the samples with one coordinate held by hand."""
        coding = self.family.coding
        if coding is None or not (wants.clamp or "code" in wants.layers):
            return None, None
        codes = codes_of(coding, self._whole[:n], seen)
        hand = holds(wants.clamp, codes.shape[1])
        span = held["code"].span if "code" in held else (-1.0, 1.0)
        made = None
        if hand is not None:
            made = coding.holding(seen, *hand)
        code = laid_open(coding, codes, span, hand)
        return replace(code, way=self.whole.shown(code.way)) if len(code.way) else code, made

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
        **more: Any,
    ) -> Frame:
        """Return what the present weights look like, in the given ranges.

        What nobody ``wants`` is left out. ``watch`` is the point that is followed, ``captured``
        what share of the samples each mode had when last measured, ``more`` what else the frame is
        to hold.
        """
        spans = spans_of(held, self.dim)
        layers = wants.layers
        # A field that nobody sees is only read here and there.
        seen = self.dim == 1 or bool(layers & {"belief", "best", "contours"})
        if self.target.image is not None:  # nothing is known of points of that plane
            seen = False
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
                if "saddle" in layers:
                    p = self._filled(p, boxes[p.name])
                    with NOTES:
                        note = self.family.note(p, trace, since)
                    p = replace(p, note=note) if note != p.note else p
                portraits.append(p)
            elif record.whole:
                wanted = p.name in wants.layers
                drawn, boxes[p.name] = self._followed(p, step, record if wanted else None)
                portraits.append(drawn)
        device = self.family.supply().device.type
        present = self.family.present("picture")
        real, noise = self._samples(wants.samples)
        made: npt.NDArray[np.floating] = np.empty((0, 0))
        fake: Samples = np.empty((0, self.dim), np.float32)
        if wants.draws:
            made = self._made(wants.samples)
            fake = self._flat(made)
            belief = self.family.belief(grid, held["belief"].span)
        else:
            belief = unthought(grid)
        categories = int(self.settings.acting("latent.codes"))
        norms = 10.0 ** held["norms"].low, 10.0 ** held["norms"].high
        offers = self.family.offers | ({"weights"} if record.whole else set())
        surface = None
        if "surface" in wants.layers and (survey := self.survey(step, held, record)) is not None:
            surface = survey()
        average = None
        if "average" in layers and self.family.averages:
            average = self.fake(wants.samples, average=True)
        code, held_by_hand = self._code(len(real), noise, held, wants)
        if held_by_hand is not None:
            offers |= {"average"}
            average = self._flat(held_by_hand) if "average" in layers else None
        # The plane has no axis of densities: they are drawn as contours there.
        densities = "density" if self.dim == 1 else "contours"
        return Frame(
            step=step,
            dim=self.dim,
            title=self.family.title,
            formula=self.family.formula,
            device=device.upper(),
            real=self._seen(real),
            fake=fake,
            grid=grid,
            belief=belief,
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
            coded=noise[:, -categories:].argmax(1).cpu().numpy() if categories else None,
            categories=categories,
            code=code,
            arrows=self.family.arrows(noise[:ARROWS], wants.arrows) if "arrows" in layers else (),
            losses=self.family.pulling,
            offers=offers,
            called=self.family.called,
            probe=watch.probe(self.family, present, step)
            if watch is not None and "probe" in layers and "probe" in offers
            else None,
            drawn=self._drawn_by,
            terms=self.family.terms(trace),
            map=self._map() if "map" in layers and "map" in offers else None,
            gains=self._gains(
                fake if wants.draws and not wants.samples else self.fake(), few, measures
            )
            if "measures" in layers
            else (),
            graph=self._graph(made) if "graph" in layers and "graph" in offers else None,
            images=self._images(made if held_by_hand is None else held_by_hand)
            if "images" in layers
            else None,
            surface=surface,
            manifold=self.family.manifold() if "manifold" in layers else None,
            captured=captured if "modes" in layers else None,
            draws=wants.draws,
            **more,
        )
