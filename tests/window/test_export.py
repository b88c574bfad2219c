"""Export film: the form says an order, the preview is the film, a process of its own makes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSettings, QThread
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.film import parts
from ganviz.film.order import Order
from ganviz.film.purposes import PURPOSES
from ganviz.film.source import Source
from ganviz.frame import Bookmark, Look, Mark, Reel, Stretch
from ganviz.presets import find
from ganviz.schema import ParamError
from ganviz.window import filming
from ganviz.window.export import ExportDialog
from ganviz.window.filming import Filming, Queue, Take
from ganviz.window.filmrows import FilmRows, progress_words
from ganviz.window.main import MainWindow
from ganviz.window.orderform import OrderForm
from ganviz.window.subject import Subject

MARK = Mark(400, "lr D 1e-4 → 5e-4", values=(("optim.lr_d", 5e-4),))
REEL = Reel(
    (
        Stretch(0, None, "A", 0, 1000, (MARK,)),
        Stretch(1, 0, "B", 600, 900, (Mark(600, "k 1 → 2"),), "k 1 → 2"),
        Stretch(2, 0, "C", 200, 800, (Mark(200, "k 1 → 3"),), "k 1 → 3"),
    ),
    lanes=((1, 900),),
    bookmarks=(Bookmark(0, 100, "it turns"), Bookmark(1, 700, "")),
)
ONE = Reel((Stretch(0, None, "A", 0, 1000, (MARK,)),), ((0, 1000),))


@pytest.fixture
def form(qtbot: QtBot, app: QApplication, store: QSettings) -> OrderForm:
    made = OrderForm(store)
    qtbot.addWidget(made)
    made.show_subject(Subject(ONE, Look(theme="dark", window=300), "", (900, 640), "Ring"))
    return made


@pytest.fixture
def dialog(qtbot: QtBot, app: QApplication, store: QSettings) -> Iterator[ExportDialog]:
    made = ExportDialog(store)
    qtbot.addWidget(made)
    made.show_run(Subject(ONE, title="Ring"), looked_for)
    yield made
    made.close()


def looked_for(branches: tuple[int, ...]) -> Source:
    """A run that is still being read, as long as anybody wants it: nothing is said about it."""
    while not QThread.currentThread().isInterruptionRequested():
        time.sleep(0.01)
    raise ParamError("Nobody wants it any more.")


def no_run(branches: tuple[int, ...]) -> Source:
    raise ParamError("There is no such run.")


def complaints(form: OrderForm) -> dict[str, str]:
    """What is said beneath the rows, by their names."""
    found = {name: row.complaint for name, (_, row) in form._rows.items()}
    return {name: each.text() for name, each in found.items() if not each.isHidden()}


def said(form: OrderForm, **texts: str) -> None:
    """Type into fields as a person would."""
    for name, text in texts.items():
        edit = getattr(form, name)
        edit.setText(text)
        edit.textEdited.emit(text)


# ---- the form -----------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", PURPOSES, ids=lambda each: each.name)
def test_what_it_is_for_sets_format_size_and_rate(form: OrderForm, purpose: object) -> None:
    assert isinstance(purpose, type(PURPOSES[0]))
    form.purpose.setCurrentIndex(form.purpose.findData(purpose.name))
    order = form.order()
    assert (form.format.name, order.size, order.fps) == (
        purpose.form,
        purpose.size,
        purpose.fps,
    )
    assert form.note.text() == purpose.note
    assert not complaints(form)


def test_a_format_chosen_by_hand_is_for_something_else(form: OrderForm) -> None:
    form.form.setCurrentIndex(form.form.findData("webm"))
    assert form.purpose.currentData() == "other"
    form.purpose.setCurrentIndex(0)
    assert form.format.name == "mp4"
    form.pixels.setEditText("1000 x 600")
    assert form.purpose.currentData() == "other"
    assert form.order().size == (1000, 600)


def test_a_gif_is_offered_the_rates_that_it_keeps_and_no_others(form: OrderForm) -> None:
    form.fps.setEditText("60")
    form.form.setCurrentIndex(form.form.findData("gif"))
    assert [form.fps.itemText(i) for i in range(form.fps.count())] == ["10", "20", "25", "50"]
    edit = form.fps.lineEdit()
    assert edit is not None
    assert edit.isReadOnly()
    assert form.order().fps == 50  # the nearest to what was wanted
    form.form.setCurrentIndex(form.form.findData("mp4"))
    assert not edit.isReadOnly()


def test_length_and_speed_follow_each_other(form: OrderForm) -> None:
    said(form, seconds="10.5")
    order = form.order()
    assert (order.seconds, order.speed) == (10.5, None)
    assert float(form.speed.text()) == pytest.approx(1000 / 10, rel=0.01)
    said(form, speed="200")
    order = form.order()
    assert (order.seconds, order.speed) == (None, 200)
    assert float(form.seconds.text()) == pytest.approx(5.5, abs=0.1)
    assert len(form.plan(order)) / order.fps == pytest.approx(5.5, abs=0.1)


def test_what_cannot_be_is_said_beneath_its_field(form: OrderForm) -> None:
    for name, text in (
        ("seconds", "0"),
        ("seconds", "soon"),
        ("speed", ""),
        ("hold", "−1"),
        ("pixels", "big"),
        ("pixels", "100x100"),
        ("fps", "500"),
        ("fps", "12.5"),
        ("first", "later"),
        ("last", "2000"),
    ):
        field = getattr(form, name)
        before = field.currentText() if hasattr(field, "currentText") else field.text()
        if hasattr(field, "setEditText"):
            field.setEditText(text)
        else:
            said(form, **{name: text})
        row = {"speed": "seconds", "pixels": "size"}.get(name, name)
        assert list(complaints(form)) == [row], (name, text)
        sentence = complaints(form)[row]
        assert "must be" in sentence
        assert "film." not in sentence
        with pytest.raises(ParamError):
            form.plan(form.order())
        if hasattr(field, "setEditText"):
            field.setEditText(before)
        else:
            said(form, seconds="8", hold="0.5")
        assert not complaints(form)


def test_a_part_is_chosen_by_step_by_bookmark_and_by_change(form: OrderForm) -> None:
    form.show_subject(Subject(REEL))
    words = [form.first.itemText(i) for i in range(form.first.count())]
    assert words == [
        "the beginning",
        "100  it turns",
        "400  lr D 1e-4 → 5e-4",
        "600  k 1 → 2",
        "700  bookmark",
    ]
    form.first.setCurrentIndex(1)
    form.last.setEditText("700  bookmark")
    order = form.order()
    assert (order.first, order.last) == (100, 700)
    form.last.setEditText("6 50")
    assert form.order().last == 650
    form.last.setCurrentIndex(0)
    assert form.order().last is None
    assert form.plan(form.order())[-1] == 900


def test_branches_are_ticked_by_letter_and_the_driven_one_comes_first(form: OrderForm) -> None:
    form.show_subject(Subject(REEL))
    assert form.order().branches == (1,)  # the one at which the window stands
    boxes = form.branches.boxes
    names = [box.text().split()[0] for box in boxes.values()]
    assert names == ["A", "B", "C"]
    boxes[0].click()
    order = form.order()
    assert order.branches == (1, 0)
    assert form.plan(order)[-1] == 900  # as far as both go
    form.lanes.setCurrentIndex(1)
    assert form.order().look.lanes == "over"
    for box in boxes.values():
        box.setChecked(False)
    assert list(complaints(form)) == ["branches"]


def test_of_many_branches_the_ticked_one_is_in_sight(
    qtbot: QtBot, app: QApplication, store: QSettings
) -> None:
    made = OrderForm(store)
    qtbot.addWidget(made)
    stretches = tuple(Stretch(n, None, chr(65 + n), 0, 100) for n in range(7))
    made.show_subject(Subject(Reel(stretches, ((6, 100),))))
    made.resize(400, 900)
    made.show()
    QApplication.processEvents()
    box, view = made.branches.boxes[6], made.branches.viewport()
    assert box.isChecked()
    assert view.rect().contains(box.rect().translated(box.mapTo(view, QPoint(0, 0))))


def test_views_are_those_of_the_window_or_those_that_are_ticked(form: OrderForm) -> None:
    order = form.order()
    assert order.look == Look(theme="light", window=300)
    form.views.setCurrentIndex(1)
    form.slots_["upper"].setCurrentIndex(form.slots_["upper"].findData("measures"))
    form.slots_["lower"].setCurrentIndex(form.slots_["lower"].findData("none"))
    assert form.order().look.seen == {"distribution", "measures"}
    form.slots_["upper"].setCurrentIndex(form.slots_["upper"].findData("none"))
    form.ticks["distribution"].setChecked(False)
    assert list(complaints(form)) == ["views"]


def test_type_grows_with_what_is_chosen(form: OrderForm) -> None:
    usual = form.order().zoom
    form.type.setCurrentIndex(form.type.findData("1.5"))
    assert form.order().zoom == pytest.approx(1.5 * usual, rel=1e-3)


def test_what_was_said_last_is_remembered_but_not_of_which_run(
    qtbot: QtBot, form: OrderForm, store: QSettings
) -> None:
    form.purpose.setCurrentIndex(form.purpose.findData("web"))
    said(form, seconds="12", hold="2", title="My ring")
    form.pace.setCurrentIndex(1)
    form.theme.setCurrentIndex(2)
    form.settings_line.setChecked(True)
    form.first.setEditText("200")
    before = form.order()
    form.remember()
    again = OrderForm(store)
    qtbot.addWidget(again)
    again.show_subject(form.subject)
    assert again.order() == before.with_(first=None, title="")
    form.form.setCurrentIndex(form.form.findData("webm"))
    form.pixels.setEditText("1000 × 600")
    form.fps.setEditText("24")
    form.remember()
    third = OrderForm(store)
    qtbot.addWidget(third)
    third.show_subject(form.subject)
    assert (third.format.name, third.order().size, third.order().fps) == ("webm", (1000, 600), 24)


# ---- the dialog ---------------------------------------------------------------------------------


def test_export_is_grey_while_something_cannot_be(dialog: ExportDialog) -> None:
    assert dialog.export.isEnabled()
    said(dialog.form, seconds="0")
    assert not dialog.export.isEnabled()
    said(dialog.form, seconds="8")
    assert dialog.export.isEnabled()


def test_size_and_pictures_are_told_before_and_a_heavy_gif_is_warned_of(
    dialog: ExportDialog,
) -> None:
    assert "240 pictures" in dialog.about.text()
    assert "MB" in dialog.weight.text()
    assert dialog.warning.isHidden()
    form = dialog.form
    form.purpose.setCurrentIndex(form.purpose.findData("web"))
    said(form, seconds="600")
    assert dialog.bytes > 50e6
    assert "above 50 MB" in dialog.warning.text()
    form.form.setCurrentIndex(form.form.findData("mp4"))
    assert dialog.warning.isHidden()


def test_a_closed_dialog_waits_for_the_run_of_the_next_time(dialog: ExportDialog) -> None:
    dialog.show()
    dialog.close()
    assert not dialog.export.isEnabled()
    said(dialog.form, seconds="3")
    assert dialog.order is None
    assert not dialog.export.isEnabled()
    dialog.show_run(Subject(ONE), no_run)
    assert dialog.export.isEnabled()


def test_a_run_that_cannot_be_looked_at_is_told_in_a_sentence(
    qtbot: QtBot, dialog: ExportDialog
) -> None:
    dialog.show_run(Subject(ONE, title="Ring"), no_run)
    dialog.show()
    qtbot.waitUntil(lambda: bool(dialog.finder.sentence))
    assert dialog.warning.text() == "There is no such run."


def test_a_name_gets_the_ending_of_its_format(dialog: ExportDialog, tmp_path: Path) -> None:
    found: list[tuple[Order, str]] = []
    dialog.wanted.connect(lambda order, path: found.append((order, path)))
    order = dialog.form.order()
    dialog._named(str(tmp_path / "ring.v2"))
    assert found == [(order, str(tmp_path / "ring.v2.mp4"))]


def test_another_known_ending_chooses_its_format_and_is_told(
    dialog: ExportDialog, tmp_path: Path
) -> None:
    found: list[tuple[Order, str]] = []
    told: list[str] = []
    dialog.wanted.connect(lambda order, path: found.append((order, path)))
    dialog.told.connect(told.append)
    assert dialog.form.format.name == "mp4"
    dialog._named(str(tmp_path / "film2.GIF"))
    ((order, path),) = found
    assert path == str(tmp_path / "film2.GIF")
    assert order.fps == 25  # a GIF keeps no 30 pictures a second
    assert told == ["film2.GIF: the format is GIF, as the name says, with 25 pictures a second"]


def test_an_ending_whose_format_cannot_be_is_said_and_nothing_is_made(
    dialog: ExportDialog, tmp_path: Path
) -> None:
    form = dialog.form
    form.form.setCurrentIndex(form.form.findData("png"))
    form.pixels.setEditText("6500 × 6500")
    assert dialog.order is not None
    dialog.show()
    found: list[str] = []
    dialog.wanted.connect(lambda order, path: found.append(path))
    dialog._named(str(tmp_path / "film.mp4"))
    assert not found
    assert dialog.isVisible()
    assert "8192x4320" in complaints(form)["size"]


# ---- the process --------------------------------------------------------------------------------

CHILD = """
import json, signal, sys, time
from pathlib import Path
args = sys.argv[1:]
assert args[0] == "film" and args[2] == "--order" and args[4] == "--out" and "--progress" in args
run, order, out = Path(args[1]), Path(args[3]), Path(args[5])
assert run.stat().st_size and "[film]" in order.read_text()
def leave(*_):
    Path(part).unlink()
    sys.exit(1)
part = out.with_name(".half")
part.write_text("half")
mode = Path(__file__).with_name("mode").read_text()
signal.signal(signal.SIGTERM, signal.SIG_IGN if mode == "deaf" else leave)
def say(**words):
    print(json.dumps(words), flush=True)
print("a library's own words", flush=True)
for done in range(4):
    say(done=done, encoded=done // 2, of=4, seconds_left=None if done == 0 else 4 - done,
        phase="drawing")
    if mode == "refuse" and done == 1:
        say(error="film: the disk is full")
        Path(part).unlink()
        sys.exit(2)
    if mode == "die" and done == 1:
        import os
        os.kill(os.getpid(), signal.SIGKILL)
    while mode in ("wait", "deaf") and done == 2:
        time.sleep(0.05)
part.rename(out)
say(file=str(out), bytes=4, warning="Mind the gap.")
"""


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A process that only says that it films; what it does stands in the file beside it."""
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    (tmp_path / "mode").write_text("film")
    monkeypatch.setattr(filming, "command", lambda: [sys.executable, str(script)])
    return tmp_path / "mode"


def take() -> Take:
    return Take(lambda path: path.write_text("run"))


def test_a_film_is_made_and_the_run_it_needed_goes(
    qtbot: QtBot, app: QApplication, child: Path, tmp_path: Path
) -> None:
    rows, queue, run = FilmRows(), Queue(), take()
    qtbot.addWidget(rows)
    queue.added.connect(rows.add)
    told: list[str] = []
    film = queue.add(run, Order(), tmp_path / "ring.mp4")
    film.moved.connect(lambda: told.append(progress_words(film)))
    run.let_go()
    with qtbot.waitSignal(film.ended):
        pass
    assert (film.state, film.size, film.sentence) == ("saved", 4, "Mind the gap.")
    assert (tmp_path / "ring.mp4").read_text() == "half"
    assert not run.path.parent.exists()
    assert "ring.mp4: drawing · 3 of 4 pictures drawn · 1 encoded · about 1 s left" in told
    row = rows.rows[0]
    assert row.words.text() == f"Film saved as {film.out} (1 kB). Mind the gap."
    assert row.cancel.isHidden()
    assert not row.folder.isHidden()
    row.close_.click()
    assert rows.isHidden()


def test_a_film_that_is_called_off_leaves_nothing(
    qtbot: QtBot, app: QApplication, child: Path, tmp_path: Path
) -> None:
    child.write_text("wait")
    queue, run = Queue(), take()
    film = queue.add(run, Order(), tmp_path / "ring.mp4")
    run.let_go()
    qtbot.waitUntil(lambda: film.done == 2)
    film.cancel()
    assert progress_words(film).startswith("ring.mp4: cancelling")
    qtbot.waitUntil(lambda: film.over)
    assert film.state == "cancelled"
    assert not queue.busy
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_file()) == [
        "child.py",
        "mode",
    ]
    assert not run.path.parent.exists()


def test_a_process_that_does_not_listen_is_ended(
    qtbot: QtBot,
    app: QApplication,
    child: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filming, "PATIENCE_MS", 300)
    child.write_text("deaf")
    queue = Queue()
    film = queue.add(take(), Order(), tmp_path / "ring.mp4")
    qtbot.waitUntil(lambda: film.done == 2)
    film.cancel()
    qtbot.waitUntil(lambda: film.over)
    assert film.state == "cancelled"
    assert not (tmp_path / "ring.mp4").exists()


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("refuse", "film: the disk is full"),
        pytest.param(
            "die",
            "The process that made the film was ended (SIGKILL). Nothing of the film is left.",
            marks=pytest.mark.skipif(os.name != "posix", reason="signals"),
        ),
    ],
)
def test_a_film_that_fails_says_why_in_a_sentence_and_has_no_name(
    qtbot: QtBot, app: QApplication, child: Path, tmp_path: Path, mode: str, sentence: str
) -> None:
    child.write_text(mode)
    queue, rows = Queue(), FilmRows()
    qtbot.addWidget(rows)
    queue.added.connect(rows.add)
    film = queue.add(take(), Order(), tmp_path / "ring.mp4")
    qtbot.waitUntil(lambda: film.over)
    assert (film.state, film.sentence) == ("failed", sentence)
    assert rows.rows[0].words.text() == sentence
    assert not (tmp_path / "ring.mp4").exists()


def test_a_program_that_is_not_there_is_told(
    qtbot: QtBot, app: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filming, "command", lambda: [str(tmp_path / "nothing")])
    queue = Queue()
    film = queue.add(take(), Order(), tmp_path / "ring.mp4")
    qtbot.waitUntil(lambda: film.over)
    assert film.state == "failed"
    assert film.sentence.startswith("The film could not be begun: ")


def test_a_run_that_cannot_be_kept_makes_no_film(
    qtbot: QtBot, app: QApplication, child: Path, tmp_path: Path
) -> None:
    def write(path: Path) -> None:
        raise OSError(28, "No space left on device")

    queue = Queue()
    film = queue.add(Take(write), Order(), tmp_path / "ring.mp4")
    qtbot.waitUntil(lambda: film.over)
    assert film.state == "failed"
    assert "No space left on device" in film.sentence


def test_films_are_made_one_after_the_other(
    qtbot: QtBot, app: QApplication, child: Path, tmp_path: Path
) -> None:
    child.write_text("wait")
    queue, run = Queue(), take()
    films = [queue.add(run, Order(), tmp_path / f"{name}.mp4") for name in "ab"]
    qtbot.waitUntil(lambda: films[0].done == 2)
    assert films[1].state == "waiting"
    assert "waits for its turn" in progress_words(films[1])
    child.write_text("film")
    films[0].cancel()
    qtbot.waitUntil(lambda: films[1].over)
    assert [film.state for film in films] == ["cancelled", "saved"]
    run.let_go()
    assert not run.path.parent.exists()


def test_everything_is_called_off_at_once(
    qtbot: QtBot, app: QApplication, child: Path, tmp_path: Path
) -> None:
    child.write_text("wait")
    queue = Queue()
    films = [queue.add(take(), Order(), tmp_path / f"{name}.mp4") for name in "ab"]
    qtbot.waitUntil(lambda: films[0].done == 2)
    queue.cancel_and_wait()
    assert [film.state for film in films] == ["cancelled", "cancelled"]
    assert not list(tmp_path.glob("*.mp4"))
    assert not (tmp_path / ".half").exists()


def test_a_bundle_starts_itself_and_python_starts_the_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert filming.command() == [sys.executable, "-m", "ganviz"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert filming.command() == [sys.executable]


def test_the_process_draws_on_the_window_s_platform(app: QApplication) -> None:
    assert filming.environment().value("QT_QPA_PLATFORM") == QGuiApplication.platformName()


def test_folders_that_killed_windows_left_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    mine = parts.folder()
    left = tmp_path / mine.name.replace(f"-{os.getpid()}-", f"-{gone.pid}-")
    others = tmp_path / "ganviz-film-of-somebody"
    for path in (left, others):
        path.mkdir()
        (path / "run.ganviz").write_text("run")
    parts.sweep_folders()
    assert sorted(tmp_path.iterdir()) == sorted([mine, others])


def test_a_folder_of_pictures_brings_the_line_for_beamer(
    qtbot: QtBot, app: QApplication, child: Path, tmp_path: Path
) -> None:
    rows, queue = FilmRows(), Queue()
    qtbot.addWidget(rows)
    queue.added.connect(rows.add)
    film: Filming = queue.add(take(), Order(fps=25), tmp_path / "ring")
    qtbot.waitUntil(lambda: film.over)
    row = rows.rows[0]
    assert not row.copy.isHidden()
    row.copy.click()
    line = QGuiApplication.clipboard().text()
    assert "\\animategraphics" in line
    assert "{25}{ring/ring-}{0001}{0004}" in line


# ---- all of it ----------------------------------------------------------------------------------


@pytest.fixture
def real(qtbot: QtBot, app: QApplication, store: QSettings) -> Iterator[MainWindow]:
    """A window on a run that goes on, with its dialog open on a small film of few pictures."""
    made = MainWindow(find("saddle-two-numbers"), store=store)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    qtbot.waitUntil(lambda: step_of(made) > 50)
    made.host.change({"optim.lr_d": 0.5})
    qtbot.waitUntil(lambda: step_of(made) > 150)
    made.menus.actions["film"].trigger()
    assert made.export is not None
    dialog = made.export.dialog
    assert dialog is not None
    form = dialog.form
    form.form.setCurrentIndex(form.form.findData("png"))
    form.pixels.setEditText("700 × 460")
    form.fps.setEditText("10")
    said(form, seconds="1", hold="0.2")
    qtbot.waitUntil(lambda: dialog.finder.image is not None)
    yield made
    made.leave_now()


def step_of(window: MainWindow) -> int:
    return window.scene.frames[0].step if window.scene.frames else 0


def begin(window: MainWindow, path: Path) -> Filming:
    assert window.export is not None
    assert window.export.dialog is not None
    window.export.dialog._named(str(path))
    return window.export.queue.films[-1]


def test_the_preview_is_the_film_and_the_run_goes_on(
    qtbot: QtBot, real: MainWindow, tmp_path: Path
) -> None:
    assert real.export is not None
    dialog = real.export.dialog
    assert dialog is not None
    looked = []
    for number in (9, 4):
        dialog.slider.setValue(number)
        qtbot.waitUntil(lambda: not dialog.finder.searching)
        assert dialog.finder.image is not None
        looked.append((number, dialog.finder.image.copy()))
    plan = dialog.plan
    assert len(plan) == 10
    assert dialog.when.text().endswith(f"step {plan[4]}")
    before = step_of(real)
    film = begin(real, tmp_path / "ring")
    assert not dialog.isVisible()
    assert real.export.rows.isVisible()
    qtbot.waitUntil(lambda: film.over, timeout=120_000)
    assert film.state == "saved", film.sentence
    assert step_of(real) > before
    pictures = sorted((tmp_path / "ring").glob("*.png"))
    assert len(pictures) == 10
    for number, image in looked:
        made = QImage(str(pictures[number])).convertToFormat(image.format())
        assert made == image, number
    assert not film._take.path.parent.exists()


def test_closing_the_window_asks_while_a_film_is_made(
    qtbot: QtBot, real: MainWindow, child: Path, tmp_path: Path
) -> None:
    child.write_text("wait")
    film = begin(real, tmp_path / "ring")
    qtbot.waitUntil(lambda: film.done == 2)
    assert real.export is not None
    real.close()
    assert real.isVisible()
    question = real.export.question
    assert question is not None
    question.stay.click()
    qtbot.waitUntil(lambda: real.export is not None and real.export.question is None)
    assert real.isVisible()
    assert not film.over
    real.close()
    assert real.export.question is not None
    real.export.question.quit.click()
    qtbot.waitUntil(lambda: not real.isVisible())
    assert film.state == "cancelled"
    assert not real.host.isRunning()
    assert not (tmp_path / ".half").exists()
    assert not (tmp_path / "ring").exists()


def test_the_question_goes_when_the_film_is_done_meanwhile(
    qtbot: QtBot, real: MainWindow, child: Path, tmp_path: Path
) -> None:
    film = begin(real, tmp_path / "ring")
    real.close()
    assert real.export is not None
    assert real.export.question is not None
    qtbot.waitUntil(lambda: film.over)
    assert film.state == "saved", film.sentence
    qtbot.waitUntil(lambda: real.export is not None and real.export.question is None)
    assert real.isVisible()  # whoever still wants to leave is not asked any more
    real.close()
    assert not real.isVisible()


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_real_film_that_is_killed_or_called_off_leaves_nothing(
    qtbot: QtBot, real: MainWindow, tmp_path: Path
) -> None:
    assert real.export is not None
    dialog = real.export.dialog
    assert dialog is not None
    folder = tmp_path / "films"
    folder.mkdir()
    said(dialog.form, seconds="600")
    film = begin(real, folder / "ring")
    qtbot.waitUntil(lambda: film.encoded > 1, timeout=120_000)
    assert list(folder.iterdir())  # a half film, hidden
    os.kill(film.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: film.over)
    assert film.sentence.startswith("The process that made the film was ended (SIGKILL).")
    assert not list(folder.iterdir())
    real.menus.actions["film"].trigger()
    qtbot.waitUntil(lambda: dialog.order is not None and not dialog.finder.searching)
    film = begin(real, folder / "ring")
    qtbot.waitUntil(lambda: film.encoded > 1, timeout=120_000)
    film.cancel()
    qtbot.waitUntil(lambda: film.over)
    assert film.state == "cancelled"
    assert not list(folder.iterdir())


def test_what_a_lesson_says_is_in_its_film_whether_title_and_step_are_or_not(
    form: OrderForm,
) -> None:
    spoken = ((0, "Look."), (500, "Now. And there."))
    form.show_subject(Subject(ONE, said=spoken))
    for ticked in (True, False):
        form.caption.setChecked(ticked)
        assert (form.order().caption, form.order().said) == (ticked, spoken)
    form.show_subject(Subject(ONE))
    assert form.order().said == ()


def test_a_film_of_a_lesson_is_called_as_the_lesson_is(form: OrderForm) -> None:
    form.show_subject(Subject(ONE, title="Ring"))
    assert form.order().title == "", "it is called as the game is"
    form.show_subject(Subject(ONE, title="Ring", lesson="Mode collapse"))
    assert form.order().title == form.title.placeholderText() == "Mode collapse"
    form.title.setText("Mine")
    assert form.order().title == "Mine"


def test_what_a_lesson_says_can_be_left_out_and_is_asked_about_where_there_is_any(
    form: OrderForm, store: QSettings
) -> None:
    spoken = ((0, "Look."),)
    form.show_subject(Subject(ONE))
    assert not form.captions.isVisibleTo(form)
    form.show_subject(Subject(ONE, said=spoken))
    assert form.captions.isVisibleTo(form)
    assert form.order().spoken == spoken
    form.captions.setChecked(False)
    order = form.order()
    assert (order.said, order.captions, order.spoken) == (spoken, False, ())
    form.remember()
    again = OrderForm(store)
    again.show_subject(Subject(ONE, said=spoken))
    assert not again.captions.isChecked()
