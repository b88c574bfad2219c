"""What measures and pictures ask of p_g on the line, in one call that holds no interpreter lock.

It fills in :data:`~ganviz.engine.kernels.compiled.layout.LINE` and calls :mod:`.looking`. Where
p_g has point masses, as of a ReLU's plateau, its measures are left to the definition,
:mod:`ganviz.engine.family.present`, as is whatever else is not covered: then there is ``None``.
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
from ganviz.engine.family.present import Over
from ganviz.engine.kernels.compiled import blas
from ganviz.engine.kernels.compiled.layout import LINE, SEEN, SPREAD
from ganviz.engine.kernels.compiled.lens import Net
from ganviz.schema import get
from ganviz.theory import normal, pushforward
from ganviz.theory.pushforward import gathered

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan
    from ganviz.engine.kernels.compiled.load import Function

FloatArray = npt.NDArray[np.float64]
#: In how many pieces a bent cell is cut at most: what :func:`.pushforward.push_forward` takes.
REFINE = 32


def why_not(gan: Gan) -> str:
    """Return why p_g is left to numpy, by the game's settings alone, or nothing."""
    if gan.target.dim != 1 or gan.latent_dim != 1 or gan.ground.way != "push":
        return "p_g is not pushed forward from one number to one"
    return "" if gan.exact_gaze is not None else "G is not a plain network"


def why_not_measured(gan: Gan) -> str:
    """Return why its measures are left to numpy all the same, or nothing."""
    target = gan.target
    if not gan.ground.compares or target.mixture is None or target.atoms:
        return "the data are not a mixture of normals"
    if target.mixture[2].min() <= 0:
        return "the data have point masses"
    if gan.looking_d is None:
        return "D is not a plain network"
    return "" if gan.plain_labels else "D's labels are mixed"


class Glass:
    """Looks at one game on the line, that :func:`why_not` has nothing against."""

    def __init__(self, gan: Gan, functions: Mapping[str, Function]) -> None:
        self._gan = gan
        self._functions = functions
        self._rooms = threading.local()
        self._measures = not why_not_measured(gan)

    def _room(self, cells: int) -> _Room:
        """Return this thread's room for so many cells of the noise."""
        rooms: dict[int, _Room] | None = getattr(self._rooms, "found", None)
        if rooms is None:
            rooms = self._rooms.found = {}
        if cells not in rooms:
            rooms[cells] = _Room(self._gan, self._functions, cells)
        blas.keep_to_one_thread()
        return rooms[cells]

    def over(self, edges: FloatArray, cells: int) -> Over | None:
        """Return p_g over bins, its noise cut into so many cells; None if G is not finite."""
        room, n = self._room(cells), len(edges)
        if n > len(room.nodes):
            return None
        room.nodes[:n] = edges
        self._functions["spread"].held(room.address, n)
        bins, points = room.told[: len(SPREAD)].tolist()
        if bins < 0:
            return None
        positions, atoms = gathered(room.spots[: int(points)], room.weighs[: int(points)])
        return Over(room.total[1:n] / np.diff(edges), positions, atoms)

    def known(self) -> Known | None:
        """Return what theory says of the present moment, or None for what is not covered."""
        gan = self._gan
        if not self._measures or get(gan.settings, "measure.w2") or gan.judge.sigma > 0:
            return None
        room = self._room(present.CELLS["measure"])
        self._functions["line"].call(room.address)
        bins, jsd, kl_data, kl_model, tv, w1, real, fake, *_ = room.told.tolist()
        if bins < 0:
            return None
        n, loss = int(bins), gan.loss
        value = best = gap = gain = nan
        if room.judged:
            plain = -real - fake
            value = plain if loss.has_value else nan
            if loss.optimum is not None:
                with np.errstate(over="ignore", invalid="ignore"):
                    answer = loss.optimum(room.log_p[:n], room.log_q[:n])
                answer = np.ascontiguousarray(answer, dtype=np.float64)
                self._functions["measure"].held(room.address, answer.ctypes.data)
                *_, on_real, on_fake, gap = room.told.tolist()
                most = -on_real - on_fake
                best = most if loss.has_value else nan
                gain = most - plain
        bayes = (1 + tv) / 2
        return Known(jsd, kl_data, kl_model, tv, bayes, w1, nan, value, best, gap, gain, "exact")


class _Room:
    """What the addresses point to; one thread's own."""

    def __init__(self, gan: Gan, functions: Mapping[str, Function], cells: int) -> None:
        ground, g = gan.ground, gan.players["generator"].flat
        assert gan.exact_gaze is not None
        self.judged = False
        precision = "float64" if g.dtype == torch.float64 else "float32"
        own = torch.empty(g.numel(), dtype=torch.float64)
        net = Net(gan.exact_gaze, functions, own)
        self._kept: list[object] = [gan, own, net]
        kind = gan.settings.latent.kind
        z, mass = pushforward.latent_cells(kind, cells)
        first, second, cubic = pushforward.latent_halves(kind, cells)
        inner = max(cells // 8, 1) * REFINE
        path = cells + 1 + inner
        nodes = len(ground.edges) + 4 * present.IMAGES + 2
        values: dict[str, float] = {
            "g": net.address,
            "flat": g.data_ptr(),
            "weights": g.numel(),
            "own": own.data_ptr(),
            "widen": functions[f"widen.{precision}"].address,
            "narrow": functions[f"narrow.{precision}"].address,
            "widen_d": functions[f"widen.{precision}"].address,
            "cells": cells,
            "refine": REFINE,
            "images": present.IMAGES,
            "normal": kind == "normal",
            "edge_count": len(ground.edges),
            "bent": pushforward.BENT,
            "sharp": pushforward.SHARP,
            "huge": pushforward.HUGE,
            "flat_width": pushforward.ATOM_WIDTH,
            "precision": np.finfo(float).eps,
            "unasked": present.UNASKED,
            "cut": present.CUT,
        }
        filled = {
            "single": np.empty(nodes, precision),
            "z": z,
            "mass": mass,
            "first": first,
            "second": second,
            "cubic": cubic,
            "edges": ground.edges,
            "below": ground.below,
            "told": np.empty(len(SEEN)),
        }
        if not why_not_measured(gan):
            assert gan.target.mixture is not None
            assert gan.looking_d is not None
            judge = Net(gan.looking_d, functions)
            self._kept.append(judge)
            shares, means, sigmas = gan.target.mixture
            series = np.stack(normal.SERIES, 1)  # what belongs to a node lies together
            numbers = gan.loss.numbers
            if isinstance(numbers, Apart) and gan.loss.labels is not None:
                self.judged = True
                for side, cost in (("cost_real", numbers.real), ("cost_fake", numbers.fake)):
                    values[side] = functions[f"weighed.{cost.of.__name__}"].address
                belief = gan.loss.belief.number.__name__
                values["parted"] = functions[f"parted.{belief}"].address
            values |= {
                "d": judge.address,
                "components": len(shares),
                "terms": series.shape[1],
                "nodes": len(series),
            }
            filled |= {
                "shares": shares,
                "log_shares": np.log(shares) - np.log(sigmas * sqrt(2 * pi)),
                "means": means[:, 0],
                "sigmas": sigmas,
                "series": series,
                "grid": np.array(normal.GRID),
            }
        sizes = {
            **dict.fromkeys(("bend", "change", "error", "spare", "cuts"), cells),
            **dict.fromkeys(("inner", "middle"), inner),
            **dict.fromkeys(("x", "path", "sorting"), path),
            **dict.fromkeys(("ends", "pieces", "spots", "weighs"), path + cells + 1),
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
            record[name] = array.ctypes.data
        for name, value in values.items():
            record[name] = value
        self.told, self.log_p, self.log_q = filled["told"], filled["log_p"], filled["log_q"]
        self.nodes, self.total = filled["at"], filled["total"]
        self.spots, self.weighs = filled["spots"], filled["weighs"]
        self._record = record
        self.address = record.ctypes.data
