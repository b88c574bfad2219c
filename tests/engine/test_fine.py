"""A fine frame says what the usual one says, and more between."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from ganviz.engine import Engine
from ganviz.frame import Array, Frame, Look
from ganviz.presets import presets

LOOK = Look(layers=Look().layers | {"model", "contours", "arrows", "manifold"}, upper="measures")
ON_THE_GRID = {"grid", "belief", "density", "model", "best"}


def _both(name: str, steps: int = 60) -> tuple[Frame, Frame]:
    engine = Engine(presets()[name].settings)
    engine.step(steps)
    fine = engine.frame(LOOK.with_(fine=True).wants)
    return engine.frame(LOOK.wants), fine


def _coarse(values: Array) -> Array:
    """Return what lies at the nodes of the usual grid."""
    return values[tuple(slice(None, None, 2) for _ in values.shape)]


@pytest.mark.parametrize(("name", "nodes"), [("two-modes", 481), ("ring", 255)])
def test_every_usual_node_is_a_fine_one_too(name: str, nodes: int) -> None:
    usual, fine = _both(name)
    for few, many in zip(usual.grid, fine.grid, strict=True):
        assert len(many) == nodes == 2 * len(few) - 1
        np.testing.assert_allclose(many[::2], few, rtol=0, atol=1e-12)
    np.testing.assert_allclose(_coarse(fine.belief.values), usual.belief.values, atol=1e-6)
    assert usual.density is not None
    assert fine.density is not None
    np.testing.assert_allclose(_coarse(fine.density), usual.density, rtol=1e-9, atol=1e-12)


def test_what_theory_says_of_cells_is_about_the_same_of_smaller_ones() -> None:
    usual, fine = _both("two-modes")
    assert usual.best is not None
    assert fine.best is not None
    assert usual.model is not None
    assert fine.model is not None
    assert np.nanmedian(np.abs(_coarse(fine.best) - usual.best)) < 0.01
    top = usual.model.density.max()
    assert np.nanmedian(np.abs(_coarse(fine.model.density) - usual.model.density)) < 0.02 * top


@pytest.mark.parametrize("name", ["two-modes", "ring", "saddle-two-numbers"])
def test_all_else_is_equal(name: str) -> None:
    usual, fine = _both(name)
    for each in fields(Frame):
        if each.name not in ON_THE_GRID:
            assert _same(getattr(fine, each.name), getattr(usual, each.name)), each.name
    assert replace(fine.belief, values=usual.belief.values).label == usual.belief.label
    assert (fine.belief.low, fine.belief.high) == (usual.belief.low, usual.belief.high)


def test_a_field_that_nobody_sees_is_not_refined() -> None:
    engine = Engine(presets()["ring"].settings)
    look = LOOK.with_(maximised="losses", fine=True)
    assert len(engine.frame(look.wants).grid[0]) < 128


def _same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if hasattr(one, "__dataclass_fields__") and type(one) is type(other):
        names = one.__dataclass_fields__
        return all(_same(getattr(one, name), getattr(other, name)) for name in names)
    return one == other or (one != one and other != other)
