"""Spectra of games whose eigenvalues are known, and of networks by two roads."""

from __future__ import annotations

import threading
import time
from math import isnan, sqrt
from typing import Any

import numpy as np
import pytest
import torch

from ganviz import presets
from ganviz.catalog.optimizers import OPTIMIZERS, Hyper
from ganviz.engine import Engine, stability
from ganviz.engine.stability import (
    MEMORIES,
    Memory,
    Spectrum,
    changes,
    leading,
    sentence,
    spectrum,
)
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.theory.stability import BILINEAR, DIRAC, measured_period

#: G(z) = z + θ and s(x) = ψ·x with Wasserstein's loss: exactly the bilinear game.
BILINEAR_GAME = {
    "data.target": "normal",
    "latent.dim": 1,
    "generator.kind": "shift",
    "generator.start": 1.0,
    "discriminator.kind": "linear",
    "discriminator.start": 0.0,
    "loss.kind": "wasserstein",
    "train.batch": 16,
    "train.dtype": "float64",
    "optim.kind_g": "sgd",
    "optim.kind_d": "sgd",
    "optim.lr_g": 0.1,
    "optim.lr_d": 0.1,
}
SMALL = {
    "data.target": "two-gaussians",
    "latent.dim": 2,
    "generator.hidden": [6],
    "generator.activation": "tanh",
    "discriminator.hidden": [6],
    "discriminator.activation": "tanh",
    "train.batch": 64,
    "train.dtype": "float64",
}


def dirac(**values: Any) -> Engine:
    game = presets.find("dirac").settings.with_(
        {"generator.start": 0.0, "discriminator.start": 0.0}
    )
    return Engine(game.with_({path.replace("__", "."): value for path, value in values.items()}))


def found(engine: Engine) -> Spectrum:
    result = spectrum(engine.moment())
    assert result is not None
    return result


def pairs(values: np.ndarray) -> np.ndarray:
    return np.sort_complex(np.asarray(values))


# ---- closed forms ------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["minimax", "non-saturating", "wasserstein"])
def test_the_dirac_gan_has_mescheder_s_eigenvalues(loss: str) -> None:
    game = DIRAC["wasserstein" if loss == "wasserstein" else "none"]
    seen = found(dirac(loss__kind=loss))
    assert seen.parameters == 2
    assert np.allclose(pairs(seen.jacobian), pairs(game.eigenvalues(0)), atol=1e-6)
    assert seen.growth == pytest.approx(sqrt(game.squared(0.1, 0)), abs=1e-9)
    turn = 2 * np.pi / np.arctan(0.1 * abs(game.eigenvalues(0)[0]))
    assert seen.period == pytest.approx(turn, rel=1e-9)


@pytest.mark.parametrize("gamma", [0.3, 0.8])
def test_r1_damps_the_dirac_gan_as_it_should(gamma: float) -> None:
    seen = found(dirac(loss__penalty="r1", loss__penalty_weight=gamma))
    want = -np.array(DIRAC["r1"].eigenvalues(gamma))  # of J itself
    assert np.allclose(pairs(seen.jacobian), pairs(want), atol=1e-6)
    assert seen.growth**2 == pytest.approx(DIRAC["r1"].squared(0.1, gamma), abs=1e-9)


@pytest.mark.parametrize(
    ("values", "radius"),
    [
        ({"train.schedule": "simultaneous"}, BILINEAR["simultaneous"].radius(0.1)),
        ({"train.schedule": "goodfellow", "train.k": 3}, BILINEAR["goodfellow"].radius(0.1, 3)),
        ({"train.schedule": "generator-first"}, BILINEAR["alternating"].radius(0.1)),
        ({"train.schedule": "toronto", "train.k": 3}, BILINEAR["toronto"].radius(0.1, 3)),
        ({"train.schedule": "extragradient"}, BILINEAR["extragradient"].radius(0.1)),
        ({"train.schedule": "competitive"}, BILINEAR["competitive"].radius(0.1)),
        (
            {
                "train.schedule": "simultaneous",
                "optim.kind_g": "optimistic",
                "optim.kind_d": "optimistic",
            },
            BILINEAR["optimistic"].radius(0.1),
        ),
        (
            {"optim.kind_g": "momentum", "optim.kind_d": "momentum", "optim.momentum": 0.9},
            BILINEAR["momentum-alternating"].radius(0.1, 0.9),
        ),
        (
            {
                "train.schedule": "simultaneous",
                "optim.kind_g": "momentum",
                "optim.kind_d": "momentum",
                "optim.momentum": 0.5,
            },
            BILINEAR["momentum-simultaneous"].radius(0.1, 0.5),
        ),
        (
            {"optim.lookahead": 5, "train.schedule": "simultaneous"},
            BILINEAR["lookahead-simultaneous"].radius(0.1, 5) ** (1 / 5),
        ),
    ],
)
def test_the_bilinear_game_grows_by_its_closed_form(values: dict[str, Any], radius: float) -> None:
    # The probe batch's own means shift the equilibrium, not the eigenvalues.
    seen = found(Engine(Settings.of(BILINEAR_GAME | values)))
    assert np.allclose(pairs(seen.jacobian), [-1j, 1j], atol=1e-12)
    assert seen.growth == pytest.approx(radius, abs=1e-9)


def test_the_orbit_of_the_saddle_turns_as_predicted() -> None:
    engine = Engine(presets.find("saddle-two-numbers").settings)
    engine.step(600)
    seen = found(engine)
    trace = engine.trace
    measured = measured_period(trace.column("theta"), trace.column("psi"), (0.0, 0.0))
    assert seen.period == pytest.approx(np.pi / np.arcsin(0.025), rel=1e-9)
    assert measured == pytest.approx(seen.period, rel=0.02)
    assert seen.growth == pytest.approx(1, abs=1e-12)
    assert seen.words == (
        "2 parameters; the leading pair turns once in 126 steps and neither grows nor shrinks"
    )


@pytest.mark.parametrize("name", MEMORIES)
def test_each_memory_answers_as_its_optimiser_does(name: str) -> None:
    """The path of w under the catalogue's own update obeys the recurrence that has these roots."""
    # So long after the start that Adam's corrections are over, and mean squares stay at one.
    hyper, begin = Hyper(0.6, 0.7, 1 - 1e-12, 1 - 1e-12, eps=0.0), 10**15
    mu, lr = 0.2, 0.05
    entry = OPTIMIZERS[name]
    w = torch.ones(1, dtype=torch.float64)
    moments = tuple(torch.zeros_like(w) + (kept == "square") for kept in entry.moments)
    path = [1.0]
    for t in range(60):
        entry.update(w, w * mu / lr, moments, begin + t, lr, hyper)
        path.append(float(w))
    memory = MEMORIES[name](hyper)
    recurrence = np.poly(memory.eigenvalues(np.array([mu + 0j])))
    assert np.abs(np.convolve(path, recurrence, "valid")).max() < 1e-9
    assert len(recurrence) == (2 if memory == Memory() else 3)


def test_memories_are_exact_for_small_players_and_near_enough_for_large_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = BILINEAR_GAME | {
        "optim.kind_g": "momentum",
        "optim.kind_d": "momentum",
        "optim.momentum": 0.5,
        "optim.lr_g": 0.01,
        "optim.lr_d": 0.01,
    }
    engine = Engine(Settings.of(values))
    exact = found(engine)
    monkeypatch.setattr(stability, "EXACT", 0)
    near = found(engine)
    assert near.growth == pytest.approx(exact.growth, abs=1e-5)
    assert near.growth != pytest.approx(1, abs=1e-4)
    assert near.period == pytest.approx(exact.period, rel=1e-3)


# ---- networks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_all_eigenvalues_and_the_outermost_agree(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(Settings.of(SMALL | {"optim.kind_g": kind, "optim.kind_d": kind}))
    engine.step(50)
    monkeypatch.setattr(stability, "EXACT", 0)
    monkeypatch.setattr(stability, "OUTERMOST", 6)
    full = found(engine)
    monkeypatch.setattr(stability, "WHOLE", 1)
    part = found(engine)
    assert full.whole
    assert not part.whole
    assert part.jacobian[0].imag != 0
    assert abs(part.jacobian[0].imag) == pytest.approx(abs(full.jacobian[0].imag), rel=1e-6)
    assert np.abs(part.jacobian).max() == pytest.approx(np.abs(full.jacobian).max(), rel=1e-6)
    for value in part.jacobian:
        assert np.abs(full.jacobian - value).min() < 1e-7
    assert part.period == pytest.approx(full.period, rel=1e-6, nan_ok=True)
    for value in part.step:
        assert np.abs(full.step - value).min() < 1e-7


def test_the_jacobian_is_the_derivative_of_the_gradients() -> None:
    """One column of J by central differences of the gradients that training uses."""
    engine = Engine(Settings.of(SMALL))
    engine.step(20)
    finder = stability._Finder(engine.moment(), lambda: False, lambda share: None)
    j = finder.rows(finder.field())
    flat = finder.players[1].flat
    slopes = []
    for by in (1e-5, -1e-5):
        flat[3] += by
        slopes.append(finder.field().detach().numpy())
        flat[3] -= by
    want = (slopes[0] - slopes[1]) / 2e-5
    assert np.allclose(j[:, finder.n_g + 3], want, atol=1e-7)


def test_the_run_is_not_touched() -> None:
    watched, alone = Engine(Settings.of(SMALL)), Engine(Settings.of(SMALL))
    watched.step(10)
    found(watched)
    watched.step(10)
    alone.step(20)
    assert np.array_equal(watched.trace.rows, alone.trace.rows, equal_nan=True)


def test_a_frozen_player_does_not_step() -> None:
    seen = found(Engine(Settings.of(BILINEAR_GAME | {"train.freeze": "generator"})))
    assert isnan(seen.period)
    assert "no pair of eigenvalues turns" in seen.words


# ---- cancelling, and what cannot be done -------------------------------------------------------


def test_cancelling_ends_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(Settings.of(SMALL))
    engine.step(1)
    moment = engine.moment()
    assert spectrum(moment, lambda: True) is None
    # While the rows are made.
    calls = iter([False] * 5 + [True] * 100)
    monkeypatch.setattr(stability, "ROWS", 2)
    assert spectrum(moment, lambda: next(calls)) is None


def test_cancelling_does_not_wait_for_the_eigenvalues(monkeypatch: pytest.MonkeyPatch) -> None:
    working, gone = threading.Event(), threading.Event()

    def slow(matrix: torch.Tensor) -> torch.Tensor:
        working.set()
        gone.wait(20)
        return torch.zeros(len(matrix), dtype=torch.complex128)

    values = SMALL | {"generator.hidden": [30], "discriminator.hidden": [60]}
    values |= {"optim.kind_g": "sgd", "optim.kind_d": "sgd"}
    moment = Engine(Settings.of(values)).moment()
    monkeypatch.setattr(torch.linalg, "eigvals", slow)
    asked: list[float] = []

    def cancelled() -> bool:
        if working.is_set():
            asked.append(time.perf_counter())
        return bool(asked)

    assert spectrum(moment, cancelled) is None
    assert time.perf_counter() - asked[0] < 10  # half of what waiting would take
    gone.set()


def test_progress_goes_from_little_to_all() -> None:
    shares: list[float] = []
    spectrum(dirac().moment(), lambda: False, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_adam_needs_a_step_first() -> None:
    engine = Engine(Settings.of(SMALL | {"optim.kind_g": "sgd", "optim.kind_d": "adam"}))
    with pytest.raises(ParamError, match=r"optim\.kind_d = adam: it has not taken a step yet"):
        spectrum(engine.moment())
    engine.step(1)
    assert found(engine).parameters > 0


def test_without_scipy_large_games_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(stability, "import_module", refuse)
    monkeypatch.setattr(stability, "WHOLE", 1)
    with pytest.raises(ParamError, match="beyond 1 SciPy is needed; install it with"):
        spectrum(dirac().moment())


def test_the_leading_pair_is_the_largest_that_is_seen_to_turn() -> None:
    def pair(steps: float, size: float) -> complex:
        return complex(size * np.exp(2j * np.pi / steps))

    quick, slow = pair(100, 0.99), pair(1000, 0.999)
    fades, grows = pair(500, 0.99), pair(5000, 1.01)
    creeps, flips, real = pair(1e5, 1.0), pair(2, 0.999), 1.3 + 0j
    step = np.array([quick, fades, grows, creeps, flips, real])
    assert leading(step) == pytest.approx(quick)
    assert leading(np.append(step, slow.conjugate())) == pytest.approx(slow)
    assert leading(np.array([creeps])) == pytest.approx(creeps)
    assert isnan(leading(np.array([fades, grows, flips, real, 0j, 1 + 1e-12j])).real)


def test_an_optimiser_s_overshoot_is_no_turning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Momentum on a bowl swings to and fro by itself: no player turns about the other."""
    monkeypatch.setattr(stability, "EXACT", 0)
    values = BILINEAR_GAME | {
        "optim.kind_g": "momentum",
        "optim.kind_d": "momentum",
        "loss.kind": "least-squares",
        "train.freeze": "generator",
    }
    seen = found(Engine(Settings.of(values)))
    assert np.abs(seen.step.imag).max() > 0.1
    assert isnan(seen.period)


def test_what_is_said() -> None:
    assert sentence(2306, 125.7, 0.998) == (
        "2,306 parameters; the leading pair turns once in 126 steps and shrinks by 0.2 % a step"
    )
    assert sentence(1, np.nan, 0.5).startswith("1 parameter; no pair of eigenvalues turns")
    assert changes(1.0 + 1e-9) == "neither grows nor shrinks"
    assert changes(1.0125) == "grows by 1.2 % a step"


@pytest.mark.long
def test_the_default_pair_of_networks_takes_seconds() -> None:
    engine = Engine(Settings())
    engine.step(50)
    seen = found(engine)
    assert seen.parameters == 2306
    assert seen.whole
    assert seen.seconds < 120
