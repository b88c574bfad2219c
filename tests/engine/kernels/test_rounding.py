"""Where gradients cancel, both kernels leave nothing, or part by no more than rounding explains.

The nets, the batch and the optimisers are those of the defaults. A critic's unit that is straight
on all samples gets −w/n from every real one and +w/n from every generated one: the gradient of its
bias is 0, and would be a rounding if both were added up together. Adam and RMSprop divide it by its
own size, and would make whole steps of it. So both kernels add up one batch after the other. That
does not help where what cancels is not the same number twice: with the relativistic average, whose
means run over the other batch, and where D saturates, as it soon does in the game of the total
variation. There the gradients themselves are compared with a bound on rounding, and where runs go
their ways that is compared with the plain path alone: with how far it goes from itself when the
very same sums are taken in another order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ganviz.catalog.losses import LOSSES
from ganviz.engine import Engine
from ganviz.engine.family.gan import Gan
from ganviz.engine.family.judge import Judge, Opinion
from ganviz.engine.kernels import Kernel, Plain
from ganviz.engine.player import Player
from ganviz.settings import Settings

G, D = "generator", "discriminator"
#: Steps of a run and how far the two may be apart, by the weights' precision.
REACH = {"float64": (100, 1e-12), "float32": (20, 1e-4)}
#: So many times as far as the plain path goes from itself, at most; up to 3.2 were measured. It
#: goes that far in other orders of the samples, too: nought is the order in which they are drawn.
ORDERS, TIMES = (0, 1, 2), 10
#: A sum of n terms that are each a rounding off is off by √n of them, unless all err one way.
ERRING = np.sqrt(2 * 256)


def steps_of(kind: str) -> dict[str, Any]:
    return {"optim.kind_g": kind, "optim.kind_d": kind}


def rates(rate: float) -> dict[str, Any]:
    return {"optim.lr_g": rate, "optim.lr_d": rate}


def values_of(engine: Engine) -> dict[str, np.ndarray]:
    return {name: engine.weights(name) for name in (G, D)}


def played(values: dict[str, Any], n: int, plain: bool) -> Engine:
    engine = Engine(Settings.of(values))
    kernel: Kernel = Plain(engine.family) if plain else engine.kernel
    assert kernel.name == ("plain" if plain else "compiled")
    kernel.play(n, engine.draws)
    return engine


# ---- runs ---------------------------------------------------------------------------------------


def joined(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return W x + b as one product: (W b)(x 1), whose gradients one product adds up as well."""
    ones = torch.ones_like(x[:, :1])
    return torch.cat((x, ones), 1) @ torch.cat((weight, bias[:, None]), 1).T


def shown_in(order: Callable[[int], Tensor]) -> Callable[..., tuple[Opinion, Opinion]]:
    """Return what lets D judge a batch of so many samples in an order."""

    def pair(judge: Judge, real: Tensor, fake: Tensor, chance: Any) -> tuple[Opinion, Opinion]:
        n = len(real)
        shown = order(2 * n)
        both = judge.opinion(torch.cat((real, fake))[shown], chance)
        logits, features = (each[torch.argsort(shown)] for each in both)
        return Opinion(logits[:n], features[:n]), Opinion(logits[n:], features[n:])

    return pair


def reordered(values: dict[str, Any], n: int, seed: int) -> Engine:
    """Play by the plain kernel, every sum of the networks in another order."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.nn.functional, "linear", joined)
        if seed:
            source = torch.Generator().manual_seed(seed)
            patch.setattr(Judge, "pair", shown_in(lambda n: torch.randperm(n, generator=source)))
        return played(values, n, plain=True)


def apart(mine: Engine, other: Engine) -> dict[str, float]:
    """Return how far each player is from another, relative to the other's norm."""
    a, b = values_of(mine), values_of(other)
    return {name: float(np.linalg.norm(a[name] - b[name]) / np.linalg.norm(b[name])) for name in b}


#: A critic that is held in a box has weights of one size, and its gradients are the smallest.
CLIPPED = {"loss.kind": "wasserstein", **steps_of("rmsprop")}
RUNS: list[dict[str, Any]] = [
    *({"loss.kind": name, **steps_of(kind)} for name in LOSSES for kind in ("adam", "rmsprop")),
    *({**CLIPPED, "loss.clip": 0.01, **rates(5e-5), "train.k": k} for k in (1, 5)),
    *({**CLIPPED, "loss.clip": clip, **rates(1e-3)} for clip in (0.01, 0.1)),
    # Of no power of two samples, and of so few that no vector of the processor is ever full.
    *(
        {"loss.kind": name, "train.batch": n, **steps_of("adam")}
        for name in ("wasserstein", "hinge", "relativistic")
        for n in (7, 100)
    ),
]
#: Those of them that go their ways.
ADRIFT = [
    *({"loss.kind": "relativistic-average", **steps_of(kind)} for kind in ("adam", "rmsprop")),
    {"loss.kind": "f-total-variation", **steps_of("rmsprop")},
]


def named(values: dict[str, Any]) -> str:
    return " ".join(f"{path.partition('.')[2]}={value}" for path, value in values.items())


@pytest.mark.parametrize("precision", REACH)
@pytest.mark.parametrize("values", [v for v in RUNS if v not in ADRIFT], ids=named)
def test_runs_agree(values: dict[str, Any], precision: str) -> None:
    steps, reach = REACH[precision]
    values = {**values, "train.dtype": precision}
    far = apart(*(played(values, steps, plain) for plain in (False, True)))
    assert max(far.values()) <= reach


@pytest.mark.parametrize("precision", REACH)
@pytest.mark.parametrize("values", ADRIFT, ids=named)
def test_runs_part_no_farther_than_the_plain_path_from_itself(
    values: dict[str, Any], precision: str
) -> None:
    steps, reach = REACH[precision]
    values = {**values, "train.dtype": precision}
    plain = played(values, steps, plain=True)
    far = apart(played(values, steps, plain=False), plain)
    known = dict.fromkeys(far, 0.0)
    for seed in ORDERS:
        if all(far[name] <= max(reach, TIMES * known[name]) for name in far):
            return
        other = apart(reordered(values, steps, seed), plain)
        known = {name: max(known[name], other[name]) for name in known}
    for name in far:
        assert far[name] <= max(reach, TIMES * known[name]), name


# ---- gradients ----------------------------------------------------------------------------------

#: Both players' gradients by the weights they begin with: what momentum first remembers.
ONE_STEP = {"train.schedule": "simultaneous", **steps_of("momentum")}


def gradients(
    kind: str, precision: str, spoil: float | None = None, more: dict[str, Any] | None = None
) -> dict[str, np.ndarray]:
    """Return both players' first gradients by the kernel, or with ``spoil`` by the plain one.

    ``spoil`` is added to each cost, as a share of it.
    """
    values = {"loss.kind": kind, "train.dtype": precision, **ONE_STEP, **(more or {})}
    engine = Engine(Settings.of(values))
    if spoil is not None:
        engine.kernel = Plain(engine.family)
        assert isinstance(engine.family, Gan)
        engine.family.loss = spoilt(engine.family, 1 + spoil)
    assert engine.kernel.name == ("compiled" if spoil is None else "plain")
    engine.kernel.play(1, engine.draws)
    return {name: p.moments[0].double().numpy() for name, p in engine.family.players.items()}


def spoilt(gan: Gan, factor: float) -> Any:
    def off(of: Callable[..., Tensor]) -> Callable[..., Tensor]:
        return lambda *logits: factor * of(*logits)

    loss = gan.loss
    labels = None if loss.labels is None else (off(loss.labels[0]), off(loss.labels[1]))
    return replace(
        loss, discriminator=off(loss.discriminator), generator=off(loss.generator), labels=labels
    )


def sizes(weights: list[Tensor], x: Tensor) -> Tensor:
    """Return what a network makes of x at most, given the magnitudes of both.

    No activation is steeper than 1.
    """
    for weight, bias in zip(weights[::2], weights[1::2], strict=True):
        x = x @ weight.T + bias
    return x


def term_sums(kind: str) -> dict[str, np.ndarray]:
    """Return for each weight Σ|terms| of its gradient: over all samples, and all ways to it.

    A logit is as uncertain as its own Σ|terms| is large, and with it the slope of the cost.
    """
    engine = Engine(Settings.of({"loss.kind": kind, "train.dtype": "float64", **ONE_STEP}))
    gan, batches = engine.family, engine.draws.peek()
    assert isinstance(gan, Gan)
    real, z = batches.data[0], batches.noise[0]
    n = len(real)

    def magnitudes(player: Player) -> list[Tensor]:
        return [leaf.detach().abs().requires_grad_() for leaf in player.leaves]

    of = {name: magnitudes(player) for name, player in gan.players.items()}
    said = gan.players[D](torch.cat((real, gan.players[G](z))))[:, 0].detach()
    seen = torch.cat((real.abs(), sizes(of[G], z.abs())))
    wide = sizes(of[D], seen)[:, 0]
    found = {}
    for name, loss in ((D, gan.loss.discriminator), (G, gan.loss.generator)):

        def by_logits(s: Tensor, loss: Any = loss) -> Tensor:
            return loss(s[:n], s[n:])

        slopes = torch.autograd.functional.jacobian(by_logits, said)
        curves = torch.autograd.functional.hessian(by_logits, said)
        share = slopes.abs().clamp(min=1 / n) + curves.abs() @ wide.detach()
        share = share[n:] @ wide[n:] if name == G else share @ wide
        parts = torch.autograd.grad(share, of[name], retain_graph=True)
        found[name] = torch.cat([part.reshape(-1) for part in parts]).numpy()
    return found


def errors(mine: dict[str, np.ndarray], other: dict[str, np.ndarray], kind: str) -> float:
    """Return how far two gradients are apart at most, in Σ|terms| of the number in question."""
    most = term_sums(kind)
    return max(float((np.abs(mine[name] - other[name]) / most[name]).max()) for name in most)


@pytest.mark.parametrize("precision", REACH)
@pytest.mark.parametrize("kind", LOSSES)
def test_gradients_agree_but_for_rounding(kind: str, precision: str) -> None:
    rounding = ERRING * torch.finfo(getattr(torch, precision)).eps
    mine, plain = gradients(kind, precision), gradients(kind, precision, 0.0)
    assert errors(mine, plain, kind) <= rounding


@pytest.mark.parametrize("kind", LOSSES)
def test_a_formula_that_is_off_by_a_millionth_is_no_rounding(kind: str) -> None:
    mine, plain = gradients(kind, "float64"), gradients(kind, "float64", 1e-6)
    assert errors(mine, plain, kind) > 100 * ERRING * torch.finfo(torch.float64).eps


@pytest.mark.parametrize("precision", REACH)
@pytest.mark.parametrize("batch", [7, 100, 256])
@pytest.mark.parametrize("kind", ["wasserstein", "hinge", "relativistic"])
def test_what_cancels_leaves_nothing(kind: str, batch: int, precision: str) -> None:
    mine, plain = (
        gradients(kind, precision, spoil, {"train.batch": batch})[D] for spoil in (None, 0.0)
    )
    last = slice(-1 - 2 * 32, None)  # the biases of the last hidden units, their weights, the last
    cancelled = np.r_[plain[last][:32], plain[-1]] == 0
    assert cancelled[-1]
    assert cancelled.sum() > 3, "some units are straight on all samples"
    assert (np.r_[mine[last][:32], mine[-1]][cancelled] == 0).all()
