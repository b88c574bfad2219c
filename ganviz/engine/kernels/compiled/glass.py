"""What the measures ask of a game on the line, in one call that holds no interpreter lock.

It fills in :data:`~ganviz.engine.kernels.compiled.layout.LINE` and calls :mod:`.looking`. Where
p_g has point masses, as of a ReLU's plateau, and for whatever else is not covered, ``None`` leaves
the moment to the definition, :mod:`ganviz.engine.family.present`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from math import nan, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from ganviz.catalog.costs import Apart
from ganviz.catalog.measures import Known
from ganviz.engine.family import present
from ganviz.engine.kernels.compiled import blas
from ganviz.engine.kernels.compiled.layout import CHUNK, LAYER, LINE, NET, SEEN
from ganviz.engine.player import Player
from ganviz.schema import get
from ganviz.theory import normal, pushforward

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan
    from ganviz.engine.kernels.compiled.load import Function

FloatArray = npt.NDArray[np.float64]
#: In how many pieces a bent cell is cut at most: what :func:`.pushforward.push_forward` takes.
REFINE = 32


def why_not(gan: Gan) -> str:
    """Return why a game's present is left to numpy, by its settings alone, or nothing."""
    ground, target = gan.ground, gan.target
    if target.dim != 1 or gan.latent_dim != 1 or ground.way != "push" or not ground.compares:
        return "p_g is not pushed forward from one number to one"
    if target.mixture is None or target.atoms or target.mixture[2].min() <= 0:
        return "the data are not a mixture of normals"
    if gan.exact_gaze is None or gan.looking_d is None:
        return "a player is not a plain network"
    if not gan.plain_labels:
        return "D's labels are mixed"
    return ""


class Glass:
    """Looks at one game on the line, that :func:`why_not` has nothing against."""

    cells = present.CELLS["measure"]

    def __init__(self, gan: Gan, functions: Mapping[str, Function]) -> None:
        self._gan = gan
        self._functions = functions
        self._rooms = threading.local()
        numbers = gan.loss.numbers
        self._costs = (
            [functions[f"weighed.{cost.of.__name__}"] for cost in (numbers.real, numbers.fake)]
            if isinstance(numbers, Apart) and gan.loss.labels is not None
            else []
        )
        self._parted = functions[f"parted.{gan.loss.belief.number.__name__}"]

    def known(self) -> Known | None:
        """Return what theory says of the present moment, or None for what is not covered."""
        gan = self._gan
        if get(gan.settings, "measure.w2") or gan.judge.sigma > 0:
            return None
        room: _Room | None = getattr(self._rooms, "found", None)
        if room is None:
            room = self._rooms.found = _Room(gan, self._functions)
        blas.keep_to_one_thread()
        self._functions["line"].call(room.address, int(bool(self._costs)))
        bins, jsd, kl_data, kl_model, tv, w1 = room.told.tolist()
        if bins < 0:
            return None
        n, loss = int(bins), gan.loss
        value = best = gap = gain = nan
        if self._costs:
            s = room.places["logits"]
            plain = self._value(room, s, n)
            value = plain if loss.has_value else nan
            if loss.optimum is not None:
                with np.errstate(over="ignore", invalid="ignore"):
                    answer = loss.optimum(room.log_p[:n], room.log_q[:n])
                answer = np.ascontiguousarray(answer, dtype=np.float64)
                at = answer.ctypes.data
                most = self._value(room, at, n)
                best = most if loss.has_value else nan
                places = [room.places[name] for name in ("logits", "p", "q")]
                self._parted.call(at, *places, n, room.sum.ctypes.data)
                gap, gain = float(room.sum[0]), most - plain
        bayes = (1 + tv) / 2
        return Known(jsd, kl_data, kl_model, tv, bayes, w1, nan, value, best, gap, gain, "exact")

    def _value(self, room: _Room, logits: int, n: int) -> float:
        """Return V = −L_D for logits at the bins."""
        total = 0.0
        for cost, mass in zip(self._costs, ("p", "q"), strict=True):
            cost.call(logits, room.places[mass], n, room.sum.ctypes.data)
            total -= float(room.sum[0])
        return total


class _Room:
    """What the addresses point to; one thread's own."""

    def __init__(self, gan: Gan, functions: Mapping[str, Function]) -> None:
        ground, target, cells = gan.ground, gan.target, Glass.cells
        assert target.mixture is not None
        self._kept: list[object] = [gan]
        self._functions = functions
        self.places: dict[str, int] = {}
        precision = "float64" if gan.like.dtype == torch.float64 else "float32"
        g, d = gan.players["generator"], gan.players["discriminator"]
        s = gan.settings
        own = np.empty(g.flat.numel())
        kind = s.latent.kind
        z, mass = pushforward.latent_cells(kind, cells)
        first, second, cubic = pushforward.latent_halves(kind, cells)
        shares, means, sigmas = target.mixture
        series = np.stack(normal.SERIES)
        inner = max(cells // 8, 1) * REFINE
        path = cells + 1 + inner
        nodes = len(ground.edges) + 4 * present.IMAGES + 2
        values: dict[str, float] = {
            "flat": g.flat.data_ptr(),
            "weights": g.flat.numel(),
            "widen": functions[f"widen.{precision}"].address,
            "narrow": functions[f"narrow.{precision}"].address,
            "widen_d": functions[f"widen.{precision}"].address,
            "cells": cells,
            "refine": REFINE,
            "images": present.IMAGES,
            "normal": kind == "normal",
            "edge_count": len(ground.edges),
            "components": len(shares),
            "terms": len(series),
            "nodes": series.shape[1],
            "bent": pushforward.BENT,
            "sharp": pushforward.SHARP,
            "huge": pushforward.HUGE,
            "flat_width": pushforward.ATOM_WIDTH,
            "precision": np.finfo(float).eps,
            "unasked": present.UNASKED,
            "cut": present.CUT,
            "g": self._net(g, own.ctypes.data, s.generator.activation, "float64"),
            "d": self._net(d, d.flat.data_ptr(), s.discriminator.activation, precision),
        }
        filled = {
            "own": own,
            "single": np.empty(nodes, precision),
            "z": z,
            "mass": mass,
            "first": first,
            "second": second,
            "cubic": cubic,
            "edges": ground.edges,
            "below": ground.below,
            "shares": shares,
            "log_shares": np.log(shares) - np.log(sigmas * sqrt(2 * pi)),
            "means": means[:, 0],
            "sigmas": sigmas,
            "series": series,
            "grid": np.array(normal.GRID),
            "told": np.empty(len(SEEN)),
        }
        sizes = {
            **dict.fromkeys(("bend", "change", "error", "spare", "cuts"), cells),
            **dict.fromkeys(("inner", "middle"), inner),
            **dict.fromkeys(("x", "path", "sorting"), path),
            **dict.fromkeys(("ends", "pieces"), path + cells + 1),
            **dict.fromkeys(("at", "cdf_p", "total", "chosen", "count", "rise"), nodes + 1),
            **dict.fromkeys(("middles", "p", "q", "log_p", "log_q", "logits"), nodes),
        }
        for name, size in sizes.items():
            filled[name] = np.zeros(
                size, np.int64 if name in ("cuts", "chosen", "count") else float
            )
        record = np.zeros(1, LINE)
        for name, array in filled.items():
            array = np.ascontiguousarray(array)
            self._kept.append(array)
            filled[name] = array
            record[name] = self.places[name] = array.ctypes.data
        for name, value in values.items():
            record[name] = value
        self.told, self.log_p, self.log_q = filled["told"], filled["log_p"], filled["log_q"]
        self.sum = np.empty(1)
        self._record = record
        self.address = record.ctypes.data

    def _net(self, player: Player, flat: int, activation: str, precision: str) -> int:
        """Return where a network lies whose weights lie at ``flat``."""
        functions, size = self._functions, np.dtype(precision).itemsize
        shapes = player.network.shapes[::2]
        widest = max(outputs for outputs, _ in shapes)
        rooms = [np.empty(widest * CHUNK, precision) for _ in "ty"]
        layers = np.zeros(len(shapes), LAYER)
        for number, (outputs, inputs) in enumerate(shapes):
            bend = "none" if number == len(shapes) - 1 else activation
            layers[number]["inputs"], layers[number]["outputs"] = inputs, outputs
            layers[number]["weight"] = flat
            layers[number]["bias"] = flat + outputs * inputs * size
            layers[number]["t"], layers[number]["y"] = (room.ctypes.data for room in rooms)
            layers[number]["bend"] = functions[f"bend.{bend}.{precision}"].address
            flat += outputs * (inputs + 1) * size
        net = np.zeros(1, NET)
        net["layers"], net["depth"] = layers.ctypes.data, len(layers)
        net["weigh"] = functions[f"weigh.{precision}"].address
        net["copy"] = functions[f"copy.{precision}"].address
        net["gemm"], net["size"] = blas.address(precision), size
        self._kept += [*rooms, layers, net]
        return int(net.ctypes.data)
