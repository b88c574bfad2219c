"""The desktop file and the file type: a double click on a run opens it."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree

from ganviz.tape.runfile import ENDING


def test_a_run_file_is_opened_by_ganviz(repository: Path) -> None:
    folder = repository / "packaging" / "linux"
    entry = ConfigParser(interpolation=None)
    entry.read(folder / "org.ganviz.Ganviz.desktop", "utf-8")
    desktop = entry["Desktop Entry"]
    assert desktop["Exec"] == "ganviz %f"
    kind = ElementTree.parse(folder / "org.ganviz.Ganviz.xml").getroot()[0]
    assert desktop["MimeType"] == f"{kind.attrib['type']};"
    patterns = [each.attrib["pattern"] for each in kind if each.tag.endswith("glob")]
    assert patterns == [f"*{ENDING}"]
