"""A clock that listens to the parts of a thread."""

from __future__ import annotations

import threading
from time import perf_counter, sleep

import pytest

from ganviz.clock import OTHER, Clock, Part, listen

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
    assert sum(spent.parts.values()) == pytest.approx(spent.seconds, abs=1e-9)
    assert spent.seconds == pytest.approx(took, abs=2e-3)
    assert spent.calls == {"outer": 1, "inner": 3}
    assert spent.parts["outer"] >= 0.02
    assert spent.parts["inner"] >= 0.03
    assert spent.parts[OTHER] >= 0.015
    # Sleeping longer than asked for is all that can be added.
    assert spent.parts["outer"] <= took - 0.045 + 1e-3


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
            assert sum(spent.parts.values()) == pytest.approx(spent.seconds, abs=1e-6)
        between = spent.since(before)
    finally:
        done.set()
        thread.join()
    assert between.seconds == pytest.approx(spent.seconds - before.seconds)
    assert between.calls.get("inner", 0) > 0
    assert between.parts.get("outer", 0) > 0
    assert "inner" not in Clock().read().parts


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
    assert clock.read().calls == {"inner": 1}


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
    assert clock.read().calls == {"outer": 1, "inner": 1}
