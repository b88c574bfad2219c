"""The strip beneath the views: every formula fits, its numbers stand beneath, colours are told."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import scenes
from fitting import faults, recorded
from looking import count, grabbed
from pytestqt.qtbot import QtBot

from ganviz.catalog.games import GAMES
from ganviz.catalog.losses import LOSSES
from ganviz.catalog.penalties import PENALTIES
from ganviz.engine import Engine
from ganviz.frame import Diagnosis, Frame, Look, Term, Wants
from ganviz.settings import Settings
from ganviz.views.stage import Stage
from ganviz.views.story import ONE, SLIM, TWO, Story, arranged, losses
from ganviz.views.theme import theme

LONG = Diagnosis(
    "vanishing",
    "D saturated: the generator's minimax gradient is 3 % of the non-saturating one",
    "‖∇L_G‖ 0.0012 against 0.041 over the last 50 steps.",
    1200,
)


def told(loss: str, penalty: str, value: str = "−12.345") -> Frame:
    """Return a frame with the formula of a game, in the order of the engine."""
    entry, added = LOSSES[loss], PENALTIES[penalty]
    start = next(i for i, (_, column) in enumerate(entry.tex) if column == "loss_g")
    of_d = [Term(tex, value if column else "", "discriminator") for tex, column in entry.tex]
    of_g = [Term(tex, value if column else "", "generator") for tex, column in entry.tex[start:]]
    of_d = of_d[:start]
    if added.discriminator:
        of_d.append(Term(added.tex, value, "discriminator"))
    if added.generator:
        of_g.append(Term(added.tex, value, "generator"))
    where = [rf"{added.letter} = 0.1", *added.where] if added.tex else []
    formula = f"{entry.formula}     {added.formula}".strip()
    terms = (*of_d, *of_g, *(Term(tex, "", "where") for tex in where))
    return scenes.ring(20, 50, terms=terms, formula=formula, diagnosis=LONG)


def strip(qtbot: QtBot, frame: Frame, wide: int, stage: int = 800) -> Story:
    story = Story()
    qtbot.addWidget(story)
    story.show_frame(frame)
    story.resize(wide, story.wanted(wide, stage))
    return story


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("wide", [604, 840, 1264])
def test_every_formula_fits_at_every_width(qtbot: QtBot, wide: int, penalty: str) -> None:
    for loss in LOSSES:
        story = strip(qtbot, told(loss, penalty), wide)
        assert story.height() in (ONE, TWO)
        with recorded() as texts:
            story.grab()
        assert faults(texts) == [], loss
        assert any(text.words.startswith("D saturated") for text in texts)


@pytest.mark.parametrize("penalty", ["off", "gradient-penalty", "roth", "consensus"])
def test_a_low_stage_has_one_slim_line(qtbot: QtBot, penalty: str) -> None:
    for wide in (604, 1200):
        story = strip(qtbot, told("relativistic-average", penalty), wide, stage=400)
        assert story.height() == SLIM
        with recorded() as texts:
            story.grab()
        assert faults(texts) == []
        assert any("L_D = −12.345" in text.words for text in texts)


def test_common_formulas_are_typeset_where_there_is_room() -> None:
    for loss, penalty in product(LOSSES, PENALTIES):
        pieces = tuple((term.tex, term.role) for term in told(loss, penalty).terms)
        layout = arranged(pieces, 1264.0)
        assert layout.size >= 12, (loss, penalty)
    for loss in ("minimax", "non-saturating", "wasserstein", "least-squares", "hinge"):
        pieces = tuple((term.tex, term.role) for term in told(loss, "off").terms)
        assert arranged(pieces, 604.0).size >= 12
        assert arranged(pieces, 1264.0).height == ONE


def test_numbers_stand_beneath_their_terms(qtbot: QtBot) -> None:
    frame = scenes.ring_full()
    story = strip(qtbot, frame, 1264)
    with recorded() as texts:
        story.grab()
    at = {text.words: text.rect for text in texts}
    for term in frame.terms:
        if term.value and not term.tex.endswith("="):
            formula, number = at[term.tex], at[term.value]
            assert formula.left() <= number.center().x() <= formula.right()
            assert formula.bottom() - 2 <= number.top() <= formula.bottom() + 12


def test_the_layout_does_not_hang_on_the_numbers(qtbot: QtBot) -> None:
    short = tuple(replace(term, value="0.1") for term in scenes.TERMS)
    one = strip(qtbot, scenes.ring(5, terms=short), 900)
    other = strip(qtbot, scenes.ring(5, terms=scenes.TERMS), 900)
    with recorded() as first:
        one.grab()
    with recorded() as second:
        other.grab()
    places = [
        {text.words: text.rect for text in texts if "\\" in text.words} for texts in (first, second)
    ]
    assert places[0] == places[1]


@pytest.mark.parametrize("name", ["light", "dark"])
def test_both_players_have_their_colours(qtbot: QtBot, name: str) -> None:
    story = strip(qtbot, scenes.ring_full(), 1264)
    story.set_theme(theme(name))
    picture = grabbed(story)
    t = theme(name)
    for role in ("discriminator", "generator"):
        assert count(picture, t.words(t.role(role)), 30) > 20
    assert count(picture, t.text, 40) > 300


def test_a_diagnosis_is_told_by_shape_as_well(qtbot: QtBot) -> None:
    found = []
    for name, good in (("converged", True), ("balanced", False), ("collapsed", False)):
        frame = scenes.ring(5, diagnosis=Diagnosis(name, "words", "evidence", 1, good))
        story = strip(qtbot, frame, 900)
        picture = grabbed(story)
        found.append(picture[:, 650:680])
        assert "evidence" in story.toolTip()
        assert "words" in story.accessibleDescription()
    for one, other in ((0, 1), (0, 2), (1, 2)):
        different = np.abs(found[one] - found[other]).max(axis=2) > 100
        assert different.any()


def test_the_strip_is_hidden_with_the_rest_of_the_stage(qtbot: QtBot) -> None:
    stage = Stage()
    qtbot.addWidget(stage)
    stage.resize(1000, 640)
    stage.show()
    frame = scenes.ring_full()
    stage.show_frame((frame,), Look())
    assert not stage._story.isHidden()
    assert stage._story.geometry().bottom() < stage.height() - 6
    assert stage._down.geometry().bottom() < stage._story.y()
    stage.show_frame((frame,), Look(hidden=frozenset({"story", "graph"})))
    assert stage._story.isHidden()
    assert stage._down.height() == stage.height() - 16
    stage.show_frame((frame,), Look(maximised="losses"))
    assert stage._story.isHidden()
    stage.show_message("Loading…", Look())
    assert not stage._story.isHidden()
    assert stage._story.accessibleDescription() == ""


@pytest.mark.parametrize("game", GAMES)
def test_losses_in_one_line_are_plain_words(game: str) -> None:
    names = {"gan": ["L_D", "L_G"], "vae": ["\N{MINUS SIGN}ELBO"], "autoencoder": ["L"]}[game]
    engine = Engine(Settings.of({"game.kind": game, "train.batch": 16}))
    engine.step(1)
    said = losses(engine.frame(Wants()).terms)
    assert [words.partition(" = ")[0] for words in said] == names
    assert all(float(words.partition(" = ")[2]) for words in said)
