"""Formulas in pieces: where a line may end, and that nothing shrinks below the text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtWidgets import QApplication

from ganviz.lesson import Formula, Lesson, Words, lessons
from ganviz.lesson.markup import paragraphs
from ganviz.views.typeset import SIZE as SET
from ganviz.views.typeset import setting
from ganviz.window.breaking import LONG, length, parted
from ganviz.window.prose import DISPLAY, Setting, arranged
from ganviz.window.reader import BAR, PAD
from ganviz.window.reader import SIZE as TEXT

#: The column of the reader at its usual width, pixels.
ROOM = round(24.5 * TEXT) - BAR - 2 * PAD


def pieces(tex: str) -> list[str]:
    return [part.tex for part in parted(tex)]


def display(tex: str, room: float = ROOM) -> Setting:
    for part in parted(tex):
        setting(part.tex)
    return arranged(((Formula(tex),),), room, TEXT)


def test_quads_part_a_formula_and_brackets_are_never_torn() -> None:
    assert pieces(r"z \sim p_z, \qquad x = G(z)") == [r"z \sim p_z,", "x = G(z)"]
    assert [part.gap for part in parted(r"a \quad b \qquad c")] == [0, 1, 2]
    assert [part.gap for part in parted(r"a \quad\qquad b")] == [0, 3]
    assert pieces(r"\frac{a \quad b}{c}") == [r"\frac{a \quad b}{c}"]
    assert pieces(r"f(a \quad b)") == [r"f(a \quad b)"]
    assert pieces("") == [""]


def test_what_only_leads_on_stands_before_what_it_leads_to() -> None:
    assert pieces(r"a = b \quad\Rightarrow\quad c = d") == ["a = b", r"\Rightarrow\quad c = d"]
    assert pieces(r"A \qquad \hbox{or} \qquad B, C") == ["A", r"\hbox{or}\quad B, C"]


def test_short_formulas_are_parted_nowhere_else_and_long_ones_at_relations() -> None:
    assert pieces("a = b + c") == ["a = b + c"]
    tex = (
        r"D^*(x) = \frac{p(x)}{p(x) + p_g(x)} = \operatorname{argmax}_D\ p \log D + p_g \log(1 - D)"
    )
    assert length(tex) > LONG
    assert [piece[0] for piece in pieces(tex)] == ["D", "=", "="]
    assert "".join(tex.split()) == "".join("".join(pieces(tex)).split())
    sums = r"p\,(\alpha \log D + (1 - \alpha) \log(1 - D)) + p_g \log(1 - D)"
    assert pieces(sums)[1] == r"+ p_g \log(1 - D)"
    assert pieces("V = -" + 40 * "x") == ["V", "= -" + 40 * "x"]


@pytest.mark.parametrize("lesson", lessons().values(), ids=lambda lesson: lesson.name)
def test_the_formula_of_every_lesson_is_as_large_as_its_text_and_within_the_column(
    app: QApplication, lesson: Lesson
) -> None:
    if not lesson.formula:
        return
    found = display(lesson.formula)
    for each in found.placed:
        assert isinstance(each.atom.piece, Formula)
        assert 1.06 * TEXT - 0.01 <= each.atom.size <= 1.06 * DISPLAY * TEXT + 0.01
        assert -0.01 <= each.x <= each.x + each.atom.wide <= ROOM + 0.02
    baselines = sorted({each.y for each in found.placed})
    assert all(low + 15 < high for low, high in pairwise(baselines))


def test_a_formula_that_has_room_stands_in_one_line(app: QApplication) -> None:
    found = display(r"a = b, \qquad c = d")
    assert len({each.y for each in found.placed}) == 1
    assert found.placed[0].atom.size == pytest.approx(1.06 * DISPLAY * TEXT)
    assert found.placed[0].atom.size != SET
    assert len({each.y for each in display(r"a = b, \qquad c = d", 60).placed}) == 2


def test_a_long_formula_in_a_line_of_text_goes_on_in_the_next(app: QApplication) -> None:
    tex = r"p\,(\alpha \log D + (1 - \alpha) \log(1 - D)) + p_g \log(1 - D)"
    (text,) = paragraphs(f"D maximises ${tex}$, and that is all.")
    for part in parted(tex):
        setting(part.tex)
    found = arranged((text,), ROOM, TEXT)
    sums = [each for each in found.placed if isinstance(each.atom.piece, Formula)]
    assert [each.atom.size for each in sums] == pytest.approx([1.06 * TEXT] * 2)
    assert sums[0].y < sums[1].y
    comma = next(each for each in found.placed if each.atom.piece == Words(","))
    assert (comma.x, comma.y) == (pytest.approx(sums[1].x + sums[1].atom.wide), sums[1].y)
