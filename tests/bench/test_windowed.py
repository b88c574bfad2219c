"""What is said of a window is what it painted and heard."""

from __future__ import annotations

from math import isfinite

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject

from ganviz.bench.row import Effort, Stopped
from ganviz.bench.windowed import PATH, Painted, Watched, beside, waits, window


def test_a_window_is_watched_and_heard(qapp) -> None:
    rows = {row.name: row for row in window(Effort(rounds=1, seconds=0.03, whole=False))}
    assert len(rows) == 11
    for row in rows.values():
        assert row.value is not None
        assert isfinite(row.value)
        assert row.value > 0
    aims = {row.aim for name, row in rows.items() if "share" in name}
    assert aims == {"≥ 0.8", "≥ 0.9"}
    prompt = [name for name, row in rows.items() if row.aim == "≤ 20"]
    assert [name.rpartition(": ")[2] for name in prompt] == ["interval", "slider to step"]
    heard = rows[prompt[1]]
    assert heard.parts["moves"] == 12
    assert heard.low <= heard.parts["median ms"] <= heard.value <= heard.high
    slow = next(row for name, row in rows.items() if "30 frames/s: painted" in name)
    assert slow.value < 33


def test_who_asks_for_an_end_gets_it_with_the_window_closed(qapp) -> None:
    asked = iter([False] * 3)
    effort = Effort(rounds=1, seconds=0.03, whole=False, stopped=lambda: next(asked, True))
    with pytest.raises(Stopped):
        list(beside("two-modes", (1400, 800), ((60, 0.8),), effort))
    assert not [each for each in qapp.topLevelWidgets() if each.isVisible()]


def test_a_step_counts_once_and_only_when_it_is_painted(qapp) -> None:
    class Canvas(QObject):
        painted = 0

        def event(self, event: QEvent) -> bool:
            self.painted += event.type() == QEvent.Type.Paint
            return True

    class Scene:
        frames: tuple = ()

    canvas, scene = Canvas(), Scene()
    watch = Painted.__new__(Painted)
    QObject.__init__(watch)
    watch.seen = []
    watch._window = type("Window", (), {"scene": scene})()
    canvas.installEventFilter(watch)
    for step, kind in [
        (None, QEvent.Type.Paint),
        (5, QEvent.Type.UpdateRequest),
        (5, QEvent.Type.Paint),
        (5, QEvent.Type.Paint),
        (7, QEvent.Type.Paint),
    ]:
        scene.frames = () if step is None else (type("Frame", (), {"step": step})(),)
        qapp.sendEvent(canvas, QEvent(kind))
    assert [step for _, step in watch.seen] == [5, 7]
    assert canvas.painted == 4


def test_rates_are_of_what_was_painted() -> None:
    watched = Watched(
        np.array([0.0, 0.1, 0.2, 0.4]),
        np.array([10.0, 20, 30, 50]),
        np.array([0.01, 0.02, 0.03, 0.1]),
    )
    assert watched.rate == pytest.approx(100)
    assert watched.frames == pytest.approx(7.5)
    assert watched.late_ms == pytest.approx(198)
    assert watched.age_ms(0.5) == pytest.approx(25)


def test_a_move_waits_until_it_or_a_later_one_is_used() -> None:
    moves = [(0.0, 1.0), (1.0, 2.0), (2.0, 1.0), (3.0, 4.0)]
    used = [({PATH: 1.0}, 0.2, 0.3), ({PATH: 1.0}, 2.5, 2.75)]
    began, ended = waits(moves, used)
    # The second move is overtaken by the third, the fourth is never heard.
    assert began.tolist() == pytest.approx([0.2, 1.5, 0.5])
    assert ended.tolist() == pytest.approx([0.3, 1.75, 0.75])
    assert [len(each) for each in waits(moves, [])] == [0, 0]
