"""A round laid open: the same round to the last bit, and what it says of itself is true."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ganviz.catalog.schedules import SCHEDULES
from ganviz.engine import Engine
from ganviz.engine.family.scribe import Instant
from ganviz.frame import Beat, Look
from ganviz.settings import Settings

SMALL = {"train.batch": 32, "generator.hidden": [8], "discriminator.hidden": [8]}
D, G = "discriminator", "generator"
WANTS = Look(hidden=frozenset()).wants
#: What takes part in a round besides the losses.
GAMES: dict[str, dict[str, object]] = {
    "plain": {},
    "penalty": {"loss.penalty": "r1"},
    "dropout and noise": {"discriminator.dropout": 0.2, "loss.instance_noise": 0.3},
    "memory": {"optim.lookahead": 3, "optim.ema": 0.9, "train.replay": 0.5},
    "packs": {"discriminator.pack": 4},
    "unrolled": {"loss.unroll": 2},
    "plane": {"data.target": "ring", "latent.dim": 2},
    "frozen": {"train.freeze": "generator"},
    "point": {"generator.kind": "point", "discriminator.kind": "linear"},
    "codes": {"latent.codes": 3, "data.target": "ring", "latent.dim": 2},
}


def of(schedule: str, k: int, **more: object) -> Settings:
    values = {**SMALL, "train.schedule": schedule, "train.k": k, **more}
    if schedule == "competitive":
        values |= {"optim.kind_g": "sgd", "optim.kind_d": "sgd"}
    return Settings.of(values)


def lasting(k: int) -> list[str]:
    return [name for name, each in SCHEDULES.items() if each.k_max is None or k <= each.k_max]


def same(a: Engine, b: Engine) -> None:
    assert np.array_equal(a.trace.rows, b.trace.rows, equal_nan=True)
    for player in (D, G):
        assert np.array_equal(a.weights(player), b.weights(player))
        for one, other in zip(
            a.family.players[player].moments, b.family.players[player].moments, strict=True
        ):
            assert np.array_equal(one.numpy(), other.numpy())
    for name, kept in a.family.memory.items():
        assert np.array_equal(kept.numpy(), b.family.memory[name].numpy())


def check(settings: Settings, rounds: int = 4) -> tuple[Instant, ...]:
    plain, slow = Engine(settings), Engine(settings)
    passed: tuple[Instant, ...] = ()
    for _ in range(rounds):
        plain.step(1)
        passed = slow.lay_open()
        for each in (passed[0], passed[-2]):
            slow.frame(WANTS, each)  # looking changes nothing
        same(plain, slow)
    plain.step(3)
    slow.step(3)
    same(plain, slow)
    return passed


@pytest.mark.parametrize("k", [1, 3])
def test_a_round_laid_open_is_the_round_to_the_last_bit(k: int) -> None:
    for schedule in lasting(k):
        check(of(schedule, k))


@pytest.mark.parametrize("game", GAMES)
def test_whatever_takes_part_in_the_round(game: str) -> None:
    values = {**SMALL, **GAMES[game]}
    if "generator.kind" in values:
        del values["generator.hidden"], values["discriminator.hidden"]
    check(Settings.of(values))


@pytest.mark.parametrize("k", [1, 3])
def test_the_numbers_of_the_last_beat_are_those_of_the_trace(k: int) -> None:
    for schedule in lasting(k):
        engine = Engine(of(schedule, k))
        engine.step(5)
        passed = engine.lay_open()
        beat = passed[-1].beat
        numbers = dict(beat.numbers)
        for name in ("loss_d", "loss_g", "grad_d", "grad_g"):
            assert numbers[name] == pytest.approx(engine.trace.column(name)[-1], rel=1e-6), schedule
        judged = [each.beat for each in passed if each.beat.scores_real is not None][-1]
        means = judged.scores_real.mean(), judged.scores_fake.mean()  # type: ignore[union-attr]
        assert means[0] == pytest.approx(engine.trace.column("d_real")[-1], abs=1e-5)
        assert means[1] == pytest.approx(engine.trace.column("d_fake")[-1], abs=1e-5) or (
            judged.player == G
        )
        assert numbers["cost_real"] + numbers["cost_fake"] == pytest.approx(numbers["loss_d"])
        assert [each.beat.number for each in passed] == list(range(1, len(passed) + 1))
        assert {each.beat.of for each in passed} == {len(passed)}
        assert {each.beat.step for each in passed} == {6}


def moved(a: Instant, b: Instant) -> set[str]:
    return {name for name in (D, G) if not a.weights[name].equal(b.weights[name])}


def story(schedule: str, k: int) -> list[tuple[str, set[str]]]:
    """Return (words, who moved) of the beats of a round in which anybody moves."""
    passed = Engine(of(schedule, k)).lay_open()
    return [(b.beat.words, moved(a, b)) for a, b in pairwise(passed)]


def test_the_weights_are_those_of_the_phase() -> None:
    for schedule in ("goodfellow", "generator-first", "toronto", "simultaneous", "extragradient"):
        for k in (1, 2):
            if k > (SCHEDULES[schedule].k_max or 9):
                continue
            moves = [who for _, who in story(schedule, k) if who]
            wanted = {
                "goodfellow": [{D}] * k + [{G}],
                "generator-first": [{G}] + [{D}] * k,
                "toronto": [{D}] * k + [{G}],
                "simultaneous": [{D}, {G}],
                # From where it looked D goes back to its move, and G to where it began.
                "extragradient": [{D}, {G}, {D, G}, {G}],
            }[schedule]
            assert moves == wanted, (schedule, k)
    assert [who for _, who in story("competitive", 1) if who] == [{D, G}]


def said(schedule: str, k: int = 1) -> list[Beat]:
    return [each.beat for each in Engine(of(schedule, k)).lay_open()]


def test_the_captions_tell_each_schedule_as_it_is() -> None:
    beats = said("goodfellow", 2)
    assert [beat.turn for beat in beats[::7]] == [
        "discriminator 1 of 2",
        "discriminator 2 of 2",
        "generator",
    ]
    assert beats[3].words == "D judges the generated samples"
    assert beats[14].words == "32 fresh draws of noise"
    beats = said("toronto", 2)
    assert beats[7].words.startswith("The same samples of the data and the same noise")
    assert beats[13].words == "The same noise for G's turn"
    judged = [beat.words for beat in beats if beat.player == G and "judges" in beat.words]
    assert judged == ["D judges them, before it moves"]
    words = [beat.words for beat in said("extragradient")]
    assert "D looks one step of Adam ahead" in words
    assert words[-1].startswith("G goes back and takes its step of Adam")
    assert "D judges the real samples one step ahead" in words
    beats = said("competitive")
    assert beats[-1].words == "Both move at once, each allowing for the other's move"
    assert beats[-1].player == "both"
    beats = said("generator-first")
    assert beats[0].player == G
    assert not any("before it moves" in beat.words for beat in beats)


def test_numbers_of_a_former_turn_are_gone_when_a_player_s_turn_begins() -> None:
    """Extragradient plays G twice: the loss of the look ahead is not that of the second turn."""
    second = [beat for beat in said("extragradient") if beat.turn == "generator 2 of 2"]
    told = [set(dict(beat.numbers)) & {"loss_g", "grad_g"} for beat in second]
    assert told[:3] == [set()] * 3
    first = next(i for i, names in enumerate(told) if names)
    assert told[first] == {"loss_g"}  # the gradient follows
    assert told[-1] == {"loss_g", "grad_g"}


def test_a_frame_of_an_instant_shows_that_moment() -> None:
    engine = Engine(of("goodfellow", 1))
    engine.step(3)
    before = engine.frame(WANTS)
    passed = engine.lay_open()
    after = engine.frame(WANTS)
    first, last = engine.frame(WANTS, passed[0]), engine.frame(WANTS, passed[-1])
    assert np.array_equal(first.belief.values, before.belief.values)
    assert np.array_equal(first.fake, before.fake)
    assert (first.step, len(first.trace)) == (3, 3)
    assert np.array_equal(last.belief.values, after.belief.values)
    assert np.array_equal(last.fake, after.fake)
    assert (last.step, len(last.trace)) == (4, 4)
    # After D's move, before G's: the new D and the old G.
    middle = next(each for each in passed if each.beat.words.startswith("D takes a step"))
    frame = engine.frame(WANTS, middle)
    assert np.array_equal(frame.belief.values, after.belief.values)
    assert np.array_equal(frame.fake, before.fake)
    assert frame.beat is middle.beat
    assert engine.frame(WANTS).beat is None


def test_batches_scores_and_pulls_are_of_the_round() -> None:
    engine = Engine(of("goodfellow", 1, **{"optim.lr_d": 1e-6}))
    batch = engine.draws.peek()
    old = {name: engine.weights(name) for name in (D, G)}
    fake = engine.push(batch.noise[1].numpy())
    passed = engine.lay_open()
    beats = [each.beat for each in passed]
    assert np.array_equal(beats[0].real, batch.data[0].numpy())  # type: ignore[arg-type]
    assert np.array_equal(beats[0].noise, batch.noise[0].numpy())  # type: ignore[arg-type]
    assert beats[0].fake is None
    assert beats[0].scores_real is None
    last = beats[-1]
    assert last.fake == pytest.approx(fake, abs=1e-6)
    # L_G = mean softplus(−s): the pull on a sample, times n, is σ(−s)·s'(x).
    engine.set_weights(D, old[D])
    s, h = engine.logit(fake), 1e-3
    slope = (engine.logit(fake + h) - engine.logit(fake - h)) / (2 * h)
    assert last.pulls is not None
    assert last.pulls[:, 0] == pytest.approx(slope / (1 + np.exp(s)), abs=2e-3)


def test_a_run_that_stops_in_the_round_opens_nothing() -> None:
    wild = {
        "generator.kind": "shift",
        "discriminator.kind": "linear",
        "loss.kind": "wasserstein",
        "optim.kind_g": "sgd",
        "optim.kind_d": "sgd",
        "optim.lr_d": 10.0,
        "optim.lr_g": 10.0,
    }
    plain, slow = Engine(Settings.of(wild)), Engine(Settings.of(wild))
    while not plain.trouble:
        plain.step(1)
    while slow.lay_open():
        pass
    assert slow.trouble == plain.trouble != ""
    same(plain, slow)
    assert slow.lay_open() == ()


def test_the_graph_s_own_numbers() -> None:
    engine = Engine(of("goodfellow", 1))
    engine.step(2)
    frame = engine.frame(WANTS)
    graph = frame.graph
    assert graph is not None
    n = len(graph.noise)
    assert engine.push(graph.noise) == pytest.approx(frame.fake[:n], abs=1e-6)
    sigmoid = 1 / (1 + np.exp(-engine.logit(frame.real[:n])))
    assert graph.scores_real == pytest.approx(sigmoid, abs=1e-6)
    assert graph.generator == "1 → 8 → 1 tanh"
    assert graph.discriminator == "1 → 8 → 1 leaky-relu"
    z = np.linspace(*graph.span, graph.image.shape[1])[:, None]
    assert graph.image[0] == pytest.approx(engine.push(z), abs=1e-6)
    assert engine.frame(Look().wants).graph is None
