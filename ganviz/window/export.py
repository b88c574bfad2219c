"""File ▸ Export film: asks by what a film is made, shows any picture of it, and has it made.

The film is of the run as it was recorded when the dialog came up, or when it was last told to take
what is recorded by now. It is made by a process of its own, so that the run goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QElapsedTimer,
    QObject,
    QSettings,
    QSize,
    QStandardPaths,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ganviz.film.formats import FORMATS
from ganviz.film.order import Order
from ganviz.film.purposes import weight_warning
from ganviz.frame import Look, Reel
from ganviz.host import EngineThread
from ganviz.schema import ParamError
from ganviz.views.ink import whole
from ganviz.window import style
from ganviz.window.filming import Filming, Queue, Take, wait_for_takes
from ganviz.window.filmrows import FilmRows
from ganviz.window.orderform import OrderForm
from ganviz.window.subject import Subject
from ganviz.window.viewfinder import Viewfinder, bytes_words, clock, long_words

if TYPE_CHECKING:
    from ganviz.film.source import Source
    from ganviz.tape import Place, Tape

#: How long the form rests before its order is looked at, milliseconds.
REST_MS = 120
#: Width of the form, pixels.
FORM = 380
#: The dialog's size at first, and what it leaves free of the screen.
SIZE, AROUND = QSize(1180, 700), QSize(40, 80)
#: Seconds that a picture of 1920x1080 takes to be encoded, about; it overlaps with the drawing.
ENCODING = 0.04
FOLDER = "film/folder"


class ExportDialog(QDialog):
    """Asks by what a film is made, and shows any picture of it.

    Signals
    -------
    wanted (Order, path)
        A film is to be made.
    renewed
        The run as it is recorded by now is wanted.
    let_go
        The dialog was closed.
    told (sentence)
        What is made is not quite what was asked for, and why.
    """

    wanted = Signal(object, str)
    renewed = Signal()
    let_go = Signal()
    told = Signal(str)

    def __init__(self, store: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export film")
        self._store = store
        self._begun = False  # whether there is a run to film
        self.order: Order | None = None
        self.plan: tuple[int, ...] = ()
        self.form = OrderForm(store)
        self.finder = Viewfinder()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Picture")
        self.slider.setToolTip("Which picture of the film is shown")
        self.slider.setEnabled(False)
        self.play = QToolButton()
        self.play.setCheckable(True)
        self.play.setToolTip("Play the film, as far as its pictures come in time")
        self.play.setAccessibleName("Play the film")
        self.play.setEnabled(False)
        style.set_icon(self.play, "play")
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._play_on)
        self._since = QElapsedTimer()
        self._from = 0
        self.when = _quiet()
        self.about, self.weight = _quiet(), _quiet()
        self.warning = QLabel()
        self.warning.setObjectName("complaint")
        self.warning.setWordWrap(True)
        self.warning.hide()
        self.taken = _quiet()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.renew: QPushButton = buttons.addButton(
            "Up to now", QDialogButtonBox.ButtonRole.ResetRole
        )
        self.renew.setToolTip("Take the run as it is recorded by now")
        self.export: QPushButton = buttons.addButton(
            "Export…", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.export.setEnabled(False)  # until there is a run
        self.export.setDefault(False)
        self.export.setAutoDefault(False)
        self.renew.setAutoDefault(False)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        style.bare(buttons)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._look)
        self._arrange(buttons)
        self.form.changed.connect(self._changed)
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderPressed.connect(self._halt)
        self.play.toggled.connect(self._play)
        self.finder.shown.connect(self._tell)
        self.export.clicked.connect(self._ask_name)
        self.renew.clicked.connect(self.renewed)
        buttons.rejected.connect(self.reject)

    def _arrange(self, buttons: QDialogButtonBox) -> None:
        page = QScrollArea()
        page.setFrameShape(QFrame.Shape.NoFrame)
        page.setWidgetResizable(True)
        page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page.setWidget(self.form)
        page.viewport().setAutoFillBackground(False)
        self.form.setAutoFillBackground(False)
        style.set_width(page, FORM)
        page.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.finder, 1)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self.play)
        line.addWidget(self.slider, 1)
        line.addWidget(self.when)
        left.addLayout(line)
        left.addWidget(self.about)
        left.addWidget(self.weight)
        left.addWidget(self.warning)
        across = QHBoxLayout()
        across.setSpacing(24)
        across.addLayout(left, 1)
        across.addWidget(page)
        beneath = QHBoxLayout()
        beneath.addWidget(self.taken, 1)
        beneath.addWidget(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(14)
        column.addLayout(across, 1)
        column.addLayout(beneath)
        room = self.screen().availableSize() - AROUND
        if room.width() > 1600:
            self.resize(SIZE.expandedTo(QSize(1500, 900)).boundedTo(room))
        else:
            self.resize(SIZE.boundedTo(room))

    # ---- what it is about ---------------------------------------------------------------------

    def show_run(
        self, subject: Subject, open_: Callable[[tuple[int, ...]], Source], again: bool = False
    ) -> None:
        """Ask about a recorded run, which ``open_`` opens with some branches in its lanes.

        ``again``: it is the same run, as it is now.
        """
        stretches = subject.reel.stretches
        some = f" · {len(stretches)} branches" if len(stretches) > 1 else ""
        last = max((each.last for each in stretches), default=0)
        self.taken.setText(f"Recorded up to step {whole(last)}{some}")
        at_end = self.slider.value() == self.slider.maximum() or not again
        self.finder.look_at(open_)
        self._begun = True
        self.form.show_subject(subject, again)
        if at_end:
            self.slider.setValue(self.slider.maximum())

    @Slot()
    def _changed(self) -> None:
        """Take up what the form says."""
        if not self._begun:
            return  # there is no run yet
        try:
            self.order = self.form.order()
            self.plan = self.form.plan(self.order)
        except ParamError:
            self.order = None  # the form says why
        good = self.order is not None
        self.export.setEnabled(good)
        self.slider.setEnabled(good)
        self.play.setEnabled(good)
        self._halt()
        if good:
            share = self.slider.value() / max(self.slider.maximum(), 1)
            self.slider.blockSignals(True)
            self.slider.setRange(0, len(self.plan) - 1)
            self.slider.setPageStep(max(len(self.plan) // 10, 1))
            self.slider.setValue(round(share * self.slider.maximum()))
            self.slider.blockSignals(False)
            self._rest.start()
        self._tell()

    @Slot()
    def _slid(self) -> None:
        self._look()
        self._tell()

    @Slot()
    def _look(self) -> None:
        self._rest.stop()
        if self.order is not None:
            self.finder.show_picture(self.order, self.slider.value())

    # ---- playing it ---------------------------------------------------------------------------

    @Slot(bool)
    def _play(self, on: bool) -> None:
        style.set_icon(self.play, "pause" if on else "play")
        if not on or self.order is None:
            self._clock.stop()
            return
        if self.slider.value() == self.slider.maximum():
            self.slider.setValue(0)
        self._from = self.slider.value()
        self._since.start()
        self._clock.start(round(1000 / self.order.fps))

    @Slot()
    def _halt(self) -> None:
        self.play.setChecked(False)

    @Slot()
    def _play_on(self) -> None:
        """Show the picture whose time it is; a late one is waited for, and those between go."""
        if self.order is None or self.finder.searching:
            return
        self.slider.setValue(self._from + self._since.elapsed() * self.order.fps // 1000)
        if self.slider.value() == self.slider.maximum():
            self._halt()

    # ---- what is said about it ----------------------------------------------------------------

    @property
    def bytes(self) -> float:
        """Bytes of the film, about."""
        if self.order is None:
            return 0.0
        return self.form.format.bytes_a_picture(self.order.size) * len(self.plan)

    @property
    def seconds(self) -> float | None:
        """Seconds that the film takes to be made, about; None while nobody knows."""
        if self.order is None or self.finder.cost is None or self.finder.image is None:
            return None
        area = self.order.size[0] * self.order.size[1]
        looked = self.finder.image.width() * self.finder.image.height()
        drawing = self.finder.cost * max(area / looked, 1.0)
        different = len(set(self.plan))
        return 2 + max(different * drawing, len(self.plan) * ENCODING * area / (1920 * 1080))

    @Slot()
    def _tell(self) -> None:
        """Say which picture is shown, and what the film will be like."""
        order, plan = self.order, self.plan
        self.warning.setText(self.finder.sentence)
        if order is None or not plan:
            self.warning.setHidden(not self.finder.sentence)
            for label in (self.when, self.about, self.weight):
                label.setText("")
            return
        if self.finder.title and not self.form.subject.lesson:
            self.form.title.setPlaceholderText(self.finder.title)
        number = min(self.slider.value(), len(plan) - 1)
        self.when.setText(
            f"{clock(number / order.fps)} of {clock(len(plan) / order.fps)} · "
            f"step {whole(plan[number])}"
        )
        self.about.setText(
            f"{whole(len(plan))} pictures · steps {whole(plan[0])} to {whole(plan[-1])}"
        )
        words = [f"about {bytes_words(self.bytes)}"]
        if self.seconds is not None:
            words.append(f"made in about {long_words(self.seconds)}")
        line = " · ".join(words)
        self.weight.setText(line[0].upper() + line[1:])
        if not self.finder.sentence:
            self.warning.setText(weight_warning("film" + self.form.format.suffix, self.bytes))
        self.warning.setHidden(not self.warning.text())

    # ---- the film is wanted -------------------------------------------------------------------

    @Slot()
    def _ask_name(self) -> None:
        """Let the user say under which name; then the film is begun."""
        form = self.form.format
        films = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MoviesLocation)
        folder = str(self._store.value(FOLDER, films or str(Path.home())))
        title = self.form.title.text().strip() or self.form.subject.title or "film"
        name = re.sub(r"[^\w.-]+", "-", title.lower()).strip("-.") or "film"
        kinds = f"{form.title} (*{form.suffix})" if form.suffix else "Folders (*)"
        dialog = QFileDialog(self, "Save film", folder, kinds)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(form.suffix[1:])
        dialog.selectFile(name + form.suffix)
        dialog.fileSelected.connect(self._named)
        dialog.open()

    @Slot(str)
    def _named(self, name: str) -> None:
        path = Path(name)
        before = self.form.format
        typed = next((f for f in FORMATS if f.suffix and f.suffix == path.suffix.lower()), before)
        if typed is not before:
            self.form.choose_format(typed)
        suffix = typed.suffix
        if path.suffix.lower() != suffix:
            # A folder has no ending; an ending that nobody knows is a part of the name.
            path = path.with_suffix("") if not suffix else path.with_name(path.name + suffix)
        if self.order is None:
            return  # the size, say, is not for that format: the form says so
        if typed is not before:
            self.told.emit(
                f"{path.name}: the format is {typed.title}, as the name says, "
                f"with {self.order.fps:g} pictures a second"
            )
        self._store.setValue(FOLDER, str(path.parent))
        self.form.remember()
        self.wanted.emit(self.order, str(path))
        self.close()

    # ---- Qt speaks ----------------------------------------------------------------------------

    def done(self, result: int) -> None:
        """Let the run go, however the dialog is closed; called by Qt."""
        self._rest.stop()
        self._halt()
        self.form.remember()
        super().done(result)
        self.finder.close_run()
        self._begun, self.order = False, None
        for control in (self.export, self.slider, self.play):
            control.setEnabled(False)
        self.let_go.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close as by the button; called by Qt."""
        self.done(int(QDialog.DialogCode.Rejected))
        event.accept()


class Export(QObject):
    """Everything about films in the window: the dialog, the films in the making, and their rows.

    Signals
    -------
    told (sentence)
        What is made is not quite what was asked for, and why.

    Parameters
    ----------
    host
        Whose tape is filmed.
    subject
        Returns how the window shows the run that is on a reel.
    store
        Where the order last used is remembered.
    window
        The window.
    """

    told = Signal(str)

    def __init__(
        self,
        host: EngineThread,
        subject: Callable[[Reel], Subject],
        store: QSettings,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._host, self._subject = host, subject
        self._window = window
        self._store = store
        self._asking = False
        self._again = False  # whether the dialog is about this run already
        self._take: Take | None = None
        self.dialog: ExportDialog | None = None
        self.question: QDialog | None = None
        self.queue = Queue(self)
        self.rows = FilmRows()
        self.queue.added.connect(self.rows.add)
        self.queue.added.connect(self._added)
        host.tape_ready.connect(self._taken)

    @property
    def busy(self) -> bool:
        """Whether a film is in the making."""
        return self.queue.busy

    @Slot()
    def open(self) -> None:
        """Show the dialog beside the window, and ask for what is recorded."""
        if self.dialog is None:
            self.dialog = ExportDialog(self._store, self._window)
            self.dialog.wanted.connect(self._wanted)
            self.dialog.renewed.connect(self._ask)
            self.dialog.let_go.connect(self._let_go)
            self.dialog.told.connect(self.told)
        fresh = not self.dialog.isVisible()
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()
        if fresh:
            self._again = False
            self._ask()

    @Slot()
    def _ask(self) -> None:
        self._asking = True
        self._host.want_tape()

    @Slot()
    def _taken(self) -> None:
        if not self._asking:
            return
        if (found := self._host.tapes.take()) is None:
            self._host.want_tape()  # somebody else has taken it
            return
        self._asking = False
        if self.dialog is None or not self.dialog.isVisible():
            return
        tape, place = found
        self._let_go()
        twin = tape.copy()  # the preview's own: whoever looks at it keeps moments on it
        lanes = ((place.branch, place.step),)
        reel = Reel(tape.stretches(), lanes, tuple(tape.bookmarks), stride=tape.stride)
        subject = self._subject(reel)
        self._take = Take(lambda path: write_run(path, tape, place, subject.look))
        again, self._again = self._again, True
        self.dialog.show_run(subject, lambda branches: open_run(twin, branches, place), again)

    @Slot()
    def _let_go(self) -> None:
        if self._take is not None:
            self._take.let_go()
            self._take = None

    @Slot(object, str)
    def _wanted(self, order: Order, path: str) -> None:
        if self._take is not None:
            self.queue.add(self._take, order, Path(path))

    # ---- leaving ------------------------------------------------------------------------------

    def may_close(self, go_on: Callable[[], object]) -> bool:
        """Return whether the window may close; if not yet, ask, and ``go_on`` is called after."""
        if not self.busy:
            return True
        if self.question is None:
            self.question = question = Leaving(self._window)
            question.accepted.connect(go_on)
            question.finished.connect(self._answered)
            question.open()
        return False

    @Slot(object)
    def _added(self, film: Filming) -> None:
        film.ended.connect(self._ended)

    @Slot()
    def _ended(self) -> None:
        """Take the question back when there is nothing left to lose."""
        if self.question is not None and not self.busy:
            self.question.reject()

    @Slot()
    def _answered(self) -> None:
        self.question = None

    def stop(self) -> None:
        """Call everything off, and return when nothing is left of it."""
        if self.dialog is not None:
            self.dialog.close()
        self.queue.cancel_and_wait()
        self._let_go()
        wait_for_takes()


class Leaving(QDialog):
    """Asks whether a film in the making shall be given up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("A film is being made")
        words = QLabel("A film is still being made. Quitting now leaves nothing of it.")
        words.setWordWrap(True)
        buttons = QDialogButtonBox()
        self.quit = buttons.addButton(
            "Quit and cancel the export", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.stay = buttons.addButton("Keep working", QDialogButtonBox.ButtonRole.RejectRole)
        self.stay.setDefault(True)
        self.quit.setAutoDefault(False)
        style.bare(buttons)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addWidget(words)
        column.addWidget(buttons)


def _quiet() -> QLabel:
    label = QLabel()
    label.setObjectName("quiet")
    return label


def open_run(tape: Tape, branches: tuple[int, ...], place: Place) -> Source:
    """Return a tape as a run that can be filmed, with these branches in its lanes.

    The tape is a copy: other lanes begin with one that knows nothing of those before.
    """
    from ganviz.film.source import TapeRun

    return TapeRun(tape.copy(), branches or (place.branch,))


def write_run(path: Path, tape: Tape, place: Place, look: Look) -> None:
    """Write a tape into a run file."""
    from ganviz.tape import runfile

    runfile.write(path, tape, place, look)
