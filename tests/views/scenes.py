"""Synthetic but plausible frames, for tests and for looking at pictures."""

from __future__ import annotations

import numpy as np

from ganviz.frame import Belief, Frame, Line, Mark, Portrait, Ranges, Trace, TraceWriter

COLUMNS = ("step", "loss_d", "loss_g", "value", "theta", "psi")
LOG2 = float(np.log(2.0))


def trace_of(**columns: np.ndarray) -> Trace:
    """Return a trace of these columns; step is added."""
    n = len(next(iter(columns.values())))
    names = tuple(columns)
    rows = np.column_stack([np.arange(1, n + 1, dtype=float), *columns.values()])
    return TraceWriter(("step", *names), rows).trace()


def _noise(n: int, seed: int, size: float, hold: float = 0.9) -> np.ndarray:
    """Return a little coloured noise."""
    white = np.random.default_rng(seed).standard_normal(n) * size
    out = np.empty(n)
    last = 0.0
    for i, w in enumerate(white):
        last = hold * last + w
        out[i] = last
    return out


def training(steps: int, seed: int = 0, theta: float = 1.0) -> Trace:
    """Return a trace of a GAN that settles down in noisy circles."""
    t = np.arange(steps)
    calm = np.exp(-t / 4000.0)
    loss_d = 2 * LOG2 - 0.35 * calm * np.cos(t / 40) + _noise(steps, seed, 0.02)
    loss_g = LOG2 + 0.5 * calm * np.sin(t / 40) + _noise(steps, seed + 1, 0.03)
    turn = 2 * np.pi * t / 126.0
    radius = 0.15 + 0.85 * np.exp(-t / 700.0)
    x = theta * radius * np.cos(turn) + _noise(steps, seed + 2, 0.004)
    y = radius * np.sin(turn) + _noise(steps, seed + 3, 0.004)
    return trace_of(loss_d=loss_d, loss_g=loss_g, value=-loss_d, theta=x, psi=y)


CURVES = (
    ("loss_d", "L_D", "discriminator"),
    ("loss_g", "L_G", "generator"),
    ("value", "V", "value"),
)
REFERENCES = (
    Line(2 * LOG2, "2·log 2 = 1.386", "discriminator"),
    Line(LOG2, "log 2 = 0.693", "generator"),
    Line(-2 * LOG2, "−log 4 = −1.386", "value"),
)


def saddle(steps: int = 400, **changes: object) -> Frame:
    """Return the bilinear game: V = -psi·theta, a point generator and a linear critic."""
    eta = 0.05
    theta, psi = np.empty(steps), np.empty(steps)
    a, b = 1.5, 0.0
    for i in range(steps):
        b = b - eta * a
        a = a + eta * b
        theta[i], psi[i] = a, b
    value = -theta * psi
    side = np.linspace(-2, 2, 65)
    field = -np.outer(side, side)
    grid = np.linspace(-3, 3, 257)
    now_theta, now_psi = (theta[-1], psi[-1]) if steps else (1.5, 0.0)
    fields: dict[str, object] = {
        "step": steps,
        "dim": 1,
        "title": "bilinear · Wasserstein · k = 1",
        "formula": "V = −ψ·θ",
        "device": "cpu",
        "kernel": "plain",
        "real": np.zeros((500, 1), np.float32),
        "fake": np.full((500, 1), now_theta, np.float32),
        "grid": (grid,),
        "belief": Belief("critic s(x)", now_psi * grid, -np.inf, np.inf, 0.0, "0"),
        "density": None,
        "atoms": ((0.0, 1.0),),
        "modes": np.zeros((1, 1)),
        "trace": trace_of(loss_d=-value, loss_g=value, value=value, theta=theta, psi=psi),
        "curves": CURVES,
        "references": (Line(0.0, "V* = 0", "value"),),
        "portraits": (
            Portrait(
                "θ against ψ", "θ", "ψ", "theta", "psi", (0.0, 0.0), field, (-2.0, 2.0, -2.0, 2.0)
            ),
            Portrait("V against ψ", "ψ", "V", "psi", "value"),
        ),
        "marks": (),
        "measures": (("W₁", "0.84"), ("θ", "1.231")),
        "ranges": Ranges(
            ((-3.0, 3.0),),
            (-1.6, 1.6),
            4.0,
            (-5.0, 5.0),
            (
                ("θ against ψ", (-2.0, 2.0, -2.0, 2.0)),
                ("V against ψ", (-2.0, 2.0, -1.6, 1.6)),
            ),
        ),
    }
    return Frame(**(fields | changes))  # type: ignore[arg-type]


def bimodal(steps: int = 2000, samples: int = 1000, **changes: object) -> Frame:
    """Return a 1-D GAN on two Gaussians."""
    rng = np.random.default_rng(1)
    sign = np.where(rng.random(samples) < 0.5, -1.0, 1.0)
    real = (2 * sign + 0.5 * rng.standard_normal(samples)).astype(np.float32)[:, None]
    share = min(steps / 3000, 1.0)
    other = np.where(rng.random(samples) < 0.3 + 0.2 * share, -1.0, 1.0)
    fake = 2 * share * other + (0.9 - 0.3 * share) * rng.standard_normal(samples)
    fake = fake.astype(np.float32)[:, None]
    grid = np.linspace(-5, 5, 257)

    def bell(centre: float, sigma: float) -> np.ndarray:
        return np.exp(-0.5 * ((grid - centre) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))

    p = 0.5 * bell(-2, 0.5) + 0.5 * bell(2, 0.5)
    q = 0.4 * bell(-2 * share, 0.9 - 0.3 * share) + 0.6 * bell(2 * share, 0.9 - 0.3 * share)
    trace = training(steps)
    fields: dict[str, object] = {
        "step": steps,
        "dim": 1,
        "title": "two Gaussians · non-saturating · k = 1",
        "formula": "L_G = −E log D(G(z))",
        "device": "cpu",
        "kernel": "plain",
        "real": real,
        "fake": fake,
        "grid": (grid,),
        "belief": Belief("D(x)", (p + 0.01) / (p + q + 0.02), 0.0, 1.0, 0.5, "½"),
        "density": p,
        "atoms": (),
        "modes": np.array([[-2.0], [2.0]]),
        "trace": trace,
        "curves": CURVES,
        "references": REFERENCES,
        "portraits": (
            Portrait("G's mean against D's slope", "E G(z)", "slope of D", "theta", "psi"),
        ),
        "marks": (),
        "measures": (("JSD", "0.042 ± 0.011"), ("W₁", "0.18"), ("modes", "2 of 2")),
        "ranges": Ranges(
            ((-5.0, 5.0),),
            (-2.0, 2.5),
            0.62,
            (-5.0, 5.0),
            (("G's mean against D's slope", (-1.1, 1.1, -1.1, 1.1)),),
        ),
    }
    return Frame(**(fields | changes))  # type: ignore[arg-type]


def ring(steps: int = 5000, samples: int = 1000, **changes: object) -> Frame:
    """Return a 2-D GAN on a ring of eight Gaussians."""
    rng = np.random.default_rng(2)
    angle = 2 * np.pi * np.arange(8) / 8
    modes = 2 * np.column_stack([np.cos(angle), np.sin(angle)])
    real = modes[rng.integers(0, 8, samples)] + 0.15 * rng.standard_normal((samples, 2))
    fake = modes[rng.integers(0, 5, samples)] + 0.22 * rng.standard_normal((samples, 2))
    stray = rng.random(samples) < 0.08
    fake[stray] = 1.2 * rng.standard_normal((stray.sum(), 2))
    side = np.linspace(-3, 3, 64)
    xs, ys = np.meshgrid(side, side)

    def cloud(centres: np.ndarray, sigma: float) -> np.ndarray:
        total = np.zeros_like(xs)
        for cx, cy in centres:
            total += np.exp(-0.5 * ((xs - cx) ** 2 + (ys - cy) ** 2) / sigma**2) / sigma**2
        return total / len(centres)

    p, q = cloud(modes, 0.35) + 0.004, cloud(modes[:5], 0.4) + 0.004
    trace = training(steps)
    half = np.linspace(-1, 1, 48)
    fields: dict[str, object] = {
        "step": steps,
        "dim": 2,
        "title": "ring of 8 · non-saturating · k = 1",
        "formula": "L_G = −E log D(G(z))",
        "device": "cpu",
        "kernel": "plain",
        "real": real.astype(np.float32),
        "fake": fake.astype(np.float32),
        "grid": (side, side),
        "belief": Belief("D(x)", p / (p + q), 0.0, 1.0, 0.5, "½"),
        "density": None,
        "atoms": (),
        "modes": modes,
        "trace": trace,
        "curves": CURVES,
        "references": REFERENCES,
        "portraits": (
            Portrait(
                "L_G against L_D",
                "G",
                "D",
                "theta",
                "psi",
                None,
                half[:, None] ** 2 - half[None, :] ** 2,
                (-1.2, 1.2, -1.2, 1.2),
            ),
        ),
        "marks": (Mark(4600, "k = 5"), Mark(4800, "lr_d = 0.0004")),
        "measures": (("JSD", "0.31 ± 0.02"), ("W₁", "0.44"), ("modes", "5 of 8"), ("hq", "87 %")),
        "ranges": Ranges(
            ((-3.0, 3.0), (-3.0, 3.0)),
            (-2.0, 2.5),
            0.0,
            (-5.0, 5.0),
            (("L_G against L_D", (-1.2, 1.2, -1.2, 1.2)),),
        ),
    }
    return Frame(**(fields | changes))  # type: ignore[arg-type]
