"""Rates in closed form against the maps themselves, and orbits against what they are made of."""

from __future__ import annotations

from math import cos, isnan, pi, sin, sqrt

import numpy as np
import pytest

from ganviz.schema import ParamError
from ganviz.theory.stability import (
    BILINEAR,
    DIRAC,
    circling,
    field,
    limit_cycle,
    measured_period,
    one_step,
    radius,
    rotation,
    turning,
    with_consensus,
    with_lookahead,
    with_unrolling,
)

J = np.array([[0.0, 1.0], [-1.0, 0.0]])


def play(eta: float, schedule: str, k: int = 1, **memory: float | bool) -> np.ndarray:
    return one_step(J, 1, eta, eta, schedule, k, **memory)  # type: ignore[arg-type]


MAPS = {
    "simultaneous": lambda eta: play(eta, "simultaneous"),
    "alternating": lambda eta: play(eta, "generator-first"),
    "goodfellow": lambda eta, k: play(eta, "goodfellow", k),
    "toronto": lambda eta, k: play(eta, "toronto", k),
    "extragradient": lambda eta: play(eta, "extragradient"),
    "optimistic": lambda eta: play(eta, "simultaneous", optimistic=True),
    "proximal": lambda eta: play(eta, "proximal"),
    "competitive": lambda eta: play(eta, "competitive"),
    "consensus": lambda eta, gamma: one_step(with_consensus(J, gamma), 1, eta, eta),
    "unrolled": lambda eta, k: one_step(with_unrolling(J, 1, eta, k), 1, eta, eta),
    "momentum-simultaneous": lambda eta, beta: play(
        eta, "simultaneous", momentum_g=beta, momentum_d=beta
    ),
    "momentum-alternating": lambda eta, beta: play(
        eta, "goodfellow", momentum_g=beta, momentum_d=beta
    ),
    "lookahead-simultaneous": lambda eta, k, alpha: with_lookahead(
        play(eta, "simultaneous"), k, alpha
    ),
    "lookahead-alternating": lambda eta, k, alpha: with_lookahead(
        play(eta, "goodfellow"), k, alpha
    ),
}
EXTRA: dict[str, list[dict[str, float]]] = {
    "goodfellow": [{"k": 1}, {"k": 5}],
    "toronto": [{"k": 1}, {"k": 5}],
    "consensus": [{"gamma": 0.3}, {"gamma": 2.0}],
    "unrolled": [{"k": 1}, {"k": 4}],
    "momentum-simultaneous": [{"beta": -0.5}, {"beta": 0.9}],
    "momentum-alternating": [{"beta": -0.5}, {"beta": 0.5}, {"beta": 0.9}],
    "lookahead-simultaneous": [{"k": 5, "alpha": 0.5}, {"k": 20, "alpha": 0.3}],
    "lookahead-alternating": [{"k": 20, "alpha": 0.5}, {"k": 5, "alpha": 0.3}],
}


@pytest.mark.parametrize("name", BILINEAR)
@pytest.mark.parametrize("eta", [0.01, 0.1, 0.3, 0.52, 0.9, 1.7])
def test_every_closed_form_is_the_radius_of_its_map(name: str, eta: float) -> None:
    for extra in EXTRA.get(name, [{}]):
        matrix = MAPS[name](eta, **extra)
        # A defective pair, such as Goodfellow's at k·η² = 4, would be found to 1e-8 only.
        assert radius(matrix) == pytest.approx(BILINEAR[name].radius(eta, **extra), abs=1e-9)


def test_the_numbers_that_the_papers_and_our_runs_gave() -> None:
    form = {name: method.radius for name, method in BILINEAR.items()}
    assert form["extragradient"](1 / sqrt(2)) == pytest.approx(0.75**0.5, abs=1e-12)
    assert form["optimistic"](0.5) == pytest.approx(0.5**0.5, abs=1e-7)
    assert form["optimistic"](0.3) == pytest.approx(sqrt((1 + sqrt(1 - 0.36)) / 2), abs=1e-12)
    assert form["optimistic"](0.577) == pytest.approx(0.99909, abs=1e-5)
    assert form["optimistic"](0.578) == pytest.approx(1.00169, abs=1e-5)
    for beta, eta, want in ((-0.5, 0.1, 0.99852), (-0.5, 0.2, 0.99406), (-0.5, 0.5, 0.96254)):
        assert form["momentum-alternating"](eta, beta) == pytest.approx(want, abs=1e-5)
    assert form["momentum-simultaneous"](0.1, -0.5) == pytest.approx(1.00074, abs=1e-5)
    assert form["momentum-alternating"](0.1, 0.5) == pytest.approx(1.0323, abs=1e-4)
    assert form["momentum-alternating"](0.1, 0.9) == pytest.approx(1.1921, abs=1e-4)
    assert form["lookahead-alternating"](0.1, 20) == pytest.approx(0.53995, abs=1e-5)


def test_goodfellow_conserves_area_and_toronto_gains_whatever_k() -> None:
    for k in (1, 3, 8):
        assert np.linalg.det(play(0.3, "goodfellow", k)) == pytest.approx(1, abs=1e-12)
        assert np.linalg.det(play(0.3, "toronto", k)) == pytest.approx(1.09, abs=1e-12)
    assert np.array_equal(play(0.3, "toronto", 1), play(0.3, "simultaneous"))


def test_the_alternating_game_turns_by_twice_an_arcsine() -> None:
    eigenvalue = np.linalg.eigvals(play(0.1, "goodfellow"))[0]
    assert rotation(eigenvalue) == pytest.approx(2 * pi / (2 * np.arcsin(0.05)), abs=1e-9)
    assert rotation(0.5) == np.inf


# ---- larger games ------------------------------------------------------------------------------


def one_by_one(
    j: np.ndarray,
    w: np.ndarray,
    rates: np.ndarray,
    order: str,
    betas: tuple[float, float],
    hopeful: bool,
) -> np.ndarray:
    """Two steps written out: letters of ``order`` move one after the other, ``b`` both at once."""
    n_g = 2
    theirs = {"g": slice(0, n_g), "d": slice(n_g, len(w)), "b": slice(0, len(w))}
    memory = np.zeros_like(w)
    beta = np.repeat(betas, (n_g, len(w) - n_g))
    for _ in range(2):
        for letter in order:
            rows = theirs[letter]
            v = (j @ w)[rows]
            if hopeful:
                w[rows] -= rates[rows] * (2 * v - memory[rows])
                memory[rows] = v
            else:
                memory[rows] = beta[rows] * memory[rows] + v
                w[rows] -= rates[rows] * memory[rows]
    return np.concatenate([w, memory])


@pytest.mark.parametrize(
    ("schedule", "k", "order"),
    [
        ("simultaneous", 1, "b"),
        ("goodfellow", 3, "dddg"),
        ("generator-first", 2, "gdd"),
        ("toronto", 3, "ddb"),
    ],
)
@pytest.mark.parametrize(
    ("betas", "hopeful"), [((0.0, 0.0), False), ((0.5, -0.3), False), ((0.0, 0.0), True)]
)
def test_the_map_plays_the_schedule(
    schedule: str, k: int, order: str, betas: tuple[float, float], hopeful: bool
) -> None:
    rng = np.random.default_rng(1)
    j, w = rng.standard_normal((5, 5)), rng.standard_normal(5)
    rates = rng.uniform(0.05, 0.2, 5)
    matrix = one_step(
        j,
        2,
        rates[:2],
        rates[2:],
        schedule,
        k,
        momentum_g=betas[0],
        momentum_d=betas[1],
        optimistic=hopeful,
    )
    begin = np.concatenate([w, np.zeros(5)])[: len(matrix)]
    end = matrix @ matrix @ begin
    want = one_by_one(j, w.copy(), rates, order, betas, hopeful)
    assert np.allclose(end, want[: len(end)], atol=1e-12)


def test_larger_games_look_ahead_as_the_papers_say() -> None:
    rng = np.random.default_rng(2)
    j, rates = rng.standard_normal((5, 5)), np.array([0.1, 0.2, 0.3, 0.3, 0.3])
    eye, r = np.eye(5), np.diag(rates)
    there = eye - r @ j
    assert np.allclose(
        one_step(j, 2, rates[:2], 0.3, "extragradient"), eye - r @ j @ there, atol=1e-12
    )
    after = one_step(j, 2, rates[:2], 0.3, "proximal")
    assert np.allclose(after, eye - r @ j @ after, atol=1e-12)
    # Competitive: each player's step is its best answer to the other's, to second order.
    move = one_step(j, 2, rates[:2], 0.3, "competitive") - eye
    assert np.allclose(move[:2], -r[:2, :2] @ (j[:2] + j[:2, 2:] @ move[2:]), atol=1e-12)
    assert np.allclose(move[2:], -r[2:, 2:] @ (j[2:] + j[2:, :2] @ move[:2]), atol=1e-12)


def test_unrolling_is_the_derivative_of_the_unrolled_loss() -> None:
    rng = np.random.default_rng(3)
    h = rng.standard_normal((5, 5))
    h = h + h.T  # L_G = ½ wᵀHw = −L_D
    j = np.concatenate([h[:2], -h[2:]])

    def loss(theta: np.ndarray, phi: np.ndarray) -> float:
        for _ in range(3):
            phi = phi + 0.1 * (h[2:] @ np.concatenate([theta, phi]))
        w = np.concatenate([theta, phi])
        return float(w @ h @ w / 2)

    w = rng.standard_normal(5)
    slope = (with_unrolling(j, 2, 0.1, 3) @ w)[:2]
    for i in range(2):
        e = np.zeros(2)
        e[i] = 1e-5
        change = (loss(w[:2] + e, w[2:]) - loss(w[:2] - e, w[2:])) / 2e-5
        assert slope[i] == pytest.approx(change, rel=1e-6)


def test_a_game_without_one_of_its_players_still_steps() -> None:
    j = np.diag([1.0, 2.0])
    assert np.allclose(one_step(j, 0, 0.1, 0.1, "goodfellow", 2), np.diag([0.81, 0.64]))
    assert np.allclose(one_step(j, 2, 0.1, 0.1, "goodfellow", 2), np.diag([0.9, 0.8]))
    assert radius(one_step(np.empty((0, 0)), 0, 0.1, 0.1)) == 0


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"schedule": "later"}, "schedule = later: must be one of simultaneous, goodfellow"),
        ({"schedule": "simultaneous", "k": 2}, "k = 2: must be 1 with schedule = simultaneous"),
        ({"schedule": "goodfellow", "k": 0}, "k = 0: must be 1 or more"),
        ({"schedule": "proximal", "momentum_g": 0.5}, "schedule = proximal: must be played"),
        ({"optimistic": True, "momentum_d": 0.5}, "optimistic = True: must be played"),
        ({"n_g": 3}, r"jacobian of shape \(2, 2\): must be square"),
    ],
)
def test_what_cannot_be_played_is_said(values: dict[str, object], sentence: str) -> None:
    arguments: dict[str, object] = {"n_g": 1, "rate_g": 0.1, "rate_d": 0.1} | values
    with pytest.raises(ParamError, match=sentence):
        one_step(J, **arguments)  # type: ignore[arg-type]


# ---- the Dirac-GAN -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", DIRAC)
@pytest.mark.parametrize("strength", [0.3, 0.7, 1.0, 2.5])
def test_dirac_s_closed_forms_are_those_of_its_jacobian(name: str, strength: float) -> None:
    game = DIRAC[name]
    j = game.jacobian(strength)
    want = np.sort_complex(np.linalg.eigvals(-j))
    # The square root at the critical strength halves the digits.
    assert np.allclose(np.sort_complex(game.eigenvalues(strength)), want, atol=1e-7)
    for h in (0.05, 0.3, 0.8):
        grown = radius(one_step(j, 1, h, h)) ** 2
        assert game.squared(h, strength) == pytest.approx(grown, abs=1e-7)


def test_r1_converges_below_four_gamma_and_alternating_shrinks_by_its_determinant() -> None:
    assert DIRAC["r1"].squared(1.19, 0.3) < 1 < DIRAC["r1"].squared(1.21, 0.3)
    assert DIRAC["r1"].squared(0.1, 1.0) == pytest.approx((1 - 0.05) ** 2, abs=1e-12)
    j = DIRAC["r1"].jacobian(0.3)
    for schedule in ("goodfellow", "generator-first"):
        assert radius(one_step(j, 1, 0.2, 0.2, schedule)) == pytest.approx(sqrt(1 - 0.06), abs=1e-9)


@pytest.mark.parametrize("loss", ["minimax", "non-saturating", "wasserstein"])
def test_the_field_is_minus_the_gradient_and_bends_to_its_jacobian(loss: str) -> None:
    def l_d(t: float, p: float) -> float:
        return p * t if loss == "wasserstein" else float(np.log1p(np.exp(p * t)) + np.log(2))

    def l_g(t: float, p: float) -> float:
        if loss == "wasserstein":
            return -p * t
        sign = 1 if loss == "minimax" else -1
        return -sign * float(np.log1p(np.exp(sign * p * t)))

    t, p = np.meshgrid([-1.5, 0.2, 2.0], [-0.7, 1.1])
    down, up = field(t, p, loss, gamma=0.4)
    h = 1e-6
    for i, j in np.ndindex(t.shape):
        a, b = float(t[i, j]), float(p[i, j])
        assert down[i, j] == pytest.approx((l_g(a - h, b) - l_g(a + h, b)) / (2 * h), abs=1e-8)
        slope = (l_d(a, b - h) - l_d(a, b + h)) / (2 * h)
        assert up[i, j] == pytest.approx(slope - 0.4 * b, abs=1e-8)
    name = "wasserstein" if loss == "wasserstein" else "none"
    for column, point in enumerate(((h, 0.0), (0.0, h))):
        v = -np.array(field(*point, loss)) / h
        assert np.allclose(v, DIRAC[name].jacobian(0)[:, column], atol=1e-6)


def test_the_field_knows_no_other_loss_and_never_overflows() -> None:
    with pytest.raises(ParamError, match="loss = hinge: must be one of"):
        field(0, 0, "hinge")
    assert np.isfinite(field(1e3, [1e3, -1e3])).all()


@pytest.mark.parametrize(("h_g", "h_d"), [(0.05, 0.05), (0.01, 0.02)])
def test_simultaneous_steps_end_on_the_limit_cycle(h_g: float, h_d: float) -> None:
    rms_theta, rms_psi = limit_cycle(h_g, h_d)
    t, p = rms_theta * sqrt(2), 0.0
    path = []
    for _ in range(40_000):
        down, up = field(t, p, "non-saturating")
        t, p = t + h_g * float(down), p + h_d * float(up)
        path.append((t, p))
    late = np.array(path[20_000:])
    assert np.sqrt((late**2).mean(0)) == pytest.approx([rms_theta, rms_psi], rel=0.02)
    assert limit_cycle(h_g) == (sqrt(h_g), sqrt(h_g))


# ---- orbits ------------------------------------------------------------------------------------


def orbit(n: int, steps: float, growth: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    t = np.arange(n)
    r = growth**t
    return r * np.cos(2 * pi * t / steps), r * np.sin(2 * pi * t / steps)


@pytest.mark.parametrize("growth", [1.0, 0.99, 1.01])
@pytest.mark.parametrize("steps", [4.0, 37.3, 125.7])
def test_an_orbit_s_period_is_measured_to_a_part_in_ten_thousand(
    steps: float, growth: float
) -> None:
    x, y = orbit(700, steps, growth)
    assert measured_period(x + 2, y - 1, (2, -1)) == pytest.approx(steps, rel=1e-4)
    assert measured_period(x, -y) == pytest.approx(steps, rel=1e-4)
    if growth == 1:
        assert turning(x, y) == pytest.approx(699 / steps, abs=1e-3)
        assert turning(x, -y) == pytest.approx(-699 / steps, abs=1e-3)


def test_less_than_a_turn_has_no_period() -> None:
    x, y = orbit(90, 100)
    assert isnan(measured_period(x, y))
    for short in ([], [1.0], [0.0, 0.0]):
        assert isnan(measured_period(short, short))
        assert turning(short, short) == 0
    assert measured_period(*orbit(101, 100)) == pytest.approx(100)


def test_points_at_the_centre_and_gaps_turn_nothing() -> None:
    x, y = orbit(500, 100)
    x[[17, 250]] = y[[17, 250]] = 0
    x[300], y[400] = np.nan, np.inf
    assert measured_period(x, y) == pytest.approx(100, rel=1e-4)
    # A spiral that has arrived only jitters: that is no turning.
    x, y = orbit(4000, 100, 0.98)
    noise = np.random.default_rng(0).normal(0, 1e-5, (2, 4000))
    assert measured_period(x + noise[0], y + noise[1]) == pytest.approx(100, rel=0.01)


def test_jitter_about_the_goal_is_no_turning() -> None:
    rng = np.random.default_rng(5)
    assert isnan(measured_period(*rng.standard_normal((2, 500))))
    drift = np.cumsum(rng.standard_normal((2, 500)), axis=1)
    assert isnan(measured_period(drift[0] - drift[0].mean(), drift[1] - drift[1].mean()))
    # A little noise on a true orbit hides nothing.
    x, y = orbit(500, 100)
    noise = rng.normal(0, 0.05, (2, 500))
    assert measured_period(x + noise[0], 1e-6 * (y + noise[1])) == pytest.approx(100, rel=0.02)


def test_an_ellipse_counts_whole_turns() -> None:
    x, y = orbit(260, 100)  # at 2.6 turns the ellipse's angle lags behind the circle's
    assert measured_period(x, 0.05 * y) == pytest.approx(100, rel=1e-3)


@pytest.mark.parametrize("loss", ["minimax", "wasserstein"])
def test_the_losses_run_at_twice_the_orbit_s_frequency(loss: str) -> None:
    """L_D sees only ψθ, which is the same at (θ, ψ) and (−θ, −ψ): half a turn is a period."""
    h = 0.01
    t, p = 0.5, 0.0
    rows = []
    for _ in range(16_384):  # alternating steps: the orbit stays where it is
        down, _ = field(t, p, loss)
        t += h * float(down)
        _, up = field(t, p, loss)
        p += h * float(up)
        rows.append((t, p, p * t if loss == "wasserstein" else np.log1p(np.exp(p * t))))
    theta, psi, loss_d = np.array(rows).T
    period = measured_period(theta, psi)
    spectrum = np.abs(np.fft.rfft((loss_d - loss_d.mean()) * np.hanning(len(loss_d))))
    assert spectrum.argmax() / len(loss_d) == pytest.approx(2 / period, abs=0.6 / len(loss_d))


def test_the_bilinear_orbit_is_measured_as_its_eigenvalue_says() -> None:
    eta = 0.1
    w, rows = np.array([1.0, 0.0]), []
    matrix = play(eta, "goodfellow")
    for _ in range(1000):
        rows.append(w)
        w = matrix @ w
    x, y = np.array(rows).T
    want = rotation(np.linalg.eigvals(matrix)[0])
    assert measured_period(x, y) == pytest.approx(want, rel=1e-3)
    assert cos(2 * pi / want) == pytest.approx(1 - eta**2 / 2, abs=1e-12)
    assert sin(pi / want) == pytest.approx(eta / 2, abs=1e-12)


def test_net_over_total_turning_tells_an_orbit_from_a_dance() -> None:
    angle = 0.05 * np.arange(500)
    x, y = np.cos(angle), np.sin(angle)
    assert circling(x, y) == pytest.approx(1)
    assert circling(x[::-1], 7 * y[::-1]) == pytest.approx(1), "either way, in any units"
    # Two steps on, one step back: net 1/3 of the way.
    jolting = np.cumsum(np.tile([0.1, 0.1, -0.1], 100))
    net = abs(jolting[-1] - jolting[0]) / (0.1 * (len(jolting) - 1))
    assert circling(np.cos(jolting), np.sin(jolting)) == pytest.approx(net)
    noise = np.random.default_rng(1).standard_normal((2, 4000))
    assert circling(*noise) < 0.1
    assert np.isnan(circling(np.ones(5), np.ones(5)))
    assert np.isnan(circling([], []))


def test_a_loss_of_both_numbers_runs_at_twice_the_frequency_of_their_orbit() -> None:
    """L = ψ·θ on the circle (cos φ, sin φ) is sin(2φ)/2: never measure a period on it."""
    angle = 2 * np.pi * np.arange(2000) / 125.7
    theta, psi = np.cos(angle), np.sin(angle)
    assert measured_period(theta, psi) == pytest.approx(125.7, rel=1e-6)
    # The loss and its own quarter-turn-behind make an orbit too, of half that period.
    loss = theta * psi
    assert measured_period(loss, np.cos(2 * angle)) == pytest.approx(125.7 / 2, rel=1e-6)
