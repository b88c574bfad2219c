"""A Report as one HTML file: no script, nothing fetched, readable and printable anywhere."""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape

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
from ganviz.views.typeset import SIZE, setting

#: Pixels of the formula's type, and between its pieces.
FORMULA, GAP = 19.0, 5.0
#: In what the pieces of a formula are set by :mod:`ganviz.views.typeset`.
_INK = re.compile(r"#010203")

#: Colours are those of the light theme.
STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
html { background: #EEF0F3; }
body { margin: 0 auto; max-width: 60rem; padding: 2.5rem 3rem 3rem; background: #FFFFFF;
  color: #1C222C; font: 1rem/1.55 "Segoe UI", "Helvetica Neue", "Noto Sans", "DejaVu Sans",
  Arial, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.35rem; line-height: 1.25; margin: 2.75rem 0 .75rem; padding-top: .75rem;
  border-top: 1px solid #DCE0E6; }
h3 { font-size: 1.08rem; margin: 2.25rem 0 .5rem; }
p { margin: .5rem 0; }
.under, .made, figcaption, caption { color: #5C6573; }
.made { font-size: .9rem; }
table { border-collapse: collapse; width: 100%; margin: .75rem 0 1.25rem; font-size: .93rem; }
caption { text-align: left; padding-bottom: .3rem; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .34rem .9rem .34rem 0;
  border-bottom: 1px solid #DCE0E6; }
td { overflow-wrap: anywhere; }
thead th { color: #5C6573; font-weight: 600; border-bottom-color: #8A93A1; }
tbody th { font-weight: 400; }
figure { margin: .5rem 0 1rem; }
figure img { display: block; width: 100%; height: auto; border: 1px solid #DCE0E6;
  border-radius: 6px; }
figcaption { font-size: .92rem; margin-top: .4rem; }
.formula { margin: 1rem 0 1.25rem; }
.formula svg { vertical-align: middle; margin: .2rem 2rem .2rem 0; max-width: 100%; height: auto; }
.finding { margin: .75rem 0; }
.finding strong { margin-right: .4rem; }
.line { display: block; border-bottom: 1px solid #8A93A1; height: 2.1rem; }
.blank { display: inline-block; border-bottom: 1px solid #8A93A1; min-width: 5.5rem;
  height: 1.15rem; }
code { display: block; white-space: pre-wrap; overflow-wrap: anywhere; padding: .6rem .8rem;
  background: #F4F6F8; border: 1px solid #DCE0E6; border-radius: 6px;
  font: .88rem/1.5 "Cascadia Mono", Menlo, "DejaVu Sans Mono", Consolas, monospace; }
.code { color: #5C6573; font-size: .9rem; margin-bottom: .2rem; }
@media (max-width: 40rem) { body { padding: 1.25rem; } }
@page { size: A4; margin: 18mm; }
@media print {
  html { background: none; font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  h2, h3, .code { break-after: avoid; }
  figure, tr, .finding, code, .scene { break-inside: avoid; }
  thead { display: table-header-group; }
}
"""


def html(report: Report) -> bytes:
    """Return a report as the bytes of an HTML file, in UTF-8."""
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(report.title)}</title>",
        f"<style>{STYLE}</style>",
        "</head>",
        "<body>",
        "<header>",
        f"<h1>{_text(report.title)}</h1>",
        f'<p class="under">{_text(report.under)}</p>',
        f'<p class="made">{_text(report.made)}</p>',
        "</header>",
        "<main>",
        *(line for section in report.sections for line in _section(section)),
        "</main>",
        "</body>",
        "</html>",
    ]
    return ("\n".join(parts) + "\n").encode("utf-8")


def _text(text: str) -> str:
    return escape(plain(text))


def _section(section: Section) -> list[str]:
    level = section.level
    kind = ' class="scene"' if level == 3 else ""
    lines = [f"<section{kind}>", f"<h{level}>{_text(section.title)}</h{level}>"]
    return [*lines, *(_block(block) for block in section.blocks), "</section>"]


def _block(block: Block) -> str:
    match block:
        case Words():
            return f"<p>{_text(block.text)}</p>"
        case Code():
            title = f'<p class="code">{_text(block.title)}</p>\n' if block.title else ""
            return f"{title}<code>{_text(block.text)}</code>"
        case Table():
            return _table(block)
        case Finding():
            return _finding(block)
        case Formula():
            return _formula(block)
        case Picture():
            return _picture(block)


def _table(table: Table) -> str:
    lines = [f"<table>\n<caption>{_text(table.title)}</caption>", "<thead>", "<tr>"]
    lines += [f'<th scope="col">{_text(title)}</th>' for title in table.head]
    lines += ["</tr>", "</thead>", "<tbody>"]
    for first, *rest in table.rows:
        cells = [f'<th scope="row">{_cell(first)}</th>', *(f"<td>{_cell(c)}</td>" for c in rest)]
        lines.append("<tr>" + "".join(cells) + "</tr>")
    return "\n".join([*lines, "</tbody>", "</table>"])


def _cell(cell: Cell) -> str:
    if not isinstance(cell, Answer):
        return _text(cell)
    blank = '<span class="blank" role="img" aria-label="to be filled in"></span>'
    return (_text(cell.text) if cell.text else blank) + _text(cell.behind)


def _finding(finding: Finding) -> str:
    if finding.answer.text:
        told = _text(finding.answer.whole)
        return f'<p class="finding"><strong>{_text(finding.title)}</strong> {told}</p>'
    lines = '<span class="line"></span>' * finding.lines
    return (
        f'<div class="finding"><p><strong>{_text(finding.question)}</strong></p>'
        f'<div role="img" aria-label="room for an answer">{lines}</div></div>'
    )


def _picture(picture: Picture) -> str:
    wide, tall = picture.size
    data = b64encode(picture.png).decode("ascii")
    return (
        f'<figure>\n<img src="data:image/png;base64,{data}" width="{wide}" height="{tall}" '
        f'alt="{_text(picture.alt)}">\n<figcaption>{_text(picture.caption)}</figcaption>\n</figure>'
    )


def _formula(formula: Formula) -> str:
    """Return the formula as drawings, each loss with its definitions in one piece.

    What is read aloud are the plain letters.
    """
    drawn = "\n".join(_drawing(group) for group in grouped(formula.pieces))
    shown = drawn or _text(formula.words)
    return f'<p class="formula" role="img" aria-label="{_text(formula.words)}">{shown}</p>'


Pieces = tuple[tuple[str, str, str], ...]


def grouped(pieces: Pieces) -> list[Pieces]:
    """Return the pieces of a formula by loss, each loss beginning at its left side.

    Each definition is a piece of its own.
    """
    groups: list[Pieces] = []
    for piece in pieces:
        if not groups or piece[0].endswith("=") or piece[2] == "where":
            groups.append((piece,))
        else:
            groups[-1] = (*groups[-1], piece)
    return groups


def _drawing(pieces: Pieces) -> str:
    """Return pieces of a formula side by side as one drawing on one baseline."""
    scale = FORMULA / SIZE
    settings = [setting(tex) for tex, _, _ in pieces]
    rise = max(-each.box[1] for each in settings)
    fall = max(each.box[1] + each.box[3] for each in settings)
    x, parts = 0.0, []
    for each in settings:
        left, top, wide, tall = each.box
        inner = each.svg[each.svg.index(">") + 1 : each.svg.rindex("</svg>")]
        parts.append(
            f'<svg x="{x + max(left, 0):.2f}" y="{rise + top:.2f}" width="{wide:.2f}" '
            f'height="{tall:.2f}" viewBox="{left:g} {top:g} {wide:g} {tall:g}">{inner}</svg>'
        )
        x += max(each.wide, left + wide) + GAP
    wide, tall = x - GAP, rise + fall
    whole = _INK.sub("#1C222C", "".join(parts))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" aria-hidden="true" width="{wide * scale:.1f}" '
        f'height="{tall * scale:.1f}" viewBox="0 0 {wide:.2f} {tall:.2f}">{whole}</svg>'
    )
