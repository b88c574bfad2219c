"""A clock that listens to the parts of a thread."""

from __future__ import annotations

import threading
from time import perf_counter, sleep, thread_time

import pytest

from ganviz.clock import IDLE, OTHER, Clock, Part, listen

OUTER, INNER = Part("outer"), Part("inner")


def test_every_moment_belongs_to_one_part() -> None:
    clock = Clock()
    listen(clock)
    try:
        began = perf_counter()
        with OUTER:
            sleep(0.02)
            for _ in range(3):
                with INNER:
                    sleep(0.01)
        sleep(0.015)
        took = perf_counter() - began
        spent = clock.read()
    finally:
        listen(None)
    assert sum(spent.places.values()) == pytest.approx(spent.seconds, abs=1e-9)
    assert spent.seconds == pytest.approx(took, abs=2e-3)
    outer, inner, other = ("outer", "outer"), ("outer", "inner"), (OTHER, OTHER)
    assert spent.calls == {outer: 1, inner: 3}
    assert spent.places[outer] >= 0.02
    assert spent.places[inner] >= 0.03
    assert spent.places[other] >= 0.015
    # Sleeping longer than asked for is all that can be added.
    assert spent.places[outer] <= took - 0.045 + 1e-3
    assert spent.within("outer") == pytest.approx(spent.places[outer] + spent.places[inner])


def test_a_reading_counts_the_part_that_is_open_and_adds_up_from_another_thread() -> None:
    clock, go, done = Clock(), threading.Event(), threading.Event()

    @OUTER
    def work() -> None:
        go.set()
        while not done.is_set():
            with INNER:
                pass

    def run() -> None:
        listen(clock)
        work()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        go.wait()
        before = clock.read()
        for _ in range(200):
            sleep(0.0001)
            spent = clock.read()
            assert sum(spent.places.values()) == pytest.approx(spent.seconds, abs=1e-6)
        between = spent.since(before)
    finally:
        done.set()
        thread.join()
    assert between.seconds == pytest.approx(spent.seconds - before.seconds)
    assert between.calls.get(("outer", "inner"), 0) > 0
    assert between.places.get(("outer", "outer"), 0) > 0
    assert list(Clock().read().places) == [(OTHER, OTHER)]


def test_of_a_thread_that_waits_what_it_works_is_told_from_its_idleness() -> None:
    clock = Clock(waits=True)
    listen(clock)
    try:
        sleep(0.05)
        busy = thread_time()
        while thread_time() < busy + 0.03:
            pass
        with OUTER:
            sleep(0.02)
        spent = clock.read()
    finally:
        listen(None)
    assert sum(spent.places.values()) == pytest.approx(spent.seconds, abs=1e-9)
    assert spent.places[OTHER, OTHER] == pytest.approx(0.03, abs=5e-3)
    assert spent.places[IDLE, IDLE] >= 0.045
    assert spent.places["outer", "outer"] >= 0.02


def test_nobody_listens_to_other_threads_nor_after_silence() -> None:
    clock = Clock()
    listen(clock)
    try:
        other = threading.Thread(target=OUTER(lambda: None))
        other.start()
        other.join()
        assert clock.read().calls == {}
    finally:
        listen(None)
    with OUTER:
        pass
    assert clock.read().calls == {}


def test_a_part_that_began_before_the_clock_is_passed_over() -> None:
    clock = Clock()
    with OUTER:
        listen(clock)
    with INNER:
        pass
    listen(None)
    assert clock.read().calls == {("inner", "inner"): 1}


def test_an_error_leaves_the_part() -> None:
    clock = Clock()
    listen(clock)
    try:
        with pytest.raises(ValueError, match="so"), OUTER:
            raise ValueError("so")
        with INNER:
            pass
    finally:
        listen(None)
    assert clock.read().calls == {("outer", "outer"): 1, ("inner", "inner"): 1}
