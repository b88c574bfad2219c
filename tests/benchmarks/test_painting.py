"""The window painting while the engine trains, by ``ganviz bench --only window painting``."""

from __future__ import annotations

import json

import pytest

from ganviz.bench.row import Effort
from ganviz.bench.windowed import painting, window

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("part", [window, painting])
def test_window_while_training_flat_out(qapp, part) -> None:
    for row in part(Effort()):
        print(json.dumps(row.table(), ensure_ascii=False))
        if row.unit == "frames/s":
            assert row.value > 0
