"""Every knob, declared once.

The control panel, the command line, the TOML files, the help, the validation and the tests are read
from the ``param`` lines below. To add a knob, add a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import create_model

from ganviz.catalog.clashes import CLASHES
from ganviz.catalog.games import AUTOENCODER, CODED, GAMES, GAN, VAE
from ganviz.catalog.latents import LATENTS
from ganviz.catalog.losses import LOSSES
from ganviz.catalog.measures import MEASURES
from ganviz.catalog.networks import (
    ACTIVATIONS,
    DISCRIMINATORS,
    ENCODERS,
    GENERATORS,
    INITS,
    layered,
)
from ganviz.catalog.optimizers import DECAYS, OPTIMIZERS
from ganviz.catalog.penalties import PENALTIES
from ganviz.catalog.schedules import SCHEDULES
from ganviz.catalog.targets import DABS, PLACES, TARGETS, users
from ganviz.frame import CANVAS
from ganviz.schema import (
    POSITIVE,
    Group,
    ParamError,
    Parameter,
    build,
    get,
    param,
    put,
    walk,
    words,
)

#: Of the conditions of a parameter this one must hold, and any one of the others.
KIND = "game.kind"
#: Players that have hidden layers.
LAYERED_G = {"generator.kind": layered(GENERATORS)}
LAYERED_D = {"discriminator.kind": layered(DISCRIMINATORS)}

Numbers = tuple[float, ...]
Start = float | Numbers | None


class Game(Group):
    """The kind of game."""

    kind: str = param(
        "gan",
        "Game",
        "Which kind of game is trained: two players against each other, or one of its relatives, "
        "in which an encoder and a generator, its decoder, minimise one loss together.",
        choices=GAMES,
        live="restart",
        source="; ".join(game.source for game in GAMES.values()),
    )


class Data(Group):
    """The distribution to be matched."""

    target: str = param(
        "two-gaussians",
        "Target",
        "The distribution that the generator is asked to match. If its dimension changes, both "
        "networks are built anew.",
        choices=TARGETS,
    )
    modes: int | None = param(
        None,
        "Modes",
        "How many Gaussians the target has; a grid needs a square number.",
        low=1,
        high=100,
        when={"data.target": users("modes")},
    )
    scale: float | None = param(
        None,
        "Scale",
        "The target's size a: radius, half width, mean or spacing, as its formula says.",
        low=0.01,
        high=100,
        log=True,
        when={"data.target": users("scale")},
    )
    sigma: float | None = param(
        None,
        "Sigma",
        "Standard deviation of each Gaussian, of the noise around a curve, or of a dab.",
        low=0.001,
        high=10,
        log=True,
        when={"data.target": users("sigma")},
    )
    center: float = param(
        0.0,
        "Centre",
        "Where the target stands on the line.",
        low=-100,
        high=100,
        when={"data.target": users("center")},
    )
    weights: Numbers | None = param(
        None,
        "Weights",
        "Share of each Gaussian of your own mixture; they sum to one. None: all alike.",
        low=0,
        high=1,
        when={"data.target": "mixture"},
    )
    means: Numbers | tuple[tuple[float, float], ...] | None = param(
        None,
        "Means",
        "Centre of each Gaussian of your own mixture: numbers for 1-D, pairs for 2-D.",
        low=-100,
        high=100,
        when={"data.target": "mixture"},
    )
    sigmas: Numbers | None = param(
        None,
        "Sigmas",
        "Standard deviation of each Gaussian of your own mixture. None: data.sigma for all.",
        low=0.001,
        high=10,
        when={"data.target": "mixture"},
    )
    file: str | None = param(
        None,
        "File",
        "CSV, TSV or NPY file with one or two columns of numbers.",
        kind="file",
        when={"data.target": "file"},
    )
    curve: Numbers | None = param(
        None,
        "Heights",
        "Your own curve: heights of the density at even places from −4 to 4, with straight lines "
        "between them; only their proportions count. Draw it in the Distribution view.",
        low=0,
        high=1e6,
        when={"data.target": "curve"},
        longest=PLACES,
    )
    strokes: tuple[tuple[float, float], ...] | None = param(
        None,
        "Dabs",
        "Your own strokes: the centre of each dab of the brush, pairs from −4 to 4; all dabs weigh "
        "the same. Draw them in the Distribution view.",
        low=-CANVAS,
        high=CANVAS,
        when={"data.target": "strokes"},
        longest=DABS,
    )
    standardise: bool = param(
        False,
        "Standardise",
        "Shift and scale each column of the file to mean 0 and standard deviation 1.",
        when={"data.target": "file"},
    )
    prior: float = param(
        0.5,
        "Class prior π",
        "Share of real samples in what D is asked to tell apart: the weight of each half of its "
        "loss. D* = π p / (π p + (1 − π) p_g).",
        low=0.01,
        high=0.99,
        when=GAN,
    )


class LatentGroup(Group):
    """The noise that goes into the generator."""

    kind: str = param(
        "normal",
        "Noise",
        "Distribution of each coordinate of z.",
        choices=LATENTS,
        when=GAN,
    )
    dim: int = param(
        1,
        "Latent dimension",
        "Number of coordinates of z, or of an autoencoder's code h. A shift generator adds z to θ, "
        "so there z has the data's dimension whenever this is 1.",
        low=1,
        high=256,
        live="generator",
    )
    codes: int = param(
        0,
        "Code categories",
        "InfoGAN: a code of so many categories, one-hot behind z, which a second network, "
        "learning with G, has to read from the sample. 0 is off.",
        low=0,
        high=64,
        live="generator",
        when={**GAN, **LAYERED_G},
        source="Chen et al. 2016, arXiv:1606.03657",
    )


class Generator(Group):
    """The generator G."""

    kind: str = param(
        "mlp",
        "Generator",
        "What G is: a neural network, or a toy of one or two numbers with a closed-form answer.",
        choices=GENERATORS,
        live="generator",
    )
    hidden: tuple[int, ...] = param(
        (32, 32),
        "G hidden layers",
        "Width of each hidden layer of G. Of transposed convolutions: the channels that go into "
        "each, which doubles the side of the image.",
        low=1,
        high=1024,
        live="generator",
        when=LAYERED_G,
    )
    activation: str = param(
        "tanh",
        "G activation",
        "Non-linearity of G's hidden layers.",
        choices=ACTIVATIONS,
        live="generator",
        when=LAYERED_G,
    )
    init: str = param(
        "he",
        "G initialisation",
        "How G's first weights are drawn. Their scale alone can decide whether modes collapse.",
        choices=INITS,
        live="generator",
        when=LAYERED_G,
    )
    formula: str = param(
        "z",
        "G formula",
        "G as an expression in z (z1, z2, … where z has more coordinates), one for each "
        "coordinate of the data, parted by commas, such as z^3 - 3*z. It does not learn.",
        live="generator",
        when={"generator.kind": "formula"},
    )
    start: Start = param(
        None,
        "G start",
        "First values: θ of a point or shift, b (or A and b) of an affine G or a dictionary, the "
        "output bias of a network. None: as the initialisation says.",
        low=-100,
        high=100,
        live="generator",
        when={"generator.kind": ("mlp", "shift", "affine", "dictionary", "point")},
    )
    noise: float = param(
        0.5,
        "Decoder noise s",
        "Standard deviation of p(x|z) = N(G(z), s²): how far from G(z) a sample may lie. p_g is "
        "G's push-forward blurred by it.",
        low=0.01,
        high=10,
        log=True,
        when=VAE,
        source="Kingma & Welling 2013, arXiv:1312.6114, appendix C.2",
    )


class Encoder(Group):
    """The encoder E of a variational or plain autoencoder."""

    kind: str = param(
        "mlp",
        "Encoder",
        "What E is: a neural network, or one of convolutions for images.",
        choices=ENCODERS,
        live="encoder",
        when=CODED,
    )
    hidden: tuple[int, ...] = param(
        (32, 32),
        "E hidden layers",
        "Width of each hidden layer of E, or channels of each convolution. None at all: a linear "
        "encoder.",
        low=1,
        high=1024,
        live="encoder",
        when=CODED,
    )
    activation: str = param(
        "tanh",
        "E activation",
        "Non-linearity of E's hidden layers.",
        choices=ACTIVATIONS,
        live="encoder",
        when=CODED,
    )
    init: str = param(
        "he",
        "E initialisation",
        "How E's first weights are drawn.",
        choices=INITS,
        live="encoder",
        when=CODED,
    )
    noise: float = param(
        0.0,
        "Corruption s",
        "Denoising: standard deviation of the noise added to what E sees, while the loss compares "
        "with the clean x. The best answer then moves each x by s² ∇log p_s(x), the score of the "
        "blurred data. 0 is off.",
        low=0,
        high=10,
        when=AUTOENCODER,
        source="Vincent et al. 2008; Vincent 2011, eq. 9 to 12",
    )
    sparsity: float = param(
        0.0,
        "Sparsity λ",
        "Weight of Σ|h|, the L1 norm of the code, beside the squared error: codes are pulled to "
        "zero. Behind a generator that is the identity the best code is |x| − λ/2, or zero. 0 is "
        "off.",
        low=0,
        high=100,
        when=AUTOENCODER,
        source="Olshausen & Field 1996; Tibshirani 1996",
    )


class Discriminator(Group):
    """The discriminator D, or critic."""

    kind: str = param(
        "mlp",
        "Discriminator",
        "What D is: a neural network, a toy of one or two numbers, or the loss's own optimum, "
        "computed from the exact densities at every step.",
        choices=DISCRIMINATORS,
        live="discriminator",
        when=GAN,
    )
    hidden: tuple[int, ...] = param(
        (32, 32),
        "D hidden layers",
        "Width of each hidden layer of D, or channels of each convolution, which halves the side "
        "of the image.",
        low=1,
        high=1024,
        live="discriminator",
        when=LAYERED_D,
    )
    activation: str = param(
        "leaky-relu",
        "D activation",
        "Non-linearity of D's hidden layers.",
        choices=ACTIVATIONS,
        live="discriminator",
        when=LAYERED_D,
    )
    init: str = param(
        "he",
        "D initialisation",
        "How D's first weights are drawn.",
        choices=INITS,
        live="discriminator",
        when=LAYERED_D,
    )
    start: Start = param(
        None,
        "D start",
        "First values: ψ of a linear D, ψ (and b) of an affine D, the output bias of a network. "
        "None: as the initialisation says.",
        low=-100,
        high=100,
        live="discriminator",
        when={"discriminator.kind": (*layered(DISCRIMINATORS), "linear", "affine")},
    )
    dropout: float = param(
        0.0,
        "D dropout",
        "Chance of each hidden unit of D to be left out in a training step. Pictures show D whole.",
        low=0,
        high=0.9,
        when=LAYERED_D,
        source="Srivastava et al. 2014",
    )
    spectral_norm: bool = param(
        False,
        "Spectral norm",
        "Divide each weight matrix of D by its largest singular value: D's slope is bounded.",
        when=LAYERED_D,
        source="Miyato et al. 2018, arXiv:1802.05957",
    )
    pack: int = param(
        1,
        "Packing",
        "PacGAN: D judges so many samples of one kind at once. The batch must be a multiple.",
        low=1,
        high=8,
        live="discriminator",
        when=LAYERED_D,
        source="Lin et al. 2018, arXiv:1712.04086",
    )
    minibatch_features: int = param(
        0,
        "Minibatch features",
        "Minibatch discrimination: D sees by so many kernels how close a sample is to the others "
        "of its batch. 0 is off. Slow.",
        low=0,
        high=32,
        live="discriminator",
        when=LAYERED_D,
        source="Salimans et al. 2016, arXiv:1606.03498, §3.2",
    )
    minibatch_stddev: bool = param(
        False,
        "Minibatch deviation",
        "D sees the mean standard deviation of its own features over the batch.",
        live="discriminator",
        when=LAYERED_D,
        source="Karras et al. 2018, arXiv:1710.10196, §3",
    )


class LossGroup(Group):
    """What the two players minimise."""

    kind: str = param(
        "non-saturating",
        "Loss",
        "What the players minimise. Can be changed in mid-run; weights and moments are kept.",
        choices=LOSSES,
        source="see each loss",
        when=GAN,
    )
    clip: float = param(
        0.0,
        "Weight clipping",
        "After each D-step every weight of D is cut to ± this bound. 0 is off.",
        low=0,
        high=10,
        source="Arjovsky et al. 2017, arXiv:1701.07875, Algorithm 1",
        when={"discriminator.kind": (*layered(DISCRIMINATORS), "linear", "affine")},
    )
    penalty: str = param(
        "off",
        "Penalty",
        "What is added to a player's loss to keep D smooth or the game calm.",
        choices=PENALTIES,
        source="see each penalty",
        when=GAN,
    )
    penalty_weight: float | None = param(
        None,
        "Penalty weight",
        "Strength of the penalty: λ, γ or η of its formula. None: the penalty's own default.",
        low=1e-4,
        high=1000,
        log=True,
        when={"loss.penalty": tuple(name for name in PENALTIES if name != "off")},
    )
    label_smoothing: float = param(
        0.0,
        "Label smoothing",
        "Real samples are labelled 1 minus this: one-sided smoothing. D* = α p / (p + p_g).",
        low=0,
        high=0.5,
        source="Salimans et al. 2016, arXiv:1606.03498, §3.4",
        when=GAN,
    )
    fake_smoothing: float = param(
        0.0,
        "Fake smoothing",
        "Generated samples are labelled this instead of 0: with label smoothing, two-sided.",
        low=0,
        high=0.5,
        source="Salimans et al. 2016, arXiv:1606.03498, §3.4",
        when=GAN,
    )
    label_flips: float = param(
        0.0,
        "Label flips",
        "Chance of each label in D's batch to be the wrong one.",
        low=0,
        high=0.49,
        source="Chintala et al. 2016, ganhacks 6",
        when=GAN,
    )
    instance_noise: float = param(
        0.0,
        "Instance noise",
        "Standard deviation of the noise added to everything D sees.",
        low=0,
        high=5,
        source="Sønderby et al. 2017, arXiv:1610.04490; Arjovsky & Bottou 2017",
        when=GAN,
    )
    noise_steps: int = param(
        0,
        "Noise anneal",
        "Steps in which the instance noise falls to zero, in a straight line. 0: it stays.",
        low=0,
        high=1_000_000,
        unit="steps",
        when={"loss.instance_noise": POSITIVE},
    )
    feature_matching: bool = param(
        False,
        "Feature matching",
        "G minimises ‖E f(x) − E f(G(z))‖² of D's last hidden features f instead of its own loss.",
        when=LAYERED_D,
        source="Salimans et al. 2016, arXiv:1606.03498, §3.1",
    )
    info_weight: float = param(
        1.0,
        "Code weight λ",
        "Strength of InfoGAN's term: the cross-entropy of the code read from the sample.",
        low=0,
        high=100,
        when={"latent.codes": POSITIVE},
        source="Chen et al. 2016, arXiv:1606.03657, eq. 6",
    )
    unroll: int = param(
        0,
        "Unrolled steps",
        "G looks so many D-steps ahead and learns through them. 0 is off. Costs as many steps.",
        low=0,
        high=20,
        when={"discriminator.kind": (*layered(DISCRIMINATORS), "linear", "affine")},
        source="Metz et al. 2017, arXiv:1611.02163",
    )
    unroll_rate: float | None = param(
        None,
        "Unrolled rate",
        "Step size of the plain gradient steps looked ahead. None: D's learning rate.",
        low=1e-6,
        high=10,
        log=True,
        when={"loss.unroll": POSITIVE},
    )


class Train(Group):
    """The order of play."""

    k: int = param(
        1,
        "k, D-steps per G-step",
        "How many times D moves in each step before G moves once.",
        low=1,
        high=100,
        log=True,
        source="Goodfellow et al. 2014, arXiv:1406.2661, Algorithm 1",
        when=GAN,
    )
    schedule: str = param(
        "goodfellow",
        "Schedule",
        "In which order the players move, and on which batches.",
        choices=SCHEDULES,
        when=GAN,
    )
    batch: int = param(
        256,
        "Batch size",
        "Samples per batch, real and generated alike.",
        low=1,
        high=8192,
        log=True,
    )
    freeze: str = param(
        "neither",
        "Freeze",
        "A frozen player keeps its weights while the other goes on learning.",
        choices=("neither", "generator", "discriminator", "encoder"),
    )
    replay: float = param(
        0.0,
        "Replay",
        "Share of D's generated batch that comes from a buffer of earlier samples. 0 is off.",
        low=0,
        high=0.9,
        source="Shrivastava et al. 2017, arXiv:1612.07828, §2.3",
        when=GAN,
    )
    replay_size: int = param(
        2048,
        "Replay buffer",
        "Samples that the buffer holds; each batch takes the places of random ones.",
        low=16,
        high=65536,
        log=True,
        unit="samples",
        when={"train.replay": POSITIVE},
    )
    measure_every: int = param(
        50,
        "Measure every",
        "Steps between two measurements of the generated distribution, and two looks of the "
        "diagnosis: what comes and goes within some hundred steps, such as hopping between modes, "
        "is found more surely every 20.",
        low=1,
        high=10000,
        log=True,
        unit="steps",
    )
    seed: int = param(
        1,
        "Seed",
        "Same seed, settings and changes: the same run, bit for bit, on one machine.",
        low=0,
        high=2**31 - 1,
        live="restart",
    )
    device: str = param(
        "auto",
        "Device",
        "Where the networks live. auto is the CPU; with large nets a GPU may be faster.",
        choices=("auto", "cpu", "cuda", "mps"),
    )
    dtype: str = param(
        "float32",
        "Precision",
        "float64 is slower and lets closed forms be checked to many digits.",
        choices=("float32", "float64"),
    )


_BOTH = ("optim.kind_g", "optim.kind_d")
_ADAMS = dict.fromkeys(_BOTH, ("adam", "optimistic-adam"))


class Optim(Group):
    """How gradients become steps."""

    kind_d: str = param(
        "adam",
        "D optimiser",
        "How D's gradient becomes a step. A change starts D's moments afresh.",
        choices=OPTIMIZERS,
        when=GAN,
    )
    kind_g: str = param(
        "adam",
        "G optimiser",
        "How G's gradient becomes a step, and that of its encoder, where it has one. A change "
        "starts the moments afresh.",
        choices=OPTIMIZERS,
    )
    lr_d: float = param(
        1e-3,
        "D learning rate",
        "Step size η of the discriminator. Takes effect at the next step, moments kept.",
        low=1e-6,
        high=10,
        log=True,
        when=GAN,
    )
    lr_g: float = param(
        1e-3,
        "G learning rate",
        "Step size η of the generator, and of its encoder, where it has one. Takes effect at the "
        "next step, moments kept.",
        low=1e-6,
        high=10,
        log=True,
    )
    beta1: float = param(
        0.5,
        "β₁",
        "Adam's memory of the gradient.",
        low=0,
        high=0.9999,
        when=_ADAMS,
        source="Kingma & Ba 2015, arXiv:1412.6980; 0.5 as in Radford et al. 2016",
    )
    beta2: float = param(
        0.999,
        "β₂",
        "Adam's memory of the squared gradient.",
        low=0,
        high=0.999999,
        when=_ADAMS,
        source="Kingma & Ba 2015, arXiv:1412.6980",
    )
    momentum: float = param(
        0.9,
        "Momentum μ",
        "How much of the last velocity is kept. Negative values damp games.",
        low=-0.9999,
        high=0.9999,
        when=dict.fromkeys(_BOTH, "momentum"),
        source="Polyak 1964; negative: Gidel et al. 2019, arXiv:1807.04740",
    )
    rho: float = param(
        0.99,
        "ρ",
        "RMSprop's memory of the squared gradient.",
        low=0,
        high=0.999999,
        when=dict.fromkeys(_BOTH, "rmsprop"),
        source="Tieleman & Hinton 2012, lecture 6e",
    )
    decay: str = param(
        "constant",
        "Rate decay",
        "How both learning rates fall over the run, t = step / decay steps.",
        choices=DECAYS,
    )
    decay_steps: int = param(
        3000,
        "Decay steps",
        "The time scale of the decay.",
        low=1,
        high=1_000_000,
        log=True,
        unit="steps",
        when={"optim.decay": tuple(name for name in DECAYS if name != "constant")},
    )
    grad_clip: float = param(
        0.0,
        "Gradient clipping",
        "A player's gradient is shortened to this norm if it is longer. 0 is off.",
        low=0,
        high=1000,
        source="Pascanu et al. 2013, arXiv:1211.5063",
    )
    ema: float = param(
        0.0,
        "G averaging β",
        "Memory of an exponential average of G's weights, drawn as a second generated "
        "distribution. 0 is off.",
        low=0,
        high=0.99999,
        when={
            **GAN,
            "generator.kind": (*layered(GENERATORS), "shift", "affine", "dictionary", "point"),
        },
        source="Yazıcı et al. 2019, arXiv:1806.04498",
    )
    lookahead: int = param(
        0,
        "Lookahead",
        "Every so many steps both players go back part of the way to where they last stood. "
        "0 is off.",
        low=0,
        high=10_000,
        unit="steps",
        source="Chavdarova et al. 2021, arXiv:2006.14567",
        when=GAN,
    )
    lookahead_share: float = param(
        0.5,
        "Lookahead α",
        "Share of the way that is kept.",
        low=0.01,
        high=1,
        when={"optim.lookahead": POSITIVE},
    )


#: A switch for every measure of the catalog, under its name there.
_switches: dict[str, Any] = {
    name: (bool, param(measure.on, measure.title, measure.note, when=measure.when))
    for name, measure in MEASURES.items()
}
MeasureGroup: type[Group] = create_model("MeasureGroup", __base__=Group, **_switches)
MeasureGroup.__doc__ = "What is measured, every train.measure_every steps."


class Settings(Group):
    """The frozen tree of all values. ``Settings()`` is the default game."""

    game: Game = Game()
    data: Data = Data()
    latent: LatentGroup = LatentGroup()
    generator: Generator = Generator()
    encoder: Encoder = Encoder()
    discriminator: Discriminator = Discriminator()
    loss: LossGroup = LossGroup()
    train: Train = Train()
    optim: Optim = Optim()
    measure: MeasureGroup = MeasureGroup()  # type: ignore[valid-type]

    @classmethod
    def of(cls, values: Mapping[str, Any] | None = None) -> Self:
        """Return the defaults with the values at some dotted paths replaced.

        Raises
        ------
        ParamError
            For an unknown path, an illegal value, or one that means nothing in this game.
        """
        return cls().with_(values or {})

    def with_(self, values: Mapping[str, Any]) -> Self:
        """Return a copy with the values at some dotted paths replaced; raises as :meth:`of`."""
        new: Self = put(self, values)
        for path in values:
            parameter = PARAMETERS[path]
            if not new.means_something(parameter):
                raise ParamError(
                    f"{path} = {words(values[path])}: means nothing here; "
                    f"it applies when {_owners(parameter)}"
                )
        k_max = SCHEDULES[new.train.schedule].k_max
        if k_max is not None and new.train.k > k_max:
            raise ParamError(
                f"train.k = {new.train.k}: the {new.train.schedule} schedule has k = {k_max}; "
                "choose goodfellow or toronto for more D-steps"
            )
        for clash in CLASHES:
            sentence = clash(new.acting)
            if sentence:
                raise ParamError(sentence, getattr(sentence, "cure", None))
        return new

    @classmethod
    def from_nested(cls, nested: Mapping[str, Any]) -> Self:
        """Return settings from nested tables, as a TOML file holds them; raises as :meth:`of`."""
        build(cls, nested)  # refuses unknown groups and names with a sentence
        flat = {
            f"{g}.{name}": value for g, leaves in nested.items() for name, value in leaves.items()
        }
        return cls.of(flat)

    def nested(self) -> dict[str, dict[str, Any]]:
        """Return what differs from the defaults and means something, as nested tables."""
        tables: dict[str, dict[str, Any]] = {}
        for path, parameter in PARAMETERS.items():
            value = get(self, path)
            if value != parameter.default and value is not None and self.means_something(parameter):
                tables.setdefault(parameter.group, {})[parameter.name] = value
        return tables

    def means_something(self, parameter: Parameter) -> bool:
        """Return whether a parameter applies to the game that these settings describe.

        The kind of game must be right, and one of the other conditions hold. What belongs to a
        choice that itself means nothing here means nothing either.
        """
        rest = False  # whether there are other conditions
        for path, kinds in parameter.when.items():
            if path == KIND:
                if self.game.kind not in kinds:
                    return False
                continue
            rest = True
            owner = PARAMETERS[path]
            if not self.means_something(owner):
                continue
            value = get(self, path)
            if value > 0 if kinds == (POSITIVE,) else value in kinds:
                return True
        return not rest

    def acting(self, path: str) -> Any:
        """Return the value that acts: the default where the parameter means nothing here.

        A game that was given two-sample packs and then a linear D keeps ``discriminator.pack = 2``
        for later; what acts is 1.
        """
        parameter = PARAMETERS[path]
        return get(self, path) if self.means_something(parameter) else parameter.default

    def entry_default(self, path: str) -> Any:
        """Return what None stands for at a path: the chosen entry's own number, if it has one."""
        if path.startswith("data."):
            return TARGETS[self.data.target].uses.get(path.partition(".")[2])
        if path == "loss.penalty_weight":
            return PENALTIES[self.loss.penalty].weight
        if path == "loss.unroll_rate":
            return self.optim.lr_d
        return None


def _owners(parameter: Parameter) -> str:
    """Return in words when a parameter means something."""
    said = {path: f"{path} is {' or '.join(kinds)}" for path, kinds in parameter.when.items()}
    game, others = said.pop(KIND, ""), " or ".join(said.values())
    above = [PARAMETERS[path].when.get(KIND, ()) for path in parameter.when if path != KIND]
    if not game and above and all(above):  # what it belongs to is not there in every kind of game
        game = f"{KIND} is {' or '.join(above[0])}"
    return " and ".join(filter(None, (game, others)))


#: Every parameter by its dotted path, in the order of declaration.
PARAMETERS: dict[str, Parameter] = {parameter.path: parameter for parameter in walk(Settings)}
