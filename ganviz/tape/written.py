"""What a tape holds besides numbers, as tables that TOML and JSON can hold, and back.

TOML knows no None: a parameter that stands for "the chosen entry's own number" is named in a list
``unset`` beside the table of those that have a value. What was there before a change is not
written: it follows from the settings at the beginning and the changes since, and so do the settings
of a branch that leaves another.

Nothing that is read is believed: a :class:`Reader` takes branches one by one and refuses what no
lane can have done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ganviz.catalog.games import GAMES
from ganviz.frame import Bookmark, Mark, Prediction, TraceWriter
from ganviz.schema import ParamError, changed, printable, put
from ganviz.settings import PARAMETERS, Settings
from ganviz.tape.tape import Branch, Kept, Place, Rows, Tape

Table = dict[str, Any]

#: The largest numbers that a file may name.
STEPS = 10**12
BRANCHES = 20_000
#: Letters of a title, a note or an entry of the journal, at most.
LETTERS = 20_000


# ---- to tables ----------------------------------------------------------------------------------


def settings_table(settings: Settings) -> Table:
    """Return all that differs from the defaults, also what means nothing in this game at present.

    It may come to mean something again, as the size of packs does when D is a network again.
    """
    return _parted((path, now) for path, (_, now) in changed(Settings(), settings).items())


def _parted(values: Iterable[tuple[str, Any]]) -> Table:
    pairs = dict(values)
    table: Table = {"set": {path: value for path, value in pairs.items() if value is not None}}
    unset = [path for path, value in pairs.items() if value is None]
    return table | ({"unset": unset} if unset else {})


def mark_table(mark: Mark) -> Table:
    """Return an entry of the journal as a table."""
    table: Table = {"step": mark.step, "kind": mark.kind, "text": mark.text}
    if mark.joined:
        table["joined"] = True
    return table | (_parted(mark.values) if mark.values else {})


def place_table(place: Place) -> Table:
    """Return a place as a table."""
    return {"branch": place.branch, "step": place.step, "marks": place.marks}


def branch_table(branch: Branch) -> Table:
    """Return what a branch begins with; its marks and rows are not in it."""
    table: Table = {"name": branch.name}
    if branch.parent is None:
        table["columns"] = list(branch.columns)
        table["settings"] = settings_table(branch.settings)
    else:
        table["parent"] = branch.parent
    if branch.origin is not None:
        table["origin"] = place_table(branch.origin)
    if branch.title:
        table["title"] = branch.title
    return table | {"first": branch.first, "shared": branch.shared, "text": branch.text}


def bookmark_table(bookmark: Bookmark) -> Table:
    """Return a bookmark as a table."""
    return {"branch": bookmark.branch, "step": bookmark.step, "note": bookmark.note}


def prediction_table(prediction: Prediction) -> Table:
    """Return a prediction as a table."""
    table: Table = {
        "lesson": prediction.lesson,
        "question": prediction.question,
        "answers": list(prediction.answers),
        "given": prediction.given,
        "step": prediction.step,
    }
    if prediction.right >= 0:
        table["right"] = prediction.right
    if prediction.measured:
        table["measured"] = prediction.measured
    return table


# ---- from tables --------------------------------------------------------------------------------


def whole(table: Mapping[str, Any], name: str, high: int = STEPS, low: int = 0) -> int:
    """Return a whole number of a table."""
    value = table.get(name)
    if type(value) is not int or not low <= value <= high:
        raise ParamError(f"{name} = {short(value)}: must be a whole number from {low} to {high:,}")
    return value


def text(table: Mapping[str, Any], name: str, letters: int = LETTERS) -> str:
    """Return a text of a table; empty where there is none."""
    value = table.get(name, "")
    if not isinstance(value, str) or len(value) > letters:
        raise ParamError(f"{name} = {short(value)}: must be text of at most {letters:,} letters")
    return printable(value)


def _prediction(table: Mapping[str, Any]) -> Prediction:
    answers = table.get("answers", [])
    if not (isinstance(answers, list) and 2 <= len(answers) <= 20):
        raise ParamError(f"answers = {short(answers)}: must be a list of 2 to 20 texts")
    last = len(answers) - 1
    return Prediction(
        text(table, "lesson"),
        text(table, "question"),
        tuple(text({"answer": each}, "answer") for each in answers),
        whole(table, "given", last),
        whole(table, "step"),
        whole(table, "right", last) if "right" in table else -1,
        text(table, "measured"),
    )


def inner(table: Mapping[str, Any], name: str) -> Table:
    """Return a table of a table; empty where there is none."""
    value = table.get(name, {})
    if not isinstance(value, dict):
        raise ParamError(f"{name} = {short(value)}: must be a table")
    return value


def tables(table: Mapping[str, Any], name: str) -> list[Table]:
    """Return the tables of a list in a table."""
    value = table.get(name, [])
    if not (isinstance(value, list) and all(isinstance(each, dict) for each in value)):
        raise ParamError(f"{name} = {short(value)}: must be a list of tables")
    return value


def short(value: Any) -> str:
    """Return a value in few letters."""
    if value is None:
        return "none"
    said = " ".join(printable(str(value)[:200]).split())
    return said if len(said) <= 40 else said[:39] + "…"


def place(table: Mapping[str, Any]) -> Place:
    """Return the place that a table describes; whether there is such a place is not asked."""
    return Place(whole(table, "branch", BRANCHES), whole(table, "step"), whole(table, "marks"))


def _values(table: Mapping[str, Any]) -> dict[str, Any]:
    unset = table.get("unset", [])
    if not (isinstance(unset, list) and all(isinstance(path, str) for path in unset)):
        raise ParamError(f"unset = {short(unset)}: must be a list of parameters")
    values = inner(table, "set") | dict.fromkeys(unset)
    for path in values:
        if path not in PARAMETERS:
            raise ParamError(f"{short(path)}: there is no such parameter")
    return {path: values[path] for path in PARAMETERS if path in values}


class Reader:
    """Builds a tape from what somebody has written, piece by piece, and refuses what cannot be."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self._after: list[list[Settings]] = []  # of each branch, behind so many of its own marks

    def branch(self, table: Mapping[str, Any]) -> Branch:
        """Take the next branch, without marks and rows."""
        tape = self.tape
        number = len(tape.branches)
        if number >= BRANCHES:
            raise ParamError(f"more than {BRANCHES:,} branches")
        first, shared = whole(table, "first"), whole(table, "shared")
        origin = place(inner(table, "origin")) if "origin" in table else None
        if "parent" in table:
            parent = whole(table, "parent", high=number - 1) if number else -1
            start = Place(parent, first, shared)
            if parent < 0 or origin is not None:
                raise ParamError(f"branch {number}: must begin at step 0, and leave no other")
            settings = self.settings(parent, first, shared)
            branch = Branch(number, parent, first, shared, settings, tape.branches[parent].columns)
            if tape.stem(start) != start:
                raise ParamError(f"branch {number}: leaves its parent where that does not lie")
        else:
            if first or shared:
                raise ParamError(f"branch {number}: a branch without a parent begins at step 0")
            if origin is not None:
                if origin.branch >= number:
                    raise ParamError(f"branch {number}: begins from a branch that comes later")
                self.settings(*_tuple(tape.stem(origin)))
            settings = put(Settings(), _values(inner(table, "settings"))).with_({})
            columns = table.get("columns")
            if not (
                isinstance(columns, list)
                and all(isinstance(name, str) for name in columns)
                and 0 < len(columns) == len(set(columns)) <= 1000
                and columns[0] == "step"
            ):
                raise ParamError("columns: must be a list of different names, step first")
            branch = Branch(number, None, 0, 0, settings, tuple(columns), origin)
        branch.text, branch.title = text(table, "text"), text(table, "title")
        if branch.parent is None:
            branch.trace = TraceWriter(branch.columns).trace()
        else:
            branch.trace = tape.branches[branch.parent].trace.upto(first)
        tape.branches.append(branch)
        self._after.append([branch.settings])
        return branch

    def mark(self, number: int, table: Mapping[str, Any]) -> None:
        """Take the next entry of a branch's journal; the branch must have its rows by then."""
        branch = self.tape.branches[number]
        step, kind = whole(table, "step"), text(table, "kind")
        least = branch.marks[-1].step if branch.marks else branch.first
        if not least <= step <= branch.last:
            raise ParamError(f"branch {branch.name}: its journal names step {step:,} out of turn")
        where = f"branch {branch.name}, step {step:,}"
        joined = table.get("joined", False)
        if not isinstance(joined, bool):
            raise ParamError(f"{where}: joined must be true or false")
        settings, values, before = self._after[number][-1], {}, {}
        if kind == "change":
            values = _values(table)
            try:
                new = settings.with_(values)
            except ParamError as error:
                raise ParamError(f"{where}: {error}") from None
            differing = changed(settings, new)
            if not differing or differing.keys() != values.keys():
                raise ParamError(f"{where}: names a change that changes nothing")
            if any(PARAMETERS[path].live == "restart" for path in differing):
                raise ParamError(f"{where}: a change of the seed begins a run of its own")
            before = {path: was for path, (was, _) in differing.items()}
            values = {path: now for path, (_, now) in differing.items()}
            settings = new
        elif kind == "player":
            values = {"player": text(inner(table, "set"), "player", 40)}
            players = [name for name, _ in GAMES[settings.game.kind].players]
            if values["player"] not in players:
                raise ParamError(f"{where}: no player is called {short(values['player'])}")
            if settings.train.freeze == values["player"]:
                raise ParamError(f"{where}: the {values['player']} is frozen and cannot move")
        elif kind not in ("back", "weights"):
            raise ParamError(f"{where}: must be a change, a player, back or weights")
        said = Mark(
            step, text(table, "text"), kind, tuple(values.items()), tuple(before.items()), joined
        )
        branch.marks.append(said)
        branch.text = branch.text or said.text
        self._after[number].append(settings)

    def rows(self, number: int, rows: Rows) -> None:
        """Take further rows of a branch's trace, (n, columns)."""
        branch = self.tape.branches[number]
        expected = branch.last + 1 + np.arange(len(rows))
        if not np.array_equal(rows[:, 0], expected):
            raise ParamError(f"branch {branch.name}: the steps of its trace are out of turn")
        writer = TraceWriter(branch.columns, known=branch.trace)
        writer.append(rows)
        branch.trace = writer.trace()

    def fill(self, columns: Mapping[int, tuple[str, ...]]) -> None:
        """Give traces the columns that this ganviz writes, by branch that begins a run.

        Raises
        ------
        ParamError
            For a column that there is not.
        """
        for branch in self.tape.branches:
            wanted = (
                columns[branch.number]
                if branch.parent is None
                else self.tape.branches[branch.parent].columns
            )
            if branch.columns == wanted:
                continue
            for name in branch.columns:
                if name not in wanted:
                    raise ParamError(f"columns: {short(name)} is no column of a trace")
            if branch.parent is None:
                writer = TraceWriter(wanted)
            else:
                parent = self.tape.branches[branch.parent].trace
                writer = TraceWriter(wanted, known=parent.upto(branch.first))
            order = [wanted.index(name) for name in branch.columns]
            for piece in branch.trace.pieces(branch.first):
                rows = np.full((len(piece), len(wanted)), np.nan)
                rows[:, order] = piece
                writer.append(rows)
            branch.trace, branch.columns = writer.trace(), wanted

    def settings(self, number: int, step: int, marks: int) -> Settings:
        """Return the settings in force at a place on that very branch.

        Raises
        ------
        ParamError
            If it is no place on it.
        """
        if not 0 <= number < len(self.tape.branches):
            raise ParamError(f"branch {number}: there is no such branch")
        branch = self.tape.branches[number]
        own = marks - branch.shared
        good = branch.first <= step <= branch.last and 0 <= own <= len(branch.marks)
        if good and own and branch.marks[own - 1].step > step:
            good = False
        if good and own < len(branch.marks) and branch.marks[own].step < step:
            good = False
        if not good:
            raise ParamError(
                f"branch {branch.name}: has no place at step {step:,} behind {marks} changes"
            )
        return self._after[number][own]

    def standing(self, place: Place) -> Place:
        """Return a place of the tape, if it is one."""
        if place.branch >= len(self.tape.branches):
            raise ParamError(f"branch {place.branch}: there is no such branch")
        self.settings(*_tuple(self.tape.stem(place)))
        return place

    def bookmarks(self, found: Iterable[Mapping[str, Any]]) -> None:
        """Take the bookmarks, all at once."""
        marks = []
        for table in found:
            number = whole(table, "branch", len(self.tape.branches) - 1)
            step = whole(table, "step", self.tape.branches[number].last)
            marks.append(Bookmark(number, step, text(table, "note")))
        self.tape.bookmarks = sorted(marks, key=lambda b: (b.step, b.branch))

    def predictions(self, found: Iterable[Mapping[str, Any]]) -> None:
        """Take the predictions, all at once."""
        self.tape.predictions = [_prediction(table) for table in found]

    def keep(self, number: int, kept: Kept) -> None:
        """Take a moment; those of a branch come in order."""
        branch = self.tape.branches[number]
        if branch.kept and branch.kept[-1].key >= kept.key:
            raise ParamError(f"branch {branch.name}: its moments are out of turn")
        branch.kept.append(kept)

    def whole(self) -> Tape:
        """Return the tape, if every run has a moment to begin from."""
        for branch in self.tape.branches:
            if branch.parent is None and not (branch.kept and branch.kept[0].key == (0, 0)):
                raise ParamError(f"branch {branch.name}: its first moment is missing")
        self.tape.weigh()
        return self.tape


def _tuple(place: Place) -> tuple[int, int, int]:
    return place.branch, place.step, place.marks
