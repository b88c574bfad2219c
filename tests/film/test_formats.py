"""Formats and purposes are records that fit together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ganviz.film.formats import FORMATS, format_of
from ganviz.film.purposes import HEAVY, PURPOSES, beamer_line, weight_warning
from ganviz.schema import ParamError


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/run.mp4", "mp4"),
        ("RUN.GIF", "gif"),
        (Path("run.webm"), "webm"),
        ("run", "png"),
        (Path("run"), "png"),
        ("run.v2/", "png"),
    ],
)
def test_the_name_says_the_format(path: str | Path, name: str) -> None:
    assert format_of(path).name == name


def test_a_name_of_no_format_is_refused_with_all_there_are() -> None:
    with pytest.raises(ParamError) as error:
        format_of("a/run.avi")
    assert str(error.value) == (
        "film 'run.avi': the name must end in .mp4, .webm, .gif, .apng or .webp, or in nothing for"
        " a folder of numbered PNGs"
    )


def test_each_purpose_can_be_kept_by_its_format() -> None:
    by_name = {form.name: form for form in FORMATS}
    for purpose in PURPOSES:
        by_name[purpose.form].check(purpose.name, purpose.size, purpose.fps)
        assert purpose.note.endswith(".")
    made = {purpose.name: (purpose.form, purpose.size, purpose.fps) for purpose in PURPOSES}
    for name in ("powerpoint", "keynote", "slides"):
        assert made[name] == ("mp4", (1920, 1080), 30)
    assert made["web"] == ("gif", (960, 540), 20)
    assert made["beamer"][0] == "png"


def test_only_formats_of_yuv_change_odd_sizes() -> None:
    assert {form.name: form.kept((65, 47)) for form in FORMATS} == {
        "mp4": (66, 48),
        "webm": (66, 48),
        "gif": (65, 47),
        "apng": (65, 47),
        "webp": (65, 47),
        "png": (65, 47),
    }


def test_larger_pictures_are_estimated_heavier() -> None:
    for form in FORMATS:
        small, large = form.bytes_a_picture((640, 360)), form.bytes_a_picture((1920, 1080))
        assert 0 < 2 * small < large < 9.5 * small


def test_a_gif_above_fifty_megabytes_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "run.gif"
    path.write_bytes(b"GIF89a")
    assert weight_warning(path) == ""
    assert weight_warning(path, HEAVY) == ""
    assert weight_warning(path, 1.24 * HEAVY) == (
        "run.gif has 62 MB: above 50 MB a GIF loads slowly; make it shorter or smaller, or take MP4"
        " or WebP."
    )
    assert weight_warning(tmp_path / "run.mp4", 10 * HEAVY) == ""


def test_the_line_for_beamer() -> None:
    assert beamer_line("saddle", 240, 25).splitlines() == [
        "% In the preamble:",
        "\\usepackage{animate,graphicx}",
        "% On the slide, with the folder beside the .tex file:",
        "\\animategraphics[autoplay,loop,width=\\linewidth]{25}{saddle/saddle-}{0001}{0240}",
    ]
    assert beamer_line("my run_2", 2, 12.5).startswith("% LaTeX stumbles")


def test_records_need_neither_qt_nor_an_encoder() -> None:
    code = (
        "import sys, ganviz.film.formats, ganviz.film.purposes;"
        "assert not {'av', 'PySide6', 'numpy', 'torch'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
