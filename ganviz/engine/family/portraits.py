"""The saddle pictures of a GAN: which there are, and the exact field of a game of two numbers."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from math import isfinite, nan
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganviz.engine.draws import rng
from ganviz.frame import Portrait, Trace
from ganviz.schema import ParamError
from ganviz.theory.stability import measured_period, one_step, rotation

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan

#: Nodes of the V-field and of the field of moves, each way, and points per expectation.
FIELD_NODES = 61
FLOW_NODES = 13
FIELD_POINTS = 64
#: The orbit's period is measured over so many steps, and looked at anew after each such stretch:
#: the long one once there are so many steps, as a fast game would look with every picture.
LOOKED_BACK = 1200
STRETCH, LONG_STRETCH = 50, 300

FloatArray = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]


class Portraits:
    """The portraits of one game."""

    def __init__(self, gan: Gan) -> None:
        self.gan = gan
        self._turns: dict[tuple[str, int, int], float] = {}

    @cached_property
    def all(self) -> tuple[Portrait, ...]:
        """The portraits: scalar players, orbit, then beliefs, losses and weights."""
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
            Portrait("weights", "G's weights, leading direction", "D's, leading direction", "", ""),
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
                field = -gan.loss.discriminator(real, fake).numpy()
        return replace(portrait, field=field, field_box=box, flow=self._flow(box))

    def _flow(self, box: Box) -> FloatArray:
        """Return (nodes, nodes, 2): the mean move of θ and ψ in a step of plain gradients."""
        x_low, x_high, y_low, y_high = box
        theta = np.linspace(x_low, x_high, FLOW_NODES)
        psi = np.linspace(y_low, y_high, FLOW_NODES)
        slopes = self.slopes(*np.meshgrid(theta, psi))
        rates, k = self.gan.rates, self.gan.settings.train.k
        return np.asarray(-slopes * np.array([rates["generator"], k * rates["discriminator"]]))

    def slopes(self, theta: FloatArray, psi: FloatArray) -> FloatArray:
        """Return (…, 2) the exact (∂L_G/∂θ, ∂L_D/∂ψ) at points of the plane."""
        gan = self.gan
        at = [torch.as_tensor(values, dtype=torch.float64) for values in (theta, psi)]
        at = [values.clone().requires_grad_() for values in at]
        real, fake = self._at(*at)
        loss_d, loss_g = gan.loss.discriminator(real, fake), gan.loss.generator(real, fake)
        (by_theta,) = torch.autograd.grad(loss_g.sum(), at[0], retain_graph=True)
        (by_psi,) = torch.autograd.grad(loss_d.sum(), at[1])
        return torch.stack((by_theta, by_psi), -1).numpy()

    def _logits(self, theta: FloatArray, psi: FloatArray) -> tuple[Tensor, Tensor]:
        """Return the logits (psi, theta, points) of data and samples over a grid."""
        return self._at(*(torch.from_numpy(part) for part in np.meshgrid(theta, psi)))

    def _at(self, theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        x, z = self._slices
        return psi[..., None] * x, psi[..., None] * (theta[..., None] + z)

    @cached_property
    def _slices(self) -> tuple[Tensor, Tensor]:
        """Midpoints of slices of equal mass of the data and of the noise, float64."""
        gan = self.gan
        draws = np.sort(gan.target.sample(rng(0, "probe", 1), 64 * FIELD_POINTS)[:, 0])
        x = draws.reshape(FIELD_POINTS, -1).mean(1)
        x += float(gan.target.mean[0]) - x.mean()
        noise = gan.latent.probe(rng(0, "probe"), FIELD_POINTS, gan.latent_dim)[:, 0]
        shifted = gan.settings.generator.kind == "shift"
        z = noise if shifted else np.zeros(FIELD_POINTS)
        return torch.from_numpy(x), torch.from_numpy(z)

    # ---- turning ------------------------------------------------------------------------------

    def note(self, portrait: Portrait, trace: Trace, since: int) -> str:
        """Return in words how the orbit turns, and how theory says it would near its centre.

        Of whole stretches of the trace after step ``since``, the last change: so the words stand
        still in between, and never speak of another game.
        """
        if portrait.name not in ("parameters", "orbit") or portrait.centre is None:
            return ""
        first = max(since - trace.start, 0)
        stretch = STRETCH if len(trace) - first < LOOKED_BACK else LONG_STRETCH
        end = len(trace) // stretch * stretch
        begin = max(first, end - LOOKED_BACK)
        x, y = (trace.values(name, begin, end) for name in (portrait.x, portrait.y))
        key = (portrait.name, begin, end)
        if key not in self._turns:
            self._turns = {k: v for k, v in self._turns.items() if k[0] != portrait.name}
            self._turns[key] = measured_period(x, y, portrait.centre)
        turn = self._turns[key]
        said = f"{turn:.0f} steps a turn" if isfinite(turn) else ""
        if portrait.name == "orbit" or self._multiplier is None:
            return said
        period, size = self.period, abs(self._multiplier)
        pair = f"λ = {in_words(self._multiplier)}"
        theory = f"theory {period:.1f}" if isfinite(period) else "theory: no turning"
        parts = [said] if said else []
        return " · ".join((*parts, theory, f"|λ| = {size:.4f} a step", pair))

    @property
    def period(self) -> float:
        """Steps a turn near the equilibrium by theory: inf without turning, NaN if unknown."""
        return nan if self._multiplier is None else rotation(self._multiplier)

    @cached_property
    def _multiplier(self) -> complex | None:
        """The leading eigenvalue of a step at the equilibrium; None where it is not linear there.

        The closed form is that of plain gradients, heavy-ball momentum or optimism, on the loss
        alone.
        """
        gan, s = self.gan, self.gan.settings
        plain = gan.plain_labels and s.loss.penalty == "off" and gan.clip == 0 and not gan.unroll
        alone = s.loss.instance_noise == 0 and s.optim.lookahead == 0 and s.optim.grad_clip == 0
        moving = s.train.freeze == "neither" and s.optim.decay == "constant"
        kinds = {s.optim.kind_g, s.optim.kind_d}
        if not (gan.scalar and plain and alone and moving and s.train.replay == 0):
            return None
        if not (kinds <= {"sgd", "momentum"} or kinds == {"optimistic"}):
            return None
        at, e = np.array([float(gan.target.mean[0]), 0.0]), 1e-5
        beside = at + e * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
        right, left, up, down = self.slopes(beside[:, 0], beside[:, 1])
        jacobian = np.stack([(right - left) / (2 * e), (up - down) / (2 * e)], 1)
        memory = {"sgd": 0.0, "momentum": s.optim.momentum, "optimistic": 0.0}
        try:
            step = one_step(
                jacobian,
                1,
                gan.rates["generator"],
                gan.rates["discriminator"],
                s.train.schedule,
                s.train.k,
                momentum_g=memory[s.optim.kind_g],
                momentum_d=memory[s.optim.kind_d],
                optimistic=kinds == {"optimistic"},
            )
        except ParamError:
            return None
        values = np.linalg.eigvals(step)
        return complex(values[np.abs(values).argmax()])


def in_words(eigenvalue: complex) -> str:
    """Return an eigenvalue and its conjugate as ``a ± bi``, or a real one alone."""
    a = f"{eigenvalue.real:.4f}".replace("-", "−")
    return f"{a} ± {abs(eigenvalue.imag):.4f}i" if eigenvalue.imag else a
