"""How fast a real game turns: eigenvalues of the players' joint step, at one moment of a run.

The gradient field of a game is v(w) = (∂L_G/∂θ, ∂L_D/∂φ) and J = dv/dw. It is taken here on one
fixed batch, in float64, by differentiating v row by row. What an eigenvalue of J means for the run
depends on the optimisers and the schedule, so the spectrum of the *step*, w ↦ w after one step, is
given too: |λ| is what a disturbance grows by in a step, arg λ what it turns by. Where the step is
as good as linear, the orbit of the two players turns with the leading pair. Adam's and RMSprop's
mean squares are taken as they are; what clips, and the draws of each step, are left out.

Mescheder et al. 2017, arXiv:1705.10461, §3; Berard et al. 2020, arXiv:1906.04848.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from math import inf, isfinite, isnan, log, nan
from time import perf_counter
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganviz.catalog.optimizers import DECAYS, OPTIMIZERS, Hyper
from ganviz.catalog.schedules import SCHEDULES
from ganviz.engine.draws import rng
from ganviz.engine.engine import Engine
from ganviz.engine.moment import Moment
from ganviz.engine.player import Player
from ganviz.schema import ParamError
from ganviz.theory.stability import one_step, rotation

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]
#: Eigenvalues of J, of the step, and which of the latter turn between the players.
Found = tuple[ComplexArray, ComplexArray, npt.NDArray[np.bool_]]

#: Points of data and of noise that the expectations are taken over.
PROBE = 256
#: Rows of J that autograd makes at once.
ROWS = 64
#: Up to so many parameters J is made whole; beyond, only its outermost eigenvalues are sought.
WHOLE = 3000
#: Up to so many parameters the optimisers' memories are carried exactly.
EXACT = 400
#: How many eigenvalues of either kind, turning or large, are sought where J is not made whole.
OUTERMOST = 20
#: What fades or grows by more than ``TENFOLD`` within a turn is not seen to turn, nor what takes
#: more than ``SLOWEST`` times as long for it as the quickest pair that is. A turn of more than
#: ``NEVER`` steps is not told from rounding.
TENFOLD, SLOWEST, NEVER = 10.0, 20.0, 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The eigenvalues of a game at one moment.

    Attributes
    ----------
    at
        The step of the run.
    jacobian
        (m,) complex eigenvalues of J, by falling |Im|: all of them, or the ``OUTERMOST``.
    step
        (m′,) complex eigenvalues of one step, by falling |λ|; where the optimisers have a memory
        there may be twice as many as of J.
    leading, period, growth
        λ, steps per turn and |λ| of the leading pair: of the pairs that turn (see ``TENFOLD`` and
        ``SLOWEST``; an optimiser's own overshoot is none), the one with the largest |λ|. NaN, and
        the largest |λ| of all, where none turns.
    parameters
        Of both players.
    whole
        Whether all eigenvalues are there.
    seconds
        What it took.
    words
        One sentence.
    """

    at: int
    jacobian: ComplexArray
    step: ComplexArray
    leading: complex
    period: float
    growth: float
    parameters: int
    whole: bool
    seconds: float
    words: str


class Game(Protocol):
    """What of a family is needed here."""

    players: dict[str, Player]
    hyper: Hyper

    def losses(self, data: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return (L_D, L_G) on one batch, both differentiable by both players' leaves."""
        ...


class Cancelled(Exception):
    """Nobody waits for the result any more."""


@dataclass(frozen=True, slots=True)
class Memory:
    """How an optimiser answers a gradient g = μ·w: (λ − 1)(λ − β) + c·μ·(lead·λ − lag) = 0."""

    beta: float = 0.0
    gain: float = 1.0
    lead: float = 1.0
    lag: float = 0.0

    @property
    def slow(self) -> float:
        """Its step along a gradient that hardly changes, in units of the rate."""
        return self.gain * (self.lead - self.lag) / (1 - self.beta)

    def eigenvalues(self, mu: ComplexArray) -> ComplexArray:
        """Return λ of one step for each μ (m,): (m,), or (2m,) where there is a memory."""
        if self.beta == 0 and self.lag == 0:
            return 1 - self.gain * mu
        # λ² − bλ + c = 0, by the root that loses no digits, and the other from the product.
        b = 1 + self.beta - self.gain * self.lead * mu
        c = self.beta - self.gain * self.lag * mu
        root = np.sqrt(b * b - 4 * c)
        root = np.where((b.conj() * root).real < 0, -root, root)
        large = (b + root) / 2
        small = np.divide(c, large, out=np.zeros_like(large), where=large != 0)
        return np.concatenate([large, small])


#: The memories of the optimisers, by name.
MEMORIES: dict[str, Callable[[Hyper], Memory]] = {
    "sgd": lambda h: Memory(),
    "rmsprop": lambda h: Memory(),
    "momentum": lambda h: Memory(h.momentum),
    "adam": lambda h: Memory(h.beta1, 1 - h.beta1),
    "optimistic": lambda h: Memory(0.0, 1.0, 2.0, 1.0),
    "optimistic-adam": lambda h: Memory(h.beta1, 1 - h.beta1, 2.0, 1.0),
}

G, D = "generator", "discriminator"


def spectrum(
    moment: Moment,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[float], None] = lambda share: None,
) -> Spectrum | None:
    """Return the eigenvalues of the game at a moment, or None once ``cancelled()`` is true.

    May be called from any thread; it builds an engine of its own and moves nothing. ``progress``
    is told a share from 0 to 1.

    Raises
    ------
    ParamError
        If no player has a parameter, an optimiser has not taken a step yet, or numbers are not
        finite; and beyond ``WHOLE`` parameters if SciPy is not there.
    """
    began = perf_counter()
    try:
        found = _Finder(moment, cancelled, progress).find()
    except Cancelled:
        return None
    progress(1.0)
    return replace(found, seconds=perf_counter() - began)


class _Finder:
    """One search: the game at a moment, its field, and whether anybody still waits."""

    def __init__(
        self, moment: Moment, cancelled: Callable[[], bool], progress: Callable[[float], None]
    ) -> None:
        self.cancelled = cancelled
        self.progress = progress
        self.check()
        exact = moment.settings.with_({"train.dtype": "float64", "train.device": "cpu"})
        self.engine = Engine.resume(replace(moment, settings=exact))
        self.check()
        self.settings = exact
        if D not in self.engine.family.players:
            raise ParamError(
                f"game.kind = {exact.game.kind}: its players minimise one loss, so nothing turns; "
                "must be gan"
            )
        self.game: Game = self.engine.family  # type: ignore[assignment]
        self.players = [self.game.players[G], self.game.players[D]]
        self.leaves = [leaf for player in self.players for leaf in player.leaves]
        self.n_g = self.players[0].flat.numel()
        self.n = self.n_g + self.players[1].flat.numel()
        if self.n == 0:
            raise ParamError("Neither player has a parameter: nothing can turn.")
        self.schedule = exact.train.schedule
        self.memories = tuple(self._memory(player) for player in self.players)
        self.rates = np.concatenate(
            [self._rates(name, player) for name, player in zip((G, D), self.players, strict=True)]
        )

    def check(self) -> None:
        """Stop if nobody waits any more."""
        if self.cancelled():
            raise Cancelled

    def find(self) -> Spectrum:
        """Return the spectrum; its ``seconds`` are not known here."""
        whole = self.n <= WHOLE
        field = self.field()
        jacobian, step, between = self.whole(field) if whole else self.outermost(field)
        jacobian = jacobian[np.argsort(-np.abs(jacobian.imag), kind="stable")]
        step = self.looked_ahead(step)
        lead = leading(step[between])
        step = step[np.argsort(-np.abs(step), kind="stable")]
        period = rotation(lead) if not isnan(lead.real) else nan
        growth = abs(lead) if not isnan(period) else float(np.abs(step).max(initial=0.0))
        return Spectrum(
            self.engine.steps,
            jacobian,
            step,
            lead,
            period,
            growth,
            self.n,
            whole,
            0.0,
            sentence(self.n, period, growth),
        )

    # ---- the optimisers -----------------------------------------------------------------------

    def _memory(self, player: Player) -> Memory:
        if self.schedule == "competitive":
            return Memory()  # its moves are solved for, whatever the optimiser
        if player.optimizer not in MEMORIES:
            raise ParamError(
                f"optimiser {player.optimizer}: its steps are not known here; "
                f"must be one of {', '.join(MEMORIES)}"
            )
        return MEMORIES[player.optimizer](self.game.hyper)

    def _rates(self, name: str, player: Player) -> FloatArray:
        """Return the step size of each parameter, as it is at this moment."""
        s = self.settings
        fall = DECAYS[s.optim.decay].factor(self.engine.steps / s.optim.decay_steps)
        rate = fall * (s.optim.lr_g if name == G else s.optim.lr_d)
        rates = np.full(player.flat.numel(), 0.0 if s.train.freeze == name else rate)
        kept = OPTIMIZERS[player.optimizer].moments
        if self.schedule == "competitive" or "square" not in kept or not len(rates):
            return rates
        if player.updates == 0:
            path = "optim.kind_g" if name == G else "optim.kind_d"
            raise ParamError(
                f"{path} = {player.optimizer}: it has not taken a step yet; let the run go on first"
            )
        square = player.moments[kept.index("square")].numpy()
        hyper = self.game.hyper
        if "mean" in kept:  # Adam's, which makes up for having begun at zero
            square = square / (1 - hyper.beta2**player.updates)
        result: FloatArray = rates / (np.sqrt(square) + hyper.eps)
        return result

    def looked_ahead(self, step: ComplexArray) -> ComplexArray:
        """Return λ of a step where every so many steps both players go back part of the way."""
        every, share = self.settings.optim.lookahead, self.settings.optim.lookahead_share
        if every == 0:
            return step
        # (1 − α) + αλ^k after k steps; its k-th root, on the branch of λ itself.
        alive = np.where(np.abs(step) > 1e-3, step, 1e-3)
        return np.asarray(alive * (share + (1 - share) * alive**-every) ** (1 / every))

    # ---- the field ----------------------------------------------------------------------------

    def field(self) -> Tensor:
        """Return v (n,), with its graph."""
        supply = self.engine.family.supply()
        seed = self.settings.train.seed
        size = PROBE - PROBE % self.settings.discriminator.pack
        data = torch.as_tensor(supply.target.sample(rng(seed, "probe", 7), size))
        noise = supply.latent.sample(rng(seed, "probe", 7, 1), (size, supply.latent_dim))
        loss_d, loss_g = self.game.losses(
            data.to(torch.float64), torch.as_tensor(noise).to(torch.float64)
        )
        v = torch.cat(
            [
                _slope(loss, player.leaves)
                for loss, player in zip((loss_g, loss_d), self.players, strict=True)
            ]
        )
        if not bool(torch.isfinite(v).all()):
            raise ParamError(
                f"The gradients at step {self.engine.steps:,} are not finite: "
                "there is nothing to take eigenvalues of."
            )
        return v

    def rows(self, v: Tensor) -> FloatArray:
        """Return J (n, n), made in chunks of ``ROWS``."""
        result = np.zeros((self.n, self.n))
        if not v.requires_grad:
            return result
        for first in range(0, self.n, ROWS):
            self.check()
            self.progress(0.45 * first / self.n)
            last = min(first + ROWS, self.n)
            seeds = torch.zeros(last - first, self.n, dtype=v.dtype)
            seeds[torch.arange(last - first), torch.arange(first, last)] = 1
            result[first:last] = self.products(v, seeds).numpy()
        if not np.isfinite(result).all():
            raise ParamError(
                f"The second derivatives at step {self.engine.steps:,} are not finite: "
                "there is nothing to take eigenvalues of."
            )
        return result

    def products(self, v: Tensor, seeds: Tensor) -> Tensor:
        """Return seeds (m, n) times J, as (m, n)."""
        parts = torch.autograd.grad(
            v, self.leaves, seeds, retain_graph=True, allow_unused=True, is_grads_batched=True
        )
        return torch.cat(
            [
                seeds.new_zeros(len(seeds), leaf.numel())
                if part is None
                else part.reshape(len(seeds), -1)
                for part, leaf in zip(parts, self.leaves, strict=True)
            ],
            1,
        )

    # ---- all eigenvalues ----------------------------------------------------------------------

    def whole(self, v: Tensor) -> Found:
        """Return all eigenvalues of J and of the step."""
        j = self.rows(v)
        first = self.eigenvalues(j)
        self.progress(0.7)
        exact = self.exactly(j)
        if exact is not None:
            step = self.eigenvalues(exact)
            return first, step, np.ones(len(step), dtype=bool)
        # To second order in the rates a memory only delays: the order of play acts through the
        # steps that the players take in the long run, and the memory through the roots for each μ.
        slow = np.repeat([m.slow for m in self.memories], (self.n_g, self.n - self.n_g))
        moved = np.eye(self.n) - self.played(j, self.rates * slow)
        return first, *self.remembered(self.eigenvalues(moved))

    def remembered(self, moved: ComplexArray) -> tuple[ComplexArray, npt.NDArray[np.bool_]]:
        """Return λ of the step from the eigenvalues of what it moves in the long run.

        And which of them turn, if they do, from one player to the other: where what moves is real,
        a pair is no more than an optimiser that overshoots.
        """
        one, other = self.memories
        if one != other:  # each is taken for the steps that it takes in the long run
            return 1 - moved, moved.imag != 0
        step = one.eigenvalues(moved / one.slow)
        return step, np.resize(moved.imag != 0, len(step))

    def played(self, j: FloatArray, rates: FloatArray) -> FloatArray:
        """Return the map of one step of this schedule without memory."""
        return one_step(
            j, self.n_g, rates[: self.n_g], rates[self.n_g :], self.schedule, self.settings.train.k
        )

    def exactly(self, j: FloatArray) -> FloatArray | None:
        """Return the map of one step on (w, memory), or None where that is too large a matrix."""
        g, d = self.memories
        hopeful = g == d == Memory(0.0, 1.0, 2.0, 1.0)
        plain = g.lag == d.lag == 0
        idle = g.beta == d.beta == 0 and not hopeful
        if plain and idle:
            return None  # nothing to remember: what follows is exact
        phased = self.schedule not in ("extragradient", "competitive")
        if self.n > EXACT or not (plain or hopeful) or not phased:
            return None
        gains = np.repeat([g.gain, d.gain], (self.n_g, self.n - self.n_g))
        rates = self.rates * gains
        return one_step(
            j,
            self.n_g,
            rates[: self.n_g],
            rates[self.n_g :],
            self.schedule,
            self.settings.train.k,
            momentum_g=g.beta,
            momentum_d=d.beta,
            optimistic=hopeful,
        )

    def eigenvalues(self, matrix: FloatArray) -> ComplexArray:
        """Return all eigenvalues of a matrix."""
        found: list[ComplexArray] = []

        def work() -> None:
            # Torch's, not numpy's: it keeps to the threads it was given, and a run goes on beside.
            with suppress(RuntimeError):  # which torch's LinAlgError is
                found.append(torch.linalg.eigvals(torch.from_numpy(matrix)).numpy())

        self.check()
        if len(matrix) <= 300:
            work()
        else:
            self.unheard(work)
        if not found:
            raise ParamError("The eigenvalues could not be found: LAPACK gave up.")
        return found[0]

    def unheard(self, work: Callable[[], None]) -> None:
        """Do a piece of work that hears nobody, and go on without it when nobody waits."""
        # LAPACK hears nobody while it works, a quarter of a minute for a few thousand rows. So it
        # gets a thread, which is left behind, and ends by itself, when nobody waits any more.
        thread = threading.Thread(target=work, name="eigenvalues", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(0.05)
            self.check()

    # ---- the outermost eigenvalues ------------------------------------------------------------

    def outermost(self, v: Tensor) -> Found:
        """Return the eigenvalues of J and of the step that turn most, or are largest, by Arnoldi.

        Saad 1992, "Numerical methods for large eigenvalue problems", chapter 6 (ARPACK).
        """
        try:
            # By name: SciPy is no part of what ganviz needs, and brings no types.
            arnoldi = import_module("scipy.sparse.linalg")
        except ImportError:
            raise ParamError(
                f"{self.n:,} parameters: beyond {WHOLE:,} SciPy is needed; "
                "install it with `pip install scipy`"
            ) from None
        if self.schedule == "competitive":
            raise ParamError(
                f"train.schedule = competitive: its eigenvalues are found up to {WHOLE:,} "
                f"parameters; here are {self.n:,}"
            )
        # J·x as the derivative of u ↦ Jᵀu, which is linear in u, along x.
        u = torch.zeros_like(v).requires_grad_()
        back = torch.autograd.grad(v, self.leaves, u, create_graph=True, allow_unused=True)
        transposed = torch.cat(
            [
                leaf.new_zeros(leaf.numel()) if part is None else part.reshape(-1)
                for part, leaf in zip(back, self.leaves, strict=True)
            ]
        )
        done = 0

        def times(x: FloatArray) -> FloatArray:
            nonlocal done
            self.check()
            done += 1
            self.progress(1 - 1 / (1 + done / 400))
            along = torch.from_numpy(np.ascontiguousarray(x.reshape(-1)))
            (product,) = torch.autograd.grad(transposed, u, along, retain_graph=True)
            return product.numpy()

        count = min(OUTERMOST, self.n - 2)
        slow = np.repeat([m.slow for m in self.memories], (self.n_g, self.n - self.n_g))
        rates = self.rates * slow

        def moved(x: FloatArray) -> FloatArray:
            x = x.reshape(-1)
            return x - self.played_on(x, times, rates)

        def search(product: Callable[[FloatArray], FloatArray]) -> ComplexArray:
            operator = arnoldi.LinearOperator((self.n, self.n), matvec=product, dtype=np.float64)
            start = np.random.default_rng(0).standard_normal(self.n)
            found = np.empty(0, dtype=np.complex128)
            for which in ("LI", "LM"):
                try:
                    values = arnoldi.eigs(
                        operator, count, which=which, v0=start, tol=1e-9, return_eigenvectors=False
                    )
                except arnoldi.ArpackNoConvergence as error:
                    values = error.eigenvalues
                far = np.abs(values[:, None] - found[None]).min(axis=1, initial=inf)
                found = np.concatenate([found, values[far > 1e-6 * np.abs(values)]])
            return found

        return search(times), *self.remembered(search(moved))

    def played_on(
        self, x: FloatArray, times: Callable[[FloatArray], FloatArray], rates: FloatArray
    ) -> FloatArray:
        """Return where one step without memory takes x, from products with J alone."""
        if self.schedule == "extragradient":
            return x - rates * times(x - rates * times(x))
        x = x.copy()
        for phase in SCHEDULES[self.schedule].phases(self.settings.train.k):
            rows = slice(
                0 if G in phase.players else self.n_g, self.n if D in phase.players else self.n_g
            )
            x[rows] -= (rates * times(x))[rows]
        return x


def _slope(loss: Tensor, leaves: Sequence[Tensor]) -> Tensor:
    """Return d loss / d leaves, flat, with its graph; zeros where they have no say."""
    size = sum(leaf.numel() for leaf in leaves)
    if not leaves or not loss.requires_grad:
        return torch.zeros(size, dtype=torch.float64)
    parts = torch.autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
    return torch.cat(
        [
            torch.zeros_like(leaf).reshape(-1) if part is None else part.reshape(-1)
            for part, leaf in zip(parts, leaves, strict=True)
        ]
    )


def leading(step: ComplexArray) -> complex:
    """Return the turning eigenvalue of largest |λ|, upper of its pair; NaN where none turns.

    See ``TENFOLD``, ``SLOWEST`` and ``NEVER`` for what is said to turn.
    """
    angle, size = np.abs(np.angle(step)), np.abs(step)
    # Half a turn at once is a real negative λ: an overshoot, not a turn.
    turns = (angle > 2 * np.pi / NEVER) & (angle < np.pi * (1 - 1e-9)) & (size > 0)
    change = np.abs(np.log(np.where(turns, size, 1.0)))  # per step
    turns &= change * 2 * np.pi <= log(TENFOLD) * angle
    if not turns.any():
        return complex(nan, nan)
    turns &= angle * SLOWEST >= angle[turns].max()
    found = complex(step[turns][np.argmax(size[turns])])
    return complex(found.real, abs(found.imag))


def sentence(parameters: int, period: float, growth: float) -> str:
    """Say in one sentence how a game turns."""
    count = f"{parameters:,} parameter" + ("s" if parameters != 1 else "")
    if not isfinite(growth):
        return f"{count}; the eigenvalues of a step are not finite"
    if isnan(period) or period == inf:
        return f"{count}; no pair of eigenvalues turns, the largest is {growth:.4g} in size"
    steps = f"{period:.1f}" if period < 20 else f"{period:,.0f}"
    return f"{count}; the leading pair turns once in {steps} steps and {changes(growth)}"


def changes(growth: float) -> str:
    """Say by how much |λ| lets something grow or shrink in a step."""
    percent = 100 * abs(growth - 1)
    if percent < 1e-4:
        return "neither grows nor shrinks"
    return f"{'grows' if growth > 1 else 'shrinks'} by {percent:.2g} % a step"
