"""The sections about the numbers of a game, its optimisers and the order of play."""

from __future__ import annotations

from ganviz.catalog.optimizers import OPTIMIZERS
from ganviz.catalog.schedules import SCHEDULES
from ganviz.script.game import Game, call, code, number, section
from ganviz.script.terms import arguments

_CLASSES = {
    "momentum": '''
        class Momentum(torch.optim.Optimizer):
            """v ← μ v + g,  θ ← θ − η v; unlike PyTorch's with any μ, also below zero."""

            def __init__(self, weights, lr, momentum):
                super().__init__(weights, {"lr": lr, "momentum": momentum})

            @torch.no_grad()
            def step(self):
                group = self.param_groups[0]
                for weight in group["params"]:
                    velocity = self.state[weight].setdefault("velocity", torch.zeros_like(weight))
                    velocity.mul_(group["momentum"]).add_(weight.grad)
                    weight.sub_(velocity, alpha=group["lr"])
    ''',
    "optimistic": '''
        class Optimistic(torch.optim.Optimizer):
            """θ ← θ − 2 η g + η g₋₁ (Daskalakis et al. 2018, eq. 3)."""

            def __init__(self, weights, lr):
                super().__init__(weights, {"lr": lr})

            @torch.no_grad()
            def step(self):
                group = self.param_groups[0]
                for weight in group["params"]:
                    last = self.state[weight].get("last", weight.grad)  # at first a plain step
                    weight.sub_(weight.grad, alpha=2 * group["lr"]).add_(last, alpha=group["lr"])
                    self.state[weight]["last"] = weight.grad.clone()
    ''',
    "optimistic-adam": '''
        class OptimisticAdam(torch.optim.Optimizer):
            """u as in Adam,  θ ← θ − 2 η u + η u₋₁ (Daskalakis et al. 2018, algorithm 1)."""

            def __init__(self, weights, lr, betas):
                super().__init__(weights, {"lr": lr, "betas": betas})

            @torch.no_grad()
            def step(self):
                group = self.param_groups[0]
                (beta1, beta2), lr = group["betas"], group["lr"]
                for weight in group["params"]:
                    state, g = self.state[weight], weight.grad
                    if not state:
                        state.update(t=0, mean=torch.zeros_like(g), square=torch.zeros_like(g))
                    state["t"] += 1
                    state["mean"].lerp_(g, 1 - beta1)
                    state["square"].mul_(beta2).addcmul_(g, g, value=1 - beta2)
                    size = (state["square"] / (1 - beta2 ** state["t"])).sqrt() + 1e-8
                    move = state["mean"] / (1 - beta1 ** state["t"]) / size
                    last = state.get("last", move)  # at first a plain step
                    weight.sub_(move, alpha=2 * lr).add_(last, alpha=lr)
                    state["last"] = move
    ''',
}

_DECAYS = {
    "linear": "max(0.0, 1 - t)",
    "cosine": "(1 + np.cos(np.pi * min(t, 1.0))) / 2",
    "exponential": "0.1**t",
    "inverse-root": "(1 + t) ** -0.5",
}

PLAYERS = ("discriminator", "generator")
_ADAMS = ("adam", "optimistic-adam")


def numbers(game: Game) -> dict[str, tuple[str, str]]:
    """Return the numbers that a page begins with: name -> (value as code, what it is)."""
    s, acting = game.settings, game.acting
    optim, loss = s.optim, s.loss
    found: list[tuple[str, object, str]] = [("SEED", s.train.seed, "of all random numbers")]
    if SCHEDULES[game.schedule].k_max is None:
        found.append(("K", s.train.k, "moves of D in each step, before G moves once"))
    found.append(("BATCH", s.train.batch, "samples per batch, real and generated alike"))
    rates = {"discriminator": optim.lr_d, "generator": optim.lr_g}
    learners = [name for name in PLAYERS if not game.frozen(name)]
    for name in learners:
        letter = name[0].upper()
        found.append((f"LR_{letter}", rates[name], f"learning rate of {letter}"))
    kinds = {getattr(optim, f"kind_{name[0]}") for name in learners}
    if kinds & set(_ADAMS):
        betas = f"({number(optim.beta1)}, {number(optim.beta2)})"
        found.append(("BETAS", betas, "memory of Adam: of the gradient, and of its square"))
    if "momentum" in kinds:
        found.append(("MOMENTUM", optim.momentum, "share of the last velocity that is kept"))
    if "rmsprop" in kinds:
        found.append(("RHO", optim.rho, "memory of the squared gradient"))
    if optim.decay != "constant":
        found.append(("DECAY_STEPS", optim.decay_steps, "time scale of the falling rates"))
    if optim.grad_clip > 0:
        found.append(("GRAD_CLIP", optim.grad_clip, "the longest gradient"))
    if acting("optim.ema") > 0:
        found.append(("EMA", optim.ema, "memory of the average of G's weights"))
    if optim.lookahead > 0:
        found.append(("LOOKAHEAD", optim.lookahead, "steps until both players go back a part"))
        found.append(("SHARE", optim.lookahead_share, "part of the way that is kept"))
    if acting("loss.clip") > 0:
        found.append(("CLIP", loss.clip, "bound of D's weights"))
    if loss.penalty != "off":
        found.append(("PENALTY", game.penalty_weight, "strength of the penalty"))
    if loss.label_smoothing > 0:
        found.append(
            ("LABEL_SMOOTHING", loss.label_smoothing, "real samples are labelled 1 − this")
        )
    if loss.fake_smoothing > 0:
        found.append(("FAKE_SMOOTHING", loss.fake_smoothing, "label of generated samples"))
    if loss.label_flips > 0:
        found.append(("LABEL_FLIPS", loss.label_flips, "chance of a label to be wrong"))
    if s.data.prior != 0.5:
        found.append(("PRIOR", s.data.prior, "weight of the real half of L_D"))
    if game.noisy:
        found.append(
            ("INSTANCE_NOISE", loss.instance_noise, "deviation of the noise D sees through")
        )
    if acting("loss.noise_steps"):
        found.append(("NOISE_STEPS", loss.noise_steps, "steps in which that noise falls to zero"))
    if game.dropout:
        found.append(
            ("DROPOUT", acting("discriminator.dropout"), "chance of a unit to be left out")
        )
    if game.pack > 1:
        found.append(("PACK", game.pack, "samples that D judges at once"))
    if game.codes and loss.info_weight > 0:
        found.append(("INFO_WEIGHT", loss.info_weight, "weight of the code that has to be read"))
    if game.unroll:
        found.append(("UNROLL", game.unroll, "steps of D that G looks ahead"))
        found.append(("UNROLL_RATE", game.unroll_rate, "and their size"))
    if s.train.replay > 0:
        found.append(("REPLAY", s.train.replay, "share of earlier samples in D's batch"))
        found.append(("REPLAY_SIZE", acting("train.replay_size"), "samples that are kept for it"))
    return {name: (number(value), words) for name, value, words in found}


def batches(game: Game) -> str:
    """Return the section that draws the batches of each step."""
    n_data, n_noise = game.counts
    parts = []
    more, given = "", ""
    if game.chance:
        more, given = ", chance", ", Chance(block, turn, step)"
        parts.append(
            code('''
                class Chance(dict):
                    """Random numbers of one step besides its batches: chance[stream] makes them."""

                    def __init__(self, block, turn, step):
                        super().__init__()
                        self.block, self.turn, self.step = block, turn, step

                    def __missing__(self, stream):
                        self[stream] = philox(stream, self.block, 1 + self.turn)
                        return self[stream]
            ''')
        )
    dims = f"{n_data} * {game.dim} + {n_noise} * {game.latent_dim}".replace("K + 1 *", "(K + 1) *")
    taken = "1 batch" if n_data == "1" else f"{n_data} batches"
    parts.append(
        code(f'''
            def batches(first, last, block):
                """Yield step, data, noise{more} of each step; draws of many steps at once."""
                steps = max(1, min(64, 2**20 // (BATCH * ({dims}))))
                step = first
                while step < last:
                    data = sample_data(philox("data", block), steps * {_times(n_data)} * BATCH)
                    data = data.reshape(steps, {n_data}, BATCH, {game.dim})
                    shape = (steps, {n_noise}, BATCH, {game.latent_dim})
                    noise = sample_noise(philox("latent", block), shape)
                    for turn in range(min(steps, last - step)):
                        yield step, tensor(data[turn]), tensor(noise[turn]){given}
                        step += 1
                    block += 1
        ''')
    )
    return section("Batches", f"A step takes {taken} of data and {n_noise} of noise.", *parts)


def _times(count: str) -> str:
    return f"({count})" if " " in count else count


# ---- optimisers ---------------------------------------------------------------------------------


def optimiser_classes(game: Game, own_momentum: bool) -> str:
    """Return the optimisers of a game that PyTorch does not have."""
    kinds = {kind_of(game, name) for name in PLAYERS if not game.frozen(name)}
    needed = [k for k in _CLASSES if k in kinds and (k != "momentum" or own_momentum)]
    return "\n\n\n".join(code(_CLASSES[kind]) for kind in needed)


def kind_of(game: Game, player: str) -> str:
    """Return a player's kind of optimiser."""
    return str(getattr(game.settings.optim, f"kind_{player[0]}"))


def made(game: Game, player: str, own_momentum: bool) -> str:
    """Return the line that makes a player's optimiser."""
    letter = player[0]
    kind = kind_of(game, player)
    names = {
        "sgd": "torch.optim.SGD",
        "momentum": "Momentum" if own_momentum else "torch.optim.SGD",
        "rmsprop": "torch.optim.RMSprop",
        "adam": "torch.optim.Adam",
        "optimistic": "Optimistic",
        "optimistic-adam": "OptimisticAdam",
    }
    given = [f"weights_{letter}", *constants(game, player)]
    return f"optimiser_{letter} = {call(names[kind], given)}"


def constants(game: Game, player: str) -> list[str]:
    """Return the constants of a player's optimiser, as keywords."""
    kind = kind_of(game, player)
    own = {"momentum": "momentum=MOMENTUM", "rmsprop": "alpha=RHO"}
    own |= dict.fromkeys(_ADAMS, "betas=BETAS")
    return [f"lr=LR_{player[0].upper()}", *([own[kind]] if kind in own else [])]


def optimisers(game: Game, classes: str, own_momentum: bool) -> str:
    """Return the section that makes the optimisers."""
    optim = game.settings.optim
    reader = "list(G.parameters())" if not game.codes else "[*G.parameters(), *Q.parameters()]"
    lines = [
        "weights_d = list(D.parameters())",
        f"weights_g = {reader}",
        *(made(game, name, own_momentum) for name in PLAYERS if not game.frozen(name)),
    ]
    kinds = dict.fromkeys(
        getattr(optim, f"kind_{name[0]}") for name in PLAYERS if not game.frozen(name)
    )
    note = "; ".join(f"{OPTIMIZERS[k].title}: {OPTIMIZERS[k].formula}" for k in kinds)
    return section("Optimisers", f"{note}.", classes, "\n".join(lines))


def remembered(game: Game) -> dict[str, str]:
    """Return what is remembered besides the players, by name: the code that begins it."""
    found = {}
    if game.acting("optim.ema") > 0:
        found["average"] = (
            "average = [weight.detach().clone() for weight in weights_g]  # of G's weights"
        )
    if game.settings.optim.lookahead > 0:
        found["anchors"] = "anchors = [weight.detach().clone() for weight in weights_g + weights_d]"
    if game.settings.train.replay > 0:
        found["buffer"] = code(f'''
            buffer, kept = torch.zeros(REPLAY_SIZE, {game.dim}), 0  # earlier samples, and how many


            def replayed(fake, chance):
                """Return the batch with a share of earlier samples, and keep it for later ones.

                Shrivastava et al. 2017, §2.3.
                """
                global kept
                old, mixed = int(REPLAY * len(fake)), fake
                if kept > 0 and old > 0:
                    which = torch.from_numpy(chance["replay"].integers(0, kept, old))
                    mixed = torch.cat((fake[: len(fake) - old], buffer[which]))
                if kept < REPLAY_SIZE:
                    new = min(len(fake), REPLAY_SIZE - kept)
                    buffer[kept : kept + new] = fake[:new]
                    kept += new
                else:
                    new = min(len(fake), REPLAY_SIZE)
                    which = torch.from_numpy(chance["replay"].integers(0, REPLAY_SIZE, new))
                    buffer[which] = fake[:new]
                return mixed
        ''')
    return found


# ---- the order of play --------------------------------------------------------------------------


def _loss(game: Game, player: str, x: str, z: str) -> str:
    """Return the line that takes a player's loss on a batch of data and one of noise."""
    fake = f"G({z}).detach()"
    if game.settings.train.replay > 0:
        fake = f"replayed({fake}, chance)"
    values = {"x": x, "fake": fake, "z": z, "chance": "chance"}
    given = [values[name] for name in arguments(game, player)]
    return f"loss_{player[0]} = {call(f'{player}_loss', given)}"


def _gradient(game: Game, player: str) -> list[str]:
    letter = player[0]
    if game.frozen(player):
        return []
    return [
        f"optimiser_{letter}.zero_grad()",
        f"loss_{letter}.backward(inputs=weights_{letter})",
    ]


def _move(game: Game, player: str) -> list[str]:
    letter = player[0]
    if game.frozen(player):
        return []
    lines = [f"shorten(weights_{letter})"] if game.settings.optim.grad_clip > 0 else []
    lines.append(f"optimiser_{letter}.step()")
    if player == "discriminator" and game.acting("loss.clip") > 0:
        lines += ["for weight in weights_d:", "    weight.data.clamp_(-CLIP, CLIP)"]
    return lines


def _turn(game: Game, player: str, x: str, z: str) -> list[str]:
    return [_loss(game, player, x, z), *_gradient(game, player), *_move(game, player)]


def _together(game: Game, x: str, z: str) -> list[str]:
    """Return the lines that leave both gradients of one point in place."""
    lines = []
    for player in PLAYERS:
        lines += [_loss(game, player, x, z), *_gradient(game, player)]
    return lines


def _both_move(game: Game) -> list[str]:
    return [*_move(game, "discriminator"), *_move(game, "generator")]


def _order(game: Game) -> list[str]:
    """Return the lines of one step, by its schedule."""
    d, g = "discriminator", "generator"
    shift = [f"    {line}" for line in _turn(game, d, "data[i]", "noise[i]")]
    match game.schedule:
        case "goodfellow":
            return [
                "for i in range(K):  # D moves K times, each time on fresh data and fresh noise",
                *shift,
                "# G moves once, on fresh noise, against the D of now.",
                *_turn(game, g, "data[K - 1]", "noise[K]"),
            ]
        case "generator-first":
            return [
                "# G moves once, against the D of the last step.",
                *_turn(game, g, "data[0]", "noise[K]"),
                "for i in range(K):  # D moves K times, each time on fresh data and fresh noise",
                *shift,
            ]
        case "toronto":
            return [
                "for i in range(K - 1):  # D moves alone, each time on the same batch",
                *(f"    {line}" for line in _turn(game, d, "data[0]", "noise[0]")),
                "# Both take their gradients at the same point; then both move.",
                *_together(game, "data[0]", "noise[0]"),
                *_both_move(game),
            ]
        case "extragradient":
            return [
                "# Look one step ahead, …",
                "here = [weight.detach().clone() for weight in weights_g + weights_d]",
                *_together(game, "data[0]", "noise[0]"),
                *_both_move(game),
                "# … take the gradients there, and step with them from where it all began.",
                *_together(game, "data[1]", "noise[1]"),
                "for weight, before in zip(weights_g + weights_d, here):",
                "    weight.data.copy_(before)",
                *_both_move(game),
            ]
    return [
        "# Both take their gradients at the same point; then both move.",
        *_together(game, "data[0]", "noise[0]"),
        *_both_move(game),
    ]


def play(game: Game) -> str:
    """Return the section with the loop."""
    parts = []
    optim = game.settings.optim
    if optim.grad_clip > 0:
        parts.append(
            code('''
                def shorten(weights):
                    """Cut a player's gradient to the length GRAD_CLIP if it is longer."""
                    size = torch.cat([weight.grad.flatten() for weight in weights]).norm()
                    for weight in weights:
                        weight.grad.mul_((GRAD_CLIP / (size + 1e-12)).clamp(max=1.0))
            ''')
        )
    lines = []
    if optim.decay != "constant":
        parts.append(
            code(f'''
                def decay(t):
                    """Return the share of the learning rates that is left, {optim.decay}."""
                    return {_DECAYS[optim.decay]}
            ''')
        )
        lines.append("left = decay(step / DECAY_STEPS)")
        for letter in (name[0] for name in PLAYERS if not game.frozen(name)):
            lines.append(f'optimiser_{letter}.param_groups[0]["lr"] = LR_{letter.upper()} * left')
    lines += _order(game)
    if game.acting("optim.ema") > 0:
        lines += [
            "for mean, weight in zip(average, weights_g):",
            "    mean.lerp_(weight.detach(), 1 - EMA)",
        ]
    if optim.lookahead > 0:
        lines += [
            "if (step + 1) % LOOKAHEAD == 0:  # Chavdarova et al. 2021",
            "    for anchor, weight in zip(anchors, weights_g + weights_d):",
            "        anchor.lerp_(weight.detach(), SHARE)",
            "        weight.data.copy_(anchor)",
        ]
    more = ", chance" if game.chance else ""
    schedule = SCHEDULES[game.schedule]
    head = [
        "def train(first, last, block=0):",
        '    """Take the steps first + 1 to last."""',
        f"    for step, data, noise{more} in batches(first, last, block):",
        *(f"        {line}" for line in lines),
        "        if (step + 1) % REPORT == 0:",
        '            print(f"{step + 1:7d}   L_D {loss_d.item():9.4f}   L_G {loss_g.item():9.4f}")',
    ]
    parts.append("\n".join(head))
    note = f"{schedule.title} ({schedule.source}): {schedule.text}."
    return section("The order of play", note, *parts)
