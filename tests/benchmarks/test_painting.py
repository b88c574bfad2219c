"""The window painting while the engine trains, by ``ganviz bench --only window painting``.

What is aimed at is missed on two cores (README, "Measured"): at 60 frames a second the window left
0.57 of the steps where 0.8 are aimed at, at 30 frames 0.79 of 0.9; 99 of 100 frames followed each
other within 30 ms, and a moved slider was heard within 38 ms, where 20 are aimed at. So the tests
hold what was reached, with room for a busy machine, as ratios within one run.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from aims import told

from ganviz.bench.row import Row

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

#: The least share of the steps without a window: 0.57 and 0.79 were measured, by frames a second.
#: Other games and large windows have more to paint.
SHARES = {"60 frames/s": 0.45, "30 frames/s": 0.65}
OTHERS = 0.2
#: The least share of the frames that are wanted: 56 of 60 were painted, and 30 of 30.
PAINTED = 0.75
#: The 99th percentile of the time between two frames, by its mean: 1.7 was measured, 2.4 where four
#: others waited for two processors; and that of a slider's way to the first call that uses it, by
#: that of the time between two frames: 1.3 was measured, 4.1 where eight others waited.
LATE, DEAF = 3.0, 5.0


def rows_of(rows: list[Row], words: str) -> dict[str, float]:
    """Return the values of the rows that tell this, by what they are of."""
    found = {}
    for row in rows:
        what, _, tells = row.name.partition(": ")
        if tells.startswith(words):
            assert row.value is not None, row
            found[what] = row.value
    return found


def measured(part: str) -> list[Row]:
    """Measure as the command does: it has a screen with room for a large window."""
    order = [sys.executable, "-m", "ganviz", "bench", "--only", part, "--json"]
    done = subprocess.run(order, check=True, capture_output=True, text=True)
    rows = json.loads(done.stdout)["parts"][part]["rows"]
    return [Row(**{name: row[name] for name in ("name", "value", "unit", "parts")}) for row in rows]


@pytest.mark.parametrize("part", ["window", "painting"])
def test_window_while_training_flat_out(part: str) -> None:
    rows = [told(row) for row in measured(part)]
    shares, painted = rows_of(rows, "share of the steps"), rows_of(rows, "painted")
    late, heard = rows_of(rows, "interval"), rows_of(rows, "slider to step")
    assert shares
    wide = {int(what.split(", ")[1].partition(" ")[0]) for what in shares}
    assert wide == ({1400} if part == "window" else {1400, 1920})
    assert set(shares) == set(painted) == set(late)
    for what, share in shares.items():
        pace = what.rpartition(", ")[2]
        assert share > (SHARES[pace] if part == "window" else OTHERS), what
        assert painted[what] > PAINTED * float(pace.partition(" ")[0]), what
        assert late[what] < LATE * 1000 / painted[what], what
    assert heard
    for what, waited in heard.items():
        assert waited < DEAF * late[f"{what}, 60 frames/s"], what
