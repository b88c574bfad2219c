"""Steps a second against the plain loop and a plain C program, by ``ganviz bench``."""

from __future__ import annotations

import pytest
from aims import near, told

from ganviz.bench.program import missing, program
from ganviz.bench.row import Effort
from ganviz.bench.sweep import sweep
from ganviz.bench.training import training

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("part", [training, sweep])
def test_training_against_the_plain_loop(part) -> None:
    rows = [told(row) for row in part(Effort())]
    assert rows
    assert [row.name for row in rows if not near(row)] == []


@pytest.mark.skipif(bool(missing()), reason=missing() or "it can be built")
def test_training_against_the_plain_c_program() -> None:
    plain, _ = map(told, program(Effort()))  # nothing is aimed at for this very processor
    assert near(plain)
