"""The shapes of the two players: kinds, activations, initialisations.

A network is described, not held: :class:`Network` lists the shapes of its parameters, draws their
first values, and computes its output from a list of tensors. Who holds the tensors (the engine, a
film, a test) is no concern of this page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod, sqrt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ganviz.catalog import bends
from ganviz.catalog.bends import Bend
from ganviz.catalog.formula import parse
from ganviz.schema import ParamError, words

if TYPE_CHECKING:
    from torch import Tensor

FloatArray = npt.NDArray[np.float64]
Rng = np.random.Generator


def _leaky(t: Tensor) -> Tensor:
    from torch.nn.functional import leaky_relu

    return leaky_relu(t, 0.2)


def _elu(t: Tensor) -> Tensor:
    from torch.nn.functional import elu

    return elu(t)


def _silu(t: Tensor) -> Tensor:
    from torch.nn.functional import silu

    return silu(t)


def _softplus(t: Tensor) -> Tensor:
    from torch.nn.functional import softplus

    return softplus(t)


@dataclass(frozen=True, slots=True)
class Activation:
    """A hidden layer's non-linearity.

    ``bend`` is the same number by number, with its derivative.
    """

    title: str
    apply: Callable[[Tensor], Tensor]
    formula: str
    bend: Bend


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation("ReLU", lambda t: t.relu(), "max(0, t)", bends.RELU),
    "leaky-relu": Activation("Leaky ReLU", _leaky, "max(0.2 t, t)", bends.LEAKY),
    "tanh": Activation("Tanh", lambda t: t.tanh(), "tanh t", bends.TANH),
    "sigmoid": Activation("Sigmoid", lambda t: t.sigmoid(), "1 / (1 + exp(−t))", bends.SIGMOID),
    "softplus": Activation("Softplus", _softplus, "log(1 + exp t)", bends.SOFTPLUS),
    "elu": Activation("ELU", _elu, "t where t > 0, else exp(t) − 1", bends.ELU),
    "silu": Activation("SiLU", _silu, "t σ(t)", bends.SILU),
}


@dataclass(frozen=True, slots=True)
class Init:
    """First weights of a layer: (rng, fan_out, fan_in, is the last layer) -> (weight, bias)."""

    title: str
    layer: Callable[[Rng, int, int, bool], tuple[FloatArray, FloatArray]]
    formula: str
    source: str


def he(rng: Rng, out: int, fan_in: int, last: bool) -> tuple[FloatArray, FloatArray]:
    gain = 1.0 if last else 2.0
    return rng.standard_normal((out, fan_in)) * sqrt(gain / fan_in), np.zeros(out)


def torch_default(rng: Rng, out: int, fan_in: int, last: bool) -> tuple[FloatArray, FloatArray]:
    bound = 1 / sqrt(fan_in)
    return rng.uniform(-bound, bound, (out, fan_in)), rng.uniform(-bound, bound, out)


def xavier(rng: Rng, out: int, fan_in: int, last: bool) -> tuple[FloatArray, FloatArray]:
    bound = sqrt(6 / (fan_in + out))
    return rng.uniform(-bound, bound, (out, fan_in)), np.zeros(out)


def orthogonal(rng: Rng, out: int, fan_in: int, last: bool) -> tuple[FloatArray, FloatArray]:
    tall = rng.standard_normal((max(out, fan_in), min(out, fan_in)))
    q, r = np.linalg.qr(tall)
    q = q * np.sign(np.diag(r))  # makes the distribution uniform over orthogonal matrices
    return (q if out >= fan_in else q.T), np.zeros(out)


INITS: dict[str, Init] = {
    "he": Init(
        "He normal",
        he,
        "W ~ N(0, 2/fan_in), zero biases, output layer N(0, 1/fan_in)",
        "He et al. 2015, arXiv:1502.01852",
    ),
    "torch": Init(
        "PyTorch default",
        torch_default,
        "W and b ~ U(±1/√fan_in)",
        "torch.nn.Linear, reset_parameters",
    ),
    "xavier": Init(
        "Xavier uniform",
        xavier,
        "W ~ U(±√(6/(fan_in + fan_out))), zero biases",
        "Glorot & Bengio 2010",
    ),
    "orthogonal": Init(
        "Orthogonal", orthogonal, "random orthogonal W, zero biases", "Saxe et al. 2014"
    ),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a network is asked to be.

    ``start`` is the user's own first values, or None; ``spectral`` divides each weight matrix by
    its largest singular value; ``kernels`` (minibatch discrimination) and ``deviation`` (minibatch
    standard deviation) let the last layer see statistics of the whole batch; ``codes`` asks for a
    second network of the same shape that reads a code of so many categories from the output;
    ``formula`` is the text of a generator that is given by an expression; ``side`` is that of the
    images among the inputs or outputs, in pixels.
    """

    inputs: int
    outputs: int
    hidden: tuple[int, ...] = ()
    activation: str = "relu"
    init: str = "he"
    start: float | tuple[float, ...] | None = None
    path: str = "generator"  # for error messages
    spectral: bool = False
    kernels: int = 0
    deviation: bool = False
    codes: int = 0
    formula: str = ""
    side: int = 0


@dataclass(frozen=True, slots=True)
class Network:
    """A described network.

    Attributes
    ----------
    shapes
        Shape of each parameter tensor.
    first
        rng -> first values, one float64 array per shape.
    apply
        (parameters, (n, inputs)) -> (n, outputs).
    widths
        Of the hidden layers; empty where there are none.
    features
        (parameters, (n, inputs), masks) -> (n, widths[-1]) last hidden activations; ``masks`` has
        one (n, width) factor per hidden layer (dropout), or is None.
    head
        (parameters, features (n, w), beside) -> (n, outputs); ``beside`` are the (m, w) features
        of the batch whose statistics count, None for the batch itself.
    sees_batch
        Whether the output for one row depends on the other rows.
    read
        (parameters, (n, outputs)) -> (n, codes) logits of the code in each output, or None.
    """

    shapes: tuple[tuple[int, ...], ...]
    first: Callable[[Rng], list[FloatArray]]
    apply: Callable[[Sequence[Tensor], Tensor], Tensor]
    widths: tuple[int, ...] = ()
    features: Callable[[Sequence[Tensor], Tensor, Sequence[Tensor] | None], Tensor] | None = None
    head: Callable[[Sequence[Tensor], Tensor, Tensor | None], Tensor] | None = None
    sees_batch: bool = False
    read: Callable[[Sequence[Tensor], Tensor], Tensor] | None = None

    @property
    def size(self) -> int:
        """The number of scalar parameters."""
        return sum(prod(shape) for shape in self.shapes)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of player.

    ``scalar``: in 1-D its state is one number that can be drawn. ``layered``: it has hidden layers;
    ``images``: it is one for images only.
    """

    title: str
    build: Callable[[Plan], Network]
    formula: str
    scalar: bool = False
    layered: bool = False
    images: bool = False


def _start(plan: Plan, sizes: tuple[int, ...], meaning: str) -> FloatArray | None:
    """Return the user's first values if their number is one of ``sizes``; one number serves all."""
    if plan.start is None:
        return None
    values = np.atleast_1d(np.array(plan.start, dtype=float))
    if len(values) == 1:
        values = np.repeat(values, sizes[0])
    if len(values) not in sizes:
        counts = " or ".join(str(size) for size in sizes if size > 1)
        lists = f", or a list of {counts}" if counts else ""
        raise ParamError(
            f"{plan.path}.start = {words(plan.start)}: must be one number{lists} ({meaning})"
        )
    return values


#: Numbers per kernel of minibatch discrimination.
KERNEL_DIM = 4
#: Differences of pairs that are held at once: 16 MB of float32.
PAIRED = 2**22


def _normalised(weight: Tensor) -> Tensor:
    """Return W / σ(W), the largest singular value taken exactly instead of by power iteration.

    As in the source its singular vectors count as constants, so that dσ/dW = u vᵀ. What is not
    finite goes through, for the watch for divergence to see; the decomposition alone would refuse.
    """
    import torch

    with torch.no_grad():
        finite = weight.detach().nan_to_num(0.0, 0.0, 0.0)
        u, _, v = torch.linalg.svd(finite, full_matrices=False)
    largest: Tensor = u[:, 0] @ weight @ v[0]
    return weight / (largest + 1e-12)


def closeness(features: Tensor, beside: Tensor, kernel: Tensor) -> Tensor:
    """Return minibatch discrimination's (n, kernels): the mean of exp(−‖Mᵢ − Mⱼ‖₁) over j.

    M = features · T. The source sums over the batch; the mean keeps the numbers the same for
    every batch size: 1 in a batch of copies, 1/n where all are far apart.
    Salimans et al. 2016, arXiv:1606.03498, §3.2.
    """
    from torch import cat, maximum, split

    mine = (features @ kernel).view(len(features), 1, -1, KERNEL_DIM)
    theirs = (beside @ kernel).view(1, len(beside), -1, KERNEL_DIM)
    said = []
    for piece in split(mine, max(PAIRED // theirs.numel(), 1)):
        gap = piece - theirs
        # Not abs: its second derivative makes torch import its compiler, three seconds long.
        said.append(maximum(gap, -gap).sum(-1).neg().exp().mean(1))
    return said[0] if len(said) == 1 else cat(said)


@dataclass(frozen=True, slots=True)
class Layer:
    """A hidden layer on flat numbers.

    ``width`` is how many it gives, ``shape`` that of its weights, whose first values are those of
    a ``matrix`` of (outputs, inputs of each of them), and ``apply`` what comes of (numbers,
    weights, bias).
    """

    width: int
    shape: tuple[int, ...]
    matrix: tuple[int, int]
    apply: Callable[[Tensor, Tensor, Tensor], Tensor]


def mlp(plan: Plan) -> Network:
    """Return a multi-layer perceptron; ``start`` sets the output bias."""
    from torch.nn.functional import linear

    pairs = zip(plan.hidden, (plan.inputs, *plan.hidden)[:-1], strict=True)
    return _layered(plan, [Layer(out, (out, ins), (out, ins), linear) for out, ins in pairs], mlp)


def _layered(plan: Plan, hidden: Sequence[Layer], reading: Callable[[Plan], Network]) -> Network:
    """Return a network of hidden layers and a matrix behind them.

    ``reading`` builds what reads InfoGAN's code from the output.
    """
    import torch
    from torch.nn.functional import linear

    extra = plan.kernels + plan.deviation
    wide = hidden[-1].width if hidden else plan.inputs
    shapes: list[tuple[int, ...]] = [s for each in hidden for s in (each.shape, each.matrix[:1])]
    shapes += [(plan.outputs, wide + extra), (plan.outputs,)]
    init, act = INITS[plan.init].layer, ACTIVATIONS[plan.activation].apply
    last = 2 * len(hidden)  # where the last matrix stands
    start = _start(plan, (plan.outputs,), "the output bias")
    if plan.kernels:
        shapes.append((wide, plan.kernels * KERNEL_DIM))
    kernel = last + 2  # where that of the kernels stands
    # InfoGAN's Q learns with G and has a body of its own. Sharing D's, as the source does, lets D's
    # task disturb the reading: on the ring only 5 of 8 seeds then gave each mode a code.
    reader = _reader(plan, reading)
    begin = len(shapes)
    shapes += reader.shapes if reader else ()

    def first(rng: Rng) -> list[FloatArray]:
        values: list[FloatArray] = []
        for each in hidden:
            weight, bias = init(rng, *each.matrix, False)
            values += [weight.reshape(each.shape), bias]
        values += init(rng, plan.outputs, wide + extra, True)
        if start is not None:
            values[-1] = start
        if plan.kernels:
            values.append(rng.standard_normal(shapes[kernel]) / sqrt(wide))
        return values + (reader.first(rng) if reader else [])

    def weight(p: Sequence[Tensor], at: int) -> Tensor:
        if not plan.spectral:
            return p[at]
        return _normalised(p[at].flatten(1)).view(p[at].shape)

    def features(p: Sequence[Tensor], x: Tensor, masks: Sequence[Tensor] | None) -> Tensor:
        for index, each in enumerate(hidden):
            x = act(each.apply(x, weight(p, 2 * index), p[2 * index + 1]))
            if masks is not None:
                x = x * masks[index]
        return x

    def head(p: Sequence[Tensor], h: Tensor, beside: Tensor | None) -> Tensor:
        if extra:
            other = h if beside is None else beside
            parts = [h]
            if plan.kernels:
                parts.append(closeness(h, other, p[kernel]))
            if plan.deviation:
                # Karras et al. 2018, arXiv:1710.10196, §3: one number for the whole batch.
                spread = (other.var(0, unbiased=False) + 1e-8).sqrt().mean()
                parts.append(spread.expand(len(h), 1))
            h = torch.cat(parts, 1)
        return linear(h, weight(p, last), p[last + 1])

    return Network(
        tuple(shapes),
        first,
        lambda p, x: head(p, features(p, x, None), None),
        tuple(each.width for each in hidden),
        features,
        head,
        bool(extra),
        (lambda p, x: reader.apply(p[begin:], x)) if reader else None,
    )


def _reader(plan: Plan, reading: Callable[[Plan], Network]) -> Network | None:
    """Return the network that reads a code from what another makes, where there is a code."""
    if not plan.codes:
        return None
    return reading(replace(plan, inputs=plan.outputs, outputs=plan.codes, codes=0, start=None))


def _sides(plan: Plan) -> tuple[int, ...]:
    """Return the sides of the maps of a convolutional network, from the image's on, each half."""
    layers = len(plan.hidden)
    if not layers or plan.side % 2**layers:
        most = (plan.side & -plan.side).bit_length() - 1
        raise ParamError(
            f"{plan.path}.hidden = {words(plan.hidden)}: each layer halves the side of an image, "
            f"{plan.side} pixels; there must be 1 to {most} of them"
        )
    return tuple(plan.side >> layer for layer in range(layers + 1))


#: Every kernel of a convolution has so many places each way, moves by two and looks one beyond the
#: edge: a side is halved, or doubled where it is transposed.
PLACES = 4


def convolutional(plan: Plan) -> Network:
    """Return strided convolutions, halving the side each time, and a matrix behind them.

    ``hidden`` are the channels of each. The samples of a pack are channels of one image. As D of
    Radford et al. 2016, arXiv:1511.06434, without its batch normalisation.
    """
    from torch.nn.functional import conv2d

    sides = _sides(plan)
    channels = (plan.inputs // plan.side**2, *plan.hidden)

    def layer(number: int) -> Layer:
        ins, out, side = channels[number], channels[number + 1], sides[number]

        def apply(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
            maps = x.reshape(-1, ins, side, side)
            return conv2d(maps, weight, bias, stride=2, padding=1).flatten(1)

        shape = (out, ins, PLACES, PLACES)
        return Layer(out * (side // 2) ** 2, shape, (out, ins * PLACES**2), apply)

    return _layered(plan, [layer(number) for number in range(len(plan.hidden))], convolutional)


def transposed(plan: Plan) -> Network:
    """Return a matrix to small maps, and transposed convolutions, doubling the side each time.

    ``hidden`` are the channels of the maps that go into each; what comes out of the last is the
    image, through tanh. As G of Radford et al. 2016, arXiv:1511.06434, without its batch
    normalisation.

    Of the kernel of a transposed convolution that moves by two, each pixel sees one place in two
    each way: four matrices of (channels out, 4 · channels in), one for each parity of the pixel.
    Their first values are those of one matrix of four times as many outputs.
    """
    from torch.nn.functional import conv_transpose2d, linear

    sides = _sides(plan)[::-1]
    channels = (*plan.hidden, 1)
    wide = channels[0] * sides[0] ** 2
    shapes: list[tuple[int, ...]] = [(wide, plan.inputs), (wide,)]
    for ins, out in pairwise(channels):
        shapes += [(ins, out, PLACES, PLACES), (out,)]
    init, act = INITS[plan.init].layer, ACTIVATIONS[plan.activation].apply
    turned = replace(plan, hidden=plan.hidden[::-1])
    reader = _reader(turned, convolutional)
    begin = len(shapes)
    layers = len(plan.hidden)
    shapes += reader.shapes if reader else ()

    def first(rng: Rng) -> list[FloatArray]:
        values: list[FloatArray] = [*init(rng, wide, plan.inputs, False)]
        for number in range(layers):
            ins, out = channels[number], channels[number + 1]
            matrix, bias = init(rng, 4 * out, 4 * ins, number == layers - 1)
            # (out, parity, parity, in, place, place) → (in, out, place and parity, twice)
            parted = matrix.reshape(out, 2, 2, ins, 2, 2).transpose(3, 0, 4, 1, 5, 2)
            values += [parted.reshape(ins, out, PLACES, PLACES), bias[:out]]
        return values + (reader.first(rng) if reader else [])

    def apply(p: Sequence[Tensor], z: Tensor) -> Tensor:
        x = linear(z, p[0], p[1]).reshape(-1, channels[0], sides[0], sides[0])
        for index in range(1, layers + 1):
            x = conv_transpose2d(act(x), p[2 * index], p[2 * index + 1], stride=2, padding=1)
        return x.flatten(1).tanh()

    return Network(
        tuple(shapes),
        first,
        apply,
        tuple(c * side**2 for c, side in zip(plan.hidden, sides, strict=False)),
        read=(lambda p, x: reader.apply(p[begin:], x)) if reader else None,
    )


def expression(plan: Plan) -> Network:
    """Return G(z) given by a user's expression in z; it has no weights and does not learn."""
    import torch

    names = ("z",) if plan.inputs == 1 else tuple(f"z{i + 1}" for i in range(plan.inputs))
    formula = parse(plan.formula, names)
    if formula.outputs != plan.outputs:
        raise ParamError(
            f"generator.formula = {plan.formula[:80]}: gives {formula.outputs} "
            f"coordinate{'s' * (formula.outputs != 1)}, the data have {plan.outputs}; "
            "write one expression for each, parted by commas"
        )

    def apply(p: Sequence[Tensor], z: Tensor) -> Tensor:
        return torch.stack(formula.apply(dict(zip(names, z.unbind(-1), strict=True))), -1)

    return Network((), lambda rng: [], apply)


def nothing(plan: Plan) -> Network:
    """Return a D without weights: the engine computes it from the exact densities."""

    def apply(p: Sequence[Tensor], x: Tensor) -> Tensor:
        raise TypeError("the exact discriminator is computed from densities, not from weights")

    return Network((), lambda rng: [], apply)


def shift(plan: Plan) -> Network:
    """Return G(z) = z + θ."""
    if plan.inputs != plan.outputs:
        raise ParamError(
            f"latent.dim = {plan.inputs}: generator.kind = shift adds θ to z, so z must have "
            f"the data's dimension, {plan.outputs}"
        )
    start = _start(plan, (plan.outputs,), "θ")
    return Network(
        ((plan.outputs,),),
        lambda rng: [np.zeros(plan.outputs) if start is None else start],
        lambda p, z: z + p[0],
    )


def point(plan: Plan) -> Network:
    """Return G(z) = θ, whatever z."""
    start = _start(plan, (plan.outputs,), "θ")
    return Network(
        ((plan.outputs,),),
        lambda rng: [np.zeros(plan.outputs) if start is None else start],
        lambda p, z: p[0].expand(len(z), -1),
    )


def affine(plan: Plan) -> Network:
    """Return A·input + b; ``start`` is b, or A row by row and then b; else the identity and 0."""
    from torch.nn.functional import linear

    out, inputs = plan.outputs, plan.inputs
    start = _start(plan, (out, out * inputs + out), "b, or A row by row and then b")
    matrix, bias = np.eye(out, inputs), np.zeros(out)
    if start is not None:
        bias = start[-out:]
        if len(start) > out:
            matrix = start[:-out].reshape(out, inputs)
    return Network(
        ((out, inputs), (out,)),
        lambda rng: [matrix, bias],
        lambda p, x: linear(x, p[0], p[1]),
    )


def dictionary(plan: Plan) -> Network:
    """Return Σ hⱼ dⱼ/‖dⱼ‖ + b: a weighted sum of directions, each of length 1 whatever is learnt.

    Else an L1 norm of h would cost nothing: h can be halved where d is doubled. ``start`` is b, or
    the directions coordinate by coordinate and then b. Olshausen & Field 1996, eq. 1 and note 2.
    """
    from torch import linalg
    from torch.nn.functional import linear

    out, inputs = plan.outputs, plan.inputs
    meaning = "b, or the directions coordinate by coordinate and then b"
    start = _start(plan, (out, out * inputs + out), meaning)

    def first(rng: Rng) -> list[FloatArray]:
        bias = np.zeros(out) if start is None else start[-out:]
        if start is not None and len(start) > out:
            return [start[:-out].reshape(out, inputs), bias]
        return [rng.standard_normal((out, inputs)), bias]

    return Network(
        ((out, inputs), (out,)),
        first,
        lambda p, h: linear(h, p[0] / (linalg.vector_norm(p[0], dim=0) + 1e-12), p[1]),
    )


def tilted(plan: Plan) -> Network:
    """Return s(x) = ψ·x + b; ``start`` is ψ, or ψ and then b. Without it both are zero."""
    from torch.nn.functional import linear

    n = plan.inputs
    start = _start(plan, (n, n + 1), "ψ, or ψ and then b")
    psi, bias = np.zeros((1, n)), np.zeros(1)
    if start is not None:
        psi = start[:n].reshape(1, n)
        bias = start[n:] if len(start) > n else bias
    return Network(((1, n), (1,)), lambda rng: [psi, bias], lambda p, x: linear(x, p[0], p[1]))


def linear_score(plan: Plan) -> Network:
    """Return s(x) = ψ·x; ``start`` is ψ, zero without it."""
    start = _start(plan, (plan.inputs,), "ψ")
    psi = np.zeros((1, plan.inputs)) if start is None else start.reshape(1, -1)
    return Network(((1, plan.inputs),), lambda rng: [psi], lambda p, x: x @ p[0].T)


GENERATORS: dict[str, Kind] = {
    "mlp": Kind("Neural network", mlp, "G(z) = MLP(z)", layered=True),
    "conv": Kind(
        "Transposed convolutions",
        transposed,
        "G(z) = tanh(ConvT(… ConvT(A z + b)))",
        layered=True,
        images=True,
    ),
    "shift": Kind("Shift", shift, "G(z) = z + θ", scalar=True),
    "affine": Kind("Affine", affine, "G(z) = A z + b"),
    "dictionary": Kind("Dictionary", dictionary, "G(z) = Σ zⱼ dⱼ/‖dⱼ‖ + b"),
    "point": Kind("Point", point, "G(z) = θ", scalar=True),
    "formula": Kind("Formula", expression, "G(z) = your expression in z"),
}

DISCRIMINATORS: dict[str, Kind] = {
    "mlp": Kind("Neural network", mlp, "s(x) = MLP(x)", layered=True),
    "conv": Kind(
        "Convolutions", convolutional, "s(x) = ψ·Conv(… Conv(x)) + b", layered=True, images=True
    ),
    "linear": Kind("Linear", linear_score, "s(x) = ψ·x", scalar=True),
    "affine": Kind("Affine", tilted, "s(x) = ψ·x + b"),
    "exact": Kind("The perfect D*", nothing, "s(x) = s*(p(x), p_g(x))"),
}

ENCODERS: dict[str, Kind] = {
    "mlp": Kind("Neural network", mlp, "E(x) = MLP(x)", layered=True),
    "conv": Kind(
        "Convolutions", convolutional, "E(x) = A Conv(… Conv(x)) + b", layered=True, images=True
    ),
}


def layered(kinds: Mapping[str, Kind]) -> tuple[str, ...]:
    """Return the kinds that have hidden layers."""
    return tuple(name for name, kind in kinds.items() if kind.layered)
