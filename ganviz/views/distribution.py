"""Distribution: what is real, what is generated, and what the discriminator believes."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from ganviz.frame import Frame, Look, Reading

from . import pulls, swatches
from .axes import Box
from .brush import Editor, on_canvas, place
from .chrome import Choice, Segment, Segments
from .ink import brief
from .line import boxes, paint_line, read_line
from .plane import data_box, paint_plane
from .plot import Layer, View
from .probe import at_probe, dropped, paint_marker, taken_back
from .strokes import Sheet

STYLES = (
    ("samples", "Samples", "Draw every sample as a dot"),
    ("histogram", "Histogram", "Count the samples in squares"),
)

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
        self._styles = Segments("How samples are drawn", STYLES)
        self._styles.wanted.connect(self._style_chosen)
        self._styles.hide()
        self.header.add_control(self._styles)
        tip = (
            "Whether the bars are densities, which compare with p, or count the samples in each bin"
        )
        self._scales = Choice("Bars", tip)
        self._scales.wanted.connect(self._scale_chosen)
        self._scales.hide()
        self.header.add_control(self._scales)
        self._bins = Choice("Bins", "", "bins ")
        self._bins.wanted.connect(self._bins_chosen)
        self._bins.hide()
        self.header.add_control(self._bins)
        tip = "Whose gradient is drawn: that of the loss played, or of another one on the same D"
        self._pulls = Choice("Arrows", tip, "Arrows: ")
        self._pulls.wanted.connect(self._pull_chosen)
        self._pulls.hide()
        self.header.add_control(self._pulls)
        self._draw = Segment("draw", "Draw", "Draw the data with the mouse (B)")
        self._draw.clicked.connect(self._draw_clicked)
        self.header.add_control(self._draw)
        #: What the mouse draws with.
        self.editor = Editor(self)
        self.editor.wanted.connect(self.settings_wanted)
        self.editor.changed.connect(self.canvas.picture.update)
        self.editor.switched.connect(self._draw.setChecked)
        self._column.insertWidget(1, self.editor)
        self._before: dict[str, object] = {}  # what the last click changed, as it was
        self._losses: dict[str, str] = {}  # by what they are called in the menu
        self._read: tuple[Reading, ...] | None = None
        self._width: tuple[int, tuple[float, float]] | None = None
        self._ground = Sheet()
        self._cover = Sheet()

    def layers(self, frame: Frame, look: Look) -> tuple[Layer, ...]:
        """Return the layers of this frame."""
        dots = frame.dim == 2 and look.style == "samples"
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
        if "average" in frame.offers:
            tip = "Samples of the generator with averaged weights, from the same noise"
            draw = swatches.average_dots if dots else swatches.average
            result.append(Layer("average", "average", tip, draw))
        exact, model = frame.density is not None or bool(frame.atoms), "model" in frame.offers
        if frame.dim == 1 and (exact or model):
            words, tip, draw = {
                (True, False): ("exact p", "The exact density of the data", swatches.density),
                (False, True): ("p_g", "The density of the generator", swatches.model),
                (True, True): ("p, p_g", "The densities of data and generator", swatches.densities),
            }[exact, model]
            result.append(Layer("density", words, tip, draw))
        result.append(
            Layer(
                "belief",
                frame.belief.label.partition(" = ")[0],
                f"What the discriminator believes of every point: {frame.belief.label}",
                swatches.field if frame.dim == 2 else swatches.belief,
            )
        )
        if "best" in frame.offers:
            tip = "D*: what the best discriminator against the present generator would say"
            result.append(Layer("best", "D*", tip, swatches.best))
        if len(frame.modes):
            draw = swatches.modes if frame.dim == 2 else swatches.centres
            result.append(Layer("modes", "modes", "Centres of the modes of the data", draw))
        if "arrows" in frame.offers:
            tip = "Where the generator's loss pulls each of its first samples"
            result.append(Layer("arrows", "arrows", tip, swatches.arrows))
        if frame.dim == 1:
            tip = "The first samples one by one: generated above the axis, real below it"
            result.append(Layer("rug", "rug", tip, swatches.rug))
        if "map" in frame.offers:
            tip = (
                "Where G takes the noise: strands from z to G(z), as much noise between any two of "
                "them; dashed where G runs backwards"
            )
            result.append(Layer("map", "z → G(z)", tip, swatches.strands))
        return tuple(result)

    def dress(self, frame: Frame, look: Look) -> None:
        """Bring the controls of the header up to date."""
        self.editor.set_theme(self.theme)
        self.editor.follow(frame)
        self._styles.show_value(look.style)
        if frame.measures is not self._read:
            self._read = frame.measures
            heads = [f"{each.title} {each.words}" for each in frame.measures if each.head]
            self.header.show_words(*heads)
            self.header.setToolTip(told(self.about, frame.measures))
        if self._styles.isHidden() == (frame.dim == 2):
            self._styles.setVisible(frame.dim == 2)
            self.header.arrange()
        self._dress_bars(frame, look)
        self._dress_pulls(frame, look)

    def _dress_bars(self, frame: Frame, look: Look) -> None:
        values = tuple(str(number) for number in sorted({*BINS, look.bins}))
        name, across = SCALES[look.counts], frame.ranges.data[0]
        changed = (name, str(look.bins)) != (self._scales.value, self._bins.value)
        self._scales.show_value(tuple(SCALES.values()), name)
        self._bins.show_value(values, str(look.bins))
        if (look.bins, across) != self._width:
            self._width = (look.bins, across)
            wide = brief((across[1] - across[0]) / look.bins)
            self._bins.setToolTip(f"How many bins the visible range has; each is {wide} wide")
        for control, seen in (
            (self._scales, frame.dim == 1),
            (self._bins, frame.dim == 1 or look.style != "samples"),
        ):
            changed = changed or control.isHidden() == seen
            control.setVisible(seen)
        if changed:
            self.header.arrange()

    def _dress_pulls(self, frame: Frame, look: Look) -> None:
        shown = pulls.chosen(frame, look)
        titles = {"as played": ""} | {each.title: each.loss for each in frame.arrows[1:]}
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
        self.look_wanted.emit({"style": style})

    def _scale_chosen(self, name: str) -> None:
        self.look_wanted.emit({"counts": name == SCALES[True]})

    def _bins_chosen(self, number: str) -> None:
        self.look_wanted.emit({"bins": int(number)})

    def _pull_chosen(self, title: str) -> None:
        self.look_wanted.emit({"arrows": self._losses[title]})

    def paint(self, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        """Paint the plot."""
        if self.editor.on:
            frame = on_canvas(frame)
        paint = paint_line if frame.dim == 1 else paint_plane
        paint(p, area, frame, look, self.theme, self._ground, self._cover)
        box = self._box(area, frame)
        if len(look.probe) == frame.dim:
            paint_marker(p, box, look.probe, self.theme)
        self.editor.paint(p, box, self._pointer)

    # -- drawing and probing --------------------------------------------------------------------

    def draw(self, on: bool) -> None:
        """Let the mouse draw the data, or no longer."""
        if on and self._frame is not None:
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
        box = self._box(self.area, frame)
        if not box.rect.contains(at):
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

    def _box(self, area: QRectF, frame: Frame) -> Box:
        """Return where the data are drawn."""
        look = self._look
        return boxes(area, frame, look)[0] if frame.dim == 1 else data_box(area, frame)

    def _place(self, at: QPointF) -> tuple[float, float]:
        assert self._frame is not None
        frame = on_canvas(self._frame)
        return place(self._box(self.area, frame), at, frame.dim)

    def _draw_clicked(self) -> None:
        self.draw(not self.editor.on)

    def read(self, at: QPointF, area: QRectF, frame: Frame, look: Look) -> tuple[str, ...]:
        """Return in words what is drawn at a point."""
        if self.editor.on:
            return ()
        return read_line(at, area, frame, look) if frame.dim == 1 else ()


def told(about: str, readings: tuple[Reading, ...]) -> str:
    """Return what the header's tooltip says: what the view shows, and every reading."""
    rows = "".join(
        f"<tr><td>{escape(each.title)}</td><td align='right'>{escape(each.words)}</td>"
        f"<td>{escape(each.floor and f'floor {each.floor}')}</td></tr>"
        for each in readings
    )
    table = f"<table cellspacing='0' cellpadding='2'>{rows}</table>" if rows else ""
    return f"<p>{escape(about)}</p>{table}"
