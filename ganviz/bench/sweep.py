"""Networks from narrow to wide, batches from small to large: where ganviz gains least."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from ganviz.bench.row import Effort, Row
from ganviz.bench.training import SMALL, compared
from ganviz.settings import Settings

WIDTHS = (8, 16, 32, 64, 128, 256, 512)
BATCHES = (16, 64, 256, 1024, 4096)
#: It shall nowhere be slower than this; a ratio of one, less what timing can tell apart.
LEAST = 0.97


def sweep(
    effort: Effort,
    widths: tuple[int, ...] = WIDTHS,
    batches: tuple[int, ...] = BATCHES,
) -> Iterator[Row]:
    """Yield a ratio for each pair, and the least of them; two hidden layers, measures off."""
    torch.set_num_threads(1)
    if not effort.whole:
        widths, batches = widths[::3], batches[::2]
    shorter = replace(effort, rounds=min(effort.rounds, 5))
    rows = []
    for width in widths:
        for batch in batches:
            hidden = {"generator.hidden": (width,) * 2, "discriminator.hidden": (width,) * 2}
            settings = Settings.of({**SMALL, **hidden, "train.batch": batch})
            name = f"2 × {width}, batch {batch}"
            for row in compared(name, settings, shorter, LEAST, measured=False):
                rows.append(row)
                yield row
    least = min(rows, key=lambda row: row.value or 0.0)
    yield replace(least, name="the least of the sweep", parts={}, note=f"at {least.name}")
