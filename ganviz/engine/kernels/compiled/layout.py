"""What Python hands to the compiled rounds: records of whole numbers, addresses among them.

Python fills these in (:mod:`.game`), the rules read them (:mod:`.rounds`). An address is that of
the first of some numbers in the weights' precision, unless it says otherwise; every matrix has the
samples of a batch in its rows' direction, (units, samples), so that each unit's numbers lie side
by side. Nothing here is owned: whoever fills in an address keeps what it points to.
"""

from __future__ import annotations

import numpy as np

#: One layer: y = f(W x + b).
LAYER = np.dtype(
    [
        ("inputs", np.int64),
        ("outputs", np.int64),
        ("weight", np.int64),  # (outputs, inputs)
        ("bias", np.int64),
        ("weight_grad", np.int64),
        ("bias_grad", np.int64),
        ("t", np.int64),  # W x, and W x + b where the slope of f looks at it
        ("y", np.int64),
        ("bend", np.int64),  # the functions of f, see layers.py
        ("slope", np.int64),
        ("curve", np.int64),  # 0 where f″ is
        # Of a player that is penalised; (outputs, samples held), see rounds.py
        ("by_sum", np.int64),  # the logit's gradient by W x + b
        ("by_bend", np.int64),  # the same through f″ alone
    ]
)

#: One player: its layers, and the optimiser that moves its weights.
PLAYER = np.dtype(
    [
        ("layers", np.int64),  # LAYER, depth of them
        ("depth", np.int64),
        ("inputs", np.int64),
        ("outputs", np.int64),
        ("weights", np.int64),  # how many
        ("flat", np.int64),
        ("grad", np.int64),
        ("begun", np.int64),  # where the weights are kept while the player looks ahead
        ("moments", np.int64),  # int64 addresses
        ("move", np.int64),  # the optimiser, see moving.py
        ("hyper", np.int64),  # float64: its constants
        ("paces", np.int64),  # float64 (moves, 3): of each move lr and what belongs to its number
        ("updates", np.int64),  # moves made before this call
        ("first", np.int64),  # two buffers (widest layer, samples) for what goes back
        ("second", np.int64),
        ("average", np.int64),  # weights remembered: averaged and anchored, 0 where there are none
        ("anchor", np.int64),
    ]
)

#: One of the costs that a player's loss is the sum of.
TERM = np.dtype(
    [
        ("cost", np.int64),  # the function, see judging.py
        ("fake", np.int64),  # whether it is of the generated samples
        ("more", np.int64),  # whether it adds to the term before it
        ("told", np.int64),  # which number of TOLD it is, or adds to
        ("factor", np.float64),
    ]
)

#: A part of D's penalty.
HOLD = np.dtype(
    [
        ("hold", np.int64),  # the function, see holding.py
        ("start", np.int64),  # the first of its samples among those D judges
        ("factor", np.float64),
    ]
)

#: What happens in a round, one after another; see rounds.py for what each kind takes.
MAKE, JUDGE, FOOL, MOVE, KEEP, BACK = range(6)
TURN = np.dtype(
    [
        ("kind", np.int64),
        ("data", np.int64),  # number of the data batch
        ("noise", np.int64),  # number of the noise batch, the first of them for MAKE
        ("count", np.int64),  # noise batches made together
        # where the batch begins among the samples that G last made; for JUDGE: its number
        ("start", np.int64),
        ("made", np.int64),  # how many samples those are
        ("player", np.int64),  # 0 the generator, 1 the discriminator
        ("again", np.int64),  # whether D has just judged these very batches
    ]
)

PRODUCTS = ("weigh", "pass_back", "by_weights")
ROWS = (
    *("turn", "copy", "widen", "narrow", "sums", "mean_of"),
    *("norm", "shorten", "bound", "largest", "approach"),
    *("times", "join"),
)
GAME = np.dtype(
    [
        ("players", np.int64),  # PLAYER: the generator, the discriminator
        ("turns", np.int64),  # TURN
        ("turn_count", np.int64),
        ("batch", np.int64),
        ("dim", np.int64),
        ("latent", np.int64),
        ("data_batches", np.int64),
        ("noise_batches", np.int64),
        ("state", np.int64),  # all that a round changes, and how many numbers that is
        ("state_size", np.int64),
        ("origin", np.int64),  # (state_size): with what the first round begins
        ("before", np.int64),  # int64: rounds that the flight before has done; 0: there is none
        ("awaited", np.int64),  # how many of them it takes until ``origin`` is there
        ("pause", np.int64),  # C function: sleep for ``rest``
        ("rest", np.int64),
        ("slots", np.int64),  # (rounds, state_size): where it is put down after each round
        ("progress", np.int64),  # int64: rounds done
        ("stop", np.int64),  # int64: anything but 0 says that no further round is wanted
        ("data", np.int64),  # (rounds, data_batches, batch, dim)
        ("noise", np.int64),  # (rounds, noise_batches, batch, latent)
        ("z", np.int64),  # (latent, samples that G makes together)
        ("fakes", np.int64),  # (noise_batches, dim, batch)
        ("judged", np.int64),  # (dim, samples): real, generated and, if asked for, placed ones
        ("judges", np.int64),  # how many samples D judges in its own turn
        ("logits", np.int64),  # float64 (judges): of these samples
        ("slopes", np.int64),  # float64 (judges): the loss's gradient by them
        ("terms_d", np.int64),  # TERM
        ("term_count_d", np.int64),
        ("valued", np.int64),  # after so many terms V is minus their sum; 0: the game has no V
        ("terms_g", np.int64),
        ("term_count_g", np.int64),
        ("compare_d", np.int64),  # instead of terms, where a loss compares logits; else 0
        ("compare_g", np.int64),
        ("holds", np.int64),  # HOLD: the parts of D's penalty
        ("hold_count", np.int64),  # 0 where it has none
        ("held_from", np.int64),  # the first of the samples at which D's slope is held
        ("held", np.int64),  # how many those are
        ("backs", np.int64),  # from how many of the samples something goes back through D
        (
            "placing",
            np.int64,
        ),  # the function that places samples, see holding.py; 0: there are none
        ("drawn", np.int64),  # (rounds, turns of D, draws): numbers of U[0, 1) for that
        ("draws", np.int64),  # so many in each turn
        ("turns_d", np.int64),  # turns of D in a round
        ("ones", np.int64),  # (1, held)
        ("pulls", np.int64),  # (dim, held): ∇_x s, then what it is multiplied by
        ("squares", np.int64),  # float64 (held)
        ("belief", np.int64),
        ("sees_real", np.int64),
        ("gemm", np.int64),  # BLAS, in the weights' precision
        ("size", np.int64),  # bytes of a number of that precision
        *((name, np.int64) for name in PRODUCTS),  # functions, see layers.py
        *((name, np.int64) for name in ROWS),  # see rows.py
        ("step", np.int64),  # rounds played before this call
        ("lookahead", np.int64),  # every so many rounds, or 0
        ("scalar", np.int64),  # whether each player is one number that is told
        ("probe", np.int64),  # (latent, probes): fixed noise, in 1-D
        ("probes", np.int64),  # 0 where there is none
        ("sides", np.int64),  # (1, 2): right and left of the data's mean
        ("told", np.int64),  # float64 (rounds, len(TOLD)), NaN where nothing is told
        ("sizes", np.int64),  # float64 (rounds, moves): largest weight after a move; 0: not asked
        ("moves", np.int64),  # in a round
        ("clip", np.float64),  # of D's weights, 0 is off
        ("grad_clip", np.float64),
        ("ema", np.float64),
        ("share", np.float64),  # lookahead's
        ("mean", np.float64),  # of the data, in 1-D
    ]
)

#: What a round tells of itself, by the names of the trace's columns.
TOLD = (
    "loss_d",
    "value",
    "d_real",
    "d_fake",
    "cost_real",
    "cost_fake",
    "grad_d",
    "loss_g",
    "grad_g",
    "penalty",
    "mean_gap",
    "tilt",
    "theta",
    "psi",
)
LOSS_D, VALUE, D_REAL, D_FAKE, COST_REAL, COST_FAKE, GRAD_D, LOSS_G, GRAD_G = range(9)
PENALTY, MEAN_GAP, TILT, THETA, PSI = range(9, len(TOLD))

#: A network that is only looked through, point by point.
NET = np.dtype(
    [
        ("layers", np.int64),  # LAYER, depth of them; their t and y have room for ``chunk`` points
        ("depth", np.int64),
        ("chunk", np.int64),  # so many points go through at once
        ("points", np.int64),  # room for so many points or answers, whichever takes more
        ("weigh", np.int64),  # functions, see layers.py and rows.py
        ("turn", np.int64),
        ("tell", np.int64),  # copies answers, or widens them
        ("gemm", np.int64),
        ("size", np.int64),  # bytes of a number, and of one of an answer that is told
        ("told", np.int64),
    ]
)

#: What looking at p_g on the line takes: see looking.py. Numbers are float64.
LINE = np.dtype(
    [
        ("g", np.int64),  # NET in float64, D's in the weights' precision
        ("d", np.int64),
        ("flat", np.int64),  # G's weights, how many, and where they lie in float64
        ("weights", np.int64),
        ("own", np.int64),
        ("widen", np.int64),  # functions, see rows.py
        ("narrow", np.int64),
        ("widen_d", np.int64),
        ("single", np.int64),  # D's points and answers in the weights' precision
        ("cells", np.int64),  # of the latent axis
        ("z", np.int64),  # (cells + 1,): their ends
        ("mass", np.int64),  # (cells,) each: of the whole and of both halves
        ("first", np.int64),
        ("second", np.int64),
        ("cubic", np.int64),  # (4, cells)
        ("refine", np.int64),
        ("images", np.int64),
        ("normal", np.int64),  # whether the noise is cut off
        ("edges", np.int64),  # (edge_count,) of the even bins, and the data's CDF there
        ("below", np.int64),
        ("edge_count", np.int64),
        ("components", np.int64),  # of the data: a mixture of normals
        ("shares", np.int64),  # (components,) each
        ("log_shares", np.int64),
        ("means", np.int64),
        ("sigmas", np.int64),
        ("series", np.int64),  # (nodes, terms) of Φ about the nodes of a grid
        ("terms", np.int64),
        ("nodes", np.int64),
        ("grid", np.int64),  # (3,): first and last node, step
        ("x", np.int64),  # (cells + 1,): G there
        ("bend", np.int64),  # (cells,) each
        ("change", np.int64),
        ("error", np.int64),
        ("spare", np.int64),
        ("cuts", np.int64),  # int64 (cells,): in how many pieces each is cut, 0 for none
        ("inner", np.int64),  # (cells / 8 · refine,) each: noise inside bent cells, G there
        ("middle", np.int64),
        ("ends", np.int64),  # ends of the pieces along the path, and their masses
        ("pieces", np.int64),
        ("spots", np.int64),  # the places of pieces that are points, and their masses
        ("weighs", np.int64),
        ("path", np.int64),  # images, to be sorted, and room for that
        ("sorting", np.int64),
        ("at", np.int64),  # the nodes, sorted, and both CDFs there
        ("cdf_p", np.int64),
        ("total", np.int64),
        ("chosen", np.int64),  # int64
        ("count", np.int64),
        ("rise", np.int64),
        ("middles", np.int64),  # of the bins that count: masses, logarithms, D's logits
        ("p", np.int64),
        ("q", np.int64),
        ("log_p", np.int64),
        ("log_q", np.int64),
        ("logits", np.int64),
        ("cost_real", np.int64),  # functions, see looking.py; 0 where D is not asked
        ("cost_fake", np.int64),
        ("parted", np.int64),
        ("told", np.int64),  # SEEN
        ("bent", np.float64),  # thresholds of theory.pushforward and family.present
        ("sharp", np.float64),
        ("huge", np.float64),
        ("flat_width", np.float64),
        ("precision", np.float64),
        ("unasked", np.float64),
        ("cut", np.float64),
    ]
)
#: What is seen: how many bins count, or why nothing was (below 0), then numbers. Last the costs of
#: D's logits on either side, the same of the best logits, and how far D is from them.
SEEN = (
    *("bins", "jsd", "kl_data", "kl_model", "tv", "w1"),
    *("real", "fake", "best_real", "best_fake", "gap"),
)
#: What is seen of p_g alone: how many bins it was asked about, or why nothing was, and how many
#: pieces are points.
SPREAD = ("bins", "points")

#: What counting samples takes: see tallying.py. Numbers are float64, counts int64.
TALLY = np.dtype(
    [
        ("fake", np.int64),  # (count, dim)
        ("count", np.int64),
        ("dim", np.int64),
        ("modes", np.int64),  # 0 where no census is asked for
        ("centres", np.int64),  # (modes, dim)
        ("sigmas", np.int64),  # (modes,) each
        ("near", np.int64),
        ("good", np.int64),
        ("bins", np.int64),  # along each axis; 0 where no histogram is asked for
        ("low", np.int64),  # (dim,) each: their range, and how many to a unit
        ("high", np.int64),
        ("scale", np.int64),
        ("shares", np.int64),  # of the data, in each bin and around them; and the counts there
        ("cells", np.int64),
        ("ways", np.int64),  # 0 where no shadows are asked for
        ("way", np.int64),  # (ways, 2)
        ("cast", np.int64),  # (ways, count)
        ("told", np.int64),  # TALLIED
        ("radius", np.float64),  # of what is good, in standard deviations
    ]
)
#: What is told: whether all samples were finite, and a distance.
TALLIED = ("finite", "jsd")
