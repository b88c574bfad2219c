"""What the engine says exactly, against closed forms: N(0, 1) by a shift, D*, p_g, the losses.

Data N(0, 1) and G(z) = z + μ: the best discriminator has the logit −μx + μ²/2, and every divergence
is a number of μ alone.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, pi, sqrt
from typing import Any

import numpy as np
import pytest
from scipy import integrate
from scipy.special import expit
from scipy.stats import norm

from ganviz.catalog.measures import MEASURES
from ganviz.engine import Engine
from ganviz.frame import Wants
from ganviz.settings import PARAMETERS, Settings

D, G = "discriminator", "generator"

SHIFT: dict[str, Any] = {
    "data.target": "normal",
    "latent.dim": 1,
    "generator.kind": "shift",
    "discriminator.kind": "exact",
    "train.dtype": "float64",
    "optim.kind_g": "sgd",
}
NETWORKS = {"latent.dim": 1, "data.target": "two-gaussians"}


def game(values: dict[str, Any]) -> Engine:
    return Engine(Settings.of(values))


def measuring(values: dict[str, Any]) -> Engine:
    """The game with every measure on that means something in it."""
    settings = Settings.of(values)
    wanted = [f"measure.{name}" for name in MEASURES]
    on = {path: True for path in wanted if settings.means_something(PARAMETERS[path])}
    return Engine(settings.with_(on))


def slices(n: int) -> np.ndarray:
    """(n, 1): midpoints of n slices of N(0, 1) of equal mass."""
    return norm.ppf((np.arange(n) + 0.5) / n)[:, None]


# ---- a shifted normal, the table of theory.md C.4 ----------------------------------------------

#: μ -> JSD, V*, |∇minimax|, |∇non-saturating|, accuracy of the best classifier.
TABLE = {
    0.5: (0.03031130, -1.32567176, 0.2352635, 0.264736, 0.59871),
    1.0: (0.11142148, -1.16345140, 0.3979729, 0.602027, 0.69146),
    2.0: (0.33683082, -0.71263272, 0.4495995, 1.550400, 0.84134),
    3.0: (0.52677731, -0.33273975, 0.2958638, 2.704136, 0.93319),
    4.0: (0.63272019, -0.12085397, 0.1371948, 3.862805, 0.97725),
    6.0: (0.68929793, -0.00769850, 0.0124532, 5.987547, 0.99865),
    8.0: (0.69305365, -0.00018707, 3.9287e-4, 7.999607, 0.99997),
}


@pytest.mark.parametrize("mu", TABLE)
def test_a_shift_scores_its_closed_forms(mu: float) -> None:
    jsd, best, _, _, bayes = TABLE[mu]
    seen = measuring(SHIFT | {"generator.start": mu}).measured
    assert seen["jsd"] == pytest.approx(jsd, abs=6e-9)
    assert seen["value_best"] == pytest.approx(best, abs=6e-9)
    assert seen["value_best"] == pytest.approx(-log(4) + 2 * seen["jsd"], abs=1e-10)
    assert seen["value_exact"] == pytest.approx(best, abs=6e-9)  # D is the best there is
    assert seen["d_gap"] < 1e-12
    # The overlap ends where the densities cross, within a cell of the quadrature.
    assert seen["bayes"] == pytest.approx(bayes, abs=6e-6)
    assert seen["bayes"] == pytest.approx(norm.cdf(mu / 2), abs=2e-6)
    assert seen["tv"] == pytest.approx(2 * norm.cdf(mu / 2) - 1, abs=4e-6)
    assert seen["kl_data"] == pytest.approx(mu**2 / 2, rel=1e-9)
    assert seen["kl_model"] == pytest.approx(mu**2 / 2, rel=1e-9)
    assert seen["w1"] == pytest.approx(mu, abs=1e-9)
    assert seen["w2"] == pytest.approx(mu, abs=1e-9)


@pytest.mark.parametrize("mu", TABLE)
def test_gradients_against_the_best_d_are_those_of_the_divergences(mu: float) -> None:
    """∇minimax = ∇2JSD and ∇non-saturating = ∇[KL(p_g‖p) − 2JSD]; together, μ."""
    _, _, minimax, non_saturating, _ = TABLE[mu]
    engine = game(SHIFT | {"generator.start": mu})
    # At μ = 8 what counts lies four sigmas out: there the slices are few.
    n = 200_000
    z = slices(n)
    pulls = {
        loss: float(engine.gradient(G, loss, z=z, x=z[:1])[0])
        for loss in ("minimax", "non-saturating")
    }
    assert pulls["minimax"] == pytest.approx(minimax, rel=5e-5 if mu == 8 else 4e-6)
    assert pulls["non-saturating"] == pytest.approx(non_saturating, abs=1e-6)
    # The best D's slope is a difference quotient of the loss's own formula.
    assert sum(pulls.values()) == pytest.approx(mu, rel=1e-8)


@pytest.mark.parametrize("mu", [0.5, 2.0, 8.0])
def test_the_picture_of_the_best_d_is_its_closed_form(mu: float) -> None:
    engine = game(SHIFT | {"generator.start": mu})
    frame = engine.frame(Wants(frozenset({"best"})))
    x = frame.grid[0]
    np.testing.assert_allclose(frame.best, expit(-mu * x + mu**2 / 2), rtol=0, atol=1e-12)
    np.testing.assert_allclose(frame.belief.values, frame.best, rtol=0, atol=1e-12)
    np.testing.assert_allclose(engine.logit(x[:, None]), -mu * x + mu**2 / 2, rtol=1e-9, atol=1e-9)


# ---- iterated learning -------------------------------------------------------------------------

ITERATED = {
    "non-saturating": [4.0, 2.069, 1.256, 0.850],
    "minimax": [4.0, 3.931, 3.858],
}


def iterated(loss: str, steps: int) -> np.ndarray:
    """θ before each step of size ½ against the best D, expectations by slices."""
    engine, z = game(SHIFT | {"generator.start": 4.0, "loss.kind": loss}), slices(10_000)
    path = [4.0]
    for _ in range(steps):
        engine.set_weights(G, [path[-1] - 0.5 * engine.gradient(G, z=z, x=z[:1])[0]])
        path.append(float(engine.weights(G)[0]))
    return np.array(path)


@pytest.mark.parametrize("loss", ITERATED)
def test_iterated_learning_follows_its_numbers(loss: str) -> None:
    path = iterated(loss, 45)
    known = ITERATED[loss]
    np.testing.assert_allclose(path[: len(known)], known, rtol=0, atol=5e-4)
    assert path[-1] / path[-2] == pytest.approx(0.75, abs=1e-5)  # 1 − η/2
    if loss == "minimax":
        assert (path[:16] > 1.05).all()  # the plateau


@pytest.mark.parametrize("loss", ITERATED)
def test_a_run_against_the_perfect_d_is_iterated_learning(loss: str) -> None:
    """With batches of 8192 a step is off by ½·μ·(sd of D)/√8192, at most 0.01 at the start."""
    engine = game(
        SHIFT
        | {
            "generator.start": 4.0,
            "loss.kind": loss,
            "optim.lr_g": 0.5,
            "train.batch": 8192,
            "train.measure_every": 10000,
        }
    )
    engine.step(40)
    path = engine.trace.column("mean_gap")
    wanted = iterated(loss, 40)[1:]
    # Steps downhill on the slope 2JSD′ let early errors grow; on the way in they shrink.
    np.testing.assert_allclose(path, wanted, rtol=0, atol=0.15 if loss == "minimax" else 0.03)
    # So near the equilibrium D is all but flat, and batches all but stop to matter.
    assert path[-1] / path[-2] == pytest.approx(0.75, abs=0.01)


# ---- labels ------------------------------------------------------------------------------------

LABELS: list[tuple[dict[str, float], Callable[[np.ndarray, np.ndarray], np.ndarray]]] = [
    ({"loss.label_smoothing": 0.1}, lambda p, q: 0.9 * p / (p + q)),
    ({"loss.fake_smoothing": 0.2}, lambda p, q: (p + 0.2 * q) / (p + q)),
    (
        {"loss.label_smoothing": 0.1, "loss.fake_smoothing": 0.2},
        lambda p, q: (0.9 * p + 0.2 * q) / (p + q),
    ),
    ({"loss.label_flips": 0.1}, lambda p, q: (0.9 * p + 0.1 * q) / (p + q)),
    ({"data.prior": 0.3}, lambda p, q: 0.3 * p / (0.3 * p + 0.7 * q)),
    (  # 0.9·0.9 + 0.1·0.1 = 0.82 and 0.9·0.2 + 0.1·0.8 = 0.26
        {
            "loss.label_smoothing": 0.1,
            "loss.fake_smoothing": 0.2,
            "loss.label_flips": 0.1,
            "data.prior": 0.3,
        },
        lambda p, q: (0.3 * 0.82 * p + 0.7 * 0.26 * q) / (0.3 * p + 0.7 * q),
    ),
]


@pytest.mark.parametrize(("values", "closed"), LABELS)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-6)])
def test_labels_move_the_best_d_as_their_formula_says(
    values: dict[str, float], closed: Callable[..., np.ndarray], dtype: str, tolerance: float
) -> None:
    engine = game(SHIFT | {"generator.start": 2.0, "train.dtype": dtype} | values)
    frame = engine.frame(Wants(frozenset({"best"})))
    x = frame.grid[0]
    wanted = closed(norm.pdf(x), norm.pdf(x, 2.0))
    np.testing.assert_allclose(frame.best, wanted, rtol=0, atol=tolerance)
    np.testing.assert_allclose(expit(engine.logit(x[:, None])), wanted, rtol=0, atol=tolerance)
    assert engine.measured["d_gap"] < tolerance


# ---- instance noise ----------------------------------------------------------------------------


@pytest.mark.parametrize(("s", "jsd"), [(0.1, 0.69315), (0.5, 0.33683), (1.0, 0.11142)])
@pytest.mark.parametrize("judge", ["linear", "exact"])
def test_noise_on_two_points_brings_them_together(judge: str, s: float, jsd: float) -> None:
    """JSD of N(0, s²) and N(1, s²): the table at μ = 1/s, binned to σ/64."""
    engine = game(
        {
            "data.target": "point",
            "generator.kind": "point",
            "generator.start": 1.0,
            "discriminator.kind": judge,
            "train.dtype": "float64",
            "loss.instance_noise": s,
        }
    )
    seen = engine.measured
    assert (seen["value_best"] + log(4)) / 2 == pytest.approx(jsd, abs=1e-5)
    assert seen["jsd"] == pytest.approx(log(2), abs=1e-12)  # of the points themselves
    assert seen["w1"] == pytest.approx(1.0, abs=1e-12)
    if judge == "exact":
        assert seen["value_exact"] == pytest.approx(seen["value_best"], abs=1e-7)
        assert seen["d_gap"] < 1e-5
    frame = engine.frame(Wants(frozenset({"best"})))
    x = frame.grid[0]
    shown = np.isfinite(frame.best)
    closed = expit((0.5 - x) / s**2)
    assert shown.any()
    # The mean over a cell, where D* is steeper than the grid is fine.
    np.testing.assert_allclose(frame.best[shown], closed[shown], rtol=0, atol=2e-3 / s)


@pytest.mark.parametrize("s", [0.5, 1.0])
def test_noise_on_a_shift_widens_both(s: float) -> None:
    seen = game(SHIFT | {"generator.start": 2 * sqrt(1 + s**2), "loss.instance_noise": s}).measured
    assert seen["value_best"] == pytest.approx(TABLE[2.0][1], abs=1e-8)
    assert seen["value_exact"] == pytest.approx(TABLE[2.0][1], abs=1e-8)


@pytest.mark.parametrize("formula", ["2*z", "exp(z)", "z^2"])
def test_the_perfect_d_sees_the_noise_through_any_generator(formula: str) -> None:
    engine = game(
        {
            "data.target": "normal",
            "generator.kind": "formula",
            "generator.formula": formula,
            "discriminator.kind": "exact",
            "loss.instance_noise": 0.5,
            "train.dtype": "float64",
        }
    )
    seen = engine.measured
    assert seen["value_exact"] == pytest.approx(seen["value_best"], abs=2e-5)
    assert seen["value_exact"] <= seen["value_best"] + 1e-9
    if formula == "2*z":
        variances = (1.25, 4.25)

        def part(x: float) -> float:
            p, q = (norm.pdf(x, 0, sqrt(v)) for v in variances)
            return float(p * np.log(p / (p + q)) + q * np.log(q / (p + q)))

        wanted = integrate.quad(part, -20, 20, epsabs=1e-10)[0]
        assert seen["value_best"] == pytest.approx(wanted, abs=1e-5)


def test_what_is_asked_does_not_hang_on_what_was_measured_or_drawn() -> None:
    """The noise at this step counts, whether or not a picture has looked since the last move."""
    off = {f"measure.{name}": False for name in ("jsd", "value_best", "value_exact", "d_gap", "w1")}
    answers = []
    for watched in (off, {}):
        engine = game(
            SHIFT
            | {
                "generator.start": 1.0,
                "loss.instance_noise": 1.0,
                "loss.noise_steps": 10,
                "train.measure_every": 5,
                "measure.grad_g_non_saturating": True,
            }
            | watched
        )
        assert engine.logit([[2.0]])[0] == pytest.approx(-0.75, abs=1e-9)  # −1.5 without noise
        engine.step(5)
        answers.append((engine.logit([[2.0]])[0], engine.measured["grad_g_non_saturating"]))
    assert answers[0] == answers[1]


# ---- p_g ---------------------------------------------------------------------------------------


def normal_cdf(x: np.ndarray) -> np.ndarray:
    return norm.cdf(x)


PUSHED: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float]] = {
    # The continuous part of the CDF, and the mass of the atom at 0.
    "z": (normal_cdf, 0.0),
    "z^2": (lambda x: 2 * norm.cdf(np.sqrt(np.maximum(x, 0))) - 1, 0.0),
    "exp(z)": (lambda x: norm.cdf(np.log(np.maximum(x, 1e-300))), 0.0),
    "relu(z)": (lambda x: np.maximum(norm.cdf(x) - 0.5, 0.0), 0.5),
}


@pytest.mark.parametrize("formula", PUSHED)
def test_p_g_of_a_formula_is_its_closed_form(formula: str) -> None:
    cdf, atom = PUSHED[formula]
    engine = game(
        {"data.target": "normal", "generator.kind": "formula", "generator.formula": formula}
    )
    frame = engine.frame(Wants(frozenset({"density"})))
    model, x = frame.model, frame.grid[0]
    assert model is not None
    assert model.note == "exact"
    half = (x[1] - x[0]) / 2
    wanted = (cdf(x + half) - cdf(x - half)) / (2 * half)
    np.testing.assert_allclose(model.density, wanted, rtol=0, atol=3e-4)
    assert (model.density * 2 * half).sum() == pytest.approx((wanted * 2 * half).sum(), abs=1e-6)
    assert len(model.atoms) == (1 if atom else 0)
    for position, mass in model.atoms:
        assert position == 0.0
        assert mass == pytest.approx(atom, abs=1e-12)


#: E|G(z) − z| where G keeps the order of z; for z², the two CDFs by quadrature.
DISTANCES = {
    "relu(z)": 1 / sqrt(2 * pi),  # E max(−z, 0)
    "exp(z)": exp(0.5),  # eᶻ > z
    "3*z + 1": None,
    "z^2": None,
    "z + 30": 30.0,
    "0*z + 0.3": sqrt(2 / pi) * exp(-0.045) + 0.3 * (2 * norm.cdf(0.3) - 1),  # E|z − 0.3|
}


@pytest.mark.parametrize("formula", DISTANCES)
def test_w1_reaches_as_far_as_p_g_does_and_minds_its_atoms(formula: str) -> None:
    wanted = DISTANCES[formula]
    if wanted is None:
        F = {
            "z^2": lambda x: 2 * norm.cdf(sqrt(max(x, 0))) - 1,
            "3*z + 1": lambda x: norm.cdf((x - 1) / 3),
        }[formula]
        wanted = sum(
            integrate.quad(lambda x: abs(norm.cdf(x) - F(x)), a, b, epsabs=1e-9, limit=200)[0]
            for a, b in ((-25, 0), (0, 3), (3, 60))
        )
    engine = game(
        {"data.target": "normal", "generator.kind": "formula", "generator.formula": formula}
    )
    assert engine.measured["w1"] == pytest.approx(wanted, rel=1e-4)


# ---- perfect generators ------------------------------------------------------------------------

QUARTERS = "pi/4*(2*(1 + sign(z1)) + 1 + sign(z2) + (1 + sign(z3))/2)"
PERFECT = {
    "shift": {"data.target": "normal", "generator.kind": "shift", "generator.start": 0.0},
    "formula": {"data.target": "normal", "generator.kind": "formula", "generator.formula": "z"},
    "uniform": {
        "data.target": "uniform",
        "data.scale": 1.0,
        "latent.kind": "uniform",
        "generator.kind": "formula",
        "generator.formula": "z",
    },
    "plane": {
        "data.target": "mixture",
        "data.means": ((1.0, -2.0),),
        "data.sigma": 1.0,
        "latent.dim": 2,
        "generator.kind": "affine",
        "generator.start": (1.0, 0.0, 0.0, 1.0, 1.0, -2.0),
    },
    "turned plane": {
        "data.target": "mixture",
        "data.means": ((1.0, -2.0),),
        "data.sigma": 2.0,
        "latent.dim": 2,
        "generator.kind": "affine",
        "generator.start": (1.2, -1.6, 1.6, 1.2, 1.0, -2.0),
    },
    "two modes": {
        "data.target": "two-gaussians",
        "data.scale": 2.0,
        "data.sigma": 0.5,
        "latent.dim": 2,
        "generator.kind": "formula",
        "generator.formula": "2*sign(z1) + 0.5*z2",
    },
    "ring": {
        "data.target": "ring",
        "data.scale": 2.0,
        "data.sigma": 0.05,
        "latent.dim": 5,
        "generator.kind": "formula",
        "generator.formula": f"2*cos({QUARTERS}) + 0.05*z4, 2*sin({QUARTERS}) + 0.05*z5",
    },
}


@pytest.mark.parametrize("name", ["shift", "formula", "uniform", "plane", "turned plane"])
def test_a_perfect_generator_with_a_known_density_scores_zero(name: str) -> None:
    seen = measuring(PERFECT[name] | {"train.dtype": "float64"}).measured
    assert seen["jsd"] < 1e-6
    assert seen["value_best"] == pytest.approx(-log(4), abs=1e-6)
    assert seen["value_exact"] <= seen["value_best"] + 1e-9
    assert seen["kl_data"] < 1e-6
    assert seen["kl_model"] < 1e-6
    assert seen["bayes"] == pytest.approx(0.5, abs=1e-4)
    if "w1" in seen:
        # A formula's p_g is even within each of its cells.
        assert seen["w1"] < (3e-6 if name == "formula" else 1e-6)


@pytest.mark.parametrize("name", ["plane", "two modes", "ring"])
def test_a_perfect_generator_measured_by_samples_scores_its_floor(name: str) -> None:
    engine = game(PERFECT[name])
    measured = engine.measured
    sampled = {"jsd", "w1", "modes", "hq", "rkl", "sliced_w"} & set(measured)
    assert {"two modes": "w1", "plane": "sliced_w", "ring": "rkl"}[name] in sampled
    if name != "plane":
        assert measured["modes"] == len(engine.frame(Wants()).modes)
    for measure in sampled:
        floor = engine._floor(measure)
        assert floor is not None
        # The band holds some 92 to 95 % of perfect generators: half its width more holds this one.
        air = (floor.high - floor.low) / 2 + 1e-12
        assert floor.low - air <= measured[measure] <= floor.high + air, measure
    assert measured.get("hq", 1.0) > 0.98


# ---- a discriminator that learns ---------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("mu", [1.0, 2.0, 4.0])
def test_a_trained_discriminator_comes_near_the_best(mu: float) -> None:
    engine = game(
        {
            "data.target": "normal",
            "generator.kind": "shift",
            "latent.dim": 1,
            "generator.start": mu,
            "train.freeze": G,
            "train.batch": 512,
            "optim.lr_d": 1e-2,
            "optim.decay": "exponential",
            "optim.decay_steps": 1970,  # 1e-2 / 10^(3000 / 1970) = 3e-4
            "train.measure_every": 100,
        }
    )
    engine.step(3000)
    column = engine.trace.column
    exact, best = (column(f"value_{name}")[99::100] for name in ("exact", "best"))
    print(
        f"μ = {mu}: V − V* = {exact[-1] - best[-1]:.1e}, E|D − D*| = {engine.measured['d_gap']:.4f}"
    )
    assert best == pytest.approx(TABLE[mu][1], abs=1e-8)
    assert (exact <= best + 1e-6).all()
    assert exact[-1] > best[-1] - 2e-3
    assert engine.measured["d_gap"] < 0.012


# ---- identities of gradients -------------------------------------------------------------------

PAIRS = {
    "small": {},
    "wide, relu": {
        "generator.hidden": [64, 64],
        "generator.activation": "relu",
        "discriminator.hidden": [64],
        "discriminator.activation": "tanh",
    },
    "with spectral norm": {"discriminator.spectral_norm": True},
    "seeing its batch": {
        "train.batch": 64,
        "discriminator.minibatch_stddev": True,
        "discriminator.minibatch_features": 4,
    },
    "linear": {"generator.kind": "affine", "discriminator.kind": "affine"},
}


@pytest.mark.parametrize("plane", [False, True])
@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-13)])
def test_minimax_and_non_saturating_add_up_to_wasserstein(
    pair: str, plane: bool, dtype: str, tolerance: float
) -> None:
    where = {"data.target": "ring" if plane else "two-gaussians", "latent.dim": 2 + plane}
    engine = game(where | {"train.dtype": dtype} | PAIRS[pair])
    engine.step(5)
    minimax, non_saturating, wasserstein = (
        engine.gradient(G, loss) for loss in ("minimax", "non-saturating", "wasserstein")
    )
    size = np.linalg.norm(wasserstein)
    assert size > 0
    assert np.linalg.norm(minimax + non_saturating - wasserstein) < tolerance * size


@pytest.mark.parametrize("plane", [False, True])
def test_the_f_gan_of_jensen_and_shannon_pulls_exactly_as_minimax(plane: bool) -> None:
    engine = game({"data.target": "ring" if plane else "two-gaussians", "latent.dim": 2})
    engine.step(10)
    for player in (G, D):
        one, other = (engine.gradient(player, loss) for loss in ("minimax", "f-jensen-shannon"))
        assert np.abs(one).max() > 0
        assert one.tobytes() == other.tobytes()


def test_a_run_of_that_f_gan_is_the_minimax_run_bit_for_bit() -> None:
    runs = []
    for loss in ("minimax", "f-jensen-shannon"):
        engine = game(NETWORKS | {"loss.kind": loss, "train.batch": 32})
        engine.step(40)
        runs.append((engine.weights(G).tobytes(), engine.weights(D).tobytes()))
        value = engine.trace.column("value")[-1]
    assert runs[0] == runs[1]
    assert isinstance(value, float)
