"""Every picture of a film has a step that was, in order, and the last one comes last."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganviz.film.order import PACES, Order
from ganviz.film.plan import steps
from ganviz.schema import ParamError

lengths = st.floats(0.02, 12)
orders = st.builds(
    lambda fps, seconds, hold, pace: Order(fps=fps, seconds=seconds, hold=hold, pace=pace),
    st.integers(1, 60),
    lengths,
    st.floats(0, 4),
    st.sampled_from(PACES),
)


@settings(deadline=None)
@given(order=orders, first=st.integers(0, 10**6), way=st.integers(0, 10**9))
def test_a_film_of_some_seconds(order: Order, first: int, way: int) -> None:
    last = first + way
    planned = steps(order, first, last)
    assert order.seconds is not None
    assert len(planned) == max(round(order.fps * order.seconds), 1)
    assert planned[-1] == last
    assert list(planned) == sorted(planned)
    assert all(isinstance(step, int) and first <= step <= last for step in planned)
    if len(planned) > 2:
        assert planned[0] == first
    held = min(round(order.fps * order.hold), len(planned) // 2)
    assert set(planned[len(planned) - 1 - held :]) == {last}


@settings(deadline=None)
@given(
    speed=st.floats(5, 10**5),
    fps=st.integers(1, 60),
    hold=st.floats(0, 3),
    pace=st.sampled_from(PACES),
    way=st.integers(0, 2000),
)
def test_a_film_of_some_speed(speed: float, fps: int, hold: float, pace: str, way: int) -> None:
    order = Order(seconds=None, speed=speed, fps=fps, hold=hold, pace=pace)
    planned = steps(order, 7, 7 + way)
    moving = len(planned) - round(fps * hold)
    assert planned[moving - 1 :] == (7 + way,) * (len(planned) - moving + 1)
    if way:
        assert planned[0] == 7
        assert moving == max(round(way / speed * fps) + 1, 2)
    else:
        assert moving == 1


def test_an_even_film_and_an_early_one() -> None:
    even = Order(fps=1, seconds=5, hold=0)
    assert steps(even, 0, 100) == (0, 25, 50, 75, 100)
    assert steps(even.with_(pace="early"), 0, 1600) == (0, 100, 400, 900, 1600)
    assert steps(even.with_(hold=2.0), 0, 100) == (0, 50, 100, 100, 100)
    assert steps(Order(fps=10, seconds=None, speed=20, hold=0), 0, 6) == (0, 2, 4, 6)


@settings(deadline=None)
@given(way=st.integers(0, 10**6), pictures=st.integers(3, 300))
def test_an_early_film_is_never_ahead_of_an_even_one(way: int, pictures: int) -> None:
    even = Order(fps=30, seconds=pictures / 30, hold=0)
    early = even.with_(pace="early")
    pairs = zip(steps(early, 0, way), steps(even, 0, way), strict=True)
    assert all(a <= b for a, b in pairs)


def test_a_part_of_the_run() -> None:
    order = Order(fps=1, seconds=3, hold=0, first=10, last=20)
    assert steps(order, 0, 100) == (10, 15, 20)
    assert steps(Order(fps=1, seconds=3, hold=0, first=90), 0, 100) == (90, 95, 100)


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (Order(last=200), "film.last = 200: must be a step of the run, from 5 to 100"),
        (Order(first=3), "film.first = 3: must be a step of the run, from 5 to 100"),
        (Order(first=101), "film.first = 101: must be a step of the run"),
        (Order(seconds=None, speed=0.001), "film of 2,850,016 pictures: must have at most"),
    ],
)
def test_steps_that_there_are_not(order: Order, sentence: str) -> None:
    with pytest.raises(ParamError) as told:
        steps(order, 5, 100)
    assert sentence in str(told.value)
