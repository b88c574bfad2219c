"""From a place on the tape to its picture, by ``ganviz bench --only scrubbing``."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ganviz.bench.row import Effort
from ganviz.bench.scrubbing import scrubbing
from ganviz.engine import Engine
from ganviz.presets import presets
from ganviz.tape import BUDGET
from ganviz.tape.lanes import Lanes

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


def test_scrubbing_in_a_long_run_and_what_recording_costs(qapp) -> None:
    for row in scrubbing(Effort()):
        print(json.dumps(row.table(), ensure_ascii=False))
        assert row.parts.get("tape MB", 0) <= BUDGET / 2**20


@pytest.mark.parametrize("name", ["two-modes", "ring", "saddle-two-numbers"])
def test_recording_does_not_change_the_run(name: str) -> None:
    settings = presets()[name].settings
    engine, lanes = Engine(settings), Lanes.begin(settings)
    for each in (engine, lanes):
        each.step(2400)
    assert np.array_equal(engine.weights("generator"), lanes.engine.weights("generator"))
