"""The formula with today's numbers: the parts add up, and only the last step's are shown."""

from __future__ import annotations

import numpy as np
import pytest

from ganviz.catalog.losses import LOSSES
from ganviz.catalog.penalties import PENALTIES
from ganviz.engine import Engine
from ganviz.engine.family.written import figure
from ganviz.frame import Term
from ganviz.settings import Settings

SMALL = {
    "data.target": "two-gaussians",
    "train.batch": 16,
    "generator.hidden": (4,),
    "discriminator.hidden": (4,),
    "train.dtype": "float64",
}


def engine(**values: object) -> Engine:
    return Engine(Settings.of(SMALL | {name.replace("__", "."): v for name, v in values.items()}))


def numbers(terms: tuple[Term, ...], role: str) -> list[str]:
    return [term.value for term in terms if term.role == role]


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_parts_add_up_to_the_loss(loss: str, penalty: str) -> None:
    run = engine(loss__kind=loss, loss__penalty=penalty)
    run.step(2)
    last = {name: run.trace.column(name)[-1] for name in run.trace.columns}
    parts = [last["cost_real"], last["cost_fake"]]
    if LOSSES[loss].labels is None:
        assert np.isnan(parts).all()
    else:
        added = PENALTIES[penalty].discriminator
        assert np.isnan(last["penalty"]) == (added is None)
        total = sum(parts) + (0 if added is None else last["penalty"])
        assert total == pytest.approx(last["loss_d"], abs=1e-6)
    assert np.isnan(last["penalty_g"]) == (PENALTIES[penalty].generator is None)
    terms = run.frame().terms
    assert numbers(terms, "discriminator")[0] == figure(last["loss_d"])
    assert numbers(terms, "generator")[0] == figure(last["loss_g"])


@pytest.mark.parametrize(
    "values",
    [
        {"loss.label_smoothing": 0.1},
        {"loss.label_flips": 0.2},
        {"data.prior": 0.3, "loss.fake_smoothing": 0.1},
    ],
)
def test_softened_labels_have_parts_as_well(values: dict[str, object]) -> None:
    run = Engine(Settings.of(SMALL | {"loss.kind": "minimax"} | values))
    run.step(3)
    total = run.trace.column("cost_real") + run.trace.column("cost_fake")
    np.testing.assert_allclose(total, run.trace.column("loss_d"), atol=1e-12)
    assert any("labels" in term.tex for term in run.frame().terms if term.role == "where")


def test_numbers_stand_under_their_own_formula_only() -> None:
    run = engine(loss__kind="minimax")
    assert {term.value for term in run.frame().terms} == {""}
    run.step(1)
    terms = run.frame().terms
    assert [bool(value) for value in numbers(terms, "discriminator")] == [True, True, True]
    assert [bool(value) for value in numbers(terms, "generator")] == [True, False]
    run.change({"loss.kind": "wasserstein"})
    assert {term.value for term in run.frame().terms} == {""}  # the last step was of another game
    run.step(1)
    last = run.trace.column("cost_fake")[-1]
    assert run.frame().terms[1].value == figure(last)


def test_the_weight_of_a_penalty_is_said() -> None:
    run = engine(loss__penalty="gradient-penalty", loss__penalty_weight=2.5)
    where = [term.tex for term in run.frame().terms if term.role == "where"]
    assert where[0] == r"\lambda = 2.5"
    assert not [term for term in engine().frame().terms if "nabla" in term.tex]


def test_what_is_played_in_place_of_the_loss_is_written() -> None:
    matching = engine(loss__feature_matching=True).frame().terms
    assert any("f(G(z))" in term.tex for term in matching if term.role == "generator")
    ahead = engine(loss__unroll=3, loss__kind="minimax").frame().terms
    assert any(term.tex == r"-L_D(\varphi_{3})" for term in ahead)


def test_figures_do_not_jitter() -> None:
    assert [figure(v) for v in (0.6931, -1.5, 12.3456, 123.456, 1234567.0, float("nan"))] == [
        "0.693",
        "−1.500",
        "12.346",
        "123.5",
        "1.2e6",
        "",
    ]
    assert figure(-1e-9) == "0.000"


@pytest.mark.parametrize("values", [{"loss.label_flips": 0.2}, {"data.prior": 0.3}])
def test_no_number_stands_under_a_term_it_does_not_measure(values: dict[str, object]) -> None:
    run = Engine(Settings.of(SMALL | {"loss.kind": "minimax"} | values))
    run.step(1)
    shown = numbers(run.frame().terms, "discriminator")
    assert shown == [figure(run.trace.column("loss_d")[-1]), "", ""]


def test_what_else_bends_the_game_is_written_down() -> None:
    run = engine(
        loss__kind="wasserstein", loss__clip=0.01, loss__instance_noise=0.2, loss__noise_steps=9
    )
    where = [term.tex for term in run.frame().terms if term.role == "where"]
    assert any("0.01" in tex and "leq" in tex for tex in where)
    assert any("0.2" in tex and "to 0" in tex for tex in where)
    run.step(1)
    terms = run.frame().terms
    assert terms[2].tex == r"-\,\mathbb{E}\,s(x)"
    assert terms[2].value[0] in "+−"
