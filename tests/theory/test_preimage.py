"""The lecture's example of a generator's CDF, and a brute-force one."""

from __future__ import annotations

from math import exp, inf

import numpy as np
import pytest

from ganviz.theory import preimage

LECTURE = [lambda z: -(z**2), lambda z: np.exp(-z), lambda z: z]


@pytest.mark.parametrize(
    ("x", "intervals", "value"),
    [
        ([-1, exp(2), 2], [(-2, -1), (1, 2)], 0.2718102),
        ([-1, 1, 2], [(1, 2)], 0.1359051),
        # The slide says the preimage is empty here; it is [0, 2].
        ([1, 1, 2], [(0, 2)], 0.4772499),
        ([inf, inf, inf], [(-6, 6)], 1.0),
        ([inf, inf, 0], [(-6, 0)], 0.5),
        ([-1, 1, 0], [], 0.0),
    ],
)
def test_the_lectures_example(x: list[float], intervals: list, value: float) -> None:
    found = preimage.preimage(LECTURE, x)
    assert len(found) == len(intervals)
    if intervals:
        np.testing.assert_allclose(found, intervals, atol=1e-12)
    assert preimage.cdf(LECTURE, x) == pytest.approx(value, abs=5.1e-8)


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_agrees_with_counting_draws(kind: str) -> None:
    parts = [lambda z: np.sin(5 * z), lambda z: z**2 - z]
    rng = np.random.default_rng(0)
    z = rng.standard_normal(400_000) if kind == "normal" else rng.uniform(-1, 1, 400_000)
    x = [0.3, 0.5]
    share = np.mean((parts[0](z) <= x[0]) & (parts[1](z) <= x[1]))
    assert preimage.cdf(parts, x, kind) == pytest.approx(share, abs=0.003)


def test_a_range_can_be_given() -> None:
    found = preimage.preimage([lambda z: z], [0.5], low=0.0, high=1.0)
    np.testing.assert_allclose(found, [(0, 0.5)], atol=1e-12)
    with pytest.raises(ValueError, match="x has 2 numbers for 1 parts"):
        preimage.preimage([lambda z: z], [0.5, 1])


@pytest.mark.parametrize("x", [*preimage.EXAMPLES, (-0.5, 3.3, 0.9), (-2, 9, -1.4), (0, 1, 2)])
def test_the_exact_preimage_is_what_bisection_finds(x: tuple[float, ...]) -> None:
    exact = preimage.lecture(x)
    found = preimage.preimage(preimage.LECTURE, x)
    assert np.array(exact) == pytest.approx(np.array(found), abs=1e-9)
    assert preimage.mass(exact) == pytest.approx(preimage.cdf(LECTURE, x), abs=1e-9)


def test_the_exact_preimage_of_the_examples() -> None:
    found = [preimage.lecture(x) for x in preimage.EXAMPLES]
    assert found == [[(-2, -1), (1, 2)], [(1, 2)], [(0, 2)]]
    masses = [preimage.mass(each) for each in found]
    assert masses == pytest.approx([0.2718102, 0.1359051, 0.4772499], abs=1e-7)


@pytest.mark.parametrize("x", [(-1, 1, 0.5), (1, 0, 2), (1, -1, 2)])
def test_an_empty_preimage_has_no_mass(x: tuple[float, ...]) -> None:
    assert preimage.lecture(x) == []
    assert preimage.mass([]) == 0
