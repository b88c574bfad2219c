"""Rounds of the game: ``engine.family.gan.Gan.round``, phase by phase, trace rows included.

The plain path is the definition; what differs is only what is not computed twice. Samples of all
noise that meets the same G are made together. In G's turn D's own gradient is left out, and where D
has just judged the very same batches, so is its way forwards.

Nothing is computed on this page: it knows addresses alone, and calls what works on numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit

from ganviz.engine.kernels.compiled.arithmetic import OPTIONS, call, place, row, settled
from ganviz.engine.kernels.compiled.layout import (
    BACK,
    COST_FAKE,
    COST_REAL,
    D_FAKE,
    D_REAL,
    FOOL,
    GAME,
    GRAD_D,
    GRAD_G,
    HOLD,
    JUDGE,
    KEEP,
    LAYER,
    LOSS_D,
    LOSS_G,
    MAKE,
    MEAN_GAP,
    MOVE,
    PENALTY,
    PLAYER,
    PSI,
    TERM,
    THETA,
    TILT,
    TOLD,
    TURN,
    VALUE,
)

F8, I8 = np.float64, np.int64
EACH = 8  # bytes of a float64
LAYER_SIZE = LAYER.itemsize


# ---- networks: what autograd does for catalog.networks.mlp --------------------------------------


@njit(**OPTIONS)
def forwards(game: Any, player: Any, x: Any, n: Any) -> Any:
    """Leave each layer's t and y for inputs (inputs, n); return where the outputs lie."""
    layers = carray(place(player.layers), player.depth, LAYER)
    for number in range(player.depth):
        layer = layers[number]
        call(game.weigh, (game.gemm, player.layers + number * LAYER_SIZE, x, layer.t, n))
        call(layer.bend, (layer.t, layer.bias, layer.y, layer.outputs, n))
        x = layer.y
    return x


@njit(**OPTIONS)
def backwards(
    game: Any,
    player: Any,
    x: Any,
    ld: Any,
    start: Any,
    n: Any,
    own: Any,
    through: Any,
    held: Any,
) -> Any:
    """Take the gradient by the outputs, in ``player.first``, back through what was just forwards.

    Of the ``ld`` samples then, these are n from ``start`` on. ``own``: leave the gradient by the
    weights in ``player.grad``; ``through``: return where that by the inputs lies, (inputs, n).
    ``held``: add to what :func:`hold` has left there, and let through what it has left besides.
    """
    layers = carray(place(player.layers), player.depth, LAYER)
    d, other = player.first, player.second
    offset = start * game.size
    last = layers[player.depth - 1]
    if own:
        call(game.sums, (d, n, last.bias_grad, last.outputs, game.batch))
    for number in range(player.depth - 1, -1, -1):
        layer = player.layers + number * LAYER_SIZE
        if own:
            source = layers[number - 1].y if number > 0 else x
            call(game.by_weights, (game.gemm, layer, d, source + offset, ld, n, held))
        if number > 0 or through:
            call(game.pass_back, (game.gemm, layer, d, other, n, game.batch))
            d, other = other, d
        if number > 0:
            below = layers[number - 1]
            t, y, sums = below.t + offset, below.y + offset, below.bias_grad if own else 0
            call(below.slope, (t, y, ld, d, below.outputs, n, sums, game.batch))
            if held != 0 and below.curve != 0:
                to = d + game.held_from * game.size
                call(game.join, (to, n, below.by_bend, below.outputs, game.held, sums))
    return d


@njit(**OPTIONS)
def hold(game: Any, d: Any, told: Any) -> None:
    """Hold D's slope g = ∇_x s as a penalty P says, where D has just judged: by the chain rule.

    Backwards, with t_l = W_l y_l−1 + b_l and y_l = f(t_l): a_l = ∂s/∂t_l, from 1 at the output, is
    f′ e_l with e_l = W_l+1ᵀ a_l+1, and g = W_1ᵀ a_1. Forwards along u = ∂P/∂g: t'_1 = W_1 u,
    y'_l = f′ t'_l, t'_l+1 = W_l+1 y'_l, the derivative of all that by a small step along u. Then
    ∂P/∂W_l = a_l y'_l−1ᵀ + c_l y_l−1ᵀ and ∂P/∂b_l = c_l, where c_l = f′ W_l+1ᵀ c_l+1 + f″ e_l t'_l,
    from ∂P/∂s at the output.

    Every a_l y'_l−1ᵀ is written to D's ``grad``; f″ e_l t'_l lies in ``by_bend``. The rest goes
    back with the loss's own gradient, which takes the same way as c.
    """
    layers = carray(place(d.layers), d.depth, LAYER)
    holds = carray(place(game.holds), game.hold_count, HOLD)
    n, m, ld, size = game.batch, game.held, game.judges, game.size
    offset, depth = game.held_from * size, d.depth
    for number in range(depth - 1, -1, -1):
        above = game.ones if number == depth - 1 else layers[number].by_sum
        to = layers[number - 1].by_sum if number > 0 else game.pulls
        call(game.pass_back, (game.gemm, d.layers + number * LAYER_SIZE, above, to, m, m))
        if number > 0:
            below = layers[number - 1]
            t, y, rows = below.t + offset, below.y + offset, below.outputs
            if below.curve != 0:
                call(below.curve, (t, y, ld, to, below.by_bend, rows, m))
            call(below.slope, (t, y, ld, to, rows, m, 0, m))
    out = row(F8, told, len(TOLD))
    out[PENALTY] = 0.0
    for k in range(game.hold_count):
        each = holds[k]
        pulls = game.pulls + (each.start - game.held_from) * size
        s, by = game.logits + each.start * EACH, game.slopes + each.start * EACH
        where = told + PENALTY * EACH
        call(each.hold, (pulls, m, n, game.dim, s, by, game.squares, where, each.factor))
    out[LOSS_D] += out[PENALTY]
    x, to, other = game.pulls, d.first, d.second
    for number in range(depth):
        layer, address = layers[number], d.layers + number * LAYER_SIZE
        by_sum = game.ones if number == depth - 1 else layer.by_sum
        call(game.by_weights, (game.gemm, address, by_sum, x, m, m, 0))
        if number < depth - 1:
            call(game.weigh, (game.gemm, address, x, to, m))
            if layer.curve != 0:
                call(game.times, (layer.by_bend, to, layer.outputs * m))
            t, y = layer.t + offset, layer.y + offset
            call(layer.slope, (t, y, ld, to, layer.outputs, m, 0, m))
            x, to, other = to, other, to


# ---- a phase ------------------------------------------------------------------------------------


@njit(**OPTIONS)
def make(game: Any, g: Any, turn: Any, noise: Any) -> None:
    """Make the samples of some noise batches, as ``players[G](z)`` does for one."""
    n, size, latent, dim = game.batch, game.size, game.latent, game.dim
    together = turn.count * n
    for k in range(turn.count):
        source = noise + (turn.noise + k) * n * latent * size
        call(game.turn, (game.z + k * n * size, together, source, n, latent))
    made = forwards(game, g, game.z, together)
    for k in range(turn.count):
        for j in range(dim):
            to = game.fakes + ((turn.noise + k) * dim + j) * n * size
            call(game.copy, (to, made + (j * together + k * n) * size, n))


@njit(**OPTIONS)
def shown(game: Any, d: Any, turn: Any, data: Any, both: Any, drawn: Any) -> None:
    """Let D judge a real and a generated batch, or that alone; its logits become float64.

    With ``drawn``, where random numbers lie, it also judges the samples that are placed by them.
    """
    n, size, dim = game.batch, game.size, game.dim
    at = n if both else 0
    ld = n + at + (n if drawn != 0 else 0)
    if both:
        call(game.turn, (game.judged, ld, data + turn.data * n * dim * size, n, dim))
    for j in range(dim):
        source = game.fakes + (turn.noise * dim + j) * n * size
        call(game.copy, (game.judged + (j * ld + at) * size, source, n))
    if drawn != 0:
        call(game.placing, (game.judged, ld, n, dim, drawn))
    logits = forwards(game, d, game.judged, ld)
    call(game.widen, (game.logits + (n - at) * EACH, logits, ld))


@njit(**OPTIONS)
def summed(game: Any, address: Any, count: Any, valued: Any, told: Any) -> None:
    """Sum up the terms of a loss, and leave its gradient by the logits in ``game.slopes``."""
    terms, out, n = carray(place(address), count, TERM), row(F8, told, len(TOLD)), game.batch
    for k in range(count):
        term = terms[k]
        at, where = term.fake * n * EACH, told + term.told * EACH
        call(term.cost, (game.logits + at, n, game.slopes + at, term.more, where, term.factor))
        if k + 1 == valued:
            out[VALUE] = -(out[COST_REAL] + out[COST_FAKE])


@njit(**OPTIONS)
def judge(game: Any, d: Any, turn: Any, data: Any, drawn: Any, told: Any) -> None:
    """Leave the gradient of ``stakes.discriminator`` in D's ``grad``."""
    n, out = game.batch, row(F8, told, len(TOLD))
    if game.placing != 0:
        drawn += turn.start * game.draws * game.size
    shown(game, d, turn, data, True, drawn)
    if game.compare_d != 0:
        call(game.compare_d, (game.logits, n, game.slopes, told + LOSS_D * EACH))
    else:
        summed(game, game.terms_d, game.term_count_d, game.valued, told)
        out[LOSS_D] = out[COST_REAL] + out[COST_FAKE]
    call(game.belief, (game.logits, n, told + D_REAL * EACH))
    call(game.belief, (game.logits + n * EACH, n, told + D_FAKE * EACH))
    held = 1 if game.hold_count > 0 else 0
    if held != 0:
        hold(game, d, told)
    call(game.narrow, (d.first, game.slopes, game.backs))
    backwards(game, d, game.judged, game.judges, 0, game.backs, True, False, held)
    call(game.norm, (d.grad, d.weights, told + GRAD_D * EACH))


@njit(**OPTIONS)
def fool(game: Any, g: Any, d: Any, turn: Any, data: Any, told: Any) -> None:
    """Leave the gradient of ``stakes.generator`` in G's ``grad``."""
    n = game.batch
    both = game.sees_real != 0 or turn.again != 0
    if turn.again == 0:
        shown(game, d, turn, data, both, 0)
    if game.compare_g != 0:
        call(game.compare_g, (game.logits, n, game.slopes, told + LOSS_G * EACH))
    else:
        summed(game, game.terms_g, game.term_count_g, 0, told)
    call(game.narrow, (d.first, game.slopes + n * EACH, n))
    start = n if both else 0
    ld = game.judges if turn.again != 0 else n + start
    pull = backwards(game, d, game.judged, ld, start, n, False, True, 0)
    call(game.copy, (g.first, pull, game.dim * n))
    backwards(game, g, game.z, turn.made, turn.start, n, True, False, 0)
    call(game.norm, (g.grad, g.weights, told + GRAD_G * EACH))


@njit(**OPTIONS)
def move(game: Any, player: Any, number: Any, clip: Any, size: Any, norm: Any) -> None:
    """Let a player move, as ``Gan._move`` does; ``number`` counts its moves in this call."""
    n = player.weights
    if game.grad_clip > 0:
        call(game.shorten, (player.grad, n, norm, game.grad_clip))
    pace = row(F8, player.paces + number * 3 * EACH, 3)
    t = player.updates + number + 1
    where = (player.flat, player.grad, player.moments)
    call(player.move, (*where, n, t, pace[0], pace[1], pace[2], player.hyper))
    if size != 0:
        call(game.largest, (player.flat, n, size))
    if clip > 0:
        call(game.bound, (player.flat, n, clip))


# ---- rounds -------------------------------------------------------------------------------------


@njit(**OPTIONS)
def carry_on(game: Any, players: Any, step: Any) -> None:
    """Carry averaged and anchored weights on, as ``memory.carry_on`` does."""
    g = players[0]
    if g.average != 0:
        call(game.approach, (g.average, g.flat, g.weights, 1 - game.ema))
    if game.lookahead > 0 and step % game.lookahead == 0:
        for number in range(2):
            player = players[number]
            call(game.approach, (player.anchor, player.flat, player.weights, game.share))
            call(game.copy, (player.flat, player.anchor, player.weights))


@njit(**OPTIONS)
def stand(game: Any, players: Any, told: Any) -> None:
    """Tell the mean gap and D's tilt, as ``Gan._orbit`` does."""
    out = row(F8, told, len(TOLD))
    made = forwards(game, players[0], game.probe, game.probes)
    call(game.mean_of, (made, game.probes, told + MEAN_GAP * EACH, game.mean))
    said = forwards(game, players[1], game.sides, 2)
    call(game.widen, (game.logits, said, 2))
    pair = row(F8, game.logits, 2)
    out[TILT] = pair[0] - pair[1]
    if game.scalar != 0:
        call(game.widen, (told + THETA * EACH, players[0].flat, 1))
        call(game.widen, (told + PSI * EACH, players[1].flat, 1))


@njit(**OPTIONS)
def play(address: Any, rounds: Any) -> None:
    """Play some rounds of the game at an address, and put its state down after each of them.

    If they follow rounds that are still being played, wait for these, without Python and its lock.
    """
    game = carray(place(address), 1, GAME)[0]
    players = carray(place(game.players), 2, PLAYER)
    turns = carray(place(game.turns), game.turn_count, TURN)
    g, d = players[0], players[1]
    size, n = game.size, game.batch
    moved_g, moved_d, moved = 0, 0, 0
    progress, stop = row(I8, game.progress, 1), row(I8, game.stop, 1)
    if game.before != 0:
        before = row(I8, game.before, 1)
        while before[0] < game.awaited and stop[0] == 0:
            call(game.pause, (game.rest,))
        settled()
    if stop[0] == 0:
        call(game.copy, (game.state, game.origin, game.state_size))
    for number in range(rounds):
        if stop[0] != 0:
            return
        data = game.data + number * game.data_batches * n * game.dim * size
        noise = game.noise + number * game.noise_batches * n * game.latent * size
        told = game.told + number * len(TOLD) * EACH
        drawn = game.drawn
        if game.placing != 0:
            drawn += number * game.turns_d * game.draws * size
        for k in range(game.turn_count):
            turn = turns[k]
            player = players[turn.player]
            if turn.kind == MAKE:
                make(game, g, turn, noise)
            elif turn.kind == JUDGE:
                judge(game, d, turn, data, drawn, told)
            elif turn.kind == FOOL:
                fool(game, g, d, turn, data, told)
            elif turn.kind == MOVE:
                where = game.sizes + moved * EACH if game.sizes != 0 else 0
                moved += 1
                if turn.player == 1:
                    move(game, player, moved_d, game.clip, where, told + GRAD_D * EACH)
                    moved_d += 1
                else:
                    move(game, player, moved_g, 0.0, where, told + GRAD_G * EACH)
                    moved_g += 1
            elif turn.kind == KEEP:
                call(game.copy, (player.begun, player.flat, player.weights))
            elif turn.kind == BACK:
                call(game.copy, (player.flat, player.begun, player.weights))
        carry_on(game, players, game.step + number + 1)
        if game.probes > 0:
            stand(game, players, told)
        slot = game.slots + number * game.state_size * size
        call(game.copy, (slot, game.state, game.state_size))
        settled()
        progress[0] = number + 1
