"""The plain PyTorch loop that a person would write for the same game, as good as they would.

Networks by ``nn.Sequential``, data and noise drawn by torch, one of torch's optimisers for each
player with its defaults but for the rates, k D-steps on fresh batches and one G-step, the losses
kept as Python floats for a plot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss, relu, softplus

from ganviz.engine.data import distribution
from ganviz.engine.player import Player
from ganviz.schema import ParamError
from ganviz.settings import Settings

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": lambda: nn.LeakyReLU(0.2),
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
    "elu": nn.ELU,
    "silu": nn.SiLU,
}
Term = Callable[[Tensor, Tensor], Tensor]


def losses(batch: int, dtype: torch.dtype) -> dict[str, tuple[Term, Term]]:
    """Return L_D and L_G of every loss as a person writes them, by (real, fake) logits (n, 1)."""
    bce: Term = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(batch, 1, dtype=dtype), torch.zeros(batch, 1, dtype=dtype)

    def logistic(r: Tensor, f: Tensor) -> Tensor:
        return bce(r, ones) + bce(f, zeros)

    def average(r: Tensor, f: Tensor) -> Tensor:
        return (bce(r - f.mean(), ones) + bce(f - r.mean(), zeros)) / 2

    log2 = 0.6931471805599453
    return {
        "minimax": (logistic, lambda r, f: -bce(f, zeros)),
        "non-saturating": (logistic, lambda r, f: bce(f, ones)),
        "least-squares": (
            lambda r, f: (mse_loss(r, ones) + mse_loss(f, zeros)) / 2,
            lambda r, f: mse_loss(f, ones) / 2,
        ),
        "pearson": (
            lambda r, f: (mse_loss(r, ones) + mse_loss(f, -ones)) / 2,
            lambda r, f: mse_loss(f, zeros) / 2,
        ),
        "wasserstein": (lambda r, f: f.mean() - r.mean(), lambda r, f: -f.mean()),
        "hinge": (lambda r, f: relu(1 - r).mean() + relu(1 + f).mean(), lambda r, f: -f.mean()),
        "relativistic": (lambda r, f: bce(r - f, ones), lambda r, f: bce(f - r, ones)),
        "relativistic-average": (average, lambda r, f: average(f, r)),
        "f-kl": (
            lambda r, f: torch.exp(f - 1).mean() - r.mean(),
            lambda r, f: -torch.exp(f - 1).mean(),
        ),
        "f-reverse-kl": (
            lambda r, f: torch.exp(-r).mean() + f.mean() - 1,
            lambda r, f: 1 - f.mean(),
        ),
        "f-pearson": (
            lambda r, f: (f**2 / 4 + f).mean() - r.mean(),
            lambda r, f: -(f**2 / 4 + f).mean(),
        ),
        "f-hellinger": (
            lambda r, f: torch.exp(-r).mean() + torch.exp(f).mean() - 2,
            lambda r, f: 1 - torch.exp(f).mean(),
        ),
        "f-jensen-shannon": (
            lambda r, f: logistic(r, f) - 2 * log2,
            lambda r, f: log2 - softplus(f).mean(),
        ),
        "f-total-variation": (
            lambda r, f: (torch.tanh(f).mean() - torch.tanh(r).mean()) / 2,
            lambda r, f: -torch.tanh(f).mean() / 2,
        ),
    }


#: Losses whose generator reads the real logits as well.
COMPARING = ("relativistic", "relativistic-average")


class Rival:
    """The loop, for a game between two networks.

    Parameters
    ----------
    settings
        The game. A mixture of Gaussians of equal weights; Goodfellow's schedule; the optimisers
        that torch.optim has; clipping, and the penalties ``gradient-penalty`` (WGAN-GP) and ``r1``.
    recorded
        Whether the losses of each step are kept as floats.
    """

    def __init__(self, settings: Settings, *, recorded: bool = True) -> None:
        s = settings
        self.settings = s
        self.recorded = recorded
        self.losses: list[tuple[float, float]] = []
        self.dtype = torch.float64 if s.train.dtype == "float64" else torch.float32
        target = distribution(s)
        if not len(target.centres) or len(set(target.sigmas.tolist())) > 1:
            raise ParamError(f"data.target = {s.data.target}: the rival draws Gaussians only")
        self.centres = torch.tensor(target.centres, dtype=self.dtype)
        self.sigma = float(target.sigmas[0])
        self.batch, self.k, self.latent = s.train.batch, s.train.k, s.latent.dim
        self.g = network(self.latent, s.generator.hidden, target.dim, s.generator.activation)
        self.d = network(target.dim, s.discriminator.hidden, 1, s.discriminator.activation)
        for net in (self.g, self.d):
            net.to(self.dtype)
        self.optim_g = self._optimiser(s.optim.kind_g, self.g, s.optim.lr_g)
        self.optim_d = self._optimiser(s.optim.kind_d, self.d, s.optim.lr_d)
        self.loss_d, self.loss_g = losses(self.batch, self.dtype)[s.loss.kind]
        self.comparing = s.loss.kind in COMPARING
        weight = s.loss.penalty_weight
        self.weight = s.entry_default("loss.penalty_weight") if weight is None else weight

    def _optimiser(self, kind: str, net: nn.Module, lr: float) -> torch.optim.Optimizer:
        o = self.settings.optim
        parameters = net.parameters()
        if kind == "adam":
            return torch.optim.Adam(parameters, lr=lr, betas=(o.beta1, o.beta2))
        if kind == "rmsprop":
            return torch.optim.RMSprop(parameters, lr=lr, alpha=o.rho)
        if kind == "momentum":
            return torch.optim.SGD(parameters, lr=lr, momentum=o.momentum)
        if kind == "sgd":
            return torch.optim.SGD(parameters, lr=lr)
        raise ParamError(f"optim.kind = {kind}: torch.optim has none of that kind")

    def load(self, generator: Player, discriminator: Player) -> None:
        """Begin with the weights of two of ganviz's players."""
        for net, player in ((self.g, generator), (self.d, discriminator)):
            with torch.no_grad():
                for mine, leaf in zip(net.parameters(), player.leaves, strict=True):
                    mine.copy_(leaf)

    def draw_data(self) -> Tensor:
        """Return a batch of real samples, (batch, dim)."""
        which = torch.randint(len(self.centres), (self.batch,))
        noise = torch.randn(self.batch, self.centres.shape[1], dtype=self.dtype)
        return self.centres[which] + self.sigma * noise

    def draw_noise(self) -> Tensor:
        """Return a batch of noise, (batch, latent)."""
        return torch.randn(self.batch, self.latent, dtype=self.dtype)

    def play(self, n: int) -> None:
        """Take n steps on batches of its own."""
        for _ in range(n):
            for _ in range(self.k):
                x = self.draw_data()
                loss_d = self.step_d(x, self.draw_noise())
            loss_g = self.step_g(x, self.draw_noise())
            if self.recorded:
                self.losses.append((loss_d.item(), loss_g.item()))

    def round(self, data: Sequence[Tensor], noise: Sequence[Tensor], alpha: Tensor) -> None:
        """Take one step on given batches: k of data, k + 1 of noise; ``alpha`` mixes pairs."""
        for x, z in zip(data, noise[:-1], strict=True):
            self.step_d(x, z, alpha)
        self.step_g(data[-1], noise[-1])

    def step_d(self, x: Tensor, z: Tensor, alpha: Tensor | None = None) -> Tensor:
        """Move D once, and return its loss."""
        penalty = self.settings.loss.penalty
        self.optim_d.zero_grad()
        fake = self.g(z).detach()
        if penalty == "r1":
            x.requires_grad_()
        real_logits = self.d(x)
        loss: Tensor = self.loss_d(real_logits, self.d(fake))
        if penalty == "r1":
            (slope,) = torch.autograd.grad(real_logits.sum(), x, create_graph=True)
            loss = loss + self.weight * slope.square().sum(1).mean() / 2
        elif penalty == "gradient-penalty":
            if alpha is None:
                alpha = torch.rand(self.batch, 1, dtype=self.dtype)
            between = (alpha * x + (1 - alpha) * fake).requires_grad_()
            (slope,) = torch.autograd.grad(self.d(between).sum(), between, create_graph=True)
            loss = loss + self.weight * (slope.norm(2, dim=1) - 1).square().mean()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optim_d.step()
        if self.settings.loss.clip > 0:
            with torch.no_grad():
                for weight in self.d.parameters():
                    weight.clamp_(-self.settings.loss.clip, self.settings.loss.clip)
        return loss

    def step_g(self, x: Tensor, z: Tensor) -> Tensor:
        """Move G once, and return its loss."""
        self.optim_g.zero_grad()
        fake = self.d(self.g(z))
        loss: Tensor = self.loss_g(self.d(x) if self.comparing else fake, fake)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optim_g.step()
        return loss


def network(inputs: int, hidden: Sequence[int], outputs: int, activation: str) -> nn.Sequential:
    """Return a multi-layer perceptron with torch's own first weights."""
    layers: list[nn.Module] = []
    for width in hidden:
        layers += [nn.Linear(inputs, width), ACTIVATIONS[activation]()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))
