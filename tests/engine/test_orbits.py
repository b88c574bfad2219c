"""Where orbits are measured, and what theory says of them in a portrait's words."""

from __future__ import annotations

import re
from cmath import phase

import numpy as np
import pytest

from ganviz import presets
from ganviz.engine import Engine
from ganviz.engine.family.portraits import in_words
from ganviz.frame import Look, Wants
from ganviz.theory.stability import measured_period, one_step


def loudest_period(values: np.ndarray) -> float:
    """The period of the strongest frequency, read off a finely padded spectrum."""
    padded = 64 * len(values)
    spectrum = np.abs(np.fft.rfft((values - values.mean()) * np.hanning(len(values)), padded))
    return padded / int(spectrum[1:].argmax() + 1)


def test_the_loss_runs_at_twice_the_frequency_of_the_orbit() -> None:
    """L_D = ψ(θ − E x) is the same at (θ, ψ) and at (−θ, −ψ): twice round in one turn.

    So the portraits' words are measured on the orbit, and a period read off L_D would be half.
    """
    settings = presets.find("saddle-two-numbers").settings
    e = Engine(settings.with_({"train.measure_every": 100}))
    e.step(1000)
    theta, psi, loss = (e.trace.column(name) for name in ("theta", "psi", "loss_d"))
    orbit = measured_period(theta, psi)
    assert orbit == pytest.approx(125.7, rel=0.02)
    assert loudest_period(theta) == pytest.approx(orbit, rel=0.02)
    assert orbit / loudest_period(loss) == pytest.approx(2.0, rel=0.02)
    note = e.frame(Wants(frozenset({"saddle"}))).portraits[0].note
    assert f"{orbit:.0f} steps a turn" in note


def test_the_note_names_the_pair_of_eigenvalues_of_a_step() -> None:
    e = Engine(presets.find("saddle-two-numbers").settings)
    note = e.frame(Wants(frozenset({"saddle"}))).portraits[0].note
    found = re.search(r"λ = (\S+) ± (\S+)i", note)
    assert found is not None
    a, b = map(float, found.groups())
    # v = (−ψ, θ) by (θ, ψ); D moves first, G answers.
    step = one_step([[0, -1], [1, 0]], 1, 0.05, 0.05, "goodfellow", 1)
    value = np.linalg.eigvals(step)[0]
    assert (a, b) == pytest.approx((value.real, abs(value.imag)), abs=5e-5)
    assert f"theory {2 * np.pi / abs(phase(value)):.1f}" in note


def test_eigenvalues_in_words() -> None:
    assert in_words(0.99875 + 0.05j) == "0.9988 ± 0.0500i"
    assert in_words(0.5 - 0.25j) == "0.5000 ± 0.2500i"
    assert in_words(complex(-0.5, 0)) == "−0.5000"


def test_a_resumed_run_counts_the_turns_of_its_own_rows() -> None:
    saddle = presets.presets()["saddle-two-numbers"].settings
    engine = Engine(saddle.with_({"train.measure_every": 1000}))
    engine.step(400)
    resumed = Engine.resume(engine.moment())
    resumed.step(600)
    assert (resumed.trace.start, resumed.trace.last) == (400, 1_000)
    resumed.change({"optim.lr_d": 0.04})
    resumed.step(600)
    notes = [portrait.note for portrait in resumed.frame().portraits]
    assert "steps a turn" in notes[0], "rows after the change, not row number 1,000 and on"


def test_the_first_picture_holds_the_point_at_which_the_game_begins() -> None:
    for name, portrait, point in (
        ("saddle-two-numbers", "parameters", ("theta", "psi")),
        ("saddle-networks", "orbit", ("mean_gap", "tilt")),
    ):
        engine = Engine(presets.find(name).settings)
        before = engine.frame().ranges.portrait(portrait)
        engine.step(1)
        x, y = (engine.trace.at(1, column) for column in point)
        assert before[0] < x < before[1]
        assert before[2] < y < before[3]


def test_how_the_orbit_turns_is_told_where_it_is_seen_only() -> None:
    e = Engine(presets.find("saddle-two-numbers").settings)
    hidden = Look(lower="probe").wants
    assert {each.note for each in e.frame(hidden).portraits} == {""}
    assert e.frame(Look().wants).portraits[0].note


def test_words_about_a_long_orbit_stand_still_for_a_while() -> None:
    """A note that changed with every picture of a fast game could not be read."""
    settings = presets.find("saddle-networks").settings
    engine = Engine(settings.with_({"train.measure_every": 1000}))
    engine.step(1500)
    notes = []
    for _ in range(29):
        notes.append(engine.frame().portraits[0].note)
        engine.step(10)
    assert "steps a turn" in notes[0]
    assert len(set(notes)) == 1
    orbit = [engine.trace.column(name)[300:1500] for name in ("mean_gap", "tilt")]
    assert notes[0] == f"{measured_period(*orbit):.0f} steps a turn"
