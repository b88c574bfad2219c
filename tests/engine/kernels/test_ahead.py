"""Rounds played in advance: the same, taken one by one or many at once, however far ahead."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep, thread_time
from typing import Any

import numpy as np
import pytest

from ganviz.engine import Engine
from ganviz.engine.draws import Draws
from ganviz.engine.family.gan import Gan
from ganviz.engine.kernels.ahead import MOST_FLIGHTS, WINGS, Ahead, Flight
from ganviz.engine.kernels.compiled.game import Game
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

    sentence = "^The kernel could not play the next rounds: no such function$"
    with pytest.raises(RuntimeError, match=sentence):
        Ahead(Broken()).play(1, draws(), 5, one)


class Breaking(Sums):
    """Fails once, in the flight of a number, as soon as so many have been begun."""

    def __init__(self, number: int, begun: int) -> None:
        super().__init__()
        self.laid, self.number, self.begun = 0, number, begun
        self.broken = Event()

    def lay(self, flight: Flight) -> int:
        self.laid += 1
        return self.laid

    def fly(self, flight: Flight) -> None:
        if flight.orders == self.number:
            while self.laid < self.begun:
                sleep(0.0001)
            self.broken.set()
            raise MemoryError
        super().fly(flight)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("begun", [2, 3])
def test_a_flight_does_not_wait_for_one_that_failed(some: ThreadPoolExecutor, begun: int) -> None:
    """The second fails before the third is begun, or while it stands ready behind it."""
    game, own = Breaking(2, begun), drawn(MOST_FLIGHTS)
    kernel = Ahead(game)
    kernel.play(1, own, 10, some)
    if begun == 2:
        assert game.broken.wait(20)
    kernel._begin_next(own, 1000, some)
    assert game.broken.wait(20)
    while kernel.busy:  # as one that waits for ever would keep it
        sleep(0.001)
    assert game.laid == 3
    with pytest.raises(RuntimeError, match="The kernel could not play the next rounds: Memory"):
        kernel.play(1, own, 10, some)
    assert (kernel.ready, kernel.busy) == (0, False)
    kernel.play(19, own, 10, some)  # it goes on where it stood, as if nothing had been
    kernel.forget()
    np.testing.assert_array_equal(game.players, straight(20)[0])


@pytest.mark.timeout(60)
def test_what_failed_here_and_now_is_not_taken_the_next_time() -> None:
    game, own = Breaking(1, 1), draws()
    kernel = Ahead(game)
    with pytest.raises(RuntimeError, match="MemoryError"):
        kernel.play(5, own)
    assert (kernel.ready, kernel.busy) == (0, False)
    kernel.play(5, own)
    np.testing.assert_array_equal(game.players, straight(5)[0])


@pytest.mark.timeout(60)
def test_the_compiled_kernel_lets_go_of_what_waits_for_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the wait is in machine code, that nobody can interrupt."""
    plain, engine = Engine(Settings()), Engine(Settings())
    fly, failed = Game.fly, Event()

    def failing(game: Game, flight: Flight) -> None:
        if flight.before is not None and not failed.is_set():
            sleep(0.05)  # until the next one waits
            failed.set()
            raise OSError("the device is gone")
        fly(game, flight)

    def flat_out(engine: Engine) -> None:
        while not engine.trouble:
            engine.step(1, 1000)

    monkeypatch.setattr(Game, "fly", failing)
    with ThreadPoolExecutor(WINGS) as threads:
        engine.executor = threads
        with pytest.raises(RuntimeError, match="the device is gone"):
            flat_out(engine)
        assert not engine.kernel.busy
        for _ in range(30):
            engine.step(7, 100)
        engine.kernel.forget()
    plain.step(engine.steps)
    assert failed.is_set()
    np.testing.assert_array_equal(engine.weights("generator"), plain.weights("generator"))


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
