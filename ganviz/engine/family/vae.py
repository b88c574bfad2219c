"""Variational autoencoders.

Kingma & Welling 2013, arXiv:1312.6114. The prior of the code is N(0, I), the decoder's p(x|z) is
N(G(z), s²), the encoder's q(z|x) is N(m, diag v) with (m, log v) = E(x), and both minimise (eq. 3)

    −ELBO = −E_q log p(x|z) + KL(q(z|x) ‖ N(0, I)) ≥ −log p_g(x),

the first term by one reparameterised draw z = m + √v·ε for each x (eq. 10), the second in closed
form, ½ Σ (m² + v − 1 − log v) (appendix B). A sample is G(z) + s·ε: what it is made of is noise for
z and for ε beside it.
"""

from __future__ import annotations

from functools import cached_property
from math import isfinite, log, pi
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ganviz.catalog.games import GAMES
from ganviz.catalog.latents import Latent
from ganviz.clock import Part
from ganviz.engine.family.coder import Coder, E, G
from ganviz.engine.family.decoded import Decoded, entropy
from ganviz.engine.family.mesh import Mesh
from ganviz.frame import Line, Manifold, Portrait

FloatArray = npt.NDArray[np.float64]


class Vae(Coder):
    """An encoder that says which codes may have made x, and a decoder with noise."""

    columns: tuple[str, ...] = GAMES["vae"].columns
    outputs = 2

    def _noise_dim(self) -> int:
        return self.latent_dim

    def _source(self) -> tuple[Latent, int]:
        """Return noise for z, and for ε beside it.

        Of images what is shown and measured is G(z): noise of every pixel by itself would hide it.
        """
        return self.latent, self.latent_dim + (0 if self.side else self.target.dim)

    def loss(self, x: Tensor, noise: Tensor, told: dict[str, Tensor]) -> Tensor:
        """Return −ELBO; tell its two terms and the mean of √v, 1 where codes say nothing."""
        s = self.settings.generator.noise
        mean, log_v = self.players[E](x).chunk(2, 1)
        spread = (log_v / 2).exp()
        missed = (x - self.players[G](mean + spread * noise)).square().sum(1).mean()
        far = missed / (2 * s * s) + x.shape[1] * (log(s) + log(2 * pi) / 2)
        rate = (mean.square() + spread.square() - 1 - log_v).sum(1).mean() / 2
        told["reconstruction"], told["kl"], told["spread"] = far, rate, spread.mean()
        return far + rate

    def _rebuilt(self, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, str]:
        mean, log_v = self.encoded(x).chunk(2, 1)
        code = mean + (log_v / 2).exp() * noise
        said = "E says which codes may have made each, N(m, v), and one of them is drawn"
        return code, self.decoded(code), said

    def images(self, z: Tensor, average: bool = False) -> FloatArray:
        """Return samples (n, dim); of (n, latent.dim) codes alone, G(z) without its noise."""
        k = self.latent_dim
        made = self.decoded(z[:, :k].contiguous())
        if z.shape[1] > k:
            made = made + self.settings.generator.noise * z[:, k:]
        return made.cpu().numpy().astype(np.float64)

    def codes(self, real: FloatArray, seen: Tensor) -> FloatArray:
        """Return the means m(x) (n, k) of q(z|x) of real samples."""
        found = self.encoded(self.tensor(np.array(real)))[:, : self.latent_dim]
        return found.cpu().numpy().astype(np.float64)

    # ---- what pictures need -------------------------------------------------------------------

    @cached_property
    def _exact(self) -> bool:
        """Whether p_g is known: one coordinate of the code, one of the data."""
        return self.target.dim == self.latent_dim == 1 and self.target.cdf is not None

    def present(self, purpose: str = "measure") -> Any:
        """Return what theory knows of this moment, for a ``picture`` or a ``measure``."""
        return Decoded(self, purpose) if self._exact else super().present(purpose)

    @cached_property
    def entropy(self) -> float:
        """The entropy of the data: no −ELBO is less on average. NaN where it is not known."""
        return entropy(self)

    @property
    def curves(self) -> tuple[tuple[str, str, str], ...]:
        """−ELBO, its two terms, and what it bounds, where that is measured."""
        known = self._exact and self.settings.acting("measure.nll")
        return (
            ("loss", "−ELBO", "value"),
            ("reconstruction", "−E log p(x|z)", "generator"),
            ("kl", "KL(q‖N)", "encoder"),
            *((("nll", "−log p_g", "best"),) if known else ()),
        )

    @property
    def references(self) -> tuple[Line, ...]:
        """The entropy of the data, where it is known."""
        if not isfinite(self.entropy):
            return ()
        return (Line(self.entropy, f"H(p) = {self.entropy:.3f}".replace("-", "−"), "value"),)

    @property
    def formula(self) -> str:
        """The loss in plain letters."""
        return "−ELBO = −E log p(x|z) + KL(q(z|x) ‖ N(0, I)) ≥ −E log p_g(x)"

    @property
    def title(self) -> str:
        """The game in a few words."""
        return f"{self.settings.data.target} · VAE · s = {self.settings.generator.noise:g}"

    def _written(self) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
        s = self.settings.generator.noise
        return (
            (
                (r"-\mathrm{ELBO} =", "loss"),
                (r"-\mathbb{E}_q \log p(x \mid z)", "reconstruction"),
                (r"+\,\mathrm{KL}(q \,\|\, N(0, I))", "kl"),
            ),
            (rf"p(x \mid z) = N(G(z), s^2),\; s = {s:g}", r"q(z \mid x) = N(m(x), v(x))"),
        )

    @cached_property
    def _mesh(self) -> Mesh | None:
        return Mesh.of(self.settings, self.latent, self.latent_dim, self.target.dim)

    @Part("D and fields")
    def manifold(self) -> Manifold | None:
        """Return the image of a grid of codes in the plane, without the noise."""
        return None if self._mesh is None else self._mesh.image(self)

    @property
    def offers(self) -> frozenset[str]:
        """The layers of pictures that this game can fill besides the ones every game has."""
        found = {"code"}
        if self._exact:
            found.add("model")
        if self.target.dim == self.latent_dim == 1:
            found.add("map")
        if self._mesh is not None:
            found.add("manifold")
        if self.target.dim == 2 and self.target.log_density is not None:
            found.add("contours")
        if self.side:
            found.add("images")
        return frozenset(found)

    @property
    def called(self) -> tuple[tuple[str, str, str], ...]:
        """((layer, title, explanation), …) of layers that are called otherwise than in a GAN."""
        made = "Samples of the decoder, G(z) + s ε, of noise that stays the same"
        image = (
            "The image of a grid of codes, without the decoder's noise: lines at equal steps of "
        )
        return (
            ("generated", "generated", made),
            (
                "average",
                "held",
                "The same samples with one coordinate of the code held by hand, and in the "
                "plane where that coordinate leads; training knows nothing of it",
            ),
            (
                "manifold",
                "manifold",
                image + "the prior's mass; the denser a cell, the more opaque",
            ),
        )

    def portraits(self) -> tuple[Portrait, ...]:
        """Return rate against distortion, the code's spread, and the weights."""
        return (
            Portrait(
                "rate",
                "KL(q‖N(0, I)): nats in the code",
                "−E log p(x|z)",
                "kl",
                "reconstruction",
                note="rate and distortion: what the code says of x, and what is still missed",
            ),
            Portrait("spread", "mean √v: 1 says nothing of x", "−ELBO", "spread", "loss"),
            *super().portraits(),
        )
