"""Distribution: what is real, what is generated, and what the discriminator believes."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from ganviz.frame import Frame, Look

from . import swatches
from .chrome import Segments
from .line import paint_line
from .plane import paint_plane
from .plot import Layer, View
from .strokes import Sheet

STYLES = (
    ("samples", "Samples", "Draw every sample as a dot"),
    ("histogram", "Histogram", "Count the samples in squares"),
)


class Distribution(View):
    """Real against generated data and D's belief; signal ``style_wanted(style)`` in 2-D."""

    name = "distribution"
    title = "Distribution"
    about = (
        "Real samples in blue, generated samples in vermilion, and what the discriminator "
        "believes about every point of the data space."
    )
    rows = 2

    style_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._styles = Segments("How samples are drawn", STYLES)
        self._styles.wanted.connect(self.style_wanted)
        self._styles.hide()
        self.header.add_control(self._styles)
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
        if frame.density is not None or frame.atoms:
            tip = "The exact density of the data"
            result.append(Layer("density", "exact p", tip, swatches.density))
        result.append(
            Layer(
                "belief",
                frame.belief.label.partition(" = ")[0],
                f"What the discriminator believes of every point: {frame.belief.label}",
                swatches.field if frame.dim == 2 else swatches.belief,
            )
        )
        if len(frame.modes):
            draw = swatches.modes if frame.dim == 2 else swatches.centres
            result.append(Layer("modes", "modes", "Centres of the modes of the data", draw))
        return tuple(result)

    def dress(self, frame: Frame, look: Look) -> None:
        """Bring the controls of the header up to date."""
        self._styles.show_value(look.style)
        self.header.show_words("   ".join(f"{name} {words}" for name, words in frame.measures))
        if self._styles.isHidden() == (frame.dim == 2):
            self._styles.setVisible(frame.dim == 2)
            self.header.arrange()

    def paint(self, p: QPainter, area: QRectF, frame: Frame, look: Look) -> None:
        """Paint the plot."""
        paint = paint_line if frame.dim == 1 else paint_plane
        paint(p, area, frame, look, self.theme, self._ground, self._cover)
