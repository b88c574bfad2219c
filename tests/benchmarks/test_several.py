"""Eight seeds and two lanes against the same runs one by one, by ``ganviz bench``."""

from __future__ import annotations

import pytest
from aims import near, told

from ganviz.bench.row import Effort
from ganviz.bench.several import several

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def test_several_runs_at_once_cost_less_than_one_by_one() -> None:
    rows = [told(row) for row in several(Effort())]
    assert len(rows) == 4
    assert [row.name for row in rows if not near(row)] == []
