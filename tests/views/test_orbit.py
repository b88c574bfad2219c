"""Winding, period and tail of an orbit."""

from __future__ import annotations

import numpy as np
import pytest

from ganviz.views.orbit import POINTS, period, tail, thinned, winding


def _circle(
    steps: int, turn: float, a: float = 1.0, b: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    angle = 2 * np.pi * np.arange(steps) / turn
    return a * np.cos(angle), b * np.sin(angle)


@pytest.mark.parametrize("turn", [7.5, 125.66, 900.0])
@pytest.mark.parametrize("shape", [(1.0, 1.0), (3.0, 0.01)])
@pytest.mark.parametrize("sense", [1, -1])
def test_period_of_a_circle(turn: float, shape: tuple[float, float], sense: int) -> None:
    x, y = _circle(2500, turn, *shape)
    found = period(winding(x, sense * y, (0.0, 0.0)))
    assert found == pytest.approx(turn, rel=0.01)


def test_one_turn_is_enough_and_less_is_not() -> None:
    x, y = _circle(150, 120.0)
    assert period(winding(x, y, (0.0, 0.0))) == pytest.approx(120, rel=0.02)
    x, y = _circle(100, 120.0)
    assert period(winding(x, y, (0.0, 0.0))) is None


def test_a_spiral_out_has_the_period_of_its_turns() -> None:
    angle = 2 * np.pi * np.arange(3000) / 126
    radius = np.exp(np.arange(3000) / 900)
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    assert period(winding(x, y, (0.0, 0.0))) == pytest.approx(126, rel=0.02)


def test_without_a_centre_the_mean_serves() -> None:
    x, y = _circle(1260, 126.0)
    assert period(winding(x + 5, y - 3, None)) == pytest.approx(126, rel=0.02)


def test_jitter_about_the_centre_has_no_period() -> None:
    rng = np.random.default_rng(0)
    found = [tail(*rng.standard_normal((2, 4000)), (0.0, 0.0)).period for _ in range(200)]
    assert sum(f is not None for f in found) <= 4


def test_noise_in_every_step_does_not_hide_an_orbit() -> None:
    rng = np.random.default_rng(1)
    x, y = np.array(_circle(1000, 126.0)) + 0.1 * rng.standard_normal((2, 1000))
    assert tail(x, y, (0.0, 0.0)).period == pytest.approx(126, rel=0.05)


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
    assert tail(np.ones(1), np.ones(1), None).period is None
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
