"""All that is compiled, by name: only the builder imports this page, and with it numba.

``play`` plays rounds; it is given the addresses of the others. These follow the catalog, and none
knows another: one for every activation, cost, penalty and optimiser.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types

from ganviz.catalog.bends import NONE
from ganviz.catalog.costs import Compared
from ganviz.catalog.losses import LOSSES
from ganviz.catalog.networks import ACTIVATIONS
from ganviz.catalog.penalties import PENALTIES
from ganviz.engine.kernels.compiled import (
    holding,
    judging,
    layers,
    looking,
    moving,
    rounds,
    rows,
    tallying,
)
from ganviz.engine.kernels.compiled.arithmetic import REAL

#: How many whole numbers each product takes, and whole and other numbers what works on rows.
WIDTHS = {"weigh": 5, "pass_back": 6, "by_weights": 7}
ROW_WIDTHS = {
    "turn": (5, 0),
    "copy": (3, 0),
    "widen": (3, 0),
    "narrow": (3, 0),
    "sums": (5, 0),
    "mean_of": (3, 1),
    "norm": (3, 0),
    "shorten": (3, 1),
    "bound": (2, 1),
    "largest": (3, 0),
    "approach": (3, 1),
    "times": (3, 0),
    "join": (6, 0),
}
I8, F8 = types.int64, types.float64


def _functions() -> dict[str, tuple[Any, Callable[..., Any]]]:
    found = {
        "play": (types.void(I8, I8), rounds.play.py_func),
        "see": (types.void(*(I8,) * 5), looking.see.py_func),
        "line": (types.void(I8), looking.line.py_func),
        "measure": (types.void(I8, I8), looking.measure.py_func),
        "spread": (types.void(I8, I8), looking.spread.py_func),
        "tally": (types.void(I8), tallying.tally.py_func),
        "gap": (types.void(*(I8,) * 4), tallying.gap.py_func),
    }

    def add(name: str, arguments: tuple[Any, ...], rule: Any) -> None:
        if name not in found:  # losses share their costs
            found[name] = (types.void(*arguments), rule.py_func)

    bends = {name: entry.bend for name, entry in ACTIVATIONS.items()}
    for precision, real in REAL.items():
        for name, bend in {"none": NONE, **bends}.items():
            add(f"bend.{name}.{precision}", (I8,) * 5, layers.bending(bend, real))
            if name != "none":
                add(f"slope.{name}.{precision}", (I8,) * 8, layers.sloping(bend, real))
            if bend.curve is not None:
                add(f"curve.{name}.{precision}", (I8,) * 7, layers.curving(bend, real))
        for name, rule in moving.rules(real).items():
            add(f"move.{name}.{precision}", (I8,) * 5 + (F8,) * 3 + (I8,), rule)
        for name, rule in layers.products(real).items():
            add(f"{name}.{precision}", (I8,) * WIDTHS[name], rule)
        for name, rule in rows.rules(real).items():
            whole, floats = ROW_WIDTHS[name]
            add(f"{name}.{precision}", (I8,) * whole + (F8,) * floats, rule)
        for name, rule in holding.placing(real).items():
            add(f"place.{name}.{precision}", (I8,) * 5, rule)
        for hold in (hold for penalty in PENALTIES.values() for hold in penalty.holds):
            rule = holding.holding(hold, real)
            add(f"hold.{hold.of.__name__}.{precision}", (I8,) * 8 + (F8,), rule)
    for name, loss in LOSSES.items():
        belief = loss.belief.number
        add(f"belief.{belief.__name__}", (I8,) * 3, judging.believing(belief))
        add(f"meaning.{belief.__name__}", (I8,) * 2, looking.meaning(belief))
        add(f"parted.{belief.__name__}", (I8,) * 6, looking.parting(belief))
        if isinstance(loss.numbers, Compared):
            for player, rule in zip("dg", judging.comparing(loss.numbers), strict=True):
                add(f"compare.{name}.{player}", (I8,) * 4, rule)
            continue
        for cost in (loss.numbers.real, loss.numbers.fake, loss.numbers.generator):
            add(f"cost.{cost.of.__name__}", (I8,) * 5 + (F8,), judging.costing(cost))
        for cost in (loss.numbers.real, loss.numbers.fake):
            add(f"weighed.{cost.of.__name__}", (I8,) * 4, looking.weighing(cost))
    return found


#: {name: (numba's signature, Python function)}.
FUNCTIONS = _functions()
