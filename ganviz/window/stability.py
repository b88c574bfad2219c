"""Stability: the eigenvalues of the game's step, and whether the run turns as they say."""

from __future__ import annotations

import logging
from math import isfinite, isnan
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QThread, QTimer, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ganviz.frame import Array
from ganviz.host import EngineThread, Standing
from ganviz.schema import ParamError
from ganviz.theory.stability import measured_period
from ganviz.views.axes import Box, draw_bottom, draw_side
from ganviz.views.ink import BODY, MINUS, SMALL, number, pixel_ratio, whole, width, write
from ganviz.views.strokes import dot, mark, sprites
from ganviz.views.theme import Theme, colour
from ganviz.window import style

if TYPE_CHECKING:
    from ganviz.engine import Moment
    from ganviz.engine.stability import Spectrum

log = logging.getLogger(__name__)

#: How often the dialog looks whether the search has come on, milliseconds.
LOOK_MS = 60
#: How long it waits for a search that was called off, milliseconds.
WAIT_MS = 10_000
#: Turns of the orbit that the period is measured over, at most, and steps at least.
TURNS, STEPS = 8, 600
#: How strongly eigenvalues are painted that are no longer those of the run.
FAINT = 0.35
#: Room for the numbers beside a plot, pixels.
SIDE = 52

INTRODUCTION = (
    "Each dot is an eigenvalue λ of one training step, taken as linear where the run stands. "
    "Inside the unit circle what it stands for shrinks, outside it grows, and off the real axis "
    "it turns."
)


class Search(QThread):
    """Looks for the spectrum of one moment; the dialog looks at ``share``, then at the rest."""

    def __init__(self, moment: Moment) -> None:
        super().__init__()
        self.share = 0.0
        self.found: Spectrum | None = None
        self.sentence = ""  # why there is none
        self._moment = moment

    def run(self) -> None:
        """Search; called by Qt, in the thread."""
        try:
            import torch

            from ganviz.engine.stability import spectrum

            torch.set_num_threads(1)  # the run beside it needs the other cores
            self.found = spectrum(self._moment, self.isInterruptionRequested, self._tell)
        except ParamError as error:
            self.sentence = str(error)
        except Exception as error:  # a dialog must not take the window with it
            log.exception("while looking for eigenvalues")
            self.sentence = f"Something unforeseen happened: {error}"

    def _tell(self, share: float) -> None:
        self.share = share

    def stop(self) -> None:
        """Call the search off and wait for its end."""
        self.requestInterruption()
        self.wait(WAIT_MS)


class Stability(QDialog):
    """Asks where the run stands, looks for the eigenvalues there, and shows what they say.

    The run goes on meanwhile. Closing it calls the search off.
    """

    def __init__(self, host: EngineThread, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Stability")
        self._host = host
        self._asking = False
        self._standing: Standing | None = None
        self._search: Search | None = None
        self._shown: int | None = None  # the step of the numbers that stand there
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        host.moment_ready.connect(self._arrived)
        self.circles = Circles()
        self.words = _label(INTRODUCTION)
        self.predicted, self.measured, self.losses = _label(), _label(), _label()
        self.note = _label()
        self.note.setObjectName("quiet")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName("Progress")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        role = QDialogButtonBox.ButtonRole.ActionRole
        self.cancel: QPushButton = buttons.addButton("Cancel", role)
        self.again: QPushButton = buttons.addButton("Compute again", role)
        self.cancel.clicked.connect(self.call_off)
        self.again.clicked.connect(self.ask)
        buttons.rejected.connect(self.reject)
        style.bare(buttons)
        self._arrange(buttons)
        self._show_state("")

    def _arrange(self, buttons: QDialogButtonBox) -> None:
        rows = QFormLayout()
        rows.setHorizontalSpacing(24)
        rows.setVerticalSpacing(6)
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, words in (
            ("Predicted", self.predicted),
            ("Measured", self.measured),
            ("Losses", self.losses),
        ):
            title = QLabel(name)
            title.setObjectName("quiet")
            rows.addRow(title, words)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(14)
        column.addWidget(self.words)
        column.addWidget(self.circles, 1)
        column.addLayout(rows)
        column.addWidget(self.note)
        column.addWidget(self.bar)
        column.addWidget(buttons)
        self.resize(760, 640)

    # ---- asking -------------------------------------------------------------------------------

    @Slot()
    def open_and_ask(self) -> None:
        """Show the dialog beside the window, and begin."""
        self.show()
        self.raise_()
        self.activateWindow()
        if self._search is None and not self._asking:
            self.ask()

    @Slot()
    def ask(self) -> None:
        """Ask the host where the run stands; the search begins when it answers."""
        self.call_off()
        self._asking = True
        self.circles.show_old(self._shown is not None)
        self._show_state(f"Waiting for the run…{self._old()}")
        self._host.want_moment()

    @Slot()
    def _arrived(self) -> None:
        standing = self._host.moments.take()
        if standing is None or not self._asking:
            return
        self._asking = False
        self._standing = standing
        if standing.trouble:
            self._show_sentence(f"{standing.trouble} Go back to it, or reset the run, first.")
            return
        self._search = Search(standing.moment)
        self._search.start()
        self._timer.start()
        self._show_state(f"Looking at step {whole(standing.moment.step)}…{self._old()}")

    @Slot()
    def call_off(self) -> None:
        """Give up a search that is under way."""
        self._asking = False
        self._timer.stop()
        if self._search is not None:
            self._search.stop()
            self._search = None
        self._show_state(f"Cancelled.{self._old()}")

    @Slot()
    def _look(self) -> None:
        search = self._search
        if search is None:
            return
        self.bar.setValue(round(1000 * search.share))
        if not search.isFinished():
            return
        self._timer.stop()
        self._search = None
        search.wait()
        if search.found is not None and self._standing is not None:
            self.show_spectrum(search.found, self._standing)
        else:
            self._show_sentence(search.sentence)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._asking or self._search is not None

    # ---- showing ------------------------------------------------------------------------------

    def show_spectrum(self, found: Spectrum, standing: Standing) -> None:
        """Show eigenvalues, and the period of the orbit beside the one they predict."""
        self._shown = found.at
        self.circles.show_values(found.step, found.leading)
        self.words.setText(f"At step {whole(found.at)}: {found.words}{why_no_turn(found)}.")
        measured = measured_on(standing, found.period)
        if isnan(found.period):
            self.predicted.setText("no turning")
        else:
            self.predicted.setText(
                f"{steps_words(found.period)} a turn, of λ = {complex_words(found.leading)}"
            )
        if not standing.orbit.shape[1]:
            self.measured.setText("this game has no orbit to measure, or it has not moved yet")
        elif isnan(measured):
            self.measured.setText("the orbit has made no steady turn yet")
        else:
            self.measured.setText(f"{steps_words(measured)} a turn, on the orbit of the run")
        period = found.period if isnan(measured) else measured
        if isnan(period):
            self.losses.setText("they swing twice a turn, where there are turns")
        else:
            self.losses.setText(
                f"one swing in {steps_words(period / 2)}: near the equilibrium they are the same "
                "at opposite points of the orbit, and so run at twice its frequency"
            )
        some = "" if found.whole else "the outermost eigenvalues only · "
        self._show_state(f"Step {whole(found.at)} · {some}{number(found.seconds, 1)} s")

    def _show_sentence(self, sentence: str) -> None:
        self._shown = None
        self.circles.show_values(np.empty(0, complex), complex("nan"))
        self.words.setText(sentence)
        for label in (self.predicted, self.measured, self.losses):
            label.setText(MISSING)
        self._show_state("")

    def _old(self) -> str:
        """Return which step the numbers belong to that still stand there, if any."""
        return "" if self._shown is None else f" The numbers are of step {whole(self._shown)}."

    def _show_state(self, note: str) -> None:
        self.note.setText(note)
        self.cancel.setEnabled(self.busy)
        self.again.setEnabled(not self.busy)
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)
        self.bar.setVisible(self.busy)
        self.bar.setValue(0)

    # ---- Qt speaks ----------------------------------------------------------------------------

    def done(self, result: int) -> None:
        """Call the search off, however the dialog is closed; called by Qt."""
        if self.busy:
            self.call_off()
        super().done(result)


MISSING = "\N{EN DASH}"


def _label(words: str = MISSING) -> QLabel:
    label = QLabel(words)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def why_no_turn(found: Spectrum) -> str:
    """Return why pairs of eigenvalues off the axis are no turning, where there are such."""
    off = np.abs(found.step.imag) > 1e-9 * np.maximum(1.0, np.abs(found.step))
    if isfinite(found.period) or not off.any():
        return ""
    # Without an optimiser's memory a step has a pair where the gradient field has one.
    steep = np.abs(found.jacobian.imag) > 1e-9 * np.maximum(1e-9, np.abs(found.jacobian))
    if steep.any():
        return "; the pairs off the axis shrink or grow too fast within a turn to be seen turning"
    return "; the pairs off the axis are the optimiser's own overshoot: no turning of the game"


def measured_on(standing: Standing, period: float) -> float:
    """Return the period of the last few turns of the run's orbit, or NaN."""
    rows = STEPS if not isfinite(period) else max(STEPS, round(TURNS * period))
    x, y = standing.orbit[:, -rows:]
    return measured_period(x, y, standing.centre)


def steps_words(steps: float) -> str:
    """Return a number of steps in words."""
    return f"{number(steps, 1) if steps < 1000 else whole(round(steps))} steps"


def complex_words(value: complex) -> str:
    """Return a pair of conjugate numbers in words."""
    return f"{number(value.real, 4)} ± {number(abs(value.imag), 4)} i".replace("-", MINUS)


class Circles(QWidget):
    """Eigenvalues of a step in the plane, with the unit circle: all of them, and those near 1."""

    def __init__(self) -> None:
        super().__init__()
        self.values: Array = np.empty(0, complex)
        self.leading = complex("nan")
        self.old = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Eigenvalues of a step")
        self.setToolTip(INTRODUCTION)

    def sizeHint(self) -> QSize:
        """Return the size it looks best at."""
        return QSize(700, 360)

    def minimumSizeHint(self) -> QSize:
        """Return the size below which nothing can be read."""
        return QSize(420, 240)

    def show_values(self, values: Array, leading: complex) -> None:
        """Show eigenvalues (n,) complex; NaN where none leads."""
        self.values, self.leading, self.old = values, leading, False
        count = len(values)
        self.setAccessibleDescription(f"{count} eigenvalues" if count else "")
        self.update()

    def show_old(self, old: bool) -> None:
        """Dim what is shown, as something that is no longer so."""
        self.old = old
        self.update()

    def boxes(self) -> tuple[Box, Box]:
        """Return where all eigenvalues are drawn, and where those near 1 are."""
        top, bottom = 30, self.height() - 28
        wide = (self.width() - 2 * SIDE - 2 * 14) / 2
        reach = 1.25
        if len(self.values):
            far = max(np.abs(self.values.real).max(), np.abs(self.values.imag).max())
            reach = float(np.clip(1.1 * far, 1.25, 4.0))
        near = 0.3
        if isfinite(self.leading.real):
            near = float(np.clip(1.6 * abs(self.leading - 1), 1e-4, reach))
        elif len(self.values):
            near = float(np.clip(1.2 * np.abs(self.values - 1).max(), 1e-4, reach))
        whole_box = Box(SIDE, top, SIDE + wide, bottom, -reach, reach, -reach, reach)
        # More of the inside than of the outside: that is where most of them lie.
        x, spread = 2 * SIDE + wide + 14, (1 - 1.4 * near, 1 + 0.6 * near, -near, near)
        near_box = Box(x, top, x + wide, bottom, *spread)
        return whole_box.squared(), near_box.squared()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint; called by Qt."""
        p = QPainter(self)
        theme = style.worn()
        if self.old and len(self.values):
            p.setOpacity(FAINT)
        for box, title in zip(self.boxes(), ("All", "Near 1"), strict=True):
            self._paint_box(p, box, theme)
            write(p, (box.left, box.top - 10), title, theme.text, size=BODY, bold=True)
        if isfinite(self.leading.real):
            at, words = (box.right, box.top - 10), "leading pair"
            write(p, at, words, theme.muted, size=SMALL, align=1)
            x = box.right - width(words, SMALL) - 12
            mark(p, "diamond", x, box.top - 14, 10, theme.generated, "")
        p.end()

    def _paint_box(self, p: QPainter, box: Box, theme: Theme) -> None:
        p.fillRect(box.rect, colour(theme.base))
        p.save()
        p.setClipRect(box.rect)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        circle = QRectF(
            QPointF(float(box.x(-1.0)), float(box.y(1.0))),
            QPointF(float(box.x(1.0)), float(box.y(-1.0))),
        )
        p.setPen(QPen(colour(theme.border), 1))
        p.drawLine(QPointF(box.left, float(box.y(0.0))), QPointF(box.right, float(box.y(0.0))))
        p.setPen(QPen(colour(theme.axis), 1.5))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawEllipse(circle)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        dpr = pixel_ratio(p)
        x, y = box.x(self.values.real), box.y(self.values.imag)
        inside = (np.abs(x - box.left) < 4e3) & (np.abs(y - box.top) < 4e3)
        disc = dot("disc", theme.orbit, "", 6, dpr)  # no rims: they would hide each other
        sprites(p, x[inside], y[inside], disc, dpr)
        if isfinite(self.leading.real):
            pair = np.array([self.leading, self.leading.conjugate()])
            ring = dot("diamond", theme.generated, theme.base, 13, dpr)
            sprites(p, box.x(pair.real), box.y(pair.imag), ring, dpr)
        p.restore()
        p.setPen(QPen(colour(theme.border), 1))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRect(box.rect.adjusted(-0.5, -0.5, 0.5, 0.5))
        draw_bottom(p, box, theme, "", room=14)
        draw_side(p, box, theme, "", room=SIDE)
        if not len(self.values):
            at = (box.rect.center().x(), box.bottom - 10)
            write(p, at, "unit circle", theme.muted, size=SMALL, align=0.5)
