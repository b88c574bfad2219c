"""Reels: a film of each lesson."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from lessons import A_POINT
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from ganviz import cli
from ganviz.film.make import Made, Pictures
from ganviz.film.order import CAPTION, SAID, Order
from ganviz.film.reels import form_named, reels
from ganviz.film.source import LiveRun
from ganviz.lesson import parsed
from ganviz.schema import ParamError

SPOKEN = A_POINT.replace(
    "[[script]]", '[[script]]\nat = 0\ncaption = "Watch *closely*."\n\n[[script]]'
)
SPOKEN += 'caption = "Now k = 2."\n'


def test_each_lesson_is_filmed_to_its_last_step(qapp: QApplication, tmp_path: Path) -> None:
    told: list[Made] = []
    lessons = [parsed(name, A_POINT, name) for name in ("one", "two")]
    order = Order().with_(size=(640, 400), fps=10, seconds=1.0, hold=0.0)
    made = reels(lessons, tmp_path / "films", form_named("webm"), order, told.append)
    assert [path.name for path in made] == ["one.webm", "two.webm"]
    assert [each.path for each in told] == made
    for path in made:
        with av.open(str(path)) as film:
            pictures = [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]
        assert len(pictures) == 10
        assert pictures[0].shape == (400, 640)
        assert (pictures[0] != pictures[-1]).mean() > 0.005  # the run went on


def test_captions_stand_above_the_pictures_from_their_steps_on(
    qapp: QApplication, tmp_path: Path
) -> None:
    lesson = parsed("said", SPOKEN, "said")
    assert lesson.said == ((0, "Watch closely."), (5, "Now k = 2."))
    order = Order(size=(640, 420), seconds=1.0, fps=11, hold=0.0).with_(said=lesson.said, last=10)
    source = LiveRun(lesson.settings, 10, lesson.changes)
    with Pictures(source, order) as pictures:
        told = [pictures.words(number).said for number in range(len(pictures))]
        assert told == ["Watch closely."] * 5 + ["Now k = 2."] * 6
        sheet = pictures._stage._sheet
        assert sheet._spoken == 1
        pictures.picture(0)
        top = CAPTION + SAID
        assert sheet.stage.geometry().top() == round(top * sheet._zoom)
    again = parsed("again", SPOKEN.replace("at = 5", "at = 0"), "again")
    assert again.said == ((0, "Watch closely. Now k = 2."),)
    for without in ({"said": ()}, {"captions": False}):
        with Pictures(source, order.with_(**without)) as pictures:
            assert pictures._stage._sheet._spoken == 0
            assert not any(pictures.words(number).said for number in range(len(pictures)))
            assert pictures._stage._sheet.stage.geometry().top() == round(
                CAPTION * pictures._stage._sheet._zoom
            )


def test_a_webp_of_lower_quality_is_smaller(qapp: QApplication, tmp_path: Path) -> None:
    lesson = parsed("small", A_POINT, "small")
    sizes = []
    for quality in (100, 50):
        order = Order(size=(640, 400), fps=5, seconds=1.0, hold=0.0, webp_quality=quality)
        (path,) = reels([lesson], tmp_path / str(quality), form_named("webp"), order, print)
        sizes.append(path.stat().st_size)
        data = path.read_bytes()
        assert data.count(b"ANMF") == 5
        assert data.count(b"VP8L" if quality == 100 else b"VP8 ") == 5
        assert not QImage(str(path)).isNull()
    assert sizes[1] < 0.7 * sizes[0]


def test_what_is_said_is_kept_in_the_file_of_an_order(tmp_path: Path) -> None:
    order = Order(said=((0, "Look."), (500, "Now.")), webp_quality=60)
    order.write(tmp_path / "film.toml")
    assert Order.read(tmp_path / "film.toml") == order
    with pytest.raises(ParamError, match=r"film\.said = "):
        Order(said=((0, 1),))  # type: ignore[arg-type]
    with pytest.raises(ParamError, match=r"film\.webp_quality = 0: must be a whole number"):
        Order(webp_quality=0)


def test_a_form_that_is_none_is_told() -> None:
    with pytest.raises(ParamError, match=r"--form avi: must be one of mp4, "):
        form_named("avi")


def test_what_only_films_have_needs_films(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lessons", "--seconds", "3"]) == 2
    assert "--seconds: must come with --films" in capsys.readouterr().err
