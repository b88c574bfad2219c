"""What is written about a run in its pictures."""

from __future__ import annotations

from ganviz.film.words import change_words, settings_words, told
from ganviz.frame import Mark
from ganviz.presets import presets


def change(step: int, path: str, before: object, after: object, joined: bool = False) -> Mark:
    text = f"{path} {before} → {after}"
    return Mark(step, text, values=((path, after),), before=((path, before),), joined=joined)


def test_a_drag_is_told_once_from_its_start_to_its_end() -> None:
    drag = [
        change(10, "optim.lr_d", 0.001, 0.002),
        change(12, "optim.lr_d", 0.002, 0.004, joined=True),
        change(40, "optim.lr_d", 0.004, 0.005, joined=True),
    ]
    plan = tuple(range(80))
    said = [[change_words(each) for each in told(drag, plan, 5, at)] for at in (9, 11, 13, 45, 50)]
    assert said[0] == []
    assert said[1] == [("D learning rate 0.001 → 0.002",)]
    assert said[2] == [("D learning rate 0.001 → 0.004",)]
    assert said[3] == [("D learning rate 0.001 → 0.005",)]
    assert said[4] == []


def test_changes_before_the_film_are_not_told() -> None:
    marks = [change(3, "train.k", 1, 2), change(10, "train.k", 2, 5)]
    assert told(marks, (10, 11, 12), 1, 0) == ((marks[1],),)
    assert told(marks, (10, 11, 12, 13), 1, 2) == ()


def test_what_was_drawn_is_not_written_out_and_deeds_have_their_words() -> None:
    heights = tuple(float(i) for i in range(30))
    drawn = change(1, "data.curve", None, heights)
    assert change_words([drawn]) == ("Heights as drawn",)
    alone = Mark(4, "generator moved alone", "player", (("player", "generator"),))
    assert change_words([alone]) == ("generator moved alone",)
    switched = change(1, "loss.feature_matching", False, True)
    assert change_words([switched]) == ("Feature matching off → on",)


def test_settings_begin_with_what_matters_and_end_with_the_seed() -> None:
    for preset in presets().values():
        said = settings_words(preset.settings)
        assert said[0].startswith("Loss ")
        assert said[1].startswith("k = ")
        assert said[-1] == f"Seed {preset.settings.train.seed}"
        assert len(set(said)) == len(said)
        assert not any(len(each) > 60 for each in said)
