"""The stability dialog on a real host: asks, searches beside the run, shows, and lets go."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from patience import at_rest, standing
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox
from pytestqt.qtbot import QtBot

import ganviz.engine.stability as found
from ganviz import presets
from ganviz.frame import Frame
from ganviz.host import EngineThread, Standing
from ganviz.settings import Settings
from ganviz.window.main import MainWindow
from ganviz.window.stability import (
    Stability,
    complex_words,
    measured_on,
    steps_words,
    why_no_turn,
)


@pytest.fixture
def host(qtbot: QtBot) -> Iterator[EngineThread]:
    thread = EngineThread(presets.find("saddle-two-numbers").settings)
    with qtbot.waitHost(thread.ready):
        thread.start()
    yield thread
    assert thread.stop()


@pytest.fixture
def dialog(qtbot: QtBot, app: QApplication, host: EngineThread) -> Iterator[Stability]:
    made = Stability(host)
    qtbot.addWidget(made)
    yield made
    made.close()


def answered(qtbot: QtBot, dialog: Stability) -> None:
    qtbot.waitUntil(lambda: not dialog.busy)


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """A search that goes on until it is called off; the event tells that it has begun."""
    begun = threading.Event()

    def forever(moment: Any, cancelled: Any, progress: Any) -> None:
        begun.set()
        progress(0.4)
        while not cancelled():
            time.sleep(0.01)

    monkeypatch.setattr(found, "spectrum", forever)
    return begun


def test_the_saddle_s_period_is_predicted_and_measured(
    qtbot: QtBot, host: EngineThread, dialog: Stability
) -> None:
    host.step(700)
    dialog.open_and_ask()
    answered(qtbot, dialog)
    assert dialog.words.text() == (
        "At step 700: 2 parameters; the leading pair turns once in 126 steps and neither grows nor "
        "shrinks."
    )
    assert dialog.predicted.text() == "125.7 steps a turn, of λ = 0.9988 ± 0.0500 i"
    measured = float(dialog.measured.text().split()[0])
    assert measured == pytest.approx(125.7, rel=0.02)
    assert "twice its frequency" in dialog.losses.text()
    assert dialog.losses.text().startswith(f"one swing in {measured / 2:.1f}")
    assert dialog.note.text().startswith("Step 700")
    assert np.abs(dialog.circles.values) == pytest.approx([1, 1])
    assert dialog.again.isEnabled()
    assert not dialog.cancel.isEnabled()


def test_the_run_goes_on_undisturbed(qtbot: QtBot, host: EngineThread, dialog: Stability) -> None:
    from ganviz.engine import Engine

    host.play()
    dialog.open_and_ask()
    answered(qtbot, dialog)
    assert host.playing
    host.pause()
    step = at_rest(qtbot, host)
    frames: list[Frame] = []

    def arrived() -> bool:
        host.want_frame()
        frames.extend(host.frames.take() or ())
        return bool(frames) and frames[-1].step == step

    qtbot.waitUntil(arrived)
    straight = Engine(presets.find("saddle-two-numbers").settings)
    straight.step(step)
    np.testing.assert_array_equal(straight.trace.rows, frames[-1].trace.rows)


def test_the_dots_stand_where_the_eigenvalues_are(
    qtbot: QtBot, host: EngineThread, dialog: Stability
) -> None:
    dialog.open_and_ask()
    answered(qtbot, dialog)
    dialog.show()
    image = dialog.circles.grab().toImage()
    _, near = dialog.circles.boxes()
    ratio = image.width() / dialog.circles.width()
    at = dialog.circles.leading
    x, y = float(near.x(at.real)), float(near.y(at.imag))
    assert near.rect.contains(x, y)
    ground = image.pixelColor(int((near.left + 8) * ratio), int((near.top + 8) * ratio))
    assert image.pixelColor(round(x * ratio), round(y * ratio)) != ground


def test_it_can_be_cancelled(qtbot: QtBot, dialog: Stability, stuck: threading.Event) -> None:
    dialog.open_and_ask()
    qtbot.waitUntil(stuck.is_set)
    qtbot.waitUntil(lambda: dialog.bar.value() == 400)
    began = time.perf_counter()
    QTest.mouseClick(dialog.cancel, Qt.MouseButton.LeftButton)
    assert time.perf_counter() - began < 5  # a hundredth of a second, on a machine at rest
    assert not dialog.busy
    assert dialog.note.text() == "Cancelled."
    assert not dialog.circles.old
    assert not dialog.bar.isVisible()


def test_old_numbers_do_not_look_current(
    qtbot: QtBot, host: EngineThread, dialog: Stability, request: pytest.FixtureRequest
) -> None:
    host.step(50)
    dialog.open_and_ask()
    answered(qtbot, dialog)
    assert dialog.words.text().startswith("At step 50: ")
    assert not dialog.circles.old
    begun = request.getfixturevalue("stuck")
    host.step(5)
    QTest.mouseClick(dialog.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(begun.is_set)
    assert dialog.circles.old
    assert dialog.note.text() == "Looking at step 55… The numbers are of step 50."
    QTest.mouseClick(dialog.cancel, Qt.MouseButton.LeftButton)
    assert dialog.circles.old
    assert dialog.note.text() == "Cancelled. The numbers are of step 50."


def test_pairs_that_are_no_turning_are_explained() -> None:
    def spectrum(jacobian: list[complex], step: list[complex], period: float) -> found.Spectrum:
        of = np.array(jacobian, complex), np.array(step, complex)
        return found.Spectrum(1, *of, complex("nan"), period, 0.9, 2, True, 0.1, "words")

    pair = [0.5 + 0.6j, 0.5 - 0.6j]
    assert "optimiser's own overshoot" in why_no_turn(spectrum([1, 2], pair, float("nan")))
    assert "too fast" in why_no_turn(spectrum([1 + 1j, 1 - 1j], pair, float("nan")))
    assert why_no_turn(spectrum([1, 2], [0.5, 0.6], float("nan"))) == ""
    assert why_no_turn(spectrum([1 + 1j, 1 - 1j], pair, 12.0)) == ""


def test_close_has_no_icon(dialog: Stability) -> None:
    (box,) = dialog.findChildren(QDialogButtonBox)
    assert all(button.icon().isNull() for button in box.buttons())


def test_closing_it_calls_the_search_off(
    qtbot: QtBot, dialog: Stability, stuck: threading.Event
) -> None:
    dialog.open_and_ask()
    qtbot.waitUntil(stuck.is_set)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert not dialog.busy  # and no thread is left, or conftest would complain


def test_closing_before_the_host_answers_starts_nothing(
    qtbot: QtBot, host: EngineThread, dialog: Stability
) -> None:
    dialog.open_and_ask()
    dialog.close()
    standing(qtbot, host)  # it has answered the dialog as well
    assert not dialog.busy


def test_the_window_opens_it_and_takes_it_along(
    qtbot: QtBot, app: QApplication, store: QSettings, stuck: threading.Event
) -> None:
    window = MainWindow(presets.find("saddle-two-numbers"), store=store)
    qtbot.addWidget(window)
    window.show()
    window.menus.actions["stability"].trigger()
    assert window.stability is not None
    qtbot.waitUntil(stuck.is_set)
    assert not window.stability.isModal()
    window.close()
    assert not window.stability.isVisible()
    assert not window.stability.busy


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"optim.kind_d": "adam"}, "optim.kind_d = adam: it has not taken a step yet"),
        (
            {
                "generator.kind": "formula",
                "discriminator.kind": "exact",
                "loss.instance_noise": 0.3,
            },
            "Neither player has a parameter",
        ),
    ],
)
def test_what_cannot_be_found_is_said_in_a_sentence(
    qtbot: QtBot, host: EngineThread, dialog: Stability, values: dict[str, Any], sentence: str
) -> None:
    base = {"data.target": "normal", "optim.kind_g": "sgd", "optim.kind_d": "sgd"}
    host.open(Settings.of(base | values))
    dialog.open_and_ask()
    answered(qtbot, dialog)
    assert sentence in dialog.words.text()
    assert dialog.measured.text() == "–"


def test_a_diverged_run_says_so(qtbot: QtBot, host: EngineThread, dialog: Stability) -> None:
    wild = presets.find("saddle-two-numbers").settings
    host.open(wild.with_({"optim.lr_d": 10.0, "optim.lr_g": 10.0}))
    with qtbot.waitHost(host.troubled):
        host.play()
    dialog.open_and_ask()
    answered(qtbot, dialog)
    assert "diverged at step" in dialog.words.text()
    assert not dialog.cancel.isEnabled()


def test_numbers_become_words() -> None:
    assert steps_words(62.84) == "62.8 steps"
    assert steps_words(1234.5).startswith("1")
    assert complex_words(-0.5 - 0.25j) == "−0.5000 ± 0.2500 i"
    orbit = np.stack([np.cos(np.arange(900) / 16), np.sin(np.arange(900) / 16)])
    standing = Standing(None, orbit, (0.0, 0.0), "")  # type: ignore[arg-type]
    assert measured_on(standing, 100.0) == pytest.approx(2 * np.pi * 16, rel=1e-3)
