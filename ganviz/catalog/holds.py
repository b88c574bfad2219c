"""Penalties in plain numbers: what the slope of D's logit costs at one place.

:mod:`ganviz.catalog.penalties` writes every penalty for tensors and leaves its derivatives to
autograd; a kernel that has no autograd needs them number by number, under the same rules as
:mod:`ganviz.catalog.costs`. Besides what is called there, ``sqrt`` may be. A test holds each
against the other.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

from ganviz.catalog.costs import sigmoid

#: Under the root of a norm, as the square of the least norm: its gradient is finite at 0 as well.
LEAST = 1e-12
#: Where a slope can be held: at D's real and generated inputs, between them and around the real.
PLACES = ("real", "fake", "between", "around")

Rule = Callable[[float, float], float]


class Hold(NamedTuple):
    """What is added to L_D: the mean of ``of(q, s)`` over the samples at one of :data:`PLACES`.

    q is ‖∇_x s‖² there, s the logit; ``by_square`` and ``by_logit`` are the derivatives by each.
    """

    at: str
    of: Rule
    by_square: Rule
    by_logit: Rule


def nothing(q: float, s: float) -> float:
    return 0.0


def whole(q: float, s: float) -> float:
    return q


def whole_slope(q: float, s: float) -> float:
    return 1.0


def half(q: float, s: float) -> float:
    return q / 2.0


def half_slope(q: float, s: float) -> float:
    return 0.5


def from_one(q: float, s: float) -> float:
    """Return (‖∇s‖ − 1)²."""
    over = sqrt(q + LEAST) - 1.0
    return over * over


def from_one_slope(q: float, s: float) -> float:
    return 1.0 - 1.0 / sqrt(q + LEAST)


def above_one(q: float, s: float) -> float:
    """Return max(0, ‖∇s‖ − 1)²."""
    over = sqrt(q + LEAST) - 1.0
    return 0.0 if over < 0.0 else over * over


def above_one_slope(q: float, s: float) -> float:
    slope = 1.0 - 1.0 / sqrt(q + LEAST)
    return 0.0 if slope < 0.0 else slope


def missed(q: float, s: float) -> float:
    """Return ½ (1 − σ(s))² ‖∇s‖²: of real samples, held where D doubts them."""
    doubt = sigmoid(-s)
    return doubt * doubt * q / 2.0


def missed_slope(q: float, s: float) -> float:
    doubt = sigmoid(-s)
    return doubt * doubt / 2.0


def missed_by_logit(q: float, s: float) -> float:
    doubt = sigmoid(-s)
    return -doubt * doubt * sigmoid(s) * q


def taken(q: float, s: float) -> float:
    """Return ½ σ(s)² ‖∇s‖²: of generated samples, held where D takes them for real."""
    trust = sigmoid(s)
    return trust * trust * q / 2.0


def taken_slope(q: float, s: float) -> float:
    trust = sigmoid(s)
    return trust * trust / 2.0


def taken_by_logit(q: float, s: float) -> float:
    trust = sigmoid(s)
    return trust * trust * sigmoid(-s) * q


ON_REAL = Hold("real", half, half_slope, nothing)
ON_FAKE = Hold("fake", half, half_slope, nothing)
BETWEEN = Hold("between", whole, whole_slope, nothing)
TO_ONE = Hold("between", from_one, from_one_slope, nothing)
TO_ONE_FROM_ABOVE = Hold("between", above_one, above_one_slope, nothing)
TO_ONE_AROUND = Hold("around", from_one, from_one_slope, nothing)
MISSED = Hold("real", missed, missed_slope, missed_by_logit)
TAKEN = Hold("fake", taken, taken_slope, taken_by_logit)
