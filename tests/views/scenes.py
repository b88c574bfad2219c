"""Synthetic but plausible frames, for tests and for looking at pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ganviz.frame import (
    Arrows,
    Belief,
    Diagnosis,
    Frame,
    Line,
    Mark,
    Model,
    Portrait,
    Ranges,
    Reading,
    Term,
    Trace,
    TraceWriter,
)

COLUMNS = ("step", "loss_d", "loss_g", "value", "theta", "psi")
LOG2 = float(np.log(2.0))


def reading(name: str, title: str, words: str, floor: str = "", head: bool = True) -> Reading:
    """Return a reading of which only the words matter."""
    return Reading(name, title, 0.0, words, floor, head)


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
        "measures": (reading("w1", "W₁", "0.84"), reading("theta", "θ", "1.231")),
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
        "measures": (
            reading("jsd", "JSD", "0.042 ± 0.011", "0.004"),
            reading("w1", "W₁", "0.18", "0.03"),
            reading("modes", "modes", "2 of 2", "2 of 2"),
        ),
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
        "measures": (
            reading("jsd", "JSD", "0.31 ± 0.02", "0.004"),
            reading("w1", "W₁", "0.44", "0.02"),
            reading("modes", "modes", "5 of 8", "8 of 8"),
            reading("hq", "high quality", "87 %", "98.9 %"),
            reading("kl", "KL", "1.2", "0.01", head=False),
        ),
        "ranges": Ranges(
            ((-3.0, 3.0), (-3.0, 3.0)),
            (-2.0, 2.5),
            1.0,
            (-5.0, 5.0),
            (("L_G against L_D", (-1.2, 1.2, -1.2, 1.2)),),
        ),
    }
    return Frame(**(fields | changes))  # type: ignore[arg-type]


#: The non-saturating game as it is typeset, with numbers.
TERMS = (
    Term("L_D =", "1.247", "discriminator"),
    Term(r"-\mathbb{E}\log D(x)", "0.612", "discriminator"),
    Term(r"-\mathbb{E}\log(1 - D(G(z)))", "0.605", "discriminator"),
    Term(r"+\tfrac{\gamma}{2}\,\mathbb{E}\,\|\nabla s(x)\|^2", "0.030", "discriminator"),
    Term("L_G =", "0.711", "generator"),
    Term(r"-\mathbb{E}\log D(G(z))", "", "generator"),
    Term(r"\gamma = 0.1", "", "where"),
)
COLLAPSED = Diagnosis(
    "collapsed",
    "5 of 8 modes covered",
    "Three modes hold less than 1 % of the generated samples each, since step 3,200.",
    3200,
)
LOSSES = (
    ("non-saturating", "non-saturating"),
    ("minimax", "minimax"),
    ("wasserstein", "Wasserstein"),
)
OFFERS = frozenset({"model", "best", "average", "arrows"})


def with_best_value(frame: Frame, every: int = 50) -> Frame:
    """Return a frame whose losses have V*, a number at every so many steps."""
    trace = frame.trace
    names = trace.columns[1:]
    columns = {name: trace.column(name) for name in names}
    best = np.full(len(trace), np.nan)
    best[every - 1 :: every] = columns["value"][every - 1 :: every] + 0.3
    return replace(
        frame,
        trace=trace_of(**columns, value_best=best),
        curves=(*frame.curves, ("value_best", "V*", "best")),
    )


def bimodal_full(steps: int = 2000, **changes: object) -> Frame:
    """Return the 1-D GAN with everything that can be shown of it."""
    frame = with_best_value(bimodal(steps))
    share = min(steps / 3000, 1.0)
    (grid,) = frame.grid
    sigma = 0.9 - 0.3 * share
    q = sum(
        weight * np.exp(-0.5 * ((grid - at) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
        for weight, at in ((0.35, -2 * share), (0.5, 2 * share))
    )
    rng = np.random.default_rng(4)
    fake = frame.fake[:, 0]
    pulls = (0.4 * (2 * np.sign(fake[:150]) - fake[:150]))[:, None]
    assert frame.density is not None
    fields: dict[str, object] = {
        "model": Model(q, ((0.3, 0.11), (3.4, 0.04)), "estimate ± 0.01"),
        "best": (frame.density + 1e-6) / (frame.density + q + 2e-6),
        "average": (frame.fake * 0.9 + 0.2 * rng.standard_normal((len(fake), 1))).astype(
            np.float32
        ),
        "arrows": (
            Arrows("non-saturating", "non-saturating", pulls),
            Arrows("minimax", "minimax", 0.2 * pulls),
            Arrows("wasserstein", "Wasserstein", 3 * pulls),
        ),
        "losses": LOSSES,
        "offers": OFFERS,
        "terms": TERMS,
    }
    return replace(frame, **(fields | changes))


def ring_full(steps: int = 5000, **changes: object) -> Frame:
    """Return the 2-D GAN with everything that can be shown of it."""
    frame = with_best_value(ring(steps))
    values = frame.belief.values
    pulls = (-0.3 * frame.fake[:180] * (np.hypot(*frame.fake[:180].T)[:, None] - 2)).astype(float)
    fields: dict[str, object] = {
        "model": Model(np.ones_like(values), (), "estimate ± 0.03"),
        "best": np.roll(values, 3, axis=1) ** 1.3,
        "average": frame.fake[:400] * 0.95,
        "arrows": (
            Arrows("non-saturating", "non-saturating", pulls),
            Arrows("minimax", "minimax", 0.2 * pulls),
        ),
        "losses": LOSSES[:2],
        "offers": OFFERS,
        "terms": TERMS,
        "diagnosis": COLLAPSED,
    }
    return replace(frame, **(fields | changes))


def saddle_full(steps: int = 400, **changes: object) -> Frame:
    """Return the bilinear game with its vector field and what theory says of it."""
    frame = saddle(steps)
    side = np.linspace(-2, 2, 13)
    x, y = np.meshgrid(side, side)
    note = "126 steps a turn · theory 125.7 · |λ| = 1.0000 a step"
    portrait = replace(frame.portraits[0], flow=np.stack([y, -x], axis=-1), note=note)
    return replace(frame, **({"portraits": (portrait, *frame.portraits[1:])} | changes))


def measured(steps: int = 900, every: int = 20, **changes: object) -> Frame:
    """Return the 1-D GAN with measures over time, gradient norms and gains."""
    frame = bimodal(steps)
    t = np.arange(1, steps + 1)

    def rare(values: np.ndarray) -> np.ndarray:
        return np.where(t % every == 0, values, np.nan)

    columns = {name: frame.trace.column(name) for name in frame.trace.columns[1:]}
    trace = trace_of(
        **columns,
        jsd=rare(np.full(steps, 0.2)),
        w1=rare(0.5 + 0.3 * np.sin(t / 60)),
        modes=rare(np.full(steps, 2.0)),
        hq=rare(np.full(steps, 0.75)),
        d_gap=rare(np.full(steps, 0.05)),
        grad_d=np.full(steps, 1.0),
        grad_g=np.full(steps, 0.1),
        grad_g_minimax=rare(np.full(steps, 0.001)),
        grad_g_non_saturating=rare(np.full(steps, 0.05)),
    )
    fields: dict[str, object] = {
        "trace": trace,
        "measures": (
            Reading("jsd", "JSD", 0.2, "≈ 0.200", "0.055 (0.050 to 0.060)", True, (0.05, 0.06)),
            Reading("d_gap", "|D − D*|", 0.05, "0.050", "0.000", False, (0.0, 0.0)),
            Reading("w1", "W₁", 0.5, "0.500", "0.000", True, (0.0, 0.0)),
            Reading("modes", "Modes", 2.0, "2 of 2", "2 of 2", True, (2.0, 2.0), True),
            Reading("hq", "High quality", 0.75, "75.0 %", "99.7 %", True, (0.99, 1.0), True),
            Reading("grad_g_minimax", "‖∇L_G‖ minimax", 0.001, "0.001", "", False),
            Reading("grad_g_non_saturating", "‖∇L_G‖ n.s.", 0.05, "0.05", "", False),
        ),
        "gains": (("discriminator", 0.1), ("generator", float("nan"))),
        "ranges": replace(
            frame.ranges,
            measures=(
                ("jsd", (0.0, 0.4)),
                ("d_gap", (0.0, 0.1)),
                ("w1", (0.0, 1.0)),
                ("modes", (0.0, 2.0)),
                ("hq", (0.0, 1.0)),
            ),
            norms=(1e-4, 10.0),
        ),
    }
    return replace(frame, **(fields | changes))
