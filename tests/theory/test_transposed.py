"""Transposed convolution as a matrix, against torch and against the matrix of the convolution."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from ganviz.theory.transposed import Geometry, convolution

GEOMETRIES = [
    Geometry(k, s, p, n)
    for k, s, p, n in product((1, 2, 3, 4), (1, 2, 3), (0, 1), (1, 2, 3))
    if (n - 1) * s - 2 * p + k >= 1
]


@pytest.mark.parametrize(("k", "s", "p"), [(2, 2, 0), (4, 2, 1), (3, 1, 0)])
def test_three_ways_lead_from_two_pixels_a_side_to_four(k: int, s: int, p: int) -> None:
    assert Geometry(k, s, p).out == 4
    assert Geometry(k, s, p).entries().shape == (16, 4)


def test_matrix_and_stamps_are_what_torch_computes() -> None:
    draws = np.random.default_rng(7)
    for g in GEOMETRIES:
        x = draws.standard_normal((g.size, g.size))
        kernel = draws.standard_normal((g.kernel, g.kernel))
        theirs = torch.nn.functional.conv_transpose2d(
            torch.from_numpy(x)[None, None],
            torch.from_numpy(kernel)[None, None],
            stride=g.stride,
            padding=g.padding,
        )[0, 0].numpy()
        assert theirs.shape == (g.out, g.out)
        np.testing.assert_allclose(g.transposed(x, kernel), theirs, atol=1e-12)
        np.testing.assert_allclose(g.matrix(kernel) @ x.ravel(), theirs.ravel(), atol=1e-12)


def test_the_matrix_is_the_transpose_of_the_convolutions() -> None:
    draws = np.random.default_rng(8)
    for g in GEOMETRIES:
        kernel = draws.standard_normal((g.kernel, g.kernel))
        w = convolution(kernel, g.out, g.stride, g.padding)
        np.testing.assert_array_equal(w.T, g.matrix(kernel))


def test_the_matrix_of_a_convolution_is_what_torch_computes() -> None:
    draws = np.random.default_rng(9)
    for k, s, p, n in product((1, 2, 3), (1, 2), (0, 1), (3, 4)):
        x, kernel = draws.standard_normal((n, n)), draws.standard_normal((k, k))
        theirs = torch.nn.functional.conv2d(
            torch.from_numpy(x)[None, None],
            torch.from_numpy(kernel)[None, None],
            stride=s,
            padding=p,
        )
        ours = convolution(kernel, n, s, p) @ x.ravel()
        np.testing.assert_allclose(ours, theirs.numpy().ravel(), atol=1e-12)


def test_a_stamp_begins_where_its_corner_says() -> None:
    g = Geometry(4, 2, 1)
    assert [g.corner(pixel) for pixel in range(4)] == [(-1, -1), (-1, 1), (1, -1), (1, 1)]
    lit = (g.entries()[:, 3] >= 0).reshape(4, 4)
    assert lit[1:, 1:].all()
    assert lit.sum() == 9  # a row and a column of its sixteen weights are cut off


def test_what_leaves_nothing_is_refused() -> None:
    for bad in ((1, 1, 1), (0, 1, 0), (2, 0, 0), (2, 1, -1)):
        with pytest.raises(ValueError, match="must"):
            Geometry(*bad)
    with pytest.raises(ValueError, match="must fit"):
        convolution(np.ones((4, 4)), 3)
