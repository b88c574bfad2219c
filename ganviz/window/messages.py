"""Messages: who tells what in the bar, and what its buttons do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from ganviz.views.ink import whole
from ganviz.window.bar import Bar, Details

RESET, DETAILS = "Reset", "Details…"


class Messages(QObject):
    """Refusals, stops and errors.

    While a run stands broken, what there is to say besides is said beneath that, so that the ways
    out stay.

    Signals
    -------
    back_wanted, reset_wanted
        What the user chose after a run had stopped by itself.
    """

    back_wanted = Signal()
    reset_wanted = Signal()

    def __init__(self, bar: Bar, window: QWidget) -> None:
        super().__init__(window)
        self.bar = bar
        self.report = ""
        self._window = window
        self._trouble = ""
        self._beside = ""  # what is said beneath the trouble
        self._stopped_at = 0
        self._offers: dict[str, Callable[[], None]] = {}
        bar.chosen.connect(self._chosen)
        bar.dismissed.connect(self._dismissed)

    @Slot(str)
    def refuse(self, sentence: str) -> None:
        """Say why something was not done."""
        if self._trouble:
            self._beside = sentence
            self._tell_trouble()
        else:
            self.bar.tell("refusal", sentence)

    @Slot(str, object)
    def offer(self, sentence: str, choices: Mapping[str, Callable[[], None]]) -> None:
        """Say something with buttons, and do what the chosen one stands for; nothing waits."""
        if not self._trouble:
            self._offers = dict(choices)
            self.bar.tell("info", sentence, tuple(choices))

    @Slot(str)
    def show_error(self, report: str) -> None:
        """Show an unforeseen error, with its report one click away."""
        self.report = report
        last = report.strip().splitlines()[-1] if report.strip() else "no report"
        self.bar.tell("error", f"Something unforeseen happened: {last}", (DETAILS,))

    def show_trouble(self, sentence: str, step: int, insist: bool = False) -> None:
        """Tell once why a run has stopped by itself after a step; nothing: it is over.

        ``insist`` tells it again: somebody wanted to go on where it cannot.
        """
        if sentence == self._trouble and not insist:
            return
        self._trouble, self._beside, self._stopped_at = sentence, "", step
        if sentence:
            self._tell_trouble()
        elif self.bar.level == "trouble":
            self.bar.dismiss()

    def clear(self) -> None:
        """Put away what the user has answered by doing something else."""
        if self._beside:
            self._beside = ""
            self._tell_trouble()
        elif self.bar.level == "refusal":
            self.bar.dismiss()

    def _tell_trouble(self) -> None:
        back = f"Go back to step {whole(self._stopped_at)}"
        words = "\n".join(filter(None, (self._trouble, self._beside)))
        self.bar.tell("trouble", words, (back, RESET))

    @Slot(str)
    def _dismissed(self, level: str) -> None:
        self._beside = ""
        if self._trouble and level != "trouble":
            self._tell_trouble()  # an error had hidden it

    @Slot(str)
    def _chosen(self, button: str) -> None:
        if button in self._offers:
            chosen, self._offers = self._offers[button], {}
            self.bar.dismiss()
            chosen()
        elif button == DETAILS:
            Details(self.report, self._window).open()
        elif button == RESET:
            self.reset_wanted.emit()
        else:
            self.back_wanted.emit()
