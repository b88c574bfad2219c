"""Winding and tail of an orbit."""

from __future__ import annotations

import numpy as np
import pytest

from ganviz.views.orbit import POINTS, tail, thinned, winding


def _circle(
    steps: int, turn: float, a: float = 1.0, b: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    angle = 2 * np.pi * np.arange(steps) / turn
    return a * np.cos(angle), b * np.sin(angle)


@pytest.mark.parametrize("turn", [7.5, 125.66, 900.0])
@pytest.mark.parametrize("shape", [(1.0, 1.0), (3.0, 0.01)])
@pytest.mark.parametrize("sense", [1, -1])
def test_winding_counts_the_turns_of_a_circle(
    turn: float, shape: tuple[float, float], sense: int
) -> None:
    x, y = _circle(2500, turn, *shape)
    turns = winding(x, sense * y, (0.0, 0.0))
    assert sense * turns[-1] == pytest.approx(2499 / turn, abs=0.02)


def test_without_a_centre_the_mean_serves() -> None:
    x, y = _circle(1260, 126.0)
    assert winding(x + 5, y - 3, None)[-1] == pytest.approx(1259 / 126, abs=0.02)


def test_tail_shows_the_last_two_turns() -> None:
    x, y = _circle(1000, 100.0)
    end = tail(x, y, (0.0, 0.0))
    assert 200 <= len(end.x) <= 203
    assert (end.x[-1], end.y[-1]) == (x[-1], y[-1])
    assert end.age[0] == 1.0
    assert end.age[-1] == 0.0
    x, y = _circle(150, 100.0)
    assert len(tail(x, y, (0.0, 0.0)).x) == 150


def test_tail_of_little_or_nothing() -> None:
    empty = np.empty(0)
    assert len(tail(empty, empty, None).x) == 0
    assert len(tail(np.ones(1), np.ones(1), None).x) == 1
    nan = np.array([np.nan, 1.0, 2.0])
    assert len(tail(nan, nan, (0.0, 0.0)).x) == 2
    huge = np.array([1e300, -1e300, 1e308])
    assert len(tail(huge, huge, (0.0, 0.0)).x) == 3


def test_thinning_keeps_spikes_and_does_not_jump() -> None:
    steps = np.arange(4096)
    y = np.sin(steps / 500)
    y[1234], y[3000] = 9.0, -9.0
    x = steps / 4096
    kept = thinned(steps, x, y)
    assert len(kept) <= 1.2 * POINTS
    assert {1234, 3000, 4095} <= set(kept)
    later = thinned(steps[1:], x[1:], y[1:]) + 1
    inner = (kept > 20) & (kept < 4080)
    assert set(kept[inner]) <= set(later)
