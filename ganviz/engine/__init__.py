"""Settings in, moments and frames out. Torch and numpy; no Qt, no clock.

No threads either, but one: ``stability`` lets the linear algebra library, which cannot be
interrupted, work in one that is left behind when the search is called off.

>>> from ganviz.settings import Settings
>>> from ganviz.engine import Engine
>>> e = Engine(Settings.of({"data.target": "ring", "train.k": 2}))
>>> e.step(10)
>>> e.steps
10
"""

from ganviz.engine.engine import Engine
from ganviz.engine.moment import Moment

__all__ = ["Engine", "Moment"]
