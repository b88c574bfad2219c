"""What was computed of arrays that cannot change need not be computed again.

The fixed real samples of a run stand on one side of every distance, and the generated ones of a
moment are asked about several times. Such arrays are marked read-only by who owns them; of all
others nothing is remembered.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy.typing as npt

P = ParamSpec("P")
R = TypeVar("R")


def kept(last: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Remember what a function said of the ``last`` read-only arrays it was asked about.

    The first argument is such an array, the others are arrays of its owner or hashable. Arrays are
    the same if they are one object.
    """

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        known: OrderedDict[Hashable, tuple[Any, R]] = OrderedDict()

        @wraps(function)
        def asked(*args: P.args, **kwargs: P.kwargs) -> R:
            array: npt.NDArray[Any] = args[0]  # type: ignore[assignment]
            if array.flags.writeable or kwargs:
                return function(*args, **kwargs)
            name = tuple(each if isinstance(each, Hashable) else id(each) for each in args)
            found = known.get(name)
            if found is None:
                # The arguments are held as well, so that no other array gets their place in memory.
                found = known[name] = args, function(*args, **kwargs)
                while len(known) > last:
                    known.popitem(last=False)
            return found[1]

        return asked

    return decorated
