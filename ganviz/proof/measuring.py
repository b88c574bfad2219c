"""From a run to the number that an observation judges."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ganviz.engine import Engine
from ganviz.frame import Trace
from ganviz.lesson import Observation
from ganviz.proof.quantities import FOUND, Scene, Series

FloatArray = npt.NDArray[np.float64]


def _growth(steps: FloatArray, values: FloatArray) -> float:
    """Return the factor of a straight line through the logarithms, by least squares."""
    return float(np.exp(np.polyfit(steps, np.log(np.abs(values)), 1)[0]))


#: How numbers at steps become one; see :data:`ganviz.lesson.parts.HOWS`.
_HOWS: dict[str, Callable[[FloatArray, FloatArray], float]] = {
    "last": lambda _, v: float(v[-1]),
    "first": lambda _, v: float(v[0]),
    "mean": lambda _, v: float(v.mean()),
    "median": lambda _, v: float(np.median(v)),
    "rms": lambda _, v: float(np.sqrt((v * v).mean())),
    "min": lambda _, v: float(v.min()),
    "max": lambda _, v: float(v.max()),
    "span": lambda _, v: float(v.max() - v.min()),
    "changes": lambda _, v: float((v[1:] != v[:-1]).sum()),
    "growth": _growth,
}


def measured(observation: Observation, engine: Engine) -> float:
    """Return the number that an observation takes from a run that stands at its last step.

    Raises
    ------
    ParamError
        For a quantity that the game does not have.
    """
    top = _found(observation.of, observation, engine)
    if not observation.over:
        return _one(top, observation)
    return _ratio(top, _found(observation.over, observation, engine), observation)


def from_trace(observation: Observation, trace: Trace) -> float:
    """Return the number that an observation takes from a trace; NaN if it needs more than that."""
    names = [observation.of, *([observation.over] if observation.over else [])]
    if not set(names) <= set(trace.columns) or not len(trace):
        return float("nan")
    found = [_column(name, observation, trace) for name in names]
    if len(found) == 1:
        return _one(found[0], observation)
    return _ratio(found[0], found[1], observation)


def _found(name: str, observation: Observation, engine: Engine) -> Series | float:
    if name in engine.trace.columns:
        if len(engine.trace):
            return _column(name, observation, engine.trace)
        return engine.measured.get(name, float("nan"))
    last = observation.last or observation.steps
    found = FOUND[name](Scene(engine, observation.at, observation.first, last))
    if isinstance(found, Series):
        return found.within(observation.first, last)
    return float(found)


def _column(name: str, observation: Observation, trace: Trace) -> Series:
    """Return what is known of a column at the steps that count."""
    last = observation.last or observation.steps
    trace = trace.upto(last)
    steps = np.arange(trace.start + 1, trace.last + 1, dtype=np.float64)
    return Series(steps, np.asarray(trace.column(name))).within(observation.first, last)


def _one(found: Series | float, observation: Observation) -> float:
    if not isinstance(found, Series):
        return found
    steps, values = found.known()
    return _HOWS[observation.how](steps, values) if len(values) else float("nan")


def _ratio(top: Series | float, bottom: Series | float, observation: Observation) -> float:
    """Return one over the other: step by step where both are known so."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if isinstance(top, Series) and isinstance(bottom, Series):
            return _one(Series(top.steps, top.values / bottom.values), observation)
        return float(np.float64(_one(top, observation)) / _one(bottom, observation))
