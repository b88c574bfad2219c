"""Moments as bytes are what everybody calls safetensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from ganviz.tape.packing import saved, tensors


def test_what_is_saved_is_what_safetensors_saves() -> None:
    rng = np.random.default_rng(0)
    arrays: dict[str, npt.NDArray[Any]] = {
        "weights.flat": rng.normal(size=(2, 5)).astype(np.float32),
        "fixed": np.array([0, 1, 1], np.uint8),
        "held": rng.normal(size=(2, 3, 4)).transpose(1, 0, 2),
        "branch": np.arange(3),
        "none": np.empty((0, 7)),
        "memory.average": np.ones((2, 1), np.float32),
    }
    about = {"ganviz": '{"how": "≈ \\"exact\\""}'}
    data = saved(arrays, about)
    assert data == save({n: np.ascontiguousarray(a) for n, a in arrays.items()}, metadata=about)
    found, told = tensors(data)
    assert told == about
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array, strict=True)
