"""Every knob, declared once.

The control panel, the command line, the TOML files, the help, the validation and the tests are read
from the ``param`` lines below. To add a knob, add a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from ganviz.catalog.latents import LATENTS
from ganviz.catalog.losses import LOSSES
from ganviz.catalog.networks import ACTIVATIONS, DISCRIMINATORS, GENERATORS, INITS
from ganviz.catalog.optimizers import OPTIMIZERS
from ganviz.catalog.schedules import SCHEDULES
from ganviz.catalog.targets import TARGETS, users
from ganviz.schema import Group, ParamError, Parameter, build, get, param, put, walk, words

Numbers = tuple[float, ...]
Start = float | Numbers | None


class Game(Group):
    """The kind of game."""

    kind: str = param(
        "gan",
        "Game",
        "Which kind of game is trained.",
        choices=("gan",),
        live="restart",
        source="Goodfellow et al. 2014, arXiv:1406.2661",
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
        "Standard deviation of each Gaussian, or of the noise around a curve.",
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
    standardise: bool = param(
        False,
        "Standardise",
        "Shift and scale each column of the file to mean 0 and standard deviation 1.",
        when={"data.target": "file"},
    )


class LatentGroup(Group):
    """The noise that goes into the generator."""

    kind: str = param("normal", "Noise", "Distribution of each coordinate of z.", choices=LATENTS)
    dim: int = param(
        1,
        "Latent dimension",
        "Number of coordinates of z. A shift generator adds z to θ, so there z has the data's "
        "dimension whenever this is 1.",
        low=1,
        high=256,
        live="generator",
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
        "Width of each hidden layer of G.",
        low=1,
        high=1024,
        live="generator",
        when={"generator.kind": "mlp"},
    )
    activation: str = param(
        "tanh",
        "G activation",
        "Non-linearity of G's hidden layers.",
        choices=ACTIVATIONS,
        live="generator",
        when={"generator.kind": "mlp"},
    )
    init: str = param(
        "he",
        "G initialisation",
        "How G's first weights are drawn. Their scale alone can decide whether modes collapse.",
        choices=INITS,
        live="generator",
        when={"generator.kind": "mlp"},
    )
    start: Start = param(
        None,
        "G start",
        "First values: θ of a point or shift, b (or A and b) of an affine G, the output bias of a "
        "network. None: as the initialisation says.",
        low=-100,
        high=100,
        live="generator",
    )


class Discriminator(Group):
    """The discriminator D, or critic."""

    kind: str = param(
        "mlp",
        "Discriminator",
        "What D is: a neural network, or a toy of one or two numbers.",
        choices=DISCRIMINATORS,
        live="discriminator",
    )
    hidden: tuple[int, ...] = param(
        (32, 32),
        "D hidden layers",
        "Width of each hidden layer of D.",
        low=1,
        high=1024,
        live="discriminator",
        when={"discriminator.kind": "mlp"},
    )
    activation: str = param(
        "leaky-relu",
        "D activation",
        "Non-linearity of D's hidden layers.",
        choices=ACTIVATIONS,
        live="discriminator",
        when={"discriminator.kind": "mlp"},
    )
    init: str = param(
        "he",
        "D initialisation",
        "How D's first weights are drawn.",
        choices=INITS,
        live="discriminator",
        when={"discriminator.kind": "mlp"},
    )
    start: Start = param(
        None,
        "D start",
        "First values: ψ of a linear D, ψ (and b) of an affine D, the output bias of a network. "
        "None: as the initialisation says.",
        low=-100,
        high=100,
        live="discriminator",
    )


class LossGroup(Group):
    """What the two players minimise."""

    kind: str = param(
        "non-saturating",
        "Loss",
        "What the players minimise. Can be changed in mid-run; weights and moments are kept.",
        choices=LOSSES,
        source="see each loss",
    )
    clip: float = param(
        0.0,
        "Weight clipping",
        "After each D-step every weight of D is cut to ± this bound. 0 is off.",
        low=0,
        high=10,
        source="Arjovsky et al. 2017, arXiv:1701.07875, Algorithm 1",
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
    )
    schedule: str = param(
        "goodfellow",
        "Schedule",
        "In which order the players move, and on which batches.",
        choices=SCHEDULES,
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
        choices=("neither", "generator", "discriminator"),
    )
    measure_every: int = param(
        20,
        "Measure every",
        "Steps between two measurements of the generated distribution.",
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
        "Where the networks live. auto is the CPU: nets this small are faster there.",
        choices=("auto", "cpu", "cuda", "mps"),
    )
    dtype: str = param(
        "float32",
        "Precision",
        "float64 is slower and lets closed forms be checked to many digits.",
        choices=("float32", "float64"),
    )


_BOTH = ("optim.kind_g", "optim.kind_d")


class Optim(Group):
    """How gradients become steps."""

    kind_d: str = param(
        "adam",
        "D optimiser",
        "How D's gradient becomes a step. A change starts D's moments afresh.",
        choices=OPTIMIZERS,
    )
    kind_g: str = param(
        "adam",
        "G optimiser",
        "How G's gradient becomes a step. A change starts G's moments afresh.",
        choices=OPTIMIZERS,
    )
    lr_d: float = param(
        1e-3,
        "D learning rate",
        "Step size η of the discriminator. Takes effect at the next step, moments kept.",
        low=1e-6,
        high=10,
        log=True,
    )
    lr_g: float = param(
        1e-3,
        "G learning rate",
        "Step size η of the generator. Takes effect at the next step, moments kept.",
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
        when=dict.fromkeys(_BOTH, "adam"),
        source="Kingma & Ba 2015, arXiv:1412.6980; 0.5 as in Radford et al. 2016",
    )
    beta2: float = param(
        0.999,
        "β₂",
        "Adam's memory of the squared gradient.",
        low=0,
        high=0.999999,
        when=dict.fromkeys(_BOTH, "adam"),
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


class Settings(Group):
    """The frozen tree of all values. ``Settings()`` is the default game."""

    game: Game = Game()
    data: Data = Data()
    latent: LatentGroup = LatentGroup()
    generator: Generator = Generator()
    discriminator: Discriminator = Discriminator()
    loss: LossGroup = LossGroup()
    train: Train = Train()
    optim: Optim = Optim()

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
                owners = " or ".join(
                    f"{where} is {' or '.join(kinds)}" for where, kinds in parameter.when.items()
                )
                raise ParamError(
                    f"{path} = {words(values[path])}: means nothing here; it applies when {owners}"
                )
        k_max = SCHEDULES[new.train.schedule].k_max
        if k_max is not None and new.train.k > k_max:
            raise ParamError(
                f"train.k = {new.train.k}: the {new.train.schedule} schedule has k = {k_max}; "
                "choose goodfellow or toronto for more D-steps"
            )
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
        """Return whether a parameter applies to the game that these settings describe."""
        return not parameter.when or any(
            get(self, path) in kinds for path, kinds in parameter.when.items()
        )

    def entry_default(self, path: str) -> Any:
        """Return what None stands for at a path: the chosen target's own number, if it has one."""
        if path.startswith("data."):
            return TARGETS[self.data.target].uses.get(path.partition(".")[2])
        return None


#: Every parameter by its dotted path, in the order of declaration.
PARAMETERS: dict[str, Parameter] = {parameter.path: parameter for parameter in walk(Settings)}
