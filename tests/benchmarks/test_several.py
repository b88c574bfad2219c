"""Eight seeds and two lanes against the same runs one by one, by ``ganviz bench``."""

from __future__ import annotations

import pytest
from aims import near, told

from ganviz.bench.row import Effort
from ganviz.bench.several import several

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def test_several_runs_at_once_cost_less_than_one_by_one() -> None:
    brief, longer, *lanes = map(told, several(Effort()))
    assert near(brief)
    assert near(longer)
    # By the clock two lanes were at 0.87 to 1.32 of one by one where others had work to do, too.
    assert len(lanes) == 2
    for row in lanes:
        assert row.parts["by cpu time ×"] < 1.2, row.name
