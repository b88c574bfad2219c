"""Networks that are only looked through: no gradient is asked for, and no new memory.

What pictures and measures ask of the players is the same every time, thousands of points through
the present weights. Here these go through in pieces that fit the cache, in rooms that are kept:
getting and giving back half a megabyte for every layer would cost as much as the arithmetic.

That is the definition. A kernel may bring a :class:`Lens` that takes all pieces and layers in one
call: beside a window each call of torch's waits for the interpreter lock anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from ganviz.engine.player import Player

#: Numbers of a layer that go through at once.
ROOM = 2**16

#: Activations that overwrite what they are given; the others make room for themselves.
IN_PLACE: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu_,
    "leaky-relu": lambda t: functional.leaky_relu_(t, 0.2),
    "tanh": torch.tanh_,
    "sigmoid": torch.sigmoid_,
    "elu": functional.elu_,
    "silu": lambda t: functional.silu(t, inplace=True),
}


FloatArray = npt.NDArray[np.float64]


class Lens(Protocol):
    """Looks through a network in one call, at the weights as they are."""

    def __call__(self, x: Tensor) -> npt.NDArray[np.floating]:
        """Return the outputs (n, outputs) for (n, inputs), in the precision of both."""
        ...

    def wide(self, x: Tensor) -> FloatArray:
        """Return the same in float64."""
        ...

    def meant(self, x: Tensor) -> FloatArray:
        """Return what D's logits mean, (n, 1), where it is D that is looked through."""
        ...

    def meaning(self, logits: FloatArray) -> FloatArray:
        """Return what logits (n,) mean that D may or may not have said."""
        ...


class Gaze:
    """The layers of a player that is a plain network, as they are at each moment.

    Parameters
    ----------
    player
        Its first parameters are those of its layers: weight and bias, weight and bias, …
    hidden
        The widths of its hidden layers.
    activation
        Its name in the catalog, which must be in ``IN_PLACE``.
    exact
        Whether to look in float64, at a copy of the weights.
    flat
        Weights of the player's kind that are looked at instead of its own.

    Attributes
    ----------
    flat
        The weights that are looked through.
    shapes
        (outputs, inputs) of each layer.
    lens
        What looks through them in one call, where a kernel brings it; else None.
    """

    def __init__(
        self,
        player: Player,
        hidden: tuple[int, ...],
        activation: str,
        exact: bool = False,
        flat: Tensor | None = None,
    ) -> None:
        self._flat = player.flat if flat is None else flat
        self.flat = self._flat
        if exact:
            self.flat = self._flat.detach().to("cpu", torch.float64).clone()
        leaves = [part.view(shape).detach() for part, shape in player.parted(self.flat)]
        pairs = range(0, 2 * len(hidden) + 2, 2)
        self.shapes = [(leaves[i].shape[0], leaves[i].shape[1]) for i in pairs]
        self.activation = activation
        self.lens: Lens | None = None
        # Of a single input a product of matrices would be a detour.
        self._layers = [
            (
                torch.addcmul if leaves[i].shape[1] == 1 else torch.addmm,
                leaves[i].t(),
                leaves[i + 1],
            )
            for i in pairs
        ]
        self._act = IN_PLACE[activation]
        self._exact = exact
        self._rows = ROOM // max(hidden, default=1) + 1
        self._rooms = threading.local()

    def _room(self) -> list[Tensor]:
        """Return the room of each hidden layer; a thread's own."""
        found: list[Tensor] | None = getattr(self._rooms, "found", None)
        if found is None:
            widths = [bias.shape[0] for _, _, bias in self._layers[:-1]]
            found = self._rooms.found = [self.flat.new_empty(self._rows, w) for w in widths]
        return found

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        """Return the outputs (n, outputs) for (n, inputs), in memory of their own."""
        if self._exact:
            self.flat.copy_(self._flat)
        if self.lens is not None:
            return torch.from_numpy(self.lens(x))
        *inner, (add_last, last, bias) = self._layers
        n, room = x.shape[0], self._room()
        made = x.new_empty(n, bias.shape[0])
        for begin in range(0, n, self._rows):
            end = min(begin + self._rows, n)
            h = x if end - begin == n else x[begin:end]
            for (add, weight, shift), to in zip(inner, room, strict=True):
                h = self._act(add(shift, h, weight, out=to[: end - begin]))
            add_last(bias, h, last, out=made if h.shape[0] == n else made[begin:end])
        return made

    def wide(self, x: Tensor) -> FloatArray:
        """Return the same as an array of float64."""
        if self.lens is not None and not self._exact:
            return self.lens.wide(x)
        return self(x).cpu().numpy().astype(np.float64)
