"""First window and first trained frame, by ``ganviz bench --only startup``."""

from __future__ import annotations

import json

import pytest

from ganviz.bench.row import Effort
from ganviz.bench.startup import startup

pytestmark = pytest.mark.long


def test_first_window_beats_import_torch() -> None:
    window, trained = startup(Effort())
    for row in (window, trained):
        print(json.dumps(row.table(), ensure_ascii=False))
    assert window.value < 0.6
