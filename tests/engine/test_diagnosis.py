"""The detectors on made-up looks, the fold over made-up traces, and the engine's hold on it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import log, nan, pi

import numpy as np
import pytest

from ganviz.catalog.losses import LOSSES
from ganviz.engine import Engine
from ganviz.engine.diagnosis import (
    COLUMNS,
    DETECTORS,
    KEPT,
    LOOK,
    Case,
    Count,
    Detector,
    Standing,
    Window,
    balanced,
    collapsed,
    converged,
    counted,
    diverging,
    hopping,
    learning,
    look,
    oscillating,
    too_strong,
    too_weak,
    vanishing,
)
from ganviz.frame import Diagnosis
from ganviz.presets import presets
from ganviz.settings import Settings
from ganviz.theory.floors import Floor

AT = {name: number for number, name in enumerate(COLUMNS)}
GAME = Case(sure=(1.0, 0.0), saturates=True, rest_column="value", rest=-log(4), modes=8, width=1.5)
ONE = replace(GAME, modes=0, width=1.0)
FLOORS = {
    "jsd": Floor(0.02, 0.015, 0.025),
    "w1": Floor(0.03, 0.02, 0.05),
    "sliced_w": Floor(0.03, 0.02, 0.05),
    "modes": Floor(8.0, 8.0, 8.0),
    "hq": Floor(0.989, 0.985, 0.993),
}


def window(case: Case = GAME, n: int = 30, orbit: object = None, **columns: object) -> Window:
    """Return n looks of a run in which all is in order, but for the columns named."""
    looks = np.full((n, len(COLUMNS)), nan)
    looks[:, 0] = LOOK * (1 + np.arange(n))
    usual = {"value": -1.2, "loss_d": 1.2, "d_real": 0.57, "d_fake": 0.43, "size": 3.0, "rough": 1}
    for name, values in {**usual, **columns}.items():
        looks[:, AT[name]] = values
    path = np.empty((0, 2)) if orbit is None else np.asarray(orbit)
    return Window(case, looks, path, 0, FLOORS.get)


FROZEN_D = {"train.freeze": "discriminator"}
EXACT_D = {"discriminator.kind": "exact", "loss.instance_noise": 0.3}
RING = {"jsd": 0.2, "sliced_w": 0.1, "modes": 7.0, "hq": 0.8, "rkl": 0.05}
DONE = {"jsd": 0.02, "sliced_w": 0.03, "modes": 8.0, "hq": 0.988, "rkl": 0.002}
EVEN = {"value": -1.386, "d_real": 0.51, "d_fake": 0.49}


def turns(period: float, steps: int = 900, shrink: float = 1.0) -> np.ndarray:
    angle = 2 * pi * np.arange(steps) / period
    size = shrink ** np.arange(steps)
    return np.stack([size * np.cos(angle), 0.3 * size * np.sin(angle)], 1)


def test_a_run_in_order_is_called_nothing_bad() -> None:
    w = window(**RING)
    assert [d.name for d in DETECTORS if d.of(w, False)] == []
    assert [d.name for d in DETECTORS if d.of(w, True)] == []


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("staying", [False, True])
def test_a_trace_of_a_few_looks_or_of_nothing_known_is_no_trouble(n: int, staying: bool) -> None:
    bare = {"value": nan, "loss_d": nan, "d_real": nan, "d_fake": nan, "size": nan}
    with np.errstate(all="ignore"):
        assert [d.name for d in DETECTORS if d.of(window(n=n, **bare), staying)] == []
    assert [d.name for d in DETECTORS if d.of(window(n=n, **RING), staying)] == []
    assert learning(window(n=n, **RING)).words.startswith("Learning: mean JSD 0.20 over steps 1–")
    assert learning(window(n=n)).words.startswith("Learning: mean L_D 1.20")


def test_learning_says_where_the_distance_goes() -> None:
    down = learning(window(**{**RING, "jsd": np.linspace(0.6, 0.3, 30)}))
    assert down.words == "Learning: mean JSD 0.32 over steps 501–600, falling"
    assert learning(window(**RING)).words == "Learning: mean JSD 0.20 over steps 501–600, steady"
    apart = learning(window(ONE, jsd=0.693, w1=np.linspace(1.0, 2.0, 30)))
    assert apart.words == "Learning: mean W₁ 1.93 over steps 501–600, rising", (
        "a JSD at its ceiling tells nothing"
    )


def test_growth_without_bound_is_diverging_and_a_burst_is_not() -> None:
    found = diverging(window(size=3.0 * 1.3 ** np.arange(30)), False)
    assert found is not None
    assert found.words.startswith("Diverging: numbers up to 6\u202f")
    burst = np.full(30, 3.0)
    burst[12] = 1e4
    assert diverging(window(size=burst), False) is None
    assert diverging(window(size=3.0 + np.log1p(np.arange(30))), False) is None
    critic = replace(GAME, sure=None, saturates=False)
    high = np.full(30, 5e3)
    assert diverging(window(critic, size=high), False) is None, "large, but not growing"
    assert diverging(window(critic, size=high), True) is not None


def test_what_has_blown_up_and_stays_so_is_diverging_too() -> None:
    up = np.full(30, 3.0)
    up[-8:] = [5.6e6, 4e5, 9e5, 3e4, 2e5, 8e3, 6e4, 5e4]
    found = diverging(window(size=up), False)
    assert found is not None
    assert found.words == "Blown up: losses or gradients of up to 6e6, where 1 to 10 is usual"
    assert "steps 501–600 is 2e5" in found.evidence
    up[-1] = 40.0
    assert diverging(window(size=up), False) is None, "one look back in bounds"
    assert diverging(window(size=up), True) is not None, "which does not end it either"
    up[-8:] = 12.0
    assert diverging(window(size=up), True) is None


def test_a_leading_mode_that_changes_three_times_hops() -> None:
    modes = np.full(30, nan)
    modes[14:26] = [5, 2, 2, nan, 7, 6, 6, 5, nan, 4, 4, 4]
    found = hopping(window(top_mode=modes), False)
    assert found is not None
    assert found.words == "The leading mode changed 5 times in 180 steps"
    assert "5 → 2 → 7 → 6 → 5 → 4" in found.evidence
    modes[14:26] = [5, 2, 2, nan, 7, 7, 7, 7, nan, 7, 7, 7]
    assert hopping(window(top_mode=modes), False) is None
    assert hopping(window(ONE, top_mode=modes), True) is None, "no modes, no hops"
    long_ago = np.full(30, nan)
    long_ago[:5] = [1, 2, 3, 4, 5]
    assert hopping(window(top_mode=long_ago), True) is None


def test_few_modes_that_hold_all_are_a_collapse() -> None:
    found = collapsed(window(**{**RING, "modes": 3.0, "rkl": 1.2}), False)
    assert found is not None
    assert found.words == "3 of 8 modes covered"
    assert "1.20 of at most 2.08, the data's own 0.00" in found.evidence
    for healthy in ({"modes": 3.0, "rkl": 0.1}, {"modes": 5.0, "rkl": 1.2}, {"modes": 0.0}):
        assert collapsed(window(**{**RING, **healthy}), False) is None, healthy
    assert collapsed(window(**{**RING, "modes": 0.0, "rkl": 2.079}), False) is None, "no mode yet"
    edge = window(**{**RING, "modes": 3.0, "rkl": 0.6})
    assert collapsed(edge, False) is None
    assert collapsed(edge, True) is not None


def test_unequal_data_are_no_collapse() -> None:
    shares = np.array([0.7, 0.1, 0.1, 0.1])
    own = float(shares @ np.log(4 * shares))
    unequal = replace(GAME, modes=4, uneven=own, rarest=0.1)
    assert collapsed(window(unequal, **{**RING, "modes": 2.0, "rkl": own}), False) is None
    assert collapsed(window(unequal, **{**RING, "modes": 1.0, "rkl": log(4)}), False) is not None
    rare = replace(GAME, modes=4, uneven=1.22, rarest=0.01)
    assert collapsed(window(rare, **{**RING, "modes": 1.0, "rkl": log(4)}), True) is None


def test_a_dead_minimax_gradient_is_named_with_its_share() -> None:
    w = window(ONE, d_fake=0.02, norms=0.03)
    found = vanishing(w, False)
    assert found is not None
    assert found.words == (
        "D saturated: the generator's minimax gradient is 3 % of the non-saturating one"
    )
    tiny = vanishing(window(ONE, d_fake=0.001, norms=1.7e-4), False)
    assert tiny is not None
    assert "0.02 % of" in tiny.words
    assert vanishing(window(ONE, norms=0.2), False) is None
    assert vanishing(window(ONE), False) is None
    edge = window(ONE, norms=0.06)
    assert (vanishing(edge, False), vanishing(edge, True) is None) == (None, False)
    assert vanishing(window(replace(ONE, saturates=False), norms=0.03), False) is None


def test_a_sure_d_is_too_strong_only_while_g_gets_no_better() -> None:
    sure = {"d_real": 0.9, "d_fake": 0.1}
    found = too_strong(window(**{**RING, **sure}), False)
    assert found is not None
    assert found.words == "D too strong: on average D(real) 0.90, D(fake) 0.10"
    better = {**RING, **sure, "sliced_w": np.linspace(1.0, 0.1, 30)}
    assert too_strong(window(**better), False) is None
    assert too_strong(window(**{**sure, "d_fake": 0.4, **RING}), False) is None
    unbounded = replace(GAME, sure=None)
    assert too_strong(window(unbounded, **{**RING, **sure}), False) is None
    signed = replace(GAME, symbol="s", neutral=0.0, neutral_label="0", sure=(1.0, -1.0))
    scores = {**RING, "d_real": 0.8, "d_fake": -0.8}
    said = too_strong(window(signed, **scores), False)
    assert said is not None
    assert said.words == "D too strong: on average s(real) 0.80, s(fake) −0.80"


def test_an_undecided_d_is_too_weak_where_the_best_would_know() -> None:
    found = too_weak(window(ONE, **EVEN, jsd=0.66, w1=1.5, d_gap=0.49), False)
    assert found is not None
    assert found.words == (
        "D too weak: mean D = ½ within 0.01 on real and generated, yet mean JSD 0.66"
    )
    assert "0.49 away" in found.evidence
    assert too_weak(window(ONE, **EVEN, jsd=0.1, w1=0.2), False) is None
    assert too_weak(window(ONE, jsd=0.66, value=-0.4, d_real=0.8, d_fake=0.2), False) is None
    loud = {**EVEN, "value": -2.0}
    assert too_weak(window(ONE, **loud, jsd=0.66), False) is None, "½ on average, not everywhere"
    points = replace(ONE, distances=("w1",))
    assert too_weak(window(points, **EVEN, jsd=0.693, w1=0.2), False) is None


def test_balance_is_not_convergence() -> None:
    found = balanced(window(ONE, **EVEN, jsd=0.12, w1=0.2, rough=0), False)
    assert found is not None
    assert found.words == (
        "Mean D = ½ within 0.01 on real and generated, mean JSD 0.12: not converged"
    )
    near = balanced(window(ONE, **EVEN, jsd=0.0034, w1=0.12, rough=0), False)
    assert near is not None
    assert "mean JSD 0.0034" in near.words, "what is not 0 is not 0.00"
    assert balanced(window(ONE, jsd=0.12, w1=0.2), False) is None, "D decides"
    assert balanced(window(ONE, **EVEN, jsd=0.001, w1=0.02, rough=0), False) is None, "converged"
    assert balanced(window(ONE, **EVEN), False) is None, "nothing is known of p_g"
    assert balanced(window(replace(ONE, sure=None), **EVEN, jsd=0.12, w1=0.2), False) is None


def test_an_orbit_that_lasts_oscillates_with_its_period() -> None:
    case = replace(ONE, period=125.66)
    found = oscillating(window(case, orbit=turns(126)), False)
    assert found is not None
    assert found.words == "Oscillating: 126 steps a turn (theory 125.7)"
    assert "7.1 turns" in found.evidence
    assert oscillating(window(ONE, orbit=turns(500)), False) is None, "not two turns yet"
    assert oscillating(window(ONE, orbit=0.05 * turns(126)), False) is None, "batch noise"
    assert oscillating(window(ONE, orbit=turns(126, shrink=0.995)), False) is None, "coming in"
    assert oscillating(window(ONE, orbit=turns(126, shrink=1.002)), False) is not None
    still = np.tile([0.5, 0.1], (900, 1))
    assert oscillating(window(ONE, orbit=still), False) is None
    assert oscillating(window(ONE), False) is None


def test_convergence_needs_every_measure_at_its_floor_and_no_orbit() -> None:
    found = converged(window(**DONE), False)
    assert found is not None
    assert found.good
    assert found.words == "Converged: JSD 0.020, sliced W₁ 0.030"
    off = {"jsd": 0.06, "sliced_w": 0.08, "modes": 7.0, "hq": 0.9}
    for name, value in off.items():
        assert converged(window(**{**DONE, name: value}), False) is None, name
        assert converged(window(**{**DONE, name: nan}), False) is None or name in (
            "jsd", "sliced_w",
        )  # fmt: skip
    once = np.full(30, 0.02)
    once[-3] = 0.2
    assert converged(window(**{**DONE, "jsd": once}), False) is None
    near = {"jsd": 0.001, "w1": 0.04, "rough": 0}
    assert converged(window(ONE, **near), False) is not None
    assert converged(window(ONE, **near, orbit=turns(126)), False) is None
    exact = {**near, "jsd": 0.01}
    assert converged(window(ONE, **exact), False) is None, "what is exact must be exact"
    assert converged(window(ONE, rough=0), False) is None, "nothing is measured"


def test_a_slow_orbit_that_passes_the_data_has_not_converged() -> None:
    near = {"jsd": 0.0005, "w1": 0.04, "rough": 0}
    pushed = window(ONE, **near, gain=0.022, orbit=np.tile([0.03, 0.6], (1200, 1)))
    assert converged(pushed, False) is None, "θ is where it should be, ψ is not"
    assert balanced(pushed, False) is None
    found = learning(pushed)
    assert found.words == "Near the data, not at rest: D alone could still gain 0.022"
    assert found.evidence.startswith("JSD 0.0005")
    assert converged(window(ONE, **near, gain=0.0004), False) is not None
    rough = {**DONE, "gain": 0.022}
    assert converged(window(**rough), False) is not None, "an estimate is too rough to say"
    # An unbounded critic has no best: how flat it is must do.
    flat, tilted = (np.tile([0.03, slope], (1200, 1)) for slope in (0.1, 0.6))
    assert converged(window(ONE, **near, orbit=flat), False) is not None
    assert converged(window(ONE, **near, orbit=tilted), False) is None
    moving = np.stack([np.linspace(-0.12, 0.12, 1200), np.zeros(1200)], 1)
    assert converged(window(ONE, **near, gain=0.0, orbit=moving), False) is None


def test_what_is_exact_is_not_said_to_have_a_floor_of_samples() -> None:
    exact = converged(window(ONE, jsd=0.0011, w1=0.032, rough=0), False)
    assert exact is not None
    assert exact.words == "Converged: JSD 0.0011, W₁ 0.032"
    assert exact.evidence == "At step 600: no more than 2\u202f500 samples could tell from 0."
    sampled = converged(window(**DONE), False)
    assert sampled is not None
    assert "a perfect generator scores on as many samples" in sampled.evidence


def test_every_line_fits() -> None:
    found = [
        diverging(window(size=3.0 * 1.5 ** np.arange(30)), False),
        hopping(window(top_mode=np.arange(30.0)), False),
        collapsed(window(**{**RING, "modes": 3.0, "rkl": 1.2}), False),
        vanishing(window(norms=1e-5), False),
        too_strong(window(d_real=0.9, d_fake=0.1, **RING), False),
        too_weak(window(ONE, **EVEN, jsd=0.66), False),
        oscillating(window(replace(ONE, period=125.7), orbit=turns(126)), False),
        converged(window(**DONE), False),
        balanced(window(**EVEN, **RING), False),
    ]
    for detector, one in zip(DETECTORS, found, strict=True):
        assert one is not None, detector.name
        assert len(one.words) <= 82
        assert one.evidence.endswith(".")


# ---- hysteresis and the fold ------------------------------------------------------------------


def test_a_detector_must_hold_before_it_is_believed_and_fail_before_it_is_dropped() -> None:
    detector, count, said = Detector("any", collapsed, 120, 180), Count(), []
    for number, holds in enumerate([1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0]):
        count = counted(count, detector, bool(holds), 60, 60 * (number + 1))
        said.append(int(count.believed))
    assert said == [0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0]
    slow = counted(Count(), detector, True, 1000, 1000)
    assert not slow.believed, "once is not enough, however far the judgements are apart"
    assert counted(slow, detector, True, 1000, 2000) == Count(True, since=0)


NAMES = ("step", "loss_d", "loss_g", "value", "d_real", "d_fake", "grad_d", "grad_g", "jsd", "w1",
         "sliced_w", "d_gap", "modes", "hq", "rkl", "top_mode", "gain_d")  # fmt: skip


def trace(steps: int, **columns: object) -> np.ndarray:
    rows = np.full((steps, len(NAMES)), nan)
    rows[:, 0] = 1 + np.arange(steps)
    usual = {"loss_d": 1.2, "loss_g": 0.8, "value": -1.2, "d_real": 0.57, "d_fake": 0.43,
             "grad_d": 1.0, "grad_g": 1.0, **RING}  # fmt: skip
    for name, values in {**usual, **columns}.items():
        rows[:, NAMES.index(name)] = values
    return rows


def folded(rows: np.ndarray, case: Case = GAME, every: int = LOOK) -> list[Diagnosis | None]:
    standing, said = Standing.fresh(0), []
    for end in range(every, len(rows) + 1, every):
        part = rows[end - every : end]
        standing = look(standing, NAMES, part, case, True, FLOORS.get, lambda: 0.01)
        said.append(standing.verdict)
    return said


def names(said: list[Diagnosis | None]) -> list[str]:
    """Return the names in the order in which they came up, without repeats."""
    found = [one.name for one in said if one is not None]
    return [name for i, name in enumerate(found) if i == 0 or found[i - 1] != name]


def test_the_fold_names_a_collapse_once_and_keeps_to_it() -> None:
    modes, rkl = np.full(1500, 7.0), np.full(1500, 0.05)
    modes[600:], rkl[600:] = 2.0, 1.4
    rkl[1000:1040] = 0.1  # two looks in between that would deny it
    said = folded(trace(1500, modes=modes, rkl=rkl))
    assert names(said) == ["learning", "collapsed"]
    last = said[-1]
    assert last is not None
    assert last.words == "2 of 8 modes covered"
    assert 600 < last.since <= 780
    early = [one for one in said[: 780 // LOOK] if one is not None]
    assert {one.name for one in early} == {"learning"}


def test_the_first_in_the_order_of_priority_speaks() -> None:
    worst = {"d_real": 0.97, "d_fake": 0.02, "modes": 1.0, "rkl": 2.0}
    assert names(folded(trace(900, **worst)))[-1] == "collapsed"
    assert names(folded(trace(900, d_real=0.97, d_fake=0.02)))[-1] == "vanishing"
    sure = trace(900, d_real=0.9, d_fake=0.12)
    assert names(folded(sure))[-1] == "too strong"


def test_words_stand_still_between_two_writings() -> None:
    said = folded(trace(1200, jsd=np.linspace(0.6, 0.1, 1200)))
    words = [one.words for one in said if one is not None]
    changes = sum(a != b for a, b in pairwise(words))
    assert 5 <= changes <= 1200 // 120


def test_looks_far_apart_are_judged_as_well() -> None:
    said = folded(trace(6000, modes=1.0, rkl=2.0), every=1000)
    assert names(said) == ["learning", "collapsed"]


def test_numbers_near_the_end_of_the_range_raise_no_warning() -> None:
    huge = trace(600, loss_d=1e308, value=-1e308, grad_g=1e308)
    assert names(folded(huge)) == ["learning", "diverging"]


# ---- what the detectors ask of a game ---------------------------------------------------------


def case(**values: object) -> Case:
    return Engine(Settings.of({k.replace("__", "."): v for k, v in values.items()})).family.case


def test_what_d_says_is_asked_of_the_losses_entry() -> None:
    for name, loss in LOSSES.items():
        found = case(loss__kind=name)
        assert found.neutral == loss.belief.neutral
        bounded = name in {
            "minimax", "non-saturating", "least-squares", "pearson", "hinge",
            "f-jensen-shannon", "f-total-variation",
        }  # fmt: skip
        assert (found.sure is not None) == bounded, name
        assert found.saturates == (name in {"minimax", "non-saturating", "f-jensen-shannon"})
    assert case(loss__kind="pearson").sure == (1.0, -1.0)
    assert case(loss__kind="f-total-variation").sure == (0.5, -0.5)
    assert case(loss__label_smoothing=0.1).sure is None, "½ is not neutral then"
    assert case().rest == pytest.approx(-log(4))
    assert case(loss__kind="least-squares", loss__penalty="r1").rest_column == ""


def test_what_the_data_are_is_asked_of_the_target() -> None:
    ring = case(data__target="ring")
    assert (ring.modes, ring.orbit) == (8, ())
    assert (ring.uneven, ring.rarest) == (pytest.approx(0.0, abs=1e-9), pytest.approx(1 / 8))
    own = case(data__target="mixture", data__means=(-2, 0, 2), data__weights=(0.7, 0.2, 0.1))
    assert own.uneven == pytest.approx(0.7 * log(2.1) + 0.2 * log(0.6) + 0.1 * log(0.3))
    assert own.rarest == pytest.approx(0.1)
    gone = case(data__target="mixture", data__means=(-2, 0, 2), data__weights=(0.75, 0.25, 0))
    assert gone.modes == 2, "a mode without weight is none"
    line = case(data__target="normal", data__sigma=0.5)
    assert (line.modes, line.width, line.orbit) == (0, 0.5, ("mean_gap", "tilt"))
    assert case(data__target="point").distances == ("w1",), "a JSD of points is log 2 or 0"
    saddle = Engine(presets()["saddle-two-numbers"].settings).family.case
    assert saddle.orbit == ("theta", "psi")
    assert saddle.period == pytest.approx(2 * pi / (2 * np.arcsin(0.05 / 2)), rel=1e-6)
    assert saddle.sure is None


# ---- the engine -------------------------------------------------------------------------------


def same(a: Engine, b: Engine) -> bool:
    one, other = a.moment().standing, b.moment().standing
    assert one is not None
    assert other is not None
    return (
        a.diagnosis == b.diagnosis
        and one.counts == other.counts
        and np.array_equal(one.looks, other.looks, equal_nan=True)
        and np.array_equal(one.orbit, other.orbit)
    )


@pytest.mark.parametrize(("name", "last"), [("saddle-two-numbers", 200), ("two-modes", 30)])
def test_chunks_looks_and_resuming_change_nothing_of_a_diagnosis(name: str, last: int) -> None:
    settings = presets()[name].settings
    plain, chunked = Engine(settings), Engine(settings)
    plain.step(190 + last)
    for n in (7, 50, 3, 130):
        chunked.step(n)
        chunked.frame()
    resumed = Engine.resume(chunked.moment())
    assert same(resumed, chunked)
    for engine in (chunked, resumed):
        engine.step(last)
        assert same(engine, plain)
    if name == "saddle-two-numbers":
        assert plain.diagnosis is not None
        assert plain.diagnosis.words == "Oscillating: 126 steps a turn (theory 125.7)"
        assert plain.frame().diagnosis == plain.diagnosis


def test_a_change_starts_a_fresh_look_and_a_change_of_measures_does_not() -> None:
    engine = Engine(presets()["saddle-two-numbers"].settings)
    assert engine.diagnosis is None
    engine.step(400)
    assert engine.diagnosis is not None
    assert engine.diagnosis.name == "oscillating"
    engine.change({"measure.w2": True})
    assert engine.diagnosis.name == "oscillating"
    engine.change({"loss.kind": "non-saturating"})
    assert engine.diagnosis.name == "learning"
    assert engine.diagnosis.since == 400
    engine.step(960)
    assert engine.diagnosis.name == "converged", "it does, and fast: see theory.md"
    assert engine.diagnosis.since > 400


def test_a_run_that_stopped_is_diverging_until_it_is_taken_up() -> None:
    wild = {"optim.kind_d": "sgd", "optim.kind_g": "sgd", "optim.lr_d": 10.0, "optim.lr_g": 10.0}
    engine = Engine(presets()["two-modes"].settings.with_(wild))
    engine.step(300)
    assert engine.trouble
    found = engine.frame().diagnosis
    assert found is not None
    assert (found.name, found.evidence) == ("diverging", engine.trouble)
    engine.go_back()
    assert engine.diagnosis is None or engine.diagnosis.name == "learning"


def test_a_long_fold_remembers_no_more_than_its_window() -> None:
    standing = Standing.fresh(0)
    rows = trace(3000)
    for end in range(LOOK, 3001, LOOK):
        part = rows[end - LOOK : end]
        standing = look(standing, NAMES, part, GAME, True, FLOORS.get, lambda: nan)
    assert len(standing.looks) == KEPT // LOOK


@pytest.mark.parametrize(
    ("values", "still"),
    [
        ({"generator.kind": "formula", "generator.formula": "z"}, False),
        ({"generator.kind": "formula", "generator.formula": "z", **FROZEN_D}, True),
        (FROZEN_D, False),
        ({"generator.kind": "formula", "generator.formula": "z", **EXACT_D}, True),
    ],
)
def test_where_no_player_learns_that_is_said(values: dict[str, object], still: bool) -> None:
    engine = Engine(Settings.of({"data.target": "normal", "data.center": 1.0, **values}))
    engine.step(1)
    first = engine.diagnosis
    engine.step(300)
    later = engine.diagnosis
    for found in (first, later):
        assert found is not None
        assert (found.name == "still") == still
        assert found.words.startswith("Nothing learns: ") == still


def test_theory_is_that_of_the_rates_in_force_and_the_same_after_a_resume() -> None:
    live = Engine(presets()["saddle-two-numbers"].settings)
    live.step(1000)
    live.change({"optim.lr_d": 2.0})
    live.step(1000)
    again = Engine.resume(live.moment())
    for engine in (live, again):
        engine.step(2000)
        at = next(p for p in engine.family.portraits() if p.name == "parameters")
        said = engine.family.note(at, engine.trace, 1000)
        period = said.split("theory ")[1].split()[0]
        assert float(period) < 30
        assert f"(theory {period})" in engine.diagnosis.words
    assert live.diagnosis.words == again.diagnosis.words
