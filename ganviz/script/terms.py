"""The section about what the two players minimise."""

from __future__ import annotations

import re

from ganviz.script.game import Game, call, code, section

#: Costs of calling a logit s real, and of calling it generated; see ``ganviz.catalog.losses``.
COSTS = {
    "minimax": ("softplus(-s)", "softplus(s)"),
    "non-saturating": ("softplus(-s)", "softplus(s)"),
    "least-squares": ("(s - 1).square() / 2", "s.square() / 2"),
    "pearson": ("(s - 1).square() / 2", "(s + 1).square() / 2"),
    "hinge": ("(1 - s).relu()", "(1 + s).relu()"),
    "f-kl": ("-s", "exponential(s - 1)"),
    "f-reverse-kl": ("exponential(-s)", "s - 1"),
    "f-pearson": ("-s", "s.square() / 4 + s"),
    "f-hellinger": ("exponential(-s) - 1", "exponential(s) - 1"),
    "f-jensen-shannon": ("softplus(-s) - np.log(2)", "softplus(s) - np.log(2)"),
    "f-total-variation": ("-s.tanh() / 2", "s.tanh() / 2"),
}

#: L_D and L_G by logits, as they are written on the page.
TERMS = {
    "minimax": ("softplus(-s_real).mean() + softplus(s_fake).mean()", "-softplus(s_fake).mean()"),
    "non-saturating": (
        "softplus(-s_real).mean() + softplus(s_fake).mean()",
        "softplus(-s_fake).mean()",
    ),
    "least-squares": (
        "(s_real - 1).square().mean() / 2 + s_fake.square().mean() / 2",
        "(s_fake - 1).square().mean() / 2",
    ),
    "pearson": (
        "(s_real - 1).square().mean() / 2 + (s_fake + 1).square().mean() / 2",
        "s_fake.square().mean() / 2",
    ),
    "wasserstein": ("s_fake.mean() - s_real.mean()", "-s_fake.mean()"),
    "hinge": ("(1 - s_real).relu().mean() + (1 + s_fake).relu().mean()", "-s_fake.mean()"),
    "relativistic": ("softplus(s_fake - s_real).mean()", "softplus(s_real - s_fake).mean()"),
    "relativistic-average": (
        "against_averages(s_real, s_fake)",
        "against_averages(s_fake, s_real)",
    ),
    "f-kl": ("exponential(s_fake - 1).mean() - s_real.mean()", "-exponential(s_fake - 1).mean()"),
    "f-reverse-kl": (
        "exponential(-s_real).mean() + s_fake.mean() - 1",
        "1 - s_fake.mean()",
    ),
    "f-pearson": (
        "(s_fake.square() / 4 + s_fake).mean() - s_real.mean()",
        "-(s_fake.square() / 4 + s_fake).mean()",
    ),
    "f-hellinger": (
        "exponential(-s_real).mean() - 1 + exponential(s_fake).mean() - 1",
        "1 - exponential(s_fake).mean()",
    ),
    "f-jensen-shannon": (
        "softplus(-s_real).mean() + softplus(s_fake).mean() - 2 * np.log(2)",
        "np.log(2) - softplus(s_fake).mean()",
    ),
    "f-total-variation": (
        "s_fake.tanh().mean() / 2 - s_real.tanh().mean() / 2",
        "-s_fake.tanh().mean() / 2",
    ),
}

_TOOLS = {
    "softplus": '''
        def softplus(t):
            """Return log(1 + exp(t)), exact in float64: −log D(x) is softplus(−s)."""
            return nn.functional.softplus(t, 1.0, 40.0)
    ''',
    "exponential": '''
        def exponential(t):
            """Return exp(t), and beyond 20 its tangent there: finite whatever D says."""
            return t.clamp(max=20.0).exp() * (1 + (t - 20.0).relu())
    ''',
    "against_averages": '''
        def against_averages(above, below):
            """Return the cost of each logit against the mean of the other sample's."""
            over = above - below.mean()
            under = below - above.mean()
            return (softplus(-over).mean() + softplus(under).mean()) / 2
    ''',
    "slope": '''
        def slope(x{given}):
            """Return ∇s at each of D's inputs, with a graph to D's weights."""
            x = x.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(logits(x{given}).sum(), x, create_graph=True)
            return gradient
    ''',
    "between": '''
        def between(x, fake, chance):
            """Return a point on the way from each real to a generated sample, drawn evenly."""
            alpha = tensor(chance["penalty"].random((len(x), 1)))
            return alpha * x + (1 - alpha) * fake
    ''',
}

#: The term that a penalty adds, before its weight, by D's inputs x and fake.
_PENALTIES = {
    "gradient-penalty": """
        norm = (slope(between(x, fake, chance){given}).square().sum(-1) + 1e-12).sqrt()
        return (norm - 1).square().mean()
    """,
    "one-sided": """
        norm = (slope(between(x, fake, chance){given}).square().sum(-1) + 1e-12).sqrt()
        return (norm - 1).relu().square().mean()
    """,
    "zero-centred": """
        return slope(between(x, fake, chance){given}).square().sum(-1).mean()
    """,
    "r1": "return slope(x{given}).square().sum(-1).mean() / 2",
    "r2": "return slope(fake{given}).square().sum(-1).mean() / 2",
    "r1-r2": """
        on_real = slope(x{given}).square().sum(-1).mean() / 2
        on_fake = slope(fake{given}).square().sum(-1).mean() / 2
        return on_real + on_fake
    """,
    "dragan": """
        width = x.std(correction=0) / 2
        around = x + width * tensor(chance["penalty"].random(tuple(x.shape)))
        norm = (slope(around{given}).square().sum(-1) + 1e-12).sqrt()
        return (norm - 1).square().mean()
    """,
    "roth": """
        missed = torch.sigmoid(-s_real).square()  # (1 − D(x))²
        taken = torch.sigmoid(s_fake).square()  # D(G(z))²
        on_real = (missed * slope(x{given}).square().sum(-1)).mean()
        on_fake = (taken * slope(fake{given}).square().sum(-1)).mean()
        return (on_real + on_fake) / 2
    """,
    "nagarajan-kolter": "return of_d",
    "consensus": "return (of_g + of_d) / 2",
}


def arguments(game: Game, player: str) -> list[str]:
    """Return the arguments that a player's loss takes, in order."""
    if player == "discriminator":
        squares = game.penalty.game and game.penalty.discriminator is not None
        found = ["x", "fake", *(["z"] if squares else [])]
    else:
        found = [*(["x"] if game.sees_data else []), "z"]
    return found + (["chance"] if game.chance and _random(game, player) else [])


def _random(game: Game, player: str) -> bool:
    """Return whether a player's loss draws random numbers of its own."""
    streams = set(game.streams) - {"replay"}
    if player == "generator" and not game.unroll and not game.penalty.game:
        streams -= {"labels", "penalty"}
    return bool(streams)


def _judged(game: Game, x: str, weights: str = "") -> str:
    """Return D's opinion of inputs as code, of other weights than its own if they are named."""
    inputs = [x, *game.judged]
    if weights:
        return f"functional_call(D, {weights}, ({', '.join(inputs)},))[:, 0]"
    return call("logits", inputs)


def _seen(game: Game, x: str) -> str:
    if game.noisy:
        return f"seen({x}, chance)"
    return f"seen({x})" if game.pack > 1 else x


def _of_logits(game: Game) -> str:
    """Return L_D by the logits, as code."""
    if not game.labelled:
        return TERMS[game.settings.loss.kind][0]
    loss, prior = game.settings.loss, game.settings.data.prior
    real = "1 - LABEL_SMOOTHING" if loss.label_smoothing > 0 else "1.0"
    fake = "FAKE_SMOOTHING" if loss.fake_smoothing > 0 else "0.0"
    shares = ("PRIOR", "1 - PRIOR") if prior != 0.5 else ("", "")
    given = ["chance"] if loss.label_flips > 0 else []
    pair = [
        call("cost", [s, label, *([share] if share else []), *given])
        for s, label, share in zip(("s_real", "s_fake"), (real, fake), shares, strict=True)
    ]
    return " + ".join(pair)


def _cost(game: Game) -> str:
    """Return the function that costs soft, flipped or unevenly frequent labels."""
    loss, prior = game.settings.loss, game.settings.data.prior
    given = ["s", "label"] + (["share"] if prior != 0.5 else [])
    given += ["chance"] if loss.label_flips > 0 else []
    real, fake = COSTS[loss.kind]
    lines = [
        f"def {call('cost', given)}:",
        '    """Return what logits cost whose label is 1 for real, 0 for generated, or between."""',
        "    y = torch.full_like(s, label)",
    ]
    if loss.label_flips > 0:
        lines.append('    flipped = tensor(chance["labels"].random(len(s))) < LABEL_FLIPS')
        lines.append("    y = torch.where(flipped, 1 - y, y)")
    share = "2 * share * " if prior != 0.5 else ""
    lines.append(f"    return {share}(y * ({real}) + (1 - y) * ({fake})).mean()")
    return "\n".join(lines)


def _formulas(game: Game) -> tuple[str, str]:
    of_d, of_g = re.split(r"\s{3,}", game.loss.formula)
    return of_d, of_g


def _discriminator(game: Game) -> list[str]:
    """Return the function of L_D; in two where the game's penalty needs L_D without itself."""
    of_d, _ = _formulas(game)
    given = arguments(game, "discriminator")
    added = game.penalty.discriminator is not None
    parted = game.penalty.game and added
    plain = [name for name in given if name != "z"]
    name = "told_apart" if parted else "discriminator_loss"
    lines = [f"def {call(name, plain)}:", f'    """{of_d}."""']
    x, fake = "x", "fake"
    if _seen(game, "x") != "x":
        lines.append(f"    x, fake = {_seen(game, 'x')}, {_seen(game, 'fake')}")
    lines.append(f"    s_real, s_fake = {_judged(game, x)}, {_judged(game, fake)}")
    if not added or parted:
        return ["\n".join([*lines, f"    return {_of_logits(game)}"]), *_with_speed(game)]
    logits = ["s_real", "s_fake"] if game.settings.loss.penalty == "roth" else []
    needs = [*_needed(game), *logits, *(["chance"] if game.between or game.dropout else [])]
    lines += [
        f"    loss = {_of_logits(game)}",
        f"    return loss + PENALTY * {call('penalty', needs)}",
    ]
    body = _filled(game, _PENALTIES[game.settings.loss.penalty])
    penalty = f"def {call('penalty', needs)}:\n" + f'    """{_penalty_note(game)}."""\n'
    return [penalty + code(body, 4), "\n".join(lines)]


def _needed(game: Game) -> list[str]:
    name = game.settings.loss.penalty
    return {"r1": ["x"], "dragan": ["x"], "r2": ["fake"]}.get(name, ["x", "fake"])


def _filled(game: Game, text: str) -> str:
    return text.replace("{given}", ", chance" if game.dropout else "")


def _penalty_note(game: Game) -> str:
    note = game.penalty.note
    return note[0].upper() + note[1:]


def _with_speed(game: Game) -> list[str]:
    """Return D's loss with a penalty on how fast the game moves; nothing without one."""
    if not game.penalty.game or game.penalty.discriminator is None:
        return []
    given = arguments(game, "discriminator")
    plain = [name for name in given if name != "z"]
    squares = ["x", "z", *(["chance"] if "chance" in given else [])]
    return [
        f"def {call('discriminator_loss', given)}:\n"
        '    """L_D with the penalty."""\n'
        f"    return {call('told_apart', plain)} + PENALTY * {call('penalty', squares)}"
    ]


def _generator(game: Game) -> list[str]:
    """Return the function of L_G."""
    loss = game.settings.loss
    _, of_g = _formulas(game)
    given = arguments(game, "generator")
    chance = ["chance"] if "chance" in given else []
    parted = game.penalty.game
    own = [*(["x"] if game.loss.sees_real or game.matching or game.unroll else []), "z", *chance]
    name = "made_real" if parted else "generator_loss"
    says = of_g
    if game.matching:
        says = "L_G = ‖E f(x) − E f(G(z))‖²: G matches the means of D's features"
    elif game.unroll and game.loss.has_value:
        says = "L_G = −L_D, against the D that it finds by looking ahead"
    elif game.unroll:
        says = of_g + ", against the D that it finds by looking ahead"
    lines = [f"def {call(name, own)}:", f'    """{says}."""', "    fake = G(z)"]
    ahead = ""
    if game.unroll:
        lines.append(f"    ahead = {call('look_ahead', ['x', 'fake', *chance])}")
        ahead = "ahead"
    fake, real = _seen(game, "fake"), _seen(game, "x")
    if game.matching:
        f, r = (call("features", [x, *game.judged]) for x in (fake, real))
        lines += [f"    made = {f}.mean(0)", f"    wanted = {r}.mean(0)"]
        result = "(wanted - made).square().sum()"
    else:
        lines.append(f"    s_fake = {_judged(game, fake, ahead)}")
        if game.loss.sees_real or (game.unroll and game.loss.has_value):
            lines.append(f"    s_real = {_judged(game, real, ahead)}")
        of_d, of_own = TERMS[loss.kind]
        result = f"-({of_d})" if game.unroll and game.loss.has_value else of_own
    if game.codes and loss.info_weight > 0:
        lines.append(f"    loss = {result}")
        result = "loss + INFO_WEIGHT * unread(fake, z)"
    parts = ["\n".join([*lines, f"    return {result}"])]
    if parted:
        squares = ["x", "z", *chance]
        parts.append(
            f"def {call('generator_loss', given)}:\n"
            '    """L_G with the penalty."""\n'
            f"    return {call('made_real', own)} + PENALTY * {call('penalty', squares)}"
        )
    return parts


def _speeds(game: Game) -> list[str]:
    """Return the penalty that takes both players' gradients."""
    if not game.penalty.game:
        return []
    chance = ["chance"] if "chance" in arguments(game, "generator") else []
    own = ["z"] if not (game.loss.sees_real or game.matching) else ["x", "z"]
    alone = game.penalty.discriminator is None
    of_d = call("discriminator_loss" if alone else "told_apart", ["x", "G(z)", *chance])
    of_g = call("made_real", [*own, *chance])
    body = code(_PENALTIES[game.settings.loss.penalty], 4)
    players = {"d": of_d}
    if game.settings.loss.penalty == "consensus":
        players["g"] = of_g
    else:
        # G's loss is drawn for all the same, so that random numbers keep their places.
        players |= {"g": of_g} if chance else {}
    lines = [f"def {call('penalty', ['x', 'z', *chance])}:"]
    lines.append(f'    """{game.penalty.formula}: how fast the players move."""')
    lines += [f"    loss_{name} = {term}" for name, term in players.items()]
    for name in players:
        if name == "g" and game.settings.loss.penalty != "consensus":
            continue
        lines.append(
            f"    grads = torch.autograd.grad(loss_{name}, weights_{name}, create_graph=True)"
        )
        lines.append(f"    of_{name} = sum(grad.square().sum() for grad in grads)")
    return ["\n".join(lines) + "\n" + body]


def _looking(game: Game) -> list[str]:
    if not game.unroll:
        return []
    given = ["x", "fake", *(["chance"] if "chance" in arguments(game, "generator") else [])]
    lines = [
        f"def {call('look_ahead', given)}:",
        '    """Return the weights D would have after UNROLL steps, with their graph.',
        "",
        "    Metz et al. 2017, eq. 6 and 7.",
        '    """',
        "    weights = dict(D.named_parameters())",
    ]
    if _seen(game, "x") != "x":
        lines.append(f"    x, fake = {_seen(game, 'x')}, {_seen(game, 'fake')}")
    lines += [
        "    for _ in range(UNROLL):",
        f"        s_real = {_judged(game, 'x', 'weights')}",
        f"        s_fake = {_judged(game, 'fake', 'weights')}",
        f"        loss = {_of_logits(game)}",
        "        slopes = torch.autograd.grad(loss, weights.values(), create_graph=True)",
        "        weights = {",
        "            name: weight - UNROLL_RATE * slope",
        "            for (name, weight), slope in zip(weights.items(), slopes)",
        "        }",
        "    return weights",
    ]
    return ["\n".join(lines)]


def terms(game: Game) -> str:
    """Return the section about both losses."""
    parts = [_cost(game)] if game.labelled else []
    if game.codes and game.settings.loss.info_weight > 0:
        parts.append(
            code(f'''
                def unread(fake, z):
                    """Return the cross-entropy of the codes in z, as Q reads them."""
                    code = z[:, {game.noise_dim}:]
                    return -(code * nn.functional.log_softmax(Q(fake), -1)).sum(-1).mean()
            ''')
        )
    parts += _looking(game)
    parts += _discriminator(game)[:1] if game.penalty.game else _discriminator(game)
    if game.penalty.game:
        of_g = _generator(game)
        parts += [of_g[0], *_speeds(game), *_discriminator(game)[1:], *of_g[1:]]
    else:
        parts += _generator(game)
    text = "\n".join(parts)
    tools: list[str] = []
    for name, tool in reversed(_TOOLS.items()):
        if re.search(rf"\b{name}\(", text):
            tools.insert(0, code(_filled(game, tool)))
            text += tools[0]
    note = (
        f"{game.loss.title}: {game.loss.source}. Both are functions of D's logits s, so that no "
        "logarithm of a zero is ever taken."
    )
    if game.settings.loss.penalty != "off":
        note += f" Penalty: {game.penalty.title}, {game.penalty.source}."
    return section("What each player minimises", note, *tools, *parts)
