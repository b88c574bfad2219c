"""Transposed convolution ("deconvolution") of small squares, written out as a matrix.

A convolution without a bias is linear: y = W x for the pixels of both squares in rows, and every
row of W holds the kernel. Its transpose runs the other way. Column j of Wᵀ is the *stamp* of input
pixel j: the kernel, put down s·(row, column) of that pixel less the padding p, so that

    out = (in − 1)·s − 2p + k

pixels a side come out (Dumoulin & Visin 2016, relationship 13; the layers of DCGAN, Radford et al.
2016). As in every deep-learning library the kernel is not turned round: "convolution" is
cross-correlation, and the transpose puts the kernel down as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Geometry:
    """How a transposed convolution makes one square of another.

    Attributes
    ----------
    kernel, stride, padding
        k, s and p: pixels a side of the kernel, pixels between two stamps, and pixels cut off each
        edge of the output.
    size
        Pixels a side of the input.

    Raises
    ------
    ValueError
        Where nothing is left of the output.
    """

    kernel: int
    stride: int
    padding: int = 0
    size: int = 2

    def __post_init__(self) -> None:
        if min(self.kernel, self.stride, self.size) < 1 or self.padding < 0:
            raise ValueError("kernel, stride and size: must be at least 1, padding at least 0")
        if self.out < 1:
            raise ValueError(f"padding = {self.padding}: must leave at least one pixel")

    @property
    def out(self) -> int:
        """Pixels a side of the output."""
        return (self.size - 1) * self.stride - 2 * self.padding + self.kernel

    def corner(self, pixel: int) -> tuple[int, int]:
        """Return (row, column) of the output where the stamp of an input pixel begins.

        It may lie outside: what the padding cuts off.
        """
        row, column = divmod(pixel, self.size)
        return row * self.stride - self.padding, column * self.stride - self.padding

    def entries(self) -> IntArray:
        """Return (out², size²) which weight of the kernel stands where in Wᵀ, from 0; −1: none."""
        k, m = self.kernel, self.out
        found = np.full((m * m, self.size**2), -1, np.int64)
        for pixel in range(self.size**2):
            top, left = self.corner(pixel)
            for weight in range(k * k):
                row, column = top + weight // k, left + weight % k
                if 0 <= row < m and 0 <= column < m:
                    found[row * m + column, pixel] = weight
        return found

    def matrix(self, kernel: FloatArray) -> FloatArray:
        """Return (out², size²) Wᵀ, whose columns are the stamps; ``kernel`` is (k, k)."""
        entries = self.entries()
        return np.where(entries < 0, 0.0, np.asarray(kernel, float).ravel()[entries])

    def transposed(self, x: FloatArray, kernel: FloatArray) -> FloatArray:
        """Return (out, out) the transposed convolution of ``x`` (size, size), stamp by stamp."""
        k, p = self.kernel, self.padding
        whole = np.zeros((self.out + 2 * p, self.out + 2 * p))
        for (row, column), value in np.ndenumerate(np.asarray(x, float)):
            top, left = row * self.stride, column * self.stride
            whole[top : top + k, left : left + k] += value * np.asarray(kernel, float)
        return np.asarray(whole[p : p + self.out, p : p + self.out])


#: From 2 × 2 pixels: what can be chosen where one plays with it, by its name.
CHOICES: dict[str, Geometry] = {
    f"k{k} s{s} p{p}": Geometry(k, s, p) for k in (2, 3, 4) for s in (1, 2) for p in (0, 1)
}
#: Numbers to play with: 1, 2, 3 … in rows, so that each can be told from the others, or nothing
#: but ones, so that the output counts how many stamps lie over each other.
NUMBERS: tuple[str, ...] = ("numbered", "ones")


def square(numbers: str, size: int) -> FloatArray:
    """Return (size, size) the numbers of that name."""
    if numbers == "ones":
        return np.ones((size, size))
    return np.arange(1.0, size * size + 1).reshape(size, size)


def convolution(kernel: FloatArray, size: int, stride: int = 1, padding: int = 0) -> FloatArray:
    """Return (n², size²) W of the convolution of a square, row by row as a window slides over it.

    n = ⌊(size + 2p − k) / s⌋ + 1 (Dumoulin & Visin 2016, relationship 6).

    Raises
    ------
    ValueError
        Where the kernel does not fit into the padded square.
    """
    kernel = np.asarray(kernel, float)
    k = len(kernel)
    if size + 2 * padding < k:
        raise ValueError(f"kernel of {k} x {k}: must fit into the padded square")
    n = (size + 2 * padding - k) // stride + 1
    rows = np.empty((n * n, size * size))
    for at in range(n * n):
        window = np.zeros((size + 2 * padding, size + 2 * padding))
        top, left = at // n * stride, at % n * stride
        window[top : top + k, left : left + k] = kernel
        rows[at] = window[padding : padding + size, padding : padding + size].ravel()
    return rows
