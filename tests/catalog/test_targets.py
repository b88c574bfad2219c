"""Samplers against densities, moments and boxes; every target, none listed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from ganviz.catalog.points import read_points, table_of
from ganviz.catalog.targets import TARGETS, Distribution, Shape
from ganviz.schema import ParamError

POINTS = np.random.default_rng(5).normal(size=(500, 2)) * [1.0, 3.0]


def built(name: str, **changes: object) -> Distribution:
    numbers = {k: v for k, v in TARGETS[name].uses.items() if k != "file"}
    if name == "file":
        numbers["points"] = POINTS
    return TARGETS[name].build(Shape(**{**numbers, **changes}))


by_name = pytest.mark.parametrize("name", TARGETS)


@by_name
def test_samples_have_the_stated_moments_and_box(name: str) -> None:
    target = built(name)
    n = 200_000
    x = target.sample(np.random.default_rng(1), n)
    assert x.shape == (n, target.dim)
    assert x.dtype == np.float64
    error = 5 * target.std / np.sqrt(n) + 1e-12
    assert (np.abs(x.mean(0) - target.mean) <= error).all()
    np.testing.assert_allclose(x.std(0), target.std, rtol=0.02, atol=1e-12)
    for axis, (low, high) in enumerate(target.box):
        inside = ((x[:, axis] >= low) & (x[:, axis] <= high)).mean()
        assert inside >= 0.995


@by_name
def test_density_integrates_to_one_and_matches_the_sampler(name: str) -> None:
    target = built(name)
    if target.log_density is None:
        assert name in ("point", "file", "moons", "spiral")
        return
    spans = [(low - 0.8 * (high - low), high + 0.8 * (high - low)) for low, high in target.box]
    if target.dim == 1:
        x = np.linspace(*spans[0], 400_001)
        mass = integrate.trapezoid(np.exp(target.log_density(x[:, None])), x)
        assert mass == pytest.approx(1, abs=3e-5)
        cdf = integrate.cumulative_trapezoid(np.exp(target.log_density(x[:, None])), x, initial=0)
        sample = np.sort(target.sample(np.random.default_rng(2), 50_000)[:, 0])
        gap = np.abs(np.interp(sample, x, cdf) - (np.arange(50_000) + 0.5) / 50_000).max()
        assert gap < 1.63 / np.sqrt(50_000)
    else:
        axes = [np.linspace(*span, 1801) for span in spans]
        nodes = np.stack(np.meshgrid(*axes), -1).reshape(-1, 2)
        cell = np.prod([axis[1] - axis[0] for axis in axes])
        parts = [np.exp(target.log_density(part)).sum() for part in np.array_split(nodes, 40)]
        assert sum(parts) * cell == pytest.approx(1, abs=1e-3)
        # The mean log-density of the sample is minus the entropy, by quadrature too.
        logs = np.concatenate([target.log_density(part) for part in np.array_split(nodes, 40)])
        weight = np.exp(logs) * cell
        entropy = -(weight * np.where(weight > 0, logs, 0)).sum()
        said = -target.log_density(target.sample(np.random.default_rng(3), 40_000)).mean()
        assert said == pytest.approx(entropy, abs=0.03)


def test_scipy_agrees_on_the_plain_ones() -> None:
    x = np.linspace(-4, 6, 101)
    ours = {
        "normal": stats.norm(0, 1),
        "uniform": stats.uniform(-1, 2),
        "exponential": stats.expon(0, 1),
    }
    for name, theirs in ours.items():
        log_density = built(name).log_density
        np.testing.assert_allclose(np.exp(log_density(x[:, None])), theirs.pdf(x), atol=1e-14)


def test_ring_and_grid_have_their_modes() -> None:
    ring = built("ring")
    np.testing.assert_allclose(np.hypot(*ring.centres.T), 2.0)
    assert len(np.unique(ring.centres.round(6), axis=0)) == 8
    grid = built("grid")
    assert len(grid.centres) == 25
    assert grid.centres.min() == -2
    with pytest.raises(ParamError, match="a grid needs a square number"):
        built("grid", modes=8)


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ({"weights": (0.5, 0.6)}, "sum to 1.1, must sum to 1"),
        ({"weights": (1.0,)}, "has 1 entries, but data.means has 2"),
        ({"sigmas": (1.0, 1.0, 1.0)}, "has 3 entries, but data.means has 2"),
        ({"means": ()}, "needs the mean of each component"),
        ({"means": (1.0, (2.0, 3.0))}, "must be all numbers"),
    ],
)
def test_mixture_refuses(numbers: dict[str, object], sentence: str) -> None:
    with pytest.raises(ParamError, match=sentence):
        built("mixture", **numbers)


def test_mixture_in_two_dimensions() -> None:
    target = built(
        "mixture", means=((0.0, 0.0), (4.0, 1.0)), weights=(0.25, 0.75), sigmas=(0.1, 0.5)
    )
    np.testing.assert_allclose(target.mean, [3.0, 0.75])
    x = np.array([[4.0, 1.0]])
    expected = 0.75 * stats.multivariate_normal([4, 1], 0.25 * np.eye(2)).pdf([4, 1])
    assert float(np.exp(target.log_density(x))[0]) == pytest.approx(expected, rel=1e-9)


# ---- the user's own points -----------------------------------------------------------------


def test_reads_csv_tsv_and_npy(tmp_path) -> None:
    (tmp_path / "a.csv").write_text("height,weight\n1,2\n3.5,-4e2\n", "utf-8")
    (tmp_path / "b.tsv").write_text("# made by hand\n1\t2\n3\t4\n", "utf-8")
    (tmp_path / "c.txt").write_text("\ufeff1\n2\n\n3\n", "utf-8")
    np.save(tmp_path / "d.npy", np.arange(6.0))
    assert read_points(tmp_path / "a.csv").tolist() == [[1, 2], [3.5, -400]]
    assert read_points(tmp_path / "b.tsv").tolist() == [[1, 2], [3, 4]]
    assert read_points(tmp_path / "c.txt").tolist() == [[1], [2], [3]]
    assert read_points(tmp_path / "d.npy").shape == (6, 1)
    standard = read_points(tmp_path / "a.csv", standardise=True)
    np.testing.assert_allclose(standard.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(standard.std(0), 1)
    assert table_of("1;2\n3;4").tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"1,2\n3\n", "line 2 has 1 columns where the others have 2"),
        ("a.csv", b"1,2,3\n4,5,6\n", "has 3 columns"),
        ("a.csv", b"1\n", "has 1 row"),
        ("a.csv", b"1\nnan\n", "row 2 holds NaN or infinity"),
        ("a.csv", b"1\n2\nx\n", "line 3 is “x”, not numbers"),
        ("a.csv", b"", "holds no numbers"),
        ("a.csv", b"1e9\n2\n", "beyond a million"),
        ("a.csv", b"\xff\xfe\x00\x01", "is not text"),
        ("a.npy", b"not an array", "is not a NumPy array file"),
        ("a.npy", b"\x93NUMPY\x01\x00\x76\x00{'descr': '|O', 'fortran_order': False}", "is not a"),
        ("a.xlsx", b"", r"must end in one of \.csv"),
    ],
)
def test_refuses_bad_files(tmp_path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ParamError, match=sentence):
        read_points(tmp_path / name)


def test_never_reads_a_pickle(tmp_path) -> None:
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ParamError, match="is not a NumPy array file of plain numbers"):
        read_points(tmp_path / "a.npy")


def test_missing_and_huge_files(tmp_path) -> None:
    with pytest.raises(ParamError, match="cannot be read"):
        read_points(tmp_path / "none.csv")
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(65 * 2**20)
    with pytest.raises(ParamError, match="must have at most 64 MB"):
        read_points(huge)
