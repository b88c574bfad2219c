"""Samplers against densities, moments and boxes; every target, none listed by hand."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from scipy import integrate, special, stats

from ganviz.catalog.points import read_points, table_of
from ganviz.catalog.targets import IMAGES, TARGETS, Distribution, Shape
from ganviz.schema import ParamError

POINTS = np.random.default_rng(5).normal(size=(500, 2)) * [1.0, 3.0]


def built(name: str, **changes: object) -> Distribution:
    numbers = {k: v for k, v in TARGETS[name].uses.items() if k != "file"}
    if name == "file":
        numbers["points"] = POINTS
    return TARGETS[name].build(Shape(**{**numbers, **changes}))


#: Images, of which nothing is exact, are looked at in test_images.py.
by_name = pytest.mark.parametrize("name", [name for name in TARGETS if name not in IMAGES])


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


def nodes_of(target: Distribution) -> tuple[np.ndarray, float]:
    """Nodes of a plain grid that resolves the noise, for which sums are as good as integrals."""
    smallest = target.mixture[2].min() if target.mixture else 0.05
    axes = [np.arange(low - 0.3, high + 0.3, 0.7 * smallest) for low, high in target.box]
    cell = np.prod([axis[1] - axis[0] for axis in axes])
    return np.stack(np.meshgrid(*axes), -1).reshape(-1, target.dim), float(cell)


@by_name
def test_density_integrates_to_one_and_matches_the_sampler(name: str) -> None:
    target = built(name)
    if target.log_density is None:
        assert name in ("point", "file")
        return
    if target.dim == 1:
        kinks = sorted({target.box[0][0], *target.centres[:, 0], *target.box[0]})
        ends = [kinks[0] - 30 * target.std[0], *kinks, kinks[-1] + 60 * target.std[0]]
        mass = sum(
            integrate.quad(
                lambda t: np.exp(target.log_density(np.array([[t]])))[0],
                a + 1e-15,
                b - 1e-15,
                epsabs=1e-12,
                limit=200,
            )[0]
            for a, b in itertools.pairwise(ends)
        )
        assert mass == pytest.approx(1, abs=1e-9)
    else:
        nodes, cell = nodes_of(target)
        logs = np.concatenate([target.log_density(part) for part in np.array_split(nodes, 8)])
        weight = np.exp(logs) * cell
        assert weight.sum() == pytest.approx(1, abs=1e-6)
        # The mean log-density of the sample is minus the entropy, by quadrature too.
        entropy = -(weight * np.where(weight > 0, logs, 0)).sum()
        said = -target.log_density(target.sample(np.random.default_rng(3), 40_000)).mean()
        assert said == pytest.approx(entropy, abs=0.03)


@by_name
def test_the_joint_cdf_is_that_of_the_samples(name: str) -> None:
    target = built(name)
    assert target.cdf is not None
    n = 10_000
    x = target.sample(np.random.default_rng(7), n)
    at = x[:: n // 200] + 1e-9
    below = (x[:, None, :] <= at).all(-1).mean(0)
    # 1.63 is the 99 % bound in one dimension; in two a bound of 2.2 holds well above 99 %.
    assert np.abs(target.cdf(at) - below).max() < (1.63 if target.dim == 1 else 2.2) / np.sqrt(n)
    far = 1e3 * np.ones((1, target.dim))
    assert target.cdf(far)[0] == pytest.approx(1, abs=1e-12)
    assert target.cdf(-far)[0] == pytest.approx(0, abs=1e-12)


@by_name
def test_the_density_is_the_derivative_of_the_cdf(name: str) -> None:
    target = built(name)
    if target.log_density is None:
        return
    x = target.sample(np.random.default_rng(8), 60)
    if target.dim == 1:
        h = 1e-4
        slope = (target.cdf(x + h) - target.cdf(x - h)) / (2 * h)
        np.testing.assert_allclose(slope, np.exp(target.log_density(x)), rtol=1e-5, atol=1e-6)
        return
    h = 1e-3
    corners = [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]
    square = sum(sign * target.cdf(x + h * np.array([a, b])) for a, b, sign in corners)
    density = np.exp(target.log_density(x))
    np.testing.assert_allclose(square / (4 * h * h), density, rtol=1e-3, atol=1e-5)


@by_name
def test_the_quantile_undoes_the_cdf_in_one_dimension(name: str) -> None:
    target = built(name)
    if target.dim == 2:
        assert target.quantile is None
        return
    u = np.concatenate([[1e-9, 1e-4], np.linspace(0.003, 0.997, 333), [1 - 1e-9]])
    x = target.quantile(u)
    assert (np.diff(x) >= 0).all()
    if target.atoms:
        assert (x == target.atoms[0][0]).all()
        return
    np.testing.assert_allclose(target.cdf(x[:, None]), u, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(
    "numbers",
    [
        {"means": (-40.0, 60.0), "weights": (0.3, 0.7), "sigmas": (0.001, 5.0)},
        {"means": (-3.0, 0.0, 3.0), "weights": (1e-6, 0.5, 0.499999), "sigmas": (1.0, 10.0, 0.01)},
    ],
)
def test_quantiles_of_awkward_mixtures(numbers: dict[str, object]) -> None:
    target = built("mixture", **numbers)
    u = np.concatenate([10.0 ** np.arange(-12, -1), np.linspace(0.01, 0.99, 500) + 1e-5])
    x = target.quantile(u)
    np.testing.assert_allclose(target.cdf(x[:, None]), u, rtol=1e-7, atol=1e-12)
    assert target.quantile(np.array([0.0, 1.0])).tolist() == [-np.inf, np.inf]


def test_mixtures_say_what_they_are_made_of() -> None:
    for name in (each for each in TARGETS if each not in IMAGES):
        target = built(name)
        if target.mixture is None:
            assert name in (
                "uniform",
                "exponential",
                "file",
                "curve",
                "moons",
                "spiral",
                "circle",
                "line",
            )
            continue
        weights, means, sigmas = target.mixture
        assert weights.sum() == pytest.approx(1)
        np.testing.assert_allclose(weights @ means, target.mean, atol=1e-12)
        second = weights @ (means**2 + sigmas[:, None] ** 2)
        np.testing.assert_allclose(second - target.mean**2, target.std**2, atol=1e-12)
    weights, means, sigmas = built("point", center=2.5).mixture
    assert (weights.tolist(), means.tolist(), sigmas.tolist()) == ([1.0], [[2.5]], [0.0])


@pytest.mark.parametrize("name", ["moons", "spiral", "circle", "line"])
@pytest.mark.parametrize("sigma", [0.01, 0.3])
def test_curves_agree_with_a_plain_average_over_the_curve(name: str, sigma: float) -> None:
    # The samplers are given even "random" numbers, so that they walk along the curve.
    class Even:
        def random(self, n: int) -> np.ndarray:
            return (np.arange(n) + 0.5) / n

        def standard_normal(self, shape: tuple[int, ...]) -> np.ndarray:
            return np.zeros(shape)

    target = built(name, sigma=sigma)
    path = target.sample(Even(), 200_000)
    around = np.random.default_rng(9)
    x = path[around.integers(0, len(path), 12)] + 2 * sigma * around.standard_normal((12, 2))
    t = (x[:, None, :] - path) / sigma
    density = np.exp(-(t**2).sum(-1) / 2).mean(1) / (2 * np.pi * sigma**2)
    joint = special.ndtr(t).prod(-1).mean(1)
    np.testing.assert_allclose(np.exp(target.log_density(x)), density, rtol=1e-6)
    np.testing.assert_allclose(target.cdf(x), joint, atol=1e-8)


def test_densities_stay_finite_far_from_a_curve() -> None:
    x = np.array([[30.0, 30.0], [-5.0, 0.0], [300.0, -300.0]])
    for name in ("moons", "spiral", "circle", "line"):
        logs = built(name).log_density(x)
        assert np.isfinite(logs).all()
        assert (logs < -300).all()


def test_own_points_count_in_one_dimension_and_in_two() -> None:
    line = built("file", points=np.array([[3.0], [1.0], [1.0], [2.0]]))
    assert line.cdf(np.array([[0.9], [1.0], [2.5], [3.0]])).tolist() == [0, 0.5, 0.75, 1]
    assert line.quantile(np.array([0.0, 0.5, 0.51, 1.0])).tolist() == [1, 1, 2, 3]
    at = np.random.default_rng(1).normal(size=(3000, 2)) * 2
    expected = (POINTS[None] <= at[:, None]).all(-1).mean(1)
    np.testing.assert_allclose(built("file").cdf(at), expected, atol=1e-15)


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


def test_a_curve_is_the_density_through_its_heights() -> None:
    # A tent over [-4, 4]: heights 0, 1, 0; its area is 4, so p(0) = ¼; var = 4²/6.
    tent = built("curve", curve=(0.0, 0.5, 0.0))
    at = np.array([[-4.5], [-4.0], [-2.0], [0.0], [1.0], [4.0]])
    np.testing.assert_allclose(np.exp(tent.log_density(at)), [0, 0, 1 / 8, 1 / 4, 3 / 16, 0])
    np.testing.assert_allclose(tent.cdf(at), [0, 0, 1 / 8, 1 / 2, 1 - 9 / 32, 1], atol=1e-15)
    np.testing.assert_allclose(tent.quantile(np.array([1 / 8, 1 / 2, 23 / 32])), [-2, 0, 1])
    assert tent.mean[0] == pytest.approx(0, abs=1e-15)
    assert tent.std[0] == pytest.approx(4 / np.sqrt(6))


def test_a_gap_in_a_curve_holds_nothing() -> None:
    heights = (0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    split = built("curve", curve=heights)
    x = split.sample(np.random.default_rng(2), 20_000)[:, 0]
    assert not ((x > -1) & (x < 1)).any()
    assert (x < 0).mean() == pytest.approx(0.75, abs=0.02)
    u = np.array([0.0, 0.75, 0.75 + 1e-9, 1.0])
    np.testing.assert_allclose(split.quantile(u), [-3, -1, 1, 3], atol=1e-3)


def test_strokes_are_the_mean_of_their_dabs_and_have_no_modes() -> None:
    dabs = ((-1.0, 0.5), (2.0, -3.0), (2.0, -3.0))
    target = built("strokes", strokes=dabs, sigma=0.3)
    at = np.array([[-1.0, 0.5], [2.0, -2.7]])
    bell = stats.multivariate_normal
    wanted = sum(bell(dab, 0.09).pdf(at) for dab in dabs) / 3
    np.testing.assert_allclose(np.exp(target.log_density(at)), wanted)
    assert len(target.centres) == 0


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("curve", (), "data.curve = []: must have at least two heights, one at either end"),
        ("curve", (0.0, 0.0), "data.curve = [0, …]: must have at least one height above 0"),
        ("strokes", (), "data.strokes = []: must have at least one dab, a pair of numbers"),
    ],
)
def test_an_empty_drawing_is_refused(name: str, values: tuple[float, ...], sentence: str) -> None:
    with pytest.raises(ParamError, match=f"^{re.escape(sentence)}$"):
        built(name, **{name: values})
