"""Graph: the game as a chain of parts, from the noise to the gradients, each with what it holds.

While a run plays every part shows the present. In slow motion a frame is one phase of a round laid
open: the parts that the phase concerns are lit, and what the round has not yet drawn or computed is
not there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from ganviz.frame import Array, Frame, Graph, Look

from . import thumbs
from .ink import BODY, SMALL, brief, elided, whole, width, write
from .line import belief_range
from .plot import View
from .strokes import Same, Sheet
from .theme import Theme, colour

#: The parts from left to right, and what they are called.
PARTS: dict[str, str] = {
    "noise": "Noise",
    "generator": "Generator",
    "samples": "Samples",
    "discriminator": "Discriminator",
    "predictions": "Predictions",
    "losses": "Losses",
    "gradients": "Gradients",
}
#: The same where there is little room.
SHORT = {
    "noise": "z",
    "generator": "G",
    "samples": "x",
    "discriminator": "D",
    "predictions": "D(x)",
    "losses": "L",
    "gradients": "∇L",
}
ABOUT = {
    "noise": "What the generator makes samples of: random numbers z.",
    "generator": "Turns noise into samples: x = G(z).",
    "samples": "Real ones of the data, generated ones of the generator.",
    "discriminator": "Says of every x whether it looks real.",
    "predictions": "What D says of the real and of the generated samples.",
    "losses": "What each player wants to make small.",
    "gradients": "How steeply each loss falls with its player's weights.",
}
#: Height of the canvas from which on there is room for a caption, and for numbers under thumbs.
CAPTION, ENDS = 128, 250
#: Height of the canvas below which words have one row instead of two.
LEAST = 88
#: Space below the cards for the gradients on their way back.
BACK = 16
DASH = "\N{EN DASH}"
#: Parts whose words stay the same while a run plays.
STILL = ("noise", "generator", "samples", "discriminator")

Row = tuple[str, str]


@dataclass(frozen=True)
class Places:
    """Where things stand on a canvas: the cards, and the row of the caption (0: none)."""

    cards: dict[str, QRectF]
    caption: float
    ends: bool
    rows: int

    def thumb(self, part: str) -> QRectF:
        """Return where a card's thumbnail is drawn, in whole pixels."""
        card = self.cards[part]
        below = self.rows * (SMALL + 2) + 5 + (SMALL + 4 if self.ends else 0)
        inner = card.adjusted(7, BODY + 8, -7, -below)
        return QRectF(
            round(inner.left()), round(inner.top()), round(inner.width()), round(inner.height())
        )


def places(area: QRectF) -> Places:
    """Return where the parts stand on a canvas of this size."""
    wide, tall = area.width(), area.height()
    caption = BODY + 9 if tall >= CAPTION else 0
    ends = tall >= ENDS
    gap = min(max(wide / 70, 12.0), 26.0)
    each = (wide - 20 - gap * (len(PARTS) - 1)) / len(PARTS)
    room = tall - caption - BACK - 6
    height = max(min(room, 1.2 * each + 80), 20.0)
    top = area.top() + caption + 3 + (room - height) / 2
    cards = {
        part: QRectF(
            round(area.left() + 10 + i * (each + gap)) + 0.5,
            round(top) + 0.5,
            round(each),
            round(height),
        )
        for i, part in enumerate(PARTS)
    }
    return Places(
        cards, area.top() + caption - 6 if caption else 0.0, ends, 2 if tall >= LEAST else 1
    )


class ModelGraph(View):
    """The chain of the game."""

    name = "graph"
    title = "Model"
    about = (
        "The game as a chain: noise, generator, samples, discriminator, predictions, losses and "
        "gradients, which flow back to the players. S walks through a round in slow motion, "
        "F steps to the next phase."
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ground = Sheet()

    def dress(self, frame: Frame, look: Look) -> None:
        """Say in the header what happens, where the canvas has no room for it."""
        tall = self.height() - self.header.sizeHint().height() - 8
        inside = tall >= CAPTION or frame.graph is None
        self.header.show_words(*(() if inside else (caption(frame),)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the caption where there is room; called by Qt."""
        super().resizeEvent(event)
        if self._frame is not None:
            self.dress(self._frame, self._look)

    def paint(self, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        """Paint the graph."""
        t, beat = self.theme, frame.beat
        if frame.graph is None:  # its kind of game is no such chain: the phase is told in words
            p.fillRect(area, colour(t.base))
            if beat is not None:
                words = elided(caption(frame), area.width() - 24, BODY, True)
                middle = area.center()
                write(
                    p, (middle.x(), middle.y() + 0.36 * BODY), words, t.text, align=0.5, bold=True
                )
            return
        where, held = places(area), Held(frame, frame.graph)
        still = tuple(held.rows(part) for part in STILL)
        ends = tuple(held.ends(part) for part in PARTS) if where.ends else ()
        lit = () if beat is None else (beat.lit, beat.player)
        # The strip below has the formula, unless it is hidden.
        plain = beat is None and "story" in look.hidden
        words = "" if not where.caption else frame.formula if plain else caption(frame)
        key = (t.name, lit, still, ends, words, Same(held.noise), frame.graph.span)
        self._ground.draw(
            p, area, key, lambda q: self._paint_ground(q, area, where, held, words), t.base
        )
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for part in PARTS:
            thumb = where.thumb(part)
            if legible(thumb) and part != "noise":
                p.setClipRect(thumb)
                held.draw(p, part, thumb, t)
        p.setClipping(False)
        for part in PARTS:
            if part not in STILL:
                self._paint_rows(p, part, where, held)
        if beat is None:
            return
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(colour(t.base, 0.62))
        for part, card in where.cards.items():
            if part not in beat.lit:
                p.drawRoundedRect(card.adjusted(-1, -1, 1, 1), 6, 6)

    def _paint_ground(
        self, p: QPainter, area: QRectF, where: Places, held: Held, words: str
    ) -> None:
        """Paint what stays from frame to frame: cards, arrows, and the words that do not change."""
        t, frame, beat = self.theme, held.frame, held.beat
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        if words:
            ink = t.muted if beat is None else t.text
            words = elided(words, area.width() - 24, BODY, beat is not None)
            write(p, (area.left() + 12, where.caption), words, ink, bold=beat is not None)
        _paint_back(p, where, frame, t)
        _paint_forth(p, where, frame, t)
        for part, card in where.cards.items():
            lit = beat is not None and part in beat.lit
            p.setPen(QPen(colour(t.accent if lit else t.border), 2.0 if lit else 1.0))
            p.setBrush(colour(t.raised))
            p.drawRoundedRect(card, 6, 6)
            title = fitting((PARTS[part], SHORT[part]), card.width() - 12, BODY, bold=True)
            write(p, (card.left() + 7, card.top() + BODY + 3), title, t.text, bold=True)
            thumb = where.thumb(part)
            if legible(thumb):
                p.fillRect(thumb, colour(t.base))
                if part == "noise":  # the same from frame to frame
                    held.draw(p, part, thumb, t)
                if where.ends:
                    self._paint_ends(p, thumb, *held.ends(part))
            if part in STILL:
                self._paint_rows(p, part, where, held)

    def _paint_rows(self, p: QPainter, part: str, where: Places, held: Held) -> None:
        """Write the words under a thumbnail."""
        card = where.cards[part]
        y = card.bottom() - 6 - (where.rows - 1) * (SMALL + 2)
        for options, role in held.rows(part)[: where.rows]:
            words = fitting(options, card.width() - 12, SMALL)
            write(p, (card.left() + 7, y), words, _role(self.theme, role), size=SMALL)
            y += SMALL + 2

    def _paint_ends(self, p: QPainter, thumb: QRectF, low: str, high: str) -> None:
        y = thumb.bottom() + SMALL + 2
        write(p, (thumb.left(), y), low, self.theme.muted, size=SMALL)
        if width(low, SMALL) + width(high, SMALL) + 12 <= thumb.width():
            write(p, (thumb.right(), y), high, self.theme.muted, size=SMALL, align=1)

    def read(self, at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
        """Return what the part under the pointer is, and its numbers."""
        if frame.graph is None:
            return ()
        where = places(area)
        part = next((name for name, card in where.cards.items() if card.contains(at)), "")
        if not part:
            return ()
        return (ABOUT[part], *Held(frame, frame.graph).told(part))


class Held:
    """What the parts of one frame hold: of the phase that is laid open, or of the present."""

    def __init__(self, frame: Frame, graph: Graph) -> None:
        self.frame, self.graph = frame, graph
        beat = self.beat = frame.beat
        if beat is not None:
            self.noise, self.real, self.fake = beat.noise, beat.real, beat.fake
            self.scores = beat.scores_real, beat.scores_fake
            self.pulls = beat.pulls
            self.numbers = dict(beat.numbers)
            return
        self.noise, self.real, self.fake = graph.noise, frame.real, frame.fake
        self.scores = graph.scores_real, graph.scores_fake
        self.pulls = None
        names = [n for n in ("loss_d", "loss_g", "grad_d", "grad_g") if n in frame.trace.columns]
        last = {name: frame.trace.column(name, 1) for name in names}
        self.numbers = {name: float(column[0]) for name, column in last.items() if len(column)}

    def value(self, name: str) -> float | None:
        """Return a number of the round, or None where it is not known yet."""
        found = self.numbers.get(name)
        return None if found is None or math.isnan(found) else found

    def draw(self, p: QPainter, part: str, rect: QRectF, theme: Theme) -> None:
        """Draw a part's thumbnail."""
        frame, graph = self.frame, self.graph
        match part:
            case "noise" if self.noise is not None:
                thumbs.noise(p, rect, self.noise, graph.span, theme)
            case "generator":
                thumbs.generator(p, rect, graph.image, graph.span, frame, theme)
            case "samples":
                thumbs.samples(p, rect, frame, self.real, self.fake, self.pulls, theme)
            case "discriminator":
                thumbs.discriminator(p, rect, frame, theme)
            case "predictions":
                thumbs.predictions(p, rect, frame, *self.scores, theme)
            case "losses":
                values = self.value("loss_d"), self.value("loss_g")
                marks = rest(frame, "discriminator"), rest(frame, "generator")
                thumbs.bars(p, rect, values, frame.ranges.losses, theme, marks)
            case "gradients":
                low, high = (math.log10(end) for end in frame.ranges.norms)
                norms = self.logged("grad_d"), self.logged("grad_g")
                thumbs.bars(p, rect, norms, (low, high), theme, base=low)

    def logged(self, name: str) -> float | None:
        """Return the decimal logarithm of a gradient norm."""
        value = self.value(name)
        if value is None:
            return None
        return math.log10(value) if value > 0 else -math.inf

    def rows(self, part: str) -> tuple[tuple[tuple[str, ...], str], ...]:
        """Return the rows under a thumbnail: ways to say it, the longest first, and whose it is."""
        graph = self.graph
        match part:
            case "noise":
                n = graph.noise.shape[1]
                count = DASH if self.noise is None else whole(len(self.noise))
                return (
                    ((graph.latent.lower(),), ""),
                    ((f"{count} in {n}-D", f"{n}-D"), ""),
                )
            case "generator" | "discriminator":
                chain, kind = _split(
                    graph.generator if part == "generator" else graph.discriminator
                )
                return ((_chains(chain), part), ((kind,), ""))
            case "samples":
                return (
                    (_counted(self.real, "real"), "real"),
                    (_counted(self.fake, "generated"), "generator"),
                )
            case "predictions":
                real, fake = (_mean(values) for values in self.scores)
                return (
                    ((f"real {real}", real), "real"),
                    ((f"generated {fake}", f"gen. {fake}", fake), "generator"),
                )
            case _:
                names = {"losses": ("loss_d", "loss_g"), "gradients": ("grad_d", "grad_g")}[part]
                signs = {"losses": ("L_D", "L_G"), "gradients": ("|∇L_D|", "|∇L_G|")}[part]
                said = [_said(self.value(name)) for name in names]
                both = zip(signs, said, ("discriminator", "generator"), strict=True)
                return tuple(((f"{sign} {words}", words), role) for sign, words, role in both)

    def ends(self, part: str) -> tuple[str, str]:
        """Return what the left and the right edge of a thumbnail stand for."""
        frame = self.frame
        match part:
            case "noise" | "generator" if part == "noise" or frame.dim == 1:
                name, span = "z", self.graph.span
            case "predictions":
                name, span = "", belief_range(frame)
            case "losses":
                name, span = "", frame.ranges.losses
            case "gradients":
                return _power(frame.ranges.norms[0]), _power(frame.ranges.norms[1])
            case _:
                name, span = "x", frame.ranges.data[0]
        low, high = (f"{end:.3g}".replace("-", "\N{MINUS SIGN}") for end in span)
        return (f"{name} = {low}" if name else low), high

    def told(self, part: str) -> tuple[str, ...]:
        """Return what the card under the pointer says of a part."""
        frame, graph = self.frame, self.graph
        match part:
            case "noise":
                return graph.law, f"{graph.noise.shape[1]} coordinates each"
            case "generator" | "discriminator":
                words = graph.generator if part == "generator" else graph.discriminator
                if part == "generator":
                    return words, "drawn: x over z" if frame.dim == 1 else "drawn: a grid of noise"
                return words, f"drawn: {frame.belief.label}"
            case "samples":
                rows = [options[0] for options, _ in self.rows(part)]
                if self.pulls is not None and len(self.pulls):
                    scale = brief(thumbs.pull_scale(self.pulls))
                    rows.append(f"arrows: −∂L_G/∂x, the longest up to {scale}")
                return tuple(rows)
            case "predictions":
                real, fake = (_mean(values) for values in self.scores)
                return (
                    frame.belief.label,
                    f"mean of the real {real}",
                    f"mean of the generated {fake}",
                    f"undecided: {frame.belief.neutral_label}",
                )
            case "losses":
                rows = [f"L_D = {_said(self.value('loss_d'))}"]
                parts = (("cost_real", "real"), ("cost_fake", "generated"), ("penalty", "penalty"))
                known = [(title, self.value(name)) for name, title in parts]
                said = [f"{title} {_said(value)}" for title, value in known if value is not None]
                if said:
                    rows.append("   of it " + ", ".join(said))
                rows.append(f"L_G = {_said(self.value('loss_g'))}")
                lines = [line.label for line in frame.references if line.role != "value"]
                if lines:
                    rows.append("marks at p_g = p: " + ", ".join(dict.fromkeys(lines)))
                return tuple(rows)
            case _:
                return (
                    f"norm of ∇L_D by D's weights: {_said(self.value('grad_d'))}",
                    f"norm of ∇L_G by G's weights: {_said(self.value('grad_g'))}",
                    "bars on a log scale",
                )


def caption(frame: Frame) -> str:
    """Return what is shown, in a line: the phase of the round, or the step."""
    beat = frame.beat
    if beat is None:
        return f"Step {whole(frame.step)}"
    return f"Step {whole(beat.step)} · {beat.turn} · {beat.number} of {beat.of}: {beat.words}"


def legible(thumb: QRectF) -> bool:
    """Return whether there is room for a thumbnail."""
    return thumb.height() >= 12 and thumb.width() >= 20


def rest(frame: Frame, role: str) -> float | None:
    """Return where a player's loss stands at p_g = p, or None."""
    return next((line.value for line in frame.references if line.role == role), None)


def fitting(options: tuple[str, ...], room: float, size: int, bold: bool = False) -> str:
    """Return the first of these words that fit, or none: the pointer reads them then."""
    for words in options:
        if width(words, size, bold) <= room:
            return words
    return ""


def _role(theme: Theme, role: str) -> str:
    if role == "real":
        return theme.words(theme.real)
    return theme.words(theme.role(role)) if role else theme.muted


def _split(words: str) -> tuple[str, str]:
    """Part ``1 → 32 → 1 relu`` into its widths and its activation."""
    chain, _, kind = words.rpartition(" ")
    return (chain, kind) if "→" in chain and "→" not in kind else (words, "")


def _chains(chain: str) -> tuple[str, ...]:
    """Return shorter and shorter ways to write a chain of widths."""
    widths = chain.split(" → ")
    if len(widths) < 2:
        return chain, chain.partition(" = ")[2] or chain, "formula"
    hidden = widths[1:-1]
    short = f"{widths[0]}→{len(hidden)} layers→{widths[-1]}"
    if hidden and len(set(hidden)) == 1:
        short = f"{widths[0]}→{len(hidden)}×{hidden[0]}→{widths[-1]}"
    return chain, "→".join(widths), short, f"{len(hidden)} layers"


def _counted(points: Array | None, name: str) -> tuple[str, ...]:
    count = DASH if points is None else whole(len(points))
    short = "gen." if name == "generated" else name
    return f"{count} {name}", f"{count} {short}", short


def _mean(values: Array | None) -> str:
    return DASH if values is None or not len(values) else brief(float(values.mean()))


def _said(value: float | None) -> str:
    return DASH if value is None else brief(value)


def _power(value: float) -> str:
    return f"1e{round(math.log10(value))}".replace("-", "\N{MINUS SIGN}")


def _paint_forth(p: QPainter, where: Places, frame: Frame, theme: Theme) -> None:
    """Draw the arrows from part to part."""
    lit = frame.beat.lit if frame.beat is not None else frozenset()
    names = list(PARTS)
    y = math.floor(where.thumb("noise").center().y()) + 0.5
    for one, other in pairwise(names):
        start, end = where.cards[one].right() + 2, where.cards[other].left() - 2
        ink = theme.text if {one, other} <= lit else theme.axis
        thumbs.arrow(p, [QPointF(start, y), QPointF(end, y)], ink)


def _paint_back(p: QPainter, where: Places, frame: Frame, theme: Theme) -> None:
    """Draw the gradients on their way back to the players."""
    beat = frame.beat
    source = where.cards["gradients"]
    for row, player in enumerate(("discriminator", "generator")):
        card = where.cards[player]
        down = source.bottom() + 5 + 6 * row
        x = round(source.center().x()) + 0.5 + 8 * row
        ink = theme.role(player)
        turn = beat is None or beat.player in (player, "both")
        flowing = turn and (beat is None or "gradients" in beat.lit)
        wide = 2.0 if beat is not None and flowing else 1.4
        if not flowing:
            ink = theme.border
        end = QPointF(round(card.center().x()) + 0.5, card.bottom() + 2)
        path = [QPointF(x, source.bottom() + 1), QPointF(x, down), QPointF(end.x(), down), end]
        thumbs.arrow(p, path, ink, wide)
