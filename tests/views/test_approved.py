"""Views look as they did when somebody looked at them and approved.

The pictures lie in ``tests/views/approved``. After a change that was meant, look at the new ones::

    GANVIZ_APPROVE=1 python -m pytest tests/views/test_approved.py

writes them anew; ``git diff`` shows which. They are compared after blurring, so that another font
rasteriser does not matter, while a missing curve, a moved axis or a wrong colour does.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import scenes
from looking import pixels
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from ganviz.film import FilmStage
from ganviz.frame import Array, Frame, Look

APPROVED = Path(__file__).parent / "approved"
SIZE = (640, 440)
THEMES = ("light", "dark", "projector")
SCENES: dict[str, tuple[Frame, str]] = {
    "line": (scenes.bimodal_full(900), "distribution"),
    "plane": (scenes.ring_full(700), "distribution"),
    "losses": (scenes.ring_full(700), "losses"),
    "saddle": (scenes.saddle_full(300), "saddle"),
}
#: Pixels that are averaged, and how far their means may lie apart: on average, and at worst.
BLUR, MEAN, WORST = 8, 1.5, 40


def blurred(image: QImage) -> Array:
    """Return a picture as the means of its squares."""
    flat = pixels(image).astype(float)
    h, w = (length // BLUR * BLUR for length in flat.shape[:2])
    return flat[:h, :w].reshape(h // BLUR, BLUR, w // BLUR, BLUR, 3).mean(axis=(1, 3))


def alike(one: QImage, other: QImage) -> bool:
    """Return whether two pictures show the same, whatever draws their letters."""
    if one.size() != other.size():
        return False
    apart = np.abs(blurred(one) - blurred(other))
    return bool(apart.mean() < MEAN and np.quantile(apart, 0.999) < WORST)


def picture(name: str, theme: str) -> QImage:
    """Return one view, filling a stage, as a film shows it."""
    frame, view = SCENES[name]
    size = SIZE if theme != "projector" else (1215, 810)  # where its type has room
    with FilmStage(size) as stage:
        image = stage.picture((frame,), Look(theme=theme, maximised=view))
    return reduced(image)


def reduced(image: QImage) -> QImage:
    """Return a smaller picture of fewer colours, which compresses well."""
    smooth = Qt.TransformationMode.SmoothTransformation
    small = image.scaled(400, 275, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
    coarse = np.ascontiguousarray((pixels(small) // 8 * 8 + 4).astype(np.uint8))
    h, w, _ = coarse.shape
    return QImage(coarse.data, w, h, 3 * w, QImage.Format.Format_RGB888).copy()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", SCENES)
def test_a_view_looks_as_approved(qtbot: QtBot, name: str, theme: str) -> None:
    path = APPROVED / f"{name}-{theme}.png"
    made = picture(name, theme)
    if os.environ.get("GANVIZ_APPROVE"):
        APPROVED.mkdir(exist_ok=True)
        assert made.save(str(path), quality=0)
    assert path.exists(), f"{path.name} was not approved yet: see the top of this file"
    assert alike(made, QImage(str(path))), f"{path.name} looks different now"


def test_what_differs_is_seen(qtbot: QtBot) -> None:
    made = picture("line", "light")
    assert alike(made, made.copy())
    assert not alike(made, picture("plane", "light"))
    assert not alike(made, picture("line", "dark"))
    with FilmStage(SIZE) as stage:
        frame, view = SCENES["line"]
        layers = Look().layers - {"belief"}
        image = stage.picture((frame,), Look(maximised=view, layers=layers))
    bare = reduced(image)
    assert not alike(made, bare)  # without the curve of D
