"""Reels: a film of each lesson."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from PySide6.QtWidgets import QApplication

from ganviz import cli
from ganviz.film.make import Made
from ganviz.film.order import Order
from ganviz.film.reels import form_named, reels
from ganviz.lesson import parsed
from ganviz.schema import ParamError

TEXT = """
[lesson]
title = "A point"
steps = 12
views = ["distribution"]

[settings]
train = {batch = 16}
generator = {hidden = [8]}
discriminator = {hidden = [8]}

[[script]]
at = 5
change = {"train.k" = 2}
"""


def test_each_lesson_is_filmed_to_its_last_step(qapp: QApplication, tmp_path: Path) -> None:
    told: list[Made] = []
    lessons = [parsed(name, TEXT, name) for name in ("one", "two")]
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


def test_a_form_that_is_none_is_told() -> None:
    with pytest.raises(ParamError, match=r"--form avi: must be one of mp4, "):
        form_named("avi")


def test_what_only_films_have_needs_films(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lessons", "--seconds", "3"]) == 2
    assert "--seconds: must come with --films" in capsys.readouterr().err
