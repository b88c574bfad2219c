"""What one moment of training looks like: frozen arrays and words, and how they are to be shown.

Nothing here knows torch, Qt or the settings. A :class:`Frame` may be held, shown, recorded or
dropped in any thread; a view is a pure function of frames and a :class:`Look`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy.typing as npt

from ganviz.trace import SUMMARY_ROWS as SUMMARY_ROWS
from ganviz.trace import Trace as Trace
from ganviz.trace import TraceWriter as TraceWriter

Array = npt.NDArray[Any]

#: What people draw lies between −CANVAS and CANVAS, in each dimension.
CANVAS = 4.0


@dataclass(frozen=True, slots=True)
class Line:
    """A reference line of a plot: where it stands, what it is called, whose curve it belongs to."""

    value: float
    label: str
    role: str  # "discriminator", "generator" or "value"


@dataclass(frozen=True, slots=True)
class Mark:
    """What was done to a run: an entry of its journal.

    Attributes
    ----------
    step
        How many steps lay before it; it took effect with the next one.
    text
        What it was, in words, with its before and after.
    kind
        ``change`` of parameters, ``player`` who moved alone, ``back`` after a divergence, or
        ``weights`` that were replaced by hand, which cannot be replayed.
    values, before
        ((path, value), …) of the parameters that changed: after and before. Of a ``player`` mark
        ``values`` is ``(("player", name),)``.
    joined
        Whether it goes on with the gesture of the mark before it, such as the drag of a slider.
    """

    step: int
    text: str
    kind: str = "change"
    values: tuple[tuple[str, Any], ...] = ()
    before: tuple[tuple[str, Any], ...] = ()
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A step of a branch that somebody wants to find again, and why."""

    branch: int
    step: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What somebody expected of a run before it was shown.

    Attributes
    ----------
    lesson, question, answers
        The lesson's title, what it asked, and between what one could choose, in plain words.
    given
        Which answer was given, from 0.
    step
        Behind how many steps.
    right
        Which answer was right; −1 as long as that is not known.
    measured
        What the run was measured to be, in words; empty where nothing was measured.
    """

    lesson: str
    question: str
    answers: tuple[str, ...]
    given: int
    step: int
    right: int = -1
    measured: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One branch of the tape, as a timeline draws it.

    Attributes
    ----------
    number, parent
        Its number, and that of the branch it leaves, or None where it begins at step 0.
    name
        Its letter: ``A``, ``B``, …
    first, last
        The step at which it leaves its parent (0 without one), and its last recorded step.
    marks
        Its own entries of the journal, none of its parent's.
    text
        What sets it apart from its parent, in words; may be empty.
    shared
        How many marks lie on the way from step 0 to where it leaves its parent.
    title
        What the game is called; may be empty.
    """

    number: int
    parent: int | None
    name: str
    first: int
    last: int
    marks: tuple[Mark, ...] = ()
    text: str = ""
    shared: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Reel:
    """What is on the tape, and where the lanes stand: all that a timeline draws.

    Attributes
    ----------
    stretches
        Every branch, by number.
    lanes
        ((branch, step), …) where each lane stands; the lane that is driven first.
    bookmarks
        In the order of their steps.
    undo, redo
        What taking back, or going forward again, would do, in words; empty where there is nothing.
    stride
        At every so many steps a moment is kept; the steps between are run again.
    used, budget
        Bytes of moments that are kept, and that may be kept.
    busy
        (steps run again, steps to run again) while a far moment is sought; else None.
    """

    stretches: tuple[Stretch, ...] = ()
    lanes: tuple[tuple[int, int], ...] = ()
    bookmarks: tuple[Bookmark, ...] = ()
    undo: str = ""
    redo: str = ""
    stride: int = 1
    used: int = 0
    budget: int = 0
    busy: tuple[int, int] | None = None

    @property
    def past(self) -> bool:
        """Whether the lane that is driven stands before the end of its branch."""
        if not self.lanes:
            return False
        branch, step = self.lanes[0]
        return step < self.stretches[branch].last

    def path(self, branch: int) -> tuple[Stretch, ...]:
        """Return the stretches that lead to a branch, from step 0 on, itself last."""
        found = [self.stretches[branch]]
        while (parent := found[0].parent) is not None:
            found.insert(0, self.stretches[parent])
        return tuple(found)

    def journal(self, branch: int) -> tuple[Mark, ...]:
        """Return all that was done on the way to the end of a branch, from step 0 on."""
        marks: tuple[Mark, ...] = ()
        for stretch in self.path(branch):
            marks = marks[: stretch.shared] + stretch.marks
        return marks


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """D's opinion over data space, in the words and the range of the loss that trains it.

    Of an autoencoder on the line it is how far each point is moved. Where nothing is thought of
    points the label is empty and the values are NaN: there is no such layer then.

    Attributes
    ----------
    label
        What the numbers are, such as ``D(x)`` or ``critic s(x)``.
    values
        (g,) over ``Frame.grid[0]`` in 1-D, (gy, gx) in 2-D, row 0 at the lowest y.
    low, high
        Range to draw.
    neutral
        The undecided value, drawn as a line or contour: 0.5 where the belief is a probability.
    best
        What the best answer is called.
    """

    label: str
    values: Array
    low: float
    high: float
    neutral: float
    neutral_label: str
    best: str = "D*"


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """Two coordinates of the game against each other, one point per step.

    Attributes
    ----------
    name, x_label, y_label
        What is drawn, in words.
    x, y
        Names of the trace columns.
    centre
        The equilibrium, or None where it is not known.
    field
        (h, w) values of V over the plane, row 0 at the lowest y, or None.
    field_box
        (x_low, x_high, y_low, y_high) of that field, cell edges.
    flow
        (h, w, 2) mean move of a step at the nodes of an even grid over ``field_box`` (its corners
        are nodes), row 0 at the lowest y, or None.
    note
        What theory says of the equilibrium and what the orbit measures, in words.
    path
        (n, 2) the points themselves, the latest last, where no trace columns hold them (``x`` and
        ``y`` are empty then); None where they do, or while nobody looks.
    """

    name: str
    x_label: str
    y_label: str
    x: str
    y: str
    centre: tuple[float, float] | None = None
    field: Array | None = None
    field_box: tuple[float, float, float, float] | None = None
    flow: Array | None = None
    note: str = ""
    path: Array | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """V on the plane through the present weights along each player's own update direction.

    Attributes
    ----------
    step
        The step whose weights it goes through.
    across, up
        (w,), (h,) distances along the generator's and the discriminator's direction, 0 the present
        weights.
    values
        (h, w) V on the fixed probe batch, row 0 at the least of ``up``.
    path
        (n, 2) the players' recent places projected onto the plane, the latest last.
    heights
        (n,) V at these places of the plane.
    cost
        Seconds it took to compute, for people to see; 0 where nobody looked at a clock.
    rate
        How often a second, at most, it is computed; 0 where it belongs to this very frame.
    label
        What ``values`` are: ``V``, or ``−L_D`` where the loss has no V.
    """

    step: int
    across: Array
    up: Array
    values: Array
    path: Array
    heights: Array
    cost: float
    rate: float = 0.0
    label: str = "V"


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """The push-forward of a one-dimensional latent into one-dimensional data: x = G(z).

    ``z`` and ``x`` are (m,), ascending in z, and ``z`` is the same in every frame of a game: its
    ends are those of the axis to draw. ``mass`` is the probability of the noise between
    neighbours, (m - 1,), all the same but for the tails that are cut off. ``x`` need not be finite.
    ``names`` are what both are called.
    """

    z: Array
    x: Array
    mass: Array
    names: tuple[str, str] = ("z", "G(z)")


@dataclass(frozen=True, slots=True, eq=False)
class Manifold:
    """The image of a grid in latent space in the plane of the data.

    Attributes
    ----------
    nodes
        (r, c, 2) images of the nodes; r = 1 where the latent is one-dimensional.
    density
        (r - 1, c - 1) mass of the noise in a cell over the area of its image; (1, c - 1) mass over
        length where r = 1. Finite: areas of less than 1e-12 count as that much.
    share
        The part of the noise that the grid holds: what is left out lies beyond its edge.
    """

    nodes: Array
    density: Array
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the run looks like at present, in plain words.

    Attributes
    ----------
    name
        Name of the detector, such as ``collapsed``.
    words
        One line, such as ``3 of 8 modes covered``.
    evidence
        The numbers it rests on, a sentence or two.
    since
        The step from which on it holds.
    good
        Whether it is what one wishes for: ``converged``.
    """

    name: str
    words: str
    evidence: str
    since: int
    good: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of the typeset formula: LaTeX, and today's number under it (empty: none).

    ``role`` is whose loss it belongs to: ``discriminator`` or ``generator``, the first piece of
    each being its left side; or ``where``, a definition of what stands in the others.
    """

    tex: str
    value: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What the data were drawn by, where a hand did it; the axes of the data show the canvas.

    Attributes
    ----------
    marks
        (m,) heights at even places from one end of the canvas to the other, as shares of the
        density axis; or (m, 2) dabs.
    brush
        Standard deviation of a dab; 0 for a curve.
    """

    marks: Array
    brush: float


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """What one moment of a game of images looks like: grey pictures, 0 black and 255 white.

    A value v in [−1, 1] of the data is drawn as round(127.5·(v + 1)); beyond, it is clipped. The
    real images and all noise are the same in every frame of a game, and each fills a square grid
    that is read by rows.

    Attributes
    ----------
    real
        (n, h, w) uint8 images of the data.
    fake
        (n, h, w) uint8 what the fixed noise becomes: G(z), or the decoder's mean; with one
        coordinate of the code held where a hand holds it.
    walk
        (m, h, w) uint8 the same of noise on the great circle through two fixed points of it, once
        around: z(t) = cos t · u + sin t · v, with v at a right angle to u and both of the length
        √E‖z‖² (√latent.dim for N(0, I)), about which the mass of the noise lies where it has many
        dimensions (White 2016, arXiv:1609.04468).
    walk_at
        (m,) float64 the angles t of ``walk``, in radians, rising from 0 to below 2π; m = 0 where
        codes have no law to walk by, as those of an autoencoder.
    back
        (n, h, w) uint8 what an autoencoder makes of ``real``; None where nothing is encoded.
    """

    real: Array
    fake: Array
    walk: Array
    walk_at: Array
    back: Array | None = None

    def __post_init__(self) -> None:
        for array in (self.real, self.fake, self.walk, self.walk_at, self.back):
            if array is not None:
                array.flags.writeable = False


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """A point of the data space, followed over the run.

    Attributes
    ----------
    at
        (dim,) where it stands.
    history
        (n, 6) one row per measured step since it was dropped, or since D's output last came to mean
        something else: step, belief, best belief, p, p_g and the slope of D's logit (in 2-D its
        norm); NaN where not known. The last row is of the present step.
    curve
        (m, 2) belief against p·(−a) + p_g·(−b), the concave function whose maximum is the best
        belief there (Goodfellow et al. 2014, Proposition 1); m = 0 where p or p_g is not known.
    steps, belief, density, slope, heights
        (low, high) of the axes: time, beliefs, densities, slope, and the heights of ``curve``.
    rough
        Whether p_g and the best belief are only estimated.
    why
        Why there is no ``curve``, in a sentence, or nothing.
    law
        What the heights of ``curve`` are, as a formula.
    """

    at: tuple[float, ...]
    history: Array
    curve: Array
    steps: tuple[float, float]
    belief: tuple[float, float]
    density: tuple[float, float]
    slope: tuple[float, float]
    heights: tuple[float, float]
    rough: bool = False
    why: str = ""
    law: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """What an encoder makes of the data, coordinate by coordinate, and one held by hand.

    Attributes
    ----------
    counts
        (k, b) share of the data in each of b even bins over ``span``; what lies beyond is counted
        at its ends.
    span
        (low, high) of every coordinate; 0 is the middle of a bin.
    active
        (k,) share of the data whose coordinate is not as good as zero.
    quiet
        How large a coordinate is that is as good as zero.
    held
        (number of a coordinate from 1, the value that a hand holds it at), or nothing.
    way
        (m, dim) what the decoder makes of the mean code while the held coordinate goes over
        ``span``; m = 0 where none is held.
    """

    counts: Array
    span: tuple[float, float]
    active: Array
    quiet: float
    held: tuple[float, ...]
    way: Array

    def __post_init__(self) -> None:
        for array in (self.counts, self.active, self.way):
            array.flags.writeable = False


@dataclass(frozen=True, slots=True, eq=False)
class Beat:
    """One phase of a round laid open: slow motion walks from one to the next.

    Attributes
    ----------
    step
        The round that is played, from 1.
    number, of
        Which phase of the round it is, from 1, of how many.
    player
        Whose turn it is: ``discriminator`` or ``generator``; ``both`` where they move together.
    turn
        The turn in words, such as ``discriminator 1 of 2``.
    words
        What happens, one sentence.
    lit
        Names of the parts of the model graph that this phase concerns.
    numbers
        ((name, value), …) what this round has computed by now: ``loss_d``, ``loss_g``, ``grad_d``
        and ``grad_g`` as in the trace; ``cost_real``, ``cost_fake`` and ``penalty``, the parts of
        L_D, where it has such parts.
    real, fake, noise
        The turn's own batches (n, dim), (n, dim), (n, latent.dim), or None before they are drawn;
        of images their places on the plane.
    scores_real, scores_fake
        (n,) D's belief of them, or None before D has judged. Fewer than n where D judges packs.
    pulls
        (n, dim) −∂L_G/∂x at the generated samples, times n, or None before it is known.
    """

    step: int
    number: int
    of: int
    player: str
    turn: str
    words: str
    lit: frozenset[str]
    numbers: tuple[tuple[str, float], ...] = ()
    real: Array | None = None
    fake: Array | None = None
    noise: Array | None = None
    scores_real: Array | None = None
    scores_fake: Array | None = None
    pulls: Array | None = None

    def __post_init__(self) -> None:
        both = (self.scores_real, self.scores_fake)
        for array in (self.real, self.fake, self.noise, *both, self.pulls):
            if array is not None:
                array.flags.writeable = False


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """What the model graph shows besides the rest of a frame.

    Attributes
    ----------
    latent, law
        What the noise is, in words: ``Normal``, ``z ~ N(0, I)``.
    generator, discriminator
        How the players are built, in words: ``2 → 64 → 64 → 2 relu``.
    noise
        (n, latent.dim) the noise behind ``Frame.fake[:n]``.
    span
        Range to draw of a coordinate of the noise.
    image
        (r, c, dim) G over a grid of the first two coordinates of the noise, the others 0: c even
        places over ``span`` of the first and r of the second (r = 1 where there is only one).
    scores_real, scores_fake
        (m,) D's belief of ``Frame.real[:m]`` and ``Frame.fake[:m]``.
    """

    latent: str
    law: str
    generator: str
    discriminator: str
    noise: Array
    span: tuple[float, float]
    image: Array
    scores_real: Array
    scores_fake: Array

    def __post_init__(self) -> None:
        for array in (self.noise, self.image, self.scores_real, self.scores_fake):
            array.flags.writeable = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A measure's latest value, ready to print.

    Attributes
    ----------
    name, title
        Its name in the catalog and the trace, and what it is called.
    value, words
        The number, and the number in words.
    floor
        What a perfect generator would score, in words; empty where that is not known.
    head
        Whether it is one of the few that stand in the header of the distribution.
    band
        (low, high) of what perfect generators score, or None where that is not known.
    rising
        Whether what a perfect generator scores is no floor, but to be reached.
    """

    name: str
    title: str
    value: float
    words: str
    floor: str = ""
    head: bool = True
    band: tuple[float, float] | None = None
    rising: bool = False

    @property
    def perfect(self) -> str:
        """What a perfect generator scores: ``floor 0.004``, or ``perfect 98.9 %``, or nothing."""
        return f"{'perfect' if self.rising else 'floor'} {self.floor}" if self.floor else ""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The generator's own distribution p_g, as far as it can be known.

    Attributes
    ----------
    density
        (g,) over ``Frame.grid[0]`` in 1-D, (gy, gx) in 2-D: of its absolutely continuous part.
    atoms
        ((position, mass), …) where G is flat: points that carry a mass of their own.
    note
        ``exact``, or ``estimate`` and its error band, in words.
    """

    density: Array
    atoms: tuple[tuple[float, float], ...]
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class Arrows:
    """−∂L_G/∂x at the first generated samples: where a loss pulls each of them.

    ``vectors`` is (n, dim), one per row of ``Frame.fake[:n]``, times the batch size, so that its
    length does not depend on n. ``title`` names the loss. Of an autoencoder they are the ways from
    x to its reconstruction, and ``at`` (n, dim) is where they begin.
    """

    loss: str
    title: str
    vectors: Array
    at: Array | None = None


@dataclass(frozen=True, slots=True)
class Ranges:
    """What the axes show. Computed at fixed steps as a fold over the run, never by a view.

    ``data`` is (low, high) per data dimension, ``losses`` the y-range of the visible losses,
    ``density`` the top of the 1-D histogram axis and of the colours of a 2-D one, ``belief`` the
    range of an unbounded belief, ``portraits`` (x_low, x_high, y_low, y_high) per portrait name,
    ``measures`` (low, high) per measure, ``norms`` the range of the gradient norms (its ends are
    powers of ten), ``pull`` what three quarters of the pulls of the loss that is played do not
    exceed, rounded up to 1, 2 or 5 times a power of ten (0: not known).
    """

    data: tuple[tuple[float, float], ...]
    losses: tuple[float, float]
    density: float
    belief: tuple[float, float]
    portraits: tuple[tuple[str, tuple[float, float, float, float]], ...]
    measures: tuple[tuple[str, tuple[float, float]], ...] = ()
    norms: tuple[float, float] = (1e-3, 10.0)
    pull: float = 0.0

    def portrait(self, name: str) -> tuple[float, float, float, float]:
        """Return the range of one portrait by its name."""
        return dict(self.portraits)[name]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What one moment of training looks like. Every array is read-only.

    Attributes
    ----------
    step
        Rounds taken so far.
    dim
        1 or 2, the dimension of the data.
    title
        The game in a few words, such as ``ring · non-saturating · k = 1``.
    real, fake
        (n, dim) float32: fixed real samples, and G of fixed noise, so that dots move, not flicker.
    coded
        (n,) of which of ``categories`` of the code each of ``fake`` was made, from 0; or None.
    categories
        How many categories the code of an InfoGAN has, 0 without a code.
    grid
        One float64 axis per data dimension, the points at which ``belief`` was computed.
    density
        (g,) exact p at ``grid[0]`` in 1-D, (gy, gx) in 2-D, row 0 at the lowest y; None where it
        has no closed form.
    atoms
        ((position, mass), …) of a 1-D target that is not a density.
    modes
        (m, dim) centres of the target's modes, m = 0 where it has none.
    references
        Lines of the loss plot.
    curves
        ((trace column, label, role), …) the curves of the loss plot.
    portraits
        Saddle pictures this game offers, the preferred one first.
    measures
        The latest measured values, ready to print.
    formula
        The loss of the current game in plain letters.
    device, kernel, about_kernel
        What it was computed on, and by which kernel, with a sentence or two about that one.
    trouble
        A sentence when the run has stopped by itself, else empty.
    model
        p_g where it is known or estimated, and wanted; else None.
    best
        What the best D against the present G would say, shaped like ``belief.values``, or None.
    average
        (n, dim) float32 samples of the generator with averaged weights, or None. Of an autoencoder
        they are what it makes of codes with one coordinate held by hand.
    code
        What the encoder makes of the data, where it is wanted and there is one; else None.
    arrows
        Pulls on the first samples, of the loss that is played first, then of the one that is
        wanted; may be empty.
    losses
        ((name, title), …) of every loss whose pulls can be wanted, the one that is played first.
    offers
        Names of the layers and views that this game can fill when they are wanted: ``graph``,
        ``model``, ``best``, ``average``, ``arrows``, ``map``, ``manifold``, ``contours``,
        ``weights``, ``surface``, ``probe``, ``code``, ``images``. What is offered has a toggle,
        whether it is computed or not.
    map, manifold
        Images of the latent space, where wanted and known.
    captured
        (m,) share of the generated samples within three sigmas of each mode of the plane that is
        nearest to them, or None. The rule, the noise and the step are those of the measure
        ``modes``: a mode is captured from :data:`ganviz.theory.coverage.COVERED_SHARE` on.
    surface
        V about the present weights, of this step or of an earlier one, or None.
    probe
        The point that is followed, where its view is wanted, or None.
    beat
        Which phase of a round this is, in slow motion; else None.
    graph
        What the model graph shows, where it is wanted; else None.
    diagnosis
        What the run looks like, or None before the first look.
    terms
        The formula of the game, typeset, with today's numbers.
    gains
        ((player, gain), …) what each player alone could still gain, in units of its loss; NaN where
        that is not known.
    drawn
        What the data were drawn by, where a hand did it, or None.
    called
        ((layer, title, explanation), …) of layers that are called otherwise than in a GAN.
    images
        Where the data are images, and ``images`` is wanted, what they look like; else None. Then
        ``dim`` is 2, and ``real``, ``fake`` and ``average`` are the places of images on the plane
        of the data's two leading principal components: nothing is known of a density there.
    lane, apart
        The letter of the lane whose frame it is, and what sets it apart from the others, in words;
        empty where only one lane runs.
    draws
        Whether samples are there, and D's opinion: not where nobody wanted to see them.
    """

    step: int
    dim: int
    title: str
    formula: str
    device: str
    kernel: str
    real: Array
    fake: Array
    grid: tuple[Array, ...]
    belief: Belief
    density: Array | None
    atoms: tuple[tuple[float, float], ...]
    modes: Array
    trace: Trace
    curves: tuple[tuple[str, str, str], ...]
    references: tuple[Line, ...]
    portraits: tuple[Portrait, ...]
    marks: tuple[Mark, ...]
    measures: tuple[Reading, ...]
    ranges: Ranges
    about_kernel: str = ""
    trouble: str = ""
    model: Model | None = None
    best: Array | None = None
    average: Array | None = None
    coded: Array | None = None
    categories: int = 0
    code: Code | None = None
    arrows: tuple[Arrows, ...] = ()
    losses: tuple[tuple[str, str], ...] = ()
    offers: frozenset[str] = frozenset()
    map: Map | None = None
    manifold: Manifold | None = None
    captured: Array | None = None
    surface: Surface | None = None
    probe: Probe | None = None
    beat: Beat | None = None
    graph: Graph | None = None
    diagnosis: Diagnosis | None = None
    terms: tuple[Term, ...] = ()
    gains: tuple[tuple[str, float], ...] = ()
    drawn: Drawn | None = None
    called: tuple[tuple[str, str, str], ...] = ()
    images: Images | None = None
    lane: str = ""
    apart: str = ""
    draws: bool = True

    def __post_init__(self) -> None:
        arrays = [self.real, self.fake, *self.grid, self.belief.values, self.modes]
        arrays += [array for array in (self.density, self.best, self.average) if array is not None]
        arrays += [arrows.vectors for arrows in self.arrows]
        arrays += [arrows.at for arrows in self.arrows if arrows.at is not None]
        if self.model is not None:
            arrays.append(self.model.density)
        if self.drawn is not None:
            arrays.append(self.drawn.marks)
        if self.map is not None:
            arrays += [self.map.z, self.map.x, self.map.mass]
        if self.probe is not None:
            arrays += [self.probe.history, self.probe.curve]
        arrays += [p.path for p in self.portraits if p.path is not None]
        if (s := self.surface) is not None:
            arrays += [s.across, s.up, s.values, s.path, s.heights]
        if self.manifold is not None:
            arrays += [self.manifold.nodes, self.manifold.density]
        if self.captured is not None:
            arrays.append(self.captured)
        for array in arrays:
            array.flags.writeable = False


@dataclass(frozen=True, slots=True)
class Wants:
    """What a frame shall hold: what nobody sees need not be computed.

    Attributes
    ----------
    layers
        Names of the visible layers, of the views ``saddle``, ``surface``, ``probe``, ``code``,
        ``graph``, ``gradients`` and ``measures`` where these are seen, and of the portrait that was
        chosen; ``images`` where images themselves are seen.
    samples
        How many samples are drawn; 0 is the usual number.
    arrows
        The loss whose pull is drawn; empty is the one that is played.
    probe
        The point of the data space to follow, or none.
    clamp
        (number of a coordinate of the code from 1, the value to hold it at), or nothing.
    fine
        Whether fields and curves are computed on grids twice as fine each way, as for films.
    draws
        Whether samples are seen at all, or the field of D's opinion: else frames have neither.
        Without it nothing may be wanted that needs them: ``graph``, ``images``.
    """

    layers: frozenset[str] = frozenset()
    samples: int = 0
    arrows: str = ""
    probe: tuple[float, ...] = ()
    fine: bool = False
    clamp: tuple[float, ...] = ()
    draws: bool = True


#: The views by where they stand: the one on the left, two slots on the right, the strip beneath.
#: Of a slot one view at a time is seen.
SLOTS: tuple[tuple[str, ...], ...] = (
    ("distribution",),
    ("losses", "measures", "gradients"),
    ("saddle", "surface", "probe", "code", "transposed", "preimage"),
    ("graph",),
)


@dataclass(frozen=True, slots=True)
class Look:
    """How a frame is shown. Saved with films and, later, with lessons and run files.

    Attributes
    ----------
    layers
        Names of the visible layers.
    upper, lower
        The views in front of the two slots on the right.
    hidden
        Names of hidden views; a slot whose front view is hidden is not there.
    maximised
        The one view that fills the stage, or nothing.
    portrait
        The wanted saddle picture; empty is the game's preferred one.
    style
        2-D: ``samples``, ``histogram``, ``beside`` (two histograms) or ``difference``. Images:
        ``samples`` are the images themselves, ``plane`` their places on the plane of the data.
    samples
        How many samples are drawn; 0 is the usual number.
    counts
        1-D: whether the vertical axis counts samples; else it is a density.
    bins
        Number of histogram bins over the visible range.
    arrows
        The loss whose pull on the samples is drawn; empty is the one that is played.
    window, until
        How many steps the time axes show, and the last of them; None follows the run.
    whole
        Whether the time axes show the whole run.
    solid
        Whether the surface is drawn solid, seen from ``turn`` and ``tilt`` (degrees); else it is
        drawn as a map.
    probe
        The point of the data space that is followed, or none.
    clamp
        (number of a coordinate of the code from 1, the value it is held at by hand), or nothing.
    fine
        Whether fields and curves are computed twice as fine each way.
    lanes
        How several lanes are shown: ``beside`` each other, or ``over`` one another, the one that is
        driven in full and the others as thin lines.
    stamp, numbers, pixel
        Of the transposed convolution that can be played with: its kernel, stride and padding, what
        its numbers are, and the pixel of its input that is lit, from 0; −1 is none of them.
    level
        (x₁, x₂, x₃) at which the pre-image of the lecture's generator is drawn.
    """

    theme: str = "light"
    layers: frozenset[str] = field(
        default_factory=lambda: frozenset(
            {
                *("real", "generated", "average", "density", "belief", "best", "modes", "map"),
                *("images", "rebuilt", "walk"),
            }
        )
    )
    upper: str = "losses"
    lower: str = "saddle"
    hidden: frozenset[str] = frozenset({"graph"})
    maximised: str = ""
    portrait: str = ""
    style: str = "samples"
    samples: int = 0
    counts: bool = False
    bins: int = 80
    arrows: str = ""
    window: int = 600
    until: int | None = None
    whole: bool = False
    solid: bool = False
    turn: float = 35.0
    tilt: float = 35.0
    probe: tuple[float, ...] = ()
    clamp: tuple[float, ...] = ()
    fine: bool = False
    lanes: str = "beside"
    stamp: str = "k4 s2 p1"
    numbers: str = "numbered"
    pixel: int = 0
    level: tuple[float, ...] = (-1.0, math.exp(2), 2.0)

    def with_(self, **changes: Any) -> Look:
        """Return a copy with some fields replaced."""
        return replace(self, **changes)

    @property
    def seen(self) -> frozenset[str]:
        """The names of the views that are to be seen."""
        if self.maximised:
            return frozenset({self.maximised})
        fronts = {"distribution", self.upper, self.lower, "graph"}
        return frozenset(fronts - self.hidden)

    @property
    def wants(self) -> Wants:
        """What a frame must hold to be shown through this look."""
        seen = self.seen
        # The model graph has thumbnails of the distribution's own layers.
        draws = bool(seen & {"distribution", "graph"})
        layers = set(self.layers) if draws else set()
        layers |= seen & {"saddle", "surface", "probe", "code", "graph", "gradients", "measures"}
        if "distribution" in seen and self.style == "samples":
            layers.add("images")
        if "saddle" in seen and self.portrait:
            layers.add(self.portrait)
        samples, arrows = (self.samples, self.arrows) if draws else (0, "")
        every = samples, arrows, self.probe, self.fine, self.clamp, draws
        return Wants(frozenset(layers), *every)
