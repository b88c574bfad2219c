"""What is remembered of arrays that cannot change, and that nothing is of others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ganviz.theory.kept import kept

calls: list[int] = []


@kept(2)
def total(x: npt.NDArray[np.float64], factor: float = 1.0) -> float:
    calls.append(len(x))
    return float(x.sum()) * factor


def fixed(*values: float) -> npt.NDArray[np.float64]:
    x = np.array(values)
    x.flags.writeable = False
    return x


def test_a_read_only_array_is_asked_about_once_and_as_many_as_are_kept() -> None:
    calls.clear()
    a, b, c = fixed(1.0, 2.0), fixed(3.0), fixed(1.0, 2.0, 3.0)
    assert [total(a), total(a), total(b), total(a, 2.0), total(a, 2.0)] == [3, 3, 3, 6, 6]
    assert calls == [2, 1, 2]
    assert (total(c), total(a)) == (6, 3)
    assert calls == [2, 1, 2, 3, 2]


def test_nothing_is_remembered_of_an_array_that_may_change() -> None:
    x = np.array([1.0, 2.0])
    assert total(x) == 3
    x[0] = 5
    assert total(x) == 7


def test_an_array_in_the_place_of_another_is_not_taken_for_it() -> None:
    for value in range(50):
        assert total(fixed(float(value))) == value
