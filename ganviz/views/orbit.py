"""How two players circle each other: winding and the tail of an orbit (numpy only)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ganviz.frame import Array

#: Rows looked at, turns shown, and points drawn, at most.
ROWS, TURNS, POINTS = 4096, 2.0, 600


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """The visible end of an orbit.

    Attributes
    ----------
    x, y
        The points, oldest first, thinned to about ``POINTS``.
    age
        (n,) from 1 for the oldest to 0 for the newest.
    """

    x: Array
    y: Array
    age: Array


def winding(x: Array, y: Array, centre: tuple[float, float] | None) -> Array:
    """Return the unwrapped angle about the centre, in turns; x and y are scaled by their rms.

    Without a centre the mean of the points is taken.
    """
    if len(x) == 0:
        return np.empty(0)
    with np.errstate(over="ignore", invalid="ignore"):  # a run that explodes is drawn to its end
        at = (float(x.mean()), float(y.mean())) if centre is None else centre
        dx, dy = x - at[0], y - at[1]
        rms_x, rms_y = np.sqrt(np.mean(dx * dx)), np.sqrt(np.mean(dy * dy))
        angle = np.arctan2(dy / (rms_y or 1.0), dx / (rms_x or 1.0)) / (2 * np.pi)
    steps = np.diff(np.nan_to_num(angle))
    steps -= np.rint(steps)
    return np.concatenate([[0.0], np.cumsum(steps)])


def last_turns(turns: Array, wanted: float) -> float | None:
    """Return how many steps the last ``wanted`` turns took, to a fraction, or None if fewer."""
    gone = np.abs(turns[-1] - turns) if len(turns) else np.empty(0)
    beyond = np.flatnonzero(gone >= wanted)
    if not len(beyond):
        return None
    i = int(beyond[-1])
    share = (gone[i] - wanted) / ((gone[i] - gone[i + 1]) or 1.0)
    return float(len(turns) - 1 - (i + share))


def tail(x: Array, y: Array, centre: tuple[float, float] | None, begun: int = 0) -> Tail:
    """Return the last two turns of an orbit, or all of it where there are fewer.

    ``x`` and ``y`` are columns of a trace behind its first ``begun`` rows, of which no more than
    the last ``ROWS`` are looked at; rows with a NaN are left out.
    """
    first = max(0, len(x) - ROWS)
    steps = begun + np.arange(first, len(x))
    x, y = x[first:], y[first:]
    good = np.isfinite(x) & np.isfinite(y)
    if not good.all():
        steps, x, y = steps[good], x[good], y[good]
    turns = winding(x, y, centre)
    shown = last_turns(turns, TURNS)
    start = 0 if shown is None else max(0, len(x) - 1 - int(np.ceil(shown)))
    steps, x, y = steps[start:], x[start:], y[start:]
    kept = thinned(steps, x, y)
    age = (len(x) - 1 - kept) / max(len(x) - 1, 1)
    return Tail(x[kept], y[kept], age)


def thinned(steps: Array, x: Array, y: Array) -> Array:
    """Return the indices of at most about ``POINTS`` rows that keep the look of the curve.

    Of each block of steps the extremes of x and of y stay, so no loop gets smaller. Blocks start
    at multiples of their length, so the chosen points do not jump as the orbit moves on.
    """
    n = len(steps)
    if n <= POINTS:
        return np.arange(n)
    block = 4
    while n * 4 > block * POINTS:
        block *= 2
    starts = np.flatnonzero(np.diff(steps // block, prepend=-1))
    chosen = [starts, np.array([n - 1])]
    # One column per block: pad to whole blocks with the last row.
    if np.array_equal(steps, np.arange(steps[0], steps[0] + n)):
        lead = int(steps[0] % block)
        count = -(-(lead + n) // block)
        index = np.clip(np.arange(count * block) - lead, 0, n - 1).reshape(count, block)
        rows = np.arange(count)
        for values in (x[index], y[index]):
            chosen.append(index[rows, values.argmin(axis=1)])
            chosen.append(index[rows, values.argmax(axis=1)])
    return np.unique(np.concatenate(chosen).astype(np.intp))
