"""What a run suffers from, in plain words: detectors over the trace, folded at fixed steps.

Every ``LOOK`` steps (at the next measured one) the rows of the trace since the last look become
one row of ``COLUMNS``; every ``JUDGE`` steps each detector is asked about the rows of the last
``KEPT`` steps. A detector is a pure function of such a :class:`Window` that returns its words and
its evidence, or None. It must hold for a while before it is believed, and fail for a while before
it is dropped, and it is asked less strictly while it is believed: so the line does not flicker. Of
those believed the first of ``DETECTORS`` speaks, and its numbers are written anew only now and
then. No clock and no random number enters, so the same run gets the same diagnosis however it is
chunked, watched or paused, and the :class:`Standing` is part of a moment.

What D's belief, its neutral value and V mean is asked of the loss's catalog entry, by way of a
:class:`Case`; where a question has no meaning, its detector is silent.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from math import isfinite, log, nan
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ganviz.frame import Diagnosis
from ganviz.theory.floors import Floor
from ganviz.theory.stability import measured_period

FloatArray = npt.NDArray[np.floating]

#: A look takes in at least so many steps: the batches of one step are too noisy to judge by.
LOOK = 20
#: The detectors are asked this often. They cost a step's tenth, so this is a thousandth or two.
JUDGE = 60
#: Looks are remembered for so many steps, longer than any detector looks back.
KEPT = 600
#: Points of the orbit that are remembered: what the saddle picture measures its period over.
ORBIT = 1200
#: "Now" is the mean over so many steps: five looks of batches.
NOW = 100
#: The words of a diagnosis that goes on are written anew no more often than this.
REFRESH = 120
#: From this part of log 2 on a JSD says no more than "apart".
CEILING = 0.97
#: Gradient norms are taken for the detectors no more often: they cost as much as a step.
NORMS_EVERY = 240

#: D is as good as flat where its logit differs by no more than this from one standard deviation
#: below the data's mean to one above: what it could gain is then (FLAT / 2)² / 4 ≈ 0.004, as
#: little as p_g at ``EXACT_JSD`` from p leaves it.
FLAT = 0.25

#: Columns of a look. Means over its steps: value … d_fake. The largest of its steps: ``size`` of
#: any loss or gradient norm. The latest measure in it: jsd … top_mode; NaN where not measured.
#: ``rough``: 1 where the divergences are estimates. ``gain``: what D alone could still gain.
#: ``norms``: ‖∇L_G‖ minimax / non-saturating.
COLUMNS = (
    "step",
    "value",
    "loss_d",
    "d_real",
    "d_fake",
    "size",
    "jsd",
    "w1",
    "sliced_w",
    "d_gap",
    "modes",
    "hq",
    "rkl",
    "top_mode",
    "rough",
    "gain",
    "norms",
)
_AT = {name: number for number, name in enumerate(COLUMNS)}
_MEANS = COLUMNS[1:5]
_MEASURED = COLUMNS[6:14]

#: How a measure is called in the words.
_TITLES = {"jsd": "JSD", "w1": "W₁", "sliced_w": "sliced W₁"}


@dataclass(frozen=True, slots=True)
class Case:
    """What the detectors must know of a game.

    Attributes
    ----------
    symbol
        What D's belief is called, such as ``D`` or ``s``.
    neutral, neutral_label
        What the best D says where p = p_g.
    sure
        What the best D says of points that are surely (real, generated); None where that is
        without bound, or unknown, or the labels are not plain.
    saturates
        Whether the belief is a probability: then the minimax generator's gradient dies where D is
        sure.
    rest_column, rest
        A column of the looks and what it is at D = neutral everywhere; empty where unknown.
    distances
        Measures of how far p_g is from p that mean something, the first the most telling: JSD and
        W₁, or W₁ alone where the data are points, which a JSD takes for as good as infinitely far.
    modes
        How many modes the data have; 0: none.
    uneven, rarest
        How far the data's own shares of the modes are from even, as ``rkl`` measures it, and the
        least of them.
    width
        Standard deviation of the data, 1 where it is 0.
    orbit, centre
        Names of two trace columns that turn about the equilibrium, and where that is; empty where
        there are none.
    flat
        The second of them is off its centre by no more than this where D is as good as flat.
    period
        Steps a turn by theory, or NaN.
    loss
        The trace column that stands in the looks' ``loss_d``, and what it is called.
    sizes
        Columns of losses and gradient norms, none of which may grow without bound.
    still
        Whether no player learns: each is frozen or has no weights.
    """

    symbol: str = "D"
    neutral: float = 0.5
    neutral_label: str = "½"
    sure: tuple[float, float] | None = None
    saturates: bool = False
    rest_column: str = ""
    rest: float = nan
    distances: tuple[str, ...] = ("jsd", "w1", "sliced_w")
    modes: int = 0
    uneven: float = 0.0
    rarest: float = 1.0
    width: float = 1.0
    orbit: tuple[str, ...] = ()
    centre: tuple[float, float] = (0.0, 0.0)
    flat: float = FLAT
    period: float = nan
    loss: tuple[str, str] = ("loss_d", "L_D")
    sizes: tuple[str, ...] = ("loss_d", "loss_g", "grad_d", "grad_g")
    still: bool = False

    @property
    def usual(self) -> tuple[str, str]:
        """What a run is called of which no detector says anything: its name, and in a sentence."""
        return ("still", "Nothing learns") if self.still else ("learning", "Learning")


@dataclass(frozen=True, slots=True)
class Found:
    """What a detector found: one line of words, and the numbers behind it."""

    words: str
    evidence: str
    good: bool = False


Floors = Callable[[str], "Floor | None"]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The last ``KEPT`` steps of a run, as the detectors see them.

    Attributes
    ----------
    looks
        (n, len(COLUMNS)), the latest last; n ≥ 1.
    orbit
        (m, 2) the last places on the orbit, one a step; m = 0 where there is none.
    begun
        The step of the last change: nothing of before is looked at.
    floors
        name of a measure -> what a perfect generator scores on samples, or None.
    """

    case: Case
    looks: FloatArray
    orbit: FloatArray
    begun: int
    floors: Floors
    # What has been asked already: one detector asks what another did.
    _steps: list[float] = field(default_factory=list, init=False)
    _means: dict[tuple[str, int, int], float] = field(default_factory=dict, init=False)

    @property
    def step(self) -> int:
        """The step of the latest look."""
        return int(self.looks[-1, 0])

    def column(self, name: str, steps: int = KEPT, until: int = 0) -> FloatArray:
        """Return a column over the looks of the last ``steps`` steps, but for the last ``until``.

        At least the latest look, however far apart they are, if ``until`` is 0.
        """
        if not self._steps:
            self._steps.extend(self.looks[:, 0].tolist())
        taken = self._steps
        first = bisect_right(taken, taken[-1] - max(steps, 1))
        part: FloatArray = self.looks[first : bisect_right(taken, taken[-1] - until), _AT[name]]
        return part

    def mean(self, name: str, steps: int = NOW, until: int = 0) -> float:
        """Return the mean of what is known of a column; NaN where nothing is."""
        asked = name, steps, until
        if asked not in self._means:
            values = self.column(name, steps, until)
            mean = float(np.add.reduce(values)) / max(len(values), 1)
            if mean != mean or not len(values):
                values = values[~np.isnan(values)]
                mean = float(values.mean()) if len(values) else nan
            self._means[asked] = mean
        return self._means[asked]

    def over(self, steps: int = NOW) -> str:
        """Return in words which steps :meth:`mean` is over."""
        first = max(self.begun, self.step - steps) + 1
        return f"steps {whole(first)}–{whole(self.step)}"

    def distance(self) -> str:
        """Return the name of the most telling distance of p_g from p; empty if none is measured.

        A JSD at its ceiling, where p and p_g do not meet, tells less than any other.
        """
        known = [name for name in self.case.distances if not np.isnan(self.mean(name))]
        if known[:1] == ["jsd"] and self.mean("jsd") > CEILING * log(2):
            known = [*known[1:], "jsd"]
        return known[0] if known else ""


# ---- the detectors ----------------------------------------------------------------------------

#: Losses and gradients are of order 1 to 10 in a game that works; a hundred is far outside.
BOUND = 100.0
#: An unbounded critic's may be in the hundreds for long, and come back.
UNBOUNDED = 1e4
#: And growing without bound means: by so much from one quarter of the looks to the next. A
#: logit that D pushes on and on grows like a logarithm, by ever less.
GROWING = 1.3
#: A blow-up goes on while the larger half of the looks reach this part of the bound.
STILL = 0.3


def diverging(w: Window, staying: bool) -> Found | None:
    """Numbers grow without bound, each quarter of the looks beyond the one before; or have grown.

    What has blown up need not grow any more: it is enough that every look of the last ``NOW``
    steps is out of bounds. Reads ``size``.
    """
    sizes = w.column("size", 400)
    if len(sizes) < 4 or not (staying or sizes.max() > BOUND):
        return None
    steps = int(w.looks[-1, 0] - w.looks[-len(sizes), 0])
    tops = [float(part.max()) for part in np.array_split(sizes, 4)]
    if tops[-1] > BOUND:
        factors = [b / max(a, 1e-12) for a, b in pairwise(tops)]
        if min(factors) >= (1.0 if staying else GROWING):
            return Found(
                f"Diverging: numbers up to {_brief(tops[-1])}, and growing",
                f"The largest loss or gradient norm grew from {_brief(tops[0])} to "
                f"{_brief(tops[-1])} in the last {steps} steps.",
            )
    bound = BOUND if w.case.saturates or w.case.sure is not None else UNBOUNDED
    now = w.column("size", NOW)
    least = float(np.median(w.column("size", 2 * NOW)) / STILL if staying else now.min())
    if not (len(now) > 1 and least > bound):
        return None
    top = _brief(max(tops))
    return Found(
        f"Blown up: losses or gradients of up to {top}, where 1 to 10 is usual",
        f"The largest of {w.over()} is {_brief(float(now.max()))}, of {steps} steps {top}. "
        "Smaller learning rates, or a fresh start, are the cure.",
    )


#: So many changes of the leading mode within the window are no accident: a generator on its way
#: to all modes changes it once or twice.
HOPS = 3
#: Hops longer ago than this are over.
RECENT = 200


def hopping(w: Window, staying: bool) -> Found | None:
    """G sits on one mode and leaves it for another, again and again.

    Reads ``top_mode``: NaN where no mode leads.
    """
    if w.case.modes < 2:
        return None
    modes, steps = w.column("top_mode"), w.column("step")
    leads = ~np.isnan(modes)
    modes, steps = modes[leads], steps[leads]
    changes = np.flatnonzero(modes[1:] != modes[:-1])
    if len(changes) < HOPS - staying or w.step - steps[changes[-1] + 1] > RECENT:
        return None
    spent = int(steps[changes[-1] + 1] - steps[changes[0]])
    way = [int(modes[0]), *(int(modes[change + 1]) for change in changes)]
    path = " → ".join(str(mode) for mode in way[-6:])
    return Found(
        f"The leading mode changed {len(changes)} times in {spent} steps",
        f"Most samples were nearest to mode {path}, of {w.case.modes} in the data.",
    )


#: Samples count as concentrated if their shares of the modes are further from even than the data's
#: own, by this part of what a single mode would be: of 8 even modes fewer than 4 are in use, of 25
#: fewer than 9, of 2 one holds over 0.83.
CONCENTRATED = 1 / 3
#: A mode of a smaller share is missed by samples of the data themselves now and then.
RARE = 0.02


def collapsed(w: Window, staying: bool) -> Found | None:
    """Few modes are covered and hold nearly everything. A G that hits no mode yet is no case.

    Reads ``modes``, ``rkl`` and ``hq``.
    """
    n = w.case.modes
    if n < 2 or w.case.rarest < RARE:
        return None
    covered, uneven, own = w.column("modes", NOW), w.mean("rkl"), w.case.uneven
    bar = own + (log(n) - own) * CONCENTRATED * (0.8 if staying else 1.0)
    if not (covered.min() >= 1 - staying and covered.max() <= n / 2 and uneven >= bar):
        return None
    more = ""
    if strength(w) >= STRONG:
        more = f" D tells them apart: {_means(w)} on average."
    return Found(
        f"{covered[-1]:.0f} of {n} modes covered",
        f"At step {whole(w.step)}. Mode balance {uneven:.2f} of at most {log(n):.2f}, the data's "
        f"own {own:.2f}; high quality {_percent(w.mean('hq', 1))}.{more}",
    )


#: D's mean belief of generated samples below which gradient norms are worth their cost.
SATURATED = 0.1
#: Below this share the minimax generator needs twenty steps for one: Goodfellow et al. 2014, §3.
VANISHED = 0.05


def vanishing(w: Window, staying: bool) -> Found | None:
    """D is so sure of the generated samples that the minimax generator gets no gradient.

    Reads ``norms`` and ``d_fake``.
    """
    share = float(w.looks[-1, _AT["norms"]])
    if not (w.case.saturates and share <= VANISHED * (1.5 if staying else 1.0)):
        return None
    return Found(
        f"D saturated: the generator's minimax gradient is {_percent(share)} of the "
        "non-saturating one",
        f"D says {w.mean('d_fake'):.2g} of generated samples on average; by the logit s the "
        "minimax loss has slope −σ(s), the non-saturating one −(1 − σ(s)).",
    )


#: How far D must be, between neutral (0) and sure of every sample (1), to be called too strong.
#: Against a generator that misses half the data the best D is at about a half.
STRONG = 0.6
#: A distance that has fallen to less than this in some 200 steps is progress.
PROGRESS = 0.95


def strength(w: Window) -> float:
    """Return how far D's mean beliefs are from neutral to sure; NaN where that has no meaning.

    Reads ``d_real`` and ``d_fake``.
    """
    if w.case.sure is None:
        return nan
    real, fake = w.case.sure
    at = w.case.neutral
    return 0.5 * ((w.mean("d_real") - at) / (real - at) + (w.mean("d_fake") - at) / (fake - at))


def too_strong(w: Window, staying: bool) -> Found | None:
    """D tells nearly every sample, and G gets no better by it.

    Reads ``d_real``, ``d_fake`` and a distance: ``w1`` or ``sliced_w``, which also fall while p
    and p_g do not meet yet, else ``jsd``.
    """
    known = [name for name in w.case.distances if not np.isnan(w.mean(name))]
    if not (known and strength(w) >= STRONG - 0.05 * staying):
        return None
    name = known[-1]
    now, before = w.mean(name), w.mean(name, 400, 200)
    if not now >= PROGRESS * before:
        return None
    return Found(
        f"D too strong: on average {_means(w)}",
        f"And {_TITLES[name]} does not fall: {_small(now)} on average over {w.over()}, "
        f"{_small(before)} a few hundred steps ago.",
    )


#: D counts as undecided if its mean beliefs are this near to neutral, where 1 is sure.
UNDECIDED = 0.1
#: And its loss is this near to that of D = neutral everywhere, as a share of it (or of 1).
AT_REST = 0.03
#: From this JSD on the best D would be right in 3 of 4 cases: accuracy is at least
#: (1 + JSD / log 2) / 2.
APART = 0.35


def undecided(w: Window, steps: int, staying: bool) -> float:
    """Return how far D's mean beliefs are from neutral at most; NaN if D is not undecided.

    Reads ``d_real``, ``d_fake``, and ``value`` or ``loss_d``.
    """
    case = w.case
    if case.sure is None:
        return nan
    slack = 1.5 if staying else 1.0
    reach = abs(case.sure[0] - case.sure[1]) / 2
    off = max(abs(w.mean(name, steps) - case.neutral) for name in ("d_real", "d_fake"))
    if not off <= UNDECIDED * slack * reach:
        return nan
    if case.rest_column:
        gap = abs(w.mean(case.rest_column, steps) - case.rest)
        if not gap <= AT_REST * slack * max(abs(case.rest), 1.0):
            return nan
    return off


def too_weak(w: Window, staying: bool) -> Found | None:
    """D is undecided although p and p_g are far apart: the best D would tell them easily.

    Reads ``d_real``, ``d_fake``, ``value`` or ``loss_d``, ``jsd``, and ``d_gap`` where known.
    """
    off, jsd = undecided(w, NOW, staying), w.mean("jsd")
    if not (
        "jsd" in w.case.distances and isfinite(off) and jsd >= APART * (0.8 if staying else 1.0)
    ):
        return None
    gap = w.mean("d_gap")
    better = f"; the best D is {gap:.2f} away on average" if isfinite(gap) else ""
    return Found(
        f"D too weak: {_within(w, off)}, yet mean JSD {jsd:.2f}",
        f"Over {w.over()}: {_means(w)}{better}. A D that could tell them apart would be right "
        f"in at least {_percent((1 + jsd / log(2)) / 2)} of all cases.",
    )


#: So many whole turns make an orbit; one may be a detour.
TURNS = 2
#: The generator's part of an orbit has at least this rms, in standard deviations of the data:
#: batch noise alone drives turns of a few hundredths.
WIDE = 0.1
#: It lasts if its last third is at least this wide, measured by its second. The first may be the
#: way in from afar.
LASTING = 0.5


def oscillating(w: Window, staying: bool) -> Found | None:
    """Find whether the game turns about its equilibrium and comes no nearer.

    Reads the orbit: θ and ψ, or ``mean_gap`` and ``tilt``.
    """
    if len(w.orbit) < 3 * LOOK:
        return None
    x, y = (w.orbit[:, axis].astype(np.float64) for axis in (0, 1))
    third = len(x) // 3
    dx, dy = x - w.case.centre[0], y - w.case.centre[1]
    wide = float(np.sqrt((dx[-third:] ** 2).mean()))
    if not wide >= WIDE * w.case.width:
        return None
    far = np.hypot(dx, dy)
    before, last = float(np.median(far[third:-third])), float(np.median(far[-third:]))
    if not last >= LASTING * before:
        return None
    period = measured_period(x, y, w.case.centre)
    if not (isfinite(period) and len(x) >= TURNS * period):
        return None
    theory = f" (theory {w.case.period:.1f})" if isfinite(w.case.period) else ""
    return Found(
        f"Oscillating: {period:.0f} steps a turn{theory}",
        f"{len(x) / period:.1f} turns in the last {len(x)} steps; median radius {before:.2g} in "
        f"the middle third of them, {last:.2g} in the last.",
    )


#: Where p_g is known exactly its JSD is this small: a normal distribution an eighth of its width
#: away. What 2,500 samples could not tell.
EXACT_JSD = 0.002
#: A distance this many times the width of the data cannot be at its floor, which costs a
#: simulation: not worth asking for. Nor can a JSD.
FAR = 0.3


def floored(w: Window, staying: bool) -> tuple[str, ...] | None:
    """Return the distances that are known, in words, if all are at their floor; else None.

    Reads ``jsd``, ``w1``, ``sliced_w``, ``rough``, ``modes`` and ``hq``.
    """
    slack, case = (1.5 if staying else 1.0), w.case
    if case.modes:
        modes, quality = w.floors("modes"), w.floors("hq")
        covered, good = w.column("modes", NOW), w.column("hq", NOW)
        if modes is None or quality is None:
            return None
        # NaN compares false: what is not measured is not captured.
        if not (covered.min() >= modes.mean and good.min() >= quality.low - 0.01 * slack):
            return None
    said = []
    for name in case.distances:
        values = w.column(name, NOW)
        if np.isnan(values).all():
            continue
        exact = name == "jsd" and not w.looks[-1, _AT["rough"]]
        if exact:
            most = EXACT_JSD
        elif not values.max() <= FAR * (1.0 if name == "jsd" else case.width):
            return None
        else:
            floor = w.floors(name)
            if floor is None:
                return None
            # A point has no sampling noise: a hundredth of a unit is there.
            most = floor.high or 0.01 * case.width
        if not values.max() <= slack * most:
            return None
        said.append(f"{_TITLES[name]} {_small(values[-1])}")
    return tuple(said) or None


#: An equilibrium holds G still: its mean drifts by no more than this, in standard deviations of the
#: data, half of what ``EXACT_JSD`` allows, from the second third of the orbit to the last.
DRIFT = 0.06


def pushing(w: Window, staying: bool) -> str:
    """Return what shows that the game is not at rest, though p_g may be where p is; "" if nothing.

    A slow orbit goes through p_g = p too, with a D that is far from flat and drives it on. Reads
    ``gain``, ``rough``, and the orbit.
    """
    slack, case = (1.5 if staying else 1.0), w.case
    gain = w.mean("gain")
    # V* − V of a D that is as far from flat as p_g may be from p. An estimate is too rough to say.
    known = isfinite(gain) and not w.looks[-1, _AT["rough"]]
    if known and gain > 2 * EXACT_JSD * slack:
        return f"D alone could still gain {_small(gain)}"
    third = len(w.orbit) // 3
    if not third:
        return ""
    off = w.orbit.astype(np.float64) - case.centre
    slope = float(np.sqrt((off[-NOW:, 1] ** 2).mean()))
    if not known and slope > case.flat * slack:
        return f"D is not flat: tilted by {_small(slope)}, {_small(case.flat)} would be"
    drift = abs(float(off[-third:, 0].mean() - off[third:-third, 0].mean())) / case.width
    if drift > DRIFT * slack:
        return f"the mean of G moved by {_small(drift)} standard deviations in {third} steps"
    return ""


def converged(w: Window, staying: bool) -> Found | None:
    """G is as good as a perfect one, by everything measured, and stays there, and so does D.

    Reads what :func:`floored` and :func:`pushing` read.
    """
    said = floored(w, staying)
    if said is None or pushing(w, staying) or oscillating(w, staying) is not None:
        return None
    if w.looks[-1, _AT["rough"]]:
        least = "no more than a perfect generator scores on as many samples"
    else:
        least = "no more than 2\u202f500 samples could tell from 0"
    more = ", modes and quality as good as the data's own" if w.case.modes > 1 else ""
    return Found(
        f"Converged: {', '.join(said)}",
        f"At step {whole(w.step)}: {least}{more}.",
        good=True,
    )


def balanced(w: Window, staying: bool) -> Found | None:
    """D = ½ on average, or what is neutral for it, and yet p_g is not p.

    Reads ``d_real``, ``d_fake``, ``value`` or ``loss_d``, and what :func:`floored` reads.
    """
    off = undecided(w, 2 * NOW, staying)
    name = w.distance()
    if not (isfinite(off) and name) or floored(w, True) is not None:
        return None
    return Found(
        f"M{_within(w, off)[1:]}, mean {_TITLES[name]} {_small(w.mean(name))}: not converged",
        f"{_means(w)} on average over {w.over(2 * NOW)}, {_TITLES[name]} over {w.over()}: neither "
        "player is ahead, which says nothing of how good G is.",
    )


def learning(w: Window) -> Found:
    """Return how the distance from the data goes: what is said where no detector holds.

    Reads ``jsd``, ``w1`` or ``sliced_w``; ``loss_d`` where none of them is measured; and what
    :func:`pushing` reads where p_g is as good as p.
    """
    name = w.distance() or "loss_d"
    title = _TITLES.get(name, w.case.loss[1])
    now, before = w.mean(name), w.mean(name, KEPT, KEPT // 3)
    trend = ""
    if isfinite(before):
        # Near its end a distance wavers by more than its own size.
        change = (now - before) / max(abs(before), 1e-3)
        trend = ", falling" if change < -0.05 else ", rising" if change > 0.05 else ", steady"
    evidence = f"Mean of {w.over()}"
    evidence += f"; {_small(before)} a few hundred steps before." if trend else ": a fresh look."
    why = pushing(w, False)
    if why and name in w.case.distances and floored(w, True) is not None:
        return Found(f"Near the data, not at rest: {why}", f"{title} {_small(now)}. {evidence}")
    return Found(f"{w.case.usual[1]}: mean {title} {_small(now)} over {w.over()}{trend}", evidence)


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector, and for how many steps it must hold to be believed and fail to be dropped."""

    name: str
    of: Callable[[Window, bool], Found | None]
    enter: int
    leave: int


#: In order of priority: what stops the run first, then where G's mass is, then what D does to it,
#: then how the two move; good news is believed last and slowest.
DETECTORS = (
    Detector("diverging", diverging, 60, 180),
    Detector("hopping", hopping, 60, 180),
    Detector("collapsed", collapsed, 180, 180),
    Detector("vanishing", vanishing, 60, 120),
    Detector("too strong", too_strong, 120, 180),
    Detector("too weak", too_weak, 300, 180),
    Detector("oscillating", oscillating, 120, 240),
    Detector("converged", converged, 360, 120),
    Detector("balanced", balanced, 300, 180),
)
#: It must have held, and failed, at so many judgements too, where they are far apart.
LEAST = 2


# ---- words ------------------------------------------------------------------------------------


def whole(number: int) -> str:
    """Return an integer as words, with thin spaces between thousands, as in the views."""
    return f"{number:,}".replace(",", "\u202f")


def _small(value: float) -> str:
    """Return a number with two digits that count, or two decimals: what is not 0 is not 0.00."""
    size = abs(value)
    if size >= 1000:
        return _brief(value).replace("-", "−")
    if 0 < size < 0.00005:
        return "<\u202f0.0001" if value > 0 else ">\u202f−0.0001"
    decimals = 2 if size >= 0.0995 else 3 if size >= 0.00995 else 4
    return f"{value:.{decimals}f}".replace("-", "−")


def _brief(value: float) -> str:
    if abs(value) < 1e5:
        return whole(round(value))
    digit, exponent = f"{value:.0e}".split("e")
    return f"{digit}e{int(exponent)}"


def _percent(share: float) -> str:
    """Return a share in percent, no more digits than it deserves."""
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 1 else f"{percent:.1g} %"


def _means(w: Window) -> str:
    s = w.case.symbol
    real, fake = w.mean("d_real"), w.mean("d_fake")
    return f"{s}(real) {real:.2f}, {s}(fake) {fake:.2f}".replace("-", "−")


def _within(w: Window, off: float) -> str:
    # Rounded up, but for a last digit's dust: the claim must be true. An average says little of
    # single samples, and nothing of where there are none.
    most = np.ceil(100 * off - 1e-6) / 100
    return f"mean {w.case.symbol} = {w.case.neutral_label} within {most:.2f} on real and generated"


# ---- the fold ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """For how long a detector has held (or, believed, failed) without a break.

    ``since`` is the step from which on it has held, once it is believed.
    """

    believed: bool = False
    steps: int = 0
    times: int = 0
    since: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where the fold stands: all that later judgements depend on.

    Attributes
    ----------
    begun, looked, judged, norms_at
        Steps: of the last change, the last look, the last judgement, the last gradient norms.
    looks
        (n, len(COLUMNS)) the looks of the last ``KEPT`` steps.
    orbit
        (m, 2) float32, the last places on the orbit.
    counts
        One for each of ``DETECTORS``.
    verdict, written
        What is said, and the step at which its words were last written.
    """

    begun: int
    looked: int
    judged: int
    norms_at: int
    looks: FloatArray
    orbit: FloatArray
    counts: tuple[Count, ...]
    verdict: Diagnosis | None = None
    written: int = 0

    @property
    def latest(self) -> int:
        """The latest step that it knows of."""
        last = int(self.looks[-1, 0]) if len(self.looks) else self.looked
        return max(self.begun, self.looked, self.judged, self.norms_at, self.written, last)

    @classmethod
    def fresh(cls, step: int, verdict: Diagnosis | None = None) -> Standing:
        """Return where a fold begins: at the start of a run, and after a change."""
        return cls(
            begun=step,
            looked=step,
            judged=step,
            norms_at=-NORMS_EVERY,
            looks=np.empty((0, len(COLUMNS))),
            orbit=np.empty((0, 2), np.float32),
            counts=(Count(),) * len(DETECTORS),
            verdict=verdict,
            written=step,
        )


class _Places(NamedTuple):
    """Which columns of a trace a look reads."""

    means: npt.NDArray[np.intp]
    sizes: npt.NDArray[np.intp]
    measured: npt.NDArray[np.intp]
    orbit: npt.NDArray[np.intp]
    gain: int


@lru_cache(16)
def _places(
    columns: tuple[str, ...], orbit: tuple[str, ...], loss: str, sizes: tuple[str, ...]
) -> _Places:
    at = {name: number for number, name in enumerate(columns)}
    # What a family does not have stands behind all columns, where there is nothing.
    means = [at.get(loss if n == "loss_d" else n, len(columns)) for n in _MEANS]
    lists = means, [at[n] for n in sizes], [at[n] for n in _MEASURED], [at[n] for n in orbit]
    parts = [np.array(each, np.intp) for each in lists]
    return _Places(parts[0], parts[1], parts[2], parts[3], at["gain_d"])


@np.errstate(all="ignore")  # numbers near the end of the range may overflow
def look(
    standing: Standing,
    columns: tuple[str, ...],
    rows: FloatArray,
    case: Case,
    rough: bool,
    floors: Floors,
    norms: Callable[[], float],
) -> Standing:
    """Return the standing after the steps of ``rows``, the rows of the trace since the last look.

    ``rough`` tells whether divergences are estimates; ``norms`` takes ‖∇L_G‖ of the minimax loss
    over that of the non-saturating one, and is only asked where D is nearly saturated.
    """
    at = _places(columns, case.orbit, case.loss[0], case.sizes)
    step = int(rows[-1, 0])
    row = np.full(len(COLUMNS), nan)
    row[0] = step
    if at.means.max() == rows.shape[1]:
        rows = np.column_stack([rows, np.full(len(rows), nan)])
    row[1:5] = np.add.reduce(rows.take(at.means, axis=1), axis=0) / len(rows)
    row[_AT["size"]] = np.abs(rows.take(at.sizes, axis=1)).max()
    # Measures stand in the last row: a look ends at a measured step.
    row[6:14] = rows[-1].take(at.measured)
    row[_AT["rough"]] = float(rough)
    row[_AT["gain"]] = rows[-1, at.gain]
    asked = standing.norms_at
    if case.saturates and row[_AT["d_fake"]] < SATURATED:
        if step - asked >= NORMS_EVERY or not len(standing.looks):
            row[-1], asked = norms(), step
        else:
            row[-1] = standing.looks[-1, -1]
    else:
        asked = -NORMS_EVERY
    old = int(standing.looks[:, 0].searchsorted(step - KEPT, "right"))
    looks = np.concatenate([standing.looks[old:], row[None]])
    orbit = standing.orbit
    if case.orbit:
        fresh = rows.take(at.orbit, axis=1).astype(np.float32)
        orbit = np.concatenate([orbit, fresh])[-ORBIT:]
    seen = replace(standing, looked=step, norms_at=asked, looks=looks, orbit=orbit)
    if step - standing.judged < JUDGE:
        return seen
    return _judged(seen, Window(case, looks, orbit, standing.begun, floors))


def _judged(standing: Standing, w: Window) -> Standing:
    """Return the standing after asking every detector."""
    passed = w.step - standing.judged
    counts: list[Count] = []
    speaker, said, since = None, None, w.step
    for detector, count in zip(DETECTORS, standing.counts, strict=True):
        found = detector.of(w, count.believed)
        count = counted(count, detector, found is not None, passed, w.step)
        counts.append(count)
        if speaker is None and count.believed:
            speaker, said, since = detector, found, count.since
    name = w.case.usual[0] if speaker is None else speaker.name
    seen = replace(standing, judged=w.step, counts=tuple(counts))
    old = standing.verdict
    if old is not None and old.name == name:
        if w.step - standing.written < REFRESH:
            return seen
        since = old.since
    found = learning(w) if speaker is None else said
    if found is None:
        # Believed still, but failing at this very judgement, and not what was said: wait.
        return seen
    verdict = Diagnosis(name, found.words, found.evidence, since, found.good)
    return replace(seen, verdict=verdict, written=w.step)


def counted(count: Count, detector: Detector, holds: bool, passed: int, step: int) -> Count:
    """Return the count after a judgement at a step, ``passed`` steps after the one before.

    While it is not believed, ``steps`` counts how long it has held; while it is, how long not.
    """
    if holds == count.believed:
        return Count(count.believed, since=count.since)
    steps, times = count.steps + passed, count.times + 1
    bar = detector.leave if count.believed else detector.enter
    if steps >= bar and times >= LEAST:
        return Count(not count.believed, since=step - steps)
    return Count(count.believed, steps, times, count.since)
