"""What cannot be combined, and what to change.

Each entry of :data:`CLASHES` asks for the values that act, by dotted path, and returns one
sentence, or nothing where all is well. Only what no parameter can refuse by itself stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ganviz.catalog.games import GAMES
from ganviz.catalog.losses import LOSSES
from ganviz.catalog.networks import DISCRIMINATORS, ENCODERS, GENERATORS
from ganviz.catalog.penalties import PENALTIES
from ganviz.catalog.targets import IMAGES
from ganviz.schema import words

#: Dotted path -> the value that acts.
Get = Callable[[str], Any]
Clash = Callable[[Get], str]


class Refusal(str):
    """A sentence, with the change of other parameters that would lift it."""

    cure: dict[str, Any]

    def __new__(cls, sentence: str, **cure: Any) -> Refusal:
        """Write ``loss__penalty="off"`` for the path ``loss.penalty``."""
        made = super().__new__(cls, sentence)
        made.cure = {path.replace("__", "."): value for path, value in cure.items()}
        return made


LABELS = ("loss.label_smoothing", "loss.fake_smoothing", "loss.label_flips")
#: Targets that are smooth without noise.
GAUSSIANS = ("normal", "two-gaussians", "three-gaussians", "mixture", "ring", "grid")
#: Generators that can learn to undo an encoder.
DECODERS = ("mlp", "conv", "affine", "dictionary")
WHO_SGD = "set optim.kind_g and optim.kind_d to sgd"


def labels(get: Get) -> str:
    """Refuse labels where D is not asked for any, or has no best answer to them."""
    loss = LOSSES[get("loss.kind")]
    if loss.labels is None:
        why = "compares pairs of samples, one of each kind, and has no labels"
    elif loss.optimum is None:
        why = "estimates a distance and has no labels"
    else:
        return ""
    for path, plain in (*((label, 0.0) for label in LABELS), ("data.prior", 0.5)):
        if get(path) != plain:
            return (
                f"{path} = {words(get(path))}: the {get('loss.kind')} loss {why}; "
                f"set it to {words(plain)} or choose another loss.kind"
            )
    return ""


def smoothing_sum(get: Get) -> str:
    real, fake = get("loss.label_smoothing"), get("loss.fake_smoothing")
    if real + fake < 1:
        return ""
    return (
        f"loss.label_smoothing = {words(real)}: with loss.fake_smoothing = {words(fake)} both "
        "kinds get the same label; their sum must be below 1"
    )


def packing(get: Get) -> str:
    pack, batch = get("discriminator.pack"), get("train.batch")
    if batch % pack == 0:
        return ""
    near = max(pack, batch // pack * pack)
    return (
        f"train.batch = {batch}: must be a multiple of discriminator.pack = {pack}, such as {near}"
    )


def codes(get: Get) -> str:
    if get("latent.codes") == 1:
        return "latent.codes = 1: a code of one category says nothing; must be 0 or at least 2"
    return ""


def sphere(get: Get) -> str:
    if get("latent.kind") == "sphere" and get("latent.dim") < 2:
        return Refusal(
            "latent.kind = sphere: in one dimension a sphere is two points; "
            "latent.dim must be at least 2",
            latent__dim=2,
        )
    return ""


def features(get: Get) -> str:
    if get("loss.feature_matching") and get("loss.unroll") > 0:
        return (
            f"loss.unroll = {get('loss.unroll')}: feature matching uses the D of now, not the one "
            "looked ahead; set it to 0 or loss.feature_matching to false"
        )
    if not DISCRIMINATORS[get("discriminator.kind")].layered or get("discriminator.hidden"):
        return ""
    for path in ("loss.feature_matching", "discriminator.minibatch_stddev"):
        if get(path):
            return (
                f"{path} = true: D has no hidden layer to take features from; "
                "set discriminator.hidden to widths such as [32]"
            )
    if get("discriminator.dropout") > 0:
        return (
            f"discriminator.dropout = {words(get('discriminator.dropout'))}: D has no hidden layer "
            "to drop units from; set discriminator.hidden to widths such as [32]"
        )
    return ""


def perfect(get: Get) -> str:
    """Refuse what the perfect discriminator has no weights or no formula for."""
    if get("discriminator.kind") != "exact":
        return ""
    loss = LOSSES[get("loss.kind")]
    what = "discriminator.kind = exact"
    if loss.optimum is None:
        return Refusal(
            f"{what}: the {get('loss.kind')} loss has no optimal D in closed form; "
            "choose non-saturating or another loss.kind that has one",
            loss__kind="non-saturating",
        )
    if not loss.smooth:
        return Refusal(
            f"{what}: the optimal D of the {get('loss.kind')} loss is a step, whose slope gives G "
            "no direction; choose non-saturating or another loss.kind",
            loss__kind="non-saturating",
        )
    if get("loss.penalty") != "off":
        return Refusal(
            f"{what}: has no weights for a penalty to act on; set loss.penalty to off",
            loss__penalty="off",
        )
    if get("train.schedule") == "competitive":
        return Refusal(
            f"{what}: does not move by gradients; choose another train.schedule",
            train__schedule="simultaneous",
        )
    return ""


def at_rest(get: Get) -> str:
    """Refuse to hold or to average what has no weights."""
    if get("discriminator.kind") == "exact" and get("train.freeze") == "discriminator":
        return Refusal(
            "discriminator.kind = exact: follows G at every step and cannot be frozen; "
            "set train.freeze to neither or choose another discriminator.kind",
            train__freeze="neither",
        )
    return ""


def perfect_against(get: Get) -> str:
    """Refuse a perfect discriminator where p_g has no density that is known in closed form."""
    if get("discriminator.kind") != "exact":
        return ""
    what = "discriminator.kind = exact"
    noisy = get("loss.instance_noise") > 0
    closed = get("generator.kind") in ("shift", "affine") and get("latent.kind") == "normal"
    if noisy and get("loss.noise_steps") > 0 and not (closed and get("data.target") in GAUSSIANS):
        return Refusal(
            f"{what}: needs the instance noise, which makes p and p_g smooth, at every step; "
            "set loss.noise_steps to 0",
            loss__noise_steps=0,
        )
    if closed:
        return ""
    if get("latent.codes") > 0:
        return Refusal(
            f"{what}: p_g of a generator with a code is not known in closed form; "
            "set latent.codes to 0",
            latent__codes=0,
        )
    if get("latent.dim") > 1:
        return Refusal(
            f"{what}: p_g is known exactly for a normal shift or affine generator and for one "
            f"latent dimension; latent.dim = {get('latent.dim')} must be 1",
            latent__dim=1,
        )
    if not noisy:
        return Refusal(
            f"{what}: without noise p_g of this generator can have spikes and gaps, where D* has "
            "no slope; set loss.instance_noise above 0, such as 0.3",
            loss__instance_noise=0.3,
        )
    return ""


def game_penalty(get: Get) -> str:
    name = get("loss.penalty")
    if not PENALTIES[name].game:
        return ""
    if get("loss.unroll") > 0:
        return (
            f"loss.unroll = {get('loss.unroll')}: the {name} penalty differentiates the game as it "
            "is played, not as looked ahead; set it to 0 or choose another loss.penalty"
        )
    if get("train.schedule") == "competitive":
        return (
            f"train.schedule = competitive: already solves for both players' moves; "
            f"set loss.penalty = {name} to off"
        )
    return ""


def competing(get: Get) -> str:
    if get("train.schedule") != "competitive":
        return ""
    for path in ("optim.kind_g", "optim.kind_d"):
        if get(path) != "sgd":
            return Refusal(
                f"{path} = {get(path)}: competitive gradient descent makes both moves from the "
                f"learning rates alone; {WHO_SGD}",
                optim__kind_g="sgd",
                optim__kind_d="sgd",
            )
    if get("loss.unroll") > 0:
        return (
            f"loss.unroll = {get('loss.unroll')}: competitive gradient descent looks at the other "
            "player's answer already; set it to 0"
        )
    if get("train.replay") > 0:
        return (
            f"train.replay = {words(get('train.replay'))}: competitive gradient descent judges "
            "the samples whose move it solves for; set it to 0"
        )
    if get("optim.grad_clip") > 0:
        return (
            f"optim.grad_clip = {words(get('optim.grad_clip'))}: competitive gradient descent "
            "solves for moves and does not follow gradients; set it to 0"
        )
    if get("generator.kind") == "formula":
        return (
            "train.schedule = competitive: a generator given by a formula does not move; "
            "choose goodfellow"
        )
    return ""


def coded(get: Get) -> str:
    """Refuse a generator that is no decoder, and players that a game does not have."""
    game, frozen = get("game.kind"), get("train.freeze")
    if frozen not in ("neither", *(name for name, _ in GAMES[game].players)):
        return Refusal(
            f"train.freeze = {frozen}: no such player in game.kind = {game}; must be neither or "
            + " or ".join(name for name, _ in GAMES[game].players),
            train__freeze="neither",
        )
    if game != "gan" and get("generator.kind") not in DECODERS:
        return Refusal(
            f"generator.kind = {get('generator.kind')}: cannot decode in game.kind = {game}; "
            f"must be {', '.join(DECODERS[:-1])} or {DECODERS[-1]}",
            generator__kind="mlp",
        )
    return ""


#: Who may be made of convolutions, with the settings that it has.
PLAYERS = (
    ("generator", GENERATORS),
    ("discriminator", DISCRIMINATORS),
    ("encoder", ENCODERS),
)


def pictured(get: Get) -> str:
    """Refuse convolutions of what is no image, and what is not there for images."""
    target = get("data.target")
    if target not in IMAGES:
        for player, kinds in PLAYERS:
            kind = get(f"{player}.kind")
            if kinds[kind].images:
                return Refusal(
                    f"{player}.kind = {kind}: convolves images, and data.target = {target} has "
                    f"none; choose mlp or data.target = {IMAGES[0]}",
                    data__target=IMAGES[0],
                )
        return ""
    if get("discriminator.kind") == "exact":
        return Refusal(
            f"data.target = {target}: of images no density is known, which discriminator.kind = "
            "exact needs; choose conv or another discriminator.kind",
            discriminator__kind="conv",
        )
    if get("generator.kind") == "formula":
        return Refusal(
            f"data.target = {target}: an image has too many coordinates for generator.kind = "
            "formula to write one for each; choose conv or another generator.kind",
            generator__kind="conv",
        )
    return ""


CLASHES: tuple[Clash, ...] = (
    pictured,
    coded,
    labels,
    smoothing_sum,
    packing,
    codes,
    sphere,
    features,
    perfect,
    at_rest,
    perfect_against,
    game_penalty,
    competing,
)
