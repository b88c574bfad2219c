"""The kernel in the window: what is said while it is compiled, and which one computes."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication

from ganviz.engine import engine as engines
from ganviz.engine.kernels import Plain
from ganviz.engine.kernels.compiled import build, load
from ganviz.engine.kernels.compiled import store as kernels
from ganviz.frame import Frame
from ganviz.presets import find
from ganviz.window.main import MainWindow
from ganviz.window.style import roomy

WORDS = "Compiling the fast kernel, once: 40 % done"
COMPLAINT = "The fast kernel is not to be had (no numba): every run takes the plain one."


def test_what_is_waited_for_is_said_and_then_no_more(window: MainWindow, host: object) -> None:
    before = window.footer.status
    host.waiting.emit(WORDS)  # type: ignore[attr-defined]
    assert window.footer.status == WORDS
    host.waiting.emit("")  # type: ignore[attr-defined]
    assert window.footer.status == before


def test_that_there_is_no_fast_kernel_is_said_in_the_bar(window: MainWindow, host: object) -> None:
    host.lacking.emit(COMPLAINT)  # type: ignore[attr-defined]
    assert window.bar.text == COMPLAINT
    assert window.bar.level == "info"
    window.bar.dismiss()
    assert not window.bar.text


def test_what_the_kernel_is_stands_beside_the_steps_and_in_a_tooltip(
    window: MainWindow, frame: Frame
) -> None:
    transport = window.transport
    about = "The plain kernel: round after round. No faster kernel plays this game: it is new."
    transport.show_frame(replace(frame, kernel="plain", about_kernel=about))
    transport.show_rates(1200, 60)
    assert transport.rates.text.endswith("60 fps · CPU, plain kernel")
    assert transport.rates.toolTip() == about
    transport.show_rates(1200, 30)
    assert transport.rates.toolTip().startswith("This machine")
    assert transport.rates.toolTip().endswith(about)


@pytest.mark.parametrize("theme", ["light", "projector"])
def test_the_kernel_is_named_whatever_else_there_is_to_say(
    window: MainWindow, frame: Frame, theme: str
) -> None:
    window.setWindowState(Qt.WindowState.WindowNoState)
    window.scene.set_theme(theme)
    window.resize(1280, 800)
    transport = window.transport
    rates = transport.rates
    window.scene.show_frames((frame,))
    QApplication.processEvents()
    assert window.width() == 1280
    measures = QFontMetrics(rates._font)
    for device, kernel in (("cpu", "plain"), ("cpu", "compiled"), ("cuda", "CUDA graph")):
        transport.show_frame(replace(frame, device=device, kernel=kernel))
        for steps, pictures in ((0, 0), (20, 20), (1200, 60), (1200, 42), (98765, 9), (98765, 60)):
            transport.show_rates(steps, pictures)
            assert kernel in rates.text
            assert ("dropped" in rates.text) == (0 < pictures < 0.85 * min(steps, 60))
            assert measures.horizontalAdvance(rates.text) * roomy() <= rates.width()
            assert transport.rect().contains(rates.geometry())
    mixed = (
        replace(frame, lane="A", kernel="compiled", about_kernel="The compiled kernel."),
        replace(frame, lane="B", kernel="plain", about_kernel="The plain kernel: labels flip."),
    )
    transport.show_frame(*mixed)
    for steps, pictures in ((190, 28), (1200, 60), (98765, 9)):
        transport.show_rates(steps, pictures)
        assert "compiled/plain" in rates.text
        assert measures.horizontalAdvance(rates.text) * roomy() <= rates.width()
    told = rates.toolTip().splitlines()[-2:]
    assert told == ["A: The compiled kernel.", "B: The plain kernel: labels flip."]
    transport.show_frame(replace(frame, kernel="compiled"))
    transport.show_rates(1200, 42)
    assert rates.text.endswith("42 fps, 18 dropped · CPU, compiled")
    transport.show_rates(98765, 60)
    assert rates.text.endswith("60 fps · CPU, compiled kernel")


def slowly(rules: str, sort: str, folder: Path, share: int, shares: int) -> list[str]:
    """Take three quarters of a second, and fail."""
    program = (
        "import pathlib, sys, time\n"
        "for done in range(1, 4):\n"
        "    time.sleep(0.25); pathlib.Path(sys.argv[1]).write_text(f'{done}/4')\n"
        "sys.exit('no numba')"
    )
    return [sys.executable, "-S", "-c", program, str(folder / f"done-{share}")]


@pytest.fixture
def compiling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder into which the kernel is compiled: slowly, and in vain."""
    monkeypatch.setattr(build, "command", slowly)
    monkeypatch.setattr(kernels, "folders", lambda: (tmp_path,))
    monkeypatch.setattr(load, "_found", None)

    def chosen(family: object) -> Plain:
        with pytest.raises(load.Unavailable):
            load.functions()
        return Plain(family)  # type: ignore[arg-type]

    monkeypatch.setattr(engines, "chosen", chosen)
    return tmp_path


def test_a_first_start_says_what_it_does_and_stays_responsive(
    qtbot, compiling: Path, app: QApplication, store: QSettings
) -> None:
    window = MainWindow(find("saddle-two-numbers"), store=store)
    qtbot.addWidget(window)
    words: list[str] = []
    ticks: list[int] = []  # turns of the event loop at which each word was heard
    shown: list[tuple[Frame, ...]] = []  # and what was to be seen then
    timer = QTimer()
    turns = [0]

    def tick() -> None:
        turns[0] += 1

    def heard(sentence: str) -> None:
        words.append(sentence)
        ticks.append(turns[0])
        shown.append(window.scene.frames)

    timer.timeout.connect(tick)
    timer.start(5)
    window.host.waiting.connect(heard)
    window.show()
    qtbot.waitUntil(lambda: "" in words)
    assert not any(frames for sentence, frames in zip(words, shown, strict=True) if sentence)
    assert words[0] == load.COMPILING
    assert any(sentence.endswith(" % done") for sentence in words)
    gone_by = ticks[words.index("")] - ticks[0]
    assert gone_by > 20  # of 150 that there may be: most of the time the window was its user's
    qtbot.waitUntil(lambda: bool(window.scene.frames) and window.scene.frames[0].step > 0)
    assert window.bar.text == COMPLAINT
    assert window.footer.status == "Playing"
    timer.stop()
    window.close()


def test_that_another_ganviz_compiles_is_said_and_waited_for(
    qtbot, compiling: Path, app: QApplication, store: QSettings
) -> None:
    words: list[str] = []
    with kernels.alone((compiling,), lambda: None):  # an open file of its own, as a process has
        window = MainWindow(find("saddle-two-numbers"), store=store)
        qtbot.addWidget(window)
        window.host.waiting.connect(words.append)
        window.show()
        qtbot.waitUntil(lambda: window.footer.status == load.WAITING)
    qtbot.waitUntil(lambda: "" in words)
    assert words[0] == load.WAITING
    assert any(sentence.startswith("Compiling the fast kernel, once: ") for sentence in words)
    window.close()
