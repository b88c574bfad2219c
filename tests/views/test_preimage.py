"""The pre-image of the lecture's generator, to be played with."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import scenes
from fitting import faults, recorded
from looking import pixels
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtTest import QSignalSpy, QTest
from pytestqt.qtbot import QtBot

from ganviz import looks
from ganviz.film import FilmStage
from ganviz.frame import Look
from ganviz.schema import ParamError
from ganviz.theory.preimage import EXAMPLES, LEVELS
from ganviz.views.preimage import CHOICES, E2, STOPS, PreimageView, planned, told
from ganviz.views.stage import Stage
from ganviz.views.theme import theme

LOOK = Look(lower="preimage")


@pytest.fixture
def view(qtbot: QtBot) -> PreimageView:
    made = PreimageView()
    qtbot.addWidget(made)
    made.resize(520, 560)
    made.look_wanted.connect(lambda change: show(made, made._look.with_(**change)))
    show(made, LOOK)
    made.show()
    return made


def show(view: PreimageView, look: Look) -> None:
    view.show_frame((scenes.ring_full(),), look)


@pytest.mark.parametrize(
    ("x", "lines"),
    [
        (EXAMPLES[0], ("[−2, −1] ∪ [1, 2]", "Φ(−1) − Φ(−2) + Φ(2) − Φ(1) = 0.2718102")),
        (EXAMPLES[1], ("[1, 2]", "Φ(2) − Φ(1) = 0.1359051")),
        (EXAMPLES[2], ("[0, 2]", "Φ(2) − Φ(0) = 0.4772499")),
        ((-1.0, 1.0, 0.5), ("∅", "F(x) = 0.0000000")),
        ((-1.0, 1.0, 1.0), ("{1}", "F(x) = 0.0000000")),
        ((-1.0, -1.0, 3.0), ("∅", "F(x) = 0.0000000")),
    ],
)
def test_what_is_told_is_the_closed_form(
    qtbot: QtBot, x: tuple[float, ...], lines: tuple[str, str]
) -> None:
    said = told(x, 1000)
    assert said[0] == f"Z(x) = {lines[0]}"
    assert said[1].endswith(lines[1])
    assert (len(said) == 3) == (x[0] > 0)
    assert all("slide" in line.lower() for line in said[2:])


@pytest.mark.parametrize("size", [(220, 110), (320, 200), (480, 560), (900, 300), (1600, 900)])
@pytest.mark.parametrize("lines", [2, 3])
def test_everything_lies_on_the_canvas_and_nothing_over_another(
    size: tuple[int, int], lines: int
) -> None:
    area = QRectF(0, 0, *size)
    plan = planned(area, lines)
    boxes = [*plan.parts, plan.density]
    for above, below in pairwise(boxes):
        assert above.bottom + 12 < below.top
    assert size[1] < 200 or boxes[-1].bottom < plan.foot < area.bottom()


def test_a_level_follows_the_pointer(view: PreimageView) -> None:
    box = view._plan().parts[2]
    x = round(box.right - 5)
    QTest.mousePress(view.canvas, Qt.MouseButton.LeftButton, pos=at(x, box, 2.0))
    assert view._look.level == EXAMPLES[0]
    QTest.mouseMove(view.canvas, at(x, box, -0.5))
    assert view._look.level[:2] == EXAMPLES[0][:2]
    assert view._look.level[2] == pytest.approx(-0.5, abs=0.1)
    QTest.mouseMove(view.canvas, at(x, box, -0.5) + at(0, box, -900))
    assert view._look.level[2] == LEVELS[2][0]
    QTest.mouseRelease(view.canvas, Qt.MouseButton.LeftButton)
    before = view._look
    QTest.mouseMove(view.canvas, at(x, box, 1.0))
    assert view._look == before


def at(x: float, box, value: float):
    return QPointF(x, float(box.y(value))).toPoint()


def test_keys_move_each_level_to_its_ends_and_back(view: PreimageView) -> None:
    for i, dial in enumerate(view._dials):
        low, high = LEVELS[i]
        for key, end in ((Qt.Key.Key_Left, low), (Qt.Key.Key_Right, high)):
            seen = [view._look.level[i]]
            for _ in range(len(STOPS[i]) + 2):
                QTest.keyClick(dial, key)
                seen.append(view._look.level[i])
            assert seen[-1] == end
            assert np.all(np.diff(seen) * (1 if end == high else -1) >= 0)
            assert np.abs(np.diff(seen)).max() < 0.12
        QTest.keyClick(dial, Qt.Key.Key_Home)
        assert view._look.level[i] == 0.0
    assert E2 in STOPS[1]


def test_from_between_two_stops_a_key_leads_to_the_next(view: PreimageView) -> None:
    for key, wanted in ((Qt.Key.Key_Right, -0.9), (Qt.Key.Key_Left, -1.0)):
        for value in (-0.97, -0.92):
            show(view, LOOK.with_(level=(value, 1.0, 2.0)))
            QTest.keyClick(view._dials[0], key)
            assert view._look.level[0] == wanted


def test_the_examples_are_the_lectures(view: PreimageView) -> None:
    *names, _ = view._example.names
    for name, x in zip(names, EXAMPLES, strict=True):
        view._example.wanted.emit(name)
        assert view._look.level == x
        assert view._example.value == name
    QTest.keyClick(view._dials[0], Qt.Key.Key_Left)
    assert view._example.value == "other"
    asked = QSignalSpy(view.look_wanted)
    view._example.wanted.emit("other")
    assert asked.count() == 0


def test_ends_are_drawn_where_they_are(view: PreimageView) -> None:
    for x, ends in ((EXAMPLES[0], (-2, -1, 1, 2)), (EXAMPLES[1], (1, 2)), (EXAMPLES[2], (0, 2))):
        show(view, LOOK.with_(level=x))
        box = view._plan().density
        image = pixels(view.canvas.grab().toImage()).astype(int)
        row = image[int(box.bottom) - 3]
        ground = np.array([int(theme("light").base[i : i + 2], 16) for i in (1, 3, 5)])
        for z in ends:
            middle = round(float(box.x(z)))
            sides = [np.abs(row[middle + step] - ground).sum() > 60 for step in (-3, 3)]
            left = any(a < z <= b for a, b in zip(ends[::2], ends[1::2], strict=True))
            assert sides == [left, not left]


def test_the_pointer_reads_the_generator(view: PreimageView) -> None:
    box = view._plan().density
    for z, word in ((1.5, "in Z(x)"), (0.5, "not in Z(x)"), (-1.5, "in Z(x)")):
        point = QPointF(float(box.x(z)), box.bottom - 5)
        first, *values, last = view.read(point, view.area, scenes.ring_full(), LOOK)
        assert float(first.split("= ")[1].replace("−", "-")) == pytest.approx(z, abs=1e-6)
        wanted = (-(z**2), math.exp(-z), z)
        found = [float(line.split()[2].replace("−", "-")) for line in values]
        assert found == pytest.approx(wanted, abs=1e-3)
        assert last == word


@pytest.mark.parametrize(
    "change", [{"level": [1.5, 1, 2]}, {"level": [0, 1]}, {"level": ["a", 1, 2]}]
)
def test_a_look_refuses_what_cannot_be_shown(change: dict[str, object]) -> None:
    with pytest.raises(ParamError, match="level"):
        looks.look(change)


def test_a_look_is_kept_exactly() -> None:
    for x in EXAMPLES:
        assert looks.look(looks.table(LOOK.with_(level=x))).level == x


def test_the_picture_is_one_of_the_look_alone(qtbot: QtBot) -> None:
    with FilmStage((1000, 700)) as stage:

        def shot(look: Look) -> int:
            image = stage.picture((scenes.bimodal_full(),), look.with_(maximised="preimage"))
            return hash(pixels(image).tobytes())

        first = shot(LOOK)
        for change in ({"level": EXAMPLES[1]}, {"level": EXAMPLES[2]}, {"theme": "dark"}):
            assert shot(LOOK.with_(**change)) != first
        assert shot(LOOK) == first


@pytest.mark.parametrize("name", ["light", "dark", "projector"])
@pytest.mark.parametrize("size", [(620, 380), (1000, 700), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize("x", EXAMPLES)
def test_its_words_fit(
    qtbot: QtBot, name: str, size: tuple[int, int], x: tuple[float, ...]
) -> None:
    alone = {"maximised": "preimage"}
    beside = {"hidden": frozenset({"losses", "measures", "gradients", "graph"})}
    for change in (alone, beside, {}):
        if size[0] < 1000 and (name == "projector" or change != alone):
            continue
        with FilmStage(size) as stage, recorded() as texts:
            stage.picture((scenes.bimodal_full(),), LOOK.with_(theme=name, level=x, **change))
        said = [text.words for text in texts]
        assert any(words.startswith("Z(x)") for words in said)
        if change == alone:
            assert any(words in CHOICES for words in said)
        assert faults(texts) == [], change


def test_its_numbers_have_a_row_of_their_own_in_a_small_window(qtbot: QtBot) -> None:
    small = PreimageView()
    qtbot.addWidget(small)
    small.resize(382, 400)  # in a window of 1280 × 800 beside a lesson
    small.show()
    header = small.header
    places = [control.geometry() for control in header.controls]
    assert min(place.top() for place in places) >= header.button.geometry().bottom()
    assert places[0].left() >= 0
    assert places[-1].right() <= header.width()
    assert all(one.right() < other.left() for one, other in pairwise(places))


def test_it_is_no_tab_beside_views_of_the_game(qtbot: QtBot) -> None:
    stage = Stage()
    qtbot.addWidget(stage)
    assert "Pre-image" not in [tab.title for tab in stage.view("saddle").header.tabs]
    back = [tab.title for tab in stage.view("preimage").header.tabs]
    assert back == ["Saddle", "Surface", "Probe", "Code"]
