"""Desk: the settings as all editors show them; edits go out from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from time import perf_counter
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from ganviz.schema import ParamError, get
from ganviz.settings import PARAMETERS, Settings
from ganviz.window.field import Field

#: Least time between two batches of changes, milliseconds.
PAUSE_MS = 16
#: How long a sent value may wait for its adoption before the settings in force win, seconds.
PATIENCE = 1.0


def completed(settings: Settings, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change together with what has to change along with it.

    Where another choice is made, numbers that were set for the old entry give way to the new
    entry's own defaults. Where a change makes another parameter's value illegal, what the refusal
    names as its cure comes along, or that parameter goes back to its default.
    """
    whole = dict(values)
    try:
        for path, parameter in PARAMETERS.items():
            owners = [owner for owner in parameter.when if owner in values]
            if not owners or path in values or not parameter.optional or parameter.kind == "file":
                continue
            if any(values[owner] != get(settings, owner) for owner in owners):
                after = settings.with_(values)
                if after.means_something(parameter) and get(settings, path) is not None:
                    whole[path] = None
    except ParamError:
        pass  # told below, or by the engine
    for _ in range(8):
        try:
            settings.with_(whole)
        except ParamError as error:
            if error.cure and not set(error.cure) & set(whole):
                whole |= error.cure
                continue
            culprit = str(error).partition(" = ")[0]
            if culprit not in PARAMETERS or culprit in whole:
                break
            whole[culprit] = PARAMETERS[culprit].default
        else:
            break
    return whole


class Desk(QObject):
    """Holds the settings in force, keeps every editor in step, and sends edits out.

    Signals
    -------
    adopted (Settings)
        Other settings are in force.
    """

    adopted = Signal(object)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        #: Whom to tell, by a plain call as fields do, what the user wants changed: values by path,
        #: at most sixty times a second; the last always arrives.
        self.tell: Callable[[Mapping[str, Any]], None] | None = None
        self._fields: dict[str, list[Field]] = {}
        self._waiting: dict[str, Any] = {}
        self._sent: dict[str, tuple[Any, float]] = {}
        self._pausing = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._go_on)

    def add(self, field: Field) -> None:
        """Keep one more editor in step."""
        path = field.parameter.path
        self._fields.setdefault(path, []).append(field)
        field.tell = self._hear
        field.let_go.connect(self._catch_up)
        self._show(field)

    def remove(self, field: Field) -> None:
        """Let an editor go."""
        self._fields[field.parameter.path].remove(field)
        field.tell = None

    def adopt(self, settings: Settings) -> None:
        """Show the settings now in force; values on their way are left alone."""
        self.settings = settings
        now = perf_counter()
        for path, fields in self._fields.items():
            value = get(settings, path)
            if path in self._sent:
                wanted, since = self._sent[path]
                if wanted != value and now - since < PATIENCE:
                    continue
                del self._sent[path]
            if path in self._waiting:
                continue
            shown = value, settings.entry_default(path)
            for field in fields:
                # Most of them show it already: a slider that is dragged has many neighbours.
                stale = field.complaint or (field.value, field.stands_for) != shown
                if stale and not field.held:
                    self._show(field)
        self.adopted.emit(settings)

    def forget(self) -> None:
        """Forget what was sent: the engine would not have it, or it no longer matters."""
        self._sent.clear()
        self._waiting.clear()
        for field in chain.from_iterable(self._fields.values()):
            field.give_in()

    def refuse(self, sentence: str) -> bool:
        """Forget what was sent, which the engine would not have; the sentence says why.

        Return whether a field kept what was typed, for another try, and says so beneath itself.
        """
        path = sentence.partition(" = ")[0]
        sent = self._sent.get(path)
        self.forget()
        kept = [
            field
            for field in self._fields.get(path, ())
            if sent is not None and field.value == sent[0] and field.refuse(sentence)
        ]
        for field in kept:
            # Another try is a change again, and giving up shows what is in force.
            field.value = get(self.settings, path)
        return any(field.isVisible() for field in kept)

    def wish(self, values: Mapping[str, Any]) -> None:
        """Ask for a change of one or several parameters."""
        self._waiting.update(values)
        if not self._pausing:
            self._send()

    def wish_one(self, path: str, value: Any, by: Field | None = None) -> None:
        """Ask for a change of one parameter, and show it in its editors, but for the one it is by.

        Nothing is shown before the wish is on its way.
        """
        self.wish({path: value})
        if path in self._sent or path in self._waiting:  # else it could not even be asked for
            for field in self._fields.get(path, ()):
                if field is not by:
                    field.show_value(value, self.settings.entry_default(path))

    def _hear(self, field: Field, value: Any) -> None:
        self.wish_one(field.parameter.path, value, field)

    @Slot()
    def _catch_up(self) -> None:
        """Show in a field that was held what came meanwhile, if nothing of its own is under way."""
        field = self.sender()
        if isinstance(field, Field):
            path = field.parameter.path
            if path not in self._sent and path not in self._waiting:
                self._show(field)

    def _show(self, field: Field) -> None:
        path = field.parameter.path
        field.show_value(get(self.settings, path), self.settings.entry_default(path))

    @Slot()
    def _go_on(self) -> None:
        self._pausing = False
        self._send()

    def _send(self) -> None:
        if not self._waiting:
            return
        values = completed(self.settings, self._waiting)
        self._waiting = {}
        now = perf_counter()
        self._sent.update({path: (value, now) for path, value in values.items()})
        self._pausing = True
        try:
            if self.tell is not None:
                self.tell(values)
        finally:
            self._timer.start()
