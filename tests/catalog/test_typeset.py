"""The typeset formulas say what the plain ones say, and can be set."""

from __future__ import annotations

import re

import pytest

from ganviz.catalog.losses import LOSSES
from ganviz.catalog.penalties import PENALTIES

#: LaTeX of the catalog, in the letters of its plain formulas; longer names first.
LETTERS = {
    r"\tfrac{1}{2}": "½",
    r"\tfrac{1}{4}": "¼",
    r"\tfrac{\gamma}{2}": "γ/2",
    r"\mathbb{E}": "E",
    r"\mathrm{std}": "std",
    r"\hat{x}": "x̂",
    r"\bar{s}": "s̄",
    r"\varphi": "φ",
    r"\lambda": "λ",
    r"\alpha": "α",
    r"\delta": "δ",
    r"\gamma": "γ",
    r"\theta": "θ",
    r"\sigma": "σ",
    r"\nabla": "∇",
    r"\tanh": "tanh",
    r"\eta": "η",
    r"\sim": "~",
    r"\log": "log",
    r"\exp": "exp",
    r"\max": "max",
    r"\|": "‖",
    r"\,": "",
    "^2": "²",
    "-": "−",
    " ": "",
}
PENALISED = [name for name in PENALTIES if name != "off"]


def plain(tex: str) -> str:
    """Return LaTeX in plain letters, without spaces."""
    for command, letters in LETTERS.items():
        tex = tex.replace(command, letters)
    assert not re.search(r"[\\{}^]", tex), tex
    return tex


def bare(formula: str) -> str:
    return formula.replace(" ", "")


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_typeset_as_it_is_written(name: str) -> None:
    loss = LOSSES[name]
    assert "".join(plain(tex) for tex, _ in loss.tex) == bare(loss.formula)
    columns = [column for _, column in loss.tex]
    assert columns[0] == "loss_d"
    assert columns.count("loss_g") == 1
    parts = [column for column in columns if column.startswith("cost")]
    assert sorted(parts) == (["cost_fake", "cost_real"] if loss.labels else [])


@pytest.mark.parametrize("name", PENALISED)
def test_a_penalty_is_typeset_as_it_is_written(name: str) -> None:
    penalty = PENALTIES[name]
    added, *where = bare(penalty.formula).split(",", 1)
    added = re.sub("to(L_D|L_G|bothlosses)$", "", added)
    if "max(" in added:  # that comma is not where the definitions begin
        added, where = bare(penalty.formula).split("toL_D,", 1)[0], [""]
        where = [bare(penalty.formula).split("toL_D,", 1)[1]]
    assert plain(penalty.tex) == added
    assert ",".join(plain(tex) for tex in penalty.where) == "".join(where)
    assert plain(penalty.letter) in added


def test_nothing_is_typeset_where_nothing_is_added() -> None:
    off = PENALTIES["off"]
    assert (off.tex, off.where, off.letter, off.formula) == ("", (), "", "")


@pytest.mark.parametrize(
    "tex",
    sorted(
        {piece for loss in LOSSES.values() for piece, _ in loss.tex}
        | {PENALTIES[name].tex for name in PENALISED}
        | {tex for name in PENALISED for tex in PENALTIES[name].where}
    ),
)
def test_every_piece_can_be_set(tex: str) -> None:
    import ziamath

    setting = ziamath.Latex(tex, size=20)
    wide, tall = setting.getsize()
    assert 5 < wide < 700
    assert 10 < tall < 50
    assert "<svg" in setting.svg()
