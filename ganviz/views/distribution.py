"""Distribution: what is real, what is generated, and what the discriminator believes."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache, partial
from html import escape

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from ganviz.frame import Frame, Images, Look, Reading

from . import pulls, swatches
from .axes import Box
from .brush import Editor, on_canvas, place
from .chrome import Choice, Segment
from .ink import brief, pixel_ratio, vector, whole
from .line import Plan, boxes, given, moving, paint_line, planned, read_line
from .pictures import paint_images, read_images
from .plane import paint_plane, panels_of, read_plane
from .plot import Layer, View
from .probe import at_probe, dropped, paint_marker, taken_back
from .strokes import Sheet

#: How the samples of the plane are drawn, by what the menu calls it.
STYLES = {
    "Samples": "samples",
    "Histogram": "histogram",
    "Side by side": "beside",
    "Difference": "difference",
}
#: The same where the data are images, which stand on the plane of two of their components.
OF_IMAGES = {"Images": "samples", "On a plane": "plane", **dict(list(STYLES.items())[1:])}
#: How many are drawn; the look's 0 is the usual number.
NUMBERS = (500, 1500, 5000, 20_000)
USUAL = 1500

#: What the vertical axis of a 1-D view may show, by whether it counts.
SCALES = {False: "density", True: "counts"}
#: Numbers of bins to choose from.
BINS = (20, 40, 80, 160, 320)


class Distribution(View):
    """Real against generated data and D's belief."""

    name = "distribution"
    title = "Distribution"
    about = (
        "Real samples in blue, generated samples in vermilion, and what the discriminator "
        "believes about every point of the data space."
    )
    rows = 2

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = (
            "How samples are drawn: as dots, counted in squares, the densities of real and "
            "generated side by side, or the density of the generated samples less that of the real "
            "ones; these two by roots, so that a quarter of the top is half of the way through the "
            "colours. Squares count the samples that are drawn: small differences are chance"
        )
        self._styles = Choice("How samples are drawn", tip, even=True)
        self._styles.wanted.connect(self._style_chosen)
        tip = "How many samples of either kind are drawn; the first ones are always the same"
        self._numbers = Choice("How many samples are drawn", tip, even=True)
        self._numbers.wanted.connect(self._number_chosen)
        tip = (
            "Whether the bars are densities, which compare with p, or count the samples in each bin"
        )
        self._scales = Choice("Bars", tip, even=True)
        self._scales.wanted.connect(self._scale_chosen)
        self._bins = Choice("Bins", "", "bins ", even=True)
        self._bins.wanted.connect(self._bins_chosen)
        tip = "Whose gradient is drawn: that of the loss played, or of another one on the same D"
        self._pulls = Choice("Arrows", tip, "Arrows: ")
        self._pulls.wanted.connect(self._pull_chosen)
        # What comes and goes stands on the left of what stays.
        for control in (self._pulls, self._bins, self._scales, self._styles, self._numbers):
            control.hide()
            self.header.add_control(control)
        self._draw = Segment("draw", "Draw", "Draw the data with the mouse (B)")
        self._draw.clicked.connect(self._draw_clicked)
        self.header.add_control(self._draw)
        #: What the mouse draws with.
        self.editor = Editor(self)
        self.editor.wanted.connect(self.settings_wanted)
        self.editor.changed.connect(self.canvas.update)
        self.editor.switched.connect(self._draw.setChecked)
        self._column.insertWidget(1, self.editor)
        self._before: dict[str, object] = {}  # what the last click changed, as it was
        self._lane = ""
        self._losses: dict[str, str] = {}  # by what they are called in the menu
        self._read: tuple[Reading, ...] | None = None
        self._bars: tuple[object, ...] = ()  # what they are dressed for
        self._shown: tuple[str, int] | None = None  # what the first two controls say
        self._ratio = 1.0  # pixels of the screen that one here is wide, as painted last
        self._ground = Sheet()
        self._cover = Sheet()
        # Of what was shown or painted last, and what it follows from.
        self._plan: tuple[Plan, Frame, Look, tuple[object, ...]] | None = None

    def layers(self, frame: Frame, look: Look) -> tuple[Layer, ...]:
        """Return the layers of this frame."""
        if (images := pictured(frame, look)) is not None:
            return image_layers(bool(len(images.walk)), images.back is not None)
        look = on_plane(look)
        exact = frame.density is not None, bool(frame.atoms), bool(len(frame.modes))
        label = frame.belief.label
        return layers_of(frame.dim, frame.offers, label, exact, look.style, frame.called)

    def dress(self, frame: Frame, look: Look) -> None:
        """Bring the controls of the header up to date."""
        self.editor.set_theme(self.theme)
        if frame.lane != self._lane:
            self._lane = frame.lane
            self.draw(False)  # what was being drawn are another lane's data
        self.editor.follow(frame)
        styles = STYLES if frame.images is None else OF_IMAGES
        style = look.style if frame.images is not None else on_plane(look).style
        name = next(name for name, value in styles.items() if value == style)
        changed = (name, look.samples) != self._shown
        if changed:
            self._shown = (name, look.samples)
            self._styles.show_value(tuple(styles), name)
            words = tuple(f"{whole(number)} points" for number in NUMBERS)
            self._numbers.show_value(words, f"{whole(look.samples or USUAL)} points")
        if frame.measures is not self._read:
            self._read = frame.measures
            heads = [f"{each.title} {each.words}" for each in frame.measures if each.head]
            self.header.show_words(*heads)
            self.header.tell(partial(told, self.about, frame.measures))
        plane = frame.dim == 2 and pictured(frame, look) is None
        if self._draw.isHidden() != (self.small or frame.images is not None):
            self._draw.setHidden(self.small or frame.images is not None)
            changed = True
        hidden = self._styles.isHidden(), self._numbers.isHidden()
        if changed or hidden != (frame.dim != 2, not plane):
            self._styles.setVisible(frame.dim == 2)
            self._numbers.setVisible(plane)
            self.header.arrange()
        self._dress_bars(frame, look)
        self._dress_pulls(frame, look)

    def _dress_bars(self, frame: Frame, look: Look) -> None:
        dressing = frame.dim, frame.ranges.data[0], look.counts, look.bins, look.style
        if dressing == self._bars:
            return
        self._bars = dressing
        values = tuple(str(number) for number in sorted({*BINS, look.bins}))
        name, across = SCALES[look.counts], frame.ranges.data[0]
        changed = (name, str(look.bins)) != (self._scales.value, self._bins.value)
        self._scales.show_value(tuple(SCALES.values()), name)
        self._bins.show_value(values, str(look.bins))
        wide = brief((across[1] - across[0]) / look.bins)
        self._bins.setToolTip(f"How many bins the visible range has; each is {wide} wide")
        for control, seen in (
            (self._scales, frame.dim == 1),
            (self._bins, frame.dim == 1 or look.style not in ("samples", "plane")),
        ):
            changed = changed or control.isHidden() == seen
            control.setVisible(seen)
        if changed:
            self.header.arrange()

    def _dress_pulls(self, frame: Frame, look: Look) -> None:
        shown = None if pictured(frame, look) is not None else pulls.chosen(frame, look)
        titles = {"as played": ""} | {title: name for name, title in frame.losses[1:]}
        many = shown is not None and len(titles) > 1
        if many:
            assert shown is not None
            value = "as played" if shown is frame.arrows[0] else shown.title
            if (titles, value) != (self._losses, self._pulls.value):
                self._losses = titles
                self._pulls.show_value(tuple(titles), value)
                self.header.arrange()
        if self._pulls.isHidden() == many:
            self._pulls.setVisible(many)
            self.header.arrange()

    def _style_chosen(self, style: str) -> None:
        self.look_wanted.emit({"style": (STYLES | OF_IMAGES)[style]})

    def _number_chosen(self, words: str) -> None:
        number = NUMBERS[self._numbers.names.index(words)]
        self.look_wanted.emit({"samples": 0 if number == USUAL else number})

    def _scale_chosen(self, name: str) -> None:
        self.look_wanted.emit({"counts": name == SCALES[True]})

    def _bins_chosen(self, number: str) -> None:
        self.look_wanted.emit({"bins": int(number)})

    def _pull_chosen(self, title: str) -> None:
        self.look_wanted.emit({"arrows": self._losses[title]})

    def finds(self, frame: Frame) -> bool:
        """Return whether a frame has samples and fields."""
        return frame.draws

    def lays_over(self, frame: Frame, look: Look) -> bool:
        """Return whether other lanes are drawn over it: not over densities in squares."""
        if pictured(frame, look) is not None:
            return False
        return frame.dim == 1 or look.style in ("samples", "plane", "histogram")

    def paint(self, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        """Paint the plot."""
        if pictured(frame, look) is not None:
            self._ratio = 1.0 if vector(p) else pixel_ratio(p)
            paint_images(p, area, frame, look, self.theme, self._ratio)
            return
        look = judged(frame, on_plane(look))
        if self.editor.on:
            frame = on_canvas(frame)
        over = tuple(other for other in self.over if comparable(other, frame))
        if frame.dim == 1:
            plan = self._planned(area, frame, look)
            strip = plan.strip
            mapped = strip is None or self.exposed.bottom() > strip.top * self.theme.scale
            sheets = self._ground, self._cover
            paint_line(p, plan, frame, look, self.theme, *sheets, over, mapped=mapped)
        else:
            paint_plane(p, area, frame, self._plain(look), self.theme, self._ground, over)
        if not (look.probe or self.editor.on):
            return
        for box in self._boxes(area, frame):
            if len(look.probe) == frame.dim:
                paint_marker(p, box, look.probe, self.theme)
            self.editor.paint(p, box, self._pointer)

    def moving(self, frame: Frame, look: Look, resting: Collection[str]) -> QRectF | None:
        """Return what lies in the axes of 1-D data, where their ground is the same."""
        before, look = self._plan, judged(frame, look)
        if frame.dim != 1 or before is None or look.probe or self.editor.on:
            return None
        plan = self._planned(self.area, frame, look)
        return moving(plan, resting) if plan is before[0] and plan.roomy else None

    def _planned(self, area: QRectF, frame: Frame, look: Look) -> Plan:
        """Return where a 1-D frame is drawn: one plan for all frames on the same ground."""
        kept = self._plan
        same = kept is not None and kept[0].area == area
        same = same and kept is not None and (kept[2] is look or kept[2] == look)
        if kept is not None and same and kept[1] is frame:
            return kept[0]
        known = given(frame, look, self.theme)
        if kept is not None and same and kept[3] == known:
            plan = kept[0]  # the very same: sheets compare it with itself from now on
        else:
            plan = planned(area, frame, look, self.theme)
        self._plan = plan, frame, look, known
        return plan

    # -- drawing and probing --------------------------------------------------------------------

    def stand(self, small: bool, asks: str) -> None:
        """Be a picture of a lane beside others: its measures take the room of a button.

        Only the lane that is driven can be drawn on.
        """
        super().stand(small, asks)
        if asks:
            self.draw(False)
        images = self._frame is not None and self._frame.images is not None
        if self._draw.isHidden() != (small or images):
            self._draw.setHidden(small or images)
            self.header.arrange()

    def draw(self, on: bool) -> None:
        """Let the mouse draw the data, or no longer."""
        if on and self._frame is not None and self._frame.images is None:
            self.editor.start(self._frame)
        elif not on:
            self.editor.stop()
        self._draw.setChecked(self.editor.on)

    def pressed(self, at: QPointF) -> None:
        """Begin a stroke, where the mouse draws."""
        if self.editor.on and self._frame is not None:
            self.editor.press(self._place(at))

    def dragged(self, start: QPointF, at: QPointF) -> None:
        """Go on with a stroke."""
        if self.editor.on and self._frame is not None:
            self.editor.drag(self._place(at))

    def released(self, at: QPointF) -> None:
        """End a stroke."""
        self.editor.release()

    def clicked(self, at: QPointF) -> None:
        """Drop the probe, move it, or take it away."""
        frame = self._frame
        if self.editor.on or frame is None:
            return
        places = self._boxes(self.area, frame)
        box = next((each for each in places if each.rect.contains(at)), None)
        if box is None:
            return
        if at_probe(box, self._look.probe, at, frame.dim):
            change: dict[str, object] = {"probe": ()}
        else:
            change = dropped(self._look, (place(box, at, 2))[: frame.dim])
        self._before = taken_back(self._look, change)
        self.look_wanted.emit(change)

    def doubled(self, at: QPointF) -> bool:
        """Draw on; or take back what the first click did, since two of them maximise."""
        if self.editor.on:
            self.pressed(at)
            return True
        if self._before:
            self.look_wanted.emit(self._before)
            self._before = {}
        return False

    def _plain(self, look: Look) -> Look:
        """Return the look of a plane: while the mouse draws, one square of samples and no more."""
        look = on_plane(look)
        if not self.editor.on:
            return look
        return look.with_(style="samples", layers=look.layers - {"marginals"})

    def _boxes(self, area: QRectF, frame: Frame) -> tuple[Box, ...]:
        """Return where the data are drawn: in one place, or in two."""
        if pictured(frame, self._look) is not None:
            return ()
        if frame.dim == 1:
            return (boxes(area, frame, self._look)[0],)
        return panels_of(area, frame, self._plain(self._look))

    def _place(self, at: QPointF) -> tuple[float, float]:
        assert self._frame is not None
        frame = on_canvas(self._frame)
        return place(self._boxes(self.area, frame)[0], at, frame.dim)

    def _draw_clicked(self) -> None:
        self.draw(not self.editor.on)

    def read(self, at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
        """Return in words what is drawn at a point."""
        if self.editor.on:
            return ()
        if pictured(frame, look) is not None:
            return read_images(at, area, frame, look, self._ratio)
        look = on_plane(look)
        read = read_line if frame.dim == 1 else read_plane
        return read(at, area, frame, judged(frame, look))


@lru_cache(maxsize=32)
def layers_of(
    dim: int,
    offers: frozenset[str],
    belief: str,
    exact: tuple[bool, bool, bool],
    style: str,
    called: tuple[tuple[str, str, str], ...] = (),
) -> tuple[Layer, ...]:
    """Return the layers of frames that hold so much.

    ``belief`` is what D says, ``exact`` whether the density of the data, its atoms and the centres
    of its modes are known, ``called`` what titles and explanations differ.
    """
    density, atoms, modes = exact
    dots = dim == 2 and style == "samples"
    result = [
        Layer(
            "real",
            "real",
            "Samples of the data",
            swatches.real_dots if dots else swatches.real,
        ),
        Layer(
            "generated",
            "generated",
            "Samples of the generator, from noise that stays the same",
            swatches.generated_dots if dots else swatches.generated,
        ),
    ]
    if "average" in offers:
        tip = "Samples of the generator with averaged weights, from the same noise"
        draw = swatches.average_dots if dots else swatches.average
        result.append(Layer("average", "average", tip, draw))
    known, model = density or atoms, "model" in offers
    if dim == 1 and (known or model):
        words, tip, draw = {
            (True, False): ("exact p", "The exact density of the data", swatches.density),
            (False, True): ("p_g", "The density of the generator", swatches.model),
            (True, True): ("p, p_g", "The densities of data and generator", swatches.densities),
        }[known, model]
        result.append(Layer("density", words, tip, draw))
    if belief:
        tip = f"What the discriminator believes of every point: {belief}"
        draw = swatches.field if dim == 2 else swatches.belief
        result.append(Layer("belief", belief.partition(" = ")[0], tip, draw))
    if "best" in offers:
        tip = "D*: what the best discriminator against the present generator would say"
        result.append(Layer("best", "D*", tip, swatches.best))
    if modes:
        draw = swatches.modes if dim == 2 else swatches.centres
        tip = "Centres of the modes of the data"
        if dim == 2:
            tip += ": dotted where the generator has captured them, struck through where not"
        result.append(Layer("modes", "modes", tip, draw))
    if dim == 2:
        result += plane_layers(offers, density)
    if "arrows" in offers:
        tip = (
            "Where the generator's loss pulls each of its first samples. The scale stands "
            "above; what is too long for it is cut and has a second head"
        )
        result.append(Layer("arrows", "arrows", tip, swatches.arrows))
    if dim == 1:
        tip = "The first samples one by one: generated above the axis, real below it"
        result.append(Layer("rug", "rug", tip, swatches.rug))
    if "map" in offers:
        tip = (
            "Where G takes the noise: strands from z to G(z), as much noise between any two of "
            "them. Dashed: G runs backwards there, a larger z gives a smaller x"
        )
        result.append(Layer("map", "z → G(z)", tip, swatches.strands))
    others = {name: (title, tip) for name, title, tip in called}
    return tuple(
        Layer(each.name, *others[each.name], each.swatch) if each.name in others else each
        for each in result
    )


def pictured(frame: Frame, look: Look) -> Images | None:
    """Return the images that are seen themselves; None where samples are drawn otherwise."""
    return frame.images if look.style == "samples" else None


def on_plane(look: Look) -> Look:
    """Return the look with which samples that may be images are drawn as others are."""
    return look.with_(style="samples") if look.style == "plane" else look


def comparable(one: Frame, other: Frame) -> bool:
    """Return whether the samples of two frames can stand in one picture."""
    return one.dim == other.dim and (one.images is None) == (other.images is None)


@lru_cache(maxsize=8)
def image_layers(walk: bool, back: bool) -> tuple[Layer, ...]:
    """Return the layers of frames of images."""
    tip = "Images that the generator makes of noise that stays the same"
    result = [
        Layer("real", "real", "Images of the data, always the same", swatches.real),
        Layer("generated", "generated", tip, swatches.generated),
    ]
    if back:
        tip = "Beneath each real image what becomes of it: coded and decoded again"
        result.append(Layer("rebuilt", "rebuilt", tip, swatches.rebuilt))
    if walk:
        tip = "Images of noise on a great circle: once around, at even angles"
        result.append(Layer("walk", "walk", tip, swatches.walk))
    return tuple(result)


@lru_cache(maxsize=8)
def unjudged(look: Look) -> Look:
    """Return a look through which no belief is seen."""
    return look.with_(layers=look.layers - {"belief"})


def judged(frame: Frame, look: Look) -> Look:
    """Return the look through which a frame is seen: without a belief that it does not hold."""
    return look if frame.belief.label else unjudged(look)


def plane_layers(offers: frozenset[str], density: bool) -> list[Layer]:
    """Return the layers that only the plane has."""
    result = []
    if "manifold" in offers:
        tip = (
            "The image of a grid in latent space, its lines at equal steps of the noise's mass: "
            "the denser a cell, the more opaque; where the generator folds it, cells overlap"
        )
        result.append(Layer("manifold", "manifold", tip, swatches.manifold))
    if "contours" in offers:
        words, draw = {
            (True, False): ("p", swatches.density),
            (False, True): ("p_g", swatches.model),
            (True, True): ("p, p_g", swatches.densities),
        }[density, "model" in offers]
        tip = "Where the exact densities are 3 % and 30 % of the greatest density of the data"
        result.append(Layer("contours", words, tip, draw))
    tip = "Histograms of x along the top and of y along the right edge"
    result.append(Layer("marginals", "marginals", tip, swatches.marginals))
    return result


def told(about: str, readings: tuple[Reading, ...]) -> str:
    """Return what the header's tooltip says: what the view shows, and every reading."""
    rows = "".join(
        f"<tr><td>{escape(each.title)}</td><td align='right'>{escape(each.words)}</td>"
        f"<td>{escape(each.perfect)}</td></tr>"
        for each in readings
    )
    table = f"<table cellspacing='0' cellpadding='2'>{rows}</table>" if rows else ""
    return f"<p>{escape(about)}</p>{table}"
