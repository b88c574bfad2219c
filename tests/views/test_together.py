"""Lanes share their axes, whichever is driven."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scenes

from ganviz.frame import Frame, Probe
from ganviz.views.together import alike, by_letter, order, rows


def _lanes(*frames: Frame) -> tuple[Frame, ...]:
    return tuple(replace(frame, lane=letter) for letter, frame in zip("ABCD", frames, strict=False))


def _ranged(frame: Frame, **changes: object) -> Frame:
    return replace(frame, ranges=replace(frame.ranges, **changes))


def test_every_range_is_the_union_of_all_lanes() -> None:
    one = scenes.bimodal(300)
    other = _ranged(
        one,
        data=((-9.0, 2.0),),
        losses=(-0.5, 7.0),
        density=3.0,
        norms=(1e-6, 1.0),
        pull=40.0,
        measures=(("jsd", (0.2, 0.9)),),
    )
    one = _ranged(one, measures=(("jsd", (0.0, 0.4)), ("w1", (0.0, 2.0))))
    both = alike(_lanes(one, other))
    first, second = (frame.ranges for frame in both)
    before = one.ranges
    assert first.data == second.data == ((-9.0, before.data[0][1]),)
    assert first.losses == second.losses == (before.losses[0], 7.0)
    assert first.density == second.density == max(before.density, 3.0)
    assert first.norms == second.norms == (1e-6, before.norms[1])
    assert first.pull == 40.0
    assert dict(first.measures) == {"jsd": (0.0, 0.9), "w1": (0.0, 2.0)}
    assert dict(second.measures) == {"jsd": (0.0, 0.9)}


def test_portraits_of_the_same_name_have_the_same_axes() -> None:
    one = scenes.saddle(100)
    name, (left, right, low, high) = one.ranges.portraits[0]
    wide = (left - 1, right, low, high + 2)
    other = _ranged(one, portraits=((name, wide), ("another", (0.0, 1.0, 0.0, 1.0))))
    first, second = alike(_lanes(one, other))
    assert first.ranges.portrait(name) == second.ranges.portrait(name) == wide
    assert second.ranges.portrait("another") == (0.0, 1.0, 0.0, 1.0)
    assert [key for key, _ in first.ranges.portraits] == [key for key, _ in one.ranges.portraits]


def test_only_beliefs_of_the_same_label_share_an_axis() -> None:
    one = scenes.bimodal(100)
    critic = replace(one, belief=replace(one.belief, label="critic s(x)", low=-3.0, high=4.0))
    steeper = replace(critic, belief=replace(critic.belief, low=-9.0, high=1.0))
    first, second, third = alike(_lanes(one, critic, steeper))
    assert (first.belief.low, first.belief.high) == (one.belief.low, one.belief.high)
    assert (second.belief.low, second.belief.high) == (-9.0, 4.0)
    assert (third.belief.low, third.belief.high) == (-9.0, 4.0)


def test_data_of_another_dimension_keep_their_own_axes() -> None:
    line, plane = scenes.bimodal(100), scenes.ring(100, 50)
    first, second = alike(_lanes(line, plane))
    assert first.ranges.data == line.ranges.data
    assert second.ranges.data == plane.ranges.data


def test_a_probe_at_the_same_place_has_the_same_axes() -> None:
    frame, at, unit = scenes.bimodal(100), (0.5,), (0.0, 1.0)
    empty = np.empty((0, 6)), np.empty((0, 2))
    low = Probe(at, *empty, unit, unit, unit, unit, unit)
    high = Probe(at, *empty, (5.0, 9.0), unit, (0.0, 3.0), unit, (-1.0, 0.5))
    frames = alike(_lanes(replace(frame, probe=low), replace(frame, probe=high)))
    for each in frames:
        assert each.probe is not None
        assert (each.probe.steps, each.probe.density) == ((0.0, 9.0), (0.0, 3.0))
        assert each.probe.heights == (-1.0, 1.0)


def test_frames_on_the_same_axes_already_are_the_same_objects() -> None:
    frames = _lanes(scenes.bimodal(100), scenes.bimodal(100))
    assert all(a is b for a, b in zip(alike(frames), frames, strict=True))


def test_lanes_stand_by_their_letters_whichever_is_driven() -> None:
    a, b, c = _lanes(*[scenes.saddle(20)] * 3)
    assert by_letter((c, a, b)) == (1, 2, 0)
    assert by_letter((b, a, c)) == (1, 0, 2)
    names = ["Z1", "B", "A1", "Z", "A10", "A"]
    assert sorted(names, key=order) == ["A", "B", "Z", "A1", "Z1", "A10"]


@pytest.mark.parametrize(
    ("count", "wide", "expected"),
    [
        (1, 300, (1,)),
        (2, 900, (2,)),
        (2, 400, (1, 1)),
        (3, 900, (3,)),
        (3, 620, (2, 1)),
        (4, 900, (2, 2)),
        (4, 2000, (2, 2)),
    ],
)
def test_as_many_lanes_in_a_row_as_can_be_read(count: int, wide: int, expected: tuple) -> None:
    assert rows(count, wide) == expected
