"""Rounds played in advance: the same, taken one by one or many at once, however far ahead."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep, thread_time
from typing import Any

import numpy as np
import pytest

from ganviz.engine import Engine
from ganviz.engine.draws import Draws
from ganviz.engine.family.gan import Gan
from ganviz.engine.kernels.ahead import MOST_FLIGHTS, WINGS, Ahead, Flight
from ganviz.settings import Settings

SMALL = Settings.of({"train.batch": 4, "generator.hidden": (3,), "discriminator.hidden": (3,)})


class Sums:
    """A game of one number that adds up the draws it sees, in a thread that may be slow."""

    size, columns, dtype = 2, 3, np.float64

    def __init__(self, slow: bool = False) -> None:
        self.players = np.zeros(2)
        self.rounds = 0
        self.flown = 0
        self.slow = slow

    def gather(self, out: np.ndarray) -> None:
        out[:] = self.players

    def scatter(self, copy: np.ndarray, rounds: int) -> None:
        self.players = copy.copy()
        self.rounds += rounds

    def where(self, since: int) -> int:
        return self.rounds + since

    def lay(self, flight: Flight) -> None:
        pass

    def fly(self, flight: Flight) -> None:
        data, noise = flight.batches
        before = flight.before
        while before is not None and before.progress[0] < before.n and not flight.stop[0]:
            sleep(0.0001)
        players = flight.origin.copy()
        for i in range(flight.n):
            if flight.stop[0]:
                return
            began = thread_time()
            while self.slow and thread_time() - began < 0.002:
                pass
            drawn = float(data[i].sum()), float(noise[i].sum())
            players += drawn
            players *= 0.9
            flight.slots[i] = players
            flight.rows[i] = flight.where + i, *drawn
            flight.progress[0] = i + 1
            self.flown += 1


@pytest.fixture(params=[1, WINGS])
def some(request: pytest.FixtureRequest) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(request.param) as executor:
        yield executor


@pytest.fixture
def one() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


def draws() -> Draws:
    return Draws(3, Gan(SMALL).supply())


def drawn(blocks: int) -> Draws:
    """Draws whose next blocks have been drawn in advance."""
    found = draws()
    for block in range(1, 1 + blocks):
        while not found.prepared(block):
            sleep(0.001)
    return found


def straight(n: int) -> tuple[np.ndarray, np.ndarray]:
    game, own, rows = Sums(), draws(), []
    kernel = Ahead(game)
    for _ in range(n):
        rows.append(kernel.play(1, own))
    return game.players, np.concatenate(rows)


def test_the_batches_are_those_that_are_taken_one_by_one() -> None:
    mine, game = draws(), Sums()
    rows = Ahead(game).play(130, mine)
    other = draws()
    for row in rows:
        batches = other.take()
        assert row[1:].tolist() == [float(batches.data.sum()), float(batches.noise.sum())]
    assert (mine.block, mine.used) == (other.block, other.used)
    assert rows[:, 0].tolist() == list(range(130))


@pytest.mark.parametrize("cuts", [[200], [1] * 200, [7, 64, 1, 63, 65], [8] * 25])
@pytest.mark.parametrize("more", [0, 1, 16, 500])
def test_however_cut_and_however_far_ahead(
    some: ThreadPoolExecutor, cuts: list[int], more: int
) -> None:
    players, rows = straight(200)
    game, own = Sums(), draws()
    kernel = Ahead(game)
    told = [kernel.play(n, own, more, some) for n in cuts]
    kernel.forget()
    np.testing.assert_array_equal(game.players, players)
    np.testing.assert_array_equal(np.concatenate(told), rows)
    assert game.rounds == 200


def test_it_goes_on_while_nobody_asks(one: ThreadPoolExecutor) -> None:
    game, own = Sums(), draws()
    kernel = Ahead(game)
    kernel.play(2, own, 10, one)
    one.submit(int).result()  # behind what was begun
    assert game.flown == 12
    assert game.rounds == 2


def test_it_tells_how_much_is_ready_and_how_fast_it_was(one: ThreadPoolExecutor) -> None:
    game, own = Sums(slow=True), drawn(1)
    kernel = Ahead(game)
    assert (kernel.ready, kernel.busy, kernel.pace) == (0, False, 0.0)
    kernel.play(3, own, 100, one)
    assert kernel.busy
    one.submit(int).result()
    assert (kernel.ready, kernel.busy) == (61, False)  # to the end of the block
    assert kernel.pace >= 0.002
    kernel.play(40, own, 60, one)
    one.submit(int).result()
    assert kernel.ready == 60
    kernel.leave()
    kernel.forget()
    assert (kernel.ready, kernel.busy) == (0, False)


def test_rounds_that_nobody_else_plays_tell_no_pace() -> None:
    kernel = Ahead(Sums())
    kernel.play(3, draws())
    assert (kernel.ready, kernel.busy, kernel.pace) == (0, False, 0.0)


def test_no_more_is_begun_than_there_is_room_for(one: ThreadPoolExecutor) -> None:
    game, own = Sums(), drawn(MOST_FLIGHTS)
    kernel = Ahead(game)
    for _ in range(2 * MOST_FLIGHTS):
        kernel.play(1, own, 10_000, one)
    one.submit(int).result()
    assert game.flown == MOST_FLIGHTS * own.supply.rounds


def test_no_flight_waits_for_draws_that_are_not_needed_yet(one: ThreadPoolExecutor) -> None:
    game, own = Sums(), draws()
    kernel = Ahead(game)
    kernel.play(1, own, 10_000, one)
    one.submit(int).result()
    assert game.flown == own.supply.rounds
    while not own.prepared(1):
        sleep(0.001)
    kernel.play(1, own, 10_000, one)
    one.submit(int).result()
    assert game.flown == 2 * own.supply.rounds


@pytest.mark.parametrize("what", ["players", "draws"])
def test_what_was_played_in_advance_is_forgotten_when_something_moves(
    some: ThreadPoolExecutor, what: str
) -> None:
    results: list[Any] = []
    for executor in (None, some):
        game, own = Sums(), draws()
        kernel = Ahead(game)
        kernel.play(5, own, 20, executor)
        if what == "players":
            game.players = game.players + 1.0
        else:
            own.begin_block()
        rows = kernel.play(5, own, 20, executor)
        kernel.forget()
        results.append((rows.tolist(), game.players.tolist(), own.block, own.used))
    assert results[0] == results[1]


def test_a_flight_is_left_at_the_end_of_its_present_round(one: ThreadPoolExecutor) -> None:
    game, own = Sums(slow=True), draws()
    kernel = Ahead(game)
    kernel.play(1, own, 60, one)
    kernel.forget()
    flown = game.flown
    assert flown < 60
    one.submit(int).result()
    assert game.flown == flown


def test_what_goes_wrong_is_told_to_the_one_who_asks(one: ThreadPoolExecutor) -> None:
    class Broken(Sums):
        def fly(self, flight: Flight) -> None:
            raise RuntimeError("no such function")

    with pytest.raises(RuntimeError, match="no such function"):
        Ahead(Broken()).play(1, draws(), 5, one)


@pytest.mark.parametrize(("cut", "more"), [(13, 40), (64, 64), (1, 200)])
def test_the_compiled_kernel_flies_as_it_walks(cut: int, more: int) -> None:
    """A flight waits for the one before it, which may be taken, and given up, before it looks."""
    walked, flown = Engine(Settings()), Engine(Settings())
    assert flown.kernel.name == "compiled"
    with ThreadPoolExecutor(WINGS) as threads:
        flown.executor = threads
        for _ in range(650 // cut):
            flown.step(cut, more)
        flown.kernel.forget()
    walked.step(flown.steps)
    for name in walked.trace.columns:
        end = len(walked.trace)
        np.testing.assert_array_equal(
            flown.trace.values(name, 0, end), walked.trace.values(name, 0, end)
        )
