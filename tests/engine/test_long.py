"""The issue's figures over eight seeds. Printed, so that they can be quoted."""

from __future__ import annotations

import numpy as np
import pytest

from ganviz.engine import Engine
from ganviz.presets import presets
from ganviz.theory.stability import circling

SEEDS = range(1, 9)
pytestmark = pytest.mark.long


def turns(x: np.ndarray, y: np.ndarray) -> float:
    angle = np.unwrap(np.arctan2(y, x))
    return abs(angle[-1] - angle[0]) / (2 * np.pi)


def run(name: str, seed: int, steps: int, **changes: object) -> Engine:
    engine = Engine(presets()[name].settings.with_({"train.seed": seed, **changes}))
    engine.step(steps)
    assert not engine.trouble
    return engine


@pytest.mark.parametrize("seed", SEEDS)
def test_the_two_number_saddle_turns(seed: int) -> None:
    engine = run("saddle-two-numbers", seed, 900)
    theta, psi = engine.trace.column("theta"), engine.trace.column("psi")
    radius = np.hypot(theta, psi)
    period = 899 / turns(theta, psi)
    print(f"seed {seed}: period {period:.1f}, radius {radius.min():.2f} to {radius.max():.2f}")
    assert 124 <= period <= 128
    assert radius.min() >= 1.2
    assert radius.max() <= 1.9
    moment = engine.moment()

    engine.change({"loss.kind": "non-saturating"})
    engine.step(600)
    after = np.hypot(engine.trace.column("theta"), engine.trace.column("psi"))[900:]
    calm = int(np.nonzero(after >= 0.2)[0].max()) + 1
    print(f"seed {seed}: non-saturating, below 0.2 for good after {calm} steps")
    assert calm <= 250

    engine = Engine.resume(moment)
    engine.change({"train.k": 5})
    engine.step(600)
    theta, psi = engine.trace.column("theta"), engine.trace.column("psi")
    period = 599 / turns(theta, psi)
    print(f"seed {seed}: k = 5, period {period:.2f}")
    assert 54 <= period <= 58
    assert np.hypot(theta, psi)[-100:].min() > 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_the_two_network_saddle_turns(seed: int) -> None:
    engine = run("saddle-networks", seed, 1200)
    gap = engine.trace.column("mean_gap")[299:]
    rms = float(np.sqrt((gap**2).mean()))
    print(f"seed {seed}: rms of mean(G) over steps 300-1200: {rms:.3f}")
    assert rms >= 0.3


def test_the_two_networks_go_round_one_way() -> None:
    """Net over total turning of the orbit about the equilibrium, once it has come near."""
    shares = []
    for seed in SEEDS:
        engine = run("saddle-networks", seed, 1500, **{"train.measure_every": 100})
        gap, tilt = (engine.trace.column(name)[300:] for name in ("mean_gap", "tilt"))
        shares.append(circling(gap, tilt))
    print("saddle-networks, net over total turning:", [round(share, 3) for share in shares])
    assert sum(share >= 0.8 for share in shares) >= 7


def test_two_latent_dimensions_cover_the_ring() -> None:
    modes = [run("ring", seed, 3000).measured["modes"] for seed in SEEDS]
    print("ring, latent 2:", modes)
    assert sum(m >= 7 for m in modes) >= 6


def test_sixteen_latent_dimensions_collapse() -> None:
    modes = [run("mode-collapse", seed, 3000).measured["modes"] for seed in SEEDS]
    print("ring, latent 16:", modes)
    assert all(1 <= m <= 3 for m in modes)


STRONG_D = {"optim.lr_d": 4e-3}
ANNEALED = {"loss.instance_noise": 0.5, "loss.noise_steps": 3000}
CODES = {"latent.codes": 8, "loss.info_weight": 1.0}


def inits(name: str) -> dict[str, object]:
    return {"generator.init": name, "discriminator.init": name}


def test_packing_two_cures_the_collapse() -> None:
    modes = [
        run("mode-collapse", seed, 3000, **{"discriminator.pack": 2}).measured["modes"]
        for seed in SEEDS
    ]
    print("ring, latent 16, PacGAN-2:", modes)
    assert all(m >= 6 for m in modes)


@pytest.mark.parametrize("init", ["he", "torch"])
def test_annealed_instance_noise_cures_a_discriminator_that_is_too_strong(init: str) -> None:
    modes = [
        run("mode-collapse", seed, 3000, **STRONG_D, **ANNEALED, **inits(init)).measured["modes"]
        for seed in SEEDS
    ]
    print(f"ring, latent 16, lr_D 4e-3, noise 0.5 → 0, {init}:", modes)
    assert sum(m >= 6 for m in modes) >= 7


def test_infogan_covers_the_ring_from_either_initialisation() -> None:
    """At 2,000 steps: the share goes on moving, a code may wander for a while."""
    he = [run("mode-collapse", seed, 2000, **CODES).measured["modes"] for seed in SEEDS]
    print("InfoGAN, he: modes", he)
    assert all(m >= 6 for m in he)
    runs = [run("mode-collapse", seed, 2000, **CODES, **inits("torch")) for seed in SEEDS]
    shares = [engine.measured["hq"] for engine in runs]
    information = [engine.measured["information"] for engine in runs]
    print("InfoGAN, torch: high quality", [round(x, 3) for x in shares])
    print("InfoGAN, torch: information", [round(x, 3) for x in information])
    assert all(x >= 0.9 for x in shares)
    assert all(x >= 2.0 for x in information)
