"""What proves a lesson: its observations, measured on runs without a window.

``quantities``
    How what can be measured of a run besides the columns of its trace is found.
``measuring``
    From a run to the number that an observation judges.
``playing``
    The runs that a lesson's observations need, each played once.
"""

from ganviz.proof.measuring import from_trace, measured
from ganviz.proof.playing import Played, Run, play, runs, values
from ganviz.proof.quantities import FOUND, Scene, Series

__all__ = [
    "FOUND",
    "Played",
    "Run",
    "Scene",
    "Series",
    "from_trace",
    "measured",
    "play",
    "runs",
    "values",
]
