"""The perfect discriminator: the loss's own optimum s*(log p(x), log p_g(x)), at every step.

"Iterated learning" of the CMU notes: D is solved for, G takes one step, D is solved for again. The
densities are those of what D sees, instance noise included. p_g is known in closed form for a
shift or an affine map of normal noise; for every other generator of one latent coordinate the noise
makes it smooth: a mixture of normals over the images of the cells of an even grid, with exact
masses, each as wide as the noise and the image together.
"""

from __future__ import annotations

from math import log, pi

import numpy as np
import torch
from torch import Tensor

from ganviz.catalog.losses import Loss
from ganviz.catalog.targets import Distribution
from ganviz.engine.player import Player
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.theory.divergences import flips
from ganviz.theory.pushforward import latent_cells

#: Cells of the latent axis, and atoms that stand for a 1-D target that is no mixture of normals.
CELLS = 512
#: Pieces that a cell is cut into where G is steep.
PIECES = 16


class Oracle:
    """Computes s* by autograd-friendly densities."""

    def __init__(
        self,
        settings: Settings,
        target: Distribution,
        loss: Loss,
        generator: Player,
        like: Tensor,
    ) -> None:
        self.generator = generator
        self.loss = loss
        self.kind = settings.generator.kind
        self.closed = self.kind in ("shift", "affine") and settings.latent.kind == "normal"
        noisy = settings.loss.instance_noise > 0
        if not self.closed and target.dim > 1:
            raise ParamError(
                "discriminator.kind = exact: in two dimensions p_g is known for a shift or affine "
                "generator of normal noise only; choose one of these or a 1-D data.target"
            )
        if self.kind == "affine" and not noisy and settings.latent.dim < target.dim:
            raise ParamError(
                f"latent.dim = {settings.latent.dim}: an affine image of fewer coordinates than "
                f"the data's {target.dim} has no density, so no exact D; "
                f"must be at least {target.dim}"
            )
        self._weights, self._means, self._variances = (
            torch.as_tensor(part).to(like) for part in self._components(target, noisy, settings)
        )
        if not self.closed:
            z, mass = latent_cells(settings.latent.kind, CELLS)
            self._z = torch.as_tensor(np.array(z)).to(like)[:, None]
            self._mass = torch.as_tensor(np.array(mass)).to(like)
        # What D's labels average to: it is asked to predict these, not 1 and 0.
        rate = settings.loss.label_flips
        self._real = flips(1 - settings.loss.label_smoothing, rate)
        self._fake = flips(settings.loss.fake_smoothing, rate)
        self._prior = settings.data.prior

    @staticmethod
    def _components(
        target: Distribution, noisy: bool, settings: Settings
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return p as a mixture of normals: weights (m,), means (m, dim), variances (m,)."""
        if target.mixture is not None:
            weights, means, sigmas = target.mixture
            if sigmas.min() > 0 or noisy:
                return weights, means, sigmas**2
        elif noisy and target.quantile is not None and target.dim == 1:
            means = target.quantile((np.arange(CELLS) + 0.5) / CELLS)
            return np.full(CELLS, 1 / CELLS), means[:, None], np.zeros(CELLS)
        cure = "set loss.instance_noise above 0, such as 0.3, or choose"
        if target.dim > 1 or (target.mixture is None and target.quantile is None):
            cure = "choose"
        raise ParamError(
            f"discriminator.kind = exact: data.target = {settings.data.target} has no smooth "
            f"density here; {cure} a mixture of Gaussians such as two-gaussians"
        )

    def __call__(self, x: Tensor, sigma: float) -> Tensor:
        """Return s* (n,) at (n, dim) points, differentiable in x; G counts as constant."""
        log_p = self._mixture(x, self._weights, self._means, self._variances, sigma)
        log_p, log_q = self._effective(log_p, self._model(x, sigma))
        # Every optimum here is a function of log p − log p_g alone. Its value and slope come from
        # the catalog's own formula, so that autograd has just the chain rule to add.
        odds = log_p - log_q
        at = odds.detach().cpu().numpy().astype(np.float64)
        best, step, zero = self.loss.optimum, 1e-6, np.zeros_like(at)
        assert best is not None
        with np.errstate(over="ignore", invalid="ignore"):
            value = best(at, zero)
            slope = (best(at + step, zero) - best(at - step, zero)) / (2 * step)
        return torch.as_tensor(value).to(x) + torch.as_tensor(slope).to(x) * (odds - odds.detach())

    def _effective(self, log_p: Tensor, log_q: Tensor) -> tuple[Tensor, Tensor]:
        a, b, prior = self._real, self._fake, self._prior
        if (a, b, prior) == (1.0, 0.0, 0.5):
            return log_p, log_q

        def mix(of_p: float, of_q: float) -> Tensor:
            parts = [
                log(2 * share) + logs for share, logs in ((of_p, log_p), (of_q, log_q)) if share > 0
            ]
            return parts[0] if len(parts) == 1 else torch.logaddexp(*parts)

        return (
            mix(prior * a, (1 - prior) * b),
            mix(prior * (1 - a), (1 - prior) * (1 - b)),
        )

    @staticmethod
    def _mixture(
        x: Tensor, weights: Tensor, means: Tensor, variances: Tensor, sigma: float
    ) -> Tensor:
        variance = variances + sigma**2
        square = (x[:, None, :] - means).square().sum(-1) / variance
        dim = x.shape[1]
        logs = weights.log() - square / 2 - dim / 2 * (2 * pi * variance).log()
        total: Tensor = torch.logsumexp(logs, 1)
        return total

    def _model(self, x: Tensor, sigma: float) -> Tensor:
        leaves = [leaf.detach() for leaf in self.generator.leaves]
        dim = x.shape[1]
        if self.closed and self.kind == "shift":
            one = x.new_ones(1)
            return self._mixture(x, one, leaves[0][None], one, sigma)
        if self.closed:
            matrix, mean = leaves
            covariance = matrix @ matrix.T + sigma**2 * torch.eye(dim).to(x)
            # Kept positive by what rounding can take away; what is not finite goes through.
            least = 1e-12 + 8 * torch.finfo(x.dtype).eps * covariance.trace()
            factor, _ = torch.linalg.cholesky_ex(covariance + least * torch.eye(dim).to(x))
            white: Tensor = torch.linalg.solve_triangular(factor, (x - mean).T, upper=False)
            lost: Tensor = factor.diagonal().log().sum() + dim / 2 * log(2 * pi)
            return -white.square().sum(0) / 2 - lost
        return self._mixture(x, *self._images(sigma), sigma)

    @torch.no_grad()
    def _images(self, sigma: float) -> tuple[Tensor, Tensor, Tensor]:
        """Return G's images of the cells: masses (m,), middles (m, 1) and variances (m,).

        Where G is so steep that a cell's image is wider than half the noise, the cell is cut into
        pieces. What is left of an image's width is a variance of its own.
        """
        z, mass = self._z, self._mass
        ends = self.generator(z)
        steep = (ends[1:] - ends[:-1]).abs()[:, 0] > sigma / 2
        low, high = ends[:-1][~steep], ends[1:][~steep]
        masses = mass[~steep]
        if bool(steep.any()):
            shares = torch.linspace(0, 1, PIECES + 1).to(z)
            begins = z[:-1][steep]
            places = begins + (z[1] - z[0]) * shares
            cut = self.generator(places.reshape(-1, 1)).reshape(places.shape)
            low = torch.cat((low, cut[:, :-1].reshape(-1, 1)))
            high = torch.cat((high, cut[:, 1:].reshape(-1, 1)))
            masses = torch.cat((masses, (mass[steep] / PIECES).repeat_interleave(PIECES)))
        return masses, (low + high) / 2, (high - low).square()[:, 0] / 12
