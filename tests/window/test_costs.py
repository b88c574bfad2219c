"""The performance card: what it says is so, and switched off it is not there at all."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import replace
from math import inf, isnan
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz import clock
from ganviz.clock import IDLE, OTHER, Spent
from ganviz.engine.kernels.compiled import load
from ganviz.frame import Frame
from ganviz.presets import find
from ganviz.views.distribution import Distribution
from ganviz.window.costs import REST, TRAINER, WINDOW, Cost, costs, fitting, memory
from ganviz.window.main import MainWindow


@pytest.fixture
def live(
    qtbot: QtBot, app: QApplication, store: QSettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MainWindow]:
    """A window that trains flat out, by a kernel that nobody has to compile first."""

    def nowhere() -> None:
        raise load.Unavailable("not in this test")

    monkeypatch.setattr(load, "functions", nowhere)
    made = MainWindow(replace(find("two-modes"), speed=inf), store=store)
    qtbot.addWidget(made)
    made.setWindowState(Qt.WindowState.WindowNoState)
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: bool(made.scene.frames) and made.scene.frames[0].step > 0)
    yield made
    made.close()


def press(window: MainWindow) -> None:
    QTest.keyClick(window.focusWidget() or window.stage, Qt.Key.Key_F12)


class Watch:
    """Times a function by itself."""

    def __init__(self, work: Any) -> None:
        self.work, self.seconds, self.calls = work, 0.0, 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        began = perf_counter()
        try:
            return self.work(*args, **kwargs)
        finally:
            self.seconds += perf_counter() - began
            self.calls += 1


def assert_adds_up(shown: tuple[Cost, ...]) -> None:
    """Outermost parts to all the time there is, and what stands below each of them to that one."""
    assert all(cost.share >= -1e-9 for cost in shown)
    assert sum(cost.share for cost in shown if cost.outermost) == pytest.approx(1)
    for head in (cost for cost in shown if cost.outermost):
        at = shown.index(head)
        inside = [cost for cost in shown if cost.of == head.of and not cost.outermost]
        assert shown[at + 1 : at + 1 + len(inside)] == tuple(inside)
        if inside:
            assert inside[-1].name == REST
            assert sum(cost.share for cost in inside) == pytest.approx(head.share)


def test_what_it_says_is_what_others_measure(
    live: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not clock._listening
    press(live)
    card = live.costs
    assert card.isVisible()
    assert live.menus.actions["costs"].isChecked()
    qtbot.waitUntil(lambda: len(card._readings) > 2)
    painting = Watch(Distribution.paint)
    monkeypatch.setattr(Distribution, "paint", lambda *args: painting(*args))
    stepping = Watch(live.host._lanes.step)  # type: ignore[union-attr]
    monkeypatch.setattr(live.host._lanes, "step", stepping)
    making = Watch(live.host._lanes.engine.frame)  # type: ignore[union-attr]
    monkeypatch.setattr(live.host._lanes.engine, "frame", making)
    first, began = card._readings[-1], live.scene.frames[0].step
    seen = perf_counter()
    paints, steps, frames = painting.calls, stepping.calls, making.calls
    qtbot.waitUntil(lambda: len(card._readings) > 4 and card._readings[0] is first)
    qtbot.waitUntil(lambda: min(painting.calls - paints, making.calls - frames) > 8)
    trainer, own = (now.since(then) for now, then in zip(card._readings[-1], first, strict=True))
    took = perf_counter() - seen
    assert trainer.seconds == pytest.approx(took, rel=0.35)
    # Its last reading is up to a period old.
    assert trainer.within("steps") == pytest.approx(stepping.seconds, rel=0.35, abs=0.05)
    assert trainer.calls["steps", "steps"] == pytest.approx(stepping.calls - steps, rel=0.35)
    assert trainer.within("frames") == pytest.approx(making.seconds, rel=0.25, abs=0.02)
    drawn = own.places["painting", "Distribution"]
    assert drawn == pytest.approx(painting.seconds, rel=0.3, abs=0.02)
    for each in (trainer, own):
        assert sum(each.places.values()) == pytest.approx(each.seconds)
    for shown in (card.trainer, card.window_):
        assert_adds_up(shown)
    assert {"steps", OTHER} <= {cost.name for cost in card.trainer}
    assert {"painting", "Distribution", IDLE} <= {cost.name for cost in card.window_}
    rate, _ = card.lines[0]
    ran = (live.scene.frames[0].step - began) / took
    said = float("".join(letter for letter in rate if letter.isdigit()))
    assert said == pytest.approx(ran, rel=0.6)
    assert card.lines[0][1] == f"kernel {live.scene.frames[0].kernel}"
    assert "ms old" in card.lines[3][0]


def test_no_age_is_told_of_a_picture_that_nobody_paints(live: MainWindow, qtbot: QtBot) -> None:
    press(live)
    card = live.costs
    qtbot.waitUntil(lambda: bool(card.lines) and "ms old" in card.lines[3][0])
    live.host.pause()
    qtbot.waitUntil(lambda: card.lines[2][0] == "no frames painted")
    assert card.lines[3][0] == ""


def test_switched_off_nothing_of_it_goes_on(live: MainWindow, qtbot: QtBot) -> None:
    card = live.costs
    assert not card._timer.isActive()
    press(live)
    qtbot.waitUntil(lambda: bool(card.trainer) and len(clock._listening) == 2)
    press(live)
    assert not card.isVisible()
    assert not card._timer.isActive()
    assert not live.menus.actions["costs"].isChecked()
    qtbot.waitUntil(lambda: not clock._listening)
    before = card._readings.copy()
    seen = live.scene.frames[0].step
    qtbot.waitUntil(lambda: live.scene.frames[0].step > seen)
    assert card._readings == before


def test_it_closes_with_the_window(live: MainWindow, qtbot: QtBot) -> None:
    press(live)
    qtbot.waitUntil(lambda: len(clock._listening) == 2)
    live.close()
    assert not clock._listening


def test_it_stands_in_the_keys_and_in_no_copy(
    window: MainWindow, qtbot: QtBot, frame: Frame
) -> None:
    assert ("F12", "Performance") in window.menus.rows()
    window.setWindowState(Qt.WindowState.WindowNoState)
    window.resize(1280, 800)
    window.scene.show_frames((frame,))
    bare = window.stage.grab().toImage()
    press(window)
    assert window.costs.isVisible()
    assert window.stage.grab().toImage() == bare
    press(window)
    assert not window.costs.isVisible()


@pytest.mark.parametrize("theme", ["light", "dark", "projector"])
@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
@pytest.mark.parametrize("alone", [False, True])
def test_it_leaves_the_middle_of_the_distribution_free(
    window: MainWindow, frame: Frame, theme: str, size: tuple[int, int], alone: bool
) -> None:
    window.setWindowState(Qt.WindowState.WindowNoState)
    window.resize(*size)
    window.scene.show_frames((frame,))
    if alone:
        window.scene.maximise("distribution")
    window.scene.set_theme(theme)
    QApplication.processEvents()
    press(window)
    card = window.costs
    # All rows that there may ever be.
    parts = {("steps", f"part {number}"): 0.02 for number in range(50)}
    many = costs(Spent(1.0, parts, {}), TRAINER)
    card.lines = (("", ""),) * 4
    card._show(many, many[:9])
    card._place()
    stage = window.stage
    corner = stage.mapTo(card.parentWidget(), QPoint(0, 0))
    assert QRect(corner, stage.size()).contains(card.geometry())
    rows = len(card.trainer) + len(card.window_)
    assert 12 <= rows <= 70
    needed = 11 * 16 + rows * 16
    assert card.height() >= needed * 0.95 - 100
    middle = stage.distribution.canvas
    at = middle.mapTo(card.parentWidget(), middle.rect().center())
    assert not card.geometry().contains(at)


def test_all_that_has_no_row_is_other_work() -> None:
    spent = Spent(
        2.0,
        {
            (OTHER, OTHER): 0.1,
            ("steps", "steps"): 0.9,
            ("steps", "draws"): 0.2,
            ("frames", "frames"): 0.3,
            (IDLE, IDLE): 0.5,
        },
        {("steps", "steps"): 3, ("steps", "draws"): 1},
    )
    found = costs(spent, TRAINER)
    assert_adds_up(found)
    names = [(cost.of, cost.name) for cost in found]
    assert names == [
        ("steps", "steps"),
        ("steps", "draws"),
        ("steps", REST),
        ("frames", "frames"),
        (OTHER, OTHER),
        (IDLE, IDLE),
    ]
    assert [cost.share for cost in found] == pytest.approx([0.55, 0.1, 0.45, 0.15, 0.05, 0.25])
    assert found[0].each == pytest.approx(1100 / 3)
    assert found[1].each == pytest.approx(200)
    assert isnan(found[2].each)
    assert isnan(found[3].each)
    shown = fitting(found, {("steps", "steps"), (IDLE, IDLE)})
    assert [cost.name for cost in shown] == ["steps", OTHER, IDLE]
    assert [cost.share for cost in shown] == pytest.approx([0.55, 0.2, 0.25])


def test_what_is_inside_a_part_and_has_no_row_is_its_rest(
    window: MainWindow, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {("painting", "painting"): 0.05, ("showing frames", "showing frames"): 0.1}
    places |= {("painting", f"view {number}"): 0.03 + number / 1000 for number in range(5)}
    places |= {(OTHER, OTHER): 0.1}
    places |= {(IDLE, IDLE): 1 - sum(places.values())}
    spent = Spent(1.0, places, dict.fromkeys(places, 2))
    card = window.costs
    for room in (40, 7, 5, 4, 2):
        card._met = (set(), set())
        monkeypatch.setattr(card, "_room", lambda room=room: room)
        card._show((), costs(spent, WINDOW))
        assert_adds_up(card.window_)
        assert len(card.window_) <= room + 1  # and other work
        painting = [cost for cost in card.window_ if cost.of == "painting"]
        if painting:
            assert painting[0].share == pytest.approx(0.05 + 0.15 + 0.01)
            assert painting[0].each == pytest.approx(105)
        if len(painting) > 1:
            assert painting[-1].name == REST
            named = sum(cost.share for cost in painting[1:-1])
            assert painting[-1].share == pytest.approx(0.21 - named)


def test_a_row_gives_way_to_a_part_that_is_much_larger_only(
    window: MainWindow, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = window.costs
    monkeypatch.setattr(card, "_room", lambda: 5)  # frames, steps, one part of these, its rest

    def shown(**shares: float) -> list[str]:
        places = {("steps", name): share for name, share in shares.items()}
        places |= {("frames", "frames"): 0.3, (IDLE, IDLE): 0.7 - sum(shares.values())}
        card._show(costs(Spent(1.0, places, {}), TRAINER), ())
        assert_adds_up(card.trainer)
        return [cost.name for cost in card.trainer if cost.of == "steps"][1:-1]

    assert shown(kernel=0.1, measuring=0.08) == ["kernel"]
    assert shown(kernel=0.1, measuring=0.19) == ["kernel"]
    assert shown(kernel=0.1, measuring=0.21) == ["measuring"]
    assert shown(kernel=0.1, measuring=0.06) == ["measuring"]


def test_hardly_anything_has_no_name(live: MainWindow, qtbot: QtBot) -> None:
    press(live)
    card = live.costs
    qtbot.waitUntil(lambda: len(card._readings) > 3 and card._readings[0][1].seconds > 0.5)
    last, first = card._readings[-1], card._readings[0]
    trainer, own = (now.since(then) for now, then in zip(last, first, strict=True))
    named = {name for _, name in (*trainer.places, *own.places)}
    assert {"kernel", "forward passes", "p_g and D*", "putting together", "Qt itself"} <= named
    for spent, heads in ((trainer, ("steps", "frames")), (own, ("painting",))):
        for head in heads:
            assert spent.places[head, head] < spent.within(head) / 3


def test_memory_is_what_the_system_says() -> None:
    used = memory()
    if not used:
        pytest.skip("nobody says how much memory the process has")
    # Pages of their own: what a list or an array gets may have been the process's already.
    with mmap.mmap(-1, 64 * 2**20) as ballast:
        ballast.write(b"x" * len(ballast))
        assert memory() - used == pytest.approx(len(ballast), rel=0.2)


def test_what_a_step_takes_the_kernel_s_own_thread_is_told(
    live: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flat out the trainer's thread only takes what was played; a step costs more than that."""
    press(live)
    card = live.costs
    qtbot.waitUntil(lambda: bool(card.lines) and card.lines[0][1] == "kernel plain")
    assert live.host.pace == 0
    for pace, words in ((0.000213, "0.213"), (0.0123, "12.3")):
        with monkeypatch.context() as patch:
            patch.setattr(card, "_host", SimpleNamespace(rate=lambda: 4000.0, pace=pace))
            assert card._said(card._trainer.read())[0][1] == f"kernel's own {words} ms a step"
