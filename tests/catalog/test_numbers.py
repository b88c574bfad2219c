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

from ganviz.catalog import bends, costs
from ganviz.catalog.costs import Apart, Compared
from ganviz.catalog.losses import LOSSES
from ganviz.catalog.networks import ACTIVATIONS

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
    y.sum().backward()
    assert t.grad is not None
    outputs = [entry.bend.of(each) for each in PLACES]
    close(outputs, y.detach().numpy())
    slopes = [entry.bend.slope(a, b) for a, b in zip(PLACES, outputs, strict=True)]
    np.testing.assert_allclose(slopes, t.grad.numpy(), rtol=1e-7, atol=1e-15)
    if entry.bend.of_output:  # then the input may be anything
        assert [entry.bend.slope(math.nan, b) for b in outputs] == slopes


def written(page: Any) -> list[FunctionType]:
    found = vars(page).values()
    return [each for each in found if isinstance(each, FunctionType)]


@pytest.mark.parametrize("page", [costs, bends])
def test_numbers_are_written_so_that_a_compiler_of_floats_can_read_them(page: Any) -> None:
    """No whole numbers among them: they would be read in another precision."""
    known = {"exp", "expm1", "log1p", "tanh", "len", "range"}
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
