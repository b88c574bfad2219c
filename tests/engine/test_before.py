"""What a call moves can be put back, bit for bit; and what is no number is found at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from ganviz.engine import Engine
from ganviz.engine.before import Before
from ganviz.engine.moment import Moment
from ganviz.settings import Settings

#: All that a game may remember: averages, anchors, earlier samples, two moments of each player.
VALUES = {
    "data.target": "ring",
    "latent.dim": 2,
    "optim.kind_g": "adam",
    "optim.kind_d": "momentum",
    "optim.ema": 0.9,
    "optim.lookahead": 3,
    "train.replay": 0.5,
    "train.replay_size": 64,
    "train.batch": 16,
}


def _numbers(moment: Moment) -> Iterator[bytes]:
    for player in moment.players.values():
        yield from (array.tobytes() for array in (player.flat, *player.moments))
        yield str(player.updates).encode()
    yield from (array.tobytes() for array in moment.memory.values())
    yield str((moment.step, moment.block, moment.used)).encode()


def test_what_a_call_moved_is_put_back_and_moves_again_in_the_same_way() -> None:
    engine = Engine(Settings.of(VALUES))
    engine.step(61)
    then, before = engine.moment(), Before(engine.family)
    before.take(engine.draws)
    rows = engine.kernel.play(7, engine.draws)  # beyond the end of a block of draws
    assert list(_numbers(engine.moment()))[:-1] != list(_numbers(then))[:-1]
    engine.draws = before.put_back(61, engine.draws)
    assert list(_numbers(engine.moment())) == list(_numbers(then))
    assert np.array_equal(engine.kernel.play(7, engine.draws), rows, equal_nan=True)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, -1])
def test_one_number_that_is_none_is_found(bad: float, place: int) -> None:
    player = Engine(Settings.of(VALUES)).family.players["generator"]
    assert player.finite()
    for vector in (player.flat, *player.moments):
        good, vector[place] = float(vector[place]), bad
        assert not player.finite()
        vector[place] = good
    assert player.finite()


def test_opposite_infinities_do_not_cancel_and_large_numbers_are_numbers() -> None:
    player = Engine(Settings.of(VALUES | {"train.dtype": "float32"})).family.players["generator"]
    player.flat[:] = torch.finfo(torch.float32).max  # whose sum is none
    assert player.finite()
    player.flat[0], player.flat[1] = np.inf, -np.inf
    assert not player.finite()


def test_a_copy_of_a_player_is_its_own() -> None:
    player = Engine(Settings.of(VALUES)).family.players["generator"]
    flat, moments = player.copied()
    assert np.array_equal(flat, player.flat.numpy())
    assert all(np.array_equal(a, b) for a, b in zip(moments, player.moments, strict=True))
    player.flat.add_(1)
    assert not np.array_equal(flat, player.flat.numpy())
