from __future__ import annotations

import pytest

from ganviz.settings import PARAMETERS
from ganviz.window.scale import Scale, significant

SCALES = {path: scale for path, parameter in PARAMETERS.items() if (scale := Scale.of(parameter))}


@pytest.mark.parametrize("path", SCALES)
def test_every_slider_reaches_both_ends_and_stays_inside(path: str) -> None:
    scale, parameter = SCALES[path], PARAMETERS[path]
    assert scale.value(0) == parameter.low
    assert scale.value(scale.ticks) == parameter.high
    values = [scale.value(tick) for tick in range(0, scale.ticks + 1, max(1, scale.ticks // 97))]
    assert values == sorted(values)
    assert all(parameter.low <= value <= parameter.high for value in values)
    if parameter.kind == "int":
        assert all(isinstance(value, int) for value in values)


@pytest.mark.parametrize("path", SCALES)
def test_steps_move_and_stop_at_the_ends(path: str) -> None:
    scale, parameter = SCALES[path], PARAMETERS[path]
    assert scale.stepped(parameter.low, -1) == parameter.low
    assert scale.stepped(parameter.high, 1) == parameter.high
    start = parameter.default if parameter.default is not None else parameter.low
    up = scale.stepped(start, 1)
    assert up > start or start == parameter.high
    down = scale.stepped(start, -1)
    assert down < start or start == parameter.low


def test_learning_rates_step_by_one_two_five() -> None:
    scale = SCALES["optim.lr_g"]
    seen = [1e-4]
    for _ in range(6):
        seen.append(scale.stepped(seen[-1], 1))
    assert seen == [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2]
    for wanted in reversed(seen[:-1]):
        seen.append(scale.stepped(seen[-1], -1))
        assert seen[-1] == wanted
    assert scale.stepped(3e-4, 1) == 5e-4
    assert scale.stepped(3e-4, -1) == 2e-4
    assert scale.stepped(3e-4, 2) == 1e-3


def test_whole_numbers_on_a_logarithmic_scale() -> None:
    scale = SCALES["train.batch"]
    assert [scale.stepped(v, 1) for v in (1, 2, 256, 8192)] == [2, 3, 500, 8192]
    assert [scale.stepped(v, -1) for v in (2, 256, 5)] == [1, 200, 4]


def test_every_position_of_the_k_slider_is_a_k_of_its_own() -> None:
    scale = SCALES["train.k"]
    values = [scale.value(tick) for tick in range(scale.ticks + 1)]
    assert values[:10] == list(range(1, 11))
    assert values[-1] == 100
    assert len(set(values)) == len(values)
    assert [scale.tick(value) for value in values] == list(range(scale.ticks + 1))


def test_seed_has_no_slider() -> None:
    assert Scale.of(PARAMETERS["train.seed"]) is None


def test_significant() -> None:
    assert significant(0.00012345, 2) == 0.00012
    assert significant(1999.0, 2) == 2000.0


def test_a_logarithmic_scale_may_begin_at_zero() -> None:
    scale = Scale(0.0, 1000.0, log=True, whole=False)
    assert [scale.value(tick) for tick in (0, 1, scale.ticks)] == [0.0, 0.001, 1000.0]
    for value in (0.0, 0.001, 0.1, 10.0, 1000.0):
        assert scale.value(scale.tick(value)) == pytest.approx(value, rel=0.02)
    assert scale.tick(1e-5) == 0
    assert [scale.stepped(value, 1) for value in (0.0, 0.001, 10.0)] == [0.001, 0.002, 20.0]
    assert [scale.stepped(value, -1) for value in (0.0, 0.001, 10.0)] == [0.0, 0.0, 5.0]
