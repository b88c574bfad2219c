"""A report as PDF: pages, text that can be selected, pictures that are not cut."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication

from ganviz.report.document import Code, Picture, Report, Section, Table, Words
from ganviz.report.pdf import SMALL, TALL, WIDE, Box, _font, _lines, _report, paged, pdf, widths


def _nothing(p: object, y: float) -> None: ...


def _box(height: float, **more: object) -> Box:
    return Box(height, _nothing, **more)  # type: ignore[arg-type]


def test_boxes_go_to_the_next_page_where_there_is_no_room() -> None:
    boxes = [_box(40), _box(40, space=10), _box(20, space=5)]
    assert [[y for y, _ in page] for page in paged(boxes, 100)] == [[0, 50], [0]]


def test_boxes_that_are_held_together_move_together() -> None:
    boxes = [_box(60), _box(10, keep=True), _box(40)]
    assert [len(page) for page in paged(boxes, 100)] == [1, 2]


def test_more_than_a_page_of_held_boxes_is_broken_all_the_same() -> None:
    boxes = [_box(60, keep=True), _box(60, keep=True), _box(60)]
    assert [len(page) for page in paged(boxes, 100)] == [1, 1, 1]


def test_the_head_of_a_table_is_repeated_on_its_next_page() -> None:
    head = _box(10)
    boxes = [_box(10), *[_box(30, again=head)] * 4]
    pages = paged(boxes, 100)
    assert [len(page) for page in pages] == [4, 2]
    assert pages[1][0] == (0.0, head)
    assert pages[1][1][0] == 10


def test_nothing_of_a_report_is_cut_by_the_end_of_a_page(report: Report) -> None:
    boxes = list(_report(report))
    pages = paged(boxes)
    for page in pages:
        assert page
        for y, box in page:
            assert 0 <= y <= y + box.height <= TALL
        ends = [y + box.height for y, box in page]
        assert all(y >= end - 1e-6 for (y, _), end in zip(page[1:], ends, strict=False))
    shown = [id(box) for page in pages for _, box in page]
    assert {id(box) for box in boxes} <= set(shown)


def test_columns_fill_the_page_and_the_widest_give_way(qapp: QApplication) -> None:
    narrow = widths([["a", "b"], ["c", "d"]], WIDE)
    assert sum(narrow) == pytest.approx(WIDE)
    assert narrow[0] < narrow[1]
    wide = widths([["step", "x" * 400, "y" * 300]], WIDE)
    assert sum(wide) == pytest.approx(WIDE)
    assert wide[1] == wide[2] > wide[0]


def test_lines_are_no_wider_than_they_may_be_and_lose_no_letter(qapp: QApplication) -> None:
    text = "one two three 𝔼 four ganviz1:" + "A-_" * 200
    font = _font(SMALL)
    lines = _lines(text, font, 3000)
    assert len(lines) > 3
    assert all(QFontMetricsF(font).horizontalAdvance(line.text) <= 3000 + 1 for line in lines)
    assert "".join(line.text for line in lines).replace(" ", "") == text.replace(" ", "")


def test_a_pdf_has_its_pages_and_its_title(report: Report) -> None:
    data = pdf(report)
    assert data.startswith(b"%PDF-1.")
    assert data.rstrip().endswith(b"%%EOF")
    counts = re.findall(rb"/Type\s*/Pages.*?/Count (\d+)", data, re.S)
    assert counts == [str(len(paged(list(_report(report))))).encode()]
    assert len(re.findall(rb"/FontFile2", data)) >= 2  # fonts are in it
    pictures = sum(isinstance(b, Picture) for s in report.sections for b in s.blocks)
    assert len(re.findall(rb"/Subtype /Image", data)) >= pictures
    assert b"/DCTDecode" not in data  # no picture is blurred


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext of poppler")
def test_the_text_of_a_pdf_can_be_selected(
    report: Report, hand_out: Report, tmp_path: Path
) -> None:
    told = []
    for name, each in (("report.pdf", report), ("hand-out.pdf", hand_out)):
        (tmp_path / name).write_bytes(pdf(each))
        command = ["pdftotext", "-layout", str(tmp_path / name), "-"]
        told.append(subprocess.run(command, capture_output=True, check=True).stdout.decode())
    for section in report.sections:
        assert " ".join(section.title.split()) in " ".join(told[0].split())
    assert "Figure 2. Step 40" in told[0]
    assert "<script>alert(1)</script>" in told[0]
    assert "first" in told[0]  # five letters, no ligature
    assert "Why does D bend here?" in told[1]
    assert "Because" not in told[1]


def test_a_long_table_and_a_long_line_take_as_many_pages_as_they_need(qapp: QApplication) -> None:
    rows = tuple((f"{n:,}", "k", str(n), str(n + 1)) for n in range(200))
    table = Table("All of them", ("After step", "What", "Before", "After"), rows)
    blocks = (table, Code("ganviz1:" + "Ab_" * 4000, "Share"), Words("word " * 800))
    report = Report("Long", "", "", (Section("Changes", blocks),))
    boxes = list(_report(report))
    assert len(paged(boxes)) >= 5
    assert pdf(report).startswith(b"%PDF")
