"""First window and first trained frame, by ``ganviz bench --only startup``."""

from __future__ import annotations

import pytest
from aims import near, told

from ganviz.bench.row import Effort
from ganviz.bench.startup import startup

pytestmark = pytest.mark.long


def test_starting_against_importing_torch() -> None:
    window, trained = map(told, startup(Effort()))
    assert window.reached
    assert near(trained)
