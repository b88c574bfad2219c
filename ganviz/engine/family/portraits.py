"""The saddle pictures of a GAN: which there are, and the exact field of a game of two numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ganviz.engine.draws import rng
from ganviz.frame import Portrait

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan

#: Nodes of the V-field and of the field of moves, each way, and points per expectation.
FIELD_NODES = 61
FLOW_NODES = 13
FIELD_POINTS = 64

Box = tuple[float, float, float, float]


class Portraits:
    """The portraits of one game."""

    def __init__(self, gan: Gan) -> None:
        self.gan = gan

    def all(self) -> tuple[Portrait, ...]:
        """Return the portraits: scalar players, orbit, then beliefs and losses."""
        gan = self.gan
        own: list[Portrait] = []
        if gan.scalar:
            # The equilibrium: a flat D, and θ where the means agree (every latent has mean 0).
            at = float(gan.target.mean[0])
            own.append(
                Portrait(
                    "parameters", "θ (generator)", "ψ (discriminator)", "theta", "psi", (at, 0.0)
                )
            )
        if gan.target.dim == 1:
            own.append(
                Portrait(
                    "orbit",
                    "mean of G − mean of data",
                    "tilt of D: s(m + σ) − s(m − σ)",
                    "mean_gap",
                    "tilt",
                    (0.0, 0.0),
                )
            )
        lines = {column: value for column, value, _ in gan.loss.references}
        rest = None
        if "loss_d" in lines and "loss_g" in lines:
            rest = (lines["loss_g"], lines["loss_d"])
        rule = gan.loss.belief
        even = (rule.neutral,) * 2 if rule.bounded else None
        what = "D" if rule.label.startswith("D(x)") else "s"
        return (
            *own,
            Portrait(
                "beliefs", f"mean {what}(real)", f"mean {what}(fake)", "d_real", "d_fake", even
            ),
            Portrait("losses", "L_G", "L_D", "loss_g", "loss_d", rest),
        )

    def filled(self, portrait: Portrait, box: Box) -> Portrait:
        """Return the parameter portrait with V(θ, ψ) and the mean moves over a box.

        Both are exact expectations over the midpoints of equal-mass slices of data and noise: they
        carry no sampling noise. Other portraits come back as they are.
        """
        gan = self.gan
        if portrait.name != "parameters" or not gan.plain_labels:
            return portrait
        field = None
        if gan.loss.has_value:
            x_low, x_high, y_low, y_high = box
            centres = (np.arange(FIELD_NODES) + 0.5) / FIELD_NODES
            with torch.no_grad():
                real, fake = self._logits(
                    x_low + (x_high - x_low) * centres, y_low + (y_high - y_low) * centres
                )
                value = -gan.loss.discriminator(real, fake)
            field = value.cpu().numpy().astype(np.float64)
        return replace(portrait, field=field, field_box=box, flow=self._flow(box))

    def _flow(self, box: Box) -> np.ndarray:
        """Return (nodes, nodes, 2): the mean move of θ and ψ in a step of plain gradients."""
        gan = self.gan
        x_low, x_high, y_low, y_high = box
        theta = gan.like.new_tensor(np.linspace(x_low, x_high, FLOW_NODES))
        psi = gan.like.new_tensor(np.linspace(y_low, y_high, FLOW_NODES))
        return self.moves(*torch.meshgrid(theta, psi, indexing="xy")).cpu().numpy()

    def moves(self, theta: Tensor, psi: Tensor) -> Tensor:
        """Return the mean plain gradient steps (…, 2) of a step at points of the plane."""
        gan = self.gan
        theta, psi = theta.clone().requires_grad_(), psi.clone().requires_grad_()
        real, fake = self._at(theta, psi)
        loss_d, loss_g = gan.loss.discriminator(real, fake), gan.loss.generator(real, fake)
        (by_theta,) = torch.autograd.grad(loss_g.sum(), theta, retain_graph=True)
        (by_psi,) = torch.autograd.grad(loss_d.sum(), psi)
        optim, k = gan.settings.optim, gan.settings.train.k
        return torch.stack((-optim.lr_g * by_theta, -k * optim.lr_d * by_psi), -1)

    def _logits(self, theta: np.ndarray, psi: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return the logits (psi, theta, points) of data and samples over a grid."""
        grid = torch.meshgrid(
            self.gan.like.new_tensor(theta), self.gan.like.new_tensor(psi), indexing="xy"
        )
        return self._at(*grid)

    def _at(self, theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        gan = self.gan
        draws = np.sort(gan.target.sample(rng(0, "probe", 1), 64 * FIELD_POINTS)[:, 0])
        x = torch.as_tensor(draws.reshape(FIELD_POINTS, -1).mean(1)).to(gan.like)
        x = x - x.mean() + float(gan.target.mean[0])
        noise = gan.latent.probe(rng(0, "probe"), FIELD_POINTS, gan.latent_dim)[:, 0]
        shifted = gan.settings.generator.kind == "shift"
        z = torch.as_tensor(noise if shifted else np.zeros(FIELD_POINTS)).to(gan.like)
        return psi[..., None] * x, psi[..., None] * (theta[..., None] + z)
