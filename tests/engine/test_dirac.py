"""The Dirac-GAN through the engine: published final radii, eigenvalues, the limit cycle.

Data at 0, G(z) = θ, s(x) = ψ·x (Mescheder et al. 2018, arXiv:1801.04406). The published runs take
500 steps of size 0.2; their code labels fakes positive, so that their start (1, 1) is (1, −1) here,
and their alternating steps begin with the generator. Each is iterated a second time in plain
numbers, without tensors, from the formulas of the paper.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, log, pi, sqrt
from typing import Any

import numpy as np
import pytest

from ganviz import presets
from ganviz.engine import Engine
from ganviz.settings import Settings
from ganviz.theory import stability as theory

D, G = "discriminator", "generator"
H, STEPS = 0.2, 500

Slope = Callable[[float, float], float]


def game(h: float, theta: float = 1.0, psi: float = -1.0, **values: Any) -> Engine:
    """The Dirac-GAN of the presets with one step size, measured as seldom as can be."""
    changes = {path.replace("__", "."): value for path, value in values.items()}
    starts = {"generator.start": theta, "discriminator.start": psi}
    rates = {"optim.lr_g": h, "optim.lr_d": h, "train.measure_every": 10000}
    settings: Settings = presets.find("dirac").settings
    return Engine(settings.with_(starts | rates | changes))


def orbit(engine: Engine, steps: int) -> np.ndarray:
    """(steps, 2): θ and ψ after each of so many steps."""
    engine.step(steps)
    assert not engine.trouble
    return np.stack([engine.trace.column("theta"), engine.trace.column("psi")], 1)


# ---- the same in plain numbers -----------------------------------------------------------------


def sigma(t: float) -> float:
    return 1 / (1 + np.exp(-t))


def of_d(t: float, p: float) -> float:
    """∂L_D/∂ψ of minimax and non-saturating."""
    return t * sigma(p * t)


def minimax(t: float, p: float) -> float:
    """∂L_G/∂θ."""
    return -p * sigma(p * t)


def non_saturating(t: float, p: float) -> float:
    return -p * sigma(-p * t)


def with_r1(gamma: float) -> Slope:
    return lambda t, p: of_d(t, p) + gamma * p


#: Gauss-Hermite nodes and weights of N(0, 1).
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def noisy_g(s: float) -> Slope:
    return lambda t, p: float(WEIGHTS @ (-p * sigma(p * (t + s * NODES))))


def noisy_d(s: float) -> Slope:
    """Both kinds of samples are spread by s: ∂/∂ψ of the mean of −log σ(ψx) − log σ(−ψy)."""

    def slope(t: float, p: float) -> float:
        x, y = s * NODES, t + s * NODES
        return float(WEIGHTS @ (-x * sigma(-p * x) + y * sigma(p * y)))

    return slope


def along(energy: Slope, which: int) -> Slope:
    """A derivative to rounding, by a step into the complex plane."""
    step = 1e-30j

    def slope(t: float, p: float) -> float:
        return complex(energy(t + step * (which == 0), p + step * (which == 1))).imag / 1e-30

    return slope


#: Under the root of the gradient penalty's norm, as its definition says.
LEAST = 1e-12


def speed(t: float, p: float) -> float:
    return (minimax(t, p) ** 2 + of_d(t, p) ** 2) / 2


def iterate(g: Slope, d: Slope, k: int, clip: float = np.inf) -> np.ndarray:
    """k = 0: simultaneous steps; else G first, then k steps of D."""
    t, p, path = 1.0, -1.0, []
    for _ in range(STEPS):
        if k == 0:
            t, p = t - H * g(t, p), p - H * d(t, p)
        else:
            t -= H * g(t, p)
        for _ in range(k):
            p = min(max(p - H * d(t, p), -clip), clip)
        path.append((t, min(max(p, -clip), clip)))
        p = path[-1][1]
    return np.array(path)


@dataclass(frozen=True)
class Published:
    """A method, its two slopes, and the radii published for k = 0, 1 and 5 (``None``: for none)."""

    values: dict[str, Any]
    g: Slope
    d: Slope
    radii: tuple[str | None, str | None, str | None]
    clip: float = field(default=np.inf)


RUNS = {
    "minimax": Published({"loss__kind": "minimax"}, minimax, of_d, ("3.097", "1.421", "1.845")),
    "non-saturating": Published({}, non_saturating, of_d, (".6402", ".2839", ".1389")),
    "clipped critic": Published(
        {"loss__kind": "wasserstein", "loss__clip": 1.0},
        lambda t, p: -p,
        lambda t, p: t,
        ("1.00", "1.02", ".92"),
        clip=1.0,
    ),
    # Their code descends γ(|ψ| − 1) sign ψ, half the slope of γ(|ψ| − 1)²: γ = 0.7 is λ = 0.35
    # in Gulrajani's formula, which is this program's.
    "gradient penalty": Published(
        {
            "loss__kind": "wasserstein",
            "loss__penalty": "gradient-penalty",
            "loss__penalty_weight": 0.35,
        },
        lambda t, p: -p,
        lambda t, p: t + 0.7 * (sqrt(p**2 + LEAST) - 1) * p / sqrt(p**2 + LEAST),
        ("1.80", "1.22", ".72"),
    ),
    # γ/2 ψ² has the slope γψ: the same number as theirs.
    "r1, 0.3": Published(
        {"loss__kind": "minimax", "loss__penalty": "r1", "loss__penalty_weight": 0.3},
        minimax,
        with_r1(0.3),
        ("2.6e-6", "2.3e-7", "9e-34"),
    ),
    "r1, 1": Published(
        {"loss__kind": "minimax", "loss__penalty": "r1", "loss__penalty_weight": 1.0},
        minimax,
        with_r1(1.0),
        ("9.5e-22", "7.5e-17", "5e-12"),
    ),
    "non-saturating with r1, 0.3": Published(
        {"loss__penalty": "r1", "loss__penalty_weight": 0.3},
        non_saturating,
        with_r1(0.3),
        ("2.2e-6", "1.5e-7", None),
    ),
    # With the factor 2 of f′f″ that their code lacks (theory.md C.5).
    "consensus": Published(
        {"loss__kind": "minimax", "loss__penalty": "consensus"},
        lambda t, p: minimax(t, p) + along(speed, 0)(t, p),
        lambda t, p: of_d(t, p) + along(speed, 1)(t, p),
        ("2.6e-10", "1.7e-11", None),
    ),
}


#: Enough of them for every day; the rest takes half a minute more.
QUICK = {(name, k) for name in RUNS for k in (0, 1)} | {("minimax", 5), ("non-saturating", 5)}
QUICK -= {("consensus", 1), ("non-saturating with r1, 0.3", 1)}


def digits(text: str) -> float:
    """Half a unit of the last digit that was published."""
    mantissa, _, exponent = text.partition("e")
    return 0.5001 * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


@pytest.mark.parametrize(
    ("name", "k", "published"),
    [
        pytest.param(name, k, radius, marks=() if (name, k) in QUICK else pytest.mark.long)
        for name, run in RUNS.items()
        for k, radius in zip((0, 1, 5), run.radii, strict=True)
        if radius is not None
    ],
)
def test_the_published_radii(name: str, k: int, published: str) -> None:
    run = RUNS[name]
    schedule = "generator-first" if k else "simultaneous"
    engine = game(H, train__schedule=schedule, **{"train__k": k} if k else {}, **run.values)
    seen = orbit(engine, STEPS)
    wanted = iterate(run.g, run.d, k, run.clip)
    np.testing.assert_allclose(seen, wanted, rtol=0, atol=1e-8)
    radius = float(np.hypot(*seen[-1]))
    assert radius == pytest.approx(float(np.hypot(*wanted[-1])), rel=1e-6)
    assert radius == pytest.approx(float(published), abs=digits(published))


@pytest.mark.parametrize(("k", "published"), [(0, "5.7e-5"), (1, "4.0e-6"), (5, "2e-17")])
def test_the_expected_run_with_instance_noise_has_the_published_radius(
    k: int, published: str
) -> None:
    """What the next test compares the engine's sampled noise with."""
    if k == 5:
        # Published to one digit, 2e-17, of what rounding alone decides: 4.6e-17 by this quadrature.
        assert np.hypot(*iterate(noisy_g(0.7), noisy_d(0.7), k)[-1]) < 1e-16
        return
    radius = float(np.hypot(*iterate(noisy_g(0.7), noisy_d(0.7), k)[-1]))
    assert radius == pytest.approx(float(published), abs=digits(published))


@pytest.mark.parametrize("k", [0, 1])
def test_instance_noise_holds_the_game_up_to_the_noise_of_its_batches(k: int) -> None:
    """D's slope at rest is ½σ(ȳ − x̄), so that ψ is pushed by h·½σ√(2/n) a step.

    With |λ|² = 1 − hσ²/2 + h²/4 (simultaneous; 1 − hσ²/2 alternating) the radius settles at an rms
    of that push over √(1 − |λ|²), 0.0055 and 0.0049, instead of going on to 6e-5 and 4e-6.
    """
    n, s = 8192, 0.7
    schedule = "generator-first" if k else "simultaneous"
    engine = game(
        H, train__schedule=schedule, loss__kind="minimax", loss__instance_noise=s, train__batch=n
    )
    seen = orbit(engine, STEPS)
    np.testing.assert_allclose(seen, iterate(noisy_g(s), noisy_d(s), k), rtol=0, atol=0.05)
    lost = H * s**2 / 2 - (0 if k else H**2 / 4)
    rms = sqrt((seen[250:] ** 2).sum(1).mean())
    assert rms == pytest.approx(H * s / 2 * sqrt(2 / n) / sqrt(lost), rel=0.5)


# ---- eigenvalues -------------------------------------------------------------------------------


def one_step(h: float, **values: Any) -> np.ndarray:
    """The derivative of one step of the engine at (0, 0), by central differences."""
    near, columns = 1e-4, []
    engine = game(h, 0.0, 0.0, **values)
    for theta, psi in ((near, 0.0), (0.0, near)):
        ends = []
        for sign in (1, -1):
            engine.set_weights(G, [sign * theta])
            engine.set_weights(D, [sign * psi])
            engine.step()
            ends.append(np.concatenate([engine.weights(G), engine.weights(D)]))
        columns.append((ends[0] - ends[1]) / (2 * near))
    return np.array(columns).T


#: Penalty, and the R1 strength that acts alike at the equilibrium: there both samples are 0, and
#: D = ½. The gradient penalty of slope 1 is none of these: it has no derivative at ψ = 0.
LIKE_R1 = {
    "off": lambda w: 0.0,
    "r1": lambda w: w,
    "r2": lambda w: w,
    "r1-r2": lambda w: 2 * w,
    "zero-centred": lambda w: 2 * w,  # λ‖∇s‖² without the half
    "roth": lambda w: w / 2,  # (1 − D)² + D² = ½
    "one-sided": lambda w: 0.0,  # gentle slopes are left alone
}


@pytest.mark.parametrize("loss", ["minimax", "non-saturating"])
@pytest.mark.parametrize("strength", [0.3, 1.6])
@pytest.mark.parametrize("penalty", [*LIKE_R1, "consensus", "nagarajan-kolter"])
def test_each_penalty_has_its_eigenvalues(penalty: str, strength: float, loss: str) -> None:
    h = 0.1
    values = {} if penalty == "off" else {"loss__penalty_weight": strength}
    matrix = one_step(h, loss__kind=loss, loss__penalty=penalty, **values)
    flow = np.sort_complex((np.linalg.eigvals(matrix) - 1) / h)
    if penalty == "consensus":
        wanted = theory.DIRAC["consensus"].eigenvalues(strength)
    else:
        # Nagarajan & Kolter's slope of θ²/4 damps θ as R1's damps ψ: the same eigenvalues, by half.
        like = strength / 2 if penalty == "nagarajan-kolter" else LIKE_R1[penalty](strength)
        wanted = theory.DIRAC["r1"].eigenvalues(like)
    np.testing.assert_allclose(flow, np.sort_complex(np.array(wanted)), rtol=0, atol=1e-6)


def test_the_wasserstein_game_turns_twice_as_fast() -> None:
    values = np.linalg.eigvals(one_step(0.1, loss__kind="wasserstein"))
    np.testing.assert_allclose(np.sort_complex((values - 1) / 0.1), [-1j, 1j], rtol=0, atol=1e-9)


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_instance_noise_damps_by_half_its_variance(strength: float) -> None:
    """J of the engine's own gradients on a million noisy samples, the same at every point."""
    n, near = 1_000_000, 1e-3
    engine = game(0.1, 0.0, 0.0, loss__instance_noise=strength)
    at = np.zeros((n, 1))

    def pull(theta: float, psi: float) -> np.ndarray:
        engine.set_weights(G, [theta])
        engine.set_weights(D, [psi])
        return np.concatenate([engine.gradient(name, z=at, x=at) for name in (G, D)])

    columns = [
        (pull(*place) - pull(*(-np.array(place)))) / (2 * near)
        for place in ((near, 0.0), (0.0, near))
    ]
    noise = theory.DIRAC["instance-noise"]
    # The variance of n numbers is known to √(2/n) of itself.
    tolerance = 5 * strength**2 / 2 * sqrt(2 / n) + 5 * strength / sqrt(n)
    np.testing.assert_allclose(np.array(columns).T, noise.jacobian(strength), atol=tolerance)


@pytest.mark.parametrize("gamma", [0.1, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("h", [0.1, 0.5])
def test_r1_damps_a_step_by_its_closed_form(h: float, gamma: float) -> None:
    values = {"loss__kind": "minimax", "loss__penalty": "r1", "loss__penalty_weight": gamma}
    matrix = one_step(h, **values)
    # At γ = 1 the eigenvalue is double: rounding moves it by the root of itself.
    tolerance = 1e-3 if gamma == 1 else 1e-7
    squared = float(np.abs(np.linalg.eigvals(matrix)).max() ** 2)
    assert squared == pytest.approx(theory.DIRAC["r1"].squared(h, gamma), abs=tolerance)
    by_hand = (1 - h / 2) ** 2 if gamma == 1 else 1 - h * gamma + h**2 / 4
    assert squared == pytest.approx(by_hand, abs=tolerance)
    alternating = one_step(h, train__schedule="generator-first", **values)
    assert np.linalg.det(alternating) == pytest.approx(1 - h * gamma, abs=1e-7)
    if np.trace(alternating) ** 2 < 4 * (1 - h * gamma) - 1e-3:  # while the pair is complex
        modulus = np.abs(np.linalg.eigvals(alternating))
        np.testing.assert_allclose(modulus, sqrt(1 - h * gamma), rtol=0, atol=1e-7)


def test_r1_holds_the_simultaneous_game_below_four_gamma() -> None:
    for h, held in ((1.19, True), (1.21, False)):
        matrix = one_step(h, loss__penalty="r1", loss__penalty_weight=0.3)
        assert (np.abs(np.linalg.eigvals(matrix)).max() < 1) == held


@pytest.mark.parametrize("k", [1, 5])
def test_alternating_steps_stay_on_the_circle_while_they_are_small_enough(k: int) -> None:
    """√(n_g n_d)·h/2 ≤ 2."""
    for h, on in ((3.9 / sqrt(k), True), (4.1 / sqrt(k), False)):
        values = np.linalg.eigvals(one_step(h, train__schedule="generator-first", train__k=k))
        assert abs(np.prod(values)) == pytest.approx(1, abs=1e-6)
        assert (np.abs(values).max() < 1 + 1e-4) == on


# ---- the non-saturating game -------------------------------------------------------------------


def circle(h_g: float, h_d: float, start: float, settle: int) -> tuple[float, float]:
    """Rms θ and ψ over five whole turns after ``settle`` steps, from ``start`` times the circle."""
    theta, _ = theory.limit_cycle(h_g, h_d)
    engine = game(h_g, start * sqrt(2) * theta, 0.0, optim__lr_d=h_d)
    turns = round(5 * 4 * pi / sqrt(h_g * h_d))
    path = orbit(engine, settle + turns)[settle:]
    rms = np.sqrt((path**2).mean(0))
    return float(rms[0]), float(rms[1])


def settled(h: float, start: float) -> None:
    """With y = r²/2h the averaged game is dy/dt = h²/4 · (y − y²): 1/y − 1 dies out, here to 0.004.

    That leaves 0.2 % of the radius; the rest is of the next order in h.
    """
    settle = int(4 / h**2 * log(abs(1 / start**2 - 1) / 0.004))
    theta, psi = circle(h, h, start, settle)
    radius = sqrt(theta**2 + psi**2)
    print(f"h = {h}, from {start}: radius {radius:.5f}, √(2h) = {sqrt(2 * h):.5f}")
    assert radius == pytest.approx(sqrt(2 * h), rel=0.005)
    assert theta == pytest.approx(sqrt(h), rel=0.01)
    assert psi == pytest.approx(sqrt(h), rel=0.01)


@pytest.mark.parametrize("start", [0.5, 1.5])
def test_simultaneous_steps_end_on_a_circle_of_radius_root_two_h(start: float) -> None:
    settled(0.2, start)


@pytest.mark.long
def test_the_radius_moves_by_the_logistic_law() -> None:
    """1/y − 1 falls by exp(−h²/4) a step, from either side: there is but one circle."""
    h, steps = 0.1, 250
    for start in (0.7, 1.4):
        theta, psi = circle(h, h, start, steps)
        left = (1 / start**2 - 1) * exp(-(h**2) * (steps + 2.5 * 4 * pi / h) / 4)
        assert sqrt(theta**2 + psi**2) == pytest.approx(sqrt(2 * h / (1 + left)), rel=0.01)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("h", "start"), [(0.01, 0.99), (0.02, 0.9), (0.02, 1.1), (0.05, 1.4), (0.1, 0.6)]
)
def test_the_circle_is_there_for_small_steps_too(h: float, start: float) -> None:
    settled(h, start)


def test_unequal_rates_make_it_an_ellipse_of_their_roots() -> None:
    theta, psi = circle(0.3, 0.1, 1.0, 300)
    assert theta == pytest.approx(sqrt(0.3), rel=0.01)
    assert psi == pytest.approx(sqrt(0.1), rel=0.01)


def test_alternating_steps_come_in_as_slowly_as_the_flow() -> None:
    """Of dr²/dt = −2θψ·tanh(θψ/2): r(t) ≈ r₀/√(1 + r₀²t/8), 0.2400 at t = 50 from 0.3.

    The flow itself gives 0.23977 (theory.md C.3); alternating steps keep an ellipse of the first
    order in h, which this looks at along its mean over one turn, 4π/h steps.
    """
    h = 0.05
    path = orbit(game(h, 0.3, 0.0, train__schedule="generator-first"), int(56.3 / h))
    radius = np.sqrt((path[-int(4 * pi / h) :] ** 2).sum(1).mean())
    assert radius == pytest.approx(0.23977, abs=2e-3)


def test_relativistic_pairs_play_the_non_saturating_game_here() -> None:
    """Real samples have the logit 0: s(x) − s(y) = −ψθ is all that either loss sees."""
    for schedule in ("simultaneous", "generator-first"):
        paths = [
            orbit(game(0.2, loss__kind=loss, train__schedule=schedule), 200)
            for loss in ("relativistic", "non-saturating")
        ]
        assert paths[0].tobytes() == paths[1].tobytes()
