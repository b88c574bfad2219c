"""Games of images: every player, loss and family plays, and is shown on the plane and as images."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import Any

import numpy as np
import pytest
import torch

from ganviz.catalog.losses import LOSSES
from ganviz.catalog.networks import DISCRIMINATORS, GENERATORS
from ganviz.catalog.penalties import PENALTIES
from ganviz.catalog.schedules import SCHEDULES
from ganviz.engine import Engine, draws, picture
from ganviz.engine import engine as engine_page
from ganviz.engine.engine import EVERYTHING
from ganviz.engine.picture import great_circle, grey
from ganviz.frame import Frame, Wants
from ganviz.presets import presets
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.tape.lanes import Lanes

Values = dict[str, Any]

#: Every layer and view, and a point of the plane that somebody would like to follow.
ALL = replace(
    EVERYTHING,
    layers=EVERYTHING.layers | {"images", "surface", "probe", "measures", "gradients", "belief"},
    probe=(0.0, 0.0),
)
IMAGES: Values = {"data.target": "digits", "latent.dim": 6, "train.batch": 8}
SMALL: Values = {
    **IMAGES,
    "generator.kind": "conv",
    "generator.hidden": [4, 3],
    "generator.activation": "relu",
}
GAN: Values = {**SMALL, "discriminator.kind": "conv", "discriminator.hidden": [3, 4]}
CODED: Values = {**SMALL, "encoder.kind": "conv", "encoder.hidden": [3, 4]}
VAE: Values = {**CODED, "game.kind": "vae"}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small samples for measures: what is asked here is whether they come at all."""
    monkeypatch.setattr(engine_page, "MEASURE_IMAGES", 100)
    monkeypatch.setattr(engine_page, "FLOOR_REPEATS", 3)
    monkeypatch.setattr(draws, "BLOCK_ROUNDS", 2)


def shown(engine: Engine) -> Frame:
    frame = engine.frame(ALL)
    assert not engine.trouble
    assert frame.dim == 2
    assert frame.fake.shape == frame.real.shape == (picture.IMAGES, 2)
    assert np.isfinite(frame.fake).all()
    assert frame.belief.label == ""
    assert frame.surface is None
    assert frame.probe is None
    assert frame.density is None
    assert frame.images is not None
    assert frame.images.real.shape == frame.images.fake.shape == (64, 16, 16)
    assert {each.name for each in frame.measures} >= {"legible", "kinds", "sharpness", "jsd"}
    for portrait in frame.portraits:
        assert frame.ranges.portrait(portrait.name)
    return frame


OTHER: dict[str, Values] = {
    "packs": {"discriminator.pack": 2},
    "dropout, normed": {"discriminator.dropout": 0.3, "discriminator.spectral_norm": True},
    "batches": {"discriminator.minibatch_features": 2, "discriminator.minibatch_stddev": True},
    "codes": {"latent.codes": 3},
    "features": {"loss.feature_matching": True},
    "unrolled": {"loss.unroll": 2},
    "remembering": {"optim.ema": 0.9, "optim.lookahead": 2, "train.replay": 0.5},
    "noise": {"loss.instance_noise": 0.3, "latent.kind": "uniform"},
    "sphere": {"latent.kind": "sphere", "train.dtype": "float64"},
    "one coordinate": {"latent.dim": 1, "loss.clip": 0.1},
}
ROWS = list(zip_longest(LOSSES, PENALTIES, SCHEDULES, OTHER))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(filter(None, row)))
def test_every_entry_plays_on_images(row: tuple[str | None, ...]) -> None:
    """Each loss, penalty, schedule and stabiliser meets convolutions at least once."""
    loss, penalty, schedule, other = row
    own = OTHER.get(other or "", {})
    tried: list[Values] = [{"loss.kind": loss or "minimax"}, {"loss.penalty": penalty or "off"}]
    if schedule == "competitive":
        tried.append({"optim.kind_g": "sgd", "optim.kind_d": "sgd"})
    tried.append({"train.schedule": schedule or "goodfellow"})
    tried.append(own)
    game = Settings.of(GAN)
    alone = []
    for values in tried:
        try:
            game = game.with_(values)
        except ParamError:  # not with the others of the row: by itself, then
            alone.append(game.of({**GAN, **values}))
    for each in (game, *alone):
        engine = Engine(each)
        engine.step(2)
        assert not engine.trouble
    shown(engine)


@pytest.mark.parametrize("discriminator", [d for d in DISCRIMINATORS if d != "exact"])
@pytest.mark.parametrize("generator", [g for g in GENERATORS if g != "formula"])
def test_every_pair_of_players_plays_on_images(generator: str, discriminator: str) -> None:
    values = {**IMAGES, "generator.kind": generator, "discriminator.kind": discriminator}
    engine = Engine(Settings.of(values | {"latent.dim": 1 if generator == "shift" else 6}))
    engine.step(2)
    frame = shown(engine)
    assert engine.sample(3).shape == (3, 256)
    assert frame.images is not None
    assert frame.images.back is None
    assert frame.offers <= {"arrows", "graph", "images", "weights"}


@pytest.mark.parametrize("game", ["vae", "autoencoder"])
@pytest.mark.parametrize("encoder", ["mlp", "conv"])
def test_autoencoders_play_on_images(game: str, encoder: str) -> None:
    values = {**SMALL, "game.kind": game, "encoder.kind": encoder}
    engine = Engine(Settings.of(values))
    engine.step(2)
    images = shown(engine).images
    assert images is not None
    assert images.back is not None
    made = engine.family.back(torch.from_numpy(engine._picture._whole[:64]).float())
    assert made is not None
    np.testing.assert_array_equal(images.back, grey(made, 16))
    assert len(images.walk) == (24 if game == "vae" else 0)


def test_what_the_images_are_made_of_stays_the_same() -> None:
    engine = Engine(Settings.of(GAN))
    one = shown(engine).images
    engine.step(3)
    other = shown(engine).images
    assert one is not None
    assert other is not None
    assert one.real is other.real
    assert (one.fake != other.fake).any()
    np.testing.assert_array_equal(one.walk_at, np.arange(24) * (2 * np.pi / 24))
    assert engine.frame(Wants()).images is None


def test_a_walk_goes_along_a_great_circle() -> None:
    cloud = np.random.default_rng(1).standard_normal((5000, 12))
    at = np.linspace(0, 2 * np.pi, 9)
    z = great_circle(cloud, at)
    assert np.linalg.norm(z, axis=1) == pytest.approx(12**0.5, rel=0.02)
    np.testing.assert_allclose(z[0], z[-1], atol=1e-12)
    np.testing.assert_allclose(z[4], -z[0], atol=1e-12)
    assert abs(z[0] @ z[2]) < 1e-9
    assert z[0] @ cloud[0] == pytest.approx(np.linalg.norm(z[0]) * np.linalg.norm(cloud[0]))
    line = great_circle(cloud[:, :1], at)
    np.testing.assert_allclose(line[2], 0, atol=1e-12)


def test_greys_are_the_values_of_pixels() -> None:
    x = np.array([[-1.0, 1.0, 0.0, 7.0], [-7.0, 0.5, np.nan, -0.5]])
    assert grey(x, 2).tolist() == [[[0, 255], [128, 255]], [[0, 191], [0, 64]]]


def test_the_graph_and_slow_motion_show_images_by_their_places() -> None:
    for values in (GAN, VAE):
        engine = Engine(Settings.of(values))
        instants = engine.lay_open()
        beats = [each.beat for each in instants]
        assert beats
        for beat in beats:
            for array in (beat.real, beat.fake, beat.pulls):
                assert array is None or array.shape == (8, 2)
        frame = engine.frame(ALL, instants[-1])
        if values is GAN:
            assert any(beat.pulls is not None for beat in beats)
            assert frame.graph is not None
            assert frame.graph.image.shape[-1] == 2
            assert frame.graph.generator == "6 → 64 → 192 → 256 relu"
            assert frame.arrows[0].vectors.shape[1] == 2


@pytest.mark.parametrize("values", [GAN, VAE, {**CODED, "game.kind": "autoencoder"}])
def test_the_same_seed_is_the_same_run_and_a_moment_goes_on(values: Values) -> None:
    one, other = (Engine(Settings.of({**values, "train.measure_every": 2})) for _ in range(2))
    one.step(5)
    moment = one.moment()
    one.step(4)
    other.frame(ALL)
    for _ in range(9):
        other.step()
        other.frame(ALL)
    again = Engine.resume(moment)
    again.step(4)
    for each in (other, again):
        assert each.weights("generator").tobytes() == one.weights("generator").tobytes()
        assert each.sample(4).tobytes() == one.sample(4).tobytes()
    assert other.trace.rows.tobytes() == one.trace.rows.tobytes()


def test_points_and_images_change_into_each_other_in_mid_run() -> None:
    engine = Engine(Settings.of({"data.target": "ring", "latent.dim": 2, "train.batch": 8}))
    engine.step(2)
    engine.change({"data.target": "digits", "generator.kind": "conv"})
    engine.step(2)
    shown(engine)
    assert "generator built anew" in engine.journal[-1].text
    engine.change({"data.target": "ring", "generator.kind": "mlp"})
    engine.step(2)
    frame = engine.frame(ALL)
    assert frame.images is None
    assert frame.belief.label


def test_each_side_of_a_tape_of_images_is_exact() -> None:
    lanes = Lanes.begin(Settings.of({**GAN, "train.measure_every": 5}))
    lanes.step(30)
    end = lanes.engine.weights("generator").tobytes()
    lanes.seek(0, 13)
    here = lanes.engine.weights("generator").tobytes()
    fresh = Engine(Settings.of({**GAN, "train.measure_every": 5}))
    fresh.step(13)
    assert here == fresh.weights("generator").tobytes()
    lanes.seek(0, 30)
    assert lanes.engine.weights("generator").tobytes() == end


# ---- what is learnt ------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_vae_is_blurry_where_a_dcgan_is_not(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    found = {}
    for name, steps in (("digits-dcgan", 2500), ("digits-vae", 2500)):
        engine = Engine(presets()[name].settings.with_({"train.seed": seed}))
        engine.step(steps)
        found[name] = engine.measured
        engine.frame(ALL)
    gan, vae = found["digits-dcgan"], found["digits-vae"]
    assert vae["sharpness"] < 0.75
    assert 0.9 < gan["sharpness"] < 1.4
    assert gan["kinds"] >= 7
    assert gan["legible"] > 0.15
