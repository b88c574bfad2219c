"""Data and scripts out of a real window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QApplication, QFileDialog

from ganviz.frame import Frame, Mark, Reel, Stretch
from ganviz.script import script
from ganviz.window.files import TABLES
from ganviz.window.main import MainWindow


def dialog(window: MainWindow) -> QFileDialog:
    QApplication.processEvents()
    return next(each for each in window.findChildren(QFileDialog) if each.isVisible())


def test_data_are_saved_as_the_dialog_says(
    window: MainWindow, frame: Frame, tmp_path: Path
) -> None:
    window.pump.arrived.emit((frame,))
    for kind, name in zip(TABLES, ("t.csv", "t.npz", "s.csv", "s.npz"), strict=True):
        window.menus.actions["data"].trigger()
        asked = dialog(window)
        assert list(asked.nameFilters()) == list(TABLES)
        asked.filterSelected.emit(kind)
        asked.fileSelected.emit(str(tmp_path / name))
        asked.reject()
        QApplication.processEvents()
        assert f"Saved as {name} in {tmp_path}" in window.footer.said
    with np.load(tmp_path / "t.npz") as kept:
        np.testing.assert_array_equal(kept["loss_d"], frame.trace.column("loss_d"))
    with np.load(tmp_path / "s.npz") as kept:
        np.testing.assert_array_equal(kept["generated"], frame.fake)
    lines = (tmp_path / "t.csv").read_text("utf-8").splitlines()
    assert len(lines) == 1 + len(frame.trace)
    assert lines[0].startswith("step,loss_d")
    lines = (tmp_path / "s.csv").read_text("utf-8").splitlines()
    assert len(lines) == 1 + len(frame.real) + len(frame.fake)
    window.files.save_data(str(tmp_path / "no" / "folder.csv"))
    assert "cannot be written" in window.bar.text


def test_without_a_picture_there_are_no_data_to_save(window: MainWindow) -> None:
    window.menus.actions["data"].trigger()
    QApplication.processEvents()
    assert not [each for each in window.findChildren(QFileDialog) if each.isVisible()]


def test_the_run_is_saved_as_a_script_with_its_changes(
    window: MainWindow, host: Any, tmp_path: Path
) -> None:
    preset = window.run.preset
    assert preset is not None
    before = preset.settings
    mark = Mark(30, "k", values=(("train.k", 3),), before=(("train.k", before.train.k),))
    host.reel = Reel((Stretch(0, None, "A", 0, 80, (mark,)),), ((0, 80),))
    window.desk.adopt(before.with_({"train.k": 3}))
    window.menus.actions["script"].trigger()
    asked = dialog(window)
    asked.fileSelected.emit(str(tmp_path / "game.py"))
    asked.reject()
    page = script(before, 80, [(30, {"train.k": 3})], title=preset.title)
    assert (tmp_path / "game.py").read_text("utf-8") == page
    assert "train(30, STEPS, block=1)" in page


def test_a_game_that_no_script_holds_is_refused(window: MainWindow) -> None:
    window.desk.adopt(window.desk.settings.with_({"generator.kind": "formula"}))
    window.menus.actions["script"].trigger()
    QApplication.processEvents()
    assert "generator.kind = formula" in window.bar.text
    assert not [each for each in window.findChildren(QFileDialog) if each.isVisible()]
