"""The game as it is written down: the typeset formula, with the last step's numbers under it."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from ganviz.frame import Term, Trace

if TYPE_CHECKING:
    from ganviz.engine.family.gan import Gan

MINUS = "\N{MINUS SIGN}"
D, G, WHERE = "discriminator", "generator", "where"


def terms(gan: Gan, trace: Trace) -> tuple[Term, ...]:
    """Return the pieces of L_D, then those of L_G, then definitions of what stands in them.

    The numbers are of the trace's last row: the costs of real and of generated samples and the
    penalty add up to L_D; those of later summands have their sign, also where it is a plus. Before
    the first round of this game there are none. Softened or flipped labels, or a prior other than
    one half, put other costs in the place of the two that are written: they have no numbers then.
    """
    mixed = () if gan.plain_labels else ("cost_real", "cost_fake")
    last = trace.take(len(trace) - 1, len(trace) if gan.played else 0)

    def told(column: str) -> str:
        if not column or column in mixed or not len(last):
            return ""
        return figure(float(last[0][trace.columns.index(column)]))

    start = next(i for i, (_, column) in enumerate(gan.loss.tex) if column == "loss_g")
    of_d = [Term(tex, told(column), D) for tex, column in gan.loss.tex[:start]]
    of_g = [Term(tex, told(column), G) for tex, column in _generator(gan, start)]
    where: list[str] = []
    penalty = gan.penalty
    if penalty.tex and gan.strength > 0:
        if penalty.discriminator is not None:
            of_d.append(Term(penalty.tex, told("penalty"), D))
        if penalty.generator is not None:
            of_g.append(Term(penalty.tex, told("penalty_g"), G))
        where += [rf"{penalty.letter} = {gan.strength:g}", *penalty.where]
    if not gan.plain_labels:
        real, fake = gan.labels
        where.append(rf"\mathrm{{labels}}\;{real:g},\,{fake:g}")
        if gan.settings.loss.label_flips > 0:
            where.append(rf"\mathrm{{flipped}}\;{gan.settings.loss.label_flips:g}")
        if gan.settings.data.prior != 0.5:
            where.append(rf"\mathrm{{real}}\;{gan.settings.data.prior:g}")
    if gan.unroll:
        where.append(rf"\varphi_{{{gan.unroll}}} = \varphi\;\mathrm{{after}}\;{gan.unroll}\;")
        where[-1] += r"\mathrm{steps}" if gan.unroll > 1 else r"\mathrm{step}"
    if gan.clip > 0:
        where.append(rf"|\varphi_i| \leq {gan.clip:g}")
    if (noise := gan.settings.loss.instance_noise) > 0:
        fading = r"\to 0" if gan.anneal else ""
        where.append(rf"x, G(z) + \varepsilon,\;\sigma_\varepsilon = {noise:g}{fading}")
    of_d, of_g = summed(of_d), summed(of_g)
    return (*of_d, *of_g, *(Term(tex, "", WHERE) for tex in where))


def summed(side: list[Term]) -> list[Term]:
    """Return a loss and its terms with the later ones as summands: signs set apart, and told."""
    result = side[:2]
    for term in side[2:]:
        sign, rest = term.tex[0], term.tex[1:]
        tex = rf"{sign}\,{rest}" if sign in "+-" else term.tex
        plus = "+" if term.value and not term.value.startswith(MINUS) else ""
        result.append(Term(tex, plus + term.value, term.role))
    return result


def _generator(gan: Gan, start: int) -> tuple[tuple[str, str], ...]:
    """Return the pieces of L_G: the loss's own, or what is played in its place."""
    own = gan.loss.tex[start:]
    if gan.unroll and gan.loss.has_value:
        own = (own[0], (rf"-L_D(\varphi_{{{gan.unroll}}})", ""))
    elif gan.matching:
        own = (own[0], (r"\|\mathbb{E}\,f(x) - \mathbb{E}\,f(G(z))\|^2", ""))
    if gan.codes and gan.settings.loss.info_weight > 0:
        own = (*own, (rf"-{gan.settings.loss.info_weight:g}\,\mathbb{{E}}\log Q(c \mid G(z))", ""))
    return own


def figure(value: float) -> str:
    """Return a number in a fixed number of decimals, so that it does not jitter; NaN is nothing."""
    if not isfinite(value):
        return ""
    size = abs(value)
    if size >= 99_999.5:
        mantissa, _, exponent = f"{size:.1e}".partition("e")
        words = f"{mantissa}e{int(exponent)}"
    else:
        words = f"{size:.3f}" if size < 99.9995 else f"{size:.1f}"
    return MINUS + words if value < 0 and float(words) != 0 else words
