"""Formulas against numpy, torch's gradients and scipy; whatever is no formula gets a sentence."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from ganviz.catalog.formula import FUNCTIONS, LONGEST, parse
from ganviz.schema import ParamError

Z = ("z",)
THREE = ("z1", "z2", "z3")


def at(text: str, z: np.ndarray) -> list[np.ndarray]:
    return parse(text, Z).apply({"z": z})


# ---- numbers ----------------------------------------------------------------------------------

#: A formula in z, and what it means.
MEANINGS = {
    "[-z^2, exp(-z), z]": lambda z: [-(z**2), np.exp(-z), z],
    "z": lambda z: [z],
    "z1 + 1": lambda z: [z + 1],
    "-z**2": lambda z: [-(z**2)],
    "(-z)^2": lambda z: [z**2],
    "z³ − 3·z": lambda z: [z**3 - 3 * z],
    "2 × z² / 3": lambda z: [2 * z**2 / 3],
    "2^-1 * z": lambda z: [z / 2],
    "2^3^2*z": lambda z: [512 * z],
    "-2^2 + z": lambda z: [z - 4],
    "8 - 4 - z": lambda z: [4 - z],
    "8 / 4 / (z + 9)": lambda z: [2 / (z + 9)],
    "cos(pi*z), sin(pi*z)": lambda z: [np.cos(np.pi * z), np.sin(np.pi * z)],
    "(z, e)": lambda z: [z, np.full_like(z, np.e)],
    "abs(z)^(1/3) * sign(z)": lambda z: [np.cbrt(z)],
    "1/(1 + z*z)": lambda z: [1 / (1 + z * z)],
    "tan(z/4) + tanh(z)": lambda z: [np.tan(z / 4) + np.tanh(z)],
    "log(1 + exp(z)) - softplus(z) + 1": lambda z: [np.ones_like(z)],
    "sigmoid(z) + relu(z)": lambda z: [special.expit(z) + np.maximum(z, 0)],
    "min(max(z, -1), 1)": lambda z: [np.clip(z, -1, 1)],
    "max(0.5, z) - min(z, 1/2)": lambda z: [np.maximum(0.5, z) - np.minimum(z, 0.5)],
    "erf(z), Phi(z)": lambda z: [special.erf(z), special.ndtr(z)],
    "Phi_inv(Phi(z))": lambda z: [z],
    "sqrt(z^2 + 1.5e-1)": lambda z: [np.sqrt(z**2 + 0.15)],
    "+z - -z + .5 + 2.": lambda z: [2 * z + 2.5],
    "log(e) + exp(0)*z": lambda z: [1 + z],
}


@pytest.mark.parametrize("text", MEANINGS)
def test_formulas_mean_what_they_say(text: str) -> None:
    z = np.linspace(-3, 3, 25).reshape(5, 5)
    expected = MEANINGS[text](z)
    formula = parse(text, Z)
    assert formula.outputs == len(expected)
    for kind, tolerance in ((np.float64, 2e-13), (np.float32, 2e-5)):
        given_z = z.astype(kind)
        for values in (given_z, torch.from_numpy(given_z)):
            results = formula.apply({"z": values})
            assert len(results) == formula.outputs
            for got, wanted in zip(results, expected, strict=True):
                assert got.dtype == values.dtype
                assert got.shape == values.shape
                np.testing.assert_allclose(
                    np.asarray(got), wanted, rtol=tolerance, atol=tolerance, err_msg=text
                )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_agree_with_scipy_and_torch(name: str) -> None:
    theirs = {
        "sigmoid": special.expit,
        "relu": lambda x: np.maximum(x, 0),
        "softplus": lambda x: np.logaddexp(0, x),
        "erf": special.erf,
        "Phi": special.ndtr,
        "Phi_inv": special.ndtri,
        "min": np.minimum,
        "max": np.maximum,
    }.get(name) or getattr(np, name)
    # Φ(−30) = 5e-198 is as good as the rounding of 30/√2.
    x = np.linspace(0.001, 0.999, 200) if name == "Phi_inv" else np.linspace(0.01, 30, 200)
    x = x if name in ("log", "sqrt", "Phi_inv") else np.concatenate((-x[::-1], x))
    many = FUNCTIONS[name] == 2
    y = x[::-1].copy()
    text = f"{name}(z1, z2)" if many else f"{name}(z1)"
    formula = parse(text, ("z1", "z2"))
    expected = theirs(x, y) if many else theirs(x)
    (ours,) = formula.apply({"z1": x, "z2": y})
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-300)
    (ours,) = formula.apply({"z1": torch.from_numpy(x), "z2": torch.from_numpy(y)})
    np.testing.assert_allclose(ours.numpy(), expected, rtol=1e-12, atol=1e-300)


def test_several_variables() -> None:
    formula = parse("[z2 * z1 - 1, z3^2]", THREE)
    assert formula.names == THREE
    z = np.random.default_rng(0).normal(size=(3, 10))
    first, second = formula.apply(dict(zip(THREE, z, strict=True)))
    np.testing.assert_allclose(first, z[1] * z[0] - 1)
    np.testing.assert_allclose(second, z[2] ** 2)
    assert parse("z3 + z1", THREE).names == ("z1", "z3")
    assert parse("4", THREE).names == ()
    assert parse("z1", Z).names == ("z",)


def test_a_sum_over_many_variables_is_not_deep() -> None:
    names = tuple(f"z{i}" for i in range(1, 65))
    formula = parse("+".join(names), names)
    (total,) = formula.apply({name: np.full(3, float(i)) for i, name in enumerate(names)})
    np.testing.assert_array_equal(total, np.full(3, 63 * 32.0))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_constants_take_the_shape_of_the_noise(kind: type) -> None:
    formula = parse("[2, pi, z]", Z)
    z = np.zeros((4, 2), kind)
    for values in (z, torch.from_numpy(z)):
        for part in formula.apply({"z": values}):
            assert part.shape == (4, 2)
            assert part.dtype == values.dtype
    (both,) = parse("z1", ("z1", "z2")).apply({"z1": z[:, :1], "z2": z})
    assert both.shape == (4, 2)


def test_results_can_be_written_to() -> None:
    z = np.ones(3)
    for part in parse("[z, 1]", Z).apply({"z": z}):
        part += 1
    assert z.tolist() == [1, 1, 1]


def test_gradients_flow_through_torch() -> None:
    z = torch.linspace(-2, 2, 9, dtype=torch.float64, requires_grad=True)
    for text, slope in {
        "-z^2": lambda z: -2 * z,
        "exp(-z)": lambda z: -np.exp(-z),
        "z³ − 3*z": lambda z: 3 * z**2 - 3,
        "Phi(z)": lambda z: np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi),
        "erf(2*z)": lambda z: 4 / np.sqrt(np.pi) * np.exp(-4 * z**2),
        "Phi_inv(Phi(z))": np.ones_like,
        "softplus(z)": special.expit,
        "min(z, 0.25)": lambda z: 1.0 * (z < 0.25),
        "2/(z + 5)": lambda z: -2 / (z + 5) ** 2,
    }.items():
        (value,) = parse(text, Z).apply({"z": z})
        (got,) = torch.autograd.grad(value.sum(), z)
        expected = slope(z.detach().numpy())
        np.testing.assert_allclose(got.numpy(), expected, rtol=1e-9, atol=1e-12, err_msg=text)


def test_where_there_is_no_value_there_is_nan_without_a_warning() -> None:
    z = np.array([-1.0, 0.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        log, inverse, root, beyond = (
            at(text, z)[0] for text in ("log(z)", "1/z", "sqrt(z)", "Phi_inv(z)")
        )
    np.testing.assert_array_equal(log, [np.nan, -np.inf, np.log(2)])
    np.testing.assert_array_equal(inverse, [-1, np.inf, 0.5])
    np.testing.assert_array_equal(root, [np.nan, 0, np.sqrt(2)])
    np.testing.assert_array_equal(beyond, [np.nan, -np.inf, np.nan])


def test_the_toronto_example() -> None:
    """G(z) = [−z², e^{−z}, z], z normal: P(G ≤ [−1, e², 2]) = Φ(−1) + Φ(2) − Φ(1), to within ε.

    The set {z: −z² ≤ −1, e^{−z} ≤ e², z ≤ 2} is [−2, −1] ∪ [1, 2], of mass .27181.
    """
    u = (np.arange(200_000) + 0.5) / 200_000
    first, second, third = at("[-z^2, exp(-z), z]", special.ndtri(u))
    inside = (first <= -1) & (second <= np.exp(2)) & (third <= 2)
    assert inside.mean() == pytest.approx(0.2718102, abs=1e-5)


# ---- refusals ---------------------------------------------------------------------------------

#: A text, and words that its sentence must hold.
REFUSED = {
    "": "must be a formula; allowed are z,",
    "  \n": "must be a formula; allowed are z,",
    "z" * (LONGEST + 1): "at most 300 characters, has 301",
    "x + 1": "there is no “x”",
    "zeta(z)": "there is no “zeta”",
    "Exp(z)": "did you mean exp?",
    "phi(z)": "did you mean Phi?",
    "sqr(z)": "did you mean sqrt?",
    "z2": "there is no “z2”; allowed are z,",
    "True": "there is no “True”",
    "lambda z: z": "there is no “lambda”",
    "z if z else 1": "there is no “if”",
    "not z": "there is no “not”",
    "__import__('os')": "“_” means nothing",
    "z.real": "“.” means nothing",
    "z..real": "“.” means nothing",
    "z < 1": "“<” means nothing",
    "z == 1": "“=” means nothing",
    "(z := 1)": "“:” means nothing",
    "exp(x=z)": "there is no “x”",
    "exp(z=z)": "“=” means nothing",
    "f'{z}'": "there is no “f”",
    "'z'": "“'” means nothing",
    "z; z": "“;” means nothing",
    "z # comment": "“#” means nothing",
    "z\\\n": "“\\” means nothing",
    "{z}": "“{” means nothing",
    "ζ": "“ζ” means nothing",
    "ｅxp(z)": "“ｅ” means nothing",
    "z + ٣": "“٣” means nothing",
    "z\0": "“'\\x00'” means nothing",
    "z + \ud800": "“'\\ud800'” means nothing",
    "z %% 2": "“%” means nothing",
    "z[0]": "“z[0.0]” means nothing",
    "exp(*z)": "“*” needs",
    "[*z]": "“*” needs",
    "exp(**z)": "exp takes plain arguments",
    "exp()": "exp takes 1 argument, not 0",
    "exp(z, z)": "exp takes 1 argument, not 2",
    "min(z)": "min takes 2 arguments, not 1",
    "exp + z": "exp needs its argument in brackets: exp(…)",
    "max": "max(…, …)",
    "z(2)": "“z” is no function; a product needs its *",
    "2(z)": "“2.0” is no function; a product needs its *",
    "pi(z)": "“pi” is no function",
    "exp(z)(z)": "is no function",
    "2z": "cannot be read from “z” on",
    "z z": "cannot be read",
    "z +": "cannot be read",
    "(z": "cannot be read from “(” on",
    "z)": "cannot be read from “)” on",
    "z // 2": "cannot be read from “/” on",
    "z * * 2": "cannot be read from “*” on",
    "1.2.3": "cannot be read",
    "[]": "must have 1 to 3 coordinates, has 0",
    "()": "must have 1 to 3 coordinates, has 0",
    "z, z, z, z": "must have 1 to 3 coordinates, has 4",
    "[z, [z]]": "only the whole formula can be a list",
    "exp([z])": "only the whole formula can be a list",
    "z^z": "an exponent must be a number",
    "2^z": "an exponent must be a number; for a^z write exp(z*log(a))",
    "z^17": "the exponent 17 is too large",
    "z^-16.5": "the exponent -16.5 is too large",
    "z²³": "“³” after ² or ³ can be read in two ways",
    "z² ^ 3": "“^” after ² or ³ can be read in two ways",
    "1e7 * z": "1e7 is too large",
    "1e999": "1e999 is no finite number",
    "9" * 299: "is too large",
    "1000^3": "1000 ^ 3 is too large",
    "z + 1/0": "1 / 0 is no finite number",
    "log(0) * z": "log(0) is no finite number",
    "sqrt(-1)": "sqrt(-1) is no finite number",
    "(0-8)^(1/3)": "is no finite number",
    "(" * 41 + "z" + ")" * 41: "nested more than 40 deep",
    "(" * 150 + "z" + ")" * 149: "nested more than 40 deep",
    "exp(" * 41 + "z" + ")" * 41: "nested more than 40 deep",
    "-" * 299 + "z": "nested more than 40 deep",
    "[" * 299: "nested more than 40 deep",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: ascii(text)[:40])
def test_what_is_no_formula_gets_a_sentence(text: str) -> None:
    with pytest.raises(ParamError) as caught:
        parse(text, Z)
    sentence = str(caught.value)
    assert REFUSED[text] in sentence
    assert sentence.startswith("generator.formula = ")
    assert sentence.isprintable()
    assert "\n" not in sentence
    assert caught.value.__cause__ is None


def test_bare_z_is_refused_where_the_noise_has_several_coordinates() -> None:
    with pytest.raises(ParamError, match="z has 3 coordinates here; write z1, z2 and z3"):
        parse("z + 1", THREE)
    many = tuple(f"z{i}" for i in range(1, 17))
    with pytest.raises(ParamError, match="z has 16 coordinates here; write z1 to z16"):
        parse("exp(z)", many)
    with pytest.raises(ParamError, match="there is no “z17”; allowed are z1 to z16, "):
        parse("z17", many)


def test_sentences_name_the_parameter() -> None:
    with pytest.raises(ParamError, match=r"^data\.formula = x: there is no “x”; allowed are z, "):
        parse("x", Z, "data.formula")


def test_long_texts_are_cut_in_the_sentence() -> None:
    with pytest.raises(ParamError) as caught:
        parse("q" * 100_000, Z)
    assert len(str(caught.value)) < 200


def test_just_within_the_limits() -> None:
    z = np.linspace(-1, 1, 5)
    np.testing.assert_allclose(at("(" * 40 + "z" + ")" * 40, z)[0], z)
    np.testing.assert_allclose(at("-" * 40 + "z", z)[0], z)
    np.testing.assert_allclose(at("tanh(" * 40 + "z" + ")" * 40, z)[0][2], 0)
    np.testing.assert_allclose(at("z^16 + 1e6 - 1e6", z)[0], z**16, atol=1e-9)
    np.testing.assert_allclose(at("+".join("z" * 150), z)[0], 150 * z)
    np.testing.assert_allclose(at("1/(2+z)^16", z)[0], (2 + z) ** -16)


def sentence(text: str, variables: tuple[str, ...] = Z) -> str:
    """Return why a text is refused, or nothing."""
    try:
        parse(text, variables)
    except ParamError as error:
        return str(error)
    return ""


def test_a_full_stack_gets_a_sentence_too() -> None:
    """Called with hardly any room left, reading refuses as it does for anything else."""

    def dig(room: int) -> str:
        return dig(room - 1) if room else sentence("+".join("z" * 150))

    depth = len(inspect.stack())
    room = sys.getrecursionlimit() - depth
    outcomes = {dig(room - left).rpartition(": ")[2] for left in range(60, 400, 20)}
    assert outcomes == {"", "must not be nested more than 40 deep"}


# ---- anything at all --------------------------------------------------------------------------

anything = settings(deadline=None, max_examples=60)

PIECES = st.sampled_from(
    [
        *FUNCTIONS,
        *("z", "z1", "z2", "pi", "e", "lambda", "if", "in", "await", "None", "_", "j", "f'"),
        *"+-*/^()[],.:=<>@!%&|~'\"\\#{}; \t\n0123456789−·×²³",
        *("**", "//", ":=", "1e9", "0x1", "1_0", "1j", "(z)", "exp(z)", "z+1", "z*z", "2^"),
    ]
)


def check(text: str) -> None:
    """Either a formula that computes, or a ParamError; nothing else, no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for variables in (Z, ("z1", "z2")):
            refusal = sentence(text, variables)
            if refusal:
                assert refusal.startswith("generator.formula = ")
                assert refusal.isprintable()
                continue
            formula = parse(text, variables)
            z = np.linspace(-2, 2, 5)
            for values in (z, torch.from_numpy(z)):
                results = formula.apply(dict.fromkeys(variables, values))
                assert 1 <= len(results) == formula.outputs <= 3
                assert all(r.shape == z.shape and r.dtype == values.dtype for r in results)


@anything
@given(st.text(max_size=320))
def test_any_text_parses_or_is_refused(text: str) -> None:
    check(text)


@anything
@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_pieces_of_formulas_parse_or_are_refused(text: str) -> None:
    check(text)


#: The functions whose numpy form is not our own: the same operations give the same bits.
PLAIN = ("exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "abs", "sign")


def written(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(parts, st.sampled_from([" + ", " - ", "*", "/"]), parts).map("".join),
        st.tuples(st.sampled_from(PLAIN), parts).map(lambda pair: f"{pair[0]}({pair[1]})"),
        st.tuples(parts, parts).map(lambda pair: f"max({pair[0]}, {pair[1]})"),
        parts.map(lambda part: f"({part})"),
        parts.map(lambda part: f"({part} + 0*z)^2"),
        parts.map(lambda part: f"-{part}"),
    )


WELL_FORMED = st.recursive(
    st.one_of(st.just("z"), st.floats(0, 100).map(lambda x: f"{x:.3f}")), written, max_leaves=8
)


@anything
@given(WELL_FORMED)
def test_well_formed_formulas_are_what_python_makes_of_them(text: str) -> None:
    """An independent reading: Python's own evaluation of the same text over numpy's functions."""
    z = np.linspace(-2, 2, 7)
    refusal = sentence(text)
    if refusal:
        limits = ("finite", "too large", "at most 300 characters", "nested")
        assert any(limit in refusal for limit in limits)
        return
    names = {name: getattr(np, name) for name in PLAIN} | {"max": np.maximum}
    with np.errstate(all="ignore"):
        theirs = eval(text.replace("^", "**"), {"__builtins__": {}, "z": z}, names)
    np.testing.assert_array_equal(at(text, z)[0], np.broadcast_to(theirs, z.shape))


# ---- the record -------------------------------------------------------------------------------


def test_equal_texts_are_equal_formulas_and_travel() -> None:
    formula = parse("[z^2, Phi(z) + 1]", Z)
    assert formula == parse("[z^2, Phi(z) + 1]", Z)
    assert hash(formula) == hash(parse("[z^2, Phi(z) + 1]", Z))
    assert pickle.loads(pickle.dumps(formula)) == formula
    with pytest.raises(AttributeError):
        formula.text = "z"


def test_numpy_needs_no_torch() -> None:
    code = (
        "import sys, numpy as np; from ganviz.catalog.formula import parse; "
        "parse('[z^2, Phi(z), min(z, 1)]', ('z',)).apply({'z': np.ones(3)}); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr
