"""Themes, numbers as words, ticks and labels."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QPalette
from pytestqt.qtbot import QtBot

from ganviz.views.axes import spread, ticks
from ganviz.views.ink import brief, elided, number, runs, whole, width
from ganviz.views.theme import THEMES, channels, mixed, palette, ramp, theme


def _contrast(one: str, other: str) -> float:
    def light(code: str) -> float:
        parts = np.array(channels(code)) / 255
        linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", THEMES)
def test_words_are_legible(name: str) -> None:
    t = theme(name)
    curves = [t.words(c) for c in (t.real, t.generated, t.discriminator, t.value, t.density)]
    curves += [t.model, t.best]
    for ink in (t.text, t.muted, *curves):
        for ground in (t.base, t.window, t.raised):
            assert _contrast(ink, ground) >= 4.5, (ink, ground)
    assert _contrast(t.warning_text, t.warning) >= 4.5
    for ink in (t.real, t.generated, t.discriminator, t.value):
        assert _contrast(ink, t.base) >= 3


def test_unknown_theme_names_the_allowed_ones() -> None:
    with pytest.raises(ValueError, match="light, dark"):
        theme("mauve")


@pytest.mark.parametrize("name", THEMES)
def test_maps_run_from_generated_through_neutral_to_real(name: str) -> None:
    t = theme(name)
    low, high = (np.array(channels(t.belief[i])) for i in (0, -1))
    assert low[0] > low[2]  # warm
    assert high[2] > high[0]  # cold
    colours = ramp(t.belief)
    assert colours.shape == (256,)
    assert f"#{colours[0] & 0xFFFFFF:06X}" == t.belief[0]
    assert f"#{colours[-1] & 0xFFFFFF:06X}" == t.belief[-1]
    assert mixed(t.real, t.base, 0.0) == t.real
    assert mixed(t.real, t.base, 1.0) == t.base


def test_palette_takes_the_theme(qapp: object) -> None:
    role = QPalette.ColorRole
    assert palette(theme("dark")).color(role.Window).name().upper() == theme("dark").window
    assert palette(theme("light")).color(role.Text).name().upper() == theme("light").text


def test_numbers_have_a_minus_sign_and_no_negative_zero() -> None:
    assert number(-1.386, 2) == "−1.39"
    assert number(-0.001, 2) == "0.00"
    assert number(float("nan"), 2) == "–"
    assert number(float("-inf"), 2) == "−∞"
    assert whole(-1234567) == "−1\u202f234\u202f567"


@pytest.mark.parametrize("value", [0, 1.386294, -99.9999, 1234.5, -123456.0, 3e-7, -4.2e12, 0.0042])
def test_brief_numbers_are_brief(value: float) -> None:
    words = brief(value)
    assert len(words) <= 7
    assert float(words.replace("−", "-")) == pytest.approx(value, rel=0.25, abs=1e-9)


def test_single_letters_take_a_subscript() -> None:
    assert runs("L_D") == (("L", False), ("D", True))
    assert runs("x_{10} of p_g") == (("x", False), ("10", True), (" of p", False), ("g", True))
    assert runs("optim.lr_d = 3") == (("optim.lr_d = 3", False),)


def test_elided_words_fit(qtbot: QtBot) -> None:
    words = elided("two Gaussians against a ring", 80)
    assert words.endswith("…")
    assert width(words) <= 80
    assert elided("short", 80) == "short"


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (-5, 5), (-1e-7, 3e-7), (99_400, 100_000), (-3e8, 1e9), (0.4, 0.41)]
)
@pytest.mark.parametrize("length", [90, 300, 900])
def test_ticks_are_inside_and_apart(qtbot: QtBot, low: float, high: float, length: float) -> None:
    marks = ticks(low, high, length, across=True)
    assert len(marks) >= 1
    places = np.array([(at - low) / (high - low) * length for at, _ in marks])
    assert places.min() >= -0.01
    assert places.max() <= length + 0.01
    halves = np.array([width(words, 12) / 2 for _, words in marks])
    if len(marks) > 2:
        assert (np.diff(places) - halves[1:] - halves[:-1]).min() > 4
    assert len({words for _, words in marks}) == len(marks)


@pytest.mark.parametrize("room", [34, 41])
@pytest.mark.parametrize("reach", [1e5, 1.5e5, 2.5e6, 3e9, 2e12])
@pytest.mark.parametrize("length", [60, 200, 400])
def test_long_numbers_beside_an_axis_become_powers_of_ten(
    qtbot: QtBot, room: float, reach: float, length: float
) -> None:
    marks = ticks(-reach, reach, length, across=False, room=room)
    assert all(width(words, 12) <= room for _, words in marks)
    for at, words in marks:
        assert float(words.replace("−", "-")) == pytest.approx(at, rel=1e-9)
    if room == 41:
        assert len(marks) >= 2


@pytest.mark.parametrize(("low", "high"), [(-2, 1.8), (0, 1.4), (0.5, 1.5), (0, 8), (-1.5, 1.5)])
@pytest.mark.parametrize("length", [40, 50, 60, 75])
def test_a_short_vertical_axis_has_a_scale(
    qtbot: QtBot, low: float, high: float, length: float
) -> None:
    marks = ticks(low, high, length, across=False, integers=high == 8)
    assert len(marks) >= (3 if length >= 60 else 2)
    assert min(np.diff([at for at, _ in marks])) * length / (high - low) >= 12


def test_labels_are_pushed_apart_and_stay_in_order() -> None:
    places = spread([50, 51, 52, 140, 10], 15, 10, 150)
    ordered = sorted(places)
    assert min(np.diff(ordered)) >= 14.9
    assert ordered[0] >= 9
    assert ordered[-1] <= 151
    assert list(np.argsort(places)) == [4, 0, 1, 2, 3]
    assert spread([], 15, 0, 100) == []
