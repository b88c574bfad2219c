"""Data drawn by hand: in the settings, in files, and in the engine while the hand still moves."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate

from ganviz import presets
from ganviz.engine import Engine
from ganviz.schema import ParamError
from ganviz.settings import Settings

CURVE = (0.0, 0.2, 1.0, 0.2, 0.0)
STROKES = ((-1.5, 0.25), (0.0, 1.0), (3.5, -3.0))


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("data.curve", (0.1, float("nan")), "must be a finite number"),
        ("data.curve", (0.1, -1.0), "must be at least 0"),
        ("data.curve", (0.1,) * 402, "must have at most 401 entries"),
        ("data.strokes", ((0.0, 4.5),), "must be at most 4"),
        ("data.strokes", (1, 2), "must be a list of pairs of numbers from -4 to 4, or none"),
        ("data.strokes", ((0.0, 0.0),) * 401, "must have at most 400 entries"),
    ],
)
def test_what_cannot_be_drawn_is_refused(path: str, value: object, reason: str) -> None:
    target = path.partition(".")[2]
    with pytest.raises(ParamError, match=f"^{path} = .*{reason}"):
        Settings.of({"data.target": target, path: value})


@pytest.mark.parametrize(("name", "drawing"), [("curve", CURVE), ("strokes", STROKES)])
def test_a_drawing_is_kept_in_files(name: str, drawing: object, tmp_path: Path) -> None:
    settings = Settings.of({"data.target": name, f"data.{name}": drawing})
    file = tmp_path / "drawn.toml"
    presets.write(file, settings)
    assert presets.read(file).settings == settings


def test_a_drawing_survives_a_restart() -> None:
    engine = Engine(Settings.of({"data.target": "strokes", "data.strokes": STROKES}))
    engine.change({"train.seed": 7})
    assert engine.settings.data.strokes == STROKES
    drawn = engine.frame().drawn
    assert drawn is not None
    np.testing.assert_array_equal(drawn.marks, STROKES)
    assert drawn.brush == 0.15


def test_the_density_stands_where_the_hand_drew_it_and_the_axes_show_the_canvas() -> None:
    engine = Engine(Settings.of({"data.target": "curve", "data.curve": CURVE}))
    low = tuple(0.05 * np.sin(np.linspace(0, np.pi, 161)).clip(0))
    for heights in (CURVE, (1.0, 0.0, 0.0, 0.0, 0.0), low):
        if heights is not CURVE:
            engine.change({"data.curve": heights})
        frame = engine.frame()
        assert frame.ranges.data == ((-4.0, 4.0),)
        places = np.linspace(-4, 4, len(heights))
        np.testing.assert_allclose(
            frame.density / frame.ranges.density, np.interp(frame.grid[0], places, heights)
        )
        engine.step(40)
    engine = Engine(Settings.of({"data.target": "strokes", "data.strokes": STROKES}))
    assert engine.frame().ranges.data == ((-4.0, 4.0), (-4.0, 4.0))


@pytest.mark.parametrize("scale", [1e-7, 1e-3, 0.2])
def test_a_few_low_heights_fill_the_picture_as_high_ones_do(scale: float) -> None:
    heights = tuple(scale * np.array([0, 0.25, 1, 0.25, 0]))
    frame = Engine(Settings.of({"data.target": "curve", "data.curve": heights})).frame()
    assert frame.density.max() / frame.ranges.density == pytest.approx(0.8, rel=0.02)
    assert frame.drawn.marks.max() == pytest.approx(0.8)


def test_what_theory_says_of_a_drawn_curve_is_exact() -> None:
    """V* against adaptive quadrature of both densities, with G the identity: p_g = N(0, 1)."""
    engine = Engine(
        Settings.of(
            {
                "data.target": "curve",
                "data.curve": CURVE,
                "generator.kind": "formula",
                "loss.kind": "minimax",
            }
        )
    )
    target = engine.family.supply().target

    def integrand(x: float) -> float:
        p = float(np.exp(target.log_density(np.array([[x]])))[0])
        q = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
        return (p * np.log(p / (p + q)) if p > 0 else 0.0) + q * np.log(q / (p + q))

    places = np.linspace(-4, 4, len(CURVE)).tolist()
    wanted = integrate.quad(integrand, -8, 8, points=places, limit=300)[0]
    assert engine.measured["value_best"] == pytest.approx(wanted, abs=2e-4)
    assert engine.frame().best is not None


def test_weights_stay_while_the_data_are_drawn_and_the_journal_takes_one_line() -> None:
    small = {"generator.hidden": [8], "discriminator.hidden": [8], "train.batch": 8}
    drawn = {"data.target": "strokes", "latent.dim": 2, "train.measure_every": 1000}
    engine = Engine(Settings.of(small | drawn))
    engine.step(40)
    before = engine.weights("generator")
    for end in (2, 3):
        engine.change({"data.strokes": STROKES[:end]})
    np.testing.assert_array_equal(engine.weights("generator"), before)
    engine.step(40)
    engine.change({"data.strokes": STROKES[1:]})
    assert [(mark.step, mark.text) for mark in engine.marks] == [(80, "strokes drawn")]
    engine.step(2000)
    engine.change({"data.strokes": STROKES})
    assert [mark.step for mark in engine.marks] == [80, 2080]


def test_noise_floors_of_drawn_data_come_a_pair_at_a_time() -> None:
    drawn = {"data.target": "strokes", "latent.dim": 2, "train.measure_every": 20}
    engine = Engine(Settings.of(drawn))
    floors = {r.name: r.floor for r in engine.readings()}
    assert floors["jsd"] == ""
    assert floors["sliced_w"] == ""
    engine.step(19 * 20)
    assert all(r.floor == "" for r in engine.readings() if r.name == "jsd")
    engine.step(20)
    floors = {r.name: r.floor for r in engine.readings()}
    assert floors["jsd"]
    assert floors["sliced_w"]


def test_a_stroke_is_taken_up_at_once() -> None:
    engine = Engine(Settings.of({"data.target": "strokes", "latent.dim": 2}))
    engine.step(20)
    rng = np.random.default_rng(0)
    taken = []
    for _ in range(6):
        dabs = tuple(map(tuple, rng.uniform(-3, 3, (400, 2)).tolist()))
        began = time.thread_time()
        engine.change({"data.strokes": dabs})
        taken.append(time.thread_time() - began)
        engine.readings()
    assert min(taken) < 0.03
