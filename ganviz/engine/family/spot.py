"""One point of the data space, as the players and theory see it at a moment.

Goodfellow et al. 2014, Proposition 1: at each x the best D maximises p·log D + p_g·log(1 − D). For
costs (a, b) of calling a sample real and fake the function is −p·a(s) − p_g·b(s), of the densities
that D is shown: with labels smoothed or flipped, through the instance noise.
"""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from ganviz.frame import Belief
from ganviz.theory import divergences

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan
    from ganviz.engine.family.present import Present

FloatArray = npt.NDArray[np.float64]

#: Half the width of the cell about a point in one dimension, as a share of the data's own width.
CELL = 0.002
#: Logits over which the concave function is drawn, and how many.
REACH, LOGITS = 6.0, 241

WHY_PLANE = (
    "p_g at a point is not known: in two dimensions it is where G is a shift or an affine map of "
    "normal noise, and p has a density."
)
WHY_LINE = "p or p_g is not known at a point of these data, so neither is what D maximises."


def unthought(grid: tuple[FloatArray, ...]) -> Belief:
    """Return a belief of which there is none: its label is empty."""
    return Belief("", np.full(tuple(len(axis) for axis in reversed(grid)), nan), 0.0, 1.0, 0.5, "")


class Spot(NamedTuple):
    """What there is to say of one point.

    Attributes
    ----------
    belief, best
        D's belief and that of the best D; NaN where there is none.
    p, q
        The densities; NaN where not known.
    slope
        ds/dx, in two dimensions the length of the gradient.
    rough
        Whether p_g is only estimated.
    curve
        (m, 2) belief against −p·a − p_g·b; m = 0 where that is not known.
    why
        Why it is not, in a sentence, or nothing.
    law
        What its heights are, as a formula.
    """

    belief: float
    best: float
    p: float
    q: float
    slope: float
    rough: bool
    curve: FloatArray
    why: str
    law: str = ""

    @property
    def row(self) -> tuple[float, ...]:
        """The five numbers that are followed: belief, best belief, p, p_g, slope."""
        return self.belief, self.best, self.p, self.q, self.slope


def spot(gan: Gan, present: Present, at: tuple[float, ...]) -> Spot:
    """Return what there is to say of a point (dim,) at the present moment."""
    x = gan.tensor(np.array([at])).requires_grad_()
    logit, slope = gan.slope(x)
    belief = float(gan.loss.belief.of(logit.detach())[0])
    steep = float(slope[0, 0]) if len(at) == 1 else float(torch.linalg.vector_norm(slope[0]))
    target = gan.target
    if len(at) == 1:
        (low, high), *_ = target.box
        half = CELL * (high - low)
        grid: tuple[FloatArray, ...] = (at[0] + half * np.array([-1.0, 0.0, 1.0]),)
        here: tuple[int, ...] = (1,)
    else:
        grid, here = tuple(np.array([value]) for value in at), (0, 0)
    p = nan
    if target.log_density is not None:
        p = float(np.exp(target.log_density(np.array([at])))[0])
    elif target.atoms:
        p = inf if any(at[0] == place for place, _ in target.atoms) else 0.0
    model = present.model(grid)
    q = nan if model is None else float(model.density[here])
    best = present.best(grid)
    seen = present.seen(grid)
    curve, why = np.empty((0, 2)), ""
    if gan.loss.labels is None or not gan.judge.alone:
        why = "This D compares samples: at one x alone there is nothing to maximise."
    elif seen is None:
        why = WHY_PLANE if len(at) == 2 else WHY_LINE
    else:
        log_p, log_q = (float(part.ravel()[len(part.ravel()) // 2]) for part in seen)
        if not max(log_p, log_q) >= np.log(1e-9):  # also where both are NaN
            why = "Neither p nor p_g has any mass here: every D is as good."
        else:
            curve = concave(gan, log_p, log_q)
    return Spot(
        belief,
        nan if best is None else float(best[here]),
        p,
        q,
        steep,
        model is not None and model.note != "exact",
        curve,
        why,
        law(gan),
    )


def law(gan: Gan) -> str:
    """Return what the concave function is; p̃ and p̃_g are what D is shown of p and p_g."""
    s = gan.settings
    if not gan.plain_labels or s.loss.instance_noise > 0:
        return "−p̃·a(s) − p̃_g·b(s)"
    if s.loss.kind in ("minimax", "non-saturating"):  # the two of 2014
        return "p·log D + p_g·log(1 − D)"
    return "−p·a(s) − p_g·b(s)"


def concave(gan: Gan, log_p: float, log_q: float) -> FloatArray:
    """Return (m, 2) belief against −p·a(s) − p_g·b(s), over the range of the belief."""
    assert gan.loss.labels is not None
    if not gan.plain_labels:
        flips = gan.settings.loss.label_flips
        real, fake = (divergences.flips(label, flips) for label in gan.labels)
        both = divergences.effective(
            np.array([log_p]), np.array([log_q]), real, fake, gan.settings.data.prior
        )
        log_p, log_q = (float(part[0]) for part in both)
    s = torch.linspace(-REACH, REACH, LOGITS, dtype=torch.float64)
    beliefs = gan.loss.belief.of(s).numpy()
    costs = [cost(s).numpy() for cost in gan.loss.labels]
    values = -np.exp(log_p) * costs[0] - np.exp(log_q) * costs[1]
    rule = gan.loss.belief
    inside = (beliefs >= rule.low) & (beliefs <= rule.high)
    return np.column_stack([beliefs[inside], values[inside]])
