"""Lessons are read whole or refused in one sentence, and come back as they were written."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ganviz import looks
from ganviz.catalog.games import GAMES
from ganviz.catalog.measures import MEASURES
from ganviz.frame import Look
from ganviz.lesson import (
    Button,
    Emphasis,
    Formula,
    Lesson,
    Words,
    drafted,
    find,
    lessons,
    parsed,
    read,
    revised,
    shelf,
    write,
    written,
)
from ganviz.lesson.markup import paragraphs, plain
from ganviz.lesson.quantities import QUANTITIES, named
from ganviz.lesson.reading import formulas
from ganviz.schema import ParamError, put
from ganviz.settings import Settings

WHOLE = r"""
format = 1

[lesson]
title = "Two modes"
text = "One line."
order = 7
lecture = ["Toronto ch. 4: few modes"]
rows = [6, 19]
preset = "two-modes"
steps = 900
speed = 60
knobs = ["train.k", "optim.lr_d"]
views = ["distribution", "measures", "saddle"]
formula = '\min_G \max_D V'
controls = false
tags = ["long run"]

[look]
theme = "dark"

[settings.train]
k = 3
[settings.optim]
lr_d = 0.004

[[section]]
kind = "see"
text = '''
Here is $D(x) = \frac{1}{2}$, *nearly*
so. Press [five](train.k=5; optim.lr_d=0.001) or [start](again).

Of [0, 1] and \$5.
'''

[[script]]
at = 100
change = {"train.k" = 5}
caption = "Now $k = 5$."
pause = true
[[script]]
at = 200
change = {loss.penalty = "r1"}

[[question]]
ask = "Does it hold?"
answers = ["yes", "no"]
right = 0
reveal = "It does."
[[question]]
ask = "How many?"
answers = ["none", "one", "more"]
observation = "close"
bounds = [0.5, 1.5]

[[observation]]
name = "close"
says = "W1 stays low."
of = "w1"
how = "mean"
from = 400
is = "<="
value = 0.3
[[observation]]
name = "calmer"
says = "R1 is calmer."
steps = 500
seeds = 1
of = "mean_gap"
over = "w1"
how = "rms"
settings = {loss.kind = "minimax", "optim.beta1" = 0.9}
changes = [{at = 300, change = {loss.penalty = "r1"}}]
against = {train.k = 1}
comparison = "difference"
is = "near"
value = 0
within = 0.1
"""


def lesson(text: str = WHOLE) -> Lesson:
    return parsed("mine", text, "mine.toml")


def test_a_lesson_holds_what_its_file_says() -> None:
    found = lesson()
    assert (found.title, found.order, found.rows) == ("Two modes", 7, (6, 19))
    assert found.settings.train.k == 3
    assert found.settings.optim.lr_d == 0.004
    assert found.settings.data.target == "two-gaussians"
    assert found.look.theme == "dark"
    assert found.look.seen == {"distribution", "measures", "saddle"}
    assert found.changes == ((100, {"train.k": 5}), (200, {"loss.penalty": "r1"}))
    assert not found.controls
    close, calmer = found.observations
    assert (close.steps, close.seeds, close.least, close.own) == (900, 8, 7, True)
    assert (calmer.seeds, calmer.least, calmer.exact, calmer.own) == (1, 1, True, False)
    assert calmer.settings == {"loss.kind": "minimax", "optim.beta1": 0.9}
    assert calmer.changes == ((300, {"loss.penalty": "r1"}),)
    assert calmer.cost == 1000
    assert formulas(found) == (r"\min_G \max_D V", r"D(x) = \frac{1}{2}", "k = 5")


def test_the_text_is_parted_into_pieces() -> None:
    first, second = lesson().sections[0].paragraphs
    assert first == (
        Words("Here is "),
        Formula(r"D(x) = \frac{1}{2}"),
        Words(", "),
        Emphasis("nearly"),
        Words(" so. Press "),
        Button("five", {"train.k": 5, "optim.lr_d": 0.001}),
        Words(" or "),
        Button("start", {}, again=True),
        Words("."),
    )
    assert second == (Words("Of [0, 1] and $5."),)
    assert paragraphs("D* is *it*, V*") == ((Words("D* is "), Emphasis("it"), Words(", V*")),)
    assert plain("a $b$ *c* [d](again)") == "a b c d"


def test_a_button_may_begin_the_lesson_anew_with_values() -> None:
    ((button,),) = paragraphs("[five](again; train.k=5; optim.lr_d=0.001)")
    assert button == Button("five", {"train.k": 5, "optim.lr_d": 0.001}, again=True)
    for wrong in ("again; train.k", "train.k=5; again", "again;", ""):
        with pytest.raises(ParamError, match=r"or say \(again\), or both: \(again; train\.k=5\)"):
            paragraphs(f"[five]({wrong})")


def test_a_button_may_hold_a_formula_with_brackets_of_its_own() -> None:
    ((button,),) = paragraphs("[fold](generator.formula=Phi_inv(Phi(z)))")
    assert button == Button("fold", {"generator.formula": "Phi_inv(Phi(z))"})


@pytest.mark.parametrize("text", ["half a $formula", "an *end", "[x](train.k)", "[x](train.k=5"])
def test_a_mark_without_its_end_is_refused(text: str) -> None:
    with pytest.raises(ParamError, match="must"):
        paragraphs(text)


def test_what_is_written_comes_back() -> None:
    assert lesson(written(lesson())) == lesson()


@pytest.mark.parametrize("name", lessons())
def test_every_lesson_comes_back(name: str) -> None:
    found = lessons()[name]
    assert parsed(name, written(found), name) == found


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('title = "Two modes"', "", "lesson.title: must be there"),
        ("order = 7", "order = 7.5", "lesson.order = 7.5: must be a whole number"),
        ("order = 7", "odrer = 7", "lesson.odrer: must be one of controls, formula"),
        (
            'preset = "two-modes"',
            'preset = "none"',
            "lesson.preset = none: must be one of saddle-two",
        ),
        ('"train.k", "optim', '"train.kk", "optim', "lesson.knobs = train.kk: must be a parameter"),
        ("speed = 60", "speed = 0", "lesson.speed = 0: must be from 1 to 10,000"),
        ('"measures", "saddle"', '"losses", "measures"', "stand in the same place"),
        ('"saddle"]', '"saddle", "graph"]', "must be at most 3 views"),
        ("k = 3", "k = 300", "train.k = 300: must be at most 100"),
        ('kind = "see"', 'kind = "se"', "section 1.kind = se: must be one of see, look, try"),
        ("train.k=5;", "train.q=5;", r"section 1.text, \[five\]: train.q: there is no such"),
        ("train.k=5;", "train.k=0;", r"\[five\]: train.k = 0: must be at least 1"),
        ("at = 200", "at = 50", "script 2.at = 50: must not lie before 100"),
        (
            "at = 200",
            "at = 100\npause = true",
            "script 2.pause = true: the run halts at step 100 already; must stand at a later step",
        ),
        (
            "at = 200",
            f"at = 100\ncaption = '{990 * 'o'}'",
            "script 2.caption: with what is said at step 100 before it, must have at most 1,000",
        ),
        ('{"train.k" = 5}', '{"train.seed" = 5}', "script 1.change: train.seed: begins another"),
        ('"r1"}\n', '"r9"}\n', "script 2.change: loss.penalty = r9: must be one of off"),
        ("right = 0", "right = 2", "question 1.right = 2: must be a whole number from 0 to 1"),
        ("right = 0", "", "question 1: must have either right or observation"),
        ('observation = "close"', 'observation = "far"', "must be one of close, calmer"),
        ("bounds = [0.5, 1.5]", "bounds = [1.5, 0.5]", "question 2.bounds"),
        ("bounds = [0.5, 1.5]", "", "question 2.bounds: must part the values"),
        ('how = "mean"', 'how = "meen"', "observation 1.how = meen: must be one of last"),
        ('is = "<="', 'is = "<"', "observation 1.is = <: must be one of <=, >=, near"),
        (
            'of = "w1"',
            'of = "w11"',
            "observation 1.of = w11: must be a column of the trace, such as w1, or a quantity; did "
            "you mean w1[?] `ganviz lessons --quantities` lists them",
        ),
        ('over = "w1"', 'over = "kl"', "observation 2.over = kl: must be a column"),
        ('of = "w1"', 'of = "density"', r"observation 1.at = \[\]: must be 2 numbers, of density"),
        ('of = "w1"', 'of = "cdf"', r"observation 1.at = \[\]: must be 1 or 2 numbers, of cdf"),
        (
            'over = "w1"',
            'over = "spacing"\nat = [3]',
            r"observation 2.at = \[3\]: must be no numbers, of mean_gap",
        ),
        (
            "against = {train.k = 1}",
            'against = {game.kind = "vae"}',
            "observation 2.of = mean_gap: must be a column",
        ),
        ("from = 400", "from = 4000", "observation 1.from = 4,?000: must be a whole number"),
        ("within = 0.1", "", "observation 2.within: must be there"),
        ("at = 300", "at = 3000", "observation 2.changes.at = 3000: must be at most 500"),
        ("seeds = 1", "seeds = 1\nleast = 2", "observation 2.least = 2"),
        ('name = "calmer"', 'name = "close"', "observation.name = close: is there twice"),
        ("[look]", "[looks]", "looks: must be one of format, lesson, look"),
        ("format = 1", "format = 2", "reads format 1"),
        ("[lesson]", "[lesson", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_told_by_key_value_and_cure(before: str, after: str, said: str) -> None:
    assert before in WHOLE
    with pytest.raises(ParamError, match=said) as told:
        lesson(WHOLE.replace(before, after, 1))
    assert str(told.value).startswith("mine.toml: ")
    assert "\n" not in str(told.value)


def test_questions_are_answered_by_what_was_measured() -> None:
    certain, measured = lesson().questions
    assert certain.answered(float("nan"), False) == 0
    assert [measured.answered(v, True) for v in (0.0, 1.0, 2.0)] == [0, 1, 2]
    assert measured.answered(float("nan"), True) is None


def test_observations_judge_numbers() -> None:
    close, calmer = lesson().observations
    assert close.holds(0.3)
    assert not close.holds(0.31)
    assert not close.holds(float("nan"))
    assert calmer.holds(-0.1)
    assert not calmer.holds(0.2)


def test_none_can_be_written_where_a_parameter_takes_it() -> None:
    text = WHOLE.replace('preset = "two-modes"', 'preset = "saddle-networks"')
    text = text.replace(
        "[settings.train]", '[settings.generator]\nstart = "none"\n[settings.train]'
    )
    found = lesson(text)
    assert found.settings.generator.start is None
    assert lesson(written(found)) == found


def test_the_present_game_becomes_a_lesson(tmp_path: Path) -> None:
    settings = Settings.of({"data.target": "ring", "latent.dim": 16, "train.k": 2})
    look = Look().with_(upper="measures", maximised="")
    made = drafted(settings, look, title="My ring", steps=1234, script=[(500, {"train.k": 5})])
    write(tmp_path / "my-lesson.toml", made)
    again = read(tmp_path / "my-lesson.toml")
    assert again == made
    assert again.settings == settings
    assert again.views == ("distribution", "measures", "saddle")


def become(found: Lesson, step: int, look: Look | None = None, **more: object) -> Lesson:
    """A lesson saved at a step of its run, and read again."""
    changes = more.get("changes", [each for each in found.changes if each[0] < step])
    made = revised(
        found,
        more.get("settings", found.settings),  # type: ignore[arg-type]
        found.look if look is None else look,
        name=found.name,
        speed=found.speed,
        step=step,
        changes=changes,  # type: ignore[arg-type]
    )
    assert parsed(found.name, written(made), found.name) == made
    return made


@pytest.mark.parametrize("found", lessons().values(), ids=lambda found: found.name)
def test_a_lesson_that_nothing_was_changed_in_is_saved_as_it_is(found: Lesson) -> None:
    halts = {each.at for each in found.script}
    for step in sorted({0, 1, found.steps, *halts, *(at + 1 for at in halts)}):
        # At a halt what stands behind it has not happened yet.
        assert become(found, step, found.look.with_(theme="dark", until=7)) == found


def test_what_was_changed_in_a_lesson_is_changed_and_nothing_else() -> None:
    found = lessons()["saddle-two-numbers"]
    narrow = become(found, 0, settings=found.settings.with_({"train.batch": 64}))
    assert narrow == replace(found, settings=found.settings.with_({"train.batch": 64}))
    look = looks.seen(("distribution", "measures", looks.FORMULA), found.look)
    other = become(found, 0, look)
    assert (other.views, other.questions) == (("distribution", "measures"), found.questions)
    assert other.look.seen == look.seen
    # k was 3 instead of 5 from 150 on; R1 at 350 is still to come.
    made = become(found, 200, changes=[(150, {"train.k": 3}), (180, {"optim.lr_d": 0.01})])
    assert made.changes == (
        (150, {"train.k": 3}),
        (180, {"optim.lr_d": 0.01}),
        *(each for each in found.changes if each[0] > 200),
    )
    assert [each.caption for each in made.script if each.caption] == [
        each.caption for each in found.script if each.caption
    ]
    assert [each.at for each in made.script if each.pause] == [150]
    assert replace(made, script=found.script) == found
    # What the script would have done and was left out stays out.
    assert become(found, 200, changes=[]).changes == found.changes[1:]


def test_a_drafted_lesson_drops_what_means_nothing() -> None:
    # The panel keeps values of other choices for later; a file has no place for them.
    settings = put(Settings(), {"data.modes": 5})
    made = drafted(settings)
    assert parsed("my-lesson", written(made), "mine").settings == Settings()


def test_ones_own_folder_adds_lessons_and_tells_of_broken_ones(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(WHOLE, "utf-8")
    (tmp_path / "broken.toml").write_text("[lesson]\n", "utf-8")
    found = shelf(tmp_path)
    assert found.lessons["mine"] == lesson()
    assert found.own == {"mine"}
    assert set(found.lessons) == {*lessons(), "mine"}
    (said,) = found.broken
    assert said == f"{tmp_path / 'broken.toml'}: lesson.title: must be there"
    assert shelf(tmp_path / "nowhere").lessons == lessons()
    assert shelf(None).broken == ()


def test_a_lesson_is_found_by_name_or_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(WHOLE, "utf-8")
    assert find(str(path)) == lesson()
    assert find("mine", tmp_path) == lesson()
    assert find("dirac", tmp_path) is find("dirac")
    (tmp_path / "dirac.toml").write_text(WHOLE, "utf-8")
    assert find("dirac", tmp_path).title == lesson().title
    (tmp_path / "half.toml").write_text("[lesson", "utf-8")
    with pytest.raises(ParamError, match=r"half\.toml: is not valid TOML"):
        find("half", tmp_path)
    with pytest.raises(ParamError, match="lesson zzz: there is none of that name; `ganviz lessons"):
        find("zzz")
    with pytest.raises(ParamError, match="none of that name; did you mean mine"):
        find("mime", tmp_path)
    with pytest.raises(ParamError, match="cannot be read"):
        find(str(tmp_path / "not-there.toml"))


def test_reading_lessons_imports_neither_torch_nor_qt() -> None:
    code = (
        "import sys, ganviz.lesson as l; l.lessons(); "
        "sys.exit(any(m in sys.modules for m in ('torch', 'numba', 'scipy', 'PySide6')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("lesson", lessons().values(), ids=lambda lesson: lesson.name)
def test_a_lesson_shows_its_phenomenon_within_20_seconds(lesson: Lesson) -> None:
    assert lesson.steps / lesson.speed <= 20 or "long run" in lesson.tags
    assert lesson.questions
    assert lesson.observations
    assert {section.kind for section in lesson.sections} >= {"see"}
    assert lesson.rows
    assert lesson.lecture


#: What the words of a lesson say is right, where a run of its own decides.
TOLD = {
    "push-forward": ["three"],
    "cdf": ["0.4772"],
    "log-loss": ["0.2"],
    "best-d": ["84 %"],
    "two-jsd": ["It hardly moves"],
    "vanishing-gradient": ["a thousand times and more"],
    "algorithm-1": ["four"],
    "saddle-two-numbers": ["no"],
    "saddle-networks": ["no, it swings on"],
    "schedules": ["it winds outwards", "it stays on its circle"],
    "optimisers": ["lets it fly apart"],
    "two-time-scales": ["D"],
    "dirac": ["on the data"],
    "iterated-learning": ["about 2.1"],
    "flat-d": ["yes"],
    "balanced-not-converged": ["JSD above 0.03 still"],
    "at-the-optimum": ["no"],
    "disjoint": ["not at all, until they meet"],
    "mode-collapse": ["one or two"],
    "mode-hopping": ["they move on, several times"],
    "latent-dimension": ["six to eight"],
    "init-scale": ["four and more"],
    "d-too-strong": ["one or two"],
    "weak-d": ["anywhere with the right mean"],
    "one-gaussian": ["on one of them"],
    "vae": ["a little less"],
    "vae-covers": ["over both modes"],
    "autoencoder": ["the principal axis"],
    "denoiser": ["0.38"],
    "score": ["nowhere: it stays"],
    "sparse-code": ["two fifths"],
    "sampling": ["they stay as they are"],
    "one-feature": ["along the lines through the modes"],
    "packing": ["six to eight"],
    "r1": ["three and more"],
    "instance-noise": ["six to eight"],
    "mixed-results": ["less than a fifth"],
    "infogan": ["each code takes a mode"],
    "dcgan": ["4 × 4", "the VAE's"],
    "overfit-d": ["no"],
    "new-samples": ["between them"],
    "label-smoothing": ["0.9"],
    "ganhacks": ["no, G has no gradient left to follow"],
    "learning-rates": ["much more"],
}
#: How many questions of a lesson are of words, which no run decides.
OF_WORDS = {"algorithm-1": 1, "polls": 7}


def test_a_run_that_does_as_claimed_gives_the_answer_that_the_words_give() -> None:
    given: dict[str, list[str]] = {}
    for lesson in lessons().values():
        claimed = {each.name: each for each in lesson.observations}
        for question in lesson.questions:
            if question.observation:
                claim = claimed[question.observation]
                beyond = {"<=": 0.99, ">=": 1.01}.get(claim.judged, 1.0)  # not on its very edge
                found = question.answered(beyond * claim.value, holds=True)
                assert found is not None
                given.setdefault(lesson.name, []).append(question.answers[found])
    assert given == TOLD


def test_a_run_decides_every_question_that_is_not_of_words() -> None:
    fixed = {
        lesson.name: sum(question.right is not None for question in lesson.questions)
        for lesson in lessons().values()
    }
    assert {name: count for name, count in fixed.items() if count} == OF_WORDS


def test_the_lessons_cover_the_table_of_statements() -> None:
    covered = {row for lesson in lessons().values() for row in lesson.rows}
    assert covered >= set(range(1, 56))


def test_whatever_can_be_observed_has_a_name_in_words() -> None:
    columns = [name for game in GAMES.values() for name in game.columns]
    for name in (*columns, *MEASURES, *QUANTITIES):
        assert named(name).strip(), name


@pytest.mark.parametrize("lesson", lessons().values(), ids=lambda lesson: lesson.name)
def test_what_films_write_of_a_lesson_is_plain_words(lesson: Lesson) -> None:
    # Films set no formulas, nor do the buttons of answers: they would show LaTeX as it is written.
    written = [lesson.title, *(words for _, words in lesson.said)]
    written += [answer for question in lesson.questions for answer in question.answers]
    for words in written:
        assert not set("$\\{}^_") & set(words), words


def test_every_formula_of_a_lesson_can_be_set() -> None:
    from ganviz.views.typeset import setting

    for found in lessons().values():
        for tex in formulas(found):
            assert setting(tex).wide > 0, f"{found.name}: {tex}"


def test_a_question_about_no_observation_is_refused_in_a_whole_sentence() -> None:
    text = """
    [lesson]
    title = "A"
    text = "B"

    [[question]]
    ask = "What?"
    answers = ["this", "that"]
    observation = "none"
    """
    with pytest.raises(ParamError, match="name of an observation, and this lesson has none"):
        parsed("own", text, "own")
