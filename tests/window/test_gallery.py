"""The gallery of lessons, and saving a lesson of one's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from ganviz import resources
from ganviz.frame import Frame
from ganviz.lesson import Lesson, lessons, parsed, read, written
from ganviz.views.theme import theme
from ganviz.window.belongings import lessons_folder as folder
from ganviz.window.gallery import FREE, PICTURE, Gallery, cut, picture
from ganviz.window.main import MainWindow

Host = Any  # conftest.FakeHost


@pytest.fixture
def gallery(window: MainWindow) -> Gallery:
    window.menus.actions["gallery"].trigger()
    assert window.lessons is not None
    found = window.lessons.gallery
    assert found is not None
    QApplication.processEvents()
    return found


def key(widget: Any, key_: Qt.Key) -> None:
    QTest.keyClick(widget, key_)


def test_it_has_a_card_for_free_play_and_each_lesson(gallery: Gallery) -> None:
    names = [card.text() for card in gallery.grid.cards]
    assert names == [FREE, *(each.title for each in lessons().values())]
    assert gallery.isVisible()
    rows = {card.y() for card in gallery.grid.cards}
    assert len(rows) == -(-len(names) // gallery.grid.columns)
    assert all(card.x() + card.width() <= gallery.grid.width() for card in gallery.grid.cards)


def test_arrows_and_enter_open_a_lesson(gallery: Gallery, window: MainWindow, host: Host) -> None:
    cards = gallery.grid.cards
    assert QApplication.focusWidget() is cards[0] or cards[0].hasFocus()
    key(cards[0], Qt.Key.Key_Right)
    key(cards[1], Qt.Key.Key_End)
    key(cards[-1], Qt.Key.Key_Home)
    key(cards[0], Qt.Key.Key_Right)
    key(cards[1], Qt.Key.Key_Return)
    assert not gallery.isVisible()
    assert host.asked("open") == [next(iter(lessons().values())).settings]
    window.menus.actions["gallery"].trigger()
    assert gallery.grid.cards[1].open
    gallery.grid.cards[0].click()
    assert window.run.lesson is None
    assert host.asked("end_script") == [None]


def test_letters_look_for_a_lesson(gallery: Gallery, host: Host) -> None:
    key(gallery.grid.cards[0], Qt.Key.Key_M)
    assert gallery.search.text() == "m"
    gallery.search.setText("prototype mode")
    assert [card.text() for card in gallery.grid.seen] == ["Mode collapse"]
    key(gallery.search, Qt.Key.Key_Return)
    assert host.asked("open") == [lessons()["mode-collapse"].settings]


@pytest.mark.parametrize(
    ("typed", "name"),
    [("vae", "vae"), ("VAE covers", "vae-covers"), ("mode", "mode-collapse"), ("jsd", "two-jsd")],
)
def test_what_is_called_so_comes_before_what_only_speaks_of_it(
    gallery: Gallery, window: MainWindow, typed: str, name: str
) -> None:
    gallery.search.setText(typed)
    seen = gallery.grid.seen
    places = [(card.y(), card.x()) for card in seen]
    assert places == sorted(places), "they stand in the order in which arrows go"
    called = [f"{c.lesson.name} {c.lesson.title}".lower() for c in seen if c.lesson]
    word = typed.lower().split()[0]
    named = [word in each for each in called]
    assert named == sorted(named, reverse=True)
    key(gallery.search, Qt.Key.Key_Return)
    assert window.run.lesson is lessons()[name]


def test_lessons_of_one_s_own_are_marked(gallery: Gallery, window: MainWindow) -> None:
    QStandardPaths.setTestModeEnabled(True)
    folder().mkdir(parents=True, exist_ok=True)
    path = folder() / "dirac.toml"
    path.write_text(written(lessons()["dirac"]), "utf-8")
    before = {c.lesson.name: c.grab().toImage() for c in gallery.grid.cards if c.lesson}
    gallery.reject()
    window.menus.actions["gallery"].trigger()
    path.unlink()
    own = [card for card in gallery.grid.cards if card.own]
    assert [card.lesson.name for card in own if card.lesson] == ["dirac"]
    assert own[0].accessibleDescription().startswith("yours: ")
    QApplication.processEvents()
    after = {c.lesson.name: c.grab().toImage() for c in gallery.grid.cards if c.lesson}
    assert {name for name in after if after[name] != before[name]} == {"dirac"}
    gallery.search.setText("yours dirac")
    assert gallery.grid.seen == own


def test_where_nothing_is_found_it_says_so(gallery: Gallery) -> None:
    gallery.search.setText("no such words")
    assert gallery.grid.seen == []
    assert gallery.none.isVisible()
    gallery.search.clear()
    assert not gallery.none.isVisible()


def test_each_lesson_and_free_play_have_a_picture_for_light_and_dark_grounds() -> None:
    for name in (PICTURE, *lessons()):
        light, dark, hall = (picture(name, theme(each)) for each in ("light", "dark", "projector"))
        assert light is not None, name
        assert dark is not None, name
        assert light == hall
        assert (light.name, dark.name) == (f"{name}.webp", f"{name}-dark.webp")
        assert max(light.stat().st_size, dark.stat().st_size) < 40_000, name


def test_there_is_no_picture_without_a_lesson() -> None:
    there = {path.name for path in (resources() / "lessons" / "pictures").iterdir()}
    known = (PICTURE, *lessons())
    assert there == {f"{name}{ending}.webp" for name in known for ending in ("", "-dark")}


def test_what_is_no_lesson_in_one_s_folder_is_told(gallery: Gallery, window: MainWindow) -> None:
    QStandardPaths.setTestModeEnabled(True)
    folder().mkdir(parents=True, exist_ok=True)
    path = folder() / "broken.toml"
    path.write_text('[lesson]\ntitel = "x"\n')
    gallery.reject()
    window.menus.actions["gallery"].trigger()
    path.unlink()
    assert "lesson.titl" in gallery.broken.text()
    assert gallery.broken.isVisible()


def test_words_are_cut_in_the_last_line_only() -> None:
    assert cut("one two three", 1000, 15, 2) == ["one two three"]
    found = cut("one two three four five six", 60, 15, 2)
    assert len(found) == 2
    assert found[0] == "one two"[: len(found[0])]
    assert found[1].endswith("…")


def test_the_present_game_is_saved_as_a_lesson(
    qtbot: QtBot, window: MainWindow, host: Host, tmp_path: Path, frame: Frame
) -> None:
    window.menus.actions["save lesson"].trigger()
    dialog = next(d for d in window.findChildren(QFileDialog) if d.isVisible())
    assert Path(dialog.directory().absolutePath()) == folder()
    dialog.fileSelected.emit(str(tmp_path / "my-game.toml"))
    dialog.close()
    made = read(tmp_path / "my-game.toml")
    assert made.title == "My game"
    assert made.settings == window.desk.settings
    assert made.knobs == tuple(window.knobs.knobs)[:5]
    window.files.open_path(str(tmp_path / "my-game.toml"))
    assert window.run.lesson == made
    assert window.windowTitle() == "My game – ganviz"


def saved(window: MainWindow, path: Path) -> Lesson:
    """What the lesson that is open is saved as."""
    window.menus.actions["save lesson"].trigger()
    dialog = next(d for d in window.findChildren(QFileDialog) if d.isVisible())
    dialog.fileSelected.emit(str(path))
    dialog.close()
    dialog.deleteLater()
    return read(path)


def test_every_lesson_that_is_open_is_saved_as_it_is(window: MainWindow, tmp_path: Path) -> None:
    menu = window.transport.lessons.menu()
    menu.aboutToShow.emit()
    for action in menu.actions():
        action.trigger()
        QApplication.processEvents()
        found = window.run.lesson
        assert found is not None
        assert saved(window, tmp_path / "again.toml") == replace(found, name="again")


def test_a_lesson_of_another_game_is_saved_without_its_text(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(window.footer, "say", heard.append)
    window._lessons().open_named("vae")
    window.desk.adopt(window.desk.settings.with_({"game.kind": "gan"}))
    made = saved(window, tmp_path / "no-vae.toml")
    assert (made.title, made.observations) == ("No vae", ())
    assert made.settings.game.kind == "gan"
    [told] = [words for words in heard if words.startswith("Without the lesson's text")]
    assert "vae" in told, "it says what does not fit"


def test_the_lessons_button_lists_them(window: MainWindow, host: Host) -> None:
    menu = window.transport.lessons.menu()
    menu.aboutToShow.emit()
    titles = [action.text() for action in menu.actions()]
    assert titles == [each.title for each in lessons().values()]
    menu.actions()[0].trigger()
    assert host.asked("open") == [next(iter(lessons().values())).settings]
    menu.aboutToShow.emit()
    assert menu.actions()[0].isChecked()


def test_the_look_of_a_cover_is_the_first_view() -> None:
    from ganviz.film.covers import cover_look

    lesson = parsed("x", '[lesson]\ntitle = "x"\nviews = ["saddle", "losses"]\n', "x")
    assert cover_look(lesson).seen == {"saddle"}
