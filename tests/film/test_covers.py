"""Covers: pictures of lessons for the gallery."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lessons import A_POINT
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from ganviz.film import covers as film_covers
from ganviz.film.covers import FREE, SIZE, covers, free_cover
from ganviz.lesson import parsed


def test_free_play_has_a_cover_of_several_views(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_covers, "FREE_STEPS", 5)
    made = free_cover(tmp_path, lambda path: None)
    assert [path.name for path in made] == [f"{FREE}.webp", f"{FREE}-dark.webp"]
    assert all((image.width(), image.height()) == SIZE for image in map(QImage, map(str, made)))


def test_a_cover_is_the_view_without_its_buttons(qapp: QApplication, tmp_path: Path) -> None:
    told: list[Path] = []
    made = covers([parsed("a-point", A_POINT, "a-point")], tmp_path, told.append)
    assert made == told
    assert [path.name for path in made] == ["a-point.webp", "a-point-dark.webp"]
    light, dark = (QImage(str(path)) for path in made)
    assert (light.width(), light.height()) == SIZE
    sums = []
    for image in (light, dark):
        grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
        pixels = np.frombuffer(grey.constBits(), np.uint8).reshape(SIZE[1], grey.bytesPerLine())
        sums.append(pixels[:, : SIZE[0]].mean())
        assert pixels.std() > 5
    assert sums[0] > 180 > 80 > sums[1]
