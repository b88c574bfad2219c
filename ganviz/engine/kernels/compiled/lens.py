"""Networks laid out to be looked through in one call that holds no interpreter lock.

:class:`Net` fills in :data:`~ganviz.engine.kernels.compiled.layout.NET`, for :mod:`.looking`;
:class:`Lens` is what a :class:`~ganviz.engine.family.gaze.Gaze` looks through with it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganviz.engine.kernels.compiled import blas
from ganviz.engine.kernels.compiled.layout import LAYER, NET

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan
    from ganviz.engine.family.gaze import Gaze
    from ganviz.engine.kernels.compiled.load import Function

FloatArray = npt.NDArray[np.float64]
Functions = Mapping[str, "Function"]

#: Bytes that a layer may leave behind, so that two of them stay in the cache; and points that go
#: through at once at least and at most.
LEFT, LEAST, MOST = 2**15, 64, 512
#: Products up to which a look, of a fifth of a millisecond, had better hold the interpreter lock.
SHORT = 5_000_000


_local = threading.local()


def _even(size: int) -> int:
    """Return so many bytes or some more: up to where 64 bytes begin."""
    return -(-size // 64) * 64


def _shared(size: int) -> Tensor:
    """Return memory of so many bytes or more that all networks of this thread pass through.

    One after another: what each kept for itself would no longer be in the cache when it is used.
    """
    found: Tensor | None = getattr(_local, "found", None)
    if found is None or found.numel() < size:
        found = _local.found = torch.empty(size, dtype=torch.uint8)
    return found


def fit(gan: Gan, functions: Functions) -> None:
    """Let a game's players be looked at through lenses."""
    meaning = functions[f"meaning.{gan.loss.belief.number.__name__}"]
    for gaze in gan.gazes:
        gaze.lens = Lens(gaze, functions, meaning if gaze is gan.looking_d else None)


class Net:
    """A network in one thread's rooms.

    Attributes
    ----------
    address
        Where it lies, for answers in its own precision.
    wide
        The same for answers that are told in float64.
    """

    def __init__(self, gaze: Gaze, functions: Functions, flat: Tensor | None = None) -> None:
        """Lay out what a gaze looks through, or as many weights that lie elsewhere."""
        flat = gaze.flat if flat is None else flat
        precision, size = str(flat.dtype).removeprefix("torch."), flat.element_size()
        shapes = gaze.shapes
        widest = max(outputs for outputs, _ in shapes)
        chunk = min(max(LEFT // (widest * size), LEAST), MOST)
        ends = max(shapes[0][1], shapes[-1][0])
        # As torch places its memory, at multiples of 64 bytes: what BLAS makes of numbers may
        # depend on where they lie.
        rooms = _shared(sum(_even(rows * chunk * size) for rows in (widest, widest, ends)))
        t = rooms.data_ptr()
        y = t + _even(widest * chunk * size)
        points = y + _even(widest * chunk * size)
        layers = np.zeros(len(shapes), LAYER)
        begin = flat.data_ptr()
        for number, (outputs, inputs) in enumerate(shapes):
            bend = "none" if number == len(shapes) - 1 else gaze.activation
            layers[number]["inputs"], layers[number]["outputs"] = inputs, outputs
            layers[number]["weight"] = begin
            layers[number]["bias"] = begin + outputs * inputs * size
            layers[number]["t"], layers[number]["y"] = t, y
            layers[number]["bend"] = functions[f"bend.{bend}.{precision}"].address
            begin += outputs * (inputs + 1) * size
        nets = np.zeros(2, NET)
        for net, tell, told in zip(nets, ("copy", "widen"), (size, 8), strict=True):
            net["layers"], net["depth"] = layers.ctypes.data, len(layers)
            net["chunk"], net["points"] = chunk, points
            for name in ("weigh", "turn"):
                net[name] = functions[f"{name}.{precision}"].address
            net["tell"] = functions[f"{tell}.{precision}"].address
            net["gemm"], net["size"], net["told"] = blas.address(precision), size, told
        self._kept = flat, rooms, layers, nets
        self.address, self.wide = nets.ctypes.data, nets.ctypes.data + NET.itemsize


class Lens:
    """Looks through what a gaze looks through, in one call; in each thread in rooms of its own."""

    def __init__(self, gaze: Gaze, functions: Functions, meaning: Function | None = None) -> None:
        """Look as a gaze does; ``meaning`` makes of D's logits what they mean."""
        self._gaze = gaze
        self._functions = functions
        self._see = functions["see"]
        self._rooms = threading.local()
        self._dtype = np.dtype(str(gaze.flat.dtype).removeprefix("torch."))
        self._inputs, self._outputs = gaze.shapes[0][1], gaze.shapes[-1][0]
        self._each = sum(outputs * (inputs + 1) for outputs, inputs in gaze.shapes)
        self._meaning = meaning

    def __call__(self, x: Tensor) -> npt.NDArray[np.floating]:
        """Return the outputs (n, outputs) for (n, inputs), in the precision of both."""
        return self._seen(x, self._dtype, self._net.address, 0)

    def wide(self, x: Tensor) -> FloatArray:
        """Return the same in float64."""
        return self._seen(x, np.dtype(float), self._net.wide, 0)

    def meant(self, x: Tensor) -> FloatArray:
        """Return what D's logits mean, (n, 1), where it is D that is looked through."""
        meaning = 0 if self._meaning is None else self._meaning.address
        return self._seen(x, np.dtype(float), self._net.wide, meaning)

    def meaning(self, logits: FloatArray) -> FloatArray:
        """Return what logits (n,) mean that D may or may not have said."""
        made = np.array(logits, dtype=np.float64, order="C")
        if self._meaning is not None:
            self._meaning.held(made.ctypes.data, made.size)
        return made

    @property
    def _net(self) -> Net:
        found: Net | None = getattr(self._rooms, "found", None)
        if found is None:
            found = self._rooms.found = Net(self._gaze, self._functions)
        return found

    def _seen(self, x: Tensor, dtype: np.dtype[Any], net: int, meaning: int) -> npt.NDArray[Any]:
        n, width = x.shape
        if width != self._inputs or x.dtype != self._gaze.flat.dtype:
            raise ValueError(
                f"points of shape ({n}, {width}) in {x.dtype}: must be (n, {self._inputs}) in "
                f"{self._gaze.flat.dtype}"
            )
        x = x.contiguous()
        out = np.empty((n, self._outputs), dtype)
        blas.keep_to_one_thread()
        see = self._see.held if n * self._each < SHORT else self._see.call
        see(net, x.data_ptr(), n, out.ctypes.data, meaning)
        return out
