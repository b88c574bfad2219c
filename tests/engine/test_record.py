"""The record of the players' weights: thinned evenly, bounded, and the same whoever asks."""

from __future__ import annotations

import numpy as np
import pytest

from ganviz.engine import Engine, record
from ganviz.engine.record import Record, leading_pair
from ganviz.frame import Wants
from ganviz.presets import find
from ganviz.settings import Settings

SMALL = {
    "train.batch": 16,
    "generator.hidden": [8],
    "discriminator.hidden": [8],
    "train.measure_every": 2,
}
WEIGHTS = Wants(frozenset({"weights"}))


def engine(**values: object) -> Engine:
    return Engine(Settings.of({**SMALL, **values}))


def test_rows_are_thinned_evenly_and_never_more_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(record, "ROWS", 16)
    e = engine()
    e.step(150)
    steps = e._record.steps
    assert 8 <= len(steps) <= 16
    assert steps[0] == 0
    assert set(np.diff(steps)) == {2 * e._record.stride}
    assert e._record.stride == 8


def test_large_networks_keep_fewer_rows_and_no_more_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    e = engine()
    size = sum(player.flat.numel() for player in e.family.players.values())
    monkeypatch.setattr(record, "BYTES", 4 * size * 20)
    kept = Record(e.family.players)
    assert kept.most + kept.latest <= 20
    assert kept.whole
    monkeypatch.setattr(record, "BYTES", 4 * size * 5)
    assert not Record(e.family.players).whole
    e._begin_record()
    e.step(20)
    frame = e.frame(WEIGHTS)
    assert "weights" not in frame.offers
    assert all(portrait.name != "weights" for portrait in frame.portraits)


def test_the_leading_directions_are_those_of_a_singular_value_decomposition() -> None:
    e = engine()
    rows = [{name: e.weights(name) for name in e.family.players}]
    for _ in range(38):
        e.step(2)
        rows.append({name: e.weights(name) for name in e.family.players})
    portrait = next(p for p in e.frame(WEIGHTS).portraits if p.name == "weights")
    assert portrait.path is not None
    assert len(portrait.path) == e._record._found == 39  # found at the last row
    for column, name in enumerate(e.family.players):
        moved = np.array([row[name] for row in rows]) - rows[0][name]
        _, sizes, directions = np.linalg.svd(moved - moved.mean(0), full_matrices=False)
        along = moved @ directions[0]
        along *= np.sign(portrait.path[:, column] @ along)
        np.testing.assert_allclose(portrait.path[:, column], along, atol=2e-4 * np.ptp(along))
        share = 100 * sizes[0] ** 2 / (sizes**2).sum()
        assert f"{share:.0f} % of {name[0].upper()}'s variance" in portrait.note


@pytest.mark.parametrize("rows", [8, 40, 41, 128])
def test_the_leading_pair_is_that_of_all_eigenvalues(rows: int) -> None:
    walk = np.cumsum(np.random.default_rng(rows).normal(size=(rows, 300)), axis=0)
    matrix = (walk - walk.mean(0)) @ (walk - walk.mean(0)).T
    values, vectors = np.linalg.eigh(matrix)
    value, vector = leading_pair(matrix)
    assert value == pytest.approx(values[-1], rel=1e-9)
    assert abs(vector @ vectors[:, -1]) == pytest.approx(1, abs=1e-9)
    still = np.zeros((rows, rows))
    assert leading_pair(still)[0] == 0
    assert np.isfinite(leading_pair(still)[1]).all()
    one = np.outer(vector, vector)
    assert leading_pair(one)[0] == pytest.approx(1)
    assert abs(leading_pair(one)[1] @ vector) == pytest.approx(1)


def test_the_portrait_never_turns_over_in_the_middle_of_a_run() -> None:
    """On an orbit about where it began the mean of the run changes sides; its sense must not."""
    values = {"train.seed": 2, "train.measure_every": 1000}
    e = Engine(find("saddle-networks").settings.with_(values))
    before: dict[str, dict[int, float]] = {}
    for _ in range(40):
        e.step(15)
        path = next(p.path for p in e.frame(WEIGHTS).portraits if p.name == "weights")
        assert path is not None
        for column, name in enumerate(e.family.players):
            # Rows that are kept stand first: those of before are seen again, on the same side.
            kept = dict(zip(e._record.steps[:-24], path[:, column], strict=False))
            shared = (
                [(at, before[name][step]) for step, at in kept.items() if step in before[name]]
                if name in before
                else []
            )
            if len(shared) > 8:
                new, old = np.array(shared).T
                assert new @ old > 0.9 * np.linalg.norm(new) * np.linalg.norm(old)
            before[name] = kept


def test_a_picture_does_not_hang_on_when_one_looked() -> None:
    often, once = engine(), engine()
    for _ in range(30):
        often.step(7)
        often.frame(WEIGHTS)
    once.step(210)
    a, b = (
        next(p for p in e.frame(WEIGHTS).portraits if p.path is not None) for e in (often, once)
    )
    np.testing.assert_allclose(a.path, b.path, atol=1e-5)
    np.testing.assert_array_equal(often.weights("generator"), once.weights("generator"))
    assert often.frame(WEIGHTS).ranges.portrait("weights") == once.frame(WEIGHTS).ranges.portrait(
        "weights"
    )


def test_the_path_lies_within_its_range_and_is_not_computed_unasked() -> None:
    e = engine()
    e.step(60)
    frame = e.frame(WEIGHTS)
    x_low, x_high, y_low, y_high = frame.ranges.portrait("weights")
    path = next(p.path for p in frame.portraits if p.name == "weights")
    assert path is not None
    assert (path > (x_low, y_low)).all()
    assert (path < (x_high, y_high)).all()
    assert all(p.path is None for p in e.frame(Wants()).portraits)


def test_a_rebuilt_network_begins_a_new_record_and_a_new_rate_does_not() -> None:
    e = engine()
    e.step(40)
    e.change({"optim.lr_d": 1e-4})
    assert e._record.steps[0] == 0
    e.change({"generator.hidden": [9]})
    assert e._record.steps == [40]
    e.step(10)
    assert next(p for p in e.frame(WEIGHTS).portraits if p.name == "weights").path is not None


def test_the_latest_move_is_the_update_of_some_twenty_steps() -> None:
    e = engine(**{"train.dtype": "float64"})
    e.step(40)
    before = e.weights("generator")
    e.step(20)
    way = e._record.ways(60, e.family.players)["generator"]
    move = e.weights("generator") - before
    assert way.direction is not None
    np.testing.assert_allclose(way.direction, move / np.linalg.norm(move), atol=1e-5)
    assert way.path[-1] == 0
    assert way.path[-11] == pytest.approx(-np.linalg.norm(move), rel=1e-4)


def test_a_way_is_that_of_the_weights_however_long_the_run_is() -> None:
    e = engine(**{"train.dtype": "float64"})
    places = []
    for _ in range(130):  # more than twice what is remembered, at several lengths
        e.step(2)
        places.append({name: e.weights(name) for name in e.family.players})
        if len(places) % 13:
            continue
        late = places[-e._record.latest :]
        reaches = e._record.reaches(e.steps, e.family.players)
        for name, way in e._record.ways(e.steps, e.family.players).items():
            move = late[-1][name] - late[max(len(late) - 11, 0)][name]
            along = np.array([place[name] - late[-1][name] for place in late]) @ move
            along /= np.linalg.norm(move)
            # The run begins with a place of its own, before the first step.
            np.testing.assert_allclose(way.path[-len(late) :], along, atol=1e-5)
            assert reaches[name] == np.abs(way.path).max()


def test_a_player_that_does_not_move_has_no_direction() -> None:
    e = engine(**{"train.freeze": "generator"})
    e.step(40)
    ways = e._record.ways(40, e.family.players)
    assert ways["generator"].direction is None
    assert not ways["generator"].path.any()
    path = next(p.path for p in e.frame(WEIGHTS).portraits if p.name == "weights")
    assert path is not None
    assert not path[:, 0].any()
    assert path[:, 1].any()


def test_a_run_that_flies_apart_keeps_its_last_direction() -> None:
    wild = {"optim.lr_d": 10.0, "optim.lr_g": 10.0, "train.measure_every": 5}
    e = Engine(find("saddle-two-numbers").settings.with_(wild))
    e.step(5000)
    assert "diverged" in e.trouble
    path, shares = e._record.leading(e.steps, e.family.players) or (None, ())
    assert path is not None
    assert all(0 <= share <= 1 for share in shares)
