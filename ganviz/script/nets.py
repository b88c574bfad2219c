"""The sections about the two players: networks, first weights, and what D is shown."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ganviz.catalog.networks import (
    ACTIVATIONS,
    DISCRIMINATORS,
    GENERATORS,
    INITS,
    KERNEL_DIM,
    PLACES,
    Plan,
)
from ganviz.script.game import Game, call, code, section

#: Kinds of players that are rows of layers, whose first weights are drawn.
LAYERED = ("mlp", "conv")
_LAYERS = {
    "relu": "nn.ReLU()",
    "leaky-relu": "nn.LeakyReLU(0.2)",
    "tanh": "nn.Tanh()",
    "sigmoid": "nn.Sigmoid()",
    "softplus": "nn.Softplus()",
    "elu": "nn.ELU()",
    "silu": "nn.SiLU()",
}

_INITS = {
    "he": """
        gain = 1.0 if last else 2.0
        return rng.standard_normal((out, fan_in)) * np.sqrt(gain / fan_in), np.zeros(out)
    """,
    "torch": """
        bound = 1 / np.sqrt(fan_in)
        return rng.uniform(-bound, bound, (out, fan_in)), rng.uniform(-bound, bound, out)
    """,
    "xavier": """
        bound = np.sqrt(6 / (fan_in + out))
        return rng.uniform(-bound, bound, (out, fan_in)), np.zeros(out)
    """,
    "orthogonal": """
        tall = rng.standard_normal((max(out, fan_in), min(out, fan_in)))
        q, r = np.linalg.qr(tall)
        q = q * np.sign(np.diag(r))
        return (q if out >= fan_in else q.T), np.zeros(out)
    """,
}

_DRAW_MAPS = '''
@torch.no_grad()
def draw_weights(net, init, rng):
    """Give a network its first weights, layer by layer.

    Of the kernel of a transposed convolution that moves by two, each pixel sees one place in two
    each way: four matrices, one for each parity of the pixel, drawn as one.
    """
    kinds = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    layers = [layer for layer in net.modules() if isinstance(layer, kinds)]
    for layer in layers:
        last, shape = layer is layers[-1], tuple(layer.weight.shape)
        if isinstance(layer, nn.ConvTranspose2d):
            ins, out = shape[:2]
            weight, bias = init(rng, 4 * out, 4 * ins, last)
            weight = weight.reshape(out, 2, 2, ins, 2, 2).transpose(3, 0, 4, 1, 5, 2)
        else:
            out = shape[0]
            weight, bias = init(rng, out, layer.weight[0].numel(), last)
        layer.weight.copy_(torch.from_numpy(weight.reshape(shape)))
        layer.bias.copy_(torch.from_numpy(bias[:out]))
'''

_SPECTRAL = '''
class SpectralLinear(nn.Linear):
    """A layer whose weight matrix is divided by its largest singular value σ(W).

    Miyato et al. 2018. The singular vectors count as constants, so that dσ/dW = u vᵀ.
    """

    def forward(self, x):
        with torch.no_grad():
            u, _, v = torch.linalg.svd(self.weight, full_matrices=False)
        sigma = u[:, 0] @ self.weight @ v[0]
        return nn.functional.linear(x, self.weight / (sigma + 1e-12), self.bias)
'''

_CLOSENESS = f'''
class Closeness(nn.Module):
    """How close a sample's features are to the others' of its batch, by a few kernels.

    Minibatch discrimination, Salimans et al. 2016, §3.2: the mean of exp(−‖Mᵢ − Mⱼ‖₁) over j.
    """

    def __init__(self, width, kernels):
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(width, kernels * {KERNEL_DIM}))

    def forward(self, features):
        m = (features @ self.kernel).view(len(features), -1, {KERNEL_DIM})
        gap = m[:, None] - m[None]
        distance = torch.maximum(gap, -gap).sum(-1)
        return (-distance).exp().mean(1)
'''


def _plan(game: Game, player: str) -> Plan:
    own = getattr(game.settings, player)
    if player == "generator":
        inputs, outputs = game.latent_dim, game.dim
    else:
        inputs, outputs = game.dim * game.pack, 1
    return Plan(
        inputs,
        outputs,
        own.hidden,
        own.activation,
        own.init,
        game.acting(f"{player}.start"),
        player,
        side=0 if game.target.image is None else game.target.image.side,
    )


def _sequence(name: str, widths: tuple[int, ...], activation: str, layer: str) -> str:
    if len(widths) == 2:
        return f"{name} = nn.Sequential({layer}({widths[0]}, {widths[1]}))"
    lines = [f"    {layer}({a}, {b}), {_LAYERS[activation]}," for a, b in pairwise(widths[:-1])]
    lines.append(f"    {layer}({widths[-2]}, {widths[-1]}),")
    return "\n".join([f"{name} = nn.Sequential(", *lines, ")"])


def _transposed(plan: Plan) -> str:
    """Return G of a matrix to small maps and transposed convolutions, each doubling the side."""
    channels, side = (*plan.hidden, 1), plan.side >> len(plan.hidden)
    maps = (channels[0], side, side)
    bend, inner = _LAYERS[plan.activation], f"{PLACES}, stride=2, padding=1"
    lines = [f"    nn.Linear({plan.inputs}, {channels[0] * side**2}), nn.Unflatten(1, {maps}),"]
    lines += [f"    {bend}, nn.ConvTranspose2d({a}, {b}, {inner})," for a, b in pairwise(channels)]
    return "\n".join(["G = nn.Sequential(", *lines, "    nn.Flatten(), nn.Tanh(),", ")"])


def _convolutional(plan: Plan) -> str:
    """Return D of convolutions, each halving the side, and a matrix behind them."""
    channels, side = (plan.inputs // plan.side**2, *plan.hidden), plan.side >> len(plan.hidden)
    bend, inner = _LAYERS[plan.activation], f"{PLACES}, stride=2, padding=1"
    lines = [f"    nn.Unflatten(1, {(channels[0], plan.side, plan.side)}),"]
    lines += [f"    nn.Conv2d({a}, {b}, {inner}), {bend}," for a, b in pairwise(channels)]
    lines.append(f"    nn.Flatten(), nn.Linear({channels[-1] * side**2}, {plan.outputs}),")
    return "\n".join(["D = nn.Sequential(", *lines, ")"])


def _scalar(game: Game, player: str) -> str:
    """Return a player of a few numbers, at its first values."""
    plan, own = _plan(game, player), getattr(game.settings, player)
    kinds = GENERATORS if player == "generator" else DISCRIMINATORS
    values = kinds[own.kind].build(plan).first(np.random.default_rng(0))
    name = "G" if player == "generator" else "D"
    if own.kind in ("shift", "point"):
        rule = "z + self.theta" if own.kind == "shift" else "self.theta.expand(len(z), -1)"
        meaning = "G(z) = z + θ." if own.kind == "shift" else "G(z) = θ, whatever z."
        title = own.kind.capitalize()
        return code(f'''
            class {title}(nn.Module):
                """{meaning}"""

                def __init__(self, theta):
                    super().__init__()
                    self.theta = nn.Parameter(tensor(theta))

                def forward(self, z):
                    return {rule}


            G = {title}(np.array({values[0].tolist()}))
        ''')
    if own.kind == "dictionary":
        return _dictionary(plan, values[1])
    bias = "" if len(values) > 1 else ", bias=False"
    lines = [
        f"{name} = nn.Linear({plan.inputs}, {plan.outputs}{bias})",
        "with torch.no_grad():",
        f"    {name}.weight.copy_(torch.tensor({values[0].tolist()}))",
    ]
    if len(values) > 1:
        lines.append(f"    {name}.bias.copy_(torch.tensor({values[1].tolist()}))")
    return "\n".join(lines)


def _dictionary(plan: Plan, bias: np.ndarray) -> str:
    """Return a G of directions of length 1, and where they begin."""
    given = plan.start is not None and np.size(plan.start) > plan.outputs
    shape = plan.outputs, plan.inputs
    first = f'philox("init", lane=0).standard_normal({shape})'
    if given:
        rows = np.reshape(np.array(plan.start, dtype=float)[: -plan.outputs], shape)
        first = f"np.array({rows.tolist()})"
    return code(f'''
        class Dictionary(nn.Module):
            """G(z) = Σ zⱼ dⱼ/‖dⱼ‖ + b."""

            def __init__(self, directions, bias):
                super().__init__()
                self.directions = nn.Parameter(tensor(directions))
                self.bias = nn.Parameter(tensor(bias))

            def forward(self, z):
                d = self.directions / (torch.linalg.vector_norm(self.directions, dim=0) + 1e-12)
                return nn.functional.linear(z, d, self.bias)


        G = Dictionary({first}, np.array({bias.tolist()}))
    ''')


def _widths(plan: Plan) -> tuple[int, ...]:
    return (plan.inputs, *plan.hidden, plan.outputs)


def inits(game: Game) -> str:
    """Return the section with the rules of first weights, empty where nothing is drawn."""
    g, d = game.settings.generator, game.settings.discriminator
    used = dict.fromkeys(each.init for each in (g, d) if each.kind in LAYERED)
    if not used:
        return ""
    rules = []
    for name in used:
        head = f'def {name}_init(rng, out, fan_in, last):\n    """{INITS[name].formula}."""\n'
        rules.append(head + code(_INITS[name], 4))
    convolves = "conv" in (g.kind, d.kind)
    rules.append(
        code(_DRAW_MAPS)
        if convolves
        else code('''
            @torch.no_grad()
            def draw_weights(net, init, rng):
                """Give a network its first weights, layer by layer."""
                layers = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]
                for layer in layers:
                    out, fan_in = layer.weight.shape
                    weight, bias = init(rng, out, fan_in, layer is layers[-1])
                    layer.weight.copy_(torch.from_numpy(weight))
                    layer.bias.copy_(torch.from_numpy(bias))
        ''')
    )
    note = "Drawn with the random numbers above, instead of PyTorch's own."
    return section("First weights", note, *rules)


def generator(game: Game) -> str:
    """Return the section that builds G, with InfoGAN's reader of codes."""
    own, plan = game.settings.generator, _plan(game, "generator")
    if own.kind not in LAYERED:
        title = GENERATORS[own.kind].formula
        return section("Generator", f"{title}.", _scalar(game, "generator"))
    parts, start = [_transposed(plan)], ""
    if own.kind == "mlp":
        parts = [_sequence("G", _widths(plan), own.activation, "nn.Linear")]
        start = _started("G[-1].bias", plan)
    draw = f'source = philox("init", lane=0)\ndraw_weights(G, {own.init}_init, source)'
    note = f"It turns noise into samples; {ACTIVATIONS[own.activation].title} between its layers."
    if not game.codes:
        parts.append("\n".join(filter(None, [draw, start])))
    else:
        widths = (plan.outputs, *plan.hidden, game.codes)
        parts.append(_sequence("Q", widths, own.activation, "nn.Linear"))
        parts.append(
            "\n".join(filter(None, [draw, start])) + f"\ndraw_weights(Q, {own.init}_init, source)"
        )
        note += " Q reads the code from a sample, and learns with G."
    return section("Generator", note, "\n\n".join(parts))


def _started(bias: str, plan: Plan) -> str:
    if plan.start is None:
        return ""
    values = np.atleast_1d(np.array(plan.start, dtype=float))
    if len(values) == 1:
        values = np.repeat(values, plan.outputs)
    return f"{bias}.data.copy_(torch.tensor({values.tolist()}))  # where it starts"


def discriminator(game: Game) -> str:
    """Return the section that builds D and says what its logits are."""
    own, plan = game.settings.discriminator, _plan(game, "discriminator")
    parts: list[str] = []
    layer = "nn.Linear"
    note = "Its output is a logit: the larger, the more real the sample looks to D."
    if own.kind not in LAYERED:
        parts.append(_scalar(game, "discriminator"))
    else:
        if own.spectral_norm:
            layer = "SpectralLinear"
            parts.append(code(_SPECTRAL))
        draw = f'source = philox("init", lane=1)\ndraw_weights(D, {own.init}_init, source)'
        if game.rich:
            parts += _rich(game, plan, layer)
            draw += _kernel(game, plan)
            start = _started("D.head.bias", plan)
        else:
            convolves = own.kind == "conv"
            widths = _widths(plan)
            parts.append(
                _convolutional(plan) if convolves else _sequence("D", widths, own.activation, layer)
            )
            start = _started("D[-1].bias", plan)
        tail = "\n".join(filter(None, [draw, start]))
        if game.rich:
            parts.append(tail)
        else:
            parts[-1] += "\n\n" + tail
    parts += shown(game)
    if game.pack > 1:
        note += f" It judges packs of {game.pack} samples of one kind at once (PacGAN)."
    return section("Discriminator", note, *parts)


def _kernel(game: Game, plan: Plan) -> str:
    if not game.acting("discriminator.minibatch_features"):
        return ""
    wide = plan.hidden[-1] if plan.hidden else plan.inputs
    return (
        "\nwith torch.no_grad():\n    kernel = D.closeness.kernel\n"
        f"    drawn = source.standard_normal(kernel.shape) / np.sqrt({wide})\n"
        "    kernel.copy_(torch.from_numpy(drawn))"
    )


def _rich(game: Game, plan: Plan, layer: str) -> list[str]:
    """Return D as a class: with units left out at random, or an eye on the whole batch."""
    own = game.settings.discriminator
    kernels, deviation = own.minibatch_features, own.minibatch_stddev
    widths = (plan.inputs, *plan.hidden)
    pairs = pairwise(widths)
    listed = ", ".join(f"{layer}({a}, {b})" for a, b in pairs)
    given = ", chance" if game.dropout else ""
    lines = [
        "class Discriminator(nn.Module):",
        f'    """{", ".join(map(str, _widths(plan)))}."""',
        "",
    ]
    lines += ["    def __init__(self):", "        super().__init__()"]
    lines += [f"        self.hidden = nn.ModuleList([{listed}])"]
    lines += [f"        self.head = {layer}({widths[-1] + kernels + deviation}, 1)"]
    if kernels:
        lines += [f"        self.closeness = Closeness({widths[-1]}, {kernels})"]
    lines += [f"        self.bend = {_LAYERS[own.activation]}", ""]
    lines += [f"    def features(self, x{given}):", "        for layer in self.hidden:"]
    lines += ["            x = self.bend(layer(x))"]
    if game.dropout:
        lines += [
            '            kept = tensor(chance["dropout"].random(tuple(x.shape))) < 1 - DROPOUT',
            "            x = x * (kept.to(x) / (1 - DROPOUT))  # so that the mean stays",
        ]
    lines += ["        return x", "", "    def judge(self, h):"]
    if game.batch_features:
        seen = ["h", *(["self.closeness(h)"] if kernels else [])]
        if deviation:
            lines += [
                "        # The mean deviation of the features, one number for the whole batch.",
                "        spread = (h.var(0, unbiased=False) + 1e-8).sqrt().mean()",
            ]
            seen.append("spread.expand(len(h), 1)")
        lines += [f"        h = torch.cat(({', '.join(seen)}), 1)"]
    lines += ["        return self.head(h)", ""]
    lines += [
        f"    def forward(self, x{given}):",
        f"        return self.judge(self.features(x{given}))",
    ]
    parts = [code(_CLOSENESS)] if kernels else []
    return [*parts, "\n".join(lines) + "\n\n\nD = Discriminator()"]


def shown(game: Game) -> list[str]:
    """Return the functions between a sample and D's opinion of it."""
    given = ", chance" if game.dropout else ""
    parts = [
        code(f'''
            def logits(x{given}):
                """Return D's logit s(x) of each of its inputs."""
                return D(x{given})[:, 0]
        ''')
    ]
    if game.matching:
        body = f"D.features(x{given})" if game.rich else "D[:-1](x)"
        parts.append(
            code(f'''
                def features(x{given}):
                    """Return the last hidden features of each of D's inputs."""
                    return {body}
            ''')
        )
    if not game.noisy and game.pack == 1:
        return parts
    taken = ["x", "chance"] if game.noisy else ["x"]
    lines = [f"def {call('seen', taken)}:"]
    what = " and ".join(
        name for name, on in (("blurred", game.noisy), ("packed", game.pack > 1)) if on
    )
    lines.append(f'    """Return samples as D is shown them: {what}."""')
    if game.noisy:
        lines.append('    noise = tensor(chance["noise"].standard_normal(tuple(x.shape)))')
        if game.acting("loss.noise_steps"):
            lines.append("    sigma = INSTANCE_NOISE * max(0.0, 1 - chance.step / NOISE_STEPS)")
            lines.append("    x = x + sigma * noise")
        else:
            lines.append("    x = x + INSTANCE_NOISE * noise")
    lines.append("    return x" if game.pack == 1 else "    return x.reshape(len(x) // PACK, -1)")
    return [*parts, "\n".join(lines)]
