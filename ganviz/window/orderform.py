"""The form of an order: everything a film is made by, asked in the order in which one thinks."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from PySide6.QtCore import QSettings, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QWidget,
)

from ganviz.film.formats import FORMATS, Format
from ganviz.film.order import MOST_LANES, Order
from ganviz.film.plan import steps
from ganviz.film.purposes import PURPOSES, Purpose
from ganviz.frame import SLOTS, Reel
from ganviz.schema import ParamError
from ganviz.views.ink import number, whole
from ganviz.views.stage import KINDS
from ganviz.window.fields import Choices
from ganviz.window.formrows import Branches, Editable, Row, cut
from ganviz.window.keys import Manners
from ganviz.window.subject import Subject

OTHER = "other"
OTHER_NOTE = "Choose the format, the size and the pictures a second by hand."
SIZES = ((1920, 1080), (1280, 720), (960, 540), (3840, 2160), (1080, 1080))
RATES = (25, 30, 50, 60)
PACES = {"even": "As many steps in every second", "early": "Slower at the start"}
THEMES = {"light": "Light", "dark": "Dark", "projector": "Projector: larger type, thicker lines"}
QUALITIES = {"screen": "As on screen", "fine": "Fine: smoother fields, more samples"}
LANES = {"beside": "Beside each other", "over": "Over one another"}
TYPES = {"0.75": "Smaller", "1": "By the size of the picture", "1.25": "Larger", "1.5": "Largest"}
WINDOW, CHOSEN = "window", "chosen"
VIEWS = {WINDOW: "As in the window now", CHOSEN: "Chosen here"}
#: What a slot is called that shows one of several views, and what stands for none of them.
PLACES = {"upper": ("Upper right", SLOTS[1]), "lower": ("Lower right", SLOTS[2])}
NONE = "none"
KEPT = "film"


class OrderForm(QWidget):
    """Asks for everything a film is made by; what it says is an :class:`Order`.

    Signals
    -------
    changed
        Something of it is another.
    """

    changed = Signal()

    def __init__(self, store: QSettings) -> None:
        super().__init__()
        self._store = store
        self._manners = Manners(self)
        self._quiet = False
        self._counts = "seconds"  # which of length and speed was said; the other follows
        self.subject = Subject(Reel())
        self._rows: dict[str, tuple[QLabel, Row]] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self._build_kind()
        self._build_part()
        self._build_time()
        self._build_look()
        self._build_words()
        self._grid.setRowStretch(self._grid.rowCount(), 1)
        self._recall()

    # ---- building -----------------------------------------------------------------------------

    def _build_kind(self) -> None:
        purposes = {each.name: each.title for each in PURPOSES} | {OTHER: "Something else"}
        self.purpose = self._choice("What it is for", purposes, self._purpose_chosen)
        self.note = QLabel()
        self.note.setObjectName("quiet")
        self.note.setWordWrap(True)
        row = self._row("purpose", "For", Row(self.purpose))
        row.column.addWidget(self.note)
        self.form = self._choice(
            "Format", {each.name: each.title for each in FORMATS}, self._form_chosen
        )
        for index, each in enumerate(FORMATS):
            self.form.setItemData(index, each.note, Qt.ItemDataRole.ToolTipRole)
        self.pixels = self._choice("Size", {}, self._own_kind, editable=True)
        self.pixels.setToolTip("Width × height of the pictures, pixels")
        self.fps = self._choice("Pictures a second", {}, self._own_kind, editable=True)
        self.fps.setMaximumWidth(90)
        self._row("form", "Format", Row(self.form))
        self._row("size", "Size", Row(self.pixels, "pixels"))
        self._row("fps", "Rate", Row(self.fps, "pictures a second", stretch=True))

    def _build_part(self) -> None:
        self.branches = Branches()
        self.branches.setToolTip(f"The branches to show, at most {MOST_LANES}")
        self.branches.changed.connect(self._branches_chosen)
        self._row("branches", "Branches", Row(self.branches))
        self.lanes = self._choice("How several branches are shown", LANES)
        self._row("lanes", "Together", Row(self.lanes))
        tip = "A step, a bookmark or a change of the run"
        self.first = self._choice("First step", {}, editable=True)
        self.last = self._choice("Last step", {}, editable=True)
        self.first.setToolTip(tip)
        self.last.setToolTip(tip)
        self._row("first", "From", Row(self.first))
        self._row("last", "To", Row(self.last))

    def _build_time(self) -> None:
        self.seconds = self._edit("Length in seconds", self._seconds_typed, wide=64)
        self.speed = self._edit("Steps a second", self._speed_typed, wide=84)
        self._row("seconds", "Length", Row(self.seconds, "s, or", self.speed, "steps/s"))
        self.pace = self._choice("Pace", PACES)
        self._row("pace", "Pace", Row(self.pace))
        self.hold = self._edit("Closing hold in seconds", self._tell, wide=64)
        self.hold.setToolTip("How long the last picture stays; a part of the length")
        row = Row(self.hold, "s the last picture stays", stretch=True)
        self._row("hold", "Hold", row)

    def _build_look(self) -> None:
        self.views = self._choice("Views", VIEWS, self._views_chosen)
        self._row("views", "Views", Row(self.views))
        self.ticks: dict[str, QCheckBox] = {}
        for name, words in (
            ("distribution", KINDS["distribution"].title),
            ("graph", KINDS["graph"].title),
            ("story", "Formula"),
        ):
            self.ticks[name] = self._tick(words)
        self._row("ticks", "", Row(*self.ticks.values(), stretch=True))
        self.slots_: dict[str, Choices] = {}
        for place, (words, names) in PLACES.items():
            choices = {name: KINDS[name].title for name in names} | {NONE: "Nothing"}
            self.slots_[place] = self._choice(words, choices)
            self._row(place, words, Row(self.slots_[place]))
        self.theme = self._choice("Theme", THEMES)
        self._row("theme", "Theme", Row(self.theme))
        self.type = self._choice("Type size", TYPES)
        self._row("type", "Type", Row(self.type))
        self.quality = self._choice("Quality", QUALITIES)
        self._row("quality", "Quality", Row(self.quality))

    def _build_words(self) -> None:
        self.title = self._edit("Title", self._tell)
        self._row("title", "Title", Row(self.title))
        self.caption = self._tick("Title and step above the views")
        self.settings_line = self._tick("Settings beneath the views")
        self.changes = self._tick("Each change as it happens")
        self._row("caption", "Written in", Row(self.caption))
        self._row("settings_line", "", Row(self.settings_line))
        self._row("changes", "", Row(self.changes))
        self.captions = self._tick("Captions of the lesson")
        self._row("captions", "", Row(self.captions))

    def _row(self, name: str, words: str, row: Row) -> Row:
        label = QLabel(words)
        label.setObjectName("quiet")
        label.setMinimumHeight(26)
        at = self._grid.rowCount()
        self._grid.addWidget(label, at, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(row, at, 1)
        self._rows[name] = (label, row)
        return row

    def _choice(
        self,
        name: str,
        choices: dict[str, str],
        slot: Callable[[], None] | None = None,
        editable: bool = False,
    ) -> Choices:
        box = Editable() if editable else Choices()
        box.setAccessibleName(name)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(6)
        box.setMaxVisibleItems(16)
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for value, words in choices.items():
            box.addItem(words, value)
        self._manners.teach(box)
        told = slot or self._tell
        if editable:
            box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            box.editTextChanged.connect(told)
        else:
            box.currentIndexChanged.connect(told)
        return box

    def _edit(self, name: str, slot: Callable[[], None], wide: int = 0) -> QLineEdit:
        edit = QLineEdit()
        edit.setAccessibleName(name)
        if wide:
            edit.setMinimumWidth(wide)
            edit.setMaximumWidth(2 * wide)
        edit.textEdited.connect(slot)
        return edit

    def _tick(self, words: str) -> QCheckBox:
        box = QCheckBox(words)
        box.toggled.connect(self._tell)
        return box

    # ---- what it is about ---------------------------------------------------------------------

    def show_subject(self, subject: Subject, again: bool = False) -> None:
        """Ask about a run; ``again``: the same one as it is now, so that what was said stays."""
        picked = self.picked() if again else [subject.driven]
        self.subject = subject
        self._quiet = True
        if not again:
            for field in (self.first, self.last, self.title):
                field.clear()
        known = {each.number for each in subject.reel.stretches}
        self.branches.show_stretches(
            subject.reel.stretches, picked if known.intersection(picked) else [subject.driven]
        )
        self._list_places()
        self.title.setPlaceholderText(subject.lesson or "as the game is called")
        self._offer_sizes()
        self._quiet = False
        self._tell()

    def _list_places(self) -> None:
        picked = self.picked()
        places = self.subject.places(picked[0]) if picked else []
        for box, end in ((self.first, "the beginning"), (self.last, "the end")):
            text = box.currentText() or end
            box.blockSignals(True)
            box.clear()
            box.addItem(end, None)
            for step, words in places:
                box.addItem(f"{whole(step)}  {cut(words)}", step)
            box.setEditText(text)
            box.blockSignals(False)

    def _offer_sizes(self) -> None:
        text = self.pixels.currentText()
        self.pixels.blockSignals(True)
        self.pixels.clear()
        stage = self.subject.stage
        for wide, tall in (*SIZES, *([stage] if stage not in SIZES else [])):
            self.pixels.addItem(f"{wide} × {tall}", (wide, tall))
        self.pixels.setItemData(
            self.pixels.count() - 1, "As large as in the window", Qt.ItemDataRole.ToolTipRole
        )
        self.pixels.setEditText(text)
        self.pixels.blockSignals(False)

    def picked(self) -> list[int]:
        """Return the branches that are ticked; the driven one first."""
        driven = self.subject.driven
        return sorted(self.branches.ticked, key=lambda each: (each != driven, each))

    # ---- what is said -------------------------------------------------------------------------

    @property
    def format(self) -> Format:
        """The format that is chosen."""
        return next(each for each in FORMATS if each.name == self.form.currentData())

    @property
    def purposed(self) -> Purpose | None:
        """What it is for; None for something else."""
        return next((each for each in PURPOSES if each.name == self.purpose.currentData()), None)

    def choose_format(self, form: Format) -> None:
        """Choose a format as if by hand."""
        self.form.setCurrentIndex(self.form.findData(form.name))

    def order(self) -> Order:
        """Return the order that the form says.

        Raises
        ------
        ParamError
            For the first thing that cannot be; its name comes first, as in ``film.size = …``.
        """
        subject, picked = self.subject, self.picked()
        if subject.reel.stretches and not picked:
            raise ParamError("film.branches = none: must be one at least")
        order = Order(
            size=self._size(),
            fps=self._whole("fps", self.fps.currentText()),
            seconds=self._number("seconds", self.seconds.text())
            if self._counts == "seconds"
            else None,
            speed=self._number("speed", self.speed.text()) if self._counts == "speed" else None,
            first=self._step("first", self.first),
            last=self._step("last", self.last),
            branches=tuple(picked),
            pace=str(self.pace.currentData()),
            title=self.title.text().strip() or subject.lesson,
            caption=self.caption.isChecked(),
            settings_line=self.settings_line.isChecked(),
            changes=self.changes.isChecked(),
            captions=self.captions.isChecked(),
            hold=self._number("hold", self.hold.text()),
            quality=str(self.quality.currentData()),
            sizes=subject.sizes if self.views.currentData() == WINDOW else "",
        )
        order = order.with_(look=subject.look.with_(until=None), said=subject.said)
        if self.views.currentData() == CHOSEN:
            names = [name for name, tick in self.ticks.items() if tick.isChecked()]
            names += [
                str(box.currentData()) for box in self.slots_.values() if box.currentData() != NONE
            ]
            try:
                order = order.seeing(",".join(names))
            except ParamError as error:
                raise ParamError(f"film.views: {error}") from None
        order = order.with_(
            look=order.look.with_(
                theme=str(self.theme.currentData()), lanes=str(self.lanes.currentData())
            )
        )
        if (factor := float(self.type.currentData())) != 1:
            order = order.with_(scale=round(min(max(order.zoom * factor, 0.25), 8.0), 4))
        self.format.check(self._name, order.size, order.fps)
        return order

    @property
    def _name(self) -> str:
        return "film" + self.format.suffix

    def plan(self, order: Order) -> tuple[int, ...]:
        """Return the step that each picture shows. Raises ParamError as :meth:`order` does."""
        return steps(order, 0, self.subject.last(order.branches))

    def _size(self) -> tuple[int, int]:
        text = self.pixels.currentText()
        wide, _, tall = text.lower().replace("×", "x").partition("x")
        try:
            return int(wide), int(tall)
        except ValueError:
            raise ParamError(
                f"film.size = {text.strip() or 'nothing'}: must be width × height, such as "
                "1920 × 1080"
            ) from None

    def _number(self, name: str, text: str) -> float:
        plain = "".join(text.split()).replace("−", "-")
        try:
            # 12,5 is a number in most of Europe; 1,500 would be ambiguous, and is not written here.
            value = float(plain.replace(",", "."))
        except ValueError:
            value = float("nan")
        if not isfinite(value):
            raise ParamError(f"film.{name} = {text.strip() or 'nothing'}: must be a number")
        return int(value) if value.is_integer() else value

    def _whole(self, name: str, text: str) -> int:
        value = self._number(name, text)
        if value != int(value):
            raise ParamError(f"film.{name} = {text.strip()}: must be a whole number")
        return int(value)

    def _step(self, name: str, box: QComboBox) -> int | None:
        text = box.currentText()
        index = box.findText(text)
        if index >= 0:
            step = box.itemData(index)
            return None if step is None else int(step)
        if not text.strip():
            return None
        plain = "".join(text.partition("  ")[0].split()).replace(",", "")
        if not plain.isdecimal():
            raise ParamError(f"film.{name} = {text.strip()}: must be the number of a step")
        return int(plain)

    # ---- what follows from what ---------------------------------------------------------------

    @Slot()
    def _tell(self) -> None:
        if not self._quiet:
            self._follow()
            self.changed.emit()

    @Slot()
    def _purpose_chosen(self) -> None:
        purpose = self.purposed
        self.note.setText(purpose.note if purpose is not None else OTHER_NOTE)
        if purpose is not None:
            was, self._quiet = self._quiet, True
            self.form.setCurrentIndex(self.form.findData(purpose.form))
            self.pixels.setEditText("{} × {}".format(*purpose.size))
            self._offer_rates()
            self.fps.setEditText(str(purpose.fps))
            self._quiet = was
        self._tell()

    @Slot()
    def _form_chosen(self) -> None:
        self._offer_rates()
        self._own_kind()

    @Slot()
    def _own_kind(self) -> None:
        """Take note that format, size or rate were chosen by hand."""
        if self._quiet:
            return
        purpose = self.purposed
        if purpose is not None:
            said = (self.format.name, self.pixels.currentText(), self.fps.currentText())
            if said != (purpose.form, "{} × {}".format(*purpose.size), str(purpose.fps)):
                self._quiet = True
                self.purpose.setCurrentIndex(self.purpose.findData(OTHER))
                self._quiet = False
        self._tell()

    def _offer_rates(self) -> None:
        """Offer the rates that the format keeps; only these, where it keeps only some."""
        rates = self.format.rates
        text = self.fps.currentText()
        self.fps.blockSignals(True)
        self.fps.clear()
        for rate in rates or RATES:
            self.fps.addItem(str(rate), rate)
        if rates and text not in map(str, rates):
            try:
                text = str(min(rates, key=lambda rate: abs(rate - float(text))))
            except ValueError:
                text = str(rates[1])
        self.fps.setEditText(text)
        if (edit := self.fps.lineEdit()) is not None:
            edit.setReadOnly(bool(rates))
        self.fps.blockSignals(False)

    @Slot()
    def _branches_chosen(self) -> None:
        if not self._quiet:
            self._list_places()
            self._tell()

    @Slot()
    def _views_chosen(self) -> None:
        self._tell()

    @Slot()
    def _seconds_typed(self) -> None:
        self._counts = "seconds"
        self._tell()

    @Slot()
    def _speed_typed(self) -> None:
        self._counts = "speed"
        self._tell()

    def _follow(self) -> None:
        """Show what follows from what was said: rows that matter, and the other of two lengths."""
        chosen = self.views.currentData() == CHOSEN
        for name in ("ticks", *PLACES):
            self._show_row(name, chosen)
        self._show_row("branches", len(self.subject.reel.stretches) > 1)
        self._show_row("captions", bool(self.subject.said))
        self._show_row("lanes", len(self.picked()) > 1)
        for _, row in self._rows.values():
            row.complain("")
        try:
            order = self.order()
            plan = self.plan(order)
        except ParamError as error:
            self._complain(str(error))
            return
        if self._counts == "seconds":
            moving = len(plan) - min(round(order.fps * order.hold), len(plan) // 2) - 1
            speed = (plan[-1] - plan[0]) * order.fps / max(moving, 1)
            self.speed.setText(number(speed, 0 if speed >= 100 else 1))
        else:
            self.seconds.setText(number(len(plan) / order.fps, 1))

    def _show_row(self, name: str, on: bool) -> None:
        for widget in self._rows[name]:
            widget.setVisible(on)

    def _complain(self, sentence: str) -> None:
        """Say a refusal beneath the field that it names."""
        culprit, _, rest = sentence.partition(" = ")
        culprit = culprit.partition(":")[0].removeprefix("film ").removeprefix("film.")
        culprit = culprit.partition(" ")[0]
        name = {"speed": "seconds", "scale": "type"}.get(culprit, culprit)
        if name not in self._rows:
            name = "seconds"  # a film of too many pictures
        label, row = self._rows[name]
        row.complain(f"{label.text()} = {rest}" if rest and label.text() else sentence)

    # ---- for the next time --------------------------------------------------------------------

    def remember(self) -> None:
        """Keep what shall be so the next time."""
        said = {
            "purpose": self.purpose.currentData(),
            "form": self.form.currentData(),
            "size": self.pixels.currentText(),
            "fps": self.fps.currentText(),
            "counts": self._counts,
            "seconds": self.seconds.text(),
            "speed": self.speed.text(),
            "hold": self.hold.text(),
        }
        for name, box in self._boxes().items():
            said[name] = box.currentData()
        for name, tick in self._all_ticks().items():
            said[name] = int(tick.isChecked())
        for name, value in said.items():
            self._store.setValue(f"{KEPT}/{name}", value)

    def _boxes(self) -> dict[str, Choices]:
        named = ("pace", "views", "theme", "type", "quality", "lanes")
        return {name: getattr(self, name) for name in named} | self.slots_

    def _all_ticks(self) -> dict[str, QCheckBox]:
        named = ("caption", "settings_line", "changes", "captions")
        return {name: getattr(self, name) for name in named} | self.ticks

    def _recall(self) -> None:
        """Say what was said the last time, as far as it still means something."""
        usual: dict[str, Any] = {
            "purpose": PURPOSES[0].name,
            "seconds": "8",
            "hold": "0.5",
            "counts": "seconds",
            "caption": 1,
            "changes": 1,
            "captions": 1,
            "distribution": 1,
            "story": 1,
            "type": "1",
            "theme": "light",
        }
        self._quiet = True

        def kept(name: str) -> str:
            return str(self._store.value(f"{KEPT}/{name}", usual.get(name, "")))

        self.form.setCurrentIndex(0)
        self._offer_sizes()
        self.purpose.setCurrentIndex(max(self.purpose.findData(kept("purpose")), 0))
        self._purpose_chosen()
        if self.purposed is None:
            self.form.setCurrentIndex(max(self.form.findData(kept("form")), 0))
            self.pixels.setEditText(kept("size") or "1920 × 1080")
            self.fps.setEditText(kept("fps") or "30")
            self._offer_rates()
        self._counts = "speed" if kept("counts") == "speed" and kept("speed") else "seconds"
        self.seconds.setText(kept("seconds") or "8")
        self.speed.setText(kept("speed"))
        self.hold.setText(kept("hold"))
        for name, box in self._boxes().items():
            box.setCurrentIndex(max(box.findData(kept(name)), 0))
        for name, tick in self._all_ticks().items():
            tick.setChecked(kept(name) == "1")
        self._quiet = False
