"""Lessons: a game with a text, a script of changes, questions, and observations that prove it.

A lesson is a TOML file beside the presets. What it says of a game stands in it twice: in words for
people, and as observations, which ``ganviz lessons --check`` measures over the seeds they name.

``parts``
    What a lesson is made of.
``markup``
    The small language of its texts: formulas, emphasis, buttons that set parameters.
``reading``, ``writing``
    TOML to lessons and back; the present game as a lesson.
``quantities``
    What an observation can be of.
``shelf``
    The lessons that there are.
"""

from ganviz.lesson.markup import Button, Emphasis, Formula, Paragraph, Piece, Words
from ganviz.lesson.parts import HEADINGS, Change, Lesson, Observation, Question, Section, speeches
from ganviz.lesson.reading import parsed, read
from ganviz.lesson.shelf import Shelf, find, is_lesson, lessons, shelf
from ganviz.lesson.writing import drafted, revised, write, written

__all__ = [
    "HEADINGS",
    "Button",
    "Change",
    "Emphasis",
    "Formula",
    "Lesson",
    "Observation",
    "Paragraph",
    "Piece",
    "Question",
    "Section",
    "Shelf",
    "Words",
    "drafted",
    "find",
    "is_lesson",
    "lessons",
    "parsed",
    "read",
    "revised",
    "shelf",
    "speeches",
    "write",
    "written",
]
