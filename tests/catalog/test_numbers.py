"""Losses, beliefs and activations number by number, against the tensors' formulas and autograd."""

from __future__ import annotations

import dis
import math
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
import pytest
import torch

from ganviz.catalog import bends, costs, holds
from ganviz.catalog.costs import Apart, Compared
from ganviz.catalog.losses import LOSSES
from ganviz.catalog.networks import ACTIVATIONS
from ganviz.catalog.penalties import PENALTIES

#: On both sides of every kink, and far out; 20 and its neighbours are where exponentials bend.
PLACES = (-30.0, -21.5, -7.0, -1.7, -0.9, -0.3, 0.2, 0.8, 1.3, 2.2, 8.0, 19.5, 22.5, 35.0)


def close(a: Any, b: Any) -> None:
    np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", LOSSES)
def test_the_numbers_of_a_loss_are_its_terms_and_their_gradient(name: str) -> None:
    loss = LOSSES[name]
    numbers = loss.numbers
    generator = np.random.default_rng(3)
    r, f = generator.permutation(PLACES), generator.permutation(PLACES)
    n = len(r)
    real, fake = (torch.tensor(each, requires_grad=True) for each in (r, f))
    value = loss.discriminator(real, fake)
    value.backward()
    of_g = torch.tensor(f, requires_grad=True)
    value_g = loss.generator(torch.tensor(r), of_g)
    value_g.backward()
    by_real, by_fake, by_g = np.zeros(n), np.zeros(n), np.zeros(n)
    if isinstance(numbers, Compared):
        said = numbers.discriminator(r, f, by_real, by_fake)
        said_g = numbers.generator(r, f, by_g)
    else:
        said = math.fsum([*map(numbers.real.of, r), *map(numbers.fake.of, f)]) / n
        said_g = numbers.sign * math.fsum(map(numbers.generator.of, f)) / n
        by_real[:] = [numbers.real.slope(s) / n for s in r]
        by_fake[:] = [numbers.fake.slope(s) / n for s in f]
        by_g[:] = [numbers.sign * numbers.generator.slope(s) / n for s in f]
    close(said, value.item())
    close(said_g, value_g.item())
    for mine, theirs in ((by_real, real), (by_fake, fake), (by_g, of_g)):
        assert theirs.grad is not None
        close(mine, theirs.grad.numpy())


@pytest.mark.parametrize("name", LOSSES)
def test_labels_cost_number_by_number_what_they_cost_as_tensors(name: str) -> None:
    loss = LOSSES[name]
    assert (loss.labels is None) == isinstance(loss.numbers, Compared)
    if loss.labels is None or not isinstance(loss.numbers, Apart):
        return
    pairs = zip(loss.labels, (loss.numbers.real, loss.numbers.fake), strict=True)
    for tensors, cost in pairs:
        close(
            [cost.of(s) for s in PLACES], tensors(torch.tensor(PLACES, dtype=torch.float64)).numpy()
        )


@pytest.mark.parametrize("name", LOSSES)
def test_a_belief_in_numbers_is_the_belief(name: str) -> None:
    rule = LOSSES[name].belief
    close(
        [rule.number(s) for s in PLACES], rule.of(torch.tensor(PLACES, dtype=torch.float64)).numpy()
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_bend_is_the_activation_and_its_slope(name: str) -> None:
    entry = ACTIVATIONS[name]
    t = torch.tensor(PLACES, dtype=torch.float64, requires_grad=True)
    y = entry.apply(t)
    (slope,) = torch.autograd.grad(y.sum(), t, create_graph=True)
    # Of a slope that is made of constants autograd knows no more than that.
    (curve,) = (
        torch.autograd.grad(slope.sum(), t) if slope.requires_grad else (torch.zeros_like(t),)
    )
    outputs = [entry.bend.of(each) for each in PLACES]
    close(outputs, y.detach().numpy())
    slopes = [entry.bend.slope(a, b) for a, b in zip(PLACES, outputs, strict=True)]
    np.testing.assert_allclose(slopes, slope.detach().numpy(), rtol=1e-7, atol=1e-15)
    rule = entry.bend.curve or holds.nothing
    curves = [rule(a, b) for a, b in zip(PLACES, outputs, strict=True)]
    np.testing.assert_allclose(curves, curve.numpy(), rtol=1e-7, atol=1e-13)
    if entry.bend.of_output:  # then the input may be anything
        assert [entry.bend.slope(math.nan, b) for b in outputs] == slopes
        assert [rule(math.nan, b) for b in outputs] == curves


class Flat:
    """D's logit as given numbers s + g x at x = 0: a slope at each place, free to choose."""

    def __init__(self, slopes: torch.Tensor, logits: torch.Tensor) -> None:
        self.slopes, self.given = slopes, logits
        self.real = self.fake = torch.zeros_like(slopes.detach())
        self.real_logits = self.fake_logits = logits

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        return self.given + (self.slopes * x).sum(-1)

    def uniform(self, *shape: int) -> torch.Tensor:
        return torch.full(shape, 0.3, dtype=torch.float64)

    def squares(self) -> tuple[torch.Tensor, torch.Tensor]:
        raise AssertionError("only ∇_x s is looked at")


@pytest.mark.parametrize("name", [n for n, p in PENALTIES.items() if p.holds])
def test_the_numbers_of_a_penalty_are_its_term_and_its_gradient(name: str) -> None:
    penalty = PENALTIES[name]
    assert penalty.discriminator is not None
    generator = np.random.default_rng(5)
    scale = np.array([1e-7, 0.3, 0.9, 1.1, 4.0, 30.0])[:, None]
    slopes = torch.tensor(scale * generator.standard_normal((6, 2)), requires_grad=True)
    logits = torch.tensor([-6.0, -2.0, -0.1, 0.4, 3.0, 6.0], dtype=torch.float64).requires_grad_()
    term = penalty.discriminator(Flat(slopes, logits))
    by_slopes, by_logits = torch.autograd.grad(term, (slopes, logits), allow_unused=True)
    g, s = slopes.detach().numpy(), logits.detach().numpy()
    q = (g * g).sum(1)

    def added(rule: Callable[[float, float], float]) -> Any:
        return np.array([rule(a, b) for a, b in zip(q.tolist(), s.tolist(), strict=True)]) / len(q)

    close(sum(added(each.of).sum() for each in penalty.holds), term.item())
    slope = sum(added(each.by_square) for each in penalty.holds)
    close(2 * slope[:, None] * g, by_slopes.numpy())
    pull = sum(added(each.by_logit) for each in penalty.holds)
    close(pull, 0 * s if by_logits is None else by_logits.numpy())


def test_penalties_of_the_slope_alone_have_numbers() -> None:
    for penalty in PENALTIES.values():
        assert bool(penalty.holds) == penalty.gradient_of_input
        assert all(each.at in holds.PLACES for each in penalty.holds)
        assert penalty.draws == any(each.at in ("between", "around") for each in penalty.holds)


def written(page: Any) -> list[FunctionType]:
    found = vars(page).values()
    return [each for each in found if isinstance(each, FunctionType)]


@pytest.mark.parametrize("page", [costs, bends, holds])
def test_numbers_are_written_so_that_a_compiler_of_floats_can_read_them(page: Any) -> None:
    """No whole numbers among them: they would be read in another precision."""
    known = {"exp", "expm1", "log1p", "sigmoid", "sqrt", "tanh", "len", "range"}
    makers = {"pulled_back", "passed_for_real"}
    functions: list[Callable[..., Any]] = [f for f in written(page) if f.__name__ not in makers]
    assert len(functions) > 10
    own = {f.__name__ for f in functions} | {k for k, v in vars(page).items() if type(v) is float}
    for function in functions:
        if function.__module__ != page.__name__:
            continue
        assert {*function.__code__.co_names} <= known | own, function.__name__
        for step in dis.get_instructions(function):
            if step.opname == "LOAD_CONST" and "relativistic" not in function.__name__:
                kind = type(step.argval)
                assert kind in (float, str, type(None)), (function.__name__, step.argval)
