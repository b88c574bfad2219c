"""What an observation can be of: columns of the trace, and quantities.

How a quantity is found is said in :mod:`ganviz.proof.quantities`, under the same name; lessons are
read without the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from ganviz.catalog.games import COLUMNS, GAMES
from ganviz.catalog.measures import MEASURES
from ganviz.schema import ParamError


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that can be measured of a run: what it is, and how many numbers it may take."""

    note: str
    takes: tuple[int, ...] = (0,)


QUANTITIES: dict[str, Quantity] = {
    "total_mass": Quantity("∫ p_g over the line, atoms included"),
    "atom": Quantity("mass of p_g on the point x", (1,)),
    "density": Quantity("mean of p_g over a width about x", (2,)),
    "preimages": Quantity("how many z have G(z) = x", (1,)),
    "folds": Quantity("how often G turns back"),
    "ks": Quantity("greatest gap between the CDF of p_g and that of 200,000 samples"),
    "ks_data": Quantity("greatest gap between the data's CDF and that of 20,000 samples"),
    "cdf": Quantity("P(G(z) ≤ x) of a generator by formula", (1, 2)),
    "lecture_cdf": Quantity("P(G(z) ≤ x) of G(z) = [−z², exp(−z), z]", (3,)),
    "nll_of_data": Quantity("mean of −log p_g over real samples"),
    "touched": Quantity("share of the data in cells of a width that G(z) touches", (1,)),
    "width": Quantity("standard deviation of generated samples"),
    "centre": Quantity("distance of the generated samples' mean from 0"),
    "mean": Quantity("mean of the generated samples' first coordinate"),
    "hops": Quantity(
        "how often G's mean comes within a distance of another mode than the last", (1,)
    ),
    "offset": Quantity("|θ − E x| of a G of one number"),
    "unsure": Quantity("E|D − ½| over real and generated samples"),
    "belief": Quantity("D(x)", (1, 2)),
    "highest": Quantity("the greatest D(x) over real samples"),
    "value_identity": Quantity("V* − (−log 4 + 2 JSD)"),
    "jsd_seen": Quantity("JSD of what D sees, instance noise included"),
    "log_loss": Quantity("D's log loss on ten real and ten generated samples"),
    "likelihood_identity": Quantity(
        "exp(−n · log loss) over the product of the likelihoods, less one"
    ),
    "reversed": Quantity("E log q^r over generated samples, plus L_NS"),
    "memorised": Quantity("mean D on its real points less that on fresh ones"),
    "norm_g": Quantity("‖∇L_G‖ of the next batch"),
    "norm_d": Quantity("‖∇L_D‖ of the next batch"),
    "losses_identity": Quantity("‖∇minimax + ∇non-saturating − ∇Wasserstein‖ / ‖∇Wasserstein‖"),
    "slope_minimax": Quantity("d(2 JSD)/dθ"),
    "slope_non_saturating": Quantity("d(KL(p_g‖p) − 2 JSD)/dθ"),
    "norm_g_scaled": Quantity("‖∇L_G‖ with D's last layer times a number", (1,)),
    "without_d": Quantity("how far samples move without D"),
    "nearest": Quantity("median distance of samples from the nearest real point"),
    "spacing": Quantity("median distance of real points from the nearest other"),
    "finite_w1": Quantity("E W₁(P_n, N(0, 1)) · √n", (1,)),
    "straight_norm": Quantity("mean norm of z halfway along a straight line between unit vectors"),
    "circle_norm": Quantity("mean norm of z halfway along a great circle"),
    "transposed_out": Quantity(
        "pixels a side of a transposed convolution k, s, p from 2 × 2", (3,)
    ),
    "transposed_gap": Quantity(
        "greatest gap between torch's layer k, s, p, its stamps and Wᵀx of the convolution's W",
        (3,),
    ),
    "stamps": Quantity("most stamps k, s, p that lie over one pixel", (3,)),
    "rebuilt": Quantity("r(x), what an autoencoder makes of x", (1,)),
    "moved": Quantity("|r(x) − x|, how far an autoencoder moves x", (1, 2)),
    "denoiser_gap": Quantity("greatest distance of r(x) from the best denoiser, from mode to mode"),
    "denoiser_slope": Quantity("slope of r(x) over a standard deviation to either side"),
    "score_gap": Quantity("rms of r(x) − x less the score, over that of the score"),
    "threshold_gap": Quantity("greatest distance of a code from the soft threshold"),
    "shrunk": Quantity("share of the data that a soft threshold makes as good as zero"),
    "directions": Quantity(
        "mean angle of a dictionary's directions to the nearest line through a mode, degrees"
    ),
    "at_work": Quantity("coordinates of a code beyond 0.1, on average"),
    "held_aside": Quantity(
        "how far holding coordinate j at a value moves samples beside its direction", (2,)
    ),
    "decoder_scale": Quantity("|w| of a straight decoder w z + b"),
    "elbo_identity": Quantity("greatest −ELBO less its two terms"),
    "bound": Quantity("mean −ELBO less −E log p_g"),
    "least_rest": Quantity("E‖x − x̂‖² of the best line through the data"),
    "radius": Quantity("distance of (θ, ψ) from the equilibrium, at every step"),
    "period": Quantity("steps of a turn round the equilibrium"),
    "data_drawn": Quantity("batches of data that a step draws"),
    "noise_drawn": Quantity("batches of noise that a step draws"),
    "two_scales": Quantity("|x| of a toy with two step sizes, after 5,000 steps", (2,)),
}


def numbers(name: str) -> tuple[int, ...]:
    """Return how many numbers a column or a quantity may take; columns take none."""
    return QUANTITIES[name].takes if name in QUANTITIES else (0,)


def named(name: str) -> str:
    """Return what a column or a quantity is, in words."""
    if name in QUANTITIES:
        return QUANTITIES[name].note
    return MEASURES[name].title if name in MEASURES else COLUMNS[name]


def measurable(where: str, name: str, game: str) -> None:
    """Refuse a name that is neither a column of the trace in a kind of game nor a quantity."""
    known = [*GAMES[game].columns, *MEASURES, *QUANTITIES]
    if name in known:
        return
    near = get_close_matches(name, known, 1)
    raise ParamError(
        f"{where} = {name}: must be a column of the trace, such as w1, or a quantity; "
        + (f"did you mean {near[0]}? " if near else "")
        + "`ganviz lessons --quantities` lists them"
    )
