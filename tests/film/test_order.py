"""An order survives its file, and refuses in one sentence what cannot be."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganviz import looks
from ganviz.film.order import Order
from ganviz.frame import Look
from ganviz.schema import ParamError
from ganviz.views.stage import KINDS, Stage
from ganviz.views.theme import THEMES

LOOK = Look(
    theme="dark",
    layers=frozenset({"real", "generated", "arrows"}),
    upper="measures",
    lower="surface",
    hidden=frozenset({"graph", "story"}),
    style="difference",
    samples=900,
    until=400,
    whole=True,
    solid=True,
    turn=12.5,
    probe=(0.5, -1.0),
    clamp=(2.0, -0.5),
    lanes="over",
)
ORDER = Order(
    size=(1921, 1079),
    fps=25,
    seconds=None,
    speed=500.0,
    first=10,
    last=90,
    branches=(2, 0),
    pace="early",
    look=LOOK,
    title='A "title" · with ν',
    caption=False,
    settings_line=True,
    changes=False,
    hold=1.5,
    quality="fine",
    sizes='{"across": [0.6, 0.4], "right": [0.5, 0.5], "down": [0.7, 0.3]}',
    scale=1.25,
    said=((0, "Look."), (500, "Now k = 5.")),
    captions=False,
    webp_quality=60,
)


@pytest.mark.parametrize("order", [Order(), ORDER, Order(speed=3, seconds=None)])
def test_an_order_survives_its_file(tmp_path: Path, order: Order) -> None:
    order.write(tmp_path / "film.toml")
    assert Order.read(tmp_path / "film.toml") == order
    assert [path.name for path in tmp_path.iterdir()] == ["film.toml"]


def test_every_field_of_the_other_order_differs_from_the_usual_one() -> None:
    usual = Order()
    assert all(getattr(ORDER, each.name) != getattr(usual, each.name) for each in fields(Order))


def test_what_a_file_does_not_name_is_as_usual() -> None:
    assert Order.of({}) == Order()
    assert Order.of({"film": {"speed": 20}}) == Order(speed=20, seconds=None)
    assert Order.of({"look": {"theme": "dark"}}) == Order(look=Look(theme="dark"))


def test_words_of_the_order_are_those_of_the_stage(qtbot: QtBot) -> None:
    stage = Stage()
    qtbot.addWidget(stage)
    assert THEMES == looks.THEMES
    assert set(KINDS) == set(looks.VIEWS) - {looks.FORMULA}
    assert Order(sizes=stage.save_sizes().decode()).sizes
    QApplication.processEvents()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"size": (8, 48)}, "film.size = 8x48: must be width x height"),
        ({"size": (640.5, 480)}, "film.size = 640.5x480: must be"),
        ({"size": "big"}, "film.size = big: must be"),
        ({"fps": 0}, "film.fps = 0: must be a whole number from 1 to 120"),
        ({"fps": 29.97}, "film.fps = 29.97: must be a whole number"),
        ({"seconds": -1}, "film.seconds = -1: must be a number above 0"),
        ({"seconds": float("nan")}, "film.seconds = nan: must be"),
        ({"seconds": True}, "film.seconds = True: must be"),
        ({"speed": 5.0}, "film.seconds = 8.0 with speed = 5.0: must be one of the two"),
        ({"seconds": None}, "film.seconds = none with speed = none: must be one of the two"),
        ({"first": -1}, "film.first = -1: must be the number of a step"),
        ({"first": 9, "last": 3}, "film.first = 9: must be at most the last step, 3"),
        ({"branches": (1, 1)}, "film.branches = (1, 1): must be different numbers"),
        ({"branches": (0, 1, 2, 3, 4)}, "film.branches = 5 of them: must be at most 4"),
        ({"pace": "slow"}, "film.pace = slow: must be one of even, early"),
        ({"quality": "best"}, "film.quality = best: must be one of screen, fine"),
        ({"hold": -1}, "film.hold = -1: must be"),
        ({"scale": 20}, "film.scale = 20: must be a number from 0.25 to 8, or none"),
        ({"sizes": "{}"}, "film.sizes = {}: must be what Stage.save_sizes() returns"),
        ({"caption": 1}, "film.caption = 1: must be true or false"),
        ({"title": 7}, "film.title = 7: must be text"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(ParamError) as told:
        Order(**values)  # type: ignore[arg-type]
    assert sentence in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[film", "is not valid TOML"),
        ("format = 9", "format = 9: this ganviz reads format 1"),
        ("[film]\nsiez = [1, 2]", "film.siez: must be one of size, fps"),
        ("[films]", "films: must be one of format, film, look"),
        ("film = 3", "film, look: must be tables"),
        ('[look]\ntheme = "pink"', "look.theme = pink: must be one of light, dark, projector"),
        ("[look]\nlayer = []", "look.layer: must be one of theme, layers"),
        ("[look]\nlayers = [3]", "look.layers = [3]: must be a list of names"),
        ("[look]\nbins = true", "look.bins = True: must be a whole number"),
        ("[look]\nbins = 0", "look.bins = 0: must be from 2 to 1,000"),
        ("[look]\nturn = nan", "look.turn = nan: must be"),
        ("[look]\nclamp = [1]", "look.clamp = [1]: must be the number of a coordinate of the code"),
        ("[look]\nprobe = [1, 2, 3]", "look.probe = [1, 2, 3]: must be a list of at most 2"),
        ('[look]\nupper = "saddle"', "look.upper = saddle: must be one of losses, measures"),
        ("[look]\nuntil = 1.5", "look.until = 1.5: must be a whole number"),
        ("[look]\nwhole = 1", "look.whole = 1: must be true or false"),
    ],
)
def test_a_bad_file_gets_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "film.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ParamError) as told:
        Order.read(path)
    assert str(told.value).startswith(f"{path}: ")
    assert sentence in str(told.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ParamError, match="cannot be read"):
        Order.read(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ParamError, match="is not text"):
        Order.read(tmp_path / "bytes.toml")
    (tmp_path / "large.toml").write_bytes(b"#" * 1_100_000)
    with pytest.raises(ParamError, match="too large"):
        Order.read(tmp_path / "large.toml")


def test_views_are_chosen_by_name() -> None:
    order = Order().seeing("distribution, measures")
    assert order.look.seen == {"distribution", "measures"}
    assert "story" in order.look.hidden
    assert Order().seeing("probe,graph,story").look.seen == {"probe", "graph"}
    for names, sentence in (
        ("distribution,pie", "view pie: must be one of distribution, losses"),
        ("", "view (none): must be one of"),
        ("story", "views story: must name at least one view"),
        ("losses,measures", "views losses, measures: stand in the same place"),
    ):
        with pytest.raises(ParamError) as told:
            Order().seeing(names)
        assert sentence in str(told.value)


def test_larger_pictures_have_larger_type_and_fine_ones_more_samples() -> None:
    assert Order().zoom == 1
    assert Order(size=(960, 540)).zoom == 1
    assert Order(size=(1920, 1080)).zoom == pytest.approx(1.35)
    assert Order(size=(310, 420)).zoom == 0.5
    assert Order(size=(480, 270)).zoom == 0.642
    assert Order(scale=2).zoom == 2
    assert Order().shown(2) == Look()
    fine = Order(quality="fine")
    assert fine.shown(1).wants.fine
    assert (fine.shown(1).samples, fine.shown(2).samples) == (20_000, 4000)
    assert Order(quality="fine", look=Look(samples=500)).shown(1).samples == 500


def test_an_order_is_read_without_qt_and_torch() -> None:
    code = "import sys, ganviz.film.plan; print({'PySide6', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_giving_a_speed_takes_the_seconds_away_and_the_other_way_round() -> None:
    order = Order().with_(speed=20)
    assert order.seconds is None
    assert order.with_(seconds=3.0).speed is None
