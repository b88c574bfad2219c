"""A Report as PDF: A4 pages with text that can be selected, and no picture cut by a page break.

Everything becomes boxes that cannot be broken, one beneath the other, which are then shared out to
pages. All lengths are in the device's own pixels, :data:`DPI` to the inch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
    QTextLayout,
    QTextOption,
)
from PySide6.QtSvg import QSvgRenderer

from ganviz import __version__
from ganviz.report.document import (
    Answer,
    Block,
    Cell,
    Code,
    Finding,
    Formula,
    Picture,
    Report,
    Section,
    Table,
    Words,
    plain,
)
from ganviz.views.ink import family
from ganviz.views.theme import colour, theme
from ganviz.views.typeset import SIZE as SET_SIZE
from ganviz.views.typeset import setting

DPI = 600
MM, PT = DPI / 25.4, DPI / 72
#: The page and its margins.
PAGE, MARGIN, FOOT = (210 * MM, 297 * MM), 18 * MM, 10 * MM
WIDE = PAGE[0] - 2 * MARGIN
TALL = PAGE[1] - 2 * MARGIN
#: Sizes of type, and the least share of a table that a column gets.
BODY, SMALL, FORMULA = 9.5 * PT, 8.5 * PT, 12 * PT
HEADS = {1: 20 * PT, 2: 13.5 * PT, 3: 10.5 * PT}
GAP, RULE, LEADING = 3 * MM, 8.5 * MM, 1.38
NARROWEST = 0.1
#: Breaks that a text has, as Qt wants them within one layout.
_BREAK = "\N{LINE SEPARATOR}"

Draw = Callable[[QPainter, float], None]


@dataclass(frozen=True, slots=True)
class Box:
    """Something that is not broken: its height, how it is drawn at a y, and the space above it.

    ``keep`` holds it together with the next box, and ``again`` is drawn above it if it comes first
    on a page.
    """

    height: float
    draw: Draw
    space: float = 0.0
    keep: bool = False
    again: Box | None = None


def pdf(report: Report) -> bytes:
    """Return a report as the bytes of a PDF file. GUI thread only."""
    boxes = list(_report(report))
    pages = paged(boxes)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(DPI)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0), QPageLayout.Unit.Millimeter)
    writer.setTitle(plain(report.title))
    writer.setCreator(f"ganviz {__version__}")
    p = QPainter(writer)
    p.setRenderHint(QPainter.RenderHint.LosslessImageRendering, True)
    for number, page in enumerate(pages):
        if number:
            writer.newPage()
        for y, box in page:
            box.draw(p, MARGIN + y)
        _foot(p, plain(report.title), f"{number + 1} / {len(pages)}")
    p.end()
    buffer.close()
    return bytes(buffer.data().data())


def paged(boxes: Sequence[Box], tall: float = TALL) -> list[list[tuple[float, Box]]]:
    """Share boxes out to pages of a height: [[(y, box), …], …].

    Boxes that are held together go to the next page together, if they have room on one.
    """
    pages: list[list[tuple[float, Box]]] = [[]]
    y, start = 0.0, 0
    while start < len(boxes):
        end = start
        while boxes[end].keep and end + 1 < len(boxes):
            end += 1
        held = boxes[start : end + 1]
        needed = sum(box.height + box.space for box in held)
        if pages[-1] and y + needed > tall:
            pages.append([])
            y = 0.0
        for box in held:
            if pages[-1] and y + box.space + box.height > tall:  # more than a page of them
                pages.append([])
                y = 0.0
            if not pages[-1] and box.again is not None:
                pages[-1].append((0.0, box.again))
                y = box.again.height
            y += box.space if pages[-1] else 0.0
            pages[-1].append((y, box))
            y += box.height
        start = end + 1
    return pages


def _ink(name: str) -> str:
    return str(getattr(theme("light"), name))


def _font(size: float, bold: bool = False, mono: bool = False) -> QFont:
    """Return a font whose widths do not depend on a screen."""
    fixed = QFontDatabase.SystemFont.FixedFont
    font = QFontDatabase.systemFont(fixed) if mono else QFont(family())
    font.setPixelSize(round(size))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setFeature(QFont.Tag("liga"), 0)  # whoever copies "first" wants five letters
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    return font


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text as it is laid out: what it says, how far from the left it begins."""

    text: str
    wide: float


def _lines(text: str, font: QFont, wide: float) -> list[Line]:
    """Return a text in lines no wider than that; a word that is, is broken."""
    layout = QTextLayout(plain(text).replace("\n", _BREAK), font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    found = []
    while (line := layout.createLine()).isValid():
        line.setLineWidth(wide)
        # Qt counts in UTF-16.
        units = layout.text().encode("utf-16-le")
        start, count = 2 * line.textStart(), 2 * line.textLength()
        piece = units[start : start + count].decode("utf-16-le").rstrip(_BREAK + " ")
        found.append(Line(piece, line.naturalTextWidth()))
    layout.endLayout()
    return found


def _write(p: QPainter, x: float, base: float, text: str, font: QFont, ink: str) -> None:
    p.setFont(font)
    p.setPen(colour(ink))
    p.drawText(QPointF(x, base), text)


def _paragraph(
    text: str,
    size: float = BODY,
    *,
    ink: str = "text",
    bold: bool = False,
    mono: bool = False,
    space: float = 0.0,
    keep: bool = False,
    x: float = 0.0,
    paper: str = "",
) -> list[Box]:
    """Return a text as boxes of a line; the first two and the last two lines stay together."""
    font = _font(size, bold, mono)
    lines = _lines(text, font, WIDE - 2 * x)
    height = LEADING * size

    def box(number: int, line: Line) -> Box:
        def draw(p: QPainter, y: float) -> None:
            if paper:
                p.fillRect(QRectF(MARGIN, y, WIDE, height + 1), colour(_ink(paper)))
            _write(p, MARGIN + x, y + 0.98 * size, line.text, font, _ink(ink))

        held = number in (0, len(lines) - 2) and len(lines) > 1
        last = number == len(lines) - 1
        return Box(height, draw, space if number == 0 else 0.0, keep if last else held or keep)

    return [box(number, line) for number, line in enumerate(lines)]


def _report(report: Report) -> Iterable[Box]:
    yield from _paragraph(report.title, HEADS[1], bold=True, keep=True)
    yield from _paragraph(report.under, ink="muted", keep=True)
    yield from _paragraph(report.made, SMALL, ink="muted", keep=True)
    for section in report.sections:
        yield from _section(section)


def _section(section: Section) -> Iterable[Box]:
    space = 2.6 * GAP if section.level == 2 else 2 * GAP
    size = HEADS[section.level]
    yield from _paragraph(section.title, size, bold=True, space=space, keep=True)
    for block in section.blocks:
        yield from _block(block)


def _block(block: Block) -> Iterable[Box]:
    match block:
        case Words():
            return _paragraph(block.text, space=GAP / 2)
        case Code():
            title = _paragraph(block.title, SMALL, ink="muted", space=GAP / 2, keep=True)
            return title + _paragraph(block.text, SMALL, mono=True, x=GAP / 2, paper="raised")
        case Table():
            return _table(block)
        case Finding():
            return _finding(block)
        case Formula():
            return _formula(block)
        case Picture():
            return _picture(block)


def _picture(picture: Picture) -> list[Box]:
    """Return a picture and its caption, which stay together on one page."""
    image = QImage.fromData(QByteArray(picture.png))
    tall = WIDE * picture.size[1] / picture.size[0]

    def draw(p: QPainter, y: float) -> None:
        area = QRectF(MARGIN, y, WIDE, tall)
        p.drawImage(area, image)
        p.setPen(QPen(colour(_ink("border")), 0.5 * PT))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRect(area)

    caption = _paragraph(picture.caption, SMALL, ink="muted", space=GAP / 3)
    held = [replace(box, keep=True) for box in caption[:-1]]
    return [Box(tall, draw, GAP / 2, keep=True), *held, caption[-1]]


def _finding(finding: Finding) -> list[Box]:
    if finding.answer.text:
        title = _paragraph(finding.title, SMALL, bold=True, space=0.7 * GAP, keep=True)
        return title + _paragraph(finding.answer.whole)
    boxes = _paragraph(finding.question, bold=True, space=0.7 * GAP, keep=True)

    def draw(p: QPainter, y: float) -> None:
        p.setPen(QPen(colour(_ink("axis")), 0.6 * PT))
        p.drawLine(QPointF(MARGIN, y + RULE), QPointF(MARGIN + WIDE, y + RULE))

    boxes += [Box(RULE, draw, keep=True)] * (finding.lines - 1)
    return [*boxes, Box(RULE, draw)]


def _formula(formula: Formula) -> list[Box]:
    """Return the formula in rows, each loss beginning one; plain letters where it has no pieces."""
    settings = [setting(tex) for tex, _, _ in formula.pieces]
    if not settings:
        return _paragraph(formula.words, FORMULA, space=GAP)
    scale, gap = FORMULA / SET_SIZE, 0.3 * FORMULA
    rows: list[list[tuple[float, int]]] = []
    x = 0.0
    for number, (tex, _, role) in enumerate(formula.pieces):
        wide = settings[number].wide * scale
        far = 2 * FORMULA if role == "where" else gap
        if not rows or tex.endswith("=") or x + far + wide > WIDE:
            rows.append([])
            x = -far
        rows[-1].append((x + far, number))
        x += far + wide

    def box(row: list[tuple[float, int]], space: float) -> Box:
        rise = max(settings[n].rise for _, n in row) * scale
        fall = max(settings[n].fall for _, n in row) * scale

        def draw(p: QPainter, y: float) -> None:
            for x, number in row:
                left, top, wide, tall = (part * scale for part in settings[number].box)
                area = QRectF(MARGIN + x + left, y + rise + top, wide, tall)
                svg = settings[number].svg.replace("#010203", _ink("text"))
                QSvgRenderer(QByteArray(svg.encode())).render(p, area)

        return Box(rise + fall, draw, space)

    return [box(row, GAP if number == 0 else 0.5 * GAP) for number, row in enumerate(rows)]


# ---- tables -------------------------------------------------------------------------------------


def _said(cell: Cell) -> str:
    """Return what a cell says; an empty answer leaves room for it."""
    if not isinstance(cell, Answer):
        return cell
    return cell.whole if cell.text else "\N{NO-BREAK SPACE}" * 16 + cell.behind


def _table(table: Table) -> list[Box]:
    columns = widths(
        [[plain(_said(cell)) for cell in row] for row in (table.head, *table.rows)], WIDE
    )
    title = _paragraph(table.title, SMALL, ink="muted", space=GAP, keep=True)
    head = replace(_row(table.head, columns, head=True), keep=True)
    rows = [replace(_row(row, columns), again=head) for row in table.rows]
    # No single row is left behind at the foot of a page, nor alone at the head of the next.
    held = {0, len(rows) - 2} if len(rows) > 1 else set()
    return [*title, head, *(replace(r, keep=n in held) for n, r in enumerate(rows))]


def widths(rows: Sequence[Sequence[str]], wide: float) -> list[float]:
    """Return how wide the columns of a table are: what they need, the widest giving way."""
    metrics = QFontMetricsF(_font(SMALL, bold=True))
    gap = 1.2 * GAP
    needed = [max(metrics.horizontalAdvance(cell) for cell in column) + gap
              for column in zip(*rows, strict=True)]  # fmt: skip
    if (over := sum(needed) - wide) <= 0:
        # The last column takes what is left, but the table need not be as wide as the page.
        needed[-1] -= over
        return needed
    # Cut the widest down, all that are wider than some width to that width.
    order = sorted(needed, reverse=True)
    for count, (this, following) in enumerate(pairwise([*order, 0.0]), 1):
        if over <= count * (this - following):
            most = max(this - over / count, NARROWEST * wide)
            break
        over -= count * (this - following)
    return [min(each, most) for each in needed]


def _row(cells: Sequence[Cell], columns: Sequence[float], head: bool = False) -> Box:
    font = _font(SMALL, bold=head)
    pad, leading = 0.9 * MM, 1.3 * SMALL
    laid = [
        _lines(_said(cell), font, wide - 1.0 * GAP)
        for cell, wide in zip(cells, columns, strict=True)
    ]
    height = max(len(lines) for lines in laid) * leading + 2 * pad

    def draw(p: QPainter, y: float) -> None:
        x = MARGIN
        for cell, lines, wide in zip(cells, laid, columns, strict=True):
            for number, line in enumerate(lines):
                base = y + pad + number * leading + 0.98 * SMALL
                _write(p, x, base, line.text, font, _ink("muted" if head else "text"))
            if isinstance(cell, Answer) and not cell.text:
                p.setPen(QPen(colour(_ink("axis")), 0.6 * PT))
                end = min(x + 16 * QFontMetricsF(font).horizontalAdvance(" "), x + wide - GAP)
                base = y + pad + 1.05 * SMALL
                p.drawLine(QPointF(x, base), QPointF(end, base))
            x += wide
        p.setPen(QPen(colour(_ink("axis" if head else "border")), 0.5 * PT))
        p.drawLine(QPointF(MARGIN, y + height), QPointF(MARGIN + sum(columns), y + height))

    return Box(height, draw)


def _foot(p: QPainter, title: str, number: str) -> None:
    """Write the title and the number of the page beneath it."""
    font = _font(7.5 * PT)
    metrics = QFontMetricsF(font)
    base = PAGE[1] - FOOT
    room = WIDE - metrics.horizontalAdvance(number) - GAP
    title = metrics.elidedText(title, Qt.TextElideMode.ElideRight, room)
    _write(p, MARGIN, base, title, font, _ink("muted"))
    left = PAGE[0] - MARGIN - metrics.horizontalAdvance(number)
    _write(p, left, base, number, font, _ink("muted"))
