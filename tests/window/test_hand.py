"""What mouse and keys do with the views of the window."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QPoint, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz.engine import Engine
from ganviz.film.still import svg
from ganviz.frame import Frame, Look
from ganviz.presets import find
from ganviz.window.main import MainWindow
from ganviz.window.pictures import image

SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def shown(window: MainWindow, frame: Frame) -> MainWindow:
    """The window with a frame in it."""
    window.host.frames.put((frame,))
    window.pump.hurry()
    QApplication.processEvents()
    window._show_frames((frame,))
    window.stage.setFocus()
    QApplication.processEvents()
    return window


def key(qtbot: QtBot, window: MainWindow, which: Qt.Key, *mods: Qt.KeyboardModifier) -> None:
    held = mods[0] if mods else Qt.KeyboardModifier.NoModifier
    qtbot.keyClick(window.stage, which, held)
    QApplication.processEvents()


def test_the_keys_switch_drawing_on_undo_and_end_it(
    qtbot: QtBot, shown: MainWindow, host: SimpleNamespace
) -> None:
    view = shown.hand.canvas
    undo = shown.menus.actions["undo"]
    assert not undo.isEnabled()
    key(qtbot, shown, Qt.Key.Key_B)
    assert view.editor.on
    assert undo.isEnabled()
    assert shown.menus.actions["draw"].isChecked()
    before = view.editor.drawing.marks
    port = view.canvas
    middle = port.rect().center()
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(port, middle + QPoint(40, -30))
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=middle + QPoint(40, -30))
    assert not np.array_equal(view.editor.drawing.marks, before)
    qtbot.waitUntil(lambda: not view.editor._timer.isActive())
    qtbot.waitUntil(lambda: len(host.asked("change")) >= 1)
    asked = host.asked("change")[-1]
    assert asked["data.target"] == "curve"
    assert len(asked["data.curve"]) == 161
    key(qtbot, shown, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    np.testing.assert_array_equal(view.editor.drawing.marks, before)
    key(qtbot, shown, Qt.Key.Key_Escape)
    assert not view.editor.on
    assert not undo.isEnabled()
    assert not shown.menus.actions["draw"].isChecked()


def test_the_keys_drop_move_and_remove_the_probe(qtbot: QtBot, shown: MainWindow) -> None:
    key(qtbot, shown, Qt.Key.Key_P)
    look = shown.scene.look
    assert len(look.probe) == 1
    assert look.lower == "probe"
    assert shown.stage.view("probe").isVisible()
    assert shown.pump._wants.probe == look.probe
    key(qtbot, shown, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert shown.scene.look.probe[0] > look.probe[0]
    key(qtbot, shown, Qt.Key.Key_Escape)
    assert shown.scene.look.probe == ()
    assert shown.scene.look.lower == "probe"  # what was looked at stays


def test_a_click_in_the_data_brings_the_probe_to_the_front_once(
    qtbot: QtBot, shown: MainWindow
) -> None:
    port = shown.hand.canvas.canvas
    at = port.rect().center()
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=at)
    assert shown.scene.look.lower == "probe"
    shown.scene.change_look({"lower": "saddle"})
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=at + QPoint(60, 0))
    assert shown.scene.look.lower == "saddle"


def test_every_view_has_a_menu(qtbot: QtBot, shown: MainWindow) -> None:
    for view in shown.stage.views():
        words = [action.text() for action in shown.hand.menu(view.name).actions()]
        for wanted in ("Copy picture", "Copy as SVG", "Save picture…", "Maximise", "Hide"):
            assert wanted in words
    asked: list[str] = []
    shown.stage.menu_wanted.disconnect(shown.hand.show_menu)
    shown.stage.menu_wanted.connect(lambda name, at: asked.append(name))
    view = shown.stage.view("losses")
    for part in (view.canvas, view.header):
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(5, 5), QPoint(50, 50))
        QApplication.sendEvent(part, event)
    assert asked == ["losses", "losses"]
    menu = {a.text(): a for a in shown.hand.menu("losses").actions()}
    menu["Maximise"].trigger()
    assert shown.scene.look.maximised == "losses"
    menu = {a.text(): a for a in shown.hand.menu("losses").actions()}
    menu["Hide"].trigger()
    assert "losses" in shown.scene.look.hidden
    assert shown.scene.look.maximised == ""


def test_copies_go_to_the_clipboard(qtbot: QtBot, shown: MainWindow) -> None:
    size = shown.stage.size()
    key(qtbot, shown, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasImage()
    assert QImage(data.imageData()).size() == size
    menu = {a.text(): a for a in shown.hand.menu("losses").actions()}
    menu["Copy as SVG"].trigger()
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasFormat("image/svg+xml")
    shapes = bytes(data.data("image/svg+xml").data())
    assert data.text().encode() == shapes
    assert ElementTree.fromstring(shapes).tag == f"{SPACE}svg"


def test_a_picture_is_saved_as_its_name_says(shown: MainWindow, tmp_path: Path) -> None:
    shown.files.ask_save_view(shown.stage.view("losses"), "losses")
    for name in ("a.png", "a.svg"):
        shown.files.save_picture(str(tmp_path / name))
    assert not QImage(str(tmp_path / "a.png")).isNull()
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag == f"{SPACE}svg"
    refused: list[str] = []
    shown.files.refused.connect(refused.append)
    shown.files.save_picture(str(tmp_path / "nowhere" / "a.svg"))
    assert refused == [f"{tmp_path / 'nowhere' / 'a.svg'}: cannot be written"]


@pytest.mark.parametrize("preset", ["two-modes", "ring"])
def test_svg_is_made_of_shapes_and_looks_like_the_picture(
    qtbot: QtBot, window: MainWindow, preset: str
) -> None:
    engine = Engine(find(preset).settings)
    engine.step(60)
    # Nothing that is cut off at an edge: Qt's own SVG reader knows no clips.
    look = Look(layers=frozenset({"real", "generated", "density", "modes"}))
    stage = window.stage
    stage.show_frame((engine.frame(look.wants),), look)
    for name in ("distribution", "losses", "saddle"):
        view = stage.view(name)
        shapes = svg(view)
        root = ElementTree.fromstring(shapes)
        assert len(root.findall(f".//{SPACE}text")) >= 8
        assert len(root.findall(f".//{SPACE}path")) >= 4
        if not (preset == "two-modes" and name == "saddle"):
            # The marks of the modes are small sprites; nothing larger is an image.
            images = root.findall(f".//{SPACE}image")
            assert all(float(each.get("width", "inf")) <= 40 for each in images)
        back = QImage(view.size(), QImage.Format.Format_RGB32)
        back.fill(Qt.GlobalColor.white)
        p = QPainter(back)
        QSvgRenderer(QByteArray(shapes)).render(p)
        p.end()
        apart = np.abs(_grey(back) - _grey(image(view)))
        # Blurred: only a line that moved a pixel is the same picture.
        assert apart.mean() < 3.0
        assert _blurred(apart).max() < 60


def _grey(picture: QImage) -> np.ndarray:
    picture = picture.convertToFormat(QImage.Format.Format_Grayscale8)
    flat = np.frombuffer(picture.constBits(), np.uint8)
    return flat.reshape(picture.height(), -1)[:, : picture.width()].astype(float)


def _blurred(values: np.ndarray, size: int = 12) -> np.ndarray:
    tall, wide = (length // size * size for length in values.shape)
    blocks = values[:tall, :wide].reshape(tall // size, size, wide // size, size)
    return blocks.mean(axis=(1, 3))


def test_the_belief_field_is_an_image_and_clips_stand_where_the_plot_is(
    qtbot: QtBot, window: MainWindow
) -> None:
    engine = Engine(find("ring").settings)
    look = Look()
    window.stage.show_frame((engine.frame(look.wants),), look)
    view = window.hand.canvas
    shapes = svg(view).decode()
    box = view._boxes(QRectF(view.canvas.rect()), view._frame)[0]
    sizes = [
        float(found) for found in re.findall(r'<image x="[^"]*" y="[^"]*" width="([^"]*)"', shapes)
    ]
    assert sizes
    assert max(sizes) <= 1.1 * (box.right - box.left)
    corner = f"M{box.left:g},{box.top:g} L{box.right:g},{box.top:g}"
    assert corner in shapes
    # The clip is on the very element that is moved to where the canvas is.
    at = view.canvas.pos()
    moved = re.findall(r'<g clip-path="url\(#\w+\)" [^>]*transform="matrix\(([^)]*)\)"', shapes)
    assert f"1,0,0,1,{at.x()},{at.y()}" in moved
    assert '<g clip-path="url' not in re.sub(r"<g clip-path=\"[^\"]*\" [^>]*transform", "", shapes)


def test_the_page_of_keys_lists_the_hand(shown: MainWindow) -> None:
    rows = dict(shown.menus.rows())
    for keys in ("B", "P", "Ctrl+Z", "Ctrl+C"):
        assert keys in rows
