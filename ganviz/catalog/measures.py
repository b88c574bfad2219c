"""What is measured of a generator, at fixed steps.

Each entry reads a :class:`Sight` of the present moment and names what a perfect generator would
score (its noise floor): 0 for what is computed exactly, a simulated band for what is estimated
from samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from math import inf, isfinite, log, nan
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ganviz.catalog.games import GAN, VAE
from ganviz.catalog.images import COVERED, UNLIKELY
from ganviz.catalog.targets import IMAGES, TARGETS, Distribution
from ganviz.schema import POSITIVE
from ganviz.theory import coverage, distances
from ganviz.theory.coverage import Census
from ganviz.theory.divergences import Divergences
from ganviz.theory.floors import Floor

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of p_g against p, and of D against D*.

    ``value`` is V of the present D by quadrature, ``best`` is V*; both through the instance noise
    that D sees, with plain labels, and NaN where the loss has no such value. ``gap`` is the mean of
    |D − D*| under (p + p_g) / 2, and ``gain`` is L_D − L_D*, without penalties: both with D* that
    of the labels D is given. ``note`` is "exact", "sampled" (means over samples of densities that
    are known) or "estimate". ``nll`` is −E_p log p_g.
    """

    jsd: float
    kl_data: float
    kl_model: float
    tv: float
    bayes: float
    w1: float
    w2: float
    value: float
    best: float
    gap: float
    gain: float
    note: str
    nll: float = nan

    @classmethod
    def of(cls, div: Divergences | None, note: str, **more: float) -> Known:
        """Return these divergences and what more is known, by name; all else is NaN."""
        found = dict.fromkeys((each.name for each in fields(cls) if each.name != "note"), nan)
        if div is not None:
            found |= {"jsd": div.jsd, "kl_data": div.kl_pq, "kl_model": div.kl_qp}
            found |= {"tv": div.tv, "bayes": div.bayes}
        return cls(note=note, **(found | more))


class Sight(Protocol):
    """The present moment, as the measures see it.

    Attributes
    ----------
    fake, real
        (n, dim) generated and real samples, as many of each; of images their places on the plane.
    whole, legible
        The generated samples as they are; of images also the share that is legible, by kind.
    census
        The generated samples by mode, where the target has any.
    sliced_w, histogram_jsd
        Their distances from the real ones: sliced W₁, in the plane, and the JSD of histograms.
    known
        What theory can say, or None where p has no density and nothing can be said.
    norms
        Gradient norms by (player, loss), of the measuring batch.
    information
        I(c; G(z, c)) ≥ H(c) − CE of InfoGAN's code; NaN without a code.
    """

    @property
    def target(self) -> Distribution: ...
    @property
    def whole(self) -> FloatArray: ...
    @property
    def legible(self) -> FloatArray: ...
    @property
    def fake(self) -> FloatArray: ...
    @property
    def real(self) -> FloatArray: ...
    @property
    def census(self) -> Census: ...
    @property
    def sliced_w(self) -> float: ...
    @property
    def histogram_jsd(self) -> float: ...
    @property
    def known(self) -> Known | None: ...
    @property
    def norms(self) -> Mapping[tuple[str, str], float]: ...
    @property
    def information(self) -> float: ...


def _plain(value: float, target: Distribution) -> str:
    return f"{value:.3f}".replace("-", "−") if isfinite(value) else "∞"


def _percent(value: float, target: Distribution) -> str:
    return f"{100 * value:.1f} %"


def _size(value: float, target: Distribution) -> str:
    return f"{value:.3g}"


def always(target: Distribution) -> bool:
    return True


def in_line(target: Distribution) -> bool:
    return target.dim == 1


def in_plane(target: Distribution) -> bool:
    return target.dim == 2


def with_modes(target: Distribution) -> bool:
    return len(target.centres) > 1


#: Two samples of the same size -> a number; its floor is found by simulation.
TwoSample = Callable[[FloatArray, FloatArray], float]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure.

    Attributes
    ----------
    of
        What it is of a sight; NaN where it cannot be said.
    applies
        Whether it means anything for a target.
    words
        (value, target) -> its words.
    floor
        (target, n) -> what a perfect generator would score, known in closed form; or None.
    two_sample
        For an estimate from samples: the distance whose floor is to be simulated.
    on, head
        Whether it is measured by default, and whether it stands in the header.
    least, most
        The bounds of what it can be, where it has any: numbers, or a function of the target.
    fixed
        Whether it is drawn over all of its bounds; else over what it has been lately.
    rising
        Whether the best generator does not score the least: more is better, or as much as the
        data's.
    """

    title: str
    of: Callable[[Sight], float]
    note: str
    applies: Callable[[Distribution], bool] = always
    words: Callable[[float, Distribution], str] = _plain
    floor: Callable[[Distribution, int], Floor] | None = None
    two_sample: TwoSample | None = None
    on: bool = True
    head: bool = False
    when: Mapping[str, str | tuple[str, ...]] | None = None
    least: float = -inf
    most: float | Callable[[Distribution], float] = inf
    fixed: bool = False
    rising: bool = False

    def bounds(self, target: Distribution) -> tuple[float, float]:
        """Return the (least, greatest) it can be for a target, infinite where there is no bound."""
        return self.least, self.most(target) if callable(self.most) else self.most


def _modes(target: Distribution) -> float:
    return float(len(target.centres))


def _one_mode(target: Distribution) -> float:
    return log(max(len(target.centres), 2))


def _known(name: str) -> Callable[[Sight], float]:
    def of(sight: Sight) -> float:
        known = sight.known
        return float("nan") if known is None else float(getattr(known, name))

    return of


def _norm(player: str, loss: str) -> Callable[[Sight], float]:
    return lambda sight: sight.norms.get((player, loss), float("nan"))


def _exactly(value: float) -> Callable[[Distribution, int], Floor]:
    return lambda target, n: Floor(value, value, value)


def _true_quality(target: Distribution, n: int) -> Floor:
    share = coverage.true_high_quality(target.dim)
    band = 1.96 * (share * (1 - share) / n) ** 0.5
    return Floor(share, share - band, min(share + band, 1.0))


def shares(target: Distribution) -> FloatArray:
    """Return the share of each mode in the data."""
    if target.mixture is not None:
        return target.mixture[0]
    return np.full(len(target.centres), 1 / len(target.centres))


def _all_modes(target: Distribution) -> float:
    return float((shares(target) >= coverage.COVERED_SHARE).sum())


def _leading(sight: Sight) -> float:
    least = (1 + float(shares(sight.target).max())) / 2
    return 1 + coverage.leading(sight.census, least)


def _all_alike(target: Distribution, n: int) -> Floor:
    """Return the mean and band of KL(histogram ‖ uniform): a χ² of K − 1 degrees over 2n.

    The data's own shares add what they are away from uniform, and the scatter of its logarithm.
    """
    share, free = shares(target), len(target.centres) - 1
    own = np.log(share * len(share))
    tilt = float(share @ own)
    mean = tilt + free / (2 * n)
    scatter = float(share @ (own - tilt) ** 2) / n
    band = 1.96 * (scatter + 2 * free / (2 * n) ** 2) ** 0.5
    return Floor(mean, max(mean - band, 0.0), mean + band)


def of_images(target: Distribution) -> bool:
    return target.image is not None


def _sharpness(sight: Sight) -> float:
    image = sight.target.image
    return nan if image is None else float(image.sharpness(sight.whole).mean()) / image.sharp[0]


def _as_sharp(target: Distribution, n: int) -> Floor:
    """Return 1 and the band of a mean over n images."""
    mean, std = (1.0, 0.0) if target.image is None else target.image.sharp
    band = 1.96 * std / mean / n**0.5
    return Floor(1.0, 1 - band, 1 + band)


def _all_legible(target: Distribution, n: int) -> Floor:
    share = 1 - UNLIKELY
    band = 1.96 * (share * (1 - share) / n) ** 0.5
    return Floor(share, share - band, min(share + band, 1.0))


def _kinds(target: Distribution) -> float:
    return 0.0 if target.image is None else float(target.image.kinds)


def _covered(
    title: str,
    of: Callable[[Sight], float],
    note: str,
    applies: Callable[[Distribution], bool],
    classes: Callable[[Distribution], float],
    reached: Callable[[Distribution], float],
    when: Mapping[str, str | tuple[str, ...]],
) -> Measure:
    """Return a count of the classes of a target that are covered; data cover ``reached`` of them.

    They always do, so the floor has no width.
    """
    return Measure(
        title,
        of,
        note,
        applies,
        lambda value, target: f"{value:.0f} of {classes(target):.0f}",
        floor=lambda target, n: Floor(*3 * (reached(target),)),
        head=True,
        when=when,
        least=0.0,
        most=classes,
        fixed=True,
        rising=True,
    )


_LINE = {"data.target": tuple(name for name, target in TARGETS.items() if "1-D" in target.dims)}
_PLANE = {
    "data.target": tuple(
        name for name, target in TARGETS.items() if "2-D" in target.dims or name in IMAGES
    )
}
_PICTURES = {"data.target": IMAGES}
_CLUSTERS = ("two-gaussians", "three-gaussians", "mixture", "ring", "grid")
_MODES = {"data.target": _CLUSTERS}

MEASURES: dict[str, Measure] = {
    "jsd": Measure(
        "JSD",
        _known("jsd"),
        "Jensen-Shannon divergence of p and p_g: 0 where they are the same, log 2 = 0.693 where "
        "they do not meet. Exact where p_g is; else from a histogram of samples, with its floor.",
        two_sample=distances.histogram_jsd,
        head=True,
        least=0.0,
        most=log(2),
    ),
    "kl_data": Measure(
        "KL(p‖p_g)",
        _known("kl_data"),
        "Forward KL divergence: infinite where the data have mass and G has none.",
        floor=_exactly(0.0),
        on=False,
        least=0.0,
    ),
    "kl_model": Measure(
        "KL(p_g‖p)",
        _known("kl_model"),
        "Reverse KL divergence: large where G puts mass where the data have none.",
        floor=_exactly(0.0),
        on=False,
        least=0.0,
    ),
    "tv": Measure(
        "Total variation",
        _known("tv"),
        "Half of ∫|p − p_g|: 0 the same, 1 apart.",
        floor=_exactly(0.0),
        on=False,
        least=0.0,
        most=1.0,
    ),
    "bayes": Measure(
        "Bayes accuracy",
        _known("bayes"),
        "How often the best D would be right: (1 + total variation) / 2. One half at p_g = p.",
        words=_percent,
        floor=_exactly(0.5),
        on=False,
        least=0.5,
        most=1.0,
    ),
    "nll": Measure(
        "−E log p_g",
        _known("nll"),
        "Negative log-likelihood of the data by quadrature, in nats: what −ELBO bounds from above. "
        "At least the entropy of the data. Known in one dimension, of one latent dimension.",
        when=VAE,
    ),
    "value_best": Measure(
        "V*",
        _known("best"),
        "V of the best D against the present G: −log 4 + 2·JSD for the two losses of 2014.",
        when=GAN,
    ),
    "value_exact": Measure(
        "V by quadrature",
        _known("value"),
        "V of the present D against the present G, without the noise of batches; at most V*.",
        when=GAN,
    ),
    "d_gap": Measure(
        "|D − D*|",
        _known("gap"),
        "Mean distance of D from the best D, under (p + p_g) / 2.",
        floor=_exactly(0.0),
        least=0.0,
        when=GAN,
    ),
    "gain_d": Measure(
        "D's gain",
        _known("gain"),
        "L_D − L_D*: what D alone could still gain against the present G. For the two losses of "
        "2014 it is V* − V. With G's gain it is the duality gap of Grnarova et al. 2019, "
        "arXiv:1811.05512, §3.",
        floor=_exactly(0.0),
        least=0.0,
        when=GAN,
    ),
    "w1": Measure(
        "W₁",
        _known("w1"),
        "Wasserstein-1 distance, ∫|F_p − F_g|: exact where p_g is, else from samples.",
        applies=in_line,
        two_sample=distances.sample_wasserstein_1,
        head=True,
        when=_LINE,
        least=0.0,
    ),
    "w2": Measure(
        "W₂",
        _known("w2"),
        "Wasserstein-2 distance, by the quantile functions.",
        applies=in_line,
        floor=_exactly(0.0),
        on=False,
        when=_LINE,
        least=0.0,
    ),
    "modes": _covered(
        "Modes",
        lambda s: coverage.modes(s.census),
        "Modes that hold at least 1 % of the generated samples within three sigmas.",
        with_modes,
        _modes,
        _all_modes,
        _MODES,
    ),
    "hq": Measure(
        "High quality",
        lambda s: coverage.high_quality(s.census),
        "Share of generated samples within three sigmas of their nearest mode. True data score "
        "98.9 % in two dimensions and 99.7 % in one: more means over-concentration.",
        with_modes,
        _percent,
        floor=_true_quality,
        head=True,
        when=_MODES,
        least=0.0,
        most=1.0,
        fixed=True,
        rising=True,
    ),
    "rkl": Measure(
        "Mode balance",
        lambda s: coverage.reverse_kl(s.census),
        "KL divergence of the histogram over modes from the uniform one; log m where a single "
        "mode holds everything.",
        with_modes,
        floor=_all_alike,
        when=_MODES,
        least=0.0,
        most=_one_mode,
    ),
    "top_mode": Measure(
        "Leading mode",
        _leading,
        "The mode nearest to more of the generated samples than halfway from its share of the "
        "data to all of them, counted from 1 in the order of the centres; nothing where none "
        "leads, as with a perfect generator. Where it changes again and again, G hops.",
        with_modes,
        lambda value, target: f"no. {value:.0f}",
        when=_MODES,
        least=1.0,
        most=_modes,
    ),
    "sliced_w": Measure(
        "Sliced W₁",
        lambda s: s.sliced_w,
        "Mean Wasserstein-1 distance over directions, from samples.",
        in_plane,
        two_sample=distances.sliced_wasserstein,
        when=_PLANE,
        least=0.0,
    ),
    "energy": Measure(
        "Energy distance",
        lambda s: distances.energy_distance(s.fake, s.real),
        "2 E|x − y| − E|x − x′| − E|y − y′|, from samples.",
        in_plane,
        _size,
        two_sample=distances.energy_distance,
        on=False,
        when=_PLANE,
        least=0.0,
    ),
    "legible": Measure(
        "Legible",
        lambda s: float(s.legible.sum()),
        "Share of generated images that read as one of the kinds there are: more likely than 1 % "
        "of the real ones under one Gaussian for each kind, whose 16 leading principal components "
        "are known and all others alike (Tipping & Bishop 1999). Blur is not held against them.",
        of_images,
        _percent,
        floor=_all_legible,
        head=True,
        when=_PICTURES,
        least=0.0,
        most=1.0,
        fixed=True,
        rising=True,
    ),
    "kinds": _covered(
        "Kinds",
        lambda s: float((s.legible >= COVERED).sum()),
        "Kinds of image, such as digits, that at least 1 % of the generated images are legible as.",
        of_images,
        _kinds,
        _kinds,
        _PICTURES,
    ),
    "sharpness": Measure(
        "Sharpness",
        _sharpness,
        "Variance of the Laplacian 4x − its four neighbours within an image, its mean over the "
        "generated images as a multiple of the real ones'. Less than 1 is blurry, more is noisy. "
        "After Tolstikhin et al. 2018, arXiv:1711.01558, §4.",
        of_images,
        floor=_as_sharp,
        head=True,
        when=_PICTURES,
        least=0.0,
        rising=True,
    ),
    "information": Measure(
        "Code information",
        lambda s: s.information,
        "I(c; G(z, c)) ≥ H(c) − cross-entropy of the code read from the sample, in nats.",
        when={"latent.codes": POSITIVE},
    ),
    "grad_g_minimax": Measure(
        "‖∇L_G‖ minimax",
        _norm("generator", "minimax"),
        "Norm of G's gradient of the minimax loss, whichever loss is played.",
        words=_size,
        on=False,
        when=GAN,
    ),
    "grad_g_non_saturating": Measure(
        "‖∇L_G‖ non-saturating",
        _norm("generator", "non-saturating"),
        "Norm of G's gradient of the non-saturating loss, whichever loss is played.",
        words=_size,
        on=False,
        when=GAN,
    ),
    "grad_d_minimax": Measure(
        "‖∇L_D‖ minimax",
        _norm("discriminator", "minimax"),
        "Norm of D's gradient of the loss that minimax and non-saturating share.",
        words=_size,
        on=False,
        when=GAN,
    ),
}
