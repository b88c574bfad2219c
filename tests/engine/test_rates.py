"""How fast the bilinear game spins in or out, measured on the engine, against closed forms.

The game: data at 0, G(z) = θ, s(x) = ψ·x, Wasserstein losses, L_D = θψ and L_G = −θψ. Every step is
a linear map of (θ, ψ) and of whatever the optimisers remember; its columns are found by stepping
from unit vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import asin, cos, pi, sqrt
from typing import Any

import numpy as np
import pytest

from ganviz.engine import Engine, Moment
from ganviz.frame import Wants
from ganviz.settings import PARAMETERS, Settings
from ganviz.theory import stability as theory

D, G = "discriminator", "generator"

BILINEAR: dict[str, Any] = {
    "data.target": "point",
    "generator.kind": "point",
    "discriminator.kind": "linear",
    "loss.kind": "wasserstein",
    "train.dtype": "float64",
    "train.batch": 2,
    "train.measure_every": 10000,
    "optim.kind_g": "sgd",
    "optim.kind_d": "sgd",
}
ETAS = [0.1, 0.3, 0.5, 0.9]


def game(eta: float, theta: float = 1.0, psi: float = 0.0, **values: Any) -> Engine:
    """The bilinear game with one rate; ``optim__kind=`` stands for both players' optimisers."""
    given = {path.replace("__", "."): value for path, value in values.items()}
    kind = given.pop("optim.kind", None)
    if kind is not None:
        given |= {"optim.kind_g": kind, "optim.kind_d": kind}
    starts = {"generator.start": theta, "discriminator.start": psi}
    rates = {"optim.lr_g": eta, "optim.lr_d": eta}
    return Engine(Settings.of(BILINEAR | starts | rates | given))


def state(moment: Moment) -> np.ndarray:
    """θ, ψ, and then what their optimisers remember."""
    players = [moment.players[G], moment.players[D]]
    parts = [p.flat for p in players] + [m for p in players for m in p.moments]
    return np.concatenate(parts)


def put(moment: Moment, values: np.ndarray) -> Moment:
    """The moment with another state; both optimisers are past their first step."""
    players, rest = {}, list(values[2:])
    for name, own in zip((G, D), values[:2], strict=True):
        old = moment.players[name]
        moments = tuple(np.array([rest.pop(0)]) for _ in old.moments)
        players[name] = replace(old, flat=np.array([own]), moments=moments, updates=5)
    return replace(moment, players=players)


def one_step(engine: Engine, steps: int = 1) -> np.ndarray:
    """The matrix of so many steps on (θ, ψ, memories)."""
    moment = engine.moment()
    columns = []
    for unit in np.eye(len(state(moment))):
        trial = Engine.resume(put(moment, unit))
        trial.step(steps)
        columns.append(state(trial.moment()))
    return np.array(columns).T


def radius(matrix: np.ndarray) -> float:
    return float(np.abs(np.linalg.eigvals(matrix)).max())


# ---- orders of play ----------------------------------------------------------------------------


@pytest.mark.parametrize("eta", [*ETAS, 1.5])
@pytest.mark.parametrize(
    ("schedule", "closed"),
    [
        ("simultaneous", theory.simultaneous),
        ("goodfellow", theory.alternating),
        ("generator-first", theory.alternating),
        ("toronto", theory.toronto),
        ("extragradient", theory.extragradient),
        ("competitive", theory.proximal),
    ],
)
def test_every_order_of_play_has_its_spectral_radius(
    schedule: str, closed: Callable[[float], float], eta: float
) -> None:
    assert radius(one_step(game(eta, train__schedule=schedule))) == pytest.approx(
        closed(eta), abs=1e-9
    )


@pytest.mark.parametrize("eta", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("k", [2, 5])
def test_more_d_steps_keep_the_circle_until_four_and_spiral_in_toronto(k: int, eta: float) -> None:
    """Goodfellow's radius is 1 exactly while k·η² ≤ 4 (5 · 0.95² is beyond)."""
    matrix = one_step(game(eta, train__schedule="goodfellow", train__k=k))
    assert radius(matrix) == pytest.approx(theory.goodfellow(eta, k), abs=1e-9)
    assert (radius(matrix) > 1 + 1e-6) == (k * eta**2 > 4)
    first = one_step(game(eta, train__schedule="generator-first", train__k=k))
    assert radius(first) == pytest.approx(theory.goodfellow(eta, k), abs=1e-9)
    matrix = one_step(game(eta, train__schedule="toronto", train__k=k))
    assert radius(matrix) == pytest.approx(theory.toronto(eta, k), abs=1e-9)
    assert np.linalg.det(matrix) == pytest.approx(1 + eta**2, abs=1e-12)


@pytest.mark.parametrize("eta", ETAS)
@pytest.mark.parametrize("schedule", ["goodfellow", "generator-first"])
def test_alternating_steps_turn_by_twice_the_arcsine_of_half_the_rate(
    schedule: str, eta: float
) -> None:
    values = np.linalg.eigvals(one_step(game(eta, train__schedule=schedule)))
    np.testing.assert_allclose(np.abs(np.angle(values)), 2 * asin(eta / 2), rtol=0, atol=1e-12)


def test_extragradient_is_best_at_one_over_root_two_and_diverges_from_one_on() -> None:
    best = radius(one_step(game(1 / sqrt(2), train__schedule="extragradient")))
    assert best == pytest.approx(sqrt(0.75), abs=1e-9)
    assert best == pytest.approx(0.8660, abs=5e-5)
    for eta in (1 / sqrt(2) - 0.01, 1 / sqrt(2) + 0.01):
        assert radius(one_step(game(eta, train__schedule="extragradient"))) > best
    for eta, above in ((0.999, False), (1.001, True)):
        assert (radius(one_step(game(eta, train__schedule="extragradient"))) > 1) is above


# ---- optimisers with a memory ------------------------------------------------------------------


@pytest.mark.parametrize("eta", [0.1, 0.3, 0.5, 0.55, 0.577, 0.578, 0.9])
def test_optimistic_steps_have_their_spectral_radius(eta: float) -> None:
    engine = game(eta, train__schedule="simultaneous", optim__kind="optimistic")
    found = radius(one_step(engine))
    if eta <= 0.5:
        # At η = ½ the eigenvalue is double, and rounding moves it by the root of itself.
        by_hand = sqrt((1 + sqrt(1 - 4 * eta**2)) / 2)
        assert found == pytest.approx(by_hand, abs=1e-7 if eta == 0.5 else 1e-9)
    assert found == pytest.approx(theory.optimistic(eta), abs=1e-7 if eta == 0.5 else 1e-9)
    assert (found < 1) == (eta < 1 / sqrt(3))
    published = {0.5: 0.70711, 0.577: 0.99909, 0.578: 1.00169}
    assert found == pytest.approx(published.get(eta, found), abs=6e-6)


@pytest.mark.parametrize(("eta", "limit"), [(0.577, 0.99909), (0.578, 1.00169)])
def test_a_run_of_optimistic_steps_shrinks_just_below_the_bound_and_grows_just_above(
    eta: float, limit: float
) -> None:
    """Turned as a whole the game stays the same: one λ acts on θ + iψ, and no ripple is left."""
    engine = game(eta, train__schedule="simultaneous", optim__kind="optimistic")
    engine.step(200)
    far = np.hypot(engine.trace.column("theta"), engine.trace.column("psi"))
    slope = float((far[-1] / far[99]) ** (1 / 100))
    assert slope == pytest.approx(theory.optimistic(eta), abs=1e-9)
    assert slope == pytest.approx(limit, abs=6e-6)


@pytest.mark.parametrize(
    ("schedule", "eta", "beta", "published"),
    [
        ("goodfellow", 0.1, -0.5, 0.99852),
        ("goodfellow", 0.2, -0.5, 0.99406),
        ("goodfellow", 0.5, -0.5, 0.96254),
        ("generator-first", 0.1, -0.5, 0.99852),
        ("simultaneous", 0.1, -0.5, 1.00074),
        ("goodfellow", 0.1, 0.5, 1.0323),
        ("goodfellow", 0.1, 0.9, 1.1921),
        ("simultaneous", 0.2, 0.5, None),
    ],
)
def test_momentum_has_its_spectral_radius(
    schedule: str, eta: float, beta: float, published: float | None
) -> None:
    closed = (
        theory.momentum_simultaneous if schedule == "simultaneous" else theory.momentum_alternating
    )
    found = radius(
        one_step(game(eta, train__schedule=schedule, optim__kind="momentum", optim__momentum=beta))
    )
    assert found == pytest.approx(closed(eta, beta), abs=1e-9)
    if published is not None:
        assert found == pytest.approx(published, abs=6e-6 if published < 1.01 else 6e-5)


def test_a_run_with_momentum_grows_as_its_matrix_says() -> None:
    """From its own first step on, and not only from where the matrix was taken."""
    engine = game(0.1, optim__kind="momentum", optim__momentum=0.9)
    matrix, start = one_step(engine), state(engine.moment())
    engine.step(400)
    wanted = np.linalg.matrix_power(matrix, 400) @ start
    got = np.array([engine.weights(G)[0], engine.weights(D)[0]])
    np.testing.assert_allclose(got, wanted[:2], rtol=1e-9)
    assert np.hypot(*got) > 1e29  # 1.1921⁴⁰⁰ = 3e30: "we used momentum" destabilises


# ---- what changes the game ---------------------------------------------------------------------


@pytest.mark.parametrize("gamma", [0.1, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("eta", [0.1, 0.5])
def test_consensus_has_its_spectral_radius(eta: float, gamma: float) -> None:
    engine = game(
        eta,
        train__schedule="simultaneous",
        loss__penalty="consensus",
        loss__penalty_weight=gamma,
    )
    assert radius(one_step(engine)) == pytest.approx(theory.consensus(eta, gamma), abs=1e-9)


@pytest.mark.parametrize("k", [1, 2, 5, 8])
@pytest.mark.parametrize("eta", [0.1, 0.3])
def test_looking_through_d_s_steps_has_its_determinant(eta: float, k: int) -> None:
    matrix = one_step(game(eta, train__schedule="simultaneous", loss__unroll=k))
    assert np.linalg.det(matrix) == pytest.approx(1 - 2 * k * eta**2 + eta**2, abs=1e-12)
    assert radius(matrix) == pytest.approx(theory.unrolled(eta, k), abs=1e-9)


def test_the_unrolled_rate_is_a_step_size_of_its_own() -> None:
    """G feels ψ − 2Kρθ, with ρ the rate looked ahead with."""
    eta, rho, k = 0.1, 0.03, 4
    matrix = one_step(
        game(eta, train__schedule="simultaneous", loss__unroll=k, loss__unroll_rate=rho)
    )
    wanted = np.array([[1 - 2 * k * rho * eta, eta], [-eta, 1]])
    np.testing.assert_allclose(matrix, wanted, rtol=0, atol=1e-14)


# ---- lookahead ---------------------------------------------------------------------------------


def whole_look(eta: float, k: int, share: float, schedule: str) -> np.ndarray:
    """The matrix of k steps from where the anchor stands too."""
    columns = []
    for theta, psi in ((1.0, 0.0), (0.0, 1.0)):
        engine = game(
            eta,
            theta,
            psi,
            train__schedule=schedule,
            optim__lookahead=k,
            optim__lookahead_share=share,
        )
        engine.step(k)
        columns.append([engine.weights(G)[0], engine.weights(D)[0]])
    return np.array(columns).T


@pytest.mark.parametrize("share", [0.5, 0.8])
@pytest.mark.parametrize(("k", "eta"), [(5, 0.3), (20, 0.1)])
def test_lookahead_has_its_spectral_radius(k: int, eta: float, share: float) -> None:
    found = radius(whole_look(eta, k, share, "simultaneous"))
    assert found == pytest.approx(theory.lookahead_simultaneous(eta, k, share), abs=1e-9)
    found = radius(whole_look(eta, k, share, "goodfellow"))
    assert found == pytest.approx(theory.lookahead_alternating(eta, k, share), abs=1e-9)
    if share == 0.5:
        assert found == pytest.approx(abs(cos(k * asin(eta / 2))), abs=1e-9)
        if k == 20:
            assert found == pytest.approx(0.53995, abs=5e-6)


def test_many_looks_are_one_look_again_and_again() -> None:
    """Anchors are set anew after each look: 3 looks are the third power of one."""
    engine = game(0.1, train__schedule="goodfellow", optim__lookahead=20)
    engine.step(60)
    wanted = np.linalg.matrix_power(whole_look(0.1, 20, 0.5, "goodfellow"), 3)[:, 0]
    got = np.array([engine.weights(G)[0], engine.weights(D)[0]])
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-12)


# ---- clipping, averages, falling rates ---------------------------------------------------------

NETWORKS = {
    "data.target": "ring",
    "latent.dim": 2,
    "train.dtype": "float64",
    "train.schedule": "simultaneous",
    "train.batch": 32,
    "generator.hidden": [8],
    "discriminator.hidden": [8],
    "optim.kind_g": "sgd",
    "optim.kind_d": "sgd",
    "optim.lr_g": 0.1,
    "optim.lr_d": 0.2,
}


@pytest.mark.parametrize("share", [0.25, 0.99, 1.01, 40.0])
def test_gradients_are_cut_to_their_norm_for_each_player_apart(share: float) -> None:
    """Each player's step is −η g·min(1, c/‖g‖), with ‖g‖ over all of its weights."""
    engine = Engine(Settings.of(NETWORKS))
    bound = float(share * np.linalg.norm(engine.gradient(D)))
    engine.change({"optim.grad_clip": bound})
    grads = {name: engine.gradient(name) for name in (G, D)}
    before = {name: engine.weights(name) for name in (G, D)}
    engine.step()
    for name, rate in ((G, 0.1), (D, 0.2)):
        norm = np.linalg.norm(grads[name])
        wanted = -rate * grads[name] * min(1.0, bound / norm)
        np.testing.assert_allclose(engine.weights(name) - before[name], wanted, atol=1e-12)
        column = engine.trace.column("grad_g" if name == G else "grad_d")
        assert column[-1] == pytest.approx(norm, rel=1e-9)  # the trace tells the uncut norm


def test_clipped_steps_of_the_bilinear_game_have_the_bound_s_length() -> None:
    engine = game(0.1, 3.0, 0.02, train__schedule="simultaneous", optim__grad_clip=0.5)
    engine.step()
    assert engine.weights(D)[0] == pytest.approx(0.02 - 0.1 * 0.5, abs=1e-12)
    assert engine.weights(G)[0] == pytest.approx(3.0 + 0.1 * 0.02, abs=1e-12)


@pytest.mark.parametrize("beta", [0.5, 0.9, 0.99])
def test_averaged_weights_lag_by_their_memory(beta: float) -> None:
    """Under a drift of d a step the average stands dβ/(1 − β) behind, in the long run."""
    engine = game(0.1, 0.0, 0.5, train__freeze=D, optim__ema=beta)
    drift, steps = 0.1 * 0.5, 60
    engine.step(steps)
    theta = engine.weights(G)[0]
    assert theta == pytest.approx(steps * drift, abs=1e-12)
    average = engine.moment().memory["average"][0]
    lag = drift * beta / (1 - beta)
    assert theta - average == pytest.approx(lag * (1 - beta**steps), abs=1e-12)
    seen = engine.frame(Wants(frozenset({"average"}))).average
    assert seen is not None
    assert seen == pytest.approx(average, rel=1e-6)  # the picture shows that very generator
    if beta < 0.9:
        assert theta - average == pytest.approx(lag, abs=1e-12)


FALLS: Mapping[str, Callable[[float], float]] = {
    "constant": lambda t: 1.0,
    "linear": lambda t: max(0.0, 1.0 - t),
    "cosine": lambda t: 0.5 + 0.5 * cos(pi * t) if t < 1 else 0.0,
    "exponential": lambda t: 10.0**-t,
    "inverse-root": lambda t: 1 / sqrt(1 + t),
}


@pytest.mark.parametrize("decay", FALLS)
@pytest.mark.parametrize("frozen", [D, G])
def test_rates_fall_as_their_formula_says(decay: str, frozen: str) -> None:
    """With one player frozen at 1 the other's moves are ±η·factor(t), t = step / decay steps."""
    assert set(FALLS) == set(PARAMETERS["optim.decay"].choices)
    own = {} if decay == "constant" else {"optim__decay_steps": 20}
    engine = game(0.1, 1.0, 1.0, train__freeze=frozen, optim__decay=decay, **own)
    engine.step(30)
    column = engine.trace.column("theta" if frozen == D else "psi")
    moves = np.diff(np.concatenate([[1.0], column]))
    sign = 1 if frozen == D else -1
    wanted = [sign * 0.1 * FALLS[decay](step / 20) for step in range(30)]
    np.testing.assert_allclose(moves, wanted, rtol=0, atol=1e-14)
