"""GANs' relatives in the very same engine: closed forms, and what every run promises."""

from __future__ import annotations

from math import e, log, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganviz.catalog.games import GAMES
from ganviz.catalog.networks import ACTIVATIONS, INITS
from ganviz.engine import Engine
from ganviz.engine.family import families
from ganviz.engine.family.autoencoder import Denoiser
from ganviz.engine.family.vae import Vae
from ganviz.engine.stability import spectrum
from ganviz.frame import Wants
from ganviz.lesson import find as lesson
from ganviz.schema import ParamError
from ganviz.settings import PARAMETERS, Settings
from ganviz.tape import Tape, runfile
from ganviz.tape.lane import Lane
from ganviz.tape.replay import replay

G, E = "generator", "encoder"
SMALL: dict[str, Any] = {
    "generator.hidden": (8,),
    "encoder.hidden": (8,),
    "train.batch": 32,
    "train.measure_every": 20,
}
VAE: dict[str, Any] = {**SMALL, "game.kind": "vae"}
PLAIN: dict[str, Any] = {**SMALL, "game.kind": "autoencoder"}
#: One of each kind, on the line and in the plane.
GAMES_TRIED: dict[str, dict[str, Any]] = {
    "vae": VAE,
    "vae of two codes": {**VAE, "latent.dim": 2},
    "vae in the plane": {**VAE, "data.target": "ring", "latent.dim": 2},
    "vae on a curve": {**VAE, "data.target": "moons", "generator.noise": 0.1},
    "vae of points": {**VAE, "data.target": "point"},
    "affine vae": {
        "game.kind": "vae",
        "generator.kind": "affine",
        "encoder.hidden": (8,),
        "train.batch": 32,
        "train.measure_every": 20,
    },
    "autoencoder": PLAIN,
    "autoencoder in the plane": {**PLAIN, "data.target": "ring"},
    "denoiser": {**PLAIN, "encoder.noise": 0.5},
    "denoiser in the plane": {**PLAIN, "data.target": "moons", "encoder.noise": 0.2},
    "sparse": {**PLAIN, "encoder.sparsity": 0.3, "latent.dim": 4},
    "dictionary": {
        "game.kind": "autoencoder",
        "data.target": "ring",
        "latent.dim": 3,
        "generator.kind": "dictionary",
        "encoder.hidden": (8,),
        "encoder.sparsity": 0.3,
        "train.batch": 32,
        "train.measure_every": 20,
    },
    "double": {**PLAIN, "train.dtype": "float64", "encoder.noise": 0.1, "encoder.sparsity": 0.1},
}
#: Two points, as good as: what a denoiser makes of them is a hyperbolic tangent.
POINTS = {
    "data.target": "mixture",
    "data.means": (-1.0, 1.0),
    "data.sigmas": (0.001, 0.001),
}
LAYERS = {"belief", "best", "arrows", "map", "manifold", "density", "contours", "modes"}
VIEWS = {"graph", "gradients", "measures", "surface", "probe", "code"}
ALL = Wants(frozenset(LAYERS | VIEWS | {"average"}), clamp=(1.0, 0.5))


def engine(**values: Any) -> Engine:
    return Engine(Settings.of(values))


# ---- closed forms -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def linear() -> Engine:
    """A linear VAE of N(0, 2²) with s = ½, at the end of its training."""
    trained = engine(
        **{
            "game.kind": "vae",
            "data.target": "normal",
            "data.sigma": 2.0,
            "generator.hidden": (),
            "encoder.hidden": (),
            "generator.noise": 0.5,
            "train.batch": 512,
            "optim.lr_g": 0.1,
            "optim.beta1": 0.9,
            "optim.decay": "cosine",
            "optim.decay_steps": 1000,
        }
    )
    trained.step(1000)
    return trained


def test_the_linear_vae_finds_the_width_of_the_data(linear: Engine) -> None:
    """w² = σ² − s²: what the decoder's noise leaves to the code (Tipping & Bishop 1999)."""
    w, b = linear.weights(G)
    assert abs(w) == pytest.approx(sqrt(2.0**2 - 0.5**2), abs=0.02)  # 1.9365
    assert b == pytest.approx(0, abs=0.02)


def test_the_linear_vae_is_as_good_as_the_data(linear: Engine) -> None:
    """−log p_g = ½ log(2πe σ²), and −ELBO is no more: the encoder is the true posterior."""
    best = log(2 * pi * e * 2.0**2) / 2
    assert best == pytest.approx(2.11209, abs=1e-5)
    assert linear.measured["nll"] == pytest.approx(best, abs=1e-3)
    assert linear.trace.column("loss", 200).mean() == pytest.approx(best, abs=0.02)
    assert linear.measured["jsd"] < 1e-5
    (line,) = linear.frame().references
    assert line.value == pytest.approx(best, abs=1e-6)


def test_the_linear_encoder_is_the_true_posterior(linear: Engine) -> None:
    """q(z|x) = N(w x / σ², s² / σ²)."""
    m, _, _, log_v = linear.weights(E)
    assert abs(m) == pytest.approx(1.9365 / 4, abs=0.01)
    assert log_v == pytest.approx(log(0.25 / 4), abs=0.03)


def test_the_forward_kl_covers_both_modes() -> None:
    """One normal p_g for ½ N(−3, ½²) + ½ N(3, ½²): N(0, 3.0413²), KL(p ‖ p_g) = 1.11231.

    Maximum likelihood covers; a GAN's losses, and KL(p_g ‖ p), pick one mode.
    """
    run = engine(
        **{
            "game.kind": "vae",
            "data.scale": 3.0,
            "generator.hidden": (),
            "encoder.hidden": (),
            "generator.noise": 1.5,
            "train.batch": 512,
            "optim.lr_g": 0.1,
            "optim.beta1": 0.9,
            "optim.decay": "cosine",
            "optim.decay_steps": 1500,
            "measure.kl_data": True,
        }
    )
    run.step(1500)
    w, b = run.weights(G)
    assert b == pytest.approx(0, abs=0.1)
    assert sqrt(w**2 + 1.5**2) == pytest.approx(3.0413, abs=0.03)
    assert run.measured["kl_data"] == pytest.approx(1.11231, abs=0.003)
    assert run.measured["modes"] == 2


def test_the_kl_term_is_the_closed_form_and_the_loss_its_sum() -> None:
    run = engine(**VAE, **{"train.dtype": "float64"})
    run.step(3)
    family = run.family
    assert isinstance(family, Vae)
    x, noise = (torch.from_numpy(np.random.default_rng(n).normal(size=(9, 1))) for n in (1, 2))
    told: dict[str, torch.Tensor] = {}
    with torch.no_grad():
        loss = family.loss(x, noise, told)
        mean, log_v = family.players[E](x).numpy().T
    own = 0.5 * (mean**2 + np.exp(log_v) - 1 - log_v)
    assert float(told["kl"]) == pytest.approx(own.mean(), rel=1e-12)
    prior = torch.distributions.Normal(0.0, 1.0)
    posterior = torch.distributions.Normal(
        torch.from_numpy(mean), torch.from_numpy(np.exp(log_v / 2))
    )
    by_torch = torch.distributions.kl_divergence(posterior, prior).mean()
    assert float(told["kl"]) == pytest.approx(float(by_torch), rel=1e-12)
    z = torch.from_numpy(mean + np.exp(log_v / 2) * noise[:, 0].numpy())[:, None]
    with torch.no_grad():
        likelihood = torch.distributions.Normal(family.players[G](z), 0.5).log_prob(x)
    assert float(told["reconstruction"]) == pytest.approx(-float(likelihood.mean()), rel=1e-12)
    assert float(loss) == pytest.approx(float(told["kl"] + told["reconstruction"]), rel=1e-14)


def test_p_g_of_a_vae_holds_the_noise_of_its_decoder() -> None:
    """p_g(x) = E_z N(x; G(z), s²), against quadrature of its own and against samples."""
    run = engine(**VAE, **{"generator.noise": 0.3})
    run.step(200)
    frame = run.frame()
    assert frame.model is not None
    z = np.linspace(-8, 8, 4001)
    weight = np.exp(-(z**2) / 2) / sqrt(2 * pi) * (z[1] - z[0])
    x = frame.grid[0]
    kernel = np.exp(-(((x[:, None] - run.push(z[:, None])[:, 0]) / 0.3) ** 2) / 2)
    own = kernel @ weight / (0.3 * sqrt(2 * pi))
    assert np.abs(frame.model.density - own).max() < 2e-3 * own.max()
    drawn = run.sample(20_000)[:, 0]
    within = np.histogram(drawn, 20, (float(x[0]), float(x[-1])))[0] / len(drawn)
    edges = np.linspace(x[0], x[-1], 21)
    step = float(x[1] - x[0])
    whole = np.append(0.0, np.cumsum(frame.model.density) * step)
    masses = np.diff(np.interp(edges, np.append(x - step / 2, x[-1] + step / 2), whole))
    assert np.abs(within - masses).max() < 0.015


def test_the_likelihood_is_that_of_the_data_under_p_g() -> None:
    run = engine(**VAE, **{"generator.noise": 0.4})
    run.step(100)
    z = np.linspace(-8, 8, 4001)
    weight = np.exp(-(z**2) / 2) / sqrt(2 * pi) * (z[1] - z[0])
    target = run.family.supply().target
    assert target.log_density is not None
    x = np.linspace(-6, 6, 3001)
    p = np.exp(target.log_density(x[:, None]))
    kernel = np.exp(-(((x[:, None] - run.push(z[:, None])[:, 0]) / 0.4) ** 2) / 2)
    log_q = np.log(kernel @ weight / (0.4 * sqrt(2 * pi)) + 1e-300)
    nll = -np.trapezoid(p * log_q, x)
    assert run.measured["nll"] == pytest.approx(nll, abs=2e-3)
    kl = np.trapezoid(p * (np.log(p + 1e-300) - log_q), x)
    run.change({"measure.kl_data": True})
    assert run.measured["kl_data"] == pytest.approx(kl, abs=2e-3)
    # The bound holds: −ELBO lies above, up to the noise of its batch.
    assert run.trace.column("loss", 20).mean() > run.measured["nll"] - 0.1


@pytest.fixture(scope="module")
def denoiser() -> Engine:
    """Two points at ±1, seen through noise of ½."""
    trained = engine(
        **POINTS,
        **{
            "game.kind": "autoencoder",
            "encoder.noise": 0.5,
            "train.batch": 512,
            "train.seed": 1,
            "optim.lr_g": 3e-3,
            "optim.decay": "cosine",
            "optim.decay_steps": 2000,
            "measure.jsd": False,
        },
    )
    trained.step(2000)
    return trained


def test_a_denoiser_of_two_points_learns_the_hyperbolic_tangent(denoiser: Engine) -> None:
    """E[x | x̃] = tanh(x̃ / s²) for points at ±1: 0.37995 at 0.1."""
    x = np.linspace(-1.5, 1.5, 121)[:, None]
    assert np.abs(denoiser.push(x) - np.tanh(x / 0.25)).max() < 0.03
    best = Denoiser.of(denoiser.family.supply().target, 0.5)
    assert best is not None
    assert best(np.array([[0.1]]))[0, 0] == pytest.approx(0.37995, abs=1e-4)


def test_a_denoiser_shows_the_score(denoiser: Engine) -> None:
    """x̂(x̃) − x̃ = s² ∇ log p_s(x̃), by differences of the blurred density (Vincent 2011)."""
    frame = denoiser.frame(Wants(frozenset({"belief", "best", "arrows"}), arrows="score"))
    assert frame.best is not None
    x = frame.grid[0]

    def log_density(at: np.ndarray) -> np.ndarray:
        return np.logaddexp(-((at - 1) ** 2) / 0.5, -((at + 1) ** 2) / 0.5)

    score = (log_density(x + 1e-5) - log_density(x - 1e-5)) / 2e-5
    assert np.abs(frame.best - 0.25 * score).max() < 1e-3
    assert np.abs(frame.belief.values - frame.best).max() < 0.04
    own, best = frame.arrows
    assert own.at is not None
    assert best.at is not None
    assert np.array_equal(own.at, best.at)
    assert np.abs(own.vectors - best.vectors).max() < 0.04


@pytest.mark.parametrize("target", ["normal", "two-gaussians", "uniform", "point", "ring"])
def test_the_best_denoiser_is_the_mean_behind_the_noise(target: str) -> None:
    """Against the clean x of many draws whose noisy x̃ fell near a place."""
    run = engine(**PLAIN, **{"data.target": target, "encoder.noise": 0.4})
    target_of = run.family.supply().target
    best = Denoiser.of(target_of, 0.4)
    assert best is not None
    random = np.random.default_rng(3)
    clean = target_of.sample(random, 400_000)
    seen = clean + 0.4 * random.standard_normal(clean.shape)
    at = seen[0]
    near = np.linalg.norm(seen - at, axis=1) < 0.1
    assert near.sum() > 200
    mean, own = clean[near].mean(0), best(seen[near]).mean(0)
    error = clean[near].std(0) / sqrt(near.sum())
    assert (np.abs(mean - own) < 4 * error + 0.01).all()


def test_the_denoiser_of_a_normal_shrinks() -> None:
    """N(0, σ²) through noise s: slope σ² / (σ² + s²), 0.8 for σ = 1, s = ½."""
    run = engine(**PLAIN, **{"data.target": "normal", "encoder.noise": 0.5})
    best = Denoiser.of(run.family.supply().target, 0.5)
    assert best is not None
    x = np.array([[-2.0], [0.5], [3.0]])
    assert best(x) == pytest.approx(0.8 * x, rel=1e-12)


def test_a_sparse_code_of_the_identity_is_the_soft_threshold() -> None:
    """Where G(h) = h stays, h = max(|x| − λ/2, 0) with x's sign is the best code."""
    run = engine(
        **{
            "game.kind": "autoencoder",
            "generator.kind": "affine",
            "train.freeze": G,
            "encoder.sparsity": 1.0,
            "encoder.activation": "relu",
            "data.target": "uniform",
            "data.scale": 2.0,
            "train.batch": 512,
            "optim.lr_g": 3e-3,
            "optim.decay": "cosine",
            "optim.decay_steps": 1500,
            "measure.jsd": False,
        }
    )
    run.step(1500)
    assert run.weights(G).tolist() == [1.0, 0.0]
    low, high = run.family.supply().target.box[0]
    x = np.linspace(low, high, 81)[:, None]
    wanted = np.sign(x) * np.maximum(np.abs(x) - 0.5, 0.0)
    assert np.abs(run.push(x) - wanted).max() < 0.05


# ---- what every run promises -------------------------------------------------------------------


def test_every_kind_of_game_is_tried() -> None:
    assert {game.get("game.kind") for game in GAMES_TRIED.values()} == set(GAMES) - {"gan"}
    assert set(families()) == set(GAMES)
    for name, kind in GAMES.items():
        players = families()[name](Settings.of({"game.kind": name}), None, frozenset(), 0).players
        assert {player for player, _ in kind.players} == set(players)


@pytest.mark.parametrize("name", GAMES_TRIED)
def test_every_relative_plays_and_is_drawn(name: str) -> None:
    run = engine(**GAMES_TRIED[name])
    run.watch((0.0,) * run.frame().dim)
    run.step(45)
    assert not run.trouble
    family = run.family
    for column in (*family.columns, *(name for name, _, _ in family.curves)):
        assert column in run.trace.columns
    must = np.stack([run.trace.column(column) for column in family.must])
    assert np.isfinite(must).all()
    frame = run.frame(ALL)
    assert np.isfinite(frame.fake).all()
    assert frame.portraits
    assert frame.curves
    assert frame.formula
    assert any(term.value for term in frame.terms)
    assert np.isfinite(frame.belief.values).all() == bool(frame.belief.label)
    assert ("model" in frame.offers) == (frame.model is not None)
    assert ("map" in frame.offers) == (frame.map is not None)
    assert ("manifold" in frame.offers) == (frame.manifold is not None)
    assert ("best" in frame.offers) == (frame.best is not None)
    assert ("arrows" in frame.offers) == bool(frame.arrows)
    assert frame.probe is None
    assert frame.surface is None
    assert frame.kernel == "plain"
    assert "no other for this family" in frame.about_kernel
    assert run.sample(7).shape == (7, frame.dim)
    assert run.measured.keys() <= {n.partition(".")[2] for n in PARAMETERS}


@pytest.mark.parametrize("name", GAMES_TRIED)
def test_the_loss_is_the_sum_of_its_terms(name: str) -> None:
    run = engine(**GAMES_TRIED[name])
    run.step(5)
    terms = [c for c in ("reconstruction", "kl", "sparsity") if c in run.trace.columns]
    parts = np.nansum([run.trace.column(column) for column in terms], axis=0)
    assert run.trace.column("loss") == pytest.approx(parts, rel=1e-5)


@pytest.mark.parametrize("name", ["vae", "denoiser", "sparse"])
def test_the_gradient_is_that_of_the_loss(name: str) -> None:
    run = engine(**GAMES_TRIED[name], **({} if name == "double" else {"train.dtype": "float64"}))
    run.step(4)
    random = np.random.default_rng(5)
    noise = run.family.supply().latent_dim
    x, z = random.normal(size=(16, 1)), random.normal(size=(16, noise))
    data, draws = torch.from_numpy(x), torch.from_numpy(z)
    for player in (G, E):
        grad, weights = run.gradient(player, z=z, x=x), run.weights(player)
        for index in random.integers(0, len(weights), 6):
            found = []
            for move in (1e-6, -1e-6):
                moved = weights.copy()
                moved[index] += move
                run.set_weights(player, moved)
                with torch.no_grad():
                    found.append(float(run.family.loss(data, draws, {})))  # type: ignore[attr-defined]
            run.set_weights(player, weights)
            assert grad[index] == pytest.approx((found[0] - found[1]) / 2e-6, rel=1e-4, abs=1e-7)
    with pytest.raises(ParamError, match="loss = minimax: is a loss of a GAN"):
        run.gradient(G, loss="minimax")


def state(run: Engine) -> bytes:
    return b"".join(
        t.detach().numpy().tobytes()
        for p in run.family.players.values()
        for t in (p.flat, *p.moments)
    )


@pytest.mark.parametrize("name", ["vae", "denoiser", "sparse"])
def test_watching_and_chunks_change_nothing(name: str) -> None:
    settings = GAMES_TRIED[name]
    plain, watched = engine(**settings), engine(**settings)
    plain.step(130)
    watched.watch((0.0,))
    for n in (1, 63, 2, 64):
        watched.step(n)
        watched.frame(ALL)
        watched.sample(3)
    assert state(plain) == state(watched)
    assert plain.trace.rows.tobytes() == watched.trace.rows.tobytes()
    resumed = Engine.resume(plain.moment())
    plain.step(70)
    resumed.step(70)
    assert state(plain) == state(resumed)


@pytest.mark.parametrize("name", ["vae", "denoiser in the plane"])
def test_a_run_of_a_relative_is_had_again_bit_for_bit(name: str, tmp_path: Path) -> None:
    lane = Lane(Tape(), Settings.of(GAMES_TRIED[name]))
    lane.step(40)
    lane.change({"optim.lr_g": 1e-2})
    lane.step_player(E)
    lane.step(30)
    lane.seek(lane.tape.place(0, 25))
    lane.change({"encoder.hidden": (6,)})
    lane.step(31)
    lane.change({"game.kind": "gan"})
    lane.step(20)
    lane.keep_end()
    runfile.write(tmp_path / "a.ganviz", lane.tape)
    run = runfile.read(tmp_path / "a.ganviz")
    verdicts = replay(run)
    assert [(v.branch, v.first, v.last) for v in verdicts] == [
        ("A", 0, 70),
        ("B", 25, 56),
        ("C", 0, 20),
    ]
    assert all(v.same for v in verdicts)


def test_changes_are_taken_up_in_mid_run() -> None:
    run = engine(**VAE)
    run.step(30)
    encoder, generator = run.weights(E), run.weights(G)
    run.change({"optim.lr_g": 1e-2, "generator.noise": 0.2})
    assert np.array_equal(run.weights(E), encoder)
    run.change({"encoder.hidden": (5,)})
    assert len(run.weights(E)) != len(encoder)
    assert np.array_equal(run.weights(G), generator)
    assert "encoder built anew" in run.journal[-1].text
    run.change({"latent.dim": 2})
    assert run.weights(G).shape != generator.shape
    run.change({"train.freeze": E})
    kept = run.weights(E)
    run.step(20)
    assert np.array_equal(run.weights(E), kept)
    with pytest.raises(ParamError, match="a frozen player does not move"):
        run.step_player(E)
    with pytest.raises(ParamError, match="player discriminator: must be one of generator, encoder"):
        run.step_player("discriminator")
    run.change({"game.kind": "autoencoder"})
    assert run.steps == 0
    assert "kl" not in run.trace.columns


@pytest.mark.parametrize("name", ["vae", "sparse"])
def test_a_round_is_laid_open(name: str) -> None:
    run, other = engine(**GAMES_TRIED[name]), engine(**GAMES_TRIED[name])
    run.step(3)
    other.step(4)
    instants = run.lay_open()
    assert state(run) == state(other)
    assert [each.beat.number for each in instants] == list(range(1, len(instants) + 1))
    assert {each.beat.player for each in instants} == {"both", E, G}
    for instant in instants:
        frame = run.frame(ALL, instant)
        assert frame.beat is instant.beat
    assert state(run) == state(other)
    last = dict(instants[-1].beat.numbers) or dict(instants[4].beat.numbers)
    assert last["loss"] == pytest.approx(run.trace.column("loss")[-1], rel=1e-6)


def test_divergence_is_told() -> None:
    run = engine(**VAE, **{"optim.lr_g": 10.0, "optim.kind_g": "sgd", "generator.noise": 0.01})
    run.step(300)
    assert "diverged at step" in run.trouble
    assert "optim.lr_g" in run.trouble
    run.go_back()
    run.change({"optim.lr_g": 1e-4})


def test_its_diagnosis_speaks_of_its_own_loss() -> None:
    run = engine(**PLAIN, **{"measure.jsd": False, "measure.w1": False})
    run.step(400)
    assert run.diagnosis is not None
    assert "E‖x − r(x)‖²" in run.diagnosis.words
    assert "L_D" not in run.diagnosis.words + run.diagnosis.evidence
    vae = engine(**VAE)
    vae.step(400)
    assert vae.diagnosis is not None
    assert "JSD" in vae.diagnosis.words + vae.diagnosis.evidence


def test_no_eigenvalues_of_a_game_without_opponents() -> None:
    run = engine(**VAE)
    run.step(2)
    with pytest.raises(ParamError, match=r"game\.kind = vae: its players minimise one loss"):
        spectrum(run.moment())


@pytest.mark.parametrize(
    "choice", [("activation", a) for a in ACTIVATIONS] + [("init", i) for i in INITS]
)
def test_every_choice_of_an_encoder_plays(choice: tuple[str, str]) -> None:
    run = engine(**VAE, **{f"encoder.{choice[0]}": choice[1], f"generator.{choice[0]}": choice[1]})
    run.step(3)
    assert np.isfinite(run.trace.column("loss")).all()
    push = run.push(np.array([[0.3]]))
    with torch.no_grad():
        assert push == pytest.approx(run.family.players[G](torch.tensor([[0.3]])).numpy(), abs=1e-5)


def test_the_axis_of_a_code_that_shrinks_follows_it_soon() -> None:
    run = Engine(lesson("one-feature").settings)
    wants = Wants(layers=frozenset({"code"}))
    spans = []
    for _ in range(4):
        run.step(50)
        code = run.frame(wants).code
        assert code is not None
        spans.append(code.span[1])
    assert spans[0] >= 3  # where the first weights put it
    assert spans[-1] <= 2  # by step 200; what fills it reaches no farther than that
    assert (code.counts[:, [0, -1]] == 0).all()  # and nothing is cut
