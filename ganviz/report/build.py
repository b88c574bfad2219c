"""A tape becomes a Report. Draws, and belongs to the GUI thread; needs a QApplication and torch.

In a hand-out the pictures are drawn without the words that would answer what is asked beneath them:
without readings, notes and diagnosis.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from PySide6.QtCore import QBuffer, QIODevice, qVersion
from PySide6.QtGui import QImage, QImageWriter

from ganviz import __version__
from ganviz.catalog.games import GAMES
from ganviz.engine import Engine
from ganviz.film.render import FilmStage
from ganviz.frame import Frame, Look, Mark, Reading
from ganviz.report.document import (
    Answer,
    Block,
    Cell,
    Code,
    Finding,
    Formula,
    Picture,
    Report,
    Section,
    Table,
    Words,
    handed_out,
    plain,
)
from ganviz.report.scenes import MOST_BOOKMARKS, Scene, chosen, deeds, named
from ganviz.schema import ParamError, changed, words
from ganviz.settings import PARAMETERS, Settings
from ganviz.share import share
from ganviz.tape import runfile
from ganviz.tape.lane import Lane
from ganviz.tape.tape import Branch, Place, Tape
from ganviz.views.ink import MINUS
from ganviz.views.stage import KINDS, framed

#: Pixels of a picture, and how many of them to a pixel of the layout: readable on half a page.
SIZE, SCALE = (1840, 1240), 2.0
#: The picture of the losses is lower.
LOSSES_SIZE = (1840, 800)
#: Branches whose ends are compared, and letters of a value, at most.
MOST_BRANCHES, LONGEST = 6, 80
#: Letters of a reading, at most.
LONGEST_READING = 16
#: Steps at the end of a branch that are looked at again for who blew up.
LAST_STEPS = 8
#: Seconds between two reports of how far it is.
SLICE = 0.2

#: ``8 of 8``, ``6 / 8``: the number alone is what is asked.
_OUT_OF = re.compile(r"^(\S+)(\s*(?:of|/)\s*\d+)$")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a tape came from, as far as that is known.

    Attributes
    ----------
    file
        The run file, if there is one.
    versions
        Of what recorded it, by name; empty: it was recorded by what reports it.
    branch
        The branch at which it stood.
    day
        On which this is written; None is today.
    """

    file: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    branch: int | None = None
    day: date | None = None


def build(
    tape: Tape,
    look: Look | None = None,
    *,
    branch: str | None = None,
    hand_out: bool = False,
    source: Source | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Return the report, or the hand-out, of a tape.

    Parameters
    ----------
    tape
        The run. Its places are visited by a lane; nothing is recorded.
    look
        How its moments are shown.
    branch
        The letter of the branch to report, with what leads to it; without one all branches, that
        at which the run stood in full.
    hand_out
        Whether the answers are left empty.
    source
        What there is to say about where the tape came from.
    tell
        Called with (pictures drawn, pictures in all), several times a second; what it raises, such
        as KeyboardInterrupt, ends the work.

    Raises
    ------
    ParamError
        For a branch that there is not.
    """
    source, look = source or Source(), (look or Look()).with_(fine=True)
    main = named(tape, branch, source.branch)
    whole = branch is None and sum(not each.empty for each in tape.branches) > 1
    artist = Artist(tape, look, hand_out, whole, tell)
    scenes = chosen(tape, main, whole)
    ends = [main]
    if whole:
        others = [b for b in tape.branches if b is not main and not b.empty]
        ends = sorted([main, *others[-(MOST_BRANCHES - 1) :]], key=lambda b: b.number)
    artist.total = len(scenes) + len(ends) + 2
    start = artist.at(Place(tape.path(main.number)[0].number, 0, 0))
    pictured = [artist.pictured(number, scene) for number, scene in enumerate(scenes, 1)]
    finals = {end.name: artist.at(tape.place(end.number, end.last)) for end in ends}
    losses = artist.losses(main, len(scenes) + 1)
    left_out = len(tape.bookmarks) - MOST_BOOKMARKS if len(scenes) == MOST_BOOKMARKS else 0
    report = Report(
        title=plain(tape.title or start.title),
        under=f"{'Hand-out' if hand_out else 'Report'} of a training run: {plain(start.title)}",
        made=f"Made with ganviz {__version__} on {_day(source.day or date.today())}.",
        sections=(
            _run(tape, main, whole, start, source),
            _game(tape, main, start),
            _changes(tape, main, whole),
            _opening(scenes, tape, left_out, tape.path(main.number)[0].settings),
            *pictured,
            *_predictions(tape),
            Section("The losses over the whole run", (losses,)),
            _results(finals, main.name),
            _again(tape, main, source),
        ),
    )
    artist.tell(artist.total, artist.total)
    return handed_out(report) if hand_out else report


class Artist:
    """Goes to the places of a tape and draws what is to be seen there."""

    def __init__(
        self,
        tape: Tape,
        look: Look,
        hand_out: bool,
        whole: bool,
        tell: Callable[[int, int], None],
    ) -> None:
        self.tape, self.look, self.hand_out, self.whole = tape, look, hand_out, whole
        self.tell, self.done, self.total = tell, 0, 0
        self._lane: Lane | None = None

    def at(self, place: Place) -> Frame:
        """Return what the tape looks like at a place."""
        if self._lane is None:
            self._lane = Lane(self.tape, branch=place.branch)
        branch = self.tape.branches[place.branch]
        ended = self._ended(branch) if place.step == branch.last else None
        self._go(place)
        self.done += 1
        engine = self._lane.engine
        (frame,) = framed(self.look, lambda wants: (engine.frame(wants),))
        if ended is None or frame.step < branch.last:
            return frame
        return replace(frame, trouble=ended.trouble, diagnosis=ended.diagnosis)

    def _go(self, place: Place) -> None:
        assert self._lane is not None
        self._lane.seek(place, seconds=0.0)
        while not self._lane.go_on(SLICE):
            self.tell(self.done, self.total)
        self.tell(self.done, self.total)

    def _ended(self, branch: Branch) -> Engine | None:
        """Return where a run stands that diverges behind the end of a branch, or nothing.

        The tape ends at the last finite moment. What the next one is, it does not say; the last
        few steps, taken once more, tell also who blew up.
        """
        assert self._lane is not None
        marks = self.tape.marks(branch.number)
        first = max([branch.last - LAST_STEPS, 0, *(mark.step for mark in marks)])
        self._go(self.tape.place(branch.number, first))
        ahead = Engine.resume(self._lane.engine.moment())
        ahead.step(branch.last + 1 - first)
        return ahead if ahead.trouble and ahead.steps == branch.last else None

    def picture(self, frame: Frame, look: Look, size: tuple[int, int]) -> bytes:
        """Return the picture of a frame as PNG."""
        shown = unanswered(frame) if self.hand_out else frame
        with FilmStage(size, scale=SCALE) as stage:
            return _png(stage.picture((shown,), look))

    def pictured(self, number: int, scene: Scene) -> Section:
        """Return a scene: its picture, what is asked about it, and the answers."""
        frame = self.at(scene.place)
        assert self._lane is not None
        step, settings = f"Step {frame.step:,}", self._lane.engine.settings
        branch = self.tape.branches[self.tape.stem(scene.place).branch]
        letter = f", branch {branch.name}" if self.whole else ""
        behind = f", after {said(scene.behind)}" if scene.behind is not None else ""
        ahead = f", before {'; '.join(map(said, scene.ahead))}" if scene.ahead else ""
        root = self.tape.path(scene.place.branch)[0].settings
        picture = Picture(
            self.picture(frame, self.look, SIZE),
            SIZE,
            f"{_views(self.look)} at step {frame.step:,}{letter}.",
            f"Figure {number}. {step}{letter}{behind}. {_force(root, settings)}",
        )
        blocks: list[Block] = [picture]
        if scene.note.strip():
            blocks.append(asked(plain(scene.note)))
        if frame.measures:
            rows = tuple((r.title, answer(r), r.floor or "not known") for r in frame.measures)
            blocks.append(Table("Readings", ("Measure", "Reading", "A perfect generator"), rows))
        blocks.append(
            Finding(
                f"{step}{letter}{behind}: what does the diagnosis line say? Why?",
                Answer(_diagnosed(frame, evidence=True)),
                "Diagnosis",
            )
        )
        return Section(f"{step}{letter}{ahead}", tuple(blocks), 3)

    def losses(self, branch: Branch, number: int) -> Picture:
        """Return the picture of the losses of a branch, from step 0 to its end."""
        frame = self.at(self.tape.place(branch.number, branch.last))
        look = self.look.with_(maximised="losses", whole=True, until=None)
        return Picture(
            self.picture(frame, look, LOSSES_SIZE),
            LOSSES_SIZE,
            f"The losses of both players against the step, from 1 to {frame.step:,}, with a mark "
            "at every change.",
            f"Figure {number}. The losses of all {frame.step:,} steps"
            + (f" of branch {branch.name}." if self.whole else "."),
        )


def unanswered(frame: Frame) -> Frame:
    """Return a frame without the words that answer what is asked in a hand-out."""
    portraits = tuple(replace(each, note="") for each in frame.portraits)
    return replace(frame, measures=(), diagnosis=None, trouble="", portraits=portraits)


def asked(note: str) -> Finding:
    """Return what the note of a bookmark asks.

    A note that begins with a question is that question, and what stands behind `` = `` is its
    answer: ``Why does D bend here? = Because …``. Any other note is the answer to what is to be
    seen here.
    """
    question, _, told = note.partition(" = ")
    if question.rstrip().endswith("?"):
        return Finding(question.strip(), Answer(told.strip()), question.strip(), lines=3)
    return Finding("What is to be seen here?", Answer(note.strip()), "Note", lines=3)


def said(mark: Mark) -> str:
    """Return what was done, with the titles of the parameters."""
    if mark.kind != "change" or not mark.values:
        return plain(mark.text)
    before = dict(mark.before)
    return ", ".join(
        f"{_title(path)}: {value(path, before.get(path))} → {value(path, now)}"
        for path, now in mark.values
    )


def value(path: str, value: Any) -> str:
    """Return the value of a parameter for people; what is long is told by its length."""
    if isinstance(value, list | tuple) and len(words(value)) > LONGEST:
        return f"{len(value):,} entries"
    told = plain(words(value))
    told = told if len(told) <= LONGEST else told[: LONGEST - 1] + "…"
    unit = PARAMETERS[path].unit if path in PARAMETERS and value is not None else ""
    return f"{told} {unit}" if unit else told


def answer(reading: Reading) -> Answer:
    """Return a reading as an answer; ``of 8`` is no part of it."""
    if len(reading.words) > LONGEST_READING:  # after a divergence
        return Answer(f"{reading.value:.3g}".replace("-", MINUS))
    found = _OUT_OF.match(reading.words)
    return Answer(*found.groups()) if found else Answer(reading.words)


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not QImageWriter(buffer, b"png").write(image):
        raise OSError("a picture of the report could not be made")
    return bytes(buffer.data().data())


def _title(path: str) -> str:
    return PARAMETERS[path].title if path in PARAMETERS else path


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _views(look: Look) -> str:
    names = [kind.title for name, kind in KINDS.items() if name in look.seen]
    return "The views " + " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _force(start: Settings, now: Settings) -> str:
    """Return the settings in force, in words."""
    moved = changed(start, now)
    if not moved:
        return "Settings as at the start."
    told = "; ".join(
        f"{_title(path)}: {value(path, after)} (at the start {value(path, before)})"
        for path, (before, after) in moved.items()
    )
    return f"Settings as at the start but for {told}."


def _diagnosed(frame: Frame, evidence: bool = False) -> str:
    found = frame.diagnosis
    if found is None:
        return "Nothing yet: the run stands at its beginning."
    if not evidence:
        return plain(found.words)
    told = " ".join(part.rstrip(".") + "." for part in (found.words, found.evidence) if part)
    return plain(f"{told} Since step {found.since:,}.")


def _run(tape: Tape, main: Branch, whole: bool, frame: Frame, source: Source) -> Section:
    root = tape.path(main.number)[0]
    rows = [
        ("Game", plain(frame.title)),
        ("Steps", f"{main.last:,}" + (f" (branch {main.name})" if whole else "")),
        ("Seed", str(root.settings.train.seed)),
        ("Changes", str(len(deeds(tape.marks(main.number))))),
        ("Device and kernel", f"{frame.device}, {frame.kernel} kernel"),
    ]
    here = runfile.versions()
    machine = here.pop("machine")
    here |= {"Qt": qVersion(), "machine": machine}
    if source.versions and dict(source.versions).items() - here.items():
        rows += [("Recorded with", _software(source.versions)), ("Drawn with", _software(here))]
    else:
        rows.append(("Software", _software(here)))
    blocks: list[Block] = [Table("What was run, and on what", ("What", "Value"), tuple(rows))]
    if whole:
        blocks.append(_branches(tape))
    return Section("The run", tuple(blocks))


def _software(versions: Mapping[str, str]) -> str:
    """Return versions in words; those of what draws, with that of Qt."""
    named = [f"{'Python' if name == 'python' else name} {each}" for name, each in versions.items()]
    return plain(", ".join(named).replace(", machine ", ", on "))


def _branches(tape: Tape) -> Table:
    rows = []
    for branch in tape.branches:
        if branch.empty:
            continue
        parent = None if branch.parent is None else tape.branches[branch.parent].name
        leaves = "begins at step 0" if parent is None else f"leaves {parent} at {branch.first:,}"
        first = next(iter(deeds(branch.marks)), None)
        apart = said(first) if first is not None else plain(branch.text) or "nothing"
        rows.append((branch.name, leaves, f"{branch.last:,}", apart))
    head = ("Branch", "Where from", "Last step", "What was done first")
    return Table("Branches", head, tuple(rows))


def _game(tape: Tape, main: Branch, frame: Frame) -> Section:
    settings = tape.path(main.number)[0].settings
    rows = [
        (_title(path), value(path, now), value(path, default), path)
        for path, (default, now) in changed(Settings(), settings).items()
        if settings.means_something(PARAMETERS[path])
    ]
    table = Table(
        "Settings at the start that differ from the defaults",
        ("Setting", "Value", "Default", "Name"),
        tuple(rows),
    )
    pieces = tuple((term.tex, "", term.role) for term in frame.terms)
    formula = Formula(pieces, plain(frame.formula))
    return Section(
        "The game at its start",
        (formula, table if rows else Words("All settings are the defaults.")),
    )


def _predictions(tape: Tape) -> tuple[Section, ...]:
    """Return what was expected before it was shown, and what came of it."""
    if not tape.predictions:
        return ()
    rows = []
    for each in tape.predictions:
        right = each.answers[each.right] if each.right >= 0 else "not measured yet"
        came = f"{right} ({each.measured})" if each.measured else right
        verdict = "" if each.right < 0 else "right" if each.right == each.given else "wrong"
        step = f"step {each.step:,}"
        rows.append((each.question, f"{each.answers[each.given]} ({step})", Answer(came), verdict))
    head = ("Question", "Expected", "What the run says", "")
    return (Section("Predicted, then revealed", (Table("Predictions", head, tuple(rows)),)),)


def _changes(tape: Tape, main: Branch, whole: bool) -> Section:
    branches = [b for b in tape.branches if not b.empty] if whole else [main]
    rows: list[tuple[Cell, ...]] = []
    for branch in branches:
        marks = branch.marks if whole else tape.marks(branch.number)
        for mark in deeds(marks):
            letter = (branch.name,) if whole else ()
            lines = [("–", "–", plain(mark.text))]
            if mark.kind == "change" and mark.values:
                before = dict(mark.before)
                lines = [
                    (value(path, before.get(path)), value(path, now), _title(path))
                    for path, now in mark.values
                ]
            rows += [(f"{mark.step:,}", *letter, what, was, now) for was, now, what in lines]
    if not rows:
        return Section("What was changed", (Words("Nothing was changed during the run."),))
    head = ("After step", *(("Branch",) if whole else ()), "What", "Before", "After")
    return Section("What was changed", (Table("Changes in their order", head, tuple(rows)),))


def _opening(scenes: list[Scene], tape: Tape, left_out: int, settings: Settings) -> Section:
    if not tape.bookmarks or any(scene.ahead for scene in scenes):
        told = "The run at its start, before each change, and at its end."
    else:
        told = "The run at its bookmarks."
    if left_out > 0:
        told += f" Of {len(tape.bookmarks)} bookmarks the first {MOST_BOOKMARKS} are shown."
    other = GAMES[settings.game.kind].players[0][0]
    told += (
        f" Real samples are blue, generated ones vermilion, the {other} is green-grey; what "
        "theory says is dashed. Every picture shows true states of training; none is interpolated."
    )
    return Section("What happened", (Words(told),))


def _results(finals: dict[str, Frame], main: str) -> Section:
    """Return the last readings of all branches beside each other."""
    several = len(finals) > 1
    found = {name: {r.title: r for r in frame.measures} for name, frame in finals.items()}
    titles = dict.fromkeys(title for readings in found.values() for title in readings)
    rows: list[tuple[Cell, ...]] = []
    for title in titles:
        perfect = found[main][title].floor if title in found[main] else ""
        cells: list[Cell] = []
        for readings in found.values():
            if title not in readings:
                cells.append("–")
                continue
            cell, own = answer(readings[title]), readings[title].floor
            cells.append(cell if own == perfect else replace(cell, behind=f"{cell.behind} ({own})"))
        rows.append((title, *cells, perfect or "not known"))
    rows.append(("Diagnosis", *(Answer(_diagnosed(f)) for f in finals.values()), "converged"))
    ends = [f"Branch {n}, step {f.step:,}" for n, f in finals.items()]
    if not several:
        ends = [f"Reading at step {finals[main].step:,}"]
    head = ("Measure", *ends, "A perfect generator")
    return Section("How it ended", (Table("Readings at the end", head, tuple(rows)),))


def _again(tape: Tape, main: Branch, source: Source) -> Section:
    blocks: list[Block] = []
    if source.file:
        name = plain(source.file)
        quoted = f'"{name}"' if re.search(r"[^\w.\-/\\:]", name) else name
        blocks += [
            Code(f"ganviz {quoted}", "The recorded run, to be scrubbed and branched"),
            Code(f"ganviz run {quoted} --replay", "The run computed again, compared bit for bit"),
        ]
    root = tape.path(main.number)[0]
    try:
        line = share(root.settings, plain(tape.title))
    except ParamError as error:
        blocks.append(Words(plain(f"The game cannot be put into a share string: {error}.")))
    else:
        blocks.append(Code(f"ganviz --share {line}", "The game at its start"))
        if tape.marks(main.number):
            blocks.append(Words("Then make the changes above, each after its step."))
    blocks.append(
        Words(
            "The same seed, settings and changes give the same run, bit for bit on the same "
            "machine and versions."
        )
    )
    return Section("How to run it again", tuple(blocks))
