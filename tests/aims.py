"""How near a measured row has to come to what is aimed at: speed is asserted as ratios only."""

from __future__ import annotations

import json

from ganviz.bench.row import Row

#: Of what is aimed at, so much at least: others on the machine have their part in a turn. README
#: says so, "Measured".
ALLOWED = 0.9


def told(row: Row) -> Row:
    """Print a row for whoever reads along, and return it."""
    print(json.dumps(row.table(), ensure_ascii=False))
    return row


def near(row: Row, allowed: float = ALLOWED) -> bool:
    """Return whether a row that has an aim was measured, and comes so near to it."""
    if row.value is None:
        return False
    if row.least is not None:
        return row.value >= allowed * row.least
    assert row.most is not None, f"{row.name}: nothing is aimed at"
    return row.value <= row.most / allowed
