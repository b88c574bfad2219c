"""Several lanes in one picture: axes that they share, and where each of them stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ganviz.frame import Frame, Probe, Ranges

#: Least width of a lane, in a theme's own pixels.
NARROW = 236

Range = tuple[float, float]


def alike(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Return the same frames on the same axes: each range is the union of all of theirs.

    Only what means the same is united: data of the same dimension, beliefs of the same label,
    measures and portraits of the same name, losses of the same kind of game, the graphs of a probe
    at the same place. What was computed over a narrower range stays where it was computed: nothing
    is drawn beyond it. A frame that has these axes already is returned itself.
    """
    return tuple(_with(frame, frames) for frame in frames)


def _with(frame: Frame, frames: tuple[Frame, ...]) -> Frame:
    """Return a frame on the axes that it has in common with others."""
    changes: dict[str, Any] = {}
    ranges = _ranges(frame, frames)
    if ranges != frame.ranges:
        changes["ranges"] = ranges
    own = frame.belief
    beliefs = [each.belief for each in frames if each.belief.label == own.label]
    low, high = union((each.low, each.high) for each in beliefs)
    if (low, high) != (own.low, own.high):
        changes["belief"] = replace(own, low=low, high=high)
    if frame.probe is not None:
        probes = [each.probe for each in frames if each.probe is not None]
        probe = _probe(frame.probe, [each for each in probes if each.at == frame.probe.at])
        if probe is not frame.probe:
            changes["probe"] = probe
    return replace(frame, **changes) if changes else frame


def _probe(probe: Probe, probes: list[Probe]) -> Probe:
    """Return a probe on the axes of all of these."""
    axes = ("steps", "belief", "density", "slope", "heights")
    common: dict[str, Any] = {name: union(getattr(each, name) for each in probes) for name in axes}
    if all(common[name] == getattr(probe, name) for name in axes):
        return probe
    return replace(probe, **common)


def _ranges(frame: Frame, frames: tuple[Frame, ...]) -> Ranges:
    """Return the ranges of one frame among others."""
    every = [each.ranges for each in frames]
    data = [each.ranges.data for each in frames if each.dim == frame.dim]
    beliefs = [each.ranges.belief for each in frames if each.belief.label == frame.belief.label]
    measures = {
        name: union(found for ranges in every for key, found in ranges.measures if key == name)
        for name, _ in frame.ranges.measures
    }
    portraits = {
        name: _around(found for ranges in every for key, found in ranges.portraits if key == name)
        for name, _ in frame.ranges.portraits
    }
    return Ranges(
        tuple(union(axes) for axes in zip(*data, strict=True)),
        union(each.ranges.losses for each in frames if _like(each) & _like(frame)),
        max(ranges.density for ranges in every),
        union(beliefs),
        tuple(portraits.items()),
        tuple(measures.items()),
        union(ranges.norms for ranges in every),
        max(ranges.pull for ranges in every),
    )


def _like(frame: Frame) -> set[str]:
    """Return what a frame's losses are called: those of one kind of game share some names."""
    return {label for _, label, _ in frame.curves} or {""}


def union(ranges: Iterable[Range]) -> Range:
    """Return the least range that holds all of these."""
    lows, highs = zip(*ranges, strict=True)
    return min(lows), max(highs)


def _around(
    boxes: Iterable[tuple[float, float, float, float]],
) -> tuple[float, float, float, float]:
    found = list(boxes)
    across = union((low, high) for low, high, _, _ in found)
    return (*across, *union((low, high) for _, _, low, high in found))


def by_letter(frames: tuple[Frame, ...]) -> tuple[int, ...]:
    """Return the numbers of the frames in the order of their letters, whichever is driven."""
    return tuple(sorted(range(len(frames)), key=lambda i: (order(frames[i].lane), i)))


def order(letter: str) -> tuple[int, str]:
    """Return what the letters of lanes are sorted by: A … Z, then A1 … Z1, and so on."""
    return len(letter), letter[1:] + letter[:1]


def rows(count: int, wide: float) -> tuple[int, ...]:
    """Return how many lanes stand in each row of a stage so wide (in a theme's own pixels)."""
    if count <= 3:
        fits = wide >= count * NARROW
        return (count,) if fits or count == 1 else (1, 1) if count == 2 else (2, 1)
    return (2,) * (count // 2) + (1,) * (count % 2)
