"""Steps a second against the plain loop and a plain C program, by ``ganviz bench``."""

from __future__ import annotations

import json

import pytest

from ganviz.bench.program import program
from ganviz.bench.row import Effort
from ganviz.bench.sweep import sweep
from ganviz.bench.training import training

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("part", [training, program, sweep])
def test_training_against_what_else_one_could_run(part) -> None:
    for row in part(Effort()):
        print(json.dumps(row.table(), ensure_ascii=False))
