"""A report as HTML: well formed, harmless, with nothing outside of it."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from PySide6.QtGui import QImage

from ganviz.report.document import Formula, Report, Section, handed_out
from ganviz.report.html import grouped, html

VOID = {"meta", "img", "br", "hr", "link"}


class Tree(HTMLParser):
    """Reads a file and complains about what is not well formed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture(scope="module")
def text(report: Report) -> str:
    return html(report).decode("utf-8")


@pytest.fixture(scope="module")
def tree(text: str) -> Tree:
    return Tree(text)


def test_a_file_is_well_formed_and_says_its_language(text: str, tree: Tree) -> None:
    assert text.startswith("<!DOCTYPE html>\n")
    assert tree.all("html")[0]["lang"] == "en"
    assert len(tree.all("h1")) == len(tree.all("title")) == len(tree.all("main")) == 1
    order = [int(tag[1]) for tag, _ in tree.tags if re.fullmatch("h[1-6]", tag)]
    assert order[0] == 1
    assert all(b <= a + 1 for a, b in pairwise(order))  # no level is skipped


def test_nothing_is_fetched_and_nothing_runs(text: str, tree: Tree) -> None:
    assert not tree.all("script") + tree.all("link") + tree.all("iframe") + tree.all("a")
    for _, attributes in tree.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href", "xlink:href", "data", "action"):
                assert (value or "").startswith(("data:image/png;base64,", "#"))
    assert "url(" not in text
    assert "@import" not in text
    policy = next(m for m in tree.all("meta") if m.get("http-equiv"))
    assert str(policy["content"]).startswith("default-src 'none'")
    namespaces = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert set(re.findall(r"https?://[^\"'\s<]+", text)) <= namespaces


def test_titles_and_notes_of_strangers_are_text(text: str, hand_out: Report) -> None:
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;two&quot; modes&#x27;" in text
    assert "\x00" not in text
    assert "\x1b" not in text
    told = Tree(html(hand_out).decode())
    assert all(image["src"] != "x" for image in told.all("img"))


def test_pictures_decode_and_are_described(report: Report, tree: Tree) -> None:
    images = tree.all("img")
    assert len(images) == 6
    for image in images:
        assert image["alt"]
        data = base64.b64decode(str(image["src"]).partition(",")[2])
        decoded = QImage.fromData(data)
        assert (decoded.width(), decoded.height()) == (
            int(str(image["width"])),
            int(str(image["height"])),
        )
    assert len(tree.all("figcaption")) == len(tree.all("figure")) == 6


def test_tables_have_headings_of_rows_and_columns(tree: Tree) -> None:
    scopes = [th.get("scope") for th in tree.all("th")]
    assert set(scopes) == {"row", "col"}
    assert len(tree.all("caption")) == len(tree.all("table"))


def test_the_formula_is_typeset_and_can_be_read_aloud(report: Report, tree: Tree) -> None:
    formula = next(p for p in tree.all("p") if p.get("class") == "formula")
    block = next(b for s in report.sections for b in s.blocks if isinstance(b, Formula))
    assert formula["aria-label"] == block.words
    assert len(tree.all("path")) > 10


def test_a_loss_is_one_drawing() -> None:
    pieces = (("L_D =", "", "discriminator"), ("a", "", "discriminator"), ("L_G =", "", "g"))
    assert [len(group) for group in grouped((*pieces, ("w", "", "where")))] == [2, 1, 1]


def test_a_formula_without_pieces_is_written_in_plain_letters() -> None:
    formula = Formula((), "L = <1>")
    text = html(Report("t", "u", "m", (Section("s", (formula,)),))).decode()
    assert ">L = &lt;1&gt;</p>" in text


def test_a_hand_out_has_lines_instead_of_answers(report: Report) -> None:
    text = html(handed_out(report)).decode()
    tree = Tree(text)
    found = list(report.answers())
    blanks = sum(span.get("class") == "blank" for span in tree.all("span"))
    rooms = sum(div.get("aria-label") == "room for an answer" for div in tree.all("div"))
    assert blanks + rooms == len(found)
    words = " ".join(tree.words)
    for answer in found:
        if len(answer.text) > 8:
            assert answer.text not in words
