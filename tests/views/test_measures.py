"""The measures: each at its value, its floor a band, and the bars of what could be gained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scenes
from looking import Painted, count, near
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from ganviz.frame import Look
from ganviz.views import measures
from ganviz.views.ink import SMALL
from ganviz.views.measures import BAR, BELOW, LETTER, ROW, Measures, planned, reach, share
from ganviz.views.span import shown
from ganviz.views.theme import HALL, mixed, theme

LIGHT = theme("light")
LOOK = Look()
BAND = mixed(mixed(LIGHT.raised, LIGHT.base, 0.5), LIGHT.real, 0.3)


def test_each_measure_stands_at_its_value_over_its_floor(painted: Painted) -> None:
    view, frame = Measures(), scenes.measured()
    picture, area = painted(view, frame, LOOK)
    plan = planned(area, frame)
    assert [each.name for each, _ in plan.cells] == ["jsd", "w1", "modes", "hq", "d_gap"]
    for number, (reading, rect) in enumerate(plan.cells):
        box = view._box(rect, reading, frame, LOOK)
        assert (box.low_x, box.high_x) == (300, 900)
        assert (box.low_y, box.high_y) == dict(frame.ranges.measures)[reading.name]
        ink = LIGHT.discriminator if reading.name == "d_gap" else LIGHT.text
        for step in (320, 600, 880):
            value = frame.trace.column(reading.name)[step - 1]
            assert near(picture, box.x(step), box.y(value), ink, 2), (number, step)
        assert reading.band is not None
        middle = sum(reading.band) / 2
        assert near(picture, box.x(456), np.clip(box.y(middle), box.top, box.bottom), BAND, 2, 12)
    box = view._box(plan.cells[0][1], plan.cells[0][0], frame, LOOK)
    assert not near(picture, box.x(456), box.y(0.12), BAND, 2, 6)


def test_the_bars_are_as_long_as_the_gains(painted: Painted) -> None:
    frame = replace(scenes.measured(), gains=(("discriminator", 0.0), ("generator", 1.0)))
    picture, area = painted(Measures(), frame, LOOK)
    foot = planned(area, frame).foot
    assert foot is not None
    left, right = foot.left() + LETTER, foot.right() - 16
    row = picture[round(foot.top() + ROW + 1.5 * BAR)]
    inked = np.abs(row - np.array([0xD5, 0x5E, 0x00])).max(axis=1) < 40
    assert np.flatnonzero(inked[round(left) :]).max() == pytest.approx(
        share(1.0) * (right - left), abs=3
    )
    row = picture[round(foot.top() + ROW + BAR / 2), round(left) + 4 :]
    assert count(row[None], LIGHT.discriminator) == 0


def test_the_scale_of_the_bars_stays_and_tells_small_from_nothing() -> None:
    assert share(0.0) == 0.0
    assert share(-1e-12) == 0.0
    assert share(10.0) == share(1e9) == 1.0
    assert share(0.01) > 0.09
    assert (np.diff([share(v) for v in np.geomspace(1e-4, 9.9, 50)]) > 0).all()


@pytest.mark.parametrize("size", [(384, 215), (384, 140), (520, 300), (900, 460), (3800, 2000)])
def test_what_is_shown_can_be_read_and_what_is_not_is_counted(
    qtbot: QtBot, size: tuple[int, int]
) -> None:
    frame = scenes.measured()
    plan = planned(QRectF(0, 0, *size), frame)
    assert len(plan.cells) + plan.more == 5
    for _, rect in plan.cells:
        assert rect.height() >= 60
        assert rect.width() >= 160
        assert rect.right() <= size[0] + 1
        assert plan.foot is not None
        assert rect.bottom() + 20 <= plan.foot.top()
    if size[0] >= 520:
        assert plan.more == 0
    heads = [each.head for each, _ in plan.cells]
    assert heads == sorted(heads, reverse=True)


def test_exact_numbers_are_read_at_the_nearest_measured_step(qtbot: QtBot) -> None:
    view, frame = Measures(), scenes.measured()
    qtbot.addWidget(view)
    area = QRectF(0, 0, 640, 420)
    plan = planned(area, frame)
    reading, rect = plan.cells[1]
    box = view._box(rect, reading, frame, LOOK)
    words = view.read(QPointF(float(box.x(603)), box.rect.center().y()), area, frame, LOOK)
    assert words[:2] == ("step 600", f"W₁ = {0.5 + 0.3 * np.sin(10):.3f}")
    assert words[2] == "a perfect generator scores 0.000"
    assert plan.foot is not None
    for row, said in enumerate(("0.1", "not known")):
        at = QPointF(200, plan.foot.top() + ROW + (row + 0.5) * BAR)
        words = view.read(at, area, frame, LOOK)
        assert "alone could still gain" in words[0]
        assert said in words[1]


@pytest.mark.parametrize("steps", [0, 1, 25])
def test_a_run_that_has_hardly_begun_is_painted(painted: Painted, steps: int) -> None:
    painted(Measures(), scenes.measured(steps), LOOK)
    painted(Measures(), scenes.measured(steps, measures=(), gains=()), LOOK)


def test_an_earlier_part_that_goes_beyond_the_range_is_not_cut() -> None:
    frame = scenes.measured(3000)
    columns = {name: frame.trace.column(name).copy() for name in frame.trace.columns[1:]}
    columns["jsd"][99] = 0.69
    frame = replace(frame, trace=scenes.trace_of(**columns))
    jsd = frame.measures[0]
    assert reach(frame, jsd, shown(frame, LOOK)) == (0.0, 0.4)
    assert reach(frame, jsd, shown(frame, Look(until=2000))) == (0.0, 0.4)
    for look in (Look(until=300), Look(whole=True), Look(window=2990)):
        low, high = reach(frame, jsd, shown(frame, look))
        assert low == 0.0
        assert 0.69 <= high < 0.9


def test_beneath_plots_without_bars_there_is_room_for_how_many_more_there_are() -> None:
    frame = replace(scenes.measured(), gains=())
    area = QRectF(0, 0, 384, 150)
    plan = planned(area, frame)
    assert plan.cells
    assert plan.more
    assert max(rect.bottom() for _, rect in plan.cells) + BELOW <= area.bottom() - 3 - SMALL


def test_how_many_more_there_are_is_for_who_can_maximise_and_not_for_the_room(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(measures, "write", lambda p, at, words, *_, **__: said.append(words))
    view, frame = Measures(), replace(scenes.measured(), gains=())
    qtbot.addWidget(view)
    picture = QImage(384, 150, QImage.Format.Format_RGB32)
    more = {}
    for name in ("light", "projector", HALL):
        said.clear()
        view.theme = theme(name)
        p = QPainter(picture)
        view.paint(p, QRectF(picture.rect()), frame, LOOK)
        p.end()
        more[name] = [words for words in said if "more" in words]
    assert more == {
        "light": ["+1 more when maximised"],
        "projector": ["+1 more when maximised"],
        HALL: [],
    }


def test_images_have_no_bars_for_what_nobody_knows_and_more_plots() -> None:
    frame = scenes.measured()
    images = replace(frame, offers=frame.offers | {"images"})
    area = QRectF(0, 0, 384, 140)
    assert planned(area, images).foot is None
    assert len(planned(area, images).cells) > len(planned(area, frame).cells)
